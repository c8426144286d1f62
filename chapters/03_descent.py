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
# A published {ref}`tutorial <source-fruehwald2022>` {cite}`fruehwald2022` starts from a
# guess of 0 centimeters per inch and reaches 2.541 in 1000 steps downhill. With a
# longer stride it would get there in one step; with a stride 63 times its own, never.
# What decides how long a step may be? And why do all those steps end a few millionths
# short?
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

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("One line, repeated"):
    given("Start at a multiplier of 0, which makes every belt 0 cm long")
    claim("learning rate, 1/100,000", learning_rate)
    first_slope = belt_slope(0.0, *belts)
    claim(
        "first slope is -8098.4 cm² per unit of m, so the first step is 0.0810 long",
        first_slope,
        -learning_rate * first_slope,
    )
    claim("Each step is shorter than the one before", abs(slope) < abs(first_slope))

# %% [markdown]
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

# %% [markdown]
# The floor of the loss is 0.072 cm², what rounding in the shop's table leaves over.
# What lies above the floor goes with the square of the distance to the best multiplier
# ({eq}`grid-parabola`). So on the log axis the loss falls twice as steeply as the
# gradient, and reaches its floor while the gradient still has a long way to go.
#
# {numref}`fig-descent-traces` leaves two riddles: why the lines are straight, and why
# the gradient stops shrinking.

# %% tags=["remove-cell"]
import numpy as np
from IPython.display import display

from helpers import reproduce

with checks("A thousand steps, recorded"):
    final = tutorial.multiplier.iloc[-1]
    claim("row 0 is the start", tutorial.multiplier[0] == 0)
    claim("the belts become float32", belts32[0].dtype == jnp.float32)
    claim("After 1000 epochs the multiplier is 2.541", tutorial.index[-1], final)
    display(reproduce("final guess", float(final)))
    claim(
        "between epochs 500 and 1000 nothing has changed",
        (tutorial.iloc[500] == tutorial.iloc[1000]).all(),
    )
    claim("the gradient is not zero", abs(tutorial.gradient.iloc[-1]) > 0.001)
    given("charts over 1000 epochs", "climbs steeply from 0")
    best_multiplier = belts[0] @ belts[1] / (belts[0] @ belts[0])
    claim(
        "is flat long before the middle",
        abs(tutorial.multiplier[150] / best_multiplier - 1) < 0.01,
    )
    moves = np.flatnonzero(tutorial.multiplier.diff())
    claim("for about 400 epochs and then lies flat", 350 < moves[-1] < 450)
    floor = belt_loss(best_multiplier, *belts)
    claim("The floor of the loss is 0.072", floor)
    claim(
        "what rounding in the shop's table leaves over",
        np.array_equal(np.round(2.54 * belts[0]), belts[1]),
    )
    excess = tutorial.loss[:100] - floor
    squares = (tutorial.multiplier[:100] - best_multiplier) ** 2
    claim(
        "goes with the square of the distance",
        np.allclose(excess, (belts[0] ** 2).mean() * squares, rtol=1e-4),
    )
    fall = np.log(excess[[50, 99]]).diff()[99]
    gradient_fall = np.log(tutorial.gradient.abs()[[50, 99]]).diff()[99]
    claim("twice as steeply", abs(fall / gradient_fall - 2) < 0.001)
    claim(
        "reaches its floor while the gradient still has a long way to go",
        tutorial.loss[300] < 1.01 * floor and abs(tutorial.loss[1000] - floor) < 1e-5,
    )

# %% [markdown]
# ## Which way is down
#
# A sign is easy to lose. One sentence of the tutorial multiplies the gradient by the
# learning rate and *adds* it to the parameter. Two later sentences and the code take
# the negative of the gradient, which is the subtraction of {eq}`descent-step`, and they
# are right. What if you follow the one sentence?

# %%
multiplier, learning_rate = 0.0, 1 / 100_000
for step in range(101):
    if step % 25 == 0:
        loss = belt_loss(multiplier, *belts)
        print(f"step {step}: m {multiplier:.2f}, loss {loss:,.0f}")
    slope = belt_slope(multiplier, *belts)
    multiplier = multiplier + learning_rate * slope  # wrong

