# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (best-score)=
# # How good can a score get?
#
# The best line through the thousand points of {ref}`three-regimes` has an $R^2$ of
# 0.67. A published {ref}`notebook <source-nn-gradient-descent>`
# {cite}`nn_gradient_descent` prints 0.5143 for the same line. Is either of these a
# mediocre score? And what would a good one be?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** compute the best $R^2$ that a model can expect, measure how far a
#   fitted line lies from the true one, and count the rows that a loop uses.
# - **You need** $R^2$ from {ref}`penguins`, the Hessian from {ref}`conditioning`, the
#   data and the marks of {ref}`three-regimes`, and the variance.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

# This finds `helpers` when the file runs where it lies.
sys.path.append("..")

# %% [markdown]
# ## A line and two noises
#
# The data are made: each target is $5 + 2x$ plus a normal noise of variance one, and
# then plus another. {numref}`fig-score-data` shows them around their line.

# %%
import numpy as np

from helpers import noisy_line, use_book_style

use_book_style()
X, y = noisy_line()
X, y, n = X.astype(float), y[:, 0].astype(float), len(X)
x = X[:, 1]

# %% [markdown]
# Above and below the line, dashed, run two standard deviations of the noise.

# %% tags=["hide-input"]
#| name: fig-score-data
#| caption: The line is known, and the noise around it is two noises.
#| alt: A cloud of 1000 gray points, feature x from about −1 to 5, target y from about
#|   0 to above 15. A blue line rises through the middle of the cloud. Two dashed lines
#|   run parallel to it, and nearly all points lie between them.
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY

figure, ax = plt.subplots()
ax.plot(x, y, ".", color=GRAY, ms=3, alpha=0.6, rasterized=True)
ends = np.array([-1.5, 5.2])
ax.plot(ends, 5 + 2 * ends, color=BLUE)
for side in (-2, 2):
    band = 5 + 2 * ends + side * np.sqrt(2)
    ax.plot(ends, band, color=BLUE, linestyle="--", linewidth=1)
ax.set(xlabel="x", ylabel="y", title="A third of the variance is noise")
plt.show()

# %% [markdown]
# Independent noises add in variance, so the noise has variance 2, not 1. The line's own
# variance is that of $2x$, which is 4. $R^2$ is the share of the variance of $y$ that a
# model explains. On average over fresh data *no* model of $x$ can explain more than
# $4 / (4 + 2)$, two thirds. (That our line scores 0.673 on this data set is luck.) So
# the score is no sign of a mediocre model. It is as good as it gets.

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import checks, claim, given, reproduce

with checks("A line and two noises"):
    noise = y - (5 + 2 * x)
    claim("each target is 5 + 2x plus", abs(noise.mean()) < 0.2)
    claim("A cloud of 1000 gray points", n)
    claim(
        "from about -1 to 5",
        -1.5 < x.min() < -1 and 4.5 < x.max() < 5.2,
    )
    claim(
        "from about 0 to above 15",
        -1.5 < y.min() < 1 and 15 < y.max() < 18.5,
    )
    inside = np.mean(np.abs(noise) < 2 * np.sqrt(2))
    claim("nearly all points lie between them", 0.94 < inside < 0.97)
    claim("the noise has variance 2, not 1", abs(noise.var() - 2) < 0.2)
    claim("which is 4", (2 * x).var())
    claim("can explain more than", abs((2 * x).var() - 4) < 0.2)
    claim("two thirds. (That our line", abs(4 / (4 + 2) - 2 / 3) < 1e-9)
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    lowest = np.mean((X @ best - y) ** 2)
    claim("scores 0.673 on this data set", 1 - lowest / y.var())

# %% [markdown]
# ## How far from the truth?
#
# For a line you need no descent. Scikit-learn solves the equations, as the notebook
# does for a check.

# %%
from sklearn.linear_model import LinearRegression

check = LinearRegression(fit_intercept=False)  # X has its own ones
check.fit(X.astype(np.float32), y.astype(np.float32)[:, None])
print(check.coef_)

# %% [markdown]
# Intercept 5.005, slope 1.984. Is that 5 and 2? Other noise would give another line.
# The *{term}`standard error`* says how far such lines scatter around the truth. You can
# compute it from one data set: with $s^2$ for the variance of the residuals, take the
# square roots of the diagonal of $s^2 (X^\top X)^{-1}$.

