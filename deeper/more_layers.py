# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (more-layers)=
# # What does one more layer cost?
#
# Start a sigmoid network where it predicts the mean, so that it has no climb before it.
# With two hidden layers plain descent needs about 4 epochs to do better than the mean.
# With five it needs about 500. Can you predict that factor before you train, and
# prevent it?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** predict how much a slope loses in each layer, measure it, see what
#   plain descent and Adam make of it, and choose starting weights that keep the slope.
# - **You need** {ref}`depth`, and the backward rules of {ref}`backprop`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

# This finds `helpers` when the file runs where it lies.
sys.path.append("..")

# %% [markdown]
# ## A slope on its way down
#
# Write $\delta$ for the slopes of the loss along what a layer computes before its
# sigmoid. The layer below has ({ref}`backprop`)
#
# ```{math}
# :label: depth-delta
# \delta_{\text{below}} = (\delta \, W) \odot a (1 - a)
# ```
#
# with $a$ for the outputs of the layer below, and $\odot$ for a product entry by entry.
# So on its way down $\delta$ meets two factors. The slope $a(1 - a)$ is a quarter at
# most, and near that at the start. And $\delta \, W$ adds up one term for each of $m$
# units. PyTorch draws the weights of a layer with $m$ inputs evenly from within
# $1 / \sqrt{m}$ of zero, which makes their variance $1 / (3m)$. Independent terms add
# in variance, so the sum has a standard deviation of $\sqrt{m / (3m)}$ times that of
# $\delta$. Together that is
#
# ```{math}
# \frac{1}{4} \sqrt{\frac{m}{3m}} = \frac{1}{4 \sqrt{3}} \approx \frac{1}{7}
# ```
#
# for each layer, whatever its width, as long as neighbors are equally wide. Is it so?
# The network has five hidden layers of ten units, no biases, and a constant at the end
# that starts at the mean of $y$.

# %%
from itertools import pairwise

from torch import nn


def make_net(sizes):
    layers = []
    for pair in pairwise(sizes):
        layers += [nn.Linear(*pair, bias=False), nn.Sigmoid()]
    return nn.Sequential(*layers[:-1])


# %% [markdown]
# The data are the noisy line of {ref}`three-regimes`. The eight starts are PyTorch's,
# with the constant as one more parameter.

# %%
from functools import partial

import numpy as np

from helpers import noisy_line
from helpers.network import starts_of

X, y = noisy_line()
y = y[:, 0]  # X (1000, 2), y (1000,)


def starts_at_mean(make_net):
    mean = np.full((8, 1), y.mean())
    return np.hstack([starts_of(make_net, range(8)), mean])


# %% [markdown]
# With five hidden layers:

# %%
FIVE = (2, 10, 10, 10, 10, 10, 1)
starts = starts_at_mean(partial(make_net, FIVE))
print(starts.shape)

# %% [markdown]
# To see $\delta$, add zeros to what each layer computes, and ask for the gradient along
# the zeros.

# %%
import jax
import jax.numpy as jnp

from helpers.network import layers


@partial(jax.jit, static_argnames="sizes")
def delta_sizes(w, sizes):  # root mean square in each hidden layer
    def loss(zeros):
        a = X
        *hidden, (v, _) = layers(w[:-1], sizes, bias=False)
        for (W, _), zero in zip(hidden, zeros, strict=True):
            a = jax.nn.sigmoid(a @ W.T + zero)
        return jnp.mean(((a @ v.T)[:, 0] + w[-1] - y) ** 2)

    zeros = [jnp.zeros((len(X), units)) for units in sizes[1:-1]]
    return [jnp.sqrt(jnp.mean(d**2)) for d in jax.grad(loss)(zeros)]


# %% [markdown]
# The ratio of each layer's $\delta$ to the one below:

# %%
delta = np.array([delta_sizes(w, FIVE) for w in starts])  # (8, 5)
ratios = delta[:, 1:] / delta[:, :-1]
print("median ratios", np.median(ratios, axis=0).round(1))

