"""The tools find what no check stands behind, and put changed numbers right."""

import textwrap

import pytest

from tools.claims.check import scan
from tools.claims.fix import fix
from tools.prose import Canonical, sections


def script(prose: str, checks: str = "", code: str = "x = 1") -> str:
    """A percent script with one section, one cell of code and one of checks."""
    commented = textwrap.indent(f"# Title\n\n{prose}", "# ", lambda line: True)
    text = f"# %% [markdown]\n{commented}\n\n# %%\n{code}\n"
    if checks:
        text += '\n# %% tags=["remove-cell"]\nwith checks("Title"):\n'
        text += textwrap.indent(checks, "    ") + "\n"
    return text


def messages(prose: str, checks: str = "", code: str = "x = 1") -> list[str]:
    found = scan(script(prose, checks, code), "chapter.py")
    return [problem.message for problem in found]


def unquoted(prose: str, checks: str = "") -> list[str]:
    return [m.split(": no ")[0] for m in messages(prose, checks) if ": no " in m]


def test_a_problem_names_file_line_and_number():
    (problem,) = scan(script("One line.\n\nThe slope is 2.6."), "chapters/x.py")
    assert str(problem) == "chapters/x.py:6: 2.6: no check quotes it"


@pytest.mark.parametrize(
    ("prose", "quote"),
    [
        ("The slope is 2.541 cm per inch.", "2.541"),
        ("The slope is $m = 2.541$.", "m = 2.541"),
        ("The slope is **2.541**\ncm per inch.", "is 2.541 cm per"),
        ("| m |\n|---|\n| 2.541 |", "2.541"),
        ("There are 12\u202f345 steps.", "12,345 steps"),
        ("There are $12{,}345$ steps.", "12,345 steps"),
        (r"The rate is $3 \times 10^{-5}$.", "3e-5"),
        ("The rate is 10⁻⁵.", "1e-5"),
        ("The rate is 1e-05.", "1e-5"),
        ("It explains 14 % of it.", "14% of it"),
        ("It falls by −2.5.", "-2.5"),
        ("It takes 3 to 30 steps.", "3 to 30"),
    ],
)
def test_a_quote_of_the_text_binds_the_number_in_it(prose, quote):
    assert messages(prose, f"claim({quote!r}, x + 1)") == []


@pytest.mark.parametrize(
    ("prose", "caught"),
    [
        ("The slope is 2.542.", "2.542"),
        ("The slope is −2.541.", "-2.541"),
        ("| m |\n|---|\n| 2.542 |", "2.542"),  # in a table
        (":::{admonition} Note\nIt is 2.542.\n:::", "2.542"),
        (":::{admonition} It is 2.542\nText.\n:::", "2.542"),
        ("::::{exercise}\n:label: ex-1\nWhy 2.542?\n::::", "2.542"),
        ("## The slope is 2.542", "2.542"),  # a heading
        ("- It is **2.542**", "2.542"),
        ("It explains 14 % of it.", "14%"),
        ("There are 12,345 steps.", "12,345"),
        (r"The rate is $3 \times 10^{-5}$.", "3e-5"),
        ("It is $0.5$ wide.", "0.5"),
        ("$$\nL = 12 m\n$$", "12"),
        ("```{math}\n:label: loss\nL = 12 m\n```", "12"),
        ("It takes `1000` steps.", "1000"),  # hidden in a code span
        ("There are 3 regimes.", "3"),
        ("See {ref}`the 17 cases <cases>` here.", "17"),
        ("A 62× larger rate.", "62"),
        ("The 411th step.", "411"),
        ("It is twice as long.", "“twice as”"),
        ("More than half of them.", "“More than half”"),
        ("A tenth of it is left.", "“A tenth of”"),
    ],
)
def test_a_number_or_a_word_for_one_that_no_check_quotes_is_caught(prose, caught):
    assert unquoted(prose) == [caught]


