# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (depth)=
# # When deeper is not better
#
# A published {ref}`notebook <source-nn-gradient-descent>` {cite}`nn_gradient_descent`
# fits one noisy line with two small networks and finds both mediocre. The first has 6
# weights, the second has three hidden layers and 262 weights. Both train for 1000
# epochs. From every start on this page the first ends with an $R^2$ of 0.67. The second
# spends more than half of its epochs doing hardly better than a constant. What holds it
# up? And is *mediocre* the word for either?

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %% [markdown]
# :::{admonition} Before you start
# :class: tip
# - **You will** predict how long a network is no better than a constant, question the
#   usual suspect, the vanishing gradient, find what shortens the wait, and tell
#   over-fitting from under-fitting by a measurement.
# - **You need** Adam and the compiled loop from {ref}`three-regimes`, and the backward
#   pass by matrices from {ref}`backprop`.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## What the noise allows
#
# The data are those of {ref}`three-regimes`: 1000 points around $5 + 2x$, a column of
# ones beside $x$, and noise of variance 2. On fresh data no model can explain more than
# two thirds of the variance. Does a flexible model find something here that the
# least-squares line misses? Ask by **{term}`cross-validation`** {cite}`stone1974`: hide
# a tenth of the rows, fit the others, predict the hidden ones, and go on until each row
# has been predicted by a model that never saw it.

# %%
import numpy as np
from numpy.polynomial import Polynomial

from helpers import noisy_line

X, y = noisy_line()
y = y[:, 0]
line = Polynomial.fit(X[:, 1], y, 1)
line_r2 = 1 - np.mean((line(X[:, 1]) - y) ** 2) / y.var()
print(f"R² of the line, same rows: {line_r2:.3f}")


def cross_validated(fit, x, y, rng):
    fold, prediction = rng.permutation(len(y)) % 10, np.empty(len(y))
    for k in range(10):
        hidden = fold == k
        prediction[hidden] = fit(x[~hidden], y[~hidden])(x[hidden])
    return 1 - np.mean((y - prediction) ** 2) / y.var()


# %% [markdown]
# The candidates are polynomials, and the mean of the 50 nearest neighbors.

# %%
from functools import partial


def neighbors(x, y, k=50):
    def predict(new):
        nearest = np.abs(x - new[:, None]).argsort(axis=1)[:, :k]
        return y[nearest].mean(axis=1)

    return predict


degrees = (1, 2, 3, 5, 9)
fits = {f"degree {d}": partial(Polynomial.fit, deg=d) for d in degrees}
held_out = {}
for name, fit in (fits | {"50 neighbors": neighbors}).items():
    splits = [np.random.default_rng(seed) for seed in range(5)]
    tries = [cross_validated(fit, X[:, 1], y, rng) for rng in splits]
    held_out[name] = np.mean(tries)
    print(f"{name:12} {held_out[name]:.3f}")

# %% [markdown]
# No. The straight line does best, with 0.672. So 0.67 is not a mediocre score. It is
# the ceiling.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("What the noise allows"):
    claim("1000 points", len(y))
    given("the 50 nearest")
    claim("noise of variance 2", np.var(y - X @ [5, 2]))
    signal = np.var(X @ [5, 2])
    share = signal / (signal + 2)
    claim("no model can explain more than two thirds of", abs(share - 2 / 3) < 0.01)
    claim(
        "hide a tenth of the rows", (np.bincount(np.arange(len(y)) % 10) == 100).all()
    )
    claim("The straight line does best", max(held_out, key=held_out.get) == "degree 1")
    claim("with 0.672", held_out["degree 1"])
    claim("So 0.67 is not a mediocre score", line_r2)

# %% [markdown]
# ## Two networks for one line
#
# They have no biases, a sigmoid after each hidden layer, and one linear output.

# %%
from itertools import pairwise

import torch
from torch import nn

SMALL, DEEP = (2, 2, 1), (2, 10, 20, 2, 1)


def new_net(sizes):
    parts = []
    for inputs, outputs in pairwise(sizes):
        parts += [nn.Linear(inputs, outputs, bias=False), nn.Sigmoid()]
    return nn.Sequential(*parts[:-1])


for sizes in (SMALL, DEEP):
    count = sum(weight.numel() for weight in new_net(sizes).parameters())
    print(sizes, count)

# %% [markdown]
# You will train more than two hundred of these, so write them in JAX as well. One
# vector holds all weights, and `cut` makes matrices of it. As in PyTorch, a matrix has
# a row for each unit, so the examples are columns. The vector's last entry is a bias of
# the output, which stays at zero until you release it.

# %%
import jax
import jax.numpy as jnp


def cut(w, sizes):
    matrices, k = [], 0
    for a, b in pairwise(sizes):
        matrices.append(w[k : k + a * b].reshape(b, a))
        k += a * b
    return matrices


def layer_outputs(w, X, sizes, activation):
    outputs = [X.T]
    *hidden, last = cut(w, sizes)
    for W in hidden:
        outputs.append(activation(W @ outputs[-1]))
    return [*outputs[1:], last @ outputs[-1] + w[-1]]


# %% [markdown]
# Unfold the rest, if you like. The update is the Adam of {ref}`three-regimes`, with a
# switch to plain descent for later. A number selects which activation: ReLU, the
# sigmoid $\sigma$, or tanh, a stretched sigmoid since $\tanh z = 2\sigma(2z) - 1$.

# %% tags=["hide-input"]
RELU, SIGMOID, TANH = 0, 1, 2


def activate(z, kind):
    squashed = kind * jax.nn.sigmoid(kind * z) - (kind - 1)
    return jnp.where(kind == RELU, jnp.maximum(z, 0), squashed)


def small(w, X, kind):
    return layer_outputs(w, X, SMALL, lambda z: activate(z, kind))[-1][0]


def deep(w, X, kind):
    return layer_outputs(w, X, DEEP, lambda z: activate(z, kind))[-1][0]


def update(state, gradient, how):
    w, m, v, k = state
    k = k + 1
    m = 0.9 * m + 0.1 * gradient
    v = 0.999 * v + 0.001 * gradient**2
    m_hat, v_hat = m / (1 - 0.9**k), v / (1 - 0.999**k)
    adam = m_hat / (jnp.sqrt(v_hat) + 1e-8)
    step = jnp.where(how["plain"], gradient, adam)
    return w - how["learning_rate"] * step, m, v, k


# %% [markdown]
# The loop scans over batches. After each block of five epochs it notes the weights and
# the score over all data: $R^2$, one minus the loss over the variance of $y$.


# %% tags=["hide-input"]
def batch_loss(w, rows, X, y, model, option):
    used = rows >= 0  # a short last batch is filled up with -1
    residual = model(w, X[rows], option) - y[rows]
    return jnp.sum(used * residual**2) / jnp.sum(used)


@partial(jax.jit, static_argnames="model")
def train(state, blocks, how, X, y, model):
    def step(state, rows):
        w, option = state[0], how["option"]
        gradient = jax.grad(batch_loss)(w, rows, X, y, model, option)
        gradient = gradient.at[-1].multiply(how["bias"])  # 0: it stays
        return update(state, gradient, how), None

    def block(state, batches):
        state, _ = jax.lax.scan(step, state, batches)
        residual = model(state[0], X, how["option"]) - y
        return state, (jnp.mean(residual**2), state[0])

    return jax.lax.scan(block, state, blocks)


# %% [markdown]
# `many_runs` trains from eight starts side by side, until all have reached a score or
# the epochs run out, and `first_epoch` finds when they did. The starts are PyTorch's
# own: by default it draws each weight evenly from within $1/\sqrt{\text{inputs}}$ of
# zero.

# %% tags=["hide-input"]
from helpers import in_batches, shuffled_orders

USUAL = {"learning_rate": 0.001, "plain": 0, "bias": 0, "option": SIGMOID}


def begin(starts):  # weights, Adam's two averages, number of steps
    w = np.stack(starts)
    return w, 0 * w, 0 * w, np.zeros(len(w), np.float32)


