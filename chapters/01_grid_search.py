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
# How many centimeters are in an inch, if all you can do is try numbers and see how
# wrong they are? Fifty tries, evenly spaced from 0 to 5, come within 0.01 of the best
# number. Then, at the end of this page, twelve steps that feel for the way down come
# within 0.00001.
#
# :::{admonition} Before you start
# :class: tip
# - **You will** measure how wrong a guess is, search a grid of guesses, predict the
#   grid's error, count what it costs, and take your first steps downhill.
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

sys.path.append(
    ".."
)  # finds `helpers` when this file runs where it lies

# %%
import numpy as np

from helpers import load_belts, use_book_style

np.set_printoptions(linewidth=42)  # short lines, for phones
use_book_style()  # the look of the figures
belt_in, belt_cm = load_belts()  # two arrays of ten
print(belt_in)
print(belt_cm)

# %% [markdown]
# The model has one parameter, a multiplier $m$: a belt of $x$ inches should measure
# $mx$ centimeters. Pretend that you have never seen a ruler and guess $m = 1.5$. The
# *{term}`residual`* of a belt is the prediction minus the target: what the guess says
# minus what the table says. (Statistics books subtract the other way around. Only the
# signs differ.)

# %%
cm_guess = 1.5 * belt_in
print(cm_guess - belt_cm)

# %% [markdown]
# Every residual is negative: the guess makes every belt too short, and the longer the
# belt, the more is missing. Try 1.7.

# %% tags=["hide-input"]
#| name: fig-belts-guess
#| caption: Each guess is a line through the origin. The size of a residual is the
#|   vertical distance from a belt's dot to that line.
#| alt: Ten dots, the belts, rise in a straight row toward the upper right; inches run
#|   across, centimeters up. Two lines rise from the origin and pass far below the dots,
#|   the multiplier 1.5 lowest and 1.7 a little higher. One vertical line joins a dot to
#|   the lowest line and is labeled as the residual.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE

figure, ax = plt.subplots()
ax.plot(belt_in, belt_cm, "o", color=BLACK)
ends = np.array([0, 50])  # of the lines
for m, color in [(1.5, ORANGE), (1.7, BLUE)]:
    ax.plot(ends, m * ends, color=color)
    ax.text(51, m * 50, f"m = {m}", color=color, va="center")
ax.vlines(42.5, 1.5 * 42.5, 108, color=ORANGE, linewidth=1)
ax.text(43.5, 92, "residual", color=ORANGE)
ax.text(33, 93, "belts", ha="right")
ax.set(xlim=(0, 60), ylim=(0, 130))
ax.set(xlabel="length (inches)", ylabel="length (cm)")
ax.set_title("Both guesses fall short, 1.7 by less")
plt.show()

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import checks, claim, given, reproduce

with checks("Ten belts, one unknown number"):
    given(
        "guess m = 1.5",
        "Try 1.7",
        "multiplier 1.5 lowest and 1.7 a little higher",
    )
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
# in, one number out, smaller is better. The size of their mean seems natural. Test it
# on a useless rule, which ignores the inches and says the mean, 100.4 cm, for every
# belt. What is the mean of its residuals?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Zero, a perfect score. The mean lies as far above the short belts, all taken together,
# as it lies below the long ones. Positive and negative residuals cancel.
# :::

# %%
same_length = np.full(10, belt_cm.mean())  # ten times 100.4
residuals = same_length - belt_cm
print(f"{abs(residuals.mean()):.1f} cm: mean residual")
print(f"{abs(residuals).max():.1f} cm: worst residual")
print(f"{np.mean(residuals**2):.2f} cm²: mean square")

# %% [markdown]
# The rule is wrong by as much as 23.4 cm, but it makes the short belts too long and the
# long ones too short, so its residuals cancel. In the last line they cannot, because
# squares are never negative. Squaring makes one big miss count more than several
# small ones of the same total. The mean of the squares is the
# **{term}`mean squared error`**, and it is the **{term}`loss`** of this part of the
# book:
#
# ```{math}
# :label: mse
# L(m) = \frac{1}{n} \sum_{i=1}^{n} (m x_i - y_i)^2
# ```
#
# Here $x_i$ and $y_i$ are the length of belt $i$ in inches and in centimeters, and $n$
# is ten. The sign $\sum$ adds up the squares of all belts, and $1/n$ turns the sum into
# a mean.


# %%
def loss(multiplier, belt_in, belt_cm):
    """Mean squared error of one multiplier, in cm²."""
    residuals = multiplier * belt_in - belt_cm
    return np.mean(residuals**2)


for m in [1.5, 1.7]:
    print(f"{m}: {loss(m, belt_in, belt_cm):.4f} cm²")

# %% [markdown]
# The guess 1.7 beats 1.5, with 1128.2125 cm² against 1728.2125. Even the useless rule,
# with 210.84, beats both.

