# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (start-wide)=
# # Start wide, then narrow
#
# The loss of {ref}`valleys` has a wrong valley, and plateaus on which a descent stands
# still. From 0 mm it would never reach the flipper of a typical penguin. Yet a descent
# of 1500 steps arrives, from 0 mm as from 300 mm, if it is allowed to change the loss
# on its way. How, and can you trust the answer?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** turn an easy loss into a hard one, step by step, follow its valley,
#   find out which part of the method does the work, and make up data that fool it.
# - **You need** the loss with two valleys from {ref}`valleys`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

# This finds `helpers` when the file runs where it lies.
sys.path.append("..")

# %% [markdown]
# ## The width is a knob
#
# A bird at distance $d$ from the guess costs $s^2 (1 - e^{-d^2/s^2})$, with a width
# $s$ that you choose. The loss is the mean over the birds.

# %%
import numpy as np

from helpers import load_penguins, use_book_style

use_book_style()
penguins = load_penguins()
lengths = penguins["flipper_length_mm"].dropna()
flipper_mm = lengths.to_numpy(dtype=float)

# %% [markdown]
# Its slope is the mean of $2 d \, e^{-d^2/s^2}$. Both functions take many guesses at
# once, and a bottom is a place where the slope turns from minus to plus.


# %%
def bounded_loss(guesses, values, width):  # guesses (k,), values (n,)
    off = guesses[:, None] - values  # (k, n)
    cost = width**2 * (1 - np.exp(-((off / width) ** 2)))
    return cost.mean(axis=1)


def bounded_slope(guesses, values, width):
    off = guesses[:, None] - values
    return (2 * off * np.exp(-((off / width) ** 2))).mean(axis=1)


def find_bottoms(axis, values, width):
    signs = np.sign(bounded_slope(axis, values, width))
    return axis[1:][np.diff(signs) > 0]


# %% [markdown]
# Where $s$ is much larger than all distances, the cost is nearly $d^2$. So near the
# birds a wide loss is nearly the mean squared error, with one valley, and its plateaus
# lie far out. A narrow loss sees only the birds close by. Take some widths between the
# two and look for the bottoms.

# %%
axis_mm = np.linspace(180, 230, 8001)
for width in (200, 50, 20, 10, 5):
    bottoms_mm = find_bottoms(axis_mm, flipper_mm, width)
    print(f"width {width:3} mm: {bottoms_mm.round(1)}")

# %% [markdown]
# At 200 mm the only bottom is the mean, 200.9 mm. It moves to the left as the width
# falls, and at 10 mm a second one has appeared.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("The width is a knob"):
    given("At 200 mm the only bottom", "at 10 mm a second")
    bottoms_of = {
        width: find_bottoms(axis_mm, flipper_mm, width)
        for width in (200, 50, 20, 10, 5)
    }
    claim("is the mean, 200.9 mm", bottoms_of[200])
    claim("the only bottom is", len(bottoms_of[200]) == 1)
    firsts = [found[0] for found in bottoms_of.values()]
    claim("It moves to the left", (np.diff(firsts) < 0).all())
    counts = [len(bottoms_of[width]) for width in (20, 10)]
    claim("a second one has appeared", counts == [1, 2])

# %% [markdown]
# ## Lower it while you descend
#
# That suggests a plan. Descend with a wide loss first, whose one valley is easy to
# find. Then narrow the loss, and begin each descent where the last one ended. The
# valley moves a little each time, and the guess follows. This is
# **{term}`continuation`**: to solve an easy version first and to turn it, in steps,
# into the one that you want.


# %%
def follow(guesses, values, widths):
    for width in widths:
        for _ in range(300):
            slopes = bounded_slope(guesses, values, width)
            guesses = guesses - 0.5 * slopes
    return guesses


# %% [markdown]
# (The rate of 0.5 is safe at every width, since no bird's curvature exceeds 2.) Try six
# starts. The last one lies at 1000 mm, far from all birds. In how many places will they
# end?
#
# :::{admonition} What do you expect?
# :class: dropdown
# In two. Five starts meet at the bottom of the widest loss. From then on they are one
# descent, so they end in one place, whichever valley that is. The sixth is almost four
# widths away from the nearest bird. For it even the widest loss is a plateau, and it
# stays where it is.
# :::

