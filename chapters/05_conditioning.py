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
# The same birds, the same line, the same loop. With bills in millimeters and masses in
# grams the descent needs 895,614 steps, at the best learning rate there is. With both
# standardized, as in {ref}`penguins`, it needs one. Where do all those steps go, and
# how can you know beforehand?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** see what an eigenvector is, compute the curvatures of a loss, predict
#   the number of steps from them, prepare data so that few are needed, and add
#   momentum.
# - **You need** the loop and the limit of its learning rate from {ref}`descent`, and
#   the design matrix and its gradient from {ref}`penguins`. Eigenvalues are explained
#   here.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## A loss that looks finished
#
# Here are the birds as the instruments gave them. On the best line the gradient is
# zero. That makes two linear equations, and `solve` says where the descent should end.

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %%
import numpy as np

from helpers import design_matrix, load_penguins

penguins = load_penguins().dropna()
bill_length_mm = penguins["bill_length_mm"].to_numpy()
body_mass_g = penguins["body_mass_g"].to_numpy()
X_raw = design_matrix(bill_length_mm)  # shape (333, 2)
best_raw = np.linalg.solve(X_raw.T @ X_raw, X_raw.T @ body_mass_g)
print(f"intercept {best_raw[0]:.1f} g, slope {best_raw[1]:.1f} g/mm")

# %% [markdown]
# Try the learning rate 0.01, and divide it by ten each time it fails.

# %%
from helpers import descend, mse_value_and_grad


def raw_loss(w):
    return mse_value_and_grad(w, X_raw, body_mass_g)


for learning_rate in (0.01, 0.001, 0.0001):
    trace = descend(raw_loss, [0, 0], learning_rate, steps=1000)
    print(f"rate {learning_rate}: loss {trace.losses[-1]:,.0f} g²")

# %% [markdown]
# Two of the three blow up, past the largest float to `nan`, not a number. The third
# behaves, and its loss looks finished: by step ten, all but two ten-thousandths of the
# fall are done. The best intercept is 389 g. Where is the descent's?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Near 389 g is a natural guess, since the loss no longer moves. It is 3.3 g, less than
# a hundredth of the way from its start at zero. A flat loss curve says that the
# descent has become slow. It does not say that it has arrived.
# :::

# %% tags=["hide-input"]
#| name: fig-looks-finished
#| caption: The 1000 steps at the third rate, told by the loss and by a parameter. The
#|   step axis is logarithmic, so that the first steps can be seen.
#| alt: Two panels over the step, from 1 to 1000 on a log scale. Above, also on a log
#|   scale, the loss minus the best loss falls steeply for about ten steps and then
#|   runs flat. Below, the intercept stays close to zero all the way, far below a
#|   dashed line at its best value, 389 grams.
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY, use_book_style

use_book_style()
best_loss = raw_loss(best_raw)[0]
figure, (top, bottom) = plt.subplots(2, sharex=True, figsize=(5.4, 4.8))
top.loglog(trace.losses - best_loss, color=BLUE)
top.set(ylabel="loss − best loss (g²)", ylim=(3e2, 9e7))
top.set_title("The loss looks finished …")
bottom.semilogx(trace.parameters[:, 0], color=BLUE)
bottom.axhline(best_raw[0], color=GRAY, linestyle="--")
bottom.text(30, 365, "best intercept", ha="center", va="top")
bottom.text(30, 25, "intercept", color=BLUE, ha="center")
bottom.set(xlabel="step", ylabel="intercept (g)", ylim=(-15, 420))
bottom.set(xlim=(1, 1000), title="… and the intercept has hardly begun")
plt.show()

# %% [markdown]
# Does it matter? Compare the two lines, and their typical miss, the root of the loss.

# %%
for line in (trace.parameters[-1], best_raw):
    miss_g = raw_loss(line)[0] ** 0.5
    print(f"{line[0]:5.1f} g, {line[1]:.1f} g/mm: miss {miss_g:.1f} g")

# %% [markdown]
# To predict masses, hardly. But read the slope as an answer, and it is a tenth too
# steep. The loss does not tell you which of the two lines you have.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("A loss that looks finished"):
    given(
        "Try the learning rate 0.01",
        "The 1000 steps",
        "from 1 to 1000 on",
    )
    losses_of = [
        descend(raw_loss, [0, 0], rate, 1000).losses
        for rate in (0.01, 0.001)
    ]
    claim(
        "Two of the three blow up",
        all(np.isnan(losses[-1]) for losses in losses_of),
    )
    claim(
        "past the largest float",
        all(np.isinf(x).any() for x in losses_of),
    )
    last_line = trace.parameters[-1]
    left = (trace.losses - best_loss) / (trace.losses[0] - best_loss)
    claim("all but two ten-thousandths", round(left[10] * 10_000) == 2)
    claim(
        "for about ten steps",
        round(left[10] * 10_000) == 2 and left[5] > 5 * left[10],
    )
    claim("The best intercept is 389 g", best_raw[0])
    claim("Near 389 g is a natural guess", best_raw[0])
    claim("It is 3.3 g", last_line[0])
    claim("a hundredth of the way", last_line[0] / best_raw[0] < 0.01)
    claim("best value, 389 grams", best_raw[0])
    more = (raw_loss(last_line)[0] / best_loss) ** 0.5
    claim("To predict masses, hardly", 1 < more < 1.005)
    claim(
        "a tenth too steep",
        0.09 < last_line[1] / best_raw[1] - 1 < 0.11,
    )

# %% [markdown]
# ## Turn the line, or lift it
#
# The intercept is the mass at a bill of zero length, so draw both lines out to there.

# %% tags=["hide-input"]
#| name: fig-pivot
#| caption: At a bill of zero length the two lines are 386 g apart. Among the birds they
#|   are hard to tell apart.
#| alt: Body mass against bill length from zero to 62 millimeters, one gray dot for each
#|   bird, all of them on the right half. Two rising lines cross inside the cloud, at a
#|   bill of 44.7 millimeters. They are the best line, and the line after 1000 steps,
#|   which is a little steeper and starts lower at the left edge.
from helpers import ORANGE

