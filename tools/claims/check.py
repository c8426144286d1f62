"""Find numbers, and words for them, that no check of their section quotes."""

from collections.abc import Iterator
from pathlib import Path

from tools import chapters
from tools.claims.page import Page, Problem, Quote, claims_of, number_texts, read_page
from tools.prose import NUMBER_WORDS, Prose, Section, Span


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


def _within(span: Span | None, spans: list[Span]) -> bool:
    return span is not None and any(
        begin <= span[0] and span[1] <= end for begin, end in spans
    )


def _is_claimed(quote: Quote, claimed: dict[str, list[str]]) -> bool:
    wanted = number_texts(quote.text)
    return any(wanted == number_texts(text) for text in claimed.get(quote.source, []))
