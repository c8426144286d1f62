# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (leaping)=
# # A leap out of a valley
#
# A large learning rate makes long steps, and a long step can cross a ridge. Is that a
# cure for the wrong valley? On the loss of {ref}`valleys`, at a rate of 41, all of
# thirty descents end in the same one of two valleys. It is the wrong one.
#
# :::{admonition} Before you start
# :class: tip
# - **You will** predict from which learning rate on a step can leap over the ridge,
#   watch one leap, count who leaps, and change the birds so that the leap goes the
#   other way.
# - **You need** the two valleys and their basins from {ref}`valleys`, and the limit
#   $2 / \lambda$ from {ref}`descent`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

# This finds `helpers` when the file runs where it lies.
sys.path.append("..")

# %% [markdown]
# ## Two valleys, two limits
#
# The loss asks for the length of a typical flipper. A bird at distance $d$ from the
# guess costs $s^2 (1 - e^{-d^2/s^2})$, with a width $s$ of 5 mm.

# %%
import numpy as np

from helpers import load_penguins, use_book_style

use_book_style()
penguins = load_penguins()
lengths = penguins["flipper_length_mm"].dropna()
flipper_mm = lengths.to_numpy(dtype=float)

# %% [markdown]
# The loss, its slope and its curvature at many guesses, averaged over the birds:


# %%
def loss_at(guesses, values, width):  # guesses (k,), values (n,)
    ratio = ((guesses[:, None] - values) / width) ** 2  # (k, n)
    return width**2 * (1 - np.exp(-ratio)).mean(axis=1)


def slope_at(guesses, values, width):
    off = guesses[:, None] - values
    return (2 * off * np.exp(-((off / width) ** 2))).mean(axis=1)


def curvature_at(guesses, values, width):
    ratio = ((guesses[:, None] - values) / width) ** 2
    return (2 * (1 - 2 * ratio) * np.exp(-ratio)).mean(axis=1)


# %% [markdown]
# Where the slope changes its sign there is a bottom, or a ridge. At a bottom of
# curvature $\lambda$ a descent can settle only if its rate is below $2 / \lambda$.


# %%
def turning_points(axis, values, width):
    slope = slope_at(axis, values, width)
    return axis[1:][np.diff(np.sign(slope)) != 0]


# %% [markdown]
# On this axis it finds three places, the two bottoms and the ridge.

# %%
axis_mm = np.linspace(150, 250, 10_001)
left_mm, ridge_mm, right_mm = turning_points(axis_mm, flipper_mm, 5)
bottoms = np.array([left_mm, right_mm])
curvatures = curvature_at(bottoms, flipper_mm, 5)
for bottom, curvature in zip(bottoms, curvatures, strict=True):
    print(f"bottom {bottom:.1f} mm, limit {2 / curvature:.1f}")

# %% [markdown]
# The better valley, at 191.5 mm, is also the sharper one: the same tight crowd of birds
# makes it deep and steep. Its limit is 16.5, that of the wrong valley 31.0. At a rate
# in between, a descent in the wrong valley settles, while one in the better valley hops
# to and fro without rest.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Two valleys, two limits"):
    given("of 5 mm")
    claim("The better valley, at 191.5 mm", left_mm)
    depths = loss_at(bottoms, flipper_mm, 5)
    claim("makes it deep", depths[0] < depths[1])
    claim("Its limit is 16.5", 2 / curvatures[0])
    claim("wrong valley 31.0", 2 / curvatures[1])
    claim("is also the sharper one", curvatures[0] > curvatures[1])
    hop = np.array([185.0, 212.0])
    for _ in range(1000):
        hop = hop - 25 * slope_at(hop, flipper_mm, 5)
    after = hop - 25 * slope_at(hop, flipper_mm, 5)
    claim("to and fro without rest", abs(after - hop)[0] > 1)
    claim("in the wrong valley settles", abs(after - hop)[1] < 1e-6)

# %% [markdown]
# ## When a step crosses the ridge
#
# Hopping is not leaping. Stand left of the ridge, which lies at $c_r$. Only from the
# *far* wall, left of the bottom, does a step head for the ridge: there the slope
# $L'(c)$ is negative, and the step leads right, to $c - \eta L'(c)$. It crosses if that
# exceeds $c_r$, so if
#
# ```{math}
# :label: leap-rate
# \eta > \frac{c_r - c}{-L'(c)}
# ```
#
# The right side is the distance to the ridge over the slope. Compute it everywhere. Its
# smallest value is the rate from which on a leap is possible at all. Leaps to the left
# have both signs turned around, so one line does for both.


