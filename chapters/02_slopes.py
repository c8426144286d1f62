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
# The grid of {ref}`grid-search` tried fifty multipliers, and no trial learned from
# another. Stand at the guess 1.7, where the loss is 1128.2125. Is the answer
# to the left or to the right, and how much would a small move gain? The same ten belts
# answer with one number, $-2681.35$: go right, and steeply. Here you compute it by
# hand, by trial, and by machine, and find out how far each can be trusted.
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

# %%
from helpers import load_belts, use_book_style

use_book_style()
belts = belt_in, belt_cm = load_belts()


def loss(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm  # (10,), in cm
    return (residual**2).mean()


loss(1.7, belt_in, belt_cm)

# %% tags=["remove-cell"]
import numpy as np

from helpers import claim

claim("1128.2125", loss(1.7, *belts))

# %% [markdown]
# ## Which way is down?
#
# Take one belt of $x$ inches and $y$ centimeters. Its squared error is $(m x - y)^2$.
# The square contributes twice the residual, and the residual grows by $x$ for each
# unit of $m$, so the derivative is $2 x (m x - y)$. The derivative of a mean is the
# mean of the derivatives:
#
# ```{math}
# :label: slopes-derivative
# L(m) = \frac{1}{n} \sum_{i=1}^{n} (m x_i - y_i)^2
# \quad\Longrightarrow\quad
# L'(m) = \frac{2}{n} \sum_{i=1}^{n} x_i (m x_i - y_i)
# ```


# %%
def slope(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm
    return 2 * (belt_in * residual).mean()


slope(1.7, belt_in, belt_cm)

# %% tags=["remove-cell"]
from fractions import Fraction

claim("-2681.35", slope(1.7, *belts))


def exact_slope(multiplier, belt_in, belt_cm):
    """The slope in rational numbers, with no rounding at all."""
    pairs = list(zip(map(Fraction, belt_in), map(Fraction, belt_cm), strict=True))
    return 2 * sum(x * (multiplier * x - y) for x, y in pairs) / len(pairs)


assert exact_slope(Fraction("1.7"), *belts) == Fraction("-2681.35")

# %% [markdown]
# The sign says that the loss falls as the multiplier rises, so down is to the right.
# The size says how fast: $L$ changes by $-2681.35$ for each unit of $m$, if the curve
# stays straight. For a move of 0.001 that predicts a change of $-2.68135$.

# %%
nudge = 0.001
print(f"predicted {slope(1.7, *belts) * nudge:.5f}")
print(f"measured  {loss(1.7 + nudge, *belts) - loss(1.7, *belts):.5f}")

# %% tags=["remove-cell"]
measured = loss(1.7 + nudge, *belts) - loss(1.7, *belts)
claim("-2.68135", slope(1.7, *belts) * nudge)
claim("-2.67976", measured)
claim("0.0016", measured - slope(1.7, *belts) * nudge)

# %% [markdown]
# The measured change is $-2.67976$. The missing 0.0016 is the bend of the curve, which
# a straight line cannot know; it returns below. {numref}`fig-slopes-tangent` shows
# the line.

# %%
#| name: fig-slopes-tangent
#| caption: The tangent at the guess tells which way is down, and nothing about how
#|   far away the bottom is.
#| alt: The belts' loss over the multiplier from 1 to 3 is a bowl with its bottom near
#|   2.54. A dot marks the guess 1.7 on the left wall. An orange straight line touches
#|   the bowl there, runs down to the right, leaves the curve soon, and crosses zero
#|   loss near 2.12, well before the bottom.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE

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
claim("2.54", (belt_in @ belt_cm) / (belt_in @ belt_in))
claim("2.12", 1.7 - loss(1.7, *belts) / slope(1.7, *belts))

# %% [markdown]
# ## Where the slope is zero
#
# {ref}`grid-search` found the best multiplier $m^*$ by completing a square. The slope
# gets there without a trick. {eq}`slopes-derivative` is linear in $m$, so the slopes
# lie on a straight line, and a rising line has one zero. Set the sum to zero and solve:
#
# ```{math}
# :label: slopes-best
# m^* = \frac{\sum_i x_i y_i}{\sum_i x_i^2}
# ```

# %%
best = (belt_in @ belt_cm) / (belt_in @ belt_in)
print(f"best multiplier {best:.7f}, loss {loss(best, *belts):.5f}")

# %% tags=["remove-cell"]
claim("2.5414718", best)
claim("0.07225", loss(best, *belts))
assert abs(slope(best, *belts)) < 1e-9

# %% [markdown]
# To the left of that point every slope should be negative, to the right every slope
# positive. Draw the loss and its slope, one above the other.

# %%
#| name: fig-slopes-line
#| caption: The loss is a bowl, its slope is a straight line, and the bottom of the one
#|   is the zero of the other.
#| alt: Two panels share a multiplier axis from 0 to 5. Above, fifty dots form a
#|   bowl-shaped loss. Below, the fifty slopes lie on one straight line that rises from
#|   far below zero to far above it. A vertical dashed line near 2.54 joins the
#|   bottom of the bowl to the point where the line crosses zero.
grid = np.linspace(0, 5, 50)  # the multipliers of the first chapter's grid
slopes = np.array([slope(m, *belts) for m in grid])
figure, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=(5.4, 5.2))
top.plot(grid, [loss(m, *belts) for m in grid], ".", color=BLUE)
top.set(ylabel="loss (cm²)", title="The bottom of the bowl is the slope's zero")
bottom.plot(grid, slopes, ".", color=ORANGE)
bottom.axhline(0, color=BLACK, linewidth=1)
bottom.text(1.3, -7400, "below 0:\ngo right", color=GRAY)
bottom.text(3.8, 5300, "above 0:\ngo left", color=GRAY, ha="right")
bottom.set(xlabel="multiplier m (cm per inch)", ylabel="slope (cm² per unit of m)")
for ax in (top, bottom):
    ax.axvline(best, color=GREEN, linestyle="--")
plt.show()

# %% tags=["remove-cell"]
assert np.all(np.diff(slopes) > 0)
assert np.allclose(np.diff(slopes, 2), 0, atol=1e-9)
nearest = min(grid, key=lambda m: loss(m, *belts))
claim("2.551", nearest)
assert loss(nearest, *belts) > loss(best, *belts)

# %% [markdown]
# The formula gives 2.5414718, where the grid had to stop at 2.551. In
# {numref}`fig-slopes-line` it is not the loss that is monotonic but its *slope*: it
# only rises. That is what makes the loss *convex* {cite}`boyd2004`, and why the sign of
# the slope can be trusted anywhere on the curve: uphill is always away from the bottom.
#
# ## A slope without the derivative
#
# Suppose you cannot differentiate the loss, only evaluate it. Then walk a step $h$
# and divide rise by run. This is a *forward difference*. A *central difference* walks
# $h$ to both sides. Theory first: for this loss, multiplying out gives
#
# ```{math}
# :label: slopes-forward
# \frac{L(m + h) - L(m)}{h} = L'(m) + h \cdot \frac{1}{n} \sum_i x_i^2,
# \qquad
# \frac{L(m + h) - L(m - h)}{2h} = L'(m).
# ```
#
# So the forward error should be $h$ times the mean of $x^2$, which is 1593.25, and
# the central error should be zero, however large the step.


# %%
def forward_difference(loss, multiplier, h, *data):
    return (loss(multiplier + h, *data) - loss(multiplier, *data)) / h


def central_difference(loss, multiplier, h, *data):
    return (loss(multiplier + h, *data) - loss(multiplier - h, *data)) / (2 * h)


print(f"mean of x²: {(belt_in**2).mean()}")
for h in (1, 0.1, 0.01, 0.001):
    forward_error = forward_difference(loss, 1.7, h, *belts) - slope(1.7, *belts)
    central = central_difference(loss, 1.7, h, *belts)
    print(f"h {h:<5}  forward error / h {forward_error / h:.2f}  central {central:.2f}")

# %% tags=["remove-cell"]
claim("1593.25", (belt_in**2).mean())
claim("1593.25", forward_difference(loss, 1.7, 1, *belts) - slope(1.7, *belts))
assert abs(central_difference(loss, 1.7, 1, *belts) - slope(1.7, *belts)) < 1e-9

# %% [markdown]
# Both predictions hold. The forward error, called *truncation error*, is the bend that
# the tangent missed above: 0.0016 is 1593.25 times the square of 0.001. The central
# difference is exact even at a step of one, because on a parabola the bends on the two
# sides cancel. Keep in mind that a parabola is a special case.
#
# ## The tempting mistake: the smallest step you can type
#
# If the error shrinks with $h$, why not take $h = 10^{-12}$, or $10^{-20}$?

# %%
for h in (1e-4, 1e-8, 1e-12, 1e-14, 1e-16, 1e-20):
    print(f"h {h:.0e}  slope {forward_difference(loss, 1.7, h, *belts):.4f}")

# %% tags=["remove-cell"]
assert forward_difference(loss, 1.7, 1e-20, *belts) == 0
assert 1.7 + 1e-20 == 1.7
error_by_step = {
    h: abs(forward_difference(loss, 1.7, h, *belts) - slope(1.7, *belts))
    for h in (1e-4, 1e-8, 1e-12, 1e-14)
}
assert error_by_step[1e-8] < error_by_step[1e-4] < error_by_step[1e-12] * 2
assert error_by_step[1e-14] > 10

# %% [markdown]
# The estimate improves down to $10^{-8}$, then it gets worse, and from $10^{-16}$ on
# it is zero: a flat curve, says the computer. The reason is *rounding*
# {cite}`goldberg1991`. Floating-point numbers have gaps, and near 1.7 the gap is wider
# than $10^{-16}$, so $m + h$ is $m$ again. Before that happens, the two losses share
# almost all of their digits, and the difference keeps only the last, rounded ones.
# {numref}`fig-slopes-close` looks at the loss that closely, in float32, whose gaps are
# wider.

# %%
#| name: fig-slopes-close
#| caption: At the scale of the gaps between float32 numbers the loss is a ragged
#|   staircase, and the slopes between neighbors miss the true one.
#| alt: Two panels; the horizontal axis counts neighboring float32 numbers from 1.7.
#|   Above, a straight orange line, the exact loss, falls steadily, and the loss
#|   computed in float32, blue dots joined by a line, crosses it many times. Below, the
#|   slopes between neighboring dots lie on five evenly spaced levels from -4096 to 0.
#|   An orange line, the true slope, runs between two levels and meets no dot.
single = [column.astype(np.float32) for column in belts]
center, gap = np.float32(1.7), np.spacing(np.float32(1.7))
counts = np.arange(-4, 13)
neighbors = center + counts.astype(np.float32) * gap
rounded = np.array([loss(m, *single) for m in neighbors])
exact = np.array([loss(float(m), *belts) for m in neighbors])
start = loss(float(center), *belts)
figure, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=(5.4, 5.2))
top.plot(counts, (exact - start) * 1e3, color=ORANGE)
top.plot(counts, (rounded - start) * 1e3, "o-", color=BLUE, lw=0.8, markersize=4)
top.text(2.5, 0.4, "computed in float32", color=BLUE)
top.text(-4, -1.2, "exact", color=ORANGE)
top.set(ylabel="change of loss (0.001 cm²)")
top.set_title("Close up, rounding hides the slope")
quotients = np.diff(rounded.astype(float)) / np.diff(neighbors.astype(float))
bottom.plot(counts[:-1] + 0.5, quotients, "o", color=BLUE)
bottom.axhline(slope(1.7, *belts), color=ORANGE)
bottom.set(ylabel="slope between neighbors", yticks=range(-4096, 1, 1024))
bottom.set(xlabel="float32 numbers counted from 1.7")
plt.show()

