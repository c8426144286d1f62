# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (rare-runs)=
# # Rare runs
#
# Fit a slope with one example a step, at the learning rate 0.14. Theory says that the
# mean loss explodes: over all possible runs, the mean square of the error grows by half
# with every step. Run it, and most runs, at most moments, stay within sight of the best
# slope. Is the theory wrong? Why does the mean of many runs explode while most of them
# do not?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** play a game of chance whose mean nobody ever sees, find three different
#   limits of one learning rate, and see what a descent does between them.
# - **You need** the balance of pull and kick from {ref}`gradient-noise`, and
#   logarithms.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %% [markdown]
# ## A game with a mean that nobody sees
#
# Start with an error of one. Toss a coin a hundred times. Heads multiplies the error by
# 1.6, tails by 0.5. On average the *square* of the error is multiplied by $(1.6^2 +
# 0.5^2) / 2 = 1.405$ a toss. What do ten thousand players get?
#
# :::{admonition} What do you expect?
# :class: dropdown
# The mean square should be $1.405^{100}$, a number of fifteen digits. But a typical
# player has as many heads as tails, and one of each multiplies the error by $1.6 \cdot
# 0.5 = 0.8$. After fifty such pairs little is left of it.
# :::

# %%
import numpy as np

rng = np.random.default_rng(0)
up, down, tosses = 1.6, 0.5, 100
heads = rng.binomial(tosses, 0.5, size=10_000)
squares = (up**heads * down ** (tosses - heads)) ** 2
theory = ((up**2 + down**2) / 2) ** tosses
print(f"mean by theory    {theory:.1e}")
print(f"mean of the runs  {squares.mean():.1e}")
print(f"median            {np.median(squares):.1e}")

# %% [markdown]
# The mean of ten thousand players misses the theory by many powers of ten. Who holds
# the missing part? Sort the theory's mean by the number of heads.

# %%
from math import comb

k = np.arange(tosses + 1)
chance = np.array([comb(tosses, int(i)) / 2**tosses for i in k])
share = chance * (up**k * down ** (tosses - k)) ** 2 / theory
first = k[share.cumsum() > 0.5][0]
print(f"half of the mean: {first} heads or more")
print(f"chance of that:   {chance[first:].sum():.0e}")

# %% [markdown]
# Half of the mean belongs to players with 91 heads or more. No experiment will ever
# meet one. The theory is right. It is about a mean that you cannot measure.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("A game with a mean that nobody sees"):
    given("Toss a coin a hundred times", "by 1.6, tails by 0.5")
    given("fifty such pairs")
    claim("1.6^2 + 0.5^2) / 2 = 1.405", np.isclose(theory**0.01, 1.405))
    claim(
        "1.405^{100}$, a number of fifteen digits",
        len(f"{theory:.0f}") == 15,
    )
    claim("1.6 \\cdot 0.5 = 0.8", np.isclose(up * down, 0.8))
    claim("do ten thousand players get", len(squares) == 10_000)
    claim(
        "The mean of ten thousand players misses the theory by many powers",
        squares.mean() < 1e-4 * theory,
    )
    claim(
        "Half of the mean belongs to players with 91 heads",
        share[91:].sum() > 0.5 > share[92:].sum(),
    )
    claim("No experiment will ever meet", chance[91:].sum() < 1e-17)

# %% [markdown]
# ## A slope plays the same game
#
# Take the thousand points of {ref}`three-regimes`, with the intercept 5 known. One
# parameter is left, the slope. Example $i$ has the curvature $a_i = 2 x_i^2$. A step
# with it multiplies the error $e$ by $1 - \eta a_i$ and adds a kick from its residual:
#
# $$e_{k+1} = (1 - \eta\, a_i)\, e_k - \eta\, c_i$$

# %%
from helpers import noisy_line

X, y = noisy_line()
x, target = X[:, 1].astype(float), y[:, 0] - 5.0
best = (x @ target) / (x @ x)
a = 2 * x**2  # curvature of each example
c = 2 * x * (x * best - target)  # slope of each at the best
print(f"mean curvature {a.mean():.1f}, largest {a.max():.1f}")

