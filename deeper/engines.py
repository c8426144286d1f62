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
# part in the sixth decimal. Rounding, or a fault in one of them? The size does not say:
# below, two sound runs part by tenths of a gram, and one with a fault parts from the
# right one by less than a tenth. How do you tell?
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
# The problem is that of {ref}`penguins`: bills and masses, both standardized, and the
# start $(-2, 0)$.

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %%
from helpers import design_matrix, load_penguins, standardize

penguins = load_penguins().dropna()
bill_length_mm = penguins["bill_length_mm"].to_numpy()
body_mass_g = penguins["body_mass_g"].to_numpy()
X = design_matrix(standardize(bill_length_mm))  # shape (333, 2)
y = standardize(body_mass_g)
problem = X, y, [-2.0, 0.0]

# %% [markdown]
# First descend with nothing but lists and floats, so that no operation is hidden.


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
# How far apart are two paths? Take the largest difference of a parameter over all
# steps.


# %%
def largest_gap(path, reference):
    return np.abs(np.asarray(path) - np.asarray(reference)).max()


reference = descend_python(*problem, 0.01, 1000)
for dtype in ("float64", "float32"):
    path = descend_numpy(*problem, 0.01, 1000, dtype=dtype)
    print(f"{largest_gap(path, reference):.0e} {dtype}, NumPy")

# %% [markdown]
# At most a last digit in float64, a millionth in float32. The next two engines are not
# even told the gradient.
#
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
# All three against pure Python:

# %%
engines = {
    "NumPy": descend_numpy,
    "JAX": descend_jax,
    "PyTorch": descend_torch,
}
for dtype in ("float64", "float32"):
    for name, descend_with in engines.items():
        path = descend_with(*problem, 0.01, 1000, dtype=dtype)
        print(f"{largest_gap(path, reference):7.0e} {dtype}, {name}")

# %% [markdown]
# In float64 they differ by a last digit or not at all, in float32 by about a millionth.
# (A zero says that no digit differs at any step. The order in which a sum is taken
# decides the last one, so your machine may show others.)

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Four loops"):
    claim("the start $(-2, 0)$", *problem[2])
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
        "At most a last digit in float64, a millionth in float32",
        gaps["NumPy", "float64"] < 3e-15
        and 3e-7 < gaps["NumPy", "float32"] < 6e-6,
    )
    claim(
        "by about a millionth", 3e-7 < min(in_32) <= max(in_32) < 6e-6
    )

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
# gaps above lie below it. At 0.5, the best rate, $1 - \eta \lambda$ is zero and the sum
# is a single term. Does the estimate hold there too?
#
# :::{admonition} What do you expect?
# :class: dropdown
# It counts one rounding only: that of storing the parameters. The gradient is rounded
# as well, and it enters the step multiplied by the learning rate. At 0.01 that hardly
# counts. At 0.5 it can exceed everything else.
# :::
#
# To see which rounding does what, put each in alone. This loop has one precision for
# the gradient and one for the stored parameters.


# %%
def descend_mixed(X, y, start, rate, steps, gradient_in, stored_in):
    X, y = X.astype(gradient_in), y.astype(gradient_in)
    w = np.asarray(start, stored_in)
    path = [w]
    for _ in range(steps):
        residual = X @ w.astype(gradient_in) - y
        gradient = 2 / len(y) * (X.T @ residual)
        w = w - rate * gradient.astype("float64")
        w = w.astype(stored_in)
        path.append(w)
    return np.array(path)


# %% [markdown]
# A gradient in float32 takes rounded data as well. So a last control takes the rounded
# data alone, and computes in float64.