# %% tags=["remove-cell"]
loss_gap = np.spacing(np.float32(loss(1.7, *belts)))
claim("1024", loss_gap / gap)
assert np.all(quotients % 1024 == 0)
assert set(quotients) == {-4096, -3072, -2048, -1024, 0}

# %% [markdown]
# Losses come in multiples of one gap, and so do multipliers. A slope between neighbors
# can therefore only be a multiple of 1024, and $-2681.35$ is not among them.
#
# ## The best step, predicted and then measured
#
# Rounding makes each loss uncertain by about $\varepsilon |L|$, where $\varepsilon$ is
# the relative gap, and the division by $h$ enlarges that. Together with the truncation:
#
# ```{math}
# :label: slopes-v
# \text{error}(h) \approx
# \underbrace{\frac{h}{2} L''}_{\text{truncation}} +
# \underbrace{\frac{\varepsilon |L|}{h}}_{\text{rounding}},
# \qquad
# h_{\text{best}} = \sqrt{\frac{2 \varepsilon |L|}{L''}}.
# ```
#
# The best step is where the derivative of the error is zero: a chapter on slopes may
# use its own tool. $L''$, the slope of the slope, is twice the mean of $x^2$.

# %%
curvature = 2 * (belt_in**2).mean()
best_step = {}
for dtype in (np.float32, np.float64):
    eps = np.finfo(dtype).eps
    best_step[dtype] = np.sqrt(2 * eps * loss(1.7, *belts) / curvature)
    print(f"{dtype.__name__}: gap {eps:.1e}, predicted best h {best_step[dtype]:.1e}")

