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
# So on its way down $\delta$ meets two factors.
#
# - **The slope** $a(1 - a)$ is a quarter at most, and near that at the start.
# - **The weights.** PyTorch draws those of a layer with $k$ inputs evenly from within
#   $1 / \sqrt{k}$ of zero, which makes their variance $1 / (3k)$. Each of the $k$ units
#   below gets a sum, with one term for each unit above. Independent terms add in
#   variance, so the square of the sum is on average $\lVert \delta \rVert^2 / (3k)$,
#   where $\lVert \delta \rVert^2$ is the sum of the squares above. All $k$ units
#   together then have $\lVert \delta \rVert^2 / 3$, and the widths have dropped out:
#   the norm $\lVert \delta \rVert$ keeps a share of $1 / \sqrt{3}$.
#
# Together that is
#
# ```{math}
# \frac{1}{4} \cdot \frac{1}{\sqrt{3}} = \frac{1}{4 \sqrt{3}} \approx \frac{1}{7}
# ```
#
# for each layer. Is it so? The network has five hidden layers of ten units, no biases,
# and a constant at the end that starts at the mean of $y$.

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

SIGMOID = jax.nn.sigmoid


@partial(jax.jit, static_argnames=("sizes", "activation"))
def delta_norms(w, sizes, activation=SIGMOID):  # of hidden layers
    def loss(zeros):
        a = X
        *hidden, (v, _) = layers(w[:-1], sizes, bias=False)
        for (W, _), zero in zip(hidden, zeros, strict=True):
            a = activation(a @ W.T + zero)
        return jnp.mean(((a @ v.T)[:, 0] + w[-1] - y) ** 2)

    zeros = [jnp.zeros((len(X), units)) for units in sizes[1:-1]]
    return [jnp.linalg.norm(d) for d in jax.grad(loss)(zeros)]


# %% [markdown]
# How many times larger is the $\delta$ of each layer than that of the one below?

# %%
norms = np.array([delta_norms(w, FIVE) for w in starts])  # (8, 5)
ratios = norms[:, 1:] / norms[:, :-1]
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
        r"makes their variance 1 / (3k). Each",
        abs(inner.var() * 30 - 1) < 0.1,
    )
    claim("is a quarter at most", 0.5 * (1 - 0.5) == 0.25)
    claim(
        r"\frac{1}{4} \cdot \frac{1}{\sqrt{3}} =",
        round(4 * np.sqrt(3)) == 7,
    )
    claim(
        r"= \frac{1}{4 \sqrt{3}} \approx \frac{1}{7}",
        round(4 * np.sqrt(3)) == 7,
    )
    claim(
        r"/ (3k), where",
        np.isclose(10 * inner.var(), 1 / 3, rtol=0.1),
    )
    claim(
        r"\rVert^2 / 3, and",
        np.isclose(10 * inner.var(), 1 / 3, rtol=0.1),
    )
    claim(
        r"keeps a share of 1 / \sqrt{3}.",
        np.isclose(10 * inner.var(), 1 / 3, rtol=0.1),
    )
    middle = np.median(ratios, axis=0)
    claim("They are 6 to 8", middle.min().round(), middle.max().round())
    claim(
        "a factor of more than a thousand",
        np.median(norms[:, -1] / norms[:, 0]) > 1000,
    )
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
rules = {"plain, 0.1": (optax.sgd, 0.1), "Adam": (optax.adam, 0.001)}
long_enough = {2: 60, 3: 60, 4: 200, 5: 600}  # epochs for each depth

# %% [markdown]
# Train eight starts at a time with the `train_many` of {ref}`many-trainings`.

# %%
from helpers.network import network
from helpers.training import train_many


def epochs_at_mean(example_loss, starts, rule, rate, batches):
    run = train_many(example_loss, starts, batches, X, y, rate, rule)
    losses = run.losses.mean(axis=-1)  # (8, epochs)
    better = losses < below * y.var()
    first = better.argmax(axis=1) + 1
    return np.where(better.any(axis=1), first, np.inf)


# %% [markdown]
# These are the epochs until the mean loss of the batches is 5% below the variance of
# $y$. Count them for a network:


# %%
def leaves(sizes, starts, rule, rate, batches, activation=SIGMOID):
    def example_loss(w, X, y):
        outputs = network(w[:-1], X, sizes, activation, bias=False)
        return (outputs + w[-1] - y) ** 2

    return epochs_at_mean(example_loss, starts, rule, rate, batches)


# %% [markdown]
# And for two to five hidden layers:

# %%
needed = {}
for name, rule in rules.items():
    for depth, epochs in long_enough.items():
        sizes = (2, *[10] * depth, 1)
        starts = starts_at_mean(partial(make_net, sizes))
        some = batches[: 60 if name == "Adam" else epochs]
        needed[name, depth] = leaves(sizes, starts, *rule, some)

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
# Plain descent takes 4 to 6 times as long with each layer. Adam slows down as well, but
# from two layers to five only to about twice the time. So here, with many layers, the
# **{term}`vanishing gradient`** is there from the start, and the rule that goes by its
# size pays for it.
#
# But why 4 to 6 and not 7? One more layer also means one more that learns, and each
# layer that grows makes the slopes of all the others larger. Take that away: let only
# the first and the last layer learn. `stop_gradient` passes a value on and hides its
# slope.


# %%
def leaves_at_ends(depth, batches):
    sizes = (2, *[10] * depth, 1)
    starts = starts_at_mean(partial(make_net, sizes))
    between = slice(20, -11)  # all but 2 to 10, 10 to 1, constant

    def example_loss(w, X, y):
        fixed = jax.lax.stop_gradient(w[between])
        v = w.at[between].set(fixed)
        outputs = network(v[:-1], X, sizes, SIGMOID, bias=False)
        return (outputs + v[-1] - y) ** 2

    return epochs_at_mean(example_loss, starts, optax.sgd, 0.1, batches)


two, three = (leaves_at_ends(depth, batches[:200]) for depth in (2, 3))
print("two layers  ", two, "\nthree layers", three)

# %% [markdown]
# Now the third layer costs a factor of about 14 in the median, and not 4 or 5. The
# growth is about 7 times slower, and it also begins 7 times lower. With all layers
# learning, the growth quickens as it goes. (For networks without activations this can
# be solved exactly {cite}`saxe2014`.)

# %% tags=["remove-cell"]
with checks("What training makes of it"):
    claim("about 7 times smaller", 4 * np.sqrt(3))
    claim("about 7 times as long", 4 * np.sqrt(3))
    claim("about 7 times slower, and", 4 * np.sqrt(3))
    claim("begins 7 times lower", 4 * np.sqrt(3))
    claim("and not 7? One more", 4 * np.sqrt(3))
    factor = np.median(three) / np.median(two)
    claim("costs a factor of about 14", 11.5 < factor < 17)
    claim("is 5% below", 1 - below)
    medians = np.array(
        [np.median(needed["plain, 0.1", k]) for k in (2, 3, 4, 5)]
    )
    by_adam = np.array(
        [np.median(needed["Adam", k]) for k in (2, 3, 4, 5)]
    )
    growth = medians[1:] / medians[:-1]
    lower, upper = growth.min().round(), growth.max().round()
    claim("takes 4 to 6 times as long", lower, upper)
    claim("But why 4 to 6 and", lower, upper)
    claim("and not 4 or 5", 3.5 < growth[0] < 5.5)
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
# For equal widths the factor is $\tfrac{1}{4}$ times the standard deviation of the
# weights times $\sqrt{m}$, with $m$ units in a layer. To bring it to one, the weights
# need a standard deviation of $4 / \sqrt{m}$. Such rules are called after their
# authors: *Glorot's* weights have a variance of
# $2 / (\text{inputs} + \text{outputs})$, for units whose slope at zero is one
# {cite}`glorot2010`; *He's* are made for ReLU {cite}`he2015`. They are a choice of
# **{term}`initialization`**: how the parameters are drawn before the first step. Here
# every unit's slope is a quarter, so take Glorot's weights four times as large: a
# *gain* of 4. Draw only the weights between hidden layers so, and nothing else is
# changed.


# %%
def scaled_net(gain):
    net = make_net(FIVE)
    _, *between, _ = net.parameters()
    for weight in between:
        nn.init.xavier_uniform_(weight, gain=gain)  # Glorot's
    return net