# %% tags=["remove-cell"]
with checks("One number for ten residuals"):
    claim("the mean, 100.4 cm, for every belt", belt_cm.mean())
    claim("Zero, a perfect score", abs(residuals.mean()) < 1e-12)
    claim("wrong by as much as 23.4 cm", abs(residuals).max())
    mse_15, mse_17 = (
        loss(1.5, belt_in, belt_cm),
        loss(1.7, belt_in, belt_cm),
    )
    given("says that 1.7 is better", "guess 1.7 beats 1.5")
    claim("1128.2125 cm² against 1728.2125", mse_17, mse_15)
    claim("with 210.84, beats both", np.mean(residuals**2))
    claim(
        "beats both",
        np.mean(residuals**2) < min(mse_15, mse_17),
    )
    display(reproduce("mse at 1.5", float(mse_15)))
    display(reproduce("mse at 1.7", float(mse_17)))

# %% [markdown]
# ## Fifty guesses
#
# **{term}`Grid search <grid search>`** spaces guesses evenly over a range, computes the
# loss of each, and keeps the best. The tutorial that published the belts takes 50
# values from 0 to 5. In the code, `argmin` says where the lowest loss stands in the
# list.

# %%
guesses = np.linspace(0, 5, 50)
losses = [loss(m, belt_in, belt_cm) for m in guesses]
grid_answer = guesses[np.argmin(losses)]
print(grid_answer)

# %% [markdown]
# The best of the fifty is 2.5510204081632653, digit for digit what the tutorial prints.
# So an inch has about 2.55 centimeters, by trial alone. {numref}`fig-belts-loss` is the
# picture to remember: every line over the belts is a point of the curve.

# %% tags=["hide-input"]
#| name: fig-belts-loss
#| caption: Three guesses, seen twice. On the left each is a line over the belts. On the
#|   right it is a point: its multiplier across, its loss up. The small dots are the
#|   fifty guesses of the grid.
#| alt: Two panels. On the left, three lines from the origin pass below or through the
#|   ten belts, with the multipliers 1.5, 1.7 and 2.551; only the last goes through the
#|   belts. On the right, fifty dots form a smooth, deep bowl over multipliers from 0 to
#|   5. Three larger points in the colors of the lines lie on it, 1.5 and 1.7 high on
#|   the left wall, and 2.551 at the bottom.
figure, (lines, bowl) = plt.subplots(1, 2, figsize=(5.4, 3.2))
lines.plot(belt_in, belt_cm, "o", color=BLACK, markersize=4)
bowl.plot(guesses, losses, ".", color=GRAY, markersize=4)
for m, color in [(1.5, ORANGE), (1.7, BLUE), (2.551, GREEN)]:
    lines.plot(ends, m * ends, color=color, linewidth=1.3)
    bowl.plot(m, loss(m, belt_in, belt_cm), "o", color=color)
bowl.text(1.2, 1300, "1.5", color=ORANGE, ha="right")
bowl.text(1.4, 500, "1.7", color=BLUE, ha="right")
bowl.text(2.551, 1600, "2.551", color=GREEN, ha="center")
lines.text(2, 112, "m = 2.551", color=GREEN)
lines.text(27, 30, "m = 1.7", color=BLUE)
lines.text(27, 17, "m = 1.5", color=ORANGE)
lines.set(xlabel="inches", ylabel="cm", title="Lines over belts…")
bowl.set(xlabel="multiplier m", ylabel="loss L (cm²)")
bowl.set_title("…are points of a bowl")
plt.show()

# %% [markdown]
# A grid is only as good as its spacing and its range. The spacing first: `linspace`
# includes both ends, so 50 values leave 49 gaps, each $5/49$ wide. That is why the
# answer is not a round number. Now the range. Is 5 far enough? (A comment in the
# tutorial says 50; its code, like yours, stops at 5.) See what happens if the range
# ends too early.


# %%
def grid_search(low, high, points, belt_in, belt_cm):
    """The best of evenly spaced multipliers."""
    guesses = np.linspace(low, high, points)
    losses = [loss(m, belt_in, belt_cm) for m in guesses]
    return guesses[np.argmin(losses)]


print(grid_search(0, 2.5, 50, belt_in, belt_cm))

# %% [markdown]
# The best guess is the last one, 2.5, where the loss is still falling. An answer at the
# end of its range is an alarm: widen the range and search again.

# %% tags=["remove-cell"]
with checks("Fifty guesses"):
    claim(
        "50 values from 0 to 5", guesses.size, guesses[0], guesses[-1]
    )
    claim("The best of the fifty is 2.5510204081632653", grid_answer)
    claim("about 2.55 centimeters", grid_answer)
    display(reproduce("grid argmin", grid_answer))
    claim("multipliers from 0 to 5", guesses[0], guesses[-1])
    given("multipliers 1.5, 1.7 and")
    claim("and 2.551; only the last goes", grid_answer)
    claim(
        "the left wall, and 2.551 at the bottom",
        grid_answer,
    )
    claim("1.5 and 1.7 high on", 1.5 < 1.7 < grid_answer)
    given("tutorial says 50")
    claim("stops at 5", guesses[-1])
    claim(
        "50 values leave 49 gaps, each 5/49 wide",
        guesses.size,
        guesses.size - 1,
        guesses[1],
    )
    given("Is 5 far enough")
    claim(
        "The best guess is the last one, 2.5",
        grid_search(0, 2.5, 50, belt_in, belt_cm),
    )

