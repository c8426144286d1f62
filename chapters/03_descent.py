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
# A published tutorial {cite}`fruehwald2022` walks from 0 to 2.541 centimeters per inch
# in 1000 steps downhill. With a longer stride the same walk takes one step. With a
# stride 63 times the tutorial's, it never arrives. What decides how long a step may be?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** write the loop, record every step, predict its speed and its limit,
#   measure both, and find out why it stops a few millionths short.
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
# small number $\eta$, the **learning rate**, and subtract.
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
belts = load_belts()  # ten lengths in inches, the same ten in centimeters


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
    print(f"after {step} steps: multiplier {multiplier:.4f}, slope {slope:8.1f}")
    multiplier = multiplier - learning_rate * slope

# %% tags=["remove-cell"]
import numpy as np

from helpers import claim, reproduce

first_slope = belt_slope(0.0, *belts)
claim("-8098.4", first_slope)
claim("0.0810", -learning_rate * first_slope)

# %% [markdown]
# The first slope is -8098.4, so the first step is 0.0810 long. It goes up the axis
# because the slope is negative: minus a minus. Each step is shorter than the one
# before, though the learning rate stays the same. The slope flattens, and the steps
# with it.
#
# That is gradient descent. Each step here looks at all ten belts, so it is **batch
# gradient descent**, and one **step** (one update) is also one **epoch** (one pass over
# the data). The two words part ways once a step looks at fewer examples.
#
# ## A thousand steps, recorded
#
# To see what a descent does, keep what it saw: at every step the multiplier, the loss
# and the gradient. Row $k$ holds the state after $k$ steps; row 0 is the start.

# %%
import pandas as pd


def record_descent(value_and_grad, multiplier, learning_rate, steps, data):
    rows = []
    for _ in range(steps + 1):
        loss, gradient = value_and_grad(multiplier, *data)
        rows.append((float(multiplier), float(loss), float(gradient)))
        multiplier = multiplier - learning_rate * gradient
    trace = pd.DataFrame(rows, columns=["multiplier", "loss", "gradient"])
    return trace.rename_axis("epoch")


# %% [markdown]
# The tutorial lets JAX find the slope. `jax.value_and_grad` returns the loss and its
# gradient in one go. JAX computes in float32 unless told otherwise, so the belts become
# float32 here too. Remember that.

# %%
import jax
import jax.numpy as jnp

belts32 = tuple(jnp.asarray(lengths) for lengths in belts)
by_jax = jax.value_and_grad(belt_loss)
tutorial = record_descent(by_jax, 0.0, 1 / 100_000, 1000, belts32)
tutorial.iloc[[0, 1, 10, 100, 1000]].round({"multiplier": 3, "loss": 2, "gradient": 2})

# %% tags=["remove-cell"]
final = tutorial.multiplier.iloc[-1]
claim("2.541", final)
assert belts32[0].dtype == jnp.float32
reproduce("final guess", float(final))

# %% [markdown]
# After 1000 epochs the multiplier is 2.541, as the tutorial reports. All three records
# in one figure:

# %%
#| name: fig-descent-traces
#| caption: The multiplier settles, the loss meets its floor, and the gradient
#|   shrinks at a steady rate until, oddly, it stops shrinking.
#| alt: Three stacked line charts over 1000 epochs. The multiplier climbs steeply
#|   from 0, bends, and is flat long before the middle. The loss, on a log scale, falls
#|   in a straight line and then lies flat. The size of the gradient, on a log scale,
#|   falls in a straight line for about 400 epochs and then lies flat, well above zero.
import matplotlib.pyplot as plt

figure, axes = plt.subplots(3, sharex=True, figsize=(5.4, 6.0))
axes[0].plot(tutorial.multiplier)
axes[1].semilogy(tutorial.loss)
axes[2].semilogy(tutorial.gradient.abs())
axes[0].set(ylabel="multiplier (cm/in)", title="The multiplier settles")
axes[1].set(ylabel="loss (cm²)", title="The loss meets its floor")
axes[2].set(ylabel="|gradient| (cm·in)", title="The gradient shrinks, then stops")
axes[2].set_xlabel("epoch")
plt.show()

# %% tags=["remove-cell"]
optimum = belts[0] @ belts[1] / (belts[0] @ belts[0])
stuck = int(np.flatnonzero(tutorial.multiplier == final)[0])
claim("400 to 420", stuck)
claim("2.536 to 2.5415", tutorial.multiplier[200])
assert abs(tutorial.multiplier[150] / optimum - 1) < 0.01
assert abs(tutorial.gradient.iloc[-1]) > 0.01
floor = belt_loss(optimum, *belts)
claim("0.072", floor)
np.testing.assert_array_equal(np.round(2.54 * belts[0]), belts[1])
assert abs(tutorial.loss.iloc[-1] - floor) < 1e-5

