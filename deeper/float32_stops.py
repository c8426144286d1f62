# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (float32-stops)=
# # Where does a float32 descent stop?
#
# In {ref}`descent` every step keeps 0.968 of the error, for as long as you let it run.
# The tutorial {cite}`fruehwald2022` takes the same steps in float32, and there the
# multiplier makes its last move after some 400 of them. It is then between 3 and 4
# millionths short, and the slope still points the right way. What holds it? And does
# another learning rate come closer?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** find what stops the descent, predict where it stops at any learning
#   rate, and measure it.
# - **You need** {ref}`descent`: the factor $1 - \eta\lambda$ and the number of steps.
#   `jax.grad` is from {ref}`slopes`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append(
    ".."
)  # the folder of `helpers`, when this file runs where it lies

# %% [markdown]
# ## A run that stands still
#
# The tutorial lets JAX find the slope. JAX computes in float32, with numbers of 32
# bits, unless told otherwise. (`jax.jit` compiles the slope, only to save time.)

# %%
import jax
import jax.numpy as jnp

from helpers import load_belts, use_book_style

use_book_style()
belts = load_belts()  # NumPy, float64
belts32 = tuple(jnp.asarray(column) for column in belts)


def belt_loss(multiplier, belt_in, belt_cm):
    return ((multiplier * belt_in - belt_cm) ** 2).mean()


slope32 = jax.jit(jax.grad(belt_loss))

# %% [markdown]
# A recorder as in {ref}`descent`, but for any slope function:

# %%
import pandas as pd


def record(slope_of, start, learning_rate, steps, data):
    multiplier, rows = start, []
    for _ in range(steps + 1):
        slope = slope_of(multiplier, *data)
        rows.append((float(multiplier), float(slope)))
        multiplier = multiplier - learning_rate * slope
    return pd.DataFrame(rows, columns=["multiplier", "slope"])


# %% [markdown]
# Where should it arrive? The curvature $\lambda$ and the bottom $m^*$ are known:

# %%
belt_in, belt_cm = belts
curvature = 2 * (belt_in**2).mean()
best_multiplier = (belt_in * belt_cm).sum() / (belt_in**2).sum()
print(f"{best_multiplier:.7f}: the bottom")

# %% [markdown]
# Take a thousand steps at the tutorial's rate, and look closely at where they end:

# %%
import numpy as np

run = record(slope32, 0.0, 1 / 100_000, 1000, belts32)
last = run.iloc[-1]
spacing = float(np.spacing(np.float32(last.multiplier)))
update = 1 / 100_000 * abs(last.slope)
print(f"{last.multiplier:.7f}: stuck here")
print(f"{spacing * 1e6:.2f} millionths: to the next float32")
print(f"{update / spacing:.2f} of that: the next update")

# %% [markdown]
# The next update is not zero. But the float32 numbers between 2 and 4 are like the
# marks on a ruler: they stand 0.24 millionths apart, and in between there is none. The
# distance of two marks is their **spacing** {cite}`goldberg1991`. A step starts on a
# mark, and where it ends, it is rounded to the nearest one. So the multiplier moves in
# whole hops. {numref}`fig-half-hop` takes three steps from the end of the run.

# %% tags=["hide-input"]
#| name: fig-half-hop
#| caption: Each row is one step of the run. It starts on the left mark; the next is on
#|   the right. The arrow is the update, the dot is where the multiplier lands.
#| alt: Three arrows, each starting at the left one of two marks. The first two reach
#|   beyond the dotted line halfway, and their dots sit on the right mark. The third
#|   ends a little before the halfway line, and its dot sits where it started.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE

last_move = np.flatnonzero(run.multiplier.diff())[-1]
figure, ax = plt.subplots(figsize=(5.4, 2.8))
for row, before in enumerate((8, 2, 0)):
    step = last_move - before
    reach = 1e-5 * abs(run.slope[step]) / spacing  # in hops
    color = BLUE if reach > 0.5 else ORANGE
    arrow = {"arrowstyle": "->", "color": color, "lw": 2.5}
    ax.annotate("", (reach, -row), (0, -row), arrowprops=arrow)
    ax.plot(round(reach), -row, "o", color=color, ms=9)
    ax.text(-0.06, -row, f"after {step} steps", ha="right", va="center")
