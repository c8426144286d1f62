# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (depth)=
# # When deeper is not better
#
# A published {ref}`notebook <source-nn-gradient-descent>` {cite}`nn_gradient_descent`
# fits one noisy line with two small networks and finds both mediocre. The first has 6
# weights, the second has three hidden layers and 262 weights. Both train for 1000
# epochs. From every start on this page the first ends with an $R^2$ of 0.67, the best
# that the noise allows. The second spends more than half of its epochs doing hardly
# better than a constant. What holds it up?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** predict how long a network climbs, look inside one that stands still,
#   question three suspects by control experiments, and spare a network the wait.
# - **You need** Adam from {ref}`three-regimes`, the sigmoid from {ref}`classification`,
#   plateaus from {ref}`valleys`, and the backward pass from {ref}`backprop`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

# This finds `helpers` when the file runs where it lies.
sys.path.append("..")

# %% [markdown]
# ## Two networks for one line
#
# The data are those of {ref}`three-regimes`: 1000 points around $5 + 2x$, with noise of
# variance 2, and a column of ones beside $x$. No model of $x$ can explain more than two
# thirds of the variance here ({ref}`best-score`). So 0.67 is not mediocre; it is the
# ceiling. Over-fitting and *{term}`under-fitting`* are for {ref}`noise-ceiling`.
#
# Both networks have a sigmoid after each hidden layer, one linear output, and no
# biases.

# %%
from itertools import pairwise

from torch import nn

SMALL, DEEP = (2, 2, 1), (2, 10, 20, 2, 1)


def make_net(sizes):
    layers = []
    for pair in pairwise(sizes):
        layers += [nn.Linear(*pair, bias=False), nn.Sigmoid()]
    return nn.Sequential(*layers[:-1])  # the output stays linear


print(make_net(SMALL))

# %% [markdown]
# (`pairwise` gives neighbors, such as 2 and 10.) Both networks end in two hidden units,
# whose outputs $a_1$ and $a_2$ lie between 0 and 1. The prediction is
# $v_1 a_1 + v_2 a_2$, with two last weights $v_1$ and $v_2$.
#
# One run proves little, so train eight starts of each with the `train_many` of
# {ref}`many-trainings`. It wants the loss of each example, as a function of one vector
# `w` that holds all weights.

# %%
import jax

from helpers.network import network


def loss_of(sizes):
    def example_loss(w, X, y):
        prediction = network(w, X, sizes, jax.nn.sigmoid, bias=False)
        return (prediction - y) ** 2  # (rows,)

    return example_loss


small_loss, deep_loss = loss_of(SMALL), loss_of(DEEP)

# %% [markdown]
# As in the notebook, the small one sees its rows shuffled, the deep one in fixed order.
# Their batches have 32 and 64 rows. Watch the deep one for 1500 epochs.

# %%
import numpy as np

from helpers import in_batches, shuffled_orders

rng = np.random.default_rng(0)
shuffled = shuffled_orders(rng, runs=8, epochs=1000, n=1000)
in_order = np.tile(np.arange(1000), (1500, 1))  # (epochs, rows)
small_batches = in_batches(shuffled, 32)
deep_batches = in_batches(in_order, 64)

# %% [markdown]
# The rule is Adam with a learning rate of 0.001. Score each epoch by its mean loss, in
# which a batch counts with its rows.

# %%
import optax

from helpers import noisy_line
from helpers.training import train_many

X, y = noisy_line()
y = y[:, 0]  # X (1000, 2), y (1000,)


def train(loss, starts, batches, rule=optax.adam, rate=0.001):
    run = train_many(loss, starts, batches, X, y, rate, rule)
    rows = (batches >= 0).sum(axis=-1)  # -1 fills the last batch
    losses = (run.losses * rows).sum(axis=-1) / len(y)
    return run.parameters, 1 - losses / y.var()  # R²: (runs, epochs)


# %% [markdown]
# `starts_of` draws PyTorch's own starts; `partial(make_net, SMALL)` is `make_net` with
# its argument filled in. (Epochs are counted from 0 here: entry 999 is epoch 1000.)

# %%
from functools import partial

from helpers.network import starts_of

small_starts = starts_of(partial(make_net, SMALL), range(8))
deep_starts = starts_of(partial(make_net, DEEP), range(8))
small, small_r2 = train(small_loss, small_starts, small_batches)
deep, deep_r2 = train(deep_loss, deep_starts, deep_batches)
print("small, epoch 1000:", small_r2[:, -1].round(2))
print("deep,  epoch 1000:", deep_r2[:, 999].round(2))
print("deep,  epoch 1500:", deep_r2[:, -1].round(2))

# %% [markdown]
# In the end all runs have the same score. The deep network is not worse here. It is
# *later* ({numref}`fig-depth-stages`).

# %% tags=["hide-input"]
#| name: fig-depth-stages
#| caption: Loss of each epoch, on a log scale, from eight starts. Dashed lines mark the
#|   loss of a zero output, of the mean of y, and of the best line.
#| alt: Two panels of loss against epochs from 0 to 1000, with three horizontal dashed
#|   lines. Above, eight small networks fall together from the upper line, through the
#|   middle one without a stop, to the lowest. Below, the deep networks fall more
#|   slowly to the middle line, the mean of y, rest on it for long, and then drop to
#|   the lowest. Starts 0, 6 and 3 come to the middle line much later than the others,
#|   start 3 after a rest at the upper line until about epoch 430.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE, use_book_style

use_book_style()
_, panels = plt.subplots(2, sharex=True, figsize=(5.4, 6.0))
levels = np.mean(y**2), y.var(), np.linalg.lstsq(X, y)[1][0] / 1000
for ax, scores in zip(panels, (small_r2, deep_r2), strict=True):
    losses = (1 - scores[:, :1000:4].T) * y.var()
    ax.semilogy(range(1, 1001, 4), losses, color=BLUE, lw=1, alpha=0.7)
    ax.hlines(levels, 1, 1000, BLACK, "dashed", linewidth=0.8)
    ax.text(1000, levels[0], "output 0", ha="right", va="bottom")
    ax.text(1000, levels[1], "mean of y", ha="right", va="bottom")
    ax.text(1, levels[2], "line", va="bottom")
    ax.set(xlabel="epoch", ylabel="loss", ylim=(1.4, 170))
    ax.set_yticks([2, 5, 10, 20, 50, 100], [2, 5, 10, 20, 50, 100])
    ax.minorticks_off()
