# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (dataloader)=
# # DataLoader
#
# One line of PyTorch replaces the code that cuts your batches: `DataLoader(data,
# batch_size=32, shuffle=True)`. A {ref}`notebook <source-nn-gradient-descent>`
# {cite}`nn_gradient_descent` goes on from its race of three regimes to that call, and a
# {ref}`workshop <source-training-nn>` {cite}`training_nn` feeds its network with it.
# Yet to deliver the rows of that workshop, the call takes more than 10 times as long as
# slicing does. What does it do, and when is it worth its price?

# %% tags=["remove-cell"]
import sys

sys.path.append(
    ".."
)  # finds `helpers` when this file runs where it lies

# %% [markdown]
# :::{admonition} Before you start
# :class: tip
# - **You will** write a loop that trains and validates, choose a regime, see what
#   shuffling is worth, make a data set, time five ways to feed a model, and predict
#   what workers save.
# - **You need** the loop of {ref}`three-regimes` and its noisy line.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# (train-and-validate)=
# ## A loop to copy
#
# A **data set** is anything that has a length and returns item $i$; `TensorDataset`
# makes one from tensors. A **{term}`loader`** hands out its rows in batches. Keep 200
# of the thousand noisy points aside, as rows for *validation*: the model is judged on
# them, and never sees them in training.

# %%
import torch
from torch.utils.data import DataLoader, TensorDataset, random_split

from helpers import noisy_line

line = TensorDataset(*map(torch.from_numpy, noisy_line()))
torch.manual_seed(0)
training, validation = random_split(line, [800, 200])
train_loader = DataLoader(training, batch_size=32, shuffle=True)
validation_loader = DataLoader(validation, batch_size=200)

# %% [markdown]
# One function trains for an epoch, and returns the mean loss over its rows.

# %%
from torch import nn


def train_epoch(model, loader, optimizer):
    model.train()
    total, rows = 0.0, 0
    for xs, ys in loader:
        loss = nn.functional.mse_loss(model(xs), ys)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += len(xs) * loss.item()
        rows += len(xs)
    return total / rows


# %% [markdown]
# The validation takes no step.


# %%
@torch.no_grad()
def validate(model, loader):
    model.eval()
    total, rows = 0.0, 0
    for xs, ys in loader:
        loss = nn.functional.mse_loss(model(xs), ys)
        total += len(xs) * loss.item()
        rows += len(xs)
    return total / rows


# %% [markdown]
# Each line has its reason:
#
# - `model.train()` and `model.eval()` switch layers that behave differently in the two
#   phases, such as dropout. This model has none.
# - `zero_grad`, because `backward` *adds* to the gradients that are there.
# - `@torch.no_grad()` records nothing for a backward pass, to save time and memory.
# - `loss.item()` is a number. A sum of `loss` itself would keep every graph alive.
# - `len(xs)`, because the last batch may be smaller.
#
# Before you run eight epochs: which loss is lower after the *first*?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The validation loss, although the model has never seen these rows. It is taken after
# the epoch. The training loss is a mean over the epoch, and in its first steps the
# model still knew nothing.
# :::

