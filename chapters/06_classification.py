# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (classification)=
# # Classification
#
# Which of these penguins are female? Weigh birds that you have not seen before, and you
# can guess right for 62 of 100. Measure the depth of their bills instead, and it is 59.
# Use both, and it is 89. The answer is a yes or a no, and no formula gives you the best
# weights for such a question. You have to descend.
#
# :::{admonition} Before you start
# :class: tip
# - **You will** turn a score into a probability, choose its loss, derive the gradient,
#   descend, predict the largest learning rate, and judge the result on unseen birds.
# - **You need** the loop of {ref}`descent`, the design matrix of {ref}`penguins`, and
#   from {ref}`conditioning` the Hessian and its largest eigenvalue; from school, what
#   $e^z$ and the logarithm are.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append(
    ".."
)  # finds `helpers` when this file runs where it lies

# %% [markdown]
# ## Two measurements, two crowds
#
# Of the 344 birds, eleven have no recorded sex; drop them. The target $y$ is 1 for a
# female and 0 for a male. Set 100 birds aside at random, to look at when the fit is
# done.

# %%
import numpy as np

from helpers import load_penguins, use_book_style

use_book_style()
birds = load_penguins().dropna(subset=["sex"])
female = (birds["sex"] == "female").to_numpy(dtype=float)
order = np.random.default_rng(0).permutation(len(birds))
test, train = order[:100], order[100:]
print(len(train), "to learn from,", len(test), "set aside")

# %% [markdown]
# {numref}`fig-sexes` draws two of the four measurements of the birds to learn from.

# %% tags=["hide-input"]
#| name: fig-sexes
#| caption: Along either axis alone the colors are mixed. Across the diagonal they part.
#| alt: Body mass in kilograms against bill depth in millimeters, one mark for each of
#|   the birds to learn from. There are two clouds, one light with deep bills, one heavy
#|   with shallow bills. In each cloud the females lie at the lower left, the males at
#|   the upper right.
import matplotlib.pyplot as plt

from helpers import BLUE, ORANGE


def draw_sexes(ax, birds):
    marks = {"female": (ORANGE, "o"), "male": (BLUE, "^")}
    for sex, (color, marker) in marks.items():
        group = birds[birds["sex"] == sex]
        depth_mm = group["bill_depth_mm"]
        mass_kg = group["body_mass_g"] / 1000
        style = {"s": 16, "color": color, "alpha": 0.7}
        ax.scatter(depth_mm, mass_kg, marker=marker, **style)
    ax.set(xlabel="bill depth (mm)", ylabel="body mass (kg)")


figure, ax = plt.subplots()
draw_sexes(ax, birds.iloc[train])
ax.text(13.4, 3.6, "females", color=ORANGE)
ax.text(18.3, 5.2, "males", color=BLUE)
ax.set_title("Neither axis parts the sexes; the diagonal does")
plt.show()

# %% [markdown]
# The heavy cloud with the shallow bills is one species, the Gentoos. In either cloud
# the females are lighter *and* have shallower bills.
#
# Grams and millimeters should count alike, so standardize both. The means and
# deviations must come from the birds to learn from alone, or the others would not be
# unseen. `like=` tells `standardize` where to take them.

# %%
from helpers import design_matrix, standardize

columns = ["bill_depth_mm", "body_mass_g"]
features = birds[columns].to_numpy(dtype=float)
X = design_matrix(standardize(features[train]))  # (233, 3)
unseen = standardize(features[test], like=features[train])
X_test = design_matrix(unseen)  # (100, 3)
y, y_test = female[train], female[test]

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Two measurements, two crowds"):
    everyone = load_penguins()
    claim("Of the 344 birds", len(everyone))
    claim(
        "eleven have no recorded sex",
        everyone["sex"].isna().sum() == 11,
    )
    given("Set 100 birds aside")
    targets = (
        female[birds["sex"] == "female"],
        female[birds["sex"] == "male"],
    )
    claim(
        "is 1 for a female and 0 for a male",
        targets[0].mean(),
        targets[1].mean(),
    )
    gentoo = birds["species"] == "Gentoo"
    means = birds.groupby(gentoo)[
        ["bill_depth_mm", "body_mass_g"]
    ].mean()
    claim(
        "with the shallow bills is one species, the Gentoos",
        means.loc[True, "bill_depth_mm"]
        < means.loc[False, "bill_depth_mm"]
        and means.loc[True, "body_mass_g"]
        > means.loc[False, "body_mass_g"],
    )
    by_sex = birds.groupby([gentoo, "sex"])[
        ["bill_depth_mm", "body_mass_g"]
    ].mean()
    smaller = [
        (by_sex.loc[cloud, "female"] < by_sex.loc[cloud, "male"]).all()
        for cloud in (True, False)
    ]
    claim("In either cloud the females are lighter", all(smaller))

# %% [markdown]
# ## A straight line says 1.3 of a female
#
# You can fit a line to numbers, and 0 and 1 are numbers. Add the two standardized
# measurements, call the sum the bird's size, and fit.

# %%
size = X[:, 1] + X[:, 2]
line = np.linalg.lstsq(design_matrix(size), y, rcond=None)[0]
fitted = design_matrix(size) @ line
print(f"from {fitted.min():.1f} to {fitted.max():.1f}")

# %% [markdown]
# A probability of 1.3, or of less than zero, makes no sense. {numref}`fig-s-curve`
# sorts the birds by size and counts the share of females in each stretch. The shares
# start at one, end at zero, and drop in between along an S.

