# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (backprop)=
# # Backprop by hand
#
# A network with 10,000 hidden units and one input has 30,001 parameters. For one
# gradient, finite differences need 30,002 evaluations of its loss. Backpropagation
# needs the work of fewer than five, and would need no more for a million parameters.
# How can one sweep find every slope at once? And what goes wrong on the way?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** write an engine that differentiates, break it in three ways and repair
#   it, derive the same for matrices, train a network, check gradients, and count what
#   they cost.
# - **You need** the chain rule, finite differences and their best step from
#   {ref}`slopes`, the loop from {ref}`descent`, and matrix products.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %% [markdown]
# ## A number that remembers
#
# Begin with one belt of {ref}`slopes`: 30.5 inches, 77 cm, and the multiplier 1.7. With
# the residual $r = 30.5\,m - 77$ the loss is $r \cdot r$, so its slope by hand is
# $2 \cdot 30.5\, r = -1534.15$. Your engine shall find this number while knowing only
# what a single addition and a single multiplication do.
#
# So let numbers keep a record. For each input of the operation that made it, a `Value`
# holds the **local slope**: how fast the result changes with that input while the other
# one stays put.


# %%
class Value:
    """A number that remembers what it was computed from."""

    def __init__(self, data, inputs=()):
        self.data = data
        self.inputs = inputs  # pairs: an earlier Value, the local slope
        self.grad = 0.0  # the slope of the loss along this Value


def as_value(number):
    return number if isinstance(number, Value) else Value(number)


# %% [markdown]
# A sum grows as fast as either input, so both local slopes are one. A product $ab$
# grows $b$ times as fast as $a$, and $a$ times as fast as $b$.


# %%
def add(a, b):
    a, b = as_value(a), as_value(b)
    return Value(a.data + b.data, [(a, 1.0), (b, 1.0)])


def multiply(a, b):
    a, b = as_value(a), as_value(b)
    return Value(a.data * b.data, [(a, b.data), (b, a.data)])


Value.__add__ = Value.__radd__ = add
Value.__mul__ = Value.__rmul__ = multiply

# %% [markdown]
# Python now calls these two functions wherever a `Value` meets `+` or `*`.


# %%
def belt_loss(multiplier):
    residual = multiplier * 30.5 + -77.0
    return residual * residual


loss = belt_loss(Value(1.7))
print(f"loss {loss.data:.4f}")
print("local slopes", [round(slope, 2) for _, slope in loss.inputs])

# %% tags=["remove-cell"]
import numpy as np

from helpers import claim, load_belts

belts = load_belts()
claim("30.5", belts[0][0])
claim("77", belts[1][0])
by_hand = 2 * 30.5 * (30.5 * 1.7 - 77)
claim("-1534.15", by_hand)
claim("632.52", loss.data)
claim("51.85", loss.inputs[0][0].inputs[0][0].data)
claim("-25.15", loss.inputs[0][1])
claim("-50.3", 2 * loss.inputs[0][1])

# %% [markdown]
# The residual is listed twice, since $r \cdot r$ uses it twice.
# {numref}`fig-backprop-graph` shows the whole record, and below the boxes what you want
# to know.

# %% tags=["hide-input"]
#| name: fig-backprop-graph
#| caption: The computation graph of one belt's loss. Above each box its value, below it
#|   the slope of the loss along it; on each arrow the local slope.
#| alt: Four boxes in a row, joined by arrows to the right. The multiplier m, 1.7, leads
#|   to the product, 51.85, the product to the residual, -25.15, and from there two
#|   curved arrows lead to the loss, 632.52. The arrows carry the local slopes 30.5, 1,
#|   and twice -25.15. Below the boxes, from right to left, stand the slopes of the
#|   loss: 1, -50.3, -50.3 and -1534.15.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, ORANGE, use_book_style

use_book_style()
rows = {  # height: color and texts
    0.75: (BLUE, ["1.7", "51.85", "−25.15", "632.52"]),
    0: (BLACK, ["m", "× 30.5", "− 77", "r · r"]),
    -0.75: (ORANGE, ["−1534.15", "−50.3", "−50.3", "1"]),
}
arrows = [(0.12, 0.75, 0, "30.5", 0.16), (1.27, 1.8, 0, "1", 0.16)]
arrows += [(2.15, 2.85, bend, "−25.15", -0.84 * bend) for bend in (-0.6, 0.6)]
figure, ax = plt.subplots(figsize=(5.4, 2.9))
for y, (color, texts) in rows.items():
    box = {"boxstyle": "round,pad=0.35", "fc": "none", "ec": "none" if y else GRAY}
    for x, text in enumerate(texts):
        ax.text(x, y, text, color=color, ha="center", va="center", bbox=box)
for start, end, bend, text, y in arrows:
    style = {"arrowstyle": "->", "color": GRAY, "connectionstyle": f"arc3,rad={bend}"}
    ax.annotate("", (end, -0.2 * bend), (start, -0.2 * bend), arrowprops=style)
    ax.text((start + end) / 2, y, text, color=GRAY, ha="center", va="center", size=9.5)
ax.text(-0.45, 1.15, "forward: values →", color=BLUE)
ax.text(3.4, -1.3, "← backward: slopes of the loss", color=ORANGE, ha="right")
ax.set(xlim=(-0.5, 3.45), ylim=(-1.35, 1.35), frame_on=False, xticks=[], yticks=[])
plt.show()

# %% [markdown]
# The chain rule fills in the lower row from right to left. A value $v$ moves the loss
# through every operation that uses it, so its slope is a sum over these uses $u$:
#
# ```{math}
# :label: backprop-chain
# \frac{\partial L}{\partial v} = \sum_{\text{uses } u}
#   \frac{\partial u}{\partial v} \, \frac{\partial L}{\partial u}
# ```
#
# ## Two wrong turns
#
# Each result tells its inputs: my slope times your local slope. That sounds like a
# function that calls itself.


# %%
def tell(node):
    for earlier, slope in node.inputs:
        earlier.grad = slope * node.grad  # wrong
        tell(earlier)


multiplier = Value(1.7)
loss = belt_loss(multiplier)
loss.grad = 1.0  # the loss moves as fast as itself
tell(loss)
print(f"slope {multiplier.grad:.3f}")

# %% tags=["remove-cell"]
claim("0.5", multiplier.grad / by_hand)

