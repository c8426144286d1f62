# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (grid-search)=
# # Grid search
#
# How many centimeters are in an inch? Try fifty numbers on a shop's size table, and the
# best of them is 2.551. The best of all numbers for this table is 2.5415. Every ruler
# says 2.54. That leaves two gaps, and a better search can close one of them. Which one,
# and what explains the other?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** measure how wrong a guess is, search a grid of guesses, predict and
#   measure the grid's error, zoom in, and count what more parameters cost.
# - **You need** Python functions and a little NumPy. This is the first chapter; it
#   leads to {ref}`slopes`.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## Ten belts, one unknown number
#
# A shop prints the length of ten belts twice, in inches and in centimeters. A
# {ref}`tutorial <source-fruehwald2022>` {cite}`fruehwald2022` passes the table on. The
# table does not give the factor between the two.

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %%
import numpy as np

from helpers import load_belts, use_book_style

np.set_printoptions(linewidth=42)  # wraps arrays before a phone cuts them
use_book_style()
belt_in, belt_cm = load_belts()
print(belt_in)
print(belt_cm)

# %% [markdown]
# The model has one parameter, a multiplier $m$: a belt of $x$ inches should measure
# $mx$ centimeters. Pretend that you have never seen a ruler and guess $m = 1.5$. The
# *{term}`residual`* of a belt is what the guess says minus what the table says.

# %%
cm_guess = 1.5 * belt_in
print(cm_guess - belt_cm)

# %% [markdown]
# Every residual is negative: the guess makes every belt too short, and the longer the
# belt, the more is missing. A larger multiplier should do better. Try 1.7.

# %% tags=["hide-input"]
#| name: fig-belts-guess
#| caption: Each guess is a line through the origin. A residual is the vertical distance
#|   from a belt's dot to that line.
#| alt: Ten dots, the belts, rise in a straight row from lower left to upper right;
#|   inches run across, centimeters up. Far below them lie two rising lines, the
#|   multiplier 1.5 lowest and 1.7 a little higher. One vertical line joins a dot to the
#|   lowest line and is labeled as the residual.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, ORANGE

figure, ax = plt.subplots()
ax.plot(belt_in, belt_cm, "o", color=BLACK)
for m, color in [(1.5, ORANGE), (1.7, BLUE)]:
    ax.plot(belt_in, m * belt_in, color=color)
    ax.text(49, m * belt_in[-1], f"m = {m}", color=color, va="center")
ax.vlines(belt_in[-3], cm_guess[-3], belt_cm[-3], color=ORANGE, linewidth=1)
ax.text(44, 92, "residual\nof m = 1.5", color=ORANGE, ha="right", va="center")
ax.text(37, 101, "belts", ha="right")
ax.set(xlim=(29, 54), xlabel="length (inches)", ylabel="length (cm)")
ax.set_title("Both guesses fall short, 1.7 by less")
plt.show()

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import checks, claim, given, reproduce

with checks("Ten belts, one unknown number"):
    given("guess m = 1.5", "Try 1.7", "multiplier 1.5 lowest and 1.7 a little higher")
    claim("Every residual is negative", (cm_guess < belt_cm).all())
    claim(
        "the longer the belt, the more is missing",
        (np.diff(cm_guess - belt_cm) < 0).all(),
    )
    display(reproduce("cm_guess - belt_cm", cm_guess - belt_cm))
    display(reproduce("print(multiplier_guess)", m))

# %% [markdown]
# ## One number for ten residuals
#
# The picture says that 1.7 is better. A computer needs that as a number: ten residuals
# in, one number out, and smaller is better. The mean of the residuals looks like the
# natural choice. Test it on a useless rule, which ignores the inches and gives every
# belt the same length:

# %%
same_length = np.full(10, belt_cm.mean())
residuals = same_length - belt_cm
print(f"{abs(residuals.mean()):.1f} cm: size of the mean residual")
print(f"{abs(residuals).max():.1f} cm: size of the worst residual")

# %% [markdown]
# A perfect score for a rule that is wrong by as much as 23.4 cm: positive and negative
# residuals cancel. Squaring them first takes the signs away. It also makes one big miss
# count more than several small ones of the same total. The mean of the squares is the
# **{term}`mean squared error`**, and it is the **{term}`loss`** of this part of the
# book:
#
# ```{math}
# :label: mse
# L(m) = \frac{1}{n} \sum_{i=1}^{n} (m x_i - y_i)^2
# ```
#
# Here $x_i$ and $y_i$ are the length of belt $i$ in inches and in centimeters, and $n$
# is ten. The function below takes one multiplier or a whole array. For an array
# `np.multiply.outer` makes a table, with one row for each multiplier and one column for
# each belt, and the mean is taken along each row.


# %%
def loss(multiplier, belt_in, belt_cm):
    """Mean squared error in cm², of one multiplier or of each of many."""
    residual = np.multiply.outer(multiplier, belt_in) - belt_cm
    return np.mean(residual**2, axis=-1)


print(f"{np.mean(residuals**2):9.4f}  one length for all")
print(f"{loss(1.5, belt_in, belt_cm):9.4f}  multiplier 1.5")
print(f"{loss(1.7, belt_in, belt_cm):9.4f}  multiplier 1.7")

# %% [markdown]
# The guess 1.7 beats 1.5, with 1128.2125 cm² against 1728.2125. The useless rule no
# longer scores zero. Its 210.84 is still lower than both, which says how poor these
# guesses are.

# %% tags=["remove-cell"]
with checks("One number for ten residuals"):
    claim("A perfect score", abs(residuals.mean()) < 1e-12)
    claim("wrong by as much as 23.4 cm", abs(residuals).max())
    claim(
        "takes one multiplier or a whole array",
        loss(1.5, belt_in, belt_cm).shape == ()
        and loss(np.ones(50), belt_in, belt_cm).shape == (50,),
    )
    mse_15, mse_17 = loss(1.5, belt_in, belt_cm), loss(1.7, belt_in, belt_cm)
    given("says that 1.7 is better", "guess 1.7 beats 1.5")
    claim("1128.2125 cm² against 1728.2125", mse_17, mse_15)
    claim("Its 210.84 is still lower than both", np.mean(residuals**2))
    display(reproduce("mse at 1.5", float(mse_15)))
    display(reproduce("mse at 1.7", float(mse_17)))

# %% [markdown]
# ## Fifty guesses at once
#
# Now let the computer guess. **{term}`Grid search <grid search>`** spaces guesses
# evenly over a range, computes the loss of each, and keeps the best. The tutorial that
# published the belts takes 50 values from 0 to 5.