# %% tags=["hide-input"]
#| name: fig-s-curve
#| caption: Each dot is the share of females among the birds in a stretch of sizes. The
#|   S-curve is drawn by eye; the descent below will find it.
#| alt: Share of females against size, the sum of two standardized measurements. Dots
#|   for the share among birds of similar size stay near one on the left, drop steeply
#|   around size zero and stay near zero on the right. A straight line falls from above
#|   one to below zero and misses most dots. An S-shaped curve follows them.
from helpers import BLACK, GRAY

figure, ax = plt.subplots()
edges = np.linspace(-2.6, 2.6, 14)
middles = (edges[1:] + edges[:-1]) / 2
stretch = np.digitize(size, edges)  # 0 and 14 lie outside
shares = [y[stretch == i].mean() for i in range(1, 14)]
along = np.linspace(-3, 3, 200)
ax.axhspan(0, 1, color=GRAY, alpha=0.12, linewidth=0)
ax.plot(along, design_matrix(along) @ line, "--", color=GRAY)
ax.plot(along, 1 / (1 + np.exp(4 * along)), color=ORANGE)
ax.plot(middles, shares, "o", color=BLACK)
ax.text(-1.5, 1.12, "straight line", color=GRAY)
ax.text(-0.15, 0.72, "S-curve", color=ORANGE)
ax.text(-2.9, 0.7, "share of females")
ax.set(xlabel="size (standard deviations)", ylabel="female")
ax.set_title("Shares stay between 0 and 1; a line does not")
plt.show()

# %% [markdown]
# So keep the weighted sum of depth $x_1$ and mass $x_2$, but call it a *score*,
# $z = w_0 + w_1 x_1 + w_2 x_2$. It may be any number. Then bend it into the range
# between zero and one with the *{term}`sigmoid`* $\sigma$:
#
# ```{math}
# :label: sigmoid
# \sigma(z) = \frac{1}{1 + e^{-z}}
# ```


# %%
def sigmoid(z):
    return 1 / (1 + np.exp(-z))


for z in (-4, -1, 0, 1, 4):
    print(f"score {z:2}: probability {sigmoid(z):.3f}")

# %% [markdown]
# A score of 0 is a coin toss, and opposite scores have opposite chances. What does a
# score mean? Let $p = \sigma(z)$ and solve for $e^z$: it is $p / (1 - p)$, the
# *{term}`odds`*, females to males. So each point of score multiplies the odds by $e$.
# Fitting the weights of such a score is *{term}`logistic regression`*.

# %% tags=["remove-cell"]
with checks("A straight line says 1.3 of a female"):
    claim("A straight line says 1.3 of a female", fitted.max())
    claim("A probability of 1.3", fitted.max())
    claim("or of less than zero", fitted.min() < 0)
    claim(
        "start at one, end at zero", shares[0] == 1 and shares[-1] == 0
    )
    given("and 0 and 1 are numbers")
    claim("A score of 0 is a coin toss", sigmoid(0.0) == 0.5)
    several = np.linspace(-5, 5, 11)
    opposite = np.allclose(sigmoid(-several), 1 - sigmoid(several))
    claim("opposite scores have opposite chances", opposite)
    odds = sigmoid(several) / (1 - sigmoid(several))
    by_e = np.allclose(odds[1:], np.e * odds[:-1])
    claim("each point of score multiplies the odds by", by_e)

# %% [markdown]
# ## A loss that has a slope
#
# You care about how many birds you get wrong. Could you descend on that count? What is
# its slope?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Nudge one weight by a millionth. The count changes only if some bird's score crosses
# zero just then, and none is that close. So the slope is 0, and the descent does not
# move. The count is a staircase: flat almost everywhere.
# :::


# %%
def share_wrong(w):
    return ((X @ w > 0) != (y == 1)).mean()


w = np.array([0.0, -1.0, -2.0])
along_depth = np.array([0, 1, 0])  # the weight of the depth
for nudge in (0.1, 0.001, 0.000001):
    rise = share_wrong(w + nudge * along_depth) - share_wrong(w)
    print(f"nudge {nudge:<5g}: slope {rise / nudge:.3f}")

# %% [markdown]
# The large nudge carried three of the 233 birds across zero, the smaller ones none. You
# need a loss that changes with every nudge. The squared error $(p - 1)^2$ of a female
# looks natural. Another candidate asks: how probable did the model call what happened?
# Multiply the probabilities that it gave to the right answers of all birds; the best
# weights make this product as large as possible. The logarithm turns the product into
# a sum, and a minus sign turns the best into the lowest. So each bird costs the
# negative logarithm of a probability, a female $-\log p$. {numref}`fig-penalties`
# compares them.

# %% tags=["hide-input"]
#| name: fig-penalties
#| caption: Three losses of one female. Far left, where the model is sure and wrong,
#|   only the logarithm still slopes.
#| alt: Loss of one female against her score. The count of errors is a step from one to
#|   zero at score zero. The squared error is an S from one to zero, level on the far
#|   left. The negative logarithm falls as a straight line on the left and bends to zero
#|   on the right.
figure, ax = plt.subplots()
scores = np.linspace(-6, 4, 401)
ax.plot(scores, scores < 0, color=GRAY)
ax.plot(scores, (sigmoid(scores) - 1) ** 2, color=BLUE)
ax.plot(scores, -np.log(sigmoid(scores)), color=ORANGE)
ax.text(-5.9, 1.1, "error or not", color=GRAY)
ax.text(-5.9, 0.55, "squared", color=BLUE)
ax.text(-3.4, 3.6, r"$-\log\,p$", color=ORANGE)
ax.set(xlabel="score of a female", ylabel="loss")
ax.set_ylim(-0.1, 5.5)
ax.set_title("Only one of them pulls when the model is far off")
plt.show()

