"""Hand a loop a PyTorch model, an optimizer and a loader, as if it took arrays."""

import inspect
from collections.abc import Callable
from typing import Any

from helpers.diagnosis.signature import Signature

Loop = Callable[..., Any]


def as_array_loop(loop: Loop, signature: Signature, targets_column: bool) -> Loop:
    """`loop(model, optimizer, loader, …)` as a loop over arrays.

    The function that comes back takes X (n, k), y (n,), w (k,), b (1,), a learning
    rate, epochs and a batch size, builds a linear model, SGD and a shuffling
    `DataLoader` from them, calls `loop` with those, and returns a dict with the
    parameters of the model and with what else `loop` returned. A loop without a
    number of epochs is called once for each.
    """

    def wrapped(
        X: Any,
        y: Any,
        w: Any,
        b: Any,
        learning_rate: float,
        epochs: int,
        batch_size: int,
        X_fresh: Any,
        y_fresh: Any,
    ) -> Any:
        import torch

        model = torch.nn.Linear(X.shape[1], 1)
        with torch.no_grad():
            model.weight.copy_(w.reshape(1, -1))
            model.bias.copy_(b.reshape(-1))
        y = y[:, None] if targets_column else y
        y_fresh = y_fresh[:, None] if targets_column else y_fresh
        values = setting(model, X, y, X_fresh, y_fresh, learning_rate, batch_size)
        returned = call_with(loop, signature, values, epochs)
        return {**_returned(returned, model), "all": returned}

    wrapped.origin = loop  # type: ignore[attr-defined]
    return wrapped


def setting(
    model: Any, X: Any, y: Any, X_fresh: Any, y_fresh: Any, rate: float, batch: int
) -> dict[str, Any]:
    """What a loop over a model may ask for, by role."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    fresh = DataLoader(TensorDataset(X_fresh, y_fresh), batch)
    return {
        "model": model,
        "optimizer": optimizer,
        "loader": DataLoader(TensorDataset(X, y), batch, shuffle=True),
        "val_loader": fresh,
        "loss_fn": torch.nn.MSELoss(),
        "scheduler": torch.optim.lr_scheduler.StepLR(optimizer, 10_000),
        "X": X,
        "y": y,
        "X_fresh": X_fresh,
        "y_fresh": y_fresh,
        "learning_rate": rate,
        "batch_size": batch,
        "device": torch.device("cpu"),
        "seed": 0,
    }


def call_with(
    loop: Loop, signature: Signature, values: dict[str, Any], epochs: int
) -> Any:
    """Call `loop` for a number of epochs, or that number of times."""
    if signature.has("epochs") or signature.has("steps"):
        values = {**values, "epochs": epochs, "steps": epochs}
        if signature.has("epochs", "steps") and "steps" not in signature.required:
            del values["steps"]
        return signature.call(loop, values)
    returned: list[Any] = []
    for _ in range(epochs):
        returned.append(signature.call(loop, values))
    numbers = [r for r in returned if r is not None]
    one_each = numbers and all(getattr(r, "shape", ()) == () for r in numbers)
    if one_each and not any(isinstance(r, (tuple, list, dict)) for r in numbers):
        return numbers
    return returned[-1] if returned else None


def _returned(returned: Any, model: Any) -> dict[str, Any]:
    """The parameters of the model that comes back, and the records beside it."""
    import torch

    found: dict[str, Any] = {}
    values = list(returned) if isinstance(returned, tuple) else [returned]
    for value in values:
        if isinstance(value, torch.nn.Module):
            model = value
        elif isinstance(value, dict):
            for key, entry in value.items():
                if isinstance(entry, torch.nn.Module):
                    model = entry
                else:
                    found[key] = entry
        elif hasattr(value, "_asdict"):
            found.update(value._asdict())
        elif isinstance(value, list) or getattr(value, "shape", ()):
            found.setdefault("losses", value)
        elif isinstance(value, (int, float)) or hasattr(value, "item"):
            found.setdefault("best_loss", value)
    if "weight" in found and "bias" in found:  # a state dict
        found = {"w": found["weight"].detach(), "b": found["bias"].detach()}
        return {name: value.clone() for name, value in found.items()}
    linear = isinstance(model, torch.nn.Linear)
    if linear:
        found["w"] = model.weight.detach().clone()
        found["b"] = model.bias.detach().clone()
    else:
        found["model"] = model
    return found


def of_trainer(trainer: Any) -> Loop | None:
    """A class with `fit` or `train`, or an instance of one, as a function; or None."""
    for name in ("fit", "train", "run"):
        if callable(getattr(trainer, name, None)):
            break
    else:
        return None
    method = getattr(trainer, name)
    made = (
        list(inspect.signature(trainer).parameters.values())
        if (inspect.isclass(trainer))
        else []
    )
    fitted = list(inspect.signature(method).parameters.values())
    fitted = fitted[1:] if inspect.isclass(trainer) else fitted
    settings = [] if inspect.isclass(trainer) else _settings(trainer)

    def wrapped(**given: Any) -> Any:
        import copy

        if inspect.isclass(trainer):
            chosen = {p.name: given[p.name] for p in made if p.name in given}
            instance = trainer(**chosen)
        else:
            instance = copy.deepcopy(trainer)
            for setting in settings:
                if setting in given:
                    setattr(instance, setting, given[setting])
        chosen = {p.name: given[p.name] for p in fitted if p.name in given}
        returned = getattr(instance, name)(**chosen)
        if returned is None or returned is instance:
            return instance
        return returned

    named = [p for p in (*made, *fitted) if p.kind not in (p.VAR_KEYWORD,)]
    named += [
        inspect.Parameter(s, inspect.Parameter.KEYWORD_ONLY, default=None)
        for s in settings
    ]
    unique = {p.name: p.replace(kind=p.KEYWORD_ONLY) for p in named}
    wrapped.__signature__ = inspect.Signature(list(unique.values()))  # type: ignore
    wrapped.origin = trainer if inspect.isclass(trainer) else type(trainer)  # type: ignore
    wrapped.__name__ = getattr(trainer, "__name__", type(trainer).__name__)
    return wrapped


def _settings(trainer: Any) -> list[str]:
    """The numbers that an instance was made with and that a diagnosis may choose."""
    from helpers.diagnosis.signature import SYNONYMS

    roles = ("learning_rate", "epochs", "steps", "batch_size", "seed")
    names = {name for role in roles for name in SYNONYMS[role].split()}
    return [name for name in vars(trainer) if name.lower() in names]