# %% [markdown]
# Now measure. A single rounding error is a lottery ticket, so take the median over 101
# multipliers from 1.6 to 1.8, and divide by the slope to count correct digits.


# %%
def typical_error(rule, loss, slope, h, dtype, belts):
    data = [column.astype(dtype) for column in belts]
    errors = []
    for multiplier in np.linspace(1.6, 1.8, 101):
        m = dtype(multiplier)
        estimate = rule(loss, m, dtype(h), *data)
        errors.append(abs(float(estimate) / slope(float(m), *belts) - 1))
    return np.median(errors)


# %% [markdown]
# On logarithmic axes the truncation should be an arm that rises with slope one, the
# rounding an arm that falls with slope minus one. Dashed lines are the prediction.

# %%
#| name: fig-slopes-v
#| caption: The error of the forward difference against its step. Dots are measured,
#|   dashed lines predicted; the vertical lines are the predicted best steps.
#| alt: Logarithmic axes: step from 1e-16 to 1, relative error up to 1. The
#|   float32 and the float64 dots each form a V. The right arms rise with slope one and
#|   coincide. The left arms fall with slope minus one, the float32 arm far to the
#|   right of the float64 arm. Each V turns at its vertical line, float64 near an error
#|   of 1e-8, float32 between 1e-4 and 1e-3. Dashed lines follow the dots.
steps = np.logspace(-16, 0, 65)
figure, ax = plt.subplots()
measured = {}
for dtype, color in ((np.float32, ORANGE), (np.float64, BLUE)):
    truncation = steps / 2 * curvature
    rounding = np.finfo(dtype).eps * loss(1.7, *belts) / steps
    predicted = (truncation + rounding) / abs(slope(1.7, *belts))
    measured[dtype] = [
        typical_error(forward_difference, loss, slope, h, dtype, belts) for h in steps
    ]
    ax.loglog(steps, predicted, "--", color=GRAY, linewidth=1)
    ax.loglog(steps, measured[dtype], ".", color=color)
    ax.axvline(best_step[dtype], color=color, linewidth=1)
