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
# without its two corrections takes steps up to 6.6 times as long as it should. And one
# target in a hundred that has lost its decimal point ruins two runs in three. Which
# precautions help, what do they buy, and is it the optimizer that has to be saved?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** predict Adam's first steps, see at which rate a network dies and of
#   what, spoil one number in a hundred, and clip gradients.
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
# As predicted ({numref}`fig-warm-up-first`). With the corrections every step is one
# rate long.

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
        "With the corrections every step is one",
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
# rates: without the corrections, with them, and with a **{term}`warm-up`** besides,
# which raises the rate from near zero to its full size within the first 12 epochs.

# %%
from torch import nn

from helpers import in_batches, noisy_parabola, shuffled_orders
from helpers.network import layer_outputs, network, starts_of


def small_net():
    return nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))


def small_loss(w, X, y):
    return (network(w, X, (1, 10, 1)) - y) ** 2


# %% [markdown]
# Each of 400 runs has noise, a start and an order of its own.

# %%
rng = np.random.default_rng(0)
y = np.stack([noisy_parabola(rng)[1][:, 0] for _ in range(400)])
x, _ = noisy_parabola(rng)  # (100, 1), the same in all runs
starts = starts_of(small_net, range(400))
batches = in_batches(shuffled_orders(rng, 400, 100, 100), 20)
RATES = np.geomspace(0.001, 1, 10)
rates = np.repeat(RATES, 40)[:, None, None]  # (runs, 1, 1)

# %% [markdown]
# Runs are judged by their error, the mean squared distance from the curve without
# noise.

# %%
import jax

from helpers.training import train_many

truth = x[:, 0] ** 2 + 0.1
distance = jax.vmap(lambda w: small_loss(w, x, truth).mean())


def errors_of(trained):
    each = np.asarray(distance(trained.parameters[:, -1]))
    return np.nan_to_num(each, nan=np.inf).reshape(10, 40)  # diverged


# %% [markdown]
# Here are the three ways, and the highest rate at which the median run still gets
# rid of four fifths of the variance:

# %%
warm_up = np.minimum(1, np.arange(1, 101) / 12)[:, None]  # by epoch
ways = {
    "uncorrected": (uncorrected_adam, 1),
    "corrected": (optax.adam, 1),
    "warm-up": (optax.adam, warm_up),
}
medians = {}
for name, (optimizer, schedule) in ways.items():
    trained = train_many(
        small_loss, starts, batches, x, y, rates * schedule, optimizer
    )
    medians[name] = np.median(errors_of(trained), axis=1)
    highest = RATES[medians[name] < truth.var() / 5].max()
    print(f"{name:11} survives {highest:.3f}, ", end="")
    print(f"best {medians[name].min():.4f}")

# %% [markdown]
# The corrections move the cliff by two points of the grid, the warm-up by one more. But
# uncorrected steps are longer all the time, on average over the 500 steps by a factor
# of 2.6. So give Adam with its corrections 2.6 times the rate.

# %%
k = np.arange(1, 501)
factor = np.mean((1 - 0.9**k) / np.sqrt(1 - 0.999**k))
trained = train_many(
    small_loss, starts, batches, x, y, factor * rates, optax.adam
)
medians["longer"] = np.median(errors_of(trained), axis=1)
print(f"factor {factor:.1f}")

# %% [markdown]
# That is the dashed curve of {numref}`fig-warm-up-cliff`.

# %% tags=["hide-input"]
#| name: fig-warm-up-cliff
#| caption: Medians of 40 runs at each rate. Dashed, Adam with its corrections at 2.6
#|   times the rate; gray, the variance of the truth, which is the error of a constant.
#| alt: Median error against learning rate, both on log scales. Three curves fall to
#|   nearly the same low level. The one without corrections lies left of the others
#|   altogether and jumps to a gray line first, Adam at a rate several times higher, and
#|   Adam with warm-up last. A dashed curve follows the uncorrected one down and along
#|   the bottom, and is still well below it where that one jumps.
figure, ax = plt.subplots()
for name, color in (
    ("uncorrected", ORANGE),
    ("corrected", BLUE),
    ("warm-up", GREEN),
):
    ax.loglog(RATES, medians[name], ".-", color=color)
