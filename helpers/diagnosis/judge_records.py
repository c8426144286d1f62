"""What does the loop record, and what does it keep as the best?"""

from typing import Any

import numpy as np

from helpers.diagnosis.arrays import COUNT, Case
from helpers.diagnosis.locals import Locals
from helpers.diagnosis.problems import Problem
from helpers.diagnosis.returns import Outcome

BEST = ("best-loss-last-parameters", "best-not-copied", "best-of-another-step")


def judge_record(case: Case) -> None:
    """Are the entries of the record distinct numbers, free of graphs?"""
    report, got = case.report, case.last
    records = [r for r in (got.record, got.path_record) if r is not None]
    if not records:
        report.cannot_tell(
            "aliased-record", "graph-kept", because="the loop returns no record"
        )
        return
    entries = [e for r in records for e in _entries(r)]
    graphs = [e for e in entries if getattr(e, "grad_fn", None) is not None]
    if graphs:
        report.imply(
            "graph-kept",
            f"{len(graphs)} of {len(entries)} recorded values are tensors with a "
            f"grad_fn ({type(graphs[0].grad_fn).__name__})",
        )
    else:
        report.exclude("graph-kept", because="no recorded value has a graph")
    moved = len(case.path) > 1 and np.abs(case.path[-1] - case.path[0]).max() > 1e-9
    for record in records:
        listed = record if isinstance(record, (list, tuple)) else []
        arrays = [e for e in listed if hasattr(e, "shape")]
        same = len(arrays) > 2 and all(e is arrays[-1] for e in arrays[1:])
        shared = len(arrays) > 2 and all(_one_memory(e, arrays[-1]) for e in arrays[1:])
        if moved and (same or shared):
            report.imply(
                "aliased-record",
                f"{len(arrays)} entries of the record are one array, "
                f"{np.array2string(np.asarray(_plain(arrays[-1])), precision=3)}",
            )
            return
    report.exclude("aliased-record", because="the entries of the record are distinct")


def _entries(record: Any) -> list[Any]:
    if isinstance(record, dict):
        return [e for value in record.values() for e in _entries(value)]
    if isinstance(record, (list, tuple)):
        return [e for value in record for e in _entries(value)]
    return [record]


def _plain(value: Any) -> Any:
    return value.detach() if hasattr(value, "detach") else value


def _one_memory(one: Any, other: Any) -> bool:
    if hasattr(one, "data_ptr") and hasattr(other, "data_ptr"):
        return one.data_ptr() == other.data_ptr() and one.numel() > 0
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.shares_memory(one, other)
    return one is other


def judge_best(case: Case) -> None:
    """Above the largest stable rate the last parameters are the worst, and the first
    are the best: which does the loop hand back, and whose loss does it report?"""
    report = case.report
    got = case.last
    counted = got.scalar is None or got.scalar % 1 == 0  # no loss, but a count
    if got.best_loss is None and got.best_w is None and counted:
        report.cannot_tell(*BEST, because="the loop returns no best loss")
        return
    if not (case.has_rate and case.scale and case.scale > 0) or case.memory != "plain":
        report.cannot_tell(
            *BEST, because="only a plain rule with a learning rate can be made to rise"
        )
        return
    rate, path = _rising_path(case)
    losses = [case.seen.loss(w) for w in path]
    watch = Locals(case.caller.loop)
    count = COUNT + 1 - case.caller.lag
    got = case.caller(case.problem, count, rate, watch=watch)
    if got.error or got.w is None:
        report.cannot_tell(*BEST, because="there is no result at a rate that diverges")
        return
    kept = got.best_w if got.best_w is not None else got.w
    reported = got.best_loss if got.best_loss is not None else got.scalar
    at = _index(path, kept, case.tol)
    said = ""
    if reported is not None:
        which = _loss_index(losses, reported)
        if which is None:
            report.cannot_tell(
                *BEST, because=f"the number {reported:.4g} is no loss of the run"
            )
            return
        said = (
            f"at a rate that diverges it reports a loss of {reported:.3g}, and hands "
            f"back parameters with a loss of {case.seen.loss(kept):.3g}"
        )
        if at == which:
            report.exclude(*BEST, because=said)
            return
        least = {int(np.argmin(losses)), 1 + int(np.argmin(losses[1:]))}
        if at == len(path) - 1 and which in least:
            _last_for_best(case, said, watch, got)
        elif at == which + 1 == len(path) - 1:
            report.note("the loss that comes back was measured before the last step")
            report.exclude("best-loss-last-parameters", "best-not-copied")
        elif at == which + 1:
            report.imply("best-of-another-step", f"{said}, those of the next step")
            report.exclude("best-loss-last-parameters", "best-not-copied")
        else:
            report.cannot_tell(
                *BEST, because=f"{said}: neither the best nor the last of the run"
            )
        return
    if at == len(path) - 1:
        said = (
            f"at a rate that diverges the best parameters are the last, with a loss of "
            f"{losses[-1]:.3g}, where the start has {losses[0]:.3g}"
        )
        _last_for_best(case, said, watch, got)
    elif at is not None:
        report.exclude("best-loss-last-parameters", "best-not-copied")
        report.cannot_tell("best-of-another-step", because="no best loss is returned")


