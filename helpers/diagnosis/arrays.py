"""One loop over arrays under examination: `train(X, y, w, learning_rate, epochs)`."""

from dataclasses import dataclass, field

import numpy as np

from helpers.diagnosis.caller import Caller
from helpers.diagnosis.problems import Problem, line
from helpers.diagnosis.report import Report
from helpers.diagnosis.returns import Outcome

COUNT = 5  # epochs or steps of the runs that are followed; differs from every p


@dataclass
class Case:
    """One loop under examination, and what is known of it so far."""

    caller: Caller
    report: Report
    rule: str | None = None
    tol: float = 1e-6
    problem: Problem = field(default_factory=lambda: line(0))
    seen: Problem = field(default_factory=lambda: line(0))  # as the loop sees it
    rate: float = 0.01
    path: list[np.ndarray] = field(default_factory=list)  # from the start, if known
    started: bool = False  # whether the path begins at the start
    last: Outcome = field(default_factory=Outcome)  # after COUNT epochs
    scale: float | None = None  # a step is −scale × η∇L
    memory: str = ""
    left_out: list[int] = field(default_factory=list)  # rows that no step uses
    full_batch: bool = False  # with a batch size of n, a count is one step on all rows
    kernel_blamed: bool = False
    other_loss: bool = False  # not a squared error, or a rule that is not known here
    drawn: bool = False  # whether each step draws its rows anew

    @property
    def has_rate(self) -> bool:
        return self.caller.signature.has("learning_rate")

    @property
    def has_batch(self) -> bool:
        return self.caller.signature.has("batch_size")

    @property
    def has_one_feature(self) -> bool:
        return self.problem.features.shape[1] == 1

    @property
    def counts(self) -> bool:
        signature = self.caller.signature
        return any(signature.has(name) for name in ("epochs", "steps", "w", "slope"))
