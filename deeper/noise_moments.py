# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (noise-moments)=
# # The exact moments of the noise
#
# The short law of {ref}`gradient-noise` says how high a stochastic descent hovers above
# the lowest loss: $\eta \sigma^2 \operatorname{tr} H / 2b$. For single examples at the
# learning rate 0.05 that makes 0.55. Runs hover at 1.02. Where does the rest come from,
# and can you compute it without a single run?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** find the three things that the law leaves out, turn a noisy step into a
#   matrix, and compute the mean of all runs there could be, at the floor and on the
#   way.
# - **You need** the balance of pull and kick from {ref}`gradient-noise`, and products
#   of matrices.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %% [markdown]
# ## What the law leaves out
#
# Set up the thousand points, their best line, and the curvatures.

# %%
import numpy as np

from helpers import noisy_line

X, y = noisy_line()
X, y, n = X.astype(float), y[:, 0].astype(float), len(y)
w_best = np.linalg.solve(X.T @ X, X.T @ y)
residual = X @ w_best - y
sigma2 = residual @ residual / (n - 2)
H = 2 / n * X.T @ X
curvatures, directions = np.linalg.eigh(H)
law = sigma2 * curvatures.sum() / 2  # times rate / b: the floor

# %% [markdown]
# The law solved $v = (1 - \eta\lambda)^2 v + \eta^2 s^2 / b$ for small $\eta\lambda$.
# Without that shortcut the level along a direction is larger by the factor $2 / (2 -
# \eta\lambda)$. Along the steep one:

# %%
steep = curvatures[1]
for rate in (0.002, 0.01, 0.05):
    print(f"rate {rate}: {2 / (2 - rate * steep):.2f}")

# %% [markdown]
# So at 0.05 a factor of 1.41 is explained, for any batch size, and 1.85 is needed. The
# other part is an assumption. The law takes the kicks for the same wherever a run is.
# But an example with a large $x$ has a large curvature of its own. Away from the best
# line its gradient differs from the mean for that reason as well, and the farther away,
# the more.

# %% [markdown]
# ## A step is a matrix
#
# Let $\mathbf{e} = \mathbf{w} - \mathbf{w}^*$ be the error, $\mathbf{x}_i$ the features
# of example $i$ as a column, and $\rho_i$ its residual on the best line. The gradient
# of the example is $2 \mathbf{x}_i (\mathbf{x}_i^\top \mathbf{e} + \rho_i)$. The second
# part does not depend on $\mathbf{e}$, so this is not quite a matrix times
# $\mathbf{e}$. Put a 1 below the error, $\mathbf{z} = (\mathbf{e}, 1)$, and it is one
# times $\mathbf{z}$:
#
# ```{math}
# :label: noise-step
# G_i = \begin{pmatrix} 2 \mathbf{x}_i \mathbf{x}_i^\top & 2 \rho_i \mathbf{x}_i \\
#   0 & 0 \end{pmatrix}, \qquad
# \mathbf{z}_{k+1} = (I - \eta\, G_{\text{batch}})\, \mathbf{z}_k
# ```
#
# The row of zeros leaves the last entry alone. $I$ is the identity matrix, and
# $G_{\text{batch}}$ is the mean of the $G_i$ of the batch.

# %%
G = np.zeros((n, 3, 3))
G[:, :2, :2] = 2 * X[:, :, None] * X[:, None, :]
G[:, :2, 2] = 2 * residual[:, None] * X

z = np.array([1.0, -2.0, 1.0])  # some error, and the 1 below
w = w_best + z[:2]
gradient = 2 * (X[0] @ w - y[0]) * X[0]
print(G[0] @ z, gradient)

