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
# In {ref}`penguins` you standardized bill length and body mass, and with the best
# learning rate the descent found the line in one step. Leave out that preparation, keep
# millimeters and grams, and the same loop needs 895,614 steps, again with the best
# learning rate there is. The birds are the same, and so is the line. Where do all those
# steps go?
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

# %% [markdown]
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
print(f"best: intercept {best_raw[0]:.1f}, slope {best_raw[1]:.2f}")

# %% [markdown]
# Which learning rate will do? The last chapter's, 0.01, is a natural first try. Each
# time one fails, divide it by ten.

# %%
from helpers import descend, mse_value_and_grad


def raw_loss(w):
    return mse_value_and_grad(w, X_raw, body_mass_g)


for learning_rate in (0.01, 0.001, 0.0001):
    trace = descend(raw_loss, [0, 0], learning_rate, steps=1000)
    print(f"rate {learning_rate}: loss {trace.losses[-1]:,.0f} g²")
intercept, slope = trace.parameters[-1]
print(f"  intercept {intercept:.1f}, slope {slope:.2f}")

# %% [markdown]
# Two of the three blow up: beyond the largest float comes `inf`, and `inf` minus `inf`
# is `nan`, not a number. The third one behaves, and its loss looks like that of any
# finished descent. Look at the parameters, though.

# %% tags=["hide-input"]
#| name: fig-looks-finished
#| caption: The same 1000 steps, told by the loss and by a parameter. The dashed lines
#|   mark what the closed form says.
#| alt: Two panels over 1000 steps. Above, on a log scale, the loss falls within about
#|   ten steps and then runs flat, close to a dashed line at the best loss. Below, the
#|   intercept stays near zero for all the steps, while a dashed line marks its best
#|   value, 389 grams, far above.
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY

figure, (top, bottom) = plt.subplots(2, sharex=True, figsize=(5.4, 4.6))
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
# By step ten the loss has made all but two ten-thousandths of its fall. Yet after 1000
# steps the intercept is 3.3 g instead of 389 g. Does that matter?

# %%
for name, line in (("1000 steps", trace.parameters[-1]), ("best line", best_raw)):
    miss_g = raw_loss(line)[0] ** 0.5
    print(f"{name}: miss {miss_g:.1f} g, slope {line[1]:.1f}")

# %% [markdown]
# To predict the masses of birds like these, you could stop here: the typical miss is
# 651.2 g instead of 649.5 g, and for no bird do the two lines differ by more than
# 129 g. But read the slope as an answer, and it is a tenth too steep, 95.4 instead of
# 86.8 g per mm. And the loss does not tell you which of the two lines you have.
#
# The descent is fast in one direction and asleep in another. To see which directions
# those are, you need the curvature of the loss.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("A loss that looks finished"):
    given("The last chapter's, 0.01", "Yet after 1000 steps")
    given("The same 1000 steps", "panels over 1000 steps")
    losses_of = [descend(raw_loss, [0, 0], rate, 1000).losses for rate in (0.01, 0.001)]
    claim("Two of the three blow up", all(np.isnan(losses[-1]) for losses in losses_of))
    claim("the largest float comes inf", all(np.isinf(x).any() for x in losses_of))
    last_line, best_loss = trace.parameters[-1], raw_loss(best_raw)[0]
    left = (trace.losses[10] - best_loss) / (trace.losses[0] - best_loss)
    claim("all but two ten-thousandths", round(left * 10_000) == 2)
    claim("the intercept is 3.3 g instead of 389 g", last_line[0], best_raw[0])
    claim("best value, 389 grams", best_raw[0])
    miss_g, least_miss_g = raw_loss(last_line)[0] ** 0.5, best_loss**0.5
    claim("miss is 651.2 g instead of 649.5 g", miss_g, least_miss_g)
    claim("than 129 g", np.abs(X_raw @ (last_line - best_raw)).max())
    claim("a tenth too steep", 0.09 < last_line[1] / best_raw[1] - 1 < 0.11)
    claim("95.4 instead of 86.8 g per mm", last_line[1], best_raw[1])

# %% [markdown]
# ## The Hessian
#
# For one parameter the curvature was one number, the second derivative. For several it
# is the matrix of all second derivatives, the **{term}`Hessian`** $H$. The gradient of
# the mean squared error is $\frac{2}{n} X^\top (X \mathbf{w} - \mathbf{y})$;
# differentiate once more and $\mathbf{w}$ and $\mathbf{y}$ drop out:
#
# ```{math}
# :label: hessian-mse
# H = \frac{2}{n} X^\top X
# ```
#
# So the curvature is the same everywhere, and it depends on the features alone. It also
# gives you the gradient. At the optimum $\mathbf{w}^*$ the gradient is zero; subtract
# that zero from the gradient at $\mathbf{w}$, and the terms with $\mathbf{y}$ cancel:
#
# ```{math}
# :label: gradient-from-error
# \nabla L(\mathbf{w}) = H (\mathbf{w} - \mathbf{w}^*)
# ```
#
# Now walk away from $\mathbf{w}^*$ in some direction $\mathbf{d}$. In most directions
# $H \mathbf{d}$, and with it the gradient, points off to one side of your way. Along an
# *eigenvector* $H \mathbf{d} = \lambda \mathbf{d}$, so the gradient lies along the way
# itself. A descent that starts on such a line never leaves it, and the loss along it is
# a parabola with curvature $\lambda$.


# %%
def hessian(X):
    return 2 / len(X) * X.T @ X


eigenvalues, directions = np.linalg.eigh(hessian(X_raw))  # in rising order
for curvature, (d0, d1) in zip(eigenvalues, directions.T, strict=True):
    print(f"{curvature:9.4g} along ({d0:.3f}, {d1:.3f})")
kappa_raw = eigenvalues[-1] / eigenvalues[0]
print(f"{kappa_raw:9,.0f} is their quotient")

# %% [markdown]
# One direction has a curvature of 3932, the other of 0.03. Their quotient is the
# **{term}`condition number`** $\kappa = \lambda_{\max} / \lambda_{\min}$, here 129,653:
# the problem is *ill-conditioned*. (An eigenvector's sign is free, so yours may point
# the other way.)
#
# The shallow direction looks like the intercept, with a trifle of slope. The trifle is
# the point.

# %%
per_gram = directions[1, 0] / directions[0, 0]
print(f"{hessian(X_raw)[0, 0]:.1f} curvature of the intercept alone")
print(f"{per_gram:.4f} g/mm for each gram of intercept")
print(f"{-1 / per_gram:.1f} mm: here the two cancel")

# %% [markdown]
# Change the intercept alone, and every bird's prediction moves: the curvature of that
# is 2, or 66 times the shallow one. But raise the intercept by one gram *and* lower the
# slope by 0.0224 g per mm, and the prediction for a bill of 44.7 mm stays what it was,
# since 0.0224 times 44.7 is 1. The bills crowd around 44.0 mm, so no prediction
# changes by much. The line turns about a point in the middle of the crowd, and the loss
# hardly objects.

# %% tags=["hide-input"]
#| name: fig-pivot
#| caption: At a bill of zero length the two lines are 386 g apart. Among the birds they
#|   are hard to tell apart.
#| alt: Body mass against bill length from zero to 62 millimeters, one gray dot for each
#|   bird, all of them on the right half. Two rising lines cross inside the cloud, at a
#|   bill of 44.7 millimeters: the best line, and the line after 1000 steps, which is
#|   a little steeper and starts lower at the left edge.
from helpers import ORANGE

