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
# points by a mean square of less than 0.004, and the curve behind them by 0.024. A
# steady pull of all weights toward zero makes the first number many times larger, and
# the second less than half. Why does a network get better by being held back, and when
# is the pull not worth its price?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** over-fit on purpose, pull the weights toward zero, find what the pull
#   takes out of a fit, take the reason for it away, and choose its strength.
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


def noisy_points(n, sets, spread=0.2):
    x = np.linspace(-1, 1, n)[:, None]  # (n, 1)
    noise = np.random.default_rng(0).normal(size=(sets, n))
    return x, x[:, 0] ** 2 + spread * noise  # (n, 1), (sets, n)


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
    d: partial(optax.adamw, weight_decay=d)
    for d in (0, 0.1, 0.3, 1, 3, 10)
}

# %% [markdown]
# `fit` trains all networks with one decay.


# %%
def fit(x, y, decay, rate=0.01):
    sets, n = y.shape
    rows = np.tile(np.arange(n), (20, 100, 1))  # (epochs, steps, n)
    starts = starts_of(wide_net, range(sets))
    optimizer = decays[decay]
    return train_many(wide_loss, starts, rows, x, y, rate, optimizer)


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


# %% [markdown]
# First without decay:

# %%
x, y = noisy_points(15, sets=20)
curves, losses, errors = judge(fit(x, y, 0))
print(f"loss {np.median(losses):.3f}, error {np.median(errors):.3f}")

# %% [markdown]
# The noise alone has a mean square of 0.04, and the loss is far below it: the network
# has learned the noise. This is {term}`over-fitting`.
#
# ## A pull toward zero
#
# Each hidden unit puts one kink into the curve. There the slope changes by the product
# of the unit's two weights, the one before and the one behind it. So a sharp bend, as
# from one noisy point to the next, needs large weights. Now let a
# {term}`weight decay` pull. What will it do to the loss, and what to the error?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The loss must rise: every decay keeps the network from following the points. The error
# falls as long as the bends that go are those of the noise, and rises when the bend of
# the parabola itself goes. So it should be lowest somewhere in the middle.
# :::
#
# Besides the two numbers, look at the size of the weights and at the steepest slope of
# the curve.

# %%
trainings = {decay: fit(x, y, decay) for decay in decays}
fits = {decay: judge(t) for decay, t in trainings.items()}


def size(trained):
    return np.linalg.norm(trained.parameters[:, -1], axis=1)


# %% [markdown]
# Medians of the twenty fits:

# %%
print("decay   loss  error   size  slope")
for decay, (curves, losses, errors) in fits.items():
    slopes = np.abs(np.diff(curves, axis=1)).max(axis=1) / 0.01
    print(f"{decay:5}  {np.median(losses):.3f}  ", end="")
    print(f"{np.median(errors):.3f}  ", end="")
    print(f"{np.median(size(trainings[decay])):5.1f}  ", end="")
    print(f"{np.median(slopes):5.1f}")

# %% [markdown]
# Up to a decay of 3 the loss rises and the error falls, to less than half. The weights
# shrink, and the steepest slope with them. The parabola is nowhere steeper than 2.
# Without decay the fits are more than twice as steep somewhere, with a decay of 1 no
# longer. A decay of 10 takes out the parabola as well.

# %% tags=["hide-input"]
#| name: fig-weight-decay
#| caption: Above, one of the twenty data sets and three fits; dashed, the parabola.
#|   Below, medians of the twenty. The decays stand at even distances, zero among them.
#| alt: Two panels. Above, fifteen dots scatter around a dashed parabola. The curve
#|   without decay turns sharply from dot to dot. That of a decay of 1 is calmer and
#|   nearer to the parabola, and that of a decay of 10 is nearly level. Below, against
#|   the decay, the loss on the points rises all the way, and the error falls to less
#|   than half at a decay of 3 and then rises steeply.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE

figure, (top, bottom) = plt.subplots(2, figsize=(5.4, 6.4))
top.plot(x, y[0], "o", color=GRAY, ms=4)
top.plot(grid, grid**2, "--", color=BLACK, linewidth=1)
for decay, color in ((0, ORANGE), (1, BLUE), (10, GREEN)):
    top.plot(grid, fits[decay][0][0], color=color, label=decay)
