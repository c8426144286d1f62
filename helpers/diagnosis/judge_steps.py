"""Definition first: is a step −η∇L, and what do later steps carry on?"""

from typing import Any

import numpy as np

from helpers.diagnosis.arrays import COUNT, Case
from helpers.diagnosis.forms import to_numpy
from helpers.diagnosis.judge_adaptive import judge_adaptive
from helpers.diagnosis.judge_loss import is_linear
from helpers.diagnosis.problems import Problem, doubled, standardized, views
from helpers.diagnosis.steps import (
    STEP,
    broadcast,
    entries_for_columns,
    factor,
    in_turn_at,
    memory_of,
    parallel,
    turn_rate,
)


def judge_step(case: Case) -> str:
    """Compare the first step with −η∇L: "sound", "blamed", or "" if neither fits."""
    if len(case.path) < 2:
        return ""
    before, after = case.path[0], case.path[1]
    step = after - before
    tol = case.tol
    if not case.started or not np.linalg.norm(step) > 0:
        return ""
    for seen in views(case.problem):
        slopes = seen.gradient(before)
        if parallel(step, slopes, tol):
            case.seen = seen
            if seen is not case.problem:
                case.report.note("the loop standardizes its features itself")
            return _judge_scale(case, -factor(step, slopes), step, slopes)
    if not (case.caller.signature.has("w") or case.caller.signature.has("slope")):
        for ddof in (0, 1):
            path = [standardized(case.problem, w, ddof) for w in case.path]
            seen = views(case.problem)[1 + ddof]
            slopes = seen.gradient(path[0])
            if parallel(path[1] - path[0], slopes, tol):
                case.path, case.seen, case.caller.ddof = path, seen, ddof
                case.last.w = standardized(case.problem, case.last.w, ddof)
                case.report.note(
                    "the loop standardizes its features itself, and gives back "
                    "parameters for those that it was handed"
                )
                step = path[1] - path[0]
                return _judge_scale(case, -factor(step, slopes), step, slopes)
    used = _rows_that_matter(case, after)
    if len(used) / 2 < used.sum() < len(used):  # fewer may be one batch of many
        part = Problem(case.problem.features[used], case.problem.targets[used], before)
        slopes = part.gradient(before)
        if parallel(step, slopes, tol):
            case.seen, case.left_out = part, [int(i) for i in np.flatnonzero(~used)]
            _judge_left_out(case)
            return _judge_scale(case, -factor(step, slopes), step, slopes)
    return _name_step(case, before, step)


def _rows_that_matter(case: Case, after: np.ndarray) -> np.ndarray:
    """Whether the first step changes with the target of each row, (n,)."""
    problem = case.problem
    matters = np.zeros(len(problem.targets), dtype=bool)
    for row in range(len(matters)):
        got = case.caller(_other_target(problem, row), 1, case.rate)
        if got.w is not None:
            matters[row] = np.abs(got.w - after).max() > 1e-9
    return matters


def _other_target(problem: Problem, *rows: int) -> Problem:
    targets = problem.targets.copy()
    targets[list(rows)] += 0.5
    return Problem(problem.features, targets, problem.start)


def _judge_left_out(case: Case) -> None:
    """Rows that no step uses: held out to be scored, or forgotten?"""
    rows, report = case.left_out, case.report
    runs = [
        case.caller(problem, COUNT, case.rate)
        for problem in (case.problem, _other_target(case.problem, *rows))
    ]
    listed = ", ".join(map(str, rows))
    if _numbers(runs[0].raw) == _numbers(runs[1].raw):
        report.imply(
            "remainder-dropped",
            f"nothing that comes back depends on the targets of rows {listed} of "
            f"{len(case.problem.targets)}",
        )
    else:
        report.exclude("remainder-dropped")
        report.note(f"rows {listed} are held out, and scored")


def _numbers(value: Any) -> list[float]:
    """All numbers in a return value, to nine digits."""
    if isinstance(value, dict):
        return [x for entry in value.values() for x in _numbers(entry)]
    if isinstance(value, (list, tuple)):
        return [x for entry in value for x in _numbers(entry)]
    array = to_numpy(value)
    return [] if array is None else [float(f"{x:.9g}") for x in array.ravel()]


