"""Numbers printed by the tutorials behind the book, and the check against them."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from helpers.claims import ClaimError, strict
from helpers.datasets import bundled_file

# The tutorials' names in published.json and their keys in references.bib.
CITATIONS = {
    "belts-and-penguins": "fruehwald2022",
    "line-three-regimes": "nn_gradient_descent",
    "parabola": "sobh",
    "surface": "training_nn",
}

MIME_TYPE = "application/vnd.downhill.reproduced+json"


@dataclass(frozen=True)
class Published:
    """One value printed by a tutorial.

    `tolerance` is absolute. Where the tutorial says it in words, `tolerance` is None,
    `value` holds the words, and `below` is the bound that they promise.
    """

    id: str
    source: str
    value: Any
    tolerance: float | None
    note: str
    below: float | None = None


@dataclass(frozen=True, repr=False)
class Reproduced:
    """A published value beside the one computed here; displays as one line."""

    published: Published
    here: Any

    @property
    def difference(self) -> float:
        """Largest absolute difference over the elements; infinite if shapes differ."""
        theirs, ours = np.asarray(self.published.value), np.asarray(self.here)
        if theirs.shape != ours.shape:
            return float("inf")
        return float(np.max(np.abs(theirs - ours)))

    @property
    def verdict(self) -> tuple[bool, str, str]:
        """Whether it is reproduced; the difference and what is allowed, as text.

        A value that was published in words has a bound, and no difference.
        """
        tolerance, below = self.published.tolerance, self.published.below
        if tolerance is None:
            return float(self.here) < below, "", f"bound {below:g}"
        allowed = f"tolerance {tolerance:g}"
        return self.difference <= tolerance, f"{self.difference:.1g}", allowed

    @property
    def holds(self) -> bool:
        """Whether the difference is within the tolerance, or the value in its bound."""
        return self.verdict[0]

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, Any]:
        record = {"id": self.published.id, "here": np.asarray(self.here).tolist()}
        return {"text/plain": repr(self), MIME_TYPE: record}

    def __repr__(self) -> str:
        _, difference, allowed = self.verdict
        parts = [f"published {_short(self.published.value)}"]
        parts += [f"here {_short(self.here)}"]
        parts += [f"difference {difference}"] if difference else []
        return f"{self.published.id}: {', '.join([*parts, allowed])}"


@cache
def published_values() -> dict[str, Published]:
    """All published values by their id, in the order of the bundled file."""
    entries = json.loads(bundled_file("published.json").read_text(encoding="utf-8"))
    return {
        entry["id"]: Published(
            id=entry["id"],
            source=entry["source"],
            value=entry["published"],
            tolerance=entry["abs_tol"],
            note=entry["note"],
            below=entry.get("below"),
        )
        for entry in entries["published"]
    }


def published_value(id: str) -> Any:
    """The value that a tutorial printed, by its id; raises KeyError if unknown."""
    return _find(id).value


def reproduce(id: str, here: Any) -> Reproduced:
    """Compare a value computed on this page with the one a tutorial printed.

    Parameters
    ----------
    id
        The entry in ``helpers/data/published.json``.
    here
        The value computed here: a number or an array of the published shape.

    Raises
    ------
    KeyError
        If there is no such entry.
    ClaimError
        If the two differ by more than the entry's tolerance, or the value is not below
        its bound, and ``DOWNHILL_STRICT`` is 1; elsewhere a note is printed.
    """
    published = _find(id)
    result = Reproduced(published, here)
    if not result.holds:
        if strict():
            raise ClaimError(f"not reproduced: {result}")
        print(
            f"Note: not reproduced: {result}. Either the code above was changed, or "
            "another version of a library computes differently."
        )
    return result


def _find(id: str) -> Published:
    try:
        return published_values()[id]
    except KeyError:
        known = ", ".join(repr(name) for name in published_values())
        raise KeyError(f"no published value {id!r}; there are {known}") from None


def _short(value: Any) -> str:
    array = np.asarray(value)
    if array.size > 3:
        return f"{array.size} values from {array.flat[0]:g} to {array.flat[-1]:g}"
    return str(array.tolist())