# %%
guesses = np.linspace(0, 5, 50)
losses = loss(guesses, belt_in, belt_cm)
grid_answer = guesses[losses.argmin()]
print(grid_answer)

# %% [markdown]
# The best of the fifty is 2.5510204081632653, digit for digit what the tutorial prints.
# {numref}`fig-belts-loss` shows all fifty losses.

# %% tags=["hide-input"]
#| name: fig-belts-loss
#| caption: Fifty guesses and their losses, with the two guesses from above on the left
#|   wall of the bowl.
#| alt: Fifty dots form a smooth, deep bowl; the multiplier from 0 to 5 runs across,
#|   the loss in square centimeters up. The bowl starts high at the left edge, falls
#|   ever more gently to a single lowest point, at 2.551, and rises again to the
#|   right edge, almost as high. The guesses 1.5 and 1.7 lie on its left wall.
figure, ax = plt.subplots()
ax.plot(guesses, losses, ".-", color=BLUE, linewidth=1)
ax.plot(grid_answer, losses.min(), "o", color=ORANGE)
best_label = f"best: {grid_answer:.3f}"
ax.text(grid_answer, 700, best_label, color=ORANGE, ha="center")
heights = loss([1.5, 1.7], belt_in, belt_cm)
ax.plot([1.5, 1.7], heights, "o", color=BLACK, markersize=5)
ax.text(1.4, heights[0], "guess 1.5", ha="right", va="top")
ax.text(1.8, 1500, "guess 1.7", ha="left", va="bottom")
ax.set(xlabel="multiplier m (cm per inch)", ylabel="loss L (cm²)")
ax.set_title("The loss falls to one lowest point, then rises")
plt.show()

# %% [markdown]
# A grid is only as good as its range and its step, so look at both. A comment in the
# tutorial says that the numbers run to 50; its code, like yours, stops at 5. And the
# best guess is not a round number. Why not?

# %%
wider = np.linspace(0, 5, 51)
wider_answer = wider[loss(wider, belt_in, belt_cm).argmin()]
print(f"{guesses[1]:.6f} step of 50, best {grid_answer:.6f}")
print(f"{wider[1]:.6f} step of 51, best {wider_answer:.6f}")

# %% [markdown]
# `linspace` includes both ends, so 50 values leave 49 gaps, each $5/49$ wide. A round
# step of 0.1 needs 51 values. And see what they answer: one more guess, and 2.5 is
# *farther* from the ruler's 2.54. There is luck in a grid. You will soon see how much.

# %% tags=["remove-cell"]
with checks("Fifty guesses at once"):
    claim("50 values from 0 to 5", guesses.size, guesses[0], guesses[-1])
    claim("The best of the fifty is 2.5510204081632653", grid_answer)
    display(reproduce("grid argmin", grid_answer))
    claim("multiplier from 0 to 5 runs across", guesses[0], guesses[-1])
    claim("lowest point, at 2.551", grid_answer)
    claim("guesses 1.5 and 1.7 lie on its left wall", 1.5 < 1.7 < grid_answer)
    given("the numbers run to 50")
    claim("stops at 5", guesses[-1])
    claim(
        "50 values leave 49 gaps, each 5/49 wide",
        guesses.size,
        guesses.size - 1,
        guesses[1],
    )
    claim("step of 0.1 needs 51 values", wider[1], wider.size)
    claim("one more guess, and 2.5 is", wider_answer)
    claim(
        "farther from the ruler's 2.54",
        abs(grid_answer - 2.54) < abs(wider_answer - 2.54),
    )

# %% [markdown]
# ## What kind of curve is this?
#
# The tutorial calls the increase away from the lowest point *monotonic*: it never turns
# back. Is the curve as a whole monotonic? The changes from one guess to the next tell.

# %%
changes = np.diff(losses)
print(f"falls {sum(changes < 0)} times, then")
print(f"rises {sum(changes > 0)} times")
bends = np.diff(changes)
print(f"{bends.min():.4f} least change of the changes")
print(f"{bends.max():.4f} greatest change of the changes")

# %% [markdown]
# It is not. Each side of the lowest point is monotonic, but the curve falls 25 times
# and then rises 24 times. The word for "falls, then rises" is **{term}`unimodal`**.
#
# The last lines hint at more. The changes themselves always change by the same amount,
# as they do on a parabola. Fifty points cannot prove that, but {eq}`mse` can: each term
# is the square of a straight line in $m$, so their mean has the form
# $a m^2 + b m + c$. The loss *is* a parabola, and the next chapters rest on three of
# its properties:
#
# 1. **It is smooth.** It has no corners, so it has a slope at every point.
# 2. **It has one minimum.** Whoever walks downhill cannot end in the wrong valley.
# 3. **The slope tells the direction.** Where the curve falls, a larger multiplier is
#    better; where it rises, a smaller one.
#
# Squares gave you the first one. Absolute values would have cured the canceling too.
# But look at their curve near its minimum, above the one that squares make.


# %% tags=["hide-input"]
#| name: fig-belts-corners
#| caption: The same ten belts, close to the minimum. At each corner of the upper curve
#|   one residual changes its sign.
#| alt: Two panels, one above the other, with the multiplier across. Above, the mean
#|   absolute residual is made of straight pieces that meet in ten corners, each
#|   marked by a dot, most of them near the bottom. Below, the mean squared residual
#|   is a round bowl without corners.
def mean_absolute(multiplier, belt_in, belt_cm):
    residual = np.multiply.outer(multiplier, belt_in) - belt_cm
    return np.mean(abs(residual), axis=-1)


near = np.linspace(2.52, 2.56, 801)
corners = belt_cm / belt_in
kinks = mean_absolute(corners, belt_in, belt_cm)
figure, (upper, lower) = plt.subplots(2, 1, figsize=(5.4, 5), sharex=True)
upper.plot(near, mean_absolute(near, belt_in, belt_cm), color=ORANGE)
upper.plot(corners, kinks, "o", color=ORANGE)
lower.plot(near, loss(near, belt_in, belt_cm), color=BLUE)
upper.set(ylim=(0, None), ylabel="mean |residual| (cm)")
upper.set_title("Absolute values: a corner for every belt")
lower.set(ylim=(0, None), ylabel="mean residual² (cm²)", xticks=near[::200])
lower.set(xlabel="multiplier m (cm per inch)", title="Squares: smooth")
plt.show()

# %% [markdown]
# At a corner the slope jumps, and there is no one slope to read. A parabola has one
# everywhere.