lines = np.array([best_raw, trace.parameters[-1]])
gap = lines[1] - lines[0]
pivot_mm = -gap[0] / gap[1]  # where they cross
figure, ax = plt.subplots()
ax.plot(bill_length_mm, body_mass_g, "o", color=GRAY, ms=3, alpha=0.4)
ends_mm = np.array([0, 62])
for line, color in zip(lines, (BLUE, ORANGE), strict=True):
    ax.plot(ends_mm, design_matrix(ends_mm) @ line, color=color)
ax.plot(pivot_mm, best_raw @ [1, pivot_mm], "o", color=BLUE, ms=7)
ax.text(11, 1700, "best line", color=BLUE, ha="right")
ax.text(10, 500, "after 1000 steps", color=ORANGE)
pointer = {"arrowstyle": "-", "color": GRAY}
ax.annotate(
    "turn here", (pivot_mm, 4150), (44, 1700), arrowprops=pointer
)
ax.set(xlabel="bill length (mm)", ylabel="body mass (g)", xlim=(0, 62))
ax.set_title("To turn the line about the crowd is cheap")
plt.show()

# %% [markdown]
# To get from one line to the other you *turn* it about a bill of 44.7 mm, in the middle
# of the crowd. Among the birds little changes, and the loss hardly objects. *Lift* the
# best line by $h$ instead, and the loss rises by $h^2$. The same rise, from 649.5² to
# 651.2² g², gets you only 47 g up.
#
# So the loss is a long valley. To turn the line is to walk along its floor, to lift it
# is to climb a wall. Which directions are these, exactly? A valley as thin as this one
# cannot be drawn, so take a gentler one, with bills counted from 40 mm on in units of
# 5 mm. Stand somewhere on a circle around the best line. Which way is downhill?

# %% tags=["hide-input"]
#| name: fig-eigenvectors
#| caption: Each arrow is the way downhill from where it starts, the longer the
#|   steeper. Ellipses are lines of equal loss. Orange is along the floor, blue down the
#|   wall.
#| alt: Tilted ellipses around a star that marks the best line, and twelve points on a
#|   circle around it, each with an arrow. Most arrows point past the star. Two long
#|   arrows, across the ellipses, and two short ones, along them, point straight at it.
X_mild = design_matrix((bill_length_mm - 40) / 5)
H_mild = 2 / len(X_mild) * X_mild.T @ X_mild
turn, angles = np.linalg.eigh(H_mild)[1], np.arange(12) * np.pi / 6
places = 100 * turn @ [np.cos(angles), np.sin(angles)]  # (2, 12)
arrows = -0.18 * H_mild @ places
colors = [ORANGE, GRAY, GRAY, BLUE, GRAY, GRAY] * 2
u, v = np.meshgrid(np.linspace(-170, 170), np.linspace(-150, 150))
(a, b), (_, d) = H_mild
figure, ax = plt.subplots(figsize=(5.4, 4.6))
loss_above = a * u**2 + 2 * b * u * v + d * v**2
levels = 4000 * np.arange(1, 6) ** 2
ax.contour(u, v, loss_above, levels, colors=GRAY, linewidths=0.6)
scale = {"angles": "xy", "scale_units": "xy", "scale": 1}
ax.quiver(*places, *arrows, color=colors, width=0.008, **scale)
ax.plot(0, 0, "*", color=BLUE, ms=11)
ax.set(xlabel="change of the mass at 40 mm (g)", aspect="equal")
ax.set(ylabel="change of the slope (g per 5 mm)")
ax.set_title("Only along two directions: straight back")
plt.show()

# %% [markdown]
# From most places the arrow points past the best line. Along two directions, at right
# angles, it points straight back. Such a direction is an **{term}`eigenvector`**. There
# the gradient is the displacement times the **eigenvalue**, a number. It is the
# curvature there: large on the wall (long arrows), small on the floor (short ones).

# %% tags=["remove-cell"]
with checks("Turn the line, or lift it"):
    claim("the two lines are 386 g apart", lines[0][0] - lines[1][0])
    claim("the line after 1000 steps", len(trace.losses) - 1)
    given("from zero to 62 millimeters")
    given("counted from 40 mm", "units of 5 mm")
    claim("bill of 44.7 millimeters", pivot_mm)
    claim("a bill of 44.7 mm, in the middle", pivot_mm)
    rise = raw_loss(lines[1])[0] - best_loss
    lifted = (
        raw_loss(best_raw + np.array([rise**0.5, 0]))[0] - best_loss
    )
    claim("The same rise", np.isclose(lifted, rise))
    miss_g = raw_loss(lines[1])[0] ** 0.5
    claim("from 649.5² to 651.2² g²", best_loss**0.5, miss_g)
    claim("gets you only 47 g up", rise**0.5)
    claim("and twelve points on", len(angles) == 12)
    straight = H_mild @ turn / turn
    claim("it points straight back", np.allclose(straight, straight[0]))

# %% [markdown]
# ## The Hessian
#
# For numbers instead of arrows, take the gradient of the mean squared error, $\frac{2}
# {n} X^\top (X \mathbf{w} - \mathbf{y})$. On the best line $\mathbf{w}^*$ it is zero.
# Subtract that zero, and the terms with $\mathbf{y}$ cancel:
#
# ```{math}
# :label: gradient-from-error
# \nabla L(\mathbf{w}) = H (\mathbf{w} - \mathbf{w}^*),
# \qquad H = \frac{2}{n} X^\top X
# ```
#
# So the gradient is a matrix times the displacement. $H$ is the
# **{term}`Hessian`**, the matrix of second derivatives: its entries say how the slope
# along one parameter changes with another. Here it is the same everywhere, and the
# features alone decide it. An eigenvector $\mathbf{d}$ is a direction with $H
# \mathbf{d} = \lambda \mathbf{d}$, where $\lambda$ is its eigenvalue. `eigh` finds them
# for a symmetric matrix: eigenvalues in rising order, eigenvectors as columns of length
# one.


# %%
def hessian(X):
    return 2 / len(X) * X.T @ X


curvatures, directions = np.linalg.eigh(hessian(X_raw))
for curvature, direction in zip(curvatures, directions.T, strict=True):
    print(f"{curvature:9.4g} along {direction.round(4)}")
kappa_raw = curvatures[-1] / curvatures[0]
print(f"{kappa_raw:9,.0f} is their quotient")

