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
# The grid of {ref}`grid-search` tried fifty multipliers, and no trial knew what the
# others had found. Stand at the guess 1.7, where the loss is 1128.2125. Is the answer
# to the left or to the right, and how much would a small move gain? The same ten belts
# answer with one number, $-2681.35$: go right, and steeply. Here you compute it by
# hand, by trial, and by machine, and find out how far each can be trusted.
#
# :::{admonition} Before you start
# :class: tip
# - **You will** derive a slope, solve for its zero, predict the best step of a finite
#   difference, measure it, and let JAX differentiate your code.
# - **You need** {ref}`grid-search` for the belts and their loss, and the chain rule.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %%
from helpers import load_belts, use_book_style

use_book_style()
belts = belt_in, belt_cm = load_belts()


def loss(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm  # (10,), in cm
    return (residual**2).mean()


loss(1.7, belt_in, belt_cm)

# %% tags=["remove-cell"]
import numpy as np

from helpers import claim, reproduce

claim("1128.2125", loss(1.7, *belts))
claim("1.7", 1.7)

# %% [markdown]
# ## Which way is down?
#
# Take one belt of $x$ inches and $y$ centimeters. Its squared error is $(m x - y)^2$.
# The square contributes twice the residual, and the residual grows by $x$ for each
# unit of $m$, so the derivative is $2 x (m x - y)$. The derivative of a mean is the
# mean of the derivatives:
#
# ```{math}
# :label: slopes-derivative
# L(m) = \frac{1}{n} \sum_{i=1}^{n} (m x_i - y_i)^2
# \quad\Longrightarrow\quad
# L'(m) = \frac{2}{n} \sum_{i=1}^{n} x_i (m x_i - y_i)
# ```

# %%
def slope(multiplier, belt_in, belt_cm):
    residual = multiplier * belt_in - belt_cm
    return 2 * (belt_in * residual).mean()


slope(1.7, belt_in, belt_cm)

# %% tags=["remove-cell"]
from fractions import Fraction

claim("-2681.35", slope(1.7, *belts))


def exact_slope(multiplier, belt_in, belt_cm):
    """The slope in rational numbers, with no rounding at all."""
    pairs = list(zip(map(Fraction, belt_in), map(Fraction, belt_cm), strict=True))
    return 2 * sum(x * (multiplier * x - y) for x, y in pairs) / len(pairs)


assert exact_slope(Fraction("1.7"), *belts) == Fraction("-2681.35")

# %% [markdown]
# The sign says that the loss falls as the multiplier rises, so down is to the right.
# The size says how fast: $L$ changes by $-2681.35$ for each unit of $m$, if the curve
# stays straight. For a move of 0.001 that predicts a change of $-2.68135$.

# %%
nudge = 0.001
print(f"predicted {slope(1.7, *belts) * nudge:.5f}")
print(f"measured  {loss(1.7 + nudge, *belts) - loss(1.7, *belts):.5f}")

# %% tags=["remove-cell"]
measured = loss(1.7 + nudge, *belts) - loss(1.7, *belts)
claim("-2.68135", slope(1.7, *belts) * nudge)
claim("-2.67976", measured)
claim("0.0016", measured - slope(1.7, *belts) * nudge)

# %% [markdown]
# The measured change is $-2.67976$. The missing 0.0016 is the bend of the curve, which
# a straight line cannot know; it returns below. {numref}`fig-slopes-tangent` shows
# the line.

# %%
#| name: fig-slopes-tangent
#| caption: The tangent at the guess tells which way is down, and nothing about how
#|   far away the bottom is.
#| alt: The belts' loss over the multiplier from 1 to 3 is a bowl with its bottom near
#|   2.54. A dot marks the guess 1.7 on the left wall. An orange straight line touches
#|   the bowl there, runs down to the right, leaves the curve soon, and crosses zero
#|   loss near 2.12, well before the bottom.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE

multipliers = np.linspace(1, 3, 201)
tangent = loss(1.7, *belts) + slope(1.7, *belts) * (multipliers - 1.7)
figure, ax = plt.subplots()
ax.plot(multipliers, [loss(m, *belts) for m in multipliers], color=BLUE)
ax.plot(multipliers, tangent, color=ORANGE, linestyle="--")
ax.plot(1.7, loss(1.7, *belts), "o", color=BLACK)
ax.annotate("guess 1.7", (1.7, loss(1.7, *belts)), (8, 5), textcoords="offset points")
ax.text(1.31, 2500, f"slope {slope(1.7, *belts):.2f}", color=ORANGE)
ax.text(2.85, 500, "loss", color=BLUE)
ax.set(xlabel="multiplier $m$ (cm per inch)", ylabel="loss (cm²)", ylim=(-150, 4000))
ax.set_title("The tangent at 1.7 points down to the right");

# %% tags=["remove-cell"]
claim("2.54", (belt_in @ belt_cm) / (belt_in @ belt_in))
claim("2.12", 1.7 - loss(1.7, *belts) / slope(1.7, *belts))

# %% [markdown]
# ## Where the slope is zero
#
# Compute the slope at each of the grid's fifty multipliers. {eq}`slopes-derivative` is
# linear in $m$, so you can expect a straight line.

# %%
#| name: fig-slopes-line
#| caption: The loss is a bowl, its slope is a straight line, and the bottom of the one
#|   is the zero of the other.
#| alt: Two panels share a multiplier axis from 0 to 5. Above, fifty dots form a
#|   bowl-shaped loss. Below, the fifty slopes lie on one rising straight line, from
#|   about -8,000 to about 8,000 per unit. A vertical dashed line near 2.54 joins the
#|   bottom of the bowl to the point where the line crosses zero.
grid = np.linspace(0, 5, 50)
slopes = np.array([slope(m, *belts) for m in grid])
figure, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=(5.4, 5.2))
top.plot(grid, [loss(m, *belts) for m in grid], ".", color=BLUE)
top.set(ylabel="loss (cm²)", title="The bottom of the bowl is where the slope is 0")
bottom.plot(grid, slopes, ".", color=ORANGE)
bottom.axhline(0, color=BLACK, linewidth=1)
bottom.text(0.05, 400, "slope below 0: go right", color=GRAY)
bottom.text(4.95, -1300, "slope above 0: go left", color=GRAY, ha="right")
bottom.set(xlabel="multiplier $m$ (cm per inch)", ylabel="slope (cm² per unit of $m$)")
for ax in (top, bottom):
    ax.axvline(1.7 + (grid[1] - grid[0]) * 8.25, color=GREEN, linestyle="--")

# %% tags=["remove-cell"]
assert np.all(np.diff(slopes) > 0)
assert np.allclose(np.diff(slopes, 2), 0, atol=1e-9)
claim("-8,000 to 8,200", slopes[0])
