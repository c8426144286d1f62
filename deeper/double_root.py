# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (double-root)=
# # The double root
#
# In {ref}`conditioning`, tuned momentum multiplies the error by 0.9945 per step on the
# raw bills, in the long run. That promises a millionth of the first distance after 2488
# steps. The count was 3841. Where do the other 1353 steps come from?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** follow momentum along a single curvature, find its two powers, derive
#   the best pair of rate and momentum, and see what happens where the powers meet.
# - **You need** the eigenvectors and the heavy ball of {ref}`conditioning`, and a
#   quadratic equation. Of complex numbers you need no more than their size.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## One number with a memory
#
# Along an eigenvector the heavy ball is one number again, the share $c$ of the error.
# Put its gradient, $\lambda c$, into the update:
#
# ```{math}
# :label: momentum-recurrence
# c_{k+1} = (1 + \beta - \eta \lambda)\, c_k - \beta c_{k-1}
# ```
#
# Only the product $\eta \lambda$ counts. The first step has no memory yet, so it is
# plain descent.

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %%
import numpy as np

from helpers import use_book_style

use_book_style()


def share_by_step(rate_times_curvature, momentum, steps):
    c = [1.0, 1.0 - rate_times_curvature]
    for _ in range(steps - 1):
        keep = 1 + momentum - rate_times_curvature
        c.append(keep * c[-1] - momentum * c[-2])
    return np.array(c)  # (steps + 1,)


# %% [markdown]
# Take $\beta = 0.81$, whose root is 0.9, and three values of $\eta \lambda$.

# %% tags=["hide-input"]
#| name: fig-one-share
#| caption: Momentum 0.81 on three curvatures. The dashed line falls by 0.9 per step.
#| alt: Size of the share against the step, on a log scale. For a product
#|   of 0.002 it falls slowly, along a straight line. For 0.03 and for 0.3 it falls in
#|   waves, and both stay close below a dashed line that is much steeper.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, GREEN, ORANGE

figure, ax = plt.subplots()
k = np.arange(101)
for product, color in (
    (0.002, ORANGE),
    (0.03, BLUE),
    (0.3, GREEN),
):
    c = share_by_step(product, 0.81, 100)
    ax.semilogy(k, np.abs(c), color=color, lw=1.2)
ax.semilogy(k, 1.6 * 0.9**k, color=BLACK, linestyle="--", lw=1)
ax.text(60, 0.7, "ηλ = 0.002", color=ORANGE)
ax.text(29, 1e-4, "0.03", color=BLUE, ha="right")
ax.text(7, 1e-3, "0.3", color=GREEN, ha="right")
ax.set(xlabel="step", ylabel="size of the share", ylim=(1e-6, 3))
ax.set_title("Two curvatures ten times apart, one pace")
plt.show()

# %% [markdown]
# The smallest curvature is slow. The other two are ten times apart and fall in step:
# both in waves, both along the dashed line. Why?

# %% [markdown]
# ## Two powers
#
# A plain descent is a power, $c_k = z^k$ with $z = 1 - \eta \lambda$. Try a power here
# too. Divide {eq}`momentum-recurrence` by $z^{k-1}$, and what is left is a quadratic
# equation:
#
# ```{math}
# :label: momentum-roots
# z^2 - (1 + \beta - \eta \lambda)\, z + \beta = 0
# ```
#
# It has two roots, and each run is a mixture of their powers. In the long run the
# larger one is the factor per step. `np.roots` takes the coefficients and returns both.


# %%
def factor_per_step(rate_times_curvature, momentum):
    keep = 1 + momentum - rate_times_curvature
    return np.abs(np.roots([1, -keep, momentum])).max()


for product in (0.002, 0.03, 0.3):
    print(f"{factor_per_step(product, 0.81):.4f}")

# %% [markdown]
# The product of the two roots is $\beta$, the last coefficient. They are complex, a
# mirrored pair of equal size, as long as the part under the root of the solution is
# negative, $(1 + \beta - \eta \lambda)^2 < 4 \beta$. Then each has the size
# $\sqrt{\beta}$, *whatever $\lambda$ is*. Such a pair makes the waves. The condition is
# a window for the curvatures:
#
# ```{math}
# :label: momentum-window
# (1 - \sqrt{\beta})^2 < \eta \lambda < (1 + \sqrt{\beta})^2
# ```