# %% [markdown]
# One direction has a curvature of 3932, the other of 0.03. Their quotient is the
# **{term}`condition number`** $\kappa = \lambda_{\max} / \lambda_{\min}$, here 129,653:
# the problem is *ill-conditioned*.
#
# The shallow direction is the turn of {numref}`fig-pivot`: with each gram of intercept
# the slope changes by 0.0224 g per mm the other way. Multiply by 44.7 mm and you get
# one gram, so a bird of that bill keeps its prediction. (Its sign is free; yours may
# have both numbers turned round.)

# %% tags=["remove-cell"]
with checks("The Hessian"):
    claim(
        "a curvature of 3932, the other of 0.03",
        curvatures[1],
        curvatures[0],
    )
    claim("here 129,653", kappa_raw)
    per_gram = directions[1, 0] / directions[0, 0]
    claim("changes by 0.0224 g per mm", -per_gram)
    claim("Multiply by 44.7 mm", -1 / per_gram)
    claim(
        "is the turn of", np.isclose(-1 / per_gram, pivot_mm, rtol=1e-4)
    )
    claim("the other way", per_gram < 0)

# %% [markdown]
# ## Each direction is a descent of its own
#
# Split the error $\mathbf{w} - \mathbf{w}^*$ into a component along each eigenvector.
# The gradient multiplies each by its own $\lambda$ and mixes nothing. So one step
# $\mathbf{w} - \eta \nabla L$ multiplies each component $c$ by its own factor, and $k$
# steps by its power:
#
# ```{math}
# :label: one-number-each
# c_k = (1 - \eta \lambda)^k \, c_0
# ```
#
# That is the rule of {ref}`descent`, once per direction. Test it on the run above. (`@
# directions` takes the dot product with each eigenvector: the components.)

# %%
components = (trace.parameters - best_raw) @ directions  # (1001, 2)
k = np.arange(1001)[:, None]  # (1001, 1), one row for each step
predicted = (1 - 0.0001 * curvatures) ** k * components[0]
for row in (0, 5, 10):
    print(row, components[row].round(3), predicted[row].round(3))
print("all steps:", np.allclose(components, predicted))
half_life = np.log(0.5) / np.log(1 - 0.0001 * curvatures[0])
print(f"{half_life:,.0f} steps halve the shallow component")

# %% [markdown]
# They agree. Each step multiplies the steep component by 0.61 and
# the shallow one by 0.999997.

# %% tags=["remove-cell"]
with checks("Each direction is a descent of its own"):
    gap = (
        np.abs(components - predicted).max()
        / np.abs(components[0]).max()
    )
    claim("They agree", gap < 1e-9)
    factors = 1 - 0.0001 * curvatures
    claim(
        "by 0.61 and the shallow one by 0.999997",
        factors[1],
        factors[0],
    )

# %% [markdown]
# ## The wall sets the rate, the floor the time
#
# Then raise the learning rate? {ref}`descent` put the limit at $2 / \lambda$. Each
# direction has its own, and the steepest one's is the lowest: $2 / \lambda_{\max}$
# holds for the whole descent. Here it is 0.000509, so 0.001 had to blow up. Just below
# it, the millions of steps become a fifth of that, still about a million.
#
# The best rate is a compromise. A lower one slows the floor, a higher one the wall, so
# it makes both factors equal in size, $1 - \eta \lambda_{\min} = \eta \lambda_{\max} -
# 1$. Solve for $\eta$, and put it back:
#
# ```{math}
# :label: best-rate
# \begin{aligned}
# \eta &= \frac{2}{\lambda_{\min} + \lambda_{\max}} \\
# \text{factor per step} &= \frac{\kappa - 1}{\kappa + 1}
# \end{aligned}
# ```
#
# So $\kappa$ alone decides how many steps bring the distance to
# $\mathbf{w}^*$ down to a millionth of the first one. (With more than two parameters it
# takes at most that many, since the directions in between shrink faster.)

# %%
import math


def predicted_steps(factor):
    return math.ceil(math.log(1e-6) / math.log(factor))


plain_steps = predicted_steps((kappa_raw - 1) / (kappa_raw + 1))
print(f"{plain_steps:,} steps predicted")

# %% [markdown]
# By {eq}`gradient-from-error` the loop can follow the error itself, in
# plain floats: `u` is the error of the intercept, `v` that of the slope.


# %%
def count_steps(H, error, learning_rate):
    (a, b), (_, d) = H.tolist()  # H is symmetric
    u, v = error.tolist()
    target = 1e-12 * (u * u + v * v)  # a millionth, squared
    steps = 0
    while u * u + v * v > target:
        gradient = a * u + b * v, b * u + d * v
        u -= learning_rate * gradient[0]
        v -= learning_rate * gradient[1]
        steps += 1
    return steps


best_rate = 2 / (curvatures[0] + curvatures[-1])
counted = count_steps(hessian(X_raw), -best_raw, best_rate)
print(f"{counted:,} steps counted from (0, 0)")

# %% [markdown]
# Predicted 895,614, counted 895,614. The wall took as many steps as the floor, for the
# rate was chosen so. A lower rate would help the wall, never the floor. (Do other
# libraries take the same steps? See {ref}`engines`.) With both columns standardized,
# both curvatures are 2, so $\kappa = 1$ and the factor is zero: the first step arrives.

# %% tags=["remove-cell"]
from helpers import standardize

with checks("The wall sets the rate, the floor the time"):
    limit = 2 / curvatures[-1]
    claim("Here it is 0.000509", limit)
    claim("become a fifth of that", 4.9 < limit / 0.0001 < 5.2)
    claim("so 0.001 had to blow up", np.isnan(losses_of[1][-1]))
    claim("still about a million", 800_000 < plain_steps < 1_200_000)
    kept = (kappa_raw - 1) / (kappa_raw + 1)
    arrives = kept**plain_steps <= 1e-6 < kept ** (plain_steps - 1)
    claim("down to a millionth of the first one", arrives)
    claim("Predicted 895,614, counted 895,614", plain_steps, counted)
    X_std, y_std = (
        design_matrix(standardize(bill_length_mm)),
        standardize(body_mass_g),
    )
    claim(
        "both curvatures are 2",
        np.allclose(np.linalg.eigvalsh(hessian(X_std)), 2),
    )
    best_std = np.linalg.solve(X_std.T @ X_std, X_std.T @ y_std)
    claim(
        "the first step arrives",
        count_steps(hessian(X_std), -best_std, 0.5) == 1,
    )

