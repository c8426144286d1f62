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
# You hold a penguin, and its bill is 45 mm long. How heavy is the bird? The belts of
# the earlier chapters needed one number, a multiplier. A penguin's mass is not a fixed
# multiple of its bill, so here you need two numbers: a slope *and* an intercept. The
# descent stays the same loop. The answer comes out as 4,294 g, and the end of this
# chapter shows why a biologist would not accept it.

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %% [markdown]
# :::{admonition} Before you start
# :class: tip
# - **You will** clean and standardize real data, build a design matrix, descend over
#   two parameters, check the answer three ways, and add features without new code.
# - **You need** the loop of {ref}`descent` and the gradients of {ref}`slopes`; from
#   school, what a mean and a standard deviation are.
# - **Time** {chapter-time}`here`
# :::
#
# ## The birds
#
# Near Palmer Station, Antarctica, Kristen Gorman and colleagues measured penguins of
# three species on three islands {cite}`gorman2014`; Allison Horst, Alison Hill and
# Kristen Gorman made the measurements a data set {cite}`horst2020`. One row is one
# bird.

# %%
import pandas as pd

from helpers import load_penguins, use_book_style

use_book_style()
penguins = load_penguins()
pd.crosstab(penguins["species"], penguins["island"])

# %% tags=["remove-cell"]
from helpers import claim

claim("344", len(penguins))
islands = penguins.groupby("species")["island"].unique().map(sorted)
assert islands["Adelie"] == ["Biscoe", "Dream", "Torgersen"]
assert islands["Chinstrap"] == ["Dream"]
assert islands["Gentoo"] == ["Biscoe"]

# %% [markdown]
# There are 344 birds. Adélies breed on all three islands, Chinstraps only on Dream,
# Gentoos only on Biscoe. {numref}`fig-penguins-scatter` draws them. Keep in mind what
# it shows: the three species are three crowds.

# %%
#| name: fig-penguins-scatter
#| caption: Longer bills go with heavier birds, and the three species form three crowds.
#| alt: Body mass in grams against bill length in millimeters, one mark for each bird.
#|   Adelies lie at the lower left, short bills and light; Chinstraps lie at the lower
#|   right, long bills and as light as Adelies; Gentoos lie at the upper right, long
#|   bills and heavy. The whole cloud rises to the right.
import matplotlib.pyplot as plt

from helpers import BLUE, GREEN, ORANGE


def draw_species(ax, birds, x, y):
    marks = {"Adelie": (BLUE, "o"), "Chinstrap": (ORANGE, "^"), "Gentoo": (GREEN, "s")}
    for species, (color, marker) in marks.items():
        group = birds[birds["species"] == species]
        ax.scatter(group[x], group[y], s=14, color=color, marker=marker, alpha=0.7)


figure, ax = plt.subplots()
draw_species(ax, penguins, "bill_length_mm", "body_mass_g")
ax.text(33, 4850, "Adélie", color=BLUE)
ax.text(54, 3150, "Chinstrap", color=ORANGE)
ax.text(41, 5700, "Gentoo", color=GREEN)
ax.set(xlabel="bill length (mm)", ylabel="body mass (g)")
ax.set_title("Longer bill, heavier bird: roughly")
plt.show()

# %% [markdown]
# ## What is missing, and what you throw away with it
#
# Real tables have holes. The quick remedy is `dropna()`, which drops every row with a
# hole *anywhere*. The careful one drops the rows with a hole in a column that you use.

# %%
complete = penguins.dropna()
measured = penguins.dropna(subset=["bill_length_mm", "body_mass_g"])
print(f"{len(penguins)} birds, {len(complete)} complete, {len(measured)} measured")
penguins.isna().sum()

# %% tags=["remove-cell"]
claim("333", len(complete))
claim("342", len(measured))
assert penguins["sex"].isna().sum() == 11
assert penguins[["bill_length_mm", "body_mass_g"]].isna().any(axis=1).sum() == 2
only_sex_missing = measured.loc[measured.index.difference(complete.index)]
assert len(only_sex_missing) == 9
assert only_sex_missing["sex"].isna().all()
assert set(only_sex_missing["species"]) == {"Adelie", "Gentoo"}

# %% [markdown]
# Two birds were never measured, and that costs two rows either way. Eleven have no
# recorded sex, so the quick way also throws away nine birds with a perfectly good bill
# and mass, none of them a Chinstrap, for a column that nobody uses.
#
# Josef Fruehwald's tutorial {cite}`fruehwald2022`, whose path this chapter follows,
# takes the quick way to 333 birds. So do you, to hold each number against his; then
# you measure what the nine do to the answer.
#
# ## One scale for millimeters and grams
#
# The bill has 45 mm, the mean bird has 4207 g: no common scale. To *standardize* a
# column, subtract its mean and divide by its standard deviation. The result has mean 0,
# and its squares have mean 1. Here is a version that many people write first.


# %%
def standardize(values):
    return (values - values.mean()) / values.std()


x = standardize(complete["bill_length_mm"])
print(f"mean of the squares: {(x**2).mean():.4f}")

# %% tags=["remove-cell"]
claim("0.997", (x**2).mean())
claim(
    "1.0015", complete["bill_length_mm"].std() / complete["bill_length_mm"].std(ddof=0)
)

# %% [markdown]
# Not 1, but 0.997. pandas' `.std()` divides by $n - 1$ (its default is `ddof=1`, the
# estimate for a larger population), NumPy's `.std()` divides by $n$. The same line
# gives two results, depending on what it is handed. Say which one you mean.


# %%
def standardize(values):
    return (values - values.mean()) / values.std(ddof=0)


x = standardize(complete["bill_length_mm"].to_numpy())
y = standardize(complete["body_mass_g"].to_numpy())
print(f"mean of the squares: {(x**2).mean():.4f} and {(y**2).mean():.4f}")

