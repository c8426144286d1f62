# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (gradient-noise)=
# # The noise in stochastic descent
#
# Put a stochastic descent exactly on the best line, and let it run: one example a step,
# learning rate 0.01. It does not stay. After a few dozen steps its loss is, on average,
# 0.12 above the lowest, and there it remains. That is 34 times the tolerance of
# {ref}`three-regimes`. Each run is random. That level is not: you can compute it on
# paper. What sets it, and what brings it down?

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %% [markdown]
# :::{admonition} Before you start
# :class: tip
# - **You will** derive the level at which a descent hovers, predict the shape of a
#   cloud of runs, and find out how far smaller rates and larger batches help.
# - **You need** the line and its excess loss from {ref}`three-regimes`; curvatures,
#   eigenvectors and (for one exercise) momentum from {ref}`conditioning`; variances.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## How noisy is one step?
#
# The data are the 1000 points of {ref}`three-regimes`, from a published {ref}`notebook
# <source-nn-gradient-descent>` {cite}`nn_gradient_descent`. Solve for the best line,
# and estimate the variance $\sigma^2$ of the noise in the targets from the residuals
# around it. The tolerance, $2\sigma^2/n$, is how far above the lowest loss the true
# line lies on average.

# %%
import numpy as np

from helpers import noisy_line

X, y = noisy_line()
X, y, n = X.astype(float), y[:, 0].astype(float), len(y)
w_best = np.linalg.solve(X.T @ X, X.T @ y)
residual = X @ w_best - y
sigma2 = residual @ residual / (n - 2)
tolerance = 2 * sigma2 / n
print(f"variance {sigma2:.2f}, tolerance {tolerance:.4f}")

# %% [markdown]
# On the best line the gradient of the loss is zero. It is the mean of the gradients of
# all examples, and they are not zero. Draw one at random: it is right on average, or
# **{term}`unbiased`**. What it is off by is the **{term}`gradient noise`**.

# %%
g = 2 * residual[:, None] * X  # (1000, 2), a gradient per example
print(f"gradient {np.abs(g.mean(axis=0)).round(9)}")
rng = np.random.default_rng(0)
for b in (1, 10, 100):
    batches = rng.integers(n, size=(20_000, b))
    means = g[batches].mean(axis=1)  # (20000, 2)
    print(f"b = {b:3}: variance {means.var(axis=0).sum():.2f}")

# %% [markdown]
# The variance (the sum over both parameters) is about 45 for one example, and the mean
# of $b$ independent draws has one $b$-th of it. At the minimum every step is noise.
# (Shuffled rows are not quite independent: {ref}`shuffled-noise`.)

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("How noisy is one step?"):
    claim("the 1000 points", n)
    claim(
        "the gradient of the loss is zero",
        np.abs(g.mean(axis=0)).max() < 1e-9,
    )
    claim("they are not zero", np.linalg.norm(g, axis=1).min() > 0)
    total = g.var(axis=0).sum()
    claim("is about 45 for one example", total)
    claim(
        "one b-th of it",
        abs(means.var(axis=0).sum() * 100 / total - 1) < 0.1,
    )

# %% [markdown]
# ## One parameter first
#
# Suppose that you know the slope, 2, and look only for the intercept $w$. Example $i$
# then says "it is $z_i = y_i - 2 x_i$". The loss is the mean of $(w - z_i)^2$, with its
# minimum at the mean of the $z_i$, and a step goes down the slope $2 (w - z_i)$,
# averaged over a batch. Start 300 runs at the minimum.


# %%
def hover(z, rate, batch_size, steps, rng, runs=300):
    w, path = np.full(runs, z.mean()), []
    for _ in range(steps):
        drawn = rng.choice(z, size=(runs, batch_size))
        w = w - rate * 2 * (w - drawn.mean(axis=1))
        path.append(w)
    return np.stack(path, axis=1)  # (runs, steps)


z = y - 2 * X[:, 1]
settings = [(0.1, 1), (0.025, 1), (0.1, 16), (0.025, 16)]
paths = {pair: hover(z, *pair, 400, rng) for pair in settings}

# %% [markdown]
# With the rate 0.1 and single examples, most runs stay in a band that reaches 0.9 to
# each side of the minimum. How much narrower is the band at a quarter of the rate? And
# with 16 examples a step?
#
# :::{admonition} What do you expect?
# :class: dropdown
# At a quarter of the rate each kick is a quarter as long, so a quarter of the width is
# a natural guess. But the pull back is weaker by as much, and kicks pile up for longer.
# The width is about half. Sixteen examples leave the pull alone. The variance of the
# kicks is a sixteenth, and the width *is* a quarter.
# :::

# %% tags=["hide-input"]
#| name: fig-noise-hover
#| caption: Three runs each, from the minimum. Dashed lines are two standard deviations
#|   away, computed with the formula below.
#| alt: Four panels of the intercept against steps, in each three jagged lines around
#|   4.97 between two dashed lines. Above left, rate 0.1 with single examples, the lines
#|   jitter in a wide band. Above right, at a quarter of the rate, the band is half as
#|   wide and the lines wander slowly. Below, with 16 examples a step, both bands are a
#|   quarter as wide.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GREEN, ORANGE, use_book_style

use_book_style()
figure, axes = plt.subplots(2, 2, sharex=True, sharey=True)
figure.set_size_inches(5.4, 4.4)
for ax, (rate, b) in zip(axes.flat, settings, strict=True):
    ax.set_prop_cycle(color=(BLUE, GREEN, ORANGE), linewidth=3 * [0.9])
    ax.plot(paths[rate, b][:3, :200].T)
    width = 2 * np.sqrt(rate * 4 * z.var() / b / (2 * (2 - 2 * rate)))
    for side in (-width, width):
        ax.axhline(z.mean() + side, color=BLACK, ls="--", lw=1)
    ax.set_title(f"rate {rate}, b = {b}", fontsize=11)
plt.setp(axes[1], xlabel="step")
plt.setp(axes[:, 0], ylabel="intercept")
figure.suptitle(
    "Smaller rates and larger batches calm it", x=0.02, ha="left"
)
plt.show()