# %%
data_only = X.astype("float32"), y.astype("float32"), [-2.0, 0.0]
rates = np.array([0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
table = []
for rate in rates:
    exact = descend_numpy(*problem, rate, 1000)
    paths = [
        engine(*problem, rate, 1000, dtype="float32")
        for engine in engines.values()
    ]
    run = *problem, rate, 1000
    paths.append(descend_mixed(*run, "float64", "float32"))
    paths.append(descend_mixed(*run, "float32", "float64"))
    paths.append(descend_numpy(*data_only, rate, 1000))
    table.append([largest_gap(path, exact) for path in paths])
gap_by_rate = np.array(table)  # (8 rates, 3 engines + 3 controls)

# %% [markdown]
# And the estimate. `finfo` knows the gap beyond one, which is $2u$. The largest
# parameter is the start's 2.

# %%
unit_roundoff = np.finfo("float32").eps / 2
estimate = unit_roundoff * 2 / (1 - np.abs(1 - rates * 2))
worst = gap_by_rate[:, :3].max(axis=1)
for row in zip(rates, estimate, worst, strict=True):
    print("rate {:.2f}: estimate {:.0e}, engines {:.0e}".format(*row))

# %% [markdown]
# {numref}`fig-rounding-by-rate` holds the table against it.

# %% tags=["hide-input"]
#| name: fig-rounding-by-rate
#| caption: Largest difference from float64 in 1000 steps. Dots are the engines in
#|   float32. Each line has one rounding alone, but for the dashed one, which is the
#|   estimate.
#| alt: Difference against learning rate, on a log scale, for rates from 0.01 to 0.99.
#|   The dots of the engines form a V. At the left they lie along the line of the stored
#|   parameters, which stays below the dashed estimate everywhere. From 0.3 on they lie
#|   along the line of the gradient, which rises with the rate and is above the estimate
#|   at 0.5. The line of the data lies far below.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE, use_book_style

use_book_style()
figure, ax = plt.subplots()
ax.semilogy(rates, gap_by_rate[:, :3], "o", color=BLACK, ms=4)
ax.semilogy(rates, estimate, color=GRAY, linestyle="--")
for column, color in ((3, ORANGE), (4, GREEN), (5, BLUE)):
    ax.semilogy(rates, gap_by_rate[:, column], color=color)
ax.text(0.1, 1.5e-6, "estimate", color=GRAY)
ax.text(0.5, 1.2e-8, "stored alone", color=ORANGE, ha="center")
ax.text(0.62, 1.1e-6, "gradient alone", color=GREEN, ha="center")
ax.text(0.25, 3.8e-9, "data alone", color=BLUE, ha="center")
ax.set(xlabel="learning rate", ylabel="largest difference")
ax.set_title("Small rate: storing. Large rate: the gradient.")
plt.show()

# %% [markdown]
# The estimate holds at the left and fails at 0.5, where all three engines exceed it.
# The lines show why. Stored parameters alone keep to the estimate at every rate. A
# rounded gradient alone gives about what the engines show from 0.3 on, and the rounded
# data are less than a tenth of that. So what the estimate forgets is the arithmetic
# inside the gradient. (Beyond 0.5 the factor $1 - \eta \lambda$ is negative, and near
# the limit old errors change their sign at each step and hardly fade.)

# %% tags=["remove-cell"]
with checks("An estimate, and where it fails"):
    curvatures = np.linalg.eigvalsh(2 / len(y) * X.T @ X)
    claim("parameter is the start's 2", np.abs(exact).max())
    claim("with both curvatures 2", np.allclose(curvatures, 2))
    claim(
        "fifty times a single",
        np.isclose(1 / (1 - abs(1 - 0.01 * 2)), 50),
    )
    given("At the rate 0.01, with", "At 0.01 that", "At 0.5 it can")
    claim("gaps above lie below it", max(in_32) < estimate[0])
    claim("At 0.5, the best rate", 1 / curvatures.mean())
    claim("from float64 in 1000 steps", len(exact) - 1)
    claim("rates from 0.01 to 0.99", rates[0], rates[-1])
    of_engines = gap_by_rate[:, :3]
    stored, gradient, data = gap_by_rate[:, 3:].T
    half = rates == 0.5
    claim(
        "fails at 0.5, where all three",
        (of_engines[half] > estimate[half][:, None]).all(),
    )
    claim(
        "above the estimate at 0.5", (gradient > estimate)[half].all()
    )
    claim("stays below the dashed estimate", (stored < estimate).all())
    claim(
        "keep to the estimate at every rate", (stored < estimate).all()
    )
    left = (of_engines[:2] / stored[:2, None] - 1).max(axis=1)
    claim("At the left they lie along", np.abs(left).max() < 0.7)
    right = of_engines[3:] / gradient[3:, None]
    alike = 0.3 < right.min() <= right.max() < 3.5
    claim("From 0.3 on they lie", alike)
    claim("engines show from 0.3", alike)
    claim("less than a tenth of that", (data / gradient).max() < 0.1)
    claim("(Beyond 0.5 the factor", np.isclose(1 - rates[4] * 2, 0))

# %% [markdown]
# ## The size does not tell
#
# So is a difference of a millionth rounding, and a larger one a fault? Take the birds
# as they are, with bills in meters and masses in grams. By {ref}`conditioning` the
# valley is long, with $\kappa$ near 34,000.

# %%
X_long = design_matrix(bill_length_mm / 1000)
low, high = np.linalg.eigvalsh(2 / len(y) * X_long.T @ X_long)
best_rate = 2 / (low + high)

# %% [markdown]
# Run JAX twice, the second time with the same birds in another order, and follow the
# intercept.


# %%
def gap_reordered_g(dtype, seed=0, rate=best_rate):
    order = np.random.default_rng(seed).permutation(len(y))
    settings = [0.0, 0.0], rate, 10_000, dtype
    one = descend_jax(X_long, body_mass_g, *settings)
    two = descend_jax(X_long[order], body_mass_g[order], *settings)
    return largest_gap(one[:, 0], two[:, 0])


# %% [markdown]
# Follow it at two rates, for five orders:

# %%


for seed in range(5):
    half = gap_reordered_g("float32", seed, rate=1 / high)
    best = gap_reordered_g("float32", seed)
    print(
        f"at half the best rate {half:.3f} g, at the best {best:.1f} g"
    )

# %% [markdown]
# At the best rate five orders part by tenths of a gram, and nothing is wrong. For so
# long a valley that rate is almost the limit: an error on the wall changes its sign at
# each step and hardly fades, so roundings pile up. At half of it an error on the wall
# is gone after one step, and the gap is far smaller.
#
# Now a fault, on the other problem: the standardized birds, JAX against a loop whose
# learning rate is off by a ten-thousandth. (Their unit is the standard deviation of the
# masses, so multiply by it to have grams.)


# %%
def gap_faulty_g(dtype):
    right = descend_jax(*problem, 0.01, 1000, dtype)
    wrong = descend_numpy(*problem, 0.01 * 1.0001, 1000, dtype)
    return largest_gap(right[:, 0], wrong[:, 0]) * body_mass_g.std()


print(f"{gap_faulty_g('float32'):.2f} g")

# %% [markdown]
# The fault is the smaller of the two differences. So a size that is harmless on one
# problem is a fault on another one. What would tell them apart?
# Rounding has a property that a fault has not.
#
# :::{admonition} What do you expect?
# :class: dropdown
# In float64 each rounding is about 500 million times smaller, and so is what it adds up
# to. A wrong rule stays as wrong as it was.
# :::

# %%
for gap_g in (gap_reordered_g, gap_faulty_g):
    in_32, in_64 = gap_g("float32"), gap_g("float64")
    print(f"{in_32:.0e} g → {in_64:.0e} g, {gap_g.__name__}")

# %% [markdown]
# The first difference all but vanishes, the second does not move. That is the test: not
# how large a difference is, but whether it shrinks with the precision, and by as much.
# (A small fault may hide under rounding in float32. In float64 it then stays, where
# rounding goes.)
#
# It works here because the descent forgets its errors. Where a loss is no parabola, a
# rounding may send two runs into different valleys; compare the first few steps there.

# %% tags=["remove-cell"]
with checks("The size does not tell"):
    claim("near 34,000", round(high / low, -3))
    claim(
        "a difference of a millionth",
        3e-7 < of_engines[0].min() <= of_engines[0].max() < 6e-6,
    )
    gaps_g = [gap_reordered_g("float32", seed) for seed in range(5)]
    claim(
        "five orders part by tenths",
        0.1 < min(gaps_g) <= max(gaps_g) < 0.95,
    )
    fault_32_g, fault_64_g = (
        gap_faulty_g("float32"),
        gap_faulty_g("float64"),
    )
    claim("off by a ten-thousandth", np.isclose(1.0001 - 1, 0.0001))
    claim(
        "The fault is the smaller of the two", fault_32_g < min(gaps_g)
    )
    halves_g = [
        gap_reordered_g("float32", seed, rate=1 / high)
        for seed in range(5)
    ]
    claim("the gap is far smaller", max(halves_g) < min(gaps_g) / 5)
    wall = [abs(1 - rate * high) for rate in (best_rate, 1 / high)]
    claim("hardly fades", wall[0] > 0.9999)
    claim("gone after one step", wall[1] < 1e-9)
    ratio = np.finfo("float32").eps / np.finfo("float64").eps
    claim("about 500 million times smaller", round(ratio / 1e6, -2))
    shrunk = gap_reordered_g("float64") / gap_reordered_g("float32")
    claim("The first difference all but vanishes", shrunk < 1e-5)
    claim(
        "the second does not move",
        abs(fault_64_g / fault_32_g - 1) < 0.05,
    )

# %% tags=["remove-cell"]
with checks("Do three engines take the same steps?"):
    claim(
        "part in the sixth decimal", 3e-7 < of_engines[0].max() < 6e-6
    )
    claim(
        "two sound runs part by tenths",
        0.1 < min(gaps_g) <= max(gaps_g) < 0.95,
    )
    claim("by less than a tenth", fault_32_g < 0.1)

# %% [markdown]
# ## What to keep
#
# - NumPy, JAX and PyTorch take the same steps here: in float64 they differ by a last
#   digit or not at all.
# - Rounded parameters pile up to about $u \max |w| / (1 - \lvert 1 - \eta \lambda
#   \rvert)$. The rounding inside the gradient comes on top, and at large rates it is
#   the larger part. So this is a size to expect, not a bound.
# - Ask float64 before you call a difference a fault, or rounding: what is rounding
#   shrinks with the precision, what is a fault stays.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-engines-file
# A colleague has kept `X` and `y` in a file that stores float32. She reads them, runs
# `descend_numpy` in float64, and parts from your float64 run by a few billionths. "Only
# rounding," she says. What does the test of this page say, and who is right? Show where
# the difference comes from. Check it with the best line of *her* data:
#
# ```python
# from helpers import check_answer
#
# answer = np.abs(best_line(X_file, y_file) - best_line(X, y)).max()
# check_answer("the shift in billionths", answer * 1e9, 3.2, within=0.1)
# ```
# ::::
#
# ```{solution-start} ex-engines-file
# :class: dropdown
# ```
#
# Between the two loops the difference does not shrink in float64, so the test calls it
# a fault, and rightly: her loop solves another problem, whose best line lies
# elsewhere. It *is* rounding, but of the data, before the first step, and no precision
# of the loop brings it back.

# %%
from helpers import check_answer


def best_line(X, y):
    return np.linalg.lstsq(X, y, rcond=None)[0]


X_file, y_file = (a.astype("float32").astype("float64") for a in (X, y))
answer = np.abs(best_line(X_file, y_file) - best_line(X, y)).max()
check_answer("the shift in billionths", answer * 1e9, 3.2, within=0.1)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("by a few billionths", 2e-9 < data[0] < 5e-9)
    claim("best line lies elsewhere", answer > 1e-9)

# %% [markdown]
# ## Sources and further reading
#
# - Rounding: {cite}`goldberg1991`, {cite}`higham2002`.
# - The engines: {cite}`harris2020`, {cite}`jax2018`, {cite}`paszke2019`. How a program
#   is differentiated: {cite}`baydin2018`.
