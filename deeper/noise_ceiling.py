# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (noise-ceiling)=
# # Over-fitted, under-fitted, or done?
#
# The deep network of {ref}`depth` has 262 weights for a line that needs two. "Too
# many, so it over-fits" is quickly said. But after 1000 epochs its loss on its own
# training rows is *higher* than that of the straight line. Which word is right, and
# what would you have to measure?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** ask the data for a ceiling without knowing the truth, tell over-fitting
#   from under-fitting by two numbers, and make the same network do either.
# - **You need** {ref}`depth`, and $R^2$ and the noise from {ref}`best-score`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

# This finds `helpers` when the file runs where it lies.
sys.path.append("..")

# %% [markdown]
# ## Is there more to find?
#
# These data are made, so {ref}`best-score` can say that no model explains more than two
# thirds of the variance. Suppose you did not know that. Then ask whether a more
# flexible model finds what the line misses. Its score on its own rows will not tell,
# since flexibility always raises that. So use **{term}`cross-validation`**
# {cite}`stone1974`: hide a tenth of the rows, fit the others, predict the hidden ones,
# and go on until each row has been predicted by a model that never saw it.

# %%
import numpy as np

from helpers import noisy_line

X, y = noisy_line()
x, y = X[:, 1], y[:, 0]  # (1000,) each

# %% [markdown]
# Written out:


# %%
def cross_validated(fit, rng):
    part = rng.permutation(len(y)) % 10  # ten parts of equal size
    prediction = np.empty(len(y))
    for k in range(10):
        hidden = part == k
        model = fit(x[~hidden], y[~hidden])
        prediction[hidden] = model(x[hidden])
    return 1 - np.mean((y - prediction) ** 2) / y.var()


# %% [markdown]
# The candidates are polynomials, and the mean of the 50 nearest neighbors. Each gets
# five ways of cutting the rows.

# %%
from functools import partial

from numpy.polynomial import Polynomial


def neighbors(x, y):
    def predict(new):
        distances = np.abs(x - new[:, None])
        nearest = distances.argsort(axis=1)[:, :50]
        return y[nearest].mean(axis=1)

    return predict


# %% [markdown]
# `Polynomial.fit` is NumPy's least-squares fit; it returns a function, as `neighbors`
# does.

# %%
candidates = {"50 neighbors": neighbors}
for degree in (1, 2, 3, 5, 9):
    fit = partial(Polynomial.fit, deg=degree)
    candidates[f"degree {degree}"] = fit
held_out = {}
for name, fit in candidates.items():
    rngs = [np.random.default_rng(seed) for seed in range(5)]
    held_out[name] = np.mean(
        [cross_validated(fit, rng) for rng in rngs]
    )
    print(f"{name:12} {held_out[name]:.3f}")

# %% [markdown]
# Nothing beats the straight line. It explains 0.672 of the variance of rows that it
# has not seen, and that is the ceiling as far as these data can tell. (It lies a hair
# above two thirds by luck: the noise of just these rows has a variance of 1.84, not 2.)

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Is there more to find?"):
    signal = np.var(5 + 2 * x)
    share = signal / (signal + 2)
    claim(
        "no model explains more than two thirds of",
        abs(share - 2 / 3) < 0.01,
    )
    claim(
        "hide a tenth of the rows",
        (np.bincount(np.arange(len(y)) % 10) == 100).all(),
    )
    given("the 50 nearest")
    best = max(held_out, key=held_out.get)
    claim("Nothing beats the straight line", best == "degree 1")
    claim("It explains 0.672 of", held_out["degree 1"])
    claim("above two thirds by luck", held_out["degree 1"] > 2 / 3)
    claim(
        "has a variance of 1.84, not 2",
        np.mean((y - 5 - 2 * x) ** 2),
        signal / share - signal,
    )
    rising = [
        np.mean((Polynomial.fit(x, y, deg)(x) - y) ** 2)
        for deg in (1, 2, 3, 5, 9)
    ]
    claim("flexibility always raises that", (np.diff(rising) < 0).all())

