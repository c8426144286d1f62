"""How often, and with whose target, an epoch uses each row, where order is unread."""

from itertools import pairwise

import numpy as np

from helpers.diagnosis.arrays import Case
from helpers.diagnosis.epochs import BATCH, EPOCHS, KERNEL, epochs_of, listed
from helpers.diagnosis.judge_loss import is_linear
from helpers.diagnosis.problems import Problem
from helpers.diagnosis.rows import partners, use_of_rows


def read_use(case: Case, problem: Problem) -> bool:
    """Epochs in which rows come several times, or with other rows' targets."""
    piled = {"gradients-accumulate", "cleared-once-an-epoch"}
    if not case.has_rate or piled & set(case.report.implied):
        return False
    rate = 1e-4 if case.caller.form.single else 1e-6
    path = epochs_of(case, problem, EPOCHS, rate)
    if path is None:
        return False
    report, n = case.report, len(problem.targets)
    uses = []
    for before, after in pairwise(path):
        use = use_of_rows(problem, before, after) / (2 * rate * abs(case.scale or 1))
        uses.append(use)
    spread = [np.abs(use) for use in uses]
    if max(s.max() for s in spread) == 0:
        return False
    if (
        case.has_batch
        and np.allclose(uses, uses[0][0])
        and (1.5 / n < uses[0][0] != BATCH / n)
    ):
        report.imply(
            "all-rows-every-batch",
            f"with {n} rows in batches of {BATCH}, an epoch makes "
            f"{uses[0][0] * n:.0f} steps, each on all rows",
        )
        return True
    quarter = [use * BATCH for use in uses]
    clean = all(
        (use > -1e-3).all() and np.allclose(use * 3, np.round(use * 3), atol=0.02)
        for use in quarter
    )
    if not clean:
        pairs = partners(problem, path[0], path[1])
        torn = [i for i, j in enumerate(pairs) if j not in (i, -1)]
        if torn and is_linear(case):
            i = torn[0]
            report.imply(
                "rows-apart",
                f"{len(torn)} of {n} rows were paired with the target of another row: "
                f"row {i} with that of row {pairs[i]}",
            )
            report.exclude(*KERNEL)
            case.kernel_blamed = True
            return True
        return False
    if not case.has_batch:
        return False
    times = np.round(np.array(quarter)).astype(int)
    one_set = all((row == times[0]).all() for row in times)
    if one_set and len(set(times[0])) == 2 and times[0].min() == 0:
        rows = np.flatnonzero(times[0])
        report.imply(
            "fixed-batch",
            f"in {EPOCHS} epochs only rows {listed(rows)} of {n} were used, "
            f"{times[0].max()} times an epoch",
        )
        return True
    patterns = {tuple(sorted(row)) for row in times}
    repeats = times.max() > 1 and (times.min(axis=1) == 0).all()
    if repeats and len(patterns) == 1 and _again_and_again(case, problem, rate):
        report.imply(
            "overlapping-batches",
            f"an epoch used one row {times.max()} times and "
            f"{int((times[0] == 0).sum())} of {n} rows never",
        )
        report.cannot_tell(
            "unshuffled",
            "same-shuffle",
            "remainder-dropped",
            because="the batches of an epoch overlap",
        )
    elif times.max() > 1:
        report.note("batches are drawn with replacement")
        report.exclude("overlapping-batches", "fixed-batch", "remainder-dropped")
        report.exclude("rows-apart", "all-rows-every-batch", "unshuffled")
    report.exclude(*KERNEL, because="every row's parameter moved by its own residual")
    return True


def _again_and_again(case: Case, problem: Problem, rate: float) -> bool:
    """Whether rows come equally often in many epochs, as batches drawn anew do not."""
    path = epochs_of(case, problem, 4 * EPOCHS, rate)
    if path is None:
        return False
    uses = [use_of_rows(problem, *ends) for ends in pairwise(path)]
    times = [np.round(use / np.abs(use)[np.abs(use) > 1e-12].min()) for use in uses]
    return len({tuple(sorted(row)) for row in times}) == 1
