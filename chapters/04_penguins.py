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
# descent stays the same loop. It will answer 4294 g, give or take 649 g. Before the
# chapter ends, the same birds will show why a biologist would not accept that answer.

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %% [markdown]
# :::{admonition} Before you start
# :class: tip
# - **You will** clean and standardize real data, write a gradient as a matrix product,
#   descend over two parameters, check the result, find out what the fitted line hides,
#   and add features without new code.
# - **You need** the loop of {ref}`descent` and the gradients of {ref}`slopes`; from
#   school, what a mean and a standard deviation are.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## The birds, and the holes in the table
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

# %% [markdown]
# There are 344 birds. In this table Adélies are from all three islands, Chinstraps only
# from Dream, Gentoos only from Biscoe. {numref}`fig-penguins-scatter` draws them. Keep
# in mind what it shows, because the fit below will not: there are three crowds.

# %% tags=["hide-input"]
#| name: fig-penguins-scatter
#| caption: The cloud as a whole rises to the right. Each species keeps to its own part
#|   of it.
#| alt: Body mass in grams against bill length in millimeters, one mark for each bird.
#|   Adelies lie at the lower left, short bills and light; Chinstraps lie at the lower
#|   right, long bills and as light as Adelies; Gentoos lie at the upper right, long
#|   bills and heavy. The whole cloud rises to the right.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE


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
ax.set_title("Three species, three crowds")
plt.show()

# %% [markdown]
# Real tables have holes. Two of these birds were never measured, and eleven have no
# recorded sex. The quick remedy is `dropna()`, which drops every row with a hole
# *anywhere*. The careful one drops only the rows with a hole in a column that you use.

# %%
complete = penguins.dropna()
used = ["bill_length_mm", "body_mass_g"]
measured = penguins.dropna(subset=used)
print(len(measured), "measured,", len(complete), "complete")
measured.drop(complete.index)["species"].value_counts()

# %% [markdown]
# The two unmeasured birds are among the eleven, and they are lost either way. The quick
# way also throws away the other nine, five Adélies and four Gentoos with a perfectly
# good bill and mass, for a column that nobody uses.
#
# Josef Fruehwald's {ref}`tutorial <source-fruehwald2022>` {cite}`fruehwald2022`, whose
# path this chapter follows, takes the quick way to 333 birds. So do you, to hold each
# number against his; later you will measure what the nine do to the answer.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("The birds, and the holes in the table"):
    claim("There are 344 birds", len(penguins))
    islands = penguins.groupby("species")["island"].unique().map(set)
    every_island = {"Biscoe", "Dream", "Torgersen"}
    claim("Adélies are from all three islands", islands["Adelie"] == every_island)
    claim("Chinstraps only from Dream", islands["Chinstrap"] == {"Dream"})
    claim("Gentoos only from Biscoe", islands["Gentoo"] == {"Biscoe"})
    no_sex, not_measured = penguins["sex"].isna(), penguins[used].isna().any(axis=1)
    claim("Two of these birds were never measured", not_measured.sum() == 2)
    claim("eleven have no recorded sex", no_sex.sum() == 11)
    claim("unmeasured birds are among the eleven", no_sex[not_measured].all())
    lost = measured.drop(complete.index)
    kinds = lost["species"].value_counts().to_dict()
    claim("the other nine, five Adélies and four", kinds == {"Adelie": 5, "Gentoo": 4})
    claim("for a column that nobody uses", lost["sex"].isna().all())
    claim("the quick way to 333 birds", len(complete))

# %% [markdown]
# ## One scale for millimeters and grams
#
# Bills come in tens of millimeters, birds in thousands of grams. To *standardize* a
# column, subtract its mean and divide by its standard deviation. Then each entry says
# how many standard deviations a bird lies above the mean; the entries have mean 0, and
# their squares have mean 1.
#
# The trap is in the words "standard deviation". NumPy's `.std()` divides the sum of
# the squared deviations by $n$ before it takes the root. The `.std()` of pandas divides
# by $n - 1$, an estimate for the larger population that the birds come from. So say
# which one you mean: `ddof=0` is division by $n$, whatever the library.


# %%
def standardize(values):
    centered = values - values.mean(axis=0)
    return centered / values.std(axis=0, ddof=0)


bill_length_mm = complete["bill_length_mm"].to_numpy()
body_mass_g = complete["body_mass_g"].to_numpy()
x, y = standardize(bill_length_mm), standardize(body_mass_g)
print(f"{complete['bill_length_mm'].std():.4f} mm, says pandas")
print(f"{bill_length_mm.std():.4f} mm, says NumPy")

# %% [markdown]
# Take one for the bill and the other for the mass, and the slope below comes out as
# 0.5903 or 0.5886 in place of 0.5895: too little for anyone to see, enough to spoil
# every check. (And `axis=0` averages down the rows, so that a table is standardized
# column by column. You will need that.)

# %% tags=["remove-cell"]
import numpy as np

with checks("One scale for millimeters and grams"):
    claim("the entries have mean 0, and their", np.abs([x.mean(), y.mean()]).max())
    claim("squares have mean 1", (x**2).mean())
    pandas_std = complete["bill_length_mm"].std()
    claim(
        "of pandas divides by n - 1", np.isclose(pandas_std, bill_length_mm.std(ddof=1))
    )
    shrink = np.sqrt(1 - 1 / len(x))  # from division by n to division by n - 1
    bill_shrunk = np.polyfit(x * shrink, y, 1)[0]
    mass_shrunk = np.polyfit(x, y * shrink, 1)[0]
    as_shown = np.polyfit(x, y, 1)[0]
    claim("0.5903 or 0.5886 in place of 0.5895", bill_shrunk, mass_shrunk, as_shown)
    table = complete[["bill_length_mm", "body_mass_g"]]
    both = [standardize(table), standardize(table.to_numpy())]
    claim("standardized column by column", np.allclose(both, np.column_stack([x, y])))

# %% [markdown]
# ## The design matrix
#
# The prediction for one bird is $w_0 + w_1 x$. Write it as $w_0 \cdot 1 + w_1 \cdot x$,
# and it is a *dot product*: the parameters $(w_0, w_1)$ times the pair $(1, x)$,
# element by element, added up. Stack these pairs, one row for each bird, and you have
# the *{term}`design matrix`* $X$.

# %%
import numpy as np


def design_matrix(*features):
    ones = np.ones(len(features[0]))
    return np.column_stack([ones, *features])


X = design_matrix(x)  # shape (333, 2)
X[:3]

# %% [markdown]
# NumPy writes the dot product as `@`, and `X @ w` predicts all birds at once. Try it
# with throw-away parameters. Which of the two is the intercept? Do not guess from their
# order; switch them on one at a time.

# %%
for w in ([2.0, 4.0], [1.0, 0.0], [0.0, 1.0]):
    print((X @ w)[:3].round(4), w)

