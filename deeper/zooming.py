# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (zooming)=
# # Zooming
#
# Fifty guesses from 0 to 5, and most of them lie where nobody would look twice. So look
# again, only near the best one, with a finer grid. To be sure of an error of at most a
# millionth, a single grid needs 2,500,001 guesses. Zooming needs 99, and a cleverer
# zoom 33. Can it save the search with several parameters, too?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** zoom in on a minimum, count evaluations per digit, find the floor that
#   stops you, watch the zoom fail with two parameters, and cure it.
# - **You need** the belts, their loss and the half-gap rule from {ref}`grid-search`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append(
    ".."
)  # finds `helpers` when this file runs where it lies

# %% [markdown]
# ## Keep two gaps, drop the rest
#
# Here are the ten belts again, and their best multiplier by algebra.

# %%
import numpy as np

from helpers import load_belts, use_book_style

use_book_style()
belt_in, belt_cm = load_belts()
best_multiplier = np.mean(belt_in * belt_cm) / np.mean(belt_in**2)
print(f"{best_multiplier:.7f} cm per inch")

# %% [markdown]
# Let the loss take a whole array of multipliers. The index `[:, None]` turns them into
# a column, so that NumPy multiplies each of them with each belt.


# %%
def belt_losses(m):
    """Mean squared error in cm² of each multiplier."""
    residuals = m[:, None] * belt_in - belt_cm  # (guesses, belts)
    return np.mean(residuals**2, axis=1)


# %% [markdown]
# On a curve that falls, then rises, the minimum lies between the two neighbors of the
# best guess. Keep that stretch, two gaps wide, and put
# a new grid on it.


# %%
def zoom(losses, low, high, points, rounds):
    """The best guess of each round."""
    best = []
    for _ in range(rounds):
        m = np.linspace(low, high, points)
        best.append(m[losses(m).argmin()])
        gap = m[1] - m[0]
        low, high = best[-1] - gap, best[-1] + gap
    return np.array(best)


print(zoom(belt_losses, 0, 5, 11, 3))

# %% [markdown]
# {numref}`fig-zoom-rounds` shows these three rounds.

# %% tags=["hide-input"]
#| name: fig-zoom-rounds
#| caption: Three rounds with 11 points each. The dashed lines spread one gap to either
#|   side of the best guess over the width of the next grid.
#| alt: Three horizontal rows of eleven dots, from 0 to 5 at the top, from 2 to 3 in the
#|   middle, from 2.4 to 2.6 at the bottom. In each row the best dot is larger: 2.5, 2.5
#|   and 2.54. Dashed lines fan out from its two neighbors to the ends of the row below.
#|   A small upright tick marks the minimum, which lies inside each row.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE

answers = zoom(belt_losses, 0, 5, 11, 3)
figure, ax = plt.subplots(figsize=(5.4, 2.9))
for row, (low, high) in enumerate([(0, 5), (2, 3), (2.4, 2.6)]):
    both = np.array([answers[row], best_multiplier])
    place, tick = (both - low) / (high - low)
    row_of_dots = np.linspace(0, 1, 11), [-row] * 11
    ax.plot(*row_of_dots, "o-", color=BLUE, lw=1, ms=4)
    ax.plot(place, -row, "o", color=ORANGE, ms=8)
    ax.plot(tick, -row, "|", color=GREEN, ms=22, mew=2)
    ax.text(-0.13, -row, f"{low} to {high}", ha="right", va="center")
    if row < 2:
        fan = [(place - 0.1, place + 0.1), (0, 1)]
        ax.plot(fan, [-row, -row - 1], "--", color=GRAY, lw=1)
ax.text(0.53, -0.75, "minimum", color=GREEN)
ax.text(0.51, -0.75, "best guess", color=ORANGE, ha="right")
ax.set(ylim=(-2.4, 0.4), title="Each grid magnifies two gaps")
ax.axis("off")
plt.show()

# %% [markdown]
# Two gaps of one grid become the ten gaps of the next, so each round divides the gap by
# five. The first gap is 0.5, which bounds the error by 0.25. Dividing that by five
# eight times gives 0.00000064, less than a millionth: nine rounds, 99 evaluations.
# Check the prediction.