top.legend(title="decay", loc="upper center")
top.set(xlabel="x", ylabel="y", title="Decay takes the bends out")
medians = np.array([np.median(f[1:], axis=1) for f in fits.values()])
bottom.semilogy(medians[:, 0], "o-", color=GRAY)
bottom.semilogy(medians[:, 1], "o-", color=BLUE)
bottom.text(1.3, 0.006, "loss on the points", color=GRAY)
bottom.text(0.1, 0.027, "error", color=BLUE)
bottom.set_xticks(range(len(decays)), list(decays))
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
    size_of = {d: np.median(size(t)) for d, t in trainings.items()}
    slope_of = {
        d: np.median(np.abs(np.diff(f[0], axis=1)).max(axis=1) / 0.01)
        for d, f in fits.items()
    }
    upward = list(decays)
    w = starts_of(wide_net, range(1))[0]
    fine = np.linspace(-20, 20, 400_001)[:, None]
    kinks = -w[100:200] / w[:100]
    outer = np.flatnonzero(np.abs(kinks) > 2)
    far = outer[np.abs(kinks[outer]).argmin()]
    step = np.asarray(
        network(
            w,
            kinks[far] + np.array([[-2e-2], [0], [2e-2]]),
            (1, 100, 1),
        )
    )
    bend = (step[2] - 2 * step[1] + step[0]) / 2e-2
    claim(
        "slope changes by the product",
        abs(bend - abs(w[far]) * w[200 + far]) < 1e-3,
    )
    claim(
        "the error falls, to less than half",
        (np.diff([error_of[d] for d in upward[:5]]) < 0).all()
        and error_of[3] < error_of[0] / 2,
    )
    claim(
        "the error falls to less than half at a decay of 3",
        min(error_of, key=error_of.get) == 3,
    )
    claim(
        "Up to a decay of 3 the",
        (np.diff(list(loss_of.values())) > 0).all(),
    )
    claim(
        "The weights shrink",
        (np.diff(list(size_of.values())) < 0).all(),
    )
    claim(
        "steepest slope with them",
        (np.diff(list(slope_of.values())) < 0).all(),
    )
    claim("decay of 1 is calmer", slope_of[1] < 0.6 * slope_of[0])
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
# If decay helps because the points are few and noisy, it should help little where they
# are many, and not at all where the noise is gone. The function `compare` prints the
# error and the size of the weights without decay, then the best decay and its error.


# %%
def compare(label, x, y, rate=0.01):
    fitted = {d: fit(x, y, d, rate) for d in decays}
    errors = {d: np.median(judge(t)[2]) for d, t in fitted.items()}
    best = min(errors, key=errors.get)
    print(f"{label:12} {errors[0]:.4f}, size ", end="")
    print(f"{np.median(size(fitted[0])):4.1f}; ", end="")
    print(f"at decay {best:3}: {errors[best]:.4f}")
    return errors


# %% [markdown]
# Once as before, then with each reason away:

# %%
few = compare("as before", x, y)
many = compare("150 points", *noisy_points(150, sets=5))
calm = compare("noise 0.05", *noisy_points(15, 20, spread=0.05))
clean = compare("no noise", *noisy_points(15, 20, spread=0))

# %% [markdown]
# With ten times the points the network without any decay is at 0.003, closer to the
# truth than the best decay got from fifteen. In proportion a decay still helps much: it
# removes a third or more of the error. But that is less than two thousandths, where it
# was 14 before. The best decay is smaller as well.
#
# Without noise the same fifteen points give an error near zero, and every decay only
# makes it worse. The weights then stay at 8, the size at which they start; it was the
# noise that drove them to 11. So the noise is what decay works against. The less there
# is of it, in the data or after averaging over many points, the smaller is the best
# decay.
#
# Does the best decay depend on the learning rate?

# %%
slow = compare("rate 0.001", x, y, rate=0.001)
fast = compare("rate 0.03", x, y, rate=0.03)

# %% [markdown]
# Not here, over a factor of thirty. In AdamW the rate multiplies the pull and the step
# alike, so both balance at the same weights. This needs enough steps to get there: a
# step shrinks the weights by rate times decay, and at a rate of 0.001 a decay of 3
# needs a few hundred.