# %% [markdown]
# With $(2, 4)$ the second bird would be 1.29 standard deviations lighter than the mean.
# The first parameter adds the same amount to every bird, whatever its bill. It meets
# the column of ones, so it is the intercept. The second one multiplies the bill length:
# it is the slope. (One sentence of the tutorial has it the other way round, the first
# value the slope and the second the intercept. Its code and its result agree with
# yours.)

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import reproduce

with checks("The design matrix"):
    display(reproduce("bill_length_X[0:10,1]", X[:10, 1]))
    claim("one row for each bird", X.shape == (len(complete), 2))
    thrown = np.array([2.0, 4.0])
    display(reproduce("X[1]*fake_param", X[1] * thrown))
    display(reproduce("sum", (X[1] * thrown).sum()))
    display(reproduce("dot", X[1] @ thrown))
    display(reproduce("body_mass_est", X @ thrown))
    claim("second bird would be 1.29 standard deviations lighter", -(X[1] @ thrown))
    claim("adds the same amount to every bird", (X @ [1.0, 0.0] == 1).all())
    claim("multiplies the bill length", np.array_equal(X @ [0.0, 1.0], x))

# %% [markdown]
# ## A loss over two parameters
#
# The mean squared error is the one from {ref}`grid-search`, now with a vector inside:
#
# ```{math}
# :label: penguins-mse
# L(\mathbf{w}) = \frac{1}{n} \lVert X\mathbf{w} - \mathbf{y} \rVert^2
# ```
#
# The bars with the square mean the sum of the squared entries.


# %%
def mean_squared_error(w, X, y):
    return ((X @ w - y) ** 2).mean()


start = np.array([-2.0, 0.0])
print(f"{mean_squared_error(start, X, y):.12f}")

# %% [markdown]
# Exactly 5, from 333 birds? At $(-2, 0)$ the line is flat and predicts $-2$ for
# everyone. The squared error of one bird is $(-2 - y)^2 = 4 + 4y + y^2$. Now take the
# mean over all birds: $y$ has mean 0 and $y^2$ has mean 1, which leaves $4 + 0 + 1$.
#
# The same trick works at every point. Multiply out $(w_0 + w_1 x - y)^2$ and take the
# mean of each term. The terms $2 w_0 w_1 x$ and $-2 w_0 y$ vanish, since $x$ and $y$
# have mean 0. The terms $w_1^2 x^2$ and $y^2$ become $w_1^2$ and 1. One mean is left
# that you do not know yet, that of the product $xy$. Call it $r$:
#
# ```{math}
# :label: penguins-bowl
# \begin{aligned}
# L(w_0, w_1) &= w_0^2 + w_1^2 - 2 r w_1 + 1 \\
# &= w_0^2 + (w_1 - r)^2 + (1 - r^2)
# \end{aligned}
# ```
#
# The second line completes the square. It predicts the whole surface: a perfectly
# round bowl with its lowest point at $(0, r)$. The number $r$, the mean product of two
# standardized columns, has a name of its own. It is their *correlation coefficient*.
# Does the loss, computed from all the birds, agree with the bowl?

# %%
r = (x * y).mean()
radii, angles = np.linspace(0, 2.2, 23), np.linspace(0, 2 * np.pi, 73)
radius, angle = np.meshgrid(radii, angles)
intercepts = radius * np.cos(angle)
slopes = r + radius * np.sin(angle)
grid = np.stack([intercepts, slopes], axis=-1)  # shape (73, 23, 2)
losses = ((grid @ X.T - y) ** 2).mean(axis=-1)
bowl = intercepts**2 + (slopes - r) ** 2 + 1 - r**2
print(f"{r:.4f} is the correlation coefficient")
print(f"{np.allclose(losses, bowl)} at all {losses.size} points")

# %% [markdown]
# It does, at all 1679 points. So you know the answer, $(0, 0.5895)$, before the first
# step. {numref}`fig-penguins-surface` draws the bowl and the start.

# %% tags=["hide-input"]
#| name: fig-penguins-surface
#| caption: The mean squared error around its minimum. Along each circle the loss is the
#|   same, so the rim is level. Intercept and slope count standard deviations.
#| alt: A surface over the plane of intercept and slope, shaped like a round bowl that
#|   opens upward. Its rim is level all the way round. The start of the descent lies
#|   at the left, close below the rim; the lowest point is in the middle.
figure = plt.figure(figsize=(5.4, 4.2), dpi=160)
ax = figure.add_subplot(projection="3d", computed_zorder=False)
ax.plot_surface(intercepts, slopes, losses, cmap="cividis", rasterized=True)
ax.plot(*start, 5.0, "o", color=ORANGE)
ax.text(-2.9, 0, 5.0, "start", color=ORANGE, ha="center")
ax.view_init(elev=28, azim=-75)
ax.set(xlabel="intercept", ylabel="slope")
ax.set_zlabel("loss", labelpad=5)
ax.set_title("Two parameters make a bowl")
plt.show()

# %% [markdown]
# With one feature, round is what standardizing gives you; {ref}`conditioning` shows the
# bowl without it.

# %% tags=["remove-cell"]
with checks("A loss over two parameters"):
    loss_at_start = mean_squared_error(start, X, y)
    display(reproduce("loss at [-2,0]", loss_at_start))
    claim("Exactly 5", abs(loss_at_start - 5) < 1e-12)
    claim("from 333 birds", len(y))
    claim("y has mean 0", y.mean())
    claim("y^2 has mean 1", np.isclose((y**2).mean(), 1))
    claim("x and y have mean 0", np.abs([x.mean(), y.mean()]).max())
    claim("become w_1^2 and 1", np.allclose([(x**2).mean(), (y**2).mean()], 1))
    claim("correlation coefficient", abs(r - np.corrcoef(x, y)[0, 1]) < 1e-12)
    claim("It does", np.allclose(losses, bowl, rtol=0, atol=1e-12))
    claim("at all 1679 points", losses.size)
    answer = np.linalg.lstsq(X, y, rcond=None)[0]
    claim("the answer, (0, 0.5895)", *answer)
    claim(
        "Along each circle the loss is the same", np.ptp(losses, axis=0).max() < 1e-12
    )

# %% [markdown]
# ## Downhill in two directions
#
# Now the gradient has two entries, one slope of the loss for each parameter. The sign
# $\partial$ says that the other parameter is held fixed. As with the belts, the chain
# rule gives twice the residual, times what the parameter multiplies. The intercept
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
#
# Each sum is the dot product of the residuals with a column of $X$: the ones, or the
# bill lengths. The transposed matrix $X^\top$ has these columns as its rows, so it
# takes both dot products at once:
#
# ```{math}
# :label: penguins-gradient
# \nabla L(\mathbf{w}) = \frac{2}{n} X^\top (X\mathbf{w} - \mathbf{y})
# ```
#
# A gradient wants a check. The bowl {eq}`penguins-bowl` has the derivatives $2 w_0$ and
# $2 (w_1 - r)$, and JAX {cite}`jax2018` can differentiate the code of the loss. Any
# point will do.

