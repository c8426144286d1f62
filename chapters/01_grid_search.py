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
# How many centimeters are in an inch? Ask a shop's size table by trying fifty numbers
# and it answers 2.551. Ask it for its very best number and it answers 2.5415. Every
# ruler says 2.54. Why three answers, and how would you get from the first to the last?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** measure how wrong a guess is, search a grid of guesses, predict and
#   measure the grid's error, zoom in, and count what more parameters cost.
# - **You need** Python functions and a little NumPy. This is the first chapter; it
#   leads to {ref}`slopes`.
# - **Time** {chapter-time}`here`
# :::
#
# ## Ten belts, one unknown number
#
# A shop prints the length of ten belts in inches and in centimeters
# {cite}`fruehwald2022`. It never prints the factor between the two.

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %%
from helpers import load_belts, use_book_style

use_book_style()
belt_in, belt_cm = load_belts()
print(belt_in)
print(belt_cm)

# %% [markdown]
# The model has one parameter, a multiplier $m$: a belt of $x$ inches should measure
# $mx$ centimeters. Pretend that you have never seen a ruler and guess $m = 1.5$. The
# *residual* of a belt is what the guess says minus what the table says.

# %%
cm_guess = 1.5 * belt_in
cm_guess - belt_cm

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import claim, reproduce

assert ((cm_guess - belt_cm) < 0).all()
display(reproduce("cm_guess - belt_cm", cm_guess - belt_cm))

# %% [markdown]
# Every residual is negative, so the guess is too small for every belt, and the longer
# the belt the more it misses. A larger multiplier should do better. Try 1.7.

# %%
#| name: fig-belts-guess
#| caption: Two guesses at the multiplier. Each gray line is the residual of one belt
#|   under the lower guess.
#| alt: Ten black dots rise in a straight row from lower left to upper right; inches
#|   run across, centimeters up. Far below them lie two rising lines, the multiplier
#|   1.5 lowest and 1.7 a little higher. Gray vertical lines join each dot to the
#|   lowest line and grow longer to the right.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, ORANGE

multiplier_guess = 1.7
figure, ax = plt.subplots()
ax.vlines(belt_in, cm_guess, belt_cm, color=GRAY, linewidth=1)
ax.plot(belt_in, belt_cm, "o", color=BLACK)
for m, color in [(1.5, ORANGE), (multiplier_guess, BLUE)]:
    ax.plot(belt_in, m * belt_in, color=color)
    ax.text(49, m * belt_in[-1], f"m = {m}", color=color, va="center")
ax.text(38, 105, "belts", ha="right")
ax.set(xlim=(29, 54), xlabel="length (inches)", ylabel="length (cm)")
ax.set_title("Both guesses fall short, 1.7 by less")
plt.show()

# %% tags=["remove-cell"]
display(reproduce("print(multiplier_guess)", multiplier_guess))

# %% [markdown]
# ## One number for ten residuals
#
# The picture says that 1.7 is better. A computer needs that as a number: ten residuals
# in, one number out, smaller is better. The mean residual looks like the natural
# choice. It is a wrong turn, and a common one. Here is a useless rule that ignores the
# inches and gives every belt the same length:

# %%
import numpy as np

flat_guess = np.full(10, belt_cm.mean())
residuals = flat_guess - belt_cm
print(f"mean residual {residuals.mean():.1f} cm, worst {abs(residuals).max():.1f} cm")

# %% tags=["remove-cell"]
assert abs(residuals.mean()) < 1e-12
claim("23", abs(residuals).max())

# %% [markdown]
# A perfect score, and yet it is wrong by up to 23 cm. Positive and negative residuals
# cancel. Squaring them first takes the signs away, and as a bonus one big miss counts
# more than several small ones. The mean of the squares is the **mean squared error**,
# and it is the **loss** of this part of the book:
#
# ```{math}
# :label: mse
# L(m) = \frac{1}{n} \sum_{i=1}^{n} (m x_i - y_i)^2
# ```
#
# Here $x_i$ and $y_i$ are the length of belt $i$ in inches and in centimeters, and $n$
# is ten. The function below takes one multiplier or a whole array of them.


# %%
def loss(multiplier, belt_in, belt_cm):
    """Mean squared error in cm², for one multiplier or for each of an array."""
    residual = np.multiply.outer(multiplier, belt_in) - belt_cm  # (..., n)
    return np.mean(residual**2, axis=-1)


print(f"{np.mean(residuals**2):.2f}  one length for all")
print(f"{loss(1.5, belt_in, belt_cm):.4f}  multiplier 1.5")
print(f"{loss(1.7, belt_in, belt_cm):.4f}  multiplier 1.7")

# %% tags=["remove-cell"]
claim("210.84", np.mean(residuals**2))
claim("1,728.2125", loss(1.5, belt_in, belt_cm))
claim("1,128.2125", loss(1.7, belt_in, belt_cm))
display(reproduce("mse at 1.5", float(loss(1.5, belt_in, belt_cm))))
display(reproduce("mse at 1.7", float(loss(1.7, belt_in, belt_cm))))

