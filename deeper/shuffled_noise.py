# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (shuffled-noise)=
# # What shuffling does to the noise
#
# Draw ten of a thousand examples, with repeats or without: the noise of one step is the
# same to a hundredth. So shuffled epochs should hover as high as independent draws.
# They do not. At a small learning rate they end their epochs more than 600 times lower.
# How can a step be as noisy, and the descent so much calmer?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** compare a single step drawn in two ways, follow the kicks through an
#   epoch, predict three powers of the learning rate, and measure them.
# - **You need** the noise floor from {ref}`gradient-noise`, and integrals of an
#   exponential.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %% [markdown]
# ## One step: hardly a difference
#
# Set up the line of {ref}`three-regimes`, and the gradients of its thousand examples on
# the best line.

# %%
import numpy as np

from helpers import noisy_line

X, y = noisy_line()
X, y, n = X.astype(float), y[:, 0].astype(float), len(y)
w_best = np.linalg.solve(X.T @ X, X.T @ y)
residual = X @ w_best - y
g = 2 * residual[:, None] * X  # (1000, 2), a gradient per example
variance = g.var(axis=0).sum()

# %% [markdown]
# A batch **with replacement** is $b$ independent draws, so the variance of its mean is
# one $b$-th of that of one example. A batch **without replacement** holds no row twice.
# All thousand gradients sum to zero here. So once some are drawn, the others lean the
# other way: two different draws have the covariance $-V / (n - 1)$, with $V$ the
# variance of one. Add up $b$ variances and $b (b - 1)$ covariances, and divide by $b^2$
# {cite}`cochran1977`:
#
# ```{math}
# :label: noise-batch
# \frac{V}{b} \;\text{ with replacement}, \qquad
# \frac{V}{b} \cdot \frac{n - b}{n - 1} \;\text{ without}
# ```
#
# The first $b$ rows of a list of draws are a batch, so 10,000 lists of each kind serve
# all sizes:

# %%
rng = np.random.default_rng(0)
drawn = rng.integers(n, size=(10_000, n))
in_order = np.tile(np.arange(n), (10_000, 1))
shuffled = rng.permuted(in_order, axis=1)
for b in (1, 10, 100, 500):
    means = [g[rows[:, :b]].mean(axis=1) for rows in (drawn, shuffled)]
    ratios = [m.var(axis=0).sum() / (variance / b) for m in means]
    print(f"b = {b:3}:", np.round([*ratios, (n - b) / (n - 1)], 2))

# %% [markdown]
# The columns are in units of $V/b$: with replacement, without, and the factor of the
# formula. The first two are uncertain by about 0.02. Half of the rows make a batch
# twice as calm if none comes twice. Ten in a thousand make it no calmer. For a single
# step with a small batch it does not matter how you draw.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("One step: hardly a difference"):
    claim("10,000 lists", len(drawn))
    claim(
        "All thousand gradients sum to zero",
        np.abs(g.sum(axis=0)).max() < 1e-6,
    )
    error = np.sqrt(2 / 10_000)
    claim("uncertain by about 0.02", 0.01 < error < 0.025)
    claim(
        "Add up b variances",
        abs(ratios[1] / 0.5005 - 1) < 0.08
        and abs(ratios[0] - 1) < 0.08,
    )
    claim("Half of the rows", b / n == 0.5)
    claim("twice as calm if", abs(ratios[0] / ratios[1] - 2) < 0.2)
    claim(
        "Ten in a thousand make it no calmer", (n - 10) / (n - 1) > 0.99
    )