# %% [markdown]
# Half of the right answer. The residual hears from the loss twice, once for each arrow,
# and the second message overwrites the first. The sum in {eq}`backprop-chain` asks for
# `+=`:


# %%
def tell(node):
    for earlier, slope in node.inputs:
        earlier.grad += slope * node.grad
        tell(earlier)  # wrong as well


multiplier = Value(1.7)
loss = belt_loss(multiplier)
loss.grad = 1.0
tell(loss)
print(f"slope {multiplier.grad:.3f}")

# %% tags=["remove-cell"]
claim("2", multiplier.grad / by_hand)
residual = loss.inputs[0][0]
product = residual.inputs[0][0]
claim("1", residual.grad / -50.3)
claim("1.5", product.grad / -50.3)
claim("2", multiplier.grad / (30.5 * -50.3))

# %% [markdown]
# Twice the right answer. The residual's first message is one half of its slope, and it
# passes this half on at once. After the second message it passes on the whole. So the
# product first holds a half, later one and a half, and passes on both: that makes two
# for the multiplier. Deeper graphs end up farther off.
#
# ## The right order
#
# A value may speak only after everything that uses it has spoken. So list the values
# such that each comes after its inputs, a **topological order**, and walk the list from
# its end.


# %%
def in_order(output):
    """Every Value behind `output`, each one after its inputs."""
    order, seen = [], set()

    def visit(node):
        if node not in seen:
            seen.add(node)
            for earlier, _ in node.inputs:
                visit(earlier)
            order.append(node)

    visit(output)
    return order


# %% [markdown]
# That is all **reverse mode** needs: one sweep in which each value speaks once.


# %%
def backward(output):
    output.grad = 1.0
    for node in reversed(in_order(output)):
        for earlier, slope in node.inputs:
            earlier.grad += slope * node.grad


multiplier = Value(1.7)
loss = belt_loss(multiplier)
for call in ("first", "second"):
    backward(loss)
    print(f"{call} call: slope {multiplier.grad:.2f}")

# %% tags=["remove-cell"]
claim("4", multiplier.grad / by_hand)
residual = loss.inputs[0][0]
product = residual.inputs[0][0]
claim("2", residual.grad / -50.3)
claim("3", product.grad / -50.3)

# %% [markdown]
# The first call is right. The second gives four times the slope, where you might have
# expected twice. The old slopes are still there, and every value sends on old and new
# together. The residual ends with one old and one new slope. The product adds these two
# to its old one, and the multiplier adds these three to its own. The repair is to clear
# all slopes before the sweep.


# %%
def backward(output):
    order = in_order(output)
    for node in order:
        node.grad = 0.0
    output.grad = 1.0
    for node in reversed(order):
        for earlier, slope in node.inputs:
            earlier.grad += slope * node.grad


for _ in range(2):
    backward(loss)
    print(f"slope {multiplier.grad:.2f}")

# %% tags=["remove-cell"]
claim("-1534.15", multiplier.grad)

# %% [markdown]
# ## More operations, and two referees
#
# A new operation needs its value and its local slopes, nothing else.

# %%
import math


def power(a, exponent):
    return Value(a.data**exponent, [(a, exponent * a.data ** (exponent - 1))])


def tanh(a):
    t = math.tanh(a.data)
    return Value(t, [(a, 1 - t**2)])


def relu(a):
    return Value(max(a.data, 0.0), [(a, float(a.data > 0))])


Value.__pow__ = power
Value.__sub__ = lambda a, b: a + -1 * as_value(b)

# %% [markdown]
# Now a tangle in which $a$, $b$ and $c$ are all used more than once. The same Python
# function runs in your engine, in JAX {cite}`jax2018` and in PyTorch
# {cite}`paszke2019`.

# %%
import jax
import jax.numpy as jnp
import torch


def tangle(a, b, tanh):
    c = a * b + a**3
    return tanh(c - b * 2) * c + (a - b) ** 2


a, b = Value(0.7), Value(-1.2)
backward(tangle(a, b, tanh))
with jax.enable_x64(True):
    by_jax = jax.grad(tangle, argnums=(0, 1))(0.7, -1.2, jnp.tanh)
leaves = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (0.7, -1.2)]
tangle(*leaves, torch.tanh).backward()
print(f"engine  {a.grad:.12f} {b.grad:.12f}")
print(f"JAX     {by_jax[0]:.12f} {by_jax[1]:.12f}")
print(f"PyTorch {leaves[0].grad:.12f} {leaves[1].grad:.12f}")

# %% tags=["remove-cell"]
assert abs(np.array([a.grad, b.grad]) - np.array(by_jax)).max() < 1e-13
points = np.random.default_rng(0).normal(size=(100, 2))
with jax.enable_x64(True):
    jax_gradient = jax.jit(
        jax.vmap(lambda point: jnp.array(jax.grad(tangle, (0, 1))(*point, jnp.tanh)))
    )
    expected = np.asarray(jax_gradient(points))
for point, jax_slopes in zip(points.tolist(), expected, strict=True):
    a, b = Value(point[0]), Value(point[1])
    backward(tangle(a, b, tanh))
    both = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in point]
    tangle(*both, torch.tanh).backward()
    scale = 1 + abs(jax_slopes).max()
    assert abs(np.array([a.grad, b.grad]) - jax_slopes).max() < 1e-12 * scale
    assert abs(both[0].grad.item() - a.grad) < 1e-12 * scale
    assert abs(both[1].grad.item() - b.grad) < 1e-12 * scale

# %% [markdown]
# They agree to the last digit shown, and at 100 random points they agree but for
# rounding. What you have written is the core of both libraries: they
# too keep a record of local rules and sweep it backward.
#
# ## A network, one number at a time
#
# The problem of a PyTorch tutorial {cite}`sobh` is a noisy parabola: 100 values of $x$
# from $-1$ to $1$, and $y = x^2$ plus 0.2 times a random number, uniform between zero
# and one. Its model has ten hidden units, each with a weight, a bias and a **ReLU**,
# $\max(0, z)$, whose outputs are weighted and added: 31 parameters.


# %%
import numpy as np


def noisy_parabola(rng):
    X = np.linspace(-1, 1, 100)[:, None]  # (100, 1)
    return X, X**2 + 0.2 * rng.random((100, 1))


def draw_parameters(rng, units=10):
    W1, b1 = rng.uniform(-1, 1, (1, units)), rng.uniform(-1, 1, units)
    W2 = rng.uniform(-1, 1, (units, 1)) / np.sqrt(units)
    return [W1, b1, W2, np.zeros(1)]