# %% [markdown]
# ## Two numbers
#
# Now the words. Let the **gap** be a model's loss on *fresh* rows minus its loss on the
# training rows. Even the truth has a gap, by the luck of the rows. So measure against
# the truth:
#
# - What is **left**: the training loss, minus that of the truth. A model
#   **under-fits** ({term}`under-fitting`) if much is left to learn.
# - The **excess gap**: the gap, minus that of the truth. A model **over-fits**
#   ({term}`over-fitting`) if it is large: it has learned what is true of its own rows
#   only, their noise for example.
#
# Add the two, and the training losses drop out. What remains is the fresh loss minus
# the truth's, which is the mean squared distance from the truth. So all that is wrong
# with a model falls into these two parts, one for each word.
#
# Here both can be computed. The fresh loss is 2, the noise, plus the squared distance
# from $5 + 2x$, averaged with the density that $x$ is drawn from, a normal one with
# mean 2 and standard deviation 1.

# %%
grid = np.linspace(-4, 8, 121, dtype=np.float32)
density = np.exp(-((grid - 2) ** 2) / 2)


def truth(x):
    return 5 + 2 * x


def losses(model, x, y):  # on the rows, and on fresh ones
    training = np.mean((model(x) - y) ** 2)
    distances = (model(grid) - truth(grid)) ** 2
    return training, 2 + np.average(distances, weights=density)


# %% [markdown]
# And the two numbers, for losses of one model or of many:


# %%
def two_numbers(pairs, truth_training):  # pairs (..., 2)
    training, fresh = np.moveaxis(np.array(pairs), -1, 0)
    left = training - truth_training
    gap, truth_gap = fresh - training, 2 - truth_training
    return left, gap - truth_gap


# %% [markdown]
# Train eight of each network as in {ref}`depth`, with a function that predicts from the
# weights and, for later, may add a constant.

# %%
import jax
import jax.numpy as jnp

from helpers.network import network

SMALL, DEEP = (2, 2, 1), (2, 10, 20, 2, 1)


@partial(jax.jit, static_argnames="sizes")
def predict(w, x, sizes, constant=0.0):
    rows = jnp.column_stack([jnp.ones_like(x), x])
    sigmoid = jax.nn.sigmoid
    return network(w, rows, sizes, sigmoid, bias=False) + constant


# %% [markdown]
# The starts are PyTorch's own.

# %%
from itertools import pairwise

from torch import nn

from helpers.network import starts_of


def make_net(sizes):
    layers = []
    for pair in pairwise(sizes):
        layers += [nn.Linear(*pair, bias=False), nn.Sigmoid()]
    return nn.Sequential(*layers[:-1])


small_starts = starts_of(partial(make_net, SMALL), range(8))
deep_starts = starts_of(partial(make_net, DEEP), range(8))

# %% [markdown]
# The batches have the sizes and the orders that {ref}`depth` used:

# %%
from helpers import in_batches, shuffled_orders

rng = np.random.default_rng(0)
shuffled = shuffled_orders(rng, runs=8, epochs=1000, n=1000)
in_order = np.tile(np.arange(1000), (1000, 1))
small_batches = in_batches(shuffled, 32)
deep_batches = in_batches(in_order, 64)

# %% [markdown]
# The rule is Adam with a learning rate of 0.001.

# %%
import optax

from helpers.training import train_many


def loss_of(sizes):
    def example_loss(w, x, y):
        return (predict(w, x, sizes) - y) ** 2

    return example_loss


small_loss, deep_loss = loss_of(SMALL), loss_of(DEEP)


def trained(loss, starts, batches, rate=0.001):
    run = train_many(loss, starts, batches, x, y, rate, optax.adam)
    return run.parameters[:, -1]  # (8, weights)


