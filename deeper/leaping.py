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
# - **You will** predict from which learning rate on a step leaps over the ridge, count
#   who leaps, and find data for which the leap goes the other way.
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
# Its slope and its curvature at many guesses, averaged over the birds:


# %%
def slope_at(guesses, values, width):  # guesses (k,), values (n,)
    off = guesses[:, None] - values  # (k, n)
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
# The better valley, at 191.5 mm, is also the sharper one. Its limit is 16.5, that of
# the wrong valley 31.0. In between, a descent in the better valley hops to and fro
# without rest while one in the wrong valley settles.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Two valleys, two limits"):
    given("of 5 mm")
    claim("The better valley, at 191.5 mm", left_mm)
    claim("Its limit is 16.5", 2 / curvatures[0])
    claim("wrong valley 31.0", 2 / curvatures[1])
    claim("is also the sharper one", curvatures[0] > curvatures[1])
    hop = np.array([185.0, 212.0])
    for _ in range(1000):
        hop = hop - 25 * slope_at(hop, flipper_mm, 5)
    after = hop - 25 * slope_at(hop, flipper_mm, 5)
    claim("hops to and fro without", abs(after - hop)[0] > 1)
    claim("in the wrong valley settles", abs(after - hop)[1] < 1e-6)

# %% [markdown]
# ## When a step crosses the ridge
#
# Hopping is not leaping. A step from $c$ leads to $c - \eta L'(c)$. From the left it
# crosses the ridge, at $c_r$, only if that exceeds $c_r$, so only if
#
# ```{math}
# :label: leap-rate
# \eta > \frac{c_r - c}{-L'(c)}
# ```
#
# The right side is the distance to the ridge over the slope. Its smallest value is the
# rate from which on leaps are possible at all. For leaps to the left turn the signs
# around.


# %%
def leap_rates(axis, values, width):
    slope = slope_at(axis, values, width)
    _, ridge, _ = turning_points(axis, values, width)
    left = (axis < ridge) & (slope < 0)
    right = (axis > ridge) & (slope > 0)
    to_right = (axis[left] - ridge) / slope[left]
    to_left = (axis[right] - ridge) / slope[right]
    return to_right.min(), to_left.min()


# %% [markdown]
# `left` and `right` pick the places on each side from which a step heads for the ridge.

# %%
to_right, to_left = leap_rates(axis_mm, flipper_mm, 5)
print(f"to the right from rate {to_right:.1f} on")
print(f"to the left from rate {to_left:.1f} on")

# %% [markdown]
# The better valley has the steeper walls, so leaps out of it begin at 34.2; leaps back
# begin at 53.8. That is a prediction for a whole range of rates: between the two, the
# way is open in one direction only.

# %% tags=["remove-cell"]
with checks("When a step crosses the ridge"):
    claim("leaps out of it begin at 34.2", to_right)
    claim("leaps back begin at 53.8", to_left)
    slope = slope_at(axis_mm, flipper_mm, 5)
    claim(
        "has the steeper walls",
        -slope[axis_mm < left_mm].min()
        > slope[axis_mm > right_mm].max(),
    )

# %% [markdown]
# ## Count who leaps
#
# Thirty starts, evenly spaced over the birds' range. Each takes 500 steps at a large
# rate, and then 200 at a calm one, at which it settles in the valley where it is.
#
# :::{admonition} What do you expect?
# :class: dropdown
# Below the first of the two rates nobody can change sides. Between them the descents on
# the left hop without rest, for their limit is far exceeded, and sooner or later one of
# their steps may cross. Those on the right cannot come back. So the better valley
# should empty. Above the second rate both ways are open.
# :::


# %%
def share_left(values, width, rate, calm, axis):
    _, ridge, _ = turning_points(axis, values, width)
    guesses = np.linspace(values.min(), values.max(), 30)
    for eta, steps in ((rate, 500), (calm, 200)):
        for _ in range(steps):
            slope = slope_at(guesses, values, width)
            guesses = guesses - eta * slope
    return (guesses < ridge).mean()


# %% [markdown]
# For the flippers the calm rate is 5.

# %%
for rate in (5, 30, 34, 35, 40, 53):
    share = share_left(flipper_mm, 5, rate, 5, axis_mm)
    print(f"rate {rate}: {share:.0%} end in the better valley")

# %% [markdown]
# From 5 to 34 the share is the same. From 35 on it is zero: each descent that began in
# the better valley has left it, and none has come back. {numref}`fig-leaping-share`
# shows the whole range.