panels[1].text(520, 57, "start 3", color=BLUE)
panels[1].text(395, 18, "0 and 6", color=BLUE)
panels[0].set_title("One hidden layer: straight down")
panels[1].set_title("Three hidden layers: down, and wait")
plt.show()

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Two networks for one line"):
    line_loss = np.linalg.lstsq(X, y)[1][0] / len(y)
    claim("1000 points around", len(y))
    claim("noise of variance 2", np.var(y - X @ [5, 2]))
    signal = np.var(X @ [5, 2])
    ceiling = signal / (signal + 2)
    claim(
        "explain more than two thirds of", abs(ceiling - 2 / 3) < 0.01
    )
    claim("So 0.67 is not mediocre", 1 - line_loss / y.var())
    given("such as 2 and 10.", "have 32 and 64 rows")
    outputs = jax.nn.sigmoid(np.arange(-9.0, 9))
    inside = outputs.min() > 0 and outputs.max() < 1
    claim("lie between 0 and 1", bool(inside))
    given("a learning rate of 0.001")
    claim("deep one for 1500 epochs", deep.shape[1])
    at_end = np.concatenate([small_r2[:, -1], deep_r2[:, -1]])
    claim(
        "In the end all runs have the same score",
        (np.abs(at_end - 0.67) < 0.01).all(),
    )
    given(
        "from 0 to 1000",
        "Epochs are counted from 0 here",
        "entry 999 is epoch 1000",
    )
    start_3 = (1 - deep_r2[3]) * y.var()
    claim(
        "start 3 after a rest at the upper line until about epoch 430",
        start_3[415] > 80 and start_3[445] < 80,
    )
    last = np.argsort((deep_r2 < -0.05).sum(axis=1))[-3:]
    claim("Starts 0, 6 and 3 come", last.tolist() == [0, 6, 3])

# %% [markdown]
# ## The climb
#
# PyTorch's starting weights are small, so the output begins near zero, while the mean
# of $y$ is 9.0. The first loss is about 86, and nearly all of it is that distance.
# Before a network can learn about $x$, it has to climb to the mean. Since $a_1$ and
# $a_2$ are at most 1, the last weights must then add up to 9 or more. And Adam moves a
# weight by about 0.001 a step, its learning rate, while the gradient keeps its size.
#
# An epoch of the small network has 32 steps, one of the deep network 16. So at least
# how many epochs should the climbs take?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Two last weights that both rise gain 0.002 a step, so to gain 9 they need about
# 4500 steps. That is about 140 epochs for the small network and about 280 for the deep
# one. If only one of the two rises, it is twice as many.
# :::
#
# Count the epochs to an $R^2$ of $-0.05$, nearly the mean, and to 0.05, better than any
# constant.


# %%
def first_epoch(scores, level):  # infinite if it never comes
    reached = scores >= level
    first = reached.argmax(axis=1) + 1
    return np.where(reached.any(axis=1), first, np.inf)


# %% [markdown]
# The first of the two is the climb, the time between them is the wait.

# %%
for name, scores in {"small": small_r2, "deep": deep_r2}.items():
    climb = first_epoch(scores, -0.05)
    wait = first_epoch(scores, 0.05) - climb
    print(name, f"climb {climb.min():.0f} to {climb.max():.0f}")
    print(name, f"wait  {wait.min():.0f} to {wait.max():.0f}")
first_sums = deep_starts[:, -2:].sum(axis=1)
print("least", np.ceil((8.5 - first_sums) / 0.002 / 16))

# %% [markdown]
# All climbs are about as long as predicted, or longer. (`least` predicts each deep
# climb from its own last weights up to 8.5, where $R^2$ is $-0.05$.) In starts 0, 3 and
# 6 fewer weights climb. Look at start 3 in {numref}`fig-depth-stages`: both its last
# weights are negative. There raising a unit would *lower* the prediction, so descent
# turns both off. With $a$ near zero hardly any gradient is left: the units sleep.
# Nobody climbs until a last weight has crept above zero, near epoch 340 (see the
# {ref}`exercise <ex-depth-sleepers>`).
#
# But look at the wait. The small network passes the mean within 15 epochs. The deep
# one, in seven of eight runs, stays there for more than 100: a plateau, as in
# {ref}`valleys`.

