# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (tape-memory)=
# # What does PyTorch keep?
#
# A network with eight hidden layers of ten units has 720 weights. For one gradient of
# 1000 examples PyTorch keeps 82,710 numbers between the forward pass and the sweep
# back. Which numbers are these? And what happens if you touch them, change them, or ask
# for them twice?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** predict how much a gradient keeps, count it, and provoke five failures
#   of PyTorch loops: three that have a message, and two that say nothing.
# - **You need** the record and the backward rules of {ref}`backprop`, and for one
#   section the momentum of {ref}`conditioning`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %% [markdown]
# ## Count what is kept
#
# A backward rule holds on to what it will need. A matrix product needs its two factors,
# a ReLU the signs of its result, a square the residual, and a sum nothing at all. Take
# $n$ examples with one input, and $d$ hidden layers of $u$ units, without biases, since
# adding one keeps nothing. How many numbers are kept?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Inputs and residuals are $2n$ numbers. The outputs of the hidden layers are $n u d$.
# An output is needed twice, by its ReLU and by the next product, but it is one piece of
# memory. The weights are kept as well, where slopes have to pass through them to an
# earlier layer: $(d - 1)u^2 + u$. The first layer's weights are not, because nobody
# asks for the slopes along the inputs.
# :::
#
# PyTorch lets you watch. `saved_tensors_hooks` takes two functions: the first is called
# with each tensor that is packed away, the second when it is taken out again.
# `data_ptr()` says where in memory the numbers lie.

# %%
import torch


def deep_loss(n, d, u):
    A = torch.zeros(n, 1)
    for _ in range(d):
        inputs = A.shape[1]
        W = torch.zeros(inputs, u, requires_grad=True)
        A = torch.relu(A @ W)  # (n, u)
    W = torch.zeros(u, 1, requires_grad=True)
    return ((A @ W - 1) ** 2).mean()


# %% [markdown]
# Pack each tensor by writing down its size under its place:


# %%
def numbers_kept(n, d, u):
    sizes = {}

    def pack(tensor):
        sizes[tensor.data_ptr()] = tensor.numel()
        return tensor

    hooks = torch.autograd.graph.saved_tensors_hooks
    with hooks(pack, lambda tensor: tensor):
        deep_loss(n, d, u)
    return sum(sizes.values())


# %% [markdown]
# One network with many examples, and one with wide layers:

# %%
for n, d, u in ((1000, 8, 10), (100, 8, 1000)):
    weights = (d - 1) * u**2 + u
    predicted = 2 * n + n * u * d + weights
    print(f"{predicted:,} predicted, {weights:,} are weights")
    print(f"{numbers_kept(n, d, u):,} kept")
with torch.no_grad():
    print(f"{numbers_kept(n, d, u)} kept under no_grad")

# %% [markdown]
# To the number. With more examples than units, as in the first network, the outputs of
# the layers fill the memory, and twice the examples or twice the depth takes about
# twice as much. Where layers are wider than the batch, it is the weights. Under
# `torch.no_grad()` nothing is kept, which is why predictions belong there.

# %% tags=["remove-cell"]
import numpy as np

from helpers import checks, claim, given

with checks("Count what is kept"):

    @torch.no_grad()
    def unrecorded():
        return numbers_kept(1000, 8, 10)

    shapes = [(n, d, 10) for n in (50, 100, 1000) for d in range(1, 9)]
    claim(
        "To the number",
        all(
            numbers_kept(n, d, u)
            == 2 * n + n * u * d + (d - 1) * u**2 + u
            for n, d, u in [*shapes, (100, 8, 1000)]
        ),
    )
    at_first = numbers_kept(1000, 8, 10)
    doubled = np.array(
        [numbers_kept(2000, 8, 10), numbers_kept(1000, 16, 10)]
    )
    claim(
        "twice the examples or twice the depth takes about twice as much",
        np.allclose(doubled / at_first, 2, atol=0.05),
    )
    claim("nothing is kept, which", unrecorded() == 0)

# %% tags=["remove-cell"]
from itertools import pairwise

with checks("What does PyTorch keep?"):
    widths = [1] + [10] * 8 + [1]
    sizes = [a * b for a, b in pairwise(widths)]
    claim("720 weights", sum(sizes))
    outputs = (at_first - 10 - 7 * 10**2) / (8 * 10 + 2)
    claim("of 1000 examples", outputs)
    claim("PyTorch keeps 82,710 numbers", at_first)