# %%
import jax


def mse_value_and_grad(w, X, y):
    residual = X @ w - y  # shape (333,)
    return (residual**2).mean(), 2 / len(y) * (X.T @ residual)


w = np.array([0.7, -1.3])
gradient = mse_value_and_grad(w, X, y)[1]
print(gradient.round(4), "matrix product")
print(np.array([2 * w[0], 2 * (w[1] - r)]).round(4), "round bowl")
print(jax.grad(mean_squared_error)(w, X, y).round(4), "JAX")

# %% [markdown]
# All three agree. The loop is that of {ref}`descent`, unchanged: it never asked how
# many parameters there are.

# %%
from helpers import descend, steps_to_reach


def bill_loss(w):
    return mse_value_and_grad(w, X, y)


trace = descend(bill_loss, start, 0.01, steps=1000)
print("intercept {:.1e}, slope {:.6f}".format(*trace.parameters[-1]))
print(f"loss {trace.losses[-1]:.4f}, down from {trace.losses[0]:.0f}")

# %% [markdown]
# The loss falls from 5 to 0.6525, the slope arrives at 0.589451, and the intercept is
# zero to within $10^{-8}$. And the way there? In a round bowl the steepest way down
# points at the lowest point, so the path should be straight. It is: no step leaves the
# line from $(-2, 0)$ to $(0, r)$ by as much as $10^{-14}$. In
# {numref}`fig-penguins-path` you look down into the bowl.

# %% tags=["hide-input"]
#| name: fig-penguins-path
#| caption: In a round bowl the descent walks straight to the minimum. One dot for every
#|   ten steps; each circle is labeled with its loss.
#| alt: Contour lines of the loss over intercept and slope are concentric circles. The
#|   path of the descent is a straight line from the start, on the outermost circle at
#|   the left, to the center. Its dots crowd together toward the center.
figure, ax = plt.subplots(figsize=(5.4, 4.8))
levels = np.arange(1, 6)
rings = ax.contour(intercepts, slopes, losses, levels, colors=GRAY)
rings.set_linewidth(0.8)
for level in levels:
    label = "loss 5" if level == 5 else f"{level}"
    height = r + np.sqrt(level - (1 - r**2))
    ax.text(0, height + 0.02, label, ha="center", va="bottom", color=GRAY)
ax.plot(*trace.parameters[::10].T, "o-", color=ORANGE, ms=4)
ax.plot(0, r, "+", color=BLACK, ms=12)
ax.text(-2.1, 0, "start", color=ORANGE, ha="right", va="center")
pointer = {"arrowstyle": "-", "color": BLACK}
ax.annotate("minimum", (0, r), (0, -0.27), ha="center", va="center", arrowprops=pointer)
ax.set(xlabel="intercept", ylabel="slope", aspect="equal")
ax.set(xlim=(-2.8, 2.3), ylim=(-1.7, 3.05))
ax.set_title("A round bowl makes a straight path")
plt.show()

# %% [markdown]
# Each point of this path is a line through the birds. Here is the line on its way;
# after 100 steps, 87% of the way is behind it.

# %% tags=["hide-input"]
from helpers import animate

figure, ax = plt.subplots()
ax.plot(x, y, "o", color=GRAY, ms=3, alpha=0.6)
(line,) = ax.plot([-2.2, 3], [0, 0], color=ORANGE)
ax.set(xlabel="bill length (standardized)", ylabel="body mass (standardized)")


def draw(step):
    line.set_ydata(design_matrix(line.get_xdata()) @ trace.parameters[step])
    ax.set_title(f"Step {step}: loss {trace.losses[step]:.2f}")


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
with checks("Downhill in two directions"):
    by_bird = 2 * (X @ w - y)[:, None] * X
    claim("twice the residual, times what", np.allclose(gradient, by_bird.mean(axis=0)))
    claim("intercept multiplies 1", np.ptp(X[:, 0]) + X[0, 0])
    by_bowl, by_jax = [2 * w[0], 2 * (w[1] - r)], jax.grad(mean_squared_error)(w, X, y)
    claim(
        "All three agree",
        np.allclose(gradient, by_bowl, rtol=0, atol=1e-12)
        and np.allclose(gradient, by_jax, atol=1e-5),
    )
    claim("The loss falls from 5 to 0.6525", trace.losses[0], trace.losses[-1])
    claim("the slope arrives at 0.589451", trace.parameters[-1, 1])
    claim("zero to within 1e-8", abs(trace.parameters[-1, 0]))
    straight = r * (1 + trace.parameters[:, 0] / 2)
    off_line = np.abs(trace.parameters[:, 1] - straight).max()
    claim("by as much as 1e-14", off_line < 1e-14)
    left = np.linalg.norm(trace.parameters - [0, r], axis=1)
    claim("after 100 steps, 87% of the way", f"{1 - left[100] / left[0]:.0%}" == "87%")

# %% [markdown]
# ## A formula and two solvers
#
# At the lowest point the gradient is zero. Set {eq}`penguins-gradient` to zero, and you
# get the *normal equations*, $X^\top X \mathbf{w} = X^\top \mathbf{y}$: two linear
# equations for two unknowns. `np.linalg.lstsq` solves the same problem in a more
# careful way {cite}`higham2002`, and so does `scipy.linalg.lstsq`, which scikit-learn
# {cite}`pedregosa2011` wraps.

# %%
from sklearn.linear_model import LinearRegression

w = trace.parameters[-1]
by_equations = np.linalg.solve(X.T @ X, X.T @ y)
by_lstsq = np.linalg.lstsq(X, y, rcond=None)[0]
by_sklearn = LinearRegression().fit(X[:, 1:], y)
print(f"{w[1]:.10f}  descent")
print(f"{r:.10f}  correlation coefficient")
print(f"{by_equations[1]:.10f}  normal equations")
print(f"{by_lstsq[1]:.10f}  lstsq")
print(f"{by_sklearn.coef_[0]:.10f}  scikit-learn")

# %% [markdown]
# The last four agree, and put the intercept within $10^{-12}$ of zero; the descent is
# still $10^{-9}$ below. That shows that the descent solves its problem, not that a line
# is the right model: all five minimize the same loss.
#
# Why descend, then, if a formula is at hand? The formula needs a quadratic loss, and
# the descent does not. And with millions of parameters, $X^\top X$ has an entry for
# every pair of them: unless nearly all are zero, too many to store.

# %% tags=["remove-cell"]
with checks("A formula and two solvers"):
    last_four = [r, by_equations[1], by_lstsq[1], by_sklearn.coef_[0]]
    claim("The last four agree", np.ptp(last_four) < 1e-12)
    zeros = np.abs([by_equations[0], by_lstsq[0], by_sklearn.intercept_])
    claim("within 1e-12 of zero", zeros.max())
    claim("the descent is still 1e-9 below", r - w[1])

