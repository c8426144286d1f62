"""Linear regression with the mean squared error, as chapter 4 builds it.

Shapes: a design matrix `X` is (n, p), parameters `w` are (p,), targets `y` are (n,).
"""

import numpy as np


def standardize(values: np.ndarray, like: np.ndarray | None = None) -> np.ndarray:
    """Shift and scale to mean 0 and population standard deviation 1, per column.

    Parameters
    ----------
    values
        Shape (n,) or (n, p), without missing values; the result has its shape.
    like
        Where the means and deviations are taken from, in place of `values`: the
        training rows when `values` are rows for validation. Shape (m,) or (m, p).

    Raises
    ------
    ValueError
        If a column of `like` is constant, if a value is not finite, or if the
        numbers of columns differ.
    """
    values = np.asarray(values, dtype=np.float64)
    like = values if like is None else np.asarray(like, dtype=np.float64)
    if values.shape[1:] != like.shape[1:]:
        raise ValueError(
            f"values of shape {values.shape} cannot be standardized like {like.shape}"
        )
    if not (np.isfinite(values).all() and np.isfinite(like).all()):
        raise ValueError("cannot standardize: some values are missing or infinite")
    deviation = like.std(axis=0)
    if np.any(deviation == 0):
        raise ValueError("cannot standardize: a column has the same value in every row")
    return (values - like.mean(axis=0)) / deviation


def design_matrix(*features: np.ndarray) -> np.ndarray:
    """A column of ones, then one column for each feature: (n, 1 + number of features).

    Each feature is (n,), or (n, k) for k columns. Raises ValueError if there is none
    or their lengths differ.
    """
    columns = [np.asarray(feature, dtype=np.float64) for feature in features]
    lengths = {len(column) for column in columns}
    if len(lengths) != 1:
        raise ValueError(
            f"need at least one feature, all of the same length, got {sorted(lengths)}"
        )
    return np.column_stack([np.ones(lengths.pop()), *columns])


def mean_squared_error(w: np.ndarray, X: np.ndarray, y: np.ndarray) -> float:
    """The mean over the n rows of (X w - y)²; raises ValueError on unequal shapes."""
    residual = _residual(w, X, y)
    return float(residual @ residual / len(y))


def mse_value_and_grad(
    w: np.ndarray, X: np.ndarray, y: np.ndarray
) -> tuple[float, np.ndarray]:
    """The mean squared error and its gradient (2/n) Xᵀ(X w - y), of shape (p,).

    Raises ValueError on unequal shapes.
    """
    residual = _residual(w, X, y)
    return float(residual @ residual / len(y)), 2 / len(y) * (X.T @ residual)


def _residual(w: np.ndarray, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    if np.ndim(X) != 2 or np.shape(w) != X.shape[1:] or np.shape(y) != X.shape[:1]:
        raise ValueError(
            "expected X of shape (n, p), w of shape (p,) and y of shape (n,), "
            f"got {np.shape(X)}, {np.shape(w)} and {np.shape(y)}"
        )
    return X @ w - y
