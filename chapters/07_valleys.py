# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (valleys)=
# # What the start decides
#
# How long is the flipper of a typical penguin? Run the loop of {ref}`descent` on one
# loss, from three starts. One run answers 191.5 mm, one 214.3 mm, and the third stays
# where it began, at 140 mm, shorter than any flipper there is. All three end with a
# slope of practically zero, and no line of the code is wrong. What happened?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** meet a loss with two valleys, predict which start ends where, cross a
#   plateau, leave a saddle by a nudge, and tell four kinds of zero gradient apart.
# - **You need** the loop and its limit from {ref}`descent`, and the Hessian and its
#   eigenvalues from {ref}`conditioning`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

# This finds `helpers` when the file runs where it lies.
sys.path.append("..")

# %% [markdown]
# ## One number for two crowds
#
# If you measure a guess by its mean squared error, the best guess is the mean. How
# typical is it?

# %%
import numpy as np

from helpers import load_penguins, use_book_style

use_book_style()
lengths = load_penguins()["flipper_length_mm"].dropna()
flipper_mm = lengths.to_numpy(dtype=float)
mean_mm = flipper_mm.mean()
close = np.abs(flipper_mm - mean_mm) <= 1
print(f"{len(flipper_mm)} birds, mean {mean_mm:.1f} mm")
print(f"{close.sum()} birds within 1 mm of the mean")

# %% [markdown]
# Hardly any bird is like the mean. The pull of a squared error grows with the distance,
# so the birds far away on both sides hold the guess in the gap between two crowds.
#
# To find a length that many birds *have*, let the pull fade with the distance instead.
# Write $c$ for the guess, and choose a *width* $s$. A bird of length $x_i$ shall cost
#
# ```{math}
# :label: bounded-cost
# s^2 \left(1 - e^{-(c - x_i)^2 / s^2}\right)
# ```
#
# Up close this is nearly the squared error $(c - x_i)^2$. Many widths away it is $s^2$
# and stays there: a bird that far off has no say in where the guess goes. The loss is
# the mean of the costs. Its slope is the mean of
# $2 (c - x_i) \, e^{-(c - x_i)^2 / s^2}$: the pull of the squared error, times a weight
# that fades. In the code, `guesses[:, None]` makes a column of the guesses, so that the
# loss of many guesses comes out at once.


# %%
def bounded_loss(guesses, values, width):  # guesses (k,), values (n,)
    off = guesses[:, None] - values  # (k, n)
    cost = width**2 * (1 - np.exp(-((off / width) ** 2)))
    return cost.mean(axis=1)


def bounded_slope(guesses, values, width):
    off = guesses[:, None] - values
    pull = 2 * off * np.exp(-((off / width) ** 2))
    return pull.mean(axis=1)


# %% [markdown]
# {numref}`fig-valleys-loss` draws the loss for a width of 5 mm below the birds.

# %% tags=["hide-input"]
#| name: fig-valleys-loss
#| caption: Each crowd of birds digs a valley. Far from all birds the loss is flat. The
#|   circles are the three starts of the opening.
#| alt: Two panels over flipper length from 136 to 250 millimeters. Above, a histogram
#|   with a large hump near 191 and a smaller one near 215; a dashed line for the mean
#|   stands in the dip between them. Below, the loss, with a deep valley under the large
#|   hump, a shallower one under the small hump, a ridge between them, and flat
#|   stretches at both ends. Three open circles mark starts at 140, 195 and 210
#|   millimeters; the second lies above the deep valley, the third above the shallow
#|   one.
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY, ORANGE

axis_mm = np.linspace(136, 250, 1141)
starts = np.array([140.0, 195.0, 210.0])
figure, (top, bottom) = plt.subplots(2, sharex=True, figsize=(5.4, 4.4))
top.hist(flipper_mm, np.arange(171.5, 233, 2), color=GRAY, alpha=0.6)
top.axvline(mean_mm, color=ORANGE, linestyle="--")
top.text(202, 33, "mean", color=ORANGE)
top.set(ylabel="birds", title="Two crowds …")
bottom.plot(axis_mm, bounded_loss(axis_mm, flipper_mm, 5), color=BLUE)
heights = bounded_loss(starts, flipper_mm, 5)
bottom.plot(starts, heights, "o", color=ORANGE, mfc="none", ms=8)
bottom.text(191, 17.2, "better valley", ha="center", va="top")
bottom.text(216, 19.9, "wrong valley", ha="center", va="top")
bottom.text(204.6, 22.7, "ridge", ha="center")
bottom.text(157, 24.3, "plateau", ha="center", va="top")
bottom.set(xlabel="flipper length (mm)", ylabel="loss (mm²)")
bottom.set(ylim=(15.5, 26), title="… make two valleys")
plt.show()

