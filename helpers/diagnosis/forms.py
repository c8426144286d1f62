"""In which form a loop wants its arrays: framework, precision and shapes."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers.precision import enable_x64


@dataclass(frozen=True)
class Form:
    """How a loop wants its problem: framework, precision, and shapes.

    `layout` is "ones" (X with a first column of ones, w (p,)), "adds" (X without it,
    w (p,): the loop adds it), "split" (X without it, w (k,) and b), or "scalars"
    (x (n,) and two numbers).
    """

    framework: str = "numpy"
    single: bool = False
    layout: str = "ones"
    column: bool = False  # w (p, 1)
    targets_column: bool = False  # y (n, 1)
    swapped: bool = False  # scalars: the slope is returned first
    crossed: bool = False  # scalars: what is called the slope is the intercept
    flat_bias: bool = False  # split: b is (1,)


def to_framework(array: np.ndarray, form: Form) -> Any:
    """`array` as an array of the form's framework and precision."""
    dtype = np.float32 if form.single else np.float64
    array = np.array(array, dtype=dtype)
    if form.framework == "torch":
        import torch

        return torch.from_numpy(array)
    if form.framework == "jax":
        import jax.numpy as jnp

        return jnp.asarray(array)
    return array


def to_numpy(value: Any) -> np.ndarray | None:
    """`value` as an array of numbers, or None if it is none."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    try:
        array = np.asarray(value)
    except Exception:
        try:
            array = np.asarray([to_numpy(entry) for entry in value])
        except Exception:
            return None
    if array.dtype.kind not in "fiub":
        return None
    return array.astype(np.float64)


@contextlib.contextmanager
def precision_of(form: Form) -> Iterator[None]:
    """The form's default type in PyTorch, or its 64-bit mode in JAX, without jit."""
    if form.framework == "torch":
        import torch

        torch.set_default_dtype(torch.float32 if form.single else torch.float64)
        yield
    elif form.framework == "jax":
        import jax

        # Compiling a closure anew in each of many runs takes far longer than they do.
        with enable_x64(not form.single), jax.disable_jit():
            yield
    else:
        yield
