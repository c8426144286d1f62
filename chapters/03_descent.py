# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (descent)=
# # Descent
#
# A published tutorial {cite}`fruehwald2022` starts from a guess of 0 centimeters per
# inch and reaches 2.541 in 1000 steps downhill. With a longer stride it would get there
# in one step; with a stride 63 times its own, never. What decides how long a step may
# be? And why do all those steps end a few millionths short?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** write the loop, record every step, predict its speed and its limit,
#   measure both, and find out what stops it short.
# - **You need** the belts and their loss from {ref}`grid-search`, and the slope of the
#   loss from {ref}`slopes`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # the folder of `helpers`, when this file runs where it lies

# %% [markdown]
# ## One line, repeated
#
# The slope tells you which way is up. So go the other way: multiply the slope by a
# small number $\eta$, the **{term}`learning rate`**, and subtract.
#
# ```{math}
# :label: descent-step
# m_{k+1} = m_k - \eta \, L'(m_k)
# ```
#
# You know the two ingredients already: the mean squared error of a multiplier $m$, and
# its slope, worked out by hand.

# %%
from helpers import load_belts, use_book_style

use_book_style()
belts = load_belts()  # ten lengths in inches, the same in centimeters


def belt_loss(multiplier, belt_in, belt_cm):
    return ((multiplier * belt_in - belt_cm) ** 2).mean()


def belt_slope(multiplier, belt_in, belt_cm):
    return 2 * (belt_in * (multiplier * belt_in - belt_cm)).mean()


# %% [markdown]
# Now walk. Start at a multiplier of 0, which makes every belt 0 cm long, and take the
# tutorial's learning rate, 1/100,000.

# %%
multiplier, learning_rate = 0.0, 1 / 100_000
for step in range(5):
    slope = belt_slope(multiplier, *belts)
    print(f"step {step}: m {multiplier:.4f}, slope {slope:.1f}")
    multiplier = multiplier - learning_rate * slope

# %% tags=["remove-cell"]
import numpy as np

from helpers import claim, reproduce

first_slope = belt_slope(0.0, *belts)
claim("-8098.4", first_slope)
claim("0.0810", -learning_rate * first_slope)

# %% [markdown]
# The first slope is $-8098.4$ cm² per unit of $m$, so the first step is 0.0810 long. It
# goes up the axis because the slope is negative: minus a minus. Each step is shorter
# than the one before, though the learning rate stays the same. The slope flattens, and
# the steps with it.
#
# That is gradient descent. Each step here looks at all ten belts, so it is
# **{term}`batch gradient descent`**, and one **step** (one update) is also one
# **{term}`epoch`** (one pass over the data). The two words part ways once a step looks
# at fewer examples.
#
# ## A thousand steps, recorded
#
# To see what a descent does, keep what it saw: at every step the multiplier, the loss
# and the gradient, which for one parameter is the slope. Row $k$ of this record, or
# **trace**, holds the state after $k$ steps; row 0 is the start. The recorder asks for
# a function that returns both loss and gradient, such as `by_hand`.

# %%
import pandas as pd


def by_hand(multiplier, belt_in, belt_cm):
    loss = belt_loss(multiplier, belt_in, belt_cm)
    return loss, belt_slope(multiplier, belt_in, belt_cm)


def record_descent(value_and_grad, multiplier, learning_rate, steps, data):
    rows = []
    for _ in range(steps + 1):
        loss, gradient = value_and_grad(multiplier, *data)
        rows.append((float(multiplier), float(loss), float(gradient)))
        multiplier = multiplier - learning_rate * gradient
    return pd.DataFrame(rows, columns=["multiplier", "loss", "gradient"])


# %% [markdown]
# The tutorial lets JAX find the slope. `jax.value_and_grad` makes such a function; here
# `jax.jit` compiles it too, to save time. JAX computes in float32 unless told
# otherwise, so the belts become float32 as well. Remember that.

# %%
import jax
import jax.numpy as jnp

belts32 = tuple(jnp.asarray(lengths) for lengths in belts)
by_jax = jax.jit(jax.value_and_grad(belt_loss))
tutorial = record_descent(by_jax, 0.0, 1 / 100_000, 1000, belts32)
some = tutorial.iloc[[0, 1, 10, 100, 500, 1000]]
print(some.to_string(float_format="{:.4f}".format))

# %% tags=["remove-cell"]
final = tutorial.multiplier.iloc[-1]
claim("2.541", final)
assert belts32[0].dtype == jnp.float32
assert (tutorial.iloc[500] == tutorial.iloc[1000]).all()
reproduce("final guess", float(final))

# %% [markdown]
# After 1000 epochs the multiplier is 2.541, as the tutorial reports. But look at the
# last two rows: between epochs 500 and 1000 nothing has changed, and yet the gradient
# is not zero. Here is the whole trace:

# %% tags=["hide-input"]
#| name: fig-descent-traces
#| caption: A thousand epochs at the tutorial's learning rate. Only the first panel
#|   has a plain axis; on the log axes below it, a steady rate is a straight line.
#| alt: Three stacked line charts over 1000 epochs. The multiplier climbs steeply
#|   from 0, bends, and is flat long before the middle. The loss, on a log scale, falls
#|   in a straight line and then lies flat. The size of the gradient, on a log scale,
#|   falls in a straight line for about 400 epochs and then lies flat, well above zero.
import matplotlib.pyplot as plt

figure, axes = plt.subplots(3, sharex=True, figsize=(5.4, 6.0))
axes[0].plot(tutorial.multiplier)
axes[1].semilogy(tutorial.loss)
axes[2].semilogy(tutorial.gradient.abs())
axes[0].set(ylabel="m (cm per inch)", title="The multiplier settles")
axes[1].set(ylabel="loss (cm²)", title="The loss meets its floor")
axes[2].set(ylabel="|gradient| (cm² per unit)")
axes[2].set(xlabel="epoch", title="The gradient shrinks, then stops")
plt.show()

# %% tags=["remove-cell"]
best_multiplier = belts[0] @ belts[1] / (belts[0] @ belts[0])
assert abs(tutorial.multiplier[150] / best_multiplier - 1) < 0.01
assert abs(tutorial.gradient.iloc[-1]) > 0.01
floor = belt_loss(best_multiplier, *belts)
claim("0.072", floor)
np.testing.assert_array_equal(np.round(2.54 * belts[0]), belts[1])
assert abs(tutorial.loss.iloc[-1] - floor) < 1e-5
excess = tutorial.loss - floor
squares = (tutorial.multiplier - best_multiplier) ** 2 * (belts[0] ** 2).mean()
np.testing.assert_allclose(excess[:100], squares[:100], rtol=1e-4)
assert excess[300] < 0.01 * floor

