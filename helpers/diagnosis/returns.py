"""Read what a loop returns: parameters, records, a model, or several of these."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.diagnosis.forms import Form, to_framework, to_numpy
from helpers.diagnosis.problems import Problem

_KEYS = {
    "w": "w w_ params weights parameters theta coef coef_ weight beta final_w w_final "
    "last_w weights_ params_",
    "b": "b bias intercept intercept_ b_ bias_",
    "losses": "losses history loss_history losses_ train_losses loss_curve "
    "loss_curve_ history_ log train_loss loss",
    "path": "path kept trajectory trace ws w_history weights_history path_ "
    "param_history params_history snapshots",
    "best_w": "best_w best_params best_weights best best_w_ w_best best_theta "
    "best_parameters best_state",
    "best_loss": "best_loss best_loss_ min_loss lowest_loss loss_best best_val "
    "best_val_loss final_loss lowest",
    "score": "score r2 score_ r2_score r_squared r2_",
    "model": "model net model_",
    "predictions": "predictions prediction pred preds y_pred fitted",
}
KEYS = {role: tuple(names.split()) for role, names in _KEYS.items()}


@dataclass
class Outcome:
    """What one call of a loop gave, as NumPy arrays, intercept first."""

    w: np.ndarray | None = None
    losses: np.ndarray | None = None
    path: list[np.ndarray] | None = None
    best_w: np.ndarray | None = None
    best_loss: float | None = None
    scalar: float | None = None  # a number of unknown meaning beside the parameters
    score: float | None = None
    predictions: np.ndarray | None = None
    shape: tuple[int, ...] = ()  # of parameters that are no vector
    raw: Any = None
    start: Any = None
    record: Any = None  # the losses or the path as returned
    path_record: Any = None
    has_bias: bool = False
    is_network: bool = False  # a model came back that is not linear
    kind: str = ""  # the type of the parameters
    error: str = ""
    hung: bool = False


def parse(
    value: Any, form: Form, problem: Problem, holder: dict[str, Any], count: int
) -> Outcome:
    """Read a return value; `w` stays None if there are no parameters in it."""
    k = problem.features.shape[1]
    p = k + 1 if form.layout in ("ones", "adds") else k
    out = Outcome(raw=value, start=holder.get("start"))
    parts: dict[str, Any] = {}
    if value is None:
        if out.start is not None:
            parts["w"] = out.start
            if form.flat_bias:
                parts["b"] = holder["values"].get("b")
    elif is_model(value):
        parts = (_fields(value) or {}) if hasattr(value, "predict") else {}
        parts["model"] = value
    elif (fields := _fields(value)) is not None:
        parts = fields
    elif isinstance(value, (tuple, list)) and not _is_vector(value, p):
        parts = _sorted_parts(list(value), p, form, count)
    elif np.ndim(value) == 2 and np.shape(value)[1] == p > 1:
        parts["path"] = value
    else:
        parts["w"] = value
    _fill(out, parts, p, form, problem)
    return out


def is_model(value: Any) -> bool:
    """Whether `value` predicts: a PyTorch module, a function, an object that fits."""
    if isinstance(value, type):
        return False
    return callable(value) or hasattr(value, "predict")


def _fields(value: Any) -> dict[str, Any] | None:
    if isinstance(value, Mapping):
        entries: Mapping[str, Any] = value
    elif hasattr(value, "_asdict"):
        entries = value._asdict()
    elif hasattr(value, "__dict__") and not hasattr(value, "dtype"):
        entries = {
            name: getattr(value, name)
            for name in (*vars(value), *dir(type(value)))
            if not name.startswith("__")
        }
    else:
        return None
    low: dict[str, Any] = {}
    for key, entry in entries.items():
        if not inspect.ismethod(entry):
            low.setdefault(str(key).lower(), entry)
    return {
        role: next(low[name.lower()] for name in names if name.lower() in low)
        for role, names in KEYS.items()
        if any(name.lower() in low for name in names)
    }


def _is_vector(value: Sequence[Any], p: int) -> bool:
    """Whether a list is a vector of p numbers, rather than several things."""
    array = to_numpy(value) if isinstance(value, list) else None
    return array is not None and array.ndim == 1 and len(array) == p


def _sorted_parts(values: list[Any], p: int, form: Form, count: int) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if form.layout == "scalars":
        numbers = [v for v in values if np.size(to_numpy(v)) == 1]
        if len(numbers) >= 2:
            b, slope = numbers[1::-1] if form.swapped else numbers[:2]
            parts = {"w": slope, "b": b}
            values = [v for v in values if all(v is not used for used in numbers[:2])]
            if len(numbers) > 2:
                parts["scalar"] = numbers[2]
                values = [v for v in values if v is not numbers[2]]
    several = len(values) > 2 or len(values) == count == 2
    if several and all(_size(v) == p for v in values):
        return {"path": values}
    for value in sorted(values, key=_rank):
        _place(parts, value, p, form)
    return parts


def _rank(value: Any) -> int:
    """Models are placed first, then arrays and numbers, then lists."""
    if is_model(value):
        return 0
    return 2 if isinstance(value, (list, tuple)) else 1


def _place(parts: dict[str, Any], value: Any, p: int, form: Form) -> None:
    """Put one of several returned things where it belongs, judged by its shape."""
    if value is None:
        return
    if isinstance(value, (Mapping,)) or hasattr(value, "_asdict"):
        for role, entry in (_fields(value) or {}).items():
            parts.setdefault(role, entry)
        return
    if is_model(value) and not hasattr(value, "dtype"):
        parts.setdefault("model", value)
        return
    array = to_numpy(value)
    if array is None:
        if isinstance(value, (list, tuple)):
            parts.setdefault("losses", value)
        return
    listed = isinstance(value, (list, tuple))
    if (
        array.size == 1
        and array.ndim <= 2
        and not listed
        and not (p == 1 and "w" not in parts)
    ):
        wants_b = form.layout == "split" and not {"b", "model"} & set(parts)
        parts.setdefault("b" if wants_b else "scalar", value)
    elif not listed and array.size == p and "w" not in parts:
        parts["w"] = value
    elif (
        array.ndim >= 2
        and not listed
        and array.size == p * len(array)
        and (array.shape[0] != p)
    ):
        parts.setdefault("path", value)
    elif array.ndim >= 2 and listed and isinstance(value[0], tuple):
        parts.setdefault("losses", value)
    elif array.ndim >= 2 and listed and array[0].size == p:
        parts.setdefault("path", value)
    elif array.ndim >= 2 and array.shape[0] == p and "w" not in parts:
        parts["w"] = value  # a shape that is no vector
    elif array.size == p and "w" not in parts and "path" not in parts:
        parts["w"] = value
    elif array.size == p and not listed:
        parts.setdefault("best_w", value)
    elif array.ndim == 1 or array.shape[1:] == (1,):
        parts.setdefault("losses", value)


def _size(value: Any) -> int:
    array = to_numpy(value)
    return -1 if array is None else array.size


def _fill(
    out: Outcome, parts: dict[str, Any], p: int, form: Form, problem: Problem
) -> None:
    if "path" in parts and not {"w", "model"} & set(parts) and len(parts["path"]):
        parts["w"] = parts["path"][-1]
    if "best_w" in parts and not {"w", "model"} & set(parts):
        parts["w"] = parts["best_w"]
    if "w" in parts:
        out.kind = _kind(parts["w"])
        array = to_numpy(parts["w"])
        if array is not None and array.size == p:
            out.w = _joined(array, parts.get("b"), form)
            out.has_bias = parts.get("b") is not None
        elif array is not None and array.size == 2 and form.layout == "scalars":
            out.w = array.ravel()
        elif array is not None:
            out.shape = array.shape
            parts.setdefault("losses", parts["w"])
    if out.w is None and "model" in parts:
        out.w = _weights_of(parts["model"], form, problem, out)
    if "best_w" in parts:
        best = parts["best_w"]
        if isinstance(best, (Mapping, tuple, list)):
            entries = list(best.values()) if isinstance(best, Mapping) else list(best)
            both = [to_numpy(entry) for entry in entries]
            if all(part is not None for part in both):
                best = np.concatenate([part.ravel() for part in both])
        array = to_numpy(best)
        if array is not None and array.size == p:
            out.best_w = _joined(array, None, form)
        elif array is not None and array.size == p + 1 and form.layout == "split":
            out.best_w = np.concatenate([array[-1:], array[:-1]])
    if "path" in parts:
        rows = [to_numpy(entry) for entry in parts["path"]]
        if all(row is not None and row.size == p for row in rows):
            out.path = [row.ravel() for row in rows]
            out.path_record = parts["path"]
    if "losses" in parts:
        array = to_numpy(parts["losses"])
        if array is not None and array.size == 1 and array.ndim == 0:
            out.scalar = float(array)
            out.record = parts["losses"]
        elif array is not None and array.size:
            out.losses = array.reshape(len(array), -1)[:, 0]
        out.record = parts["losses"]
    for name in ("best_loss", "score", "scalar"):
        array = to_numpy(parts[name]) if name in parts else None
        if array is not None and array.size == 1:
            setattr(out, name, float(array.ravel()[0]))
            if out.record is None:
                out.record = parts[name]
    if "predictions" in parts:
        out.predictions = to_numpy(parts["predictions"])


def _kind(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    return str(dtype) if dtype is not None else type(value).__name__


def _joined(array: np.ndarray, b: Any, form: Form) -> np.ndarray:
    """The intercept in front of the weights."""
    flat = array.ravel()
    intercept = to_numpy(b) if b is not None else None
    if form.layout in ("ones", "adds"):
        if intercept is not None and intercept.size == 1:
            flat = flat + np.eye(len(flat))[0] * intercept.ravel()[0]
        return flat
    first = intercept.ravel()[:1] if intercept is not None else np.zeros(1)
    return np.concatenate([first, flat])


def _weights_of(
    model: Any, form: Form, problem: Problem, out: Outcome
) -> np.ndarray | None:
    """The parameters of a linear model, from what it predicts for unit features."""
    k = problem.features.shape[1]
    rows = np.vstack([np.zeros(k), np.eye(k), np.arange(k) + 1.5, -3.0 - np.arange(k)])
    mode = getattr(model, "training", None)
    if mode:
        model.eval()
    try:
        fed = rows[:, 0] if form.layout == "scalars" else rows
        if form.layout == "ones":
            fed = np.column_stack([np.ones(len(rows)), rows])
            fed = np.vstack([fed, np.zeros(k + 1)])  # an intercept of its own shows
        inputs = to_framework(fed, form)
        fed = np.atleast_1d(fed)
        named = getattr(model, "named_parameters", None)
        if named:
            entries = dict(named())
            out.has_bias = any(name.endswith("bias") for name in entries)
            out.kind = _kind(next(iter(entries.values()), None))
            if entries:
                inputs = inputs.to(next(iter(entries.values())).dtype)
        predict = getattr(model, "predict", model)
        got = to_numpy(predict(inputs))
    except Exception:
        return None
    finally:
        if mode:
            model.train()
    if got is None or got.size != len(fed):
        return None
    got = got.ravel()
    if form.layout == "ones":
        out.has_bias = out.has_bias or abs(got[-1]) > 1e-9
        got = got[:-1]
    w = np.concatenate([got[:1], got[1 : k + 1] - got[0]])
    linear = np.allclose(w[0] + rows @ w[1:], got, rtol=1e-3, atol=1e-4)
    out.has_bias = out.has_bias or (form.layout != "ones" and abs(w[0]) > 1e-9)
    out.is_network = not linear and bool(np.isfinite(got).all())
    return None if out.is_network else w
