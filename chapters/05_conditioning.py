# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (conditioning)=
# # Conditioning
#
# In {ref}`penguins` you standardized bill length and body mass, and the descent found
# the line in short order. Leave out that preparation, keep millimeters and grams, and
# the same loop, at the best learning rate there is, needs 895,614 steps for an accuracy
# that the standardized penguins reach in 62. The birds are the same, and so is the
# line. Where do all those steps go?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** compute the curvatures of a loss, predict the largest and the best
#   learning rate from them, count nearly a million steps, add momentum, and compare
#   four engines step by step.
# - **You need** the loop and its stability limit from {ref}`descent`, and the design
#   matrix and mean squared error from {ref}`penguins`. Eigenvalues and eigenvectors of
#   a symmetric matrix should not be strangers.
# - **Time** {chapter-time}`here`
# :::
#
# ## A loss that looks finished
#
# Here are the birds with no missing value, as the instruments gave them: bill length in
# millimeters, body mass in grams. The closed form says where the descent should end.

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %%
import numpy as np

from helpers import design_matrix, load_penguins, use_book_style

use_book_style()
penguins = load_penguins().dropna()
bill_length_mm = penguins["bill_length_mm"].to_numpy(dtype=float)
body_mass_g = penguins["body_mass_g"].to_numpy(dtype=float)
X_raw = design_matrix(bill_length_mm)
best_raw = np.linalg.solve(X_raw.T @ X_raw, X_raw.T @ body_mass_g)
print(f"best intercept {best_raw[0]:.1f} g, slope {best_raw[1]:.2f} g per mm")

# %% tags=["remove-cell"]
from helpers import claim

claim("333", len(penguins))
claim("389", best_raw[0])
claim("86.8", best_raw[1])

# %% [markdown]
# Which learning rate will do? The last chapter's, 0.01, is a natural first try. If that
# one fails, divide by ten until it works.

# %%
from helpers import descend, mse_value_and_grad


def raw_loss(w):
    return mse_value_and_grad(w, X_raw, body_mass_g)


for learning_rate in (0.01, 0.001, 0.0001):
    trace = descend(raw_loss, [0, 0], learning_rate, steps=1000)
    print(f"learning rate {learning_rate}: loss {trace.losses[-1]:,.0f} g²")
print(f"intercept {trace.parameters[-1, 0]:.1f}, slope {trace.parameters[-1, 1]:.2f}")

# %% tags=["remove-cell"]
from helpers import steps_to_reach

best_loss = raw_loss(best_raw)[0]
start_fall = trace.losses[0] - trace.losses[-1]
settled = steps_to_reach(trace.losses, trace.losses[-1] + 1e-4 * start_fall)
assert not np.isfinite(descend(raw_loss, [0, 0], 0.001, 1000).losses[-1])
claim("10", settled)
claim("3.3", trace.parameters[-1, 0])
claim("95.4", trace.parameters[-1, 1])
claim("0.5%", trace.losses[-1] / best_loss - 1)

# %% [markdown]
# Two of the three blow up (beyond the largest float there is only `nan`). The third one
# behaves, and its loss curve looks like every curve of a finished descent. Look at the
# parameters, though.

# %%
#| name: fig-looks-finished
#| caption: A flat loss curve is no proof of arrival: the intercept has hardly moved.
#| alt: Two panels over 1000 steps. Above, on a log scale, the loss falls within about
#|   ten steps and then runs flat, close to a dashed line at the best loss. Below, the
#|   intercept stays near zero for all the steps, while a dashed line marks its best
#|   value, 389 grams, far above.
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY

figure, (top, bottom) = plt.subplots(2, sharex=True, figsize=(5.4, 5.2))
top.semilogy(trace.losses, color=BLUE)
top.axhline(raw_loss(best_raw)[0], color=GRAY, linestyle="--")
top.set(ylabel="loss (g²)", title="The loss looks finished …")
bottom.plot(trace.parameters[:, 0], color=BLUE)
bottom.axhline(best_raw[0], color=GRAY, linestyle="--")
bottom.text(500, 365, "best intercept", ha="center", va="top")
bottom.set(xlabel="step", ylabel="intercept (g)", ylim=(-15, 420))
bottom.set_title("… and the intercept has hardly begun")
plt.show()

# %% [markdown]
# By step ten the loss has made all but a ten-thousandth of its fall, and after 1000
# steps it is 0.5% above the best. Many people would stop here. Yet the line has an
# intercept of 3.3 g instead of 389 g and a slope of 95.4 instead of 86.8 g per mm: it
# is a different line. The descent is fast in one direction and asleep in another. To
# see which directions those are, you need the curvature of the loss.
#
# ## The Hessian
#
# For one parameter the curvature was one number, the second derivative. For several it
# is the matrix of all second derivatives, the **Hessian** $H$. The gradient of the mean
# squared error is $\frac{2}{n} X^\top (X \mathbf{w} - \mathbf{y})$; differentiate once
# more and $\mathbf{w}$ and $\mathbf{y}$ drop out:
#
# ```{math}
# :label: hessian-mse
# H = \frac{2}{n} X^\top X
# ```
#
# So the curvature is the same everywhere, and it depends on the features alone. Its
# eigenvectors are the directions of pure curvature, its eigenvalues $\lambda$ say how
# much.


# %%
def hessian(X):
    return 2 / len(X) * X.T @ X


eigenvalues, directions = np.linalg.eigh(hessian(X_raw))  # in rising order
for curvature, direction in zip(eigenvalues, directions.T, strict=True):
    print(f"curvature {curvature:8.4g} along ({direction[0]:.3f}, {direction[1]:.3f})")
kappa_raw = eigenvalues[-1] / eigenvalues[0]
print(f"condition number {kappa_raw:,.0f}")

# %% tags=["remove-cell"]
claim("0.03", eigenvalues[0])
claim("3932", eigenvalues[-1])
claim("129,653", kappa_raw)
assert np.all(np.abs(np.diag(directions)) > 0.999)