# %% [markdown]
# ## Is 0.01 a good learning rate?
#
# By {eq}`penguins-bowl` the loss has curvature $\lambda = 2$ in every direction. So
# {ref}`descent` predicts: stable below $2/\lambda = 1$, and with
# $\eta = 1/\lambda = 0.5$ all the way in *one* step. The rate 0.01 keeps
# $1 - \eta\lambda = 0.98$ of the distance at each step. From 2.085, the distance at the
# start, that makes 721 steps to a millionth. Measure it:

# %%
print("rate   after 1  after 100  within 1e-6 at")
for rate in (0.01, 0.5, 1.0, 1.01):
    run = descend(bill_loss, start, rate, 1000)
    distance = np.linalg.norm(run.parameters - [0, r], axis=1)
    first = steps_to_reach(distance, 1e-6)
    print(f"{rate:4}  {distance[1]:8.3f}  {distance[100]:9.3f}  {first}")

# %% [markdown]
# As predicted. With 0.5, one step is the whole descent. With 1 it leaps to the far side
# of the bowl and back, always at the same distance; with 1.01 it climbs out.

# %% tags=["remove-cell"]
with checks("Is 0.01 a good learning rate?"):
    given("Is 0.01 a good learning rate", "The rate 0.01")
    curvatures = np.linalg.eigvalsh(2 / len(y) * X.T @ X)
    claim("curvature lambda = 2 in every direction", np.allclose(curvatures, 2))
    claim("eta = 1/lambda = 0.5", np.allclose(1 / curvatures, 0.5))
    offset = trace.parameters - [0, r]
    keeps = np.allclose(offset[1:], 0.98 * offset[:-1], rtol=0, atol=1e-12)
    claim("1 - etalambda = 0.98 of the distance at each step", keeps)
    left = np.linalg.norm(offset, axis=1)
    claim("From 2.085", left[0])
    predicted = np.ceil(np.log(1e-6 / left[0]) / np.log(0.98))
    claim("makes 721 steps to a millionth", predicted)
    claim("As predicted", steps_to_reach(left, 1e-6) == predicted)
    at_best = descend(bill_loss, start, 0.5, 1).parameters[1]
    one_step = np.allclose(at_best, [0, r], rtol=0, atol=1e-12)
    claim("With 0.5, one step is the whole descent", one_step)
    at_limit = descend(bill_loss, start, 1.0, 100).parameters - [0, r]
    there_and_back = np.allclose(at_limit[1:], -at_limit[:-1], rtol=0, atol=1e-12)
    claim("With 1 it leaps to the far side", there_and_back)
    claim("with 1.01 it climbs out", distance[100] > 5 * distance[1])

# %% [markdown]
# ## Back to grams and millimeters
#
# A slope of 0.59 standard deviations per standard deviation is no use in the field. Put
# the definitions of $x$ and $y$ back into the fitted line. Let the lengths $\ell$ have
# mean $\mu_\ell$ and standard deviation $\sigma_\ell$, and the masses $g$ have $\mu_g$
# and $\sigma_g$. Solved for the mass, the line reads
#
# ```{math}
# :label: penguins-units
# g = \mu_g + \sigma_g \left(w_0 + w_1 \frac{\ell - \mu_\ell}{\sigma_\ell}\right)
# ```

# %%
slope_g_per_mm = w[1] * body_mass_g.std() / bill_length_mm.std()
intercept_g = body_mass_g.mean() + w[0] * body_mass_g.std()
intercept_g -= slope_g_per_mm * bill_length_mm.mean()
rmse_g = np.sqrt(trace.losses[-1]) * body_mass_g.std()
print(f"{intercept_g:.0f} g + {slope_g_per_mm:.1f} g/mm")
print(f"{intercept_g + slope_g_per_mm * 45:.0f} g for a bill of 45 mm")
print(f"{rmse_g:.0f} g typical miss")
print(f"{1 - trace.losses[-1]:.3f} of the variance explained")

# %% [markdown]
# Each millimeter of bill goes with 86.8 g of bird. The 389 g are no smallest penguin:
# they belong to a bill of length zero, and the shortest one here has 32.1 mm. The bird
# in your hand gets 4294 g, give or take 649 g. This typical miss is the root of the
# mean squared error, *RMSE* for short, turned into grams.
#
# The last number compares the line with a flat one through the mean, whose loss is 1.
# The fitted line has loss $1 - r^2$, so it explains the share $R^2 = 1 - L = r^2$ of
# the variance, here 0.347.
#
# Now put back the nine birds that `dropna()` threw away. How far does the slope move?
# For a scale, also drop nine birds at random, a thousand times.


# %%
def fit_grams(birds):
    X = design_matrix(birds["bill_length_mm"])
    return np.linalg.lstsq(X, birds["body_mass_g"], rcond=None)[0]


all_birds, slope = fit_grams(measured), fit_grams(complete)[1]
moved = np.abs(all_birds[1] - slope)
rng = np.random.default_rng(0)
draws = [rng.permutation(len(measured))[9:] for _ in range(1000)]
moves = [abs(fit_grams(measured.iloc[d])[1] - all_birds[1]) for d in draws]
print(f"{moved:.1f} g/mm moved, to {all_birds[1]:.1f} g/mm")
print(f"{np.mean(moves > moved):.0%} of random draws move it farther")

# %% [markdown]
# With all 342 birds the slope is 87.4 g/mm. The quick `dropna()` moved it by 0.6 g/mm,
# and 58% of the random draws move it farther. It did no harm here, which you could not
# know before you measured it.

# %% tags=["remove-cell"]
with checks("Back to grams and millimeters"):
    claim("slope of 0.59 standard deviations", w[1])
    raw = np.linalg.lstsq(design_matrix(bill_length_mm), body_mass_g, rcond=None)[0]
    back = np.allclose([intercept_g, slope_g_per_mm], raw, rtol=1e-6)
    claim("Put the definitions of x and y back", back)
    claim("goes with 86.8 g of bird", slope_g_per_mm)
    claim("The 389 g are no smallest penguin", intercept_g)
    claim("the shortest one here has 32.1 mm", bill_length_mm.min())
    mass_at_45_g = intercept_g + slope_g_per_mm * 45
    claim("gets 4294 g, give or take 649 g", mass_at_45_g, rmse_g)
    misses_g = design_matrix(bill_length_mm) @ raw - body_mass_g
    root = np.sqrt((misses_g**2).mean())
    claim("is the root of the mean squared error", np.isclose(rmse_g, root))
    claim("the mean, whose loss is 1", mean_squared_error(np.zeros(2), X, y))
    claim(
        "R^2 = 1 - L = r^2", np.isclose(1 - trace.losses[-1], r**2, rtol=0, atol=1e-12)
    )
    claim("here 0.347", 1 - trace.losses[-1])
    claim("With all 342 birds the slope is 87.4 g/mm", len(measured), all_birds[1])
    claim("moved it by 0.6 g/mm, and 58% of the", moved, np.mean(moves > moved))