ax.loglog(RATES, medians["longer"], "--", color=BLACK, linewidth=1)
ax.axhline(truth.var(), color=GRAY, linewidth=1)
ax.text(0.07, 0.03, "uncorrected", color=ORANGE, ha="right")
ax.text(0.33, 0.03, "Adam", color=BLUE, ha="right")
ax.text(0.5, 0.0012, "with\nwarm-up", color=GREEN)
ax.set(xlabel="learning rate", ylabel="median error", xlim=(8e-4, 1.5))
ax.set_title("The corrections shift the curve and its cliff")
plt.show()

# %% [markdown]
# At the lowest rate the uncorrected runs are even six times better than Adam's, and the
# dashed ones are as good: there the corrections change what a rate *means*, and nothing
# else. Only at the cliff do the first steps count by themselves. At a rate of 0.1
# uncorrected Adam is lost, and Adam with steps as long on average is not.
#
# And the *best* errors of all ways are nearly the same. A warm-up pays where high rates
# do, as with large batches {cite}`goyal2017`. Here the higher rate brings nothing.

# %% tags=["remove-cell"]
with checks("How high a rate survives"):
    given("within the first 12 epochs")
    given("noisy parabola, 40 runs", "Medians of 40 runs at")
    claim("Each of 400 runs has", len(starts))
    cliffs = {
        name: np.flatnonzero(m < truth.var() / 5).max()
        for name, m in medians.items()
    }
    claim(
        "by two points of the grid, the warm-up by one more",
        cliffs["corrected"] - cliffs["uncorrected"] == 2
        and cliffs["warm-up"] - cliffs["corrected"] == 1,
    )
    claim("average over the 500 steps", batches[0, :, :, 0].size)
    claim("by a factor of 2.6", factor)
    claim("with its corrections 2.6 times the", factor)
    claim("corrections at 2.6 times the", factor)
    lowest = [m.min() for m in medians.values()]
    claim("are nearly the same", max(lowest) < 1.4 * min(lowest))
    claim("nearly the same low level", max(lowest) < 1.4 * min(lowest))
    claim(
        "jumps to a gray line first",
        medians["uncorrected"][-1] > 0.8 * truth.var(),
    )
    claim(
        "six times better",
        abs(medians["corrected"][0] / medians["uncorrected"][0] - 6)
        < 1,
    )
    ratio = medians["longer"][:3] / medians["uncorrected"][:3]
    claim(
        "dashed ones are as good",
        (np.abs(np.log(ratio)) < 0.3).all(),
    )
    claim(
        "At a rate of 0.1 uncorrected Adam is lost",
        RATES[6],
    )
    claim(
        "is lost, and Adam with steps as long on average is not",
        medians["uncorrected"][6] > 0.8 * truth.var()
        and medians["longer"][6] < 0.5 * truth.var(),
    )

# %% [markdown]
# ## What dies beyond the cliff
#
# A ReLU unit whose input is negative for every $x$ has slope zero. It is *dead*: it
# never learns again. PyTorch draws weight $w$ and bias $b$ of a hidden unit uniformly
# between $-1$ and 1, and the unit is dead if $b < -|w|$. That is a quarter of the
# square of the two, so a quarter of the units is dead from the start. Count them after
# training at a rate of 0.46, beyond Adam's cliff. As a control turn the warm-up round:
# the *last* 12 epochs have the low rates.

