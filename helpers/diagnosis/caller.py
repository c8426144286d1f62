"""Hand a problem to a loop in the form that it wants, and read what comes back."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.diagnosis.forms import Form, precision_of, to_framework
from helpers.diagnosis.guard import Ran, run
from helpers.diagnosis.problems import Problem, standardized
from helpers.diagnosis.returns import Outcome, parse
from helpers.diagnosis.signature import Signature


@dataclass
class Caller:
    """Calls one loop on problems, always in the same form."""

    loop: Callable[..., Any]
    signature: Signature
    form: Form
    seconds: float = 5.0
    seed: int = 0
    is_class: bool = False
    ddof: int | None = None  # it standardizes, and gives back parameters of raw rows
    lag: int = 0  # of what comes back behind the count of steps

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
                if self.signature.has("w"):
                    holder["start"] = values["w"]
                holder["values"] = values
                with watch or contextlib.nullcontext():
                    if self._counts() or not self._starts():
                        value = self.signature.call(self.loop, values)
                    else:
                        value = self._repeat(values, problem, count)
                return parse(value, self.form, problem, holder, count)

        ran: Ran = run(call, self.seconds, seed)
        outcome = ran.value if isinstance(ran.value, Outcome) else Outcome()
        outcome.error, outcome.hung = ran.error, ran.hung
        if self.ddof is not None and outcome.w is not None:
            outcome.w = standardized(problem, outcome.w, self.ddof)
        return outcome

    def _counts(self) -> bool:
        return self.signature.has("epochs") or self.signature.has("steps")

    def _starts(self) -> bool:
        return self.signature.has("w") or self.signature.has("slope")

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
            b, slope = (float(w[1]), float(w[0])) if form.crossed else map(float, w)
            return {"b": b, "slope": slope, "w": slope}
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