# %%
w_best = np.linalg.lstsq(X, y, rcond=None)[0]
residual = X @ w_best - y
s2 = residual @ residual / (n - 2)  # two parameters were fitted
errors = np.sqrt(np.diag(s2 * np.linalg.inv(X.T @ X)))
print(f"s² {s2:.2f}, standard errors {errors.round(3)}")
print("off by", ((w_best - [5, 2]) / errors).round(2), "of them")

# %% [markdown]
# Neither number differs from the truth by as much as half of its standard error.
#
# You know that matrix. The loss has the Hessian $H = 2 X^\top X / n$, so
#
# ```{math}
# :label: score-hessian
# s^2 (X^\top X)^{-1} = \frac{2 s^2}{n} H^{-1}
# ```
#
# and a direction in which the loss curves little is one in which the line is uncertain.
# That is no accident: where the valley is flat, other lines fit nearly as well, and a
# little noise moves the minimum far.
#
# To test this, draw 2000 fresh data sets, and fit each.

# %%
rng = np.random.default_rng(0)
lines, scores, above = [], [], []
for _ in range(2000):
    X_new = np.column_stack([np.ones(n), rng.normal(2, 1, n)])
    y_new = X_new @ [5, 2] + np.sqrt(2) * rng.normal(size=n)
    w = np.linalg.solve(X_new.T @ X_new, X_new.T @ y_new)
    lowest = np.mean((X_new @ w - y_new) ** 2)
    lines.append(w)
    scores.append(1 - lowest / y_new.var())
    above.append(np.mean((X_new @ [5, 2] - y_new) ** 2) - lowest)

# %% [markdown]
# Along the way this keeps, for each data set, by how much the loss of the true line
# exceeds the lowest.

# %%
print("spread of the lines", np.std(lines, axis=0).round(3))
print(f"R² {np.mean(scores):.3f} ± {np.std(scores):.3f}")
print(f"true line: {np.mean(above):.5f} above the lowest loss")

# %% [markdown]
# The lines scatter as the formula says, and along the valley
# ({numref}`fig-score-flat`). $R^2$ averages two thirds with a standard deviation of
# 0.017.

# %% tags=["hide-input"]
#| name: fig-score-flat
#| caption: Best lines of 2000 data sets, and the contours of the loss on our data,
#|   moved to the truth (+).
#| alt: Intercept against slope. A gray cloud of dots is long and narrow, from upper
#|   left to lower right, around a black cross at intercept 5, slope 2. Two blue
#|   ellipses around the cross have the shape and the direction of the cloud.
from helpers import BLACK

H = 2 / n * X.T @ X
i, j = np.linspace(4.6, 5.4, 101), np.linspace(1.83, 2.17, 101)
away = np.stack(np.meshgrid(i - 5, j - 2), axis=-1)
heights = np.sum(away @ H * away, axis=-1) / 2
figure, ax = plt.subplots(figsize=(5.4, 3.8))
ax.plot(*np.transpose(lines), ".", color=GRAY, ms=3, alpha=0.5)
ax.contour(i, j, heights, [0.004, 0.012], colors=BLUE)
ax.plot(5, 2, "+", color=BLACK, ms=12)
ax.set(xlabel="intercept", ylabel="slope", xlim=(4.6, 5.4))
ax.set(ylim=(1.83, 2.17), title="Flat directions are uncertain")
plt.show()

# %% [markdown]
# The last number has a formula too. On average, the true line lies
#
# ```{math}
# :label: score-excess
# \frac{p \, \sigma^2}{n}
# ```
#
# above the lowest loss {cite}`hastie2009`: each of the $p$ parameters lets the fit
# swallow one $n$-th of the noise variance $\sigma^2$. Here that is 0.004, the *fine
# mark* of {ref}`three-regimes`. A descent that has come closer than this to the lowest
# loss is done, because the truth itself is not that close.

