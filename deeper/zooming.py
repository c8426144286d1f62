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
# Here are the ten belts again, and their best multiplier by algebra, to compare with.

# %%
import numpy as np

from helpers import load_belts, use_book_style

use_book_style()
belt_in, belt_cm = load_belts()
best_multiplier = np.mean(belt_in * belt_cm) / np.mean(belt_in**2)
print(f"{best_multiplier:.7f} cm per inch")

# %% [markdown]
# Let the loss take a whole array of multipliers. The index `[:, None]` turns them into
# a column, so that NumPy multiplies each of them with each belt. The mean is taken
# along each row.


# %%
def losses_of(m, belt_in, belt_cm):
    """Mean squared error in cm² of each multiplier."""
    residuals = m[:, None] * belt_in - belt_cm  # (guesses, belts)
    return np.mean(residuals**2, axis=1)


# %% [markdown]
# The loss falls to one lowest point and then rises. On such a curve the minimum lies
# between the two neighbors of the best guess. Keep that stretch, two gaps wide, and put
# a new grid on it.


# %%
def zoom(low, high, points, rounds, belt_in, belt_cm):
    """The best guess of each round."""
    best = []
    for _ in range(rounds):
        m = np.linspace(low, high, points)
        best.append(m[losses_of(m, belt_in, belt_cm).argmin()])
        gap = m[1] - m[0]
        low, high = best[-1] - gap, best[-1] + gap
    return np.array(best)


print(zoom(0, 5, 11, 3, belt_in, belt_cm))

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

answers = zoom(0, 5, 11, 3, belt_in, belt_cm)
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
zoomed = zoom(0, 5, 11, 9, belt_in, belt_cm)[-1]
print(f"{zoomed:.7f} after 9 rounds")
print(f"{abs(zoomed - best_multiplier):.0e} off")

# %% [markdown]
# With a single grid, every further digit makes the whole search ten times as expensive.
# With the zoom, every digit costs the same.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Keep two gaps, drop the rest"):
    three = zoom(0, 5, 11, 3, belt_in, belt_cm)
    nine = zoom(0, 5, 11, 9, belt_in, belt_cm)
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
# so it gains $\log_{10}((k-1)/2)$ digits and costs $k$ evaluations. More points gain
# more and cost more.
#
# :::{admonition} What do you expect?
# :class: dropdown
# Something in between is best. Three points gain nothing: their two gaps are the whole
# stretch. Very many points gain little more than many, since the digits grow only with
# the logarithm. The best is seven points, with 0.068 digits for one evaluation. Eleven,
# with 0.064, are nearly as good.
# :::

# %%
for k in [3, 5, 7, 11, 50, 1000]:
    digits = np.log10((k - 1) / 2) / k
    print(f"{k:4} points: {digits:.3f} digits per evaluation")

# %% [markdown]
# All of them waste something: a new round computes losses that the last round already
# had. *Golden-section search* {cite}`kiefer1953` keeps two points inside the stretch
# and drops the part beyond the worse one. Its trick is where the points lie: the better
# one serves again in the next round. So a round costs *one* evaluation.


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
# A round shrinks the stretch to 0.618 of its width. That gains 0.209 digits for one
# evaluation, three times as many as seven points. Predict: 31 rounds shrink the stretch
# from 5 to 0.0000017, and its middle is off by half of that at most. With the first two
# evaluations that makes 33 for a millionth.


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
    claim("A round shrinks the stretch to 0.618", share)
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
# Why not go on, to all sixteen digits that a float64 holds, the usual number of NumPy?
# Because near its minimum the curve is too flat. Such numbers have gaps, too: the next
# one after the lowest loss, 0.0722, is $1.4 \times 10^{-17}$ away, and no smaller rise
# can be seen. Moving a distance $d$ away from the best multiplier raises the loss by
# $A d^2$, where $A$ is the mean of the squared inches ({eq}`grid-parabola`). Set the
# two equal and solve for $d$.

# %%
rise = np.spacing(belt_loss(best_multiplier))  # to the next float64
floor = np.sqrt(rise / np.mean(belt_in**2))
print(f"{floor:.0e} predicted floor")

# %% [markdown]
# Measure it with zooms from 100 starting stretches.

