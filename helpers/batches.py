"""Which rows go into which step: orders of the rows, cut into batches.

One order of the axes everywhere: run, epoch, step, row.
"""

import numpy as np


def shuffled_orders(
    rng: np.random.Generator, runs: int, epochs: int, n: int
) -> np.ndarray:
    """A shuffle of the rows 0 to n - 1 for each epoch of each run.

    The result is an int32 array of shape (runs, epochs, n).
    """
    in_order = np.arange(n, dtype=np.int32)
    return rng.permuted(np.tile(in_order, (runs, epochs, 1)), axis=2)


def in_batches(orders: np.ndarray, batch_size: int) -> np.ndarray:
    """Cut orders of shape (..., n) into batches of shape (..., steps, batch_size).

    An order gives ⌈n / batch_size⌉ steps. Where the last of them has fewer rows it is
    filled up with -1, since compiled loops want batches of one size; such rows count
    for nothing. Raises ValueError if `batch_size` is less than 1.
    """
    if batch_size < 1:
        raise ValueError(f"the batch size must be at least 1, got {batch_size}")
    orders = np.asarray(orders)
    missing = -orders.shape[-1] % batch_size
    widths = [(0, 0)] * (orders.ndim - 1) + [(0, missing)]
    padded = np.pad(orders, widths, constant_values=-1)
    return padded.reshape(*orders.shape[:-1], -1, batch_size)