rng = np.random.default_rng(2)
X, y = noisy_parabola(rng)
params = draw_parameters(rng)

# %% [markdown]
# Written with scalars, every example and every unit becomes a few `Value`s.

# %% tags=["nbval-ignore-output"]
import time


def scalar_loss(units, b2, x, y):
    total = 0.0
    for x_i, y_i in zip(x, y, strict=True):
        prediction = b2
        for w1, b1, w2 in units:
            prediction = prediction + w2 * relu(w1 * x_i + b1)
        total = total + (prediction - y_i) ** 2
    return total * (1 / len(x))


start_time = time.perf_counter()
columns = zip(*map(np.ravel, params[:3]), strict=True)
units = [[Value(w) for w in unit] for unit in columns]
b2 = Value(params[3][0])
loss = scalar_loss(units, b2, X[:, 0].tolist(), y[:, 0].tolist())
backward(loss)
print(f"loss {loss.data:.4f} from {len(in_order(loss)):,} Values")
print(f"with all slopes: {(time.perf_counter() - start_time) * 1e3:.0f} ms")

# %% tags=["remove-cell"]
claim("31", sum(p.size for p in params))
claim("> 6,000", len(in_order(loss)))

# %% [markdown]
# The gradient is right, as you will see in a moment. But over 6,000 objects for one
# small loss is no way to train a network.
#
# ## The same with matrices
#
# Let a whole layer be one operation, $Z = XW + \mathbf{b}$, with one row for each
# example and one column for each unit. Write $\delta$ for the matrix of slopes
# $\partial L / \partial z_{ij}$ that arrives from later layers. One entry of $Z$ is
# $z_{ij} = \sum_k x_{ik} w_{kj} + b_j$. So the weight $w_{kj}$ is a variable that is
# used once for every example, with the local slope $x_{ik}$, and {eq}`backprop-chain`
# says to add up over the uses:
#
# ```{math}
# :label: backprop-layer
# \begin{aligned}
# \frac{\partial L}{\partial w_{kj}} &= \sum_i x_{ik} \, \delta_{ij},
#   & \frac{\partial L}{\partial W} &= X^\top \delta \\
# \frac{\partial L}{\partial x_{ik}} &= \sum_j \delta_{ij} \, w_{kj},
#   & \frac{\partial L}{\partial X} &= \delta \, W^\top \\
# \frac{\partial L}{\partial b_j} &= \sum_i \delta_{ij}
# \end{aligned}
# ```
#
# The other two lines follow in the same way: $x_{ik}$ is used by every unit $j$, with
# slope $w_{kj}$, and the bias by every example, with slope one. So the sum over
# examples, in this gradient and in every other one of this book, is a sum over uses.
#
# An activation $a = \varphi(z)$ acts on each entry alone, so on the way back each entry
# is multiplied by $\varphi'(z)$: one or zero for ReLU, $1 - a^2$ for tanh. The
# activations $A$ of one layer are the $X$ of the next.

# %%
RELU = (lambda Z: np.maximum(Z, 0), lambda Z, A: Z > 0)
TANH = (np.tanh, lambda Z, A: 1 - A**2)


def forward(params, X, activation):
    W1, b1, W2, b2 = params
    Z = X @ W1 + b1  # (100, 10)
    A = activation[0](Z)  # (100, 10)
    return Z, A, A @ W2 + b2  # the prediction is (100, 1)


# %% [markdown]
# The backward pass reads the forward pass from its end.


# %%
def loss_and_gradient(params, X, y, activation):
    Z, A, prediction = forward(params, X, activation)
    residual = prediction - y
    delta2 = 2 / len(y) * residual  # (100, 1)
    slopes_A = delta2 @ params[2].T  # (100, 10)
    delta1 = slopes_A * activation[1](Z, A)  # (100, 10)
    gradient = [X.T @ delta1, delta1.sum(axis=0), A.T @ delta2, delta2.sum(axis=0)]
    return (residual**2).mean(), gradient


# %% [markdown]
# Three referees this time: your scalar engine, JAX and PyTorch.


# %% tags=["nbval-ignore-output"]
def net_loss(params, X, y, relu):
    W1, b1, W2, b2 = params
    return ((relu(X @ W1 + b1) @ W2 + b2 - y) ** 2).mean()


def flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


by_matrices = flat(loss_and_gradient(params, X, y, RELU)[1])  # (31,)
scalars = [unit[part].grad for part in range(3) for unit in units] + [b2.grad]
with jax.enable_x64(True):
    by_jax = flat(jax.grad(net_loss)(params, X, y, jax.nn.relu))
leaves = [torch.tensor(array, requires_grad=True) for array in params]
net_loss(leaves, torch.tensor(X), torch.tensor(y), torch.relu).backward()
by_torch = flat([leaf.grad for leaf in leaves])
for name, other in {"scalars": scalars, "JAX": by_jax, "PyTorch": by_torch}.items():
    print(f"{name}: largest difference {abs(by_matrices - other).max():.0e}")

# %% tags=["remove-cell"]
for other in (scalars, by_jax, by_torch):
    assert other is not by_matrices
    assert by_jax.dtype == by_torch.dtype == np.float64
claim("< 1e-14", abs(by_matrices - scalars).max())
claim("< 1e-14", abs(by_matrices - by_jax).max())
claim("< 1e-14", abs(by_matrices - by_torch).max())
claim("> 0.1", abs(by_matrices).max())

# %% [markdown]
# All within $10^{-14}$. Now train, at 0.1, half of the tutorial's learning rate.


# %%
def train(params, X, y, activation, learning_rate=0.1, steps=2000):
    losses = []
    for _ in range(steps):
        loss, gradient = loss_and_gradient(params, X, y, activation)
        pairs = zip(params, gradient, strict=True)
        params = [p - learning_rate * g for p, g in pairs]
        losses.append(loss)
    return params, np.array(losses)


trained, losses = train(params, X, y, RELU)
print(f"loss {losses[0]:.4f} → {losses[-1]:.4f}")