# %%
hidden_of = jax.vmap(lambda w: layer_outputs(w, x, (1, 10, 1))[0])
ways["turned"] = (optax.adam, warm_up[::-1])
for name, (optimizer, schedule) in ways.items():
    trained = train_many(
        small_loss, starts, batches, x, y, 0.46 * schedule, optimizer
    )
    hidden = np.asarray(hidden_of(trained.parameters[:, -1]))
    dead = hidden.max(axis=1) == 0  # (runs, 10)
    print(f"{name:11} {dead.mean():4.0%} of units dead, ", end="")
    print(f"{dead.all(axis=1).mean():4.0%} of networks without any")

# %% [markdown]
# Without a warm-up most networks have no live unit left, and are constants. With it few
# are. The same low rates at the end save hardly any: the harm is done at the start.
# How far does a parameter travel in an epoch? Adam at a rate of 0.1:

# %%
trained = train_many(small_loss, starts, batches, x, y, 0.1, optax.adam)
path = np.concatenate([starts[:, None], trained.parameters], axis=1)
travel = np.abs(np.diff(path, axis=1)).mean(axis=(0, 2)) / 0.1
print("in rates, epochs 1, 2, 4, 12:", travel[[0, 1, 3, 11]].round(1))

# %% [markdown]
# Adam's first step is a rate long in every live parameter, however small its gradient.
# Later its mean of gradients is small beside the sizes that it remembers, and by the
# twelfth epoch a parameter travels less than a tenth as far. So the full rate is
# dangerous at the start, where it carries units over to the dead ones. A warm-up
# withholds it there.

# %% tags=["remove-cell"]
with checks("What dies beyond the cliff"):
    first = starts[:, :20]
    claim("between -1 and 1,", np.abs(first).max() < 1.001)
    born_dead = np.asarray(hidden_of(starts)).max(axis=1) == 0
    claim(
        "a quarter of the units is dead",
        abs(born_dead.mean() - 0.25) < 0.02,
    )
    claim(
        "That is a quarter of the square",
        (
            born_dead == (starts[:, 10:20] < -np.abs(starts[:, :10]))
        ).mean()
        > 0.999,
    )
    given("a rate of 0.46, beyond")
    claim("last 12 epochs have", (warm_up == 1).argmax() + 1)
    gone = {}
    for name, (optimizer, schedule) in ways.items():
        w = train_many(
            small_loss,
            starts,
            batches,
            x,
            y,
            0.46 * schedule,
            optimizer,
        ).parameters[:, -1]
        gone[name] = np.mean(
            (np.asarray(hidden_of(w)).max(axis=1) == 0).all(axis=1)
        )
    claim(
        "most networks have no live unit",
        min(gone["uncorrected"], gone["corrected"]) > 0.5,
    )
    claim("With it few are", gone["warm-up"] < 0.2)
    claim(
        "at the end save hardly any",
        gone["turned"] > gone["corrected"] - 0.1,
    )
    given("Adam at a rate of 0.1")
    claim(
        "travels less than a tenth as far", travel[11] < 0.1 * travel[0]
    )

# %% [markdown]
# ## One wrong number
#
# In each data set let one target of the hundred lose its decimal point, so that it is
# 100 times too large. Adam divides gradients by their size. Is it safe? And does it
# matter whether the target is wrong in every epoch, or only once?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Wrong in every epoch, the target belongs to the loss, and the square of such a
# distance outweighs all other targets together. The *minimum* of the loss moves, and an
# optimizer that does its work finds a bad curve. Wrong only once, it gives a few bad
# steps, and there is time to recover.
# :::
#
# Append the spoiled data to the right ones. Row $i + 100$ is row $i$ with the spoiled
# targets, so batches can choose.

# %%
typed = y.copy()
which = rng.integers(100, size=400)
typed[np.arange(400), which] *= 100
both_x = np.concatenate([x, x])  # (200, 1)
both_y = np.hstack([y, typed])  # (400, 200)

# %% [markdown]
# A run is *lost* if it ends no better than a constant, with at least 90% of the
# variance left.


