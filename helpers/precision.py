"""JAX's 64-bit mode under one name, for every version that the book runs with."""

from contextlib import AbstractContextManager


def enable_x64(enabled: bool = True) -> AbstractContextManager[None]:
    """JAX's own switch between float32 and float64, for a ``with`` block.

    It is ``jax.enable_x64`` from JAX 0.8 on; up to 0.7 that switch is called
    ``jax.experimental.enable_x64``. JAX is imported at the first call.

    Parameters
    ----------
    enabled
        True lets the block compute in float64, False in float32. Arrays made outside
        keep their type.
    """
    import jax

    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(enabled)
    from jax.experimental import enable_x64 as switch

    return switch(enabled)
