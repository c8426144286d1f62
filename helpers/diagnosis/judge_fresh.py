"""Do rows that were held out stay out, and are they measured on the same scale?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.diagnosis.arrays import COUNT, Case
from helpers.diagnosis.forms import Form, precision_of, to_framework, to_numpy
from helpers.diagnosis.guard import run
from helpers.diagnosis.problems import Problem, doubled, line
from helpers.diagnosis.report import Report
from helpers.diagnosis.returns import Outcome
from helpers.diagnosis.signature import Signature, frameworks_of

NAMES = ("scale-from-all-rows", "fresh-rows-own-scale")


def judge_fresh(case: Case) -> None:
    """Move the fresh rows, and see what moves with them."""
    signature, report = case.caller.signature, case.report
    if report.kind == "model" or not signature.has("X_fresh") or not signature.has("X"):
        report.cannot_tell(*NAMES, because="the loop takes no fresh rows")
        return
    k = case.problem.features.shape[1]
    fresh = line(7, n=9, k=k)
    moved = Problem(3 * fresh.features + 5, fresh.targets, fresh.start)
    shifted = Problem(fresh.features + 5, fresh.targets, fresh.start)
    runs = [
        case.caller(case.problem, COUNT, case.rate, fresh=rows)
        for rows in (fresh, moved, shifted)
    ]
    if any(got.error for got in runs):
        report.cannot_tell(*NAMES, because="with other fresh rows it raises an error")
        return
    one, other, shift = runs
    if one.w is not None and other.w is not None:
        gap = float(np.abs(one.w - other.w).max())
        on_path = any(np.allclose(other.w, w, atol=1e-6) for w in case.path)
        said = f"other fresh rows change the parameters by {gap:.2g}"
        if gap > 1e-6 and not on_path:
            report.imply("scale-from-all-rows", said)
        else:
            report.exclude("scale-from-all-rows", because=said)
    shown = [shown_of_fresh(got) for got in (one, shift)]
    if shown[0] is None or shown[1] is None:
        report.cannot_tell(
            "fresh-rows-own-scale",
            because="the loop returns neither predictions nor a score of fresh rows",
        )
        return
    _say_own_scale(report, shown[0], shown[1])


def judge_fresh_alone(case: Case) -> None:
    """A loop that gives back no parameters: what does it say of fresh rows?

    Every fresh row twice changes no mean over them, and no single prediction, unless
    the scale is taken from all rows.
    """
    report, fresh = case.report, line(7, n=9, k=case.problem.features.shape[1])
    shifted = Problem(fresh.features + 5, fresh.targets, fresh.start)
    runs = [
        case.caller(case.problem, COUNT, case.rate, fresh=rows)
        for rows in (fresh, doubled(fresh), shifted)
    ]
    shown = [None if got.error else shown_of_fresh(got) for got in runs]
    report.note("the loop gives back no parameters: only its fresh rows are judged")
    if any(values is None for values in shown):
        report.cannot_tell(*NAMES, because="with other fresh rows it raises an error")
        return
    one, twice, shift = shown
    if len(one) > 1 and len(twice) == 2 * len(one):
        twice = twice[::2]
    _say_own_scale(report, one, shift)
    gap = float(np.abs(one - twice).max())
    said = f"every fresh row twice changes their predictions or score by {gap:.2g}"
    if "fresh-rows-own-scale" in report.implied:
        report.exclude("scale-from-all-rows")
    elif gap > 1e-6 * max(1.0, float(np.abs(one).max())):
        report.imply("scale-from-all-rows", said)
    else:
        report.exclude("scale-from-all-rows", because=said)


def shown_of_fresh(got: Outcome) -> np.ndarray | None:
    """What an outcome says of its fresh rows."""
    for value in (got.predictions, got.score, got.best_loss, got.scalar):
        if value is not None:
            return np.atleast_1d(value).ravel()
    return None


def _say_own_scale(report: Report, one: np.ndarray, other: np.ndarray) -> None:
    gap = float(np.abs(one - other).max())
    said = (
        f"5 added to all fresh features changes their predictions or score by {gap:.2g}"
    )
    if gap < 1e-6 * max(1.0, float(np.abs(one).max())):
        report.imply("fresh-rows-own-scale", said)
    else:
        report.exclude("fresh-rows-own-scale", because=said)


def judge_scaling(
    scale: Callable[..., Any],
    signature: Signature,
    report: Report,
    framework: str | None,
    seconds: float,
    seed: int,
) -> None:
    """`scale(X_train, X_test)`, which returns both, scaled."""
    train, fresh = line(seed).features, line(seed + 1, n=9).features
    error = ""
    for name in [framework] if framework else frameworks_of(scale):
        form = Form(name)

        def scaled(rows: np.ndarray, form: Form = form) -> list[np.ndarray]:
            with precision_of(form):
                values = {
                    "X": to_framework(train, form),
                    "X_fresh": to_framework(rows, form),
                }
                returned = signature.call(scale, values)
                return [to_numpy(part) for part in returned]

        runs = [
            run(lambda rows=rows: scaled(rows), seconds, seed)
            for rows in (fresh, 3 * fresh + 5, fresh + 5)
        ]
        error = error or runs[0].error
        if any(ran.error for ran in runs):
            continue
        report.framework = name
        one, moved, shift = (ran.value for ran in runs)
        if len(one) < 2 or one[0] is None or one[1] is None:
            report.trouble = "It did not return the training rows and the fresh rows"
            return
        gap = float(np.abs(one[0] - moved[0]).max())
        said = f"other fresh rows change the scaled training rows by {gap:.2g}"
        if gap > 1e-9:
            report.imply("scale-from-all-rows", said)
        else:
            report.exclude("scale-from-all-rows", because=said)
            _say_own_scale(report, one[1], shift[1])
        return
    report.trouble = f"It raised {error}"