# %%
def lost(optimizer, rows):
    trained = train_many(
        small_loss, starts, rows, both_x, both_y, rates, optimizer
    )
    return np.mean(errors_of(trained) > 0.9 * truth.var(), axis=1)


def spoiled_in(epoch):
    rows = batches.copy()  # (runs, epochs, steps, b)
    rows[:, epoch - 1] += 100
    return rows


# %% [markdown]
# One control needs no optimizer: the parabola that fits the spoiled data best, by least
# squares.

# %%
always = lost(optax.adam, batches + 100)
late, once = (lost(optax.adam, spoiled_in(e)) for e in (98, 50))
fits = np.vander(x[:, 0], 3) @ np.polyfit(x[:, 0], typed.T, 2)
least = np.mean((fits - truth[:, None]) ** 2, axis=0)
exact = np.mean(least > 0.9 * truth.var())
print(f"parabolas lost: {exact:.0%}")

# %% [markdown]
# And Adam ({numref}`fig-warm-up-wrong`):

# %% tags=["hide-input"]
#| name: fig-warm-up-wrong
#| caption: Adam, 40 runs at each rate. Dashed, the share of least-squares parabolas
#|   that are lost on the same data.
#| alt: Share of lost runs against the learning rate. With the target wrong in every
#|   epoch the share stays near or above a dashed line at two thirds, at every rate.
#|   With the target wrong in epoch 50 only, it is near zero up to rates of about 0.1,
#|   and with epoch 98 in between.
figure, ax = plt.subplots()
for share, color in ((always, ORANGE), (late, GRAY), (once, BLUE)):
    ax.semilogx(RATES, 100 * share, ".-", color=color)
ax.axhline(100 * exact, color=BLACK, linestyle="--", linewidth=1)
ax.text(0.0011, 90, "wrong in every epoch", color=ORANGE)
ax.text(0.0011, 60, "least squares", color=BLACK)
ax.text(0.006, 40, "in epoch 98", color=GRAY)
ax.text(0.008, 6, "in epoch 50", color=BLUE)
ax.set(
    xlabel="learning rate", ylabel="lost runs, percent", ylim=(-3, 103)
)
ax.set_title("A lasting error spoils the minimum itself")
plt.show()

# %% [markdown]
# With the target wrong in every epoch more than half of the runs are lost at any rate.
# But so are two thirds of the exact parabolas. Adam is not to blame: it finds what the
# loss asks for. Wrong once in the middle, the target costs hardly a run up to a rate of
# 0.1. Shortly before the end it costs more, for want of time.

# %% tags=["remove-cell"]
with checks("One wrong number"):
    given(
        "100 times too large",
        "at least 90% of",
    )
    claim("Adam, 40 runs at each rate", len(rates) / len(RATES))
    given("Row i + 100 is row")
    squares = (typed - truth) ** 2
    own = squares[np.arange(400), which]
    claim(
        "outweighs all other targets",
        np.median(own / (squares.sum(axis=1) - own)) > 1,
    )
    claim("more than half of the runs are", always.min() > 0.5)
    claim(
        "near or above a dashed line at two thirds", always.min() > 0.5
    )
    claim("dashed line at two thirds, at", 0.6 < exact < 0.73)
    claim("two thirds of the exact parabolas", 0.6 < exact < 0.73)
    claim("hardly a run up to a rate of 0.1", once[:7].max() < 0.15)
    claim("near zero up to rates of about 0.1", once[:7].max() < 0.15)
    claim("it costs more, for want", late[3:7].min() > once[3:7].max())
    given("wrong in epoch 50 only", "with epoch 98 in between")

# %% [markdown]
# ## Clipping
#
# Mend the number if you can find it. If not, change what is minimized, so that no
# example pulls as hard as all others together. In **{term}`clipping`** a gradient
# longer than a limit is shortened to it, and keeps its direction {cite}`pascanu2013`.
# `chain` puts it before the rule.


