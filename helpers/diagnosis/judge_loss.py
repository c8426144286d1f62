"""Is the loss a squared error? Other losses are not judged by their steps."""

import numpy as np

from helpers.diagnosis.arrays import COUNT, Case
from helpers.diagnosis.problems import Problem
from helpers.diagnosis.steps import STEP

BECAUSE = (
    "its steps are no linear function of the targets: the loss is another one than a "
    "squared error, or the rule is not known here"
)


def judge_loss(case: Case) -> bool:
    """Whether steps may be judged as those of a squared error; says so if not."""
    if _is_even(case) or is_linear(case):
        return True
    case.other_loss = True
    case.report.note(f"{BECAUSE}. Only squared error is judged step by step")
    case.report.cannot_tell(
        *STEP, "sum-for-mean", "mean-divided-again", because=BECAUSE
    )
    return False


def is_linear(case: Case) -> bool:
    """Whether steps depend on the targets as those of a squared error do.

    However wrong they are: plain steps on a squared error, and sums of them, are linear
    functions of the targets. If they are not, nothing is said of the steps.
    """
    problem = case.problem
    spread = float(np.std(problem.targets))
    shift = 3 * spread * np.cos(1 + np.arange(len(problem.targets)) ** 2)
    ends = []
    for times in (-1.0, 0.0, 1.0, 2.0):
        targets = problem.targets + times * shift
        moved = Problem(problem.features, targets, problem.start)
        got = case.caller(moved, COUNT, case.rate)
        if got.w is None or not np.isfinite(got.w).all():
            return True
        ends.append(got.w)
    moves = np.diff(ends, axis=0)
    bend = np.abs(np.diff(moves, axis=0)).max()
    return bool(bend <= max(case.tol, 1e-6) * 10 * np.abs(moves).max())


def _is_even(case: Case) -> bool:
    """Whether mirrored residuals make the same step: one of the two goes uphill."""
    if not (case.started and len(case.path) > 1):
        return False
    problem, before = case.problem, case.path[0]
    mirrored = problem.targets + 2 * problem.residual(before)
    got = case.caller(Problem(problem.features, mirrored, problem.start), 1, case.rate)
    if got.w is None:
        return False
    step = case.path[1] - before
    gap = np.linalg.norm(got.w - before - step)
    return bool(gap <= max(case.tol, 1e-6) * np.linalg.norm(step))
