# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (warm-up-and-clipping)=
# # Warm-up and clipping
#
# Two dangers wait for an optimizer. At the beginning its averages are empty, and Adam
# without its two corrections takes steps up to 6.6 times as long as it should. Later a
# single wrong number in the data can throw away what hundreds of steps have gathered.
# Which precaution helps against the first, what does it buy, and what saves a run from
# the second?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** predict Adam's first steps, see at which rate a network dies, spoil one
#   number in a hundred, and clip gradients in two ways.
# - **You need** Adam from {ref}`optimizers`, the network of {ref}`small-network`, and
#   `train_many` from {ref}`many-trainings`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %% [markdown]
# ## The first steps
#
# Give Adam the same gradient, forever. Its mean of gradients starts at zero, and after
# $k$ steps it holds a share $1 - 0.9^k$ of that gradient. Its mean of squares holds a
# share $1 - 0.999^k$ of the square. Adam divides both means by their shares. What would
# happen without?
#
# :::{admonition} What do you expect?
# :class: dropdown
# A step would be $(1 - 0.9^k) / \sqrt{1 - 0.999^k}$ learning rates long. That is 3.2 at
# the first step. The mean of gradients fills up within some tens of steps, the mean of
# squares only within thousands, so the steps grow first, to 6.6 rates, and then sink
# slowly to one.
# :::
#
# To run it, write an optimizer in the form of optax. It is a pair of functions: `init`
# sets up a memory, and `update` turns a gradient into a change of the parameters.

# %%
import jax.numpy as jnp
import numpy as np
import optax

from helpers import use_book_style

use_book_style()


def uncorrected_adam(learning_rate):
    def init(w):
        return jnp.zeros_like(w), jnp.zeros_like(w)

    def update(gradient, memory, w=None):
        m, v = memory
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        return -learning_rate * m / (jnp.sqrt(v) + 1e-8), (m, v)

    return optax.GradientTransformation(init, update)


# %% [markdown]
# `lengths` feeds an optimizer of rate 1 with gradients of 1, so that each change is the
# length of a step in rates.


# %%
def lengths(optimizer, steps=2000):
    one = jnp.ones(1)
    memory, found = optimizer.init(one), []
    for _ in range(steps):
        change, memory = optimizer.update(one, memory)
        found.append(-float(change[0]))
    return np.array(found)


without, right = (
    lengths(uncorrected_adam(1.0)),
    lengths(optax.adam(1.0)),
)
print("uncorrected:", without[[0, 11, 99, 1999]].round(2))
print("Adam:       ", right[[0, 11, 99, 1999]].round(2))

# %% [markdown]
# As predicted ({numref}`fig-warm-up-first`). With its corrections every first step of
# Adam is one rate long.

# %% tags=["hide-input"]
#| name: fig-warm-up-first
#| caption: A gradient that never changes. The thin line inside the broad one is the
#|   formula of the prediction.
#| alt: Length of the step in learning rates against the step, on a log scale.
#|   Uncorrected Adam starts at 3.2, rises to 6.6 near step 12, and falls to about one
#|   over more than a thousand steps. Adam stays at one throughout.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE

k = np.arange(1, 2001)
formula = (1 - 0.9**k) / np.sqrt(1 - 0.999**k)
figure, ax = plt.subplots()
ax.semilogx(k, without, color=ORANGE, linewidth=4)
ax.semilogx(k, formula, color=BLACK, linewidth=1)
ax.semilogx(k, right, color=BLUE)
ax.text(30, 6, "uncorrected", color=ORANGE)
ax.text(2, 1.3, "Adam", color=BLUE)
ax.set(xlabel="step", ylabel="length / learning rate", ylim=(0, 7.5))
ax.set_title("Too long when it matters most")
plt.show()

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("The first steps"):
    given("a share 1 - 0.9^k of", "1 - 0.999^k of the square")
    claim(
        "would be (1 - 0.9^k) / \\sqrt{1 - 0.999^k}",
        np.allclose(without, formula, atol=1e-3),
    )
    claim("That is 3.2 at the first", without[0])
    claim("so the steps grow first, to 6.6 rates", without.max())
    claim("and then sink slowly to one", without[-1] < 1.1)
    given("an optimizer of rate 1 with gradients of 1")
    claim(
        "every first step of Adam is one",
        np.allclose(right, 1, atol=1e-3),
    )
    claim(
        "starts at 3.2, rises to 6.6 near step 12",
        without[0],
        without.max(),
        without.argmax() + 1,
    )
    claim("more than a thousand", without[1000] > 1.1)

# %% [markdown]
# ## How high a rate survives
#
# Does it matter? Train the small network on the noisy parabola, 40 runs at each of ten
# rates, in three ways: without the corrections, with them, and with a
# **{term}`warm-up`** besides, which raises the rate from near zero to its full size
# within the first 12 epochs.

# %%
from torch import nn

from helpers import in_batches, noisy_parabola, shuffled_orders
from helpers.network import layer_outputs, network, starts_of


