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
# A network with 10,000 {term}`hidden units <hidden unit>` and one input has 30,001
# parameters. For one gradient, finite differences need 30,002 evaluations of its loss.
# {term}`Backpropagation <backpropagation>` needs the work of fewer than five
# evaluations, however many parameters there are. How can one sweep find every slope at
# once? And why does a network whose gradient is wrong still learn?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** write an engine that differentiates, break it in three ways and repair
#   it, derive the same for matrices, train a network, check gradients, and count what
#   they cost.
# - **You need** the chain rule, finite differences and their best step from
#   {ref}`slopes`, the loop from {ref}`descent`, and matrix products. One section uses
#   the momentum of {ref}`conditioning`.
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
# $2 \cdot 30.5\, r = -1534.15$. Your engine will find this number while knowing only
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
# Nudge either input of a sum, and the sum moves by as much: both local slopes are one.
# Nudge $a$, and the product $ab$ moves $b$ times as far. Nudge $b$, and it moves $a$
# times as far.


# %%
def add(a, b):
    a, b = as_value(a), as_value(b)
    return Value(a.data + b.data, [(a, 1.0), (b, 1.0)])


def multiply(a, b):
    a, b = as_value(a), as_value(b)
    slopes = [(a, b.data), (b, a.data)]
    return Value(a.data * b.data, slopes)


Value.__add__ = Value.__radd__ = add
Value.__mul__ = Value.__rmul__ = multiply

# %% [markdown]
# Python now calls these two functions wherever a `Value` meets `+` or `*`.


# %%
def belt_loss(multiplier):
    residual = multiplier * 30.5 + -77.0
    return residual * residual


loss = belt_loss(Value(1.7))
print(f"{loss.data:.4f} loss")
print([round(slope, 2) for _, slope in loss.inputs], "local slopes")

# %% [markdown]
# The residual is listed twice, since $r \cdot r$ uses it twice.
# {numref}`fig-backprop-graph` shows the record, without the two constants, and below
# the boxes what you want to know.

# %% tags=["hide-input"]
#| name: fig-backprop-graph
#| caption: Above each box its value, below it the slope of the loss along it; on each
#|   arrow the local slope. The constants are left out.
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
    0: (BLACK, ["m", "product", "residual", "loss"]),
    -0.75: (ORANGE, ["−1534.15", "−50.3", "−50.3", "1"]),
}
arrows = [(0.14, 0.62, 0, "30.5", 0.2), (1.38, 1.62, 0, "1", 0.2)]
arrows += [(2.2, 2.85, bend, "−25.15", -0.84 * bend) for bend in (-0.6, 0.6)]
figure, ax = plt.subplots(figsize=(5.2, 2.9))
for y, (color, texts) in rows.items():
    box = {"boxstyle": "round,pad=0.3", "fc": "none", "ec": "none" if y else GRAY}
    for x, text in enumerate(texts):
        ax.text(x, y, text, color=color, ha="center", va="center", bbox=box)
for start, end, bend, text, y in arrows:
    style = {"arrowstyle": "->", "color": GRAY, "connectionstyle": f"arc3,rad={bend}"}
    ax.annotate("", (end, -0.2 * bend), (start, -0.2 * bend), arrowprops=style)
    ax.text((start + end) / 2, y, text, ha="center", va="center", size=11)
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

# %% tags=["remove-cell"]
import numpy as np

from helpers import checks, claim, given, load_belts

with checks("A number that remembers"):
    inches, centimeters = (column[0] for column in load_belts())
    claim("30.5 inches, 77 cm", inches, centimeters)
    given("the multiplier 1.7", r"r = 30.5\,m - 77", r"2 \cdot 30.5")
    by_hand = 2 * inches * (inches * 1.7 - centimeters)
    claim("r = -1534.15", by_hand)
    residual = loss.inputs[0][0]
    product = residual.inputs[0][0]
    claim(
        "m, 1.7, leads to the product, 51.85, the product to the residual, -25.15",
        product.inputs[0][0].data,
        product.data,
        residual.data,
    )
    claim("lead to the loss, 632.52", loss.data)
    nodes = (product, residual, loss)
    claim("30.5, 1, and twice -25.15", *(node.inputs[0][1] for node in nodes))
    along = 2 * residual.data  # the slope along the residual
    claim("1, -50.3, -50.3 and -1534.15", 1.0, along, along, along * inches)

# %% [markdown]
# ## Two wrong turns
#
# Each result tells its inputs: my slope times your local slope. That sounds like a
# function that calls itself.


# %%
def tell(node):
    for earlier, slope in node.inputs:
        # wrong:
        earlier.grad = slope * node.grad
        tell(earlier)


overwritten = Value(1.7)
loss = belt_loss(overwritten)
loss.grad = 1.0  # the loss moves as fast as itself
tell(loss)
print(f"{overwritten.grad:.3f}")

# %% [markdown]
# Half of the right answer. The residual hears from the loss twice, once for each arrow,
# and the second message overwrites the first. The sum in {eq}`backprop-chain` asks for
# `+=`:


# %%
def tell(node):
    for earlier, slope in node.inputs:
        earlier.grad += slope * node.grad
        # wrong as well:
        tell(earlier)


multiplier = Value(1.7)
loss = belt_loss(multiplier)
loss.grad = 1.0
tell(loss)
print(f"{multiplier.grad:.3f}")

# %% [markdown]
# Twice the right answer. Here is what each value holds after each message of the loss:
#
# | | residual | product | $m$ |
# |---|---|---|---|
# | first message | $-25.15$ | $-25.15$ | $-767.075$ |
# | second message | $-50.3$ | $-75.45$ | $-3068.3$ |
# | right | $-50.3$ | $-50.3$ | $-1534.15$ |
#
# At the first message the residual holds one half of its slope and passes it on too
# early. At the second it passes on the whole. The product adds the two, and so passes
# on its first half twice. Every further operation before the square would add another
# half of the right answer.

