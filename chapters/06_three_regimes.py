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
# A published notebook, *Neural Networks, Gradient Descent* {cite}`nn_gradient_descent`,
# fits one line in three ways. Each step looks at all 1000 examples, or at 32, or at
# one, and the three ways get 4500, 300 and 500 epochs. Run with these budgets, only the
# last of them arrives. And the score, computed in the notebook's way, prefers a line
# that has not arrived. What would be a fair race, and who would win it?

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
#
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

# %% tags=["remove-cell"]
from IPython.display import display

import helpers
from helpers import claim, reproduce

display(reproduce("X.shape", list(X.shape)))
display(reproduce("y.shape", list(y.shape)))
np.testing.assert_array_equal(X, helpers.noisy_line()[0])
np.testing.assert_array_equal(y, helpers.noisy_line()[1])

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

# %% tags=["remove-cell"]
noise = y[:, 0] - (5 + 2 * x)
assert 0.94 < np.mean(np.abs(noise) < 2 * np.sqrt(2)) < 0.97
assert -1.5 < x.min() < -1
assert 4.5 < x.max() < 5.2
assert -1.5 < y.min() < 1
claim("> 15", y.max())
assert y.max() < 18.5

# %% [markdown]
# Independent noises add in variance, so the noise has variance 2, not 1. The line's own
# variance is that of $2x$, which is 4. This sets a best score. $R^2$ is the share of
# the variance of $y$ that a model explains, and on fresh data *no* model of $x$ can
# explain more than $4 / (4 + 2)$, two thirds.
#
# ## The answer first
#
# For a line you need no descent. Scikit-learn solves the equations, as the notebook
# does for a check.

# %%
from sklearn.linear_model import LinearRegression

check = LinearRegression(fit_intercept=False).fit(X, y)  # X has its own ones
print(check.coef_)

# %% tags=["remove-cell"]
display(reproduce("scikit-learn coef_b0", float(check.coef_[0, 0])))
display(reproduce("scikit-learn coef_w1", float(check.coef_[0, 1])))
claim("5.005", check.coef_[0, 0])
claim("1.984", check.coef_[0, 1])

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

# %% tags=["remove-cell"]
claim("0.098", errors[0])
claim("0.044", errors[1])
claim("0.05", (w_best[0] - 5) / errors[0])
claim("0.36", (2 - w_best[1]) / errors[1])
claim("1.84", s2)
noise_error = 2 * np.sqrt(2 / (n - 2))
claim("1.7", (2 - s2) / noise_error)
gap = w_best - [5, 2]
assert gap @ (X64.T @ X64) @ gap / s2 / 2 < 1  # both at once: F is 0.25

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

# %% tags=["remove-cell"]
claim("0.045", slopes.std())
claim("0.666", r_squared.mean())
claim("0.017", r_squared.std())
intercepts = fresh_y.mean(1) - slopes * fresh_x.mean(1)
assert abs(intercepts.std() / errors[0] - 1) < 0.06
mean_gap = np.mean(
    ((5 + 2 * fresh_x - intercepts[:, None] - slopes[:, None] * fresh_x) ** 2).mean(1)
)

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
# $p\,\sigma^2 / n$: each of the $p$ parameters lets the fit swallow one $n$-th of the
# noise variance $\sigma^2$. With $s^2$ in place of $\sigma^2$, take that as the
# tolerance.

# %%
gram = X64.T @ X64 / n


def excess_loss(w, w_best, gram):  # w has shape (..., 2)
    d = np.asarray(w, float) - w_best
    return np.einsum("...i,...i->...", d @ gram, d)


tolerance = 2 * s2 / n
print(f"best loss {residual @ residual / n:.4f}, tolerance {tolerance:.4f}")

# %% tags=["remove-cell"]
claim("0.0037", tolerance)
assert abs(mean_gap / (2 * 2 / n) - 1) < 0.06
w_try = np.array([4.0, 2.2])
assert np.isclose(
    excess_loss(w_try, w_best, gram),
    np.mean((y64 - X64 @ w_try) ** 2) - residual @ residual / n,
)

# %% [markdown]
# An excess loss of 0.0037 is the finishing line for everything below.
#
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