# %% [markdown]
# The bottom of each valley is a **{term}`local minimum`**: no guess *nearby* has a
# smaller loss. The losses of the earlier chapters were convex, with one valley. Here
# one of two is deeper, the *global* minimum, and a descent cannot know which it is in:
# it sees only the slope under its feet.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("One number for two crowds"):
    claim("Hardly any bird is like the mean", close.mean() < 0.05)
    given("for a width of 5 mm", "from 136 to 250 millimeters")
    given("starts at 140, 195 and 210")
    counts, edges = np.histogram(
        flipper_mm, bins=np.arange(171.5, 233, 2)
    )
    middles = (edges[:-1] + edges[1:]) / 2
    low, high = middles < 203, middles > 207
    humps = [
        middles[part][counts[part].argmax()] for part in (low, high)
    ]
    claim(
        "hump near 191 and a smaller one near 215",
        abs(humps[0] - 191) <= 1.5 and abs(humps[1] - 215) <= 3,
    )
    flat = bounded_loss(np.array([150.0, 250.0]), flipper_mm, 5)
    claim("away it is s^2", np.allclose(flat, 25))

# %% [markdown]
# ## Which start ends where
#
# Here is the loop of {ref}`descent`, for many guesses at once. They do not know of each
# other; each is a descent of its own.


# %%
def descend_all(guesses, values, width, rate, steps):
    for _ in range(steps):
        slopes = bounded_slope(guesses, values, width)
        guesses = guesses - rate * slopes
    return guesses


# %% [markdown]
# Three starts, with a learning rate of 5:

# %%
starts = np.array([140.0, 195.0, 210.0])
ends = descend_all(starts, flipper_mm, 5, rate=5, steps=200)
losses = bounded_loss(ends, flipper_mm, 5)
slopes = bounded_slope(ends, flipper_mm, 5)
for i in range(3):
    print(f"from {starts[i]:.0f} mm to {ends[i]:.1f} mm:")
    print(f"  loss {losses[i]:.1f} mm², slope {abs(slopes[i]):.6f} mm")

# %% [markdown]
# These are the three runs of the opening. The slopes are all practically zero, but the
# losses are 25.0, 17.8 and 20.5 mm². A slope that prints as zero says only that nothing
# moves any more. It does not say that the answer is good.
#
# To see what becomes of *every* start, find the places where the slope changes its
# sign. There the curvature tells a bottom from a top. (Differentiate the slope: it is
# the mean of $2 (1 - 2 d^2 / s^2) \, e^{-d^2 / s^2}$ with $d = c - x_i$.)

# %%
fine_mm = np.linspace(160, 240, 8001)
signs = np.sign(bounded_slope(fine_mm, flipper_mm, 5))
zero_mm = fine_mm[1:][np.diff(signs) != 0]
ratio = ((zero_mm[:, None] - flipper_mm) / 5) ** 2  # (3, 342)
curvatures = (2 * (1 - 2 * ratio) * np.exp(-ratio)).mean(axis=1)
for place, curvature in zip(zero_mm, curvatures, strict=True):
    print(f"{place:.1f} mm: curvature {curvature:+.3f}")

# %% [markdown]
# Two bottoms, and between them the ridge at 204.6 mm, with a negative curvature.
# Between a bottom and the ridge every step leads away from the ridge, beyond the bottom
# back toward it. (No curvature anywhere exceeds 0.125, so a rate of 5 never leaps a
# bottom.) All starts that end at the same bottom form its **{term}`basin of
# attraction`**.

# %% tags=["hide-input"]
#| name: fig-valleys-basins
#| caption: Many descents side by side. Those that begin left of the ridge go to
#|   one bottom, those to the right of it to the other. Gray ones do not arrive in time.
#| alt: Guess on the horizontal axis, step on the vertical axis, running down from zero
#|   to 60. Blue lines between about 166 and the ridge at 204.6 flow together at 191.5;
#|   orange lines beyond the ridge flow together at 214.3. Gray lines near the left
#|   edge run straight down and reach neither.
figure, ax = plt.subplots(figsize=(5.4, 4))
flow = [np.linspace(138, 240, 69)]
for _ in range(60):
    after = descend_all(flow[-1], flipper_mm, 5, rate=5, steps=1)
    flow.append(after)
for path in np.array(flow).T:
    color = BLUE if path[0] < zero_mm[1] else ORANGE
    near = np.abs(path[-1] - zero_mm[[0, 2]]).min() < 1
    ax.plot(path, range(61), color=color if near else GRAY, lw=1)
ax.axvline(zero_mm[1], color=GRAY, linestyle="--")
ax.text(205.5, 57, "ridge")
ax.set(xlabel="guess (mm)", ylabel="step", ylim=(60, 0))
ax.set_title("The ridge parts the starts")
plt.show()

# %% [markdown]
# Now draw starts at random between the shortest flipper, 172 mm, and the longest,
# 231 mm. How many arrive at the better valley?
#
# :::{admonition} What do you expect?
# :class: dropdown
# About 55% should end in the better valley: that is the share of the range that lies
# left of the ridge, $(204.6 - 172) / (231 - 172)$. How deep the valley is does not
# count, only how wide its basin is.
# :::