def _judge_scale(
    case: Case, length: float, step: np.ndarray, slopes: np.ndarray
) -> str:
    """A step is −`length` × ∇L: has it the right sign, and a mean behind it?"""
    report, n = case.report, len(case.problem.targets)
    numbers = f"the first step moves the parameters by {_vector(step)}"
    where = f"where −∇L is {_vector(-slopes)}"
    case.full_batch = True
    case.scale = length / case.rate if case.has_rate else None
    if length < 0:
        report.imply("wrong-sign", f"{numbers}, {where}")
        case.kernel_blamed = True
    else:
        report.exclude("wrong-sign", because=f"{numbers}, {where}")
    report.exclude(
        "entry-for-column",
        "in-turn-updates",
        "broadcast-loss",
        "no-intercept",
        "integer-parameters",
        "wrong-step",
        because="the first step has the direction of the central differences",
    )
    if case.left_out:
        return "blamed" if case.kernel_blamed else "sound"
    twice = case.caller(doubled(case.problem), 1, case.rate, batch=2 * n)
    if twice.w is None or twice.error:
        report.cannot_tell(
            "sum-for-mean",
            "mean-divided-again",
            because=f"with every row twice there is no result ({twice.error})",
        )
        return "blamed" if case.kernel_blamed else "sound"
    ratio = float(np.linalg.norm(twice.w - case.path[0]) / np.linalg.norm(step))
    sentence = f"every row twice makes the first step {ratio:.3g} times as long"
    if abs(ratio - 2) < 0.05:
        report.imply("sum-for-mean", sentence)
        report.exclude("mean-divided-again", because=sentence)
        case.kernel_blamed = True
    elif abs(ratio - 0.5) < 0.02:
        report.imply("mean-divided-again", sentence)
        report.exclude("sum-for-mean", because=sentence)
        case.kernel_blamed = True
    elif abs(ratio - 1) < 0.02:
        report.exclude("sum-for-mean", "mean-divided-again", because=sentence)
        _note_scale(case)
    else:
        why = f"every row twice changes the step by a factor of {ratio:.3g}"
        report.cannot_tell("sum-for-mean", "mean-divided-again", because=why)
    return "blamed" if case.kernel_blamed else "sound"


def _note_scale(case: Case) -> None:
    if case.scale is None:
        return
    if abs(abs(case.scale) - 0.5) < 0.01:
        case.report.note("the loss is half of the mean of the squares")
    elif abs(abs(case.scale) - 1) > 0.02:
        case.report.note(
            f"a step is {abs(case.scale):.3g} × η∇L of the mean of the squares"
        )


def _name_step(case: Case, before: np.ndarray, step: np.ndarray) -> str:
    """A first step that is no multiple of ∇L: one of the known faults?"""
    report, problem, tol = case.report, case.problem, case.tol
    slopes = problem.gradient(before)
    numbers = (
        f"the first step moves the parameters by {_vector(step)}, "
        f"where −∇L is {_vector(-slopes)}"
    )
    length = float(np.abs(step).max())
    kind = case.last.kind
    if "int" in kind or (
        length > 0.5 and np.allclose(step + before, np.round(step + before))
    ):
        report.imply("integer-parameters", f"{numbers}; the type is {kind}")
        return "blamed"
    centered = [seen.gradient(before)[1:] for seen in views(problem, centered=True)]
    if abs(step[0]) < 1e-12 and any(parallel(step[1:], g, tol) for g in centered):
        report.imply("no-intercept", numbers)
        return "blamed"
    if _decays(step, slopes, before, tol):
        report.note("the step also shrinks the parameters, as weight decay does")
        report.exclude(*STEP)
        return "sound"
    if parallel(step, problem.answer() - before, max(tol, 1e-6)):
        case.memory = "newton"
        report.note("a step points from where it starts to the answer, as Newton's")
        report.exclude(*STEP, "sum-for-mean", "mean-divided-again")
        return "sound"
    pairs = broadcast(problem, before, 1.0) - before
    if parallel(step, pairs, tol):
        report.imply(
            "broadcast-loss",
            f"{numbers}; it is the step of the mean over all {len(problem.targets)}² "
            "pairs of a prediction and a target",
        )
        return "blamed"
    rates = [case.rate, case.rate / 2] if case.has_rate else []
    rates += turn_rate(problem, before, step)
    rate = in_turn_at(problem, before, step, rates, max(tol, 1e-7) * 10)
    if rate is not None and is_linear(case):
        said = f"{numbers}; it is exactly that of parameters updated one after another"
        report.imply("in-turn-updates", said)
        if rate < 0:
            report.imply("wrong-sign", f"{said}, uphill")
        return "blamed"
    guesses = [case.rate, case.rate / 2] if case.has_rate else []
    for rate in guesses or [-step[0] / slopes[0]]:
        if said := entries_for_columns(problem, before, step, rate, max(tol, 1e-6)):
            report.imply("entry-for-column", f"{numbers}; {said}")
            return "blamed"
    sizes = np.abs(step)
    if np.ptp(sizes) <= 0.02 * sizes.max():
        verdict = judge_adaptive(case, numbers)
        case.memory = "adaptive" if verdict else ""
        if verdict and case.rule == "plain":
            report.imply("wrong-step", f"{numbers}, where plain steps were declared")
            return "blamed"
        return verdict
    return ""


