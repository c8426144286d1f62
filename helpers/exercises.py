"""A friendly check that a reader runs on an answer of their own."""

import numpy as np
from numpy.typing import ArrayLike


def check_answer(
    name: str, answer: ArrayLike, expected: ArrayLike, within: float
) -> None:
    """Say whether `answer` is `expected`, and if not, what is wrong with it.

    Parameters
    ----------
    name
        What the answer is, in words, for the line that is printed.
    answer
        A number or an array of numbers: a list, NumPy, JAX or PyTorch will do.
    expected
        The right answer, a number or an array.
    within
        How far each number may lie from the right one, in its own unit.

    Notes
    -----
    Nothing is raised for a wrong answer, so that the notebook runs on.
    """
    verdict = _fault(_numbers(answer), np.asarray(expected, float), within)
    print(f"{name}: {verdict or 'right'}")


def _numbers(answer: ArrayLike) -> np.ndarray | None:
    if answer is None:
        return None
    if hasattr(answer, "detach"):  # a PyTorch tensor that may require a gradient
        answer = answer.detach()
    try:
        return np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        return None


def _fault(answer: np.ndarray | None, expected: np.ndarray, within: float) -> str:
    if answer is None:
        return "not yet; this is not a number or an array of numbers"
    if answer.shape != expected.shape:
        return f"not yet; its shape is {answer.shape}, expected {expected.shape}"
    if np.isnan(answer).any():
        return "not yet; it is not a number (NaN)"
    if not (off := np.abs(answer - expected) > within).any():
        return ""
    if answer.ndim == 0:
        return f"not yet; got {answer:.6g}, expected {expected:.6g} within {within:g}"
    place = tuple(int(i) for i in np.argwhere(off)[0])
    at = ", ".join(map(str, place))
    return (
        f"not yet; {off.sum()} of {off.size} numbers are off, first at [{at}]: "
        f"got {answer[place]:.6g}, expected {expected[place]:.6g} within {within:g}"
    )
