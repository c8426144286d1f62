# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# (autopsies)=
# # Autopsies: training loops that looked right
#
# Here are loops that run to their end without an error, and something is wrong with
# each. One never shows its model 79 of the 100 rows. One makes the step twice as long
# when every row comes twice. One reports a loss of 5.49 and hands back parameters whose
# loss is 16.99. How would you have noticed?
#
# Each of the eighteen entries has the loop, a symptom, a check that would have caught
# it, and the fix. Two thirds grew out of the four tutorials behind this book: the belts
# {cite}`fruehwald2022`, the line {cite}`nn_gradient_descent`, the parabola {cite}`sobh`
# and the surface {cite}`training_nn`. They are good tutorials, by people who gave their
# work away. The other third, anyone can meet.
#
# Enter by your symptom, or take the checklist from the end of the page.
#
# **Time** {chapter-time}`here`

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %% [markdown]
# ## What do you see?
#
# | what you see | where to look |
# |---|---|
# | the fit is flat, at the mean | {ref}`autopsy-broadcast`, {ref}`autopsy-apart` |
# | one end is fitted worse | {ref}`autopsy-order`, {ref}`autopsy-remainder` |
# | the score is fine, the parameters are not | {ref}`autopsy-rows` |
# | an epoch takes far too long | {ref}`autopsy-rows` |
# | the loss is `nan` from the first epoch | {ref}`autopsy-nan` |
# | the loss rises from the first step, at every learning rate | {ref}`autopsy-sign` |
# | the loss swings and does not settle | {ref}`autopsy-zero-grad` |
# | with more rows the loss explodes | {ref}`autopsy-sum` |
# | the entries of a recorded path are equal | {ref}`autopsy-record` |
# | the largest targets are reached late, or never | {ref}`autopsy-output` |
# | the logged loss jumps, and the model does not | {ref}`autopsy-log` |
# | memory grows with every epoch | {ref}`autopsy-graphs` |
# | the same model gets two scores | {ref}`autopsy-mode` |
# | a restored model is worse than its record | {ref}`autopsy-best` |
# | a line that is too steep gets the best score | {ref}`autopsy-r2` |
# | small batches win every race | {ref}`autopsy-budget` |
# | a bad model is called over-fitted | {ref}`autopsy-verdict` |
#
# {numref}`fig-autopsies-losses` shows some of these as curves.
#
# ## What every entry uses
#
# Run these cells, and then enter anywhere.

# %% tags=["autopsy"]
import textwrap
import weakref

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.metrics import r2_score
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from helpers import (
    BLACK,
    BLUE,
    GRAY,
    ORANGE,
    load_belts,
    mean_squared_error,
    mse_value_and_grad,
    noisy_line,
    noisy_parabola,
    sinc_surface,
    use_book_style,
)

use_book_style()

# %% [markdown]
# Most entries use a line with intercept 1, slope 2, and noise of standard deviation
# 0.5: try a loop that you doubt on data with a known answer first. Some checks need no
# more than any three features, and two entries look at the belts.


# %% tags=["autopsy"]
def line_data(seed, n=100):
    rng = torch.Generator().manual_seed(seed)
    x = torch.randn(n, generator=rng)
    y = 1 + 2 * x + 0.5 * torch.randn(n, generator=rng)
    return torch.column_stack([torch.ones(n), x]), y  # (n, 2) and (n,)


def line_arrays(seed, n=100):
    return (part.double().numpy() for part in line_data(seed, n))


def random_problem(seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=3), rng.normal(size=(20, 3)), rng.normal(size=20)


belt_in, belt_cm = load_belts()

# %% tags=["remove-cell"]
from helpers import claim

X_many, y_many = line_data(0, 100_000)

# %% [markdown]
# A check takes a function of yours, tries it, and raises an `AssertionError` that names
# the fault. Most take a loop; some take a shuffle, a maker of loaders, a batch cutter,
# a builder of networks, a scorer. Each says what it takes.


# %% tags=["autopsy"]
def autopsy(check, loop):
    try:
        check(loop)
    except AssertionError as error:
        print(f"{loop.__name__}:")
        lines = textwrap.wrap(str(error), 36, break_on_hyphens=False)
        print(textwrap.indent("\n".join(lines), "  "))
    else:
        print(f"{loop.__name__}: passes")


# %% [markdown]
# (autopsy-broadcast)=
# ## Every prediction against every target
#
# The model returns shape $(n, 1)$, the targets have shape $(n,)$.


