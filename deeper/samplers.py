# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (samplers)=
# # Who gets to be seen
#
# A model learns from the rows that it is shown. `drop_last=True` hides some of them,
# and a *{term}`sampler`* that likes rare rows shows those ten times as often. The first
# does less harm than it seems to, if you shuffle. The second can tilt a straight line
# by more than five standard errors. When does it matter who gets to be seen, and how is
# it undone?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** predict how soon every row has been seen, bias a fit with a sampler,
#   and repair it.
# - **You need** {ref}`dataloader`, and the standard errors of {ref}`best-score`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append(
    ".."
)  # finds `helpers` when this file runs where it lies

# %% [markdown]
# ## Rows that are dropped
#
# A thousand rows make 31 batches of 32, and leave 8. With `drop_last=True` and no
# shuffling, these are the same eight rows in each epoch, and no epoch shows them. With
# shuffling, a row is left over with chance $d/n$, for $d$ dropped rows of $n$.
#
# :::{admonition} What do you expect?
# :class: dropdown
# The shuffles of different epochs know nothing of each other. After $E$ epochs a share
# of $(d/n)^E$ of the rows has never been seen. For the line that is 0.8% after one
# epoch, and less than one row in ten thousand after two.
# :::


# %%
import torch
from torch.utils.data import DataLoader


def never_seen(loader, epochs):  # share of the rows, by epoch
    unseen, shares = torch.ones(len(loader.dataset)), []
    for _ in range(epochs):
        for rows in loader:
            unseen[rows] = 0
        shares.append(unseen.mean())
    return torch.stack(shares)


# %% [markdown]
# Three cases, the last of which drops more than a third of its rows. Each is the mean
# of 200 runs:

# %%
torch.manual_seed(0)
cases = {"the line": (1000, 32, 2), "the surface": (2500, 200, 3)}
cases["100 rows, b = 64"] = (100, 64, 6)
how, unseen = {"shuffle": True, "drop_last": True}, {}
for name, (n, b, epochs) in cases.items():
    loader = DataLoader(range(n), b, **how)
    runs = [never_seen(loader, epochs) for _ in range(200)]
    unseen[name] = torch.stack(runs).mean(dim=0)

# %% [markdown]
# The dots of {numref}`fig-loader-unseen` are measured, the lines predicted.

# %% tags=["hide-input"]
#| name: fig-loader-unseen
#| caption: Share of rows in no batch so far, with `drop_last=True`. Lines are
#|   predicted; dots are measured, the mean of 200 runs. Each line stops where fewer
#|   than 100 such rows are left in all runs together.
#| alt: Share of rows never seen, on a log scale, against epochs. Three straight lines
#|   fall from epoch 1, steeply for the line and the surface, slowly for 100 rows in
#|   batches of 64. Dots lie on the lines. From the start of each line a dotted gray
#|   line runs on horizontally, with the words without shuffle.
import matplotlib.pyplot as plt
import numpy as np

from helpers import BLUE, GRAY, GREEN, ORANGE, use_book_style

use_book_style()
figure, ax = plt.subplots()
colors = iter((BLUE, ORANGE, GREEN))
for name, (n, b, epochs) in cases.items():
    color = next(colors)
    E, dropped = np.arange(1, epochs + 1), n % b / n
    ax.semilogy(E, dropped**E, color=color)
    ax.semilogy(E, unseen[name], "o", color=color, ms=6)
    ax.axhline(dropped, 0.045, color=GRAY, linestyle=":", lw=1.2)
ax.text(1.35, 1.3e-5, "the line,\n8 of 1000 left", color=BLUE)
ax.text(3.15, 4e-5, "the surface,\n100 of 2500 left", color=ORANGE)
ax.text(4.1, 2.2e-2, "36 of 100 left", color=GREEN)
ax.text(6.25, 4.3e-1, "without shuffle", color=GRAY, ha="right")
ax.set(xlabel="epochs", ylabel="share never seen")
ax.set(xlim=(0.75, 6.3), ylim=(1e-5, 1))
ax.set_title("Shuffled, no row stays out for long")
plt.show()

