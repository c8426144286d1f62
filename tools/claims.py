"""Find text that no check stands behind, and put right numbers that have changed.

Every number in the prose of a chapter must stand in the quote of a claim, or of an
input that the section's shown code has, in the checks of its own section::

    with checks("The heading of the section"):
        claim("The answer is 2.541", multiplier)
        given("50 values", "0 to 5")

A quote must stand in its section exactly once, so a number that changes, or is
exchanged for another one of the page, leaves a quote without its place. Words that a
number stands behind ("twice as long") must be quoted by a claim as well. A Markdown
page has no code; it names the claim of a chapter that a number comes from::

    % claim "895,614 steps" chapters/05_conditioning

Run as ``python -m tools.claims [FILE ...]`` to list what is wrong; with ``--run`` to
execute the chapters too and list the claims that do not hold; with ``--fix`` to
rewrite, in prose and claim, the numbers that changed.
"""

import argparse
import ast
import difflib
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbclient.exceptions import CellExecutionError

from helpers.claims import figures, number_value
from tools import chapters, execute
from tools.prose import (
    NUMBER_WORDS,
    Canonical,
    Prose,
    Section,
    Span,
    cells,
    option_lines,
    sections,
)

EXERCISES = "Exercises"  # checks may follow each solution, not only the last
_DRAWING = re.compile(r"(?:.*_)?(?:ax|axes|axs|fig|figure|plt)\d?")
_PAGE_CLAIM = re.compile(r'^% claim "(?P<quote>[^"]+)" (?P<page>\S+)$', re.M)


