# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (noise-ceiling)=
# # Over-fitted, under-fitted, or done?
#
# The deep network of {ref}`depth` has 262 weights for a line that needs two. "Too
# many, so it over-fits" is quickly said. But after 1000 epochs its loss on its own
# training rows is *higher* than that of the straight line. Which word is right, and
# what would you have to measure?
#
# :::{admonition} Before you start
# :class: tip
# - **You will** ask the data for a ceiling without knowing the truth, tell over-fitting
#   from under-fitting by two numbers, and make the same network do either.
# - **You need** {ref}`depth`, and $R^2$ and the noise from {ref}`best-score`.
# - **Time** {chapter-time}`here`
# :::

# %% tags=["remove-cell"]
import sys

# This finds `helpers` when the file runs where it lies.
sys.path.append("..")

# %% [markdown]
# ## Is there more to find?
#
# These data are made, so {ref}`best-score` can say that no model explains more than two
# thirds of the variance. Suppose you did not know that. Then ask whether a more
# flexible model finds what the line misses. Its score on its own rows will not tell,
# since flexibility always raises that. So use **{term}`cross-validation`**
# {cite}`stone1974`: hide a tenth of the rows, fit the others, predict the hidden ones,
# and go on until each row has been predicted by a model that never saw it.

# %%
import numpy as np

from helpers import noisy_line

X, y = noisy_line()
x, y = X[:, 1], y[:, 0]  # (1000,) each


def cross_validated(fit, rng):
    part = rng.permutation(len(y)) % 10  # ten parts of equal size
    prediction = np.empty(len(y))
    for k in range(10):
        hidden = part == k
        model = fit(x[~hidden], y[~hidden])
        prediction[hidden] = model(x[hidden])
    return 1 - np.mean((y - prediction) ** 2) / y.var()


# %% [markdown]
# The candidates are polynomials, and the mean of the 50 nearest neighbors. Each gets
# five ways of cutting the rows.

# %%
from functools import partial

from numpy.polynomial import Polynomial


def neighbors(x, y):
    def predict(new):
        distances = np.abs(x - new[:, None])
        nearest = distances.argsort(axis=1)[:, :50]
        return y[nearest].mean(axis=1)

    return predict


# %% [markdown]
# `Polynomial.fit` is NumPy's least-squares fit; it returns a function, as `neighbors`
# does.

# %%
candidates = {"50 neighbors": neighbors}
for degree in (1, 2, 3, 5, 9):
    fit = partial(Polynomial.fit, deg=degree)
    candidates[f"degree {degree}"] = fit
held_out = {}
for name, fit in candidates.items():
    rngs = [np.random.default_rng(seed) for seed in range(5)]
    held_out[name] = np.mean([cross_validated(fit, rng) for rng in rngs])
    print(f"{name:12} {held_out[name]:.3f}")

# %% [markdown]
# Nothing beats the straight line. It explains 0.672 of the variance of rows that it
# has not seen, and that is the ceiling as far as these data can tell.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Is there more to find?"):
    signal = np.var(5 + 2 * x)
    share = signal / (signal + 2)
    claim("no model explains more than two thirds of", abs(share - 2 / 3) < 0.01)
    claim(
        "hide a tenth of the rows",
        (np.bincount(np.arange(len(y)) % 10) == 100).all(),
    )
    given("the 50 nearest")
    best = max(held_out, key=held_out.get)
    claim("Nothing beats the straight line", best == "degree 1")
    claim("It explains 0.672 of", held_out["degree 1"])
    rising = [
        np.mean((Polynomial.fit(x, y, deg)(x) - y) ** 2)
        for deg in (1, 2, 3, 5, 9)
    ]
    claim("flexibility always raises that", (np.diff(rising) < 0).all())

# %% [markdown]
# ## Two numbers
#
# Now the words. Let the **gap** be a model's loss on *fresh* rows minus its loss on the
# training rows.
#
# - A model **over-fits** ({term}`over-fitting`) if its gap is large: it has learned
#   what is true of its own rows only, their noise for example.
# - It **under-fits** ({term}`under-fitting`) if its *training* loss itself is clearly
#   above what the noise forces on any model.
#
# Here you can know both exactly. The truth's own loss on the 1000 rows shows what their
# noise forces. And the fresh loss is 2, the noise, plus the mean squared distance from
# $5 + 2x$, averaged with the density that $x$ is drawn from, a normal one with mean 2
# and standard deviation 1.

# %%
grid = np.linspace(-4, 8, 121, dtype=np.float32)
density = np.exp(-((grid - 2) ** 2) / 2)


def losses(model, x, y):  # on the rows, and on fresh ones
    training = np.mean((model(x) - y) ** 2)
    distances = (model(grid) - (5 + 2 * grid)) ** 2
    return training, 2 + np.average(distances, weights=density)


# %% [markdown]
# Train eight of each network as in {ref}`depth`.

# %%
from itertools import pairwise

import jax
import optax
from torch import nn

from helpers import in_batches
from helpers.network import network, starts_of
from helpers.training import train_many

SMALL, DEEP = (2, 2, 1), (2, 10, 20, 2, 1)


def make_net(sizes):
    layers = []
    for pair in pairwise(sizes):
        layers += [nn.Linear(*pair, bias=False), nn.Sigmoid()]
    return nn.Sequential(*layers[:-1])


def predict(w, x, sizes):  # the last entry of w is added
    rows = np.column_stack([np.ones_like(x), x])
    sigmoid = jax.nn.sigmoid
    return network(w[:-1], rows, sizes, sigmoid, bias=False) + w[-1]


# %% [markdown]
# Predictions have a constant at the end, for later. Here it starts at zero and is held
# there: `predict` is given the other weights and a zero.


# %%
def trained(sizes):
    def example_loss(w, X, y):
        sigmoid = jax.nn.sigmoid
        return (network(w, X, sizes, sigmoid, bias=False) - y) ** 2

    starts = starts_of(partial(make_net, sizes), range(8))
    in_order = np.tile(np.arange(1000), (1000, 1))
    batches = in_batches(in_order, 2 * 32)
    run = train_many(
        example_loss, starts, batches, X, y, 0.001, optax.adam
    )
    return run.parameters[:, -1]