# %% [markdown]
# They agree. Shuffled, `drop_last` delays some rows by an epoch or two. Unshuffled, it
# hides them for good.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Rows that are dropped"):
    (rows, size, _), (surface_n, surface_b, _), (few, few_b, _) = (
        cases.values()
    )
    n, b, _ = cases["the line"]
    claim("31 batches of 32, and leave 8", n // b, b, n % b)
    claim("0.8% after one epoch", n % b / n)
    claim(
        "less than one row in ten thousand after two",
        (n % b / n) ** 2 < 1e-4,
    )
    claim(
        "drops more than a third of its rows", few % few_b / few > 1 / 3
    )
    off, ends = [], []
    for name, (rows, b, epochs) in cases.items():
        E = np.arange(1, epochs + 1)
        chance = (rows % b / rows) ** E
        allowed = 4 * np.sqrt(chance * (1 - chance) / rows / 200) + 1e-6
        off.append(abs(unseen[name].numpy() - chance) < allowed)
        ends.append((chance * rows * 200 < 100) == (epochs == E))
    claim("They agree", np.concatenate(off).all())
    claim("where fewer than 100 such rows", np.concatenate(ends).all())
    given(
        "Each is the mean of 200 runs", "measured, the mean of 200 runs"
    )
    given("fall from epoch 1")
    claim("100 rows in batches of 64", few, few_b)

# %% [markdown]
# ## Rows that are shown more often
#
# `shuffle=True` is short for a `RandomSampler`. A `WeightedRandomSampler` draws with
# replacement, so that an epoch of equal weights misses 37% of the rows, and draws row
# $i$ with a chance proportional to its weight $v_i$: a common cure for rare rows. The
# expected gradient is then that of a *weighted* loss. So the descent should end at the
# weighted least-squares line, which you can compute beforehand. Try tenfold weights for
# tall targets, and for far inputs:

# %%
from helpers import noisy_line

inputs, targets = map(torch.from_numpy, noisy_line())
centered = inputs - torch.tensor([0, 1]) * inputs.mean(dim=0)
rare = {
    "tall": torch.where(targets[:, 0] > 12, 10.0, 1.0),
    "far": torch.where(inputs[:, 1] > 3.5, 10.0, 1.0),
}


# %% [markdown]
# Weighted least squares is least squares on rows that are multiplied by the root of
# their weight, since the loss squares them.


# %%
def weighted_line(weights):
    root = weights.sqrt()[:, None]
    rooted = root * centered, root * targets
    return torch.linalg.lstsq(*rooted, driver="gels").solution[:, 0]


# %% [markdown]
# Centering makes the descent fast, as in {ref}`conditioning`. Now the loader. Each row
# carries a factor for its loss, which is 1 for the time being.

# %%
from torch.utils.data import TensorDataset, WeightedRandomSampler


def weighted_loader(weights, factors):
    data = TensorDataset(centered, targets, factors[:, None])
    sampler = WeightedRandomSampler(weights, 1000)
    return DataLoader(data, batch_size=100, sampler=sampler)


# %% [markdown]
# The mean of the second half of the path is where the descent hovers.

# %%
from torch import nn


def sampled_line(loader, seed):
    torch.manual_seed(seed)
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    path = []  # twelve epochs of ten steps
    for _ in range(12):
        for xs, ys, factor in loader:
            loss = (factor * (model(xs) - ys) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            path.append(model.weight.detach().clone())
    return torch.cat(path[60:]).mean(dim=0)


# %% [markdown]
# One line is luck, so take six.


# %%
def six_lines(weights, factors):
    loader = weighted_loader(weights, factors)
    lines = [sampled_line(loader, seed) for seed in range(6)]
    return torch.stack(lines)


# %% [markdown]
# Here are the predicted slopes, and the mean of the measured ones with their standard
# deviation:

# %%
plain_line = weighted_line(torch.ones(1000))
print(f"all rows alike: {plain_line[1]:.2f}")
measured = {}
for name, weights in rare.items():
    lines = measured[name] = six_lines(weights, torch.ones(1000))
    print(
        f"{name}: predicted {weighted_line(weights)[1]:.2f}, ", end=""
    )
    print(
        f"measured {lines[:, 1].mean():.2f} ± {lines[:, 1].std():.2f}"
    )

# %% [markdown]
# Both arrive where predicted, and they differ. Because $5 + 2 \cdot 3.5 = 12$, the two
# rules would choose the same rows if there were no noise. Rows chosen by their *target*
# move the slope from 1.98 to 2.23, by more than 5 of its standard errors, though the
# true line is straight. A row with high noise is tall *because* of its noise, so the
# sampler prefers noise that points up. Rows chosen by their *input* move it to 2.00, by
# less than one standard error: a straight line is right for any mix of inputs. Where
# the model is wrong somewhere, such a choice moves the answer too
# ({ref}`ex-samplers-parabola`).
#
# ## Undo it in the loss
#
# Divide each row's loss by its weight. Then a row that comes ten times as often counts
# a tenth each time, and the expected gradient is that of the plain loss again. (The
# mean of the weights as a factor keeps the learning rate what it was.) Why sample at
# all, then? So that a batch holds rare rows at all. If one row in a thousand is rare,
# 90% of all batches of 100 have none.

# %%
weights = rare["tall"]
undone = six_lines(weights, weights.mean() / weights)
print(f"{undone[:, 1].mean():.2f} ± {undone[:, 1].std():.2f}")

# %% [markdown]
# The line is back, as {numref}`fig-loader-weights` shows. Survey statisticians have
# divided by the chance of being drawn for a long time {cite}`hansen1943`.

# %% tags=["hide-input"]
#| name: fig-loader-weights
#| caption: Orange targets, above 12, are shown ten times as often. The orange line is
#|   the mean of six descents with this sampling, the blue one the mean of six in which
#|   the loss undoes the weights, the black one least squares on all rows alike.
#| alt: A cloud of gray points that rises from left to right, its upper end above a
#|   target of 12 in orange. A black line runs through the middle of the cloud, and a
#|   blue dashed line lies on it. An orange line is steeper and passes above them over
#|   most of the cloud.
from helpers import BLACK

figure, ax = plt.subplots(figsize=(5.4, 3.8))
x, y = inputs[:, 1], targets[:, 0]
for part, color in ((y <= 12, GRAY), (y > 12, ORANGE)):
    ax.plot(x[part], y[part], ".", color=color, ms=3, rasterized=True)
lines = {  # label, its height: line, color, style
    ("sampled by\nthe target", 16.4): (measured["tall"], ORANGE, "-"),
    ("all rows alike", 13.9): (plain_line[None], BLACK, "-"),
    ("undone in\nthe loss", 12.3): (undone, BLUE, "--"),
}
across = torch.tensor([-0.5, 5.0])
for (label, height), (w, color, style) in lines.items():
    w = w.mean(dim=0)
    ax.plot(
        across, w[0] + w[1] * (across - x.mean()), style, color=color
    )
    ax.text(5.1, height, label, color=color, va="center")
ax.set(xlabel="x", ylabel="y", xlim=(-1.6, 7.6))
ax.set_title("A sampler that sees the target tilts the fit")
plt.show()

# %% tags=["remove-cell"]
with checks("Rows that are shown more often"):
    tenfold = [
        weights.max() / weights.min() == 10 for weights in rare.values()
    ]
    claim("Try tenfold weights", all(tenfold))
    line_at = 5 + 2 * 3.5
    claim("5 + 2 cdot 3.5 = 12, the two", line_at == 12)
    torch.manual_seed(0)
    even = WeightedRandomSampler(torch.ones(1000), 100_000)
    seen = torch.tensor(list(even)).split(1000)
    missed = [1 - len(rows.unique()) / 1000 for rows in seen]
    claim("misses 37% of the rows", np.mean(missed))
    given("which is 1 for the time being")
    tall, far = (weighted_line(weights)[1] for weights in rare.values())
    claim(
        "Both arrive where predicted",
        abs(measured["tall"][:, 1].mean() - tall) < 0.03
        and abs(measured["far"][:, 1].mean() - far) < 0.03,
    )
    best = torch.linalg.lstsq(inputs, targets, driver="gels").solution
    residual = (targets - inputs @ best)[:, 0].double()
    s2 = residual @ residual / (len(targets) - 2)
    slope_error = (s2 / (centered[:, 1].double() ** 2).sum()).sqrt()
    claim("slope from 1.98 to 2.23", plain_line[1], tall)
    claim(
        "by more than 5 of its standard errors",
        (tall - plain_line[1]) / slope_error,
    )
    noise = residual[targets[:, 0] > 12].mean()
    claim("the sampler prefers noise that points up", noise > 0.5)
    claim("move it to 2.00", far)
    claim("by less than one", abs(far - plain_line[1]) < slope_error)

# %% tags=["remove-cell"]
with checks("Undo it in the loss"):
    claim(
        "a row that comes ten times as often counts a tenth",
        all(tenfold),
    )
    b = weighted_loader(weights, torch.ones(1000)).batch_size
    claim("90% of all batches of 100 have none", (1 - 1 / 1000) ** b, b)
    claim(
        "The line is back",
        abs(undone[:, 1].mean() - plain_line[1]) < 0.03,
    )
    given("above 12, are", "a target of 12")
    claim("are shown ten times as often", tenfold[0])

# %% tags=["remove-cell"]
with checks("Who gets to be seen"):
    claim("shows those ten times as often", all(tenfold))
    claim(
        "more than five standard errors",
        tall - plain_line[1] > 5 * slope_error,
    )

# %% [markdown]
# ## What to keep
#
# - `drop_last` with shuffling hides no row for long: $(d/n)^E$ are unseen after $E$
#   epochs. Without shuffling it hides the same rows forever.
# - A sampler that chooses by the **input** changes little where the model is right. One
#   that chooses by the **target** changes the answer.
# - Divide each row's loss by its weight, and the answer is the plain one again.
#
# ## Exercises
#
# ::::{exercise}
# :label: ex-samplers-parabola
# Fit a line to 201 points of the parabola $y = x^2$, evenly spaced from $-1$ to 1: its
# slope is 0. Now weight the points beyond $x = 0.5$ tenfold. You should get 0.2612.
# Check yours, and say why the answer moves here and did not on the noisy line.
#
# ```python
# from helpers import check_answer
#
# check_answer("weighted slope", your_slope, 0.2612, within=0.0001)
# ```
# ::::
#
# ```{solution-start} ex-samplers-parabola
# :class: dropdown
# ```
#
# No line fits the parabola everywhere. The weights say where it has to fit: on the
# right arm, which is steep.

# %%
from helpers import check_answer

across = np.linspace(-1, 1, 201)
root = np.sqrt(np.where(across > 0.5, 10.0, 1.0))[:, None]
rows = np.column_stack([np.ones(201), across])
fit = np.linalg.lstsq(root * rows, root[:, 0] * across**2, rcond=None)
check_answer("weighted slope", fit[0][1], 0.2612, within=0.0001)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("to 201 points of the parabola", len(across))
    claim("evenly spaced from -1 to 1", across[0], across[-1])
    plain_fit = np.linalg.lstsq(rows, across**2, rcond=None)[0]
    claim("its slope is 0", round(plain_fit[1], 12))
    claim(
        "points beyond x = 0.5 tenfold",
        np.isclose((root**2).max(), 10)
        and across[root[:, 0] > 1].min() > 0.5,
    )
    claim("You should get 0.2612", fit[0][1])

# %% [markdown]
# ## Sources and further reading
#
# Dividing by the chance of being drawn goes back to {cite}`hansen1943`.
# {cite}`pytorch_data` documents the samplers.
