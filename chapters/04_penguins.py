# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (penguins)=
# # Penguins
#
# You hold a penguin whose bill is 45 mm long. How heavy is the bird? A line through 333
# measured penguins answers 4294 g, give or take 649 g. The belts of the earlier
# chapters needed one number, a multiplier. A line that need not pass through zero has
# two, an intercept and a slope, so a descent has to find both at once. What does it
# follow when there are two directions to go down in?

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` from this folder

# %% [markdown]
# :::{admonition} Before you start
# :class: tip
# - **You will** write the predictions for all birds as one product, find the slope of
#   the loss along each parameter, walk down a bowl, and turn the result into grams.
# - **You need** the loop and the learning rates of {ref}`descent`, the chain rule and
#   `jax.grad` of {ref}`slopes`; from school, what a mean and a standard deviation are.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## The birds
#
# Near Palmer Station, Antarctica, Kristen Gorman and colleagues measured penguins of
# three species {cite}`gorman2014`, and with Allison Horst and Alison Hill she made the
# measurements a data set {cite}`horst2020`. One row is one bird.

# %%
from helpers import load_penguins, use_book_style

use_book_style()
penguins = load_penguins()
birds = penguins.dropna()
print(len(penguins), "rows,", len(birds), "without a hole")
birds[["species", "bill_length_mm", "body_mass_g", "sex"]].head(3)

# %% [markdown]
# Real tables have holes. `dropna()` drops every row with a hole in *any* column. Eleven
# birds go, nine of them only because nobody recorded their sex, which a line through
# bills and masses never asks for. Josef Fruehwald's
# {ref}`tutorial <source-fruehwald2022>` {cite}`fruehwald2022`, whose path this chapter
# follows, takes the quick way to 333 birds. So do you, to hold each number against his;
# {ref}`behind-the-line` measures what the nine would change.

# %% tags=["hide-input"]
#| name: fig-penguins-cloud
#| caption: Each dot is one of the 333 birds. The dashed line marks the bill of the bird
#|   in your hand.
#| alt: Body mass in grams against bill length in millimeters. The cloud of dots rises
#|   to the right, but it is wide. The dashed upright line meets dots over a range of
#|   more than a kilogram.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, ORANGE

figure, ax = plt.subplots()
ax.plot("bill_length_mm", "body_mass_g", ".", data=birds, color=GRAY)
ax.axvline(45, color=ORANGE, ls="--")
ax.text(44.6, 6100, "your bird", color=ORANGE, ha="right", va="center")
ax.set(xlabel="bill length (mm)", ylabel="body mass (g)")
ax.set_title("The longer the bill, the heavier the bird, on the whole")
plt.show()

# %% [markdown]
# No line meets all the dots of {numref}`fig-penguins-cloud`. You want the one that
# misses least in the mean square, as with the belts.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("The birds"):
    claim("Eleven birds go", len(penguins) - len(birds) == 11)
    lost = penguins.drop(birds.index)
    used = ["bill_length_mm", "body_mass_g"]
    only_sex = lost[used].notna().all(axis=1) & lost["sex"].isna()
    claim("nine of them only because", only_sex.sum() == 9)
    claim("the quick way to 333 birds", len(birds))
    claim("one of the 333 birds", len(birds))
    near = birds.loc[
        birds["bill_length_mm"].between(44.5, 45.5), "body_mass_g"
    ]
    claim(
        "over a range of more than a kilogram",
        near.max() - near.min() > 1000,
    )
    claim(
        "No line meets all the dots",
        birds["bill_length_mm"].duplicated().any(),
    )
    claim("three species", birds["species"].nunique() == 3)

# %% [markdown]
# ## One scale for both parameters
#
# The intercept of a line stands alone, and its slope multiplies a bill of some 44 mm.
# The loss bends as the square of what a parameter multiplies, here over 1900 times as
# much for the slope. One learning rate can hardly suit both ({ref}`conditioning` shows
# how badly). So *standardize* first: subtract the mean, or tilting the line would also
# lift it; then divide by the standard deviation. Do the same to the masses, so that
# their variance is the unit of the loss.


# %%
def standardize(values):
    centered = values - values.mean(axis=0)  # axis=0: down each column
    return centered / values.std(axis=0)


bill_length_mm = birds["bill_length_mm"].to_numpy()
body_mass_g = birds["body_mass_g"].to_numpy()
x = standardize(bill_length_mm)
y = standardize(body_mass_g)
print(x[:3].round(4))
print(f"{(x**2).mean():.4f}, {(y**2).mean():.4f}")

# %% [markdown]
# Each entry now counts standard deviations above the mean. The first bill is 0.90 of
# them shorter than the mean bill. Two facts will carry the rest of the chapter: in a
# standardized column *the mean is 0* and *the mean of the squares is 1*. (For the
# second, `.std()` must divide by $n$; that of pandas divides by $n - 1$.)

# %% tags=["remove-cell"]
import numpy as np

with checks("One scale for both parameters"):
    claim("a bill of some 44 mm", bill_length_mm.mean())
    claim("over 1900 times as much", (bill_length_mm**2).mean())
    claim("The first bill is 0.90 of them shorter", -x[0])
    claim("the mean is 0 and", np.abs([x.mean(), y.mean()]).max())
    claim("the mean of the squares is 1", (x**2).mean())
    pandas_std = birds["bill_length_mm"].std()
    by_n_less_one = bill_length_mm.std(ddof=1)
    claim(
        "pandas divides by n - 1", np.isclose(pandas_std, by_n_less_one)
    )

# %% [markdown]
# ## Every prediction at once
#
# A line predicts $w_0 + w_1 x$ for a bird whose standardized bill is $x$. Write
# $w_0 \cdot 1$ for the intercept, and the prediction is a sum of two products: the pair
# $(1, x)$ times the pair $(w_0, w_1)$, entry by entry. Try it on the second bird, with
# 2 and 4 as throw-away parameters.

# %%
import numpy as np

w = np.array([2.0, 4.0])
bird = np.array([1.0, x[1]])
print((bird * w).round(4), "entry by entry")
print((bird * w).sum().round(4), "added up")
print((bird @ w).round(4), "both at once")

# %% [markdown]
# Multiply entry by entry and add up: that is the *dot product*, in Python `@`. These
# parameters would make the bird 1.29 standard deviations lighter than the mean.
#
# Now give every bird a row $(1, x_i)$. This table is the *{term}`design matrix`* $X$.
# The list of parameters is a *vector*, $\mathbf{w}$, set in bold because it holds more
# than one number. Then $X\mathbf{w}$ means the dot product of each row with
# $\mathbf{w}$:
#
# ```{math}
# X\mathbf{w} =
# \begin{pmatrix} 1 & x_1 \\ 1 & x_2 \\ \vdots & \vdots \\ 1 & x_n \end{pmatrix}
# \begin{pmatrix} w_0 \\ w_1 \end{pmatrix} =
# \begin{pmatrix} w_0 + w_1 x_1 \\ w_0 + w_1 x_2 \\ \vdots \\ w_0 + w_1 x_n
# \end{pmatrix}
# ```

