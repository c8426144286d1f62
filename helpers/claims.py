"""Tie the numbers in a chapter's prose to the values its code computes.

``claim("2.541", slope)`` says: *the page prints 2.541, and that is `slope` rounded to
the digits shown*. The build and the tests run with the environment variable
``DOWNHILL_STRICT`` set to 1, and there a claim that does not hold raises
:class:`ClaimError`. On a reader's own machine it explains itself and goes on, since
another processor or library version may round differently.
"""

import os
import re
from typing import SupportsFloat

import numpy as np

_NUMBER = r"[-+−]?\d+(?:,\d{3})*(?:\.\d+)?(?:[eE][-+]?\d+)?"
_SINGLE = re.compile(rf"({_NUMBER})(%?)")
_RANGE = re.compile(rf"({_NUMBER})(%?) to ({_NUMBER})(%?)")
_BOUND = re.compile(rf"([<>]) ({_NUMBER})(%?)")


class ClaimError(AssertionError):
    """A number on the page is not what the page's code computes."""


def claim(text: str, value: SupportsFloat) -> None:
    """Check that `value` is what the page says it is.

    Parameters
    ----------
    text
        The number as the page prints it. One of

        * a number, whose digits shown are the tolerance: ``"2.541"``,
          ``"1,728.2125"``, ``"1e-05"``; it holds if `value`, rounded to those digits,
          prints as `text`;
        * a percentage of a fraction: ``"14%"`` holds for 0.14;
        * a range, for figures that depend on the machine: ``"3 to 30"``;
        * a bound: ``"< 1e-6"`` or ``"> 100"``.
    value
        A real number, or an array with one element.

    Raises
    ------
    ValueError
        If `text` has none of these forms or `value` is not one real number.
    ClaimError
        If the claim does not hold and ``DOWNHILL_STRICT`` is 1.
    """
    number = _as_float(value)
    if _holds(text, number):
        return
    message = (
        f"The page says {text}, but this run computed {number!r}. "
        "Another processor or another version of a library can change the last digits; "
        "a larger difference means that the code above was changed."
    )
    if strict():
        raise ClaimError(message)
    print(f"Note: {message}")


def strict() -> bool:
    """Whether a check that fails must stop the run (``DOWNHILL_STRICT`` is 1)."""
    return os.environ.get("DOWNHILL_STRICT") == "1"


def _as_float(value: SupportsFloat) -> float:
    array = np.asarray(value)
    if array.size != 1 or np.iscomplexobj(array):
        raise ValueError(
            f"claim() checks one real number, but got an array of shape {array.shape} "
            f"and type {array.dtype}"
        )
    return float(array.reshape(()))


def _holds(text: str, value: float) -> bool:
    if match := _SINGLE.fullmatch(text):
        return _same_when_rounded(match[1], value * 100 if match[2] else value)
    if match := _RANGE.fullmatch(text):
        low, high = _bound(match[1], match[2] or match[4]), _bound(match[3], match[4])
        if low > high:
            raise ValueError(f"the range {text!r} ends below its start")
        return low <= value <= high
    if match := _BOUND.fullmatch(text):
        limit = _bound(match[2], match[3])
        return value < limit if match[1] == "<" else value > limit
    raise ValueError(
        f"claim() cannot read {text!r}: expected a number such as '2.541', '1,024', "
        "'1e-05' or '14%', a range such as '3 to 30', or a bound such as '< 1e-6'"
    )


def _same_when_rounded(shown: str, value: float) -> bool:
    plain = shown.replace(",", "").replace("−", "-").lstrip("+").lower()
    mantissa, _, exponent = plain.partition("e")
    decimals = len(mantissa.partition(".")[2])
    if exponent:
        return float(f"{value:.{decimals}e}") == float(plain)
    return float(f"{value:.{decimals}f}") == float(plain)


def _bound(number: str, percent: str) -> float:
    value = float(number.replace(",", "").replace("−", "-"))
    return value / 100 if percent else value
