"""Which rows does each step use, in which order, and with whose targets?"""

from itertools import pairwise

import numpy as np

from helpers.diagnosis.arrays import Case
from helpers.diagnosis.epochs import (
    EPOCHS,
    KERNEL,
    ROWS,
    epochs_of,
    listed,
    rate_of,
)
from helpers.diagnosis.judge_use import read_use
from helpers.diagnosis.problems import Problem, marked_rows
from helpers.diagnosis.rows import (
    Batches,
    batches_of_epoch,
)


def judge_rows(case: Case) -> bool:
    """Read the rows of several epochs off the marked rows; True if they were read."""
    sizes = (11,) if case.has_batch else (11, 131)
    readable = False
    for n in sizes:
        problem = marked_rows(case.caller.seed, n)
        path = epochs_of(case, problem, EPOCHS, rate_of(case))
        if path is None:
            return readable
        epochs = _read(case, problem, path)
        if epochs is None:
            return readable or read_use(case, problem)
        if len(epochs[0][0]) <= 3 and not case.drawn and _repeated(epochs):
            path = epochs_of(case, problem, 3 * EPOCHS, rate_of(case))
            epochs = (path and _read(case, problem, path)) or epochs
        readable = True
        _judge_factors(case, problem, epochs)
        batches = [batch for batch, _ in epochs]
        if n == 11 and not case.has_batch and all(_whole(b, n) for b in batches):
            continue  # maybe batches larger than 11
        judge_batches(case, n, batches)
        return True
    if readable:
        case.report.exclude(*ROWS, because=f"each step uses all {n} rows, once")
    return readable


def _read(
    case: Case, problem: Problem, path: list[np.ndarray]
) -> list[tuple[Batches, list[float]]] | None:
    tol = 3e-5 if case.caller.form.single else 1e-8
    epochs = []
    for before, after in pairwise(path):
        found = batches_of_epoch(problem, before, after, tol)
        if found is None:
            return None
        epochs.append(found)
    if all(len(b) == 1 and len(b[0]) < len(problem.targets) for b, _ in epochs):
        return _grouped(case, problem, epochs)
    return epochs


