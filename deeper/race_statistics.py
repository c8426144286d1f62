# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (race-statistics)=
# # When is one optimizer better than another?
#
# In the race of {ref}`optimizers`, Adam's median error comes out a little below that of
# Nesterov's rule, and almost a quarter below that of RMSProp. Which of these two leads
# would survive another set of seeds? If you had trained once with each, RMSProp would
# have beaten Adam in more than a quarter of all cases.
#
# :::{admonition} Before you start
# :class: tip
# - **You will** put an interval around a median, compare runs in pairs, count the luck
#   of the tuning, and try another problem.
# - **You need** the race of {ref}`optimizers`, and `train_many` from
#   {ref}`many-trainings`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` where this file lies

# %% [markdown]
# ## One run proves little
#
# The problem is that of the race: a noisy parabola, a 1-10-1 ReLU network, 500 steps
# with batches of 20, and a rate that falls along a half cosine. Each of 440 seeds has
# its own noise, start and shuffles. Forty of them choose a rule's rate, and the other
# 400 judge it.

# %%
import jax
import numpy as np
from torch import nn

from helpers import in_batches, noisy_parabola, shuffled_orders
from helpers.network import network, starts_of


def small_net():
    return nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))


def small_loss(w, X, y):
    return (network(w, X, (1, 10, 1)) - y) ** 2


# %% [markdown]
# Here are 440 data sets, starts and shuffles:

# %%
rng = np.random.default_rng(1)
y = np.stack([noisy_parabola(rng)[1][:, 0] for _ in range(440)])
x, _ = noisy_parabola(rng)  # (100, 1), the same in all runs
starts = starts_of(small_net, range(440))
batches = in_batches(shuffled_orders(rng, 440, 100, 100), 20)

# %% [markdown]
# `errors` trains all seeds at one rate and returns their mean squared distances from
# the curve without noise.

# %%
from helpers.training import train_many

cosine = (1 + np.cos(np.pi * np.arange(100) / 100)) / 2
parabola = x, y, x[:, 0] ** 2 + 0.1


def errors(optimizer, rate, problem=parabola):
    x, y, truth = problem
    falling = rate * cosine[:, None]
    data = starts, batches, x, y
    trained = train_many(small_loss, *data, falling, optimizer)
    distance = jax.vmap(lambda w: small_loss(w, x, truth).mean())
    each = np.asarray(distance(trained.parameters[:, -1]))
    return np.nan_to_num(each, nan=np.inf)  # diverged


# %% [markdown]
# Run three rules at ten rates each, and keep everything: an array of 10 × 440 errors
# for each rule.

# %%
from functools import partial

import optax

RATES = np.geomspace(0.001, 1, 10)
rules = {
    "Nesterov": partial(optax.sgd, momentum=0.9, nesterov=True),
    "RMSProp": partial(optax.rmsprop, decay=0.99, eps_in_sqrt=False),
    "Adam": optax.adam,
}

# %% [markdown]
# The rate of the lowest median over the first forty seeds is the rule's own. What the
# other 400 give there is all that counts below.

# %%
grid, own = {}, {}
for name, rule in rules.items():
    grid[name] = np.stack([errors(rule, rate) for rate in RATES])
    best = np.median(grid[name][:, :40], axis=1).argmin()
    own[name] = grid[name][best, 40:]  # (400,)
    print(f"{name:8} {np.median(own[name]):.5f} at {RATES[best]:.4f}")

# %% [markdown]
# With one run each, who wins? Count over the seeds.

# %%
for first, second in (("RMSProp", "Adam"), ("Adam", "Nesterov")):
    share = np.mean(own[first] < own[second])
    print(f"{first} beats {second} on {share:.0%} of the seeds")

# %% [markdown]
# RMSProp's median is nearly a third above Adam's, and yet it wins more than a quarter
# of the pairs. {numref}`fig-race-spread` shows why: the runs of one rule differ by more
# than the rules do. Between Nesterov's rule and Adam a single pair is as good as a
# coin.

