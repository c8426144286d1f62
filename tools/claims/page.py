"""What a page says, section by section, and what its checks quote of it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from helpers.claims import number_value
from tools.prose import Canonical, Section, cells, option_lines, sections

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


def claims_of(text: str) -> list[str]:
    """The quotes of all claims of a percent script."""
    page = read_page(text, "script.py")
    return [
        q.text for quotes in page.quotes.values() for q in quotes if q.kind == "claim"
    ]


def number_texts(text: str) -> list[str]:
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
            for number in number_texts(quote.text) if quote.kind == "given" else ():
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
