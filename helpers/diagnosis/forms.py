"""Hand a problem to a loop in the form that it wants, and read what it returns."""

import contextlib
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from helpers.diagnosis.guard import Ran, run
from helpers.diagnosis.problems import Problem
from helpers.diagnosis.signature import Signature
from helpers.precision import enable_x64

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


@dataclass(frozen=True)
class Form:
    """How a loop wants its problem: framework, precision, and shapes.

    `layout` is "ones" (X with a first column of ones, w (p,)), "adds" (X without it,
    w (p,): the loop adds it), "split" (X without it, w (k,) and b), or "scalars"
    (x (n,) and two numbers).
    """

    framework: str = "numpy"
    single: bool = False
    layout: str = "ones"
    column: bool = False  # w (p, 1)
    targets_column: bool = False  # y (n, 1)
    swapped: bool = False  # scalars: the slope is returned first
    flat_bias: bool = False  # split: b is (1,)


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


def to_framework(array: np.ndarray, form: Form) -> Any:
    """`array` as an array of the form's framework and precision."""
    dtype = np.float32 if form.single else np.float64
    array = np.array(array, dtype=dtype)
    if form.framework == "torch":
        import torch

        return torch.from_numpy(array)
    if form.framework == "jax":
        import jax.numpy as jnp

        return jnp.asarray(array)
    return array


def to_numpy(value: Any) -> np.ndarray | None:
    """`value` as an array of numbers, or None if it is none."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    try:
        array = np.asarray(value)
    except Exception:
        try:
            array = np.asarray([to_numpy(entry) for entry in value])
        except Exception:
            return None
    if array.dtype.kind not in "fiub":
        return None
    return array.astype(np.float64)


@contextlib.contextmanager
def precision_of(form: Form) -> Iterator[None]:
    """The form's default type in PyTorch, or its 64-bit mode in JAX, without jit."""
    if form.framework == "torch":
        import torch

        torch.set_default_dtype(torch.float32 if form.single else torch.float64)
        yield
    elif form.framework == "jax":
        import jax

        # Compiling a closure anew in each of many runs takes far longer than they do.
        with enable_x64(not form.single), jax.disable_jit():
            yield
    else:
        yield


@dataclass
class Caller:
    """Calls one loop on problems, always in the same form."""

    loop: Callable[..., Any]
    signature: Signature
    form: Form
    seconds: float = 5.0
    seed: int = 0
    is_class: bool = False
    lag: int = 0  # of what comes back behind the count of steps

    def with_form(self, **changes: Any) -> "Caller":
        return replace(self, form=replace(self.form, **changes))

    def __call__(
        self,
        problem: Problem,
        count: int = 1,
        rate: float = 0.01,
        batch: int | None = None,
        seed: int | None = None,
        fresh: Problem | None = None,
        watch: Any = None,
    ) -> Outcome:
        """Run the loop for `count` epochs or steps; a single step is repeated."""
        count += self.lag if count else 0
        seed = self.seed if seed is None else seed
        holder: dict[str, Any] = {}

        def call() -> Any:
            with precision_of(self.form):
                values = self._values(problem, count, rate, batch, seed, fresh)
                holder["start"] = values.get("w")
                holder["values"] = values
                with watch or contextlib.nullcontext():
                    if self._counts() or not self.signature.has("w"):
                        value = self.signature.call(self.loop, values)
                    else:
                        value = self._repeat(values, problem, count)
                return parse(value, self.form, problem, holder, count)

        ran: Ran = run(call, self.seconds, seed)
        outcome = ran.value if isinstance(ran.value, Outcome) else Outcome()
        outcome.error, outcome.hung = ran.error, ran.hung
        return outcome

    def _counts(self) -> bool:
        return self.signature.has("epochs") or self.signature.has("steps")

    def _repeat(self, values: dict[str, Any], problem: Problem, count: int) -> Any:
        """A function without a count makes one step: call it `count` times."""
        value: Any = None
        for _ in range(max(count, 1)):
            value = self.signature.call(self.loop, values)
            got = parse(value, self.form, problem, {"start": values["w"]}, count)
            if got.w is None:
                return value
            values = {**values, **self._parameters(got.w)}
        return value

    def _parameters(self, w: np.ndarray) -> dict[str, Any]:
        form = self.form
        if form.layout == "scalars":
            return {"b": float(w[0]), "slope": float(w[1]), "w": float(w[1])}
        if form.layout == "split":
            weights = w[1:, None] if form.column else w[1:]
            b = to_framework(w[:1] if form.flat_bias else w[0], form)
            if form.framework == "numpy" and not form.flat_bias:
                b = float(w[0])
            return {"w": to_framework(weights, form), "b": b}
        return {"w": to_framework(w[:, None] if form.column else w, form)}

    def _values(
        self,
        problem: Problem,
        count: int,
        rate: float,
        batch: int | None,
        seed: int,
        fresh: Problem | None,
    ) -> dict[str, Any]:
        form = self.form
        n = len(problem.targets)

        def inputs(of: Problem) -> Any:
            if form.layout == "scalars":
                return to_framework(of.features[:, 0], form)
            array = of.design if form.layout == "ones" else of.features
            return to_framework(array, form)

        def targets(of: Problem) -> Any:
            y = of.targets[:, None] if form.targets_column else of.targets
            return to_framework(y, form)

        fresh = fresh or problem
        values = {
            "X": inputs(problem),
            "y": targets(problem),
            "X_fresh": inputs(fresh),
            "y_fresh": targets(fresh),
            **self._parameters(problem.start),
            "learning_rate": rate,
            "epochs": count,
            "steps": count,
            "batch_size": n if batch is None else batch,
            "seed": seed,
        }
        if self.signature.has("epochs", "steps") and (
            "steps" not in self.signature.required
        ):
            del values["steps"]
        if self.signature.has("rng"):
            values["rng"] = self._generator(seed)
        return values

    def _generator(self, seed: int) -> Any:
        if self.form.framework == "torch":
            import torch

            return torch.Generator().manual_seed(seed)
        if self.form.framework == "jax" and self.signature.names["rng"] == "key":
            import jax

            return jax.random.PRNGKey(seed)
        return np.random.default_rng(seed)


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
    out.is_network = not linear and bool(np.isfinite(got).all())
    return None if out.is_network else w