# %% [markdown]
# Now the formula. The loss has the curvature $\lambda = 2$. Let $e$ be the error, the
# distance of $w$ from the minimum. A batch's slope is $\lambda e$ plus a noise $\xi$,
# so a step of learning rate $\eta$ leads to
#
# $$e_{k+1} = (1 - \eta\lambda)\, e_k - \eta\, \xi_k .$$
#
# Square it, and take the mean $\mathbb{E}$ over all runs that there could be. The noise
# is fresh and zero on average, so its product with $e_k$ drops out. With $v_k =
# \mathbb{E}[e_k^2]$, and $s^2$ for the variance of one example's slope, which a batch
# divides by $b$,
#
# ```{math}
# :label: noise-one
# v_{k+1} = (1 - \eta\lambda)^2\, v_k + \frac{\eta^2 s^2}{b} .
# ```
#
# The first term is the pull, the second the kick. Where they balance, $v_{k+1} = v_k =
# v$. Bring the $v$ to one side, where they add up to $\eta\lambda (2 - \eta\lambda)\,
# v$, and solve:
#
# ```{math}
# :label: noise-level
# v = \frac{\eta\, s^2}{b\, \lambda\, (2 - \eta\lambda)}
#   \approx \frac{\eta}{b} \cdot \frac{s^2}{2 \lambda} .
# ```
#
# While $\eta\lambda$ is small, only the quotient $\eta / b$ counts. Here $s^2$ is four
# times the variance of the $z_i$:

# %%
curvature, slope_variance = 2, 4 * z.var()
print("  rate   b  predicted  measured")
for rate, b in settings:
    pull = b * curvature * (2 - rate * curvature)
    predicted = rate * slope_variance / pull
    measured = np.mean((paths[rate, b][:, 200:] - z.mean()) ** 2)
    print(f"{rate:6} {b:3}     {predicted:.4f}    {measured:.4f}")

# %% [markdown]
# The left column needed no run. {eq}`noise-one` also says how long a run remembers its
# start: the variance it brings along fades as $(1 - \eta\lambda)^{2k}$, in about $1 /
# (2 \eta\lambda)$ steps.

# %% tags=["remove-cell"]
with checks("One parameter first"):
    given(
        "the slope, 2, and look", "has the curvature", "Start 300 runs"
    )
    given("with 16 examples a step?", "with 16 examples a step, both")
    level = {
        (rate, b): rate * slope_variance / (b * 2 * (2 - 2 * rate))
        for rate, b in settings
    }
    errors = {
        key: path[:, 200:] - z.mean() for key, path in paths.items()
    }
    seen = {key: np.mean(error**2) for key, error in errors.items()}
    off = [abs(seen[key] / level[key] - 1) for key in settings]
    claim("and solve", max(off) < 0.12)
    wide = 2 * level[0.1, 1] ** 0.5
    claim("With the rate 0.1 and single", settings[0][0])
    claim("reaches 0.9 to each side", wide)
    inside = np.mean(np.abs(errors[0.1, 1]) < wide)
    claim("most runs stay in a band", inside > 0.9)
    claim("around 4.97", z.mean())
    claim("Above left, rate 0.1 with", settings[0][0])
    width = {key: value**0.5 for key, value in level.items()}
    half = width[0.025, 1] / width[0.1, 1]
    narrow = paths[0.025, 1][:, 0] - z.mean()  # after one kick
    kick_ratio = narrow.std() / (paths[0.1, 1][:, 0] - z.mean()).std()
    claim(
        "each kick is a quarter as long, so a quarter of the width",
        abs(kick_ratio - 0.25) < 0.05,
    )
    one_fourth = settings[1][0] / settings[0][0] == 0.25
    claim("band at a quarter of the rate? And", one_fourth)
    claim("At a quarter of the rate each", one_fourth)
    claim("at a quarter of the rate, the band", one_fourth)
    claim("The width is about half", abs(half - 0.5) < 0.03)
    claim("the band is half as wide", abs(half - 0.5) < 0.03)
    quarter = [
        width[rate, 16] / width[rate, 1] for rate in (0.1, 0.025)
    ]
    claim("and the width is a quarter", np.allclose(quarter, 0.25))
    claim(
        "both bands are a quarter as wide", np.allclose(quarter, 0.25)
    )
    claim(
        "is four times the variance",
        np.isclose(slope_variance, (2 * (z - z.mean())).var()),
    )

# %% [markdown]
# ## All directions at once
#
# The line has two parameters. Along each eigenvector of its Hessian $H$ the descent is
# one of a single parameter ({ref}`conditioning`), with its own curvature $\lambda$ and
# its own kicks. If the noise in the targets is the same
# everywhere, the variance of an example's gradient, $2 \rho_i \mathbf{x}_i$ with the
# residual $\rho_i$ and the features $\mathbf{x}_i$, along an eigenvector is $4
# \sigma^2$ times the mean square of the features there. That mean square is $\lambda /
# 2$, since $H$ is $\frac{2}{n} X^\top X$. So expect $s^2 = 2 \sigma^2 \lambda$.

# %%
H = 2 / n * X.T @ X
curvatures, directions = np.linalg.eigh(H)
along = (g @ directions).var(axis=0)
print("curvatures λ      ", curvatures.round(2))
print("2σ²λ              ", (2 * sigma2 * curvatures).round(1))
print("variance of slopes", along.round(1))

# %% [markdown]
# Steep walls kick hard. The valley is about six times as long as it is wide. Let many
# runs hover in it. What shape does the cloud have?
#
# :::{admonition} What do you expect?
# :class: dropdown
# It is round. Put $s^2 = 2 \sigma^2 \lambda$ into {eq}`noise-level`, and $\lambda$
# cancels: $v \approx \eta \sigma^2 / b$ in every direction. A steep wall pulls harder,
# and kicks harder by as much.
# :::
#
# `train_many` of {ref}`many-trainings` keeps the parameters after each epoch. With
# "epochs" of one update it keeps them all.

# %%
from helpers.training import train_many


def example_loss(w, X, y):
    return (X @ w - y) ** 2


def descents(X, y, start, rate, b, updates, rng, runs=200):
    starts = np.tile(np.float32(start), (runs, 1))
    shape = runs, updates, 1, b  # one update in each "epoch"
    batches = rng.integers(len(y), size=shape, dtype=np.int32)
    trained = train_many(example_loss, starts, batches, X, y, rate)
    return trained.parameters.astype(float)  # (runs, updates, p)