def say_wrong_step(case: Case) -> None:
    """The last resort: the step is wrong, and no known fault explains it."""
    if not case.started:
        return
    before = case.path[0]
    slopes = case.problem.gradient(before)
    step = case.path[1] - before
    multiple = factor(step, slopes) * slopes
    size = np.linalg.norm(step - multiple) / np.linalg.norm(step)
    case.report.imply(
        "wrong-step",
        f"the first step moves the parameters by {_vector(step)}, where −∇L is "
        f"{_vector(-slopes)}; the nearest multiple of ∇L, {_vector(multiple)}, misses "
        f"it by {size:.0%} of its length",
    )


def _decays(
    step: np.ndarray, slopes: np.ndarray, before: np.ndarray, tol: float
) -> bool:
    """Whether a step is −a ∇L − b w, or −a ∇L − b sign w, with positive a, small b."""
    shrunk = [before, np.sign(before)]
    shrunk += [np.where(np.arange(len(before)) > 0, part, 0) for part in shrunk]
    for part in shrunk:
        columns = np.column_stack([-slopes, -part])
        (a, b), *_ = np.linalg.lstsq(columns, step)
        left = np.linalg.norm(columns @ [a, b] - step)
        small = a > 0 and 0 < b < a
        if small and len(step) > 2 and left <= tol * np.linalg.norm(step):
            return True
    return False


def judge_memory(case: Case) -> None:
    """What do the steps on all rows carry from one to the next?"""
    report = case.report
    if len(case.path) < 4 or case.memory in ("adaptive", "newton"):
        if case.memory == "adaptive":
            report.cannot_tell(
                "gradients-accumulate",
                because="a rule that divides by the gradient's size hides its sum",
            )
        return
    if not all(np.isfinite(w).all() for w in case.path):
        return
    found = memory_of(case.seen, case.path, max(case.tol, 1e-6))
    case.memory = found.name
    said = f"each move repeats {found.carry:.3f} of the move before"
    if found.name == "accumulates":
        report.imply("gradients-accumulate", said)
    elif found.name == "momentum":
        report.note(f"momentum: {said}")
        report.exclude("gradients-accumulate", because=said)
        if case.rule == "plain":
            report.imply("wrong-step", f"{said}, where plain steps were declared")
    elif found.name in ("plain", "schedule"):
        report.exclude(
            "gradients-accumulate",
            because=f"each of {len(case.path) - 1} steps is a multiple of the slopes "
            "where it starts",
        )
        if found.name == "schedule":
            report.note("the learning rate changes from step to step")
    else:
        report.cannot_tell(
            "gradients-accumulate",
            because="the steps follow a rule that is not known here",
        )


def _vector(values: np.ndarray) -> str:
    return "(" + ", ".join(f"{value:.3g}" for value in values) + ")"
