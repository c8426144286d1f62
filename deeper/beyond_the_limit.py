# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (beyond-the-limit)=
# # What happens beyond the limit?
#
# On a parabola, a learning rate above $2/\lambda$ ends in an overflow. The network of
# {ref}`small-network`, trained on single examples at a rate of 0.4, has examples with
# $\lambda$ above the limit in nearly every start, and its training often fails. Yet no
# number overflows. At 0.2 some examples begin above the limit, and most trainings
# succeed. What becomes of $\lambda$ when the steps are too large for it?

# %% tags=["remove-cell"]
import sys

sys.path.append(
    ".."
)  # finds `helpers` when this file runs where it lies

# %% [markdown]
# :::{admonition} Before you start
# :class: tip
# - **You will** predict the curvature of an example from the laws of the start, follow
#   it through the training, find the least that a good fit can have, test whether one
#   row's limit is that of all, and predict at which rate numbers do overflow.
# - **You need** {ref}`small-network`, with the curvature
#   $\lambda = 2\,\lVert \nabla f \rVert^2$ of one example, and the engine of
#   {ref}`many-trainings`.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## What the curvature is made of
#
# The prediction of the network is $f = \sum_j v_j a_j + c$. The $a_j$ are the outputs
# of its ten hidden units, $\max(0, w_j x + b_j)$, the $v_j$ the output weights, and $c$
# is the output's bias. Take the slopes one at a time. Along $c$ the slope is 1. Along
# $v_j$ it is $a_j$. Along $b_j$ it is $v_j$ if the unit is on, and along $w_j$ it is
# $v_j x$. Sum their squares:
#
# ```{math}
# :label: limit-curvature
# \lambda = 2 \Bigl( 1 + \sum_j a_j^2 + (1 + x^2) \sum_{j\ \text{on}} v_j^2 \Bigr)
# ```
#
# PyTorch draws the start: weights and biases of the first layer with a variance of
# $1/3$, each $v_j$ with one of $1/30$. So $a_j^2$ is $(1 + x^2)/6$ on average, half of
# the units are on, and before the first step
#
# $$\lambda = 2 + 11 (1 + x^2) / 3$$
#
# on average. Which values does that predict at the center and at the ends?
#
# :::{admonition} What do you expect?
# :class: dropdown
# At $x = 0$ it is $17/3 = 5.7$, at the ends $28/3 = 9.3$. The limit $2/\eta$ is 10 for
# a rate of 0.2, and 5 for 0.4.
# :::

# %%
from functools import partial

import numpy as np
from torch import nn

from helpers import noisy_parabola
from helpers.network import layers, network, starts_of

rng = np.random.default_rng(0)
x, _ = noisy_parabola(rng)  # (100, 1)
ys = np.hstack([noisy_parabola(rng)[1] for _ in range(60)]).T
predict = partial(network, sizes=(1, 10, 1))


def make_net(units=10):
    hidden, output = nn.Linear(1, units), nn.Linear(units, 1)
    return nn.Sequential(hidden, nn.ReLU(), output)


# %% [markdown]
# `layers` cuts the vector of parameters into the weights and biases of both layers.


# %%
def curvatures(w, sizes=(1, 10, 1)):  # of each example: (100,)
    (W, b), (v, _) = layers(w, sizes)
    a = np.maximum(x @ W.T + b, 0)  # (100, units)
    through = (1 + x[:, 0] ** 2) * ((a > 0) @ v[0] ** 2)
    return 2 * (1 + (a**2).sum(axis=1) + through)


many_starts = starts_of(make_net, range(300))  # (300, 31)
mean = np.mean([curvatures(w) for w in many_starts], axis=0)
print(f"center {mean[49]:.1f}, ends {mean[0]:.1f} and {mean[-1]:.1f}")

# %% tags=["remove-cell"]
import jax

from helpers import checks, claim, given

