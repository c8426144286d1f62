"""Do gradients pile up from batch to batch of an epoch?"""

import numpy as np

from helpers.diagnosis.arrays import Case
from helpers.diagnosis.epochs import BATCH
from helpers.diagnosis.problems import echo


def judge_batch_memory(case: Case) -> None:
    """Do gradients pile up from batch to batch? On one row, repeated: no order."""
    report = case.report
    if not (case.has_rate and case.memory in ("plain", "") and case.scale):
        return
    problem = echo(case.caller.seed, k=case.problem.features.shape[1])
    x = problem.design[0]
    a = 0.1
    rate = a / (2 * case.scale * (x @ x)) if case.scale > 0 else None
    if rate is None:
        return
    residuals = []
    for count in (0, 1, 2, 3):
        if count == 0 and case.started:
            w = case.path[0]
        else:
            got = case.caller(problem, count, rate, BATCH if case.has_batch else None)
            w = got.w
            if got.error or w is None:
                return
        residuals.append(float(x @ w - problem.targets[0]))
    shares = np.array(residuals) / residuals[0]
    for updates in range(1, 12):
        for name in ("plain", "always", "epoch"):
            predicted = _shares(updates, name, a, 3)
            if np.allclose(shares, predicted, rtol=0, atol=max(case.tol, 1e-6)):
                _say_memory(case, name, updates, shares)
                return
    report.cannot_tell(
        "cleared-once-an-epoch",
        because="the steps on equal rows follow no rule that is known here",
    )


def _shares(updates: int, name: str, a: float, epochs: int) -> list[float]:
    """The residual after each epoch, as a share, where a plain step leaves 1 − a."""
    share, carried, found = 1.0, 0.0, [1.0]
    for _ in range(epochs):
        if name == "epoch":
            carried = 0.0
        for _ in range(updates):
            carried = share + (carried if name != "plain" else 0.0)
            share -= a * carried
        found.append(share)
    return found


def _say_memory(case: Case, name: str, updates: int, shares: np.ndarray) -> None:
    report = case.report
    sentence = (
        f"on equal rows, {updates} steps an epoch leave {shares[1]:.4f} and then "
        f"{shares[2]:.4f} of the residual"
    )
    if name == "plain":
        report.exclude(
            "gradients-accumulate", "cleared-once-an-epoch", because=sentence
        )
    elif name == "epoch" and updates > 1:
        report.imply("cleared-once-an-epoch", f"{sentence}, as sums of an epoch do")
        report.exclude("gradients-accumulate")
    elif name == "always":
        report.imply("gradients-accumulate", f"{sentence}, as sums of all steps do")