# %%
model = nn.Linear(2, 1, bias=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
log = []
print("epoch  during   after   valid")
for epoch in range(1, 9):
    during = train_epoch(model, train_loader, optimizer)
    after = validate(model, train_loader)
    log.append((during, after, validate(model, validation_loader)))
    print(f"{epoch:5}", *(f"{loss:7.2f}" for loss in log[-1]))

# %% [markdown]
# The columns are the mean during the epoch, and the loss after it on the same rows and
# on the validation rows. As expected, the first lies above the third, and in the first
# epoch by far. The middle column is the control: measured at the same
# moment, the training rows have no advantage. (Which of the two is lower is luck of the
# split.) So compare the validation loss with the middle column, not with the first.
#
# All three end near 2, the variance of the noise. With many more parameters the
# training loss could fall below the noise while the validation loss rises:
# {term}`over-fitting` ({ref}`surface`).

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("A loop to copy"):
    claim("Keep 200 of the thousand", len(validation))
    columns = torch.tensor(log)
    claim(
        "the first lies above the third",
        (columns[:, 0] > columns[:, 2]).all(),
    )
    gaps = columns[:, 0] - columns[:, 2]
    claim("in the first epoch by far", gaps[0] > 5 * gaps[1:].max())
    claim(
        "the training rows have no advantage",
        columns[0, 1] > columns[0, 2],
    )
    claim("All three end near 2", columns[-1].mean())
    sides = set()
    for seed in range(3):
        torch.manual_seed(seed)
        parts = random_split(line, [800, 200])
        first, second = (
            DataLoader(part, 32, shuffle=True) for part in parts
        )
        model = nn.Linear(2, 1, bias=False)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
        train_epoch(model, first, optimizer)
        sides.add(validate(model, first) > validate(model, second))
    claim("is lower is luck of the split", sides == {True, False})

# %% [markdown]
# ## Four jobs in one call
#
# What does `for xs, ys in loader` do? Here is a loader without PyTorch's class:


# %%
class ByHand:
    def __init__(self, dataset, batch_size):
        self.dataset, self.batch_size = dataset, batch_size

    def __iter__(self):
        order = torch.randperm(len(self.dataset))
        for rows in order.split(self.batch_size):
            items = [self.dataset[i] for i in rows.tolist()]
            columns = zip(*items, strict=True)
            yield [torch.stack(column) for column in columns]


xs, ys = next(iter(ByHand(line, 32)))
print(xs.shape, ys.shape)

# %% [markdown]
# `yield` hands out a batch, and waits until the loop asks for the next.
#
# That makes four jobs. A *{term}`sampler`* puts row numbers in an order. A *batch
# sampler* cuts the order. The *data set* looks up **one item per row**, which will turn
# out to be the expensive part. *Collate* stacks the items into a batch.
#
# Each `for` begins a new epoch with a new order.

# %% tags=["remove-cell"]
with checks("Four jobs in one call"):
    passed = torch.cat([xs for xs, _ in ByHand(line, 32)])
    claim(
        "a loader without PyTorch's class",
        torch.equal(
            passed[:, 1].sort().values,
            line.tensors[0][:, 1].sort().values,
        ),
    )

# %% [markdown]
# ## Which settings make which regime?
#
# What do the defaults give, `DataLoader(data)`?
#
# :::{admonition} What do you expect?
# :class: dropdown
# One row a step, and always in the same order. That is neither batch gradient descent,
# which uses all rows, nor stochastic gradient descent, which draws them.
# :::
#
# Let 20 rows carry their own numbers, and note which come out in two epochs, with five
# settings. (`**` passes the entries of a dictionary on as named arguments.)

# %%
shuffled = {"batch_size": 6, "shuffle": True}
settings = {
    "the defaults": {},
    "batch_size=20": {"batch_size": 20},
    "batch_size=6": {"batch_size": 6},
    "6, shuffle": shuffled,
    "6, shuffle, drop_last": {**shuffled, "drop_last": True},
}
numbered = TensorDataset(torch.arange(20))
torch.manual_seed(1)
fed = {}  # setting: for each step, the rows of its batch
for name, chosen in settings.items():
    loader = DataLoader(numbered, **chosen)
    fed[name] = [
        rows.tolist() for epoch in range(2) for (rows,) in loader
    ]

# %% [markdown]
# {numref}`fig-loader-rows` shows both epochs, from left to right.

# %% tags=["hide-input"]
#| name: fig-loader-rows
#| caption: Twenty rows, two epochs, five settings. A cell is blue where a step gets a
#|   row. The vertical line separates the epochs.
#| alt: Five small panels, row number downward from 0, epochs across. The defaults draw
#|   a thin diagonal from top to bottom, the same in both epochs. batch_size=20 fills
#|   each epoch with one solid block. batch_size=6 draws a staircase of four blocks, the
#|   last one lower, the same twice. With shuffle the cells are scattered, differently
#|   in each epoch. With drop_last there are three columns an epoch, and two rows of
#|   each epoch stay empty.
import matplotlib.pyplot as plt
import numpy as np

from helpers import BLUE, GRAY, ORANGE, use_book_style

use_book_style()
figure, axes = plt.subplots(5, sharex=True, figsize=(5.4, 7.6))
for ax, (name, steps) in zip(axes, fed.items(), strict=True):
    for k, rows in enumerate(steps):
        width = 2 / len(steps)  # both epochs fill the panel
        place = {"left": k * width, "width": width}
        ax.barh(rows, height=1, align="edge", color=BLUE, **place)
    ax.axvline(1, color=GRAY, linewidth=1)
    ax.set_title(name, fontsize=11)
    ax.set(ylim=(20, 0), xlim=(0, 2), ylabel="row", xticks=[0, 1, 2])
    ax.grid(False)
axes[-1].set_xlabel("epochs")
title = "batch_size sets the size, shuffle the order"
figure.suptitle(title, x=0.02, ha="left", fontsize=12)
plt.show()

# %% [markdown]
# | `batch_size` | `shuffle` | what you get |
# |---|---|---|
# | `len(data)` | no matter | batch gradient descent |
# | in between | `True` | mini-batches, new ones in every epoch |
# | in between | `False` | mini-batches, the same in every epoch |
# | one, the default | `True` | stochastic gradient descent |
# | one, the default | `False`, the default | one example a step, always in order |
#
# (The notebook lets the two together select the kind of descent, and lists mini-batches
# with `shuffle=False`; its own code has `True` for the line and the small network, and
# `False` for the deep one. The table says what each does.) A note on words: the
# workshop speaks of batch gradient descent where steps take 200 of 2500 rows. This
# book, like {cite}`bottou2018`, says *mini-batches*.

# %% tags=["remove-cell"]
import itertools

from helpers import sinc_surface

with checks("Which settings make which regime?"):
    claim("Let 20 rows carry", len(numbered))
    halves = {
        name: (steps[: len(steps) // 2], steps[len(steps) // 2 :])
        for name, steps in fed.items()
    }
    claim("row number downward from 0", fed["the defaults"][0][0])
    first, second = halves["the defaults"]
    claim(
        "One row a step, and always in the same order", first == second
    )
    claim(
        "The defaults draw a thin diagonal",
        first == [[i] for i in range(20)],
    )
    claim(
        "batch_size=20 fills each epoch",
        len(halves["batch_size=20"][0]) == 1,
    )
    first, second = halves["batch_size=6"]
    claim(
        "batch_size=6 draws a staircase of four blocks", len(first) == 4
    )
    claim("the last one lower, the same twice", first == second)
    first, second = halves["6, shuffle"]
    claim("scattered, differently in each epoch", first != second)
    dropped = [
        set(range(20)) - set(itertools.chain(*half))
        for half in halves["6, shuffle, drop_last"]
    ]
    claim(
        "two rows of each epoch stay empty",
        [len(d) for d in dropped] == [2, 2],
    )
    claim(
        "three columns an epoch",
        len(halves["6, shuffle, drop_last"][0]) == 3,
    )
    claim("200 of 2500 rows", 200, len(sinc_surface()[1]))

# %% [markdown]
# ## The batch that is left over
#
# The workshop's 2500 rows make twelve batches of 200, and 100 rows are left over. You
# can treat them in two ways, each with a trap.
#
# **Drop them**, with `drop_last=True`. If the loader does not shuffle, they are the
# same rows in each epoch, and the model never sees them.
#
# **Keep them.** Then a mean over batches counts each of these 100 rows twice as much as
# another, since their batch is half as large. Here is the price for a model that
# predicts zero, whose loss is the mean of the squared targets:

# %%
from helpers import sinc_surface

points, heights = sinc_surface()  # the workshop's surface, in order
squares = torch.from_numpy(heights[:, 0] ** 2)  # the loss of each row
batches = squares.split(200)
over_batches = torch.stack([batch.mean() for batch in batches]).mean()
print(f"mean over rows    {squares.mean():.5f}")
print(f"mean over batches {over_batches:.5f}")

# %% [markdown]
# The surface is a ripple on a grid of $50 \times 50$ points. The last rows are its flat
# edge, so the logged loss is 3% too low, in every epoch. In a shuffled epoch the error
# is luck instead. The factor `len(xs)` in the loop above removes both.
#
# It does not change the training. There the rows of the small batch count twice as
# much. If that matters, drop it and shuffle.

# %% tags=["remove-cell"]
with checks("The batch that is left over"):
    claim(
        "2500 rows make twelve batches of 200",
        len(squares),
        len(batches[0]),
    )
    claim("and 100 rows are left over", len(batches[-1]))
    claim("twelve batches", len(batches) == 13)
    claim(
        "each of these 100 rows twice as much as another",
        len(batches[0]) == 2 * len(batches[-1]),
    )
    claim("loss is 3% too low", 1 - over_batches / squares.mean())
    side = len(np.unique(points[:, 0]))
    claim("a grid of 50 times 50 points", side, len(points) / side)
    claim(
        "count twice as much. If",
        len(batches[0]) == 2 * len(batches[-1]),
    )

# %% [markdown]
# ## What is shuffling worth?
#
# Train a network of 80 {term}`hidden units <hidden unit>` on this surface.

# %%
torch.set_num_threads(1)  # small batches gain nothing from more
surface = TensorDataset(
    torch.tensor(points).float(), torch.tensor(heights).float()
)


def new_network():
    layers = nn.Linear(2, 80), nn.Tanh(), nn.Linear(80, 1), nn.Tanh()
    model = nn.Sequential(*layers)
    return model, torch.optim.Adam(model.parameters(), lr=0.01)


# %% [markdown]
# Give it ten epochs, from each of five random starts:


# %%
def final_losses(dataset, shuffle):
    loader = DataLoader(dataset, batch_size=200, shuffle=shuffle)
    for seed in range(5):
        torch.manual_seed(seed)
        model, optimizer = new_network()
        for _ in range(10):
            train_epoch(model, loader, optimizer)
        yield validate(model, loader)


# %% [markdown]
# Feed it in order; in one random order, the same in every epoch; and shuffled. Which
# does worst, and does the second fall behind the third?
#
# :::{admonition} What do you expect?
# :class: dropdown
# In order is worst: a batch is then four neighboring lines of the grid, and a step
# serves only them. Mixed once, each batch samples the whole surface. New samples in
# every epoch add little.
# :::

# %%
mixed = TensorDataset(*surface[torch.randperm(len(surface))])
ended = {
    "in order": list(final_losses(surface, shuffle=False)),
    "mixed once": list(final_losses(mixed, shuffle=False)),
    "shuffled": list(final_losses(surface, shuffle=True)),
}
for name, losses in ended.items():
    print(f"{name:10}", *(f"{loss:.3f}" for loss in losses))

# %% [markdown]
# In order, the networks end on average worse than predicting zero, whose loss was
# 0.028. The ten others end better. So batches of neighbors do the harm, not an order
# that repeats: mixing once takes away the neighbors alone.

# %% tags=["remove-cell"]
with checks("What is shuffling worth?"):
    given("network of 80")
    claim("was 0.028", squares.mean())
    side = len(np.unique(points[:, 0]))
    claim("a batch is then four neighboring lines", 4 * side == 200)
    in_order, once_mixed, anew = (
        np.array(losses) for losses in ended.values()
    )
    claim(
        "end on average worse than predicting zero",
        in_order.mean() > squares.mean(),
    )
    claim(
        "ten others end better",
        len([*once_mixed, *anew]) == 10
        and max(*once_mixed, *anew) < squares.mean(),
    )
    gained = once_mixed.mean() - anew.mean()
    claim(
        "every epoch add little",
        abs(gained) < (in_order.mean() - anew.mean()) / 4,
    )

# %% [markdown]
# ## A data set of your own
#
# Rows that are not in tensors yet need a class with `__len__`, which answers
# `len(data)`, and `__getitem__`, which answers `data[i]`. The first idea is to convert
# a row when it is asked for:


# %%
class PerRow(torch.utils.data.Dataset):
    def __init__(self, points, heights):
        self.points, self.heights = points, heights

    def __len__(self):
        return len(self.heights)

    def __getitem__(self, i):
        row = self.points[i], self.heights[i]
        return tuple(torch.tensor(part).float() for part in row)


# %% [markdown]
# That is thousands of conversions an epoch. **Convert once**, at the beginning, as the
# workshop's own class does.


# %%
class Once(PerRow):
    def __init__(self, points, heights):
        self.points = torch.tensor(points).float()
        self.heights = torch.tensor(heights).float()

    def __getitem__(self, i):
        return self.points[i], self.heights[i]


# %% [markdown]
# A data set may also have `__getitems__`, with an *s*. It gets all row numbers of a
# batch in one call, and can slice. What it returns is stacked already, so collate has
# to leave it `as_it_is`.


# %%
class Sliced(Once):
    def __getitems__(self, rows):
        return self.points[rows], self.heights[rows]


def as_it_is(batch):
    return batch


# %% [markdown]
# The rows of NumPy arrays are float64. What if you forget `.float()`? A float32 layer
# refuses such *inputs*. As *targets* they pass silently, and the loss becomes float64.
# Worse is a target that is a bare number: the batch then has shape `(200,)`,
# predictions have `(200, 1)`, and their difference is a table of 40,000 numbers, of
# which `mse_loss` takes the mean with no more than a warning. Look at the shapes of one
# batch before you train.

# %% tags=["remove-cell"]
import warnings

with checks("A data set of your own"):
    doubled = torch.tensor(heights[:200])
    right = doubled.float()
    claim(
        "The rows of NumPy arrays are float64",
        points.dtype == np.float64,
    )
    refused = False
    try:
        nn.Linear(2, 1)(torch.tensor(points))
    except RuntimeError:
        refused = True
    claim("layer refuses such inputs", refused)
    loss = nn.functional.mse_loss(right, doubled)
    claim("the loss becomes float64", loss.dtype == torch.float64)
    small = nn.Linear(2, 1)
    predicted = small(torch.tensor(points[:200]).float())
    nn.functional.mse_loss(predicted, doubled).backward()
    silent = small.weight.grad.isfinite().all()
    claim("As targets they pass silently", silent)
    bare = right[:, 0]
    claim(
        "shape (200,), predictions have (200, 1)",
        *bare.shape,
        *right.shape,
    )
    claim("a table of 40,000 numbers", (right - bare).numel())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        nn.functional.mse_loss(right, bare)
    claim("no more than a warning", len(caught) == 1)

# %% [markdown]
# ## What a batch costs
#
# Feed one epoch of the surface in five ways, without training. Of five runs keep the
# fastest. `process_time` is the processor time of this program alone. The fifth way,
# `slices`, is a loader in three lines: shuffle, look up once, cut.

# %%
from time import process_time


def fastest(feed, repeats=5):
    times = []
    for _ in range(repeats):
        start = process_time()
        for _ in feed():
            pass
        times.append(process_time() - start)
    return 1000 * min(times)  # in ms


def slices(dataset):
    order = torch.randperm(len(dataset))
    xs, ys = dataset.points[order], dataset.heights[order]
    return zip(xs.split(200), ys.split(200), strict=True)


# %% [markdown]
# The last entry trains for an epoch, with the workshop's network of 80 {term}`hidden
# units <hidden unit>`, fed in the fourth way. "Look-ups alone" is the third way
# without stacking.

# %% tags=["nbval-ignore-output"]
per_row, once = PerRow(points, heights), Once(points, heights)
options = {"batch_size": 200, "shuffle": True}
fourth = DataLoader(
    Sliced(points, heights), collate_fn=as_it_is, **options
)
model, optimizer = new_network()
cost = {
    "convert per row": fastest(lambda: DataLoader(per_row, **options)),
    "TensorDataset": fastest(lambda: DataLoader(surface, **options)),
    "convert once": fastest(lambda: DataLoader(once, **options)),
    "look-ups alone": fastest(lambda: [once[i] for i in range(2500)]),
    "__getitems__": fastest(lambda: fourth),
    "slices by hand": fastest(lambda: slices(once)),
}
cost["train, for scale"] = fastest(
    lambda: [train_epoch(model, fourth, optimizer)]
)

# %% [markdown]
# The scale of {numref}`fig-loader-cost` is logarithmic.

# %% tags=["hide-input", "nbval-ignore-output"]
#| name: fig-loader-cost
#| caption: Milliseconds to feed one epoch of 2500 rows, fastest of five. The gray bar
#|   is a whole epoch of training, its feeding by the fourth way included. The orange
#|   bar is the part of converting once that looks up.
#| alt: Horizontal bars on a log scale of time. Converting per row takes longest.
#|   TensorDataset and converting once follow, clearly shorter. Most of converting once
#|   is its look-ups, an orange bar. Then comes getitems, shorter again. Slices by hand
#|   are by far the shortest. A gray bar for training is longer than that of getitems.
figure, ax = plt.subplots(figsize=(5.4, 3.2))
colors = [BLUE] * 3 + [ORANGE] + [BLUE] * 2 + [GRAY]
bars = ax.barh(list(cost), list(cost.values()), color=colors)
ax.bar_label(bars, fmt="%.2g", padding=3)
ax.set(xscale="log", xlim=(0.01, 200), xlabel="ms per epoch")
ax.invert_yaxis()
ax.set_title("One call per row is what costs")
plt.show()

# %% [markdown]
# Converting once takes less than half of the time of converting per row. More than half
# of that is look-ups; stacking is part of the rest. `__getitems__` halves it again, at
# least: one call for each batch in place of one for each row. Yet even `TensorDataset`,
# the call of the opening, takes more than 10 times as long as slicing by hand, which
# looks up once for the whole epoch.
#
# So **when is the call worth its price?** The gray bar less its feeding is training,
# and for this small network the call of the opening costs about as much. Where a step
# takes much longer than its batch, the call is nearly free. For a small model on data
# in memory, use `__getitems__`, or slice. Where reading a row is slow, the call does
# what slices cannot.

# %% tags=["remove-cell"]
with checks("What a batch costs"):
    claim("network of 80", model[0].out_features)
    claim("one epoch of 2500 rows", len(once))
    per_call, loaded, converted, looked_up, at_once, by_hand, _ = (
        cost.values()
    )
    claim(
        "More than half of that is look-ups",
        converted / 2 < looked_up < 1.2 * converted,
    )
    claim("is its look-ups, an orange", looked_up > converted / 2)
    claim(
        "Converting per row takes longest",
        per_call == max(cost.values()),
    )
    claim("takes less than half of the time", converted < per_call / 2)
    claim("halves it again, at least", at_once < converted / 2)
    claim(
        "takes more than 10 times as long as slicing", loaded / by_hand
    )
    claim(
        "longer than that of getitems",
        cost["train, for scale"] > at_once,
    )
    alone = cost["train, for scale"] - at_once
    claim("costs about as much", 0.3 < loaded / alone < 5)

# %% tags=["remove-cell"]
with checks("DataLoader"):
    claim("more than 10 times as long as slicing", loaded / by_hand)

# %% [markdown]
# ## Workers: read while you train
#
# With `num_workers=1`, another process reads the next batch while yours trains on this
# one. Let reading an epoch take $\ell$ seconds and training on it $t$ seconds. Alone,
# you need $\ell + t$. With $w$ workers the two overlap, $w$ batches are read at a time,
# and the slower side decides:
#
# ```{math}
# :label: workers
# \max(\ell / w,\ t)
# ```
#
# Take $\ell = 0.4$ and $t = 0.4$. What does one worker save, and what does a second one
# add?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Alone 0.8 s. One worker halves that, to 0.4 s: reading is hidden behind training. A
# second one adds nothing, since training alone takes 0.4 s.
# :::

# %% tags=["hide-input"]
#| name: fig-loader-workers
#| caption: Who is busy when, for four batches that take as long to read as to train on.
#|   Above without workers, below with one.
#| alt: Two timelines. Above, blue bars for reading and orange bars for training take
#|   turns in one row of eight bars. Below, the four blue bars stand side by side in one
#|   row and the four orange bars in another, one bar later, so that the whole ends
#|   after five bars.
figure, ax = plt.subplots(figsize=(5.4, 2.6))
slots = np.arange(4)
ax.barh([2] * 4, 0.9, left=2 * slots, color=BLUE)
ax.barh([2] * 4, 0.9, left=2 * slots + 1, color=ORANGE)
ax.barh([1] * 4, 0.9, left=slots, color=BLUE)
ax.barh([0] * 4, 0.9, left=slots + 1, color=ORANGE)
names = ["you train", "a worker reads", "no worker"]
ax.set_yticks([0, 1, 2], names)
ax.text(6.1, 1, "reading", color=BLUE, va="center")
ax.text(6.1, 0, "training", color=ORANGE, va="center")
ax.set(xlabel="time, in batches", xlim=(0, 8))
ax.set_title("A worker reads while you train")
ax.grid(False)
plt.show()

# %% [markdown]
# To measure, the book has a data set that sleeps 2 ms a row, as if it read a file, and
# a training that sleeps. `persistent_workers=True` keeps the workers for the next
# epoch. The first epoch is not counted, because it starts them.

# %%
from time import perf_counter, sleep

from helpers import SlowRows


def epoch_seconds(loader, pause):
    for _ in range(2):  # the second epoch counts
        start = perf_counter()
        for _ in loader:
            sleep(pause)
    return perf_counter() - start


# %% [markdown]
# Twenty batches of ten rows, up to two workers, two kinds of training:

# %% tags=["nbval-ignore-output"]
measured = {}
for workers in (0, 1, 2):
    kept = {"num_workers": workers, "persistent_workers": workers > 0}
    loader = DataLoader(SlowRows(200, 0.002), batch_size=10, **kept)
    for pause in (0.02, 0.005):
        seconds = epoch_seconds(loader, pause)
        measured[workers, pause] = seconds
        print(f"{workers} workers, t = {20 * pause}: {seconds:.2f} s")

# %% [markdown]
# At best {eq}`workers` gives 0.4 and 0.4 s for one worker, 0.4 and 0.2 s for two. Where
# training takes as long as reading, one worker hides it all. Where it takes a quarter,
# the second worker helps as well, and a third and a fourth would. Add the first batch,
# which somebody must wait for. And these rows sleep: workers that compute need a
# processor core each.
#
# Workers have a price: they must start, and every batch travels between processes. Keep
# the default, 0, until reading is what you wait for. On Windows, macOS and newer
# Pythons a worker is a fresh process that imports your script. There the loop must
# stand under `if __name__ == "__main__":`, and the class of the data set in a module.
# (For a GPU there is `pin_memory=True`, which speeds up the copying to it. Without one
# it does nothing.)

# %% tags=["remove-cell"]
with checks("Workers: read while you train"):
    reading, long, short = 200 * 0.002, 20 * 0.02, 20 * 0.005
    claim(r"Take \ell = 0.4 and t = 0.4", reading, long)
    claim("Alone 0.8 s", reading + long)
    claim("halves that, to 0.4 s", max(reading, long))
    claim("training alone takes 0.4 s", max(reading / 2, long))
    given("sleeps 2 ms a row")
    slack = 0.97  # sleep is never shorter, clocks differ a little
    claim(
        "and the slower side decides",
        all(
            seconds > slack * max(reading / max(w, 1), 20 * pause)
            for (w, pause), seconds in measured.items()
        ),
    )
    claim(
        "one worker hides it all",
        measured[1, 0.02] < measured[0, 0.02],
    )
    claim("it takes a quarter", short / reading == 0.25)
    claim(
        "0.4 and 0.4 s for one worker, 0.4 and 0.2 s for two",
        *(max(reading / w, t) for w in (1, 2) for t in (long, short)),
    )
    claim("Keep the default, 0, until", DataLoader(once).num_workers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        xs, _ = next(iter(DataLoader(surface, 32, pin_memory=True)))
    idle = torch.cuda.is_available() or not xs.is_pinned()
    claim("Without one it does nothing", idle)

# %% [markdown]
# ## What to keep
#
# - The loop to copy: `train()`, then `eval()` and `no_grad()`; means over **rows**, not
#   over batches.
# - The batch size sets how many rows a step uses, `shuffle` whether they are random.
#   Stochastic descent needs batch size one and `shuffle`. The defaults are one row a
#   step, in order.
# - Mix rows that are stored in order: a batch of neighbors is no sample.
# - Convert once. One call per batch, with `__getitems__`, beats one call per row.
# - Workers overlap reading and training: $\max(\ell/w, t)$ in place of $\ell + t$. They
#   are for rows that are slow to read.
#
# What a loader draws, so that two runs agree bit for bit, is on {ref}`loader-draws`;
# who gets to be seen by a model, on {ref}`samplers`.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-loader-count
# A loader for 1000 rows has `batch_size=64` and does not shuffle. How many steps has
# an epoch, with and without `drop_last=True`? Which rows does `drop_last` hide? Without
# it, how much more does a row of the last batch count in the mean over batches? (You
# should get 1.6.)
# ::::
#
# ```{solution-start} ex-loader-count
# :class: dropdown
# ```
#
# 1000 is 15 times 64 and 40. So there are 15 steps with `drop_last`, and the last 40
# rows, from number 960 on, are never seen. Without it there are 16 steps, and a row of
# the last one counts 64 / 40 times as much.

# %%
for drop_last in (True, False):
    steps = list(DataLoader(range(1000), 64, drop_last=drop_last))
    print(len(steps), steps[-1][0], len(steps[-1]))

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    every = list(DataLoader(range(1000), 64))
    counts = [len(rows) for rows in every]
    claim("A loader for 1000 rows", sum(counts))
    claim("You should get 1.6", counts[0] / counts[-1])
    claim(
        "1000 is 15 times 64 and 40",
        sum(counts),
        len(counts) - 1,
        counts[0],
        counts[-1],
    )
    claim("So there are 15 steps", len(counts) - 1)
    claim(
        "the last 40 rows, from number 960 on", counts[-1], every[-1][0]
    )
    claim("there are 16 steps", len(counts))
    claim("64 / 40 times", counts[0], counts[-1])

# %% [markdown]
# ::::{exercise}
# :label: ex-loader-workers
# Compute: reading takes 0.4 s, training 0.1 s. What do 0, 1, 2, 4 and 8
# workers need at best? Your times should be 0.5, 0.4, 0.2, 0.1 and 0.1 s.
# ::::
#
# ```{solution-start} ex-loader-workers
# :class: dropdown
# ```
#
# Alone $0.4 + 0.1$, then $0.4 / w$, until training is the slower side. A real machine
# needs a little more: the first batch must be there before training can begin.

# %%
reading, training_s = 0.4, 0.1
best = [max(reading / w, training_s) for w in (1, 2, 4, 8)]
print(reading + training_s, best)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given(
        "reading takes 0.4 s, training 0.1 s",
        "Alone 0.4 + 0.1, then 0.4 / w",
    )
    given("What do 0, 1, 2, 4 and 8")
    claim(
        "0.5, 0.4, 0.2, 0.1 and 0.1 s",
        reading + training_s,
        *best,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-loader-lines
# Code: write a data set `GridLines` over the surface whose item $i$ is a whole line of
# the grid, 50 rows at once, so that `DataLoader(GridLines(once), batch_size=4,
# shuffle=True)` delivers 200 rows a batch with four look-ups. Check the shape that
# comes out, and that every row comes once:
#
# ```python
# from helpers import check_answer
#
# batches = list(DataLoader(GridLines(once), batch_size=4, shuffle=True))
# check_answer("shape", batches[0][0].flatten(0, 1).shape, (200, 2), 0)
# total = sum(ys.sum() for xs, ys in batches)
# check_answer("sum of heights", total, once.heights.sum(), 0.01)
# ```
#
# What is the price of such blocks? (Think of the noise of a step.)
# ::::
#
# ```{solution-start} ex-loader-lines
# :class: dropdown
# ```


# %%
from helpers import check_answer


class GridLines(torch.utils.data.Dataset):
    def __init__(self, rows):
        self.rows = rows

    def __len__(self):
        return len(self.rows) // 50

    def __getitem__(self, i):
        return self.rows[50 * i : 50 * i + 50]


batches = list(DataLoader(GridLines(once), batch_size=4, shuffle=True))
check_answer("shape", batches[0][0].flatten(0, 1).shape, (200, 2), 0)
total = sum(ys.sum() for xs, ys in batches)
check_answer("sum of heights", total, once.heights.sum(), 0.01)

# %% [markdown]
# Rows of one line are alike, so four lines are a worse sample of the surface than 200
# single rows. The mean height of a batch shows it:

# %%
by_lines = [ys.mean() for xs, ys in batches][:12]
by_rows = [ys.mean() for xs, ys in fourth][:12]
print(f"scatter by lines {torch.stack(by_lines).std():.3f}")
print(f"scatter by rows  {torch.stack(by_rows).std():.3f}")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    spread = [torch.stack(means).std() for means in (by_lines, by_rows)]
    claim(
        "delivers 200 rows a batch with four look-ups",
        batches[0][1].numel(),
    )
    claim("of the grid, 50 rows at once", batches[0][1].shape[1])
    claim("than 200 single rows", 4 * batches[0][1].shape[1])
    claim("are a worse sample of the surface", spread[0] > spread[1])

# %% [markdown]
# ::::{exercise}
# :label: ex-loader-peek
# Find the fault. This loop takes 32 steps, as many as an epoch of the thousand rows
# has. What share of the rows does it never use? (You should get 35%.)
#
# ```python
# loader = DataLoader(line, 32, shuffle=True)
# for step in range(32):
#     xs, ys = next(iter(loader))
#     loss = nn.functional.mse_loss(model(xs), ys)
#     ...
# ```
# ::::
#
# ```{solution-start} ex-loader-peek
# :class: dropdown
# ```
#
# Each `iter` begins a new epoch, so each step gets the first 32 rows of a fresh order.
# A step misses a given row with chance $1 - 32/1000$, and 32 steps miss it with chance
# $(1 - 32/1000)^{32}$. It is slow, too: each step shuffles all rows. Write `for xs, ys
# in loader`.

# %%
torch.manual_seed(0)
loader = DataLoader(TensorDataset(torch.arange(1000)), 32, shuffle=True)
shares = []
for _ in range(30):
    seen = torch.cat([next(iter(loader))[0] for _ in range(32)])
    shares.append(1 - len(seen.unique()) / 1000)
print(sum(shares) / 30, (1 - 32 / 1000) ** 32)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    chance = (1 - 32 / len(line)) ** 32
    given(
        "loop takes 32 steps",
        "the first 32 rows of",
        "chance 1 - 32/1000, and 32 steps",
        "(1 - 32/1000)^{32}",
    )
    claim("You should get 35%", chance)
    claim(
        "so each step gets the first",
        abs(np.mean(shares) - chance) < 0.01,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-loader-yours
# Open: take a data set of your own work, or imagine photographs on a disk. Which
# settings would you choose for training and for validation, and why? A good answer
#
# - names batch size, `shuffle`, `drop_last` and `num_workers` for both loaders,
# - says what is converted when, and what fits into memory,
# - measures or estimates $\ell$ and $t$ before it chooses the workers,
# - says how the mean loss of an epoch is formed.
# ::::
#
# :::{solution} ex-loader-yours
# :class: dropdown
# One good answer, for photographs: shuffle for training and not for validation; drop
# the last batch in training only if a layer minds small batches, and never in
# validation; decode in `__getitem__`, since all of them together do not fit into
# memory; time a hundred items and ten steps, and take the least $w$ with $\ell / w <
# t$; sum `len(xs) * loss.item()` and divide by the number of rows.
# :::

# %% [markdown]
# ## Sources and further reading
#
# - The line and its `DataLoader` are from {cite}`nn_gradient_descent`, the surface and
#   the idea of a `Dataset` of your own for it from {cite}`training_nn`. Both show the
#   class doing real work, which made it possible to ask what it does: thank you.
# - {cite}`pytorch_data` documents every argument, {cite}`moens_pinning` measures pinned
#   memory on a GPU, and {cite}`paszke2019` describes PyTorch.