# %% tags=["remove-cell"]
with checks("Conditioning"):
    claim("the descent needs 895,614 steps", counted)
    claim(
        "it needs one", count_steps(hessian(X_std), -best_std, 0.5) == 1
    )

# %% [markdown]
# ## Is it the zig-zag?
#
# At the best rate the steep component changes its sign at every step: the path jumps
# from wall to wall. Is that the waste? Test it on a valley that can be drawn, bills
# centered in millimeters, with $\kappa = 29.8$. At $\eta = 1 / \lambda_{\max}$, about
# half of the best rate, the steep factor is zero, and no step crosses the valley. Which
# of the two rates arrives first?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The one that zig-zags. The floor is the slow part, and its factor $1 - \eta
# \lambda_{\min}$ depends on the rate alone: with nearly twice the rate it takes little
# more than half the steps. The jumps across the valley change nothing about that.
# :::

# %%
from helpers import steps_to_reach

X_centered = design_matrix(bill_length_mm - bill_length_mm.mean())
best_centered = np.array([body_mass_g.mean(), best_raw[1]])
low, high = np.linalg.eigvalsh(hessian(X_centered))


def centered_loss(w):
    return mse_value_and_grad(w, X_centered, body_mass_g)


# %% [markdown]
# `eigvalsh` gives the eigenvalues alone. (Centering leaves the best slope as it was and
# makes the best intercept the mean mass.) `steps_to_reach` finds the first entry at or
# below a target.

# %%
paths = []
for rate in (2 / (low + high), 1 / high):
    run = descend(centered_loss, [4180, 92], rate, steps=500)
    error = run.parameters - best_centered  # (501, 2)
    distance = np.linalg.norm(error, axis=1)
    arrived = steps_to_reach(distance, 1e-6 * distance[0])
    across = error[: arrived + 1, 1].round(9)  # 0 but for rounding
    crossings = (across[1:] * across[:-1] < 0).sum()
    print(f"{arrived} steps, {crossings} crossings")
    paths.append(run.parameters[: arrived + 1])

# %% [markdown]
# The zig-zag wins, 206 steps against 405. {numref}`fig-zigzag` draws both, and the
# standardized bills.

# %% tags=["hide-input"]
#| name: fig-zigzag
#| caption: The way along a long valley is long, with the zig-zag or without it. In a
#|   round bowl the first step arrives. Rings are lines of equal loss.
#| alt: Three contour maps with equal scales on both axes, each with a star at the
#|   optimum. Above, long flat ellipses, in which the path jumps across the valley from
#|   side to side on its way to the star. In the middle, the same valley; the path goes
#|   to the floor in one step and creeps along it. Below, circles, and one straight step
#|   from the upper left to the star.
sigma_mm = bill_length_mm.std()
per_sd = np.array([1, sigma_mm])  # from mm to standard deviations
paths.append(np.array([[4180, 92], best_centered]) * per_sd)
titles = "Best rate: 206 steps", "Half of it: 405 steps", "One step"
shape = {"height_ratios": [1, 1, 2.6]}
figure, panels = plt.subplots(3, figsize=(5.4, 9.2), gridspec_kw=shape)
for ax, path, title in zip(panels, paths, titles, strict=True):
    end, valley = path[-1], ax is not panels[2]
    span = (-8, 8) if valley else (-12, 33)
    u, v = np.meshgrid(np.linspace(-34, 14), np.linspace(*span))
    above = u**2 + (v * sigma_mm if valley else v) ** 2
    levels = above.max() * 0.4 ** np.arange(4, 0, -1)
    line = {"colors": GRAY, "linewidths": 0.8}
    ax.contour(u + end[0], v + end[1], above, levels, **line)
    ax.plot(*path.T, "o-", color=BLUE, ms=3, lw=1)
    ax.plot(*end, "*", color=ORANGE, ms=11, zorder=4)
    ax.set(aspect="equal", title=title)
    ax.set_ylabel(f"slope (g per {'mm' if valley else 'std. dev.'})")
    ax.set_xlabel("mass at the mean bill (g)")
plt.show()

# %% [markdown]
# So the valley is slow because $\eta \lambda_{\min}$ is small, and the zig-zag is what
# the fastest allowed rate looks like.

# %% tags=["remove-cell"]
with checks("Is it the zig-zag?"):
    claim("with kappa = 29.8", high / low)
    best_solved = np.linalg.lstsq(X_centered, body_mass_g, rcond=None)[
        0
    ]
    claim(
        "leaves the best slope as it was",
        np.allclose(best_solved, best_centered),
    )
    claim("206 steps against 405", len(paths[0]) - 1, len(paths[1]) - 1)
    jumps = [
        np.sign((path[:, 1] - best_centered[1]).round(9))
        for path in paths[:2]
    ]
    claim(
        "changes its sign at every step",
        (jumps[0][1:] * jumps[0][:-1] == -1).all(),
    )
    claim(
        "no step crosses the valley",
        (jumps[1][1:] * jumps[1][:-1] >= 0).all(),
    )
    ratio = (1 / high) / (2 / (low + high))
    claim("about half of", 0.5 < ratio < 0.52)
    claim(
        "more than half the steps",
        0.5 < len(paths[0]) / len(paths[1]) < 0.52,
    )
    claim("with nearly twice the rate", 1.9 < 1 / ratio < 2)
    arrives = (hessian(X_std) * 0.5 @ [1.0, 1.0]).round(9) == 1
    claim("the first step arrives", arrives.all())

# %% [markdown]
# ## Center, scale, or both?
#
# Standardizing subtracts the mean $\bar{x}$ and divides by the standard deviation
# $\sigma$. Which one rounds the valley? For one feature,
#
# ```{math}
# :label: hessian-one-feature
# H = 2 \begin{pmatrix} 1 & \bar{x} \\ \bar{x} & \bar{x}^2 + \sigma^2 \end{pmatrix}
# ```
#
# The mean ties intercept and slope together. Centering makes it zero; the eigenvalues
# then are the entries $2$ and $2 \sigma^2$. Scaling makes these equal. Bills have a
# mean of 44.0 mm and a standard deviation of 5.5 mm. Which half does more?
#
# :::{admonition} What do you expect?
# :class: dropdown
# In millimeters, centering: it takes $\kappa$ down to $\sigma^2$, about 30. But that
# depends on the unit. In meters $\sigma$ is 0.0055, and centering alone leaves $\kappa
# = 1 / \sigma^2$, in the tens of thousands.
# :::