# %% [markdown]
# It climbs, faster and faster. After 100 steps it is 23.0 times as far from the answer
# as it was at the start. If your loss rises from the very first step, however small you
# make the learning rate, look for a lost minus.

# %% tags=["remove-cell"]
with checks("Which way is down"):
    claim("It climbs, faster and faster", loss > belt_loss(0.0, *belts))
    distance = np.sqrt((loss - floor) / (belt_loss(0.0, *belts) - floor))
    claim("After 100 steps it is 23.0 times as far from the answer", step, distance)

# %% [markdown]
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

# %% [markdown]
# The curvature is 3186.5 square inches, so the largest stable learning rate is just
# below 0.000628. It depends on the inches alone: not on the centimeters, not on where
# you start. The tutorial's 1/100,000 is 62.8 times smaller, and keeps 0.968 of its
# error at each step. Safe, and slow.

# %% tags=["remove-cell"]
with checks("How long may a step be?"):
    products = np.round(np.linspace(-1, 3, 401), 2)
    landed = -products / curvature * belt_slope(0.0, *belts)
    kept = np.round(1 - landed / best_multiplier, 9)
    claim("below 0 | above 1", (kept[products < 0] > 1).all())
    inside = kept[(products > 0) & (products < 1)]
    claim(
        "between 0 and 1 | positive, below 1", (inside > 0).all() and (inside < 1).all()
    )
    claim("exactly 1 | 0", kept[products == 1] == 0)
    inside = kept[(products > 1) & (products < 2)]
    claim(
        "between 1 and 2 | negative, size below 1",
        (inside < 0).all() and (inside > -1).all(),
    )
    claim("exactly 2", kept[products == 2] == -1)
    claim("above 2 | negative, size above 1", (kept[products > 2] < -1).all())
    claim(
        "Differentiating twice should agree",
        abs(float(by_differentiation) / curvature - 1) < 1e-6,
    )
    claim("The curvature is 3186.5 square inches", curvature)
    claim("0.000628. It depends on the inches alone", limit)
    claim(
        "The tutorial's 1/100,000 is 62.8 times smaller, and keeps 0.968",
        1 / 100_000,
        limit * 100_000,
        1 - curvature / 100_000,
    )

# %% tags=["remove-cell"]
with checks("Descent"):
    claim(
        "a guess of 0 centimeters per inch and reaches 2.541 in 1000 steps",
        tutorial.multiplier[0],
        tutorial.multiplier[1000],
        tutorial.index[-1],
    )
    claim("with a stride 63 times its own", limit * 100_000)
    claim("its own, never", limit < 63 / 100_000)
    claim("a few millionths short", 2e-6 < best_multiplier - final < 5e-6)

# %% [markdown]
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
with checks("Four learning rates"):
    given("From a multiplier of 0", "on the left wall, at 0")
    ends = np.array([trace.multiplier[6] for trace in four_traces.values()])
    factors = 1 - np.array(list(four_rates.values())) * curvature
    claim(
        "Measured as predicted", np.allclose(ends, best_multiplier * (1 - factors**6))
    )
    third, fourth = list(four_traces.values())[2:]
    claim(
        "it was there after one step",
        abs(third.multiplier[1] - best_multiplier) < 1e-12,
    )
    claim(
        "The fourth is now 1.77 times as far away", abs(ends[3] / best_multiplier - 1)
    )
    claim("higher each time", fourth.loss.is_monotonic_increasing)
    given("A rate of 0.95 times the limit")
    claim(
        "keeps 0.90 of its error at each step, the creeper 0.968",
        abs(1 - 0.95 * limit * curvature),
        1 - curvature / 100_000,
    )
    claim("the leaper is the faster", leaping.loss[40] < creeping.loss[40])

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