# %% tags=["remove-cell"]
np.testing.assert_allclose(w.grad[:, 0], -2 / n * X64.T @ y64, rtol=1e-5)

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

# %% tags=["remove-cell"]
claim("3000", len(path))
claim("8", len(orders[0].split(32)[-1]))
claim("32", len(orders[0].split(32)))
assert len(orders[0].split(32)) * 3 == 96
claim("96", 3 * len(orders[0].split(32)))

# %% [markdown]
# Every regime sees every row three times. Batch descent makes three updates of that,
# mini-batches 96 (32 batches an epoch, the last one with the 8 rows that remain), and
# single examples 3000. Keep this in mind when regimes are compared by epochs.
#
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
# You could read the code. Or let the model keep the books: a *forward hook* is a
# function that PyTorch calls, before the model runs, with the model and a tuple of its
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

# %% tags=["remove-cell"]
assert len(np.unique(X[:, 1])) == n
claim("63", len(times))
claim("937", n - len(times))
claim("32", times.max())

# %% [markdown]
# The second loop works off all the data 32 times an epoch. The third never looks at 937
# of the rows. Would the score have told you? Train with each loop from three seeds, and
# print the mean score. Print also how far the line is off, in standard errors, as
# above, but from the least-squares line.

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

# %% tags=["remove-cell"]
claim("0.673", r2_score(y64, X64 @ ends_of["whole_data"][0]))
for seed in range(3):
    assert round(r2_score(y64, X64 @ ends_of["overlapping"][seed]), 3) == 0.656
claim("0.656", r2_score(y64, X64 @ ends_of["overlapping"][0]))
off = np.abs((ends_of["overlapping"] - w_best) / errors)
claim("> 4", off.min())
claim("> 6", off[:, 1].min())
off_correct = np.abs((ends_of["correct"] - w_best) / errors)
assert off_correct.max() < 2

# %% [markdown]
# Hardly. The best score, 0.673, goes to a faulty loop: with all the data in every step
# there is no noise, at 32 times the cost. The loop that ignores most of the rows scores
# 0.656, which is as good as a sound fit scores on many a data set (0.666, give or take
# 0.017). Yet its intercept is off by more than 4 standard errors, and its slope by more
# than 6. The score does not see it; the standard errors do.
#
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
# leaves one. So Adam moves a parameter by at most about $\eta$ per step, however steep
# the loss, and by less when the gradient shrinks or changes its sign. With the
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
    for k in range(0, batches.shape[-2], size := blocks[batches.shape[-1]]):
        block = batches[..., k : k + size, :]
        state, part = run_block(state, block, rate, update, X, y[:, 0])
        parts.append(part)
    return [np.concatenate(kept, axis=1) for kept in zip(*parts, strict=True)]


# %% [markdown]
# A rewritten loop is a claim. Feed both the same rows in the same order, and compare
# after every single update.

# %%
some_epochs = {"batch": 100, "mini-batch": 5, "stochastic": 1}
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
    same = np.allclose(by_torch.numpy(), by_scan, rtol=0, atol=0.00001)
    print(f"{name:10} {len(by_torch):5,} updates, same: {same}")
    assert same

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

# %% tags=["remove-cell"]
some = helpers.shuffled_orders(np.random.default_rng(1), 2, 3, n)  # as later chapters
np.testing.assert_array_equal(some, shuffled(np.random.default_rng(1), 2, 3))
np.testing.assert_array_equal(in_batches(some, 32), helpers.in_batches(some, 32))

# %% [markdown]
# (For the batch regime an order means nothing, so all its runs may share one.)

# %%
start_time = perf_counter()
finals = {}  # regime: the last parameters of its 20 runs
runs = {name: many_runs(adam, 0.001, starts, batches[name]) for name in batches}
for name, (path, _) in runs.items():
    finals[name] = w = np.asarray(path[:, -1], float)
    (a, b), (sd_a, sd_b) = w.mean(axis=0), w.std(axis=0, ddof=1)
    within = excess_loss(w, w_best, gram) <= tolerance
    print(f"{name}, {path.shape[1]:,} updates: {within.sum()} arrive")
    print(f"  intercept {a:.2f} ± {sd_a:.2f}, slope {b:.2f} ± {sd_b:.2f}")