# %% [markdown]
# The shallow direction is the intercept, almost exactly; the steep one is the slope,
# with a dash of intercept. One has a curvature of 3932, the other of 0.03. Their
# quotient is the **condition number** $\kappa = \lambda_{\max} / \lambda_{\min}$, here
# 129,653. A problem with so large a number is called *ill-conditioned*. (An
# eigenvector's sign is free, so your two may point the other way.)
#
# ## Every direction is a descent of its own
#
# The gradient vanishes at the optimum $\mathbf{w}^*$, and it is linear in $\mathbf{w}$,
# so $\nabla L(\mathbf{w}) = H (\mathbf{w} - \mathbf{w}^*)$. Subtract $\mathbf{w}^*$ on
# both sides of the update rule, and the error follows a rule of its own:
#
# ```{math}
# :label: error-rule
# \mathbf{w}_{k+1} - \mathbf{w}^* = (I - \eta H)(\mathbf{w}_k - \mathbf{w}^*)
# ```
#
# Now turn the coordinates until they lie along the eigenvectors. With the eigenvectors
# as the columns of $V$, set $\mathbf{c} = V^\top (\mathbf{w} - \mathbf{w}^*)$. Because
# $V^\top H V$ is diagonal, the matrix falls apart into separate numbers:
#
# ```{math}
# :label: one-number-each
# c_{i,k} = (1 - \eta \lambda_i)^k \, c_{i,0}
# ```
#
# That is the story of {ref}`descent`, once per eigenvector. No direction knows of the
# others; all they share is the learning rate. This is a prediction of every step, so
# test it on every step above.

# %%
errors = (trace.parameters - best_raw) @ directions  # (steps + 1, 2), one column each
steps = np.arange(1001)[:, None]
predicted = (1 - 0.0001 * eigenvalues) ** steps * errors[0]
gap = np.abs(errors - predicted).max() / np.abs(errors[0]).max()
print(f"largest gap between prediction and run: {gap:.0e} of the starting error")

# %% tags=["remove-cell"]
factors = 1 - 0.0001 * eigenvalues
half_life = np.log(0.5) / np.log(factors[0])
claim("< 1e-9", gap)
claim("0.61", factors[1])
claim("0.999997", factors[0])
claim("229,000", round(half_life, -3))

# %% [markdown]
# The two agree to within the rounding of float64. {numref}`fig-two-directions` draws
# them over the first steps.

# %%
#| name: fig-two-directions
#| caption: One descent, seen along its two eigenvectors: one finishes, one sleeps.
#| alt: Size of the error against the step on a log scale, over the first 100 steps. The
#|   error along the steep direction falls on a straight line through many powers of ten
#|   until it levels off at rounding noise. The error along the shallow direction stays
#|   level at its starting value. Dots for the run lie on the predicted lines.
from helpers import BLACK, ORANGE

figure, ax = plt.subplots()
for i, color in ((0, ORANGE), (1, BLUE)):
    ax.semilogy(np.abs(predicted[:101, i]), color=BLACK, linewidth=1)
    ax.semilogy(steps[:101:4], np.abs(errors[:101:4, i]), "o", color=color, ms=4)
ax.text(55, 5, "shallow: multiplied by 0.999997", color=ORANGE, ha="center", va="top")
ax.text(38, 1e-5, "steep: multiplied\nby 0.61 per step", color=BLUE)
ax.text(55, 1e-17, "black: predicted", ha="center")
ax.set(xlabel="step", ylabel="error along the eigenvector", ylim=(1e-21, 1e5))
ax.set_title("Two descents share one learning rate")
plt.show()

# %% [markdown]
# Each step multiplies the steep error by 0.61 and the shallow one by 0.999997. The loss
# weighs each squared error by its curvature, so the steep direction fills the loss
# curve, and the shallow one hardly shows there. At this rate it takes about 229,000
# steps to halve the shallow error.
#
# ## A wrong turn: hurry up
#
# If it is slow, raise the learning rate. {ref}`descent` put the limit at $2 / \lambda$,
# and each direction has its own; the steepest one's is the lowest, so the prediction is
# $2 / \lambda_{\max}$ for the whole descent. A percent below, the steep error should
# shrink by 0.98 per step; a percent above, it should grow by 1.02.

# %%
limit = 2 / eigenvalues[-1]
print(f"limit {limit:.3e}")
for share in (0.99, 1.01):
    hurried = descend(raw_loss, [0, 0], share * limit, steps=1000)
    start, end = np.abs((hurried.parameters[[0, -1]] - best_raw) @ directions)
    print(f"{share} of the limit: shallow error {start[0]:.1f} → {end[0]:.1f},")
    print(f"   steep error times {end[1] / start[1]:.2e}")
    print(f"   (predicted {abs(1 - 2 * share) ** 1000:.2e})")

# %% tags=["remove-cell"]
claim("0.98", abs(1 - 2 * 0.99))
claim("1.02", abs(1 - 2 * 1.01))
claim("398", end[1] / start[1] / 1e6)
claim("1.5%", 1 - end[0] / start[0])
assert np.isclose(end[1] / start[1], 1.02**1000, rtol=1e-6)

# %% [markdown]
# Above the limit the steep error is 398 million times what it was. And the hurry buys
# nothing: after 1000 steps the shallow error has lost 1.5%. The steep direction sets
# the speed limit, the shallow one sets the distance.
#
# ## The best learning rate, and how long it takes
#
# Raise $\eta$ and the shallow direction speeds up; raise it too far and the steep one
# slows down again, overshooting more and more. The best compromise makes both factors
# equal in size, $1 - \eta \lambda_{\min} = \eta \lambda_{\max} - 1$:
#
# ```{math}
# :label: best-rate
# \eta = \frac{2}{\lambda_{\min} + \lambda_{\max}}, \qquad
# \text{factor per step} = \frac{\kappa - 1}{\kappa + 1}
# ```
#
# All directions between the two shrink faster. To come within a millionth of the
# starting distance, you need the number of steps at which this factor's power falls
# below 1e-6. (The distance adds grams to grams per millimeter, so it is a crude
# measure, but good enough to count with.) The learning rate has left the formula:
# $\kappa$ alone says how many steps.

# %%
import math


def predicted_steps(factor, accuracy=1e-6):
    return math.ceil(math.log(accuracy) / math.log(factor))


plain_steps = predicted_steps((kappa_raw - 1) / (kappa_raw + 1))
print(f"millimeters and grams: {plain_steps:,} steps predicted")

# %% [markdown]
# That many steps are too many for a Python loop, but not for a compiled one.
# `jax.lax.while_loop` runs `step` for as long as `is_far` holds. Multiplied out, the
# gradient is $H \mathbf{w} - \mathbf{b}$ with $\mathbf{b} = \frac{2}{n} X^\top
# \mathbf{y}$, so the sums over the birds are done once, before the loop.

