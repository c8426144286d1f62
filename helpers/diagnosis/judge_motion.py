"""Does anything move? Follow a loop from its start for a few epochs or steps."""

from typing import Any

import numpy as np

from helpers.diagnosis.arrays import COUNT, Case
from helpers.diagnosis.judge_watch import STILL, judge_still
from helpers.diagnosis.problems import Problem
from helpers.diagnosis.steps import parallel


def follow(case: Case) -> bool:
    """Run the loop for 0 to COUNT epochs; False if there is no way to count."""
    case.path = []
    if not case.counts:
        return False
    points = []
    for count in range(1, COUNT + 1):
        got = case.caller(case.problem, count, case.rate)
        if got.error or got.w is None:
            return False
        points.append(got.w)
        case.last = got
    start = _start(case, points)
    lags = start is not None and case.caller.lag == 0
    if lags and np.allclose(points[0], start) and not np.allclose(points[1], start):
        case.caller.lag = 1  # it hands back what it had before its last step
        return follow(case)
    case.path = points if start is None else [start, *points]
    case.started = start is not None
    return True


def _start(case: Case, points: list[np.ndarray]) -> np.ndarray | None:
    signature = case.caller.signature
    if signature.has("w") or signature.has("slope"):
        return case.problem.start
    got = case.caller(case.problem, 0, case.rate)
    if not got.error and got.w is not None and np.isfinite(got.w).all():
        return got.w
    if case.has_rate:  # with a rate of 0 a loop stays where it starts
        got = case.caller(case.problem, 1, 0.0)
        if not got.error and got.w is not None and np.isfinite(got.w).all():
            return got.w
    zero = np.zeros(len(points[0]))
    return zero if parallel(points[0], case.problem.gradient(zero), case.tol) else None


def moves_in_batches_alone(case: Case) -> bool:
    """Whether a loop stands still with one batch of all rows, and moves with more."""
    if not case.has_batch or np.abs(case.path[-1] - case.path[0]).max() > 1e-9:
        return False
    got = case.caller(case.problem, COUNT, case.rate, batch=4)
    moved = got.w is not None and np.abs(got.w - case.path[0]).max() > 1e-9
    if moved:
        case.report.note("one batch that holds all rows is not used at all")
    return bool(moved)


def judge_motion(case: Case, watch: Any = None) -> bool:
    """Whether the parameters move; if not, says so, and with what numbers."""
    report = case.report
    ends = [case.path[0], case.path[-1]]
    moved = float(np.abs(ends[1] - ends[0]).max())
    if not np.isfinite(case.path[-1]).all():
        return True
    later = float(np.abs(case.path[-1] - case.path[1]).max())
    if moved > 1e-9 and later > 1e-9:
        report.exclude("nothing-moves", *STILL)
        return True
    if watch is not None and judge_still(watch, report):
        return False
    other = Problem(
        case.problem.features, 5 - 2 * case.problem.targets, case.problem.start
    )
    got = case.caller(other, COUNT, case.rate)
    if moved <= 1e-9 and got.w is not None and np.abs(got.w - ends[0]).max() > 1e-9:
        report.note("on one small problem nothing moves, on another it does")
        report.exclude("nothing-moves", *STILL)
        return True
    if moved > 1e-9:
        report.note("after the first epoch or step, nothing moves any more")
        return True
    slope = np.abs(case.seen.gradient(ends[0])).max()
    kind = case.last.kind
    sentence = (
        f"after {COUNT} epochs or steps the parameters have moved by {moved:.1g}, "
        f"where the loss has a slope of {slope:.2g}"
    )
    if "int" in kind:
        report.imply("integer-parameters", f"{sentence}; their type is {kind}")
    else:
        report.imply("nothing-moves", sentence)
        report.cannot_tell(
            *STILL, because="the parameters stand still, and the cause is inside"
        )
    return False