# %%
X = np.column_stack([np.ones(len(x)), x])  # shape (333, 2)
predicted = X @ w  # shape (333,)
print(X[:3].round(4))
print(predicted[:3].round(4))

# %% [markdown]
# All 333 predictions in one product.
#
# Which of the two parameters is the intercept? Switch them on one at a time. What will
# each line of the next cell print?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The parameters $(1, 0)$ give each bird $1 \cdot 1 + 0 \cdot x$, so it prints ones. The
# parameters $(0, 1)$ give back the bill lengths. What adds the same to every bird is
# the intercept.
# :::

# %%
print((X @ [1.0, 0.0])[:3])
print((X @ [0.0, 1.0])[:3].round(4))

# %% [markdown]
# The first parameter meets the column of ones, so it is the intercept. The second meets
# the bills, so it is the slope. (One sentence of the tutorial has it the other way
# round; its code agrees with yours.)

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import reproduce

with checks("Every prediction at once"):
    display(reproduce("bill_length_X[0:10,1]", X[:10, 1]))
    given("with 2 and 4 as throw-away parameters")
    display(reproduce("X[1]*fake_param", bird * w))
    display(reproduce("sum", (bird * w).sum()))
    display(reproduce("dot", bird @ w))
    display(reproduce("body_mass_est", predicted))
    claim("the bird 1.29 standard deviations lighter", -(bird @ w))
    claim("All 333 predictions", len(predicted))
    given("The parameters (1, 0) give each bird 1 cdot 1 + 0 cdot x")
    given("The parameters (0, 1) give back")
    claim("so it prints ones", (X @ [1.0, 0.0] == 1).all())
    claim(
        "give back the bill lengths", np.array_equal(X @ [0.0, 1.0], x)
    )

# %% [markdown]
# ## A bowl
#
# A residual is prediction minus target, as for the belts. With all masses in a vector
# $\mathbf{y}$, all residuals are $X\mathbf{w} - \mathbf{y}$, and the mean squared error
# is
#
# ```{math}
# :label: penguins-mse
# L(\mathbf{w}) = \frac{1}{n} \lVert X\mathbf{w} - \mathbf{y} \rVert^2
# ```
#
# The double bars with the square say: square every entry and add up. For the list
# $(3, -1)$ that is $9 + 1 = 10$. (Without the square, $\lVert \cdot \rVert$ is the
# length of an arrow.)
#
# The start $(-2, 0)$ is a flat line: it predicts $-2$ for every bird. You can tell its
# loss without a computer, from the two facts about standardized columns. Try.
#
# :::{admonition} What do you expect?
# :class: dropdown
# One bird has the squared error $(-2 - y)^2 = 4 + 4y + y^2$. Take the mean over the
# birds: $y$ has mean 0 and $y^2$ has mean 1, which leaves $4 + 0 + 1 = 5$.
# :::


# %%
def mean_squared_error(w, X, y):
    return ((X @ w - y) ** 2).mean()


start = np.array([-2.0, 0.0])
print(f"{mean_squared_error(start, X, y):.12f}")

# %% [markdown]
# It works for every line. Multiply out $(w_0 + w_1 x - y)^2$ and take the
# mean of each term. The terms $2 w_0 w_1 x$ and $-2 w_0 y$ vanish, because $x$ and $y$
# have mean 0; $w_1^2 x^2$ and $y^2$ become $w_1^2$ and 1. One mean you do not know yet,
# that of the products $xy$. Call it $r$:
#
# ```{math}
# :label: penguins-bowl
# \begin{aligned}
# L(w_0, w_1) &= w_0^2 + w_1^2 - 2 r w_1 + 1 \\
# &= w_0^2 + (w_1 - r)^2 + (1 - r^2)
# \end{aligned}
# ```
#
# In the second row, the two squares with $w$ are the squared distance from the point
# $(0, r)$. So the loss is the same all around that point, and lowest there: a round
# bowl. The number $r$ is the *correlation coefficient* of bill and mass. Check the
# formula at three points:

# %%
r = (x * y).mean()
for w0, w1 in ((-2, 0), (0.7, -1.3), (0, r)):
    by_birds = mean_squared_error(np.array([w0, w1]), X, y)
    by_bowl = w0**2 + (w1 - r) ** 2 + 1 - r**2
    print(f"({w0}, {w1:.4f}): {by_birds:.6f} {by_bowl:.6f}")

# %% [markdown]
# The lowest point is $(0, 0.5895)$. {numref}`fig-penguins-surface`
# draws the bowl, and under it its map: a ring joins points of equal loss.

# %% tags=["hide-input"]
#| name: fig-penguins-surface
#| caption: The loss over both parameters, and its map on the floor. Intercept and slope
#|   count standard deviations.
#| alt: A net of lines over the plane of intercept and slope, shaped like a round bowl
#|   that opens upward. Rings on the floor below it share one center, under the lowest
#|   point. The start lies high on the wall of the bowl, at the left.
radii, angles = np.linspace(0, 2.3, 8), np.linspace(0, 2 * np.pi, 49)
radius, angle = np.meshgrid(radii, angles)
intercepts, slopes = radius * np.cos(angle), r + radius * np.sin(angle)
heights = radius**2 + 1 - r**2