# %% tags=["remove-cell"]
with checks("Two wrong turns"):
    claim("Half of the right answer. The", np.isclose(overwritten.grad, by_hand / 2))
    claim("Twice the right answer", np.isclose(multiplier.grad, 2 * by_hand))

    def slopes(loss):  # along the residual, the product and the multiplier
        residual = loss.inputs[0][0]
        product = residual.inputs[0][0]
        return residual.grad, product.grad, product.inputs[0][0].grad

    first = Value(0.0, belt_loss(Value(1.7)).inputs[:1])  # one of its two arrows
    first.grad = 1.0
    tell(first)
    claim("-25.15 | -25.15 | -767.075", *slopes(first))
    claim("-50.3 | -75.45 | -3068.3", *slopes(loss))
    claim("-50.3 | -50.3 | -1534.15", along, along, by_hand)
    factors = []
    for links in range(5):
        start = result = Value(1.0)
        for _ in range(links):
            result = result * 1.0
        result = result * result
        result.grad = 1.0
        tell(result)
        factors.append(start.grad / 2)
    claim(
        "Every further operation before the square would add another half",
        factors == [1 + links / 2 for links in range(5)],
    )

# %% [markdown]
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
    print(f"{multiplier.grad:.2f} after the {call} call")

# %% [markdown]
# The first call is right. The second gives four times the slope, where you might have
# expected twice. The old slopes are still there, and every value sends on old and new
# together. The residual ends with its old slope and a new one, $-100.6$. The product
# adds this to its old $-50.3$ and ends with $-150.9$, three times its slope. The
# multiplier adds three to its own one. The repair is to clear all slopes before the
# sweep.


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
    print(f"{multiplier.grad:.2f}")

# %% tags=["remove-cell"]
with checks("The right order"):
    again = belt_loss(Value(1.7))
    uncleared = []
    for _ in range(2):
        again.grad = 1.0
        for node in reversed(in_order(again)):
            for earlier, slope in node.inputs:
                earlier.grad += slope * node.grad
        uncleared.append(slopes(again))
    claim("The first call is right", np.isclose(uncleared[0][-1], by_hand))
    claim("four times the slope", np.isclose(uncleared[1][-1], 4 * by_hand))
    claim("a new one, -100.6", uncleared[1][0])
    claim("its old -50.3 and ends with -150.9", along, uncleared[1][1])
    claim("clear all slopes before the sweep", np.isclose(multiplier.grad, by_hand))

# %% [markdown]
# ## More operations, and two referees
#
# A new operation needs its value and its local slopes, nothing else.

# %%
import math


def power(a, exponent):
    slope = exponent * a.data ** (exponent - 1)
    return Value(a.data**exponent, [(a, slope)])


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

from helpers import enable_x64


def tangle(a, b, tanh):
    c = a * b + a**3
    return tanh(c - b * 2) * c + (a - b) ** 2


def leaf(data):
    return torch.tensor(data, dtype=torch.float64, requires_grad=True)


a, b = Value(0.7), Value(-1.2)
backward(tangle(a, b, tanh))
with enable_x64(True):
    by_jax = jax.grad(tangle, (0, 1))(0.7, -1.2, jnp.tanh)
torch_a, torch_b = leaf(0.7), leaf(-1.2)
tangle(torch_a, torch_b, torch.tanh).backward()
print(f"{a.grad:.12f} {b.grad:.12f} engine")
print(f"{by_jax[0]:.12f} {by_jax[1]:.12f} JAX")
print(f"{torch_a.grad:.12f} {torch_b.grad:.12f} PyTorch")

# %% [markdown]
# They agree to the last digit shown (and, in a cell hidden here, at 100 random points).
# What you have written is the core of both libraries: they too keep a record and sweep
# it backward. Where you store a slope, they store a rule, which turns the slopes of a
# result into those of its inputs, so that a whole matrix can be one value. PyTorch
# writes the record while the function runs, as you do; JAX traces the function first.

# %% tags=["remove-cell"]
with checks("More operations, and two referees"):
    found = np.array([[a.grad, b.grad], by_jax, [torch_a.grad, torch_b.grad]])
    claim("They agree to the last digit shown", np.ptp(found, axis=0).max() < 5e-13)
    points = np.random.default_rng(0).normal(size=(100, 2))
    with enable_x64(True):
        slopes_at = jax.vmap(jax.grad(lambda point: tangle(*point, jnp.tanh)))
        expected = np.asarray(slopes_at(points))
    found = []
    for point in points.tolist():
        values, tensors = [Value(v) for v in point], [leaf(v) for v in point]
        backward(tangle(*values, tanh))
        tangle(*tensors, torch.tanh).backward()
        found.append([[each.grad for each in values], [t.grad for t in tensors]])
    scale = 1 + abs(expected).max(axis=1)
    off = abs(np.array(found) - expected[:, None]).max(axis=(1, 2))
    claim("in a cell hidden here", np.all(off < 1e-12 * scale))
    claim("at 100 random points", len(found))

# %% [markdown]
# ## A network, one number at a time
#
# The problem of an {ref}`article <source-sobh>` on PyTorch {cite}`sobh` is a noisy
# parabola: 100 values of $x$ from $-1$ to $1$, and $y = x^2$ plus 0.2 times a random
# number, uniform between zero and one. Its model has ten hidden units, each with a
# weight, a bias and a **ReLU**, $\max(0, z)$, whose outputs are weighted and added: 31
# parameters. The outgoing weights start divided by the root of the number of units, so
# that the sum does not grow with it.

# %%
import numpy as np


def noisy_parabola(rng):
    X = np.linspace(-1, 1, 100)[:, None]  # (100, 1)
    return X, X**2 + 0.2 * rng.random((100, 1))


def draw_parameters(rng, units=10):
    W1 = rng.uniform(-1, 1, (1, units))
    b1 = rng.uniform(-1, 1, units)
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
parts = [map(Value, array.ravel().tolist()) for array in params]
units = list(zip(*parts[:3], strict=True))  # (w1, b1, w2) of each
b2 = next(parts[3])
loss = scalar_loss(units, b2, X[:, 0].tolist(), y[:, 0].tolist())
backward(loss)
seconds = time.perf_counter() - start_time
print(f"{loss.data:.4f} loss, {len(in_order(loss)):,} Values")
print(f"{seconds * 1e3:.0f} ms with all slopes")

# %% [markdown]
# But over 6,000 objects for one small loss is no way to train a network. (Nor would a
# much larger loss get that far: `visit` calls itself for every link of a chain, and
# Python limits how deep such calls may go.)

# %% tags=["remove-cell"]
with checks("A network, one number at a time"):
    claim("100 values of x from -1 to 1", len(X), X.min(), X.max())
    given("0.2 times a random number")
    claim("31 parameters", sum(p.size for p in params))
    claim("over 6,000 objects", len(in_order(loss)))