# %% tags=["hide-input"]
#| name: fig-backprop-fit
#| caption: Ten ReLU units, trained by gradients worked out by hand, bend a line into a
#|   parabola of straight pieces.
#| alt: A hundred gray dots scatter around a parabola over x from -1 to 1. A blue line
#|   made of straight pieces follows them from the upper left through a flat bottom
#|   near the middle to the upper right. A dashed line, the best possible curve, runs
#|   close beside it.
figure, ax = plt.subplots()
grid = np.linspace(-1, 1, 401)[:, None]
ax.plot(X, y, "o", color=GRAY, ms=3)
ax.plot(grid, grid**2 + 0.1, "--", color=ORANGE)
ax.plot(grid, forward(trained, grid, RELU)[2], color=BLUE)
ax.text(-0.3, 0.72, "network", color=BLUE)
ax.text(-0.3, 0.62, "best curve, x² + 0.1", color=ORANGE)
ax.set(xlabel="x", ylabel="y", title="Trained by your own gradients")
plt.show()

# %% tags=["remove-cell"]
noise_floor = 0.2**2 / 12
claim("0.0033", noise_floor)


# %% [markdown]
# ## A wrong gradient can go downhill
#
# The network of {numref}`fig-backprop-fit` follows the parabola. The noise has a
# variance of 0.0033, so about that much loss must remain. Does a loss that falls nearly
# so far prove the gradient right? Try a typical mistake: forget the factor
# $\varphi'(z)$. Train with both gradients from the same 20 seeds.

# %%
FORGOTTEN = (RELU[0], lambda Z, A: 1.0)


def curves(activation, seeds=20):
    runs = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        X, y = noisy_parabola(rng)
        runs.append(train(draw_parameters(rng), X, y, activation)[1])
    return np.array(runs)  # (seeds, steps)


right, wrong = curves(RELU), curves(FORGOTTEN)
for name, runs in {"right": right, "wrong": wrong}.items():
    first, last = np.median(runs[:, [0, -1]], axis=0)
    print(f"{name}: median loss {first:.3f} → {last:.4f}")

# %% tags=["hide-input"]
#| name: fig-backprop-wrong
#| caption: Medians and ranges of 20 trainings with the right gradient, and of 20 with a
#|   factor forgotten.
#| alt: Loss over 2000 steps on a log scale. The blue median of the right gradient falls
#|   fast to the dashed line of the noise variance, and its band narrows around that
#|   line. The orange median of the wrong gradient falls more slowly and ends a little
#|   above, in a band that reaches up to 0.1 to the last step.
figure, ax = plt.subplots()
for runs, color in ((wrong, ORANGE), (right, BLUE)):
    band = runs[:, ::10]
    steps = np.arange(0, runs.shape[1], 10)
    ax.fill_between(steps, band.min(axis=0), band.max(axis=0), color=color, alpha=0.2)
    ax.semilogy(steps, np.median(band, axis=0), color=color)
ax.axhline(0.2**2 / 12, color=BLACK, linestyle="--", linewidth=1)
ax.text(1990, 0.0016, "variance of the noise", ha="right")
ax.text(1300, 0.025, "factor forgotten", color=ORANGE)
ax.text(100, 0.0016, "right", color=BLUE)
ax.set(xlabel="step", ylabel="loss", ylim=(1e-3, 2))
ax.set_title("Both go down; one of them is wrong")
plt.show()

# %% tags=["remove-cell"]
claim("0.0080", np.median(wrong[:, -1]))
claim("0.0036", np.median(right[:, -1]))
claim("0.303", np.median(wrong[:, 0]))
assert np.all(wrong[:, -1] > right[:, -1])

# %% [markdown]
# The wrong gradient takes the median loss from 0.303 to 0.0080, the right one to
# 0.0036. It ends higher for every one of the seeds. But without the blue curve of
# {numref}`fig-backprop-wrong` beside it, the orange one looks like a success that wants
# a better learning rate. A falling loss says that the steps point
# downhill, not that they follow the gradient.
#
# ## Gradient checking
#
# The proof is a central difference for each of the 31 parameters, as in {ref}`slopes`.


# %%
def unflat(w, like):
    cuts = np.cumsum([array.size for array in like])[:-1]
    parts = zip(np.split(w, cuts), like, strict=True)
    return [part.reshape(array.shape) for part, array in parts]


def central_differences(params, X, y, activation, h):
    slopes = []
    for nudge in h * np.eye(flat(params).size):
        above, below = (
            ((forward(unflat(w, params), X, activation)[2] - y) ** 2).mean()
            for w in (flat(params) + nudge, flat(params) - nudge)
        )
        slopes.append((above - below) / (2 * h))
    return np.array(slopes)


# %% [markdown]
# Divide the largest difference by the largest slope, and the result has no units.


# %% tags=["nbval-ignore-output"]
def check(params, X, y, activation, h):
    gradient = flat(loss_and_gradient(params, X, y, activation)[1])
    differences = central_differences(params, X, y, activation, h)
    return abs(gradient - differences).max() / abs(differences).max()


for name, activation in {"right": RELU, "wrong": FORGOTTEN}.items():
    print(f"{name}: relative error {check(params, X, y, activation, 1e-5):.0e}")

# %% tags=["remove-cell"]
claim("< 1e-9", check(params, X, y, RELU, 1e-5))
claim("> 0.1", check(params, X, y, FORGOTTEN, 1e-5))

# %% [markdown]
# No doubt is left: below $10^{-9}$ for the right gradient, above 0.1 for the wrong one.
#
# Which step is best? For a smooth loss, {ref}`slopes` found a V. Rounding, of the size
# $\varepsilon |L| / h$, falls with $h$; truncation grows with $h^2$. Where the loss and
# its derivatives are about one, the two meet near $\varepsilon^{1/3}$.
#
# ReLU is a different matter. As a function of a single weight, the prediction consists
# of straight pieces, so the loss consists of pieces of parabolas. On a parabola the
# central difference is exact. That leaves only rounding, and longer steps should be
# better and better, until a step carries some $z_{ij}$ across zero, the **kink** of
# ReLU. No $|x|$ exceeds one, so every step shorter than the smallest $|z_{ij}|$ is
# safe.

# %%
steps = np.geomspace(1e-10, 0.5, 40)
errors = {
    name: [check(params, X, y, activation, h) for h in steps]
    for name, activation in {"tanh": TANH, "ReLU": RELU}.items()
}
nearest_kink = abs(forward(params, X, RELU)[0]).min()
print(f"predicted best step for tanh: {np.finfo(float).eps ** (1 / 3):.1e}")
print(f"nearest kink of ReLU: {nearest_kink:.1e}")