# %%
def first_leaps(axis, values, width):
    _, ridge, _ = turning_points(axis, values, width)
    rates = (axis - ridge) / slope_at(axis, values, width)
    heads_for_it = rates > 0
    for side in (axis < ridge, axis > ridge):
        here = side & heads_for_it
        first = rates[here].argmin()
        yield rates[here][first], axis[here][first]


# %% [markdown]
# A rate below zero marks a place from which steps lead away from the ridge.

# %%
(out, far_mm), (back, other_mm) = first_leaps(axis_mm, flipper_mm, 5)
print(f"to the right: from {far_mm:.1f} mm, at rates above {out:.1f}")
print(f"to the left: from {other_mm:.1f} mm, at rates above {back:.1f}")

# %% [markdown]
# {numref}`fig-leaping-step` shows the first of these leaps: over the bottom, and over
# the ridge.

# %% tags=["hide-input"]
#| name: fig-leaping-step
#| caption: Two steps from the same place, 185.7 mm. Both follow the slope there; how
#|   far they go depends on the rate. At 25 the step lands on the near side of the
#|   ridge, at 41 beyond it.
#| alt: The loss over flipper length, with a deep valley, a ridge and a shallower
#|   valley. A dashed tangent touches the far left wall at 185.7. From there two arrows
#|   point right. The shorter one, labeled rate 25, ends left of the ridge, the longer
#|   one, labeled rate 41, ends to the right of it.
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY, ORANGE

figure, ax = plt.subplots()
span_mm = np.linspace(175, 230, 551)
ax.plot(span_mm, loss_at(span_mm, flipper_mm, 5), color=BLUE)
height = loss_at(np.array([far_mm]), flipper_mm, 5)[0]
slope = slope_at(np.array([far_mm]), flipper_mm, 5)[0]
ax.axline((far_mm, height), slope=slope, color=GRAY, linestyle="--")
arrow = {"arrowstyle": "->", "color": ORANGE, "lw": 2}
for rate, y in ((25, 22.8), (41, 23.9)):
    end = far_mm - rate * slope
    ax.annotate("", (end, y), (far_mm, y), arrowprops=arrow)
    ax.text(far_mm + 1, y + 0.15, f"rate {rate}")
ax.axvline(ridge_mm, color=GRAY, lw=1)
ax.text(ridge_mm + 0.7, 17.3, "ridge")
ax.plot(far_mm, height, "o", color=ORANGE)
ax.set(xlabel="flipper length (mm)", ylabel="loss (mm²)", ylim=(17, 25))
ax.set_title("A long step passes over the ridge")
plt.show()

# %% [markdown]
# Leaps out of the better valley begin at 34.2, leaps back at 53.8. Out of the better
# valley the way is even the longer one, 18.9 mm against 15.7. But it starts on a wall
# nearly twice as steep, and the steepness wins.
#
# That is a prediction for a whole range of rates: between the two, the way is open in
# one direction only. (Open does not mean taken. A descent must also come by a place
# from which a step crosses.)

# %% tags=["remove-cell"]
with checks("When a step crosses the ridge"):
    claim("better valley begin at 34.2", out)
    claim("leaps back at 53.8", back)
    claim("from the same place, 185.7 mm", far_mm)
    claim("the far left wall at 185.7", far_mm)
    ways_mm = ridge_mm - far_mm, other_mm - ridge_mm
    claim("18.9 mm against 15.7", *ways_mm)
    walls = np.abs(
        slope_at(np.array([far_mm, other_mm]), flipper_mm, 5)
    )
    claim("nearly twice as steep", 1.8 < walls[0] / walls[1] < 2)
    given(
        "At 25 the step",
        "at 41 beyond",
        "labeled rate 25",
        "rate 41, ends",
    )
    claim("lands on the near side", far_mm + 25 * walls[0] < ridge_mm)
    claim("beyond it", far_mm + 41 * walls[0] > ridge_mm)

# %% [markdown]
# ## Watch one, then count
#
# Take a descent that begins next to the better bottom, at a rate of 41. What will it do
# in the better valley, and what after a leap?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The rate is far above the limit of the better valley, so its hops grow wide, and
# sooner or later one lands on the steep part of the far wall. The next step crosses the
# ridge. On the other side the limit, 31.0, is exceeded as well, so it hops there too,
# but no step can lead back.
# :::

# %%
guess = np.array([192.0])
path_mm = [guess[0]]
for _ in range(20):
    guess = guess - 41 * slope_at(guess, flipper_mm, 5)
    path_mm.append(guess[0])
print(np.round(path_mm, 1))