# %% [markdown]
# The two guesses give 1,728.2125 and 1,128.2125 cm², the values that the tutorial
# prints, and 1.7 is better. The useless rule no longer scores zero. Its 210.84 even
# beats both guesses, which says how poor they are.
#
# ## Fifty guesses at once
#
# Now let the computer guess. **Grid search** spaces guesses evenly over a range,
# computes the loss of each and keeps the best. The tutorial takes 50 values from 0 to
# 5.

# %%
from helpers import reproduce

guesses = np.linspace(0, 5, 50)
losses = loss(guesses, belt_in, belt_cm)
grid_answer = guesses[losses.argmin()]
reproduce("grid argmin", grid_answer)

# %% tags=["remove-cell"]
claim("2.551", grid_answer)
claim("2.5510204081632653", grid_answer)

# %% [markdown]
# The best of the fifty is 2.5510204081632653, digit for digit what the tutorial prints.
# {numref}`fig-belts-loss` shows all fifty losses.

# %%
#| name: fig-belts-loss
#| caption: The loss over the multiplier, at fifty grid points.
#| alt: Fifty dots form a smooth, deep bowl; the multiplier from 0 to 5 runs across,
#|   the loss in square centimeters up. The bowl starts high at the left edge, falls
#|   ever more gently to a single lowest point, at 2.551, and rises again to the
#|   right edge, almost as high. The guesses 1.5 and 1.7 lie on its left wall.
figure, ax = plt.subplots()
ax.plot(guesses, losses, ".-", color=BLUE, linewidth=1)
ax.plot(grid_answer, losses.min(), "o", color=ORANGE)
ax.text(grid_answer, 1400, f"best: {grid_answer:.3f}", color=ORANGE, ha="center")
for m in (1.5, 1.7):
    ax.plot(m, loss(m, belt_in, belt_cm), "o", color=BLACK, markersize=5)
    ax.text(m - 0.1, loss(m, belt_in, belt_cm) - 200, m, ha="right", va="top")
ax.set(xlabel="multiplier m (cm per inch)", ylabel="loss L (cm²)")
ax.set_title("The loss falls to one lowest point, then rises")
plt.show()

# %% [markdown]
# Look at the winner's digits. Had the guesses been a round 0.1 apart, the winner would
# be a round number too. `linspace` includes both ends of the range, so 50 values leave
# 49 gaps, and the step is $5/49$, a little more than 0.102. Such a slip happens to
# anyone who writes a comment next to a `linspace`; what the code spans is what counts.
# For steps of 0.1 you need one more guess:

# %%
round_guesses = np.linspace(0, 5, 51)
round_answer = round_guesses[loss(round_guesses, belt_in, belt_cm).argmin()]
print(f"step {guesses[1]:.6f}: best {grid_answer:.6f}")
print(f"step {round_guesses[1]:.6f}: best {round_answer:.6f}")

# %% tags=["remove-cell"]
claim("49", len(guesses) - 1)
claim("0.1", round_guesses[1])
claim("0.102", guesses[1])
claim("2.5", round_answer)
assert abs(grid_answer - 2.54) < abs(round_answer - 2.54)

# %% [markdown]
# More guesses, and the answer 2.5 is *farther* from the ruler's 2.54. The odd grid of
# the tutorial was lucky. You will soon see how much luck there is in a grid.
#
# ## What kind of curve is this?
#
# It is tempting to call such a well-behaved curve *monotonic*, and the tutorial leans
# on that word. A monotonic curve goes one way only. The differences between neighbors
# settle the question.

# %%
changes = np.diff(losses)
print("signs:", np.sign(changes).astype(int))
bends = np.diff(changes)
print(f"change of the changes: {bends.min():.4f} to {bends.max():.4f}")

# %% tags=["remove-cell"]
claim("25", (changes < 0).sum())
claim("24", (changes > 0).sum())
assert (changes[:25] < 0).all()
assert (changes[25:] > 0).all()
assert np.allclose(bends, bends[0])
assert (bends > 0).all()

# %% [markdown]
# The loss falls 25 times and then rises 24 times. So it is not monotonic; each side of
# the lowest point is. The word for "falls, then rises" is **unimodal**. The second line
# says more: the changes themselves always grow, which makes the curve **convex**, and
# they grow by the same amount everywhere, which makes it a parabola. Three properties
# of this curve carry the next chapters:
#
# 1. **It is smooth.** It has no corners, so it has a slope at every point.
# 2. **It has one minimum.** Whoever walks downhill cannot end in the wrong valley.
# 3. **The slope tells the direction.** Where the curve falls, a larger multiplier is
#    better; where it rises, a smaller one.
#
# Squares gave you the first one. Absolute values would have cured the canceling too,
# but look at their curve near its minimum:


# %%
#| name: fig-belts-corners
#| caption: The mean absolute residual and the mean squared residual near their minima.
#| alt: Two panels, one above the other, with the multiplier across. Above, the mean
#|   absolute residual is made of straight pieces that meet in ten corners, each
#|   marked by a dot, most of them near the bottom. Below, the mean squared residual
#|   is a round bowl without corners.
def mean_absolute(multiplier, belt_in, belt_cm):
    return abs(np.multiply.outer(multiplier, belt_in) - belt_cm).mean(axis=-1)


near = np.linspace(2.52, 2.56, 801)
corners = belt_cm / belt_in
figure, (upper, lower) = plt.subplots(2, 1, figsize=(5.4, 5), sharex=True)
upper.plot(near, mean_absolute(near, belt_in, belt_cm), color=ORANGE)
upper.plot(corners, mean_absolute(corners, belt_in, belt_cm), "o", color=ORANGE)
lower.plot(near, loss(near, belt_in, belt_cm), color=BLUE)
upper.set(ylim=(0, None), ylabel="mean |residual| (cm)")
upper.set_title("Absolute values: a corner for every belt")
lower.set(ylim=(0, None), ylabel="mean residual² (cm²)", xticks=near[::200])
lower.set(xlabel="multiplier m (cm per inch)", title="Squares: smooth")
plt.show()

# %% [markdown]
# At a corner the slope jumps, and there is no one slope to read. Squares have one
# everywhere.
#
# ## How good is a grid's answer?
#
# The curve is a parabola, so a little algebra locates its lowest point. Multiply out
# {eq}`mse` and complete the square:
#
# ```{math}
# :label: grid-parabola
# L(m) = L(m^*) + \overline{x^2} \, (m - m^*)^2,
# \qquad m^* = \frac{\sum x_i y_i}{\sum x_i^2}
# ```
#
# where $\overline{x^2}$ is the mean of the squared lengths in inches. {ref}`slopes`
# reaches the same $m^*$ on a road that works for other curves too. Here it is the
# yardstick.

# %%
best_multiplier = belt_in @ belt_cm / (belt_in @ belt_in)
mean_square = np.mean(belt_in**2)
lowest = loss(best_multiplier, belt_in, belt_cm)
print(f"best multiplier {best_multiplier:.7f}, loss there {lowest:.6f} cm²")

# %% tags=["remove-cell"]
parabola = lowest + mean_square * (guesses - best_multiplier) ** 2
assert np.allclose(parabola, losses, rtol=1e-13)
claim("2.5415", best_multiplier)
claim("0.0095", grid_answer - best_multiplier)
claim("0.0415", best_multiplier - round_answer)

# %% [markdown]
# So the grid of 50 missed $m^*$ by 0.0095, and the rounder grid of 51 by 0.0415. Now
# predict for any grid with step $h$. The best guess is the one nearest to $m^*$, so it
# errs by at most $h/2$. By {eq}`grid-parabola` its loss is then too high by at most
# $\overline{x^2} h^2 / 4$: halve the step, and the worst excess falls to a quarter. And
# if $m^*$ lies anywhere between two guesses with equal chance, the error is half of its
# bound on average. Some 270 grids will tell.

# %%
sizes = np.unique(np.geomspace(5, 100_000, 300).astype(int))
grids = [np.linspace(0, 5, size) for size in sizes]
answers = [grid[loss(grid, belt_in, belt_cm).argmin()] for grid in grids]
errors = abs(np.array(answers) - best_multiplier)
excess = loss(answers, belt_in, belt_cm) - lowest
steps = 5 / (sizes - 1)
ratios = errors / (steps / 2)
print(f"{len(sizes)} grids: mean ratio {ratios.mean():.2f}, most {ratios.max():.4f}")

# %% tags=["remove-cell"]
claim("270", len(sizes))
claim("0.47", ratios.mean())
assert (errors <= steps / 2 * (1 + 1e-9)).all()
assert (excess <= mean_square * steps**2 / 4 * (1 + 1e-6)).all()

# %% [markdown]
# On logarithmic axes a power of the step is a straight line, so the two predictions
# become two lines that no dot may cross.

# %%
#| name: fig-grid-error
#| caption: Error of the answer and excess of the loss for 270 grids, from coarse on
#|   the right to fine on the left. The lines are the predicted bounds.
#| alt: Two panels with logarithmic axes and the grid's step across. Above, the dots of
#|   the error lie below a rising straight line, most of them close to it, some
#|   far below. Below, the dots of the excess loss lie under a line that climbs two
#|   decades for each decade of the step. No dot lies above its line.
figure, (upper, lower) = plt.subplots(2, 1, figsize=(5.4, 5.6), sharex=True)
upper.loglog(steps, errors, ".", color=BLUE, markersize=4)
upper.loglog(steps, steps / 2, color=BLACK)
upper.text(6e-5, 3e-3, "at most h / 2")
lower.loglog(steps, excess, ".", color=BLUE, markersize=4)
lower.loglog(steps, mean_square * steps**2 / 4, color=BLACK)
lower.text(6e-5, 6e-1, "at most mean(x²) h² / 4")
upper.set(ylim=(1e-7, 10), ylabel="error of m (cm per inch)")
upper.set_title("The error shrinks like the step")
lower.set(ylim=(1e-11, 1e5), xlabel="step h (cm per inch)", ylabel="excess loss (cm²)")
lower.set_title("The excess loss shrinks like its square")
plt.show()

