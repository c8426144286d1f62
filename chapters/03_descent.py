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
# guess of 0 centimeters per inch and reaches 2.541 in 1000 steps downhill. Each step is
# the slope times a small number. With a number about 31 times as large, one step would
# have been enough. With one 63 times as large, it would never arrive. What decides how
# large this number may be, and which is best?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** write the loop, record every step, predict what each learning rate
#   does, and then measure it.
# - **You need** the belts and their loss from {ref}`grid-search`, and the slope of the
#   loss from {ref}`slopes`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append(
    ".."
)  # the folder of `helpers`, when this file runs where it lies

# %% [markdown]
# ## One line, repeated
#
# The slope tells you which way is up. So go the other way: multiply the slope by a
# small number $\eta$ (the Greek letter eta), the **{term}`learning rate`**, and
# subtract.
#
# ```{math}
# :label: descent-step
# m_{k+1} = m_k - \eta \, L'(m_k)
# ```
#
# Here $m_k$ is the multiplier after $k$ steps, and $L'(m_k)$ is the slope of the loss
# there. You know the loss and its slope already; one function returns both:

# %%
from helpers import load_belts, use_book_style

use_book_style()
belts = load_belts()  # ten lengths in inches, ten in cm


def loss_and_slope(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm  # ten numbers
    loss = (residual**2).mean()
    slope = 2 * (belt_in * residual).mean()
    return loss, slope


# %% [markdown]
# Now walk. Start at a multiplier of 0, which makes every belt 0 cm long, and take the
# tutorial's learning rate, 1/100,000. In the call, `*belts` hands over the two arrays
# as two arguments.

# %%
multiplier, learning_rate = 0.0, 1 / 100_000
for step in range(5):
    loss, slope = loss_and_slope(multiplier, *belts)
    print(f"step {step}: m {multiplier:.4f}, slope {slope:.1f}")
    multiplier = multiplier - learning_rate * slope

# %% [markdown]
# The first slope is $-8098.4$ cm² per unit of $m$, so the first step is 0.0810 long. It
# goes up the axis because the slope is negative: minus a minus. Each step is shorter
# than the one before, though the learning rate stays the same.

# %% tags=["hide-input"]
#| name: fig-first-steps
#| caption: Forty steps at the tutorial's learning rate. Each dot is a multiplier that
#|   the descent visits, at the height of its loss.
#| alt: A parabola of the loss over the multiplier. Dots start at 0, high on the left
#|   wall, and slide down toward the bottom. They stand far apart where the wall is
#|   steep and crowd together where it flattens.
import matplotlib.pyplot as plt
import numpy as np

from helpers import BLACK, BLUE, GRAY, ORANGE

multiplier, visited, losses = 0.0, [], []
for _ in range(41):
    loss, slope = loss_and_slope(multiplier, *belts)
    visited.append(multiplier)
    losses.append(loss / 1000)
    multiplier = multiplier - 1 / 100_000 * slope
grid = np.linspace(-2.5, 7.5, 200)
curve = [loss_and_slope(m, *belts)[0] / 1000 for m in grid]
figure, ax = plt.subplots()
ax.plot(grid, curve, color=GRAY, linewidth=1)
ax.plot(visited, losses, "o", color=BLUE, ms=4)
ax.set(xlabel="multiplier (cm per inch)", ylabel="loss (1000 cm²)")
ax.set(title="The slope flattens, and the steps with it")
ax.set(xlim=(-0.3, 5.4), ylim=(-0.5, 11.5))
plt.show()

# %% [markdown]
# That is gradient descent. Each **step** (one update) looks at all ten belts, so this
# is **{term}`batch gradient descent`**, and a step is also one **{term}`epoch`** (one
# pass over the data). This page counts steps.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("One line, repeated"):
    given(
        "Start at a multiplier of 0, which makes every belt 0 cm long"
    )
    claim("learning rate, 1/100,000", learning_rate)
    first_slope = loss_and_slope(0.0, *belts)[1]
    claim(
        "first slope is -8098.4 cm² per unit of m, so the first step is 0.0810 long",
        first_slope,
        -learning_rate * first_slope,
    )
    claim(
        "Each step is shorter than the one before",
        (np.diff(visited, n=2) < 0).all(),
    )
    given("Dots start at 0, high on the left wall")
    claim("Forty steps", len(visited) - 1 == 40)

# %% [markdown]
# ## A thousand steps, recorded
#
# Keep what the descent sees at every step: the multiplier, the loss and the slope. A
# pandas `DataFrame` is a table with named columns. Row $k$ holds the state after $k$
# steps.

# %%
import pandas as pd


def record_descent(multiplier, learning_rate, steps, data):
    rows = []
    for _ in range(steps + 1):
        loss, slope = loss_and_slope(multiplier, *data)
        rows.append((multiplier, loss, slope))
        multiplier = multiplier - learning_rate * slope
    return pd.DataFrame(rows, columns=["multiplier", "loss", "slope"])


# %% [markdown]
# Take the tutorial's thousand steps. Of the record, `iloc` picks six rows by number:

# %%
tutorial = record_descent(0.0, 1 / 100_000, 1000, belts)
some = tutorial.iloc[[0, 1, 10, 100, 300, 1000]]
print(some.to_string(float_format="{:.4f}".format))

# %% [markdown]
# After 1000 steps the multiplier is 2.541, as the tutorial reports. The loss ends at
# 0.072 cm². It cannot vanish: the table holds whole centimeters, and rounding to those
# leaves about 1/12, or 0.083, on average. And the slope? Draw it on a log axis, where
# equal distances are equal *factors*: from 100 to 10 is as far as from 10 to 1.

# %% tags=["hide-input"]
#| name: fig-descent-traces
#| caption: The same thousand steps, seen twice. The plain axis above hides what the log
#|   axis below shows.
#| alt: Two stacked line charts over 1000 steps. The multiplier climbs steeply from 0,
#|   bends, and is flat long before the middle. The size of the slope, on a log scale,
#|   falls in one straight line from thousands to less than a billionth.
figure, (top, low) = plt.subplots(2, sharex=True, figsize=(5.4, 5))
top.plot(tutorial.multiplier, color=BLUE)
top.set(
    ylabel="m (cm per inch)", title="The multiplier seems to arrive"
)
low.semilogy(tutorial.slope.abs(), color=BLUE)
low.set(ylabel="|slope| (cm² per unit)", xlabel="step")
low.set_title("The slope shrinks by one factor, to the end")
plt.show()

# %% [markdown]
# Above, nothing seems to happen after step 200. Below, the descent goes on as steadily
# as it began. A straight line on a log axis means that every step multiplies by the
# same number. Which number, and why? (The tutorial lets JAX find the slope, in float32,
# and its line does not go on: {ref}`float32-stops` says why.)

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import reproduce

with checks("A thousand steps, recorded"):
    final = tutorial.multiplier.iloc[-1]
    claim(
        "thousand steps. Of the record, iloc picks six rows",
        len(tutorial) == 1001 and len(some) == 6,
    )
    claim(
        "After 1000 steps the multiplier is 2.541",
        tutorial.index[-1],
        final,
    )
    display(reproduce("final guess", float(final)))
    claim("The loss ends at 0.072", tutorial.loss.iloc[-1])
    claim(
        "the table holds whole centimeters",
        np.array_equal(np.round(2.54 * belts[0]), belts[1]),
    )
    lengths_cm = np.linspace(70, 130, 60_001)[:-1]
    rounding = ((lengths_cm - np.round(lengths_cm)) ** 2).mean()
    claim("leaves about 1/12, or 0.083", rounding, rounding)
    given("charts over 1000 steps", "climbs steeply from 0")
    given("from 100 to 10 is as far as from 10 to 1")
    claim(
        "is flat long before the middle",
        abs(tutorial.multiplier[150] / final - 1) < 0.01,
    )
    claim(
        "nothing seems to happen after step 200",
        final - tutorial.multiplier[200] < 0.005,
    )
    sizes = tutorial.slope.abs()
    claim(
        "thousands to less than a billionth",
        sizes[0] > 1000 and sizes[1000] < 1e-9,
    )
    claim(
        "every step multiplies by the same number",
        np.ptp((sizes / sizes.shift())[1:600]) < 1e-4,
    )

# %% [markdown]
# ## Why the line is straight
#
# The loss is a parabola in $m$, so its slope is a straight line. Write $x_i$ for the
# inches and $y_i$ for the centimeters of belt $i$, and $n$ for the number of belts.
# Multiply out, then take the number beside $m$ out of the bracket:
#
# ```{math}
# :label: parabola-slope
# \begin{aligned}
# L'(m) &= \frac{2}{n} \sum_{i=1}^{n} x_i (m x_i - y_i) \\
# &= \lambda \, m - \frac{2}{n} \sum_{i=1}^{n} x_i y_i \\
# &= \lambda \, (m - m^*)
# \end{aligned}
# ```
#
# with
#
# ```{math}
# :label: curvature-and-bottom
# \lambda = \frac{2}{n} \sum_{i=1}^{n} x_i^2,
# \qquad m^* = \frac{\sum_i x_i y_i}{\sum_i x_i^2}.
# ```
#
# Here $\lambda$ (lambda) is the **curvature**, the slope of the slope, and $m^*$ is the
# bottom, where the slope is zero. So the slope at $m$ is the curvature times the
# distance from the bottom. Call that distance, $e_k = m_k - m^*$, the **error** after
# $k$ steps. In {eq}`descent-step`, write $\lambda \, e_k$ for the slope and take $m^*$
# from both sides:
#
# ```{math}
# :label: contraction
# \begin{aligned}
# e_{k+1} &= e_k - \eta \lambda \, e_k \\
# &= (1 - \eta \lambda) \, e_k
# \end{aligned}
# ```
#
# **Every step multiplies the error by the same number, $1 - \eta\lambda$.** The slope
# is $\lambda$ times the error, so it shrinks by that number too. The loss that has this
# slope is
#
# ```{math}
# :label: loss-parabola
# L(m) = L(m^*) + \tfrac{1}{2} \lambda \, (m - m^*)^2
# ```
#
# so what it has above its bottom goes with the *square* of the error. Compare the
# factor with the record:

# %%
belt_in, belt_cm = belts
curvature = 2 * (belt_in**2).mean()
best_multiplier = (belt_in * belt_cm).sum() / (belt_in**2).sum()
error = tutorial.multiplier - best_multiplier

print(f"{curvature:.1f} in² is the curvature")
print(f"{1 - curvature / 100_000:.4f} is the predicted factor")
for step in (1, 10, 100):
    print(f"{error[step] / error[step - 1]:.4f} in step {step}")

# %% [markdown]
# With a curvature of 3186.5 square inches the tutorial's step keeps 0.968 of the error,
# in the first step and in the hundredth.

# %% tags=["remove-cell"]
with checks("Why the line is straight"):
    claim(
        "the curvature times the distance",
        np.allclose(
            tutorial.slope[:300], curvature * error[:300], rtol=1e-8
        ),
    )
    claim(
        "goes with the *square* of the error",
        np.allclose(
            tutorial.loss,
            loss_and_slope(best_multiplier, *belts)[0]
            + curvature / 2 * error**2,
        ),
    )
    claim("a curvature of 3186.5 square inches", curvature)
    kept = error / error.shift()
    claim("step keeps 0.968 of the error", 1 - curvature / 100_000)
    claim(
        "in the first step and in the hundredth",
        np.allclose(
            kept[[1, 10, 100]], 1 - curvature / 100_000, rtol=1e-9
        ),
    )

# %% [markdown]
# ## How long may a step be?
#
# A step trusts the slope at its start all the way, though the wall flattens. A long
# step goes too far. Here is one step from 0 at four learning rates:

# %% tags=["hide-input"]
#| name: fig-one-step
#| caption: Each arrow is the slope of the tangent times a learning rate, and so
#|   $\eta\lambda$ times the way to the bottom. The dotted lines lead up to where it
#|   lands.
#| alt: A parabola of the loss, with a tangent at multiplier 0 on its left wall. Four
#|   arrows below start at 0. The one for one half over lambda ends halfway to the
#|   bottom, the one for 1 over lambda at the bottom, the one for 1.5 over lambda on the
#|   right wall, and the one for 2 over lambda as high on the right as the start.
figure, ax = plt.subplots(figsize=(5.4, 4.2))
ax.plot(grid, curve, color=GRAY, linewidth=1)
loss, slope = loss_and_slope(0.0, *belts)
tangent = [(loss + slope * m) / 1000 for m in (-0.3, 0, 1.1)]
ax.plot([-0.3, 0, 1.1], tangent, "o-", color=BLACK, markevery=[1])
ax.text(1.1, 6.3, "tangent:\nits slope is L′(0)", va="center")
for part in (0.5, 1, 1.5, 2):
    height = -3 * part
    color = BLUE if part <= 1 else ORANGE
    m = -part / curvature * slope
    landing = loss_and_slope(m, *belts)[0] / 1000
    arrow = {"arrowstyle": "->", "color": color, "lw": 2}
    ax.annotate("", (m, height), (0, height), arrowprops=arrow)
    ax.plot([m, m], [height, landing], ":", color=color, lw=1)
    ax.plot(m, landing, "o", color=color)
    ax.text(m + 0.1, height - 0.3, f"η={part}/λ", color=color)
ax.set(xlabel="multiplier (cm per inch)", ylabel="loss (1000 cm²)")
ax.set(xlim=(-0.6, 6.6), ylim=(-7, 13), yticks=[0, 5, 10])
ax.set(title="One slope, four learning rates")
plt.show()

# %% [markdown]
# The third arrow flies past the bottom, and the fourth is as far from it as before: its
# next step leads back. The number $1 - \eta\lambda$ sorts all learning rates:
#
# | $\eta\lambda$ | factor $1 - \eta\lambda$ | what you see |
# |---|---|---|
# | below 0 | above 1 | climbs from the start: a minus got lost |
# | exactly 0 | 1 | stays where it is |
# | between 0 and 1 | positive, below 1 | slides in from one side |
# | exactly 1 | 0 | arrives in one step |
# | between 1 and 2 | negative, size below 1 | overshoots each time, closing in |
# | exactly 2 | $-1$ | bounces between two points forever |
# | above 2 | negative, size above 1 | overshoots farther each time |
#
# So the descent closes in on the bottom, from every start, if and only if
# $0 < \eta < 2/\lambda$. Such a learning rate is called **stable**:

# %%
limit, best_rate = 2 / curvature, 1 / curvature
print(f"{limit:.6f} per in² is the limit")
print(f"{limit * 100_000:.1f} times the tutorial's rate")

# %% [markdown]
# This answers the opening question. The largest stable learning rate is just below
# 0.000628. It depends on the inches alone: not on the centimeters, and not on where you
# start. The tutorial's 1/100,000 is 62.8 times smaller. That is safe, and slow.

# %% tags=["remove-cell"]
with checks("How long may a step be?"):
    given(
        "one step from 0", "tangent at multiplier 0", "below start at 0"
    )
    landings = {
        part: record_descent(0.0, part / curvature, 2, belts).multiplier
        for part in (0.5, 1, 1.5, 2)
    }
    claim(
        "ends halfway to the bottom",
        np.isclose(landings[0.5][1], best_multiplier / 2),
    )
    claim(
        "the one for 1 over lambda at the bottom",
        1 if np.isclose(landings[1][1], best_multiplier) else np.nan,
    )
    claim(
        "the one for 1.5 over lambda on the right wall",
        landings[1.5][1] / best_multiplier,
    )
    claim(
        "the one for 2 over lambda as high on the right",
        landings[2][1] / best_multiplier,
    )
    claim(
        "as far from it as before",
        np.isclose(landings[2][1] - best_multiplier, best_multiplier),
    )
    claim("its next step leads back", abs(landings[2][2]) < 1e-9)
    products = np.round(np.linspace(-1, 3, 401), 2)
    landed = -products / curvature * first_slope
    kept = np.round(1 - landed / best_multiplier, 9)
    claim("below 0 | above 1", (kept[products < 0] > 1).all())
    claim("exactly 0 | 1", kept[products == 0] == 1)
    inside = kept[(products > 0) & (products < 1)]
    claim(
        "between 0 and 1 | positive, below 1",
        (inside > 0).all() and (inside < 1).all(),
    )
    claim("exactly 1 | 0", kept[products == 1] == 0)
    inside = kept[(products > 1) & (products < 2)]
    claim(
        "between 1 and 2 | negative, size below 1",
        (inside < 0).all() and (inside > -1).all(),
    )
    claim("exactly 2", kept[products == 2] == -1)
    claim(
        "above 2 | negative, size above 1",
        (kept[products > 2] < -1).all(),
    )
    claim("0.000628. It depends on the inches alone", limit)
    claim(
        "The tutorial's 1/100,000 is 62.8 times smaller",
        1 / 100_000,
        limit * 1e5,
    )

# %% tags=["remove-cell"]
with checks("Descent"):
    claim(
        "a guess of 0 centimeters per inch and reaches 2.541 in 1000 steps",
        tutorial.multiplier[0],
        tutorial.multiplier[1000],
        tutorial.index[-1],
    )
    claim("about 31 times as large", best_rate * 100_000)
    claim("one 63 times as large", limit * 100_000)
    claim("would never arrive", limit < 63 / 100_000)

# %% [markdown]
# ## Four learning rates
#
# Let four descents start at 0 and take six steps each. Their learning rates are
# 1/100,000, ten times that, exactly $1/\lambda$, and 1.05 times the limit. How much of
# the first error does each have left?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Six steps multiply the error by $(1 - \eta\lambda)^6$. That leaves 0.82 of it at the
# first rate and 0.10 at the second. At $1/\lambda$ nothing is left after a single
# step. Above the limit the factor is $-1.1$, and the error grows to 1.77 times its
# first size.
# :::
#
# The start is 0, so the first error is $-m^*$. A descent that has a part $a$ of it left
# stands at $(1 - a)\,m^*$. Each line gives the predicted multiplier, then the measured
# one.

# %%
four_rates = {
    "Too small: creeps": 1 / 100_000,
    "Good: slides": 1 / 10_000,
    "Best: one step": best_rate,
    "Too large: climbs out": 1.05 * limit,
}
four_traces = {}
for name, rate in four_rates.items():
    trace = record_descent(0.0, rate, 6, belts)
    left = (1 - rate * curvature) ** 6
    predicted = (1 - left) * best_multiplier
    print(f"{predicted:6.3f} {trace.multiplier[6]:6.3f}  {name}")
    four_traces[name] = trace

# %% [markdown]
# Measured as predicted. On the loss curve:

# %% tags=["hide-input"]
#| name: fig-four-rates
#| caption: Dots are the multipliers visited, joined in their order. Every descent
#|   starts on the left wall, at 0.
#| alt: Four panels, each with the same parabola of the loss over the multiplier and
#|   the points that six steps visit, joined by lines. Too small: the points crowd near
#|   the start on the left wall. Good: they slide down the left wall with shrinking
#|   steps. Best: one line leads from the start to the bottom. Too large: the points
#|   zigzag between the walls, higher each time.
figure, axes = plt.subplots(2, 2, sharex=True, sharey=True)
figure.set_size_inches(5.4, 5.0)
for ax, name in zip(axes.flat, four_traces, strict=True):
    m, loss = four_traces[name].multiplier, four_traces[name].loss
    color = ORANGE if name.startswith("Too large") else BLUE
    ax.plot(grid, curve, color=GRAY, linewidth=1)
    ax.plot(m, loss / 1000, "o-", color=color, ms=4, lw=1.2)
    ax.set(title=name, xticks=[0, 2.5, 5])
figure.supxlabel("multiplier (cm per inch)", fontsize=11)
figure.supylabel("loss (1000 cm²)", fontsize=11)
plt.show()

# %% [markdown]
# There are two ways of being slow. The tutorial's learning rate creeps down one side. A
# rate of 0.95 times the limit leaps across the valley and back. The leaper is faster:
# it keeps 0.90 of its error at each step, the creeper 0.968.

# %% tags=["hide-input"]
from helpers import animate

creeping = record_descent(0.0, 1 / 100_000, 40, belts)
leaping = record_descent(0.0, 0.95 * limit, 40, belts)
figure, ax = plt.subplots(figsize=(3.6, 3.2))
ax.plot(grid, curve, color=GRAY, linewidth=1)
creeper = ax.plot([], [], "o", color=BLUE, ms=12, mfc="none")[0]
leaper = ax.plot([], [], "o", color=ORANGE, ms=7)[0]
ax.text(2.54, 13, "ring: the tutorial's rate", color=BLUE, ha="center")
ax.text(2.54, 11, "dot: 0.95 × limit", color=ORANGE, ha="center")
ax.set(xlim=(-0.5, 5.6), ylim=(-1, 16))
ax.set(xlabel="multiplier (cm per inch)", ylabel="loss (1000 cm²)")
label = "A ring creeps down one wall; a dot leaps from wall to wall"


def draw(step):
    for dot, trace in ((creeper, creeping), (leaper, leaping)):
        m, loss = trace.multiplier[step], trace.loss[step]
        dot.set_data([m], [loss / 1000])
    ax.set_title(f"Step {step}: one creeps, one leaps")


animate(figure, draw, range(41), label=label, frames_per_second=6)

# %% tags=["remove-cell"]
with checks("Four learning rates"):
    given(
        "four descents start at 0",
        "The start is 0, so",
        "on the left wall, at 0",
    )
    rates = np.array(list(four_rates.values()))
    claim("are 1/100,000, ten times that", rates[0])
    claim(
        "ten times that, exactly", abs(rates[1] / rates[0] - 10) < 1e-9
    )
    claim("and 1.05 times the limit", rates[3] / limit)
    ends = np.array(
        [trace.multiplier[6] for trace in four_traces.values()]
    )
    factors = 1 - rates * curvature
    claim("That leaves 0.82 of it", factors[0] ** 6)
    claim("rate and 0.10 at the second", factors[1] ** 6)
    claim(
        "the factor is -1.1, and the error grows to 1.77",
        factors[3],
        factors[3] ** 6,
    )
    claim(
        "Measured as predicted",
        np.allclose(ends, best_multiplier * (1 - factors**6)),
    )
    third, fourth = list(four_traces.values())[2:]
    claim(
        "nothing is left after a single step",
        abs(third.multiplier[1] - best_multiplier) < 1e-12,
    )
    claim("higher each time", fourth.loss.is_monotonic_increasing)
    given("rate of 0.95 times the limit")
    claim(
        "keeps 0.90 of its error at each step, the creeper 0.968",
        abs(1 - 0.95 * limit * curvature),
        1 - curvature / 100_000,
    )
    claim("The leaper is faster", leaping.loss[40] < creeping.loss[40])

# %% [markdown]
# ## Both sides of the limit
#
# How sharp is the limit? Take learning rates 1% below it, exactly on it, and 1% above,
# and 200 steps. How much of the error is left?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The three factors are $-0.98$, $-1$ and $-1.02$. Raised to the power of 200, that
# leaves 1.8% of the error, all of it, and 52 times as much.
# :::

# %%
errors = {}
for part in (0.99, 1.0, 1.01):
    trace = record_descent(0.0, part * limit, 200, belts)
    errors[part] = (trace.multiplier - best_multiplier).abs()
    left = errors[part][200] / errors[part][0]
    print(f"{left:.3f} of the error left at {part} × limit")

# %% [markdown]
# As predicted. At the limit the multiplier bounces between 0 and twice the answer for
# as long as you let it.

# %% tags=["remove-cell"]
with checks("Both sides of the limit"):
    below, at, above = errors
    claim(
        "1% below it, exactly on it, and 1% above",
        at - below,
        above - at,
    )
    given("and 200 steps")
    factors = 1 - np.array([below, at, above]) * limit * curvature
    claim("factors are -0.98, -1 and -1.02", *factors)
    claim(
        "to the power of 200, that leaves 1.8%",
        errors[at].index[-1],
        factors[0] ** 200,
    )
    claim("and 52 times as much", factors[2] ** 200)
    parts = [size[200] / size[0] for size in errors.values()]
    claim("As predicted. At", np.allclose(parts, factors**200))
    claim(
        "bounces between 0 and twice the answer",
        np.allclose(errors[at], best_multiplier),
    )

# %% [markdown]
# ## Which learning rate is best?
#
# The size of the factor, $|1 - \eta\lambda|$, is the **contraction rate**: the part of
# the error that a step keeps. The smaller it is, the better. Before you look, sketch it
# for learning rates from 0 to a little above the limit. Where is it smallest?
#
# :::{admonition} What do you expect?
# :class: dropdown
# A V. At a learning rate of 0 nothing moves, so all of the error is kept. From there
# the kept part falls in a straight line and reaches 0 at $\eta = 1/\lambda$, which is
# half the limit. Then it rises in a straight line, and is 1 again at the limit.
# :::
#
# Measure it at 24 learning rates, over three steps each. The cube root of what three
# steps keep is what one step keeps.

# %%
import numpy as np

parts = np.linspace(0.05, 1.2, 24)  # of the limit
kept = []
for part in parts:
    trace = record_descent(0.0, part * limit, 3, belts)
    size = (trace.multiplier - best_multiplier).abs()
    kept.append((size[3] / size[0]) ** (1 / 3))
print(np.allclose(kept, abs(1 - parts * limit * curvature)))

# %% [markdown]
# `True`: all 24 are as predicted. This is the map on which you choose a learning rate:

# %% tags=["hide-input"]
#| name: fig-contraction
#| caption: Dots are measured, the line is predicted. Left of the tip a descent slides
#|   in from one side; right of the tip it overshoots.
#| alt: The part of the error that a step keeps, over the learning rate as a part of the
#|   limit. The predicted line is a V that starts at 1, touches 0 at one half of the
#|   limit, and is back at 1 at the limit; beyond, it rises above 1. All measured dots
#|   lie on it. The tutorial's learning rate sits at the far left, near 1.
figure, ax = plt.subplots()
line = np.linspace(0, 1.2, 241)
ax.plot(line, np.abs(1 - line * limit * curvature), color=GRAY)
ax.plot(parts, kept, "o", color=BLUE, ms=5)
ax.plot(1e-5 / limit, 1 - 1e-5 * curvature, "o", color=ORANGE, ms=7)
ax.axhline(1, color=BLACK, linewidth=1, linestyle="--")
ax.text(0.05, 1.06, "the tutorial", color=ORANGE)
ax.text(0.5, 0.22, "best", color=BLUE, ha="center")
ax.text(0.96, 1.06, "limit", ha="right")
ax.text(1.08, 1.27, "diverges", ha="right")
ax.text(0.68, 0.25, "predicted:\n|1 − ηλ|", color=GRAY, va="center")
ax.set(xlabel="learning rate / limit", ylabel="part of the error kept")
ax.set(title="Half the limit is best", ylim=(-0.05, 1.5))
plt.show()

# %% [markdown]
# At the tip of the V stands the learning rate $1/\lambda$, 0.000314, which takes the
# whole way in one step. You may feel cheated, and rightly: with $\lambda$ and one slope
# you know where the bottom of a parabola is. With several parameters there are several
# curvatures, and no learning rate suits them all. That is the story of
# {ref}`conditioning`.

# %% tags=["remove-cell"]
with checks("Which learning rate is best?"):
    claim("rates from 0 to a little above", line[0])
    still = record_descent(0.0, 0.0, 3, belts)
    claim(
        "learning rate of 0 nothing moves", still.multiplier.abs().max()
    )
    claim("straight line and reaches 0", abs(1 - best_rate * curvature))
    claim("half the limit. Then", abs(best_rate / limit - 0.5) < 1e-12)
    claim("is 1 again at the limit", abs(1 - limit * curvature))
    claim("Measure it at 24 learning rates", parts.size)
    claim("over three steps each", len(trace) == 4)
    measured = np.allclose(kept, abs(1 - parts * limit * curvature))
    claim("all 24 are as predicted", measured)
    claim("All measured dots lie on it", measured)
    claim(
        "V that starts at 1, touches 0 at one half of the limit, and is back at 1 at "
        "the limit; beyond, it rises above 1",
        np.allclose(
            abs(1 - np.array([0, best_rate, limit]) * curvature),
            [1, 0, 1],
        )
        and min(np.array(kept)[parts > 1.001]) > 1,
    )
    claim("at the far left, near 1", 1 - curvature / 100_000 > 0.95)
    claim("0.000314, which takes the whole way", best_rate)
    claim(
        "whole way in one step",
        abs(-best_rate * first_slope - best_multiplier) < 5e-13,
    )

# %% [markdown]
# ## How many steps
#
# How long until only a fraction $a$ of the first error is left, say a millionth? You
# need the smallest $k$ with $|1 - \eta\lambda|^k \le a$. Take logarithms, then divide.
# The logarithm of a factor below 1 is negative, so the division turns the sign around:
#
# ```{math}
# :label: steps-needed
# k \ge \frac{\ln a}{\ln |1 - \eta\lambda|}
# \qquad \text{for } 0 < |1 - \eta\lambda| < 1
# ```
#
# Count the steps at four rates. `np.ceil` rounds up. `idxmax` finds the first `True`,
# or says 0 if there is none.


# %%
def steps_needed(learning_rate, curvature, fraction):
    factor = abs(1 - learning_rate * curvature)
    return np.log(fraction) / np.log(factor)


counts = []
for rate in [0.5 / 100_000, 1 / 100_000, 1 / 10_000, 0.9 * limit]:
    trace = record_descent(0.0, rate, 1000, belts)
    size = (trace.multiplier - best_multiplier).abs()
    counts.append((size <= 1e-6 * size[0]).idxmax())
    predicted = np.ceil(steps_needed(rate, curvature, 1e-6))
    print(f"{predicted:.0f} predicted, {counts[-1]} measured")

# %% [markdown]
# Prediction and measurement agree to the step: 427 for the tutorial's learning rate, 37
# for one ten times larger, and 62 close to the limit. Half of 1/100,000 takes 861,
# about twice as many, since $\ln(1 - \eta\lambda) \approx -\eta\lambda$ far below the
# best rate. Books call it *linear convergence* {cite}`nocedal2006` when the error
# shrinks by a constant factor.

# %% tags=["remove-cell"]
with checks("How many steps"):
    claim(
        "of a factor below 1 is negative",
        np.log(0.999) < 0 > np.log(0.001),
    )
    predicted = steps_needed(
        np.array([0.5e-5, 1e-5, 1e-4, 0.9 * limit]), curvature, 1e-6
    )
    claim(
        "Prediction and measurement agree to the step",
        np.array_equal(np.ceil(predicted), counts),
    )
    claim(
        "427 for the tutorial's learning rate, 37 for one ten times larger, and 62",
        *counts[1:],
    )
    claim("Half of 1/100,000 takes 861", 1e-5, counts[0])
    claim("about twice as many", abs(counts[0] / counts[1] - 2) < 0.02)
    claim("says 0 if there is none", (size < 0).idxmax())
    claim(
        "far below the best rate. Books",
        abs(np.log(1 - 1e-5 * curvature) / (1e-5 * curvature) + 1)
        < 0.02,
    )

# %% [markdown]
# ## When to stop, and when to give up
#
# So far you knew the curvature from a formula. Without one, your first learning rate
# may be far too large, here 1/1000:

# %%
doomed = record_descent(0.0, 1 / 1000, 10, belts)
some = doomed.iloc[[0, 1, 2, 10]]
print(some.to_string(float_format="{:.4g}".format))

# %% [markdown]
# What the loss has above its bottom grows by a factor of 4.8 in every step, the square
# of $1 - \eta\lambda$, as {eq}`loss-parabola` says. Left alone, the loss outgrows every
# float: it becomes `inf`, then `nan`, "not a number".
#
# Yet this failure is useful. The change of the slope over the change of the multiplier
# is the curvature. Any two rows that lie apart would do; a failure only gives them to
# you first. (`diff` subtracts from each row the one before.)

# %%
for run in (doomed, tutorial):
    bend = run.slope.diff()[1] / run.multiplier.diff()[1]
    print(f"{2 / bend:.6f} is the limit, from two rows")

# %% [markdown]
# It is the limit again, found without the belts. (On a curve that is no parabola this
# is an estimate.)
#
# And when have you arrived? The slope shrinks with the error. So stop when it is down
# to a chosen part of the first slope, the **tolerance**. A part has no unit, so the
# rule works in inches and in feet. But in float32 the slope may never get that small
# ({ref}`float32-stops`), and a start near the bottom makes the rule too strict: from
# 2.54, a millionth takes 427 steps again. So always cap the steps. Here is a loop with
# three ways out: arrived, loss above its first value, steps used up.


# %%
def careful_descent(multiplier, learning_rate, tolerance, steps, data):
    first_loss, first_slope = loss_and_slope(multiplier, *data)
    for step in range(steps + 1):
        loss, slope = loss_and_slope(multiplier, *data)
        if abs(slope) <= tolerance * abs(first_slope):
            return multiplier, f"arrived at step {step}"
        if not loss <= first_loss:  # nan never is
            return multiplier, f"loss rose at step {step}"
        multiplier = multiplier - learning_rate * slope
    return multiplier, f"not there after {steps} steps"


# %% [markdown]
# Each way out is taken once, at a tolerance of a millionth:

# %%
for rate, steps in [(1e-5, 1000), (1e-5, 100), (1e-3, 1000)]:
    m, outcome = careful_descent(0.0, rate, 1e-6, steps, belts)
    print(f"{m:.4f} {outcome}")

# %% [markdown]
# The first run stops at step 427, as {eq}`steps-needed` predicts. (A descent with
# {term}`momentum`, from {ref}`conditioning`, may rise first and still arrive.)
#
# Later chapters import `descend` from `helpers`: `record_descent` for any loss and any
# number of parameters. You hand it a function like `loss_and_slope`.

# %% tags=["remove-cell"]
from helpers import descend

with checks("When to stop, and when to give up"):
    given("too large, here 1/1000")
    above = doomed.loss - loss_and_slope(best_multiplier, *belts)[0]
    growth = above[2] / above[1]
    claim("a factor of 4.8 in every step", growth)
    claim(
        "in every step, the square",
        np.allclose(above[1:] / above.shift()[1:], growth),
    )
    claim(
        "the square of 1",
        abs(growth / (1 - curvature / 1000) ** 2 - 1) < 1e-9,
    )
    with np.errstate(over="ignore", invalid="ignore"):
        left_alone = record_descent(0.0, 1 / 1000, 1200, belts)
    claim("it becomes inf", np.isinf(left_alone.loss).any())
    claim("then nan", np.isnan(left_alone.loss.iloc[-1]))
    bends = [
        run.slope.diff()[row] / run.multiplier.diff()[row]
        for run in (doomed, tutorial)
        for row in (1, 10)
    ]
    claim(
        "Any two rows that lie apart would do",
        np.allclose(bends, curvature),
    )
    claim("It is the limit again", np.allclose(2 / bend, limit))
    near = careful_descent(2.54, 1e-5, 1e-6, 1000, belts)[1]
    claim(
        "from 2.54, a millionth takes 427 steps again",
        2.54,
        int(near.split()[-1]),
    )
    feet = belts[0] / 12, belts[1]
    claim(
        "works in inches and in feet",
        careful_descent(0.0, 144 / 100_000, 1e-6, 1000, feet)[1]
        == careful_descent(0.0, 1 / 100_000, 1e-6, 1000, belts)[1],
    )
    words = [
        careful_descent(0.0, rate, 1e-6, most, belts)[1]
        for rate, most in [(1e-5, 1000), (1e-5, 100), (1e-3, 1000)]
    ]
    claim(
        "Each way out is taken once",
        [said.split()[0] for said in words]
        == ["arrived", "not", "loss"],
    )
    claim(
        "The first run stops at step 427", float(words[0].split()[-1])
    )
    ours = record_descent(0.0, 1 / 10_000, 50, belts)
    theirs = descend(
        lambda m: loss_and_slope(m, *belts), 0.0, 1 / 10_000, 50
    )
    claim(
        "record_descent for any loss",
        np.array_equal(ours.multiplier, theirs.parameters)
        and np.array_equal(ours.loss, theirs.losses),
    )

# %% [markdown]
# ## What to keep
#
# - Gradient descent is one line, $m \leftarrow m - \eta L'(m)$.
# - On a parabola each step multiplies the error by $1 - \eta\lambda$. The descent
#   converges if and only if $0 < \eta < 2/\lambda$; the best learning rate,
#   $1/\lambda$, needs one step.
# - A steady rate is a straight line on a log axis. Look at your descents there.
# - Two slopes that lie apart tell you about how large the learning rate may be.
# - Stop at a part of the first slope, cap the steps, and look at the loss.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-descent-sign
# One sentence of the tutorial multiplies the gradient by the learning rate and *adds*
# it to the parameter. Two later sentences and the code take the negative of the
# gradient, which is the subtraction of {eq}`descent-step`, and they are right. Follow
# the one sentence: in which row of the table does its run stand, and how many times its
# first error does it have after 100 steps? (You should get about 23.)
# ::::
#
# ```{solution-start} ex-descent-sign
# :class: dropdown
# ```
#
# Adding is subtracting with a negative learning rate, so the run stands in the first
# row. Its factor is $1 + 0.031865$, which is above 1:

# %%
wrong_way = record_descent(0.0, -1 / 100_000, 100, belts)
size = (wrong_way.multiplier - best_multiplier).abs()
print(f"{(1 + curvature / 100_000) ** 100:.1f} predicted")
print(f"{size[100] / size[0]:.1f} measured")

# %% [markdown]
# If your loss rises from the very first step, however small you make the learning rate,
# look for a lost minus.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("after 100 steps", wrong_way.index[-1])
    claim("You should get about 23", size[100] / size[0])
    claim("Its factor is 1 + 0.031865", 1, curvature / 100_000)
    claim("which is above 1", 1 + curvature / 100_000)
    claim(
        "rises from the very first step",
        all(
            loss_and_slope(-rate * -first_slope, *belts)[0]
            > tutorial.loss[0]
            for rate in (1e-3, 1e-5, 1e-9)
        ),
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-start
# Start at 1.7 with the tutorial's learning rate. How many steps does it take until the
# error is below 0.001? Compute it first, then count. (You should get 208.) Does a start
# farther away change the largest stable learning rate?
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
needed = steps_needed(1e-5, curvature, 0.001 / first_error)
print(f"{needed:.2f}")

trace = record_descent(1.7, 1 / 100_000, 300, belts)
size = (trace.multiplier - best_multiplier).abs()
print((size <= 0.001).idxmax())

# %% [markdown]
# The limit $2/\lambda$ stays, since the start does not appear in $\lambda$. That is
# special to parabolas.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("Start at 1.7", "error is below 0.001")
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
    claim("You should get 208", (size <= 0.001).idxmax())

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-units
# Write a function `largest_rate(lengths)` that returns the largest stable learning rate
# for belts of the given lengths. Before you run it: what happens to this rate if the
# first column is in feet and not in inches? Check with
#
# ```python
# from helpers import check_answer
#
# feet = largest_rate(belt_in / 12)
# check_answer("rate in feet", feet, 0.0904, within=0.0001)
# ```
#
# Then test the rate on both sides with `record_descent`.
# ::::
#
# ```{solution-start} ex-descent-units
# :class: dropdown
# ```
#
# Dividing every $x_i$ by 12 divides $\lambda$, a mean of squares, by 144. So the limit
# is 144 times larger.


# %%
from helpers import check_answer


def largest_rate(lengths):
    return 1 / (lengths**2).mean()


belts_ft = belt_in / 12, belt_cm
feet = largest_rate(belts_ft[0])
check_answer("rate in feet", feet, 0.0904, within=0.0001)
for part in (0.99, 1.01):
    trace = record_descent(0.0, part * feet, 200, belts_ft)
    print(part, "falls:", trace.loss[200] < trace.loss[0])

# %% [markdown]
# A learning rate has units. A good one cannot be carried over from one data set to
# another, or even from inches to feet.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("Dividing every x_i by 12", belt_in[0] / belts_ft[0][0])
    claim("a mean of squares, by 144", feet / limit)
    claim("is 144 times larger", feet / limit)
    claim("cannot be carried over", trace.loss[200] > trace.loss[0])

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-list
# Find the fault. This loop has its parameter in an array of length one and means to
# collect every multiplier on the way:
#
# ```python
# w, collected = np.array([0.0]), []
# for _ in range(1000):
#     collected.append(w)
#     slope = loss_and_slope(w, *belts)[1]
#     w -= 1 / 100_000 * slope
# ```
#
# The descent is right, but `collected[0]` is not 0. Why? Mend it in two ways, and check
# each: the first entry must be 0, and the second about 0.081.
# ::::
#
# ```{solution-start} ex-descent-list
# :class: dropdown
# ```
#
# In NumPy `w -= ...` writes into the array that `w` names. The list holds that one
# array a thousand times, so every entry shows the final value.

# %%
w, collected = np.array([0.0]), []
for _ in range(1000):
    collected.append(w)
    slope = loss_and_slope(w, *belts)[1]
    w -= 1 / 100_000 * slope
print(collected[0], collected[500], collected[-1])

# %% [markdown]
# Write `w = w - ...`, which makes a new array, or append `w.copy()`:

# %%
w, mended = np.array([0.0]), []
for _ in range(1000):
    mended.append(w)
    slope = loss_and_slope(w, *belts)[1]
    w = w - 1 / 100_000 * slope
print(mended[0], mended[1], mended[-1])

# %% [markdown]
# In its second half the tutorial collects in this way too, and its record is right. Its
# gradient is a JAX array, which cannot be changed, so its `+=` makes a new array each
# time. With a gradient from NumPy it would fail in the same way.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
import jax
import jax.numpy as jnp

with checks("Exercises"):
    claim(
        "The descent is right, but collected[0] is not 0",
        abs(collected[0][0] - best_multiplier) < 1e-9,
    )
    claim(
        "holds that one array a thousand times",
        len(collected) == 1000
        and len({id(entry) for entry in collected}) == 1,
    )
    claim(
        "the first entry must be 0, and the second about 0.081",
        mended[0][0],
        mended[1][0],
    )
    v = start = np.array([0.0])
    v += jnp.array([1.0])
    claim(
        "makes a new array each time",
        isinstance(v, jax.Array) and v[0] == 1 and start[0] == 0,
    )
    new, kept_new, changed, kept_copies = (
        np.zeros(1),
        [],
        np.zeros(1),
        [],
    )
    for _ in range(3):
        kept_new.append(new)
        new = new - 1e-5 * loss_and_slope(new, *belts)[1]
        kept_copies.append(changed.copy())
        changed -= 1e-5 * loss_and_slope(changed, *belts)[1]
    claim(
        "which makes a new array, or append w.copy()",
        np.array_equal(kept_new, kept_copies)
        and len(np.unique(kept_new)) == 3,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-change
# A colleague stops the loop when one step lowers the loss by less than 0.1 cm². With a
# learning rate of one billionth it stops after its first step, which lowers the loss by
# about 0.066 cm². Is it done? Derive a formula for how much a small step lowers the
# loss, and test it on this number. Which rule of this page is safe from the fault?
# ::::
#
# ```{solution-start} ex-descent-change
# :class: dropdown
# ```
#
# A step is $\eta L'(m)$ long, and the loss falls by about the slope for each unit of
# length. So one step lowers the loss by about $\eta \, L'(m)^2$, which is small when
# the slope is small *or* when the learning rate is. (Put $e$ and $(1 - \eta\lambda)\,e$
# into {eq}`loss-parabola`: on a parabola it is exactly
# $\eta \, L'(m)^2 \, (1 - \eta\lambda/2)$.)

# %%
trace = record_descent(0.0, 1e-9, 1, belts)
print(f"{1e-9 * trace.slope[0] ** 2:.4f} predicted")
print(f"{trace.loss[0] - trace.loss[1]:.4f} measured")
print(f"{trace.loss[1]:.0f} cm² are left")

# %% [markdown]
# It is not done: the loss is still above 10,000 cm². The tolerance of `careful_descent`
# is safe from this. The slope, and so the share of it that is left, says where you are
# and not how far the last step went.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    lowered = trace.loss[0] - trace.loss[1]
    claim("by less than 0.1 cm²", lowered)
    claim("lowers the loss by about 0.066", lowered)
    claim(
        "one step lowers the loss by about",
        np.isclose(lowered, 1e-9 * first_slope**2),
    )
    claim(
        "on a parabola it is exactly",
        np.isclose(
            tutorial.loss[0] - tutorial.loss[1],
            1e-5 * first_slope**2 * (1 - 1e-5 * curvature / 2),
        ),
    )
    claim("the loss is still above 10,000", trace.loss[1])
    claim(
        "is safe from this",
        careful_descent(0.0, 1e-9, 1e-6, 10, belts)[1].startswith(
            "not there"
        ),
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-absolute
# Open: replace the squared errors by absolute ones, $\frac{1}{n} \sum_i |m x_i - y_i|$.
# Is there a largest stable learning rate? How does the descent end, and what could you
# change so that it ends well? A good answer
#
# - derives the slope, and says where it has none;
# - predicts what the descent does near the bottom before it runs it;
# - measures this at three learning rates or more, and states how the result depends on
#   the learning rate;
# - proposes a change, and shows that it helps.
# ::::
#
# ```{solution-start} ex-descent-absolute
# :class: dropdown
# ```
#
# The slope is the mean of $\pm x_i$, with the sign of the residual. It has none where a
# residual is zero, at the ten ratios $y_i / x_i$. Between two of these it is constant,
# so it does not fade as you approach the bottom, which is one of the ten. No learning
# rate makes the descent run away, and hardly any lets it settle: it hops to and fro in
# a band. So try to shrink the learning rate as it goes.


# %%
def absolute_loss(multiplier):
    return np.abs(multiplier * belt_in - belt_cm).mean()


best = min(belt_cm / belt_in, key=absolute_loss)
print(f"bottom {best:.4f}, loss {absolute_loss(best):.3f}")

# %% [markdown]
# Three fixed learning rates, and two that shrink by a factor at every step:

# %%
fixed = [(0.01, 1), (0.001, 1), (0.0001, 1)]
shrinking = [(0.01, 0.99), (0.01, 0.8)]
bands, ends = [], []
for rate, factor in fixed + shrinking:
    m, visited = 0.0, []
    for step in range(3000):
        slope = (belt_in * np.sign(m * belt_in - belt_cm)).mean()
        m = m - rate * factor**step * slope
        visited.append(m)
    bands.append(max(visited[-100:]) - min(visited[-100:]))
    ends.append(m)
    print(f"{rate} × {factor}^step: band {bands[-1]:.4f},", end=" ")
    print(f"at {m:.4f}, loss {absolute_loss(m):.3f}")

# %% [markdown]
# From 0.01 to 0.001 the band gets ten times narrower, 0.395 and 0.0395. At 0.0001 it is
# narrower still, 0.0008: a step no longer leaps over all ten ratios, and near the
# bottom most of the $\pm x_i$ cancel. With a learning rate that keeps a factor of 0.99
# of itself at every step, the band closes, and at the bottom. A closed band alone
# proves nothing: the factor 0.8 closes it at 1.975, since all the steps together are
# too short to arrive. You meet the same cure again when the gradient is noisy.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("ten times narrower, 0.395 and 0.0395", *bands[:2])
    claim(
        "the band gets ten times narrower",
        abs(bands[0] / bands[1] - 10) < 0.1,
    )
    given("From 0.01 to 0.001", "At 0.0001 it is")
    claim("narrower still, 0.0008", bands[2])
    ratios = belt_cm / belt_in
    claim(
        "a step no longer leaps over all ten ratios",
        1e-4 * belt_in.mean() < np.ptp(ratios) < 1e-3 * belt_in.mean(),
    )
    beside = [
        abs((belt_in * np.sign(m * belt_in - belt_cm)).mean())
        for m in (best - 1e-4, best + 1e-4)
    ]
    claim(
        "most of the \\pm x_i cancel",
        max(beside) < 0.2 * belt_in.mean(),
    )
    given("factor of 0.99", "the factor 0.8")
    claim(
        "the band closes, and at the bottom",
        bands[3] < 1e-6 > abs(ends[3] - best),
    )
    claim("closes it at 1.975", ends[4])
    claim("all the steps together are too short", bands[4] < 1e-9)

# %% [markdown]
# ## Sources and further reading
#
# - The belts, the thousand epochs and the question are from {cite}`fruehwald2022`,
#   which gives its readers working code to look into: thank you.
# - {cite}`nocedal2006` and {cite}`boyd2004` treat step lengths and rates of
#   convergence. {cite}`nesterov2004` proves that a learning rate below $2/\lambda$,
#   with $\lambda$ the largest curvature, is enough for other smooth convex losses.