# %% tags=["remove-cell"]
with checks("Both sides of the limit"):
    below, at, above = errors
    claim("1% below it, exactly on it, and 1% above", at - below, above - at)
    factors = 1 - np.array([below, at, above]) * limit * curvature
    claim("factors of -0.98, -1 and -1.02", *factors)
    claim(
        "After 200 steps, that should leave 1.8%",
        errors[at].index[-1],
        factors[0] ** 200,
    )
    claim("and 52 times as much", factors[2] ** 200)
    parts = [error[200] / error[0] for error in errors.values()]
    claim("The prediction holds for all three", np.allclose(parts, factors**200))
    given("over 200 steps on a log scale")
    claim(
        "bounces between 0 and twice the answer",
        np.allclose(errors[at], best_multiplier),
    )

# %% [markdown]
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

# %% [markdown]
# It keeps the promise to all twelve decimals. You may feel cheated, and rightly: once
# you know $\lambda$ and one slope, you know where the bottom of a parabola is. With
# several parameters there are several curvatures at once, and no learning rate suits
# them all. That is the story of {ref}`conditioning`.

# %% tags=["remove-cell"]
with checks("How fast, at every learning rate"):
    claim("Measure it at 24 learning rates", factors.size)
    claim("All measured dots lie on it", misses.max() < 0.0001)
    claim(
        "V that starts at 1, touches 0 in the middle at the best learning rate, and is "
        "back at 1 at the limit; beyond, it rises above 1",
        np.allclose(abs(1 - np.array([0, best_rate, limit]) * curvature), [1, 0, 1])
        and min(np.array(kept)[factors > 1.001]) > 1,
    )
    claim("at the far left, near 1", 1 - curvature / 100_000 > 0.95)
    claim("0.000314. It promises the whole way", best_rate)
    claim("to all twelve decimals", abs(one_step - best_multiplier) < 5e-13)

# %% [markdown]
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


counts = []
for rate in [1 / 100_000, 1 / 10_000, 0.9 * limit]:
    trace = record_descent(by_hand, 0.0, rate, 500, belts)
    error = (trace.multiplier - best_multiplier).abs()
    measured = (error <= 1e-6 * error[0]).idxmax()  # the first True
    predicted = np.ceil(steps_needed(rate, curvature, 1e-6))
    counts.append((predicted, measured))
    print(f"{predicted:.0f} predicted, {measured} measured, rate {rate:.6f}")

# %% [markdown]
# Prediction and measurement agree to the step: 427 for the tutorial's learning rate, 37
# for one ten times larger, and 62 close to the limit. Far below the best rate, the
# count is close to $\ln(1/a) / (\eta\lambda)$: half the learning rate, twice the steps.
# An error that shrinks by a constant factor, a straight line on the log axis, is what
# books call *linear convergence* {cite}`nocedal2006`.

# %% tags=["remove-cell"]
with checks("How many steps"):
    claim("the factor is 0", abs(1 - best_rate * curvature) < 1e-15)
    claim(
        "Prediction and measurement agree to the step",
        all(predicted == measured for predicted, measured in counts),
    )
    claim(
        "427 for the tutorial's learning rate, 37 for one ten times larger, and 62",
        *(measured for _, measured in counts),
    )
    slow = steps_needed(np.array([1e-5, 0.5e-5]), curvature, 1e-6)
    claim(
        "the count is close to",
        np.allclose(slow[0] * 1e-5 * curvature, np.log(1e6), 0.02),
    )
    claim("half the learning rate, twice the steps", abs(slow[1] / slow[0] - 2) < 0.02)

# %% [markdown]
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
#|   straight and then turn flat at a few millionths and well below one, the one
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

# %% [markdown]
# All three end near their levels or a little inside, the smaller learning rate several
# times farther out.

