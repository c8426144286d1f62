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
# Which of these penguins are female? Weigh a bird, and you can guess right for 62 of
# 100. Measure the depth of its bill instead, and it is 59. Use both, and it is 89. The
# answer to a question like this is a yes or a no, and no formula gives you the best
# weights for it. You have to descend.
#
# :::{admonition} Before you start
# :class: tip
# - **You will** turn a score into a probability, choose a loss for it, derive the
#   gradient, descend, predict the largest learning rate, and judge the result on birds
#   that the descent has not seen.
# - **You need** the loop of {ref}`descent`, the design matrix of {ref}`penguins`, and
#   from {ref}`conditioning` the Hessian and its largest eigenvalue; from school, what
#   $e^z$ and the logarithm are.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %% [markdown]
# ## Two measurements, two crowds
#
# Of the 344 birds, eleven have no recorded sex. They cannot help here, so drop them.
# The target $y$ is 1 for a female and 0 for a male. Set 100 birds aside, drawn at
# random: you will look at them only when the fit is done.

# %%
import numpy as np

from helpers import load_penguins, use_book_style

use_book_style()
birds = load_penguins().dropna(subset=["sex"])
female = (birds["sex"] == "female").to_numpy(dtype=float)
order = np.random.default_rng(0).permutation(len(birds))
test, train = order[:100], order[100:]
print(len(train), "birds to learn from")
print(len(test), "birds set aside")

# %% [markdown]
# Now look at the birds to learn from. {numref}`fig-sexes` draws two of the four
# measurements.

# %% tags=["hide-input"]
#| name: fig-sexes
#| caption: Read along one axis alone, and the colors are mixed. Read along the diagonal,
#|   and they part.
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
        depth_mm, mass_kg = group["bill_depth_mm"], group["body_mass_g"] / 1000
        ax.scatter(depth_mm, mass_kg, s=16, color=color, marker=marker, alpha=0.7)
    ax.set(xlabel="bill depth (mm)", ylabel="body mass (kg)")


figure, ax = plt.subplots()
draw_sexes(ax, birds.iloc[train])
ax.text(15.2, 3.4, "females", color=ORANGE)
ax.text(18.3, 5.2, "males", color=BLUE)
ax.set_title("Neither axis parts the sexes; the diagonal does")
plt.show()

# %% [markdown]
# The heavy cloud with the shallow bills is one species, the Gentoos. In either cloud
# the females are lighter *and* have shallower bills.
#
# Both measurements should count alike, so standardize them. The means and deviations
# must come from the birds to learn from alone, or the others would not be unseen:
# `like=` says where `standardize` takes them from.

# %%
from helpers import design_matrix, standardize

features = birds[["bill_depth_mm", "body_mass_g"]].to_numpy(dtype=float)
X = design_matrix(standardize(features[train]))  # (233, 3)
y = female[train]  # (233,)
X_test = design_matrix(standardize(features[test], like=features[train]))
y_test = female[test]

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Two measurements, two crowds"):
    everyone = load_penguins()
    claim("Of the 344 birds", len(everyone))
    claim("eleven have no recorded sex", everyone["sex"].isna().sum() == 11)
    given("Set 100 birds aside")
    gentoo = birds["species"] == "Gentoo"
    means = birds.groupby(gentoo)[["bill_depth_mm", "body_mass_g"]].mean()
    claim(
        "with the shallow bills is one species, the Gentoos",
        means.loc[True, "bill_depth_mm"] < means.loc[False, "bill_depth_mm"]
        and means.loc[True, "body_mass_g"] > means.loc[False, "body_mass_g"],
    )
    by_sex = birds.groupby([gentoo, "sex"])[["bill_depth_mm", "body_mass_g"]].mean()
    smaller = [
        (by_sex.loc[cloud, "female"] < by_sex.loc[cloud, "male"]).all()
        for cloud in (True, False)
    ]
    claim("In either cloud the females are lighter", all(smaller))

# %% [markdown]
# ## A straight line says 1.3 of a female
#
# You know how to fit a line to numbers, and 0 and 1 are numbers. Add the two
# standardized measurements, call the sum the bird's size, and fit.

# %%
size = X[:, 1] + X[:, 2]
line = np.linalg.lstsq(design_matrix(size), y, rcond=None)[0]
fitted = design_matrix(size) @ line
print(f"from {fitted.min():.1f} to {fitted.max():.1f} of a female")

