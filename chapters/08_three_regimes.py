# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (three-regimes)=
# # One loop, three regimes
#
# Until now every step looked at all the data. Must it? A step that looks at one example
# out of 1000 may point anywhere. Still, single examples here come close to the answer
# before they have seen 200 rows, while a descent on all the data reads thousands. And
# then their lead melts away. Why may one stand for all, and how far does that carry?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** see why a random example points the right way on average, write one
#   PyTorch loop for three kinds of descent, race them fairly by three clocks, find what
#   keeps single examples from settling, and choose which loss to log.
# - **You need** the loop from {ref}`descent`, the mean squared error from
#   {ref}`penguins`, and the Hessian from {ref}`conditioning`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

# This finds `helpers` when the file runs where it lies.
sys.path.append("..")

# %% [markdown]
# ## Why one example may stand for all
#
# The data come from a published {ref}`notebook <source-nn-gradient-descent>`
# {cite}`nn_gradient_descent`, which runs three kinds of descent on them. They are made,
# so you know the truth: a line with intercept 5 and slope 2, and noise around it.
# NumPy's old {term}`generator`, with the notebook's seed, gives the same numbers.

# %%
import numpy as np

np.random.seed(37)
n = 1000
x = np.random.normal(2, 1, n)
y = np.random.normal(5 + 2 * x, 1)  # the first noise
y = y + np.random.normal(0, 1, n)  # the second noise
X = np.column_stack([np.ones(n), x])  # (1000, 2)

# %% [markdown]
# The loss is a mean over the examples, so its gradient is one too. Write $\mathbf{x}_i$
# for row $i$ of $X$ and $\mathbf{g}_i$ for the gradient of the loss of example $i$
# alone:
#
# ```{math}
# :label: regimes-example
# \begin{aligned}
# L(\mathbf{w}) &= \frac{1}{n} \sum_{i=1}^n (\mathbf{x}_i^\top \mathbf{w} - y_i)^2 \\
# \mathbf{g}_i &= 2 \, (\mathbf{x}_i^\top \mathbf{w} - y_i) \, \mathbf{x}_i \\
# \nabla L(\mathbf{w}) &= \frac{1}{n} \sum_{i=1}^n \mathbf{g}_i
# \end{aligned}
# ```
#
# Now draw one row at random, each with the chance $1/n$, and use its gradient. What do
# you get on average over many draws? Weigh every possible result by its chance, and add
# up. Such an average is called an *expectation*, $\mathbb{E}$:
#
# ```{math}
# :label: regimes-unbiased
# \mathbb{E}[\mathbf{g}_{\text{drawn}}] = \sum_{i=1}^n \frac{1}{n} \cdot \mathbf{g}_i
#   = \nabla L(\mathbf{w})
# ```
#
# So one example's gradient is wrong nearly always, and right on average: it is
# **{term}`unbiased`**. The mean over a few drawn examples is unbiased too, and scatters
# less.
#
# Is right on average good enough? A small step against $\mathbf{g}_i$ lowers the loss
# of *all* examples if $\mathbf{g}_i$ and $\nabla L$ have a positive dot product: then
# example $i$ "points downhill". How many of the 1000 do, at the start
# $\mathbf{w} = (0, 0)$, and how many at the true line, $(5, 2)$?
#
# :::{admonition} What do you expect?
# :class: dropdown
# At the start nearly all. Every prediction is zero and nearly every target is far above
# it, so the examples agree: higher. At the true line about half. As many points lie
# above the line as below it, and they ask for opposite corrections.
# :::


# %%
def example_gradients(w, X, y):  # (n, 2): one gradient in each row
    return 2 * (X @ w - y)[:, None] * X


for w in (np.array([0, 0]), np.array([5, 2])):
    g = example_gradients(w, X, y)
    gradient = g.mean(axis=0)
    downhill = (g @ gradient > 0).sum()
    print(f"at {w}: {downhill} of {n} point downhill")

# %% [markdown]
# Nearly all of them, and a coin toss. {numref}`fig-regimes-steps` shows why.

# %% tags=["hide-input"]
#| name: fig-regimes-steps
#| caption: Steps that 60 single examples ask for, each a gray line from the center to
#|   its dot, and the mean of all 1000 (blue). The right panel is enlarged.
#| alt: Two panels of thin gray lines from one point, a dot at the end of each, with
#|   axes for the step in the intercept and in the slope. On the left, at the start, all
#|   lines go up and to the right in a fan, and a thick blue line lies in its middle. On
#|   the right, at the true line, one fan goes up and to the right and an equal one down
#|   and to the left, and of the mean only a blue dot in the center is to be seen.
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY, use_book_style

use_book_style()
figure, axes = plt.subplots(1, 2, figsize=(5.4, 3.6))
for ax, w in zip(axes, ([0, 0], [5, 2]), strict=True):
    g = example_gradients(np.array(w), X, y)
    for step in -g[:60]:
        ax.plot([0, step[0]], [0, step[1]], color=GRAY, lw=0.6)
    ax.plot(*-g[:60].T, "o", color=GRAY, ms=3)
    mean = -g.mean(axis=0)
    ax.plot([0, mean[0]], [0, mean[1]], color=BLUE, lw=4)
    ax.plot(*mean, "o", color=BLUE, ms=8)
    ax.set_xlabel("intercept")