# %% [markdown]
# ## The same with matrices
#
# Let a whole layer be one operation, $Z = XW + \mathbf{b}$, with one row for each
# example and one column for each unit. Write $\delta$ for the matrix of slopes
# $\partial L / \partial z_{ij}$ that arrives from later layers. One entry of $Z$ is
#
# ```{math}
# z_{ij} = \sum_k x_{ik} w_{kj} + b_j.
# ```
#
# So the weight $w_{kj}$ is used once for every example $i$, each time with the local
# slope $x_{ik}$, and {eq}`backprop-chain` says to add up over these uses. The entry
# $x_{ik}$ is used by every unit $j$, with slope $w_{kj}$. The bias $b_j$ is used by
# every example, with slope one:
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
# So the sum over examples, in every gradient of this book, is a sum over uses.
#
# An {term}`activation` $a = \varphi(z)$ acts on each entry alone. Going backward, each
# entry is multiplied by $\varphi'(z)$: one or zero for ReLU, $1 - \tanh^2 z$ for tanh.
# The activations $A$ of one layer are the $X$ of the next.

# %%
RELU = (lambda Z: np.maximum(Z, 0), lambda Z: Z > 0)
TANH = (np.tanh, lambda Z: 1 - np.tanh(Z) ** 2)


def forward(params, X, activation):
    W1, b1, W2, b2 = params
    function, _ = activation
    Z = X @ W1 + b1  # (100, 10)
    A = function(Z)  # (100, 10)
    return Z, A, A @ W2 + b2  # the prediction is (100, 1)


# %% [markdown]
# The **backward pass** reads this from its end. The loss is the mean of the squared
# residuals $r$, so its slope along each prediction is $2r/n$: that is the $\delta$ of
# the last layer. With $A$ in the place of $X$, {eq}`backprop-layer` turns it into the
# gradients of $W_2$ and $b_2$, and into the slopes along $A$, which are
# $\delta_2 W_2^\top$. Times $\varphi'$, these are the $\delta$ of the first layer, and
# {eq}`backprop-layer` once more gives the gradients of $W_1$ and $b_1$.


# %%
def loss_and_gradient(params, X, y, activation):
    Z, A, prediction = forward(params, X, activation)
    _, slope = activation
    W2 = params[2]
    residual = prediction - y
    delta2 = 2 / len(y) * residual  # (100, 1)
    delta1 = delta2 @ W2.T * slope(Z)  # (100, 10)
    gradient = [
        X.T @ delta1,  # W1
        delta1.sum(axis=0),  # b1
        A.T @ delta2,  # W2
        delta2.sum(axis=0),  # b2
    ]
    return (residual**2).mean(), gradient


# %% [markdown]
# Three referees this time, in this order: your scalar engine, JAX and PyTorch.


# %% tags=["nbval-ignore-output"]
def net_loss(params, X, y, relu):
    W1, b1, W2, b2 = params
    return ((relu(X @ W1 + b1) @ W2 + b2 - y) ** 2).mean()


def flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


by_matrices = flat(loss_and_gradient(params, X, y, RELU)[1])
w1s, b1s, w2s = zip(*units, strict=True)
scalars = [value.grad for value in (*w1s, *b1s, *w2s, b2)]
with enable_x64(True):
    by_jax = flat(jax.grad(net_loss)(params, X, y, jax.nn.relu))
leaves = [leaf(array) for array in params]
net_loss(leaves, torch.tensor(X), torch.tensor(y), torch.relu).backward()
by_torch = flat([tensor.grad for tensor in leaves])
for other in (scalars, by_jax, by_torch):
    print(f"{abs(by_matrices - other).max():.0e} largest difference")

# %% [markdown]
# All within $10^{-14}$. Now train, at 0.1, half of the article's learning rate.


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
print(f"{losses[0]:.4f} → {losses[-1]:.4f} loss")

# %% [markdown]
# The noise has a variance of 0.0033. The network ends a little below, since 31
# parameters can follow some of the noise. {numref}`fig-backprop-fit` shows how it does
# the rest.

# %% tags=["hide-input"]
#| name: fig-backprop-fit
#| caption: The ten units are trained by the gradients you worked out by hand. Each can
#|   bend the line once, where its ReLU switches, most of them outside the picture.
#| alt: A hundred dots scatter around a parabola over x from -1 to 1. A blue line
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
ax.set(xlabel="x", ylabel="y", title="A few kinks make a parabola")
plt.show()

# %% tags=["remove-cell"]
with checks("The same with matrices"):
    others = np.array([scalars, by_jax, by_torch])
    claim("All within 1e-14", abs(others - by_matrices).max())
    given("train, at 0.1")
    noise = 0.2 * np.random.default_rng(0).random(1_000_000)
    claim("a variance of 0.0033", noise.var())
    claim("The network ends a little below", losses[-1] < noise.var())
    claim("31 parameters can follow", by_matrices.size)
    claim("over x from -1 to 1", grid.min(), grid.max())
    W1, b1 = trained[:2]
    claim("most of them outside the picture", (abs(b1 / W1) > 1).mean() > 0.5)

# %% [markdown]
# ## A wrong gradient can go downhill
#
# Does a loss that falls as far as this prove the gradient right? Try a mistake that is
# easily made: forget the factor $\varphi'(z)$. For comparison, take zero in its place.
# That freezes the hidden layer, for then $W_1$ and $b_1$ never move.

# %%
relu_matrix, _ = RELU
FORGOTTEN = (relu_matrix, lambda Z: 1.0)
FROZEN = (relu_matrix, lambda Z: 0.0)


def curves(activation, seeds=20):
    runs = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        X, y = noisy_parabola(rng)
        trained = train(draw_parameters(rng), X, y, activation)
        runs.append(trained[1])
    return np.array(runs)  # (seeds, steps)


right, wrong, frozen = map(curves, (RELU, FORGOTTEN, FROZEN))
for runs in (right, wrong, frozen):
    first, last = np.median(runs[:, [0, -1]], axis=0)
    uphill = (np.diff(runs) > 0).mean()
    print(f"{first:.3f} → {last:.4f}, {uphill:4.1%} of steps uphill")

# %% [markdown]
# These are medians over 20 seeds: right, factor forgotten, frozen.
# {numref}`fig-backprop-wrong` shows the first two.