# %% [markdown]
# How large would the two numbers be if all 262 weights followed the noise? A
# least-squares fit of $p$ parameters to $n$ rows of noise variance $\sigma^2$ lowers
# the training loss by about $\sigma^2 p / n$ and raises the fresh loss by about
# $\sigma^2 p / (n - p - 1)$. For 262 parameters and the noise of these data, what is
# left would be about $-0.5$, and the excess gap about 1.2.
#
# :::{admonition} What do you expect?
# :class: dropdown
# The deep network trained slowly, by Adam with a small rate, and spent half its time on
# a plateau. It cannot have spent 262 weights on the noise. Expect something left, and
# an excess gap near that of the line.
# :::

# %%
small_ends = trained(small_loss, small_starts, small_batches)
deep_ends = trained(deep_loss, deep_starts, deep_batches)
line = Polynomial.fit(x, y, 1)
found = {"line": [losses(line, x, y)], "small": [], "deep": []}
for w in small_ends:
    model = partial(predict, w, sizes=SMALL)
    found["small"].append(losses(model, x, y))
for w in deep_ends:
    model = partial(predict, w, sizes=DEEP)
    found["deep"].append(losses(model, x, y))

# %% [markdown]
# Printed are the smallest, the median and the largest of each.

# %%
truth_training, _ = losses(truth, x, y)
print(f"truth: gap {2 - truth_training:.3f}")
for name, pairs in found.items():
    for word, values in zip(
        ("left", "excess gap"),
        two_numbers(pairs, truth_training),
        strict=True,
    ):
        low, middle, high = np.percentile(values, (0, 50, 100))
        print(f"{name:5} {word:10} {low:.3f} {middle:.3f} {high:.3f}")

# %% [markdown]
# The line sets the measure: next to nothing is left, and hardly anything exceeds. The
# small network comes within 0.02 of the truth's training loss from every start. It is
# done. In the deep one from 0.03 to 0.36 is *left*, while its excess gap stays below
# 0.1. It is **under-fitted**, slightly from most starts and badly from some. (The
# notebook says "Obviously, we have over-fitted our model" of the line from batch
# descent, which had not arrived either; of its networks it does not say so.)

# %% tags=["remove-cell"]
with checks("Two numbers"):
    claim("The fresh loss is 2, the noise", losses(truth, x, y)[1])
    n, p = len(y), deep_ends.shape[1]
    claim("left would be about -0.5, and", -2 * p / n)
    claim(
        "and the excess gap about 1.2",
        2 * p / n + 2 * p / (n - p - 1),
    )
    claim("spent 262 weights on", p)
    claim("if all 262 weights followed", p)
    claim("For 262 parameters and", p)
    claim("with mean 2 and", grid[density.argmax()])
    deviation = np.sqrt(np.average((grid - 2) ** 2, weights=density))
    claim("and standard deviation 1", deviation)
    given("a learning rate of 0.001")
    numbers = {
        name: two_numbers(pairs, truth_training)
        for name, pairs in found.items()
    }
    claim(
        "next to nothing is left, and hardly anything exceeds",
        np.abs(numbers["line"]).max() < 0.005,
    )
    claim(
        "comes within 0.02 of the truth's training loss",
        np.abs(numbers["small"][0]).max() < 0.0205,
    )
    left, excess = numbers["deep"]
    claim("one from 0.03 to 0.36 is", left.min(), left.max())
    claim("excess gap stays below 0.1", excess.max())
    claim(
        "slightly from most starts and badly from some",
        (left < 0.08).sum() > 4 and (left > 0.15).sum() > 1,
    )

# %% [markdown]
# ## Why they look mediocre
#
# The notebook prints an $R^2$ for each of its two networks, with the arguments swapped,
# as for the line ({ref}`best-score`). Score these networks both ways:

# %%
from sklearn.metrics import r2_score

