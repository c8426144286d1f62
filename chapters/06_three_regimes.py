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
# A published notebook {cite}`nn_gradient_descent` fits one line in three ways. Each
# step looks at all 1000 examples, or at 32, or at one, and the three ways get 4500, 300
# and 500 epochs. Run as described, only the last of them arrives. And the score,
# computed in the notebook's way, prefers a line that has not arrived. What would be a
# fair race, and who would win it?

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
# numbers, take NumPy's old generator, its seed, and its order of drawing. The noise
# comes in two portions. The model wants float32: a design matrix with a column of ones,
# as for the {ref}`penguins`, and the targets as a column.

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
#|   0 to 18. A blue line rises through the middle of the cloud. Two dashed lines run
#|   parallel to it, two standard deviations of the noise above and below, and nearly
#|   all points lie between them.
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
assert 15.5 < y.max() < 18.5

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
# The **standard error** says how far such lines scatter around the truth. You can
# compute it from one data set: with $s^2$ for the variance of the residuals, take the
# square roots of the diagonal of $s^2 (X^\top X)^{-1}$.

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
# number differs from the truth by as much as half of one. (The variance of the noise
# comes out as 1.84. That is 1.7 of *its* standard errors below 2, as happens now and
# then.) Put the formula to the test: draw 2000 fresh data sets, and fit each.

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
# At the truth it averages $p\,s^2 / n$ for $p$ parameters. Take that as the tolerance.

# %%
gram = X64.T @ X64 / n


def excess_loss(w, w_best, gram):  # w has shape (..., 2)
    d = np.asarray(w, float) - w_best
    return np.einsum("...i,ij,...j->...", d, gram, d)


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
# inputs to one output. It has no bias, since $X$ has a column of ones. An *optimizer*
# holds the update rule. Here is the loop, written out:

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
# **batch size** $b$ is the only difference between the three regimes: $b = n$ is *batch
# gradient descent*, $b = 1$ is *stochastic gradient descent*, and everything between
# works with *mini-batches*. Give each of them three epochs of plain descent.

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
# Where batches are cut by hand, as in the notebook, a slip is easily made. So ask of
# every such loop, the notebook's and your own: which rows does it really feed to the
# model? Here are a correct loop and two slips. None of them raises an error.


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
# You could read the code. Or let the model keep the books: a *forward hook* is called
# with whatever the model is given. All $x$ differ here, so to count them is to count
# the rows.


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
# of the rows. Would the score have told you? Three seeds each:

# %%
from sklearn.metrics import r2_score


def score_of(loop, seed):
    torch.manual_seed(seed)
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    for _ in range(20):
        for loss in loop(model, torch.randperm(n), inputs, targets):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return r2_score(y, model(inputs).detach()), model.weight.detach().numpy()[0]


for loop in (correct, whole_data, overlapping):
    scores = [score_of(loop, seed)[0] for seed in range(3)]
    print(f"{loop.__name__:11} R² from {min(scores):.3f} to {max(scores):.3f}")

# %% tags=["remove-cell"]
claim("0.673", score_of(whole_data, 0)[0])
claim("0.656", min(scores))
claim("0.656", max(scores))
off = (score_of(overlapping, 0)[1].astype(float) - w_best) / errors
claim("> 3", abs(off[0]))
claim("> 3", abs(off[1]))

# %% [markdown]
# Hardly. The best score, 0.673, goes to a faulty loop: with all the data in every step
# there is no noise, at 32 times the cost. The loop that ignores most of the rows scores
# 0.656, which is as good as a sound fit scores on many a data set (0.666, give or take
# 0.017). Yet its intercept and its slope are both more than three standard errors off.
# Count the rows. The next chapter leaves the cutting to PyTorch.
#
# ## As the notebook ran it
#
# The notebook explains plain descent and runs **Adam** {cite}`kingma2015`. Adam keeps a
# running mean of the gradient, $\mathbf{m}$, and of its square, $\mathbf{v}$, and moves
# each parameter by
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
# loss. With the notebook's $\eta = 0.001$ this allows a **prediction**: 4500 batch
# steps cover at most about 4.5, and the intercept has about 5 to go. Batch descent will
# not arrive.
#
# To test it from many starts you need speed, since the stochastic regime alone takes
# 500,000 updates. So compile the same loop with `lax.scan`, as in {ref}`descent`. A
# scan wants batches of equal size: pad the last one with $-1$, and give such rows no
# weight.