# %% tags=["hide-input"]
#| name: fig-window
#| caption: Factor per step against learning rate times curvature. Each floor is as
#|   high as the root of the momentum.
#| alt: Three curves over the product from 0 to 4. Without momentum it is a V that
#|   touches zero at one. With 0.25 and with 0.81 the bottom is flat, at 0.5 and at 0.9,
#|   and the higher floor is the wider one; at both of its ends the curve rises like a
#|   wall.
figure, ax = plt.subplots()
products = np.linspace(0, 4, 2001)
for beta, color in ((0, ORANGE), (0.25, BLUE), (0.81, GREEN)):
    factors = [factor_per_step(product, beta) for product in products]
    ax.plot(products, factors, color=color)
    ax.text(
        1.5, beta**0.5 + 0.02, f"β = {beta}", color=color, ha="center"
    )
ax.axhline(1, color=GRAY, lw=1)
ax.text(3.4, 1.02, "diverges", ha="right")
ax.set(xlabel="ηλ", ylabel="factor per step", ylim=(0, 1.2))
ax.set_title("Inside the window the curvature does not count")
plt.show()

# %% [markdown]
# {numref}`fig-window` is the whole bargain. Each curve crosses one where a root reaches
# $-1$. Put $z = -1$ into {eq}`momentum-roots` and you get $\eta \lambda = 2 (1 +
# \beta)$, the limit of the learning rate. A small $\beta$ has a low floor
# and a narrow window, a large $\beta$ a high floor and a wide one. The best $\beta$ is
# the smallest whose window still holds all curvatures. So put $\lambda_{\min}$ and
# $\lambda_{\max}$ on its two ends and take roots:
#
# ```{math}
# \begin{aligned}
# 1 - \sqrt{\beta} &= \sqrt{\eta \lambda_{\min}} \\
# 1 + \sqrt{\beta} &= \sqrt{\eta \lambda_{\max}}
# \end{aligned}
# ```
#
# Add the two to find $\eta$, divide one by the other to find $\beta$: this is
# {eq}`best-momentum`.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("One number with a memory"):
    claim("whose root is 0.9", factor_per_step(1, 0.81))
    given("Take beta = 0.81", "Momentum 0.81 on three")
    claim("falls by 0.9 per step", factor_per_step(1, 0.81))
    given("of 0.002 it falls", "For 0.03 and for 0.3")
    runs = {
        p: np.abs(share_by_step(p, 0.81, 400))
        for p in (0.002, 0.03, 0.3)
    }
    claim("are ten times apart", np.isclose(0.3 / 0.03, 10))
    envelope = 0.9 ** np.arange(401)
    in_step = [1 < (runs[p] / envelope).max() < 3 for p in (0.03, 0.3)]
    claim("fall in step", all(in_step))
    claim(
        "The smallest curvature is slow",
        runs[0.002][100] > 1000 * runs[0.03][100],
    )

# %% tags=["remove-cell"]
with checks("Two powers"):
    given("over the product from 0 to 4", "With 0.25 and with 0.81")
    claim(
        "at 0.5 and at 0.9",
        factor_per_step(1, 0.25),
        factor_per_step(1, 0.81),
    )
    at_limit = [
        factor_per_step(2 * (1 + b), b) for b in (0, 0.25, 0.81)
    ]
    claim("Each curve crosses one where", np.allclose(at_limit, 1))
    inside = [
        factor_per_step(x, 0.81)
        for x in np.linspace(0.0101, 3.6099, 500)
    ]
    claim("each has the size", np.allclose(inside, 0.9))
    outside = [factor_per_step(x, 0.81) for x in (0.0099, 3.6101)]
    claim("is a window for the curvatures", min(outside) > 0.9001)
    plain = [factor_per_step(x, 0) - abs(1 - x) for x in products]
    claim("touches zero at one", np.abs(plain).max() < 1e-12)