figure, ax = plt.subplots()
ax.plot(bill_length_mm, body_mass_g, "o", color=GRAY, ms=3, alpha=0.4)
ends = np.array([0, 62])
ax.plot(ends, design_matrix(ends) @ best_raw, color=BLUE)
ax.plot(ends, design_matrix(ends) @ trace.parameters[-1], color=ORANGE)
ax.plot(-1 / per_gram, best_raw @ [1, -1 / per_gram], "o", color=BLUE, ms=7)
ax.text(11, 1700, "best line", color=BLUE, ha="right")
ax.text(10, 500, "after 1000 steps", color=ORANGE)
pointer = {"arrowstyle": "-", "color": GRAY}
ax.annotate("they turn here", (44.7, 4150), (44, 1700), arrowprops=pointer)
ax.set(xlabel="bill length (mm)", ylabel="body mass (g)", xlim=(0, 62))
ax.set_title("The valley: lines that turn about the crowd")
plt.show()

# %% [markdown]
# That is the valley in which 1000 steps got lost: the line that they found crosses the
# best one at 44.7 mm.

# %% tags=["remove-cell"]
with checks("The Hessian"):
    claim("a curvature of 3932, the other of 0.03", eigenvalues[1], eigenvalues[0])
    claim("here 129,653", kappa_raw)
    like_axes = np.abs(np.diag(directions)) > 0.999
    claim("The shallow direction looks like the intercept", like_axes.all())
    alone = hessian(X_raw)[0, 0]
    claim("is 2, or 66 times the shallow one", alone, alone / eigenvalues[0])
    pivot_mm = -1 / per_gram
    claim("by 0.0224 g per mm", -per_gram)
    claim("for a bill of 44.7 mm stays", pivot_mm)
    claim("0.0224 times 44.7 is 1", -per_gram, pivot_mm, -per_gram * pivot_mm)
    claim("crowd around 44.0 mm", bill_length_mm.mean())
    claim("the two lines are 386 g apart", best_raw[0] - last_line[0])
    given("from zero to 62 millimeters")
    claim("bill of 44.7 millimeters", pivot_mm)
    claim("the line after 1000 steps", len(trace.losses) - 1)
    claim("in which 1000 steps got lost", len(trace.losses) - 1)
    intercept_apart, slope_apart = last_line - best_raw
    claim("crosses the best one at 44.7 mm", -intercept_apart / slope_apart)

# %% [markdown]
# ## Every direction is a descent of its own
#
# Put {eq}`gradient-from-error` into the update rule and subtract $\mathbf{w}^*$ on both
# sides. The error then follows a rule of its own:
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
errors = (trace.parameters - best_raw) @ directions  # one column each
steps = np.arange(1001)[:, None]
predicted = (1 - 0.0001 * eigenvalues) ** steps * errors[0]
gap = np.abs(errors - predicted).max() / np.abs(errors[0]).max()
print(f"{gap:.0e}: largest gap / largest first error")

# %% [markdown]
# They agree to within the rounding of float64. {numref}`fig-two-directions` draws the
# first hundred steps.

# %% tags=["hide-input"]
#| name: fig-two-directions
#| caption: The same 1000 steps again, now along the two eigenvectors. Dots are the run,
#|   lines the prediction.
#| alt: Size of the error against the step on a log scale, over the first hundred steps.
#|   The error along the steep direction falls on a straight line through many powers of
#|   ten until it levels off at rounding noise. The error along the shallow direction
#|   stays level at its starting value. Dots for the run lie on the predicted lines.
from helpers import BLACK

figure, ax = plt.subplots()
for i, color in ((0, ORANGE), (1, BLUE)):
    ax.semilogy(np.abs(predicted[:101, i]), color=BLACK, linewidth=1)
    ax.semilogy(steps[:101:4], np.abs(errors[:101:4, i]), "o", color=color, ms=4)
ax.text(55, 5, "shallow: multiplied by 0.999997", color=ORANGE, ha="center", va="top")
ax.text(38, 1e-5, "steep: multiplied\nby 0.61 per step", color=BLUE)
ax.text(99, 1e-12, "rounding noise", color=BLUE, ha="right")
ax.text(70, 1e-18, "predicted", ha="right")
ax.set(xlabel="step", ylabel="error along the eigenvector", ylim=(1e-21, 1e5))
ax.set_title("One direction finishes, the other sleeps")
plt.show()

# %% [markdown]
# Each step multiplies the steep error by 0.61 and the shallow one by 0.999997. (Floats
# near a slope of 86.8 are $1.4 \times 10^{-14}$ apart; below that the dots show noise.)
# The loss weighs each squared error by its curvature, so the steep direction fills the
# loss curve, and the shallow one hardly shows there. At this rate it takes about
# 229,000 steps to halve the shallow error.

# %% tags=["remove-cell"]
with checks("Every direction is a descent of its own"):
    claim("agree to within the rounding of float64", gap < 1e-9)
    claim("The same 1000 steps again", len(steps) - 1)
    factors = 1 - 0.0001 * eigenvalues
    claim("by 0.61 and the shallow one by 0.999997", factors[1], factors[0])
    spacing = np.spacing(best_raw[1])
    claim("near a slope of 86.8 are 1.4e-14 apart", best_raw[1], spacing)
    half_life = np.log(0.5) / np.log(factors[0])
    claim("229,000 steps to halve the shallow error", round(half_life, -3))

# %% [markdown]
# ## A wrong turn: hurry up
#
# If it is slow, raise the learning rate. {ref}`descent` put the limit at $2 / \lambda$,
# and each direction has its own; the steepest one's is the lowest, so the prediction is
# $2 / \lambda_{\max}$ for the whole descent. A percent below it, the steep error should
# be multiplied by 0.98 per step; a percent above, by 1.02.

# %%
limit = 2 / eigenvalues[-1]
print(f"limit {limit:.3e}")
for share in (0.99, 1.01):
    run = descend(raw_loss, [0, 0], share * limit, steps=1000)
    start, end = (run.parameters[[0, -1]] - best_raw) @ directions
    shallow, steep = np.abs(end / start)
    print(f"{share} of the limit:")
    print(f"  {steep:.2e} times the steep error")
    print(f"  {abs(1 - 2 * share) ** 1000:.2e} predicted")
    print(f"  {shallow:.4f} times the shallow error")

# %% [markdown]
# Above the limit the steep error is 398 million times what it was. And the hurry buys
# next to nothing: 1000 steps take 1.5% off the shallow error, where before they took
# 0.3%. The steep direction sets the speed limit, the shallow one sets the distance.

# %% tags=["remove-cell"]
with checks("A wrong turn: hurry up"):
    claim("be multiplied by 0.98 per step", abs(1 - 0.99 * limit * eigenvalues[-1]))
    claim("a percent above, by 1.02", steep ** (1 / 1000))
    claim("the steep error should", np.isclose(steep, 1.02**1000, rtol=1e-6))
    claim("is 398 million times", steep / 1e6)
    given("next to nothing: 1000 steps")
    before = 1 - factors[0] ** 1000
    claim(
        "1.5% off the shallow error, where before they took 0.3%", 1 - shallow, before
    )

