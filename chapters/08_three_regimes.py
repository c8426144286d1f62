# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (three-regimes)=
# # One loop, three regimes
#
# A published {ref}`notebook <source-nn-gradient-descent>`, *Neural Networks, Gradient
# Descent* {cite}`nn_gradient_descent`, fits one line in three ways. Each step is to
# look at all 1000 examples, or at 32, or at one, and the three ways get 4500, 300 and
# 500 epochs. Run as described, with these budgets, only the last of them arrives. And
# the score, computed in the notebook's way, prefers a line that has not arrived. And
# the loop for 32 examples feeds all 1000. What would be a fair race, and who would win
# it?

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %% [markdown]
# :::{admonition} Before you start
# :class: tip
# - **You will** write one PyTorch loop for all three ways, check which rows it uses,
#   predict how far Adam gets, separate noise from the logging of noise, and time a race
#   by several clocks.
# - **You need** the loop from {ref}`descent`, the mean squared error from
#   {ref}`penguins`, and the best learning rate from {ref}`conditioning`.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## A line and its noise
#
# The data are made, so you know the truth: intercept 5, slope 2. To get the notebook's
# numbers, take NumPy's old {term}`generator`, its seed, and its order of drawing. The
# noise comes in two portions. The model wants float32: a design matrix with a column of
# ones, as for the {ref}`penguins`, and the targets as a column.

# %%
import numpy as np

np.random.seed(37)
n = 1000
x = np.random.normal(2, 1, n)
y = np.random.normal(5 + 2 * x, 1)  # the first noise
y = y + np.random.normal(0, 1, n)  # the second noise
X = np.column_stack([np.ones(n), x]).astype(np.float32)
y = y.astype(np.float32)[:, None]
print(X.shape, y.shape)

# %% [markdown]
# {numref}`fig-line-data` shows them around the line that they come from.

# %% tags=["hide-input"]
#| name: fig-line-data
#| caption: The line is known, and the noise around it is two noises.
#| alt: A cloud of 1000 gray points, feature x from about −1 to 5, target y from about
#|   0 to above 15. A blue line rises through the middle of the cloud. Two dashed lines
#|   run parallel to it, two standard deviations of the noise above and below, and
#|   nearly all points lie between them.
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY, use_book_style

use_book_style()
figure, ax = plt.subplots()
ax.plot(x, y[:, 0], ".", color=GRAY, ms=3, alpha=0.6, rasterized=True)
ends = np.array([-1.5, 5.2])
ax.plot(ends, 5 + 2 * ends, color=BLUE)
for side in (-2, 2):
    band = 5 + 2 * ends + side * np.sqrt(2)
    ax.plot(ends, band, color=BLUE, linestyle="--", linewidth=1)
ax.text(-1.4, 13.5, "5 + 2x, and two standard\ndeviations to each side", color=BLUE)
ax.set(xlabel="x", ylabel="y", title="One line, two noises")
plt.show()

# %% [markdown]
# Independent noises add in variance, so the noise has variance 2, not 1. The line's own
# variance is that of $2x$, which is 4. This sets a best score. $R^2$ is the share of
# the variance of $y$ that a model explains, and on fresh data *no* model of $x$ can
# explain more than $4 / (4 + 2)$, two thirds.

# %% tags=["remove-cell"]
from IPython.display import display

from helpers import checks, claim, given, reproduce

with checks("A line and its noise"):
    display(reproduce("X.shape", list(X.shape)))
    display(reproduce("y.shape", list(y.shape)))
    given("intercept 5, slope 2")
    noise = y[:, 0] - (5 + 2 * x)
    claim("A cloud of 1000 gray points", x.size)
    claim("from about -1 to 5", -1.5 < x.min() < -1 and 4.5 < x.max() < 5.2)
    claim("from about 0 to above 15", -1.5 < y.min() < 1 and 15 < y.max() < 18.5)
    inside = np.mean(np.abs(noise) < 2 * np.sqrt(2))
    claim("nearly all points lie between them", 0.94 < inside < 0.97)
    claim("the noise has variance 2, not 1", abs(noise.var() - 2) < 0.2)
    claim("which is 4", (2 * x).var())

# %% [markdown]
# ## The answer first
#
# For a line you need no descent. Scikit-learn solves the equations, as the notebook
# does for a check.

# %%
from sklearn.linear_model import LinearRegression

check = LinearRegression(fit_intercept=False).fit(X, y)  # X has its own ones
print(check.coef_)

# %% [markdown]
# Intercept 5.005, slope 1.984. Is that 5 and 2? Other noise would give another line.
# The **{term}`standard error`** says how far such lines scatter around the truth. You
# can compute it from one data set: with $s^2$ for the variance of the residuals, take
# the square roots of the diagonal of $s^2 (X^\top X)^{-1}$.

# %%
X64, y64 = X.astype(float), y[:, 0].astype(float)
w_best = np.linalg.solve(X64.T @ X64, X64.T @ y64)
residual = y64 - X64 @ w_best
s2 = residual @ residual / (n - 2)
errors = np.sqrt(np.diag(s2 * np.linalg.inv(X64.T @ X64)))
for name, w, error, truth in zip(
    ("intercept", "slope"), w_best, errors, (5, 2), strict=True
):
    off = (w - truth) / error
    print(f"{name:9} {w:.3f} ± {error:.3f}, off by {off:+.2f}")
print(f"variance of the noise: {s2:.2f}")

# %% [markdown]
# Behind the ± stands the standard error, and "off" counts in standard errors. Neither
# number differs from the truth by as much as half of one. To divide by $n - 2$ makes up
# for the two parameters, which were fitted to the same noise. (The variance of the
# noise comes out as 1.84. The standard error of a variance $\sigma^2$ is
# $\sigma^2 \sqrt{2 / (n - 2)}$, and 1.84 lies 1.7 of these below 2, as happens now and
# then.) Put the formula for the line to the test: draw 2000 fresh data sets, and fit
# each.

# %%
rng = np.random.default_rng(0)
fresh_x = rng.normal(2, 1, (2000, n))
fresh_y = 5 + 2 * fresh_x + np.sqrt(2) * rng.normal(size=(2000, n))
sd_x, sd_y = fresh_x.std(axis=1), fresh_y.std(axis=1)
covariance = (fresh_x * fresh_y).mean(1) - fresh_x.mean(1) * fresh_y.mean(1)
slopes, r_squared = covariance / sd_x**2, (covariance / (sd_x * sd_y)) ** 2
print(f"slopes {slopes.mean():.3f} ± {slopes.std():.3f}")
print(f"R² {r_squared.mean():.3f} ± {r_squared.std():.3f}")

# %% [markdown]
# The slopes scatter by 0.045, as the formula said, and $R^2$ averages 0.666 with a
# standard deviation of 0.017. So a score of two thirds is no sign of a mediocre model.
# It is the best there is.
#
# Standard errors also say when a descent is done: there is no point in coming closer to
# the least-squares line than that line is to the truth. Measure the distance by the
# **excess loss**, the loss above the lowest one:
#
# ```{math}
# :label: regimes-excess
# L(\mathbf{w}) - L(\mathbf{w}^*) = \frac{1}{n} \lVert X (\mathbf{w} - \mathbf{w}^*)
#   \rVert^2
# ```
#
# How far above the lowest loss is the truth itself? On average over many data sets,
# $p\,\sigma^2 / n$ {cite}`hastie2009`: each of the $p$ parameters lets the fit swallow
# one $n$-th of the noise variance $\sigma^2$. With $s^2$ in place of $\sigma^2$, take
# that as the tolerance.

# %%
gram = X64.T @ X64 / n


def excess_loss(w, w_best, gram):  # w has shape (..., 2)
    d = np.asarray(w, float) - w_best
    return np.einsum("...i,...i->...", d @ gram, d)


tolerance = 2 * s2 / n
print(f"best loss {residual @ residual / n:.4f}, tolerance {tolerance:.4f}")

# %% [markdown]
# An excess loss of 0.0037 is the finishing line for everything below.