# %% [markdown]
# The control for the quarter is a steeper sigmoid. It still runs from 0 to 1, but its
# slope at zero is one. With PyTorch's own weights the factor should then be
# $1 / \sqrt{3}$, about 0.58.


# %%
def steep(z):
    return jax.nn.sigmoid(4 * z)


starts = starts_at_mean(partial(make_net, FIVE))
trials = {
    "PyTorch": (starts, SIGMOID),
    "gain 1": (starts_at_mean(partial(scaled_net, 1)), SIGMOID),
    "gain 4": (starts_at_mean(partial(scaled_net, 4)), SIGMOID),
    "steep": (starts, steep),
}

# %% [markdown]
# Measure the factors, as the fourth root of what is left after four steps down.

# %%
whole = {}
for name, (w8, activation) in trials.items():
    norms = np.array([delta_norms(w, FIVE, activation) for w in w8])
    whole[name] = np.median(norms[:, 0] / norms[:, -1])
    print(f"{name:7} factor {whole[name] ** 0.25:.2f}")

# %% [markdown]
# Now you can predict. If the wait goes with the slopes, then it should become shorter
# by what the slopes gain over four steps.

# %%
epochs = {"PyTorch": needed["plain, 0.1", 5]}
for name in ("gain 1", "gain 4", "steep"):
    w8, activation = trials[name]
    some = batches[:300]
    epochs[name] = leaves(FIVE, w8, optax.sgd, 0.1, some, activation)
    gain = whole[name] / whole["PyTorch"]
    expected = np.median(epochs["PyTorch"]) / gain
    median = np.median(epochs[name])
    print(f"{name}: expected {expected:.1f}, found {median:.0f}")
    print("  ", epochs[name])

# %% [markdown]
# From a median of more than 450 epochs the wait falls to about 200, 5 and 4. The
# prediction is off by a factor of up to four, over a range of more than a hundred: the
# slopes at the start say most of it, but the wait is not in proportion to them.
#
# With a gain of 4 the factor is about 0.6, not one: weights of that size drive the
# units away from zero, where $a(1 - a)$ is less than a quarter. The steep units lose
# some slope in the same way. Near a half is good enough for five layers. It would not
# be for fifty.

# %% tags=["remove-cell"]
with checks("Weights that keep the slope"):
    wide, narrow = trials["gain 4"][0], trials["gain 1"][0]
    variances = [
        W.var()
        for w in wide
        for W, _ in layers(w[:-1], FIVE, bias=False)[1:-1]
    ]
    claim(
        r"deviation of 4 / \sqrt{m}. Such",
        np.isclose(
            np.sqrt(np.mean(variances)), 4 / np.sqrt(10), rtol=0.1
        ),
    )
    slope = float(jax.grad(jax.nn.sigmoid)(0.0))
    claim(r"is \tfrac{1}{4} times the standard", slope == 0.25)
    claim("weights four times as large: a gain of 4", 1 / slope)
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
    claim(
        "runs from 0 to 1, but its slope at zero is one",
        float(steep(-9.0)) < 0.01
        and float(steep(9.0)) > 0.99
        and np.isclose(float(jax.grad(steep)(0.0)), 1),
    )
    claim(
        r"then be 1 / \sqrt{3}, about 0.58",
        np.isclose(1 / np.sqrt(3), 0.58, atol=0.005),
    )
    medians = {name: np.median(runs) for name, runs in epochs.items()}
    claim("more than 450 epochs", medians["PyTorch"] > 450)
    claim(
        "falls to about 200, 5 and 4",
        abs(medians["gain 1"] - 195) < 20
        and abs(medians["gain 4"] - 5) <= 1
        and abs(medians["steep"] - 4) <= 1,
    )
    off = [
        medians[name]
        * whole[name]
        / whole["PyTorch"]
        / medians["PyTorch"]
        for name in ("gain 1", "gain 4", "steep")
    ]
    claim(
        "off by a factor of up to four",
        1 / 4.4 < min(off) < max(off) < 4.4,
    )
    claim(
        "over a range of more than a hundred",
        medians["PyTorch"] / medians["gain 4"] > 100,
    )
    given("With a gain of 4 the")
    claim("factor is about 0.6, not", whole["gain 4"] ** 0.25)
    away = jax.nn.sigmoid(2.0)
    claim("is less than a quarter", float(away * (1 - away)) < 0.25)
    claim(
        "units lose some slope in the same way",
        whole["steep"] ** 0.25 < 0.5,
    )
    claim(
        "Near a half is good", abs(whole["gain 4"] ** 0.25 - 0.55) < 0.1
    )