# %% [markdown]
# ## What kind of curve is this?
#
# Look at the changes of the loss from one guess to the next, which `np.diff` computes,
# and at the changes of these changes.

# %%
changes = np.diff(losses)  # 49 of them
print(f"falls {sum(changes < 0)} times")
print(f"rises {sum(changes > 0)} times")
print(f"first changes: {changes[:3].round(2)}")
bends = np.diff(changes)  # 48 of them
print(f"they grow by {bends.min():.2f} to {bends.max():.2f}")

# %% [markdown]
# The changes only grow, so no fall follows a rise: the curve falls 25 times, then rises
# 24 times. The word for that is **{term}`unimodal`**. (The tutorial calls the increase
# away from the lowest point *monotonic*: on its own, each side is.)
#
# The last line says more. The changes themselves grow, always by the same 33.18 cm². A
# curve that bends so evenly is a parabola. {eq}`mse` says why: multiply out the
# squares, and nothing but $m^2$, $m$ and constants is left. Three properties make such
# a curve easy to search:
#
# 1. **It is smooth.** It has a slope everywhere. (Absolute values would have cured the
#    canceling too, but their curve has corners.)
# 2. **It has one minimum.** Whoever walks downhill in short steps ends in the right
#    valley.
# 3. **The farther away, the steeper it is.** So on *this* curve the slope tells the
#    direction, and also whether there is far to go. {ref}`slopes` says why that is not
#    so on every curve.

# %% tags=["remove-cell"]
with checks("What kind of curve is this?"):
    claim(
        "The word for that is",
        (changes[:25] < 0).all() and (changes[25:] > 0).all(),
    )
    claim(
        "falls 25 times, then rises 24",
        sum(changes < 0),
        sum(changes > 0),
    )
    claim("the same 33.18 cm²", bends.mean())
    claim("The changes themselves grow", np.allclose(bends, bends[0]))
    claim("curve that bends so evenly", (bends > 0).all())

# %% [markdown]
# ## How far off is a grid?
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
# Here $m^*$ (read "m star") is $B/A$, and $L(m^*)$ is $C - B^2/A$; multiply out the
# second line to see that it equals the first. A square is never negative, so no
# multiplier beats $m^*$.

# %%
mean_xx = np.mean(belt_in**2)  # A
mean_xy = np.mean(belt_in * belt_cm)  # B
best_multiplier = mean_xy / mean_xx
lowest = loss(best_multiplier, belt_in, belt_cm)
print(f"{best_multiplier:.4f} best multiplier")
print(f"{lowest:.4f} cm², its loss")

# %% [markdown]
# The grid of 50 missed the best, 2.5415, by 0.0095. Now add one guess. With 51 the gaps
# are smaller, 0.1 each. Will the answer be closer?
#
# :::{admonition} What do you expect?
# :class: dropdown
# It may be, or not. Smaller gaps limit how *bad* the answer can be. How good it is
# depends on where the guesses happen to fall. Of the 51, the one nearest to 2.5415 is
# 2.5, and it misses by 0.0415.
# :::

# %%
for points in [50, 51, 101, 201, 401]:
    m = grid_search(0, 5, points, belt_in, belt_cm)
    half_gap = 5 / (points - 1) / 2
    error = abs(m - best_multiplier)
    print(f"{points:3}: {error:.4f} off, half a gap {half_gap:.4f}")

# %% [markdown]
# One more guess made the answer worse. There is luck in a grid, but also a promise: no
# error is larger than half a gap.

# %% tags=["hide-input"]
#| name: fig-grid-half-gap
#| caption: Three of the 51 guesses. The loss depends only on the distance to the
#|   minimum, so the guess nearest to it wins.
#| alt: A bowl, close to its lowest point, with the multiplier across. Guesses lie on
#|   it at 2.4, 2.5 and 2.6. The minimum, a star at 2.5415, lies between the last two.
#|   A level line under the curve, 0.0415 long, joins it to 2.5. A longer one, 0.0585,
#|   joins it to 2.6, where the bowl is higher.
near = np.linspace(2.38, 2.63, 101)
guess = np.array([2.4, 2.5, 2.6])
figure, ax = plt.subplots()
ax.plot(near, [loss(m, belt_in, belt_cm) for m in near], color=BLUE)
heights = [loss(m, belt_in, belt_cm) for m in guess]
ax.plot(guess, heights, "o", color=BLACK)
ax.plot(best_multiplier, lowest, "*", color=GREEN, markersize=12)
ax.text(best_multiplier, 4, "minimum", color=GREEN, ha="center")
for m, low, color in [(2.5, -3, ORANGE), (2.6, -3, GRAY)]:
    ax.vlines(m, low, loss(m, belt_in, belt_cm), color=color, lw=1)
    ax.plot([best_multiplier, m], [low, low], color=color)
    length = f"{abs(m - best_multiplier):.4f}"
    middle = (best_multiplier + m) / 2
    ax.text(middle, low - 1, length, color=color, ha="center", va="top")
ax.vlines(best_multiplier, -3, lowest, color=GREEN, lw=1)
ax.set(xlabel="multiplier m (cm per inch)", ylabel="loss L (cm²)")
ax.set(xticks=guess, ylim=(-8, 36))
ax.set_title("The nearest guess has the lowest loss")
plt.show()