# %% [markdown]
# No dot crosses in {numref}`fig-grid-error`, though one comes very near, and the mean
# ratio is 0.47, close to the half that you predicted. (The level row on the right is
# 2.5, which many coarse grids contain.) The scatter is the luck: a coarse grid may hit,
# but only the line is a promise. A promise of $10^{-6}$ asks for a step of twice that,
# which takes 2,500,001 evaluations.
#
# ## Zoom in instead
#
# Nearly all of these evaluations lie where nobody would look twice. Since the curve is
# unimodal, the minimum lies within one step of the best guess. So keep that part, one
# step to either side, and put a new grid on it.


# %%
def zoom(low, high, points, rounds, belt_in, belt_cm):
    """The best guess of each round; the next grid reaches one step to either side."""
    best = []
    for _ in range(rounds):
        guesses = np.linspace(low, high, points)
        best.append(guesses[loss(guesses, belt_in, belt_cm).argmin()])
        step = guesses[1] - guesses[0]
        low, high = best[-1] - step, best[-1] + step
    return np.array(best)


# %% [markdown]
# With 11 points a round, two gaps of one grid become ten of the next. So each round
# divides the step by five: $\log_{10} 5$ digits for 11 evaluations. The first step is
# 0.5, its error at most 0.25. How many rounds until the bound is below $10^{-6}$?

# %%
target, points = 1e-6, 11
gain = (points - 1) / 2  # the step shrinks by this factor in each round
bound = 5 / (points - 1) / 2  # half of the first step
rounds = 1 + int(np.ceil(np.log(bound / target) / np.log(gain)))

zoom_answer = zoom(0, 5, points, rounds, belt_in, belt_cm)[-1]
fine = np.linspace(0, 5, round(5 / (2 * target)) + 1)
chunks = np.array_split(fine, 50)  # to spare the memory
fine_losses = np.concatenate([loss(chunk, belt_in, belt_cm) for chunk in chunks])
fine_answer = fine[fine_losses.argmin()]
print(f"zooming gains {np.log10(gain) / points:.3f} digits per evaluation")
for count, found in [(rounds * points, zoom_answer), (len(fine), fine_answer)]:
    print(f"{count:,} evaluations: {found:.6f}, off by {found - best_multiplier:.1e}")

# %% tags=["remove-cell"]
fine_error = abs(fine_answer - best_multiplier)
claim("2,500,001", len(fine))
claim("0.5", 2 * bound)
claim("0.25", bound)
claim("99", rounds * points)
claim("0.064", np.log10(gain) / points)
claim("25,253", len(fine) / (rounds * points))
assert rounds == 9
assert gain == 5
assert fine_error <= target
assert abs(zoom_answer - best_multiplier) <= target
assert abs(zoom_answer - fine_answer) < 1e-12

# %% [markdown]
# Nine rounds, 99 evaluations, and the error is below the target as promised, 25,253
# times cheaper than the one fine grid. (That both find the same number is chance: the
# two grids share a point.) A single grid pays ten times more for each further digit.
# Zooming pays the same for every digit.
#
# So why not go on, to all sixteen digits that the computer has? Predict first. Near its
# minimum the curve is flat. The smallest change that a float64 can show in the loss is
# its spacing there, and {eq}`grid-parabola` turns that into a distance from $m^*$:

# %% tags=["nbval-ignore-output"]
floor = np.sqrt(np.spacing(lowest) / mean_square)
starts = np.random.default_rng(0).uniform(-1, 0, size=1000)
zooms = [zoom(low, low + 5, points, 22, belt_in, belt_cm) for low in starts]
medians = np.median(abs(np.array(zooms) - best_multiplier), axis=0)  # (22,)
digits = np.log10(medians[0] / medians[rounds - 1]) / ((rounds - 1) * points)
print(f"measured over 1000 zooms: {digits:.3f} digits per evaluation")
print(f"floor: predicted {floor:.0e}, measured (median) {medians[-1]:.0e}")

# %% tags=["remove-cell"]
claim("9e-11", floor)
claim("1e-11 to 1e-8", medians[-1])
claim("0.064", digits)
assert max(abs(run[-1] - best_multiplier) for run in zooms) < 1e-7

# %% [markdown]
# Over 1000 zooms from random starting intervals the median gains 0.064 digits per
# evaluation in nine rounds, as predicted. Draw the zoom that starts from 0 to 5 among
# the single grids, with the floor.

