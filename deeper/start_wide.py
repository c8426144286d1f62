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
# of 1500 steps arrives, from 0 mm and from everywhere else, if it is allowed to change
# the loss on its way. How?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** turn an easy loss into a hard one, step by step, follow its valley, and
#   then make up data that fool the method.
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
lengths = load_penguins()["flipper_length_mm"].dropna()
flipper_mm = lengths.to_numpy(dtype=float)

# %% [markdown]
# Its slope is the mean of $2 d \, e^{-d^2/s^2}$, and both functions take many guesses
# at once.


# %%
def bounded_loss(guesses, values, width):  # guesses (k,), values (n,)
    off = guesses[:, None] - values  # (k, n)
    cost = width**2 * (1 - np.exp(-((off / width) ** 2)))
    return cost.mean(axis=1)


def descend_all(guesses, values, width, rate, steps):
    for _ in range(steps):
        off = guesses[:, None] - values
        pull = 2 * off * np.exp(-((off / width) ** 2))
        guesses = guesses - rate * pull.mean(axis=1)
    return guesses


# %% [markdown]
# Where $s$ is much larger than all distances, the cost is nearly $d^2$. So a wide loss
# is nearly the mean squared error, with one valley and no plateau, and its best guess
# is nearly the mean. A narrow one sees only the birds close by. Take some numbers
# between the two and count the bottoms.

# %%
axis_mm = np.linspace(180, 230, 8001)
for width in (200, 50, 20, 10, 5):
    heights = bounded_loss(axis_mm, flipper_mm, width)
    turns = np.diff(np.sign(np.diff(heights)))
    bottoms_mm = axis_mm[1:-1][turns > 0]
    print(f"width {width:3} mm: {bottoms_mm.round(1)}")

# %% [markdown]
# At 200 mm the only bottom is the mean, 200.9 mm. It moves to the left as the width
# falls, and at 10 mm a second one has appeared.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("The width is a knob"):
    given("At 200 mm the only bottom", "at 10 mm a second")
    bottoms_of = {}
    for width in (200, 50, 20, 10, 5):
        heights = bounded_loss(axis_mm, flipper_mm, width)
        turns = np.diff(np.sign(np.diff(heights)))
        bottoms_of[width] = axis_mm[1:-1][turns > 0]
    claim("is the mean, 200.9 mm", bottoms_of[200])
    claim("the only bottom is", len(bottoms_of[200]) == 1)
    firsts = [found[0] for found in bottoms_of.values()]
    claim("It moves to the left", (np.diff(firsts) < 0).all())
    counts = [len(bottoms_of[width]) for width in (20, 10)]
    claim("a second one has appeared", counts == [1, 2])

# %% [markdown]
# ## Lower it while you descend
#
# That suggests a plan. Descend with a wide loss first, where every start leads to the
# one bottom. Then narrow the loss, and begin each descent where the last one ended. The
# valley moves a little each time, and the guess follows. This is
# **{term}`continuation`**: to solve an easy version first and to turn it, in steps,
# into the one that you want.
#
# A rate of 0.5 is safe at every width, since no bird's curvature exceeds 2.
#
# :::{admonition} What do you expect?
# :class: dropdown
# After the first width all starts stand at the same guess. From then on they are one
# descent, so they must end in one place, whichever valley that is.
# :::

# %%
starts = np.array([0.0, 140.0, 195.0, 210.0, 300.0])
guesses = starts
for width in (200, 50, 20, 10, 5):
    guesses = descend_all(guesses, flipper_mm, width, 0.5, steps=300)
    print(f"width {width:3} mm: {guesses.round(1)}")

# %% [markdown]
# All five end at 191.5 mm, the better of the two valleys. Is it the order of the widths
# that does it? Take it away: give the same starts all 1500 steps at the last width.

# %%
control = descend_all(starts, flipper_mm, 5, 0.5, steps=1500)
print(control.round(1))

# %% [markdown]
# Now 0, 140 and 300 do not move at all, and 210 goes to the wrong valley.
# {numref}`fig-start-wide` shows what the guess followed.

# %% tags=["hide-input"]
#| name: fig-start-wide
#| caption: The loss at four widths, each drawn to its own height. The dot is where the
#|   descent stands at the end of that width.
#| alt: Four panels over flipper length. At width 50 the loss is one broad bowl with a
#|   dot at its bottom. At 20 the bowl is narrower and the dot lies farther left. At 10
#|   there is a deep valley with the dot, and beside it a shallow one. At 5 the two
#|   valleys are set apart by a ridge, and the dot is in the deeper one.
import matplotlib.pyplot as plt

from helpers import BLUE, ORANGE

figure, axes = plt.subplots(4, sharex=True, figsize=(5.4, 5.2))
near_mm = np.linspace(150, 250, 501)
spot = descend_all(np.array([0.0]), flipper_mm, 200, 0.5, steps=300)
for ax, width in zip(axes, (50, 20, 10, 5), strict=True):
    spot = descend_all(spot, flipper_mm, width, 0.5, steps=300)
    heights = bounded_loss(near_mm, flipper_mm, width)
    ax.plot(near_mm, heights, color=BLUE)
    ax.plot(spot, heights.min(), "o", color=ORANGE)
    ax.text(250, heights.min(), f"width {width} mm", ha="right")
    ax.set(yticks=[])
    ax.margins(y=0.2)