# %% tags=["remove-cell"]
with checks("What kind of curve is this?"):
    claim(
        "Each side of the lowest point is monotonic",
        (changes[:25] < 0).all() and (changes[25:] > 0).all(),
    )
    claim("falls 25 times and then rises 24", sum(changes < 0), sum(changes > 0))
    claim("always change by the same amount", np.allclose(bends, bends[0]))
    claim("It has one minimum", (bends > 0).all())
    claim(
        "straight pieces that meet in ten corners",
        len(set(corners)) == 10 and near[0] < min(corners) < max(corners) < near[-1],
    )

# %% [markdown]
# ## How good is a grid's answer?
#
# To grade a grid you need the exact answer, and for a parabola algebra has it. Let $A$
# be the mean of the ten squares $x_i^2$, $B$ the mean of the products $x_i y_i$, and
# $C$ the mean of the squares $y_i^2$. Multiply out {eq}`mse`, then complete the square:
#
# ```{math}
# :label: grid-parabola
# \begin{aligned}
# L(m) &= A \, m^2 - 2 B \, m + C \\
#      &= A \, (m - m^*)^2 + L(m^*)
# \end{aligned}
# ```
#
# The second line holds if $m^* = B / A$: then the terms with $m$ agree, and what
# remains is a constant, the loss at $m^*$. A square is never negative, so no multiplier
# does better than $m^*$. {ref}`slopes` reaches it on a road that works for other curves
# too. Here it is the yardstick.

# %%
mean_xx = np.mean(belt_in**2)  # A
mean_xy = np.mean(belt_in * belt_cm)  # B
best_multiplier = mean_xy / mean_xx
lowest = loss(best_multiplier, belt_in, belt_cm)
print(f"{best_multiplier:.7f} best multiplier")
print(f"{lowest:.7f} cm², its loss")

# %% [markdown]
# The grid of 50 missed $m^*$ by 0.0095, the grid of 51 by 0.0415. Now predict, for any
# grid with step $h$, the error and what it adds to the loss:
#
# - The loss depends only on the distance to $m^*$, so the guess nearest to $m^*$ wins.
#   If $m^*$ lies in the range, that guess is at most half a step away: **the error is
#   at most $h/2$**.
# - Put $h/2$ into {eq}`grid-parabola`: **the loss is too high by at most $A h^2 / 4$**.
#   Halve the step, and this bound falls to a quarter.
#
# If $m^*$ is as likely to lie at one place between two guesses as at any other, the
# error is half of its bound on average. Divide the errors of 270 grids, from coarse to
# fine, by their bounds.

# %%
sizes = np.unique(np.geomspace(5, 100_000, 300).astype(int))
grids = [np.linspace(0, 5, size) for size in sizes]
best = [grid[loss(grid, belt_in, belt_cm).argmin()] for grid in grids]
errors = abs(np.array(best) - best_multiplier)
steps = 5 / (sizes - 1)
ratios = errors / (steps / 2)
print(f"{len(sizes)} grids")
print(f"{ratios.mean():.2f} of the bound on average")
print(f"{ratios.max():.4f} of the bound at most")

# %% [markdown]
# On logarithmic axes a power of the step is a straight line, so the two predictions
# become two lines that no dot may cross.

# %% tags=["hide-input"]
#| name: fig-grid-error
#| caption: One dot for each grid, from fine on the left to coarse on the right. The
#|   lines are the predicted bounds.
#| alt: Two panels with logarithmic axes and the grid's step across. Above, the dots of
#|   the error lie below a rising straight line, most of them close to it, some
#|   far below. Below, the dots of the excess loss lie under a line that climbs two
#|   decades for each decade of the step. No dot lies above its line.
excess = loss(best, belt_in, belt_cm) - lowest
figure, (upper, lower) = plt.subplots(2, 1, figsize=(5.4, 5.6), sharex=True)
upper.loglog(steps, errors, ".", color=BLUE, markersize=4)
upper.loglog(steps, steps / 2, color=BLACK)
upper.text(6e-5, 3e-3, "at most h / 2")
lower.loglog(steps, excess, ".", color=BLUE, markersize=4)
lower.loglog(steps, mean_xx * steps**2 / 4, color=BLACK)
lower.text(6e-5, 6e-1, "at most A h² / 4")
upper.set(ylim=(1e-7, 10), ylabel="error of m (cm per inch)")
upper.set_title("The error shrinks like the step")
lower.set(ylim=(1e-11, 1e5), xlabel="step h (cm per inch)")
lower.set(ylabel="excess loss (cm²)")
lower.set_title("The excess loss shrinks like its square")
plt.show()

# %% [markdown]
# No dot crosses in {numref}`fig-grid-error`, and the mean ratio is 0.47, close to the
# half that you predicted. (The level row on the right is the answer 2.5, which many
# coarse grids share.) The scatter is the luck: a coarse grid may hit, but only the line
# is a promise. To promise an error of $10^{-6}$, the step may be at most twice that,
# which takes 2,500,001 evaluations of the loss.

# %% tags=["remove-cell"]
with checks("How good is a grid's answer?"):
    parabola = lowest + mean_xx * (guesses - best_multiplier) ** 2
    claim("what remains is a constant", np.allclose(parabola, losses, rtol=1e-12))
    claim(
        "grid of 50 missed m^* by 0.0095, the grid of 51 by 0.0415",
        guesses.size,
        grid_answer - best_multiplier,
        wider.size,
        best_multiplier - wider_answer,
    )
    claim("at most half a step away", (errors <= steps / 2 * (1 + 1e-9)).all())
    claim(
        "the loss is too high by at most",
        (excess <= mean_xx * steps**2 / 4 * (1 + 1e-6)).all(),
    )
    claim("errors of 270 grids", len(sizes))
    claim("the mean ratio is 0.47", ratios.mean())
    claim(
        "the answer 2.5, which many coarse grids share",
        sum(abs(np.array(best) - 2.5) < 1e-12) > 5,
    )
    finest = np.ptp(guesses) / 2_500_000
    claim(
        "an error of 1e-6, the step may be at most twice that, which takes 2,500,001",
        finest / 2,
        1 + np.ptp(guesses) / finest,
    )

# %% tags=["remove-cell"]
with checks("Grid search"):
    claim("the best of them is 2.551", grid_answer)
    claim("The best of all numbers for this table is 2.5415", best_multiplier)
    given("Every ruler says 2.54")

# %% [markdown]
# ## Zoom in instead
#
# Nearly all of these evaluations lie where nobody would look twice. On a unimodal curve
# the minimum is within one step of the best guess. So keep only that part, one step to
# either side, and put a new grid on it.


