"""Is a score R², or one of its relatives?"""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.diagnosis.arrays import Case
from helpers.diagnosis.guard import run
from helpers.diagnosis.problems import line
from helpers.diagnosis.report import Report
from helpers.diagnosis.signature import Signature

SCORES = ("r2-swapped", "explained-variance", "squared-correlation", "wrong-score")


def judge_score(case: Case) -> None:
    """Is a returned score R² of the returned parameters?"""
    report, got = case.report, case.last
    value = got.score
    if value is None and got.scalar is not None and got.w is not None:
        value = got.scalar
    if value is None or got.w is None:
        report.cannot_tell(*SCORES, because="the loop returns no score")
        return
    y = case.seen.targets
    name = name_of_score(y, case.seen.design @ got.w, value)
    if name is None and got.score is None:
        report.cannot_tell(*SCORES, because="the loop returns no score")
        return
    say_score(report, name, value, y, case.seen.design @ got.w)


def say_score(
    report: Report, name: str | None, value: float, truth: np.ndarray, fit: np.ndarray
) -> None:
    """Report a score of `fit` against `truth` by its name in `scores`."""
    right = scores(truth, fit)["R²"]
    said = f"the score is {value:.4f}, where R² is {right:.4f}"
    if name == "R²":
        report.exclude(*SCORES, because=said)
    elif name == "loss":
        report.note("the score is a loss, not R²")
        report.cannot_tell(*SCORES, because="the score is a loss")
    elif name is None:
        report.imply("wrong-score", said)
        report.exclude(*SCORES[:3])
    else:
        report.imply(name, said)
        report.exclude(*(other for other in SCORES if other != name))


def scores(truth: np.ndarray, fit: np.ndarray) -> dict[str, float]:
    """R² and what is taken for it, of `fit` against `truth`, both (n,)."""
    squares = np.mean((truth - fit) ** 2)
    return {
        "R²": 1 - squares / np.var(truth),
        "r2-swapped": 1 - squares / np.var(fit),
        "explained-variance": 1 - np.var(truth - fit) / np.var(truth),
        "squared-correlation": float(np.corrcoef(truth, fit)[0, 1] ** 2),
    }


def name_of_score(truth: np.ndarray, fit: np.ndarray, value: float) -> str | None:
    """Which of `scores` a value is; "loss" for an error, None for none of them."""
    for name, expected in scores(truth, fit).items():
        if abs(value - expected) <= 2e-4 * max(1, abs(expected)):
            return name
    squares = np.mean((truth - fit) ** 2)
    errors = [squares, squares / 2, squares**0.5, np.mean(np.abs(truth - fit))]
    if any(abs(value - e) <= 1e-4 * e for e in errors):
        return "loss"
    return None


def judge_score_function(
    score: Callable[..., Any],
    signature: Signature,
    report: Report,
    seconds: float,
    seed: int,
) -> None:
    """Give a score a prediction that is too flat and too high."""
    truth = line(seed).targets
    fit = truth.mean() + 0.6 * (truth - truth.mean()) + 0.5
    fit += 0.2 * np.sin(3 * np.arange(len(truth)))
    value: float | None = None
    error = ""
    for framework in ("numpy", "torch"):

        def call(framework: str = framework) -> float:
            given = [truth, fit]
            if framework == "torch":
                import torch

                given = [torch.from_numpy(part) for part in given]
            if not signature.has(
                "prediction"
            ):  # names that say nothing: the truth comes first
                return float(score(*given))
            y, prediction = given
            values = {"truth": y, "y": y, "y_fresh": y, "prediction": prediction}
            return float(signature.call(score, values))

        ran = run(call, seconds, seed)
        error = error or ran.error
        if not ran.error:
            value, report.framework = ran.value, framework
            break
    if value is None:
        report.trouble = f"It raised {error}"
        return
    report.exclude("crashes", "not-finite" if np.isfinite(value) else "")
    name = name_of_score(truth, fit, value)
    say_score(report, name, value, truth, fit)