# %% [markdown]
# The loss floor in {numref}`fig-descent-traces` is 0.072 cm², what rounding in the
# shop's table leaves over. The straight lines on the log scales ask for an explanation,
# and so does the gradient that stops shrinking. Both get one below.
#
# ## Which way is down
#
# A sign is easy to lose. The tutorial's text speaks of scaling the gradient and
# *adding* it to the parameter; its code adds the negative, which is the subtraction of
# {eq}`descent-step`. The code is right. What if you follow the sentence?

# %%
multiplier = 0.0
for step in range(101):
    if step % 25 == 0:
        loss = belt_loss(multiplier, *belts)
        print(f"after {step:3} steps: multiplier {multiplier:7.2f}, loss {loss:10,.0f}")
    multiplier = multiplier + learning_rate * belt_slope(multiplier, *belts)  # wrong

# %% tags=["remove-cell"]
wrong = 0.0
for _ in range(100):
    wrong = wrong + learning_rate * belt_slope(wrong, *belts)
claim("23.0", (wrong - optimum) / -optimum)
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
# L'(m) = \lambda \, (m - m^*), \qquad
# \lambda = \frac{2}{n} \sum_{i=1}^{n} x_i^2, \qquad
# m^* = \frac{\sum_i x_i y_i}{\sum_i x_i^2}
# ```
#
# Here $x_i$ are the inches and $y_i$ the centimeters. Put that into {eq}`descent-step`
# and take $m^*$ from both sides. With $e_k = m_k - m^*$ for the **error** after $k$
# steps:
#
# ```{math}
# :label: contraction
# e_{k+1} = e_k - \eta \lambda \, e_k = (1 - \eta \lambda) \, e_k
# ```
#
# Every step multiplies the error by the same number, $1 - \eta\lambda$. That is the
# straight line on the log scale. It also sorts all learning rates:
#
# | $\eta\lambda$ | factor $1 - \eta\lambda$ | what you see |
# |---|---|---|
# | below 0 | above 1 | climbs from the start: the lost minus |
# | between 0 and 1 | positive, below 1 | slides in from one side |
# | exactly 1 | 0 | arrives in one step |
# | between 1 and 2 | negative, size below 1 | overshoots each time, closing in |
# | exactly 2 | -1 | bounces between two points forever |
# | above 2 | negative, size above 1 | overshoots farther each time |
#
# So the walk arrives if and only if $0 < \eta < 2/\lambda$ (for general losses, see
# {cite}`nesterov2004`). How large is $\lambda$ for the belts? Differentiating twice
# should agree with the formula.

# %%
curvature = 2 * (belts[0] ** 2).mean()
limit, best = 2 / curvature, 1 / curvature
optimum = belts[0] @ belts[1] / (belts[0] @ belts[0])
by_differentiation = jax.grad(jax.grad(belt_loss))(0.0, *belts32)
print(f"curvature {curvature:.1f} in², by JAX {by_differentiation:.1f} in²")
print(f"limit {limit:.6f}, best learning rate {best:.6f}")
print(f"the tutorial's learning rate fits into the limit {limit * 100_000:.1f} times")

# %% tags=["remove-cell"]
claim("3186.5", curvature)
claim("0.000628", limit)
claim("0.000314", best)
claim("62.8", limit / (1 / 100_000))
claim("63", np.ceil(limit / (1 / 100_000)))
claim("0.9681", 1 - curvature / 100_000)
assert abs(float(by_differentiation) / curvature - 1) < 1e-6

# %% [markdown]
# The curvature is 3186.5 square inches, so the largest stable learning rate is just
# below 0.000628. It depends on the inches alone: not on the centimeters, not on where
# you start. The tutorial's 1/100,000 is 62.8 times smaller, and keeps 0.9681 of its
# error at each step. Safe, and slow.
#
# ## Four learning rates
#
# Predictions made, now measure. For this study the slope by hand in NumPy's float64
# will do, so that rounding stays out of the way.


# %%
def by_hand(multiplier, belt_in, belt_cm):
    loss = belt_loss(multiplier, belt_in, belt_cm)
    return loss, belt_slope(multiplier, belt_in, belt_cm)


rates = {
    "Too small: creeps": 1 / 100_000,
    "Good: slides": 1 / 10_000,
    "Best: one step": best,
    "Too large: climbs out": 1.05 * limit,
}
walks = {name: record_descent(by_hand, 0.0, rates[name], 6, belts) for name in rates}
{name: round(float(walk.multiplier[6]), 3) for name, walk in walks.items()}

# %% tags=["remove-cell"]
after_six = {name: walk.multiplier[6] for name, walk in walks.items()}
claim("0.449", after_six["Too small: creeps"])
claim("2.287", after_six["Good: slides"])
claim("2.541", after_six["Best: one step"])
claim("-1.961", after_six["Too large: climbs out"])
assert walks["Too large: climbs out"].loss.is_monotonic_increasing