# %% tags=["remove-cell"]
with checks("The answer first"):
    display(reproduce("scikit-learn coef_b0", float(check.coef_[0, 0])))
    display(reproduce("scikit-learn coef_w1", float(check.coef_[0, 1])))
    claim("Intercept 5.005, slope 1.984", *check.coef_[0])
    given("Is that 5 and 2", "of these below 2")
    in_errors = (w_best - [5, 2]) / errors
    claim("by as much as half of one", np.abs(in_errors).max() < 0.5)
    claim("comes out as 1.84", s2)
    error_of_variance = 2 * np.sqrt(2 / (n - 2))
    claim("and 1.84 lies 1.7 of these", s2, (2 - s2) / error_of_variance)
    claim("draw 2000 fresh data sets", len(slopes))
    claim("The slopes scatter by 0.045", slopes.std())
    intercepts = fresh_y.mean(1) - slopes * fresh_x.mean(1)
    ratios = np.array([intercepts.std(), slopes.std()]) / errors
    claim("as the formula said", np.abs(ratios - 1).max() < 0.06)
    mean_score, spread = r_squared.mean(), r_squared.std()
    claim("averages 0.666 with a standard deviation of 0.017", mean_score, spread)
    w_try = np.array([4.0, 2.2])
    above = np.mean((y64 - X64 @ w_try) ** 2) - residual @ residual / n
    claim("above the lowest one", np.isclose(excess_loss(w_try, w_best, gram), above))
    to_truth = 5 + 2 * fresh_x - intercepts[:, None] - slopes[:, None] * fresh_x
    claim("On average over many", abs((to_truth**2).mean() / (2 * 2 / n) - 1) < 0.06)
    claim("An excess loss of 0.0037", tolerance)

# %% [markdown]
# ## The loop in PyTorch
#
# A *tensor* is PyTorch's array. With `requires_grad` it records what is done with it;
# `backward` walks the record back and leaves the gradient in `grad`.

# %%
import torch

inputs, targets = torch.from_numpy(X), torch.from_numpy(y)
w = torch.zeros(2, 1, requires_grad=True)
loss = ((inputs @ w - targets) ** 2).mean()
loss.backward()
by_hand = 2 / n * X64.T @ (0 - y64)
print("autograd", w.grad[:, 0].numpy().round(3))
print("by hand ", by_hand.round(3))

# %% [markdown]
# Larger models keep their tensors in a *module*. This one is a linear layer from two
# inputs to one output. It has no bias, since $X$ has a column of ones. An
# *{term}`optimizer`* holds the update rule. Here is the loop, written out:

# %%
from torch import nn


