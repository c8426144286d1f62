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
# In the race of {ref}`optimizers`, Adam's median error comes out a few percent below
# that of Nesterov's rule, and a fifth below that of RMSProp. Which of these two leads
# would survive another set of seeds? If you had trained once with each, RMSProp would
# have beaten Adam in more than a third of all cases.
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
# with batches of 20, and a rate that falls along a half cosine. Each of 400 seeds has its
# own noise, start and shuffles.

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


rng = np.random.default_rng(1)
y = np.stack([noisy_parabola(rng)[1][:, 0] for _ in range(400)])
x, _ = noisy_parabola(rng)  # (100, 1), the same in all runs
starts = starts_of(small_net, range(400))
batches = in_batches(shuffled_orders(rng, 400, 100, 100), 20)

# %% [markdown]
# `errors` trains all seeds at one rate and returns their mean squared distances from the
# curve without noise.

# %%
from helpers.training import train_many

cosine = (1 + np.cos(np.pi * np.arange(100) / 100)) / 2


def errors(optimizer, rate, y=y, truth=x[:, 0] ** 2 + 0.1):
    falling = rate * cosine[:, None]
    data = starts, batches, x, y
    trained = train_many(small_loss, *data, falling, optimizer)
    distance = jax.vmap(lambda w: small_loss(w, x, truth).mean())
    each = np.asarray(distance(trained.parameters[:, -1]))
    return np.nan_to_num(each, nan=np.inf)  # diverged


# %% [markdown]
# Run three rules at ten rates each, and keep everything: an array of 10 × 400 errors for
# each rule.

# %%
from functools import partial

import optax

RATES = np.geomspace(0.001, 1, 10)
rules = {
    "Nesterov": partial(optax.sgd, momentum=0.9, nesterov=True),
    "RMSProp": partial(optax.rmsprop, decay=0.99, eps_in_sqrt=False),
    "Adam": optax.adam,
}
grid, own = {}, {}
for name, rule in rules.items():
    grid[name] = np.stack([errors(rule, rate) for rate in RATES])
    best = np.median(grid[name], axis=1).argmin()
    own[name] = grid[name][best]  # (400,)
    print(f"{name:8} {np.median(own[name]):.5f} at {RATES[best]:.4f}")
print(f"RMSProp wins {np.mean(own['RMSProp'] < own['Adam']):.0%} of pairs")
print(f"Adam wins {np.mean(own['Adam'] < own['Nesterov']):.0%} of pairs")