# %%
def condition_number(features):
    curvatures = np.linalg.eigvalsh(hessian(design_matrix(features)))
    return curvatures[-1] / curvatures[0]


for unit, x in (("mm", bill_length_mm), ("m", bill_length_mm / 1000)):
    print(f"bills in {unit}")
    centered, sigma = x - x.mean(), x.std()
    print(f"{condition_number(x):12,.1f} as measured")
    print(f"{condition_number(x / sigma):12,.1f} scaled")
    print(f"{condition_number(centered):12,.1f} centered")
    print(f"{condition_number(centered / sigma):12,.1f} both")

# %% [markdown]
# In millimeters centering does most of the work, in meters scaling does. So do both.
#
# With one feature that makes $\kappa = 1$. With three?

# %%
from helpers import standardize

three = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]
features = standardize(penguins[three].to_numpy())  # (333, 3)
X_three, y_std = design_matrix(features), standardize(body_mass_g)
for columns in (penguins[three].to_numpy(), features):
    kappa = condition_number(columns)
    steps = predicted_steps((kappa - 1) / (kappa + 1))
    print(f"condition number {kappa:.3g}, {steps:.4g} steps")

# %% [markdown]
# As measured, 204.5 million steps. Standardized, 59: the valley is not quite gone. Long
# flippers go with long bills, and no shifting or scaling of single columns removes a
# correlation between two ({ref}`ex-conditioning-correlation`).

# %% tags=["remove-cell"]
with checks("Center, scale, or both?"):
    mean_mm = bill_length_mm.mean()
    claim(
        "of 44.0 mm and a standard deviation of 5.5 mm",
        mean_mm,
        sigma_mm,
    )
    entries = hessian(X_centered)
    claim(
        "then are the entries",
        np.allclose(entries, np.diag([2, 2 * sigma_mm**2])),
    )
    centered_mm = bill_length_mm - mean_mm
    in_mm, in_m = (
        condition_number(centered_mm),
        condition_number(centered_mm / 1000),
    )
    claim("about 30. But", in_mm)
    claim("In meters sigma is 0.0055", sigma_mm / 1000)
    claim("in the tens of thousands", 10_000 < in_m < 100_000)
    claim(
        "kappa = 1 / sigma^2", np.isclose(in_m, (1000 / sigma_mm) ** 2)
    )
    scaled = condition_number(bill_length_mm / sigma_mm)
    raw_m = condition_number(bill_length_mm / 1000)
    claim(
        "In millimeters centering does most",
        kappa_raw / in_mm > 4 * kappa_raw / scaled,
    )
    claim("in meters scaling does", raw_m / scaled > 4 * raw_m / in_m)
    both = condition_number(centered_mm / sigma_mm)
    claim("that makes kappa = 1", np.isclose(both, 1))
    low_3, high_3 = np.linalg.eigvalsh(hessian(X_three))[[0, -1]]
    best_three = np.linalg.solve(X_three.T @ X_three, X_three.T @ y_std)
    run_three = descend(
        lambda w: mse_value_and_grad(w, X_three, y_std),
        np.zeros(4),
        2 / (low_3 + high_3),
        100,
    )
    off = np.linalg.norm(run_three.parameters - best_three, axis=1)
    claim("Standardized, 59", steps_to_reach(off, 1e-6 * off[0]))
    table = penguins[three].to_numpy()
    claim(
        "flippers go with long bills", np.corrcoef(table.T)[0, 2] > 0.5
    )
    kappa_three = condition_number(features)
    raw_three = condition_number(table)
    raw_factor = (raw_three - 1) / (raw_three + 1)
    claim(
        "As measured, 204.5 million steps",
        predicted_steps(raw_factor) / 1e6,
    )

# %% [markdown]
# ## Momentum
#
# Correlated features leave a valley. Across the valley a step undoes the last, along it
# all steps agree. So let each step keep a share $\beta$ of the step before: steps that
# agree add up, steps that alternate damp each other. That is **{term}`momentum`**, the
# heavy ball of {cite}`polyak1964`:
#
# ```{math}
# :label: heavy-ball
# \begin{aligned}
# \mathbf{w}_{k+1} = \mathbf{w}_k &- \eta \nabla L(\mathbf{w}_k) \\
#   &+ \beta (\mathbf{w}_k - \mathbf{w}_{k-1})
# \end{aligned}
# ```


# %%
def heavy_ball(X, y, learning_rate, momentum, steps):
    w = np.zeros(X.shape[1])
    step = np.zeros_like(w)
    path = [w]
    for _ in range(steps):
        gradient = mse_value_and_grad(w, X, y)[1]
        step = momentum * step - learning_rate * gradient
        w = w + step
        path.append(w)
    return np.array(path)


# %% [markdown]
# Now there are two numbers to choose. {ref}`double-root` derives the best pair from the
# two extreme curvatures:
#
# ```{math}
# :label: best-momentum
# \sqrt{\eta} = \frac{2}{\sqrt{\lambda_{\min}} + \sqrt{\lambda_{\max}}},
# \quad
# \sqrt{\beta} = \frac{\sqrt{\kappa} - 1}{\sqrt{\kappa} + 1}
# ```
#
# In the long run $\sqrt{\beta}$ is the factor per step: that of plain descent, with the
# root of $\kappa$ in place of $\kappa$.


# %%
def tuned(X):
    roots = np.sqrt(np.linalg.eigvalsh(hessian(X)))
    low, high = roots[0], roots[-1]
    return (2 / (low + high)) ** 2, ((high - low) / (high + low)) ** 2


# %% [markdown]
# Try the pair on the raw bills and on the three features.


# %%
def share_left(X, y, learning_rate, momentum, steps):
    path = heavy_ball(X, y, learning_rate, momentum, steps)
    error = path - np.linalg.solve(X.T @ X, X.T @ y)
    return np.linalg.norm(error, axis=1) / np.linalg.norm(error[0])


for X, y in ((X_raw, body_mass_g), (X_three, y_std)):
    rate, beta = tuned(X)
    left = share_left(X, y, rate, beta, steps=4500)
    print(f"β {beta:.4f}: {steps_to_reach(left, 1e-6):,} steps")

