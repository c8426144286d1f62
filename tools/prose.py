"""The prose of a chapter or page: its sections, the numbers in it, and where they are.

A percent script's prose is its Markdown cells and the captions and alternative texts
(``#|`` lines) of its code cells; a Markdown page is all prose. A section reaches from
one heading to the next. `Prose.canonical` is the text in the spelling in which quotes
are compared: numbers in one form (``1e-5``, ``1,024``, ``-2.5``, ``14%``), no marks of
emphasis, code or formulas, white space folded.
"""

import bisect
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property

from helpers.claims import NUMBER

_SPACES = "\u2009\u202f\u00a0"  # thin and no-break spaces between groups of thousands
_GROUP_MARK = rf"(?:,|\{{,\}}|[{_SPACES}]|\\,)"
_GROUPED = rf"\d{{1,3}}(?:{_GROUP_MARK}\d{{3}})+(?:\.\d+)?"
_TOKEN = re.compile(
    # A power of ten: 10^{-5}, 3 \times 10^5, 2 · 10⁻³.
    rf"(?<![\w.])(?P<sign>(?<![\w)\]}}])[-−+])?"
    rf"(?:(?:(?P<factor>{_GROUPED}|{NUMBER})\s*(?:\\times|\\cdot|×|·)\s*)?(?<!\d)10"
    r"(?:\^(?:\{(?P<braced>[-−+]?\d+)\}|(?P<bare>\d))|(?P<raised>[⁻⁺]?[⁰¹²³⁴-⁹]+))"
    # Any other number. Not inside a word or identifier, not the rest of another one.
    rf"|(?P<plain>{_GROUPED}|{NUMBER})(?P<percent>\s?\\?%)?(?!\d))"
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")

_FENCED = re.compile(
    r"(?P<open>^(?P<f>`{3,}|~{3,})(?P<info>[^\n]*)\n)(?P<body>.*?)"
    r"(?P<close>^(?P=f)[`~]*[ \t]*$)",
    re.M | re.S,
)
_MATH = re.compile(
    r"\$\$(?P<dollars>.+?)\$\$"
    r"|(?P<fence>`{3,}|:{3,})\{math\}(?P<block>.*?)(?P=fence)"
    r"|(?<![\\$])\$(?P<inline>[^$]+?)(?<!\\)\$"
    r"|\{math\}`(?P<role>[^`]+)`",
    re.DOTALL,
)
# In a formula: bare digits are its structure (x², 2/n, ½), labels and words are names.
_NOT_A_NUMBER_IN_MATH = re.compile(
    r"^:label:.*$|\\(?:label|text|mathrm|operatorname)\{[^}]*\}", re.M
)
_NOT_A_NUMBER = [
    # Labels, options of directives, targets of links: names, not statements.
    re.compile(r"^\([\w-]+\)=\s*$", re.M),
    re.compile(
        r"^:(?:label|name|class|width|height|alt-text|open|header-rows):[^\n]*$", re.M
    ),
    re.compile(
        r"^[`:]{3,}\{(?:exercise|solution|figure|image|chapter-figure)[^\n]*$", re.M
    ),
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
    re.compile(rf"(?<!`)(`+)(?!`)(?!\s*[-−+]?(?:{NUMBER})\s*%?\s*`).+?\1(?!`)", re.S),
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
    re.compile(r"\bCC BY \d\.\d\b|\bBSD \d-Clause\b"),
]

_SMALL = r"(?:two|three|four|five|six|seven|eight|nine|ten|twenty|thirty|forty|fifty)"
_LARGE = r"(?:hundred|thousand|million|billion)"
_PART = r"(?:third|quarter|fifth|sixth|eighth|tenth|hundredth|thousandth|millionth)"
# Words that a computed number stands behind: a comparison, or a share of something.
NUMBER_WORDS = re.compile(
    rf"\btwice (?:as|the|its|their|that)\b"
    rf"|\b(?:more|less|fewer) than half\b"
    rf"|\b(?:about|nearly|almost|roughly|over|under|at least|at most) (?:half|twice)\b"
    rf"|\b(?:{_SMALL}|{_LARGE}) times (?:as|the|more|less|\w+er)\b"
    rf"|\b(?:a|one|two|three) {_PART}s? (?:of|as)\b"
    rf"|\b(?:{_SMALL}|{_LARGE})-?fold\b",
    re.IGNORECASE,
)

_HEADING = re.compile(r"^#{1,6}\s+(?P<title>.*?)\s*$", re.M)
_CELL = re.compile(r"# %%( |$)")


Span = tuple[int, int]  # start and end in a canonical text


@dataclass(frozen=True)
class Number:
    """A number that prose prints: its place in `Prose.text` and its canonical form."""

    start: int
    end: int
    canonical: str


@dataclass(frozen=True)
class Prose:
    """A piece of running text and the lines of the file that it comes from.

    `places` has, for each line of `text`, the line in the file (counted from 1) and
    the column at which it begins there.
    """

    text: str
    places: tuple[tuple[int, int], ...]

    def place(self, position: int) -> tuple[int, int]:
        """The line and column in the file of a position in `text`."""
        row = self.text.count("\n", 0, position)
        line, column = self.places[row]
        return line, column + position - (self.text.rfind("\n", 0, position) + 1)

    @cached_property
    def numbers(self) -> list[Number]:
        """The numbers that must be bound, in order."""
        found, text = [], self.text
        text = _without_code(text)  # which may hold dollar signs
        for math in _MATH.finditer(text):
            group = next(
                name
                for name, value in math.groupdict().items()
                if value and name != "fence"
            )
            latex = _NOT_A_NUMBER_IN_MATH.sub(_blank, math[group])
            for number in _tokens(latex, math.start(group)):
                if not re.fullmatch(r"[-+]?\d", number.canonical):
                    found.append(number)
        text = _MATH.sub(_blank, text)
        for pattern in _NOT_A_NUMBER:
            text = pattern.sub(_blank, text)
        found += _tokens(text, 0)
        return sorted(found, key=lambda number: number.start)

    @cached_property
    def canonical(self) -> "Canonical":
        """The text as quotes are compared with it."""
        return Canonical.of(self.text)


@dataclass(frozen=True)
class Canonical:
    """A text in canonical spelling; `origin[i]` is where character i comes from.

    `tokens` are the spans of the numbers in `text`, in order.
    """

    text: str
    origin: tuple[int, ...]
    tokens: tuple[Span, ...]

    @classmethod
    @cache
    def of(cls, source: str) -> "Canonical":
        characters: list[str] = []
        origin: list[int] = []
        tokens: list[Span] = []

        def add(text: str, start: int) -> None:
            for offset, character in enumerate(text):
                if character.isspace():
                    if characters and characters[-1] != " ":
                        characters.append(" ")
                        origin.append(start + offset)
                elif character not in "*`$\\{}":
                    characters.append(character)
                    origin.append(start + offset)

        done = 0
        for number in _tokens(source, 0):
            add(source[done : number.start], done)
            begin = len(characters)
            characters += number.canonical
            origin += [number.start] * len(number.canonical)
            tokens.append((begin, len(characters)))
            done = number.end
        add(source[done:], done)
        return cls("".join(characters), tuple(origin), tuple(tokens))

    def find(self, quote: "Canonical") -> list[Span]:
        """The spans at which `quote` stands, no word or number cut."""
        wanted = quote.text.strip()
        if not wanted:
            return []
        found, start = [], self.text.find(wanted)
        while start >= 0:
            end = start + len(wanted)
            if not (self._cuts(start) or self._cuts(end)):
                found.append((start, end))
            start = self.text.find(wanted, start + 1)
        return found

    def token_at(self, number: Number) -> Span | None:
        """The span in `text` of a number of the source."""
        for begin, end in self.tokens:
            if number.start <= self.origin[begin] < number.end:
                return begin, end
        return None

    def _cuts(self, position: int) -> bool:
        after = bisect.bisect_right(self.tokens, (position, -1))
        for begin, end in self.tokens[max(after - 1, 0) : after + 1]:
            if begin < position < end:
                return True
        around = self.text[max(position - 1, 0) : position + 1]
        return len(around) == 2 and position > 0 and around.isalpha()


@dataclass
class Section:
    """The prose under one heading, up to the next."""

    title: str
    line: int
    prose: list[Prose] = field(default_factory=list)


def sections(text: str, *, markdown: bool) -> list[Section]:
    """The sections of a percent script, or of a Markdown page, in order.

    Text before the first heading belongs to a section with an empty title.
    """
    found = [Section("", 1)]
    for prose in _pieces(text, markdown=markdown):
        plain = _without_code(prose.text)
        starts = [*_HEADING.finditer(plain)]
        cuts = [0, *(match.start() for match in starts), len(prose.text)]
        for index, (start, end) in enumerate(itertools.pairwise(cuts)):
            if index > 0:
                title = Canonical.of(starts[index - 1]["title"]).text
                found.append(Section(title, prose.place(start)[0]))
            if prose.text[start:end].strip():
                found[-1].prose.append(_part(prose, start, end))
    return [section for section in found if section.prose]


def cells(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Line number of the header (from 0), header and lines of each cell of a script."""
    lines = text.splitlines()
    starts = [n for n, line in enumerate(lines) if _CELL.match(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield start, lines[start], lines[start + 1 : end]


def option_lines(body: list[str]) -> int:
    """How many ``#|`` lines the body of a code cell begins with."""
    return next((n for n, s in enumerate(body) if not s.startswith("#|")), len(body))


def _pieces(text: str, *, markdown: bool) -> Iterator[Prose]:
    if markdown:
        lines = ["" if s.startswith("%") else s for s in text.splitlines()]  # comments
        yield Prose("\n".join(lines), tuple((n, 0) for n in range(1, len(lines) + 1)))
        return
    for start, header, body in cells(text):
        if "[markdown]" in header:
            strip = re.compile(r"# ?")
        else:
            body = body[: option_lines(body)]
            strip = re.compile(r"#\|\s*(?:name:.*|\w+:)?\s*")
        rows = [(n, line, strip.match(line)) for n, line in enumerate(body, start + 2)]
        offsets = [(n, line, match.end() if match else 0) for n, line, match in rows]
        if offsets:
            plain = "\n".join(line[offset:] for _, line, offset in offsets)
            yield Prose(plain, tuple((n, offset) for n, _, offset in offsets))


def _part(prose: Prose, start: int, end: int) -> Prose:
    text = prose.text[start:end]
    first = prose.text.count("\n", 0, start)
    return Prose(text, prose.places[first : first + text.count("\n") + 1])


def _tokens(text: str, offset: int) -> list[Number]:
    found = []
    for match in _TOKEN.finditer(text):
        sign = (match["sign"] or "").replace("−", "-")
        if match["plain"]:
            shown = re.sub(_GROUP_MARK, ",", match["plain"])
            shown = re.sub(r"[eE]([-+]?)0*(\d)", r"e\1\2", shown).replace("e+", "e")
            canonical = sign + shown + ("%" if match["percent"] else "")
        else:
            exponent = match["braced"] or match["bare"] or match["raised"]
            exponent = exponent.translate(_RAISED).replace("−", "-").removeprefix("+")
            factor = re.sub(_GROUP_MARK, ",", match["factor"] or "1")
            canonical = f"{sign}{factor}e{exponent}"
        span = match.start() + offset, match.end() + offset
        found.append(Number(*span, canonical))
    return found


def _without_code(text: str) -> str:
    """`text` without code to be read or run; what a directive holds is prose."""

    def plain(match: re.Match[str]) -> str:
        if not re.match(r"\{(?!code)", match["info"]):
            return _blank(match)
        return match["open"] + _without_code(match["body"]) + match["close"]

    return _FENCED.sub(plain, text)


def _blank(match: re.Match[str]) -> str:
    """White space in place of a match but its group `keep`, so that places stay."""
    kept = match.groupdict().get("keep")
    if kept is None:
        return re.sub(r"[^\n]", " ", match[0])
    before, after = match[0].split(kept, 1) if kept else ("", match[0])
    return " " * len(before) + kept + " " * len(after)
