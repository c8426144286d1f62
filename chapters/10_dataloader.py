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
# One line of PyTorch replaces the loop that cuts your batches: `DataLoader(data,
# batch_size=32, shuffle=True)`. A {ref}`notebook <source-nn-gradient-descent>`
# {cite}`nn_gradient_descent` goes on from its race of three regimes to that call, and a
# {ref}`workshop <source-training-nn>` {cite}`training_nn` feeds its network with it.
# Yet to deliver a thousand rows, the call takes more than 10 times as long as slicing
# does. Given your seed, it deals other batches than your own loop. And a second
# {term}`loader`, which only watches, changes what the first one trains. What does this
# call do, and when is it worth its price?

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %% [markdown]
# :::{admonition} Before you start
# :class: tip
# - **You will** write a loader by hand, see which rows each setting feeds, match a
#   `DataLoader` bit for bit, count the rows that it drops, bias a fit with a sampler
#   and repair it, and time six ways to feed a model.
# - **You need** the loop of {ref}`three-regimes` and its noisy line.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## Four jobs in one call
#
# Take the thousand noisy points of {ref}`three-regimes`. A **data set**, for PyTorch,
# is anything that has a length and returns item $i$. `TensorDataset` makes one from
# tensors.

# %%
import torch
from torch.utils.data import DataLoader, TensorDataset

from helpers import noisy_line

inputs, targets = map(torch.from_numpy, noisy_line())
line = TensorDataset(inputs, targets)
torch.manual_seed(0)
loader = DataLoader(line, batch_size=32, shuffle=True)
sizes = [len(xs) for xs, ys in loader]
item = [part.numpy().round(2) for part in line[3]]
print(len(line), "rows, item 3:", *item)
print(len(loader), "batches, of", sizes[0], "rows, the last of", sizes[-1])

# %% [markdown]
# A sketch without PyTorch's class shows the four jobs that the call does. A
# *{term}`sampler`* puts row numbers in an order, a *batch sampler* cuts the order, the
# *data set* looks up one item per row, and *collate* stacks the items.


# %%
class ByHand:
    def __init__(self, dataset, batch_size):
        self.dataset, self.batch_size = dataset, batch_size

    def __iter__(self):
        order = torch.randperm(len(self.dataset))  # sampler
        for rows in order.split(self.batch_size):  # batch sampler
            items = [self.dataset[i] for i in rows.tolist()]  # data set
            columns = zip(*items, strict=True)
            yield [torch.stack(column) for column in columns]  # collate


xs, ys = next(iter(ByHand(line, 32)))
print(xs.shape, ys.shape)

# %% [markdown]
# A loader is *iterable*, but not an *iterator*: each `for` calls `iter` on it, and that
# begins a new epoch, with a new order if the loader shuffles. `next(loader)` fails, and
# `next(iter(loader))` begins an epoch and throws the rest of it away.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Four jobs in one call"):
    claim("the thousand noisy points", len(line) == 1000)
    passed = torch.cat([xs for xs, _ in ByHand(line, 32)])
    claim(
        "A sketch without PyTorch's class",
        torch.equal(passed[:, 1].sort().values, inputs[:, 1].sort().values),
    )
    claim("next(loader) fails", not hasattr(loader, "__next__"))

# %% [markdown]
# ## A data set of your own
#
# Any class with `__len__` and `__getitem__` will do. This one holds the workshop's 2500
# points of a rippled surface in two NumPy arrays, and converts a point whenever it is
# asked for it. (The workshop's own class converts them all at once, at the beginning.
# You will time both.)

# %%
from torch.utils.data import Dataset, default_collate

from helpers import sinc_surface


class Surface(Dataset):
    def __init__(self, points, heights):
        self.points, self.heights = points, heights

    def __len__(self):
        return len(self.heights)

    def __getitem__(self, i):
        point, height = self.points[i], self.heights[i]
        return torch.tensor(point).float(), torch.tensor(height).float()


points, heights = sinc_surface()
surface = Surface(points, heights)

# %% [markdown]
# What would happen without `torch.tensor(…).float()`, or if an item were a bare number?

# %%
height = heights[0]  # a NumPy array of shape (1,)
kinds = {
    "as above": torch.tensor(height).float(),
    "NumPy array": height,
    "NumPy number": height[0],
    "Python float": float(height[0]),
}
for name, item in kinds.items():
    batch = default_collate([item] * 200)
    print(f"{name:12} {batch.dtype}, shape {tuple(batch.shape)}")

# %% [markdown]
# Three of the four arrive as float64. A float32 layer refuses such inputs; as targets
# they pass, and the loss is float64, too. The last two have lost their column, and that
# is worse, since nothing need fail: predictions of shape (200, 1) minus targets of
# shape (200,) are 40,000 differences, the slip of an exercise in {ref}`three-regimes`.
# Look at one batch before you train. (Items of unequal size need a `collate_fn` of
# yours, which pads or lists them.)

# %% tags=["remove-cell"]
with checks("A data set of your own"):
    claim("the workshop's 2500 points", len(surface))
    collated = [default_collate([item] * 200) for item in kinds.values()]
    right, doubled, bare = collated[:3]
    kept = [batch.dtype for batch in collated]
    claim(
        "Three of the four arrive as float64",
        kept == [torch.float32] + [torch.float64] * 3,
    )
    refused = False
    try:
        torch.nn.Linear(1, 1)(doubled)
    except RuntimeError:
        refused = True
    claim("A float32 layer refuses such inputs", refused)
    loss = torch.nn.functional.mse_loss(right, doubled)
    claim("the loss is float64, too", loss.dtype == torch.float64)
    claim(
        "The last two have lost their column",
        [batch.dim() for batch in collated] == [2, 2, 1, 1],
    )
    claim(
        "shape (200, 1) minus targets of shape (200,) are 40,000 differences",
        *right.shape,
        *bare.shape,
        (right - bare).numel(),
    )

# %% [markdown]
# ## Which settings make which regime?
#
# Ask the loader itself. Let 20 rows carry their own numbers, and choose six settings.

# %%
from torch.utils.data import RandomSampler

numbered = TensorDataset(torch.arange(20))
draws = RandomSampler(numbered, replacement=True)
shuffled = {"batch_size": 6, "shuffle": True}
settings = {
    "the defaults": {},
    "batch_size=20": {"batch_size": 20},
    "batch_size=6": {"batch_size": 6},
    "6, shuffle=True": shuffled,
    "the same, drop_last": shuffled | {"drop_last": True},
    "6, draws anew": {"batch_size": 6, "sampler": draws},
}

# %% [markdown]
# Then note which rows come out, step by step, in two epochs.

# %%
torch.manual_seed(1)
fed = {}  # setting: for each step, the rows of its batch
for name, chosen in settings.items():
    loader = DataLoader(numbered, **chosen)
    fed[name] = [rows.tolist() for epoch in range(2) for (rows,) in loader]