# %% tags=["remove-cell"]
with checks("The climb"):
    climbs = {"small": first_epoch(small_r2, -0.05)}
    climbs["deep"] = first_epoch(deep_r2, -0.05)
    small_waits = first_epoch(small_r2, 0.05) - climbs["small"]
    deep_waits = first_epoch(deep_r2, 0.05) - climbs["deep"]
    claim("mean of y is 9.0", y.mean())
    first_loss = np.array(
        [np.mean(deep_loss(w, X, y)) for w in deep_starts]
    )
    claim("The first loss is about 86", abs(first_loss.mean() - 86) < 4)
    claim("nearly all of it is that", y.var() < 0.1 * first_loss.min())
    early = np.diff(small[:, :50, -2:], axis=1) / 32
    step = np.median(np.abs(early))
    claim("moves a weight by about 0.001 a step", step)
    highest = jax.nn.sigmoid(np.arange(-9.0, 9)).max()
    claim("are at most 1, the", highest)
    claim("must then add up to 9 or", y.mean())
    claim("network has 32 steps", small_batches.shape[2])
    claim("deep network 16.", deep_batches.shape[1])
    claim("both rise gain 0.002 a step", 2 * step)
    claim(
        "to gain 9 they need about 4500",
        abs(y.mean() / 0.002 / 4500 - 1) < 0.02,
    )
    claim(
        "That is about 140",
        abs(4500 / small_batches.shape[2] - 140) < 2,
    )
    claim(
        "and about 280 for", abs(4500 / deep_batches.shape[1] - 280) < 2
    )
    claim("it is twice as many", np.isclose(9 / 0.001, 2 * 4500))
    given("of -0.05, nearly", "and to 0.05")
    starting_sums = np.abs(small_starts[:, -2:].sum(axis=1)).max()
    missing = 1 - starting_sums / 9
    claim(
        "about as long as predicted, or longer",
        climbs["small"].min() > 140 * missing
        and climbs["deep"].min() > 280,
    )
    claim(
        "In starts 0, 3 and 6 fewer",
        set(np.flatnonzero(climbs["deep"] > 520)) == {0, 3, 6},
    )
    at_level = y.mean() - np.sqrt(0.05 * y.var())
    claim("last weights up to 8.5, where", at_level)
    given("where R^2 is -0.05")
    least = np.ceil((8.5 - first_sums) / 0.002 / 16)
    claim(
        "predicts each deep climb from its own",
        (climbs["deep"] > least).all(),
    )
    claim("Look at start 3 in", (deep_starts[3, -2:] < 0).all())
    above = np.argmax(deep[3, :, -2:].max(axis=1) > 0)
    claim("zero, near epoch 340", abs(above - 340) < 20)
    claim("the mean within 15 epochs", small_waits.max())
    claim(
        "in seven of eight runs, stays there for more than 100",
        (deep_waits > 100).sum() == 7,
    )

# %% tags=["remove-cell"]
with checks("When deeper is not better"):
    given("1000 epochs")
    claim("has 6 weights", small_starts.shape[1])
    claim("262 weights", deep_starts.shape[1])
    claim(
        "ends with an R^2 of 0.67",
        (np.abs(small_r2[:, -1] - 0.67) < 0.006).all(),
    )
    claim(
        "more than half of its epochs",
        first_epoch(deep_r2, 0.05).min() > 500,
    )

# %% [markdown]
# ## Inside the plateau
#
# What do the two last hidden units put out, at the start, at the end of the climb, and
# after training? Follow start 1.

# %%
from helpers.network import layer_outputs


def last_hidden(w, sizes=DEEP):  # (rows, units)
    outputs = layer_outputs(w, X, sizes, jax.nn.sigmoid, bias=False)
    return np.asarray(outputs[-2])  # outputs[-1] is the prediction


# %% [markdown]
# The weights at the end of each climb will be needed again.

# %%
climb = first_epoch(deep_r2, -0.05).astype(int)
climb_ends = deep[np.arange(8), climb - 1]  # (8, 262)
moments = [deep_starts[1], climb_ends[1], deep[1, -1]]
for name, w in zip(("start", "climbed", "end"), moments, strict=True):
    a = last_hidden(w)
    print(f"{name:8}", a.mean(axis=0).round(4), a.std(axis=0).round(5))

# %% [markdown]
# Printed are the means over the rows, then the standard deviations. At the end of the
# climb both outputs are above 0.999, for *every* row. The units are **saturated**: far
# out on the flat part of their sigmoid ({numref}`fig-depth-constant`).

# %% tags=["hide-input"]
#| name: fig-depth-constant
#| caption: Predictions of one deep network. At the end of the climb it is a constant,
#|   and 180 epochs later it still is.
#| alt: Predictions against x over a gray cloud of rising points. A green horizontal
#|   line lies just above zero, labeled start. Two orange horizontal lines lie close
#|   together at the height of the cloud's center, labeled climbed and 180 epochs later.
#|   A blue curve, labeled end, rises through the cloud from lower left to upper right.
figure, ax = plt.subplots(figsize=(5.4, 3.8))
ax.plot(X[:, 1], y, "o", color=GRAY, ms=2, alpha=0.3)
side = np.column_stack([np.ones(61), np.linspace(-1, 5, 61)])
later = deep[1, climb[1] + 179]
shown = {
    "start": (deep_starts[1], GREEN, (4.0, 1.1)),
    "climbed": (climb_ends[1], ORANGE, (-0.9, 7.6)),
    "180 epochs later": (later, ORANGE, (-0.9, 9.3)),
    "end": (deep[1, -1], BLUE, (4.2, 14.7)),
}
for name, (w, color, place) in shown.items():
    curve = network(w, side, DEEP, jax.nn.sigmoid, bias=False)
    ax.plot(side[:, 1], curve, color=color)
    ax.text(*place, name, color=color)
ax.set(xlabel="x", ylabel="y", ylim=(-1, 18))
ax.set_title("On the plateau it says the same to every x")
plt.show()

# %% [markdown]
# Why does it stay a constant? In the backward pass a slope is multiplied, at each
# sigmoid, by the sigmoid's own slope,
#
# ```{math}
# :label: depth-slope
# \sigma'(z) = a (1 - a) \le \tfrac{1}{4}
# ```
#
# which is nearly zero where the output $a$ is nearly one. Hardly anything gets through
# to the weights below, and only they could make the units differ from row to row. This
# is a **{term}`vanishing gradient`** {cite}`hochreiter1991,bengio1994`.
#
# Why do the units saturate? While the output is too low, all weights lift it: the last
# ones, and those below, which raise $a_1$ and $a_2$ until nothing is left to raise.
# Adam moves all of them at the same pace.

# %% tags=["remove-cell"]
with checks("Inside the plateau"):
    given("Follow start 1.")
    claim(
        "above 0.999, for every row", last_hidden(climb_ends[1]).min()
    )
    flat = network(
        climb_ends[1], side, DEEP, jax.nn.sigmoid, bias=False
    )
    claim(
        "At the end of the climb it is a constant", np.ptp(flat) < 0.01
    )
    later = deep[1, climb[1] + 179]
    claim(
        "and 180 epochs later it still is",
        np.ptp(network(later, side, DEEP, jax.nn.sigmoid, False)) < 0.5,
    )
    claim("labeled climbed and 180 epochs later", len(range(180)))
    peak = jax.vmap(jax.grad(jax.nn.sigmoid))(
        np.linspace(-5, 5, 101)
    ).max()
    claim(r"\le \tfrac{1}{4}", float(peak) <= 0.25)