# %% tags=["hide-input"]
#| name: fig-backprop-wrong
#| caption: Lines: medians over the seeds, with the right gradient and with the factor
#|   forgotten. Bands: from the lowest to the highest run.
#| alt: Loss over 2000 steps on a log scale. The blue median of the right gradient falls
#|   fast to the dashed line of the noise variance, and its band narrows around that
#|   line. The orange median of the wrong gradient falls more slowly and ends a little
#|   above, in a band that reaches up to 0.1 to the last step.
figure, ax = plt.subplots()
for runs, color in ((wrong, ORANGE), (right, BLUE)):
    band = runs[:, ::10]
    steps = np.arange(0, runs.shape[1], 10)
    ax.fill_between(
        steps, band.min(axis=0), band.max(axis=0), color=color, alpha=0.2, lw=0
    )
    ax.semilogy(steps, np.median(band, axis=0), color=color)
ax.axhline(0.2**2 / 12, color=BLACK, linestyle="--", linewidth=1)
ax.text(1990, 0.0017, "variance of the noise", ha="right")
ax.text(1150, 0.03, "factor forgotten", color=ORANGE)
ax.annotate(
    "right",
    (400, np.median(right[:, 400])),
    (250, 0.0017),
    color=BLUE,
    arrowprops={"arrowstyle": "-", "color": BLUE},
)
ax.set(xlabel="step", ylabel="loss", ylim=(1e-3, 2))
ax.set_title("Both go down; one of them is wrong")
plt.show()

# %% [markdown]
# The wrong median ends at 0.0080. Without the blue curve beside it, it looks like a
# success that wants a better learning rate. But the frozen network ends at 0.0083,
# nearly as low, and below the wrong one for most of the seeds. That tells what happens:
# a part of the gradient is still right, because $W_2$ and $b_2$ never pass through
# $\varphi'$, 11 of the 31 parameters. This part does the work, and the other one takes
# about a tenth of the steps uphill. (That alone tells little: at the rate 0.2 the right
# gradient goes uphill as well, with some seeds.) In the worst run it spoils nearly
# everything: the loss ends at 98% of the variance of $y$. A falling loss proves that
# something in the gradient is right, not that all of it is.

# %% tags=["remove-cell"]
with checks("A wrong gradient can go downhill"):
    claim("20 seeds: right", len(right))
    claim("2000 steps on a log scale", right.shape[1])
    claim("ends a little above", np.all(wrong[:, -1] > right[:, -1]))
    claim("reaches up to 0.1 to the last step", 0.07 < wrong[:, -1].max() < 0.12)
    claim("The wrong median ends at 0.0080", np.median(wrong[:, -1]))
    claim("the frozen network ends at 0.0083", np.median(frozen[:, -1]))
    claim("below the wrong one for most", (frozen < wrong)[:, -1].mean() > 0.5)
    kept, full = (loss_and_gradient(params, X, y, v)[1] for v in (FORGOTTEN, RELU))
    same = flat(kept[2:]) == flat(full[2:])
    claim("a part of the gradient is still right", np.all(same))
    claim("11 of the 31", same.size, flat(full).size)
    claim("about a tenth of the steps uphill", 0.05 < (np.diff(wrong) > 0).mean() < 0.2)
    rng = np.random.default_rng(19)
    X_19, y_19 = noisy_parabola(rng)
    faster = train(draw_parameters(rng), X_19, y_19, RELU, learning_rate=0.2)[1]
    claim("at the rate 0.2 the right gradient", (np.diff(faster) > 0).mean() > 0.02)
    spread = [
        noisy_parabola(np.random.default_rng(seed))[1].var() for seed in range(20)
    ]
    claim("ends at 98% of the variance", (wrong[:, -1] / spread).max())

# %% [markdown]
# ## Gradient checking
#
# The proof is a central difference for each of the 31 parameters, as in {ref}`slopes`.


# %%
def unflat(w, like):
    cuts = np.cumsum([array.size for array in like])[:-1]
    parts = zip(np.split(w, cuts), like, strict=True)
    return [part.reshape(array.shape) for part, array in parts]


def central_differences(params, X, y, activation, h):
    def loss(w):
        prediction = forward(unflat(w, params), X, activation)[2]
        return ((prediction - y) ** 2).mean()

    w = flat(params)
    nudges = h * np.eye(w.size)
    rises = [loss(w + nudge) - loss(w - nudge) for nudge in nudges]
    return np.array(rises) / (2 * h)


# %% [markdown]
# Divide the largest difference by the largest slope, and the result has no units.


# %% tags=["nbval-ignore-output"]
def check(params, X, y, activation, h):
    gradient = flat(loss_and_gradient(params, X, y, activation)[1])
    differences = central_differences(params, X, y, activation, h)
    return abs(gradient - differences).max() / abs(differences).max()


print(f"{check(params, X, y, RELU, 1e-5):.0e} right")
print(f"{check(params, X, y, FORGOTTEN, 1e-5):.0e} factor forgotten")

# %% [markdown]
# The right one passes, the wrong one is off by 0.3.
#
# Which step is best? For a smooth loss, {ref}`slopes` found a V. Rounding, of the size
# $\varepsilon |L| / h$, falls with $h$; truncation grows with $h^2$. Where the loss and
# its derivatives are about one, set $\varepsilon / h = h^2$: the two meet near
# $h = \varepsilon^{1/3}$.
#
# ReLU is a different matter. As a function of a single weight, the prediction consists
# of straight pieces, so the loss consists of pieces of parabolas. On a parabola the
# central difference is exact. That leaves only rounding, and longer steps should be
# better and better, until one carries some $z_{ij}$ across zero, the **kink** of ReLU.
# Moving a weight by $h$ moves $z$ by $xh$, moving a bias moves it by $h$, and no $|x|$
# exceeds one. So every step shorter than the smallest $|z_{ij}|$ is safe.

# %%
steps = np.geomspace(1e-10, 0.5, 40)
errors = {
    name: [check(params, X, y, activation, h) for h in steps]
    for name, activation in {"tanh": TANH, "ReLU": RELU}.items()
}
nearest_kink = abs(forward(params, X, RELU)[0]).min()
best_step = np.finfo(float).eps ** (1 / 3)
print(f"{best_step:.1e} predicted best step for tanh")
print(f"{nearest_kink:.1e} nearest kink of ReLU")

# %% [markdown]
# Now {numref}`fig-backprop-check` measures.