def _grouped(
    case: Case, problem: Problem, steps: list[tuple[Batches, list[float]]]
) -> list[tuple[Batches, list[float]]] | None:
    """A loop that counts steps: follow three passes, and cut them into epochs."""
    n, b = len(problem.targets), len(steps[0][0][0])
    per_epoch = -(-n // b)
    early = [row for batches, _ in steps[:per_epoch] for row in batches[0]]
    drawn = len(set(early)) < len(early)  # no pass over the rows
    total = 40 if drawn else min(3 * per_epoch, 40)
    path = epochs_of(case, problem, total, rate_of(case))
    if path is None:
        return None
    tol = 3e-5 if case.caller.form.single else 1e-8
    batches: list[tuple[list[int], float]] = []
    for before, after in pairwise(path):
        found = batches_of_epoch(problem, before, after, tol)
        if found is None:
            return None
        batches.append((found[0][0], found[1][0]))
    case.drawn = drawn
    if drawn:
        return [([rows], [f]) for rows, f in batches]
    cuts, current, seen = [], [], set()
    for rows, f in batches:
        if current and (seen & set(rows) or len(seen) == n):
            cuts.append(current)
            current, seen = [], set()
        current.append((rows, f))
        seen |= set(rows)
    cuts.append(current)
    if len(cuts) > 1 and len(cuts[-1]) < len(cuts[0]):
        cuts.pop()
    return [([rows for rows, _ in cut], [f for _, f in cut]) for cut in cuts]


def _repeated(epochs: list[tuple[Batches, list[float]]]) -> bool:
    """Whether several batches came in one order, maybe by chance: there are few."""
    first = epochs[0][0]
    return len(first) > 1 and all(batches == first for batches, _ in epochs)


def _whole(batches: Batches, n: int) -> bool:
    return len(batches) == 1 and len(batches[0]) == n


def _judge_factors(
    case: Case, problem: Problem, epochs: list[tuple[Batches, list[float]]]
) -> None:
    """The factor of a batch says whether its slopes are a mean, a sum, or neither."""
    report = case.report
    batches, factors = epochs[0]
    rows = [len(batch) for batch in batches]
    said = (
        f"on {len(problem.targets)} marked rows, every row's parameter moved by its "
        "own residual"
    )
    if min(factors) < 0:
        report.imply("wrong-sign", f"{said}, but away from its target")
        case.kernel_blamed = True
    if not case.kernel_blamed:
        report.exclude(*KERNEL, because=said)
    if case.has_rate and case.scale is None and not case.full_batch:
        case.scale = abs(factors[0]) * rows[0] / (2 * rate_of(case))
    pairs = {}
    for b, f in zip(rows, factors, strict=True):
        pairs.setdefault(b, abs(f))
    if len(pairs) < 2 or min(factors) < 0:
        if max(rows) == 1:
            report.exclude("sum-for-mean", "mean-divided-again")
        return
    (b1, f1), (b2, f2) = sorted(pairs.items())[-1], sorted(pairs.items())[0]
    power = np.log(f2 / f1) / np.log(b1 / b2)
    sentence = (
        f"a row moves its parameter {f2 / f1:.3g} times as far in a batch of {b2} as "
        f"in one of {b1}"
    )
    if abs(power) < 0.05:
        report.imply("sum-for-mean", sentence)
    elif abs(power - 2) < 0.05:
        report.imply("mean-divided-again", sentence)
    elif abs(power - 1) < 0.05:
        report.exclude("sum-for-mean", "mean-divided-again", because=sentence)


def judge_batches(
    case: Case, n: int, epochs: list[Batches], paired: bool = True
) -> None:
    """Judge the rows of several epochs; `paired`: each was seen with its target."""
    report = case.report
    used = [sorted(row for batch in epoch for row in batch) for epoch in epochs]
    ever = set().union(*map(set, used))
    if paired:
        report.exclude("rows-apart", because="each row was paired with its own target")
    report.exclude("all-rows-every-batch", "overlapping-batches")
    never = sorted(set(range(n)) - ever)
    many = len(epochs)
    if never:
        one = {tuple(sorted(map(tuple, epoch))) for epoch in epochs}
        if len(one) == 1 and len(epochs[0]) == 1:
            report.imply(
                "fixed-batch",
                f"in {many} epochs only rows {listed(ever)} of {n} were used",
            )
            report.exclude("remainder-dropped")
            report.cannot_tell("unshuffled", "same-shuffle", because="one batch only")
            return
        report.imply(
            "remainder-dropped",
            f"in {many} epochs rows {listed(never)} of {n} were never used",
        )
        report.exclude("fixed-batch")
    else:
        report.exclude(
            "remainder-dropped",
            "fixed-batch",
            because=f"in {many} epochs each of {n} rows was used",
        )
    if all(len(epoch) == 1 for epoch in epochs):
        report.exclude("unshuffled", "same-shuffle", because="a step uses all rows")
        return
    if case.drawn:
        report.exclude("unshuffled", "same-shuffle")
        report.note("each step draws its rows anew")
        return
    orders = [[sorted(batch) for batch in epoch] for epoch in epochs]
    if len(epochs) < 2:
        report.cannot_tell("unshuffled", "same-shuffle", because="one epoch was seen")
        return
    same = all(order == orders[0] for order in orders[1:])
    if not same:
        report.exclude(
            "unshuffled",
            "same-shuffle",
            because=f"{many} epochs came in different orders",
        )
        return
    flat = [row for batch in orders[0] for row in batch]
    if flat == sorted(flat):
        report.imply(
            "unshuffled",
            f"{many} epochs took rows {listed(orders[0][0])} first, and so on in the "
            "order of the file",
        )
        report.exclude("same-shuffle")
    else:
        report.imply(
            "same-shuffle", f"{many} epochs took rows {listed(orders[0][0])} first"
        )
        report.exclude("unshuffled")


def still_unread(case: Case) -> None:
    """Say why the rows could not be read."""
    case.report.cannot_tell(
        *ROWS,
        because="which rows a step uses can be read only off a loop that takes any "
        "number of features, counts, and makes plain steps",
    )
