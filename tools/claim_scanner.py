"""Find numbers in prose that no code of the same chapter stands behind.

A number in a Markdown cell, a caption or an alternative text must be *bound*: by the
text of a top-level ``claim("2.541", value)`` of the chapter, digit for digit, or by a
numeric literal in the chapter's visible code (an input), by value. A page without code
may print what a chapter claims. What is exempt is listed in `_EXEMPT` and `_scan_math`,
each rule with its reason.

Run as ``python -m tools.claim_scanner FILE ...`` to list what is unbound.
"""

import ast
import re
import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

_SPACES = "\u2009\u202f\u00a0"  # thin and no-break spaces between groups of thousands
_NUMBER = (
    rf"\d{{1,3}}(?:[,{_SPACES}]\d{{3}})+(?:\.\d+)?"  # 1,728.2125
    r"|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"  # 2.541, 1e-05
    r"|\.\d+"
)
# Not inside a word or identifier (float32, x_1) and not the rest of another number.
_TOKEN = re.compile(
    rf"(?<![\w.])(?P<sign>(?<![\w)\]])[-−+])?(?P<number>{_NUMBER})"
    r"(?P<percent>\s?\\?%)?(?![\d])"
)
_POWER_OF_TEN = re.compile(
    rf"(?P<sign>[-−+]?)(?:(?P<factor>{_NUMBER})\s*(?:\\times|\\cdot|×|·)\s*)?"
    r"(?<!\d)10(?:\^(?:\{(?P<braced>[-−+]?\d+)\}|(?P<bare>\d))|(?P<raised>[⁻⁺]?[⁰¹²³⁴-⁹]+))"
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")

_MATH = re.compile(
    r"\$\$(?P<dollars>.+?)\$\$"
    r"|(?P<fence>`{3,}|:{3,})\{math\}(?P<block>.*?)(?P=fence)"
    r"|(?<![\\$])\$(?P<inline>[^$]+?)(?<!\\)\$"
    r"|\{math\}`(?P<role>[^`]+)`",
    re.DOTALL,
)

_EXEMPT = [
    # Code shown to be read or run is not prose; a directive's content is.
    re.compile(r"^(?P<f>`{3,}|~{3,})(?!\{)[^\n]*\n.*?^(?P=f)`*~*\s*$", re.M | re.S),
    re.compile(r"^(?P<f>`{3,})\{code[^\n]*\n.*?^(?P=f)`*\s*$", re.M | re.S),
    # Labels, options of directives, targets of links: names, not statements.
    re.compile(r"^\([\w-]+\)=\s*$", re.M),
    re.compile(r"^:(?:label|name|class|width|height|alt-text|open):[^\n]*$", re.M),
    re.compile(r"^[`:]{3,}\{(?:exercise|solution|figure|image)[^\n]*$", re.M),
    re.compile(r"\{(?:ref|term)\}`(?P<keep>[^`<]*)<[^`>]*>`"),
    re.compile(r"\{(?:ref|term)\}`[^`]*`"),
    re.compile(r"\]\([^)\s]*\)"),
    re.compile(r"https?://[^\s>)]+"),
    re.compile(r"<!--.*?-->|</?[a-zA-Z][^>]*>", re.S),
    # References and citations get their numbers from the build.
    re.compile(
        r"\{(?:numref|eq|doc|cite|cite:[a-z]+|prf:ref|chapter-time|download)\}`[^`]*`"
    ),
    # Inline code, unless it is nothing but a number.
    re.compile(rf"(?<!`)(`+)(?!`)(?!\s*[-−+]?(?:{_NUMBER})\s*%?\s*`).+?\1(?!`)", re.S),
    # Numbered lists, numbered places, dates, versions and kinds of array.
    re.compile(r"^\s*\d+[.)] ", re.M),
    re.compile(
        r"\b(?:[Cc]hapters?|[Pp]arts?|[Ss]ections?|[Ee]xercises?|[Ff]igures?|[Tt]ables?)"
        r"\s\d+(?:\.\d+)?(?:(?:, | and | to |–)\d+(?:\.\d+)?)*"
    ),
    re.compile(r"\((?:1[6-9]|20)\d\d[a-z]?\)"),
    re.compile(
        r"\b(?:January|February|March|April|May|June|July|August|September|October"
        r"|November|December) (?:1[6-9]|20)\d\d\b"
    ),
    re.compile(r"\b(?:Python|NumPy|JAX|PyTorch|Matplotlib|pandas) \d+(?:\.\d+)*"),
    re.compile(r"\b(?:8|16|32|64)[- ]bits?\b|\b[123]-?D\b|\bH\.264\b"),
]

_DRAWING = re.compile(r"(?:.*_)?(?:ax|axes|axs|fig|figure|plt)\d?")


@dataclass(frozen=True, order=True)
class Unbound:
    """A number that the page's code does not stand behind, and where it is."""

    file: str
    line: int
    number: str
    reason: str = "no claim and no input of this chapter has this number"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.number}: {self.reason}"


@dataclass(frozen=True)
class _Number:
    line: int
    text: str
    value: Decimal
    percent: bool

    @property
    def shown(self) -> tuple[object, bool]:
        """Sign, digits and places: 2.50 is not 2.5, but 1e-05 is 0.00001."""
        return self.value.as_tuple(), self.percent


