"""What the parameters of a loop stand for, found from their names."""

import inspect
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

SYNONYMS: dict[str, str] = {
    "X": "x inputs features data a xs x_train train_x xtrain design",
    "y": "y targets target labels label ys y_train train_y ytrain t truth_train",
    "w": "w w0 weights weight params parameters theta beta start init w_init initial "
    "init_w w_start coef initial_w w_0 theta0 parameter initial_weights start_w",
    "b": "b bias intercept b0 b_init c",
    "learning_rate": "learning_rate lr eta rate step_size alpha stepsize "
    "learn_rate η gamma",
    "epochs": "epochs n_epochs num_epochs epoch max_epochs nepochs epoch_count passes",
    "steps": "steps n_steps num_steps updates n_updates num_updates iterations n_iter "
    "iters max_iter num_iterations n_iterations max_steps max_iters num_iters n_iters "
    "nsteps total_steps max_iterations max_updates total_updates budget",
    "batch_size": "batch_size batch bs batchsize minibatch_size mini_batch_size",
    "rng": "rng generator key gen",
    "seed": "seed random_state random_seed",
    "X_fresh": "x_val x_valid x_test x_fresh val_x test_x x_new x_dev x_validation "
    "xval xtest valid_x x_holdout x_held_out x_eval test_features val_features",
    "y_fresh": "y_val y_valid y_test y_fresh val_y test_y y_new y_dev y_validation "
    "yval ytest valid_y y_holdout y_held_out y_eval test_targets val_targets",
    "model": "model net network module",
    "optimizer": "optimizer opt optim optimiser",
    "loader": "loader train_loader dataloader data_loader train_dataloader dl "
    "trainloader train_dl batches training_loader",
    "loss_fn": "loss_fn criterion loss_function loss lossfn loss_func",
    "val_loader": "val_loader test_loader valid_loader validation_loader eval_loader "
    "val_dataloader test_dataloader val_dl valid_dl fresh_loader",
    "scheduler": "scheduler schedule lr_scheduler sched",
    "truth": "truth y_true actual true ytrue y_actual",
    "prediction": "prediction y_pred predicted predictions pred preds ypred y_hat yhat "
    "output outputs",
    "slope": "m slope w1 theta1 beta1 b1",
    "device": "device",
}

_ROLES = {name: role for role, names in SYNONYMS.items() for name in names.split()}
_INTERCEPTS = ("b", "b0", "bias", "intercept", "c", "w0", "theta0", "beta0", "a")
_FRAMEWORKS = {"torch": "torch", "jax": "jax", "jaxlib": "jax", "optax": "jax"}


@dataclass
class Signature:
    """The parameters of a function by role; `strangers` are required and unknown."""

    names: dict[str, str] = field(default_factory=dict)  # role: name of the parameter
    order: list[tuple[str, Any]] = field(default_factory=list)  # (role, kind) in order
    required: set[str] = field(default_factory=set)  # roles without a default
    strangers: list[str] = field(default_factory=list)

    def has(self, *roles: str) -> bool:
        return all(role in self.names for role in roles)

    def call(self, loop: Callable[..., Any], values: dict[str, Any]) -> Any:
        """Call `loop` with the values of those roles that it takes."""
        positional, by_name = [], {}
        for role, kind in self.order:
            if role not in values:
                continue
            if kind is inspect.Parameter.POSITIONAL_ONLY:
                positional.append(values[role])
            else:
                by_name[self.names[role]] = values[role]
        return loop(*positional, **by_name)


def signature_of(loop: Callable[..., Any]) -> Signature:
    """The roles of the parameters of `loop`.

    Raises ValueError if `loop` has no readable signature.
    """
    found = Signature()
    parameters = inspect.signature(loop).parameters
    lowered = {name.lower() for name in parameters}
    for name, parameter in parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        role = _role(name, lowered)
        required = parameter.default is parameter.empty
        if role is None or role in found.names:
            if required:
                found.strangers.append(name)
            continue
        found.names[role] = name
        found.order.append((role, parameter.kind))
        if required:
            found.required.add(role)
    if found.has("slope") and (found.has("w") or not found.has("b")):
        name = found.names.pop("slope")  # such as the beta1 of Adam
        found.order = [entry for entry in found.order if entry[0] != "slope"]
        if "slope" in found.required:
            found.strangers.append(name)
    return found


def _role(name: str, all_names: set[str]) -> str | None:
    low = name.lower()
    one_feature = [n for n in _INTERCEPTS if n in all_names]
    if low in ("a", "b") and {"a", "b"} <= all_names:
        return "b" if low == "a" else "slope"
    if low in one_feature and low != "a" and _slopes(all_names):
        return "b"
    if low == "a" and _slopes(all_names):
        return "b"
    if low == "b1" and not ({"b0"} & all_names):
        return None
    if low == "loss" and not ({"model", "net", "network"} & all_names):
        return None
    return _ROLES.get(low)


def _slopes(all_names: set[str]) -> bool:
    return bool(all_names & {"m", "slope", "w1", "theta1", "beta1", "b1"})


_OF_TENSORS = {"backward", "detach", "requires_grad_", "zero_grad", "zero_"}


def frameworks_of(loop: Any) -> list[str]:
    """The frameworks to try, the likeliest first, judged by the code of `loop`."""
    found: list[str] = []
    for code, names in _codes(loop):
        if _OF_TENSORS & set(code.co_names) and "torch" not in found:
            found.append("torch")
        for name in code.co_names:
            value = names.get(name)
            module = getattr(value, "__module__", None) or ""
            if isinstance(value, types.ModuleType):
                module = value.__name__
            root = str(module).split(".")[0]
            framework = _FRAMEWORKS.get(root) or _FRAMEWORKS.get(name)
            if name == "jnp":
                framework = "jax"
            if framework and framework not in found:
                found.append(framework)
    if "jax" in found and "torch" not in found:
        return ["jax", "numpy"]
    return [*found, "numpy"] if found else ["numpy"]


def _codes(loop: Any) -> Iterator[tuple[types.CodeType, dict[str, Any]]]:
    """The code of `loop` and of what it calls, each with the names that it can see."""
    waiting, seen = [getattr(loop, "origin", loop)], set()
    while waiting and len(seen) < 200:
        item = waiting.pop()
        if isinstance(item, types.MethodType):
            waiting += [item.__func__, type(item.__self__)]
            continue
        if inspect.isclass(item):
            waiting += [v for v in vars(item).values() if callable(v)]
            continue
        function = inspect.unwrap(item) if callable(item) else item
        if wrapped := getattr(function, "func", None):  # functools.partial
            waiting.append(wrapped)
        if not isinstance(function, types.FunctionType):
            call = vars(type(function)).get("__call__")
            if isinstance(call, types.FunctionType):
                waiting.append(call)
            continue
        if id(function.__code__) in seen:
            continue
        seen.add(id(function.__code__))
        visible = dict(function.__globals__)
        for name, cell in zip(
            function.__code__.co_freevars, function.__closure__ or (), strict=True
        ):
            try:
                visible[name] = cell.cell_contents
            except ValueError:  # not yet bound
                continue
        inner = [function.__code__]
        while inner:
            code = inner.pop()
            inner += [c for c in code.co_consts if isinstance(c, types.CodeType)]
            yield code, visible
            for name in (*code.co_names, *code.co_freevars):
                value = visible.get(name)
                own = getattr(value, "__module__", None) == function.__module__
                if own and callable(value):
                    waiting.append(value)


def code_of(loop: Any) -> set[types.CodeType]:
    """The code objects of `loop`, of the methods of a class, and of what they call."""
    return {code for code, _ in _codes(loop)}
