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
# Your loop runs, and something is wrong with it, or it stops with a message that does
# not help. Find what you see in the list, and follow the link to the cause, a line that
# shows it, and the fix.
#
# If nothing fits, go through the {ref}`checklist <autopsies-checklist>`, or
# {ref}`let diagnose try your loop <autopsies-ask>`. An entry takes a minute or two; the
# whole page {chapter-time}`here`.

# %% tags=["remove-cell"]
import sys

sys.path.append("..")  # finds `helpers` when this file runs where it lies

# %% [markdown]
# (autopsies-symptoms)=
# ## What do you see?
#
# :::{rubric} An error or a warning
# :::
#
# `element 0 of tensors does not require grad`
# : {ref}`a loss made anew <autopsy-detached>`
#
# `Trying to backward through the graph a second time`,
# `modified by an inplace operation`
# : {ref}`one graph, two sweeps <autopsy-second>`
#
# `a leaf Variable that requires grad is being used in an in-place operation`
# : {ref}`an update by hand <autopsy-leaf>`
#
# `unsupported operand type(s) for *: 'float' and 'NoneType'`
# : {ref}`an update by hand <autopsy-leaf>`
#
# `Using a target size (…) that is different to the input size (…)`
# : {ref}`shapes <autopsy-broadcast>`
#
# `Expected all tensors to be on the same device`, `must have the same dtype`
# : {ref}`device and dtype <autopsy-device>`
#
# `mat1 and mat2 shapes cannot be multiplied`
# : the first layer expects another number of features than `X` has: compare them, with
#   the {ref}`checklist <autopsies-checklist>`
#
# `Target … is out of bounds`
# : a class that the model has no output for, since classes count from zero: the
#   {ref}`checklist <autopsies-checklist>`
#
# `Only Tensors of floating point and complex dtype can require gradients`
# : {ref}`integers <autopsy-integers>`
#
# `Cannot cast ufunc 'subtract' output`
# : {ref}`integers <autopsy-integers>`
#
# ``Detected call of `lr_scheduler.step()` before `optimizer.step()` ``
# : {ref}`schedule for optimizer <autopsy-schedule>`
#
# `Can't call numpy() on Tensor that requires grad`
# : {ref}`graphs that are kept <autopsy-graphs>`
#
# :::{rubric} The loss, while training
# :::
#
# It does not move
# : {ref}`a missing line <autopsy-forgotten>`, {ref}`cleared too early
#   <autopsy-cleared>`, {ref}`another model <autopsy-rebuilt>`, {ref}`schedule for
#   optimizer <autopsy-schedule>`, {ref}`a loss made anew <autopsy-detached>`,
#   {ref}`integers <autopsy-integers>`
#
# It falls a little and stays; all predictions are alike; a classifier stays at chance
# : {ref}`shapes <autopsy-broadcast>`, {ref}`shuffled apart <autopsy-apart>`, {ref}`dead
#   units <autopsy-dead>`
#
# It stops falling early
# : {ref}`a schedule in every batch <autopsy-schedule-batch>`
#
# It falls far too slowly
# : {ref}`divided again <autopsy-divided>`, {ref}`unequal scales <autopsy-scale>`,
#   {ref}`vanishing gradients <autopsy-vanish>`, {ref}`the output <autopsy-output>`
#
# It rises at every learning rate
# : {ref}`uphill <autopsy-sign>`
#
# It grows, then inf or nan
# : {ref}`the learning rate <autopsy-rate>`, {ref}`unequal scales <autopsy-scale>`,
#   {ref}`a sum <autopsy-sum>` if it came with more rows
#
# It falls and rises again, or swings and does not settle
# : {ref}`zero_grad is missing: gradients pile up <autopsy-zero-grad>`,
#   {ref}`cleared once an epoch <autopsy-once>`, {ref}`the learning rate is too high
#   <autopsy-rate>`
#
# It is noisy
# : {ref}`small batches <autopsy-noise>`, {ref}`the log <autopsy-log>`
#
# It has the same wiggles in every epoch
# : {ref}`one shuffle <autopsy-reseeded>`
#
# It is nan from the first step
# : {ref}`zero over zero <autopsy-nan>`, {ref}`missing values <autopsy-missing>`
#
# It is nan after many good epochs
# : {ref}`a root or logarithm at zero <autopsy-late-nan>`
#
# It starts much higher or lower than expected
# : {ref}`the start <autopsies-checklist>`, {ref}`unequal scales <autopsy-scale>`
#
# It settles, at the wrong place
# : {ref}`another gradient <autopsy-entry>`, {ref}`no intercept <autopsy-intercept>`
#
# A classifier learns, and the loss stays far above 0
# : {ref}`softmax twice <autopsy-softmax>`
#
# It falls, and the validation loss rises
# : {ref}`over-fitted <autopsy-verdict>`
#
# :::{rubric} The result
# :::
#
# It differs each run
# : {ref}`the seed <autopsy-seed>`
#
# My steps are not those of others
# : {ref}`updates in turn <autopsy-turn>`, {ref}`divided again <autopsy-divided>`
#
# The score is fine, the parameters are wrong
# : {ref}`unequal scales <autopsy-scale>`, {ref}`which rows <autopsy-rows>`
#
# Some rows are fitted worse
# : {ref}`order <autopsy-order>`, {ref}`remainder <autopsy-remainder>`, {ref}`which rows
#   <autopsy-rows>`
#
# The largest targets are never reached
# : {ref}`the output <autopsy-output>`
#
# The same model gets two scores
# : {ref}`mode <autopsy-mode>`
#
# A line that is too steep gets the best score
# : {ref}`not R² <autopsy-r2>`
#
# The restored model is worse than its record
# : {ref}`the best state <autopsy-best>`
#
# Training is good, fresh rows are bad
# : {ref}`their own scale <autopsy-fresh>`, {ref}`over-fitted <autopsy-verdict>`
#
# Fresh rows are too good to be true
# : {ref}`leakage <autopsy-leak>`
#
# Small batches win every race
# : {ref}`budgets <autopsy-budget>`
#
# :::{rubric} Time, memory, and running it again
# :::
#
# An epoch takes far too long
# : {ref}`which rows <autopsy-rows>`
#
# Memory grows with every epoch
# : {ref}`graphs that are kept <autopsy-graphs>`
#
# It works once, not twice; a recorded path stands still
# : {ref}`one array <autopsy-record>`
#
# {numref}`fig-autopsies-losses` draws some of these.

# %% tags=["remove-cell"]
import re
import warnings

import numpy as np
import torch
from torch.nn.functional import cross_entropy, mse_loss

from helpers import checks, claim, given