figure = plt.figure(figsize=(5.4, 4.4))
ax = figure.add_subplot(projection="3d", computed_zorder=False)
floor = np.full_like(heights, -4)
on_map = {"rstride": 0, "cstride": 1, "color": GRAY, "lw": 0.8}
in_bowl = {"rstride": 2, "cstride": 1, "color": BLUE, "lw": 0.8}
ax.plot_wireframe(intercepts, slopes, floor, **on_map)
ax.plot_wireframe(intercepts, slopes, heights, **in_bowl)
ax.plot([-2, -2], [0, 0], [-4, 5], "o:", color=ORANGE)
ax.text(-2.3, 0, 5.4, "start", color=ORANGE, ha="right")
ax.view_init(elev=20, azim=-70)
ax.set(xlabel="intercept", ylabel="slope", zticks=[0, 2, 4, 6])
ax.set_zlabel("loss", labelpad=5)
ax.set_title("Two parameters make a bowl")
plt.show()

# %% tags=["remove-cell"]
with checks("A bowl"):
    pair = np.array([3, -1])
    claim(
        "(3, -1) that is 9 + 1 = 10",
        *pair,
        *pair**2,
        np.linalg.norm(pair) ** 2,
    )
    loss_at_start = mean_squared_error(start, X, y)
    display(reproduce("loss at [-2,0]", loss_at_start))
    given(
        "The start (-2, 0) is a flat line: it predicts -2 for every bird"
    )
    square = (-2 - y) ** 2
    multiplied_out = np.allclose(square, 4 + 4 * y + y**2)
    claim("error (-2 - y)^2 = 4 + 4y + y^2", multiplied_out)
    moments = np.array([y.mean(), (y**2).mean()])
    claim(
        "y has mean 0 and y^2 has mean 1", np.allclose(moments, [0, 1])
    )
    claim(
        "leaves 4 + 0 + 1 = 5",
        start[0] ** 2,
        y.mean(),
        (y**2).mean(),
        loss_at_start,
    )
    claim("x and y have mean 0", np.abs([x.mean(), y.mean()]).max())
    claim(
        "become w_1^2 and 1",
        np.allclose([(x**2).mean(), (y**2).mean()], 1),
    )
    claim(
        "correlation coefficient",
        abs(r - np.corrcoef(x, y)[0, 1]) < 1e-12,
    )
    claim("Check the formula", abs(by_birds - by_bowl) < 1e-12)
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    claim("The lowest point is (0, 0.5895)", *best)

# %% [markdown]
# ## A slope for each parameter
#
# Change one parameter and hold the other: then the loss is a parabola, like that of the
# belts, and it has a slope. {numref}`fig-penguins-slices` cuts the bowl at the start,
# once along each parameter.

# %% tags=["hide-input"]
#| name: fig-penguins-slices
#| caption: Two cuts through the bowl. The dots are the same point, the start; each
#|   dashed line is the slope there along one parameter.
#| alt: Two panels with one upward parabola each. Left, over the intercept, the start
#|   lies on a steep fall. Right, over the slope, the parabola stays higher, and the
#|   start lies on a gentle fall. A dashed tangent at the start shows each slope.
figure, axes = plt.subplots(1, 2, sharey=True, figsize=(5.4, 3.2))
axis = np.linspace(-3, 3, 61)
for i, ax in enumerate(axes):
    points = np.tile(start, (61, 1))
    points[:, i] = axis
    losses = [mean_squared_error(w, X, y) for w in points]
    ax.plot(axis, losses, color=BLUE)
    steepness = (-4, -2 * r)[i]
    tangent = np.array([-0.7, 0.7])
    line = 5 + steepness * tangent
    ax.plot(start[i] + tangent, line, "--", color=ORANGE)
    ax.plot(start[i], 5, "o", color=ORANGE)
    note = f"$\\partial L / \\partial w_{i}$ = −{-steepness:.2f}"
    ax.text(-1.5, (5.2, 3.4)[i], note, color=ORANGE)
    ax.set(xlabel=("intercept $w_0$", "slope $w_1$")[i], ylim=(0, 9))
axes[0].set(ylabel="loss")
axes[0].set_title("Move $w_0$, hold $w_1$")
axes[1].set_title("Move $w_1$, hold $w_0$")
plt.show()

# %% [markdown]
# Such a slope is a *{term}`partial derivative`*, written with a round d.
# Read $\partial L / \partial w_0$ as: the slope of $L$ along $w_0$, while all other
# parameters are held. The chain rule gives both as for the belts: twice the
# residual, times what the parameter multiplies, averaged over the birds. The intercept
# multiplies 1, the slope multiplies $x$:
#
# ```{math}
# \begin{aligned}
# \frac{\partial L}{\partial w_0}
# &= \frac{2}{n} \sum_i (w_0 + w_1 x_i - y_i) \cdot 1 \\
# \frac{\partial L}{\partial w_1}
# &= \frac{2}{n} \sum_i (w_0 + w_1 x_i - y_i) \cdot x_i
# \end{aligned}
# ```

# %%
residual = X @ start - y  # shape (333,)
along_intercept = 2 * (residual * 1).mean()
along_slope = 2 * (residual * x).mean()
print(f"{along_intercept:.4f}, {along_slope:.4f}")

# %% [markdown]
# Both are negative: raise either parameter, and the loss falls, more along the
# intercept.
#
# The vector of all partial derivatives is the gradient, written $\nabla L$ ("nabla L").
# Each sum above is a dot product of the residuals with one column of $X$. Turn $X$ on
# its side, so that its columns become rows: this is the *transposed* matrix $X^\top$,
# in Python `X.T`. One product then takes both sums:
#
# ```{math}
# :label: penguins-gradient
# \nabla L(\mathbf{w}) = \frac{2}{n} X^\top (X\mathbf{w} - \mathbf{y})
# ```

# %%
import jax


def mse_value_and_grad(w, X, y):
    residual = X @ w - y
    return (residual**2).mean(), 2 / len(y) * (X.T @ residual)


w = np.array([0.7, -1.3])
loss, gradient = mse_value_and_grad(w, X, y)
print(gradient.round(4), "by the formula")
print(jax.grad(mean_squared_error)(w, X, y).round(4), "by JAX")

# %% [markdown]
# JAX {cite}`jax2018` agrees.
#
# Why follow the gradient? A short move $\mathbf{d}$ changes the loss by about $\partial
# L / \partial w_0$ times its first entry plus $\partial L / \partial w_1$ times its
# second: the dot product of $\nabla L$ and $\mathbf{d}$, which is the product of their
# lengths and the cosine of the angle between them. For moves of one length that is
# lowest where the cosine is $-1$, against the gradient: $-\nabla L$ is **the steepest
# way down**. Try 36 directions:

# %%
degrees = np.arange(0, 360, 10)
angles = np.radians(degrees)
moves = 0.001 * np.column_stack([np.cos(angles), np.sin(angles)])
losses = [mean_squared_error(w + move, X, y) for move in moves]
down = np.degrees(np.arctan2(-gradient[1], -gradient[0])) % 360
print(f"lowest at {degrees[np.argmin(losses)]} degrees")
print(f"-gradient at {down:.0f} degrees")

# %% tags=["remove-cell"]
with checks("A slope for each parameter"):
    at_start = mse_value_and_grad(start, X, y)[1]
    claim("Both are negative", (at_start < 0).all())
    claim("more along the intercept", at_start[0] < at_start[1])
    claim(
        "the start lies on a steep fall",
        np.allclose(at_start, [-4, -2 * r]),
    )
    by_bird = 2 * (X @ start - y)[:, None] * X
    claim(
        "twice the residual, times",
        np.allclose(at_start, by_bird.mean(axis=0)),
    )
    claim("intercept multiplies 1", np.ptp(X[:, 0]) + X[0, 0])
    by_hand = [along_intercept, along_slope]
    claim(
        "One product then takes both sums",
        np.allclose(at_start, by_hand),
    )
    claim("Try 36 directions", len(degrees))
    nearest = degrees[abs(degrees - down).argmin()]
    claim("against the gradient", degrees[np.argmin(losses)] == nearest)
    claim("where the cosine is -1", np.cos(np.pi))
    by_jax = jax.grad(mean_squared_error)(w, X, y)
    claim("agrees", np.allclose(gradient, by_jax, atol=1e-5))

# %% [markdown]
# ## Downhill
#
# The step is that of {ref}`descent`, with vectors in place of numbers:
#
# ```{math}
# \mathbf{w}_{k+1} = \mathbf{w}_k - \eta \, \nabla L(\mathbf{w}_k)
# ```
#
# Before you run it: what shape will the path have on the map? And which learning rate
# needs a single step?
#
# :::{admonition} What do you expect?
# :class: dropdown
# In a round bowl the steepest way down points at the bottom, so the path is a straight
# line. Both squares in {eq}`penguins-bowl` have the curvature $\lambda = 2$. So the
# best rate is $1/\lambda = 0.5$, and the stable ones lie below $2/\lambda = 1$.
# :::
#
# The tutorial's learning rate is 0.01, and its steps are 1000.

# %%
w = start
visited = [w]
for _ in range(1000):
    loss, gradient = mse_value_and_grad(w, X, y)
    w = w - 0.01 * gradient
    visited.append(w)
path = np.array(visited)  # shape (1001, 2)
print("intercept {:.1e}, slope {:.6f}".format(*w))
print(f"loss {mean_squared_error(w, X, y):.4f}")

# %% [markdown]
# The slope arrives at 0.589451, the intercept within $10^{-8}$ of zero, and the loss
# has fallen from 5 to 0.6525.

# %% tags=["hide-input"]
#| name: fig-penguins-path
#| caption: The map of the bowl, one dot for every ten steps. Each ring is labeled with
#|   its loss. The black arrow is minus the gradient at another point, shortened.
#| alt: Contour lines of the loss over intercept and slope are concentric rings. The
#|   path of the descent is a straight line from the start, on the outermost ring at the
#|   left, to the center. Its dots crowd together toward the center. A black arrow at
#|   the lower right crosses its ring at a right angle and points at the center too.
figure, ax = plt.subplots(figsize=(5.4, 4.6))
levels = np.arange(1, 6)
rings = ax.contour(intercepts, slopes, heights, levels, colors=GRAY)
rings.set_linewidth(0.8)
for level in levels:
    label = "loss 5" if level == 5 else f"{level}"
    top = r + np.sqrt(level - (1 - r**2))
    ax.text(0, top, label, ha="center", va="bottom", color=GRAY)
ax.plot(*path[::10].T, "o-", color=ORANGE, ms=4)
ax.text(-2.1, 0, "start", color=ORANGE, ha="right", va="center")
ax.plot(0, r, "+", color=BLACK, ms=12)
arrow = {"width": 0.04, "color": BLACK, "zorder": 3}
ax.arrow(0.7, -1.3, -0.28, 0.2 * 3.7789, **arrow)
ax.text(0.12, r, "lowest point", va="center")
ax.set(xlabel="intercept", ylabel="slope", aspect="equal")
ax.set(xlim=(-2.8, 2.3), ylim=(-1.7, 3.05))
ax.set_title("A round bowl makes a straight path")
plt.show()

# %% [markdown]
# The path is straight: by {eq}`penguins-bowl` $\nabla L = 2 (w_0, w_1 - r)$, twice the
# arrow from the bottom to where you stand. So a step shortens that arrow and never
# turns it. (In a long bowl $-\nabla L$ points past the bottom, and the path bends.)
# Each point of it is a line through the birds:

# %% tags=["hide-input"]
from helpers import animate

figure, ax = plt.subplots()
ax.plot(x, y, ".", color=GRAY)
ends = np.array([-2.2, 3.0])
(line,) = ax.plot(ends, 0 * ends, color=ORANGE)
ax.set(xlabel="standardized bill length", ylabel="standardized mass")


def draw(step):
    line.set_ydata(path[step, 0] + path[step, 1] * ends)
    loss = mean_squared_error(path[step], X, y)
    ax.set_title(f"Step {step}: loss {loss:.2f}")


frames = np.unique(np.geomspace(1, 301, 48).astype(int)) - 1
animate(
    figure,
    draw,
    frames.tolist(),
    label="A flat line far below a cloud of points rises and tilts "
    "until it runs through the middle of the cloud.",
)

# %% [markdown]
# Are 0.5 and 1 the best and the largest rate? The helper `descend` is the loop
# of {ref}`descent`; its `parameters` have a row for each step. Print the distance from
# the lowest point after one step and after 100; `np.linalg.norm` is
# $\lVert \cdot \rVert$, without the square.

# %%
from helpers import descend


def bill_loss(w):
    return mse_value_and_grad(w, X, y)