cloud = descents(X, y, w_best, 0.002, 1, 4000, rng, 2000)[:, -1]

# %% [markdown]
# These are the last states of 2000 runs. A round normal cloud has $1 - e^{-2}$ of its
# points within two standard deviations. Compare that share, and the variances along the
# valley and across it.

# %%
predicted = 0.002 * sigma2
radius = 2 * np.sqrt(predicted)
inside = np.linalg.norm(cloud - w_best, axis=1) < radius
variances = ((cloud - w_best) @ directions).var(axis=0)
print(f"inside {inside.mean():.0%}, expected {1 - np.exp(-2):.0%}")
print("variances / predicted", (variances / predicted).round(2))

# %% [markdown]
# All is as predicted, within the luck of 2000 runs ({numref}`fig-noise-round`).

# %% tags=["hide-input"]
#| name: fig-noise-round
#| caption: The last states of 2000 runs from the best line, with the rate 0.002 and one
#|   example a step. The circle has the predicted radius of two standard deviations.
#|   Gray lines are lines of equal loss, dashed ones the eigenvectors.
#| alt: The plane of intercept and slope, with equal scales. Gray contour lines of the
#|   loss are narrow, tilted ellipses, about six times as long as wide. Blue dots fill a
#|   round cloud, as wide along the valley as across it. Most dots lie within a
#|   black circle. It is about twice as wide as the largest ellipse, and not half as
#|   long. Two dashed lines through its center run along the valley and
#|   across it.
from helpers import GRAY

i, j = np.meshgrid(np.linspace(-0.43, 0.43), np.linspace(-0.34, 0.34))
height = (H[0, 0] * i**2 + 2 * H[0, 1] * i * j + H[1, 1] * j**2) / 2
i, j = i + w_best[0], j + w_best[1]
figure, ax = plt.subplots(figsize=(5.4, 4.6))
levels = [0.0015, 0.006, 0.0135, 0.024]
ax.contour(i, j, height, levels, colors=GRAY, linewidths=0.8)
ax.plot(*cloud.T, ".", color=BLUE, ms=2, alpha=0.5)
for direction in directions.T:
    axis = w_best + np.array([[-0.4], [0.4]]) * direction
    ax.plot(*axis.T, "--", color=BLACK, lw=0.9)
angle = np.linspace(0, 2 * np.pi, 100)
circle = w_best + radius * np.c_[np.cos(angle), np.sin(angle)]
ax.plot(*circle.T, color=BLACK)
ax.set(xlabel="intercept", ylabel="slope", aspect="equal")
ax.set_title("A long valley holds a round cloud")
plt.show()

# %% [markdown]
# Along each direction the loss rises on average by $\lambda v / 2$. Sum that up with $v
# = \eta \sigma^2 / b$. The sum of the curvatures is the trace of the Hessian,
# $\operatorname{tr} H$. The mean excess at which the descent hovers is its
# **{term}`noise floor`** {cite}`mandt2017`:
#
# ```{math}
# :label: noise-floor
# \text{floor} \approx \frac{\eta}{b} \cdot
#   \frac{\sigma^2 \operatorname{tr} H}{2} .
# ```


# %%
def excess_loss(w, w_best, H):  # w: (..., 2)
    error = w - w_best
    return np.sum(error @ H * error, axis=-1) / 2


for rate, b in ((0.01, 1), (0.01, 16), (0.05, 1)):
    path = descents(X, y, w_best, rate, b, 3000, rng)[:, 1000:]
    floor = rate / b * sigma2 * curvatures.sum() / 2
    measured = excess_loss(path, w_best, H).mean()
    print(f"{rate}, b = {b:2}: {floor:.4f}, measured {measured:.4f}")

# %% [markdown]
# The first row is the opening. The formula is for small rates: here it is about a tenth
# too low, at 0.05 nearly half. {ref}`noise-moments` shows what it leaves out. Above a
# rate of 0.11 the mean has no floor at all, although most runs look fine:
# {ref}`rare-runs`.

# %% tags=["remove-cell"]
with checks("All directions at once"):
    claim(
        "So expect",
        np.allclose(along, 2 * sigma2 * curvatures, rtol=0.05),
    )
    claim(
        "about six times as long as it is wide",
        5.5 < (curvatures[1] / curvatures[0]) ** 0.5 < 6.5,
    )
    claim("It is round", np.allclose(variances, predicted, rtol=0.15))
    ratio = variances[0] / variances[1]
    claim("as wide along", 0.85 < ratio**0.5 < 1.15)
    claim(
        "All is as predicted",
        np.allclose(variances, predicted, rtol=0.15)
        and abs(inside.mean() - (1 - np.exp(-2))) < 0.04,
    )
    claim("These are the last states of 2000 runs", len(cloud))
    claim("the luck of 2000 runs", len(cloud))
    claim("The last states of 2000 runs from", len(cloud))
    given("with the rate 0.002")
    claim("Most dots lie", 0.8 < float(inside.mean()) < 0.92)
    long, wide = np.sqrt(2 * levels[-1] / curvatures)
    claim("about six times as long as wide", 5.5 < long / wide < 6.5)
    claim("and not half as long", radius < 0.5 * long)
    claim("about twice as wide as the", 1.7 < radius / wide < 2.2)
    # the exact floors, by the moments of the page Exact moments
    G = np.zeros((n, 3, 3))
    G[:, :2, :2] = 2 * X[:, :, None] * X[:, None, :]
    G[:, :2, 2] = g
    G_mean = G.mean(axis=0)
    G_kron = np.mean([np.kron(D, D) for D in G - G_mean], axis=0)

    def moments(rate, b):
        step = np.eye(3) - rate * G_mean
        return np.kron(step, step) + rate**2 / b * G_kron

    def exact_floor(rate, b):
        T = moments(rate, b)
        fixed = np.linalg.solve(np.eye(8) - T[:8, :8], T[:8, 8])
        Sigma = np.append(fixed, 1).reshape(3, 3)[:2, :2]
        return np.sum(H * Sigma) / 2

    law = sigma2 * curvatures.sum() / 2
    ratios = [exact_floor(r, 1) / (r * law) for r in (0.002, 0.05)]
    claim("The formula is for small rates", ratios[0] < 1.05)
    low = 1 - 1 / ratios[1]
    claim("at 0.05 nearly half", 0.4 < low < 0.5)
    tops = [
        np.abs(np.linalg.eigvals(moments(r, 1)[:8, :8])).max()
        for r in (0.109, 0.111)
    ]
    claim("Above a rate of 0.11", tops[0] < 1 < tops[1])
    hovers = exact_floor(0.01, 1)
    claim("The first row is the opening", 0.12 < hovers < 0.13)
    claim(
        "about a tenth too low", 0.05 < 1 - 0.01 * law / hovers < 0.15
    )

