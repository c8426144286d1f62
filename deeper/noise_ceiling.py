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
# has not seen, and that is the ceiling as far as these data can tell.

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
    rising = [
        np.mean((Polynomial.fit(x, y, deg)(x) - y) ** 2)
        for deg in (1, 2, 3, 5, 9)
    ]
    claim("flexibility always raises that", (np.diff(rising) < 0).all())

# %% [markdown]
# ## Two numbers
#
# Now the words. Let the **gap** be a model's loss on *fresh* rows minus its loss on the
# training rows.
#
# - A model **over-fits** ({term}`over-fitting`) if its gap is large: it has learned
#   what is true of its own rows only, their noise for example.
# - It **under-fits** ({term}`under-fitting`) if its *training* loss itself is clearly
#   above what the noise forces on any model.
#
# Here you can know both exactly. The truth's own loss on the 1000 rows shows what their
# noise forces. And the fresh loss is 2, the noise, plus the mean squared distance from
# $5 + 2x$, averaged with the density that $x$ is drawn from, a normal one with mean 2
# and standard deviation 1.

# %%
grid = np.linspace(-4, 8, 121, dtype=np.float32)
density = np.exp(-((grid - 2) ** 2) / 2)


def losses(model, x, y):  # on the rows, and on fresh ones
    training = np.mean((model(x) - y) ** 2)
    distances = (model(grid) - (5 + 2 * grid)) ** 2
    return training, 2 + np.average(distances, weights=density)


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


def trained(starts, batches, sizes):
    def example_loss(w, x, y):
        return (predict(w, x, sizes) - y) ** 2

    rate, rule = 0.001, optax.adam
    run = train_many(example_loss, starts, batches, x, y, rate, rule)
    return run.parameters[:, -1]  # (8, weights)


small_ends = trained(small_starts, small_batches, SMALL)
deep_ends = trained(deep_starts, deep_batches, DEEP)

# %% [markdown]
# How far would training and fresh loss move apart if all 262 weights followed the
# noise? A least-squares fit of $p$ parameters to $n$ rows of noise variance $\sigma^2$
# lowers the training loss by about $\sigma^2 p / n$ and raises the fresh loss by about
# $\sigma^2 p / (n - p - 1)$. For 262 parameters and the noise of these data that makes
# a gap of about 1.2.
#
# :::{admonition} What do you expect?
# :class: dropdown
# The deep network trained slowly, by Adam with a small rate, and spent half its time on
# a plateau. It cannot have spent 262 weights on the noise. Expect a gap near that of
# the line, and a training loss above the truth's.
# :::

# %%
line = Polynomial.fit(x, y, 1)
found = {
    "truth": [losses(lambda x: 5 + 2 * x, x, y)],
    "line": [losses(line, x, y)],
    "small": [],
    "deep": [],
}
for w in small_ends:
    model = partial(predict, w, sizes=SMALL)
    found["small"].append(losses(model, x, y))
for w in deep_ends:
    model = partial(predict, w, sizes=DEEP)
    found["deep"].append(losses(model, x, y))

# %% [markdown]
# For each, the median of the training losses, the largest of them, and the median gap:

# %%
for name, pairs in found.items():
    training, fresh = np.array(pairs).T
    gap = np.median(fresh - training)
    middle, worst = np.median(training), training.max()
    print(f"{name:5} {middle:.3f} {worst:.3f}, gap {gap:.3f}")

# %% [markdown]
# All gaps are small, and a good part of each is the luck of these rows: the truth
# itself has one of 0.16. The small network is done. The deep network's *training* loss
# is above the truth's from every start, by 0.05 in the median and by more than 0.3 at
# worst. It is **under-fitted**, slightly from most starts and badly from some. (The
# notebook says "Obviously, we have over-fitted our model" of the line from batch
# descent, which had not arrived either; of its networks it does not say so.)

# %% tags=["remove-cell"]
with checks("Two numbers"):
    claim("loss on the 1000 rows", len(y))
    claim(
        "the fresh loss is 2, the noise",
        losses(lambda x: 5 + 2 * x, x, y)[1],
    )
    n, p = len(y), deep_ends.shape[1]
    claim(
        "that makes a gap of about 1.2", 2 * p / n + 2 * p / (n - p - 1)
    )
    claim("spent 262 weights on", p)
    claim("if all 262 weights followed", p)
    claim("For 262 parameters and", p)
    claim("a normal one with mean 2", grid[density.argmax()])
    deviation = np.sqrt(np.average((grid - 2) ** 2, weights=density))
    claim("and standard deviation 1", deviation)
    given("a learning rate of 0.001")
    pairs = {name: np.array(runs) for name, runs in found.items()}
    truth = pairs["truth"][0]
    gaps = {
        name: runs[:, 1] - runs[:, 0] for name, runs in pairs.items()
    }
    claim("itself has one of 0.16", gaps["truth"][0])
    claim(
        "All gaps are small", max(g.max() for g in gaps.values()) < 0.35
    )
    claim(
        "The small network is done",
        np.abs(pairs["small"][:, 0] - truth[0]).max() < 0.03,
    )
    above = pairs["deep"][:, 0] - truth[0]
    claim("by 0.05 in the median", np.median(above))
    claim("by more than 0.3 at worst", above.max())
    claim("above the truth's from every start", above.min() > 0)

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
# let Adam go ten times as fast.