for rate in (0.01, 0.5, 1.0, 1.01):
    trace = descend(bill_loss, start, rate, steps=100)
    distance = np.linalg.norm(trace.parameters - [0, r], axis=1)
    print(f"rate {rate}: {distance[1]:.3f}, then {distance[100]:.3f}")

# %% [markdown]
# At 0.5 one step is the whole descent. At 1 it leaps to the far side and back, forever;
# at 1.01 it climbs out.

# %% tags=["remove-cell"]
with checks("Downhill"):
    curvatures = np.linalg.eigvalsh(2 / len(y) * X.T @ X)
    claim("have the curvature lambda = 2", curvatures.mean())
    claim(
        "best rate is 1/lambda = 0.5", np.allclose(1 / curvatures, 0.5)
    )
    largest = 2 / curvatures
    claim("stable ones lie below 2/lambda = 1", np.allclose(largest, 1))
    given("learning rate is 0.01, and its steps are 1000")
    claim("The slope arrives at 0.589451", w[1])
    claim("within 1e-8 of zero", abs(w[0]))
    losses = [mean_squared_error(point, X, y) for point in (start, w)]
    claim("fallen from 5 to 0.6525", *losses)
    off_line = np.abs(path[:, 1] - r * (1 + path[:, 0] / 2)).max()
    claim("The path is straight", off_line < 1e-13)
    claim(
        "twice the arrow from the bottom",
        np.allclose(at_start, 2 * (start - [0, r])),
    )
    given("Are 0.5 and 1 the best", "after one step and after 100")
    after = {
        rate: descend(bill_loss, start, rate, 100).parameters - [0, r]
        for rate in (0.5, 1.0, 1.01)
    }
    claim(
        "At 0.5 one step is the whole descent",
        np.abs(after[0.5][1]).max() < 1e-12,
    )
    to_and_fro = np.allclose(
        after[1.0][1:], -after[1.0][:-1], rtol=0, atol=1e-12
    )
    claim("At 1 it leaps to the far side and back", to_and_fro)
    lengths = np.linalg.norm(after[1.01], axis=1)
    claim("at 1.01 it climbs out", (np.diff(lengths) > 0).all())

# %% [markdown]
# ## Why not solve for it?
#
# Set {eq}`penguins-gradient` to zero, and you have
# two equations for two unknowns, the *normal equations*
# $X^\top X \mathbf{w} = X^\top \mathbf{y}$. `np.linalg.lstsq` solves the same
# *{term}`least squares`* problem more carefully {cite}`higham2002`:

# %%
by_equations = np.linalg.solve(X.T @ X, X.T @ y)
by_numpy = np.linalg.lstsq(X, y, rcond=None)[0]
print(f"{w[1]:.10f} descent")
print(f"{by_equations[1]:.10f} normal equations")
print(f"{by_numpy[1]:.10f} np.linalg.lstsq")

# %% [markdown]
# The last two agree; the descent is $10^{-9}$ below. (That does not make a line the
# right model: all three minimize one loss.)
#
# So why descend? With a million parameters $X^\top X$ has $10^{12}$ entries. If it is
# *dense*, with hardly a zero among them, that is eight terabytes at 8 bytes each, and
# $p^3/3$ multiplications for $p$ parameters, about $3 \cdot 10^{17}$. A step of descent
# takes about $2np$. (If nearly all entries are zero, there are solvers that cope.) And
# the equations are linear only because the predictions are linear in $\mathbf{w}$ and
# the loss is a mean of squares. {ref}`classification` has a loss that no formula
# solves.

# %% tags=["remove-cell"]
with checks("Why not solve for it?"):
    two = [by_equations[1], by_numpy[1]]
    claim("The last two agree", np.ptp(two) < 1e-12)
    claim("the descent is 1e-9 below", by_numpy[1] - w[1])
    parameters = 10.0 ** len(str(10**5))
    claim("has 1e12 entries", parameters**2)
    claim("eight terabytes", parameters**2 * X.itemsize == 8e12)
    claim("at 8 bytes each", X.itemsize)
    claim("about 3e17", parameters**3 / 3)

# %% [markdown]
# ## How heavy is the bird?
#
# A slope of 0.59 is no use in the field. One standard deviation is 5.46 mm of bill or
# 804 g of bird, and with these the line goes back to its units. Standardize your bird
# with the mean and the deviation of the 333, as the helper `standardize(values,
# like=...)` does.

# %%
bill_sd, mass_sd = bill_length_mm.std(), body_mass_g.std()
your_x = (45 - bill_length_mm.mean()) / bill_sd
mass_g = body_mass_g.mean() + mass_sd * (w[0] + w[1] * your_x)
slope_g_per_mm = w[1] * mass_sd / bill_sd
intercept_g = mass_g - 45 * slope_g_per_mm
miss_g = mass_sd * np.sqrt(mean_squared_error(w, X, y))
print(f"line: {intercept_g:.0f} g + {slope_g_per_mm:.1f} g per mm")
print(f"{mass_g:.0f} g at 45 mm, typical miss {miss_g:.0f} g")
share = np.mean(np.abs(X @ w - y) * mass_sd < miss_g)
print(f"{share:.0%} of the birds lie within it")

# %% [markdown]
# The answer is 4294 g, and each millimeter of bill goes with 86.8 g of bird. The 389 g
# belong to a bill of length zero, which no bird has. The typical miss is the root of
# the mean squared error, *RMSE* for short, in grams. It is measured on the birds that
# the line was fitted to, and about two of three lie within it.

# %% tags=["hide-input"]
#| name: fig-penguins-answer
#| caption: The fitted line in grams and millimeters. The band is one typical miss wide
#|   on either side.
#| alt: The cloud of birds with the fitted line rising through it, and a band around the
#|   line. At a bill of 45 millimeters a dot on the line marks 4294 grams. Most of the
#|   birds lie in the band.
figure, ax = plt.subplots()
ax.plot("bill_length_mm", "body_mass_g", ".", data=birds, color=GRAY)
bills_mm = np.array([32, 60])
line_g = intercept_g + slope_g_per_mm * bills_mm
ax.plot(bills_mm, line_g, color=BLUE)
for edge_g in (line_g - miss_g, line_g + miss_g):
    ax.plot(bills_mm, edge_g, "--", color=BLUE, lw=1)