# %% [markdown]
# ## Kept for one sweep
#
# Here is the belt of {ref}`backprop` in PyTorch, with the slope $-1534.15$, and a
# function that shows the message of an error. Sweep twice over one record:

# %%
import textwrap


def belt_loss(m):
    residual = m * 30.5 - 77.0
    return residual * residual


def message_of(action):
    try:
        action()
    except RuntimeError as error:
        return textwrap.fill(str(error), 50, max_lines=5)


m = torch.tensor(1.7, requires_grad=True)
loss = belt_loss(m)
loss.backward()
print(message_of(loss.backward))

# %% [markdown]
# The first sweep threw away what had been kept, piece by piece, so the second has
# nothing to work with. The cure is one sweep for each forward pass. (With
# `retain_graph=True` it is kept for a second sweep of the same old forward pass.) Mind
# what makes a loop do otherwise: a loss or a prediction computed *before* the loop.

# %% tags=["remove-cell"]
with checks("Kept for one sweep"):
    claim("the slope -1534.15", abs(m.grad.item() + 1534.15) < 0.001)
    message = message_of(loss.backward)
    claim("The first sweep threw away", "second time" in message)

# %% [markdown]
# ## Changed before the sweep
#
# What is kept is not copied. So an update between forward pass and sweep changes what a
# rule will read. NumPy would use the new numbers and say nothing. PyTorch counts the
# changes of every tensor, its *version*, and compares:

# %%
W = torch.ones(1, 1, requires_grad=True)
loss = (torch.relu(torch.ones(5, 1) @ W) @ W).sum()
with torch.no_grad():
    W -= 0.1  # before the sweep
print(message_of(loss.backward))

# %% [markdown]
# Note that `no_grad` did not help. It keeps an operation out of the record; it is no
# license to change what the record still needs. Update after the sweep.

# %% tags=["remove-cell"]
with checks("Changed before the sweep"):
    again = torch.ones(1, 1, requires_grad=True)
    changed = (torch.relu(torch.ones(5, 1) @ again) @ again).sum()
    with torch.no_grad():
        again.sub_(0.1)
    message = message_of(changed.backward)
    claim("no_grad did not help", "modified by an inplace" in message)

# %% [markdown]
# ## Recorded by mistake
#
# The opposite failure is an update that *is* recorded. Then the parameter would become
# the result of an operation, and would no longer be a **leaf**, one of the tensors
# where the record begins and `.grad` is written. PyTorch refuses:


# %%
def recorded_update():
    weight = torch.tensor(1.7, requires_grad=True)
    belt_loss(weight).backward()
    weight -= 0.0001 * weight.grad


print(message_of(recorded_update))

# %% [markdown]
# The cure is `with torch.no_grad():` around the update. An optimizer's `step()` does
# that for you.

# %% tags=["remove-cell"]
with checks("Recorded by mistake"):
    message = message_of(recorded_update)
    claim(
        "PyTorch refuses", "leaf" in message and "in-place" in message
    )

# %% [markdown]
# ## Kept in the leaves
#
# One thing outlives the sweep: `.grad`. PyTorch adds to it and never clears it, so that
# the gradients of several batches can be summed. Forget `zero_grad`, and each step uses
# the sum of all gradients so far. There is no error. What does the multiplier of the
# belts do: arrive all the same, run away, or something else?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Something else: it swings around the best multiplier and never settles. On the way
# down all gradients push in one direction, and their sum grows. At the bottom the new
# gradient is zero, but the sum is not, so the next step is the longest of all. The
# gradients beyond the bottom have to use up the sum before the multiplier turns.
# :::
#
# Each step is the step before and one more gradient on top: {ref}`momentum
# <conditioning>` with $\beta = 1$, a ball without friction. On a parabola with
# curvature $\lambda$ the gradient is $\lambda$ times the error $e_k$. So the new step
# $e_{k+1} - e_k$ is the old one, $e_k - e_{k-1}$, less $\eta\lambda e_k$:
#
# ```{math}
# :label: backprop-swing
# e_{k+1} + e_{k-1} = (2 - \eta\lambda)\, e_k.
# ```
#
# A cosine does this, since $\cos(x + \theta) + \cos(x - \theta)$ is
# $2 \cos\theta \cos x$. So while $\eta\lambda < 4$, the error swings forever, with
# $2\cos\theta = 2 - \eta\lambda$, and one swing takes $2\pi/\theta$ steps. Before the
# first step nothing moves, as if there were an $e_{-1}$ equal to $e_0$. So the crest
# lies halfway between the two, and $e_k$ goes as $\cos((k + \tfrac12)\theta)$. Take all
# ten belts, and 1/10,000 as the learning rate:

# %%
import numpy as np

from helpers import load_belts

belt_in, belt_cm = map(torch.tensor, load_belts())


def multipliers(clear, learning_rate=1 / 10_000, steps=60):
    m = torch.zeros((), dtype=torch.float64, requires_grad=True)
    path = []
    for _ in range(steps):
        path.append(m.item())
        if clear:
            m.grad = None  # what zero_grad() does
        ((m * belt_in - belt_cm) ** 2).mean().backward()
        with torch.no_grad():
            m -= learning_rate * m.grad
    return np.array(path)


# %% [markdown]
# The prediction, and both loops:

# %%
curvature = 2 * (belt_in**2).mean().item()
theta = np.arccos(1 - curvature / 10_000 / 2)
print(f"{2 * np.pi / theta:.2f} steps per swing, predicted")
forgetful = multipliers(clear=False)
careful = multipliers(clear=True)

# %% [markdown]
# {numref}`fig-backprop-swing` compares them.

# %% tags=["hide-input"]
#| name: fig-backprop-swing
#| caption: The orange dots lie on the predicted cosine, a thin line, and never come to
#|   rest. Blue is the same loop with cleared gradients.
#| alt: The multiplier over 60 steps. The blue curve of the run that clears its
#|   gradients rises from 0 to 2.54 within about 15 steps and stays. Orange dots of the
#|   forgetful run swing between about 0 and 5 in waves of 11 steps that never fade;
#|   they lie on a thin wave, the prediction.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, ORANGE, use_book_style

use_book_style()
best = float(belt_in @ belt_cm / (belt_in @ belt_in))
k = np.linspace(0, 59, 400)
swing = np.cos((k + 0.5) * theta) / np.cos(theta / 2)
figure, ax = plt.subplots()
ax.plot(k, best - best * swing, color=BLACK, linewidth=0.8)
ax.plot(forgetful, "o", color=ORANGE, ms=4)
ax.plot(careful, color=BLUE)
ax.text(60.5, best, "cleared", color=BLUE, va="center")
ax.text(60.5, 5.1, "forgotten", color=ORANGE, va="center")
ax.set(xlabel="step", ylabel="multiplier (cm per inch)")
ax.set(xlim=(-1, 75), xticks=range(0, 61, 10))
ax.set_title("No zero_grad, no friction")
plt.show()

# %% [markdown]
# The wave does not fade, and the loss, which grows with the distance from the best
# multiplier, goes up and down with it. In a network every direction has a curvature and
# a wave of its own, so there is no regular period to see. If a loss keeps rising and
# falling and does not settle, look for a missing `zero_grad`. (Too high a rate, or the
# noise of small batches, can look like that as well.)

# %% tags=["remove-cell"]
with checks("Kept in the leaves"):
    given("1/10,000", "over 60 steps")
    at = np.arange(60)
    swing = np.cos((at + 0.5) * theta) / np.cos(theta / 2)
    off = abs(forgetful - (best - best * swing)).max()
    claim("lie on the predicted cosine", off < 1e-9)
    claim("from 0 to 2.54", careful[0], careful[-1])
    claim("within about 15 steps", abs(careful[15] - best) < 0.02)
    claim("between about 0 and 5", forgetful.min(), forgetful.max())
    claim("waves of 11 steps", 2 * np.pi / theta)
    swung = np.diff(forgetful[:6])  # as far as the first turn
    over = (forgetful[:5] < best) & (forgetful[1:6] > best)
    claim("the longest of all", over[swung.argmax()])
    falls = (forgetful - best) ** 2
    claim("goes up and down with it", falls[-12:].max() > 6)
    late = forgetful[-12:]
    claim("does not fade", late.max() > 5 and late.min() < 0.1)

# %% [markdown]
# ## Cut by `detach`
#
# `detach()` gives a value without its record, and so cuts an arrow of the graph. Use it
# for what you only look at. On one of the two uses of the residual it gives half of the
# slope, with no error:

# %%
m = torch.tensor(1.7, requires_grad=True)
residual = m * 30.5 - 77.0
(residual * residual.detach()).backward()
print(f"{m.grad:.3f}")

# %% [markdown]
# JAX has almost none of these failures. There a gradient is not written into a
# parameter; it is what a function returns, so nothing adds up. The record lives and
# dies inside one call, so nothing is swept twice. Arrays cannot be changed, so nothing
# is overwritten. Only `detach` has a counterpart, `jax.lax.stop_gradient`, because it
# is part of the formula. The price is that you carry parameters and gradients from call
# to call yourself.