# %% tags=["remove-cell"]
import numpy as np

bill_length_mm = complete["bill_length_mm"].to_numpy()
x_sample = (
    standardize(bill_length_mm) * bill_length_mm.std() / bill_length_mm.std(ddof=1)
)
claim("0.5903", np.polyfit(x_sample, y, 1)[0])
claim("0.5895", np.polyfit(x, y, 1)[0])
y_sample = y * np.sqrt((len(y) - 1) / len(y))
assert abs(np.polyfit(x_sample, y_sample, 1)[0] - np.polyfit(x, y, 1)[0]) < 1e-12
claim("4207", complete["body_mass_g"].mean())

# %% [markdown]
# The two deviations differ by a factor of 1.0015. Take the same one for both columns,
# and the slope does not notice. Mix them, and it comes out as 0.5903 in place of
# 0.5895, too little for anyone to see and enough to spoil every check below.
#
# ## The design matrix
#
# The prediction for one bird is $w_0 + w_1 x$. Write it as $w_0 \cdot 1 + w_1 \cdot x$,
# and it is a *dot product* of the parameters with the pair $(1, x)$. Stack these pairs,
# one row for each bird, and you have the *design matrix* $X$.

# %%
import numpy as np


def design_matrix(*features):
    return np.column_stack([np.ones(len(features[0])), *features])


X = design_matrix(x)  # shape (333, 2)
X[:10]

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import reproduce

assert X.shape == (333, 2)
display(reproduce("bill_length_X[0:10,1]", X[:10, 1]))

# %% [markdown]
# Take two throw-away parameters and the second bird. Multiply element by element, add
# up, and compare with the dot product, which NumPy writes `@`.

# %%
fake_w = np.array([2.0, 4.0])
product = X[1] * fake_w
print(product, product.sum(), X[1] @ fake_w)

# %% tags=["remove-cell"]
display(reproduce("X[1]*fake_param", product))
display(reproduce("sum", product.sum()))
display(reproduce("dot", X[1] @ fake_w))
claim("-1.29", X[1] @ fake_w)

# %% [markdown]
# Both ways give $-1.29$: with these parameters, the second bird would weigh 1.29
# standard deviations less than the mean bird. For all birds at once, the dot product
# takes the whole matrix: `X @ w` has one prediction for each row.
#
# Which of the two parameters is the intercept? Do not guess from their order; switch
# them on one at a time.

# %%
body_mass_est = X @ fake_w  # shape (333,)
print((X @ [1.0, 0.0])[:4])
print((X @ [0.0, 1.0])[:4])

# %% tags=["remove-cell"]
display(reproduce("body_mass_est", body_mass_est))
claim("1.29", -body_mass_est[1])
assert np.array_equal(X @ [1.0, 0.0], np.ones(333))
assert np.array_equal(X @ [0.0, 1.0], x)

# %% [markdown]
# The first parameter adds the same amount to every bird, whatever its bill: it meets
# the column of ones, so it is the intercept. The second one multiplies the bill length:
# it is the slope. Swap the columns of $X$ and the roles swap too.
#
# ## A loss over two parameters
#
# The mean squared error is the one from {ref}`grid-search`, now with a vector inside:
#
# ```{math}
# :label: penguins-mse
# L(\mathbf{w}) = \frac{1}{n} \lVert X\mathbf{w} - \mathbf{y} \rVert^2
# ```


# %%
def mean_squared_error(w, X, y):
    return ((X @ w - y) ** 2).mean()


start = np.array([-2.0, 0.0])
print(mean_squared_error(start, X, y))

# %% tags=["remove-cell"]
loss_at_start = mean_squared_error(start, X, y)
display(reproduce("loss at [-2,0]", loss_at_start))
claim("5.0", loss_at_start)
correlation = (x * y).mean()
claim("0.5895", correlation)
assert abs(correlation - np.corrcoef(x, y)[0, 1]) < 1e-12

# %% [markdown]
# Exactly 5.0, from 333 birds? At $(-2, 0)$ the line is flat and predicts $-2$ for
# everyone. The mean of $(-2 - y)^2$ is $4 + 4\,\overline{y} + \overline{y^2}$, and a
# standardized $y$ has mean 0 and mean square 1. That leaves $4 + 1$.
#
# The same trick works everywhere. Multiply out $(w_0 + w_1 x - y)^2$, take means, use
# $\overline{x} = \overline{y} = 0$ and $\overline{x^2} = \overline{y^2} = 1$, and name
# the one mean that is left, $r = \overline{xy}$:
#
# ```{math}
# :label: penguins-bowl
# L(w_0, w_1) = w_0^2 + (w_1 - r)^2 + (1 - r^2)
# ```
#
# This is a prediction about the whole surface: a perfectly round bowl with its lowest
# point at $(0, r)$. The mean product of two standardized columns is their *correlation
# coefficient*, here 0.5895. Does the surface, computed from all the birds, agree?

# %%
#| name: fig-penguins-surface
#| caption: The mean squared error over intercept and slope, around the predicted
#|   minimum. Along each circle around it the loss is the same, so the rim is level.
#| alt: A surface over the plane of intercept and slope, shaped like a round bowl that
#|   opens upward. Its rim is level all the way round. The start of the descent lies
#|   at the left, close below the rim; the lowest point is in the middle.
r = (x * y).mean()
radius, angle = np.meshgrid(np.linspace(0, 2.2, 23), np.linspace(0, 2 * np.pi, 73))
intercepts, slopes = radius * np.cos(angle), r + radius * np.sin(angle)
grid = np.stack([intercepts, slopes], axis=-1)  # shape (73, 23, 2)
losses = ((grid @ X.T - y) ** 2).mean(axis=-1)
assert np.allclose(losses, intercepts**2 + (slopes - r) ** 2 + 1 - r**2)