# %% [markdown]
# On the raw bills 3841 steps in place of 895,614, on the three features 24 in place of
# 59. (Their rates are up to twice what plain descent may use: the damping pays for it.)
#     Both runs needed the curvatures. Without them you might take $\beta = 0.9$ and a
#     learning rate close below the limit, which momentum raises to $2 (1 + \beta) /
#     \lambda_{\max}$ {cite}`goh2017`. How much of the gain is left on each problem?
#
# :::{admonition} What do you expect?
# :class: dropdown
# On the long valley a part: steps that agree add up to at most $1 + \beta + \beta^2 +
# \dots = 1 / (1 - \beta)$, ten times one of them, and the limit is nearly twice as
# high. That makes about 19, where tuning gains 233. On the three features nothing: with
# momentum a direction has two factors, whose product is $\beta$ ({ref}`double-root`).
# One of them is at least $\sqrt{\beta} = 0.95$, more than the 0.79 of plain descent.
# :::

# %%
beta = 0.9
for X, y in ((X_raw, body_mass_g), (X_three, y_std)):
    limit = 2 * (1 + beta) / np.linalg.eigvalsh(hessian(X))[-1]
    left = share_left(X, y, 0.99 * limit, beta, steps=50_000)
    print(f"β {beta}: {steps_to_reach(left, 1e-6):,} steps")

# %% [markdown]
# On the raw bills that is 19 times fewer steps than plain descent. On the three
# features it is *more*, by a factor above 4. How much memory is right depends on
# $\kappa$.

# %% tags=["hide-input"]
#| name: fig-momentum
#| caption: Distance to the best line, in the raw units, as a share of the first one.
#|   All three start at zero.
#| alt: Distance to the optimum as a share of the first, against the step, both on log
#|   scales. Momentum with both numbers tuned rises to 32 times the start, then falls
#|   steeply and passes a millionth at step 3841. Momentum of 0.9 passes it at step
#|   47,390, plain descent at step 895,614.
from helpers import GREEN

at = np.geomspace(1, 1e6, 400).astype(int)[:, None]
by_formula = components[0] * (1 - best_rate * curvatures) ** at
plain = np.linalg.norm(by_formula, axis=1)
rate = 0.99 * 2 * (1 + beta) / curvatures[-1]
ninety = share_left(X_raw, body_mass_g, rate, beta, 50_000)
swing = share_left(X_raw, body_mass_g, *tuned(X_raw), 4500)
figure, ax = plt.subplots()
ax.loglog(at, plain / np.linalg.norm(components[0]), color=ORANGE)
ax.loglog(ninety, color=GREEN)
ax.loglog(swing, color=BLUE)
ax.axhline(1e-6, color=GRAY, linewidth=1)
ax.text(1700, 2e-3, "tuned", color=BLUE, ha="right")
ax.text(2.7e4, 2e-5, "β = 0.9", color=GREEN, ha="right")
ax.text(6.3e5, 5e-7, "plain", color=ORANGE, ha="right", va="top")
ax.text(1.2, 5e-7, "a millionth", va="top")
ax.set(xlabel="step", ylabel="share of the first distance")
ax.set(xlim=(1, 1.5e6), ylim=(3e-8, 300))
ax.set_title("Momentum wins by as much as it is tuned")
plt.show()

# %% [markdown]
# The tuned run first swings out, 32-fold, and up the wall: its loss rises more than
# ten-thousandfold. {ref}`double-root` says why, and what other starts do.

# %% tags=["remove-cell"]
with checks("Momentum"):
    tuned_steps = steps_to_reach(swing, 1e-6)
    ninety_steps = steps_to_reach(ninety, 1e-6)
    three_tuned = share_left(X_three, y_std, *tuned(X_three), 200)
    claim("3841 steps in place of 895,614", tuned_steps, counted)
    three_steps = steps_to_reach(three_tuned, 1e-6)
    claim(
        "24 in place of 59",
        three_steps,
        steps_to_reach(off, 1e-6 * off[0]),
    )
    given("take beta = 0.9", "Momentum of 0.9 passes")
    too_high = 1.02 * 2 * (1 + beta) / curvatures[-1]
    beyond = heavy_ball(X_raw, body_mass_g, too_high, beta, 300)
    diverges = np.linalg.norm(beyond[-1]) > 1000 * np.linalg.norm(
        best_raw
    )
    claim("which momentum raises to", diverges)
    claim("ten times one of them", np.isclose(1 / (1 - beta), 10))
    claim("nearly twice as high", 1.85 < 0.99 * (1 + beta) < 1.9)
    claim(
        "That makes about 19, where tuning gains 233",
        0.99 * (1 + beta) / (1 - beta),
        counted / tuned_steps,
    )
    plain_keeps = (kappa_three - 1) / (kappa_three + 1)
    claim("= 0.95, more than the 0.79", beta**0.5, plain_keeps)
    claim(
        "19 times fewer steps than plain descent",
        counted / ninety_steps,
    )
    limit_three = 2 * (1 + beta) / high_3
    three_ninety = share_left(
        X_three, y_std, 0.99 * limit_three, beta, 1000
    )
    times = steps_to_reach(three_ninety, 1e-6) / steps_to_reach(
        off, 1e-6 * off[0]
    )
    claim("more, by a factor above 4", times)
    tries = [
        steps_to_reach(
            share_left(X_three, y_std, part * limit_three, beta, 2000),
            1e-6,
        )
        for part in np.linspace(0.02, 0.99, 40)
    ]
    claim("On the three features nothing", min(tries) > 150)
    claim("rises to 32 times the start", swing.max())
    claim("a millionth at step 3841", tuned_steps)
    claim("it at step 47,390", ninety_steps)
    claim("plain descent at step 895,614", counted)
    claim("swings out, 32-fold", swing.max())
    swung = heavy_ball(X_raw, body_mass_g, *tuned(X_raw), 1000)
    highest = max(raw_loss(w)[0] for w in swung) - best_loss
    first_rise = raw_loss(swung[0])[0] - best_loss
    claim("more than ten-thousandfold", highest > 10_000 * first_rise)