with checks("What the curvature is made of"):
    w = many_starts[0]
    slopes = np.asarray(jax.jacobian(predict)(w, x))
    by_slopes = 2 * (slopes**2).sum(axis=1)
    claim("Along c the slope is 1", slopes[0, -1])
    claim(
        "Sum their squares",
        np.allclose(curvatures(w), by_slopes, rtol=1e-4),
    )
    claim(
        "of its ten hidden units", nn.Linear(1, 10).out_features == 10
    )
    laws = many_starts.var(axis=0)
    claim("a variance of 1/3", abs(laws[:20].mean() - 1 / 3) < 0.02)
    claim("one of 1/30", abs(30 * laws[20:30].mean() - 1) < 0.06)
    (W, b) = many_starts[:, :10, None], many_starts[:, 10:20, None]
    a = np.maximum(W * x[:, 0] + b, 0)  # (300, 10, 100)
    on_average = (a**2).mean(axis=(0, 1)) / ((1 + x[:, 0] ** 2) / 6)
    claim("a_j^2 is (1 + x^2)/6", np.abs(on_average - 1).max() < 0.06)
    claim("half of the units are on", abs((a > 0).mean() - 0.5) < 0.03)
    law = 2 + 11 * (1 + x[:, 0] ** 2) / 3
    claim("2 + 11 (1 + x^2) / 3", np.abs(mean / law - 1).max() < 0.05)
    claim("At x = 0 it is 17/3 = 5.7", abs(mean[49] - 17 / 3) < 0.2)
    claim("at the ends 28/3 = 9.3", abs(mean[-1] - 28 / 3) < 0.3)
    limits = {rate: 2 / rate for rate in (0.02, 0.2, 0.4)}
    low, two, four = limits
    claim(
        "is 10 for a rate of 0.2, and 5 for 0.4",
        limits[0.2],
        two,
        limits[0.4],
        four,
    )

# %% [markdown]
# ## Training pushes the curvature up, the rate pushes it down
#
# Train 60 runs in four ways: single examples, shuffled, at 0.02 and at 0.2; and
# mini-batches at 0.2, mixed, and in the order of $x$. An epoch takes 96 rows, six
# batches of sixteen. Follow the largest curvature among the rows in use.

# %%
from helpers import in_batches, shuffled_orders
from helpers.training import train_many


def example_loss(w, X, y):
    return (predict(w, X) - y) ** 2


starts = many_starts[:60]
train = partial(train_many, example_loss, starts, X=x, y=ys)
orders = shuffled_orders(rng, runs=60, epochs=100, n=96)
in_order = np.tile(np.arange(96), (100, 1))


def steepest(w):  # among the rows in use
    return curvatures(w)[:96].max()


# %% [markdown]
# A batch in the order of $x$ is one region, so its sixteen examples have nearly the
# same slopes. Which of the four do you expect to feel the limit of 10?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Single examples at 0.2; at 0.02 the limit is 100. A mixed batch averages over unlike
# examples, and its loss is flatter than theirs. But a region curves like its examples,
# so mini-batches in order should feel the limit too.
# :::

# %%
single, mixed = in_batches(orders, 1), in_batches(orders, 16)
regions = in_batches(in_order, 16)
ways = {"single, 0.02": (single, 0.02), "mixed, 0.2": (mixed, 0.2)}
ways |= {"regions, 0.2": (regions, 0.2), "single, 0.2": (single, 0.2)}
paths = {}
for name, (batches, rate) in ways.items():
    paths[name] = train(batches, learning_rate=rate).parameters

# %% [markdown]
# Take the largest curvature at the start and after every third epoch:

# %%
largest = {}
for name, path in paths.items():
    kept = np.concatenate([starts[:, None], path[:, ::3]], axis=1)
    most = [[steepest(w) for w in run] for run in kept]
    largest[name] = np.array(most)  # (60 runs, 35 times)
    print(f"{name:13} {np.median(largest[name][:, -1]):.0f} at the end")

# %% [markdown]
# But a rate of 0.2 does two things to single examples: its limit is low, and its steps
# follow the noise of the targets further. Take the noise away as a control, and put two
# rates between.

# %%
clean = x[:, 0] ** 2 + 0.1
for rate in (0.05, 0.1, 0.2):
    ends = train(single, learning_rate=rate).parameters[:, -1]
    noisy = np.median([steepest(w) for w in ends])
    silent = train(single, y=clean, learning_rate=rate).parameters
    silent_most = [[steepest(w) for w in run[::3]] for run in silent]
    print(f"{rate}: limit {2 / rate:.0f}, noisy {noisy:.0f}, ", end="")
    print(f"no noise {np.median(silent_most, axis=0)[-1]:.0f}")