print(f"60 runs took {perf_counter() - start_time:.1f} s")

# %% tags=["remove-cell"]
distances = {name: excess_loss(w, w_best, gram) for name, w in finals.items()}
within = {name: int((d <= tolerance).sum()) for name, d in distances.items()}
assert within == {"batch": 0, "mini-batch": 0, "stochastic": 20}
assert [path.shape[1] for path, _ in runs.values()] == [4500, 9600, 500_000]
claim("500,000", runs["stochastic"][0].shape[1])
claim("9,600", runs["mini-batch"][0].shape[1])
claim("60", sum(len(w) for w in finals.values()))
claim("4.5", 0.001 * runs["batch"][0].shape[1])
claim("0.71", np.sqrt(1 / 2))  # nn.Linear: uniform, bound 1 / sqrt(inputs)
assert np.abs(starts).max() < np.sqrt(1 / 2)
claim("5", np.round((w_best[0] - starts[:, 0]).mean()))
steps_at_end = np.abs(np.diff(runs["batch"][0][:, -2:, 0], axis=1)).mean()
claim("0.0003", steps_at_end)
claim("2.98", (finals["batch"] - starts)[:, 0].mean())
claim("2.64", finals["batch"][:, 1].mean())
assert np.abs(np.diff(runs["batch"][0][:, :, 0], axis=1)).max() < 0.001
claim("2.96", finals["batch"][:, 0].mean())
claim("0.32", finals["batch"][:, 0].std(ddof=1))

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

# %% tags=["remove-cell"]
claim("11,100", round(arrived["batch"], -2))
claim("32,000", round(arrived["stochastic"], -3))
claim("32", np.round(arrived["stochastic"] / 1000))
claim("4500", runs["batch"][0].shape[1])
np.testing.assert_allclose(longer[:, 4499], finals["batch"], atol=1e-4)
stay = excess_loss(runs["stochastic"][0][:, 32_000::100], w_best, gram).mean(axis=0)
assert (stay <= tolerance).all()

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
#|   mini-batch curve after some thirty times as many epochs, the batch curve after a
#|   thousand times as many. Below, against updates, the three curves fall close
#|   together, the stochastic one last. The batch curve and then the mini-batch curve
#|   end above the dashed line, and the dotted continuation of the batch curve crosses
#|   it well before the stochastic curve does.
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
    updates = np.unique(np.geomspace(1, path.shape[1], 150).astype(int))
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

# %% tags=["remove-cell"]
half = {
    name: excess_loss(path[:, 4499], w_best, gram).mean()
    for name, (path, _) in runs.items()
}
claim("1.01", half["batch"])
claim("1.02", half["mini-batch"])
claim("1.54", half["stochastic"])
way = {
    name: np.asarray(path[:, 999] - starts).mean(0) for name, (path, _) in runs.items()
}
assert way["stochastic"][1] < 0.9 * way["batch"][1]  # the slope: shorter steps
assert 0.95 < way["stochastic"][0] / way["batch"][0] < 1  # the intercept

# %% [markdown]
# Batches and mini-batches are level, 1.01 against 1.02. Single examples are *behind*,
# with 1.54: the running mean of squares in {eq}`regimes-adam` counts the noise of the
# gradient along with the gradient. Noise thus swells the denominator and shortens the
# steps.
#
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
# Measure it. And let Adam try again, with a learning rate a hundred times as large.


# %%
def plain(state, gradient, learning_rate):
    return state[0] - learning_rate * gradient, *state[1:]


for rule, rate in ((plain, best_rate), (adam, 0.1)):
    path, _ = many_runs(rule, rate, starts, batches["batch"][:600])
    mean_excess = excess_loss(path, w_best, gram).mean(axis=0)
    print(f"{rule.__name__:5} {first_update(mean_excess, tolerance)} updates")