# %% [markdown]
# ## Where the powers meet
#
# But at the two ends of the window the two roots are *equal*, and one power cannot make
# two different runs. What is the second solution? Look at two roots that are almost
# equal, $z$ and a little more. Sums and multiples of solutions are solutions. So the
# difference of the two powers, divided by the distance of the roots, is one as well:

# %%
z, k = 0.9, np.array([1, 10, 40])
for distance in (0.1, 0.01, 0.0001):
    print((((z + distance) ** k - z**k) / distance).round(4))
print((k * z ** (k - 1)).round(4), "k times a power")

# %% [markdown]
# It becomes the derivative of $z^k$. So where the roots meet, $k$ times a power joins
# the power itself. Call the common size $r = \sqrt{\beta}$. At the shallow end both
# roots are $r$, so $c_k = (A + B k)\, r^k$. The start says $A = c_0$. The first step is
# plain descent with $\eta \lambda = (1 - r)^2$, and $1 - (1 - r)^2 = (2 - r)\, r$, so
# $B = (1 - r)\, c_0$. At the steep end both roots are $-r$, and the same two lines give
# the second of these:
#
# ```{math}
# :label: double-root-ends
# \begin{aligned}
# \text{shallow: } c_k &= c_0\, (1 + (1 - r) k) \, r^k \\
# \text{steep: } c_k &= c_0\, (1 + (1 + r) k) (-r)^k
# \end{aligned}
# ```
#
# Tuning puts exactly the two slowest directions there. Now predict the count on the raw
# bills with the extra $k$, and run them.

# %%
from helpers import design_matrix, load_penguins, steps_to_reach

penguins = load_penguins().dropna()
X = design_matrix(penguins["bill_length_mm"].to_numpy())
y = penguins["body_mass_g"].to_numpy()
H, best = 2 / len(y) * X.T @ X, np.linalg.solve(X.T @ X, X.T @ y)
curvatures, directions = np.linalg.eigh(H)
low, high = np.sqrt(curvatures)
r, rate = (high - low) / (high + low), (2 / (high + low)) ** 2


# %% [markdown]
# `errors` runs tuned momentum from a start, and follows the error itself.


# %%
def errors(start, steps=4500):
    error, step = np.asarray(start) - best, np.zeros(2)
    path = [error]
    for _ in range(steps):
        step = r**2 * step - rate * H @ error
        error = error + step
        path.append(error)
    return np.array(path)  # (steps + 1, 2)


# %% [markdown]
# The prediction takes the two shares of the start, and lets each follow its line of
# {eq}`double-root-ends`.

# %%
k = np.arange(4501)
first = -best @ directions  # shares of the start (0, 0)
growth = 1 + k[:, None] * [1 - r, 1 + r]  # (4501, 2)
predicted = np.linalg.norm(first * growth, axis=1) * r**k
measured = np.linalg.norm(errors([0, 0]), axis=1)
for name, path in (("predicted", predicted), ("counted", measured)):
    print(steps_to_reach(path, 1e-6 * path[0]), name)

# %% [markdown]
# Right to the step. The 1353 steps are the price of waiting for $k\, r^k$ in place of
# $r^k$.

# %% tags=["hide-input"]
#| name: fig-momentum-predicted
#| caption: Tuned momentum on the raw bills, from zero. The thin line inside the broad
#|   one is the prediction with the extra factor.
#| alt: Distance to the optimum as a share of the first, on a log scale, against the
#|   step. The run rises to 32 times the start within the first steps, then falls, and
#|   passes a millionth at step 3841. A dashed line, the power alone, falls straight
#|   from one and passes a millionth at step 2488. The thin line of the prediction
#|   covers the run.
figure, ax = plt.subplots()
ax.semilogy(measured / measured[0], color=BLUE, lw=4)
ax.semilogy(predicted / predicted[0], color=BLACK, lw=1)
ax.semilogy(r**k, color=GREEN, linestyle="--")
ax.axhline(1e-6, color=GRAY, lw=1)
ax.text(2350, 0.02, "run and prediction", color=BLUE)
ax.text(1250, 2e-5, "power alone", color=GREEN, ha="right")
ax.text(20, 5e-7, "a millionth", va="top")
ax.set(xlabel="step", ylabel="share of the first distance")
ax.set(ylim=(1e-8, 300), title="The extra k costs half as much again")
plt.show()

