"""What the book says of its sources, and the register that holds the evidence.

The register, ``appendix/sources.yml``, quotes each statement about one of the four
sources as the book prints it, and names the lines of the source's text that support it.
The texts are not part of the repository. If the environment variable
``DOWNHILL_SOURCE_TEXTS`` names a folder that holds them, the evidence is looked up.

    python -m tools.attributions

prints what is not in order: sentences that speak of a source and are not registered,
statements that no page prints any more, and evidence that is not where it should be.
"""

import hashlib
import io
import os
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tools import chapters, prose

REGISTER = "appendix/sources.yml"
PAGE = "appendix/sources.md"  # all its sentences speak of a source
TEXTS = "DOWNHILL_SOURCE_TEXTS"

_CITATION_KEYS = r"fruehwald2022|nn_gradient_descent|sobh|training_nn"
_AUTHORS = r"fruehwald|sobh|one-off coder|burdine|blair|liza"
_WORKS = r"tutorials?|articles?|workshops?|notebooks?"
_PUBLISHED = (
    r"(?:as|the|one) published"
    r"|published (?:budget|code|loop|network|order|page|recipe|run|text|value)s?"
)
MENTION = re.compile(
    rf"\b(?:{_CITATION_KEYS}|{_AUTHORS}|{_WORKS}|{_PUBLISHED})\b|\bsource-[a-z]",
    re.IGNORECASE,
)
# A sentence that goes on about the source of the sentence before it.
GOES_ON = re.compile(
    r"\(?(?:It|They) (?:say|print|call|state|claim|conclude|report|name|log)s?\b"
    r"|\(?(?:Its|Their) (?:code|text|own|author|loop|result|reason)\b"
)
# On these pages a notebook is a chapter of this book in another form.
OWN_NOTEBOOKS = {"index.md", "appendix/run_it_yourself.md"}