# %% tags=["nbval-ignore-output"]
#| name: fig-grid-zoom
#| caption: Error of the answer against the number of loss evaluations, for single grids
#|   and for one zoom of 22 rounds.
#| alt: Logarithmic axes with the number of loss evaluations across and the error up.
#|   Blue dots of single grids sink slowly over the whole width. An orange line, the
#|   zoom, drops almost like a cliff, passes a dashed line at one millionth near a
#|   hundred evaluations, and then goes level a little above or below a gray line near
#|   one ten-billionth.
zoom_errors = abs(zoom(0, 5, points, 22, belt_in, belt_cm) - best_multiplier)
figure, ax = plt.subplots()
ax.loglog(sizes, errors, ".", color=BLUE, markersize=4)
ax.loglog(len(fine), abs(fine_answer - best_multiplier), "o", color=BLUE)
ax.loglog(points * np.arange(1, 23), zoom_errors, ".-", color=ORANGE)
ax.axhline(target, color=BLACK, linestyle="--", linewidth=1)
ax.axhline(floor, color=GRAY, linewidth=1)
ax.text(2e3, 3e-3, "one grid", color=BLUE)
ax.text(200, 2e-8, "zooming", color=ORANGE)
ax.text(3e6, floor * 2, "predicted floor of float64", color=GRAY, ha="right")
ax.set(xlabel="loss evaluations", ylabel="error of m (cm per inch)", ylim=(1e-12, 10))
ax.set_title("Zooming wins, down to a floor")
plt.show()

# %% [markdown]
# The prediction is 9e-11, and the zoom in {numref}`fig-grid-zoom` stops nearby, however
# many rounds you add. The median error of the 1000 zooms ends between 1e-11 and 1e-8;
# the rounding inside the loss adds to the one step that you counted. Some ten of the
# sixteen digits are all that the *height* of the curve can give. Its *slope*, which
# changes sign at $m^*$, can give the rest.
#
# ## What a second parameter costs
#
# One number was kind to you. Suppose that the belts also had a fixed extra length, and
# then a bend in the relation. With 50 values for each parameter, a grid over $p$ of
# them has $50^p$ combinations. That much is certain. Does the time follow?


# %%
def losses_on_grid(features, belt_cm, points):
    """The loss at every combination of `points` values for each row of `features`."""
    axis = np.linspace(0, 5, points)
    grid = np.stack(np.meshgrid(*[axis] * len(features)), axis=-1)  # (k, ..., k, p)
    return np.mean((grid @ features - belt_cm) ** 2, axis=-1)  # (k, ..., k)


# %% [markdown]
# The three rows of `features` are the inches, a one for the extra length, and a square
# for the bend. The time is the best of five runs.

# %% tags=["nbval-ignore-output"]
import time


def seconds_on_grid(features, belt_cm, points):
    start = time.perf_counter()
    losses_on_grid(features, belt_cm, points)
    return time.perf_counter() - start


features = np.stack([belt_in, np.ones(10), (belt_in / 10) ** 2])  # (p, n)
seconds = []
for p in (1, 2, 3):
    runs = [seconds_on_grid(features[:p], belt_cm, 50) for _ in range(5)]
    seconds.append(min(runs))
    print(f"p = {p}: {50**p:,} evaluations, {seconds[-1] * 1e3:.2f} ms")

# %% tags=["remove-cell"]
assert losses_on_grid(features, belt_cm, 50).size == 50**3
assert np.allclose(losses_on_grid(features[:1], belt_cm, 50), losses)
assert seconds[2] > 5 * seconds[1]
claim("125,000", losses_on_grid(features, belt_cm, 50).size)

# %% [markdown]
# Fifty evaluations are so few that you time NumPy's overhead rather than the work. From
# two to three parameters the work shows: fifty times more evaluations, and a time that
# grows with them. Take the time per evaluation from the 125,000 and go on to ten
# parameters. {numref}`fig-grid-cost` shows how soon a grid outlasts your patience.

# %% tags=["nbval-ignore-output"]
#| name: fig-grid-cost
#| caption: Time of a grid with 50 values for each parameter. Filled dots are measured,
#|   rings are extrapolated from the time of one evaluation.
#| alt: Ten marks rise in a straight line on a logarithmic scale of time; the number of
#|   parameters from one to ten runs across. The first three marks are filled and lie
#|   well below one second. The rings climb past gray lines that mark a second, a day
#|   and a year.
counts = np.arange(1, 11)
estimates = 50.0**counts * seconds[2] / 50**3
years = estimates[-1] / (365.25 * 24 * 3600)
print(f"p = 10: {50**10:.1e} evaluations, {years:,.0f} years")
print(f"p = 10, zooming: {points**10:.1e} evaluations in every round")
figure, ax = plt.subplots()
ax.semilogy(counts, estimates, "o", color=BLUE, fillstyle="none")
ax.semilogy(counts[:3], seconds, "o", color=BLUE)
for name, duration in {"a second": 1, "a day": 86_400, "a year": 3.16e7}.items():
    ax.axhline(duration, color=GRAY, linewidth=1)
    ax.text(1, duration * 1.5, name, color=GRAY)
ax.set(xlabel="number of parameters p", ylabel="time (seconds)", xticks=counts)
ax.set_title("Each parameter makes a grid fifty times slower")
plt.show()

