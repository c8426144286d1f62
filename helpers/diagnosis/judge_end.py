"""A loop without a count: only where it ends can be judged."""

import numpy as np

from helpers.diagnosis.arrays import Case
from helpers.diagnosis.problems import Problem


def judge_end(case: Case) -> None:
    """Compare the parameters that a loop ends with to the answer, and to others."""
    report, problem, w = case.report, case.problem, case.last.w
    if w is None:
        return
    if not np.isfinite(w).all():
        report.imply("not-finite", f"it returned {w} on a small problem")
        return
    answer = problem.answer()
    floor, spread = problem.loss(answer), float(np.var(problem.targets))
    loss = problem.loss(w)
    said = (
        f"it ends at a loss of {loss:.3g}, where {floor:.3g} is least and the mean of "
        f"the targets has {spread:.3g}"
    )
    if loss - floor <= 0.05 * (spread - floor):
        report.exclude(
            "nothing-moves",
            "wrong-sign",
            "broadcast-loss",
            "no-intercept",
            "entry-for-column",
            "integer-parameters",
            "rows-apart",
            because=said,
        )
        return
    fit = problem.design @ w
    X = problem.features
    through_zero = X @ np.linalg.lstsq(X, problem.targets)[0]
    if np.ptp(fit) < 0.02 * np.ptp(problem.targets) and (
        abs(fit.mean() - problem.targets.mean()) < 0.02 * spread**0.5
    ):
        report.imply_one_of(
            ("broadcast-loss", "rows-apart"),
            f"it ends with the mean of the targets, {problem.targets.mean():.3g}, as "
            "the prediction for every row",
        )
    elif abs(w[0]) < 1e-9 and np.allclose(fit, through_zero, atol=0.05):
        report.imply("no-intercept", f"{said}; the intercept is {w[0]:.3g}")
    elif _still(case, problem):
        report.imply("nothing-moves", f"{said}; other targets give the same end")
    else:
        report.note(f"{said}: it may have stopped before it arrived")
    report.cannot_tell("wrong-step", because="the loop takes no count and no start")


def _still(case: Case, problem: Problem) -> bool:
    other = Problem(problem.features, 5 - 2 * problem.targets, problem.start)
    got = case.caller(other)
    return (
        got.w is not None
        and case.last.w is not None
        and (np.allclose(got.w, case.last.w, atol=1e-9))
    )