axes[0].set_ylabel("slope")
axes[0].set_title("At the start:\nthey agree")
axes[1].set_title("At the true line:\nthey cancel")
plt.show()

# %% [markdown]
# Far away, one example tells nearly as much as the thousand, for a thousandth of the
# work. Near the answer only many together tell anything.

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import checks, claim, given, reproduce

with checks("Why one example may stand for all"):
    given("intercept 5 and slope 2", "(0, 0)", "(5, 2)")
    claim("How many of the 1000 do", n)
    claim("the mean of all 1000", len(g))
    claim("for a thousandth of the work", n == 1000)
    given("Steps that 60 single")
    at_start = example_gradients(np.zeros(2), X, y)
    at_truth = example_gradients(np.array([5, 2]), X, y)
    claim(
        "its gradient is one too",
        np.allclose(at_start.mean(axis=0), 2 / n * X.T @ (0 - y)),
    )
    shares = [
        (g @ g.mean(axis=0) > 0).mean() for g in (at_start, at_truth)
    ]
    claim("At the start nearly all", shares[0] > 0.99)
    claim("At the true line about half", 0.45 < shares[1] < 0.55)
    lengths = np.linalg.norm(at_truth, axis=1)
    mean_length = np.linalg.norm(at_truth.mean(axis=0))
    claim(
        "of the mean only a blue dot",
        mean_length < 0.1 * lengths.mean(),
    )

# %% [markdown]
# ## One loop
#
# In PyTorch an array is a *{term}`tensor`*. With `requires_grad` it records what is
# done with it. `backward` walks that record back and leaves the gradient in `grad`:

# %%
import torch

inputs = torch.tensor(X, dtype=torch.float32)  # (1000, 2)
targets = torch.tensor(y[:, None], dtype=torch.float32)  # (1000, 1)
w = torch.zeros(2, 1, requires_grad=True)
loss = ((inputs @ w - targets) ** 2).mean()
loss.backward()
print(w.grad[:, 0])
print(example_gradients(np.zeros(2), X, y).mean(axis=0))

# %% [markdown]
# A *module* keeps the tensors of a model. `nn.Linear(2, 1, bias=False)` is a line from
# two inputs to one output. Its {term}`bias` would be an intercept, and the column of
# ones in $X$ makes it needless. An *{term}`optimizer`* holds the update rule; `SGD` is
# the plain one.

# %%
from torch import nn


def train(model, optimizer, orders, batch_size, inputs, targets):
    for order in orders:  # one epoch: all rows, in this order
        for rows in order.split(batch_size):  # one step
            residual = model(inputs[rows]) - targets[rows]
            loss = (residual**2).mean()
            optimizer.zero_grad()  # backward adds to what is there
            loss.backward()
            optimizer.step()


# %% [markdown]
# An order is a shuffled list of all row numbers, and `split` cuts it into batches. The
# **{term}`batch size`** $b$ is all that tells the three regimes apart:
#
# - $b = n$ is *batch gradient descent*,
# - $b = 1$ is *{term}`stochastic gradient descent`*,
# - anything between works with *{term}`mini-batches <mini-batch>`*.
#
# {eq}`regimes-unbiased` draws rows; the loop deals them, each once an epoch. What that
# changes, you will measure.
#
# To see how far each gets, measure the **{term}`excess loss`**, the loss above the
# lowest one. For this loss it is exactly half of a product with the Hessian,
# $\tfrac12 (\mathbf{w} - \mathbf{w}^*)^\top H \, (\mathbf{w} - \mathbf{w}^*)$:

# %%
regimes = {"batch": 1000, "mini-batch": 32, "stochastic": 1}
w_best = np.linalg.lstsq(X, y, rcond=None)[0]
H = 2 / n * X.T @ X


def excess_loss(w, w_best, H):  # any number of lines, (..., 2)
    away = w - w_best
    return np.sum(away @ H * away, axis=-1) / 2


print("best line", w_best.round(3))

# %% [markdown]
# Now each regime gets the same three epochs and the same learning rate, 0.001. Which
# comes closest?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The stochastic one. Three epochs are three updates for the batch, 96 for batches of 32
# (32 an epoch, the last with 8 rows), and 3000 for single examples. At such a small
# rate, noise hardly matters yet; the number of updates does.
# :::

# %%
for name, b in regimes.items():
    torch.manual_seed(0)
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    orders = [torch.randperm(n) for epoch in range(3)]
    train(model, optimizer, orders, b, inputs, targets)
    w = model.weight.detach().numpy()[0]
    print(f"{name:10} excess {excess_loss(w, w_best, H):6.3f}")

# %% [markdown]
# So neither equal epochs nor one rate makes a fair race.

# %% tags=["remove-cell"]
with checks("One loop"):
    display(reproduce("X.shape", list(inputs.shape)))
    display(reproduce("y.shape", list(targets.shape)))
    zeros = torch.zeros(2, 1, requires_grad=True)
    ((inputs @ zeros - targets) ** 2).mean().backward()
    claim(
        "leaves the gradient in grad",
        np.allclose(zeros.grad[:, 0], at_start.mean(axis=0), rtol=1e-4),
    )
    w_try = np.array([4.0, 2.2])
    losses = [np.mean((X @ w - y) ** 2) for w in (w_try, w_best)]
    claim(
        "exactly half of a product with the Hessian",
        np.isclose(
            excess_loss(w_try, w_best, H), losses[0] - losses[1]
        ),
    )
    given("the same learning rate, 0.001")
    cut = orders[0].split(32)
    claim("96 for batches of 32", 3 * len(cut), len(cut[0]))
    claim("(32 an epoch, the last with 8 rows)", len(cut), len(cut[-1]))
    claim("and 3000 for single", 3 * n)