ax.plot(45, mass_g, "o", color=ORANGE, ms=9)
note = f"your bird\n{mass_g:.0f} ± {miss_g:.0f} g"
ax.text(44.5, 5500, note, color=ORANGE, ha="right")
ax.set(xlabel="bill length (mm)", ylabel="body mass (g)")
ax.set_title("The line answers, give or take")
plt.show()

# %% [markdown]
# Without the bill you would answer the mean mass, at a loss of 1. The line leaves 0.653
# of that by {eq}`penguins-bowl`, so it explains 0.347. This share is $r^2$, and called
# $R^2$.
#
# But which birds lie below the band? Three species are in that cloud, and the line's
# answer suits best the one that your bird is least likely to be:
# {ref}`behind-the-line`.

# %% tags=["remove-cell"]
with checks("How heavy is the bird?"):
    claim("A slope of 0.59 is no use", w[1])
    claim("5.46 mm of bill or 804 g of bird", bill_sd, mass_sd)
    claim("the deviation of the 333", len(y))
    claim("The answer is 4294 g", mass_g)
    claim("goes with 86.8 g of bird", slope_g_per_mm)
    claim("The 389 g belong to", intercept_g)
    unscaled = np.column_stack([np.ones(len(y)), bill_length_mm])
    raw = np.linalg.lstsq(unscaled, body_mass_g, rcond=None)[0]
    back = np.allclose([intercept_g, slope_g_per_mm], raw, rtol=1e-6)
    claim("the line goes back to its units", back)
    misses_g = unscaled @ raw - body_mass_g
    root = np.sqrt((misses_g**2).mean())
    claim("root of the mean squared error", np.isclose(miss_g, root))
    given("At a bill of 45 millimeters")
    claim("on the line marks 4294 grams", mass_g)
    inside = (np.abs(misses_g) < miss_g).mean()
    claim("Most of the birds lie in the band", inside > 0.5)
    claim("about two of three lie within it", 0.6 < inside < 0.73)
    mean_loss = mean_squared_error(np.zeros(2), X, y)
    claim("at a loss of 1. The line", mean_loss)
    left = mean_squared_error(w, X, y) / y.var()
    claim("This share is r^2", np.isclose(1 - left, r**2))
    claim("leaves 0.653 of that", left)
    claim("so it explains 0.347", r**2)
    similar = birds[birds["bill_length_mm"].between(44, 46)]
    lines = {
        name: np.polyfit(
            group["bill_length_mm"], group["body_mass_g"], 1
        )
        for name, group in birds.groupby("species")
    }
    off_g = {
        name: abs(np.polyval(line, 45) - mass_g)
        for name, line in lines.items()
    }
    rarest = similar["species"].value_counts().idxmin()
    claim(
        "suits best the one that", min(off_g, key=off_g.get) == rarest
    )

# %% tags=["remove-cell"]
with checks("Penguins"):
    given("bill is 45 mm long")
    claim("A line through 333 measured penguins", len(y))
    claim("answers 4294 g, give or take 649 g", mass_g, miss_g)

# %% [markdown]
# ## What to keep
#
# - A column of ones makes the intercept an ordinary parameter. All predictions are
#   $X\mathbf{w}$.
# - A partial derivative is the slope along one parameter while the others are held. All
#   of them in a vector are the gradient,
#   $\frac{2}{n} X^\top (X\mathbf{w} - \mathbf{y})$.
# - With one standardized feature the loss is a round bowl, so the path is straight and
#   the right rate arrives in one step.
# - Give the answer in its own units, with its typical miss.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-penguins-bowl
# Without running code: what is the loss at $(0, 0)$, at $(2, 0)$ and at $(0, r)$? And
# where is the descent from $(-2, 0)$ after one step with learning rate 0.01? (With
# $r = 0.5895$ you should get a second entry of about 0.0118.)
# ::::
#
# ::::{solution} ex-penguins-bowl
# :class: dropdown
# From {eq}`penguins-bowl`: at $(0, 0)$ it is $r^2 + 1 - r^2 = 1$, the variance of $y$;
# at $(2, 0)$ it is 5 again, since $w_0$ enters only as its square; at $(0, r)$ it is
# $1 - r^2$, the lowest. The partial derivatives are $2 w_0$ and $2 (w_1 - r)$, at the
# start $-4$ and $-2r$. A hundredth of that, subtracted, leads to $(-1.96, 0.02 r)$.
# ::::

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("one step with learning rate 0.01")
    claim("With r = 0.5895 you should get", r)
    claim("a second entry of about 0.0118", path[1, 1])
    claim(
        "= 1, the variance of y", mean_squared_error(np.zeros(2), X, y)
    )
    claim(
        "it is 5 again", mean_squared_error(np.array([2.0, 0.0]), X, y)
    )
    claim("at the start -4 and -2r", *(at_start / [1, r]))
    hundredth = np.allclose(start - path[1], [-0.04, -0.02 * r])
    claim("A hundredth of that, subtracted", hundredth)
    claim("leads to (-1.96, 0.02 r)", path[1, 0], path[1, 1] / r)

# %% [markdown]
# ::::{exercise}
# :label: ex-penguins-three
# Give the line three measurements: the bill's length, its depth, and the flipper's
# length, each standardized. `design_matrix(Z)` from `helpers` puts the ones before the
# columns of `Z`. Descend from $(-2, 0, 0, 0)$ at rate 0.5. Is the descent over after
# one step, as with the bill alone? After 2500 steps you should get a typical miss of
# 391 g.
# ::::
#
# ```{solution-start} ex-penguins-three
# :class: dropdown
# ```
#
# The loss, its gradient and the loop need no change. `standardize` takes a table, and
# treats each column by itself.

# %%
from helpers import design_matrix

lengths = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]
Z = standardize(birds[lengths].to_numpy())  # shape (333, 3)
X_three = design_matrix(Z)  # shape (333, 4)
w, losses = np.array([-2.0, 0.0, 0.0, 0.0]), []
for _ in range(2500):
    loss, gradient = mse_value_and_grad(w, X_three, y)
    losses.append(loss)
    w = w - 0.5 * gradient
print(f"{losses[0]:.3f}, {losses[1]:.3f}, {losses[-1]:.3f}")
print(f"{mass_sd * np.sqrt(losses[-1]):.0f} g typical miss")
best = np.linalg.lstsq(X_three, y, rcond=None)[0]
print(f"{np.linalg.norm(w - best):.0e} from the best parameters")

