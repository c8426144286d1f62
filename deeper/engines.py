# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (engines)=
# # Do three engines take the same steps?
#
# NumPy, JAX and PyTorch fit the same line to the same penguins, by the same rule, and
# part in the sixth decimal. Rounding, or a fault in one of them? In another run two
# loops part in the second decimal, and both are right. How do you tell?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** write one descent for four engines, estimate how far rounding can part
#   them, find where the estimate fails, and use a test that tells rounding from a
#   fault.
# - **You need** the descent of {ref}`penguins`, and curvatures and the factor $1 - \eta
#   \lambda$ from {ref}`conditioning`.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## Four loops
#
# Take standardized bills and masses, and start at $(-2, 0)$. First with nothing but
# lists and floats, so that no operation is hidden.

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies


# %% tags=["engine"]
def descend_python(X, y, start, learning_rate, steps):
    rows, targets, n = X.tolist(), y.tolist(), len(y)
    path = [[float(value) for value in start]]
    for _ in range(steps):
        w, gradient = path[-1], [0.0] * len(start)
        for row, target in zip(rows, targets, strict=True):
            guess = sum(x * a for x, a in zip(row, w, strict=True))
            for j, x in enumerate(row):
                gradient[j] += 2 / n * (guess - target) * x
        moves = zip(w, gradient, strict=True)
        path.append([a - learning_rate * g for a, g in moves])
    return path


# %% [markdown]
# NumPy {cite}`harris2020` turns the inner loops into two matrix products.

# %% tags=["engine"]
import numpy as np


def descend_numpy(X, y, start, learning_rate, steps, dtype="float64"):
    X, y = np.asarray(X, dtype), np.asarray(y, dtype)
    path = [np.asarray(start, dtype)]
    for _ in range(steps):
        gradient = 2 / len(y) * (X.T @ (X @ path[-1] - y))
        path.append(path[-1] - float(learning_rate) * gradient)
    return np.array(path)


# %% [markdown]
# JAX {cite}`jax2018` derives the gradient from the loss. `jit` compiles the whole loop
# once, and `lax.scan` is that loop: it calls `step` again and again, hands each result
# to the next call, and stacks what the calls return.

# %% tags=["engine"]
from functools import partial

import jax
import jax.numpy as jnp


@partial(jax.jit, static_argnames="steps")
def scan_descent(X, y, start, learning_rate, steps):
    def loss(w):
        return jnp.mean((X @ w - y) ** 2)

    def step(w, _):
        w = w - learning_rate * jax.grad(loss)(w)
        return w, w

    _, path = jax.lax.scan(step, start, length=steps)
    return jnp.vstack([start, path])


# %% [markdown]
# JAX prefers float32. `enable_x64` switches it to float64 for the block below it.

# %% tags=["engine"]
import numpy as np

from helpers import enable_x64


def descend_jax(X, y, start, learning_rate, steps, dtype="float64"):
    with enable_x64(dtype == "float64"):
        X, y, start = (jnp.asarray(a, dtype) for a in (X, y, start))
        path = scan_descent(X, y, start, float(learning_rate), steps)
        return np.asarray(path)


# %% [markdown]
# PyTorch {cite}`paszke2019` records what is done with a {term}`tensor` that
# `requires_grad`. `loss.backward()` walks the record backward and *adds* the gradient
# to `w.grad`, so it is set back after each step. The update stands under `no_grad`: it
# is no part of the loss and should not be recorded.

# %% tags=["engine"]
import torch