# %%
starts = np.array([0.0, 140.0, 195.0, 210.0, 300.0, 1000.0])
guesses = starts
for width in (200, 50, 20, 10, 5):
    guesses = follow(guesses, flipper_mm, [width])
    print(f"width {width:3} mm: {guesses.round(1)}")

# %% [markdown]
# Five end at 191.5 mm, the better of the two valleys. A plateau has not gone, it has
# moved out: begin within a few widths of the birds. {numref}`fig-start-wide` shows
# what the five follow.

# %% tags=["hide-input"]
#| name: fig-start-wide
#| caption: The loss at five widths, each drawn to its own height. Circles mark its
#|   bottoms; the filled one is where the descents stand at the end of that width.
#| alt: Five panels over flipper length. At widths 200 and 50 the loss is one broad
#|   bowl with a filled dot at its bottom. At 20 the bowl is narrower and the dot lies
#|   farther left. At 10 there is a deep valley with the dot, and beside it a shallow
#|   dent with an open circle. At 5 the two valleys are set apart by a ridge, and the
#|   dot is in the deeper one.
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY, ORANGE

figure, axes = plt.subplots(5, sharex=True, figsize=(5.4, 6))
near_mm = np.linspace(150, 250, 1001)
spot = np.array([0.0])
for ax, width in zip(axes, (200, 50, 20, 10, 5), strict=True):
    spot = follow(spot, flipper_mm, [width])
    heights = bounded_loss(near_mm, flipper_mm, width)
    ax.plot(near_mm, heights, color=BLUE)
    bottoms = find_bottoms(near_mm, flipper_mm, width)
    depths = bounded_loss(bottoms, flipper_mm, width)
    ax.plot(bottoms, depths, "o", color=GRAY, mfc="none", ms=9)
    depth = bounded_loss(spot, flipper_mm, width)
    ax.plot(spot, depth, "o", color=ORANGE)
    ax.text(250, heights.min(), f"width {width} mm", ha="right")
    ax.set(yticks=[], ymargin=0.25)
axes[0].set_title("The valley moves, then a second appears")
axes[4].set_xlabel("flipper length (mm)")
plt.show()

# %% tags=["remove-cell"]
with checks("Lower it while you descend"):
    given("The rate of 0.5", "lies at 1000 mm")
    ratio = np.linspace(0, 100, 100_001)
    bends = 2 * (1 - 2 * ratio) * np.exp(-ratio)
    claim("no bird's curvature exceeds 2", np.abs(bends).max())
    widths_off = (1000 - flipper_mm.max()) / 200
    claim("almost four widths away", 3.8 < widths_off < 4)
    claim("it stays where it is", abs(guesses[5] - 1000) < 1)
    claim("Five end at 191.5 mm, the", guesses[:5].max())
    claim("Five end at", np.ptp(guesses[:5]) < 0.01)
    depths = bounded_loss(bottoms_of[5], flipper_mm, 5)
    claim("the better of the two valleys", depths[0] < depths[1])
    claim("At 10 there is a deep valley", len(bottoms_of[10]) == 2)
    given(
        "At widths 200 and 50",
        "At 20 the bowl",
        "At 10",
        "At 5 the two",
    )

# %% [markdown]
# ## Which part does the work?
#
# The method has two parts, the wide beginning and the steps between. Take one away,
# then the other. The five starts take 1500 steps as before, at the last width alone,
# and at the first and the last alone:

# %%
for widths in ([5, 5, 5, 5, 5], [200, 5, 5, 5, 5]):
    ends = follow(starts[:5], flipper_mm, widths)
    print(f"{widths}: {ends.round(1)}")

# %% [markdown]
# Without the wide beginning, 0, 140 and 300 do not move at all, and 210 goes to the
# wrong valley. Without the steps between, nothing is lost. For the flippers the wide
# beginning did it all: the mean lies in the basin of the better valley already.
#
# That is luck. Give the method harder work: the depths of the bills, at a width of
# 0.4 mm, where the loss has four bottoms.