# %% [markdown]
# The floor of the loss is 0.072 cm², what rounding in the shop's table leaves over.
# What lies above the floor goes with the square of the distance to the best multiplier
# ({eq}`grid-parabola`). So on the log axis the loss falls twice as steeply as the
# gradient, and reaches its floor while the gradient still has a long way to go.
#
# {numref}`fig-descent-traces` leaves two riddles: why the lines are straight, and why
# the gradient stops shrinking.
#
# ## Which way is down
#
# A sign is easy to lose. The tutorial's text speaks of scaling the gradient and
# *adding* it to the parameter; its code adds the negative, which is the subtraction of
# {eq}`descent-step`. The code is right. What if you follow the text?

# %%
multiplier, learning_rate = 0.0, 1 / 100_000
for step in range(101):
    if step % 25 == 0:
        loss = belt_loss(multiplier, *belts)
        print(f"step {step}: m {multiplier:.2f}, loss {loss:,.0f}")
    slope = belt_slope(multiplier, *belts)
    multiplier = multiplier + learning_rate * slope  # wrong

# %% tags=["remove-cell"]
wrong = 0.0
for _ in range(100):
    wrong = wrong + learning_rate * belt_slope(wrong, *belts)
claim("23.0", (wrong - best_multiplier) / -best_multiplier)
claim("23.0", (1 + learning_rate * 2 * (belts[0] ** 2).mean()) ** 100)
assert belt_loss(wrong, *belts) > belt_loss(0.0, *belts)

# %% [markdown]
# It climbs, faster and faster. After 100 steps it is 23.0 times as far from the answer
# as it was at the start. If your loss rises from the very first step, however small you
# make the learning rate, look for a lost minus.
#
# ## How long may a step be?
#
# For one multiplier the loss is a parabola, and then everything about the loop can be
# worked out before it runs. The slope of a parabola is its curvature $\lambda = L''$
# times the distance from the bottom $m^*$:
#
# ```{math}
# :label: parabola-slope
# \begin{aligned}
# L'(m) &= \lambda \, (m - m^*) \\
# \lambda &= \frac{2}{n} \sum_{i=1}^{n} x_i^2 \\
# m^* &= \frac{\sum_i x_i y_i}{\sum_i x_i^2}
# \end{aligned}
# ```
#
# Here $x_i$ are the inches and $y_i$ the centimeters. Put that into {eq}`descent-step`
# and take $m^*$ from both sides. Call $e_k = m_k - m^*$ the **error** after $k$ steps.
# Then
#
# ```{math}
# :label: contraction
# \begin{aligned}
# e_{k+1} &= e_k - \eta \lambda \, e_k \\
# &= (1 - \eta \lambda) \, e_k
# \end{aligned}
# ```
#
# Every step multiplies the error by the same number, $1 - \eta\lambda$. The gradient,
# which is $\lambda$ times the error, shrinks at the same rate: that is the straight
# line on the log axis. The factor also sorts all learning rates:
#
# | $\eta\lambda$ | factor $1 - \eta\lambda$ | what you see |
# |---|---|---|
# | below 0 | above 1 | climbs from the start: the lost minus |
# | between 0 and 1 | positive, below 1 | slides in from one side |
# | exactly 1 | 0 | arrives in one step |
# | between 1 and 2 | negative, size below 1 | overshoots each time, closing in |
# | exactly 2 | $-1$ | bounces between two points forever |
# | above 2 | negative, size above 1 | overshoots farther each time |
#
# So the descent closes in on the bottom, from every start, if and only if
# $0 < \eta < 2/\lambda$. (For other smooth convex losses, with $\lambda$ the largest
# curvature, that is still enough, but no longer necessary {cite}`nesterov2004`.) How
# large is $\lambda$ for the belts? Differentiating twice should agree with the formula.

# %%
import numpy as np

curvature = 2 * np.mean(belts[0] ** 2)
best_multiplier = belts[0] @ belts[1] / (belts[0] @ belts[0])
by_differentiation = jax.grad(jax.grad(belt_loss))(0.0, *belts32)
limit, best_rate = 2 / curvature, 1 / curvature
print(f"{curvature:.1f} in², curvature by the formula")
print(f"{by_differentiation:.1f} in², curvature by JAX")
print(f"{limit:.6f} per in², the limit")
print(f"{limit * 100_000:.1f} times the tutorial's rate")

# %% tags=["remove-cell"]
claim("3186.5", curvature)
claim("0.000628", limit)
claim("0.000314", best_rate)
claim("62.8", limit / (1 / 100_000))
claim("63", np.ceil(limit / (1 / 100_000)))
claim("0.968", 1 - curvature / 100_000)
assert abs(float(by_differentiation) / curvature - 1) < 1e-6

# %% [markdown]
# The curvature is 3186.5 square inches, so the largest stable learning rate is just
# below 0.000628. It depends on the inches alone: not on the centimeters, not on where
# you start. The tutorial's 1/100,000 is 62.8 times smaller, and keeps 0.968 of its
# error at each step. Safe, and slow.
#
# ## Four learning rates
#
# From a multiplier of 0 the first error is $-m^*$. After six steps
# $(1 - \eta\lambda)^6$ of it should be left, which predicts where each descent stands.
# Test that in float64, with the slope by hand, so that rounding stays out of the way.
# In each line the prediction comes first, then the measurement.

# %%
four_rates = {
    "Too small: creeps": 1 / 100_000,
    "Good: slides": 1 / 10_000,
    "Best: one step": best_rate,
    "Too large: climbs out": 1.05 * limit,
}
four_traces = {}
for name, rate in four_rates.items():
    trace = record_descent(by_hand, 0.0, rate, 6, belts)
    predicted = best_multiplier * (1 - (1 - rate * curvature) ** 6)
    print(f"{predicted:6.3f} {trace.multiplier[6]:6.3f}  {name}")
    four_traces[name] = trace

# %% tags=["remove-cell"]
for name, rate in four_rates.items():
    error = four_traces[name].multiplier[6] - best_multiplier
    expected = -best_multiplier * (1 - rate * curvature) ** 6
    assert abs(error - expected) < 1e-12
worst = four_traces["Too large: climbs out"]
claim("1.77", abs(worst.multiplier[6] / best_multiplier - 1))
assert worst.loss.is_monotonic_increasing

# %% [markdown]
# Measured as predicted. Only the third descent is there, and it was there after one
# step. The fourth is now 1.77 times as far away as it was at the start. On the loss
# curve:

# %% tags=["hide-input"]
#| name: fig-four-rates
#| caption: Dots are the multipliers visited, joined in their order. Every descent
#|   starts on the left wall, at 0.
#| alt: Four panels, each with the same parabola of the loss over the multiplier and
#|   the points that six steps visit, joined by lines. Too small: the points crowd near
#|   the start on the left wall. Good: they slide down the left wall with shrinking
#|   steps. Best: one line leads from the start to the bottom. Too large: the points
#|   zigzag between the walls, higher each time.
from helpers import BLUE, GRAY, ORANGE

grid = np.linspace(-2.5, 7.5, 200)
curve = [belt_loss(m, *belts) / 1000 for m in grid]
figure, axes = plt.subplots(2, 2, sharex=True, sharey=True, figsize=(5.4, 5.0))
for ax, (name, trace) in zip(axes.flat, four_traces.items(), strict=True):
    ax.plot(grid, curve, color=GRAY, linewidth=1)
    color = ORANGE if trace.loss[6] > trace.loss[0] else BLUE
    ax.plot(trace.multiplier, trace.loss / 1000, "o-", color=color, ms=4, lw=1.2)
    ax.set(title=name, xticks=[0, 2.5, 5])
figure.supxlabel("multiplier (cm per inch)", fontsize=11)
figure.supylabel("loss (1000 cm²)", fontsize=11)
plt.show()

# %% tags=["remove-cell"]
claim("0.90", abs(1 - 0.95 * limit * curvature))
claim("0.95", 0.95 * limit / limit)

# %% [markdown]
# In motion, two ways of being slow. The tutorial's learning rate creeps down one side.
# A rate of 0.95 times the limit leaps across the valley and back. Of the two the leaper
# is the faster: it keeps 0.90 of its error at each step, the creeper 0.968.

# %% tags=["hide-input"]
from helpers import animate

creeping = record_descent(by_hand, 0.0, 1 / 100_000, 40, belts)
leaping = record_descent(by_hand, 0.0, 0.95 * limit, 40, belts)
figure, ax = plt.subplots()
ax.plot(grid, curve, color=GRAY, linewidth=1)
creeper = ax.plot([], [], "o", color=BLUE, ms=14, mfc="none", mew=2.5)[0]
leaper = ax.plot([], [], "o", color=ORANGE, ms=8)[0]
ax.text(2.54, 12.6, "ring: the tutorial's rate", color=BLUE, ha="center")
ax.text(2.54, 10.9, "dot: 0.95 × limit", color=ORANGE, ha="center")
ax.set(xlim=(-0.5, 5.6), ylim=(-1, 16), xlabel="multiplier (cm per inch)")
ax.set_ylabel("loss (1000 cm²)")
label = (
    "A ring and a dot start at the same height on the left wall of a parabola. The "
    "ring creeps down that wall; the dot leaps from wall to wall, lower each time."
)


def draw(step):
    for point, trace in ((creeper, creeping), (leaper, leaping)):
        point.set_data([trace.multiplier[step]], [trace.loss[step] / 1000])
    ax.set_title(f"Step {step}: one creeps, one leaps")


animate(figure, draw, range(41), label=label, frames_per_second=6)

# %% tags=["remove-cell"]
assert leaping.loss[40] < creeping.loss[40]

# %% [markdown]
# ## Both sides of the limit
#
# How sharp is the limit? Take learning rates 1% below it, exactly on it, and 1% above.
# Equation {eq}`contraction` predicts factors of $-0.98$, $-1$ and $-1.02$. After 200
# steps, that should leave 1.8% of the first error, all of it, and 52 times as much.

# %%
errors = {}
for factor in (0.99, 1.0, 1.01):
    trace = record_descent(by_hand, 0.0, factor * limit, 200, belts)
    errors[factor] = (trace.multiplier - best_multiplier).abs()
    left = errors[factor][200] / errors[factor][0]
    print(f"{left:.3f} of the error left at {factor} × limit")

# %% tags=["remove-cell"]
claim("-0.98", 1 - 0.99 * limit * curvature)
claim("-1.02", 1 - 1.01 * limit * curvature)
claim("1.8%", errors[0.99][200] / errors[0.99][0])
assert round(0.98**200, 3) == 0.018
claim("52", errors[1.01][200] / errors[1.01][0])
assert round(1.02**200) == 52
assert abs(errors[1.0][200] / errors[1.0][0] - 1) < 1e-9

# %% [markdown]
# The prediction holds for all three, and in {numref}`fig-limit` all the way.

# %% tags=["hide-input"]
#| name: fig-limit
#| caption: The same start and nearly the same learning rate. A constant factor is a
#|   straight line on the log axis, whether it shrinks the error or multiplies it.
#| alt: The size of the error over 200 steps on a log scale, three straight lines
#|   from the same point. Below the limit the line falls, on the limit it is flat,
#|   above the limit it rises.
from helpers import BLACK

figure, ax = plt.subplots()
labels = ["0.99 × limit", "at the limit", "1.01 × limit"]
colors = [BLUE, BLACK, ORANGE]
for error, label, color in zip(errors.values(), labels, colors, strict=True):
    ax.semilogy(error, color=color)
    ax.text(205, error[200], label, color=color, va="center")
ax.set(xlabel="step", ylabel="error (cm per inch)", xlim=(0, 272))
ax.set(title="One percent decides", xticks=range(0, 201, 50))
plt.show()

# %% [markdown]
# At the limit the multiplier bounces between 0 and twice the answer, and will do so for
# as long as you let it.
#
# ## How fast, at every learning rate
#
# The size of the factor, $|1 - \eta\lambda|$, is the **contraction rate**: the part of
# the error that a step keeps. Drawn over $\eta$ the prediction is a V. Measure it at 24
# learning rates, over three steps each.

# %%
factors = np.linspace(0.05, 1.2, 24)
kept = []
for factor in factors:
    trace = record_descent(by_hand, 0.0, factor * limit, 3, belts)
    error = (trace.multiplier - best_multiplier).abs()
    kept.append((error[3] / error[0]) ** (1 / 3))
misses = np.abs(kept - np.abs(1 - factors * limit * curvature))
print(f"off the V by less than 0.0001: {np.all(misses < 0.0001)}")

# %% tags=["remove-cell"]
claim("< 0.0001", misses.max())

# %% [markdown]
# This is the map on which you choose a learning rate:

# %% tags=["hide-input"]
#| name: fig-contraction
#| caption: Dots are measured. Left of the tip a descent slides in from one side; right
#|   of the tip it overshoots.
#| alt: The contraction rate over the learning rate. The predicted line is a V that
#|   starts at 1, touches 0 in the middle at the best learning rate, and is back at 1
#|   at the limit; beyond, it rises above 1. All measured dots lie on it. The
#|   tutorial's learning rate sits at the far left, near 1.
figure, ax = plt.subplots()
line = np.linspace(0, 1.2 * limit, 241)
ax.plot(line * 1e4, np.abs(1 - line * curvature), color=GRAY)
ax.plot(factors * limit * 1e4, kept, "o", color=BLUE, ms=5)
ax.plot(0.1, 1 - curvature / 100_000, "o", color=ORANGE, ms=7)
ax.axhline(1, color=BLACK, linewidth=1, linestyle="--")
ax.text(0.3, 1.05, "the tutorial", color=ORANGE)
ax.text(best_rate * 1e4, 0.22, "best", color=BLUE, ha="center")
ax.text(4.55, 0.3, "predicted\n|1 − ηλ|", color=GRAY, va="center")
ax.text(6.1, 1.07, "limit", ha="right")
ax.set(xlabel="learning rate (0.0001 per in²)", ylabel="part of the error kept")
ax.set(title="Measured rates lie on the V", ylim=(-0.05, 1.5))
plt.show()

# %% [markdown]
# At the tip of the V stands the learning rate $1/\lambda$, 0.000314. It promises the
# whole way in one step.

# %%
one_step = 0.0 - best_rate * belt_slope(0.0, *belts)
print(f"{one_step:.12f} after one step")
print(f"{best_multiplier:.12f} by least squares")

# %% tags=["remove-cell"]
claim("< 1e-12", abs(one_step - best_multiplier))

# %% [markdown]
# It keeps the promise to all twelve decimals. You may feel cheated, and rightly: once
# you know $\lambda$ and one slope, you know where the bottom of a parabola is. With
# several parameters there are several curvatures at once, and no learning rate suits
# them all. That is the story of {ref}`conditioning`.
#
# ## How many steps
#
# How long until only a fraction $a$ of the first error is left, say a millionth? You
# need the smallest $k$ with $|1 - \eta\lambda|^k \le a$. Take logarithms on both sides,
# then divide. While the descent converges, $\ln |1 - \eta\lambda|$ is negative, so the
# division turns the sign around:
#
# ```{math}
# :label: steps-needed
# k \ge \frac{\ln a}{\ln |1 - \eta\lambda|}
# ```
#
# (At the best learning rate the factor is 0, which has no logarithm, and one step does
# it.) Count the steps at three other rates:


# %%
def steps_needed(learning_rate, curvature, fraction):
    factor = np.abs(1 - learning_rate * curvature)
    return np.log(fraction) / np.log(factor)


for rate in [1 / 100_000, 1 / 10_000, 0.9 * limit]:
    trace = record_descent(by_hand, 0.0, rate, 500, belts)
    error = (trace.multiplier - best_multiplier).abs()
    measured = (error <= 1e-6 * error[0]).idxmax()  # the first True
    predicted = np.ceil(steps_needed(rate, curvature, 1e-6))
    print(f"{predicted:.0f} predicted, {measured} measured, rate {rate:.6f}")

# %% tags=["remove-cell"]
counts = {}
for rate in [1 / 100_000, 1 / 10_000, 0.9 * limit]:
    trace = record_descent(by_hand, 0.0, rate, 500, belts)
    error = (trace.multiplier - best_multiplier).abs()
    counts[rate] = (error <= 1e-6 * best_multiplier).idxmax()
    assert counts[rate] == np.ceil(steps_needed(rate, curvature, 1e-6))
claim("427", counts[1 / 100_000])
claim("37", counts[1 / 10_000])
claim("62", counts[0.9 * limit])

# %% [markdown]
# Prediction and measurement agree to the step: 427 for the tutorial's learning rate, 37
# for one ten times larger, and 62 close to the limit. Far below the best rate, the
# count is close to $\ln(1/a) / (\eta\lambda)$: half the learning rate, twice the steps.
# An error that shrinks by a constant factor, a straight line on the log axis, is what
# books call *linear convergence* {cite}`nocedal2006`.
#
# ## Where float32 stops
#
# By this count, 1000 epochs should have made the tutorial's error too small to see.
# Instead the gradient in {numref}`fig-descent-traces` stopped shrinking after some 400.
# Look closely at where the multiplier made its last move.

# %%
last = tutorial.iloc[-1]
hop = np.spacing(np.float32(last.multiplier))
update = 1 / 100_000 * abs(last.gradient)
moves = np.flatnonzero(tutorial.multiplier.diff())
print(f"{moves[-1]}: the epoch of the last move")
print(f"{last.multiplier:.7f}: stuck here")
print(f"{best_multiplier:.7f}: least squares")
print(f"{hop * 1e6:.2f} millionths: to the next float32")
print(f"{update / hop:.2f} of that: the next update")

# %% tags=["remove-cell"]
short = (best_multiplier - final) * 1e6
claim("3 to 4", short)
claim("0.24", hop * 1e6)
claim("< 0.5", update / hop)
assert 2 < final < 4
assert hop == 2.0**-22
claim("400 to 420", moves[-1])
assert tutorial.multiplier[moves[-1] :].nunique() == 1
final32 = np.float32(final)
assert final32 + np.float32(update) == final32
level = hop / 2 * 100_000 / curvature
claim("3.7", level * 1e6)
reached = steps_needed(1 / 100_000, curvature, level / best_multiplier)
claim("415", np.ceil(reached))
# The same steps with an exact slope stop early too: rounding up, not JAX, is the cause.
exact_slopes, m32 = [np.float32(0)], np.float32(0)
for _ in range(600):
    exact = curvature * (np.float64(m32) - best_multiplier)
    m32 = np.float32(np.float64(m32) - exact / 100_000)
    exact_slopes.append(m32)
assert 400 < np.flatnonzero(np.diff(exact_slopes))[-1] + 1 < np.ceil(reached)

# %% [markdown]
# It has not arrived: it is between 3 and 4 millionths short. The gradient still points
# the right way. But a float32 between 2 and 4 can only move in hops of 0.24 millionths,
# the **spacing** of such numbers {cite}`goldberg1991`. An update below half a hop
# rounds to nothing: the multiplier stays, so the next gradient is the same, and so on
# for a thousand epochs or a million.
#
# So you can predict where a descent gets stuck. The update is $\eta$ times the
# gradient, and the gradient is $\lambda$ times the error ({eq}`parabola-slope`). In
# size, then, the update is $\eta\lambda\,|e|$. Set that equal to $s/2$, half a spacing,
# and solve for the error:
#
# ```{math}
# :label: stall
# |e_{\text{stuck}}| \approx \frac{s}{2 \eta \lambda}
# ```
#
# That is 3.7 millionths for the tutorial's run. By {eq}`steps-needed`, with $a$ the
# part that this is of the first error, it takes 415 steps to get there. The run stops a
# few epochs sooner, since an update between half a hop and a whole one rounds *up*, and
# so the last hops come early.
#
# The formula says more. A *smaller* learning rate should get stuck *farther* away. And
# float64, with its finer spacing, should get stuck too, only later. Test both:

# %%
engines = {
    "float32": (by_jax, belts32),
    "float64": (by_hand, belts),
}
stuck = {}
for dtype, rate in [
    ("float32", 1 / 100_000),
    ("float32", 1 / 10_000),
    ("float64", 1 / 100_000),
]:
    value_and_grad, data = engines[dtype]
    trace = record_descent(value_and_grad, 0.0, rate, 1400, data)
    stuck[dtype, rate] = (trace.multiplier - best_multiplier).abs()

# %% [markdown]
# {numref}`fig-stall` sets the three errors beside the levels that {eq}`stall` predicts.

# %% tags=["hide-input"]
#| name: fig-stall
#| caption: Dotted lines are the predictions. The two float32 descents differ in nothing
#|   but the learning rate.
#| alt: The size of the error over the steps on a log scale. Two float32 lines fall
#|   straight and then turn flat at a few millionths and a few ten-millionths, the one
#|   with the larger learning rate earlier and lower. The float64 line falls on and
#|   turns flat many decades lower. Each flat part lies near its dotted line.
from helpers import GREEN

styles = [
    (ORANGE, "--", (560, 1e-5)),
    (BLUE, "-", (880, 2e-8)),
    (GREEN, "-", (230, 1e-12)),
]
figure, ax = plt.subplots(figsize=(5.4, 3.8))
for (key, error), style in zip(stuck.items(), styles, strict=True):
    (dtype, rate), (color, dashes, place) = key, style
    spacing = np.spacing(np.dtype(dtype).type(best_multiplier))
    level = spacing / (2 * rate * curvature)
    ax.axhline(level, color=color, linestyle=":", linewidth=1.4)
    on_top = 3 if dtype == "float32" else 2
    ax.semilogy(error, color=color, linestyle=dashes, zorder=on_top)
    ax.text(*place, f"{dtype}, 1/{1 / rate:,.0f}", color=color)
ax.set(xlabel="step", ylabel="error (cm per inch)", title="Each descent gets stuck")
plt.show()

# %% tags=["remove-cell"]
levels = {
    (name, rate): np.spacing(np.dtype(name).type(best_multiplier))
    / (2 * rate * curvature)
    for name, rate in stuck
}
ends = {key: error.iloc[-1] for key, error in stuck.items()}
assert 3e-6 < ends["float32", 1 / 100_000] < 4e-6
assert ends["float32", 1 / 10_000] < 7e-7
claim("9 to 12", ends["float32", 1 / 100_000] / ends["float32", 1 / 10_000])
assert 1e-15 < ends["float64", 1 / 100_000] < 2 * levels["float64", 1 / 100_000]

# %% [markdown]
# All three end where they should, the smaller learning rate ten times farther out.
#
# ## Progress, not the update
#
# Near the limit a descent is slow again. Does it get stuck as well? Not in this way: it
# leaps from wall to wall, and its updates are far larger than a hop. But each landing
# is only a little closer than the one before. What a step gains is
#
# ```{math}
# :label: progress
# \text{progress} = (1 - |1 - \eta\lambda|) \, |e|
# ```
#
# Rounding moves each landing by up to half a hop. Once the progress is smaller than
# that, rounding can take all of it back. Below the best learning rate, progress and
# update are the same thing, and the multiplier freezes. Above it, the multiplier keeps
# leaping, at a distance that no longer shrinks.
#
# The part of the error that a step removes is $1 - |1 - \eta\lambda|$. On either side
# of the best rate, the error that remains should be at most $s/2$ divided by this part.
#
# To test this rule alone, compute the slope exactly, by {eq}`parabola-slope` in
# float64, and keep only the multipliers in float32. (A slope in float32 adds a little
# rounding of its own.) NumPy runs thirty descents at once, fifteen on either side of
# the best learning rate, in pairs that remove the same part.

# %%
removed = np.tile(np.geomspace(0.004, 0.9, 15), 2)
rates = np.where(np.arange(30) < 15, removed, 2 - removed) / curvature
multipliers = np.zeros(30, np.float32)
for _ in range(10_000):
    slopes = curvature * (np.float64(multipliers) - best_multiplier)
    multipliers = np.float32(multipliers - rates * slopes)

spacing = np.spacing(np.float32(best_multiplier))
bounds = spacing / 2 / removed
remaining = np.abs(multipliers - best_multiplier)
print(f"{np.sum(remaining <= bounds)} of 30 within the bound")
leap = rates[15] * abs(slopes[15]) / spacing
print(f"{leap:.0f} hops: a leap, nearest the limit")

# %% tags=["remove-cell"]
assert np.all(remaining <= bounds)
slow = removed < 0.05
assert np.all(remaining[slow] > 0.85 * bounds[slow])
nearest = abs(float(np.float32(best_multiplier)) - best_multiplier)
claim("0.11", nearest * 1e6)
assert abs(remaining.min() - nearest) < 1e-12
assert np.all(remaining[removed > 0.6] < 1.1 * nearest)
final_updates = rates * np.abs(slopes)
assert np.all(final_updates[:15] <= spacing / 2)
claim("> 200", leap)

# %% [markdown]
# All of them keep to the bound, also the one that still makes leaps of over 200 hops.
# Drawn against the part removed, both sides of the best rate meet on one line:

# %% tags=["hide-input"]
#| name: fig-stuck-rates
#| caption: The error that float32 cannot remove, for thirty learning rates. The line is
#|   half a spacing divided by the part of the error that a step removes.
#| alt: The remaining error over the part of the error that a step removes, both on
#|   log scales. A predicted line falls straight from upper left to lower right. Dots
#|   for learning rates below the best one and rings for those above it lie together
#|   close under the line. At the right they drop below it, onto a dotted level line
#|   at 0.11 millionths, the distance of the nearest float32.
figure, ax = plt.subplots()
ax.loglog(removed[:15], bounds[:15] * 1e6, color=GRAY, lw=1.2)
ax.loglog(removed[:15], remaining[:15] * 1e6, "o", color=BLUE, ms=4.5)
ring = {"ms": 10, "mfc": "none", "mew": 1.5}
ax.loglog(removed[15:], remaining[15:] * 1e6, "o", color=ORANGE, **ring)
ax.axhline(nearest := abs(np.float32(best_multiplier) - best_multiplier) * 1e6, ls=":")
ax.text(0.0037, nearest * 1.1, "the nearest float32", va="bottom")
ax.text(0.05, 14, "ring: above the best rate", color=ORANGE)
ax.text(0.05, 8.5, "dot: below the best rate", color=BLUE)
ax.set(xlabel="part of the error that a step removes")
ax.set(ylabel="remaining error (millionths)")
ax.set_title("The less a step removes, the farther from the answer")
plt.show()