# %% [markdown]
# Both are the gradient of the first example. The matrix adds a zero.
#
# ## Nine numbers
#
# Now follow the mean over all runs, $\mathbb{E}$, of the matrix
# $\mathbf{z}\mathbf{z}^\top$, and call it $S$. Its upper left corner holds the mean
# squares and products of the errors, all that the mean loss needs. Let $\bar G$ be the
# mean of all $G_i$. A step is the mean step $A = I - \eta \bar G$, minus $\eta$ times
# what the batch adds to it. That addition is zero on average and, with independent
# draws, has one $b$-th of the spread of one example. So
#
# ```{math}
# :label: noise-second-moments
# S_{k+1} = A\, S_k\, A^\top
#   + \frac{\eta^2}{b n} \sum_{i=1}^n (G_i - \bar G)\, S_k\, (G_i - \bar G)^\top .
# ```
#
# The first part is the pull, the second the kick. The kick depends on $S_k$: that is
# what was missing. Both parts are sums of entries of $S_k$ times fixed numbers. So if
# you write $S$, row by row, as a list of nine numbers, one matrix $T$ with nine rows
# and columns makes the step. It is built from pieces $M S M^\top$, and for those NumPy
# has `kron`: $M S M^\top$ as a list is `np.kron(M, M)` times $S$ as a list.

# %%
G_mean = G.mean(axis=0)
G_spread = np.mean([np.kron(D, D) for D in G - G_mean], axis=0)


def moment_step(rate, batch_size, G_mean, G_spread):
    A = np.eye(3) - rate * G_mean
    return np.kron(A, A) + rate**2 / batch_size * G_spread


# %% [markdown]
# Check it against the mean over all possible first steps from $\mathbf{z}$, one for
# each example:

# %%
after = z - 0.05 * G @ z  # (n, 3)
by_hand = after.T @ after / n
S = np.outer(z, z).ravel()  # nine numbers
T = moment_step(0.05, 1, G_mean, G_spread)
print(np.allclose((T @ S).reshape(3, 3), by_hand))

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Nine numbers"):
    claim("one matrix T", np.allclose((T @ S).reshape(3, 3), by_hand))

# %% tags=["remove-cell"]
with checks("A step is a matrix"):
    claim(
        "Both are the gradient", np.allclose((G[0] @ z)[:2], gradient)
    )
    given("Put a 1 below")

# %% [markdown]
# ## The floor, exactly
#
# At the floor a step leaves $S$ as it is. The last of the nine numbers is the product
# of 1 and 1, so eight unknowns and eight equations remain. The mean excess is
# $\frac{1}{2} \operatorname{tr}(H \Sigma)$, half the sum of all products of entries,
# with the corner $\Sigma$ of $S$.


# %%
def mean_excess(S, H):  # S: nine numbers
    return np.sum(H * S.reshape(3, 3)[:2, :2]) / 2


def noise_floor(T, H):
    fixed = np.linalg.solve(np.eye(8) - T[:8, :8], T[:8, 8])
    return mean_excess(np.append(fixed, 1), H)


# %% [markdown]
# Set the law, this result and 200 runs side by side. ({ref}`many-trainings` explains
# `train_many`. It keeps the parameters after each "epoch", here one update.)

# %%
from helpers.training import train_many


def example_loss(w, X, y):
    return (X @ w - y) ** 2


def descents(start, rate, b, updates, rng):
    starts = np.tile(np.float32(start), (200, 1))
    shape = 200, updates, 1, b
    batches = rng.integers(n, size=shape, dtype=np.int32)
    runs = train_many(example_loss, starts, batches, X, y, rate)
    error = runs.parameters - w_best  # (runs, updates, 2)
    return np.sum(error @ H * error, axis=-1) / 2


# %% [markdown]
# From single examples to batches of 64:

# %%
rng = np.random.default_rng(0)
print(" rate   b     law   exact  measured  exact/law")
table = {}
for rate, b in ((0.01, 1), (0.05, 1), (0.05, 8), (0.05, 64)):
    exact = noise_floor(moment_step(rate, b, G_mean, G_spread), H)
    late = descents(w_best, rate, b, 600, rng)[:, 100:]
    seen = late.mean()
    table[rate, b] = rate / b * law, exact, seen
    row = f"{rate / b * law:.5f} {exact:.5f} {seen:.5f}"
    print(f"{rate:5} {b:3}  {row}  {exact / (rate / b * law):.2f}")

# %% [markdown]
# The column "exact" needed no runs, and the runs agree with it. In the last column, at
# the rate 0.05, larger batches take off what the examples' own curvatures seem to add,
# and leave the first factor. Is it these curvatures? Take them away: give every example
# the mean curvature, and keep its residual.

# %%
same = G.copy()
same[:, :2, :2] = H
offsets = same - same.mean(axis=0)
same_spread = np.mean([np.kron(D, D) for D in offsets], axis=0)
for name, spread in (("own", G_spread), ("mean", same_spread)):
    exact = noise_floor(moment_step(0.05, 1, G_mean, spread), H)
    print(
        f"{name:4} curvature: {exact / (0.05 * law):.2f} times the law"
    )