# %% [markdown]
# In this order, six steps reach 0.449, 2.287, 2.541 and -1.961. Only the third is
# there; the fourth is farther away than it was at the start. On the loss curve:

# %%
#| name: fig-four-rates
#| caption: Six steps from the same start, with four learning rates.
#| alt: Four panels, each with the same parabola of the loss over the multiplier and
#|   the points that six steps visit, joined by lines. Too small: the points crowd near
#|   the start on the left wall. Good: they slide down the left wall with shrinking
#|   steps. Best: one line leads from the start to the bottom. Too large: the points
#|   zigzag between the walls, higher each time.
import numpy as np

from helpers import BLUE, GRAY, ORANGE

grid = np.linspace(-2.5, 7.5, 200)
curve = [belt_loss(m, *belts) / 1000 for m in grid]
figure, axes = plt.subplots(2, 2, sharex=True, sharey=True, figsize=(5.4, 5.0))
for ax, (name, walk) in zip(axes.flat, walks.items(), strict=True):
    ax.plot(grid, curve, color=GRAY, linewidth=1)
    color = ORANGE if walk.loss[6] > walk.loss[0] else BLUE
    ax.plot(walk.multiplier, walk.loss / 1000, "o-", color=color, ms=4, lw=1.2)
    ax.set(title=name, xticks=[0, 2.5, 5])
figure.supxlabel("multiplier (cm per inch)", fontsize=11)
figure.supylabel("loss (1000 cm²)", fontsize=11)
plt.show()

# %% [markdown]
# In motion, the two ways of being slow: a learning rate near the limit wastes its time
# leaping across the valley, the tutorial's creeps down one side.

# %%
from helpers import animate

creeping = record_descent(by_hand, 0.0, 1 / 100_000, 40, belts)
leaping = record_descent(by_hand, 0.0, 0.95 * limit, 40, belts)
figure, ax = plt.subplots()
ax.plot(grid, curve, color=GRAY, linewidth=1)
dots = [ax.plot([], [], "o", color=color, ms=9)[0] for color in (BLUE, ORANGE)]
ax.set(xlim=(-0.5, 5.5), ylim=(-1, 16), xlabel="multiplier (cm per inch)")
ax.set_ylabel("loss (1000 cm²)")
label = (
    "Two points start at the same height on the left wall of a parabola. The blue one "
    "creeps down that wall; the orange one leaps from wall to wall, lower each time."
)


def draw(step):
    for dot, walk in zip(dots, (creeping, leaping), strict=True):
        dot.set_data([walk.multiplier[step]], [walk.loss[step] / 1000])
    ax.set_title(f"Step {step}: blue creeps, orange leaps")


animate(figure, draw, range(41), label=label, frames_per_second=6)

# %% [markdown]
# ## Both sides of the limit
#
# How sharp is the limit? Take learning rates 1% below it, exactly on it, and 1% above.
# Equation {eq}`contraction` predicts factors of -0.98, -1 and -1.02. Over 200 steps,
# that is the difference between 1.8% of the first error and 52 times the first error.

# %%
#| name: fig-limit
#| caption: One percent below the limit the error shrinks, one percent above it
#|   grows, and on the limit it stays forever.
#| alt: The size of the error over 200 steps on a log scale, three straight lines
#|   from the same point. Below the limit the line falls, on the limit it is flat,
#|   above the limit it rises.
from helpers import BLACK

figure, ax = plt.subplots()
edge = {}
for factor, color in [(0.99, BLUE), (1.0, BLACK), (1.01, ORANGE)]:
    walk = record_descent(by_hand, 0.0, factor * limit, 200, belts)
    edge[factor] = (walk.multiplier - optimum).abs()
    ax.semilogy(edge[factor], color=color)
    ax.text(205, edge[factor][200], f"{factor:g} × limit", color=color, va="center")
ax.set(xlabel="step", ylabel="error (cm per inch)", xlim=(0, 272))
ax.set(title="One percent decides", xticks=range(0, 201, 50))
plt.show()

# %% tags=["remove-cell"]
claim("-0.98", 1 - 0.99 * limit * curvature)
claim("-1.02", 1 - 1.01 * limit * curvature)
claim("1.8%", edge[0.99][200] / edge[0.99][0])
assert round(0.98**200, 3) == 0.018
claim("52", edge[1.01][200] / edge[1.01][0])
assert round(1.02**200) == 52
assert abs(edge[1.0][200] / edge[1.0][0] - 1) < 1e-9

