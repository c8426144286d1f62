"""`diagnose`: what is wrong with a training loop, and by what evidence."""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.diagnosis.arrays import COUNT, Case, open_case
from helpers.diagnosis.forms import Caller, Form
from helpers.diagnosis.guard import run
from helpers.diagnosis.judge_data import judge_data
from helpers.diagnosis.judge_end import judge_end
from helpers.diagnosis.judge_fresh import judge_fresh, judge_scaling
from helpers.diagnosis.judge_model import judge_evaluation, judge_mode
from helpers.diagnosis.judge_network import (
    judge_gradients,
    judge_network,
    judge_watched_rows,
)
from helpers.diagnosis.judge_one_feature import judge_small
from helpers.diagnosis.judge_records import (
    judge_best,
    judge_missing,
    judge_record,
    judge_score,
    name_of_score,
    say_score,
)
from helpers.diagnosis.judge_rows import judge_batch_memory, judge_rows, still_unread
from helpers.diagnosis.judge_steps import (
    follow,
    judge_memory,
    judge_motion,
    judge_step,
    moves_in_batches_alone,
    say_wrong_step,
)
from helpers.diagnosis.judge_watch import judge_piling
from helpers.diagnosis.models import as_array_loop, of_trainer
from helpers.diagnosis.problems import line
from helpers.diagnosis.report import Report
from helpers.diagnosis.signature import Signature, signature_of
from helpers.diagnosis.watch import Watch

KINDS = ("arrays", "model", "evaluation", "score", "fresh")


def diagnose(
    loop: Callable[..., Any],
    *,
    kind: str | None = None,
    framework: str | None = None,
    rule: str | None = None,
    data: tuple[Any, Any] | None = None,
    seconds: float = 20.0,
    seed: int = 0,
) -> Report:
    """Run a training loop on small problems with known answers; say what is wrong.

    ``print(diagnose(train))`` tells which faults are implied and by what evidence,
    which are excluded, and which cannot be told, and why. The loop runs some dozens of
    times for a few epochs, on a dozen rows; nothing is printed, drawn numbers repeat,
    and the global state (generators, PyTorch's default type and gradient mode) is
    given back.

    The loop may use NumPy, PyTorch or JAX. What its parameters stand for is found from
    their names, in any case and order; others need a default. In short:

    ``train(X, y, w, learning_rate, epochs, batch_size, rng)`` (kind "arrays")
        X is (n, p), its first column all ones; y is (n,), the start w (p,). All but X
        and y may be left out. Names: ``lr``, ``eta``, ``alpha`` for the rate;
        ``n_epochs``; ``steps``, ``iterations`` for a count of updates; ``weights``,
        ``params``, ``theta``; ``seed`` for ``rng``. With an intercept ``b`` of its own,
        X comes without the ones; with one feature, ``x`` is (n,), and ``a, b`` or
        ``m, c`` are numbers. Without a count, a loop that takes ``w`` is one step.
    ``train(model, optimizer, loader, loss_fn, epochs)`` (kind "model", PyTorch)
        A linear model, SGD, and a shuffling ``DataLoader``; later a model with Dropout.
        ``val_loader``, ``scheduler``, or ``X, y`` may be asked for. Without ``epochs``
        it is called once for each.
    ``train(X_train, y_train, X_test, y_test)``, ``scale(X_train, X_test)``
        ... also look whether fresh rows stay out of the scale. (The second is of kind
        "fresh".)
    ``evaluate(model, X, y)``, ``evaluate(model, loader)`` (kind "evaluation")
    ``score(truth, prediction)`` (kind "score"), which should be R²
    a class with ``fit(X, y)``, or an instance of one

    A loop may return its parameters; these and a list of losses, in either order; w, b;
    a model; a dict, a named tuple or an object with ``w`` (``params``, ``coef_``),
    ``b``, ``losses`` (``history``), ``path``, ``best_w``, ``best_loss``, ``score``,
    ``predictions``, ``model``; or nothing, if it changes what it was handed in place.

    Parameters
    ----------
    loop
        The function, the class or the instance.
    kind
        "arrays", "model", "evaluation", "score" or "fresh", if the names mislead.
    framework
        "numpy", "torch" or "jax", if the code of the loop does not show it.
    rule
        "plain" if steps must be plain descent. Otherwise momentum, Adam, and schedules
        of the learning rate are recognized, noted and accepted.
    data
        Your own features (n, k) and targets (n,), to learn whether their scales suit
        plain descent. The loop is not run on them.
    seconds
        Time limit of one run: an alarm on the main thread of a system that has
        SIGALRM, elsewhere a daemon thread that is sent an exception.
    seed
        Of the problems and of the generators.

    Returns
    -------
    Report
        With ``implied``, ``one_of``, ``excluded``, ``unknown``, ``evidence``,
        ``notes``, ``trouble`` and ``sound``. Faults are named as in ``FAULTS``. A loop
        that raises an error, does not end, or returns what is not understood gets a
        sentence in ``trouble``, and no exception.

    Raises
    ------
    ValueError
        If ``kind``, ``framework`` or ``rule`` is none of those above, or the shapes of
        ``data`` do not fit.
    """
    if kind not in (None, *KINDS):
        raise ValueError(f"kind is one of {', '.join(KINDS)}, got {kind!r}")
    if framework not in (None, "numpy", "torch", "jax"):
        raise ValueError(f"framework is numpy, torch or jax, got {framework!r}")
    if rule not in (None, "plain"):
        raise ValueError(f"rule is plain or None, got {rule!r}")
    report = Report(getattr(loop, "__name__", type(loop).__name__))
    case = None
    with np.errstate(all="ignore"):
        try:
            case = _diagnose(loop, report, kind, framework, rule, seconds, seed)
        except Exception as error:  # a loop may return anything
            report.trouble = (
                f"What it returned could not be read ({type(error).__name__}: {error})"
            )
        if data is None:
            report.cannot_tell(
                "unscaled-features", because="no data of your own were given"
            )
        else:
            own = case is not None and case.seen is not case.problem
            judge_data(report, data, own and not case.left_out)
    return report


