"""Compare figures of two executions, as the SVG documents that Matplotlib writes.

Two figures agree if they have the same elements, colors and text, and if their
coordinates agree within `COORDINATE_TOLERANCE`.
"""

import base64
import math
import re
from collections.abc import Iterator
from itertools import zip_longest
from xml.etree import ElementTree

from tools.compare_pixels import compare_pictures

# In points, less than a hundredth of a line's width. A last digit of float32 moves a
# point of a figure by 0.00002.
COORDINATE_TOLERANCE = 0.01
# For the other numbers: a line's width, an opacity, a scale.
RELATIVE_TOLERANCE = 1e-4

_COORDINATES = {"d", "points", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r"}
_COORDINATES |= {"width", "height", "viewBox", "translate"}
_OTHER_NUMBERS = {"style", "scale", "rotate", "matrix"}
_FUNCTION = re.compile(r"(\w+)\(([^()]*)\)")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_TOKEN = re.compile(rf"#\w+|[A-Za-z_][\w-]{{2,}}|{_NUMBER}")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
# Matplotlib names what is drawn several times by a hash of its coordinates.
_HASHED = re.compile(r"\w*[0-9a-f]{10}")
_PICTURE = "data:image/png;base64,"


def compare_figures(old: str, new: str) -> Iterator[str]:
    """Compare two SVG documents."""
    return _Figures(_parsed(old), _parsed(new)).compare()


def _parsed(svg: str) -> ElementTree.Element:
    # Matplotlib writes a figure's words into comments; letters are drawn as paths.
    builder = ElementTree.TreeBuilder(insert_comments=True)
    return ElementTree.fromstring(svg, ElementTree.XMLParser(target=builder))


class _Figures:
    """Two figures, walked through side by side from their first elements.

    What an element refers to, such as the shape of a marker, is compared where it is
    used, because its name may be made from its coordinates.
    """

    def __init__(self, old: ElementTree.Element, new: ElementTree.Element) -> None:
        self.roots = old, new
        self.named = [{e.get("id"): e for e in root.iter()} for root in self.roots]
        self.compared: set[tuple[str, str]] = set()

    def compare(self) -> Iterator[str]:
        return self._elements(*self.roots, "")

    def _elements(
        self, old: ElementTree.Element, new: ElementTree.Element, where: str
    ) -> Iterator[str]:
        where = f"{where}/{_name(old)}" if old.get("id") or not where else where
        if _name(old) != _name(new):
            yield f"{where} is {_name(new)} instead of {_name(old)}"
            return
        if _words(old) != _words(new):
            yield f"{where} says {_words(new)!r} instead of {_words(old)!r}"
            return
        yield from self._attributes(old, new, where)
        children = _drawn(old), _drawn(new)
        for before, after in zip_longest(*children):
            if before is None or after is None or _name(before) != _name(after):
                yield (
                    f"{where} has {len(children[1])} elements instead of "
                    f"{len(children[0])}: {_described(after)} in the place of "
                    f"{_described(before)}"
                )
                return
            yield from self._elements(before, after, where)

    def _attributes(
        self, old: ElementTree.Element, new: ElementTree.Element, where: str
    ) -> Iterator[str]:
        if set(old.keys()) != set(new.keys()):
            changed = sorted(set(old.keys()) ^ set(new.keys()))
            yield f"{where}: only one of the two has {', '.join(changed)}"
            return
        for key, before in old.items():
            after, attribute = new.get(key), _local(key)
            here = f"{where}, {attribute}"
            if attribute == "href":
                before, after = (
                    re.sub("^#.*", r"url(\g<0>)", v) for v in (before, after)
                )
            names = _REFERENCE.findall(before), _REFERENCE.findall(after)
            if len(names[0]) == len(names[1]):
                for pair in zip(*names, strict=True):
                    yield from self._targets(*pair, here)
                before, after = (_REFERENCE.sub("", v) for v in (before, after))
            for message in _compare_values(attribute, before, after):
                yield f"{here}: {message}"

    def _targets(self, old: str, new: str, where: str) -> Iterator[str]:
        """Compare what two references lead to."""
        if (old, new) in self.compared:
            return
        self.compared.add((old, new))
        targets = self.named[0].get(old), self.named[1].get(new)
        if None in targets or (old != new and not _is_hashed(old, new)):
            yield f"{where}: {new} instead of {old}"  # such as another letter
        else:
            yield from self._elements(*targets, where)


def _is_hashed(*names: str) -> bool:
    return all(_HASHED.fullmatch(name) for name in names)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _name(element: ElementTree.Element) -> str:
    """The element's own name, or its kind if that name is made from coordinates."""
    if element.tag is ElementTree.Comment:
        return "text"
    name = element.get("id")
    return name if name and not _is_hashed(name) else _local(element.tag)


def _described(element: ElementTree.Element | None) -> str:
    return "nothing" if element is None else _name(element)


def _words(element: ElementTree.Element) -> str:
    return (element.text or "").strip()


def _drawn(element: ElementTree.Element) -> list[ElementTree.Element]:
    """The children that are drawn where they stand."""
    return [
        child
        for child in element
        if child.tag is ElementTree.Comment or _local(child.tag) != "defs"
    ]


def _compare_values(attribute: str, old: str, new: str) -> Iterator[str]:
    """Compare two values of an attribute in which nothing refers to an element."""
    if old == new or (attribute == "id" and _is_hashed(old, new)):
        return iter(())
    if old.startswith(_PICTURE) and new.startswith(_PICTURE):
        data = (base64.b64decode(uri.removeprefix(_PICTURE)) for uri in (old, new))
        return compare_pictures(*data)
    if attribute == "transform":
        return _compare_transforms(old, new)
    return _compare_numbers(attribute, old, new)


def _compare_transforms(old: str, new: str) -> Iterator[str]:
    functions = _FUNCTION.findall(old), _FUNCTION.findall(new)
    names = [[name for name, _ in found] for found in functions]
    if names[0] != names[1]:
        yield f"{new!r} instead of {old!r}"
        return
    for (name, before), (_, after) in zip(*functions, strict=True):
        yield from _compare_numbers(name, before, after)


def _compare_numbers(attribute: str, old: str, new: str) -> Iterator[str]:
    """Compare values in which numbers stand between words, letters and colors."""
    if attribute not in _COORDINATES | _OTHER_NUMBERS:
        if old != new:
            yield f"{_short(new)} instead of {_short(old)}"
        return
    before, after = _split(old), _split(new)
    if len(before[0]) != len(after[0]):
        yield f"{len(after[0])} numbers instead of {len(before[0])}"
    elif before[1] != after[1]:
        yield f"{_short(new)} instead of {_short(old)}"
    else:
        numbers = zip(before[0], after[0], strict=True)
        for index, (a, b) in enumerate(numbers, start=1):
            if not _close(a, b, attribute):
                count = len(before[0])
                place = f" (number {index} of {count})" if count > 1 else ""
                yield f"{b:g} instead of {a:g}{place}"
                return


def _split(text: str) -> tuple[list[float], str]:
    """The numbers of an attribute, and all the rest of it."""
    numbers = []

    def take(match: re.Match[str]) -> str:
        if match[0][0] in "#_" or match[0][0].isalpha():
            return match[0]
        numbers.append(float(match[0]))
        return "0"

    return numbers, " ".join(_TOKEN.sub(take, text).split())


def _close(old: float, new: float, attribute: str) -> bool:
    if attribute in _COORDINATES:
        return abs(old - new) <= COORDINATE_TOLERANCE
    return math.isclose(old, new, rel_tol=RELATIVE_TOLERANCE, abs_tol=1e-8)


def _short(value: str) -> str:
    return repr(value if len(value) <= 200 else value[:200] + "…")