axes[0].set_title("The valley moves, then a second appears")
axes[3].set_xlabel("flipper length (mm)")
figure.supylabel("loss", fontsize=11)
plt.show()

# %% tags=["remove-cell"]
with checks("Lower it while you descend"):
    given("A rate of 0.5")
    ratio = np.linspace(0, 100, 100_001)
    bends = 2 * (1 - 2 * ratio) * np.exp(-ratio)
    claim("no bird's curvature exceeds 2", np.abs(bends).max())
    claim("All five end at 191.5 mm, the", guesses.max())
    claim("All five end at", np.ptp(guesses) < 0.01)
    ends = np.array([guesses[0], control[3]])
    depths = bounded_loss(ends, flipper_mm, 5)
    claim("the better of the two valleys", depths[0] < depths[1])
    given("all 1500 steps at")
    moved_mm = np.abs(control - starts)
    stuck = bounded_loss(control, flipper_mm, 5) > 24.9
    given("Now 0, 140 and 300 do not")
    claim("do not move at all", (moved_mm[stuck] < 1e-6).all())
    claim("Now 0, 140 and 300", (starts[stuck] == [0, 140, 300]).all())
    claim("and 210 goes to the wrong valley", starts[3])
    claim("At 10 there is a deep valley", len(bottoms_of[10]) == 2)
    given(
        "At width 50 the loss",
        "At 20 the bowl",
        "At 10",
        "At 5 the two",
    )

# %% tags=["remove-cell"]
with checks("Start wide, then narrow"):
    claim("From 0 mm it would never", control[0] == 0)
    given("a descent of 1500 steps")
    claim("arrives, from 0 mm", abs(guesses[0] - guesses[2]) < 0.01)

# %% [markdown]
# ## Data that fool it
#
# Did the method find the better valley, or did it have luck? After the wide beginning
# all starts are one, so it makes a single choice. The wide loss leads to the middle of
# *all* numbers, and the valley that grows out of it belongs to the crowd that weighs
# most in a wide view. In a narrow view another crowd may be deeper.
#
# So make up two crowds: 80 numbers packed around 0, and 120 spread around 20. At a
# width of 1 the packed ones should make the deeper valley, although they are fewer. As
# a control, pack the second crowd as tightly as the first.

# %%
packed = np.linspace(-1, 1, 80)
for spread in (6, 1):
    other = np.linspace(20 - spread, 20 + spread, 120)
    values = np.concatenate([packed, other])
    guess = np.array([0.0])
    for width in np.geomspace(100, 1, 40):
        guess = descend_all(guess, values, width, 0.5, steps=300)
    at_ends = bounded_loss(np.array([0.0, guess[0]]), values, 1)
    print(f"spread {spread}: ends at {guess[0]:.1f}")
    print(
        f"  loss at 0: {at_ends[0]:.2f}, at the end: {at_ends[1]:.2f}"
    )

# %% [markdown]
# The descent began *at* 0, in the deeper valley, and the wide loss led it away to the
# spread crowd, where the loss is higher. Forty widths, so haste is not the reason. In
# the control it ends at the second crowd as well, and there that is right.
#
# So the method removes the chance of the start, and puts in its place one choice, made
# by how you begin. That choice is good where the deepest narrow valley is also the
# center of most numbers. A check costs little: descend from several starts at the last
# width too, and keep the lowest loss.

# %% tags=["remove-cell"]
with checks("Data that fool it"):
    fooled = {}
    for spread in (6, 1):
        other = np.linspace(20 - spread, 20 + spread, 120)
        values = np.concatenate([packed, other])
        guess = np.array([0.0])
        for width in np.geomspace(100, 1, 40):
            guess = descend_all(guess, values, width, 0.5, steps=300)
        at_ends = bounded_loss(np.array([0.0, guess[0]]), values, 1)
        fooled[spread] = guess[0], *at_ends
    given("80 numbers packed around 0, and 120", "packed around 0")
    claim("spread around 20", other.mean())
    given("At a width of 1 the packed")
    given("The descent began *at* 0")
    claim("where the loss is higher", fooled[6][2] > fooled[6][1])
    claim("led it away to the spread crowd", abs(fooled[6][0] - 20) < 6)
    claim("at the second crowd as well", abs(fooled[1][0] - 20) < 1)
    claim("there that is right", fooled[1][2] < fooled[1][1])
    claim("Forty widths", len(np.geomspace(100, 1, 40)) == 40)

# %% [markdown]
# ## What to keep
#
# - A wide loss has one valley and no plateau. Narrow it step by step, and a descent can
#   follow the valley from anywhere.
# - The start no longer decides. The beginning of the path does, and it can choose the
#   wrong valley as well.
# - A control shows what did the work: the same starts and steps, without the wide
#   beginning.

# %% [markdown]
# ## Sources and further reading
#
# - {cite}`blake1987` start from an easy loss and turn it slowly into the one that they
#   want; they call it graduated non-convexity.
# - Upside down, the narrow loss is an estimate of the density of the birds. The peaks
#   of such an estimate, and ways to climb them, are the subject of
#   {cite}`comaniciu2002`.