# %% tags=["remove-cell"]
with checks("The noise in stochastic descent"):
    given("learning rate 0.01")
    claim("on average, 0.12 above", hovers)
    claim("That is 34 times the tolerance", hovers / tolerance)
    T = moments(0.01, 1)
    soon = np.linalg.matrix_power(T, 40)[:, 8].reshape(3, 3)[:2, :2]
    claim("After a few dozen", np.sum(H * soon) / 2 > 0.95 * hovers)

# %% [markdown]
# ## Let the rate fall
#
# A large rate forgets the start quickly, a small one has a low floor. To have both,
# {cite:t}`robbins1951` let the rate fall, such that
#
# ```{math}
# :label: noise-robbins-monro
# \sum_k \eta_k = \infty, \qquad \sum_k \eta_k^2 < \infty .
# ```
#
# The first sum is how far you can get: along a curvature $\lambda$ the error shrinks by
# about the factor $e^{-\lambda \sum \eta_k}$. The second bounds the noise: by
# {eq}`noise-one` a kick adds $\eta_k^2 s^2$, so $s^2 \sum \eta_k^2$ is all that is ever
# added. A constant rate breaks it. The {term}`schedule` $\eta_k = c/k$ keeps both, and
# can still crawl. Its sum grows only as $c \log k$, so the shallow excess falls as
# $k^{-2 c \lambda_{\min}}$. To fall as $1/k$ it needs $c > 1 / (2 \lambda_{\min})$,
# here 1.5. Compare four schedules that all begin at 0.02, from $(0, 0)$:

# %%
k = np.arange(10_000)
schedules = {
    "constant": np.full(len(k), 0.02),
    "two cuts": 0.02 * 0.1 ** np.digitize(k, [1000, 4000]),
    "c = 4": 4 / (k + 200),
    "c = 0.5": 0.5 / (k + 25),
}

# %% [markdown]
# Beside the mean excess at the end, print the floor of the last rate.

# %%
falling = {}
for name, rates in schedules.items():
    rates = rates[:, None]  # a column: (updates, 1)
    path = descents(X, y, [0, 0], rates, 1, len(k), rng)
    falling[name] = path
    ends = excess_loss(path[:, -1], w_best, H)
    floor = rates[-1, 0] * sigma2 * curvatures.sum() / 2
    print(f"{name:8} {ends.mean():.4f}, floor {floor:.4f}")

# %% [markdown]
# Three end near their floors. With $c = 0.5$ the floor is hundreds of times lower than
# the end: what is left is the start, which crawls. See {numref}`fig-noise-decay`.

# %% tags=["hide-input"]
#| name: fig-noise-decay
#| caption: Mean excess of 200 runs with one example a step.
#| alt: Mean excess loss against updates, log scales. A constant rate levels off early,
#|   far above a dashed line, the tolerance. The schedule with c = 0.5 falls on a gentle
#|   slant and stays highest. The one with c = 4 falls on a steeper slant and ends a
#|   little above the dashed line. Two cuts make a staircase that ends below it.
from helpers import PINK

marks = np.geomspace(20, len(k), 40).round().astype(int)
figure, ax = plt.subplots(figsize=(5.4, 3.9))
colors = (BLUE, GREEN, ORANGE, PINK)
for name, color in zip(schedules, colors, strict=True):
    kept = excess_loss(falling[name][:, marks - 1], w_best, H)
    ax.loglog(marks, kept.mean(axis=0), color=color)
ax.axhline(tolerance, color=GRAY, linestyle="--", linewidth=1)
ax.text(22, 0.0042, "tolerance", color=GRAY)
ax.text(2500, 0.14, "constant", color=BLUE)
ax.text(1500, 1.0, "c = 0.5", color=PINK)
ax.text(190, 0.1, "c = 4", color=ORANGE)
ax.text(330, 0.022, "two cuts", color=GREEN)
ax.set(xlabel="updates k", ylabel="mean excess loss")
ax.set_title("A falling rate can crawl, or arrive")
plt.show()

# %% [markdown]
# Only the two cuts end within the tolerance: their last rate is half that of $c = 4$.
# But they needed to know when to cut.

# %% tags=["remove-cell"]
with checks("Let the rate fall"):
    claim("here 1.5", 1 / (2 * curvatures[0]))
    firsts = [rates[0] for rates in schedules.values()]
    claim("all begin at 0.02", np.allclose(firsts, 0.02))
    claim("of 200 runs", len(falling["constant"]))
    given("from (0, 0):", "with c = 0.5 falls", "with c = 4")
    last = {
        name: excess_loss(path[:, -1], w_best, H).mean()
        for name, path in falling.items()
    }
    lowest = {
        name: rates[-1] * sigma2 * curvatures.sum() / 2
        for name, rates in schedules.items()
    }
    near = [last[name] / lowest[name] for name in list(last)[:3]]
    claim("end near their floors", 0.8 < min(near) <= max(near) < 1.5)
    far = last["c = 0.5"] / lowest["c = 0.5"]
    given("With c = 0.5 the", "half that of c = 4")
    claim("is hundreds of times", 300 < far < 900)
    S0 = (w_best @ directions) ** 2
    for rate in schedules["c = 0.5"]:
        S0 = (1 - rate * curvatures) ** 2 * S0
    claim(
        "what is left is the start",
        abs(curvatures @ S0 / 2 / last["c = 0.5"] - 1) < 0.1,
    )
    claim(
        "their last rate is half that of",
        0.45 < lowest["two cuts"] / lowest["c = 4"] < 0.55,
    )
    claim("stays highest", max(last, key=last.get) == "c = 0.5")
    claim("the start, which crawls", last["c = 0.5"] > 50 * tolerance)
    claim("ends a little above", 1 < last["c = 4"] / tolerance < 2)
    claim(
        "Only the two cuts end within",
        last["two cuts"] < 0.9 * tolerance
        and min(last["c = 4"], last["constant"]) > tolerance,
    )
    claim("far above a dashed", last["constant"] > 10 * tolerance)
    claim("a staircase that ends below", last["two cuts"] < tolerance)