# %%
zoomed = zoom(belt_losses, 0, 5, 11, 9)[-1]
print(f"{zoomed:.7f} after 9 rounds")
print(f"{abs(zoomed - best_multiplier):.0e} off")

# %% [markdown]
# With a single grid, every further digit makes the whole search ten times as expensive.
# With the zoom, every digit costs the same.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Keep two gaps, drop the rest"):
    three = zoom(belt_losses, 0, 5, 11, 3)
    nine = zoom(belt_losses, 0, 5, 11, 9)
    given("Three rounds with 11 points", "from 0 to 5 at the top")
    claim("from 2 to 3 in the middle", three[0] - 0.5, three[0] + 0.5)
    claim(
        "from 2.4 to 2.6 at the bottom", three[1] - 0.1, three[1] + 0.1
    )
    claim("2.5, 2.5 and 2.54", *three)
    bounds = 0.25 / 5.0 ** np.arange(9)
    claim(
        "each round divides the gap by five",
        (abs(nine - best_multiplier) < bounds).all(),
    )
    claim(
        "gap is 0.5, which bounds the error by 0.25", 5 / 10, bounds[0]
    )
    claim(
        "makes the whole search ten times as expensive",
        np.isclose(2.5 / (bounds[1] / 10), 10 * 2.5 / bounds[1]),
    )
    claim("gives 0.00000064, less than", bounds[8])
    claim("nine rounds, 99 evaluations", 11 * len(nine))

# %% [markdown]
# ## Pay less for a digit
#
# How many points a round are best? A round of $k$ points divides the gap by $(k-1)/2$,
# so it gains $\log_{10}((k-1)/2)$ digits and costs $k$ evaluations.
#
# :::{admonition} What do you expect?
# :class: dropdown
# Something in between is best. Three points gain nothing: their two gaps are the whole
# stretch. For many, the digits grow only with the logarithm. The best is seven points,
# with 0.068 digits for one evaluation. Eleven, with 0.064, are nearly as good.
# :::

# %%
for k in [3, 5, 7, 11, 50, 1000]:
    digits = np.log10((k - 1) / 2) / k
    print(f"{k:4} points: {digits:.3f} digits per evaluation")

# %% [markdown]
# All of them waste something: a new round computes losses that the last round already
# had. *Golden-section search* {cite}`kiefer1953` keeps two points inside the stretch
# and drops the part beyond the worse one. The better one serves again, so a round costs
# *one* evaluation. Where must the points lie for that?

# %% tags=["hide-input"]
#| name: fig-zoom-golden
#| caption: Two rounds. The left point was better, so the part beyond the right one is
#|   dropped. The left point is now the right one, and only one point is new.
#| alt: Two horizontal lines. On the upper one lie two points, one at the share s from
#|   the left and one as far from the right end; the part beyond s is gray. The lower
#|   line is as long as the rest. The dashed line from the upper left point reaches its
#|   right point, at s squared. Its left point is marked as new.
share = (np.sqrt(5) - 1) / 2
figure, ax = plt.subplots(figsize=(5.4, 2.4))
ax.plot([share, 1], [0, 0], color=GRAY, linestyle=":")
ax.plot([[0, 0], [share, share]], [[0, -1]] * 2, color=BLUE)
ax.plot([1 - share, share], [0, 0], "o", color=BLUE)
ax.plot(share**2, -1, "o", color=BLUE)
ax.plot(share * (1 - share), -1, "o", color=ORANGE)
ax.plot([1 - share, share**2], [-0.1, -0.9], "--", color=GRAY, lw=1)
ax.text(1 - share, 0.15, "1 − s", ha="center")
ax.text(share, 0.15, "s", ha="center")
ax.text(0.81, 0.15, "dropped", color=GRAY, ha="center")
ax.text(share**2, -1.4, "s · s", ha="center")
ax.text(share * (1 - share), -1.4, "new", color=ORANGE, ha="center")
ax.set(ylim=(-1.5, 0.5), title="The better point serves again")
ax.axis("off")
plt.show()