def small_net():
    return nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))


def small_loss(w, X, y):
    return (network(w, X, (1, 10, 1)) - y) ** 2


# %% [markdown]
# Runs are judged by their error, the mean squared distance from the curve without
# noise.

# %%
rng = np.random.default_rng(0)
y = np.stack([noisy_parabola(rng)[1][:, 0] for _ in range(400)])
x, _ = noisy_parabola(rng)  # (100, 1), the same in all runs
starts = starts_of(small_net, range(400))
batches = in_batches(shuffled_orders(rng, 400, 100, 100), 20)
truth = x[:, 0] ** 2 + 0.1

# %% [markdown]
# Each of the 400 runs takes one of ten rates.

# %%
import jax

from helpers.training import train_many

constant = np.ones(100)  # by epoch


def errors(optimizer, rates, schedule=constant, y=y):
    by_epoch = rates[:, None, None] * schedule[:, None]
    trained = train_many(
        small_loss, starts, batches, x, y, by_epoch, optimizer
    )
    distance = jax.vmap(lambda w: small_loss(w, x, truth).mean())
    each = np.asarray(distance(trained.parameters[:, -1]))
    return np.nan_to_num(each, nan=np.inf)  # diverged


# %% [markdown]
# Here are the three ways, and the highest rate at which the median run still gets
# rid of four fifths of the variance:

# %%
RATES = np.geomspace(0.001, 1, 10)
warm_up = np.minimum(1, np.arange(1, 101) / 12)
ways = {
    "uncorrected": (uncorrected_adam, constant),
    "corrected": (optax.adam, constant),
    "warm-up": (optax.adam, warm_up),
}
medians = {}
for name, (optimizer, schedule) in ways.items():
    each = errors(optimizer, np.repeat(RATES, 40), schedule)
    medians[name] = np.median(each.reshape(10, 40), axis=1)
    highest = RATES[medians[name] < truth.var() / 5].max()
    print(f"{name:11} survives {highest:.3f}, ", end="")
    print(f"best {medians[name].min():.4f}")

# %% [markdown]
# Over all ten rates:

# %% tags=["hide-input"]
#| name: fig-warm-up-cliff
#| caption: Medians of 40 runs at each rate. Dashed, the variance of the truth, which is
#|   the error of a constant.
#| alt: Median error against learning rate, both on log scales. Three curves fall to
#|   nearly the same low level. Then the one without corrections jumps to the dashed
#|   line first, Adam at a rate several times higher, and Adam with warm-up last.
figure, ax = plt.subplots()
for each, color in zip(
    medians.values(), (ORANGE, BLUE, GREEN), strict=True
):
    ax.loglog(RATES, each, ".-", color=color)
ax.axhline(truth.var(), color=GRAY, linestyle="--", linewidth=1)
ax.text(0.05, 0.02, "uncorrected", color=ORANGE, ha="right")
ax.text(0.22, 0.03, "Adam", color=BLUE, ha="right")
ax.text(0.5, 0.0012, "with\nwarm-up", color=GREEN)
ax.set(xlabel="learning rate", ylabel="median error", xlim=(8e-4, 1.5))
ax.set_title("Each precaution moves the cliff to the right")
plt.show()

# %% [markdown]
# The corrections move the cliff by two points of the grid, the warm-up by one more. But
# the *best* errors of the three are nearly the same. A warm-up pays where high rates
# do, as with large batches {cite}`goyal2017`. Here the higher rate brings nothing.
#
# What dies beyond the cliff? A ReLU unit whose input is negative for every $x$ has
# slope zero and never learns again. Count such units at the start, and after 20 steps
# at the rate 0.1.

# %%
hidden_of = jax.vmap(lambda w: layer_outputs(w, x, (1, 10, 1))[0])


def dead_share(parameters):
    hidden = np.asarray(hidden_of(parameters))  # (runs, 100, 10)
    return np.mean(hidden.max(axis=1) == 0)


print(f"start       {dead_share(starts):.0%}")

# %% [markdown]
# Twenty steps are four epochs.

# %%
for name in ("uncorrected", "corrected"):
    trained = train_many(
        small_loss, starts, batches[:, :4], x, y, 0.1, ways[name][0]
    )
    print(f"{name:11} {dead_share(trained.parameters[:, -1]):.0%}")

# %% [markdown]
# A quarter of the units is dead from the start. Twenty steps of Adam bring it to nearly
# half, and without the corrections to more than nine tenths. Hardly a unit is left to
# bend the line.