def train(model, optimizer, orders, batch_size, inputs, targets):
    path = []
    for order in orders:  # one epoch: all rows, in this order
        for rows in order.split(batch_size):  # one step
            loss = nn.functional.mse_loss(model(inputs[rows]), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            path.append(model.weight.detach().clone())
    return torch.cat(path)  # shape (updates, 2)


# %% [markdown]
# An order is a shuffled list of row numbers, and `split` cuts it into batches. The
# **{term}`batch size`** $b$ is the only difference between the three regimes: $b = n$
# is *batch gradient descent*, $b = 1$ is *{term}`stochastic gradient descent`*, and
# everything between works with *{term}`mini-batches <mini-batch>`*. Give each of them
# three epochs of plain descent.

# %%
regimes = {"batch": 1000, "mini-batch": 32, "stochastic": 1}
for name, batch_size in regimes.items():
    torch.manual_seed(0)
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    orders = [torch.randperm(n) for epoch in range(3)]
    path = train(model, optimizer, orders, batch_size, inputs, targets)
    excess = excess_loss(path[-1], w_best, gram)
    print(f"{name:10} {len(path):5,} updates, excess {excess:6.3f}")

# %% [markdown]
# Every regime sees every row three times. Batch descent makes three updates of that,
# mini-batches 96 (32 batches an epoch, the last one with the 8 rows that remain), and
# single examples 3000. Keep this in mind when regimes are compared by epochs.

# %% tags=["remove-cell"]
with checks("The loop in PyTorch"):
    gradient = w.grad[:, 0].numpy()
    claim("leaves the gradient in grad", np.allclose(gradient, by_hand, rtol=1e-5))
    claim("three updates of that", len(orders) * len(orders[0].split(n)) == 3)
    of_32 = orders[0].split(32)
    claim("mini-batches 96 (32 batches an epoch", 3 * len(of_32), len(of_32))
    claim("the 8 rows that remain", len(of_32[-1]))
    claim("single examples 3000", len(path))

# %% [markdown]
# ## Which rows does the model get?
#
# Where batches are cut by hand, an index can go wrong without any error. So ask of
# every such loop: which rows does it really feed to the model? Here are a correct loop
# and two with a slip.


# %%
def correct(model, order, inputs, targets):
    for rows in order.split(32):
        yield nn.functional.mse_loss(model(inputs[rows]), targets[rows])


def whole_data(model, order, inputs, targets):
    for _ in order.split(32):  # draws rows, and forgets them
        yield nn.functional.mse_loss(model(inputs), targets)


def overlapping(model, order, inputs, targets):
    for k in range(32):  # should begin at 32 * k, and begins at k
        rows = slice(k, k + 32)
        yield nn.functional.mse_loss(model(inputs[rows]), targets[rows])


# %% [markdown]
# You could read the code. Or let the model keep the books: a *forward pre-hook* is a
# function that PyTorch calls before the model runs, with the model and a tuple of its
# inputs. All $x$ differ here, so to count them is to count the rows. (The three loops
# `yield`, so they start to work only when `times_fed` asks them for losses, with the
# hook in place.)


# %%
def times_fed(model, losses):
    fed = []
    hook = model.register_forward_pre_hook(lambda _, given: fed.append(given[0]))
    for _ in losses:  # one epoch
        pass
    hook.remove()
    return torch.cat(fed)[:, 1].unique(return_counts=True)[1]


for loop in (correct, whole_data, overlapping):
    times = times_fed(model, loop(model, torch.randperm(n), inputs, targets))
    span = f"{times.min()} to {times.max()} times"
    print(f"{loop.__name__:11} {len(times):4} rows, {span}")

# %% [markdown]
# The second loop works off all the data 32 times an epoch. So does the one that the
# notebook races as its mini-batch descent: it computes where a batch of 32 starts and
# stops, and then indexes with the list of all 1000 rows, unshuffled. Its epoch is 32
# steps of batch descent. This is why its curve is as smooth as that of batch descent.
# The notebook puts its smooth curves and the bouncing stochastic one down to
# randomization of the data. Of its three loops only the stochastic one draws rows at
# random; what makes that curve bounce, you will see below. (Its later run with a
# {ref}`DataLoader <dataloader>` does use 32 shuffled rows a step.) The third loop never
# looks at 937 of the rows. Would the score have told you? Train with each loop from
# three seeds, and print the mean score. Print also how far the line is off, in standard
# errors, as above, but from the least-squares line.

# %%
from sklearn.metrics import r2_score


def trained(loop, seed):
    torch.manual_seed(seed)
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    for _ in range(20):
        for loss in loop(model, torch.randperm(n), inputs, targets):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model.weight.detach().numpy()[0].astype(float)


ends_of = {}
for loop in (correct, whole_data, overlapping):
    ends_of[loop.__name__] = np.stack([trained(loop, seed) for seed in range(3)])

# %% [markdown]
# That gives three lines for each loop. Score them:

# %%
for name, ends in ends_of.items():
    score = np.mean([r2_score(y64, X64 @ w) for w in ends])
    off = ((ends - w_best) / errors).mean(axis=0)
    print(f"{name:11} R² {score:.3f}, off {off[0]:+.1f} and {off[1]:+.1f}")

# %% [markdown]
# Hardly. The best score, 0.673, goes to a faulty loop: with all the data in every step
# there is no noise, at 32 times the cost. The loop that ignores most of the rows scores
# 0.656, which is as good as a sound fit scores on many a data set (0.666, give or take
# 0.017). Yet its intercept is off by more than 4 standard errors, and its slope by more
# than 6. The score does not see it; the standard errors do.

# %% tags=["remove-cell"]
with checks("Which rows does the model get?"):
    claim("All x differ here", len(np.unique(X[:, 1])) == n)
    fed = {
        loop.__name__: times_fed(model, loop(model, torch.randperm(n), inputs, targets))
        for loop in (correct, whole_data, overlapping)
    }
    all_rows_32_times = (fed["whole_data"] == 32).all() and len(fed["whole_data"]) == n
    claim("works off all the data 32 times an epoch", all_rows_32_times)
    given("a batch of 32 starts", "Its epoch is 32 steps", "use 32 shuffled rows")
    claim("the list of all 1000 rows", n)
    claim("looks at 937 of the rows", n - len(fed["overlapping"]))
    score_of = {
        name: np.mean([r2_score(y64, X64 @ w) for w in ends])
        for name, ends in ends_of.items()
    }
    claim("The best score, 0.673", score_of["whole_data"])
    claim("goes to a faulty loop", max(score_of, key=score_of.get) == "whole_data")
    rows_read = {name: int(times.sum()) for name, times in fed.items()}
    claim("at 32 times the cost", rows_read["whole_data"] / rows_read["correct"])
    claim("scores 0.656", score_of["overlapping"])
    claim("0.666, give or take 0.017", r_squared.mean(), r_squared.std())
    off_by = {name: np.abs(ends - w_best) / errors for name, ends in ends_of.items()}
    farthest, least = off_by["correct"].max(), off_by["overlapping"].min(axis=0)
    claim("off by more than 4 standard errors", least[0])
    claim("its slope by more than 6", least[1])
    claim("the standard errors do", farthest < 2)

# %% [markdown]
# ## Three budgets
#
# Now run the notebook's three budgets, with a loop that cuts its batches correctly. The
# notebook explains plain descent and runs **{term}`Adam`** {cite}`kingma2015`. Adam
# keeps a running mean of the gradient, $\mathbf{m}$, and of its square, $\mathbf{v}$,
# and updates by
#
# ```{math}
# :label: regimes-adam
# \mathbf{w}_{k+1} = \mathbf{w}_k - \eta \,
#   \frac{\hat{\mathbf{m}}_k}{\sqrt{\hat{\mathbf{v}}_k} + \epsilon}
# ```
#
# The hats stand for a correction of the start at zero, and all operations go element by
# element.


# %%
def adam(state, gradient, learning_rate):
    w, m, v, k = state
    k = k + 1
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient**2
    m_hat, v_hat = m / (1 - 0.9**k), v / (1 - 0.999**k)
    return w - learning_rate * m_hat / (v_hat**0.5 + 1e-8), m, v, k


# %% [markdown]
# Look at the fraction. A gradient that keeps its sign and size cancels out of it and
# leaves one. So Adam moves a parameter by about $\eta$ per step, however steep the
# loss, and by less when the gradient shrinks or changes its sign. (By more only while
# the gradient grows fast, which it does not on the way to this minimum.) With the
# notebook's $\eta = 0.001$ this allows a **prediction**. PyTorch starts each of the two
# parameters at random, within 0.71 of zero, so the intercept has about 5 to go. 4500
# batch steps cover at most about 4.5, and only if the gradient keeps its size to the
# end, which no gradient does that leads to a minimum. Batch descent will not arrive.
#
# To test it from many starts you need speed, since the stochastic regime alone takes
# 500,000 updates. So compile the same loop with `lax.scan`, as in {ref}`descent`. A
# scan wants batches of equal size: pad the last one with $-1$, and give such rows no
# weight.

# %%
import jax
import jax.numpy as jnp


def in_batches(orders, batch_size):  # (..., epochs, n) to (..., steps, batch_size)
    missing = -orders.shape[-1] % batch_size
    widths = [(0, 0)] * (orders.ndim - 1) + [(0, missing)]
    padded = np.pad(orders, widths, constant_values=-1)
    return padded.reshape(*orders.shape[:-2], -1, batch_size)


def batch_loss(w, rows, X, y):
    used = rows >= 0
    return jnp.sum(used * (X[rows] @ w - y[rows]) ** 2) / jnp.sum(used)


# %% [markdown]
# The scan takes one step per batch. It returns the parameters after each step, and the
# batch's loss before it.

# %%
from functools import partial


@partial(jax.jit, static_argnames="update")
def scan_train(state, batches, learning_rate, update, X, y):
    def step(state, rows):
        loss, gradient = jax.value_and_grad(batch_loss)(state[0], rows, X, y)
        state = update(state, gradient, learning_rate)
        return state, (state[0], loss)

    return jax.lax.scan(step, state, batches)


# %% [markdown]
# `vmap` runs many descents side by side: one for each start, with one list of batches
# for all of them or one for each. To compile takes longer than to run. So compile one
# block of steps for each batch size, and call it again and again.

# %%
blocks = {1000: 300, 32: 640, 1: 1000}  # batch size: steps in a block


@partial(jax.jit, static_argnames="update")
def run_block(state, batches, learning_rate, update, X, y):
    each = None if batches.ndim == 2 else 0  # one list of batches for all, or one each
    axes = (0, each, None, None, None, None)
    side_by_side = jax.vmap(scan_train, in_axes=axes)
    return side_by_side(state, batches, learning_rate, update, X, y)


def many_runs(update, learning_rate, starts, batches):  # path: (runs, updates, 2)
    state = starts, 0 * starts, 0 * starts, np.zeros(len(starts), np.int32)
    rate, parts = np.float32(learning_rate), []
    size = blocks[batches.shape[-1]]
    for k in range(0, batches.shape[-2], size):
        block = batches[..., k : k + size, :]
        state, part = run_block(state, block, rate, update, X, y[:, 0])
        parts.append(part)
    return [np.concatenate(kept, axis=1) for kept in zip(*parts, strict=True)]


# %% [markdown]
# A rewritten loop is a claim. Feed both the same rows in the same order, and compare
# after every single update.

# %%
some_epochs = {"batch": 100, "mini-batch": 5, "stochastic": 1}
gaps = {}  # regime: the largest difference of any update
for name, batch_size in regimes.items():
    torch.manual_seed(0)
    model = nn.Linear(2, 1, bias=False)
    start = model.weight.detach().numpy()[0].copy()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    orders = torch.stack([torch.randperm(n) for _ in range(some_epochs[name])])
    by_torch = train(model, optimizer, orders, batch_size, inputs, targets)
    batches = in_batches(orders.numpy(), batch_size)
    state = start, 0 * start, 0 * start, 0
    _, (by_scan, _) = scan_train(state, batches, 0.001, adam, X, y[:, 0])
    gaps[name] = np.abs(by_torch.numpy() - by_scan).max()
    print(f"{name:10} {len(by_torch):5,} updates, same: {gaps[name] < 0.00001}")

# %% [markdown]
# The same path, to within 0.00001. Now take the three budgets in full, from PyTorch's
# random starts for 20 seeds. Every epoch of every run gets a shuffle of its own.

# %%
from time import perf_counter


def start_of(seed):
    torch.manual_seed(seed)
    return nn.Linear(2, 1, bias=False).weight.detach().numpy()[0]


def shuffled(rng, runs, epochs):
    in_order = np.arange(n, dtype=np.int32)
    return rng.permuted(np.tile(in_order, (runs, epochs, 1)), axis=2)


rng = np.random.default_rng(0)
starts = np.stack([start_of(seed) for seed in range(20)])
batches = {
    "batch": in_batches(shuffled(rng, 1, 4500)[0], 1000),
    "mini-batch": in_batches(shuffled(rng, 20, 300), 32),
    "stochastic": in_batches(shuffled(rng, 20, 500), 1),
}

# %% [markdown]
# (For the batch regime an order means nothing, so all its runs may share one.)

# %%
start_time = perf_counter()
finals = {}  # regime: the last parameters of its 20 runs
runs = {name: many_runs(adam, 0.001, starts, batches[name]) for name in batches}
for name, (path, _) in runs.items():
    w = finals[name] = np.asarray(path[:, -1], float)
    (a, b), (sd_a, sd_b) = w.mean(axis=0), w.std(axis=0, ddof=1)
    within = excess_loss(w, w_best, gram) <= tolerance
    print(f"{name}, {path.shape[1]:,} updates: {within.sum()} arrive")
    print(f"  intercept {a:.2f} ± {sd_a:.2f}, slope {b:.2f} ± {sd_b:.2f}")
print(f"60 runs took {perf_counter() - start_time:.1f} s")

# %% [markdown]
# As predicted, no batch run arrives: the intercepts end at 2.96, give or take 0.32, the
# standard deviation over the runs. They have moved by 2.98 on average, and not by 4.5.
# The gradient shrinks on the way, and then $\mathbf{v}$, which remembers about a
# thousand steps, still holds larger gradients than $\mathbf{m}$, which remembers about
# ten. The fraction falls below one, and the last steps move the intercept by 0.0003
# only. The slopes have gone too far, to 2.64, and have to come back. Mini-batches, with
# 9,600 updates, come closer and do not arrive either. The stochastic runs do, 20 out of
# 20. {numref}`fig-regimes-ends` shows where all 60 end.

# %% tags=["hide-input"]
#| name: fig-regimes-ends
#| caption: The inset enlarges the small ellipse, which is the tolerance. All
#|   stochastic runs end in it, and the truth (+) lies in it as well. Thin contour lines
#|   mark excess losses of 0.03, 0.3, 1 and 3.
#| alt: The plane of intercept and slope. Gray contour lines form a long valley that
#|   falls from upper left to lower right. Orange dots, the ends of the batch runs, lie
#|   far up the valley, widely scattered. Green dots, the mini-batch runs, lie in a row
#|   on the valley floor, more than halfway down. Blue dots, the stochastic runs, are
#|   crowded within a small ellipse, which also holds a cross at the truth. An inset
#|   enlarges the ellipse, with all the blue dots near its center.
from helpers import BLACK, GREEN, ORANGE
from helpers.figures import WHITE

colors = {"stochastic": BLUE, "mini-batch": GREEN, "batch": ORANGE}
i, j = np.meshgrid(np.linspace(2.2, 5.6, 171), np.linspace(1.4, 3.1, 171))
height = excess_loss(np.stack([i, j], axis=-1), w_best, gram)
figure, ax = plt.subplots(figsize=(5.4, 4.2))
levels = [0.03, 0.3, 1, 3]
ax.contour(i, j, height, levels, colors=GRAY, linewidths=0.7)
for name, w in finals.items():
    ax.plot(*w.T, "o", color=colors[name], ms=4, alpha=0.7)
inset = ax.inset_axes([0.05, 0.05, 0.33, 0.36])
inset.plot(*finals["stochastic"].T, "o", color=BLUE, ms=3, alpha=0.7)
near_i, near_j = np.meshgrid(np.linspace(4.8, 5.2, 81), np.linspace(1.88, 2.09, 81))
near = excess_loss(np.stack([near_i, near_j], axis=-1), w_best, gram)
for panel, grid in ((ax, (i, j, height)), (inset, (near_i, near_j, near))):
    panel.contour(*grid, [tolerance], colors=BLACK, linewidths=1.2)
    panel.plot(5, 2, "+", color=BLACK, ms=10)
inset.set(xticks=[], yticks=[])
label = {"va": "center", "bbox": {"facecolor": WHITE, "edgecolor": "none"}}
ax.text(3.15, 2.9, "batch:\n4500 updates", color=ORANGE, **label)
ax.text(4.4, 2.47, "mini-batch:\n9600 updates", color=GREEN, **label)
ax.text(4.1, 1.65, "stochastic:\n500,000 updates", color=BLUE, **label)
ax.set(xlabel="intercept", ylabel="slope", title="Two of three are stopped too early")
plt.show()

# %% [markdown]
# Is that the merit of single examples, or of half a million updates? Let the batch runs
# go on, for 12,000 updates in all, and note when each regime's mean over the runs first
# comes within the tolerance.


# %%
def first_update(mean_excess, target):
    within = np.flatnonzero(mean_excess <= target)
    return within[0] + 1 if within.size else np.inf


per_epoch = {"batch": 1, "mini-batch": 32, "stochastic": 1000}  # updates
all_rows = np.arange(n, dtype=np.int32)
longer, _ = many_runs(adam, 0.001, starts, np.tile(all_rows, (12_000, 1)))
arrived = {}
for name, path in (("batch", longer), ("stochastic", runs["stochastic"][0])):
    excess = excess_loss(path[:, :50_000], w_best, gram).mean(axis=0)
    arrived[name] = first_update(excess, tolerance)
    epochs = arrived[name] / per_epoch[name]
    print(f"{arrived[name]:6,} updates, {epochs:6,.0f} epochs, {name}")

# %% [markdown]
# The batch would have arrived after about 11,100 updates, and was stopped after 4500.
# Single examples needed 32,000, nearly three times as many, and got half a million. So
# per update single examples are the slower way; they arrived because of their budget.
# Per epoch they are far ahead, with 32 epochs against 11,100.
# {numref}`fig-regimes-clocks` draws both clocks.


# %% tags=["hide-input"]
#| name: fig-regimes-clocks
#| caption: The Adam runs, each curve the mean of 20. Dots mark where a budget ends, and
#|   the dotted curve is the batch, allowed to go on. The dashed line is the tolerance.
#| alt: Two panels of mean excess loss, both axes on log scales, with a dashed line at
#|   the tolerance. Above, against epochs, the stochastic curve falls first, the
#|   mini-batch curve far to the right of it, the batch curve farther still. Below,
#|   against updates, the three curves fall close together, the stochastic one last. The
#|   batch curve and then the mini-batch curve end above the dashed line, and the dotted
#|   continuation of the batch curve crosses it well before the stochastic curve does.
def draw_clocks(curves, names):
    _, panels = plt.subplots(2, sharey=True, figsize=(5.4, 6.2))
    for name, color in colors.items():
        updates, mean_excess, end = curves[name]
        for ax, unit in zip(panels, (per_epoch[name], 1), strict=True):
            ax.loglog(updates / unit, mean_excess, color=color)
            height = np.interp(end, updates, mean_excess)
            ax.plot(end / unit, height, "o", color=color, ms=5)
        panels[0].text(*names[name], name, color=color)
    for ax, label in zip(panels, ("epochs", "updates"), strict=True):
        ax.axhline(tolerance, color=GRAY, linestyle="--", linewidth=1)
        ax.set(xlabel=label, ylabel="mean excess loss")
    return panels


curves = {}
for name, (path, _) in runs.items():
    updates = np.unique(np.geomspace(1, path.shape[1], 150).round().astype(int))
    mean_excess = excess_loss(path[:, updates - 1], w_best, gram).mean(axis=0)
    curves[name] = updates, mean_excess, path.shape[1]
places = {"batch": (500, 130), "mini-batch": (4.5, 2), "stochastic": (0.12, 0.5)}
panels = draw_clocks(curves, places)
rest = excess_loss(longer[:, 4499:], w_best, gram).mean(axis=0)
for ax in panels:  # for the batch, an update is an epoch
    ax.loglog(np.arange(4500, 12_001), rest, color=ORANGE, linestyle=":")
panels[0].set(title="By epochs, single examples lead", xlim=(0.05, 2e4))
panels[1].set(title="By updates, the batch leads, and is stopped", xlim=(50, 9e5))
plt.show()

# %% [markdown]
# After 4500 updates, where the budget of the batch runs ends, the mean excess losses
# are:

# %%
for name, (path, _) in runs.items():
    there = excess_loss(path[:, 4500 - 1], w_best, gram)
    print(f"{name:10} {there.mean():.2f} ± {there.std(ddof=1):.2f}")

# %% [markdown]
# Batches and mini-batches are level, 1.01 against 1.02. Single examples are *behind*,
# with 1.54: the running mean of squares in {eq}`regimes-adam` counts the noise of the
# gradient along with the gradient. Noise thus swells the denominator and shortens the
# steps.

# %% tags=["remove-cell"]
with checks("Three budgets"):
    given("eta = 0.001 this allows", "the last one with -1", "After 4500 updates")
    updates_of = {name: path.shape[1] for name, (path, _) in runs.items()}
    batch_path = np.asarray(runs["batch"][0][:, :, 0])  # of the intercepts
    moves = np.abs(np.diff(batch_path, axis=1))
    claim("which it does not on the way to this minimum", moves.max() < 0.00101)
    claim("within 0.71 of zero", np.abs(starts).max())
    claim("has about 5 to go", (w_best[0] - starts[:, 0]).mean())
    steps = updates_of["batch"]
    claim("4500 batch steps cover at most about 4.5", steps, 0.001 * steps)
    claim("takes 500,000 updates", updates_of["stochastic"])
    claim("The same path, to within 0.00001", max(gaps.values()))
    claim("random starts for 20 seeds", len(starts))
    excess_of = {name: excess_loss(w, w_best, gram) for name, w in finals.items()}
    arrive = {name: (excess <= tolerance).sum() for name, excess in excess_of.items()}
    claim("no batch run arrives", arrive["batch"] == 0)
    ends_at = finals["batch"].mean(axis=0)
    spread = finals["batch"][:, 0].std(ddof=1)
    claim("end at 2.96, give or take 0.32", ends_at[0], spread)
    moved = (finals["batch"] - starts)[:, 0].mean()
    claim("moved by 2.98 on average, and not by 4.5", moved, 0.001 * steps)
    claim("move the intercept by 0.0003", moves[:, -1].mean())
    claim("gone too far, to 2.64", ends_at[1])
    claim("Mini-batches, with 9,600 updates", updates_of["mini-batch"])
    closer = excess_of["mini-batch"].mean() < excess_of["batch"].mean()
    claim("come closer and do not arrive either", closer and arrive["mini-batch"] == 0)
    claim("20 out of 20", arrive["stochastic"], len(starts))
    claim("where all 60 end", sum(len(w) for w in finals.values()))
    claim("All stochastic runs end in it", arrive["stochastic"] == len(starts))
    claim("the truth (+) lies in it", excess_loss([5, 2], w_best, gram) < tolerance)
    claim("excess losses of 0.03, 0.3, 1 and 3", *levels)
    claim("12,000 updates in all", longer.shape[1])
    same = np.allclose(longer[:, steps - 1], finals["batch"], rtol=0, atol=1e-4)
    claim("Let the batch runs go on", same)
    claim("after about 11,100 updates", round(arrived["batch"], -2))
    claim("was stopped after 4500", steps)
    claim("Single examples needed 32,000", round(arrived["stochastic"], -3))
    ratio = arrived["stochastic"] / arrived["batch"]
    claim("nearly three times as many", 2.7 < ratio < 3)
    claim("got half a million", updates_of["stochastic"] == 500_000)
    afterward = runs["stochastic"][0][:, 32_000::100]
    stays = (excess_loss(afterward, w_best, gram).mean(axis=0) <= tolerance).all()
    claim("they arrived because of their budget", stays)
    in_epochs = arrived["stochastic"] / per_epoch["stochastic"]
    claim("32 epochs against 11,100", in_epochs, round(arrived["batch"], -2))
    claim("each curve the mean of 20", len(starts))
    after_4500 = {
        name: excess_loss(path[:, 4499], w_best, gram).mean()
        for name, (path, _) in runs.items()
    }
    claim("level, 1.01 against 1.02", after_4500["batch"], after_4500["mini-batch"])
    claim("behind, with 1.54", after_4500["stochastic"])
    way = {
        name: np.mean(path[:, 999] - starts, axis=0) for name, (path, _) in runs.items()
    }
    shorter = way["stochastic"] / way["batch"]
    claim("shortens the steps", 0.95 < shorter[0] < 1 and shorter[1] < 0.9)

# %% [markdown]
# ## Plain descent instead
#
# What would the rule have done that the notebook explains? Nothing caps its steps. By
# {ref}`conditioning`, the best rate for batch descent is $2 / (\lambda_{\min} +
# \lambda_{\max})$, and each step then multiplies the error along both eigenvectors by
# $\pm(\kappa - 1)/(\kappa + 1)$. The excess loss is quadratic in the error, so it
# shrinks by the square of that. Hence a **prediction**:

# %%
curvatures = np.linalg.eigvalsh(2 * gram)
kappa = curvatures[1] / curvatures[0]
best_rate = 2 / curvatures.sum()
factor = (kappa - 1) / (kappa + 1)
at_start = excess_loss(starts, w_best, gram).mean()
needed = np.ceil(np.log(tolerance / at_start) / np.log(factor**2))
print(f"condition number {kappa:.1f}, best rate {best_rate:.3f}")
print(f"predicted: {needed:.0f} updates")

# %% [markdown]
# Measure it. And let Adam try again, with a learning rate a hundred times as large as
# before, and with a larger one.


# %%
def plain(state, gradient, learning_rate):
    return state[0] - learning_rate * gradient, *state[1:]


first = {}  # rule and rate: the first update within the tolerance
for rule, rate in ((plain, best_rate), (adam, 0.1), (adam, 0.5)):
    path, _ = many_runs(rule, rate, starts, batches["batch"][:600])
    mean_excess = excess_loss(path, w_best, gram).mean(axis=0)
    first[rule.__name__, rate] = first_update(mean_excess, tolerance)
    print(rule.__name__, f"{rate:.3f}", first[rule.__name__, rate], "updates")

# %% [markdown]
# Plain descent: predicted 90, measured 90. That is the count for the best rate of
# {ref}`conditioning`, 0.166. It is best in the *worst case*: it shrinks the error along
# both eigenvectors by the same factor, so it takes as long from any start. These starts
# are kinder. 97% of their excess loss lies along the steep eigenvector, and a rate
# slightly below the best shrinks that part much faster: with 0.16 it takes 60 updates,
# as you will see in the race below.
#
# Adam needs about 400 at the rate 0.1, and 92 at 0.5: as the plain rule, it is fast at
# a rate that suits the problem. So it was not the rule that made 4500 steps too few,
# but the number 0.001. In Adam a learning rate is a *distance per step*; in the plain
# rule it is not. Here is what the plain rule makes of 0.001, with the notebook's
# budgets:

# %%
plain_ends = {}
for name in regimes:
    path, _ = many_runs(plain, 0.001, starts, batches[name])
    plain_ends[name] = excess_loss(path[:, -1], w_best, gram).mean()
    by_adam = excess_loss(finals[name], w_best, gram).mean()
    print(f"{name:10} plain {plain_ends[name]:.4f}, Adam {by_adam:.4f}")

# %% [markdown]
# In excess loss, it ends eight times closer for batches, and 20 times closer for
# mini-batches. For single examples it ends several times farther off. There the noise
# of the single gradients decides, and the plain rule does not damp it.
#
# Can all regimes have the best rate, then? No. It is set by the curvature of the mean
# over all examples, and a single example can curve more, $2 (1 + x^2)$:

# %%
path, _ = many_runs(plain, best_rate, starts, batches["stochastic"][:, :1000])
far = np.median(excess_loss(path[:, -1], w_best, gram))
print(f"largest curvature, mean: {curvatures[1]:.1f}")
print(f"largest curvature, one example: {2 * (1 + x.max() ** 2):.1f}")
print(f"median excess after one epoch: {far:.0e}")

# %% [markdown]
# The mean curves by 11.7, the steepest example by 50.6. What is best for the batch
# throws single examples out of the valley.

# %% tags=["remove-cell"]
with checks("Plain descent instead"):
    claim("predicted 90, measured 90", needed, first["plain", best_rate])
    rates = [rate for rule, rate in first if rule == "adam"]
    claim("a hundred times as large", np.isclose(rates[0] / 0.001, 100))
    claim(", 0.166", best_rate)
    along = (starts - w_best) @ np.linalg.eigh(2 * gram)[1]
    along = (along**2 * curvatures).mean(axis=0)
    claim("97% of their excess loss", along[1] / along.sum())
    path, _ = many_runs(plain, 0.16, starts, batches["batch"][:600])
    at_16 = first_update(excess_loss(path, w_best, gram).mean(axis=0), tolerance)
    claim("with 0.16 it takes 60 updates", at_16 == 60)
    counts = [first["adam", rate] for rate in rates]
    claim("about 400 at the rate 0.1", round(counts[0], -2), rates[0])
    claim("92 at 0.5", counts[1], rates[1])
    given("the number 0.001", "makes of 0.001")
    claim("made 4500 steps too few", runs["batch"][0].shape[1])
    closer = {name: excess_of[name].mean() / plain_ends[name] for name in regimes}
    claim("eight times closer for batches", round(closer["batch"]) == 8)
    claim("20 times closer for", closer["mini-batch"])
    claim("several times farther off", closer["stochastic"] < 1 / 3)
    steepest = 2 * (1 + x.max() ** 2)
    claim(
        "The mean curves by 11.7, the steepest example by 50.6", curvatures[1], steepest
    )
    claim("throws single examples out of the valley", far > 1000 * at_start)

# %% [markdown]
# ## What was the loss of an epoch?
#
# Stochastic descent "bounces up and down", the notebook says of its loss curve. But
# which loss is it? A loop that keeps `loss.item()` at the end of an epoch keeps the
# loss of *one* example, the last. It could also keep the mean over the epoch's steps,
# or the loss of the epoch's final parameters over all data. Log all three, from epoch
# 100 to 300, when the runs have long arrived. Do so for Adam, for the plain rule at a
# larger rate, and for a control that stands still: the last two start at the answer,
# the control with a learning rate of 0. The table shows the standard deviation of each
# log over the epochs.


# %%
def epoch_logs(path, losses):  # shapes (runs, updates, 2) and (runs, updates)
    by_epoch = np.asarray(losses).reshape(len(losses), -1, n)
    return {
        "last example": by_epoch[:, :, -1],
        "mean of the epoch": by_epoch.mean(axis=2),
        "all data": excess_loss(path[:, n - 1 :: n], w_best, gram),
    }


at_answer = np.tile(np.float32(w_best), (20, 1))
later = slice(100 * n, 300 * n)  # the updates of 200 epochs
single = batches["stochastic"][:, later]
logs = {
    "Adam, 0.001": epoch_logs(*(kept[:, later] for kept in runs["stochastic"])),
    "plain, 0.01": epoch_logs(*many_runs(plain, 0.01, at_answer, single)),
    "standing still": epoch_logs(*many_runs(plain, 0.0, at_answer, single)),
}
print(f"{'':14} {'last':>6} {'mean':>6} {'all':>6}")
for name, kept in logs.items():
    spreads = [f"{log.std(axis=1).mean():.4f}" for log in kept.values()]
    print(f"{name:14}", *spreads)

# %% [markdown]
# {numref}`fig-regimes-logging` draws three of these logs for one run.

# %% tags=["hide-input"]
#| name: fig-regimes-logging
#| caption: Three logs on the same scale. The bounce of the first is that of the second,
#|   in which nothing moves; the loss over all data does not bounce.
#| alt: Three panels of a loss over 200 epochs, all with the same vertical scale. The
#|   upper two look alike: dense spikes, most below 5, some above 10. Their
#|   titles are Last example, Adam, and Last example, standing still. The third, All
#|   data, Adam, is a flat line just below 2.
best_loss = residual @ residual / n
panels_of = {
    "Last example, Adam": (logs["Adam, 0.001"]["last example"][0], BLUE),
    "Last example, standing still": (logs["standing still"]["last example"][0], GRAY),
    "All data, Adam": (best_loss + logs["Adam, 0.001"]["all data"][0], BLUE),
}
figure, axes = plt.subplots(3, sharex=True, sharey=True, figsize=(5.4, 5.6))
for ax, (title, (log, color)) in zip(axes, panels_of.items(), strict=True):
    ax.plot(np.arange(100, 300), log, color=color, linewidth=1)
    ax.set(title=title, ylabel="loss", ylim=(0, 20))
axes[2].set_xlabel("epoch")
plt.show()

# %% [markdown]
# The log of the last example bounces with a standard deviation of 2.7. It does so even
# when nothing moves: what bounces is *which example comes last*. For Adam, the bounce
# that the parameters themselves cause in the loss over all data is below 0.001, more
# than 2000 times smaller. In the row `plain, 0.01` the parameters do bounce, but you
# see it only in the loss over all data, where it is 0.16. In the log of the last
# example it is lost beneath the 2.7, and the mean of the epoch smooths it to 0.02.

# %% tags=["remove-cell"]
with checks("What was the loss of an epoch?"):
    given("from epoch 100 to 300", "a learning rate of 0")
    bounce = {
        (name, log): logs[name][log].std(axis=1).mean() for name in logs for log in kept
    }
    of_last = bounce["Adam, 0.001", "last example"]
    claim("a standard deviation of 2.7", of_last)
    still = bounce["standing still", "last example"]
    claim("even when nothing moves", f"{still:.1f}" == f"{of_last:.1f}")
    claim(
        "a control that stands still",
        bounce["standing still", "mean of the epoch"] < 1e-5,
    )
    of_all = bounce["Adam, 0.001", "all data"]
    claim("below 0.001, more than 2000 times smaller", of_all, of_last / of_all)
    claim("where it is 0.16", bounce["plain, 0.01", "all data"])
    claim("lost beneath the 2.7", of_last)
    claim("smooths it to 0.02", bounce["plain, 0.01", "mean of the epoch"])
    control = logs["standing still"]["last example"][0]
    claim("200 epochs, all", len(control))
    claim("most below 5, some above 10", np.median(control) < 5 and control.max() > 10)
    claim("a flat line just below 2", best_loss)

# %% [markdown]
# ## R² has a direction
#
# The definition of $R^2$ measures the residuals against the spread of the *truth*:
#
# ```{math}
# :label: regimes-r2
# R^2 = 1 - \frac{\sum_i (y_i - \hat y_i)^2}{\sum_i (y_i - \bar y)^2}
# ```
#
# In scikit-learn that is `r2_score(truth, prediction)`, in this order
# {cite}`sklearn_r2`. The notebook hands over the prediction first. For the scikit-learn
# line:

# %%
prediction = check.predict(X)
print(f"prediction first: {r2_score(prediction, y):.4f}")
print(f"truth first:      {r2_score(y, prediction):.4f}")

# %% [markdown]
# The notebook prints 0.5143. The right way round it is 0.6731, as good as a line gets
# here. The swapped order sets the same residuals against the spread of the
# *predictions*. So a model can raise its score by predicting more widely, right or
# wrong. Score the 60 Adam runs both ways:

# %%
scores = {}
print(" " * 12 + "right            swapped")
for name, w in finals.items():
    lines = (X64 @ w.T).T  # one row of predictions for each run
    right = np.array([r2_score(y64, line) for line in lines])
    swapped = np.array([r2_score(line, y64) for line in lines])
    scores[name] = right, swapped
    spans = [f"{v.mean():.3f} ± {v.std(ddof=1):.3f}" for v in (right, swapped)]
    print(f"{name:10}", *spans, sep="  ")

# %% [markdown]
# The right order puts the stochastic line first for all 20 seeds, the swapped order for
# none. On average it ranks the unfinished mini-batch runs first (0.608), then the batch
# runs, which are farthest from the answer (0.573), and last the runs that arrived
# (0.516). It prefers the unfinished lines because they are too steep. (The notebook has
# one run of each. There the batch line gets the highest score, though its intercept and
# slope are not near the true ones, and the notebook calls it over-fitted. It is
# unfinished.)
#
# How steep would it like a line to be? Score all lines through the center of the data,
# both ways.

# %% tags=["hide-input"]
#| name: fig-regimes-r2
#| caption: Filled circles are the right scores of the 60 runs, open squares the swapped
#|   ones. A mark off its curve belongs to a line that misses the center of the data.
#| alt: Score against slope from 1.4 to 4, two hills. The right score, a solid line,
#|   peaks at 0.67 above the slope 1.98 and falls to both sides. The swapped score, a
#|   dashed line, rises past that slope and peaks at the same height at 2.95. On the
#|   right score, blue dots (stochastic) lie on top, green (mini-batch) a little below,
#|   orange (batch) scattered below. On the swapped score, blue is lower than green,
#|   and lower than most of orange, which is scattered there too.
s = np.linspace(1.4, 4, 200)
x64 = X64[:, 1]
spread_x, spread_y = x64.var(), y64.var()
squares = spread_y - 2 * s * np.cov(x64, y64, ddof=0)[0, 1] + s**2 * spread_x
figure, ax = plt.subplots(figsize=(5.4, 4.0))
ax.plot(s, 1 - squares / spread_y, color=BLACK)
ax.plot(s, 1 - squares / (s**2 * spread_x), color=GRAY, linestyle="--")
for name, (right, swapped) in scores.items():
    ax.plot(finals[name][:, 1], right, "o", color=colors[name], ms=4)
    ax.plot(finals[name][:, 1], swapped, "s", color=colors[name], ms=4, mfc="none")
ax.text(1.5, 0.69, "right", color=BLACK)
ax.text(3.1, 0.69, "swapped", color=GRAY)
ax.set(xlabel="slope", ylabel="score", ylim=(0.2, 0.75))
ax.set_title("Swapped, the score wants another line")
plt.show()

# %% [markdown]
# The swapped score peaks at a slope of 2.95, the least-squares slope divided by $R^2$,
# and the two lines trade scores exactly: each has 0.6731 in one order and 0.5143 in the
# other. (For a least-squares line the swapped score is $2 - 1/R^2$. An exercise shows
# what the slope of 2.95 answers.) Name the arguments, `y_true=` and `y_pred=`, and
# their order does not matter.

# %% tags=["remove-cell"]
with checks("R² has a direction"):
    published = "scikit-learn r2 (arguments in the published order: prediction first)"
    display(reproduce(published, r2_score(prediction, y)))
    r2 = r2_score(y64, X64 @ w_best)
    claim("The notebook prints 0.5143", r2_score(prediction, y))
    claim("The right way round it is 0.6731", r2)
    claim("Score the 60 Adam runs", sum(len(right) for right, _ in scores.values()))
    right, swapped = ([score[i] for score in scores.values()] for i in (0, 1))
    winners = np.array(list(scores))[[np.argmax(right, 0), np.argmax(swapped, 0)]]
    wins = (winners == "stochastic").sum(axis=1)
    claim("first for all 20 seeds", wins[0])
    claim("the swapped order for none", wins[1] == 0)
    mean_of = {name: swapped.mean() for name, (_, swapped) in scores.items()}
    claim("unfinished mini-batch runs first (0.608)", mean_of["mini-batch"])
    claim("farthest from the answer (0.573)", mean_of["batch"])
    claim("the runs that arrived (0.516)", mean_of["stochastic"])
    claim("right scores of the 60 runs", sum(len(w) for w in finals.values()))
    given("from 1.4 to 4")
    steep = w_best[1] / r2
    claim("peaks at 0.67 above the slope 1.98", r2, w_best[1])
    claim("the same height at 2.95", steep)
    at_peak = s[(squares / (s**2 * spread_x)).argmin()]
    claim("The swapped score peaks", abs(at_peak - steep) < 0.02)
    claim("at a slope of 2.95, the least-squares", steep)
    steep_line = y64.mean() + steep * (x64 - x64.mean())
    back = r2_score(y64, steep_line), r2_score(steep_line, y64)
    claim("0.6731 in one order and 0.5143 in the other", r2, back[0])
    claim("trade scores exactly", np.allclose(back, [r2_score(X64 @ w_best, y64), r2]))
    claim("the swapped score is 2 - 1/R^2", np.isclose(back[0], 2 - 1 / r2))
    claim("the slope of 2.95 answers", steep)

# %% tags=["remove-cell"]
with checks("One loop, three regimes"):
    claim("all 1000 examples, or at 32, or", regimes["batch"], regimes["mini-batch"])
    epochs_of = [updates_of[name] / per_epoch[name] for name in regimes]
    claim("4500, 300 and 500 epochs", *epochs_of)
    arrive_of = [*arrive.values()]
    claim("only the last of them arrives", arrive_of == [0, 0, len(starts)])
    unfinished = min(mean_of["batch"], mean_of["mini-batch"])
    claim("prefers a line that has not arrived", unfinished > mean_of["stochastic"])
    given("the loop for 32 examples feeds all 1000")

# %% [markdown]
# ## A fair budget
#
# Now the race. Each regime runs the plain rule 20 times, at a few learning rates, and
# enters with the rate that suits it best. (A coarser search has shown where to place
# them. The rates are chosen on the very runs that race, a favor to all three
# alike.) There are two finishing lines for the mean excess loss: a rough answer, 0.5,
# and the tolerance.
#
# A noisy curve can touch a line by luck and jump away again. So let a regime *arrive*
# at update $k$ only if its mean is within the line at $k$ and, on average, over the $k$
# updates that follow.


# %%
def arrival(mean_excess, target):
    total = np.cumsum(mean_excess)
    for i in np.flatnonzero(mean_excess[: len(mean_excess) // 2] <= target):
        if total[2 * i + 1] - total[i] <= (i + 1) * target:
            return i + 1
    return np.inf


grids = {  # learning rates, for a rough answer and for a fine one
    "batch": {0.5: np.linspace(0.12, 0.16, 5), tolerance: np.linspace(0.12, 0.16, 5)},
    "mini-batch": {
        0.5: np.linspace(0.06, 0.14, 5),
        tolerance: np.linspace(0.008, 0.016, 5),
    },
    "stochastic": {
        0.5: np.linspace(0.01, 0.03, 5),
        tolerance: np.linspace(0.0003, 0.0005, 3),
    },
}
epochs = {"batch": 300, "mini-batch": 60, "stochastic": 54}

# %% [markdown]
# Keep, for each regime and line, the fewest updates, the rate, and the curve:

# %%
races = {}
for name, per_target in grids.items():
    first_epochs = batches[name][..., : epochs[name] * per_epoch[name], :]
    for target, rates in per_target.items():
        tried = []
        for rate in rates:
            path, _ = many_runs(plain, rate, starts, first_epochs)
            curve = excess_loss(path, w_best, gram).mean(axis=0)
            tried.append((arrival(curve, target), rate, curve))
        races[name, target] = min(tried, key=lambda entry: entry[0])

# %% [markdown]
# What does an update cost in seconds? Time the PyTorch loop, once to warm up and then
# three times, and take the median.


# %%
def seconds_per_update(batch_size, epochs):
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    times = []
    for _ in range(4):
        orders = [torch.randperm(n) for _ in range(epochs)]
        start = perf_counter()
        path = train(model, optimizer, orders, batch_size, inputs, targets)
        times.append((perf_counter() - start) / len(path))
    return np.median(times[1:])


cost = {
    "batch": seconds_per_update(1000, epochs=100),
    "mini-batch": seconds_per_update(32, epochs=7),
    "stochastic": seconds_per_update(1, epochs=1),
}
for name, seconds in cost.items():
    print(f"{name:10} {seconds * 1e6:.1f} µs per update")

# %% [markdown]
# An update on 1000 rows costs nowhere near 1000 times as much as one on a single row,
# since most of the time goes into starting the operations. Now put all clocks together.
# (*Examples seen* are epochs times 1000, so they are no race of their own.)

# %%
for target in (0.5, tolerance):
    print(f"to {target:<7.4f} updates  epochs  time")
    for name in regimes:
        updates, rate, _ = races[name, target]
        epochs = updates / per_epoch[name]
        time = f"{updates * cost[name] * 1e3:.1f} ms"
        print(f"{name:10} {updates:7,} {epochs:7.2f}  {time}")

# %% [markdown]
# The same for the tolerance, as curves:

# %% tags=["hide-input"]
#| name: fig-regimes-race
#| caption: Plain descent, each regime at its best rate for the tolerance (dashed);
#|   means of 20 runs. Dots mark the arrivals, and each curve goes on for as many
#|   updates again.
#| alt: Two panels of mean excess loss, both axes on log scales, with a dashed line at
#|   the tolerance. Above, against epochs, the stochastic and the mini-batch curve
#|   fall together, and the batch curve later; the first two come to the dashed line at
#|   nearly the same place and stay close to it with small bounces; the batch curve,
#|   falling more steeply, crosses it somewhat later and dives on. Below, against
#|   updates, the batch curve crosses the dashed line first, mini-batches more than ten
#|   times later, single examples much later still.
curves = {}
for name in regimes:
    end, _, excess = races[name, tolerance]
    sampled = np.geomspace(1, 2 * end, 150).astype(int)
    updates = np.unique([*sampled, end])
    curves[name] = updates, excess[updates - 1], end
places = {"batch": (13, 30), "mini-batch": (0.03, 0.4), "stochastic": (0.002, 12)}
panels = draw_clocks(curves, places)
panels[0].set(title="By epochs, small batches come in together", ylim=(3e-4, 200))
panels[1].set_title("By updates, the batch wins")
plt.show()

# %% [markdown]
# By updates, the batch wins both races: with 16 against 24 and 135 for the rough
# answer, and with 60 for the fine one, where single examples need more than 400 times
# as many.
#
# By epochs, single examples win the rough race. They need 0.14 epochs and mini-batches
# 0.75, while the batch reads 16,000 rows. For the fine answer the lead is gone. Noise
# forces small batches to take small steps, and single examples (27 epochs) and
# mini-batches (28) come in together, in half the epochs of the batch.
#
# By seconds, the batch wins the fine race as well, because here its updates cost little
# more than the others. The rough race is closer, and your machine may decide it
# otherwise. With a million rows the order would turn (see the last exercise). So the
# winner depends on what you pay for. By updates and by epochs, mini-batches win no race
# and come last in none: a compromise, and with many rows a good one.
#
# | what you pay for | clock | first on this page |
# |---|---|---|
# | reading data | epochs, or examples seen | small batches |
# | starting a step, or messages between machines | updates | batch |
# | your time | seconds | batch, as long as rows are few |

# %% tags=["remove-cell"]
with checks("A fair budget"):
    claim("runs the plain rule 20 times", len(starts))
    given("a rough answer, 0.5", "An update on 1000 rows")
    at_best = [
        rates[0] < races[name, target][1] <= rates[-1]
        for name, per_target in grids.items()
        for target, rates in per_target.items()
    ]
    claim("the rate that suits it best", all(at_best))
    claim("nowhere near 1000 times as much", cost["batch"] < 300 * cost["stochastic"])
    claim("epochs times 1000", n)
    claim("means of 20 runs", len(starts))
    rough = np.array([races[name, 0.5][0] for name in regimes])
    fine = np.array([races[name, tolerance][0] for name in regimes])
    claim("the batch wins both races", rough.argmin() == fine.argmin() == 0)
    claim("with 16 against 24 and 135 for the", *rough)
    claim("with 60 for the fine one", fine[0])
    claim("need more than 400 times as many", fine[2] / fine[0])
    claim("more than ten times later", fine[1] > 10 * fine[0])
    steps_per_epoch = np.array([per_epoch[name] for name in regimes])
    rough_epochs, fine_epochs = rough / steps_per_epoch, fine / steps_per_epoch
    claim("0.14 epochs and mini-batches 0.75", rough_epochs[2], rough_epochs[1])
    claim("the batch reads 16,000 rows", rough[0] * n)
    claim("single examples (27 epochs)", fine_epochs[2])
    claim("and mini-batches (28)", fine_epochs[1])
    half = fine_epochs[1:] / fine_epochs[0]
    claim("in half the epochs of the batch", (half > 0.4).all() and (half < 0.55).all())
    places_of_32 = [np.argsort(r)[1] for r in (rough, fine, rough_epochs, fine_epochs)]
    claim("win no race and come last in none", places_of_32 == [1, 1, 1, 1])

# %% [markdown]
# ## What to keep
#
# - One loop serves all regimes; the batch size $b$ tells them apart. Equal epochs are
#   not equal updates, so name your budget before you compare.
# - Count the rows that your loop feeds to the model. The score does not show them.
# - Adam moves each parameter by about $\eta$ a step or less, as long as its gradient
#   does not grow fast, so a long way takes many steps. At $\eta = 0.001$ its 4500 batch
#   updates were too few, and about 11,100 would have done. Plain descent took 90 at the
#   best rate of {ref}`conditioning`, and 60 at a better one.
# - Per update the batch was the fastest, with either rule. Single examples arrived
#   because they got a hundred times as many updates.
# - The loss of the last example bounces even if nothing moves. Log the loss over all
#   data, or the mean of the epoch, and say which.
# - `r2_score` takes the truth first. Know the best score there is, and the standard
#   errors of what you fit, before you call a model good, bad, or done.

# %% tags=["remove-cell"]
with checks("What to keep"):
    given("eta = 0.001")
    claim("its 4500 batch updates were too few", updates_of["batch"])
    claim("about 11,100 would have done", round(arrived["batch"], -2))
    claim("took 90 at the best rate", first["plain", best_rate])
    claim("60 at a better one", fine[0])
    ratio = updates_of["stochastic"] / updates_of["batch"]
    claim("a hundred times as many updates", 100 < ratio < 120)

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-regimes-noise
# Someone draws one noise and adds it twice: `noise = rng.normal(size=n)`, then
# `y = 5 + 2 * x + noise + noise`. What is the best possible $R^2$ now? Predict it, then
# draw.
# ::::
#
# ```{solution-start} ex-regimes-noise
# :class: dropdown
# ```
#
# Twice the same noise has twice the standard deviation, so four times the variance: 4
# instead of 2. The best $R^2$ is $4 / (4 + 4)$, one half.

# %%
rng = np.random.default_rng(1)
feature, same = rng.normal(2, 1, 200_000), rng.normal(size=200_000)
score = r2_score(5 + 2 * feature + same + same, 5 + 2 * feature)
print(f"R² {score:.2f}")

# %% [markdown]
# This gives 0.50. Adding variances needs *independent* noises.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "Twice the same noise has twice the",
        np.isclose((same + same).std(), 2 * same.std()),
    )
    claim(
        "four times the variance: 4 instead of 2", (same + same).var(), 2 * same.var()
    )
    claim("This gives 0.50", score)

# %% [markdown]
# ::::{exercise}
# :label: ex-regimes-broadcast
# Write the loss as `((model(inputs) - targets[:, 0]) ** 2).mean()` and train. No error
# comes. Which line do you get, and why?
# ::::
#
# ```{solution-start} ex-regimes-broadcast
# :class: dropdown
# ```
#
# Shape (1000, 1) minus shape (1000,) is {term}`broadcast` to (1000, 1000): every
# prediction against every target.

# %%
torch.manual_seed(0)
model = nn.Linear(2, 1, bias=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.16)
for _ in range(200):
    loss = ((model(inputs) - targets[:, 0]) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(model.weight, targets.mean())

# %% [markdown]
# Each prediction is pulled to all targets alike, so to their mean: the slope comes out
# as 0.00 and the intercept as 9.00, the mean of $y$. `mse_loss` would have warned you.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    predicted = model(inputs)
    claim("(1000, 1) minus shape (1000,)", *predicted.shape, len(targets[:, 0]))
    claim("to (1000, 1000)", *(predicted - targets[:, 0]).shape)
    intercept, slope = model.weight[0].tolist()
    claim("comes out as 0.00 and the intercept as 9.00", slope, intercept)
    claim("the mean of y", abs(intercept - targets.mean().item()) < 1e-3)

# %% [markdown]
# ::::{exercise}
# :label: ex-regimes-reverse
# The swapped score is best at a slope of 2.95. Fit $x$ from $y$ by least squares, and
# turn that line around, so that it gives $y$ from $x$. Compare, and explain.
# ::::
#
# ```{solution-start} ex-regimes-reverse
# :class: dropdown
# ```

# %%
slope_of_x, _ = np.polyfit(y64, X64[:, 1], 1)
print(1 / slope_of_x)

# %% [markdown]
# It is the same 2.95. The spread of a line's predictions is $w_1^2$ times that of $x$.
# Dividing by it turns residuals in $y$ into residuals in $x$, so the swapped score is
# the $R^2$ of predicting $x$ from $y$. Both lines are best, each for its own question.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("is best at a slope of 2.95", steep)
    claim("It is the same 2.95", 1 / slope_of_x)

# %% [markdown]
# ::::{exercise}
# :label: ex-regimes-million
# Open: take a million rows instead of 1000. Which clock decides now? Measure what an
# update costs at $b = 32$ and at $b = n$, and argue which regime you would use for a
# rough answer. What changes if you want the tolerance of {eq}`regimes-excess` as
# well?
# ::::
#
# ```{solution-start} ex-regimes-million
# :class: dropdown
# ```

# %%
many = torch.randn(1_000_000, 2)
for batch_size in (32, 1_000_000):
    rows = torch.randperm(1_000_000)[:batch_size]
    w = torch.zeros(2, 1, requires_grad=True)
    start = perf_counter()
    for _ in range(5):
        ((many[rows] @ w - 1) ** 2).mean().backward()
    print(batch_size, f"{(perf_counter() - start) / 5 * 1e3:.2f} ms")

# %% [markdown]
# The large update reads 31,250 times as many rows, and takes far longer, though not by
# that factor. The curvature of the mean is what it was, so the rough answer still takes
# about as many updates. Mini-batches reach it before they have seen one part in a
# thousand of the data. The tolerance, though, shrinks with $n$, and noise at a constant
# rate does not. For the fine answer, end with larger batches or let the rate decay
# {cite}`robbins1951`.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("a million rows instead of 1000", n)
    given("at b = 32")
    claim("31,250 times as many rows", len(rows) / 32)
    seen = races["mini-batch", 0.5][0] * 32
    claim("one part in a thousand", seen < len(many) / 1000)

# %% [markdown]
# ## Sources and further reading
#
# - The line, its noise, the three regimes and their budgets are from
#   {cite}`nn_gradient_descent`. It puts the regimes side by side on one problem with a
#   known answer, and everything on this page grew from that good idea: thank you.
# - {cite}`robbins1951` is where stochastic descent begins, and {cite}`bottou2018` is
#   the survey of what followed; {cite}`kingma2015` introduces Adam.
# - {cite}`paszke2019` describes PyTorch, {cite}`pedregosa2011` scikit-learn,
#   {cite}`jax2018` JAX.
