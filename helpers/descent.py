"""Plain gradient descent with a record of every step, as chapter 3 builds it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Trace:
    """What a descent saw: entry 0 is the start, entry k is after k steps.

    For p parameters `parameters` and `gradients` are (steps + 1, p), for a single
    number they are (steps + 1,); `losses` is always (steps + 1,).
    """

    parameters: np.ndarray
    losses: np.ndarray
    gradients: np.ndarray


def descend(
    value_and_grad: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray | float,
    learning_rate: float,
    steps: int,
) -> Trace:
    """Take `steps` steps of w ← w - η ∇L(w) from `start`.

    Parameters
    ----------
    value_and_grad
        Maps parameters to the loss and its gradient, which has their shape.
    start
        Parameters of shape (p,), or one number.
    learning_rate
        The factor η, in units of parameter² / loss.
    steps
        How many updates to take, at least 0.

    Raises
    ------
    ValueError
        If `steps` is negative, or the gradient's shape is not that of `start`.

    Notes
    -----
    Divergence is not an error: the trace then holds infinities, and the loop goes on,
    so that it can be drawn.
    """
    if steps < 0:
        raise ValueError(f"steps must be at least 0, got {steps}")
    w = np.array(start, dtype=np.float64)
    parameters, losses, gradients = [], [], []
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(steps + 1):
            loss, gradient = value_and_grad(w)
            if np.shape(gradient) != w.shape:
                raise ValueError(
                    f"the gradient has shape {np.shape(gradient)}, "
                    f"the parameters have shape {w.shape}"
                )
            parameters.append(w)
            losses.append(float(loss))
            gradients.append(np.array(gradient, dtype=np.float64))
            if step < steps:
                w = w - learning_rate * gradients[-1]
    return Trace(np.array(parameters), np.array(losses), np.array(gradients))


def steps_to_reach(losses: np.ndarray, target: float) -> int | None:
    """The first step whose loss is at or below `target`, or None if there is none.

    `losses` is (steps + 1,) as in :class:`Trace`.
    """
    reached = np.flatnonzero(np.asarray(losses) <= target)
    return int(reached[0]) if reached.size else None
