"""Fully connected networks whose parameters are one vector, in PyTorch's order.

Shapes: `sizes` are the widths of the layers, inputs first, such as (2, 80, 1). A layer
from `a` to `b` units has weights W of shape (b, a) and biases of shape (b,), as
`torch.nn.Linear` has, and `w` holds W1, b1, W2, b2, … row by row: what
`torch.nn.utils.parameters_to_vector` makes of a model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import jax
import numpy as np

if TYPE_CHECKING:
    import torch

Activation = Callable[[jax.Array], jax.Array]


def layers(
    w: jax.Array, sizes: Sequence[int], bias: bool = True
) -> list[tuple[jax.Array, jax.Array | float]]:
    """Cut parameters of shape (p,) into the weights and biases of each layer.

    With `bias=False` the layers have none, and each bias is 0.0. Raises ValueError if
    `w` has not as many numbers as the layers need.
    """
    needed = sum(b * (a + bias) for a, b in pairwise(sizes))
    if w.shape != (needed,):
        raise ValueError(
            f"layers of {tuple(sizes)} units have {needed} parameters, "
            f"got an array of shape {w.shape}"
        )
    found, k = [], 0
    for a, b in pairwise(sizes):
        W, k = w[k : k + a * b].reshape(b, a), k + a * b
        found.append((W, w[k : k + b] if bias else 0.0))
        k += b * bias
    return found


def layer_outputs(
    w: jax.Array,
    X: jax.Array,
    sizes: Sequence[int],
    activation: Activation = jax.nn.relu,
    bias: bool = True,
) -> list[jax.Array]:
    """What each layer puts out for inputs of shape (n, sizes[0]): arrays (n, units).

    The hidden layers apply `activation`, the last one does not.
    """
    outputs = [X]
    *hidden, (W_last, b_last) = layers(w, sizes, bias)
    for W, b in hidden:
        outputs.append(activation(outputs[-1] @ W.T + b))
    return [*outputs[1:], outputs[-1] @ W_last.T + b_last]


def network(
    w: jax.Array,
    X: jax.Array,
    sizes: Sequence[int],
    activation: Activation = jax.nn.relu,
    bias: bool = True,
) -> jax.Array:
    """The predictions, of shape (n,), of a network with one output unit."""
    return layer_outputs(w, X, sizes, activation, bias)[-1][:, 0]


def parameters_of(model: torch.nn.Module) -> np.ndarray:
    """The parameters of a PyTorch model as one vector, of shape (p,)."""
    from torch.nn.utils import parameters_to_vector

    return parameters_to_vector(model.parameters()).detach().numpy().copy()


def starts_of(
    make_model: Callable[[], torch.nn.Module], seeds: Iterable[int]
) -> np.ndarray:
    """PyTorch's own random starts, of shape (runs, p): a new model after each seed."""
    import torch

    starts = []
    for seed in seeds:
        torch.manual_seed(seed)
        starts.append(parameters_of(make_model()))
    return np.stack(starts)
