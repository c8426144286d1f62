# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (slopes)=
# # Slopes
#
# Divide rise by run with a step of $10^{-20}$, and the computer says that the belts'
# loss is flat at the guess 1.7. It is not. Its slope there is $-2681.35$, a number that
# says what no single trial of {ref}`grid-search` could: go right. Which step would have
# found it, and can you do without one?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** derive a slope, solve for its zero, predict the best step of a finite
#   difference, measure it, and let JAX differentiate your code.
# - **You need** {ref}`grid-search` for the belts and their loss, and the chain rule.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %% [markdown]
# Here are the ten belts again, with the mean squared error of a multiplier $m$ as the
# loss.

# %%
import numpy as np

from helpers import load_belts, use_book_style

use_book_style()
belt_in, belt_cm = load_belts()
belts = (belt_in, belt_cm)


def loss(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm  # (10,), in cm
    return (residual**2).mean()


print(loss(1.7, *belts), "cm²")

# %% [markdown]
# ## Which way is down?
#
# Take one belt of $x$ inches and $y$ centimeters. Its residual is $r = m x - y$, and
# its squared error is $r^2$. That has the derivative $2r$ with respect to $r$, and $r$
# grows by $x$ for each unit of $m$. The chain rule multiplies: $2 x (m x - y)$.
# The loss is the mean over all belts, and the derivative of a mean is the mean of the
# derivatives:
#
# ```{math}
# :label: slopes-derivative
# \begin{aligned}
# L(m) &= \frac{1}{n} \sum_{i=1}^{n} (m x_i - y_i)^2 \\
# L'(m) &= \frac{2}{n} \sum_{i=1}^{n} x_i (m x_i - y_i)
# \end{aligned}
# ```
#
# The derivative $L'$ is the **slope** of the loss. In code:


# %%
def slope(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm
    return 2 * (belt_in * residual).mean()


print(slope(1.7, *belts), "cm² per unit of m")

# %% [markdown]
# The sign says that the loss falls as the multiplier rises, so down is to the right.
# The size says how fast: $-2681.35$ cm² for each unit of $m$, if the curve stays
# straight. For a move of 0.001 that predicts a change of $-2.68135$.

# %%
nudge = 0.001
print(f"{slope(1.7, *belts) * nudge:.5f} predicted")
print(f"{loss(1.7 + nudge, *belts) - loss(1.7, *belts):.5f} measured")

# %% [markdown]
# The loss falls a little less than predicted; 0.0016 is missing. The curve bends away
# from its tangent, as {numref}`fig-slopes-tangent` shows. The bend returns below, with
# a formula.

# %% tags=["hide-input"]
#| name: fig-slopes-tangent
#| caption: The dashed tangent meets zero loss near 2.12, but the bottom lies near 2.54.
#|   A slope knows the way down, not the distance.
#| alt: The belts' loss over the multiplier from 1 to 3 is a bowl with its bottom near
#|   2.54. A dot marks the guess 1.7 on the left wall. A dashed straight line touches
#|   the bowl there, runs down to the right, leaves the curve soon, and crosses zero
#|   loss near 2.12, well before the bottom.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, ORANGE

multipliers = np.linspace(1, 3, 201)
tangent = loss(1.7, *belts) + slope(1.7, *belts) * (multipliers - 1.7)
figure, ax = plt.subplots()
ax.plot(multipliers, [loss(m, *belts) for m in multipliers], color=BLUE)
ax.plot(multipliers, tangent, color=ORANGE, linestyle="--")
ax.plot(1.7, loss(1.7, *belts), "o", color=BLACK)
ax.annotate("guess 1.7", (1.7, loss(1.7, *belts)), (8, 5), textcoords="offset points")
ax.text(1.02, 1150, f"slope {slope(1.7, *belts):.2f}", color=ORANGE)
ax.text(2.75, 420, "loss", color=BLUE)
ax.set(xlabel="multiplier m (cm per inch)", ylabel="loss L (cm²)", ylim=(-150, 4000))
ax.set_title("The tangent at 1.7 points down to the right")
plt.show()

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Which way is down?"):
    steepness = slope(1.7, *belts)
    claim("-2681.35 cm² for each unit of m", steepness)
    claim(
        "a move of 0.001 that predicts a change of -2.68135",
        nudge,
        steepness * nudge,
    )
    change = loss(1.7 + nudge, *belts) - loss(1.7, *belts)
    claim("0.0016 is missing", change - steepness * nudge)
    meets_zero, bottom = 1.7 - loss(1.7, *belts) / steepness, multipliers[154]
    claim(
        "meets zero loss near 2.12, but the bottom lies near 2.54", meets_zero, bottom
    )
    claim("multiplier from 1 to 3", multipliers[0], multipliers[-1])
    claim("its bottom near 2.54", bottom)
    given("A dot marks the guess 1.7")
    claim("crosses zero loss near 2.12", meets_zero)

# %% [markdown]
# ## Where the slope is zero
#
# {ref}`grid-search` found the best multiplier $m^*$ by completing a square. The slope
# needs no trick. Multiply out {eq}`slopes-derivative`: as a function of $m$ the slope
# is a straight line, and it rises, because $\sum x_i^2$ is positive. Such a line has
# one zero, where the bracket vanishes:
#
# ```{math}
# :label: slopes-best
# \begin{aligned}
# L'(m) &= \frac{2}{n} \left( m \sum_i x_i^2 - \sum_i x_i y_i \right) \\
# m^* &= \frac{\sum_i x_i y_i}{\sum_i x_i^2}
# \end{aligned}
# ```

# %%
best = (belt_in @ belt_cm) / (belt_in @ belt_in)
print(f"{best:.7f} best multiplier")
print(f"{loss(best, *belts):.7f} cm², its loss")

# %% [markdown]
# The formula gives 2.5414718, where the grid had to stop at 2.551.
# {numref}`fig-slopes-line` draws the slope at each of the grid's fifty multipliers.

# %% tags=["hide-input"]
#| name: fig-slopes-line
#| caption: To the left of the zero every slope is negative, to the right every slope
#|   is positive. The sign alone points the way.
#| alt: The multiplier from 0 to 5 runs across, the slope of the loss up. Fifty dots
#|   lie on one straight line that rises from far below zero at the left edge to almost
#|   as far above zero at the right edge. A vertical dashed line marks where it crosses
#|   zero, near 2.54.
from helpers import GREEN

grid = np.linspace(0, 5, 50)  # the multipliers of the first chapter's grid
slopes = np.array([slope(m, *belts) for m in grid])
figure, ax = plt.subplots(figsize=(5.4, 3))
ax.plot(grid, slopes, ".", color=ORANGE)
ax.axhline(0, color=BLACK, linewidth=1)
ax.axvline(best, color=GREEN, linestyle="--")
ax.text(best + 0.08, -7600, f"m* = {best:.4f}", color=GREEN)
ax.text(0.2, 2400, "slope negative:\ngo right")
ax.text(3.2, -4700, "slope positive:\ngo left")
ax.set(xlabel="multiplier m (cm per inch)", ylabel="slope (cm² per unit of m)")
ax.set_title("The slope of the loss is a straight line")
plt.show()

# %% [markdown]
# A slope that only rises crosses zero at most once: to the left of that point it is
# negative, to the right positive. A curve whose slope never falls is *{term}`convex`*
# {cite}`boyd2004`, and on such a curve you can trust the sign of the slope anywhere.

# %% tags=["remove-cell"]
with checks("Where the slope is zero"):
    nearest = min(grid, key=lambda m: loss(m, *belts))
    claim("gives 2.5414718, where the grid had to stop at 2.551", best, nearest)
    claim("one zero, where the bracket vanishes", abs(slope(best, *belts)) < 1e-9)
    given("multiplier from 0 to 5")
    claim("crosses zero, near 2.54", best)
    claim(
        "the slope is a straight line, and it rises",
        np.allclose(np.diff(slopes, 2), 0, atol=1e-9) and (np.diff(slopes) > 0).all(),
    )

# %% [markdown]
# ## A slope without the derivative
#
# Suppose you cannot differentiate the loss, only evaluate it. Then walk a step $h$ and
# divide rise by run: a **forward difference**. A **central difference** walks $h$ to
# both sides.


# %%
def forward_difference(loss, multiplier, h, *data):
    rise = loss(multiplier + h, *data) - loss(multiplier, *data)
    return rise / h


def central_difference(loss, multiplier, h, *data):
    rise = loss(multiplier + h, *data) - loss(multiplier - h, *data)
    return rise / (2 * h)


# %% [markdown]
# Theory first. Multiply out $L(m + h)$ for this loss, and three terms are left:
#
# ```{math}
# :label: slopes-expansion
# L(m + h) = L(m) + h L'(m) + h^2 \, \overline{x^2}
# ```
#
# where $\overline{x^2}$ is the mean of the squared inches. The first two terms are the
# tangent, the third is its bend. Now form the two quotients:
#
# ```{math}
# :label: slopes-quotients
# \begin{aligned}
# \frac{L(m + h) - L(m)}{h} &= L'(m) + h \, \overline{x^2} \\
# \frac{L(m + h) - L(m - h)}{2h} &= L'(m)
# \end{aligned}
# ```
#
# So the error of the forward difference should be $h$ times 1593.25, the mean of $x^2$.
# The central difference should have no error, however long the step, because the bend
# is the same on both sides and cancels. Print the forward error divided by $h$, and the
# central difference:

# %%
print(f"{(belt_in**2).mean()} mean of x²")
for h in (1, 0.1, 0.01, 0.001):
    error = forward_difference(loss, 1.7, h, *belts) - slope(1.7, *belts)
    central = central_difference(loss, 1.7, h, *belts)
    print(f"{error / h:.2f}, central {central:.2f}, h {h}")

# %% [markdown]
# Both predictions hold. The forward error is called *truncation error*, since it comes
# from cutting the expansion off after the tangent. It explains the 0.0016 that were
# missing above: they are 1593.25 times the square of 0.001. But the parabola is a
# special case. On other curves the central difference has an error too.

# %% tags=["remove-cell"]
with checks("A slope without the derivative"):
    mean_xx = (belt_in**2).mean()
    claim("h times 1593.25", mean_xx)
    hs = np.array([1, 0.1, 0.01, 0.001])
    forward = np.array([forward_difference(loss, 1.7, h, *belts) for h in hs])
    centered = np.array([central_difference(loss, 1.7, h, *belts) for h in hs])
    claim(
        "Both predictions hold",
        np.allclose((forward - slope(1.7, *belts)) / hs, mean_xx, rtol=1e-6)
        and np.allclose(centered, slope(1.7, *belts), rtol=1e-9),
    )
    claim(
        "0.0016 that were missing above: they are 1593.25 times the square of 0.001",
        mean_xx * nudge**2,
        mean_xx,
        nudge,
    )

# %% [markdown]
# ## The tempting mistake: the smallest step you can type
#
# If the error shrinks with $h$, why not take $h = 10^{-12}$, or $10^{-20}$?

# %%
for h in (1e-4, 1e-8, 1e-12, 1e-14, 1e-16, 1e-20):
    print(f"{forward_difference(loss, 1.7, h, *belts):10.4f}, h {h:.0e}")

# %% [markdown]
# The estimate improves down to $10^{-8}$, then it gets worse, and from $10^{-16}$ on it
# is zero: a flat curve, says the computer. The reason is *rounding*
# {cite}`goldberg1991`. Between one floating-point number and the next there is a gap.
# Near 1.7 it is $2.2 \times 10^{-16}$ wide, so a step of $10^{-16}$ is rounded away,
# and $m + h$ is $m$ again. The trouble starts long before. Look at the two losses for
# $h = 10^{-12}$:

# %%
print(f"{loss(1.7, *belts):.12f}")
print(f"{loss(1.7 + 1e-12, *belts):.12f}")

# %% [markdown]
# A float64 holds about sixteen digits, and here they are. Subtract, and twelve of them
# cancel. The last four are all that is left of the slope; whatever follows them in the
# table is made of rounding.
#
# Float32, with about seven digits, has wider gaps and shows this more coarsely. Walk
# over the float32 numbers around 1.7, from each one to the next, and divide rise by
# run.

# %%
single = [lengths.astype(np.float32) for lengths in belts]
gap = np.spacing(np.float32(1.7))  # from 1.7 to the next float32
neighbors = np.float32(1.7) + np.arange(-4, 13, dtype=np.float32) * gap
losses = np.array([loss(m, *single) for m in neighbors])
quotients = np.diff(losses) / np.diff(neighbors)
print(np.unique(quotients))

# %% [markdown]
# Sixteen quotients, and only five values, all of them multiples of 1024. That is no
# accident. Between 1 and 2 the float32 numbers are $2^{-23}$ apart, and that is the
# run. Between 1024 and 2048, where the losses lie, they are $2^{-13}$ apart, so the
# rise is some whole number times $2^{-13}$. Divide, and $2^{-13} / 2^{-23} = 1024$ is
# the unit that all quotients come in. The true slope, $-2681.35$, is no multiple of it.

# %% tags=["hide-input"]
#| name: fig-slopes-close
#| caption: Above, the loss that float32 computes follows the exact one to within two
#|   of its gaps. Below, that is enough to scatter the quotients over five levels.
#| alt: Two panels; the horizontal axis counts neighboring float32 numbers from 1.7.
#|   Above, a straight line, the exact loss, falls steadily, and the dots of the loss
#|   computed in float32 lie close to it, now above, now below. Below, the quotients
#|   between neighboring dots lie on five evenly spaced levels from -4096 to 0. A line,
#|   the true slope, runs between two levels and meets no dot.
counts = np.arange(-4, 13)
exact = np.array([loss(float(m), *belts) for m in neighbors])
start = loss(float(np.float32(1.7)), *belts)
figure, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=(5.4, 5.2))
top.plot(counts, (exact - start) * 1e3, color=ORANGE)
top.plot(counts, (losses - start) * 1e3, "o-", color=BLUE, lw=0.8, markersize=4)
top.text(2.5, 0.4, "computed in float32", color=BLUE)
top.text(-4, -1.2, "exact", color=ORANGE)
top.set(ylabel="change of loss (10⁻³ cm²)")
top.set_title("Between neighbors, rounding swamps the slope")
bottom.plot(counts[:-1] + 0.5, quotients, "o", color=BLUE)
bottom.axhline(slope(1.7, *belts), color=ORANGE)
bottom.text(12.2, -2600, "true slope", color=ORANGE, ha="right")
bottom.set(ylabel="rise over run (cm² per unit of m)", yticks=range(-4096, 1, 1024))
bottom.set(xlabel="float32 numbers counted from 1.7")
plt.show()

# %% [markdown]
# In {numref}`fig-slopes-close` the trend over sixteen gaps is clear, and from one gap
# to the next it is lost. So the cure is a longer step. How much longer?

# %% tags=["remove-cell"]
with checks("The tempting mistake: the smallest step you can type"):
    given("h = 1e-12, or 1e-20?", "Near 1.7", "two losses for h = 1e-12", "around 1.7")
    found = {
        h: forward_difference(loss, 1.7, h, *belts)
        for h in (1e-4, 1e-8, 1e-12, 1e-14, 1e-16, 1e-20)
    }
    off = {h: abs(value - slope(1.7, *belts)) for h, value in found.items()}
    claim(
        "improves down to 1e-8, then it gets worse",
        off[1e-4] > off[1e-8] < off[1e-12] < off[1e-14],
    )
    claim("from 1e-16 on it is zero", found[1e-16] == found[1e-20] == 0)
    claim("it is 2.2e-16 wide", np.spacing(1.7))
    claim("so a step of 1e-16 is rounded away", 1.7 + 1e-16 == 1.7)
    claim("about sixteen digits", 15 < -np.log10(np.finfo(np.float64).eps) < 16)
    claim("The last four are all that is left of the slope", off[1e-12] < 5)
    loss_gap = np.spacing(losses.max())
    claim(
        "Sixteen quotients, and only five values, all of them multiples of 1024",
        quotients.size == 16
        and len(set(quotients)) == 5
        and (quotients % 1024 == 0).all(),
    )
    claim("Between 1 and 2 the float32 numbers are 2^-23 apart", gap == 2.0**-23)
    claim(
        "Between 1024 and 2048, where the losses lie, they are 2^-13 apart",
        losses.min() > 1024 and losses.max() < 2048 and loss_gap == 2.0**-13,
    )
    claim("some whole number times 2^-13", (np.diff(losses) % loss_gap == 0).all())
    claim("2^-13 / 2^-23 = 1024", loss_gap / gap == 1024)
    claim("The true slope, -2681.35, is no multiple", slope(1.7, *belts))
    claim("within two of its gaps", abs(losses - exact).max() < 2 * loss_gap)
    given("numbers from 1.7")
    claim("evenly spaced levels from -4096 to 0", quotients.min(), quotients.max())

# %% tags=["remove-cell"]
with checks("Slopes"):
    given("flat at the guess 1.7")
    claim("Divide rise by run with a step of 1e-20", found[1e-20] == 0)
    claim("Its slope there is -2681.35", slope(1.7, *belts))

# %% [markdown]
# ## The best step, predicted and then measured
#
# Two errors pull in opposite directions. The first is the truncation, $h$ times
# $\overline{x^2}$. By {eq}`slopes-best` the slope rises by $2 \, \overline{x^2}$ for
# each unit of $m$. This slope of the slope is written $L''$, and the truncation is half
# of it, times $h$. In that form Taylor's theorem has it for every smooth loss, if $h$
# is short.
#
# The second is the rounding. Let $\varepsilon$ be the gap between the number one and
# the next; it is called *{term}`machine epsilon`*. To store a loss costs an error of up
# to $\frac{\varepsilon}{2} |L|$, so the difference of two losses has an error of about
# the size of $\varepsilon |L|$; the roundings inside the loss can add to it. In float64
# that is a tiny $2.5 \times 10^{-13}$, but a division by $h = 10^{-12}$ makes it 0.25.
# Together:
#
# ```{math}
# :label: slopes-v
# \begin{aligned}
# \text{error}(h) &\approx
# \underbrace{\frac{h}{2} L''}_{\text{truncation}} +
# \underbrace{\frac{\varepsilon |L|}{h}}_{\text{rounding}} \\
# h_{\text{best}} &= \sqrt{\frac{2 \varepsilon |L|}{L''}}
# \end{aligned}
# ```
#
# The first term grows with $h$, the second shrinks. Their sum is least where its
# derivative, $\frac{1}{2} L'' - \varepsilon |L| / h^2$, is zero, and that is
# $h_{\text{best}}$. The two terms are equal there: the best step balances the errors.

# %%
curvature = 2 * (belt_in**2).mean()
best_step = {}
for dtype in (np.float32, np.float64):
    noise = np.finfo(dtype).eps * loss(1.7, *belts)
    best_step[dtype] = np.sqrt(2 * noise / curvature)
    print(f"{best_step[dtype]:.1e} predicted, {dtype.__name__}")

# %% [markdown]
# Now measure. A single rounding error is a matter of luck, so take the median over 101
# multipliers from 1.6 to 1.8. Divide each error by the slope: one part in a thousand
# then means about three correct digits.


# %%
def typical_errors(difference, loss, slope, steps, dtype, belts):
    data = [lengths.astype(dtype) for lengths in belts]
    multipliers = np.linspace(1.6, 1.8, 101).astype(dtype)
    true = np.array([slope(float(m), *belts) for m in multipliers])
    medians = []
    for h in steps.astype(dtype):
        found = [float(difference(loss, m, h, *data)) for m in multipliers]
        medians.append(np.median(abs(found / true - 1)))
    return np.array(medians)


# %% [markdown]
# Do that for 65 steps from $10^{-16}$ to one, in both number types, and print the step
# with the least error.

# %% tags=["nbval-ignore-output"]
steps = np.logspace(-16, 0, 65)
measured = {}
for dtype in (np.float32, np.float64):
    measured[dtype] = typical_errors(
        forward_difference, loss, slope, steps, dtype, belts
    )
    turn, least = steps[measured[dtype].argmin()], measured[dtype].min()
    print(f"{turn:.1e} found, error {least:.1e}, {dtype.__name__}")

# %% [markdown]
# On logarithmic axes the truncation should be an arm that rises with slope one, and the
# rounding an arm that falls with slope minus one.

# %% tags=["hide-input"]
#| name: fig-slopes-v
#| caption: The forward difference. Dots are measured, dashed lines are the predicted
#|   error, and each vertical line is a predicted best step.
#| alt: Logarithmic axes: step from 1e-16 to 1, relative error up to 1. The
#|   float32 and the float64 dots each form a V. The right arms rise with slope one and
#|   coincide. The left arms fall with slope minus one, the float32 arm far to the
#|   right of the float64 arm. Each V turns near its vertical line, float64 near an
#|   error of 1e-8, float32 near 1e-4. Dashed lines follow the dots.
from helpers import GRAY

figure, ax = plt.subplots()
for dtype, color in ((np.float32, ORANGE), (np.float64, BLUE)):
    truncation = steps / 2 * curvature
    rounding = np.finfo(dtype).eps * loss(1.7, *belts) / steps
    predicted = (truncation + rounding) / abs(slope(1.7, *belts))
    ax.loglog(steps, predicted, "--", color=GRAY, linewidth=1)
    ax.loglog(steps, measured[dtype], ".", color=color)
    ax.axvline(best_step[dtype], color=color, linewidth=1)
ax.text(3e-8, 1e-9, "float64", color=BLUE)
ax.text(5e-4, 3e-6, "float32", color=ORANGE)
ax.set(xlabel="step h (cm per inch)", ylabel="relative error", ylim=(2e-10, 5))
ax.set_title("Too long a step bends, too short a step rounds")
plt.show()

# %% [markdown]
# The prediction holds. Both V shapes in {numref}`fig-slopes-v` turn within a factor of
# three of the predicted step. They are two to four times deeper than predicted, since
# most rounding errors are smaller than $\varepsilon |L|$. The right arms coincide,
# since the bend does not care how numbers are stored; the left arms are set by the
# gaps. At the far left $h$ is lost altogether, the estimate is zero, and the error is
# one.
#
# Put $h_{\text{best}}$ into {eq}`slopes-v`, and both terms are proportional to the
# square root of $\varepsilon$. So even at its best the forward difference keeps about
# half of the digits, and fewer near the bottom, where the slope that it is divided by
# fades. At 1.7 that is an error near $10^{-8}$ in float64, where $\varepsilon$ is near
# $10^{-16}$.
#
# One more rounding hides in the left arms. The sum $m + h$ is stored with an error too,
# so the step that you take is not quite $h$. Here this can cost as much as the rounding
# of the losses. The old remedy is to divide by the step taken, $(m + h) - m$.

# %% tags=["remove-cell"]
with checks("The best step, predicted and then measured"):
    claim(
        "a tiny 2.5e-13, but a division by h = 1e-12 makes it 0.25",
        noise,
        1e-12,
        noise / 1e-12,
    )
    given("101 multipliers from 1.6 to 1.8")
    claim("65 steps from 1e-16 to one", steps.size, steps[0])

    def arm(errors, low, high):
        """The slope of an arm of the V on logarithmic axes."""
        part = (steps > low) & (steps < high)
        return np.polyfit(np.log(steps[part]), np.log(errors[part]), 1)[0]

    eps = np.array([np.finfo(dtype).eps for dtype in measured])
    h_best = np.array(list(best_step.values()))
    curves = list(measured.values())
    least = np.array([curve.min() for curve in curves])
    turns = np.array([steps[curve.argmin()] for curve in curves])
    rising = [arm(c, 20 * h, 0.3) for c, h in zip(curves, h_best, strict=True)]
    falling = [arm(c, h / 1000, h / 10) for c, h in zip(curves, h_best, strict=True)]
    claim("an arm that rises with slope one", np.allclose(rising, 1, atol=0.05))
    claim("falls with slope minus one", -1.3 < min(falling) <= max(falling) < -0.8)
    claim("step from 1e-16 to 1", steps[0], steps[-1])
    claim("relative error up to 1", 0.99 < np.max(curves) < 1.5)
    claim(
        "float64 near an error of 1e-8, float32 near 1e-4",
        2e-9 < least[1] < 3e-8 and 3e-5 < least[0] < 7e-4,
    )
    claim(
        "within a factor of three of the predicted step",
        (abs(np.log(turns / h_best)) < np.log(3)).all(),
    )
    depth = curvature * h_best / abs(slope(1.7, *belts)) / least
    claim("two to four times deeper", 1.5 < min(depth) <= max(depth) < 4.5)
    roundings = eps * loss(1.7, *belts) / abs(slope(1.7, *belts))
    left = [
        np.median(c[part] * steps[part] / r)
        for c, r, h in zip(curves, roundings, h_best, strict=True)
        for part in [(steps > 20 * r) & (steps < h / 10)]
    ]
    claim("most rounding errors are smaller", 0.5 < min(left) <= max(left) < 1)
    long = steps > 0.01
    claim(
        "The right arms coincide, since", np.allclose(*np.array(curves)[:, long], 0.05)
    )
    claim(
        "the estimate is zero, and the error is one", curves[0][0] == curves[1][0] == 1
    )
    digits = np.log(least) / np.log(eps)
    claim("about half of the digits", 0.4 < min(digits) <= max(digits) < 0.6)
    given("At 1.7 that is")
    claim("that is an error near 1e-8 in float64", 2e-9 < least[1] < 3e-8)
    claim("is near 1e-16", 1e-16 < eps[1] < 3e-16)

# %% [markdown]
# ## A longer step for the central difference
#
# On the parabola the central difference has a rounding arm only. To see both arms, take
# a loss that bends more: the mean *fourth* power of the residuals. The $h^2$ terms
# still cancel. The $h^3$ terms do not, and they leave an error with the third
# derivative $L'''$:
#
# ```{math}
# :label: slopes-central
# \begin{aligned}
# \text{error}(h) &\approx \frac{h^2}{6} |L'''| + \frac{\varepsilon |L|}{h} \\
# h_{\text{best}} &= \left( \frac{3 \varepsilon |L|}{|L'''|} \right)^{1/3}
# \end{aligned}
# ```


# %%
def fourth_loss(multiplier, belt_in, belt_cm):
    squares = (multiplier * belt_in - belt_cm) ** 2
    return (squares**2).mean()


def fourth_slope(multiplier, belt_in, belt_cm):
    return 4 * (belt_in * (multiplier * belt_in - belt_cm) ** 3).mean()


third = 24 * (belt_in**3 * (1.7 * belt_in - belt_cm)).mean()  # L''' at 1.7

# %% [markdown]
# Predict and measure as before.

# %% tags=["nbval-ignore-output"]
best_central, central_errors = {}, {}
for dtype in (np.float32, np.float64):
    noise = np.finfo(dtype).eps * fourth_loss(1.7, *belts)
    best_central[dtype] = np.cbrt(3 * noise / abs(third))
    central_errors[dtype] = typical_errors(
        central_difference, fourth_loss, fourth_slope, steps, dtype, belts
    )
    turn = steps[central_errors[dtype].argmin()]
    name = dtype.__name__
    print(f"{best_central[dtype]:.1e} predicted, {turn:.1e} found, {name}")

# %% [markdown]
# For comparison, {numref}`fig-slopes-central` has the errors on the parabola too.

# %% tags=["hide-input"]
#| name: fig-slopes-central
#| caption: The central difference. Dots are measured, dashed lines are predicted. A dot
#|   of the parabola is missing where its error is zero.
#| alt: Logarithmic axes, the step across and the relative error up. For the
#|   fourth-power loss the float32 and the float64 dots each form a V whose right arm
#|   is twice as steep as its left one. The right arms coincide, dashed lines follow
#|   the dots, and each V turns near its vertical line. Smaller dots for the parabola in
#|   float64 fall all the way to the right edge.
parabola = typical_errors(central_difference, loss, slope, steps, np.float64, belts)
figure, ax = plt.subplots()
ax.loglog(steps[parabola > 0], parabola[parabola > 0], ".", color=GREEN, markersize=4)
for dtype, color in ((np.float32, ORANGE), (np.float64, BLUE)):
    noise = np.finfo(dtype).eps * fourth_loss(1.7, *belts)
    predicted = steps**2 / 6 * abs(third) + noise / steps
    relative = predicted / abs(fourth_slope(1.7, *belts))
    ax.loglog(steps, relative, "--", color=GRAY, linewidth=1)
    ax.loglog(steps, central_errors[dtype], ".", color=color)
    ax.axvline(best_central[dtype], color=color, linewidth=1)
ax.text(1e-11, 1e-9, "float64", color=BLUE, ha="right")
ax.text(4e-3, 2e-7, "float32", color=ORANGE)
ax.text(1e-6, 2e-15, "parabola,\nfloat64", color=GREEN, ha="right")
ax.set(xlabel="step h (cm per inch)", ylabel="relative error", ylim=(1e-17, 5))
ax.set_title("Fourth power: the bends no longer cancel")
plt.show()

# %% [markdown]
# Again each V turns where it should. The right arm is twice as steep: a step ten times
# shorter is a hundred times better. So the best step need not be as short, and the
# error there, near $10^{-11}$ in float64, keeps about two thirds of the digits. On the
# parabola the error falls over the whole plot, since there is no truncation to turn it.

# %% tags=["remove-cell"]
with checks("A longer step for the central difference"):
    h_best = np.array(list(best_central.values()))
    curves = list(central_errors.values())
    turns = np.array([steps[curve.argmin()] for curve in curves])
    rising = [arm(c, 4 * h, 0.3) for c, h in zip(curves, h_best, strict=True)]
    falling = [arm(c, h / 1000, h / 8) for c, h in zip(curves, h_best, strict=True)]
    twice = np.allclose(rising, 2, atol=0.05)
    claim(
        "right arm is twice as steep as its left one",
        twice and -1.3 < min(falling) <= max(falling) < -0.8,
    )
    claim("twice as steep: a step ten times shorter is a hundred times better", twice)
    claim(
        "Again each V turns where it should",
        (abs(np.log(turns / h_best)) < np.log(3)).all(),
    )
    claim("missing where its error is zero", parabola[-1] < 1e-15)
    least = min(central_errors[np.float64])
    claim("near 1e-11 in float64", 3e-12 < least < 1e-10)
    claim("about two thirds of the digits", 0.6 < np.log(least) / np.log(eps[1]) < 0.75)
    claim("the error falls over the whole plot", arm(parabola, 1e-9, 0.3) < -0.8)

# %% [markdown]
# ## Let the code differentiate itself
#
# The survey of Baydin and others {cite}`baydin2018` lists four ways to a derivative. By
# hand is the one you know. The others leave the work to a program:
#
# - **Symbolic:** a formula in, a formula out.
# - **Numeric:** {term}`finite differences <finite difference>`, with two kinds of error
#   and at least one more evaluation for every parameter.
# - **Automatic:** run the code and apply the chain rule to each operation in it. There
#   is no step $h$, so there is no truncation and no difference of nearly equal losses.
#   In *{term}`reverse mode`* one sweep gives the slopes for all parameters at once.
#
# JAX {cite}`jax2018` does the third to `loss` as it stands. `jax.grad` makes a function
# that returns the slope, `jax.value_and_grad` one that returns the loss and the slope
# from one pass.

# %% tags=["nbval-ignore-output"]
import jax

loss_and_slope = jax.value_and_grad(loss)
print(*loss_and_slope(1.7, *belts))
print(*jax.jit(loss_and_slope)(1.7, *belts), "with jit")

# %% [markdown]
# (`jax.jit` compiles a function, so that many calls run faster.) The {ref}`tutorial
# <source-fruehwald2022>` {cite}`fruehwald2022` printed 1128.2124 and $-2681.3499$. Here
# and on your machine the last digit may differ, even from line to line, because JAX
# computes in **float32** by default, whatever the type of the belts. At these sizes the
# float32 numbers are 0.00012 and 0.00024 apart. A last digit that is off by one is a
# single gap, and the order of the operations can decide it. Ask for float64, and the
# digits come back (`enable_x64` is JAX's own switch, wherever your version keeps it):

# %%
from helpers import enable_x64

with enable_x64(True):
    value, derivative = loss_and_slope(1.7, *belts)
    print(f"{value:.8f} {derivative:.8f}")

# %% [markdown]
# (In a script of your own, `jax.config.update("jax_enable_x64", True)` at the top does
# it for good.) Yet even in float32 the slope is over a hundred times closer than the
# best forward difference of {numref}`fig-slopes-v` in float32.
#
# A slope needs *one* output. Forget the mean, and JAX refuses:

# %%
import textwrap


def squared_errors(multiplier, belt_in, belt_cm):
    return (multiplier * belt_in - belt_cm) ** 2  # (10,), one for each belt


try:
    jax.grad(squared_errors)(1.7, *belts)
except TypeError as error:
    print(textwrap.fill(str(error).splitlines()[0], 42))

# %% [markdown]
# Ten outputs have ten slopes. Put the mean back to get one, or ask `jax.jacobian` for
# all ten.

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import published_value, reproduce

with checks("Let the code differentiate itself"):
    jax_loss, jax_slope = map(float, jax.jit(loss_and_slope)(1.7, *belts))
    display(reproduce("jax loss at 1.7", jax_loss))
    display(reproduce("jax grad at 1.7", jax_slope))
    claim(
        "printed 1128.2124 and -2681.3499",
        published_value("jax loss at 1.7"),
        published_value("jax grad at 1.7"),
    )
    best32 = np.float32([1128.2125, 2681.35])
    loss_gap, slope_gap = np.spacing(best32)
    claim(
        "the last digit may differ",
        abs(jax_loss - 1128.2125) < 2 * loss_gap
        and abs(jax_slope + 2681.35) < 2 * slope_gap,
    )
    claim("numbers are 0.00012 and 0.00024 apart", loss_gap, slope_gap)
    claim(
        "A last digit that is off by one is a single gap",
        [str(x) for x in np.nextafter(best32, 0)] == ["1128.2124", "2681.3499"],
    )
    claim(
        "the digits come back",
        abs(float(value) - 1128.2125) < 1e-11
        and abs(float(derivative) + 2681.35) < 1e-11,
    )
    claim(
        "over a hundred times closer",
        100 * abs(jax_slope / -2681.35 - 1) < min(measured[np.float32]),
    )
    ten_slopes = jax.jacobian(squared_errors)(1.7, *belts)
    claim("Ten outputs have ten slopes", ten_slopes.shape == (10,))
    claim("Put the mean back to get one", abs(ten_slopes.mean() + 2681.35) < 0.01)

# %% [markdown]
# ## What JAX sees: tracing
#
# To follow your code, JAX calls it with a **tracer** in place of the number. A tracer
# records what is done to it. Under plain `grad` it also carries the number along; under
# `jit` it knows no more than a shape and a type. A `print` shows when that happens.


# %%
@jax.jit
def talkative_loss(multiplier, belt_in, belt_cm):
    print("tracing:", multiplier.dtype, "of shape", multiplier.shape)
    return loss(multiplier, belt_in, belt_cm)


for multiplier in (1.5, 1.7, 2.5):
    print(f"{talkative_loss(multiplier, *belts):.1f}")

# %% [markdown]
# Three calls, but the first line appears once: Python ran once, and what it recorded
# ran three times. You can read the recording. `a` is the multiplier, `b` the inches,
# `c` the centimeters, and `f32` means float32.

# %%
recorded = jax.make_jaxpr(loss)(np.float32(1.7), *belts)
print(recorded.pretty_print(use_color=False))

# %% [markdown]
# Five operations, and the derivative of each is known. Reverse mode reads the recording
# from the bottom. It starts with one, the slope of the result with respect to itself,
# and at each line multiplies by the derivative of that operation. A sum hands its slope
# on to every summand, and a number that was used ten times, as `a` was, adds up what
# comes back. You can do this by hand:

# %%
residual = 1.7 * belt_in - belt_cm  # kept from the way forward
back = 1.0
back = back / 10  # div
back = np.full(10, back)  # reduce_sum
back = back * 2 * residual  # integer_pow
back = back * 1  # sub
back = back * belt_in  # mul
print(f"{back.sum():.2f}")  # a

# %% [markdown]
# That is {eq}`slopes-derivative` with the numbers filled in, and nobody needed a
# formula for the whole. The way back uses the residuals of the way forward, so they
# have to be kept: reverse mode pays with memory.
#
# A recording has no place for a Python `if`, which is easy to stumble over. Say you
# forbid negative multipliers, since no belt has a negative length:


# %%
def bounded_loss(multiplier, belt_in, belt_cm):
    if multiplier < 0:
        return float("inf")
    return loss(multiplier, belt_in, belt_cm)


try:
    jax.jit(bounded_loss)(1.7, *belts)
except jax.errors.TracerBoolConversionError as error:
    print(textwrap.fill(str(error).splitlines()[0], 42))

# %% [markdown]
# Under `jit`, `multiplier < 0` has no value, so `if` cannot choose. (Under plain `grad`
# it could.) The cure is to record both branches and let an array operation choose.
# Print the slope as well:

# %%
import jax.numpy as jnp


def walled_loss(multiplier, belt_in, belt_cm):
    inside = loss(multiplier, belt_in, belt_cm)
    return jnp.where(multiplier < 0, jnp.inf, inside)


compiled = jax.jit(jax.value_and_grad(walled_loss))
for multiplier in (-1.0, 1.7):
    value, derivative = compiled(multiplier, *belts)
    print(f"{value:.0f} loss, {derivative:.0f} slope at {multiplier}")

# %% [markdown]
# That works, but look at the slope in the first line. Beyond the wall the loss is
# infinite everywhere, so its slope is zero, and whoever follows the slope stays there.
# For such a walker a wall has to lean: adding `1e4 * jnp.minimum(multiplier, 0) ** 2`
# to the loss makes one that does.

# %% tags=["remove-cell"]
with checks("What JAX sees: tracing"):
    claim("Five operations", len(recorded.eqns) == 5)
    claim("with the numbers filled in", np.isclose(back.sum(), slope(1.7, *belts)))
    claim(
        "Under plain grad it could",
        abs(jax.grad(bounded_loss)(1.7, *belts) + 2681.35) < 0.002,
    )
    claim("so its slope is zero", jax.grad(walled_loss)(-1.0, *belts) == 0)

# %% [markdown]
# ## The first argument, and the others
#
# `loss` has three arguments, and `grad` differentiates with respect to the first unless
# `argnums`, which counts from zero, says otherwise. Argument 2 is data, the
# centimeters. Its {term}`gradient` says how fast the loss would change if one belt were
# listed longer. Ask at the best multiplier:

# %%
pulls = jax.grad(loss, argnums=2)(best, *belts)
print(np.asarray(pulls).round(3).reshape(2, 5))

# %% [markdown]
# One number for each belt. By hand each is $-\frac{2}{n}$ times the residual. The first
# is negative: the line lies above that belt, so the loss would fall if the belt were
# listed longer. Where the number is positive, the line lies below. Multiply each by its
# $x_i$ and add them up, and you get $-L'(m^*)$, which is zero.

# %% tags=["hide-input"]
#| name: fig-slopes-pulls
#| caption: The slope of the loss with respect to each listed length, at the best
#|   multiplier. A stem below zero marks a belt that lies below the line.
#| alt: Ten vertical stems, one for each belt length in inches. The shortest belt's stem
#|   goes far down, to about -0.10. The next is the highest, at 0.08, and from there
#|   the stems shrink steadily, pass zero between the sixth and the seventh belt, and
#|   end below zero at the longest belt.
figure, ax = plt.subplots(figsize=(5.4, 3))
ax.axhline(0, color=BLACK, linewidth=1)
ax.vlines(belt_in, 0, pulls, color=ORANGE)
ax.plot(belt_in, pulls, "o", color=ORANGE)
ax.annotate("the shortest belt", (30.5, pulls[0]), (10, 0), textcoords="offset points")
ax.set(xlabel="belt (inches)", ylabel="slope of loss (cm² per cm)")
ax.set(xticks=range(30, 51, 5))
ax.set_title("Nine belts in a row, one out of line")
plt.show()

# %% [markdown]
# The first belt in {numref}`fig-slopes-pulls` breaks the pattern of the rest. The shop
# rounded to whole centimeters, as {ref}`grid-search` found: 77.47 down to 77, the next
# 82.55 up to 83. The two largest errors of the table stand side by side, and the
# gradient with respect to the data shows them.

# %% tags=["remove-cell"]
with checks("The first argument, and the others"):
    given("Argument 2 is data")
    by_hand = -2 / 10 * (best * belt_in - belt_cm)
    claim("One number for each belt", pulls.shape == (10,))
    claim("times the residual", np.allclose(pulls, by_hand, atol=1e-4))
    claim("The first is negative", pulls[0] < 0)
    claim("which is zero", abs(belt_in @ by_hand) < 1e-9)
    claim("far down, to about -0.10", pulls[0])
    claim("the highest, at 0.08", pulls[1])
    claim("the stems shrink steadily", (np.diff(pulls[1:]) < 0).all())
    claim("between the sixth and the seventh belt", pulls[5] > 0 > pulls[6])
    exact_cm = 2.54 * belt_in
    claim("rounded to whole centimeters", np.array_equal(np.round(exact_cm), belt_cm))
    claim(
        "77.47 down to 77, the next 82.55 up to 83",
        exact_cm[0],
        belt_cm[0],
        exact_cm[1],
        belt_cm[1],
    )
    claim(
        "The two largest errors",
        set(np.argsort(abs(exact_cm - belt_cm))[-2:]) == {0, 1},
    )

# %% [markdown]
# ## The slope of the slope
#
# What `grad` returns is a function, so you can differentiate it again.

# %%
curvature_at = jax.grad(jax.grad(loss))
for multiplier in (0.0, 1.7, 5.0):
    print(f"{curvature_at(multiplier, *belts):.2f} at {multiplier}")

# %% [markdown]
# The *{term}`curvature`* $L''$ is 3186.5 everywhere, twice the mean of $x^2$, as it has
# to be on a parabola. Keep this number: in {ref}`descent` it decides how long a step
# may be.

# %% tags=["remove-cell"]
with checks("The slope of the slope"):
    curvatures = [curvature_at(m, *belts) for m in (0.0, 1.7, 5.0)]
    claim("3186.5 everywhere, twice the mean of", curvature)
    claim("everywhere", np.allclose(curvatures, curvature))

# %% [markdown]
# ## All routes side by side
#
# How well do hand, finite difference and machine agree? Here is the slope at 1.7 by
# each route, with its relative error against the exact $-2681.35$. The forward
# differences take their best steps.

# %% tags=["nbval-ignore-output"]
import pandas as pd

h32, h64 = np.float32(best_step[np.float32]), best_step[np.float64]
routes = {
    "forward, float32": forward_difference(loss, np.float32(1.7), h32, *single),
    "JAX, float32": jax.grad(loss)(1.7, *belts),
    "forward, float64": forward_difference(loss, 1.7, h64, *belts),
    "central, float64": central_difference(loss, 1.7, 0.1, *belts),
    "by hand": slope(1.7, *belts),
}
with enable_x64(True):
    routes["JAX, float64"] = jax.grad(loss)(1.7, *belts)
slopes_found = pd.Series(routes).astype(float)
errors = abs(slopes_found / -2681.35 - 1)
columns = [slopes_found.map("{:.3f}".format), errors.map("{:.0e}".format)]
pd.concat(columns, axis=1, keys=["slope at 1.7", "error"])

# %% [markdown]
# All but one agree on $-2681.350$ to the third decimal; the forward difference in
# float32 cannot, even at its best step. JAX in float32 comes about as close as the
# forward difference in float64. In float64 it is as good as the hand.

# %% tags=["remove-cell"]
from fractions import Fraction

with checks("All routes side by side"):
    given("Here is the slope at 1.7")
    pairs = [(Fraction(x), Fraction(y)) for x, y in zip(*belts, strict=True)]
    mean_product = sum(x * (Fraction("1.7") * x - y) for x, y in pairs) / 10
    claim("the exact -2681.35", 2 * mean_product == Fraction("-2681.35"))
    claim(
        "All but one agree on -2681.350",
        all(abs(slopes_found.drop("forward, float32") + 2681.35) < 5e-4),
    )
    claim(
        "the forward difference in float32 cannot",
        0.005 < abs(slopes_found["forward, float32"] + 2681.35) < 3,
    )
    claim(
        "In float64 it is as good as the hand",
        max(errors["by hand"], errors["JAX, float64"]) < 1e-14,
    )

# %% [markdown]
# ## What to keep
#
# - The sign of the slope says which way is down; its size says how steep, not how far.
# - The slope of the mean squared error is linear in $m$; its zero is the best
#   multiplier.
# - A finite difference has two errors that pull $h$ in opposite directions. Choose $h$
#   where they are equal, never as small as possible.
# - {term}`Automatic differentiation <automatic differentiation>` has no $h$. What is
#   left is the rounding of its own operations, and JAX does them in float32 until you
#   change it.
# - `grad` needs one output, differentiates the first argument, and sees your code
#   through tracers.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-slopes-two-readings
# **Check.** The slope at 1.5 is $-3318.65$ and the slope at 1.7 is $-2681.35$. Find the
# bottom from these two numbers, on paper. Would the two *losses* have been enough?
# ::::
#
# ::::{solution} ex-slopes-two-readings
# :class: dropdown
# The slope is a straight line, so follow it to zero. It rises by 637.3 on the way from
# 1.5 to 1.7, which is 3186.5 for each unit of $m$. To climb the remaining 2681.35 takes
# 2681.35/3186.5, or 0.8415. The bottom is at 2.5415. (On a loss that is no parabola one
# repeats this; it is then called the *secant method*.)
#
# Two losses are not enough. A parabola has three unknowns, say where its bottom is, how
# low, and how wide it opens, so a whole family of parabolas runs through two points.
# ::::

# %% tags=["remove-cell"]
with checks("Exercises"):
    low, high = slope(1.5, *belts), slope(1.7, *belts)
    claim(
        "slope at 1.5 is -3318.65 and the slope at 1.7 is -2681.35", 1.5, low, 1.7, high
    )
    rise = (high - low) / 0.2
    claim(
        "rises by 637.3 on the way from 1.5 to 1.7, which is 3186.5 for each unit",
        high - low,
        1.5,
        1.7,
        rise,
    )
    claim(
        "remaining 2681.35 takes 2681.35/3186.5, or 0.8415",
        -high,
        -high / rise,
        -high / rise,
    )
    claim("The bottom is at 2.5415", 1.7 - high / rise)

# %% [markdown]
# ::::{exercise}
# :label: ex-slopes-complex-step
# **Code.** The tiny step can be saved. Evaluate the loss at the *complex* number
# $m + ih$, with $m = 1.7$ and $h = 10^{-20}$, and divide the imaginary part by $h$. Why
# does this work, and on which code would it fail?
# ::::
#
# ```{solution-start} ex-slopes-complex-step
# :class: dropdown
# ```

# %%
h = 1e-20
print(loss(1.7 + 1j * h, *belts).imag / h)

# %% [markdown]
# By Taylor's theorem $L(m + ih) = L(m) + ih L'(m) - \frac{1}{2} h^2 L''(m) - \dots$,
# so the imaginary part is $h L'(m)$, up to a term with $h^3$ (which is zero on a
# parabola). The real part holds the large loss and the imaginary part the small change.
# They are stored apart, each with all its digits, and no two nearly equal losses are
# subtracted {cite}`squire1998`. The code must treat a complex number as it treats a
# real one. `abs`, a comparison with `<`, or a complex conjugate would break it.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("m = 1.7 and h = 1e-20")
    claim(
        "so the imaginary part is h L'(m)",
        np.isclose(loss(1.7 + 1j * h, *belts).imag / h, slope(1.7, *belts), rtol=1e-12),
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-slopes-near-bottom
# **Code.** At $m^* + 10^{-6}$ the exact slope is 0.0031865, the curvature times
# $10^{-6}$. Ask JAX for it in float32. How many digits are right? Two roundings are to
# blame: find the share of each.
# ::::
#
# ```{solution-start} ex-slopes-near-bottom
# :class: dropdown
# ```

# %%
near = best + 1e-6
stored = float(np.float32(near))
print(jax.grad(loss)(near, *belts))
print(slope(stored, *belts))

# %% [markdown]
# One digit at best. The second line is the exact slope at the multiplier that float32
# stores, and it is off by 8% already. Near 2.54 the float32 numbers are
# $2.4 \times 10^{-7}$ apart, so $m$ itself is rounded. The rest, a few percent at most,
# comes from the ten products, which are rounded and nearly cancel when they are added.
# {ref}`descent` meets this again: it is where float32 gets stuck.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    true, single_slope = curvature * 1e-6, jax.grad(loss)(near, *belts)
    claim(
        "At m^* + 1e-6 the exact slope is 0.0031865, the curvature times 1e-6",
        near - best,
        true,
        near - best,
    )
    claim("One digit at best", 0.0032 < single_slope < 0.0036)
    claim("off by 8% already", slope(stored, *belts) / true - 1)
    claim(
        "Near 2.54 the float32 numbers are 2.4e-7 apart",
        best,
        np.spacing(np.float32(best)),
    )
    claim("a few percent at most", abs(single_slope / slope(stored, *belts) - 1) < 0.06)

# %% [markdown]
# ::::{exercise}
# :label: ex-slopes-closed-form
# **Code.** `grad` differentiates any code that it can record, a solution too. Which
# entry of `belt_cm` moves the best multiplier most, and by how much for one centimeter?
# ::::
#
# ```{solution-start} ex-slopes-closed-form
# :class: dropdown
# ```


# %%
def best_multiplier(belt_in, belt_cm):
    return (belt_in @ belt_cm) / (belt_in @ belt_in)


print(jax.grad(best_multiplier, argnums=1)(*map(jnp.array, belts)))

# %% [markdown]
# The entries are $x_i / \sum_j x_j^2$, so the longest belt has the most leverage: one
# centimeter there moves $m^*$ by 0.0030. This holds for a whole centimeter and not only
# for a tiny one, since $m^*$ is linear in the $y_i$.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    leverage = jax.grad(best_multiplier, argnums=1)(*map(jnp.array, belts))
    claim("The entries are", np.allclose(leverage, belt_in / (belt_in @ belt_in)))
    claim("the longest belt has the most leverage", leverage.argmax() == 9)
    claim("moves m^* by 0.0030", leverage[9])
    moved = best_multiplier(belt_in, belt_cm + np.eye(10)[9])
    claim("This holds for a whole centimeter", np.isclose(moved - best, leverage[9]))

# %% [markdown]
# ::::{exercise}
# :label: ex-slopes-kink
# **Open.** Replace the square by the absolute value. Where one residual is zero, the
# mean over the belts has a corner. What do JAX, the forward and the central difference
# say at the corner of a single $|m|$? Which of the ten corners is the bottom, and what
# should a method that walks downhill do there?
# ::::
#
# ```{solution-start} ex-slopes-kink
# :class: dropdown
# ```

# %%
print(jax.grad(jnp.abs)(0.0))
print(forward_difference(abs, 0, 0.1), central_difference(abs, 0, 0.1))

# %% [markdown]
# For $|m|$ at zero, JAX and the forward difference say one, the central difference zero
# by symmetry. None is wrong: every number from $-1$ to $1$ is the slope of a line that
# touches the corner from below, a *subgradient*.
#
# At a corner of the mean, the other nine belts add a constant slope. The corner is the
# bottom only if the slope is negative before and positive after it; at all others the
# walk goes on downhill. And at the bottom the slope does not fade, it jumps. So a
# walker has to shorten its steps by itself.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "JAX and the forward difference say one",
        jax.grad(jnp.abs)(0.0) == forward_difference(abs, 0, 0.1) == 1,
    )
    claim("the central difference zero", central_difference(abs, 0, 0.1) == 0)

# %% [markdown]
# ## Sources and further reading
#
# The belts and the road from a grid to JAX's `grad` come from Josef Fruehwald's
# tutorial {cite}`fruehwald2022`. Baydin and others {cite}`baydin2018` survey automatic
# differentiation and clear up what it is not; the system used here is JAX
# {cite}`jax2018`. Goldberg {cite}`goldberg1991` explains floating-point numbers, Higham
# {cite}`higham2002` what they do to algorithms, and Nocedal and Wright
# {cite}`nocedal2006` treat finite and automatic differences for optimization. The
# complex step goes back to Lyness and Moler {cite}`lyness1967`; Squire and Trapp
# {cite}`squire1998` give the short form used here.
