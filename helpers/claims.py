"""Tie the text of a chapter to the values that its code computes.

A *claim* quotes a few words of the page and gives the value that they stand for::

    with checks("A thousand steps, recorded"):
        claim("the multiplier is 2.541", multiplier)
        claim("each step is shorter", (np.diff(steps) < 0).all())

The build and the tests run with the environment variable ``DOWNHILL_STRICT`` set to 1,
and there a claim that does not hold raises :class:`ClaimError`. On a reader's own
machine it prints a sentence and goes on, since another processor or library version may
round differently, and since a reader is invited to change the code.

That each quote stands on the page, exactly once in the section that ``checks`` names,
and that every number of the page is quoted, is checked by ``tools/claims``.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
_SIGNED = rf"(?<![\w.])(?:(?<![\w)\]])[-+−])?{NUMBER}"
_ATOM = rf"{_SIGNED}(?:/{NUMBER})?(?: ?%)?(?!\d)"
_RANGE = re.compile(rf"({_ATOM})(?:–| to | and )({_ATOM})")
_FIGURE = re.compile(_ATOM)
_BELOW = r"(?:less|fewer|smaller|lower|shorter|sooner) than|below|under|<"
_AT_MOST = r"at most|no more than|not more than|up to|within|≤"
_ABOVE = r"(?:more|larger|greater|longer|higher|later) than|above|over|beyond|>"
_AT_LEAST = r"at least|no less than|no fewer than|≥"
_BOUND = re.compile(
    rf"(?:(?P<below>{_BELOW})|(?P<at_most>{_AT_MOST})|(?P<above>{_ABOVE})"
    rf"|(?P<at_least>{_AT_LEAST})) $",
    re.IGNORECASE,
)

_CAUSE = (
    "Either the code above was changed, or another processor or library version "
    "computes a little differently."
)


class ClaimError(AssertionError):
    """A sentence of the page is not true of what the page's code computes."""


@dataclass(frozen=True)
class Figure:
    """One number of a quote, or two that form a range, and what it promises.

    `kind` is ``"shown"`` (the value rounds to `text`), ``"range"``, or one of the
    bounds ``"below"``, ``"at_most"``, ``"above"``, ``"at_least"``.
    """

    kind: str
    text: str
    end: str = ""

    def holds(self, value: float) -> bool:
        """Whether `value` keeps the promise."""
        if self.kind == "shown":
            return _same_when_rounded(self.text, value)
        low = number_value(self.text)
        match self.kind:
            case "range":
                return low <= value <= number_value(self.end)
            case "below":
                return value < low
            case "at_most":
                return value <= low
            case "above":
                return value > low
        return value >= low


class checks:
    """The checks of one section of a page; named like the section.

    Parameters
    ----------
    section
        The heading of the section that the claims in the ``with`` block quote.

    Raises
    ------
    ClaimError
        At the end of the block, with all claims that do not hold, if
        ``DOWNHILL_STRICT`` is 1. Elsewhere nothing in the block stops a run: a claim
        that does not hold, or an error in the code of the checks, prints a note.
    """

    _open: "checks | None" = None

    def __init__(self, section: str) -> None:
        self.section = section
        self.failed: list[str] = []

    def __enter__(self) -> None:
        checks._open = self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        checks._open = None
        if error is None:
            if self.failed:
                raise ClaimError("\n".join(self.failed))
            return False
        if strict() or not isinstance(error, Exception):
            return False
        print(
            f"Note on “{self.section}”: its text could not be checked further "
            f"({type(error).__name__}: {error}). The code above was changed, or a "
            "library behaves differently."
        )
        return True


def claim(quote: str, *values: object) -> None:
    """Check that what the page says in `quote` is true of `values`.

    Parameters
    ----------
    quote
        Words of the page. A power of ten is written as ``1e-5``, a formula without its
        ``$``.
    values
        Either one condition, a bool: the words hold if it is true. Or one real number
        (or array with one element) for each number in the quote, in order. A number's
        digits are its tolerance: ``2.541`` holds if the value rounds to it, ``14%``
        holds for 0.14, ``1/333`` if one over the value rounds to 333. If its words say
        so, a number is a bound (``less than 3``, ``at most``, ``above``, ``at least``,
        ``<`` …), or two are a range (``9 to 12``, ``between 9 and 12``) for one value.

    Raises
    ------
    ValueError
        If the numbers in the quote and `values` do not match one another.
    ClaimError
        If the claim does not hold and ``DOWNHILL_STRICT`` is 1.
    """
    condition = _as_condition(values)
    if condition is not None:
        holds, computed = condition, ""
    else:
        numbers = [_as_float(value) for value in values]
        found = figures(quote, len(numbers))
        holds = all(f.holds(number) for f, number in zip(found, numbers, strict=True))
        computed = ", ".join(f"{number!r}" for number in numbers)
    if log := os.environ.get("DOWNHILL_CLAIMS_LOG"):
        _record(Path(log), quote, None if condition is not None else numbers, holds)
        return
    if holds:
        return
    says = f"the page says “{quote}”, "
    what = f"but this run computed {computed}" if computed else "but it does not hold"
    name = f" on “{checks._open.section}”" if checks._open else ""
    if not strict():
        print(f"Note{name}: {says}{what}{' here' if not computed else ''}. {_CAUSE}")
    elif checks._open:
        checks._open.failed.append(f"{says}{what}{name and f' ({name.strip()})'}")
    else:
        raise ClaimError(f"{says}{what}")