# %% [markdown]
# The line is the edge of the zone in which rounding wins. A descent that makes little
# progress stops right inside that edge. One that makes much jumps across it and lands
# deeper, down to the nearest float32, 0.11 millionths from the answer. No learning rate
# gets closer than that.
#
# Do a few millionths matter? Not for belts, whose table is rounded to whole
# centimeters. They matter when you compare digits, when you wait for a gradient to
# vanish, and when someone lowers the learning rate to "get closer" and ends up farther
# away.
#
# ## When to stop, and when to give up
#
# A fixed number of steps is a guess. A common rule stops once the gradient is small.
# Here $|e| = |L'| / \lambda$, so a gradient of 0.01 means an error of about 3
# millionths. But a loop that waits for that in float32 waits forever, as you know now.
# Another way of never arriving is a learning rate above the limit, say 1/1000:

# %%
doomed = record_descent(by_jax, 0.0, 1 / 1000, 120, belts32)
some = doomed.iloc[[0, 1, 2, 10, 48, 52, 120]]
print(some.to_string(float_format="{:.2g}".format))

# %% tags=["remove-cell"]
assert np.isinf(doomed.loss[52])
assert np.isfinite(doomed.multiplier[52])
assert np.isfinite(doomed.loss[48])
assert np.isnan(doomed.multiplier[120])
claim("4.8", doomed.loss[2] / doomed.loss[1])
claim("4.8", (1 - curvature / 1000) ** 2)
claim("3", 0.01 / curvature * 1e6)
assert (tutorial.gradient.abs() >= 0.01).all()

# %% [markdown]
# First the loss grows, by a factor of 4.8 a step as {eq}`contraction` says (squared).
# Then it is too large for float32 and becomes `inf`, while the multiplier still looks
# like a number. In the end `inf - inf` gives `nan`, and no error is raised anywhere.
#
# Yet this failure is useful. The slope of a parabola is a straight line, so its first
# two gradients give away the curvature: the change of the gradient over the change of
# the multiplier. And two over the curvature is the limit.

# %%
first, second = doomed.iloc[0], doomed.iloc[1]
rise = second.gradient - first.gradient
estimate = rise / (second.multiplier - first.multiplier)
print(f"{2 / estimate:.6f} is the limit, says the failure")

# %% tags=["remove-cell"]
assert abs(2 / estimate / limit - 1) < 1e-5
claim("0.000628", 2 / estimate)

# %% [markdown]
# Found again, 0.000628, without looking at the belts. (On a curve that is no parabola
# it is an estimate, good near the two points.) Now a loop with three ways out: the
# gradient is small, the steps are used up, or the loss explodes.


# %%
def careful_descent(value_and_grad, m, learning_rate, steps, data):
    first_loss, _ = value_and_grad(m, *data)
    for step in range(steps):
        loss, gradient = value_and_grad(m, *data)
        if abs(gradient) < 0.01:
            return m, f"gradient small after {step} steps"
        if not loss <= 10 * first_loss:  # nan fails this, too
            raise FloatingPointError(f"loss {loss:.2g} at step {step}")
        m = m - learning_rate * gradient
    return m, f"gave up after {steps} steps"


# %% [markdown]
# Each way out is taken once: in float64, in float32, and above the limit.

# %%
m, outcome = careful_descent(by_hand, 0.0, 1 / 100_000, 1000, belts)
print(f"{m:.7f} {outcome}")
m, outcome = careful_descent(by_jax, 0.0, 1 / 100_000, 1000, belts32)
print(f"{m:.7f} {outcome}")
try:
    careful_descent(by_hand, 0.0, 1 / 1000, 1000, belts)
except FloatingPointError as error:
    print("stopped:", error)

# %% tags=["remove-cell"]
from helpers import descend

ours = record_descent(by_hand, 0.0, 1 / 10_000, 50, belts)
theirs = descend(lambda m: by_hand(m, *belts), 0.0, 1 / 10_000, 50)
np.testing.assert_array_equal(ours.multiplier, theirs.parameters)
np.testing.assert_array_equal(ours.loss, theirs.losses)
arrived = careful_descent(by_hand, 0.0, 1 / 10_000, 120, belts)
claim("2.5415", arrived[0])
assert arrived[1].startswith("gradient small")
_, outcome32 = careful_descent(by_jax, 0.0, 1 / 100_000, 1000, belts32)
assert outcome32.startswith("gave up")

# %% [markdown]
# Later chapters use `helpers.descend`: this chapter's loop and record, for any number
# of parameters.
#
# ## A list that forgets
#
# Two remarks on the bookkeeping, before you write loops of your own. With an array of
# parameters it is tempting to write `w -= ...` and to append `w` to a list. Here is one
# parameter, in an array of length one:

# %%
w, collected = np.array([0.0]), []
for _ in range(1000):
    collected.append(w)
    w -= 1 / 100_000 * belt_slope(w, *belts)
print(collected[0], collected[500], collected[-1])

# %% tags=["remove-cell"]
assert len({id(kept_w) for kept_w in collected}) == 1
assert collected[0] is w
assert abs(w[0] - best_multiplier) < 1e-9
safe, kept_safe = np.array([0.0]), []
for _ in range(1000):
    kept_safe.append(safe)
    safe = safe - 1 / 100_000 * belt_slope(safe, *belts)
assert len({id(kept_w) for kept_w in kept_safe}) == 1000
assert kept_safe[0][0] == 0

# %% [markdown]
# The descent is right and the record is wrong: a thousand entries, all of them the
# final value. In NumPy `w -= ...` writes into the array that `w` names, and the list
# holds that one array 1000 times. In its second half the tutorial collects in this way
# too, and its record is right. Why? Its gradient is a JAX array:

# %%
w = start = np.array([0.0])
w += jnp.array([1.0])
print(f"start {start}, w {w}")
print("w is now a JAX array:", isinstance(w, jax.Array))

# %% tags=["remove-cell"]
assert start[0] == 0
assert w[0] == 1
assert isinstance(w, jax.Array)

# %% [markdown]
# JAX arrays cannot be changed. NumPy steps aside, JAX adds, and the name `w` moves to a
# new array; the old one stays as it was. So the tutorial's list is safe, until someone
# swaps in a gradient from NumPy. Either of two habits is enough: write `w = w - ...`,
# as {eq}`descent-step` does, or append `w.copy()`.
#
# ## The same loop, compiled
#
# `record_descent` goes back to Python at each step. `jax.lax.scan` says "repeat this
# step", and `jax.jit` compiles all the steps at once. The inner function takes the
# multiplier and returns the next one, and beside it what to record.