# %%
for seed in range(3):
    rng = np.random.default_rng(seed)
    starts = rng.uniform(172, 231, size=1000)
    ends = descend_all(starts, flipper_mm, 5, rate=5, steps=100)
    print(f"seed {seed}: {(ends < zero_mm[1]).sum()} of 1000 go left")

# %% [markdown]
# Nearly half of all runs give the worse answer. So **start several times and keep the
# end with the lowest loss**. Five starts all miss the better valley with a chance of
# 2%.
#
# Could a larger learning rate leap over the ridge? It can, but here it leaps *out* of
# the better valley: {ref}`leaping`.

# %% tags=["remove-cell"]
with checks("Which start ends where"):
    runs = np.array([140.0, 195.0, 210.0])
    run_ends = descend_all(runs, flipper_mm, 5, 5, 200)
    given("a learning rate of 5")
    end_slopes = bounded_slope(run_ends, flipper_mm, 5)
    run_losses = bounded_loss(run_ends, flipper_mm, 5)
    claim("losses are 25.0, 17.8 and 20.5", *run_losses)
    claim(
        "slopes are all practically zero",
        (np.abs(end_slopes) < 1e-5).all(),
    )
    ridge_mm = zero_mm[1]
    claim("between them the ridge at 204.6 mm", ridge_mm)
    claim(
        "with a negative curvature",
        (np.sign(curvatures) == [1, -1, 1]).all(),
    )
    everywhere = ((fine_mm[:, None] - flipper_mm) / 5) ** 2
    bends = 2 * (1 - 2 * everywhere) * np.exp(-everywhere)
    claim("exceeds 0.125, so", bends.mean(axis=1).max() < 0.125)
    claim(
        "a rate of 5 never leaps a bottom",
        5 * bends.mean(axis=1).max() < 1,
    )
    given("from zero to 60")
    gone = np.abs(np.array(flow)[-1] - zero_mm[0]) < 1
    claim("between about 166 and", abs(flow[0][gone].min() - 166) < 2)
    claim(
        "the ridge at 204.6 flow together at 191.5",
        ridge_mm,
        zero_mm[0],
    )
    claim("flow together at 214.3", run_ends[2])
    claim("shortest flipper, 172 mm", flipper_mm.min())
    claim("longest, 231 mm", flipper_mm.max())
    share = (ridge_mm - 172) / (231 - 172)
    claim("About 55% should end", share)
    claim("(204.6 - 172) / (231 - 172)", ridge_mm, 172, 231, 172)
    left = []
    for seed in range(3):
        draws = np.random.default_rng(seed).uniform(172, 231, size=1000)
        left.append(
            (
                descend_all(draws, flipper_mm, 5, 5, 100) < ridge_mm
            ).mean()
        )
    claim(
        "Nearly half of all runs", min(left) > 0.5 and max(left) < 0.6
    )
    claim("a chance of 2%", (1 - share) ** 5)

# %% tags=["remove-cell"]
with checks("What the start decides"):
    claim("answers 191.5 mm, one 214.3 mm", run_ends[1], run_ends[2])
    claim("began, at 140 mm, shorter", run_ends[0])
    claim("shorter than any flipper", run_ends[0] < flipper_mm.min())
    claim(
        "a slope of practically zero", (np.abs(end_slopes) < 1e-5).all()
    )

# %% [markdown]
# ## A plateau is not a valley
#
# At 140 mm the slope points the right way, but it is tiny: the nearest bird is 32 mm
# off, more than six widths, and its weight $e^{-d^2/s^2}$ is less than $10^{-17}$. The
# step is smaller than the gap to the next float, so the guess does not change at all.
# Such a stretch, where the loss is high and hardly falls, is a **{term}`plateau`**.
# Nearer starts do arrive; count their steps to 190 mm.


# %%
def steps_to(goal_mm, start_mm):
    guess, steps = np.array([start_mm]), 0
    while guess[0] < goal_mm:
        guess = descend_all(guess, flipper_mm, 5, rate=5, steps=1)
        steps += 1
    return steps


for start_mm in (172.0, 168.0, 164.0):
    print(f"from {start_mm:.0f} mm: {steps_to(190, start_mm)} steps")

# %% [markdown]
# The last 4 mm multiplied the count by about three. And from 160 mm, and from 156?
#
# :::{admonition} What do you expect?
# :class: dropdown
# More than three times as many each time. The weight has the *square* of the distance
# in its exponent, so each further millimeter costs a larger factor than the one before.
# :::

# %%
for start_mm in (160.0, 156.0):
    print(f"from {start_mm:.0f} mm: {steps_to(190, start_mm):,} steps")

# %% [markdown]
# First a factor of ten, then one of nearly fifty. Waiting is no cure for a plateau.
# A rule that stops at a small slope would stop here at once, so look at the loss too:
# it is almost $s^2 = 25$, as if there were no birds. A cure is to begin with a wider
# loss: {ref}`start-wide`.

