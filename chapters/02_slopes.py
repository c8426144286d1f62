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
# The grid of {ref}`grid-search` tried fifty multipliers, and no trial knew what the
# others had found. Stand at the guess 1.7, where the loss is 1128.2125. Is the answer
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
claim("1.7", 1.7)

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
ax.text(1.31, 2500, f"slope {slope(1.7, *belts):.2f}", color=ORANGE)
ax.text(2.85, 500, "loss", color=BLUE)
ax.set(xlabel="multiplier $m$ (cm per inch)", ylabel="loss (cm²)", ylim=(-150, 4000))
ax.set_title("The tangent at 1.7 points down to the right")

# %% tags=["remove-cell"]
claim("2.54", (belt_in @ belt_cm) / (belt_in @ belt_in))
claim("2.12", 1.7 - loss(1.7, *belts) / slope(1.7, *belts))

# %% [markdown]
# ## Where the slope is zero
#
# {eq}`slopes-derivative` is linear in $m$, so the slopes lie on a straight line, and a
# rising line has one zero. Set the sum to zero and solve:
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
bottom.text(0.05, 600, "below zero:\ngo right", color=GRAY)
bottom.text(4.95, -600, "above zero:\ngo left", color=GRAY, ha="right", va="top")
bottom.set(xlabel="multiplier $m$ (cm per inch)", ylabel="slope (cm² per unit of $m$)")
for ax in (top, bottom):
    ax.axvline(best, color=GREEN, linestyle="--")

# %% tags=["remove-cell"]
assert np.all(np.diff(slopes) > 0)
assert np.allclose(np.diff(slopes, 2), 0, atol=1e-9)
nearest = min(grid, key=lambda m: loss(m, *belts))
claim("2.551", nearest)
assert loss(nearest, *belts) > loss(best, *belts)

# %% [markdown]
# The formula gives 2.5414718, where the grid had to stop at 2.551. In
# {numref}`fig-slopes-line` the loss itself is not monotonic: it falls, then rises. It
# is the *slope* that only rises. A curve with that property is called *convex*
# {cite}`boyd2004`, and wherever you stand on it, the sign of the slope tells you on
# which side the bottom lies.
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
# the tangent missed above (0.0016 is 1593.25 times 0.001, squared and divided by the
# step). The central difference is exact at a step as long as 1, because on a parabola
# the bends on the two sides cancel. Keep in mind that a parabola is a special case.
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
#| caption: At the scale of the gaps between float32 numbers, the loss is a scatter of
#|   dots around the true line.
#| alt: The horizontal axis counts float32 numbers away from 1.7, from -20 to 20. A
#|   straight orange line, the exact loss, falls steadily. Blue dots, the loss computed
#|   in float32, lie scattered about it on a few evenly spaced heights. Neighboring
#|   dots fall by very different amounts, and two lie at the same height.
single = [column.astype(np.float32) for column in belts]
center, gap = np.float32(1.7), np.spacing(np.float32(1.7))
neighbors = center + np.arange(-20, 21, dtype=np.float32) * gap
rounded = np.array([loss(m, *single) for m in neighbors])
exact = np.array([loss(float(m), *belts) for m in neighbors])
figure, ax = plt.subplots()
ax.plot(np.arange(-20, 21), (exact - exact[20]) * 1e3, color=ORANGE)
ax.plot(np.arange(-20, 21), (rounded - exact[20]) * 1e3, ".", color=BLUE)
ax.text(2, 3, "dots: loss in float32", color=BLUE)
ax.text(-19, -3, "line: exact loss", color=ORANGE)
ax.set(xlabel="float32 numbers away from 1.7")
ax.set(ylabel="change of loss (0.001 cm²)")
ax.set_title("Close up, rounding hides the slope")

# %% tags=["remove-cell"]
quotients = np.diff(rounded.astype(float)) / np.diff(neighbors.astype(float))
loss_gap = np.spacing(np.float32(loss(1.7, *belts)))
claim("1024", loss_gap / gap)
assert np.all(quotients % 1024 == 0) and len(set(quotients)) > 3
assert np.any(quotients == 0)

# %% [markdown]
# Losses come in multiples of one gap, and so do multipliers. A quotient between
# neighboring dots can therefore only be a multiple of 1024, and $-2681.35$ is not
# among them.
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
# Now measure. One error of rounding is a lottery ticket, so take the median over
# multipliers near the guess, and divide by the slope to count correct digits.


# %%
def typical_error(rule, loss, slope, h, dtype, belts):
    data = [column.astype(dtype) for column in belts]
    errors = []
    for multiplier in np.linspace(1.6, 1.8, 101):
        m = dtype(multiplier)
        estimate = rule(loss, m, dtype(h), *data)
        errors.append(abs(float(estimate) / slope(float(m), *belts) - 1))
    return np.median(errors)


# %%
#| name: fig-slopes-v
#| caption: The error of the forward difference against its step. Dots are measured,
#|   dashed lines predicted; the vertical lines are the predicted best steps.
#| alt: Logarithmic axes: step from 1e-16 to 1, relative error from about 1e-9 to 1. The
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
ax.set(xlabel="step $h$ (cm per inch)", ylabel="relative error", ylim=(2e-10, 5))
ax.set_title("Too long a step bends, too short a step rounds")