# %% tags=["hide-input"]
#| name: fig-backprop-check
#| caption: The error of a gradient check over its step. The vertical lines are the two
#|   predictions: the best step for tanh, dotted, and the nearest kink, dashed.
#| alt: Relative error over the step h, both on log scales. The blue line for tanh
#|   falls, turns near a dotted line at 6e-6, and rises steadily. The orange line for
#|   ReLU falls farther, down to a dashed line at the nearest kink, where it jumps up by
#|   many powers of ten and then stays above the blue one.
figure, ax = plt.subplots(figsize=(5.4, 3.8))
for name, color in {"tanh": BLUE, "ReLU": ORANGE}.items():
    ax.loglog(steps, errors[name], "o-", color=color, ms=3, lw=1.2)
ax.axvline(best_step, color=BLUE, linestyle=":")
ax.axvline(nearest_kink, color=ORANGE, linestyle="--", linewidth=1.2)
ax.text(2e-4, 4e-8, "tanh", color=BLUE, ha="right")
ax.text(7e-5, 6e-12, "ReLU", color=ORANGE)
ax.text(0.8 * best_step, 3e-14, "predicted best", color=BLUE, ha="right")
ax.text(1.3 * nearest_kink, 3e-14, "nearest kink", color=ORANGE)
ax.set(xlabel="step h", ylabel="relative error", ylim=(1e-14, 1))
ax.set_title("For ReLU, not a V but a cliff")
plt.show()

# %% [markdown]
# The bottom of the V lies near the prediction, and the cliff lies exactly at the
# nearest kink. Beyond it the check fails for a gradient that is right. A net with more
# units and examples has more kinks, and nearer ones. If a check fails, see first
# whether `Z > 0` is the same on both sides of the step.
#
# And at the kink itself? There a check decides nothing, since a kink has many slopes. A
# central difference says 0.5. JAX and PyTorch both say 0 for their `relu`, 0.5 for
# `maximum(z, 0)`, and 1 for `where(z >= 0, z, 0)`.

# %% tags=["remove-cell"]
with checks("Gradient checking"):
    claim("each of the 31 parameters", flat(params).size)
    claim("The right one passes", check(params, X, y, RELU, 1e-5) < 1e-9)
    claim("off by 0.3", check(params, X, y, FORGOTTEN, 1e-5))
    claim("a dotted line at 6e-6", best_step)
    relu_errors, tanh_errors = np.array(errors["ReLU"]), np.array(errors["tanh"])
    bottom = steps[tanh_errors.argmin()]
    claim(
        "The bottom of the V lies near the prediction",
        1e-6 < bottom < 1e-4 and tanh_errors.min() < 1e-10,
    )
    before, beyond = (
        relu_errors[steps < nearest_kink],
        relu_errors[steps > nearest_kink],
    )
    claim(
        "the cliff lies exactly at the nearest kink",
        before[-1] < 1e-12 and beyond[0] > max(1e-5, 1e6 * before[-1]),
    )
    claim("stays above", np.all(beyond > tanh_errors[steps > nearest_kink]))
    nearest = {
        size: np.median(
            [
                abs(forward(draw_parameters(rng, size), X, RELU)[0]).min()
                for rng in map(np.random.default_rng, range(20))
            ]
        )
        for size in (10, 100, 1000)
    }
    claim(
        "has more kinks, and nearer ones",
        nearest[10] > 5 * nearest[100] > 25 * nearest[1000],
    )
    there = relu(Value(0.1)).data - relu(Value(-0.1)).data
    claim("A central difference says 0.5", there / (2 * 0.1))
    spellings = {
        0.0: (jax.nn.relu, torch.relu),
        0.5: (
            lambda z: jnp.maximum(z, 0),
            lambda z: torch.maximum(z, torch.zeros(())),
        ),
        1.0: (
            lambda z: jnp.where(z >= 0, z, 0),
            lambda z: torch.where(z >= 0, z, 0.0),
        ),
    }
    zero = torch.zeros((), requires_grad=True)
    claim(
        "both say 0 for their relu, 0.5 for maximum(z, 0), and 1 for where",
        all(
            torch.autograd.grad(in_torch(zero), zero)[0] == slope
            and jax.grad(in_jax)(0.0) == slope
            for slope, (in_jax, in_torch) in spellings.items()
        ),
    )

# %% [markdown]
# ## What it costs
#
# Count the arithmetic, and leave out the local slopes themselves. Forward, each
# recorded operation is one. Backward, each arrow of the graph costs one multiplication
# and one addition. No operation has more than two inputs, so the backward pass costs at
# most four times the forward pass. Both together cost at most five evaluations of the
# loss, whatever the number of parameters $p$. Forward differences need $p + 1$
# evaluations, central ones $2p$.
#
# In this network each hidden unit takes five operations: times $w_1$, plus $b_1$,
# ReLU, times $w_2$, add to the sum. ReLU has one input, the others have two: nine
# arrows. That should make $(5 + 18) / 5 = 4.6$. Count, on one example and for up to 300
# units:


# %%
def count_operations(output):
    order = in_order(output)
    operations = sum(len(node.inputs) > 0 for node in order)
    arrows = sum(len(node.inputs) for node in order)
    return operations, operations + 2 * arrows


sizes, costs = [], []
for hidden in (1, 3, 10, 30, 100, 300):
    units = [tuple(map(Value, (0.1, 0.2, 0.3))) for _ in range(hidden)]
    loss = scalar_loss(units, Value(0.0), [0.5], [0.1])
    loss_alone, with_slopes = count_operations(loss)
    sizes.append(3 * hidden + 1)
    costs.append(with_slopes / loss_alone)
print(f"{sizes[0]} to {sizes[-1]} parameters")
print(f"{min(costs):.2f} to {max(costs):.2f} evaluations")

# %% [markdown]
# It is 4.6 at every size, even the smallest, and that is a coincidence: the loss behind
# the units (times $-1$, add, square, add, times $1/n$) also takes five operations with
# nine inputs. The literature calls the small constant the *cheap gradient principle*
# {cite}`griewank2008`. {numref}`fig-backprop-cost` shows what the other way costs.

# %% tags=["hide-input"]
#| name: fig-backprop-cost
#| caption: Counted in the engine, not timed: the work for one gradient, in evaluations
#|   of the loss.
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
# With matrices, a product in the forward pass has at most two of the same size in the
# backward pass, one for $W$ and one for $X$. So expect two or three times the time of
# the loss, though the machine has a word in it:


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
    loss_s = best_time(lambda: net_loss(params, X, y, relu_matrix))
    both_s = best_time(lambda: loss_and_gradient(params, X, y, RELU))
    return loss_s, both_s