ax.vlines([0, 1], -2.5, 0.5, color=BLACK)
ax.vlines(0.5, -2.5, 0.5, color=GRAY, linestyle=":")
ax.set(xlim=(-0.6, 1.2), yticks=[], xticks=[0, 0.5, 1])
ax.set(xlabel="hops", title="Less than half a hop is no hop")
plt.show()

# %% [markdown]
# An update between half a hop and a whole one is rounded up. A smaller one is rounded
# to nothing. Then the multiplier stays, so the next slope is the same, and the next
# update too: for a thousand steps or a million.

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import checks, claim, given, reproduce

with checks("A run that stands still"):
    claim("numbers of 32 bits", 8.0 * belts32[0].dtype.itemsize)
    claim("unless told otherwise", belts32[0].dtype == jnp.float32)
    claim("Take a thousand steps", run.index[-1] == 1000)
    display(reproduce("final guess", float(last.multiplier)))
    claim(
        "numbers between 2 and 4 are like",
        np.spacing(np.float32(2)) == spacing
        and np.spacing(np.nextafter(np.float32(4), np.float32(2)))
        == spacing,
    )
    claim("they stand 0.24 millionths apart", spacing * 1e6)
    hops = run.multiplier.diff()[400:].to_numpy() / spacing
    reaches = 1e-5 * run.slope[399:-1].abs().to_numpy() / spacing
    claim("moves in whole hops", np.array_equal(hops, np.round(hops)))
    moving = hops > 0
    claim(
        "between half a hop and a whole one is rounded up",
        (hops[moving] == 1).all()
        and (reaches[moving] > 0.499).all()
        and reaches[moving].max() < 1,
    )
    claim("ends a little before", 0.4 < update / spacing < 0.5)
    claim(
        "A smaller one is rounded to nothing",
        update < spacing / 2
        and np.float32(last.multiplier) + np.float32(update)
        == np.float32(last.multiplier),
    )
    claim("The next update is not zero", update > 0)

# %% tags=["remove-cell"]
with checks("Where does a float32 descent stop?"):
    claim(
        "every step keeps 0.968 of the error", 1 - curvature / 100_000
    )
    moves = np.flatnonzero(run.multiplier.diff())
    claim("after some 400 of them", 380 < moves[-1] < 430)
    claim(
        "between 3 and 4 millionths short",
        (best_multiplier - last.multiplier) * 1e6,
    )

# %% [markdown]
# ## Half a hop
#
# So you can predict where a descent gets stuck. The update is $\eta$ times the slope,
# and the slope is $\lambda$ times the error ({eq}`parabola-slope`). In size the update
# is $\eta\lambda\,|e|$. Set that equal to $s/2$, where $s$ is the spacing at the
# answer, and solve for the error:
#
# ```{math}
# :label: stall
# |e_{\text{stuck}}| \approx \frac{s}{2 \eta \lambda}
# ```
#
# That is 3.7 millionths for the tutorial's run. By {eq}`steps-needed` it takes 415
# steps to get there. The run needs a few steps fewer, because its last updates are
# rounded up.
#
# Now take a ten times larger learning rate. Then go back, and take float64 in place of
# float32; its spacing near 2.5 is half a billion times finer.
#
# :::{admonition} What do you expect?
# :class: dropdown
# A larger learning rate makes larger updates. They stay above half a hop for longer,
# until the error is ten times smaller. So a *smaller* learning rate stops *farther*
# from the answer. Float64 gets stuck too, but many powers of ten lower.
# :::