# %% [markdown]
# The mean curvature is 10, and a few examples have more than 40. Each is a heads for a
# rate that is too large for it. So there are three limits, depending on what is to stay
# bounded:
#
# - the **descent with all examples** multiplies by the mean, $1 - \eta \lambda$ with
#   $\lambda$ the mean of the $a_i$: stable up to $2 / \lambda$;
# - the **mean square** over all runs is multiplied by the mean of $(1 - \eta a_i)^2$,
#   which is below one up to $\eta = 2 \lambda / \operatorname{mean}(a^2)$;
# - a **typical run** is multiplied by many different factors. Their logarithms add up,
#   so it shrinks as long as the mean of $\log |1 - \eta a_i|$ is negative
#   {cite}`furstenberg1960`.


# %%
low, high = 0.1, 0.4
for _ in range(40):
    rate = (low + high) / 2
    shrinks = np.log(np.abs(1 - rate * a)).mean() < 0
    low, high = (rate, high) if shrinks else (low, rate)
print(f"mean square   {2 * a.mean() / np.mean(a**2):.3f}")
print(f"all examples  {2 / a.mean():.3f}")
print(f"typical run   {low:.3f}")

# %% [markdown]
# Between the first limit and the last, the theory of the mean and the look of most runs
# disagree. Take the rate 0.14. Which share of the examples are heads, and what does a
# step do to the mean square?

# %%
factors = 1 - 0.14 * a
print(f"heads: {np.mean(np.abs(factors) > 1):.0%} of the examples")
print(f"the mean square grows by {np.mean(factors**2):.2f} a step")

# %% [markdown]
# A quarter of the examples lengthen the error, the others shorten it.

# %% tags=["remove-cell"]
with checks("A slope plays the same game"):
    given("the intercept 5 known")
    claim("The mean curvature is 10", a.mean())
    claim("a few examples have more than 40", 1 <= np.sum(a > 40) <= 10)
    limit = 2 * a.mean() / np.mean(a**2)
    claim("Between the first limit and the last", limit < 0.14 < low)
    given("Take the rate 0.14")
    heads_share = np.mean(np.abs(factors) > 1)
    claim("A quarter of the examples", abs(heads_share - 0.25) < 0.02)

# %% [markdown]
# ## Most runs look fine
#
# Do 100,000 runs from the slope zero.


# %%
rate, curvature = 0.14, a.mean()
error, excess = np.full(100_000, -best), []
for _ in range(30):
    i = rng.integers(len(x), size=100_000)
    error = (1 - rate * a[i]) * error - rate * c[i]
    excess.append(curvature / 2 * error**2)
excess = np.array(excess)  # (steps, runs)
print(f"median at the end {np.median(excess[-1]):.1f}")

# %% [markdown]
# For the theory, square the step and average. The product of curvature and kick brings
# in the mean error, which shrinks as in batch descent:

# %%
mean, square, theory = -best, best**2, []
for _ in range(30):
    square = square * np.mean((1 - rate * a) ** 2)
    square += 2 * rate**2 * np.mean(a * c) * mean
    square += rate**2 * np.mean(c**2)
    mean = (1 - rate * curvature) * mean
    theory.append(curvature / 2 * square)
print(f"theory {theory[-1]:,.0f}, runs {excess[-1].mean():,.0f}")

# %% [markdown]
# The median is about 3. The mean of the 100,000 is more than a thousand times below the
# theory. Another draw gives another number, because a single run can lift the mean.
# {numref}`fig-rare-runs` shows when they part.

# %% tags=["hide-input"]
#| name: fig-rare-runs
#| caption: One example a step. The gray band holds nine of ten runs, the lines are the
#|   median, the mean of 100,000 runs, and the mean of all possible runs.
#| alt: Excess loss on a log scale against steps. A black line, the mean by theory,
#|   rises straight. An orange line, the mean of the runs, starts on it, leaves it after
#|   some seven steps and falls far behind. A blue line, the median, falls to about 3
#|   and stays there, in the middle of a gray band.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, ORANGE, use_book_style