# %% tags=["autopsy"]
def wrong_broadcast(X, y, steps=100):
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        loss = ((model(X) - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


# %% [markdown]
# **Symptom.** The difference has shape $(n, n)$: every prediction is compared with
# every target. That is least when each prediction is the mean of all targets, so expect
# slope 0.

# %%
for seed in range(3):
    X, y = line_data(seed)
    intercept, slope = wrong_broadcast(X, y).weight[0].tolist()
    print(f"slope {abs(slope):.2f}, intercept {intercept:.2f}")
    print(f"  mean of the targets {y.mean():.2f}")

# %% tags=["remove-cell"]
assert abs(slope) < 0.001
assert abs(intercept - y.mean()) < 0.001
claim("0", round(slope, 3))

# %% [markdown]
# **Check.** It takes `loop(X, y)`, which returns a model. A line without noise has a
# perfect fit, and a sound loop finds it. (A loop that is merely slow fails too: compare
# the two shapes as well.)


# %% tags=["autopsy"]
def check_broadcast(loop, seed=0):
    X, _ = line_data(seed)
    y = X[:, 1]
    miss = (loop(X, y)(X).flatten() - y).abs().max()
    assert miss < 0.01, (
        f"misses a line without noise by up to {miss:.1f}: "
        "have prediction and target the same shape?"
    )


autopsy(check_broadcast, wrong_broadcast)

# %% [markdown]
# **Fix.** One shape for both. (`mse_loss` would have warned you.) An exercise of
# {ref}`three-regimes` meets it.


# %% tags=["autopsy"]
def right_broadcast(X, y, steps=100):
    model = nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(steps):
        loss = ((model(X)[:, 0] - y) ** 2).mean()  # changed: both (n,)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


autopsy(check_broadcast, right_broadcast)

# %% tags=["remove-cell"]
import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    nn.functional.mse_loss(torch.zeros(3, 1), torch.zeros(3))
assert "size" in str(caught[0].message)

# %% [markdown]
# (autopsy-apart)=
# ## Inputs and targets shuffled apart
#
# Two calls make two orders.


# %% tags=["autopsy"]
def wrong_apart(X, y, rng):
    X = X[torch.randperm(len(X), generator=rng)]
    y = y[torch.randperm(len(y), generator=rng)]
    return X, y


# %% [markdown]
# **Symptom.** Now inputs say nothing about targets. The least-squares slope of 100 such
# rows should scatter around 0 by the standard deviation of $y$, 2.1, over $\sqrt{n}$,
# so by 0.21.

# %%
slopes = torch.zeros(200)
for seed in range(200):
    rng = torch.Generator().manual_seed(seed)
    X, y = wrong_apart(*line_data(seed), rng)
    slopes[seed] = torch.linalg.lstsq(X, y[:, None]).solution[1]
print(f"slope {slopes.mean():.2f} ± {slopes.std():.2f}")

# %% tags=["remove-cell"]
claim("2.1", y_many.std())
claim("0.21", y_many.std() / len(y) ** 0.5)
assert abs(slopes.mean()) < 3 * 0.21 / 200**0.5
assert 0.18 < slopes.std() < 0.24

# %% [markdown]
# **Check.** It takes `shuffle(X, y, rng)`, which returns both. Let every target be the
# number of its row, and see whether it stays there.


# %% tags=["autopsy"]
def check_apart(shuffle, seed=0):
    rows = torch.arange(100)
    rng = torch.Generator().manual_seed(seed)
    X, y = shuffle(rows[:, None], rows, rng)
    torn = int((X[:, 0] != y).sum())
    assert torn == 0, f"{torn} of 100 rows got another row's target"


autopsy(check_apart, wrong_apart)

# %% [markdown]
# **Fix.** One order for both, or a `TensorDataset`; see {ref}`dataloader`.


# %% tags=["autopsy"]
def right_apart(X, y, rng):
    order = torch.randperm(len(X), generator=rng)
    return X[order], y[order]


autopsy(check_apart, right_apart)

# %% [markdown]
# (autopsy-order)=
# ## The same order in every epoch
#
# A `DataLoader` shuffles only if it is asked to. For its larger network, the notebook
# on the line {cite}`nn_gradient_descent` does not ask. The one on the parabola
# {cite}`sobh` feeds its points from left to right in every epoch.


# %% tags=["autopsy"]
def wrong_order(dataset, batch_size):
    return DataLoader(dataset, batch_size)


# %% [markdown]
# **Symptom.** Descent on single examples remembers the last ones best. A stiff model
# shows it: fit a *line* to the parabola, with the notebook's learning rate of 0.2. The
# best line is level. In order, the last rows lie where the parabola rises, so the line
# should rise ({numref}`fig-autopsies-order`).


# %%
def line_by_single_examples(x, y, orders):
    a, b = 0.0, 0.0
    for i in (row for order in orders for row in order):
        residual = a + b * x[i] - y[i]
        a, b = a - 0.2 * 2 * residual, b - 0.2 * 2 * residual * x[i]
    return a, b


# %% [markdown]
# Twenty draws of the noise, and five epochs for each:

# %% tags=["hide-input"]
#| name: fig-autopsies-order
#| caption: Lines after five epochs of single examples, for 20 draws of the noise. The
#|   best line is dashed.
#| alt: Two panels with the same gray points on a parabola over x from −1 to 1 and a
#|   dashed level line. Above, in order, 20 orange lines lie almost on each other and
#|   rise steeply from left to right. Below, shuffled, 20 blue lines scatter around the
#|   dashed line; some rise and some fall.
figure, axes = plt.subplots(2, sharex=True, sharey=True, figsize=(5.4, 5.4))
ends, tilts = np.array([-1, 1]), np.zeros((2, 20))
for seed in range(20):
    rng = np.random.default_rng(seed)
    x, y = (column[:, 0].astype(float) for column in noisy_parabola(rng))
    both = [range(100)] * 5, [rng.permutation(100) for _ in range(5)]
    for k, color in enumerate((ORANGE, BLUE)):
        a, tilts[k, seed] = line_by_single_examples(x, y, both[k])
        line = a + tilts[k, seed] * ends
        axes[k].plot(ends, line, color=color, linewidth=0.8)
for ax in axes:
    ax.plot(x, y, ".", color=GRAY, ms=4)
    ax.plot(ends, np.full(2, 1 / 3 + 0.1), "--", color=BLACK, linewidth=1.2)
    ax.set_ylabel("y")
axes[0].set_title("In order, every line tilts the same way")
axes[1].set_title("Shuffled, the lines tilt either way")
axes[1].set_xlabel("x")
plt.show()

# %% tags=["remove-cell"]
claim("0.6 to 0.9", tilts[0].min())
claim("0.6 to 0.9", tilts[0].max())
claim("0.2", tilts[1].std(ddof=1))
assert abs(tilts[1].mean()) < 0.15
assert tilts[1].min() < 0 < tilts[1].max()

# %% [markdown]
# In order the slope lies between 0.6 and 0.9 for every draw. Shuffled, it scatters
# around 0 by 0.2: the noise stays, the bias goes. {ref}`small-network` repeats this
# with a network, in many pairs of runs. Single examples fare worse in order;
# mini-batches fare better, and it explains why.
#
# **Check.** It takes `make_loader(dataset, batch_size)`. Two epochs come in two orders.
# (A loader that only measures may keep its order.)


# %% tags=["autopsy"]
def check_order(make_loader, seed=0):
    torch.manual_seed(seed)
    loader = make_loader(TensorDataset(torch.arange(100)), 16)
    epochs = (torch.cat([rows for (rows,) in loader]) for _ in range(2))
    assert not torch.equal(*epochs), "two epochs took the rows in one order"


autopsy(check_order, wrong_order)

# %% [markdown]
# **Fix.** Ask for it.


# %% tags=["autopsy"]
def right_order(dataset, batch_size):
    return DataLoader(dataset, batch_size, shuffle=True)


autopsy(check_order, right_order)

# %% [markdown]
# (autopsy-remainder)=
# ## Rows that are never used
#
# The notebook on the parabola {cite}`sobh` cuts its 100 rows into whole batches of 16,
# in order.


# %% tags=["autopsy"]
def wrong_remainder(n, batch_size):
    for k in range(n // batch_size):
        yield torch.arange(k * batch_size, (k + 1) * batch_size)


# %% [markdown]
# **Symptom.** Six batches hold 96 rows. The other four, the right end of the parabola,
# are never used. Train the notebook's network (ten ReLU units) from 100 starts without
# them and with them, and measure the squared distance from the best curve.


# %% tags=["hide-input"]
def predict(net, x):
    W1, b1, W2, b2 = net
    return torch.relu(x @ W1 + b1) @ W2 + b2


def starts(runs):  # drawn as nn.Linear draws them
    net = []
    shapes = ((1, 10), 1), ((1, 10), 1), ((10, 1), 10), ((1, 1), 10)
    for shape, inputs in shapes:
        bound = inputs**-0.5
        part = torch.empty(runs, *shape).uniform_(-bound, bound)
        net.append(part.requires_grad_())
    return net


# %% [markdown]
# All runs train at once, each on its own noise. Kept, the four rows also make a small
# batch of their own that ends every epoch. To see the missing rows alone, shuffle what
# is used as well:


# %% tags=["hide-input"]
def squared_error(used, shuffled, x, y, runs=100):
    torch.manual_seed(0)
    net = starts(runs)
    optimizer = torch.optim.SGD(net, lr=0.2)
    for _ in range(100):
        order = torch.randperm(used) if shuffled else torch.arange(used)
        for rows in order.split(16):
            squares = (predict(net, x[:, rows]) - y[:, rows]) ** 2
            optimizer.zero_grad()
            squares.mean(dim=(1, 2)).sum().backward()  # one mean a run
            optimizer.step()
    with torch.no_grad():  # 0.1 is the mean of the noise
        return (predict(net, x) - (x**2 + 0.1))[..., 0] ** 2


rng = np.random.default_rng(0)
drawn = zip(*(noisy_parabola(rng) for _ in range(100)), strict=True)
x, y = (torch.from_numpy(np.stack(part)) for part in drawn)
at_end = {}
print("error at the last four, median")
for shuffled in (False, True):
    dropped, kept = at_end[shuffled] = [
        squared_error(used, shuffled, x, y)[:, 96:].mean(dim=1)
        for used in (96, 100)  # rows
    ]
    print("shuffled" if shuffled else "in order")
    print(f"  dropped {dropped.median():.4f}, kept {kept.median():.4f}")
    print(f"  dropped is worse in {(dropped > kept).sum()} of 100 runs")

# %% tags=["remove-cell"]
for dropped, kept in at_end.values():
    assert (dropped > kept).sum() > 60
ratios = [dropped.median() / kept.median() for dropped, kept in at_end.values()]
claim("> 1.5", min(ratios))
whole = list(wrong_remainder(100, 16))
claim("96", len(torch.cat(whole)))

# %% [markdown]
# Without its rows, the error at the end is larger in most of the runs, and its median
# more than 1.5 times as large, both ways. {ref}`small-network` has more on these rows.
#
# **Check.** It takes `batches(n, batch_size)`, which returns the rows of each batch of
# one epoch. Within 20 epochs, every row is used.


# %% tags=["autopsy"]
def check_remainder(batches):
    n = 101  # a prime, so that no batch size fits
    epochs = [torch.cat(list(batches(n, 16))) for _ in range(20)]
    never = sorted(set(range(n)) - set(torch.cat(epochs).tolist()))
    assert not never, f"in 20 epochs, rows {never} are never used"


autopsy(check_remainder, wrong_remainder)

# %% [markdown]
# **Fix.** Keep the remainder, or shuffle before you drop it.


# %% tags=["autopsy"]
def right_remainder(n, batch_size):
    return torch.arange(n).split(batch_size)


autopsy(check_remainder, right_remainder)

# %% [markdown]
# (autopsy-rows)=
# ## One batch drawn, another one fed
#
# Which rows does a batch hold that was cut by hand? The question came up with the
# notebook on the line {cite}`nn_gradient_descent`. Here are two slips that such a loop
# can have. One starts each batch one row after the start of the previous one, and the
# other forgets the drawn rows and feeds all data.


# %% tags=["autopsy"]
def wrong_rows(model, X, y, order, batch_size):
    for k in range(len(order) // batch_size):
        rows = order[k : k + batch_size]  # should start at k * batch_size
        yield nn.functional.mse_loss(model(X[rows]), y[rows])


def wrong_rows_all(model, X, y, order, batch_size):
    for _ in order.split(batch_size):  # draws rows, and forgets them
        yield nn.functional.mse_loss(model(X), y)


# %% [markdown]
# **Symptom.** In {ref}`three-regimes` both are run, and the scores look healthy. So
# count. Replace the model by a function that takes notes, and that is right for every
# row if the targets are the inputs:


# %% tags=["autopsy"]
def audit(epoch, seed):
    column, notes = torch.arange(100.0)[:, None], []
    rng = torch.Generator().manual_seed(seed)

    def model(inputs):
        notes.append(inputs[:, 0].int())
        return inputs

    order = torch.randperm(100, generator=rng)
    losses = list(epoch(model, column, column, order, 16))
    return torch.bincount(torch.cat(notes), minlength=100), losses


# %% [markdown]
# {numref}`fig-autopsies-rows` shows what it counts, for two sound loops and the two
# slips.


# %% tags=["hide-input"]
#| name: fig-autopsies-rows
#| caption: How often one epoch feeds each of 100 rows, in the order in which they were
#|   drawn, with batches of 16. Blue is sound; the second panel, because every epoch
#|   drops another four.
#| alt: Four panels of bars over the 100 rows. Right, in blue, every bar is 1. Remainder
#|   dropped after a shuffle, also in blue, every bar is 1 but the last four, which are
#|   missing. Batches that start one row apart, in orange, the first 21 bars form a hill
#|   up to 6, and the other rows have no bar. All data in every step, in orange, every
#|   bar is 7.
def all_rows(model, X, y, order, batch_size):
    for rows in order.split(batch_size):
        yield nn.functional.mse_loss(model(X[rows]), y[rows])


def whole_batches(model, X, y, order, batch_size):
    whole = len(order) - len(order) % batch_size
    return all_rows(model, X, y, order[:whole], batch_size)


panels = {
    "Right": all_rows,
    "The remainder dropped, after a shuffle": whole_batches,
    "Batches that start one row apart": wrong_rows,
    "All data in every step": wrong_rows_all,
}
figure, axes = plt.subplots(4, sharex=True, sharey=True, figsize=(5.4, 5.6))
rng = torch.Generator().manual_seed(0)
drawn = torch.randperm(100, generator=rng)
for ax, (title, epoch) in zip(axes, panels.items(), strict=True):
    times = audit(epoch, 0)[0][drawn]
    color = ORANGE if times.max() > 1 else BLUE
    ax.stairs(times, np.arange(101) - 0.5, fill=True, color=color)
    ax.set(title=title, ylabel="times fed", yticks=[1, 4, 7])
axes[3].set_xlabel("row, in the drawn order")
plt.show()

# %% tags=["remove-cell"]
counts = {title: audit(epoch, 0)[0][drawn] for title, epoch in panels.items()}
assert (counts["Right"] == 1).all()
hill = counts["Batches that start one row apart"]
claim("21", (hill > 0).sum())
claim("79", (hill == 0).sum())
claim("6", hill.max())
assert (hill[:21] > 0).all()
assert (counts["All data in every step"] == 7).all()
claim("7", counts["All data in every step"].max())
dropped = counts["The remainder dropped, after a shuffle"]
assert (dropped[:96] == 1).all()
assert (dropped[96:] == 0).all()

# %% [markdown]
# **Check.** It takes `epoch(model, X, y, order, batch_size)`, which yields the loss of
# each batch. No row comes twice, less than a batch is missing, and every loss is 0.
# (It rejects rows that are drawn with replacement on purpose.)


# %% tags=["autopsy"]
def check_rows(epoch, seed=0):
    times, losses = audit(epoch, seed)
    most, missing = int(times.max()), int((times == 0).sum())
    who = "every row" if times.min() == most else "one row"
    assert most == 1, (
        f"in one epoch {who} is fed {most} times"
        + f", and {missing} of 100 rows never" * (missing > 0)
    )
    assert missing < 16, f"in one epoch {missing} of 100 rows are never fed"
    assert max(losses) == 0, "inputs and targets come from different rows"


autopsy(check_rows, wrong_rows)
autopsy(check_rows, wrong_rows_all)

# %% [markdown]
# **Fix.** Index once, and use what you indexed.


# %% tags=["autopsy"]
def right_rows(model, X, y, order, batch_size):
    for rows in order.split(batch_size):
        yield nn.functional.mse_loss(model(X[rows]), y[rows])


autopsy(check_rows, right_rows)

# %% tags=["remove-cell"]
check_rows(whole_batches)

# %% [markdown]
# (autopsy-nan)=
# ## A target that is zero over zero
#
# The surface {cite}`training_nn` is $\sin(r)/r$, with $r$ the distance from the origin.
# Its grid of 50 points per side steps over the origin. A grid with a point in the
# middle does not.


# %% tags=["autopsy"]
def wrong_nan(side):
    r = torch.hypot(side[:, None], side)
    return torch.sin(r) / r


# %% [markdown]
# **Symptom.** PyTorch says nothing. One target of $0/0$ turns the mean loss, every
# gradient, and after one step every parameter into `nan`.

# %%
for side in (torch.linspace(-10, 10, 50), torch.arange(-10, 10.5, 0.5)):
    heights = wrong_nan(side)
    w = torch.zeros(1, requires_grad=True)
    loss = ((w - heights) ** 2).mean()
    loss.backward()
    bad = int(heights.isnan().sum())
    print(f"{bad} of {heights.numel()} are nan:")
    print(f"  loss {loss:.3f}, slope {w.grad[0]:.3f}")

# %% tags=["remove-cell"]
assert bad == 1
assert loss.isnan()
assert w.grad.isnan()

# %% [markdown]
# **Check.** On your own data it is one line, `assert y.isfinite().all()`, before you
# train. Here it takes `target(side)`, which returns the heights on a grid, and tries
# grids with and without the origin.


# %% tags=["autopsy"]
def check_nan(target):
    for n in (4, 5):  # without and with a point at the origin
        y = target(torch.arange(n) - (n - 1) / 2)
        bad = int((~y.isfinite()).sum())
        assert y.isfinite().all(), f"{bad} of {n * n} targets are not finite"


autopsy(check_nan, wrong_nan)

# %% [markdown]
# **Fix.** A function that knows the limit, 1. {ref}`surface` goes on from there.


# %% tags=["autopsy"]
def right_nan(side):
    r = torch.hypot(side[:, None], side)
    return torch.sinc(r / torch.pi)  # sinc(z) is sin(πz)/(πz)


autopsy(check_nan, right_nan)

# %% [markdown]
# (autopsy-sign)=
# ## A step uphill
#
# The text of the tutorial on belts {cite}`fruehwald2022` adds the gradient. Its code
# subtracts, rightly. Follow the text:


# %% tags=["autopsy"]
def wrong_sign(w, X, y, learning_rate, steps):
    for _ in range(steps):
        _, gradient = mse_value_and_grad(w, X, y)
        w = w + learning_rate * gradient
    return w


# %% [markdown]
# **Symptom.** On the belts the loss rises, and with a smaller learning rate it rises
# less.

# %%
X, start = belt_in[:, None], np.array([1.7])
before = mean_squared_error(start, X, belt_cm)
for rate in (1e-5, 1e-6, 1e-7):
    w = wrong_sign(start, X, belt_cm, rate, 1)
    rise = mean_squared_error(w, X, belt_cm) - before
    print(f"rate {rate:.0e}: loss rises by {rise:.2f}")
    assert rise > 0

# %% [markdown]
# **Check.** It takes `loop(w, X, y, learning_rate, steps)`, which returns parameters. A
# step that is small enough lowers the loss.


# %% tags=["autopsy"]
def check_sign(loop, seed=0):
    w, X, y = random_problem(seed)
    before = mean_squared_error(w, X, y)
    after = mean_squared_error(loop(w, X, y, 1e-6, 1), X, y)
    assert after < before, "a tiny step raised the loss: is a minus lost?"


autopsy(check_sign, wrong_sign)

# %% [markdown]
# **Fix.** The minus. {ref}`descent` says how fast it climbs without.


# %% tags=["autopsy"]
def right_sign(w, X, y, learning_rate, steps):
    for _ in range(steps):
        _, gradient = mse_value_and_grad(w, X, y)
        w = w - learning_rate * gradient  # changed
    return w


autopsy(check_sign, right_sign)

# %% [markdown]
# (autopsy-zero-grad)=
# ## Gradients that pile up
#
# `backward` adds to `grad`, and nobody clears it.


# %% tags=["autopsy"]
def wrong_zero_grad(w, X, y, learning_rate, steps):
    w = w.clone().requires_grad_()
    optimizer = torch.optim.SGD([w], lr=learning_rate)
    for _ in range(steps):
        loss = ((X @ w - y) ** 2).mean()
        loss.backward()
        optimizer.step()
    return w.detach()


# %% [markdown]
# **Symptom.** By {eq}`backprop-swing` the error swings without friction, one swing in
# about $2\pi / \sqrt{\eta\lambda}$ steps. With $\eta = 0.01$ and $\lambda \approx 2$
# that is 44 steps, and the loss, a square, should be back on top after 22.

# %%
X, y = line_data(0)
for steps in (0, 11, 22, 33, 44):
    w = wrong_zero_grad(torch.zeros(2), X, y, 0.01, steps)
    print(f"step {steps}: loss {((X @ w - y) ** 2).mean():.2f}")

# %% tags=["remove-cell"]
claim("44", 2 * np.pi / np.sqrt(0.01 * 2))
claim("22", np.pi / np.sqrt(0.01 * 2))
for seed in range(6):
    X, y = line_data(seed)
    ends = [wrong_zero_grad(torch.zeros(2), X, y, 0.01, k) for k in (0, 11, 22)]
    top, low, again = (((X @ w - y) ** 2).mean().item() for w in ends)
    assert low < 0.2 * top < 0.8 * top < again

# %% [markdown]
# **Check.** It takes `loop(w, X, y, learning_rate, steps)`, which returns parameters.
# Plain descent on one fixed batch has no memory: two steps are one step, and then one
# more. (Shuffled mini-batches, momentum and Adam fail it too.)


# %% tags=["autopsy"]
def check_zero_grad(loop, seed=0):
    X, y = line_data(seed)
    at_once = loop(torch.zeros(2), X, y, 0.1, 2)
    w = loop(torch.zeros(2), X, y, 0.1, 1)
    gap = (at_once - loop(w, X, y, 0.1, 1)).abs().max()
    assert gap < 1e-5, (
        f"two steps differ from one step and one more by {gap:.2f}: "
        "what is carried over?"
    )


autopsy(check_zero_grad, wrong_zero_grad)

# %% [markdown]
# **Fix.** Clear in every step.


# %% tags=["autopsy"]
def right_zero_grad(w, X, y, learning_rate, steps):
    w = w.clone().requires_grad_()
    optimizer = torch.optim.SGD([w], lr=learning_rate)
    for _ in range(steps):
        loss = ((X @ w - y) ** 2).mean()
        optimizer.zero_grad()  # added
        loss.backward()
        optimizer.step()
    return w.detach()


autopsy(check_zero_grad, right_zero_grad)

# %% [markdown]
# (autopsy-sum)=
# ## A sum where a mean was meant
#
# A learning rate worked, and then came more data.


# %% tags=["autopsy"]
def wrong_sum(w, X, y, learning_rate, steps):
    w = w.clone().requires_grad_()
    optimizer = torch.optim.SGD([w], lr=learning_rate)
    for _ in range(steps):
        loss = ((X @ w - y) ** 2).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return w.detach()


# %% [markdown]
# **Symptom.** The curvature of a sum grows with its rows. If the mean allows rates up
# to $2/\lambda$, the sum allows $2/(n\lambda)$. With $\lambda \approx 2$ and a rate of
# 0.005, it should explode from about 200 rows on.

# %%
for n in (50, 100, 400):
    X, y = line_data(0, n)
    w = wrong_sum(torch.zeros(2), X, y, 0.005, 20)
    print(f"{n} rows: loss {((X @ w - y) ** 2).mean():.2g}")

# %% tags=["remove-cell"]
curvature = torch.linalg.eigvalsh(2 * X_many.T @ X_many / len(y_many))[-1]
claim("200", round(2 / (curvature.item() * 0.005), -1))
for seed in range(6):
    for n, bounds in ((50, (0, 1)), (100, (0, 1)), (400, (1e9, np.inf))):
        X, y = line_data(seed, n)
        w = wrong_sum(torch.zeros(2), X, y, 0.005, 20)
        assert bounds[0] < ((X @ w - y) ** 2).mean() < bounds[1]

# %% [markdown]
# **Check.** It takes `loop(w, X, y, learning_rate, steps)`, which returns parameters.
# Every row twice is the same problem and should give the same step. (A loop over
# mini-batches whose `steps` are epochs fails too, since it makes twice as many.)


# %% tags=["autopsy"]
def check_sum(loop, seed=0):
    X, y = line_data(seed)
    once = loop(torch.zeros(2), X, y, 0.001, 1)
    X, y = X.repeat(2, 1), y.repeat(2)
    ratio = loop(torch.zeros(2), X, y, 0.001, 1).norm() / once.norm()
    assert abs(ratio - 1) < 0.001, (
        f"every row twice makes the step {ratio:.1f} times as long: a sum?"
    )


autopsy(check_sum, wrong_sum)

# %% [markdown]
# **Fix.** The mean, as in `right_zero_grad` above. Then the rate survives a change of
# batch size, as far as the noise allows: {ref}`gradient-noise`.

# %% tags=["autopsy"]
right_sum = right_zero_grad
autopsy(check_sum, right_sum)

# %% [markdown]
# (autopsy-record)=
# ## A record of one value
#
# The tutorial on belts {cite}`fruehwald2022` collects parameters in a list, under an
# in-place update. Its gradients are JAX arrays, which cannot be changed, so its record
# is sound. With NumPy the same lines go wrong.


# %% tags=["autopsy"]
def wrong_record(w, X, y, learning_rate, steps):
    kept = []
    for _ in range(steps):
        kept.append(w)
        w -= learning_rate * mse_value_and_grad(w, X, y)[1]
    return kept


# %% [markdown]
# **Symptom.** The list holds one array, and the first entry is the last.

# %%
start = np.array([0.0])
kept = wrong_record(start, belt_in[:, None], belt_cm, 1e-5, 1000)
print(kept[0], kept[500], kept[-1])

# %% tags=["remove-cell"]
assert kept[0] is kept[500] is kept[-1]

# %% [markdown]
# **Check.** It takes `loop(w, X, y, learning_rate, steps)`, which returns the list.
# Five steps from a random start never stand still, so all entries differ. (That the
# first one is the start would miss a loop that copies only once.)


# %% tags=["autopsy"]
def check_record(loop, seed=0):
    kept = loop(*random_problem(seed), 0.01, 5)
    different = len(np.unique(np.array(kept), axis=0))
    assert different == len(kept) > 1, (
        f"{len(kept)} entries, but only {different} distinct: "
        "is one array kept several times?"
    )


autopsy(check_record, wrong_record)

# %% [markdown]
# **Fix.** A new array in each step, as in {ref}`descent`. In PyTorch, keep
# `w.detach().clone()`: `detach` alone shares its memory.


# %% tags=["autopsy"]
def right_record(w, X, y, learning_rate, steps):
    kept = []
    for _ in range(steps):
        kept.append(w)
        w = w - learning_rate * mse_value_and_grad(w, X, y)[1]  # changed
    return kept


autopsy(check_record, right_record)

# %% [markdown]
# (autopsy-output)=
# ## An output that is slow to reach its target
#
# The network for the surface {cite}`training_nn` ends in tanh. On its grid the largest
# height is 0.986: tanh can reach that, but slowly. A target of exactly 1 it never
# reaches.


# %% tags=["autopsy"]
def wrong_output():
    hidden = nn.Linear(2, 80), nn.Tanh()
    return nn.Sequential(*hidden, nn.Linear(80, 1), nn.Tanh())


# %% [markdown]
# **Symptom.** The peak stays low for long. Take one number $z$ and a target of 1. At a
# distance $\epsilon = 1 - \tanh z$ the slope of $\epsilon^2$ is about $-4\epsilon^2$.
# Hence $\epsilon$ shrinks by about $8\eta\epsilon^3$ a step, and after $k$ steps
# $1/(4\sqrt{\eta k})$ should be left. Near 0.986 the error shrinks by the share
# $2\eta(1 - 0.986^2)^2$, which is 0.00015 a step for $\eta = 0.1$. A linear output
# loses the share $2\eta$, or 0.2.


# %%
def left_over(target, steps, rate=0.1):
    z = 0.0
    for _ in range(steps):
        height = np.tanh(z)
        z += rate * 2 * (target - height) * (1 - height**2)
    return target - np.tanh(z)


print(" steps    for 1  predicted  for 0.986")
for k in (100, 1000, 10_000):
    rule = 1 / (4 * (0.1 * k) ** 0.5)
    left = [left_over(target, k) for target in (1, 0.986)]
    print(f"{k:6}  {left[0]:.5f}    {rule:.5f}    {left[1]:.5f}")

# %% tags=["remove-cell"]
assert abs(left[0] / rule - 1) < 0.05
assert 0 < left[1] < left[0] / 4
claim("0.986", sinc_surface()[1].max())
claim("0.00015", 2 * 0.1 * (1 - sinc_surface()[1].max() ** 2) ** 2)
later = [left_over(0.986, k) for k in (20_000, 21_000)]
assert 0.00014 < np.log(later[0] / later[1]) / 1000 < 0.00017

# %% [markdown]
# **Check.** It takes `build()`, which returns a network. One example with the largest
# target: a model that reaches it soon, will. (If your sound network returns `nan`, or
# is slow, change the rate.)


# %% tags=["autopsy"]
def check_output(build, seed=0, largest=0.986, rate=0.01):
    torch.manual_seed(seed)
    model = build()
    inputs = next(model.parameters()).shape[1]  # of the first layer
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    for _ in range(500):
        miss = largest - model(torch.ones(1, inputs))
        optimizer.zero_grad()
        (miss**2).sum().backward()
        optimizer.step()
    assert abs(miss.item()) < 0.001, (
        f"after 500 steps on one example with target {largest}, "
        f"still {miss.item():.3f} off"
    )


autopsy(check_output, wrong_output)

# %% [markdown]
# **Fix.** A linear output. {ref}`surface` measures what it is worth there.


# %% tags=["autopsy"]
def right_output():
    hidden = nn.Linear(2, 80), nn.Tanh()
    return nn.Sequential(*hidden, nn.Linear(80, 1))  # changed


autopsy(check_output, right_output)

# %% [markdown]
# (autopsy-log)=
# ## The loss of which rows?
#
# The notebook on the line {cite}`nn_gradient_descent` logs the loss of the last example
# (here the last batch) as that of the epoch. The workshop's page on the surface
# {cite}`training_nn` logs the mean over batches, of which the last is smaller.


# %% tags=["autopsy"]
def wrong_log(step, X, y, order, batch_size):
    for rows in order.split(batch_size):
        loss = step(X[rows], y[rows])  # one update
    return loss


def wrong_log_mean(step, X, y, order, batch_size):
    batches = order.split(batch_size)
    return np.mean([step(X[rows], y[rows]) for rows in batches])


# %% [markdown]
# **Symptom.** With 100 rows in batches of 32, four rows remain. In the mean over
# batches each of them weighs 1/16, where 1/100 is due: 6.25 times too much. In the
# first log only these four count, and it jumps. (For the surface, with 2500 rows and
# batches of 200, the factor is 1.92.)
#
# **Check.** It takes `epoch(step, X, y, order, batch_size)`, which returns the logged
# loss; `step(X, y)` makes one update and returns the mean loss of its batch. Let
# nothing move. Then every epoch has the same loss, and you know it.

# %% tags=["remove-cell"]
sizes = [len(rows) for rows in torch.arange(100).split(32)]
assert sizes[-1] == 4
claim("16", len(sizes) * sizes[-1])
claim("6.25", sum(sizes) / (len(sizes) * sizes[-1]))
sizes = [len(rows) for rows in torch.arange(50 * 50).split(200)]
claim("2500", sum(sizes))
claim("200", sizes[0])
claim("1.92", sum(sizes) / (len(sizes) * sizes[-1]))


# %% tags=["autopsy"]
def check_log(epoch, seed=0):
    X, y = line_data(seed)
    rng = torch.Generator().manual_seed(seed)
    order = torch.randperm(100, generator=rng)

    def stand_still(X, y):  # the loss of predicting 0, and no update
        return (y**2).mean().item()

    loss = stand_still(X, y)
    logged = epoch(stand_still, X, y, order, 32)
    assert abs(logged - loss) < 1e-4, (
        f"nothing moves, the loss is {loss:.2f}, the log says {logged:.2f}"
    )


autopsy(check_log, wrong_log)
autopsy(check_log, wrong_log_mean)

# %% [markdown]
# **Fix.** Weigh by rows. (This averages over models that move during the epoch. For the
# loss of one model, evaluate it afterwards: {ref}`three-regimes`. What becomes of the
# last batch is asked in {ref}`dataloader`.)


# %% tags=["autopsy"]
def right_log(step, X, y, order, batch_size):
    total = 0.0
    for rows in order.split(batch_size):
        total += len(rows) * step(X[rows], y[rows])
    return total / len(order)


autopsy(check_log, right_log)

# %% [markdown]
# (autopsy-graphs)=
# ## A list that holds on to its graphs
#
# The notebook on the parabola {cite}`sobh` keeps a list of loss *tensors*, each with
# the graph that computed it. It cannot be plotted as it is, but in memory it is nearly
# harmless. The second list here is ours, for held-out rows, and it is not.


# %% tags=["autopsy"]
def wrong_graphs(model, X, y, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, held_out = [], []
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(X[:80]), y[:80])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss)
        held_out.append(nn.functional.mse_loss(model(X[80:]), y[80:]))
    return losses, held_out


# %% [markdown]
# **Symptom.** By {ref}`backprop` a graph stores arrays for the backward sweep, and
# `backward` frees them. So the first list should hold none. No sweep visits the second.
# For 20 held-out rows, 100 hidden units and four bytes a number, each epoch should hold
# 8080 bytes, of hidden units and predictions, and all epochs together 640 more, of
# rows, targets and weights. Count what is stored and still alive:


# %% tags=["hide-input"]
class Stored:
    def __init__(self, tensor):
        self.tensor = tensor.detach()  # with its graph it would keep itself


def run_and_count(loop, model, X, y, epochs):
    alive = weakref.WeakSet()

    def store(tensor):  # called for every array that autograd packs away
        alive.add(stored := Stored(tensor))
        return stored

    hooks = torch.autograd.graph.saved_tensors_hooks
    with hooks(store, lambda stored: stored.tensor):
        logs = loop(model, X, y, epochs)
    return logs, alive


X, y = line_data(0)
totals = {}
for epochs in (10, 100):
    layers = nn.Linear(2, 100), nn.ReLU(), nn.Linear(100, 1)
    model = nn.Sequential(*layers)
    logs, alive = run_and_count(wrong_graphs, model, X, y[:, None], epochs)
    tensors = [stored.tensor for stored in alive]
    held = {t.data_ptr(): t.nbytes for t in tensors}  # count memory once
    del tensors
    logs[1].clear()
    totals[epochs] = sum(held.values())
    print(f"{epochs} epochs: {totals[epochs]:,} bytes,")
    print(f"  and the first list holds {len(alive)} arrays")

# %% tags=["remove-cell"]
assert len(alive) == 0
each = (totals[100] - totals[10]) / 90
assert each == 8080
claim("8080", each)
assert totals[10] - 10 * each == totals[100] - 100 * each == 640
claim("640", totals[10] - 10 * each)
figure = plt.figure()
try:
    plt.plot(logs[0])
    plots = True
except RuntimeError:  # numpy() on a tensor that requires grad
    plots = False
plt.close(figure)
assert not plots

# %% [markdown]
# The list of training losses holds only bare nodes. The list that nobody differentiates
# is the expensive one. The commonest form of this leak is `total += loss`, a sum that
# holds the graphs of all its terms; add `loss.item()`.
#
# **Check.** It takes `loop(model, X, y, epochs)`, which returns one log or several. A
# log holds numbers.


# %% tags=["autopsy"]
def check_graphs(loop, seed=0):
    torch.manual_seed(seed)
    X, y = line_data(seed)
    model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    logs = loop(model, X, y[:, None], 3)
    several = isinstance(logs[0], list)
    logged = [entry for log in logs for entry in log] if several else logs
    graphs = sum(hasattr(e, "grad_fn") and bool(e.grad_fn) for e in logged)
    assert not graphs, f"{graphs} of {len(logged)} logged losses hold a graph"


autopsy(check_graphs, wrong_graphs)

# %% [markdown]
# **Fix.** `item` and `no_grad`. More in {ref}`small-network`.


# %% tags=["autopsy"]
def right_graphs(model, X, y, epochs):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses, held_out = [], []
    for _ in range(epochs):
        loss = nn.functional.mse_loss(model(X[:80]), y[:80])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())  # changed
        with torch.no_grad():  # changed
            loss = nn.functional.mse_loss(model(X[80:]), y[80:])
        held_out.append(loss.item())
    return losses, held_out


autopsy(check_graphs, right_graphs)

# %% [markdown]
# (autopsy-mode)=
# ## Scored in training mode
#
# Dropout and batch normalization compute something else in training than in evaluation.


# %% tags=["autopsy"]
def wrong_mode(model, X, y):
    with torch.no_grad():
        return nn.functional.mse_loss(model(X), y).item()


# %% [markdown]
# **Symptom.** Dropout sets a random half of the units to zero and doubles the rest.
# Train with it from three seeds, and score each model twice, and then in evaluation
# mode.


# %%
def with_dropout(X, y):
    hidden = nn.Linear(2, 50), nn.ReLU(), nn.Dropout()
    model = nn.Sequential(*hidden, nn.Linear(50, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        loss = nn.functional.mse_loss(model(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


excess = []
for seed in range(3):
    torch.manual_seed(seed)
    X, y = line_data(seed)
    model = with_dropout(X, y[:, None])
    one, two = (wrong_mode(model, X, y[:, None]) for _ in range(2))
    score = wrong_mode(model.eval(), X, y[:, None])
    print(f"{one:.2f}, {two:.2f}; evaluation mode {score:.2f}")
    excess.append(min(one, two) / score)

# %% tags=["remove-cell"]
claim("> 1.2", min(excess))

# %% [markdown]
# In each run both scores are more than 1.2 times the score of the whole model. Batch
# normalization is quieter: scoring in training mode also moves its running mean, even
# under `no_grad`, and so changes the model.
#
# **Check.** It takes `evaluate(model, X, y)`, which returns a score. The same rows
# score the same twice, and the model is left as it was.


# %% tags=["autopsy"]
def check_mode(evaluate, seed=0):
    torch.manual_seed(seed)
    X, y = line_data(seed)
    norm = nn.BatchNorm1d(1)
    model = nn.Sequential(nn.Linear(2, 1), norm, nn.Dropout())
    first, second = (evaluate(model, X, y[:, None]) for _ in range(2))
    assert abs(first - second) < 1e-6, (
        f"the same rows score {first:.2f}, and then {second:.2f}"
    )
    assert norm.running_mean == 0, "scoring moved a running mean"
    assert model.training, "the model is left in evaluation mode"


autopsy(check_mode, wrong_mode)

# %% [markdown]
# **Fix.** Switch to `eval`, and back.


# %% tags=["autopsy"]
def right_mode(model, X, y):
    was_training = model.training
    model.eval()
    with torch.no_grad():
        loss = nn.functional.mse_loss(model(X), y).item()
    model.train(was_training)
    return loss


autopsy(check_mode, right_mode)

# %% [markdown]
# (autopsy-best)=
# ## The best loss, and another step's parameters
#
# You keep the best model of a run.


# %% tags=["autopsy"]
def wrong_best(w, X, y, learning_rate, steps):
    best_loss, best_w = np.inf, w
    for _ in range(steps):
        loss, gradient = mse_value_and_grad(w, X, y)
        w = w - learning_rate * gradient
        if loss < best_loss:
            best_loss, best_w = loss, w
    return best_loss, best_w


# %% [markdown]
# **Symptom.** The loss belongs to the parameters before the step. As long as the loss
# falls, the fault hides: what is kept is a step *better* than its record. Above the
# largest stable rate, which is about 1 here, it is worse.

# %%
X, y = line_arrays(0)
for rate in (0.05, 1.3):
    recorded, w = wrong_best(np.zeros(2), X, y, rate, 10)
    loss = mean_squared_error(w, X, y)
    print(f"rate {rate}: recorded {recorded:.2f}, kept {loss:.2f}")

# %% tags=["remove-cell"]
claim("5.49", recorded)
claim("16.99", loss)
claim("1", round(2 / np.linalg.eigvalsh(2 / 100 * X.T @ X)[1]))
recorded, w = wrong_best(np.zeros(2), X, y, 0.05, 10)
assert mean_squared_error(w, X, y) < recorded

# %% [markdown]
# **Check.** It takes `loop(w, X, y, learning_rate, steps)`, which returns a loss and
# its parameters. They belong together. (If your record is a loss on held-out rows,
# compare with that.)


# %% tags=["autopsy"]
def check_best(loop, seed=0):
    w, X, y = random_problem(seed)
    reported, kept = loop(w, X, y, 0.1, 10)
    loss = mean_squared_error(kept, X, y)
    assert abs(loss - reported) < 1e-5 * loss, (
        f"reports a loss of {reported:.3f}, its parameters have {loss:.3f}"
    )


autopsy(check_best, wrong_best)

# %% [markdown]
# **Fix.** Compare before the step. ({ref}`surface` restores a best model. In PyTorch,
# keep a *copy* of the state: {ref}`autopsy-record`.)


# %% tags=["autopsy"]
def right_best(w, X, y, learning_rate, steps):
    best_loss, best_w = np.inf, w
    for _ in range(steps):
        loss, gradient = mse_value_and_grad(w, X, y)
        if loss < best_loss:
            best_loss, best_w = loss, w
        w = w - learning_rate * gradient  # moved to the end
    return best_loss, best_w


autopsy(check_best, right_best)

# %% [markdown]
# (autopsy-r2)=
# ## A score with its arguments swapped
#
# The notebook on the line {cite}`nn_gradient_descent` hands `r2_score` the prediction
# first. It wants the truth.


# %% tags=["autopsy"]
def wrong_r2(truth, prediction):
    return r2_score(prediction, truth)


# %% [markdown]
# **Symptom.** On that notebook's data, take the least-squares line, and the same line
# made 1.5 times as steep. By definition no line has a higher $R^2$ than the first.

# %%
X, y = noisy_line()
truth = y[:, 0].astype(float)
fit = X @ np.linalg.lstsq(X.astype(float), truth)[0]
steep = fit.mean() + 1.5 * (fit - fit.mean())
for name, line in {"least squares": fit, "too steep": steep}.items():
    swapped, right = wrong_r2(truth, line), r2_score(truth, line)
    print(f"{name:13} swapped {swapped:.2f}, right {right:.2f}")

# %% tags=["remove-cell"]
assert wrong_r2(truth, steep) > wrong_r2(truth, fit) + 0.1
assert r2_score(truth, steep) < r2_score(truth, fit) - 0.1

# %% [markdown]
# **Check.** It takes `score(truth, prediction)`. A first idea is a constant at the mean
# of the truth, which must score 0. But scikit-learn gives it 0 the other way round too,
# by convention, so that is no check. Take half of each deviation from the mean: that
# leaves a quarter of the variance, so it must score 0.75.


# %% tags=["autopsy"]
def check_r2(score, seed=0):
    truth = np.random.default_rng(seed).normal(size=50)
    halfway = (truth + truth.mean()) / 2
    got = score(truth, halfway)
    assert abs(got - 0.75) < 1e-5, (  # z: no minus before 0.00
        "a prediction that leaves a quarter of the variance "
        f"scores {got:z.2f}, not 0.75"
    )


autopsy(check_r2, wrong_r2)

# %% tags=["remove-cell"]
constant = np.full(50, 3.0)
assert np.mean(np.arange(50.0) - 21.5) == 3
assert wrong_r2(np.arange(50.0) - 21.5, constant) == 0
assert r2_score(np.arange(50.0) - 21.5, constant) == 0

# %% [markdown]
# **Fix.** Name the arguments. What the swapped score likes is worked out in
# {ref}`three-regimes`.


# %% tags=["autopsy"]
def right_r2(truth, prediction):
    return r2_score(y_true=truth, y_pred=prediction)


autopsy(check_r2, right_r2)

# %% [markdown]
# (autopsy-budget)=
# ## A race by epochs
#
# The notebook on the line {cite}`nn_gradient_descent` gives each of three regimes its
# own number of epochs, and in {ref}`three-regimes` two of them are stopped before they
# arrive. The commoner slip is not its own: the same number of epochs for all.


# %% tags=["autopsy"]
def sgd_loss(X, y, batch_size, updates, rng):  # from zero, at a rate of 0.05
    w, waiting = np.zeros(X.shape[1]), []
    for _ in range(updates):
        if len(waiting) < batch_size:  # the next epoch
            waiting = rng.permutation(len(y))
        rows, waiting = waiting[:batch_size], waiting[batch_size:]
        w = w - 0.05 * mse_value_and_grad(w, X[rows], y[rows])[1]
    return mean_squared_error(w, X, y)


def wrong_budget(X, y, batch_size, rng, budget=1):
    epochs = 10 * budget
    updates = epochs * (len(y) // batch_size)
    return sgd_loss(X, y, batch_size, updates, rng)


# %% [markdown]
# **Symptom.** Ten epochs for everyone are ten updates for one, and a thousand for
# another.

# %%
rng = np.random.default_rng(0)
X, y = line_arrays(0)
for batch_size in (100, 10, 1):
    loss = wrong_budget(X, y, batch_size, rng)
    print(f"batch size {batch_size:3}: loss {loss:.2f}")

# %% [markdown]
# **Check.** It takes `train(X, y, batch_size, rng, budget)`, which returns a loss.
# Before you compare runs, double their budgets: a run that has arrived gains little.
# The converse does not hold, since a run that crawls gains little too. So compare with
# the floor as well, where you know it.


# %% tags=["autopsy"]
def check_budget(train, seed=0):
    X, y = line_arrays(seed)
    floor = mean_squared_error(np.linalg.lstsq(X, y)[0], X, y)
    for batch_size in (100, 10, 1):
        rng = np.random.default_rng(seed)
        once, twice = (train(X, y, batch_size, rng, k) for k in (1, 2))
        run = f"batch size {batch_size}: the loss is {once:.2f}, and"
        assert twice > 0.7 * once, f"{run} {twice:.2f} with twice the budget"
        assert once < 2 * floor, f"{run} {floor:.2f} is possible"


autopsy(check_budget, wrong_budget)

# %% [markdown]
# **Fix.** Equal updates, equal time, or until nothing changes; and say which.


# %% tags=["autopsy"]
def right_budget(X, y, batch_size, rng, budget=1):
    return sgd_loss(X, y, batch_size, 300 * budget, rng)  # updates


autopsy(check_budget, right_budget)

# %% [markdown]
# (autopsy-verdict)=
# ## Under-fitted, and called over-fitted
#
# For the line {cite}`nn_gradient_descent`, an under-fitted model is called over-fitted.
# The slip is in the verdict, so here the function is a verdict. It gets the losses on
# training rows and fresh rows, and the variance of the noise.


# %% tags=["autopsy"]
def wrong_verdict(training, fresh, noise):
    return "over-fitted" if fresh > 2 * noise else "sound"


# %% [markdown]
# **Symptom.** Three fits have a known diagnosis. To 30 noisy points of the line, fit a
# constant, a line, and a polynomial of degree 15. Fresh rows lie between the outermost
# training rows, so that none of the three has to extrapolate.


# %% tags=["autopsy"]
def losses_of_fit(degree, seed):
    X, y = line_arrays(seed, 30)
    X_fresh, y_fresh = line_arrays(1000 + seed, 1000)
    x, x_fresh = X[:, 1], X_fresh[:, 1]
    inside = (x.min() <= x_fresh) & (x_fresh <= x.max())
    fit = np.polynomial.Polynomial.fit(x, y, degree)
    training, fresh = (fit(x) - y) ** 2, (fit(x_fresh) - y_fresh) ** 2
    return training.mean(), fresh[inside].mean()


# %% [markdown]
# The noise has a variance of 0.25.

# %%
for degree in (0, 1, 15):
    training, fresh = losses_of_fit(degree, seed=0)
    verdict = wrong_verdict(training, fresh, noise=0.25)
    print(f"degree {degree}: {verdict}")
    print(f"  training {training:.2f}, fresh {fresh:.2g}")

# %% tags=["remove-cell"]
X, y = line_arrays(0, 30)
X_fresh, y_fresh = line_arrays(1000, 1000)
x, x_fresh = np.sort(X[:, 1]), X_fresh[:, 1]
fit = np.polynomial.Polynomial.fit(X[:, 1], y, 15)
worst = np.abs(fit(x_fresh) - y_fresh) * ((x[0] <= x_fresh) & (x_fresh <= x[-1]))
worst = x_fresh[np.argsort(worst)[-10:]]
assert ((worst < x[1]) | (worst > x[-2])).all()
assert training < 0.25
assert fresh > 2 * 0.25
assert losses_of_fit(0, 0)[0] > 2 * 0.25

# %% [markdown]
# The constant is as bad on its own training rows. That is under-fitting. (Beside an
# outermost row the polynomial swings far out, and there it meets fresh ones.)
#
# **Check.** It takes `verdict(training, fresh, noise)`, which returns a word: a rule
# for a person, written as a function. It should know these three apart.


# %% tags=["autopsy"]
def check_verdict(verdict, seed=0):
    known = {0: "under-fitted", 1: "sound", 15: "over-fitted"}
    for degree, diagnosis in known.items():
        said = verdict(*losses_of_fit(degree, seed), noise=0.25)
        assert said == diagnosis, f"a fit of degree {degree} is called {said}"


autopsy(check_verdict, wrong_verdict)

# %% [markdown]
# **Fix.** Look at the training loss first. {ref}`depth` does, with networks.


# %% tags=["autopsy"]
def right_verdict(training, fresh, noise):
    if training > 2 * noise:  # added
        return "under-fitted"
    return "over-fitted" if fresh > 2 * noise else "sound"


autopsy(check_verdict, right_verdict)

# %% [markdown]
# ## Six faults as loss curves
#
# How do such faults look to somebody who watches the loss? These are loops of the
# entries above, brought into one form.


# %% tags=["hide-input"]
def loss_of(w, X, y):
    return ((X @ w - y) ** 2).mean().item()


def curve(loop, X, y, learning_rate=0.05):
    w, losses = torch.zeros(2), []
    for _ in range(41):
        losses.append(loss_of(w, X, y))
        w = loop(w, X, y, learning_rate, 1)
    return losses


def uphill(w, X, y, learning_rate, steps):
    w, X, y = (part.double().numpy() for part in (w, X, y))
    return torch.from_numpy(wrong_sign(w, X, y, learning_rate, steps)).float()


def every_pair(w, X, y, learning_rate, steps):  # as wrong_broadcast
    w = w.clone().requires_grad_()
    (((X @ w)[:, None] - y) ** 2).mean().backward()
    return (w - learning_rate * w.grad).detach()


def apart(rng):
    def loop(w, X, y, learning_rate, steps):
        X, y = wrong_apart(X, y, rng)
        return right_zero_grad(w, X, y, learning_rate, steps)

    return loop


def last_batch_logged(X, y, learning_rate=0.05):
    rng = torch.Generator().manual_seed(0)
    w, losses, logged = torch.zeros(2), [], []
    for _ in range(41):
        losses.append(loss_of(w, X, y))
        for rows in torch.randperm(len(y), generator=rng).split(32):
            last = loss_of(w, X[rows], y[rows])
            w = right_zero_grad(w, X[rows], y[rows], learning_rate, 1)
        logged.append(last)
    return losses, logged


# %% [markdown]
# Each panel has one run of a faulty loop and one of the sound loop, from the same
# start.

# %% tags=["hide-input"]
#| name: fig-autopsies-losses
#| caption: Blue is the sound loop on the same data, orange the faulty one. The learning
#|   rate is 0.05; only for the sum it is 0.005, beside 0.05 for the mean. The last
#|   panel takes batches of 32. The dotted line is the variance of the noise, about the
#|   best that a fit can do.
#| alt: Six small panels of loss over 40 epochs, on a log scale. In each of them a blue
#|   curve falls to a dotted line at 0.25 and stays. The orange curves. Gradient added,
#|   it climbs out of the panel. Sum of 400 rows, it climbs out at once. Gradients pile
#|   up, it swings between the top and the dotted line without end. Broadcast loss and
#|   shuffled apart, it stays flat, far above the dotted line. Last batch logged, it
#|   falls with the blue curve and then jumps above and below it.
few, many, zero = line_data(0), line_data(0, 400), torch.zeros(2)
sound, piled = curve(right_zero_grad, *few), []
for k in range(41):
    w = wrong_zero_grad(zero, *few, 0.05, k)
    piled.append(loss_of(w, *few))
of_sum = curve(right_zero_grad, *many), curve(wrong_sum, *many, 0.005)
rng = torch.Generator().manual_seed(0)
curves = {
    "Gradient added": (sound, curve(uphill, *few)),
    "Sum of 400 rows": of_sum,
    "Gradients pile up": (sound, piled),
    "Broadcast loss": (sound, curve(every_pair, *few)),
    "Shuffled apart": (sound, curve(apart(rng), *few)),
    "Last batch logged": last_batch_logged(*few),
}
figure, axes = plt.subplots(3, 2, sharex=True, sharey=True, figsize=(5.4, 6.2))
for ax, (title, (right, wrong)) in zip(axes.flat, curves.items(), strict=True):
    ax.axhline(0.25, color=BLACK, linestyle=":", linewidth=1)
    ax.semilogy(wrong, color=ORANGE, linewidth=1.4)
    ax.semilogy(right, color=BLUE, linewidth=1.4)
    ax.minorticks_off()
    ax.set(title=title, ylim=(0.05, 200))
for ax in axes[:, 0]:
    ax.set_ylabel("loss")
for ax in axes[2]:
    ax.set_xlabel("epoch")
plt.show()

# %% tags=["remove-cell"]
claim("40", len(right) - 1)
claim("0.25", (y_many - X_many @ torch.tensor([1.0, 2.0])).var())
for right, _ in curves.values():
    assert max(right[35:]) < 0.3
climb, swing = curves["Gradient added"][1], curves["Gradients pile up"][1]
assert climb[0] < climb[1] < climb[-1]
assert climb[-1] > 200
assert curves["Sum of 400 rows"][1][4] > 200
assert min(swing[-12:]) < 1 < 3 < max(swing[-12:])
assert min(curves["Broadcast loss"][1][1:]) > 3
assert min(curves["Shuffled apart"][1][1:]) > 3
logged = np.array(curves["Last batch logged"][1][-24:])
assert logged.min() < 0.2 < 0.3 < logged.max()
# A step of `every_pair` is a step of the entry's loop.
model = nn.Linear(2, 1, bias=False)
start = model.weight[0].detach().clone()
((model(few[0]) - few[1]) ** 2).mean().backward()
step = start - every_pair(start, *few, 0.05, 1)
torch.testing.assert_close(step, 0.05 * model.weight.grad[0])

# %% [markdown]
# ## A checklist to take along
#
# **Data**
#
# - Inputs and targets are finite, and prediction and target have the same shape.
# - After the shuffle, every target still belongs to its input.
# - In one epoch no row is fed twice, and less than a batch is left out. No row stays
#   out in all epochs, and two epochs have two orders.
#
# **Loop**
#
# - The loop finds an answer that you know, and the model soon fits one example, the one
#   with the largest target.
# - A tiny step lowers the loss.
# - On one fixed batch, two steps are one step and one more, unless memory is meant.
# - Every row twice gives the same step.
#
# **Measuring**
#
# - If nothing moves, the log stands still, at the loss over all rows.
# - Logs and records hold numbers and copies.
# - The same model gets the same score twice, in evaluation mode.
# - The parameters you keep have the loss you report.
# - The metric is right on a case that you worked out by hand, and that tells its
#   arguments apart.
#
# **Judging**
#
# - Twice the budget changes little, and the known floor is near.
# - Several seeds agree.
# - The training loss, the fresh loss and the noise were looked at together.
#
# ## Exercises
#
# ::::{exercise}
# :label: ex-autopsies-momentum
# `check_zero_grad` rejects a correct loop with momentum. Why? What would the loop have
# to return, and the check to do, so that momentum passes and a forgotten `zero_grad`
# does not?
# ::::
#
# ::::{solution} ex-autopsies-momentum
# :class: dropdown
# Momentum carries its last step over, and the check cuts it off. Let the loop take and
# return all that it means to carry: then two steps at once are again one and one more.
#
# ```python
# def momentum(w, velocity, X, y, steps):
#     for _ in range(steps):
#         gradient = 2 / len(y) * X.T @ (X @ w - y)
#         velocity = 0.9 * velocity - 0.05 * gradient
#         w = w + velocity
#     return w, velocity
#
# X, y = line_data(0)
# start = torch.zeros(2), torch.zeros(2)
# at_once = momentum(*start, X, y, 2)
# one_by_one = momentum(*momentum(*start, X, y, 1), X, y, 1)
# print(torch.equal(at_once[0], one_by_one[0]))
# ```
#
# It prints `True`. A loop that forgets `zero_grad` carries the sum of its gradients in
# a place that nobody declared, and still fails:
#
# ```python
# def forgetful(w, velocity, X, y, steps):
#     w = w.clone().requires_grad_()
#     for _ in range(steps):
#         ((X @ w - y) ** 2).mean().backward()  # w.grad piles up
#         with torch.no_grad():
#             velocity = 0.9 * velocity - 0.05 * w.grad
#             w += velocity
#     return w.detach(), velocity
#
# at_once = forgetful(*start, X, y, 2)
# one_by_one = forgetful(*forgetful(*start, X, y, 1), X, y, 1)
# print(torch.allclose(at_once[0], one_by_one[0]))
# ```
#
# It prints `False`.
# ::::


# %% tags=["remove-cell"]
def momentum(w, velocity, X, y, steps):
    for _ in range(steps):
        gradient = 2 / len(y) * X.T @ (X @ w - y)
        velocity = 0.9 * velocity - 0.05 * gradient
        w = w + velocity
    return w, velocity


X, y = line_data(0)
start = torch.zeros(2), torch.zeros(2)
at_once = momentum(*start, X, y, 2)
one_by_one = momentum(*momentum(*start, X, y, 1), X, y, 1)
assert torch.equal(at_once[0], one_by_one[0])
reset = momentum(momentum(*start, X, y, 1)[0], torch.zeros(2), X, y, 1)
assert not torch.allclose(at_once[0], reset[0])


def forgetful(w, velocity, X, y, steps):
    w = w.clone().requires_grad_()
    for _ in range(steps):
        ((X @ w - y) ** 2).mean().backward()
        with torch.no_grad():
            velocity = 0.9 * velocity - 0.05 * w.grad
            w += velocity
    return w.detach(), velocity


at_once = forgetful(*start, X, y, 2)
one_by_one = forgetful(*forgetful(*start, X, y, 1), X, y, 1)
assert not torch.allclose(at_once[0], one_by_one[0])

# %% [markdown]
# ::::{exercise}
# :label: ex-autopsies-schedule
# Write an entry of your own: a schedule that should halve the learning rate after every
# epoch, and whose `step` stands in the loop over batches. Give the wrong loop, a check
# that is a black box, and the fix.
# ::::
#
# ::::{solution} ex-autopsies-schedule
# :class: dropdown
# ```python
# def wrong_schedule(optimizer, schedule, epochs, batches):
#     for _ in range(epochs):
#         for _ in range(batches):
#             optimizer.step()  # after a backward pass
#             schedule.step()
#
# def right_schedule(optimizer, schedule, epochs, batches):
#     for _ in range(epochs):
#         for _ in range(batches):
#             optimizer.step()
#         schedule.step()
#
# def check_schedule(loop):
#     optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
#     schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
#     loop(optimizer, schedule, epochs=3, batches=7)
#     rate = optimizer.param_groups[0]["lr"]
#     assert rate == 0.125, f"after three epochs the learning rate is {rate:.1e}"
# ```
#
# The symptom is a loss that stops falling early, because the rate is already 5e-7 when
# it should be 0.125. It looks like convergence.
# ::::


# %% tags=["remove-cell"]
def wrong_schedule(optimizer, schedule, epochs, batches):
    for _ in range(epochs):
        for _ in range(batches):
            optimizer.step()
            schedule.step()


def right_schedule(optimizer, schedule, epochs, batches):
    for _ in range(epochs):
        for _ in range(batches):
            optimizer.step()
        schedule.step()


def check_schedule(loop):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    loop(optimizer, schedule, epochs=3, batches=7)
    rate = optimizer.param_groups[0]["lr"]
    assert rate == 0.125, f"after three epochs the learning rate is {rate:.1e}"
    return rate


claim("0.125", check_schedule(right_schedule))
message = ""
try:
    check_schedule(wrong_schedule)
except AssertionError as error:
    message = str(error)
claim("5e-7", float(message.split()[-1]))

# %% [markdown]
# ## Sources and further reading
#
# - {cite}`fruehwald2022`, {cite}`nn_gradient_descent`, {cite}`sobh` and
#   {cite}`training_nn` put working code in front of everybody, which is why anyone can
#   learn from it: thank you.
# - {cite}`karpathy2019` is a method for building a training loop so that these faults
#   show early.
# - {cite}`humbatova2020` sorted real faults from repositories, questions and interviews
#   into a taxonomy, and asked developers which of them they had met.
# - {cite}`paszke2019` describes PyTorch, {cite}`pedregosa2011` scikit-learn.
