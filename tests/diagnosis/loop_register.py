"""Where the loops of the tests are registered, each with the faults that it has."""

from collections.abc import Callable
from typing import Any

LOOPS: list[tuple[Any, frozenset[str]]] = []


def sound(loop: Any) -> Any:
    """Register a loop without a fault."""
    LOOPS.append((loop, frozenset()))
    return loop


def faulty(*names: str) -> Callable[[Any], Any]:
    """Register a loop with the named faults, and no others."""

    def register(loop: Any) -> Any:
        LOOPS.append((loop, frozenset(names)))
        return loop

    return register