# %% tags=["remove-cell"]
with checks("Where float32 stops"):
    claim("1000 epochs should have made", tutorial.index[-1])
    claim("after some 400", 350 < moves[-1] < 450)
    claim("between 3 and 4 millionths short", (best_multiplier - final) * 1e6)
    claim(
        "a float32 between 2 and 4 can only move in hops of 0.24 millionths",
        final,
        hop * 1e6,
    )
    claim(
        "An update below half a hop rounds to nothing",
        update < hop / 2
        and np.float32(final) + np.float32(update) == np.float32(final),
    )
    levels = {
        (dtype, rate): np.spacing(np.dtype(dtype).type(best_multiplier))
        / (2 * rate * curvature)
        for dtype, rate in stuck
    }
    level = levels["float32", 1 / 100_000]
    claim("That is 3.7 millionths", level * 1e6)
    reached = np.ceil(steps_needed(1 / 100_000, curvature, level / best_multiplier))
    claim("it takes 415 steps", reached)
    claim("The run stops a few epochs sooner", reached - 20 < moves[-1] < reached)
    # With an exact slope it stops early too: rounding up is the cause, not JAX.
    exact = [np.float32(0)]
    for _ in range(600):
        exact_slope = curvature * (np.float64(exact[-1]) - best_multiplier)
        exact.append(np.float32(np.float64(exact[-1]) - exact_slope / 100_000))
    claim(
        "since an update between half a hop and a whole one rounds up",
        reached - 20 < np.flatnonzero(np.diff(exact))[-1] + 1 < reached,
    )
    ends = {key: error[1400] for key, error in stuck.items()}
    claim(
        "All three end near their levels or a little inside",
        all(0.2 * levels[key] < end < 2 * levels[key] for key, end in ends.items()),
    )
    tutorial_end, faster_end, _ = ends.values()
    claim("several times farther out", tutorial_end > 5 * faster_end)
    claim("at a few millionths and well below one", faster_end < 7e-7)

# %% [markdown]
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

# %% tags=["remove-cell"]
with checks("Progress, not the update"):
    claim("All of them keep to the bound", (remaining <= bounds).all())
    claim("leaps of over 200 hops", leap)
    claim("at 0.11 millionths", nearest)
    final_updates = rates * abs(slopes)
    claim("the multiplier freezes", (final_updates[:15] <= spacing / 2).all())
    slow, fast = removed < 0.05, removed > 0.6
    claim(
        "stops right inside that edge",
        (remaining[slow] > 0.85 * bounds[slow]).all(),
    )
    claim("lands deeper", (remaining[fast] * 1e6 < 1.1 * nearest).all())
    claim("0.11 millionths from the answer", remaining.min() * 1e6)

# %% [markdown]
# ## When to stop, and when to give up
#
# A fixed number of steps is a guess. Another rule stops once the gradient is small
# {cite}`nocedal2006`. Here $|e| = |L'| / \lambda$, so a gradient of 0.01 means an error
# of about 3 millionths. But a loop that waits for that in float32, at a learning rate
# of 1/100,000, waits forever, as you know now. Another way of never arriving is a
# learning rate above the limit, say 1/1000:

# %%
doomed = record_descent(by_jax, 0.0, 1 / 1000, 120, belts32)
some = doomed.iloc[[0, 1, 2, 10, 48, 52, 120]]
print(some.to_string(float_format="{:.2g}".format))

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

# %% [markdown]
# Later chapters use `helpers.descend`: this chapter's loop and record, for any number
# of parameters.

# %% tags=["remove-cell"]
from helpers import descend

with checks("When to stop, and when to give up"):
    claim(
        "a gradient of 0.01 means an error of about 3 millionths",
        0.01,
        0.01 / curvature * 1e6,
    )
    claim(
        "at a learning rate of 1/100,000, waits forever",
        (tutorial.gradient.abs() >= 0.01).all(),
    )
    given("say 1/1000")
    growth = doomed.loss[2] / doomed.loss[1]
    claim("a factor of 4.8 a step", growth)
    claim("says (squared)", abs(growth / (1 - curvature / 1000) ** 2 - 1) < 1e-4)
    claim(
        "becomes inf, while the multiplier still looks like a number",
        np.isfinite(doomed.loss[48])
        and np.isinf(doomed.loss[52])
        and np.isfinite(doomed.multiplier[52]),
    )
    claim("gives nan", np.isnan(doomed.multiplier[120]))
    claim("Found again, 0.000628", 2 / estimate)
    m, arrival = careful_descent(by_hand, 0.0, 1 / 100_000, 1000, belts)
    claim(
        "Each way out is taken once",
        arrival.startswith("gradient small") and outcome.startswith("gave up"),
    )
    ours = record_descent(by_hand, 0.0, 1 / 10_000, 50, belts)
    theirs = descend(lambda m: by_hand(m, *belts), 0.0, 1 / 10_000, 50)
    claim(
        "this chapter's loop and record",
        np.array_equal(ours.multiplier, theirs.parameters)
        and np.array_equal(ours.loss, theirs.losses),
    )

