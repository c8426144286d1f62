# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (weight-decay)=
# # What weight decay is for
#
# A network with 301 parameters learns fifteen noisy points. At the end it misses the
# points by a mean square of 0.003, and the curve behind them by 0.024. A steady pull of
# all weights toward zero makes the first number several times worse and halves the
# second. Why does a network get better by being held back, and when is the pull not
# worth its price?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** over-fit on purpose, pull the weights toward zero, find what the pull
#   takes out of a fit, and take the reason for it away.
# - **You need** AdamW from {ref}`optimizers`, over-fitting from {ref}`depth`, and
#   `train_many` from {ref}`many-trainings`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %% [markdown]
# ## Fifteen points
#
# The points lie around the parabola $x^2$, with normal noise of standard deviation 0.2.
# Twenty data sets share their $x$; each has a noise of its own.

# %%
import numpy as np

from helpers import use_book_style

use_book_style()


def noisy_points(n, sets):
    x = np.linspace(-1, 1, n)[:, None]  # (n, 1)
    noise = np.random.default_rng(0).normal(size=(sets, n))
    return x, x[:, 0] ** 2 + 0.2 * noise  # (n, 1), (sets, n)


# %% [markdown]
# The network has 100 hidden units. One network is started for each data set.

# %%
from torch import nn

from helpers.network import network, starts_of


def wide_net():
    return nn.Sequential(nn.Linear(1, 100), nn.ReLU(), nn.Linear(100, 1))


def wide_loss(w, X, y):
    return (network(w, X, (1, 100, 1)) - y) ** 2


# %% [markdown]
# Each takes 2000 steps of AdamW, and every step sees all points. In AdamW a step first
# multiplies the weights by $1 - \eta\, d$, where $d$ is the decay, and then steps as
# Adam does. With $\eta = 0.01$ and a decay of 1 each step leaves 99%.

# %%
from functools import partial

import optax

from helpers.training import train_many

decays = {d: partial(optax.adamw, weight_decay=d) for d in (0, 0.1, 1, 10)}


def fit(x, y, decay):
    sets, n = y.shape
    every_row = np.tile(np.arange(n), (20, 100, 1))  # 2000 steps
    starts = starts_of(wide_net, range(sets))
    optimizer = decays[decay]
    return train_many(wide_loss, starts, every_row, x, y, 0.01, optimizer)


# %% [markdown]
# Two numbers judge a fit. The *loss* is the mean squared distance from the points. The
# *error* is that from the parabola itself, on a fine grid.

# %%
import jax

grid = np.linspace(-1, 1, 201)[:, None]
curves_of = jax.vmap(lambda w: network(w, grid, (1, 100, 1)))


def judge(trained):
    curves = np.asarray(curves_of(trained.parameters[:, -1]))
    errors = ((curves - grid[:, 0] ** 2) ** 2).mean(axis=1)
    return curves, trained.losses[:, -1, -1], errors


x, y = noisy_points(15, sets=20)
curves, losses, errors = judge(fit(x, y, 0))
print(f"loss {np.median(losses):.3f}, error {np.median(errors):.3f}")

# %% [markdown]
# The noise alone has a mean square of 0.04, and the loss is far below it: the network
# has learned the noise. This is {term}`over-fitting`.
#
# ## A pull toward zero
#
# To get from one point to the next, the curve has to bend sharply, and a sharp bend
# needs large weights. Now let a {term}`weight decay` pull. What will it do to the loss,
# and what to the error?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The loss must rise: every decay keeps the network from following the points. The error
# falls as long as the bends that go are those of the noise, and rises when the bend of
# the parabola itself goes. So it should be lowest somewhere in the middle.
# :::

# %%
fits = {decay: judge(fit(x, y, decay)) for decay in decays}
for decay, (curves, losses, errors) in fits.items():
    steepest = np.abs(np.diff(curves, axis=1)).max(axis=1) / 0.01
    print(f"decay {decay:3}: loss {np.median(losses):.3f}, ", end="")
    print(f"error {np.median(errors):.3f}, ", end="")
    print(f"steepest slope {np.median(steepest):.1f}")

# %% [markdown]
# A decay of 1 makes the loss several times larger and the error about half as large. The
# last number says what it took out: without decay the fits have slopes of 5 and more,
# where the parabola has none above 2. A decay of 10 takes out the parabola as well.

# %% tags=["hide-input"]
#| name: fig-weight-decay
#| caption: Above, one of the twenty data sets and three fits; dashed, the parabola.
#|   Below, medians of the twenty.
#| alt: Two panels. Above, fifteen dots scatter around a dashed parabola. The curve
#|   without decay turns sharply from dot to dot. That of a decay of 1 is a smooth bowl
#|   close to the parabola, and that of a decay of 10 is nearly level. Below, against the
#|   decay, the loss on the points rises all the way, and the error falls to about half
#|   at a decay of 1 and then rises steeply.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE

figure, (top, bottom) = plt.subplots(2, figsize=(5.4, 6.4))
top.plot(x, y[0], "o", color=GRAY, ms=4)
top.plot(grid, grid**2, "--", color=BLACK, linewidth=1)
for decay, color in ((0, ORANGE), (1, BLUE), (10, GREEN)):
    top.plot(grid, fits[decay][0][0], color=color, label=f"decay {decay}")
top.legend(loc="upper center")
top.set(xlabel="x", ylabel="y", title="Decay takes the bends out")
places = range(len(fits))
for k, color, name in ((1, GRAY, "loss on the points"), (2, BLUE, "error")):
    heights = [np.median(fitted[k]) for fitted in fits.values()]
    bottom.semilogy(places, heights, "o-", color=color, label=name)
bottom.legend()
bottom.set_xticks(places, [str(decay) for decay in fits])
bottom.set(xlabel="weight decay", ylabel="mean square")
bottom.set_title("Worse on the points, closer to the truth")
plt.show()

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Fifteen points"):
    given("standard deviation 0.2", "The network has 100 hidden units")
    claim("Twenty data sets", len(y) == 20)
    claim("Each takes 2000 steps", fit(x, y, 0).losses[0].size)
    given("With eta = 0.01 and a decay of 1")
    claim("each step leaves 99%", 1 - 0.01 * 1)
    claim("a mean square of 0.04", 0.2**2)
    claim("far below it", np.median(fits[0][1]) < 0.01)

# %% tags=["remove-cell"]
with checks("A pull toward zero"):
    loss_of = {d: np.median(f[1]) for d, f in fits.items()}
    error_of = {d: np.median(f[2]) for d, f in fits.items()}
    slope_of = {
        d: np.median(np.abs(np.diff(f[0], axis=1)).max(axis=1) / 0.01)
        for d, f in fits.items()
    }

# %% [markdown]
# ## Take the reason away
#
# If decay helps because the points are few, it should help little where they are many.
# Give each network 150 points, on the same stretch and with the same noise.

# %%
x_many, y_many = noisy_points(150, sets=10)
for decay in (0, 0.1, 1):
    _, losses, errors = judge(fit(x_many, y_many, decay))
    print(f"decay {decay:3}: loss {np.median(losses):.3f}, ", end="")
    print(f"error {np.median(errors):.4f}")
