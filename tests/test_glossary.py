"""Every entry of the glossary is linked where the book first uses the word."""

import re

import pytest

from tools import chapters

GLOSSARY = (chapters.ROOT / "appendix" / "glossary.md").read_text(encoding="utf-8")
TERMS = re.findall(r"^(\w.*)\n  \S", GLOSSARY, flags=re.MULTILINE)
_LINK = re.compile(r"\{term\}`(?:[^`<]*<(?P<target>[^>`]+)>|(?P<plain>[^`<]+))`")
_NOT_PROSE = re.compile(
    r"(?P<link>\{term\}`[^`]*`)"  # kept
    r"|^#+ [^\n]*$"  # headings hold no links
    r"|^`{3,}\{solution-.*?^`{3,}$"  # the ends of solutions
    r"|^`{3,}(?!\{)[^\n]*\n.*?^`{3,}$|^`{3,}\{math.*?^`{3,}$"  # code and equations
    r"|^\([\w-]+\)=$|^:[\w-]+:[^\n]*$|^[:`]{3,}[^\n]*$"  # labels and directives
    r"|\$[^$]*\$|\{[\w:-]+\}`[^`]*`|`[^`]*`",
    re.MULTILINE | re.DOTALL,
)


def prose(text: str) -> str:
    """The words of a percent script's Markdown cells, with its links to terms."""
    cells = [
        cell.source
        for cell in chapters.parse(text).cells
        if cell.cell_type == "markdown"
    ]
    words = _NOT_PROSE.sub(lambda found: found["link"] or " ", "\n\n".join(cells))
    return re.sub(r"\s+", " ", words)


def mention(term: str, text: str) -> re.Match[str] | None:
    """The first place in `text` that has the word or its plural."""
    return re.search(rf"(?<![\w-]){re.escape(term)}(?:s|es)?(?![\w-])", text, re.I)


def linked(text: str) -> set[str]:
    """The terms that `text` links to."""
    return {match["target"] or match["plain"] for match in _LINK.finditer(text)}


def first_use(term: str, texts: dict[str, str]) -> str | None:
    """The name of the first of `texts` that uses the word, or None."""
    return next((name for name, text in texts.items() if mention(term, text)), None)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """The pages in the order of reading: the path, then the deeper pages."""
    paths = sorted(
        chapters.chapter_paths(), key=lambda path: path.parent.name == "deeper"
    )
    return {path.stem: prose(path.read_text(encoding="utf-8")) for path in paths}


def test_the_glossary_has_its_terms_in_alphabetical_order():
    assert len(TERMS) >= 50
    assert sorted(TERMS, key=str.casefold) == TERMS


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_linked_in_the_chapter_that_first_uses_it(term, texts):
    chapter = first_use(term, texts)
    assert chapter is not None, f"no chapter uses {term!r}"
    assert term in linked(texts[chapter]), f"{chapter} uses {term!r} without a link"


def test_a_first_use_without_a_link_is_found():
    script = "# %% [markdown]\n# # The epoch\n# Two epochs of `epoch` in $epoch$.\n"
    bare = prose(script)
    link = prose(script.replace("epochs", "{term}`epochs <epoch>`"))
    assert first_use("epoch", {"bare": bare}) == "bare"
    assert linked(bare) == set()
    assert linked(link) == {"epoch"}
    assert first_use("epoch", {"none": prose(script.replace("epochs", "ages"))}) is None
