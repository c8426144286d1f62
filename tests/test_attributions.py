"""What the book says of its sources is registered, with lines that support it."""

import hashlib
import re
from dataclasses import replace

import pytest

from tools import attributions
from tools.attributions import Evidence, Register, Source, Statement
from tools.chapters import ROOT

REGISTER = Register.read(ROOT / attributions.REGISTER)
CHAPTER = "chapters/example.py"
TEXT = """\
# %% [markdown]
# # A chapter
#
# The tutorial {cite}`sobh` starts at zero. So do you: a start is
# as good as any other. The answer is two, as the tutorial
# reports.

# %%
start = 0

# %% [markdown]
# ## What to keep
#
# - Begin somewhere.
"""
STATEMENTS = [
    Statement("start", CHAPTER, "The tutorial {cite}`sobh` starts at zero."),
    Statement("result", CHAPTER, "The answer is two, as the tutorial reports."),
]
KEEP = "# %% [markdown]\n# ## What to keep\n"
SOURCE_TEXT = "A title\nthe rate is 1e-2\nfor 1,000 epochs\n"


def test_every_statement_about_a_source_is_registered_and_supported():
    # Looks the evidence up if DOWNHILL_SOURCE_TEXTS names the folder of the texts.
    problems = attributions.problems()
    assert not problems, "\n" + "\n".join(problems)


def complaints(text: str) -> list[str]:
    return list(attributions.unregistered(text, CHAPTER, STATEMENTS))


def test_registered_sentences_are_in_order():
    assert not complaints(TEXT)


@pytest.mark.parametrize(
    "sentence",
    [
        "The tutorial prints 5^50.",
        "See {cite}`sobh`.",
        "Fruehwald forgets the sign.",
        "In the workshop it is 3.",
        "The published code uses 4.",
    ],
)
@pytest.mark.parametrize(
    "place",
    [
        "# %% [markdown]\n# Invented: so it is. {}\n",
        "# %% [markdown]\n# - Keep this.\n# - {}\n",
        "# %% [markdown]\n# | a table |\n# |---|\n# | {} |\n",
        "# %%\n#| caption: Invented. {}\n#| alt: One dot.\nplot()\n",
        "# %%\n#| alt: One dot. {}\nplot()\n",
        "# %%\nprint(1)  # {}\n",
    ],
    ids=["prose", "list", "table", "caption", "alternative text", "comment"],
)
def test_an_invented_sentence_about_a_source_is_caught(sentence, place):
    changed = TEXT.replace(KEEP, place.format(sentence) + "\n" + KEEP)
    (complaint,) = complaints(changed)
    assert sentence in complaint
    line = next(n for n, s in enumerate(changed.splitlines(), 1) if sentence in s)
    assert complaint.startswith(f"{CHAPTER}:{line} ")
    assert f"Register it in {attributions.REGISTER}" in complaint


def test_a_sentence_that_goes_on_about_a_source_is_caught():
    (complaint,) = complaints(
        TEXT.replace("# reports.", "# reports. It prints 7, too.")
    )
    assert complaint.startswith(f"{CHAPTER}:6 speaks of a source: “It prints 7, too.”")


def test_a_registered_sentence_that_was_changed_is_caught():
    stale, unregistered = complaints(TEXT.replace("# reports.", "# denies."))
    assert "no longer says what appendix/sources.yml registers as result" in stale
    assert "as the tutorial denies." in unregistered


def test_a_clause_added_to_a_registered_sentence_is_caught():
    assert len(complaints(TEXT.replace("# reports.", "# reports in red."))) == 2


def test_a_sentence_before_or_after_a_registered_one_is_not_covered_by_it():
    (complaint,) = complaints(TEXT.replace("So do you:", "A notebook does:"))
    assert "“A notebook does: a start is as good as any other.”" in complaint


def test_a_registered_sentence_that_stands_twice_is_caught():
    again = "# %% [markdown]\n# The answer is two, as the tutorial reports.\n\n"
    twice, *_ = complaints(TEXT.replace(KEEP, again + KEEP))
    assert "says 2 times" in twice


def test_code_of_the_checks_is_not_prose():
    hidden = '# %% tags=["remove-cell"]\nassert True  # the tutorial prints 7\n\n'
    assert not complaints(TEXT.replace(KEEP, hidden + KEEP))


def test_all_sentences_of_the_page_of_sources_count():
    text = "# Sources\n\n**Data.** There are 99 belts.\n"
    (complaint,) = attributions.unregistered(text, attributions.PAGE, [])
    assert "“There are 99 belts.”" in complaint