# %% [markdown]
# ## The best learning rate, and how long it takes
#
# Raise $\eta$ and the shallow direction speeds up; raise it too far and the steep one
# slows down again, overshooting more and more. The best compromise makes both factors
# equal in size, $1 - \eta \lambda_{\min} = \eta \lambda_{\max} - 1$:
#
# ```{math}
# :label: best-rate
# \begin{aligned}
# \eta &= \frac{2}{\lambda_{\min} + \lambda_{\max}} \\
# \text{factor per step} &= \frac{\kappa - 1}{\kappa + 1}
# \end{aligned}
# ```
#
# The learning rate has left the second formula: $\kappa$ alone says how many steps
# bring the distance to $\mathbf{w}^*$ down to a millionth of what it was. With two
# parameters the count is exact. With more it is an upper limit, because the directions
# in between shrink faster. (The distance mixes grams with grams per millimeter: crude,
# but good enough to count with.)

# %%
import math


def predicted_steps(factor, accuracy=1e-6):
    return math.ceil(math.log(accuracy) / math.log(factor))


plain_steps = predicted_steps((kappa_raw - 1) / (kappa_raw + 1))
print(f"{plain_steps:,} steps predicted")

# %% [markdown]
# To count so many steps, compile the loop: `jax.lax.while_loop` runs `step` for as long
# as `is_far` holds. Multiplied out, the gradient is $H \mathbf{w} - \mathbf{b}$ with
# $\mathbf{b} = \frac{2}{n} X^\top \mathbf{y}$, so the sums over the birds are done
# once, before the loop.

# %%
import jax
from jax.numpy.linalg import norm, solve


@jax.jit
def count_steps(H, b, start, learning_rate, accuracy=1e-6):
    optimum = solve(H, b)
    target = accuracy * norm(start - optimum)

    def is_far(state):
        return norm(state[0] - optimum) > target

    def step(state):
        w, steps = state
        return w - learning_rate * (H @ w - b), steps + 1

    return jax.lax.while_loop(is_far, step, (start, 0))[1]


# %% [markdown]
# In float32, which JAX prefers, this descent would stall as the one in {ref}`penguins`
# did, about one gram of intercept short. So `enable_x64(True)` switches JAX to float64
# for the block below it, as in {ref}`slopes`.

# %%
from helpers import enable_x64


def run_plain(X, y, learning_rate):
    H, b = hessian(X), 2 / len(y) * X.T @ y
    with enable_x64(True):
        return int(count_steps(H, b, np.zeros(len(b)), learning_rate))


best_rate = 2 / (eigenvalues[0] + eigenvalues[-1])
measured = run_plain(X_raw, body_mass_g, best_rate)
print(f"{measured:,} steps counted")

# %% [markdown]
# Predicted 895,614, counted 895,614. Now the standardized penguins. Their feature has
# mean zero and standard deviation one, so $X^\top X / n$ is the identity, both
# curvatures are 2, and $\kappa = 1$. The factor per step is zero, which would mean that
# a single step arrives.

# %%
from helpers import standardize

X_std = design_matrix(standardize(bill_length_mm))
y_std = standardize(body_mass_g)
print(run_plain(X_std, y_std, 1 / 2), "step")

# %% [markdown]
# It does. Nearly a million steps or one, for the same birds.

# %% tags=["remove-cell"]
with checks("The best learning rate, and how long it takes"):
    kept = (kappa_raw - 1) / (kappa_raw + 1)
    arrives = kept**plain_steps <= 1e-6 < kept ** (plain_steps - 1)
    claim("down to a millionth of what it was", arrives)
    stall_g = np.spacing(np.float32(best_raw[0])) / 2 / (best_rate * eigenvalues[0])
    claim("about one gram of intercept short", 0.9 < stall_g < 1.1)
    claim("Predicted 895,614, counted 895,614", plain_steps, measured)
    both_curvatures = np.linalg.eigvalsh(hessian(X_std))
    claim("both curvatures are 2", np.allclose(both_curvatures, 2))
    claim("It does", run_plain(X_std, y_std, 1 / 2) == 1)

# %% tags=["remove-cell"]
with checks("Conditioning"):
    claim("the same loop needs 895,614 steps", measured)

# %% [markdown]
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
# Its eigenvalues add up to $2(1 + \mu^2 + \sigma^2)$ and multiply to $4 \sigma^2$.
# Where one of them is far larger than the other, their sum is nearly the larger one,
# and so
#
# ```{math}
# :label: kappa-one-feature
# \kappa \approx \frac{(1 + \mu^2 + \sigma^2)^2}{\sigma^2}
# ```
#
# The bills have a mean of 44.0 mm and a standard deviation of 5.5 mm. Scaling makes
# $\sigma$ one, but the mean becomes $\mu / \sigma$, which is still about 8. Centering
# makes $\mu$ zero and the matrix diagonal. Its entries 2 and $2 \sigma^2$ then are the
# eigenvalues, so $\kappa$ is $\sigma^2$, or $1 / \sigma^2$ if $\sigma$ is below one.


# %%
def condition_number(features):
    eigenvalues = np.linalg.eigvalsh(hessian(design_matrix(features)))
    return eigenvalues[-1] / eigenvalues[0]


def treatments(features):
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    return {
        "as measured": features,
        "scaled": features / deviation,
        "centered": features - mean,
        "both": (features - mean) / deviation,
    }


for name, treated in treatments(bill_length_mm).items():
    print(f"{condition_number(treated):12,.1f} {name}")

# %% [markdown]
# Scaling alone divides the condition number by 29, centering alone by 4348. So it is
# the subtraction that does the work? Before you write that down, measure the same birds
# in meters.

# %%
for name, treated in treatments(bill_length_mm / 1000).items():
    print(f"{condition_number(treated):12,.1f} {name}")

# %% [markdown]
# Now it is the other way round: scaling does what it always does, and centering next
# to nothing.

# %% tags=["hide-input"]
#| name: fig-center-or-scale
#| caption: Condition numbers of the same bills in two units. Scaling forgets the unit,
#|   but only both together make the bowl round.
#| alt: Condition number on a log scale for four treatments, in millimeters and in
#|   meters. As measured: 129,653 and 33,668. Scaled: 4475 for both. Centered: 30 in
#|   millimeters, far to the left, and 33,538 in meters, far to the right. Both
#|   treatments together: 1 for both.
figure, ax = plt.subplots()
for unit, color, lift in ((1, BLUE, 0.12), (1000, ORANGE, -0.12)):
    for row, treated in enumerate(treatments(bill_length_mm / unit).values()):
        kappa = condition_number(treated)
        text = f"{kappa:,.0f}" if kappa >= 10_000 else f"{kappa:.0f}"
        ax.semilogx(kappa, row + lift, "o", color=color)
        place = {"ha": "center", "va": "bottom" if lift > 0 else "top"}
        ax.text(kappa, row + 1.6 * lift, text, color=color, **place)
ax.text(3e5, 3.1, "in millimeters", color=BLUE, ha="right")
ax.text(3e5, 2.8, "in meters", color=ORANGE, ha="right")
ax.set(xlabel="condition number", xlim=(0.3, 1e6), ylim=(-0.6, 3.6))
ax.set_yticks(range(4), list(treatments(bill_length_mm)))
ax.set_title("The unit decides which one helps")
plt.show()

# %% [markdown]
# So do both. Centering removes the tie between intercept and slope, scaling removes the
# unit.
#
# In {ref}`penguins`, three standardized features at learning rate 0.5 took nearly two
# thousand steps, where one feature had taken a single step. Can they do better? Ask the
# curvatures. (`standardize` works on each column of a table by itself.)