# %% [markdown]
# If a round keeps the share $s$ of the stretch, its points lie at $s$ and $1 - s$. In
# the next round all lengths are $s$ times as long, so its right point belongs at
# $s \cdot s$. The old left point stands there if $s^2 = 1 - s$. That makes $s$ 0.618.


# %%
def golden_section(loss, low, high, evaluations):
    share = (np.sqrt(5) - 1) / 2  # 0.618 of the stretch remains
    left = high - share * (high - low)
    right = low + share * (high - low)
    loss_left, loss_right = loss(left), loss(right)
    for _ in range(evaluations - 2):
        if loss_left < loss_right:  # drop what lies beyond `right`
            high, right, loss_right = right, left, loss_left
            left = high - share * (high - low)
            loss_left = loss(left)
        else:  # drop what lies beyond `left`
            low, left, loss_left = left, right, loss_right
            right = low + share * (high - low)
            loss_right = loss(right)
    return (low + high) / 2


# %% [markdown]
# That gains 0.209 digits for one evaluation, three times as many as seven points.
# Predict: 31 rounds shrink the stretch from 5 to 0.0000017, and its middle is off by
# half of that at most. With the first two evaluations that makes 33 for a millionth.


# %%
def belt_loss(m):
    return np.mean((m * belt_in - belt_cm) ** 2)


golden = golden_section(belt_loss, 0, 5, 33)
print(f"{golden:.7f} after 33 evaluations")
print(f"{abs(golden - best_multiplier):.0e} off")

# %% tags=["remove-cell"]
with checks("Pay less for a digit"):
    rates = {k: np.log10((k - 1) / 2) / k for k in range(3, 1001)}
    share = (np.sqrt(5) - 1) / 2
    claim("Three points gain nothing", rates[3] == 0)
    claim("so it gains log_10((k-1)/2) digits", rates[7] > rates[5])
    claim(
        "Something in between is best",
        3 < max(rates, key=rates.get) < 1000,
    )
    claim("best is seven points, with 0.068", rates[7])
    claim("The best is seven points", max(rates, key=rates.get) == 7)
    claim("with 0.064, are nearly as good", rates[11])
    claim("That makes s 0.618", share)
    claim(
        "The old left point stands there",
        np.isclose(share**2, 1 - share),
    )
    claim("0.209 digits", -np.log10(share))
    claim(
        "three times as many as seven",
        3 < -np.log10(share) / rates[7] < 3.2,
    )
    claim(
        "31 rounds shrink the stretch from 5 to 0.0000017",
        33 - 2,
        np.ptp([0, 5]),
        5 * share**31,
    )
    claim(
        "that makes 33 for a millionth",
        abs(golden - best_multiplier) < 1e-6
        and 5 * share**31 / 2 < 1e-6,
    )

# %% [markdown]
# ## What stops it
#
# Why not go on to all sixteen digits of a float64, the usual number of NumPy? Because
# near its minimum the curve is too flat. Such numbers have gaps, too: the next one
# after the lowest loss, 0.0722, is $1.4 \times 10^{-17}$ away, and no smaller rise can
# be seen. Moving a distance $d$ away from the best multiplier raises the loss by
# $A d^2$, where $A$ is the mean of the squared inches ({eq}`grid-parabola`). Set the
# two equal and solve for $d$.

# %%
rise = np.spacing(belt_loss(best_multiplier))  # to the next float64
floor = np.sqrt(rise / np.mean(belt_in**2))
print(f"{floor:.0e} predicted floor")

# %% [markdown]
# Measure it with zooms from 100 starting stretches. Rounding inside the loss may raise
# the floor, so take it away as a control: compute in fractions, and round only the end.

# %% tags=["nbval-ignore-output"]
from fractions import Fraction

belts = zip(belt_in, belt_cm, strict=True)
rows = [(Fraction(x), Fraction(y)) for x, y in belts]


def exact_losses(m):
    sums = [sum((Fraction(g) * x - y) ** 2 for x, y in rows) for g in m]
    return np.array([float(total / 10) for total in sums])