def descend_torch(X, y, start, learning_rate, steps, dtype="float64"):
    number = getattr(torch, dtype)
    X, y = (torch.tensor(a, dtype=number) for a in (X, y))
    w = torch.tensor(start, dtype=number, requires_grad=True)
    path = [w.detach().clone()]
    for _ in range(steps):
        loss = ((X @ w - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= learning_rate * w.grad
        w.grad.zero_()
        path.append(w.detach().clone())
    return torch.stack(path).numpy()


# %% [markdown]
# Now the penguins.

# %%
from helpers import design_matrix, load_penguins, standardize

penguins = load_penguins().dropna()
bill_length_mm = penguins["bill_length_mm"].to_numpy()
body_mass_g = penguins["body_mass_g"].to_numpy()
X, y = (
    design_matrix(standardize(bill_length_mm)),
    standardize(body_mass_g),
)
problem = X, y, [-2.0, 0.0]

# %% [markdown]
# How far apart are two paths? Take the largest difference of a parameter over all
# steps.

# %%
engines = {
    "NumPy": descend_numpy,
    "JAX": descend_jax,
    "PyTorch": descend_torch,
}


def largest_gap(path, reference):
    return np.abs(np.asarray(path) - np.asarray(reference)).max()


# %% [markdown]
# Run all at the rate 0.01, against pure Python.

# %%
reference = descend_python(*problem, 0.01, 1000)
for dtype in ("float64", "float32"):
    for name, descend_with in engines.items():
        path = descend_with(*problem, 0.01, 1000, dtype=dtype)
        print(f"{largest_gap(path, reference):7.0e} {dtype}, {name}")

# %% [markdown]
# In float64 they differ by a last digit or not at all, in float32 by about a millionth.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Four loops"):
    given("at the rate 0.01, against")
    gaps = {
        (name, dtype): largest_gap(
            descend_with(*problem, 0.01, 1000, dtype=dtype), reference
        )
        for name, descend_with in engines.items()
        for dtype in ("float64", "float32")
    }
    in_64 = [
        gap for (_, dtype), gap in gaps.items() if dtype == "float64"
    ]
    in_32 = [
        gap for (_, dtype), gap in gaps.items() if dtype == "float32"
    ]
    claim("by a last digit or not at all", max(in_64) < 3e-15)
    claim(
        "by about a millionth", 3e-7 < min(in_32) <= max(in_32) < 6e-6
    )

# %% tags=["remove-cell"]
with checks("Do three engines take the same steps?"):
    claim("part in the sixth decimal", 3e-7 < max(in_32) < 6e-6)

# %% [markdown]
# ## An estimate, and where it fails
#
# Each float32 is rounded to a relative error of at most $u$, the *unit roundoff*: half
# the gap between one and the next number {cite}`higham2002`. So storing $\mathbf{w}$
# adds an error of at most $u \max |w|$ per step. Do a thousand of them pile up? Only so
# far, since each step also multiplies every earlier error by $1 - \eta \lambda$. Their
# sum stays below
#
# ```{math}
# :label: rounding-estimate
# \begin{aligned}
# u \max |w| \, &(1 + \lvert 1 - \eta \lambda \rvert + \lvert 1 - \eta \lambda \rvert^2
#   + \dots) \\
# &= \frac{u \max |w|}{1 - \lvert 1 - \eta \lambda \rvert}
# \end{aligned}
# ```
#
# At the rate 0.01, with both curvatures 2, that is fifty times a single error, and the
# gaps above lie below it. Does it hold at other rates? At 0.5, the best one, the sum is
# a single term.
#
# :::{admonition} What do you expect?
# :class: dropdown
# The estimate counts one rounding: that of storing the parameters. The gradient is
# rounded as well, and it enters the step multiplied by the learning rate. At 0.01 that
# hardly counts. At 0.5 it can exceed everything else.
# :::
#
# To know whether it is the gradient, take its rounding away: keep the data and the
# gradient in float64, and store the parameters alone in float32.


# %%
def descend_stored(X, y, start, learning_rate, steps):
    w = np.asarray(start, "float32")
    path = [w]
    for _ in range(steps):
        w = w.astype("float64")
        gradient = 2 / len(y) * (X.T @ (X @ w - y))
        w = (w - learning_rate * gradient).astype("float32")
        path.append(w)
    return np.array(path)


# %% [markdown]
# Now four runs at each of several rates, against NumPy in float64.

# %%
rates = np.array([0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
table = []
for rate in rates:
    exact = descend_numpy(*problem, rate, 1000)
    paths = [
        engine(*problem, rate, 1000, dtype="float32")
        for engine in engines.values()
    ]
    paths.append(descend_stored(*problem, rate, 1000))
    table.append([largest_gap(path, exact) for path in paths])
gap_by_rate = np.array(table)  # (8 rates, 3 engines and the control)
unit_roundoff = np.finfo("float32").eps / 2
estimate = unit_roundoff * 2 / (1 - np.abs(1 - rates * 2))

# %% [markdown]
# {numref}`fig-rounding-by-rate` holds the table against the estimate. (`finfo` knows
# the gap beyond one, which is $2u$. The largest parameter is the start's 2.)

# %% tags=["hide-input"]
#| name: fig-rounding-by-rate
#| caption: Largest difference of float32 runs from float64, in 1000 steps. The line
#|   is the estimate, the black crosses are runs whose gradient is not rounded to
#|   float32.
#| alt: Difference against learning rate, on a log scale, for rates from 0.01 to 0.99.
#|   A curve for the estimate falls to its lowest point at 0.5 and rises again. The dots
#|   of the three engines lie below the curve at the left and above it at 0.5.
#|   The crosses of the control lie below it everywhere.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE, use_book_style

use_book_style()
figure, ax = plt.subplots()
ax.semilogy(rates, estimate, color=GRAY, lw=1.5)
for column, (color, mark) in enumerate(
    ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (BLACK, "x"))
):
    name = [*engines, "stored only"][column]
    gaps = gap_by_rate[:, column]
    ax.semilogy(rates, gaps, mark, color=color, ms=5, label=name)
ax.text(0.06, 4e-6, "estimate", color=GRAY)
ax.legend(loc="upper center", ncols=2)
ax.set(xlabel="learning rate", ylabel="largest difference")
ax.set(
    ylim=(1e-8, 1e-4),
    title="The gradient's rounding breaks the estimate",
)
plt.show()

# %% [markdown]
# At 0.5 all three engines exceed the estimate. The control stays below it at every
# rate, so it is the rounding inside the gradient that the estimate forgets. (Beyond 0.5
# the factor $1 - \\eta \\lambda$ is negative, and only its size counts: near the limit
# old errors change their sign at each step and hardly fade.)

# %% tags=["remove-cell"]
with checks("An estimate, and where it fails"):
    curvatures = np.linalg.eigvalsh(2 / len(y) * X.T @ X)
    claim("is the start's 2", np.abs(exact).max())
    claim("with both curvatures 2", np.allclose(curvatures, 2))
    claim(
        "fifty times a single",
        np.isclose(1 / (1 - abs(1 - 0.01 * 2)), 50),
    )
    given("At the rate 0.01, with", "At 0.01 that", "At 0.5 it can")
    claim("gaps above lie below it", max(in_32) < estimate[0])
    claim("At 0.5, the best one, the sum", 1 / curvatures.mean())
    claim("in 1000 steps", len(exact) - 1)
    claim("rates from 0.01 to 0.99", rates[0], rates[-1])
    claim("its lowest point at 0.5 and", rates[estimate.argmin()])
    above = gap_by_rate[rates == 0.5, :3] > estimate[rates == 0.5]
    claim("above it at 0.5. The crosses", above.all())
    claim("At 0.5 all three engines exceed", above.all())
    below = gap_by_rate[:, 3] < estimate
    claim("stays below it at every rate", below.all())
    claim("of the control lie below it", below.all())
    claim("(Beyond 0.5 the factor", np.isclose(1 - rates[4] * 2, 0))

# %% [markdown]
# ## The size does not tell
#
# So is a difference in the sixth decimal rounding, and one in the second a fault? Take
# the raw masses, and bills that are scaled but not centered. By {ref}`conditioning` the
# valley is long, with $\kappa = 4475$, and an old error fades slowly.

# %%
X_long = design_matrix(bill_length_mm / bill_length_mm.std())
low, high = np.linalg.eigvalsh(2 / len(y) * X_long.T @ X_long)

# %% [markdown]
# Run JAX twice with the best rate: the second time with the same birds in another
# order.


# %%
def gap_reordered(dtype, seed=0):
    order = np.random.default_rng(seed).permutation(len(y))
    settings = [0.0, 0.0], 2 / (low + high), 40_000, dtype
    one = descend_jax(X_long, body_mass_g, *settings)
    two = descend_jax(X_long[order], body_mass_g[order], *settings)
    return largest_gap(one, two)


gaps_g = [gap_reordered("float32", seed) for seed in range(5)]
print(np.round(gaps_g, 3))

# %% [markdown]
# Five orders part by about a hundredth of a gram, and nothing is wrong. Now a fault:
# the standardized birds again, JAX against a loop whose learning rate is off by a
# thousandth.


# %%
def gap_faulty(dtype):
    right = descend_jax(*problem, 0.01, 1000, dtype)
    wrong = descend_numpy(*problem, 0.01 * 1.001, 1000, dtype)
    return largest_gap(right, wrong)


print(f"{gap_faulty('float32'):.0e}")

# %% [markdown]
# This parts in the fourth decimal. Of the two differences, the fault is the smaller
# one.
#
# What would tell them apart? Rounding has a property that a fault has not.
#
# :::{admonition} What do you expect?
# :class: dropdown
# In float64 each rounding is about 500 million times smaller, and so is what it adds up
# to. A wrong rule stays as wrong as it was.
# :::

# %%
for gap in (gap_reordered, gap_faulty):
    print(f"{gap('float32'):.0e} → {gap('float64'):.0e} {gap.__name__}")

# %% [markdown]
# The first difference all but vanishes, the second does not move. That is the test: not
# how large a difference is, but whether it shrinks with the precision.
#
# It works here because the descent forgets its errors. Where a loss is no parabola, a
# rounding may send two runs into different valleys; compare the first few steps there.

# %% tags=["remove-cell"]
with checks("The size does not tell"):
    claim("with kappa = 4475", high / low)
    in_32, in_64 = gap_reordered("float32"), gap_reordered("float64")
    claim(
        "by about a hundredth of a gram",
        0.003 < min(gaps_g) <= max(gaps_g) < 0.06,
    )
    fault_32, fault_64 = gap_faulty("float32"), gap_faulty("float64")
    claim("This parts in the fourth", 0.0003 < fault_32 < 0.002)
    claim("off by a thousandth", np.isclose(1.001 - 1, 0.001))
    claim("the fault is the smaller one", fault_32 < in_32)
    ratio = np.finfo("float32").eps / np.finfo("float64").eps
    claim("about 500 million times smaller", round(ratio / 1e6, -2))
    claim("The first difference all but vanishes", in_64 < 1e-5 * in_32)
    claim(
        "the second does not move", abs(fault_64 / fault_32 - 1) < 0.02
    )

# %% [markdown]
# ## What to keep
#
# - NumPy, JAX and PyTorch take the same steps here: in float64 they differ by a last
#   digit or not at all.
# - Rounded parameters pile up to about $u \max |w| / (1 - \lvert 1 - \eta \lambda
#   \rvert)$. The rounding of the gradient comes on top, and at large rates it is the
#   larger part. So this is a size to expect, not a bound.
# - Ask float64 before you call a difference a fault, or rounding: what is rounding
#   shrinks with the precision, what is a fault stays.

# %% [markdown]
# ## Sources and further reading
#
# - Rounding: {cite}`goldberg1991`, {cite}`higham2002`.
# - The engines: {cite}`harris2020`, {cite}`jax2018`, {cite}`paszke2019`. How a program
#   is differentiated: {cite}`baydin2018`.
