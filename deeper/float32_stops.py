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

sys.path.append("..")  # the folder of `helpers`, when this file runs where it lies

# %% [markdown]
# ## A run that stands still
#
# The tutorial lets JAX find the slope. JAX computes in float32, with numbers of 32 bits,
# unless told otherwise. (`jax.jit` compiles the slope, only to save time.)

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
# Record the multiplier and the slope, and run the tutorial's thousand epochs:

# %%
import pandas as pd


def record(slope_of, start, learning_rate, steps, data):
    multiplier, rows = start, []
    for _ in range(steps + 1):
        slope = slope_of(multiplier, *data)
        rows.append((float(multiplier), float(slope)))
        multiplier = multiplier - learning_rate * slope
    return pd.DataFrame(rows, columns=["multiplier", "slope"])


run = record(slope32, 0.0, 1 / 100_000, 1000, belts32)

# %% [markdown]
# Now look closely at where it stands:

# %%
import numpy as np

belt_in, belt_cm = belts
curvature = 2 * (belt_in**2).mean()
best_multiplier = (belt_in * belt_cm).sum() / (belt_in**2).sum()

last = run.iloc[-1]
spacing = np.spacing(np.float32(last.multiplier))
update = 1 / 100_000 * abs(last.slope)
print(f"{last.multiplier:.7f}: stuck here")
print(f"{best_multiplier:.7f}: least squares")
print(f"{spacing * 1e6:.2f} millionths: to the next float32")
print(f"{update / spacing:.2f} of that: the next update")

# %% [markdown]
# The next update is not zero. But a float32 between 2 and 4 can only move in hops of
# 0.24 millionths, the **spacing** of such numbers {cite}`goldberg1991`. An update below
# half a hop rounds to nothing. The multiplier stays, so the next slope is the same, and
# the next update too: for a thousand steps or a million.

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import checks, claim, given, reproduce

with checks("A run that stands still"):
    claim("numbers of 32 bits", 8.0 * belts32[0].dtype.itemsize)
    claim("unless told otherwise", belts32[0].dtype == jnp.float32)
    claim("thousand epochs", run.index[-1] == 1000)
    display(reproduce("final guess", float(last.multiplier)))
    claim(
        "a float32 between 2 and 4 can only move in hops of 0.24 millionths",
        last.multiplier,
        spacing * 1e6,
    )
    claim(
        "An update below half a hop rounds to nothing",
        update < spacing / 2
        and np.float32(last.multiplier) + np.float32(update)
        == np.float32(last.multiplier),
    )
    claim("The next update is not zero", update > 0)

# %% tags=["remove-cell"]
with checks("Where does a float32 descent stop?"):
    claim("every step keeps 0.968 of the error", 1 - curvature / 100_000)
    moves = np.flatnonzero(run.multiplier.diff())
    claim("after some 400 of them", 380 < moves[-1] < 430)
    claim("between 3 and 4 millionths short", (best_multiplier - last.multiplier) * 1e6)

# %% [markdown]
# ## Half a hop
#
# So you can predict where a descent gets stuck. The update is $\eta$ times the slope,
# and the slope is $\lambda$ times the error ({eq}`parabola-slope`). In size the update
# is $\eta\lambda\,|e|$. Set that equal to $s/2$, half a spacing, and solve for the
# error:
#
# ```{math}
# :label: stall
# |e_{\text{stuck}}| \approx \frac{s}{2 \eta \lambda}
# ```
#
# That is 3.7 millionths for the tutorial's run. By {eq}`steps-needed` it takes 415
# steps to get there. Now take ten times that learning rate, and after it float64, whose
# spacing near 2.5 is half a billion times finer.
#
# :::{admonition} What do you expect?
# :class: dropdown
# A ten times larger learning rate makes ten times larger updates, so they stay above
# half a hop until the error is ten times smaller. A *smaller* learning rate would stop
# *farther* from the answer. Float64 gets stuck too, but many decades lower.
# :::

# %%
by_hand = jax.grad  # replaced below


def slope64(multiplier, belt_in, belt_cm):
    return 2 * (belt_in * (multiplier * belt_in - belt_cm)).mean()


runs = {
    "float32, 1/100,000": run,
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
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY, GREEN, ORANGE

figure, ax = plt.subplots(figsize=(5.4, 3.8))
colors = (ORANGE, BLUE, GREEN)
places = ((480, 1.2e-5), (480, 6e-8), (200, 1e-12))
rates = (1e-5, 1e-4, 1e-5)
gaps = (spacing, spacing, np.spacing(best_multiplier))
for name, color, place, rate, gap in zip(
    runs, colors, places, rates, gaps, strict=True
):
    size = abs(runs[name].multiplier - best_multiplier)
    ax.semilogy(size, color=color)
    level = gap / (2 * rate * curvature)
    ax.axhline(level, color=color, linestyle=":", linewidth=1.4)
    ax.text(*place, name, color=color)
ax.set(xlabel="step", ylabel="error (cm per inch)")
ax.set(title="Each descent gets stuck")
plt.show()

# %% tags=["remove-cell"]
from helpers import steps_to_reach

with checks("Half a hop"):
    level = spacing / (2e-5 * curvature)
    claim("That is 3.7 millionths", level * 1e6)
    factor = 1 - curvature / 100_000
    reached = np.ceil(np.log(level / best_multiplier) / np.log(factor))
    claim("it takes 415 steps", reached)
    finer = spacing / np.spacing(2.5)
    claim("near 2.5 is half a billion times finer", 4.5e8 < finer < 5.5e8)
    ends = [abs(r.multiplier.iloc[-1] - best_multiplier) for r in runs.values()]
    levels = [gap / (2 * rate * curvature) for gap, rate in zip(gaps, rates, strict=True)]
    claim(
        "All three end near their levels or a little inside",
        all(0.2 * a < b < 2 * a for a, b in zip(levels, ends, strict=True)),
    )
    claim("until the error is ten times smaller", levels[0] / levels[1] > 9.99)
    claim("ten times that learning rate", rates[1] / rates[0] > 9.99)
    claim("A ten times larger learning rate makes ten times larger updates", True)
    claim("Two float32 lines fall", len(runs) == 3)
    claim("at a few millionths and well below one", ends[1] < 7e-7 < 3e-6 < ends[0])

# %% [markdown]
# ## Waiting for a small slope
#
# Many loops stop once the slope is small, say below 0.01. Does a float32 descent get
# there? The updates end where $\eta\,|L'| = s/2$, so the slope stays at about
# $s/(2\eta)$. A slope of 0.01 is reached only if
#
# ```{math}
# :label: waiting
# \eta > \frac{s}{2 \cdot 0.01}
# ```
#
# which is 0.0000119 here, a little above the tutorial's rate. Below this value the loop
# waits forever. Above it, and below the best rate, the wait ends.

# %%
for rate in (1e-5, 1.1e-5, 1.2e-5, 2e-5, 1e-4, 3e-4):
    trace = record(slope32, 0.0, rate, 1400, belts32)
    small = trace.slope.abs() < 0.01
    wait = f"step {small.idxmax()}" if small.any() else "never"
    print(f"{wait:9} at a learning rate of {rate:.6f}")

# %% [markdown]
# The line between forever and soon is where {eq}`waiting` puts it. At twice the
# tutorial's rate the wait ends after about 208 steps, at ten times the rate after about
# 36, and close to the best rate after five or so. So a rule like this does not fail in
# float32 as such. It fails when the learning rate is too small for its tolerance.

# %% tags=["remove-cell"]
with checks("Waiting for a small slope"):
    given("say below 0.01")