# %% [markdown]
# The reason is in {numref}`fig-grid-half-gap`. The curve is symmetric, so the guess
# nearest to $m^*$ wins, and inside the range one is at most half a gap away. With gaps
# of width $h$, **the error is at most $h/2$**. On a lopsided curve the best guess can
# be nearly a whole gap away ({ref}`ex-grid-lopsided` builds one).

# %% tags=["remove-cell"]
with checks("How far off is a grid?"):
    parabola = lowest + mean_xx * (guesses - best_multiplier) ** 2
    claim(
        "then complete the square",
        np.allclose(parabola, losses, rtol=1e-12),
    )
    claim("no multiplier beats", min(losses) > lowest)
    claim(
        "grid of 50 missed the best, 2.5415, by 0.0095",
        guesses.size,
        best_multiplier,
        grid_answer - best_multiplier,
    )
    wider_answer = grid_search(0, 5, 51, belt_in, belt_cm)
    claim(
        "With 51 the gaps are smaller, 0.1 each",
        51,
        np.ptp(guesses) / 50,
    )
    claim(
        "Of the 51, the one nearest to 2.5415 is 2.5, and it misses by 0.0415",
        51,
        best_multiplier,
        wider_answer,
        best_multiplier - wider_answer,
    )
    claim(
        "One more guess made the answer worse",
        abs(wider_answer - best_multiplier)
        > abs(grid_answer - best_multiplier),
    )
    trials = [
        grid_search(0, 5, k, belt_in, belt_cm) for k in range(5, 400)
    ]
    half_gaps = 2.5 / (np.arange(5, 400) - 1)
    kept = (abs(trials - best_multiplier) <= half_gaps + 1e-12).all()
    claim("no error is larger than half a gap", kept)
    claim("one is at most half a gap away", kept)
    claim("the error is at most h/2", kept)
    given("Three of the 51 guesses", "at 2.4, 2.5 and 2.6")
    claim("a star at 2.5415", best_multiplier)
    claim("0.0415 long, joins it to 2.5", best_multiplier - 2.5, 2.5)
    claim("0.0585, joins it to 2.6", 2.6 - best_multiplier, 2.6)
    sloped = np.linspace(
        -10.01, 9.99, 21
    )  # gap 1, lopsided curve, minimum at 0
    lopsided = np.where(sloped < 0, -1000 * sloped, sloped)
    claim(
        "can be nearly a whole gap away",
        0.98 < abs(sloped[lopsided.argmin()]) < 1,
    )

# %% [markdown]
# ## Why the answer is not 2.54
#
# A finer grid closes one difference, from 2.551 to 2.5415, and not another: an inch is
# 2.54 cm by definition {cite}`thompson2008`. So look at the table again: are its rows
# the exact lengths, rounded to whole centimeters? And if so, is rounding what moved the
# answer? Its errors tell.

# %%
exact_cm = 2.54 * belt_in
print(np.round(exact_cm) == belt_cm)
rounding = belt_cm - exact_cm
moved = np.mean(belt_in * rounding) / mean_xx
print(f"{moved:.4f} is what rounding adds to 2.54")

# %% [markdown]
# All ten rows are rounded. The rounding errors, weighted by the inches, move the answer
# by 0.0015, which is the whole difference. No better search will find that number in
# the rounded table: a search finds what the loss asks for, the best fit to *these ten
# rows*, and not what you meant.

# %% tags=["remove-cell"]
with checks("Why the answer is not 2.54"):
    claim(
        "Why the answer is not 2.54",
        abs(best_multiplier - 2.54) > 0.001,
    )
    claim("from 2.551 to 2.5415", grid_answer, best_multiplier)
    given("inch is 2.54 cm by definition")
    claim(
        "All ten rows are rounded",
        np.array_equal(np.round(exact_cm), belt_cm),
    )
    claim("move the answer by 0.0015", moved)
    claim(
        "the whole difference",
        np.isclose(2.54 + moved, best_multiplier),
    )
    claim("No better search", loss(2.54, belt_in, belt_cm) > lowest)

# %% [markdown]
# ## What more parameters cost
#
# One parameter was kind to you. Suppose that each belt also had a fixed extra length
# $b$, for the buckle, so that it measures $mx + b$ centimeters. Now every value of $b$
# needs a whole grid over $m$: a loop inside a loop.

# %%
evaluations = 0
best_loss = np.inf  # any loss is lower
for b in np.linspace(-5, 5, 50):
    for m in np.linspace(0, 5, 50):
        pair_loss = loss(m, belt_in, belt_cm - b)  # mx + b - y
        evaluations += 1
        best_loss = min(best_loss, pair_loss)
print(f"{evaluations} evaluations, lowest {best_loss:.3f} cm²")

# %% [markdown]
# Two parameters cost 2500 evaluations. A third would mean one more loop around these
# two ({numref}`fig-grid-cost`).