figure = plt.figure(figsize=(5.4, 4.2), dpi=160)
ax = figure.add_subplot(projection="3d", computed_zorder=False)
ax.plot_surface(intercepts, slopes, losses, cmap="cividis", rasterized=True)
ax.plot(*start, 5.0, "o", color=ORANGE)
ax.text(-2.9, 0, 5.0, "start", color=ORANGE, ha="center")
ax.view_init(elev=28, azim=-75)
for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
    axis.set_pane_color((1, 1, 1, 0))  # transparent
ax.set(xlabel="intercept", ylabel="slope", zlabel="loss")
ax.set_title("Two parameters make a bowl")
plt.show()

# %% [markdown]
# The `assert` in the cell holds at every point of the grid. Round is a gift of
# standardizing; {ref}`conditioning` shows the bowl without it.
#
# ## Downhill in two directions
#
# Now the gradient has two entries. Each follows from the chain rule: the derivative of
# the mean of squares is twice the mean of residual times *what the parameter
# multiplies*, which is a column of $X$. Both columns at once are a matrix product:
#
# ```{math}
# :label: penguins-gradient
# \nabla L(\mathbf{w}) = \frac{2}{n} X^\top (X\mathbf{w} - \mathbf{y})
# ```
#
# The loop is that of {ref}`descent`, unchanged: it never asked how many parameters
# there are.

# %%
from helpers import descend


def mse_value_and_grad(w, X, y):
    residual = X @ w - y
    return (residual**2).mean(), 2 / len(y) * (X.T @ residual)


trace = descend(lambda w: mse_value_and_grad(w, X, y), start, 0.01, steps=1000)
print(trace.parameters[-1], trace.losses[-1])

# %% tags=["remove-cell"]
import helpers

w_try = np.array([0.7, -1.3])
nudge = 1e-6 * np.eye(2)
measured_gradient = [
    (mean_squared_error(w_try + d, X, y) - mean_squared_error(w_try - d, X, y)) / 2e-6
    for d in nudge
]
assert np.allclose(mse_value_and_grad(w_try, X, y)[1], measured_gradient, atol=1e-8)
assert np.allclose(X, helpers.design_matrix(helpers.standardize(bill_length_mm)))
assert np.allclose(
    helpers.mse_value_and_grad(w_try, X, y)[1], mse_value_and_grad(w_try, X, y)[1]
)
claim("0.6525", trace.losses[-1])
claim("0.589451", trace.parameters[-1, 1])
assert abs(trace.parameters[-1, 0]) < 1e-8

# %% [markdown]
# The loss falls from 5 to 0.6525, the slope arrives at 0.589451, the intercept at zero
# to eight decimals. And the way there? In a round bowl the steepest way down points at
# the lowest point, so {eq}`penguins-bowl` predicts a straight path.

# %%
#| name: fig-penguins-path
#| caption: In a round bowl the descent walks straight to the minimum. Dots are 25 steps
#|   apart.
#| alt: Contour lines of the loss over intercept and slope are concentric circles. The
#|   path of the descent is a straight line from the start, on the outer circles at
#|   the left, to the center. Its dots crowd together toward the center.
from helpers import BLACK, GRAY

dots = trace.parameters[::25]
figure, ax = plt.subplots(figsize=(5.4, 4.6))
rings = ax.contour(intercepts, slopes, losses, [1, 2, 3, 4, 5], colors=GRAY)
rings.set_linewidth(0.8)
ax.clabel(rings, fontsize=9, fmt="%g")
ax.plot(*dots.T, "o-", color=ORANGE, ms=4)
ax.plot(0, r, "+", color=BLACK, ms=12)
pointer = {"arrowstyle": "-", "color": BLACK}
ax.text(-2.1, 0, "start", color=ORANGE, ha="right", va="center")
ax.annotate("minimum", (0, r), (0, 1.3), ha="center", arrowprops=pointer)
ax.set(xlabel="intercept", ylabel="slope", aspect="equal", xlim=(-2.9, 2.3))
ax.set_title("Circles below, so a straight path")
plt.show()

# %% tags=["remove-cell"]
offset = trace.parameters - [0, r]
sideways = offset[:, 0] * offset[0, 1] - offset[:, 1] * offset[0, 0]
assert np.abs(sideways).max() / np.linalg.norm(offset[0]) < 1e-13

# %% [markdown]
# The path in {numref}`fig-penguins-path` is straight to the last digit that float64
# holds. The same descent, seen as a line among the birds (each step uses all of them,
# so a step is also an epoch):

# %%
from helpers import animate

figure, ax = plt.subplots()
ax.plot(x, y, "o", color=GRAY, ms=3, alpha=0.6)
(line,) = ax.plot([-2.2, 3], [0, 0], color=ORANGE)
ax.set(xlabel="bill length (standardized)", ylabel="body mass (standardized)")


def draw(step):
    line.set_ydata(design_matrix(line.get_xdata()) @ trace.parameters[step])
    ax.set_title(f"step {step}: loss {trace.losses[step]:.2f}")


frames = np.unique(np.geomspace(1, 301, 48).astype(int)) - 1
animate(
    figure,
    draw,
    frames.tolist(),
    frames_per_second=12,
    label="A flat line far below a cloud of points rises and tilts until it runs "
    "through the middle of the cloud; most of the motion is in the first 100 steps.",
)

# %% tags=["remove-cell"]
assert trace.losses[100] - trace.losses[-1] < 0.02 * (
    trace.losses[0] - trace.losses[-1]
)
assert len(frames) <= 60

# %% [markdown]
# ## Three checks
#
# At the lowest point the gradient is zero. Set {eq}`penguins-gradient` to zero, and you
# get the *normal equations*, $X^\top X \mathbf{w} = X^\top \mathbf{y}$: two linear
# equations for two unknowns. `np.linalg.lstsq` solves the same problem in a more
# careful way {cite}`higham2002`, and scikit-learn {cite}`pedregosa2011` wraps it.