# %% [markdown]
# {numref}`fig-limit-curvature` follows them from epoch to epoch.

# %% tags=["hide-input"]
#| name: fig-limit-curvature
#| caption: The largest curvature among the examples, median of 60 runs. The band holds
#|   eight in ten of the runs with single examples at 0.2. Dotted, single examples at
#|   0.2, on targets without noise.
#| alt: Largest curvature against epoch. All lines start at 11. Single examples at 0.02
#|   and mixed batches rise to 15 or 16. Regions stay near 10. Single examples at 0.2
#|   fall to 8 within the first epoch and stay there; their narrow band soon lies below
#|   a dashed line at 10. A dotted line, without noise, falls as they do and then climbs
#|   to the dashed line and stays.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GREEN, ORANGE, use_book_style

use_book_style()
epochs = np.append(0, np.arange(1, 101, 3))
figure, ax = plt.subplots(figsize=(5.4, 4.4))
for name, color in zip(ways, (BLACK, GREEN, ORANGE, BLUE), strict=True):
    low, mid, high = np.quantile(largest[name], [0.1, 0.5, 0.9], axis=0)
    ax.plot(epochs, mid, color=color, label=name)
ax.fill_between(epochs, low, high, color=BLUE, alpha=0.2, linewidth=0)
mid = np.median(silent_most, axis=0)
ax.plot(epochs[1:], mid, ":", color=BLUE, label="no noise, 0.2")
ax.axhline(10, color=BLACK, linestyle="--", linewidth=1)
ax.text(99, 8.9, "limit 2/0.2", ha="right")
ax.set(xlabel="epoch", ylabel="largest curvature", ylim=(4, 24))
ax.legend(loc="upper left", ncols=2)
ax.set_title("A large rate keeps the curvature down")
plt.show()

# %% [markdown]
# Left to itself, at 0.02, training *raises* the curvature. Single examples at 0.2
# cannot follow. Without noise they climb to their limit, and hover there. With it they
# stay at 8, so noise presses the curvature down further; at 0.1 it does so well before
# the limit. Mixed batches at 0.2 do not feel the limit. Regions stay near it, and the
# reason is the rate. Here is the control: half the rate, for twice as long.

# %%
twice = np.tile(regions, (2, 1, 1))  # 200 epochs
halved = train(twice, learning_rate=0.1).parameters[:, -1]
most = [steepest(w) for w in halved]
print(f"regions at 0.1: {np.median(most):.0f}")

# %% [markdown]
# Regions too rise well above 10 then. So the steps do not blow up. They throw the
# network out of where it is too steep for them, until it finds a flatter place.