# %% tags=["hide-input"]
#| name: fig-grid-cost
#| caption: Each dot is one evaluation of the loss. With every parameter the grid gains
#|   a dimension of fifty dots. Of the cube you see only three faces.
#| alt: Three pictures made of dots. A row of dots is labeled 50. A square of such rows
#|   is labeled 2,500. A cube, as high as the square, is labeled 125,000.
side = np.linspace(0, 1, 50)
x, y = np.meshgrid(side, side)
dots = {"color": GRAY, "ms": 0.8, "rasterized": True}
figure, ax = plt.subplots(figsize=(5.4, 2.4), dpi=200)
ax.plot(side, 0 * side, ".", **dots)
ax.plot(1.4 + x, y, ".", **dots)
ax.plot(2.8 + x, y, ".", **dots)
ax.plot(2.8 + x + 0.4 * y, 1 + 0.4 * y, ".", **dots)  # the top
ax.plot(3.8 + 0.4 * x, y + 0.4 * x, ".", **dots)  # the right face
for place, text in enumerate(["50", "2,500", "125,000"]):
    ax.text(0.5 + 1.4 * place, -0.22, text, ha="center")
ax.set(title="Every parameter: 50 times the dots", aspect="equal")
ax.axis("off")
plt.show()

# %% [markdown]
# So $p$ parameters cost $50^p$. Suppose that your computer evaluates a million losses a
# second. How long do ten parameters take?
#
# :::{admonition} What do you expect?
# :class: dropdown
# About 3,100 years. Each parameter multiplies the time by 50. Five take about five
# minutes, and the other five multiply that by $50^5$, more than 300 million.
# :::

# %%
for p in [1, 2, 5, 10]:
    print(f"p = {p:2}: {50**p:,} evaluations")
years = 50**10 / 1_000_000 / (365 * 86_400)
print(f"{years:,.0f} years for ten parameters")

# %% [markdown]
# A faster machine is no rescue: one a thousand times faster buys less than two more
# parameters, since $50^2$ is 2500. And a small neural network has hundreds. (To zoom in
# on the best guess helps very much with one parameter, and can go wrong in an
# instructive way with two: {ref}`zooming`.)

# %% tags=["remove-cell"]
with checks("What more parameters cost"):
    claim("Two parameters cost 2500", evaluations)
    claim(
        "labeled 50. A square of such rows is labeled 2,500",
        side.size,
        x.size,
    )
    claim("the square, is labeled 125,000", side.size * x.size)
    claim("p parameters cost 50^p", evaluations == guesses.size**2)
    claim("About 3,100 years", round(years, -2))
    claim("multiplies the time by 50", guesses.size)
    claim("Five take about five minutes", 290 < 50**5 / 1e6 < 330)
    claim("by 50^5, more than 300 million", 50**5 > 300e6)
    claim(
        "one a thousand times faster buys less than two more parameters",
        guesses.size**2 > 1000,
    )
    claim("50^2 is 2500", guesses.size**2 == 2500)

# %% [markdown]
# ## Your first steps downhill
#
# The grid looked at the whole curve and used one point of it. Do the opposite: stand at
# one place and ask *which way is down?* Two evaluations answer that, one a tiny
# distance to the right and one as far to the left. The difference in height, divided by
# the distance between the two, is the slope.

# %%
tiny = 0.0001


def measured_slope(m):
    right = loss(m + tiny, belt_in, belt_cm)
    left = loss(m - tiny, belt_in, belt_cm)
    return (right - left) / (2 * tiny)


print(f"{measured_slope(1.7):.2f} cm² per unit of the multiplier")

# %% [markdown]
# The slope at 1.7 is negative: a thousandth to the right, and the loss is about 2.7 cm²
# lower. So go right, *against* the sign of the slope. How far? On this curve, steep
# means far to go. So make the step proportional to the slope. Here 0.0002 times the
# slope takes you from 1.7 to 2.2363.
#
# Then measure the slope at the new place and step again. Will the second step be longer
# or shorter than the first? And what happens if a step goes too far?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Shorter. The curve is flatter at 2.2363, so the slope is smaller, and the step with
# it. The steps shrink by themselves as the minimum comes near. Past the minimum the
# slope would be positive, and the next step would go back to the left.
# :::

# %%
m, rate = 1.7, 0.0002
path = [m]
for step in range(12):
    slope = measured_slope(m)
    m -= rate * slope
    path.append(m)
    print(f"{step + 1:2}: slope {slope:8.2f}, now at {m:.6f}")

# %% [markdown]
# Two lines, repeated, walk to 2.5415 ({numref}`fig-first-descent`). Each slope is 36%
# of the one before: every step leaves the same part of the way.

# %% tags=["hide-input"]
#| name: fig-first-descent
#| caption: The places that the steps visit. The short line at a place has the slope
#|   that was measured there; the arrow is 0.0002 times as long as that slope is steep.
#| alt: The left wall and the bottom of the bowl, with the multiplier across and the
#|   loss up. Dots start high, at 1.7, and descend along the wall; a short straight line
#|   through each dot touches the curve. A level arrow leads from each dot to above the
#|   next. The first arrow is long, each further one is shorter, the lines become level,
#|   and the last dots merge at the bottom, on a dashed upright line at 2.5415.
stretch = np.linspace(1.4, 2.9, 101)
path_losses = [loss(m, belt_in, belt_cm) for m in path]
figure, ax = plt.subplots()
curve = [loss(m, belt_in, belt_cm) for m in stretch]
ax.plot(stretch, curve, color=GRAY, lw=1)
ax.axvline(path[-1], color=GREEN, linestyle="--", linewidth=1)
reach = np.array([-0.12, 0.12])
for k in range(3):
    touch = path_losses[k] + reach * measured_slope(path[k])
    ax.plot(path[k] + reach, touch, color=BLUE, linewidth=2)
    ends = (path[k + 1], path_losses[k]), (path[k], path_losses[k])
    ax.annotate("", *ends, arrowprops={"arrowstyle": "->"})