def zoom_errors(losses, starts):
    zooms = [zoom(losses, s, s + 5, 11, 20) for s in starts]
    return abs(np.array(zooms) - best_multiplier)


starts = np.random.default_rng(0).uniform(-1, 0, size=100)
errors = zoom_errors(belt_losses, starts)
exact_errors = zoom_errors(exact_losses, starts[:20])
print(f"{np.median(errors[:, -1]):.0e} zooming")
print(f"{np.median(exact_errors[:, -1]):.0e} with an exact loss")

# %% [markdown]
# The exact loss stops at the predicted floor, and ordinary arithmetic a little earlier.
# {numref}`fig-grid-zoom` shows the way there.

# %% tags=["nbval-ignore-output", "hide-input"]
#| name: fig-grid-zoom
#| caption: The error against the number of evaluations. The lines with dots are medians
#|   over 100 starting stretches. The line without dots is a promise.
#| alt: Logarithmic axes, with evaluations of the loss across and the error up. A line
#|   for a single grid sinks slowly over the whole width. Two lines with dots drop like
#|   cliffs: zooming, and golden section still earlier. Both go level a little above a
#|   gray line at one ten-billionth, the predicted floor.
grid_sizes = np.array([5, 3e6])
figure, ax = plt.subplots()
ax.loglog(grid_sizes, 2.5 / (grid_sizes - 1), color=BLUE)
medians = np.median(errors, axis=0)
ax.loglog(11 * np.arange(1, 21), medians, ".-", color=ORANGE)
golden_medians = []
for n in range(3, 76, 3):
    ends = [golden_section(belt_loss, s, s + 5, n) for s in starts]
    golden_medians.append(
        np.median(abs(np.array(ends) - best_multiplier))
    )
ax.loglog(range(3, 76, 3), golden_medians, ".-", color=GREEN)
ax.axhline(floor, color=GRAY, linewidth=1)
ax.text(3e3, 2e-3, "single grid", color=BLUE)
ax.text(130, 1e-6, "zooming", color=ORANGE)
ax.text(30, 1e-8, "golden\nsection", color=GREEN, ha="right")
ax.text(2e3, floor * 1.7, "predicted floor", color=GRAY)
ax.set(xlabel="evaluations of the loss", ylabel="error (cm per inch)")
ax.set(ylim=(1e-11, 10), title="Zooming wins, down to a floor")
plt.show()

# %% [markdown]
# About ten of the sixteen digits are all that the *height* of the curve can give. Its
# *slope* does not flatten there: it changes sign. {ref}`slopes` is about it.

# %% tags=["remove-cell"]
with checks("What stops it"):
    claim(
        "loss, 0.0722, is 1.4e-17 away",
        belt_loss(best_multiplier),
        rise,
    )
    given("from 100 starting stretches", "over 100 starting")
    claim(
        "one ten-billionth, the predicted floor",
        0.8e-10 < floor < 1.25e-10,
    )
    claim(
        "The exact loss stops at the predicted floor",
        0.8 < np.median(exact_errors[:, -1]) / floor < 1.25,
    )
    claim("arithmetic a little earlier", 1 < medians[-1] / floor < 10)
    claim(
        "Both go level a little above",
        1 < golden_medians[-1] / floor < 10,
    )
    claim(
        "About ten of the sixteen digits",
        1e-11 < medians[-1] < 1e-8,
    )

# %% [markdown]
# ## Two parameters, and it fails
#
# Give the model a second parameter $b$, an extra length for the buckle: a belt of $x$
# inches measures $mx + b$ centimeters. Zoom over pairs, with a grid of `points` times
# `points` in each round. A `None` adds an axis of length one, as above.


# %%
def zoom_plane(points, rounds, x, center, half):
    """The best pair (m, b) of each round, from center ± half."""
    best = []
    for _ in range(rounds):
        m, b = np.linspace(center - half, center + half, points).T
        lines = m[None, :, None] * x + b[:, None, None]  # (b, m, belts)
        losses = np.mean((lines - belt_cm) ** 2, axis=2)
        row, column = np.unravel_index(losses.argmin(), losses.shape)
        center = np.array([m[column], b[row]])
        half = 2 * half / (points - 1)  # one gap to either side
        best.append(center)
    return np.array(best)