# %% [markdown]
# As predicted, on all three lines. On the limit the multiplier bounces between 0 and
# twice the answer and will do so for as long as you let it.
#
# ## How fast, at every learning rate
#
# The size of the factor, $|1 - \eta\lambda|$, is the **contraction rate**: the part of
# the error that a step keeps. Drawn over $\eta$ the prediction is a V. Measure it at 24
# learning rates, over three steps each.

# %%
#| name: fig-contraction
#| caption: The part of the error that each step keeps, predicted and measured.
#| alt: The contraction rate over the learning rate. The predicted line is a V that
#|   starts at 1, touches 0 in the middle at the best learning rate, and is back at 1
#|   at the limit; beyond, it rises above 1. All measured dots lie on it. The
#|   tutorial's learning rate sits at the far left, near 1.
factors = np.linspace(0.05, 1.2, 24)
kept = []
for factor in factors:
    walk = record_descent(by_hand, 0.0, factor * limit, 3, belts)
    error = (walk.multiplier - optimum).abs()
    kept.append((error[3] / error[0]) ** (1 / 3))
figure, ax = plt.subplots()
line = np.linspace(0, 1.2 * limit, 241)
ax.plot(line * 1e4, np.abs(1 - line * curvature), color=GRAY)
ax.plot(factors * limit * 1e4, kept, "o", color=BLUE, ms=5)
ax.plot(0.1, 1 - curvature / 100_000, "o", color=ORANGE, ms=7)
ax.axhline(1, color=BLACK, linewidth=1, linestyle="--")
ax.text(0.3, 1.05, "the tutorial", color=ORANGE)
ax.text(best * 1e4, 0.22, "best", color=BLUE, ha="center")
ax.text(6.1, 1.07, "limit", ha="right")
ax.set(xlabel="learning rate (1/10,000 per in²)", ylabel="part of the error kept")
ax.set(title="Measured rates lie on the V", ylim=(-0.05, 1.5))
plt.show()

# %% tags=["remove-cell"]
gap = np.abs(np.array(kept) - np.abs(1 - factors * limit * curvature)).max()
claim("< 0.0001", gap)

# %% [markdown]
# No dot is off the line by more than 0.0001. This is the map on which you choose a
# learning rate. At the tip of the V stands the learning rate $1/\lambda$, 0.000314. It
# promises the whole walk in one step.

# %%
one_step = 0.0 - best * belt_slope(0.0, *belts)
print(f"one step: {one_step:.12f}, least squares: {optimum:.12f}")

# %% tags=["remove-cell"]
claim("< 1e-12", abs(one_step - optimum))

# %% [markdown]
# It keeps the promise to all twelve decimals. You may feel cheated, and rightly: once
# you know $\lambda$ and one slope, you know where the bottom of a parabola is. With
# several parameters there are several curvatures at once, and no learning rate suits
# them all. That is the story of {ref}`conditioning`.
#
# ## How many steps
#
# To shrink the error to a millionth, you need the smallest $k$ with
# $|1 - \eta\lambda|^k \le 10^{-6}$, which is
#
# ```{math}
# :label: steps-needed
# k \ge \frac{\ln 10^{-6}}{\ln |1 - \eta\lambda|}
# ```


# %%
def steps_needed(learning_rate, curvature, accuracy):
    return np.log(accuracy) / np.log(np.abs(1 - learning_rate * curvature))


for rate in [1 / 100_000, 1 / 10_000, 0.9 * limit]:
    walk = record_descent(by_hand, 0.0, rate, 500, belts)
    close = (walk.multiplier - optimum).abs() <= 1e-6 * optimum
    predicted = np.ceil(steps_needed(rate, curvature, 1e-6))
    print(f"rate {rate:.6f}: predicted {predicted:.0f}, measured {close.idxmax()}")

# %% tags=["remove-cell"]
counts = {}
for rate in [1 / 100_000, 1 / 10_000, 0.9 * limit]:
    walk = record_descent(by_hand, 0.0, rate, 500, belts)
    counts[rate] = ((walk.multiplier - optimum).abs() <= 1e-6 * optimum).idxmax()
    assert counts[rate] == np.ceil(steps_needed(rate, curvature, 1e-6))
claim("427", counts[1 / 100_000])
claim("37", counts[1 / 10_000])
claim("62", counts[0.9 * limit])

# %% [markdown]
# Prediction and measurement agree to the step: 427 for the tutorial's learning rate, 37
# for one ten times larger, 62 close to the limit, and one for the best. Far below the
# best rate, the count is close to $\ln 10^6 / (\eta\lambda)$: half the learning rate,
# twice the steps. This straight-line shrinking of the logarithm is what books call
# *linear convergence* {cite}`nocedal2006`.
#
# ## The same loop, compiled
#
# The recorded loop goes back to Python at each step. `jax.lax.scan` says "repeat this
# step" and `jax.jit` compiles all of it at once. The body takes the multiplier, returns
# the next one, and beside it what you want recorded.

