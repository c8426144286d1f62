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
# {term}`Backpropagation <backpropagation>` finds the same slopes with the work of fewer
# than five. How can one sweep find every slope at once?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** build an engine that differentiates, break it in two ways and repair
#   it, teach it matrices, count and time what a gradient costs, and find the rule that
#   makes a gradient wrong.
# - **You need** the chain rule and finite differences from {ref}`slopes`, the loop from
#   {ref}`descent`, matrix products from {ref}`penguins`, and PyTorch's tensors from
#   {ref}`three-regimes`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %% [markdown]
# ## A number that remembers
#
# Begin with one belt of {ref}`slopes`: 30.5 inches, 77 cm, and the multiplier 1.7. With
# the residual $r = 30.5\,m - 77$ the loss is $r \cdot r$, so its slope by hand is
# $2 \cdot 30.5\, r = -1534.15$. Your engine will find it, knowing only what one
# addition and one multiplication do.
#
# So let numbers keep a record. For each input of the operation that made it, a `Value`
# holds the **local slope**: how fast the result changes with that input alone. Nudge
# either input of a sum, and the sum moves as much: both slopes are one. Nudge $a$, and
# the product $ab$ moves $b$ times as far.

# %%
from itertools import count

serial_numbers = count()


class Value:
    """A number that remembers what it was computed from."""

    def __init__(self, data, inputs=()):
        self.data = data
        self.inputs = inputs  # pairs: earlier Value, local slope
        self.grad = 0.0  # slope of the loss along this Value
        self.serial = next(serial_numbers)

    def __add__(self, other):
        slopes = [(self, 1.0), (other, 1.0)]
        return Value(self.data + other.data, slopes)

    def __mul__(self, other):
        slopes = [(self, other.data), (other, self.data)]
        return Value(self.data * other.data, slopes)


# %% [markdown]
# Python calls `__add__` where two `Value`s meet `+`, and `__mul__` at `*`.
# The serial number says in which order the values were made; it is for later.


# %%
def belt_loss(multiplier):
    residual = multiplier * Value(30.5) + Value(-77.0)
    return residual * residual


loss = belt_loss(Value(1.7))
print(f"{loss.data:.4f} loss")
print([round(slope, 2) for _, slope in loss.inputs], "local slopes")

# %% [markdown]
# The residual is listed twice, since $r \cdot r$ uses it twice.
# {numref}`fig-backprop-graph` shows the record, and below the boxes what you want to
# know.

# %% tags=["hide-input"]
#| name: fig-backprop-graph
#| caption: In each box its value, below it the slope of the loss along it; on each
#|   arrow the local slope. The constants are left out.
#| alt: Four boxes in a row, joined by arrows to the right. The multiplier m, 1.7, leads
#|   to the product, 51.85, the product to the residual, -25.15, and from there two
#|   arrows lead to the loss, 632.52. The arrows carry the local slopes 30.5, 1, and
#|   twice -25.15. Below the boxes, from right to left, stand the slopes of the loss: 1,
#|   -50.3, -50.3 and -1534.15.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, ORANGE, use_book_style

use_book_style()
center = {"ha": "center", "va": "center", "size": 13}
boxes = ["m\n1.7", "product\n51.85", "residual\n−25.15", "loss\n632.52"]


def draw_record(ax, below, arrows, title="Values →, ← slopes"):
    style = {"arrowstyle": "->", "color": GRAY}
    for x, text in enumerate(boxes):
        ax.text(x, 0, text, bbox={"fc": "none", "ec": GRAY}, **center)
        ax.text(x, -0.75, below[x], color=ORANGE, **center)
    for start, end, y, text in arrows:
        ax.annotate("", (end, y), (start, y), arrowprops=style)
        ax.text((start + end) / 2, 3 * y or 0.45, text, **center)
    ax.set(title=title, xlim=(-0.5, 3.4), ylim=(-1, 0.7))
    ax.axis("off")


slopes = ["−1534.15", "−50.3", "−50.3", "1"]
right = [(0.2, 0.57, 0, "30.5"), (1.4, 1.6, 0, "1")]
right += [(2.4, 2.7, y, "−25.15") for y in (0.15, -0.15)]
draw_record(plt.figure(figsize=(5.4, 2.3)).gca(), slopes, right)
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
# The first factor is a local slope, from the record. The second has the form of the
# left side, one step closer to the loss.

# %% tags=["remove-cell"]
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
    claim(
        "30.5, 1, and twice -25.15",
        *(node.inputs[0][1] for node in nodes),
    )
    along = 2 * residual.data  # the slope along the residual
    claim(
        "1, -50.3, -50.3 and -1534.15",
        1.0,
        along,
        along,
        along * inches,
    )

# %% [markdown]
# ## Two wrong turns
#
# Each result tells its inputs: my slope times your local slope. That sounds like a
# function that calls itself.