# %% tags=["remove-cell"]
import jax

from helpers import enable_x64

with checks("Cut by `detach`"):
    claim("half of the slope", abs(m.grad.item() + 1534.15 / 2) < 0.001)

    def half_loss(multiplier):
        residual = multiplier * 30.5 - 77.0
        return residual * jax.lax.stop_gradient(residual)

    with enable_x64(True):
        stopped = float(jax.grad(half_loss)(1.7))
        twice = [float(jax.grad(belt_loss)(1.7)) for _ in range(2)]
    claim("so nothing adds up", twice[0] == twice[1])
    claim("jax.lax.stop_gradient", np.isclose(stopped, -1534.15 / 2))

# %% [markdown]
# ## What to keep
#
# | You see | What happened | Cure |
# |---|---|---|
# | memory grows with the batch | rules hold layer outputs | smaller parts, `no_grad` |
# | "backward … a second time" | what was kept is gone | one sweep per forward pass |
# | "modified by an inplace …" | what was kept was changed | update after the sweep |
# | "leaf … in-place operation" | the update was recorded | update under `no_grad` |
# | loss never settles, no error | `.grad` adds up (one cause) | `zero_grad` each step |
# | slopes wrong, no error | `detach` cut an arrow | detach only what you log |

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-tape-sum
# With `loss = m + m` you may call `loss.backward()` twice and no error comes. Why?
# Which slope does `m.grad` hold after the second call?
# ::::
#
# ```{solution-start} ex-tape-sum
# :class: dropdown
# ```
#
# A sum keeps nothing for the sweep, so there is nothing that could have been thrown
# away. Its local slopes are one, each call adds $1 + 1$ to the leaf, and after two
# calls it holds 4.

# %%
m = torch.tensor(1.7, requires_grad=True)
loss = m + m
loss.backward()
loss.backward()
print(m.grad.item())

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("it holds 4", m.grad)

# %% [markdown]
# ::::{exercise}
# :label: ex-tape-parts
# Add gradients up on purpose. Compute the gradient of the loss of all ten belts in two
# parts of five, so that only half of the residuals are kept at a time. What must you do
# to the loss of each part? You should get the gradient of all ten:
#
# ```python
# check_answer("in parts", m.grad, -2681.35, within=0.01)
# ```
#
# It needs `from helpers import check_answer`. Begin with
# `m = torch.tensor(1.7, dtype=torch.float64, requires_grad=True)`.
# ::::
#
# ```{solution-start} ex-tape-parts
# :class: dropdown
# ```
#
# Each part's loss is a mean over five belts, so divide it by two. (Parts of unequal
# size need their share of the examples instead.)

# %%
from helpers import check_answer

m = torch.tensor(1.7, dtype=torch.float64, requires_grad=True)
for rows in (slice(0, 5), slice(5, 10)):
    residual = m * belt_in[rows] - belt_cm[rows]
    ((residual**2).mean() / 2).backward()
check_answer("in parts", m.grad, -2681.35, within=0.01)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    whole = (2 * belt_in * (1.7 * belt_in - belt_cm)).mean()
    claim("m.grad, -2681.35", whole)
    claim("half of the residuals", len(belt_in[:5]) * 2 == len(belt_in))

# %% [markdown]
# ::::{exercise}
# :label: ex-tape-recompute
# Open: a record of 64 layers does not fit. You may keep only the output of every
# eighth layer, and compute the outputs in between again when the sweep comes to them.
# How many layer outputs are in memory at most, and how much more work is it? A good
# answer
#
# - counts what is kept for good and what is there while one stretch is swept,
# - says how many forward passes are computed in all,
# - finds the stretch that needs the least memory for $d$ layers.
# ::::
#
# ```{solution-start} ex-tape-recompute
# :class: dropdown
# ```
#
# Eight outputs are kept for good, and eight more while a stretch is swept: 16 in place
# of 64. Every layer is computed twice, so one forward pass is added. With stretches of
# $s$ layers the memory holds $d/s + s$ outputs, least at $s = \sqrt{d}$, which is eight
# here. PyTorch has this as `torch.utils.checkpoint`.

# %%
for stretch in (2, 4, 8, 16, 32):
    print(f"{stretch:2}: {64 // stretch + stretch} outputs")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    held = {s: 64 // s + s for s in range(1, 65) if 64 % s == 0}
    given("64 layers does not fit")
    claim("swept: 16 in place", held[8])
    claim("of 64. Every layer", held[1] - 1)
    claim("which is eight", min(held, key=held.get) == 8)