# %%
depth_mm = penguins["bill_depth_mm"].dropna().to_numpy(dtype=float)
depth_axis_mm = np.linspace(12, 23, 2201)
bottoms_mm = find_bottoms(depth_axis_mm, depth_mm, 0.4)
print(f"bottoms: {bottoms_mm.round(1)}")
for widths in ([20, 0.4, 0.4, 0.4, 0.4], [20, 5, 2, 1, 0.4]):
    end_mm = follow(np.array([14.0]), depth_mm, widths)
    loss = bounded_loss(end_mm, depth_mm, 0.4)
    print(f"{widths}: {end_mm[0]:.1f} mm, loss {loss[0]:.3f}")

# %% [markdown]
# Without the steps between, the descent falls into the dent that happens to be next to
# the mean. With them it is led past the dent, which does not exist yet while the loss
# is wide, to 18.7 mm: the deepest of the four. So the wide beginning brings you off the
# plateau, and the steps bring you past small dents.

# %% tags=["remove-cell"]
with checks("Which part does the work?"):
    given("0.4 mm, where")
    claim("take 1500 steps as before", 300 * len(bottoms_of))
    alone = follow(starts[:5], flipper_mm, [5] * 5)
    stuck = np.abs(alone - starts[:5]) < 1e-6
    claim("0, 140 and 300 do not", *starts[:5][stuck])
    claim("and 210 goes to the", starts[3])
    claim("to the wrong valley", alone[3] > 214)
    jumped = follow(starts[:5], flipper_mm, [200] + [5] * 4)
    claim("nothing is lost", np.abs(jumped - guesses[:5]).max() < 0.01)
    mean_mm = np.array([flipper_mm.mean()])
    from_mean_mm = follow(mean_mm, flipper_mm, [5] * 5)
    claim(
        "lies in the basin", abs(from_mean_mm - guesses[0]).max() < 0.1
    )
    claim("the loss has four bottoms", len(bottoms_mm) == 4)
    jump_mm, led_mm = (
        follow(np.array([14.0]), depth_mm, widths)[0]
        for widths in ([20] + [0.4] * 4, [20, 5, 2, 1, 0.4])
    )
    nearest = np.abs(bottoms_mm - depth_mm.mean()).argmin()
    claim("next to the mean", abs(jump_mm - bottoms_mm[nearest]) < 0.1)
    claim(
        "does not exist yet while",
        [
            len(find_bottoms(depth_axis_mm, depth_mm, width))
            for width in (20, 5, 2)
        ]
        == [1, 1, 1],
    )
    claim("to 18.7 mm", led_mm)
    deep = bounded_loss(bottoms_mm, depth_mm, 0.4)
    claim("the deepest of the four", deep.argmin() == 3)
    claim("is led past the dent", bottoms_mm[2] < led_mm - 1)

# %% tags=["remove-cell"]
with checks("Start wide, then narrow"):
    claim("From 0 mm it would never", alone[0] == 0)
    claim("a descent of 1500 steps", 300 * len(bottoms_of))
    claim("arrives, from 0 mm as from 300 mm", *starts[[0, 4]])
    claim("arrives, from", np.abs(guesses[[0, 4]] - 191.5).max() < 0.1)

# %% [markdown]
# ## Data that fool it
#
# Is the answer always the deepest valley? After the wide beginning all starts are one,
# so the method makes a single choice. The wide loss leads to the middle of *all*
# numbers, and the valley that grows out of it belongs to the crowd that weighs most in
# a wide view. In a narrow view another crowd may be deeper.
#
# So make up two crowds: 80 numbers packed around 0, and 120 spread around 20. At a
# width of 2 the packed ones should make the deeper valley, although they are fewer. As
# a control, pack the second crowd as tightly as the first.

# %%
packed = np.linspace(-1, 1, 80)
narrowing = np.geomspace(100, 2, 40)
for spread in (6, 1):
    other = np.linspace(20 - spread, 20 + spread, 120)
    values = np.concatenate([packed, other])
    guess = follow(np.array([0.0]), values, narrowing)
    at_ends = bounded_loss(np.array([0.0, guess[0]]), values, 2)
    print(f"spread {spread}: ends at {guess[0]:.1f}")
    print(f"  loss there {at_ends[1]:.2f}, at 0 {at_ends[0]:.2f}")

# %% [markdown]
# The descent began *at* 0, in the deeper valley, and the wide loss led it away to the
# spread crowd, where the loss is higher. Forty widths, so haste is not the reason. In
# the control it ends at the second crowd as well, and there that is right.
# {numref}`fig-start-wide-branches` shows why: the deeper valley is born late, and far
# from the path.

