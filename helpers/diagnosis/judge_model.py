"""Modes of a PyTorch model in a loop or an evaluation, watched from its forwards."""

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers.diagnosis.forms import Form, precision_of, to_framework
from helpers.diagnosis.guard import run
from helpers.diagnosis.judge_score import name_of_score, say_score
from helpers.diagnosis.models import call_with, setting
from helpers.diagnosis.problems import line
from helpers.diagnosis.report import Report
from helpers.diagnosis.signature import Signature
from helpers.diagnosis.watch import Forward, Watch

MODES = ("trained-in-eval-mode", "scored-in-training-mode")


def judge_mode(
    loop: Callable[..., Any],
    signature: Signature,
    report: Report,
    form: Form,
    targets_column: bool,
    seconds: float,
) -> None:
    """Train a model with Dropout for three epochs, and look at the mode of each use."""
    watch = Watch()

    def call() -> None:
        import torch

        with precision_of(form):
            model = _moody(2)
            X, y, fresh_X, fresh_y = _arrays(form, targets_column)
            values = setting(model, X, y, fresh_X, fresh_y, 0.01, 4)
            with watch():
                call_with(loop, signature, values, 3)
            torch.set_grad_enabled(True)

    ran = run(call, seconds, 0)
    if ran.error:
        report.cannot_tell(
            *MODES, because=f"with a model that has Dropout it raised {ran.error}"
        )
        return
    say_modes(report, watch.of(Forward))


def say_modes(report: Report, forwards: list[Forward]) -> None:
    """Judge the forwards of a model in which the mode matters."""
    trained = [f for f in forwards if f.backward]
    scored = [f for f in forwards if not f.backward]
    if not trained:
        report.cannot_tell(*MODES, because="no forward pass of training was seen")
        return
    wrong = sum(not f.training for f in trained)
    said = f"{wrong} of {len(trained)} forward passes of training were in eval mode"
    if wrong:
        report.imply("trained-in-eval-mode", said)
    else:
        report.exclude("trained-in-eval-mode", because=said)
    if not scored:
        report.cannot_tell("scored-in-training-mode", because="the loop scores nothing")
        return
    wrong = sum(f.training for f in scored)
    said = f"{wrong} of {len(scored)} forward passes of scoring were in training mode"
    if wrong:
        report.imply("scored-in-training-mode", said)
    else:
        report.exclude("scored-in-training-mode", because=said)


def judge_evaluation(
    evaluate: Callable[..., Any], signature: Signature, report: Report, seconds: float
) -> None:
    """Score one model twice: the same score, and the same model afterwards?"""
    seen: dict[str, Any] = {}
    error = ""
    for single in (False, True):
        for column in (True, False):
            form = Form("torch", single=single)

            def call(form: Form = form, column: bool = column) -> None:
                with precision_of(form):
                    seen.clear()
                    seen.update(_scored(evaluate, signature, form, column))

            ran = run(call, seconds, 0)
            error = error or ran.error
            if not ran.error and seen.get("scores"):
                _say_evaluation(report, seen)
                return
    report.trouble = f"It raised {error}" if error else "It returned no score"


def _scored(
    evaluate: Callable[..., Any], signature: Signature, form: Form, column: bool
) -> dict[str, Any]:
    import torch

    model = _moody(2)
    X, y, fresh_X, fresh_y = _arrays(form, column)
    model(X)  # so that the running means have moved
    before = {k: v.clone() for k, v in model.state_dict().items()}
    values = setting(model, X, y, fresh_X, fresh_y, 0.01, 4)
    fixed = torch.utils.data.DataLoader(values["loader"].dataset, 4)
    values["loader"] = values["val_loader"] = fixed
    values["X_fresh"], values["y_fresh"] = X, y
    watch = Watch()
    with watch():
        scores = [_number(signature.call(evaluate, values)) for _ in range(2)]
    changed = [k for k, v in model.state_dict().items() if not v.equal(before[k])]
    training = model.training
    model.load_state_dict(before)
    with torch.no_grad():
        fit = model.eval()(X).numpy().ravel().astype(float)
    return {
        "scores": None if None in scores else scores,
        "changed": changed,
        "training": training,
        "forwards": watch.of(Forward),
        "fit": fit,
        "truth": y.numpy().ravel().astype(float),
    }


def _say_evaluation(report: Report, seen: dict[str, Any]) -> None:
    first, second = seen["scores"]
    wrong = [f for f in seen["forwards"] if f.training]
    said = f"the same rows score {first:.4g}, and then {second:.4g}"
    if abs(first - second) > 1e-6 * max(1, abs(first)) or seen["changed"] or wrong:
        moved = f"; scoring changed {', '.join(seen['changed'])}" * bool(
            seen["changed"]
        )
        report.imply("scored-in-training-mode", said + moved)
        return
    report.exclude("scored-in-training-mode", because=said)
    if not seen["training"]:
        report.note("the model is left in evaluation mode: train() is up to the caller")
    name = name_of_score(seen["truth"], seen["fit"], first)
    if name not in (None, "loss"):
        say_score(report, name, first, seen["truth"], seen["fit"])


def _moody(features: int) -> Any:
    """A small network in which the mode matters."""
    from torch import nn

    return nn.Sequential(
        nn.Linear(features, 8),
        nn.BatchNorm1d(8),
        nn.Tanh(),
        nn.Dropout(0.5),
        nn.Linear(8, 1),
    )


def _arrays(form: Form, targets_column: bool) -> list[Any]:
    arrays = []
    for problem in (line(1, n=12), line(2, n=12)):
        y = problem.targets[:, None] if targets_column else problem.targets
        arrays += [to_framework(problem.features, form), to_framework(y, form)]
    return arrays


def _number(value: Any) -> float | None:
    if isinstance(value, (tuple, list)) and value:
        value = value[0]
    if hasattr(value, "item"):
        value = value.item()
    return float(value) if isinstance(value, (int, float, np.number)) else None