def _diagnose(
    loop: Any,
    report: Report,
    kind: str | None,
    framework: str | None,
    rule: str | None,
    seconds: float,
    seed: int,
) -> Case | None:
    loop = of_trainer(loop) or loop
    try:
        signature = signature_of(loop)
    except (TypeError, ValueError):
        report.trouble = (
            "A function, or a class with a method `fit`, is needed, and this is a "
            f"{type(loop).__name__}"
        )
        return None
    report.kind = kind or kind_of(signature)
    if signature.strangers:
        report.trouble = (
            f"It requires {', '.join(signature.strangers)}, and what that stands for "
            "is not known: give it a default, or one of the documented names"
        )
    elif report.kind == "score":
        _judge_score_function(loop, signature, report, seconds, seed)
    elif report.kind == "evaluation":
        report.framework = "torch"
        judge_evaluation(loop, signature, report, seconds)
    elif report.kind == "fresh":
        judge_scaling(loop, signature, report, framework, seconds, seed)
    elif report.kind == "model":
        _judge_model(loop, signature, report, seconds, seed, rule)
    else:
        case = open_case(
            loop,
            signature,
            report,
            framework=framework,
            rule=rule,
            seconds=seconds,
            seed=seed,
        )
        if case is not None:
            judge(case)
        return case
    return None


def kind_of(signature: Signature) -> str:
    """Which kind of function the roles of its parameters make it."""
    has = signature.has
    if has("truth") or (has("prediction") and (has("y") or has("y_fresh"))):
        return "score"
    if has("model"):
        makes_steps = ("optimizer", "epochs", "steps", "learning_rate", "batch_size")
        return "model" if any(has(role) for role in makes_steps) else "evaluation"
    if has("X", "X_fresh") and not has("y"):
        return "fresh"
    return "arrays"