# %% tags=["remove-cell"]
with checks("Penguins"):
    given("bill is 45 mm long")
    claim("4294 g, give or take 649 g", mass_at_45_g, rmse_g)

# %% [markdown]
# ## What the line hides
#
# Residuals tell what a fit leaves over. As before, a residual is prediction minus
# measurement: above zero, the line makes the bird too heavy.

# %%
fitted_g = intercept_g + slope_g_per_mm * bill_length_mm
birds = complete.assign(residual_g=fitted_g - body_mass_g)
means = birds.groupby("species")["residual_g"].mean()
means.round(0)

# %% [markdown]
# If the line were the whole story, each species would average near zero.
# {numref}`fig-penguins-residuals` shows what happens instead.

# %% tags=["hide-input"]
#| name: fig-penguins-residuals
#| caption: The line is far too heavy for nearly every Chinstrap and too light for most
#|   Gentoos. The labels give the mean residual of each species.
#| alt: Residuals in grams against bill length. Nearly all Chinstraps lie far above
#|   zero, nearly all Gentoos below, Adelies around zero. Each species is labeled with
#|   the mean of its residuals.
figure, ax = plt.subplots()
draw_species(ax, birds, "bill_length_mm", "residual_g")
ax.axhline(0, color=GRAY, lw=1)
ax.text(32, -1500, f"Adélie: {means['Adelie']:+.0f} g", color=BLUE)
ax.text(44, 1950, f"Chinstrap: {means['Chinstrap']:+.0f} g", color=ORANGE)
ax.text(49, -1950, f"Gentoo: −{-means['Gentoo']:.0f} g", color=GREEN)
ax.set(xlabel="bill length (mm)", ylabel="residual (g)", ylim=(-2200, 2300))
ax.set_title("The residuals know the species")
plt.show()

# %% [markdown]
# The line suits Adélies (52 g). It is 894 g too heavy for Chinstraps and 575 g too
# light for Gentoos. So give each species a line of its own, ask each for the mass of
# your bird, and count the birds with bills about as long as yours.

# %%
groups = {"all birds": complete, **dict(list(complete.groupby("species")))}
for name, group in groups.items():
    intercept, slope = fit_grams(group)
    print(f"{intercept + slope * 45:.0f} g, {slope:5.1f} g/mm  {name}")
similar = complete["bill_length_mm"].between(44, 46)
complete[similar]["species"].value_counts()

# %% [markdown]
# The pooled answer, 4294 g, is nearly the Adélie's, 4285 g. A Chinstrap would have
# 3506 g, a Gentoo 4816 g. Yet of the 37 birds with bills between 44 and 46 mm, 23 are
# Gentoos, nine are Chinstraps, and only five are Adélies. The line speaks for the
# species that your bird is least likely to be. That is the biologist's objection:
# *first tell me which penguin*.
#
# How much is that question worth? `get_dummies` makes a column for each species, one
# for its birds and zero for the others. Its parameter is that species' own intercept,
# so no column of ones is needed.


# %%
def r_squared(X, y):
    w = np.linalg.lstsq(X, y, rcond=None)[0]
    return 1 - mean_squared_error(w, X, y) / y.var()


species = pd.get_dummies(complete["species"]).to_numpy(float)  # (333, 3)
shared = np.column_stack([species, x])  # one slope for all
own = np.hstack([species, species * x[:, None]])  # one for each
print(f"{r_squared(X, y):.3f} bill")
print(f"{r_squared(species, y):.3f} species")
print(f"{r_squared(shared, y):.3f} species and bill")
print(f"{r_squared(own, y):.3f} a line for each species")

# %% [markdown]
# The species alone explains 0.674 of the variance, nearly twice as much as the bill.
# Both together reach 0.785 with one slope for all. A slope for each species, from 59.1
# to 107.6 g/mm, adds almost nothing: 0.790. What the species differ in is mostly the
# intercept.

# %% tags=["remove-cell"]
with checks("What the line hides"):
    too_heavy = (birds["residual_g"] > 0).groupby(birds["species"]).mean()
    claim("heavy for nearly every Chinstrap", too_heavy["Chinstrap"] > 0.95)
    claim("nearly all Gentoos below", too_heavy["Gentoo"] < 0.15)
    claim("The line suits Adélies (52 g)", means["Adelie"])
    claim("It is 894 g too heavy for Chinstraps", means["Chinstrap"])
    claim("575 g too light for Gentoos", -means["Gentoo"])
    fits = {name: fit_grams(group) for name, group in groups.items()}
    at_45 = {name: intercept + 45 * slope for name, (intercept, slope) in fits.items()}
    claim("pooled answer, 4294 g", at_45["all birds"])
    claim("the Adélie's, 4285 g", at_45["Adelie"])
    claim("A Chinstrap would have 3506 g", at_45["Chinstrap"])
    claim("a Gentoo 4816 g", at_45["Gentoo"])
    given("bills between 44 and 46 mm")
    claim("of the 37 birds", similar.sum())
    counts = complete[similar]["species"].value_counts()
    claim("23 are Gentoos", counts["Gentoo"])
    claim("nine are Chinstraps", counts["Chinstrap"] == 9)
    claim("only five are Adélies", counts["Adelie"] == 5)
    claim("explains 0.674 of the variance", r_squared(species, y))
    ratio = r_squared(species, y) / r_squared(X, y)
    claim("nearly twice as much as the bill", 1.9 < ratio < 2)
    claim("reach 0.785 with one slope for all", r_squared(shared, y))
    of_species = [fits[name][1] for name in ("Adelie", "Chinstrap", "Gentoo")]
    claim("from 59.1 to 107.6 g/mm", min(of_species), max(of_species))
    claim("adds almost nothing: 0.790", r_squared(own, y))

# %% [markdown]
# ## A slope with the wrong sign
#
# With bill *depth*, the distance from the upper to the lower edge, it gets stranger.
# {numref}`fig-penguins-depth` has a line for all birds, and one for each species.

# %% tags=["hide-input"]
#| name: fig-penguins-depth
#| caption: Simpson's paradox. Each line is labeled with its slope in g per mm.
#| alt: Body mass against bill depth. Gentoos form a crowd at the upper left, heavy with
#|   shallow bills; Adelies and Chinstraps overlap at the lower right. A short line
#|   rises through each species. The dashed line through all birds falls.
colors = {"all birds": BLACK, "Adelie": BLUE, "Chinstrap": ORANGE, "Gentoo": GREEN}

