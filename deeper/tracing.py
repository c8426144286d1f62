# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (tracing)=
# # What does JAX see?
#
# You hand JAX a Python function, and it hands you another one, for the slope or for the
# same thing faster. It never reads your source code. Then what does it see? A `print`
# gives it away: call a compiled function three times, and the line appears once.
#
# :::{admonition} Before you start
# :class: tip
# - **You will** watch JAX record a function, time what the recording buys, read two
#   recordings, run into three failures that follow from them, and repair each.
# - **You need** `jax.grad` from {ref}`slopes`, and the record and the backward sweep of
#   {ref}`backprop`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %% [markdown]
# ## A number that is not there
#
# `jax.jit` {cite}`jax2018` compiles a function: it turns it into machine code that does
# not need Python any more. Here is the loss of one belt of {ref}`slopes`, with a
# `print` in it.

# %%
import jax


@jax.jit
def talkative_loss(multiplier):
    print("Python runs with", type(multiplier).__name__)
    residual = multiplier * 30.5 - 77.0
    return residual * residual


# %% [markdown]
# Call it with three numbers. How often will it print, and what?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Once. At the first call JAX runs the Python function with a stand-in for the number
# and records what is done with it. From then on it runs the recording, and Python is
# not asked. The stand-in is no number, so the type that is printed is not `float`.
# :::

# %% tags=["nbval-ignore-output"]
for multiplier in (1.5, 1.7, 2.5):
    print(f"{talkative_loss(multiplier):.2f}")

# %% [markdown]
# The stand-in is called a **tracer**. Your `Value` of {ref}`backprop` is a relative of
# it: something that takes part in `*` and `-` like a number, and keeps a record. But a
# `Value` has `data`. A tracer under `jit` has none; it knows no more than a shape and a
# type, since the recording has to serve for every number to come.

# %% tags=["remove-cell"]
import contextlib
import io

from helpers import checks, claim, given

with checks("A number that is not there"):

    def lines_printed(function, *calls):
        with contextlib.redirect_stdout(io.StringIO()) as output:
            for call in calls:
                function(call)
        return output.getvalue().splitlines()

    def fresh():
        return jax.jit(lambda m: talkative_loss.__wrapped__(m))

    lines = lines_printed(fresh(), 1.5, 1.7, 2.5)
    claim("Once. At the first call", len(lines) == 1)
    claim(
        "not `float`", "Tracer" in lines[0] and "float" not in lines[0]
    )

# %% tags=["remove-cell"]
with checks("What does JAX see?"):
    claim("the line appears once", len(lines) == 1)

# %% [markdown]
# ## What the recording buys
#
# Newton's method finds the root of $a$ by averaging $x$ and $a/x$ over and over. Here
# it does so a hundred times, more than enough, to have some work. Compile it, and time
# six calls: three with a number, then three with an array of three numbers.

# %%
from time import perf_counter

import jax.numpy as jnp


def root(a):
    x = a
    for _ in range(100):
        x = (x + a / x) / 2
    return x


# %% [markdown]
# JAX computes in the background; `block_until_ready` waits for the result. Which of
# the calls will be slow?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The first and the fourth. At the first call JAX records and compiles before it
# computes. That recording is for a single number, so the first array needs one of its
# own. The other calls run machine code and nothing else.
# :::

# %% tags=["nbval-ignore-output"]
compiled = jax.jit(root)
numbers = [jnp.array(a) for a in (2.0, 3.0, 5.0)]
times_ms = []
for a in numbers + [a * jnp.ones(3) for a in numbers]:
    start = perf_counter()
    compiled(a).block_until_ready()
    times_ms.append(1000 * (perf_counter() - start))
print(", ".join(f"{ms:.2f} ms" for ms in times_ms))

# %% [markdown]
# How do these compare with Python, which goes through the loop each time?

# %% tags=["hide-input", "nbval-ignore-output"]
#| name: fig-tracing-times
#| caption: Six compiled calls, and the best of five calls that are not compiled.
#| alt: The time of six calls in milliseconds, on a log scale. The dots of the first and
#|   the fourth call lie far above an orange line, the time of a call that is not
#|   compiled. The dots of the other four lie far below it.
from timeit import repeat

import matplotlib.pyplot as plt

from helpers import BLUE, GRAY, ORANGE, use_book_style