# %% tags=["remove-cell"]
claim("> 2", years)

# %% [markdown]
# A grid over ten parameters takes years on any machine that you can buy, and zooming
# does not save you: its grids grow in the same way. Ten parameters are few. The model
# of {ref}`penguins` has two, and a small neural network has hundreds. A search that
# fills space is lost there. One that asks each parameter *which way is down?* is not.
#
# ## Why the answer is not 2.54
#
# An inch is 2.54 cm by definition, and the best multiplier is a little more. The search
# is not at fault, since the algebra gives the same number. So look at the table. What
# would a ruler print?

# %%
import pandas as pd

exact_cm = 2.54 * belt_in
rounded_cm = np.round(exact_cm)
columns = {"inches": belt_in, "exact cm": exact_cm, "rounded": rounded_cm}
pd.DataFrame({**columns, "table": belt_cm})

# %% tags=["remove-cell"]
assert np.array_equal(rounded_cm, belt_cm)
claim("2.54", belt_in @ exact_cm / (belt_in @ belt_in))

# %% [markdown]
# All ten rows are the exact length rounded to whole centimeters. There is another
# suspect: from row to row the inches go up by two, and the centimeters by five.

# %%
print("steps in the table:", np.diff(belt_cm).astype(int))
longer_in = np.arange(32.5, 60, 2)  # from the second row on, and past the last
adding_fives = 83 + 5 * np.arange(len(longer_in))
differs = np.round(2.54 * longer_in) != adding_fives
print("rounding and adding fives part at", longer_in[differs][0], "inches")

# %% tags=["remove-cell"]
assert np.diff(belt_cm).tolist() == [6] + [5] * 8
claim("56.5", longer_in[differs][0])
claim("5.08", np.diff(longer_in)[0] * 2.54)

# %% [markdown]
# From the second row on, someone who adds five for every two inches (in truth it is
# 5.08) writes the same table as someone who rounds each row; they would part only at a
# belt of 56.5 inches. The first step of six decides: rounding explains it, adding fives
# does not. So take rounding as the cause and predict its effect.
#
# A rounding error lies evenly between $-\frac{1}{2}$ and $\frac{1}{2}$ cm, which has a
# standard deviation of $1/\sqrt{12}$ cm. If the ten errors are independent, the
# standard error of $m^*$ is that number over $\sqrt{\sum x_i^2}$.

# %%
residuals = best_multiplier * belt_in - belt_cm
spread = np.sqrt(residuals @ residuals / 9)  # ten rows less one parameter
standard_error = 1 / np.sqrt(12) / np.sqrt(belt_in @ belt_in)
print(f"residuals: predicted {1 / np.sqrt(12):.3f} cm, measured {spread:.3f} cm")
print(f"standard error of m: {standard_error:.4f} cm per inch")
print(f"distance to 2.54: {best_multiplier - 2.54:.4f} cm per inch")

# %% tags=["remove-cell"]
claim("0.289", 1 / np.sqrt(12))
claim("0.283", spread)
claim("0.0023", standard_error)
claim("0.0015", best_multiplier - 2.54)
claim("0.64", (best_multiplier - 2.54) / standard_error)

# %% [markdown]
# The residuals are as large as rounding makes them, 0.283 against 0.289 cm, and the
# answer is 0.64 standard errors from 2.54. Now measure. Let 10,000 imaginary shops cut
# each belt up to one inch longer or shorter, round, and compute their own $m^*$. And
# let others keep the even steps of two inches and slide the whole table instead.


# %%
def answers_of_shops(shop_in):
    """Each shop's best multiplier after rounding to whole cm; `shop_in` is (s, n)."""
    shop_cm = np.round(2.54 * shop_in)
    return (shop_in * shop_cm).sum(axis=1) / (shop_in**2).sum(axis=1)


rng = np.random.default_rng(0)
uneven = answers_of_shops(belt_in + rng.uniform(-1, 1, size=(10_000, 10)))
even = answers_of_shops(belt_in + np.linspace(-1, 1, 10_000)[:, np.newaxis])
for name, found in {"uneven": uneven, "even": even}.items():
    farther = np.mean(abs(found - 2.54) > best_multiplier - 2.54)
    print(f"{name}: spread {found.std():.4f}, {farther:.0%} farther off than ours")

# %% tags=["remove-cell"]
claim("0.0023", uneven.std())
claim("53%", np.mean(abs(uneven - 2.54) > best_multiplier - 2.54))
claim("0.0017", even.std())
claim("44%", np.mean(abs(even - 2.54) > best_multiplier - 2.54))
assert abs(uneven.mean() - 2.54) < 1e-4
assert abs(even.mean() - 2.54) < 1e-4