# %% tags=["remove-cell"]
with checks("How far from the truth?"):
    display(reproduce("scikit-learn coef_b0", float(check.coef_[0, 0])))
    display(reproduce("scikit-learn coef_w1", float(check.coef_[0, 1])))
    claim("Intercept 5.005, slope 1.984", *check.coef_[0])
    given("Is that 5 and 2")
    in_errors = np.abs((w_best - [5, 2]) / errors)
    claim("by as much as half of its", in_errors.max() < 0.5)
    claim("draw 2000 fresh data sets", len(scores))
    claim("Best lines of 2000", len(lines))
    given("at intercept 5, slope 2")
    by_hessian = 2 * s2 / n * np.linalg.inv(H)
    claim(
        "You know that matrix",
        np.allclose(by_hessian, s2 * np.linalg.inv(X.T @ X)),
    )
    axes_of_cloud = np.linalg.eigh(np.cov(np.transpose(lines)))[1]
    aligned = abs(axes_of_cloud[:, 1] @ np.linalg.eigh(H)[1][:, 0])
    claim("and along the valley", aligned > 0.99)
    ratios = np.std(lines, axis=0) / errors
    claim("as the formula says", np.abs(ratios - 1).max() < 0.06)
    claim("averages two thirds", abs(np.mean(scores) - 2 / 3) < 0.002)
    claim("deviation of 0.017", np.std(scores))
    claim("Here that is 0.004", 2 * 2 / n)
    claim(
        "On average, the true line",
        abs(np.mean(above) / 0.004 - 1) < 0.07,
    )

# %% [markdown]
# ## A score has a direction
#
# And the notebook's 0.5143? The definition sets the residuals against the spread of the
# *truth*:
#
# ```{math}
# :label: regimes-r2
# R^2 = 1 - \frac{\sum_i (y_i - \hat y_i)^2}{\sum_i (y_i - \bar y)^2}
# ```
#
# In scikit-learn that is `r2_score(truth, prediction)`, in this order
# {cite}`sklearn_r2`. The notebook hands over the prediction first.

# %%
from sklearn.metrics import r2_score

prediction = X @ w_best
print(f"prediction first: {r2_score(prediction, y):.4f}")
print(f"truth first:      {r2_score(y, prediction):.4f}")

# %% [markdown]
# The swapped order sets the same residuals against the spread of the *predictions*.
# Now turn the line around the center of the data. Would the swapped score like it
# steeper, or flatter?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Steeper. A steeper line predicts more widely, so the denominator grows. At the best
# slope the residuals hardly change at first, so the score gains until they do.
# :::

# %%
slopes = np.linspace(1.4, 4, 105)
right, swapped = [], []
for slope in slopes:
    turned = y.mean() + slope * (x - x.mean())
    right.append(r2_score(y, turned))
    swapped.append(r2_score(turned, y))
for score in (right, swapped):
    print(f"best at slope {slopes[np.argmax(score)]:.2f}")

# %% [markdown]
# {numref}`fig-score-direction` draws both. To be safe, name the arguments, `y_true=`
# and `y_pred=`.

# %% tags=["hide-input"]
#| name: fig-score-direction
#| caption: Both scores of all lines through the center of the data.
#| alt: Score against slope from 1.4 to 4, two hills. The right score, a solid line,
#|   peaks at 0.67 above the slope 1.98 and falls to both sides. The swapped score, a
#|   dashed line, rises past that slope and peaks at the same height near 2.95.
figure, ax = plt.subplots()
ax.plot(slopes, right, color=BLUE)
ax.plot(slopes, swapped, color=GRAY, linestyle="--")
ax.text(1.5, 0.69, "truth first", color=BLUE)
ax.text(3.1, 0.69, "swapped", color=GRAY)
ax.set(xlabel="slope", ylabel="score", ylim=(0.2, 0.75))
ax.set_title("Swapped, the score wants another line")
plt.show()

# %% tags=["remove-cell"]
with checks("A score has a direction"):
    published = "scikit-learn r2 (arguments in the published order: prediction first)"
    display(reproduce(published, r2_score(prediction, y)))
    claim("And the notebook's 0.5143", r2_score(prediction, y))
    given("from 1.4 to 4")
    claim("peaks at 0.67 above the slope 1.98", max(right), w_best[1])
    steep = slopes[np.argmax(swapped)]
    r2 = r2_score(y, prediction)
    claim(
        "the same height near 2.95", abs(steep - w_best[1] / r2) < 0.02
    )
    claim("at the same height", abs(max(right) - max(swapped)) < 0.001)
    claim("Steeper. A steeper line", steep > w_best[1] + 0.5)

