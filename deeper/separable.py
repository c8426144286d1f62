# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (separable)=
# # Weights without end
#
# Tell Chinstraps from Gentoos by bill depth and body mass. One step of descent sorts
# all 191 birds without a mistake. After 100,000 steps the loss is still falling, and
# the weights are still growing. Where do they go, and which of them should you take?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** see why the loss has no lowest point, predict how fast the weights
#   grow, find the direction in which they go, take the cause away, and compare what can
#   stop them.
# - **You need** {ref}`classification`: score, sigmoid, cross-entropy.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append(
    ".."
)  # finds `helpers` when this file runs where it lies

# %% [markdown]
# ## Two crowds that do not touch
#
# The target $y$ is 1 for a Gentoo and 0 for a Chinstrap. With standardized measurements
# a boundary through the middle of all birds will do, so leave out the intercept. Two
# weights are all there is, and you can draw everything.

# %%
import numpy as np

from helpers import load_penguins, standardize, use_book_style

use_book_style()
birds = load_penguins().dropna(subset=["body_mass_g"])
birds = birds[birds["species"] != "Adelie"]
y = (birds["species"] == "Gentoo").to_numpy(dtype=float)
X = standardize(birds[["bill_depth_mm", "body_mass_g"]])  # (191, 2)

# %% [markdown]
# The loss is the one of {ref}`classification`. You will exchange the targets later, so
# they are an argument.


# %%
def cross_entropy_and_grad(w, y):
    z = X @ w
    p = 1 / (1 + np.exp(-z))
    loss = (np.logaddexp(0, z) - y * z).mean()
    return loss, X.T @ (p - y) / len(y)


# %% [markdown]
# By the bound of that chapter a learning rate of 4 is safe. Descend for 100,000 steps,
# and look in on the way.

# %%
from helpers import descend

trace = descend(
    lambda w: cross_entropy_and_grad(w, y), np.zeros(2), 4, 100_000
)
print("  steps  wrong     loss  length of w")
for k in (1, 10, 100, 1_000, 10_000, 100_000):
    w, loss = trace.parameters[k], trace.losses[k]
    wrong = ((X @ w > 0) != (y == 1)).sum()
    print(f"{k:7}  {wrong:5}  {loss:.5f}  {np.linalg.norm(w):11.1f}")

# %% [markdown]
# No mistake after one step, and the rest is growth.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Two crowds that do not touch"):
    gentoos = birds["species"] == "Gentoo"
    claim(
        "is 1 for a Gentoo and 0 for a Chinstrap",
        y[gentoos].min(),
        y[~gentoos].max(),
    )
    steepest = np.linalg.eigvalsh(X.T @ X / (4 * len(X)))[-1]
    claim("a learning rate of 4 is safe", steepest * 4 < 2)
    given("a learning rate of 4 is", "Descend for 100,000 steps")
    after_one = trace.parameters[1]
    claim(
        "No mistake after one step",
        ((X @ after_one > 0) == (y == 1)).all(),
    )

# %% tags=["remove-cell"]
with checks("Weights without end"):
    claim("all 191 birds without a mistake", len(y))
    claim("After 100,000 steps the loss", len(trace.losses) - 1)
    lengths = np.linalg.norm(trace.parameters, axis=1)
    claim(
        "the loss is still falling", (np.diff(trace.losses) < 0).all()
    )
    claim("the weights are still growing", (np.diff(lengths) > 0).all())

# %% [markdown]
# ## No lowest point
#
# Take the weights after the first step, and multiply them by two, four and eight. The
# boundary stays where it is, since a score of zero stays zero. The loss does not.

# %%
w = trace.parameters[1]
for factor in (1, 2, 4, 8):
    loss = cross_entropy_and_grad(factor * w, y)[0]
    print(f"{factor} w: loss {loss:.6f}")

# %% [markdown]
# Each bird lies on its own side, so larger weights make the model surer of what is
# right, bird by bird. A mistake would object, since its loss grows with the weights.
# There is no mistake. Whatever weights you propose, doubling them lowers the loss
# again, and zero is never reached. So there is no lowest point.