# %% [markdown]
# Drawn from left to right, with all epochs equally wide:

# %% tags=["hide-input"]
#| name: fig-loader-rows
#| caption: Twenty rows, two epochs, six settings. A blue cell means that the step gets
#|   the row, an orange one that it gets it twice. The line separates the epochs.
#| alt: Six small panels, row number from 0 at the top against epochs. The defaults draw
#|   a thin diagonal from top to bottom, the same in both epochs. batch_size=20 fills
#|   each epoch with one solid block. batch_size=6 draws a staircase of four blocks, the
#|   last one lower, the same twice. With shuffle the cells are scattered, differently
#|   in each epoch, and every row is met once. With drop_last there are three columns an
#|   epoch, and two rows of each epoch stay empty. Drawn anew, some rows come several
#|   times and others never.
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE, use_book_style

use_book_style()
shades = ListedColormap([BLUE, ORANGE])
figure, axes = plt.subplots(3, 2, sharex=True, sharey=True, figsize=(5.4, 6))
for ax, (name, steps) in zip(axes.flat, fed.items(), strict=True):
    counts = [np.bincount(rows, minlength=20) for rows in steps]
    shown = np.ma.masked_equal(np.transpose(counts), 0)
    edges = np.linspace(0, 2, len(steps) + 1), np.arange(21) - 0.5
    ax.pcolormesh(*edges, shown, cmap=shades, vmin=1, vmax=2)
    ax.axvline(1, color=GRAY, linewidth=1)
    ax.set_title(name, fontsize=11)
    ax.grid(False)
axes[0, 0].set(ylim=(19.5, -0.5), xticks=[0, 1, 2], yticks=[0, 5, 10, 15])
for ax in axes[:, 0]:
    ax.set_ylabel("row")
for ax in axes[2]:
    ax.set_xlabel("epochs")
title = "batch_size sets the size, shuffle the order"
figure.suptitle(title, x=0.02, ha="left", fontsize=12)
plt.show()

# %% [markdown]
# In {numref}`fig-loader-rows`, the batch size sets how many rows a step uses, and
# `shuffle` whether they come in random order. Stochastic gradient descent needs both:
# one row a step, and a random one. For a whole batch, order decides nothing but the
# rounding of a sum. With `drop_last`, each epoch leaves out two rows, and not the same
# two; a sampler that draws anew feeds some rows twice and others never.
#
# | `batch_size` | `shuffle` | what you get |
# |---|---|---|
# | `len(data)` | no matter | batch gradient descent |
# | in between | `True` | mini-batches, new ones in every epoch |
# | in between | `False` | mini-batches, the same in every epoch |
# | one, the default | `True` | stochastic gradient descent |
# | one, the default | `False`, the default | one example a step, always in order |
#
# So `DataLoader(data)` is neither batch descent nor random: check both settings. (The
# notebook lets the two together select the kind of descent, and lists mini-batches with
# `shuffle=False`; its own code has `True` for the line and the small network, and
# `False` for the deep one. The table says what each does.) A note on words: the
# workshop speaks of batch gradient descent where steps take 200 of 2500 rows. This
# book, like {cite}`bottou2018`, says *mini-batches*.

# %% tags=["remove-cell"]
import itertools

