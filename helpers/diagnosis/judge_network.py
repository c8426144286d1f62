"""A PyTorch loop whose rows or parameters cannot be read: judge what was watched."""

import numpy as np

from helpers.diagnosis.arrays import Case
from helpers.diagnosis.epochs import ROWS
from helpers.diagnosis.judge_model import say_modes
from helpers.diagnosis.judge_rows import judge_batches
from helpers.diagnosis.judge_watch import judge_piling, judge_still
from helpers.diagnosis.problems import line
from helpers.diagnosis.rows import rows_of
from helpers.diagnosis.steps import factor, parallel
from helpers.diagnosis.watch import Forward, OptimizerStep, Watch

EPOCHS = 4


def judge_network(case: Case) -> None:
    """Judge a loop that trains a network of its own, by its gradients and rows."""
    report = case.report
    watch = Watch(case.problem)
    batch = 4 if case.has_batch else None
    got = case.caller(case.problem, EPOCHS, case.rate, batch, watch=watch())
    report.note("the loop trains a network of its own, and is judged by its gradients")
    if not watch.moved():
        if not judge_still(watch, report):
            report.imply(
                "nothing-moves",
                f"after {EPOCHS} epochs or steps the parameters are those of the start",
            )
        return
    report.exclude(
        "nothing-moves",
        "cleared-before-step",
        "model-rebuilt",
        "schedule-for-optimizer",
        "detached-loss",
    )
    case.last = got
    judge_piling(watch, report)
    judge_gradients(case, watch)
    judge_watched_rows(case)
    if any(f.moody for f in watch.of(Forward)):
        say_modes(report, watch.of(Forward))


def judge_gradients(case: Case, watch: Watch) -> bool:
    """Compare the gradient at each step with that of the mean of the squares.

    True if it is that, or that of a known fault, at every step.
    """
    report = case.report
    steps = [s for s in watch.of(OptimizerStep) if s.expected is not None]
    if not steps or {"gradients-accumulate", "cleared-once-an-epoch"} & set(
        report.implied
    ):
        return False
    names = {"mean": 0, "pairs": 0, "neither": 0}
    powers = []
    for step in steps:
        if parallel(step.gradients, step.expected, 2e-3):
            names["mean"] += 1
            powers.append((step.rows, factor(step.gradients, step.expected)))
        elif parallel(step.gradients, step.of_pairs, 2e-3):
            names["pairs"] += 1
        else:
            names["neither"] += 1
    said = f"at {names['mean']} of {len(steps)} steps the gradient is that of the mean"
    if names["pairs"] == len(steps):
        report.imply(
            "broadcast-loss",
            f"at {len(steps)} steps the gradient is that of the mean over all pairs of "
            "a prediction and a target",
        )
    elif names["mean"] == len(steps):
        report.exclude("broadcast-loss", "wrong-step", because=said)
        b, f = max(powers)
        if b > 2:
            _say_power(case, b, f)
        if len({rows for rows, _ in powers}) > 1:
            _say_growth(case, max(powers), min(powers))
    else:
        report.cannot_tell(
            "broadcast-loss", "wrong-step", because=f"{said} of the squares"
        )
    return bool(steps) and len(steps) in (names["mean"], names["pairs"])


def _say_power(case: Case, rows: int, f: float) -> None:
    report = case.report
    said = f"the gradient of {rows} rows is {f:.3g} times that of their mean"
    if f < 0:
        report.imply("wrong-sign", said)
    elif min(abs(f / rows - 1), abs(2 * f / rows - 1)) < 0.01:
        report.imply("sum-for-mean", said)
    elif min(abs(f * rows - 1), abs(2 * f * rows - 1)) < 0.01:
        report.imply("mean-divided-again", said)
    else:
        report.exclude("sum-for-mean", "mean-divided-again", "wrong-sign", because=said)


def _say_growth(case: Case, most: tuple[int, float], least: tuple[int, float]) -> None:
    """Compare the gradients of a large and of a small batch."""
    report, (b1, f1), (b2, f2) = case.report, most, least
    power = np.log(f1 / f2) / np.log(b1 / b2) if f1 * f2 > 0 else np.nan
    said = (
        f"the gradient of {b1} rows is {f1:.3g} times that of their mean, that of "
        f"{b2} rows {f2:.3g} times"
    )
    if abs(power - 1) < 0.05:
        report.imply("sum-for-mean", said)
    elif abs(power + 1) < 0.05:
        report.imply("mean-divided-again", said)


def judge_watched_rows(case: Case) -> bool:
    """Read the rows of each step off the inputs of the forward passes."""
    sizes = (11,) if case.has_batch else (11, 131)
    for n in sizes:
        problem = line(case.caller.seed, n, case.problem.features.shape[1])
        watch = Watch()
        batch = 4 if case.has_batch else None
        got = case.caller(problem, EPOCHS, case.rate, batch, watch=watch())
        if got.error:
            return False
        if any(step.rule == "LBFGS" for step in watch.of(OptimizerStep)):
            return False  # it tries several times in a step
        batches = [rows_of(f.inputs, problem) for f in watch.of(Forward) if f.backward]
        if not batches or any(rows is None for rows in batches):
            return False
        if len(batches) % EPOCHS:
            return False
        each = len(batches) // EPOCHS
        epochs = [batches[k * each : (k + 1) * each] for k in range(EPOCHS)]
        if each == 1 and all(len(epoch[0]) == n for epoch in epochs):
            if n == sizes[-1]:
                order = [name for name in ROWS if name != "rows-apart"]
                case.report.exclude(*order, because=f"each step uses all {n} rows")
            continue
        if each > 1 and all(len(batch) == n for batch in epochs[0]):
            case.report.imply(
                "all-rows-every-batch",
                f"an epoch makes {each} steps, each on all {n} rows",
            )
            return True
        if each == 1 and not case.has_batch:
            return False  # a count of updates, or batches drawn anew
        judge_batches(case, n, epochs, paired=False)
        return True
    return True
