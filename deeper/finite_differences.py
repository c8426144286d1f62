# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (finite-differences)=
# # Where do finite differences stop?
#
# Two evaluations of a loss give its slope, without calculus. At the guess 1.7, with the
# step that a formula calls best, eight of the sixteen digits that a computer holds are
# right. A millionth away from the bottom the same formula leaves you two. What sets
# these limits, and is there a way around them?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** see rounding make steps, predict the best $h$ from a formula, measure
#   it, find the place where the formula fails, and compare three ways around.
# - **You need** {ref}`slopes`: forward differences, the curvature $L''$, and the V.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # so that it finds `helpers` here too

# %% [markdown]
# The data are the belts of {ref}`slopes`, in inches and in centimeters.

# %%
import numpy as np

from helpers import load_belts, use_book_style

use_book_style()
belts = load_belts()  # two arrays of ten

# %% [markdown]
# The loss, its slope by hand, and the forward difference come from there too. One line
# is new. The sum $m + h$ is rounded, so the step that you take is not quite $h$. The
# difference `(m + h) - m` is the step that you do take, and dividing by it takes this
# rounding out.


# %%
def belt_loss(multiplier, belt_in, belt_cm):
    return ((multiplier * belt_in - belt_cm) ** 2).mean()


def belt_slope(multiplier, belt_in, belt_cm):
    return 2 * (belt_in * (multiplier * belt_in - belt_cm)).mean()


def forward_difference(function, m, h, *data):
    run = (m + h) - m
    return (function(m + h, *data) - function(m, *data)) / run


# %% [markdown]
# ## What rounding does to a slope
#
# A number type holds some numbers and not those between. Walk over the numbers that
# float32 has around 1.7, from each to its neighbor, and divide rise by run:

# %%
belts32 = [lengths.astype(np.float32) for lengths in belts]
gap = np.spacing(np.float32(1.7))  # from 1.7 to its neighbor
counts = np.arange(-4, 13, dtype=np.float32)
neighbors = np.float32(1.7) + counts * gap
losses = np.array([belt_loss(m, *belts32) for m in neighbors])
quotients = np.diff(losses) / np.diff(neighbors)
print(np.unique(quotients))

# %% [markdown]
# Sixteen quotients, but only five values, all of them multiples of 1024. Between 1 and
# 2 the float32 numbers are $2^{-23}$ apart: that is the run. Between 1024 and 2048,
# where the losses lie, they are $2^{-13}$ apart, so a rise is a whole number of these.
# The quotients come in units of $2^{-13} / 2^{-23}$, which is 1024. The true slope,
# $-2681.35$, is not among them.

# %% tags=["hide-input"]
#| name: fig-differences-close
#| caption: Dots are the loss as float32 computes it. They follow the exact loss, the
#|   line, to within two of float32's gaps, which is enough to hide the slope between
#|   neighbors.
#| alt: The horizontal axis counts neighboring float32 numbers from 1.7. A straight
#|   line, the exact loss, falls steadily. The dots of the loss computed in float32 lie
#|   close to it, now above, now below, and from one dot to the next the loss falls,
#|   stays or falls steeply.
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY, GREEN, ORANGE

exact = np.array([belt_loss(float(m), *belts) for m in neighbors])
start = belt_loss(float(np.float32(1.7)), *belts)
figure, ax = plt.subplots()
ax.plot(counts, (exact - start) * 1e3, color=ORANGE)
ax.plot(counts, (losses - start) * 1e3, "o-", color=BLUE, lw=0.8)
ax.text(3, 0.3, "computed in float32", color=BLUE)
ax.text(-4, -0.9, "exact", color=ORANGE)
ax.set(xlabel="float32 numbers counted from 1.7")
ax.set(ylabel="change of loss (10⁻³ cm²)")
ax.set_title("Between neighbors, rounding swamps the slope")
plt.show()

# %% [markdown]
# Over sixteen gaps the trend in {numref}`fig-differences-close` is clear. So the cure
# is a longer step. How much longer?

# %% tags=["remove-cell"]
from fractions import Fraction

from helpers import checks, claim, given