# %% tags=["hide-input"]
#| name: fig-backprop-check
#| caption: The error of a gradient check over its step. For tanh it is a V; for ReLU it
#|   falls until a step reaches the nearest kink, and there it jumps.
#| alt: Relative error over the step h, both on log scales. The blue line for tanh
#|   falls, turns near a dotted line at 6e-6, and rises steadily. The orange line for
#|   ReLU falls farther, down to a dashed line at the nearest kink, where it jumps up by
#|   many powers of ten and then stays above the blue one.
figure, ax = plt.subplots(figsize=(5.4, 3.8))
for name, color in {"tanh": BLUE, "ReLU": ORANGE}.items():
    ax.loglog(steps, errors[name], "o-", color=color, ms=3, lw=1.2)
ax.axvline(np.finfo(float).eps ** (1 / 3), color=BLUE, linestyle=":")
ax.axvline(nearest_kink, color=ORANGE, linestyle="--", linewidth=1.2)
ax.text(2e-4, 4e-8, "tanh", color=BLUE, ha="right")
ax.text(7e-5, 6e-12, "ReLU", color=ORANGE)
ax.text(1.3 * nearest_kink, 3e-14, "nearest kink", color=ORANGE)
ax.set(xlabel="step h", ylabel="relative error", ylim=(1e-14, 1))
ax.set_title("For ReLU, not a V but a cliff")
plt.show()

# %% tags=["remove-cell"]
relu_errors, tanh_errors = np.array(errors["ReLU"]), np.array(errors["tanh"])
safe = steps < nearest_kink
claim("6e-06", np.finfo(float).eps ** (1 / 3))
claim("1e-6 to 1e-4", steps[tanh_errors.argmin()])
claim("< 1e-10", tanh_errors.min())
claim("< 1e-12", relu_errors[safe][-1])
claim("> 1e-5", relu_errors[~safe][0])
assert relu_errors[~safe][0] > 1e6 * relu_errors[safe][-1]
assert np.all(relu_errors[~safe] > tanh_errors[~safe])
nearest = {
    size: np.median(
        [
            abs(forward(draw_parameters(rng, size), X, RELU)[0]).min()
            for rng in map(np.random.default_rng, range(20))
        ]
    )
    for size in (10, 100, 1000)
}
assert nearest[10] > 5 * nearest[100] > 25 * nearest[1000]

# %% [markdown]
# Both predictions of {numref}`fig-backprop-check` hold. Beyond the nearest kink the
# check fails for a gradient that is right. A net with more units and examples has more
# kinks, and nearer ones. If a check fails, see first whether `Z > 0` is the same on
# both sides of the step.
#
# And at the kink itself? Then even the frameworks depend on how you spell ReLU:

# %%
spellings = {
    "relu": jax.nn.relu,
    "maximum(z, 0)": lambda z: jnp.maximum(z, 0),
    "where(z >= 0, z, 0)": lambda z: jnp.where(z >= 0, z, 0),
}
for name, spelling in spellings.items():
    print(f"{name:20} slope at zero: {jax.grad(spelling)(0.0)}")

# %% tags=["remove-cell"]
zero = torch.zeros((), requires_grad=True)
torch_spellings = {
    "relu": torch.relu,
    "maximum(z, 0)": lambda z: torch.maximum(z, torch.zeros(())),
    "where(z >= 0, z, 0)": lambda z: torch.where(z >= 0, z, 0.0),
}
for name, spelling in torch_spellings.items():
    (there,) = torch.autograd.grad(spelling(zero), zero)
    assert there.item() == float(jax.grad(spellings[name])(0.0))
claim("0.5", jax.grad(spellings["maximum(z, 0)"])(0.0))
claim("0.5", (max(0.1, 0) - max(-0.1, 0)) / (2 * 0.1))

# %% [markdown]
# PyTorch gives the same three answers. A central difference says 0.5. None is wrong,
# since a kink has many slopes, so a check decides nothing there.
#
# ## What it costs
#
# Count the arithmetic. Forward, each recorded operation is one. Backward, each arrow of
# the graph costs one multiplication and one addition. No operation has more than two
# inputs, so the way back costs at most four times the way forward. Both together cost
# at most five evaluations of the loss, whatever the number of parameters $p$. Forward
# differences need $p + 1$ evaluations, central ones $2p$.
#
# In this network each hidden unit takes five operations with nine inputs in all: that
# should make $(5 + 18) / 5 = 4.6$. Count, on one example and for up to 300 units:


# %%
def count_operations(output):
    order = in_order(output)
    forward_count = sum(len(node.inputs) > 0 for node in order)
    backward_count = 2 * sum(len(node.inputs) for node in order)
    return forward_count, backward_count


sizes, costs = [], []
for hidden in (1, 3, 10, 30, 100, 300):
    units = [[Value(0.1), Value(0.2), Value(0.3)] for _ in range(hidden)]
    there, back = count_operations(scalar_loss(units, Value(0.0), [0.5], [0.1]))
    sizes.append(3 * hidden + 1)
    costs.append((there + back) / there)
    print(f"p = {sizes[-1]:3}: {costs[-1]:.2f} evaluations")

# %% tags=["remove-cell"]
claim("901", sizes[-1])
claim("902", sizes[-1] + 1)
claim("< 5", max(costs))
claim("4.6", costs[-1])
claim("4.6", costs[0])
claim("18", back / there * 5)

# %% tags=["hide-input"]
#| name: fig-backprop-cost
#| caption: The price of one gradient in evaluations of the loss, counted in the engine.
#| alt: Cost over the number of parameters, both on log scales. The orange line of
#|   finite differences rises straight from 5 evaluations to 902. The blue dots of
#|   reverse mode stay level, below 5, from the first to the last.
figure, ax = plt.subplots()
p = np.array(sizes)
ax.loglog(p, p + 1, color=ORANGE)
ax.loglog(p, costs, "o-", color=BLUE)
ax.text(70, 150, "finite differences,\np + 1", color=ORANGE, ha="right")
ax.text(70, 5.6, "reverse mode", color=BLUE)
ax.set(xlabel="parameters p", ylabel="evaluations of the loss", ylim=(1, 2000))
ax.set_title("One sweep, whatever the number of slopes")
plt.show()

# %% [markdown]
# It is 4.6 at every size, while finite differences climb to 902. The literature calls
# this the *cheap gradient principle* {cite}`griewank2008`. With matrices, each product
# on the way forward has two of the same size on the way back, one for $W$ and one for
# $X$. So expect a few times the time of the loss.