# %% tags=["remove-cell"]
with checks("A plateau is not a valley"):
    claim("At 140 mm the slope", run_ends[0])
    claim("the slope points the right way", end_slopes[0] < 0)
    claim("nearest bird is 32 mm", flipper_mm.min() - 140)
    claim("more than six widths", 32 / 5 > 6)
    claim("is less than 1e-17", np.exp(-((32 / 5) ** 2)))
    step_mm = 5 * abs(end_slopes[0])
    claim(
        "The step is smaller than the gap",
        step_mm < np.spacing(140.0) / 2,
    )
    given("steps to 190 mm", "from 160 mm, and from 156")
    count = {
        mm: steps_to(190, float(mm)) for mm in (168, 164, 160, 156)
    }
    mm = list(count)
    claim("The last 4 mm", mm[0] - mm[1])
    claim(
        "multiplied the count by about three",
        2.5 < count[164] / count[168] < 3.5,
    )
    claim("More than three times as many", count[160] > 3 * count[164])
    claim("First a factor of ten", 9 < count[160] / count[164] < 12)
    claim("then one of nearly fifty", 45 < count[156] / count[160] < 50)
    at_start = bounded_loss(np.array([156.0, 140.0]), flipper_mm, 5)
    claim("= 25, as if there", at_start[0])

# %% [markdown]
# ## Two numbers that start as one
#
# One number cannot describe two crowds. Take two, $c_1$ and $c_2$, and let a bird be
# content if *either* is near: multiply its squared distances. With the standardized
# lengths $z_i$,
#
# ```{math}
# :label: pair-loss
# L(c_1, c_2) = \frac{1}{n} \sum_i (c_1 - z_i)^2 \, (c_2 - z_i)^2
# ```
#
# The slope along $c_1$ is the mean of $2 (c_1 - z_i)(c_2 - z_i)^2$; for $c_2$ exchange
# the two. In the code, `squares[::-1]` gives each number the square of its partner.

# %%
from helpers import descend, standardize

z = standardize(flipper_mm)


def pair_loss_and_grad(pair):  # pair (2,)
    off = pair[:, None] - z  # (2, 342)
    squares = off**2
    loss = (squares[0] * squares[1]).mean()
    return loss, (2 * off * squares[::-1]).mean(axis=1)


# %% [markdown]
# Start both numbers at zero, the mean. Which of the two goes to the short flippers?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Neither. Equal numbers have equal slopes, so they take equal steps and are equal again
# after each. Nothing in the loss tells them apart.
# :::

# %%
trace = descend(pair_loss_and_grad, [0, 0], 0.1, steps=1000)
c1, c2 = trace.parameters[-1]
print(f"ends at {c1:.4f} and {c2:.4f}")
slope = abs(trace.gradients[-1, 0])
print(f"loss {trace.losses[-1]:.3f}, slope {slope:.6f}")

# %% [markdown]
# They are the same number to the last bit, and the slope is practically zero. (They
# left the mean because equal numbers minimize the mean *fourth* power of the distance,
# which the long birds pull to their side.) Is this a bottom? Ask the Hessian.
# Differentiating once more gives means of $2 (c_2 - z_i)^2$ and $2 (c_1 - z_i)^2$ on
# the diagonal, and of $4 (c_1 - z_i)(c_2 - z_i)$ beside it.


# %%
def pair_hessian(pair):
    off = pair[:, None] - z
    own = 2 * (off**2).mean(axis=1)
    mixed = 4 * (off[0] * off[1]).mean()
    return np.array([[own[1], mixed], [mixed, own[0]]])


H = pair_hessian(trace.parameters[-1])
eigenvalues, directions = np.linalg.eigh(H)
for curvature, direction in zip(eigenvalues, directions.T, strict=True):
    direction = direction / direction[0]
    print(f"curvature {curvature:+.2f} along {direction.round(2)}")

# %% [markdown]
# Move both numbers together, and the loss rises: that curvature is positive. Move them
# apart, and it falls. Such a place, a bottom along one direction and a top along
# another, is a **{term}`saddle point`**.
#
# For equal numbers $c$ the curvatures are $6m$ and $-2m$, where $m$ is the mean of
# $(c - z_i)^2$.

# %% tags=["remove-cell"]
with checks("Two numbers that start as one"):
    claim(
        "Start both numbers at zero", (trace.parameters[0] == 0).all()
    )
    claim("the same number to the last bit", c1 == c2)
    claim(
        "the slope is practically zero",
        (np.abs(trace.gradients[-1]) < 1e-12).all(),
    )
    claim(
        "that curvature is positive",
        eigenvalues[0] < 0 < eigenvalues[1],
    )
    m = ((c1 - z) ** 2).mean()
    claim(
        "the curvatures are 6m and -2m",
        np.allclose(eigenvalues, [-2 * m, 6 * m]),
    )
    claim(
        "Move both numbers together", np.allclose(*np.abs(directions))
    )