with checks("What rounding does to a slope"):
    given("float32 has around 1.7", "numbers from 1.7")
    loss_gap = np.spacing(losses.max())
    claim(
        "Sixteen quotients, but only five values, all of them multiples of 1024",
        quotients.size == 16
        and len(set(quotients)) == 5
        and (quotients % 1024 == 0).all(),
    )
    claim(
        "Between 1 and 2 the float32 numbers are 2^-23 apart",
        gap == 2.0**-23,
    )
    claim(
        "Between 1024 and 2048, where the losses lie, they are 2^-13 apart",
        losses.min() > 1024
        and losses.max() < 2048
        and loss_gap == 2.0**-13,
    )
    claim("of 2^-13 / 2^-23, which is 1024", loss_gap / gap == 1024)
    claim("The true slope, -2681.35, is", belt_slope(1.7, *belts))
    claim(
        "within two of float32's gaps",
        abs(losses - exact).max() < 2 * loss_gap,
    )

# %% [markdown]
# ## The best step, predicted and measured
#
# Two errors pull $h$ in opposite directions. The first is *truncation*: over a step $h$
# the slope changes by $h L''$, and a chord sees the mean of both ends, which is off by
# half of that. The second is *rounding*. Let $\varepsilon$ be the gap between the
# number one and the next, *{term}`machine epsilon`*. A loss carries an error of typical
# size $\varepsilon |L|$, and the division by $h$ makes it large. Together:
#
# ```{math}
# :label: differences-v
# \begin{aligned}
# \text{error}(h) &\approx
# \underbrace{\frac{h}{2} |L''|}_{\text{truncation}} +
# \underbrace{\frac{\varepsilon |L|}{h}}_{\text{rounding}} \\
# h_{\text{best}} &= \sqrt{\frac{2 \varepsilon |L|}{|L''|}}
# \end{aligned}
# ```
#
# At $h_{\text{best}}$ the two are equal; to find it, set the derivative of the sum to
# zero. This needs $L'' \neq 0$. And the rounding term is a typical size, not a bound:
# storing a loss costs at most $\frac{\varepsilon}{2} |L|$, but the roundings inside the
# loss come on top.

# %%
curvature = 2 * (belts[0] ** 2).mean()
for dtype in (np.float32, np.float64):
    rounding = np.finfo(dtype).eps * belt_loss(1.7, *belts)
    best_step = np.sqrt(2 * rounding / curvature)
    print(f"{best_step:.1e} predicted, {dtype.__name__}")

# %% [markdown]
# Now measure. A single rounding is a matter of luck, so take the median over 101
# multipliers from 1.6 to 1.8. Divide each error by the slope: one part in a thousand
# then means about three correct digits.


# %%
def typical_error(difference, loss_and_slope, h, dtype):
    loss, slope = loss_and_slope
    data = [lengths.astype(dtype) for lengths in belts]
    found, true = [], []
    for m in np.linspace(1.6, 1.8, 101).astype(dtype):
        found.append(difference(loss, m, dtype(h), *data))
        true.append(slope(float(m), *belts))
    return np.median(abs(np.float64(found) / true - 1))


squares = (belt_loss, belt_slope)
for h in (1e-4, 1e-6, 1e-8, 1e-10, 1e-12):
    error = typical_error(forward_difference, squares, h, np.float64)
    print(f"relative error {error:.0e} at h = {h:.0e}")

# %% [markdown]
# There is the V, and it turns where it should. A step a hundred times too short costs
# about as much as one a hundred times too long. Now more steps, and both types:

# %%
spans = {
    np.float32: np.logspace(-6, 0, 25),
    np.float64: np.logspace(-15, 0, 61),
}
errors = {}
for dtype, steps in spans.items():
    errors[dtype] = [
        typical_error(forward_difference, squares, h, dtype)
        for h in steps
    ]

# %% [markdown]
# {numref}`fig-differences-v` draws them on the prediction.