for sizes, ends in ((SMALL, small_ends), (DEEP, deep_ends)):
    outputs = [predict(w, x, sizes) for w in ends]
    right = np.median([r2_score(y, output) for output in outputs])
    swapped = np.median([r2_score(output, y) for output in outputs])
    print(f"{sizes}: right {right:.2f}, swapped {swapped:.2f}")

# %% [markdown]
# The small network's 0.67 turns into about 0.5, the deep one's 0.66 into less. Such a
# score does look mediocre, for models that explain about as much as any can.

# %% tags=["remove-cell"]
with checks("Why they look mediocre"):
    both = {
        len(ends[0]): [
            np.median(
                [r2_score(y, predict(w, x, sizes)) for w in ends]
            ),
            np.median(
                [r2_score(predict(w, x, sizes), y) for w in ends]
            ),
        ]
        for sizes, ends in ((SMALL, small_ends), (DEEP, deep_ends))
    }
    claim(
        "The small network's 0.67 turns into about 0.5",
        np.abs(np.array(both[6]) - (0.67, 0.505)).max() < 0.01,
    )
    claim(
        "the deep one's 0.66 into less",
        abs(both[262][0] - 0.66) < 0.01 and both[262][1] < both[6][1],
    )

# %% [markdown]
# ## The same network, over-fitted
#
# Now take the same network, and show it only 15 rows: five sets of 15, eight starts
# each, all in one batch. To make it quick, add a constant that starts at the mean, and
# let Adam go ten times as fast. These changes need a control: the very same training
# on all 1000 rows.


# %%
def biased(w, x):  # the last entry is the constant
    return predict(w[:-1], x, DEEP, w[-1])


def biased_loss(w, x, y):
    return (biased(w, x) - y) ** 2


# %% [markdown]
# The 40 runs on few rows, and the eight on all:

# %%
mean = np.full((8, 1), y.mean())
starts = np.hstack([deep_starts, mean])  # (8, 263)
sets = np.arange(75).reshape(5, 15)
few_rows = np.repeat(sets, 8, axis=0)  # (40 runs, 15 rows)
all_rows = np.tile(np.arange(1000), (8, 1))

# %% [markdown]
# Each run makes 1600 steps, and its parameters are kept after every 80.


# %%
def paths_of(starts, rows):  # (runs, 20 times, 263)
    shape = (len(rows), 20, 80, rows.shape[1])
    batches = np.broadcast_to(rows[:, None, None], shape)
    rate, rule = 0.01, optax.adam
    run = train_many(biased_loss, starts, batches, x, y, rate, rule)
    return run.parameters


few_paths = paths_of(np.tile(starts, (5, 1)), few_rows)
many_paths = paths_of(starts, all_rows)

# %% [markdown]
# Score each on its own rows and on fresh ones.


# %%
def scores(path, own):  # (20 times, 2 losses)
    models = [partial(biased, w) for w in path]
    return [losses(model, x[own], y[own]) for model in models]


few = np.array(list(map(scores, few_paths, few_rows)))
many = np.array(list(map(scores, many_paths, all_rows)))

# %% [markdown]
# For comparison, fit a line to each of the five sets.

# %%
lines = []
for own in sets:
    fit = Polynomial.fit(x[own], y[own], 1)
    lines.append(losses(fit, x[own], y[own]))
_, line_fresh = np.median(lines, axis=0)
for name, runs in {"15 rows": few, "1000 rows": many}.items():
    training, fresh = np.median(runs[:, -1], axis=0)
    print(f"{name}: training {training:.2f}, fresh {fresh:.2f}")
print(f"lines, 15 rows: fresh {line_fresh:.2f}")

# %% [markdown]
# {numref}`fig-depth-overfit` shows the way there.