@dataclass(frozen=True, order=True)
class Problem:
    """A place in a file and what is wrong there."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True)
class Quote:
    """Words that a check quotes, with the place of the string in the code.

    `kind` is ``claim``, ``given`` or, on a Markdown page, ``page``.
    """

    kind: str
    text: str
    line: int
    end_line: int = 0
    source: str = ""  # the page that a Markdown page's number comes from

    @property
    def canonical(self) -> Canonical:
        return Canonical.of(self.text)


@dataclass
class Page:
    """The sections of a file with the quotes made of each, and what its code shows."""

    file: str
    sections: list[Section]
    quotes: dict[str, list[Quote]] = field(default_factory=dict)
    literals: dict[str, set[float]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_page(text: str, file: str) -> Page:
    """Read a percent script, or a Markdown page if `file` ends in ``.md``.

    Raises SyntaxError if a code cell is not Python.
    """
    page = Page(file, sections(text, markdown=file.endswith(".md")))
    if file.endswith(".md"):
        _read_page_claims(page, text)
    else:
        _read_code(page, text)
    titles = [section.title for section in page.sections]
    for section in page.sections:
        if titles.count(section.title) > 1 and section.title in page.quotes:
            page.problems.append(
                Problem(file, section.line, f"two sections are named {section.title!r}")
            )
    for title, quotes in page.quotes.items():
        if title not in titles:
            message = f"no section is named {title!r}"
            page.problems.append(Problem(file, quotes[0].line, message))
    return page


def scan(
    text: str, file: str, claimed: dict[str, list[str]] | None = None
) -> list[Problem]:
    """All that is wrong with the text and the checks of a script or Markdown page.

    `claimed` has, for a Markdown page, the claims of each chapter by its path without
    suffix. Raises SyntaxError if a code cell is not Python.
    """
    page = read_page(text, file)
    found = list(page.problems)
    for section in page.sections:
        found += check_section(page, section)
    for quotes in page.quotes.values():
        for quote in quotes:
            if quote.kind == "page" and not _is_claimed(quote, claimed or {}):
                message = (
                    f"{quote.source} claims nothing with the numbers “{quote.text}”"
                )
                found.append(Problem(file, quote.line, message))
    return sorted(set(found))


def check_section(page: Page, section: Section) -> list[Problem]:
    """What is wrong between the prose of one section and the quotes made of it."""
    found: list[Problem] = []
    quoted: list[list[Span]] = [[] for _ in section.prose]
    claimed: list[list[Span]] = [[] for _ in section.prose]
    for quote in page.quotes.get(section.title, []):
        count = 0
        for index, prose in enumerate(section.prose):
            spans = prose.canonical.find(quote.canonical)
            count += len(spans)
            quoted[index] += spans
            claimed[index] += spans if quote.kind == "claim" else []
        if count != 1:
            often = f"{count} times" if count else "nowhere"
            message = (
                f"the quote “{quote.text}” stands {often} in “{section.title}”; "
                "quote the words of the text, enough of them to be unique"
            )
            found.append(Problem(page.file, quote.line, message))
    for prose, numbers, words in zip(section.prose, quoted, claimed, strict=True):
        unquoted = [*_unquoted_numbers(prose, numbers)]
        if not page.file.endswith(".md"):  # a page without code states rules
            unquoted += _unquoted_words(prose, words)
        for position, message in unquoted:
            found.append(Problem(page.file, prose.place(position)[0], message))
    return found


def _unquoted_numbers(prose: Prose, quoted: list[Span]) -> Iterator[tuple[int, str]]:
    for number in prose.numbers:
        if not _within(prose.canonical.token_at(number), quoted):
            yield number.start, f"{number.canonical}: no check quotes it"


def _unquoted_words(prose: Prose, claimed: list[Span]) -> Iterator[tuple[int, str]]:
    for words in NUMBER_WORDS.finditer(prose.canonical.text):
        if not _within(words.span(), claimed):
            place = prose.canonical.origin[words.start()]
            yield place, f"“{words[0]}”: no claim quotes these words"


def claims_of(text: str) -> list[str]:
    """The quotes of all claims of a percent script."""
    page = read_page(text, "script.py")
    return [
        q.text for quotes in page.quotes.values() for q in quotes if q.kind == "claim"
    ]


def _within(span: Span | None, spans: list[Span]) -> bool:
    return span is not None and any(
        begin <= span[0] and span[1] <= end for begin, end in spans
    )


def _is_claimed(quote: Quote, claimed: dict[str, list[str]]) -> bool:
    wanted = _number_texts(quote.text)
    return any(wanted == _number_texts(text) for text in claimed.get(quote.source, []))


def _number_texts(text: str) -> list[str]:
    canonical = Canonical.of(text)
    return [canonical.text[begin:end] for begin, end in canonical.tokens]


def _read_page_claims(page: Page, text: str) -> None:
    for match in _PAGE_CLAIM.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        title = ""
        for section in page.sections:
            if section.line <= line:
                title = section.title
        quote = Quote("page", match["quote"], line, line, match["page"])
        page.quotes.setdefault(title, []).append(quote)


def _read_code(page: Page, text: str) -> None:
    """Collect quotes, shown literals and what is wrong with the cells of checks."""
    starts = [(section.line, section.title) for section in page.sections]
    hidden_names: dict[str, bool] = {}
    for start, header, body in cells(text):
        if "[markdown]" in header:
            continue
        shown = option_lines(body)
        tree = ast.parse("\n" * (start + 1 + shown) + "\n".join(body[shown:]))
        here = [title for line, title in starts if line <= start + 1]
        if "remove-cell" in header:
            _read_hidden(page, tree, hidden_names)
        else:
            literals = page.literals.setdefault(here[-1] if here else "", set())
            literals |= set(_literals(tree))
    with_code = {title for title, found in page.literals.items() if found}
    everywhere = set().union(*page.literals.values())
    for title, quotes in page.quotes.items():
        known = page.literals[title] if title in with_code else everywhere
        if title == EXERCISES:
            known = everywhere
        for quote in quotes:
            for number in _number_texts(quote.text) if quote.kind == "given" else ():
                if not {number_value(number), abs(number_value(number))} & known:
                    message = f"{number}: no shown code of “{title}” has this number"
                    page.problems.append(Problem(page.file, quote.line, message))


def _read_hidden(page: Page, tree: ast.Module, constants: dict[str, bool]) -> None:
    if "sys.path" in ast.unparse(tree):  # lets a script find the helpers
        return
    blocks = 0
    for statement in tree.body:
        title = _checks_title(statement)
        if title is None:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                continue
            message = "a hidden cell holds imports and one block “with checks(…):”"
            page.problems.append(Problem(page.file, statement.lineno, message))
            return
        blocks += 1
        if blocks > 1 or (title in page.quotes and title != EXERCISES):
            message = f"more than one block of checks for “{title}”"
            page.problems.append(Problem(page.file, statement.lineno, message))
        quotes = page.quotes.setdefault(title, [])
        quotes += _read_block(page, statement.body, constants)


def _read_block(
    page: Page, body: list[ast.stmt], constants: dict[str, bool]
) -> Iterator[Quote]:
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Assert):
                message = "assert stops a reader's run without a word; use claim()"
                page.problems.append(Problem(page.file, node.lineno, message))
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                constants[name] = _literal(value) is not None
            case ast.Expr(value=ast.Call(func=ast.Name(id="claim"), args=args)):
                yield from _claim(page, statement, args, constants)
            case ast.Expr(value=ast.Call(func=ast.Name(id="given"), args=args)):
                for argument in args:
                    if isinstance(argument, ast.Constant):
                        span = argument.lineno, argument.end_lineno or argument.lineno
                        yield Quote("given", str(argument.value), *span)
            case _:
                for node in ast.walk(statement):
                    if isinstance(node, ast.Call) and _root_name(node.func) in (
                        "claim",
                        "given",
                    ):
                        message = (
                            "a check that may never run; put it directly in the block"
                        )
                        page.problems.append(Problem(page.file, node.lineno, message))


def _claim(
    page: Page, statement: ast.Expr, args: list[ast.expr], constants: dict[str, bool]
) -> Iterator[Quote]:
    line = statement.lineno
    match args:
        case [ast.Constant(value=str(text)) as quote, *values] if values:
            known = all(
                _literal(value) is not None
                or isinstance(value, ast.Constant)
                or (isinstance(value, ast.Name) and constants.get(value.id, False))
                for value in values
            )
            if known:
                message = f"the claim “{text}” checks only a literal"
                page.problems.append(Problem(page.file, line, message))
            yield Quote("claim", text, quote.lineno, quote.end_lineno or quote.lineno)
        case _:
            message = "claim() takes a quote, written out, and values"
            page.problems.append(Problem(page.file, line, message))


def _checks_title(statement: ast.stmt) -> str | None:
    match statement:
        case ast.With(
            items=[
                ast.withitem(
                    context_expr=ast.Call(
                        func=ast.Name(id="checks"),
                        args=[ast.Constant(value=str(title))],
                    )
                )
            ]
        ):
            return Canonical.of(title).text
    return None


def _literals(tree: ast.AST) -> Iterator[float]:
    """The numeric literals of the code, without those that style a drawing."""
    if isinstance(tree, ast.Call) and _DRAWING.fullmatch(_root_name(tree.func)):
        return
    if isinstance(tree, ast.expr) and (value := _literal(tree)) is not None:
        yield float(value)
        yield abs(float(value))
    for child in ast.iter_child_nodes(tree):
        yield from _literals(child)


def _root_name(node: ast.expr) -> str:
    """``ax`` for ``ax.set`` and ``axes[0].plot``; empty if there is no name."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _literal(node: ast.expr) -> int | float | None:
    """The value of a number, or of an arithmetic expression of numbers only."""
    allowed = (ast.Constant, ast.UnaryOp, ast.BinOp, ast.operator, ast.unaryop)
    parts = list(ast.walk(node))
    if not all(isinstance(part, allowed) for part in parts):
        return None
    constants = [part.value for part in parts if isinstance(part, ast.Constant)]
    if not all(type(value) in (int, float) for value in constants):
        return None
    try:
        value = eval(compile(ast.Expression(node), "<literal>", "eval"), {})
    except (ArithmeticError, TypeError, ValueError):
        return None
    return value if type(value) in (int, float) else None