# %% [markdown]
# ## What to keep
#
# - Along an eigenvector of the Hessian downhill points straight back, and the
#   eigenvalue is the curvature. A step multiplies the error there by $1 - \eta
#   \lambda$.
# - The largest curvature limits the learning rate, the smallest decides the time. At
#   the best rate it takes about $\frac{\kappa}{2} \ln \frac{1}{\varepsilon}$ steps to
#   bring the distance down to a fraction $\varepsilon$.
# - A valley is slow because $\eta \lambda_{\min}$ is small, with the zig-zag or without
#   it. The loss curve does not show it: look at the parameters.
# - Center *and* scale each feature: the one removes the tie to the intercept, the other
#   the unit. Correlations between features stay.
# - Momentum replaces $\kappa$ by its root, if $\eta$ and $\beta$ are both tuned to the
#   extreme curvatures. A fixed $\beta$ gains at most a fixed factor, and can lose.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-conditioning-three-curvatures
# A loss has the curvatures one, four and nine. Without code: what is the limit of the
# learning rate, what is the best rate, which errors change their sign at each step of
# it, and how many steps take the distance down to a millionth? You should get a best
# rate of 0.2 and at most 62 steps. What does tuned momentum make of the factor per
# step?
# ::::
#
# ```{solution-start} ex-conditioning-three-curvatures
# :class: dropdown
# ```
#
# The limit is two ninths, or 0.222, and the best rate is two tenths. The factors $1 -
# 0.2 \lambda$ show that only the steepest error changes its sign, and that the one in
# the middle dies first. With $\kappa = 9$ the root is three, and tuned momentum has
# $\sqrt{\beta} = (3 - 1) / (3 + 1)$, one half.

# %%
nine = np.array([1, 4, 9])
print((1 - 0.2 * nine).round(1), "factors, plain descent")
print(
    predicted_steps(0.8), "steps;", predicted_steps(0.5), "at one half"
)

# %% [markdown]
# The second number is the momentum's only in the long run; {ref}`double-root` says what
# comes on top.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "best rate of 0.2 and at most 62 steps",
        2 / (1 + 9),
        predicted_steps(0.8),
    )
    claim("or 0.222", 2 / nine[-1])
    claim("The factors 1 - 0.2 lambda", 1, 2 / (nine[0] + nine[-1]))
    signs = (1 - 0.2 * nine).round(6)
    claim(
        "only the steepest error",
        (signs < 0).tolist() == [False, False, True],
    )
    claim("the middle dies first", np.abs(signs).argmin() == 1)
    claim("With kappa = 9", nine[-1] / nine[0])

# %% [markdown]
# ::::{exercise}
# :label: ex-conditioning-unit
# A colleague notes the bills in centimeters and only scales them. The condition number
# *rises*, from 1428 to 4475. By {eq}`hessian-one-feature` the two eigenvalues add up to
# $2 (1 + \bar{x}^2 + \sigma^2)$ and multiply to $4 \sigma^2$, so where one is far
# larger, $\kappa$ is about $(1 + \bar{x}^2 + \sigma^2)^2 / \sigma^2$. How can scaling
# make it worse? Which unit of length makes $\kappa$ smallest if nothing is centered?
# You should get a $\kappa$ of 262. Check your unit:
#
# ```python
# from helpers import check_answer
#
# check_answer("your unit in mm", unit_mm, 44.3, within=0.1)
# ```
# ::::
#
# ```{solution-start} ex-conditioning-unit
# :class: dropdown
# ```
#
# To divide by $\sigma$ is to choose a unit like any other, here 5.5 mm. A unit of $q$
# millimeters turns $\bar{x}$ and $\sigma$ into $\bar{x} / q$ and $\sigma / q$. With $m
# = \bar{x}^2 + \sigma^2$, the mean square of the bills, the formula becomes $(q + m /
# q)^2 / \sigma^2$. The bracket is smallest for $q^2 = m$: the unit is the root of the
# mean square.

# %%
from helpers import check_answer

unit_mm = np.sqrt((bill_length_mm**2).mean())
check_answer("your unit in mm", unit_mm, 44.3, within=0.1)
print(f"{condition_number(bill_length_mm / unit_mm):.0f}")

# %% [markdown]
# The centimeter was closer to that unit than $\sigma$. No unit gets lower; for that you
# have to center.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    in_cm, least = (
        condition_number(bill_length_mm / q) for q in (10, unit_mm)
    )
    claim("from 1428 to 4475", in_cm, scaled)
    claim("get a kappa of 262", least)
    claim("here 5.5 mm", sigma_mm)
    closer = abs(np.log(unit_mm / 10)) < abs(np.log(unit_mm / sigma_mm))
    claim("closer to that unit", closer)
    other_units = unit_mm * np.geomspace(0.01, 100, 200)
    others = [condition_number(bill_length_mm / q) for q in other_units]
    claim("No unit gets lower", min(others) >= least)

# %% [markdown]
# ::::{exercise}
# :label: ex-conditioning-correlation
# Two standardized features have the correlation $r$, the mean of their product. Write
# down $H$, derive its eigenvalues, and from them $\kappa$. Check it on bill and flipper
# length: you should get 4.77. How strong must a correlation be for $\kappa = 100$?
# ::::
#
# ```{solution-start} ex-conditioning-correlation
# :class: dropdown
# ```
#
# The entries of $H / 2$ are means of products of two columns. Those with the column of
# ones are zero, since the features have mean zero; so the intercept has a direction of
# its own, with the eigenvalue 2. For the two slopes, $(a, b)$ is an eigenvector of $H /
# 2$ with eigenvalue $\mu$ if
#
# ```{math}
# a + r b = \mu a, \qquad r a + b = \mu b
# ```
#
# Add the two equations, then subtract them:
#
# ```{math}
# \begin{aligned}
# (1 + r)(a + b) &= \mu (a + b) \\
# (1 - r)(a - b) &= \mu (a - b)
# \end{aligned}
# ```
#
# If $a + b$ is not zero, the first line says $\mu = 1 + r$, and the second then needs
# $a = b$ (unless $r$ is zero). If $a + b$ is zero, $a - b$ is not, and $\mu = 1 - r$.
# So the eigenvalues of $H$ are $2$, $2 (1 + r)$ and $2 (1 - r)$, and
#
# ```{math}
# \kappa = \frac{1 + \lvert r \rvert}{1 - \lvert r \rvert}
# ```

# %%
pair = features[:, [0, 2]]  # bill and flipper length
r = (pair[:, 0] * pair[:, 1]).mean()
print(f"{condition_number(pair):.2f}, {(1 + r) / (1 - r):.2f}")
print(f"{(100 - 1) / (100 + 1):.2f}")