# %% tags=["hide-input"]
#| name: fig-depth-overfit
#| caption: The same network and the same training, with 15 rows (medians of 40 runs)
#|   and with 1000 (of eight). Bands hold the middle half.
#| alt: Two panels of loss against steps up to 1600. Above, with 15 rows, the training
#|   loss falls all the time, from above 4 to below 1, while the fresh loss falls to its
#|   lowest before step 600 and then rises again, above a dotted line, the fresh loss of
#|   straight lines fitted to the same rows. Below, with 1000 rows, both losses fall
#|   together to about 2 and stay there.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, ORANGE, use_book_style

use_book_style()
figure, panels = plt.subplots(2, sharex=True, figsize=(5.4, 6.0))
steps = np.arange(80, 1601, 80)
for ax, runs in zip(panels, (few, many), strict=True):
    for k, color in enumerate((BLUE, ORANGE)):
        low, mid, high = np.percentile(runs[:, :, k], (25, 50, 75), 0)
        ax.fill_between(steps, low, high, color=color, alpha=0.2, lw=0)
        ax.plot(steps, mid, color=color)
    ax.set(xlabel="step", ylabel="loss", ylim=(0, 5.2))
    ax.text(1600, mid[-1] + 0.35, "fresh", color=ORANGE, ha="right")
    ax.text(700, 0.35 if runs is few else 1.3, "training", color=BLUE)
panels[0].axhline(line_fresh, color=BLACK, ls=":", linewidth=1.2)
panels[0].text(1600, line_fresh, "fresh, line", ha="right", va="bottom")
panels[0].set_title("15 rows: one falls, the other rises")
panels[1].set_title("1000 rows: both arrive")
plt.show()

# %% [markdown]
# With 15 rows the training loss ends far below the noise, and the fresh loss is worse
# than after a third of the steps, and worse than that of a line. The gap is above 1 in
# each of the 40 runs. With 1000 rows the same training leaves nothing: each run ends
# within 0.02 of the truth's training loss, with an excess gap below 0.06.
#
# So the network is neither too large for these data nor too small. It over-fits 15
# rows; and where the chapter's runs under-fitted 1000, it was their training, which had
# not come to its end. The words belong to a model *with* its data and its training.
#
# What helps against over-fitting? More rows, above all. With those that you have, stop
# early ({ref}`surface`), or pull all weights toward zero a little in every step: that
# is **{term}`weight decay`**, which {ref}`optimizers` puts to the test.

# %% tags=["remove-cell"]
with checks("The same network, over-fitted"):
    given("show it only 15 rows: five sets of 15", "on all 1000 rows.")
    claim("The 40 runs on few", len(few))
    claim("let Adam go ten times as fast", np.isclose(0.01 / 0.001, 10))
    claim("Each run makes 1600 steps", 80 * few.shape[1])
    given(
        "after every 80",
        "with 15 rows (medians of",
        "and with 1000 (of",
    )
    claim("(medians of 40 runs)", len(few))
    claim("steps up to 1600", steps[-1])
    given(
        "Above, with 15 rows, the training",
        "Below, with 1000 rows, both",
    )
    middle = np.median(few, axis=0)
    claim("from above 4 to below 1", middle[0, 0], middle[-1, 0])
    lowest = middle[:, 1].argmin()
    claim("lowest before step 600", steps[lowest] < 600)
    claim("again, above a dotted line", middle[-1, 1] > line_fresh)
    both = np.median(many[:, -1], axis=0)
    claim("together to about 2 and stay", np.abs(both - 2).max() < 0.2)
    given("With 15 rows the training loss ends")
    claim("ends far below the noise", middle[-1, 0] < 1)
    claim(
        "after a third of the steps",
        steps[lowest] <= 1600 / 3 and middle[-1, 1] > middle[lowest, 1],
    )
    claim("and worse than that of a line", middle[-1, 1] > line_fresh)
    gap = few[:, -1, 1] - few[:, -1, 0]
    claim(
        "The gap is above 1 in each of the 40 runs", gap.min(), len(gap)
    )
    left, excess = two_numbers(many[:, -1], truth_training)
    given("With 1000 rows the same training leaves")
    claim("within 0.02 of the truth's", np.abs(left).max() < 0.02)
    claim("with an excess gap below 0.06", excess.max())
    given(
        "It over-fits 15 rows; and where", "under-fitted 1000, it was"
    )