# %% [markdown]
# ## Same output, no climb
#
# Test that story with a **twin** of each network that climbed: the same last weights,
# but below them those of the start, so that its last units are half open. A constant,
# added to the prediction, brings it to the mean of $y$. A third group **never
# climbed**: the starts themselves, with a constant. The climbed networks get one too.
# It is one more entry of `w`, trained like the others.


# %%
def biased_loss(w, X, y):  # the last entry is the constant
    return deep_loss(w[:-1], X, y - w[-1])


def at_the_mean(w):
    output = network(w, X, DEEP, jax.nn.sigmoid, bias=False)
    return np.append(w, y.mean() - output.mean())


# %% [markdown]
# (To add it to the prediction is to take it off the target.) The groups:

# %%
twins = np.hstack([deep_starts[:, :-2], climb_ends[:, -2:]])
groups = {"twin": twins, "never climbed": deep_starts}
groups["climbed"] = climb_ends
for name, group in groups.items():
    groups[name] = np.stack([at_the_mean(w) for w in group])

# %% [markdown]
# All 24 now predict the mean of $y$. Compare the slopes $a(1 - a)$ of their last units,
# and the sizes of their gradients, layer by layer.

# %%
import jax.numpy as jnp

from helpers.network import layers


@jax.jit
def gradient_sizes(w):  # root mean square in each layer
    gradient = jax.grad(lambda w: biased_loss(w, X, y).mean())(w)
    parts = layers(gradient[:-1], DEEP, bias=False)
    return [jnp.sqrt(jnp.mean(W**2)) for W, _ in parts]


def unit_slope(w, sizes=DEEP):
    a = last_hidden(w, sizes)
    return np.mean(a * (1 - a))


# %% [markdown]
# Printed are medians over the eight starts, and then each start's slope.

# %%
for name, group in groups.items():
    sizes = np.median([gradient_sizes(w) for w in group], axis=0)
    slope = np.median([unit_slope(w[:-1]) for w in group])
    print(name, f"slope {slope:.4f}")
    print("  gradients", *[f"{size:.5f}" for size in sizes])
open_still = np.array([unit_slope(w) for w in climb_ends])
print("climbed", *[f"{slope:.5f}" for slope in open_still])

# %% [markdown]
# In each layer the gradients of the climbed networks are more than a hundred times
# smaller than those of their twins. Now let all 24 train under two rules: plain
# descent, which has only the gradient to go by, and a fresh Adam. Adam divides each
# gradient by the root of $v$, a running mean of its squares, so a small gradient alone
# should not hold it up. The *same* Adam remembers the climb, and had no constant. So
# compare it on equal terms: a fresh one on the **bare** climbed networks, without
# constant. Who leaves at once, and who waits?
#
# :::{admonition} What do you expect?
# :class: dropdown
# With open units both rules leave soon. From the climbed networks plain descent crawls,
# its steps as small as the gradients. A fresh Adam rescales them and soon leaves. The
# same Adam divides the tiny new gradients by the root of an old, large $v$, so it waits
# until $v$ has shrunk or the gradients have grown.
# :::

# %% tags=["nbval-ignore-output"]
everyone = np.concatenate(list(groups.values()))  # (24, 263)
batches = deep_batches[:300]
_, fresh_r2 = train(biased_loss, everyone, batches[:150])
_, plain_r2 = train(biased_loss, everyone, batches, optax.sgd, 0.1)
waits = {}
for rule, scores in {"plain": plain_r2, "fresh Adam": fresh_r2}.items():
    off = first_epoch(scores, 0.05).reshape(3, 8)
    for name, row in zip(groups, off, strict=True):
        waits[f"{rule}: {name}"] = row
_, bare_r2 = train(deep_loss, climb_ends, batches[:150])
waits["fresh Adam: bare climbed"] = first_epoch(bare_r2, 0.05)
waits["same Adam: bare climbed"] = first_epoch(deep_r2, 0.05) - climb
for name, row in waits.items():
    print(name, row)

# %% [markdown]
# {numref}`fig-depth-trials` draws them.

# %% tags=["hide-input", "nbval-ignore-output"]
#| name: fig-depth-trials
#| caption: Epochs from the mean of y until $R^2$ is 0.05, from eight starts. The open
#|   triangles are runs that are still on the plateau after 300 epochs.
#| alt: A dot chart with eight rows, epochs on a log scale. With plain descent twins
#|   leave within 5 epochs and networks that never climbed within 30, but of the climbed
#|   ones only two, after about 90 and 230; six open triangles stand at the right end.
#|   With a fresh Adam twins need about 10 epochs, the others 15 to 40, climbed or
#|   not. Bare climbed networks need about 35 with a fresh Adam and about 100 to 220
#|   with the same, but for one at about 30.
figure, ax = plt.subplots(figsize=(5.4, 4.4))
for place, (name, row) in enumerate(waits.items()):
    color = BLUE if "never" in name or "twin" in name else ORANGE
    there = row[np.isfinite(row)]
    spots = np.full(len(there), place)
    ax.semilogx(there, spots, "o", color=color, ms=6, alpha=0.5)
    for k in range(8 - len(there)):
        ax.plot(330 * 1.2**k, place, ">", color=color, mfc="none")
ax.hlines([2.5, 5.5], 1, 1000, GRAY, linewidth=0.8)
ax.set_xticks([1, 10, 100, 300], [1, 10, 100, 300])
ax.minorticks_off()
ax.set_yticks(range(8), waits)
ax.set(xlabel="epochs on the plateau", ylim=(7.6, -0.6), xlim=(1, 1000))
title = "Saturation stops plain descent, memory stops Adam"
figure.suptitle(title, x=0.01, ha="left", size=12)
plt.show()