# %% tags=["remove-cell"]
import math

with checks("Where the powers meet"):
    counted = steps_to_reach(measured, 1e-6 * measured[0])
    by_power = math.ceil(math.log(1e-6) / math.log(r))
    foreseen = steps_to_reach(predicted, 1e-6 * predicted[0])
    claim("Right to the step", counted == foreseen)
    claim(
        "give the second of these",
        np.allclose(predicted, measured),
    )
    claim("The 1353 steps are the price", counted - by_power)
    claim(
        "It becomes the derivative",
        abs(10 * 0.9**9 - (0.9001**10 - 0.9**10) / 1e-4) < 0.01,
    )
    claim("price of waiting for", 1.5 < counted / by_power < 1.6)
    claim("rises to 32 times the start", measured.max() / measured[0])
    claim("millionth at step 3841", counted)
    claim("a millionth at step 2488", by_power)

# %% tags=["remove-cell"]
with checks("The double root"):
    claim("by 0.9945 per step", r)
    claim(
        "promises a millionth of the first distance after 2488",
        by_power,
    )
    claim("The count was 3841", counted)
    claim("the other 1353 steps", counted - by_power)

# %% [markdown]
# ## Whose swing is it?
#
# Before it falls, the distance rises 32-fold. By {eq}`double-root-ends` the steep share
# first grows, while $k$ grows faster than $r^k$ shrinks. For large $\kappa$ this share
# is about $2 k\, e^{-2 k / \sqrt{\kappa}}$, with Euler's number $e$, and largest at
# $k = \sqrt{\kappa} / 2$. Its peak is $\sqrt{\kappa} / e$, here 132.
#
# So the swing goes up the wall, where the loss counts most. Does the distance show
# that? Follow the loss above the best one as well. On a parabola it is $\frac{1}{2}
# \mathbf{e}^\top H \mathbf{e}$ for an error $\mathbf{e}$.


# %%
def excess_loss(path):
    return (path @ H * path).sum(axis=1) / 2


# %% [markdown]
# Take two starts: zero, and the flat line through the mean mass.

# %%
starts = {"zero": [0, 0], "the flat line": [y.mean(), 0]}
for name, start in starts.items():
    path = errors(start)
    distance, excess = np.linalg.norm(path, axis=1), excess_loss(path)
    farthest = distance.max() / distance[0]
    print(f"from {name}: distance up to {farthest:.1f}-fold,", end=" ")
    print(f"loss up to {excess.max() / excess[0]:,.0f}-fold")

# %% [markdown]
# {numref}`fig-swing` draws both.

# %% tags=["hide-input"]
#| name: fig-swing
#| caption: What you see of the swing depends on the start and on what you look at.
#| alt: Two panels, for the start at zero and for the flat line, over the first 1500
#|   steps. Each has a line for the distance and one for the loss above the best, both
#|   as a share of the first value, on a log scale. From zero both rise steeply, the
#|   loss far more. From the flat line the distance only falls, and the loss rises all
#|   the same, more than a hundredfold.
figure, panels = plt.subplots(2, sharex=True, figsize=(5.4, 5.4))
for ax, start in zip(panels, starts.values(), strict=True):
    path = errors(start, steps=1500)
    distance, excess = np.linalg.norm(path, axis=1), excess_loss(path)
    ax.semilogy(excess / excess[0], color=ORANGE)
    ax.semilogy(distance / distance[0], color=BLUE)
    ax.axhline(1, color=GRAY, lw=1)
    ax.set(ylabel="share of the first", ylim=(0.01, 1e5))
panels[0].set_title("From zero both swing out …")
panels[1].set_title("… from the flat line only the loss")
panels[0].text(450, 9000, "loss above the best", color=ORANGE)
panels[0].text(350, 2, "distance", color=BLUE)
panels[1].set(xlabel="step")
plt.show()