# %% tags=["hide-input"]
#| name: fig-race-spread
#| caption: Each dot is a run, 400 for each rule; bars mark the medians.
#| alt: Three columns of gray dots on a log scale, for Nesterov, RMSProp and Adam. Each
#|   column reaches over about a factor of ten, and the three overlap almost wholly. The
#|   bar of RMSProp is a little higher than the other two, which are level.
import matplotlib.pyplot as plt

from helpers import BLUE, GRAY, use_book_style

use_book_style()
figure, ax = plt.subplots()
spread = np.random.default_rng(0).uniform(-0.3, 0.3, 400)
for place, each in enumerate(own.values()):
    ax.semilogy(place + spread, each, ".", color=GRAY, ms=3, alpha=0.5)
    ax.hlines(np.median(each), place - 0.4, place + 0.4, color=BLUE)
ax.set_xticks(range(3), list(own))
ax.set(ylabel="error", ylim=(1e-4, 1e-2))
ax.set_title("Runs differ more than rules")
plt.show()

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("One run proves little"):
    given("a 1-10-1 ReLU network")
    claim(
        "500 steps with batches of 20",
        batches.shape[1] * batches.shape[2],
        batches.shape[3],
    )
    claim("Each of 440 seeds", len(starts))
    claim("Here are 440 data sets", len(y))
    claim("the other 400 judge it", len(own["Adam"]))
    claim("other 400 give there", len(own["Adam"]))
    claim("400 for each rule", len(own["Adam"]))
    claim("at ten rates each", len(RATES) == 10)
    claim("an array of 10 × 440", *grid["Adam"].shape)
    middle = {name: np.median(each) for name, each in own.items()}
    ratio = middle["RMSProp"] / middle["Adam"]
    claim("is nearly a third above Adam's", 1.22 < ratio < 1.37)
    claim(
        "it wins more than a quarter of the pairs",
        0.25 < np.mean(own["RMSProp"] < own["Adam"]) < 0.32,
    )
    reach = [
        np.subtract(*np.log10(np.quantile(e, [0.98, 0.02])))
        for e in own.values()
    ]
    claim(
        "about a factor of ten", min(reach) > 0.7 and max(reach) < 1.3
    )
    coin = np.mean(own["Adam"] < own["Nesterov"])
    claim("as good as a coin", 0.45 < coin < 0.58)
    claim(
        "the other two, which are level",
        abs(middle["Adam"] / middle["Nesterov"] - 1) < 0.07,
    )

# %% [markdown]
# ## An interval for a median
#
# How far may the median of the runs lie from the median of *all* runs that could be
# made? Each run falls below that true median with a chance of one half, like a coin. Of
# 400 coins, nearly always between 180 and 220 show heads. So sort the errors: the true
# median nearly always lies between the 180th and the 221st. Nothing was assumed about
# how errors are distributed.
#
# For other numbers, `comb(n, k)` counts the ways in which $n$ coins show $k$ heads,
# among $2^n$ in all. Leave out 2.5% at each end.

# %%
from math import comb


def median_interval(values):  # holds the true median in 95%
    n = len(values)
    chance = [comb(n, k) / 2**n for k in range(n + 1)]
    heads = np.argmax(np.cumsum(chance) > 0.025)
    return np.sort(values)[[heads - 1, n - heads]]


# %% [markdown]
# Split Adam's runs into groups of 20, of 100, and take all 400. Printed: the interval
# of the first group, and the mean width over the groups.

# %%
for n in (20, 100, 400):
    ends = [median_interval(g) for g in own["Adam"].reshape(-1, n)]
    low, high = 1000 * ends[0]
    width = 1000 * np.mean(np.ptp(ends, axis=1))
    print(f"{n:3} runs: {low:.2f} to {high:.2f}, width {width:.2f}")

# %% [markdown]
# Twenty times the runs make the interval between four and five times narrower, about
# $\sqrt{20}$, as for a mean.

