"""Which rows go into which step, as chapter 6 cuts them for a compiled loop."""

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
    """Cut orders of shape (..., epochs, n) into (..., steps, batch_size).

    An epoch gives ⌈n / batch_size⌉ steps. Where the last of them has fewer rows it is
    filled up with -1, since compiled loops want batches of one size; give such rows
    no weight. Raises ValueError if `batch_size` is less than 1.
    """
    if batch_size < 1:
        raise ValueError(f"the batch size must be at least 1, got {batch_size}")
    missing = -orders.shape[-1] % batch_size
    widths = [(0, 0)] * (orders.ndim - 1) + [(0, missing)]
    padded = np.pad(orders, widths, constant_values=-1)
    return padded.reshape(*orders.shape[:-2], -1, batch_size)