# %%
def tell(node):
    for earlier, slope in node.inputs:
        earlier.grad = slope * node.grad  # wrong
        tell(earlier)


def slope_of_belt(send_slopes):
    multiplier = Value(1.7)
    loss = belt_loss(multiplier)
    loss.grad = 1.0  # the loss moves as fast as itself
    send_slopes(loss)
    return multiplier.grad


print(f"{slope_of_belt(tell):.3f}")

# %% [markdown]
# Half of the right answer. The residual hears from the loss twice, and the second
# message overwrites the first. The sum in {eq}`backprop-chain` asks for
# `+=`. Before you run that, follow the two messages through
# {numref}`fig-backprop-graph`: which slope will $m$ end with?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Not the right one, but twice as much. At the first message the residual holds one half
# of its slope and passes it on too early. At the second it passes on the whole, and so
# the first half once more. The product makes the same mistake with its sums.
# :::


# %%
def tell(node):
    for earlier, slope in node.inputs:
        earlier.grad += slope * node.grad
        tell(earlier)  # wrong as well: too early


print(f"{slope_of_belt(tell):.3f}")

# %% [markdown]
# The sums are right now, the order is not: the residual speaks before it has heard
# everything ({numref}`fig-backprop-messages`).

# %% tags=["hide-input"]
#| name: fig-backprop-messages
#| caption: On the arrows what is passed on, below the boxes what is held afterwards.
#|   The second time, the residual passes on its first half again.
#| alt: Two rows of the four boxes, with arrows from the loss back to m. First, the
#|   messages are -25.15, -25.15 and -767.075, and so are the slopes held by the
#|   residual, the product and m. Then the messages are -25.15, -50.3 and
#|   -2301.225, and now the three hold -50.3, -75.45 and -3068.3.
held = [["−767.075", "−25.15", "−25.15", "1"]]
held += [["−3068.3", "−75.45", "−50.3", "1"]]
sent = [["−767.075", "−25.15", "−25.15"]]
sent += [["−2301.225", "−50.3", "−25.15"]]
titles = ["First message: half a slope is passed on"]
titles += ["Second message: the same half goes on again"]
figure, axes = plt.subplots(2, 1, figsize=(5.4, 4.4))
for i, y in enumerate((0.15, -0.15)):  # the upper, the lower arrow
    left = [(0.57, 0.2, 0), (1.6, 1.4, 0), (2.7, 2.4, y)]
    pairs = zip(left, sent[i], strict=True)
    arrows = [(*place, text) for place, text in pairs]
    draw_record(axes[i], held[i], arrows, titles[i])
plt.show()

# %% tags=["remove-cell"]
import numpy as np

with checks("Two wrong turns"):

    def overwrite(node):
        for earlier, slope in node.inputs:
            earlier.grad = slope * node.grad
            overwrite(earlier)

    claim(
        "Half of the right answer",
        np.isclose(slope_of_belt(overwrite), by_hand / 2),
    )
    claim("twice as much", np.isclose(slope_of_belt(tell), 2 * by_hand))

    def slopes_along(
        loss,
    ):  # the residual, the product and the multiplier
        residual = loss.inputs[0][0]
        product = residual.inputs[0][0]
        return residual.grad, product.grad, product.inputs[0][0].grad

    loss = belt_loss(Value(1.7))
    loss.grad = 1.0
    tell(loss)
    first = Value(
        0.0, belt_loss(Value(1.7)).inputs[:1]
    )  # one of its two arrows
    first.grad = 1.0
    tell(first)
    claim(
        "messages are -25.15, -25.15 and -767.075",
        *slopes_along(first),
    )
    sent = slopes_along(first)[0], along, slopes_along(loss)[1] * inches
    claim("messages are -25.15, -50.3 and -2301.225", *sent)
    claim("hold -50.3, -75.45 and -3068.3", *slopes_along(loss))
    claim(
        "holds one half of its slope and passes it on too early",
        np.isclose(slopes_along(first)[0], along / 2),
    )

# %% [markdown]
# ## The right order
#
# A value may speak only after everything that uses it has spoken. So list the values
# such that each comes after its inputs, a **topological order**, and walk the list from
# its end. The serial numbers give such an order, for no value is made before its
# inputs. Collect every value behind the loss and sort:


# %%
def in_order(output):
    found, waiting = {output}, [output]
    while waiting:  # until the inputs of all are found
        for earlier, _ in waiting.pop().inputs:
            if earlier not in found:
                found.add(earlier)
                waiting.append(earlier)
    return sorted(found, key=lambda value: value.serial)


# %% [markdown]
# (A function that calls itself would be shorter, but a chain of 10,000 additions is
# deeper than Python lets calls nest.) Now one sweep, in which each value speaks once.
# It begins by clearing the slopes, or `+=` would add to those of an earlier sweep.


# %%
def backward(output):
    order = in_order(output)
    for node in order:
        node.grad = 1.0 if node is output else 0.0
    for node in reversed(order):
        for earlier, slope in node.inputs:
            earlier.grad += slope * node.grad