ax.plot(path, path_losses, "o", color=ORANGE, markersize=6)
ax.text(1.66, 1080, "start at 1.7", color=ORANGE, ha="right")
ax.text(2.2, 60, "after one step", color=ORANGE, ha="right")
ax.text(2.56, 1000, "2.5415", color=GREEN)
ax.set(xlabel="multiplier m (cm per inch)", ylabel="loss L (cm²)")
ax.set_title("The steps shrink as the curve flattens")
plt.show()

# %% [markdown]
# Twelve steps took 24 evaluations, and they end within 0.00001 of the best multiplier.
# Without algebra you would see that the slope has shrunk to −0.04, and stop.
#
# To promise as much, a grid from 0 to 5 needs more than 200,000 guesses. With one
# parameter there are cleverer searches ({ref}`zooming` makes do with 28 evaluations).
# The gain comes with many: nudge one parameter at a time, and a step costs two
# evaluations for each. With ten, twelve steps cost 240, and not $50^{10}$; whether
# twelve are enough then is the subject of {ref}`conditioning`.
#
# And why 0.0002? It was found by trial, and the trials are not among the 24
# evaluations. Here is another one, 0.001:

# %%
m = 1.7
for _ in range(3):
    m -= 0.001 * measured_slope(m)
    print(f"now at {m:.2f}")

# %% [markdown]
# Each step jumps across the minimum and lands farther away than before. {ref}`descent`
# computes a good rate from the curve. First comes {ref}`slopes`:
# what *is* the slope, and can you have it without the tiny distance?

# %% tags=["remove-cell"]
with checks("Your first steps downhill"):

    def walk(m, rate, steps):
        places = [m]
        for _ in range(steps):
            m -= rate * measured_slope(m)
            places.append(m)
        return np.array(places)

    visited = walk(1.7, 0.0002, 12)
    first_slope = (visited[0] - visited[1]) / rate
    claim("The slope at 1.7 is negative", first_slope < 0)
    drop = mse_17 - loss(1.701, belt_in, belt_cm)
    claim("about 2.7 cm² lower", drop)
    claim(
        "Here 0.0002 times the slope takes you from 1.7 to 2.2363",
        rate,
        *visited[:2],
    )
    claim("curve is flatter at 2.2363", visited[1])
    claim(
        "Shorter. The curve",
        (np.diff(np.abs(np.diff(visited))) < 0).all(),
    )
    past = walk(2.7, 0.0002, 1)
    claim("would go back to the left", past[1] < past[0])
    claim("repeated, walk to 2.5415", path[-1])
    given("Dots start high, at 1.7")
    claim("upright line at 2.5415", path[-1])
    claim("Twelve steps took 24 evaluations", 2 * (len(path) - 1))
    claim("has shrunk to −0.04", slope)
    claim("within 0.00001 of the best", abs(path[-1] - best_multiplier))
    needed = 5 / (2 * abs(path[-1] - best_multiplier))
    claim("a grid from 0 to 5 needs more than 200,000", 0, 5, needed)
    golden_widths = 5 * ((np.sqrt(5) - 1) / 2) ** np.arange(40)
    rounds = np.argmax(golden_widths / 2 <= 0.00001)
    claim("makes do with 28 evaluations", rounds + 2)
    claim("With ten, twelve steps cost 240", 10 * 2 * (len(path) - 1))
    claim("not 50^10", guesses.size, len(path) - 3)
    given("And why 0.0002", "another one, 0.001")
    given("the arrow is 0.0002 times as long")
    claim("not among the 24 evaluations", 2 * (len(path) - 1))
    slopes = np.diff(visited)
    claim("36% of the one before", slopes[5] / slopes[4])
    gone = walk(1.7, 0.001, 12) - best_multiplier
    claim(
        "lands farther away than before",
        (np.diff(abs(gone)) > 0).all(),
    )
    claim("Each step jumps across", (gone[1:] * gone[:-1] < 0).all())

# %% tags=["remove-cell"]
with checks("Grid search"):
    claim("evenly spaced from 0 to 5", guesses[0], guesses[-1])
    claim(
        "come within 0.01 of the best",
        abs(grid_answer - best_multiplier),
    )
    claim("come within 0.00001", abs(path[-1] - best_multiplier))

# %% [markdown]
# ## What to keep
#
# - A **loss** turns many residuals into one number. Squares keep residuals from
#   canceling and make the curve smooth.
# - A grid with gaps of width $h$ answers to within $h/2$, if the curve is symmetric and
#   the minimum lies in the range.
# - With 50 values each, $p$ parameters cost $50^p$ evaluations: ten are out of reach.
# - The slope at one place says which way is down. Step against it, in proportion to it,
#   and repeat: that is the idea of this book.
# - A search finds what the loss asks for: here 2.5415, since the table was rounded, and
#   not 2.54.