# %% [markdown]
# ## A fair race
#
# A fair race has one goal, the best learning rate for each regime, found with equal
# effort, and more than one run. Set two *marks* for the excess loss. The *rough* one is
# 0.5. The *fine* one is $2 \sigma^2 / n$, with the noise variance $\sigma^2$ estimated
# from the residuals. That far above the lowest loss lies, on average over many data
# sets, the true line itself, so to come closer is pointless. ({ref}`best-score`
# measures this, and the {term}`standard error` of a fit.)
#
# `starts_of` makes a new model after each of 20 seeds and collects PyTorch's random
# parameters:

# %%
from helpers.network import starts_of

residual = X @ w_best - y
fine = 2 * (residual @ residual / (n - 2)) / n
print(f"fine mark: {fine:.4f}")
starts = starts_of(lambda: nn.Linear(2, 1, bias=False), range(20))

# %% [markdown]
# The rows come from shuffled epochs, cut into batches:

# %%
from helpers import in_batches, shuffled_orders

rng = np.random.default_rng(0)
batches = {}  # (runs, updates, 1, b)
for name, epochs in zip(regimes, (180, 70, 60), strict=True):
    orders = shuffled_orders(rng, 20, epochs, n)
    rows = in_batches(orders, regimes[name])
    batches[name] = rows.reshape(20, -1, 1, regimes[name])

# %% [markdown]
# A noisy curve can dip below a mark by luck. So let a regime *arrive* at update $k$ if
# its mean over the runs is within the mark there and also, on average, over the next
# $k$ updates.