# %%
from sklearn.linear_model import LinearRegression

by_equations = np.linalg.solve(X.T @ X, X.T @ y)
by_lstsq = np.linalg.lstsq(X, y, rcond=None)[0]
by_sklearn = LinearRegression().fit(X[:, 1:], y)
print(f"descent       {trace.parameters[-1, 1]:.8f}")
print(f"equations     {by_equations[1]:.8f}")
print(f"lstsq         {by_lstsq[1]:.8f}")
print(f"scikit-learn  {by_sklearn.coef_[0]:.8f}")
print(f"correlation   {r:.8f}")

# %% tags=["remove-cell"]
claim("0.58945111", r)
claim("0.58945111", by_lstsq[1])
claim("0.58945111", by_equations[1])
claim("0.58945111", by_sklearn.coef_[0])
assert abs(by_lstsq[0]) < 1e-12
assert abs(by_sklearn.intercept_) < 1e-12
claim("1e-09", r - trace.parameters[-1, 1])

# %% [markdown]
# Three solvers and one correlation coefficient say 0.58945111; the descent is still
# 1e-09 below. Why descend, then, if a formula is at hand? Because the formula needs a
# quadratic loss like this one, and the descent does not.
#
# ## Two small numbers in float32
#
# The tutorial ran its descent in JAX {cite}`jax2018`, which computes in float32 unless
# told otherwise. It prints a slope of 0.58944976 and an intercept of 4.457e-08. Run it
# the same way.

# %%
import jax
import jax.numpy as jnp


def descend_float32(X, y, start, learning_rate=0.01, steps=1000):
    X, y, w = (jnp.asarray(array, dtype=jnp.float32) for array in (X, y, start))
    gradient = jax.jit(jax.grad(mean_squared_error))
    path = [w]
    for _ in range(steps):
        path.append(path[-1] - learning_rate * gradient(path[-1], X, y))
    return np.array(path)


path32 = descend_float32(X, y, start)
print(path32[-1])

# %% tags=["remove-cell"]
from helpers import published_value

display(reproduce("final param intercept", float(path32[-1, 0])))
display(reproduce("final param slope", float(path32[-1, 1])))
tutorial_intercept = published_value("final param intercept")
tutorial_slope = published_value("final param slope")
claim("4.457e-08", tutorial_intercept)
claim("0.58944976", tutorial_slope)
claim("1.35e-06", r - tutorial_slope)
assert path32.dtype == np.float32

# %% [markdown]
# The slope is 1.35e-06 below the answer, and more steps do not help. A float32 near
# 0.59 can move only in jumps of `np.spacing`. By {eq}`penguins-bowl` a step moves the
# slope by $2\eta$ times its gap to $r$. Once that is less than half a jump, the sum
# rounds back to where it was. So you can predict where the descent stalls:

# %%
#| name: fig-penguins-float32
#| caption: In float64 the gap to the answer shrinks at a constant rate; in float32 it
#|   stalls where a step is smaller than half the spacing of the numbers.
#| alt: The gap between slope and answer against the step, on a logarithmic axis. The
#|   float64 line falls straight all the way. The float32 line follows it for about
#|   two thirds of the steps, then runs flat at the predicted dashed level.
stall = np.spacing(np.float32(r)) / 2 / (2 * 0.01)
print(f"predicted: no move below a gap of {stall:.2e}")

figure, ax = plt.subplots()
ax.semilogy(r - trace.parameters[:, 1], color=BLUE)
ax.semilogy(np.abs(r - path32[:, 1].astype(float)), color=ORANGE)
ax.axhline(stall, color=GRAY, ls="--", lw=1)
ax.text(30, stall * 0.6, "predicted stall", color=GRAY, va="top")
ax.text(1000, stall * 1.6, "float32", color=ORANGE, ha="right")
ax.text(870, 5e-9, "float64", color=BLUE, ha="right")
ax.set(xlabel="step", ylabel="gap between slope and $r$")
ax.set_title("float32 stalls, float64 goes on")
plt.show()

# %% tags=["remove-cell"]
claim("1.49e-06", stall)
claim("0.59", r)
gaps32 = np.abs(path32[:, 1].astype(float) - r)
assert 0.5 * stall < gaps32[-1] <= stall * 1.001
first_stalled = int(np.flatnonzero(np.diff(path32[:, 1]))[-1]) + 1
assert 600 < first_stalled < 750
assert first_stalled > len(path32) * 0.6
from_above = descend_float32(X, y, [-2.0, 1.5])
assert from_above[-1, 1] > r

# %% [markdown]
# The stall is predicted at 1.49e-06, and that is where the line in
# {numref}`fig-penguins-float32` goes flat. (Start above the answer, and the descent
# stalls above it.)
#
# The intercept is another matter: near zero, float32 numbers lie close together, so
# nothing stalls there. In exact arithmetic each step multiplies the intercept by
# $1 - 2\eta$, so what should be left is known.

# %%
print(
    f"exact: {-2 * (1 - 2 * 0.01) ** 1000:.3e}, float64: {trace.parameters[-1, 0]:.3e}"
)
rng = np.random.default_rng(0)
for _ in range(5):
    order = rng.permutation(len(y))
    print(f"birds reordered: {descend_float32(X[order], y[order], start)[-1, 0]:.1e}")

# %% tags=["remove-cell"]
claim("-3.366e-09", trace.parameters[-1, 0])
rng = np.random.default_rng(0)
orders = [rng.permutation(len(y)) for _ in range(5)]
reordered = [descend_float32(X[o], y[o], start)[-1, 0] for o in orders]
assert len(set(map(float, reordered))) > 1
assert np.max(np.abs(reordered)) < 1e-6
assert round(tutorial_intercept / abs(trace.parameters[-1, 0])) == 13
assert tutorial_intercept > 0 > trace.parameters[-1, 0]

