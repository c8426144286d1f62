"""Find the form in which a loop takes a PyTorch model, an optimizer and a loader."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from helpers.diagnosis.arrays import COUNT, Case
from helpers.diagnosis.caller import Caller
from helpers.diagnosis.forms import Form
from helpers.diagnosis.judge_motion import follow
from helpers.diagnosis.judge_network import judge_gradients
from helpers.diagnosis.judge_steps import judge_step
from helpers.diagnosis.models import as_array_loop
from helpers.diagnosis.problems import line
from helpers.diagnosis.report import Report
from helpers.diagnosis.signature import Signature, signature_of
from helpers.diagnosis.watch import Watch


@dataclass
class Handed:
    """A loop that takes a model, as a case, and how its targets are shaped."""

    case: Case
    form: Form
    targets_column: bool
    broadcasts: str = ""  # why broadcasting depends on the shape of the targets


def open_model(
    loop: Callable[..., Any],
    signature: Signature,
    report: Report,
    seconds: float,
    seed: int,
    rule: str | None,
) -> Handed | None:
    """The form whose steps make most sense; says in the report if there is none.

    Targets are tried as (n, 1) and as (n,): a loop may be right for one of them only,
    and which one its own loader makes cannot be known.
    """
    error = ""
    tried: list[tuple[int, Handed]] = []
    for single in (False, True):
        for column in (True, False):
            wrapped = as_array_loop(loop, signature, column)
            form = Form("torch", single=single, layout="split", flat_bias=True)
            caller = Caller(wrapped, signature_of(wrapped), form, seconds, seed)
            case = Case(caller, report, rule, tol=2e-3 if single else 1e-6)
            case.problem = case.seen = line(seed)
            case.rate = 0.15 / case.problem.largest_curvature()
            case.last = caller(case.problem, COUNT, case.rate)
            if case.last.hung:
                report.trouble = f"It gave {case.last.error}"
                return None
            if case.last.error or case.last.w is None:
                error = error or case.last.error
                continue
            fits = _fit_of(case)
            case.path, case.seen = [], case.problem
            tried.append((fits, Handed(case, form, column)))
        if tried:
            break
    if not tried:
        report.trouble = f"It raised {error}" if error else "It returned no model"
        if "grad" in error and "does not require" in error:
            report.trouble = ""
            report.imply("detached-loss", f"backward raised {error}")
        return None
    best, handed = max(tried, key=lambda entry: entry[0])
    for fits, _ in tried:
        if fits == 0 and best > 1:
            right, wrong = ("(n, 1)", "(n,)")[:: 1 if handed.targets_column else -1]
            handed.broadcasts = (
                f"with targets of shape {right} it is sound, with {wrong} it compares "
                "every prediction with every target: look at what your loader makes"
            )
    return handed


def _fit_of(case: Case) -> int:
    """3: a step of descent; 2: its gradients are right; 0: of all pairs; 1: neither."""
    plain = case.report
    case.report = trial = Report(plain.loop, plain.kind, "torch")
    verdict = judge_step(case) if follow(case) else ""
    if not verdict:
        watch = Watch(case.problem)
        case.caller(case.problem, COUNT, case.rate, 4, watch=watch())
        judge_gradients(case, watch)
    case.report = plain
    if verdict == "sound":
        return 3
    if "broadcast-loss" in trial.implied:
        return 0
    return 2 if "broadcast-loss" in trial.excluded else 1