# %% [markdown]
# ## Larger batches, larger rates
#
# The floor depends on $\eta / b$. And one step with $b$ examples at $b$ times the rate
# goes about as far as $b$ steps with one. So multiply both: the same number of examples
# gives the same path and floor, with fewer updates. That is the
# **{term}`linear scaling rule`** {cite}`goyal2017`.
#
# Let single examples have the rate 0.0005. Up to which batch size should the rule hold?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Batch descent is stable up to $2 / \lambda_{\max}$, which is 0.171, and the scaled
# rate reaches that at $b = 342$. So 512 should explode. But {eq}`noise-level` divides
# by $2 - \eta\lambda$, so the floor should rise long before.
# :::
#
# Beside the measured excess, print what {eq}`noise-one` predicts: the rest of the
# start, plus the noise.

# %%
v = (w_best @ directions) ** 2  # of the start (0, 0)
for b in (1, 64, 256, 512):
    updates, rate = 16_384 // b, 0.0005 * b
    path = descents(X, y, [0, 0], rate, b, updates, rng, 300)
    ends = excess_loss(path[:, -1], w_best, H).mean()
    left = (1 - rate * curvatures) ** (2 * updates)
    level = rate / b * 2 * sigma2 / (2 - rate * curvatures)
    start = curvatures @ (left * v) / 2
    noise = curvatures @ ((1 - left) * level) / 2
    print(f"b = {b:3}: {start:.2g} + {noise:.2g}, seen {ends:.2g}")

# %% [markdown]
# Two thirds of the first row are left of the start, nearly alike up to 256. The rest is
# the floor. Along the wall it has the factor $2 / (2 - \eta \lambda_{\max})$: at 64 it
# is a quarter higher, at 256 four times as high. The rule fails gradually, long before
# the descent explodes.

# %% tags=["remove-cell"]
with checks("Larger batches, larger rates"):
    given("have the rate 0.0005.")
    claim("which is 0.171", 2 / curvatures[1])
    claim("reaches that at b = 342", 2 / curvatures[1] / 0.0005)
    z0 = np.append(-w_best, 1)
    later, parts = {}, {}
    for b in (1, 64, 256, 512):
        rate, updates = 0.0005 * b, 16_384 // b
        T = np.linalg.matrix_power(moments(rate, b), updates)
        S = (T @ np.outer(z0, z0).ravel()).reshape(3, 3)[:2, :2]
        later[b] = np.sum(H * S) / 2
        left = (1 - rate * curvatures) ** (2 * updates)
        level = rate / b * 2 * sigma2 / (2 - rate * curvatures)
        parts[b] = curvatures @ np.c_[left * v, (1 - left) * level] / 2
    claim(
        "the rest of the start, plus the",
        all(abs(parts[b].sum() / later[b] - 1) < 0.1 for b in later),
    )
    starts, floors = np.transpose([parts[b] for b in (1, 64, 256)])
    two_thirds = starts[0] / parts[1].sum()
    claim("Two thirds of the first", abs(two_thirds - 2 / 3) < 0.03)
    claim("nearly alike up to 256", np.ptp(starts) < 0.12 * starts[0])
    given("nearly alike up to 256")
    claim(
        "at 64 it is a quarter higher",
        abs(floors[1] / floors[0] - 1.25) < 0.06,
    )
    claim(
        "at 256 four times as high",
        abs(floors[2] / floors[0] - 4) < 0.2,
    )
    given("at 64 it is", "at 256 four times", "So 512 should")
    claim("before the descent explodes", ends > 1e6)
    claim(
        "The rule fails gradually", later[64] < later[256] < later[512]
    )

# %% [markdown]
# ## When are more examples wasted?
#
# A larger batch allows a larger rate, and so saves updates, until the rate is at its
# limit. From where on are more examples wasted, if the rate is constant in each run and
# the best for its batch, and the goal is an excess of $\varepsilon$?
#
# Take a rate of $1 / \lambda_{\max}$, half the limit. Along a steepest direction,
# {eq}`noise-level` with $s^2 = 2 \sigma^2 \lambda$ gives $v = 2 \eta \sigma^2 / b$, and
# the excess $\lambda v / 2$ is $\sigma^2 / b$. A gentle direction leaves about $\lambda
# / 2 \lambda_{\max}$ of that. So the floor is $\sigma^2 / b$ times a number of walls.
# Count them by $\operatorname{tr} H / \lambda_{\max}$, the sum of all curvatures in
# units of the largest. Once the floor is below $\varepsilon$, a larger batch saves
# little. So the **{term}`critical batch size`** should be about
#
# ```{math}
# :label: noise-critical
# b_{\text{crit}} \sim \frac{\sigma^2}{\varepsilon}
#   \cdot \frac{\operatorname{tr} H}{\lambda_{\max}} .
# ```
#
# Are both factors real? Repeat {eq}`noise-one` in each direction. With $v$ in units of
# $\varepsilon$, and the batch in units of $\sigma^2 / \varepsilon$ (its *size*),
# neither $\sigma^2$ nor $\varepsilon$ is left in the kick below. That settles the first
# factor: half the excess, from half the height, takes twice the batch.


# %%
def fewest_updates(size, curvatures, v):
    rates = np.geomspace(0.001, 1.9, 200) / curvatures.max()
    rates = rates[:, None]  # (200, 1), all below the limit
    kick = rates**2 * 2 * curvatures / size  # (200, p)
    updates = 0
    while np.min(v @ curvatures) / 2 > 1:  # no rate is there yet
        v = (1 - rates * curvatures) ** 2 * v + kick
        updates += 1
    return updates, rates[np.argmin(v @ curvatures), 0]


# %% [markdown]
# For the second the line is no test: its value is 1.03, a single wall. So take valleys
# in 24 dimensions with more and more walls. In all of them the largest curvature is 35
# times the smallest.