# %% [markdown]
# Start with $m$ from 0 to 5 and $b$ from −5 to 5. `np.polyfit` computes the exact
# answer, by algebra.

# %%
center, half = np.array([2.5, 0]), np.array([2.5, 5])
exact = np.polyfit(belt_in, belt_cm, 1)
print(f"exact: m {exact[0]:.4f}, b {exact[1]:.4f}")
ends = {}
for k in [11, 50, 81]:
    ends[k] = m, b = zoom_plane(k, 20, belt_in, center, half)[-1]
    height = np.mean((m * belt_in + b - belt_cm) ** 2)
    print(f"{k}: m {m:.4f}, b {b:.4f}, loss {height:.4f}")

# %% [markdown]
# None arrives, and 81 points a side end worse than 50. {numref}`fig-zoom-valley` shows
# where the search with 11 points goes wrong.

# %% tags=["hide-input"]
#| name: fig-zoom-valley
#| caption: The loss near its minimum. The contours are labeled with their loss in cm².
#|   Of the first grid only one column of points lies in this part of the plane.
#| alt: The multiplier runs across, the extra length up. Nested oval contours, labeled
#|   0.1, 0.3 and 1, are long, thin and slanted from the upper left to the lower right:
#|   a narrow valley. A column of dots stands at 2.5; the dot at an extra length of 2 is
#|   marked as the best. A shaded band from 1 to 3 is the second grid. The minimum lies
#|   in the valley below the band, at 0.573, and the zoom ends inside the band.
m_axis = np.linspace(2.43, 2.6, 201)
b_axis = np.linspace(-1.5, 4.5, 201)
lines = m_axis[:, None] * belt_in
plane = [np.mean((lines + b - belt_cm) ** 2, axis=1) for b in b_axis]
figure, ax = plt.subplots(figsize=(5.4, 4))
ax.axhspan(1, 3, color=ORANGE, alpha=0.15, linewidth=0)
rings = ax.contour(m_axis, b_axis, plane, [0.1, 0.3, 1], colors=BLUE)
ax.clabel(rings, fontsize=9)
ax.plot(np.full(6, 2.5), range(-1, 5), "o", color=BLACK, markersize=4)
ax.plot(2.5, 2, "o", color=ORANGE, markersize=8)
ax.plot(*ends[11], "X", color=ORANGE, markersize=8)
ax.plot(*exact, "*", color=GREEN, markersize=12)
ax.text(2.565, 2.65, "second grid", color=ORANGE)
line = {"arrowstyle": "-", "color": GRAY}
ax.annotate("best of first", (2.5, 2), (2.535, 2), arrowprops=line)
ax.annotate("zoom ends", ends[11], (2.435, 1.2), arrowprops=line)
ax.annotate("minimum", exact, (2.435, 0.1), arrowprops=line)
ax.set(xlabel="m (cm per inch)", ylabel="b (cm)")
ax.set_title("The second grid no longer holds the minimum")
plt.show()

# %% [markdown]
# The valley is slanted, because a larger $m$ and a smaller $b$ make up for one another.
# Near the valley the first grid has points only
# at $m = 2.5$, and there the bottom of the valley lies at $b = 1.65$. So $b = 2$ wins.
# The next grid goes from 1 to 3, and the minimum, at 0.573, is outside. The best guess
# is no longer a neighbor of the minimum.
#
# Does any size work? Try the 36 from 5 to 40 points a side.


# %%
def arrives(points, x, center, half):
    end = zoom_plane(points, 20, x, center, half)[-1]
    return np.allclose(end, np.polyfit(x, belt_cm, 1), atol=0.001)


sizes = range(5, 41)


def count_arrivals(x, center, half):
    return sum(arrives(k, x, center, half) for k in sizes)


print(count_arrivals(belt_in, center, half), "of 36 arrive")

# %% [markdown]
# Finer grids are no rescue.