# %% tags=["remove-cell"]
with checks("An interval for a median"):
    chance = np.cumsum([comb(400, k) / 2**400 for k in range(401)])
    heads = np.argmax(chance > 0.025)
    given("Leave out 2.5%")
    claim("between 180 and 220 show", heads, 400 - heads)
    claim("Of 400 coins", len(own["Adam"]))
    claim("between the 180th and the 221st", heads, 400 - heads + 1)
    widths = [
        np.mean(
            [
                np.ptp(median_interval(g))
                for g in own["Adam"].reshape(-1, n)
            ]
        )
        for n in (20, 400)
    ]
    claim(
        "between four and five times narrower",
        3.6 < widths[0] / widths[1] < 5.4,
    )
    given("into groups of 20, of 100, and take all 400")
    claim(r"$\sqrt{20}$", len(own["Adam"]) / 20)
    claim("Twenty times the runs", 400 / 20 == 20)

# %% [markdown]
# ## Pairs
#
# A seed is the same problem for every rule: the same noise, the same start, the same
# batches. {numref}`fig-race-pairs` shows what that does.

# %% tags=["hide-input"]
#| name: fig-race-pairs
#| caption: Each dot is a seed. Above the line Adam is better.
#| alt: A cloud of gray dots, Adam's error to the right and RMSProp's upward, both on
#|   log scales. It rises to the right, and most of it lies above the diagonal line of
#|   equal errors.
figure, ax = plt.subplots(figsize=(4.6, 4.6))
ax.loglog(own["Adam"], own["RMSProp"], ".", color=GRAY, ms=4)
ax.loglog([1e-4, 1e-2], [1e-4, 1e-2], color=BLUE)
ax.set(xlim=(1e-4, 1e-2), ylim=(1e-4, 1e-2), aspect="equal")
ax.set(xlabel="error of Adam", ylabel="error of RMSProp")
ax.set_title("A seed that is bad for one is bad for both")
plt.show()

# %% [markdown]
# So compare the rules seed by seed, and put the interval around the median
# *difference*. To see what the pairs are worth, exchange Adam's runs among the seeds, a
# hundred times.
#
# :::{admonition} What do you expect?
# :class: dropdown
# A seed with an unlucky noise or start is bad for both rules. In a difference of pairs
# that part cancels, so the interval should be narrower than with exchanged runs, where
# it counts twice.
# :::

# %%
rng = np.random.default_rng(0)
for name in ("Nesterov", "RMSProp"):
    low, high = 1000 * median_interval(own[name] - own["Adam"])
    print(f"{name:8} minus Adam: {low:.3f} to {high:.3f}", end=", ")
    mixed = [
        own[name] - rng.permutation(own["Adam"]) for _ in range(100)
    ]
    widths = [np.ptp(median_interval(gaps)) for gaps in mixed]
    wide = 1000 * np.mean(widths)
    print(f"{high - low:.3f} wide; exchanged {wide:.3f}")

# %% [markdown]
# In pairs the interval is less than half as wide. You would need more than four times
# the runs to get as much without them. It lies wholly above zero for RMSProp: at these
# settings RMSProp is behind Adam. (The median of the differences is smaller than the
# difference of the medians: they are different numbers.) For Nesterov's rule it holds
# zero: 400 runs show no order between the two.

# %% tags=["remove-cell"]
with checks("Pairs"):
    logs = np.log([own["Adam"], own["RMSProp"]])
    claim("It rises to the right", np.corrcoef(logs)[0, 1] > 0.4)
    above = np.mean(own["RMSProp"] > own["Adam"])
    claim("most of it lies above", above > 0.6)
    paired, mixed_widths = {}, {}
    shuffle = np.random.default_rng(0)
    for name in ("Nesterov", "RMSProp"):
        paired[name] = median_interval(own[name] - own["Adam"])
        mixed_widths[name] = np.mean(
            [
                np.ptp(
                    median_interval(
                        own[name] - shuffle.permutation(own["Adam"])
                    )
                )
                for _ in range(100)
            ]
        )
    shares = shares_of_pairs = [
        np.ptp(paired[name]) / mixed_widths[name] for name in paired
    ]
    claim("is less than half as wide", max(shares) < 0.5)
    claim(
        "more than four times the runs to get",
        1 / max(shares) ** 2 > 4,
    )
    claim("wholly above zero for RMSProp", paired["RMSProp"][0] > 0)
    claim(
        "is smaller than the difference of the medians",
        np.median(own["RMSProp"] - own["Adam"])
        < middle["RMSProp"] - middle["Adam"],
    )
    low, high = paired["Nesterov"]
    claim("For Nesterov's rule it holds zero", low < 0 < high)
    claim("400 runs show no order", len(own["Adam"]))