# %% tags=["hide-input"]
#| name: fig-differences-v
#| caption: The forward difference. Dots are measured, dashed lines are predicted, and
#|   each vertical line is a predicted best step.
#| alt: Logarithmic axes, the step from 1e-15 to 1 across and the relative error up. The
#|   float32 and the float64 dots each form a V. The right arms coincide. The left arm
#|   of float32 lies far to the right of that of float64. Each V turns near its vertical
#|   line, float64 near an error of 1e-8, float32 near 1e-4. Dashed lines follow the
#|   dots.
figure, ax = plt.subplots()
for dtype, color in ((np.float32, ORANGE), (np.float64, BLUE)):
    steps = spans[dtype]
    rounding = np.finfo(dtype).eps * belt_loss(1.7, *belts)
    predicted = steps / 2 * curvature + rounding / steps
    relative = predicted / abs(belt_slope(1.7, *belts))
    ax.loglog(steps, relative, "--", color=GRAY, linewidth=1)
    ax.loglog(steps, errors[dtype], ".", color=color)
    ax.axvline(np.sqrt(2 * rounding / curvature), color=color, lw=1)
ax.text(3e-8, 1e-9, "float64", color=BLUE)
ax.text(5e-4, 3e-6, "float32", color=ORANGE)
ax.set(xlabel="step h (cm per inch)", ylabel="relative error")
ax.set(ylim=(2e-10, 5))
ax.set_title("Each number type has its own best step")
plt.show()

# %% [markdown]
# Both turn near the predicted step, though the rounding is only about half of what we
# allowed for. Put $h_{\text{best}}$ into {eq}`differences-v`, and the error is
# proportional to $\sqrt{\varepsilon}$: the square root halves the number of digits. Far
# from the bottom, a forward difference keeps about half of them.

# %% tags=["remove-cell"]
with checks("The best step, predicted and measured"):
    given("101 multipliers from 1.6 to 1.8")
    single, steps = spans[np.float32], spans[np.float64]
    claim("step from 1e-15 to 1 across", steps[0], steps[-1])
    by_step = {
        h: typical_error(forward_difference, squares, h, np.float64)
        for h in (1e-6, 1e-8, 1e-10)
    }
    claim(
        "it turns where it should",
        min(by_step, key=by_step.get) == 1e-8,
    )
    claim(
        "A step a hundred times too short costs about as much",
        0.4 < by_step[1e-10] / by_step[1e-6] < 1.5,
    )
    claim(
        "as one a hundred times too long",
        20 < by_step[1e-6] / by_step[1e-8] < 200,
    )
    eps = np.array([np.finfo(np.float32).eps, np.finfo(np.float64).eps])
    h_best = np.sqrt(2 * eps * belt_loss(1.7, *belts) / curvature)
    curves = [
        np.array(errors[np.float32]),
        np.array(errors[np.float64]),
    ]
    least = np.array([curve.min() for curve in curves])
    turns = np.array(
        [single[curves[0].argmin()], steps[curves[1].argmin()]]
    )
    claim(
        "float64 near an error of 1e-8, float32 near 1e-4",
        2e-9 < least[1] < 3e-8 and 3e-5 < least[0] < 7e-4,
    )
    claim(
        "Both turn near the predicted step",
        (abs(np.log(turns / h_best)) < np.log(3)).all(),
    )
    arms = [
        np.median(curve[h < best / 5] * h[h < best / 5])
        for curve, h, best in zip(
            curves, spans.values(), h_best, strict=True
        )
    ]
    allowed = eps * belt_loss(1.7, *belts) / 2681.35
    claim(
        "only about half of what we allowed for",
        (arms / allowed > 0.35).all() and (arms / allowed < 0.75).all(),
    )
    digits = np.log(least) / np.log(eps)
    claim(
        "keeps about half of them",
        0.4 < min(digits) <= max(digits) < 0.6,
    )
    claim(
        "The right arms coincide",
        np.allclose(curves[0][-8:], curves[1][-8:], 0.05),
    )

    def exactly_at(m):
        pairs = zip(
            map(Fraction, belts[0]),
            map(Fraction, belts[1]),
            strict=True,
        )
        squares = [(Fraction(m) * x - y) ** 2 for x, y in pairs]
        return sum(squares) / len(squares)

    stored = []
    for m in np.linspace(1.6, 1.8, 101).tolist():
        right = exactly_at(m)
        off = Fraction(float(belt_loss(m, *belts))) - right
        stored.append(abs(float(off / right)) / eps[1])
    above = np.mean(np.array(stored) > 0.5)
    claim(
        "the roundings inside the loss come on top", 0.05 < above < 0.6
    )
    claim("of typical size", 0.1 < np.median(stored) < 1)