use_book_style()
calls = range(1, 7)
plain = repeat(lambda: root(numbers[0]).block_until_ready(), number=1)
plain_ms = 1000 * min(plain)
figure, ax = plt.subplots()
ax.semilogy(calls, times_ms, "o", color=BLUE, ms=9)
ax.axhline(plain_ms, color=ORANGE)
ax.text(5, 1.3 * plain_ms, "not compiled", color=ORANGE)
ax.text(1.2, times_ms[0], "one number", va="center")
ax.text(4.2, times_ms[3], "three numbers", va="center")
ax.set(xlabel="call", ylabel="time (ms)", xlim=(0.7, 6.5))
ax.set_title("The first call of each shape pays")
plt.show()

# %% [markdown]
# Once compiled, the function is more than ten times as fast. But to record and compile
# it, once for each shape, takes as long as dozens of calls that are not compiled. So
# compile what is called often, such as the step of a training loop.

# %% tags=["remove-cell"]
with checks("What the recording buys"):
    slow = min(times_ms[0], times_ms[3])
    fast = max(min(times_ms[1:3]), min(times_ms[4:]))
    claim("more than ten times as fast", plain_ms > 10 * fast)
    claim("as long as dozens", slow > 24 * plain_ms)
    claim("far above an orange line", slow > 10 * plain_ms)
    claim("more than enough", abs(root(5.0) - 5**0.5) < 1e-12)

# %% [markdown]
# ## Read the recording
#
# `make_jaxpr` records and shows the result. `f32[]` means one number of 32 bits. Each
# line is one operation: its result, its name, its inputs.


# %% tags=["nbval-ignore-output"]
def belt_loss(multiplier):
    residual = multiplier * 30.5 - 77.0
    return residual * residual


recording = jax.make_jaxpr(belt_loss)(1.7)
print(recording.pretty_print(use_color=False))

# %% [markdown]
# No name of yours survives, and no Python: only the operations, in order. Each has a
# backward rule, so this list is all that reverse mode needs. And the slope is a
# function like any other. Record it as well:

# %% tags=["nbval-ignore-output"]
recording = jax.make_jaxpr(jax.grad(belt_loss))(1.7)
print(recording.pretty_print(use_color=False))

# %% [markdown]
# First the way forward again. (The `_` is the loss itself: it is recorded, but nobody
# uses it, and the compiler drops it.) Then the sweep: the residual is multiplied by
# one, the slope of the loss along itself, once for each of its two uses. `add_any` adds
# up the two messages, and the last `mul` by 30.5 hands the sum on to the multiplier. It
# is the sweep of {ref}`backprop`, written out by a machine.
#
# Python's own loops leave no trace. The recording of `root` has 300 lines, three for
# each turn, one after another.

# %% tags=["remove-cell"]
with checks("Read the recording"):
    names = [
        e.primitive.name for e in jax.make_jaxpr(belt_loss)(1.7).eqns
    ]
    claim(
        "only the operations, in order", names == ["mul", "sub", "mul"]
    )
    swept = jax.make_jaxpr(jax.grad(belt_loss))(1.7).eqns
    names = [e.primitive.name for e in swept]
    claim(
        "`add_any` adds up the two messages",
        names.count("add_any") == 1,
    )
    claim("last `mul` by 30.5", names[-1] == "mul")
    turns = len(jax.make_jaxpr(root)(2.0).eqns)
    claim("has 300 lines", turns)

# %% [markdown]
# ## Why `if` fails
#
# No belt has a negative length, so you forbid negative multipliers:

# %%
import textwrap


def guarded_loss(multiplier):
    if multiplier < 0:
        return 0.0 * multiplier
    return belt_loss(multiplier)


try:
    jax.jit(guarded_loss)(1.7)
except jax.errors.TracerBoolConversionError as error:
    print(textwrap.fill(str(error).splitlines()[0], 50))

# %% [markdown]
# `if` needs a yes or no, and `multiplier < 0` is a tracer that has neither. And like a
# loop, an `if` would leave no trace, only the operations of one of its branches. (Plain
# `jax.grad` without `jit` lets the `if` pass: there the tracer carries the number
# along, and the recording is made anew for each call.)
#
# The cure is an operation that chooses. `jnp.where(condition, a, b)` records the
# condition, `a` and `b`, and picks from two finished results:


# %%
def walled_loss(multiplier):
    loss = belt_loss(multiplier)
    return jnp.where(multiplier < 0, jnp.inf, loss)


for multiplier in (-1.0, 1.7):
    loss, slope = jax.jit(jax.value_and_grad(walled_loss))(multiplier)
    print(f"{loss:.2f} loss, {slope:.2f} slope")

# %% [markdown]
# That works. But read the first line again: beyond the wall the loss is infinite
# everywhere, so its slope is zero (its sign means nothing), and whoever follows the
# slope stays there. A wall for descent has to lean.