for hidden in (1000, 10_000):
    p, (loss_s, both_s) = 3 * hidden + 1, timings(hidden, X, y)
    print(f"{p:,} parameters:")
    print(f"  {loss_s * 1e3:.2f} ms loss")
    print(f"  {both_s * 1e3:.2f} ms with gradient:")
    print(f"  {both_s / loss_s:.1f} times as long")
    print(f"  {(p + 1) * loss_s:.3g} s finite differences")

# %% [markdown]
# Finite differences would take thousands of times as long as the backward pass.

# %% tags=["remove-cell"]
import inspect

from helpers import checks, claim, given

with checks("What it costs"):
    claim("at most four times the forward pass", max(costs) - 1 <= 4)
    bare, one, two = (
        np.array(count_operations(scalar_loss([(w, w, w)] * count, w, [0.5], [0.1])))
        for w in [Value(0.1)]
        for count in range(3)
    )
    operations, work = two - one  # of one more unit
    claim(
        "(5 + 18) / 5 = 4.6",
        operations,
        work - operations,
        operations,
        work / operations,
    )
    given("up to 300 units")
    claim("It is 4.6 at every size", costs[-1])
    claim("even the smallest", np.allclose(costs, costs[0]))
    claim("also takes five operations with nine inputs", np.all(bare == two - one))
    claim("5 evaluations to 902", sizes[0] + 1, sizes[-1] + 1)
    claim("stay level, below 5", max(costs))
    products = [inspect.getsource(f).count(" @ ") for f in (forward, loss_and_gradient)]
    expected = sum(products) / products[0]
    claim("So expect two or three times the time", 2 < expected < 3)
    claim("thousands of times as long", (p + 1) / expected > 2000)

# %% tags=["remove-cell"]
with checks("Backprop by hand"):
    claim("A network with 10,000", hidden)
    size = flat(draw_parameters(np.random.default_rng(0), hidden)).size
    claim("has 30,001 parameters", size)
    claim("need 30,002 evaluations", size + 1)
    claim("fewer than five evaluations", max(costs) < 5)

# %% [markdown]
# ## What it keeps
#
# The price is memory. For the backward pass a product needs its factors, a ReLU its
# signs, a sum nothing, and all this must be kept until the sweep comes by. Take $n$
# examples and $d$ hidden layers of $u$ units, without biases, since a sum keeps
# nothing. That should make $2n$ numbers for inputs and residuals, $n u d$ for the
# outputs of the hidden layers, and $(d - 1)u^2 + u$ for the weights through which
# slopes have to pass. PyTorch lets you watch what it packs away. An output is needed by
# its ReLU and again by the next product, so count each piece of memory once:

# %%
from itertools import pairwise


def deep_loss(n, d, u):
    A = torch.zeros(n, 1)
    for rows, columns in pairwise([1] + [u] * d + [1]):
        W = torch.zeros(rows, columns, requires_grad=True)
        A = A @ W if columns == 1 else torch.relu(A @ W)
    return ((A - 1) ** 2).mean()


def numbers_kept(n, d, u):
    kept = {}

    def pack(tensor):
        kept[tensor.data_ptr()] = tensor.numel()
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks
    with hooks(pack, lambda tensor: tensor):
        deep_loss(n, d, u)
    return sum(kept.values())


for n, d, u in ((1000, 8, 10), (100, 8, 1000)):
    outputs, weights = n * u * d, (d - 1) * u**2 + u
    print(f"{2 * n + outputs + weights:,} predicted")
    print(f"{numbers_kept(n, d, u):,} kept, {weights:,} of them weights")
with torch.no_grad():
    print(f"{numbers_kept(n, d, u)} kept under no_grad")

# %% [markdown]
# To the number. The first network has 720 weights and keeps 82,710 numbers. With more
# examples than units, as here, the outputs of the layers fill the memory, and twice the
# examples or twice the depth takes about twice as much. Where layers are wider than the
# batch, it is the weights. Under `torch.no_grad()` nothing is kept, which is why
# predictions belong there.

# %% tags=["remove-cell"]
with checks("What it keeps"):
    shapes = [(n, d, 10) for n in (50, 100, 1000) for d in range(1, 9)]
    claim(
        "To the number",
        all(
            numbers_kept(n, d, u) == 2 * n + n * u * d + (d - 1) * u**2 + u
            for n, d, u in [*shapes, (100, 8, 1000)]
        ),
    )
    at_first = numbers_kept(1000, 8, 10)
    layers = pairwise([1] + [10] * 8 + [1])
    claim(
        "720 weights and keeps 82,710 numbers",
        sum(rows * columns for rows, columns in layers),
        at_first,
    )
    doubled = np.array([numbers_kept(2000, 8, 10), numbers_kept(1000, 16, 10)])
    claim(
        "twice the examples or twice the depth takes about twice as much",
        np.allclose(doubled / at_first, 2, atol=0.05),
    )
    with torch.no_grad():
        without_record = numbers_kept(1000, 8, 10)
    claim("nothing is kept", without_record == 0)

# %% [markdown]
# ## What goes wrong in PyTorch
#
# Your engine has the same failures inside it, so you can tell what each means:
#
# | You see | What happened | Cure |
# |---|---|---|
# | error: backward a second time | what was kept is gone | one sweep per forward pass |
# | slopes too large, loss goes up and down | `.grad` adds up | clear it: `zero_grad` |
# | error: leaf, in-place operation | the update is recorded | update under `no_grad` |
# | error: modified in place | something kept was overwritten | update after the sweep |
# | slopes too small, no error | `detach` cut an arrow | detach only what you log |
#
# First, **backward twice**. After one sweep PyTorch throws away what it kept, so a
# second one is an error. You may ask it to keep everything with `retain_graph`. What do
# you expect then: two times the slope, or four? `belt_loss` works on tensors as it
# stands:

# %%
m = leaf(1.7)
loss = belt_loss(m)
loss.backward(retain_graph=True)
loss.backward()
print(f"{m.grad:.2f}")

