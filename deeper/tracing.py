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
# - **You will** watch JAX record a function, read two recordings, run into three
#   failures that follow from them, and repair each.
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
# First the way forward again, as far as it is needed. Then the sweep: the residual is
# multiplied by one, the slope of the loss along itself, once for each of its two uses.
# `add_any` adds up the two messages, and the last `mul` by 30.5 hands the sum on to the
# multiplier. It is the sweep of {ref}`backprop`, written out by a machine.

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
# `if` needs a yes or no, and `multiplier < 0` is a tracer that has neither. A recording
# is a list without branches. (Plain `jax.grad` without `jit` lets the `if` pass: there
# the tracer carries the number along, and the recording is made anew for each call.)
#
# The cure is an operation that chooses. `jnp.where(condition, a, b)` records the
# condition, `a` and `b`, and picks from two finished results:

# %%
import jax.numpy as jnp


def walled_loss(multiplier):
    loss = belt_loss(multiplier)
    return jnp.where(multiplier < 0, jnp.inf, loss)


for multiplier in (-1.0, 1.7):
    loss, slope = jax.jit(jax.value_and_grad(walled_loss))(multiplier)
    print(f"{loss:.2f} loss, {slope:.2f} slope")

# %% [markdown]
# That works. But read the first line again: beyond the wall the loss is infinite
# everywhere, so its slope is zero (its sign means nothing), and whoever follows the
# slope stays there. A wall
# for descent has to lean.

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

# %% tags=["remove-cell"]
with checks("Both branches count"):
    claim("The value is right", guarded_root(-1.0) == 0)
    claim(
        "the slope is not a number",
        bool(jnp.isnan(jax.grad(guarded_root)(-1.0))),
    )
    claim("The cure is to keep", jax.grad(safe_root)(-1.0) == 0)
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
# - JAX runs your function once, with tracers, and records the operations. Later calls
#   run the recording.
# - A recording has no branches. Choose with `jnp.where`, which computes both sides.
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