# %%
def zoom(low, high, points, rounds, belt_in, belt_cm):
    """The best guess of each round."""
    best = []
    for _ in range(rounds):
        guesses = np.linspace(low, high, points)
        losses = loss(guesses, belt_in, belt_cm)
        best.append(guesses[losses.argmin()])
        step = guesses[1] - guesses[0]
        low, high = best[-1] - step, best[-1] + step
    return np.array(best)


print(zoom(0, 5, 11, 3, belt_in, belt_cm))

# %% [markdown]
# {numref}`fig-zoom-rounds` shows these three rounds.

# %% tags=["hide-input"]
#| name: fig-zoom-rounds
#| caption: Three rounds with 11 points each. The dashed lines spread one step to either
#|   side of the best guess over the width of the next grid.
#| alt: Three horizontal rows of eleven dots, from 0 to 5 at the top, from 2 to 3 in the
#|   middle, from 2.4 to 2.6 at the bottom. In each row the best dot is larger: 2.5, 2.5
#|   and 2.54. Dashed lines fan out from its two neighbors to the ends of the row below.
#|   A small upright tick marks the minimum, which lies inside each row.
from helpers import GREEN

figure, ax = plt.subplots(figsize=(5.4, 2.9))
low, high = 0, 5
for row, answer in enumerate(zoom(0, 5, 11, 3, belt_in, belt_cm)):
    width, step = high - low, (high - low) / 10
    minimum = (best_multiplier - low) / width
    ax.plot(np.linspace(0, 1, 11), [-row] * 11, "o-", color=BLUE, lw=1, ms=4)
    ax.plot((answer - low) / width, -row, "o", color=ORANGE, ms=8)
    ax.plot(minimum, -row, "|", color=GREEN, ms=22, mew=2)
    ax.text(-0.03, -row, f"{low:.3g}", ha="right", va="center")
    ax.text(1.03, -row, f"{high:.3g}", ha="left", va="center")
    sides = (np.array([answer - step, answer + step]) - low) / width
    if row < 2:
        ax.plot([sides, (0, 1)], [-row, -row - 1], "--", color=GRAY, lw=1)
    low, high = answer - step, answer + step
ax.text(0.53, -0.75, "minimum", color=GREEN, ha="left")
ax.text(0.51, -0.75, "best guess", color=ORANGE, ha="right")
ax.set(xlim=(-0.12, 1.12), ylim=(-2.6, 0.4))
ax.axis("off")
ax.set_title("Each grid magnifies two gaps of the one before")
plt.show()

# %% [markdown]
# Two gaps of one grid become the ten gaps of the next, so each round divides the step
# by five. The first step is 0.5, which bounds the error by 0.25. How many rounds of 11
# evaluations bring that bound below $10^{-6}$?

# %%
target, points = 1e-6, 11
bound = 5 / (points - 1) / 2  # half of the first step
gain = (points - 1) / 2  # later rounds divide the bound by this
rounds = 1 + int(np.ceil(np.log(bound / target) / np.log(gain)))
print(f"{rounds} rounds, {rounds * points} evaluations")

# %% [markdown]
# That is the prediction. Now run both searches, the nine rounds and the one fine grid.

# %%
zoomed = zoom(0, 5, points, rounds, belt_in, belt_cm)[-1]
fine = np.linspace(0, 5, 2_500_001)
parts = np.array_split(fine, 50)  # to spare the memory
fine_losses = [loss(part, belt_in, belt_cm) for part in parts]
one_grid = fine[np.concatenate(fine_losses).argmin()]
print(f"{zoomed:.6f}, off by {zoomed - best_multiplier:.1e}: zoom")
print(f"{one_grid:.6f}, off by {one_grid - best_multiplier:.1e}: grid")

# %% [markdown]
# Both keep the promise, and zooming is more than 25,000 times cheaper. (That both find
# the same number is chance: the two grids share this point.) For a single grid each
# further digit multiplies the cost by ten. Zooming pays the same for every digit:
# $\log_{10} 5$ digits for 11 evaluations, or 0.064 digits for one.
#
# So why not go on, to all sixteen digits that a float64 holds? Because near its minimum
# the curve is too flat. A float64 has gaps too: the next number after the lowest loss,
# 0.0722, is $1.4 \times 10^{-17}$ away. A move that raises the loss by less cannot be
# seen. By {eq}`grid-parabola`, moving $d$ away from $m^*$ raises the loss by
# $A d^2$. Set that equal to the gap and solve for $d$:

# %%
gap = np.spacing(lowest)  # to the next float64
floor = np.sqrt(gap / mean_xx)
print(f"{gap:.1e} gap, {floor:.0e} predicted floor")

# %% [markdown]
# Measure it with 200 zooms of 22 rounds from random starting intervals, and take the
# median error after each round.

# %% tags=["nbval-ignore-output"]
starts = np.random.default_rng(0).uniform(-1, 0, size=200)
zooms = [zoom(s, s + 5, 11, 22, belt_in, belt_cm) for s in starts]
zoom_errors = abs(np.array(zooms) - best_multiplier)  # (200, 22)
medians = np.median(zoom_errors, axis=0)
print(f"{medians[-1]:.0e} median error after 22 rounds")

# %% [markdown]
# The order of magnitude is right, and more was not promised: before the computer
# squares anything, it rounds each product $m x_i$, of about a hundred centimeters, and
# that alone shakes the loss by dozens of gaps. {numref}`fig-grid-zoom` compares the
# zooms with the single grids.

# %% tags=["nbval-ignore-output", "hide-input"]
#| name: fig-grid-zoom
#| caption: Median error of the zooms, and the errors of the single grids from above.
#|   The floor is typical, not a bound.
#| alt: Logarithmic axes with the number of loss evaluations across and the error up.
#|   Blue dots of single grids sink slowly over the whole width; the last is the fine
#|   grid. An orange line, the zooms, drops almost like a cliff, passes a dashed line at
#|   the target of one millionth near a hundred evaluations, and then goes level near
#|   a line at one ten-billionth, the predicted floor.
figure, ax = plt.subplots()
ax.loglog(sizes, errors, ".", color=BLUE, markersize=4)
ax.loglog(len(fine), abs(one_grid - best_multiplier), "o", color=BLUE)
ax.loglog(points * np.arange(1, 23), medians, ".-", color=ORANGE)
ax.axhline(target, color=BLACK, linestyle="--", linewidth=1)
ax.axhline(floor, color=GRAY, linewidth=1)
ax.text(2e3, 6e-3, "single grids", color=BLUE)
ax.text(3e6, 2e-8, "fine grid", color=BLUE, ha="right")
ax.text(5, target * 2, "target")
ax.text(150, 2e-8, "zooming", color=ORANGE)
ax.text(5, floor / 7, "predicted floor", color=GRAY)
ax.set(xlabel="loss evaluations", ylabel="error of m (cm per inch)")
ax.set(ylim=(1e-12, 10))
ax.set_title("Zooming wins, down to a floor")
plt.show()