# %% tags=["remove-cell"]
with checks("How good can a score get?"):
    claim("of 0.67", r2)
    claim("prints 0.5143 for the same line", r2_score(prediction, y))
    claim("the thousand points", n == 1000)

# %% [markdown]
# ## Does a score see missing rows?
#
# Fit a line to the first 63 rows only, as a loop with a wrong index might, and score it
# on all:

# %%
w_few = np.linalg.lstsq(X[:63], y[:63], rcond=None)[0]
above = np.mean((X @ w_few - y) ** 2) - np.mean(residual**2)
for name, w in (("63 rows", w_few), ("all", w_best)):
    print(f"{name:7} R² {r2_score(y, X @ w):.3f}")
print(f"excess {above:.3f}, in fine marks {above / (2 * s2 / n):.0f}")

# %% [markdown]
# Alone, 0.655 looks sound: the best line scores that on many a data set (two thirds,
# give or take 0.017). Beside the best line's score on the *same* data it is not: the
# loss is 27 marks too high. Is it a bad fit, then? Draw 63 rows at random, a thousand
# times:

# %%
few = [rng.permutation(n)[:63] for _ in range(1000)]
fits = [np.linalg.lstsq(X[k], y[k], rcond=None)[0] for k in few]
scores_few = [r2_score(y, X @ w) for w in fits]
print(np.percentile(scores_few, [5, 50, 95]).round(3))

# %% [markdown]
# Among those it is nothing special. It is a sound fit of few rows, and the data hold
# sixteen times as many. So compare scores on the same data, and count the rows.

# %% tags=["remove-cell"]
with checks("Does a score see missing rows?"):
    given("the first 63 rows", "Draw 63 rows")
    claim("Alone, 0.655 looks", r2_score(y, X @ w_few))
    claim("give or take 0.017", np.std(scores))
    claim("is 27 marks too high", above / (2 * s2 / n))
    claim("a thousand times", len(few) == 1000)
    low, high = np.percentile(scores_few, [5, 95])
    claim("it is nothing special", low < r2_score(y, X @ w_few) < high)
    claim("sixteen times as many", round(n / 63) == 16)

# %% [markdown]
# ## Count the rows
#
# Where batches are cut by hand, an index can go wrong without an error. Here are a
# correct loop and one with a slip:


# %%
import torch
from torch import nn

inputs = torch.tensor(X, dtype=torch.float32)  # (1000, 2)
targets = torch.tensor(y[:, None], dtype=torch.float32)


def correct(model, order, inputs, targets):
    for rows in order.split(32):
        yield ((model(inputs[rows]) - targets[rows]) ** 2).mean()


def slipped(model, order, inputs, targets):
    for _ in order.split(32):  # draws rows, and forgets them
        yield ((model(inputs) - targets) ** 2).mean()


# %% [markdown]
# (`yield` hands out one loss at a time, for whoever asks.) You could read the code. Or
# let the model keep the books: a *forward pre-hook* is a function that PyTorch calls
# just before the model runs, with the model and a tuple of its inputs. All $x$ here
# differ, so to count them is to count rows.


# %%
def times_fed(loop, inputs, targets):
    model, fed = nn.Linear(2, 1, bias=False), []
    model.register_forward_pre_hook(
        lambda model, given: fed.append(given[0])
    )
    for _ in loop(model, torch.randperm(n), inputs, targets):
        pass  # one epoch
    return torch.cat(fed)[:, 1].unique(return_counts=True)[1]


for loop in (correct, slipped):
    times = times_fed(loop, inputs, targets)
    print(f"{loop.__name__}: {len(times)} rows,", end=" ")
    print(f"{times.min()} to {times.max()} times each")

# %% [markdown]
# The second loop works off all the data 32 times an epoch. So does the one that the
# notebook races as its mini-batch descent: it computes where a batch of 32 starts and
# stops, and then indexes with the list of all 1000 rows, unshuffled. Its epoch is 32
# steps of batch descent. (Its later run with a {ref}`DataLoader <dataloader>` does use
# 32 shuffled rows a step.)