# Numbers that changed


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
    """Each number of the quote with its new value; None if digits are not enough."""
    if entry["values"] is None:
        return None
    found = figures(entry["quote"], len(entry["values"]))
    if any(
        f.kind != "shown" and not f.holds(value)
        for f, value in zip(found, entry["values"], strict=True)
    ):
        return None
    return [
        (f.text, value)
        for f, value in zip(found, entry["values"], strict=True)
        if f.kind == "shown" and not f.holds(value)
    ]


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


def _log_of(path: Path) -> list[dict]:
    """Execute a chapter without stopping at claims; what each claim found."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "claims.jsonl")
        execute.run(
            chapters.parse_file(path), path.parent, DOWNHILL_CLAIMS_LOG=str(log)
        )
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return [json.loads(line) for line in lines]


def _false_claims(path: Path) -> list[Problem]:
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


def _fix_file(path: Path) -> list[Problem]:
    name = path.relative_to(chapters.ROOT).as_posix()
    text = path.read_text(encoding="utf-8")
    fixed, problems = fix(text, name, _log_of(path))
    if fixed != text:
        old, new = text.splitlines(keepends=True), fixed.splitlines(keepends=True)
        sys.stdout.writelines(difflib.unified_diff(old, new, name, name, n=1))
        path.write_text(fixed, encoding="utf-8")
    return problems


def problems_of(paths: list[Path]) -> list[Problem]:
    """All problems of these scripts and Markdown pages."""
    any_page = any(path.suffix == ".md" for path in paths)
    claimed = {
        path.relative_to(chapters.ROOT).with_suffix("").as_posix(): claims_of(
            path.read_text(encoding="utf-8")
        )
        for path in (chapters.chapter_paths() if any_page else ())
    }
    return [
        problem
        for path in paths
        for problem in scan(
            path.read_text(encoding="utf-8"),
            path.relative_to(chapters.ROOT).as_posix(),
            claimed,
        )
    ]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.claims", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("files", nargs="*", help="scripts or pages; else all chapters")
    parser.add_argument("--run", action="store_true", help="execute; list false claims")
    parser.add_argument("--fix", action="store_true", help="rewrite changed numbers")
    options = parser.parse_args(arguments)
    paths = [Path(name).resolve() for name in options.files] or chapters.chapter_paths()
    problems = problems_of(paths) if not options.fix else []
    if options.fix or options.run:
        for path in paths:
            print(f"Executing {path.name}", file=sys.stderr)
            try:
                problems += (_fix_file if options.fix else _false_claims)(path)
            except CellExecutionError as error:
                print(error, file=sys.stderr)
                return 1
    if options.fix:
        problems += problems_of(paths)
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