# %% [markdown]
# The exact intercept is -3.366e-09. The printed 4.457e-08 is thirteen times as large
# and has the wrong sign. It is rounding noise: the float32 mean of 333 residuals has
# an error of its own, which depends on the order in which they are added
# {cite}`goldberg1991`. Reorder the birds, and you get another number. Read it as zero.
#
# ## Is 0.01 a good learning rate?
#
# By {eq}`penguins-bowl` the loss has curvature 2 in every direction. The stability
# limit from {ref}`descent`, $2/\lambda$, is then 1, and $\eta = 0.5$ should arrive in
# *one* step. Measure the distance to the minimum:

# %%
for learning_rate in (0.01, 0.5, 1.0, 1.01):
    run = descend(lambda w: mse_value_and_grad(w, X, y), start, learning_rate, 100)
    distance = np.linalg.norm(run.parameters - [0, r], axis=1)
    print(
        f"rate {learning_rate}: after 1 step {distance[1]:.3f}, "
        f"after 100 steps {distance[100]:.3f}"
    )


# %% tags=["remove-cell"]
def steps_until(X, y, answer, learning_rate, steps=3000):
    w0 = np.zeros(X.shape[1])
    w0[0] = -2.0
    run = descend(lambda w: mse_value_and_grad(w, X, y), w0, learning_rate, steps)
    return helpers.steps_to_reach(np.abs(run.parameters - answer).max(axis=1), 1e-6)


assert steps_until(X, y, [0, r], 0.5) == 1
claim("719", steps_until(X, y, [0, r], 0.01))
assert distance[100] > distance[1]
eta_one = descend(lambda w: mse_value_and_grad(w, X, y), start, 1.0, 100)
assert np.ptp(np.linalg.norm(eta_one.parameters - [0, r], axis=1)) < 1e-12

# %% [markdown]
# With 0.5, one step is the whole descent. With 1 it leaps to the far side of the bowl
# and back, always at the same distance; with 1.01 it climbs out. The rate 0.01 is
# fifty times below the best one, and needs 719 steps to come within a millionth.
#
# ## Back to grams and millimeters
#
# A slope of 0.59 standard deviations per standard deviation is no use in the field.
# Put the definitions of $x$ and $y$ into the fitted line, with means
# $\overline{\ell}$, $\overline{g}$ and deviations $s_\ell$, $s_g$ of length and mass,
# and solve for the mass:
#
# ```{math}
# :label: penguins-units
# g = \overline{g} + s_g \left(w_0 + w_1 \frac{\ell - \overline{\ell}}{s_\ell}\right)
# ```

# %%
bill_length_mm = complete["bill_length_mm"].to_numpy()
body_mass_g = complete["body_mass_g"].to_numpy()

w = trace.parameters[-1]
slope_g_per_mm = w[1] * body_mass_g.std() / bill_length_mm.std()
intercept_g = body_mass_g.mean() + w[0] * body_mass_g.std()
intercept_g -= slope_g_per_mm * bill_length_mm.mean()
direct = np.linalg.lstsq(design_matrix(bill_length_mm), body_mass_g, rcond=None)[0]
print(f"descent, converted: {intercept_g:.2f} g + {slope_g_per_mm:.4f} g/mm")
print(f"lstsq on raw data:  {direct[0]:.2f} g + {direct[1]:.4f} g/mm")
print(f"a bill of 45 mm:    {intercept_g + slope_g_per_mm * 45:.0f} g")

# %% tags=["remove-cell"]
claim("86.8", slope_g_per_mm)
claim("389", intercept_g)
claim("4,294", intercept_g + slope_g_per_mm * 45)
claim("32.1", bill_length_mm.min())
claim("35%", 1 - trace.losses[-1])
claim("649", np.sqrt(trace.losses[-1]) * body_mass_g.std())
assert abs(1 - trace.losses[-1] - r**2) < 1e-12
assert np.allclose([intercept_g, slope_g_per_mm], direct, rtol=1e-6)

# %% [markdown]
# Each millimeter of bill goes with 86.8 g of bird, and a bill of 45 mm with 4,294 g.
# The 389 g are no smallest penguin: they belong to a bill of zero length, and the
# shortest bill here has 32.1 mm. An intercept that far from the data only holds the
# line up.
#
# How good is the line? A flat line through the mean has loss 1, this one
# $1 - r^2$. The share of the variance that it explains is therefore
# $R^2 = 1 - L = r^2$, here 35%. The typical miss, the root of the mean squared
# error, is 649 g.
#
# Now the nine birds that `dropna()` threw away. For a scale, also drop nine at
# random, a thousand times.


# %%
def fit_grams(birds):
    X = design_matrix(birds["bill_length_mm"])
    return np.linalg.lstsq(X, birds["body_mass_g"], rcond=None)[0]


rng = np.random.default_rng(0)
subsets = [rng.permutation(len(measured))[9:] for _ in range(1000)]
slopes_g_per_mm = [fit_grams(measured.iloc[rows])[1] for rows in subsets]
print("333 birds (g, g/mm):", fit_grams(complete).round(2))
print("342 birds (g, g/mm):", fit_grams(measured).round(2))
print(f"nine dropped at random: slope ± {np.std(slopes_g_per_mm):.1f} g/mm")

# %% tags=["remove-cell"]
claim("87.4", fit_grams(measured)[1])
claim("362", fit_grams(measured)[0])
claim("0.6", fit_grams(measured)[1] - fit_grams(complete)[1])
claim("> 1", np.std(slopes_g_per_mm))
claim("0.595", np.corrcoef(measured["bill_length_mm"], measured["body_mass_g"])[0, 1])