# %% [markdown]
# They are 6 to 8, as predicted. Four steps down make a factor of more than a thousand.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("A slope on its way down"):
    drawn = [
        W for w in starts for W, _ in layers(w[:-1], FIVE, bias=False)
    ]
    inner = np.concatenate(
        [W.ravel() for W in drawn if W.shape[1] == 10]
    )
    claim(
        "which makes their variance 1 / (3m)",
        abs(inner.var() * 30 - 1) < 0.1,
    )
    claim("is a quarter at most", 0.5 * (1 - 0.5) == 0.25)
    claim(
        r"\frac{1}{4} \sqrt{\frac{m}{3m}} = \frac{1}{4 \sqrt{3}} \approx \frac{1}{7}",
        round(4 * np.sqrt(3)) == 7,
    )
    claim(
        r"deviation of \sqrt{m / (3m)} times",
        np.isclose(10 * inner.var(), 1 / 3, rtol=0.1),
    )
    middle = np.median(ratios, axis=0)
    claim("They are 6 to 8", middle.min().round(), middle.max().round())
    whole = np.median(delta[:, -1] / delta[:, 0])
    claim("a factor of more than a thousand", whole > 1000)
    claim("Four steps down make", ratios.shape[1] == 4)

# %% [markdown]
# ## What training makes of it
#
# Plain descent has only the gradient to go by. Adam divides it by its own size. So how
# will the time to leave the mean grow with the number of layers, for the two rules?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Each layer makes the gradient about 7 times smaller, so plain descent should need
# about 7 times as long. Adam rescales the gradient and should hardly notice.
# :::

# %%
import optax

from helpers import in_batches

batches = in_batches(np.tile(np.arange(1000), (600, 1)), 64)
below = 0.95
rules = {
    "plain, 0.1": (optax.sgd, 0.1, batches),
    "Adam": (optax.adam, 0.001, batches[:100]),
}

# %% [markdown]
# Train eight starts at a time with the `train_many` of {ref}`many-trainings`.

# %%
from helpers.network import network
from helpers.training import train_many

SIGMOID = jax.nn.sigmoid


def leaves(sizes, starts, rule, rate, batches, activation=SIGMOID):
    def example_loss(w, X, y):
        outputs = network(w[:-1], X, sizes, activation, bias=False)
        return (outputs + w[-1] - y) ** 2

    run = train_many(example_loss, starts, batches, X, y, rate, rule)
    losses = run.losses.mean(axis=-1)  # (8, epochs)
    better = losses < below * y.var()
    first = better.argmax(axis=1) + 1
    return np.where(better.any(axis=1), first, np.inf)


# %% [markdown]
# `leaves` counts the epochs until the mean loss of the batches is 5% below the variance
# of $y$.

# %%
needed = {}
for name, rule in rules.items():
    for depth in (2, 3, 4, 5):
        sizes = (2, *[10] * depth, 1)
        starts = starts_at_mean(partial(make_net, sizes))
        needed[name, depth] = leaves(sizes, starts, *rule)

# %% [markdown]
# {numref}`fig-depth-tower` draws the counts.

# %% tags=["hide-input"]
#| name: fig-depth-tower
#| caption: Epochs until the network is better than the mean. Dots are eight starts
#|   each, lines their medians; the open triangle is three runs that are still waiting
#|   after 600 epochs.
#| alt: Epochs on a log scale against two to five hidden layers. With plain descent the
#|   dots rise steeply along a straight line, from about 4 epochs to about 500, with an
#|   open triangle above. With Adam they rise gently, from about 15 to about 35.
import matplotlib.pyplot as plt

from helpers import BLUE, ORANGE, use_book_style

use_book_style()
figure, ax = plt.subplots(figsize=(5.4, 3.6))
for name, color in (("Adam", BLUE), ("plain, 0.1", ORANGE)):
    runs = np.array([needed[name, depth] for depth in (2, 3, 4, 5)])
    ax.semilogy((2, 3, 4, 5), np.median(runs, axis=1), color=color)
    dots = {"color": color, "ms": 4, "alpha": 0.6}
    ax.plot((2, 3, 4, 5), runs, "o", **dots)
    rows, _ = np.nonzero(np.isinf(runs))
    ax.plot(2 + rows, 700 + 0 * rows, "^", color=color, mfc="none")