# %% [markdown]
# ## A step to both sides
#
# A **central difference** steps to both sides. On a parabola it has no truncation at
# all: the bend raises both ends equally and cancels. So test it on a loss that bends
# unevenly, the mean *fourth* power of the residuals. What is left there comes from the
# slope of the curvature, the third derivative $L'''$. The best step follows as before,
# from the derivative of the sum:
#
# ```{math}
# :label: differences-central
# \begin{aligned}
# \text{error}(h) &\approx
# \underbrace{\frac{h^2}{6} |L'''|}_{\text{truncation}} +
# \underbrace{\frac{\varepsilon |L|}{2h}}_{\text{rounding}} \\
# h_{\text{best}} &= \left( \frac{3 \varepsilon |L|}{2 |L'''|} \right)^{1/3}
# \end{aligned}
# ```


# %%
def central_difference(function, m, h, *data):
    run = (m + h) - (m - h)
    return (function(m + h, *data) - function(m - h, *data)) / run


def fourth_loss(multiplier, belt_in, belt_cm):
    return ((multiplier * belt_in - belt_cm) ** 4).mean()


def fourth_slope(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm
    return 4 * (belt_in * residual**3).mean()


# %% [markdown]
# The run is $2h$, so the rounding arm should lie at half the height. And the truncation
# arm, with $h^2$ in place of $h$, should be twice as steep.

# %%
fourth = (fourth_loss, fourth_slope)
steps = np.logspace(-15, 0, 61)
forward_errors, central_errors = (
    [typical_error(difference, fourth, h, np.float64) for h in steps]
    for difference in (forward_difference, central_difference)
)

# %% [markdown]
# {numref}`fig-differences-central` compares the two.

# %% tags=["hide-input"]
#| name: fig-differences-central
#| caption: One loss, the mean fourth power, and two differences, in float64. The
#|   vertical line is the best step that the formula predicts for the central one.
#| alt: Logarithmic axes, the step across and the relative error up. On the left the
#|   dots of both differences fall side by side, central a little lower. The forward
#|   dots turn up early, at an error near 1e-8. The central dots go on falling to an
#|   error near 1e-11, turn near the vertical line, and rise twice as steeply.
residual = 1.7 * belts[0] - belts[1]
third = 24 * (belts[0] ** 3 * residual).mean()  # L''' at 1.7
rounding = np.finfo(np.float64).eps * fourth_loss(1.7, *belts)
best_central = np.cbrt(1.5 * rounding / abs(third))
figure, ax = plt.subplots()
ax.loglog(steps, forward_errors, ".", color=BLUE)
ax.loglog(steps, central_errors, ".", color=GREEN)
ax.axvline(best_central, color=GREEN, linewidth=1)
ax.text(1e-7, 1e-5, "forward", color=BLUE, ha="right")
ax.text(2.5e-4, 3e-11, "central", color=GREEN)
ax.set(xlabel="step h (cm per inch)", ylabel="relative error")
ax.set(ylim=(1e-12, 5))
ax.set_title("Both sides: a longer step, a deeper V")
plt.show()

# %% [markdown]
# Both come true. On the right arm a step ten times shorter is a hundred times better.
# So the best step is longer and its error smaller: about two thirds of the digits are
# right. It costs two new evaluations for every parameter, where the forward difference
# shares $L(m)$ among all.

# %% tags=["remove-cell"]
with checks("A step to both sides"):
    forward_curve, central_curve = (
        np.array(forward_errors),
        np.array(central_errors),
    )

    def arm(curve, low, high):
        part = (steps > low) & (steps < high)
        return np.polyfit(np.log(steps[part]), np.log(curve[part]), 1)[
            0
        ]

    steep = arm(central_curve, 4 * best_central, 0.3)
    gentle = arm(forward_curve, 1e-6, 0.3)
    claim("should be twice as", abs(steep / gentle - 2) < 0.1)
    claim("and rise twice as", abs(steep - 2) < 0.05)
    claim(
        "a step ten times shorter is a hundred times better",
        abs(10**steep / 100 - 1) < 0.15,
    )
    claim("an error near 1e-8", 1e-9 < forward_curve.min() < 5e-8)
    claim("an error near 1e-11", 2e-12 < central_curve.min() < 1e-10)
    turn = steps[central_curve.argmin()]
    claim(
        "turn near the vertical line",
        abs(np.log(turn / best_central)) < np.log(3),
    )
    share = np.log(central_curve.min()) / np.log(eps[1])
    claim("about two thirds of the digits", 0.6 < share < 0.75)
    left = (steps > 1e-14) & (steps < 1e-10)
    ratio = np.median(forward_curve[left] / central_curve[left])
    claim("should lie at half the height", 1.4 < ratio < 2.8)
    claim("central a little lower", ratio > 1)
    on_parabola = central_difference(belt_loss, 1.7, 1.0, *belts)
    claim(
        "On a parabola it has no truncation",
        abs(on_parabola / -2681.35 - 1) < 1e-12,
    )

# %% [markdown]
# ## Near the bottom
#
# The relative error at $h_{\text{best}}$ is
# $\sqrt{2 \varepsilon |L| \, |L''|} \, / \, |L'|$. Near the bottom $L'$ fades, so it
# grows. Test this closer and closer to $m^*$, each time with the step that the formula
# calls best.


# %%
def forward_by_formula(function, m, longer=1):
    rounding = np.finfo(np.float64).eps * belt_loss(m, *belts)
    h = longer * np.sqrt(2 * rounding / curvature)
    return forward_difference(function, m, h, *belts)


# %% [markdown]
# Watch the roundings inside the loss. The first is that of the product $m x$. It is
# near 100 cm, while the residual, after subtracting $y$, is below one. As a control,
# take this rounding away: Python's `Fraction` calculates exactly, and only the finished
# residual is rounded.

# %%
from fractions import Fraction


def exact_residual(m, belt_in, belt_cm):
    m = Fraction(float(m))
    pairs = zip(belt_in, belt_cm, strict=True)
    return [m * Fraction(x) - Fraction(y) for x, y in pairs]


def careful_loss(m, belt_in, belt_cm):
    residual = np.array(exact_residual(m, belt_in, belt_cm), float)
    return (residual**2).mean()


# %% [markdown]
# Fractions also give the exact slope to compare with. Again take the median over 101
# multipliers:

# %%
best = (belts[0] @ belts[1]) / (belts[0] @ belts[0])


def exact_slope(m):
    pairs = zip(belts[0], exact_residual(m, *belts), strict=True)
    return float(2 * sum(Fraction(x) * r for x, r in pairs) / 10)


def error_near_bottom(slope_at, distance):
    ms = best + distance * np.linspace(0.95, 1.05, 101)
    ratios = [slope_at(m) / exact_slope(m) for m in ms]
    return np.median(abs(np.array(ratios) - 1))


# %% [markdown]
# Start at the distance of 1.7:

# %%
distances = 0.84 * np.logspace(0, -8, 17)


def errors_of(loss):
    def slope_at(m):
        return forward_by_formula(loss, m)

    return [error_near_bottom(slope_at, d) for d in distances]


plain, control = errors_of(belt_loss), errors_of(careful_loss)

# %% [markdown]
# {numref}`fig-differences-bottom` draws both.

# %% tags=["hide-input"]
#| name: fig-differences-bottom
#| caption: The forward difference with the step that the formula calls best, ever
#|   nearer to the bottom. Dots are measured, the dashed line is predicted.
#| alt: Logarithmic axes, the distance from the bottom across, from about 1 on the left
#|   to 1e-8 on the right, and the relative error up. A dashed line starts near 1e-8,
#|   stays level at first and then rises, to 0.01. The dots of the control stay a little
#|   below it. The dots of the belts' loss leave it early and run far above it, to an
#|   error above 0.1.
ms = best + distances
losses = np.array([belt_loss(m, *belts) for m in ms])
slopes = np.array([belt_slope(m, *belts) for m in ms])
rounding = np.finfo(np.float64).eps * losses
predicted = np.sqrt(2 * rounding * curvature) / slopes
figure, ax = plt.subplots()
ax.loglog(distances, predicted, "--", color=GRAY, linewidth=1.2)
ax.loglog(distances, plain, "o", color=BLUE, markersize=5)
ax.loglog(distances, control, "o", color=GREEN, markersize=5)
ax.text(1e-3, 2e-4, "the belts' loss", color=BLUE, ha="right")
ax.text(1e-5, 2e-8, "control:\nproducts not\nrounded", color=GREEN)
ax.invert_xaxis()
ax.set(xlabel="distance from the bottom (cm per inch)")
ax.set(ylabel="relative error", ylim=(1e-9, 2))
ax.set_title("Near the bottom the digits run out")
plt.show()

# %% [markdown]
# The control keeps to the prediction. The belts' loss does not: close to the bottom it
# is more than ten times worse, and a hundred millionth away its error is about a third
# of the slope. So it was the products: without their rounding the formula holds.

# %% tags=["remove-cell"]
with checks("Near the bottom"):
    given("median over 101 multipliers")
    claim(
        "Start at the distance of 1.7",
        abs(best - 1.7 - distances[0]) < 0.01,
    )
    plain, control = np.array(plain), np.array(control)
    near = distances < 1e-4
    claim("from about 1 on the left", 0.5 < distances[0] < 1.5)
    claim("to 1e-8 on the right", 0.5e-8 < distances[-1] < 1.5e-8)
    claim("starts near 1e-8", 0.5e-8 < predicted[0] < 3e-8)
    claim("and then rises, to 0.01", predicted[-1])
    claim("to an error above 0.1", plain[-1])
    claim(
        "keeps to the prediction",
        (abs(np.log(control / predicted)) < 1.5).all(),
    )
    claim("stay a little below it", (control < predicted).all())
    claim(
        "more than ten times worse",
        (plain[near] > 10 * predicted[near]).all(),
    )
    claim("is about a third of the slope", 0.15 < plain[-1] < 0.6)
    residuals = best * belts[0] - belts[1]
    claim("is near 100 cm", round((best * belts[0]).mean(), -1))
    claim("is below one", abs(residuals).max() < 1)

# %% [markdown]
# ## Three ways around
#
# Here the noise is larger than $\varepsilon |L|$, so the first way is a longer step
# than the formula's. The second is a step to both sides, with $h = 0.01$. That is a
# million times the last distance above. Can it work?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Yes, on this loss. On a parabola a central difference has no truncation, however long
# the step. And a long step makes the rounding small: the noise is divided by 0.01.
# :::
#
# The third way avoids the subtraction. Evaluate the loss at a *complex* number, $m$
# plus a tiny step along $i$. By Taylor's theorem
# $L(m + ih) = L(m) + ih L'(m) - \frac{1}{2} h^2 L''(m) - \dots$, so the imaginary part
# is $h L'(m)$, up to a term with $h^3$. Divide it by $h$ {cite}`squire1998`. The large
# loss and its small change are stored apart, each with all its digits, so $h$ may be as
# tiny as you like (`1j` is Python's $i$):


# %%
def complex_step(function, m, *data):
    h = 1e-20
    return function(m + 1j * h, *data).imag / h


print(f"{complex_step(belt_loss, 1.7, *belts):.10f}")

# %% [markdown]
# In {ref}`slopes` the step $10^{-20}$ gave zero. Here is everything together, with the
# slope by hand, at three distances from the bottom:

# %%
ways = {
    "forward": lambda m: forward_by_formula(belt_loss, m),
    "8 h": lambda m: forward_by_formula(belt_loss, m, longer=8),
    "central": lambda m: central_difference(belt_loss, m, 0.01, *belts),
    "complex": lambda m: complex_step(belt_loss, m, *belts),
    "by hand": lambda m: belt_slope(m, *belts),
}
print("distance   1e-02  1e-05  1e-08")
for name, slope_at in ways.items():
    found = [error_near_bottom(slope_at, d) for d in (1e-2, 1e-5, 1e-8)]
    print(f"{name:9} ", *(f"{error:.0e}" for error in found), sep="  ")

# %% [markdown]
# The longer step helps, and still the digits run out. The central difference is nearly
# as good as the slope by hand, but that is a privilege of the parabola: the first
# exercise takes it away. The complex step is as good on any loss made of arithmetic.
# What even these lose near the bottom, they lose to the rounding of the products.
#
# So let a descent use derivatives. Check them with differences, far from the bottom and
# to both sides.

# %% tags=["remove-cell"]
with checks("Three ways around"):
    given("the noise is divided by 0.01", "with h = 0.01. That is")
    claim(
        "a million times the last distance",
        0.9e6 < 0.01 / distances[-1] < 2e6,
    )
    table = {
        name: np.array([error_near_bottom(f, d) for d in (1e-2, 1e-8)])
        for name, f in ways.items()
    }
    claim(
        "The longer step helps",
        table["8 h"][1] < table["forward"][1] / 3,
    )
    claim("and still the digits run out", table["8 h"][1] > 1e-2)
    claim(
        "is nearly as good as the slope by hand",
        (table["central"] < 5 * table["by hand"]).all(),
    )
    claim(
        "The complex step is as good",
        (table["complex"] < 1.5 * table["by hand"]).all(),
    )
    claim("the step 1e-20 gave zero", 1.7 + 1e-20 == 1.7)
    claim(
        "the imaginary part is h L'(m)",
        np.isclose(
            complex_step(belt_loss, 1.7, *belts), -2681.35, rtol=1e-12
        ),
    )

    def with_exact_residuals(m):
        residual = np.array(exact_residual(m, *belts), float)
        return 2 * (belts[0] * residual).mean()

    claim(
        "they lose to the rounding of the products",
        error_near_bottom(with_exact_residuals, 1e-8)
        < table["by hand"][1] / 5,
    )

# %% tags=["remove-cell"]
with checks("Where do finite differences stop?"):
    claim(
        "1.7, with the step that a formula calls best, eight of the sixteen digits",
        7.5 < -np.log10(by_step[1e-8]) < 8.6,
    )
    millionth = error_near_bottom(ways["forward"], 1e-6)
    claim(
        "A millionth away from the bottom the same formula leaves you two",
        1e-3 < millionth < 1e-2,
    )

# %% [markdown]
# ## What to keep
#
# - Truncation grows with $h$, rounding shrinks with it. Their balance,
#   $\sqrt{2 \varepsilon |L| / |L''|}$, is a forward difference's best step.
# - There, far from the bottom, a forward difference keeps about half of the digits, a
#   central one about two thirds.
# - The formula counts one rounding a loss. Near the bottom the roundings inside the
#   loss are larger, and the digits run out sooner.
# - Subtracting nearly equal losses costs the digits. The complex step and the slope by
#   hand subtract none.

# %% tags=["remove-cell"]
with checks("What to keep"):
    claim(
        "about half of the digits",
        0.4 < min(digits) <= max(digits) < 0.6,
    )
    claim("about two thirds", 0.6 < share < 0.75)

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-differences-fourth
# **Code.** The long step to both sides was right on a parabola. Try it on the mean
# fourth power, whose bottom is at 2.54093. At 2.541 its slope is near 0.077. What is
# the relative error of a central difference with $h = 0.01$ there? Check it:
#
# ```python
# from helpers import check_answer
#
# check_answer("relative error", error, 3.614, within=0.001)
# ```
#
# Then find a step that gives seven digits.
# ::::
#
# ```{solution-start} ex-differences-fourth
# :class: dropdown
# ```

# %%
from helpers import check_answer

truth = fourth_slope(2.541, *belts)
for h in (0.01, 1e-3, 1e-4, 1e-5, 1e-6):
    found = central_difference(fourth_loss, 2.541, h, *belts)
    print(f"relative error {found / truth - 1:.0e} at h = {h}")
found = central_difference(fourth_loss, 2.541, 0.01, *belts)
check_answer("relative error", found / truth - 1, 3.614, within=0.001)

# %% [markdown]
# With $h = 0.01$ the estimate is more than four times the slope. The truncation,
# $\frac{1}{6} h^2 L'''$, does not fade with $L'$. A step of $10^{-6}$ gives seven
# digits. Closer to the bottom even the best step gives fewer.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("its slope is near 0.077", truth)
    bent, bent_best = (
        central_difference(fourth_loss, 2.541, h, *belts) / truth - 1
        for h in (0.01, 1e-6)
    )
    low, high = 2.54, 2.542
    for _ in range(60):
        middle = (low + high) / 2
        if fourth_slope(middle, *belts) < 0:
            low = middle
        else:
            high = middle
    claim("whose bottom is at 2.54093. At 2.541 its", middle, 2.541)
    given("a central difference with h = 0.01 there")
    claim("With h = 0.01 the estimate", bent > 0.01)
    claim("more than four times the slope", bent + 1 > 4)
    claim("A step of 1e-6 gives seven digits", abs(bent_best) < 2e-7)
    closer = [
        abs(
            central_difference(fourth_loss, middle + 1e-6, h, *belts)
            / fourth_slope(middle + 1e-6, *belts)
            - 1
        )
        for h in np.logspace(-9, -2, 29)
    ]
    claim("even the best step gives fewer", min(closer) > 2e-7)

# %% [markdown]
# ::::{exercise}
# :label: ex-differences-complex-step
# **Find the fault.** Somebody writes the squares as
# `(abs(multiplier * belt_in - belt_cm) ** 2).mean()`. For real multipliers this is the
# belts' loss, to the last digit. The complex step says that its slope at 1.7 is zero.
# Why?
# ::::
#
# ```{solution-start} ex-differences-complex-step
# :class: dropdown
# ```


# %%
def abs_loss(multiplier, belt_in, belt_cm):
    return (abs(multiplier * belt_in - belt_cm) ** 2).mean()


print(complex_step(abs_loss, 1.7, *belts))

# %% [markdown]
# The residual at $m + ih$ is the complex number $r + ihx$. Its square has the imaginary
# part $2 h r x$, which is what you want. But `abs` is its distance from zero,
# $\sqrt{r^2 + h^2 x^2}$, a real number. The code must treat a complex number as it
# treats a real one: a comparison with `<` or a complex conjugate would break it too.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("that its slope at 1.7")
    claim("1.7 is zero. Why", complex_step(abs_loss, 1.7, *belts) == 0)

# %% [markdown]
# ::::{exercise}
# :label: ex-differences-near-bottom
# **Explore.** At $m^* + 10^{-6}$ the exact slope is 0.0031865, the curvature times
# $10^{-6}$. Ask `jax.grad` for it, in float32. There is no step and no difference of
# losses. How many digits are right? Two roundings are to blame: find the share of each.
# ::::
#
# ```{solution-start} ex-differences-near-bottom
# :class: dropdown
# ```

# %% tags=["nbval-ignore-output"]
import jax

near = best + 1e-6
stored = float(np.float32(near))
print(jax.grad(belt_loss)(near, *belts))
print(belt_slope(stored, *belts))

# %% [markdown]
# One digit at best. The second line is the exact slope at the multiplier that float32
# stores, and it is off by 8% already: near 2.54 the float32 numbers are
# $2.4 \times 10^{-7}$ apart, so $m$ itself is rounded. The rest, a few percent at most,
# comes from the ten products, which are rounded and nearly cancel when they are added.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    true, single_slope = (
        curvature * 1e-6,
        jax.grad(belt_loss)(near, *belts),
    )
    claim(
        "At m^* + 1e-6 the exact slope is 0.0031865, the curvature times 1e-6",
        near - best,
        true,
        near - best,
    )
    claim("One digit at best", 0.0032 < single_slope < 0.0036)
    claim("off by 8% already", belt_slope(stored, *belts) / true - 1)
    claim(
        "near 2.54 the float32 numbers are 2.4e-7 apart",
        best,
        np.spacing(np.float32(best)),
    )
    claim(
        "a few percent at most",
        abs(single_slope / belt_slope(stored, *belts) - 1) < 0.06,
    )

# %% [markdown]
# ## Sources and further reading
#
# Goldberg {cite}`goldberg1991` explains floating-point numbers, Higham
# {cite}`higham2002` what they do to algorithms, and Nocedal and Wright
# {cite}`nocedal2006` derive the best steps of finite differences. The complex step goes
# back to Lyness and Moler {cite}`lyness1967`; Squire and Trapp {cite}`squire1998` give
# the short form used here.