# %%
from functools import partial


@partial(jax.jit, static_argnames="steps")
def scan_descent(multiplier, learning_rate, steps, data):
    def step(multiplier, _):
        loss, gradient = jax.value_and_grad(belt_loss)(multiplier, *data)
        after = multiplier - learning_rate * gradient
        return after, (multiplier, loss, gradient)

    return jax.lax.scan(step, multiplier, length=steps + 1)[1]


compiled, *_ = scan_descent(jnp.float32(0), 1 / 100_000, 1000, belts32)
difference = np.abs(tutorial.multiplier - np.asarray(compiled)).max()
print(f"within a millionth of the tutorial's: {difference < 1e-6}")

# %% tags=["remove-cell"]
_, losses32, gradients32 = scan_descent(jnp.float32(0), 1 / 100_000, 1000, belts32)
np.testing.assert_allclose(tutorial.multiplier, compiled, rtol=0, atol=1e-6)
np.testing.assert_allclose(tutorial.loss, losses32, rtol=0, atol=1e-2)
np.testing.assert_allclose(tutorial.gradient, gradients32, rtol=0, atol=1e-2)

# %% [markdown]
# (The compiler may add in another order, so the last bits can differ.) Here are four
# ways to take the same step, the best of five timings each:

# %%
import timeit


def microseconds(run, steps):
    def waiting():
        jax.block_until_ready(run())

    return min(timeit.repeat(waiting, number=1, repeat=5)) / steps * 1e6


plain_jax = jax.value_and_grad(belt_loss)
walk = 0.0, 1 / 100_000, 100
runs = {
    "JAX": lambda: record_descent(plain_jax, *walk, belts32),
    "JAX with jit": lambda: record_descent(by_jax, *walk, belts32),
    "NumPy by hand": lambda: record_descent(by_hand, *walk, belts),
    "scan and jit": lambda: scan_descent(jnp.float32(0), *walk[1:], belts32),
}
times = {name: microseconds(run, 100) for name, run in runs.items()}
for name, time in times.items():
    print(f"{time:.1f} µs a step: {name}")

# %% tags=["remove-cell"]
assert times["JAX"] > 4 * times["JAX with jit"]
assert times["JAX with jit"] > 4 * times["scan and jit"]
assert times["JAX"] > 4 * times["NumPy by hand"]

# %% [markdown]
# With ten belts there is next to nothing to compute, so these are the costs of asking.
# Without `jit`, JAX works out the derivative anew at every step. Compiling the gradient
# removes most of that time; compiling the loop as well removes most of the rest.
# (`block_until_ready` matters: JAX hands back results before they are finished.)
#
# ## What to keep
#
# - Gradient descent is one line, $m \leftarrow m - \eta L'(m)$.
# - On a parabola each step multiplies the error by $1 - \eta\lambda$. The descent
#   converges if and only if $0 < \eta < 2/\lambda$; the best learning rate,
#   $1/\lambda$, needs one step.
# - Rounding ends a descent where the *progress* of a step falls below half a spacing of
#   the parameter. Too small a learning rate costs accuracy as well as time.
# - Cap the steps, and check that the loss does not explode. Two gradients tell you
#   about how large the learning rate may be.
# - Look at a trace on a log axis. When you record, append a copy, never an array that
#   you go on to change in place.
#
# ## Exercises
#
# ::::{exercise}
# :label: ex-descent-start
# Start at 1.7 with the tutorial's learning rate. Predict how many steps it takes until
# the error is below 0.001. Does a start farther away change the largest stable learning
# rate?
# ::::
#
# ::::{solution} ex-descent-start
# :class: dropdown
# The first error has the size $2.5415 - 1.7$. You need the smallest $k$ with $0.968^k$
# times that at most 0.001:
#
# ```python
# first_error = best_multiplier - 1.7
# np.ceil(steps_needed(1 / 100_000, curvature, 0.001 / first_error))
# ```
#
# The answer is 208 steps, and the loop agrees. The limit $2/\lambda$ stays, since the
# start does not appear in $\lambda$. That is special to parabolas.
# ::::

# %% tags=["remove-cell"]
first_error = best_multiplier - 1.7
claim("208", np.ceil(steps_needed(1 / 100_000, curvature, 0.001 / first_error)))
from_there = record_descent(by_hand, 1.7, 1 / 100_000, 300, belts).multiplier
claim("208", ((from_there - best_multiplier).abs() <= 0.001).idxmax())
claim("1.7", best_multiplier - first_error)

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-change
# A colleague stops the loop when one step lowers the loss by less than 0.1 cm². With a
# learning rate of one billionth it stops at once. Is it done? Would a rule on the
# gradient be safe from this, also in float32?
# ::::
#
# ::::{solution} ex-descent-change
# :class: dropdown
# It is not done. One step lowers the loss by about $\eta \, L'(m)^2$, which is small
# when the gradient is small *or* when the learning rate is.
#
# ```python
# trace = record_descent(by_hand, 0.0, 1e-9, 1, belts)
# trace.loss[0] - trace.loss[1], trace.loss[1]
# ```
#
# The first step lowers the loss by 0.07 cm², and the loss is still above 10,000 cm². A
# rule on the gradient does not depend on the learning rate, as long as rounding stays
# out of it. In float32 a descent gets stuck where $\eta |L'| = s/2$, at a gradient of
# about $s/(2\eta)$. That does depend on the learning rate, and so does whether the rule
# is ever met:
#
# ```python
# for rate in (1e-4, 1e-5, 1e-6):
#     _, _, gradients = scan_descent(jnp.float32(0), rate, 6000, belts32)
#     print(rate, gradients[-1], spacing / 2 / rate)
# ```
#
# The stuck gradients are about 0.001, 0.01 and 0.1 in size.
# ::::

# %% tags=["remove-cell"]
lazy = record_descent(by_hand, 0.0, 1e-9, 1, belts)
claim("< 0.1", lazy.loss[0] - lazy.loss[1])
claim("0.07", lazy.loss[0] - lazy.loss[1])
claim("> 10,000", lazy.loss[1])
stuck_at = {}
for rate in (1e-4, 1e-5, 1e-6):
    _, _, gradients = scan_descent(jnp.float32(0), rate, 6000, belts32)
    stuck_at[rate] = abs(float(gradients[-1]))
    assert 0.8 < stuck_at[rate] / (spacing / 2 / rate) < 1.1