@pytest.mark.parametrize(
    "prose",
    [
        "float32 and x64, a 32-bit number in 3-D, R² and H.264.",
        "See chapter 4, Chapters 2 and 3, and Python 3.11.",
        "Published by Polyak (1964) in November 2022.",
        "See {cite}`polyak1964`, {numref}`fig-12` and [this](https://x.org/12/34).",
        "(label-12)=\n1. First\n2. Second",
        "```python\nx = 12.5\n```\nand `np.linspace(0, 5, 12)`.",
        r"$x^2 + \frac{1}{2} w_1$ and $2/\lambda$.",
    ],
)
def test_names_references_and_structure_are_exempt(prose):
    assert messages(prose) == []


def test_what_stands_between_two_directives_is_prose():
    block = "```{math}\nL = 2 m\n```"
    code = "```python\nx = 7.5\n```"
    prose = f"{block}\n\nIt is 2.542.\n\n{code}\n\n{block}\n\nIt is 3.5."
    assert unquoted(prose) == ["2.542", "3.5"]


@pytest.mark.parametrize("option", ["alt", "caption"])
def test_numbers_in_alternative_texts_and_captions_are_caught(option):
    code = f"#| name: fig-9\n#| {option}: A line falls\n#|   to 2.542.\nplot()"
    (problem,) = scan(script("Text.", code=code), "chapter.py")
    assert (problem.line, problem.message[:5]) == (9, "2.542")
    assert messages("Text.", "claim('falls to 2.542', x)", code) == []


@pytest.mark.parametrize(
    ("prose", "quote", "often"),
    [
        ("It is 2.541.", "2.54", "nowhere"),  # not part of a number
        ("It is −2.541.", "2.541", "nowhere"),  # nor without its sign
        ("It is 14%.", "14", "nowhere"),
        ("Many steps.", "step", "nowhere"),  # nor part of a word
        ("It is 2.541, or 2.541.", "2.541", "2 times"),
    ],
)
def test_a_quote_must_stand_in_its_section_once(prose, quote, often):
    wanted = f"the quote “{quote}” stands {often} in “Title”"
    assert any(m.startswith(wanted) for m in messages(prose, f"claim({quote!r}, x)"))


def test_a_claim_of_another_section_binds_nothing():
    text = script("Text.\n\n## Other\n\nIt is 2.541.", "claim('2.541', x)")
    found = [problem.message for problem in scan(text, "chapter.py")]
    assert found[0].startswith("2.541: no check")
    assert "nowhere in “Title”" in found[1]
    text = text.replace('checks("Title")', 'checks("Other")')
    assert scan(text, "chapter.py") == []


def test_checks_of_a_section_that_does_not_exist_are_caught():
    text = script("Text.", "claim('Text', x > 0)").replace("Title", "Titel", 1)
    assert "no section is named 'Title'" in str(scan(text, "chapter.py"))


@pytest.mark.parametrize(
    ("checks", "message"),
    [
        ("claim('2.541', 2.541)", "checks only a literal"),
        ("claim('2.541', True)", "checks only a literal"),
        ("m = 2.541\nclaim('2.541', m)", "checks only a literal"),
        ("if x:\n    claim('2.541', x)", "may never run"),
        ("claim(f'{x}', x)", "written out"),
        ("assert x\nclaim('2.541', x)", "assert stops"),
    ],
)
def test_a_check_that_cannot_fail_or_stops_a_reader_is_caught(checks, message):
    assert any(message in found for found in messages("It is 2.541.", checks))


def test_a_hidden_cell_holds_checks_only():
    text = script("Text.") + '\n# %% tags=["remove-cell"]\nn = 50\n'
    assert "a hidden cell holds" in str(scan(text, "chapter.py"))
    twice = script("Text.", "claim('Text', x > 0)")
    twice += twice[twice.index('# %% tags=["remove') :]
    assert "more than one block" in str(scan(twice, "chapter.py"))


def test_an_input_is_a_number_of_the_shown_code_of_its_section():
    prose, checks = "A grid of 50 values.", "given('50 values')"
    assert messages(prose, checks, "grid = np.linspace(0, 5, 50)") == []
    (stale,) = messages(prose, checks, "grid = np.linspace(0, 5, 60)")
    assert stale.startswith("50: no shown code")
    styled = "ax.set_xlim(0, 50)\naxes[1].plot(x, lw=50)\nplt.subplots(figsize=(50, 1))"
    assert messages(prose, checks, styled)
    text = (
        script(prose, checks, "x = 1") + "\n# %% [markdown]\n# ## Other\n\n# %%\nn = 50"
    )
    assert scan(text, "chapter.py")


