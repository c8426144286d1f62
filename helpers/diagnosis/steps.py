"""Is one step −η∇L, and if not, what is it? And what do later steps remember?"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from helpers.diagnosis.problems import Problem

# The faults of one step, whatever is carried from one to the next.
STEP = (
    "wrong-sign",
    "sum-for-mean",
    "mean-divided-again",
    "entry-for-column",
    "in-turn-updates",
    "broadcast-loss",
    "no-intercept",
    "integer-parameters",
    "wrong-step",
)

Step = Callable[[Problem, np.ndarray, float], np.ndarray]


def parallel(a: np.ndarray, b: np.ndarray, tolerance: float) -> bool:
    """Whether `a` is a multiple of `b`, up to a share of its length."""
    return bool(np.linalg.norm(a - factor(a, b) * b) <= tolerance * np.linalg.norm(a))


def factor(a: np.ndarray, b: np.ndarray) -> float:
    """The number f for which f b is nearest to a."""
    return float(a @ b / max(b @ b, 1e-300))


def in_turn(problem: Problem, w: np.ndarray, rate: float, order: list) -> np.ndarray:
    """One step in which each group of parameters sees the groups before it moved."""
    w, X = w.copy(), problem.design
    for group in order:
        slopes = 2 / len(X) * X.T @ (X @ w - problem.targets)
        w[group] -= rate * slopes[group]
    return w


def broadcast(problem: Problem, w: np.ndarray, rate: float) -> np.ndarray:
    """A step on the mean over all pairs of a prediction and a target."""
    X = problem.design
    return w - rate * 2 / len(X) * X.T @ (X @ w - problem.targets.mean())


def turns(p: int) -> list[list]:
    """The orders in which parameters are usually updated in turn."""
    forth = [[j] for j in range(p)]
    orders = [forth, forth[::-1]]
    if p > 2:
        rest = list(range(1, p))
        orders += [[[0], rest], [rest, [0]]]
    return orders


def in_turn_at(
    problem: Problem, w: np.ndarray, step: np.ndarray, rates: list[float], tol: float
) -> float | None:
    """The rate at which a step is one of parameters updated in turn, if it is one."""
    for rate in rates:
        for order in turns(len(w)):
            predicted = in_turn(problem, w, rate, order) - w
            if np.linalg.norm(step - predicted) <= tol * np.linalg.norm(step):
                return rate
    return None


def turn_rate(problem: Problem, w: np.ndarray, step: np.ndarray) -> list[float]:
    """The learning rates that a step in turn would have, from its first parameter."""
    slopes = problem.gradient(w)
    return [-step[j] / slopes[j] for j in (0, 1, len(w) - 1) if slopes[j]]


def entries_for_columns(
    problem: Problem, w: np.ndarray, step: np.ndarray, rate: float, tol: float
) -> str:
    """Which entries of X explain the parameters that moved wrongly, in words.

    A slope written `mean(r * X[i, j])` is X[i, j] mean(r). Empty if none does.
    """
    X, r = problem.design, problem.residual(w)
    right = -rate * problem.gradient(w)
    wrong = [
        j for j in range(len(w)) if abs(step[j] - right[j]) > tol * np.abs(step).max()
    ]
    if not wrong:
        return ""
    for scale in (2, 1, 2 * len(r), len(r)):
        base = -rate * scale * r.mean()
        entries, places = [], []
        for j in wrong:
            wanted = step[j] / base
            hit = np.argwhere(np.abs(X[:, 1:] - wanted) <= tol * abs(wanted))
            if len(hit):
                entries.append(wanted)
                places.append((int(hit[0][0]), int(hit[0][1]) + 1))
            elif abs(wanted - 1) > tol:
                break
        else:
            if places:
                at = ", ".join(f"X[{i}, {j}]" for i, j in places)
                return f"the moves of {len(places)} slopes are those of {at}"
        for i in range(len(r)):
            base = -rate * scale * r[i]
            if all(
                abs(step[j] - base * X[:, j].mean()) <= tol * abs(step[j])
                for j in wrong
            ):
                return f"the slopes use the residual of row {i} alone"
    return ""


@dataclass
class Memory:
    """What a trajectory says of the rule behind it.

    `name` is "plain", "schedule", "momentum", "accumulates", "adaptive", or "other";
    `carry` is the share of the last move that the next one repeats.
    """

    name: str
    carry: float = 0.0


def memory_of(problem: Problem, path: list[np.ndarray], tol: float) -> Memory:
    """The rule behind the points of a descent on all rows, from its start on."""
    moves = [b - a for a, b in pairwise(path)]
    slopes = [problem.gradient(w) for w in path[:-1]]
    if all(
        parallel(move, slope, tol) for move, slope in zip(moves, slopes, strict=True)
    ):
        rates = [-factor(m, g) for m, g in zip(moves, slopes, strict=True)]
        same = np.ptp(rates) <= tol * 10 * np.abs(rates).max()
        return Memory("plain" if same else "schedule")
    if adaptive(moves[0], slopes[0]):
        return Memory("adaptive")
    if len(moves) < 3 or not parallel(moves[0], slopes[0], tol):
        return Memory("other")
    # Each later move is carry × the move before − rate × the slopes.
    carries, misses = [], []
    for k in range(1, len(moves)):
        columns = np.column_stack([moves[k - 1], -slopes[k]])
        found = np.linalg.lstsq(columns, moves[k])[0]
        carries.append(float(found[0]))
        miss = np.linalg.norm(columns @ found - moves[k])
        misses.append(miss / np.linalg.norm(moves[k]))
    if max(misses) < 30 * tol and np.ptp(carries) < 0.02:
        carry = float(np.median(carries))
        return Memory("accumulates" if abs(carry - 1) < 5e-3 else "momentum", carry)
    return Memory("other")


def adaptive(move: np.ndarray, slopes: np.ndarray) -> bool:
    """Whether a first step has one length in every parameter, as Adam's has."""
    sizes = np.abs(move)
    against = np.all(np.sign(move) == -np.sign(slopes))
    return bool(against and np.ptp(sizes) <= 0.02 * sizes.max())