# %% [markdown]
# At a score of $-6$ the squared error has a slope of $-0.005$: the worst mistake hardly
# pulls. The logarithm's slope there is $-0.998$. (An {ref}`exercise
# <ex-classification-squares>` lets both descend from a bad start.) A male has the rest
# of the probability, so his loss is $-\log(1 - p)$. Both cases in one line, averaged
# over the birds, make the *{term}`cross-entropy`*:
#
# ```{math}
# :label: cross-entropy
# L(\mathbf{w}) = -\frac{1}{n} \sum_i
#   \bigl( y_i \log p_i + (1 - y_i) \log (1 - p_i) \bigr)
# ```
#
# Here $p_i$ is the probability that the model gives to "bird $i$ is female", and each
# $y_i$ switches one of the two terms off.

# %% tags=["remove-cell"]
with checks("A loss that has a slope"):
    rises = [
        share_wrong(w + nudge * along_depth) - share_wrong(w)
        for nudge in (1e-3, 1e-6)
    ]
    claim("So the slope is 0, and the descent does not", not any(rises))
    nearest = np.abs(X @ w).min()
    flips = (X @ w > 0) != (X @ (w + 0.1 * along_depth) > 0)
    claim("carried three of the 233 birds", flips.sum() == 3)
    claim("of the 233 birds across zero", len(y))
    claim("the smaller ones none", not any(rises))
    claim("none is that close", nearest > 1e-6 * np.abs(X).max())
    at = sigmoid(-6.0)
    given("At a score of -6")
    claim(
        "the squared error has a slope of -0.005",
        2 * (at - 1) * at * (1 - at),
    )
    claim("The logarithm's slope there is -0.998", at - 1)

# %% [markdown]
# ## The residual comes back
#
# How does the loss of one bird change with its score? Multiply {eq}`sigmoid` above and
# below by $e^z$: a female has $p = e^z / (1 + e^z)$, and a male gets the rest,
# $1 - p = 1 / (1 + e^z)$. So they cost
#
# ```{math}
# \begin{aligned}
# \text{a female:} \quad -\log p &= \log(1 + e^z) - z \\
# \text{a male:} \quad -\log(1 - p) &= \log(1 + e^z)
# \end{aligned}
# ```
#
# which is $\log(1 + e^z) - y z$ for both, with the slope
#
# ```{math}
# \frac{e^z}{1 + e^z} - y = \sigma(z) - y = p - y
# ```
#
# along $z$: prediction minus target, as ever. The chain rule multiplies it by what each
# weight multiplies. With the probabilities of all birds in $\mathbf{p}$:
#
# ```{math}
# :label: logistic-gradient
# \nabla L(\mathbf{w}) = \frac{1}{n} X^\top (\mathbf{p} - \mathbf{y})
# ```
#
# The gradient of {ref}`penguins` had $X\mathbf{w}$ in place of $\mathbf{p}$, and a 2,
# which came from the square.


# %%
def cross_entropy_and_grad(w, X, y):
    z = X @ w
    loss = (np.logaddexp(0, z) - y * z).mean()
    return loss, X.T @ (sigmoid(z) - y) / len(y)


# %% [markdown]
# `np.logaddexp(0, z)` is $\log(e^0 + e^z)$, safe from overflow. Check the gradient by a
# difference along each weight, and by JAX on {eq}`cross-entropy` as it stands.

# %%
import jax
import jax.numpy as jnp


def by_the_book(w):
    p = 1 / (1 + jnp.exp(-X @ w))
    return -(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)).mean()


def loss_of(w):
    return cross_entropy_and_grad(w, X, y)[0]


nudges = 1e-6 * np.eye(3)  # a row for each weight
rises = [loss_of(w + row) - loss_of(w - row) for row in nudges]
print(cross_entropy_and_grad(w, X, y)[1].round(4), "by hand")
print((np.array(rises) / 2e-6).round(4), "by differences")
print(jax.grad(by_the_book)(w).round(4), "by JAX")

# %% [markdown]
# They agree. In {ref}`penguins` you set the gradient to zero and solved for
# $\mathbf{w}$. Try it here:
#
# ```{math}
# \sum_i \left( \frac{1}{1 + e^{-\mathbf{w} \cdot \mathbf{x}_i}} - y_i \right)
#   \mathbf{x}_i = 0
# ```
#
# ($\mathbf{x}_i$ is a row of $X$.) Every bird puts the weights into an exponential of
# its own, and no rearranging gets them out {cite}`hastie2009`. You can only approach
# the answer.

# %% tags=["remove-cell"]
with checks("The residual comes back"):
    by_hand = cross_entropy_and_grad(w, X, y)
    by_jax = jax.grad(by_the_book)(w)
    close = np.allclose(by_hand[1], by_jax, atol=1e-5)
    close &= np.allclose(by_hand[1], np.array(rises) / 2e-6, atol=1e-8)
    claim("They agree", close)
    claim(
        "for both, with the slope",
        np.isclose(by_hand[0], by_the_book(w), atol=1e-5),
    )
    of_squares = jax.grad(lambda w: ((X @ w - y) ** 2).mean())(w)
    factor = (of_squares / (X.T @ (X @ w - y) / len(y))).mean()
    claim("a 2, which came from the square", float(factor))

# %% [markdown]
# ## Descend
#
# The loop is the old one. Start with weights of zero, where every bird is a coin toss,
# and take 2000 steps with learning rate 1.