# %% [markdown]
# Two. PyTorch adds up like your first `backward`, but only in the **leaves**, here the
# parameters; slopes of results in between are dropped. The adding up is on purpose: the
# gradients of mini-batches can be summed when the memory does not hold all at once. The
# price is that every training loop has to clear them.
#
# The second failure is to **forget `zero_grad`**, the call that clears. Then each step
# uses the sum of all gradients so far. So it is the step before and one more gradient
# on top: the momentum of {eq}`heavy-ball` with $\beta = 1$, a ball without friction. On
# a parabola with curvature $\lambda$ the gradient is $\lambda$ times the error $e_k$.
# So the new step $e_{k+1} - e_k$ is the old one, $e_k - e_{k-1}$, less
# $\eta\lambda e_k$:
#
# ```{math}
# :label: backprop-swing
# e_{k+1} + e_{k-1} = (2 - \eta\lambda)\, e_k.
# ```
#
# A cosine does this, since $\cos(x + \theta) + \cos(x - \theta)$ is
# $2 \cos\theta \cos x$. So while $\eta\lambda < 4$, the error swings forever, with
# $2\cos\theta = 2 - \eta\lambda$, and one swing takes $2\pi/\theta$ steps. Here are all
# ten belts, from zero, with a learning rate of 1/10,000, which makes $\eta\lambda$
# about 0.32:

# %%
from helpers import load_belts

belt_in, belt_cm = map(torch.tensor, load_belts())


def swing(clear, learning_rate=1 / 10_000, steps=60):
    m, path = leaf(0.0), []
    for _ in range(steps):
        path.append(m.item())
        if clear:
            m.grad = None  # what zero_grad() does
        ((m * belt_in - belt_cm) ** 2).mean().backward()
        with torch.no_grad():
            m -= learning_rate * m.grad
    return np.array(path)


forgetful, careful = swing(clear=False), swing(clear=True)
curvature = 2 * (belt_in**2).mean().item()
theta = np.arccos(1 - curvature / 10_000 / 2)
print(f"{2 * np.pi / theta:.2f} steps per swing, predicted")

# %% tags=["hide-input"]
#| name: fig-backprop-swing
#| caption: The orange dots lie on the predicted cosine, a thin line, and never come to
#|   rest. Blue is the same loop with cleared gradients.
#| alt: The multiplier over 60 steps. The blue curve of the run that clears its
#|   gradients rises from 0 to 2.54 within about 15 steps and stays. Orange dots of the
#|   forgetful run swing between about 0 and 5 in waves of 11 steps that never fade;
#|   they lie on a thin wave, the prediction.
best = float(belt_in @ belt_cm / (belt_in @ belt_in))
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

# %% [markdown]
# The dots of {numref}`fig-backprop-swing` lie on the predicted wave, and it does not
# fade. In a network every direction has a curvature and a wave of its own, so there is
# no regular period to see. If a loss keeps rising and falling and does not settle, look
# for a missing `zero_grad`.
#
# Third, **in-place updates**. The `torch.no_grad()` in that loop tells PyTorch not to
# record the update as part of the computation. It is no license to change what the
# backward pass still needs. NumPy would use the new weights and say nothing. PyTorch
# counts the changes of every tensor and compares:

# %%
import textwrap

leaves = [leaf(array) for array in params]
loss = net_loss(leaves, torch.tensor(X), torch.tensor(y), torch.relu)
with torch.no_grad():
    leaves[2] -= 0.1  # before the sweep
try:
    loss.backward()
except RuntimeError as error:
    print(textwrap.fill(str(error), 42, max_lines=5))

# %% [markdown]
# Last, **detach**. It gives the value without its record, which cuts an arrow of the
# graph. Cut one of the two in {numref}`fig-backprop-graph`:

# %%
cut = leaf(1.7)
residual = cut * 30.5 - 77.0
(residual * residual.detach()).backward()
print(f"{cut.grad:.3f}")

# %% [markdown]
# Half: the wrong answer of your first engine.
#
# JAX has almost none of these failures. There a gradient is not written into a
# parameter; it is what a function returns, so nothing adds up. The record lives and
# dies inside one call, so nothing is swept twice. Arrays cannot be changed, so nothing
# is overwritten. Only `detach` has a counterpart, `jax.lax.stop_gradient`, because it
# is part of the formula, not something stored. The price is that you carry parameters
# and gradients from call to call yourself, as `train` above does.

# %% tags=["remove-cell"]
with checks("What goes wrong in PyTorch"):

    def complaint(action):
        try:
            action()
        except RuntimeError as error:
            return str(error)

    once = belt_loss(leaf(1.7))
    once.backward()
    claim("backward a second time", "a second time" in complaint(once.backward))
    message = complaint(lambda: leaf(1.7).sub_(0.1))
    claim("leaf, in-place operation", "leaf" in message and "in-place" in message)
    claim("two times the slope", np.isclose(m.grad, 2 * by_hand))

    given("1/10,000", "over 60 steps")
    claim("about 0.32", curvature / 10_000)
    at = np.arange(60)
    predicted = best - best * np.cos((at + 0.5) * theta) / np.cos(theta / 2)
    claim("lie on the predicted cosine", abs(forgetful - predicted).max() < 1e-9)
    claim("from 0 to 2.54", careful[0], careful[-1])
    claim("within about 15 steps", abs(careful[15] - best) < 0.02)
    claim("between about 0 and 5", forgetful.min(), forgetful.max())
    claim("waves of 11 steps", 2 * np.pi / theta)
    summed, w, uncleared = 0.0, params, []
    for _ in range(1000):
        value, gradient = loss_and_gradient(w, X, y, RELU)
        uncleared.append(value)
        summed = summed + flat(gradient)
        w = unflat(flat(w) - 0.1 * summed, w)
    claim(
        "a loss keeps rising and falling",
        max(uncleared[500:]) > max(5 * min(uncleared), uncleared[0]),
    )

    claim("Half: the wrong answer of", np.isclose(cut.grad, by_hand / 2))

    def half_loss(multiplier):
        residual = multiplier * 30.5 - 77.0
        return residual * jax.lax.stop_gradient(residual)

    with enable_x64(True):
        stopped = float(jax.grad(half_loss)(1.7))
        twice = [float(jax.grad(belt_loss)(1.7)) for _ in range(2)]
    claim("so nothing adds up", twice[0] == twice[1])
    claim("jax.lax.stop_gradient", np.isclose(stopped, by_hand / 2))