# %% tags=["remove-cell"]
with checks(
    "Training pushes the curvature up, the rate pushes it down"
):
    claim("Train 60 runs", len(starts))
    claim(
        "shuffled, at 0.02 and at 0.2",
        ways["single, 0.02"][1],
        ways["single, 0.2"][1],
    )
    claim("mini-batches at 0.2", ways["regions, 0.2"][1])
    claim("An epoch takes 96 rows", orders.shape[-1])
    claim("six batches of sixteen", mixed.shape[-2:] == (6, 16))
    claim(
        "its sixteen examples", in_batches(in_order, 16).shape[-1] == 16
    )
    claim("the limit of 10", 2 / 0.2 == 10.0)
    claim("median of 60 runs", len(starts))
    mid = {
        name: np.median(most, axis=0) for name, most in largest.items()
    }
    claim("start at 11", mid["single, 0.2"][0])
    at_end = {name: line[-1] for name, line in mid.items()}
    given("examples at 0.02 and mixed")
    claim(
        "rise to 15 or 16",
        max(abs(at_end[name] - 15.5) for name in list(ways)[:2]) < 1.5,
    )
    claim("at 0.02 the limit is 100", 0.02, limits[0.02])
    claim("Regions stay near 10", 9 < at_end["regions, 0.2"] < 12)
    claim(
        "fall to 8 within the first epoch",
        abs(mid["single, 0.2"][1] - 8) < 0.9,
    )
    claim("Single examples at 0.2 fall to", ways["single, 0.2"][1])
    claim("a dashed line at 10", limits[0.2])
    band = np.quantile(largest["single, 0.2"][:, 3:], 0.9, axis=0)
    claim("band soon lies below", band.max() < 10)
    claim("eight in ten of the runs", 0.9 - 0.1 == 0.8)
    claim("with single examples at 0.2", ways["single, 0.2"][1])
    claim(
        "Left to itself, at 0.02, training *raises*",
        ways["single, 0.02"][1],
    )
    raised = mid["single, 0.02"]
    claim(
        "training *raises* the curvature", raised[-1] > 1.3 * raised[0]
    )
    claim("Single examples at 0.2; at", ways["single, 0.2"][1])
    claim("Single examples at 0.2 cannot", ways["single, 0.2"][1])
    claim(
        "With it they stay at 8", abs(at_end["single, 0.2"] - 8) < 0.8
    )
    hover = np.median(silent_most, axis=0)
    claim("climb to their limit, and hover", hover[-10:].min() > 9)
    claim("there. With it", hover[-10:].max() < 11.5)
    claim("climbs to the dashed line and stays", 9 < hover[-1] < 11.5)
    claim("falls as they do", hover[0] < 9)
    tenth = {
        name: np.median(
            [
                steepest(w)
                for w in train(
                    single, y=y, learning_rate=0.1
                ).parameters[:, -1]
            ]
        )
        for name, y in {"noisy": ys, "silent": clean}.items()
    }
    given("at 0.1 it does so")
    claim(
        "well before the limit",
        tenth["noisy"] < 0.85 * tenth["silent"] < 0.7 * 2 / 0.1,
    )
    given("examples at 0.2, on targets", "Mixed batches at 0.2 do")
    given("But a rate of 0.2 does")
    claim("Mixed batches at 0.2 do not feel", at_end["mixed, 0.2"] > 13)
    claim("Regions too rise well above 10", np.median(most) > 12.5)
    claim(
        "half the rate, for twice as long",
        len(twice) * 0.1 == 2 * 100 * 0.1,
    )

# %% [markdown]
# ## Is the limit of one row that of all?
#
# How flat can a good fit be? The best curve is higher at its ends than in the middle,
# by one on average. Let $P(x)$ be the sum of $a_j v_j$ over the units with $v_j > 0$,
# and $-N(x)$ that over the others. Both $P$ and $N$ are convex: at the ends they are,
# on average, no lower than in the middle. So $P$ has to rise by one alone. It is never
# negative, so at one end $P = \sum a_j v_j \ge 1$. By the inequality of Cauchy and
# Schwarz, $\sum a_j^2 \cdot \sum v_j^2 \ge 1$ for these units, and the smallest that
# {eq}`limit-curvature` can be there is $2\,(1 + 2\sqrt{2}) = 7.7$. That fits below 10.
#
# At a rate of 0.3 the limit is 6.7. Can single examples, without noise, fit there at
# all? And if each row is used ten times before the next one comes?
#
# :::{admonition} What do you expect?
# :class: dropdown
# A step multiplies the error of its row by about $1 - \eta\lambda$. At one end of a
# good fit that is beyond $-1$. If the row repeats, its error grows, and the network is
# thrown out. But a flatter row between, moved by the same units, can shrink the same
# error. A mixture may bear more than its steepest row.
# :::

# %%
grid = np.linspace(-1, 1, 401, dtype=np.float32)[:, None]


def errors(ends):  # from the best curve, one per run
    away = [predict(w, grid) - grid[:, 0] ** 2 - 0.1 for w in ends]
    return np.mean(np.square(away), axis=1)


# %% [markdown]
# A run has failed if its error is above 0.03. Ten epochs of repeated rows have as many
# updates as a hundred without.