# %%
import jax
import jax.numpy as jnp


def in_batches(orders, batch_size):
    missing = -orders.shape[-1] % batch_size
    widths = [(0, 0)] * (orders.ndim - 1) + [(0, missing)]
    padded = np.pad(orders, widths, constant_values=-1)
    return padded.reshape(*orders.shape[:-2], -1, batch_size)


def batch_loss(w, rows, X, y):
    used = rows >= 0
    return jnp.sum(used * (X[rows] @ w - y[rows]) ** 2) / jnp.sum(used)


# %% [markdown]
# The scan takes one step per batch. It returns the parameters after each step, and the
# batch's loss before it. `vmap` runs many descents side by side.

# %%
from functools import partial


@partial(jax.jit, static_argnames="update")
def scan_train(w, batches, learning_rate, update, X, y):
    def step(state, rows):
        loss, gradient = jax.value_and_grad(batch_loss)(state[0], rows, X, y)
        state = update(state, gradient, learning_rate)
        return state, (state[0], loss)

    start = (w, jnp.zeros_like(w), jnp.zeros_like(w), 0)
    return jax.lax.scan(step, start, batches)[1]


def many_runs(update, learning_rate, starts, batches):
    shared = None if batches.ndim == 2 else 0  # one order for all, or one each
    axes = (0, shared, None, None, None, None)
    run = jax.vmap(scan_train, in_axes=axes)
    return run(starts, batches, learning_rate, update, X, y[:, 0])


# %% [markdown]
# A rewritten loop is a claim. Feed both the same rows in the same order, and compare
# after every single update.

# %%
some_epochs = {"batch": 500, "mini-batch": 20, "stochastic": 1}
for name, batch_size in regimes.items():
    torch.manual_seed(0)
    model = nn.Linear(2, 1, bias=False)
    start = model.weight.detach().numpy()[0].copy()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    orders = torch.stack([torch.randperm(n) for _ in range(some_epochs[name])])
    by_torch = train(model, optimizer, orders, batch_size, inputs, targets)
    batches = in_batches(orders.numpy(), batch_size)
    by_scan, _ = scan_train(start, batches, 0.001, adam, X, y[:, 0])
    gap = np.abs(by_torch.numpy() - np.asarray(by_scan)).max()
    print(f"{name:10} {len(by_torch):5,} updates, same: {gap < 0.00001}")

# %% tags=["remove-cell"]
assert gap < 0.00001

# %% [markdown]
# The same path, to within 0.00001. Now take the notebook's runs in full, from PyTorch's
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
runs = {name: many_runs(adam, 0.001, starts, batches[name]) for name in batches}
for name, (path, _) in runs.items():
    w = np.asarray(path[:, -1])
    (a, b), (sd_a, sd_b) = w.mean(axis=0), w.std(axis=0, ddof=1)
    within = excess_loss(w, w_best, gram) <= tolerance
    print(f"{name}, {path.shape[1]:,} updates: {within.sum()} arrive")
    print(f"  intercept {a:.2f} ± {sd_a:.2f}, slope {b:.2f} ± {sd_b:.2f}")
print(f"60 runs took {perf_counter() - start_time:.1f} s")

