"""The reader's own data: can plain descent cope with their scales?"""

import numpy as np

from helpers.diagnosis.report import Report


def judge_data(report: Report, data: tuple[object, object], standardizes: bool) -> None:
    """Judge features (n, k), with or without a column of ones, and targets (n,).

    The rate must stay below 2/λ with the largest curvature λ of the loss, and the
    slowest direction then shrinks by the share 1/κ or so in a step, where κ is the
    ratio of the largest curvature to the least. Raises ValueError if the shapes do not
    fit.
    """
    X, y = (np.asarray(part, dtype=np.float64) for part in data)
    X = X[:, None] if X.ndim == 1 else X
    if X.ndim != 2 or len(X) != len(y):
        raise ValueError(f"data are X (n, k) and y (n,), got {X.shape} and {y.shape}")
    known = np.isfinite(X).all(axis=1) & np.isfinite(y.reshape(len(y), -1)).all(axis=1)
    if not known.all():
        report.note(f"{int((~known).sum())} of {len(y)} rows have a missing value")
    X = X[known]
    X = X[:, np.ptp(X, axis=0) > 0]
    as_they_are = _curvatures(X)
    scaled = _curvatures((X - X.mean(axis=0)) / X.std(axis=0))
    raw, after = (c[-1] / max(c[0], 1e-300) for c in (as_they_are, scaled))
    said = (
        f"the rate must stay below {2 / as_they_are[-1]:.2g}, and the slowest "
        f"direction then takes some {raw:.2g} steps; with standardized features they "
        f"are {2 / scaled[-1]:.2g} and {after:.2g}"
    )
    if raw > 1000 and raw > 30 * after and not standardizes:
        report.imply("unscaled-features", said)
    else:
        report.exclude("unscaled-features", because=said)


def _curvatures(X: np.ndarray) -> np.ndarray:
    A = np.column_stack([np.ones(len(X)), X])
    return np.linalg.eigvalsh(2 / len(A) * A.T @ A)