# %% [markdown]
# A probability of 1.3, or of less than zero, makes no sense. {numref}`fig-s-curve`
# shows what the birds do instead: sort them by size, and count the females in each
# stretch. The shares start at one, end at zero, and drop in between along an S.

# %% tags=["hide-input"]
#| name: fig-s-curve
#| caption: Each dot is the share of females among the birds in a stretch of sizes. The
#|   S-curve is drawn by eye; you will fit it below.
#| alt: Share of females against size, the sum of two standardized measurements. Dots
#|   for the share among birds of similar size stay near one on the left, drop steeply
#|   around size zero and stay near zero on the right. A straight line falls from above
#|   one to below zero and misses most dots. An S-shaped curve follows them.
from helpers import BLACK, GRAY

figure, ax = plt.subplots()
edges = np.linspace(-2.6, 2.6, 14)
middles = (edges[1:] + edges[:-1]) / 2
shares = [y[(size > a) & (size <= b)].mean() for a, b in zip(edges, edges[1:])]
along = np.linspace(-3, 3, 200)
ax.axhspan(0, 1, color=GRAY, alpha=0.12, linewidth=0)
ax.plot(along, design_matrix(along) @ line, color=GRAY, linestyle="--")
ax.plot(along, 1 / (1 + np.exp(4 * along)), color=ORANGE)
ax.plot(middles, shares, "o", color=BLACK)
ax.text(-1.5, 1.12, "straight line", color=GRAY)
ax.text(-0.15, 0.72, "S-curve", color=ORANGE)
ax.text(2.9, 0.08, "share of females", ha="right")
ax.set(xlabel="size (depth + mass, standardized)", ylabel="female")
ax.set_title("Shares stay between 0 and 1; a line does not")
plt.show()

# %% [markdown]
# So keep the weighted sum, but do not call it a probability yet. Call it the *score*
# $z = w_0 + w_1 x_1 + w_2 x_2$, any number from $-\infty$ to $\infty$. Then bend it
# into the range from 0 to 1 with the *{term}`sigmoid`* $\sigma$:
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
# A score of 0 is a coin toss, and opposite scores have opposite chances. (With an
# argument, $\sigma$ is this function; alone it remains a standard deviation.) Where
# does the shape come from? Let $p = \sigma(z)$ and solve for $z$: you get
# $e^z = p / (1 - p)$, which is the *{term}`odds`*, females to males. So each point of
# score multiplies the odds by $e$. Fitting the weights of the score to
# yes-or-no data is called *{term}`logistic regression`*.

# %% tags=["remove-cell"]
with checks("A straight line says 1.3 of a female"):
    claim("A straight line says 1.3 of a female", fitted.max())
    claim("A probability of 1.3", fitted.max())
    claim("or of less than zero", fitted.min() < 0)
    claim("start at one, end at zero", shares[0] == 1 and shares[-1] == 0)
    given("and 0 and 1 are numbers")
    claim("A score of 0 is a coin toss", sigmoid(0.0) == 0.5)
    several = np.linspace(-5, 5, 11)
    opposite = np.allclose(sigmoid(-several), 1 - sigmoid(several))
    claim("opposite scores have opposite chances", opposite)
    odds = sigmoid(several) / (1 - sigmoid(several))
    claim("each point of score multiplies the odds by", np.allclose(odds[1:], np.e * odds[:-1]))

# %% [markdown]
# ## A loss that has a slope
#
# What you care about is how many birds you get wrong. So why not descend on that?
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


w = np.array([0.0, -1.0, -1.0])
for nudge in (0.1, 0.001, 0.000001):
    rise = share_wrong(w + [0, nudge, 0]) - share_wrong(w)
    print(f"nudge {nudge:<5g}: slope {rise / nudge:.3f}")

# %% [markdown]
# You need a loss that changes with every nudge. Take one female with the score $z$,
# and ask how much each candidate wants to raise that score. The mean squared error of
# chapter {ref}`penguins`, $(p - 1)^2$, looks natural. The other candidate is
# $-\log p$: the less probable the model called what happened, the higher the loss, and
# the climb has no end.