# %% tags=["remove-cell"]
with checks("Why `if` fails"):
    claim("lets the", abs(jax.grad(guarded_loss)(1.7) + 1534.15) < 0.01)
    claim("so its slope is zero", jax.grad(walled_loss)(-1.0) == 0)

# %% [markdown]
# ## Both branches count
#
# `where` computes both sides, and the sweep goes back through both. The side that was
# not picked gets the slope zero, and zero times its local slope should be zero. Try it
# on a square root that is guarded against negative numbers:


# %%
def guarded_root(z):
    return jnp.where(z > 0, jnp.sqrt(z), 0.0)


print(guarded_root(-1.0), jax.grad(guarded_root)(-1.0))

# %% [markdown]
# The value is right, and the slope is not a number. The local slope of the root at
# $-1$ is itself not a number, and zero times that is not zero. The cure is to keep the
# bad number away from the root, with a second `where` inside:


# %%
def safe_root(z):
    inside = jnp.where(z > 0, z, 1.0)
    return jnp.where(z > 0, jnp.sqrt(inside), 0.0)


print(safe_root(-1.0), jax.grad(safe_root)(-1.0))

# %% [markdown]
# {numref}`fig-tracing-where` follows both sweeps, from right to left.

# %% tags=["hide-input"]
#| name: fig-tracing-where
#| caption: In the boxes the values at −1, on the arrows the local slopes, below the
#|   boxes the slopes of the result, each the product of what lies to its right.
#| alt: Two rows of boxes. Above, z leads to the root, nan, and that to where. The local
#|   slopes are nan and zero; below the box of z stands zero times nan, which is nan.
#|   Below, z leads to inside, to the root and to where. The local slopes are 0, 0.5
#|   and 0, and below the boxes all slopes but the last are zero.
center = {"ha": "center", "va": "center", "size": 13}
style = {"arrowstyle": "->", "color": GRAY}
rows = [["z\n−1", "root\nnan", "where\n0"]]
rows += [["z\n−1", "inside\n1", "root\n1", "where\n0"]]
links = [["nan", "0"], ["0", "0.5", "0"]]
below = [["0 × nan = nan", "0", "1"], ["0", "0", "0", "1"]]
titles = ["One where: the bad number returns", "Two: it is never made"]
figure, axes = plt.subplots(2, 1, figsize=(5.4, 4.4))
for row, ax in enumerate(axes):
    for x, text in enumerate(rows[row]):
        ax.text(x, 0, text, bbox={"fc": "none", "ec": GRAY}, **center)
        ax.text(x, -0.75, below[row][x], color=ORANGE, **center)
    for x, text in enumerate(links[row]):
        ax.annotate("", (x + 0.7, 0), (x + 0.3, 0), arrowprops=style)
        ax.text(x + 0.5, 0.25, text, **center)
    ax.set(title=titles[row], xlim=(-0.5, 3.4), ylim=(-1, 0.6))
    ax.axis("off")
plt.show()

# %% [markdown]
# If one side is dear or dangerous, there is another way. `jax.lax.cond` records a
# branch as one operation with two recordings inside, and runs only one of them:


# %%
def branching_root(z):
    return jax.lax.cond(z > 0, jnp.sqrt, jnp.zeros_like, z)


print(branching_root(-1.0), jax.grad(branching_root)(-1.0))

# %% tags=["remove-cell"]
with checks("Both branches count"):
    claim("The value is right", guarded_root(-1.0) == 0)
    claim(
        "the slope is not a number",
        bool(jnp.isnan(jax.grad(guarded_root)(-1.0))),
    )
    claim("The cure is to keep", jax.grad(safe_root)(-1.0) == 0)
    claim("runs only one of them", jax.grad(branching_root)(-1.0) == 0)
    equations = jax.make_jaxpr(branching_root)(-1.0).eqns
    claim("as one operation", equations[-1].primitive.name == "cond")
    given("the values at −1")
    inside = jnp.where(-1.0 > 0, -1.0, 1.0)
    slope = float(jax.grad(jnp.sqrt)(inside))
    claim("slopes are 0, 0.5 and 0", 0 * slope, slope, 0 * slope)
    claim(
        "at -1 is itself not a number",
        bool(jnp.isnan(jax.grad(jnp.sqrt)(-1.0))),
    )

# %% [markdown]
# ## What is frozen
#
# The recording holds whatever Python knew when it was made. A number from outside the
# function becomes a constant:

# %%
inches_per_belt = 30.5


@jax.jit
def length_cm(multiplier):
    return multiplier * inches_per_belt