print(f"{slope_of_belt(backward):.3f}")

# %% [markdown]
# The right answer. This is {term}`reverse mode`: start from the one number that
# matters, and go back.

# %% tags=["remove-cell"]
with checks("The right order"):
    claim(
        "The right answer", np.isclose(slope_of_belt(backward), by_hand)
    )
    chain = one = Value(1.0)
    for _ in range(10_000):
        chain = chain + one
    claim("a chain of 10,000 additions", len(in_order(chain)) - 1)

    def deepest(node):
        return 1 + max(
            (deepest(each) for each, _ in node.inputs[:1]), default=0
        )

    try:
        too_deep = deepest(chain) < 0
    except RecursionError:
        too_deep = True
    claim("deeper than Python lets calls nest", too_deep)

# %% [markdown]
# ## A rule in place of a slope
#
# Let 100 examples go through a layer of 10,000 units, each with one weight. That makes
# a million products, and as many Python objects: no way to train a network.
#
# So let one value hold a whole array, and let a layer be one operation, $Z = XW$, with
# a row for each example and a column for each unit. What is its local slope? A table
# with an entry for each pair of a result and a weight, the {term}`Jacobian`: a million
# results times 10,000 weights, nearly all of its entries zero.
#
# But the sweep never needs the table. It needs an answer: *given* the slopes of the
# loss along every entry of $Z$, which are the slopes along every entry of $W$? Call the
# given slopes $\delta$. Then store, in place of a local slope, a function that turns
# $\delta$ into the slopes along one input: a **backward rule**, which is what PyTorch
# and JAX store. (Its other name is *vector–Jacobian product*.)
#
# Look at one entry of the product, $z_{ij} = \sum_k x_{ik} w_{kj}$. The weight $w_{kj}$
# is used once for every example $i$, each time with the local slope $x_{ik}$, and
# {eq}`backprop-chain` says to add up over these uses. The entry $x_{ik}$ is used by
# every unit $j$, with slope $w_{kj}$:
#
# ```{math}
# :label: backprop-layer
# \begin{aligned}
# \frac{\partial L}{\partial w_{kj}} &= \sum_i x_{ik} \, \delta_{ij},
#   & \frac{\partial L}{\partial W} &= X^\top \delta \\
# \frac{\partial L}{\partial x_{ik}} &= \sum_j \delta_{ij} \, w_{kj},
#   & \frac{\partial L}{\partial X} &= \delta \, W^\top
# \end{aligned}
# ```
#
# The sum over examples, in every gradient of this book, is a sum over uses. And slopes
# have the shape of what they belong to. (Where all sizes differ, the factors fit in no
# other way; use that to remember the rules.)

# %% [markdown]
# A `Value` does not mind what its `data` are. Only the pairs change: each now holds an
# earlier `Value` and a rule. (`lambda delta: …` is a function without a name; it
# remembers `a` and `b`.)


# %%
def matmul(a, b):
    rules = [
        (a, lambda delta: delta @ b.data.T),
        (b, lambda delta: a.data.T @ delta),
    ]
    return Value(a.data @ b.data, rules)


# %% [markdown]
# A bias of shape $(1, m)$ is added to all $n$ rows. It is used $n$ times, with slope
# one, so its slope is the sum of $\delta$ over the rows. In general: add up along every
# axis in which the input has length one.


# %%
def summed_to(shape):
    axes = tuple(i for i, size in enumerate(shape) if size == 1)
    return lambda delta: delta.sum(axis=axes, keepdims=True)


def add(a, b):
    rules = [(each, summed_to(each.data.shape)) for each in (a, b)]
    return Value(a.data + b.data, rules)


# %% [markdown]
# **ReLU**, $\max(0, z)$, is the {term}`activation` here. It acts on each entry
# alone, so its rule multiplies each entry of $\delta$ by a local slope, one or zero.
# The mean of $n$ squares has the slope $2r/n$ along each residual $r$.


# %%
def relu(z):
    on = z.data > 0
    return Value(z.data * on, [(z, lambda delta: delta * on)])


def mean_square(r):
    slopes = 2 * r.data / r.data.size
    rules = [(r, lambda delta: delta * slopes)]
    return Value((r.data**2).mean(), rules)


# %% [markdown]
# The sweep stays the same, except that it asks a rule where it multiplied by a slope.


# %%
def backpropagate(output):
    order = in_order(output)
    for node in order:
        node.grad = 1.0 if node is output else 0.0
    for node in reversed(order):
        for earlier, rule in node.inputs:
            earlier.grad += rule(node.grad)


# %% tags=["remove-cell"]
with checks("A rule in place of a slope"):
    layer = np.zeros((100, 1)) @ np.zeros((1, 10_000))
    claim("Let 100 examples go through a layer of 10,000", *layer.shape)
    claim("That makes a million products", layer.size == 1_000_000)
    claim("results times 10,000 weights", layer.shape[1])
    claim("nearly all of its entries zero", 1 / layer.shape[1] < 0.001)