# %% [markdown]
# It is not over: after one step the loss is far above its lowest, and the parameters
# take hundreds of steps to settle. Each column is standardized, but the columns depend
# on one another, so the bowl is no longer round. {ref}`conditioning` is about such
# bowls.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given(
        "from (-2, 0, 0, 0) at rate 0.5", "After 2500 steps you should"
    )
    claim("a typical miss of 391 g", mass_sd * np.sqrt(losses[-1]))
    trace = descend(
        lambda w: mse_value_and_grad(w, X_three, y),
        [-2, 0, 0, 0],
        0.5,
        2500,
    )
    claim(
        "the loss is far above its lowest",
        trace.losses[1] > 2 * trace.losses[-1],
    )
    settled = np.linalg.norm(trace.parameters - best, axis=1)
    claim("hundreds of steps to settle", settled[300] > 0.01)
    curvatures = np.linalg.eigvalsh(2 / len(y) * X_three.T @ X_three)
    claim("the bowl is no longer round", np.ptp(curvatures) > 1)

# %% [markdown]
# ::::{exercise}
# :label: ex-penguins-difference
# A partial derivative can be measured: move one parameter by $h$ to either side, hold
# the others, and divide the difference of the losses by $2h$. Write
# `gradient_by_difference(w, X, y, h=1e-5)` for any number of parameters. At
# $(0.7, -1.3)$ it should give the numbers of this check:
#
# ```python
# from helpers import check_answer
#
# at = np.array([0.7, -1.3])
# answer = gradient_by_difference(at, X, y)
# check_answer("your gradient", answer, [1.4, -3.7789], within=1e-4)
# ```
# ::::
#
# ```{solution-start} ex-penguins-difference
# :class: dropdown
# ```
#
# The move is a list of zeros with $h$ at one place. Adding it makes a new list, so that
# `w` itself stays as it was.


# %%
from helpers import check_answer


def gradient_by_difference(w, X, y, h=1e-5):
    gradient = np.zeros(len(w))
    for i in range(len(w)):
        move = np.zeros(len(w))
        move[i] = h
        above = mean_squared_error(w + move, X, y)
        below = mean_squared_error(w - move, X, y)
        gradient[i] = (above - below) / (2 * h)
    return gradient


at = np.array([0.7, -1.3])
answer = gradient_by_difference(at, X, y)
check_answer("your gradient", answer, [1.4, -3.7789], within=1e-4)

