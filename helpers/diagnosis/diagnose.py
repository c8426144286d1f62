"""`diagnose`: what is wrong with a training loop, and by what evidence."""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.diagnosis.arrays import COUNT, Case
from helpers.diagnosis.judge_batch_memory import judge_batch_memory
from helpers.diagnosis.judge_data import judge_data
from helpers.diagnosis.judge_end import judge_end, judge_growth, judge_not_finite
from helpers.diagnosis.judge_fresh import (
    judge_fresh,
    judge_fresh_alone,
    judge_scaling,
)
from helpers.diagnosis.judge_loss import judge_loss
from helpers.diagnosis.judge_model import judge_evaluation, judge_mode
from helpers.diagnosis.judge_motion import (
    follow,
    judge_motion,
    moves_in_batches_alone,
)
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
)
from helpers.diagnosis.judge_rows import judge_rows, still_unread
from helpers.diagnosis.judge_score import judge_score, judge_score_function
from helpers.diagnosis.judge_steps import judge_memory, judge_step, say_wrong_step
from helpers.diagnosis.judge_swaps import judge_swaps
from helpers.diagnosis.judge_watch import judge_piling
from helpers.diagnosis.models import of_trainer
from helpers.diagnosis.opening import open_case
from helpers.diagnosis.opening_model import open_model
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

    What lies outside of the loop is not judged: its own data, and for kind "model" its
    own model, optimizer and loader. (A script that makes these itself is judged as
    ``train(X, y, epochs)``, if it takes the data.) Steps are compared with those of a
    linear model and a squared error; of a loop with another loss, or a rule that is
    none of plain descent, momentum, weight decay and Adam's kin, the steps "cannot be
    told", and the rest is judged: what moves, what is cleared, rows, records, modes.

    A loop may return its parameters; these and a list of losses, in either order; w, b;
    a model or its state dict; a dict, a named tuple or an object with ``w``
    (``params``, ``coef_``), ``b``, ``losses`` (``history``), ``path``, ``best_w``,
    ``best_loss``, ``score``, ``predictions``, ``model``; or nothing, if it changes what
    it was handed in place. One that takes fresh rows may return their score alone.

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
                "unscaled-features",
                because="that is a matter of your data: hand them over as "
                "data=(X, y), or compare X.std(axis=0)",
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
    pair = report.kind == "score" and len(signature.strangers) == 2
    if signature.strangers and not pair:
        report.trouble = (
            f"It requires {', '.join(signature.strangers)}, and what that stands for "
            "is not known: give it a default, or one of the documented names"
        )
    elif report.kind == "score":
        judge_score_function(loop, signature, report, seconds, seed)
    elif report.kind == "evaluation":
        report.framework = "torch"
        judge_evaluation(loop, signature, report, seconds)
    elif report.kind == "fresh":
        judge_scaling(loop, signature, report, framework, seconds, seed)
    elif report.kind == "model":
        report.framework = "torch"
        handed = open_model(loop, signature, report, seconds, seed, rule)
        if handed is not None:
            judge(handed.case)
            if handed.broadcasts:
                report.reopen("broadcast-loss", because=handed.broadcasts)
            judge_mode(
                loop, signature, report, handed.form, handed.targets_column, seconds
            )
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
    if case.last.w is None and not case.last.is_network:
        judge_fresh_alone(case)
        return
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
    if judge_not_finite(case):
        judge_record(case)
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
    if case.scale:
        judge_batch_memory(case)
    readable = False
    if case.left_out:
        readable = True
    elif case.memory != "newton" and (verdict != "blamed" or case.full_batch):
        readable = judge_rows(case)
    if not readable and watch is not None:
        judge_watched_rows(case)
    if not readable and case.problem.features.shape[1] == 1:
        readable = judge_small(case)
    torch = case.caller.form.framework == "torch"
    decided = {*report.implied, *report.excluded} & {"unshuffled", "same-shuffle"}
    if case.has_batch and not decided and not torch and not case.drawn:
        judge_swaps(case)
    if not readable:
        still_unread(case)
    if not verdict and not readable and not _piles(report):
        rule = watch.rule() if watch is not None else ""
        if rule not in ("", "SGD"):
            report.note(f"the steps are those of {rule}; only gradients are judged")
        known = watch is not None and judge_gradients(case, watch)
        if not known and judge_loss(case) and rule in ("", "SGD"):
            say_wrong_step(case)
    if "cleared-once-an-epoch" not in {*report.implied, *report.excluded}:
        judge_batch_memory(case)
    judge_record(case)
    judge_best(case)
    judge_score(case)
    judge_fresh(case)
    if case.other_loss:
        report.cannot_tell("nan-hidden", because="the loss is no squared error")
    else:
        judge_missing(case)
    judge_growth(case)


def _piles(report: Report) -> bool:
    piling = {"gradients-accumulate", "cleared-once-an-epoch"}
    return bool(piling & set(report.implied))


def _watched(case: Case) -> Any:
    """The events of a PyTorch loop in batches, or None for another framework."""
    if case.caller.form.framework != "torch":
        return None
    watch = Watch(case.problem)
    batch = 4 if case.has_batch else None
    case.caller(case.problem, COUNT, case.rate, batch, watch=watch())
    return watch