# %%
from helpers import descend


def loss_and_grad(w):
    return cross_entropy_and_grad(w, X, y)


start = np.zeros(3)
trace = descend(loss_and_grad, start, learning_rate=1, steps=2000)
best = trace.parameters[-1]
print("intercept {:.3f}, depth {:.3f}, mass {:.3f}".format(*best))
print(f"loss {trace.losses[0]:.3f} -> {trace.losses[-1]:.4f}")

# %% [markdown]
# Both slopes are near $-4$: one standard deviation more of either divides the odds by
# about fifty. The score is nearly the size times $-4$, and that is the S-curve of
# {numref}`fig-s-curve`. {numref}`fig-valley` shows the way there.


# %% tags=["hide-input"]
#| name: fig-valley
#| caption: The loss over the two slopes, with the intercept at its best, -0.08. On
#|   each ring it is the same. Dots mark the descent after 0, 5, 20 and 100 steps.
#| alt: Long oval rings around a star near slopes of minus four, stretched from the
#|   lower left to the upper right and much wider apart at the lower left. A line runs
#|   straight along their long axis from zero at the upper right to the star. The dots
#|   on it lie ever more steps apart.
def draw_valley(ax, low, high, above):
    slopes = np.linspace(low, high, 81)
    w1, w2 = np.meshgrid(slopes, slopes)
    z = best[0] + w1[..., None] * X[:, 1] + w2[..., None] * X[:, 2]
    heights = (np.logaddexp(0, z) - y * z).mean(axis=-1)
    levels = trace.losses[-1] + above
    ax.contour(w1, w2, heights, levels, colors=GRAY, linewidths=0.6)
    ax.plot(*best[1:], "*", color=BLACK, ms=11)
    ax.set(xlabel="slope of the depth", ylabel="slope of the mass")
    ax.set_aspect("equal")


figure, ax = plt.subplots(figsize=(5.4, 4.6))
draw_valley(ax, -9, 1, np.geomspace(0.004, 2, 9))
ax.plot(*trace.parameters[:, 1:].T, color=BLUE)
for k in (0, 5, 20, 100):
    ax.plot(*trace.parameters[k, 1:], "o", color=BLUE)
    ax.text(*(trace.parameters[k, 1:] + [0.25, -0.4]), k)
ax.set_title("One valley, and the descent walks its floor")
plt.show()

# %% [markdown]
# One valley: steep if one slope grows at the cost of the other, nearly flat if both
# grow together, which only makes the model surer. Check the slopes with scikit-learn,
# which minimizes the same loss by a method of its own. By default it adds a penalty on
# large weights; `C` is the inverse of the penalty's strength, so a huge `C` leaves next
# to none.

# %%
from sklearn.linear_model import LogisticRegression

model = LogisticRegression(C=1e9, tol=1e-8)  # tol: for more digits
model.fit(X[:, 1:], y)  # it adds the intercept itself
print(model.intercept_.round(3), model.coef_.round(3))

# %% [markdown]
# The same three numbers. Now lay the answer over the birds that were set aside. The
# line on which the score is zero is the *{term}`decision boundary`*.

# %% tags=["hide-input"]
#| name: fig-boundary
#| caption: The 100 birds set aside. On the solid line a bird is as probably female as
#|   male, on a dotted line one is nine times as probable as the other. Rings mark the
#|   mistakes.
#| alt: Body mass against bill depth for the birds set aside. A solid line falls from
#|   the upper left to the lower right, between females at its lower left and males at
#|   its upper right. Two dotted lines run parallel to it, one on either side. The birds
#|   on the wrong side of the solid line are ringed; most of them lie between the dotted
#|   lines.
figure, ax = plt.subplots(figsize=(5.4, 4.2))
wrong = (X_test @ best > 0) != (y_test == 1)
ring = {"s": 110, "facecolors": "none", "edgecolors": BLACK}
depth_mm, mass_g = features[test][wrong].T
ax.scatter(depth_mm, mass_g / 1000, **ring)
draw_sexes(ax, birds.iloc[test])
depth_mean, mass_mean = features[train].mean(axis=0)
depth_std, mass_std = features[train].std(axis=0)
depth_mm = np.array([12.5, 22])
for score, style in ((-np.log(9), ":"), (0, "-"), (np.log(9), ":")):
    rest = score - best[0]
    rest = rest - best[1] * (depth_mm - depth_mean) / depth_std
    mass_g = mass_mean + mass_std * rest / best[2]
    ax.plot(depth_mm, mass_g / 1000, style, color=BLACK)
ax.text(15, 3.0, "females", color=ORANGE)
ax.text(19, 5.4, "males", color=BLUE)
ax.axis((12.5, 22, 2.5, 6.5))
ax.set_title("One straight boundary, through both clouds")
plt.show()

# %% [markdown]
# Count the birds on their own side, and those of which the model is sure.

# %%
p_test = sigmoid(X_test @ best)
right = (p_test > 0.5) == (y_test == 1)
sure = (p_test > 0.9) | (p_test < 0.1)
print(f"{right.sum()} of {len(test)} right")
print(f"{right[sure].sum()} of {sure.sum()} right where it is sure")

# %% [markdown]
# It is right about 88 of the 100, and it says when it is in doubt: where it gives one
# of the sexes more than 0.9, it is right about 57 of 59. Most mistakes lie between the
# dotted lines.