# %% [markdown]
# ## The luck of the tuning
#
# So far the seeds that judge are counted, but not those that chose the rate. Let twenty
# groups of twenty seeds choose, each for itself.

# %%
for name, table in grid.items():
    groups = table[:, 40:].reshape(10, 20, 20)  # rate, group, seed
    groups = np.median(groups, axis=2)
    chosen = groups.argmin(axis=0)
    for i in np.unique(chosen):
        error = 1000 * np.median(table[i, 40:])
        share = f"{np.sum(chosen == i):2} of 20 groups"
        print(f"{name:8} {share} take {RATES[i]:.4f}: {error:.2f}")

# %% [markdown]
# Most groups choose the same rate for RMSProp. For each of the other two they are
# divided between two neighbors, and the choice moves the median by as much as the two
# rules differ. In a race tuned by twenty seeds either may come out ahead, whatever the
# number of runs afterwards. So tune with more seeds, or report the luck:
# choose and judge again, as often as you can. If that is too dear, resample the tuning
# seeds with replacement, the bootstrap {cite}`efron1979`.

# %% tags=["remove-cell"]
with checks("The luck of the tuning"):
    picks = {
        name: np.median(t[:, 40:].reshape(10, 20, 20), axis=2).argmin(
            axis=0
        )
        for name, t in grid.items()
    }
    claim(
        "Most groups choose the same rate for RMSProp",
        np.bincount(picks["RMSProp"]).max() > 14,
    )
    divided = [np.unique(picks[name]) for name in ("Nesterov", "Adam")]
    claim(
        "between two neighbors",
        all(len(d) == 2 and np.ptp(d) == 1 for d in divided),
    )
    moves = [
        np.ptp([np.median(grid[name][i, 40:]) for i in d])
        for name, d in zip(("Nesterov", "Adam"), divided, strict=True)
    ]
    claim(
        "by as much as the two rules differ",
        np.mean(moves) > 0.7 * abs(middle["Nesterov"] - middle["Adam"]),
    )
    claim(
        "twenty groups of twenty seeds",
        grid["Adam"].shape[1] == 40 + 20 * 20,
    )
    claim("tuned by twenty seeds either", picks["Adam"].size == 20)

# %% [markdown]
# ## Another problem
#
# All this is about one problem. Give Nesterov's rule and Adam a slice of the ripple
# $\sin(r)/r$ from a {ref}`workshop <source-training-nn>` {cite}`training_nn`, with the
# same network, rates and schedule.

# %%
from helpers import standardize

r = np.linspace(-10, 10, 100)
height = np.float32(np.sinc(r / np.pi))  # NumPy's has the pi inside
no_noise = np.tile(height, (440, 1))
ripple = np.float32(standardize(r)[:, None]), no_noise, height
best = {}
for name in ("Nesterov", "Adam"):
    table = [errors(rules[name], rate, ripple) for rate in RATES]
    chosen = min(table, key=lambda each: np.median(each[:40]))
    best[name] = chosen[40:] / height.var()
    print(
        f"{name:8} leaves {np.median(best[name]):.2f} of the variance"
    )
wins = np.mean(best["Nesterov"] < best["Adam"])
print(f"Nesterov wins {wins:.0%} of pairs")

# %% [markdown]
# Here Nesterov's rule is far ahead, and twenty or thirty pairs would most likely
# have shown it. So the answer to "which is better?" depends more on the problem than on
# anything above. In a benchmark of fifteen optimizers on eight problems no single one
# wins {cite}`schmidt2021`.