# %% [markdown]
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

# %% [markdown]
# JAX arrays cannot be changed. NumPy steps aside, JAX adds, and the name `w` moves to a
# new array; the old one stays as it was. So the tutorial's list is safe, until someone
# swaps in a gradient from NumPy. Either of two habits is enough: write `w = w - ...`,
# as {eq}`descent-step` does, or append `w.copy()`.

# %% tags=["remove-cell"]
with checks("A list that forgets"):
    claim(
        "The descent is right and the record is wrong",
        abs(collected[0][0] - best_multiplier) < 1e-9,
    )
    claim("holds that one array 1000 times", len(collected))
    claim("all of them the final value", len({id(kept_w) for kept_w in collected}) == 1)
    claim(
        "the name w moves to a new array; the old one stays as it was",
        isinstance(w, jax.Array) and w[0] == 1 and start[0] == 0,
    )
    safe, kept_safe = np.array([0.0]), []
    for _ in range(3):
        kept_safe.append(safe)
        safe = safe - 1 / 100_000 * belt_slope(safe, *belts)
    claim(
        "Either of two habits is enough", len(set(map(float, np.ravel(kept_safe)))) == 3
    )

# %% [markdown]
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

# %% [markdown]
# With ten belts there is next to nothing to compute, so these are the costs of asking.
# Without `jit`, JAX works out the derivative anew at every step. Compiling the gradient
# removes most of that time; compiling the loop as well removes most of the rest.
# (`block_until_ready` matters: JAX hands back results before they are finished.)

# %% tags=["remove-cell"]
with checks("The same loop, compiled"):
    _, losses32, gradients32 = scan_descent(jnp.float32(0), 1 / 100_000, 1000, belts32)
    claim(
        "the last bits can differ",
        difference < 1e-6
        and np.allclose(tutorial.loss, losses32, rtol=0, atol=1e-2)
        and np.allclose(tutorial.gradient, gradients32, rtol=0, atol=1e-2),
    )
    claim("removes most of that time", times["JAX"] > 2 * times["JAX with jit"])
    claim("removes most of the rest", times["JAX with jit"] > 2 * times["scan and jit"])

# %% [markdown]
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

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-descent-start
# Start at 1.7 with the tutorial's learning rate. Predict how many steps it takes until
# the error is below 0.001. Does a start farther away change the largest stable learning
# rate?
# ::::
#
# ```{solution-start} ex-descent-start
# :class: dropdown
# ```
#
# The first error has the size $2.5415 - 1.7$. You need the smallest $k$ with $0.968^k$
# times that at most 0.001:

# %%
first_error = best_multiplier - 1.7
np.ceil(steps_needed(1 / 100_000, curvature, 0.001 / first_error))

# %% [markdown]
# The answer is 208 steps, and the loop agrees. The limit $2/\lambda$ stays, since the
# start does not appear in $\lambda$. That is special to parabolas.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("Start at 1.7", "the error is below 0.001")
    claim(
        "The first error has the size 2.5415 - 1.7",
        best_multiplier,
        best_multiplier - first_error,
    )
    factor = 1 - curvature / 100_000
    claim(
        "smallest k with 0.968^k times that at most 0.001",
        factor,
        first_error * factor**208,
    )
    claim(
        "The answer is 208 steps",
        np.ceil(steps_needed(1 / 100_000, curvature, 0.001 / first_error)),
    )
    trace = record_descent(by_hand, 1.7, 1 / 100_000, 300, belts)
    error = (trace.multiplier - best_multiplier).abs()
    claim("the loop agrees", (error <= 0.001).idxmax() == 208)

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-change
# A colleague stops the loop when one step lowers the loss by less than 0.1 cm². With a
# learning rate of one billionth it stops at once. Is it done? Would a rule on the
# gradient be safe from this, also in float32?
# ::::
#
# ```{solution-start} ex-descent-change
# :class: dropdown
# ```
#
# It is not done. One step lowers the loss by about $\eta \, L'(m)^2$, which is small
# when the gradient is small *or* when the learning rate is.

