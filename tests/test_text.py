"""Every number of the text, and every word for one, has a check of its own section."""

import random
import re
from dataclasses import replace

import pytest
import yaml

from tools import chapters
from tools.claims import check
from tools.claims.page import Page, read_page
from tools.prose import Prose

# Numbers of this page are checked against the texts of the sources instead.
ELSEWHERE = {"sources.md"}
PAGES = [
    path
    for path in (
        *chapters.chapter_paths(),
        *(chapters.ROOT / f"{entry}.md" for entry in chapters.toc_entries()),
    )
    if path.is_file() and path.name not in ELSEWHERE
]
SURVIVORS = chapters.ROOT / "tests" / "surviving_mutations.yml"
CAUGHT_AT_LEAST = 0.99


def name_of(page) -> str:
    return page.relative_to(chapters.ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_text_of_the_page_is_checked(page):
    problems = check.problems_of([page])
    assert not problems, "\n" + "\n".join(map(str, problems))


# Mutations: each number of the prose, changed in three ways


def mutations(prose: Prose, others: list[str], chance: random.Random):
    """The prose with one number changed, as (old, new, changed prose)."""
    for number in prose.numbers:
        raw = prose.text[number.start : number.end]
        digits = [match.start() for match in re.finditer(r"\d", raw)]
        changed = {_with_digit(raw, place) for place in (digits[0], digits[-1])}
        if rest := [other for other in others if other != number.canonical]:
            changed.add(chance.choice(rest))
        for new in sorted(changed):
            text = prose.text[: number.start] + new + prose.text[number.end :]
            yield raw, new, replace(prose, text=text)


def _with_digit(raw: str, place: int) -> str:
    digit = str((int(raw[place]) + 3) % 10)
    if digit == "0" and (place == 0 or not raw[place - 1].isdigit()):
        digit = "8"  # a leading zero may not print another value
    return raw[:place] + digit + raw[place + 1 :]


def surviving(page: Page) -> tuple[int, list[str]]:
    """How many mutations of the page there are, and those that no check notices."""
    others = sorted(
        {
            number.canonical
            for section in page.sections
            for prose in section.prose
            for number in prose.numbers
        }
    )
    chance, count, survivors = random.Random(page.file), 0, []
    for section in page.sections:
        for index, prose in enumerate(section.prose):
            for old, new, changed in mutations(prose, others, chance):
                count += 1
                pieces = [*section.prose[:index], changed, *section.prose[index + 1 :]]
                if not check.check_section(page, replace(section, prose=pieces)):
                    survivors.append(f"{page.file}, “{section.title}”: {old} → {new}")
    return count, survivors


def test_a_changed_number_does_not_go_unnoticed():
    known = yaml.safe_load(SURVIVORS.read_text(encoding="utf-8")) or {}
    total, survivors = 0, []
    for path in PAGES:
        page = read_page(path.read_text(encoding="utf-8"), name_of(path))
        count, found = surviving(page)
        total += count
        survivors += found
    print(f"{total} mutations, {len(survivors)} survive")
    assert total > 3 * len(PAGES)
    assert 1 - len(survivors) / total >= CAUGHT_AT_LEAST
    assert sorted(survivors) == sorted(known), "give a reason in " + SURVIVORS.name


def test_the_search_for_survivors_finds_them(monkeypatch):
    text = (
        "# %% [markdown]\n# # Title\n# In 24 of 1,000 cases.\n\n"
        '# %% tags=["remove-cell"]\nwith checks("Title"):\n'
        '    claim("24 of 1,000", few, many)\n'
    )
    page = read_page(text, "chapter.py")
    count, survivors = surviving(page)
    assert (count, survivors) == (6, [])
    monkeypatch.setattr(check, "check_section", lambda page, section: [])
    assert len(surviving(page)[1]) == count