# %% tags=["remove-cell"]
with checks("Over-fitted, under-fitted, or done?"):
    claim("has 262 weights", deep_starts.shape[1])
    given("after 1000 epochs")
    claim(
        "is higher than that of the straight",
        numbers["deep"][0].min() > numbers["line"][0].max(),
    )

# %% [markdown]
# ## What to keep
#
# - Know the ceiling: from the truth if you have it, else by cross-validation with
#   models of several kinds.
# - Under-fitting is training loss that is left above what the noise forces.
#   Over-fitting is a gap between fresh and training loss, beyond the luck of the rows.
#   Together they are the distance from the truth. Measure both before you say either
#   word.
# - The number of weights alone decides neither. The rows and the training do too.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-ceiling-words
# Two models have these losses on their training rows and on fresh ones: A 2.20 and
# 2.38, B 0.81 and 3.38. On its own rows the truth has 1.84 in the case of A and 1.67 in
# that of B. Compute what is left and the excess gap. You should get 0.36 and 0.02 for
# A, and $-0.86$ and 2.24 for B. Which word belongs to which, and what does it mean that
# one of the numbers is negative?
#
# ```python
# from helpers import check_answer
#
# check_answer("A", two_numbers([2.20, 2.38], 1.84), [0.36, 0.02], within=0.005)
# ```
# ::::
#
# ```{solution-start} ex-ceiling-words
# :class: dropdown
# ```

# %%
from helpers import check_answer

a = two_numbers([2.20, 2.38], 1.84)
check_answer("A", a, [0.36, 0.02], within=0.005)
b = two_numbers([0.81, 3.38], 1.67)
check_answer("B", b, [-0.86, 2.24], within=0.005)

# %% [markdown]
# A under-fits and B over-fits. A negative rest says that B is closer to its rows than
# the truth is. What it has in addition can only be their noise.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given(
        "A 2.20 and 2.38, B 0.81 and 3.38",
        "truth has 1.84 in the case of A and 1.67 in",
    )
    claim("get 0.36 and 0.02 for", *a)
    claim("-0.86 and 2.24 for B", *b)

# %% [markdown]
# ::::{exercise}
# :label: ex-ceiling-cause
# The last training differs from the chapter's in three ways: the constant at the mean,
# the rate, and the whole set as one batch. Change only the rate, to 0.01, and train for
# 1000 epochs from `deep_starts`, on `deep_batches`. What is left then, in the median?
# You should get about $-0.02$. Does the network still have to climb?
#
# ```python
# check_answer("left", np.median(left), -0.02, within=0.01)
# ```
# ::::
#
# ```{solution-start} ex-ceiling-cause
# :class: dropdown
# ```

# %%
faster = []
for w in trained(deep_loss, deep_starts, deep_batches, rate=0.01):
    model = partial(predict, w, sizes=DEEP)
    faster.append(losses(model, x, y))
left, excess = two_numbers(faster, truth_training)
check_answer("left", np.median(left), -0.02, within=0.01)
print("excess gap", excess.round(2))

# %% [markdown]
# It does, but at ten times the pace, and then it has time for the rest. The rate alone
# takes the under-fitting away, and it even begins to learn the noise.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("only the rate, to 0.01, and", "for 1000 epochs from")
    claim("get about -0.02. Does", np.median(left))
    claim("at ten times the pace", np.isclose(0.01 / 0.001, 10))
    claim(
        "begins to learn the noise",
        left.max() < 0 and np.median(excess) > 0.02,
    )

# %% [markdown]
# ## Sources and further reading
#
# - {cite}`stone1974` is a classic on cross-validation.
# - The two networks and their data are from {cite}`nn_gradient_descent`.