# %% tags=["remove-cell"]
with checks("Descend"):
    given("take 2000 steps with learning rate 1")
    at_start = sigmoid(X @ trace.parameters[0])
    claim("where every bird is a coin toss", (at_start == 0.5).all())
    divides = np.exp(-best[1:])
    claim(
        "nearly the size times -4",
        np.allclose(best, [0, -4, -4], atol=0.1),
    )
    claim("at its best, -0.08", best[0])
    marked = [0, 5, 20, 100]
    claim("Dots mark the descent after 0, 5, 20 and 100", *marked)
    claim(
        "The dots on it lie ever more steps apart",
        np.diff(np.log(marked[1:])).min() > 1,
    )
    straight = trace.parameters[1:]
    straight = straight[:, 1] / straight[:, 2]
    claim("straight along their long axis", np.ptp(straight) < 0.02)
    claim("about fifty", ((divides > 45) & (divides < 55)).all())
    claim("Both slopes are near -4", (np.round(best[1:]) == -4).all())
    theirs = np.append(model.intercept_, model.coef_)
    claim(
        "The same three numbers", np.allclose(theirs, best, atol=5e-4)
    )
    claim("The 100 birds set aside", len(test))
    claim(
        "one is nine times as probable",
        np.isclose(sigmoid(np.log(9)), 0.9),
    )
    claim("right about 88 of the 100", right.sum(), len(test))
    at_least = np.maximum(p_test, 1 - p_test)[sure].min()
    claim("more than 0.9", at_least)
    claim("right about 57 of 59", right[sure].sum(), sure.sum())
    doubted = (~right & ~sure).sum() / (~right).sum()
    claim("Most mistakes lie between", doubted > 0.5)
    claim("most of them lie between the dotted", doubted > 0.5)

# %% [markdown]
# ## How large a step?
#
# The rate 1 was a guess. {ref}`conditioning` puts the limit at $2 / \lambda_{\max}$,
# with the largest eigenvalue of the Hessian. So differentiate {eq}`logistic-gradient`
# again. The sigmoid has the slope $p (1 - p)$, which becomes a factor for each bird:
#
# ```{math}
# :label: logistic-hessian
# H = \frac{1}{n} X^\top S X, \qquad S_{ii} = p_i (1 - p_i)
# ```
#
# ($S$ is zero off its diagonal.) Along a direction $\mathbf{v}$ the curvature is
# $\mathbf{v}^\top H \mathbf{v}$. That is the mean of $p_i (1 - p_i) (\mathbf{x}_i \cdot
# \mathbf{v})^2$: squares, times factors that are never negative. So the loss curves
# upward in every direction, everywhere: it is convex, and has one valley. But $p$
# depends on $\mathbf{w}$, so the curvature changes along the way. What stays is a
# bound: $p (1 - p)$ is largest at a coin toss, where it is a quarter, so
# $\lambda_{\max}$ never exceeds that of $\frac{1}{4n} X^\top X$.


# %%
def safe_rate(X):
    highest = np.linalg.eigvalsh(X.T @ X / (4 * len(X)))[-1]
    return 2 / highest


print(f"safe below {safe_rate(X):.2f}")

# %% [markdown]
# The bound allows 5.54. At a lower rate every step, from anywhere, goes down, since the
# curvature is nowhere too large for it. Now raise the rate past 5.54. Does the descent
# break down there, or later?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Later. A quarter is the factor of a bird at a coin toss. At the bottom of the valley
# most birds are judged with confidence, their $p (1 - p)$ is small, and so is the
# curvature: 0.107 in place of the bound's 0.361. There the limit is 18.61.
# :::

# %%
p = sigmoid(X @ best)
factors = (p * (1 - p))[:, None]  # (233, 1), one for each row
H = X.T @ (factors * X) / len(X)
limit = 2 / np.linalg.eigvalsh(H)[-1]
print(f"limit at the bottom {limit:.2f}")
runs = {}
for rate in (0.99 * safe_rate(X), 0.99 * limit, 1.01 * limit):
    runs[rate] = descend(loss_and_grad, start, rate, steps=5000)
    excess = abs(runs[rate].losses[-1] - trace.losses[-1])
    print(f"rate {rate:5.2f}: ends {excess:.4f} from the lowest loss")

# %% [markdown]
# Past 5.54 nothing is promised, but from this start the descent arrives. Just past
# 18.61 it comes near the bottom, finds the walls too steep, and hops from one wall to
# the other for good, always between the same two points ({numref}`fig-hop`). They
# straddle a place a little beyond the star, where the walls are flatter.

# %% tags=["hide-input"]
#| name: fig-hop
#| caption: The last 100 steps at a rate of 1.01 times the limit, on the floor of
#|   {numref}`fig-valley`. All land on one of two points.
#| alt: Oval rings around a star, stretched from the lower left to the upper right. Two
#|   dots lie on opposite sides of the star, across the long axis, joined by a straight
#|   line.
figure, ax = plt.subplots(figsize=(5.4, 4.6))
draw_valley(ax, -4.6, -3.3, np.geomspace(0.0005, 0.05, 9))
hops = runs[1.01 * limit].parameters[-100:]
ax.plot(*hops[:, 1:].T, "o-", color=ORANGE)
ax.set_title("Just above the limit: from wall to wall")
plt.show()

# %% [markdown]
# A descent on squares would race off to infinity. This one does not, even at three
# times the limit: it jumps about, but in 5000 steps never farther than 40 from the best
# weights. No residual $p - y$ exceeds one, so no step is longer than a fixed length.
# And far out the slope points home, because the crowds overlap: a bird on the wrong
# side costs more with every enlargement of the weights.