# %%
valleys = {
    "the line": curvatures,
    "one wall": np.array([10.0] + 23 * [10 / 35]),
    "a fan": np.geomspace(10 / 35, 10, 24),
    "all walls": np.array(23 * [10.0] + [10 / 35]),
}

# %% [markdown]
# Every descent starts 500 times above the goal, equally in all directions. An infinite
# batch has no noise.

# %%
sizes = np.append(0.08 * 4.0 ** np.arange(6), np.inf)
counts, best_rates = {}, {}
for name, of_valley in valleys.items():
    start = 2 * 500 / len(of_valley) / of_valley
    found = [fewest_updates(size, of_valley, start) for size in sizes]
    counts[name], best_rates[name] = np.array(found).T  # (sizes,)

# %% [markdown]
# In networks, {cite:t}`mccandlish2018` found that updates follow $k_{\min} (1 +
# b_{\text{crit}} / b)$. If so here, the two ends of our list give $b_{\text{crit}}$, as
# a size:

# %%
print("valley     tr H/λmax  found  quotient")
for name, of_valley in valleys.items():
    most, *_, least = counts[name]
    found = sizes[0] * (most / least - 1)
    walls = of_valley.sum() / of_valley.max()
    print(f"{name:10} {walls:8.2f} {found:6.1f} {found / walls:9.1f}")

# %% [markdown]
# The factor is real. In the last valley, batches more than 20 times as large pay, and
# found over predicted stays between 1.4 and 1.8. Now train on the line, for the
# predicted updates, toward three goals, each a tenth of the one before, with ten times
# its batch.

# %%
updates, rate = int(counts["the line"][2]), best_rates["the line"][2]
for share in (0.1, 0.01, 0.001):  # goals, in units of σ²
    b, goal = round(sizes[2] / share), share * sigma2
    start = w_best + directions @ np.sqrt(500 * goal / curvatures)
    path = descents(X, y, start, rate, b, updates, rng)
    ends = excess_loss(path[:, -1], w_best, H).mean()
    print(f"b = {b:4}: {ends / goal:.2f} goals after {updates} updates")

# %% [markdown]
# All arrive, within the luck of 200 runs. ({ref}`noise-moments` trains in the fan.) See
# {numref}`fig-noise-critical`.

# %% tags=["hide-input"]
#| name: fig-noise-critical
#| caption: Fewest updates to the goal, in units of what a descent without noise needs.
#|   Numbers are tr H/λmax. Dots are counts, lines the law, triangles the predicted
#|   critical sizes.
#| alt: Updates against batch size, both on log scales and in units. Four falling curves
#|   of dots level off at the bottom, each on a line. The line and the valley with one
#|   wall level off first, the fan later, and the valley with walls in nearly all
#|   directions last. On each curve a triangle sits in the bend, a little above a dashed
#|   level, twice the fewest.
figure, ax = plt.subplots(figsize=(5.4, 4.2))
ax.set_prop_cycle(color=np.repeat([GRAY, GREEN, BLUE, ORANGE], 3))
fine = np.geomspace(sizes[0], sizes[-2])
for name, of_valley in valleys.items():
    most, *_, least = counts[name]
    found = sizes[0] * (most / least - 1)
    walls = of_valley.sum() / of_valley.max()
    (line,) = ax.loglog(fine, 1 + found / fine, lw=1)
    ax.loglog(sizes[:-1], counts[name][:-1] / least, "o", ms=4)
    ax.loglog(walls, 1 + found / walls, "v", ms=9)
    label = f"{name}, {walls:.1f} "
    place = 0.07, most / least
    ax.text(*place, label, color=line.get_color(), ha="right")
ax.axhline(2, color=BLACK, linestyle="--", linewidth=0.9)
ax.text(0.0035, 2.15, "twice the fewest")
ax.set(xlabel="batch size in units of σ²/ε", xlim=(0.003, 100))
ax.set_ylabel("updates, in units of the fewest")
ax.set_title("More walls: larger batches pay")
plt.show()

# %% [markdown]
# The ends of each line are fitted; the dots between lie within a fifth of the law. At
# $b_{\text{crit}}$ it takes twice the fewest updates, and twice the fewest examples.
# The triangles lie a little to the left, by the quotient. {cite:t}`shallue2019`
# measured such curves for networks: at first every doubling halves the updates, in the
# end it saves nothing.

# %% tags=["remove-cell"]
with checks("When are more examples wasted?"):
    claim("its value is 1.03", curvatures.sum() / curvatures[1])
    claim("valleys in 24 dimensions", len(valleys["a fan"]))
    flat = [c.max() / c.min() for c in valleys.values()]
    claim("is 35 times the", all(34.5 < ratio < 36 for ratio in flat))
    given("starts 500 times above")
    crit, quotients, off, at = {}, [], [], []
    for name, of_valley in valleys.items():
        most, *_, least = counts[name]
        crit[name] = sizes[0] * (most / least - 1)
        walls = of_valley.sum() / of_valley.max()
        quotients.append(crit[name] / walls)
        at.append(1 + crit[name] / walls)
        law = least * (1 + crit[name] / sizes[:-1])
        off.extend(counts[name][:-1] / law - 1)
    claim(
        "batches more than 20 times as large",
        crit["all walls"] / crit["the line"],
    )
    claim(
        "stays between 1.4 and 1.8",
        1.4 < min(quotients) <= max(quotients) < 1.8,
    )
    claim("each on a line", np.abs(off).max() < 0.2)
    claim("lie within a fifth of the law", np.abs(off).max() < 0.2)
    claim("a little above a dashed", 2 < min(at) <= max(at) < 3)
    claim("a dashed level, twice the fewest", 2 * least / least == 2)
    b_crit = crit["a fan"]
    updates_at, examples_at = 1 + b_crit / b_crit, b_crit + b_crit
    claim("twice the fewest updates, and", updates_at == 2)
    claim("twice the fewest examples", examples_at == 2 * b_crit)
    kicks = {
        (goal, b): 2 * sigma2 * 0.05**2 * curvatures / b / goal
        for goal, b in ((0.2, 32), (0.1, 64))
    }
    claim(
        "from half the height, takes twice the batch",
        np.allclose(*kicks.values()),
    )
    gentle = 0.01 / (2 - 0.01)  # ηλ / (2 - ηλ), against 1 at ηλ = 1
    claim("A gentle direction leaves", abs(gentle / 0.005 - 1) < 0.02)
    claim(
        "every doubling halves",
        1.8 < counts["all walls"][0] / counts["all walls"][1] / 2 < 2.2,
    )
    claim("the luck of 200 runs", len(path))
    exactly = []
    for share in (0.1, 0.01, 0.001):
        b, goal = round(sizes[2] / share), share * sigma2
        T = np.linalg.matrix_power(moments(rate, b), updates)
        off_start = directions @ np.sqrt(500 * goal / curvatures)
        z0 = np.append(off_start, 1)
        S = (T @ np.outer(z0, z0).ravel()).reshape(3, 3)[:2, :2]
        exactly.append(np.sum(H * S) / 2 / goal)
    claim("All arrive, within", np.allclose(exactly, 1, atol=0.08))
    claim(
        "each a tenth of the one", np.isclose(0.01 / 0.1, 0.001 / 0.01)
    )
    claim(
        "with ten times its batch", 9 < round(sizes[2] / 0.01) / 13 < 11
    )