# %%
trace = record_descent(by_hand, 0.0, 1e-9, 1, belts)
trace.loss[0] - trace.loss[1], trace.loss[1]

# %% [markdown]
# The first step lowers the loss by 0.07 cm², and the loss is still above 10,000 cm². A
# rule on the gradient does not depend on the learning rate, as long as rounding stays
# out of it. In float32 a descent gets stuck where $\eta |L'| = s/2$, at a gradient of
# about $s/(2\eta)$. That does depend on the learning rate, and so does whether the rule
# is ever met:

# %%
stuck_at = []
for rate in (1e-4, 1e-5, 1e-6):
    _, _, gradients = scan_descent(jnp.float32(0), rate, 6000, belts32)
    stuck_at.append(abs(float(gradients[-1])))
    print(f"{stuck_at[-1]:.4f}, predicted {spacing / 2 / rate:.4f}, rate {rate}")

# %% [markdown]
# The stuck gradients are at most about 0.001, 0.01 and 0.1 in size. On some processors
# the first can be smaller, since there the rounding of the slope itself is about as
# large.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    lowered = trace.loss[0] - trace.loss[1]
    claim("less than 0.1 cm²", lowered)
    claim(
        "One step lowers the loss by about", np.isclose(lowered, 1e-9 * first_slope**2)
    )
    claim(
        "lowers the loss by 0.07 cm², and the loss is still above 10,000",
        lowered,
        trace.loss[1],
    )
    predicted = spacing / 2 / np.array([1e-4, 1e-5, 1e-6])
    claim(
        "at most about 0.001, 0.01 and 0.1 in size",
        np.allclose(predicted, [0.001, 0.01, 0.1], rtol=0.3)
        and (stuck_at < 1.1 * predicted).all(),
    )
    claim(
        "the first can be smaller", np.allclose(stuck_at[1:], predicted[1:], rtol=0.1)
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-units
# Measure the belts' first column in feet instead of inches. Predict the new largest
# stable learning rate, then test it on both sides.
# ::::
#
# ```{solution-start} ex-descent-units
# :class: dropdown
# ```
#
# Dividing every $x_i$ by 12 divides $\lambda$, a mean of squares, by 144. The limit is
# 144 times larger, about 0.0904.

# %%
feet = belts[0] / 12, belts[1]
limit_ft = 2 / (2 * (feet[0] ** 2).mean())
falls = {}
for factor in (0.99, 1.01):
    trace = record_descent(by_hand, 0.0, factor * limit_ft, 200, feet)
    falls[factor] = bool(trace.loss[200] < trace.loss[0])
falls

# %% [markdown]
# Below the limit the loss falls, above it does not. A learning rate has units, so a
# good one cannot be carried over from one data set to another, or even from inches to
# feet.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("Dividing every x_i by 12", belts[0][0] / feet[0][0])
    claim(
        "by 144. The limit is 144 times larger, about 0.0904",
        curvature * limit_ft / 2,
        limit_ft / limit,
        limit_ft,
    )
    claim("Below the limit the loss falls, above", falls == {0.99: True, 1.01: False})

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-offset
# Small float32 numbers lie closer together than large ones. So write the multiplier as
# $2.54 + d$ and descend on $d$ alone, in float32, with the tutorial's learning rate.
# How close does it get now, and what stops it? Predict, then measure. (The residual is
# $d x_i - (y_i - 2.54 x_i)$, so `belt_loss` still serves, with other targets.)
# ::::
#
# ```{solution-start} ex-descent-offset
# :class: dropdown
# ```
#
# The best $d$ is about 0.0015, where the spacing is some two thousand times finer. The
# rule stays the same, so {eq}`stall` predicts an error that many times smaller.

# %%
best_d = best_multiplier - 2.54
print(np.spacing(np.float32(best_d)) / (2 / 100_000 * curvature))

shifted = belts32[0], jnp.asarray(belts[1] - 2.54 * belts[0])
trace = record_descent(by_jax, -2.54, 1 / 100_000, 1400, shifted)
print(abs(trace.multiplier[1400] - best_d))

# %% [markdown]
# Both are about $2 \cdot 10^{-9}$, in place of 3.7 millionths: the same number type,
# the same learning rate, and again the half spacing stops it. What helped is to
# subtract what you knew before, in float64.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("2.54 + d", "y_i - 2.54 x_i")
    claim("The best d is about 0.0015", best_d)
    fine = np.spacing(np.float32(best_d))
    claim("some two thousand times finer", 1900 < spacing / fine < 2100)
    stall_d = fine / (2 / 100_000 * curvature)
    stuck_d = abs(trace.multiplier[1400] - best_d)
    claim("Both are about 2e-9", stall_d)
    claim("Both are about", 1.5e-9 < stuck_d < 2.2e-9)
    claim("in place of 3.7 millionths", level * 1e6)
    claim("again the half spacing stops it", trace.multiplier[1300:].nunique() == 1)

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-absolute
# Open: replace the squared errors by absolute ones, $\frac{1}{n} \sum_i |m x_i - y_i|$.
# Is there a largest stable learning rate? How does the descent end, and what could you
# change so that it ends well?
# ::::
#
# ```{solution-start} ex-descent-absolute
# :class: dropdown
# ```
#
# The slope no longer fades as you approach the bottom: it is the mean of $\pm x_i$. No
# learning rate makes the descent run away, and hardly any makes it settle. It ends
# hopping to and fro in a band one or two of its largest steps wide.


# %%
def absolute_slope(multiplier, belt_in, belt_cm):
    return (belt_in * np.sign(multiplier * belt_in - belt_cm)).mean()


bands, late_steps = [], []
for rate in (0.01, 0.001, 0.0001):
    multiplier, visited = 0.0, []
    for _ in range(6000):
        multiplier = multiplier - rate * absolute_slope(multiplier, *belts)
        visited.append(multiplier)
    late = visited[-100:]
    bands.append(max(late) - min(late))
    late_steps.append(np.abs(np.diff(late)).max())
    print(f"{bands[-1]:.5f} band, {late_steps[-1]:.5f} step, rate {rate}")

# %% [markdown]
# The bands are 0.395, 0.0395 and 0.0008 wide; the largest late steps 0.395, 0.0395 and
# 0.00055. A learning rate that shrinks as you go lets the band shrink with it. You meet
# the same cure again when the gradient is noisy. (The bottom itself has moved a little:
# it is now a weighted median of the ratios $y_i / x_i$.)
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "The bands are 0.395, 0.0395 and 0.0008 wide; the largest late steps 0.395, "
        "0.0395 and 0.00055",
        *bands,
        *late_steps,
    )
    widths = np.array(bands) / late_steps
    claim("one or two of its largest steps wide", 0.99 < min(widths) <= max(widths) < 2)
    order = np.argsort(belts[1] / belts[0])
    weights = np.cumsum(belts[0][order])
    median = (belts[1] / belts[0])[order][np.searchsorted(weights, weights[-1] / 2)]
    claim("it is now a weighted median", min(late) < median < max(late))
    claim("The bottom itself has moved a little", abs(median - best_multiplier) > 1e-6)

# %% [markdown]
# ## Sources and further reading
#
# - The belts, the thousand epochs and the question are from {cite}`fruehwald2022`,
#   which gives its readers working code to look into: thank you.
# - {cite}`nocedal2006` and {cite}`boyd2004` treat step lengths and rates of
#   convergence; {cite}`nesterov2004` proves that a learning rate below $2/\lambda$ is
#   enough beyond parabolas.
# - {cite}`goldberg1991` and {cite}`higham2002` explain spacings and rounding;
#   {cite}`jax2018` describes `grad` and `jit`, {cite}`jax_scan` documents `scan`.