# %% tags=["remove-cell"]
with checks("How high a rate survives"):
    given("within the first 12 epochs")
    given(
        "noisy parabola, 40 runs",
        "Medians of 40 runs at",
        "after 20 steps at the rate 0.1",
    )
    claim("Each of the 400 runs takes", len(starts))
    cliffs = [
        np.flatnonzero(m < truth.var() / 5).max()
        for m in medians.values()
    ]
    claim(
        "by two points of the grid, the warm-up by one more",
        list(np.diff(cliffs)) == [2, 1],
    )
    lowest = [m.min() for m in medians.values()]
    claim("are nearly the same", max(lowest) < 1.25 * min(lowest))
    claim(
        "jumps to the dashed line",
        medians["uncorrected"][-1] > 0.8 * truth.var(),
    )
    claim(
        "A quarter of the units", abs(dead_share(starts) - 0.25) < 0.02
    )
    ends = {
        name: dead_share(
            train_many(
                small_loss,
                starts,
                batches[:, :4],
                x,
                y,
                0.1,
                ways[name][0],
            ).parameters[:, -1]
        )
        for name in ("uncorrected", "corrected")
    }
    claim("Twenty steps are four", batches[0, :4, :, 0].size == 20)
    claim("Adam bring it to nearly half", 0.4 < ends["corrected"] < 0.5)
    claim("more than nine tenths", ends["uncorrected"] > 0.9)

# %% [markdown]
# ## One wrong number
#
# In each data set let one target of the hundred lose its decimal point, so that it is
# 100 times too large. It comes up once an epoch, and then the gradient is huge. Adam
# divides gradients by their size. Is it safe?
#
# :::{admonition} What do you expect?
# :class: dropdown
# It is not. Adam divides by a *running* size, and the huge gradient sets that size for
# hundreds of steps. So the ordinary gradients are divided by it as well. All are
# scaled alike, and the wrong one still outweighs the rest of its epoch.
# :::
#
# Spoil one target in each data set:

# %%
typed = y.copy()
which = rng.integers(100, size=400)
typed[np.arange(400), which] *= 100

# %% [markdown]
# The remedy is **{term}`clipping`**: a gradient that is longer than a limit is
# shortened to it, and keeps its direction {cite}`pascanu2013`. In optax it is put
# before the rule, by `chain`. Here the limit is 0.1.


# %%
def clipped_sgd(rate):
    clip = optax.clip_by_global_norm(0.1)
    return optax.chain(clip, optax.sgd(rate))


def clipped_adam(rate):
    clip = optax.clip_by_global_norm(0.1)
    return optax.chain(clip, optax.adam(rate))


# %% [markdown]
# A third Adam steps along the gradient itself and not along its mean.


# %%
def adam_without_mean(rate):
    return optax.adam(rate, b1=0.0)


# %% [markdown]
# Each of the five gets ten rates down to very low ones, and its best rate is judged by
# 400 runs, against the truth. A run is *lost* if it ends no better than a constant,
# with at least 90% of the variance left.

# %%
wide = 10.0 ** (np.arange(-9, 1) / 2)  # from 0.00003 to 1
lost = {}
rules = optax.sgd, optax.adam, adam_without_mean
for rule in (*rules, clipped_sgd, clipped_adam):
    each = errors(rule, np.repeat(wide, 40), y=typed).reshape(10, 40)
    best = wide[np.median(each, axis=1).argmin()]
    ends = errors(rule, np.full(400, best), y=typed)
    lost[rule] = np.mean(ends > 0.9 * truth.var())
    print(f"{rule.__name__:17} at {best:.4f}: {lost[rule]:.0%} lost")

# %% [markdown]
# Without clipping more than half of the runs are lost, with Adam as with plain descent,
# and at the best rate of the grid. Without its mean of gradients Adam is no better, so
# that memory is not to blame. With clipping hardly any run is lost.
#
# There is a second kind, which cuts every entry *by value*. It turns the gradient:

# %%
gradient = np.array([3, 0.1])
by_value = np.clip(gradient, -0.1, 0.1)
angles = np.degrees(np.arctan2([0.1, by_value[1]], [3, by_value[0]]))
print(by_value, f"turned by {np.diff(angles)[0]:.0f}°")

# %% tags=["remove-cell"]
with checks("One wrong number"):
    given(
        "100 times too large",
        "Here the limit is 0.1",
        "at least 90% of",
    )
    claim("judged by 400 runs", len(starts))
    claim(
        "more than half of the runs are lost",
        min(lost[rule] for rule in rules) > 0.5,
    )
    claim(
        "clipping hardly any run is lost",
        max(lost[clipped_sgd], lost[clipped_adam]) < 0.05,
    )

# %% tags=["remove-cell"]
with checks("Warm-up and clipping"):
    claim("up to 6.6 times as long", without.max())
    claim("spoil one number in a hundred", len(x) == 100)

# %% [markdown]
# ## What to keep
#
# - Averages that start at zero are too small at first, and a quotient of two of them
#   can be far too large. Adam's corrections make every first step one rate long.
# - A warm-up lets a run survive a higher rate. Whether that rate is any better is
#   another question.
# - Adam is no protection against a wild gradient. Clipping by norm is, and it keeps the
#   direction.

# %% [markdown]
# ## Sources and further reading
#
# - Adam and its corrections: {cite}`kingma2015`. Warm-up with large batches:
#   {cite}`goyal2017`. Clipping by norm: {cite}`pascanu2013`.
# - The parabola and its network are from {cite}`sobh`.