# %% tags=["remove-cell"]
with checks("Two parameters, and it fails"):
    claim("Start with m from 0 to 5", 0, center[0] + half[0])
    claim("b from −5 to 5", center[1] - half[1], center[1] + half[1])
    missed = np.array(list(ends.values())) - exact
    claim("None arrives", abs(missed).max(axis=1).min() > 0.1)
    rises = (missed[:, 0, None] * belt_in + missed[:, 1, None]) ** 2
    claim(
        "and 81 points a side end worse than 50",
        [*ends][2],
        [*ends][1],
    )
    claim("end worse than", rises[2].mean() > rises[1].mean())
    given("search with 11 points")
    claim("labeled 0.1, 0.3 and 1", *rings.levels)
    first = zoom_plane(11, 1, belt_in, center, half)[0]
    claim(
        "dots stands at 2.5; the dot at an extra length of 2 is", *first
    )
    claim("A shaded band from 1 to 3", first[1] - 1, first[1] + 1)
    claim("below the band, at 0.573", exact[1])
    claim("the zoom ends inside the band", 1 < ends[11][1] < 3)
    claim("has points only at m = 2.5", first[0])
    claim("lies at b = 1.65", belt_cm.mean() - 2.5 * belt_in.mean())
    claim("So b = 2 wins", first[1])
    claim(
        "from 1 to 3, and the minimum, at 0.573, is outside",
        first[1] - 1,
        first[1] + 1,
        exact[1],
    )
    claim(
        "Try the 36 from 5 to 40 points",
        len(sizes),
        sizes[0],
        sizes[-1],
    )
    claim(
        "Finer grids are no rescue",
        count_arrivals(belt_in, center, half) < 6,
    )

# %% [markdown]
# ## Two cures from one number
#
# At the mean belt, 39.5 inches long, one unit more of $m$ is paid for with 39.5 less of
# $b$. That is the slant of the valley. The grid has other gaps, of 1 in $b$ and 0.5 in
# $m$. Let them have nearly the ratio of the valley, with $b$ from −100 to 100. The gaps
# of $b$ are then 20 times as wide. Can that help?
#
# :::{admonition} What do you expect?
# :class: dropdown
# It does. One gap to the right and one down now lead along the bottom of the valley. So
# the grid has low points all along it, also next to the minimum.
# :::

# %%
center, arrived = np.array([2.5, 0]), {}
for half_b in [5, 20, 80, 100, 120]:
    half = np.array([2.5, half_b])
    arrived[half_b] = count_arrivals(belt_in, center, half)
    print(f"b = 0 ± {half_b:3}: {arrived[half_b]:2} of 36 arrive")

# %% [markdown]
# All 36 arrive with 100, but few with 80 or 120. So a slant is no trouble if the gaps
# fit it, and fit it well ({numref}`fig-zoom-fit`).

# %% tags=["hide-input"]
#| name: fig-zoom-fit
#| caption: The bottom of the valley (the line) and the first grid of 11 points a side
#|   (the dots). In the wide grid a diagonal of dots follows the valley.
#| alt: Two panels of one plane, the multiplier across, the extra length up. In both a
#|   straight line, the valley, falls steeply. On the left, short columns of crowded
#|   dots lie around an extra length of zero, and the line crosses only the middle
#|   column. On the right, columns of widely spaced dots fill the panel, and in each
#|   column one dot, drawn larger, lies almost on the line.
figure, panels = plt.subplots(1, 2, figsize=(5.4, 3.2), sharey=True)
m = np.linspace(1.5, 3.5, 5)
bottom = belt_cm.mean() - m * belt_in.mean()
for ax, half_b in zip(panels, [5, 100], strict=True):
    b = np.linspace(-half_b, half_b, 11)
    ax.plot(m, bottom, color=BLUE)
    ax.plot(*np.meshgrid(m, b), "o", color=BLACK, markersize=2)
    ax.set(xlabel="m (cm per inch)", ylim=(-50, 50))
panels[0].set_title("0 ± 5: crossed once")
panels[1].set_title("0 ± 100: followed")
near_b = 20 * np.round(bottom / 20)
panels[1].plot(m, near_b, "o", color=ORANGE, markersize=7)
panels[0].text(1.75, 33, "valley", color=BLUE)
panels[0].set_ylabel("b (cm)")
plt.show()