# %%
from functools import partial


@partial(jax.jit, static_argnames="steps")
def scan_descent(multiplier, learning_rate, steps, data):
    def step(multiplier, _):
        loss, gradient = jax.value_and_grad(belt_loss)(multiplier, *data)
        return multiplier - learning_rate * gradient, (multiplier, loss, gradient)

    return jax.lax.scan(step, multiplier, length=steps + 1)[1]


compiled = scan_descent(jnp.float32(0), 1 / 100_000, 1000, belts32)
bounds = {"multiplier": 1e-6, "loss": 0.01, "gradient": 0.01}
for (name, bound), values in zip(bounds.items(), compiled, strict=True):
    difference = np.abs(tutorial[name] - np.asarray(values)).max()
    print(f"{name} differs by less than {bound:g}:", difference < bound)

# %% tags=["remove-cell"]
np.testing.assert_allclose(tutorial.multiplier, compiled[0], rtol=0, atol=1e-6)
np.testing.assert_allclose(tutorial.loss, compiled[1], rtol=0, atol=1e-2)
np.testing.assert_allclose(tutorial.gradient, compiled[2], rtol=0, atol=1e-2)
claim("1001", len(compiled[0]))
claim("< 0.000001", np.abs(tutorial.multiplier - np.asarray(compiled[0])).max())

# %% [markdown]
# The multipliers agree to better than 0.000001 in each of the 1001 rows. They need not
# be the same bit for bit: the compiler may add in another order, and float32 rounds
# each sum. (The larger differences are of numbers in the thousands.) And the time?

# %%
import time


def seconds(run):
    start = time.perf_counter()
    jax.block_until_ready(run())
    return time.perf_counter() - start


loop = seconds(lambda: record_descent(by_jax, 0.0, 1 / 100_000, 100, belts32)) / 100
scan = seconds(lambda: scan_descent(jnp.float32(0), 0.00001, 1000, belts32)) / 1000
print(f"Python loop: {loop * 1e6:.1f} µs per step")
print(f"scan and jit: {scan * 1e6:.1f} µs per step")

# %% tags=["remove-cell"]
assert loop > 10 * scan

# %% [markdown]
# With ten belts there is next to nothing to compute, so the Python loop's time is
# nearly all overhead, and compiling removes it. (`block_until_ready` matters: JAX hands
# back results before they are finished.)
#
# ## Where float32 stops
#
# Back to the riddle of {numref}`fig-descent-traces`: the gradient stops shrinking
# somewhere between epochs 400 and 420. Look at the last row, closely.

# %%
last = tutorial.iloc[-1]
update = 1 / 100_000 * last.gradient
spacing = np.spacing(np.float32(last.multiplier))
print(f"stuck at {last.multiplier:.7f}, least squares {optimum:.7f}")
print(f"the next update is {abs(update) / spacing:.2f} of a float32 spacing")
print(np.float32(last.multiplier) - np.float32(update) == np.float32(last.multiplier))

# %% tags=["remove-cell"]
short = (optimum - final) * 1e6
claim("3 to 4", short)
claim("0.24", spacing * 1e6)
claim("< 0.5", abs(update) / spacing)
assert 2 < final < 4
assert spacing == 2.0**-22
exact_slope = belt_slope(final, *belts)
assert abs(last.gradient / exact_slope - 1) < 0.02
assert tutorial.multiplier[stuck:].nunique() == 1
level = spacing / 2 * 100_000 / curvature
claim("3.7", level * 1e6)
claim("415", np.ceil(steps_needed(1 / 100_000, curvature, level / optimum)))

# %% [markdown]
# It has not arrived: it is between 3 and 4 millionths short. The gradient still points
# the right way. But a float32 between 2 and 4 can only move in hops of 0.24 millionths,
# the **spacing** of such numbers {cite}`goldberg1991`. An update below half a hop
# rounds to nothing. The subtraction gives back the number it started with, the next
# gradient is the same, and so on, 1000 times or a million.
#
# So you can predict where a descent gets stuck: where $\eta\lambda\,|e|$ falls below
# half a spacing. With $u$ for the spacing,
#
# ```{math}
# :label: stall
# |e_{\text{stuck}}| \approx \frac{u}{2 \eta \lambda}
# ```
#
# That is 3.7 millionths for the tutorial's run, which {eq}`steps-needed` reaches after
# 415 steps, as seen. (JAX rounds the gradient as well, which here changes it by less
# than two percent.) The formula says more: a *smaller* learning rate gets stuck
# *farther* away, and float64, with its finer spacing, gets stuck too, only later. Test
# all of it:

# %%
#| name: fig-stall
#| caption: The error of three descents; dotted, the level at which each is predicted
#|   to get stuck.
#| alt: The size of the error over the steps on a log scale. Two float32 lines fall
#|   straight and then turn flat at a few millionths and a few ten-millionths, the one
#|   with the larger learning rate earlier and lower. The float64 line falls on and
#|   turns flat many decades lower. Each flat part lies near its dotted line.
from helpers import GREEN