# %% [markdown]
# The slope with all 342 birds is 87.4 g/mm (standardized: 0.595). The quick `dropna()`
# moved it by 0.6 g/mm; nine birds dropped at random typically move it by more than 1.
# Here it did no harm. You know that only now that you have measured it.
#
# ## What the line does not see
#
# Residuals tell what is left. As before, a residual is prediction minus measurement:
# above zero, the line makes the bird too heavy.

# %%
#| name: fig-penguins-residuals
#| caption: The residuals of each species lie together. The line is far too heavy for
#|   Chinstraps and too light for Gentoos.
#| alt: Residuals in grams against bill length. Nearly all Chinstraps lie far above
#|   zero, nearly all Gentoos below, Adelies around zero. Each species is labeled with
#|   the mean of its residuals.
fitted_g = intercept_g + slope_g_per_mm * bill_length_mm
birds = complete.assign(residual_g=fitted_g - body_mass_g)
means = birds.groupby("species")["residual_g"].mean()

figure, ax = plt.subplots()
draw_species(ax, birds, "bill_length_mm", "residual_g")
ax.axhline(0, color=GRAY, lw=1)
ax.text(32, -1500, f"Adélie: mean {means['Adelie']:.0f} g", color=BLUE)
ax.text(42, 1950, f"Chinstrap: mean {means['Chinstrap']:.0f} g", color=ORANGE)
ax.text(47, -1950, f"Gentoo: mean {means['Gentoo']:.0f} g", color=GREEN)
ax.set(xlabel="bill length (mm)", ylabel="residual (g)", ylim=(-2200, 2300))
ax.set_title("Three species, three offsets")
plt.show()

# %% tags=["remove-cell"]
claim("894", means["Chinstrap"])
claim("-575", means["Gentoo"])
claim("575", -means["Gentoo"])
claim("52", means["Adelie"])
share = birds.groupby("species")["residual_g"].agg(lambda s: (s > 0).mean())
assert share["Chinstrap"] > 0.95
assert share["Gentoo"] < 0.15

# %% [markdown]
# If the line were the whole story, each crowd in {numref}`fig-penguins-residuals` would
# be centered on zero. Instead the line makes a Chinstrap 894 g too heavy on average,
# and a Gentoo 575 g too light. One line runs through three crowds and fits none. Look
# inside them, for the bill's length and for its depth:


# %%
def slope_g_per_mm_of(birds, column):
    return np.polyfit(birds[column], birds["body_mass_g"], 1)[0]


groups = {"all birds": complete, **dict(list(complete.groupby("species")))}
columns = ["bill_length_mm", "bill_depth_mm"]
within = pd.DataFrame(
    {c: {name: slope_g_per_mm_of(g, c) for name, g in groups.items()} for c in columns}
)
within["mass_g at 45 mm"] = {
    name: fit_grams(group) @ [1.0, 45.0] for name, group in groups.items()
}
within.round(1)

# %% tags=["remove-cell"]
length, depth, mass = (within[name] for name in within)
claim("59.1", length["Chinstrap"])
claim("107.6", length["Gentoo"])
claim("193", -depth["all birds"])
claim("205", depth["Chinstrap"])
claim("368", depth["Gentoo"])
claim("218", depth["Adelie"])
claim("3,506", mass["Chinstrap"])
claim("4,285", mass["Adelie"])
claim("4,816", mass["Gentoo"])
assert (length > 0).all()
assert (depth[1:] > 0).all()
assert depth["all birds"] < 0
assert length[1:].min() == length["Chinstrap"]
assert length[1:].max() == length["Gentoo"]

# %% [markdown]
# For bill length, the slopes within species run from 59.1 (Chinstrap) to 107.6
# (Gentoo) g/mm. All have the sign of the pooled slope; what differs most is the offset.
# So the bird with the 45 mm bill has 4,285 g if it is an Adélie, 3,506 g if a
# Chinstrap, 4,816 g if a Gentoo. That is the biologist's answer: *first tell me which
# penguin*.
#
# For bill depth the table is stranger. Over all birds, each millimeter goes with 193 g
# *less*; within every species, with at least 205 g *more*. This reversal is called
# Simpson's paradox, and {numref}`fig-penguins-depth` shows how it comes about.

# %%
#| name: fig-penguins-depth
#| caption: Within each species, deeper bills go with heavier birds; over all species
#|   together the line falls.
#| alt: Body mass against bill depth. Gentoos form a crowd at the upper left, heavy with
#|   shallow bills; Adelies and Chinstraps overlap at the lower right. A short line
#|   rises through each species. The dashed line through all birds falls.
colors = {"all birds": BLACK, "Adelie": BLUE, "Chinstrap": ORANGE, "Gentoo": GREEN}

figure, ax = plt.subplots()
draw_species(ax, complete, "bill_depth_mm", "body_mass_g")
for name, group in groups.items():
    ends = group["bill_depth_mm"].agg(["min", "max"])
    line = np.polyfit(group["bill_depth_mm"], group["body_mass_g"], 1)
    style = "--" if name == "all birds" else "-"
    ax.plot(ends, np.polyval(line, ends), style, color=colors[name], lw=2.5)
ax.text(13.1, 6050, "Gentoo", color=GREEN)
ax.text(19.4, 5000, "Adélie", color=BLUE)
ax.text(18.9, 2720, "Chinstrap", color=ORANGE)
ax.text(20.4, 3000, "all birds", color=BLACK)
ax.set(xlabel="bill depth (mm)", ylabel="body mass (g)")
ax.set_title("Each crowd rises, the whole falls")
plt.show()

# %% [markdown]
# ## More measurements, the same code
#
# The design matrix takes any number of features. Give it the three other measurements,
# so that all four have a part: two of the bill, one of the flipper, and the mass. No
# function changes.

# %%
from helpers import steps_to_reach

features = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]
columns = [standardize(complete[name].to_numpy()) for name in features]
X_all = design_matrix(*columns)  # shape (333, 4)
model = LinearRegression().fit(X_all[:, 1:], y)
for learning_rate in (0.01, 0.5):
    run = descend(
        lambda w: mse_value_and_grad(w, X_all, y), [-2, 0, 0, 0], learning_rate, 5000
    )
    gap = np.abs(run.parameters[:, 1:] - model.coef_).max(axis=1)
    print(
        f"rate {learning_rate}: {gap[1000]:.0e} from scikit-learn after 1000 steps, "
        f"within 1e-6 at step {steps_to_reach(gap, 1e-6)}"
    )
print(f"R² with three {1 - run.losses[-1]:.3f}, with one {1 - trace.losses[-1]:.3f}")

# %% tags=["remove-cell"]
claim("0.764", 1 - run.losses[-1])
claim("0.764", model.score(X_all[:, 1:], y))
claim("0.347", 1 - trace.losses[-1])
flipper_correlation = columns[2] @ y / len(y)
claim("0.762", flipper_correlation**2)
assert np.abs(run.parameters[-1, 1:] - model.coef_).max() < 1e-9
answer_all = np.array([0.0, *model.coef_])
claim("2,805", steps_until(X_all, y, answer_all, 0.01))
claim("1,873", steps_until(X_all, y, answer_all, 0.5))
slow = descend(lambda w: mse_value_and_grad(w, X_all, y), [-2, 0, 0, 0], 0.01, 1000)
claim("0.005", np.abs(slow.parameters[-1, 1:] - model.coef_).max())
dummies = pd.get_dummies(complete["species"]).to_numpy(dtype=float)
X_species = design_matrix(*dummies.T, x)
w_species = np.linalg.lstsq(X_species, y, rcond=None)[0]
claim("0.785", 1 - mean_squared_error(w_species, X_species, y))

# %% [markdown]
# $R^2$ rises from 0.347 to 0.764. Which feature did that? All columns have the same
# scale, so the parameters can be compared, with care. Put each one beside the slope
# that its feature has alone. To see how much it wobbles, refit on birds drawn with
# replacement, a thousand times, and take the standard deviation.

# %%
rng = np.random.default_rng(0)
draws = rng.integers(len(y), size=(1000, len(y)))
refits = [np.linalg.lstsq(X_all[rows], y[rows], rcond=None)[0][1:] for rows in draws]
comparison = pd.DataFrame(
    {
        "alone": [column @ y / len(y) for column in columns],
        "together": model.coef_,
        "wobble": np.std(refits, axis=0),
    },
    index=features,
)
comparison.round(3)

# %% tags=["remove-cell"]
alone, together, wobble = (comparison[name] for name in comparison)
claim("0.589", alone["bill_length_mm"])
claim("0.022", together["bill_length_mm"])
claim("-0.472", alone["bill_depth_mm"])
claim("0.044", together["bill_depth_mm"])
claim("0.873", alone["flipper_length_mm"])
claim("0.884", together["flipper_length_mm"])
claim("0.65", columns[0] @ columns[2] / len(y))
claim("-0.58", columns[1] @ columns[2] / len(y))
assert (together[:2] < 1.5 * wobble[:2]).all()
assert together["flipper_length_mm"] > 15 * wobble["flipper_length_mm"]

# %% [markdown]
# The slope of bill length collapses from 0.589 to 0.022; that of bill depth flips from
# $-0.472$ to 0.044. Both remainders are within one and a half wobbles of zero, so do
# not read a sign into them. Only the flipper stands.
#
# A parameter answers a narrow question: *among birds alike in the other features, what
# goes with one more of this one?* Bill length and depth are correlated with the flipper
# (0.65 and $-0.58$), so each bill alone had spoken for the flipper too. The flipper
# alone has an $R^2$ of 0.762; the bill adds next to nothing.
#
# One oddity is left, in the lines before the table. With one feature, 1000 steps at
# 0.01 brought the descent within 1e-09 of the answer; with three they leave a gap of
# 0.005. And the rate 0.5, which had needed one step, now needs 1,873. The bowl is no
# longer round. {ref}`conditioning` measures its shape.
#
# ## What to keep
#
# - A column of ones turns the intercept into an ordinary parameter: prediction is
#   $X\mathbf{w}$, the gradient is $\frac{2}{n} X^\top (X\mathbf{w} - \mathbf{y})$, for
#   any number of features.
# - With one standardized feature the loss is the round bowl
#   $w_0^2 + (w_1 - r)^2 + 1 - r^2$. The start loss, the answer, $R^2$ and the best
#   learning rate can all be read off it.
# - float32 stalls where a step is less than half the spacing of the numbers. Digits
#   beyond that are noise.
# - Drop rows for holes in the columns that you use, say which standard deviation you
#   mean, and give the answer in its units.
# - A slope describes the data that it was fitted to. Look at residuals by group, and
#   read a parameter as "others held alike".
#
# ## Exercises
#
# ::::{exercise}
# :label: ex-penguins-bowl
# Without running code: what is the loss at $(0, 0)$, at $(2, 0)$ and at $(0, r)$? And
# where does the intercept go if you stack the ones *last*?
# ::::
#
# ::::{solution} ex-penguins-bowl
# :class: dropdown
# From {eq}`penguins-bowl`: at $(0, 0)$ it is $r^2 + 1 - r^2 = 1$, the variance of $y$;
# at $(2, 0)$ it is 5 again, since $w_0$ enters only as its square; at $(0, r)$ it is
# $1 - r^2$, the lowest. With the ones last, the intercept is the last parameter.
# Nothing else changes.
# ::::
#
# ::::{exercise}
# :label: ex-penguins-flipper
# Replace the bill by the flipper. Predict the loss at $(-2, 0)$ and after one step with
# rate 0.5, then run it. What are slope and typical miss in grams?
# ::::
#
# ::::{solution} ex-penguins-flipper
# :class: dropdown
# The loss at the start is 5 for every standardized feature. One step arrives at
# $1 - r^2$, which is 0.238 here.
#
# ```python
# flipper_length_mm = complete["flipper_length_mm"].to_numpy()
# X_flipper = design_matrix(standardize(flipper_length_mm))
# run = descend(lambda w: mse_value_and_grad(w, X_flipper, y), start, 0.5, steps=1)
# print(run.losses)
# print(run.parameters[1, 1] * body_mass_g.std() / flipper_length_mm.std())
# print(np.sqrt(run.losses[1]) * body_mass_g.std())
# ```
#
# A millimeter of flipper goes with 50.2 g, and the typical miss is 392 g, not 649.
# ::::