def test_a_page_without_code_names_the_claim_of_a_chapter():
    page = '# Title\n\nIn 12 steps.\n\n% claim "12 steps" chapters/01_first\n'
    assert scan(page, "index.md", {"chapters/01_first": ["after 12 steps"]}) == []
    assert scan(page, "index.md", {"chapters/01_first": ["after 13 steps"]})
    assert scan(page, "index.md", {"chapters/02_second": ["after 12 steps"]})
    assert scan(page.replace("12 steps.", "13 steps."), "index.md", {})


def test_sections_reach_from_heading_to_heading_but_not_to_one_in_a_fence():
    text = "# A\n\nOne\n\n```python\n# no heading\n```\n\n## B `c`\n\nTwo"
    found = sections(text, markdown=True)
    assert [(section.title, section.line) for section in found] == [
        ("A", 1),
        ("B c", 9),
    ]


def test_the_place_of_a_number_is_its_line_and_column_in_the_file():
    (section,) = sections(script("One\ntwo 2.5"), markdown=False)
    (prose,) = section.prose
    assert [prose.place(number.start) for number in prose.numbers] == [(5, 6)]


def test_quotes_are_compared_in_canonical_spelling():
    text = Canonical.of("of **2\u202f000**\n  rows at $10^{-5}$")
    assert text.text == "of 2,000 rows at 1e-5"
    assert text.find(Canonical.of("2,000 rows at 1e-5")) == [(3, 21)]


# Numbers that changed


def entry(quote: str, *values: float, holds: bool = False) -> dict:
    return {"section": "Title", "quote": quote, "values": list(values), "holds": holds}


def fixed(prose: str, quote: str, *values: float) -> tuple[str, list[str]]:
    text = script(prose, f"claim({quote!r}, {', '.join('x' * len(values))})")
    new, problems = fix(text, "chapter.py", [entry(quote, *values)])
    assert scan(new, "chapter.py") == []
    lines = [line.removeprefix("# ") for line in new.splitlines()]
    return "\n".join(lines[3 : lines.index("%%") - 1]), [p.message for p in problems]


@pytest.mark.parametrize(
    ("prose", "quote", "values", "new"),
    [
        ("It is 2.541.", "2.541", [2.6], "It is 2.600."),
        ("It is **2.541** cm.", "is 2.541 cm", [2.6], "It is **2.600** cm."),
        ("It is $-2.5$.", "-2.5", [3.14], "It is $3.1$."),
        ("It takes 12,345 steps.", "12,345", [9876], "It takes 9,876 steps."),
        (
            "It is $1.8 \\cdot 10^{-9}$.",
            "1.8e-9",
            [2.5e-8],
            "It is $2.5 \\cdot 10^{-8}$.",
        ),
        ("It is 14 % now.", "14%", [0.2], "It is 20 % now."),
        ("First 0.1, then\n0.2.", "0.1, then 0.2", [0.1, 0.3], "First 0.1, then\n0.3."),
    ],
)
def test_the_fix_rewrites_prose_and_claim_in_their_style(prose, quote, values, new):
    assert fixed(prose, quote, *values) == (new, [])


@pytest.mark.parametrize(
    ("prose", "quote", "values"),
    [
        ("It is less than 3.", "less than 3", [4]),
        ("It takes 9 to 12 steps.", "9 to 12 steps", [13]),
        ("The rate is 1/333.", "rate is 1/333", [1 / 400]),
        ("First 0.3, then 0.3.", "0.3, then 0.3", [0.3, 0.4]),
    ],
)
def test_the_fix_leaves_to_the_author_what_digits_cannot_mend(prose, quote, values):
    text, (problem,) = fixed(prose, quote, *values)
    assert text == prose
    assert f"rewrite “{quote}”" in problem


def test_the_fix_leaves_alone_what_holds():
    text = script("It is 2.541.", "claim('2.541', x)")
    assert fix(text, "c.py", [entry("2.541", 2.5412, holds=True)]) == (text, [])