# %% tags=["remove-cell"]
with checks("No lowest point"):
    by_factor = [
        cross_entropy_and_grad(f * w, y)[0] for f in (1, 2, 4, 8)
    ]
    claim(
        "Each bird lies on its own side",
        ((X @ w > 0) == (y == 1)).all(),
    )
    claim(
        "doubling them lowers the loss", (np.diff(by_factor) < 0).all()
    )
    claim("zero is never reached", by_factor[-1] > 0)

# %% [markdown]
# ## As slow as a logarithm
#
# How fast do they grow? Take the simplest case, two birds on a line: a Chinstrap at
# $-1$, a Gentoo at $+1$, and one weight. Both birds have the loss $\log(1 + e^{-w})$.
# Its slope is $-1 / (1 + e^w)$, which is nearly $-e^{-w}$, so with learning rate 1 each
# step adds about $e^{-w}$. The larger the weight, the less it gains.
#
# Try $w = \log k$ after $k$ steps. Then a step adds $e^{-w} = 1/k$, and $1/k$ is indeed
# the slope of $\log k$. So once the weight has made 1000 steps, how long does it take
# to double?
#
# :::{admonition} What do you expect?
# :class: dropdown
# After 1000 steps the weight is about $\log 1000$, which is 6.9. To double a logarithm,
# square its argument: that takes a million steps. Tenfold the steps add $\log 10$,
# which is 2.303, every time.
# :::


# %%
def two_birds(w):
    return np.log1p(np.exp(-w)), -1 / (1 + np.exp(w))