# %% tags=["hide-input"]
#| name: fig-start-wide-branches
#| caption: Gray, the bottoms of the loss at each width; orange, the descent, from the
#|   circle on. Read from the top, where the loss is wide, down. On the right the
#|   second crowd is packed as tightly as the first.
#| alt: Two panels with the place on the horizontal axis and the width, from 100 down to
#|   2, on the vertical one. In both, an orange line goes from a circle at 0 to the
#|   mean near 12 and bends to 20, on a branch of gray bottoms. A second gray branch at
#|   0 begins only at a smaller width, apart from the first. On the left its lower end
#|   is labeled deepest, on the right the end of the orange branch is.
figure, axes = plt.subplots(1, 2, sharey=True, figsize=(5.4, 3.8))
places = np.linspace(-5, 25, 1201)
for ax, spread, deepest in zip(axes, (6, 1), (0, 20), strict=True):
    other = np.linspace(20 - spread, 20 + spread, 120)
    values = np.concatenate([packed, other])
    path, spot = [0.0], np.array([0.0])
    for width in narrowing:
        bottoms = find_bottoms(places, values, width)
        ax.plot(bottoms, 0 * bottoms + width, "o", c=GRAY, ms=4)
        spot = follow(spot, values, [width])
        path.append(spot[0])
    ax.plot(path, [100, *narrowing], color=ORANGE)
    ax.plot(0, 100, "o", c=ORANGE, mfc="none", ms=9)
    ax.text(deepest, 1.8, "deepest", ha="center", va="top")
    ax.set(title=f"spread {spread}", xlabel="place", xlim=(-6, 26))
axes[0].set(ylabel="width", yscale="log", ylim=(1.2, 130))
axes[0].set_yticks([2, 10, 100], ["2", "10", "100"])
plt.show()

# %% [markdown]
# So the method removes the chance of the start, and puts in its place one choice, made
# by how you begin. That choice is good where the deepest narrow valley grows out of the
# middle of all numbers. A check costs little: descend from several starts at the last
# width too, and keep the lowest loss.

# %% tags=["remove-cell"]
with checks("Data that fool it"):
    fooled, born = {}, {}
    for spread in (6, 1):
        other = np.linspace(20 - spread, 20 + spread, 120)
        values = np.concatenate([packed, other])
        guess = follow(np.array([0.0]), values, narrowing)
        at_ends = bounded_loss(np.array([0.0, guess[0]]), values, 2)
        fooled[spread] = guess[0], *at_ends
        two = [
            (np.abs(find_bottoms(places, values, width)) < 3).any()
            for width in narrowing
        ]
        born[spread] = narrowing[two].max()
    given("80 numbers packed around 0, and 120", "packed around 0")
    claim("spread around 20", other.mean())
    given("width of 2 the packed", "from 100 down to 2,")
    given("The descent began *at* 0")
    claim("where the loss is higher", fooled[6][2] > fooled[6][1])
    claim("led it away to the spread crowd", abs(fooled[6][0] - 20) < 6)
    claim("at the second crowd as well", abs(fooled[1][0] - 20) < 1)
    claim("there that is right", fooled[1][2] < fooled[1][1])
    claim("Forty widths", len(narrowing) == 40)
    claim("the deeper valley is born late", max(born.values()) < 20)
    claim("mean near 12 and bends to 20", values.mean(), fooled[1][0])
    given("from a circle at 0", "branch at\n0 begins")

# %% [markdown]
# ## What to keep
#
# - A wide loss has one valley near the data, and its plateaus lie far out. Narrow it
#   step by step, and every descent that begins within a few widths ends in one place.
# - The start no longer decides. The beginning of the path does, and it can choose the
#   wrong valley as well.
# - To learn which part of a method works, take the parts away one at a time.

# %% [markdown]
# ## Sources and further reading
#
# - {cite}`blake1987` start from an easy loss and turn it slowly into the one that they
#   want; they call it graduated non-convexity.
# - Upside down, the narrow loss is an estimate of the density of the birds. The peaks
#   of such an estimate, and ways to climb them, are the subject of
#   {cite}`comaniciu2002`.