# %% tags=["remove-cell"]
claim("90", needed)
claim("0.166", best_rate)
claim("400", round(first_update(mean_excess, tolerance), -2))
path, _ = many_runs(plain, best_rate, starts, batches["batch"][:600])
claim("90", first_update(excess_loss(path, w_best, gram).mean(axis=0), tolerance))
along = (starts - w_best) @ np.linalg.eigh(2 * gram)[1]
along = (along**2 * curvatures).mean(axis=0)
claim("97%", along[1] / along.sum())
path, _ = many_runs(plain, 0.16, starts, batches["batch"][:600])
claim("60", first_update(excess_loss(path, w_best, gram).mean(axis=0), tolerance))

# %% [markdown]
# Plain descent: predicted 90, measured 90. That is the count for the textbook's best
# rate, 0.166. It is best in the *worst case*: it shrinks the error along both
# eigenvectors by the same factor, so it takes as long from any start. These starts are
# kinder. 97% of their excess loss lies along the steep eigenvector, and a rate slightly
# below the best shrinks that part much faster: with 0.16 it takes 60 updates, as you
# will see in the race below.
#
# Adam needs about 400, and no knowledge of the curvature. So it was not the rule that
# made 4500 steps too few, but the number 0.001. In Adam a learning rate is a *distance
# per step*; in the plain rule it is not. Here is what the plain rule makes of 0.001,
# with the notebook's budgets:

# %%
plain_ends = {}
for name in regimes:
    path, _ = many_runs(plain, 0.001, starts, batches[name])
    plain_ends[name] = excess_loss(path[:, -1], w_best, gram).mean()
    by_adam = excess_loss(finals[name], w_best, gram).mean()
    print(f"{name:10} plain {plain_ends[name]:.4f}, Adam {by_adam:.4f}")

# %% tags=["remove-cell"]
claim("8", distances["batch"].mean() / plain_ends["batch"])
claim("20", distances["mini-batch"].mean() / plain_ends["mini-batch"])
assert plain_ends["stochastic"] > 3 * distances["stochastic"].mean()

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

# %% tags=["remove-cell"]
claim("11.7", curvatures[1])
claim("50.6", 2 * (1 + x.max() ** 2))
assert far > 1000 * at_start

# %% [markdown]
# The mean curves by 11.7, the steepest example by 50.6. What is best for the batch
# throws single examples out of the valley.
#
# ## What was the loss of an epoch?
#
# "Stochastic descent bounces," you read, below a loss curve that does. But which loss
# is it? A loop that keeps `loss.item()` at the end of an epoch keeps the loss of *one*
# example, the last. It could also keep the mean over the epoch's steps, or the loss of
# the epoch's final parameters over all data. Log all three, from epoch 100 to 300, when
# the runs have long arrived. Do so for Adam, for the plain rule at a larger rate, and
# for a control that stands still: the last two start at the answer, the control with a
# learning rate of 0. The table shows the standard deviation of each log over the
# epochs.


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

# %% tags=["remove-cell"]
bounce = {
    (name, log): logs[name][log].std(axis=1).mean() for name in logs for log in kept
}
claim("2.7", bounce["Adam, 0.001", "last example"])
claim("2.7", bounce["standing still", "last example"])
claim("< 0.001", bounce["Adam, 0.001", "all data"])
claim(
    "> 2000", bounce["Adam, 0.001", "last example"] / bounce["Adam, 0.001", "all data"]
)
assert bounce["standing still", "mean of the epoch"] < 1e-5
claim("0.16", bounce["plain, 0.01", "all data"])
claim("0.02", bounce["plain, 0.01", "mean of the epoch"])

# %% [markdown]
# {numref}`fig-regimes-logging` draws three of these logs for one run.

# %% tags=["hide-input"]
#| name: fig-regimes-logging
#| caption: Three logs on the same scale. The bounce of the first is that of the second,
#|   in which nothing moves; the loss over all data does not bounce.
#| alt: Three panels of a loss over 200 epochs, all with the same vertical scale from 0
#|   to 20. The upper two look alike: dense spikes, most below 5, some above 10. Their
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

# %% tags=["remove-cell"]
claim("200", len(logs["standing still"]["last example"][0]))
assert 10 < logs["standing still"]["last example"][0].max() < 25
assert best_loss < 2

