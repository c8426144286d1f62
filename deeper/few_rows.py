# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (few-rows)=
# # When does stopping early pay?
#
# On 80 rows of a ripple, a network goes past its best epoch and gets worse
# ({ref}`surface`). Early stopping promises to bring you back. But it needs a validation
# set, and those rows are taken from the few you have. You pay with a fifth of your data
# for a judge. When is the judge worth the price?

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` from this folder

# %% [markdown]
# :::{admonition} Before you start
# :class: tip
# - **You will** race early stopping against two rivals that do without it, on few rows
#   and on more, with noise and without, and learn what the rule cannot see.
# - **You need** {ref}`surface`, with its network and its rule for stopping, and the
#   engine of {ref}`many-trainings`.
# - **Time** {chapter-time}`here`
# :::

# %% [markdown]
# ## The race
#
# You have $n$ rows of the surface. Early stopping puts a fifth of them aside, trains on
# the others, and goes back to the epoch that was best on those aside. A fair race needs
# rivals:
#
# - **to the end**: the same run, on the same four fifths, after all of 600 epochs,
# - **all rows**: a run that holds out nothing, trains on all $n$, and also goes on to
#   the end.
#
# All take five batches an epoch, so they get the same number of updates. The verdict is
# the true surface, which none of them has seen. Take raw inputs.

# %%
import numpy as np

from helpers import sinc_surface

grid, heights = sinc_surface()
heights = heights[:, 0]  # (2500,)

# %% [markdown]
# The network is that of {ref}`surface`, from ten starts.

# %%
from torch import nn

from helpers.network import network, starts_of


def make_model():
    layers = nn.Linear(2, 80), nn.Tanh(), nn.Linear(80, 1), nn.Tanh()
    return nn.Sequential(*layers)


starts = starts_of(make_model, seeds=range(10))  # (10, 321)

# %% [markdown]
# JAX needs it as a function of the 321 parameters. `variance_left` is the loss after
# each epoch of a run, divided by the variance of the *true* surface in all cases, so
# that all curves of this page share one axis.

# %%
import jax
import jax.numpy as jnp


def surface(w, X):
    return jnp.tanh(network(w, X, (2, 80, 1), jnp.tanh))


def row_loss(w, X, y):
    return (surface(w, X) - y) ** 2


@jax.jit
def variance_left(path, X, y):  # path (600, 321)
    losses = jax.vmap(row_loss, in_axes=(0, None, None))(path, X, y)
    return losses.mean(axis=1) / heights.var()


# %% [markdown]
# Ten data sets are trained at once. Each has rows of its own, in an order of its own.

# %%
import optax

from helpers import in_batches, shuffled_orders
from helpers.training import train_many


def train_on(rows, targets, rng):  # (10, n) and (10, 2500)
    n = rows.shape[1]
    visits = shuffled_orders(rng, runs=10, epochs=600, n=n)
    pairs = zip(rows, visits, strict=True)
    orders = np.stack([mine[visit] for mine, visit in pairs])
    batches = in_batches(orders, n // 5)
    setting = grid, targets, 0.01, optax.adam
    runs = train_many(row_loss, starts, batches, *setting, at_once=1)
    return runs.parameters  # (10, 600, 321)


# %% [markdown]
# And the rule, applied to the losses of a finished run: stop after `patience` epochs
# without a new best, and return the best epoch so far.


# %%
def best_epoch(losses, patience=50):  # counts from zero
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        elif epoch - best >= patience:
            break
    return best


# %% [markdown]
# ## One case, closely
#
# Take 200 rows with noise, normal with a standard deviation of 0.2, which is more than
# that of the heights.

# %%
rng = np.random.default_rng(1)
targets = heights + 0.2 * rng.normal(size=(10, 2500))
rows = np.stack([rng.permutation(2500)[:200] for _ in range(10)])
held, kept = rows[:, :40], rows[:, 40:]
runs = train_on(kept, targets, rng)

# %% [markdown]
# Two curves for each data set: the loss on the rows that it has seen, and on those that
# judge it.


# %%
def curves(runs, rows, targets):
    tasks = zip(runs, rows, targets, strict=True)
    return np.array(
        [variance_left(w, grid[k], y[k]) for w, k, y in tasks]
    )


seen = curves(runs, kept, targets)  # (10, 600)
judged = curves(runs, held, targets)

# %% [markdown]
# The true surface is the grid without noise, whatever rows a run has seen:


# %%
def true_left(paths):  # (10, epochs, 321) to (10, epochs)
    shares = [variance_left(path, grid, heights) for path in paths]
    return np.array(shares)


best = np.array([best_epoch(losses) for losses in judged])
print("goes back to epochs", *np.sort(best + 1))

# %% [markdown]
# {numref}`fig-few-closely` shows the three side by side.

# %% tags=["hide-input"]
#| name: fig-few-closely
#| caption: Medians of ten data sets of 200 noisy rows, two epochs out of 12. The
#|   dashed line is the variance of the noise.
#| alt: Loss over 600 epochs, in percent of the variance of the surface. The blue curve,
#|   the rows that are trained on, falls all the way, through the dashed line at
#|   145. The black curve, the true surface, has its lowest point within the
#|   first hundred epochs and then climbs. The orange curve, the rows held out, runs
#|   like the black one, but higher by about the height of the dashed line.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, ORANGE, use_book_style

use_book_style()
colors = BLUE, ORANGE, BLACK
figure, ax = plt.subplots(figsize=(5.4, 4.2))
true = true_left(runs[:, ::6])  # every 6th epoch is enough
every_6th = seen[:, ::6], judged[:, ::6], true  # (10, 100) each
for each, color in zip(every_6th, colors, strict=True):
    blocks = np.median(each.reshape(10, 50, 2), axis=(0, 2))
    ax.plot(np.arange(6, 600, 12), 100 * blocks, color=color)
noise_percent = 100 * 0.2**2 / heights.var()
ax.axhline(noise_percent, color=GRAY, linestyle="--", linewidth=1)
ax.text(590, 45, "rows trained on", color=BLUE, ha="right")
ax.text(590, 192, "true surface", color=BLACK, ha="right")
ax.text(590, 312, "rows held out", color=ORANGE, ha="right")
ax.text(60, 150, "noise alone", color=GRAY)
ax.set(xlabel="epoch", ylabel="loss (% of variance)", ylim=(0, 360))
ax.set_title("The judge turns where the surface does")
plt.show()

# %% [markdown]
# On rows that are not trained on, noise adds its own variance to the loss, whatever the
# network does: 145% of the variance of the surface. That shift does not move the lowest
# point. So the judge never sees how good the surface is, and still sees when it gets
# worse. It sees it through 40 noisy rows, though. The epochs it picks differ widely
# from one data set to the next.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("One case, closely"):
    claim("Take 200 rows with noise", rows.shape[1])
    given("deviation of 0.2")
    claim("two epochs out of 12", runs.shape[1] / 50)
    claim("more than that of the heights", heights.std() < 0.2)
    claim("ten data sets of 200 noisy rows", rows.shape[1])
    claim("Loss over 600 epochs", runs.shape[1] == 600)
    claim("dashed line at 145", noise_percent)
    middle = [
        np.median(each.reshape(10, 50, 2), axis=(0, 2))
        for each in every_6th
    ]
    claim("falls all the way, through", middle[0][-1] < 1.1)
    claim(
        "lowest point within the first hundred epochs",
        12 * middle[2].argmin() < 100,
    )
    shift = np.median(every_6th[1] - every_6th[2])
    claim("about the height of the dashed line", 1 < shift < 1.9)
    claim("145% of the variance", noise_percent / 100)
    claim("through 40 noisy rows", held.shape[1])
    claim("differ widely", (best + 1).max() > 4 * (best + 1).min())

# %% [markdown]
# ## Eight cases
#
# Now the whole race, for four sizes, without noise and with it. Where should early
# stopping win?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Where running on does the most harm and the held-out rows would have helped least:
# with noise and few rows. Without noise, and with rows enough, there is little to go
# back to, and the rows aside are missed.
# :::


# %%
def race(n, noise, patience=50):
    rng = np.random.default_rng(n)  # the same data for each patience
    targets = heights + noise * rng.normal(size=(10, 2500))
    rows = np.stack([rng.permutation(2500)[:n] for _ in range(10)])
    held, kept = rows[:, : n // 5], rows[:, n // 5 :]
    runs = train_on(kept, targets, rng)
    rivals = train_on(rows, targets, rng)
    judged = curves(runs, held, targets)
    best = [best_epoch(losses, patience) for losses in judged]
    stopped = true_left(runs[range(10), best][:, None])[:, 0]
    ends = [true_left(paths[:, -20:]) for paths in (runs, rivals)]
    return stopped, *np.median(ends, axis=2)


# %% [markdown]
# `race` returns three shares for each of the ten data sets: early stopping, to the end,
# all rows. The last two are medians of 20 epochs. Count in how many of the ten early
# stopping beats the one and the other.

# %%
sizes = (100, 200, 400, 800)
shares = {}
for noise in (0, 0.2):
    for n in sizes:
        shares[noise, n] = np.array(race(n, noise))  # (3, 10)
        stopped, *rivals = shares[noise, n]
        wins = [(stopped < rival).sum() for rival in rivals]
        print(f"noise {noise:3}, {n} rows: wins", *wins)

# %% [markdown]
# How much it wins or loses is in {numref}`fig-few-race`.

# %% tags=["hide-input"]
#| name: fig-few-race
#| caption: Medians of ten data sets each. Above the dotted line a model is worse than
#|   the mean height.
#| alt: Two panels, without and with noise, with variance left against the number of
#|   rows, both axes on log scales. Without noise all three lines fall together from
#|   about 100 percent to about 10; at 400 rows early stopping lies above the others.
#|   With noise early stopping lies far below the two others at 100 and 200 rows, and
#|   the lines come together at 400 and 800.
figure, axes = plt.subplots(2, sharex=True, sharey=True)
figure.set_size_inches(5.4, 6)
titles = {0: "Without noise: no gain", 0.2: "With noise: a gain"}
colors, marks = (BLUE, ORANGE, BLACK), ("o-", "s--", "^:")
for ax, (noise, title) in zip(axes, titles.items(), strict=True):
    middle = [np.median(shares[noise, n], axis=1) for n in sizes]
    percent = 100 * np.array(middle)  # (4, 3)
    for k in range(3):
        ax.loglog(sizes, percent[:, k], marks[k], color=colors[k])
    ax.minorticks_off()
    ax.axhline(100, color=GRAY, linestyle=":", linewidth=1)
    ax.set(ylabel="variance left (%)", title=title)
axes[1].text(100, 60, "early stopping", color=BLUE)
axes[1].text(230, 220, "to the end", color=ORANGE)
axes[1].text(110, 170, "all rows", color=BLACK)
axes[1].set_xticks(sizes, sizes)
axes[1].set_yticks([10, 30, 100, 300], [10, 30, 100, 300])
axes[1].set(xlabel="rows")
plt.show()

# %% [markdown]
# **With noise**, on 100 and on 200 rows, the rule beats both rivals in nearly every
# data set. On 800 it is no better than the rival that held out nothing: what stopping
# gains, the rows aside cost.
#
# **Without noise** it never clearly beats that rival, and on 400 rows it loses to it in
# nearly every data set. Is the patience too short? Take that suspect away: with a
# patience of 600 nothing is cut short, and only the choice of the epoch is left to the
# judge.

# %%
for patience in (50, 600):
    stopped, _, all_rows = race(400, 0, patience)
    print(f"patience {patience}: {np.median(stopped):.0%} left", end="")
    print(f" (all rows {np.median(all_rows):.0%})")

# %% [markdown]
# It was the patience. The rule of {ref}`surface` gave up on a stretch where the run got
# no better for 50 epochs, and got better later. What is left of the gap to the rival is
# the price of the 80 rows.
#
# One thing {numref}`fig-few-race` shows without any rule. On 100 noisy rows early
# stopping is far better than its rivals and still above 100%: you would do better to
# predict the mean height. A gain says nothing about whether the model is any good.

# %% tags=["remove-cell"]
with checks("The race"):
    claim("after all of 600 epochs", runs.shape[1])
    claim("of the 321 parameters", starts.shape[1])
    claim("Ten data sets are trained", len(starts) == 10)
    claim(
        "puts a fifth of them aside", kept.shape[1] == 4 * held.shape[1]
    )
    claim("four fifths", kept.shape[1] == 4 * held.shape[1])
    claim("All take five batches", kept.shape[1] % 5 == 0)

# %% tags=["remove-cell"]
with checks("Eight cases"):
    better = {
        case: [int((three[0] < rival).sum()) for rival in three[1:]]
        for case, three in shares.items()
    }
    middle = {case: np.median(x, axis=1) for case, x in shares.items()}
    given("medians of 20 epochs")
    few_noisy = better[0.2, 100] + better[0.2, 200]
    claim("on 100 and on 200 rows, the rule", min(few_noisy) >= 8)
    claim("beats both rivals in nearly every", min(few_noisy) >= 8)
    ratio = middle[0.2, 800][0] / middle[0.2, 800][2]
    claim("On 800 it is no better", ratio > 0.93)
    claim(
        "it never clearly beats that rival",
        min(middle[0, n][0] / middle[0, n][2] for n in sizes) > 0.85,
    )
    claim("and on 400 rows it loses", better[0, 400][1] <= 2)
    waiting = np.median(race(400, 0, 600)[0])
    at_50 = middle[0, 400][0]
    claim("patience of 600 nothing is cut", runs.shape[1])
    claim("It was the patience", waiting < at_50 - 0.05)
    given("no better for 50 epochs")
    claim("the price of the 80 rows", sizes[2] / 5)
    claim("On 100 noisy rows early", middle[0.2, 100][0] > 1)
    claim("still above 100%", middle[0.2, 100][0])
    claim(
        "far better than its rivals",
        1.4 * middle[0.2, 100][0] < middle[0.2, 100][1:].min(),
    )
    claim(
        "from about 100 percent to about 10",
        all(
            0.7 < middle[0, 100][k] < 1.25
            and 0.05 < middle[0, 800][k] < 0.14
            for k in range(3)
        ),
    )
    claim(
        "at 400 rows early stopping lies above",
        middle[0, 400][0] > middle[0, 400][1:].max(),
    )
    claim(
        "below the two others at 100 and 200 rows",
        all(
            1.2 * middle[0.2, n][0] < middle[0.2, n][1:].min()
            for n in (100, 200)
        ),
    )
    claim(
        "come together at 400 and 800",
        max(middle[0.2, 800]) < 1.3 * min(middle[0.2, 800]),
    )

# %% tags=["remove-cell"]
with checks("When does stopping early pay?"):
    given("On 80 rows of a ripple")
    claim(
        "with a fifth of your data", kept.shape[1] == 4 * held.shape[1]
    )

# %% [markdown]
# ## What to keep
#
# - Early stopping pays where running on does harm: on few rows with noise. Where there
#   is little harm to undo, the rows it holds out are missed.
# - Compare it with a rival that trains on all rows, not only with its own run.
# - Noise lifts the validation loss, and does not move its lowest point: it shows when
#   to stop, and not how good the model is.
# - A patience that is too short can cost more than running on. Divide by the variance
#   before you celebrate.

# %% [markdown]
# ## Sources and further reading
#
# - {cite}`prechelt1998` compares many such rules, and finds that slower ones generalize
#   a little better and take much longer.
# - {cite}`hastie2009` treat the choice of a model by held-out rows.