# %% tags=["remove-cell"]
with checks("How large a step?"):
    given("The rate 1 was a guess")
    chances = np.linspace(0, 1, 101)
    parabola = chances * (1 - chances)
    claim("factors that are never negative", (parabola >= 0).all())
    claim(
        "where it is a quarter", parabola.max() == parabola[50] == 0.25
    )
    steepest, bound = np.linalg.eigvalsh(H)[-1], 2 / safe_rate(X)
    claim("never exceeds that of", steepest < bound)
    claim("The bound allows 5.54", safe_rate(X))
    safe_run, below, above = runs.values()
    claim(
        "from anywhere, goes down",
        (np.diff(safe_run.losses)[:100] < 0).all(),
    )
    claim("0.107 in place of the bound's 0.361", steepest, bound)
    claim("There the limit is 18.61", limit)
    claim(
        "most birds are judged with confidence",
        np.median(np.abs(p - 0.5)) > 0.4,
    )
    claim("Past 5.54 nothing is promised", safe_rate(X))
    claim("raise the rate past 5.54", safe_rate(X))
    claim("Just past 18.61 it comes near the bottom", limit)
    away = [
        np.linalg.norm(run.parameters - best, axis=1)
        for run in runs.values()
    ]
    claim(
        "from this start the descent arrives",
        max(away[0][-1], away[1][-1]) < 1e-5,
    )
    hops = above.parameters[-101:]
    across = (hops - best) @ np.linalg.eigh(H)[1][:, -1]
    claim(
        "hops from one wall to the other",
        (across[1:] * across[:-1] < 0).all(),
    )
    two_points = np.allclose(hops[2:], hops[:-2], atol=1e-6)
    claim("always between the same two points", two_points)
    claim("All land on one of two points", two_points)
    claim("The last 100 steps at a rate", len(hops) - 1)
    given("1.01 times the limit")
    triple = descend(loss_and_grad, start, 3 * limit, steps=5000)
    farthest = np.linalg.norm(triple.parameters - best, axis=1).max()
    claim("even at three times the limit", farthest < 40)
    claim(
        "in 5000 steps never farther than 40 from",
        len(triple.losses) - 1,
        np.ceil(farthest / 40) * 40,
    )
    longest = np.linalg.norm(np.diff(triple.parameters, axis=0), axis=1)
    claim(
        "no step is longer than a fixed length",
        longest.max() < 3 * limit * np.linalg.norm(X, axis=1).mean(),
    )
    p_best = sigmoid(X @ best)
    claim("the crowds overlap", ((p_best > 0.5) != (y == 1)).any())

# %% [markdown]
# ## What does each measurement add?
#
# One split of the birds is one throw of the dice. Take fifty, and for each one fit on
# 233 birds and count on the other 100. Half the safe rate suits any features. The split
# is made as above, with a seed to choose it.


# %%
def fit(X, y):
    def loss_and_grad(w):
        return cross_entropy_and_grad(w, X, y)

    start, rate = np.zeros(X.shape[1]), safe_rate(X) / 2
    return descend(loss_and_grad, start, rate, steps=500).parameters[-1]


def count_right(columns, seed):
    order = np.random.default_rng(seed).permutation(len(birds))
    test, train = order[:100], order[100:]
    values = birds[columns].to_numpy(dtype=float)
    w = fit(design_matrix(standardize(values[train])), female[train])
    unseen = standardize(values[test], like=values[train])
    scores = design_matrix(unseen) @ w
    return ((scores > 0) == (female[test] == 1)).sum()


# %% [markdown]
# Try depth alone, mass alone, both, and all four measurements, with the lengths of bill
# and flipper. How many of 100 will each get right? (Who always says "male" gets about
# 51.)
#
# :::{admonition} What do you expect?
# :class: dropdown
# One alone leaves the colors of {numref}`fig-sexes` mixed: little better than that.
# Both should repeat the 88. Whether the lengths bring news, no figure has told you.
# Four columns cannot fit the training birds worse than two; unseen birds they can.
# :::

# %%
choices = {"depth": columns[:1], "mass": columns[1:], "both": columns}
choices["all four"] = [*columns, "bill_length_mm", "flipper_length_mm"]
counts = {}
for name, chosen in choices.items():
    each = [count_right(chosen, seed) for seed in range(50)]
    counts[name] = np.array(each)
    mean, spread = np.mean(each), np.std(each, ddof=1)
    print(f"{name:8} {mean:.1f} ± {spread:.1f} of 100 right")
gain = counts["all four"] - counts["both"]
print(f"two more: {gain.mean():+.1f} on average,", end=" ")
print(f"ahead in {(gain > 0).sum()}, behind in {(gain < 0).sum()}")

# %% [markdown]
# (± is the standard deviation over the splits.) Depth and mass, each of little use
# alone, together get 89. The other two add 0.2 birds on average; they help in 24 splits
# and do harm in 15. As they stand, these two columns bring no news.
# An {ref}`exercise <ex-classification-species>` finds what they lack.
#
# Here the crowds overlap, so the loss has a lowest point. Where a straight boundary
# parts them without a mistake (they are *{term}`separable`*), it has none, and the
# weights grow for as long as you descend. {ref}`separable` follows them.