# %%
import jax
from jax.numpy.linalg import norm, solve


@jax.jit
def count_steps(H, b, start, learning_rate, accuracy):
    optimum = solve(H, b)
    target = accuracy * norm(start - optimum)

    def is_far(state):
        return norm(state[0] - optimum) > target

    def step(state):
        w, steps = state
        return w - learning_rate * (H @ w - b), steps + 1

    return jax.lax.while_loop(is_far, step, (start, 0))[1]


# %% [markdown]
# JAX computes in float32 unless told otherwise, and in float32 this descent would
# stall, as the one in {ref}`penguins` did: the shallow steps fall below half the
# spacing of the numbers while the intercept is still about one gram off.
# `jax.enable_x64(True)` switches to float64 for the block below it, and for nothing
# else.


# %%
def run_plain(X, y, learning_rate):
    H, b = hessian(X), 2 / len(y) * X.T @ y
    with jax.enable_x64(True):
        return int(count_steps(H, b, np.zeros(len(b)), learning_rate, 1e-6))


best_rate = 2 / (eigenvalues[0] + eigenvalues[-1])
measured = run_plain(X_raw, body_mass_g, best_rate)
print(f"millimeters and grams: {measured:,} steps counted")

# %% tags=["remove-cell"]
claim("895,614", plain_steps)
claim("895,614", measured)
stall_g = np.spacing(np.float32(best_raw[0])) / 2 / (best_rate * eigenvalues[0])
assert 0.9 < stall_g < 1.1

# %% [markdown]
# Predicted 895,614, counted 895,614. Now the standardized penguins. Their feature has
# mean zero and standard deviation one, so $X^\top X / n$ is the identity: both
# curvatures are 2, and $\kappa = 1$. With a careful learning rate of 0.1 both factors
# are 0.8, and with the best one they are zero. Zero would mean that a single step does
# it.

# %%
from helpers import standardize

X_std = design_matrix(standardize(bill_length_mm))
y_std = standardize(body_mass_g)
print("predicted", predicted_steps(0.8), "counted", run_plain(X_std, y_std, 0.1))
print("at the best learning rate, 1/2:", run_plain(X_std, y_std, 1 / 2))

# %% tags=["remove-cell"]
claim("62", run_plain(X_std, y_std, 0.1))
claim("62", predicted_steps(0.8))
claim("2", np.linalg.eigvalsh(hessian(X_std))[0])
claim("2", np.linalg.eigvalsh(hessian(X_std))[1])
claim("0.8", 1 - 0.1 * np.linalg.eigvalsh(hessian(X_std))[0])
assert run_plain(X_std, y_std, 1 / 2) == 1

# %% [markdown]
# It does: 62 steps at the careful learning rate, one at the best.
#
# ## Center, scale, or both?
#
# Standardizing does two things: it subtracts the mean $\mu$, and it divides by the
# standard deviation $\sigma$. Which one does the work? Guess before you read on. For
# one feature,
#
# ```{math}
# :label: hessian-one-feature
# H = 2 \begin{pmatrix} 1 & \mu \\ \mu & \mu^2 + \sigma^2 \end{pmatrix}
# ```
#
# Its eigenvalues add up to $2(1 + \mu^2 + \sigma^2)$ and multiply to $4 \sigma^2$. When
# one of them is far larger than the other, the sum is nearly $\lambda_{\max}$, so
#
# ```{math}
# :label: kappa-one-feature
# \kappa \approx \frac{(1 + \mu^2 + \sigma^2)^2}{\sigma^2}
# ```
#
# The bills have a mean of 44.0 mm and a standard deviation of 5.5 mm. The mean enters
# with the fourth power. Scaling makes $\sigma$ one and leaves the quotient $\mu /
# \sigma$ as it was, about 8. Centering makes $\mu$ zero and the matrix diagonal; then
# {eq}`hessian-one-feature` gives $\kappa = \sigma^2$ with no approximation.


# %%
def condition_number(features):
    eigenvalues = np.linalg.eigvalsh(hessian(design_matrix(features)))
    return eigenvalues[-1] / eigenvalues[0]


def four_condition_numbers(features):
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    return {
        "as measured": condition_number(features),
        "scaled": condition_number(features / deviation),
        "centered": condition_number(features - mean),
        "both": condition_number((features - mean) / deviation),
    }


for name, kappa in four_condition_numbers(bill_length_mm).items():
    print(f"{name:12} {kappa:12,.1f}")

# %% tags=["remove-cell"]
mean_mm, deviation_mm = bill_length_mm.mean(), bill_length_mm.std()
one = four_condition_numbers(bill_length_mm)
claim("44.0", mean_mm)
claim("5.5", deviation_mm)
claim("8", mean_mm / deviation_mm)
claim("129,655", (1 + mean_mm**2 + deviation_mm**2) ** 2 / deviation_mm**2)
claim("4,475", one["scaled"])
claim("29.8", one["centered"])
claim("29.8", deviation_mm**2)
claim("1.0", one["both"])
claim("29", one["as measured"] / one["scaled"])
claim("4,348", one["as measured"] / one["centered"])

# %% [markdown]
# Centering alone divides the condition number by 4,348, scaling alone by 29. For these
# bills, it is the plain subtraction that does most of the work. The formula's estimate
# for the bills as measured is 129,655, two off the truth. Is one feature a special
# case? Add bill depth and flipper length.

# %%
#| name: fig-center-or-scale
#| caption: For the penguins, centering does more than scaling; you want both.
#| alt: Condition number on a log scale for four treatments: as measured, scaled,
#|   centered, and both. Blue dots for one feature go from 129,653 over 4,475 and 30 to
#|   1. Orange dots for three features go from 29,604,345 over 242,446 and 211 to 8.5.
#|   In both colors the dot for centered lies far to the left of that for scaled.
three_features = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]
features = penguins[three_features].to_numpy(dtype=float)
figure, ax = plt.subplots()
for columns, color, lift in ((bill_length_mm, BLUE, 7), (features, ORANGE, -16)):
    kappas = four_condition_numbers(columns)
    ax.semilogx(list(kappas.values()), list(kappas), "o", color=color)
    for row, kappa in enumerate(kappas.values()):
        text = f"{kappa:,.0f}" if kappa > 9 else f"{kappa:.2g}"
        style = {"textcoords": "offset points", "color": color, "ha": "center"}
        ax.annotate(text, (kappa, row), (0, lift), **style)