figure, ax = plt.subplots()
draw_species(ax, complete, "bill_depth_mm", "body_mass_g")
depth_slope = {}
for name, group in groups.items():
    ends = group["bill_depth_mm"].agg(["min", "max"])
    line = np.polyfit(group["bill_depth_mm"], group["body_mass_g"], 1)
    style = "--" if name == "all birds" else "-"
    ax.plot(ends, np.polyval(line, ends), style, color=colors[name], lw=2.5)
    depth_slope[name] = f"{line[0]:+.0f}".replace("-", "−")
ax.text(13.1, 6050, f"Gentoo {depth_slope['Gentoo']}", color=GREEN)
ax.text(19.4, 5000, f"Adélie {depth_slope['Adelie']}", color=BLUE)
ax.text(17.4, 2720, f"Chinstrap {depth_slope['Chinstrap']}", color=ORANGE)
ax.text(20.2, 3060, f"all {depth_slope['all birds']}", color=BLACK)
ax.set(xlabel="bill depth (mm)", ylabel="body mass (g)")
ax.set_title("Each crowd rises, the whole falls")
plt.show()

# %% [markdown]
# Over all birds, each millimeter goes with 193 g *less*. Within every species it goes
# with *more*, between 205 g and 368 g. This reversal is called Simpson's paradox
# {cite}`simpson1951`. How can it be? Gentoos are the heavy birds, and they have the
# shallowest bills. Walk to the right across the whole plot, and you step down from the
# Gentoos to the two light species. That drop outweighs the rise within each.

# %% tags=["remove-cell"]
with checks("A slope with the wrong sign"):
    depth = {
        name: np.polyfit(group["bill_depth_mm"], group["body_mass_g"], 1)[0]
        for name, group in groups.items()
    }
    claim("each millimeter goes with 193 g less", -depth.pop("all birds"))
    within = depth.values()
    claim("with more, between 205 g and 368 g", min(within), max(within))
    heaviest = complete.groupby("species")["body_mass_g"].mean().idxmax()
    shallowest = complete.groupby("species")["bill_depth_mm"].mean().idxmin()
    claim("Gentoos are the heavy birds", heaviest == "Gentoo")
    claim("they have the shallowest bills", shallowest == "Gentoo")

# %% [markdown]
# ## More measurements, the same code
#
# Now predict the mass from three lengths: the bill's length, its depth, and the
# flipper. `standardize` and `design_matrix` take a table as well as a column, and the
# gradient {eq}`penguins-gradient` does not care how many there are.

# %%
features = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm"]
Z = standardize(complete[features].to_numpy())  # shape (333, 3)
X_all = design_matrix(Z)  # shape (333, 4)


def all_loss(w):
    return mse_value_and_grad(w, X_all, y)


best = np.linalg.lstsq(X_all, y, rcond=None)[0]
for learning_rate in (0.01, 0.5):
    run = descend(all_loss, [-2, 0, 0, 0], learning_rate, 5000)
    distance = np.linalg.norm(run.parameters - best, axis=1)
    print(steps_to_reach(distance, 1e-6), "steps at rate", learning_rate)
print(f"{1 - run.losses[-1]:.3f} of the variance explained")

# %% [markdown]
# $R^2$ rises from 0.347 to 0.764. But look at the steps. With one feature, 0.01 needed
# 721 of them and 0.5 needed one. Now they need 2866 and 1934, for two different
# reasons. The bowl is no longer round. Along its flattest direction the curvature is
# 0.467, not 2, and there 0.01 creeps. Along its steepest it is 3.99. That brings the
# limit $2/\lambda$ down from 1 to 0.502, and 0.5, just inside, leaps from wall to wall.
# How to measure such a shape is the subject of {ref}`conditioning`.

# %% tags=["remove-cell"]
with checks("More measurements, the same code"):
    claim("from 0.347 to 0.764", 1 - trace.losses[-1], 1 - run.losses[-1])
    given("With one feature, 0.01", "there 0.01 creeps", "and 0.5, just inside")
    single = np.linalg.norm(trace.parameters - [0, r], axis=1)
    claim("needed 721 of them", steps_to_reach(single, 1e-6))
    at_half = descend(bill_loss, start, 0.5, 1).parameters[1]
    claim("0.5 needed one", np.allclose(at_half, [0, r], rtol=0, atol=1e-6))
    slow = descend(all_loss, [-2, 0, 0, 0], 0.01, 5000).parameters - best
    steps = [
        steps_to_reach(np.linalg.norm(o, axis=1), 1e-6)
        for o in (slow, run.parameters - best)
    ]
    claim("Now they need 2866 and 1934", *steps)
    curvatures = np.linalg.eigvalsh(2 / len(y) * X_all.T @ X_all)
    one_feature = np.linalg.eigvalsh(2 / len(y) * X.T @ X).max()
    claim("the curvature is 0.467, not 2", curvatures[0], one_feature)
    claim("Along its steepest it is 3.99", curvatures[-1])
    claim("down from 1 to 0.502", 2 / one_feature, 2 / curvatures[-1])

# %% [markdown]
# ## Which measurement matters?
#
# All columns have the same scale, so their slopes can be compared. Put each one beside
# the slope that its feature has alone. To see how much a slope wobbles, refit on birds
# drawn with replacement, a thousand times, and take the standard deviation.


# %%
def last_three(X, y):  # the slopes of the three lengths
    return np.linalg.lstsq(X, y, rcond=None)[0][-3:]


def wobble(X, y, draws):
    refits = [last_three(X[rows], y[rows]) for rows in draws]
    return np.std(refits, axis=0)


draws = rng.integers(len(y), size=(1000, len(y)))
table = pd.DataFrame(index=["bill length", "bill depth", "flipper"])
table["alone"] = Z.T @ y / len(y)
table["together"] = last_three(X_all, y)
table["wobble"] = wobble(X_all, y, draws)
table.round(3)

# %% [markdown]
# The slope of bill length collapses from 0.589 to 0.022. That of bill depth flips from
# $-0.472$ to 0.044. Both are within one and a half wobbles of zero. The flipper stands
# at 0.884. The tempting conclusion: once you know the flipper, bills do not matter.
#
# But this fit is pooled again, and you have seen what pooling does. Let it know the
# species.

# %%
X_known = np.hstack([species, Z])  # shape (333, 6)
table["species known"] = last_three(X_known, y)
table["its wobble"] = wobble(X_known, y, draws)
print(f"{r_squared(X_known, y):.3f} of the variance explained")
table[["species known", "its wobble"]].round(3)

# %% [markdown]
# The bills come back. {numref}`fig-penguins-slopes` puts the three answers side by
# side.