_SENTENCE_END = re.compile(
    r"([.?!][\"”')*_]*) (?=[\"“'(*_`$\[]*(?:[A-Z0-9\\−]|\{[a-z:]+\}`))"
)
_ALONE = re.compile(r"\s*(?:#{1,6} |\([\w-]+\)=$|:::|```|:\w+:|%)")  # not prose, titles
_TITLE = re.compile(r"#{1,6} |\*\*[^*]+\*\*$")  # of a section or a paragraph
_OPENS = re.compile(r"\s*(?:[-*] |\d+\. |\|)")
_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w])")
_MOST_WORDS = 6


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, caption or comment, white space folded.

    `rows` has, for each line in the file, its number and where it begins in `text`.
    """

    text: str
    rows: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, rows: list[tuple[int, str]]) -> "Paragraph":
        """Join lines, each given with its number in the file."""
        text, starts = "", []
        for line, row in rows:
            text += " " * bool(text)
            starts.append((line, len(text)))
            text += _fold(row)
        return cls(text, tuple(starts))

    def line(self, position: int) -> int:
        """The line in the file of a position in `text`."""
        return max(line for line, start in self.rows if start <= position)

    def sentences(self) -> Iterator[tuple[int, int]]:
        """The spans of its sentences in `text`."""
        start = 0
        for end in _SENTENCE_END.finditer(self.text):
            yield start, end.end(1)
            start = end.end()
        yield start, len(self.text)


@dataclass(frozen=True)
class Evidence:
    """Lines of a source (counted from 1) and a short phrase that stands in them."""

    source: str
    first: int
    last: int
    phrase: str

    def __str__(self) -> str:
        return f"{self.source} {self.first}-{self.last}"


@dataclass(frozen=True)
class Statement:
    """What the book says of a source, as printed, and what supports it.

    `evidence` is empty for what the book itself computes with a source's code, which
    `computed` places by the title of a section, and for a sentence that says nothing
    about what a source contains, of which `neutral` tells the reason.
    """

    id: str
    file: str
    says: str
    evidence: tuple[Evidence, ...] = ()
    computed: str = ""
    neutral: str = ""


@dataclass(frozen=True)
class Source:
    """The stored text of a source, by its number of lines and its checksum."""

    title: str
    lines: int
    sha256: str


@dataclass
class Register:
    """The sources and all registered statements."""

    sources: dict[str, Source]
    statements: list[Statement] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Register":
        """Read the register; raises ValueError for an entry of another form."""
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        sources = {key: Source(**values) for key, values in data["sources"].items()}
        return cls(sources, [_statement(entry) for entry in data["statements"]])


def _statement(entry: dict) -> Statement:
    evidence = tuple(
        _evidence(place, str(phrase))
        for item in entry.get("evidence", [])
        for place, phrase in item.items()
    )
    entry = {**entry, "evidence": evidence, "says": _fold(entry["says"])}
    statement = Statement(**entry)
    if not (evidence or statement.computed or statement.neutral):
        raise ValueError(
            f"{REGISTER}: {statement.id} has no support; give it `evidence`, the "
            "section where it is `computed`, or the reason why it is `neutral`"
        )
    return statement


def _evidence(place: str, phrase: str) -> Evidence:
    found = re.fullmatch(r"(\w+) (\d+)(?:-(\d+))?", place)
    if not found:
        raise ValueError(f"{REGISTER}: {place!r} is no place; expected 'key 12-15'")
    first = int(found[2])
    return Evidence(found[1], first, int(found[3] or first), _fold(phrase))


def page_paths(root: Path = chapters.ROOT) -> list[Path]:
    """All pages that the table of contents names, chapters and Markdown."""
    entries = [root / entry for entry in chapters.toc_entries(root)]
    found = [path.with_suffix(end) for path in entries for end in (".py", ".md")]
    return [path for path in found if path.is_file()]


def paragraphs(text: str, *, markdown: bool) -> list[Paragraph]:
    """What a page says: prose, captions, alternative texts, comments of shown code."""
    found = []
    for section in prose.sections(text, markdown=markdown):
        for piece in section.prose:
            found += _paragraphs_of(piece)
    return found if markdown else found + list(_comments(text))


def _paragraphs_of(piece: prose.Prose) -> Iterator[Paragraph]:
    rows: list[tuple[int, str]] = []
    position = 0
    for row in piece.text.split("\n"):
        line = piece.place(position)[0]
        position += len(row) + 1
        alone = _ALONE.match(row)
        if rows and (alone or not row.strip() or _OPENS.match(row)):
            yield Paragraph.of(rows)
            rows = []
        if _TITLE.match(row):
            yield Paragraph.of([(line, row)])
        elif row.strip() and not alone:
            rows.append((line, row))
    if rows:
        yield Paragraph.of(rows)


def _comments(text: str) -> Iterator[Paragraph]:
    for start, header, body in prose.cells(text):
        if "[markdown]" in header or "remove-" in header:
            continue
        source = io.StringIO("\n".join(body))
        for token in tokenize.generate_tokens(source.readline):
            if token.type == tokenize.COMMENT and not token.string.startswith("#|"):
                line = start + 1 + token.start[0]
                yield Paragraph.of([(line, token.string.lstrip("#"))])


def unregistered(
    text: str, file: str, statements: Iterable[Statement]
) -> Iterator[str]:
    """What is wrong between a page and the statements registered for it."""
    found = paragraphs(text, markdown=file.endswith(".md"))
    spans: dict[int, list[tuple[int, int]]] = {}
    for statement in statements:
        places = [
            (index, match.start(), match.end())
            for index, paragraph in enumerate(found)
            for match in re.finditer(re.escape(statement.says), paragraph.text)
        ]
        if len(places) == 1:
            spans.setdefault(places[0][0], []).append(places[0][1:])
            continue
        count = "no longer says" if not places else f"says {len(places)} times"
        yield (
            f"{file} {count} what {REGISTER} registers as {statement.id}: "
            f"“{statement.says}”. Quote the sentence as it stands now and check its "
            "evidence, or delete the entry."
        )
    for index, paragraph in enumerate(found):
        for sentence in _mentioning(paragraph, file):
            if not _covered(sentence, spans.get(index, [])):
                yield (
                    f"{file}:{paragraph.line(sentence[0])} speaks of a source: "
                    f"“{paragraph.text[slice(*sentence)]}”. Register it in {REGISTER} "
                    "with the lines of the source that support it, or reword it."
                )


def _mentioning(paragraph: Paragraph, file: str) -> Iterator[tuple[int, int]]:
    before = False
    for start, end in paragraph.sentences():
        sentence = paragraph.text[start:end]
        if file in OWN_NOTEBOOKS:
            sentence = re.sub(r"\bnotebooks?\b", "", sentence, flags=re.IGNORECASE)
        before = bool(
            (file == PAGE and not _TITLE.match(sentence))
            or MENTION.search(sentence)
            or (before and GOES_ON.match(sentence))
        )
        if before:
            yield start, end


def _covered(sentence: tuple[int, int], spans: list[tuple[int, int]]) -> bool:
    position = sentence[0]
    for start, end in sorted(spans):
        if start <= position < end:
            position = end + 1  # the space between two sentences
    return position >= sentence[1]


def misplaced(register: Register) -> Iterator[str]:
    """Evidence that names no source, or lines that its text does not have."""
    for statement in register.statements:
        for evidence in statement.evidence:
            source = register.sources.get(evidence.source)
            if source is None:
                yield f"{statement.id}: there is no source {evidence.source!r}"
            elif not 1 <= evidence.first <= evidence.last <= source.lines:
                yield f"{statement.id}: {evidence} is not in lines 1-{source.lines}"
            if len(evidence.phrase.split()) > _MOST_WORDS:
                yield f"{statement.id}: more than {_MOST_WORDS} words of {evidence}"


def unsupported(register: Register, folder: Path) -> Iterator[str]:
    """Evidence that the texts in `folder` do not hold where it says.

    For a statement of the page of sources, each number must stand in its lines, too.
    """
    texts = {}
    by_checksum = {
        hashlib.sha256(path.read_bytes()).hexdigest(): path
        for path in sorted(folder.iterdir())
        if path.is_file()
    }
    for key, source in register.sources.items():
        if source.sha256 not in by_checksum:
            yield f"no text in {folder} has the checksum of {key}, {source.sha256}"
            continue
        path = by_checksum[source.sha256]
        texts[key] = path.read_text(encoding="utf-8").splitlines()
        if len(texts[key]) != source.lines:
            yield f"{key} has {len(texts[key])} lines, not {source.lines}"
    for statement in register.statements:
        passages = {
            evidence: _fold(
                " ".join(texts[evidence.source][evidence.first - 1 : evidence.last])
            )
            for evidence in statement.evidence
            if evidence.source in texts
        }
        for evidence, passage in passages.items():
            if evidence.phrase not in passage:
                yield f"{statement.id}: {evidence} does not say {evidence.phrase!r}"
        if statement.file == PAGE and passages:
            missing = _values(statement.says) - _values(" ".join(passages.values()))
            if missing:
                yield f"{statement.id}: its lines do not have {sorted(missing)}"


def _values(text: str) -> set[float]:
    """The numbers of a text without their signs; ``1e-3`` is 0.001."""
    return {float(found.replace(",", "")) for found in _NUMBER.findall(_spaced(text))}


def _spaced(text: str) -> str:
    return re.sub(r"(\d)(?=[a-z]{2})", r"\1 ", text.replace("_", ""))


def _fold(text: str) -> str:
    return " ".join(text.split())


def problems(root: Path = chapters.ROOT) -> list[str]:
    """All that is not in order, without the texts or, if they are there, with them."""
    register = Register.read(root / REGISTER)
    found = list(misplaced(register))
    files = {path.relative_to(root).as_posix(): path for path in page_paths(root)}
    for statement in register.statements:
        if statement.file not in files:
            found.append(f"{statement.id}: {statement.file} is no page of the book")
    for file, path in files.items():
        text = path.read_text(encoding="utf-8")
        statements = [each for each in register.statements if each.file == file]
        found += unregistered(text, file, statements)
        titles = {s.title for s in prose.sections(text, markdown=path.suffix == ".md")}
        for statement in statements:
            if statement.computed and statement.computed not in titles:
                found.append(
                    f"{statement.id}: {file} has no section {statement.computed!r}"
                )
    if folder := os.environ.get(TEXTS):
        found += unsupported(register, Path(folder))
    return found


if __name__ == "__main__":
    found = problems()
    print("\n".join(found) or "in order")
    sys.exit(bool(found))