# %% tags=["hide-input"]
#| name: fig-leaping-share
#| caption: The share of thirty starts that end in the better valley, after 500 steps at
#|   the rate on the axis and 200 calm ones.
#| alt: Share against learning rate from 5 to 60. The dots lie at 57 percent up to a
#|   dashed line at 34.2, at zero between it and a second dashed line at 53.8, and
#|   between these values beyond the second line.
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY

rates = [*range(5, 35, 5), 34, *range(35, 54, 3), 54, 57, 60]
shares = [share_left(flipper_mm, 5, rate, 5, axis_mm) for rate in rates]
figure, ax = plt.subplots()
ax.plot(rates, shares, "o", color=BLUE)
for rate in (to_right, to_left):
    ax.axvline(rate, color=GRAY, linestyle="--")
ax.text(33.5, 0.75, "leaps to the\nright begin", ha="right")
ax.text(53, 0.75, "leaps to the\nleft begin", ha="right")
ax.set(xlabel="learning rate", ylabel="share", ylim=(-0.05, 1))
ax.set_title("A large rate empties the better valley")
plt.show()

# %% tags=["remove-cell"]
with checks("Count who leaps"):
    given(
        "takes 500 steps at a large",
        "and then 200 at a calm",
        "the calm rate is 5",
    )
    given("after 500 steps at", "and 200 calm ones", "from 5 to 60")
    share = dict(zip(rates, shares, strict=True))
    same = len({share[r] for r in rates if r <= 34}) == 1
    claim("From 5 to 34 the share is the same", same)
    none_left = all(share[r] == 0 for r in rates if 35 <= r <= 53)
    claim("From 35 on it is zero", none_left)
    claim("lie at 57 percent", 100 * share[5])
    claim("dashed line at 34.2", to_right)
    claim("second dashed line at 53.8", to_left)
    beyond = [share[r] for r in (54, 57, 60)]
    claim(
        "between these values beyond",
        0 < min(beyond) < max(beyond) < share[5],
    )

# %% tags=["remove-cell"]
with checks("A leap out of a valley"):
    claim("at a rate of 41, all of", share[41] == 0)
    claim("It is the wrong one", share[41] == 0 < share[5])

# %% [markdown]
# ## The control: the other way around
#
# Does a large rate prefer the worse valley? The condition {eq}`leap-rate` knows nothing
# of worse and better, only of distance and slope. So look for data where the numbers
# are the other way around: the depths of the bills, with a width of 0.8 mm.

# %%
depth_mm = penguins["bill_depth_mm"].dropna().to_numpy(dtype=float)
depth_axis_mm = np.linspace(11, 24, 13_001)
places = turning_points(depth_axis_mm, depth_mm, 0.8)
print(f"bottom, ridge, bottom: {places.round(1)} mm")
out_of_left, out_of_right = leap_rates(depth_axis_mm, depth_mm, 0.8)
print(f"leaps: right {out_of_left:.1f}, left {out_of_right:.1f}")
for rate in (2, 24, 45, 50):
    share = share_left(depth_mm, 0.8, rate, 2, depth_axis_mm)
    print(f"rate {rate}: {share:.0%} end at the left bottom")

# %% [markdown]
# Here the better valley is the right one, and leaps *into* it begin at 25.1 while leaps
# out of it begin at 45.8. At a rate of 45, between the two, the share in the worse
# valley falls from 30% to 13%: the same large steps that did harm above do good. (Not
# all who may leap do. Some hop about their bottom and never reach a place from which a
# step crosses.) At 50 the way out of the better valley is open as well, and all thirty
# end in the worse one.
#
# So a large rate is a way out of *some* valley. Which one depends on the walls, and not
# on which is better.

# %% tags=["remove-cell"]
with checks("The control: the other way around"):
    given("with a width of 0.8 mm", "At a rate of 45", "At 50 the way")
    ends = places[[0, 2]][:, None] - depth_mm
    depths = (1 - np.exp(-((ends / 0.8) ** 2))).mean(axis=1)
    claim("the better valley is the right one", depths[1] < depths[0])
    claim("into* it begin at 25.1", out_of_left)
    claim("out of it begin at 45.8", out_of_right)
    at = {
        rate: share_left(depth_mm, 0.8, rate, 2, depth_axis_mm)
        for rate in (2, 45, 50)
    }
    claim("falls from 30% to 13%", at[2], at[45])
    claim("all thirty end in the worse one", at[50] == 1)

# %% [markdown]
# ## What to keep
#
# - A step leaps out of a valley if the learning rate exceeds the distance to the ridge
#   over the slope, somewhere on the way.
# - A descent above the limit $2 / \lambda$ need not run away. Here it hops within the
#   valley until a step happens to cross the ridge.
# - A large rate leaves a valley with steep walls and a near ridge first. That can be
#   the better one. To choose a valley, compare losses.