# %% [markdown]
# Ten of the sixteen digits, more or less, are all that the *height* of the curve can
# give. Its *slope*, which changes sign at $m^*$, can give the rest.

# %% tags=["remove-cell"]
with checks("Zoom in instead"):
    three = zoom(0, 5, 11, 3, belt_in, belt_cm)
    given("Three rounds with 11 points", "from 0 to 5 at the top")
    claim("from 2 to 3 in the middle", three[0] - 0.5, three[0] + 0.5)
    claim("from 2.4 to 2.6 at the bottom", three[1] - 0.1, three[1] + 0.1)
    claim("2.5, 2.5 and 2.54", *three)
    claim("each round divides the step by five", gain == 5)
    claim("The first step is 0.5, which bounds the error by 0.25", 2 * bound, bound)
    claim(
        "rounds of 11 evaluations bring that bound below 1e-6",
        points,
        bound / gain ** (rounds - 1),
    )
    claim(
        "the nine rounds and the one fine grid",
        rounds == 9 and len(fine) == 1 + round(5 / (2 * target)),
    )
    found = np.array([zoomed, one_grid])
    claim("Both keep the promise", (abs(found - best_multiplier) <= target).all())
    claim("more than 25,000 times cheaper", len(fine) / (rounds * points))
    claim("both find the same number", abs(zoomed - one_grid) < 1e-12)
    measured = np.log10(medians[0] / medians[8]) / (8 * points)
    claim(
        "Zooming pays the same for every digit",
        abs(measured - np.log10(gain) / points) < 0.003,
    )
    claim(
        "log_10 5 digits for 11 evaluations, or 0.064 digits for one",
        gain,
        points,
        np.log10(gain) / points,
    )
    claim("the lowest loss, 0.0722, is 1.4e-17 away", lowest, gap)
    claim("200 zooms of 22 rounds", *zoom_errors.shape)
    claim("The order of magnitude is right", floor / 10 < medians[-1] < 10 * floor)
    d = np.linspace(-3e-10, 3e-10, 2001)
    jitter = loss(best_multiplier + d, belt_in, belt_cm) - lowest - mean_xx * d**2
    claim("shakes the loss by dozens of gaps", 10 < jitter.std() / gap < 500)
    claim(
        "one millionth near a hundred evaluations",
        (zoom_errors[:, rounds - 1] < target).all(),
    )
    claim("one ten-billionth, the predicted floor", 0.8e-10 < floor < 1.25e-10)
    claim("Ten of the sixteen digits, more or less", zoom_errors[:, -1].max() < 1e-7)

# %% [markdown]
# ## What more parameters cost
#
# One parameter was kind to you. Suppose that each belt also had a fixed extra length
# $b$, for the buckle, so that it measures $mx + b$ centimeters. With 50 values for
# each, there are 50 times as many combinations: for every value of $b$, a grid over
# $m$. A third parameter multiplies by 50 again, and $p$ parameters make $50^p$. The
# code says the same: a grid over many parameters is a loop over the last of them, with
# a smaller grid inside. Each turn of the loop takes the part that the last parameter
# explains, such as $b$, off the target and leaves the rest to the smaller grid.


# %%
def search(features, target, axis):
    """Lowest loss on the grid, and the number of evaluations."""
    if len(features) == 1:
        losses = loss(axis, features[0], target)
        return losses.min(), losses.size
    *others, last = features
    found = [search(others, target - w * last, axis) for w in axis]
    lows, counts = zip(*found, strict=True)
    return min(lows), sum(counts)


# %% [markdown]
# Each feature is multiplied by its parameter: the inches by $m$, a one by $b$. For the
# third and fourth, bend the relation with the square and the cube of the inches. Only
# the time matters here, the best of a few runs. It should grow as the count does.

# %% tags=["nbval-ignore-output"]
import time

features = [belt_in, np.ones(10), belt_in**2, belt_in**3]
seconds = []
for p in (1, 2, 3, 4):
    runs = []
    for _ in range(6 - p):
        start = time.perf_counter()
        _, count = search(features[:p], belt_cm, guesses)
        runs.append(time.perf_counter() - start)
    seconds.append(min(runs))
    print(f"p = {p}: {count:9,} losses, {min(runs) * 1e3:8.3f} ms")

# %% [markdown]
# Each line has fifty times as many losses as the one above, and the times follow. So
# take the time of the last line and go on multiplying.

# %% tags=["nbval-ignore-output"]
units = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
units["years"] = 365 * 86_400
for p in range(5, 11):
    estimate = seconds[3] * 50 ** (p - 4)
    unit = [u for u in units if estimate >= units[u]][-1]
    estimate /= units[unit]
    print(f"p = {p:2}: {50**p:.0e} losses, {estimate:.1f} {unit}")

# %% [markdown]
# Five parameters are 312,500,000 evaluations, a coffee break. Ten would outlast you,
# and hardware does not help: a computer a thousand times faster buys less than two more
# parameters, since $50^2$ is 2500. And ten is few. A small neural network has hundreds.

# %% tags=["remove-cell"]
with checks("What more parameters cost"):
    line, plane = (search(features[:p], belt_cm, guesses) for p in (1, 2))
    claim(
        "With 50 values for each, there are 50 times as many combinations",
        guesses.size,
        plane[1] / line[1],
    )
    claim(
        "multiplies by 50 again, and p parameters make 50^p",
        count == guesses.size**4,
    )
    by_loss = [loss(guesses, belt_in, belt_cm - b) for b in guesses]
    claim(
        "The code says the same",
        np.allclose([line[0], plane[0]], [losses.min(), np.min(by_loss)]),
    )
    claim("fifty times as many losses", plane[1] == 50 * line[1])
    claim("Five parameters are 312,500,000", guesses.size**5)
    claim("Ten would outlast you", seconds[3] * 50**6 / units["years"] > 80)
    claim(
        "a thousand times faster buys less than two more parameters",
        guesses.size**2 > 1000,
    )
    claim("50^2 is 2500", guesses.size**2 == 2500)

# %% [markdown]
# ## Zooming loses its promise
#
# Zooming was so cheap. Could it rescue the grid? With 11 points for each of two
# parameters, a round costs a mere 121 evaluations. The question is whether it
# arrives.