# %% tags=["hide-input"]
#| name: fig-penguins-slopes
#| caption: Each feature's slope in three fits. The bars of two of them reach two
#|   wobbles to either side.
#| alt: Three groups of marks on a horizontal axis of slopes. Alone, bill length lies
#|   far to the right of zero, bill depth far to the left, the flipper farthest to the
#|   right. Together, the flipper stays there, and the bars of both bill measures
#|   contain zero. With the species known, all three lie close to one another, right of
#|   zero, and none of their bars reaches it.
figure, ax = plt.subplots(figsize=(5.4, 3.8))
rows = np.arange(3)
ax.axvline(0, color=GRAY, lw=1)
bars = {"fmt": "o", "ms": 6, "capsize": 3}
ax.plot(table["alone"], rows - 0.25, "s", color=GRAY, ms=6)
ax.errorbar(table["together"], rows, xerr=2 * table["wobble"], color=BLUE, **bars)
ax.errorbar(
    table["species known"],
    rows + 0.25,
    xerr=2 * table["its wobble"],
    color=ORANGE,
    **bars,
)
ax.text(0.53, -0.25, "alone", color=GRAY, ha="right", va="center")
ax.text(0.13, 0, "together", color=BLUE, va="center")
ax.text(0.40, 0.25, "species known", color=ORANGE, va="center")
ax.set(yticks=rows, yticklabels=table.index, ylim=(2.5, -0.5))
ax.set(xlabel="slope (standard deviations of mass per one of length)")
ax.set_title("The bills count once the species is known")
plt.show()

# %% [markdown]
# Among birds of one species, all three lengths count: 0.270, 0.347 and 0.352 per
# standard deviation of all the birds, each more than five wobbles from zero. Much of
# the flipper's 0.884 was news about the species: Gentoos have long flippers. With the
# species known, $R^2$ is 0.849, and the typical miss is down from 649 g to 312 g.
#
# None of the three slopes is false. They answer different questions. A slope tells how
# the mass differs, per standard deviation of this length, *among birds alike in
# everything else that the model knows*. Before you read one, say what is held alike.

# %% tags=["remove-cell"]
with checks("Which measurement matters?"):
    alone, together, wobbles = table["alone"], table["together"], table["wobble"]
    bill, bill_depth = "bill length", "bill depth"
    claim("collapses from 0.589 to 0.022", alone[bill], together[bill])
    claim("flips from -0.472 to 0.044", alone[bill_depth], together[bill_depth])
    near_zero = np.abs(together / wobbles)[:2] < 1.5
    claim("Both are within one and a half wobbles of zero", near_zero.all())
    claim("The flipper stands at 0.884", together["flipper"])
    known, its_wobbles = table["species known"], table["its wobble"]
    claim("0.270, 0.347 and 0.352 per", *known)
    claim("each more than five wobbles from zero", (known > 5 * its_wobbles).all())
    claim("Much of the flipper's 0.884", together["flipper"])
    longest = complete.groupby("species")["flipper_length_mm"].mean().idxmax()
    claim("Gentoos have long flippers", longest == "Gentoo")
    r_squared_known = r_squared(X_known, y)
    claim("is 0.849, and the typical miss", r_squared_known)
    miss_g = np.sqrt(1 - r_squared_known) * body_mass_g.std()
    claim("down from 649 g to 312 g", rmse_g, miss_g)

# %% [markdown]
# ## An aside: the tutorial's last digits
#
# The tutorial ran its descent in JAX, which computes in float32 unless told otherwise.
# It prints a slope of 0.58944976 and an intercept of 4.457e-08, where you found
# 0.58945111 and nearly zero. Run it the same way:

# %%
import jax.numpy as jnp


def descend_float32(X, y, start, learning_rate=0.01, steps=1000):
    X, y, w = (jnp.asarray(array, jnp.float32) for array in (X, y, start))
    gradient = jax.jit(jax.grad(mean_squared_error))
    for _ in range(steps):
        w = w - learning_rate * gradient(w, X, y)
    return np.array(w)


w32 = descend_float32(X, y, start)
print(f"slope {w32[1]:.8f}, intercept {w32[0]:.3e}")

# %% [markdown]
# The slope has stalled, as the belts' multiplier did. By {eq}`stall` with $\lambda = 2$
# it gets stuck half a float32 spacing, divided by $\eta\lambda$, from the answer. The
# intercept should not stall, since float32 numbers near zero lie close together. After
# 1000 steps $-2 \cdot 0.98^{1000}$ should be left of it. Come from both sides, with the
# birds in another order each time:

# %%
stall = np.spacing(np.float32(r)) / 2 / (0.01 * 2)
print("slope off   intercept")
print(f"±{stall:.1e}    {-2 * 0.98**1000:+.1e} predicted")
for first_slope in (0.0, 0.0, 1.5, 1.5):
    order = rng.permutation(len(y))
    w32 = descend_float32(X[order], y[order], [-2.0, first_slope])
    print(f"{w32[1] - r:+.1e}    {w32[0]:+.1e}")

# %% [markdown]
# The slope's error is a *{term}`bias`*: it stops short on the side that it comes from,
# about as far out as predicted. The intercept's is *noise*. A float32 mean of 333
# residuals has an error that depends on the order of the sum {cite}`goldberg1991`. The
# printed 4.457e-08, thirteen times the true remainder and of the wrong sign, is one
# draw of it. Read it as zero.

# %% tags=["remove-cell"]
from helpers import published_value

with checks("An aside: the tutorial's last digits"):
    single = jnp.asarray(x).dtype == np.float32
    claim("computes in float32 unless told otherwise", single)
    below = descend_float32(X, y, start)
    display(reproduce("final param intercept", float(below[0])))
    display(reproduce("final param slope", float(below[1])))
    printed = published_value("final param intercept")
    printed_slope = published_value("final param slope")
    claim("a slope of 0.58944976 and an intercept of 4.457e-08", printed_slope, printed)
    claim("you found 0.58945111", w[1])
    given("1000 steps -2 cdot 0.98^1000")
    above = descend_float32(X, y, [-2.0, 1.5])
    far = np.array([r - below[1], above[1] - r]) / stall
    claim("stops short on the side that it comes from", (far > 0).all())
    claim("about as far out as predicted", ((far > 0.5) & (far < 1.001)).all())
    orders = [np.random.default_rng(seed).permutation(len(y)) for seed in range(5)]
    noise = [float(descend_float32(X[o], y[o], start)[0]) for o in orders]
    claim("A float32 mean of 333 residuals", len(y))
    claim("depends on the order of the sum", len(set(noise)) > 1)
    claim("printed 4.457e-08", printed)
    remainder = -2 * 0.98**1000
    claim("thirteen times the true remainder", round(abs(printed / remainder)) == 13)
    claim("of the wrong sign", printed * remainder < 0)
    claim("Read it as zero", np.abs(noise).max() < 1e-6)