# %% tags=["remove-cell"]
with checks("Take the reason away"):
    claim("With ten times the points", 10 * len(x) == 150)
    claim("network without any decay is at 0.003", many[0])
    claim(
        "than the best decay got from fifteen",
        many[0] < min(few.values()) / 2,
    )
    gain = many[0] - min(many.values())
    claim("removes a third or more", min(many.values()) < 0.7 * many[0])
    claim("less than two thousandths", gain < 0.0022)
    claim("where it was 14 before", 1000 * (few[0] - min(few.values())))
    claim(
        "best decay is smaller as well",
        min(many, key=many.get) <= 1 < min(few, key=few.get),
    )
    claim("same fifteen points", len(x) == 15)
    claim("an error near zero", clean[0] < 1e-4)
    claim(
        "every decay only makes it worse",
        min(clean[d] for d in clean if d) > 2 * clean[0],
    )
    calm_fit = fit(*noisy_points(15, 20, spread=0), 0)
    claim(
        "weights then stay at 8, the size at which they start",
        np.median(size(calm_fit)),
    )
    claim(
        "at which they start; it",
        abs(
            np.median(
                np.linalg.norm(starts_of(wide_net, range(20)), axis=1)
            )
            - 8
        )
        < 0.3,
    )
    claim(
        "the noise that drove them to 11", np.median(size(trainings[0]))
    )
    claim(
        "the smaller is the best decay",
        min(clean, key=clean.get) == 0
        and max(min(calm, key=calm.get), min(many, key=many.get)) <= 1,
    )
    given("at a rate of 0.001 a")
    claim(
        "Not here, over a factor of thirty",
        {min(slow, key=slow.get), min(fast, key=fast.get)} <= {1, 3},
    )
    claim("decay of 3 needs a few hundred", 200 < 1 / (0.001 * 3) < 500)

# %% [markdown]
# ## How to choose it
#
# Nobody has the parabola at hand. What you can have is points that the network has not
# seen. Draw fifteen more for each data set, and measure the loss on those. Each data
# set then picks its own decay.

# %%
rng = np.random.default_rng(1)
held_out = grid[::14, 0] ** 2 + 0.2 * rng.normal(size=(20, 15))
curves = np.stack([f[0] for f in fits.values()])  # (decays, 20, 201)
errors = np.stack([f[2] for f in fits.values()])  # (decays, 20)
seen = ((curves[:, :, ::14] - held_out) ** 2).mean(axis=2)
picked = seen.argmin(axis=0)  # (20,)

# %% [markdown]
# How often is each decay picked, and is the pick better than none?

# %%
for decay, times in zip(
    decays, np.bincount(picked, minlength=6), strict=True
):
    print(f"decay {decay:3}: picked by {times}")
better = errors[picked, np.arange(20)] < errors[0]
print(f"closer to the parabola than without: {better.sum()} of 20")

# %% [markdown]
# A held-out loss is the error plus the noise of the new points, which is larger than
# the error. So fifteen points see the differences through a haze, and the picks spread.
# But most of them lie at 1 or 3, and nearly every pick is better than no decay. A
# decay from somebody else's recipe knows neither your noise nor the number of your
# points.

# %% tags=["remove-cell"]
with checks("How to choose it"):
    claim("Draw fifteen more for each", held_out.shape[1] == 15)
    claim("So fifteen points see", held_out.shape[1] == 15)
    claim(
        "which is larger than the error",
        max(error_of[d] for d in (0, 0.1, 1)) < 0.2**2,
    )
    claim(
        "most of them lie at 1 or 3",
        ((picked == 3) | (picked == 4)).sum() > 13,
    )
    claim("nearly every pick", better.sum() >= 17)

# %% tags=["remove-cell"]
with checks("What weight decay is for"):
    w = starts_of(wide_net, range(1))
    claim("A network with 301 parameters", w.shape[1])
    claim("learns fifteen noisy points", len(x) == 15)
    claim(
        "of less than 0.004, and the curve behind them by 0.024",
        loss_of[0],
        error_of[0],
    )
    claim("first number many times larger", loss_of[3] > 5 * loss_of[0])
    claim("the second less than half", error_of[3] < error_of[0] / 2)

# %% [markdown]
# ## What to keep
#
# - Weight decay makes the fit to the data worse, on purpose. It is worth that where the
#   network would follow the noise. Without noise it does nothing but harm.
# - It takes out sharp bends, because they need large weights. It cannot tell a bend of
#   the noise from one of the truth, so too much of it ruins the fit.
# - More data do the same job, and better. The best decay is smaller then.
# - Choose the decay on points that were held out, and choose it anew for new data.

# %% [markdown]
# ## Sources and further reading
#
# - AdamW and the decay that leaves the gradient alone are from {cite}`loshchilov2019`.
#   {cite}`hastie2009` treats the same pull for linear models, as ridge regression.