# %% [markdown]
# It is. Without them 1.43 is left. The first omission makes 1.41 of that. The rest is a
# third one, and small. The law takes the residuals for equally large everywhere, but
# where the features are large these happen to be a little larger: along the steep
# direction the slopes vary by more than $2 \sigma^2 \lambda$.

# %%
slopes = (2 * residual[:, None] * X) @ directions[:, 1]
third = slopes.var() / (2 * sigma2 * steep)
print(
    f"{third:.3f} times, together {2 / (2 - 0.05 * steep) * third:.2f}"
)

# %% [markdown]
# Powers of $T$ give the way there as well, from any start. {numref}`fig-noise-floor`
# compares them with runs.

# %% tags=["hide-input"]
#| name: fig-noise-floor
#| caption: Mean excess with one example a step, from the best line (rising) and from
#|   (0, 0) (falling). Dots are means of 200 runs, black lines are computed without any
#|   run.
#| alt: Mean excess loss against updates, both axes on log scales, for three learning
#|   rates. For each, one curve falls from above and one rises from below to the same
#|   level. The larger the rate, the higher the level and the earlier the two meet. With
#|   the smallest rate they have not met. Dots lie on the black lines throughout.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GREEN, ORANGE, use_book_style

use_book_style()
at = np.unique(np.geomspace(1, 3000, 24).astype(int))
figure, ax = plt.subplots(figsize=(5.4, 3.9))
for rate, color in ((0.002, BLUE), (0.01, GREEN), (0.05, ORANGE)):
    T = moment_step(rate, 1, G_mean, G_spread)
    for w in (w_best, np.zeros(2)):
        z = np.append(w - w_best, 1)
        powers = [np.linalg.matrix_power(T, k) for k in at]
        S = powers @ np.outer(z, z).ravel()  # (times, 9)
        line = [mean_excess(row, H) for row in S]
        ax.loglog(at, line, color=BLACK, lw=0.9)
        dots = descents(w, rate, 1, 3000, rng).mean(axis=0)[at - 1]
        ax.loglog(at, dots, "o", color=color, ms=3.5)
    place = 3500, noise_floor(T, H)
    ax.text(*place, f"rate {rate}", color=color, va="center")
ax.set(xlabel="updates", ylabel="mean excess loss", xlim=(0.9, 20_000))
ax.set_title("Up and down to one floor")
plt.show()

# %% [markdown]
# One more thing can be read from $T$. The mean stays bounded only while no eigenvalue
# of its first eight rows and columns is larger than one in size. Find the rate at which
# the largest reaches one, for single examples:

# %%
low, top = 0.01, 0.17
for _ in range(30):
    middle = (low + top) / 2
    T = moment_step(middle, 1, G_mean, G_spread)
    grows = np.abs(np.linalg.eigvals(T[:8, :8])).max() > 1
    low, top = (low, middle) if grows else (middle, top)
print(f"one example {top:.3f}, all examples {2 / steep:.3f}")

# %% [markdown]
# At 0.110 it reaches one, far below the limit of batch descent. {ref}`rare-runs` looks
# beyond.

# %% tags=["remove-cell"]
with checks("The floor, exactly"):
    claim("result and 200 runs", len(late))
    claim("are means of 200 runs", len(late))
    claim("batches of 64", max(b for _, b in table))
    given("product of 1 and 1")
    given("from (0, 0) (falling)")
    claim(
        "the runs agree with it",
        all(
            abs(seen / exact - 1) < 0.06
            for _, exact, seen in table.values()
        ),
    )
    left = exact / (0.05 * law)
    claim("Without them 1.43 is left", left)
    claim("makes 1.41 of that", 2 / (2 - 0.05 * steep))
    claim(
        "The rest is a third one, and small",
        1 < left * (2 - 0.05 * steep) / 2 < 1.03
        and abs(third * 2 / (2 - 0.05 * steep) / left - 1) < 0.01,
    )
    by_law = {key: row[1] / row[0] for key, row in table.items()}
    claim(
        "leave the first factor",
        by_law[0.05, 1] > by_law[0.05, 8] > by_law[0.05, 64] > 1.4,
    )
    given("the rate 0.05, larger")
    claim("At 0.110 it reaches one", top)
    claim("far below the limit", top < 0.7 * 2 / steep)