# %% tags=["remove-cell"]
finals = {name: np.asarray(path[:, -1], float) for name, (path, _) in runs.items()}
distances = {name: excess_loss(w, w_best, gram) for name, w in finals.items()}
within = {name: int((d <= tolerance).sum()) for name, d in distances.items()}
assert within == {"batch": 0, "mini-batch": 0, "stochastic": 20}
assert [path.shape[1] for path, _ in runs.values()] == [4500, 9600, 500_000]
claim("500,000", runs["stochastic"][0].shape[1])
claim("9,600", runs["mini-batch"][0].shape[1])
claim("60", sum(len(w) for w in finals.values()))
claim("4.5", 0.001 * runs["batch"][0].shape[1])
assert (w_best[0] - starts[:, 0]).min() > 4.2
assert (w_best[0] - starts[:, 0]).max() < 5.8
assert np.abs(np.diff(runs["batch"][0][:, :, 0], axis=1)).max() < 0.001
claim("2.96", finals["batch"][:, 0].mean())
claim("0.32", finals["batch"][:, 0].std(ddof=1))

# %% [markdown]
# As predicted, no batch run arrives: the intercepts end at 2.96, give or take 0.32, the
# standard deviation over the runs. Mini-batches, with 9,600 updates, come closer and do
# not arrive either. The stochastic runs do, 20 out of 20. {numref}`fig-regimes-ends`
# shows where all 60 end.

# %% tags=["hide-input"]
#| name: fig-regimes-ends
#| caption: Where 60 runs end. Only the stochastic ones lie in the black ellipse, the
#|   tolerance; the others were stopped on their way along the valley.
#| alt: The plane of intercept and slope. Gray contour lines form a long valley that
#|   falls from upper left to lower right. Orange dots, the ends of the batch runs, lie
#|   far up the valley, widely scattered. Green dots, the mini-batch runs, lie in a row
#|   on the valley floor, more than halfway down. Blue dots, the stochastic runs, are
#|   crowded within a small black ellipse, which also holds a cross at the truth.
from helpers import BLACK, GREEN, ORANGE
from helpers.figures import WHITE

colors = {"stochastic": BLUE, "mini-batch": GREEN, "batch": ORANGE}
i, j = np.meshgrid(np.linspace(2.2, 5.6, 171), np.linspace(1.4, 3.1, 171))
height = excess_loss(np.stack([i, j], axis=-1), w_best, gram)
figure, ax = plt.subplots(figsize=(5.4, 4.2))
ax.contour(i, j, height, [0.03, 0.3, 1, 3], colors=GRAY, linewidths=0.7)
ax.contour(i, j, height, [tolerance], colors=BLACK, linewidths=1.2)
for name, w in finals.items():
    ax.plot(*w.T, "o", color=colors[name], ms=4, alpha=0.7)
ax.plot(5, 2, "+", color=BLACK, ms=10)
label = {"va": "center", "bbox": {"facecolor": WHITE, "edgecolor": "none"}}
ax.text(3.15, 2.9, "batch:\n4500 updates", color=ORANGE, **label)
ax.text(4.4, 2.47, "mini-batch:\n9600 updates", color=GREEN, **label)
ax.text(3.7, 1.7, "stochastic:\n500,000 updates", color=BLUE, **label)
ax.set(xlabel="intercept", ylabel="slope", title="Two of three were stopped halfway")
plt.show()

# %% [markdown]
# Is that the merit of single examples, or of half a million updates? Draw the same runs
# by both clocks.


