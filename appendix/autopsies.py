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
# A loop ran to its end without an error, reported a loss of 5.33, and handed back
# parameters whose loss is 10.87 ({ref}`autopsy-best`). This page is for such loops:
# find what you see in the {ref}`table of symptoms <autopsies-symptoms>`, or let
# `diagnose` try your loop on small problems with known answers. Each entry then has the
# wrong lines, the evidence against them, and the fix.
#
# Some entries grew out of the four {ref}`tutorials behind this book <sources>`: the
# belts {cite}`fruehwald2022`, the line {cite}`nn_gradient_descent`, the parabola
# {cite}`sobh` and the surface {cite}`training_nn`. They are good tutorials, by people
# who gave their work away.
#
# **Time** {chapter-time}`here`

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %% [markdown]
# (autopsies-ask)=
# ## Ask the loop
#
# Here is a loop that cuts batches and keeps a log. Something is wrong with it. Hand the
# function over as it is (`helpers` comes with the book, {ref}`run-it-yourself`):

# %%
import numpy as np

from helpers import diagnose


def train(w, X, y, learning_rate, epochs, batch_size):
    losses = []
    for _ in range(epochs):
        for k in range(len(y) // batch_size):
            rows = slice(k * batch_size, (k + 1) * batch_size)
            r = X[rows] @ w - y[rows]
            w = w - learning_rate * 2 / len(r) * X[rows].T @ r
        losses.append(np.mean(r**2))
    return w, losses


print(diagnose(train))

# %% [markdown]
# Both faults are explained below ({ref}`autopsy-order`, {ref}`autopsy-remainder`), like
# every fault that a report can name: search this page for its name.
#
# A fault is *implied* if a measurement forces it; the measurement stands beside it. If
# two faults explain what was measured, the report says *one of*. *Excluded* faults were
# looked for and are not there. The others *cannot be told*, often because the loop does
# not return what would show them. A *note* accuses nobody.
#
# Three names describe an end, not a cause: `crashes`, `not-finite` and `not-arrived`.
# And a sound loop may still be fed bad data, or be believed too much: the last two
# groups of entries are for you, not for `diagnose`.
#
# It takes NumPy, PyTorch and JAX, and finds what to hand over by the names of your
# parameters:
#
# | your function | notes |
# |---|---|
# | `train(w, X, y, learning_rate, epochs)` | also `batch_size`, `rng` or `seed` |
# | `step(w, X, y, learning_rate)` | one update |
# | `train(x, y, a, b, lr, steps)` | one feature, two numbers |
# | `train(X, y, epochs)` | starts where it likes; may build a model |
# | `epoch(model, optimizer, loader)` | also `loss_fn`, `epochs`, `val_loader` |
# | `evaluate(model, X, y)` | a loss or score of a model |
# | `score(truth, prediction)` | should be R² |
# | `scale(X_train, X_test)` | returns both, scaled |
#
# `X` is (n, p), its first column ones; `y` is (n,), `w` is (p,). Return the parameters,
# and losses if you like. The usual other names (`lr`, `weights`, `n_epochs`, `net`)
# are known too; `help(diagnose)` lists them. If yours is a script, wrap the lines in
# `def epoch(model, optimizer, loader):`, and a linear model, an optimizer and a
# `DataLoader` will be handed in.

# %% tags=["remove-cell"]
from helpers import checks, claim, given

with checks("Ask the loop"):
    asked, two = diagnose(train), ("unshuffled", "remainder-dropped")
    claim("Something is wrong with it", asked.implied == two)

# %% [markdown]
# (autopsies-symptoms)=
# ## What do you see?
#
# :::{list-table}
# :header-rows: 1
#
# * - you see
#   - likely causes
#   - check, and chapter
# * - the loss does not move, or does not decrease
#   - {ref}`cleared too early <autopsy-cleared>`, {ref}`another model
#     <autopsy-rebuilt>`, {ref}`schedule for optimizer <autopsy-schedule>`, {ref}`loss
#     made anew <autopsy-detached>`, {ref}`integers <autopsy-integers>`
#   - `nothing-moves`, or its cause; {ref}`backprop`
# * - it falls a little, then stays on a plateau, the variance of the targets
#   - {ref}`shapes <autopsy-broadcast>`, {ref}`shuffled apart <autopsy-apart>`
#   - `broadcast-loss`, `rows-apart`; {ref}`three-regimes`
# * - it rises from the first step, at every learning rate
#   - {ref}`uphill <autopsy-sign>`
#   - `wrong-sign`; {ref}`descent`
# * - it grows, then nan
#   - {ref}`unequal scales <autopsy-scale>`, {ref}`a sum <autopsy-sum>`, or the learning
#     rate
#   - the largest stable rate, in {ref}`autopsy-scale`; {ref}`conditioning`
# * - nan from the first step
#   - {ref}`zero over zero <autopsy-nan>`, {ref}`missing values <autopsy-missing>`
#   - `np.isfinite(X).all()`, and of `y`; {ref}`surface`
# * - it starts much higher or lower than expected
#   - {ref}`the start <autopsies-checklist>`, {ref}`unequal scales <autopsy-scale>`
#   - `np.mean(y**2)`, the loss of predicting 0; {ref}`depth`
# * - it swings and does not settle
#   - {ref}`gradients pile up <autopsy-zero-grad>`, {ref}`cleared once an epoch
#     <autopsy-once>`
#   - `gradients-accumulate`; {ref}`backprop`
# * - it falls far too slowly
#   - {ref}`divided again <autopsy-divided>`, {ref}`unequal scales <autopsy-scale>`,
#     {ref}`the output <autopsy-output>`
#   - `mean-divided-again`; {ref}`conditioning`
# * - it settles, at the wrong place
#   - {ref}`another gradient <autopsy-entry>`, {ref}`no intercept <autopsy-intercept>`
#   - `wrong-step`; {ref}`backprop`
# * - my steps are not those of others
#   - {ref}`updates in turn <autopsy-turn>`, {ref}`divided again <autopsy-divided>`
#   - `in-turn-updates`; {ref}`penguins`
# * - with more rows it explodes, or diverges
#   - {ref}`a sum <autopsy-sum>`
#   - `sum-for-mean`; {ref}`gradient-noise`
# * - the score is fine, the parameters are wrong
#   - {ref}`unequal scales <autopsy-scale>`, {ref}`rows <autopsy-rows>`
#   - `X.std(axis=0)`; {ref}`conditioning`
# * - some rows are fitted worse
#   - {ref}`order <autopsy-order>`, {ref}`remainder <autopsy-remainder>`, {ref}`rows
#     <autopsy-rows>`
#   - `unshuffled`, `remainder-dropped`; {ref}`small-network`
# * - every epoch has the same wiggles
#   - {ref}`one shuffle <autopsy-reseeded>`
#   - `same-shuffle`; {ref}`dataloader`
# * - an epoch takes far too long
#   - {ref}`rows <autopsy-rows>`
#   - `all-rows-every-batch`; {ref}`three-regimes`
# * - slower every epoch, or memory grows
#   - {ref}`graphs <autopsy-graphs>`
#   - `graph-kept`; {ref}`small-network`
# * - works once, not twice; a recorded path stands still
#   - {ref}`one array <autopsy-record>`
#   - `aliased-record`; {ref}`descent`
# * - the logged loss jumps, the model does not
#   - {ref}`the log <autopsy-log>`
#   - a learning rate of zero; {ref}`three-regimes`
# * - same model, two scores
#   - {ref}`mode <autopsy-mode>`
#   - `scored-in-training-mode`
# * - the restored model is worse than its record
#   - {ref}`best state <autopsy-best>`
#   - `best-not-copied`; {ref}`surface`
# * - a line that is too steep gets the best score
#   - {ref}`the score <autopsy-r2>`
#   - `r2-swapped`; {ref}`three-regimes`
# * - training is good, fresh rows are bad
#   - {ref}`their scale <autopsy-fresh>`, {ref}`over-fitted <autopsy-verdict>`
#   - `fresh-rows-own-scale`; {ref}`depth`
# * - fresh rows are too good to be true
#   - {ref}`leakage <autopsy-leak>`
#   - `scale-from-all-rows`; {ref}`penguins`
# * - the largest targets are never reached
#   - {ref}`the output <autopsy-output>`
#   - one row, its target the largest; {ref}`surface`
# * - small batches win every race
#   - {ref}`budgets <autopsy-budget>`
#   - double the epochs; {ref}`three-regimes`
# * - a bad model is called over-fitted
#   - {ref}`the verdict <autopsy-verdict>`
#   - the training loss; {ref}`depth`
# :::
#
# Some of these have a shape ({numref}`fig-autopsies-losses`). All run on a line with
# intercept 1, slope 2, and noise of standard deviation 0.5:


# %% tags=["autopsy"]
def line_data(seed=0, n=100):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = 1 + 2 * x + 0.5 * rng.normal(size=n)
    return np.column_stack([np.ones(n), x]), y  # (n, 2) and (n,)


def gradient(w, X, y):
    return 2 / len(y) * X.T @ (X @ w - y)


# %% [markdown]
# Each curve changes one thing about plain descent: what is subtracted, or how much of
# the last step is carried into the next. (Comparing every prediction with every target
# has the gradient of fitting their mean.)

# %% tags=["hide-input"]
(X, y), order = line_data(), np.random.default_rng(1)


def curve(slope, carry=0.0):
    w, move, losses = np.zeros(2), np.zeros(2), []
    for _ in range(41):
        losses.append(np.mean((X @ w - y) ** 2))
        move = carry * move - 0.05 * slope(w)
        w = w + move
    return losses


curves = {
    "Gradient added": curve(lambda w: -gradient(w, X, y)),
    "A sum for a mean": curve(lambda w: 100 * gradient(w, X, y)),
    "Gradients pile up": curve(lambda w: gradient(w, X, y), carry=1),
    "Broadcast": curve(lambda w: gradient(w, X, 0 * y + y.mean())),
    "Apart": curve(lambda w: gradient(w, X, order.permutation(y))),
    "Divided again": curve(lambda w: gradient(w, X, y) / 100),
}

# %% [markdown]
# Beside the sound loop:

# %% tags=["hide-input"]
#| name: fig-autopsies-losses
#| caption: Blue is plain descent on 100 rows at a learning rate of 0.05, orange the
#|   faulty loop from the same start. The dotted line is the variance of the noise.
#| alt: Six small panels of loss on a log scale against epochs 0 to 40. In each a blue
#|   curve falls to the dotted line. The orange curves. Gradient added, it climbs out of
#|   the panel. A sum for a mean, it leaves the panel at once. Gradients pile up, it
#|   swings up and down without end. Broadcast and apart, it falls a little and
#|   stays far above the dotted line. Divided again, it hardly falls.
import matplotlib.pyplot as plt

from helpers import BLACK, BLUE, ORANGE, use_book_style

use_book_style()
sound = curve(lambda w: gradient(w, X, y))
grid = {"sharex": True, "sharey": True, "figsize": (5.4, 6.2)}
figure, axes = plt.subplots(3, 2, **grid)
for ax, (title, wrong) in zip(axes.flat, curves.items(), strict=True):
    ax.axhline(0.5**2, color=BLACK, linestyle=":", linewidth=1)
    ax.semilogy(wrong, color=ORANGE)
    ax.semilogy(sound, color=BLUE)
    ax.set(title=title, ylim=(0.1, 100))
    ax.minorticks_off()
figure.supxlabel("epoch")
figure.supylabel("loss")
plt.show()

# %% tags=["remove-cell"]
with checks("What do you see?"):
    given("intercept 1, slope 2", "standard deviation 0.5")
    given("on 100 rows at a learning rate of 0.05")
    claim("epochs 0 to 40", len(sound) == 41)
    claim("of predicting 0", np.mean(y**2) == sound[0])
    claim("a blue curve falls to the dotted line", sound[-1] < 0.3)
    shapes = {name: np.array(losses) for name, losses in curves.items()}
    climb, leap, swing, broad, apart, slow = shapes.values()
    claim("it climbs out of the panel", (np.diff(climb) > 0).all() and climb[-1] > 100)
    claim("it leaves the panel at once", leap[2] > 100)
    claim("it swings up and down", swing[20:].min() < 1 and swing[20:].max() > 3)
    claim(
        "falls a little and stays far above",
        min(broad[1:].min(), apart[1:].min()) > 8 * 0.25
        and max(broad[-1], apart[-1]) < sound[0],
    )
    claim("it hardly falls", 0.9 < slow[-1] / slow[0] < 1)

    def slope_of_pairs(w):
        residual = (X @ w)[:, None] - y
        return 2 * np.mean(residual[..., None] * X[:, None], axis=(0, 1))

    w = np.array([0.3, -0.7])
    mean_for_all = gradient(w, X, 0 * y + y.mean())
    same = np.allclose(slope_of_pairs(w), mean_for_all)
    claim("the gradient of fitting their mean", same)

# %% [markdown]
# ## What every entry uses
#
# Run these cells and the one with `line_data`, and then enter anywhere. Two sound
# loops, one for NumPy, and one for PyTorch, where the targets are a column like the
# output of the model:

# %% tags=["autopsy"]
import numpy as np
import torch
from sklearn.metrics import r2_score
from torch import nn
from torch.nn.functional import mse_loss

from helpers import diagnose, standardize


def step(w, X, y, learning_rate):
    return w - learning_rate * 2 / len(y) * X.T @ (X @ w - y)


def epoch(model, optimizer, loader):
    for x, y in loader:
        loss = mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


# %% [markdown]
# A third takes its batches from a function, so that an entry need show no more than
# that:


# %% tags=["autopsy"]
def shuffled(n, size, rng):
    order = rng.permutation(n)
    return [order[k : k + size] for k in range(0, n, size)]


def loop_over(batches):
    def loop(w, X, y, learning_rate, epochs, batch_size, rng):
        for _ in range(epochs):
            for rows in batches(len(y), batch_size, rng):
                w = step(w, X[rows], y[rows], learning_rate)
        return w

    loop.__name__ = batches.__name__
    return loop


# %% [markdown]
# And `ask` prints the head of a report:


# %% tags=["autopsy"]
def ask(function):
    report = diagnose(function).text(width=38)
    print(report.split("\nEXCLUDED")[0].split("\nCANNOT")[0])


for sound_loop in (step, epoch, loop_over(shuffled)):
    ask(sound_loop)

# %% tags=["remove-cell"]
with checks("What every entry uses"):
    both = diagnose(step).sound and diagnose(epoch).sound
    claim("Two sound loops", both and diagnose(loop_over(shuffled)).sound)

# %% [markdown]
# ## Does anything move?
#
# Look here first. A loop that stands still fails every other check too.
#
# (autopsy-cleared)=
# ### The gradient is cleared too early
#
# The loss scatters with the batches and does not fall. `backward` fills the gradient,
# the next line empties it, and the step subtracts zeros. Reported as
# `cleared-before-step`.


# %% tags=["autopsy"]
def cleared_early(model, optimizer, loader):
    for x, y in loader:
        mse_loss(model(x), y).backward()
        optimizer.zero_grad()
        optimizer.step()


ask(cleared_early)

# %% [markdown]
# **Fix.** Clear after the step, `optimizer.step(); optimizer.zero_grad()`, or before
# `backward`. See {ref}`backprop`.
#
# (autopsy-rebuilt)=
# ### The optimizer holds another model
#
# The cell that builds the model ran again, and the cell that builds the optimizer did
# not. Gradients appear in one model, and the steps go to the other, which
# nobody uses. Reported as `model-rebuilt`.


# %% tags=["autopsy"]
def rebuilt(model, optimizer, loader):
    model = nn.Linear(2, 1)
    epoch(model, optimizer, loader)
    return model


ask(rebuilt)

# %% [markdown]
# **Fix.** Build the optimizer last: `torch.optim.SGD(model.parameters(), lr=0.1)`, in
# the cell of the model. See {ref}`three-regimes`.
#
# (autopsy-schedule)=
# ### The schedule steps, the optimizer does not
#
# One wrong word in the line that should make the step. PyTorch warns that the schedule
# came first, and the loss stands still. Reported as `schedule-for-optimizer`.


# %% tags=["autopsy"]
def schedule_steps(model, optimizer, loader, schedule):
    for x, y in loader:
        optimizer.zero_grad()
        mse_loss(model(x), y).backward()
        schedule.step()


ask(schedule_steps)

# %% tags=["remove-cell"]
import warnings

with checks("The schedule steps, the optimizer does not"):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        schedule.step()
    claim("PyTorch warns", "before `optimizer.step()`" in str(caught[0].message))

# %% [markdown]
# **Fix.** `optimizer.step()` after every batch, and `schedule.step()` where its period
# ends. See {ref}`optimizers`.
#
# (autopsy-detached)=
# ### A loss made anew
#
# `item`, `detach`, a trip through NumPy: the number is right, and the way back to the
# parameters is gone. `requires_grad=True` only silences the error that would have told
# you. Reported as `detached-loss`.


# %% tags=["autopsy"]
def made_anew(model, optimizer, loader):
    for x, y in loader:
        number = mse_loss(model(x), y).item()
        loss = torch.tensor(number, requires_grad=True)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


ask(made_anew)

# %% [markdown]
# **Fix.** `loss = mse_loss(model(x), y)`, and `item` only for the log. See
# {ref}`backprop`.
#
# (autopsy-integers)=
# ### Parameters that are integers
#
# The start was typed without a decimal point, and NumPy cuts off every new value at the
# point. The parameters stay, or stop at whole numbers. Reported as
# `integer-parameters`.


# %% tags=["autopsy"]
def whole_numbers(X, y, learning_rate, epochs):
    w = np.array([0] * X.shape[1])
    for _ in range(epochs):
        moved = step(w, X, y, learning_rate)
        for j in range(len(w)):
            w[j] = moved[j]
    return w


ask(whole_numbers)

# %% [markdown]
# **Fix.** `np.array([0.0] * X.shape[1])`, or `np.zeros`. See {ref}`descent`.
#
# ## Is one step −η∇L?
#
# The definition: a step is the learning rate times the slope, downhill. `diagnose`
# measures the slope by central differences ({ref}`slopes`) and compares.
#
# (autopsy-sign)=
# ### A step uphill
#
# The loss rises from the first step; with a smaller rate it rises more slowly. One
# sentence of the tutorial on belts {cite}`fruehwald2022` adds the gradient. Two others
# and the code take its negative, rightly. Reported as `wrong-sign`.


# %% tags=["autopsy"]
def uphill(w, X, y, learning_rate):
    return w + learning_rate * 2 / len(y) * X.T @ (X @ w - y)


ask(uphill)

# %% [markdown]
# **Fix.** `w - learning_rate`. See {ref}`descent`.
#
# (autopsy-sum)=
# ### A sum where a mean was meant
#
# A learning rate worked, and then came more data, or larger batches, and the loss
# explodes. The slope of a sum grows with its rows, so the largest stable rate falls.
# Reported as `sum-for-mean`.


# %% tags=["autopsy"]
def summed(w, X, y, learning_rate):
    return w - learning_rate * 2 * X.T @ (X @ w - y)


ask(summed)

# %% [markdown]
# **Fix.** `2 / len(y)`, in PyTorch `reduction="mean"`. See {ref}`gradient-noise`.
#
# (autopsy-divided)=
# ### A mean, divided again
#
# The loss falls, very slowly, and slower the more rows there are. The gradient is a
# mean already, and somebody divides by the number of rows once more. Reported as
# `mean-divided-again`.


# %% tags=["autopsy"]
def divided_again(w, X, y, learning_rate):
    gradient = np.mean(2 * (X @ w - y)[:, None] * X, axis=0)
    return w - learning_rate * gradient / len(y)


ask(divided_again)

# %% [markdown]
# **Fix.** `learning_rate * gradient`. See {ref}`penguins`.
#
# (autopsy-entry)=
# ### The gradient of something else
#
# The loss falls and settles above its minimum, or never falls. Here one entry of $X$
# stands where its column belongs. Reported as `entry-for-column`; a gradient that is
# wrong in another way, as `wrong-step`.


# %% tags=["autopsy"]
def one_entry(w, X, y, learning_rate):
    r = X @ w - y
    slopes = [np.mean(2 * r * X[1, j]) for j in range(len(w))]
    return w - learning_rate * np.array(slopes)


def squared_twice(w, X, y, learning_rate):
    r = X @ w - y
    return w - learning_rate * 2 / len(y) * X.T @ r**2


ask(one_entry)
ask(squared_twice)

# %% [markdown]
# **Fix.** `X[:, j]`; `X.T @ r`. In general, compare with a central difference:
# {ref}`backprop`.
#
# (autopsy-turn)=
# ### Parameters updated in turn
#
# The second slope uses the first parameter's new value. The loss still falls, to the
# same minimum, and no step is the one of the formula, so results differ from
# everybody's. Reported as `in-turn-updates`.


# %% tags=["autopsy"]
def in_turn(w, X, y, learning_rate):
    w = w.copy()
    for j in range(len(w)):
        r = X @ w - y
        w[j] -= learning_rate * np.mean(2 * r * X[:, j])
    return w


ask(in_turn)

# %% [markdown]
# **Fix.** Compute `r = X @ w - y` once, before the loop over parameters. See
# {ref}`penguins`.
#
# (autopsy-intercept)=
# ### The intercept stays where it was
#
# Predictions are off by a constant, or the slope is bent to make up for it. Reported as
# `no-intercept`.


# %% tags=["autopsy"]
def slopes_only(w, X, y, learning_rate):
    w = w.copy()
    w[1:] = step(w, X, y, learning_rate)[1:]
    return w


ask(slopes_only)

# %% [markdown]
# **Fix.** `w[:] = step(w, X, y, learning_rate)`; in PyTorch, leave `bias=True` unless
# the inputs have a column of ones. See {ref}`penguins`.
#
# (autopsy-broadcast)=
# ### Every prediction against every target
#
# The fit is flat, at the mean of the targets. The model returns shape $(n, 1)$, the
# targets have shape $(n,)$, and their difference is $(n, n)$. Reported as
# `broadcast-loss`.


# %% tags=["autopsy"]
def every_pair(X, y, learning_rate, epochs):
    model = nn.Linear(X.shape[1], 1)
    optimizer = torch.optim.SGD(model.parameters(), learning_rate)
    for _ in range(epochs):
        loss = ((model(X) - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


ask(every_pair)

# %% tags=["remove-cell"]
with checks("Every prediction against every target"):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mse_loss(torch.zeros(3, 1), torch.zeros(3))
    claim("would have warned", "size" in str(caught[0].message))

# %% [markdown]
# **Fix.** One shape for both: `model(X)[:, 0] - y`. `mse_loss` would have warned. For
# a column of targets the wrong line is right, so no report on an `epoch` can see your
# shapes: print both. See {ref}`three-regimes`.
#
# ## Which rows, in which order?
#
# `diagnose` finds out which rows each step used.
#
# (autopsy-order)=
# ### The order of the file
#
# Descent on single rows remembers the last ones best. A `DataLoader` shuffles only if
# it is asked to. For its larger network, the notebook on the line
# {cite}`nn_gradient_descent` does not ask. The article on the parabola {cite}`sobh`
# feeds its points from left to right in every epoch. Order can also help:
# {ref}`small-network` measures both. Reported as `unshuffled`.


# %% tags=["autopsy"]
def in_order(n, size, rng):
    return [np.arange(k, min(k + size, n)) for k in range(0, n, size)]


ask(loop_over(in_order))

# %% tags=["remove-cell"]
with checks("The order of the file"):
    slopes = []
    for seed in range(10):
        x = np.linspace(-1, 1, 100)
        noise = 0.2 * np.random.default_rng(seed).uniform(size=100)
        X, w = np.column_stack([np.ones(100), x]), np.zeros(2)
        for row in 5 * in_order(100, 1, None):
            w = step(w, X[row], (x**2 + noise)[row], 0.2)
        slopes.append(w[1])
    claim("remembers the last ones best", min(slopes) > 0.5)

# %% [markdown]
# **Fix.** `order = rng.permutation(n)` in every epoch, as in `shuffled`, or
# `DataLoader(…, shuffle=True)`. See {ref}`dataloader`.
#
# (autopsy-reseeded)=
# ### One shuffle, over and over
#
# Every epoch has the same wiggles. The generator is made, and seeded, inside the loop
# over epochs, or the loader is. Reported as `same-shuffle`.


# %% tags=["autopsy"]
def reseeded(n, size, rng):
    return shuffled(n, size, np.random.default_rng(0))


ask(loop_over(reseeded))

# %% [markdown]
# **Fix.** Seed once, before the first epoch, and pass `rng` on. See {ref}`dataloader`.
#
# (autopsy-apart)=
# ### Inputs and targets shuffled apart
#
# The fit is flat, since inputs say nothing about the targets of other rows. Two calls
# make two orders; or, as here, only one of the two is indexed. Reported as
# `rows-apart`.


# %% tags=["autopsy"]
def torn(w, X, y, learning_rate, epochs, rng):
    for _ in range(epochs):
        rows = rng.permutation(len(y))
        w = step(w, X[rows], y, learning_rate)
    return w


ask(torn)

# %% [markdown]
# **Fix.** One order for both, `X[rows], y[rows]`, or a `TensorDataset`. See
# {ref}`dataloader`.
#
# (autopsy-remainder)=
# ### Rows that are never used
#
# One end is fitted worse. The article on the parabola {cite}`sobh` cuts its 100 rows
# into whole batches of 16, in order. Six batches hold 96 rows, and the last four, an
# end of the parabola, are never used. Reported as `remainder-dropped`.


# %% tags=["autopsy"]
def whole_only(n, size, rng):
    starts = range(0, n - size + 1, size)
    return [np.arange(k, k + size) for k in starts]


ask(loop_over(whole_only))

# %% tags=["remove-cell"]
with checks("Rows that are never used"):
    used = whole_only(100, 16, None)
    claim("100 rows into whole batches of 16", 100, len(used[0]))
    claim("Six batches hold 96 rows", sum(map(len, used)))

# %% [markdown]
# **Fix.** Keep the remainder, or shuffle before you drop it: `shuffled` does the first.
# See {ref}`small-network`.
#
# (autopsy-rows)=
# ### One batch drawn, another one fed
#
# The score looks healthy, the parameters do not, or an epoch takes far too long. The
# mini-batch loop that the notebook on the line {cite}`nn_gradient_descent` races
# computes where a batch of 32 starts and stops, and then indexes with the list of all
# 1000 rows. So each epoch is 32 equal steps of batch descent, and its curve is smooth.
# Reported as `all-rows-every-batch`, `overlapping-batches` or `fixed-batch`.


# %% tags=["autopsy"]
def all_rows(n, size, rng):
    return [np.arange(n) for _ in range(0, n, size)]


def one_row_apart(n, size, rng):
    order = rng.permutation(n)
    return [order[k : k + size] for k in range(n // size + 1)]


def first_batch(n, size, rng):
    return [np.arange(size) for _ in range(0, n, size)]


for batches in (all_rows, one_row_apart, first_batch):
    ask(loop_over(batches))

# %% [markdown]
# **Fix.** Index once, `order[k : k + size] for k in range(0, n, size)`, and use what
# you indexed. Count who saw which row. See {ref}`three-regimes`.

# %% tags=["remove-cell"]
with checks("One batch drawn, another one fed"):
    starts = [len(rows) for rows in all_rows(1000, 32, None)]
    claim("a batch of 32 starts and stops", int(np.ceil(1000 / len(starts))))
    claim("the list of all 1000 rows", starts[0])
    claim("each epoch is 32 equal steps", len(starts))

# %% [markdown]
# ## What is carried from step to step?
#
# (autopsy-zero-grad)=
# ### Gradients that pile up
#
# `backward` adds to `grad`, and nobody clears it. By {eq}`backprop-swing` the error
# swings without friction, so the loss goes up and down and never settles. Reported as
# `gradients-accumulate`.


# %% tags=["autopsy"]
def never_cleared(model, optimizer, loader):
    for x, y in loader:
        mse_loss(model(x), y).backward()
        optimizer.step()


ask(never_cleared)

# %% [markdown]
# **Fix.** `optimizer.zero_grad()` in every step, before `backward`. Momentum carries
# something over on purpose; it is noted and not reported. See {ref}`backprop`.
#
# (autopsy-once)=
# ### Cleared once an epoch
#
# The same, milder: each epoch swings anew, and with few batches in an epoch the loop
# looks sound. Reported as `cleared-once-an-epoch`.


# %% tags=["autopsy"]
def cleared_once(model, optimizer, loader):
    optimizer.zero_grad()
    for x, y in loader:
        mse_loss(model(x), y).backward()
        optimizer.step()


ask(cleared_once)

# %% [markdown]
# **Fix.** Move `optimizer.zero_grad()` into the loop over batches. (To add up gradients
# on purpose, make one step for all of them.) See {ref}`backprop`.
#
# ## What is written down?
#
# (autopsy-record)=
# ### A record of one value
#
# All entries of a recorded path are equal, or the loop works once and not twice: it
# changed its start in place. The tutorial on belts {cite}`fruehwald2022` collects
# parameters in a list, under an in-place update. Its gradients are JAX arrays, which
# cannot be changed, so its record is sound. With NumPy the same lines go wrong.
# Reported as `aliased-record`.


# %% tags=["autopsy"]
def one_array(w, X, y, learning_rate, epochs):
    path = []
    for _ in range(epochs):
        path.append(w)
        w -= learning_rate * 2 / len(y) * X.T @ (X @ w - y)
    return w, path


ask(one_array)

# %% [markdown]
# **Fix.** Make a new array, `w = w - learning_rate`, or keep `w.copy()`. In PyTorch
# keep `w.detach().clone()`: `detach` alone shares its memory. See {ref}`descent`.
#
# (autopsy-graphs)=
# ### A list that holds on to its graphs
#
# Memory grows with every epoch, or plotting the losses is an error. The article on the
# parabola {cite}`sobh` keeps a list of loss *tensors*, each with the graph that
# computed it. After `backward` such a graph holds little. Losses of held-out rows,
# which nobody differentiates, keep everything. Another form is `total += loss`
# {cite}`pytorch_faq`. Reported as `graph-kept`.


# %% tags=["autopsy"]
def keeps_graphs(model, optimizer, loader):
    total = 0.0
    for x, y in loader:
        loss = mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss
    return total / len(loader)


ask(keeps_graphs)

# %% tags=["remove-cell"]
import weakref

with checks("A list that holds on to its graphs"):
    alive = weakref.WeakSet()

    class Stored:
        def __init__(self, tensor):
            self.tensor = tensor.detach()

    def store(tensor):
        alive.add(stored := Stored(tensor))
        return stored

    rows, small = torch.ones(20, 2), nn.Sequential(nn.Linear(2, 9), nn.Tanh())
    hooks = torch.autograd.graph.saved_tensors_hooks(store, lambda kept: kept.tensor)
    with hooks:
        swept = small(rows).pow(2).mean()
        swept.backward()
        left = len(alive)
        held_out = [small(rows).pow(2).mean() for _ in range(5)]
    claim("such a graph holds little", left == 0)
    claim("keep everything", len(alive) >= 5 * 2)

# %% [markdown]
# **Fix.** `total += loss.item()`, and `torch.no_grad()` around every evaluation. See
# {ref}`small-network`.
#
# (autopsy-log)=
# ### The loss of which rows?
#
# The logged loss jumps, and the model does not. The notebook on the line
# {cite}`nn_gradient_descent` logs the loss of the last example (here the last batch) as
# that of the epoch. The workshop's page on the surface {cite}`training_nn` logs the
# mean over batches, of which the last is smaller. What you mean a log to be, `diagnose`
# cannot know. But at a learning rate of 0 nothing moves, and every log should show the
# loss of all rows:


# %% tags=["autopsy"]
def two_logs(w, X, y, learning_rate, rng):
    losses = []
    for rows in shuffled(len(y), 32, rng):
        r = X[rows] @ w - y[rows]
        w = w - learning_rate * 2 / len(r) * X[rows].T @ r
        losses.append(np.mean(r**2))
    return losses[-1], np.mean(losses)


X, y = line_data()
print(f"the loss is {np.mean((X @ np.zeros(2) - y) ** 2):.2f}")
for seed in range(3):
    logs = two_logs(np.zeros(2), X, y, 0.0, np.random.default_rng(seed))
    print("last batch {:.2f}, mean over batches {:.2f}".format(*logs))

# %% [markdown]
# **Fix.** Weigh by rows: `np.average(losses, weights=sizes)`. For the loss of one
# model, evaluate it after the epoch. See {ref}`three-regimes`.

# %% tags=["remove-cell"]
with checks("The loss of which rows?"):
    given("a learning rate of 0")
    loss = np.mean(y**2)
    seen = [
        two_logs(np.zeros(2), X, y, 0.0, np.random.default_rng(seed))
        for seed in range(20)
    ]
    claim("The logged loss jumps", np.std(seen, axis=0)[0] > 0.2 * loss)

# %% [markdown]
# ## Is the score the one you mean?
#
# (autopsy-mode)=
# ### Scored in training mode, or trained in evaluation mode
#
# The same model gets two scores: Dropout {cite}`srivastava2014`
# and batch normalization {cite}`ioffe2015` compute something else in training. Or
# scoring switched to `eval`, nobody switched back, and Dropout worked for one epoch.
# Reported as `scored-in-training-mode` and `trained-in-eval-mode`.


# %% tags=["autopsy"]
def score_as_it_is(model, X, y):
    with torch.no_grad():
        return mse_loss(model(X), y).item()


def never_switched_back(model, optimizer, loader, val_loader):
    epoch(model, optimizer, loader)
    model.eval()
    with torch.no_grad():
        return [mse_loss(model(x), y).item() for x, y in val_loader]


ask(score_as_it_is)
ask(never_switched_back)

# %% [markdown]
# **Fix.** `model.eval()` before scoring, `model.train()` before every epoch of
# training.
#
# (autopsy-r2)=
# ### A score that is not R²
#
# A line that is too steep gets the best score. The notebook on the line
# {cite}`nn_gradient_descent` hands `r2_score` the prediction first. It wants the truth.
# Two relatives ignore faults that R² counts: explained variance an offset, the squared
# correlation also a wrong scale. Reported as `r2-swapped`, `explained-variance`,
# `squared-correlation`, or `wrong-score` for any other.


# %% tags=["autopsy"]
def swapped(truth, prediction):
    return r2_score(prediction, truth)


def ignores_offset(truth, prediction):
    return 1 - np.var(truth - prediction) / np.var(truth)


def ignores_scale(truth, prediction):
    return np.corrcoef(truth, prediction)[0, 1] ** 2


for score in (swapped, ignores_offset, ignores_scale):
    ask(score)

# %% [markdown]
# **Fix.** Name the arguments, `r2_score(y_true=truth, y_pred=prediction)`. See
# {ref}`three-regimes`.

# %% tags=["remove-cell"]
with checks("A score that is not R²"):
    X, y = line_data()
    fit = X @ np.linalg.lstsq(X, y)[0]
    steep = fit.mean() + 1.05 * (fit - fit.mean())
    claim(
        "A line that is too steep gets the best score",
        swapped(y, steep) > swapped(y, fit) and r2_score(y, steep) < r2_score(y, fit),
    )

# %% [markdown]
# ## Is the best state kept?
#
# (autopsy-best)=
# ### The best loss, and other parameters
#
# The restored model is worse than its record. The loss belongs to the parameters before
# the step, and those after it are kept; or the array that was kept goes on changing; or
# nothing was kept at all. While the loss falls, none of it shows, so `diagnose` tries a
# learning rate at which it rises. Reported as `best-of-another-step`,
# `best-not-copied`, `best-loss-last-parameters`.


# %% tags=["autopsy"]
def a_step_late(w, X, y, learning_rate, epochs):
    best_loss, best_w = np.inf, w
    for _ in range(epochs):
        loss = np.mean((X @ w - y) ** 2)
        w = step(w, X, y, learning_rate)
        if loss < best_loss:
            best_loss, best_w = loss, w
    return best_loss, best_w


ask(a_step_late)

# %% [markdown]
# On the line, with a learning rate beyond the largest stable one:

# %%
X, y = line_data()
reported, kept = a_step_late(np.zeros(2), X, y, 1.2, 10)
loss = np.mean((X @ kept - y) ** 2)
print(f"reported {reported:.2f}, kept {loss:.2f}")

# %% [markdown]
# Second, `state_dict` hands out the parameters themselves, and they move on:


# %% tags=["autopsy"]
def not_copied(model, optimizer, X, y, epochs):
    best_loss = float("inf")
    for _ in range(epochs):
        loss = mse_loss(model(X), y)
        if loss.item() < best_loss:
            best_loss, best = loss.item(), model.state_dict()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.load_state_dict(best)
    return model, best_loss


ask(not_copied)

# %% [markdown]
# Third, nobody kept anything:


# %% tags=["autopsy"]
def nothing_kept(w, X, y, learning_rate, epochs):
    losses = []
    for _ in range(epochs):
        losses.append(np.mean((X @ w - y) ** 2))
        w = step(w, X, y, learning_rate)
    return w, min(losses)


ask(nothing_kept)

# %% [markdown]
# **Fix.** Make the step after the comparison; keep `copy.deepcopy(model.state_dict())`;
# hand back what you kept, or report `np.mean((X @ w - y) ** 2)` of what you hand back.
# See {ref}`surface`.

# %% tags=["remove-cell"]
with checks("Autopsies: training loops that looked right"):
    claim("reported a loss of 5.33", reported)
    claim("whose loss is 10.87", loss)

# %% tags=["remove-cell"]
with checks("The best loss, and other parameters"):
    limit = 2 / np.linalg.eigvalsh(2 / len(y) * X.T @ X)[-1]
    claim("beyond the largest stable one", limit < 1.2)

# %% [markdown]
# ## Are the data fit to be fitted?
#
# From here on it is mostly the data, and the check is a line of your own.
#
# (autopsy-nan)=
# ### A target that is zero over zero
#
# The loss is `nan` from the first step. The surface {cite}`training_nn` is
# $\sin(r)/r$, with $r$ the distance from the origin. Its grid of 50 points per side
# steps over the origin. A grid with a point in the middle does not. One such target
# makes the mean loss and every gradient `nan`.


# %% tags=["autopsy"]
def heights(side):
    r = torch.hypot(side[:, None], side)
    return torch.sin(r) / r


for side in (torch.linspace(-10, 10, 50), torch.arange(-10, 10.5, 0.5)):
    z = heights(side)
    bad = (~z.isfinite()).sum()
    print(f"{len(side)} per side: {bad} of {z.numel()} not finite")

# %% [markdown]
# **Fix.** `torch.sinc(r / torch.pi)` knows the limit. Check with `isfinite` before you
# train. See {ref}`surface`.

# %% tags=["remove-cell"]
with checks("A target that is zero over zero"):
    given("50 points per side")
    claim("One such target", int(bad) == 1)
    claim("makes the mean loss", bool(z.mean().isnan()))

# %% [markdown]
# (autopsy-missing)=
# ### Missing values, and a quiet repair
#
# One missing feature makes every parameter `nan`. That is honest. Replacing it by zero
# is not: the loop runs, and fits rows that nobody measured. Reported as `nan-hidden`.


# %% tags=["autopsy"]
def filled(w, X, y, learning_rate, epochs):
    X, y = np.nan_to_num(X), np.nan_to_num(y)
    for _ in range(epochs):
        w = step(w, X, y, learning_rate)
    return w


ask(filled)

# %% [markdown]
# **Fix.** Look at inputs *and* targets. Keep the rows in which nothing is missing,
# `np.isfinite(X).all(axis=1) & np.isfinite(y)`, or fill in on purpose. See
# {ref}`penguins`.
#
# (autopsy-scale)=
# ### Features of unequal scales
#
# The loss grows for some steps and turns `nan`. With a learning rate small enough, the
# score is fine and the parameters are wrong, since the intercept has hardly begun to
# move. Here is a feature from 0 to 1000, and an intercept of 6:

# %%
x = np.linspace(0, 1000, 50)
X = np.column_stack([np.ones(50), x])
y = 6 + 0.5 * x + np.random.default_rng(0).normal(size=50)
for rate, steps in ((0.1, 5), (0.1, 1000), (1e-6, 30_000)):
    w = np.zeros(2)
    with np.errstate(all="ignore"):
        for _ in range(steps):
            w = step(w, X, y, rate)
    r2 = 1 - np.mean((X @ w - y) ** 2) / np.var(y)
    print(f"rate {rate:g}, {steps} steps:")
    print(f"  intercept {w[0]:.3g}, R² {r2:.5g}")

# %% [markdown]
# The check: no learning rate may exceed the smaller of these limits, and the other
# direction waits for the larger one.

# %%
print(2 / np.linalg.eigvalsh(2 / len(y) * X.T @ X))

# %% [markdown]
# **Fix.** `X[:, 1:] = standardize(X[:, 1:])`. Reports say little of
# `unscaled-features`: scales are a matter of your data. See {ref}`conditioning`.

# %% tags=["remove-cell"]
with checks("Features of unequal scales"):
    given("from 0 to 1000", "an intercept of 6")
    claim("the score is fine", r2 > 0.999)
    claim("hardly begun to move", 0 < w[0] < 0.5)

# %% [markdown]
# (autopsy-fresh)=
# ### Fresh rows on their own scale
#
# Training is good, fresh rows are bad, or a single fresh row cannot be scaled at all.
# The model learned what a value means on the training scale. Reported as
# `fresh-rows-own-scale`.


# %% tags=["autopsy"]
def own_scale(X_train, X_test):
    return standardize(X_train), standardize(X_test)


ask(own_scale)

# %% [markdown]
# **Fix.** Keep the scale: `(X_test - X_train.mean(axis=0)) / X_train.std(axis=0)`. See
# {ref}`penguins`.
#
# (autopsy-leak)=
# ### Leakage
#
# Fresh rows are too good to be true: they took part in the scale, or in the training.
# The first is reported as `scale-from-all-rows`; the second takes one line.


# %% tags=["autopsy"]
def from_all_rows(X_train, X_test):
    scaled = standardize(np.vstack([X_train, X_test]))
    return scaled[: len(X_train)], scaled[len(X_train) :]


ask(from_all_rows)
X, y = line_data()
X_train, X_test = X[:80], X[70:]
both = {*map(tuple, X_train)} & {*map(tuple, X_test)}
print(len(both), "rows in both")

# %% [markdown]
# **Fix.** Split first, `X[:80], X[80:]`, and compute every mean from the training rows.
# See {ref}`surface`.
#
# (autopsy-output)=
# ### An output that is slow to reach its target
#
# The largest targets are reached late, or never. The network for the surface
# {cite}`training_nn` ends in tanh. On its grid the largest height is 0.986: tanh can
# reach that, but slowly. Check with one number and that target alone:

# %%
slope = {"tanh": lambda h: 1 - h**2, "linear": lambda h: 1.0}
for name, output in {"tanh": np.tanh, "linear": float}.items():
    z = 0.0
    for _ in range(1000):
        h = output(z)
        z += 0.1 * 2 * (0.986 - h) * slope[name](h)
    print(f"{name}: {0.986 - output(z):.5f} left")

# %% [markdown]
# **Fix.** A linear output. See {ref}`surface`.

# %% tags=["remove-cell"]
from helpers import sinc_surface

with checks("An output that is slow to reach its target"):
    claim("the largest height is 0.986", sinc_surface()[1].max())

# %% [markdown]
# ## Does the conclusion hold?
#
# (autopsy-budget)=
# ### A race by epochs
#
# Small batches win every race: an epoch is one update for one, and a hundred for
# another. The notebook on the line {cite}`nn_gradient_descent` gives each of three
# regimes its own number of epochs, and in {ref}`three-regimes` two of them are stopped
# before they arrive. The check: double the epochs. A run that has arrived gains little:

# %%
X, y = line_data()
for size in (100, 10, 1):
    for epochs in (10, 20):
        rng = np.random.default_rng(0)
        run = loop_over(shuffled)
        w = run(np.zeros(2), X, y, 0.05, epochs, size, rng)
        loss = np.mean((X @ w - y) ** 2)
        print(f"batches of {size}, {epochs} epochs: loss {loss:.2f}")

# %% [markdown]
# **Fix.** Equal updates, equal time, or until nothing changes; and say which. (A run
# that crawls gains little too, so compare with the floor where you know it.)

# %% tags=["remove-cell"]
with checks("A race by epochs"):
    claim("an epoch is one update for one", len(shuffled(100, 100, rng)) == 1)
    claim("a hundred for another", len(shuffled(100, 1, rng)) == 100)

# %% [markdown]
# (autopsy-verdict)=
# ### Under-fitted, and called over-fitted
#
# Fresh rows are bad. The notebook on the line {cite}`nn_gradient_descent` calls a model
# over-fitted that batch descent left under-fitted. Three fits to 30 points, by
# polynomials: which is which?

# %%
X, y = line_data(n=30)
X_fresh, y_fresh = line_data(seed=1, n=1000)
x, x_fresh = X[:, 1], X_fresh[:, 1]
inside = (x.min() < x_fresh) & (x_fresh < x.max())
for degree in (0, 1, 15):
    fit = np.polynomial.Polynomial.fit(x, y, degree)
    training = np.mean((fit(x) - y) ** 2)
    fresh = np.mean((fit(x_fresh) - y_fresh)[inside] ** 2)
    print(f"{degree}: training {training:.2f}, fresh {fresh:.2g}")

# %% [markdown]
# The constant is bad on its own rows already: under-fitted. The last is far better on
# them than on fresh ones: over-fitted.
#
# **Fix.** Look at the training loss first, beside the variance of the noise. See
# {ref}`depth`.

# %% tags=["remove-cell"]
with checks("Under-fitted, and called over-fitted"):
    given("to 30 points")
    claim("far better on them than on fresh ones", fresh > 4 * training)
    claim("bad on its own rows already", np.var(y) > 4 * 0.25)

# %% [markdown]
# (autopsies-checklist)=
# ## Before you train: a checklist
#
# **Data.** Shapes agree, nothing is missing in inputs *or* targets, features have one
# scale, and no row is on both sides of a split.

# %%
X, y = line_data()
w, X_train, X_test = np.zeros(2), X[:80], X[80:]
assert (X @ w).shape == y.shape
assert np.isfinite(X).all()
assert np.isfinite(y).all()
print("scales", X.std(axis=0).round(2))
assert not {*map(tuple, X_train)} & {*map(tuple, X_test)}

# %% [markdown]
# **Start.** The first loss is what it should be: for predictions of 0, the mean square
# of the targets; for a classifier of $k$ classes, about $\ln k$. One step agrees with a
# central difference ({ref}`slopes`).


# %%
def loss_at(w):
    return np.mean((X @ w - y) ** 2)


print(f"first loss {loss_at(w):.3f}, expected {np.mean(y**2):.3f}")
nudge = np.array([0.0, 1e-4])
by_difference = (loss_at(w + nudge) - loss_at(w - nudge)) / 2e-4
by_step = (w - step(w, X, y, 0.1))[1] / 0.1
print(f"slope {by_step:.4f}, by difference {by_difference:.4f}")

# %% [markdown]
# **Loop.** It finds an answer that you know, and fits ten rows as well as they can be
# fitted. `diagnose` finds no fault. In one epoch each row is used once.

# %%
run, rng = loop_over(shuffled), np.random.default_rng(0)
known = run(w, X, X @ [3.0, -2.0], 0.05, 50, 10, rng)
fit = run(w, X[:10], y[:10], 0.05, 2000, 10, rng)
print("known answer", known.round(2))
print("ten rows", fit.round(2))
print("least squares", np.linalg.lstsq(X[:10], y[:10])[0].round(2))
assert diagnose(run).sound
assert (np.bincount(np.concatenate(shuffled(100, 32, rng))) == 1).all()

# %% [markdown]
# **Measuring.** At a learning rate of 0 nothing moves, and the log shows the loss of
# all rows. The same model gets the same score twice. The parameters you keep have the
# loss you report, `loss_at(kept) == reported`. The metric is right on a case that you
# worked out by hand: take back half of each deviation, and R² is 0.75.

# %%
assert (run(w, X, y, 0.0, 1, 10, rng) == w).all()
model = nn.Sequential(nn.Linear(2, 4), nn.Dropout()).eval()
assert model(torch.ones(5, 2)).equal(model(torch.ones(5, 2)))
halfway = (y + y.mean()) / 2
print(r2_score(y_true=y, y_pred=halfway))

# %% [markdown]
# **Judging.** A doubled budget changes little, several seeds agree, and the training
# loss, the fresh loss and the noise were looked at together.

# %% tags=["remove-cell"]
with checks("Before you train: a checklist"):
    expected = np.isclose(loss_at(w), np.mean(y**2))
    claim("for predictions of 0, the mean square", expected)
    given("At a learning rate of 0")
    claim("R² is 0.75", r2_score(y, halfway))
    claim("agrees with a central difference", np.isclose(by_step, by_difference))
    claim("finds an answer that you know", np.allclose(known, [3, -2], atol=1e-3))
    best = np.linalg.lstsq(X[:10], y[:10])[0]
    claim("as well as they can be fitted", np.allclose(fit, best, atol=1e-3))

# %% [markdown]
# ## Exercises
#
# ::::{exercise}
# :label: ex-autopsies-growth
# A log of plain descent at a learning rate of 0.1 says 3.1, 27.9, 251.1, 2259.9. What
# is the largest curvature, and which learning rate would be stable? The log cannot tell
# a learning rate that is too large from a sum where a mean was meant. How can you?
# ::::
#
# ```{solution-start} ex-autopsies-growth
# :class: dropdown
# ```
#
# Each step multiplies the loss by nine, so the error by three. Since
# $|1 - \eta\lambda|$ is 3, $\eta\lambda$ is 4, and $\lambda$ is 40:

# %%
log = np.array([3.1, 27.9, 251.1, 2259.9])
curvature = (1 + np.sqrt(log[1:] / log[:-1])) / 0.1
print(curvature, 2 / curvature)

# %% [markdown]
# Rates below 0.05 are stable. To tell a sum from a large curvature, give it every row
# twice: a mean takes the same step, a sum one that is twice as long.

# %%
X, y = line_data()
for rule in (step, summed):
    once = rule(np.zeros(2), X, y, 0.1)
    doubled = rule(np.zeros(2), np.tile(X, (2, 1)), np.tile(y, 2), 0.1)
    print(rule.__name__, doubled / once)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("learning rate of 0.1 says 3.1, 27.9, 251.1, 2259.9")
    claim("is 3, \\eta\\lambda is 4", np.sqrt(log[1] / log[0]), curvature[0] * 0.1)
    claim("and \\lambda is 40", curvature[0])
    claim("Rates below 0.05", bool(np.allclose(2 / curvature, 0.05)))
    claim("by nine, so the error by three", bool(np.allclose(log[1:] / log[:-1], 9)))
    claim("one that is twice as long", bool(np.allclose(doubled, 2 * once)))

# %% [markdown]
# ::::{exercise}
# :label: ex-autopsies-two
# Two faults hide in this loop. Name them before you ask.
#
# ```python
# def two_faults(w, X, y, learning_rate, epochs, batch_size):
#     path = []
#     for _ in range(epochs):
#         for k in range(0, len(y), batch_size):
#             x, t = X[k : k + batch_size], y[k : k + batch_size]
#             path.append(w)
#             w -= learning_rate * 2 / len(t) * x.T @ (x @ w - t)
#     return w, path
# ```
# ::::
#
# ```{solution-start} ex-autopsies-two
# :class: dropdown
# ```


# %%
def two_faults(w, X, y, learning_rate, epochs, batch_size):
    path = []
    for _ in range(epochs):
        for k in range(0, len(y), batch_size):
            x, t = X[k : k + batch_size], y[k : k + batch_size]
            path.append(w)
            w -= learning_rate * 2 / len(t) * x.T @ (x @ w - t)
    return w, path


ask(two_faults)

# %% [markdown]
# The rows come in the order of the file, and the path holds one array. Losses computed
# from that path afterwards make a level line, as if nothing moved.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    found = diagnose(two_faults).implied
    claim("Two faults hide in this loop", found == ("unshuffled", "aliased-record"))

# %% [markdown]
# ::::{exercise}
# :label: ex-autopsies-swing
# With a forgotten `zero_grad` and all rows in every step, at a learning rate of 0.01,
# the loss of the line falls from 5.33 to nearly its floor in 11 steps, is back above 5
# after 22, and so on. Estimate the curvature from this.
# ::::
#
# ```{solution-start} ex-autopsies-swing
# :class: dropdown
# ```
#
# The loss is the square of the error, so the error needs 44 steps for a full swing. By
# {eq}`backprop-swing`, $2\cos(2\pi/44) = 2 - \eta\lambda$:

# %%
print((2 - 2 * np.cos(2 * np.pi / 44)) / 0.01)
X, y = line_data()
print(np.linalg.eigvalsh(2 / len(y) * X.T @ X))

# %% [markdown]
# The estimate of 2.0 lies near both curvatures of the line.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    w, move, losses = np.zeros(2), np.zeros(2), []
    for _ in range(30):
        losses.append(np.mean((X @ w - y) ** 2))
        move = move - 0.01 * gradient(w, X, y)
        w = w + move
    back = 11 + np.argmax(losses[11:])
    given("learning rate of 0.01")
    claim("falls from 5.33 to", losses[0])
    claim("floor in 11 steps", np.argmin(losses))
    claim("is back above 5 after 22", losses[back], back)
    claim("needs 44 steps", 2 * back)
    given("2\\cos(2\\pi/44)")
    claim("The estimate of 2.0", (2 - 2 * np.cos(2 * np.pi / 44)) / 0.01)

# %% [markdown]
# ::::{exercise}
# :label: ex-autopsies-momentum
# Does `diagnose` report a sound loop with momentum 0.9? Why can it tell momentum from a
# forgotten `zero_grad`?
# ::::
#
# ```{solution-start} ex-autopsies-momentum
# :class: dropdown
# ```


# %%
def momentum(w, X, y, learning_rate, epochs):
    velocity = np.zeros(len(w))
    for _ in range(epochs):
        slopes = 2 / len(y) * X.T @ (X @ w - y)
        velocity = 0.9 * velocity - learning_rate * slopes
        w = w + velocity
    return w


ask(momentum)

# %% [markdown]
# It notes momentum and reports nothing. Both loops add a part of the last move to the
# next. With momentum it is 0.9 of it, with piled-up gradients all of it, which is
# friction or none; nobody would choose none.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    report = diagnose(momentum)
    given("momentum 0.9", "it is 0.9 of it")
    noted = report.sound and "0.900" in " ".join(report.notes)
    claim("It notes momentum and reports nothing", noted)

# %% [markdown]
# ::::{exercise}
# :label: ex-autopsies-schedule
# A schedule should halve the learning rate after each of three epochs of seven batches.
# The loss stops falling in the first epoch. What would you print, and what should it
# say?
# ::::
#
# ```{solution-start} ex-autopsies-schedule
# :class: dropdown
# ```
#
# The learning rate. It should be 0.125 of its first value. If `schedule.step()` stands
# in the loop over batches, it is 5e-7 of it, which looks like convergence.

# %%
factors = []
for steps in (3, 3 * 7):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    for _ in range(steps):
        optimizer.step()
        schedule.step()
    factors += schedule.get_last_lr()
print(factors)

# %% [markdown]
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    claim("It should be 0.125", factors[0])
    claim("it is 5e-7 of it", factors[1])
    claim("halve the learning rate", schedule.gamma == 0.5)

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
