# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (loader-draws)=
# # What a loader draws
#
# Give a `DataLoader` and your own loop the same seed: of 480 losses, not one is the
# same. Add a second {term}`loader` that only *watches* the training, and the training
# changes. Nothing is broken. A loader draws more random numbers than you would think.
# Which ones, and how do you make two runs agree to the last bit?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** match a loader bit for bit, watch a run without changing it, and see
#   what workers do to the order.
# - **You need** {ref}`dataloader`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append(
    ".."
)  # finds `helpers` when this file runs where it lies

# %% [markdown]
# ## Two loops, one seed
#
# All randomness of PyTorch comes from a `torch.Generator`. The global one is set by
# `torch.manual_seed`, and a loader can be given one of its own. Take the noisy line,
# and the step that you know:

# %%
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from helpers import noisy_line

inputs, targets = map(torch.from_numpy, noisy_line())
line = TensorDataset(inputs, targets)

# %% [markdown]
# The step takes a batch and returns its loss.


# %%
def step(model, optimizer, xs, ys):
    loss = nn.functional.mse_loss(model(xs), ys)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


# %% [markdown]
# One step, and a training on whatever batches it is handed:


# %%
def new_model(seed):
    torch.manual_seed(seed)
    model = nn.Linear(2, 1, bias=False)
    return model, torch.optim.SGD(model.parameters(), lr=0.02)


def losses_on(batches):
    model, optimizer = new_model(seed=0)
    return [step(model, optimizer, xs, ys) for xs, ys in batches]


# %% [markdown]
# The batches of fifteen epochs come from a loader with its own generator, or from
# slices of an order that you draw:


# %%
def from_loader(seed, epochs=15, **more):
    generator = torch.Generator().manual_seed(seed)
    loader = DataLoader(
        line, 32, shuffle=True, generator=generator, **more
    )
    return (batch for _ in range(epochs) for batch in loader)


def from_slices(seed, draw_order, epochs=15):
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        for rows in draw_order(generator).split(32):
            yield inputs[rows], targets[rows]


# %% [markdown]
# The natural way to draw an order is `torch.randperm`.


# %%
def plain_order(generator):
    return torch.randperm(len(line), generator=generator)


def count_equal(losses, others):
    pairs = zip(losses, others, strict=True)
    return sum(a == b for a, b in pairs)


# %% [markdown]
# Now compare, loss by loss.

# %%
by_loader = losses_on(from_loader(seed=1))
by_slices = losses_on(from_slices(1, plain_order))
equal = count_equal(by_loader, by_slices)
print(f"{equal} of {len(by_loader)} losses are the same")

# %% [markdown]
# Not one. PyTorch's source has the reason. Each `iter` on a loader first draws **one
# number**, a seed for worker processes, even if there are none. Then comes the order.
# And the sampler can be asked for more samples than there are rows: it deals whole
# orders, and cuts the last one short. Asked for exactly $n$, it still draws **one more
# order**, and keeps none of it. Draw the same:


# %%
def loader_order(generator):
    seed = torch.empty((), dtype=torch.int64)
    seed.random_(generator=generator)  # for workers
    order = torch.randperm(len(line), generator=generator)
    torch.randperm(len(line), generator=generator)  # never used
    return order


by_slices = losses_on(from_slices(1, loader_order))
equal_now = count_equal(by_loader, by_slices)
print(f"{equal_now} of {len(by_loader)} losses are the same")

# %% [markdown]
# All of them, bit for bit. So the loader changes nothing but the order of the rows.
# (Without a generator of its own it draws two seeds from the global one: for the
# workers, and for a new generator that deals the orders.) None of this is a promise,
# and it may differ in another version of PyTorch. To compare two loops across versions,
# record the orders and feed the same to both.

# %% tags=["remove-cell"]
from helpers import checks, claim