ax.text(4.0, 260, "plain, 0.1", color=ORANGE, ha="right")
ax.text(4.2, 19, "Adam, 0.001", color=BLUE)
ax.set_yticks([5, 20, 100, 500], [5, 20, 100, 500])
ax.minorticks_off()
ax.set(xlabel="hidden layers of ten units", ylabel="epochs at the mean")
ax.set(
    xticks=(2, 3, 4, 5), title="Each layer costs plain descent a factor"
)
plt.show()

# %% [markdown]
# Plain descent takes 4 to 6 times as long with each layer ({numref}`fig-depth-tower`),
# somewhat below the prediction. Adam slows down as well, but from two
# layers to five only to about twice the time. So here, with many layers, the
# **{term}`vanishing gradient`** is there from the start, and the rule that goes by its
# size pays for it.

# %% tags=["remove-cell"]
with checks("What training makes of it"):
    claim("about 7 times smaller", 4 * np.sqrt(3))
    claim("about 7 times as long", 4 * np.sqrt(3))
    claim("is 5% below", 1 - below)
    medians = np.array(
        [np.median(needed["plain, 0.1", k]) for k in (2, 3, 4, 5)]
    )
    by_adam = np.array(
        [np.median(needed["Adam", k]) for k in (2, 3, 4, 5)]
    )
    growth = medians[1:] / medians[:-1]
    claim(
        "takes 4 to 6 times as long",
        growth.min().round(),
        growth.max().round(),
    )
    claim("to about twice the time", 1.8 < by_adam[-1] / by_adam[0] < 3)
    waiting = np.isinf(needed["plain, 0.1", 5]).sum()
    claim("the open triangle is three runs", waiting == 3)
    given("still waiting after 600 epochs")
    claim(
        "from about 4 epochs to about 500",
        3 <= medians[0] <= 5 and 450 < medians[-1] < 560,
    )
    claim(
        "from about 15 to about 35",
        12 < by_adam[0] < 18 and 29 < by_adam[-1] < 37,
    )

# %% tags=["remove-cell"]
with checks("What does one more layer cost?"):
    claim("needs about 4 epochs", 3 <= medians[0] <= 5)
    claim("needs about 500", 450 < medians[-1] < 560)

# %% [markdown]
# ## Weights that keep the slope
#
# The factor is $\tfrac{1}{4}$ times the standard deviation of the weights times
# $\sqrt{m}$. To bring it to one, the weights need a standard deviation of
# $4 / \sqrt{m}$, which for ten units is a variance of 1.6. Such rules are called after
# their authors: *Glorot's* weights have a variance of $2 / (\text{inputs} +
# \text{outputs})$, for units whose slope at zero is one {cite}`glorot2010`; *He's* are
# made for ReLU {cite}`he2015`. They are a choice of **{term}`initialization`**: how the
# parameters are drawn before the first step. Here every unit's slope is a quarter, so
# take Glorot's weights four times as large.


# %%
def scaled_net(gain):
    net = make_net(FIVE)
    for weight in net.parameters():
        nn.init.xavier_uniform_(weight, gain=gain)
    return net


kept, quick = {}, {}
for gain in (1, 4):
    starts = starts_at_mean(partial(scaled_net, gain))
    delta = np.array([delta_sizes(w, FIVE) for w in starts])
    kept[gain] = np.median(delta[:, :-1] / delta[:, 1:])
    quick[gain] = leaves(FIVE, starts, optax.sgd, 0.1, batches[:200])
    print(
        f"gain {gain}: factor {kept[gain]:.2f}, leaves at", quick[gain]
    )

# %% [markdown]
# With a gain of 4 all runs leave by epoch 20, in place of 400 and more. The factor is
# only a half, not one: weights of that size drive the units away from zero, where
# $a(1 - a)$ is less than a quarter. Near a half is good enough for five layers. It
# would not be for fifty.
#
# And the control for the quarter: tanh has the slope 1 at zero. With PyTorch's own
# weights and five layers of tanh, plain descent should need no special start.

# %%
starts = starts_at_mean(partial(make_net, FIVE))
tanh_off = leaves(FIVE, starts, optax.sgd, 0.1, batches[:200], jnp.tanh)
print(tanh_off)