# %% [markdown]
# From the flat line the distance never rises at all: next to none of the start lies
# along the wall. And yet the loss rises 266-fold, since that little grows 132-fold, and
# a share on the wall weighs $\kappa$ times one on the floor. From zero the typical
# miss, the root of the loss, passes half a million grams. On a parabola the swing costs
# time and ends. Elsewhere it may leave the valley for good.

# %% tags=["remove-cell"]
with checks("Whose swing is it?"):
    swings = [
        np.linalg.norm(errors(start), axis=1)
        for start in starts.values()
    ]
    swings = [distance / distance[0] for distance in swings]
    claim("the distance rises 32-fold", swings[0].max())
    steep = np.abs(growth[:, 1]) * r**k
    kappa_raw = curvatures[1] / curvatures[0]
    claim("/ e, here 132", steep.max())
    claim(
        "Its peak is",
        abs(steep.max() / (math.sqrt(kappa_raw) / math.e) - 1) < 0.01,
    )
    claim(
        "and largest at",
        abs(steep.argmax() / (math.sqrt(kappa_raw) / 2) - 1) < 0.01,
    )
    claim("that little grows 132-fold", steep.max())
    claim("never rises at all", swings[1].max() <= 1)
    flat = (np.array(starts["the flat line"]) - best) @ directions
    claim("next to none of the start", abs(flat[1] / flat[0]) < 0.001)
    excess = [excess_loss(errors(start)) for start in starts.values()]
    rises = [(values / values[0]).max() for values in excess]
    claim("the loss rises 266-fold", rises[1])
    claim("more than a hundredfold", rises[1] > 100)
    claim("loss far more", rises[0] > 100 * swings[0].max())
    least = ((X @ best - y) ** 2).mean()
    claim(
        "passes half a million grams",
        math.sqrt(least + excess[0].max()) > 500_000,
    )
    by_loss = ((X @ (best + np.array([1, 2])) - y) ** 2).mean() - least
    claim(
        "for an error",
        np.isclose(excess_loss(np.array([[1, 2]])), by_loss).all(),
    )
    given("over the first 1500")

# %% [markdown]
# ## How the steps grow
#
# Does the extra $k$ spoil the square root? One data set is no proof, so draw problems
# at random: five parameters, curvatures from one to $\kappa$, axes turned at random, a
# random start.


# %%
def random_problem(kappa, seed):
    rng = np.random.default_rng(seed)
    curvatures = np.array([1, *kappa ** rng.random(3), kappa])
    rotation, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    return rotation * curvatures @ rotation.T, rng.normal(size=5)


# %% [markdown]
# Only the error is followed, so the best parameters are all zero.


# %%
def count_steps(H, error, learning_rate, momentum):
    target = 1e-6 * np.linalg.norm(error)
    step, steps = np.zeros_like(error), 0
    while np.linalg.norm(error) > target:
        step = momentum * step - learning_rate * H @ error
        error = error + step
        steps += 1
    return steps


# %% [markdown]
# Five condition numbers from 10 to 1000, ten seeds each, both methods with their best
# numbers. As a control stands beside them what $r^k$ alone would take. With both axes
# logarithmic, a power of $\kappa$ is a straight line whose slope is the power.
# `polyfit` fits one for each seed; behind the ± stands the standard deviation.

# %%
kappas = np.logspace(1, 3, 5)
counts = np.empty((3, 10, 5), dtype=int)  # method, seed, kappa
for seed in range(10):
    for i, kappa in enumerate(kappas):
        H_random, start = random_problem(kappa, seed)
        plain_rate, root = 2 / (1 + kappa), np.sqrt(kappa)
        fast_rate, keep = (2 / (1 + root)) ** 2, (root - 1) / (root + 1)
        counts[:, seed, i] = (
            count_steps(H_random, start, plain_rate, 0),
            count_steps(H_random, start, fast_rate, keep**2),
            np.ceil(np.log(1e-6) / np.log(keep)),
        )