# %%
three = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]
features = penguins[three].to_numpy(dtype=float)  # (333, 3)
X_three = design_matrix(standardize(features))
curvatures = np.linalg.eigvalsh(hessian(X_three))
low, high = curvatures[[0, -1]]
print(curvatures.round(3), "curvatures")
print(f"limit {2 / high:.4f}")
for rate in (0.5, 2 / (low + high)):
    factor = np.abs(1 - rate * curvatures).max()
    count = run_plain(X_three, y_std, rate)
    print(f"rate {rate:.3f}: keeps {factor:.3f}, {count} steps")

# %% [markdown]
# The steepest curvature is 3.986, which puts the limit at 0.5017. Right below it, 0.5
# keeps 0.993 of the steepest error at each step and turns its sign. The best learning
# rate, 0.449, is a little lower and needs 59 steps. One step it cannot be, since
# $\kappa$ is still 8.5. Long flippers go with long bills (correlation 0.65) and with
# shallow ones (correlation $-0.58$), and no shifting or scaling of single columns
# removes a correlation between two. Still a bargain: as measured, the three would cost
# 204.5 million steps.

# %% tags=["remove-cell"]
with checks("Center, scale, or both?"):
    mean_mm, deviation_mm = bill_length_mm.mean(), bill_length_mm.std()
    in_mm, in_m, of_three = (
        {name: condition_number(treated) for name, treated in treatments(table).items()}
        for table in (bill_length_mm, bill_length_mm / 1000, features)
    )
    by_formula = (1 + mean_mm**2 + deviation_mm**2) ** 2 / deviation_mm**2
    close = abs(by_formula / in_mm["as measured"] - 1) < 1e-4
    claim("their sum is nearly the larger one", close)
    claim("44.0 mm and a standard deviation of 5.5 mm", mean_mm, deviation_mm)
    claim("which is still about 8", mean_mm / deviation_mm)
    entries = hessian(design_matrix(bill_length_mm - mean_mm))
    claim("makes mu zero and the matrix diagonal", abs(entries[0, 1]) < 1e-9)
    claim("Its entries 2 and", entries[0, 0])
    claim("so kappa is sigma^2", np.isclose(in_mm["centered"], deviation_mm**2))
    below_one = np.isclose(in_m["centered"], (1000 / deviation_mm) ** 2)
    claim("1 / sigma^2 if sigma is below one", below_one)
    by_scaling = in_mm["as measured"] / in_mm["scaled"]
    by_centering = in_mm["as measured"] / in_mm["centered"]
    claim("by 29, centering alone by 4348", by_scaling, by_centering)
    claim("Scaling forgets the unit", np.isclose(in_m["scaled"], in_mm["scaled"]))
    unchanged = in_m["centered"] / in_m["as measured"] > 0.99
    claim("centering next to nothing", unchanged)
    measured_kappas = in_mm["as measured"], in_m["as measured"]
    claim("As measured: 129,653 and 33,668", *measured_kappas)
    claim("Scaled: 4475 for both", in_mm["scaled"])
    claim("Centered: 30 in millimeters", in_mm["centered"])
    claim("and 33,538 in meters", in_m["centered"])
    claim("together: 1 for both", in_mm["both"])
    claim("make the bowl round", np.allclose([in_mm["both"], in_m["both"]], 1))
    at_half = run_plain(X_three, y_std, 0.5)
    given("at learning rate 0.5 took", "Right below it, 0.5")
    claim("took nearly two thousand steps", 1900 < at_half < 2000)
    claim("is 3.986, which puts the limit at 0.5017", high, 2 / high)
    claim("keeps 0.993 of the steepest error", 0.5 * high - 1)
    claim("learning rate, 0.449, is a little lower and needs 59 steps", rate, count)
    claim("is still 8.5", of_three["both"])
    correlations = np.corrcoef(features.T)
    claim("long bills (correlation 0.65)", correlations[0, 2])
    claim("shallow ones (correlation -0.58)", correlations[1, 2])
    raw_factor = (of_three["as measured"] - 1) / (of_three["as measured"] + 1)
    claim("would cost 204.5 million steps", predicted_steps(raw_factor) / 1e6)

# %% [markdown]
# ## The zig-zag
#
# Two parameters can be drawn. Take the bills centered in millimeters, where $\kappa$ is
# 29.8, and the bills standardized. Both descents start at the same line (4180 g at the
# mean bill, 92 g more per millimeter), and each uses its best learning rate.

# %%
from helpers import steps_to_reach


def best_descent(feature, start, steps=250):
    X = design_matrix(feature)
    best = np.linalg.solve(X.T @ X, X.T @ body_mass_g)
    low, high = np.linalg.eigvalsh(hessian(X))
    trace = descend(
        lambda w: mse_value_and_grad(w, X, body_mass_g), start, 2 / (low + high), steps
    )
    distance = np.linalg.norm(trace.parameters - best, axis=1)
    print("steps to a millionth:", steps_to_reach(distance, 1e-6 * distance[0]))
    return hessian(X), best, trace.parameters


centered_mm = bill_length_mm - bill_length_mm.mean()
sigma = bill_length_mm.std()
zigzag = best_descent(centered_mm, [4180, 92])
straight = best_descent(centered_mm / sigma, [4180, 92 * sigma])

# %% [markdown]
# (`steps_to_reach` finds the first index at which values are at or below a target.) One
# step against 206, which is what {eq}`best-rate` predicts. The paths show why.

# %% tags=["hide-input"]
#| name: fig-zigzag
#| caption: In a long valley each step points at the far wall, in a round bowl at the
#|   bottom. Rings are lines of equal loss. Above, only the first forty steps are drawn.
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
    levels = excess.max() * 0.4 ** np.arange(4, 0, -1)
    ax.contour(i + best[0], j + best[1], excess, levels, colors=GRAY, linewidths=0.8)
    ax.plot(*path[:41].T, "o-", color=BLUE, markersize=3, linewidth=1)
    ax.plot(*best, "*", color=ORANGE, markersize=11)
    ax.set(aspect="equal", xlabel="mass at the mean bill (g)")
panels[0].set(ylabel="slope (g/mm)", title="Centered: across the valley and back")
panels[1].set(ylabel="slope (g per std. deviation)")
panels[1].text(*straight[2][0] + [0, 1], "start", color=BLUE, ha="center")
panels[1].text(*straight[1] + [0, -3], "best", color=ORANGE, ha="center", va="top")
panels[1].set_title("Standardized: one step")
plt.show()

# %% [markdown]
# The steepest way down a long valley is across, not along. At this rate a step
# overshoots the valley's floor, and the next one comes back. That is not what takes the
# time: with half the rate nothing overshoots, and it takes 419 steps. The steep walls
# forbid a larger rate, and the progress along the valley is a by-product.

# %% tags=["remove-cell"]
with checks("The zig-zag"):
    claim("where kappa is 29.8", in_mm["centered"])
    given("4180 g at the mean bill, 92 g more per millimeter")
    distances = [np.linalg.norm(w - best, axis=1) for _, best, w in (zigzag, straight)]
    counted = [steps_to_reach(d, 1e-6 * d[0]) for d in distances]
    claim("One step against 206", counted[0])
    claim("One step against", counted[1] == 1)
    predicted_206 = predicted_steps((in_mm["centered"] - 1) / (in_mm["centered"] + 1))
    claim("which is what", counted[0] == predicted_206)
    H, best, _ = zigzag
    half_rate, d0 = 1 / np.linalg.eigvalsh(H).sum(), distances[0][0]
    slow = descend(lambda w: (0.0, H @ (w - best)), [4180, 92], half_rate, 500)
    across = slow.parameters[:, 1] - best[1]
    claim("nothing overshoots", (across[:-1] * across[1:] > -1e-9).all())
    in_all = np.linalg.norm(slow.parameters - best, axis=1)
    claim("it takes 419 steps", steps_to_reach(in_all, 1e-6 * d0))

