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
# On 100 rows of a ripple, a network goes past its best epoch and gets worse
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
# Take raw inputs. The verdict is the true surface at points of another grid, which no
# run has seen.

# %%
import numpy as np

from helpers import sinc_surface

grid, heights = sinc_surface()  # 50 by 50 points
points, at_points = sinc_surface(31)  # 31 by 31 points
heights, at_points = heights[:, 0], at_points[:, 0]

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
# JAX needs it as a function of the 321 parameters.

# %%
import jax
import jax.numpy as jnp


def surface(w, X):
    return jnp.tanh(network(w, X, (2, 80, 1), jnp.tanh))


def row_loss(w, X, y):
    return (surface(w, X) - y) ** 2


# %% [markdown]
# `mean_loss` takes the loss after each epoch of a run.


# %%
@jax.jit
def mean_loss(path, X, y):  # path (epochs, 321)
    losses = jax.vmap(row_loss, in_axes=(0, None, None))(path, X, y)
    return losses.mean(axis=1)


# %% [markdown]
# Ten data sets are trained at once, each on rows of its own. All rows are shuffled and
# cut into five batches an epoch. For early stopping the rows aside, the first fifth,
# are then struck out with −1, which counts for nothing. So both kinds of run get the
# same number of updates.

# %%
import optax

from helpers import in_batches, shuffled_orders
from helpers.training import train_many