with checks("What do you see?"):

    def said(function):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                function()
            except (RuntimeError, TypeError, IndexError) as error:
                return str(error)
        return str(caught[0].message)

    def second_sweep():
        loss = torch.ones(1, requires_grad=True) ** 2
        loss.backward()
        loss.backward()

    def sweep_after_a_step():
        layers = torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1)
        model = torch.nn.Sequential(*layers)
        loss = model(torch.ones(4, 2)).mean()
        loss.backward(retain_graph=True)
        torch.optim.SGD(model.parameters(), lr=0.1).step()
        loss.backward()

    def subtract_in_place(w):
        w -= 0.1 * np.ones(2)

    leaf, column = torch.ones(1, requires_grad=True), torch.ones(5, 1)
    words = said(lambda: column.mean().backward())
    element = re.match(r"element (\d) of tensors does not require grad", words)
    claim("element 0 of tensors", int(element[1]))
    words = said(second_sweep)
    claim("through the graph a second time", "through the graph a second" in words)
    words = said(sweep_after_a_step)
    claim("modified by an inplace operation", "modified by an inplace op" in words)
    words = said(lambda: torch.nn.Linear(3, 1)(torch.ones(4, 2)))
    claim("shapes cannot be multiplied", "shapes cannot be multiplied" in words)
    words = said(lambda: cross_entropy(torch.ones(1, 2), torch.tensor([2])))
    claim("is out of bounds", "is out of bounds" in words)
    words = said(lambda: torch.tensor([1, 2], requires_grad=True))
    claim("Only Tensors of floating point", "Only Tensors of floating" in words)
    words = said(lambda: leaf.sub_(1))
    claim("used in an in-place operation", "used in an in-place operation" in words)
    words = said(lambda: 0.1 * leaf.grad)
    claim("'float' and 'NoneType'", "'float' and 'NoneType'" in words)
    words = said(lambda: mse_loss(column, column[:, 0]))
    claim("Using a target size", "that is different to the input size" in words)
    words = said(lambda: torch.nn.Linear(1, 1)(column.double()))
    claim("must have the same dtype", "must have the same dtype" in words)
    words = said(lambda: subtract_in_place(np.array([0, 0])))
    claim("ufunc 'subtract' output", "ufunc 'subtract' output" in words)
    words = said(leaf.numpy)
    claim("Can't call numpy() on", "Can't call numpy() on Tensor that" in words)
    twice = cross_entropy(torch.eye(3), torch.arange(3))
    claim("the loss stays far above 0", twice.item())

# %% [markdown]
# (autopsies-checklist)=
# ## A checklist, before you train
#
# The example is a line with intercept 1, slope 2, and noise of standard deviation 0.5.
# The entries use it too. To try an entry, first run all cells above it.

# %% tags=["autopsy"]
import numpy as np
import torch
from sklearn.metrics import r2_score
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss


def line_data(seed=0, n=100):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = 1 + 2 * x + 0.5 * rng.normal(size=n)
    return np.column_stack([np.ones(n), x]), y


def step(w, X, y, lr):
    r = X @ w - y
    return w - lr * 2 / len(y) * X.T @ r


# %% [markdown]
# **Data.** Shapes agree. Nothing is missing, in inputs *or* targets. Features have
# about one scale. No row is on both sides of a split.

# %%
X, y = line_data()
w = np.zeros(2)
assert (X @ w).shape == y.shape
assert np.isfinite(X).all()
assert np.isfinite(y).all()
print("scales", X.std(axis=0).round(2))
train_rows, test_rows = X[:80], X[80:]
seen = {*map(tuple, train_rows)}
assert not seen & {*map(tuple, test_rows)}

# %% [markdown]
# **Start.** The first loss is what it should be: for predictions of 0, the mean square
# of the targets; for a classifier of $k$ classes whose outputs are still small, about
# $\ln k$. Much more than that points to inputs that are not scaled. If it is far above
# the variance of the targets, start the bias of the output at their mean: {ref}`depth`.


# %%
def loss_at(w):
    return np.mean((X @ w - y) ** 2)


print(f"first loss {loss_at(w):.3f}")
print(f"expected   {np.mean(y**2):.3f}")
out, classes = torch.zeros(6, 3), torch.arange(6) % 3
print(f"classes    {cross_entropy(out, classes):.3f}")
print(f"expected   {np.log(3):.3f}")

# %% [markdown]
# **One step.** It agrees with the slope from a central difference ({ref}`slopes`).

# %%
h = np.array([0.0, 1e-4])
rise = loss_at(w + h) - loss_at(w - h)
by_step = (w - step(w, X, y, 0.1))[1] / 0.1
print(f"{by_step:.4f} and {rise / 2e-4:.4f}")

# %% [markdown]
# **Loop.** It finds an answer that you know, and fits ten rows as well as they can be
# fitted. In one epoch each row is used once.


# %%
def fit(X, y, lr=0.05, steps=2000):
    w = np.zeros(X.shape[1])
    for _ in range(steps):
        w = step(w, X, y, lr)
    return w


print("known", fit(X, X @ [3.0, -2.0]).round(2))
x, t = X[:10], y[:10]
print("ten rows", fit(x, t).round(2))
print("best fit", np.linalg.lstsq(x, t)[0].round(2))
order = np.random.default_rng(0).permutation(100)
used = np.zeros(100)
for k in range(0, 100, 32):
    used[order[k : k + 32]] += 1
assert (used == 1).all()

# %% [markdown]
# **Measuring.** At a learning rate of 0 nothing moves. The same model gets the same
# score twice. The metric is right on a case that you worked out by hand: take back half
# of each deviation, and R² is 0.75.

# %%
assert (fit(X, y, lr=0.0) == 0).all()
model = nn.Sequential(nn.Linear(2, 4), nn.Dropout())
model.eval()
x = torch.ones(5, 2)
assert model(x).equal(model(x))
halfway = (y + y.mean()) / 2
print(r2_score(y_true=y, y_pred=halfway))

# %% [markdown]
# **Judging.** A doubled budget changes little. Several seeds agree. The kept parameters
# have the loss you report. The training loss, the fresh loss and the noise were looked
# at together.

# %% tags=["remove-cell"]
with checks("A checklist, before you train"):
    given("intercept 1, slope 2", "standard deviation 0.5", "At a learning rate of 0")
    expected = np.isclose(loss_at(w), np.mean(y**2))
    claim("for predictions of 0, the mean square", expected)
    claim("about $\\ln k$", np.isclose(cross_entropy(out, classes), np.log(3)))
    claim("R² is 0.75", r2_score(y, halfway))
    claim("agrees with the slope", np.isclose(by_step, rise / 2e-4))
    known, few = fit(X, X @ [3.0, -2.0]), fit(X[:10], y[:10])
    claim("finds an answer that you know", np.allclose(known, [3, -2], atol=1e-3))
    best = np.linalg.lstsq(X[:10], y[:10])[0]
    claim("as well as they can be fitted", np.allclose(few, best, atol=1e-3))

# %% [markdown]
# (autopsies-ask)=
# ## Ask the loop
#
# `diagnose` runs a training function on small problems with known answers. Wherever you
# {ref}`run this page yourself <run-it-yourself>` it is there already. For a project of
# your own, unpack {{ repository }} and install it with `pip install ./downhill`.
#
# Something is wrong with this loop:


# %%
def train(w, X, y, lr, epochs, batch_size):
    losses = []
    for _ in range(epochs):
        for k in range(len(y) // batch_size):
            first = k * batch_size
            rows = slice(first, first + batch_size)
            x, r = X[rows], X[rows] @ w - y[rows]
            w = w - lr * 2 / len(r) * x.T @ r
        losses.append(np.mean(r**2))
    return w, losses


# %% [markdown]
# Here is a short form of the report, the faults and the evidence for each:

# %% tags=["autopsy"]
import textwrap

from helpers import diagnose


def ask(function):
    report = diagnose(function)
    for fault in report.implied:
        words = report.evidence[fault]
        print(textwrap.fill(f"{fault}: {words}.", 40))
    if report.sound:
        print("no fault found")


ask(train)

# %% [markdown]
# Every name of a fault is explained below: search this page for it. The long form sorts
# all faults that it knows:
#
# *Implied*
# : a measurement forces it, and stands beside it.
#
# *One of*
# : two faults explain what was measured, and one of them is there.
#
# *Note*
# : worth knowing; accuses nobody.
#
# *Excluded*
# : looked for, and not there.
#
# *Cannot be told*
# : often because the loop takes or returns nothing that would show it.

# %% tags=["hide-output"]
print(diagnose(train).text(width=40))

# %% [markdown]
# Two names describe an end, and not its cause. `crashes`: the loop runs on one small
# problem and raises an error on another. `not-finite`: what it returns is inf or nan.
#
# **What it takes.** NumPy, PyTorch or JAX. It goes by the names of your parameters, and
# knows the usual others (`learning_rate`, `weights`, `net`): see `help(diagnose)`.
#
# `train(w, X, y, lr, epochs)`
# : `X` is (n, p), its first column ones, `y` (n,), `w` (p,). Also `batch_size`, `rng`.
#   Return the parameters, and losses if you like.
#
# `step(w, X, y, lr)`
# : one update
#
# `train(x, y, a, b, lr, steps)`
# : one feature, two numbers
#
# `train(X, y, epochs)`
# : starts where it likes; may build a model
#
# `epoch(model, optimizer, loader)`
# : PyTorch. Also `loss_fn`, `epochs`, `val_loader`, `scheduler`
#
# `evaluate(model, X, y)`
# : a loss or score
#
# `score(truth, prediction)`
# : should be R²
#
# `scale(X_train, X_test)`
# : returns both, scaled
#
# **If yours is a script**, put the lines of one epoch into a function, from
# `for x, y in loader:` on, under `def epoch(model, optimizer, loader):`. Leave out the
# lines that build the model, the optimizer, the loader, or the data. They would replace
# what `diagnose` hands in, and you would hear that nothing moves.
#
# **What “no fault found” means.** On a small linear problem, with squared error, this
# function made the steps it should, and none of the faults under *excluded* is there.
# It does not mean that your program is right. In an `epoch`, the model, the optimizer
# and the loader were `diagnose`'s own: a forgotten `shuffle=True`, an optimizer that
# holds an older model, a learning rate, a shape or a scale of yours were not seen.
# Steps are judged by squared error only; of a loop with another loss inside, the report
# judges the rest, and says so in a note. Schedules, momentum and Adam are accepted.

# %% tags=["remove-cell"]
with checks("Ask the loop"):
    asked, two = diagnose(train), ("unshuffled", "remainder-dropped")
    claim("Something is wrong with this loop", asked.implied == two)

    def builds_its_own(model, optimizer, loader):
        model = nn.Linear(2, 1)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for x, y in loader:
            optimizer.zero_grad()
            mse_loss(model(x), y).backward()
            optimizer.step()

    moved = "nothing-moves" not in diagnose(builds_its_own).implied
    claim("you would hear that nothing moves", not moved)

# %% [markdown]
# ## Some losses have a shape
#
# Each curve changes one thing about plain descent on the line: what is subtracted, or
# how much of the last step is carried into the next. (Comparing every prediction with
# every target has the gradient of fitting their mean.)

# %% tags=["hide-input"]
(X, y), rng = line_data(), np.random.default_rng(1)


def gradient(w, X, y):
    return 2 / len(y) * X.T @ (X @ w - y)


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
    "Apart": curve(lambda w: gradient(w, X, rng.permutation(y))),
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
with checks("Some losses have a shape"):
    given("on 100 rows at a learning rate of 0.05")
    claim("epochs 0 to 40", len(sound) == 41)
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
# ## Does it stop with an error?
#
# ({ref}`Back to the list <autopsies-symptoms>`.) To show what PyTorch says:


# %% tags=["autopsy"]
def message(function):
    try:
        function()
    except (RuntimeError, TypeError) as error:
        print(textwrap.fill(str(error).split(". ")[0], 40))
    else:
        print("no error")


# %% [markdown]
# (autopsy-second)=
# ### One graph, two sweeps
#
# PyTorch frees what a prediction stored once `backward` has used it. Here one
# prediction serves two steps. A sum of losses, swept in every step, fails the same way.


# %% tags=["autopsy"]
def predicted_once(model, X, y):
    prediction = model(X)
    for _ in range(2):
        mse_loss(prediction, y).backward()


X, y = torch.ones(5, 2), torch.ones(5, 1)
message(lambda: predicted_once(nn.Linear(2, 1), X, y))

# %% [markdown]
# **Fix.** `mse_loss(model(X), y).backward()`: a new prediction in every step.
# `retain_graph=True`, which the message advises, is no cure: it sweeps an old
# prediction, and once the parameters have moved, a network stops with "modified by an
# inplace operation". See {ref}`tape-memory`.
#
# (autopsy-leaf)=
# ### An update by hand
#
# Outside `no_grad` PyTorch records the update as part of the model. In place that is an
# error. With `w = w - 0.1 * w.grad`, the gradient of the new `w` is `None`.


# %% tags=["autopsy"]
def in_place(w, X, y):
    mse_loss(X @ w, y).backward()
    w -= 0.1 * w.grad


w = torch.zeros(2, 1, requires_grad=True)
X, y = torch.ones(5, 2), torch.ones(5, 1)
message(lambda: in_place(w, X, y))

# %% [markdown]
# **Fix.** `with torch.no_grad(): w -= 0.1 * w.grad`, and then `w.grad = None`. See
# {ref}`tape-memory`.
#
# (autopsy-device)=
# ### Device and dtype
#
# The model is on the GPU, and the batch is not. (`meta` stands in for a GPU here, and
# the words differ.) NumPy's numbers have twice the bits of a model's. `cross_entropy`
# takes classes as integers.

# %%
x = torch.ones(5, 2)
message(lambda: nn.Linear(2, 1, device="meta")(x))
message(lambda: nn.Linear(2, 1)(x.double()))
message(lambda: cross_entropy(x, torch.ones(5)))

# %% [markdown]
# **Fix.** For every batch `x.to(device)`, with `device` that of the model; `x.float()`;
# and `y.long()` for classes. See {ref}`dataloader`.

# %% tags=["remove-cell"]
with checks("Device and dtype"):
    bits = np.finfo(np.ones(1).dtype).bits, torch.finfo(x.dtype).bits
    claim("twice the bits", bits[0] == 2 * bits[1])

# %% [markdown]
# ## Does anything move?
#
# ({ref}`Back to the list <autopsies-symptoms>`.) A loop that stands still fails every
# other check too, so look here first. This one is sound:


# %% tags=["autopsy"]
def epoch(model, optimizer, loader):
    for x, y in loader:
        loss = mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


ask(epoch)

# %% [markdown]
# (autopsy-forgotten)=
# ### A missing line
#
# Nothing moves, and there is no error: `step` is missing, or `backward`. Reported as
# `nothing-moves`.


# %% tags=["autopsy"]
def no_step(model, optimizer, loader):
    for x, y in loader:
        optimizer.zero_grad()
        mse_loss(model(x), y).backward()


ask(no_step)

# %% [markdown]
# **Fix.** `optimizer.zero_grad()`, `loss.backward()`, `optimizer.step()`, for every
# batch. See {ref}`train-and-validate`.
#
# (autopsy-cleared)=
# ### The gradient is cleared too early
#
# The loss scatters with the batches and does not fall. `backward` fills the gradient,
# and the next line empties it. Reported as `cleared-before-step`.


# %% tags=["autopsy"]
def cleared_early(model, optimizer, loader):
    for x, y in loader:
        mse_loss(model(x), y).backward()
        optimizer.zero_grad()
        optimizer.step()


ask(cleared_early)

# %% [markdown]
# **Fix.** `optimizer.step()` first, then `optimizer.zero_grad()`. See
# {ref}`train-and-validate`.
#
# (autopsy-rebuilt)=
# ### The optimizer holds another model
#
# The cell that builds the model ran again, and the cell that builds the optimizer did
# not. The steps go to a model that nobody uses. One line shows it:

# %%
model = nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
model = nn.Linear(2, 1)  # the cell ran again
moved = optimizer.param_groups[0]["params"]
print({*model.parameters()} == {*moved})

# %% [markdown]
# **Fix.** Build the optimizer after the model, in the same cell. Inside a function, the
# same fault is reported as `model-rebuilt`. See {ref}`three-regimes`.
#
# (autopsy-schedule)=
# ### The schedule steps, the optimizer does not
#
# One wrong word. PyTorch warns that the schedule came first, and the loss stands still.
# Reported as `schedule-for-optimizer`.


# %% tags=["autopsy"]
def schedule_steps(model, optimizer, loader, schedule):
    for x, y in loader:
        optimizer.zero_grad()
        mse_loss(model(x), y).backward()
        schedule.step()


# %% tags=["remove-cell"]
with checks("The schedule steps, the optimizer does not"):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        schedule.step()
    claim("PyTorch warns", "before `optimizer.step()`" in str(caught[0].message))

# %% [markdown]
# **Fix.** `optimizer.step()` for every batch. (If both are there and the loss moves,
# only the order is wrong: the optimizer first, then the schedule.) See
# {ref}`optimizers`.
#
# (autopsy-schedule-batch)=
# ### A schedule in every batch
#
# The loss stops falling early, which looks like convergence. Print the learning rate
# after each epoch. This schedule should halve it once an epoch, and it stands in the
# loop over batches. `diagnose` cannot know what you meant.

# %%
optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
for _ in range(3):
    for _ in range(7):
        optimizer.step()
        schedule.step()
    print(f"{optimizer.param_groups[0]['lr']:.1g}")

# %% [markdown]
# **Fix.** `schedule.step()` after the loop over batches. See {ref}`optimizers`.

# %% tags=["remove-cell"]
with checks("A schedule in every batch"):
    claim("should halve it once an epoch", schedule.gamma == 0.5)

# %% [markdown]
# (autopsy-detached)=
# ### A loss made anew
#
# After `item`, `detach`, NumPy or `no_grad` the number is right, and the way back to
# the parameters is gone. PyTorch says so. `requires_grad=True` silences it, and then
# nothing moves. Reported as `detached-loss`.


# %% tags=["autopsy"]
def made_anew(model, optimizer, loader):
    for x, y in loader:
        loss = mse_loss(model(x), y).item()
        loss = torch.tensor(loss, requires_grad=True)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


message(lambda: torch.tensor(0.5).backward())

# %% [markdown]
# **Fix.** `loss = mse_loss(model(x), y)`, and `item` only for the log. See
# {ref}`tape-memory`.
#
# (autopsy-integers)=
# ### Parameters that are integers
#
# The start was typed without a decimal point. `w -= …` is an error then. Writing into
# the array is not: NumPy cuts every new value off at the point, and the parameters stop
# at whole numbers. Reported as `integer-parameters`.


# %% tags=["autopsy"]
def whole_numbers(X, y, lr, epochs):
    w = np.array([0] * X.shape[1])
    for _ in range(epochs):
        w[:] = step(w, X, y, lr)
    return w


def subtracted():
    w = np.array([0, 0])
    w -= 0.1 * np.ones(2)


message(subtracted)

# %% [markdown]
# **Fix.** `np.array([0.0] * X.shape[1])`, or `np.zeros`. See {ref}`descent`.
#
# ## Is one step −η∇L?
#
# ({ref}`Back to the list <autopsies-symptoms>`.) A step of plain descent is the
# learning rate η times the slopes of the loss, ∇L, downhill. `diagnose` measures the
# slopes by central differences ({ref}`slopes`) and compares.
#
# (autopsy-rate)=
# ### A learning rate that is too high
#
# Beyond 2/λ, with λ the largest curvature, plain descent on a parabola leaves it: its
# loss grows without end. On another loss, like $(w^2 - 1)^2$ here, it may swing and
# never settle:

# %%
X, y = line_data()
curvatures = np.linalg.eigvalsh(2 / len(y) * X.T @ X)
limit = 2 / curvatures.max()
for lr in (1.1 * limit, 0.3 * limit):
    w, losses = np.zeros(2), []
    for _ in range(30):
        losses.append(np.mean((X @ w - y) ** 2))
        w = step(w, X, y, lr)
    some = [f"{loss:.2g}" for loss in losses[::7]]
    print(f"line  {lr:.2f}:", *some)
for lr in (0.3, 0.1):
    w, losses = 1.3, []
    for _ in range(30):
        losses.append((w**2 - 1) ** 2)
        w -= lr * 4 * w * (w**2 - 1)
    some = [f"{loss:.3f}" for loss in losses[::7]]
    print(f"other {lr:.2f}:", *some)

# %% [markdown]
# **Fix.** Halve the rate until the loss falls from the start. If only tiny rates
# work, look at the {ref}`scales <autopsy-scale>`. See {ref}`conditioning`.

# %% tags=["remove-cell"]
with checks("A learning rate that is too high"):
    claim("Beyond 2/λ, with λ the largest", np.isclose(limit * curvatures.max(), 2))
    given("$(w^2 - 1)^2$", "Beyond 2/λ")

# %% [markdown]
# (autopsy-sign)=
# ### A step uphill
#
# The loss rises from the first step; with a smaller rate it rises more slowly. Reported
# as `wrong-sign`.


# %% tags=["autopsy"]
def uphill(w, X, y, lr):
    r = X @ w - y
    return w + lr * 2 / len(y) * X.T @ r


# %% [markdown]
# **Fix.** `return w - lr * 2 / len(y) * X.T @ r`. See {ref}`descent`.
#
# (autopsy-sum)=
# ### A sum where a mean was meant
#
# A learning rate worked, and then came more data, or larger batches, and the loss
# explodes. The slope of a sum grows with its rows. Reported as `sum-for-mean`.


# %% tags=["autopsy"]
def summed(w, X, y, lr):
    r = X @ w - y
    return w - lr * 2 * X.T @ r


ask(summed)

# %% [markdown]
# **Fix.** `return w - lr * 2 / len(y) * X.T @ r`; in PyTorch
# `reduction="mean"`. See {ref}`gradient-noise`.
#
# (autopsy-divided)=
# ### A mean, divided again
#
# The loss falls, very slowly, and slower the more rows there are. Reported as
# `mean-divided-again`.


# %% tags=["autopsy"]
def divided_again(w, X, y, lr):
    gradient = 2 * X.T @ (X @ w - y) / len(y)
    return w - lr * gradient / len(y)


# %% [markdown]
# **Fix.** `return w - lr * gradient`. See {ref}`penguins`.
#
# (autopsy-entry)=
# ### The gradient of something else
#
# The loss settles above its minimum, or never falls. Here one entry of $X$ stands where
# its column belongs. Reported as `entry-for-column`; a gradient that is wrong in
# another way, as `wrong-step`.


# %% tags=["autopsy"]
def one_entry(w, X, y, lr):
    r = X @ w - y
    slopes = [np.mean(2 * r * X[1, j]) for j in range(len(w))]
    return w - lr * np.array(slopes)


def squared_twice(w, X, y, lr):
    r = (X @ w - y) ** 2
    return w - lr * 2 / len(y) * X.T @ r


# %% [markdown]
# **Fix.** `X[:, j]` in the first, `r = X @ w - y` in the second. In general, compare
# with a central difference: {ref}`backprop`.
#
# (autopsy-turn)=
# ### Parameters updated in turn
#
# The second slope uses the first parameter's new value. The loss still falls to the
# same minimum, by other steps than everybody's. Reported as `in-turn-updates`.


# %% tags=["autopsy"]
def in_turn(w, X, y, lr):
    w = w.copy()
    for j in range(len(w)):
        r = X @ w - y
        w[j] -= lr * np.mean(2 * r * X[:, j])
    return w


# %% [markdown]
# **Fix.** `r = X @ w - y` once, before the loop over parameters. See {ref}`penguins`.
#
# (autopsy-intercept)=
# ### The intercept stays where it was
#
# Predictions are off by a constant, or the slope is bent to make up for it. Reported as
# `no-intercept`.


# %% tags=["autopsy"]
def slopes_only(w, X, y, lr):
    w = w.copy()
    w[1:] = step(w, X, y, lr)[1:]
    return w


# %% [markdown]
# **Fix.** `w[:] = step(w, X, y, lr)`; in PyTorch, leave `bias=True` unless the inputs
# have a column of ones. See {ref}`penguins`.
#
# (autopsy-broadcast)=
# ### Every prediction against every target
#
# The fit is flat, at the mean of the targets. The model returns shape $(n, 1)$, the
# targets have shape $(n,)$, and their difference is $(n, n)$. `mse_loss` warns of a
# *target size*; a loss written out does not. Reported as `broadcast-loss` where the
# function builds its own model, as here:


# %% tags=["autopsy"]
def every_pair(X, y, lr, epochs):
    model = nn.Linear(X.shape[1], 1)
    optimizer = torch.optim.SGD(model.parameters(), lr)
    for _ in range(epochs):
        loss = ((model(X) - y) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


prediction, target = torch.ones(5, 1), torch.ones(5)
print((prediction - target).shape)

# %% tags=["remove-cell"]
with checks("Every prediction against every target"):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mse_loss(torch.zeros(3, 1), torch.zeros(3))
    claim("warns of a *target size*", "target size" in str(caught[0].message))

# %% [markdown]
# **Fix.** One shape for both: `model(X)[:, 0] - y`. Your `epoch` may be right for the
# shapes of one loader and wrong for another, so print `model(x).shape, y.shape`. See
# {ref}`three-regimes`.
#
# ## Which rows, in which order?
#
# ({ref}`Back to the list <autopsies-symptoms>`.) `diagnose` finds out which rows each
# step used. This loop is sound:


# %% tags=["autopsy"]
def shuffled(w, X, y, lr, epochs, batch_size, rng):
    for _ in range(epochs):
        order = rng.permutation(len(y))
        for k in range(0, len(y), batch_size):
            rows = order[k : k + batch_size]
            w = step(w, X[rows], y[rows], lr)
    return w


ask(shuffled)

# %% [markdown]
# (autopsy-order)=
# ### The order of the file
#
# The parameters suit the last rows best. A `DataLoader` shuffles only if it is asked
# to. Order can also help: {ref}`small-network` measures both. Reported as `unshuffled`.


# %% tags=["autopsy"]
def in_order(w, X, y, lr, epochs, batch_size):
    for _ in range(epochs):
        for k in range(0, len(y), batch_size):
            rows = slice(k, k + batch_size)
            w = step(w, X[rows], y[rows], lr)
    return w


# %% tags=["remove-cell"]
with checks("The order of the file"):
    slopes = []
    for seed in range(10):
        x = np.linspace(-1, 1, 100)
        noise = 0.2 * np.random.default_rng(seed).uniform(size=100)
        X = np.column_stack([np.ones(100), x])
        slopes.append(in_order(np.zeros(2), X, x**2 + noise, 0.2, 5, 1)[1])
    claim("suit the last rows best", min(slopes) > 0.5)

# %% [markdown]
# **Fix.** `order = rng.permutation(len(y))` in every epoch, as in `shuffled`, or
# `DataLoader(…, shuffle=True)`. See {ref}`dataloader`.
#
# (autopsy-reseeded)=
# ### One shuffle, over and over
#
# Every epoch has the same wiggles. The seed is set anew inside the loop over epochs: by
# `torch.manual_seed`, or in a loader that is built there with a freshly seeded
# `generator`. (Building a loader there without one is harmless.) Reported as
# `same-shuffle`.


# %% tags=["autopsy"]
def reseeded(w, X, y, lr, epochs, batch_size):
    for _ in range(epochs):
        rng = np.random.default_rng(0)
        order = rng.permutation(len(y))
        for k in range(0, len(y), batch_size):
            rows = order[k : k + batch_size]
            w = step(w, X[rows], y[rows], lr)
    return w


# %% [markdown]
# **Fix.** `rng = np.random.default_rng(0)` once, before the first epoch. See
# {ref}`dataloader`.
#
# (autopsy-seed)=
# ### Results differ each run
#
# The start and the shuffles are drawn at random, and nobody fixed the seed:

# %%
starts = []
for seed in (None, None, 0, 0):
    if seed is not None:
        torch.manual_seed(seed)
    starts.append(nn.Linear(2, 1).weight)
print(starts[0].equal(starts[1]))
print(starts[2].equal(starts[3]))

# %% [markdown]
# **Fix.** `torch.manual_seed(0)` before the model is built, and in NumPy a generator of
# your own, `np.random.default_rng(0)`, which that call does not reach. And report the
# spread over several seeds: one run proves little. See {ref}`dataloader`.
#
# (autopsy-apart)=
# ### Inputs and targets shuffled apart
#
# The fit is flat, since inputs say nothing about the targets of other rows. Two calls
# make two orders; or, as here, only one of the two is indexed. Reported as
# `rows-apart`.


# %% tags=["autopsy"]
def torn(w, X, y, lr, epochs, rng):
    for _ in range(epochs):
        rows = rng.permutation(len(y))
        w = step(w, X[rows], y, lr)
    return w


# %% [markdown]
# **Fix.** `w = step(w, X[rows], y[rows], lr)`: one order for both, or a
# `TensorDataset`. See {ref}`dataloader`.
#
# (autopsy-remainder)=
# ### Rows that are never used
#
# One end of the data is fitted worse. The rows are cut into whole batches, in order,
# and what is left over is the same in every epoch. Reported as `remainder-dropped`.


# %% tags=["autopsy"]
def whole_only(w, X, y, lr, epochs, batch_size):
    for _ in range(epochs):
        for b in range(len(y) // batch_size):
            k = b * batch_size
            rows = slice(k, k + batch_size)
            w = step(w, X[rows], y[rows], lr)
    return w


ask(whole_only)

# %% [markdown]
# **Fix.** `for k in range(0, len(y), batch_size):` keeps the remainder, and `shuffled`
# also mends the order. See {ref}`small-network`.
#
# (autopsy-rows)=
# ### One batch drawn, another one fed
#
# The score looks healthy, the parameters do not; an epoch takes too long. The
# mini-batch loop that the notebook on the line {cite}`nn_gradient_descent` races
# computes where a batch of 32 starts and stops, and then indexes with the list of all
# 1000 rows. So each epoch is 32 equal steps of batch descent, and its curve is smooth.
# In short, `all-rows-every-batch`:


# %% tags=["autopsy"]
def all_rows(w, X, y, lr, epochs, batch_size):
    indices = np.arange(len(y))
    for _ in range(epochs):
        for _ in range(0, len(y), batch_size):
            w = step(w, X[indices], y[indices], lr)
    return w


# %% tags=["remove-cell"]
with checks("One batch drawn, another one fed"):
    starts = list(range(0, 1000, 32))
    claim("a batch of 32 starts and stops", starts[1] - starts[0])
    claim("the list of all 1000 rows", len(np.arange(1000)))
    claim("each epoch is 32 equal steps", len(starts))

# %% [markdown]
# The same batch in every step is a `fixed-batch`, and batches that share most of their
# rows are `overlapping-batches`. Here each starts one row after the other, so late rows
# of the order are left out:


# %% tags=["autopsy"]
def first_batch(w, X, y, lr, epochs, batch_size):
    for _ in range(epochs):
        for _ in range(0, len(y), batch_size):
            rows = slice(batch_size)
            w = step(w, X[rows], y[rows], lr)
    return w


def one_row_apart(w, X, y, lr, epochs, batch_size, rng):
    for _ in range(epochs):
        order = rng.permutation(len(y))
        for k in range(len(y) // batch_size + 1):
            rows = order[k : k + batch_size]
            w = step(w, X[rows], y[rows], lr)
    return w


# %% [markdown]
# **Fix.** `for k in range(0, len(y), batch_size):`, `rows = order[k : k + batch_size]`,
# and use them, as `shuffled` does. Count who saw which row, as in the
# {ref}`checklist <autopsies-checklist>`. See {ref}`three-regimes`.
#
# (autopsy-noise)=
# ### Small batches are noisy
#
# The loss of a batch scatters because its rows differ, at every learning rate. What the
# rate decides is how far the parameters are thrown about. So watch the loss of all
# rows. On single rows, after 20 epochs:

# %%
X, y = line_data()
for lr in (0.1, 0.01, 0.001):
    rng, one, whole = np.random.default_rng(0), [], []
    w = np.linalg.lstsq(X, y)[0]
    for _ in range(20):
        for k in rng.permutation(100):
            one.append((X[k] @ w - y[k]) ** 2)
            w = step(w, X[[k]], y[[k]], lr)
            whole.append(np.mean((X @ w - y) ** 2))
    spread = np.std(one[-100:]), np.std(whole[-100:])
    print("{}: row {:.2f}, all {:.5f}".format(lr, *spread))

# %% [markdown]
# **Fix.** None is needed, if the loss of all rows falls. Otherwise larger batches, or a
# rate that falls near the end. See {ref}`gradient-noise`.

# %% tags=["remove-cell"]
with checks("Small batches are noisy"):
    given("after 20 epochs")
    claim("at every learning rate", spread[0] > 0.2 and spread[1] < 0.001)

# %% [markdown]
# ## What is carried from step to step?
#
# ({ref}`Back to the list <autopsies-symptoms>`.)
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
# something over on purpose; it is noted and not reported. See {ref}`tape-memory`.
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


# %% [markdown]
# **Fix.** Move `optimizer.zero_grad()` into the loop over batches. (To add up gradients
# on purpose, make one step for all of them.) See {ref}`tape-memory`.
#
# ## What is written down?
#
# ({ref}`Back to the list <autopsies-symptoms>`.)
#
# (autopsy-record)=
# ### A record of one value
#
# All entries of a recorded path are equal, or the loop works once and not twice: it
# changed its start in place. Reported as `aliased-record`.


# %% tags=["autopsy"]
def one_array(w, X, y, lr, epochs):
    path = []
    for _ in range(epochs):
        path.append(w)
        r = X @ w - y
        w -= lr * 2 / len(y) * X.T @ r
    return w, path


# %% [markdown]
# **Fix.** `path.append(w.copy())`. In PyTorch append `w.detach().clone()`: `detach`
# alone shares its memory. If you need the start again, `w = w.copy()` first. See
# {ref}`descent`.
#
# (autopsy-graphs)=
# ### A list that holds on to its graphs
#
# Memory grows, or plotting the losses is an error. Each loss that is kept as a tensor
# may hold the graph that computed it. After `backward` that graph holds little. Losses
# of held-out rows, which nobody differentiates, keep everything. Another form is
# `total += loss` {cite}`pytorch_faq`. Reported as `graph-kept`.


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


loss = nn.Linear(2, 1)(torch.ones(5, 2)).mean()
message(loss.numpy)

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
    claim("that graph holds little", left == 0)
    claim("keep everything", len(alive) >= 5 * 2)

# %% [markdown]
# **Fix.** `total += loss.item()`, and `torch.no_grad()` around every evaluation. See
# {ref}`small-network`.
#
# (autopsy-log)=
# ### The loss of which rows?
#
# The logged loss jumps, and the model does not. The log holds the loss of the last
# batch, or a mean over batches of which one is smaller. What you mean a log to be,
# `diagnose` cannot know. But at a learning rate of 0 nothing moves, and every log
# should show the loss of all rows:


# %% tags=["autopsy"]
def two_logs(w, X, y, lr, rng):
    losses = []
    order = rng.permutation(len(y))
    for k in range(0, len(y), 32):
        rows = order[k : k + 32]
        losses.append(np.mean((X[rows] @ w - y[rows]) ** 2))
        w = step(w, X[rows], y[rows], lr)
    return losses[-1], np.mean(losses)


X, y = line_data()
w = np.zeros(2)
print(f"the loss is {np.mean((X @ w - y) ** 2):.2f}")
for seed in range(3):
    rng = np.random.default_rng(seed)
    logs = two_logs(w, X, y, 0.0, rng)
    print("last {:.2f}, mean {:.2f}".format(*logs))

# %% [markdown]
# **Fix.** Weigh by rows, `np.average(losses, weights=sizes)`, or evaluate all rows
# after the epoch. See {ref}`three-regimes`.

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
# ({ref}`Back to the list <autopsies-symptoms>`.)
#
# (autopsy-mode)=
# ### Scored in training mode, or trained in evaluation mode
#
# The same model gets two scores: Dropout {cite}`srivastava2014` and batch normalization
# {cite}`ioffe2015` compute something else in training. Or scoring switched to `eval`,
# and nobody switched back. Reported as `scored-in-training-mode` and
# `trained-in-eval-mode`.


# %% tags=["autopsy"]
def score_as_it_is(model, X, y):
    with torch.no_grad():
        return mse_loss(model(X), y).item()


def never_back(model, optimizer, loader, val_loader):
    epoch(model, optimizer, loader)
    model.eval()
    with torch.no_grad():
        return [mse_loss(model(x), y).item() for x, y in val_loader]


model = nn.Sequential(nn.Linear(2, 1), nn.Dropout())
rows = torch.ones(50, 2), torch.ones(50, 1)
for _ in range(2):
    print(f"{score_as_it_is(model, *rows):.2f}")

# %% [markdown]
# **Fix.** `model.eval()` before scoring, `model.train()` before every epoch of
# training.
#
# (autopsy-r2)=
# ### A score that is not R²
#
# A line that is too steep gets the best score. `r2_score` wants the truth first. Two
# relatives ignore faults that R² counts: explained variance an offset, the squared
# correlation also a wrong scale. Reported as `r2-swapped`, `explained-variance`,
# `squared-correlation`, or `wrong-score` for any other.


# %% tags=["autopsy"]
def swapped(truth, prediction):
    return r2_score(prediction, truth)


def no_offset(truth, prediction):
    left = np.var(truth - prediction)
    return 1 - left / np.var(truth)


def no_scale(truth, prediction):
    r = np.corrcoef(truth, prediction)
    return r[0, 1] ** 2


X, y = line_data()
best = X @ np.linalg.lstsq(X, y)[0]
steep = best.mean() + 1.05 * (best - best.mean())
for score in (r2_score, swapped):
    print(f"best {score(y, best):.4f}, steep {score(y, steep):.4f}")

# %% [markdown]
# **Fix.** Name the arguments, `r2_score(y_true=truth, y_pred=prediction)`. See
# {ref}`best-score`.

# %% tags=["remove-cell"]
with checks("A score that is not R²"):
    claim(
        "A line that is too steep gets the best score",
        swapped(y, steep) > swapped(y, best) and r2_score(y, steep) < r2_score(y, best),
    )

# %% [markdown]
# ## Is the best state kept?
#
# ({ref}`Back to the list <autopsies-symptoms>`.)
#
# (autopsy-best)=
# ### The best loss, and other parameters
#
# The restored model is worse than its record. While the loss falls none of this shows,
# so `diagnose` tries a learning rate at which it rises. First, the loss belongs to the
# parameters before the step, and those after it are kept: `best-of-another-step`.


# %% tags=["autopsy"]
def a_step_late(w, X, y, lr, epochs):
    best_loss, best_w = np.inf, w
    for _ in range(epochs):
        loss = np.mean((X @ w - y) ** 2)
        w = step(w, X, y, lr)
        if loss < best_loss:
            best_loss, best_w = loss, w
    return best_loss, best_w


X, y = line_data()
w = np.zeros(2)
reported, kept = a_step_late(w, X, y, 1.2, 10)
loss = np.mean((X @ kept - y) ** 2)
print(f"reported {reported:.2f}, kept {loss:.2f}")

# %% [markdown]
# Second, `state_dict` hands out the parameters themselves, and they move on:
# `best-not-copied`.


# %% tags=["autopsy"]
def not_copied(model, optimizer, X, y, epochs):
    best_loss = float("inf")
    for _ in range(epochs):
        loss = mse_loss(model(X), y)
        if loss.item() < best_loss:
            best_loss = loss.item()
            best = model.state_dict()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.load_state_dict(best)
    return model, best_loss


# %% [markdown]
# Third, nobody kept anything: `best-loss-last-parameters`.


# %% tags=["autopsy"]
def nothing_kept(w, X, y, lr, epochs):
    losses = []
    for _ in range(epochs):
        losses.append(np.mean((X @ w - y) ** 2))
        w = step(w, X, y, lr)
    return w, min(losses)


# %% [markdown]
# **Fix.** Compare before the step; `best = copy.deepcopy(model.state_dict())`; and
# report `np.mean((X @ w - y) ** 2)` of what you hand back. See {ref}`surface`.
#
# ## Are the data fit to be fitted?
#
# ({ref}`Back to the list <autopsies-symptoms>`.) From here on it is mostly the data,
# and often the check is a line of your own.
#
# (autopsy-nan)=
# ### A target that is zero over zero
#
# The loss is `nan` from the first step. One such target makes the mean loss and every
# gradient `nan`. The surface {cite}`training_nn` is $\sin(r)/r$, with $r$ the distance
# from the origin. Its grid of 50 points per side steps over the origin. A grid with a
# point in the middle does not.


# %% tags=["autopsy"]
def heights(side):
    r = torch.hypot(side[:, None], side)
    return torch.sin(r) / r


for n in (50, 41):
    z = heights(torch.arange(n) - (n - 1) / 2)
    bad = (~z.isfinite()).sum().item()
    print(n, "per side:", bad, "not finite")

# %% [markdown]
# **Fix.** `torch.sinc(r / torch.pi)` knows the limit. Check with `isfinite` before you
# train. See {ref}`surface`.

# %% tags=["remove-cell"]
with checks("A target that is zero over zero"):
    given("50 points per side")
    claim("One such target", int((~z.isfinite()).sum()) == 1)
    claim("makes the mean loss", bool(z.mean().isnan()))

# %% [markdown]
# (autopsy-late-nan)=
# ### A root or a logarithm at zero
#
# The loss is `nan` after many good epochs. The fit became perfect, and the slope of the
# root of the loss there is zero times infinity; or a probability became 0, and its
# logarithm is infinite. `torch.autograd.set_detect_anomaly(True)` names the line.

# %%
for inside in (0.0, 1e-12):
    w = torch.tensor(0.0, requires_grad=True)
    for _ in range(50):
        w.grad = None
        ((w - 1) ** 2 + inside).sqrt().backward()
        with torch.no_grad():
            w -= 0.125 * w.grad
    print(inside, w.item())
print((1 - torch.tensor(20.0).sigmoid()).log().item())

# %% [markdown]
# **Fix.** Minimize the square, not its root, or add a tiny number inside. Let
# `cross_entropy` and `binary_cross_entropy_with_logits` take the logarithm.

# %% tags=["remove-cell"]
with checks("A root or a logarithm at zero"):
    certain = torch.tensor(20.0).sigmoid()
    claim("a probability became 0", (1 - certain).item() == 0)
    logits = nn.functional.binary_cross_entropy_with_logits
    loss = logits(torch.tensor(20.0), torch.tensor(0.0))
    claim("take the logarithm", bool(loss.isfinite()) and w.item() == 1)

# %% [markdown]
# (autopsy-missing)=
# ### Missing values, and a quiet repair
#
# One missing feature makes every parameter `nan`. That is honest. Replacing it by zero
# is not: the loop runs, and fits rows that nobody measured. Reported as `nan-hidden`.


# %% tags=["autopsy"]
def filled(w, X, y, lr, epochs):
    X, y = np.nan_to_num(X), np.nan_to_num(y)
    for _ in range(epochs):
        w = step(w, X, y, lr)
    return w


# %% [markdown]
# **Fix.** `keep = np.isfinite(X).all(axis=1) & np.isfinite(y)`, then
# `X, y = X[keep], y[keep]`; or fill in on purpose. See {ref}`penguins`.
#
# (autopsy-scale)=
# ### Features of unequal scales
#
# The loss grows for some steps and turns `nan`. With a learning rate small enough, the
# score is fine and the parameters are wrong: the intercept has hardly begun to move.
# Here is a feature from 0 to 1000, and an intercept of 6:

# %%
x = np.linspace(0, 1000, 50)
X = np.column_stack([np.ones(50), x])
y = 6 + 0.5 * x + np.random.default_rng(0).normal(size=50)
for lr, steps in ((0.1, 5), (0.1, 1000), (1e-6, 30_000)):
    w = np.zeros(2)
    with np.errstate(all="ignore"):
        for _ in range(steps):
            w = step(w, X, y, lr)
    r2 = 1 - np.mean((X @ w - y) ** 2) / np.var(y)
    print(f"rate {lr:g}, {steps} steps:")
    print(f"  intercept {w[0]:.3g}, R² {r2:.5g}")

# %% [markdown]
# Two combinations of the parameters each have a limit of their own, 2/λ. The rate must
# stay below the smaller limit, and at such a rate the other combination crawls.
# `diagnose(step, data=(X, y))` looks at data of yours for `unscaled-features`.

# %%
print(2 / np.linalg.eigvalsh(2 / len(y) * X.T @ X))

# %% [markdown]
# **Fix.** `(x - x.mean()) / x.std()`. The slope is then per standard deviation of $x$,
# and the intercept the prediction at its mean. See {ref}`conditioning`.

# %% tags=["remove-cell"]
with checks("Features of unequal scales"):
    given("from 0 to 1000", "an intercept of 6", "of their own, 2/λ")
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
def standardize(X):
    return (X - X.mean(axis=0)) / X.std(axis=0)


def own_scale(X_train, X_test):
    fresh = standardize(X_test)
    return standardize(X_train), fresh


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
    rows, n = np.vstack([X_train, X_test]), len(X_train)
    scaled = standardize(rows)
    return scaled[:n], scaled[n:]


X, y = line_data()
X_train, X_test = X[:80], X[70:]
both = {*map(tuple, X_train)} & {*map(tuple, X_test)}
print(len(both), "rows in both")

# %% [markdown]
# **Fix.** Split first, `X[:80], X[80:]`, and compute every mean from the training rows.
# See {ref}`surface`.
#
# ## Can this network learn it?
#
# ({ref}`Back to the list <autopsies-symptoms>`.)
#
# (autopsy-output)=
# ### An output that cannot reach its target
#
# The largest targets are reached late, or never. An output through tanh stays between
# −1 and 1, and crawls near them. Check with one number and that target alone:

# %%
slope = {"tanh": lambda h: 1 - h**2, "linear": lambda h: 1.0}
for target in (3, 0.986):
    for name, output in {"tanh": np.tanh, "linear": float}.items():
        z = 0.0
        for _ in range(1000):
            h = output(z)
            z += 0.1 * 2 * (target - h) * slope[name](h)
        print(f"{target}, {name}: {target - output(z):.5f} left")

# %% [markdown]
# **Fix.** A linear output. See {ref}`surface`.

# %% tags=["remove-cell"]
with checks("An output that cannot reach its target"):
    claim("between −1 and 1", *np.tanh([-50, 50]))

# %% [markdown]
# (autopsy-softmax)=
# ### Softmax before cross_entropy
#
# A classifier learns, and its loss never comes near 0. `cross_entropy` takes the
# softmax itself. With a second one it sees values from 0 to 1 only, and even perfect
# certainty has a loss:

# %%
certain, classes = 50 * torch.eye(3), torch.arange(3)
print(f"{cross_entropy(certain.softmax(dim=1), classes):.3f}")
print(f"{cross_entropy(certain, classes):.3f}")

# %% [markdown]
# **Fix.** Hand it the outputs as they are.

# %% tags=["remove-cell"]
with checks("Softmax before cross_entropy"):
    probabilities = certain.softmax(dim=1)
    claim("never comes near 0", cross_entropy(probabilities, classes).item() > 0.5)
    ends = probabilities.min().item(), probabilities.max().item()
    claim("values from 0 to 1", *ends)

# %% [markdown]
# (autopsy-dead)=
# ### Dead units
#
# All predictions are alike, and nothing moves but the last bias. One large step has
# pushed every ReLU below zero for every row, where its slope is zero. Count the units
# that are on for some row:


# %% tags=["autopsy"]
def units_on(scale, seed=1):
    torch.manual_seed(seed)
    x = torch.linspace(0, 1, 40)[:, None]
    hidden = nn.Sequential(nn.Linear(1, 8), nn.ReLU())
    model = nn.Sequential(hidden, nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(50):
        epoch(model, optimizer, [(scale * x, torch.sin(3 * x))])
    return (hidden(scale * x) > 0).any(dim=0).sum().item()


print("inputs to 100:", units_on(100), "of 8")
print("inputs to 1:  ", units_on(1), "of 8")

# %% [markdown]
# **Fix.** Standardize the inputs, or lower the learning rate; then start anew, since a
# dead unit gets no gradient. See {ref}`small-network`.
#
# (autopsy-vanish)=
# ### Vanishing gradients
#
# A deep network hardly moves. Print the size of the gradient for each layer. Each
# sigmoid multiplies it by a slope of at most 1/4 on the way back:

# %%
for unit in (nn.Sigmoid, nn.Tanh):
    torch.manual_seed(0)
    model, x = nn.Sequential(), torch.randn(50, 16)
    for _ in range(10):
        model.extend([nn.Linear(16, 16), unit()])
    mse_loss(model(x), x).backward()
    for name, value in list(model.named_parameters())[::6]:
        print(f"{unit.__name__} {name}: {value.grad.norm():.0e}")

# %% [markdown]
# **Fix.** Fewer layers, or tanh or ReLU between them. See {ref}`depth`.

# %% tags=["remove-cell"]
with checks("Vanishing gradients"):
    z = torch.linspace(-9, 9, 1001, requires_grad=True)
    z.sigmoid().sum().backward()
    claim("at most 1/4", z.grad.max().item())

# %% [markdown]
# ## Does the conclusion hold?
#
# ({ref}`Back to the list <autopsies-symptoms>`.)
#
# (autopsy-budget)=
# ### A race by epochs
#
# Small batches win every race: an epoch is one update for one, and a hundred for
# another. The check: double the epochs. A run that has arrived gains little:

# %%
X, y = line_data()
for size in (100, 10, 1):
    for epochs in (10, 20):
        w, rng = np.zeros(2), np.random.default_rng(0)
        w = shuffled(w, X, y, 0.05, epochs, size, rng)
        loss = np.mean((X @ w - y) ** 2)
        print(f"size {size}, {epochs} epochs: {loss:.2f}")

# %% [markdown]
# **Fix.** Equal updates, equal time, or until nothing changes; and say which. See
# {ref}`three-regimes`.

# %% tags=["remove-cell"]
with checks("A race by epochs"):
    claim("an epoch is one update for one", len(range(0, 100, 100)) == 1)
    claim("a hundred for another", len(range(0, 100, 1)) == 100)

# %% [markdown]
# (autopsy-verdict)=
# ### Over-fitted, or under-fitted?
#
# The training loss falls, and the validation loss rises: over-fitted. If both are far
# above the noise, whose variance is 0.25 here, the model is under-fitted. A polynomial
# with 13 parameters is under-fitted early. Later it over-fits 15 rows, and not 1000:


# %% tags=["autopsy"]
def powers(X):
    return np.polynomial.legendre.legvander(X[:, 1] / 4, 12)


X_fresh, y_fresh = line_data(seed=1000)
for n in (15, 1000):
    X, y = line_data(n=n)
    Z, w = powers(X), np.zeros(13)
    for steps in range(1, 20_001):
        w = step(w, Z, y, 0.3)
        if steps in (10, 1000, 20_000):
            loss = np.mean((Z @ w - y) ** 2)
            r = powers(X_fresh) @ w - y_fresh
            print(n, "rows,", steps, "steps:")
            print(f"  {loss:.2f}, fresh {np.mean(r**2):.2f}")

# %% [markdown]
# **Fix.** For over-fitting, more rows, a smaller model, or the parameters from before
# the rise ({ref}`a copy of them <autopsy-best>`); for under-fitting, more steps or a
# larger model. See {ref}`depth`.

# %% tags=["remove-cell"]
with checks("Over-fitted, or under-fitted?"):
    X, y = line_data(n=100_000)
    claim("whose variance is 0.25", np.var(y - X @ [1.0, 2.0]))
    claim("with 13 parameters", len(w))
    given("over-fits 15 rows, and not 1000")

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
# def two_faults(w, X, y, lr, epochs, batch_size):
#     path = []
#     for _ in range(epochs):
#         for k in range(0, len(y), batch_size):
#             x, t = X[k : k + batch_size], y[k : k + batch_size]
#             path.append(w)
#             w -= lr * 2 / len(t) * x.T @ (x @ w - t)
#     return w, path
# ```
# ::::
#
# ```{solution-start} ex-autopsies-two
# :class: dropdown
# ```


# %%
def two_faults(w, X, y, lr, epochs, batch_size):
    path = []
    for _ in range(epochs):
        for k in range(0, len(y), batch_size):
            x, t = X[k : k + batch_size], y[k : k + batch_size]
            path.append(w)
            w -= lr * 2 / len(t) * x.T @ (x @ w - t)
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
def momentum(w, X, y, lr, epochs):
    velocity = np.zeros(len(w))
    for _ in range(epochs):
        slopes = 2 / len(y) * X.T @ (X @ w - y)
        velocity = 0.9 * velocity - lr * slopes
        w = w + velocity
    return w


report = diagnose(momentum)
print("no fault found:", report.sound)
print(textwrap.fill(report.notes[0], 40))

# %% [markdown]
# It notes momentum and reports nothing. Both loops add a part of the last move to the
# next. With momentum it is 0.9 of it, with piled-up gradients all of it, which is
# friction or none; nobody would choose none.
#
# ```{solution-end}
# ```

# %% tags=["remove-cell"]
with checks("Exercises"):
    given("momentum 0.9", "it is 0.9 of it")
    noted = report.sound and "0.900" in " ".join(report.notes)
    claim("It notes momentum and reports nothing", noted)

# %% [markdown]
# ## Sources and further reading
#
# Some entries grew out of the four {ref}`tutorials behind this book <sources>`: the
# belts {cite}`fruehwald2022`, the line {cite}`nn_gradient_descent`, the parabola
# {cite}`sobh` and the surface {cite}`training_nn`. They are good tutorials, by people
# who gave their work away.
#
# - {cite}`fruehwald2022`, {cite}`nn_gradient_descent`, {cite}`sobh` and
#   {cite}`training_nn` put working code in front of everybody, which is why anyone can
#   learn from it: thank you.
# - {cite}`karpathy2019` is a method for building a training loop so that these faults
#   show early.
# - {cite}`humbatova2020` sorted real faults from repositories, questions and interviews
#   into a taxonomy, and asked developers which of them they had met.
# - {cite}`paszke2019` describes PyTorch, {cite}`pedregosa2011` scikit-learn.
