# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (slopes)=
# # Slopes
#
# You stand at the guess 1.7. Its loss is 1128.2125, and nothing in that number says
# whether the answer lies to the left or to the right. The **slope** of the loss says
# it: $-2681.35$, so go right. You can get this slope by trial, by hand, or by machine,
# and one of the three can also tell you, quite calmly, that the curve is flat. Which
# one, and when?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** measure a slope, derive it by hand, solve for the place where it is
#   zero, ruin it with too small a step, and let JAX differentiate your code.
# - **You need** {ref}`grid-search` for the belts and their loss. From school: the
#   derivative of $r^2$ is $2r$. The chain rule comes back below, with numbers.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # so that it finds `helpers` here too

# %% [markdown]
# Here are the ten belts again, with the mean squared error of a multiplier $m$ as the
# loss $L(m)$.

# %%
import numpy as np

from helpers import load_belts, use_book_style

use_book_style()
belt_in, belt_cm = load_belts()


def belt_loss(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm  # (10,), in cm
    return (residual**2).mean()


loss_at_guess = belt_loss(1.7, belt_in, belt_cm)
print(loss_at_guess, "cm²")

# %% [markdown]
# ## By trial: rise over run
#
# Which way is down from 1.7? In {ref}`grid-search` you stepped to both sides to find
# out. One side is simpler, and shows better what can go wrong. Walk a step $h$ to the
# right, see by how much the loss rises, and divide the rise by the run. This quotient
# is a **{term}`finite difference`**; since it looks ahead, its full name is *forward
# difference*. The function below takes any loss. In it `*data` collects whatever else
# the loss needs, here the two columns of the table, and hands it on.


# %%
def forward_difference(function, m, h, *data):
    rise = function(m + h, *data) - function(m, *data)
    return rise / h


for h in (1, 0.1, 0.01, 0.001):
    found = forward_difference(belt_loss, 1.7, h, belt_in, belt_cm)
    print(f"{found:9.2f}  with h = {h}")

# %% [markdown]
# Every quotient is negative: the loss falls as $m$ grows. So down is to the right. And
# as the step shrinks, the quotients settle near $-2681$. The number that they settle on
# is the slope of the loss at 1.7, written $L'(1.7)$. {numref}`fig-slopes-chords` shows
# the same as a picture.

# %% tags=["hide-input"]
#| name: fig-slopes-chords
#| caption: A finite difference is the slope of a chord, a straight line through two
#|   points of the curve. The dashed tangent has the slope that the chords settle on.
#| alt: The falling left part of the belts' loss, for multipliers from 1.5 to 2.6. Two
#|   chords start at the dot on the curve at 1.7. The long one ends at 2.5, the shorter
#|   one, which is steeper, at 2.1. The dashed tangent at 1.7 is steeper than both.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE

near = np.linspace(1.5, 2.6, 111)
heights = np.array([belt_loss(m, belt_in, belt_cm) for m in near])
figure, ax = plt.subplots()
ax.plot(near, heights, color=BLUE)
for h in (0.8, 0.4):
    end = belt_loss(1.7 + h, belt_in, belt_cm)
    ax.plot([1.7, 1.7 + h], [loss_at_guess, end], "o-", color=GREEN)
    ax.text(1.7 + h, end - 170, f"h = {h}", color=GREEN, ha="center")
ends = np.array([1.6, 2.0])
tangent = loss_at_guess - 2681.35 * (ends - 1.7)
ax.plot(ends, tangent, "--", color=ORANGE)
ax.plot(1.7, loss_at_guess, "o", color=BLACK)
ax.text(1.73, loss_at_guess + 30, "guess 1.7")
ax.text(1.92, 400, "tangent", color=ORANGE, ha="right")
ax.set(xlabel="multiplier m (cm per inch)", ylabel="loss L (cm²)")
ax.set_ylim(-220, 1900)
ax.set_title("Shorter chords turn into the tangent")
plt.show()

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("By trial: rise over run"):
    given("down from 1.7?", "loss at 1.7, written L'(1.7)")
    trials = [
        forward_difference(belt_loss, 1.7, h, belt_in, belt_cm)
        for h in (1, 0.1, 0.01, 0.001, 1e-5)
    ]
    claim("Every quotient is negative", max(trials) < 0)
    claim("the quotients settle near -2681", trials[-1])
    claim("from 1.5 to 2.6", near[0], near[-1])
    given("on the curve at 1.7", "tangent at 1.7")
    claim(
        "one ends at 2.5, the shorter one, which is steeper, at 2.1",
        2.5,
        1.7 + h,
    )

# %% [markdown]
# ## By hand: the chain rule on one belt
#
# Trial only approaches the slope. To get it exactly, look at one belt, the shortest:
# 30.5 inches, 77 cm. At $m = 1.7$ its residual is $r = 1.7 \times 30.5 - 77 = -25.15$.
# Ask how fast its square changes, in two stages:
#
# - Raise $m$, and $r$ grows by 30.5 for each unit of $m$.
# - Raise $r$, and $r^2$ changes by $2r$, here $-50.3$, for each unit of $r$.
#
# The **chain rule** says that rates along a chain multiply, like the gears of a
# bicycle: $30.5 \times (-50.3) = -1534.15$ for each unit of $m$.
#
# For a belt of $x$ inches and $y$ centimeters the same two rates are $x$ and
# $2 (m x - y)$. The loss is the mean over all $n$ belts, and the derivative of a mean
# is the mean of the derivatives:
#
# ```{math}
# :label: slopes-derivative
# \begin{aligned}
# L(m) &= \frac{1}{n} \sum_{i=1}^{n} (m x_i - y_i)^2 \\
# L'(m) &= \frac{2}{n} \sum_{i=1}^{n} x_i (m x_i - y_i)
# \end{aligned}
# ```


# %%
def belt_slope(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm
    return 2 * (belt_in * residual).mean()


slope_at_guess = belt_slope(1.7, belt_in, belt_cm)
print(f"{slope_at_guess:.2f} cm² per unit of m")

# %% [markdown]
# This is what the trials were settling on, now without any step: $-2681.35$.

# %% tags=["remove-cell"]
with checks("By hand: the chain rule on one belt"):
    x, y = belt_in[0], belt_cm[0]
    claim("30.5 inches, 77 cm", x, y)
    given("At m = 1.7 its residual")
    claim("r = 1.7 \\times 30.5 - 77 = -25.15", 1.7, x, y, 1.7 * x - y)
    claim("r grows by 30.5", x)
    claim("here -50.3, for each", 2 * (1.7 * x - y))
    claim(
        "30.5 \\times (-50.3) = -1534.15",
        x,
        2 * (1.7 * x - y),
        2 * x * (1.7 * x - y),
    )
    claim("now without any step: -2681.35", slope_at_guess)

# %% tags=["remove-cell"]
with checks("Slopes"):
    given("at the guess 1.7")
    claim("Its loss is 1128.2125", belt_loss(1.7, belt_in, belt_cm))
    claim("says it: -2681.35, so go right", slope_at_guess)
    too_fine = forward_difference(
        belt_loss, 1.7, 1e-20, belt_in, belt_cm
    )
    claim("that the curve is flat", too_fine == 0)

# %% [markdown]
# ## What a slope tells you, and what it does not
#
# The sign says which way is down: a negative slope says right, a positive one left. The
# size says how steep: near 1.7, a short move to the right lowers the loss by 2681.35
# times its length. For a move of 0.001 that is about 2.68 cm².
#
# It is tempting to read a third thing from it. The loss at 1.7 is 1128.2125. If it kept
# falling at this rate, it would reach zero after 1128.2125/2681.35, or 0.42, at the
# multiplier 2.12. Is that where the bottom is, or does it lie before or beyond?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Beyond, for the belts. Their lowest loss is almost zero, and you saw the curve flatten
# on the way: longer chords are less steep. So it needs longer than the tangent to get
# down there. If the lowest loss were high, the bottom could come before 2.12. The slope
# at 1.7 cannot know.
# :::

# %% tags=["hide-input"]
#| name: fig-slopes-tangent
#| caption: Three curves with the same loss and the same slope at 1.7, so with one
#|   tangent. The belts' bottom lies near 2.54, another one at 2, and the dotted curve
#|   has none.
#| alt: Three curves over the multiplier from 1.4 to 3.4 touch in a dot at the guess
#|   1.7, where they share a dashed tangent. The tangent crosses zero loss near 2.12. A
#|   narrow gray bowl turns up before that, at 2. The bowl of the belts has its bottom
#|   beyond, near 2.54, almost at zero. A dotted gray curve falls more and more slowly
#|   and never turns.
ms = np.linspace(1.4, 3.4, 201)
losses = [belt_loss(m, belt_in, belt_cm) for m in ms]
away = ms - 1.7
tangent = loss_at_guess + slope_at_guess * away
narrow = tangent - slope_at_guess / 0.6 * away**2
fading = loss_at_guess * np.exp(slope_at_guess / loss_at_guess * away)
figure, ax = plt.subplots()
ax.plot(ms, narrow, color=GRAY)
ax.plot(ms, fading, ":", color=GRAY)
ax.plot(ms, losses, color=BLUE)
ax.plot(ms, tangent, "--", color=ORANGE)
ax.axhline(0, color=BLACK, linewidth=1)
ax.plot(1.7, loss_at_guess, "o", color=BLACK)
ax.text(1.75, loss_at_guess + 30, "guess 1.7")
ax.text(2.08, -140, "2.12", color=ORANGE, ha="right")
ax.text(3.12, 700, "the belts", color=BLUE, ha="right")
ax.set(xlabel="multiplier m (cm per inch)", ylabel="loss L (cm²)")
ax.set(ylim=(-200, 1900))
ax.set_title("A slope knows the way, not the distance")
plt.show()

# %% [markdown]
# From 1.7 the three curves in {numref}`fig-slopes-tangent` look the same, and they lead
# to different places. For the belts {eq}`grid-parabola` says more: at a distance $d$
# from the bottom the curve is $A d^2$ above it, so its slope has the size $2 A d$.
# Divide, and you get $d/2$: the tangent of a parabola reaches the level of the bottom
# exactly halfway. Here that level is almost zero, and 2.12 is halfway from 1.7 to 2.54.
#
# So a slope is good for a short move in the right direction. Where you land, you ask
# again. That is all that {ref}`descent` will do.

# %% tags=["remove-cell"]
with checks("What a slope tells you, and what it does not"):
    given("steep: near 1.7", "slope at 1.7 cannot")
    claim(
        "lowers the loss by 2681.35 times its length", -slope_at_guess
    )
    nudge = 0.001
    fall = loss_at_guess - belt_loss(1.7 + nudge, belt_in, belt_cm)
    claim("a move of 0.001 that is about 2.68 cm²", nudge, fall)
    claim("The loss at 1.7 is 1128.2125", 1.7, loss_at_guess)
    meets_zero = 1.7 - loss_at_guess / slope_at_guess
    claim(
        "after 1128.2125/2681.35, or 0.42, at the multiplier 2.12",
        loss_at_guess / -slope_at_guess,
        loss_at_guess / -slope_at_guess,
        meets_zero,
    )
    bottom = ms[np.argmin(losses)]
    claim("Their lowest loss is almost zero", min(losses) < 0.1)
    claim("the bottom could come before 2.12", meets_zero)
    claim(
        "The belts' bottom lies near 2.54, another one at 2, and",
        bottom,
        ms[np.argmin(narrow)],
    )
    claim("multiplier from 1.4 to 3.4", ms[0], ms[-1])
    given("in a dot at the guess 1.7")
    claim("crosses zero loss near 2.12", meets_zero)
    claim("before that, at 2. The", ms[np.argmin(narrow)])
    claim("bottom beyond, near 2.54, almost at zero", bottom)
    claim("and never turns", (np.diff(fading) < 0).all())
    touching = [
        curve[30] - (tangent[29] + tangent[31]) / 2
        for curve in (narrow, fading, np.array(losses))
    ]
    claim(
        "the same loss and the same slope at 1.7, so",
        np.allclose(touching, 0, atol=1e-6)
        and np.allclose(
            [narrow[31] - narrow[29], fading[31] - fading[29]],
            losses[31] - losses[29],
            rtol=1e-3,
        ),
    )
    claim(
        "longer chords are less steep",
        trials[0] > trials[1] > trials[2],
    )
    given("From 1.7 the three curves")
    claim(
        "and 2.12 is halfway from 1.7 to 2.54",
        meets_zero,
        1.7,
        2 * meets_zero - 1.7,
    )

# %% [markdown]
# ## Where the slope is zero
#
# At the bottom the curve is level. So the slope gives you more than a direction: solve
# $L'(m) = 0$, and you have the best multiplier $m^*$. Multiply out
# {eq}`slopes-derivative`, and $m$ stands in one place only:
#
# ```{math}
# :label: slopes-best
# \begin{aligned}
# L'(m) &= \frac{2}{n} \left( m \sum_i x_i^2 - \sum_i x_i y_i \right) \\
# m^* &= \frac{\sum_i x_i y_i}{\sum_i x_i^2}
# \end{aligned}
# ```

# %%
best = (belt_in @ belt_cm) / (belt_in @ belt_in)
print(f"{best:.7f} best multiplier")

# %% [markdown]
# (`@` multiplies two columns element by element and adds up.) The grid of fifty had to
# stop at 2.551. The formula is the $B/A$ that completing the square gave in
# {eq}`grid-parabola`. But looking for a zero of the slope also works for losses that
# are no parabola.
#
# As a function of $m$ the slope in {eq}`slopes-best` is a straight line, and
# {numref}`fig-slopes-line` draws it.

# %% tags=["hide-input"]
#| name: fig-slopes-line
#| caption: To the left of the zero every slope is negative, to the right every slope
#|   is positive. The sign alone points the way.
#| alt: The multiplier from 0 to 5 runs across, the slope of the loss up. A straight
#|   line rises from far below zero at the left edge to almost as far above zero at the
#|   right edge. A dashed vertical line marks where it crosses zero, near 2.54. A dot
#|   marks the slope at the guess.
places = np.linspace(0, 5, 51)
slopes = np.array([belt_slope(m, belt_in, belt_cm) for m in places])
figure, ax = plt.subplots(figsize=(5.4, 3.2))
ax.plot(places, slopes, color=ORANGE)
ax.axhline(0, color=BLACK, linewidth=1)
ax.axvline(best, color=GREEN, linestyle="--")
ax.plot(1.7, slope_at_guess, "o", color=BLACK)
ax.text(1.55, slope_at_guess + 300, "guess 1.7", ha="right")
ax.text(best + 0.08, -7600, f"m* = {best:.4f}", color=GREEN)
ax.text(0.2, 2400, "slope negative:\ngo right")
ax.text(3.3, -3900, "slope positive:\ngo left")
ax.set(xlabel="multiplier m (cm per inch)")
ax.set(ylabel="slope L′ (cm² per unit of m)")
ax.set_title("The slope of the loss is a straight line")
plt.show()

# %% [markdown]
# How fast does the slope itself rise? By {eq}`slopes-best`, by twice the mean of the
# $x_i^2$, which is 3186.5, for each unit of $m$. This slope of the slope is the
# **{term}`curvature`**, $L''$. It supplies what the slope alone did not know. To climb
# from $-2681.35$ to zero, the slope needs a way of 2681.35/3186.5, or 0.8415, and that
# is the distance from 1.7 to the bottom. (On other curves $L''$ changes on the way.)
# Keep the number: in {ref}`descent` it decides how long a step may be.
#
# A curve whose slope never falls from left to right is called **{term}`convex`**
# {cite}`boyd2004`. On a convex curve you can trust the sign of every slope: once it is
# positive it stays so, and no lower valley hides farther to the right.
# {numref}`fig-slopes-valleys` shows a curve that is not convex.

# %% tags=["hide-input"]
#| name: fig-slopes-valleys
#| caption: A curve that is not convex. At the dot the slope says right, and leads to a
#|   bottom. The lower one lies to the left.
#| alt: A curve with two valleys and a hill between them; the left valley is lower. A
#|   dot lies on the right flank of the hill. A short arrow from it points to the right
#|   and down, into the right valley.
w = np.linspace(-1.6, 1.5, 201)
figure, ax = plt.subplots(figsize=(5.4, 2.6))
ax.plot(w, (w**2 - 1) ** 2 + 0.3 * w, color=BLUE)
ax.plot(0.4, 0.8256, "o", color=BLACK)
arrow = {"arrowstyle": "->", "color": ORANGE, "linewidth": 2}
ax.annotate("", (0.72, 0.47), (0.43, 0.8), arrowprops=arrow)
ax.text(0.52, 0.8, "slope: go right", color=ORANGE)
ax.text(-0.95, 0.25, "lowest", color=BLUE, ha="center")
ax.set(xlabel="parameter w", ylabel="loss", xticks=[], yticks=[])
ax.set_title("On two valleys the sign can mislead")
plt.show()

# %% [markdown]
# The slope falls where it crosses the hill, and behind the hill the sign only leads to
# the nearest bottom. {ref}`valleys` walks on such curves.

# %% tags=["remove-cell"]
with checks("Where the slope is zero"):
    grid = np.linspace(0, 5, 50)
    nearest = min(grid, key=lambda m: belt_loss(m, belt_in, belt_cm))
    claim("The grid of fifty had to stop at 2.551", nearest)
    claim(
        "is the B/A that",
        np.isclose(
            best, (belt_in * belt_cm).mean() / (belt_in**2).mean()
        ),
    )
    claim(
        "you have the best multiplier",
        abs(belt_slope(best, belt_in, belt_cm)) < 1e-9,
    )
    claim("multiplier from 0 to 5", places[0], places[-1])
    claim("crosses zero, near 2.54", best)
    claim(
        "is a straight line, and",
        np.allclose(np.diff(slopes, 2), 0, atol=1e-9),
    )
    curvature = 2 * (belt_in**2).mean()
    claim("which is 3186.5, for each unit", curvature)
    claim(
        "from -2681.35 to zero, the slope needs a way of 2681.35/3186.5, or 0.8415",
        slope_at_guess,
        -slope_at_guess / curvature,
        -slope_at_guess / curvature,
    )
    claim(
        "the distance from 1.7 to the bottom",
        np.isclose(1.7 - slope_at_guess / curvature, best),
    )
    two_valleys = (w**2 - 1) ** 2 + 0.3 * w
    claim(
        "the left valley is lower",
        two_valleys[w < 0].min() < two_valleys[w > 0].min(),
    )
    claim(
        "the slope says right, and leads", 4 * 0.4 * (0.4**2 - 1) < -0.3
    )
    claim(
        "twice the mean",
        np.isclose((slopes[10] - slopes[0]) / places[10], curvature),
    )

# %% [markdown]
# ## The tempting mistake: the smallest step you can type
#
# Suppose you cannot differentiate a loss, only evaluate it. Then trial is what you
# have, and the shorter the step, the better, or so it seemed: with $h = 0.01$ the
# quotient was off by 16, with 0.001 by 1.6. What will $h = 10^{-12}$ give, and what
# $h = 10^{-20}$?
#
# :::{admonition} What do you expect?
# :class: dropdown
# On paper, an error that shrinks with $h$, down to nothing. A computer stores a limited
# number of digits, though, and $1.7 + 10^{-20}$ has more of them than it keeps. If the
# sum is stored as 1.7, the rise is zero, and so is the quotient. With $10^{-12}$ the
# sum still differs from 1.7, so expect something in between.
# :::

# %%
for h in (1e-4, 1e-8, 1e-12, 1e-14, 1e-16, 1e-20):
    found = forward_difference(belt_loss, 1.7, h, belt_in, belt_cm)
    print(f"{found:10.4f}  with h = {h:.0e}")

# %% [markdown]
# The estimate improves down to $10^{-8}$, then gets worse, and from $10^{-16}$ on it is
# zero: $1.7 + 10^{-16}$ is stored as 1.7, so both losses are the same number. This is
# the flat curve of the opening. The trouble begins long before, and you can see it in
# the two losses for $h = 10^{-12}$:

# %%
print(f"{belt_loss(1.7, belt_in, belt_cm):.12f}")
print(f"{belt_loss(1.7 + 1e-12, belt_in, belt_cm):.12f}")

# %% [markdown]
# NumPy's standard number type, **float64**, holds about sixteen digits, and here they
# are. Subtract, and twelve of them cancel. The last four are all that is left of the
# slope, and the last of these has been *rounded* {cite}`goldberg1991`.
#
# So a finite difference has two errors. A long step errs because the curve bends away
# from its tangent. A short step errs because digits cancel. Measure both at once, for
# steps from $10^{-16}$ to one:

# %%
steps = np.logspace(-16, 0, 65)
errors = []
for h in steps:
    found = forward_difference(belt_loss, 1.7, h, belt_in, belt_cm)
    errors.append(abs(found - slope_at_guess))

# %% [markdown]
# On logarithmic axes, where equal distances are equal factors, the two errors become
# the two arms of a V.

# %% tags=["hide-input"]
#| name: fig-slopes-v
#| caption: Each dot is a forward difference at 1.7. The dashed lines are the two errors
#|   taken alone.
#| alt: Logarithmic axes, the step from 1e-16 to 1 across and the error of the slope up.
#|   The dots form a V. Its right arm is a clean straight line that rises with the step.
#|   Its left arm falls with the step and scatters. The two meet near a step of 1e-8,
#|   where the error is below 0.001. At the far left the error is as large as the slope
#|   itself.
figure, ax = plt.subplots()
bends = (belt_in**2).mean() * steps
cancels = np.spacing(loss_at_guess) / steps
ax.loglog(steps, bends, "--", color=GRAY, linewidth=1)
ax.loglog(steps, cancels, "--", color=GRAY, linewidth=1)
ax.loglog(steps, errors, ".", color=BLUE)
ax.text(2e-7, 3e2, "step too long:\nthe curve bends", color=BLACK)
ax.text(1e-16, 1e-4, "step too short:\ndigits cancel", color=BLACK)
ax.set(xlabel="step h (cm per inch)", ylim=(1e-6, 1e5))
ax.set(ylabel="error (cm² per unit of m)")
ax.set_title("The best step is neither long nor short")
plt.show()

# %% [markdown]
# The right arm is half the curvature times $h$. The left arm is about
# $2 \times 10^{-13} / h$, since numbers near 1128 are stored $2 \times 10^{-13}$ apart.
# (The sum $1.7 + h$ is rounded too, which costs about as much.) They meet near
# $h = 10^{-8}$, where about half of the sixteen digits are right. A step to both sides
# as in {ref}`grid-search`, a **central difference**, does better, and closer to the
# bottom you do worse: {ref}`finite-differences` finds out why.

# %% tags=["remove-cell"]
with checks("The tempting mistake: the smallest step you can type"):
    claim(
        "with h = 0.01 the quotient was off by 16, with 0.001 by 1.6",
        0.01,
        trials[2] - slope_at_guess,
        0.001,
        trials[3] - slope_at_guess,
    )
    given(
        "What will h = 1e-12 give",
        "h = 1e-20?",
        "two losses for h = 1e-12",
    )
    claim("is stored as 1.7, the rise is zero", 1.7 + 1e-20 == 1.7)
    given("1.7 + 1e-20 has more of them")
    claim("1.7 + 1e-16 is stored as 1.7, so", 1.7 + 1e-16 == 1.7)
    claim(
        "With 1e-12 the sum still differs from 1.7", 1.7 + 1e-12 != 1.7
    )
    off = {
        h: abs(
            forward_difference(belt_loss, 1.7, h, belt_in, belt_cm)
            + 2681.35
        )
        for h in (1e-4, 1e-8, 1e-12, 1e-14, 1e-16, 1e-20)
    }
    claim(
        "improves down to 1e-8, then gets worse",
        off[1e-4] > off[1e-8] < off[1e-12] < off[1e-14],
    )
    claim(
        "from 1e-16 on it is zero", off[1e-16] == off[1e-20] == 2681.35
    )
    claim(
        "about sixteen digits",
        15 < -np.log10(np.finfo(np.float64).eps) < 16,
    )
    claim(
        "The last four are all that is left of the slope",
        off[1e-12] < 5,
    )
    claim("steps from 1e-16 to one", steps[0])
    given("forward difference at 1.7")
    claim("step from 1e-16 to 1 across", steps[0], steps[-1])
    errors = np.array(errors)
    middle = abs(np.log10(steps) + 8) < 0.6
    claim(
        "meet near a step of 1e-8, where the error is below 0.001",
        0 < np.median(errors[middle]) < 0.001
        and errors[middle].max() < errors[np.isclose(steps, 1e-3)]
        and errors[middle].max()
        < np.median(errors[(steps > 1e-14) & (steps < 1e-12)]),
    )
    claim(
        "as large as the slope itself",
        np.isclose(errors[0], 2681.35),
    )
    right = steps > 1e-5
    claim(
        "right arm is half the curvature times h",
        np.allclose(
            errors[right], curvature / 2 * steps[right], rtol=1e-3
        ),
    )
    spacing = np.spacing(loss_at_guess)
    claim("left arm is about 2e-13 / h", spacing)
    claim(
        "numbers near 1128 are stored 2e-13 apart",
        np.floor(loss_at_guess),
        spacing,
    )
    taken = np.spacing(1.7) / 2 * 2681.35
    claim("(The sum 1.7 + h is rounded too", 1.7 + 1e-12 - 1.7 != 1e-12)
    claim("which costs about as much", 0.5 < taken / spacing < 2)
    left = (steps > 1e-14) & (steps < 1e-9)
    ratio = np.median(errors[left] * steps[left] / spacing)
    claim(
        "They meet near h = 1e-8",
        0.3e-8 < np.sqrt(spacing * 2 / curvature) < 3e-8,
    )
    claim("are the two errors taken alone", 0.1 < ratio < 2)
    digits = -np.log10(np.median(errors[middle]) / 2681.35)
    claim("about half of the sixteen digits", 6.5 < digits < 9)

# %% [markdown]
# ## By machine: let the code differentiate itself
#
# The chain rule asked for no ideas, only for care: find the rate of each operation,
# multiply along the chain. A program can do that. Here are the operations of one belt,
# from the last one back to the first:

# %%
x, y = belt_in[0], belt_cm[0]
residual = 1.7 * x - y
rate = 2 * residual  # of the square, for each unit of the residual
rate = rate * 1  # for each unit of 1.7 * x; y stays as it is
rate = rate * x  # for each unit of the multiplier
print(f"{rate:.2f}")

# %% [markdown]
# Nothing in it is about belts: for each operation there is one fixed rule.
# **{term}`Automatic differentiation <automatic differentiation>`** records the
# operations of your code and applies the rules, and JAX {cite}`jax2018` does it.
# `jax.grad` takes a function and returns a new one, which computes its slope.

# %% tags=["nbval-ignore-output"]
import jax

jax_slope = jax.grad(belt_loss)
print(jax_slope(1.7, belt_in, belt_cm))

# %% [markdown]
# No step $h$, no formula. (If you want the loss along with the slope, use
# `jax.value_and_grad`.) The name `grad` is short for *{term}`gradient`*, the word for
# the slopes along several parameters. You have one parameter, so you get one slope.
#
# The {ref}`tutorial <source-fruehwald2022>` {cite}`fruehwald2022` that lent us the
# belts printed $-2681.3499$. Your last digit may differ: JAX computes in **float32**
# unless told otherwise, with about seven digits. Ask for float64, and you get more of
# them (`enable_x64` is JAX's own switch, under one name for all its versions):

# %%
from helpers import enable_x64

with enable_x64(True):
    print(f"{jax_slope(1.7, belt_in, belt_cm):.8f}")

# %% [markdown]
# `grad` differentiates with respect to the first argument. (The tutorial writes
# `argnums=0`, which is what you get anyway.) With `argnums=2` it asks how the loss
# changes if a belt is *listed* longer, here at the best multiplier:

# %%
per_cm = jax.grad(belt_loss, argnums=2)(best, belt_in, belt_cm)
for i in (0, 1, 2):
    print(f"{per_cm[i]:6.3f} for the {belt_in[i]} inch belt")

# %% [markdown]
# The centimeters are an array, so you get ten slopes, of which these are three. The
# first is negative: a longer entry would lower the loss. Indeed, $30.5 \times 2.54$ is
# 77.47, and the shop rounded it down to 77.
#
# What `grad` returns is a function, so you can differentiate it again.

# %%
curvature_at = jax.grad(jax.grad(belt_loss))
for m in (0.0, 1.7, 5.0):
    print(f"{curvature_at(m, belt_in, belt_cm):.1f} at {m}")

# %% [markdown]
# The curvature is 3186.5 everywhere, as a straight line of slopes demands.
#
# So which of the three? By hand you get a formula, which can tell you where the bottom
# is, and which you can get wrong. Trial needs nothing but the loss, and pays with
# digits, and with one more evaluation for every parameter. The machine gets all slopes
# in one sweep back from the loss (*{term}`reverse mode`*, which {ref}`backprop`
# builds), but has to see the code. Use one to check another.

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import published_value, reproduce

with checks("By machine: let the code differentiate itself"):
    both = jax.jit(jax.value_and_grad(belt_loss))(1.7, belt_in, belt_cm)
    display(reproduce("jax loss at 1.7", float(both[0])))
    display(reproduce("jax grad at 1.7", float(both[1])))
    claim("printed -2681.3499", published_value("jax grad at 1.7"))
    slope_gap = np.spacing(np.float32(2681.35))
    claim(
        "Your last digit may differ",
        abs(float(both[1]) + 2681.35) < 2 * slope_gap,
    )
    claim(
        "with about seven digits",
        6.5 < -np.log10(np.finfo(np.float32).eps) < 7.5,
    )
    with enable_x64(True):
        exact = float(jax_slope(1.7, belt_in, belt_cm))
    claim("and you get more of them", abs(exact + 2681.35) < 1e-10)
    claim("ten slopes, of which", per_cm.shape == (10,))
    claim(
        "first is negative: a longer entry would lower the loss",
        np.allclose(
            per_cm, -2 / 10 * (best * belt_in - belt_cm), atol=1e-3
        ),
    )
    claim(
        "30.5 \\times 2.54 is 77.47, and the shop rounded it down to 77",
        belt_in[0],
        2.54,
        2.54 * belt_in[0],
        belt_cm[0],
    )
    curvatures = [
        float(curvature_at(m, belt_in, belt_cm))
        for m in (0.0, 1.7, 5.0)
    ]
    claim("is 3186.5 everywhere", curvature)
    claim(
        "everywhere, as a straight line",
        np.allclose(curvatures, curvature),
    )

# %% [markdown]
# ## What to keep
#
# - The sign of the slope says which way is down; its size says how steep, not how far.
# - The chain rule multiplies rates. For the mean squared error the slope is a straight
#   line, and its zero is the best multiplier.
# - On a convex curve the slope never falls, so every sign can be trusted. On a
#   parabola, slope divided by curvature is the distance to the bottom.
# - A finite difference has two errors that pull $h$ in opposite directions. Never take
#   the smallest step.
# - `jax.grad` differentiates your code, with respect to its first argument, in float32
#   unless told otherwise.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-slopes-signs
# **Check.** A loss of one parameter $w$ has slope $-12$ at $w = 1$ and slope 3 at
# $w = 4$.
#
# 1. Which way is down at each of the two places?
# 2. The loss is convex. Where can its bottom be?
# 3. Is the bottom nearer to 4, since 3 is the smaller size?
# 4. Another loss has slope 3 at $w = 1$ and slope $-12$ at $w = 4$. Can it be convex?
# ::::
#
# ::::{solution} ex-slopes-signs
# :class: dropdown
# 1. To the right at $w = 1$, to the left at $w = 4$.
# 2. Between the two. The slope rises from $-12$ to 3, so it is zero on the way.
# 3. Not necessarily. If the slope were a straight line, the bottom would be at 3.4. But
#    the slope may rise steeply at first and slowly afterwards, and then the bottom can
#    be as near to 1 as you like.
# 4. No. The slope would fall from left to right.
# ::::

# %% tags=["remove-cell"]
with checks("Exercises"):
    line = np.polynomial.Polynomial.fit([1, 4], [-12, 3], 1)
    claim(
        "slope -12 at w = 1 and slope 3 at w = 4",
        line(1),
        1,
        line(4),
        4,
    )
    claim("nearer to 4, since 3 is", 4, line(4))
    claim(
        "slope 3 at w = 1 and slope -12 at w = 4",
        line(4),
        1,
        line(1),
        4,
    )
    claim(
        "To the right at w = 1, to the left at w = 4",
        line(1) < 0 < line(4),
    )
    claim("rises from -12 to 3, so", -12 < 0 < 3)
    claim("the bottom would be at 3.4", line.roots()[0])
    claim(
        "as near to 1 as you like",
        np.interp(1.01, [1, 1.01, 4], [-12, 0, 3]) == 0,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-slopes-two-readings
# **Compute.** The slope of the belts' loss is $-3318.65$ at 1.5 and $-2681.35$ at 1.7.
# Find the bottom from these two numbers, on paper. You should get 2.5415. Would the two
# *losses* have been enough?
# ::::
#
# ::::{solution} ex-slopes-two-readings
# :class: dropdown
# The slope is a straight line, so follow it to zero. It rises by 637.3 on the way from
# 1.5 to 1.7, which is 3186.5 for each unit of $m$. To climb the remaining 2681.35 takes
# 2681.35/3186.5, or 0.8415. The bottom is at 2.5415. (On a loss that is no parabola one
# repeats this; it is then called the *secant method*.)
#
# Two losses are not enough. A parabola has three unknowns, say where its bottom is, how
# low, and how wide it opens, so a whole family of parabolas runs through two points.
# ::::

# %% tags=["remove-cell"]
with checks("Exercises"):
    low, high = (belt_slope(m, belt_in, belt_cm) for m in (1.5, 1.7))
    claim("is -3318.65 at 1.5 and -2681.35 at 1.7", low, 1.5, high, 1.7)
    rise = (high - low) / 0.2
    claim("You should get 2.5415", 1.7 - high / rise)
    claim(
        "rises by 637.3 on the way from 1.5 to 1.7, which is 3186.5 for each unit",
        high - low,
        1.5,
        1.7,
        rise,
    )
    claim(
        "remaining 2681.35 takes 2681.35/3186.5, or 0.8415",
        -high,
        -high / rise,
        -high / rise,
    )
    claim("The bottom is at 2.5415", 1.7 - high / rise)

# %% [markdown]
# ::::{exercise}
# :label: ex-slopes-log-cosh
# **Code.** Take another loss: the mean of $\log \cosh r$ over the residuals $r$. (The
# derivative of $\log \cosh r$ is $\tanh r$.) Derive its slope by hand and write it as a
# function. Check it here, where the value at 1.7 is a round $-39.5$:
#
# ```python
# from helpers import check_answer
#
# for m, expected in ((1.7, -39.5), (2.54, -2.2649)):
#     found = log_cosh_slope(m, belt_in, belt_cm)
#     check_answer(f"slope at {m}", found, expected, within=1e-4)
# ```
#
# Then write the loss with `jnp.log` and `jnp.cosh`, after `import jax.numpy as jnp`.
# These are twins of NumPy's functions that JAX can differentiate. Does `jax.grad`
# agree with you? And why is the slope at 1.7 so round?
# ::::
#
# ```{solution-start} ex-slopes-log-cosh
# :class: dropdown
# ```

# %%
import jax.numpy as jnp

from helpers import check_answer


def log_cosh_slope(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm
    return (belt_in * np.tanh(residual)).mean()


def log_cosh_loss(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm
    return jnp.log(jnp.cosh(residual)).mean()


for m, expected in ((1.7, -39.5), (2.54, -2.2649)):
    found = log_cosh_slope(m, belt_in, belt_cm)
    check_answer(f"slope at {m}", found, expected, within=1e-4)
    by_jax = jax.grad(log_cosh_loss)(m, belt_in, belt_cm)
    check_answer("and by JAX", by_jax, expected, within=1e-3)

# %% [markdown]
# The rates along the chain are $\tanh r$ and $x$, so the slope is the mean of
# $x_i \tanh r_i$. At 1.7 every residual is below $-25$, and there $\tanh r$ is as good
# as $-1$. So the slope is minus the mean of the inches. On this loss a belt that is far
# off pulls no harder than one that is a little off.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "value at 1.7 is a round -39.5",
        1.7,
        log_cosh_slope(1.7, belt_in, belt_cm),
    )
    claim(
        "slope at 1.7 so round?",
        np.isclose(
            log_cosh_slope(1.7, belt_in, belt_cm), -belt_in.mean()
        ),
    )
    residuals = 1.7 * belt_in - belt_cm
    claim("At 1.7 every residual is below -25", 1.7, residuals.max())
    claim("as good as -1. So", np.tanh(residuals).max())
    claim("Does jax.grad agree", abs(by_jax - expected) < 1e-3)

# %% [markdown]
# ::::{exercise}
# :label: ex-slopes-missing-factor
# **Find the fault.** Somebody derives the slope of the mean squared error and writes
#
# ```python
# def quick_slope(multiplier, belt_in, belt_cm):
#     residual = multiplier * belt_in - belt_cm
#     return 2 * residual.mean()
# ```
#
# At 1.7 it says $-66.5$: go right. At 3 it is positive: go left. It is zero at 2.5418,
# which looks like the best multiplier. What is wrong, and which test of this chapter
# finds it at once?
# ::::
#
# ```{solution-start} ex-slopes-missing-factor
# :class: dropdown
# ```


# %%
def quick_slope(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm
    return 2 * residual.mean()


for m in (1.7, 3):
    by_trial = forward_difference(belt_loss, m, 1e-6, belt_in, belt_cm)
    quick = quick_slope(m, belt_in, belt_cm)
    print(f"{quick:8.3f} quick, {by_trial:9.3f} by trial")

# %% [markdown]
# The second rate of the chain is missing: $r$ grows by $x$ for each unit of $m$. A
# finite difference shows it at 1.7, where the slope is about forty times as steep. The
# other test, whether the sign is right, does not. Even the zero is only a little wrong,
# 2.5418 and not 2.5415: `quick_slope` weighs all belts alike, while the loss gives the
# long ones more say. A wrong slope can walk downhill for a long time.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    quick_at_guess = quick_slope(1.7, belt_in, belt_cm)
    quick_zero = belt_cm.mean() / belt_in.mean()
    claim("At 1.7 it says -66.5", 1.7, quick_at_guess)
    claim(
        "At 3 it is positive: go left",
        quick_slope(3, belt_in, belt_cm) > 0,
    )
    claim("It is zero at 2.5418", quick_zero)
    given("shows it at 1.7")
    claim(
        "about forty times as steep",
        38 < slope_at_guess / quick_at_guess < 42,
    )
    claim("2.5418 and not 2.5415", quick_zero, best)

# %% [markdown]
# ::::{exercise}
# :label: ex-slopes-closed-form
# **Code.** JAX differentiates any code, a solution too. Write {eq}`slopes-best` as a
# function `best_multiplier(belt_in, belt_cm)`. Which entry of `belt_cm` moves the best
# multiplier most, and by how much for one centimeter? You should get 0.0030:
#
# ```python
# check_answer("largest effect", effects.max(), 0.0030, within=0.0001)
# ```
# ::::
#
# ```{solution-start} ex-slopes-closed-form
# :class: dropdown
# ```


# %%
def best_multiplier(belt_in, belt_cm):
    return (belt_in @ belt_cm) / (belt_in @ belt_in)


effects = jax.grad(best_multiplier, argnums=1)(belt_in, belt_cm)
check_answer("largest effect", effects.max(), 0.0030, within=0.0001)
print("belt number", effects.argmax())

# %% [markdown]
# By hand the effects are $x_i / \sum_j x_j^2$, so the longest belt, number 9 counted
# from zero, has the most leverage. This holds for a whole centimeter and not only for a
# tiny change, since $m^*$ is linear in the $y_i$.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("You should get 0.0030", effects.max())
    claim(
        "the effects are",
        np.allclose(effects, belt_in / (belt_in @ belt_in)),
    )
    claim("the longest belt, number 9 counted", effects.argmax())
    moved = best_multiplier(belt_in, belt_cm + np.eye(10)[9])
    claim(
        "This holds for a whole centimeter",
        np.isclose(moved - best, effects[9]),
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-slopes-kink
# **Open.** Replace the square by the absolute value, $|r|$. Its curve has a corner
# wherever one residual is zero. Should a method that walks downhill be content with
# such a loss? A good answer
#
# - says what JAX, a forward and a central difference give for $|r|$ at $r = 0$, and
#   what the slope is on both sides,
# - explains how you would recognize the bottom among ten corners,
# - names one thing that the slope of the squares tells near the bottom and this one
#   does not, and
# - names one advantage of this loss.
# ::::
#
# ```{solution-start} ex-slopes-kink
# :class: dropdown
# ```

# %%
print(jax.grad(jnp.abs)(0.0), "by JAX")
print(forward_difference(abs, 0, 0.1), "forward")
print((abs(0.1) - abs(-0.1)) / 0.2, "central")

# %% [markdown]
# For $|r|$ at zero JAX and the forward difference say one, the central difference says
# zero. The slope is $-1$ before and 1 after. None of the answers is wrong: every number
# in between is the slope of a line that touches the corner from below, a *subgradient*.
#
# At a corner of the mean, the other nine belts add a constant slope. The corner is the
# bottom if the slope is negative before and positive after it; at all others the walk
# goes on downhill. The slope of the squares fades near the bottom, and so warns that it
# is near. This one jumps, and a walker has to shorten its steps by itself. In return, a
# belt with a misprint pulls no harder than any other of its length.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("|r| at r = 0", abs(0) == 0)
    claim(
        "JAX and the forward difference say one",
        jax.grad(jnp.abs)(0.0) == forward_difference(abs, 0, 0.1) == 1,
    )
    claim("the central difference says zero", abs(0.1) - abs(-0.1) == 0)
    claim(
        "is -1 before and 1 after",
        jax.grad(jnp.abs)(-1.0),
        jax.grad(jnp.abs)(1.0),
    )

# %% [markdown]
# ## Sources and further reading
#
# The belts and the road from a grid to JAX's `grad` come from Josef Fruehwald's
# tutorial {cite}`fruehwald2022`. Boyd and Vandenberghe {cite}`boyd2004` are the
# reference for convex functions. Baydin and others {cite}`baydin2018` survey automatic
# differentiation and clear up what it is not; the system used here is JAX
# {cite}`jax2018`. Goldberg {cite}`goldberg1991` explains floating-point numbers.