# %%
def biased_loss(w, x, y):
    return (predict(w[:-1], x, DEEP, w[-1]) - y) ** 2


mean = np.full((8, 1), y.mean())
starts = np.tile(np.hstack([deep_starts, mean]), (5, 1))
sets = np.arange(75).reshape(5, 15)
rows = np.repeat(sets, 8, axis=0)  # (40 runs, 15 rows)
batches = np.broadcast_to(rows[:, None, None], (40, 20, 80, 15))
run = train_many(biased_loss, starts, batches, x, y, 0.01, optax.adam)

# %% [markdown]
# There are 1600 steps, and the parameters are kept after every 80. Score them on their
# own 15 rows and on fresh ones, and fit a line to the same rows for comparison.

# %%
few = []  # (40 runs, 20 times, 2 losses)
for path, own in zip(run.parameters, rows, strict=True):
    models = [
        partial(predict, w[:-1], sizes=DEEP, constant=w[-1])
        for w in path
    ]
    few.append([losses(model, x[own], y[own]) for model in models])

# %% [markdown]
# For comparison, fit a line to each set of rows.

# %%
lines = []
for own in sets:
    fit = Polynomial.fit(x[own], y[own], 1)
    lines.append(losses(fit, x[own], y[own]))
line_training, line_fresh = np.median(lines, axis=0)
print(f"lines: training {line_training:.2f}, fresh {line_fresh:.2f}")

# %% [markdown]
# {numref}`fig-depth-overfit` puts both together.

# %% tags=["hide-input"]
#| name: fig-depth-overfit
#| caption: Medians of 40 trainings on 15 rows, and bands that hold the middle half.
#| alt: Loss against steps up to 1600. The training loss falls all the time, from above
#|   4 to below 1. The fresh loss falls to its lowest before step 600 and then rises
#|   again. A dotted line, the fresh loss of straight lines fitted to the same rows,
#|   lies between the two.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, ORANGE, use_book_style

use_book_style()
few = np.array(few)
figure, ax = plt.subplots()
steps = np.arange(80, 1601, 80)
for k, color in enumerate((BLUE, ORANGE)):
    low, middle, high = np.percentile(
        few[:, :, k], (25, 50, 75), axis=0
    )
    ax.fill_between(steps, low, high, color=color, alpha=0.2, lw=0)
    ax.plot(steps, middle, color=color)
ax.axhline(line_fresh, color=BLACK, linestyle=":", linewidth=1.2)
ax.text(1600, 3.75, "fresh", color=ORANGE, ha="right")
ax.text(700, 0.35, "training", color=BLUE)
ax.text(1600, line_fresh, "fresh, line", ha="right", va="bottom")
ax.set(xlabel="step", ylabel="loss", ylim=(0, 5.2))
ax.set_title("Over-fitting: one falls, the other rises")
plt.show()

# %% [markdown]
# The training loss ends far below the noise, and the fresh loss is worse than after a
# third of the steps, and worse than that of a line. The gap is above 1 in each of the
# 40 runs. The same network over-fits 15 rows and under-fits 1000: the words belong to a
# model *with* its data and its training.
#
# What helps against over-fitting? More rows, above all. With those that you have, stop
# early ({ref}`surface`), or pull all weights toward zero a little in every step: that
# is **{term}`weight decay`**, which {ref}`optimizers` puts to the test.

# %% tags=["remove-cell"]
with checks("The same network, over-fitted"):
    given("show it only 15 rows: five sets of 15")
    claim("let Adam go ten times as fast", np.isclose(0.01 / 0.001, 10))
    claim("There are 1600 steps", np.prod(batches.shape[1:3]))
    given("after every 80", "their own 15 rows and")
    claim(
        "Medians of 40 trainings on 15 rows",
        *few.shape[:1],
        rows.shape[1],
    )
    claim("against steps up to 1600", steps[-1])
    few = np.array(few)
    middle = np.median(few, axis=0)
    claim("from above 4 to below 1", middle[0, 0], middle[-1, 0])
    lowest = middle[:, 1].argmin()
    claim("falls to its lowest before step 600", steps[lowest] < 600)
    claim(
        "lies between the two",
        middle[-1, 0] < line_fresh < middle[lowest, 1],
    )
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
    claim(
        "over-fits 15 rows and under-fits 1000", rows.shape[1], len(y)
    )

# %% tags=["remove-cell"]
with checks("Over-fitted, under-fitted, or done?"):
    claim("has 262 weights", deep_starts.shape[1])
    given("after 1000 epochs")
    claim(
        "is higher than that of the straight",
        pairs["deep"][:, 0].min() > pairs["line"][0, 0],
    )

# %% [markdown]
# ## What to keep
#
# - Know the ceiling: from the truth if you have it, else by cross-validation with
#   models of several kinds.
# - Over-fitting is a gap between fresh and training loss. Under-fitting is a training
#   loss clearly above the noise. Measure both before you say either word.
# - The number of weights alone decides neither. The rows and the training do too.

# %% [markdown]
# ## Sources and further reading
#
# - {cite}`stone1974` is a classic on cross-validation.
# - The two networks and their data are from {cite}`nn_gradient_descent`.