# %% tags=["nbval-ignore-output"]
def best_time(function, repeats=7):
    times = []
    for _ in range(repeats):
        start_time = time.perf_counter()
        function()
        times.append(time.perf_counter() - start_time)
    return min(times)


def timings(units, X, y):
    params = draw_parameters(np.random.default_rng(0), units)
    loss_s = best_time(lambda: ((forward(params, X, RELU)[2] - y) ** 2).mean())
    return loss_s, best_time(lambda: loss_and_gradient(params, X, y, RELU))


for hidden in (10, 1000, 10_000):
    p, (loss_s, both_s) = 3 * hidden + 1, timings(hidden, X, y)
    print(f"{p:,} parameters: loss {loss_s * 1e3:.2f} ms,")
    print(f"   with gradient {both_s * 1e3:.2f} ms,")
    print(f"   by finite differences {(p + 1) * loss_s:.3g} s")

# %% [markdown]
# On the widest network, one gradient by finite differences would take over 1,000 times
# as long as one by the backward pass.

# %% tags=["remove-cell"]
claim("> 1,000", (p + 1) * loss_s / both_s)
claim("30,001", p)
claim("30,002", p + 1)
claim("10,000", hidden)

# %% [markdown]
# ## What it keeps
#
# The price is memory. A product needs its factors for the way back, a ReLU the signs, a
# sum nothing, and whatever is needed must be kept until the sweep comes by. For $n$
# examples and $d$ hidden layers of ten units that should make $2n$ numbers for inputs
# and residuals, $10\,n d$ for the outputs of the hidden layers, and $100\,(d - 1) + 10$
# for the weights through which slopes have to pass. PyTorch lets you watch what it
# packs away:

# %%
from itertools import pairwise


def numbers_kept(n, d):
    kept = {}

    def pack(tensor):
        kept[tensor.data_ptr()] = tensor.numel()  # each piece of memory once
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        A = torch.zeros(n, 1)
        for rows, columns in pairwise([1] + [10] * d + [1]):
            W = torch.zeros(rows, columns, requires_grad=True)
            A = A @ W if columns == 1 else torch.relu(A @ W)
        loss = ((A - 1) ** 2).mean()
    return sum(kept.values()) if loss.requires_grad else 0


for n, d in ((100, 1), (100, 8), (1000, 8)):
    predicted = 2 * n + 10 * n * d + 100 * (d - 1) + 10
    print(f"n = {n}, d = {d}: predicted {predicted:,}, kept {numbers_kept(n, d):,}")

# %% tags=["remove-cell"]
for n in (50, 100, 1000):
    for d in range(1, 9):
        assert numbers_kept(n, d) == 2 * n + 10 * n * d + 100 * (d - 1) + 10
with torch.no_grad():
    assert numbers_kept(100, 8) == 0
claim("82,710", numbers_kept(1000, 8))
claim("720", sum(rows * columns for rows, columns in pairwise([1] + [10] * 8 + [1])))

# %% [markdown]
# To the number. The last network has 720 weights and keeps 82,710 numbers. What fills
# the memory in training is not the parameters but the outputs of the layers: twice the
# examples or twice the depth takes about twice as much. Under `torch.no_grad()` nothing
# is kept, which is why predictions belong there.
#
# ## What goes wrong in PyTorch
#
# Your engine has the same failures inside it, so you can tell what each means. First,
# **backward twice**. `belt_loss` works on tensors as it stands:


# %%
def first_sentence(error):
    return str(error).split(". ")[0].split(" (")[0]


m = torch.tensor(1.7, dtype=torch.float64, requires_grad=True)
loss = belt_loss(m)
loss.backward()
print(f"slope {m.grad:.2f}")
try:
    loss.backward()
except RuntimeError as error:
    print(first_sentence(error))

# %% [markdown]
# After one sweep PyTorch throws the kept tensors away, to free the memory. You may ask
# it to keep them. What do you expect then: two times the slope, or four?

# %%
m.grad = None
loss = belt_loss(m)
loss.backward(retain_graph=True)
loss.backward()
print(f"slope {m.grad:.2f}")

# %% tags=["remove-cell"]
claim("2", m.grad.item() / by_hand)

# %% [markdown]
# Two. PyTorch adds up like your first `backward`, but only in the **leaves**, here the
# parameters; slopes of results in between are dropped. The adding up is on purpose: the
# gradients of several mini-batches can be summed when the memory does not hold all of
# them at once. The price is that every training loop has to clear them.
#
# The second failure is to **forget `zero_grad`**, the line that clears. Then each step
# uses the sum of all gradients so far. That is the momentum of {eq}`heavy-ball` with
# $\beta = 1$, a ball without friction. On a parabola with curvature $\lambda$ the error
# then follows
#
# ```{math}
# :label: backprop-swing
# \begin{aligned}
# e_k &= e_0 \, \frac{\cos\left((k + \frac{1}{2})\,\theta\right)}
#   {\cos\frac{1}{2}\theta}, \\
# \cos\theta &= 1 - \frac{\eta\lambda}{2},
# \end{aligned}
# ```
#
# so it should swing forever. Here are all ten belts, from zero, with a learning rate of
# 1/10,000:

# %%
from helpers import load_belts

belt_in, belt_cm = map(torch.tensor, load_belts())


def swing(clear, learning_rate=1 / 10_000, steps=60):
    m, path = torch.zeros((), dtype=torch.float64, requires_grad=True), []
    for _ in range(steps):
        path.append(m.item())
        if clear:
            m.grad = None  # what optimizer.zero_grad() does
        ((m * belt_in - belt_cm) ** 2).mean().backward()
        with torch.no_grad():
            m -= learning_rate * m.grad
    return np.array(path)


forgetful, careful = swing(clear=False), swing(clear=True)