def train_both(rows, targets, rng):  # rows (10, n)
    n = rows.shape[1]
    visits = shuffled_orders(rng, runs=10, epochs=600, n=n)
    every = np.take_along_axis(rows[:, None], visits, axis=2)
    spared = np.where(visits < n // 5, -1, every)
    batches = in_batches(np.concatenate([spared, every]), n // 5)
    data = grid, np.tile(targets, (2, 1)), 0.01, optax.adam
    twice = np.tile(starts, (2, 1))
    runs = train_many(row_loss, twice, batches, *data, at_once=1)
    return runs.parameters.reshape(2, 10, 600, 321)


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
# Take 200 rows with noise, normal with a standard deviation of 0.1. (That of the
# heights is 0.17.)


# %%
def draw(n, noise):
    rng = np.random.default_rng(n)  # the same rows for each noise
    rows = np.stack([rng.permutation(2500)[:n] for _ in range(10)])
    targets = heights + noise * rng.normal(size=(10, 2500))
    return rows, targets, train_both(rows, targets, rng)


rows, targets, (runs, rivals) = draw(200, 0.1)

# %% [markdown]
# Early stopping knows two curves of each run: the loss on the rows that it trains on,
# and on those that judge it.


# %%
def curves(runs, rows, targets):
    tasks = zip(runs, rows, targets, strict=True)
    losses = [mean_loss(w, grid[k], y[k]) for w, k, y in tasks]
    return np.array(losses) / heights.var()  # (10, 600)


judged = curves(runs, rows[:, :40], targets)
best = np.array([best_epoch(losses) for losses in judged])
print("goes back to epochs", *np.sort(best + 1))

# %% [markdown]
# You know a third curve, over the true surface:


# %%
def true_left(runs):  # (10, epochs, 321) to (10, epochs)
    losses = [mean_loss(path, points, at_points) for path in runs]
    return np.array(losses) / at_points.var()


# %% [markdown]
# {numref}`fig-few-closely` shows all three.

# %% tags=["hide-input"]
#| name: fig-few-closely
#| caption: Medians of ten data sets of 200 noisy rows, two epochs out of 12. The
#|   dashed line is the variance of the noise. All in percent of the variance of the
#|   surface.
#| alt: Loss during 600 epochs. The blue curve, the rows that are trained on, falls all
#|   the way, through the dashed line at 36. The black curve, the true surface, has its
#|   lowest point within the first half and then climbs slowly. The orange curve, the
#|   rows held out, runs like the black one, but higher by about the height of the
#|   dashed line.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, GRAY, ORANGE, use_book_style

use_book_style()
figure, ax = plt.subplots(figsize=(5.4, 4.2))
seen = curves(runs[:, ::6], rows[:, 40:], targets)  # (10, 100)
every_6th = seen, judged[:, ::6], true_left(runs[:, ::6])
for each, color in zip(every_6th, (BLUE, ORANGE, BLACK), strict=True):
    middle = np.median(each.reshape(10, 50, 2), axis=(0, 2))
    ax.plot(np.arange(6, 600, 12), 100 * middle, color=color)
noise_percent = 100 * 0.1**2 / heights.var()
ax.axhline(noise_percent, color=GRAY, linestyle="--", linewidth=1)
ax.text(590, 20, "rows trained on", color=BLUE, ha="right")
ax.text(590, 78, "true surface", color=BLACK, ha="right")
ax.text(590, 134, "rows held out", color=ORANGE, ha="right")
ax.text(590, 40, "noise alone", color=GRAY, ha="right")
ax.set(xlabel="epoch", ylabel="loss (% of variance)", ylim=(0, 160))
ax.set_title("The judge turns where the surface does")
plt.show()

# %% [markdown]
# On rows that are not trained on, noise adds its own variance to the loss, whatever the
# network does: 36% of the variance of the surface. On average that shift leaves the
# lowest point where it is. So the judge never sees how good the surface is, and still
# sees when it gets worse. But it sees with 40 noisy rows: the epochs that it picks
# differ widely from one data set to the next.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("The race"):
    claim("from ten starts", len(starts) == 10)
    claim("of the 321 parameters", starts.shape[1])
    given("out with −1")
    claim("after all of 600 epochs", runs.shape[1])
    claim("puts a fifth of them aside", rows.shape[1] == 5 * 40)
    claim("on the same four fifths", rows.shape[1] == 5 * 40)
    claim("the first fifth", rows.shape[1] == 5 * 40)
    claim("Ten data sets are trained", len(starts) == 10)
    claim("cut into five batches", rows.shape[1] % 5 == 0)

# %% tags=["remove-cell"]
with checks("One case, closely"):
    claim("Take 200 rows with noise", rows.shape[1])
    given("deviation of 0.1.")
    claim("heights is 0.17", heights.std())
    claim("two epochs out of 12", runs.shape[1] / 50)
    claim("ten data sets of 200 noisy rows", rows.shape[1])
    claim("Loss during 600 epochs", runs.shape[1])
    claim("dashed line at 36", noise_percent)
    middle = [
        np.median(each.reshape(10, 50, 2), axis=(0, 2))
        for each in every_6th
    ]
    claim("falls all the way, through", middle[0][-1] < 0.3)
    claim("within the first half", middle[2].argmin() < 25)
    shift = np.median(every_6th[1] - every_6th[2])
    claim("about the height of the dashed line", 0.2 < shift < 0.6)
    claim("36% of the variance", noise_percent / 100)
    claim("with 40 noisy rows", rows[:, :40].shape[1])
    claim("differ widely", (best + 1).max() > 4 * (best + 1).min())

# %% [markdown]
# ## Nine cases
#
# Now the whole race: three sizes, without noise, with noise of 0.1, and with 0.2. Where
# should early stopping win?
#
# :::{admonition} What do you expect?
# :class: dropdown
# Where running on does the most harm and the held-out rows would have helped least:
# with noise and few rows. Without noise, and with rows enough, there is little to go
# back to, and the rows aside are missed.
# :::


# %%
def race(n, noise):
    rows, targets, (runs, rivals) = draw(n, noise)
    judged = curves(runs, rows[:, : n // 5], targets)
    shares = []
    for patience in (50, 600):
        best = [best_epoch(losses, patience) for losses in judged]
        picked = runs[range(10), best][:, None]  # (10, 1, 321)
        shares.append(true_left(picked)[:, 0])
    ends = [true_left(paths[:, -20:]) for paths in (runs, rivals)]
    return np.array([*shares, *np.median(ends, axis=2)])  # (4, 10)


# %% [markdown]
# Early stopping runs twice. A patience of 600 never stops; it only goes back to the
# best of all epochs. The ends are medians of 20 epochs. Print the medians of the ten
# data sets, and in how many of the ten a patience of 50 beats all rows.

# %%
shares = {}
print("noise rows   50  600  end  all  beats all rows")
for noise in (0, 0.1, 0.2):
    for n in (100, 200, 400):
        early, late, end, every = shares[noise, n] = race(n, noise)
        medians = np.median(shares[noise, n], axis=1)
        cells = [f"{median:4.0%}" for median in medians]
        print(f"{noise:5} {n:4}", *cells, (early < every).sum())

# %% [markdown]
# {numref}`fig-few-race` draws three of the four.

# %% tags=["hide-input"]
#| name: fig-few-race
#| caption: Medians of ten data sets each, with a patience of 50. Above the dotted line
#|   a model is worse than the mean height.
#| alt: Three panels, one for each noise. Variance left against the number of rows, both
#|   axes on log scales. All lines fall. Without noise, early stopping ends above all
#|   rows. With the smaller noise it lies lowest on few rows, and the lines
#|   come together at the right end. With the larger noise it lies lowest everywhere.
figure, axes = plt.subplots(3, sharex=True, sharey=True)
figure.set_size_inches(5.4, 8)
gains = "no clear gain", "a gain on few rows", "a gain at every size"
sizes = (100, 200, 400)
styles = (0, "o-", BLUE), (2, "s--", ORANGE), (3, "^:", BLACK)
for ax, noise, gain in zip(axes, (0, 0.1, 0.2), gains, strict=True):
    middle = [np.median(shares[noise, n], axis=1) for n in sizes]
    for k, mark, color in styles:
        percent = 100 * np.array(middle)[:, k]
        ax.loglog(sizes, percent, mark, color=color)
    ax.minorticks_off()
    ax.axhline(100, color=GRAY, linestyle=":", linewidth=1)
    ax.set(ylabel="variance left (%)", title=f"Noise {noise}: {gain}")
axes[2].text(100, 75, "early stopping", color=BLUE)
axes[2].text(220, 215, "to the end", color=ORANGE)
axes[2].text(100, 165, "all rows", color=BLACK)
axes[2].set(xlabel="rows", xticks=sizes, xticklabels=sizes)
axes[2].set_yticks([20, 50, 100, 300], [20, 50, 100, 300])
plt.show()

# %% [markdown]
# **With noise**, on 100 and on 200 rows, the rule beats the rival with all rows in
# nearly every data set. The more noise, the longer its lead lasts: on 400 rows it is
# gone at 0.1, and still there at 0.2.
#
# **Without noise** nothing is clear on 100 and 200 rows, and on 400 the rule loses in
# nearly every data set. What does it lose there? Three prices can be told apart. The
# rows aside cost a few points (from "all" to "end"). The judge wins them back, if it
# may choose among all epochs (from "end" to the second column). The patience of 50
# costs more than both: the rule gave up on a stretch where the run got no better, and
# got better later. In none of the noisy cases does the longer patience gain.
#
# And is the model worth having? On 100 noisy rows early stopping is far better than its
# rivals, and leaves about 100% or more: you would do as well to predict the mean
# height. On 200 rows with noise of 0.1, and on 400 with 0.2, it leaves about 70%, where
# all rows leave more than 75%. There it pays.

# %% tags=["remove-cell"]
with checks("Nine cases"):
    middle = {case: np.median(x, axis=1) for case, x in shares.items()}
    wins = {case: (x[0] < x[3]).sum() for case, x in shares.items()}
    early, late, end, every = range(4)
    given("patience of 600 never", "medians of 20 epochs")
    given("with a patience of 50. Above", "The patience of 50 costs")
    given("a patience of 50 beats all rows")
    given("with noise of 0.1, and with 0.2. Where")
    claim("and in how many of the ten", len(starts) == 10)
    few_noisy = [wins[q, n] for q in (0.1, 0.2) for n in (100, 200)]
    claim("on 100 and on 200 rows, the rule", min(few_noisy) >= 7)
    claim("in nearly every data set. The more", np.mean(few_noisy) > 8)
    lead = {case: m[every] / m[early] for case, m in middle.items()}
    claim("on 400 rows it is gone at 0.1", lead[0.1, 400] < 1.15)
    claim("still there at 0.2", lead[0.2, 400] > 1.15)
    claim(
        "nothing is clear on 100 and 200 rows",
        1 < wins[0, 100] < 9 and 1 < wins[0, 200] < 9,
    )
    claim("and on 400 the rule loses", wins[0, 400] <= 2)
    at_400 = 100 * middle[0, 400]
    claim("cost a few points", 0 < at_400[end] - at_400[every] < 8)
    claim("judge wins them back", at_400[late] < at_400[end])
    claim(
        "more than both",
        at_400[early] - at_400[late] > at_400[end] - at_400[every],
    )
    gains = [m[early] / m[late] for (q, _), m in middle.items() if q]
    claim("does the longer patience gain", max(gains) < 1.1)
    hundred = [middle[q, 100] for q in (0.1, 0.2)]
    claim(
        "On 100 noisy rows early",
        all(1.2 * m[early] < min(m[2:]) for m in hundred),
    )
    claim("about 100% or more", min(m[early] for m in hundred) > 0.9)
    paying = [middle[0.1, 200], middle[0.2, 400]]
    given("with noise of 0.1, and on 400 with 0.2")
    claim("On 200 rows", rows.shape[1])
    claim("about 70%", all(0.64 < m[early] < 0.78 for m in paying))
    claim("more than 75%", min(m[every] for m in paying))
    claim(
        "All lines fall",
        all(
            (np.diff([middle[q, n] for n in sizes], axis=0) < 0).all()
            for q in (0, 0.1, 0.2)
        ),
    )
    claim(
        "early stopping ends above all",
        lead[0, 400] < 0.9,
    )
    claim(
        "With the smaller noise it lies lowest",
        min(lead[0.1, 100], lead[0.1, 200]) > 1.05,
    )
    claim(
        "With the larger noise it lies lowest",
        min(lead[0.2, n] for n in sizes) > 1.1,
    )

# %% tags=["remove-cell"]
with checks("When does stopping early pay?"):
    given("On 100 rows of a ripple")
    claim("with a fifth of your data", rows.shape[1] == 5 * 40)

# %% [markdown]
# ## What to keep
#
# - Early stopping pays where running on does harm: on few rows with noise. Where there
#   is little harm to undo, the rows it holds out are missed.
# - Compare it with a rival that trains on all rows, not only with its own run. And
#   divide by the variance before you celebrate: the best of three may be worth nothing.
# - Noise lifts the validation loss, and on average leaves its lowest point in place: it
#   shows when to stop, and not how good the model is.
# - A patience that is too short can cost more than running on.

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-few-perfect
# A perfect network predicts the true surface. What loss does the judge report for it,
# in percent of the variance of the heights, if the noise has a standard deviation of
# 0.2? And what would you have to know, to tell from the judge's loss whether a network
# is better than the mean height?
#
# ```python
# from helpers import check_answer
#
# check_answer("a perfect network, %", percent, 145, within=1)
# ```
# ::::
#
# ```{solution-start} ex-few-perfect
# :class: dropdown
# ```

# %%
from helpers import check_answer

percent = 100 * 0.2**2 / heights.var()
check_answer("a perfect network, %", percent, 145, within=1)

# %% [markdown]
# The variance of the noise. The mean height gets 245% from this judge. (Or divide by
# the variance of the noisy targets: less than all of it then is better than their
# mean.)
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("deviation of 0.2?")
    claim("The mean height gets 245%", percent / 100 + 1)

# %% [markdown]
# ::::{exercise}
# :label: ex-few-refit
# The rows aside need not be lost. Let the judge only choose the epoch (with a patience
# of 600), then train on all rows up to that epoch. Does that beat early stopping? Try
# 400 rows without noise and 200 with noise of 0.1. (`rivals` holds every epoch of the
# runs on all rows, so nothing has to be trained anew.) A good answer
#
# - counts in how many of the ten data sets the refit is better,
# - says for which of the two it is worth the trouble, and why,
# - says what is assumed when the epoch of one run is used for another.
# ::::
#
# ```{solution-start} ex-few-refit
# :class: dropdown
# ```

# %%
better = {}
for n, noise in ((400, 0), (200, 0.1)):
    rows, targets, (runs, rivals) = draw(n, noise)
    judged = curves(runs, rows[:, : n // 5], targets)
    best = judged.argmin(axis=1)  # a patience of 600
    stopped, refit = (
        true_left(paths[range(10), best][:, None])[:, 0]
        for paths in (runs, rivals)
    )
    better[n] = (refit < stopped).sum()
    print(n, noise, np.median(stopped), np.median(refit), better[n])

# %% [markdown]
# Without noise the refit is better in nearly every data set: there the rows aside are
# what is missed, and any late epoch is good. With noise it is no clear gain. The best
# epoch belongs to one run, its rows and its jumps; another run has its own.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("Try 400 rows", "200 with noise of 0.1")
    claim("of 600), then", runs.shape[1])
    claim("counts in how many of the ten", len(starts) == 10)
    claim("better in nearly every data set", better[400] >= 7)
    claim("it is no clear gain", better[200] < 8)

# %% [markdown]
# ## Sources and further reading
#
# - {cite}`prechelt1998` compares many such rules, and finds that slower ones generalize
#   a little better and take much longer.
# - {cite}`hastie2009` treat the choice of a model by held-out rows.