names = "plain", "momentum", "power alone"
for name, table in zip(names, counts, strict=True):
    slopes = np.polyfit(np.log10(kappas), np.log10(table).T, 1)[0]
    print(f"{slopes.mean():.2f} ± {slopes.std(ddof=1):.3f} {name}")

# %% [markdown]
# Plain descent has its slope of 1.00. Momentum has 0.53, and the power alone 0.50: the
# extra $k$ makes the difference. It fades, but slowly, since $k$ costs only its
# logarithm: between a $\kappa$ of a million and ten million the slope is still 0.52.

# %% tags=["remove-cell"]
with checks("How the steps grow"):
    claim("numbers from 10 to 1000, ten seeds", kappas[0], kappas[-1])
    fits = [
        np.polyfit(np.log10(kappas), np.log10(t).T, 1)[0].mean()
        for t in counts
    ]
    claim("slope of 1.00. Momentum has 0.53", *fits[:2])
    claim("the power alone 0.50", fits[2])

    def waiting_steps(kappa):
        k = np.arange(100_000)
        r = (math.sqrt(kappa) - 1) / (math.sqrt(kappa) + 1)
        return steps_to_reach(
            (1 + (1 + r) * k) * r**k / math.sqrt(5), 1e-6
        )

    waits = [waiting_steps(kappa) for kappa in kappas]
    foreseen_slope = np.polyfit(np.log10(kappas), np.log10(waits), 1)[0]
    claim(
        "extra k makes the difference",
        abs(foreseen_slope - fits[1]) < 0.015,
    )
    early, late = (
        math.log10(waiting_steps(10 * k) / waiting_steps(k))
        for k in (10, 1e6)
    )
    claim("It fades, but slowly", early > late > 0.5)
    claim("between a kappa of a million", late > 0.5)
    claim("the slope is still 0.52", late)

# %% [markdown]
# ## What to keep
#
# - Along one curvature momentum is a mixture of two powers. While their roots are
#   complex, both have the size $\sqrt{\beta}$, whatever the curvature is.
# - The best pair puts the two extreme curvatures on the ends of that window. This is
#   where the square root of $\kappa$ comes from, and why both curvatures must be known.
# - At the ends the roots meet, and $k$ times a power joins. It costs half as many steps
#   again on the raw bills. On the wall it lets the error swing out first, by about
#   $\sqrt{\kappa} / e$. Look at the loss to see it; the distance can hide it.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-double-root-window
# The figures of this page use $\beta = 0.81$. For which condition number is that the
# tuned momentum? You should get 361. How many steps to a millionth does the power $r^k$
# alone promise, and how many do the two lines of {eq}`double-root-ends` need? Check it:
#
# ```python
# from helpers import check_answer
#
# check_answer("the shallow share", shallow_steps, 158, within=0)
# check_answer("the steep share", steep_steps, 187, within=0)
# ```
# ::::
#
# ```{solution-start} ex-double-root-window
# :class: dropdown
# ```
#
# With $r = 0.9$ the root of $\kappa$ is $(1 + r) / (1 - r)$, nineteen. The power alone
# promises 132 steps. The steep share has the larger factor beside $k$, so it arrives
# last.

# %%
from helpers import check_answer

k = np.arange(400)
power = 0.9**k
print(steps_to_reach(power, 1e-6), "power alone")
shallow_steps = steps_to_reach((1 + 0.1 * k) * power, 1e-6)
steep_steps = steps_to_reach((1 + 1.9 * k) * power, 1e-6)
check_answer("the shallow share", shallow_steps, 158, within=0)
check_answer("the steep share", steep_steps, 187, within=0)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("use beta = 0.81")
    size = factor_per_step(1, 0.81)
    claim("You should get 361", ((1 + size) / (1 - size)) ** 2)
    claim("With r = 0.9 the root", size)
    claim("promises 132 steps", steps_to_reach(power, 1e-6))

# %% [markdown]
# ## Sources and further reading
#
# - The heavy ball is from {cite}`polyak1964`. Goh {cite}`goh2017` draws the two roots
#   and their window with figures to play with.
# - Nesterov {cite}`nesterov2004` shows what no method of this kind can beat.