# %% [markdown]
# ## An epoch: kicks that cancel
#
# Now look at a whole shuffled epoch. Every example comes once, and near the best line
# their gradients sum to zero. If no kick faded, the epoch would end where it began, all
# its noise gone. What is left at its end is only what fading keeps from cancelling.
#
# Take one direction, with the curvature $\lambda$. A step shrinks the error by the
# factor $1 - \eta\lambda$. An epoch has $n / b$ steps, so it shrinks the error by about
# $e^{-q}$, with $q = \eta \lambda n / b$. A kick that came a part $t$ of an epoch ago
# has shrunk to $u(t) = e^{-qt}$. Independent kicks of an epoch add up to a variance
# proportional to the mean of $u^2$. If they sum to zero, only differences from the mean
# of $u$ count, and it is the mean of $u^2$ minus the square of the mean of $u$. Earlier
# epochs fade by the same factor in both cases. So of the floor of independent draws,
# the end of a shuffled epoch keeps the share
#
# ```{math}
# :label: noise-shuffled
# 1 - \frac{\bigl(\int_0^1 u\,dt\bigr)^2}{\int_0^1 u^2\,dt}
#   = 1 - \frac{\tanh(q/2)}{q/2} \approx \frac{q^2}{12} ,
# ```
#
# the last for small $q$. The floor of independent draws goes with $\eta$. With which
# power does this one go? And in the middle of an epoch, when half of the kicks still
# lack their counterparts?
#
# :::{admonition} What do you expect?
# :class: dropdown
# At the end with the third power: one from the floor, two from $q^2$. In the middle the
# new half epoch is nearly as noisy as independent draws, which would collect a share of
# about $q$ in half an epoch. Drawing without repeats halves that to $q/2$. So in the
# middle it is the second power.
# :::
#
# For the course within an epoch, add two parts at the time $t$: what is left of the
# earlier epochs, and the kicks since. The unit is the floor. Its variance fades at the
# rate $2q$ an epoch, so independent kicks bring $2q$ floors an epoch: the factor `2 *
# q` below.


# %%
def shuffled_share(q, t):  # of the floor of independent draws
    earlier = np.exp(-2 * q * t) * (1 - np.tanh(q / 2) / (q / 2))
    square = (1 - np.exp(-2 * q * t)) / (2 * q)
    mean = (1 - np.exp(-q * t)) / q
    return earlier + 2 * q * (square - mean**2)


# %% [markdown]
# The whole floor adds up both directions, with their own $q$:

# %%
H = 2 / n * X.T @ X
curvatures = np.linalg.eigvalsh(H)
sigma2 = residual @ residual / (n - 2)


def shuffled_floor(rate, b, t):
    independent = rate * sigma2 / (2 * b) * curvatures
    return independent @ shuffled_share(rate * curvatures * n / b, t)


# %% [markdown]
# ## Measured
#
# Take eight rates, each twice the one before, and batches of 10. For each, train 100
# runs for 40 epochs from the best line, and keep all updates of the last 20.
# (`train_many` keeps the parameters after each "epoch" it is given, here one update.
# {ref}`many-trainings` explains it.)

# %%
from helpers import in_batches, shuffled_orders
from helpers.training import train_many


def example_loss(w, X, y):
    return (X @ w - y) ** 2


def excess_of(batches, rate):  # batches: (runs, epochs, steps, b)
    shape = len(batches), -1, 1, batches.shape[-1]
    starts = np.tile(np.float32(w_best), (len(batches), 1))
    each = batches.reshape(shape)
    runs = train_many(example_loss, starts, each, X, y, rate)
    error = runs.parameters - w_best
    excess = np.sum(error @ H * error, axis=-1) / 2
    return excess.reshape(batches.shape[:3])  # (runs, epochs, steps)


# %% [markdown]
# The mean over runs and epochs leaves one number for each of the hundred places in an
# epoch. Independent draws need no places.