# %% tags=["remove-cell"]
with checks("What to keep"):
    claim("answers to within", kept)
    claim(
        "With 50 values each, p parameters cost 50^p evaluations",
        evaluations == guesses.size**2,
    )
    claim("here 2.5415", best_multiplier)
    given("not 2.54")

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-grid-read
# Guess $m = 3$. Without running anything: are the residuals positive or negative? Which
# belt has the largest? What would a statistics book print instead, and would the mean
# squared error change? Then check: the largest residual is 22.5 cm.
# ::::
#
# ```{solution-start} ex-grid-read
# :class: dropdown
# ```
#
# Three is too large, so every prediction is too long: all residuals are positive. The
# error grows with the length, so the longest belt has the largest residual. A
# statistics book prints the same numbers with a minus sign. Their squares are the same,
# and so is the mean squared error.

# %%
print(3 * belt_in - belt_cm)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("Guess m = 3")
    claim(
        "the largest residual is 22.5 cm", np.max(3 * belt_in - belt_cm)
    )
    claim("all residuals are positive", (3 * belt_in > belt_cm).all())
    claim("the longest belt has", np.argmax(3 * belt_in - belt_cm) == 9)

# %% [markdown]
# ::::{exercise}
# :label: ex-grid-predict
# A grid has 11 values from 2 to 3. What is its answer, what is the largest error that
# it could have made, and what error does it make? The best multiplier is 2.5415, and
# the factor $A$ in {eq}`grid-parabola` is 1593.25: by how much is the loss of the
# grid's answer above the lowest? Work it out on paper. You should get 2.74 cm² for the
# last one.
# ::::
#
# ```{solution-start} ex-grid-predict
# :class: dropdown
# ```
#
# The gap is 0.1, and half of it, 0.05, bounds the error. The guess nearest to the best
# multiplier is 2.5, and the error is 0.0415. By {eq}`grid-parabola` the loss is too
# high by $A$ times the square of that, 2.74 cm².

