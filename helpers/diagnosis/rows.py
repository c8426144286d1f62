"""Which rows did each step use? Read off the parameters of `marked_rows`."""

from typing import Any

import numpy as np

from helpers.diagnosis.forms import to_numpy
from helpers.diagnosis.problems import Problem

Batches = list[list[int]]  # rows of each step of an epoch, in the order of the steps


def batches_of_epoch(
    problem: Problem, before: np.ndarray, after: np.ndarray, tol: float
) -> tuple[Batches, list[float]] | None:
    """The batches of one epoch of plain descent, and the factor of each batch.

    Row i has a parameter of its own, which moves by −f sᵢ rᵢ if the row is used once,
    where rᵢ is its residual at that time, and f is 2η/b for a mean over b rows. The
    intercept moves by the same amounts, and so says when each row was used. None if
    the moves do not fit any order.
    """
    sizes = np.diag(problem.features)
    moves = (after[1:] - before[1:]) / sizes  # what each row adds to the intercept
    floor = tol * max(np.abs(moves).max(), 1e-300)
    used = [i for i in range(len(sizes)) if abs(moves[i]) > floor]
    total = after[0] - before[0]
    if not used or abs(total - moves[used].sum()) > 1e3 * floor:
        return None
    rest = sizes * before[1:] - problem.targets  # the residual without intercept
    for first in used:
        started = -moves[first] / (before[0] + rest[first])
        found = _chain(moves, rest, before[0], used, started, tol)
        if found:
            return found
    return None


def _chain(
    moves: np.ndarray,
    rest: np.ndarray,
    intercept: float,
    used: list[int],
    scale: float,
    tol: float,
) -> tuple[Batches, list[float]] | None:
    waiting, batches, scales = list(used), [], []
    while waiting:
        factors = {i: -moves[i] / (intercept + rest[i]) for i in waiting}
        batch = [i for i in waiting if abs(factors[i] - scale) <= tol * abs(scale)]
        if not batch:  # the last batch may be smaller, and its factor another one
            last = factors[waiting[0]]
            if any(abs(f - last) > tol * abs(last) for f in factors.values()):
                return None
            batch = list(waiting)
            ratio = (len(batches[0]) / len(batch)) if batches else 1.0
            if all(abs(last / scale / ratio**k - 1) > 1e-4 for k in (0, 1, 2)):
                return None
            scale = last
        batches.append(batch)
        scales.append(scale)
        waiting = [i for i in waiting if i not in batch]
        intercept += moves[batch].sum()
    return batches, scales


def partners(problem: Problem, before: np.ndarray, after: np.ndarray) -> list[int]:
    """For each row, the row whose target it was paired with (−1: not used).

    Needs steps so short that the intercept hardly moves. Empty if nothing fits.
    """
    sizes = np.diag(problem.features)
    moves = (after[1:] - before[1:]) / sizes
    used = np.abs(moves) > 1e-6 * np.abs(moves).max()
    predicted = before[0] + sizes * before[1:]
    best: list[int] = []
    misfit = 1e-3
    first = int(np.argmax(np.abs(moves)))
    for other in range(len(sizes)):
        f = moves[first] / (problem.targets[other] - predicted[first])
        if f <= 0:
            continue
        for last in (f, 4 / 3 * f, 3 / 4 * f):  # the last batch has 3 rows, not 4
            pairs, worst = [], 0.0
            for i in range(len(sizes)):
                if not used[i]:
                    pairs.append(-1)
                    continue
                misses = [
                    np.abs(moves[i] - g * (problem.targets - predicted[i]))
                    / np.abs(g * (problem.targets - predicted[i]))
                    for g in (f, last)
                ]
                both = np.minimum(*misses)
                pairs.append(int(np.argmin(both)))
                worst = max(worst, float(both.min()))
            if worst < misfit:
                misfit, best = worst, pairs
    return best


def use_of_rows(problem: Problem, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """2η times the use of each row in an epoch of short steps, in uses over b, (n,)."""
    sizes = np.diag(problem.features)
    residual = before[0] + sizes * before[1:] - problem.targets
    return -(after[1:] - before[1:]) / sizes / residual


def rows_of(inputs: Any, problem: Problem) -> list[int] | None:
    """Which rows of a problem an input holds, or None if it holds others."""
    array = to_numpy(inputs)
    if array is None:
        return None
    array = array.reshape(len(array), -1) if array.ndim else array.reshape(1, 1)
    for table in (problem.features, problem.design):
        if array.shape[1] != table.shape[1]:
            continue
        gaps = np.abs(array[:, None, :] - table[None]).max(axis=2)
        if (gaps.min(axis=1) < 1e-5).all():
            return [int(row) for row in gaps.argmin(axis=1)]
    return None