# %% [markdown]
# ## What to keep
#
# - A column of ones turns the intercept into an ordinary parameter. The prediction is
#   $X\mathbf{w}$, the gradient $\frac{2}{n} X^\top (X\mathbf{w} - \mathbf{y})$, for any
#   number of features.
# - With one standardized feature the loss is the round bowl
#   $w_0^2 + (w_1 - r)^2 + 1 - r^2$. The answer, $R^2$ and the best learning rate can
#   all be read off it.
# - Say which standard deviation you mean, and give the answer in its own units, with
#   its typical miss.
# - Look at the residuals by group. One line through several crowds may speak for the
#   wrong one, or slope the wrong way.
# - A slope holds everything else in the model alike, and nothing else. Add what is
#   missing, and it may change.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-penguins-bowl
# Without running code: what is the loss at $(0, 0)$, at $(2, 0)$ and at $(0, r)$? And
# where is the descent from $(-2, 0)$ after one step with learning rate 0.01?
# ::::
#
# ::::{solution} ex-penguins-bowl
# :class: dropdown
# From {eq}`penguins-bowl`: at $(0, 0)$ it is $r^2 + 1 - r^2 = 1$, the variance of $y$;
# at $(2, 0)$ it is 5 again, since $w_0$ enters only as its square; at $(0, r)$ it is
# $1 - r^2$, the lowest. The gradient is $(2 w_0, 2 (w_1 - r))$, at the start
# $(-4, -2r)$. A hundredth of that, subtracted, leads to $(-1.96, 0.02 r)$, which is
# $(-1.96, 0.0118)$.
# ::::

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("one step with learning rate 0.01")
    first_step = trace.parameters[1]
    claim("= 1, the variance of y", mean_squared_error(np.zeros(2), X, y))
    claim("it is 5 again", mean_squared_error(np.array([2.0, 0.0]), X, y))
    claim(
        "A hundredth of that, subtracted",
        np.allclose(start - first_step, [-0.04, -0.02 * r]),
    )
    claim("leads to (-1.96, 0.02 r)", first_step[0], first_step[1] / r)
    claim("which is (-1.96, 0.0118)", *first_step)

# %% [markdown]
# ::::{exercise}
# :label: ex-penguins-flipper
# Replace the bill by the flipper. Predict the loss at $(-2, 0)$ and after one step with
# rate 0.5, then run it. What are slope and typical miss in grams?
# ::::
#
# ```{solution-start} ex-penguins-flipper
# :class: dropdown
# ```
#
# The loss at the start is 5 for every standardized feature. One step arrives at
# $1 - r^2$, which is 0.238 here.

# %%
flipper_length_mm = complete["flipper_length_mm"].to_numpy()
X_flipper = design_matrix(standardize(flipper_length_mm))
run = descend(lambda w: mse_value_and_grad(w, X_flipper, y), start, 0.5, steps=1)
slope_g = run.parameters[1, 1] * body_mass_g.std() / flipper_length_mm.std()
miss_g = np.sqrt(run.losses[1]) * body_mass_g.std()
print(f"losses {run.losses}, {slope_g:.1f} g/mm, {miss_g:.0f} g typical miss")

# %% [markdown]
# A millimeter of flipper goes with 50.2 g, and the typical miss is 392 g, not 649 g.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("rate 0.5, then run it")
    claim("at the start is 5 for every", run.losses[0])
    claim("which is 0.238 here", run.losses[1])
    claim(
        "with 50.2 g, and the typical miss is 392 g, not 649 g", slope_g, miss_g, rmse_g
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-penguins-species
# The chapter put no column of ones beside the three species columns. Put one there:
# `X_species = design_matrix(species, x)`. Solve the normal equations, then descend from
# two different starts with rate 0.5. What happens?
# ::::
#
# ```{solution-start} ex-penguins-species
# :class: dropdown
# ```
#
# The three species columns add up to the column of ones, so the normal equations have
# many solutions. What the solver prints is made of rounding errors, if it does not
# refuse. The descent does not mind: each start ends at other parameters, with the same
# loss and the same predictions.

# %%
X_species = design_matrix(species, x)
try:
    print(np.linalg.solve(X_species.T @ X_species, X_species.T @ y))
except np.linalg.LinAlgError as error:
    print(error)
ends = []
for first_ones in (0.0, 5.0):
    start_species = [first_ones, 0, 0, 0, 0]
    run = descend(
        lambda w: mse_value_and_grad(w, X_species, y), start_species, 0.5, 3000
    )
    ends.append(run.parameters[-1])
    print(ends[-1].round(3), round(1 - run.losses[-1], 3))

# %% [markdown]
# $R^2$ is 0.785 both times, as in the chapter. Leave out one of the four columns, and
# the answer is unique again.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("starts with rate 0.5")
    rank = np.linalg.matrix_rank(X_species)
    claim("the normal equations have many solutions", rank < X_species.shape[1])
    claim("each start ends at other parameters", np.abs(ends[0] - ends[1]).max() > 1)
    claim("same predictions", np.allclose(X_species @ ends[0], X_species @ ends[1]))
    claim("is 0.785 both times", 1 - mean_squared_error(ends[0], X_species, y))
    without = [np.delete(X_species, column, axis=1) for column in range(4)]
    unique = all(np.linalg.matrix_rank(rest) == rest.shape[1] for rest in without)
    claim("the answer is unique again", unique)

# %% [markdown]
# ::::{exercise}
# :label: ex-penguins-nine
# Open: nine birds missing by chance hardly matter. Suppose someone *picks* the nine.
# How far can the slope of the 342 birds go, and who would have to be missing?
# ::::
#
# ```{solution-start} ex-penguins-nine
# :class: dropdown
# ```
#
# One approach is greedy: take away, nine times, the bird whose absence lowers (or
# raises) the slope most. That need not find the worst nine birds, which may move the
# slope still farther.


# %%
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


low, high = drop_nine(measured, -1), drop_nine(measured, 1)
for kept in (low, high):
    dropped = measured.drop(kept.index)
    print(f"{fit_grams(kept)[1]:.1f} g/mm without nine", set(dropped["species"]))

# %% [markdown]
# Without nine big Gentoos the slope falls to 80.4 g/mm, without nine long-billed
# Chinstraps it rises to 99.5. *Which* rows are missing matters more than how many.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("the slope of the 342 birds", len(measured))
    lowest, highest = (measured.drop(kept.index) for kept in (low, high))
    gentoos = measured[measured["species"] == "Gentoo"]
    chinstraps = measured[measured["species"] == "Chinstrap"]
    claim(
        "nine big Gentoos",
        set(lowest["species"]) == {"Gentoo"}
        and (lowest[used].min() > gentoos[used].mean()).all(),
    )
    claim("falls to 80.4 g/mm", fit_grams(low)[1])
    claim(
        "nine long-billed Chinstraps",
        set(highest["species"]) == {"Chinstrap"}
        and highest["bill_length_mm"].min() > chinstraps["bill_length_mm"].mean(),
    )
    claim("rises to 99.5", fit_grams(high)[1])

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