# %% [markdown]
# It costs two losses for each parameter. The formula takes all of them in one product.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("At (0.7, -1.3) it should give")
    right = mse_value_and_grad(at, X, y)[1]
    claim(
        "the numbers of this check",
        np.allclose(right, [1.4, -3.7789], atol=1e-4),
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-penguins-shapes
# A classmate keeps the masses in a column, as many libraries want them. No error is
# raised. At the lowest point the loss should be 0.6525, and it prints 1.3475.
#
# ```python
# y_column = y[:, None]  # shape (333, 1)
# residual = X @ np.array([0, r]) - y_column
# print((residual**2).mean())
# ```
#
# Find the fault. And where would a descent on this loss end?
# ::::
#
# ```{solution-start} ex-penguins-shapes
# :class: dropdown
# ```
#
# The shapes $(333,)$ and $(333, 1)$ make a table: every prediction minus *every* mass.
# Its mean square is that of the predictions plus that of
# the masses, $r^2 + 1$. No
# prediction is paired with its own bird any more, so the best is to predict the mean
# for all: a flat line.


# %%
def tangled_loss(w, X, y_column):
    return ((X @ w - y_column) ** 2).mean()


y_column = y[:, None]
residual = X @ np.array([0, r]) - y_column
print(residual.shape, f"{(residual**2).mean():.4f}")
w = start
for _ in range(1000):
    w = w - 0.01 * jax.grad(tangled_loss)(w, X, y_column)
print(f"intercept {w[0]:.3f}, slope {w[1]:.3f}")

# %% [markdown]
# Print the shape of a residual before you train. `y_column[:, 0]` mends it.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    lowest_point = np.array([0, r])
    claim(
        "the loss should be 0.6525",
        mean_squared_error(lowest_point, X, y),
    )
    claim("and it prints 1.3475", (residual**2).mean())
    claim("shapes (333,) and (333, 1)", *y.shape, *y_column.shape)
    squares = ((X @ lowest_point) ** 2).mean() + (y**2).mean()
    claim(
        "of the masses, r^2 + 1",
        np.isclose((residual**2).mean(), squares)
        and np.isclose(squares, r**2 + 1),
    )
    claim("a flat line", np.abs(np.asarray(w)).max() < 1e-3)

# %% [markdown]
# ::::{exercise}
# :label: ex-penguins-tiny
# After its 1000 steps the tutorial prints an intercept of 4.4573799e-08. It computes in
# float32, as JAX does unless told otherwise. In a round bowl each step at rate 0.01
# keeps $1 - 0.01 \cdot 2 = 0.98$ of the distance. How much of the start's $-2$ should
# be left? (You should get $-3.37 \cdot 10^{-9}$.) So what is the printed number? Test
# your answer: run the float32 descent with the birds in a few other orders. One more
# thing: its loop says `p += ...` with a gradient from JAX. Does that write into the
# array that `p` names, as NumPy's `+=` does?
# ::::
#
# ```{solution-start} ex-penguins-tiny
# :class: dropdown
# ```
#
# What should be left is $-2 \cdot 0.98^{1000}$. The printed number is thirteen times as
# large and has the other sign. A mean is the same in every order of the birds, but its
# rounding is not:


# %%
import jax.numpy as jnp


def descend_float32(X, y, w, steps=1000):
    X, y = jnp.asarray(X, jnp.float32), jnp.asarray(y, jnp.float32)
    w = jnp.asarray(w, jnp.float32)
    gradient = jax.jit(jax.grad(mean_squared_error))
    for _ in range(steps):
        w = w - 0.01 * gradient(w, X, y)
    return np.asarray(w)


print(f"{-2 * 0.98**1000:+.2e} should be left")
rng = np.random.default_rng(0)
shuffled = [rng.permutation(len(y)) for _ in range(3)]
for order in [np.arange(len(y)), *shuffled]:
    intercept, slope = descend_float32(X[order], y[order], start)
    print(f"{intercept:+.1e} {slope:.8f}")

# %% [markdown]
# The intercept changes with the order: the printed one is rounding noise, one draw of
# it. Read it as zero. The slope stops short of 0.58945111, and always on the same side,
# by at most half a float32 spacing divided by $\eta\lambda = 0.02$: why, is on
# {ref}`float32-stops`.

# %%
p = first = np.array([-2.0, 0.0])
p += jnp.array([1.0, 1.0])
print(first, "is unchanged:", p is not first)
print("p is a JAX array now:", isinstance(p, jax.Array))

# %% [markdown]
# It does not write. JAX arrays cannot be changed: NumPy steps aside, JAX adds, and the
# name `p` moves to a new array. So the list of parameters in the tutorial's loop is
# right. With a gradient from NumPy the same line would write in place, and every entry
# of the list would be one array.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
from helpers import published_value

with checks("Exercises"):
    given("After its 1000 steps the tutorial prints")
    printed = published_value("final param intercept")
    claim("an intercept of 4.4573799e-08", printed)
    claim(
        "computes in float32, as JAX does",
        jnp.asarray(x).dtype == np.float32,
    )
    keeps = path[1:, 0] / path[:-1, 0]
    claim(
        "at rate 0.01 keeps 1 - 0.01 cdot 2 = 0.98",
        0.01,
        1,
        0.01,
        2,
        keeps[0],
    )
    left = -2 * keeps[0] ** 1000
    claim("the start's -2 should be left", start[0])
    claim("should get -3.37e-9", left)
    claim("is -2 cdot 0.98^1000", start[0], keeps[0], len(path) - 1)
    claim("thirteen times as large", round(abs(printed / left)) == 13)
    claim("has the other sign", printed * left < 0)
    single = descend_float32(X, y, start)
    display(reproduce("final param intercept", float(single[0])))
    display(reproduce("final param slope", float(single[1])))
    orders = [
        np.random.default_rng(seed).permutation(len(y))
        for seed in range(5)
    ]
    ends32 = np.array(
        [descend_float32(X[o], y[o], start) for o in orders]
    )
    claim(
        "The intercept changes with the order",
        len(set(ends32[:, 0])) > 1,
    )
    claim("Read it as zero", np.abs(ends32[:, 0]).max() < 1e-6)
    claim("The slope stops short of 0.58945111", r)
    claim("always on the same side", (ends32[:, 1] < r).all())
    stall = np.spacing(np.float32(r)) / 2 / 0.02
    claim("etalambda = 0.02: why", 1 - keeps[0])
    claim("It does not write", isinstance(p, jax.Array))
    claim("JAX arrays cannot be changed", np.array_equal(first, start))
    in_place = again = np.array([-2.0, 0.0])
    again += np.array([1.0, 1.0])
    claim("the same line would write in place", again is in_place)
    claim(
        "by at most half a float32 spacing divided",
        (r - ends32[:, 1]).max() < 1.01 * stall,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-penguins-through-zero
# Open: is the intercept worth a parameter? Fit the mass in grams as one multiplier
# times the bill in millimeters, as for the belts, and compare its typical miss with
# that of the line. Do the same with the flipper. When would you leave the intercept
# out?
#
# A good answer
# - has the four typical misses, in grams;
# - says why the two measurements differ, with the intercepts of both lines;
# - names a rule for the next data set, and what would speak against it.
# ::::
#
# ```{solution-start} ex-penguins-through-zero
# :class: dropdown
# ```
#
# The best multiplier is $\sum_i x_i y_i / \sum_i x_i^2$, here with millimeters and
# grams.

# %%
flipper_mm = birds["flipper_length_mm"].to_numpy()
sizes_mm = {"bill": bill_length_mm, "flipper": flipper_mm}
for name, size_mm in sizes_mm.items():
    multiplier = (size_mm @ body_mass_g) / (size_mm @ size_mm)
    off_g = multiplier * size_mm - body_mass_g
    print(f"{name}, multiplier: {np.sqrt((off_g**2).mean()):.0f} g")
    X_mm = design_matrix(size_mm)
    line = np.linalg.lstsq(X_mm, body_mass_g, rcond=None)[0]
    off_g = X_mm @ line - body_mass_g
    print(f"{name}, line: {np.sqrt((off_g**2).mean()):.0f} g")
    print(f"    from {line[0]:.0f} g at zero")

# %% [markdown]
# With the bill the two miss by nearly the same, 651 g and 649 g: the free line happens
# to pass close to zero, at 389 g. With the flipper they miss by 566 g and 392 g, since
# that line starts at $-5872$ g. You do not know this before you fit, and the intercept
# costs one parameter in 333 birds. So keep it unless the line *must* pass through zero,
# as it must for the belts, where no length is no length in either unit.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    misses_g, intercepts_g = [], []
    for size_mm in (bill_length_mm, flipper_mm):
        for features in (size_mm[:, None], design_matrix(size_mm)):
            fit = np.linalg.lstsq(features, body_mass_g, rcond=None)[0]
            residual_g = features @ fit - body_mass_g
            misses_g.append(np.sqrt((residual_g**2).mean()))
        intercepts_g.append(fit[0])
    claim("nearly the same, 651 g and 649 g", *misses_g[:2])
    claim("close to zero, at 389 g", intercepts_g[0])
    claim("they miss by 566 g and 392 g", *misses_g[2:])
    claim("that line starts at -5872 g", intercepts_g[1])
    claim("one parameter in 333 birds", len(y))

# %% [markdown]
# ## Sources and further reading
#
# - The problem, the quick `dropna()` and the numbers to hold against are from Josef
#   Fruehwald's tutorial {cite}`fruehwald2022`, with thanks.
# - The birds: {cite}`gorman2014` for the field work, {cite}`horst2020` for the data
#   set.
# - Least squares as geometry, and the normal equations: {cite}`strang2019`. Why solvers
#   avoid forming $X^\top X$: {cite}`higham2002`. What a rounding error is:
#   {cite}`goldberg1991`.
# - The tools: NumPy {cite}`harris2020`, JAX {cite}`jax2018`, scikit-learn
#   {cite}`pedregosa2011`.