with checks("Which settings make which regime?"):
    claim("Let 20 rows carry", len(numbered))
    epochs_of = {
        name: (steps[: len(steps) // 2], steps[len(steps) // 2 :])
        for name, steps in fed.items()
    }
    given("row number from 0 at")
    sizes = {name: len(first) for name, (first, _) in epochs_of.items()}
    ordered = ("the defaults", "batch_size=20", "batch_size=6")
    repeated = [epochs_of[name][0] == epochs_of[name][1] for name in ordered]
    claim("the same in both epochs", sizes["the defaults"] == 20 and repeated[0])
    claim("batch_size=20 fills each epoch with one", sizes["batch_size=20"] == 1)
    claim(
        "batch_size=6 draws a staircase of four blocks",
        sizes["batch_size=6"] == sizes["6, shuffle=True"] == 4,
    )
    claim("mini-batches, the same in every epoch", all(repeated))
    first, second = epochs_of["6, shuffle=True"]
    claim("differently in each epoch", first != second)
    met = [sorted(itertools.chain(*half)) for half in (first, second)]
    claim("every row is met once", met == [list(range(20))] * 2)
    halves = epochs_of["the same, drop_last"]
    claim("three columns an epoch", len(halves[0]) == 3)
    left = [set(range(20)) - set(itertools.chain(*half)) for half in halves]
    claim(
        "each epoch leaves out two rows, and not the same two",
        [len(rows) for rows in left] == [2, 2] and left[0] != left[1],
    )
    anew = fed["6, draws anew"]
    claim(
        "feeds some rows twice and others never",
        max(np.bincount(rows).max() for rows in anew) == 2
        and len(set(itertools.chain(*anew))) < 20,
    )
    w = torch.zeros(2, 1, requires_grad=True)
    slopes = []
    for rows in (torch.arange(1000), torch.randperm(1000)):
        loss = ((inputs[rows] @ w - targets[rows]) ** 2).mean()
        slopes += torch.autograd.grad(loss, w)
    claim(
        "order decides nothing but the rounding of a sum",
        torch.allclose(*slopes, rtol=1e-5, atol=0),
    )
    claim("200 of 2500 rows", len(right), len(surface))

# %% [markdown]
# ## The same bits as your own loop
#
# Does the loader train exactly as the loop of {ref}`three-regimes` does? Both take
# their randomness from a `torch.Generator`. Give both the same seed, and **predict**:
# the same batches, the same losses, the same weights, to the last bit.

# %%
from torch import nn


def step(model, optimizer, xs, ys):
    loss = nn.functional.mse_loss(model(xs), ys)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def train(seed, batches):
    torch.manual_seed(seed)
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    losses = [step(model, optimizer, xs, ys) for xs, ys in batches]
    return losses, model.weight.detach()


# %% [markdown]
# Then the batches of five epochs, from the loader and from slices:


# %%
def from_loader(seed, epochs=5, **more):
    generator = torch.Generator().manual_seed(seed)
    loader = DataLoader(line, 32, shuffle=True, generator=generator, **more)
    return (batch for _ in range(epochs) for batch in loader)


def from_slices(seed, draw_orders):
    generator = torch.Generator().manual_seed(seed)
    for order in draw_orders(generator, epochs=5):
        for rows in order.split(32):
            yield inputs[rows], targets[rows]


def plain_orders(generator, epochs):
    for _ in range(epochs):
        yield torch.randperm(len(line), generator=generator)


# %% [markdown]
# Three seeds make 480 losses to compare, and three sets of weights.


# %%
def compare(draw_orders):
    same_losses, same_weights = 0, 0
    for seed in range(3):
        losses, weights = train(seed, from_loader(seed))
        own = train(seed, from_slices(seed, draw_orders))
        pairs = zip(losses, own[0], strict=True)
        same_losses += sum(a == b for a, b in pairs)
        same_weights += torch.equal(weights, own[1])
    total = 3 * len(losses)
    print(f"{same_losses} of {total} losses, {same_weights} of 3 weights")
    return same_losses, same_weights


unlike = compare(plain_orders)

# %% [markdown]
# Not a single loss is the same. The reason is in PyTorch's source. Each `iter` on a
# loader first draws one number from the generator, a seed for worker processes, even if
# there are none. Then comes the order. And the sampler can be asked for more samples
# than there are rows; it then deals whole orders and cuts the last one short. Asked for
# $n$, it still draws that last order, and keeps none of it. Draw the same:


# %%
def loader_orders(generator, epochs):
    for _ in range(epochs):
        seed = torch.empty((), dtype=torch.int64)
        seed.random_(generator=generator)  # for workers
        yield torch.randperm(len(line), generator=generator)
        torch.randperm(len(line), generator=generator)  # never used


alike = compare(loader_orders)

# %% [markdown]
# All losses and all weights, bit for bit. So the loader changes nothing but the order
# of the rows. How it draws that order is no promise: this is PyTorch 2.13. To compare
# two loops across versions, record the orders and feed the same to both.

# %% tags=["remove-cell"]
with checks("The same bits as your own loop"):
    claim("480 losses", 3 * 5 * len(DataLoader(line, 32)))
    claim("Not a single loss is the same", unlike == (0, 0))
    claim("All losses and all weights, bit for bit", alike == (480, 3))

    def seed_only(generator, epochs):
        for _ in range(epochs):
            torch.empty((), dtype=torch.int64).random_(generator=generator)
            yield torch.randperm(len(line), generator=generator)

    losses, _ = train(0, from_loader(0))
    half_right, _ = train(0, from_slices(0, seed_only))
    claim(
        "it still draws that last order, and keeps none of it",
        losses[:32] == half_right[:32] and losses[32] != half_right[32],
    )

# %% [markdown]
# ## A loader that only watches
#
# A loader without a generator draws from PyTorch's global one, and that first seed is
# drawn at every `iter`, shuffled or not. Hence a **prediction**: look at the loss after
# each epoch through a second loader, change nothing else, and the training is the same
# through the first epoch and different from then on.


# %%
def watched_path(seed, watch, generator=None, epochs=4):
    torch.manual_seed(seed)
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    loader = DataLoader(line, 32, shuffle=True, generator=generator)
    path = []
    for _ in range(epochs):
        for xs, ys in loader:
            step(model, optimizer, xs, ys)
            path.append(model.weight.detach().clone())
        if watch:
            for xs, ys in DataLoader(line, 1000):  # not shuffled, no step
                nn.functional.mse_loss(model(xs), ys)
    return torch.cat(path)


# %% [markdown]
# Measure how far apart the weights with and without the watcher are, for six seeds:
# with the global generator, then with one that belongs to the training loader. For
# scale, compare two unwatched runs whose loaders shuffle with different seeds, too.

# %%
shared, private, reshuffled = [], [], []
for seed in range(6):
    alone = watched_path(seed, watch=False)
    shared.append((watched_path(seed, watch=True) - alone).norm(dim=1))
    own = [torch.Generator().manual_seed(seed + 100) for _ in range(2)]
    alone_own = watched_path(seed, False, own[0])
    private.append((watched_path(seed, True, own[1]) - alone_own).norm(dim=1))
    reshuffled.append((alone_own - alone).norm(dim=1))
shared, private, reshuffled = map(torch.stack, (shared, private, reshuffled))
print(f"global, epoch 1   {shared[:, :32].max():.3f}")
print(f"global, epoch 4   {shared[:, -32:].mean():.3f}")
print(f"own, at most      {private.max():.3f}")
print(f"other seed        {reshuffled[:, -32:].mean():.3f}")

# %% [markdown]
# Now update by update:

# %% tags=["hide-input"]
#| name: fig-loader-watch
#| caption: Distance between the weights of two runs that differ only in being watched.
#|   Each orange line is one seed; the blue line is all six.
#| alt: Distance of the weights against 128 updates. All lines are zero up to update 32.
#|   From there six orange lines jump up, wander apart, and never return to zero. A blue
#|   line stays at zero to the end.
figure, ax = plt.subplots()
updates = np.arange(1, shared.shape[1] + 1)
ax.plot(updates, shared.T, color=ORANGE, linewidth=1)
ax.plot(updates, private.max(dim=0).values, color=BLUE, linewidth=2.5)
ax.axvline(32, color=GRAY, linestyle="--", linewidth=1)
top = float(shared.max())
ax.text(30, 0.93 * top, "first look", color=GRAY, ha="right")
ax.text(36, 1.05 * top, "global generator", color=ORANGE)
ax.text(100, -0.07 * top, "own generator", color=BLUE, va="center")
ax.set(xlabel="updates", ylabel="distance of the weights")
ax.set(title="Watching changes the run", ylim=(-0.14 * top, 1.15 * top))
plt.show()

# %% [markdown]
# As predicted: nothing until the first look, then a gap about as wide as between two
# seeds of the shuffle ({numref}`fig-loader-watch`). Peeking at one batch does the same.
# No run is wrong, but you can no longer tell a change that you made from one that you
# did not. Give each loader a `generator` of its own, and the gap is zero.

# %% tags=["remove-cell"]
with checks("A loader that only watches"):
    claim("against 128 updates", shared.shape[1])
    claim("zero up to update 32", (shared > 0).int().argmax(dim=1).unique())
    claim("nothing until the first look", shared[:, :32].max() == 0)
    claim("never return to zero", (shared[:, 32:] > 0).all())
    ratio = shared[:, -32:].mean() / reshuffled[:, -32:].mean()
    claim("a gap about as wide as between two seeds", 0.5 < ratio < 2)
    before = torch.get_rng_state()
    next(iter(DataLoader(line, 32)))
    moved = not torch.equal(before, torch.get_rng_state())
    claim("Peeking at one batch does the same", moved)
    claim("and the gap is zero", private.max() == 0)

# %% [markdown]
# ## The rows that are left over
#
# A thousand rows make 31 batches of 32 and leave 8. `drop_last=True` drops the last,
# smaller batch. Without `shuffle` it drops the *same* rows in every epoch, and the
# model never sees them. With `shuffle`, each row is left over with chance $d/n$, for
# $d$ dropped rows of $n$, so **predict**: after $E$ epochs a share of $(d/n)^E$ of the
# rows has never been seen.


# %%
def never_seen(n, batch_size, epochs, runs=200):
    loader = DataLoader(range(n), batch_size, shuffle=True, drop_last=True)
    share = torch.zeros(epochs)
    for _ in range(runs):
        unseen = torch.ones(n)
        for epoch in range(epochs):
            for rows in loader:
                unseen[rows] = 0
            share[epoch] += unseen.mean() / runs
    return share


torch.manual_seed(0)
cases = {"the line": (1000, 32, 2), "the surface": (2500, 200, 3)}
cases["100 rows, b = 64"] = (100, 64, 6)
unseen = {name: never_seen(*case) for name, case in cases.items()}

# %% [markdown]
# Some rows are still unseen after two epochs, but few:

# %% tags=["hide-input"]
#| name: fig-loader-unseen
#| caption: Share of rows in no batch so far, with `drop_last=True`. Lines are
#|   predicted; dots are measured, the mean of 200 runs. Each line stops where fewer
#|   than 100 such rows are left in all runs together.
#| alt: Share of rows never seen, on a log scale, against epochs. Three straight lines
#|   fall from epoch 1, steeply for the line and the surface, slowly for 100 rows in
#|   batches of 64. Dots lie on the lines. From the start of each line a dotted gray
#|   line runs on horizontally, with the words without shuffle.
figure, ax = plt.subplots()
colors = {"the line": BLUE, "the surface": ORANGE, "100 rows, b = 64": GREEN}
for name, (rows, b, epochs) in cases.items():
    E = np.arange(1, epochs + 1)
    ax.semilogy(E, (rows % b / rows) ** E, color=colors[name])
    ax.semilogy(E, unseen[name], "o", color=colors[name], ms=6)
    ax.axhline(rows % b / rows, 0.045, color=GRAY, linestyle=":", lw=1.2)
ax.text(1.35, 1.3e-5, "the line,\n8 of 1000 left", color=BLUE)
ax.text(3.15, 4e-5, "the surface,\n100 of 2500 left", color=ORANGE)
ax.text(4.1, 2.2e-2, "36 of 100 left", color=GREEN)
ax.text(6.25, 4.3e-1, "without shuffle", color=GRAY, ha="right")
ax.set(xlabel="epochs", ylabel="share never seen")
ax.set(xlim=(0.75, 6.3), ylim=(1e-5, 1))
ax.set_title("Shuffled, no row stays out for long")
plt.show()

# %% [markdown]
# Predicted and measured agree in {numref}`fig-loader-unseen`. Unshuffled, the surface
# loses its last 100 rows for good: in grid order these are two whole lines, an edge.
#
# Keeping the small batch has a price too. It gets a full step, so each of its 8 rows
# counts four times as much as another; unshuffled, it is always the same 8. A *log*
# that takes the mean over batches has the same fault. Let a model stand still, and
# reshuffle. The mean over rows cannot move. But if the mean over batches gives row $i$,
# of loss $\ell_i$, the weight $w_i$, the log is off by $\sum_i (w_i - 1/n)\,\ell_i$.
# The losses come in random order, and the excess weights, $w_i - 1/n$, add up to zero.
# **Predict** the scatter of the log: the standard deviation of the losses times the
# length of the vector of excess weights.

# %%
# "gels" because the last digits of the default driver vary from run to run
best = torch.linalg.lstsq(inputs, targets, driver="gels").solution
squares = ((inputs @ best - targets) ** 2)[:, 0]  # one loss per row
weights = torch.full((1000,), 1 / 32 / 32)
weights[-8:] = 1 / 32 / 8  # the rows of the last batch
predicted = squares.std() * (weights - 1 / 1000).norm()
epochs = squares[torch.rand(2000, 1000).argsort(dim=1)]  # each row, one epoch
batches = epochs.split(32, dim=1)
means = torch.stack([batch.mean(dim=1) for batch in batches])
log = means.mean(dim=0)
print(f"predicted {predicted:.4f}, measured {log.std():.4f}")
print(f"around a loss of {squares.mean():.2f}")

# %% [markdown]
# While nothing moves, the log scatters by 0.022 around a loss of 1.84, about 1%. Where
# a loader is not shuffled, as for validation, the error is not scatter but bias: for a
# model that predicts zero everywhere, the surface in order logs a loss 3% too low. The
# repair is one factor. Add up `len(xs) * loss.item()`, and divide by $n$ at the end.

# %% tags=["remove-cell"]
with checks("The rows that are left over"):
    (n, b, _), (surface_n, surface_b, _), (few, few_b, _) = cases.values()
    claim("31 batches of 32 and leave 8", n // b, b, n % b)
    off, ends = [], []
    for name, (rows, b, epochs) in cases.items():
        E = np.arange(1, epochs + 1)
        chance = (rows % b / rows) ** E
        allowed = 4 * np.sqrt(chance * (1 - chance) / rows / 200) + 1e-6
        off.append(abs(unseen[name].numpy() - chance) < allowed)
        ends.append((chance * rows * 200 < 100) == (epochs == E))
    claim("Predicted and measured agree", np.concatenate(off).all())
    claim("where fewer than 100 such rows", np.concatenate(ends).all())
    given("mean of 200 runs", "fall from epoch 1")
    claim("100 rows in batches of 64", few, few_b)
    claim("its last 100 rows", surface_n % surface_b)
    edge = points[-100:, 0].reshape(2, 50)
    claim(
        "two whole lines, an edge", np.ptp(edge, axis=1).max() == 0 and edge.min() > 9
    )
    claim("each of its 8 rows", (weights == weights[-1]).sum())
    claim("counts four times as much as another", weights[-1] / weights[0] == 4)
    claim("always the same 8", len(batches[-1][0]))
    claim(
        "by 0.022 around a loss of 1.84, about 1%",
        predicted,
        squares.mean(),
        predicted / squares.mean(),
    )
    claim("While nothing moves, the log", 0.93 < log.std() / predicted < 1.07)
    in_order = torch.from_numpy(heights[:, 0] ** 2)
    batch_means = torch.stack([batch.mean() for batch in in_order.split(200)])
    claim("3% too low", 1 - batch_means.mean() / in_order.mean())

# %% [markdown]
# ## Samplers: who gets to be seen
#
# `shuffle=True` is short for a `RandomSampler`. With `replacement=True` it draws each
# row anew, so an epoch misses a row with chance $(1 - 1/n)^n$, about $1/e$ or 37%. A
# `WeightedRandomSampler`, which also draws with replacement unless told otherwise,
# shows some rows more often than others, say those that are rare. The expected gradient
# is then that of a *weighted* loss, so **predict** the weighted least-squares line. Try
# tenfold weights for tall targets, and for far inputs.

# %%
centered = inputs - torch.tensor([0, 1]) * inputs.mean(dim=0)
rare = {
    "tall": torch.where(targets[:, 0] > 12, 10.0, 1.0),
    "far": torch.where(inputs[:, 1] > 3.5, 10.0, 1.0),
}


def weighted_line(weights):
    root = weights.sqrt()[:, None]
    rooted = root * centered, root * targets
    return torch.linalg.lstsq(*rooted, driver="gels").solution[:, 0]


plain_line = weighted_line(torch.ones(1000))

# %% [markdown]
# (Centering makes descent fast, see {ref}`conditioning`.) Now the loader. Here the
# sampler yields whole lists of rows, and `batch_size=None` hands each list to the data
# set in one piece. Each row also carries a factor for its loss.

# %%
from torch.utils.data import BatchSampler, WeightedRandomSampler


def weighted_loader(weights, factors):
    rows = WeightedRandomSampler(weights, 1000)
    lists = BatchSampler(rows, 100, drop_last=False)
    data = TensorDataset(centered, targets, factors[:, None])
    return DataLoader(data, batch_size=None, sampler=lists)


# %% [markdown]
# Descend, and average the second half of the path, so that its noise cancels.


# %%
def sampled_line(loader, seed):
    torch.manual_seed(seed)
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    late = []
    for epoch in range(12):
        for xs, ys, factor in loader:
            loss = (factor * (model(xs) - ys) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if epoch >= 6:
                late.append(model.weight.detach().clone())
    return torch.cat(late).mean(dim=0)


# %% [markdown]
# To undo the weights, divide each row's loss by its weight. Here are the slopes,
# predicted and measured: the mean over six seeds, ± their standard deviation.

# %%
slopes_of = {}
for name, undo in (("tall", False), ("far", False), ("tall", True)):
    weights = rare[name]
    factors = weights.mean() / weights if undo else torch.ones(1000)
    goal = plain_line if undo else weighted_line(weights)
    loader = weighted_loader(weights, factors)
    lines = torch.stack([sampled_line(loader, seed) for seed in range(6)])
    slopes_of[name, undo] = goal[1], lines
    measured = f"{lines[:, 1].mean():.2f} ± {lines[:, 1].std():.2f}"
    print(f"{name + ', undone' * undo:12} {goal[1]:.2f}, measured {measured}")

# %% [markdown]
# For tall targets, the whole lines:

# %% tags=["hide-input"]
#| name: fig-loader-weights
#| caption: Orange targets, above 12, are shown ten times as often. The orange line is
#|   the mean of six descents with this sampling, the blue one the mean of six in which
#|   the loss undoes the weights, the black one least squares on all rows alike.
#| alt: A cloud of gray points that rises from left to right, its upper end above a
#|   target of 12 in orange. A black line runs through the middle of the cloud, and a
#|   blue dashed line lies on it. An orange line is steeper and passes above them over
#|   most of the cloud.
figure, ax = plt.subplots(figsize=(5.4, 3.8))
x = inputs[:, 1]
y = targets[:, 0]
for part, color in ((y <= 12, GRAY), (y > 12, ORANGE)):
    ax.plot(x[part], y[part], ".", color=color, ms=3, rasterized=True)
ends = torch.tensor([-0.5, 5.0])
tilted, undone = (slopes_of["tall", k][1].mean(dim=0) for k in (False, True))
for w, color, style in (
    (plain_line, BLACK, "-"),
    (tilted, ORANGE, "-"),
    (undone, BLUE, "--"),
):
    ax.plot(ends, w[0] + w[1] * (ends - x.mean()), style, color=color)
ax.text(5.1, 16.4, "sampled by\nthe target", color=ORANGE, va="center")
ax.text(5.1, 13.9, "all rows alike", color=BLACK, va="center")
ax.text(5.1, 12.3, "undone in\nthe loss", color=BLUE, va="center")
ax.set(xlabel="x", ylabel="y", xlim=(-1.6, 7.6))
ax.set_title("A sampler that sees the target tilts the fit")
plt.show()

# %% [markdown]
# All arrive where predicted. Rows chosen by their *target* move the slope from 1.98 to
# 2.23, by more than 5 of its standard errors (0.044, in {ref}`three-regimes`), though
# the true line is straight. Rows chosen by their *input* move it to 2.00, by less than
# one: a straight line is right for any mix of inputs. Where the model is wrong
# somewhere, such a choice can move the answer too. Dividing by the chance of being
# drawn, as survey statisticians do {cite}`hansen1943`, brings the line back.

# %% tags=["remove-cell"]
with checks("Samplers: who gets to be seen"):
    torch.manual_seed(0)
    drawn = torch.tensor(list(RandomSampler(range(1000), True, 100_000)))
    missed = [1 - len(rows.unique()) / 1000 for rows in drawn.split(1000)]
    claim("or 37%", np.mean(missed))
    given("above 12, are", "a target of 12")
    tenfold = [weights.max() / weights.min() == 10 for weights in rare.values()]
    claim("Try tenfold weights", all(tenfold))
    claim("are shown ten times as often", tenfold[0])
    off = [lines[:, 1].mean() - goal for goal, lines in slopes_of.values()]
    claim("All arrive where predicted", max(map(abs, off)) < 0.03)
    residual = (targets - inputs @ best)[:, 0].double()
    s2 = residual @ residual / (len(line) - 2)
    slope_error = (s2 / (centered[:, 1].double() ** 2).sum()).sqrt()
    tall, far = (slopes_of[name, False][0] for name in rare)
    claim("from 1.98 to 2.23", plain_line[1], tall)
    claim(
        "more than 5 of its standard errors (0.044",
        (tall - plain_line[1]) / slope_error,
        slope_error,
    )
    claim("move it to 2.00", far)
    claim("by less than one", abs(far - plain_line[1]) < slope_error)

# %% [markdown]
# ## What a batch costs
#
# Now the price. Feed one epoch of the line, and one of the surface, without training,
# in six ways: from several Python calls per row to none.


# %%
def by_index(xs, ys, b):
    for rows in torch.randperm(len(xs)).split(b):
        yield xs[rows], ys[rows]


def by_slice(xs, ys, b):  # reorder once, then cut views
    order = torch.randperm(len(xs))
    yield from zip(xs[order].split(b), ys[order].split(b), strict=True)


# %% [markdown]
# The other four are loaders. "TensorDataset" is the call of the opening. And
# "converted once" is a class of your own that does what the workshop's does: it makes
# the tensors at the beginning, and then only looks up.


# %%
class Converted(Surface):
    def __init__(self, points, heights):
        super().__init__(*(torch.tensor(a).float() for a in (points, heights)))

    def __getitem__(self, i):
        return self.points[i], self.heights[i]


def ways(custom, xs, ys, b):
    data, once = TensorDataset(xs, ys), Converted(custom.points, custom.heights)
    lists = BatchSampler(RandomSampler(data), b, drop_last=False)
    return {
        "custom Dataset": lambda: DataLoader(custom, b, shuffle=True),
        "converted once": lambda: DataLoader(once, b, shuffle=True),
        "TensorDataset": lambda: DataLoader(data, b, shuffle=True),
        "BatchSampler": lambda: DataLoader(
            data,
            batch_size=None,
            sampler=lists,
        ),
        "index by hand": lambda: by_index(xs, ys, b),
        "slice by hand": lambda: by_slice(xs, ys, b),
    }


# %% [markdown]
# Of five runs, keep the fastest, the one least disturbed. `process_time` stands still
# while the processor works for other programs.

# %%
from time import perf_counter, process_time


def fastest(batches, clock=process_time, repeats=5):
    times = []
    for _ in range(repeats):
        start = clock()
        for _ in batches():
            pass
        times.append(clock() - start)
    return 1000 * min(times)  # in ms


def training(model, batches):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return lambda: (step(model, optimizer, xs, ys) for xs, ys in batches)


# %% [markdown]
# For comparison, `training` takes the steps of an epoch on ready-made batches: with a
# linear model for the line, with the workshop's 80 {term}`hidden units <hidden unit>`
# for the surface.

# %%
tensors = [torch.tensor(a).float() for a in (points, heights)]
problems = {
    "line": (Surface(inputs.numpy(), targets.numpy()), inputs, targets, 32),
    "surface": (surface, *tensors, 200),
}
layers = [nn.Linear(2, 80), nn.Tanh(), nn.Linear(80, 1), nn.Tanh()]
models = {
    "line": nn.Linear(2, 1, bias=False),
    "surface": nn.Sequential(*layers),
}

# %% [markdown]
# Measure them all, and set the call against slicing and against training.

# %% tags=["nbval-ignore-output"]
torch.set_num_threads(1)  # small batches gain nothing from more
cost = {}
for name, problem in problems.items():
    cost[name] = {way: fastest(feed) for way, feed in ways(*problem).items()}
    steps = training(models[name], list(by_index(*problem[1:])))
    cost[name]["training steps"] = fastest(steps)
for name, times in cost.items():
    call, sliced = times["TensorDataset"], times["slice by hand"]
    ratio, share = call / sliced, call / times["training steps"]
    print(f"{name:7} {ratio:3.0f} × slicing, {share:.0%} of training")

# %% [markdown]
# And all six ways:

# %% tags=["hide-input", "nbval-ignore-output"]
#| name: fig-loader-cost
#| caption: Milliseconds to feed one epoch, fastest of five, on a log scale. The gray
#|   dot is the training on that epoch, for comparison.
#| alt: Two panels of dots on a log scale of time, one for the line and one for the
#|   surface. In both the custom Dataset takes longest; the class that converted once
#|   and the TensorDataset follow, close to each other, the BatchSampler takes clearly
#|   less, and indexing and slicing by hand less still, by a large factor. A gray dot,
#|   the training steps, lies among the slower ways.
figure, axes = plt.subplots(2, sharex=True, figsize=(5.4, 5.6))
for ax, times in zip(axes, cost.values(), strict=True):
    for way, ms in times.items():
        color = GRAY if way == "training steps" else BLUE
        ax.plot(ms, way, "o", color=color)
        digits = f"{ms:#.2g}".rstrip(".")
        ax.annotate(f" {digits}", (ms * 1.15, way), va="center")
    ax.set(xscale="log", xlim=(0.03, 150), ylim=(6.5, -0.5))
axes[0].set_title("The line, b = 32", fontsize=11)
axes[1].set_title("The surface, b = 200", fontsize=11)
figure.suptitle("Work per row is what costs", x=0.02, ha="left", fontsize=12)
axes[1].set_xlabel("ms per epoch")
plt.show()

# %% [markdown]
# Another machine has other times, but much the same orders of magnitude. A custom
# `Dataset` that converts item by item has the most work in Python per row, and takes
# more than 30 times as long as slicing. Converted once, in the workshop's way, it takes
# much less, about as long as `TensorDataset`. But `TensorDataset`, too, takes more than
# 10 times as long as slicing, on both data sets. A `BatchSampler` with
# `batch_size=None` asks the data set only once per batch, but still handles every row
# number in Python, and a list of them makes a slower index than a tensor.
#
# When is the call worth its price? Models as small as these pay a high share, printed
# above: on both data sets, more than 10% of the training time. Here, slice, or use a
# `BatchSampler`. Where a step of training takes many times longer than its batch,
# convenience is nearly free. And where reading one item is slow, the call can do what
# slicing cannot: read ahead, with workers.

# %% tags=["remove-cell"]
import functools

with checks("What a batch costs"):
    given("the workshop's 80")
    by = {way: np.array([times[way] for times in cost.values()]) for way in times}
    sliced, steps_alone = by["slice by hand"], by["training steps"]
    claim(
        "In both the custom Dataset takes longest",
        np.all(by["custom Dataset"] > by["TensorDataset"]),
    )
    claim(
        "the BatchSampler takes clearly less",
        np.all(by["BatchSampler"] < by["TensorDataset"])
        and np.all(by["BatchSampler"] < by["converted once"]),
    )
    claim(
        "and indexing and slicing by hand less still",
        np.all(by["index by hand"] < by["BatchSampler"])
        and np.all(sliced < by["BatchSampler"]),
    )
    claim(
        "the training steps, lies among the slower ways",
        np.all(by["index by hand"] < steps_alone)
        and by["custom Dataset"][1] > steps_alone[1],
    )
    claim("more than 30 times as long", min(by["custom Dataset"] / sliced))
    claim("it takes much less", np.all(by["converted once"] < by["custom Dataset"]))
    claim(
        "about as long as TensorDataset",
        np.all(by["converted once"] < 3 * by["TensorDataset"]),
    )
    claim(
        "takes more than 10 times as long as slicing, on both",
        min(by["TensorDataset"] / sliced),
    )
    claim("more than 10% of the training time", min(by["TensorDataset"] / steps_alone))

    def indexed(xs, ys, batches):
        for rows in batches:
            yield xs[rows], ys[rows]

    slower = []
    for _, xs, ys, b in problems.values():
        as_tensors = torch.randperm(len(xs)).split(b)
        as_lists = [rows.tolist() for rows in as_tensors]
        feeds = (
            functools.partial(indexed, xs, ys, rows) for rows in (as_lists, as_tensors)
        )
        by_list, by_tensor = map(fastest, feeds)
        slower.append(by_list > by_tensor)
    claim("a list of them makes a slower index than a tensor", all(slower))

# %% tags=["remove-cell"]
with checks("DataLoader"):
    dear = cost["line"]["TensorDataset"] / cost["line"]["slice by hand"]
    claim("the call takes more than 10 times as long as slicing does", dear)
    claim("it deals other batches than your own loop", unlike == (0, 0))
    claim("changes what the first one trains", (shared[:, 32:] > 0).all())

# %% [markdown]
# ## Workers, and pinned memory
#
# With `num_workers=2`, two processes look up and collate batches while yours trains.
# Each epoch starts them anew. What does that cost where there is nothing to wait for?
# Waiting for a worker takes time too, so read the clock on the wall, `perf_counter`.

# %%
alone = cost["line"]["TensorDataset"]
helped = fastest(
    lambda: DataLoader(line, 32, shuffle=True, num_workers=2), perf_counter
)
print(f"alone {alone:.1f} ms, with two workers {helped:.0f} ms")
per_row = 2 * (helped - alone) / len(line)
print(f"they pay if a row costs {1000 * per_row:.0f} µs or more")

# %% [markdown]
# An epoch takes longer, not less: the workers have to start, and each batch has to
# travel between processes. With nothing else to do, two workers can at best halve the
# looking up, hence the last line; it holds for a thousand rows an epoch, and workers
# that start anew. If you train meanwhile, for as long as the rows take, they can hide
# all of the looking up, and pay from half of that on. No slice of a tensor costs that
# much. Keep the default, 0, until reading a row is slow.
#
# Those are costs for Linux, where a worker is a copy of your process (*fork*). Windows
# and macOS start an empty Python (*spawn*), and from Python 3.14 on Linux does much the
# same (*forkserver*). There each worker first imports PyTorch, and gets your data set
# by `pickle`. In a script the loop must then sit under `if __name__ == "__main__":`,
# since workers import the script. And a class keeps no code in a pickle:

# %%
import pickle
import subprocess
import sys

kept = pickle.dumps(Surface)
command = [sys.executable, "-c", f"import pickle; pickle.loads({kept})"]
other = subprocess.run(command, capture_output=True, text=True)
kind, message = other.stderr.splitlines()[-1].split(": ", 1)
print(kind, message.partition(" on ")[0], sep="\n")

# %% [markdown]
# Only two names travel, `__main__` and `Surface`, and in another process `__main__` is
# another file. Use a class from a library, such as `TensorDataset`, or put yours in a
# module. Here is one, whose rows are slow: it sleeps, as if it read files.

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

module = """
import time
from torch.utils.data import TensorDataset

class SlowRows(TensorDataset):
    def __getitem__(self, i):
        time.sleep(0.002)
        return super().__getitem__(i)
"""
folder = TemporaryDirectory()
Path(folder.name, "slow_rows.py").write_text(module)
sys.path.append(folder.name)

# %% [markdown]
# **Predict** for 200 rows of 2 ms: 0.4 s alone, half of that with two workers, plus
# their start. With `persistent_workers=True` they stay, so that the fastest of three
# epochs has no start in it.

# %%
import importlib

SlowRows = importlib.import_module("slow_rows").SlowRows
slow = SlowRows(inputs[:200], targets[:200])
staying = DataLoader(slow, 10, num_workers=2, persistent_workers=True)
feeds = {
    "alone": lambda: DataLoader(slow, 10),
    "two new workers": lambda: DataLoader(slow, 10, num_workers=2),
    "two that stay": lambda: staying,
}
waited = {name: fastest(feed, perf_counter, 3) for name, feed in feeds.items()}
for name, ms in waited.items():
    print(f"{name:15} {ms / 1000:.2f} s")

# %% [markdown]
# Workers that stay save up to half of the time. New ones add their start, which is long
# where a machine is busy. Do workers change *which* rows come? Compare the training
# above.

# %%
losses, _ = train(0, from_loader(0, epochs=2))
same = {}
for persistent in (False, True):
    workers = {"num_workers": 2, "persistent_workers": persistent}
    own_losses, _ = train(0, from_loader(0, epochs=2, **workers))
    pairs = zip(losses, own_losses, strict=True)
    equal = [a == b for a, b in pairs]
    same[persistent] = [all(equal[:32]), all(equal[32:])]
    print(f"persistent {persistent!s:5} same {same[persistent]}")

# %% [markdown]
# New workers keep every bit, as long as the items themselves are not random. Workers
# that stay do not: without a new start there is no new seed, so from the second epoch
# on the generator is one draw behind. Harmless, unless you compare runs.
#
# Last, `pin_memory=True`. It puts each batch into page-locked memory, from which a GPU
# can fetch it while the program runs on, if you also call `xs.to("cuda",
# non_blocking=True)` {cite}`moens_pinning`. Without an accelerator it pins nothing, and
# newer versions warn. Nothing here is measured on a GPU; write
# `pin_memory=torch.cuda.is_available()`, and time it on yours.

# %% tags=["remove-cell"]
import re
import warnings

with checks("Workers, and pinned memory"):
    claim("An epoch takes longer, not less", helped > alone)
    claim("No slice of a tensor costs that much", per_row > alone / len(line))
    given("the default, 0")
    claim(
        "Only two names travel",
        b"__main__" in kept and b"Surface" in kept and len(kept) < 60,
    )
    claim(
        "in another process __main__ is another file",
        other.returncode == 1 and "Surface" in message,
    )
    pause = float(re.search(r"sleep\((.*?)\)", module)[1])  # in s
    claim("200 rows of 2 ms: 0.4 s alone", len(slow), 1000 * pause, pause * len(slow))
    least = 1000 * pause * len(slow)  # in ms
    claim(  # a busy machine may save less, but none can save more
        "Workers that stay save up to half",
        waited["alone"] > least and waited["two that stay"] > 0.97 * least / 2,
    )
    staying = feeds = None  # ends the workers
    claim("New workers keep every bit", same[False] == [True, True])
    claim("Workers that stay do not", same[True] == [True, False])

    def one_seed(generator, epochs):
        torch.empty((), dtype=torch.int64).random_(generator=generator)
        for _ in range(epochs):
            yield torch.randperm(len(line), generator=generator)
            torch.randperm(len(line), generator=generator)

    behind = train(0, itertools.islice(from_slices(0, one_seed), 64))[0]
    claim("the generator is one draw behind", behind == own_losses)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        xs, _ = next(iter(DataLoader(line, 32, pin_memory=True)))
    pinned = xs.is_pinned() if not torch.cuda.is_available() else False
    claim("Without an accelerator it pins nothing", not pinned)

# %% [markdown]
# ## What to keep
#
# - The batch size sets how many rows a step uses, `shuffle` whether they are random.
#   Stochastic descent needs both. The defaults are one row a step, in order.
# - A `DataLoader` equals your own loop to the last bit, once both draw the same orders.
#   Give every loader a `generator` of its own.
# - `drop_last` without `shuffle` hides the same rows forever. If you keep the small
#   batch, weight its loss by `len(xs)` when you log.
# - A sampler that chooses by the target changes the answer, and dividing by the weights
#   undoes it.
# - For data in memory, one call per batch and no workers. Workers are for rows that are
#   slow to read.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-loader-count
# A loader over 1000 rows has `batch_size=64` and does not shuffle. How many steps has
# an epoch, with and without `drop_last=True`? Which rows does `drop_last` hide? Without
# it, how much more does a row of the last batch count in the mean over batches?
# ::::
#
# ```{solution-start} ex-loader-count
# :class: dropdown
# ```
#
# 1000 is 15 times 64 and 40. So there are 15 steps with `drop_last`, and the last 40
# rows, from number 960 on, are never seen. Without it there are 16 steps, and a row of
# the last one counts 64 / 40 = 1.6 times as much.

# %%
whole, every = (
    list(DataLoader(range(1000), 64, drop_last=drop_last))
    for drop_last in (True, False)
)
for batches in (whole, every):
    print(len(batches), batches[-1][0], len(batches[-1]))

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    counts = [len(rows) for rows in every]
    claim("1000 rows has", sum(counts))
    claim("1000 is 15 times 64 and 40", sum(counts), len(whole), counts[0], counts[-1])
    claim("So there are 15 steps", len(whole))
    claim("the last 40 rows, from number 960 on", counts[-1], whole[-1][-1] + 1)
    claim("there are 16 steps", len(every))
    claim("64 / 40 = 1.6 times", counts[0], counts[-1], counts[0] / counts[-1])

# %% [markdown]
# ::::{exercise}
# :label: ex-loader-peek
# Someone writes `xs, ys = next(iter(loader))` *inside* the training loop, and takes 32
# steps with the loader of this page. Predict the share of rows that are never seen,
# then measure it. What would happen without `shuffle`?
# ::::
#
# ```{solution-start} ex-loader-peek
# :class: dropdown
# ```
#
# Each `iter` begins a new epoch, so each step gets the first 32 rows of a fresh order.
# A step misses a given row with chance $1 - 32/1000$, and 32 steps miss it with chance
# $(1 - 32/1000)^{32}$, which is 35%. A proper epoch misses none.

# %%
torch.manual_seed(0)
loader = DataLoader(TensorDataset(torch.arange(1000)), 32, shuffle=True)
shares = []
for _ in range(30):
    seen = torch.cat([next(iter(loader))[0] for _ in range(32)])
    shares.append(1 - len(seen.unique()) / 1000)
print(sum(shares) / 30)

# %% [markdown]
# Without `shuffle` every step gets the first 32 rows, and the other 968 never come. It
# is slow, too: each step shuffles all 1000 rows.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given(
        "takes 32 steps",
        "gets the first 32 rows of",
        "chance 1 - 32/1000, and 32 steps",
        "(1 - 32/1000)^{32}",
        "shuffles all 1000 rows",
    )
    chance = (1 - 32 / len(line)) ** 32
    claim("which is 35%", chance)
    claim("then measure it", abs(np.mean(shares) - chance) < 0.01)
    unshuffled = DataLoader(TensorDataset(torch.arange(1000)), 32)
    seen = torch.cat([next(iter(unshuffled))[0] for _ in range(32)]).unique()
    claim("the first 32 rows, and the other 968", len(seen), len(line) - len(seen))

# %% [markdown]
# ::::{exercise}
# :label: ex-loader-blocks
# Random access is slow on a disk, so one shuffles *blocks*. Write a sampler for the
# surface that shuffles its grid lines, 50 rows each, and keeps the order within a line.
# Predict how much the mean height of a batch of 200 scatters, for shuffled rows and for
# shuffled lines. Measure both.
# ::::
#
# ```{solution-start} ex-loader-blocks
# :class: dropdown
# ```
#
# A batch of shuffled rows is a sample of 200 of 2500 heights, and a batch of lines a
# sample of four of 50 line means. A sample of $k$ out of $m$ without replacement has a
# mean with variance $\frac{s^2}{k} (1 - \frac{k}{m})$.


# %%
class Lines:
    def __iter__(self):
        for k in torch.randperm(50).tolist():
            yield from range(50 * k, 50 * k + 50)

    def __len__(self):
        return 2500


torch.manual_seed(0)
z = torch.from_numpy(heights[:, 0])
line_means = z.view(50, 50).mean(dim=1)
scatter = []  # predicted, measured
for sampler, units in ((RandomSampler(z), z), (Lines(), line_means)):
    k = len(units) * 200 // 2500
    predicted = units.std() * ((1 - k / len(units)) / k) ** 0.5
    rows = [torch.tensor(list(sampler)) for _ in range(100)]
    means = torch.stack([z[r[:200]].mean() for r in rows])
    scatter.append((predicted, means.std()))
    print("predicted {:.3f}, measured {:.3f}".format(*scatter[-1]))

# %% [markdown]
# The batches of lines scatter more than twice as much, so the steps are as noisy as
# those of far fewer shuffled rows. Smaller blocks, or a buffer that is shuffled, lie
# between.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("grid lines, 50 rows each", z.view(50, 50).shape[1])
    given("batch of 200 scatters", "a sample of 200 of 2500 heights")
    claim("a sample of four of 50 line means", len(line_means))
    claim(
        "has a mean with variance",
        all(0.75 < measured / expected < 1.25 for expected, measured in scatter),
    )
    claim("scatter more than twice as much", scatter[1][1] > 2 * scatter[0][1])

# %% [markdown]
# ::::{exercise}
# :label: ex-loader-overlap
# Open: let looking up an epoch take the time $\ell$ and training on it the time $t$.
# What is the best that $w$ workers can do, and when does a third worker help? Feed
# `SlowRows` to training that sleeps, and test your formula.
# ::::
#
# ```{solution-start} ex-loader-overlap
# :class: dropdown
# ```
#
# Alone, an epoch takes $\ell + t$. Workers look up while you train, so once they run
# the best is the larger of $\ell / w$ and $t$. Another worker helps while $\ell / w >
# t$, as long as the machine has a core (or here, a sleep) to spare.

# %%
import time


def epoch_of(loader, pause):
    start = perf_counter()
    for _ in loader:
        time.sleep(pause)
    return perf_counter() - start


loader = DataLoader(slow, 10, num_workers=2, persistent_workers=True)
epoch_of(loader, 0.01)  # starts the workers
alone_s, two_s = epoch_of(DataLoader(slow, 10), 0.01), epoch_of(loader, 0.01)
print(f"{alone_s:.2f} s alone, {two_s:.2f} s with two")

# %% [markdown]
# With $\ell = 0.4$ s and $t = 0.2$ s, alone it takes more than 0.6 s. Two workers could
# do it in 0.2 s, and come close if the machine is idle. A third would not help
# here: with two, $\ell / w$ is already no larger than $t$.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    looking_up, training_s = pause * len(slow), 0.01 * len(loader)
    claim(r"\ell = 0.4", looking_up)
    claim("t = 0.2", training_s)
    claim("it takes more than 0.6 s", alone_s)
    claim("could do it in 0.2 s", max(looking_up / 2, training_s))
    claim("already no larger than t", looking_up / 2 <= training_s)
    del loader  # ends the workers
    folder.cleanup()

# %% [markdown]
# ## Sources and further reading
#
# - The line and its `DataLoader` are from {cite}`nn_gradient_descent`, the surface and
#   the idea of a `Dataset` of your own for it from {cite}`training_nn`. Both show the
#   class doing real work, which made it possible to ask what it does: thank you.
# - {cite}`pytorch_data` documents every argument, and [the
#   developers](https://github.com/pytorch/pytorch/pull/12935) say why a seed is drawn
#   even without workers. {cite}`moens_pinning` measures pinned memory on a GPU.
# - Dividing by the chance of being drawn goes back to {cite}`hansen1943`.
#   {cite}`paszke2019` describes PyTorch.