ax.text(3e8, 3.2, "blue: one feature", color=BLUE, ha="right")
ax.text(3e8, 2.8, "orange: three features", color=ORANGE, ha="right")
ax.set(xlabel="condition number", xlim=(0.4, 6e8), ylim=(-0.6, 3.6))
ax.set_title("Subtracting the mean does most of the work")
plt.show()

# %% tags=["remove-cell"]
correlations = np.corrcoef(features.T)
claim("29,604,345", four_condition_numbers(features)["as measured"])
claim("242,446", four_condition_numbers(features)["scaled"])
claim("211", four_condition_numbers(features)["centered"])
claim("8.5", four_condition_numbers(features)["both"])
claim("30", one["centered"])
claim("4,475", one["scaled"])
claim("0.65", correlations[0, 2])
three = four_condition_numbers(features)
three_steps = {
    name: predicted_steps((kappa - 1) / (kappa + 1)) for name, kappa in three.items()
}
claim("59", three_steps["both"])
claim("204.5", three_steps["as measured"] / 1e6)
X_three = design_matrix(standardize(features))
ends = np.linalg.eigvalsh(hessian(X_three))[[0, -1]]
assert 50 <= run_plain(X_three, y_std, 2 / ends.sum()) <= 59

# %% [markdown]
# The same order, and one difference: with three features, both together leave 8.5. Long
# bills go with long flippers (their correlation is 0.65), and no shifting or scaling of
# single columns can remove a correlation between two of them. By {eq}`best-rate` this
# costs 59 steps instead of one. As measured, three features would cost 204.5 million.
#
# ## The zig-zag
#
# Two parameters can be drawn. Below is the loss in grams for the bills centered, where
# $\kappa$ is 29.8, and for the bills standardized. Both descents start at the same line
# (4180 g at the mean bill, 92 g more per millimeter) and use their best learning rate.


# %%
def best_descent(feature, start, steps=250):
    X = design_matrix(feature)
    curvatures = np.linalg.eigvalsh(hessian(X))
    rate = 2 / (curvatures[0] + curvatures[-1])
    trace = descend(lambda w: mse_value_and_grad(w, X, body_mass_g), start, rate, steps)
    best = np.linalg.solve(X.T @ X, X.T @ body_mass_g)
    return hessian(X), best, trace.parameters


centered_mm = bill_length_mm - bill_length_mm.mean()
sigma = bill_length_mm.std()
zigzag = best_descent(centered_mm, [4180, 92])
straight = best_descent(centered_mm / sigma, [4180, 92 * sigma])
for name, (_, best, path) in (("centered", zigzag), ("standardized", straight)):
    distances = np.linalg.norm(path - best, axis=1)
    needed = steps_to_reach(distances, 1e-6 * distances[0])
    print(f"{name}: steps to a millionth: {needed}")

# %% tags=["remove-cell"]
centered_steps = steps_to_reach(
    (d := np.linalg.norm(zigzag[2] - zigzag[1], axis=1)), 1e-6 * d[0]
)
claim("206", centered_steps)
claim("206", predicted_steps((one["centered"] - 1) / (one["centered"] + 1)))
assert needed == 1

# %% [markdown]
# One step against 206. The paths show why.

# %%
#| name: fig-zigzag
#| caption: In a long valley each step points at the far wall; in a round one, home.
#| alt: Two contour maps with equal scales on both axes and a star at the optimum.
#|   Above, the centered bills: long flat ellipses, in which the path jumps across the
#|   valley from side to side and creeps to the right toward the star. Below, the
#|   standardized bills: circles, and one straight step from the upper left to the star.
figure, panels = plt.subplots(2, figsize=(5.4, 7.0), height_ratios=[1, 2.8])
for ax, (H, best, path), span in zip(
    panels, (zigzag, straight), ((-8, 8), (-12, 33)), strict=True
):
    i, j = np.meshgrid(np.linspace(-34, 14, 121), np.linspace(*span, 121))
    excess = (H[0, 0] * i**2 + H[1, 1] * j**2) / 2  # H is diagonal in both
    levels = excess.max() * 0.4 ** np.arange(6, 0, -1)
    ax.contour(i + best[0], j + best[1], excess, levels, colors=GRAY, linewidths=0.8)
    ax.plot(*path[:80].T, "o-", color=BLUE, markersize=3, linewidth=1)
    ax.plot(*best, "*", color=ORANGE, markersize=11)
    ax.set(aspect="equal", xlabel="mass at the mean bill (g)")
panels[0].set(ylabel="slope (g/mm)", title="Centered: across the valley and back")
panels[1].set(ylabel="slope (g per standard deviation)")
panels[1].set_title("Standardized: one step")
plt.show()

# %% [markdown]
# The negative gradient points down the steepest way, and in a long valley that is
# across, not along. The step overshoots the valley's floor, the next one comes back,
# and the descent along the valley is a by-product. It takes 206 steps for the valley,
# as {eq}`best-rate` predicts, and one step for the round bowl.
#
# ## Momentum
#
# You cannot always standardize your way out: correlated features leave a valley, and a
# neural network brings its own. Look at the zig-zag again. Across the valley, one step
# undoes the last; along it, all steps agree. So let each step keep a share $\beta$ of
# the step before. What alternates cancels, what agrees adds up. That is **momentum**,
# the heavy ball of {cite}`polyak1964`:
#
# ```{math}
# :label: heavy-ball
# \mathbf{w}_{k+1} = \mathbf{w}_k - \eta \nabla L(\mathbf{w}_k)
#   + \beta (\mathbf{w}_k - \mathbf{w}_{k-1})
# ```


# %%
def heavy_ball(gradient, start, learning_rate, momentum, steps):
    w = np.array(start, dtype=float)
    step = np.zeros_like(w)
    path = [w]
    for _ in range(steps):
        step = momentum * step - learning_rate * gradient(w)
        w = w + step
        path.append(w)
    return np.array(path)


