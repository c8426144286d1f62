"""Follow a loop for several epochs of batches, on rows that can be read."""

import numpy as np

from helpers.diagnosis.arrays import Case
from helpers.diagnosis.problems import Problem

ROWS = (
    "unshuffled",
    "same-shuffle",
    "rows-apart",
    "remainder-dropped",
    "fixed-batch",
    "overlapping-batches",
    "all-rows-every-batch",
)
KERNEL = ("wrong-sign", "entry-for-column", "in-turn-updates", "broadcast-loss")
KERNEL += ("no-intercept", "integer-parameters", "wrong-step")
EPOCHS = 4
BATCH = 4


def rate_of(case: Case) -> float:
    return 1e-2 if case.caller.form.single else 1e-3


def epochs_of(
    case: Case, problem: Problem, epochs: int, rate: float
) -> list[np.ndarray] | None:
    """Parameters before and after each of several epochs of batches of 4."""
    batch = BATCH if case.has_batch else None
    signature = case.caller.signature
    points: list[np.ndarray] = []
    if signature.has("w") or signature.has("slope"):
        points.append(problem.start)
    else:
        got = case.caller(problem, 0, rate, batch)
        known = not got.error and got.w is not None
        points.append(got.w if known else np.zeros(len(problem.start)))
    for count in range(1, epochs + 1):
        got = case.caller(problem, count, rate, batch)
        if got.error and not got.hung and not case.has_one_feature:
            n, k = problem.features.shape
            batches = f" in batches of {BATCH}" * case.has_batch
            case.report.imply(
                "crashes",
                f"with {n} rows{batches} of {k} features it raised {got.error}, where "
                f"{len(case.problem.targets)} rows of "
                f"{case.problem.features.shape[1]} at once went well",
            )
        if got.error or got.w is None or not np.isfinite(got.w).all():
            return None
        points.append(got.w)
    case.report.exclude("crashes", because="two problems of unlike shapes went well")
    return points


def listed(rows: object) -> str:
    return ", ".join(map(str, sorted(rows)[:8]))  # type: ignore[call-overload]