with checks("Two loops, one seed"):
    claim("Not one", equal == 0)
    claim("All of them, bit for bit", equal_now == len(by_loader))

    def seed_only(generator):
        torch.empty((), dtype=torch.int64).random_(generator=generator)
        return torch.randperm(len(line), generator=generator)

    torch.manual_seed(3)
    rows = torch.arange(10)
    shown = torch.cat(list(DataLoader(rows, 2, shuffle=True)))
    torch.manual_seed(3)
    torch.empty((), dtype=torch.int64).random_()
    second = torch.empty((), dtype=torch.int64).random_().item()
    fresh = torch.Generator().manual_seed(second)
    own_order = torch.randperm(10, generator=fresh)
    claim(
        "draws two seeds from the global one",
        torch.equal(shown, own_order),
    )
    half_right = losses_on(from_slices(1, seed_only))
    claim(
        "it still draws one more order",
        by_loader[:32] == half_right[:32]
        and by_loader[32] != half_right[32],
    )

# %% tags=["remove-cell"]
with checks("What a loader draws"):
    claim("of 480 losses, not one", len(by_loader))

# %% [markdown]
# ## A loader that only watches
#
# A loader without a generator of its own draws from the global one. That first number
# is drawn at every `iter`, shuffled or not. So look at the loss after each epoch
# through a second loader, and change nothing else.
#
# :::{admonition} What do you expect?
# :class: dropdown
# The first epoch is the same. The first look then draws a number from the global
# generator, and from the second epoch on the training loader deals other orders.
# :::


# %%
def nothing():
    pass


def look():
    list(DataLoader(line, 1000))  # not shuffled, no step


def path_of(seed, watch=nothing, generator=None):
    model, optimizer = new_model(seed)
    loader = DataLoader(line, 32, shuffle=True, generator=generator)
    path = []
    for _ in range(4):
        for xs, ys in loader:
            step(model, optimizer, xs, ys)
            path.append(model.weight.detach().clone())
        watch()
    return torch.cat(path)


# %% [markdown]
# Six seeds, once with the global generator and once with one that belongs to the
# training loader. For scale: how far apart are two runs that nobody watches, and whose
# shuffles differ?

# %%
shared, private, other = [], [], []
for seed in range(6):
    own, same = (
        torch.Generator().manual_seed(99 - seed) for _ in (1, 2)
    )
    alone, alone_own = path_of(seed), path_of(seed, generator=own)
    shared.append((path_of(seed, look) - alone).norm(dim=1))
    private.append((path_of(seed, look, same) - alone_own).norm(dim=1))
    other.append((alone_own - alone).norm(dim=1))
shared, private, other = map(torch.stack, (shared, private, other))

# %% [markdown]
# The distance of the weights, after the first epoch and over the last:

# %%
print(f"global, first epoch {shared[:, :32].max():.3f}")
print(f"global, last epoch  {shared[:, -32:].mean():.3f}")
print(f"own, at most        {private.max():.3f}")
print(f"another shuffle     {other[:, -32:].mean():.3f}")


# %% [markdown]
# Is it the draw that does it? Take the look away, and draw one number in its place:


# %%
def one_draw():
    torch.empty((), dtype=torch.int64).random_()


same = [
    torch.equal(path_of(seed, look), path_of(seed, one_draw))
    for seed in range(6)
]
print(f"the same path for {sum(same)} of {len(same)} seeds")

# %% [markdown]
# Update by update:

# %% tags=["hide-input"]
#| name: fig-loader-watch
#| caption: Distance between the weights of two runs that differ only in being watched.
#|   Each orange line is one seed; the blue line is all six.
#| alt: Distance of the weights against 128 updates. All lines are zero up to update 32.
#|   From there six orange lines jump up, wander apart, and never return to zero. A blue
#|   line stays at zero to the end.
import matplotlib.pyplot as plt
import numpy as np

from helpers import BLUE, GRAY, ORANGE, use_book_style

use_book_style()
figure, ax = plt.subplots()
updates = np.arange(1, 129)
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
# Nothing until the first look, then a gap about as wide as between two shuffles
# ({numref}`fig-loader-watch`). And it is the one number that does it. Neither run is
# wrong, but you can no longer tell a change that you made from one that you did not.
# **Give each loader a generator of its own**, and the gap is zero.