def test_a_notebook_that_is_a_chapter_is_no_source():
    text = "Open the notebook in the cloud. The tutorial prints 7.\n"
    (complaint,) = attributions.unregistered(text, "index.md", [])
    assert "“The tutorial prints 7.”" in complaint


def statement(evidence: str, phrase: str, says: str = "The rate is 0.01.") -> Statement:
    entry = {"id": "x", "file": attributions.PAGE, "says": says}
    return attributions._statement(entry | {"evidence": [{evidence: phrase}]})


def register(*statements: Statement, text: str = SOURCE_TEXT) -> Register:
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return Register({"a": Source("A title", 3, checksum)}, list(statements))


def test_a_statement_needs_support():
    with pytest.raises(ValueError, match="x has no support"):
        attributions._statement({"id": "x", "file": "index.md", "says": "So."})


@pytest.mark.parametrize("place", ["a", "a 1-", "a one"])
def test_evidence_of_another_form_is_an_error(place):
    with pytest.raises(ValueError, match="is no place"):
        statement(place, "rate")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("a 3-4", "not in lines 1-3"),
        ("a 3-2", "not in lines 1-3"),
        ("a 0", "not in lines 1-3"),
        ("b 1", "no source 'b'"),
    ],
)
def test_lines_that_a_source_does_not_have_are_caught(place, message):
    (problem,) = attributions.misplaced(register(statement(place, "rate")))
    assert message in problem


def test_a_long_quotation_is_caught():
    seven = Evidence("a", 1, 1, "one two three four five six seven")
    long = replace(statement("a 1", "A"), evidence=(seven,))
    (problem,) = attributions.misplaced(register(long))
    assert "more than 6 words" in problem


@pytest.mark.parametrize(
    ("place", "phrase", "says", "message"),
    [
        ("a 1", "the rate", "It is a title.", "does not say 'the rate'"),
        ("a 2", "the rate", "The rate is 0.02.", "do not have [0.02]"),
        ("a 2", "the rate", "0.01, for 1000 epochs.", "do not have [1000.0]"),
    ],
)
def test_lines_that_do_not_hold_the_evidence_are_caught(
    tmp_path, place, phrase, says, message
):
    (tmp_path / "a.txt").write_text(SOURCE_TEXT)
    found = attributions.unsupported(register(statement(place, phrase, says)), tmp_path)
    (problem,) = found
    assert message in problem


def test_lines_that_hold_the_evidence_support_a_statement(tmp_path):
    (tmp_path / "a.txt").write_text(SOURCE_TEXT)
    sound = statement("a 2-3", "1e-2 for", "1000 epochs at a rate of 0.01.")
    assert not list(attributions.unsupported(register(sound), tmp_path))


def test_another_text_is_caught(tmp_path):
    (tmp_path / "a.txt").write_text(SOURCE_TEXT + "more\n")
    sound = statement("a 2", "the rate")
    (problem,) = attributions.unsupported(register(sound), tmp_path)
    assert "has the checksum of a" in problem


def test_every_source_is_registered_and_has_its_place_on_the_page():
    bibliography = (ROOT / "references.bib").read_text(encoding="utf-8")
    page = (ROOT / attributions.PAGE).read_text(encoding="utf-8")
    assert len(REGISTER.sources) == 4
    for key, source in REGISTER.sources.items():
        assert f"{{{key}," in bibliography
        assert f"(source-{key.replace('_', '-')})=" in page
        assert source.lines > 0
        assert len(source.sha256) == 64


def test_the_first_mention_in_each_chapter_leads_to_the_page_of_sources():
    first: dict[tuple[str, str], Statement] = {}
    for each in REGISTER.statements:
        for key in REGISTER.sources:
            if each.file.startswith("chapters/") and f"`{key}`" in each.says:
                first.setdefault((each.file, key), each)
    for (_, key), each in first.items():
        assert f"<source-{key.replace('_', '-')}>" in each.says or each.neutral, each.id


def test_no_statement_without_evidence_has_a_number_on_the_page_of_sources():
    for each in REGISTER.statements:
        if each.file == attributions.PAGE and not each.evidence:
            assert not attributions._values(each.says), each.id


def test_every_work_in_the_bibliography_is_cited_and_every_citation_is_in_it():
    bibliography = (ROOT / "references.bib").read_text(encoding="utf-8")
    cited: set[str] = set()
    for path in attributions.page_paths():
        text = re.sub(r"\n# ?", "\n", path.read_text(encoding="utf-8"))
        for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text):
            cited.update(key.strip() for key in keys.split(","))
    assert cited == set(re.findall(r"^@\w+\{(\w+),", bibliography, re.MULTILINE))