# %% [markdown]
# With open units plain descent is off within 30 epochs. With saturated ones six of
# eight runs are still there after 300: the gradients *have* vanished. A fresh Adam
# rescales them, and climbed networks leave within 40 epochs, hardly later than those
# that never climbed. (Twins are faster, since their large last weights multiply what
# the units learn.) Bare, they take about 35. But the same Adam needs 100 to 220: most
# of its wait is memory. (A fresh Adam also empties $m$, the mean of the gradients, but
# $m$ halves in 7 steps anyway.)
#
# The run that left early is start 0. Its sleeping unit woke late and is not saturated
# yet: its slope is 0.035, the others are below 0.001.
#
# One suspect goes free: depth alone. Networks that never climbed have three layers
# too, and wait under no rule. With more layers that changes: {ref}`more-layers`.

# %% tags=["remove-cell"]
import inspect

with checks("Same output, no climb"):
    claim("All 24 now predict", len(everyone))
    claim("Now let all 24 train", len(everyone))
    both = [np.mean(biased_loss(w, X, y)) for w in everyone]
    claim(
        "now predict the mean of y",
        np.abs(both / y.var() - 1).max() < 0.1,
    )
    sizes = {
        name: np.median([gradient_sizes(w) for w in group], axis=0)
        for name, group in groups.items()
    }
    smaller = sizes["twin"] / sizes["climbed"]
    claim("more than a hundred times smaller", (smaller > 100).all())
    halves = [unit_slope(w) for w in deep_starts]
    claim("units are half open", min(halves) > 0.2)
    (
        p_twin,
        p_never,
        p_climbed,
        f_twin,
        f_never,
        f_climbed,
        bare,
        same,
    ) = (np.sort(row) for row in waits.values())
    claim("leave within 5 epochs", p_twin.max() <= 5)
    claim("never climbed within 30,", p_never.max() < 30)
    claim(
        "only two, after about 90 and 230; six open",
        80 < p_climbed[0] < 100
        and 215 < p_climbed[1] < 245
        and np.isinf(p_climbed).sum() == 6,
    )
    given("until R^2 is 0.05", "on the plateau after 300 epochs")
    claim("twins need about 10 epochs", abs(f_twin.mean() - 9) < 2)
    rest = np.concatenate([f_never, f_climbed])
    claim("the others 15 to 40", rest.min() > 15 and rest.max() < 40)
    claim(
        "and about 100 to 220 with the same",
        same[1] > 95 and same[-1] < 235,
    )
    claim("for one at about 30.", 25 < same[0] < 40)
    claim("need about 35 with a fresh Adam", abs(bare.mean() - 35) < 4)
    claim("they take about 35.", bare.max() < 45)
    claim("descent is off within 30 epochs", p_never.max() < 30)
    claim(
        "six of eight runs are still there after 300",
        np.isinf(p_climbed).sum() == 6,
    )
    claim("leave within 40 epochs", f_climbed.max() < 40)
    claim(
        "hardly later than those that never",
        np.median(f_climbed) < 1.6 * np.median(f_never),
    )
    claim("Twins are faster", f_twin.max() < f_never.min())
    last = [
        np.abs(group[:, -3:-1]).sum(axis=1) for group in groups.values()
    ]
    claim("their large last weights", last[0].min() > 5 * last[1].max())
    claim(
        "the same Adam needs 100 to 220",
        same[1] > 95 and same[-1] < 235,
    )
    claim(
        "most of its wait is memory",
        np.median(same) > 4 * np.median(bare),
    )
    b1 = inspect.signature(optax.adam).parameters["b1"].default
    claim("m halves in 7 steps anyway", b1**7 < 0.5 < b1**6)
    early = waits["same Adam: bare climbed"].argmin()
    claim("left early is start 0", early)
    claim("its slope is 0.035", open_still[early])
    claim("are below 0.001", np.delete(open_still, early).max())
    claim("have three layers too, and wait under", rest[:8].max() < 30)

# %% [markdown]
# ## Take the memory away
#
# Adam's $v$ keeps a share $\beta_2$ of itself in each step, by default 0.999, and takes
# the rest from the new square. With $\beta_2 = 0.99$ it forgets ten times as fast.
# Train again from the *original* starts, with this shorter memory. Is the plateau
# shorter?

# %%
forgetful = partial(optax.adam, b2=0.99)
batches = deep_batches[:600]
paths, scores = train(deep_loss, deep_starts, batches, forgetful)
short_climb = first_epoch(scores, -0.05).astype(int)
print("climb", short_climb)
print("wait ", first_epoch(scores, 0.05) - short_climb)
ends = paths[np.arange(8), short_climb - 1]
print("slope", *[f"{unit_slope(w):.0e}" for w in ends])

# %% [markdown]
# No run waits for more than 60 epochs, although most are even more saturated than
# before. Sleepers wake sooner. Climbs below 280 epochs belong to starts whose last
# weights already add up to something: start 1 begins at 1.26 and needs 227 at least. No
# run beats its own `least`.

# %% tags=["remove-cell"]
with checks("Take the memory away"):
    default = inspect.signature(optax.adam).parameters["b2"].default
    claim("by default 0.999", default)
    given(r"With \beta_2 = 0.99 it")
    claim("it forgets ten times as fast", np.isclose(0.01 / 0.001, 10))
    short_waits = first_epoch(scores, 0.05) - short_climb
    claim("waits for more than 60 epochs", short_waits.max() < 60)
    shorter = np.sort([unit_slope(w) for w in ends])
    claim(
        "although most are even more saturated than",
        shorter[4] < open_still.min(),
    )
    awake = [
        np.argmax(
            [last_hidden(w).mean(axis=0).max() > 0.5 for w in run]
        )
        for run in (paths[3, 20:200:5], deep[3, 20:500:5])
    ]
    claim("Sleepers wake sooner", awake[0] < 0.5 * awake[1])
    three_first = np.argsort(short_climb)[:3]
    claim(
        "Climbs below 280 epochs belong",
        short_climb[three_first].max() < 280,
    )
    claim(
        "starts whose last weights already add up to something",
        set(three_first) == set(np.flatnonzero(first_sums > 0.2)),
    )
    claim("start 1 begins", first_sums.argmax())
    claim("begins at 1.26 and", first_sums[1])
    claim("needs 227 at least", least[1])
    claim("run beats its own least", (short_climb > least).all())