# %%
rate = 0.3
tenfold = np.repeat(single[:, :10], 10, axis=2)  # (60, 10, 960, 1)
mixture = {}
for name, batches in {"once": single, "tenfold": tenfold}.items():
    trained = train(batches, y=clean, learning_rate=rate)
    ends = trained.parameters[:, -1]
    e = errors(ends)
    most = np.median([steepest(w) for w in ends[e < 0.03]])
    mixture[name] = np.median(e), (e > 0.03).sum(), most
    print(f"{name:7} error {np.median(e):.4f}, ", end="")
    print(
        f"{(e > 0.03).sum()} failed, curvature of the rest {most:.1f}"
    )

# %% [markdown]
# Used once, most runs fit well, and they end *above* the limit, at about 8. With
# repeated rows they come down to it, more runs fail, and the rest fit worse: their ends
# do not rise enough. So a row beyond $2/\eta$ is sufficient for trouble if it repeats.
# With other rows between it is not, and how much a mixture bears stays open here.

# %% tags=["remove-cell"]
with checks("Is the limit of one row that of all?"):
    both = np.array([1.0, -1.0])
    claim("by one on average", (both**2).mean() - 0 == 1)
    bound = 2 * (1 + 2 * np.sqrt(2))
    sums = np.linspace(0.1, 10, 10_000)
    claim(
        "2sqrt2) = 7.7",
        abs(2 * (1 + sums + 2 / sums).min() - bound) < 1e-3,
    )
    claim("That fits below 10", bound < 2 / 0.2)
    given("At a rate of 0.3", "is above 0.03")
    claim("the limit is 6.7", 2 / rate)
    claim("that is beyond -1", 1 - rate * bound < -1.2)
    claim(
        "Ten epochs of repeated rows have as many updates",
        tenfold[0].size == single[0].size,
    )
    claim("Used once, most runs fit", mixture["once"][1] < 18)
    claim("fit well", mixture["once"][0] < 0.0015)
    claim(
        "*above* the limit, at about 8",
        2 / 0.3 + 0.5 < mixture["once"][2] < 9,
    )
    claim("they come down to it", mixture["tenfold"][2] < 2 / 0.3 + 0.4)
    claim("more runs fail", mixture["tenfold"][1] > mixture["once"][1])
    claim(
        "the rest fit worse",
        mixture["tenfold"][0] > 2 * mixture["once"][0],
    )
    rises = [
        np.mean([f[0], f[-1]]) - f[200]
        for f in (predict(w, grid) for w in ends[e < 0.03])
    ]
    claim("their ends do not rise enough", np.median(rises) < 0.95)

# %% [markdown]
# ## Where the units die
#
# At 0.4 even a mixture is often too steep. Where does a step throw the network then? It
# can push a unit's $w_j x + b_j$ below zero for *all* rows. Then the unit is **dead**:
# it puts out zero, its slopes are zero, and it never moves again. It also drops out of
# {eq}`limit-curvature`. Dying lowers the curvature.
#
# Suppose that all ten units are dead. Above which learning rate do numbers overflow
# then?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Only the output's bias is left. Its curvature is 2, the first term of
# {eq}`limit-curvature`, so its limit is a rate of 1. Between 0.4 and 1 the network dies
# and stays finite. Above 1 the bias itself overflows.
# :::


# %%
def dead_units(w):  # off for every x from -1 to 1
    (W, b), _ = layers(w, (1, 10, 1))
    return (b <= -np.abs(W[:, 0])).sum()


at_start = np.mean([dead_units(w) for w in starts])
print(f"start {at_start:4.1f} dead")
for rate in (0.02, 0.2, 0.4, 0.9, 1.1):
    ends = train(single, learning_rate=rate).parameters[:, -1]
    dead = np.mean([dead_units(w) for w in ends])
    finite = np.isfinite(ends).all(axis=1).sum()
    print(f"{rate:5} {dead:4.1f} dead, {finite} runs finite")

# %% [markdown]
# About a quarter of the units are dead from the start, and up to 0.2 training adds
# hardly any. At 0.4 most are dead and at 0.9 nearly all, yet all 60 runs stay finite.
# At 1.1 none does.
#
# So a ReLU network has a way out that a parabola lacks. Not all take it: at 0.4 some
# runs fit. The failed ones have more dead units:

# %%
ends = train(single, learning_rate=0.4).parameters[:, -1]
dead = np.array([dead_units(w) for w in ends])
failed = errors(ends) > 0.03
print(
    f"{failed.sum()} failed with {dead[failed].mean():.0f} dead,",
    end="",
)
print(f" the others have {dead[~failed].mean():.0f}")

# %% [markdown]
# If a loss stalls at the score of a constant, count the dead units.

# %% tags=["remove-cell"]
with checks("Where the units die"):
    given("At 0.4 even a", "at 0.4 some runs")
    claim("is often too steep", failed.mean() > 0.4)
    claim("some runs fit", (~failed).sum() >= 4)
    claim(
        "The failed ones have more dead units",
        dead[failed].mean() > dead[~failed].mean() + 1.5,
    )
    fits = paths["single, 0.2"][:, -1]
    ends = {
        rate: train(single, learning_rate=rate).parameters[:, -1]
        for rate in (0.4, 0.9, 1.1)
    }
    dead = {
        rate: np.mean([dead_units(w) for w in w_end])
        for rate, w_end in ends.items()
    }
    nothing = curvatures(np.zeros(31, np.float32))
    claim("all ten units are dead", dead_units(np.zeros(31)) == 10)
    claim("Its curvature is 2", nothing[0])
    claim("its limit is a rate of 1.", 2 / nothing[0])
    given("Between 0.4 and", "At 1.1 none")
    claim("0.4 and 1 the network", 0.4, 2 / nothing[0])
    claim("Above 1 the bias", 2 / nothing[0] == 1.0)
    claim("About a quarter of the units", 2 < at_start < 3)
    added = np.mean([dead_units(w) for w in fits]) - at_start
    given("and up to 0.2")
    claim("training adds hardly any", added < 0.8)
    claim("At 0.4 most are dead", dead[0.4] > 6)
    claim("at 0.9 nearly all", dead[0.9] > 9)
    finite = {
        rate: np.isfinite(w).all(axis=1).sum()
        for rate, w in ends.items()
    }
    claim("yet all 60 runs", min(finite[0.9], finite[0.4]))
    claim("none does", finite[1.1] == 0)

# %% tags=["remove-cell"]
with checks("What happens beyond the limit?"):
    given("at a rate of 0.4", "At 0.2 some")
    most_at_start = np.array([steepest(w) for w in many_starts])
    claim(
        "above the limit in nearly every start",
        (most_at_start > 2 / 0.4).mean() > 0.94,
    )
    claim("Yet no number overflows", np.isfinite(ends[0.4]).all())
    claim(
        "some examples begin above the limit",
        (most_at_start > 10).mean() > 0.5,
    )
    claim(
        "its training often fails",
        (errors(ends[0.4]) > 0.03).mean() > 0.4,
    )
    claim("most trainings succeed", (errors(fits) > 0.03).mean() < 0.15)

# %% [markdown]
# ## What to keep
#
# - The curvature of one example is made of what the network computes:
#   {eq}`limit-curvature`.
# - Small steps let training raise the curvature. Steps that are too large for it throw
#   the network out until it finds a flatter place. Noise presses it down further.
# - A row beyond $2/\eta$ is trouble if it repeats. With other rows between, a mixture
#   bears more.
# - Where the rate is too large for the mixture too, units die. The loss stays finite
#   and high.
# - Regions feel the limit of single examples. Mixed batches do not.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-limit-width
# Give the network 100 units. What does {eq}`limit-curvature` say for the start, at the
# ends? You should get 69.3. Where is the limit of the rate for single examples? Train
# one epoch in the order of $x$ below it and above it, and count the units that are
# alive.
# ::::
#
# ```{solution-start} ex-limit-width
# :class: dropdown
# ```
#
# The sum of $a_j^2$ has ten times the terms. The $v_j$ have a tenth of the variance and
# ten times the number, so their sum stays. At the ends
# $\lambda = 2\,(1 + 100/3 + 1/3) = 69.3$, and the limit is 0.029.

# %%
wide_starts = starts_of(partial(make_net, 100), range(20))
wide = partial(network, sizes=(1, 100, 1))


def wide_loss(w, X, y):
    return (wide(w, X) - y) ** 2