def many_runs(model, state, size, epochs, X, y, orders, until=1, **changes):
    axes, scores, paths = (0, None, None, None, None), [], []
    run = jax.vmap(partial(train, model=model), in_axes=axes)
    for _ in range(epochs // 25):
        blocks = in_batches(orders(), size).reshape(5, -1, size)
        state, (losses, path) = run(state, blocks, USUAL | changes, X, y)
        scores.append(1 - np.asarray(losses) / y.var())
        paths.append(np.asarray(path))
        if (scores[-1][:, -1] >= until).all():
            break
    scores = np.concatenate(scores, axis=1)
    return scores, np.concatenate(paths, axis=1), state


def first_epoch(scores, level):
    reached = scores >= level
    epochs = 5 * (reached.argmax(axis=1) + 1)
    return np.where(reached.any(axis=1), epochs, np.inf)


def in_order():
    return np.tile(np.arange(1000, dtype=np.int32), (25, 1))


def shuffled(rng):  # the same shuffles for all eight starts
    return lambda: shuffled_orders(rng, 1, 25, 1000)[0]


def start(sizes, seed, init=None, output_bias=0.0):
    torch.manual_seed(seed)
    pieces = []
    for weight in new_net(sizes).parameters():
        if init:
            init(weight)
        pieces.append(weight.detach().numpy().ravel())
    return np.float32([*np.concatenate(pieces), output_bias])


# %% [markdown]
# Is it the same training? `by_torch` takes the first five epochs with a `DataLoader`
# and `torch.optim.Adam`.

# %% tags=["hide-input"]
from torch.utils.data import DataLoader, TensorDataset


def by_torch(sizes, size, X, y):
    torch.manual_seed(0)
    net = new_net(sizes)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001)
    data = TensorDataset(torch.from_numpy(X), torch.from_numpy(y)[:, None])
    for _ in range(5):
        for inputs, targets in DataLoader(data, size):
            optimizer.zero_grad()
            nn.functional.mse_loss(net(inputs), targets).backward()
            optimizer.step()
    return nn.utils.parameters_to_vector(net.parameters()).detach().numpy()


# %% [markdown]
# Compare the weights:

# %%
starts = {
    model: [start(sizes, seed) for seed in range(16)]
    for model, sizes in ((small, SMALL), (deep, DEEP))
}
errors = []
for model, sizes, size in ((small, SMALL, 32), (deep, DEEP, 64)):
    state = begin(starts[model][:8])
    _, path, _ = many_runs(model, state, size, 25, X, y, in_order)
    errors.append(np.abs(path[0, 0, :-1] - by_torch(sizes, size, X, y)).max())
    print(f"{model.__name__}: same weights, {errors[-1] < 0.0001}")

# %% tags=["remove-cell"]
with checks("Two networks for one line"):
    z = np.linspace(-4, 4, 81, dtype=np.float32)
    activated = jax.jit(jax.vmap(activate, (None, 0)))(z, np.arange(3))
    meant = np.maximum(z, 0), 1 / (1 + np.exp(-z)), np.tanh(z)  # in order of numbers
    claim("A number selects which activation", np.allclose(activated, meant, atol=1e-6))
    claim(
        "it draws each weight evenly from within",
        all(
            0.8 < np.abs(weight).max() * np.sqrt(weight.shape[1]) <= 1
            for weight in cut(starts[deep][0], DEEP)[:-1]
        ),
    )
    claim("Is it the same training", max(errors) < 0.0001)

# %% [markdown]
# ## A climb, predicted
#
# The output of both networks is $v_1 a_1 + v_2 a_2$: two last weights, two sigmoids
# between 0 and 1. At the start each last weight is below $1/\sqrt{2}$ in size, while
# the mean of $y$ is 9.0. To predict even that mean, the last weights must add up to 9
# or more, and Adam moves each by about 0.001 a step or less ({ref}`three-regimes`). A
# constant $c$ has $R^2 = -(c - \bar{y})^2 / \operatorname{Var} y$. Count the steps to
# $-0.05$, nearly the mean:

# %%
almost = y.mean() - np.sqrt(0.05 * y.var())
earliest = {}
for model, steps_per_epoch in ((small, 32), (deep, 16)):
    last_two = np.stack(starts[model])[:, -3:-1]
    steps = (almost - last_two.sum(axis=1)) / (2 * 0.001)
    earliest[model] = steps / steps_per_epoch
    low, high = earliest[model].min(), earliest[model].max()
    print(f"{model.__name__}: not before {low:.0f} to {high:.0f}")

# %% [markdown]
# With batches of 64 in place of 32 the deep network takes half as many steps per epoch.
# So, depending on the start, the small one should not end this climb before epoch 114
# to 153, and the deep one not before 225 to 292. Train 16 of each. As in the notebook,
# the small one sees its rows shuffled, the deep one in fixed order.

# %%
scores, paths = {}, {}
for model, size in ((small, 32), (deep, 64)):
    halves = []
    for k in (0, 8):
        orders = in_order
        if model is small:
            orders = shuffled(np.random.default_rng(k))
        state = begin(starts[model][k : k + 8])
        halves.append(many_runs(model, state, size, 1000, X, y, orders))
    scores[model] = np.concatenate([half[0] for half in halves])
    paths[model] = np.concatenate([half[1] for half in halves])
    end = scores[model][:, -1]
    print(f"{model.__name__:5} R² median {np.median(end):.3f},", end=" ")
    print(f"worst {end.min():.3f}")

# %% [markdown]
# {numref}`fig-depth-stages` shows all losses. For its colors, look at epoch 200, block
# 39: how many of the two last hidden units are on?

# %% tags=["hide-input"]
#| name: fig-depth-stages
#| caption: Loss over all data of 16 trainings each, on log scales. Below, the color is
#|   the state at epoch 200: both last hidden units on (blue) or fewer (orange). Sharp
#|   bends are units that wake up.
#| alt: Two panels of loss against epochs from 0 to 1000, with three horizontal lines.
#|   They mark the loss of a zero output, of the mean of y, and of the least-squares
#|   line. Above, 16 small networks fall together through the mean without a stop and
#|   come near the line before epoch 400. Below, the deep networks fall to the mean,
#|   rest on it, and drop to the line after epoch 500. Half of them, orange, come to the
#|   mean later, one after a long rest at the loss of a zero output.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE, PINK, use_book_style


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def awake(w, X):  # units with a mean output above one half
    return (layer_outputs(w, X, DEEP, sigmoid)[-2].mean(axis=1) > 0.5).sum()


on = np.array([awake(path[39], X) for path in paths[deep]])

use_book_style()
_, panels = plt.subplots(2, sharex=True, figsize=(5.4, 6.0))
epochs = np.arange(5, 1001, 5)
levels = {
    "output 0": np.mean(y**2),
    "mean of y": y.var(),
    "line": (1 - line_r2) * y.var(),
}
for ax, model in zip(panels, (small, deep), strict=True):
    for run, units in zip(scores[model], on, strict=True):
        color = BLUE if model is small or units == 2 else ORANGE
        ax.semilogy(epochs, (1 - run) * y.var(), color=color, lw=1, alpha=0.7)
    for name, level in levels.items():
        ax.axhline(level, color=BLACK, linestyle="--", linewidth=0.8)
        low = name == "line"
        place = (level / 1.06, "top") if low else (level * 1.06, "bottom")
        ax.text(1000, place[0], name, ha="right", va=place[1])
    ax.set(ylabel="loss", ylim=(1.2, 130))
    ax.set_yticks([2, 5, 10, 20, 50, 100], [2, 5, 10, 20, 50, 100])
    ax.minorticks_off()
panels[0].set_title("Two hidden units: straight down")
panels[1].set(title="Three hidden layers: down, and wait", xlabel="epoch")
plt.show()

# %% [markdown]
# No run is earlier than predicted. The small networks reach the mean between epochs 140
# and 170, pass it within 20 epochs, and end at the ceiling, with a median of 0.673. The
# deep ones need 325 to 770 epochs for the **climb**. Then comes a **plateau**, on which
# $R^2$ stays within 0.05 of zero. Half of them spend more than 180 epochs there, and
# none is off before epoch 510. What remains of the 1000 suffices for a median of 0.664,
# with 0.56 as the worst. Let the first eight train on, for another 1000:

# %%
state = halves[0][2]  # of the deep network's first eight
later, _, _ = many_runs(deep, state, 64, 1000, X, y, in_order)
low, high = later[:, -1].min(), later[:, -1].max()
print(f"R² at epoch 2000: {low:.3f} to {high:.3f}")

# %% [markdown]
# All come to the ceiling, with 0.669 to 0.676. Deeper is not worse here. Deeper is
# *later*.