# %% tags=["hide-input"]
#| name: fig-penalties
#| caption: Three losses of one female. Far left, where the model is sure and wrong, only
#|   the logarithm still slopes.
#| alt: Loss of one female against her score. The count of errors is a step from one to
#|   zero at score zero. The squared error is an S from one to zero, level on the far
#|   left. The negative logarithm falls as a straight line on the left and bends to zero
#|   on the right.
from helpers import GREEN

figure, ax = plt.subplots()
scores = np.linspace(-6, 4, 401)
ax.plot(scores, scores < 0, color=GRAY)
ax.plot(scores, (sigmoid(scores) - 1) ** 2, color=BLUE)
ax.plot(scores, -np.log(sigmoid(scores)), color=ORANGE)
ax.text(-5.9, 1.1, "error or not", color=GRAY)
ax.text(-5.9, 0.7, "squared", color=BLUE)
ax.text(-3.4, 3.6, r"$-\log\,p$", color=ORANGE)
ax.set(xlabel="score of a female", ylabel="loss", ylim=(-0.1, 5.5))
ax.set_title("Only one of them pulls when the model is far off")
plt.show()

# %% [markdown]
# At a score of $-6$ the squared error has a slope of $-0.005$: the worst mistake pulls
# hardly at all. The logarithm's slope there is $-0.998$. For a male, $p$ is the
# probability of the wrong answer, so his loss is $-\log(1 - p)$. Both cases in one
# line, averaged over the birds, make the *{term}`cross-entropy`*:
#
# ```{math}
# :label: cross-entropy
# L(\mathbf{w}) = -\frac{1}{n} \sum_i
#   \bigl( y_i \log p_i + (1 - y_i) \log (1 - p_i) \bigr)
# ```
#
# where $p_i = \sigma(z_i)$ is the probability that bird $i$ is female. Each $y_i$
# switches one of the two terms off.

# %% tags=["remove-cell"]
with checks("A loss that has a slope"):
    rises = [share_wrong(w + [0, nudge, 0]) - share_wrong(w) for nudge in (1e-3, 1e-6)]
    claim("So the slope is 0, and the descent does not", not any(rises))
    nearest = np.abs(X @ w).min()
    claim("none is that close", nearest > 1e-6 * np.abs(X).max())
    at = sigmoid(-6.0)
    given("At a score of -6")
    claim("the squared error has a slope of -0.005", 2 * (at - 1) * at * (1 - at))
    claim("The logarithm's slope there is -0.998", at - 1)

# %% [markdown]
# ## The residual comes back
#
# Now the gradient. Put {eq}`sigmoid` into the loss of one bird and multiply out. For
# both sexes what is left is $\log(1 + e^z) - y z$, and its slope along $z$ is
#
# ```{math}
# \frac{e^z}{1 + e^z} - y = \sigma(z) - y = p - y
# ```
#
# Prediction minus target, as ever. The score has the slope $x$ along its weight, so
# the chain rule gives
#
# ```{math}
# :label: logistic-gradient
# \nabla L(\mathbf{w}) = \frac{1}{n} X^\top (\mathbf{p} - \mathbf{y})
# ```
#
# This is the gradient of {ref}`penguins` with $\mathbf{p}$ in place of $X\mathbf{w}$
# (and without the 2, which came from the square).

# %%
def cross_entropy_and_grad(w, X, y):
    z = X @ w
    loss = (np.logaddexp(0, z) - y * z).mean()
    return loss, X.T @ (sigmoid(z) - y) / len(y)


# %% [markdown]
# `np.logaddexp(0, z)` is $\log(e^0 + e^z)$, computed so that a large $z$ does not
# overflow. Check the gradient in two ways: by a difference along each weight, and by
# JAX, from the loss as {eq}`cross-entropy` has it.

# %%
import jax
import jax.numpy as jnp


def by_the_book(w):
    p = 1 / (1 + jnp.exp(-X @ w))
    return -(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)).mean()


def loss_of(w):
    return cross_entropy_and_grad(w, X, y)[0]


nudges = 1e-6 * np.eye(3)  # one weight at a time
rises = [loss_of(w + nudge) - loss_of(w - nudge) for nudge in nudges]
print(cross_entropy_and_grad(w, X, y)[1].round(4), "by hand")
print((np.array(rises) / 2e-6).round(4), "difference")
print(jax.grad(by_the_book)(w).round(4), "JAX")