# %%
def zoom_plane(points, rounds, belt_in, belt_cm):
    """The best (m, b) of each round; starts with m 0 to 5, b -5 to 5."""
    center, half = np.array([2.5, 0.0]), np.array([2.5, 5.0])
    best = []
    for _ in range(rounds):
        m, b = np.linspace(center - half, center + half, points).T
        losses = [loss(m, belt_in, belt_cm - extra) for extra in b]
        row, column = divmod(np.argmin(losses), points)
        center = np.array([m[column], b[row]])
        half = 2 * half / (points - 1)  # one step to either side
        best.append(center)
    return np.array(best)


# %% [markdown]
# Take 11 and then 50 points a side, nine rounds each. `np.polyfit` computes the best
# pair exactly, by algebra, and shows what they should find.

# %%
ends = {"exact": np.polyfit(belt_in, belt_cm, 1)}
for size in (11, 50):
    ends[f"{size} a side"] = zoom_plane(size, 9, belt_in, belt_cm)[-1]
for name, (m, b) in ends.items():
    lost = loss(m, belt_in, belt_cm - b)
    print(f"m {m:.4f}, b {b:6.3f}, loss {lost:.4f}: {name}")

# %% [markdown]
# Neither search arrives, with 50 points a side no more than with 11. Both even end with
# a higher loss than 0.0722, which one parameter reached without any $b$.
# {numref}`fig-zoom-valley` shows where the search with 11 points goes wrong.

# %% tags=["hide-input"]
#| name: fig-zoom-valley
#| caption: The loss over both parameters, near its minimum, with contours at 0.1, 0.3
#|   and 1 cm². Of the first grid only one column of points lies in this part of the
#|   plane.
#| alt: The multiplier runs across, the extra length up. Nested oval contours, long,
#|   thin and slanted, run from the upper left to the lower right: a narrow valley. A
#|   column of dots stands at 2.5; the dot at an extra length of 2 is marked as the
#|   best. A shaded band from 1 to 3 is the second grid. The minimum lies in the valley
#|   below the band, at 0.573, and the place where the zoom ends lies inside the band.
m_axis, b_axis = np.linspace(2.43, 2.6, 301), np.linspace(-1.5, 4.5, 301)
plane = [loss(m_axis, belt_in, belt_cm - b) for b in b_axis]
figure, ax = plt.subplots(figsize=(5.4, 4))
ax.axhspan(1, 3, color=ORANGE, alpha=0.15, linewidth=0)
levels = [0.1, 0.3, 1]
ax.contour(m_axis, b_axis, plane, levels, colors=BLUE, linewidths=1)
ax.plot(np.full(6, 2.5), range(-1, 5), "o", color=BLACK, markersize=4)
ax.plot(2.5, 2, "o", color=ORANGE, markersize=8)
ax.plot(*ends["11 a side"], "X", color=ORANGE, markersize=8)
ax.plot(*ends["exact"], "*", color=GREEN, markersize=12)
ax.text(2.565, 2.6, "second grid", color=ORANGE)
notes = [
    ("best of the first grid", (2.5, 2), (2.531, 2), ORANGE),
    ("zoom ends", ends["11 a side"], (2.44, 1.3), ORANGE),
    ("minimum", ends["exact"], (2.45, 0.1), GREEN),
]
for label, point, place, color in notes:
    line = {"arrowstyle": "-", "color": color, "shrinkB": 4}
    ax.annotate(label, point, place, color=color, va="center", arrowprops=line)
ax.set(xlabel="multiplier m (cm per inch)", ylabel="extra length b (cm)")
ax.set_title("The second grid no longer holds the minimum")
plt.show()

# %% [markdown]
# The valley is long, narrow and slanted, because a wrong $b$ can make up for a wrong
# $m$. Near the valley the first grid has points only at $m = 2.5$, and there the floor
# of the valley lies at $b = 1.65$. So the winner is $b = 2$. One step to either side is
# from 1 to 3, and the minimum, at 0.573, is already outside. On a unimodal curve the
# best guess is a neighbor of the minimum. On a surface it need not be.
#
# What would help is a search that turns with the valley: one that asks, wherever it
# stands, *which way is down?* That question costs little even for hundreds of
# parameters. {ref}`slopes` asks it for one, and {ref}`conditioning` returns to narrow
# valleys.

# %% tags=["remove-cell"]
with checks("Zooming loses its promise"):
    exact, eleven, fifty = ends.values()
    costs = [loss(m, belt_in, belt_cm - b) for m, b in ends.values()]
    first, _ = zoom_plane(11, 2, belt_in, belt_cm)
    claim(
        "With 11 points for each of two parameters, a round costs a mere 121",
        points,
        points**2,
    )
    given("Take 11 and then 50 points a side", "search with 11 points")
    claim(
        "Neither search arrives, with 50 points a side no more than with 11",
        min(costs[1:]) > 1.1 * costs[0],
    )
    claim("Both even end with a higher loss", min(costs[1:]) > lowest)
    claim("than 0.0722, which one parameter reached", lowest)
    given("contours at 0.1, 0.3 and 1 cm²")
    claim("dots stands at 2.5; the dot at an extra length of 2 is", *first)
    claim("A shaded band from 1 to 3", first[1] - 1, first[1] + 1)
    claim("below the band, at 0.573", exact[1])
    claim("the zoom ends lies inside the band", 1 < eleven[1] < 3)
    claim("has points only at m = 2.5", first[0])
    claim("the valley lies at b = 1.65", belt_cm.mean() - 2.5 * belt_in.mean())
    claim(
        "from 1 to 3, and the minimum, at 0.573, is already outside",
        first[1] - 1,
        first[1] + 1,
        exact[1],
    )

# %% [markdown]
# ## Why the answer is not 2.54
#
# One gap is closed: zooming went from 2.551 to 2.5415. No search will close the other,
# since algebra gives the same number. An inch is 2.54 cm by definition
# {cite}`thompson2008`. So look at the table. What should it print?

# %%
import pandas as pd

columns = {"inches": belt_in, "times 2.54": 2.54 * belt_in}
columns["rounded"] = np.round(2.54 * belt_in)
columns["table"] = belt_cm
pd.DataFrame(columns)

# %% [markdown]
# All ten rows are the exact length, rounded to whole centimeters. If that is how the
# table was made, then a row that prints $y$ says only that the length lies within half
# a centimeter of $y$. Divide by the inches, and each row allows an interval of
# multipliers.

# %%
low_ends = (belt_cm - 0.5) / belt_in
high_ends = (belt_cm + 0.5) / belt_in
print(f"{low_ends.max():.4f} highest of the lower ends")
print(f"{high_ends.min():.4f} lowest of the upper ends")