# %% [markdown]
# ## A nudge is enough
#
# Along an eigenvector a step multiplies the distance by $1 - \eta\lambda$
# ({ref}`conditioning`). For a negative curvature this is *more* than one: here $1 +
# 2\eta m$, and for a rate of 0.1 that is 1.20. So whatever sets the two numbers apart
# grows by a fifth in every step. A first difference $d_0$, a *nudge*, grows to one
# after about this many steps (about, since the factor holds near the saddle, and the
# start at the mean is a little off it):
#
# ```{math}
# :label: nudge-steps
# k = \frac{\log(1/d_0)}{\log(1 + 2 \eta m)}
# ```
#
# How much longer does a nudge of a ten-billionth wait than one of 0.01?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The first should need 25 steps. The second is a hundred million times smaller, but
# its logarithm is only five times larger: 125 steps.
# :::

# %%
growth = 1 - 0.1 * eigenvalues[0]
for nudge in (1e-2, 1e-6, 1e-10):
    run = descend(pair_loss_and_grad, [0, nudge], 0.1, steps=200)
    apart = run.parameters[:, 1] - run.parameters[:, 0]
    counted = (apart > 1).argmax()  # the first step that is
    predicted = np.log(1 / nudge) / np.log(growth)
    print(f"{nudge:.0e}: {counted} steps, {predicted:.1f} predicted")
end_mm = run.parameters[-1] * flipper_mm.std() + mean_mm
print(f"ends at {end_mm.round(1)} mm")

# %% [markdown]
# The prediction holds to a step or two. Once apart, the numbers go to 189.1 and 217.6
# mm, one to each crowd. (Turn the nudge around, and they swap: two valleys, equally
# deep.) The longer flippers are those of one species, the Gentoo penguins, with a mean
# of 217.2 mm; that of the two others is 191.8 mm. The loss was not told of any species.
# {numref}`fig-valleys-saddle` shows the paths.

# %% tags=["hide-input"]
#| name: fig-valleys-saddle
#| caption: The loss, the darker the higher, and three descents from the lower left, one
#|   from equal numbers, the others from numbers that differ by 0.01 one way or the
#|   other.
#| alt: A map of the loss over the two numbers, symmetric about the diagonal. Three
#|   paths run together up the diagonal from the lower left to a cross near the center,
#|   the saddle. One ends there. The other two leave it at right angles, one to the
#|   bottom of the upper left valley, one to that of the lower right.
from helpers import BLACK

side = np.linspace(-2, 2, 81)
squares = (side[:, None] - z) ** 2  # (81, 342)
heights = squares @ squares.T / len(z)
figure, ax = plt.subplots(figsize=(5.4, 4.8))
levels = [0.8, 0.95, 1.2, 1.6, 2.2, 3.2, 5, 8, 13, 20]
shade = {"cmap": "gray_r", "alpha": 0.35, "extend": "both"}
ax.contourf(side, side, np.log(heights), np.log(levels), **shade)
ax.contour(side, side, heights, levels, colors=GRAY, linewidths=0.6)
for apart, color in ((0.01, BLUE), (-0.01, BLUE), (0, ORANGE)):
    start = [-1.2, -1.2 + apart]
    run = descend(pair_loss_and_grad, start, 0.02, steps=500)
    ax.plot(*run.parameters.T, color=color)
    ax.plot(*run.parameters[-1], "o", color=color)
ax.plot(c1, c2, "x", color=BLACK, ms=9)
ax.text(0.3, 0.22, "saddle", ha="left")
ax.text(-1.25, -1.5, "start", ha="center")
ax.set(xlabel="first number $c_1$", ylabel="second number $c_2$")
ax.set(aspect="equal", title="Equal numbers ride the ridge and stay")
plt.show()

# %% [markdown]
# If you watch only the loss ({numref}`fig-valleys-nudge`), you cannot tell which
# descent is stuck until the others fall.

# %% tags=["hide-input"]
#| name: fig-valleys-nudge
#| caption: The loss of four descents from zero, three of them nudged. A nudge 10,000
#|   times smaller waits 50 steps longer.
#| alt: Loss against step, up to 200. All four curves lie flat near 1.93, like finished
#|   descents. One falls to 0.89 near step 25, one near step 75, one near step 125, in
#|   the same shape. The fourth, without a nudge, stays flat to the end.
figure, ax = plt.subplots()
for power, place in ((-2, 29), (-6, 79), (-10, 129)):
    run = descend(pair_loss_and_grad, [0, 10**power], 0.1, steps=200)
    ax.plot(run.losses, color=BLUE)
    ax.text(place, 1.35, f"nudge\n$10^{{{power}}}$", color=BLUE)
ax.plot(trace.losses[:201], color=ORANGE)
ax.text(200, 1.85, "equal", color=ORANGE, ha="right", va="top")
ax.set(xlabel="step", ylabel="loss", ylim=(0.8, 2.1))
ax.set_title("It looks finished until it falls")
plt.show()