# %% [markdown]
# The other cure takes the slant away. Measure inches from their mean, which is called
# *centering*: $m (x - 39.5) + c$ draws the same lines as before, and $c$ is the length
# of the mean belt. Now a larger $m$ makes long belts longer and short ones shorter, and
# no $c$ makes up for that: the loss is a parabola in $m$ plus a parabola in $c$. Try
# the same ranges.

# %%
from_mean_in = belt_in - belt_in.mean()
center, centered = np.array([2.5, 100]), {}
for half_c in [5, 20, 80, 100, 120]:
    half = np.array([2.5, half_c])
    centered[half_c] = count_arrivals(from_mean_in, center, half)
    print(f"c = 100 ± {half_c:3}: {centered[half_c]} of 36 arrive")

# %% [markdown]
# All arrive, with any gaps. Each round now does two zooms with one parameter, and each
# of these keeps its minimum.
#
# The other obstacle stays. With only five points for each of ten parameters, a round
# costs 9,765,625 evaluations. (If the loss split into ten parabolas, ten small zooms
# would do, but centering splits only $c$ from the rest.) A slope costs two for each
# parameter. So the path goes on downhill, and meets slanted valleys again in
# {ref}`conditioning`.

# %% tags=["remove-cell"]
with checks("Two cures from one number"):
    claim(
        "39.5 inches long, one unit more of m is paid for with 39.5",
        belt_in.mean(),
        belt_in.mean(),
    )
    claim("m (x - 39.5) + c draws", belt_in.mean())
    claim("gaps, of 1 in b and 0.5 in m", *(np.array([5, 2.5]) / 5))
    narrow, slanted_half = np.array([2.5, 5]), np.array([2.5, 100])
    given("with b from −100 to 100")
    claim("then 20 times as wide", slanted_half[-1] / narrow[1])
    claim("It does. One gap", arrived[100] == len(sizes))
    given("grid of 11 points a side (")
    claim("lies almost on the line", abs(near_b - bottom).max() < 2.5)
    claim("All 36 arrive with 100", arrived[100], 100)
    claim(
        "but few with 80 or 120",
        *[k for k in (80, 120) if arrived[k] < 12],
    )
    claim(
        "parabola in m plus a parabola in c",
        abs(from_mean_in.mean()) < 1e-12,
    )
    claim(
        "All arrive, with any gaps",
        set(centered.values()) == {len(sizes)},
    )
    claim("costs 9,765,625 evaluations", 5 ** len(belt_in))

# %% tags=["remove-cell"]
with checks("Zooming"):
    claim("guesses from 0 to 5", 0, center[0] + half[0])
    claim("a single grid needs 2,500,001", 1 + np.ptp([0, 5]) / 2e-6)
    claim("Zooming needs 99", 11 * len(nine))
    claim("zoom 33. Can", abs(golden - best_multiplier) < 1e-6)

# %% [markdown]
# ## What to keep
#
# - On a curve with one minimum, the minimum lies between the neighbors of the best
#   guess, so you can zoom. Then every digit costs the same.
# - Golden-section search reuses a point, and pays one evaluation a round.
# - Comparing heights gives about ten digits here: closer to the minimum, rounding hides
#   the rise of the curve.
# - With two parameters a slanted valley breaks the zoom, unless the grid's gaps fit the
#   slant. Centering takes the slant away, and then any gaps will do.

# %% tags=["remove-cell"]
with checks("What to keep"):
    claim("gives about ten digits here", 1e-11 < medians[-1] < 1e-8)

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-zoom-slant
# Let $m$ start from 2 to 3, which is $2.5 \pm 0.5$. How far on either side of zero must
# $b$ start, so that the gaps fit the slant of the valley? Predict `half_b` on paper,
# then check it, and see whether 11 points a side arrive:
#
# ```python
# from helpers import check_answer
#
# check_answer("your half_b", half_b, 19.75, within=0.25)
# half = np.array([0.5, half_b])
# print(arrives(11, belt_in, np.array([2.5, 0]), half))
# ```
#
# What does it print with `half_b` 5 instead?
# ::::
#
# ```{solution-start} ex-zoom-slant
# :class: dropdown
# ```
#
# Both ranges have as many gaps, so the ranges must have the ratio of the valley: 39.5
# times 0.5, which is 19.75. The smaller range fails.