# %% [markdown]
# A multiplier that all ten rows allow must lie between these two.

# %% tags=["hide-input"]
#| name: fig-belts-rounding
#| caption: The multipliers that each row allows if its centimeters were rounded. All
#|   ten rows allow the narrow band.
#| alt: Ten horizontal bars, one for each belt, stacked from the shortest belt at the
#|   bottom to the longest at the top; the multiplier runs across. A narrow vertical
#|   band crosses all ten bars. A line at 2.54 lies inside the band. A dashed line for
#|   least squares lies a little to the right of the band and misses the bar of the
#|   shortest belt alone.
figure, ax = plt.subplots(figsize=(5.4, 4))
band = low_ends.max(), high_ends.min()
ax.axvspan(*band, color=GREEN, alpha=0.4, linewidth=0)
ax.hlines(belt_in, low_ends, high_ends, color=BLUE, linewidth=5)
ax.axvline(2.54, color=BLACK)
ax.axvline(best_multiplier, color=ORANGE, linestyle="--")
ax.text(2.5380, 50, "2.54", ha="right")
ax.text(best_multiplier + 0.0008, 50, "least squares", color=ORANGE)
ax.set(ylim=(29, 52), xlabel="multiplier (cm per inch)", ylabel="belt (inches)")
ax.set_title("Rounding allows 2.54 and excludes least squares")
plt.show()

# %% [markdown]
# If the inches are exact and the centimeters rounded, only a multiplier between 2.5385
# and 2.5410 can have made this table. 2.54 is one of them. The one with the
# {term}`least squares` is not: it would print 78 for the first belt, where the table
# says 77. It pays for that by coming closer to six of the other nine. The loss asks for
# small squares, and it got them.
#
# (Another story fits all ten rows too: that the centimeters are exact and the inches
# rounded to halves. Then both multipliers are allowed. But the shop's waist sizes are
# whole inches, and each belt is two and a half inches longer than its size.)
#
# Is 2.5415 farther off than rounding explains? Let 10,000 imaginary shops cut each
# belt up to one inch longer or shorter, round as the shop does, and compute their own
# best multiplier.

# %%
rng = np.random.default_rng(0)
shop_in = belt_in + rng.uniform(-1, 1, size=(10_000, 10))
shop_cm = np.round(2.54 * shop_in)  # one row for each shop
products = np.mean(shop_in * shop_cm, axis=1)
off = abs(products / np.mean(shop_in**2, axis=1) - 2.54)
print(f"{off.mean():.4f} off on average")
print(f"{best_multiplier - 2.54:.4f} off in our table")
farther = np.mean(off > best_multiplier - 2.54)
print(f"{farther:.0%} of the shops are farther off")

# %% [markdown]
# It is not. The average shop is off by 0.0018, ours by 0.0015, and 53% of the shops do
# worse. Rounding explains the second gap.

# %% tags=["remove-cell"]
with checks("Why the answer is not 2.54"):
    claim("Why the answer is not 2.54", abs(best_multiplier - 2.54) > 0.001)
    claim("zooming went from 2.551 to 2.5415", grid_answer, zoomed)
    claim("algebra gives the same number", abs(zoomed - best_multiplier) < target)
    given("An inch is 2.54 cm by definition")
    claim(
        "All ten rows are the exact length, rounded",
        np.array_equal(np.round(2.54 * belt_in), belt_cm),
    )
    claim("A line at 2.54 lies inside the band", band[0] < 2.54 < band[1])
    outside = (best_multiplier < low_ends) | (best_multiplier > high_ends)
    claim(
        "misses the bar of the shortest belt alone",
        outside.tolist() == [True] + [False] * 9,
    )
    claim("between 2.5385 and 2.5410 can have made this table", *band)
    claim("2.54 is one of them", band[0] < 2.54 < band[1])
    claim(
        "would print 78 for the first belt, where the table says 77",
        np.round(best_multiplier * belt_in[0]),
        belt_cm[0],
    )
    closer = abs(best_multiplier * belt_in - belt_cm) < abs(2.54 * belt_in - belt_cm)
    claim("closer to six of the other nine", not closer[0] and closer.sum() == 6)
    claim(
        "Another story fits all ten rows too",
        np.array_equal(np.round(2 * belt_cm / 2.54) / 2, belt_in),
    )
    claim(
        "Then both multipliers are allowed",
        (belt_cm / (belt_in + 0.25)).max() < 2.54
        and best_multiplier < (belt_cm / (belt_in - 0.25)).min(),
    )
    claim("Is 2.5415 farther off", best_multiplier)
    claim("Let 10,000 imaginary shops", len(shop_in))
    claim(
        "off by 0.0018, ours by 0.0015, and 53% of the shops do worse",
        off.mean(),
        best_multiplier - 2.54,
        farther,
    )

# %% [markdown]
# ## What to keep
#
# - A **loss** turns many residuals into one number. Squares keep residuals from
#   canceling and make the curve smooth.
# - On a parabola whose minimum lies in its range, a grid with step $h$ answers to
#   within $h/2$, and its {term}`excess loss` shrinks like $h^2$.
# - The loss of one multiplier is not monotonic but **unimodal**: it falls to one
#   minimum, then rises. That is why zooming works, in one dimension.
# - With 50 values each, $p$ parameters cost $50^p$ evaluations: two are fine, ten are
#   not. And in two dimensions zooming can lose the minimum for good.
# - A search finds what the loss asks for, not what you meant: here 2.5415, not 2.54.

# %% tags=["remove-cell"]
with checks("What to keep"):
    claim("answers to within", (ratios < 1 + 1e-9).all())
    claim(
        "With 50 values each, p parameters cost 50^p evaluations",
        count == guesses.size**4,
    )
    claim("here 2.5415", best_multiplier)
    given("not 2.54")

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-grid-predict
# Without running it: what does a grid of 11 values from 2 to 3 answer? What is the
# largest error that it could have made, what error does it make, and by how much is its
# loss above the minimum? ($A$ is 1593.25.) Then check.
# ::::
#
# ```{solution-start} ex-grid-predict
# :class: dropdown
# ```
#
# The step is 0.1, and half of it, 0.05, bounds the error. The guess nearest to 2.5415
# is 2.5, the error is 0.0415, and the excess loss is its square times $A$, 2.74 cm².