# %% tags=["remove-cell"]
with checks("A loader that only watches"):
    claim("against 128 updates", shared.shape[1])
    claim(
        "zero up to update 32",
        (shared > 0).int().argmax(dim=1).unique(),
    )
    claim("Nothing until the first look", shared[:, :32].max() == 0)
    claim("never return to zero", (shared[:, 32:] > 0).all())
    ratio = shared[:, -32:].mean() / other[:, -32:].mean()
    claim(
        "a gap about as wide as between two shuffles", 0.5 < ratio < 2
    )
    claim("it is the one number that does it", all(same))
    claim("and the gap is zero", private.max() == 0)

# %% [markdown]
# ## Do workers change the order?
#
# The order is drawn in your process, and the workers only look rows up. So the batches
# should stay the same, as long as the rows themselves are not random. Two epochs, with
# workers that start anew in each and with workers that stay:

# %%
alone = losses_on(from_loader(1, epochs=2))
same = {}
for stay in (False, True):
    workers = {"num_workers": 2, "persistent_workers": stay}
    helped = losses_on(from_loader(1, epochs=2, **workers))
    first = count_equal(alone[:32], helped[:32])
    second = count_equal(alone[32:], helped[32:])
    same[stay] = first, second
    print(f"workers stay: {stay!s:5}  {first} and {second} of 32")

# %% [markdown]
# New workers keep every bit. Workers that stay do not: without a new start there is no
# new seed, so from the second epoch on the generator is one draw behind. It is
# harmless, unless you compare runs.

# %% tags=["remove-cell"]
with checks("Do workers change the order?"):
    claim("New workers keep every bit", same[False] == (32, 32))
    claim(
        "Workers that stay do not",
        same[True][0] == 32 and same[True][1] == 0,
    )

    def one_seed():
        generator = torch.Generator().manual_seed(1)
        torch.empty((), dtype=torch.int64).random_(generator=generator)
        for _ in range(2):
            order = torch.randperm(len(line), generator=generator)
            torch.randperm(len(line), generator=generator)
            for rows in order.split(32):
                yield inputs[rows], targets[rows]

    claim(
        "the generator is one draw behind",
        losses_on(one_seed()) == helped,
    )

# %% [markdown]
# ## Rows that draw for themselves
#
# Augmentation draws random numbers *inside* the workers: a crop, a flip, some noise.
# Here is a data set whose rows are numbers from a NumPy generator of its own. Read a
# hundred rows with two workers. How many different numbers come out?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Fifty. Each worker gets a copy of the data set, with a copy of the generator in the
# same state. Both deal the same numbers.
# :::

# %%
from helpers import RandomRows

rows = RandomRows(100, seed=0)
loader = DataLoader(rows, 10, num_workers=2)
numbers = torch.cat(list(loader))
print(len(numbers), "rows,", len(numbers.unique()), "different numbers")
again = torch.cat(list(loader))
print("the next epoch is the same:", torch.equal(numbers, again))

# %% [markdown]
# Half of the randomness is a repetition, the next epoch repeats it all, since new
# workers copy the same state, and no message says so. Draw with `torch.rand` inside
# `__getitem__`: PyTorch gives each worker a seed of its own, made of that number that
# every `iter` draws. Or make the generator in the worker, with a `worker_init_fn`.

# %% tags=["remove-cell"]
with checks("Rows that draw for themselves"):
    claim("the next epoch repeats it all", torch.equal(numbers, again))
    claim("Fifty. Each worker", len(numbers.unique()) == 50)
    claim(
        "Half of the randomness",
        2 * len(numbers.unique()) == len(numbers),
    )

# %% [markdown]
# ## What to keep
#
# - At each `iter` a shuffled loader with its own generator draws a seed, an order, and
#   one order more that it does not use.
# - Without a generator of its own it draws from the global one, even if it does not
#   shuffle. Then whatever iterates over it changes what comes next.
# - To compare two runs, give each loader a generator. To compare two versions, record
#   the orders.
# - Workers copy whatever generator the data set holds. Draw with PyTorch's inside rows.

# %% [markdown]
# ## Sources and further reading
#
# {cite}`pytorch_data` documents the arguments, and [the
# developers](https://github.com/pytorch/pytorch/pull/12935) say why a seed is drawn
# even without workers.