# %%
from helpers import check_answer

half_b = 39.5 * 0.5
check_answer("your half_b", half_b, 19.75, within=0.25)
for b_range in [half_b, 5]:
    half = np.array([0.5, b_range])
    print(arrives(11, belt_in, np.array([2.5, 0]), half))

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    middle = np.array([2.5, 0])
    given("Let m start from 2 to 3, which is 2.5 \\pm 0.5")
    given("whether 11 points a side arrive")
    claim("39.5 times 0.5, which is 19.75", belt_in.mean(), 0.5, half_b)
    given("with half_b 5 instead")
    smaller = np.array([0.5, 5])
    claim(
        "The smaller range fails",
        not arrives(11, belt_in, middle, smaller),
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-zoom-one-gap
# A friend keeps only *half* a gap to either side of the best guess, so that 11 points
# divide the gap by ten each round. On the belts it works: how many rounds and
# evaluations does it need for a millionth? You should get 77 evaluations. Why is it
# allowed here, and on which curves does it lose the minimum?
# ::::
#
# ```{solution-start} ex-zoom-one-gap
# :class: dropdown
# ```
#
# The error is at most 0.25 in the first round, and each further round divides that by
# ten. Seven rounds bring it below a millionth. The belts' loss is a parabola, so the
# half-gap rule of {ref}`grid-search` holds. On a lopsided curve it
# can be nearly a whole gap away, and is lost.

# %%
low, high = 0, 5
for _ in range(7):
    m = np.linspace(low, high, 11)
    best = m[belt_losses(m).argmin()]
    half_gap = (m[1] - m[0]) / 2
    low, high = best - half_gap, best + half_gap
print(f"{abs(best - best_multiplier):.0e} off")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("so that 11 points")
    claim("You should get 77 evaluations", 7 * m.size)
    claim(
        "error is at most 0.25 in the first",
        np.diff(np.linspace(0, 5, 11))[0] / 2,
    )
    claim(
        "Seven rounds bring it below",
        abs(best - best_multiplier) < 0.25e-6,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-zoom-two-valleys
# The curve $x^4 - 3x^2 + x$ has its lowest point near −1.3008. Search it with
# `golden_section` and 40 evaluations, first from −2 to 2, then from −2 to 3:
#
# ```python
# from helpers import check_answer
#
# check_answer("from -2 to 2", first, -1.3008, within=0.0001)
# check_answer("from -2 to 3", second, 1.1309, within=0.0001)
# ```
#
# The second range is larger and holds the lowest point, too. Why is its answer so far
# from it?
# ::::
#
# ```{solution-start} ex-zoom-two-valleys
# :class: dropdown
# ```
#
# The curve has two valleys. The search compares two points and drops the part beyond
# the worse one, which is right only if there is one valley. In the second range the
# right point happens to be lower, so the part with the lowest point is dropped for
# good.


# %%
def two_valleys(x):
    return x**4 - 3 * x**2 + x


first = golden_section(two_valleys, -2, 2, 40)
second = golden_section(two_valleys, -2, 3, 40)
check_answer("from -2 to 2", first, -1.3008, within=0.0001)
check_answer("from -2 to 3", second, 1.1309, within=0.0001)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("lowest point near −1.3008", first)
    given("and 40 evaluations, first from −2 to 2, then from −2 to 3")
    claim("the right point happens to be lower", second > 0)
    claim(
        "The curve has two valleys",
        two_valleys(second) > two_valleys(first),
    )

# %% [markdown]
# ## Sources and further reading
#
# Kiefer {cite}`kiefer1953` found how to place the points of a one-dimensional search.
# Goldberg {cite}`goldberg1991` explains what a float can and cannot hold.
