"""The batches of a loop whatever its rule: which rows may change places unnoticed?"""

from itertools import combinations

import numpy as np

from helpers.diagnosis.arrays import Case
from helpers.diagnosis.problems import Problem

EPOCHS = 4
BATCH = 4


def judge_swaps(case: Case) -> None:
    """Rows that share every batch can be swapped, and nothing changes.

    In file order those are rows that stand together; a repeated shuffle makes them
    rows from anywhere; and no two rows share their batches in epochs that are shuffled
    anew.
    """
    report, problem = case.report, case.problem
    n = len(problem.targets)
    first = _end(case, problem, case.caller.seed)
    if first is None:
        return
    equal = np.eye(n, dtype=bool)
    for i, j in combinations(range(n), 2):
        order = np.arange(n)
        order[[i, j]] = j, i
        swapped = Problem(
            problem.features[order], problem.targets[order], problem.start
        )
        end = _end(case, swapped, case.caller.seed)
        if end is None:
            return
        same = np.abs(end - first).max() <= case.tol * np.abs(first).max() * 1e-2
        equal[i, j] = equal[j, i] = same
    blocks = sorted({tuple(np.flatnonzero(row)) for row in equal.tolist()})
    if sum(map(len, blocks)) != n or len(blocks) == 1:
        return
    other = _end(case, problem, case.caller.seed + 1)
    drawn = other is not None and np.abs(other - first).max() > case.tol
    largest = max(map(len, blocks))
    said = (
        f"in {EPOCHS} epochs of batches of {BATCH}, {len(blocks)} groups of rows may "
        f"change places unnoticed, the largest of {largest}"
    )
    if largest == 1:
        if drawn:
            report.exclude("unshuffled", "same-shuffle", because=said)
    elif largest != BATCH or sorted(map(len, blocks))[-2] != BATCH:
        return
    elif [row for block in blocks for row in block] != list(range(n)):
        report.imply("same-shuffle", f"{said}: {_list(blocks[0])} stay together")
        report.exclude("unshuffled")
    elif drawn:
        report.note("the batches are cut in the order of the file, and then shuffled")
    else:
        report.imply("unshuffled", f"{said}: {_list(blocks[0])} stay together")
        report.exclude("same-shuffle")


def _list(rows: tuple[int, ...]) -> str:
    return "rows " + ", ".join(map(str, rows))


def _end(case: Case, problem: Problem, seed: int) -> np.ndarray | None:
    got = case.caller(problem, EPOCHS, case.rate, BATCH, seed=seed)
    known = got.w is not None and bool(np.isfinite(got.w).all())
    return got.w if known and not got.error else None