# %% [markdown]
# ## Momentum
#
# You cannot always standardize your way out: correlated features leave a valley, and a
# neural network brings its own. Look at the zig-zag again. Across the valley, one step
# undoes the last; along it, all steps agree. So let each step keep a share $\beta$ of
# the step before. Steps that agree add up, steps that alternate damp each other. That
# is **{term}`momentum`**, the heavy ball of {cite}`polyak1964`:
#
# ```{math}
# :label: heavy-ball
# \begin{aligned}
# \mathbf{w}_{k+1} = \mathbf{w}_k &- \eta \nabla L(\mathbf{w}_k) \\
#   &+ \beta (\mathbf{w}_k - \mathbf{w}_{k-1})
# \end{aligned}
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
# Along an eigenvector this is again one number at a time, now with a memory:
#
# ```{math}
# :label: momentum-recurrence
# c_{k+1} = (1 + \beta - \eta \lambda)\, c_k - \beta c_{k-1}
# ```
#
# Try $c_k = z^k$, and what is left is $z^2 - (1 + \beta - \eta \lambda) z + \beta = 0$.
# It has two roots, with $\beta$ as their product. As long as $(1 + \beta - \eta
# \lambda)^2 < 4 \beta$ they are complex conjugates, so both have the size
# $\beta^{1/2}$, *whatever $\lambda$ is*: all directions shrink alike. The condition is
# a window for the curvatures:
#
# ```{math}
# :label: momentum-window
# (1 - \sqrt{\beta})^2 < \eta \lambda < (1 + \sqrt{\beta})^2
# ```
#
# A smaller $\beta$ shrinks faster but has a narrower window. The best one is the
# smallest whose window still holds all curvatures, so put $\lambda_{\min}$ and
# $\lambda_{\max}$ on its two ends and take roots:
#
# ```{math}
# \begin{aligned}
# 1 - \sqrt{\beta} &= \sqrt{\eta \lambda_{\min}} \\
# 1 + \sqrt{\beta} &= \sqrt{\eta \lambda_{\max}}
# \end{aligned}
# ```
#
# Add the two to find $\eta$, divide them to find $\beta$:
#
# ```{math}
# :label: best-momentum
# \begin{aligned}
# \sqrt{\eta} &= \frac{2}{\sqrt{\lambda_{\min}} + \sqrt{\lambda_{\max}}} \\
# \sqrt{\beta} &= \frac{\sqrt{\kappa} - 1}{\sqrt{\kappa} + 1}
# \end{aligned}
# ```
#
# The second line is the new factor per step: that of plain descent, with the square
# root of $\kappa$ in place of $\kappa$. Back to millimeters and grams:

# %%
root = math.sqrt(kappa_raw)
shrink = (root - 1) / (root + 1)  # the factor per step, √β
momentum_rate = (2 / np.sqrt(eigenvalues).sum()) ** 2
path = heavy_ball(
    lambda w: raw_loss(w)[1], [0, 0], momentum_rate, shrink**2, steps=4500
)
distance = np.linalg.norm(path - best_raw, axis=1)
print(f"momentum {shrink**2:.4f}, rate {momentum_rate / limit:.2f} × limit")
print(predicted_steps(shrink), "steps predicted")
print(steps_to_reach(distance, 1e-6 * distance[0]), "steps counted")

# %% [markdown]
# Far fewer than 895,614, but half as many again as predicted, and that deserves a
# second look. At the two ends of the window the two roots *coincide*, and then $k z^k$
# joins $z^k$ as a solution. With $r$ for $\beta^{1/2}$ and a first step that has no
# memory, the two ends follow
#
# ```{math}
# :label: double-root
# \begin{aligned}
# \text{shallow: } c_k &= c_0 (1 + (1 - r) k) \, r^k \\
# \text{steep: } c_k &= c_0 (1 + (1 + r) k) (-r)^k
# \end{aligned}
# ```

# %%
k = np.arange(len(path))
growth = 1 + np.outer(k, [1 - shrink, 1 + shrink])  # shallow, steep
corrected = np.linalg.norm(errors[0] * growth, axis=1) * shrink**k
print(steps_to_reach(corrected, 1e-6 * corrected[0]), "steps predicted")

# %% [markdown]
# Now the prediction is right to the step. {numref}`fig-momentum` shows what the extra
# $k$ does on the way.

# %% tags=["hide-input"]
#| name: fig-momentum
#| caption: Distance to the optimum in millimeters and grams. The thin line inside the
#|   broad one is the corrected prediction.
#| alt: Distance to the optimum as a share of the starting distance, on a log scale,
#|   against the step. Plain descent is a level line near one. Momentum rises to 32
#|   times the start within the first steps, then falls, and passes a millionth at step
#|   3841. A dashed line, the power alone, falls straight from one and passes a
#|   millionth at step 2488. The thin line of the corrected prediction covers the run.
from helpers import GREEN

plain = descend(raw_loss, [0, 0], best_rate, steps=4500).parameters
figure, ax = plt.subplots()
ax.semilogy(np.linalg.norm(plain - best_raw, axis=1) / distance[0], color=ORANGE)
ax.semilogy(distance / distance[0], color=BLUE, linewidth=4)
ax.semilogy(corrected / distance[0], color=BLACK, linewidth=1)
ax.semilogy(shrink**k, color=GREEN, linestyle="--")
ax.axhline(1e-6, color=GRAY, linewidth=1)
ax.text(4500, 3, "plain descent", color=ORANGE, ha="right")
ax.text(2350, 0.02, "momentum", color=BLUE)
ax.text(1250, 2e-5, "first prediction", color=GREEN, ha="right")
ax.text(20, 5e-7, "a millionth", va="top")
ax.set(xlabel="step", ylabel="distance / first distance", ylim=(1e-8, 300))
ax.set_title("Momentum swings out 32-fold, then wins")
plt.show()

# %% [markdown]
# From this start the distance first *grows* 32-fold, and it does so across the valley.
# The memory damps the jumps from wall to wall, but the learning rate, 1.99 times the
# limit of plain descent, spends all of that damping. So the swings build up before they
# die: at step 179 the slope is off by 12,600 g per mm. On this loss that does no harm,
# and in the end momentum takes 233 times fewer steps. Where a loss is no parabola, such
# a swing may leave the valley for good.

# %% tags=["remove-cell"]
with checks("Momentum"):
    momentum_steps = steps_to_reach(distance, 1e-6 * distance[0])
    claim("than 895,614", measured)
    first_guess = predicted_steps(shrink)
    again = momentum_steps / first_guess
    claim("half as many again as predicted", 1.5 <= again < 1.6)
    close = np.abs(corrected / distance - 1)[:momentum_steps].max() < 1e-6
    claim("the two ends follow", close)
    by_formula = steps_to_reach(corrected, 1e-6 * corrected[0])
    claim("Now the prediction is right to the step", by_formula == momentum_steps)
    outward = distance.max() / distance[0]
    claim("rises to 32 times the start", outward)
    claim("passes a millionth at step 3841", momentum_steps)
    claim("a millionth at step 2488", first_guess)
    claim("first grows 32-fold", outward)
    swing = np.abs(path[:, 1] - best_raw[1])
    claim("it does so across the valley", swing.argmax() == distance.argmax())
    claim("1.99 times the limit", momentum_rate / limit)
    claim(
        "at step 179 the slope is off by 12,600", swing.argmax(), round(swing.max(), -2)
    )
    claim("momentum takes 233 times fewer steps", measured / momentum_steps)