# %% tags=["remove-cell"]
with checks("Count the rows"):
    claim("All x here differ", len(np.unique(inputs[:, 1])) == n)
    fed = times_fed(slipped, inputs, targets)
    claim("off all the data 32 times an epoch", int(fed.min()))
    claim(
        "The second loop works off all the data",
        (fed == 32).all().item(),
    )
    given(
        "a batch of 32 starts",
        "Its epoch is 32",
        "use 32 shuffled rows",
    )
    claim("the list of all 1000 rows", len(fed))

# %% [markdown]
# ## What to keep
#
# - Noise sets the best score. Know it before you call a model good or bad.
# - Standard errors say how far a fit may lie from the truth, and when a descent is
#   done. They are large where the loss is flat.
# - `r2_score` takes the truth first. Swapped, it likes lines that are too steep.
# - A good score is no proof that all rows were used. Compare on the same data, and
#   count.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-score-noise
# Someone draws one noise and adds it twice: `noise = rng.normal(size=n)`, then
# `y = 5 + 2 * x + noise + noise`. Show that the best possible $R^2$ is now 0.50, then
# draw.
# ::::
#
# ```{solution-start} ex-score-noise
# :class: dropdown
# ```
#
# Twice the same noise has twice the standard deviation, so four times the variance: 4
# instead of 2. The best $R^2$ is $4 / (4 + 4)$, one half. Variances add only for
# *independent* noises.

# %%
feature, same = rng.normal(2, 1, 200_000), rng.normal(size=200_000)
score = r2_score(5 + 2 * feature + same + same, 5 + 2 * feature)
print(f"R² {score:.2f}")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("is now 0.50", score)
    doubled = np.isclose((same + same).std(), 2 * same.std())
    claim("Twice the same noise has twice the", doubled)
    claim(
        "four times the variance: 4 instead of 2",
        (same + same).var(),
        2 * same.var(),
    )
    claim("is 4 / (4 + 4)", (2 * feature).var(), 4, (same + same).var())

# %% [markdown]
# ::::{exercise}
# :label: ex-score-reverse
# The swapped score is best at a slope of 2.95. Fit $x$ from $y$ by least squares, and
# turn that line around, so that it gives $y$ from $x$. Compare, and explain.
# ::::
#
# ```{solution-start} ex-score-reverse
# :class: dropdown
# ```

# %%
slope_of_x, _ = np.polyfit(y, x, 1)
print(f"{1 / slope_of_x:.2f}")

# %% [markdown]
# It is the same slope. The spread of a line's predictions is the squared slope times
# that of $x$. Dividing by it turns residuals in $y$ into residuals in $x$, so the
# swapped score is the $R^2$ of predicting $x$ from $y$. Both lines are best, each for
# its own question.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("best at a slope of 2.95", w_best[1] / r2)
    claim(
        "It is the same slope",
        abs(1 / slope_of_x - w_best[1] / r2) < 1e-8,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-score-slice
# This loop runs without an error. What is wrong, and how many of the 1000 rows does it
# never look at? Reason first, then ask `times_fed`.
#
# ```python
# def overlapping(model, order, inputs, targets):
#     for k in range(32):
#         rows = slice(k, k + 32)
#         yield ((model(inputs[rows]) - targets[rows]) ** 2).mean()
# ```
# ::::
#
# ```{solution-start} ex-score-slice
# :class: dropdown
# ```
#
# A batch should begin at `32 * k` and begins at `k`. So the loop sees the rows 0 to 62,
# and those in the middle again and again. It also ignores `order`.


# %%
def overlapping(model, order, inputs, targets):
    for k in range(32):
        rows = slice(k, k + 32)
        yield ((model(inputs[rows]) - targets[rows]) ** 2).mean()


times = times_fed(overlapping, inputs, targets)
print(f"{n - len(times)} rows never seen")

# %% [markdown]
# That makes 937: a line from this loop is one of few rows.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("of the 1000 rows does it", n)
    claim("the rows 0 to 62", 0, len(times) - 1)
    claim("That makes 937", n - len(times))

# %% [markdown]
# ## Sources and further reading
#
# {cite}`hastie2009` derives standard errors and $p\,\sigma^2/n$. The line and its check
# are from {cite}`nn_gradient_descent`, the solver from {cite}`pedregosa2011`.