# %% [markdown]
# ## Three engines, one gradient
#
# The problem of an {ref}`article <source-sobh>` on PyTorch {cite}`sobh` is a noisy
# parabola: 100 values of $x$ from $-1$ to $1$, and $y = x^2$ plus 0.2 times a random
# number, uniform between zero and one. Its model has ten hidden units. Each multiplies
# $x$ by a weight in $W_1$, adds a {term}`bias` (a number of its own) in $b_1$, and
# takes the ReLU. The results are weighted by $W_2$ and summed, and one more bias $b_2$
# is added.

# %%
import numpy as np


def draw_problem(seed, units=10):
    rng = np.random.default_rng(seed)
    X = np.linspace(-1, 1, 100)[:, None]  # (100, 1)
    y = X**2 + 0.2 * rng.random(X.shape)
    W1, b1 = rng.uniform(-1, 1, (2, 1, units))
    W2 = rng.uniform(-1, 1, (units, 1)) / np.sqrt(units)  # small
    return [W1, b1, W2, np.zeros((1, 1))], X, y


# %% [markdown]
# Your engine records the whole loss, all examples and all units, in seven operations:


# %%
def loss_and_gradient(params, X, y, activation):
    W1, b1, W2, b2 = leaves = [Value(p) for p in params]
    hidden = activation(add(matmul(Value(X), W1), b1))  # (100, 10)
    prediction = add(matmul(hidden, W2), b2)  # (100, 1)
    loss = mean_square(add(prediction, Value(-y)))
    backpropagate(loss)
    return loss.data, [leaf.grad for leaf in leaves]


# %% [markdown]
# The values that no operation made, such as the parameters, are the **leaves** of the
# record. JAX {cite}`jax2018` returns their gradient. PyTorch {cite}`paszke2019` writes
# it into their `.grad`, if `requires_grad` asks for it.

# %% tags=["nbval-ignore-output"]
import jax
import torch

from helpers import enable_x64


def net_loss(params, X, y, activation):
    W1, b1, W2, b2 = params
    hidden = activation(X @ W1 + b1)
    return ((hidden @ W2 + b2 - y) ** 2).mean()


