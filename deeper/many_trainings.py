# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (many-trainings)=
# # Many trainings at once
#
# One training proves little: its start and its shuffles are luck. Three hundred of them
# can settle a question, but three hundred loops in Python make you wait. How do you
# run them all in the time that a few take? With three ideas, of one section each: a
# loop that is compiled, an axis for the runs, and batches of one size. The rest of the
# book imports what this page builds.
#
# :::{admonition} Before you start
# :class: tip
# - **You will** compile a training loop with `scan`, run it side by side with `vmap`,
#   and read the shapes of a thousand results.
# - **You need** the loop of {ref}`three-regimes` and JAX's `grad` from {ref}`slopes`.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## What one training costs
#
# Take the thousand rows of {ref}`three-regimes`. One training is twenty epochs of
# mini-batches of 32, from the parameters $(0, 0)$.

# %%
from time import process_time

import torch

from helpers import noisy_line, use_book_style

use_book_style()
X, y = noisy_line()  # (1000, 2) and (1000, 1)
y = y[:, 0]
inputs, targets = torch.from_numpy(X), torch.from_numpy(y)


def train_one(orders, learning_rate=0.01):
    w = torch.zeros(2, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=learning_rate)
    for order in orders:  # one epoch
        for rows in order.split(32):  # one step
            loss = ((inputs[rows] @ w - targets[rows]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return w.detach().numpy()


# %% [markdown]
# Every epoch of every run gets a shuffle of its own. Keep them all in one array, with
# the runs first, then the epochs, then the rows:

# %%
import numpy as np


def shuffled_orders(rng, runs, epochs, n):
    in_order = np.arange(n, dtype=np.int32)
    tiled = np.tile(in_order, (runs, epochs, 1))
    return rng.permuted(tiled, axis=2)


rng = np.random.default_rng(0)
orders = shuffled_orders(rng, runs=300, epochs=20, n=1000)
print(orders.shape)

# %% [markdown]
# Train three times, and take the time of the last:

# %%
torch.set_num_threads(1)  # small batches gain nothing from more
for _ in range(3):
    begin = process_time()
    by_torch = train_one(torch.from_numpy(orders[0]).long())
    one_training = process_time() - begin
print(f"{1000 * one_training:.0f} ms for one training")
print(f"{300 * one_training:.0f} s for three hundred")

# %% [markdown]
# And that is at one learning rate, for one optimizer. Little of the time is arithmetic:
# {ref}`three-regimes` times steps with one row and with a thousand, and the two are
# nothing like a factor of a thousand apart. The rest is Python, asking PyTorch for one
# small operation after another.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("What one training costs"):
    given("mini-batches of 32")
    claim("from the parameters (0, 0)", *torch.zeros(2))
    claim("Take the thousand rows", len(X) == 1000)

# %% tags=["remove-cell"]
with checks("Many trainings at once"):
    claim("Three hundred of them", len(orders) == 300)

# %% [markdown]
# ## A step as a function
#
# JAX compiles functions that return what they change. So write a step as one: old
# parameters in, new ones out. The names of the rows go in as well, because they differ
# from step to step.

# %%
import jax
import jax.numpy as jnp

# Compiled code needs JAX's arrays.
X, y = jnp.asarray(X), jnp.asarray(y)


def example_loss(w, X, y):
    return (X @ w - y) ** 2  # one number for each row


def step(w, rows):
    def batch_loss(w):
        return jnp.mean(example_loss(w, X[rows], y[rows]))

    loss, gradient = jax.value_and_grad(batch_loss)(w)
    return w - 0.01 * gradient, loss


w = jnp.zeros(2)
w, loss = step(w, orders[0, 0, :32])
print(w, loss)

# %% [markdown]
# `value_and_grad` gives the loss and the gradient in one go. A Python loop around
# `step` would still ask for one operation after another. So the loop itself has to move
# into the part that JAX compiles. `jax.jit(function)` is that part: at its first call
# it records what the function does, and translates the whole into one program.
#
# ## `scan`: the loop, compiled
#
# `jax.lax.scan(step, start, things)` calls `step` with each of the things in turn. Two
# values travel: a *carry*, which one call hands to the next, and an output, which is
# kept. A running sum shows both:


# %%
def add(total, number):
    total = total + number
    return total, total  # the carry, and what is kept


last, kept = jax.lax.scan(add, 0, jnp.array([1, 2, 3, 4]))
print(last, kept)

# %% [markdown]
# In a training the carry is the parameters, the things are the batches, and what is
# kept are the losses. One `scan` makes an epoch. A second `scan` around it makes the
# training, and keeps the parameters after each epoch.


# %%
def train(w, batches):  # batches: (epochs, steps, 32)
    def epoch(w, batches):  # (steps, 32)
        w, losses = jax.lax.scan(step, w, batches)
        return w, (w, losses)

    return jax.lax.scan(epoch, w, batches)[1]


thirty_one = orders[:, :, :992].reshape(300, 20, 31, 32)
path, losses = jax.jit(train)(jnp.zeros(2), thirty_one[0])
print(path.shape, losses.shape)

# %% [markdown]
# The last eight rows of each epoch are missing, since 1000 is not a multiple of 32.
# They come back below.

# %% tags=["remove-cell"]
with checks("A step as a function"):
    claim(
        "the loss and the gradient in one go", np.isfinite(float(loss))
    )

# %% tags=["remove-cell"]
with checks("scan: the loop, compiled"):
    claim("A running sum shows both", kept.tolist() == [1, 3, 6, 10])
    size = thirty_one.shape[-1]
    claim("The last eight rows", len(X) % size == 8)
    claim("1000 is not a multiple of 32", len(X), size)

# %% [markdown]
# ## `vmap`: an axis for the runs
#
# `train` takes the batches of one run. `jax.vmap(train)` is a function of the same
# code that takes the batches of many, with one more axis in front of every argument and
# result. It does not loop: each operation inside works on all runs at once.
#
# :::{admonition} What do you expect?
# :class: dropdown
# The starts of 300 runs are an array of shape (300, 2), their batches one of shape
# (300, 20, 31, 32). The parameters come back with the axes of one run, (20, 2), behind
# the axis of the runs: (300, 20, 2). The losses come back as (300, 20, 31).
# :::

# %%
train_all = jax.jit(jax.vmap(train))
begin = process_time()
path, losses = train_all(jnp.zeros((300, 2)), thirty_one)
path.block_until_ready()
all_at_once = process_time() - begin
print(path.shape, losses.shape)
print(f"{all_at_once:.2f} s for {len(path)} trainings")

# %% [markdown]
# The time contains the translation. (`block_until_ready` waits for the result, because
# JAX hands out promises and computes in the background.) It is less than a tenth of
# what three hundred loops in PyTorch would take.

# %% [markdown]
# The order of the axes is the same everywhere in this book: **run, epoch, step, row**.
# {numref}`fig-shapes` is the picture to keep in mind.

# %% tags=["hide-input"]
#| name: fig-shapes
#| caption: The four arrays of many trainings, one card for each run. Each cell of
#|   `batches` holds the numbers of b rows.
#| alt: Four stacks of cards, one for each array. The card in front belongs to one run,
#|   and others lie behind it. Starts have a row of p cells on each card. Batches have a
#|   table of epochs and steps on each card, and each cell of it holds b rows.
#|   Parameters have a table of epochs and p cells, losses a table of epochs and steps.
import matplotlib.pyplot as plt

from helpers.figures import BLUE, WHITE

cards = {  # axes, names of rows and columns, and their numbers
    "starts": ("runs, p", "", "p", 1, 2),
    "batches": ("runs, epochs, steps, b", "epochs", "steps", 4, 6),
    "parameters": ("runs, epochs, p", "epochs", "p", 4, 2),
    "losses": ("runs, epochs, steps", "epochs", "steps", 4, 6),
}
figure, grid = plt.subplots(2, 2, figsize=(5.4, 4.8))
plt.setp(grid, xlim=(-0.1, 7), ylim=(-0.7, 5), xticks=[], yticks=[])
for ax, name in zip(grid.flat, cards, strict=True):
    shape, down, across, high, wide = cards[name]
    for back in (0.8, 0.4, 0):  # the cards behind come first
        card = plt.Rectangle((back, back), wide, high)
        ax.add_patch(card).set(ec=BLUE, fc=WHITE)
    ax.vlines(range(1, wide), 0, high, color=BLUE)
    ax.hlines(range(1, high), 0, wide, color=BLUE)
    ax.text(wide / 2, -0.6, across, ha="center")
    ax.set(ylabel=down, title=f"{name}\n({shape})", frame_on=False)
plt.show()

# %% tags=["remove-cell"]
with checks("vmap: an axis for the runs"):
    claim("The starts of 300 runs are", len(thirty_one))
    claim("an array of shape (300, 2)", path.shape[0], path.shape[2])
    claim("one of shape (300, 20, 31, 32)", *thirty_one.shape)
    claim("with the axes of one run, (20, 2)", *path.shape[1:])
    claim("behind the axis of the runs: (300, 20, 2)", *path.shape)
    claim("come back as (300, 20, 31)", *losses.shape)
    claim(
        "less than a tenth of what three hundred loops",
        all_at_once < 30 * one_training,
    )

# %% [markdown]
# ## Batches of one size
#
# One thing is missing: the last batch of an epoch, with its eight rows. Compiled code
# wants arrays of fixed sizes. So fill the last batch up with the row number $-1$, and
# let such rows count for nothing.


# %%
def in_batches(orders, batch_size):  # (..., n) to (..., steps, b)
    missing = -orders.shape[-1] % batch_size
    widths = [(0, 0)] * (orders.ndim - 1) + [(0, missing)]
    padded = np.pad(orders, widths, constant_values=-1)
    return padded.reshape(*orders.shape[:-1], -1, batch_size)


print(in_batches(np.arange(10), 4))

# %% [markdown]
# To NumPy and JAX, $-1$ is the last row. Its loss is computed as well, then multiplied
# by zero, and the mean divides by the number of rows that count:


# %%
def batch_loss(w, rows):
    used = rows >= 0
    losses = example_loss(w, X[rows], y[rows])
    return jnp.sum(used * losses) / jnp.sum(used)


# %% [markdown]
# ## The engine
#
# Now put the three together, with one more freedom. The library optax has a function
# for each optimizer: `optax.sgd` is the plain rule, `optax.adam` and others come later.
# What it makes has two parts. `init` sets up the memory that the optimizer needs, and
# `update` turns a gradient into a change of the parameters. The memory travels in the
# carry.

# %%
import optax


def train(w, batches, rate):
    optimizer = optax.sgd(rate)

    def step(state, rows):
        w, memory = state
        loss, gradient = jax.value_and_grad(batch_loss)(w, rows)
        change, memory = optimizer.update(gradient, memory, w)
        return (w + change, memory), loss

    def epoch(state, batches):
        state, losses = jax.lax.scan(step, state, batches)
        return state, (state[0], losses)

    start = w, optimizer.init(w)
    return jax.lax.scan(epoch, start, batches)[1]


# %% [markdown]
# This time each run may have its own learning rate: `vmap` walks along the first axis
# of all three arguments.

# %%
batches = in_batches(orders, 32)  # (300, 20, 32, 32)
starts = np.zeros((300, 2), np.float32)
rates = np.full(300, 0.01, np.float32)
path, losses = jax.jit(jax.vmap(train))(starts, batches, rates)
print("by this engine", path[0, -1])
print("by PyTorch    ", by_torch)

# %% [markdown]
# The first of the three hundred is the training that PyTorch did, with the same
# shuffles. The book's own version of this engine is `helpers.training.train_many`. It
# takes the loss of an example, the data and the optimizer as arguments, and checks the
# shapes:

# %%
from helpers.training import train_many

trained = train_many(example_loss, starts, batches, X, y, 0.01)
largest = np.abs(trained.parameters - path).max()
print(trained.parameters.shape, trained.losses.shape)
print(f"the same: {largest < 1e-5}")

# %% [markdown]
# `learning_rate` may be a number, or an array that fits (runs, epochs, steps): rates of
# shape (300, 1, 1) belong to the runs, a schedule of shape (20, 1) to the epochs.
# Batches without a runs axis are shared by all runs. And what is kept "after each
# epoch" is up to you: put one update into an epoch, and every update is kept. Here are
# Adam's first 32 updates, each run at its own rate:

# %%
every_update = batches[:, 0].reshape(300, 32, 1, 32)
rates = np.geomspace(0.001, 0.1, 300)[:, None, None]
by_adam = train_many(
    example_loss, starts, every_update, X, y, rates, optax.adam
)
print(by_adam.parameters.shape, by_adam.losses.shape)

# %% [markdown]
# What do three hundred runs show that one does not? The spread.

# %%
slopes = trained.parameters[:, -1, 1]  # (runs,)
best = np.linalg.lstsq(np.array(X), np.array(y), rcond=None)[0]
print(f"slopes {slopes.mean():.3f} ± {slopes.std(ddof=1):.3f}")
print(f"least squares {best[1]:.3f}")

# %% [markdown]
# No run has arrived after twenty epochs, and their distances from the goal are much
# larger than their distances from each other. One run could not have told which is
# which.

# %% tags=["remove-cell"]
with checks("Batches of one size"):
    used = batches[0, 0, -1] >= 0
    claim("with its eight rows", used.sum() == 8)
    claim("with the row number -1", batches.min())
    claim("JAX, -1 is the last row", batches.min())
    claim("is the last row. Its loss", X[batches.min(), 1] == X[999, 1])

# %% tags=["remove-cell"]
with checks("The engine"):
    claim(
        "three hundred is the training",
        np.abs(path[0, -1] - by_torch).max() < 1e-5,
    )
    claim("rates of shape (300, 1, 1)", *rates.shape)
    claim("a schedule of shape (20, 1)", batches.shape[1], 1)
    claim("Adam's first 32 updates", by_adam.parameters.shape[1])
    claim("No run has arrived", (slopes - best[1]).min() > 0.05)
    claim(
        "much larger than", (slopes - best[1]).min() > 3 * slopes.std()
    )

# %% [markdown]
# ## What to keep
#
# - **`scan`** is a loop that is compiled. A carry goes from call to call, an output is
#   kept.
# - **`vmap`** gives a function one more axis, in front: many runs in one program.
# - Arrays have their axes in one order: **run, epoch, step, row**. Batches that are too
#   short are filled with $-1$.
# - `train_many(example_loss, starts, batches, X, y, learning_rate, optimizer)` returns
#   `parameters` (runs, epochs, p) and `losses` (runs, epochs, steps).
# - Batches without a runs axis are shared. Put one update into an "epoch", and every
#   update is kept.

# %% tags=["remove-cell"]
with checks("What to keep"):
    claim("filled with -1", batches.min())

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-many-shapes
# Fifty runs of ten epochs train a model of 31 parameters on 100 rows, in batches of 16.
# Write down the shapes of `batches`, `parameters` and `losses`. Then train a linear
# model of 31 random features, and look.
# ::::
#
# ```{solution-start} ex-many-shapes
# :class: dropdown
# ```
#
# An epoch has seven steps: six of 16 rows, and one that is filled up.

# %%
orders = shuffled_orders(rng, runs=50, epochs=10, n=100)
batches = in_batches(orders, 16)
features, random_y = rng.normal(size=(100, 31)), rng.normal(size=100)
run = train_many(
    example_loss, np.zeros((50, 31)), batches, features, random_y, 0.01
)
print("batches   ", batches.shape)
print("parameters", run.parameters.shape)
print("losses    ", run.losses.shape)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "on 100 rows, in batches of 16",
        batches.max() + 1,
        batches.shape[-1],
    )
    claim("train a model of 31 parameters", run.parameters.shape[-1])
    claim("of 31 random features", features.shape[-1])
    claim("six of 16 rows", batches.shape[-1])
    claim("An epoch has seven steps", batches.shape[2] == 7)

# %% [markdown]
# ::::{exercise}
# :label: ex-many-rates
# Open: how does the loss at the end, over all thousand rows, depend on the learning
# rate? Give the three hundred runs ten rates from 0.0001 to 0.1, thirty runs each. A
# good answer
#
# - says what a small rate and what a large rate leave undone,
# - tells luck from effect, with a number for the luck at each rate,
# - names the shape of the rates that it passes.
# ::::
#
# ```{solution-start} ex-many-rates
# :class: dropdown
# ```
#
# The rates are of shape (300, 1, 1), one for each run. The spread within thirty runs of
# one rate is the luck.

# %%
orders = shuffled_orders(rng, runs=300, epochs=20, n=1000)
batches = in_batches(orders, 32)
rates = np.repeat(np.geomspace(0.0001, 0.1, 10), 30)
swept = train_many(
    example_loss, starts, batches, X, y, rates[:, None, None]
)
predicted = X @ swept.parameters[:, -1].T  # (1000, runs)
ends = np.mean((predicted - y[:, None]) ** 2, axis=0).reshape(10, 30)
for rate, some in zip(rates[::30], ends, strict=True):
    print(f"{rate:.4f}: {some.mean():6.3f} ± {some.std(ddof=1):.3f}")

# %% [markdown]
# Small rates have not arrived after twenty epochs. Large ones hover: the noise of their
# steps keeps them above the minimum, and their luck is largest. Between neighboring
# small rates the effect is far larger than the luck.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("ten rates from 0.0001 to 0.1", rates[0], rates[-1])
    claim(
        "The rates are of shape (300, 1, 1)",
        *rates[:, None, None].shape,
    )
    means, luck = ends.mean(axis=1), ends.std(axis=1)
    claim("Small rates have not arrived", ends[0].min() > ends[6].max())
    claim(
        "keeps them above the minimum",
        means[-1] > means.min() + 2 * luck[6],
    )
    claim("their luck is largest", luck.argmax() == 9)
    claim(
        "effect is far larger than the luck",
        (means[0] - means[1]) > 20 * luck[0],
    )

# %% [markdown]
# ## Sources and further reading
#
# JAX's own pages describe `scan` {cite}`jax_scan` and `vmap` {cite}`jax2018`; those of
# optax {cite}`deepmind2020` list its optimizers.