# %% tags=["remove-cell"]
with checks("A climb, predicted"):
    climbed = {model: first_epoch(scores[model], -0.05) for model in scores}
    left = {model: first_epoch(scores[model], 0.05) for model in scores}
    ends = {model: scores[model][:, -1] for model in scores}
    claim("two sigmoids between 0 and 1", sigmoid(-9.0) > 0 and sigmoid(9.0) < 1)
    last = np.stack(starts[small])[:, -3:-1], np.stack(starts[deep])[:, -3:-1]
    claim("each last weight is below", np.abs(last).max() < 1 / np.sqrt(2))
    claim("the mean of y is 9.0", y.mean())
    claim("must add up to 9", y.mean())
    given("about 0.001 a step", "Count the steps to -0.05")
    given("batches of 64 in place of 32")
    claim(
        "before epoch 114 to 153, and the deep one not before 225 to 292",
        earliest[small].min(),
        earliest[small].max(),
        earliest[deep].min(),
        earliest[deep].max(),
    )
    claim("Train 16 of each", len(scores[small]))

    given("block 39", "epochs from 0 to 1000")
    claim("look at epoch 200", epochs[39])
    claim("the state at epoch 200", epochs[39])
    claim("of 16 trainings each", len(scores[deep]))
    claim("16 small networks fall together", len(scores[small]))
    near = first_epoch(scores[small], 0.6).max()
    claim("come near the line before epoch 400", near < 400)
    claim("drop to the line after epoch 500", left[deep].min() > 500)
    claim("Half of them, orange", (on < 2).sum() == len(on) / 2)
    late = climbed[deep][on < 2].min() > climbed[deep][on == 2].max()
    claim("come to the mean later", late)

    claim(
        "No run is earlier than predicted",
        all((climbed[model] > earliest[model]).all() for model in scores),
    )
    claim("between epochs 140 and 170", climbed[small].min(), climbed[small].max())
    claim("pass it within 20 epochs", (left[small] - climbed[small]).max())
    claim("with a median of 0.673", np.median(ends[small]))
    claim("need 325 to 770 epochs", climbed[deep].min(), climbed[deep].max())
    given("within 0.05 of zero", "of the 1000 suffices", "for another 1000")
    claim("spend more than 180 epochs", np.median(left[deep] - climbed[deep]))
    claim("none is off before epoch 510", left[deep].min() >= 510)
    claim("a median of 0.664", np.median(ends[deep]))
    claim("with 0.56 as the worst", ends[deep].min())
    claim("with 0.669 to 0.676", low, high)

# %% tags=["remove-cell"]
with checks("When deeper is not better"):
    given("1000 epochs")
    claim(
        "has 6 weights", sum(weight.numel() for weight in new_net(SMALL).parameters())
    )
    claim("262 weights", sum(weight.numel() for weight in new_net(DEEP).parameters()))
    claim("ends with an R^2 of 0.67", (np.abs(ends[small] - 0.67) < 0.005).all())
    claim("spends more than half of its epochs", left[deep].min() > epochs[-1] / 2)

# %% [markdown]
# ## Units that fall asleep
#
# Why do the climbs differ so much? Take one last hidden unit, with output $a$ and last
# weight $v$. While the network predicts too little, descent raises $v$. It also pushes
# $a$: up if $v > 0$, but *down* if $v < 0$, since less of a negative term is more. With
# $a$ near zero, $v$ gets almost no gradient and stays negative. (Adam, which remembers
# larger gradients, does not make up for it; more on that below.) Call such a unit a
# **sleeper**.
# **Prediction:** a start with a clearly negative last weight climbs with one unit, and
# one weight alone has all the way to go.

# %%
climbs = first_epoch(scores[deep], -0.05)
for number in (2, 1, 0):
    lowest = np.stack(starts[deep])[on == number, -3:-1].min(axis=1)
    some = climbs[on == number]
    print(f"{number} awake: climbs of {some.min():.0f} to {some.max():.0f}")
    print(f"  lowest v at start {lowest.min():.2f} to {lowest.max():.2f}")

# %% [markdown]
# As predicted: 325 to 395 epochs with two units, 460 to 670 with one. Starts with a
# sleeper had a last weight of −0.38 or less, the others none below −0.31. In one start
# both units slept, and the output rested at zero until one woke up.

# %% tags=["remove-cell"]
with checks("Units that fall asleep"):
    two, one = climbs[on == 2], climbs[on == 1]
    claim("325 to 395 epochs with two units", two.min(), two.max())
    claim("460 to 670 with one", ((one >= 460) & (one <= 670)).all())
    lower = np.stack(starts[deep])[:, -3:-1].min(axis=1)
    claim("a last weight of -0.38 or less", lower[on < 2].max())
    claim("the others none below -0.31", lower[on == 2].min() > -0.315)
    claim("In one start both units slept", (on == 0).sum() == 1)
    resting = (1 - scores[deep][on == 0, 39]) * y.var() / levels["output 0"]
    claim("rested at zero until one woke up", (np.abs(resting - 1) < 0.01).all())

# %% [markdown]
# ## The usual suspect
#
# Now the plateau. The suspect is the **{term}`vanishing gradient`**
# {cite}`hochreiter1991,bengio1994`. Through each layer, slopes travel down by
# ({ref}`backprop`)
#
# ```{math}
# :label: depth-delta
# \begin{aligned}
# \delta_{\text{below}} &= (W^\top \delta) \odot \sigma'(z) \\
# \sigma'(z) &= a (1 - a) \le \tfrac{1}{4}
# \end{aligned}
# ```
#
# So each layer multiplies by a quarter at most, and by the weights. PyTorch's have
# variance $1 / (3 \cdot \text{inputs})$. From $a$ to $b$ units, $b$ such terms add up.
# So **predict** a layer's factor, and from all factors how much weaker the first
# layer's gradient is than the last one's. (A gradient is $\delta$ times the layer's
# inputs: 1 and about 2 at the bottom, about a half at the top.)

# %%
factors = [np.sqrt(b / (3 * a)) / 4 for a, b in pairwise(DEEP[1:])]
predicted = np.prod(factors) * np.sqrt((1**2 + 2**2) / 2) / 0.5
print("factors", np.round(factors, 3))
print(f"first/last 1/{1 / predicted:.0f}")

# %% [markdown]
# Measure it with the backward pass, written out:


# %%
def layer_gradients(w, X, y):  # root mean square of each, first to last
    A = [X.T, *layer_outputs(w, X, DEEP, sigmoid)]
    delta, sizes = 2 / len(y) * (A.pop() - y), []
    for W, below in zip(cut(w, DEEP)[::-1], A[::-1], strict=True):
        sizes.append(np.sqrt(np.mean((delta @ below.T) ** 2)))
        delta = W.T @ delta * below * (1 - below)
    return np.array(sizes[::-1])


# %% [markdown]
# Apply it to all 16 starts.

# %%
first_gradients = np.array([layer_gradients(w, X, y) for w in starts[deep]])
ratio = first_gradients[:, -1] / first_gradients[:, 0]
print(f"first/last, median 1/{np.median(ratio):.0f}")
print(f"from 1/{ratio.max():.0f} to 1/{ratio.min():.0f}")

# %% [markdown]
# Predicted 1/333, measured 1/358 in the median, from 1/161 to 1/1555. But Adam divides
# each gradient by its own size, so why would a small one matter? Follow one run in
# {numref}`fig-depth-layers`.

# %% tags=["hide-input"]
#| name: fig-depth-layers
#| caption: Start 1, which has no sleeper. Gray marks its plateau. The other seven
#|   starts without a sleeper look alike.
#| alt: Two panels over epochs 0 to 1000, on log scales. Above, four curves, the sizes
#|   of the gradients in layers one to four. The curve of layer four is on top. The
#|   others fall steeply during the climb, the first two by more than a factor of 1000,
#|   rise slowly on the plateau and jump up at its end. Below, the mean slopes of the
#|   activation. Those of the first and the second hidden layer stay above 0.04. That of
#|   the third falls to about one ten-thousandth, stays there through most of the
#|   plateau, and jumps back to above one tenth at its end.
followed = [starts[deep][1], *paths[deep][1]]
gradients = np.array([layer_gradients(w, X, y) for w in followed[::5]])
slopes = []
for w in followed[::5]:
    A = layer_outputs(w, X, DEEP, sigmoid)[:-1]
    slopes.append([np.mean(a * (1 - a), dtype=float) for a in A])
slopes, epochs = np.array(slopes), np.arange(0, 1001, 25)
_, (top, bottom) = plt.subplots(2, sharex=True, figsize=(5.4, 6.0))
for ax in (top, bottom):
    wait = climbs[1], first_epoch(scores[deep], 0.05)[1]
    ax.axvspan(*wait, color=GRAY, alpha=0.2, lw=0)
colors = (BLUE, GREEN, ORANGE, PINK)
for k, color in enumerate(colors):
    top.semilogy(epochs, gradients[:, k], color=color)
for k in range(3):
    bottom.semilogy(epochs, slopes[:, k], color=colors[k])
places = [(1000, 0.06), (1000, 1.5e-4), (130, 0.05), (150, 12)]
for k, place in enumerate(places):
    side = "right" if k < 2 else "left"
    top.text(*place, f"layer {k + 1}", color=colors[k], ha=side)
places = {"first": (1000, 0.3), "second": (1000, 0.06), "third": (1000, 0.01)}
for (name, place), color in zip(places.items(), colors, strict=False):
    bottom.text(*place, f"{name} hidden layer", color=color, ha="right")