# %% [markdown]
# The log of the last example bounces with a standard deviation of 2.7. It does so even
# when nothing moves: what bounces is *which example comes last*. For Adam, the bounce
# that the parameters themselves cause in the loss over all data is below 0.001, more
# than 2000 times smaller. In the row `plain, 0.01` the parameters do bounce, but you
# see it only in the loss over all data, where it is 0.16. In the log of the last
# example it is lost beneath the 2.7, and the mean of the epoch smooths it to 0.02.
#
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
# {cite}`pedregosa2011`. The notebook hands over the prediction first. For the
# scikit-learn line:

# %%
prediction = check.predict(X)
print(f"prediction first: {r2_score(prediction, y):.4f}")
print(f"truth first:      {r2_score(y, prediction):.4f}")

# %% tags=["remove-cell"]
display(
    reproduce(
        "scikit-learn r2 (arguments in the published order: prediction first)",
        r2_score(prediction, y),
    )
)
r2 = r2_score(y64, X64 @ w_best)
claim("0.5143", r2_score(prediction, y))
claim("0.6731", r2)
claim("0.5143", 2 - 1 / r2)

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

# %% tags=["remove-cell"]
claim("0.673", scores["stochastic"][0].mean())
claim("0.516", scores["stochastic"][1].mean())
claim("0.608", scores["mini-batch"][1].mean())
claim("0.573", scores["batch"][1].mean())
names = list(scores)
crowned = np.array([scores[name][1] for name in names]).argmax(axis=0)
best_right = np.array([scores[name][0] for name in names]).argmax(axis=0)
assert set(best_right) == {names.index("stochastic")}
assert names.index("stochastic") not in crowned

# %% [markdown]
# The right order puts the stochastic line first for all 20 seeds, the swapped order for
# none. On average it ranks the unfinished mini-batch runs first (0.608), then the batch
# runs, which are farthest from the answer (0.573), and last the runs that arrived
# (0.516). It prefers the unfinished lines because they are too steep.
#
# How steep would it like a line to be? Score all lines through the center of the data,
# both ways.

# %% tags=["hide-input"]
#| name: fig-regimes-r2
#| caption: Filled circles are the right scores of the 60 runs, open squares the swapped
#|   ones. A mark off its curve belongs to a line that misses the center of the data.
#| alt: Score against slope from 1.4 to 4, two hills. The right score, a solid line,
#|   peaks at 0.67 above the slope 1.98 and falls to both sides. The swapped score, a
#|   dashed line, rises past that slope and peaks at the same height above 2.95. On the
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

# %% tags=["remove-cell"]
steep = w_best[1] / r2
claim("2.95", steep)
claim("1.98", w_best[1])
claim("0.67", r2)
center = X64.mean(axis=0)[1], y64.mean()
steep_line = center[1] + steep * (x64 - center[0])
assert np.isclose(r2_score(steep_line, y64), r2)
assert np.isclose(r2_score(y64, steep_line), 2 - 1 / r2)
assert np.isclose(s[(squares / (s**2 * spread_x)).argmin()], steep, atol=0.02)

# %% [markdown]
# The swapped score peaks at a slope of 2.95, the least-squares slope divided by $R^2$,
# and the two lines trade scores exactly: each has 0.6731 in one order and 0.5143 in the
# other. (For a least-squares line the swapped score is $2 - 1/R^2$. An exercise shows
# what the slope of 2.95 answers.) Name the arguments, `y_true=` and `y_pred=`, and
# their order does not matter.
#
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

# %% tags=["remove-cell"]
assert cost["batch"] < 10 * cost["stochastic"]
assert cost["batch"] * 50 < cost["stochastic"] * 1000

# %% [markdown]
# An update on 1000 rows costs little more than one on a single row, since most of the
# time goes into starting the operations. Now put all clocks together. (*Examples seen*
# are epochs times 1000, so they are no race of their own.)


# %%
for target in (0.5, tolerance):
    print(f"to {target:<7.4f} updates  epochs  time")
    for name in regimes:
        updates, rate, _ = races[name, target]
        epochs = updates / per_epoch[name]
        time = f"{updates * cost[name] * 1e3:.1f} ms"
        print(f"{name:10} {updates:7,} {epochs:7.2f}  {time}")