# %% [markdown]
# ## Why one hidden layer does not wait
#
# The small network climbs with Adam too, and has no plateau. Is it the number of
# weights, the batches, the layers? Keep everything alike, with two units in each hidden
# layer, and add layers. Print, before and after the climb, how much the outputs of the
# last hidden units differ from row to row, their *spread*, and their slopes.


# %%
def spread(w, sizes):
    return last_hidden(w, sizes).std(axis=0)  # (2,)


layered = {}
for sizes in ((2, 2, 1), (2, 2, 2, 1), (2, 2, 2, 2, 1)):
    starts = starts_of(partial(make_net, sizes), range(8))
    paths, scores = train(loss_of(sizes), starts, batches)
    top = first_epoch(scores, -0.05).astype(int)
    wait = first_epoch(scores, 0.05) - top
    layered[sizes] = [wait]
    print(sizes, f"wait {wait.min():.0f} to {wait.max():.0f}")
    for group in starts, paths[np.arange(8), top - 1]:
        rms = np.sqrt(np.mean([spread(w, sizes) ** 2 for w in group]))
        slope = np.median([unit_slope(w, sizes) for w in group])
        layered[sizes] += [rms, slope]
        print(f"  spread {rms:.4f}, slope {slope:.3f}")

# %% [markdown]
# It is the layers. With one the wait is about 20 epochs (of 16 steps; with 32 it was
# about 10), with two 29 to 55, with three 108 to 171, and the last of these networks
# has only 14 weights. Depth alone does not wait; depth followed by a climb does.
#
# The slopes fall on every climb. What differs more is the spread. At the start each
# further layer makes it five to six times smaller: a sigmoid passes on a quarter of a
# difference at most, and PyTorch's weights $1 / \sqrt{3}$ on average
# ({ref}`more-layers`), together about one seventh. So with three layers the last units
# can hardly tell one row from another, and the climb lifts them for all rows alike.
# With one they see $x$ itself, and after the climb still tell the rows well apart.

# %% tags=["remove-cell"]
with checks("Why one hidden layer does not wait"):
    one, two, three = layered.values()
    claim(
        "the wait is about 20 epochs",
        np.abs(one[0] - 20).max() <= 2,
    )
    claim(
        "of 16 steps; with 32",
        batches.shape[1],
        small_batches.shape[2],
    )
    claim("it was about 10), with", np.abs(small_waits - 10).max() <= 2)
    claim("with two 29 to 55", two[0].min(), two[0].max())
    claim("three 108 to 171", three[0].min(), three[0].max())
    claim("has only 14 weights", starts.shape[1])
    claim(
        "The slopes fall on every climb",
        all(run[4] < run[2] / 10 for run in (one, two, three)),
    )
    claim(
        "makes it five to six times smaller",
        5 < one[1] / two[1] < 6.4 and 5 < two[1] / three[1] < 6.4,
    )
    claim("passes on a quarter of a", float(peak) <= 0.25)
    drawn = starts_of(lambda: nn.Linear(2, 500, bias=False), [0])
    claim(
        r"weights 1 / \sqrt{3} on average",
        abs(2 * drawn.var() * 3 - 1) < 0.1,
    )
    claim("about one seventh", round(4 * np.sqrt(3)) == 7)
    claim("can hardly tell one row", one[1] > 30 * three[1])
    claim(
        "still tell the rows well apart",
        three[3] < 0.001 and one[3] > 0.03,
    )

# %% [markdown]
# ## Begin at the mean
#
# The cheapest cure is to spare the network the climb: give the output a bias that
# *starts* at the mean of the targets. You have trained that already, as the group that
# never climbed. Count the epochs to half of $R^2$.

# %%
never_r2 = fresh_r2[8:16]  # the second group
print("never climbed", first_epoch(never_r2, 0.5))
print("as published ", first_epoch(deep_r2, 0.5))

# %% [markdown]
# Every run explains half of the variance before epoch 120, where as published none did
# so before epoch 540.
#
# Make it a habit: **before you train, compare the first loss with the variance of the
# targets.** Here they were 86 and 5.6. A first loss far above the variance says that
# the network has a climb before it.

# %% tags=["remove-cell"]
with checks("Begin at the mean"):
    half = first_epoch(never_r2, 0.5)
    claim(
        "explains half of the variance before epoch 120",
        half.max() < 120,
    )
    published = first_epoch(deep_r2, 0.5)
    claim(
        "as published none did so before epoch 540",
        published.min() > 540,
    )
    claim("Here they were 86 and", abs(first_loss.mean() - 86) < 4)
    claim("and 5.6.", y.var())

# %% [markdown]
# ## What to keep
#
# - The deep network waits for three reasons in a row: the climb to the mean saturates
#   its last units, there the gradients vanish, and Adam's memory of larger gradients
#   keeps it from rescaling them.
# - Each has its control: a twin with open units, plain descent, and a fresh or a
#   forgetful Adam.
# - Each sigmoid layer makes the rows look more alike. Depth alone does not wait here;
#   depth followed by a climb does.
# - Compare the first loss with the variance of the targets, and let the output start at
#   their mean.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-depth-read
# Three networks with sigmoid units stand still. (a) The loss is the mean of $y^2$, and
# the last hidden units put out nearly zero for every row. (b) The loss is the variance
# of $y$, and the last hidden units put out nearly one for every row. (c) The loss is
# the variance of the noise. For each: what is the prediction, which stage of this page
# is it, and would a fresh start of Adam help?
# ::::
#
# ```{solution-start} ex-depth-read
# :class: dropdown
# ```
#
# (a) It predicts zero: asleep, at the foot of the climb. The slope $a(1 - a)$ is nearly
# zero there too, and the last weights get almost no gradient either. A fresh Adam
# helps, since it rescales what is left; the climb is still before it. Start 3, with an
# Adam that is fresh at epoch 200, wakes after about 20 epochs; with the old memory it
# took more than 200.