# %% [markdown]
# ## What to keep
#
# - A slope meets two factors in each layer, the activation's slope and the weights. For
#   sigmoids with PyTorch's weights their product is about 1/7, whatever the widths.
# - Plain descent pays for it with each layer, somewhat less than the factor since all
#   layers learn. Adam hardly pays.
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
# :label: ex-layers-widths
# The network of {ref}`depth` has hidden layers of 10, 20 and 2 units. What share of the
# norm of $\delta$ should reach the 10 units from the 2? You should get 0.0208. Then
# measure it with `delta_norms`, from eight starts at the mean.
#
# ```python
# from helpers import check_answer
#
# check_answer("share", share, 0.0208, within=0.0001)
# ```
# ::::
#
# ```{solution-start} ex-layers-widths
# :class: dropdown
# ```
#
# Two steps down, whatever the widths.

# %%
from helpers import check_answer

share = (1 / (4 * np.sqrt(3))) ** 2
check_answer("share", share, 0.0208, within=0.0001)
DEEP = (2, 10, 20, 2, 1)
deep_starts = starts_at_mean(partial(make_net, DEEP))
norms = np.array([delta_norms(w, DEEP) for w in deep_starts])
print("measured", (norms[:, 0] / norms[:, -1]).round(3))

# %% [markdown]
# The median is near, but single starts differ by up to a factor of three: with two
# units above, a sum has only two terms.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given(
        "layers of 10, 20 and 2 units", "reach the 10 units from the 2"
    )
    claim("You should get 0.0208", share)
    found = np.median(norms[:, 0] / norms[:, -1])
    claim("The median is near, but", 0.7 < found / share < 1.3)
    shares = norms[:, 0] / norms[:, -1]
    claim(
        "differ by up to a factor of three",
        2.4 < shares.max() / shares.min() < 3.3,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-depth-scale
# A colleague looks at the root mean square over the units in place of the norm. He
# finds that from 20 units down to 10 a share of 0.204 is left, from 2 down to 20 only
# 0.046, and concludes: "A funnel toward the output loses most." Derive his factor for
# $m$ units above and $k$ below; you should get his numbers. Then multiply the factors
# of a chain of layers. What remains of the widths, and what is wrong with his
# conclusion?
#
# ```python
# factors = [his_factor(20, 10), his_factor(2, 20)]
# check_answer("factors", factors, [0.204, 0.046], within=0.001)
# ```
# ::::
#
# ```{solution-start} ex-depth-scale
# :class: dropdown
# ```
#
# The root mean square is the norm over the root of the number of units.


# %%
def his_factor(m, k):
    return np.sqrt(m / k) / (4 * np.sqrt(3))


factors = [his_factor(20, 10), his_factor(2, 20)]
check_answer("factors", factors, [0.204, 0.046], within=0.001)
print(np.prod(factors), share * np.sqrt(2 / 10))

# %% [markdown]
# In a chain all widths cancel but the first and the last. What looks lost from 2 units
# down to 20 is only spread over more units, and comes back where the next layer is
# narrower. A step of plain descent goes by all weights together, so the norm is what
# counts.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("20 units down to 10 a share")
    claim("a share of 0.204 is left", factors[0])
    given("is left, from 2 down to 20 only")
    claim("only 0.046, and concludes", factors[1])
    claim(
        "all widths cancel but the first and the last",
        np.isclose(np.prod(factors), share * np.sqrt(2 / 10)),
    )
    given("from 2 units down to 20 is only")

# %% [markdown]
# ## Sources and further reading
#
# - {cite}`hochreiter1991` and {cite}`bengio1994` found the vanishing gradient.
#   {cite}`glorot2010` see the last layer of sigmoid networks saturate, and give the
#   weights named after Glorot; {cite}`he2015` do so for ReLU.