# %% tags=["remove-cell"]
arrivals = {key: updates for key, (updates, _, _) in races.items()}
claim("16", arrivals["batch", 0.5])
claim("24", arrivals["mini-batch", 0.5])
claim("135", arrivals["stochastic", 0.5])
claim("0.75", arrivals["mini-batch", 0.5] / 32)
claim("0.14", arrivals["stochastic", 0.5] / 1000)
claim("60", arrivals["batch", tolerance])
claim("0.16", races["batch", tolerance][1])
claim("27", arrivals["stochastic", tolerance] / 1000)
claim("28", arrivals["mini-batch", tolerance] / 32)
claim("16,000", arrivals["batch", 0.5] * n)
claim("> 400", arrivals["stochastic", tolerance] / arrivals["batch", tolerance])
for name, per_target in grids.items():  # the best rate is no end of its grid
    for target, rates in per_target.items():
        assert rates[0] < races[name, target][1] <= rates[-1]
for target in (0.5, tolerance):
    assert arrivals["batch", target] * 1.3 < arrivals["mini-batch", target]
    assert arrivals["mini-batch", target] * 3 < arrivals["stochastic", target]
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
    updates = np.unique(np.geomspace(1, 2 * end, 150).astype(int))
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
# By seconds, the order is that of the updates, because here all updates cost nearly the
# same. With a million rows it would turn (see the last exercise). So the winner depends
# on what you pay for. On this page mini-batches win no race and come last in none: a
# compromise, and with many rows a good one.
#
# | what you pay for | clock | first on this page |
# |---|---|---|
# | reading data | epochs, or examples seen | small batches |
# | starting a step, or messages between machines | updates | batch |
# | your time | seconds | batch, as long as rows are few |
#
# ## What to keep
#
# - One loop serves all regimes; the batch size $b$ tells them apart. Equal epochs are
#   not equal updates, so name your budget before you compare.
# - Count the rows that your loop feeds to the model. The score does not show them.
# - Adam moves each parameter by at most about $\eta$ a step, so a long way takes many
#   steps. At $\eta = 0.001$ its 4500 batch updates were too few, and about 11,100 would
#   have done. Plain descent took 90 at the textbook rate, and 60 at a better one.
# - Per update the batch was the fastest, with either rule. Single examples arrived
#   because they got a hundred times as many updates.
# - The loss of the last example bounces even if nothing moves. Log the loss over all
#   data, or the mean of the epoch, and say which.
# - `r2_score` takes the truth first. Know the best score there is, and the standard
#   errors of what you fit, before you call a model good, bad, or done.
#
# ## Exercises
#
# ::::{exercise}
# :label: ex-regimes-noise
# Someone draws one noise and adds it twice: `noise = rng.normal(size=n)`, then
# `y = 5 + 2 * x + noise + noise`. What is the best possible $R^2$ now? Predict it, then
# draw.
# ::::
#
# ::::{solution} ex-regimes-noise
# :class: dropdown
# Twice the same noise has twice the standard deviation, so four times the variance: 4
# instead of 2. The best $R^2$ is $4 / (4 + 4)$, one half.
#
# ```python
# rng = np.random.default_rng(1)
# feature, same = rng.normal(2, 1, 200_000), rng.normal(size=200_000)
# r2_score(5 + 2 * feature + same + same, 5 + 2 * feature)
# ```
#
# This gives 0.50. Adding variances needs *independent* noises.
# ::::

# %% tags=["remove-cell"]
rng = np.random.default_rng(1)
feature, same = rng.normal(2, 1, 200_000), rng.normal(size=200_000)
claim("0.50", r2_score(5 + 2 * feature + same + same, 5 + 2 * feature))
claim("4", np.round((2 * same).var()))