# %% [markdown]
# You need not wait for an accident. Draw the start at random, and no two numbers are
# equal. Here are 200 random starts, all close to zero:

# %%
rng = np.random.default_rng(0)
waits, first_is_short = [], 0
for start in rng.normal(scale=0.01, size=(200, 2)):
    run = descend(pair_loss_and_grad, start, 0.1, steps=200)
    apart = run.parameters[:, 1] - run.parameters[:, 0]
    waits.append((np.abs(apart) > 1).argmax())  # 0 if it never is
    first_is_short += apart[-1] > 1
print(f"waits: {min(waits)} to {max(waits)} steps")
print(f"first number short: {first_is_short} of 200")

# %% [markdown]
# All 200 leave the saddle, about half of them to each side.

# %% tags=["remove-cell"]
with checks("A nudge is enough"):
    claim("for a rate of 0.1 that is 1.20", 0.1, growth)
    given("for a rate of 0.1", "than one of 0.01")
    claim("a nudge of a ten-billionth", nudge == 1e-10)
    claim("grows by a fifth in every step", abs(growth - 1.2) < 0.01)
    per_hundredth = np.log(100) / np.log(growth)
    claim("should need 25 steps", per_hundredth)
    claim(
        "a hundred million times smaller", np.isclose(1e-2 / 1e-10, 1e8)
    )
    claim(
        "only five times larger",
        np.isclose(np.log(1e-10) / np.log(1e-2), 5),
    )
    claim("larger: 125 steps", 5 * per_hundredth)
    first_apart = []
    for nudge in (1e-2, 1e-6, 1e-10):
        run = descend(pair_loss_and_grad, [0, nudge], 0.1, steps=200)
        first_apart.append((np.diff(run.parameters)[:, 0] > 1).argmax())
    wanted = np.log([1e2, 1e6, 1e10]) / np.log(growth)
    misses = np.abs(first_apart - wanted)
    claim("holds to a step or two", misses.max() <= 2)
    claim("the numbers go to 189.1 and 217.6 mm", *end_mm)
    gentoo = load_penguins().query("species == 'Gentoo'")
    claim("a mean of 217.2 mm", gentoo["flipper_length_mm"].mean())
    others = load_penguins().query("species != 'Gentoo'")
    claim("others is 191.8 mm", others["flipper_length_mm"].mean())
    back = descend(pair_loss_and_grad, [0, -1e-10], 0.1, 200)
    claim(
        "they swap",
        np.allclose(back.parameters[-1][::-1], run.parameters[-1]),
    )
    given("that differ by 0.01")
    waits_more = np.abs(np.diff(first_apart) - 50).max() <= 1
    claim(
        "A nudge 10,000 times smaller waits 50 steps longer", waits_more
    )
    given("up to 200", "200 random starts")
    claim("lie flat near 1.93", trace.losses[-1])
    claim("falls to 0.89", run.losses[-1])
    claim(
        "near step 25, one near step 75, one near step 125",
        np.abs(np.array(first_apart) - [25, 75, 125]).max() <= 2,
    )
    claim(
        "All 200 leave the saddle", min(waits) > 0 and len(waits) == 200
    )
    claim("about half of them", 80 < first_is_short < 120)

# %% [markdown]
# ## Four kinds of zero
#
# You have seen a gradient of zero in four kinds of places. The Hessian's eigenvalues,
# or for one number the curvature, tell them apart:
#
# | eigenvalues | the place is | you met it at |
# |---|---|---|
# | all positive | a local minimum | 191.5 and 214.3 mm |
# | all negative | a local maximum | the ridge, 204.6 mm |
# | of both signs | a saddle point | two equal numbers |
# | all practically zero | not decided; here a plateau | 140 mm |
#
# Each asks for something else. A minimum can be the wrong one, which only other starts
# can show. At a maximum or a saddle a nudge helps. On a plateau you need another start
# or another loss.
#
# Later chapters meet all this again. The networks of {ref}`small-network` are built of
# parts that can be exchanged, as your two numbers can. Parts that start equal, all at
# zero for example, stay equal, and that is why networks start at random. {ref}`depth`
# meets a plateau. What this page does not tell you is how often each kind comes up
# among many parameters: no picture of two numbers can.

# %% tags=["remove-cell"]
with checks("Four kinds of zero"):
    claim("| 191.5 and 214.3 mm", run_ends[1], run_ends[2])
    claim("the ridge, 204.6 mm", zero_mm[1])
    claim("| 140 mm", run_ends[0])
    settled = np.linalg.eigvalsh(pair_hessian(run.parameters[-1]))
    claim(
        "| all positive",
        (settled > 0).all() and (curvatures[[0, 2]] > 0).all(),
    )
    claim("| of both signs", eigenvalues[0] < 0 < eigenvalues[1])