def alive(w):  # the median run
    on = w[:, 100:200] > -np.abs(w[:, :100])
    return np.median(on.sum(axis=1))


one_epoch = in_batches(np.arange(100)[None], 1)  # (1, 100, 1)
print(f"start {alive(wide_starts):.0f} alive")
for rate in (0.02, 0.05, 0.1, 0.2):
    trained = train_many(
        wide_loss, wide_starts, one_epoch, x, ys[:20], rate
    )
    print(f"{rate:5} {alive(trained.parameters[:, -1]):.0f} alive")

# %% [markdown]
# At 0.02 all survive that were alive at the start, about 75. At 0.05, above the limit,
# nearly all do. At 0.1 and 0.2 fewer and fewer are left. The limit is that of a mean
# over starts, and each row comes once, so it is not a sharp one.
#
# ```{solution-end}
# ```

# %% [markdown]
# ::::{exercise}
# :label: ex-limit-batch
# In {ref}`small-network` the whole batch does best at a rate of 0.6. The Hessian of its
# loss is nearly $2 J^T J / n$, with the Jacobian $J$ of the predictions. Compute its
# largest eigenvalue at the starts, and after 1, 5 and 100 updates at 0.6. Does the
# batch begin above its limit? Does it stay there?
# ::::
#
# ```{solution-start} ex-limit-batch
# :class: dropdown
# ```

# %%
import jax


@jax.jit
@jax.vmap
def of_batch(w):
    J = jax.jacobian(predict)(w, x)  # (100, 31)
    return 2 * jax.numpy.linalg.eigvalsh(J.T @ J)[-1] / len(x)


# %% [markdown]
# Here every row of the array is one update:

# %%
all_rows = np.tile(np.arange(100), (100, 1, 1))
path = train(all_rows, learning_rate=0.6).parameters
print(f"limit {2 / 0.6:.1f}, start {np.median(of_batch(starts)):.1f}")
for updates in (1, 5, 100):
    lam = np.median(of_batch(path[:, updates - 1]))
    print(f"after {updates:3} updates {lam:.1f}")

# %% [markdown]
# It begins beyond its limit, and five steps throw it below. A limit at the start is not
# a sharp line either.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("at a rate of 0.6", "after 1, 5 and 100 updates at 0.6")
    five, begin = (np.median(of_batch(w)) for w in (path[:, 4], starts))
    claim("It begins beyond its limit", begin > 1.4 * 2 / 0.6)
    claim("five steps throw it below", five < 0.85 * 2 / 0.6)
    given(
        "the network 100 units",
        "At 0.02 all",
        "At 0.05, above",
        "At 0.1 and 0.2",
    )
    claim(
        "should get 69.3",
        np.mean([curvatures(w, (1, 100, 1))[0] for w in wide_starts])
        / 69.3
        > 0.9,
    )
    third = wide_starts[:, 200:300].shape[1] / 3
    at_ends = 2 * (1 + third + 1 / 3)
    claim("100/3 + 1/3) = 69.3", third, 1 / 3, at_ends)
    claim("limit is 0.029", 2 / at_ends)
    tenth = wide_starts[:, 200:300].var() / many_starts[:, 20:30].var()
    claim("a tenth of the variance", 0.08 < tenth < 0.12)

    left = [alive(wide_starts)]
    for rate in (0.02, 0.05, 0.1, 0.2):
        trained = train_many(
            wide_loss, wide_starts, one_epoch, x, ys[:20], rate
        )
        left.append(alive(trained.parameters[:, -1]))
    claim(
        "all survive that were alive at the start, about 75",
        abs(left[0] - 75) < 4 and left[1] >= left[0] - 1,
    )
    claim(
        "ten times the terms",
        wide_starts[:, 200:300].shape[1] == 10 * 10,
    )
    claim(
        "ten times the number", wide_starts[:, :100].shape[1] == 10 * 10
    )
    claim("nearly all do", left[2] > 0.85 * left[0])
    claim("fewer and fewer are left", left[2] > left[3] > left[4])

# %% [markdown]
# ## Sources and further reading
#
# {cite}`cohen2021` measures on large networks how training with the whole batch raises
# the largest curvature until it hovers at the limit of the learning rate, the *edge of
# stability*.