# %%
_, woken = train(deep_loss, deep[3:4, 199], deep_batches[:100])
print("fresh", first_epoch(woken, -14))
print("old  ", first_epoch(deep_r2[3:4], -14) - 200)

# %% [markdown]
# (An $R^2$ of $-14.4$ belongs to the output 0.) (b) It predicts the mean: the plateau,
# and a fresh Adam helps. (c) It is done. Nothing can help, and nothing needs to.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("Start 3, with an", "that is fresh at epoch 200,")
    claim(
        "wakes after about 20 epochs",
        abs(first_epoch(woken, -14)[0] - 20) < 4,
    )
    claim(
        "it took more than 200",
        first_epoch(deep_r2[3:4], -14)[0] - 200 > 200,
    )
    claim("of -14.4 belongs", 1 - np.mean(y**2) / y.var())
    claim("to the output 0.", float(0 * y.sum()))

# %% [markdown]
# ::::{exercise}
# :label: ex-depth-memory
# Suppose that the gradient is zero from some step on. Then $v$ shrinks by the factor
# $\beta_2$ in each step. After how many epochs of 16 steps is the *root* of $v$ down to
# a half, with $\beta_2$ 0.999 and with 0.99? You should get 86.6 and 8.6. What does
# that say about waits of 100 to 220 epochs?
#
# ```python
# from helpers import check_answer
#
# check_answer("epochs", [slow, fast], [86.6, 8.6], within=0.1)
# ```
# ::::
#
# ```{solution-start} ex-depth-memory
# :class: dropdown
# ```
#
# The root is down to a half when $v$ is down to a quarter.

# %%
from helpers import check_answer

slow, fast = (np.log(1 / 4) / np.log(b2) / 16 for b2 in (0.999, 0.99))
check_answer("epochs", [slow, fast], [86.6, 8.6], within=0.1)

# %% [markdown]
# A wait of 100 to 220 epochs lets the root of $v$ shrink to between a half and a sixth.
# That is less than the factor of a hundred and more by which the gradients shrank, so
# the runs do not wait until $v$ has forgotten all: meanwhile the small steps lead them
# to where gradients are larger again.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given(
        "many epochs of 16 steps",
        "with \\beta_2 0.999 and with 0.99",
    )
    claim("You should get 86.6 and 8.6", slow, fast)
    claim("about waits of 100 to 220", same[1] > 95 and same[-1] < 235)
    claim("A wait of 100 to 220 epochs lets", 95 < same[1] < 235)
    shares = 0.5 ** (np.array([100, 220]) / slow)
    claim(
        "shrink to between a half and a sixth",
        0.4 < shares[0] < 0.5 and 1 / 6 < shares[1] < 1 / 5,
    )
    claim(
        "root is down to a half when v is down to a quarter",
        0.5**2 == 1 / 4,
    )
    claim("of a hundred and more", (smaller > 100).all())

# %% [markdown]
# ::::{exercise}
# :label: ex-depth-sleepers
# Take one last hidden unit with output $a$ and last weight $v$, while the network
# predicts too little. Which way does descent push $a$ if $v$ is negative, and what
# becomes of $v$ then? Predict from the last weights of `deep_starts` which runs climb
# with fewer than two units. Then count, in each run, the units whose mean output at
# epoch 200 is below a half:
#
# ```python
# from helpers import check_answer
#
# check_answer("sleepers", asleep, [1, 0, 0, 2, 0, 0, 1, 0], within=0)
# ```
# ::::
#
# ```{solution-start} ex-depth-sleepers
# :class: dropdown
# ```
#
# Less of a negative term is more, so descent pushes $a$ down. With $a$ near zero, $v$
# gets almost no gradient and stays negative: the unit sleeps. A clearly negative last
# weight is the sign.

# %%
print(deep_starts[:, -2:].round(2))
asleep = [
    (last_hidden(path[199]).mean(axis=0) < 0.5).sum() for path in deep
]
check_answer("sleepers", asleep, [1, 0, 0, 2, 0, 0, 1, 0], within=0)