# %% [markdown]
# ## What to keep
#
# - A descent with small steps ends in the valley whose basin holds its start, deep or
#   not. Start several times and keep the lowest loss.
# - A small gradient says that the descent is slow, not that it is done. Look at loss
#   and curvatures.
# - On a plateau the wait explodes as the start moves out. At a saddle it grows with the
#   logarithm of the nudge: the tiniest is enough, and none at all is not.
# - Parameters that play the same part and start equal stay equal. Start at random.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-valleys-read
# Three descents have stopped with a gradient of nearly zero. The eigenvalues of their
# Hessians are (a) all positive, (b) positive but for one, which is negative, (c) all
# nearly zero. For each: what can you say, what can you not say, and what would you try
# next?
# ::::
#
# ::::{solution} ex-valleys-read
# :class: dropdown
# (a) A local minimum. Whether it is the best one you cannot say; try other starts and
# compare the losses. (b) A saddle. The loss falls along the eigenvector of the negative
# eigenvalue, both ways, so move a little along it, or add a small random nudge, and go
# on. (c) The second derivatives do not decide. It may be a plateau or a very flat
# bottom. Compare the loss with what you know to be possible, then change the start or
# the loss; more steps alone may take too long.
# ::::

# %% [markdown]
# ::::{exercise}
# :label: ex-valleys-birds
# Start the descent of one number not anywhere in the range, but at the flipper of a
# bird drawn at random. With which chance does one start reach the better valley, and
# with which chance do three starts all miss it? You should get 0.611 and 0.059. Why is
# the first more than the 0.55 of the uniform starts?
#
# ```python
# from helpers import check_answer
#
# check_answer("one arrives, three miss", [one, three], [0.611, 0.059], 0.001)
# ```
# ::::
#
# ```{solution-start} ex-valleys-birds
# :class: dropdown
# ```
#
# The descent from a bird goes left if the bird lies left of the ridge.

# %%
from helpers import check_answer

one = (flipper_mm < zero_mm[1]).mean()
three = (1 - one) ** 3
check_answer(
    "one arrives, three miss", [one, three], [0.611, 0.059], 0.001
)

# %% [markdown]
# The crowd that digs the deeper valley has more birds, and so more of these starts.
# Uniform starts count millimeters; these count birds.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("You should get 0.611 and 0.059", one, three)
    claim("than the 0.55 of the uniform", share)
    given("start reach the better valley")

# %% [markdown]
# ::::{exercise}
# :label: ex-valleys-mass
# Write `best_of(starts, values, width)`, which descends from all starts, 300 steps with
# rate 0.5, and returns the end with the lowest loss. Find the typical body mass in
# grams with a width of 240 g, from starts every 500 g, from 3000 to 6000 g.
#
# ```python
# from helpers import check_answer
#
# penguins = load_penguins()
# mass_g = penguins["body_mass_g"].dropna().to_numpy(dtype=float)
# best_g = best_of(np.arange(3000.0, 6001, 500), mass_g, 240)
# check_answer("typical mass in grams", best_g, 3646, within=1)
# ```
# ::::
#
# ```{solution-start} ex-valleys-mass
# :class: dropdown
# ```


# %%
def best_of(starts, values, width):
    ends = descend_all(starts, values, width, rate=0.5, steps=300)
    return ends[bounded_loss(ends, values, width).argmin()]


penguins = load_penguins()
mass_g = penguins["body_mass_g"].dropna().to_numpy(dtype=float)
best_g = best_of(np.arange(3000.0, 6001, 500), mass_g, 240)
check_answer("typical mass in grams", best_g, 3646, within=1)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("300 steps with rate 0.5", "with a width of 240 g")
    given("from starts every 500 g, from 3000")
    mass_starts_g = np.arange(3000.0, 6001, 500)
    claim("to 6000 g", mass_starts_g[-1])

# %% [markdown]
# ::::{exercise}
# :label: ex-valleys-fault
# A colleague has read this chapter and draws the start at random. Still every run ends
# at the saddle. Find the fault, and mend it in one line.
#
# ```python
# rng = np.random.default_rng(1)
# start = np.full(2, rng.normal())
# run = descend(pair_loss_and_grad, start, 0.1, steps=300)
# ```
# ::::
#
# ```{solution-start} ex-valleys-fault
# :class: dropdown
# ```
#
# `np.full(2, …)` draws one number and writes it twice. The start is random, but its two
# entries are equal, and that is what matters. Draw two:

# %%
rng = np.random.default_rng(1)
start = rng.normal(size=2)
mended = descend(pair_loss_and_grad, start, 0.1, steps=300)
print(mended.parameters[-1].round(2))

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    both = descend(
        pair_loss_and_grad,
        np.full(2, np.random.default_rng(1).normal()),
        0.1,
        300,
    )
    ended = both.parameters[-1]
    claim(
        "every run ends at the saddle",
        np.allclose(ended, [c1, c1], atol=1e-6),
    )
    claim("Draw two", np.ptp(mended.parameters[-1]) > 1)