top.set(title="The climb makes the gradients vanish")
top.set(ylabel="size of the gradient")
top.set(xlim=(0, 1050), ylim=(3e-6, 60))
bottom.set(title="… because the last units saturate", xlabel="epoch")
bottom.set(ylabel="mean slope a(1 − a)", ylim=(5e-5, 0.7))
top.set_yticks([1e-5, 1e-3, 0.1, 10])
bottom.set_yticks([1e-4, 1e-3, 1e-2, 0.1])
for ax in (top, bottom):
    ax.minorticks_off()
plt.show()

# %% [markdown]
# The start is not the worst of it. During the climb the gradients of the first two
# layers shrink by another factor of more than 1000, and the lower panel shows where: in
# the third hidden layer. *Everything* below the last weights helps to lift the output,
# so these units are pushed up. At the end of the climb they stand above 0.9998, from
# all eight starts without a sleeper. There they are **saturated**: $a(1 - a)$ is about
# $10^{-4}$, and over the data their outputs have a standard deviation below 0.00002.
# The network is a constant, and hardly any slope reaches the layers below.

# %% tags=["remove-cell"]
with checks("The usual suspect"):
    claim("1 and about 2 at the bottom", *X.mean(axis=0))
    torch.manual_seed(1)
    net = new_net(DEEP)
    residual = net(torch.from_numpy(X))[:, 0] - torch.from_numpy(y)
    (residual**2).mean().backward()
    by_torch_too = [w.grad.square().mean().sqrt().item() for w in net.parameters()]
    claim(
        "Measure it with the backward pass, written out",
        np.allclose(first_gradients[1], by_torch_too, rtol=1e-3),
    )
    claim("to all 16 starts", len(ratio))
    claim("Predicted 1/333, measured 1/358", predicted, 1 / np.median(ratio))
    claim("from 1/161 to 1/1555", 1 / ratio.min(), 1 / ratio.max())

    claim("Start 1, which has no sleeper", on[1] == 2)
    given("over epochs 0 to 1000")
    top_of_climb = np.flatnonzero(epochs == climbs[1])[0]
    shrunk = gradients[0, :2] / gradients[top_of_climb, :2]
    claim("by more than a factor of 1000", (shrunk > 1000).all())
    claim("another factor of more than 1000", shrunk.min())
    claim("second hidden layer stay above 0.04", slopes[:, :2].min())
    third = slopes[top_of_climb, 2]
    claim("falls to about one ten-thousandth", 1e-4 < third < 1.5e-4)
    claim("back to above one tenth", slopes[epochs > 600, 2].min() > 0.1)

    ends = paths[deep][np.arange(16), climbs.astype(int) // 5 - 1][on == 2]
    last = np.array([layer_outputs(w, X, DEEP, sigmoid)[-2] for w in ends])
    alike = (last * (1 - last)).mean(axis=(1, 2)) < 3e-4
    claim("The other seven starts without a sleeper look alike", alike.sum() == 8)
    claim("they stand above 0.9998", last.mean(axis=2).min())
    claim("from all eight starts", len(last) == 8)
    claim("is about 1e-4", third)
    claim("below 0.00002", last.std(axis=2).mean(axis=1).max())

# %% [markdown]
# ## Three tests
#
# Three predictions follow. **One:** without a climb, no plateau.
# Start the output's bias at the mean of $y$, and release it.

# %%
shared = {"model": deep, "size": 64, "X": X, "y": y, "orders": in_order}
first_eight = starts[deep][:8]
at_mean = [start(DEEP, seed, output_bias=y.mean()) for seed in range(8)]
how = {"state": begin(at_mean), "bias": 1, "epochs": 500, "until": 0.5}
no_climb, _, _ = many_runs(**how, **shared)
off = first_epoch(no_climb, 0.05)
print(f"off after {off.min():.0f} to {off.max():.0f} epochs")

# %% [markdown]
# Off by epoch 20 to 35, in place of more than 500. **Two:** Adam divides by the size of
# a gradient *as it remembers it*, the root of $v$. In each step, $v$ forgets a
# thousandth. Where gradients have shrunk by a factor of 1000, $v$ has to shrink by its
# square: that can take $1000 \ln(1000^2)$, some 14,000 steps, if they do not grow
# meanwhile. So networks without this memory should leave sooner. Take all 16 at the end
# of their climb, and restart Adam.

# %%
reached = np.minimum(climbs, 1000).astype(int) // 5 - 1
climb_ends = paths[deep][np.arange(16), reached]
halves = [begin(climb_ends[k : k + 8]) for k in (0, 8)]
again = [many_runs(state=half, epochs=50, **shared)[0] for half in halves]
waits = first_epoch(np.concatenate(again), 0.05)
kept = first_epoch(scores[deep], 0.05) - climbs
print(f"Adam goes on: {kept.min():.0f} to {kept.max():.0f} epochs")
print(f"Adam is restarted: {waits.min():.0f} to {waits.max():.0f}")

# %% [markdown]
# It takes 30 to 40 epochs in place of 35 to 250. In all starts but one, most of the
# wait is for Adam to forget: to forget $v$, since $m$ loses a tenth in each step.
#
# **Three:** if the gradients that are weak from the start made the plateau, *plain*
# descent should suffer more, since it does not rescale them. If the climb does, plain
# descent should have it easy: the last weights get the largest gradients by far, and
# arrive before the layers below have moved much. Take three rates, and compare how far
# each layer has moved at the end of the climb, relative to its start.


# %%
def moved(first, w):  # for each layer
    pairs = zip(cut(first, DEEP), cut(w, DEEP), strict=True)
    return [np.linalg.norm(B - A) / np.linalg.norm(A) for A, B in pairs]


def at_climb_end(scores, paths):
    reached = first_epoch(scores, -0.05).astype(int) // 5 - 1
    return paths[np.arange(len(paths)), reached]


how = {"state": begin(first_eight), "epochs": 500, "until": 0.5, "plain": 1}
half, plain_ends = {}, {}
for rate in (0.01, 0.03, 0.1):
    plain, path, _ = many_runs(learning_rate=rate, **how, **shared)
    half[rate] = first_epoch(plain, 0.5)
    plain_ends[rate] = at_climb_end(plain, path)
    low, high = half[rate].min(), half[rate].max()
    print(f"{rate:4}: R² of 0.5 at epoch {low:.0f} to {high:.0f}")
for name, there in (("Adam", climb_ends[:8]), ("plain", plain_ends[0.1])):
    moves = list(map(moved, first_eight, there))
    print(f"{name:5}", np.median(moves, axis=0).round(2))

# %% [markdown]
# Plain descent explains half of the variance by epoch 25 at the latest, where no run
# with Adam did so before epoch 540. The rate of 0.1 is no lucky find: 0.03 gets there
# by epoch 30 to 50, 0.01 by 80 to 140. Here the vanishing gradient *protects*. The
# first two layers move by 15% and 23% in the median, against 185% and 272% with Adam,
# which moves all layers alike, by up to 0.001 a step. And though the third does move,
# the climb ends before it saturates: $a(1 - a)$ is still 0.01 to 0.07 there.
#
# Does that acquit the vanishing gradient? Put plain descent where Adam's climbs end:

# %%
how |= {"state": begin(climb_ends[:8]), "learning_rate": 0.1, "epochs": 50}
moved_there, _, _ = many_runs(**how, **shared)
print(f"R² after another 50 epochs: {moved_there[:, -1].max():.3f} at best")

# %% [markdown]
# None of the eight has left the plateau within 50 epochs, in which Adam without its
# memory left it from everywhere. So vanishing gradients do hold this network up. But
# they are not there from the start: it is the climb that makes them vanish.

# %% tags=["remove-cell"]
with checks("Three tests"):
    claim("Off by epoch 20 to 35", off.min(), off.max())
    published = first_epoch(scores[deep], 0.05)
    claim("in place of more than 500", published.min())
    given("shrunk by a factor of 1000")
    claim(
        r"1000 \ln(1000^2), some 14,000 steps",
        abs(np.log(1000**-2) / np.log(0.999) / 14_000 - 1) < 0.05,
    )
    claim("Take all 16 at the end", len(waits))
    claim(
        "30 to 40 epochs in place of 35 to 250",
        waits.min(),
        waits.max(),
        kept.min(),
        kept.max(),
    )
    claim("In all starts but one", (waits < kept / 2).sum() == 15)

    claim("by epoch 25 at the latest", half[0.1].max())
    adam = first_epoch(scores[deep], 0.5)
    claim("no run with Adam did so before epoch 540", adam.min() >= 540)
    given("The rate of 0.1 is", "0.03 gets there", "0.01 by")
    claim("by epoch 30 to 50", half[0.03].min(), half[0.03].max())
    claim("by 80 to 140", half[0.01].min(), half[0.01].max())
    moves = {
        name: np.array([moved(*pair) for pair in zip(first_eight, there, strict=True)])
        for name, there in (("Adam", climb_ends[:8]), ("plain", plain_ends[0.1]))
    }
    claim(
        "the vanishing gradient protects",
        moves["plain"][:, :2].max() < 0.35 and moves["Adam"][:, :2].min() > 1.2,
    )
    claim("move by 15% and 23% in the median", *np.median(moves["plain"], axis=0)[:2])
    claim("against 185% and 272% with Adam", *np.median(moves["Adam"], axis=0)[:2])
    claim("by up to 0.001 a step", USUAL["learning_rate"])
    claim("though the third does move", moves["plain"][:, 2].min() > 2)
    last = [layer_outputs(w, X, DEEP, sigmoid)[-2] for w in plain_ends[0.1]]
    still = np.mean([a * (1 - a) for a in last], axis=(1, 2))
    claim("is still 0.01 to 0.07 there", still.min() > 0.01 and still.max() < 0.07)
    claim(
        "None of the eight has left the plateau within 50", (moved_there < 0.05).all()
    )

# %% [markdown]
# ## Where depth itself does hurt
#
# Take the climb away, and stack hidden layers of ten units. By {eq}`depth-delta` each
# further one multiplies the gradient by $\tfrac{1}{4}\sqrt{10 / (3 \cdot 10)}$, about
# 1/7. **Prediction:** plain descent has only the gradient to go by, and its plateau
# grows about sevenfold with each layer. Adam rescales, and should hardly notice.

# %%
TALL = (2, 10, 10, 10, 10, 10, 1)


def tall(w, X, hidden_layers):  # layers beyond this number do nothing
    first, *others, last = cut(w, TALL)
    A = jax.nn.sigmoid(first @ X.T)
    for k, W in enumerate(others, start=2):
        A = jnp.where(k <= hidden_layers, jax.nn.sigmoid(W @ A), A)
    return (last @ A + w[-1])[0]


# %% [markdown]
# Eight starts each, with the output at the mean:

# %%
towers = [start(TALL, seed, output_bias=y.mean()) for seed in range(8)]
needed = {}
for name, switch, rate in (("Adam, 0.001", 0, 0.001), ("plain, 0.1", 1, 0.1)):
    how = {"bias": 1, "plain": switch, "learning_rate": rate, "until": 0.05}
    for depth in (2, 3, 4, 5):
        how["option"] = depth
        state = begin(towers)
        run, _, _ = many_runs(tall, state, 64, 600, X, y, in_order, **how)
        needed[name, depth] = first_epoch(run, 0.05)

# %% tags=["hide-input"]
#| name: fig-depth-tower
#| caption: Epochs until $R^2$ reaches 0.05, from starts without a climb. Dots are eight
#|   starts each, lines their medians. Three starts with five layers and plain descent
#|   are still on the plateau at epoch 600.
#| alt: Epochs on a log scale against two to five hidden layers. With plain descent the
#|   dots rise steeply along a straight line, from 5 epochs to about 500. With Adam they
#|   rise gently, from about 15 to 35.
figure, ax = plt.subplots(figsize=(5.4, 3.6))
for name, color in (("Adam, 0.001", BLUE), ("plain, 0.1", ORANGE)):
    depths = np.array([depth for rule, depth in needed if rule == name])
    runs = np.array([needed[name, depth] for depth in depths])
    ax.semilogy(depths, np.median(runs, axis=1), color=color)
    dots = np.repeat(depths, 8), runs.ravel()
    ax.plot(*dots, "o", color=color, ms=4, alpha=0.6)
ax.text(4.0, 260, "plain, 0.1", color=ORANGE, ha="right")
ax.text(4.2, 20, "Adam, 0.001", color=BLUE)
ax.set(xlabel="hidden layers of ten units", ylabel="epochs on the plateau")
ax.set_yticks([5, 10, 20, 50, 100, 200, 500], [5, 10, 20, 50, 100, 200, 500])
ax.minorticks_off()
ax.set(xticks=[2, 3, 4, 5], title="Each layer costs plain descent a factor")
plt.show()

# %% [markdown]
# In {numref}`fig-depth-tower` the fourth layer costs plain descent a factor of 5 to 6
# in the median, the fifth one of 4 to 5: somewhat below the predicted 7. From two
# layers to five it slows down a hundredfold. Adam more than doubles as well, from 15
# epochs to 35. So gradients do vanish with depth, and plain descent pays for it. In the
# notebook's network it is the climb that makes them vanish.

# %% tags=["remove-cell"]
with checks("Where depth itself does hurt"):
    plain_medians, adam_medians = (
        np.median([needed[name, depth] for depth in (2, 3, 4, 5)], axis=1)
        for name in ("plain, 0.1", "Adam, 0.001")
    )
    factor = np.sqrt(TALL[2] / (3 * TALL[1])) / 4
    given(r"\sqrt{10 / (3 \cdot 10)}")
    claim("about 1/7", factor)
    claim("grows about sevenfold", round(1 / factor) == 7)
    given("reaches 0.05")
    late = np.isinf(needed["plain, 0.1", 5]).sum()
    claim("Three starts with five layers and plain descent are still", late == 3)
    given("at epoch 600")
    claim(
        "from 5 epochs to about 500",
        plain_medians[0] == 5 and 500 <= plain_medians[3] <= 560,
    )
    claim("from about 15 to 35", adam_medians[0], adam_medians[3])
    claim("a factor of 5 to 6 in the median", plain_medians[2] / plain_medians[1])
    claim("the fifth one of 4 to 5", plain_medians[3] / plain_medians[2])
    claim("below the predicted 7", 1 / factor)
    slower = plain_medians[3] / plain_medians[0]
    claim("slows down a hundredfold", 90 < slower < 115)
    claim("more than doubles as well", adam_medians[3] > 2 * adam_medians[0])
    claim("from 15 epochs to 35", adam_medians[0], adam_medians[3])

# %% [markdown]
# ## One change at a time
#
# What shortens the wait? Change one thing at a time, for the first eight starts.
# *Glorot's* and *He's* weights scale the start by the sizes of the layers, to keep
# gradients from vanishing {cite}`glorot2010,he2015`.

# %%
mean, deviation = X[:, 1].mean(), X[:, 1].std()
standardized = np.column_stack([X[:, 0], (X[:, 1] - mean) / deviation])
inits = {
    "Glorot's weights": nn.init.xavier_uniform_,
    "He's weights": nn.init.kaiming_normal_,
}
reshuffled = shuffled(np.random.default_rng(1))
changes = {
    "rows shuffled": {"orders": reshuffled, "epochs": 675},
    "x standardized": {"X": standardized},
    "tanh": {"option": TANH},
    "ReLU": {"option": RELU, "epochs": 75},
    "learning rate 0.01": {"learning_rate": 0.01},
}
for name, init in inits.items():
    drawn = [start(DEEP, seed, init) for seed in range(8)]
    changes[name] = {"state": begin(drawn)}
trials = {"output at the mean": no_climb, "plain descent, 0.1": plain}
trial_paths = {}
usual = {"state": begin(first_eight), "epochs": 1000, "until": 0.5}
for name, change in changes.items():
    run = many_runs(**(shared | usual | change))
    trials[name], trial_paths[name] = run[:2]

# %% tags=["hide-input"]
#| name: fig-depth-changes
#| caption: Epoch at which $R^2$ reaches 0.5, one dot for each of eight starts. On the
#|   right, how many arrive within 1000 epochs (ReLU got 75). The order is by the mean,
#|   with 2000 for each that does not arrive.
#| alt: A dot chart with nine rows, epochs on a log scale. As published, all arrive
#|   between about 550 and 940. With Glorot's weights six of eight arrive, with He's
#|   five, in the same range. With x standardized and with tanh all arrive earlier, with
#|   tanh around epoch 400. A learning rate of 0.01 brings all there by epoch 250, an
#|   output that starts at the mean by epoch 120, plain descent by epoch 25. ReLU brings
#|   five of eight there before epoch 60.
all_runs = {"as published": scores[deep][:8]} | trials
compared = all_runs.pop("rows shuffled")
arrived = {name: first_epoch(run, 0.5) for name, run in all_runs.items()}
means = {key: np.minimum(runs, 2000).mean() for key, runs in arrived.items()}
order = sorted(means, key=means.get)
figure, ax = plt.subplots(figsize=(5.4, 4.0))
for place, name in enumerate(order):
    there = arrived[name][np.isfinite(arrived[name])]
    dots = there, np.full(len(there), place)
    ax.semilogx(*dots, "o", color=BLUE, ms=5, alpha=0.6)
    ax.text(1200, place, f"{len(there)} of 8", va="center", color=BLACK)
ax.set(xlim=(8, 4000), xlabel="epoch", ylim=(8.6, -0.6))
ticks = [10, 20, 50, 100, 200, 500, 1000]
ax.set_xticks(ticks, ticks)
ax.minorticks_off()
ax.set_yticks(range(len(order)), order)
title = "Cures shorten the climb or the plateau"
figure.suptitle(title, x=0.01, ha="left", size=12)
plt.show()

# %% [markdown]
# Two of them keep the climb and have almost no plateau. If saturation makes the wait,
# the outputs of their last hidden units should still vary when the climb ends:

# %%
published_run = scores[deep][:8], paths[deep][:8]
spreads, after = {}, {}
for name, inputs, activation in (
    ("as published", X, sigmoid),
    ("x standardized", standardized, sigmoid),
    ("tanh", X, np.tanh),
):
    run = published_run
    if name in trial_paths:
        run = trials[name], trial_paths[name]
    spread = []
    for w in at_climb_end(*run):
        last_hidden = layer_outputs(w, inputs, DEEP, activation)[-2]
        spread.append(last_hidden.std(axis=1).mean())
    spreads[name] = np.array(spread)
    after[name] = first_epoch(run[0], 0.05) - first_epoch(run[0], -0.05)
    print(f"{name:14} sd {np.median(spreads[name]):.6f},", end=" ")
    print(f"wait {np.median(after[name]):.0f}")

# %% [markdown]
# They do: by a standard deviation above 0.0008 with x standardized and above 0.08 with
# tanh, from every start, against 0.00002 at most in the published median. The waits are
# 10 to 25 epochs. And the one published start with a short wait varies most of its
# group, by 0.001.
#
# - **Shuffling** changes next to nothing. Paired by start, the six that arrive by epoch
#   675 do so less than 15 epochs apart in fixed and in shuffled order.
# - **Glorot's and He's weights** do not help here, they hurt. Six and five of eight
#   arrive, between epochs 550 and 920. They treat gradients that are small at the
#   start, which was not the illness, and draw larger last weights, so more units sleep.
#   With He's weights, three outputs still rest at zero at epoch 1000.
# - **A bias of the output** that starts at the mean leaves no climb, and all arrive by
#   epoch 120. (The first layer has its bias in the column of ones.)
# - **Standardized x** and **tanh** leave most of the climb and take the plateau. Tanh
#   also has no sleepers: a unit with negative weight goes to $-1$ and lifts from there.
# - **ReLU** is fast or dead. Five of eight arrive before epoch 60. In three, the last
#   units are off for every row. Then all gradients are zero, and nothing wakes them.
# - **A learning rate of 0.01** makes longer steps on the long way up. Climbs end at
#   epoch 40 to 90, and plateaus of 60 to 160 epochs follow: all arrive by 250.

# %% tags=["remove-cell"]
with checks("One change at a time"):
    given(
        "reaches 0.5, one dot", "within 1000 epochs (ReLU got 75)", "with 2000 for each"
    )
    published = arrived["as published"]
    up = {name: first_epoch(run, -0.05) for name, run in all_runs.items()}
    count = {name: np.isfinite(there).sum() for name, there in arrived.items()}
    claim("with nine rows", len(count) == 9)
    claim(
        "all arrive between about 550 and 940",
        published.min() >= 540 and published.max() < 945,
    )
    six_and_five = [count["Glorot's weights"], count["He's weights"]] == [6, 5]
    claim("weights six of eight arrive, with He's five", six_and_five)
    claim(
        "with tanh all arrive earlier",
        all((arrived[name] < published).all() for name in ("x standardized", "tanh")),
    )
    claim("with tanh around epoch 400", (np.abs(arrived["tanh"] - 410) < 40).all())
    claim(
        "0.01 brings all there by epoch 250, an output that starts at the mean by "
        "epoch 120, plain descent by epoch 25",
        changes["learning rate 0.01"]["learning_rate"],
        arrived["learning rate 0.01"].max(),
        arrived["output at the mean"].max(),
        arrived["plain descent, 0.1"].max(),
    )
    fast = arrived["ReLU"][np.isfinite(arrived["ReLU"])]
    claim("brings five of eight there before epoch 60", len(fast) == 5)

    widest = spreads["as published"]
    claim(
        "above 0.0008 with x standardized and above 0.08 with tanh",
        spreads["x standardized"].min(),
        spreads["tanh"].min(),
    )
    claim("against 0.00002 at most", np.median(widest) < 0.00002)
    waits = np.array([after["x standardized"], after["tanh"]])
    claim("The waits are 10 to 25 epochs", waits.min() >= 10 and waits.max() <= 25)
    shortest = after["as published"].argmin()
    claim("a short wait varies most of its group", widest.argmax() == shortest)
    claim("by 0.001", widest[shortest])

    compared = first_epoch(trials["rows shuffled"], 0.5)
    there = np.isfinite(compared)
    claim(
        "the six that arrive by epoch 675",
        there.sum() == 6 and np.array_equal(there, published <= 675),
    )
    claim("less than 15 epochs apart", np.abs(compared - published)[there].max())
    scaled = np.array([arrived[name] for name in inits])
    slow = np.median(scaled, axis=1) > np.median(published) + 100
    claim("do not help here, they hurt", slow.all())
    claim(
        "Six and five of eight arrive, between epochs 550 and 920",
        six_and_five and scaled.min() > 550 and scaled[np.isfinite(scaled)].max() < 920,
    )
    lowest = {name: changes[name]["state"][0][:, -3:-1].min(axis=1) for name in inits}
    sleepers = min((v < -0.35).sum() for v in lowest.values())
    claim("so more units sleep", sleepers >= 6 and (on[:8] < 2).sum() == 3)
    zero_r2 = 1 - levels["output 0"] / levels["mean of y"]
    rest = np.abs(trials["He's weights"][:, -1] - zero_r2) < 0.1
    claim("three outputs still rest at zero at epoch 1000", rest.sum() == 3)
    claim("and all arrive by epoch 120", arrived["output at the mean"].max())
    climb = np.median(up["as published"])
    claim(
        "leave most of the climb",
        all(np.median(up[name]) > climb / 2 for name in ("x standardized", "tanh")),
    )
    claim("Tanh also has no sleepers", np.ptp(up["tanh"]) < 60)
    claim("Five of eight arrive before epoch 60", len(fast) == 5 and fast.max() < 60)
    dead = trials["ReLU"][~np.isfinite(arrived["ReLU"]), -1]
    claim("the last units are off for every row", np.allclose(dead, zero_r2, rtol=1e-4))
    given("A learning rate of 0.01 makes")
    slower = up["learning rate 0.01"]
    claim("Climbs end at epoch 40 to 90", slower.min(), slower.max())
    rested = first_epoch(trials["learning rate 0.01"], 0.05) - slower
    claim("plateaus of 60 to 160", rested.min() >= 60 and rested.max() <= 160)
    claim("all arrive by 250", arrived["learning rate 0.01"].max())

# %% [markdown]
# ## Over-fitted or under-fitted?
#
# "Obviously, we have over-fitted our model", the notebook says of the line from batch
# descent, which had not arrived ({ref}`three-regimes`). Of its networks it does not say
# so. Would it be true of them? Two measurements give the word a meaning. The **gap** is
# a model's loss on *fresh* data minus its loss on the training data. A model
# **over-fits** ({term}`over-fitting`) if its gap is large: it has learned what is true
# of its rows only, such as their noise. It **under-fits** ({term}`under-fitting`) if
# its training loss itself is clearly above what the noise forces on any model. Here you
# can know both. The fresh loss is 2, the noise, plus the mean squared distance from
# $5 + 2x$. And the truth's own loss on the 1000 rows shows what their noise forces.
#
# **Prediction** by {ref}`three-regimes`: $p$ weights, all of them spent on the noise,
# lower the training loss by about $2p/n$ and raise the fresh loss by at least as much.
# That is 0.012 for 6 weights and 0.524 for 262.


# %%
def truth(X):
    return X @ np.array([5, 2], dtype=np.float32)


def losses(predict, X, y, unseen, density):
    training = np.mean((predict(X) - y) ** 2)
    distances = (predict(unseen) - truth(unseen)) ** 2
    return training, 2 + np.average(distances, weights=density)


# %% [markdown]
# Average over fresh $x$ with the normal density for weights.

# %%
grid = np.linspace(-4, 8, 121, dtype=np.float32)
density = np.exp(-((grid - 2) ** 2) / 2)
fresh = np.column_stack([np.ones_like(grid), grid]), density


def network(w, sizes):
    return lambda X: layer_outputs(w, X, sizes, sigmoid)[-1][0]


def straight(fit):
    return lambda X: fit(X[:, 1])


models = {"truth": [truth], "line": [straight(line)]}
for name, model, sizes in (("small", small, SMALL), ("deep", deep, DEEP)):
    models[name] = [network(w, sizes) for w in paths[model][:, -1]]
found = {}
for name, predictors in models.items():
    found[name] = np.array([losses(p, X, y, *fresh) for p in predictors])
    training, unseen = np.median(found[name], axis=0)
    print(f"{name:5} training {training:.3f}, fresh {unseen:.3f}")

# %% [markdown]
# The small network's fresh loss is 0.014 above the noise, next to nothing. Its training
# loss is about the truth's own (the differences are −0.011 to 0.019): what its weights
# gain on the noise, the bend costs. The deep network's *training* loss is above the
# truth's by 0.053 in the median and by 0.64 at worst. Its largest gap is 0.25, where
# the truth itself has 0.16, by the luck of these rows. It is **under-fitted**, slightly
# from most starts and badly from some, and has hardly begun to spend its weights on the
# noise.
#
# What does over-fitting look like? Take the same network, with the output at the mean
# and a learning rate of 0.01, and show it only 15 rows: five sets of rows, eight starts
# each.

# %%
few, lines = [], []
how = {"bias": 1, "learning_rate": 0.01, "epochs": 100}
how["state"] = begin(at_mean)
for first in range(0, 75, 15):
    rows = np.arange(first, first + 15, dtype=np.int32)
    how["orders"] = lambda rows=rows: np.tile(rows, (400, 1))
    _, path, _ = many_runs(**(shared | how))
    for w in path.reshape(-1, path.shape[-1]):
        few.append(losses(network(w, DEEP), X[rows], y[rows], *fresh))
    fit = Polynomial.fit(X[rows, 1], y[rows], 1)
    lines.append(losses(straight(fit), X[rows], y[rows], *fresh))
few = np.array(few).reshape(40, 20, 2)  # runs, blocks of 80 steps, losses
for name, pairs in (("network", few[:, -1]), ("line", lines)):
    training, unseen = np.median(pairs, axis=0)
    print(f"{name:7} training {training:.2f}, fresh {unseen:.2f}")

# %% tags=["hide-input"]
#| name: fig-depth-overfit
#| caption: Medians of 40 trainings on 15 rows, and bands that hold the middle half.
#| alt: Loss against steps up to 1600. The training loss falls all the time, from
#|   above 4 to below 1. The fresh loss falls to its lowest before step 600 and then
#|   rises again. A dotted line, the fresh loss of straight lines fitted to the same
#|   rows, lies between the two.
figure, ax = plt.subplots()
steps = np.arange(80, 1601, 80)
for k, color in enumerate((BLUE, ORANGE)):
    low, middle, high = np.percentile(few[:, :, k], (25, 50, 75), axis=0)
    ax.fill_between(steps, low, high, color=color, alpha=0.2, lw=0)
    ax.plot(steps, middle, color=color)
level = np.median(lines, axis=0)[1]
ax.axhline(level, color=BLACK, linestyle=":", linewidth=1.2)
ax.text(1600, 3.75, "fresh", color=ORANGE, ha="right")
ax.text(700, 0.35, "training", color=BLUE)
ax.text(1600, 2.2, "fresh, straight line", ha="right", va="bottom")
ax.set(xlabel="step", ylabel="loss", ylim=(0, 5.2))
ax.set_title("Over-fitting: one falls, the other rises")
plt.show()

# %% [markdown]
# After 1600 steps ({numref}`fig-depth-overfit`) the median training loss is 0.81, far
# below the noise, and the fresh loss is 3.4, after 2.7 at its best. Lines through the
# same rows have 2.2. The gap is above 1 in each of the 40 runs, and its median is about
# 10 times the largest on 1000 rows. The same network over-fits 15 rows and under-fits
# 1000: the words belong to a model *with* its data and its training.

# %% tags=["remove-cell"]
with checks("Over-fitted or under-fitted?"):
    given("The fresh loss is 2", "a learning rate of 0.01, and show it only 15 rows")
    claim("own loss on the 1000 rows", len(y))
    sizes = np.array([starts[model][0].size - 1 for model in (small, deep)])
    spent = 2 * sizes / len(y)
    claim(
        "0.012 for 6 weights and 0.524 for 262",
        spent[0],
        sizes[0],
        spent[1],
        sizes[1],
    )
    excess = {name: pairs - found["truth"][0] for name, pairs in found.items()}
    gaps = {name: pairs[:, 1] - pairs[:, 0] for name, pairs in found.items()}
    claim("fresh loss is 0.014 above the noise", np.median(excess["small"][:, 1]))
    least, most = excess["small"][:, 0].min(), excess["small"][:, 0].max()
    claim("the differences are -0.011 to 0.019", least, most)
    deep_excess = excess["deep"][:, 0]
    claim("by 0.053 in the median", np.median(deep_excess))
    claim("by 0.64 at worst", deep_excess.max())
    claim("Its largest gap is 0.25", gaps["deep"].max())
    claim("the truth itself has 0.16", gaps["truth"][0])
    claim("It is under-fitted", deep_excess.min() > most)

    claim("Medians of 40 trainings on 15 rows", len(few), len(rows))
    claim("against steps up to 1600", steps[-1])
    middle = np.median(few, axis=0)
    claim("from above 4 to below 1", middle[0, 0], middle[-1, 0])
    lowest = middle[:, 1].argmin()
    claim("falls to its lowest before step 600", steps[lowest] < 600)
    claim("lies between the two", middle[-1, 0] < level < middle[lowest, 1])
    claim("After 1600 steps", steps[-1])
    claim("the median training loss is 0.81", middle[-1, 0])
    claim("the fresh loss is 3.4, after 2.7", middle[-1, 1], middle[lowest, 1])
    claim("the same rows have 2.2", level)
    gap = few[:, -1, 1] - few[:, -1, 0]
    claim("The gap is above 1 in each of the 40 runs", gap.min(), len(gap))
    larger = round(np.median(gap) / gaps["deep"].max())
    claim("about 10 times the largest on 1000 rows", larger, len(y))
    given("over-fits 15 rows")
    claim("under-fits 1000", len(y))

# %% [markdown]
# ## Which score, which intercept, which slope?
#
# Above the loss curve of each network the notebook prints $R^2$, an intercept and a
# slope. Its $R^2$ has the arguments swapped, as for the line ({ref}`three-regimes`).
# Score these networks both ways:

# %%
from sklearn.metrics import r2_score

for name in ("small", "deep"):
    ends = [predict(X) for predict in models[name]]
    both = [(r2_score(end, y), r2_score(y, end)) for end in ends]
    swapped, right = np.median(both, axis=0)
    print(f"{name:5} swapped {swapped:.2f}, right {right:.2f}")

# %% [markdown]
# The small network's 0.67 turns into 0.51, the deep one's 0.66 into 0.47. Such a score
# does look mediocre, for models that explain about as much as any line can.
#
# What the notebook prints as intercept and slope are the two weights of the output
# layer, $v_1$ and $v_2$. They weigh two sigmoids, and are neither intercept nor slope
# of what comes out. The slope of the network's *output* is, by the chain rule,
# $\sum_j v_j\, a_j (1 - a_j)\, w_{j1}$.


# %%
def slope_at(w, x):
    W, v = cut(w, SMALL)
    A = sigmoid(W @ np.stack([np.ones_like(x), x]))
    return (v[0] * W[:, 1]) @ (A * (1 - A))


small_ends = paths[small][:, -1]
slopes = np.array([slope_at(w, X[:, 1]).mean() for w in small_ends])
print(f"mean slope {slopes.min():.2f} to {slopes.max():.2f}")

# %% tags=["hide-input"]
#| name: fig-depth-slope
#| caption: The 16 small networks. Orange, the two weights of the output layer; blue,
#|   mean slope of the output, and the intercept of the line with it through the mean.
#| alt: A scatter of slopes against intercepts. The orange dots spread from 6.8 to 8.4
#|   in both. The blue dots lie on one spot, on the cross that marks the truth at 5 and
#|   2.
figure, ax = plt.subplots(figsize=(5.4, 3.6))
for w, slope in zip(small_ends, slopes, strict=True):
    ax.plot(w[4], w[5], "o", color=ORANGE, ms=4, alpha=0.6)
    intercept = network(w, SMALL)(X).mean() - slope * X[:, 1].mean()
    ax.plot(intercept, slope, "o", color=BLUE, ms=4, alpha=0.6)
ax.plot(5, 2, "+", color=BLACK, ms=14, mew=1.5)
ax.text(4.8, 2, "the truth", ha="right", va="center")
ax.text(5.2, 2, "what the output does", color=BLUE, va="center")
ax.text(6.6, 6.2, "read from the output layer", color=ORANGE, ha="center")
ax.set(title="What is read is not what the network does", xlim=(3.5, 9))
ax.set(xlabel="intercept", ylabel="slope", ylim=(0, 9))
plt.show()

# %% [markdown]
# Where the data are, all 16 networks have found nearly the same function, with an
# average slope of 1.96 to 1.97. (At $x = -1$ slopes are 1 to 2.1.) The numbers *read*
# are 6.8 to 8.4, both of them ({numref}`fig-depth-slope`), and −1.4 to 11.1 in the deep
# networks. Exchange the two hidden units: the function stays, "intercept" and "slope"
# change places.

# %% tags=["remove-cell"]
with checks("Which score, which intercept, which slope?"):
    small_both, deep_both = (
        np.median(
            [(r2_score(y, p(X)), r2_score(p(X), y)) for p in models[name]], axis=0
        )
        for name in ("small", "deep")
    )
    claim("0.67 turns into 0.51", *small_both)
    claim("0.66 into 0.47", *deep_both)
    claim("The 16 small networks", len(small_ends))
    read = small_ends[:, 4:6]
    claim("spread from 6.8 to 8.4 in both", read.min(), read.max())
    intercepts = [
        network(w, SMALL)(X).mean() - slope * X[:, 1].mean()
        for w, slope in zip(small_ends, slopes, strict=True)
    ]
    claim("lie on one spot", np.ptp(intercepts) < 0.05 and np.ptp(slopes) < 0.02)
    claim("the truth at 5 and 2", np.mean(intercepts), slopes.mean())
    claim("all 16 networks have found", len(small_ends))
    claim("an average slope of 1.96 to 1.97", slopes.min(), slopes.max())
    left_slopes = [slope_at(w, np.float32([-1]))[0] for w in small_ends]
    claim(
        "At x = -1 slopes are 1 to 2.1",
        min(left_slopes) > 1 and max(left_slopes) < 2.1,
    )
    claim("are 6.8 to 8.4, both of them", read.min(), read.max())
    deep_read = paths[deep][:, -1, -3:-1]
    claim("-1.4 to 11.1 in the deep", deep_read.min(), deep_read.max())
    swapped = small_ends[0][[2, 3, 0, 1, 5, 4, 6]]
    same = [network(w, SMALL)(X) for w in (small_ends[0], swapped)]
    claim("the function stays", np.allclose(*same, rtol=1e-5))

# %% [markdown]
# ## What to keep
#
# - Know the ceiling first. The small network, like the line, is there by epoch 1000,
#   the deep one by 2000: deeper is later.
# - Adam needs at least distance / $\eta$ steps for the climb to the mean. Units fall
#   asleep on it or saturate, and Adam's memory prolongs the wait.
# - Plain descent was fastest here, and slowest with five hidden layers: gradients do
#   vanish with depth. An output that starts at the mean of the targets costs nothing
#   and spares you the climb: begin with that.
# - Gradients also vanish where units saturate, whatever the depth. Find out where and
#   when they do before you choose a cure.
# - Over-fitting is a gap between fresh and training loss, under-fitting a training loss
#   clearly above the noise. The deep network is under-fitted.

# %% tags=["remove-cell"]
with checks("What to keep"):
    lengths = 5 * scores[small].shape[1], 5 * (scores[deep].shape[1] + later.shape[1])
    claim("is there by epoch 1000, the deep one by 2000", *lengths)
    claim(
        "Plain descent was fastest here",
        all(half[0.1].max() <= there.max() for there in arrived.values()),
    )
    claim("slowest with five hidden layers", plain_medians[3] > adam_medians[3])

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-depth-rate
# With a learning rate of 0.01, when can the deep network's climb end at the earliest?
# Compare with what you have measured.
# ::::
#
# ```{solution-start} ex-depth-rate
# :class: dropdown
# ```
#
# Steps ten times as long, so a tenth of the time:

# %%
print(earliest[deep][:8] / 10)
print(first_epoch(trials["learning rate 0.01"], -0.05))

# %% [markdown]
# Not before epoch 23 to 29. Measured: 40 to 45 with both units awake, 90 with fewer.
# The bound holds, and as before it is too low: near the mean the gradient shrinks, and
# Adam's steps with it.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    measured = first_epoch(trials["learning rate 0.01"], -0.05)
    rate = changes["learning rate 0.01"]["learning_rate"]
    claim("With a learning rate of 0.01", rate)
    longer = rate / USUAL["learning_rate"]
    claim("Steps ten times as long, so a tenth of the time", np.isclose(longer, 10))
    bound = earliest[deep][:8] / 10
    claim("Not before epoch 23 to 29", bound.min(), bound.max())
    awake_two, fewer = measured[on[:8] == 2], measured[on[:8] < 2]
    claim("40 to 45 with both units awake", awake_two.min(), awake_two.max())
    claim("90 with fewer", (fewer == 90).all())
    claim("The bound holds", (measured > bound).all())

# %% [markdown]
# ::::{exercise}
# :label: ex-depth-center
# Leave the network as published, and subtract the mean from the targets. When does
# the plateau end, and which starts are stuck below an $R^2$ of 0.5? Look at their last
# weights.
# ::::
#
# ```{solution-start} ex-depth-center
# :class: dropdown
# ```

# %%
how = shared | {"y": y - y.mean(), "epochs": 125}
centered, path, _ = many_runs(state=begin(first_eight), **how)
print(first_epoch(centered, 0.05), first_epoch(centered, 0.5))
print(path[:, -1, -3:-1])

# %% [markdown]
# All are off the plateau within 50 epochs. But three of the eight do not come to 0.5.
# In these, both last weights have the same sign, and since sigmoids are positive, so
# has every output. That serves one half of the centered targets only. A bias that is
# free to move avoids it.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("off the plateau within 50 epochs", first_epoch(centered, 0.05).max())
    given("an R^2 of 0.5")
    at_last = np.isinf(first_epoch(centered, 0.5))
    claim("three of the eight do not come to 0.5", at_last.sum() == 3)
    same_sign = path[:, -1, -3] * path[:, -1, -2] > 0
    claim("have the same sign", np.array_equal(at_last, same_sign))

# %% [markdown]
# ::::{exercise}
# :label: ex-depth-scale
# Open: which starting weights would keep the size of gradients from layer to layer?
# Find a scale for sigmoid networks by {eq}`depth-delta`, and test it with plain descent
# and five hidden layers.
# ::::
#
# ```{solution-start} ex-depth-scale
# :class: dropdown
# ```
#
# Near zero $\sigma'$ is 1/4, so a layer of ten units wants weights of variance
# $4^2 / 10$. Glorot's have $1/10$ here, so take weights four times as large:

# %%
wide = partial(nn.init.xavier_uniform_, gain=4)
starts_wide = [start(TALL, seed, wide, y.mean()) for seed in range(8)]
how = {"bias": 1, "plain": 1, "learning_rate": 0.1, "until": 0.05, "option": 5}
run, _, _ = many_runs(tall, begin(starts_wide), 64, 600, X, y, in_order, **how)
print(first_epoch(run, 0.05))

# %% [markdown]
# Off the plateau by epoch 10 at the latest, where the default weights needed 450 to
# more than 600. Here, where gradients are small from the start, the start is the cure.
# It is not a perfect one: such weights drive units away from zero, and a layer's factor
# is about 0.6, not one. (Glorot and Bengio derive their weights for units whose slope
# near zero is one, as that of tanh is.)
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    drawn = [weight.var() for w in starts_wide for weight in cut(w, TALL)[1:-1]]
    claim(r"Near zero \sigma' is 1/4", sigmoid(0) * (1 - sigmoid(0)))
    claim("weights of variance 4^2 / 10", abs(np.mean(drawn) - 1.6) < 0.1)
    claim("weights four times as large", wide.keywords["gain"] == 4)
    claim("Glorot's have 1/10 here", np.mean(drawn) / 4**2)
    claim("by epoch 10 at the latest", first_epoch(run, 0.05).max())
    default = needed["plain, 0.1", 5]
    claim(
        "needed 450 to more than 600", 440 < default.min() < 460 and default.max() > 600
    )
    hidden = [layer_outputs(w, X, TALL, sigmoid)[1:-1] for w in starts_wide]
    factor = 4 * np.sqrt(np.mean(np.square([[a * (1 - a) for a in A] for A in hidden])))
    claim("factor is about 0.6", factor)

# %% [markdown]
# ## Sources and further reading
#
# - The two networks, their data and their training are from
#   {cite}`nn_gradient_descent`. A network trained on a problem with a known answer is
#   the best kind of laboratory: thank you.
# - {cite}`hochreiter1991` and {cite}`bengio1994` found the vanishing gradient, in
#   networks that are deep in time. {cite}`glorot2010` see the last layer of sigmoid
#   networks saturate, and give the weights named after Glorot; {cite}`he2015` do so for
#   ReLU.
# - {cite}`saxe2014` solve deep *linear* networks exactly. These wait on plateaus as
#   well, with nothing that could saturate. {cite}`kingma2015` introduce Adam.