# %% [markdown]
# Along an eigenvector this is again one number at a time, now with a memory: $c_{k+1} =
# (1 + \beta - \eta \lambda)\, c_k - \beta c_{k-1}$. Such a recurrence is solved by
# powers $z^k$ of the two roots of $z^2 - (1 + \beta - \eta \lambda) z + \beta = 0$. The
# roots multiply to $\beta$. If they are complex, they are conjugates, so each has the
# size $\sqrt{\beta}$, *whatever $\lambda$ is*: all directions shrink alike. The
# smallest $\beta$ that manages this from $\lambda_{\min}$ to $\lambda_{\max}$ comes
# with
#
# ```{math}
# :label: best-momentum
# \sqrt{\eta} = \frac{2}{\sqrt{\lambda_{\min}} + \sqrt{\lambda_{\max}}}, \qquad
# \sqrt{\beta} = \frac{\sqrt{\kappa} - 1}{\sqrt{\kappa} + 1}
# ```
#
# It is the factor of plain descent with $\sqrt{\kappa}$ in place of $\kappa$. Back to
# millimeters and grams:

# %%
low, high = np.sqrt(eigenvalues)
momentum_rate = (2 / (low + high)) ** 2
shrink = (math.sqrt(kappa_raw) - 1) / (math.sqrt(kappa_raw) + 1)  # this is √β
path = heavy_ball(
    lambda w: raw_loss(w)[1], [0, 0], momentum_rate, shrink**2, steps=4500
)
distance = np.linalg.norm(path - best_raw, axis=1)
momentum_steps = steps_to_reach(distance, 1e-6 * distance[0])
print(f"momentum {shrink**2:.4f}")
print(f"predicted {predicted_steps(shrink):,}, counted {momentum_steps:,}")

# %% tags=["remove-cell"]
claim("0.989", shrink**2)
claim("2,488", predicted_steps(shrink))
claim("3,841", momentum_steps)
claim("233", measured / momentum_steps)

# %% [markdown]
# Far fewer than 895,614. But the prediction said 2,488 steps and the run took 3,841. A
# prediction that misses by half deserves a second look. At exactly these settings the
# two roots *coincide* at both ends of the range, and then the powers $z^k$ alone do not
# solve the recurrence: $k z^k$ joins them. From a start at rest, the two ends follow
#
# ```{math}
# :label: double-root
# \begin{aligned}
# \text{shallow:} \quad c_k &= c_0 \left(1 + (1 - \sqrt{\beta})\, k\right)
#   \sqrt{\beta}^{\,k} \\
# \text{steep:} \quad c_k &= c_0 \left(1 + (1 + \sqrt{\beta})\, k\right)
#   (-\sqrt{\beta})^{k}
# \end{aligned}
# ```
#
# The extra $k$ loses to the power in the end, but it has to be waited for.

# %%
#| name: fig-momentum
#| caption: Momentum first walks away from the optimum, and still wins by far.
#| alt: Distance to the optimum as a share of the starting distance, on a log scale,
#|   against the step. Plain descent is a level line near one. Momentum rises to 32
#|   times the start within the first steps, then falls, and passes a millionth at step
#|   3,841. A dashed line, the power alone, falls straight from one and passes a
#|   millionth at step 2,488. The thin line of the corrected prediction covers the run.
from helpers import GREEN

k = np.arange(len(path))
growth = 1 + np.outer(k, [1 - shrink, 1 + shrink])  # shallow, steep
corrected = np.linalg.norm(errors[0] * growth, axis=1) * shrink**k
print(f"corrected prediction {steps_to_reach(corrected, 1e-6 * corrected[0]):,}")

plain = descend(raw_loss, [0, 0], best_rate, steps=4500).parameters
figure, ax = plt.subplots()
ax.semilogy(np.linalg.norm(plain - best_raw, axis=1) / distance[0], color=ORANGE)
ax.semilogy(distance / distance[0], color=BLUE, linewidth=4)
ax.semilogy(corrected / distance[0], color=BLACK, linewidth=1)
ax.semilogy(shrink**k, color=GREEN, linestyle="--")
ax.axhline(1e-6, color=GRAY, linewidth=1)
ax.text(4500, 1.8, "plain descent", color=ORANGE, ha="right")
ax.text(2250, 0.02, "momentum (black:\ncorrected prediction)", color=BLUE)
ax.text(1250, 2e-5, "first prediction", color=GREEN, ha="right")
ax.set(xlabel="step", ylabel="distance / first distance", ylim=(1e-8, 200))
ax.set_title("Momentum: a detour at first, then a rush")
plt.show()

# %% tags=["remove-cell"]
claim("3,841", steps_to_reach(corrected, 1e-6 * corrected[0]))
claim("< 1e-6", np.abs(corrected / distance - 1)[:momentum_steps].max())
claim("32", distance.max() / distance[0])
claim("179", distance.argmax())

# %% [markdown]
# The corrected prediction is 3,841 steps, what the run took to the step. The figure
# shows the price as well: the distance to the optimum first *grows*, to 32 times its
# start at step 179. Momentum needs a run-up. On the whole it takes 233 times fewer
# steps than plain descent.
#
# ## How the cost grows
#
# For large $\kappa$ the factor of plain descent is about $1 - 2/\kappa$, so the number
# of steps is proportional to $\kappa$; for momentum, to $\sqrt{\kappa}$. On axes that
# are both logarithmic, these are lines of slope one and one half. Two penguin problems
# are no proof, so draw problems at random: five parameters, curvatures from one to
# $\kappa$ with three at random between them, axes turned at random, a random start.


# %%
def random_problem(kappa, seed):
    rng = np.random.default_rng(seed)
    curvatures = np.array([1, *kappa ** rng.random(3), kappa])
    rotation, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    return rotation * curvatures @ rotation.T, rng.normal(size=5)


def count_both(kappa, seed):
    H, start = random_problem(kappa, seed)
    root = math.sqrt(kappa)
    with jax.enable_x64(True):
        plain = count_steps(H, np.zeros(5), start, 2 / (1 + kappa), 1e-6)
    rate, momentum = (2 / (1 + root)) ** 2, ((root - 1) / (root + 1)) ** 2
    path = heavy_ball(lambda w: H @ w, start, rate, momentum, int(15 * root + 100))
    distance = np.linalg.norm(path, axis=1)
    return int(plain), steps_to_reach(distance, 1e-6 * distance[0])


# %% [markdown]
# Seven condition numbers from 10 to 10,000, ten seeds each (0 to 9), and one line
# fitted per seed:

# %%
kappas = np.logspace(1, 4, 7)
counts = np.array([[count_both(kappa, seed) for kappa in kappas] for seed in range(10)])
for column, name in enumerate(("plain", "momentum")):
    logs = np.log10(counts[:, :, column])
    slopes = np.polyfit(np.log10(kappas), logs.T, 1)[0]  # one for each seed
    print(f"{name:8} slope {slopes.mean():.4f} ± {slopes.std(ddof=1):.4f}")