# %% tags=["remove-cell"]
with checks("Another problem"):
    shares = {name: np.median(each) for name, each in best.items()}
    claim(
        "Nesterov's rule is far ahead",
        shares["Nesterov"] < 0.5 * shares["Adam"],
    )

    def shown(n, p):  # chance that n pairs decide, 5% two-sided
        tail = np.cumsum([comb(n, k) / 2**n for k in range(n + 1)])
        few = np.sum(tail <= 0.025)  # fewer losses than this
        return sum(
            comb(n, k) * (1 - p) ** k * p ** (n - k) for k in range(few)
        )

    claim(
        "twenty or thirty pairs would most likely",
        shown(20, wins) > 0.6 and shown(30, wins) > 0.8,
    )

# %% tags=["remove-cell"]
with checks("When is one optimizer better than another?"):
    ahead = middle["Nesterov"] / middle["Adam"] - 1
    claim("a little below", 0 < ahead < 0.07)
    claim(
        "almost a quarter below that of RMSProp",
        0.19 < 1 - 1 / ratio < 0.27,
    )
    claim(
        "in more than a quarter of all cases",
        0.25 < np.mean(own["RMSProp"] < own["Adam"]) < 0.32,
    )

# %% [markdown]
# ## What to keep
#
# - One run each decides nothing: the runs of one rule differ by more than the rules do.
# - Sort and count: places in the sorted runs make an interval for the median, whatever
#   the distribution.
# - Compare in pairs that share the data, the start and the batches. Here that was worth
#   more than four times the runs.
# - Tuning has luck of its own. Choose again with other seeds, and see whether the
#   verdict stands.
# - What is left after all that holds for this problem.

# %% tags=["remove-cell"]
with checks("What to keep"):
    claim(
        "worth more than four times the runs",
        1 / max(shares_of_pairs) ** 2 > 4,
    )

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-race-five
# Say that RMSProp wins a pair with the chance 0.28. You run both rules on five fresh
# seeds and name the one that wins more of them. How often do you name RMSProp? You
# should get 0.14:
#
# ```python
# from helpers import check_answer
#
# check_answer("your chance", chance, 0.14, within=0.005)
# ```
# ::::
#
# ```{solution-start} ex-race-five
# :class: dropdown
# ```
#
# RMSProp must win three, four or five of the five pairs.

# %%
from helpers import check_answer

chance = sum(comb(5, k) * 0.28**k * 0.72 ** (5 - k) for k in (3, 4, 5))
check_answer("your chance", chance, 0.14, within=0.005)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("wins a pair with the chance 0.28")
    claim("You should get 0.14", chance)

# %% [markdown]
# ::::{exercise}
# :label: ex-race-sorted
# Somebody compares the best run of RMSProp with the best of Adam, the second best with
# the second best, and so on. The interval is far narrower than in pairs. What is wrong?
#
# ```python
# gaps = np.sort(own["RMSProp"]) - np.sort(own["Adam"])
# low, high = median_interval(gaps)
# ```
# ::::
#
# ```{solution-start} ex-race-sorted
# :class: dropdown
# ```
#
# The interval rests on coins that fall independently. The runs of different seeds do,
# but sorting has torn the pairs apart, and neighbors among the sorted differences are
# nearly equal: 400 numbers that are no 400 coins. The narrow interval promises a
# precision that is not there.

# %%
gaps = np.sort(own["RMSProp"]) - np.sort(own["Adam"])
low, high = 1000 * median_interval(gaps)
print(f"{low:.3f} to {high:.3f} thousandths")

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim(
        "is far narrower than in pairs",
        np.ptp(median_interval(gaps)) < 0.6 * np.ptp(paired["RMSProp"]),
    )
    claim("400 numbers that are no 400 coins", *[len(gaps)] * 2)
    close = np.abs(np.diff(gaps[40:-40])).max()
    claim("are nearly equal", close < 0.5 * gaps[40:-40].mean())

# %% [markdown]
# ## Sources and further reading
#
# - The parabola is from {cite}`sobh`, the ripple from {cite}`training_nn`.
# - The bootstrap is from {cite}`efron1979`; {cite}`schmidt2021` is a race on a much
#   larger scale, and {cite}`choi2019` asks what tuning does to a ranking.