pair = descend(two_birds, 0.0, 1, steps=100_000).parameters
for k in (1_000, 10_000, 100_000):
    gain = pair[k] - pair[k // 10]
    print(f"{k:7} steps: weight {pair[k]:.3f}, gained {gain:.3f}")

# %% [markdown]
# As predicted. The penguins above gain more with every row of the table, since the
# nearest of them lie much closer to the boundary than 1. It takes a larger weight to
# be sure of those.

# %% tags=["remove-cell"]
with checks("As slow as a logarithm"):
    claim("a Chinstrap at -1, a Gentoo at +1", *[-1 * 1.0, 1 * 1.0])
    given("with learning rate 1 each")
    k = 1000
    claim("adds e^-w = 1/k", np.exp(-np.log(k)) * k)
    claim(
        "and 1/k is indeed",
        k * (np.log(k + 0.1) - np.log(k - 0.1)) / 0.2,
    )
    given("has made 1000 steps")
    six_nine = pair[1_000]
    claim(
        "After 1000 steps the weight is about log 1000",
        1000,
        np.exp(np.log(1000)),
    )
    claim("which is 6.9", six_nine)
    claim(
        "that takes a million steps",
        np.isclose(np.log(1e6), 2 * np.log(1000)),
    )
    tens = pair[[1_000, 10_000, 100_000]] - pair[[100, 1_000, 10_000]]
    claim("add log 10, which is 2.303", 10, tens[-1])
    claim("Tenfold the steps", np.allclose(tens, np.log(10), atol=0.02))
    nearest = np.abs(X @ trace.parameters[-1]).min() / lengths[-1]
    claim("much closer to the boundary than 1", nearest < 0.25)

# %% [markdown]
# ## Where they go
#
# The length grows; what of the direction? The *margin* of a boundary is the distance of
# the nearest bird from it, negative if that bird is on the wrong side.

# %%
signs = 2 * y - 1  # +1 for a Gentoo, -1 for a Chinstrap


def margin(w):
    return (signs * (X @ w)).min() / np.linalg.norm(w)


# %% [markdown]
# Let $d$ be the distance of a bird from the boundary. Once the weights are large, it
# pulls with a strength of about $e^{-d \lVert \mathbf{w} \rVert}$, where the bars mean
# the length. In the end only the nearest birds count, and each pushes the boundary away
# from itself. So it should come to rest where the margin is as wide as possible. With
# two weights, a {ref}`grid search <grid-search>` over the angle finds that place.

# %%
angles = np.radians(np.arange(0, 360, 0.05))
directions = np.column_stack([np.cos(angles), np.sin(angles)])
margins = [margin(direction) for direction in directions]
widest = directions[np.argmax(margins)]
print(f"widest margin {max(margins):.4f}")
for k in (10, 100, 1_000, 10_000, 100_000):
    print(f"{k:7} steps: {margin(trace.parameters[k]):.4f}")

# %% [markdown]
# From 100 steps on the margin widens toward 0.207, slowly: after 100,000 it is 0.196.
# Soudry and colleagues proved that it gets there {cite}`soudry2018`. The loss has no
# lowest point, and still the descent picks one of all the boundaries without a mistake
# ({numref}`fig-street`). The margin sets the pace as well. With the nearest bird at
# 0.207 in place of 1, tenfold the steps add $\log 10 / 0.207$ to the length, which is
# 11.1. The last tenfold, with the direction not quite there, added 9.3.

# %% tags=["hide-input"]
#| name: fig-street
#| caption: Two boundaries without a mistake. The shaded street is the widest that fits
#|   between the crowds; the descent is heading for its middle.
#| alt: Standardized body mass against standardized bill depth. Gentoos lie at the upper
#|   left, Chinstraps at the lower right. A shaded band runs between them from the lower
#|   left to the upper right and touches birds on both sides. A dotted line, the
#|   boundary after ten steps, leaves its middle toward the ends; a solid line, the
#|   boundary after 100,000 steps, runs along its middle.
import matplotlib.pyplot as plt

from helpers import BLACK, GRAY, GREEN, ORANGE

band = {"color": GRAY, "alpha": 0.25}
figure, ax = plt.subplots(figsize=(5.4, 4.6))
for kind, color, mark in ((0, ORANGE, "^"), (1, GREEN, "s")):
    ax.scatter(*X[y == kind].T, s=14, color=color, marker=mark)
ends = np.array([-2.5, 2.5])
middle, half = -widest[0] * ends / widest[1], max(margins) / widest[1]
ax.fill_between(ends, middle - half, middle + half, **band)
for k, style in ((10, ":"), (100_000, "-")):
    w = trace.parameters[k]
    ax.plot(ends, -w[0] * ends / w[1], style, color=BLACK)
ax.text(-1.9, 1.6, "Gentoos", color=GREEN)
ax.text(1.0, -2.05, "Chinstraps", color=ORANGE)
ax.axis((-2.2, 2.2, -2.2, 2.2))
ax.set(xlabel="bill depth (standardized)")
ax.set(ylabel="body mass (standardized)")
ax.set_title("The descent looks for the widest street")
plt.show()

# %% tags=["remove-cell"]
with checks("Where they go"):
    at = [
        margin(trace.parameters[k])
        for k in (100, 1_000, 10_000, 100_000)
    ]
    claim(
        "From 100 steps on the margin widens", (np.diff(at) > 0).all()
    )
    given("From 100 steps")
    claim("toward 0.207, slowly", max(margins))
    claim("after 100,000 it is 0.196", len(lengths) - 1, at[-1])
    claim(
        "Two boundaries without a mistake",
        margin(trace.parameters[10]) > 0,
    )
    claim("at 0.207 in place of 1", max(margins), 1.0)
    pace = np.log(10) / max(margins)
    claim(
        "tenfold the steps add log 10 / 0.207 to the length",
        10,
        max(margins),
    )
    claim("which is 11.1", pace)
    claim(
        "The last tenfold, with the direction not quite there, added 9.3",
        lengths[100_000] - lengths[10_000],
    )
    unit = trace.parameters[-1] / lengths[-1]
    claim(
        "100,000 steps, runs along its middle", widest @ unit > 0.9999
    )

# %% [markdown]
# ## Take the cause away
#
# Is it the missing mistake that lets the weights run off? Put one in. Give the first
# Gentoo of the table the wrong label, and descend again.

# %%
y_swapped = y.copy()
y_swapped[0] = 0.0  # the first row is a Gentoo
swapped = descend(
    lambda w: cross_entropy_and_grad(w, y_swapped),
    np.zeros(2),
    4,
    20_000,
)
for k in (100, 1_000, 10_000, 20_000):
    length = np.linalg.norm(swapped.parameters[k])
    print(f"{k:7} steps: length {length:.3f}")

# %% [markdown]
# With one of the 191 birds on the wrong side the weights settle. The larger they get,
# the more that bird costs.


# %% tags=["remove-cell"]
with checks("Take the cause away"):
    claim(
        "the first Gentoo of the table",
        birds["species"].iloc[0] == "Gentoo",
    )
    claim("With one of the 191 birds", len(y))
    grown = np.linalg.norm(swapped.parameters[10_000:], axis=1)
    claim("the weights settle", np.ptp(grown) < 0.001)

# %% [markdown]
# ## What decides, then?
#
# Without a mistake, something else has to stop the weights. One remedy is a penalty:
# add $\frac{\alpha}{2} \lVert \mathbf{w} \rVert^2$ to the loss, with a small number
# $\alpha$ (alpha). Its gradient $\alpha \mathbf{w}$ pulls back the harder the longer
# the weights are, so there is a lowest point again. (For networks the remedy goes by
# the name {term}`weight decay`.)


# %%
def descend_with_penalty(alpha):
    def loss_and_grad(w):
        loss, gradient = cross_entropy_and_grad(w, y)
        return loss + alpha / 2 * w @ w, gradient + alpha * w

    return descend(loss_and_grad, np.zeros(2), 4, steps=20_000)


penalized = {}
for alpha in (0.01, 0.0001):
    penalized[alpha] = descend_with_penalty(alpha)
    length = np.linalg.norm(penalized[alpha].parameters[-1])
    print(f"penalty {alpha:g}: length {length:.2f}")

# %% [markdown]
# The other remedy is to stop before the end ({term}`early stopping`). Both choose how
# sure the model is of its answers, and the birds do not make that choice for you
# ({numref}`fig-growth-of-weights`).

# %% tags=["hide-input"]
#| name: fig-growth-of-weights
#| caption: Length of the weight vector. Without a mistake and without a penalty it has
#|   nowhere to stop.
#| alt: Length of the weights against the number of steps on a log scale. One curve
#|   climbs to the right edge and gets steeper. Three others leave it one after the
#|   other and run level, for a large penalty first, then for one swapped label, then
#|   for a small penalty.
from helpers import BLUE

figure, ax = plt.subplots()
shown = np.unique(np.geomspace(1, 20_000, 150).astype(int))
curves = (
    (trace, BLUE, "no mistake, no penalty", 18),
    (penalized[0.0001], GREEN, "small penalty", 8.4),
    (swapped, ORANGE, "one label swapped", 5.2),
    (penalized[0.01], GREEN, "large penalty", 2.0),
)
for run, color, label, height in curves:
    length = np.linalg.norm(run.parameters[shown], axis=1)
    ax.semilogx(shown, length, color=color)
    ax.text(8e3, height, label, color=color, ha="right")
ax.set(xlabel="step", ylabel="length of the weight vector")
ax.set_ylim(0, 21)
ax.set_title("One mistake or a penalty stops the growth")
plt.show()

# %% [markdown]
# A library has to stop as well. Ask scikit-learn for next to no penalty (a huge `C`),
# with two values of `tol`, the setting that says when it is content.

# %% tags=["nbval-ignore-output"]
from sklearn.linear_model import LogisticRegression

found = {}
for tol in (1e-4, 1e-8):
    model = LogisticRegression(C=1e9, tol=tol, fit_intercept=False)
    found[tol] = np.linalg.norm(model.fit(X, y).coef_)
    print(f"tol {tol:g}: length {found[tol]:.0f}")

# %% [markdown]
# Two answers, the second more than twice as long, and no warning. If your weights
# depend on a tolerance or on the number of steps, look for a boundary without a
# mistake. Then choose a penalty, and say which.

# %% tags=["remove-cell"]
with checks("What decides, then?"):
    late = [run.parameters[10_000:] for run in penalized.values()]
    grown = [np.ptp(np.linalg.norm(w, axis=1)) for w in late]
    claim("so there is a lowest point again", max(grown) < 0.001)
    claim(
        "it has nowhere to stop", lengths[20_000] > lengths[10_000] + 1
    )
    claim("more than twice as long", found[1e-8] > 2 * found[1e-4])

# %% [markdown]
# ## What to keep
#
# - Where a straight boundary parts the crowds without a mistake, the cross-entropy has
#   no lowest point: doubling the weights lowers it.
# - The weights grow like the logarithm of the number of steps. Their direction turns to
#   the boundary with the widest margin.
# - One mistake stops the growth. So does a penalty, or an end to the descent, and then
#   the size of the weights is your choice and not the data's.
#
# ## Sources and further reading
#
# - Where the direction goes, with proof: {cite}`soudry2018`. For which data the loss
#   has a lowest point: {cite}`albert1984`. Margins and penalties: {cite}`hastie2009`.
# - The birds: {cite}`gorman2014`, {cite}`horst2020`.