# %% tags=["remove-cell"]
with checks("What does each measurement add?"):
    claim(
        "fit on 233 birds and count on the other 100",
        len(y),
        len(y_test),
    )
    claim("many of 100 will", len(y_test))
    claim(
        "Take fifty", {len(right) for right in counts.values()} == {50}
    )
    averages = {name: right.mean() for name, right in counts.items()}
    claim("Both should repeat the 88", count_right(columns, 0))
    claim("together get 89", averages["both"])
    claim(
        "each of little use alone",
        max(averages["depth"], averages["mass"]) < 65,
    )
    males = []
    for seed in range(50):
        shuffled = np.random.default_rng(seed).permutation(len(birds))
        males.append((female[shuffled[:100]] == 0).sum())
    claim("gets about 51", np.mean(males))
    claim("add 0.2 birds on average", gain.mean())
    claim(
        "help in 24 splits and do harm in 15",
        (gain > 0).sum(),
        (gain < 0).sum(),
    )
    claim(
        "these two columns bring no news",
        abs(gain.mean()) < gain.std() / 5,
    )

# %% tags=["remove-cell"]
with checks("Classification"):
    claim("guess right for 62 of 100", averages["mass"], len(test))
    claim(
        "and it is 59. Use both, and it is 89",
        averages["depth"],
        averages["both"],
    )

# %% [markdown]
# ## What to keep
#
# - For a yes or a no, bend a score into a probability, and minimize the mean of $-\log$
#   of the probability given to what happened.
# - The count of errors has no slope to follow. The cross-entropy pulls hardest where
#   the model is sure and wrong.
# - Its gradient is $\frac{1}{n} X^\top (\mathbf{p} - \mathbf{y})$. No formula sets
#   it to zero, so descend.
# - The curvature changes along the way, but $\frac{1}{4n} X^\top X$ bounds it and
#   gives a safe learning rate before the first step.
# - Judge on examples that neither descent nor standardization has seen, and over
#   several splits.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-classification-start
# Without running code: at $\mathbf{w} = 0$ the loss was 0.693. Would it be another
# number for other birds? And what does one bird add to the loss if the model gives
# probability 0.9 to "female" and it is one, or is none? (Three numbers: $\log 2$ is
# 0.693, $\log 10$ is 2.303, and $\log 0.9$ is $-0.105$.)
# ::::
#
# ::::{solution} ex-classification-start
# :class: dropdown
# At zero every bird is a coin toss, so every bird adds $\log 2$, whatever its sex and
# its measurements: the same for any data. The female adds $-\log 0.9$, which is 0.105.
# The male had the rest of the probability, a tenth, and adds $\log 10$, over twenty
# times as much.
# ::::

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("the loss was 0.693", trace.losses[0])
    claim("log 2 is 0.693", *[2, np.log(2)])
    claim("log 10 is 2.303", *[10, np.log(10)])
    claim("and log 0.9 is -0.105", *[0.9, np.log(0.9)])
    as_female, as_male = -np.log(0.9), -np.log(1 - 0.9)
    claim("probability 0.9 to", np.exp(-as_female))
    claim("so every bird adds log 2", np.exp(trace.losses[0]))
    claim(
        "adds -log 0.9, which is 0.105", np.exp(-as_female), as_female
    )
    claim("and adds log 10, over", np.exp(as_male))
    claim("over twenty times as much", as_male > 20 * as_female)

# %% [markdown]
# ::::{exercise}
# :label: ex-classification-squares
# Does the squared error really stall? Start at $(0, 4, 4)$, where most birds are judged
# with confidence and wrongly, and take 100 steps at rate 1 down each loss. The gradient
# of the squared error is the mean of $2 (p_i - y_i) \, p_i (1 - p_i) \, \mathbf{x}_i$.
# Write `wrong_after(steps, squared)`, the number of birds on the wrong side. You should
# get 23 for the cross-entropy and 113 for the squares:
#
# ```python
# from helpers import check_answer
#
# check_answer("cross-entropy", wrong_after(100, squared=False), 23, within=1)
# check_answer("squares", wrong_after(100, squared=True), 113, within=5)
# ```
# ::::
#
# ```{solution-start} ex-classification-squares
# :class: dropdown
# ```
#
# The factor $p (1 - p)$ is near zero for the birds that are worst judged, so the
# squares hardly move. They get there in the end, after some 300 steps.


# %%
from helpers import check_answer


def wrong_after(steps, squared):
    w = np.array([0.0, 4.0, 4.0])
    for _ in range(steps):
        p = sigmoid(X @ w)
        pull = 2 * (p - y) * p * (1 - p) if squared else p - y
        w = w - X.T @ pull / len(y)
    return ((X @ w > 0) != (y == 1)).sum()


check_answer(
    "cross-entropy", wrong_after(100, squared=False), 23, within=1
)
check_answer("squares", wrong_after(100, squared=True), 113, within=5)
print([wrong_after(steps, True) for steps in (0, 10, 30, 100, 300)])

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("Start at (0, 4, 4)", "take 100 steps at rate 1")
    claim("You should get 23", wrong_after(100, False))
    claim(
        "and 113 for the squares",
        abs(wrong_after(100, True) - 113) <= 5,
    )
    claim("after some 300 steps", wrong_after(300, True) < 30)

# %% [markdown]
# ::::{exercise}
# :label: ex-classification-odds
# Two birds weigh the same, and the bill of one is a millimeter deeper. By what factor
# do its odds of being a female differ? A weight counts per standard deviation, so
# divide by the right one first. You should get 0.135.
#
# ```python
# from helpers import check_answer
#
# check_answer("your factor", factor_per_mm, 0.135, within=0.001)
# ```
#
# Put differently: how many millimeters halve the odds?
# ::::
#
# ```{solution-start} ex-classification-odds
# :class: dropdown
# ```
#
# A millimeter changes the score by the weight divided by the deviation of the training
# birds. The odds are $e$ to the score.

# %%
from helpers import check_answer