ax.text(3e-8, 1e-9, "float64", color=BLUE)
ax.text(4e-4, 1e-5, "float32", color=ORANGE)
ax.set(xlabel="step h (cm per inch)", ylabel="relative error", ylim=(2e-10, 5))
ax.set_title("Too long a step bends, too short a step rounds")
plt.show()


# %% tags=["remove-cell"]
def arm(errors, low, high):
    """The slope of an arm of the V on logarithmic axes."""
    part = (steps > low) & (steps < high)
    return np.polyfit(np.log(steps[part]), np.log(np.array(errors)[part]), 1)[0]


for dtype in (np.float32, np.float64):
    h = best_step[dtype]
    claim("1.0", arm(measured[dtype], 20 * h, 0.3))
    claim("-1.3 to -0.8", arm(measured[dtype], h / 1000, h / 10))
    assert 1 / 3 < steps[np.argmin(measured[dtype])] / h < 3
claim("2e-09 to 3e-08", min(measured[np.float64]))
claim("3e-05 to 7e-04", min(measured[np.float32]))
assert measured[np.float32][0] == 1  # a difference of zero is wrong by 100 %

# %% [markdown]
# The prediction holds: in {numref}`fig-slopes-v` both V shapes turn within a factor of
# three of their vertical lines. The right arms coincide, since truncation does not care
# how numbers are stored; the left arms are set by the gaps. Where $h$ is lost
# altogether, the estimate is zero and the dots lie flat at an error of one. At its best
# the forward difference keeps about half of the digits: an error near $10^{-8}$ in
# float64, whose relative gap is near $10^{-16}$.
#
# ## Two arms for the central difference
#
# On a parabola the central difference has a rounding arm only. Give it a curve with
# more bends: the mean *fourth* power of the residuals, which weighs the worst belt even
# more. Its third derivative is $L''' = \frac{24}{n} \sum_i x_i^3 (m x_i - y_i)$.
# Taylor's theorem predicts a truncation error of $h^2 |L'''| / 6$, so
#
# ```{math}
# :label: slopes-central
# \text{error}(h) \approx \frac{h^2}{6} |L'''| + \frac{\varepsilon |L|}{h},
# \qquad
# h_{\text{best}} = \sqrt[3]{\frac{3 \varepsilon |L|}{|L'''|}}.
# ```