# %% [markdown]
# It does, in {numref}`fig-leaping-orbit`: a descent above the limit $2 / \lambda$ need
# not run away. It can hop within a valley until one of its steps happens to cross.

# %% tags=["hide-input"]
#| name: fig-leaping-orbit
#| caption: The guess, step by step. From the gray band a step at rate 41 crosses the
#|   ridge. The descent lands in the band, leaps, and hops on in the wrong valley.
#| alt: Guess against step, from zero to 20. The guess hops irregularly about a
#|   dotted line at 191.5 until, after ten steps, it lands in a gray band near 185. The
#|   next step crosses a dashed line, the ridge at 204.6. From then on it hops between
#|   two places about the other bottom at 214.3.
figure, ax = plt.subplots()
landing_mm = axis_mm - 41 * slope_at(axis_mm, flipper_mm, 5)
band_mm = axis_mm[(axis_mm < left_mm) & (landing_mm > ridge_mm)]
ax.axhspan(band_mm[0], band_mm[-1], color=GRAY, alpha=0.3, lw=0)
ax.axhline(ridge_mm, color=GRAY, linestyle="--")
ax.text(20, ridge_mm - 0.7, "ridge", ha="right", va="top")
for bottom in bottoms:
    ax.axhline(bottom, color=GRAY, linestyle=":")
ax.plot(path_mm, "o-", color=ORANGE, lw=1, ms=4)
ax.set(xlabel="step", ylabel="guess (mm)", xticks=range(0, 21, 5))
ax.set_title("It hops until a step crosses the ridge")
plt.show()

# %% [markdown]
# Now count: thirty starts, evenly spaced over the birds' range. Each takes 500 steps at
# a large rate, and then 200 at a calm one of 5, at which it settles. Those that come to
# rest within half a millimeter of a bottom count as arrived.


# %%
def count_arrived(values, width, rate, calm, axis):
    guesses = np.linspace(values.min(), values.max(), 30)
    for eta, steps in ((rate, 500), (calm, 200)):
        for _ in range(steps):
            slope = slope_at(guesses, values, width)
            guesses = guesses - eta * slope
    left, _, right = turning_points(axis, values, width)
    off = np.abs(guesses - np.array([[left], [right]]))  # (2, 30)
    return (off < width / 10).sum(axis=1)


# %% [markdown]
# The rates stand on both sides of the predicted one:

# %%
for rate in (5, 30, 34, 35, 40, 53):
    left, right = count_arrived(flipper_mm, 5, rate, 5, axis_mm)
    print(f"rate {rate}: {left} in the better, {right} in the wrong")

# %% [markdown]
# From 5 to 34 the counts are the same. From 35 on the better valley is empty: each
# descent that began there has left it, and none has come back.
# {numref}`fig-leaping-share` shows the whole range. Beyond 53.8 both ways are open. The
# descents wander, and where each one rests depends on when you turn to the calm rate.

# %% tags=["hide-input"]
#| name: fig-leaping-share
#| caption: How many of thirty starts end in the better valley, after 500 steps at the
#|   rate on the axis and 200 calm ones. The others end in the wrong one.
#| alt: Count against learning rate from 5 to 60. The dots lie at 17 up to a dashed line
#|   at 34.2, at zero between it and a second dashed line at 53.8, and between these
#|   values beyond the second line.
rates = [*range(5, 35, 5), 34, *range(35, 54, 3), 54, 57, 60]
ends = np.array(
    [count_arrived(flipper_mm, 5, rate, 5, axis_mm) for rate in rates]
)
figure, ax = plt.subplots()
ax.plot(rates, ends[:, 0], "o", color=BLUE)
for rate in (out, back):
    ax.axvline(rate, color=GRAY, linestyle="--")
ax.text(33.5, 24, "leaps to the\nright begin", ha="right")
ax.text(53, 24, "leaps to the\nleft begin", ha="right")
ax.set(xlabel="learning rate", ylabel="descents", ylim=(-1, 30))
ax.set_title("A large rate empties the better valley")
plt.show()