depth_deviation_mm = features[train, 0].std()
score_per_mm = best[1] / depth_deviation_mm
factor_per_mm = np.exp(score_per_mm)
check_answer("your factor", factor_per_mm, 0.135, within=0.001)
print(f"{np.log(0.5) / score_per_mm:.2f} mm halve the odds")

# %% [markdown]
# About a third of a millimeter.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("You should get 0.135", factor_per_mm)
    claim(
        "About a third of a millimeter",
        0.3 < np.log(0.5) / score_per_mm < 0.37,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-classification-predict
# Write `probability_female(depth_mm, mass_g)` for a bird that you meet. A bill of 17 mm
# and 4000 g should give 0.727.
#
# ```python
# answer = probability_female(17, 4000)
# check_answer("your bird", answer, 0.727, within=0.001)
# ```
#
# Why can you not standardize this one bird by itself?
# ::::
#
# ```{solution-start} ex-classification-predict
# :class: dropdown
# ```
#
# One bird is its own mean and has deviation zero. And 17 mm mean something only beside
# the birds that the weights were learned from.


# %%
def probability_female(depth_mm, mass_g):
    bird = standardize([[depth_mm, mass_g]], like=features[train])
    return sigmoid(design_matrix(bird) @ best)[0]


answer = probability_female(17, 4000)
check_answer("your bird", answer, 0.727, within=0.001)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("A bill of 17 mm and 4000 g", "And 17 mm mean")
    claim("should give 0.727", answer)

# %% [markdown]
# ::::{exercise}
# :label: ex-classification-fault
# This loss is {eq}`cross-entropy` as it stands. At the best weights it is right. At ten
# times these it prints `nan`, though the loss there is a finite number. Which bird does
# it, and what is the remedy?
#
# ```python
# def naive_loss(w):
#     p = sigmoid(X @ w)
#     return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
#
#
# print(naive_loss(best), naive_loss(10 * best))
# ```
# ::::
#
# ```{solution-start} ex-classification-fault
# :class: dropdown
# ```
#
# At a score of 40 the exponential in the sigmoid is lost to rounding, and $p$ is one
# exactly. Then $\log(1 - p)$ is $-\infty$. If the bird *is* a female, that is
# multiplied by $1 - y$, which is zero, and zero times infinity is not a number. One
# such bird spoils the mean. The remedy is never to form $p$: $\log(1 + e^z) - yz$,
# with `np.logaddexp`, needs the score only.


# %%
def naive_loss(w):
    p = sigmoid(X @ w)
    return -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()


with np.errstate(divide="ignore", invalid="ignore"):
    print(f"{naive_loss(best):.4f}, {naive_loss(10 * best)}")
print(f"{(sigmoid(X @ (10 * best)) == 1).sum()} birds with p = 1")
print(f"{loss_of(10 * best):.3f} with logaddexp")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("At a score of 40 the exponential", sigmoid(40.0) == 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        naive = naive_loss(10 * best)
    claim("times these it prints", np.isnan(naive))
    claim("a finite number", np.isfinite(loss_of(10 * best)))

# %% [markdown]
# ::::{exercise}
# :label: ex-classification-species
# Open: can you beat 89 of 100? The tempting idea is to tell the model the species, as
# three columns of zeros and ones
# (`pd.get_dummies(birds["species"]).to_numpy(dtype=float)`, in place of the ones). A
# good answer
#
# - compares on the same fifty splits, split by split, and gives the spread;
# - lets no test bird into the fit or the standardization;
# - tries the species with two measurements *and* with four;
# - says how sure one can be, since the fifty splits share their birds.
# ::::
#
# ```{solution-start} ex-classification-species
# :class: dropdown
# ```

# %%
import pandas as pd

species = pd.get_dummies(birds["species"]).to_numpy(dtype=float)


def count_right_by_species(columns, seed):
    order = np.random.default_rng(seed).permutation(len(birds))
    test, train = order[:100], order[100:]
    values = birds[columns].to_numpy(dtype=float)
    X = np.hstack([species, standardize(values, like=values[train])])
    scores = X[test] @ fit(X[train], female[train])
    return ((scores > 0) == (female[test] == 1)).sum()


gains = {}
for name in ("both", "all four"):
    each = [count_right_by_species(choices[name], s) for s in range(50)]
    gains[name] = np.array(each) - counts["both"]
    mean, spread = gains[name].mean(), gains[name].std(ddof=1)
    print(f"species and {name}: {mean:+.1f} ± {spread:.1f} birds")

# %% [markdown]
# With two measurements the species adds next to nothing, and without the species two
# more measurements added next to nothing. Together they bring between one and two
# birds, and are ahead in more than thirty of the fifty splits. A long bill says more
# once you know whose bill it is. But every split draws on the same 333 birds, so fifty
# splits are far fewer than fifty experiments.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("can you beat 89 of 100", averages["both"], len(test))
    claim(
        "the species adds next to nothing",
        abs(gains["both"].mean()) < 0.4,
    )
    claim(
        "two more measurements added next to nothing",
        abs(gain.mean()) < 0.4,
    )
    claim("between one and two birds", 1 < gains["all four"].mean() < 2)
    claim(
        "in more than thirty of the fifty",
        (gains["all four"] > 0).sum() > 30,
    )
    claim("on the same 333 birds", len(birds))

# %% [markdown]
# ## Sources and further reading
#
# - Logistic regression from the statistician's side, with another way to solve the
#   equation: {cite}`hastie2009`. Why a convex loss has one valley: {cite}`boyd2004`.
# - The birds: {cite}`gorman2014` and {cite}`horst2020`. The check: scikit-learn
#   {cite}`pedregosa2011`; JAX {cite}`jax2018`.
