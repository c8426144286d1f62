"""Watch a PyTorch loop: what goes into its models, its gradients and its optimizers.

Nothing is changed for the loop; a few methods are wrapped for the time of one call and
restored afterwards.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from helpers.diagnosis.problems import Problem
from helpers.diagnosis.rows import rows_of


@dataclass
class Backward:
    """One call of `backward`, and the gradients that lay there before."""

    connected: bool  # does the loss reach any parameter?
    stale: float = 0.0  # the largest gradient left from before an earlier step
    parameters: tuple[int, ...] = ()  # ids of the leaves that the loss reaches
    made: float = 0.0  # the largest gradient afterwards


@dataclass
class Forward:
    """One call of the outermost module."""

    training: bool
    gradients: bool
    module: Any
    parameters: tuple[int, ...]
    inputs: Any
    moody: bool = False  # has it layers in which the mode matters?
    node: Any = None  # of the graph of its output
    backward: bool = False  # was its output's loss sent back?


@dataclass
class OptimizerStep:
    """One step of an optimizer: ids of its parameters, and the largest gradient."""

    parameters: tuple[int, ...]
    gradient: float | None  # None: there was none
    rule: str = "SGD"
    gradients: Any = None  # all of them, in one vector
    expected: Any = None  # those of the mean of the squares, where that is known
    of_pairs: Any = None  # those of the mean over all pairs
    rows: int = 0


@dataclass
class Watch:
    """The events of one call, in order; a `problem` to expect gradients from.

    Gradients are expected where a module has just been fed rows of the problem.
    """

    problem: Problem | None = None
    events: list[Any] = field(default_factory=list)
    schedules: int = 0
    uses_of_cleared: int = 0  # of gradients, outside of optimizers
    alive: list[Any] = field(default_factory=list)  # keeps ids from being reused

    starts: dict[int, Any] = field(default_factory=dict)  # id: parameter, its start

    def moved(self) -> bool:
        """Whether any parameter that a loss reached has changed."""
        return any(not now.detach().equal(old) for now, old in self.starts.values())

    def rule(self) -> str:
        """The class of the optimizer that made the steps, or nothing."""
        steps = self.of(OptimizerStep)
        return steps[0].rule if steps else ""

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def _expect(self, step: OptimizerStep, parameters: list[Any]) -> None:
        """What the gradients of a step should be, given the rows before it."""
        import torch

        trained = [e for e in self.of(Forward) if e.backward and e.module]
        if self.problem is None or not trained or trained[-1].moody:
            return
        module, fed = trained[-1].module, trained[-1].inputs
        held = [p for p in parameters if p.grad is not None]
        own = set(map(id, module.parameters()))
        rows = None if fed is None else rows_of(fed, self.problem)
        if not held or rows is None or any(id(p) not in own for p in held):
            return
        with torch.enable_grad():
            y = torch.as_tensor(self.problem.targets[rows], dtype=held[0].dtype)
            # The hooks must not see this forward pass.
            out = module.forward(fed).reshape(-1)
            if out.numel() != len(y):
                return
            expected = torch.autograd.grad(
                ((out - y) ** 2).mean(), held, retain_graph=True
            )
            pairs = torch.autograd.grad(((out - y.mean()) ** 2).mean(), held)
        step.gradients = _flat([p.grad for p in held])
        step.expected, step.of_pairs = _flat(expected), _flat(pairs)
        step.rows = len(y)

    @contextlib.contextmanager
    def __call__(self) -> Iterator["Watch"]:
        import torch
        from torch.nn.modules.module import (
            register_module_forward_hook,
            register_module_forward_pre_hook,
        )
        from torch.optim import lr_scheduler
        from torch.optim.optimizer import register_optimizer_step_pre_hook

        moody = (
            torch.nn.modules.dropout._DropoutNd,
            torch.nn.modules.batchnorm._BatchNorm,
        )
        depth, busy = [0], [False]
        snapshots: dict[int, Any] = {}

        def before_forward(module: Any, inputs: Any) -> None:
            depth[0] += 1

        def after_forward(module: Any, inputs: Any, output: Any) -> None:
            depth[0] = max(depth[0] - 1, 0)
            if depth[0] or isinstance(module, torch.nn.modules.loss._Loss):
                return
            parameters = tuple(id(p) for p in module.parameters())
            if not parameters or not hasattr(output, "shape"):
                return
            self.alive += [*module.parameters(), module]
            fed = (
                inputs[0].detach() if inputs and hasattr(inputs[0], "detach") else None
            )
            self.events.append(
                Forward(
                    module.training,
                    torch.is_grad_enabled(),
                    module,
                    parameters,
                    fed,
                    any(isinstance(m, moody) for m in module.modules()),
                    output.grad_fn,
                )
            )

        def before_step(optimizer: Any, args: Any, kwargs: Any) -> None:
            parameters = [p for g in optimizer.param_groups for p in g["params"]]
            self.alive += parameters
            gradients = [
                p.grad.abs().max().item() for p in parameters if p.grad is not None
            ]
            step = OptimizerStep(
                tuple(map(id, parameters)),
                max(gradients, default=None),
                type(optimizer).__name__,
            )
            self._expect(step, parameters)
            self.events.append(step)

        def backward(tensor: Any, *args: Any, **kwargs: Any) -> Any:
            if busy[0]:  # PyTorch calls the method again under a function mode
                return original_backward(tensor, *args, **kwargs)
            leaves, nodes = _graph(tensor)
            stale = 0.0
            for leaf in leaves:
                old = snapshots.get(id(leaf))
                moved = old is not None and not torch.equal(old, leaf.detach())
                if moved and leaf.grad is not None:
                    stale = max(stale, leaf.grad.abs().max().item())
            for leaf in leaves:
                self.starts.setdefault(id(leaf), (leaf, leaf.detach().clone()))
            self.events.append(Backward(bool(leaves), stale, tuple(map(id, leaves))))
            for event in reversed(self.events[:-1]):
                if isinstance(event, Backward):
                    break
                if isinstance(event, Forward) and event.node is not None:
                    event.backward = event.node in nodes
            self.alive += leaves
            busy[0] = True
            try:
                result = original_backward(tensor, *args, **kwargs)
            finally:
                busy[0] = False
            sent = next(e for e in reversed(self.events) if isinstance(e, Backward))
            for leaf in leaves:
                snapshots[id(leaf)] = leaf.detach().clone()
                if leaf.grad is not None:
                    sent.made = max(sent.made, leaf.grad.abs().max().item())
            cleared.clear()
            return result

        def schedule(scheduler: Any, *args: Any, **kwargs: Any) -> Any:
            if getattr(scheduler, "_step_count", 0) > 0:  # not its constructor's own
                self.schedules += 1
            return original_schedule(scheduler, *args, **kwargs)

        watch = self
        products = {
            torch.matmul,
            torch.mv,
            torch.Tensor.matmul,
            torch.Tensor.__matmul__,
            torch.Tensor.mv,
        }

        events = self.events
        cleared: list[Any] = []  # gradients set to zero since the last backward
        steps = {torch.Tensor.mul, torch.Tensor.__mul__, torch.Tensor.__rmul__}
        steps |= {torch.mul, torch.Tensor.sub_, torch.Tensor.add_}

        class Products(torch.overrides.TorchFunctionMode):
            """Notes products of rows and parameters outside of any module.

            And the use of gradients that have been cleared.
            """

            def __torch_function__(
                self, function: Any, types: Any, args: Any = (), kwargs: Any = None
            ) -> Any:
                if function is torch.Tensor.zero_:
                    cleared.append(args[0])
                elif function in steps and any(a is g for a in args for g in cleared):
                    watch.uses_of_cleared += 1
                result = function(*args, **(kwargs or {}))
                outside = depth[0] == 0 and function in products
                if outside and getattr(result, "grad_fn", None) is not None:
                    fed = args[0].detach()
                    node = result.grad_fn
                    events.append(Forward(True, True, None, (), fed, node=node))
                return result

        base = lr_scheduler.LRScheduler
        original_backward = torch.Tensor.backward
        original_schedule = base.step
        handles = [
            register_module_forward_pre_hook(before_forward),
            register_module_forward_hook(after_forward),
            register_optimizer_step_pre_hook(before_step),
        ]
        torch.Tensor.backward = backward
        base.step = schedule
        try:
            with Products():
                yield self
        finally:
            torch.Tensor.backward = original_backward
            base.step = original_schedule
            for handle in handles:
                handle.remove()


def _flat(tensors: Any) -> np.ndarray:
    return np.concatenate([t.detach().double().cpu().numpy().ravel() for t in tensors])


def _graph(loss: Any) -> tuple[list[Any], set[Any]]:
    """The parameters that a loss reaches, and the nodes of its graph."""
    found, seen, waiting = [], set(), [loss.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            found.append(node.variable)
        waiting += [child for child, _ in node.next_functions]
    return found, seen