# %% [markdown]
# ## How the cost grows
#
# For large $\kappa$ the factor of plain descent is about $1 - 2/\kappa$, so the steps
# grow like $\kappa$; with momentum, like its square root. With both axes logarithmic,
# these are lines of slope one and one half. Penguins alone are no proof, so draw
# problems at random: five parameters, curvatures from one to $\kappa$, axes turned at
# random, a random start.


# %%
def random_problem(kappa, seed):
    rng = np.random.default_rng(seed)
    curvatures = np.array([1, *kappa ** rng.random(3), kappa])
    rotation, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    return rotation * curvatures @ rotation.T, rng.normal(size=5)


def count_both(kappa, seed):
    H, start = random_problem(kappa, seed)
    with enable_x64(True):
        plain = count_steps(H, np.zeros(5), start, 2 / (1 + kappa))
    root = math.sqrt(kappa)
    rate, momentum = (2 / (1 + root)) ** 2, ((root - 1) / (root + 1)) ** 2
    enough = int(15 * root + 100)
    path = heavy_ball(lambda w: H @ w, start, rate, momentum, enough)
    distance = np.linalg.norm(path, axis=1)
    return int(plain), steps_to_reach(distance, 1e-6 * distance[0])


# %% [markdown]
# Seven condition numbers from 10 to 10,000, ten seeds each, and one line
# fitted per seed. After the ± stands the standard deviation over the seeds.

# %%
kappas = np.logspace(1, 4, 7)
rows = [[count_both(kappa, seed) for kappa in kappas] for seed in range(10)]
counts = np.array(rows)  # (10 seeds, 7 kappas, plain or momentum)
for column, name in enumerate(("plain", "momentum")):
    logs = np.log10(counts[:, :, column])
    slopes = np.polyfit(np.log10(kappas), logs.T, 1)[0]  # one for each seed
    print(f"{slopes.mean():.2f} ± {slopes.std(ddof=1):.3f} slope, {name}")

# %% [markdown]
# Plain descent has its slope of 1.00, momentum 0.53 and not one half. That is the extra
# $k$ of {eq}`double-root` again: to wait for $k r^k$ instead of $r^k$ costs more steps
# by a factor that grows with the logarithm of $\kappa$. The larger $\kappa$, the less
# this adds to the slope.

# %% tags=["hide-input"]
#| name: fig-growth
#| caption: Each dot is one random problem; the ten seeds nearly coincide. Thin lines
#|   are the predictions without the extra factor k.
#| alt: Steps against condition number, both on log scales, from 10 to 10,000. Dots of
#|   ten seeds nearly coincide. The dots of plain descent climb along a line of slope
#|   one, to about 66,000 steps. The dots of momentum climb half as steeply, to about
#|   1000 steps, a little above a line of slope one half.
figure, ax = plt.subplots()
for column, color, power in ((0, ORANGE, 1), (1, BLUE, 0.5)):
    ax.loglog(kappas, math.log(1e6) / 2 * kappas**power, color=GRAY, linewidth=1)
    ax.loglog(kappas, counts[:, :, column].T, "o", color=color, ms=4, alpha=0.5)
ax.text(150, 4000, "plain descent", color=ORANGE, ha="right")
ax.text(1000, 800, "momentum", color=BLUE, ha="right")
ax.text(1.15e4, 690, "slope ½", va="center")
ax.text(1.15e4, 69000, "slope 1", va="center")
ax.set(xlabel="condition number", ylabel="steps to a millionth", xlim=(7, 4e4))
ax.set_title("Steps grow like κ, or like its square root")
plt.show()

# %% [markdown]
# At a condition number of 10,000 plain descent takes some 66,000 steps (of 69,078 at
# most, by {eq}`best-rate`), and momentum some 1000.

