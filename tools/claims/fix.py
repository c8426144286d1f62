"""Execute chapters to find claims that do not hold; put changed numbers right."""

import difflib
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from helpers.claims import figures
from tools import chapters, execute
from tools.claims.page import Problem, Quote, read_page
from tools.prose import Canonical, Prose, Span


def fix(text: str, file: str, log: list[dict]) -> tuple[str, list[Problem]]:
    """The script with the numbers that `log` records as changed put right.

    `log` has what each claim found (see :func:`helpers.claims.claim`). What cannot be
    put right by exchanging digits, such as a condition or a bound that no longer
    holds, is returned as problems.
    """
    page = read_page(text, file)
    lines = text.splitlines(keepends=True)
    edits: list[tuple[int, int, int, str]] = []  # line, column, end column, new
    problems: list[Problem] = []
    for entry in log:
        if entry["holds"]:
            continue
        title = Canonical.of(entry["section"] or "").text
        quote = next(
            (q for q in page.quotes.get(title, []) if q.text == entry["quote"]), None
        )
        if quote is None:
            continue
        new = _new_tokens(entry)
        section = next(s for s in page.sections if s.title == title)
        found = [
            (prose, span)
            for prose in section.prose
            for span in prose.canonical.find(quote.canonical)
        ]
        if new is None or len(found) != 1:
            message = f"rewrite “{quote.text}”: it no longer holds"
            problems.append(Problem(file, quote.line, message))
            continue
        prose, span = found[0]
        edits += _edits_in_prose(prose, span, new)
        edits += _edits_in_code(lines, quote, new)
    for line, start, end, new_text in sorted(set(edits), reverse=True):
        old = lines[line - 1]
        lines[line - 1] = old[:start] + new_text + old[end:]
    return "".join(lines), problems


def _new_tokens(entry: dict) -> list[tuple[str, float]] | None:
    """Each number of the quote with its new value; None if digits are not enough.

    That is so for a bound, a range and a fraction, and for a number that stands in the
    quote more than once, since its places cannot be told apart.
    """
    if entry["values"] is None:
        return None
    found = figures(entry["quote"], len(entry["values"]))
    texts = [figure.text for figure in found]
    changed = [
        (figure, value)
        for figure, value in zip(found, entry["values"], strict=True)
        if not figure.holds(value)
    ]
    if any(
        figure.kind != "shown" or "/" in figure.text or texts.count(figure.text) > 1
        for figure, _ in changed
    ):
        return None
    return [(figure.text, value) for figure, value in changed]


def _edits_in_prose(
    prose: Prose, span: Span, new: list[tuple[str, float]]
) -> Iterator[tuple[int, int, int, str]]:
    canonical = prose.canonical
    wanted = {Canonical.of(text).text: value for text, value in new}
    for begin, end in canonical.tokens:
        shown = canonical.text[begin:end]
        if not (span[0] <= begin and end <= span[1] and shown in wanted):
            continue
        number = next(
            n for n in prose.numbers if n.start <= canonical.origin[begin] < n.end
        )
        line, column = prose.place(number.start)
        raw = prose.text[number.start : number.end]
        yield line, column, column + len(raw), restyle(raw, wanted[shown])


def _edits_in_code(
    lines: list[str], quote: Quote, new: list[tuple[str, float]]
) -> Iterator[tuple[int, int, int, str]]:
    for row in range(quote.line, quote.end_line + 1):
        for text, value in new:
            for match in re.finditer(
                rf"(?<![\w.]){re.escape(text)}(?![\d])", lines[row - 1]
            ):
                yield row, match.start(), match.end(), restyle(text, value)


def restyle(raw: str, value: float) -> str:
    """`value` in the style of `raw`: its decimals, its form, its marks of thousands."""
    if power := re.search(r"10\^\{?[-−+]?\d+\}?", raw):
        factor = raw[: power.start()]
        digits = re.search(r"[\d.]+", factor)
        decimals = len(digits[0].partition(".")[2]) if digits else 0
        mantissa, exponent = f"{value:.{decimals}e}".split("e")
        new = re.sub(r"[-−+]?[\d.]+", mantissa, factor, count=1)
        braces = "{}" if "{" in power[0] or int(exponent) < 0 else ("", "")
        return f"{new}10^{braces[0]}{int(exponent)}{braces[1]}"
    percent = re.search(r"\s?\\?%$", raw)
    body = raw[: percent.start()] if percent else raw
    value = value * 100 if percent else value
    if "e" in body.lower():
        decimals = len(re.split("[eE]", body)[0].partition(".")[2])
        mantissa, exponent = f"{value:.{decimals}e}".split("e")
        new = f"{mantissa}e{int(exponent)}"
    else:
        decimals = len(body.partition(".")[2])
        mark = re.search(r"\d(,|\{,\}|[\u2009\u202f\u00a0]|\\,)\d{3}", body)
        new = f"{value:,.{decimals}f}".replace(",", mark[1] if mark else "")
    if "−" in body:
        new = new.replace("-", "−")
    return new + (percent[0] if percent else "")


def fix_file(path: Path) -> list[Problem]:
    name = path.relative_to(chapters.ROOT).as_posix()
    text = path.read_text(encoding="utf-8")
    fixed, problems = fix(text, name, _log_of(path))
    if fixed != text:
        old, new = text.splitlines(keepends=True), fixed.splitlines(keepends=True)
        sys.stdout.writelines(difflib.unified_diff(old, new, name, name, n=1))
        path.write_text(fixed, encoding="utf-8")
    return problems


def false_claims(path: Path) -> list[Problem]:
    """Execute a chapter; each of its claims that does not hold."""
    file = path.relative_to(chapters.ROOT).as_posix()
    page = read_page(path.read_text(encoding="utf-8"), file)
    lines = {q.text: q.line for quotes in page.quotes.values() for q in quotes}
    return [
        Problem(
            file,
            lines.get(entry["quote"], 1),
            f"“{entry['quote']}” does not hold: computed {entry['values'] or False}",
        )
        for entry in _log_of(path)
        if not entry["holds"]
    ]


def _log_of(path: Path) -> list[dict]:
    """Execute a chapter without stopping at claims; what each claim found."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "claims.jsonl")
        execute.run(
            chapters.parse_file(path), path.parent, DOWNHILL_CLAIMS_LOG=str(log)
        )
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [json.loads(line) for line in lines]