# %% [markdown]
# They agree. In {ref}`penguins` you set the gradient to zero and solved for
# $\mathbf{w}$. Try it here:
#
# ```{math}
# \sum_i \left( \frac{1}{1 + e^{-\mathbf{w} \cdot \mathbf{x}_i}} - y_i \right)
#   \mathbf{x}_i = 0
# ```
#
# Every bird puts the weights into an exponential of its own, and no rearranging gets
# them out {cite}`hastie2009`. The equation can only be approached. You have a way to
# do that.

# %% tags=["remove-cell"]
with checks("The residual comes back"):
    by_hand = cross_entropy_and_grad(w, X, y)
    by_jax = jax.grad(by_the_book)(w)
    close = np.allclose(by_hand[1], by_jax, atol=1e-5)
    close &= np.allclose(by_hand[1], np.array(rises) / 2e-6, atol=1e-8)
    claim("They agree", close)
    claim("what is left is", np.isclose(by_hand[0], by_the_book(w), atol=1e-5))
    claim("without the 2, which came from the square", 2)

# %% [markdown]
# ## Descend
#
# The loop is the old one. Start with weights of zero, at which every bird has
# probability one half, and take 2000 steps with learning rate 1.

# %%
from helpers import descend


def loss_and_grad(w):
    return cross_entropy_and_grad(w, X, y)


trace = descend(loss_and_grad, np.zeros(3), learning_rate=1, steps=2000)
best = trace.parameters[-1]
print("intercept {:.3f}, depth {:.3f}, mass {:.3f}".format(*best))
print(f"loss {trace.losses[0]:.3f} -> {trace.losses[-1]:.4f}")

# %% [markdown]
# Both slopes are near $-4$, close to the S-curve that was drawn by eye. scikit-learn
# {cite}`pedregosa2011` solves the same problem in another way. By default it adds a
# penalty on large weights; `C` is the inverse of its strength, so a huge `C` leaves
# next to none.

# %%
from sklearn.linear_model import LogisticRegression

model = LogisticRegression(C=1e9, tol=1e-8).fit(X[:, 1:], y)
print(model.intercept_.round(3), model.coef_.round(3))

# %% [markdown]
# The same three numbers. Now lay the answer over the birds that were set aside. Where
# the score is zero, the probability is one half: that line is the
# *{term}`decision boundary`*.

# %% tags=["hide-input"]
#| name: fig-boundary
#| caption: The 100 birds set aside. On the solid line a female is as probable as a male,
#|   on the dotted lines one is nine times as probable as the other.
#| alt: Body mass against bill depth for the birds set aside. A solid line falls from the
#|   upper left to the lower right, between the females at its lower left and the males
#|   at its upper right. Two dotted lines run parallel to it on either side. The birds on
#|   the wrong side of the solid line are circled; most of them lie between the dotted
#|   lines.
figure, ax = plt.subplots(figsize=(5.4, 4.2))
draw_sexes(ax, birds.iloc[test])
mean, deviation = features[train].mean(axis=0), features[train].std(axis=0)
depth_mm = np.array([12.5, 22])
for score, style in ((-np.log(9), ":"), (0, "-"), (np.log(9), ":")):
    depth = (depth_mm - mean[0]) / deviation[0]
    mass = (score - best[0] - best[1] * depth) / best[2]
    ax.plot(depth_mm, (mass * deviation[1] + mean[1]) / 1000, style, color=BLACK)
wrong = (X_test @ best > 0) != (y_test == 1)
ax.plot(
    features[test][wrong, 0],
    features[test][wrong, 1] / 1000,
    "o",
    ms=11,
    mfc="none",
    color=BLACK,
)
ax.text(15, 3.0, "females", color=ORANGE)
ax.text(19, 5.4, "males", color=BLUE)
ax.set(xlim=(12.5, 22), ylim=(2.5, 6.5))
ax.set_title("One straight boundary, through both clouds")
plt.show()

# %%
p_test = sigmoid(X_test @ best)
right = (p_test > 0.5) == (y_test == 1)
sure = (p_test > 0.9) | (p_test < 0.1)
print(f"{right.sum()} of {len(test)} right")
print(f"{right[sure].sum()} of {sure.sum()} right where p is beyond 0.9")

# %% [markdown]
# TEXT
