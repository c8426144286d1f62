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
    return nn.Sequential(
        nn.Linear(1, 100), nn.ReLU(), nn.Linear(100, 1)
    )


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

decays = {
    d: partial(optax.adamw, weight_decay=d) for d in (0, 0.1, 1, 10)
}


def fit(x, y, decay):
    sets, n = y.shape
    every_row = np.tile(np.arange(n), (20, 100, 1))  # 2000 steps
    starts = starts_of(wide_net, range(sets))
    optimizer = decays[decay]
    return train_many(
        wide_loss, starts, every_row, x, y, 0.01, optimizer
    )


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
# A decay of 1 makes the loss several times larger and the error about half as large.
# The last number says what it took out. The parabola is nowhere steeper than 2; without
# decay the fits are more than twice as steep somewhere, with a decay of 1 no longer. A
# decay of 10 takes out the parabola as well.

# %% tags=["hide-input"]
#| name: fig-weight-decay
#| caption: Above, one of the twenty data sets and three fits; dashed, the parabola.
#|   Below, medians of the twenty.
#| alt: Two panels. Above, fifteen dots scatter around a dashed parabola. The curve
#|   without decay turns sharply from dot to dot. That of a decay of 1 is calmer and
#|   nearer to the parabola, and that of a decay of 10 is nearly level. Below, against
#|   the decay, the loss on the points rises all the way, and the error falls to about
#|   half at a decay of 1 and then rises steeply.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE

figure, (top, bottom) = plt.subplots(2, figsize=(5.4, 6.4))
top.plot(x, y[0], "o", color=GRAY, ms=4)
top.plot(grid, grid**2, "--", color=BLACK, linewidth=1)
for decay, color in ((0, ORANGE), (1, BLUE), (10, GREEN)):
    top.plot(grid, fits[decay][0][0], color=color, label=decay)
top.legend(title="decay", loc="upper center")
top.set(xlabel="x", ylabel="y", title="Decay takes the bends out")
medians = [np.median(fit[1:], axis=1) for fit in fits.values()]
bottom.semilogy(np.array(medians)[:, 0], "o-", color=GRAY)
bottom.semilogy(np.array(medians)[:, 1], "o-", color=BLUE)
bottom.text(0.85, 0.0045, "loss on the points", color=GRAY)
bottom.text(0.1, 0.026, "error", color=BLUE)
bottom.set_xticks(range(4), list(fits))
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
    rule = optax.adamw(0.01, weight_decay=1)
    one, none = np.ones(1), np.zeros(1)
    change, _ = rule.update(none, rule.init(one), one)
    claim("each step leaves 99%", 1 + change[0])
    claim("a mean square of 0.04", ((y - x[:, 0] ** 2) ** 2).mean())
    claim("far below it", np.median(fits[0][1]) < 0.01)

# %% tags=["remove-cell"]
with checks("A pull toward zero"):
    loss_of = {d: np.median(f[1]) for d, f in fits.items()}
    error_of = {d: np.median(f[2]) for d, f in fits.items()}
    slope_of = {
        d: np.median(np.abs(np.diff(f[0], axis=1)).max(axis=1) / 0.01)
        for d, f in fits.items()
    }
    ratio = error_of[1] / error_of[0]
    claim(
        "A decay of 1 makes the loss several times",
        loss_of[1] > 3 * loss_of[0],
    )
    claim("the error about half as large", 0.35 < ratio < 0.65)
    claim("falls to about half", 0.35 < ratio < 0.65)
    claim("decay of 1 is calmer", slope_of[1] < 0.6 * slope_of[0])
    claim("decay of 1 and then rises", error_of[10] > 2 * error_of[1])
    claim(
        "nowhere steeper than 2",
        np.abs(np.diff(grid[:, 0] ** 2)).max() / 0.01,
    )
    claim("more than twice as steep somewhere", slope_of[0] > 4)
    claim("with a decay of 1 no longer", slope_of[1] < 2.3)
    claim("A decay of 10 takes out", slope_of[10] < 0.7)
    claim("that of a decay of 10 is", slope_of[10] < 0.7)
    claim("one of the twenty data sets", len(y) == 20)
    claim("medians of the twenty", len(y) == 20)
    claim(
        "the loss on the points rises",
        (np.diff(list(loss_of.values())) > 0).all(),
    )

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