# %% tags=["remove-cell"]
with checks("What the law leaves out"):
    given("So at 0.05 a factor")
    claim("a factor of 1.41", 2 / (2 - 0.05 * steep))
    claim("and 1.85 is needed", table[0.05, 1][1] / table[0.05, 1][0])

# %% tags=["remove-cell"]
with checks("The exact moments of the noise"):
    given("rate 0.05 that makes")
    claim("that makes 0.55", table[0.05, 1][0])
    claim("Runs hover at 1.02", table[0.05, 1][1])

# %% [markdown]
# ## Normal features: one number for each direction
#
# For $p$ parameters $S$ has $(p + 1)^2$ numbers, and $T$ the square of that. If the
# features are normally distributed, far less will do. Go along the eigenvectors of $H$.
# There the features are independent, with the variances $\lambda_i / 2$. What is the
# variance of the gradient of one example at the error $\mathbf{e}$?
#
# Its entry along direction $i$ is a product, $2 x_i$ times
# $\mathbf{x}^\top \mathbf{e} + \rho$. For the product of two normal variables with mean
# zero there is a rule:
# $\mathbb{E}[u^2 v^2] = \mathbb{E}[u^2]\, \mathbb{E}[v^2] + 2\, \mathbb{E}[u v]^2$.
# Here $\mathbb{E}[u^2] = 2 \lambda_i$, $\mathbb{E}[v^2]$ is the loss $L$, and
# $\mathbb{E}[uv]$ is the mean gradient, $\lambda_i e_i$. Subtract the square of that,
# and what remains is
#
# ```{math}
# :label: noise-normal
# s_i^2 = 2 \lambda_i L + \lambda_i^2 e_i^2 ,
# \qquad L = \sigma^2 + \tfrac{1}{2} \sum_j \lambda_j e_j^2 .
# ```
#
# So the kicks grow with the loss, and a little with the error of their own direction. A
# check, with half a million draws:

# %%
lam, e, sigma = np.array([8, 2, 0.5]), np.array([1.0, -1, 2]), 0.5
x = rng.normal(size=(500_000, 3)) * np.sqrt(lam / 2)
rho = sigma * rng.normal(size=500_000)
g = 2 * (x @ e + rho)[:, None] * x
loss = sigma**2 + lam @ e**2 / 2
print(g.var(axis=0).round(1))
print((2 * lam * loss + lam**2 * e**2).round(1))

# %% [markdown]
# Averaged over runs, $e_i^2$ becomes $v_i$: a recursion with $p$ numbers instead of
# $(p + 1)^2$. {ref}`gradient-noise` counts updates with a simpler one, whose kicks do
# not
# grow. When is that good enough? Follow both in the fan of that chapter, and train.


# %%
fan = np.geomspace(10 / 35, 10, 24)
v_start = 2 * 5 / 24 / fan  # an excess of five, equal shares


def recursion(rate, b, updates, grows):  # with sigma = 1
    v = v_start
    for _ in range(updates):
        kick = 2 * fan
        if grows:
            kick = 2 * fan * (1 + v @ fan / 2) + fan**2 * v
        v = (1 - rate * fan) ** 2 * v + rate**2 / b * kick
    return v @ fan / 2


# %% [markdown]
# Draw 20,000 rows with normal features, and train 100 runs for each setting:

# %%
x = rng.normal(size=(20_000, 24)) * np.sqrt(fan / 2)
noise = rng.normal(size=20_000)  # the true parameters are zero
best = np.linalg.lstsq(x, noise)[0]
starts = np.tile(np.float32(best + np.sqrt(v_start)), (100, 1))
final = {}
for rate, b, updates in ((0.008, 32, 1200), (0.04, 8, 300)):
    shape = 100, updates, 1, b
    batches = rng.integers(len(x), size=shape, dtype=np.int32)
    trained = train_many(example_loss, starts, batches, x, noise, rate)
    error = trained.parameters[:, -1] - best
    final[rate] = [
        recursion(rate, b, updates, grows) for grows in (False, True)
    ] + [np.mean(error**2 @ fan) / 2]
    print(f"rate {rate}, b = {b:2}:", np.round(final[rate], 4))