# %% [markdown]
# ## What to keep
#
# - At a constant rate a descent hovers where the pull downhill and the kicks balance:
#   at a **noise floor** of $\eta \sigma^2 \operatorname{tr} H / 2b$, for small rates.
# - For least squares the cloud of runs is **round**: steep walls kick harder by as much
#   as they pull.
# - Let the rate fall to arrive, but not so fast that you never get there.
# - Multiply batch and rate together, while the rate stays well below $2 /
#   \lambda_{\max}$. Toward that limit the floor rises.
# - Larger batches save updates up to a **critical batch size** of about $(\sigma^2 /
#   \varepsilon) \operatorname{tr} H / \lambda_{\max}$: the closer the goal and the
#   more steep directions, the larger.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-noise-halves
# A loss hovers. Someone halves the batch and halves the learning rate. What happens to
# the floor, to the updates that it takes to get there, and to the examples?
# ::::
#
# ::::{solution} ex-noise-halves
# :class: dropdown
# The floor stays, since $\eta / b$ does. A step is half as long, so it takes more
# updates, two for one. Each of them looks at half as many examples, so the number of
# examples is the same. This is the linear scaling rule, read backward.
# ::::

# %% [markdown]
# ::::{exercise}
# :label: ex-noise-rate
# Which constant rate puts the floor of single examples at the tolerance? And with
# batches of 32? Compute both from {eq}`noise-floor`; the variance cancels. You should
# get 0.00033 and 0.0106. Then say how many updates each of them takes to divide the
# shallow *variance* by 100.
# ::::
#
# ```{solution-start} ex-noise-rate
# :class: dropdown
# ```
#
# Set $\eta \sigma^2 \operatorname{tr} H / 2b = 2 \sigma^2 / n$. Then $\eta = 4b / (n
# \operatorname{tr} H)$. The variance fades by $(1 - \eta \lambda_{\min})^2$ an update.

# %%
for b in (1, 32):
    rate = 4 * b / (n * curvatures.sum())
    fade = 2 * np.log(1 - rate * curvatures[0])
    print(f"b = {b:2}: {rate:.5f}, {np.log(1 / 100) / fade:,.0f}")

# %% [markdown]
# About 21,000 updates with single examples, and about 660 with batches of 32: nearly 32
# times fewer, for nearly the same number of examples.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    needed = {}
    for b in (1, 32):
        rate = 4 * b / (n * curvatures.sum())
        fade = 2 * np.log(1 - rate * curvatures[0])
        needed[b] = rate, np.log(1 / 100) / fade
    given(
        "And with batches of 32?",
        "variance by 100.",
        "with batches of 32: nearly",
    )
    claim("get 0.00033 and 0.0106", needed[1][0], needed[32][0])
    claim("About 21,000 updates", round(needed[1][1], -3))
    claim("about 660", round(needed[32][1], -1))
    claim(
        "nearly 32 times fewer",
        31 < needed[1][1] / needed[32][1] < 32.5,
    )

# %% [markdown]
# ::::{exercise}
# :label: ex-noise-average
# You can also keep the large rate, and average the *parameters* over the second half of
# the updates {cite}`polyak1992`. Write `tail_average(path)` for the paths of many runs,
# as `descents` returns them, and check it:
#
# ```python
# from helpers import check_answer
#
# tiny = np.arange(8.0).reshape(1, 4, 2)
# check_answer("tail average", tail_average(tiny), [[5, 6]], 1e-9)
# ```
#
# Take the first 4000 updates of `falling["constant"]`. The mean excess should be
# about 0.002, half the tolerance, although the runs themselves hover above 0.2. Can you
# say why averaging works?
# ::::
#
# ```{solution-start} ex-noise-average
# :class: dropdown
# ```

# %%
from helpers import check_answer