# %% tags=["nbval-ignore-output"]
starts = np.random.default_rng(0).uniform(-1, 0, size=100)
zooms = [zoom(s, s + 5, 11, 20, belt_in, belt_cm) for s in starts]
zoom_errors = abs(np.array(zooms) - best_multiplier)
print(f"{np.median(zoom_errors[:, -1]):.0e} zooming")

# %% [markdown]
# The order of magnitude is right, and {numref}`fig-grid-zoom` shows the way there.

# %% tags=["nbval-ignore-output", "hide-input"]
#| name: fig-grid-zoom
#| caption: The error against the number of evaluations. The line with dots is the
#|   median over 100 zooms. The lines without dots are promises.
#| alt: Logarithmic axes, with evaluations of the loss across and the error up. A line
#|   for a single grid sinks slowly over the whole width. Two other lines drop like
#|   cliffs: zooming, and golden section still earlier. Zooming goes level near a gray
#|   line at one ten-billionth, the predicted floor.
sizes = np.array([5, 3e6])
figure, ax = plt.subplots()
ax.loglog(sizes, 2.5 / (sizes - 1), color=BLUE)
medians = np.median(zoom_errors, axis=0)
ax.loglog(11 * np.arange(1, 21), medians, ".-", color=ORANGE)
n = np.arange(3, 50)
ax.loglog(n, 2.5 * 0.618 ** (n - 2.0), color=GREEN)
ax.axhline(floor, color=GRAY, linewidth=1)
ax.text(3e3, 2e-3, "single grid", color=BLUE)
ax.text(130, 1e-6, "zooming", color=ORANGE)
ax.text(30, 1e-8, "golden\nsection", color=GREEN, ha="right")
ax.text(2e3, floor * 1.7, "predicted floor", color=GRAY)
ax.set(xlabel="evaluations of the loss", ylabel="error (cm per inch)")
ax.set_ylim(1e-11, 10)
ax.set_title("Zooming wins, down to a floor")
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
    given("from 100 starting stretches", "over 100 zooms")
    claim(
        "one ten-billionth, the predicted floor",
        0.8e-10 < floor < 1.25e-10,
    )
    claim(
        "The order of magnitude is right",
        floor / 10 < medians[-1] < 10 * floor,
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
def zoom_plane(points, rounds, x, y, center, half):
    """The best pair (m, b) of each round, from center ± half."""
    best = []
    for _ in range(rounds):
        m, b = np.linspace(center - half, center + half, points).T
        lines = m[None, :, None] * x + b[:, None, None]  # (b, m, belts)
        losses = np.mean((lines - y) ** 2, axis=2)
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
print(f"exact:      m = {exact[0]:.4f}, b = {exact[1]:.4f}")
ends = {}
for points in [11, 50]:
    grids = zoom_plane(points, 20, belt_in, belt_cm, center, half)
    ends[points] = m, b = grids[-1]
    print(f"{points} a side: m = {m:.4f}, b = {b:.4f}")

# %% [markdown]
# Neither arrives, although twenty rounds are plenty. {numref}`fig-zoom-valley` shows
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
plane = [losses_of(m_axis, belt_in, belt_cm - b) for b in b_axis]
figure, ax = plt.subplots(figsize=(5.4, 4))
ax.axhspan(1, 3, color=ORANGE, alpha=0.15, linewidth=0)
levels = [0.1, 0.3, 1]
rings = ax.contour(m_axis, b_axis, plane, levels, colors=BLUE)
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
# The valley is slanted, because a larger $m$ and a smaller $b$ make up for one another:
# both change the length of every belt. Near the valley the first grid has points only
# at $m = 2.5$, and there the bottom of the valley lies at $b = 1.65$. So $b = 2$ wins.
# The next grid goes from 1 to 3, and the minimum, at 0.573, is outside. The best guess
# is no longer a neighbor of the minimum.
#
# Do more points help? Try every size from 5 to 120 points a side.


# %%
def arrives(points, x, y, center, half):
    end = zoom_plane(points, 20, x, y, center, half)[-1]
    best = np.polyfit(x, y, 1)
    return np.allclose(end, best, atol=0.001)


sizes = range(5, 121)
arrived = [arrives(k, belt_in, belt_cm, center, half) for k in sizes]
print(f"{sum(arrived)} of {len(sizes)} sizes arrive")

# %% [markdown]
# Nearly all of the 116 miss. Finer grids end lower in the valley on the whole, but that
# is no promise: 101 points a side still miss the minimum.

# %% tags=["remove-cell"]
with checks("Two parameters, and it fails"):
    claim("Start with m from 0 to 5", 0, center[0] + half[0])
    claim("b from −5 to 5", center[1] - half[1], center[1] + half[1])
    missed = np.array(list(ends.values())) - exact
    claim("Neither arrives", abs(missed).max(axis=1).min() > 0.1)
    given("search with 11 points")
    claim("labeled 0.1, 0.3 and 1", *levels)
    first = zoom_plane(11, 1, belt_in, belt_cm, center, half)[0]
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
    claim("size from 5 to 120 points a side", sizes[0], sizes[-1])
    claim("Nearly all of the 116 miss", len(sizes))
    claim("Nearly all of", sum(arrived) < 10)
    claim(
        "101 points a side still miss",
        not arrived[101 - sizes.start],
    )
    found = [
        zoom_plane(k, 20, belt_in, belt_cm, center, half)[-1]
        for k in (*range(5, 34), *range(92, 121))
    ]
    heights = [
        np.mean((m * belt_in + b - belt_cm) ** 2) for m, b in found
    ]
    claim(
        "Finer grids end lower in the valley on the whole",
        np.median(heights[29:]) < np.median(heights[:29]),
    )

# %% [markdown]
# ## The cure
#
# If the slant is the trouble, take it away. Measure inches not from zero but from their
# mean, 39.5, which is called *centering*. The second parameter $c$ is then the length
# of the mean belt in centimeters, and $m (x - 39.5) + c$ draws the same lines as
# before. But now a larger $m$ makes the long belts longer and the short ones shorter,
# and no $c$ makes up for that. Will the zoom arrive?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The loss splits into a parabola in $m$ plus a parabola in $c$, without a term that has
# both. So the best column is the same in every row. Each round does two zooms with one
# parameter, and each of these keeps its minimum. Yes: even 11 points a side will do.
# :::

# %%
from_mean_in = belt_in - belt_in.mean()
center, half = np.array([2.5, 100]), np.array([2.5, 100])
print("exact:", np.polyfit(from_mean_in, belt_cm, 1))
ends = zoom_plane(11, 20, from_mean_in, belt_cm, center, half)
print("11 a side:", ends[-1])
arrived = [
    arrives(k, from_mean_in, belt_cm, center, half) for k in sizes
]
print(f"{sum(arrived)} of {len(sizes)} sizes arrive")

# %% [markdown]
# It arrives with 11 points a side, and so do all 116 sizes. The only change was to
# subtract a mean. (The extra length is $b = c - 39.5 m$, 0.573 as before.)
#
# The other obstacle stays. Even with only three points for each parameter, a round with
# ten parameters costs 59,049 evaluations. A slope costs two for each parameter. So the
# path goes on downhill, meets slanted valleys again, and uses the same cure:
# {ref}`conditioning`.

# %% tags=["remove-cell"]
with checks("The cure"):
    claim("from their mean, 39.5", belt_in.mean())
    claim("m (x - 39.5) + c draws", belt_in.mean())
    claim("b = c - 39.5 m", belt_in.mean())
    best_c = np.polyfit(from_mean_in, belt_cm, 1)
    claim(
        "without a term that has both", abs(from_mean_in.mean()) < 1e-12
    )
    claim(
        "even 11 points a side will do",
        abs(ends[-1] - best_c).max() < 1e-6,
    )
    claim(
        "It arrives with 11 points a side",
        abs(ends[-1] - best_c).max() < 1e-6,
    )
    claim("so do all 116 sizes", sum(arrived))
    claim("0.573 as before", best_c[1] - best_c[0] * belt_in.mean())
    claim("costs 59,049 evaluations", 3 ** len(belt_in))

# %% tags=["remove-cell"]
with checks("Zooming"):
    claim("guesses from 0 to 5", 0, center[0] + half[0])
    claim("a single grid needs 2,500,001", 1 + 2 * half[0] / 2e-6)
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
# - With two parameters a slanted valley breaks the zoom. Centering takes away the
#   slant, and the zoom arrives.

# %% tags=["remove-cell"]
with checks("What to keep"):
    claim("gives about ten digits here", 1e-11 < medians[-1] < 1e-8)

# %% [markdown]
# ## Exercises
#
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
from helpers import check_answer


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