# %%
def clipped(limit, rate):
    clip = optax.clip_by_global_norm(limit)
    return optax.chain(clip, optax.adam(rate))


# %% [markdown]
# Which limit? Look at the lengths in the eleventh epoch, on right and spoiled targets.


# %%
def gradient_norm(w, rows, y):
    def batch_loss(w):
        return small_loss(w, jnp.asarray(x)[rows], y[rows]).mean()

    return jnp.linalg.norm(jax.grad(batch_loss)(w))


by_step = jax.vmap(gradient_norm, in_axes=(None, 0, None))
by_run = jax.vmap(by_step)  # (runs, steps)

# %% [markdown]
# Of the five batches take the longest gradient.

# %%
trained = train_many(
    small_loss, starts, batches, x, y, 0.01, optax.adam
)
w, rows = trained.parameters[:, 9], batches[:, 10]
for name, targets in (("right", y), ("spoiled", typed)):
    longest = by_run(w, rows, targets).max(axis=1)
    print(f"{name:7} {np.median(longest):.1f}")

# %% [markdown]
# The wrong number makes a gradient more than ten times as long. Try limits around the
# length of the right ones, on spoiled and on right data, at the rate 0.01.

# %%
from functools import partial

final = {}
for limit in (10, 1, 0.1, 0.01):
    rule = partial(clipped, limit)
    print(f"limit {limit:4}:", end=" ")
    for name, targets in (("spoiled", typed), ("right", y)):
        trained = train_many(
            small_loss, starts, batches, x, targets, 0.01, rule
        )
        final[limit, name] = np.median(errors_of(trained))
        print(f"{name} {final[limit, name]:.4f}", end="  ")
    print()

# %% [markdown]
# A limit of 10 leaves most of the damage. One of 0.1, no longer than an ordinary
# gradient, removes it: the error on spoiled data is nearly that on right data. And on
# right data clipping costs nothing here.

# %% tags=["remove-cell"]
with checks("Clipping"):
    lengths_of = {
        name: np.median(by_run(w, rows, t).max(axis=1))
        for name, t in (("right", y), ("spoiled", typed))
    }
    claim(
        "more than ten times as long",
        lengths_of["spoiled"] / lengths_of["right"] > 10,
    )
    given("at the rate 0.01.", "A limit of 10 leaves")
    claim(
        "One of 0.1, no longer than an ordinary",
        lengths_of["right"] > 0.1,
    )
    claim(
        "leaves most of the damage",
        final[10, "spoiled"] > 20 * final[0.1, "spoiled"],
    )
    claim(
        "removes it: the error",
        final[0.1, "spoiled"] < 2.5 * final[0.1, "right"],
    )
    claim(
        "costs nothing here",
        final[0.1, "right"] < 1.1 * final[10, "right"],
    )

# %% tags=["remove-cell"]
with checks("Warm-up and clipping"):
    claim("up to 6.6 times as long", without.max())
    claim("spoil one number in a hundred", len(x) == 100)
    claim("one target in a hundred", len(x) == 100)
    claim("ruins two runs in three", always.mean() > 0.6)

# %% [markdown]
# ## What to keep
#
# - Averages that start at zero are too small at first, and a quotient of two of them
#   can be far too large. Adam's corrections mend that.
# - The first steps are the dangerous ones: they have full length, however small the
#   gradient. A warm-up lets a run survive a higher rate. Whether that rate is any
#   better is another question.
# - A wrong number that stays in the data moves the minimum of the loss, so no better
#   optimizer helps. Clipping does, because it limits what one batch can ask for.

# %% [markdown]
# ## Sources and further reading
#
# - Adam and its corrections: {cite}`kingma2015`. Warm-up with large batches:
#   {cite}`goyal2017`. Clipping by norm: {cite}`pascanu2013`.
# - The parabola and its network are from {cite}`sobh`.