# %%
grid_best = grid_search(2, 3, 11, belt_in, belt_cm)
print(f"{grid_best} is off by {best_multiplier - grid_best:.4f}")
too_high = loss(grid_best, belt_in, belt_cm) - lowest
print(f"{too_high:.2f} cm² above the lowest loss")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    grid = np.linspace(2, 3, 11)
    claim(
        "A grid has 11 values from 2 to 3", grid.size, grid[0], grid[-1]
    )
    claim("best multiplier is 2.5415", best_multiplier)
    claim("is 1593.25", mean_xx)
    claim("You should get 2.74 cm²", too_high)
    claim(
        "The gap is 0.1, and half of it, 0.05, bounds the error",
        grid[1] - grid[0],
        (grid[1] - grid[0]) / 2,
    )
    claim("multiplier is 2.5, and the error", grid_best)
    claim("the error is 0.0415", best_multiplier - grid_best)
    claim(
        "square of that, 2.74 cm²",
        mean_xx * (best_multiplier - grid_best) ** 2,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-grid-band
# If the centimeters were rounded, a row that prints $y$ says only that the length lies
# between $y - 0.5$ and $y + 0.5$. Dividing by the inches, each row allows an interval
# of multipliers. Compute the interval that all ten rows allow, as an array `band` of
# its two ends, and check it:
#
# ```python
# from helpers import check_answer
#
# expected = [2.5385, 2.5410]
# check_answer("your band", band, expected, within=0.0001)
# ```
#
# Is 2.54 inside? Is the best multiplier, 2.5415?
# ::::
#
# ```{solution-start} ex-grid-band
# :class: dropdown
# ```
#
# The multiplier must lie above the highest of the lower ends and below the lowest of
# the upper ends. 2.54 is inside, and the best multiplier is not. It would print 78 for
# the first belt, where the table says 77. It pays for that with smaller squares
# elsewhere: the loss did not ask for all ten rows to round right.

# %%
from helpers import check_answer

low_ends = (belt_cm - 0.5) / belt_in
high_ends = (belt_cm + 0.5) / belt_in
band = np.array([low_ends.max(), high_ends.min()])
expected = [2.5385, 2.5410]
check_answer("your band", band, expected, within=0.0001)
print(np.round(best_multiplier * belt_in) == belt_cm)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("y - 0.5 and y + 0.5")
    claim("Is 2.54 inside", band[0] < 2.54 < band[1])
    claim("Is the best multiplier, 2.5415", best_multiplier)
    claim(
        "2.54 is inside, and the best multiplier is not",
        best_multiplier > band[1],
    )
    claim(
        "would print 78 for the first belt, where the table says 77",
        np.round(best_multiplier * belt_in[0]),
        belt_cm[0],
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-grid-steps
# Write `steps_needed(m, rate)`: how many steps against the slope does it take, from the
# multiplier `m`, until `m` is within 0.0001 of 2.54147? Let the loop give up after
# 1,000 steps, and then return 1,000. Check it with two rates:
#
# ```python
# from helpers import check_answer
#
# slow = steps_needed(1.7, rate=0.0001)
# check_answer("steps at 0.0001", slow, 24, within=0)
# fast = steps_needed(1.7, rate=0.0003)
# check_answer("steps at 0.0003", fast, 3, within=0)
# ```
#
# Is a larger rate always better? Try 0.0006, and then a little more.
# ::::
#
# ```{solution-start} ex-grid-steps
# :class: dropdown
# ```
#
# Up to about 0.0003 larger is better. At 0.0006 each step jumps across the minimum and
# lands almost as far away on the other side: about 100 steps. With a little more it
# lands farther away, and only the limit ends the loop. {ref}`descent` finds the border
# between the two.


# %%
def steps_needed(m, rate):
    for steps in range(1000):
        if abs(m - 2.54147) < 0.0001:
            return steps
        m -= rate * measured_slope(m)
    return 1000


for rate, expected in [(0.0001, 24), (0.0003, 3)]:
    steps = steps_needed(1.7, rate)
    check_answer(f"steps at {rate}", steps, expected, within=0)
for rate in [0.0006, 0.0007]:
    print(f"steps at {rate}: {steps_needed(1.7, rate)}")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("is within 0.0001 of 2.54147", 0.0001, best_multiplier)
    given("Try 0.0006", "after 1,000 steps, and then return 1,000")
    counts = [
        steps_needed(1.7, r) for r in (0.0001, 0.0002, 0.0003, 0.0006)
    ]
    claim(
        "Up to about 0.0003 larger is better",
        counts[0] > counts[1] > counts[2],
    )
    claim("At 0.0006 each step jumps", counts[3] > counts[0])
    claim("the other side: about 100 steps", round(counts[3], -1))
    far = abs(walk(1.7, 0.0007, 20) - best_multiplier)
    claim(
        "With a little more it lands farther away",
        (np.diff(far) > 0).all(),
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-grid-fault
# This loss gives 2.5418 on a fine grid, which looks plausible. Find the fault. Then
# apply the same mean and square to the residuals of *any* rule, not only a multiplier:
# which useless rule gets a perfect score?
#
# ```python
# def loss(m, belt_in, belt_cm):
#     return np.mean(m * belt_in - belt_cm) ** 2
# ```
# ::::
#
# ```{solution-start} ex-grid-fault
# :class: dropdown
# ```
#
# The square comes after the mean, so residuals cancel before they are squared. It must
# be `np.mean((m * belt_in - belt_cm) ** 2)`. The faulty loss is zero wherever the mean
# residual is: for the rule that says 100.4 cm for every belt, too. Its answer looks
# plausible because every belt has nearly the same ratio of centimeters to inches. In a
# table without that luck it can be far off.


# %%
def faulty_loss(m, belt_in, belt_cm):
    return np.mean(m * belt_in - belt_cm) ** 2


fine = np.linspace(2.5, 2.6, 10_001)
faulty = [faulty_loss(m, belt_in, belt_cm) for m in fine]
print(f"{fine[np.argmin(faulty)]:.4f} minimizes the faulty loss")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "This loss gives 2.5418 on a fine grid", fine[np.argmin(faulty)]
    )
    claim("says 100.4 cm for every belt, too", belt_cm.mean())
    claim("is zero wherever", abs(residuals.mean()) < 1e-12)
    xs, ys = np.array([1.0, 2.0, 3.0]), np.array([3.0, 0.0, 0.0])
    claim(
        "without that luck it can be far off",
        ys.mean() / xs.mean() > 2 * np.mean(xs * ys) / np.mean(xs**2),
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-grid-lopsided
# Open: invent a curve with one minimum on which the best guess of a grid is *not* the
# guess nearest to the minimum, and the error is more than 0.9 of a gap.
#
# A good answer
# - gives the curve as a function, and a grid with the minimum inside its range;
# - prints the best guess, the error, and the gap;
# - says which property of the parabola its curve lacks;
# - says what the grid still promises on *every* curve that falls, then rises.
# ::::
#
# ```{solution-start} ex-grid-lopsided
# :class: dropdown
# ```
#
# One answer: a wall on the left and a gentle slope on the right. Zero is the minimum,
# the guess just left of it stands high on the wall, and a guess that is 0.95 of a gap
# to its right wins. The curve is not symmetric. What remains true on every such curve:
# the minimum lies between the two neighbors of the best guess, so the error is at most
# one whole gap.


# %%
def lopsided(x):
    return np.where(x < 0, -100 * x, x)


grid = np.arange(-5, 6) - 0.05  # gap 1: ..., -0.05, 0.95, ...
winner = grid[np.argmin(lopsided(grid))]
print(f"best guess {winner:.2f}, minimum at 0, gap 1")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("error is more than 0.9 of a gap", winner)
    claim("a guess that is 0.95 of a gap", winner)

# %% [markdown]
# ## Sources and further reading
#
# The belts, the two guesses and the grid of fifty are from Josef Fruehwald's tutorial
# {cite}`fruehwald2022`, which this chapter thanks for a problem that anyone can check
# with a ruler. The length of the inch stands in {cite}`thompson2008`. NumPy, which did
# the counting, is described in {cite}`harris2020`.