claim("0.001", stuck_at[1e-4])
claim("0.01", stuck_at[1e-5])
claim("0.1", stuck_at[1e-6])

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-units
# Measure the belts' first column in feet instead of inches. Predict the new largest
# stable learning rate, then test it on both sides.
# ::::
#
# ::::{solution} ex-descent-units
# :class: dropdown
# Dividing every $x_i$ by 12 divides $\lambda$, a mean of squares, by 144. The limit is
# 144 times larger, about 0.0904.
#
# ```python
# feet = belts[0] / 12, belts[1]
# limit_ft = 2 / (2 * (feet[0] ** 2).mean())
# for factor in (0.99, 1.01):
#     trace = record_descent(by_hand, 0.0, factor * limit_ft, 200, feet)
#     print(factor, trace.loss[200] < trace.loss[0])
# ```
#
# It prints `True`, then `False`. A learning rate has units, so a good one cannot be
# carried over from one data set to another, or even from inches to feet.
# ::::

# %% tags=["remove-cell"]
feet = belts[0] / 12, belts[1]
limit_ft = 2 / (2 * (feet[0] ** 2).mean())
claim("144", limit_ft / limit)
claim("12", belts[0][0] / feet[0][0])
claim("0.0904", limit_ft)
below, above = (
    record_descent(by_hand, 0.0, factor * limit_ft, 200, feet).loss
    for factor in (0.99, 1.01)
)
assert below[200] < below[0]
assert above[200] > above[0]

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-offset
# Small float32 numbers lie closer together than large ones. So write the multiplier as
# $2.54 + d$ and descend on $d$ alone, in float32, with the tutorial's learning rate.
# How close does it get now, and what stops it? Predict, then measure. (The residual is
# $d x_i - (y_i - 2.54 x_i)$, so `belt_loss` still serves, with other targets.)
# ::::
#
# ::::{solution} ex-descent-offset
# :class: dropdown
# The best $d$ is about 0.0015, where the spacing is some two thousand times finer. The
# rule stays the same, so {eq}`stall` predicts an error that many times smaller.
#
# ```python
# best_d = best_multiplier - 2.54
# print(np.spacing(np.float32(best_d)) / (2 / 100_000 * curvature))
#
# shifted = belts32[0], jnp.asarray(belts[1] - 2.54 * belts[0])
# trace = record_descent(by_jax, -2.54, 1 / 100_000, 1400, shifted)
# print(abs(trace.multiplier[1400] - best_d))
# ```
#
# Both are about $1.8 \cdot 10^{-9}$, in place of 3.7 millionths: the same number type,
# the same learning rate, and again the half spacing stops it. What helped is to
# subtract what you knew before, in float64.
# ::::

# %% tags=["remove-cell"]
best_d = best_multiplier - 2.54
claim("0.0015", best_d)
finer = np.spacing(np.float32(best_multiplier)) / np.spacing(np.float32(best_d))
assert finer == 2048
stall_d = np.spacing(np.float32(best_d)) / (2 / 100_000 * curvature)
claim("1.8e-09", stall_d)
shifted = belts32[0], jnp.asarray(belts[1] - 2.54 * belts[0])
trace = record_descent(by_jax, -2.54, 1 / 100_000, 1400, shifted)
claim("1.7e-9 to 1.9e-9", abs(trace.multiplier[1400] - best_d))
assert trace.multiplier[1300:].nunique() == 1
claim("2.54", best_multiplier - best_d)

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-absolute
# Open: replace the squared errors by absolute ones, $\frac{1}{n} \sum_i |m x_i - y_i|$.
# Is there a largest stable learning rate? How does the descent end, and what could you
# change so that it ends well?
# ::::
#
# ::::{solution} ex-descent-absolute
# :class: dropdown
# The slope no longer fades as you approach the bottom: it is the mean of $\pm x_i$. No
# learning rate makes the descent run away, and hardly any makes it settle. It ends
# hopping to and fro in a band one or two of its largest steps wide.
#
# ```python
# def absolute_slope(multiplier, belt_in, belt_cm):
#     return (belt_in * np.sign(multiplier * belt_in - belt_cm)).mean()
#
#
# for rate in (0.01, 0.001, 0.0001):
#     multiplier, visited = 0.0, []
#     for step in range(6000):
#         multiplier = multiplier - rate * absolute_slope(multiplier, *belts)
#         visited.append(multiplier)
#     band = max(visited[-100:]) - min(visited[-100:])
#     print(rate, band, np.abs(np.diff(visited[-100:])).max())
# ```
#
# The bands are 0.395, 0.0395 and 0.0008 wide; the largest late steps 0.395, 0.0395 and
# 0.00055. A learning rate that shrinks as you go lets the band shrink with it. You meet
# the same cure again when the gradient is noisy. (The bottom itself has moved a little:
# it is now a weighted median of the ratios $y_i / x_i$.)
# ::::


# %% tags=["remove-cell"]
def absolute_slope(multiplier, belt_in, belt_cm):
    return (belt_in * np.sign(multiplier * belt_in - belt_cm)).mean()


bands, late_steps = {}, {}
for rate in (0.01, 0.001, 0.0001):
    multiplier, visited = 0.0, []
    for _ in range(6000):
        multiplier = multiplier - rate * absolute_slope(multiplier, *belts)
        visited.append(multiplier)
    bands[rate] = max(visited[-100:]) - min(visited[-100:])
    late_steps[rate] = np.abs(np.diff(visited[-100:])).max()
    assert 0.99 < bands[rate] / late_steps[rate] < 2
claim("0.395", bands[0.01])
claim("0.0395", bands[0.001])
claim("0.0008", bands[0.0001])
claim("0.395", late_steps[0.01])
claim("0.0395", late_steps[0.001])
claim("0.00055", late_steps[0.0001])
ratios = np.sort(belts[1] / belts[0])
weights = belts[0][np.argsort(belts[1] / belts[0])]
median = ratios[np.searchsorted(np.cumsum(weights), weights.sum() / 2)]
assert min(visited[-100:]) < median < max(visited[-100:])
assert abs(median - best_multiplier) > 1e-6

# %% [markdown]
# ## Sources and further reading
#
# - The belts, the 1000 epochs and the question are from {cite}`fruehwald2022`, which
#   gives its readers working code to look into: thank you.
# - {cite}`nocedal2006` and {cite}`boyd2004` treat step lengths and rates of
#   convergence; {cite}`nesterov2004` proves that a learning rate below $2/\lambda$ is
#   enough beyond parabolas.
# - {cite}`goldberg1991` and {cite}`higham2002` explain spacings and rounding;
#   {cite}`jax2018` documents `grad`, `jit` and `scan`.
