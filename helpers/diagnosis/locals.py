"""Look at a loop's own variables when it returns, to tell a copy from an alias."""

import sys
import types
from typing import Any

import numpy as np

from helpers.diagnosis.signature import code_of

_KEEPING = ("best", "keep", "kept", "state", "saved", "checkpoint", "ckpt", "snapshot")


class Locals:
    """A context that notes the variables of a loop's frames as they return.

    A profiler that was set before is set again at the end.
    """

    def __init__(self, loop: Any) -> None:
        self.codes = code_of(loop)
        self.given = {
            name for c in self.codes for name in c.co_varnames[: c.co_argcount]
        } - {"model"}
        self.variables: dict[str, Any] = {}
        self.seen = False

    def __enter__(self) -> "Locals":
        self.before = sys.getprofile()
        sys.setprofile(self._note)
        return self

    def __exit__(self, *error: object) -> None:
        sys.setprofile(self.before)

    def _note(self, frame: types.FrameType, event: str, value: Any) -> None:
        if event == "return" and frame.f_code in self.codes:
            self.seen = True
            for name, entry in dict(frame.f_locals).items():
                self.variables[name] = entry
                if name == "self" and hasattr(entry, "__dict__"):
                    self.variables.update(vars(entry))

    def _best(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in self.variables.items()
            if any(word in name.lower() for word in _KEEPING) and _arrays(value)
        }

    def keeps_best(self) -> bool:
        """Whether a variable that is called best holds parameters."""
        return bool(self._best())

    def alias_of_best(self) -> str:
        """In words, which two variables share their memory, or nothing.

        One of them is called best or the like, or neither is a parameter of the loop.
        """
        called = self._best()
        own = {k: v for k, v in self.variables.items() if k not in self.given}
        for first, second in ((called, self.variables), (own, own)):
            for name, value in first.items():
                for other, entry in second.items():
                    if other == name or (name in called and other in called):
                        continue
                    for one in _arrays(value):
                        if any(_shared(one, two) for two in _arrays(entry)):
                            return f"`{name}` and `{other}` share one memory"
        return ""


def _arrays(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [e for entry in value.values() for e in _arrays(entry)]
    if isinstance(value, (list, tuple)):
        return [e for entry in value for e in _arrays(entry)]
    if hasattr(value, "parameters") and callable(value.parameters):
        return list(value.parameters())
    shape = getattr(value, "shape", None)
    return [value] if shape is not None and len(shape) else []


def _shared(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if hasattr(one, "data_ptr") and hasattr(other, "data_ptr"):
        return one.data_ptr() == other.data_ptr()
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.shares_memory(one, other)
    return False