# %% tags=["hide-input"]
#| name: fig-backprop-swing
#| caption: With forgotten gradients the multiplier swings forever, as predicted; with
#|   cleared gradients it arrives.
#| alt: The multiplier over 60 steps. The blue curve of the run that clears its
#|   gradients rises from 0 to 2.54 within about 15 steps and stays. Orange dots of the
#|   forgetful run swing between about 0 and 5 in waves of 11 steps that never fade;
#|   they lie on a thin black wave, the prediction.
curvature = float(2 * (belt_in**2).mean())
best = float(belt_in @ belt_cm / (belt_in @ belt_in))
theta = np.arccos(1 - curvature / 10_000 / 2)
k = np.linspace(0, 59, 400)
figure, ax = plt.subplots()
wave = best - best * np.cos((k + 0.5) * theta) / np.cos(theta / 2)
ax.plot(k, wave, color=BLACK, linewidth=0.8)
ax.plot(forgetful, "o", color=ORANGE, ms=4)
ax.plot(careful, color=BLUE)
ax.text(60.5, best, "cleared", color=BLUE, va="center")
ax.text(60.5, 5.1, "forgotten", color=ORANGE, va="center")
ax.set(xlabel="step", ylabel="multiplier (cm per inch)", xlim=(-1, 73))
ax.set_xticks(range(0, 61, 10))
ax.set_title("No zero_grad, no friction")
plt.show()

# %% tags=["remove-cell"]
at_steps = np.arange(60)
predicted = best - best * np.cos((at_steps + 0.5) * theta) / np.cos(theta / 2)
claim("< 1e-12", abs(forgetful - predicted).max())
claim("11", 2 * np.pi / theta)
claim("2.54", careful[-1])
claim("2.54", best)
assert abs(careful[15] - best) < 0.02
claim("0", round(forgetful.min()))
claim("5", round(forgetful.max()))

# %% [markdown]
# The dots of {numref}`fig-backprop-swing` lie on the predicted wave, 11 steps long, and
# it does not fade. If your loss rises and falls in regular waves, look for a missing
# `zero_grad`.
#
# Third, **in-place updates**. The `torch.no_grad()` in that loop is not decoration:

# %%
m = torch.tensor(1.7, requires_grad=True)
try:
    m -= 0.1
except RuntimeError as error:
    print(first_sentence(error))

# %% [markdown]
# PyTorch would have to record the update as part of the computation, and `m` would no
# longer be the leaf whose slope you want. `no_grad` says: do not record this. Worse is
# to change what the way back still needs. It is tempting to update each weight as soon
# as its gradient is known, and in NumPy nothing stops you:

# %%
Z, A, prediction = forward(params, X, RELU)
delta2 = 2 / len(y) * (prediction - y)
W2 = params[2].copy()
W2 -= 0.1 * A.T @ delta2  # one line too early
early = X.T @ (delta2 @ W2.T * (Z > 0))
true = loss_and_gradient(params, X, y, RELU)[1][0]
print(f"relative error {abs(early - true).max() / abs(true).max():.2f}")

# %% [markdown]
# A wrong gradient, silently. PyTorch counts the changes of every tensor and compares
# the count on the way back:

# %%
leaves = [torch.tensor(array, requires_grad=True) for array in params]
loss = net_loss(leaves, torch.tensor(X), torch.tensor(y), torch.relu)
with torch.no_grad():
    leaves[2] -= 0.1
try:
    loss.backward()
except RuntimeError as error:
    print(*str(error).split(". ")[0].split(": "), sep="\n")

# %% tags=["remove-cell"]
early_error = abs(early - true).max() / abs(true).max()
claim("> 0.01", early_error)

# %% [markdown]
# Last, **detach**. It gives the value without its record, which cuts an arrow of the
# graph. Cut one of the two in {numref}`fig-backprop-graph`:

# %%
m = torch.tensor(1.7, dtype=torch.float64, requires_grad=True)
residual = m * 30.5 - 77.0
(residual * residual.detach()).backward()
print(f"slope {m.grad:.3f}")

# %% tags=["remove-cell"]
claim("0.5", m.grad.item() / by_hand)

# %% [markdown]
# Half: the wrong answer of your first engine. Detach what you log or plot, and nothing
# that the loss depends on.
#
# ## Why JAX has none of this
#
# In JAX a gradient is not written into a parameter; it is what a function returns. No
# field holds it, so nothing adds up. The record lives and dies inside one call, so
# nothing is swept twice. Arrays cannot be changed, so nothing is overwritten. Only
# `detach` has a counterpart, because it is no state but a part of the formula:


# %%
def half_loss(m):
    residual = m * 30.5 - 77.0
    return residual * jax.lax.stop_gradient(residual)


with jax.enable_x64(True):
    slope = jax.grad(belt_loss)
    print(
        f"{slope(1.7):.2f}, again {slope(1.7):.2f}, cut {jax.grad(half_loss)(1.7):.3f}"
    )

# %% [markdown]
# The price is that you carry parameters and gradients from call to call yourself, as
# `train` above does.
#
# ## What to keep
#
# - Each operation knows its local slopes. Backprop walks the record from its end, in
#   order, and *adds* slope times slope wherever a value was used.
# - A layer is the same sum, written as $X^\top \delta$, $\sum_i \delta_i$ and
#   $\delta W^\top$. Every example uses the weights once.
# - All slopes together cost a few evaluations of the loss, whatever their number. The
#   price is memory: what the way back needs is kept.
# - A falling loss proves no gradient. Check it with central differences, away from
#   kinks.
# - In PyTorch, clear the gradients, update under `no_grad`, sweep once, and change
#   nothing in between.
#
# ## Exercises
#
# ::::{exercise}
# :label: ex-backprop-sum
# With `loss = m + m` in PyTorch, you may call `loss.backward()` twice and no error
# comes. Why? Which slope do you expect after the second call?
# ::::
#
# ::::{solution} ex-backprop-sum
# :class: dropdown
# A sum keeps nothing for the way back, so there is nothing that could have been thrown
# away. Its local slopes are one, each call adds $1 + 1$ to the leaf, and after two
# calls it holds 4.
#
# ```python
# m = torch.tensor(1.7, requires_grad=True)
# loss = m + m
# loss.backward()
# loss.backward()
# m.grad
# ```
# ::::

# %% tags=["remove-cell"]
m = torch.tensor(1.7, requires_grad=True)
loss = m + m
loss.backward()
loss.backward()
claim("4", m.grad)

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-parts
# Add gradients up on purpose: compute the gradient of the network over all 100 examples
# in four parts of 25, in PyTorch, without clearing in between. What must you do to the
# loss of each part?
# ::::
#
# ::::{solution} ex-backprop-parts
# :class: dropdown
# Each part's loss is a mean over 25 examples, so divide it by four. (Parts of unequal
# size need their share of the examples instead.)
#
# ```python
# leaves = [torch.tensor(array, requires_grad=True) for array in params]
# for rows in np.split(np.arange(100), 4):
#     part = torch.tensor(X[rows]), torch.tensor(y[rows])
#     (net_loss(leaves, *part, torch.relu) / 4).backward()
# abs(flat([leaf.grad for leaf in leaves]) - by_matrices).max()
# ```
#
# The difference is below $10^{-15}$, and only a quarter of the layer outputs is in
# memory at a time.
# ::::