print(length_cm(2.0))
inches_per_belt = 40.0
print(length_cm(2.0))

# %% [markdown]
# The second line should be 80 and is not; there is no error. JAX records anew only for
# a new shape or type of an argument, and the length is not an argument. So hand a
# compiled function all that may change. The same holds for a random number drawn with
# NumPy, the time, or a list that you append to: each happens once, in the recording.

# %% tags=["remove-cell"]
with checks("What is frozen"):
    claim("should be 80 and is not", 2.0 * inches_per_belt)
    claim("there is no error", length_cm(2.0) == 61.0)
    shapes = lines_printed(
        fresh(), 1.5, jnp.ones(3), jnp.ones(3), jnp.ones(4)
    )
    claim("records anew only for a new shape or type", len(shapes) == 3)

# %% [markdown]
# ## What to keep
#
# - JAX runs your function once for each shape, with tracers, and records the
#   operations. Later calls run the recording.
# - A plain Python `if` or `for` leaves no trace in it. `jnp.where` computes both sides,
#   `lax.cond` runs only one.
# - A slope goes back through both sides of a `where`. Keep bad numbers out of the side
#   that is not picked.
# - What is not an argument is frozen.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-tracing-count
# A compiled function prints a line. It is called with `1.5`, then with `jnp.ones(3)`,
# then with `jnp.zeros(3)`, then with `jnp.ones(4)`. How many lines appear?
# ::::
#
# ```{solution-start} ex-tracing-count
# :class: dropdown
# ```
#
# Three: one for each shape. The zeros have the shape of the ones before them.


# %%
@jax.jit
def doubled(array):
    print("recording for shape", array.shape)
    return 2 * array


for array in (1.5, jnp.ones(3), jnp.zeros(3), jnp.ones(4)):
    doubled(array)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    again = jax.jit(lambda array: doubled.__wrapped__(array))
    lines = lines_printed(
        again, 1.5, jnp.ones(3), jnp.zeros(3), jnp.ones(4)
    )
    claim("Three: one for each shape", len(lines) == 3)
    given("called with `1.5`", "then with `jnp.ones(3)`")
    given("then with `jnp.zeros(3)`", "then with `jnp.ones(4)`")

# %% [markdown]
# ::::{exercise}
# :label: ex-tracing-rate
# Find the fault. The learning rate shall fall after the first step, and there is no
# error. Which rate does the second step use, and what is the cure?
#
# ```python
# rate = 0.0004
#
#
# @jax.jit
# def step(m):
#     return m - rate * jax.grad(belt_loss)(m)
#
#
# m = step(1.7)
# rate = 0.0001
# m = step(m)
# ```
# ::::
#
# ```{solution-start} ex-tracing-rate
# :class: dropdown
# ```
#
# The first one: the rate was frozen when `step` was recorded. Make it an argument.


# %%
@jax.jit
def step(m, rate):
    return m - rate * jax.grad(belt_loss)(m)


m = step(1.7, 0.0004)
print(f"{step(m, 0.0004):.4f} with the old rate")
print(f"{step(m, 0.0001):.4f} with the new one")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    rate = 0.0004
    frozen = jax.jit(lambda m: m - rate * jax.grad(belt_loss)(m))
    frozen(1.7)
    rate = 0.0001
    claim(
        "The first one: the rate was frozen",
        frozen(m) == step(m, 0.0004),
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-tracing-log
# Write `safe_log(z)`: the logarithm where $z$ is positive, and zero elsewhere, with
# slope zero there. Check the slopes at $-2$, 0 and 4; you should get 0, 0 and 0.25:
#
# ```python
# slopes = [jax.grad(safe_log)(z) for z in (-2.0, 0.0, 4.0)]
# check_answer("slopes", slopes, [0, 0, 0.25], within=1e-6)
# ```
#
# It needs `from helpers import check_answer`.
# ::::
#
# ```{solution-start} ex-tracing-log
# :class: dropdown
# ```

# %%
from helpers import check_answer


def safe_log(z):
    inside = jnp.where(z > 0, z, 1.0)
    return jnp.where(z > 0, jnp.log(inside), 0.0)


slopes = [jax.grad(safe_log)(z) for z in (-2.0, 0.0, 4.0)]
check_answer("slopes", slopes, [0, 0, 0.25], within=1e-6)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "at -2, 0 and 4; you should get 0, 0 and 0.25",
        -2,
        0,
        4,
        *slopes,
    )

# %% [markdown]
# ## Sources and further reading
#
# - {cite}`jax2018` is JAX itself; Autodidax {cite}`autodidax` builds a small JAX, with
#   tracers and recordings, on one page.