def tail_average(path):  # (runs, updates, 2) to (runs, 2)
    return path[:, path.shape[1] // 2 :].mean(axis=1)


tiny = np.arange(8.0).reshape(1, 4, 2)
check_answer("tail average", tail_average(tiny), [[5, 6]], 1e-9)
averages = tail_average(falling["constant"][:, :4000])
print(f"{excess_loss(averages, w_best, H).mean():.4f}")
print(f"{2 * sigma2 / 2000:.4f}")

# %% [markdown]
# Add up the updates of $m$ steps, $\mathbf{e}_{k+1} - \mathbf{e}_k = -\eta (H
# \mathbf{e}_k + \boldsymbol{\xi}_k)$. The left side is only the difference of the ends.
# It stays bounded, so for a long run $H$ times the mean error equals minus the mean
# noise, and the rate has dropped out. The mean of $m$ noises has the covariance $2
# \sigma^2 H / m$, which gives an excess of $\sigma^2 / m$ in each direction: the second
# number, $2\sigma^2 / m$ with $m = 2000$. They agree only roughly. Off the minimum
# the kicks are about a tenth stronger ({ref}`noise-moments`), and 200 runs leave an
# uncertainty of about 7%.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    averaged = excess_loss(averages, w_best, H).mean()
    given("the first 4000 updates", "with m = 2000")
    claim("should be about 0.002", round(averaged, 3))
    claim("half the tolerance", 0.4 < averaged / tolerance < 0.7)
    hovering = excess_loss(falling["constant"][:, 2000:], w_best, H)
    claim("hover above 0.2", hovering.mean())
    claim(
        "the second number",
        abs(averaged / (2 * sigma2 / 2000) - 1) < 0.35,
    )
    T = moments(0.02, 1)
    S = np.linalg.solve(np.eye(8) - T[:8, :8], T[:8, 8])
    S = np.append(S, 1).reshape(3, 3)
    D = G - G_mean
    kicks = np.mean(D @ S @ D.transpose(0, 2, 1), axis=0)[:2, :2]
    strong = np.trace(np.linalg.solve(H, kicks)) / (4 * sigma2)
    claim("about a tenth stronger", abs(strong - 1.1) < 0.05)
    claim("and 200 runs leave", len(averages))
    each = excess_loss(averages, w_best, H)
    luck = each.std() / each.mean() / np.sqrt(len(each))
    claim("an uncertainty of about 7%", 0.055 < luck < 0.085)
    given("of about 7%")

# %% [markdown]
# ::::{exercise}
# :label: ex-noise-sum
# To lower the floor of single examples at the rate 0.002, someone takes 32 examples a
# step. The floor does not fall; it even rises. Find the fault, and say with
# {eq}`noise-floor` what it does.
#
# ```python
# for rows in torch.randint(n, (5000, 32)):
#     loss = ((inputs[rows] @ w - targets[rows]) ** 2).sum()
#     optimizer.zero_grad()
#     loss.backward()
#     optimizer.step()
# ```
# ::::
#
# ```{solution-start} ex-noise-sum
# :class: dropdown
# ```
#
# The `sum` should be a `mean`. The gradient is 32 times as large, so the rate that
# counts is 0.064. Rate and batch have grown together, and $\eta / b$ has not changed.
# It rises because 0.064 is no longer a small rate: {eq}`noise-level` has the factor $2
# / (2 - \eta \lambda_{\max})$, which is 1.6 there.

# %%
for rate, b in ((0.002, 1), (32 * 0.002, 32), (0.002, 32)):
    path = descents(X, y, w_best, rate, b, 3000, rng)[:, 1000:]
    print(rate, b, excess_loss(path, w_best, H).mean().round(4))

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given(
        "at the rate 0.002, someone",
        "takes 32 examples",
        "32 times as large",
    )
    rate = 0.002
    claim("rate that counts is 0.064", rate * b)
    claim("because 0.064", rate * b)
    claim("which is 1.6 there", 2 / (2 - rate * b * curvatures[1]))
    summed = exact_floor(0.064, 32) / exact_floor(0.002, 1)
    claim("it even rises", 1.2 < summed < 2)

# %% [markdown]
# ::::{exercise}
# :label: ex-noise-scale
# The *gradient noise scale* of {cite:t}`mccandlish2018` is the variance of one
# example's gradient divided by the squared length of the gradient: the batch size at
# which both are alike. Estimate it at $(0, 0)$ from nothing but the mean squared
# lengths of batch gradients, at $b = 1$ and $b = 50$. You should get between 0.35 and
# 0.42, so there a single example mostly points the right way.
# ::::
#
# ```{solution-start} ex-noise-scale
# :class: dropdown
# ```
#
# The mean of a squared length is the square of the mean plus the variance, $\lVert
# \nabla L \rVert^2 + V / b$, with the variance $V$ of one example. Two sizes give two
# equations.

# %%
g_start = 2 * (X @ np.zeros(2) - y)[:, None] * X
lengths = {}
for b in (1, 50):
    means = g_start[rng.integers(n, size=(20_000, b))].mean(axis=1)
    lengths[b] = np.mean(np.sum(means**2, axis=1))
variance = (lengths[1] - lengths[50]) / (1 - 1 / 50)
print(f"{variance / (lengths[1] - variance):.2f}")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("at b = 1 and b = 50", "from nothing but")
    mean_start = g_start.mean(axis=0)
    exact = g_start.var(axis=0).sum() / (mean_start @ mean_start)
    seen = variance / (lengths[1] - variance)
    claim("get between 0.35 and 0.42", seen)
    claim("a single example mostly", exact < 0.5)

# %% [markdown]
# ::::{exercise}
# :label: ex-noise-momentum
# Open: does momentum lower the floor? A good answer
#
# - predicts the floor of $\beta = 0.9$ and the rate 0.001 before measuring it,
# - measures over many runs, after the start is forgotten,
# - compares at the same speed, not at the same rate,
# - says what momentum averages, and for how long.
# ::::
#
# ```{solution-start} ex-noise-momentum
# :class: dropdown
# ```

# %%
w, step = np.tile(w_best, (400, 1)), np.zeros((400, 2))
kept = []
for _ in range(3000):
    rows = rng.integers(n, size=400)
    off = np.sum(X[rows] * w, axis=1) - y[rows]
    step = 0.9 * step - 0.001 * 2 * off[:, None] * X[rows]
    w = w + step
    kept.append(excess_loss(w, w_best, H).mean())
print(f"{np.mean(kept[1000:]):.2f}")

# %% [markdown]
# It does not. Each gradient is applied over about ten steps, and in total ten times, so
# the rate that counts is $0.001 / (1 - 0.9) = 0.01$. The floor is about that of the
# opening. Momentum averages *gradients*, and the parameters collect their noise as
# before. To lower the floor at the same speed, average *parameters*, over more steps
# than it takes to cross the valley.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("= 0.9 and the rate 0.001", "0.001 / (1 - 0.9) = 0.01")
    claim(
        "about that of the opening",
        abs(np.mean(kept[1000:]) / hovers - 1) < 0.15,
    )
    claim(
        "in total ten times",
        np.isclose(np.sum(0.9 ** np.arange(500)), 10),
    )

# %% [markdown]
# ## Sources and further reading
#
# - The line, its noise and the comparison of batch sizes are from
#   {cite}`nn_gradient_descent`. Thank you for a problem small enough to be solved
#   exactly.
# - {cite}`robbins1951` is the beginning; {cite}`bottou2018` is the survey to read next.
# - {cite}`goyal2017`, {cite}`mccandlish2018` and {cite}`shallue2019` study rates and
#   batches in large networks. {cite}`smith2018` let the batch grow where others let the
#   rate fall.