# %% [markdown]
# The sleepers are those that start at $-0.4$ or lower. The others, down to $-0.31$,
# turn positive in time. Three runs climb with fewer units, and they are the three with
# the longest climbs.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("mean output at epoch 200", deep[:, :200].shape[1])
    lowest = np.sort(deep_starts[:, -2:].ravel())
    claim(
        "start at -0.4 or lower", (lowest[: sum(asleep)] < -0.4).all()
    )
    claim("The others, down to -0.31", lowest[sum(asleep)])
    slow = np.argsort(climb)[-3:]
    claim(
        "they are the three with the longest climbs",
        set(slow) == set(np.flatnonzero(asleep)),
    )
    claim(
        "Three runs climb with fewer units",
        np.count_nonzero(asleep) == 3,
    )
    claim(
        "climb with fewer than two units",
        last_hidden(deep[0, 0]).shape[1] == 2,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-depth-names
# After training, the notebook prints the two weights of the output layer as intercept
# and slope. Exchange the two hidden units: what becomes of the function, and of these
# two numbers? Then write `mean_slope(w)`, which averages the slope of the small
# network's *output* over the values of $x$. You should get 1.96.
#
# ```python
# from helpers import check_answer
#
# check_answer("slope", mean_slope(small[0, -1]), 1.96, within=0.02)
# ```
# ::::
#
# ```{solution-start} ex-depth-names
# :class: dropdown
# ```
#
# The function stays, and "intercept" and "slope" change places. They weigh two
# sigmoids and are neither.


# %%
def mean_slope(w):
    def prediction(x):
        row = jnp.stack([1.0, x])[None]  # (1, 2)
        return network(w, row, SMALL, jax.nn.sigmoid, bias=False)[0]

    return jax.vmap(jax.grad(prediction))(X[:, 1]).mean()


check_answer("slope", mean_slope(small[0, -1]), 1.96, within=0.02)
print("read from the output layer:", small[0, -1, -2:])

# %% [markdown]
# What is read lies between 6.5 and 8.5 in all eight runs, while all of them have a mean
# slope near 2, the slope of the line behind the data.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    mean_slopes = np.array([mean_slope(w) for w in small[:, -1]])
    claim("You should get 1.96", mean_slopes[0])
    read = small[:, -1, -2:]
    claim(
        "lies between 6.5 and 8.5 in all eight runs",
        (read > 6.5).all() and (read < 8.5).all() and len(read) == 8,
    )
    claim("slope near 2, the", np.abs(mean_slopes - 2).max() < 0.05)
    w = small[0, -1]
    pair = [
        network(v, X, SMALL, jax.nn.sigmoid, bias=False)
        for v in (w, w[[2, 3, 0, 1, 5, 4]])
    ]
    claim("The function stays", np.allclose(*pair, rtol=1e-5))

# %% [markdown]
# ::::{exercise}
# :label: ex-depth-center
# A colleague spares the network the climb in another way: he subtracts the mean from
# the targets, and changes nothing else. The first loss is right, and every run is soon
# off the mean. But three of eight get stuck. Run it, compare the last weights of the
# runs that arrive with those of the others, and name the fault.
#
# ```python
# def centered_loss(w, X, y):
#     return deep_loss(w, X, y - 9.04)
#
#
# batches = deep_batches[:150]
# paths, scores = train(centered_loss, deep_starts, batches)
# ```
# ::::
#
# ```{solution-start} ex-depth-center
# :class: dropdown
# ```


# %%
def centered_loss(w, X, y):
    return deep_loss(w, X, y - 9.04)


batches = deep_batches[:150]
paths, scores = train(centered_loss, deep_starts, batches)
print(first_epoch(scores, 0.05), first_epoch(scores, 0.5))
print(paths[:, -1, -2:].round(1))

# %% [markdown]
# In the runs that are stuck both last weights have the same sign. Sigmoids are
# positive, so all predictions then have that sign too, and the network can serve one
# half of the centered targets only. What is missing is the bias of the output: centered
# targets need one as much as others, to lower or raise all predictions.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("y - 9.04")
    stuck = np.isinf(first_epoch(scores, 0.5))
    claim("But three of eight get stuck", stuck.sum() == 3)
    claim(
        "every run is soon off the mean",
        first_epoch(scores, 0.05).max() < 60,
    )
    same_sign = paths[:, -1].T[-2] * paths[:, -1].T[-1] > 0
    claim("have the same sign", np.array_equal(stuck, same_sign))
    claim(
        "one half of the centered targets",
        abs(np.mean(y > 9.04) - 0.5) < 0.05,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-depth-cures
# Open: find another change that shortens the way to an $R^2$ of 0.5. Candidates: a
# learning rate of 0.01, tanh, ReLU, a standardized $x$, shuffled rows, starting weights
# by `nn.init.xavier_uniform_`. A good answer
#
# - changes one thing at a time, from the same eight starts where that is possible,
# - states climb and wait apart, and says which of the two the change shortens,
# - counts the runs that never arrive, and does not average over the others alone,
# - gives a reason, and names the control that would test it.
# ::::
#
# ```{solution-start} ex-depth-cures
# :class: dropdown
# ```
#
# Two of them, with `train` as before:


# %%
def tanh_loss(w, X, y):
    return (network(w, X, DEEP, jnp.tanh, bias=False) - y) ** 2


def relu_loss(w, X, y):
    return (network(w, X, DEEP, jax.nn.relu, bias=False) - y) ** 2


arrived = {}
trials = {"tanh": (tanh_loss, 500), "ReLU": (relu_loss, 100)}
for name, (loss, epochs) in trials.items():
    _, scores = train(loss, deep_starts, deep_batches[:epochs])
    arrived[name] = [
        first_epoch(scores, r2) for r2 in (-0.05, 0.05, 0.5)
    ]
    print(name, *arrived[name], sep="\n")

# %% [markdown]
# Tanh keeps most of the climb and takes the plateau: 15 epochs at most. It hardly
# squeezes the rows near zero, where its slope is 1 and not a quarter, and it has no
# sleepers, since a unit with a negative last weight goes to $-1$ and lifts from there.
# ReLU arrives within 60 epochs or never. In three of eight runs all last units are off
# for every row; then all gradients are zero, and nothing wakes them.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("way to an R^2 of 0.5")
    claim("learning rate of 0.01, tanh", round(10 * step, 2))
    up, off, half = arrived["tanh"]
    claim("15 epochs at most", (off - up).max() <= 15)
    claim("keeps most of the climb", up.min() > 250)
    claim("its slope is 1 and not a quarter", jax.grad(jnp.tanh)(0.0))
    claim("goes to -1 and", jnp.tanh(-9.0))
    up, off, half = arrived["ReLU"]
    claim(
        "ReLU arrives within 60 epochs", half[np.isfinite(half)].max()
    )
    claim(
        "In three of eight runs all last units",
        np.isinf(half).sum() == 3,
    )
# %% [markdown]
# ## Sources and further reading
#
# - The two networks, their data and their training are from
#   {cite}`nn_gradient_descent`. A network trained on a problem with a known answer is
#   the best kind of laboratory: thank you.
# - {cite}`hochreiter1991` and {cite}`bengio1994` found the vanishing gradient, in
#   networks that are deep in time.
# - {cite}`saxe2014` solve deep *linear* networks exactly. These wait on plateaus as
#   well, with nothing that could saturate. {cite}`kingma2015` introduce Adam.
