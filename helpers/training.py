"""Many trainings side by side in one compiled loop.

The page "Many trainings at once" builds it.

One order of the axes everywhere: run, epoch, step, row.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import ArrayLike

ExampleLoss = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]
OptimizerAt = Callable[[jax.Array], optax.GradientTransformation]


class Trainings(NamedTuple):
    """What many trainings saw.

    `parameters` (runs, epochs, p) are those after each epoch, `losses`
    (runs, epochs, steps) those of each batch, before its step.
    """

    parameters: np.ndarray
    losses: np.ndarray


def train_many(
    example_loss: ExampleLoss,
    starts: np.ndarray,
    batches: np.ndarray,
    X: np.ndarray,
    y: np.ndarray,
    learning_rate: ArrayLike,
    optimizer: OptimizerAt = optax.sgd,
    at_once: int | None = None,
) -> Trainings:
    """Train once from each start, and keep the parameters after each epoch.

    Parameters
    ----------
    example_loss
        Maps parameters (p,), inputs (b, ...) and targets (b,) to the loss of each
        example, of shape (b,). A step goes down the mean of a batch. A new function
        is compiled anew, so define it once.
    starts
        Parameters of shape (runs, p); their type is that of the computation.
    batches
        The rows of each step: integers of shape (runs, epochs, steps, b), or
        (epochs, steps, b) for the same in all runs. A row of -1 counts for nothing.
    X, y
        Inputs (n, ...) and targets (n,), or (runs, n) for targets of each run.
    learning_rate
        A number, or an array that broadcasts to (runs, epochs, steps): rates of
        shape (runs, 1, 1) differ by run, rates of shape (epochs, 1) by epoch.
    optimizer
        Makes an optax optimizer for a learning rate, such as ``optax.sgd``.
    at_once
        How many runs are computed side by side; all of them if None. Fewer need less
        memory, and are faster where one run is work enough for the processor.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a batch names a row that there is not.

    Notes
    -----
    Divergence is not an error: parameters and losses then are infinite or NaN.
    """
    starts, batches = np.asarray(starts), np.asarray(batches)
    X, y = np.asarray(X, starts.dtype), np.asarray(y)
    _check_shapes(starts, batches, X, y)
    runs, (epochs, steps, _) = len(starts), batches.shape[-3:]
    try:
        rates = np.broadcast_to(learning_rate, (runs, epochs, steps))
    except ValueError:
        raise ValueError(
            f"a learning rate of shape {np.shape(learning_rate)} does not broadcast "
            f"to (runs, epochs, steps), here {(runs, epochs, steps)}"
        ) from None
    if not np.issubdtype(y.dtype, np.integer):
        y = y.astype(starts.dtype)
    each, shared = {"w": starts, "rates": rates.astype(starts.dtype)}, {"X": X}
    (each if batches.ndim == 4 else shared)["batches"] = batches.astype(np.int32)
    (each if y.ndim == 2 else shared)["y"] = y
    size = runs if at_once is None else min(at_once, runs)
    trained = _train(each, shared, example_loss, optimizer, size)
    return Trainings(*jax.device_get(trained))


@partial(jax.jit, static_argnames=("example_loss", "optimizer", "at_once"))
def _train(each, shared, example_loss, optimizer, at_once):
    def run(each):
        data = shared | each
        X, y, rates = data["X"], data["y"], data["rates"]

        def batch_loss(w, rows):
            used = rows >= 0
            rows = jnp.where(used, rows, rows[0])  # no NaN from a row not meant
            losses = jnp.where(used, example_loss(w, X[rows], y[rows]), 0)
            return jnp.sum(losses) / jnp.maximum(jnp.sum(used), 1)

        def step(state, now):
            (w, memory), (rows, rate) = state, now
            loss, gradient = jax.value_and_grad(batch_loss)(w, rows)
            change, memory = optimizer(rate).update(gradient, memory, w)
            return (optax.apply_updates(w, change), memory), loss

        def epoch(state, now):
            state, losses = jax.lax.scan(step, state, now)
            return state, (state[0], losses)

        start = data["w"], optimizer(rates[0, 0]).init(data["w"])
        return jax.lax.scan(epoch, start, (data["batches"], rates))[1]

    return jax.lax.map(run, each, batch_size=at_once)


def _check_shapes(
    starts: np.ndarray, batches: np.ndarray, X: np.ndarray, y: np.ndarray
) -> None:
    if starts.ndim != 2 or not np.issubdtype(starts.dtype, np.floating):
        raise ValueError(
            "expected starts of shape (runs, p) and a floating type, "
            f"got shape {starts.shape} of {starts.dtype}"
        )
    runs, n = len(starts), len(X)
    if batches.ndim not in (3, 4) or (batches.ndim == 4 and len(batches) != runs):
        raise ValueError(
            "expected batches of shape (epochs, steps, b) or (runs, epochs, steps, b) "
            f"with {runs} runs, got {batches.shape}"
        )
    if batches.size and not -1 <= batches.min() <= batches.max() < n:
        raise ValueError(
            f"batches name rows from {batches.min()} to {batches.max()}, "
            f"but there are rows 0 to {n - 1} (and -1 for none)"
        )
    if y.shape not in ((n,), (runs, n)):
        raise ValueError(
            f"expected targets of shape ({n},) or ({runs}, {n}), got {y.shape}"
        )