use_book_style()
steps = np.arange(1, 31)
figure, ax = plt.subplots(figsize=(5.4, 3.9))
band = np.quantile(excess, [0.05, 0.95], axis=1)
ax.fill_between(steps, *band, color=GRAY, alpha=0.25, lw=0)
ax.semilogy(steps, theory, color=BLACK)
ax.semilogy(steps, excess.mean(axis=1), color=ORANGE)
ax.semilogy(steps, np.median(excess, axis=1), color=BLUE)
ax.text(19, 3e5, "mean by theory", ha="right")
ax.text(30, 2.5e4, "mean of the runs", color=ORANGE, ha="right")
ax.text(30, 5, "median", color=BLUE, ha="right")
ax.text(30, 0.05, "nine of ten runs", color=GRAY, ha="right")
ax.set(xlabel="step", ylabel="excess loss", ylim=(0.005, 2e7))
ax.set_title("The mean explodes, the runs do not")
plt.show()

# %% [markdown]
# It is the game again. The mean is carried by runs that meet several steep examples in
# a row, and these are too rare for 100,000 tries. Even among the runs that you have, a
# few hold everything:

# %%
last = np.sort(excess[-1])
held = last[-100:].sum() / last.sum()
print(f"the highest hundred runs hold {held:.0%}")
groups = excess[-1].reshape(100, 1000).mean(axis=1)
low_groups = np.mean(groups < theory[-1] / 10)
print(f"groups below a tenth of the theory: {low_groups:.0%}")

# %% [markdown]
# The second number is for groups of a thousand runs. Anyone who repeats an experiment a
# thousand times, and takes the mean, will nearly always find too little.

# %% tags=["remove-cell"]
with checks("Most runs look fine"):
    claim("Do 100,000 runs", excess.shape[1])
    claim("mean of 100,000 runs, and", excess.shape[1])
    claim("nine of ten runs", np.isclose(0.95 - 0.05, 0.9))
    claim("The mean of the 100,000 is more", excess.shape[1])
    fresh, others = np.random.default_rng(1), []
    for _ in range(9):
        error = np.full(100_000, -best)
        for _ in range(30):
            i = fresh.integers(len(x), size=100_000)
            error = (1 - 0.14 * a[i]) * error - 0.14 * c[i]
        others.append(curvature / 2 * np.mean(error**2))
    short = theory[-1] / np.array([excess[-1].mean(), *others])
    claim(
        "Another draw gives another number",
        short.max() > 5 * short.min(),
    )
    claim("is more than a thousand times below", short[0] > 1000)
    claim("falls far behind", short[0] > 50)
    middles = np.median(excess, axis=1)
    claim("The median is about 3", middles[-1])
    claim("median, falls to about 3", middles[0] > 1.3 * middles[-1])
    claim(
        "leaves it after some seven steps",
        excess[4].mean() / theory[4] > 0.7
        and excess[9].mean() / theory[9] < 0.7,
    )
    claim("too rare for 100,000 tries", excess.shape[1])
    claim("a few hold everything", last[-100:].sum() > 0.5 * last.sum())
    claim(
        "groups of a thousand runs",
        excess.shape[1] / len(groups) == 1000,
    )
    claim(
        "will nearly always find too little",
        np.mean(groups < theory[-1] / 10) > 0.9,
    )

# %% [markdown]
# ## A limit that is of no use
#
# If most runs look fine, is a rate between the limits fine? Follow 2000 runs for 2000
# steps at several rates.

# %%
print("rate  median at 500  at 2000  highest so far")
medians, highest = [], []
for rate in (0.1, 0.14, 0.18, 0.22):
    error, top, middle = np.zeros(2000), 0.0, []
    for step in range(1, 2001):
        i = rng.integers(len(x), size=2000)
        error = (1 - rate * a[i]) * error - rate * c[i]
        top = max(top, np.abs(error).max())
        if step in (500, 2000):
            middle.append(curvature / 2 * np.median(error**2))
    medians.append(middle)
    highest.append(curvature / 2 * top**2)
    early, late = middle
    print(
        f"{rate:.2f}  {early:13.1f}  {late:7.1f}  {highest[-1]:14.0e}"
    )

# %% [markdown]
# At all four rates a typical run keeps to a level, about the same after 500 steps as
# after 2000, since all lie below the typical limit of 0.247. But toward that limit the
# level rises, to more than a thousand at 0.22. And each rate has runs that reach far
# above the level. What do these do to a single run that you watch for long?
#
# :::{admonition} What do you expect?
# :class: dropdown
# It depends on the first limit, 0.118. Below it the mean of a long run should settle at
# the value where the mean square stands still. Above it there is no such value:
# whenever the mean so far has calmed down, a higher spike should come.
# :::
#
# Give four runs at 0.10 and four at 0.14 the same examples, and keep the means so far.

