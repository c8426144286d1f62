# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (implicit-penalty)=
# # Does the order of the rows act as a penalty?
#
# In {ref}`small-network` mini-batches in the order of $x$, six regions of 16 rows, beat
# the same rows mixed, in about nine of ten pairs at a rate of 0.2. There is a theory
# for this {cite}`smith2021`: a pass over batches is like descent on a loss with a
# *penalty*, and regions are penalized more than mixed batches. Is that the reason? A
# penalty can be tried without any mini-batch, and the theory says where it should hold:
# at small rates.

# %% tags=["remove-cell"]
import sys

sys.path.append(
    ".."
)  # finds `helpers` when this file runs where it lies

# %% [markdown]
# :::{admonition} Before you start
# :class: tip
# - **You will** derive the penalty for two batches, check it with two parabolas, train
#   with it on the whole batch, and find how much of the lead it explains.
# - **You need** the pairs and the batches of {ref}`small-network`, the Hessian from
#   {ref}`conditioning`, and the engine of {ref}`many-trainings`.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## Two batches, two steps
#
# Let two batches have the slopes $\mathbf{g}_1$, $\mathbf{g}_2$ and the Hessians $H_1$,
# $H_2$ at the present $\mathbf{w}$. Take a step with the first. That moves the second
# slope by $-\eta H_2 \mathbf{g}_1$, so after both steps you are at
#
# $$\mathbf{w} - \eta (\mathbf{g}_1 + \mathbf{g}_2) + \eta^2 H_2 \mathbf{g}_1.$$
#
# In the other order the last term is $\eta^2 H_1 \mathbf{g}_2$. Let chance decide which
# order comes, and take the mean of both. The whole batch has the mean slope
# $\mathbf{g} = (\mathbf{g}_1 + \mathbf{g}_2)/2$ and the mean Hessian. Two steps with it
# give the same, except for the last term, $\eta^2 (H_1 + H_2)\,\mathbf{g} / 2$. What is
# the difference, mini-batches minus batch? Collect the four products:
#
# $$-\tfrac{1}{4} \eta^2 (H_1 - H_2)(\mathbf{g}_1 - \mathbf{g}_2).$$
#
# This is a slope of something. Call the **scatter** $S$ the mean of
# $\lVert \mathbf{g}_B - \mathbf{g} \rVert^2$ over the batches $B$. For two batches it
# is $\lVert \mathbf{g}_1 - \mathbf{g}_2 \rVert^2 / 4$, and its gradient is
# $(H_1 - H_2)(\mathbf{g}_1 - \mathbf{g}_2) / 2$. So the difference is two steps, of
# rate $\eta$, down the slope of $\eta S / 4$. Mini-batches descend, up to terms in
# $\eta^3$, on
#
# ```{math}
# :label: small-penalty
# L(\mathbf{w}) + \frac{\eta}{4} S(\mathbf{w}),
# \qquad S = \operatorname{mean}_B \lVert \mathbf{g}_B - \mathbf{g} \rVert^2.
# ```
#
# The same comes out for any number of batches, as the mean over all their orders. In
# words: mini-batches prefer places where the batches agree on the slope.

# %% [markdown]
# Check it with two parabolas of one number, $w^2$ and $3 (w - 1)^2$. Here
# $S = (6 - 4w)^2 / 4$, with the slope $8w - 12$.


# %%
def first(w):
    return 2 * w


def second(w):
    return 6 * (w - 1)


def two_steps(w, one, other, rate):
    w = w - rate * one(w)
    return w - rate * other(w)


# %% [markdown]
# Go two steps from $w = 3$, in both orders, and with the batch:


# %%
def batch(w):
    return (first(w) + second(w)) / 2


for rate in (0.1, 0.01):
    there = two_steps(3, first, second, rate)
    back = two_steps(3, second, first, rate)
    measured = (there + back) / 2 - two_steps(3, batch, batch, rate)
    predicted = -2 * rate * rate / 4 * (8 * 3 - 12)
    print(f"{rate}: {measured:.6f}, predicted {predicted:.6f}")

# %% [markdown]
# The two agree. Note what this does *not* say: it is a mean over orders. One order that
# stays the same in every pass is not covered.

# %% tags=["remove-cell"]
import numpy as np

from helpers import checks, claim, given