def flat(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


params, X, y = draw_problem(seed=2)
by_engine = loss_and_gradient(params, X, y, relu)[1]
with enable_x64(True):  # 64 bits, as NumPy has them
    by_jax = jax.grad(net_loss)(params, X, y, jax.nn.relu)
leaves = [torch.tensor(p, requires_grad=True) for p in params]
data = torch.tensor(X), torch.tensor(y)
net_loss(leaves, *data, torch.relu).backward()
for other in (by_jax, [leaf.grad for leaf in leaves]):
    print(f"{abs(flat(by_engine) - flat(other)).max():.0e} apart")

# %% [markdown]
# All 31 slopes agree within $10^{-14}$. What you have written is the core of both
# libraries: a record, a rule for each operation, and one sweep. PyTorch writes the
# record while the function runs, as you do. JAX first runs the function on stand-ins
# for the numbers ({ref}`tracing`).
#
# PyTorch's sweep does not clear the leaves. It *adds* to `.grad`, and
# `optimizer.zero_grad()` clears. And every rule holds on to arrays of the forward pass,
# as yours do to `a.data` and `on`: a gradient costs memory, which {ref}`tape-memory`
# counts.

# %% tags=["remove-cell"]
with checks("Three engines, one gradient"):
    claim("100 values of x from -1 to 1", len(X), X.min(), X.max())
    given("0.2 times a random")
    by_torch = flat(leaf.grad for leaf in leaves)
    others = np.array([flat(by_jax), by_torch])
    claim("All 31 slopes", flat(by_engine).size)
    claim("agree within 1e-14", abs(others - flat(by_engine)).max())
    net_loss(leaves, *data, torch.relu).backward()
    twice = flat(leaf.grad for leaf in leaves)
    claim("*adds* to `.grad`", np.allclose(twice, 2 * by_torch))
    W1, b1, W2, b2 = (Value(p) for p in params)
    prediction = add(
        matmul(relu(add(matmul(Value(X), W1), b1)), W2), b2
    )
    whole = in_order(mean_square(add(prediction, Value(-y))))
    claim(
        "in seven operations",
        sum(len(node.inputs) > 0 for node in whole) == 7,
    )

# %% [markdown]
# ## What it costs
#
# Count the arithmetic on one example. Forward, each addition, multiplication and ReLU
# is one operation, and its local slopes come with it. Backward, each arrow of the
# record costs one multiplication and one addition. A hidden unit takes five operations:
# times $w_1$, plus $b_1$, ReLU, times $w_2$, plus the sum of the others. ReLU has one
# input, the rest have two. How many evaluations of the loss is the work for the loss
# *and* all its slopes worth, and how does this grow with the number of units?
#
# :::{admonition} What do you expect?
# :class: dropdown
# It does not grow. Five operations with nine arrows make $(5 + 18) / 5 = 4.6$, however
# many units there are. No operation has more than two inputs, so nothing that is
# recorded like this can cost more than $1 + 4 = 5$.
# :::
#
# That is a count. Let a clock compare your engine with the loss in plain NumPy:

# %% tags=["nbval-ignore-output"]
from functools import partial
from timeit import repeat

for units in (100, 10_000):
    problem = draw_problem(seed=0, units=units)
    plain = partial(net_loss, *problem, lambda z: np.maximum(z, 0))
    sweep = partial(loss_and_gradient, *problem, relu)
    once, all_slopes = (
        min(repeat(f, number=4)) for f in (plain, sweep)
    )
    print(
        f"{3 * units + 1:,} slopes: {all_slopes / once:.1f} evaluations"
    )

# %% [markdown]
# The clock also pays for making arrays, and for slopes along $X$ and $y$ that nobody
# wants. Still, it finds a few evaluations with 301 parameters, and a few with 30,001.
# One sweep walks each arrow once, and there are at most two arrows for each operation,
# whatever the number of parameters. This is the *cheap gradient principle*
# {cite}`griewank2008`, and the answer to the question of this page.

# %% tags=["remove-cell"]
with checks("What it costs"):

    def work(units):  # operations and arrows on one example
        w = total = Value(0.1)
        for _ in range(units):
            z = w * w + w
            total = total + w * Value(z.data, [(z, 1.0)])
        residual = total + w
        counts = [len(v.inputs) for v in in_order(residual * residual)]
        return np.array([sum(n > 0 for n in counts), sum(counts)])

    per_unit = work(2) - work(1)
    claim(
        "(5 + 18) / 5 = 4.6",
        per_unit[0],
        2 * per_unit[1],
        per_unit[0],
        1 + 2 * per_unit[1] / per_unit[0],
    )
    claim("Five operations with nine arrows", list(per_unit) == [5, 9])
    costs = [1 + 2 * a / o for o, a in map(work, (1, 100, 10_000))]
    claim("It does not grow", max(costs) - min(costs) < 0.2)
    most = per_unit[0] * 2  # arrows, if each operation had two inputs
    at_most = 2 * most / per_unit[0]
    claim("than 1 + 4 = 5", 1, at_most, 1 + at_most)
    first, *_ = draw_problem(0, units=100)
    claim("evaluations with 301", flat(first).size)
    claim("a few with 30,001", flat(problem[0]).size)
    claim("Still, it finds a few", all_slopes / once < 20)

# %% tags=["remove-cell"]
with checks("Backprop by hand"):
    claim("A network with 10,000", units)
    claim("has 30,001 parameters", 3 * units + 1)
    claim("need 30,002 evaluations", 3 * units + 2)
    claim("with the work of fewer", max(costs) < 5)

# %% [markdown]
# ## A wrong gradient can go downhill
#
# You write a rule, and the loss falls. Is the rule right? Make a mistake on purpose: a
# ReLU whose rule passes $\delta$ on whole, without the local slope. As a control, take
# a third ReLU whose rule lets nothing through, so that $W_1$ and $b_1$ never move.


# %%
def forgetful_relu(z):
    return Value(relu(z).data, [(z, lambda delta: delta)])


def freezing_relu(z):
    return Value(relu(z).data, [(z, lambda delta: 0 * delta)])


# %% [markdown]
# Train with each of the three, from 20 different starts. Will the loss with the
# forgetful rule rise, stay, or fall?
#
# :::{admonition} What do you expect?
# :class: dropdown
# It falls. The gradients of $W_2$ and $b_2$ do not pass through the ReLU on their way
# back, so they are right: 11 of the 31 numbers. The control shows how far these get.
# :::


# %%
def losses_of_run(activation, seed, steps=1000, learning_rate=0.1):
    params, X, y = draw_problem(seed)
    losses = []
    for _ in range(steps):
        loss, gradient = loss_and_gradient(params, X, y, activation)
        pairs = zip(params, gradient, strict=True)
        params = [p - learning_rate * g for p, g in pairs]
        losses.append(loss)
    return losses


runs = {}
for version in (relu, forgetful_relu, freezing_relu):
    curves = [losses_of_run(version, seed) for seed in range(20)]
    runs[version] = np.array(curves)  # (seeds, steps)
    first, last = np.median(runs[version][:, [0, -1]], axis=0)
    print(f"{first:.2f} → {last:.4f}  {version.__name__}")
ends = {version: each[:, -1] for version, each in runs.items()}
above = sum(ends[forgetful_relu] > ends[freezing_relu])
print(f"forgetful ends above frozen in {above} of 20")

# %% [markdown]
# Without the blue curve beside it, the orange one of {numref}`fig-backprop-wrong` looks
# like a success. But from the same start it ends above the frozen layer more often than
# below, and always above the right rule. A falling loss proves that something in the
# gradient is right, not that all of it is.

# %% tags=["hide-input"]
#| name: fig-backprop-wrong
#| caption: Medians of 20 starts. The bands hold the middle half of the runs.
#| alt: Loss over 1000 steps on a log scale. The blue median of the right rule falls
#|   fast toward the dashed line of the noise variance. The orange median of the
#|   forgetful rule and the gray one of the freezing rule fall more slowly and end close
#|   together, much higher. Their bands overlap; neither touches the blue one there.
figure, ax = plt.subplots()
colors = {relu: BLUE, forgetful_relu: ORANGE, freezing_relu: GRAY}
for version, color in colors.items():
    curves = runs[version]
    low, middle, high = np.quantile(curves, [0.25, 0.5, 0.75], axis=0)
    ax.semilogy(middle, color=color)
    style = {"color": color, "alpha": 0.2, "linewidth": 0}
    ax.fill_between(np.arange(middle.size), low, high, **style)
ax.axhline(0.2**2 / 12, color=BLACK, linestyle="--", linewidth=1)
ax.text(990, 0.0017, "variance of the noise", ha="right")
ax.text(450, 0.04, "factor forgotten", color=ORANGE)
ax.text(120, 0.0045, "right", color=BLUE)
ax.text(225, 0.0108, "frozen", color=GRAY)
ax.set(xlabel="step", ylabel="loss", ylim=(1e-3, 2))
ax.set_title("All go down; one rule is right")
plt.show()

# %% [markdown]
# The test is a central difference, as in {ref}`slopes`, which uses no rule of yours.
# For each of the four arrays, let all entries move at once in a random direction. By
# the gradient, the slope there is the sum of gradient times direction, so two
# evaluations test a whole array:

# %%
rng = np.random.default_rng(0)
gradients = [
    loss_and_gradient(params, X, y, version)[1]
    for version in (relu, forgetful_relu)
]
print("     measured      right  forgetful")
for i, name in enumerate(["W1", "b1", "W2", "b2"]):
    direction = rng.normal(size=params[i].shape)
    losses = []
    for h in (1e-5, -1e-5):
        moved = params.copy()
        moved[i] = params[i] + h * direction
        losses.append(loss_and_gradient(moved, X, y, relu)[0])
    slopes = [(losses[0] - losses[1]) / 2e-5]
    slopes += [(g[i] * direction).sum() for g in gradients]
    print(name, *[f"{slope:10.6f}" for slope in slopes])

# %% [markdown]
# The right rule agrees to all digits shown. The forgetful one fails for $W_1$ and $b_1$
# and passes for $W_2$ and $b_2$, and that says where to look. On its way back the sweep
# passes $W_2$, then the ReLU, then $b_1$: the fault lies between.
#
# PyTorch has such a check, `torch.autograd.gradcheck`. One caution: if the step carries
# an entry of $Z$ across zero, the **kink** of ReLU, the check fails although the rule
# is right ({ref}`exercise <ex-backprop-kink>`).

# %% tags=["remove-cell"]
with checks("A wrong gradient can go downhill"):
    right, wrong, frozen = (runs[v] for v in colors)
    claim("from 20 different starts", len(right))
    claim("Medians of 20", len(right))
    claim("1000 steps on a log scale", right.shape[1])
    gradients = [loss_and_gradient(params, X, y, v)[1] for v in colors]
    same = [
        np.allclose(a, b) for a, b in zip(*gradients[:2], strict=True)
    ]
    claim("so they are right", same == [False, False, True, True])
    claim(
        "11 of the 31",
        params[2].size + params[3].size,
        flat(params).size,
    )
    claim("never move", not flat(gradients[2][:2]).any())
    claim(
        "It falls",
        np.median(wrong[:, 0]) > 10 * np.median(wrong[:, -1]),
    )
    claim("more often than below", above > 10)
    claim("always above the right rule", (wrong > right)[:, -1].all())
    low, middle, high = np.quantile(
        [each[:, -1] for each in (right, wrong, frozen)],
        [0.25, 0.5, 0.75],
        axis=1,
    )
    claim(
        "end close together, much higher",
        0.8 < middle[1] / middle[2] < 1.6
        and min(middle[1:]) > 1.8 * middle[0],
    )
    claim("Their bands overlap", low[1] < high[2] and low[2] < high[1])
    claim("neither touches the blue one", min(low[1:]) > high[0])
    rng = np.random.default_rng(0)
    off = []
    for i, param in enumerate(params):
        direction = rng.normal(size=param.shape)
        losses = []
        for h in (1e-5, -1e-5):
            moved = params.copy()
            moved[i] = param + h * direction
            losses.append(loss_and_gradient(moved, X, y, relu)[0])
        measured = (losses[0] - losses[1]) / 2e-5
        slopes = [(g[i] * direction).sum() for g in gradients[:2]]
        off.append(abs(np.array(slopes) - measured))
    off = np.array(off)
    claim("agrees to all digits shown", off[:, 0].max() < 5e-7)
    claim("fails for W_1", (off[:2, 1] > 1e-3).all())
    claim("passes for W_2", off[2:, 1].max() < 5e-7)
    checked = torch.autograd.gradcheck(
        lambda *leaves: net_loss(leaves, *data, torch.relu), leaves
    )
    claim("torch.autograd.gradcheck", checked)

# %% [markdown]
# ## What to keep
#
# - Each operation knows its local slopes. Backprop walks the record from its end, in
#   order, and *adds* slope times slope wherever a value was used.
# - All slopes together cost a few evaluations of the loss, whatever their number.
# - For arrays, each operation has a rule, from the slopes along its result to those
#   along an input, in that input's shape.
# - PyTorch adds to `.grad` and leaves the clearing to you.
# - A falling loss does not prove a gradient right. A central difference tests it, away
#   from kinks, and one direction for each array says where the fault is.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-backprop-uses
# In $L = (a + b)\,a + b\,b$, how many terms does {eq}`backprop-chain` have for $a$, and
# how many for $b$? A network looks at a batch of $n$ examples. How many terms has the
# slope of one weight of its first layer?
# ::::
#
# ```{solution-start} ex-backprop-uses
# :class: dropdown
# ```
#
# Two for $a$: the sum and the product use it. Three for $b$: the sum uses it once, and
# the square $b\,b$ twice. The weight has $n$ terms, one for each example: that is the
# sum in $X^\top \delta$.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    a, b = Value(2.0), Value(3.0)
    tangle = (a + b) * a + b * b
    arrows = [
        each for node in in_order(tangle) for each, _ in node.inputs
    ]
    claim("Two for $a$", arrows.count(a) == 2)
    claim("Three for $b$", arrows.count(b) == 3)

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-paths
# The second wrong turn can be repaired without an order: let `tell` pass on only the
# message it has just received, and add it to `grad`.
#
# ```python
# def tell(node, message):
#     node.grad += message
#     for earlier, slope in node.inputs:
#         tell(earlier, slope * message)
# ```
#
# The slopes are right. What is wrong with it all the same? Work out how many messages
# it sends for a value squared 15 times in a row, and how many `backward` sends. You
# should get 65,534 and 30.
# ::::
#
# ```{solution-start} ex-backprop-paths
# :class: dropdown
# ```
#
# It walks every *path* through the record, and the paths double with each square. The
# ordered sweep walks every *arrow* once, two for each square.


# %%
def tell(node, message):
    node.grad += message
    sent = 0
    for earlier, slope in node.inputs:
        sent += 1 + tell(earlier, slope * message)
    return sent


result = Value(1.0)
for _ in range(15):
    result = result * result
arrows = sum(len(node.inputs) for node in in_order(result))
print(f"{tell(result, 1.0):,} and {arrows}")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    sent = tell(result, 1.0)
    claim("get 65,534 and 30", sent, arrows)
    claim(
        "squared 15 times",
        sum(len(node.inputs) > 0 for node in in_order(result)),
    )
    claim("the paths double with each square", sent == 2**16 - 2)

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-tanh
# Teach the engine a new activation, `tanh(z)`. Its local slope is $1 - \tanh^2 z$. Then
# check your rule against JAX:
#
# ```python
# with enable_x64(True):
#     expected = flat(jax.grad(net_loss)(params, X, y, jax.numpy.tanh))
# _, gradient = loss_and_gradient(params, X, y, tanh)
# check_answer("slopes", flat(gradient), expected, within=1e-12)
# ```
#
# It needs `from helpers import check_answer`.
# ::::
#
# ```{solution-start} ex-backprop-tanh
# :class: dropdown
# ```
#
# The local slope needs only the result, so compute it once and let the rule keep it.

# %%
from helpers import check_answer


def tanh(z):
    t = np.tanh(z.data)
    return Value(t, [(z, lambda delta: delta * (1 - t**2))])


with enable_x64(True):
    expected = flat(jax.grad(net_loss)(params, X, y, jax.numpy.tanh))
_, gradient = loss_and_gradient(params, X, y, tanh)
check_answer("slopes", flat(gradient), expected, within=1e-12)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "The local slope needs only the result",
        np.allclose(flat(gradient), expected),
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-fault
# Find the fault. With this `mean_square` the gradient of the network passes the check
# of the last section. And yet its rule is wrong. For which loss does it give a wrong
# gradient, and why does the check not see it?
#
# ```python
# def mean_square(r):
#     slopes = 2 * r.data / r.data.size
#     rules = [(r, lambda delta: slopes)]
#     return Value((r.data**2).mean(), rules)
# ```
# ::::
#
# ```{solution-start} ex-backprop-fault
# :class: dropdown
# ```
#
# The rule ignores `delta`. As long as the mean square *is* the loss, $\delta$ is one,
# and nobody notices. It is wrong as soon as anything comes after it, such as a factor
# or a second term. Here the loss is $r^2 / 2$ at $r = 3$, with the slope 3. A check
# tests a rule only in the places where it was used.


# %%
def faulty_mean_square(r):
    slopes = 2 * r.data / r.data.size
    rules = [(r, lambda delta: slopes)]
    return Value((r.data**2).mean(), rules)


def half(a):
    return Value(a.data / 2, [(a, lambda delta: delta / 2)])


for version in (mean_square, faulty_mean_square):
    r = Value(np.array([[3.0]]))
    backpropagate(half(version(r)))
    print(f"{r.grad.item():.1f} {version.__name__}")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    found = []
    for version in (mean_square, faulty_mean_square):
        r = Value(np.array([[3.0]]))
        backpropagate(version(r))
        found.append(r.grad.item())
        backpropagate(half(version(r)))
        found.append(r.grad.item())
    claim("and nobody notices", found[0] == found[2])
    claim("at r = 3, with the slope 3", 3.0, found[1])
    claim(
        "wrong as soon as anything comes after it",
        found[3] == 2 * found[1],
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-kink
# As a function of one weight, the prediction of this network consists of straight
# pieces, so its loss consists of pieces of parabolas. On a parabola a central
# difference is exact. Moving a weight or a bias of the first layer by $h$ moves an
# entry of $Z$ by at most $h$, since no $|x|$ exceeds one. Up to which $h$ must a check
# of the right rule pass, one parameter after the other? Compute it; for `seed=2` you
# should get 0.00185. Then write the check, and run it with half and with twice this
# step.
# ::::
#
# ```{solution-start} ex-backprop-kink
# :class: dropdown
# ```
#
# Up to the smallest $|z_{ij}|$, where the first entry can cross its kink.


# %% tags=["nbval-ignore-output"]
def slopes_by_difference(params, X, y, h):
    slopes = []
    for param in params:
        for place in np.ndindex(param.shape):
            middle = param[place]
            param[place] = middle + h
            above, _ = loss_and_gradient(params, X, y, relu)
            param[place] = middle - h
            below, _ = loss_and_gradient(params, X, y, relu)
            param[place] = middle
            slopes.append((above - below) / (2 * h))
    return np.array(slopes)


Z = X @ params[0] + params[1]
nearest = abs(Z).min()
print(f"nearest kink: {nearest:.5f}")
for h in (nearest / 2, nearest * 2):
    measured = slopes_by_difference(params, X, y, h)
    print(f"{abs(flat(by_engine) - measured).max():.0e} off at {h:.5f}")

# %% [markdown]
# Below the kink only rounding is left. Beyond it the error jumps by many powers of ten,
# for a rule that is right. A network with more units has nearer kinks. So if a check
# fails, see first whether `z.data > 0` is the same on both sides of the step.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("you should get 0.00185", nearest)
    below, beyond = (
        abs(
            flat(by_engine) - slopes_by_difference(params, X, y, h)
        ).max()
        for h in (nearest / 2, nearest * 2)
    )
    claim(
        "by many powers of ten", beyond > 1e4 * below and below < 1e-10
    )
    kinks = []
    for size in (10, 100, 1000):
        draws = [draw_problem(seed, size) for seed in range(20)]
        kinks.append(
            np.median([abs(x @ p[0] + p[1]).min() for p, x, _ in draws])
        )
    claim("has nearer kinks", kinks[0] > 5 * kinks[1] > 25 * kinks[2])

# %% [markdown]
# ::::{exercise}
# :label: ex-backprop-forward
# Open: *forward mode* sends slopes along with the values instead of back. Give each
# number a second one, its slope along one chosen input, and let each operation compute
# both. When would you prefer it? A good answer
#
# - has an addition and a multiplication that give the slope of the belt's loss,
# - says what has to be kept until the end, and in which order the operations run,
# - says how many passes a gradient of $p$ parameters takes, and so for which functions
#   forward mode wins.
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
        slope = self.slope + other.slope
        return Dual(self.data + other.data, slope)

    def __mul__(self, other):
        slope = self.slope * other.data + self.data * other.slope
        return Dual(self.data * other.data, slope)


residual = Dual(1.7, 1.0) * Dual(30.5) + Dual(-77.0)
print(f"{(residual * residual).slope:.2f}")

# %% [markdown]
# It prints the slope of the belt, $-1534.15$. Nothing is kept, and the order is that of
# the program. But one pass gives the slopes along *one* input, so a gradient takes $p$
# passes, about as many as finite differences, though exact ones. Forward mode wins for
# one input and many outputs; a loss has one output and many inputs. `jax.jvp` is
# forward mode, `jax.vjp` reverse mode.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "the slope of the belt, -1534.15", (residual * residual).slope
    )

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
