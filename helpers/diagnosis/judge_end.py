"""A loop without a count: only where it ends can be judged."""

from dataclasses import replace

import numpy as np

from helpers.diagnosis.arrays import COUNT, Case
from helpers.diagnosis.problems import Problem, views


def judge_end(case: Case) -> None:
    """Compare the parameters that a loop ends with to the answer, and to others."""
    report, problem, w = case.report, case.problem, case.last.w
    if w is None:
        return
    if not np.isfinite(w).all():
        report.imply("not-finite", f"it returned {w} on a small problem")
        return
    report.exclude("not-finite", because=f"it returned {w}")
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


def judge_not_finite(case: Case) -> bool:
    """Whether the first epoch already leads out of the finite numbers."""
    first = case.path[min(1, len(case.path) - 1)]
    if np.isfinite(first).all():
        return False
    case.report.imply(
        "not-finite",
        f"after one epoch or step on a small problem the parameters are {first}",
    )
    return True


def judge_growth(case: Case) -> None:
    """Does a loop stay finite: for COUNT epochs, and at a rate of its own for long?"""
    report, last = case.report, case.path[-1]
    if not np.isfinite(last).all():
        if not report.implied:
            report.imply(
                "not-finite",
                f"after {len(case.path) - 1} epochs or steps at most the parameters "
                f"are {last}",
            )
        return
    losses = [case.problem.loss(w) for w in case.path]
    said = f"after {len(case.path) - 1} epochs or steps the parameters are finite"
    if case.has_rate or report.implied or losses[-1] < 2 * losses[0]:
        report.exclude("not-finite", because=said)
        return
    tame = Problem(0.1 * views(case.problem)[1].features, case.problem.targets, last)
    for problem in (case.problem, tame):
        caller = replace(case.caller, seconds=min(case.caller.seconds, 2.0))
        got = caller(problem, 200 * COUNT, case.rate)
        if got.error or got.w is None or np.isfinite(got.w).all():
            report.cannot_tell("not-finite", because=f"{said}; it has its own rate")
            report.note(
                f"at the loop's own rate the loss rises from {losses[0]:.3g} to "
                f"{losses[-1]:.3g}; these features are not scaled"
            )
            return
    report.imply(
        "not-finite",
        f"at the loop's own rate the loss rises from {losses[0]:.3g} to "
        f"{losses[-1]:.3g}, and after {200 * COUNT} epochs or steps the parameters are "
        "not finite, with small standardized features too",
    )


def _still(case: Case, problem: Problem) -> bool:
    other = Problem(problem.features, 5 - 2 * problem.targets, problem.start)
    got = case.caller(other)
    return (
        got.w is not None
        and case.last.w is not None
        and (np.allclose(got.w, case.last.w, atol=1e-9))
    )
