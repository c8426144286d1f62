"""A first step of one length in every parameter, as of Adam: only signs are left."""

from collections.abc import Iterator

import numpy as np

from helpers.diagnosis.arrays import COUNT, Case
from helpers.diagnosis.problems import Problem, line

TRIALS = 12  # problems, each with the signs of p moves


def judge_adaptive(case: Case, numbers: str) -> str:
    """Compare the signs of first moves on many problems with those of known slopes.

    "sound", "blamed", or "" if the lengths change from problem to problem, as those of
    no adaptive rule do, or if no known slopes have those signs. `numbers` says what
    the first step was.
    """
    signs, problems = [], []
    length = float(np.abs(case.path[1] - case.path[0]).max())
    for trial in range(TRIALS):
        problem = line(case.caller.seed + 1000 + trial, k=len(case.path[0]) - 1)
        got = case.caller(problem, 1, case.rate)
        if got.w is None:
            return ""
        starts = case.caller.signature.has("w") or case.caller.signature.has("slope")
        before = problem.start if starts else case.path[0]
        step = got.w - before
        if not np.allclose(np.abs(step), length, rtol=0.02):
            return ""
        signs.append(np.sign(step))
        problems.append((problem, before))
    count = TRIALS * len(case.path[0])
    misses = {}
    for name, slopes in _slopes(problems):
        missed = int(
            sum((s != -np.sign(g)).sum() for s, g in zip(signs, slopes, strict=True))
        )
        misses[name] = min(missed, misses.get(name, count))
    report = case.report
    if misses[""]:
        for name, missed in misses.items():
            if not missed and name and _fits(case, name):
                report.imply(
                    name,
                    f"{numbers}; on {TRIALS} problems all {count} moves have the signs "
                    f"of this fault, and {misses['']} are not against the slopes",
                )
                return "blamed"
        return ""
    report.note(
        "the first step has one length in every parameter, as that of Adam, "
        "RMSProp or AdaGrad; only its signs are judged"
    )
    said = f"on {TRIALS} problems each of {count} moves is against its slope"
    ruled_out = [name for name, missed in misses.items() if missed]
    report.exclude(*ruled_out, "wrong-step", "integer-parameters", because=said)
    report.exclude("no-intercept", "in-turn-updates", because=said)
    report.cannot_tell(
        "sum-for-mean",
        "mean-divided-again",
        because="the rule divides by the size of the gradient",
    )
    return "sound"


def _fits(case: Case, name: str) -> bool:
    """Whether a fault that only the mean of the targets reaches is one indeed."""
    if name != "broadcast-loss":
        return True
    problem, ends = case.problem, []
    for targets in (problem.targets, problem.targets[::-1].copy()):
        other = Problem(problem.features, targets, problem.start)
        ends.append(case.caller(other, COUNT, case.rate).w)
    if any(end is None for end in ends):
        return False
    return bool(np.allclose(ends[0], ends[1], rtol=1e-4))


def _slopes(
    problems: list[tuple[Problem, np.ndarray]],
) -> Iterator[tuple[str, list[np.ndarray]]]:
    """∇L, and what known faults take for it, on each problem."""
    right = [problem.gradient(w) for problem, w in problems]
    yield "", right
    yield "wrong-sign", [-g for g in right]
    yield (
        "broadcast-loss",
        [p.design.T @ (p.design @ w - p.targets.mean()) for p, w in problems],
    )
    for row in range(len(problems[0][0].targets)):
        yield (
            "entry-for-column",
            [p.residual(w).mean() * p.design[row] for p, w in problems],
        )
