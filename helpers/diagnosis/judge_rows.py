"""Which rows does each step use, in which order, and with whose targets?"""

from itertools import pairwise

import numpy as np

from helpers.diagnosis.arrays import Case
from helpers.diagnosis.problems import Problem, echo, marked_rows
from helpers.diagnosis.rows import (
    Batches,
    batches_of_epoch,
    partners,
    use_of_rows,
)

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


def judge_rows(case: Case) -> bool:
    """Read the rows of several epochs off the marked rows; True if they were read."""
    sizes = (11,) if case.has_batch else (11, 131)
    readable = False
    for n in sizes:
        problem = marked_rows(case.caller.seed, n)
        path = _epochs(case, problem, EPOCHS, _rate(case))
        if path is None:
            return readable
        epochs = _read(case, problem, path)
        if epochs is None:
            return readable or _read_use(case, problem)
        if len(epochs[0][0]) <= 3 and not case.drawn and _repeated(epochs):
            path = _epochs(case, problem, 3 * EPOCHS, _rate(case))
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


def _rate(case: Case) -> float:
    return 1e-2 if case.caller.form.single else 1e-3


def _epochs(
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
        if got.error and case.full_batch and case.has_batch and not got.hung:
            case.report.imply(
                "crashes",
                f"with {len(problem.targets)} rows in batches of {BATCH} it raised "
                f"{got.error}",
            )
        if got.error or got.w is None or not np.isfinite(got.w).all():
            return None
        points.append(got.w)
    return points


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
    path = _epochs(case, problem, total, _rate(case))
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
        case.scale = abs(factors[0]) * rows[0] / (2 * _rate(case))
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
                f"in {many} epochs only rows {_list(ever)} of {n} were used",
            )
            report.exclude("remainder-dropped")
            report.cannot_tell("unshuffled", "same-shuffle", because="one batch only")
            return
        report.imply(
            "remainder-dropped",
            f"in {many} epochs rows {_list(never)} of {n} were never used",
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
            f"{many} epochs took rows {_list(orders[0][0])} first, and so on in the "
            "order of the file",
        )
        report.exclude("same-shuffle")
    else:
        report.imply(
            "same-shuffle", f"{many} epochs took rows {_list(orders[0][0])} first"
        )
        report.exclude("unshuffled")


def _list(rows: object) -> str:
    return ", ".join(map(str, sorted(rows)[:8]))  # type: ignore[call-overload]


def _read_use(case: Case, problem: Problem) -> bool:
    """Epochs in which rows come several times, or with other rows' targets."""
    piled = {"gradients-accumulate", "cleared-once-an-epoch"}
    if not case.has_rate or piled & set(case.report.implied):
        return False
    rate = 1e-3 if case.caller.form.single else 1e-6
    path = _epochs(case, problem, EPOCHS, rate)
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
        if torn:
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
            f"in {EPOCHS} epochs only rows {_list(rows)} of {n} were used, "
            f"{times[0].max()} times an epoch",
        )
        return True
    patterns = {tuple(sorted(row)) for row in times}
    repeats = times.max() > 1 and (times.min(axis=1) == 0).all()
    if repeats and len(patterns) == 1 and times[0].sum() > 2 * BATCH:
        report.imply(
            "overlapping-batches",
            f"an epoch used one row {times.max()} times and "
            f"{int((times[0] == 0).sum())} of {n} rows never",
        )
    elif times.max() > 1:
        report.note("batches are drawn with replacement")
        report.exclude("overlapping-batches", "fixed-batch", "remainder-dropped")
        report.exclude("rows-apart", "all-rows-every-batch", "unshuffled")
    report.exclude(*KERNEL, because="every row's parameter moved by its own residual")
    return True


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
    case.updates = updates
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


def still_unread(case: Case) -> None:
    """Say why the rows could not be read."""
    case.report.cannot_tell(
        *ROWS,
        because="which rows a step uses can be read only off a loop that takes any "
        "number of features, counts, and makes plain steps",
    )