def judge(case: Case) -> None:
    """Everything that can be asked of a loop over arrays, the definition first."""
    report = case.report
    if case.last.is_network:
        if case.caller.form.framework == "torch":
            judge_network(case)
            judge_record(case)
        else:
            report.trouble = "It returned a model that is not linear"
        return
    if not follow(case):
        judge_end(case)
        judge_record(case)
        judge_score(case)
        judge_fresh(case)
        return
    watch = _watched(case)
    if not moves_in_batches_alone(case):
        moved = judge_motion(case, watch)
        if not moved:
            judge_record(case)
            return
    verdict = judge_step(case)
    judge_memory(case)
    if watch is not None:
        judge_piling(watch, report)
    readable = False
    if case.left_out:
        readable = True
    elif verdict != "blamed" or case.full_batch:
        readable = judge_rows(case)
    if not readable and watch is not None and not _piles(report):
        judge_watched_rows(case)
    if not readable and case.problem.features.shape[1] == 1:
        readable = judge_small(case)
    if not readable:
        still_unread(case)
    if not verdict and not readable and not _piles(report):
        if watch is not None and (rule := watch.rule()) not in ("", "SGD"):
            report.note(f"the steps are those of {rule}; only gradients are judged")
            judge_gradients(case, watch)
        else:
            say_wrong_step(case)
    judge_batch_memory(case)
    judge_record(case)
    judge_best(case)
    judge_score(case)
    judge_fresh(case)
    judge_missing(case)


def _piles(report: Report) -> bool:
    piling = {"gradients-accumulate", "cleared-once-an-epoch"}
    return bool(piling & set(report.implied))


def _watched(case: Case) -> Any:
    """The events of a PyTorch loop in batches, or None for another framework."""
    if case.caller.form.framework != "torch":
        return None
    watch = Watch(case.problem.targets)
    batch = 4 if case.has_batch else None
    case.caller(case.problem, COUNT, case.rate, batch, watch=watch())
    return watch


def _judge_model(
    loop: Callable[..., Any],
    signature: Signature,
    report: Report,
    seconds: float,
    seed: int,
    rule: str | None,
) -> None:
    report.framework = "torch"
    error, chosen, best = "", None, -1
    for single in (False, True):
        for column in (True, False):
            wrapped = as_array_loop(loop, signature, column)
            form = Form("torch", single=single, layout="split", flat_bias=True)
            trial = Report(report.loop, report.kind, "torch")
            caller = Caller(wrapped, signature_of(wrapped), form, seconds, seed)
            case = Case(caller, trial, rule, tol=2e-3 if single else 1e-6)
            case.problem = case.seen = line(seed)
            case.rate = 0.15 / case.problem.largest_curvature()
            got = caller(case.problem, COUNT, case.rate)
            if got.hung:
                report.trouble = f"It gave {got.error}"
                return
            if got.error or got.w is None:
                error = error or got.error
                continue
            case.last = got
            fits = follow(case) and judge_step(case) == "sound"
            if best < fits:
                chosen, best = (wrapped, form, column), fits
        if chosen:
            break
    if chosen is None:
        report.trouble = f"It raised {error}" if error else "It returned no model"
        if "grad" in error and "does not require" in error:
            report.trouble = ""
            report.imply("detached-loss", f"backward raised {error}")
        return
    wrapped, form, column = chosen
    caller = Caller(wrapped, signature_of(wrapped), form, seconds, seed)
    case = Case(caller, report, rule, tol=2e-3 if form.single else 1e-6)
    case.problem = case.seen = line(seed)
    case.rate = 0.15 / case.problem.largest_curvature()
    case.last = caller(case.problem, COUNT, case.rate)
    judge(case)
    judge_mode(loop, signature, report, form, column, seconds)


def _judge_score_function(
    score: Callable[..., Any],
    signature: Signature,
    report: Report,
    seconds: float,
    seed: int,
) -> None:
    """Give a score a prediction that is too flat and too high."""
    truth = line(seed).targets
    fit = truth.mean() + 0.6 * (truth - truth.mean()) + 0.5
    fit += 0.2 * np.sin(3 * np.arange(len(truth)))
    value: float | None = None
    error = ""
    for framework in ("numpy", "torch"):

        def call(framework: str = framework) -> float:
            given = [truth, fit]
            if framework == "torch":
                import torch

                given = [torch.from_numpy(part) for part in given]
            y, prediction = given
            values = {"truth": y, "y": y, "y_fresh": y, "prediction": prediction}
            return float(signature.call(score, values))

        ran = run(call, seconds, seed)
        error = error or ran.error
        if not ran.error:
            value, report.framework = ran.value, framework
            break
    if value is None:
        report.trouble = f"It raised {error}"
        return
    name = name_of_score(truth, fit, value)
    say_score(report, name, value, truth, fit)