# %%
def slope64(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm
    return 2 * (belt_in * residual).mean()


runs = {
    "float32, 1/100,000": record(slope32, 0.0, 1e-5, 1400, belts32),
    "float32, 1/10,000": record(slope32, 0.0, 1e-4, 1400, belts32),
    "float64, 1/100,000": record(slope64, 0.0, 1e-5, 1400, belts),
}

# %% [markdown]
# {numref}`fig-stall` sets the three errors beside the levels that {eq}`stall` predicts.
# All three end near their levels or a little inside.

# %% tags=["hide-input"]
#| name: fig-stall
#| caption: Dotted lines are the predictions. The two float32 descents differ in nothing
#|   but the learning rate.
#| alt: The size of the error over the steps on a log scale. Two float32 lines fall
#|   straight and then turn flat at a few millionths and well below one, the one
#|   with the larger learning rate earlier and lower. The float64 line falls on and
#|   turns flat many decades lower. Each flat part lies near its dotted line.
spacing64 = np.spacing(best_multiplier)
styles = [
    (ORANGE, (480, 1.3e-5), spacing / (2e-5 * curvature)),
    (BLUE, (700, 2e-8), spacing / (2e-4 * curvature)),
    (GREEN, (100, 1e-12), spacing64 / (2e-5 * curvature)),
]
figure, ax = plt.subplots(figsize=(5.4, 3.8))
for name, (color, place, level) in zip(runs, styles, strict=True):
    size = abs(runs[name].multiplier - best_multiplier)
    dashes = "--" if color == ORANGE else "-"
    ax.semilogy(size, dashes, color=color, zorder=len(dashes) + 2)
    ax.axhline(level, color=color, linestyle=":", linewidth=1.4)
    ax.text(*place, name, color=color)
ax.set(xlabel="step", ylabel="error (cm per inch)")
ax.set(title="Each descent gets stuck")
plt.show()

# %% tags=["remove-cell"]
with checks("Half a hop"):
    claim(
        "a ten times larger learning rate", abs(1e-4 / 1e-5 - 10) < 1e-9
    )
    level = spacing / (2e-5 * curvature)
    claim("That is 3.7 millionths", level * 1e6)
    factor = 1 - curvature / 100_000
    reached = np.ceil(np.log(level / best_multiplier) / np.log(factor))
    claim("it takes 415 steps", reached)
    claim("a few steps fewer", 1 <= reached - last_move <= 10)
    finer = spacing / np.spacing(2.5)
    claim(
        "near 2.5 is half a billion times finer", 4.5e8 < finer < 5.5e8
    )
    ends = [
        abs(r.multiplier.iloc[-1] - best_multiplier)
        for r in runs.values()
    ]
    levels = [level for _, _, level in styles]
    claim(
        "All three end near their levels or a little inside",
        all(
            0.2 * a < b < 2 * a
            for a, b in zip(levels, ends, strict=True)
        ),
    )
    claim(
        "until the error is ten times smaller",
        abs(levels[0] / levels[1] - 10) < 0.1,
    )
    claim("many powers of ten lower", levels[2] < 1e-7 * levels[0])
    claim(
        "at a few millionths and well below one",
        ends[1] < 7e-7 < 3e-6 < ends[0],
    )

# %% [markdown]
# ## Waiting for a small slope
#
# Many a loop stops once the slope is small, say below 0.01. Does a float32 descent get
# there? The updates end at $\eta\,|L'| = s/2$, so the slope is stuck at about
# $s/(2\eta)$. Below the best rate, it gets under a tolerance $t$ only if
#
# ```{math}
# :label: waiting
# \eta > \frac{s}{2 t}
# ```
#
# For $t = 0.01$ that is 0.0000119. The tutorial's rate is a little lower. Count how
# long six learning rates have to wait (`inf`: forever). And as a control, let the
# first of them wait in float64:


# %%
def steps_waited(slope_of, rate, data):
    trace = record(slope_of, 0.0, rate, 1400, data)
    small = trace.slope.abs() < 0.01
    return small.idxmax() if small.any() else np.inf


waits = {}
for rate in (1e-5, 1.1e-5, 1.2e-5, 2e-5, 1e-4, 3e-4):
    waits[rate] = steps_waited(slope32, rate, belts32)
    print(f"{waits[rate]:4} steps at a rate of {rate:.6f}")
waited64 = steps_waited(slope64, 1e-5, belts)
print(f"{waited64:4} steps at a rate of 0.000010, float64")

# %% [markdown]
# So it is float32 that holds the first one up: float64 gets there after 421 steps.
# And the border between forever and soon is where {eq}`waiting` puts it. At twice the
# tutorial's rate the wait ends after about 208 steps, at ten times the tutorial's rate
# after about 36, and close to the best rate after about five. So waiting for a small
# slope can work in float32. It fails when the learning rate is too small for the
# tolerance.

# %% tags=["remove-cell"]
with checks("Waiting for a small slope"):
    given("say below 0.01")
    claim("For t = 0.01 that is 0.0000119", 0.01, spacing / 2 / 0.01)
    claim(
        "The tutorial's rate is a little lower",
        1e-5 < spacing / 2 / 0.01 < 1.2e-5,
    )
    never = [rate for rate, wait in waits.items() if np.isinf(wait)]
    claim("where {eq}`waiting` puts it", never == [1e-5, 1.1e-5])
    claim("float64 gets there after 421 steps", waited64)
    claim("after about 208 steps", abs(waits[2e-5] - 208) <= 3)
    claim("after about 36", abs(waits[1e-4] - 36) <= 2)
    claim("after about five", abs(waits[3e-4] - 5) <= 1)
    claim("At twice the", 2e-5 / 1e-5 == 2)
    claim("at ten times the", abs(1e-4 / 1e-5 - 10) < 1e-9)

# %% [markdown]
# ## Beyond the best rate
#
# Close to the limit a descent leaps from wall to wall, and its updates stay far larger
# than a hop. Does it get stuck as well? Each landing is only a little closer than the
# one before. What a step gains is
#
# ```{math}
# :label: progress
# \text{progress} = (1 - |1 - \eta\lambda|) \, |e|
# ```
#
# Rounding moves each landing by up to half a hop. Once the progress is smaller than
# that, rounding can take all of it back. As long as it is larger, the error shrinks. So
# what is left in the end is at most
#
# ```{math}
# :label: stall-bound
# |e_{\text{left}}| \le \frac{s/2}{1 - |1 - \eta\lambda|}
# ```
#
# Below the best rate, $1 - |1 - \eta\lambda|$ is $\eta\lambda$, and this is
# {eq}`stall`. To test the bound alone, compute the slope exactly, by
# {eq}`parabola-slope` in float64. NumPy runs thirty descents at once, fifteen on either
# side of the best rate, in pairs that remove the same part of the error.

# %%
removed = np.geomspace(0.004, 0.9, 15)  # 1 - |1 - ηλ|
rates = np.concatenate([removed, 2 - removed]) / curvature
bounds = spacing / 2 / np.concatenate([removed, removed])

# %% [markdown]
# The multipliers are rounded to float32 after each step, and nothing else is:


# %%
def descend32(multipliers, slopes_of, steps):
    for _ in range(steps):
        updates = rates * slopes_of(multipliers)
        multipliers = np.float32(multipliers - updates)
    return multipliers


def exact_slopes(multipliers):
    return curvature * (np.float64(multipliers) - best_multiplier)


late = descend32(np.zeros(30, np.float32), exact_slopes, 10_000)
remaining = abs(np.float64(late) - best_multiplier)
print(np.all(remaining <= bounds))

# %% [markdown]
# `True`: all thirty keep to the bound. How do they end? Follow one pair, with
# $\eta\lambda = 0.004$ and $1.996$, for four more steps:

# %%
for _ in range(4):
    errors = (np.float64(late) - best_multiplier) * 1e6
    print(f"{errors[0]:.1f} and {errors[15]:.1f} millionths")
    late = descend32(late, exact_slopes, 1)

# %% [markdown]
# So it does get stuck, in its own way. Below the best rate the descent stands still.
# Above, it bounces between two points, one on either side of the answer, and so do all
# fifteen.
#
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
nearest = abs(np.float32(best_multiplier) - best_multiplier)
millionths = remaining * 1e6
figure, ax = plt.subplots()
ax.loglog(removed, bounds[:15] * 1e6, color=GRAY, lw=1.2)
ax.loglog(removed, millionths[:15], "o", color=BLUE, ms=4.5)
ring = {"ms": 10, "mfc": "none", "mew": 1.5, "color": ORANGE}
ax.loglog(removed, millionths[15:], "o", **ring)
ax.axhline(nearest * 1e6, color=GRAY, linestyle=":")
ax.text(0.0037, nearest * 1.1e6, "the nearest float32", va="bottom")
ax.text(0.05, 14, "ring: above the best rate", color=ORANGE)
ax.text(0.05, 8.5, "dot: below the best rate", color=BLUE)
ax.set(xlabel="part of the error that a step removes")
ax.set(ylabel="remaining error (millionths)")
ax.set_title("The less a step removes, the more is left")
plt.show()

# %% [markdown]
# A descent that makes little progress ends right inside the bound. One that makes much
# jumps across it and lands deeper, down to the nearest float32, 0.11 millionths from
# the answer. No learning rate comes closer than that.
#
# In a real float32 run the slope is rounded too. Put that back, and see what it adds.
# (`multipliers[:, None]` is a column of thirty, and with the row of ten inches it makes
# a table of all products.)

# %%
in32, cm32 = np.float32(belts)


def rounded_slopes(multipliers):
    residual = multipliers[:, None] * in32 - cm32  # (30, 10)
    return 2 * (in32 * residual).mean(axis=1)


late = descend32(np.zeros(30, np.float32), rounded_slopes, 10_000)
ratio = abs(np.float64(late) - best_multiplier) / bounds
print(f"{ratio[:15].max():.2f} of the bound, below the best rate")
print(f"{ratio[15:].max():.2f} of the bound, above it")

# %% [markdown]
# Below the best rate the bound holds. Above it, some descents end a little outside. Why
# there? The error of the slope moves a landing by $\eta$ times its size. Our pair
# removes the same part of the error, but its learning rates differ by a factor of 499:
# at the small one the error of the slope does not count, at the large one it adds to
# the half hop.
#
# Do a few millionths matter? Not for belts, whose table is rounded to whole
# centimeters. They matter when you compare digits, when you wait for a slope to vanish,
# and when somebody lowers the learning rate to come closer and ends up farther away.

# %% tags=["remove-cell"]
with checks("Beyond the best rate"):
    claim(
        "all thirty keep to the bound",
        len(rates) == 30 and (remaining <= bounds).all(),
    )
    settled = descend32(np.zeros(30, np.float32), exact_slopes, 10_000)
    last_four = [np.float64(settled)]
    for _ in range(4):
        last_four.append(
            np.float64(
                descend32(np.float32(last_four[-1]), exact_slopes, 1)
            )
        )
    low, high = np.split(np.array(last_four), 2, axis=1)
    claim("the descent stands still", (low == low[0]).all())
    claim(
        "one on either side of the answer, and so do all fifteen",
        (high[2:] == high[:-2]).all()
        and (
            (high[1:] - best_multiplier) * (high[:-1] - best_multiplier)
            < 0
        ).all(),
    )
    claim(
        "0.004 and 1.996",
        rates[0] * curvature,
        rates[15] * curvature,
    )
    leaps = rates[15:] * curvature * remaining[15:] / spacing
    claim("its updates stay far larger than a hop", leaps[0] > 200)
    claim("at 0.11 millionths", nearest * 1e6)
    claim("0.11 millionths from the answer", remaining.min() * 1e6)
    share = remaining / bounds
    slow, fast = np.tile(removed < 0.05, 2), np.tile(removed > 0.6, 2)
    claim("ends right inside the bound", (share[slow] > 0.85).all())
    claim("lands deeper", (remaining[fast] < 1.1 * nearest).all())
    claim(
        "No learning rate comes closer",
        (remaining > 0.99 * nearest).all(),
    )
    claim(
        "Below the best rate the bound holds", ratio[:15].max() < 1.02
    )
    claim(
        "some descents end a little outside", 1 < ratio[15:].max() < 1.5
    )
    claim("differ by a factor of 499", rates[15] / rates[0])
    near = np.float32(best_multiplier + spacing * np.arange(-120, 121))
    off = abs(
        2 * (in32 * (near[:, None] * in32 - cm32)).mean(axis=1)
        - exact_slopes(near)
    )
    claim("does not count", rates[0] * off.max() < 0.01 * spacing / 2)
    claim(
        "it adds to the half hop",
        rates[15] * off.mean() > 0.05 * spacing / 2,
    )

# %% [markdown]
# ## What to keep
#
# - An update below half the spacing is rounded away. Below the best rate a descent ends
#   by standing still; above it, by bouncing between two points.
# - What remains is about $s/2$ divided by the part of the error that a step removes,
#   $1 - |1 - \eta\lambda|$. Too small a learning rate costs accuracy as well as time.
# - Below the best rate, a loop that waits for a slope under $t$ needs $\eta > s/(2t)$.
# - Float64 has the same limits, much lower.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-float32-wait
# A loop waits in float32 for a slope below 0.001. Which is the smallest learning rate
# with which it ends? (You should get 0.000119.) Test half and twice this rate.
# ::::
#
# ```{solution-start} ex-float32-wait
# :class: dropdown
# ```
#
# By {eq}`waiting` a ten times smaller tolerance needs a ten times larger rate:

# %%
smallest = spacing / (2 * 0.001)
print(f"{smallest:.6f}")
for rate in (smallest / 2, 2 * smallest):
    trace = record(slope32, 0.0, rate, 1400, belts32)
    print((trace.slope.abs() < 0.001).any())

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("a slope below 0.001")
    claim("You should get 0.000119", smallest)
    claim("Test half and twice", (trace.slope.abs() < 0.001).any())
    claim(
        "a ten times smaller tolerance needs a ten times larger rate",
        abs(smallest / (spacing / 0.02) - 10) < 1e-9,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-descent-offset
# Small float32 numbers lie closer together than large ones. So write the multiplier as
# $2.54 + d$ and descend on $d$ alone, in float32, with the tutorial's learning rate.
# The residual is $d x_i - (y_i - 2.54 x_i)$, so `belt_loss` still serves, with other
# targets. Start at $d = -2.54$. How close does it get, and what stops it? (You should
# find an error of about $2 \cdot 10^{-9}$.)
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
stuck = np.spacing(np.float32(best_d)) / (2e-5 * curvature)
print(f"{stuck:.0e} predicted")

shifted = belts32[0], jnp.asarray(belt_cm - 2.54 * belt_in)
trace = record(slope32, -2.54, 1 / 100_000, 1400, shifted)
print(f"{abs(trace.multiplier[1400] - best_d):.0e} measured")

# %% [markdown]
# It is the same number type and the same learning rate, and again the half spacing
# stops it. What helped is to subtract what you knew before, in float64.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("2.54 + d", "y_i - 2.54 x_i", "d = -2.54")
    claim("The best d is about 0.0015", best_d)
    fine = np.spacing(np.float32(best_d))
    claim("some two thousand times finer", 1900 < spacing / fine < 2100)
    stuck_d = abs(trace.multiplier[1400] - best_d)
    claim("an error of about 2e-9", 1.5e-9 < stuck_d < 2.2e-9)
    claim(
        "the half spacing stops it",
        trace.multiplier[1300:].nunique() == 1,
    )

# %% [markdown]
# ## Sources and further reading
#
# - The run is that of {cite}`fruehwald2022`, whose working code made it easy to look
#   closer.
# - {cite}`goldberg1991` and {cite}`higham2002` explain spacings and rounding;
#   {cite}`jax2018` describes `grad` and `jit`.