stuck_errors = {}
for rate in [1 / 100_000, 1 / 10_000]:
    path, _, _ = scan_descent(jnp.float32(0), rate, 1400, belts32)
    stuck_errors["float32", rate] = np.abs(np.asarray(path, np.float64) - optimum)
walk = record_descent(by_hand, 0.0, 1 / 100_000, 1400, belts)
stuck_errors["float64", 1 / 100_000] = np.abs(walk.multiplier.to_numpy() - optimum)

figure, ax = plt.subplots(figsize=(5.4, 3.8))
places = [(560, 1e-5), (880, 1e-8), (210, 1e-12)]
for (key, errors), color, place in zip(
    stuck_errors.items(), (ORANGE, BLUE, GREEN), places, strict=True
):
    dtype, rate = key
    ax.semilogy(errors, color=color)
    level = np.spacing(np.dtype(dtype).type(optimum)) / (2 * rate * curvature)
    ax.axhline(level, color=color, linestyle=":", linewidth=1.4)
    ax.text(*place, f"{dtype}, 1/{1 / rate:,.0f}", color=color)
ax.set(xlabel="step", ylabel="error (cm per inch)", title="Each descent gets stuck")
plt.show()

# %% tags=["remove-cell"]
finals = {key: errors[-1] for key, errors in stuck_errors.items()}
levels = {
    (name, rate): np.spacing(np.dtype(name).type(optimum)) / (2 * rate * curvature)
    for name, rate in finals
}
assert 3e-6 < finals["float32", 1 / 100_000] < 4e-6
assert finals["float32", 1 / 10_000] < 7e-7
assert 1e-15 < finals["float64", 1 / 100_000] < 2 * levels["float64", 1 / 100_000]
arrived = np.flatnonzero(stuck_errors["float64", 1 / 100_000] < 1e-14)
claim("900 to 1200", arrived[0])

# %% [markdown]
# Near the limit the descent is slow again, so by the same reasoning it should get stuck
# far out again: what matters is $1 - |1 - \eta\lambda|$, the part of the error that a
# step removes. Thirty learning rates settle it.

# %%
#| name: fig-stuck-rates
#| caption: Where float32 gets stuck, for thirty learning rates; the line is the
#|   prediction from half a spacing.
#| alt: The final error over the learning rate, both on log scales. The predicted
#|   line falls straight from upper left, is lowest at the best learning rate, and
#|   turns up steeply at the limit. The measured dots follow it down and up again and
#|   lie a little below it at the lowest part.
slow = np.geomspace(1e-6, 2e-4, 18)
near = limit * (1 - np.geomspace(0.3, 0.002, 12))
rates = np.concatenate([slow, near])
paths = [scan_descent(jnp.float32(0), rate, 10_000, belts32)[0] for rate in rates]
remaining = np.array([abs(float(path[-1]) - optimum) for path in paths])
line = np.concatenate([np.geomspace(1e-6, best), limit - np.geomspace(best, 1e-6)])
figure, ax = plt.subplots()
removed = 1 - np.abs(1 - line * curvature)
ax.loglog(line, spacing / (2 * removed) * 1e6, color=GRAY)
ax.loglog(rates, remaining * 1e6, "o", color=BLUE, ms=5)
ax.axvline(limit, color=BLACK, linewidth=1, linestyle="--")
ax.text(0.85 * limit, 8, "limit", ha="right")
ax.set(xlabel="learning rate (1/in²)", ylabel="stuck this far away (millionths)")
ax.set(title="The slower, the farther from the answer")
plt.show()

# %% tags=["remove-cell"]
predicted = spacing / (2 * (1 - np.abs(1 - rates * curvature)))
assert np.all(remaining <= predicted + 2 * spacing)
assert np.all(remaining[:12] >= 0.5 * predicted[:12])
assert len(rates) == 30
nearest = abs(float(np.float32(optimum)) - optimum)
claim("0.11", nearest * 1e6)
assert remaining.min() >= nearest

# %% [markdown]
# The dots follow the line down and up again. The lowest ones stand 0.11 millionths from
# the answer, which is how far the nearest float32 is. No learning rate gets closer.
#
# Do a few millionths matter? Not for belts, whose table is rounded to whole
# centimeters. They matter when you compare digits, when you wait for a gradient to
# vanish, and when someone lowers the learning rate to "get closer" and ends up farther
# away.
#
# ## A list that forgets
#
# One more trap lies in the bookkeeping. With an array of parameters it is tempting to
# write `w -= ...` and to append `w` to a list. Here is one parameter, in an array of
# length one:

# %%
w, collected = np.array([0.0]), []
for _ in range(1000):
    collected.append(w)
    w -= 1 / 100_000 * belt_slope(w, *belts)
print(collected[0], collected[500], collected[-1])
print("different arrays in the list:", len({id(kept) for kept in collected}))

# %% tags=["remove-cell"]
claim("1", len({id(kept) for kept in collected}))
assert collected[0] is w

# %% [markdown]
# The walk is right and the record is wrong: a thousand entries, all of them the final
# value. In NumPy `w -= ...` writes into the array that `w` names, and the list holds
# that one array 1000 times. In its second half the tutorial collects in this way too,
# and its record is right. Why? Its gradient is a JAX array:

# %%
w = start = np.array([0.0])
w += jnp.array([1.0])
print("start:", start, " w:", w, " w is a JAX array:", isinstance(w, jax.Array))

# %% tags=["remove-cell"]
assert start[0] == 0
assert w[0] == 1
assert isinstance(w, jax.Array)

# %% [markdown]
# JAX arrays cannot be changed. NumPy steps aside, JAX adds, and the name `w` moves to a
# new array; the old one stays as it was. So the tutorial's list is safe, by the grace
# of JAX, and would break on the day someone swaps in a gradient from NumPy. Two habits
# hold for both: write `w = w - ...`, as {eq}`descent-step` does, or append `w.copy()`.

# %%
w, collected = np.array([0.0]), []
for _ in range(1000):
    collected.append(w)
    w = w - 1 / 100_000 * belt_slope(w, *belts)
print(collected[0], collected[500], collected[-1])

# %% tags=["remove-cell"]
assert len({id(kept) for kept in collected}) == 1000
assert collected[0][0] == 0

# %% [markdown]
# ## When to stop, and when to give up
#
# A fixed number of steps is a guess. A common rule stops once the gradient is small.
# Here $|e| = |L'| / \lambda$, so a gradient of 0.01 means an error of about 3
# millionths. When do the two traces get there?

# %%
exact = record_descent(by_hand, 0.0, 1 / 100_000, 1000, belts)
for name, trace in {"float64": exact, "float32": tutorial}.items():
    small = np.flatnonzero(trace.gradient.abs() < 0.01)
    print(name, "stops after step", small[0] if small.size else "... it never does")

# %% tags=["remove-cell"]
claim("3", 0.01 / curvature * 1e6)
assert (tutorial.gradient.abs() >= 0.01).all()
assert (exact.gradient.abs() < 0.01).any()

# %% [markdown]
# The float32 run is stuck outside the tolerance; a `while` loop that waits for it
# hangs. Always cap the steps. And the other failure, a learning rate of 1/1000, above
# the limit:

# %%
doomed = record_descent(jax.jit(by_jax), 0.0, 1 / 1000, 120, belts32)
rows = doomed.iloc[[0, 1, 2, 10, 48, 52, 120]]
print(rows.to_string(float_format="{:.2g}".format))

# %% tags=["remove-cell"]
assert np.isinf(doomed.loss[52])
assert np.isfinite(doomed.multiplier[52])
assert np.isfinite(doomed.loss[48])
assert np.isnan(doomed.multiplier[120])
claim("4.8", doomed.loss[2] / doomed.loss[1])
claim("4.8", (1 - curvature / 1000) ** 2)

# %% [markdown]
# First the loss grows, by a factor of 4.8 a step as {eq}`contraction` says (squared).
# Then it is too large for float32 and becomes `inf`, while the multiplier still looks
# like a number. In the end `inf - inf` gives `nan`, and no error is raised anywhere. A
# loop of your own can do better:


# %%
def guarded_descent(value_and_grad, multiplier, learning_rate, steps, data):
    worst = 10 * value_and_grad(multiplier, *data)[0]
    for step in range(steps):
        loss, gradient = value_and_grad(multiplier, *data)
        if not loss <= worst:  # written so that nan fails as well
            raise FloatingPointError(
                f"loss {loss:.3g} at step {step} is over 10 times the first loss; "
                f"try a learning rate below {learning_rate:g}"
            )
        multiplier = multiplier - learning_rate * gradient
    return multiplier


try:
    guarded_descent(by_jax, 0.0, 1 / 1000, 120, belts32)
except FloatingPointError as error:
    print(error)

# %% tags=["remove-cell"]
from helpers import descend

ours = record_descent(by_hand, 0.0, 1 / 10_000, 50, belts)
theirs = descend(lambda m: by_hand(m, *belts), 0.0, 1 / 10_000, 50)
np.testing.assert_array_equal(ours.multiplier, theirs.parameters)
np.testing.assert_array_equal(ours.loss, theirs.losses)
claim("2.5415", guarded_descent(by_hand, 0.0, 1 / 10_000, 120, belts))