def given(*quotes: str) -> None:
    """Name inputs: numbers of the page that its shown code has as they stand.

    Nothing is computed here. That the shown code of the section (of the chapter, for a
    section without code) has each number of each quote is checked by
    ``tools/claims``. Where the code has a name for the number, use :func:`claim`,
    which also tells a reader who changes it.
    """


def figures(quote: str, count: int) -> list[Figure]:
    """The numbers of `quote`, read as `count` figures.

    Raises ValueError if that cannot be done: a quote with a range has one figure for
    its two numbers, or two if two values are given for it.
    """
    with_ranges = _read(quote, joined=True)
    plain = _read(quote, joined=False)
    for found in (with_ranges, plain):
        if len(found) == count:
            return found
    raise ValueError(
        f"the quote {quote!r} has {len(plain)} number{'s' * (len(plain) != 1)}, but "
        f"{count} value{'s were' if count != 1 else ' was'} given; expected one value "
        "for each number or range, or one condition (a bool) for all of it"
    )


def _read(quote: str, *, joined: bool) -> list[Figure]:
    found, position = [], 0
    while match := _FIGURE.search(quote, position):
        span = _RANGE.match(quote, match.start()) if joined else None
        if span and not (" and " in span[0] and not _after_between(quote, span)):
            ends = sorted((span[1], span[2]), key=number_value)
            if "%" in span[2] and "%" not in span[1]:
                ends = sorted((span[1] + "%", span[2]), key=number_value)
            found.append(Figure("range", *ends))
            position = span.end()
            continue
        bound = _BOUND.search(quote[: match.start()])
        kind = bound.lastgroup if bound else "shown"
        found.append(Figure(kind or "shown", match[0]))
        position = match.end()
    return found


def _after_between(quote: str, span: re.Match[str]) -> bool:
    return quote[: span.start()].rstrip().lower().endswith("between")


def number_value(text: str) -> float:
    """The value of a number as a page prints it: ``1,024``, ``14%``, ``1/3``."""
    plain = re.sub(r"[,\s]", "", text).replace("−", "-")
    percent = plain.endswith("%")
    top, _, bottom = plain.rstrip("%").partition("/")
    value = float(top) / (float(bottom) if bottom else 1)
    return value / 100 if percent else value


def strict() -> bool:
    """Whether a check that fails must stop the run (``DOWNHILL_STRICT`` is 1)."""
    return os.environ.get("DOWNHILL_STRICT") == "1"


def _as_condition(values: tuple[object, ...]) -> bool | None:
    if len(values) != 1:
        return None
    array = np.asarray(values[0])
    return bool(array.reshape(())) if array.dtype == bool and array.size == 1 else None


def _as_float(value: object) -> float:
    array = np.asarray(value)
    if array.size != 1 or array.dtype.kind not in "fiu":
        raise ValueError(
            "claim() checks real numbers or one condition, but got an array of shape "
            f"{array.shape} and type {array.dtype}"
        )
    return float(array.reshape(()))


def _same_when_rounded(shown: str, value: float) -> bool:
    if "/" in shown:
        top, bottom = shown.split("/")
        return value != 0 and _same_when_rounded(bottom, number_value(top) / value)
    if shown.endswith("%"):
        value = value * 100
    plain = re.sub(r"[,\s%]", "", shown).replace("−", "-").lower()
    mantissa, _, exponent = plain.partition("e")
    decimals = len(mantissa.partition(".")[2])
    if exponent:
        return float(f"{value:.{decimals}e}") == float(plain)
    return float(f"{value:.{decimals}f}") == float(plain)


def _record(log: Path, quote: str, numbers: list[float] | None, holds: bool) -> None:
    """Append what was claimed, for ``python -m tools.claims --fix``."""
    section = checks._open.section if checks._open else None
    entry = {"section": section, "quote": quote, "values": numbers, "holds": holds}
    with log.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