# %% [markdown]
# ::::{exercise}
# :label: ex-regimes-broadcast
# Write the loss as `((model(inputs) - targets[:, 0]) ** 2).mean()` and train. No error
# comes. Which line do you get, and why?
# ::::
#
# ::::{solution} ex-regimes-broadcast
# :class: dropdown
# Shape (1000, 1) minus shape (1000,) is {term}`broadcast` to (1000, 1000): every
# prediction against every target.
#
# ```python
# torch.manual_seed(0)
# model = nn.Linear(2, 1, bias=False)
# optimizer = torch.optim.SGD(model.parameters(), lr=0.16)
# for _ in range(200):
#     loss = ((model(inputs) - targets[:, 0]) ** 2).mean()
#     optimizer.zero_grad()
#     loss.backward()
#     optimizer.step()
# print(model.weight, targets.mean())
# ```
#
# Each prediction is pulled to all targets alike, so to their mean: the slope comes out
# as 0.00 and the intercept as 9.00, the mean of $y$. `mse_loss` would have warned you.
# ::::

# %% tags=["remove-cell"]
torch.manual_seed(0)
model = nn.Linear(2, 1, bias=False)
optimizer = torch.optim.SGD(model.parameters(), lr=0.16)
for _ in range(200):
    loss = ((model(inputs) - targets[:, 0]) ** 2).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
claim("9.00", targets.mean())
claim("9.00", model.weight[0, 0].item())
claim("0.00", abs(model.weight[0, 1].item()))

# %% [markdown]
# ::::{exercise}
# :label: ex-regimes-reverse
# The swapped score is best at a slope of 2.95. Fit $x$ from $y$ by least squares, and
# turn that line around, so that it gives $y$ from $x$. Compare, and explain.
# ::::
#
# ::::{solution} ex-regimes-reverse
# :class: dropdown
# ```python
# slope_of_x, _ = np.polyfit(y64, X64[:, 1], 1)
# print(1 / slope_of_x)
# ```
#
# It is the same 2.95. The spread of a line's predictions is $w_1^2$ times that of $x$.
# Dividing by it turns residuals in $y$ into residuals in $x$, so the swapped score is
# the $R^2$ of predicting $x$ from $y$. Both lines are best, each for its own question.
# ::::

# %% tags=["remove-cell"]
slope_of_x, _ = np.polyfit(y64, X64[:, 1], 1)
claim("2.95", 1 / slope_of_x)
assert np.isclose(1 / slope_of_x, steep)

# %% [markdown]
# ::::{exercise}
# :label: ex-regimes-million
# Open: take a million rows instead of 1000. Which clock decides now? Measure what an
# update costs at $b = 32$ and at $b = n$, and argue which regime you would use for a
# rough answer. What changes if you want the tolerance of {eq}`regimes-excess` as
# well?
# ::::
#
# ::::{solution} ex-regimes-million
# :class: dropdown
# ```python
# many = torch.randn(1_000_000, 2)
# for batch_size in (32, 1_000_000):
#     rows = torch.randperm(1_000_000)[:batch_size]
#     w = torch.zeros(2, 1, requires_grad=True)
#     start = perf_counter()
#     for _ in range(5):
#         ((many[rows] @ w - 1) ** 2).mean().backward()
#     print(batch_size, f"{(perf_counter() - start) / 5 * 1e3:.2f} ms")
# ```
#
# On one core the large update takes more than 20 times as long as the small one. The
# curvature of the mean is what it was, so the rough answer still takes about as many
# updates. Mini-batches reach it before they have seen one part in a thousand of the
# data. The tolerance, though, shrinks with $n$, and noise at a constant rate does not.
# For the fine answer, end with larger batches or let the rate decay
# {cite}`robbins1951`.
# ::::

# %% tags=["remove-cell"]
many, per_update = torch.randn(1_000_000, 2), []
for batch_size in (32, 1_000_000):
    rows = torch.randperm(1_000_000)[:batch_size]
    w = torch.zeros(2, 1, requires_grad=True)
    ((many[rows] @ w - 1) ** 2).mean().backward()
    start = perf_counter()
    for _ in range(2):
        ((many[rows] @ w - 1) ** 2).mean().backward()
    per_update.append(perf_counter() - start)
claim("> 20", per_update[1] / per_update[0])
assert arrivals["mini-batch", 0.5] * 32 < 1_000_000 / 1000

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