# %% tags=["remove-cell"]
with checks("Watch one, then count"):
    given(
        "at a rate of 41",
        "takes 500 steps",
        "and then 200 at a",
        "one of 5,",
    )
    given("a step at rate 41", "from zero to 20")
    given("after 500 steps at", "and 200 calm ones", "from 5 to 60")
    claim("31.0, is exceeded as well", 2 / curvatures[1])
    claim("no step can lead back", back > 41)
    claim("far above the limit of", 2 * 2 / curvatures[0] < 41)
    claim("within half a millimeter", 5 / 10 == 0.5)
    path = np.array(path_mm)
    claim("after ten steps, it lands", (path > ridge_mm).argmax() == 11)
    claim("gray band near 185", band_mm.mean())
    claim("lands in the band", band_mm[0] < path[10] < band_mm[-1])
    claim("dotted line at 191.5", left_mm)
    claim("the ridge at 204.6", ridge_mm)
    claim("bottom at 214.3", right_mm)
    ends_at = dict(zip(rates, ends.tolist(), strict=True))
    calm_ones = [ends_at[rate] for rate in rates if rate <= 34]
    claim(
        "From 5 to 34 the counts are the same",
        all(pair == calm_ones[0] for pair in calm_ones),
    )
    between = [ends_at[rate] for rate in rates if 35 <= rate <= 53]
    claim(
        "From 35 on the better valley is empty",
        all(pair == [0, 30] for pair in between),
    )
    claim("The others end in the wrong", (ends.sum(axis=1) == 30).all())
    claim("Beyond 53.8 both", back)
    claim("The dots lie at 17", ends_at[5][0])
    claim("at 34.2, at zero", out)
    claim("second dashed line at 53.8", back)
    beyond = [ends_at[rate][0] for rate in (54, 57, 60)]
    claim(
        "values beyond the second", 0 < min(beyond) < max(beyond) < 17
    )

# %% tags=["remove-cell"]
with checks("A leap out of a valley"):
    claim("at a rate of 41, all of", ends_at[41] == [0, 30])
    claim("It is the wrong one", ends_at[41][0] < ends_at[5][0])

# %% [markdown]
# ## The control: loosen the crowd
#
# Does a large rate prefer the worse valley? The condition {eq}`leap-rate` knows nothing
# of worse and better, only of distance and slope. So take the steepness away: let each
# bird of the left crowd lie 1.5 times as far from the crowd's bottom. To keep the
# crowds apart, move it 10 mm to the left as well, and see what the move does alone.

# %%
in_left = flipper_mm < ridge_mm
for factor in (1, 1.5):
    moved_mm = flipper_mm.copy()
    off_mm = flipper_mm[in_left] - left_mm
    moved_mm[in_left] = left_mm - 10 + factor * off_mm
    places = turning_points(axis_mm, moved_mm, 5)
    losses = loss_at(places, moved_mm, 5)[[0, 2]]
    limits = 2 / curvature_at(places, moved_mm, 5)[[0, 2]]
    leaps = [rate for rate, _ in first_leaps(axis_mm, moved_mm, 5)]
    print(f"factor {factor}: losses {losses.round(1)}")
    print(f"  limits: left {limits[0]:.1f}, right {limits[1]:.1f}")
    print(f"  leaps: right {leaps[0]:.1f}, left {leaps[1]:.1f}")
    for rate in (5, 66):
        left, right = count_arrived(moved_mm, 5, rate, 5, axis_mm)
        print(f"  rate {rate}: {left} left, {right} right")

# %% [markdown]
# The left valley is the better one both times. Moved alone, it is still the sharper
# one, with the smaller limit. Leaps out of it begin first, and at 66 it is empty.
# Loosened as well, its far wall is little more than half as steep, and it has become
# the flatter valley. Now leaps *into* it begin first, at 64.1, leaps out of it at 92.8,
# and at the same 66 all thirty end in it. The large steps that did harm above do good.
#
# So a large rate leads out of a sharp valley with steep walls, into a flatter one.
# Whether the flatter one is the better one is up to the data, and not to the rate.

# %% tags=["remove-cell"]
with checks("The control: loosen the crowd"):
    given(
        "lie 1.5 times", "move it 10 mm", "at 66 it is", "the same 66"
    )
    found = {}
    for factor in (1, 1.5):
        moved_mm = flipper_mm.copy()
        moved_mm[in_left] = (
            left_mm - 10 + factor * (flipper_mm[in_left] - left_mm)
        )
        places = turning_points(axis_mm, moved_mm, 5)
        losses = loss_at(places, moved_mm, 5)
        (right_at, wall_mm), (left_at, _) = first_leaps(
            axis_mm, moved_mm, 5
        )
        wall = slope_at(np.array([wall_mm]), moved_mm, 5)[0]
        limits = 2 / curvature_at(places, moved_mm, 5)
        arrived = count_arrived(moved_mm, 5, 66, 5, axis_mm).tolist()
        found[factor] = losses, limits, right_at, left_at, wall, arrived
    claim(
        "the better one both times",
        all(losses[0] < losses[2] for losses, *_ in found.values()),
    )
    _, limits, right_at, left_at, tight_wall, arrived = found[1]
    claim("still the sharper one", limits[0] < limits[2])
    claim("Leaps out of it begin first", right_at < left_at)
    claim("at 66 it is empty", arrived == [0, 30])
    _, limits, right_at, left_at, loose_wall, arrived = found[1.5]
    claim(
        "more than half as steep", 0.5 < loose_wall / tight_wall < 0.6
    )
    claim("become the flatter", limits[0] > limits[2])
    claim("begin first, at 64.1", left_at)
    claim("leaps out of it at 92.8", right_at)
    claim("all thirty end in it", arrived == [30, 0])