# %% [markdown]
# For uneven lengths the spread is the predicted 0.0023. Even steps spread less, 0.0017:
# their rounding errors follow one another like the teeth of a saw and are not
# independent, so the formula was too careful. Either way about half of the shops, 53%
# and 44%, end farther from 2.54 than ours. Rounding is enough to explain the third
# decimal.
#
# It also says more than least squares heard. A row printed as $y$ centimeters means
# that the length lay within half a centimeter of $y$, so each row allows only an
# interval of multipliers:

# %%
#| name: fig-belts-rounding
#| caption: The multipliers that each row of the table allows if its centimeters were
#|   rounded. The green band is allowed by all ten.
#| alt: Ten horizontal bars, one for each belt, stacked from the shortest belt at the
#|   bottom to the longest at the top; the multiplier runs across. A narrow green band
#|   crosses all ten bars. A line at 2.54 lies inside the band. A dashed line for
#|   least squares lies a little to the right of the band and misses the bar of the
#|   shortest belt alone.
from helpers import GREEN

low_ends, high_ends = (belt_cm - 0.5) / belt_in, (belt_cm + 0.5) / belt_in
figure, ax = plt.subplots(figsize=(5.4, 4))
ax.axvspan(low_ends.max(), high_ends.min(), color=GREEN, alpha=0.4, linewidth=0)
ax.hlines(belt_in, low_ends, high_ends, color=BLUE, linewidth=5)
ax.axvline(2.54, color=BLACK)
ax.axvline(best_multiplier, color=ORANGE, linestyle="--")
ax.text(2.5380, 50, "2.54", ha="right")
ax.text(best_multiplier + 0.0008, 50, "least squares", color=ORANGE)
ax.set(ylim=(29, 52), xlabel="multiplier (cm per inch)", ylabel="belt (inches)")
ax.set_title("Rounding allows 2.54 and excludes least squares")
plt.show()

# %% tags=["remove-cell"]
claim("2.5385", low_ends.max())
claim("2.5410", high_ends.min())
outside = (best_multiplier < low_ends) | (best_multiplier > high_ends)
assert outside.tolist() == [True] + [False] * 9
claim("78", np.round(best_multiplier * belt_in[0]))
claim("77", belt_cm[0])

# %% [markdown]
# Only multipliers between 2.5385 and 2.5410 can have made this table. 2.54 is among
# them; the least-squares answer is not, since it would print 78 for the first belt,
# where the table says 77. Nothing is broken. The loss asks for small squares, and it
# got them. Whether that is the question you mean is yours to decide, before any search
# begins.
#
# ## What to keep
#
# - A **loss** turns many residuals into one number. Squares keep residuals from
#   canceling and make the curve smooth.
# - A grid with step $h$ answers to within $h/2$; the excess loss goes with $h^2$.
# - The loss of one multiplier is **convex**, not monotonic: it falls to one minimum,
#   then rises. That is why zooming works, and the slope will point the way.
# - A grid over $p$ parameters costs $k^p$ evaluations. Two are fine, ten are not.
# - The minimum of the loss is the best answer to the loss. Rounded data moved it from
#   2.54 to 2.5415.
#
# ## Exercises
#
# ::::{exercise}
# :label: ex-grid-predict
# Without running it: what does a grid of 11 values from 2 to 3 answer? What is the
# largest error that it could have made, what error does it make, and by how much is its
# loss above the minimum? Then check.
# ::::
#
# ::::{solution} ex-grid-predict
# :class: dropdown
# The step is 0.1, so the error is at most 0.05. The guess nearest to 2.5415 is 2.5, the
# error is 0.0415, and the excess loss is its square times $\overline{x^2} = 1593.25$,
# which is 2.74 cm².
#
# ```python
# grid = np.linspace(2, 3, 11)
# best = grid[loss(grid, belt_in, belt_cm).argmin()]
# print(best, best_multiplier - best, loss(best, belt_in, belt_cm) - lowest)
# ```
# ::::
#
# ::::{exercise}
# :label: ex-grid-points
# How many points a round make zooming cheapest? Predict the digits per evaluation for 4
# to 13 points, then count the evaluations that each needs for $10^{-6}$.
# ::::
#
# ::::{solution} ex-grid-points
# :class: dropdown
# A round of $k$ points divides the step by $(k - 1)/2$, which gives
# $\log_{10}((k-1)/2)/k$ digits per evaluation. It is largest at seven points, 0.068,
# and flat around it: seven points need 91 evaluations, and eleven need 99.
#
# ```python
# for k in range(4, 14):
#     gain = (k - 1) / 2
#     rounds = 1 + int(np.ceil(np.log(5 / (k - 1) / 2 / target) / np.log(gain)))
#     error = abs(zoom(0, 5, k, rounds, belt_in, belt_cm)[-1] - best_multiplier)
#     print(k, f"{np.log10(gain) / k:.4f}", rounds * k, error < target)
# ```
#
# Each round computes some losses again that the round before knew. *Golden-section
# search* places its points so that every evaluation is new: one for each factor of
# about 1.618, or 0.209 digits per evaluation.
# ::::
#
# ::::{exercise}
# :label: ex-grid-absolute
# Find the multiplier with the smallest mean *absolute* residual on a fine grid. It is
# the ratio of centimeters to inches of one of the belts. Which one, and why must it be
# one of these ratios?
# ::::
#
# ::::{solution} ex-grid-absolute
# :class: dropdown
# Between two corners the curve is straight, so its minimum lies in a corner, and each
# corner is a belt whose residual is zero. Here it is the belt of 42.5 inches, with
# 2.5412.
#
# ```python
# near = np.linspace(2.5, 2.6, 100_001)
# absolute = abs(np.multiply.outer(near, belt_in) - belt_cm).mean(axis=1)
# print(near[absolute.argmin()], belt_cm / belt_in)
# ```
# ::::
#
# ::::{exercise}
# :label: ex-grid-offset
# Open: let the belts have a fixed extra length, $m x + b$, with $b$ from −5 to 5 cm.
# Run a grid of 50 by 50, and compare with the least-squares answer from
# `np.linalg.lstsq`. Is the smaller loss a better description of an inch? Why is the
# grid so far off?
# ::::
#
# ::::{solution} ex-grid-offset
# :class: dropdown
# The grid answers 2.551 and −0.31 cm; least squares answers 2.527 and 0.57 cm, with a
# loss of 0.065 cm², less than the 0.072 of one parameter. Yet 2.527 is farther from
# 2.54: the second parameter fits the rounding. The grid is far off because its step in
# $m$ is coarse, and a wrong $b$ can make up for a wrong $m$: the valley is long and
# narrow. {ref}`conditioning` is about such valleys.
#
# ```python
# m, b = np.meshgrid(np.linspace(0, 5, 50), np.linspace(-5, 5, 50))
# residual = np.multiply.outer(m, belt_in) + b[..., None] - belt_cm
# losses_2d = np.mean(residual**2, axis=-1)
# best = losses_2d.argmin()
# print(m.flat[best], b.flat[best], losses_2d.flat[best])
# X = np.column_stack([belt_in, np.ones(10)])
# print(np.linalg.lstsq(X, belt_cm, rcond=None)[:2])
# ```
# ::::
#
# ## Sources and further reading
#
# The belts, the two guesses and the grid of fifty are from Josef Fruehwald's tutorial
# {cite}`fruehwald2022`, which this chapter thanks for a problem that anyone can check
# with a ruler. {cite}`boyd2004` is the place to learn what convexity is worth, and
# {cite}`goldberg1991` what a float can and cannot hold. {cite}`harris2020` describes
# NumPy, which did the counting.