def scan(text: str, file: str, claimed: Collection[str] = ()) -> list[Unbound]:
    """All numbers in the prose of a percent script or Markdown page that are unbound.

    `text` is the content of `file`. A name that ends in ``.md`` has no code: every
    number in it that is not exempt must be one of `claimed`, the texts of claims in
    other files. Raises SyntaxError if a code cell is not Python.
    """
    prose, code = ([(1, text)], []) if file.endswith(".md") else _split(text)
    claims = {number.shown for known in claimed for number in _numbers(known, 1)}
    inputs, found = set(), []
    for tree, hidden in code:
        for line, claim_text, literal in _claims(tree):
            if literal:
                found.append(
                    Unbound(file, line, claim_text, "this claim checks only a literal")
                )
            claims |= {number.shown for number in _numbers(claim_text, line)}
        if not hidden:
            inputs |= set(_inputs(tree))
    for start, source in prose:
        for number in _numbers(source, start):
            values = {number.value, number.value / 100} if number.percent else None
            if number.shown in claims or inputs & (values or {number.value}):
                continue
            found.append(Unbound(file, number.line, number.text))
    return sorted(found)


def claim_texts(text: str) -> list[str]:
    """The texts of all top-level claims in a percent script."""
    return [claim for tree, _ in _split(text)[1] for _, claim, _ in _claims(tree)]


def _split(text: str) -> tuple[list[tuple[int, str]], list[tuple[ast.Module, bool]]]:
    """Prose as (first line, text), code as (syntax tree, hidden)."""
    prose: list[tuple[int, str]] = []
    code: list[tuple[ast.Module, bool]] = []
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if re.match(r"# %%( |$)", line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        header, body = lines[start], lines[start + 1 : end]
        if "[markdown]" in header:
            plain = "\n".join(re.sub(r"^# ?", "", line) for line in body)
            prose.append((start + 2, plain))
            continue
        shown = next((n for n, s in enumerate(body) if not s.startswith("#|")), 0)
        options = [re.sub(r"^#\|\s*(?:name:.*|\w+:)?", "", s) for s in body[:shown]]
        prose.append((start + 2, "\n".join(options)))
        source = "\n".join(body[shown:])
        tree = ast.parse("\n" * (start + 1 + shown) + source)
        code.append((tree, "remove-cell" in header))
    return prose, code


def _claims(tree: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """Line and text of each top-level claim, and whether it checks a mere literal."""
    for statement in tree.body:
        if not isinstance(statement, ast.Expr):
            continue
        match statement.value:
            case ast.Call(
                func=ast.Name(id="claim"),
                args=[ast.Constant(value=str(text)), value],
            ):
                yield statement.lineno, text, _literal(value) is not None


def _inputs(tree: ast.AST) -> Iterator[Decimal]:
    """The numeric literals of the code, without those that style a drawing."""
    if isinstance(tree, ast.Call) and _DRAWING.fullmatch(_root_name(tree.func)):
        return
    if isinstance(tree, ast.expr) and (value := _literal(tree)) is not None:
        yield Decimal(repr(value))
        yield Decimal(repr(abs(value)))
    for child in ast.iter_child_nodes(tree):
        yield from _inputs(child)


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


def _numbers(text: str, first_line: int) -> Iterator[_Number]:
    for pattern in _EXEMPT[:2]:  # code blocks may hold dollar signs
        text = pattern.sub(_blank, text)
    for match in _MATH.finditer(text):
        line = first_line + text.count("\n", 0, match.start())
        yield from _scan_math(next(filter(None, match.groups()[::-1])), line)
    text = _MATH.sub(_blank, text)
    for pattern in _EXEMPT[2:]:
        text = pattern.sub(_blank, text)
    yield from _tokens(text, first_line)


def _scan_math(latex: str, first_line: int) -> Iterator[_Number]:
    latex = latex.replace("{,}", ",").replace(r"\,", "\u2009")
    latex = re.sub(r"^:label:.*$", _blank, latex, flags=re.M)
    latex = re.sub(r"\\(?:label|text|mathrm|operatorname)\{[^}]*\}", _blank, latex)
    for number in _tokens(latex, first_line):
        digit = re.fullmatch(r"\d", number.text.lstrip("+-−"))
        if not digit:  # x², 2/n, ½: bare digits are the structure of a formula
            yield number


def _tokens(text: str, first_line: int) -> Iterator[_Number]:
    for match in _POWER_OF_TEN.finditer(text):
        exponent = match["braced"] or match["bare"] or match["raised"]
        exponent = exponent.translate(_RAISED).replace("−", "-")
        number = f"{match['sign']}{match['factor'] or 1}e{exponent}"
        yield _number(match, text, first_line, match[0], number, percent=False)
    text = _POWER_OF_TEN.sub(_blank, text)
    for match in _TOKEN.finditer(text):
        number = (match["sign"] or "") + match["number"]
        percent = bool(match["percent"])
        shown = number + ("%" if percent else "")
        yield _number(match, text, first_line, shown, number, percent=percent)


def _number(
    match: re.Match[str],
    text: str,
    first_line: int,
    shown: str,
    number: str,
    *,
    percent: bool,
) -> _Number:
    plain = re.sub(rf"[,{_SPACES}]", "", number).replace("−", "-")
    line = first_line + text.count("\n", 0, match.start())
    return _Number(line, shown, Decimal(plain), percent)


def _blank(match: re.Match[str]) -> str:
    """White space in place of a match but its group `keep`, so that lines stay."""
    kept = match.groupdict().get("keep")
    if kept is None:
        return re.sub(r"[^\n]", " ", match[0])
    before, after = match[0].split(kept, 1) if kept else ("", match[0])
    return " " * len(before) + kept + " " * len(after)


def main(arguments: list[str]) -> int:
    found = [
        unbound
        for name in arguments
        for unbound in scan(Path(name).read_text(encoding="utf-8"), name)
    ]
    print(*found, sep="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