# %% [markdown]
# Later chapters use `helpers.descend`: this chapter's loop and record, for any number
# of parameters.
#
# ## What to keep
#
# - Gradient descent is one line, $m \leftarrow m - \eta L'(m)$. It subtracts.
# - On a parabola each step multiplies the error by $1 - \eta\lambda$. It arrives if and
#   only if $0 < \eta < 2/\lambda$; the best learning rate, $1/\lambda$, needs one step.
# - A record is worth keeping, and worth looking at on a log scale. Copy what you keep.
# - Rounding stops a descent where the update falls below half a spacing of the
#   parameter. Too small a learning rate costs accuracy as well as time.
# - Cap the steps, and check that the loss does not explode.
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
# The first error is $2.5415 - 1.7$. You need the smallest $k$ with $0.9681^k$ times
# that at most 0.001:
#
# ```python
# first_error = optimum - 1.7
# np.ceil(steps_needed(1 / 100_000, curvature, 0.001 / first_error))
# ```
#
# The answer is 208 steps, and the loop agrees. The limit $2/\lambda$ stays, since the
# start does not appear in $\lambda$. (That is special to parabolas.)
# ::::

# %% tags=["remove-cell"]
first_error = optimum - 1.7
claim("208", np.ceil(steps_needed(1 / 100_000, curvature, 0.001 / first_error)))
from_there = record_descent(by_hand, 1.7, 1 / 100_000, 300, belts).multiplier
claim("208", ((from_there - optimum).abs() <= 0.001).idxmax())
claim("1.7", optimum - first_error)

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-change
# A colleague stops the loop when one step lowers the loss by less than 0.1 cm². With a
# learning rate of one billionth it stops at once. Is it done? Explain.
# ::::
#
# ::::{solution} ex-descent-change
# :class: dropdown
# No. One step lowers the loss by about $\eta \, L'(m)^2$, which is small when the
# gradient is small *or* when the learning rate is.
#
# ```python
# trace = record_descent(by_hand, 0.0, 1e-9, 1, belts)
# trace.loss[0] - trace.loss[1], trace.loss[1]
# ```
#
# The first step lowers the loss by 0.07 cm², and the loss is still above 10,000 cm². A
# rule on the gradient does not depend on the learning rate.
# ::::

# %% tags=["remove-cell"]
lazy = record_descent(by_hand, 0.0, 1e-9, 1, belts)
claim("< 0.1", lazy.loss[0] - lazy.loss[1])
claim("0.07", lazy.loss[0] - lazy.loss[1])
claim("> 10,000", lazy.loss[1])

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
# :label: ex-descent-absolute
# Open: replace the squared errors by absolute ones, $\frac{1}{n} \sum_i |m x_i - y_i|$.
# Is there a largest stable learning rate? How does the descent end, and what could you
# change so that it ends well?
# ::::
#
# ::::{solution} ex-descent-absolute
# :class: dropdown
# The slope no longer fades as you approach the bottom: it is the mean of $\pm x_i$. No
# learning rate makes the descent run away, and hardly any makes it settle: it ends
# hopping to and fro in a band about as wide as its largest step.
#
# ```python
# def absolute_slope(multiplier, belt_in, belt_cm):
#     return (belt_in * np.sign(multiplier * belt_in - belt_cm)).mean()
#
#
# for rate in (0.01, 0.001):
#     multiplier, visited = 0.0, []
#     for step in range(6000):
#         multiplier = multiplier - rate * absolute_slope(multiplier, *belts)
#         visited.append(multiplier)
#     print(rate, max(visited[-100:]) - min(visited[-100:]), rate * belts[0].mean())
# ```
#
# A learning rate that shrinks as you go lets the band shrink with it. You meet the same
# cure again when the gradient is noisy.
# ::::


# %% tags=["remove-cell"]
def absolute_slope(multiplier, belt_in, belt_cm):
    return (belt_in * np.sign(multiplier * belt_in - belt_cm)).mean()


for rate in (0.01, 0.001):
    multiplier, visited = 0.0, []
    for _ in range(6000):
        multiplier = multiplier - rate * absolute_slope(multiplier, *belts)
        visited.append(multiplier)
    band = max(visited[-100:]) - min(visited[-100:])
    assert 0.5 < band / (rate * belts[0].mean()) < 1.1

# %% [markdown]
# ## Sources and further reading
#
# - The belts, the 1000 epochs and the question are from {cite}`fruehwald2022`, which
#   gives its readers working code to look into: thank you.
# - {cite}`nocedal2006` and {cite}`boyd2004` treat step lengths and rates of
#   convergence; {cite}`nesterov2004` proves the limit $2/\lambda$ beyond parabolas.
# - {cite}`goldberg1991` and {cite}`higham2002` explain spacings and rounding;
#   {cite}`jax2018` documents `grad`, `jit` and `scan`.