# %%
rates = np.array([[0.10], [0.14]])
error, total, so_far = np.zeros((2, 4)), np.zeros((2, 4)), []
for step in range(1, 200_001):
    i = rng.integers(len(x), size=4)  # one for each run
    error = (1 - rates * a[i]) * error - rates * c[i]
    total += curvature / 2 * error**2
    so_far.append(total / step)
so_far = np.array(so_far)  # (steps, 2, 4)
kick = 0.10**2 * np.mean(c**2)
settled = curvature / 2 * kick / (1 - np.mean((1 - 0.10 * a) ** 2))
print(f"0.10: {so_far[-1, 0].round(1)}, theory {settled:.1f}")
print(f"0.14: {so_far[-1, 1].round(0)}")

# %% [markdown]
# {numref}`fig-rare-spikes` shows how they got there.

# %% tags=["hide-input"]
#| name: fig-rare-spikes
#| caption: The mean excess so far of four runs at each of two rates. A run at 0.14 sees
#|   the same examples as one at 0.10. The dashed line is the theory for the lower rate.
#| alt: Mean so far against steps, both axes on log scales. Four blue lines, for the
#|   rate 0.10, close in on a dashed line near six. Four orange lines, for 0.14, jump up
#|   again and again, sink slowly between the jumps, and do not come together. In the
#|   end they are more than a hundred times as high.
shown = np.unique(np.geomspace(100, 200_000, 600).astype(int))
figure, ax = plt.subplots(figsize=(5.4, 3.9))
for which, color in ((0, BLUE), (1, ORANGE)):
    ax.loglog(shown, so_far[shown - 1, which], color=color, lw=1)
ax.axhline(settled, color=BLACK, ls="--", lw=1)
ax.text(2000, 1.8, "rate 0.10", color=BLUE)
ax.text(1500, 3e4, "rate 0.14", color=ORANGE)
ax.set(xlabel="steps", ylabel="mean excess so far", ylim=(1, 2e6))
ax.set_title("Above the first limit the mean never settles")
plt.show()

# %% [markdown]
# At 0.10 all runs agree with the theory in the end. At 0.14, with the same examples,
# they do not agree with one another. The more steps you watch, the higher the highest
# spike: the chance of a height falls only as a power of it, and above the first limit
# too slowly for a mean {cite}`kesten1973`. So the limit that counts is the first one,
# that of the mean square. A batch of $b$ raises it, because averages of $b$ curvatures
# vary less: their variance is $\operatorname{Var}(a) / b$.

# %%
for b in (1, 2, 8, 32):
    square = curvature**2 + a.var() / b
    print(f"b = {b:2}: stable up to {2 * curvature / square:.3f}")

# %% [markdown]
# From batches of 32 on, little is missing from the limit of all examples, 0.199. For
# the line of {ref}`gradient-noise`, with intercept *and* slope, the numbers are 0.110
# for single examples and 0.171 for all.

# %% tags=["remove-cell"]
with checks("A limit that is of no use"):
    given("2000 runs for 2000 steps", "500 steps as after 2000")
    claim("typical limit of 0.247", low)
    grown = [late / early for early, late in medians]
    claim(
        "keeps to a level, about the same",
        0.4 < min(grown) <= max(grown) < 2.5,
    )
    claim("to more than a thousand at 0.22", medians[-1][1] > 1000)
    levels = np.array(medians)[:, 1]
    claim("toward that limit the level rises", all(np.diff(levels) > 0))
    claim(
        "reach far above the level",
        all(np.array(highest) > 1000 * levels),
    )
    claim("the first limit, 0.118", limit)
    given("four runs at 0.10 and four at 0.14")
    given("A run at 0.14 sees the same", "one at 0.10.")
    given("rate 0.10, close in", "orange lines, for 0.14")
    claim("near six", 5 < settled < 7)
    ends = so_far[-1]
    claim(
        "all runs agree with the theory",
        np.allclose(ends[0], settled, rtol=0.25),
    )
    given("At 0.10 all runs", "At 0.14, with the same")
    claim(
        "do not agree with one another",
        ends[1].max() > 1.5 * ends[1].min(),
    )
    claim(
        "more than a hundred times as high",
        ends[1].min() / settled > 100,
    )
    each = np.diff(
        so_far[:, 1] * np.arange(1, 200_001)[:, None], axis=0
    )
    tops = [each[: 10**k].max(axis=0).mean() for k in (3, 4, 5)]
    claim("the higher the highest spike", tops[0] < tops[1] < tops[2])
    given("batches of 32 on")
    claim("examples, 0.199", 2 / curvature)
    claim(
        "little is missing",
        curvature / (curvature**2 + a.var() / 32) * curvature > 0.95,
    )
    H = 2 / len(X) * X.T.astype(float) @ X
    squares_of = [2 * np.outer(row, row) for row in X.astype(float)]

    def growth(rate):
        steps_of = [np.eye(2) - rate * A for A in squares_of]
        both = np.mean([np.kron(S, S) for S in steps_of], axis=0)
        return np.abs(np.linalg.eigvals(both)).max()

    claim(
        "0.110 for single examples", growth(0.1095) < 1 < growth(0.1105)
    )
    claim("0.171 for all", 2 / np.linalg.eigvalsh(H)[1])