# %% [markdown]
# ## What to keep
#
# - Each operation knows its local slopes. Backprop walks the record from its end, in
#   order, and *adds* slope times slope wherever a value was used.
# - A layer is the same sum, written as $X^\top \delta$, $\sum_i \delta_i$ and
#   $\delta W^\top$. Every example uses the weights once.
# - All slopes together cost a few evaluations of the loss, whatever their number. The
#   price is memory: what the backward pass needs is kept.
# - A falling loss does not prove a gradient right. Check it with central differences,
#   away from kinks.
# - In PyTorch, clear the gradients, update under `no_grad`, sweep once, and change
#   nothing in between.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-backprop-sum
# With `loss = m + m` in PyTorch, you may call `loss.backward()` twice and no error
# comes. Why? Which slope do you expect after the second call?
# ::::
#
# ```{solution-start} ex-backprop-sum
# :class: dropdown
# ```
#
# A sum keeps nothing for the backward pass, so there is nothing that could have been
# thrown away. Its local slopes are one, each call adds $1 + 1$ to the leaf, and after
# two calls it holds 4.

# %%
m = torch.tensor(1.7, requires_grad=True)
loss = m + m
loss.backward()
loss.backward()
print(m.grad.item())  # 4.0

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("it holds 4", m.grad)

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-parts
# Add gradients up on purpose: compute the gradient of the network over all 100 examples
# in four parts of 25, in PyTorch, without clearing in between. What must you do to the
# loss of each part?
# ::::
#
# ```{solution-start} ex-backprop-parts
# :class: dropdown
# ```
#
# Each part's loss is a mean over 25 examples, so divide it by four. (Parts of unequal
# size need their share of the examples instead.)

# %%
leaves = [leaf(array) for array in params]
for rows in np.split(np.arange(100), 4):
    part = torch.tensor(X[rows]), torch.tensor(y[rows])
    (net_loss(leaves, *part, torch.relu) / 4).backward()
by_parts = flat([tensor.grad for tensor in leaves])
print(abs(by_parts - by_matrices).max())

# %% [markdown]
# The difference is below $10^{-15}$, and only a quarter of the layer outputs is in
# memory at a time.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("over all 100 examples in four parts of 25", 100, len(rows))
    claim("25 examples, so divide", len(rows))
    claim("The difference is below 1e-15", abs(by_parts - by_matrices).max())
    claim("a quarter of the layer outputs", 4 * len(rows) == len(X))

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-paths
# The second wrong turn can be repaired without an order: let `tell` pass on only the
# message it has just received, and add it to `grad`. Write it. How many messages does
# it send for a value squared 15 times in a row? How many does `backward` send?
# ::::
#
# ```{solution-start} ex-backprop-paths
# :class: dropdown
# ```


# %%
def tell(node, message):
    node.grad += message
    sent = 0
    for earlier, slope in node.inputs:
        sent += 1 + tell(earlier, slope * message)
    return sent


value = result = Value(1.0)
for _ in range(15):
    result = result * result
sent = tell(result, 1.0)
print(sent, value.grad)

# %% [markdown]
# The slope is right, 32,768. But the function walks every *path* through the graph, and
# the paths double with each square: 65,534 messages. The ordered sweep sends two per
# square, 30 in all. Reverse mode is the chain rule without walking any arrow twice.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("The slope is right, 32,768", value.grad)
    claim("65,534 messages", sent)
    order = in_order(result)
    claim("squared 15 times", sum(len(node.inputs) > 0 for node in order))
    claim("30 in all", sum(len(node.inputs) for node in order))
    backward(result)
    claim("without walking any arrow twice", value.grad == 2**15)

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-layers
# Give the matrix network a second hidden layer of ten ReLU units. Which three lines
# does the backward pass gain? Write it and compare it with JAX.
# ::::
#
# ```{solution-start} ex-backprop-layers
# :class: dropdown
# ```
#
# One line for the $\delta$ of the new layer, and two for the gradients of its weights
# and biases. Since $A > 0$ wherever $Z > 0$, the outputs alone are enough:


# %%
def deeper_gradient(params, X, y):
    W1, b1, W2, b2, W3, b3 = params
    A1 = np.maximum(X @ W1 + b1, 0)
    A2 = np.maximum(A1 @ W2 + b2, 0)
    delta3 = 2 / len(y) * (A2 @ W3 + b3 - y)
    delta2 = delta3 @ W3.T * (A2 > 0)  # new
    delta1 = delta2 @ W2.T * (A1 > 0)
    return [
        X.T @ delta1,
        delta1.sum(axis=0),
        A1.T @ delta2,  # new
        delta2.sum(axis=0),  # new
        A2.T @ delta3,
        delta3.sum(axis=0),
    ]


def deeper_loss(params, X, y):
    W1, b1, W2, b2, W3, b3 = params
    A1 = jax.nn.relu(X @ W1 + b1)
    A2 = jax.nn.relu(A1 @ W2 + b2)
    return ((A2 @ W3 + b3 - y) ** 2).mean()


rng = np.random.default_rng(3)
shapes = [(1, 10), 10, (10, 10), 10, (10, 1), 1]
deeper = [rng.uniform(-1, 1, shape) for shape in shapes]
with enable_x64(True):
    by_jax = flat(jax.grad(deeper_loss)(deeper, X, y))
print(abs(flat(deeper_gradient(deeper, X, y)) - by_jax).max())

# %% [markdown]
# The difference is below $10^{-12}$.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    off = flat(deeper_gradient(deeper, X, y)) - by_jax
    claim("is below 1e-12", abs(off).max())

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-forward
# Open: *forward mode* sends slopes along with the values instead of back. Give each
# number a second one, its slope along one chosen input, and let each operation compute
# both. What do you have to keep? What does a gradient of $p$ parameters cost? For which
# functions is it the better choice?
# ::::
#
# ```{solution-start} ex-backprop-forward
# :class: dropdown
# ```


# %%
class Dual:
    def __init__(self, data, slope=0.0):
        self.data, self.slope = data, slope

    def __add__(self, other):
        return Dual(self.data + other.data, self.slope + other.slope)

    def __mul__(self, other):
        slope = self.slope * other.data + self.data * other.slope
        return Dual(self.data * other.data, slope)


residual = Dual(1.7, 1.0) * Dual(30.5) + Dual(-77.0)
print((residual * residual).slope)

# %% [markdown]
# It prints the slope of the belt, about $-1534.15$. Nothing is kept, and no order
# matters. But one pass gives the slopes along *one* input, so a gradient takes $p$
# passes, about as many as finite differences, though exact ones. Forward mode wins for
# one input and many outputs; a loss has one output and many inputs. `jax.jvp` is
# forward mode, `jax.vjp` reverse mode.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("the slope of the belt, about -1534.15", (residual * residual).slope)

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