# %% [markdown]
# With ten times the points the network without any decay is at 0.0029, closer to the
# truth than the best decay got from fifteen. A decay still helps a little, by about a
# thousandth where it was twelve thousandths before. The more the data say, the less
# there is to hold back.
#
# Starts, steps and noise are drawn as before, so it is the number of points that makes
# the difference. (What if the points are few but free of noise? Try
# it: set the noise to zero.)

# %% tags=["remove-cell"]
with checks("Take the reason away"):
    results = {
        d: np.median(judge(fit(x_many, y_many, d))[2])
        for d in (0, 0.1, 1)
    }
    claim("Give each network 150 points", len(x_many))
    claim("is at 0.0029, closer", results[0])
    claim("With ten times the points", len(x_many) == 10 * len(x))
    claim(
        "than the best decay got",
        results[0] < min(error_of.values()) / 3,
    )
    gain = results[0] - min(results[0.1], results[1])
    claim("about a thousandth where", 0.0005 < gain < 0.0015)
    first_gain = error_of[0] - error_of[1]
    claim(
        "it was twelve thousandths before",
        abs(first_gain - 0.012) < 0.002,
    )

# %% [markdown]
# ## How to choose it
#
# Nobody has the parabola at hand. What you can have is points that the network has not
# seen. Draw fifteen more for each data set, and measure the loss on those.

# %%
rng = np.random.default_rng(1)
held_out = grid[::14, 0] ** 2 + 0.2 * rng.normal(size=(20, 15))
for decay, (curves, _, _) in fits.items():
    losses = ((curves[:, ::14] - held_out) ** 2).mean(axis=1)
    print(f"decay {decay:3}: held-out loss {np.median(losses):.3f}")

# %% [markdown]
# The held-out loss is the error plus the noise of the new points, 0.04, which is larger
# than the error. So it sees the differences through a haze. But it falls and rises
# where the error does, and names the same best decay.
#
# What the best decay *is* depends on the number of points, the noise, the learning rate
# (AdamW multiplies both) and the number of steps. So a decay from somebody else's
# recipe says little about yours.

# %% tags=["remove-cell"]
with checks("How to choose it"):
    claim("fifteen more for each", held_out.shape[1] == 15)
    claim(
        "the noise of the new points, 0.04",
        np.square(0.2 * rng.normal(size=100_000)).mean(),
    )
    seen = {
        d: np.median(((f[0][:, ::14] - held_out) ** 2).mean(axis=1))
        for d, f in fits.items()
    }
    best = min(seen, key=seen.get)
    claim(
        "names the same best decay",
        best == min(error_of, key=error_of.get),
    )
    claim(
        "which is larger", max(error_of[d] for d in (0, 0.1, 1)) < 0.04
    )

# %% tags=["remove-cell"]
with checks("What weight decay is for"):
    w = starts_of(wide_net, range(1))
    claim("A network with 301 parameters", w.shape[1])
    claim("learns fifteen noisy points", len(x) == 15)
    claim(
        "by a mean square of 0.003, and the curve behind them by 0.024",
        loss_of[0],
        error_of[0],
    )
    claim("several times worse", loss_of[1] > 3 * loss_of[0])
    claim("halves the second", 0.35 < error_of[1] / error_of[0] < 0.65)

# %% [markdown]
# ## What to keep
#
# - Weight decay makes the fit to the data worse, on purpose. It is worth that where the
#   network could follow the noise: many parameters, few points.
# - It takes out sharp bends, because they need large weights. It cannot tell a bend of
#   the noise from one of the truth, so too much of it ruins the fit.
# - More data do the same job, and better.
# - Choose the decay on points that were held out, and choose it anew for a new rate.

# %% [markdown]
# ## Sources and further reading
#
# - AdamW and the decay that leaves the gradient alone are from {cite}`loshchilov2019`.
#   {cite}`hastie2009` treats the same pull for linear models, as ridge regression.