# %%
def fourth_power_loss(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm
    return ((residual**2) ** 2).mean()


def fourth_power_slope(multiplier, belt_in, belt_cm):
    return 4 * (belt_in * (multiplier * belt_in - belt_cm) ** 3).mean()


third = abs(24 * (belt_in**3 * (1.7 * belt_in - belt_cm)).mean())
best_central = {}
for dtype in (np.float32, np.float64):
    noise = np.finfo(dtype).eps * fourth_power_loss(1.7, *belts)
    best_central[dtype] = np.cbrt(3 * noise / third)
    print(f"{dtype.__name__}: predicted best h {best_central[dtype]:.1e}")

# %% [markdown]
# Measure as before, and lay the parabola beside it.

# %%
#| name: fig-slopes-central
#| caption: The error of the central difference against its step, for the fourth power
#|   (both arms) and for the parabola (rounding only).
#| alt: Logarithmic axes, the step across and the relative error up. For the
#|   fourth-power loss the float32 and the float64 dots each form a V whose right arm
#|   is twice as steep as its left one. The right arms coincide, dashed lines follow
#|   the dots, and each V turns near its vertical line. Gray dots for the parabola in
#|   float64 fall all the way to the right and never turn up.
rule, steps = central_difference, np.logspace(-10, 0, 41)
figure, ax = plt.subplots()
central, true_slope = {}, abs(fourth_power_slope(1.7, *belts))
for dtype, color in ((np.float32, ORANGE), (np.float64, BLUE)):
    noise = np.finfo(dtype).eps * fourth_power_loss(1.7, *belts)
    predicted = steps**2 / 6 * third + noise / steps
    central[dtype] = [
        typical_error(rule, fourth_power_loss, fourth_power_slope, h, dtype, belts)
        for h in steps
    ]
    ax.loglog(steps, predicted / true_slope, "--", color=GRAY, lw=1)
    ax.loglog(steps, central[dtype], ".", color=color)
    ax.axvline(best_central[dtype], color=color, lw=1)
parabola = [typical_error(rule, loss, slope, h, np.float64, belts) for h in steps]
ax.loglog(steps, parabola, ".", color=GRAY, markersize=4)
ax.text(2e-10, 1e-10, "float64", color=BLUE)
ax.text(4e-6, 0.2, "float32", color=ORANGE)
ax.text(2e-8, 1e-15, "parabola,\nfloat64", color=GRAY)
ax.set(xlabel="step h (cm per inch)", ylabel="relative error", ylim=(1e-17, 5))
ax.set_title("Fourth power: the bends no longer cancel")
plt.show()

# %% tags=["remove-cell"]
for dtype in (np.float32, np.float64):
    h = best_central[dtype]
    claim("2.0", arm(central[dtype], 4 * h, 0.3))
    claim("-1.3 to -0.8", arm(central[dtype], h / 1000, h / 8))
    assert 1 / 3 < steps[np.argmin(central[dtype])] / h < 3
assert arm(parabola, 1e-9, 0.3) < -0.8
assert parabola[-1] < 1e-14
claim("3e-12 to 1e-10", min(central[np.float64]))

# %% [markdown]
# Two arms, and each V of {numref}`fig-slopes-central` turns where it should. The right
# arm is twice as steep: a step ten times shorter is a hundred times better. The best
# step is longer than before and keeps about two thirds of the digits. Only the parabola
# gains from ever longer steps.
#
# ## Let the code differentiate itself
#
# There are three ways to a derivative {cite}`baydin2018`. *Symbolic*: a formula in, a
# formula out, as you did by hand. *Numeric*: finite differences, with two kinds of
# error and at least one more evaluation for every parameter. *Automatic*: run the code
# and apply the chain rule to each operation in it. That takes no step $h$, so there is
# no truncation and no difference of nearly equal losses; and in *reverse mode* one
# sweep gives the slopes for all parameters at once. JAX {cite}`jax2018` does this to
# `loss` as it stands.

# %% tags=["nbval-ignore-output"]
import jax

loss_and_slope = jax.value_and_grad(loss)
print(*loss_and_slope(1.7, belt_in, belt_cm))
print(*jax.jit(loss_and_slope)(1.7, belt_in, belt_cm))

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import published_value, reproduce

jax_loss, jax_slope = map(float, jax.jit(loss_and_slope)(1.7, belt_in, belt_cm))
display(reproduce("jax loss at 1.7", jax_loss))
display(reproduce("jax grad at 1.7", jax_slope))
claim("1128.2124", published_value("jax loss at 1.7"))
claim("-2681.3499", published_value("jax grad at 1.7"))
assert str(np.nextafter(np.float32(1128.2125), np.float32(0))) == "1128.2124"
assert str(np.nextafter(np.float32(2681.35), np.float32(0))) == "2681.3499"
claim("0.00012", np.spacing(np.float32(1128.2125)))
claim("0.00024", np.spacing(np.float32(2681.35)))
for value, exact_value in ((jax_loss, 1128.2125), (jax_slope, -2681.35)):
    assert abs(value - exact_value) < 2 * np.spacing(np.float32(abs(exact_value)))

# %% [markdown]
# `value_and_grad` returns the loss and its slope from one pass; `grad` only the slope.
# For the second line, `jax.jit` compiled the function first. The tutorial
# {cite}`fruehwald2022` printed 1128.2124 and $-2681.3499$. Here and on your machine the
# last digit may differ, even from line to line: JAX computes in **float32** by default.
# At these sizes the float32 numbers are 0.00012 and 0.00024 apart, so a last digit
# that is off by one is a single gap, and the order of the operations can decide it. Ask
# for float64, and the digits come back:

# %%
with jax.enable_x64(True):
    value, derivative = loss_and_slope(1.7, belt_in, belt_cm)
    print(f"{value:.8f} {derivative:.8f}")

# %% tags=["remove-cell"]
assert value.dtype == derivative.dtype == np.float64
assert abs(float(value) - 1128.2125) < 1e-11
assert abs(float(derivative) + 2681.35) < 1e-11
forward_float32 = min(measured[np.float32])
assert abs(jax_slope / -2681.35 - 1) < forward_float32 / 100

# %% [markdown]
# (In a script of your own, `jax.config.update("jax_enable_x64", True)` at the top does
# it for good.) Compare even the float32 slope with {numref}`fig-slopes-v`: it is over a
# hundred times closer than the best forward difference in float32.
#
# A slope needs *one* output. Forget the mean, and JAX refuses:


# %%
def squared_errors(multiplier, belt_in, belt_cm):
    return (multiplier * belt_in - belt_cm) ** 2  # (10,), one for each belt


try:
    jax.grad(squared_errors)(1.7, belt_in, belt_cm)
except TypeError as error:
    print(str(error).splitlines()[0])

# %% tags=["remove-cell"]
ten_slopes = jax.jacobian(squared_errors)(1.7, belt_in, belt_cm)
assert ten_slopes.shape == (10,)
assert abs(ten_slopes.mean() + 2681.35) < 0.01

# %% [markdown]
# Ten outputs have ten slopes. Put the mean back to get one, or ask `jax.jacobian` for
# all ten.
#
# ## What JAX sees: tracing
#
# To follow your code, JAX calls it with a *tracer* in place of the number: an object
# that knows a shape and a type, and records what is done to it. A `print` shows when
# that happens.


# %%
@jax.jit
def talkative_loss(multiplier, belt_in, belt_cm):
    print("tracing: a", multiplier.dtype, "of shape", multiplier.shape)
    return loss(multiplier, belt_in, belt_cm)


for multiplier in (1.5, 1.7, 2.5):
    print(f"{talkative_loss(multiplier, belt_in, belt_cm):.1f}")

# %% [markdown]
# Three calls, but the first line appears once: Python ran once, and what it recorded
# ran three times. You can read the recording. It holds one operation a line, each with
# a known derivative, and every `f32` is a float32:

# %%
recorded = jax.make_jaxpr(loss)(1.7, belt_in, belt_cm)
print(recorded.pretty_print(use_color=False))

# %% tags=["remove-cell"]
recorded_slope = jax.make_jaxpr(jax.grad(loss))(1.7, belt_in, belt_cm)
assert len(recorded.eqns) < len(recorded_slope.eqns) < 3 * len(recorded.eqns)

# %% [markdown]
# Read it from the bottom, as reverse mode does, and you see the chain rule at work. The
# division passes on $1/n$, the sum hands that to every belt, the power multiplies by
# $2 (m x_i - y_i)$, the subtraction by one, the product by $x_i$, and $m$ adds up what
# its ten belts send back. That is {eq}`slopes-derivative`, found without a formula.
#
# A recording has no place for a decision, which is a common stumble. Say you forbid
# negative multipliers, since no belt has a negative length:


# %%
def bounded_loss(multiplier, belt_in, belt_cm):
    if multiplier < 0:
        return float("inf")
    return loss(multiplier, belt_in, belt_cm)


try:
    jax.jit(bounded_loss)(1.7, belt_in, belt_cm)
except jax.errors.TracerBoolConversionError as error:
    print(str(error).splitlines()[0])

# %% tags=["remove-cell"]
assert abs(jax.grad(bounded_loss)(1.7, belt_in, belt_cm) + 2681.35) < 0.002

# %% [markdown]
# During the tracing, `multiplier < 0` has no value, so `if` cannot choose. (`jax.grad`
# without `jit` knows the value and passes.) The cure is to record both branches and
# let an array operation choose:

# %%
import jax.numpy as jnp


def bounded_loss(multiplier, belt_in, belt_cm):
    return jnp.where(multiplier < 0, jnp.inf, loss(multiplier, belt_in, belt_cm))


for multiplier in (-1.0, 1.7):
    print(f"{jax.jit(bounded_loss)(multiplier, belt_in, belt_cm):.1f}")

# %% [markdown]
# ## Argument 0, and the others
#
# `loss` has three arguments, and `grad` differentiates with respect to the first,
# argument 0, unless `argnums` says otherwise. Argument 1 is data. Its gradient says how
# fast the loss would change if one belt measured more inches, all else held fixed.

# %%
by_inches = jax.grad(loss, argnums=1)(1.7, belt_in, belt_cm)
print([f"{pull:.1f}" for pull in by_inches])

# %% tags=["remove-cell"]
assert by_inches.shape == (10,)
assert np.all(by_inches < 0)
assert np.allclose(by_inches, 2 / 10 * 1.7 * (1.7 * belt_in - belt_cm), rtol=1e-5)

# %% [markdown]
# One number for each belt, $\frac{2}{n} m (m x_i - y_i)$ by hand. All are negative: at
# 1.7 every belt comes out too short, and more inches would help. You do not fit a model
# by changing its data, but this gradient finds the rows that pull hardest. Ask at the
# best multiplier, for argument 2, the centimeters:

# %%
#| name: fig-slopes-pulls
#| caption: The gradient with respect to each length in centimeters, at the best
#|   multiplier.
#| alt: Ten vertical stems, one for each belt length in inches. The shortest belt's stem
#|   goes far down, to about -0.10. The next is the highest, at 0.08, and from there
#|   the stems shrink steadily, pass zero between the sixth and the seventh belt, and
#|   end below zero at the longest belt.
pulls = jax.grad(loss, argnums=2)(best, belt_in, belt_cm)
figure, ax = plt.subplots()
ax.axhline(0, color=BLACK, linewidth=1)
ax.vlines(belt_in, 0, pulls, color=ORANGE)
ax.plot(belt_in, pulls, "o", color=ORANGE)
ax.annotate("the shortest belt", (30.5, pulls[0]), (10, 0), textcoords="offset points")
ax.set(xlabel="belt (inches)", ylabel="slope of loss (cm² per cm)")
ax.set(xticks=range(30, 51, 5))
ax.set_title("At the bottom the belts pull both ways")
plt.show()

# %% tags=["remove-cell"]
claim("-0.10", pulls[0])
claim("0.08", pulls[1])
assert np.all(np.diff(pulls[1:]) < 0)
assert pulls[5] > 0 > pulls[6]
assert abs(belt_in @ np.asarray(pulls, dtype=float)) < 1e-3
assert np.abs(pulls).argmax() == 0
assert np.array_equal(np.round(2.54 * belt_in), belt_cm)

# %% [markdown]
# Weighted with the inches, these pulls cancel: the zero of {eq}`slopes-derivative` in
# another form. The first belt pulls hardest and breaks the pattern of the rest, a trace
# of the shop's rounding to whole centimeters.
#
# ## The slope of the slope
#
# What `grad` returns is a function, so you can differentiate it again.

# %%
curvature_at = jax.grad(jax.grad(loss))
for multiplier in (0.0, 1.7, 5.0):
    print(f"{curvature_at(multiplier, belt_in, belt_cm):.2f}")

# %% tags=["remove-cell"]
claim("3186.50", curvature_at(1.7, belt_in, belt_cm))
claim("3186.5", curvature)
claim("0.00063", 2 / curvature)

# %% [markdown]
# The *curvature* is 3186.5 everywhere, twice the mean of $x^2$, as the theory of a
# parabola has it. Keep this number: in {ref}`descent`, two divided by it, 0.00063,
# turns out to be the largest learning rate at which a descent holds together.
#
# Here are all routes to the slope at 1.7, side by side.

# %%
import pandas as pd

routes = {"by hand": slope(1.7, *belts)}
for dtype in (np.float32, np.float64):
    m, h, *data = (np.asarray(v, dtype) for v in (1.7, best_step[dtype], *belts))
    routes[f"forward, {dtype.__name__}"] = forward_difference(loss, m, h, *data)
routes["central, float64, h = 0.1"] = central_difference(loss, 1.7, 0.1, *belts)
routes["JAX, float32"] = float(jax.grad(loss)(1.7, *belts))
with jax.enable_x64(True):
    routes["JAX, float64"] = float(jax.grad(loss)(1.7, *belts))
pd.Series(routes).map("{:.3f}".format).to_frame("slope at 1.7")

# %% tags=["remove-cell"]
claim("-2681.350", routes["by hand"])
agreeing = [name for name in routes if name != "forward, float32"]
assert all(f"{routes[name]:.3f}" == "-2681.350" for name in agreeing)
assert 0.005 < abs(routes["forward, float32"] + 2681.35) < 3

# %% [markdown]
# All but one agree on $-2681.350$ to the third decimal; the forward difference in
# float32, even at its best step, cannot. (PyTorch records operations too: see
# {ref}`conditioning`.)
#
# ## What to keep
#
# - The sign of the slope says which way is down; its size says how steep, not how far.
# - The slope of the mean squared error is linear in $m$; its zero is the best
#   multiplier.
# - A finite difference has two errors that pull $h$ in opposite directions. Choose $h$
#   by the balance, never as small as possible.
# - Automatic differentiation has no $h$. Its result is as exact as the number type,
#   which in JAX is float32 until you change it.
# - `grad` needs one output, differentiates argument 0, and sees your code through
#   tracers.
#
# ## Exercises
#
# ::::{exercise}
# :label: ex-slopes-two-readings
# You are given the slope at 1.5 and at 1.7, and nothing else about the belts. Where is
# the bottom? Would the two *losses* have been enough?
# ::::
#
# ::::{solution} ex-slopes-two-readings
# :class: dropdown
# The slope is a straight line, so follow it to zero:
#
# ```python
# low, high = slope(1.5, *belts), slope(1.7, *belts)
# 1.7 - high * (1.7 - 1.5) / (high - low)
# ```
#
# This gives 2.5414718. Two losses are not enough: a parabola has three unknowns.
# ::::
#
# ::::{exercise}
# :label: ex-slopes-complex-step
# The tiny step can be saved. Evaluate the loss at the *complex* number $m + ih$, with
# $m = 1.7$ and $h = 10^{-20}$, and divide the imaginary part by $h$. Why does this
# work?
# ::::
#
# ::::{solution} ex-slopes-complex-step
# :class: dropdown
# ```python
# h = 1e-20
# loss(1.7 + 1j * h, belt_in, belt_cm).imag / h
# ```
#
# This gives $-2681.35$. By Taylor's theorem $L(m + ih) = L(m) + ih L'(m) - \dots$, so
# the imaginary part is $h L'(m)$, with an error of order $h^3$. The real part holds the
# large loss, the imaginary part the small change, and nothing is subtracted.
# ::::
#
# ::::{exercise}
# :label: ex-slopes-closed-form
# `grad` differentiates any code that it can record, a solution too. Which entry of
# `belt_cm` moves the best multiplier most, and by how much for one centimeter?
# ::::
#
# ::::{solution} ex-slopes-closed-form
# :class: dropdown
# ```python
# def best_multiplier(belt_in, belt_cm):
#     return (belt_in @ belt_cm) / (belt_in @ belt_in)
#
#
# jax.grad(best_multiplier, argnums=1)(jnp.array(belt_in), jnp.array(belt_cm))
# ```
#
# The entries are $x_i / \sum_j x_j^2$, so the longest belt has the most leverage: one
# centimeter there moves $m^*$ by 0.0030.
# ::::
#
# ::::{exercise}
# :label: ex-slopes-kink
# Open: replace the square by the absolute value. Where one residual is exactly zero,
# the curve has a corner. What do JAX, the forward and the central difference say there,
# and what should a method that walks downhill do with it?
# ::::
#
# ::::{solution} ex-slopes-kink
# :class: dropdown
# ```python
# print(jax.grad(jnp.abs)(0.0))
# print(forward_difference(abs, 0, 0.1), central_difference(abs, 0, 0.1))
# ```
#
# For $|m|$ at zero, JAX and the forward difference say one, the central difference zero
# by symmetry. None is wrong: every number from $-1$ to $1$ is the slope of a line that
# touches the corner from below, a *subgradient*. But the slope no longer fades as the
# bottom comes near, so a walker has to shorten its steps by itself.
# ::::

# %% tags=["remove-cell"]
low, high = slope(1.5, *belts), slope(1.7, *belts)
claim("2.5414718", 1.7 - high * (1.7 - 1.5) / (high - low))
claim("-2681.35", loss(1.7 + 1e-20j, *belts).imag / 1e-20)


def best_multiplier(belt_in, belt_cm):
    return (belt_in @ belt_cm) / (belt_in @ belt_in)


leverage = jax.grad(best_multiplier, argnums=1)(jnp.array(belt_in), jnp.array(belt_cm))
claim("0.0030", leverage[-1])
assert leverage.argmax() == 9
assert np.allclose(leverage, belt_in / (belt_in @ belt_in), rtol=1e-5)
assert jax.grad(jnp.abs)(0.0) == forward_difference(abs, 0, 0.1) == 1
assert central_difference(abs, 0, 0.1) == 0

# %% [markdown]
# ## Sources and further reading
#
# The belts and the road from a grid to JAX's `grad` come from Josef Fruehwald's
# tutorial {cite}`fruehwald2022`. Baydin and others {cite}`baydin2018` survey automatic
# differentiation and clear up what it is not; the system used here is JAX
# {cite}`jax2018`. Goldberg {cite}`goldberg1991` explains floating-point numbers, Higham
# {cite}`higham2002` what they do to algorithms, and Nocedal and Wright
# {cite}`nocedal2006` treat finite and automatic differences for optimization.