# %% tags=["remove-cell"]
with checks("Rare runs"):
    given("at the learning rate 0.14")
    claim(
        "grows by half with every",
        1.45 < np.mean((1 - 0.14 * a) ** 2) < 1.55,
    )
    claim("stay within sight", np.median(excess[-1]) < 4)

# %% [markdown]
# ## What to keep
#
# - A product of random factors has a mean that belongs to rare runs. Most runs, and the
#   mean of those you can afford, stay far below it.
# - Three limits for a learning rate: of the mean square, of the descent with all
#   examples, and of a typical run. They lie in this order here.
# - Between the first and the last a descent looks fine, with spikes that come back. The
#   limit to respect is the first: $2\lambda / (\lambda^2 + \operatorname{Var}(a) / b)$.
#   Larger batches raise it.
#
# ## Exercises
#
# ::::{exercise}
# :label: ex-rare-game
# Change the tails of the game so that a typical player's error neither grows nor
# shrinks. What is then the mean factor of the square? You should get 0.625 for the
# tails and 1.475 for the square.
# ::::
#
# ```{solution-start} ex-rare-game
# :class: dropdown
# ```
#
# One head and one tail together must give 1.

# %%
tails = 1 / 1.6
print(f"{tails:.3f} {(1.6**2 + tails**2) / 2:.3f}")

# %% [markdown]
# Even then the mean square explodes.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "get 0.625 for the tails and 1.475 for",
        tails,
        (1.6**2 + tails**2) / 2,
    )
    given("must give 1.")

# %% [markdown]
# ::::{exercise}
# :label: ex-rare-mean
# Open: someone compares two learning rates by the mean final loss of twenty runs each,
# and the larger rate wins. Under which conditions would you trust that? A good answer
#
# - names a limit that can be computed before the runs,
# - says what the median and the highest run would add,
# - says what twenty runs cannot show.
# ::::
#
# ::::{solution} ex-rare-mean
# :class: dropdown
# First compute $2\lambda / (\lambda^2 + \operatorname{Var}(a) / b)$ along the steepest
# direction, from the curvatures of the examples. (With several parameters that is an
# estimate, a little too high: for the line 0.113 instead of 0.110.) Well below it,
# means are what they seem, and their standard error says whether the difference counts.
# Near it or above, the mean of twenty runs tells about the middle of the crowd. The
# median says that more honestly, and a highest run far above the rest is a sign that
# the mean has not settled. Twenty runs cannot show what one run in a thousand does, and
# above the limit those decide the mean.
# ::::

# %% tags=["remove-cell"]
with checks("Exercises"):
    d = np.linalg.eigh(H)[1][:, 1]
    own = 2 * (X.astype(float) @ d) ** 2
    claim(
        "0.113 instead of 0.110",
        2 * own.mean() / np.mean(own**2),
        0.110 if growth(0.1095) < 1 < growth(0.1105) else 0.0,
    )

# %% [markdown]
# ## Sources and further reading
#
# {cite}`furstenberg1960` prove that the logarithm of a product of random matrices grows
# at a fixed mean rate. The data are from a {ref}`notebook <source-nn-gradient-descent>`
# {cite}`nn_gradient_descent`.