# %% [markdown]
# It leaves within 5 epochs.

# %% tags=["remove-cell"]
with checks("Weights that keep the slope"):
    wide = starts_at_mean(partial(scaled_net, 4))
    variances = [
        W.var()
        for w in wide
        for W, _ in layers(w[:-1], FIVE, bias=False)[1:-1]
    ]
    claim("a variance of 1.6", np.mean(variances).round(1))
    claim(
        "deviation of 4 / \\sqrt{m}, which",
        np.isclose(4 / np.sqrt(10), np.sqrt(1.6)),
    )
    slope = float(jax.grad(jax.nn.sigmoid)(0.0))
    claim(r"is \tfrac{1}{4} times the standard", slope == 0.25)
    claim("weights four times as large", 1 / slope == 4)
    narrow = starts_at_mean(partial(scaled_net, 1))
    variances = [
        W.var()
        for w in narrow
        for W, _ in layers(w[:-1], FIVE, bias=False)[1:-1]
    ]
    claim(
        r"a variance of 2 / (\text{inputs} +",
        abs(np.mean(variances) * 10 - 1) < 0.1,
    )
    claim("slope is a quarter, so take", slope == 0.25)
    off, default = quick[4], needed["plain, 0.1", 5]
    claim(
        "leave by epoch 20, in place of 400 and",
        off.max() <= 20 and default.min() > 400,
    )
    given("With a gain of 4 all")
    claim("is only a half", 0.4 < kept[4] < 0.62)
    claim("Near a half is", 0.4 < kept[4] < 0.62)
    away = jax.nn.sigmoid(2.0)
    claim("is less than a quarter", float(away * (1 - away)) < 0.25)
    claim("tanh has the slope 1", jax.grad(jnp.tanh)(0.0))
    claim("It leaves within 5 epochs", tanh_off.max())

# %% [markdown]
# ## What to keep
#
# - A slope meets two factors in each layer, the activation's slope and the weights. For
#   sigmoids with PyTorch's weights their product is about 1/7.
# - Plain descent pays that factor with each layer. Adam hardly does.
# - Starting weights can bring the factor near one, and so can an activation whose slope
#   at zero is one.
# - {ref}`depth` is about the other way in which gradients vanish: units that saturate
#   while the network trains.

# %% tags=["remove-cell"]
with checks("What to keep"):
    claim("their product is about 1/7", 1 / (4 * np.sqrt(3)))

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-depth-scale
# Between two layers of unequal width, from $m$ units above down to $k$ units below, the
# weights have $k$ inputs and the sum $m$ terms. What is the factor for the network of
# {ref}`depth`, from its 20 units down to its 10, and from its 2 down to its 20? You
# should get 0.204 and 0.046. Which of the two widths of a funnel costs more?
#
# ```python
# from helpers import check_answer
#
# check_answer("factors", [first, second], [0.204, 0.046], within=0.001)
# ```
# ::::
#
# ```{solution-start} ex-depth-scale
# :class: dropdown
# ```
#
# The weights have a variance of $1 / (3k)$, so the factor is
# $\tfrac{1}{4} \sqrt{m / (3k)}$.

# %%
from helpers import check_answer

first, second = (
    np.sqrt(m / (3 * k)) / 4 for m, k in ((20, 10), (2, 20))
)
check_answer("factors", [first, second], [0.204, 0.046], within=0.001)

# %% [markdown]
# A funnel toward the output is the dear one: few terms add up above, and each of the
# many units below has small weights.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given(
        "from its 20 units down to its 10",
        "and from its 2 down to its 20?",
    )
    claim("should get 0.204 and 0.046", first, second)
    claim(r"variance of 1 / (3k), so", abs(inner.var() * 30 - 1) < 0.1)
    claim(
        r"\tfrac{1}{4} \sqrt{m / (3k)}",
        np.isclose(first, np.sqrt(20 / 30) / 4),
    )

# %% [markdown]
# ## Sources and further reading
#
# - {cite}`hochreiter1991` and {cite}`bengio1994` found the vanishing gradient.
#   {cite}`glorot2010` see the last layer of sigmoid networks saturate, and give the
#   weights named after Glorot; {cite}`he2015` do so for ReLU.