with checks("Two batches, two steps"):
    given("from w = 3")
    claim("3 (w - 1)^2", second(3) == 2 * 3 * (3 - 1))
    at = np.array([0.0, 1.0, 2.0])

    def scatter_at(w):
        return ((first(w) - second(w)) / 2) ** 2

    claim(
        "S = (6 - 4w)^2 / 4",
        np.allclose(scatter_at(at), (6 - 4 * at) ** 2 / 4),
    )
    slope = (scatter_at(at + 1e-6) - scatter_at(at - 1e-6)) / 2e-6
    claim(
        "the slope 8w - 12", np.allclose(slope, 8 * at - 12, atol=1e-4)
    )
    claim("The two agree", abs(measured - predicted) < 1e-12)

# %% [markdown]
# ## Regions scatter, mixed batches do not
#
# Back to the noisy parabola. Set up 150 runs of the network of {ref}`small-network`.

# %%
from functools import partial

from torch import nn

from helpers import noisy_parabola
from helpers.network import network, starts_of

rng = np.random.default_rng(0)
x, _ = noisy_parabola(rng)  # (100, 1)
ys = np.hstack([noisy_parabola(rng)[1] for _ in range(150)]).T
predict = partial(network, sizes=(1, 10, 1))


def make_net():
    return nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))


starts = starts_of(make_net, range(150))  # (150, 31)

# %% [markdown]
# How large is the scatter at the starts, for six regions, and for six batches that hold
# every sixth row?

# %%
rows = np.arange(96)
regions = rows.reshape(6, 16)
sixths = rows.reshape(16, 6).T  # 0, 6, 12, … and 1, 7, 13, …


def example_loss(w, X, y):
    return (predict(w, X) - y) ** 2


# %% [markdown]
# For the scatter, take the slopes of each batch, and their mean squared distance from
# the mean slope:

# %%
import jax


def batch_loss(w, X, y):
    return example_loss(w, X, y).mean()


def scatter(w, X, y, groups):
    slopes_of = jax.vmap(jax.grad(batch_loss), (None, 0, 0))
    slopes = slopes_of(w, X[groups], y[groups])  # (6, 31)
    away = slopes - slopes.mean(axis=0)
    return (away**2).sum(axis=1).mean()


# %% [markdown]
# `jax.vmap` walks along the groups here, as `(None, 0, 0)` says, and uses the same `w`
# for all. A second one walks along the runs:

# %%
of_runs = jax.vmap(scatter, (0, None, None, None))
for name, groups in {"regions": regions, "sixths": sixths}.items():
    S = of_runs(starts, x, ys[0], groups)  # (150,)
    print(f"{name:8} scatter by {np.median(S):.3f}")

# %% [markdown]
# Each sixth is a small copy of the data, and all six say nearly the same. Regions
# differ a lot: each says how the curve misses in one place. So the theory predicts
#
# 1. that regions in random sequence end where the batch with their penalty does,
# 2. that the penalty of mixed batches does nothing,
# 3. that both hold best at small rates.
#
# It predicts nothing about one fixed order. Measure all of them.

# %% tags=["remove-cell"]
with checks("Regions scatter, mixed batches do not"):
    claim("Set up 150 runs", len(starts))
    S = {
        name: np.median(of_runs(starts, x, ys[0], groups))
        for name, groups in {
            "regions": regions,
            "sixths": sixths,
        }.items()
    }
    claim("Regions differ a lot", S["regions"] > 20 * S["sixths"])
    claim(
        "six batches that hold every sixth row",
        np.ptp(np.diff(sixths)) == 0,
    )
    claim("and all six say nearly", len(sixths) == 6)

# %% [markdown]
# ## Without batches, without order
#
# To train on {eq}`small-penalty`, add the penalty to the loss of every example. The
# mean over the batch is then what you want:


# %%
def penalized(groups, rate):
    def loss(w, X, y):  # X, y: the whole batch, rows in order
        penalty = rate / 4 * scatter(w, X, y, groups)
        return example_loss(w, X, y) + penalty

    return loss


# %% [markdown]
# Six ways to go the same distance: 600 updates at a rate of 0.2, and at an eighth of
# that rate, 0.025, eight times as many. "Redrawn" has the regions in a new sequence in
# each epoch. "Mixed" shuffles all 96 rows anew.

# %%
from helpers import in_batches, shuffled_orders
from helpers.training import train_many


def six_ways(rate, runs):
    epochs = round(20 / rate)
    batch = np.tile(rows, (epochs, 6, 1))  # six updates an epoch
    sequences = shuffled_orders(rng, runs, epochs, 6)
    mixed = in_batches(shuffled_orders(rng, runs, epochs, 96), 16)
    return {
        "in order": (example_loss, np.tile(regions, (epochs, 1, 1))),
        "penalty": (penalized(regions, rate), batch),
        "redrawn": (example_loss, regions[sequences]),
        "batch": (example_loss, batch),
        "penalty of sixths": (penalized(sixths, rate), batch),
        "mixed": (example_loss, mixed),
    }