# %% tags=["remove-cell"]
_grid = np.linspace(2, 3, 11)
_best = _grid[loss(_grid, belt_in, belt_cm).argmin()]
assert _best == 2.5
claim("0.05", (_grid[1] - _grid[0]) / 2)
claim("0.0415", best_multiplier - _best)
claim("1593.25", mean_square)
claim("2.74", loss(_best, belt_in, belt_cm) - lowest)

_digits = {k: np.log10((k - 1) / 2) / k for k in range(4, 14)}
_needed = {}
for _k in _digits:
    _bound, _gain = 5 / (_k - 1) / 2, (_k - 1) / 2
    _rounds = 1 + int(np.ceil(np.log(_bound / target) / np.log(_gain)))
    _needed[_k] = _k * _rounds
    _end = zoom(0, 5, _k, _rounds, belt_in, belt_cm)[-1]
    assert abs(_end - best_multiplier) < target
assert max(_digits, key=_digits.get) == 7
assert min(_needed, key=_needed.get) == 7
claim("0.068", _digits[7])
claim("91", _needed[7])
claim("4", min(_digits))
claim("13", max(_digits))
claim("1.618", (1 + np.sqrt(5)) / 2)
claim("0.209", np.log10((1 + np.sqrt(5)) / 2))

# %% tags=["remove-cell"]
_near = np.linspace(2.5, 2.6, 100_001)
_absolute = abs(np.multiply.outer(_near, belt_in) - belt_cm).mean(axis=1)
_belt = abs(belt_cm / belt_in - _near[_absolute.argmin()]).argmin()
assert abs(belt_cm[_belt] / belt_in[_belt] - _near[_absolute.argmin()]) < 1e-6
claim("42.5", belt_in[_belt])
claim("2.5412", belt_cm[_belt] / belt_in[_belt])

_m, _b = np.meshgrid(np.linspace(0, 5, 50), np.linspace(-5, 5, 50))
_residual = np.multiply.outer(_m, belt_in) + _b[..., None] - belt_cm
_losses_2d = np.mean(_residual**2, axis=-1)
_best = _losses_2d.argmin()
claim("2.551", _m.flat[_best])
claim("−0.31", _b.flat[_best])
claim("−5", _b.min())
_X = np.column_stack([belt_in, np.ones(10)])
_fit, _squares = np.linalg.lstsq(_X, belt_cm, rcond=None)[:2]
claim("2.527", _fit[0])
claim("0.57", _fit[1])
claim("0.065", _squares[0] / 10)
claim("0.072", lowest)