# %% tags=["remove-cell"]
plain_slopes = np.polyfit(np.log10(kappas), np.log10(counts[:, :, 0]).T, 1)[0]
claim("10", kappas[0])
claim("10,000", kappas[-1])
claim("9", range(10)[-1])
claim("1.00", plain_slopes.mean())
claim("0.53", slopes.mean())
claim("< 0.001", plain_slopes.std(ddof=1))
claim("0.004", slopes.std(ddof=1))
claim("< 7%", (counts.std(axis=0, ddof=1) / counts.mean(axis=0)).max())

# %% [markdown]
# Plain descent has a slope of 1.00, with a standard deviation of less than 0.001 over
# the seeds. Momentum has 0.53, give or take 0.004, and not one half. Suspect the extra
# $k$ of {eq}`double-root`: the larger $\kappa$, the longer it has to be waited for. Put
# it into the prediction, for a steep error that is, as in a random start among five
# directions, about $1 / \sqrt{5}$ of the whole.


# %%
#| name: fig-growth
#| caption: Plain descent pays for the condition number, momentum for its square root.
#| alt: Steps against condition number, both on log scales, from 10 to 10,000. Dots of
#|   ten seeds nearly coincide. The dots of plain descent climb along a gray line of
#|   slope one, to about 66,000 steps. The dots of momentum climb half as steeply, to
#|   about 1,000 steps, a little above a gray line of slope one half and on a black one.
def with_run_up(kappa):
    k = np.arange(2000)
    r = (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
    return steps_to_reach((1 + (1 + r) * k) * r**k / math.sqrt(5), 1e-6)


corrected = [with_run_up(kappa) for kappa in kappas]
slope = np.polyfit(np.log10(kappas), np.log10(corrected), 1)[0]
print(f"momentum, corrected prediction: slope {slope:.3f}")

figure, ax = plt.subplots()
for column, color, power in ((0, ORANGE, 1), (1, BLUE, 0.5)):
    ax.loglog(kappas, math.log(1e6) / 2 * kappas**power, color=GRAY, linewidth=1)
    ax.loglog(kappas, counts[:, :, column].T, "o", color=color, ms=4, alpha=0.5)
ax.loglog(kappas, corrected, color=BLACK, linewidth=1)
ax.text(150, 4000, "plain descent", color=ORANGE, ha="right")
ax.text(2500, 150, "momentum", color=BLUE)
ax.text(10, 4e4, "gray: predicted, black: corrected", color=GRAY)
ax.set(xlabel="condition number", ylabel="steps to a millionth")
ax.set_title("Steps grow like κ, or like its square root")
plt.show()

# %% tags=["remove-cell"]
claim("0.53", slope)
claim("66,000", round(counts[:, -1, 0].mean(), -3))
claim("1,000", round(counts[:, -1, 1].mean(), -2))

# %% [markdown]
# The corrected slope is 0.53 too. From seed to seed the counts have a standard
# deviation of less than 7% of their mean. At a condition number of 10,000 it is some
# 66,000 steps against 1,000.
#
# ## One trajectory, four engines
#
# All this was arithmetic, and arithmetic should not depend on who does it. Take the
# descent of {ref}`penguins`, standardized bills and masses, from $(-2, 0)$ with
# learning rate 0.01 for 1000 steps, and write it four times. First with nothing but
# lists and floats, so that no step is hidden.


# %% tags=["engine"]
def descend_python(X, y, start, learning_rate, steps):
    rows = [[float(x) for x in row] for row in X]
    targets = [float(target) for target in y]
    w = [float(value) for value in start]
    path = [w]
    for _ in range(steps):
        gradient = [0.0] * len(w)
        for row, target in zip(rows, targets, strict=True):
            residual = sum(a * b for a, b in zip(row, w, strict=True)) - target
            for j, x in enumerate(row):
                gradient[j] += 2 * residual * x / len(rows)
        w = [a - learning_rate * g for a, g in zip(w, gradient, strict=True)]
        path.append(w)
    return path


# %% [markdown]
# NumPy turns the two inner loops into matrix products. The gradient is still yours.

# %% tags=["engine"]
import numpy as np


def descend_numpy(X, y, start, learning_rate, steps, dtype="float64"):
    X, y = np.asarray(X, dtype), np.asarray(y, dtype)
    path = np.empty((steps + 1, X.shape[1]), dtype)
    path[0] = start
    for k in range(steps):
        gradient = 2 / len(y) * (X.T @ (X @ path[k] - y))
        path[k + 1] = path[k] - float(learning_rate) * gradient
    return path


# %% [markdown]
# JAX {cite}`jax2018` derives the gradient from the loss. `lax.scan` is the loop: it
# calls `step` with the state it returned before and collects the second value, and
# `jit` compiles the whole of it once.

# %% tags=["engine"]
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np


@partial(jax.jit, static_argnames="steps")
def scan_descent(X, y, start, learning_rate, steps):
    def loss(w):
        return jnp.mean((X @ w - y) ** 2)

    def step(w, _):
        w = w - learning_rate * jax.grad(loss)(w)
        return w, w

    _, path = jax.lax.scan(step, start, length=steps)
    return jnp.vstack([start, path])


def descend_jax(X, y, start, learning_rate, steps, dtype="float64"):
    with jax.enable_x64(dtype == "float64"):
        X, y, start = (jnp.asarray(values, dtype) for values in (X, y, start))
        return np.asarray(scan_descent(X, y, start, float(learning_rate), steps))


# %% [markdown]
# PyTorch {cite}`paszke2019` records what is done with a tensor that `requires_grad`,
# and `loss.backward()` walks the record backward and *adds* the gradient to `w.grad`.
# So the gradient is set back after each step, or it would pile up. The update stands
# under `no_grad`, because it is not part of the loss and should not be recorded.

# %% tags=["engine"]
import torch


def descend_torch(X, y, start, learning_rate, steps, dtype="float64"):
    number = getattr(torch, dtype)
    X, y = torch.tensor(X, dtype=number), torch.tensor(y, dtype=number)
    w = torch.tensor(start, dtype=number, requires_grad=True)
    path = [w.detach().clone()]
    for _ in range(steps):
        loss = ((X @ w - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= learning_rate * w.grad
        w.grad.zero_()
        path.append(w.detach().clone())
    return torch.stack(path).numpy()


# %% [markdown]
# Before you compare, predict. Every float is rounded to a relative error of at most
# $u$, the *unit roundoff*: half the gap between one and the next number
# {cite}`goldberg1991`. So each update adds an error of up to $u \max |w|$, and the
# largest parameter on the way is the start's 2. (The gradient's own rounding counts for
# less: it is multiplied by the learning rate.) Do a thousand such errors pile up? No:
# by {eq}`error-rule` each step also shrinks every earlier error by $1 - \eta \lambda =
# 0.98$. Their sum stays below
#
# ```{math}
# :label: rounding-bound
# u \max |w| \, (1 + 0.98 + 0.98^2 + \dots) = \frac{u \max |w|}{\eta \lambda}
# ```

# %%
settings = (X_std, y_std, [-2.0, 0.0], 0.01, 1000)
engines = {"NumPy": descend_numpy, "JAX": descend_jax, "PyTorch": descend_torch}
reference = np.array(descend_python(*settings))
differences, bounds = {}, {}
for dtype in ("float64", "float32"):
    unit_roundoff = np.finfo(dtype).eps / 2
    bounds[dtype] = float(unit_roundoff * np.abs(reference).max() / (0.01 * 2))
    for name, descend_with in engines.items():
        path = descend_with(*settings, dtype=dtype)
        differences[name, dtype] = np.abs(path - reference).max(axis=1)
    worst = max(differences[name, dtype].max() for name in engines)
    print(f"{dtype}: bound {bounds[dtype]:.1e}, largest difference {worst:.0e}")

# %% [markdown]
# The largest differences are below the bounds. Are they there all the way?

# %%
#| name: fig-engines
#| caption: The engines part by rounding errors, which stay below the predicted bounds.
#| alt: Difference from the pure Python path against the step on a log scale, for NumPy,
#|   JAX and PyTorch. Three float64 curves lie low, and drop out where the difference is
#|   next to zero; three float32 curves lie nine powers of ten higher and end on a
#|   plateau. A dashed bound runs above each group; no curve touches it in 1000 steps.
figure, ax = plt.subplots(figsize=(5.4, 4.0))
for (name, dtype), difference in differences.items():
    color = {"NumPy": BLUE, "JAX": ORANGE, "PyTorch": GREEN}[name]
    label = name if dtype == "float32" else None
    seen = np.where(difference > 0, difference, np.nan)  # zero has no logarithm
    ax.semilogy(range(0, 1001, 4), seen[::4], color=color, linewidth=1, label=label)
for dtype, bound in bounds.items():
    ax.axhline(bound, color=GRAY, linestyle="--", linewidth=1)
    ax.text(1000, bound * 1.6, f"{dtype}: bound", ha="right")
ax.legend(loc="center", ncols=3)
ax.set(xlabel="step", ylabel="difference from pure Python", ylim=(1e-17, 1e-3))
ax.set_title("Rounding errors do not pile up")
plt.show()

# %% tags=["remove-cell"]
claim("1.1e-14", bounds["float64"])
claim("6.0e-06", bounds["float32"])
for (_, dtype), difference in differences.items():
    assert difference.max() < bounds[dtype]
claim("< 1e-14", max(differences[name, "float64"].max() for name in engines))
claim("< 6e-6", max(differences[name, "float32"].max() for name in engines))
claim("0.98", 1 - 0.01 * np.linalg.eigvalsh(hessian(X_std))[0])
claim("2", np.abs(reference).max())

# %% [markdown]
# Every engine keeps within the bounds, 1.1e-14 in float64 and 6.0e-06 in float32, at
# every step. In float64 the paths differ in their last digits or, where a curve drops
# out of the figure, in nothing that counts. In float32 the curves end on a plateau:
# that is the stall you met in {ref}`penguins`. So the engines do the same thing. What
# do they cost?

# %% tags=["nbval-ignore-output"]
from time import perf_counter


def microseconds_per_step(descend_with):
    descend_with(*settings)  # the first call may compile
    start = perf_counter()
    descend_with(*settings)
    return (perf_counter() - start) / 1000 * 1e6


python_time = microseconds_per_step(descend_python)
print("             largest difference    time per")
print("             float64    float32        step")
print(f"pure Python        -          -  {python_time:7.1f} µs")
for name, descend_with in engines.items():
    double, single = (differences[name, d].max() for d in ("float64", "float32"))
    time = microseconds_per_step(descend_with)
    print(f"{name:11}    {double:.0e}      {single:.0e}  {time:7.1f} µs")

# %% [markdown]
# Read the times for what they are: 333 birds and two parameters are little arithmetic,
# so you see what each engine spends on starting an operation. Pure Python spends it on
# every number, NumPy and PyTorch on every operation of every step (PyTorch also keeps
# its record), a compiled loop once per run. With a million parameters the order may be
# another.
#
# ## What to keep
#
# - For the mean squared error the curvature is $H = \frac{2}{n} X^\top X$. Along each
#   of its eigenvectors, descent multiplies the error by $1 - \eta \lambda$.
# - The largest curvature limits the learning rate, the smallest one needs the steps.
#   With the best learning rate their quotient $\kappa$ says how many: about
#   $\frac{\kappa}{2} \ln \frac{1}{\varepsilon}$ for an accuracy of $\varepsilon$.
# - A flat loss curve may be a shallow direction. Look at the parameters as well.
# - Center *and* scale your features. For the penguins, centering does most.
# - Momentum replaces $\kappa$ by $\sqrt{\kappa}$, after a run-up.
#
# ## Exercises
#
# ::::{exercise}
# :label: ex-conditioning-meters
# A colleague notes the bills in meters and only centers them. Predict the condition
# number before you compute it. Which of the two parameters is now the slow one? In
# which unit of length would centering alone be enough?
# ::::
#
# ::::{solution} ex-conditioning-meters
# :class: dropdown
# Centered, the curvatures are 2 and $2 \sigma^2$. In meters $\sigma$ is 0.00546, so the
# slope is now the shallow direction and $\kappa = 1 / \sigma^2$, about 33,538:
#
# ```python
# centered_m = (bill_length_mm - bill_length_mm.mean()) / 1000
# print(condition_number(centered_m))
# ```
#
# The unit with $\sigma = 1$ makes $\kappa = 1$: the standard deviation itself. Scaling
# is a choice of unit, and centering alone is good only if somebody has chosen well.
# ::::
#
# ::::{exercise}
# :label: ex-conditioning-correlation
# Two standardized features have the correlation $r$. Derive $\kappa$ of their problem,
# and check it on all pairs of the three measurements. How strong must a correlation be
# for a condition number of 100?
# ::::
#
# ::::{solution} ex-conditioning-correlation
# :class: dropdown
# $H$ is twice a matrix with ones on its diagonal and $r$ where the two features meet.
# Its eigenvalues are 2, $2(1 + r)$ and $2(1 - r)$, so $\kappa = (1 + \lvert r \rvert) /
# (1 - \lvert r \rvert)$.
#
# ```python
# for pair in ([0, 1], [0, 2], [1, 2]):
#     columns = standardize(features[:, pair])
#     r = abs(np.corrcoef(columns.T)[0, 1])
#     print(condition_number(columns), (1 + r) / (1 - r))
# ```
#
# For bill and flipper length it is 4.77. Solved for the correlation, $\lvert r \rvert =
# (\kappa - 1) / (\kappa + 1)$, which is about 0.98 for a condition number of 100.
# Conditioning suffers late, but then fast.
# ::::
#
# ::::{exercise}
# :label: ex-conditioning-ninety
# Few people compute eigenvalues to choose $\beta$; 0.9 is usual. Momentum converges for
# $\eta < 2 (1 + \beta) / \lambda_{\max}$. Run the raw penguins with $\beta = 0.9$ and
# 0.99 of that limit. How much of the gain is left?
# ::::
#
# ::::{solution} ex-conditioning-ninety
# :class: dropdown
# In the shallow direction the larger root is close to $1 - \eta \lambda_{\min} / (1 -
# \beta)$: as if $\eta$ were ten times as large. With the higher limit, this predicts
# about 47,600 steps.
#
# ```python
# rate = 0.99 * 2 * (1 + 0.9) / eigenvalues[-1]
# path = heavy_ball(lambda w: raw_loss(w)[1], [0, 0], rate, 0.9, steps=60_000)
# distance = np.linalg.norm(path - best_raw, axis=1)
# print(steps_to_reach(distance, 1e-6 * distance[0]))
# ```
#
# It takes 47,390: 19 times fewer than plain descent, where the best $\beta$ takes 233
# times fewer. A fixed $\beta$ gains a fixed factor; for the square root, $\beta$ has to
# approach one as $\kappa$ grows.
# ::::
#
# ::::{exercise}
# :label: ex-conditioning-power
# Open: a large model has no room for its Hessian. How would you find $\lambda_{\max}$
# from gradients alone? Try your idea on the three standardized features.
# ::::
#
# ::::{solution} ex-conditioning-power
# :class: dropdown
# One way: the difference of two gradients is $H$ times the difference of their places,
# so two gradients give you $H \mathbf{v}$ for any $\mathbf{v}$. Multiply again and
# again, and what is left of $\mathbf{v}$ is the steepest direction. This is the *power
# iteration* {cite}`trefethen1997`.
#
# ```python
# X = design_matrix(standardize(features))
# v, origin = np.ones(4) / 2, np.zeros(4)
# for _ in range(20):
#     Hv = mse_value_and_grad(v, X, y_std)[1] - mse_value_and_grad(origin, X, y_std)[1]
#     estimate = np.linalg.norm(Hv)
#     v = Hv / estimate
# print(estimate, np.linalg.eigvalsh(hessian(X))[-1])
# ```
#
# After twenty rounds the estimate is 3.986, the eigenvalue to that many digits. For
# networks the curvature changes along the way, so it has to be followed.
# ::::

# %% tags=["remove-cell"]
meters = (bill_length_mm - bill_length_mm.mean()) / 1000
claim("0.00546", meters.std())
claim("33,538", condition_number(meters))
claim("33,538", 1 / meters.std() ** 2)
for pair in ([0, 1], [0, 2], [1, 2]):
    columns = standardize(features[:, pair])
    r = abs(np.corrcoef(columns.T)[0, 1])
    assert np.isclose(condition_number(columns), (1 + r) / (1 - r))
claim("4.77", condition_number(standardize(features[:, [0, 2]])))
strong = (100 - 1) / (100 + 1)
claim("0.98", strong)
claim("100", np.linalg.cond(np.array([[1, strong], [strong, 1]])))
usual = 0.9
claim("0.9", usual)
ninety_rate, too_high = (
    share * 2 * (1 + usual) / eigenvalues[-1] for share in (0.99, 1.01)
)
ninety = heavy_ball(lambda w: raw_loss(w)[1], [0, 0], ninety_rate, usual, 60_000)
beyond = heavy_ball(lambda w: raw_loss(w)[1], [0, 0], too_high, usual, 2_000)
assert np.linalg.norm(beyond[-1]) > 1e3 * np.linalg.norm(best_raw)
ninety_distance = np.linalg.norm(ninety - best_raw, axis=1)
ninety_steps = steps_to_reach(ninety_distance, 1e-6 * ninety_distance[0])
claim("47,390", ninety_steps)
slow_factor = 1 - ninety_rate * eigenvalues[0] / (1 - usual)
claim("47,600", round(predicted_steps(slow_factor), -2))
claim("19", measured / ninety_steps)
v = np.ones(4) / 2
base = mse_value_and_grad(np.zeros(4), X_three, y_std)[1]
for _ in range(20):
    Hv = mse_value_and_grad(v, X_three, y_std)[1] - base
    estimate = np.linalg.norm(Hv)
    v = Hv / estimate
claim("3.986", estimate)
claim("3.986", np.linalg.eigvalsh(hessian(X_three))[-1])

# %% [markdown]
# ## Sources and further reading
#
# - The tutorial behind this part of the book {cite}`fruehwald2022` standardizes its
#   penguins at once and names momentum as something to go on to. Thanks to its good
#   choice, its descent never meets the trouble of this page.
# - Goh's *Why Momentum Really Works* {cite}`goh2017` shows the eigenvector picture with
#   figures to play with. The heavy ball is from {cite}`polyak1964`.
# - Condition numbers and convergence rates: {cite}`nocedal2006`, {cite}`boyd2004`, and
#   {cite}`nesterov2004` for what no method of this kind can beat.
# - Rounding: {cite}`goldberg1991`, {cite}`higham2002`. Eigenvalues: {cite}`strang2019`,
#   {cite}`trefethen1997`.
# - The engines: {cite}`harris2020`, {cite}`jax2018`, {cite}`paszke2019`. How a program
#   is differentiated: {cite}`baydin2018`.
