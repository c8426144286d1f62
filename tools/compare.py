"""Compare the outputs of two executions of the same cell, each as what it is.

Text must be equal, and so must printed numbers, digit by digit; only measured times may
differ. A figure must have the same elements, colors and text, and coordinates that
differ by less than an eye can see. Pictures and videos are compared by their pixels,
tables by their cells, and records for programs by their values.

Bytes are compared only to see at once that two outputs are the same, because two
executions on one machine can differ in the last digits. For example, the default
method of `torch.linalg.lstsq` (PyTorch 2.13) finds in memory that nobody has written
which column to take first.
"""

import base64
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from itertools import zip_longest
from typing import Any

from tools.compare_pixels import compare_pictures, compare_sizes, compare_videos
from tools.compare_svg import compare_figures

MESSAGES = 5  # as many for each output; one shifted axis moves all that is drawn
RECORD_TOLERANCE = 1e-5  # relative, for numbers that no page prints

_UNITS = r"ns|µs|us|ms|s|min|h|hours?|days?|years?|seconds?|minutes?"
_AMOUNT = r"[ \t]*\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?"
_MEASURED = [
    (re.compile(rf"{_AMOUNT}[^\S\n]?(?:{_UNITS})\b"), " TIME"),
    (re.compile(rf"{_AMOUNT} times as (fast|long|slow)\b"), r" N times as \1"),
]
_DATA_URI = re.compile(r"data:(?P<kind>[\w/+.-]+);base64,(?P<data>.*)", re.DOTALL)


def differences(
    reference: Sequence[Mapping[str, Any]], outputs: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Say how `outputs` differ from those of an earlier run; empty if they agree.

    Parameters
    ----------
    reference, outputs
        The outputs of one code cell in the two runs, as nbformat 4 has them. Their
        metadata and execution counts are not compared.
    """
    old, new = _joined_streams(reference), _joined_streams(outputs)
    kinds = [_kinds(old), _kinds(new)]
    if kinds[0] != kinds[1]:
        return [f"the outputs are {kinds[1]} instead of {kinds[0]}"]
    messages = []
    for number, (before, after) in enumerate(zip(old, new, strict=True), start=1):
        found = [f"output {number}, {m}" for m in _compare_output(before, after)]
        messages += found[:MESSAGES]
        if len(found) > MESSAGES:
            messages.append(f"output {number}: {len(found) - MESSAGES} more")
    return messages


def _joined_streams(outputs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The outputs, with all pieces of a stream in the place of the first one."""
    joined: list[dict[str, Any]] = []
    streams: dict[str, dict[str, Any]] = {}
    for output in outputs:
        if output["output_type"] != "stream":
            joined.append(dict(output))
        elif output["name"] in streams:
            streams[output["name"]]["text"] += output["text"]
        else:
            streams[output["name"]] = dict(output)
            joined.append(streams[output["name"]])
    return joined


def _kinds(outputs: list[dict[str, Any]]) -> str:
    kinds = []
    for output in outputs:
        kind = output.get("name") or output["output_type"]
        types = ", ".join(sorted(output.get("data", {})))
        kinds.append(f"{kind} ({types})" if types else kind)
    return " and ".join(kinds) or "none"


def _compare_output(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for key in ("text", "ename", "evalue"):
        if key in old:
            name = old.get("name", key)
            yield from _named(name, _compare_text(old[key], new[key]))
    for kind, before in old.get("data", {}).items():
        after = new["data"][kind]
        if kind == "image/png" and "image/svg+xml" in old["data"]:
            # Both show one figure, and the SVG says more. What is no difference there
            # can turn single pixels here.
            messages = compare_sizes(_decoded(before), _decoded(after))
        else:
            messages = _compare_data(kind, before, after)
        yield from _named(kind, messages)


def _named(name: str, messages: Iterator[str]) -> Iterator[str]:
    return (f"{name}: {message}" for message in messages)


def _compare_data(kind: str, old: Any, new: Any) -> Iterator[str]:
    """Compare two pieces of data of one media type."""
    if isinstance(old, str) and old == new:
        return iter(())
    if kind.endswith("json"):
        return _compare_records(old, new, "")
    if kind == "image/svg+xml":
        return compare_figures(old, new)
    if kind == "text/html":
        return _compare_html(old, new)
    if kind.startswith("image/"):
        return compare_pictures(_decoded(old), _decoded(new))
    if kind.startswith("video/"):
        return compare_videos(_decoded(old), _decoded(new))
    return _compare_text(old, new)


def _decoded(data: str) -> bytes:
    return base64.b64decode(data)


# Text and records


def _compare_text(old: str, new: str) -> Iterator[str]:
    lines = zip_longest(_masked(old).splitlines(), _masked(new).splitlines())
    for number, (before, after) in enumerate(lines, start=1):
        if before != after:
            yield f"line {number} is {_quoted(after)} instead of {_quoted(before)}"
            return


def _masked(text: str) -> str:
    """`text` without what is measured anew in each run."""
    for pattern, replacement in _MEASURED:
        text = pattern.sub(replacement, text)
    return text


def _quoted(text: str | None) -> str:
    if text is None:
        return "missing"
    return repr(text if len(text) <= 200 else text[:200] + "…")


def _compare_records(old: Any, new: Any, where: str) -> Iterator[str]:
    """Compare what JSON can say: numbers by value, everything else exactly."""
    here = where or "the record"
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() == new.keys():
        for key in old:
            yield from _compare_records(old[key], new[key], f"{where}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _compare_records(before, after, f"{where}[{index}]")
    elif isinstance(old, str) and isinstance(new, str):
        yield from (f"{here}: {message}" for message in _compare_text(old, new))
    elif _is_number(old) and _is_number(new):
        both_nan = math.isnan(old) and math.isnan(new)
        if not both_nan and not math.isclose(
            old, new, rel_tol=RECORD_TOLERANCE, abs_tol=RECORD_TOLERANCE**2
        ):
            yield f"{here} is {new!r} instead of {old!r}"
    elif old is not new:
        yield f"{here} is {_short_json(new)} instead of {_short_json(old)}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short_json(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 200 else text[:200] + "…"


# Tables, players and other HTML


class _Markup(HTMLParser):
    """The tags and texts of some HTML, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = [""]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.tags.append((f"/{tag}", {}))
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data


def _compare_html(old: str, new: str) -> Iterator[str]:
    before, after = _Markup(old), _Markup(new)
    names = [[tag for tag, _ in markup.tags] for markup in (before, after)]
    if names[0] != names[1]:
        counts = [f"{len(n)} tags, {n.count('tr')} rows" for n in names]
        yield f"other tags: {counts[1]} instead of {counts[0]}"
        return
    for one, two in zip(before.texts, after.texts, strict=True):
        yield from _compare_text(one, two)
    for (tag, old_values), (_, new_values) in zip(before.tags, after.tags, strict=True):
        if old_values.keys() != new_values.keys():
            yield f"<{tag}> has {list(new_values)} instead of {list(old_values)}"
            return
        for key, value in old_values.items():
            messages = _compare_html_values(value or "", new_values[key] or "")
            yield from (f"<{tag}> {key}: {message}" for message in messages)


def _compare_html_values(old: str, new: str) -> Iterator[str]:
    uris = _DATA_URI.match(old), _DATA_URI.match(new)
    if all(uris) and uris[0]["kind"] == uris[1]["kind"]:
        return _compare_data(uris[0]["kind"], uris[0]["data"], uris[1]["data"])
    return _compare_text(old, new)