# %%
grid = np.linspace(2, 3, 11)
best = grid[loss(grid, belt_in, belt_cm).argmin()]
print(best, best_multiplier - best)
print(loss(best, belt_in, belt_cm) - lowest)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("a grid of 11 values from 2 to 3", grid.size, grid[0], grid[-1])
    claim("is 1593.25", mean_xx)
    claim(
        "The step is 0.1, and half of it, 0.05, bounds the error",
        grid[1] - grid[0],
        (grid[1] - grid[0]) / 2,
    )
    claim("guess nearest to 2.5415 is 2.5", best_multiplier, best)
    claim("the error is 0.0415", best_multiplier - best)
    claim("2.74 cm²", mean_xx * (best_multiplier - best) ** 2)

# %% [markdown]
# ::::{exercise}
# :label: ex-grid-points
# How many points a round make zooming cheapest? Predict the digits per evaluation for 4
# to 13 points, then count the evaluations that each needs for an error of $10^{-6}$.
# (With three points a round never shrinks anything. Why?)
# ::::
#
# ```{solution-start} ex-grid-points
# :class: dropdown
# ```
#
# A round of $k$ points divides the step by $(k - 1)/2$, which gives
# $\log_{10}((k-1)/2)/k$ digits per evaluation. It is largest at seven points, 0.068,
# and flat around it: seven points need 91 evaluations, and eleven need 99. With three
# points the two gaps around the middle one are the whole interval.

# %%
rows = []
for k in range(4, 14):
    gain = (k - 1) / 2
    bound = 5 / (k - 1) / 2
    rounds = 1 + int(np.ceil(np.log(bound / target) / np.log(gain)))
    end = zoom(0, 5, k, rounds, belt_in, belt_cm)[-1]
    reached = abs(end - best_multiplier) < target
    rows.append((k, np.log10(gain) / k, rounds * k, reached))
names = ["points", "digits", "evaluations", "reached"]
by_points = pd.DataFrame(rows, columns=names).set_index("points")
by_points

# %% [markdown]
# Every round here computes some losses again that the round before knew.
# *Golden-section search* {cite}`kiefer1953` places its points so that the next round
# can use one of them again. Each step then costs one new evaluation and divides the
# interval by 1.618. That makes 0.209 digits per evaluation, three times as many.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    digits, evaluations = by_points.digits, by_points.evaluations
    claim("4 to 13 points", by_points.index.min(), by_points.index.max())
    claim("needs for an error of 1e-6", target)
    claim("log_10((k-1)/2)/k digits per evaluation", by_points.reached.all())
    claim("It is largest at seven points", digits.idxmax() == 7)
    claim("0.068, and flat around it", digits[7])
    claim(
        "seven points need 91 evaluations, and eleven need 99",
        evaluations[7],
        evaluations[11],
    )
    claim("make zooming cheapest", evaluations.idxmin() == 7)
    golden = (1 + np.sqrt(5)) / 2
    claim("divides the interval by 1.618", golden)
    claim("0.209 digits per evaluation", np.log10(golden))
    claim("three times as many", 3 < np.log10(golden) / digits[7] < 3.3)

# %% [markdown]
# ::::{exercise}
# :label: ex-grid-absolute
# Find the multiplier with the smallest mean *absolute* residual on a fine grid. It is
# the ratio of centimeters to inches of one of the belts. Which one, and why must it be
# one of these ratios? Could it have made the table by rounding?
# ::::
#
# ```{solution-start} ex-grid-absolute
# :class: dropdown
# ```
#
# Between two corners the curve is straight, so its minimum lies in a corner, and each
# corner is a belt whose residual is zero. Here it is the belt of 42.5 inches, with
# 2.5412. That is outside the band of {numref}`fig-belts-rounding`, which ends at
# 2.5410: this loss, too, gets what it asks for.

# %%
near = np.linspace(2.5, 2.6, 100_001)
absolute = mean_absolute(near, belt_in, belt_cm)
print(near[absolute.argmin()], belt_cm / belt_in)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    best_ratio = near[absolute.argmin()]
    belt = abs(belt_cm / belt_in - best_ratio).argmin()
    claim("It is the ratio", abs(belt_cm[belt] / belt_in[belt] - best_ratio) < 1e-6)
    claim("the belt of 42.5 inches, with 2.5412", belt_in[belt], best_ratio)
    claim("That is outside the band", best_ratio > high_ends.min())
    claim("ends at 2.5410", high_ends.min())

# %% [markdown]
# ::::{exercise}
# :label: ex-grid-suspects
# Open: who made this table? Besides the shop that rounds each row, there are two more
# suspects. One converts the first two belts and then adds five centimeters for every
# two inches. The other measures whole centimeters and rounds the inches to halves. Do
# all three fit the ten rows? Which belt would you ask to see, to tell them apart?
# ::::
#
# ```{solution-start} ex-grid-suspects
# :class: dropdown
# ```
#
# All three fit. Ask for a belt of 56.5 inches: rounding prints 144, since two inches
# are 5.08 cm and the surplus has added up. The one who adds fives prints 143, and so
# does the one who measures, if the belts go on in steps of five centimeters. These two
# part at 153 cm: adding fives calls it 60.5 inches, measuring calls it 60.

# %%
longer_in = np.arange(32.5, 64, 2)
fives_cm = 83 + 5 * np.arange(len(longer_in))
measured_in = np.round(2 * fives_cm / 2.54) / 2
rounded_cm = np.round(2.54 * longer_in)
print(np.column_stack([longer_in, rounded_cm, fives_cm, measured_in]))

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "All three fit",
        np.array_equal(rounded_cm[:9], belt_cm[1:])
        and np.array_equal(fives_cm[:9], belt_cm[1:])
        and np.array_equal(measured_in[:9], belt_in[1:]),
    )
    first = (rounded_cm != fives_cm).argmax()
    claim("56.5 inches: rounding prints 144", longer_in[first], rounded_cm[first])
    claim("two inches are 5.08 cm", 2.54 * np.diff(longer_in)[0])
    claim("adds fives prints 143", fives_cm[first])
    claim("so does the one who measures", measured_in[first] == longer_in[first])
    second = (measured_in != longer_in).argmax()
    claim(
        "part at 153 cm: adding fives calls it 60.5 inches, measuring calls it 60",
        fives_cm[second],
        longer_in[second],
        measured_in[second],
    )

# %% [markdown]
# ## Sources and further reading
#
# The belts, the two guesses and the grid of fifty are from Josef Fruehwald's tutorial
# {cite}`fruehwald2022`, which this chapter thanks for a problem that anyone can check
# with a ruler. {cite}`boyd2004` is the place to learn what convexity, a stricter word
# than unimodal, is worth, and {cite}`goldberg1991` what a float can and cannot hold.
# {cite}`harris2020` describes NumPy, which did the counting.