# %% tags=["remove-cell"]
with checks("How the cost grows"):
    claim("from 10 to 10,000, ten seeds", kappas[0], kappas[-1])
    plain_slopes = np.polyfit(np.log10(kappas), np.log10(counts[:, :, 0]).T, 1)[0]
    claim("1.00, momentum 0.53 and not", plain_slopes.mean(), slopes.mean())

    def run_up_steps(kappa):
        k = np.arange(60_000)
        r = (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
        return steps_to_reach((1 + (1 + r) * k) * r**k / math.sqrt(5), 1e-6)

    run_ups = [run_up_steps(kappa) for kappa in kappas]
    predicted_slope = np.polyfit(np.log10(kappas), np.log10(run_ups), 1)[0]
    claim("That is the extra k of", f"{predicted_slope:.2f}" == f"{slopes.mean():.2f}")
    early, late = (run_up_steps(10 * k) / run_up_steps(k) for k in (10, 1e6))
    claim("the less this adds to the slope", early > late > math.sqrt(10))
    claim(
        "problem; the ten seeds nearly coincide",
        np.log10(counts).std(axis=0).max() < 0.05,
    )
    claim("scales, from 10 to 10,000", kappas[0], kappas[-1])
    plain_count, momentum_count = counts[:, -1].mean(axis=0)
    claim("to about 66,000 steps", round(plain_count, -3))
    claim("to about 1000 steps", round(momentum_count, -2))
    claim("a condition number of 10,000", kappas[-1])
    claim("some 66,000 steps", round(plain_count, -3))
    limits = [predicted_steps((kappa - 1) / (kappa + 1)) for kappa in kappas]
    claim("(of 69,078", limits[-1])
    claim("at most, by", (counts[:, :, 0] <= limits).all())
    claim("and momentum some 1000", round(momentum_count, -2))

# %% [markdown]
# ## One trajectory, four engines
#
# A count that is predicted to the step should not depend on the program that takes the
# steps. But each library works out the gradient in its own way, adds in its own order,
# and rounds to its own number of digits. So ask once whether they agree, and how
# closely, on a problem whose answer you know, before you trust them with others.
#
# Take the descent of {ref}`penguins`: standardized bills and masses, from $(-2, 0)$,
# learning rate 0.01, 1000 steps. First with nothing but lists and floats, so that no
# operation is hidden.


# %% tags=["engine"]
def descend_python(X, y, start, learning_rate, steps):
    rows, targets, n = X.tolist(), y.tolist(), len(y)
    path = [[float(value) for value in start]]
    for _ in range(steps):
        w, gradient = path[-1], [0.0] * len(start)
        for row, target in zip(rows, targets, strict=True):
            prediction = sum(x * a for x, a in zip(row, w, strict=True))
            for j, x in enumerate(row):
                gradient[j] += 2 / n * (prediction - target) * x
        pairs = zip(w, gradient, strict=True)
        path.append([a - learning_rate * g for a, g in pairs])
    return path


# %% [markdown]
# NumPy {cite}`harris2020` turns the inner loops into two matrix products.

# %% tags=["engine"]
import numpy as np


def descend_numpy(X, y, start, learning_rate, steps, dtype="float64"):
    X, y = np.asarray(X, dtype), np.asarray(y, dtype)
    path = [np.asarray(start, dtype)]
    for _ in range(steps):
        gradient = 2 / len(y) * (X.T @ (X @ path[-1] - y))
        path.append(path[-1] - float(learning_rate) * gradient)
    return np.array(path)


# %% [markdown]
# JAX {cite}`jax2018` derives the gradient from the loss. As in {ref}`descent`,
# `lax.scan` is the loop, and `jit` compiles the whole of it once.

# %% tags=["engine"]
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from helpers import enable_x64


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
    with enable_x64(dtype == "float64"):
        X, y, start = (jnp.asarray(values, dtype) for values in (X, y, start))
        return np.asarray(scan_descent(X, y, start, float(learning_rate), steps))


# %% [markdown]
# PyTorch {cite}`paszke2019` records what is done with a {term}`tensor` that
# `requires_grad`, and `loss.backward()` walks the record backward and *adds* the
# gradient to `w.grad`. So the gradient is set back after each step. The update stands
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
# {cite}`higham2002`. So each update may add an error of $u \max |w|$, and the largest
# parameter on the way is the start's 2. Do a thousand such errors pile up? Only so far:
# by {eq}`error-rule` each step also multiplies every earlier error by 0.98, which is
# $1 - \eta \lambda$. Their sum stays below
#
# ```{math}
# :label: rounding-estimate
# \begin{aligned}
# u \max |w| \, &(1 + 0.98 + 0.98^2 + \dots) \\
# &= \frac{u \max |w|}{\eta \lambda}
# \end{aligned}
# ```
#
# That is fifty times a single error. It is an estimate, not a proof: it leaves out that
# the data and the gradient are rounded too.

# %%
largest, curvature, estimates = 2, 2, {}
for dtype in ("float64", "float32"):
    unit_roundoff = float(np.finfo(dtype).eps) / 2
    estimates[dtype] = unit_roundoff * largest / (0.01 * curvature)
    print(f"{estimates[dtype]:.1e} estimated in {dtype}")

# %% [markdown]
# Now run all four, and take the largest difference from pure Python over all steps.

# %%
engines = {"NumPy": descend_numpy, "JAX": descend_jax, "PyTorch": descend_torch}
settings = (X_std, y_std, [-2.0, 0.0], 0.01, 1000)
reference = np.array(descend_python(*settings))
differences = {}
for dtype in estimates:
    for name, descend_with in engines.items():
        path = descend_with(*settings, dtype=dtype)
        differences[name, dtype] = np.abs(path - reference).max(axis=1)
        print(f"{differences[name, dtype].max():.0e} {dtype}, {name}")

# %% [markdown]
# All six stay below the estimates. {numref}`fig-engines` shows each step.

# %% tags=["hide-input"]
#| name: fig-engines
#| caption: Every step of three engines in two precisions, held against pure Python.
#|   What is below 1e-17 is drawn at the lower edge.
#| alt: Difference from the pure Python path against the step on a log scale, for NumPy,
#|   JAX and PyTorch. Dots for float64 lie low, in a few rows or at zero. Dots for
#|   float32 lie far higher, rise toward the end and stay on a plateau. A dashed line
#|   for the estimate runs above each group; no dot reaches it.
figure, ax = plt.subplots(figsize=(5.4, 4.0))
for (name, dtype), difference in differences.items():
    color = {"NumPy": BLUE, "JAX": ORANGE, "PyTorch": GREEN}[name]
    label = name if dtype == "float32" else None
    seen = np.maximum(difference, 1e-17)  # zero has no logarithm
    ax.semilogy(range(0, 1001, 8), seen[::8], ".", color=color, ms=3, label=label)
for dtype, estimate in estimates.items():
    ax.axhline(estimate, color=GRAY, linestyle="--", linewidth=1)
    ax.text(1000, estimate * 1.8, f"{dtype}: estimate", ha="right")
ax.legend(loc="center", ncols=3, markerscale=3, handletextpad=0)
ax.set(xlabel="step", ylabel="difference from pure Python", ylim=(5e-18, 1e-3))
ax.set_title("Rounding errors pile up only so far")
plt.show()

# %% [markdown]
# In float64 the engines differ by a last digit or not at all. In float32 the
# differences climb until the updates round to nothing, the stall of {ref}`penguins`.
# So you can tell: where two float32 runs of this descent part in the sixth decimal, it
# is rounding; where they part in the third, one of them takes other steps. What do the
# engines cost?

# %% tags=["nbval-ignore-output"]
from time import perf_counter


def microseconds_per_step(descend_with):
    descend_with(*settings)  # the first call may compile
    start = perf_counter()
    descend_with(*settings)
    return (perf_counter() - start) / 1000 * 1e6


for name, descend_with in {"pure Python": descend_python, **engines}.items():
    print(f"{microseconds_per_step(descend_with):7.1f} µs per step: {name}")

# %% [markdown]
# With 333 birds and two parameters there is little arithmetic, so you see what each
# engine spends on starting an operation: pure Python on every number, NumPy and PyTorch
# on every operation of a step, a compiled loop once per run. With a million parameters
# the order may be another.

# %% tags=["remove-cell"]
with checks("One trajectory, four engines"):
    given("learning rate 0.01, 1000 steps", "What is below 1e-17")
    claim("is the start's 2", np.abs(reference).max())
    keeps = 1 - 0.01 * np.linalg.eigvalsh(hessian(X_std)).min()
    claim("every earlier error by 0.98", keeps)
    claim("1 + 0.98 + 0.98^2", np.isclose((keeps ** np.arange(5000)).sum(), 50))
    largest_of = {key: difference.max() for key, difference in differences.items()}
    below = all(gap < estimates[dtype] for (_, dtype), gap in largest_of.items())
    claim("All six stay below the estimates", below)
    in_float32 = [gap for (_, dtype), gap in largest_of.items() if dtype == "float32"]
    claim("In float32 the differences climb", min(in_float32) > 3e-7)
    claim("With 333 birds and two parameters", len(y_std))

# %% [markdown]
# ## What to keep
#
# - For the mean squared error the curvature is $H = \frac{2}{n} X^\top X$. Along each
#   of its eigenvectors, descent multiplies the error by $1 - \eta \lambda$.
# - The largest curvature limits the learning rate, the smallest decides how long it
#   takes. With the best learning rate it takes about $\frac{\kappa}{2} \ln
#   \frac{1}{\varepsilon}$ steps to an accuracy of $\varepsilon$.
# - Where did the steps go? Into turning the line about the middle of the crowd. The
#   loss hardly shows it, so look at the parameters as well.
# - Center *and* scale each feature: centering removes the tie to the intercept, scaling
#   removes the unit.
# - Momentum replaces $\kappa$ by its square root in the number of steps, if $\eta$ and
#   $\beta$ suit the largest and the smallest curvature. It may swing out on the way.
# - Engines that take the same steps differ by rounding, at a small learning rate by no
#   more than about $u \max |w| / (\eta \lambda)$. Estimate that before you call a
#   difference a bug, or rounding.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-conditioning-unit
# A colleague notes the bills in centimeters and only scales them. The condition number
# rises from 1428 to 4475. How can scaling make it worse? And which unit of length makes
# it smallest if nothing is centered? Use {eq}`kappa-one-feature`.
# ::::
#
# ```{solution-start} ex-conditioning-unit
# :class: dropdown
# ```
#
# Dividing by $\sigma$ is a choice of unit like any other, here of 5.5 mm. Write $\mu =
# s m$ and $\sigma = s d$, with $m$ and $d$ in millimeters and a unit of $1 / s$. Then
# $\kappa \approx (1 + s^2 (m^2 + d^2))^2 / (s^2 d^2)$ is smallest for $s^2 (m^2 + d^2)
# = 1$: the unit is the root of the mean square of the bills, 44.3 mm, and $\kappa
# \approx 4 (1 + m^2 / d^2)$.

# %%
unit_mm = np.sqrt((bill_length_mm**2).mean())
print(f"{unit_mm:.1f} mm, {condition_number(bill_length_mm / unit_mm):.0f}")

# %% [markdown]
# The result is 262, and the centimeter was closer to that unit than $\sigma$. No unit
# gets below it. To get to one, you have to center.
#
# ```{solution-end}
# ```
#
# ::::{exercise}
# :label: ex-conditioning-correlation
# Two standardized features have the correlation $r$. Derive $\kappa$ of their problem,
# and check it on all pairs of the three measurements. How strong must a correlation be
# for a condition number of 100?
# ::::
#
# ```{solution-start} ex-conditioning-correlation
# :class: dropdown
# ```
#
# $H$ is twice a matrix with ones on its diagonal and $r$ where the two features meet.
# Multiply it by $(1, 0, 0)$, by $(0, 1, 1)$ and by $(0, 1, -1)$: these are its
# eigenvectors, with the eigenvalues $2$, $2(1 + r)$ and $2(1 - r)$. So $\kappa = (1 +
# \lvert r \rvert) / (1 - \lvert r \rvert)$.

# %%
by_pair = {}  # pair of columns: condition number, and what the formula says
for i, j in ((0, 1), (0, 2), (1, 2)):
    columns = standardize(features[:, [i, j]])  # each column by itself
    r = abs(np.corrcoef(columns.T)[0, 1])
    by_pair[i, j] = condition_number(columns), (1 + r) / (1 - r)
    print("{:.4f} and {:.4f}".format(*by_pair[i, j]))
strong = (100 - 1) / (100 + 1)
print(f"{strong:.2f} for a condition number of 100")

# %% [markdown]
# For bill and flipper length it is 4.77. Solved for the correlation, $\lvert r \rvert =
# (\kappa - 1) / (\kappa + 1)$, which is about 0.98 for a condition number of 100. You
# have met this fraction: it is the factor of {eq}`best-rate`. With the best learning
# rate, the correlation *is* the part of the error that each step keeps.
#
# ```{solution-end}
# ```
#
# ::::{exercise}
# :label: ex-conditioning-ninety
# Suppose you do not know the eigenvalues, and take $\beta = 0.9$. Momentum converges
# for $\eta < 2 (1 + \beta) / \lambda_{\max}$ {cite}`goh2017`. Run the raw penguins with
# 0.99 of that limit. How much of the gain is left?
# ::::
#
# ```{solution-start} ex-conditioning-ninety
# :class: dropdown
# ```
#
# In the shallow direction the larger root is close to $1 - \eta \lambda_{\min} / (1 -
# \beta)$: as if $\eta$ were ten times as large. With the higher limit, this predicts
# about 47,600 steps.

# %%
beta = 0.9
rate = 0.99 * 2 * (1 + beta) / eigenvalues[-1]
path = heavy_ball(lambda w: raw_loss(w)[1], [0, 0], rate, beta, steps=60_000)
distance = np.linalg.norm(path - best_raw, axis=1)
ninety_steps = steps_to_reach(distance, 1e-6 * distance[0])
print(f"{ninety_steps:,} steps")

# %% [markdown]
# It takes 47,390: 19 times fewer than plain descent, where the best $\beta$ takes 233
# times fewer. A fixed $\beta$ gains a fixed factor; for the square root, $\beta$ has to
# approach one as $\kappa$ grows.
#
# ```{solution-end}
# ```
#
# ::::{exercise}
# :label: ex-conditioning-power
# Open: a large model has no room for its Hessian. How would you find $\lambda_{\max}$
# from gradients alone? Try your idea on the three standardized features.
# ::::
#
# ```{solution-start} ex-conditioning-power
# :class: dropdown
# ```
#
# One way: the difference of two gradients is $H$ times the difference of their places,
# so two gradients give you $H \mathbf{v}$ for any $\mathbf{v}$. Multiply again and
# again, and what is left of $\mathbf{v}$ is the steepest direction. This is the *power
# iteration* {cite}`trefethen1997`.

# %%
v, origin = np.ones(4) / 2, np.zeros(4)
base = mse_value_and_grad(origin, X_three, y_std)[1]
for _ in range(20):
    Hv = mse_value_and_grad(v, X_three, y_std)[1] - base
    estimate = np.linalg.norm(Hv)
    v = Hv / estimate
print(f"{estimate:.3f}, {np.linalg.eigvalsh(hessian(X_three))[-1]:.3f}")

# %% [markdown]
# After twenty rounds the estimate is 3.986, the eigenvalue to that many digits. For
# networks the curvature changes along the way, so it has to be followed.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    in_cm, scaled = condition_number(bill_length_mm / 10), in_mm["scaled"]
    claim("rises from 1428 to 4475", in_cm, scaled)
    claim("here of 5.5 mm", deviation_mm)
    claim("of the bills, 44.3 mm", unit_mm)
    claim("The result is 262", condition_number(bill_length_mm / unit_mm))
    others = [
        condition_number(bill_length_mm / (scale * unit_mm))
        for scale in np.geomspace(0.01, 100, 200)
    ]
    claim(
        "No unit gets below it",
        min(others) >= condition_number(bill_length_mm / unit_mm),
    )
    given("a correlation be for a condition number of 100")
    same = [np.isclose(*pair) for pair in by_pair.values()]
    claim("with the eigenvalues", all(same))
    claim("flipper length it is 4.77", by_pair[0, 2][0])
    strong_kappa = np.linalg.cond([[1, strong], [strong, 1]])
    claim("which is about 0.98 for a condition number of 100", strong, strong_kappa)
    given("take beta = 0.9", "0.99 of that limit")
    too_high = 1.01 / 0.99 * rate
    beyond = heavy_ball(lambda w: raw_loss(w)[1], [0, 0], too_high, beta, 2000)
    diverges = np.linalg.norm(beyond[-1]) > 1000 * np.linalg.norm(best_raw)
    claim("Momentum converges for", diverges)
    claim("as if eta were ten times as large", np.isclose(1 / (1 - beta), 10))
    slow_factor = 1 - rate * eigenvalues[0] / (1 - beta)
    claim("predicts about 47,600 steps", round(predicted_steps(slow_factor), -2))
    fewer = measured / ninety_steps
    claim("It takes 47,390: 19 times fewer", ninety_steps, fewer)
    claim("takes 233 times fewer", measured / momentum_steps)
    claim("the estimate is 3.986", estimate)
    claim("to that many digits", abs(estimate - high) < 0.0005)

# %% [markdown]
# ## Sources and further reading
#
# - The {ref}`tutorial <source-fruehwald2022>` behind this part of the book
#   {cite}`fruehwald2022` standardizes its penguins at once and names momentum among the
#   more advanced options. Thanks to its good choice, its descent never meets the
#   trouble of this page.
# - Goh's *Why Momentum Really Works* {cite}`goh2017` shows the eigenvector picture with
#   figures to play with. The heavy ball is from {cite}`polyak1964`.
# - Condition numbers and convergence rates: {cite}`nocedal2006`, {cite}`boyd2004`, and
#   {cite}`nesterov2004` for what no method of this kind can beat.
# - Rounding: {cite}`goldberg1991`, {cite}`higham2002`. Eigenvalues: {cite}`strang2019`,
#   {cite}`trefethen1997`.
# - The engines: {cite}`harris2020`, {cite}`jax2018`, {cite}`paszke2019`. How a program
#   is differentiated: {cite}`baydin2018`.