# %% tags=["remove-cell"]
flipper_length_mm = complete["flipper_length_mm"].to_numpy()
X_flipper = design_matrix(standardize(flipper_length_mm))
run = descend(lambda w: mse_value_and_grad(w, X_flipper, y), start, 0.5, steps=1)
claim("5", run.losses[0])
claim("0.238", run.losses[1])
claim("50.2", run.parameters[1, 1] * body_mass_g.std() / flipper_length_mm.std())
claim("392", np.sqrt(run.losses[1]) * body_mass_g.std())

# %% [markdown]
# ::::{exercise}
# :label: ex-penguins-species
# Tell the model the species: `pd.get_dummies(complete["species"])` has a column of
# zeros and ones for each. Put the three columns and the bill length into
# `design_matrix`. Solve the normal equations, then descend from two starts with rate
# 0.5. What happens?
# ::::
#
# ::::{solution} ex-penguins-species
# :class: dropdown
# The three species columns add up to the column of ones, so the normal equations have
# many solutions, and the solver prints numbers beyond all sense, or refuses. The
# descent does not mind: each start ends at other parameters, with the same loss and
# the same predictions.
#
# ```python
# dummies = pd.get_dummies(complete["species"]).to_numpy(dtype=float)
# X_species = design_matrix(*dummies.T, x)
# try:
#     print(np.linalg.solve(X_species.T @ X_species, X_species.T @ y))
# except np.linalg.LinAlgError as error:
#     print(error)
# for start_species in (np.zeros(5), np.array([5.0, 0.0, 0.0, 0.0, 0.0])):
#     run = descend(
#         lambda w: mse_value_and_grad(w, X_species, y), start_species, 0.5, 3000
#     )
#     print(run.parameters[-1].round(3), 1 - run.losses[-1])
# ```
#
# $R^2$ is 0.785: species and bill length say more than all three measurements. Leave
# out one of the species columns, and the answer is unique again.
# ::::

# %% tags=["remove-cell"]
starts = (np.zeros(5), np.array([5.0, 0.0, 0.0, 0.0, 0.0]))
ends = [
    descend(lambda w: mse_value_and_grad(w, X_species, y), w0, 0.5, 3000)
    for w0 in starts
]
assert np.linalg.matrix_rank(X_species) == 4
assert np.abs(ends[0].parameters[-1] - ends[1].parameters[-1]).max() > 1
fitted = [X_species @ end.parameters[-1] for end in ends]
assert np.allclose(*fitted, atol=1e-9)
claim("0.785", 1 - ends[0].losses[-1])
claim("0.785", 1 - ends[1].losses[-1])

# %% [markdown]
# ::::{exercise}
# :label: ex-penguins-nine
# Open: nine birds missing by chance hardly matter. Suppose someone *picks* the nine.
# How far can the slope of the 342 birds go, and who would have to be missing?
# ::::
#
# ::::{solution} ex-penguins-nine
# :class: dropdown
# One approach is greedy: take away, nine times, the bird whose absence lowers (or
# raises) the slope most. It need not find the worst nine: they may move it further.
#
# ```python
# def drop_nine(birds, sign):
#     for _ in range(9):
#         x = birds["bill_length_mm"].to_numpy()
#         y = birds["body_mass_g"].to_numpy()
#         slopes = []
#         for i in range(len(x)):
#             dx, dy = np.delete(x, i), np.delete(y, i)
#             slopes.append((dx - dx.mean()) @ dy / ((dx - dx.mean()) ** 2).sum())
#         birds = birds.drop(birds.index[np.argmax(sign * np.array(slopes))])
#     return birds
#
# for sign in (-1, 1):
#     kept = drop_nine(measured, sign)
#     print(fit_grams(kept)[1], measured.drop(kept.index)["species"].unique())
# ```
#
# Without nine big Gentoos the slope falls to 80.4 g/mm, without nine long-billed
# Chinstraps it rises to 99.5. *Which* rows are missing matters more than how many.
# ::::


# %% tags=["remove-cell"]
def drop_nine(birds, sign):
    for _ in range(9):
        x = birds["bill_length_mm"].to_numpy()
        y = birds["body_mass_g"].to_numpy()
        slopes = []
        for i in range(len(x)):
            dx, dy = np.delete(x, i), np.delete(y, i)
            slopes.append((dx - dx.mean()) @ dy / ((dx - dx.mean()) ** 2).sum())
        birds = birds.drop(birds.index[np.argmax(sign * np.array(slopes))])
    return birds


without_gentoos, without_chinstraps = drop_nine(measured, -1), drop_nine(measured, 1)
claim("80.4", fit_grams(without_gentoos)[1])
claim("99.5", fit_grams(without_chinstraps)[1])
for kept, species in ((without_gentoos, "Gentoo"), (without_chinstraps, "Chinstrap")):
    dropped = measured.drop(kept.index)
    kin = measured[measured["species"] == species]
    assert set(dropped["species"]) == {species}
    assert dropped["bill_length_mm"].min() > kin["bill_length_mm"].mean()
    if species == "Gentoo":
        assert dropped["body_mass_g"].min() > kin["body_mass_g"].mean()

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