def _rising_path(case: Case) -> tuple[float, list[np.ndarray]]:
    """A rate above the largest stable one, and where plain steps would lead with it.

    The rate is so large that the least loss comes early.
    """
    for excess in (1.25, 2, 4, 8):
        rate = excess * 2 / (case.seen.largest_curvature() * case.scale)
        path = [case.path[0]]
        for _ in range(COUNT + 1):
            path.append(path[-1] - rate * case.scale * case.seen.gradient(path[-1]))
        if np.argmin([case.seen.loss(w) for w in path]) < 2:
            break
    return rate, path


def _keeps_last(case: Case) -> bool:
    """Whether the loop hands back its last parameters even where the loss rises."""
    if not (case.has_rate and case.scale and case.scale > 0 and case.memory == "plain"):
        return False
    rate, path = _rising_path(case)
    got = case.caller(case.problem, COUNT + 1, rate)
    return got.w is not None and _index(path, got.w, case.tol) == len(path) - 1


def _index(path: list[np.ndarray], w: np.ndarray, tol: float) -> int | None:
    misses = [np.linalg.norm(w - at) / np.linalg.norm(at) for at in path]
    best = int(np.argmin(misses))
    return best if misses[best] < max(1e-4, tol) else None


def _loss_index(losses: list[float], reported: float) -> int | None:
    for scale in (1, 0.5):
        for k, loss in enumerate(losses):
            if abs(reported - scale * loss) <= 1e-3 * scale * loss:
                return k
    roots = [k for k, loss in enumerate(losses) if abs(reported**2 / loss - 1) < 1e-3]
    return roots[0] if roots else None


def _last_for_best(case: Case, said: str, watch: Locals, got: Outcome) -> None:
    report = case.report
    report.exclude("best-of-another-step")
    alias = watch.alias_of_best()
    if got.best_w is not None and not alias and not watch.seen:
        alias = "a best entry is returned"
    if alias:
        report.imply("best-not-copied", f"{said}; {alias}")
        report.exclude("best-loss-last-parameters")
    elif watch.seen and not watch.keeps_best():
        report.imply("best-loss-last-parameters", f"{said}; no best state is kept")
        report.exclude("best-not-copied")
    else:
        report.imply_one_of(("best-loss-last-parameters", "best-not-copied"), said)


def judge_missing(case: Case) -> None:
    """A missing value must show, or its row must be left out."""
    report, name = case.report, "nan-hidden"
    problem = case.problem
    still = len(case.path) < 2 or np.allclose(case.path[0], case.path[-1])
    if still or "integer-parameters" in report.implied:
        return
    row = 3
    for where in ("targets", "features"):
        X, y = problem.features.copy(), problem.targets.copy()
        if where == "targets":
            y[row] = np.nan
        else:
            X[row, -1] = np.nan
        got = case.caller(Problem(X, y, problem.start), COUNT, case.rate)
        if got.error or got.w is None or not np.isfinite(got.w).all():
            continue
        without = Problem(np.delete(X, row, axis=0), np.delete(y, row), problem.start)
        clean = case.caller(without, COUNT, case.rate)
        if clean.w is not None and np.allclose(clean.w, got.w, atol=1e-4):
            report.note("rows with a missing value are left out")
            continue
        stayed = np.allclose(got.w, case.path[0])
        shown = [got.losses, got.best_loss, got.scalar]
        if any(v is not None and not np.isfinite(v).all() for v in shown):
            continue
        if stayed and not _keeps_last(case):
            report.cannot_tell(name, because="with a missing value it keeps its start")
            return
        report.imply(
            name,
            f"with a missing value among the {where} it returns finite parameters, "
            "which are not those without that row",
        )
        return
    report.exclude(name, because="a missing value shows in the result")