# %% [markdown]
# ::::{exercise}
# :label: ex-valleys-rounding
# Start both numbers at 0 again, but compute the slope of the second from the birds in
# the opposite order, `z[::-1]`. In exact arithmetic nothing changes. What do you expect
# in floats, and after how many steps? Take $10^{-16}$ for the nudge that rounding
# gives; the formula {eq}`nudge-steps` then says 200. Measure.
# ::::
#
# ```{solution-start} ex-valleys-rounding
# :class: dropdown
# ```
#
# A sum taken in another order is rounded in another way, so the two slopes differ in
# their last bits. That is a nudge.

# %%
pair = np.zeros(2)
steps = 0
while abs(pair[1] - pair[0]) < 1 and steps < 1000:
    off, reversed_off = pair[0] - z, pair[1] - z[::-1]
    first = (2 * off * (pair[1] - z) ** 2).mean()
    second = (2 * reversed_off * (pair[0] - z[::-1]) ** 2).mean()
    pair = pair - 0.1 * np.array([first, second])
    steps += 1
print(f"apart after about {round(steps, -2)} steps")

# %% [markdown]
# Between 150 and 250 steps, depending on how your processor adds. So a descent can
# leave a saddle by accident, and the same program may do so at another step, or to the
# other side, on another machine.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("both numbers at 0 again")
    claim("Take 1e-16 for the nudge", np.finfo(float).eps / 4 < 1e-16)
    claim("then says 200", np.log(1e16) / np.log(growth))
    claim("Between 150 and 250 steps", steps)

# %% [markdown]
# ::::{exercise}
# :label: ex-valleys-depth
# Open: map the loss of one number for the column `bill_depth_mm`, at widths of your
# choice. A good answer
#
# - names all bottoms and ridges at one width, each with its curvature,
# - predicts from them which share of uniform starts arrives where, and counts,
# - says how the map changes with the width, and what that does to "the" typical bird.
# ::::
#
# ```{solution-start} ex-valleys-depth
# :class: dropdown
# ```

# %%
penguins = load_penguins()
depth_mm = penguins["bill_depth_mm"].dropna().to_numpy(dtype=float)
axis_mm = np.linspace(12, 23, 5501)
for width in (0.4, 0.8, 1.6):
    signs = np.sign(bounded_slope(axis_mm, depth_mm, width))
    places = axis_mm[1:][np.diff(signs) != 0]
    ratio = ((places[:, None] - depth_mm) / width) ** 2
    curvatures = (2 * (1 - 2 * ratio) * np.exp(-ratio)).mean(axis=1)
    print(f"width {width}: {places.round(1)}")
    print(f"   curvatures {curvatures.round(2)}")
starts = np.random.default_rng(0).uniform(13.1, 21.5, size=1000)
ends = descend_all(starts, depth_mm, 0.8, rate=0.5, steps=500)
print((ends > 15.5).mean())

# %% [markdown]
# At a width of 0.8 mm there are bottoms at 14.7 and 18.4 mm and a ridge at 15.5. So
# about 71% of the starts between 13.1 and 21.5 mm should find the right one of the two,
# which is also the deeper. The count is nearer to 74%, within the luck of a thousand
# draws. A larger width leaves one bottom, a
# smaller one makes four. "Typical" has no meaning without a width.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    signs = np.sign(bounded_slope(axis_mm, depth_mm, 0.8))
    map_mm = axis_mm[1:][np.diff(signs) != 0]
    given("At a width of 0.8 mm")
    claim(
        "bottoms at 14.7 and 18.4 mm and a ridge at 15.5",
        *map_mm[[0, 2, 1]],
    )
    range_mm = depth_mm.min(), depth_mm.max()
    claim("between 13.1 and 21.5 mm should", *range_mm)
    claim(
        "about 71% of", 0.70 < (21.5 - map_mm[1]) / (21.5 - 13.1) < 0.73
    )
    counted = (ends > map_mm[1]).mean()
    claim("nearer to 74%, within", counted)
    share = (21.5 - map_mm[1]) / (21.5 - 13.1)
    luck = np.sqrt(share * (1 - share) / 1000)
    claim(
        "within the luck of a thousand",
        abs(counted - share) < 2.5 * luck,
    )
    depths = bounded_loss(map_mm[[0, 2]], depth_mm, 0.8)
    claim("which is also the deeper", depths[1] < depths[0])
    counts = []
    for width in (0.4, 1.6):
        signs = np.sign(bounded_slope(axis_mm, depth_mm, width))
        counts.append((np.diff(signs) > 0).sum())
    claim("smaller one makes four", counts[0] == 4)
    claim("A larger width leaves one bottom", counts[1] == 1)

# %% [markdown]
# ## Sources and further reading
#
# - {cite}`lee2016` prove that, under conditions which they state, gradient descent from
#   a random start does not converge to a saddle; {cite}`du2017` show that it can take
#   very long to leave several of them in a row.
# - {cite}`dauphin2014` argue that with many parameters the trouble comes from saddle
#   points and the plateaus around them and not from local minima. This page shows
#   neither.