# %% [markdown]
# Train them all: 150 runs at 0.2, and 30 at the small rate, which takes longer. The
# error is taken where the rows are, below $x = 0.93$.

# %%
grid = np.linspace(-1, 0.93, 400, dtype=np.float32)[:, None]
best_curve = grid[:, 0] ** 2 + 0.1
curves = jax.jit(jax.vmap(predict, (0, None)))  # (runs, 400)
errors = {}
for rate, runs in {0.025: 30, 0.2: 150}.items():
    for name, (loss, parts) in six_ways(rate, runs).items():
        now = partial(train_many, loss, starts[:runs], parts, x)
        w = now(ys[:runs], learning_rate=rate).parameters[:, -1]
        away = np.asarray(curves(w, grid)) - best_curve
        errors[name, rate] = np.mean(away**2, axis=1)

# %% [markdown]
# Compare in pairs: divide the error of each run by that of the batch from the same
# start. Below one is better than the batch.

# %%
shares = {}
for (name, rate), e in errors.items():
    shares[name, rate] = np.median(e / errors["batch", rate])
for name in six_ways(0.2, 1):
    small, large = shares[name, 0.025], shares[name, 0.2]
    print(f"{name:17} {small:.3f} at 0.025, {large:.2f} at 0.2")

# %% [markdown]
# {numref}`fig-penalty` draws the shares.

# %% tags=["hide-input"]
#| name: fig-penalty
#| caption: Error in shares of that of the batch with the same start and data, medians
#|   of 30 runs at the small rate and of 150 at the large one.
#| alt: Shares at the learning rates 0.025 and 0.2, with a line for each kind. At 0.025
#|   there are two groups. Penalty of sixths and mixed lie at the batch, at one, and the
#|   regions in order, their penalty and the regions redrawn lie together a little
#|   below. Toward 0.2 the lines part. Mixed rises far above one, the penalty of sixths
#|   stays there, redrawn ends a little below one, and the penalty and in order fall to
#|   about 0.8.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE, PINK
from helpers.figures import use_book_style

use_book_style()
figure, ax = plt.subplots(figsize=(5.4, 4.4))
colors = [BLUE, ORANGE, GREEN, GRAY, PINK, BLACK]
for name, color in zip(six_ways(0.2, 1), colors, strict=True):
    line = shares[name, 0.025], shares[name, 0.2]
    ax.plot([0, 1], line, "o-", color=color, ms=4)
    nudge = {"batch": -0.012, "penalty of sixths": 0.01}
    nudge["redrawn"] = -0.02
    ax.text(1.03, line[1] + nudge.get(name, 0), name, color=color)
ax.set(xlim=(-0.1, 1.6), xlabel="learning rate")
ax.set_xticks([0, 1], [0.025, 0.2])
ax.set_ylabel("error, in shares of the batch's")
ax.set_title("Regions gain, mixed batches lose")
plt.show()

# %% [markdown]
# At the small rate all three predictions hold. Regions redrawn gain what their penalty
# gives, and in order it is the same. Mixed batches and the penalty of the sixths do as
# well as the batch.
#
# At 0.2, the rate of the puzzle, the gap between mixed and in order has two parts.
# Regions in order are better than the batch, and the penalty alone covers more than
# half of this. (Redrawn regions, which it should describe, gain less than it says, and
# one fixed order, on which it is silent, a little more.) But mixed batches are *worse*
# than the batch, and that is no matter of a penalty: theirs does nothing. Steps of this
# size are too large for the theory.