# %% tags=["remove-cell"]
leaves = [torch.tensor(array, requires_grad=True) for array in params]
for rows in np.split(np.arange(100), 4):
    part = torch.tensor(X[rows]), torch.tensor(y[rows])
    (net_loss(leaves, *part, torch.relu) / 4).backward()
claim("25", len(rows))
claim("< 1e-15", abs(flat([leaf.grad for leaf in leaves]) - by_matrices).max())

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-paths
# The second wrong turn can be repaired without an order: let `tell` pass on only the
# message it has just received, and add it to `grad`. Write it. How many messages does
# it send for a value squared 15 times in a row? How many does `backward` send?
# ::::
#
# ::::{solution} ex-backprop-paths
# :class: dropdown
# ```python
# def tell(node, message):
#     node.grad += message
#     sent = 0
#     for earlier, slope in node.inputs:
#         sent += 1 + tell(earlier, slope * message)
#     return sent
#
#
# value = result = Value(1.0)
# for _ in range(15):
#     result = result * result
# print(tell(result, 1.0), value.grad)
# ```
#
# The slope is right, 32,768. But the function walks every *path* through the graph, and
# the paths double with each square: 65,534 messages. The ordered sweep sends two per
# square, 30 in all. Reverse mode is the chain rule without walking any arrow twice.
# ::::


# %% tags=["remove-cell"]
def tell_paths(node, message):
    node.grad += message
    sent = 0
    for earlier, slope in node.inputs:
        sent += 1 + tell_paths(earlier, slope * message)
    return sent


value = result = Value(1.0)
for _ in range(15):
    result = result * result
sent = tell_paths(result, 1.0)
claim("65,534", sent)
claim("32,768", value.grad)
backward(result)
claim("32,768", value.grad)
claim("30", sum(len(node.inputs) for node in in_order(result)))
claim("15", sum(len(node.inputs) > 0 for node in in_order(result)))

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-deep
# Add up 5,000 `Value`s in a loop and call `backward`. What happens, and how do you
# repair `in_order`?
# ::::
#
# ::::{solution} ex-backprop-deep
# :class: dropdown
# The sum is a chain 5,000 deep, and Python raises `RecursionError`: `visit` calls
# itself once per level. Keep a list of what is left to do instead. A node is pushed
# twice, first to visit its inputs, then to be listed after them:
#
# ```python
# def in_order(output):
#     order, seen, to_do = [], set(), [(output, False)]
#     while to_do:
#         node, inputs_done = to_do.pop()
#         if inputs_done:
#             order.append(node)
#         elif node not in seen:
#             seen.add(node)
#             to_do.append((node, True))
#             to_do += [(earlier, False) for earlier, _ in node.inputs]
#     return order
# ```
#
# Another way: number the values as they are made. Each is made after its inputs, so
# that sorting by the number is a topological order.
# ::::


# %% tags=["remove-cell"]
def deep_order(output):
    order, seen, to_do = [], set(), [(output, False)]
    while to_do:
        node, inputs_done = to_do.pop()
        if inputs_done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            to_do.append((node, True))
            to_do += [(earlier, False) for earlier, _ in node.inputs]
    return order


terms = [Value(1.0) for _ in range(5_000)]
chain = terms[0]
for term in terms[1:]:
    chain = chain + term
try:
    backward(chain)
except RecursionError:
    too_deep = True
assert too_deep
for graph in (chain, tangle(Value(0.7), Value(-1.2), tanh), result):
    places = {node: place for place, node in enumerate(deep_order(graph))}
    for node in places:
        assert all(places[earlier] < places[node] for earlier, _ in node.inputs)
claim("5,000", len(terms))
assert len(deep_order(chain)) == 2 * len(terms) - 1

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-forward
# Open: *forward mode* sends slopes along with the values instead of back. Give each
# number a second one, its slope along one chosen input, and let each operation compute
# both. What do you have to keep? What does a gradient of $p$ parameters cost? For which
# functions is it the better choice?
# ::::
#
# ::::{solution} ex-backprop-forward
# :class: dropdown
# ```python
# class Dual:
#     def __init__(self, data, slope=0.0):
#         self.data, self.slope = data, slope
#
#     def __add__(self, other):
#         return Dual(self.data + other.data, self.slope + other.slope)
#
#     def __mul__(self, other):
#         slope = self.slope * other.data + self.data * other.slope
#         return Dual(self.data * other.data, slope)
#
#
# residual = Dual(1.7, 1.0) * Dual(30.5) + Dual(-77.0)
# print((residual * residual).slope)
# ```
#
# It prints the slope of the belt, about $-1534.15$. Nothing is kept, and no order
# matters. But one pass gives the slopes along *one* input, so a gradient takes $p$
# passes, as many as finite differences, though exact ones. Forward mode wins for one
# input and many outputs; a loss has one output and many inputs. `jax.jvp` is forward
# mode, `jax.vjp` reverse mode.
# ::::


# %% tags=["remove-cell"]
class Dual:
    def __init__(self, data, slope=0.0):
        self.data, self.slope = data, slope

    def __add__(self, other):
        return Dual(self.data + other.data, self.slope + other.slope)

    def __mul__(self, other):
        slope = self.slope * other.data + self.data * other.slope
        return Dual(self.data * other.data, slope)


residual = Dual(1.7, 1.0) * Dual(30.5) + Dual(-77.0)
claim("-1534.15", (residual * residual).slope)

# %% [markdown]
# ## Sources and further reading
#
# - Andrej Karpathy's micrograd {cite}`karpathy2020` and the JAX team's Autodidax
#   {cite}`autodidax` are the models for an engine that fits on a page.
# - {cite}`rumelhart1986` made back-propagation known for networks; {cite}`baydin2018`
#   tells the longer history and sorts the kinds of differentiation;
#   {cite}`griewank2008` proves what it costs.
# - The noisy parabola and its network come from {cite}`sobh`, with thanks.
#   {cite}`paszke2019` and {cite}`jax2018` describe the two libraries.
