"""Small least-squares problems whose answers equal no default.

Each has n rows of k features, targets (n,), and a start of p = k + 1 parameters, the
intercept first. No parameter of an answer or a start is 0, 1, or equal to another; no
two targets are equal; features are correlated and not centered.
"""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Problem:
    """Rows of features (n, k), targets (n,), and a start (k + 1,)."""

    features: np.ndarray
    targets: np.ndarray
    start: np.ndarray

    @property
    def design(self) -> np.ndarray:
        """The features behind a column of ones, (n, k + 1)."""
        return np.column_stack([np.ones(len(self.features)), self.features])

    def residual(self, w: np.ndarray) -> np.ndarray:
        return self.design @ w - self.targets

    def loss(self, w: np.ndarray) -> float:
        """The mean of the squared residuals."""
        return float(np.mean(self.residual(w) ** 2))

    def gradient(self, w: np.ndarray) -> np.ndarray:
        """∇L by central differences, (k + 1,); exact up to rounding for a parabola."""
        slopes = np.empty(len(w))
        for j, width in enumerate(1e-3 * np.maximum(1, np.abs(w))):
            forth, back = w.copy(), w.copy()
            forth[j] += width
            back[j] -= width
            slopes[j] = (self.loss(forth) - self.loss(back)) / (2 * width)
        return slopes

    def largest_curvature(self) -> float:
        X = self.design
        return float(np.linalg.eigvalsh(2 / len(X) * X.T @ X)[-1])

    def answer(self) -> np.ndarray:
        """The parameters of least loss, (k + 1,)."""
        return np.linalg.lstsq(self.design, self.targets)[0]


def line(seed: int, n: int = 11, k: int = 2) -> Problem:
    """A noisy linear function of `k` correlated features."""
    rng = np.random.default_rng([seed, n, k])
    shared = rng.normal(size=(n, 1))
    features = 0.4 + 0.3 * np.arange(k) + 0.8 * rng.normal(size=(n, k)) + 0.5 * shared
    w = np.concatenate([[2.3], 1.7 * (-0.6) ** np.arange(k)])
    targets = w[0] + features @ w[1:] + 0.4 * rng.normal(size=n)
    start = 0.37 + 0.23 * np.arange(k + 1)
    return Problem(features, targets, start)


def echo(seed: int, n: int = 11, k: int = 2) -> Problem:
    """One row, n times: no order and no choice of rows can change a step."""
    one = line(seed, n, k)
    features = np.tile(0.7 + 0.4 * np.arange(k), (n, 1))
    targets = np.full(n, 3.1)
    return Problem(features, targets, one.start)


def doubled(problem: Problem) -> Problem:
    """Every row twice: the same loss, and the same gradient of a mean."""
    return Problem(
        np.repeat(problem.features, 2, axis=0),
        np.repeat(problem.targets, 2),
        problem.start,
    )


def marked_rows(seed: int, n: int = 11) -> Problem:
    """A feature for every row: what a step does to one parameter tells of one row.

    Row i is (1, 0, …, sᵢ, …, 0), and the targets lie far apart, so that the parameter
    of row i also tells whose target the row was paired with, and the intercept at the
    time.
    """
    rng = np.random.default_rng([seed, n])
    sizes = rng.uniform(0.8, 1.2, size=n) * rng.choice([-1.0, 1.0], size=n)
    signs = np.where(np.arange(n) % 2 == 0, 1.0, -1.0)
    apart = 10 + 4 * rng.permutation(n) + rng.uniform(-0.5, 0.5, size=n)
    return Problem(np.diag(sizes), signs * apart, np.full(n + 1, 0.0) + 0.11)


def views(problem: Problem, centered: bool = False) -> list[Problem]:
    """The problem as it is, with standardized, and maybe with centered features."""
    shifted = problem.features - problem.features.mean(axis=0)
    tables = [shifted / problem.features.std(axis=0, ddof=ddof) for ddof in (0, 1)]
    tables += [shifted] if centered else []
    return [problem, *(replace(problem, features=table) for table in tables)]


def standardized(problem: Problem, w: np.ndarray, ddof: int) -> np.ndarray:
    """`w`, for the features as they are, as parameters of standardized features."""
    x = problem.features
    intercept = w[0] + x.mean(axis=0) @ w[1:]
    return np.concatenate([[intercept], x.std(axis=0, ddof=ddof) * w[1:]])
