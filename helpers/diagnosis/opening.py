"""Find the form in which a loop over arrays runs, and in which it makes sense."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from helpers.diagnosis.arrays import COUNT, Case
from helpers.diagnosis.caller import Caller
from helpers.diagnosis.forms import Form, to_numpy
from helpers.diagnosis.judge_fresh import shown_of_fresh
from helpers.diagnosis.judge_motion import follow
from helpers.diagnosis.judge_steps import judge_step
from helpers.diagnosis.problems import Problem, line, views
from helpers.diagnosis.report import Report
from helpers.diagnosis.returns import Outcome
from helpers.diagnosis.signature import Signature, frameworks_of
from helpers.diagnosis.steps import parallel


def forms_for(
    loop: Any, signature: Signature, framework: str | None
) -> Iterator[tuple[Form, int]]:
    """The forms and numbers of features to try, the documented one first."""
    for name in [framework] if framework else frameworks_of(loop):
        precisions = (False, True) if name != "numpy" else (False,)
        for single in precisions:
            base = Form(framework=name, single=single)
            if signature.has("slope"):
                layouts = ["scalars"]
            elif signature.has("w", "b") or signature.has("b"):
                layouts = ["split", "scalars"]
            else:
                layouts = ["ones", "adds", "split", "scalars"]
            if signature.names.get("X") == "x" and "scalars" in layouts:
                layouts = ["scalars", *(one for one in layouts if one != "scalars")]
            for layout in layouts:
                form = replace(base, layout=layout)
                if layout == "scalars":
                    roles = [role for role, _ in signature.order]
                    slope_first = "slope" not in roles or (
                        roles.index("slope") < roles.index("b")
                    )
                    for crossed in (False, True) if "slope" in roles else (False,):
                        turned = slope_first != crossed
                        crossing = replace(form, crossed=crossed)
                        yield replace(crossing, swapped=turned), 1
                        yield replace(crossing, swapped=not turned), 1
                    continue
                yield form, 2
                if layout == "split" and name != "numpy":
                    yield replace(form, flat_bias=True), 2
                if signature.has("w"):
                    yield replace(form, column=True), 2
                yield replace(form, column=True, targets_column=True), 2
                yield form, 1


def open_case(
    loop: Callable[..., Any],
    signature: Signature,
    report: Report,
    *,
    framework: str | None,
    rule: str | None,
    seconds: float,
    seed: int,
) -> Case | None:
    """Find the form in which the loop runs; says in the report if there is none."""
    first_error = ""
    odd: tuple[Case, Outcome] | None = None
    alone: Case | None = None
    fitting: tuple[int, Case] | None = None
    for form, features in forms_for(loop, signature, framework):
        if fitting and (fitting[0] == 2 or form.layout != "scalars"):
            break
        if fitting and fitting[0] and form.single != fitting[1].caller.form.single:
            break  # what double precision shows, single precision may hide
        caller = Caller(loop, signature, form, seconds, seed)
        case = Case(caller, report, rule, tol=2e-3 if form.single else 1e-6)
        case.problem = case.seen = line(seed, k=features)
        case.rate = 0.15 / case.problem.largest_curvature()
        got = caller(case.problem, COUNT, case.rate)
        if got.hung:
            report.trouble = f"It gave {got.error}"
            return None
        if got.error:
            first_error = first_error or got.error
            continue
        if got.is_network:
            case.last = got
            report.framework = form.framework
            return case
        if _says_fresh_alone(got, signature):
            finite = bool(np.isfinite(shown_of_fresh(got)).all())
            if alone is None and finite and form.layout in ("ones", "adds"):
                got.w, case.last, alone = None, got, case
            continue
        if got.w is None:
            if len(got.shape) == 2 and got.shape[-1] == 11 and not form.column:
                report.imply(
                    "broadcast-loss",
                    f"with y of shape (11,) the parameters came back with the shape "
                    f"{got.shape}",
                )
            elif not first_error:
                first_error = _not_understood(got)
            continue
        if (
            odd is not None
            and form.layout != "ones"
            and not fit_of(replace(case, last=got))
        ):
            continue
        if not np.isfinite(got.w).all() and form.layout in ("ones", "split"):
            if odd is None:
                odd = case, got
            continue
        wants_split = got.has_bias and form.layout == "ones"
        lone = got.scalar is not None and form.layout == "ones"
        if wants_split or lone:
            split = Caller(
                loop, signature, replace(form, layout="split"), seconds, seed
            )
            again = split(case.problem, COUNT, case.rate)
            whole = again.w is not None and not again.error and again.has_bias
            if whole and (wants_split or _is_intercept(case, got, split)):
                got, case.caller = again, split
        case.last = got
        if form.layout == "scalars":
            fits = fit_of(case)
            if fitting is None or fits > fitting[0]:
                fitting = fits, case
            continue
        report.framework = form.framework
        return _in_its_precision(case)
    if fitting is not None:
        report.framework = fitting[1].caller.form.framework
        return fitting[1]
    if alone is not None:
        report.framework = alone.caller.form.framework
        return alone
    if odd is not None:
        case, got = odd
        report.framework = case.caller.form.framework
        case.last = got
        return case
    report.trouble = first_error or "It returned nothing that holds parameters"
    if first_error and ":" in first_error.split(" ")[0]:
        report.trouble = f"It raised {first_error}"
    return None


def _says_fresh_alone(got: Outcome, signature: Signature) -> bool:
    """Whether a loop gives back a score or predictions of fresh rows, and no more."""
    if not signature.has("X_fresh"):
        return False
    number = to_numpy(got.raw)
    if number is not None and number.size == 1:
        got.scalar = float(number.ravel()[0])
        return True
    return got.w is None and not got.is_network and shown_of_fresh(got) is not None


def fit_of(case: Case) -> int:
    """How well a form explains the first step: 2 as descent, 1 as a known fault, 0."""
    trial = replace(case, report=Report(case.report.loop), path=[])
    if not follow(trial):
        return 0
    return {"sound": 2, "blamed": 1}.get(judge_step(trial), 0)


def _in_its_precision(case: Case) -> Case:
    """Hand single precision to a loop that computes in it anyway."""
    caller = case.caller
    if caller.form.single or "float32" not in case.last.kind:
        return case
    single = replace(caller, form=replace(caller.form, single=True))
    got = single(case.problem, COUNT, case.rate)
    if got.error or got.w is None:
        return replace(case, tol=2e-3)
    return replace(case, caller=single, tol=2e-3, last=got)


def _not_understood(got: Outcome) -> str:
    kind = type(got.raw).__name__
    if got.raw is None:
        return (
            "It returned nothing, and changed nothing that was handed in; return the "
            "parameters, a (parameters, losses) pair, a dict with a key `w`, or a model"
        )
    return (
        f"It returned a {kind} in which no parameters were found; accepted are an "
        "array (p,) or (p, 1), a (parameters, losses) pair, a dict with a key `w`, "
        "or a model"
    )


def _descends(problem: Problem, got: Outcome, tol: float) -> bool:
    """Whether an outcome of one step from zero lies along the slopes."""
    zero = np.zeros(problem.features.shape[1] + 1)
    return got.w is not None and any(
        parallel(got.w, seen.gradient(zero), tol) for seen in views(problem)
    )


def _is_intercept(case: Case, got: Outcome, split: Caller) -> bool:
    """Whether a number beside the parameters is an intercept, not a loss or a score.

    It is if it stays 0, or if one step makes sense with it and not without it.
    """
    if case.caller.signature.has("w") or _known_number(case, got):
        return False
    if got.scalar == 0:
        return True
    problem, tol = case.problem, max(case.tol, 1e-6)
    with_it, without = (
        _descends(problem, one(problem, 1, case.rate), tol)
        for one in (split, case.caller)
    )
    return with_it and not without


def _known_number(case: Case, got: Outcome) -> bool:
    problem = case.problem
    before = case.caller(problem, COUNT - 1, case.rate).w
    values = [problem.loss(got.w), problem.loss(problem.start)]
    values += [] if before is None else [problem.loss(before)]
    values += [problem.loss(0 * got.w)]
    known = [f * v for v in values for f in (1, 0.5, len(problem.targets))]
    known += [v**0.5 for v in values]
    spread = np.var(problem.targets)
    known += [1 - v / spread for v in values]
    y, fit = problem.targets, problem.design @ got.w
    known += [1 - values[0] / max(np.var(fit), 1e-12), np.corrcoef(y, fit)[0, 1] ** 2]
    known += [1 - np.var(y - fit) / spread]
    if got.losses is not None:
        known += list(got.losses)
    return any(abs(got.scalar - v) <= 1e-4 * max(abs(v), 1e-3) for v in known)