# %% [markdown]
# The columns are the simple recursion, the full one and the mean excess of the runs. At
# the floor of a hundredth of $\sigma^2$, where the chapter counts, the simple one is
# enough. Where the floor is about a fifth of it, the full one is needed.

# %% tags=["remove-cell"]
with checks("Normal features: one number for each direction"):
    predicted = 2 * lam * loss + lam**2 * e**2
    claim(
        "what remains is",
        np.allclose(g.var(axis=0), predicted, rtol=0.05),
    )
    claim("half a million draws", len(rho) == 500_000)
    given("instead of (p + 1)")
    claim("Draw 20,000 rows", len(x))
    claim("train 100 runs for each", len(starts))
    simple, full, runs = final[0.008]
    claim("At the floor of a hundredth of", 0.007 < full < 0.012)
    claim("the simple one is enough", abs(simple / full - 1) < 0.03)
    claim(
        "Follow both in the fan of that chapter, and train",
        abs(runs / full - 1) < 0.12
        and abs(final[0.04][2] / final[0.04][1] - 1) < 0.12,
    )
    simple, full, runs = final[0.04]
    claim("Where the floor is about a fifth of", 0.17 < full < 0.3)
    claim("the full one is needed", full > 1.1 * simple)

# %% [markdown]
# ## What to keep
#
# - The short law leaves out three things: that $\eta\lambda$ is not small, that kicks
#   grow with the distance, because examples differ in curvature, and (little, here)
#   that residuals are not equally large everywhere.
# - Lengthen the error by an entry that is always one, and a noisy step is a matrix. The
#   second moments of all runs then obey a linear recursion, which gives the floor and
#   the way to it exactly.
# - For normal features the kick along $\lambda$ has the variance $2 \lambda L +
#   \lambda^2 v$.
#
# ## Exercises
#
# ::::{exercise}
# :label: ex-moments-half
# At which learning rate is the exact floor of single examples twice the law's? Find it
# by bisection. You should get about 0.055.
# ::::
#
# ```{solution-start} ex-moments-half
# :class: dropdown
# ```

# %%
low, high = 0.01, 0.1
for _ in range(30):
    middle = (low + high) / 2
    T = moment_step(middle, 1, G_mean, G_spread)
    above = noise_floor(T, H) > 2 * middle * law
    low, high = (low, middle) if above else (middle, high)
print(f"{middle:.4f}")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("get about 0.055", middle)
    doubled = noise_floor(moment_step(middle, 1, G_mean, G_spread), H)
    claim("twice the law", np.isclose(doubled, 2 * middle * law))

# %% [markdown]
# ::::{exercise}
# :label: ex-moments-interpolate
# Set every residual to zero, so that the line goes through all points. What is the
# floor of single examples then, and up to which learning rate does the mean stay
# bounded? Reason first, then compute both.
# ::::
#
# ```{solution-start} ex-moments-interpolate
# :class: dropdown
# ```
#
# On the line no example kicks, so a run that arrives stays: the floor is zero. But off
# the line the examples still differ in curvature. That decides the limit, and it is as
# before, 0.110.

# %%
exact_fit = G.copy()
exact_fit[:, :2, 2] = 0
offsets = exact_fit - exact_fit.mean(axis=0)
fit_spread = np.mean([np.kron(D, D) for D in offsets], axis=0)
fit_mean = exact_fit.mean(axis=0)
for rate in (0.05, 0.109, 0.111):
    T = moment_step(rate, 1, fit_mean, fit_spread)
    size = np.abs(np.linalg.eigvals(T[:8, :8])).max()
    print(f"{rate}: {size:.3f}, floor {noise_floor(T, H):.2g}")

# %% [markdown]
# (Beyond the limit the fixed point means nothing.)
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("as before, 0.110", top)
    T = moment_step(0.05, 1, fit_mean, fit_spread)
    claim("the floor is zero", abs(noise_floor(T, H)) < 1e-12)
    claim("That decides the limit", size > 1)

# %% [markdown]
# ## Sources and further reading
#
# {cite}`mandt2017` take the balance of pull and kick as a model of stochastic descent
# near any minimum. The data are from a {ref}`notebook <source-nn-gradient-descent>`
# {cite}`nn_gradient_descent`.