# %%
b, rates = 10, 0.0001 * 2.0 ** np.arange(8)
orders = shuffled_orders(rng, runs=100, epochs=40, n=n)
batches = in_batches(orders, b)  # (100, 40, 100, 10)
draws = rng.integers(n, size=batches.shape, dtype=np.int32)
places, independent = np.zeros((8, n // b)), np.zeros(8)
for i, rate in enumerate(rates):
    late = excess_of(batches, rate)[:, 20:]
    places[i] = late.mean(axis=(0, 1))
    independent[i] = excess_of(draws, rate)[:, 20:].mean()
middle, end = places[:, 49], places[:, 99]  # (rates,)

# %% [markdown]
# At the smallest rate, how far apart are the three levels, measured and by the theory?
# And with which powers do they grow, from the smallest rate to the next?


# %%
def print_levels(independent, middle, end):
    print(f"{independent / end:5.0f} {middle / end:5.0f}")


theory = [shuffled_floor(rates[0], b, t) for t in (0.5, 1.0)]
draws_floor = rates[0] * sigma2 * curvatures.sum() / (2 * b)
print_levels(independent[0], middle[0], end[0])
print_levels(draws_floor, *theory)

# %% [markdown]
# The first row is measured: independent draws, and the middle of an epoch, in units of
# its end. The second row is the theory. And the powers:

# %%
for levels in (independent, middle, end):
    print(f"{np.log2(levels[1] / levels[0]):.1f}", end="  ")

# %% [markdown]
# A factor of many hundreds, and the powers one, two and three. Each measured level is
# uncertain by about a tenth: at this rate a run remembers several epochs, so few of the
# 2000 ends are independent. And all rates share the same orders, so what is luck at one
# rate is luck at its neighbors. {numref}`fig-noise-shuffle` has all eight rates.

# %% tags=["hide-input"]
#| name: fig-noise-shuffle
#| caption: Lines are the theory, dots means of 100 runs with batches of 10.
#| alt: Excess loss against learning rate on log scales, three lines that nearly meet at
#|   the right. Going left, the line for independent draws falls gently, the one for the
#|   middle of an epoch more steeply, the one for its end most steeply, to less than a
#|   five-hundredth of the first. Dots lie on all three.
import matplotlib.pyplot as plt

from helpers import BLUE, GREEN, ORANGE, use_book_style

use_book_style()
figure, ax = plt.subplots(figsize=(5.4, 4.0))
fine = np.geomspace(0.0001, 0.0128, 30)
straight = fine * sigma2 * curvatures.sum() / (2 * b)
middles = [shuffled_floor(rate, b, 0.5) for rate in fine]
ends = [shuffled_floor(rate, b, 1.0) for rate in fine]
ax.set_prop_cycle(color=(BLUE, GREEN, ORANGE))
ax.loglog(fine, np.transpose([straight, middles, ends]))
ax.loglog(rates, np.transpose([independent, middle, end]), "o", ms=4)
ax.text(0.0001, 2e-3, "independent draws: power 1", color=BLUE)
ax.text(0.000105, 1.3e-5, "middle: power 2", color=GREEN, rotation=33)
ax.text(0.0003, 4e-7, "end of the epoch: power 3", color=ORANGE)
ax.set(xlabel="learning rate", ylabel="mean excess loss")
ax.set_title("Shuffling lowers the floor of small rates")
plt.show()

# %% [markdown]
# At large rates all three become alike: with $q$ far above one, kicks fade before their
# counterparts come. (At the largest, the theory is about a tenth too low, because it
# leaves out what {ref}`noise-moments` puts back.) Within an epoch the noise comes and
# goes:

# %% tags=["hide-input"]
#| name: fig-noise-arch
#| caption: The excess within an epoch, as a share of the floor of independent draws.
#|   Lines are the theory, dots are measured.
#| alt: Share of the floor against the part of the epoch that has passed. With the
#|   smallest rate of three, a low arch goes from zero to zero. With a middle rate the
#|   curve rises steeply to a hump and ends at about half. With the largest it is nearly
#|   level, close to 0.84.
figure, ax = plt.subplots(figsize=(5.4, 3.6))
parts, t = np.arange(5, 101, 5), np.linspace(0, 1, 51)
for i, color in ((1, BLUE), (5, GREEN), (7, ORANGE)):
    rate, whole = (
        rates[i],
        rates[i] * sigma2 * curvatures.sum() / (2 * b),
    )
    line = [shuffled_floor(rate, b, part) / whole for part in t]
    ax.plot(t, line, color=color)
    dots = places[i, parts - 1] / independent[i]
    ax.plot(parts / 100, dots, "o", color=color, ms=4)
    ax.text(1.02, max(line[-1] - 0.02, 0.02), rate, color=color)
ax.text(1.02, 0.95, "rate")
ax.set(xlabel="part of the epoch passed", ylabel="share of the floor")
ax.set(xlim=(0, 1.17), ylim=(0, 1))
ax.set_title("The end of an epoch is the calmest moment")
plt.show()

# %% [markdown]
# So shuffle, with a rate small enough to profit from it. With $q = \eta \lambda_{\max}
# n / b$ at one, a thirteenth of the floor is left at the ends of epochs, at two a
# quarter, at four still a half. And know that a loss which you log at the ends of
# epochs is then measured at the best moment. {cite:t}`mishchenko2020` show such gains
# beyond least squares.

# %% tags=["remove-cell"]
with checks("Measured"):
    claim(
        "each twice the one before",
        np.allclose(np.diff(np.log2(rates)), 1),
    )
    claim("and batches of 10. For", b)
    claim("train 100 runs for 40 epochs", *orders.shape[:2])
    given("of the last 20.")
    claim("means of 100 runs with batches of 10", len(orders), b)
    claim(
        "A factor of many hundreds",
        600 < independent[0] / end[0] < 1500,
    )
    claim(
        "less than a five-hundredth of the",
        600 < independent[0] / end[0] < 1500,
    )
    grown = np.log2(
        [
            independent[1] / independent[0],
            middle[1] / middle[0],
            end[1] / end[0],
        ]
    )
    claim(
        "the powers one, two and three",
        np.all(np.abs(grown - [1, 2, 3]) < 0.25),
    )
    by_place = {
        t: [shuffled_floor(r, b, t) for r in rates] for t in (0.5, 1.0)
    }
    claim(
        "Dots lie on all three",
        np.allclose(middle / by_place[0.5], 1, atol=0.2)
        and np.allclose(end / by_place[1.0], 1, atol=0.2),
    )
    at_end = shuffled_floor(rates[0], b, 1.0)
    by_theory = (
        rates[0] * sigma2 * curvatures.sum() / (2 * b) / at_end,
        shuffled_floor(rates[0], b, 0.5) / at_end,
    )
    by_runs = independent[0] / end[0], middle[0] / end[0]
    claim(
        "uncertain by about a tenth",
        np.allclose(np.divide(by_runs, by_theory), 1, atol=0.25),
    )
    claim("few of the 2000 ends", late[..., -1].size)
    remembered = 1 / (2 * rates[0] * curvatures[1] * n / b)
    claim("a run remembers several epochs", 3 < remembered < 6)
    left = [shuffled_share(q, 1.0) for q in (1, 2, 4)]
    claim("at one, a thirteenth", abs(left[0] - 1 / 13) < 0.004)
    claim("at two a quarter", abs(left[1] - 1 / 4) < 0.02)
    claim("at four still a half", abs(left[2] - 1 / 2) < 0.03)
    claim("all three become alike", independent[-1] / end[-1] < 1.5)
    claim(
        "about a tenth too low",
        1.04 < end[-1] / by_place[1.0][-1] < 1.2,
    )
    whole = rates[-1] * sigma2 * curvatures.sum() / (2 * b)
    claim("close to 0.84", by_place[1.0][-1] / whole)
    claim(
        "ends at about half", 0.4 < by_place[1.0][5] / whole * 4 < 0.6
    )

# %% tags=["remove-cell"]
with checks("An epoch: kicks that cancel"):
    claim(
        r"\approx \frac{q^2}{12}",
        np.isclose(shuffled_share(0.01, 1.0), 0.01**2 / 12, rtol=1e-3),
    )
    claim(
        "halves that to q/2",
        np.isclose(shuffled_share(0.01, 0.5), 0.01 / 2, rtol=0.03),
    )

# %% tags=["remove-cell"]
with checks("What shuffling does to the noise"):
    claim("the same to a hundredth", 1 - (n - 10) / (n - 1) < 0.01)
    claim("more than 600 times lower", independent[0] / end[0])

# %% [markdown]
# ## What to keep
#
# - Without replacement, the variance of a batch gets the factor $(n - b) / (n - 1)$. In
#   a single step with a small batch that is nothing.
# - Over a shuffled epoch the kicks cancel, up to their fading. At its end the floor
#   goes with $\eta^3$ for small rates, in its middle with $\eta^2$, with independent
#   draws with $\eta$.
# - The gain shrinks as $q = \eta \lambda n / b$ grows: at one a thirteenth of the floor
#   is left, at four a half.
#
# ## Exercises
#
# ::::{exercise}
# :label: ex-noise-half
# You draw half of the 1000 examples without replacement. How large would a batch *with*
# replacement have to be for the same variance? You should get 999. How can 500 examples
# serve as that many draws?
# ::::
#
# ::::{solution} ex-noise-half
# :class: dropdown
# By {eq}`noise-batch`, $b'$ draws with replacement serve as well if
#
# $$\frac{1}{b'} = \frac{1}{b} \cdot \frac{n - b}{n - 1}, \qquad
# b' = b \cdot \frac{n - 1}{n - b},$$
#
# which is 999. That many draws with replacement miss 37% of the examples and count
# others several times. Half of the examples without replacement waste no draw on what
# is known.
# ::::

# %% tags=["remove-cell"]
with checks("Exercises"):
    half = n // 2
    claim("half of the 1000 examples", n)
    claim("should get 999", half * (n - 1) / (n - half))
    claim("How can 500 examples", half)
    claim("which is 999", half * (n - 1) / (n - half))
    claim("miss 37%", (1 - 1 / n) ** 999)

# %% [markdown]
# ::::{exercise}
# :label: ex-shuffled-once
# Open: shuffle once, and use the same order in every epoch. Is the end of an epoch
# still as calm? A good answer
#
# - predicts from the derivation which part of it survives,
# - measures at several rates, over runs that have different orders,
# - looks at whether the end of an epoch differs from that of the next.
# ::::
#
# ```{solution-start} ex-shuffled-once
# :class: dropdown
# ```
#
# The kicks of an epoch still sum to zero. But they fade in the same way each time, so
# what is left of an epoch at its end is the same offset $d$ in every epoch. Equal
# offsets add up: $d (1 + e^{-q} + e^{-2q} + \dots) = d / (1 - e^{-q})$. With new
# shuffles they are independent, and their squares add up, to $d^2 / (1 - e^{-2q})$. The
# quotient of the squares is
#
# $$\frac{1 - e^{-2q}}{(1 - e^{-q})^2} = \frac{1 + e^{-q}}{1 - e^{-q}} =
# \coth \frac{q}{2} \approx \frac{2}{q} .$$
#
# The steep direction decides, since there is nearly all that is left.

# %%
once = np.repeat(orders[:, :1], 40, axis=1)
batches_once = in_batches(once, b)
for i in (0, 2, 4):
    late = excess_of(batches_once, rates[i])[:, 20:, -1]
    differs = np.mean(late.std(axis=1) / late.mean(axis=1))
    q = rates[i] * curvatures[1] * n / b
    print(f"predicted {1 / np.tanh(q / 2):.1f} times", end=", ")
    print(f"seen {late.mean() / end[i]:.1f}, differs by {differs:.1%}")

# %% [markdown]
# No: at the smallest rate the end is more than ten times as high as with new shuffles.
# It hardly differs from epoch to epoch, so this is not noise any more but a bias of the
# order. (What differs at the smallest rate is a rest of the start: after 20 epochs a
# tenth of it is left.)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    smallest = excess_of(batches_once, rates[0])[:, 20:, -1]
    claim("ten times as high", smallest.mean() > 10 * end[0])
    claim("It hardly differs from epoch", differs < 0.05)
    rest = np.exp(-20 * rates[0] * curvatures[1] * n / b)
    claim("after 20 epochs a tenth of it", 0.08 < rest < 0.12)
    off = []
    for i in (0, 2, 4):
        q = rates[i] * curvatures[1] * n / b
        late = excess_of(batches_once, rates[i])[:, 20:, -1]
        off.append(late.mean() / end[i] * np.tanh(q / 2) - 1)
    claim("offsets add up:", np.abs(off).max() < 0.25)

# %% [markdown]
# ## Sources and further reading
#
# {cite}`cochran1977` has the factor $(n - b) / (n - 1)$ and what follows from it.
# {cite}`mishchenko2020` compare shuffled epochs, one shuffle for all, and independent
# draws. The data are from a {ref}`notebook <source-nn-gradient-descent>`
# {cite}`nn_gradient_descent`.
