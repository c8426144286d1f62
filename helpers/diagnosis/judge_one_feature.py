"""Rows of a loop that takes one feature only: an epoch as a map of two numbers."""

import numpy as np

from helpers.diagnosis.arrays import Case
from helpers.diagnosis.epochs import KERNEL, ROWS
from helpers.diagnosis.problems import Problem

EPOCHS = 7
BATCH = 4


def judge_small(case: Case) -> bool:
    """Compare epochs with epochs in file order, and with one repeated map.

    An epoch of plain steps maps parameters to A w + c, with (A, c) made by its rows
    and their order: the same order makes the same map, which more epochs than it has
    unknowns can tell.
    """
    if not (case.started and case.has_rate):
        return False
    batch = BATCH if case.has_batch else None
    path = [case.path[0]]
    for count in range(1, EPOCHS + 1):
        got = case.caller(case.problem, count, case.rate, batch)
        if got.error or got.w is None or not np.isfinite(got.w).all():
            return False
        path.append(got.w)
    report, problem, n = case.report, case.problem, len(case.problem.targets)
    for size in range(1, n + 1):
        for scale in (1.0, 0.5):
            predicted = _in_order(problem, path[0], case.rate * scale, size)
            step = path[1] - path[0]
            if np.linalg.norm(predicted - path[1]) > case.tol * np.linalg.norm(step):
                continue
            report.exclude(*KERNEL, "rows-apart", "remainder-dropped", "fixed-batch")
            if size == n:
                report.exclude(*ROWS, because=f"each step uses all {n} rows")
                return True
            report.imply(
                "unshuffled",
                f"an epoch is exactly that of rows in the order of the file, {size} at "
                "a time",
            )
            return True
    if len(path[0]) == 2 and _one_map(np.array(path), case.tol):
        report.note("every epoch maps the parameters by the same rule")
    return False


def _in_order(problem: Problem, w: np.ndarray, rate: float, size: int) -> np.ndarray:
    X, y = problem.design, problem.targets
    for k in range(0, len(y), size):
        rows = slice(k, k + size)
        residual = X[rows] @ w - y[rows]
        w = w - rate * 2 / len(residual) * X[rows].T @ residual
    return w


def _one_map(path: np.ndarray, tol: float) -> bool:
    before = np.column_stack([path[:-1], np.ones(len(path) - 1)])
    found = np.linalg.lstsq(before, path[1:])[0]
    left = np.abs(before @ found - path[1:]).max()
    return bool(left <= tol * np.abs(np.diff(path, axis=0)).max())