# %%
def arrival(curve, mark):
    total = np.cumsum(curve)
    k = np.arange(1, len(curve) // 2 + 1)
    afterward = (total[2 * k - 1] - total[k - 1]) / k
    arrived = (curve[k - 1] <= mark) & (afterward <= mark)
    return k[arrived.argmax()] if arrived.any() else np.inf


# %% [markdown]
# Twenty runs of 60,000 updates at seven rates would take the loop above many minutes.
# `train_many` runs it for all starts side by side, compiled ({ref}`many-trainings`). It
# keeps the parameters after each epoch. To keep all, we pass each update as an "epoch"
# of one step: hence the 1 in the shape above. Each regime tries seven rates for each
# mark, in steps of ten percent. (A coarse search found the middle ones, on the same
# runs: a favor to all.)

# %%
from helpers.training import train_many


def example_loss(w, X, y):
    return (X @ w - y) ** 2


middles = {0.5: (0.15, 0.12, 0.025), fine: (0.16, 0.012, 0.0004)}
best = {}  # the fewest updates, with their rate, curve, and path
for mark, rates in middles.items():
    for name, middle in zip(regimes, rates, strict=True):
        tried = []
        for rate in middle * 1.1 ** np.arange(-3, 4):
            run = train_many(
                example_loss, starts, batches[name], X, y, rate
            )
            curve = excess_loss(run.parameters, w_best, H).mean(axis=0)
            path = run.parameters[1]  # of the second run, to draw
            tried.append((arrival(curve, mark), rate, curve, path))
        best[name, mark] = min(tried)

# %% [markdown]
# What does an update cost in seconds? Time about a thousand of each kind, which is $b$
# epochs, and take the fastest of five tries:

# %%
from functools import partial
from timeit import repeat

seconds = {}  # for one update
for name, b in regimes.items():
    orders = [torch.randperm(n)] * b
    work = partial(train, model, optimizer, orders, b, inputs, targets)
    seconds[name] = min(repeat(work, number=1)) / (b * np.ceil(n / b))
    print(f"{name:10} {1000 * seconds[name]:.3f} ms per update")

# %% [markdown]
# A thousand rows cost nowhere near 1000 times as much as one, and 32 about as much as
# one: they are one operation on one array. Now all clocks together:

# %%
for mark in (0.5, fine):
    print(f"to {mark:.4f}     rate  updates  epochs   time")
    for name, b in regimes.items():
        updates, rate, *_ = best[name, mark]
        epochs = updates / np.ceil(n / b)
        print(f"{name:10} {rate:8.5f} {updates:8,}", end=" ")
        print(f"{epochs:7.2f}", end="   ")
        print(f"{1000 * updates * seconds[name]:.1f} ms")

# %% [markdown]
# {numref}`fig-regimes-paths` shows the ways to the rough mark.

# %% tags=["hide-input"]
#| name: fig-regimes-paths
#| caption: From one start to the rough mark (black ellipse), each regime at its best
#|   rate for it. A dot is an update. A path ends where the mean of 20 runs arrives.
#| alt: Three panels of one plane, intercept against slope, with gray contour lines of a
#|   narrow valley that falls to the right and down, and a small black ellipse in it.
#|   Each path begins at the lower left. The batch path zigzags from wall to wall, less
#|   each time, and drifts down the valley. The mini-batch path jumps across once or
#|   twice and then wobbles down the floor. The stochastic path hops up in short steps
#|   and goes down the floor in a tangle of dots.
from helpers.figures import BLACK, GREEN, ORANGE, WHITE

colors = {"batch": ORANGE, "mini-batch": GREEN, "stochastic": BLUE}
grid = np.meshgrid(np.linspace(-1, 7, 97), np.linspace(-1, 6.5, 97))
heights = excess_loss(np.stack(grid, axis=-1), w_best, H)
figure, axes = plt.subplots(1, 3, sharey=True, figsize=(5.4, 3.4))
for ax, name in zip(axes, regimes, strict=True):
    end, _, _, path = best[name, 0.5]
    path = np.vstack([starts[1], path[:end]])
    ax.contour(*grid, heights, [3, 12, 30], colors=GRAY, linewidths=0.6)
    ax.contour(*grid, heights, [0.5], colors=BLACK, linewidths=1)
    ax.plot(*path.T, ".-", color=colors[name], lw=0.8, ms=4)
    ax.plot(*w_best, "+", color=BLACK, ms=8)
    ax.set(title=name, xlabel="intercept")
axes[0].set_ylabel("slope")
plt.show()

# %% [markdown]
# And the race to the fine one, in {numref}`fig-regimes-race`:

# %% tags=["hide-input"]
#| name: fig-regimes-race
#| caption: Each regime at its best rate for the fine mark (dashed); means of 20 runs.
#|   Dots mark arrivals. Above, the stochastic curve (thin) runs over the mini-batch
#|   curve (wide).
#| alt: Two panels of mean excess loss, both axes on log scales, with a dashed line.
#|   Above, against epochs, the thin stochastic and the wide mini-batch curve fall
#|   together and reach the dashed line at nearly the same place; the batch curve begins
#|   later, falls more steeply and crosses somewhat behind them. Below, against
#|   updates, the batch curve crosses first, mini-batches more than ten times later,
#|   single examples much later still.
figure, axes = plt.subplots(2, sharey=True, figsize=(5.4, 5.6))
widths, places = (2, 5, 1.5), ((1.2, 2), (700, 0.15), (900, 8))
dot = {"marker": "o", "ms": 8, "mec": WHITE, "zorder": 3}
looks = zip(colors.items(), widths, places, strict=True)
for (name, color), width, place in looks:
    end, _, curve, _ = best[name, fine]
    k = np.geomspace(1, 2 * end, 150).astype(int)
    per_epoch = np.ceil(n / regimes[name])
    for ax, unit in zip(axes, (per_epoch, 1), strict=True):
        ax.loglog(k / unit, curve[k - 1], color=color, linewidth=width)
        ax.plot(end / unit, curve[end - 1], color=color, **dot)
    axes[1].text(*place, name, color=color)
for ax, label in zip(axes, ("epochs", "updates"), strict=True):
    ax.axhline(fine, color=GRAY, linestyle="--", linewidth=1)
    ax.set(xlabel=label, ylabel="mean excess loss", ylim=(1e-3, 200))
axes[0].set_title("By epochs, small batches tie")
axes[1].set_title("By updates, the batch wins")
plt.show()

# %% [markdown]
# *Epochs* count what you read. For the rough mark single examples need about a seventh
# of an epoch, the batch 16. For the fine mark most of the lead is gone: both small
# regimes need about half the epochs of the batch.
#
# *Updates* count steps. There the batch wins both races, with 60 for the fine mark
# against more than 20,000 by single examples.
#
# *Seconds* are what a machine makes of both. Here the batch wins the fine race; the
# last exercise has a million rows.
#
# So at a constant rate there is no fastest regime, only a fastest for what you pay for.
# Mini-batches come first in no race by epochs or updates, and last in none. And their
# rows cost hardly more than a single one, while only those need to be in memory.

# %% tags=["remove-cell"]
with checks("A fair race"):
    given("The *rough* one is 0.5", "after each of 20 seeds")
    claim("runs of 60,000 updates", batches["stochastic"].shape[1])
    claim("hence the 1 in the shape", batches["batch"].shape[2])
    claim("means of 20 runs", len(starts))
    claim("where the mean of 20 runs arrives", len(starts))
    inner = [
        0.85 < rate / middles[mark][list(regimes).index(name)] < 1.25
        for (name, mark), (_, rate, *_) in best.items()
    ]
    claim("A coarse search found the middle ones", all(inner))
    ratio = seconds["batch"] / seconds["stochastic"]
    claim("nowhere near 1000 times", ratio < 300)
    ratio = seconds["mini-batch"] / seconds["stochastic"]
    claim("32 about as much", list(regimes.values())[1])
    claim("about as much as one", 1 / 2 < ratio < 2)
    given("nowhere near 1000")
    claim("cost hardly more than a single", ratio < 2)
    rough_updates = np.array([best[name, 0.5][0] for name in regimes])
    fine_updates = np.array([best[name, fine][0] for name in regimes])
    steps = np.array([np.ceil(n / b) for b in regimes.values()])
    rough_epochs, fine_epochs = (
        rough_updates / steps,
        fine_updates / steps,
    )
    claim("about a seventh of an epoch", 0.11 < rough_epochs[2] < 0.17)
    claim("the batch 16", rough_updates[0])
    half = fine_epochs[1:] / fine_epochs[0]
    claim(
        "about half the epochs",
        (half > 0.35).all() and (half < 0.6).all(),
    )
    claim(
        "There the batch wins both races",
        rough_updates.argmin() == fine_updates.argmin() == 0,
    )
    claim("with 60 for the fine mark", fine_updates[0])
    claim("more than 20,000 by single", fine_updates[2])
    claim(
        "more than ten times later",
        fine_updates[1] > 10 * fine_updates[0],
    )
    total = fine_updates * np.array([seconds[name] for name in regimes])
    claim("Here the batch wins the fine race", total.argmin() == 0)
    places = [
        np.argsort(race)[1]
        for race in (rough_updates, fine_updates, rough_epochs)
    ]
    claim("first in no race by epochs or updates", 0 not in places)
    claim("and last in none", 2 not in places)

# %% tags=["remove-cell"]
with checks("One loop, three regimes"):
    claim("one example out of 1000", n)
    claim("before they have seen 200 rows", rough_updates[2] < 200)
    claim(
        "a descent on all the data reads thousands",
        rough_updates[0] > 2,
    )

# %% [markdown]
# ## What is wrong with a large rate?
#
# For the fine mark single examples had to cut their rate by a factor of more than
# fifty, the batch not at all. Why? Run single examples at 0.02, 0.002 and 0.0004, for
# 60 epochs each. Which is first at the rough mark, and which is lowest in the end?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The large rate is first, since its steps are longest. But near the best line the
# examples cancel, and each step is a kick to some side, with the rate as a factor. So
# it should also stay farthest away.
# :::
#
# As controls, let one rate fall on the way, and take the noise from the targets.

# %%
single = batches["stochastic"]
updates = np.arange(60_000)[:, None]  # (updates, 1)
tries = {
    "0.02": (0.02, y),
    "0.002": (0.002, y),
    "0.0004": (0.0004, y),
    "falling": (0.02 / (1 + updates / 200), y),
    "no noise": (0.02, X @ w_best),
}
curves = {}
for name, (rate, goals) in tries.items():
    run = train_many(example_loss, starts, single, X, goals, rate)
    curves[name] = excess_loss(run.parameters, w_best, H).mean(axis=0)
    print(f"{name:8} ends at {curves[name][-20_000:].mean():.4f}")

# %% [markdown]
# These are means over the last 20 epochs.

# %% tags=["hide-input"]
#| name: fig-regimes-floors
#| caption: Single examples at three constant rates and one that falls; means of 20
#|   runs. The fine mark is dashed.
#| alt: Mean excess loss against updates, both axes on log scales, with a dashed line.
#|   The curve of 0.02 falls first and levels off far above the dashed line. That of
#|   0.002 falls later and levels off lower, still above it. That of 0.0004 falls last
#|   and levels off just below it. The falling rate, a pink curve, begins with the first
#|   and goes on falling, through the dashed line, long before the slowest gets there.
from helpers.figures import PINK

k = np.geomspace(1, len(updates), 150).astype(int)
places = {
    "0.02": 0.2,
    "0.002": 0.02,
    "0.0004": 0.005,
    "falling": 1.3e-4,
}
figure, ax = plt.subplots(figsize=(5.4, 3.9))
for name, height in places.items():
    color = PINK if name == "falling" else BLUE
    ax.loglog(k, curves[name][k - 1], color=color)
    ax.text(75_000, height, name, color=color)
ax.axhline(fine, color=GRAY, linestyle="--", linewidth=1)
ax.set(xlabel="updates", ylabel="mean excess loss", ylim=(1e-4, 200))
ax.set_xlim(0.8, 1.5e6)
ax.set_title("A large rate is fast, with a high floor")
plt.show()

# %% [markdown]
# Each constant rate stops falling and hovers, roughly in proportion to the rate: at
# 0.27, 0.021, 0.003. Only the last gets below the fine mark, and it is the slowest to
# the rough one. Without noise the large rate has no floor, so the noise makes it:
# examples that disagree on the best line. To be fast first and calm later, let the rate
# decay {cite}`robbins1951`: the falling one passes the fine mark in fewer than ten
# epochs. {ref}`gradient-noise` computes the floors and finds which decay works.
#
# And if rows are drawn, not dealt?

# %%
drawn = rng.integers(n, size=single.shape)
run = train_many(example_loss, starts, drawn, X, y, 0.0004)
level = excess_loss(run.parameters[:, -20_000:], w_best, H).mean()
print(f"drawn, 0.0004: {level:.4f}")

# %% [markdown]
# It hovers higher: over a dealt epoch, the kicks partly cancel
# ({ref}`shuffled-noise`).

# %% tags=["remove-cell"]
with checks("What is wrong with a large rate?"):
    slower = best["stochastic", 0.5][1] / best["stochastic", fine][1]
    claim("by a factor of more than fifty", slower > 50)
    slower = best["batch", 0.5][1] / best["batch", fine][1]
    claim("the batch not at all", slower < 1.15)
    given("at 0.02, 0.002 and 0.0004")
    claim("for 60 epochs each", len(updates) / n)
    claim("over the last 20 epochs", 20_000 / n)
    claim("means of 20 runs", len(starts))
    given("curve of 0.02 falls", "That of 0.002 falls")
    given("That of 0.0004 falls")
    ends = [curve[-20_000:].mean() for curve in curves.values()]
    large, middle, small, decayed, clean = ends
    claim("0.27, 0.021, 0.003", large, middle, small)
    claim(
        "roughly in proportion to the rate",
        0.4 < (small / large) / (0.0004 / 0.02) < 1
        and 0.7 < (middle / large) / 0.1 < 1,
    )
    claim("Only the last gets below", small < fine < middle)
    passed = [
        (curves[name] <= 0.5).argmax()
        for name in ("0.02", "0.002", "0.0004")
    ]
    claim("slowest to the rough one", passed == sorted(passed))
    claim("the large rate has no floor", clean < 1e-8)
    claim("It hovers higher", level > 1.3 * small)
    soon = arrival(curves["falling"], fine)
    claim("in fewer than ten epochs", soon < 10 * n)
    claim(
        "long before the slowest gets there", 2 * soon < fine_updates[2]
    )

# %% [markdown]
# ## And another rule?
#
# The notebook runs **{term}`Adam`** {cite}`kingma2015` in place of the plain rule. For
# every parameter Adam keeps a running mean $m$ of the gradient and one of its square,
# $v$, and moves by about $\eta \, m / \sqrt{v}$ ({ref}`optimizers`). For a gradient
# that keeps its sign and size the fraction is one, so the parameter moves by $\eta$,
# however steep the loss. Adam's rate is a distance, the plain rule's is not, so
# never race the two at one rate. {ref}`published-budgets` tries many rates for each,
# and shows what became of the notebook's choice: one small rate in all three regimes.

# %% [markdown]
# ## Which loss do you log?
#
# Stochastic descent "bounces up and down", the notebook says of its loss curve. Which
# loss is that? It keeps `loss.item()` at the end of an epoch: the loss of *one*
# example, the last. (Its other two loops feed all rows in each step, and their curves
# are smooth; {ref}`best-score` counts the rows.) A loop could also log the mean over
# the epoch's steps, or the loss of the epoch's last parameters over all rows.
#
# Log all three, over 200 epochs from the best line: Adam at the notebook's
# 0.001, the plain rule at 0.01, and a control that stands still, with a learning rate
# of 0. Which logs of the control bounce?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Only the first. Nothing moves, so the loss over all rows stays what it is, and so does
# the mean over an epoch, which sees every row once. But the last example of an epoch is
# another one each time, and some points lie far from the line.
# :::

# %%
import optax

shuffled = in_batches(shuffled_orders(rng, 10, 200, n), 1)
at_best = np.tile(np.float32(w_best), (10, 1))
logs = {}
print("                last  mean   all")
for name, rule, rate in (
    ("Adam, 0.001", optax.adam, 0.001),
    ("plain, 0.01", optax.sgd, 0.01),
    ("standing still", optax.sgd, 0.0),
):
    run = train_many(example_loss, at_best, shuffled, X, y, rate, rule)
    # run.losses: (runs, epochs, steps), each before its step
    last, mean = run.losses[:, :, -1], run.losses.mean(axis=2)
    overall = excess_loss(run.parameters, w_best, H)
    logs[name] = last, mean, overall  # each (runs, epochs)
    bounces = [log.std(axis=1).mean() for log in logs[name]]
    print(f"{name:14}", *[f"{bounce:.3f}" for bounce in bounces])

# %% [markdown]
# The columns are standard deviations over the epochs, means of ten runs.
# {numref}`fig-regimes-logging` draws three of these logs.

# %% tags=["hide-input"]
#| name: fig-regimes-logging
#| caption: Three logs of one run each, on the same scale. The bounce of the first is
#|   that of the second, in which nothing moves.
#| alt: Three panels of a loss during 200 epochs, all with the same vertical scale. The
#|   upper two look alike: dense spikes, most below 5, some above 10. Their
#|   titles are Last example, Adam, and Last example, standing still. The third, All
#|   rows, Adam, is a flat line just below 2.
lowest = np.mean(residual**2)
panels = {
    "Last example, Adam": (logs["Adam, 0.001"][0][0], BLUE),
    "Last example, standing still": (
        logs["standing still"][0][0],
        GRAY,
    ),
    "All rows, Adam": (lowest + logs["Adam, 0.001"][2][0], BLUE),
}
figure, axes = plt.subplots(
    3, sharex=True, sharey=True, figsize=(5.4, 5.6)
)
for ax, title in zip(axes, panels, strict=True):
    log, color = panels[title]
    ax.plot(log, color=color, linewidth=1)
    ax.set(title=title, ylabel="loss")
axes[2].set_xlabel("epoch")
plt.show()

# %% [markdown]
# What bounces is *which example comes last*: more than 2 of deviation, moving or not.
# Under Adam the loss over all rows hardly moves. At the plain 0.01 it does bounce,
# which drowns in the first log and is smoothed in the second. To see the parameters,
# log the loss over all rows; the mean is free, but late and smoothed.

# %% tags=["remove-cell"]
with checks("Which loss do you log?"):
    given("from the best line: Adam at the notebook's 0.001")
    claim(
        "Log all three, over 200 epochs",
        len(logs["standing still"][0][0]) == 200,
    )
    claim("means of ten runs", len(at_best) == 10)
    given(
        "the plain rule at 0.01",
        "a learning rate of 0",
        "At the plain 0.01",
    )
    bounce = {
        name: [log.std(axis=1).mean() for log in kept]
        for name, kept in logs.items()
    }
    adam, plain, still = bounce.values()
    claim("more than 2 of deviation", adam[0])
    claim(
        "of deviation, moving or not",
        min(adam[0], plain[0], still[0]) > 2,
    )
    claim("Only the first", still[1] < 1e-4 and still[2] < 1e-4)
    claim("the loss over all rows hardly moves", adam[2] < 0.002)
    claim("it does bounce, which", plain[2] > 0.05)
    claim("is smoothed in the second", plain[1] < plain[2] / 4)
    control = logs["standing still"][0][0]
    claim("a loss during 200 epochs", len(control))
    claim(
        "most below 5, some above 10",
        np.median(control) < 5 and control.max() > 10,
    )
    claim("a flat line just below 2", lowest)

# %% [markdown]
# ## What to keep
#
# - The gradient of a random example is **unbiased**: right on average, and wrong nearly
#   always. Far from the minimum one is enough; near it the examples cancel.
# - One loop serves all regimes. The **batch size** tells them apart.
# - A fair race has one mark, each entrant's best rate, several runs, and a clock with a
#   name. Small batches win by rows read, the batch by updates.
# - At a constant rate a noisy descent hovers, roughly in proportion to the rate. To be
#   fast and then precise, let the rate decay.
# - Adam's rate is how far a parameter moves while its gradient keeps its size; the
#   plain rule's is a factor.
# - Say which loss you log: the last example's bounces even if nothing moves.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-regimes-updates
# A data set has 60,000 rows. How many updates does an epoch make at $b = 128$, and how
# many rows has its last batch? Check your two numbers:
#
# ```python
# from helpers import check_answer
#
# check_answer("your numbers", [updates, last], [469, 96], within=0)
# ```
# ::::
#
# ```{solution-start} ex-regimes-updates
# :class: dropdown
# ```
#
# Round up: 468 full batches, and one with what remains.

# %%
from helpers import check_answer

updates = int(np.ceil(60_000 / 128))
last = 60_000 - 128 * (updates - 1)
check_answer("your numbers", [updates, last], [469, 96], within=0)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("A data set has 60,000 rows", "at b = 128")
    claim("468 full batches", updates - 1)

# %% [markdown]
# ::::{exercise}
# :label: ex-regimes-limit
# Batch descent is stable up to $2 / \lambda_{\max} = 0.171$. The loss of a single
# example is a parabola too, and along its own $\mathbf{x}_i$ it curves by
# $2 \lVert \mathbf{x}_i \rVert^2 = 2 (1 + x_i^2)$. Up to which rate does *no* example
# overshoot so far that its own loss grows? You should get 0.0395. Then run one epoch of
# single examples at the batch's limit, and explain what you see.
# ::::
#
# ```{solution-start} ex-regimes-limit
# :class: dropdown
# ```

# %%
steepest = 2 * (1 + x.max() ** 2)
limit = 2 / np.linalg.eigvalsh(H)[-1]
epoch = batches["stochastic"][:, :1000]
run = train_many(example_loss, starts, epoch, X, y, limit)
far = np.median(excess_loss(run.parameters[:, -1], w_best, H))
print(f"{2 / steepest:.4f}, excess above a million: {far > 1e6}")

# %% [markdown]
# The steepest example curves by 50.6, the mean by 11.7. What the mean can bear throws
# single examples out of the valley, so they cannot have the batch's rate.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("= 0.171", limit)
    claim("You should get 0.0395", 2 / steepest)
    claim("curves by 50.6, the mean by 11.7", steepest, 2 / limit)
    claim("throws single examples out of the valley", far > 1e6)

# %% [markdown]
# ::::{exercise}
# :label: ex-regimes-weights
# Now draw row $i$ with a chance $p_i$ that is *not* $1/n$, say in proportion to
# $1 + x_i^2$. Is $\mathbf{g}_i$ still unbiased? Write `reweighted(g, p)`, which
# multiplies each row of `g` by a number of its own, so that the drawn row is right on
# average again. Your check is the expectation at the start:
#
# ```python
# g = example_gradients(np.zeros(2), X, y)
# p = (1 + x**2) / np.sum(1 + x**2)
# expected = np.sum(p[:, None] * reweighted(g, p), axis=0)
# check_answer("your weights", expected, g.mean(axis=0), within=1e-8)
# ```
# ::::
#
# ```{solution-start} ex-regimes-weights
# :class: dropdown
# ```
#
# The expectation is $\sum_i p_i \mathbf{g}_i$, which leans to the rows that are drawn
# often. Divide by what is too much: with the weight $1 / (n p_i)$ each term becomes
# $\mathbf{g}_i / n$.


# %%
def reweighted(g, p):
    return g / (len(g) * p)[:, None]


g = example_gradients(np.zeros(2), X, y)
p = (1 + x**2) / np.sum(1 + x**2)
print("not weighted", p @ g, "gradient", g.mean(axis=0))
expected = np.sum(p[:, None] * reweighted(g, p), axis=0)
check_answer("your weights", expected, g.mean(axis=0), within=1e-8)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "which leans to the rows that are drawn often",
        (np.abs(p @ g) > np.abs(g.mean(axis=0))).all(),
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-regimes-broadcast
# Someone writes the loss as `((model(inputs) - targets[:, 0]) ** 2).mean()`. No error
# comes. Which line does the descent find, and why?
# ::::
#
# ```{solution-start} ex-regimes-broadcast
# :class: dropdown
# ```
#
# Shape (1000, 1) minus shape (1000,) is {term}`broadcast` to (1000, 1000): every
# prediction against every target.

# %%
torch.manual_seed(0)
model = nn.Linear(2, 1, bias=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.16)
for _ in range(200):
    loss = ((model(inputs) - targets[:, 0]) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(model.weight.detach().numpy().round(2), targets.mean())

# %% [markdown]
# Each prediction is pulled to all targets alike, so to their mean: the slope comes out
# as 0.00 and the intercept as 9.00, the mean of $y$. PyTorch's own
# `mse_loss` would have warned you.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    predicted = model(inputs)
    claim(
        "(1000, 1) minus shape (1000,)", *predicted.shape, len(targets)
    )
    claim("to (1000, 1000)", *(predicted - targets[:, 0]).shape)
    intercept, slope = model.weight[0].tolist()
    claim("as 0.00 and the intercept as 9.00", slope, intercept)
    claim("the mean of y", abs(intercept - y.mean()) < 1e-3)

# %% [markdown]
# ::::{exercise}
# :label: ex-regimes-million
# Open: take a million rows of the same kind instead of 1000. Which regime would you
# use for a rough answer, and which for the fine one, whose mark is now a thousand times
# lower? A good answer
#
# - measures what an update costs at $b = 32$ and at $b = n$,
# - says how many updates each regime will need, and why,
# - multiplies the two, for both answers, and names what it has assumed.
# ::::
#
# ```{solution-start} ex-regimes-million
# :class: dropdown
# ```
#
# The curvature of the mean is what it was, so the rough answer takes about as many
# updates as before. For the fine one the batch still shrinks its excess by a constant
# factor per update ({ref}`conditioning`), so a thousand times lower takes only about
# twice as many. Mini-batches hover roughly in proportion to their rate, so they need a
# rate a thousand times smaller, and about a thousand times the updates.

# %%
from time import perf_counter

many = torch.randn(1_000_000, 2)
seconds = {}
for b in (32, 1_000_000):
    order, w = torch.randperm(1_000_000), torch.zeros(2, 1)
    w.requires_grad = True
    begin = perf_counter()
    for _ in range(5):
        ((many[order[:b]] @ w - 1) ** 2).mean().backward()
    seconds[b] = (perf_counter() - begin) / 5
plans = {"rough, batch": (1_000_000, 16), "rough, b = 32": (32, 24)}
plans |= {"fine, batch": (1_000_000, 130)}
plans |= {"fine, b = 32": (32, 900_000)}
for plan, (b, updates) in plans.items():
    print(f"{plan:14} {1000 * updates * seconds[b]:,.0f} ms")

# %% [markdown]
# For the rough answer mini-batches win by every clock but the count of updates: they
# have read fewer than a thousandth of the rows when they arrive. For the fine answer
# the batch wins by updates and by seconds, though it reads more rows, 130 epochs
# against 29. So begin with small batches and end with large ones, or let the rate
# decay. Assumed: that 130 updates do for the batch, and that the rate of
# mini-batches stays constant.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("of the same kind instead of 1000", n)
    given("at b = 32")
    read = best["mini-batch", 0.5][0] * 32
    claim(
        "fewer than a thousandth of the rows", read < 1_000_000 / 1000
    )
    times_n = 1_000_000 / n == 1000
    claim("whose mark is now a thousand times lower", times_n)
    slower = 900_000 / best["mini-batch", fine][0]
    claim(
        "rate a thousand times smaller, and about a thousand times the updates",
        times_n and 900 < slower < 1100,
    )
    cost = [updates * seconds[b] for b, updates in plans.values()]
    claim(
        "mini-batches win by every clock but the count",
        cost[1] < cost[0],
    )
    claim("the batch wins by updates and by seconds", cost[2] < cost[3])
    b, updates = plans["fine, b = 32"]
    claim(
        "130 epochs against 29",
        plans["fine, batch"][1],
        updates * b / 1e6,
    )
    curvatures = np.linalg.eigvalsh(H)
    across = (starts - w_best) @ np.linalg.eigh(H)[1]
    k = np.arange(200)[:, None, None]
    left = ((1 - 0.16 * curvatures) ** k * across) ** 2 @ curvatures / 2
    enough = (left.mean(axis=1) < fine / 1000).argmax()
    claim(
        "so a thousand times lower takes only about twice as many",
        1.8 < enough / 60 < 130 / 60,
    )
    claim("that 130 updates do for the batch", plans["fine, batch"][1])

# %% [markdown]
# ## Sources and further reading
#
# - The line, its noise and the three regimes are from {cite}`nn_gradient_descent`. It
#   puts the regimes side by side on one problem with a known answer, and everything on
#   this page grew from that good idea: thank you.
# - {cite}`robbins1951` is where stochastic descent begins, {cite}`bottou2018` the
#   survey of what followed; {cite}`kingma2015` introduces Adam.
# - {cite}`paszke2019` describes PyTorch, {cite}`jax2018` JAX, {cite}`deepmind2020`
#   optax.