# %% [markdown]
# ## What to keep
#
# - A step can leap out of a valley if the learning rate exceeds the distance to the
#   ridge over the slope, somewhere on the far wall. Whether one does depends on where
#   the descent comes by.
# - A descent above the limit $2 / \lambda$ need not run away. Here it hops within the
#   valley until a step happens to cross the ridge.
# - Here a large rate empties the sharper valley, with the steeper walls. That can be
#   the better one. To choose a valley, compare losses.

# %% [markdown]
# ## Exercises
#
# ::::{exercise} Open, but not taken
# :label: ex-leaping-open
#
# Take the depths of the bills instead, at a width of 0.8 mm, on the axis
# `np.linspace(11, 24, 13_001)`, with a calm rate of 2. First compute the limits of both
# bottoms and the two rates of {eq}`leap-rate`: leaps to the right should begin at 25.1.
# Then count the arrivals at rates of 2, 38 and 50. Why do only a few leave the left
# valley at 38, though the way is open? And why do all end there at 50?
# ::::
#
# ```{solution-start} ex-leaping-open
# :class: dropdown
# ```

# %%
depth_mm = penguins["bill_depth_mm"].dropna().to_numpy(dtype=float)
depth_axis_mm = np.linspace(11, 24, 13_001)
places = turning_points(depth_axis_mm, depth_mm, 0.8)
limits = 2 / curvature_at(places[[0, 2]], depth_mm, 0.8)
print(f"limits: left {limits[0]:.1f}, right {limits[1]:.1f}")
leaps = [rate for rate, _ in first_leaps(depth_axis_mm, depth_mm, 0.8)]
print(f"leaps: right {leaps[0]:.1f}, left {leaps[1]:.1f}")
for rate in (2, 38, 50):
    arrived = count_arrived(depth_mm, 0.8, rate, 2, depth_axis_mm)
    print(f"rate {rate}: {arrived[0]} left, {arrived[1]} right")

# %% [markdown]
# At 38 the rate is below the limit of the left bottom, 42.0. So a descent on the left
# settles, and only those leap that *begin* on the far wall. At 50 the right valley,
# with its limit of 22.0, is left by hopping, as the better valley was above. The left
# limit is exceeded only a little: the hops there stay small and never reach the far
# wall. As with the flippers, the flatter valley wins, and it is the worse one.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("width of 0.8 mm", "calm rate of 2.", "rates of 2, 38 and 50")
    given("valley at 38, though", "end there at 50?")
    claim("should begin at 25.1", leaps[0])
    given("At 38 the rate is", "At 50 the right")
    claim("the left bottom, 42.0", limits[0])
    claim("its limit of 22.0", limits[1])
    few = count_arrived(depth_mm, 0.8, 38, 2, depth_axis_mm)
    calm_few = count_arrived(depth_mm, 0.8, 2, 2, depth_axis_mm)
    claim("do only a few leave the left", 0 < calm_few[0] - few[0] < 6)
    all_left = count_arrived(depth_mm, 0.8, 50, 2, depth_axis_mm)
    claim("all end there at 50", all_left.tolist() == [30, 0])
    first = np.linspace(depth_mm.min(), depth_mm.max(), 30)
    then = first - 38 * slope_at(first, depth_mm, 0.8)
    across = ((first < places[1]) & (then > places[1])).sum()
    claim("*begin* on the far", across == calm_few[0] - few[0])
    losses = loss_at(places, depth_mm, 0.8)
    claim("it is the worse one", losses[0] > losses[2])

# %% [markdown]
# ## Sources and further reading
#
# - {cite}`cohen2021` watch networks train at the limit $2 / \lambda$, where the loss
#   still falls in the long run.
# - That networks with flat minima predict unseen data better is an old idea
#   {cite}`hochreiter1997`, and {cite}`wu2018` study which minima a large rate can hold.
#   {cite}`dinh2017` answer that a network can be rewritten, without changing any
#   prediction, so that its minimum is as sharp as you like.