# %% [markdown]
# Solved for the correlation, $\lvert r \rvert = (\kappa - 1) / (\kappa + 1)$: about
# 0.98 for a condition number of 100. It is the factor of {eq}`best-rate`. At the best
# learning rate, the correlation *is* the share of the error that a step keeps.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("you should get 4.77", condition_number(pair))
    claim("with the eigenvalue 2", hessian(design_matrix(pair))[0, 0])
    claim(
        "So the eigenvalues",
        np.isclose(condition_number(pair), (1 + r) / (1 - r)),
    )
    given("be for kappa = 100")
    strong = (100 - 1) / (100 + 1)
    kappa_strong = np.linalg.cond([[1, strong], [strong, 1]])
    claim(
        "about 0.98 for a condition number of 100", strong, kappa_strong
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-conditioning-fault
# Somebody fits the three standardized features and looks for the best rate:
#
# ```python
# low, high = np.linalg.eigvalsh(X_three.T @ X_three)[[0, -1]]
# rate = 2 / (low + high)
# print(f"{high / low:.1f}")
# ```
#
# The quotient is right, 8.5. And yet the descent takes 10,741 steps in place of 59.
# Where is the fault, and why does $\kappa$ not show it? Mend the line, and count again.
# ::::
#
# ```{solution-start} ex-conditioning-fault
# :class: dropdown
# ```
#
# The Hessian of the *mean* squared error is $\frac{2}{n} X^\top X$. Without the factor
# $2 / n$ both curvatures are too large by $n / 2$, here 166.5, and the rate is too
# small by as much. A quotient of two curvatures forgets a common factor.

# %%
without_factor = np.linalg.eigvalsh(X_three.T @ X_three)[[0, -1]]
mended = np.linalg.eigvalsh(hessian(X_three))[[0, -1]]
for extremes in (without_factor, mended):
    rate = 2 / extremes.sum()
    left = share_left(X_three, y_std, rate, momentum=0, steps=11_000)
    print(f"rate {rate:.4f}: {steps_to_reach(left, 1e-6):,} steps")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "The quotient is right, 8.5",
        without_factor[1] / without_factor[0],
    )
    by_fault = share_left(
        X_three, y_std, 2 / without_factor.sum(), 0, 11_000
    )
    claim(
        "10,741 steps in place of 59",
        steps_to_reach(by_fault, 1e-6),
        steps_to_reach(left, 1e-6),
    )
    claim("here 166.5, and", without_factor[0] / mended[0])

# %% [markdown]
# ::::{exercise}
# :label: ex-conditioning-power
# A large model has no room for its Hessian. The difference of two gradients is $H$
# times the difference of their places. Write `largest_curvature(gradient_at, p,
# rounds)` that multiplies a vector by $H$ again and again in this way, and brings it
# back to length one each time. What is left of it? Check it:
#
# ```python
# from helpers import check_answer
#
#
# def three_gradient(w):
#     return mse_value_and_grad(w, X_three, y_std)[1]
#
#
# answer = largest_curvature(three_gradient, 4, 20)
# check_answer("your largest curvature", answer, 3.986, within=0.001)
# ```
# ::::
#
# ```{solution-start} ex-conditioning-power
# :class: dropdown
# ```
#
# Each round multiplies the share along each eigenvector by its eigenvalue, so the
# steepest direction outgrows all others. This is the *power iteration*
# {cite}`trefethen1997`.


# %%
def largest_curvature(gradient_at, p, rounds):
    v = np.ones(p) / np.sqrt(p)  # length one
    at_zero = gradient_at(np.zeros(p))
    for _ in range(rounds):
        Hv = gradient_at(v) - at_zero
        estimate = np.linalg.norm(Hv)
        v = Hv / estimate
    return estimate


def three_gradient(w):
    return mse_value_and_grad(w, X_three, y_std)[1]


answer = largest_curvature(three_gradient, 4, 20)
check_answer("your largest curvature", answer, 3.986, within=0.001)

# %% [markdown]
# The start needs a share of the steepest direction, and the more the largest curvature
# stands out, the fewer rounds it takes. For a network the curvature changes along the
# way, so it has to be followed.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "of two gradients is", np.isclose(answer, high_3, atol=0.0005)
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-conditioning-rounder
# Open: make the bowl of the three features round, so that one step arrives, by new
# features that are mixtures of the old ones. A good answer
#
# - says what the means of products of the new features must be, before any code;
# - checks that $\kappa$ is one and that one step arrives;
# - checks that the line's predictions are what they were;
# - names what is lost or costs more.
# ::::
#
# ```{solution-start} ex-conditioning-rounder
# :class: dropdown
# ```
#
# The means of squares must be one and those of all other products zero; then $H$ is
# twice the identity. One way: turn the features onto the eigenvectors of their
# correlations, and divide each by the root of its eigenvalue. This is called
# *whitening*.

# %%
correlations = features.T @ features / len(features)  # (3, 3)
sizes, axes = np.linalg.eigh(correlations)
X_white = design_matrix(features @ axes / np.sqrt(sizes))
left = share_left(X_white, y_std, 0.5, momentum=0, steps=1)
print(f"{np.linalg.cond(hessian(X_white)):.3f}", left[1] < 1e-9)
w_white = 0.5 * 2 / len(y_std) * X_white.T @ y_std  # after one step
w_three = np.linalg.lstsq(X_three, y_std, rcond=None)[0]
print(np.allclose(X_white @ w_white, X_three @ w_three))

# %% [markdown]
# The price: with many features their correlations are a large matrix to compute and to
# take apart, and a parameter no longer belongs to one measurement. Who can afford that
# can often afford to solve for the best parameters at once.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "twice the identity",
        np.allclose(hessian(X_white), 2 * np.eye(4)),
    )
    claim("so that one step arrives", left[1] < 1e-9)

# %% [markdown]
# ## Sources and further reading
#
# - The {ref}`tutorial <source-fruehwald2022>` behind this part of the book
#   {cite}`fruehwald2022` standardizes its penguins at once and names momentum among the
#   more advanced options. Thanks to its good choice, its descent never meets the
#   trouble of this page.
# - Goh's *Why Momentum Really Works* {cite}`goh2017` shows the eigenvector picture with
#   figures to play with. The heavy ball is from {cite}`polyak1964`.
# - Condition numbers and convergence rates: {cite}`nocedal2006`, {cite}`boyd2004`.
#   Eigenvalues: {cite}`strang2019`, {cite}`trefethen1997`.