# %% tags=["remove-cell"]
with checks("Without batches, without order"):
    given(
        "rate of 0.2, and at",
        "rate, 0.025, eight",
        "150 runs at 0.2, and 30 at",
    )
    given(
        "at the learning rates 0.025 and 0.2",
        "At 0.025 there",
        "Toward 0.2 the",
    )
    given(
        "of 30 runs at the small rate and of 150", "At 0.2, the rate of"
    )
    claim("eight times as many", round(20 / 0.025) == 8 * 100)
    updates = round(20 / 0.2) * 6
    claim("distance: 600 updates", updates)
    claim("an eighth of that rate", 8 * 0.025 == 0.2)
    claim("all 96 rows", len(rows))
    claim("below x = 0.93", x[95, 0] < 0.93 < x[96, 0])
    few, many = (
        {name: shares[name, rate] for name in six_ways(0.2, 1)}
        for rate in (0.025, 0.2)
    )
    level = [few[name] for name in ("penalty of sixths", "mixed")]
    lower = [few[name] for name in ("in order", "penalty", "redrawn")]
    at_one = max(abs(share - 1) for share in level) < 0.015
    claim("lie at the batch, at one", at_one)
    together = max(lower) < 0.985 and max(lower) - min(lower) < 0.03
    claim("lie together a little below", together)
    claim("all three predictions hold", at_one and together)
    claim(
        "in order it is the same",
        abs(few["in order"] - few["redrawn"]) < 0.03,
    )
    claim("do as well as the batch", at_one)
    claim("rises far above one", many["mixed"] > 1.07)
    claim("stays there", abs(many["penalty of sixths"] - 1) < 0.03)
    fall = [many[name] for name in ("redrawn", "penalty", "in order")]
    claim("a little more.) But", fall[2] < fall[1])
    claim("ends a little below one", 0.85 < fall[0] < 0.99)
    claim(
        "and in order fall to about 0.8",
        max(abs(share - 0.8) for share in fall[1:]) < 0.09,
    )
    covered = np.log(many["penalty"]) / np.log(many["in order"])
    claim("covers more than half of this", 0.5 < covered < 0.9)
    claim("gain less than it says", fall[0] > fall[1])
    claim("are *worse* than the batch", many["mixed"] > 1.07)
    claim(
        "theirs does nothing", abs(many["penalty of sixths"] - 1) < 0.03
    )

# %% tags=["remove-cell"]
with checks("Does the order of the rows act as a penalty?"):
    claim("six regions of 16 rows", regions.shape[1])
    claim("x, six regions", regions.shape[0] == 6)
    given("at a rate of 0.2")
    wins = (errors["in order", 0.2] < errors["mixed", 0.2]).mean()
    claim("in about nine of ten pairs", 0.8 < wins < 0.98)

# %% [markdown]
# ## What to keep
#
# - At small rates, mini-batches in random sequence descend on the loss plus
#   $\frac{\eta}{4}$ times the scatter of the batches' slopes. That is a theorem about
#   small steps, and the network keeps to it at 0.025.
# - Batches that are regions scatter much, batches that are mixed hardly.
# - At 0.2 the penalty covers more than half of what regions in order gain on the
#   batch. It says nothing of what mixed batches lose to it.
# - That a penalty explains some of an effect at one rate is no reason to sort your
#   data: at other rates, and under Adam, {ref}`small-network` finds the opposite.

# %% tags=["remove-cell"]
with checks("What to keep"):
    claim("keeps to it at 0.025", at_one and together)
    given("At 0.2 the penalty")
    claim("penalty covers more than half", covered > 0.5)
    claim("scatter much", S["regions"] > 20 * S["sixths"])

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-penalty-equal
# Two batches have the losses $w^2$ and $(w - 2)^2$. Work out the scatter $S(w)$ and its
# slope. What do mini-batches in random order gain over the batch? Why?
# ::::
#
# ```{solution-start} ex-penalty-equal
# :class: dropdown
# ```
#
# The slopes $2w$ and $2(w - 2)$ differ by 4 everywhere, so $S = 4^2/4 = 4$ is constant
# and has no slope. The penalty shifts nothing. Batches that disagree by the same amount
# everywhere have no place to prefer:


# %%
def shifted(w):
    return 2 * (w - 2)


def mean_slope(w):
    return (first(w) + shifted(w)) / 2


there = two_steps(3, first, shifted, 0.1)
back = two_steps(3, shifted, first, 0.1)
print(f"mini-batches {(there + back) / 2:.4f}")
print(f"batch        {two_steps(3, mean_slope, mean_slope, 0.1):.4f}")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("differ by 4 everywhere", first(3) - shifted(3))
    claim("S = 4^2/4 = 4", (first(3) - shifted(3)) ** 2 / 4 == 4)
    claim("losses w^2 and (w - 2)^2", shifted(3) == 2 * (3 - 2))
    claim("2w and 2(w - 2)", first(3) == 2 * 3)
    by_batch = two_steps(3, mean_slope, mean_slope, 0.1)
    claim("shifts nothing", abs((there + back) / 2 - by_batch) < 1e-12)

# %% [markdown]
# ## Sources and further reading
#
# {cite}`smith2021` derives the penalty for any number of batches, and tests it on image
# classifiers.