# %% tags=["hide-input"]
#| name: fig-regimes-clocks
#| caption: The same Adam runs by two clocks, each curve the mean of 20. By epochs the
#|   regimes are far apart; by updates they are much the same. Dots mark where they end.
#| alt: Two panels of mean excess loss, both axes on log scales, with a dashed line at
#|   the tolerance. Above, against epochs, the stochastic curve falls first, the
#|   mini-batch curve after some thirty times as many epochs, the batch curve after a
#|   thousand times as many. Below, against updates, the three curves fall together.
#|   The batch curve and then the mini-batch curve end above the dashed line; the
#|   stochastic curve goes on and crosses it.
def draw_clocks(curves, names):
    _, panels = plt.subplots(2, sharey=True, figsize=(5.4, 6.2))
    for name, color in colors.items():
        updates, mean_excess = curves[name]
        for ax, unit in zip(panels, (-(-n // regimes[name]), 1), strict=True):
            ax.loglog(updates / unit, mean_excess, color=color)
            ax.plot(updates[-1] / unit, mean_excess[-1], "o", color=color, ms=5)
        panels[0].text(*names[name], name, color=color)
    for ax, label in zip(panels, ("epochs", "updates"), strict=True):
        ax.axhline(tolerance, color=GRAY, linestyle="--", linewidth=1)
        ax.set(xlabel=label, ylabel="mean excess loss")
    return panels


curves = {}
for name, (path, _) in runs.items():
    updates = np.unique(np.geomspace(1, path.shape[1], 150).astype(int))
    mean_excess = excess_loss(path[:, updates - 1], w_best, gram).mean(axis=0)
    curves[name] = updates, mean_excess
places = {"batch": (500, 130), "mini-batch": (4.5, 2), "stochastic": (0.12, 0.5)}
panels = draw_clocks(curves, places)
panels[0].set(title="By epochs: three different stories", xlim=(0.05, 9000))
panels[1].set(title="By updates: one story, told to the end once", xlim=(50, 9e5))
plt.show()

# %% [markdown]
# By updates the curves nearly coincide. After 4500 updates, where the batch runs stop,
# the mean excess losses are:

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
assert way["stochastic"][1] < 0.9 * way["batch"][1]  # the slope
assert 0.95 < way["stochastic"][0] / way["batch"][0] < 1  # the intercept

# %% [markdown]
# Batches and mini-batches are level, 1.01 against 1.02. Single examples are *behind*,
# with 1.54: noise swells the denominator in {eq}`regimes-adam`, above all for the
# slope, and so shortens the steps. What made the stochastic runs arrive was a hundred
# times the updates.
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


def first_update(mean_excess, target):
    within = np.flatnonzero(mean_excess <= target)
    return within[0] + 1 if within.size else np.inf


for rule, rate in ((plain, best_rate), (adam, 0.1)):
    path, _ = many_runs(rule, rate, starts, batches["batch"][:600])
    mean_excess = excess_loss(path, w_best, gram).mean(axis=0)
    print(f"{rule.__name__:5} {first_update(mean_excess, tolerance)} updates")

# %% tags=["remove-cell"]
claim("90", needed)
claim("350 to 450", first_update(mean_excess, tolerance))
path, _ = many_runs(plain, best_rate, starts, batches["batch"][:600])
claim("90", first_update(excess_loss(path, w_best, gram).mean(axis=0), tolerance))

# %% [markdown]
# Plain descent: predicted 90, measured 90. Adam needs between 350 and 450, and no
# knowledge of the curvature. So it was not the rule that made 4500 steps too few, but
# the number 0.001. In Adam a learning rate is a *distance per step*; in the plain rule
# it is not. Here is what the plain rule makes of 0.001, with the notebook's budgets:

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
# mini-batches. For single examples it ends several times farther off: there the noise
# decides, and noise has a chapter of its own.
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
# for a control that stands still: it starts at the answer, with a learning rate of 0.


# %%
def epoch_logs(path, losses):  # shapes (runs, updates, 2) and (runs, updates)
    by_epoch = np.asarray(losses).reshape(len(losses), -1, n)[:, 100:300]
    return {
        "last example": by_epoch[:, :, -1],
        "mean of the epoch": by_epoch.mean(axis=2),
        "all data": excess_loss(path[:, n - 1 :: n][:, 100:300], w_best, gram),
    }


at_answer = np.tile(np.float32(w_best), (20, 1))
single = batches["stochastic"][:, : 300 * n]
logs = {
    "Adam, 0.001": epoch_logs(*runs["stochastic"]),
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
# when nothing moves: what bounces is *which example comes last*. For Adam the bounce of
# the parameters themselves is below 0.001, more than 2000 times smaller. With larger
# steps they do bounce, but you see it only in the loss over all data, where it is 0.16.
# In the log of the last example it is lost, and the mean of the epoch smooths it to
# 0.02.
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
#| caption: Both scores for lines through the center of the data, with the 60 runs on
#|   them. The swapped score has its peak at a slope that is half again too steep.
#| alt: Score against slope from 1.4 to 4, two hills. The right score, a black line,
#|   peaks at 0.67 above the slope 1.98 and falls to both sides. The swapped score, a
#|   gray line, rises past that slope and peaks at the same height above 2.95. On the
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
# Now the race. Each regime runs the plain rule 20 times, at ten learning rates, and
# enters with the rate that suits it best. There are two finishing lines: a rough
# answer, with a mean excess loss of 0.5, and the tolerance.

# %%
grids = {  # epochs, learning rates
    "batch": (300, np.geomspace(0.02, best_rate, 10)),
    "mini-batch": (40, np.geomspace(0.005, 0.1, 10)),
    "stochastic": (20, np.geomspace(0.0005, 0.02, 10)),
}
races = {}
for name, (epochs, rates) in grids.items():
    per_epoch = -(-n // regimes[name])  # n / b, rounded up
    first_epochs = batches[name][..., : epochs * per_epoch, :]
    for rate in rates:
        path, _ = many_runs(plain, rate, starts, first_epochs)
        races[name, rate] = excess_loss(path, w_best, gram)

# %% [markdown]
# What does an update cost in seconds? Time the PyTorch loop:


# %%
def seconds_per_update(batch_size, epochs):
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    orders = [torch.randperm(n) for _ in range(epochs)]
    start = perf_counter()
    path = train(model, optimizer, orders, batch_size, inputs, targets)
    return (perf_counter() - start) / len(path)


cost = {
    "batch": seconds_per_update(1000, epochs=500),
    "mini-batch": seconds_per_update(32, epochs=15),
    "stochastic": seconds_per_update(1, epochs=1),
}
for name, seconds in cost.items():
    print(f"{name:10} {seconds * 1e6:.1f} µs per update")

# %% tags=["remove-cell"]
claim("< 5", cost["batch"] / cost["stochastic"])
assert cost["batch"] * 50 < cost["stochastic"] * 1000

# %% [markdown]
# An update on 1000 rows costs little more than one on a single row, since most of the
# time goes into starting the operations. Now put all clocks together. (*Examples seen*
# are epochs times 1000, so they are no race of their own.)


# %%
def winning_rate(name, target):
    rates = grids[name][1]
    return min(rates, key=lambda r: first_update(races[name, r].mean(0), target))


for target in (0.5, tolerance):
    print(f"to {target:<7.4f} updates  epochs  time")
    for name in regimes:
        excess = races[name, winning_rate(name, target)]
        updates = first_update(excess.mean(axis=0), target)
        epochs = updates / -(-n // regimes[name])
        time = f"{updates * cost[name] * 1e3:.1f} ms"
        print(f"{name:10} {updates:7,} {epochs:7.2f}  {time}")

# %% tags=["remove-cell"]
arrivals = {
    (name, target): first_update(
        races[name, winning_rate(name, target)].mean(axis=0), target
    )
    for name in regimes
    for target in (0.5, tolerance)
}
claim("18", arrivals["batch", 0.5])
claim("27", arrivals["mini-batch", 0.5])
claim("151", arrivals["stochastic", 0.5])
claim("0.84", arrivals["mini-batch", 0.5] / 32)
claim("0.15", arrivals["stochastic", 0.5] / 1000)
claim("74", arrivals["batch", tolerance])
claim("20", arrivals["mini-batch", tolerance] / 32)
claim("13", arrivals["stochastic", tolerance] / 1000)
claim("18,000", arrivals["batch", 0.5] * n)
claim("> 100", arrivals["stochastic", tolerance] / arrivals["batch", tolerance])
for target in (0.5, tolerance):
    assert arrivals["batch", target] * 1.3 < arrivals["mini-batch", target]
    assert arrivals["mini-batch", target] * 3 < arrivals["stochastic", target]
touches = {}
for name, per_epoch in [("mini-batch", 32), ("stochastic", 1000)]:
    excess = races[name, winning_rate(name, tolerance)]
    touches[name] = [first_update(run, tolerance) / per_epoch for run in excess]
claim("14 to 18", min(touches["mini-batch"]))
claim("14 to 18", max(touches["mini-batch"]))
claim("7 to 10", min(touches["stochastic"]))
claim("7 to 10", max(touches["stochastic"]))

# %% [markdown]
# The same for the tolerance, as curves:

# %% tags=["hide-input"]
#| name: fig-regimes-race
#| caption: Plain descent, each regime at the rate that reaches the tolerance (dashed)
#|   first; means of 20 runs. By epochs single examples win, by updates the batch.
#| alt: Two panels of mean excess loss, both axes on log scales, with a dashed line at
#|   the tolerance. Above, against epochs, the stochastic curve falls first, then the
#|   mini-batch curve, then the batch curve; the first two cross the dashed line close
#|   together, and the batch curve, falling more steeply, some time later. Below,
#|   against updates, the order is reversed: the batch curve crosses the dashed line
#|   first, mini-batches about ten times later, single examples much later still.
curves = {}
for name in regimes:
    excess = races[name, winning_rate(name, tolerance)].mean(axis=0)
    arrival = first_update(excess, tolerance)
    updates = np.unique(np.geomspace(1, arrival, 150).astype(int))
    curves[name] = updates, excess[updates - 1]
places = {"batch": (13, 30), "mini-batch": (0.45, 35), "stochastic": (0.002, 12)}
panels = draw_clocks(curves, places)
panels[0].set_title("By epochs, single examples win")
panels[1].set_title("By updates, the batch wins")
plt.show()

# %% [markdown]
# By updates, the batch wins both races: with 18 against 27 and 151 for the rough
# answer, and with 74 for the fine one, where single examples need more than 100 times
# as many. By epochs the order is reversed. For the rough answer single examples need
# 0.15 epochs and mini-batches 0.84, while the batch reads 18,000 rows. For the fine
# answer the lead shrinks to 13 epochs against 20 and 74, because noise forces small
# batches to take small steps. (All of this is for the mean of 20 runs, and other
# shuffles move the 13 by a few epochs. Single runs first touch the tolerance after 7 to
# 10 epochs with single examples, and 14 to 18 with mini-batches.)
#
# By seconds, the order is that of the updates, because here all updates cost nearly the
# same. With a million rows it would turn (see the last exercise). So four clocks make
# three races, and here two winners. Mini-batches win none of the races and come last in
# none, which is why most people use them.
#
# | what you pay for | clock | first on this page |
# |---|---|---|
# | reading data | epochs, or examples seen | single examples |
# | starting a step, or messages between machines | updates | batch |
# | your time | seconds | batch, as long as rows are few |
#
# ## What to keep
#
# - One loop serves all regimes; the batch size $b$ tells them apart. Equal epochs are
#   not equal updates, so name your budget before you compare.
# - Count the rows that your loop feeds to the model. The score does not show them.
# - Adam moves each parameter by about $\eta$ a step, so a long way takes many steps.
#   Plain descent at its best rate took 90 where 4500 of Adam's were not enough.
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
# Shape (1000, 1) minus shape (1000,) is broadcast to (1000, 1000): every prediction
# against every target.
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
