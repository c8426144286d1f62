"""The numbers in the prose are those that the code computes, and the check works."""

import textwrap

import pytest

from helpers.claims import ClaimError, claim
from tools import chapters
from tools.claim_scanner import claim_texts, scan

PAGES = [
    *chapters.chapter_paths(),
    *(chapters.ROOT / f"{entry}.md" for entry in chapters.toc_entries()),
]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.is_file()], ids=lambda page: page.stem
)
def test_every_number_in_the_prose_is_bound(page):
    name = page.relative_to(chapters.ROOT).as_posix()
    claimed = [
        text
        for path in chapters.chapter_paths()
        for text in claim_texts(path.read_text(encoding="utf-8"))
    ]
    known = claimed if page.suffix == ".md" else []
    unbound = scan(page.read_text(encoding="utf-8"), name, known)
    assert not unbound, "\n" + "\n".join(map(str, unbound))


def chapter(prose: str, code: str = "slope = 2.5414\nclaim('2.541', slope)") -> str:
    """A percent script with one cell of prose and one of code."""
    commented = textwrap.indent(prose, "# ", lambda line: True)
    return f"# %% [markdown]\n{commented}\n\n# %%\n{code}\n"


def numbers(prose: str, code: str | None = None) -> list[str]:
    text = chapter(prose) if code is None else chapter(prose, code)
    return [unbound.number for unbound in scan(text, "chapter.py")]


def test_the_scanner_names_file_line_and_number():
    (unbound,) = scan(chapter("One line.\n\nThe slope is 2.6."), "chapters/x.py")
    assert (unbound.file, unbound.line, unbound.number) == ("chapters/x.py", 4, "2.6")
    assert str(unbound).startswith("chapters/x.py:4: 2.6: ")


@pytest.mark.parametrize(
    "prose",
    [
        "The slope is 2.541 cm per inch.",
        "The slope is $m = 2.541$.",
        "| m |\n|---|\n| 2.541 |",
    ],
)
def test_a_claimed_number_is_bound_wherever_it_stands(prose):
    assert numbers(prose) == []


@pytest.mark.parametrize(
    ("prose", "caught"),
    [
        ("The slope is 2.542.", "2.542"),  # a changed digit
        ("The slope is 2.54.", "2.54"),  # fewer digits than the claim
        ("The slope is −2.541.", "−2.541"),  # a changed sign
        ("| m |\n|---|\n| 2.542 |", "2.542"),  # in a table
        (":::{admonition} Note\nIt is 2.542.\n:::", "2.542"),
        (":::{admonition} It is 2.542\nText.\n:::", "2.542"),
        ("::::{exercise}\n:label: ex-1\nWhy 2.542?\n::::", "2.542"),
        ("# The slope is 2.542", "2.542"),  # a heading
        ("- It is **2.542**", "2.542"),
        ("It explains 14% of it.", "14%"),
        ("It explains 14 % of it.", "14%"),
        ("There are 12,345 steps.", "12,345"),
        ("There are 12\u202f345 steps.", "12\u202f345"),
        ("The rate is 1e-5.", "1e-5"),
        ("The rate is 10⁻⁵.", "10⁻⁵"),
        ("The rate is $10^{-5}$.", "10^{-5}"),
        (r"The rate is $3 \times 10^{-5}$.", r"3 \times 10^{-5}"),
        ("It is $0.5$ wide.", "0.5"),
        ("$$\nL = 12 m\n$$", "12"),
        ("```{math}\n:label: loss\nL = 12 m\n```", "12"),
        ("It takes `1000` steps.", "1000"),  # hidden in a code span
        ("There are 3 regimes.", "3"),
        ("See {ref}`the 17 cases <cases>` here.", "17"),
        ("A 62× larger rate.", "62"),
        ("The 411th step.", "411"),
    ],
)
def test_an_unbound_number_is_caught(prose, caught):
    assert numbers(prose) == [caught]


@pytest.mark.parametrize("option", ["alt", "caption"])
def test_numbers_in_alternative_texts_and_captions_are_caught(option):
    code = f"#| name: fig-9\n#| {option}: A line falls\n#|   to 2.542.\nplot()"
    (unbound,) = scan(chapter("Text.", code), "chapter.py")
    assert (unbound.line, unbound.number) == (7, "2.542")


def test_a_stale_input_is_caught():
    prose = "A grid of 50 values."
    assert numbers(prose, "grid = np.linspace(0, 5, 50)") == []
    assert numbers(prose, "grid = np.linspace(0, 5, 60)") == ["50"]


def test_a_number_that_only_styles_a_figure_is_no_input():
    code = "ax.set_xlim(0, 50)\naxes[1].plot(x, lw=50)\nplt.subplots(figsize=(50, 1))"
    assert numbers("A grid of 50 values.", code) == ["50"]


def test_a_number_in_a_hidden_cell_is_no_input():
    text = (
        chapter("It takes 50 steps.", "x = 1") + '\n# %% tags=["remove-cell"]\nn = 50'
    )
    assert [unbound.number for unbound in scan(text, "chapter.py")] == ["50"]


def test_a_claim_on_a_literal_is_caught():
    text = chapter("It is 2.541.", "claim('2.541', 2.541)")
    (unbound,) = scan(text, "chapter.py")
    assert "literal" in unbound.reason


def test_a_claim_that_may_never_run_binds_nothing():
    code = "def later():\n    claim('2.541', slope)"
    assert numbers("It is 2.541.", code) == ["2.541"]


def test_inputs_bind_by_value_and_as_percentages():
    code = "rate = 1 / 100_000\nshare = 0.14\nk = 2 * 3e2"
    assert numbers("It is 1/100,000 or $10^{-5}$, or 14%, or 600.", code) == []


def test_a_range_binds_both_of_its_ends():
    assert numbers("Between 3 and 30 times.", "claim('3 to 30', ratio)") == []
    assert numbers("At most 30 times.", "claim('< 30', ratio)") == []


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
    assert numbers(prose) == []


def test_a_page_without_code_may_print_only_what_a_chapter_claims():
    claimed = claim_texts(chapter("Text.", "claim('12', steps)\nclaim('< 7', x)"))
    assert claimed == ["12", "< 7"]
    page = "# Title\n\nIn 12 steps,\nnot 13,\nnor 12.0."
    assert [u.number for u in scan(page, "index.md", claimed)] == ["13", "12.0"]
    assert [u.number for u in scan(page, "index.md")] == ["12", "13", "12.0"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2.541", 2.5414681),
        ("2.50", 2.4987),
        ("-2681.35", -2681.3499),
        ("1,728.2125", 1728.2125),
        ("1e-05", 9.6e-6),
        ("4.5e-08", 4.457e-8),
        ("14%", 0.1389),
        ("0.0", -0.01),
        ("3 to 30", 3),
        ("3 to 30", 30),
        ("-2 to -1", -1.5),
        ("5% to 10%", 0.07),
        ("< 1e-6", 9e-7),
        ("> 100", 101),
    ],
)
def test_a_claim_that_holds_says_nothing(monkeypatch, capsys, text, value):
    monkeypatch.setenv("DOWNHILL_STRICT", "1")
    claim(text, value)
    assert capsys.readouterr().out == ""


FALSE_CLAIMS = [
    ("2.541", 2.5416),
    ("2.50", 2.51),
    ("2681.35", -2681.35),
    ("1e-05", 1.6e-5),
    ("14%", 14),
    ("3 to 30", 30.1),
    ("5% to 10%", 7),
    ("< 1e-6", 1e-6),
    ("> 100", 100),
    ("2.541", float("nan")),
    ("3 to 30", float("nan")),
    ("1000", float("inf")),
]


@pytest.mark.parametrize(("text", "value"), FALSE_CLAIMS)
def test_a_false_claim_raises_where_checks_are_strict(monkeypatch, text, value):
    monkeypatch.setenv("DOWNHILL_STRICT", "1")
    with pytest.raises(ClaimError, match="The page says"):
        claim(text, value)


@pytest.mark.parametrize(("text", "value"), FALSE_CLAIMS)
def test_a_false_claim_explains_itself_to_a_reader(monkeypatch, capsys, text, value):
    monkeypatch.delenv("DOWNHILL_STRICT", raising=False)
    claim(text, value)
    assert f"The page says {text}" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["about 2", "", "30 to", "2.5.1", "30 to 3"])
def test_a_claim_that_cannot_be_read_is_an_error(text):
    with pytest.raises(ValueError, match=r"cannot read|ends below"):
        claim(text, 2.0)


@pytest.mark.parametrize("value", [[1.0, 2.0], 1 + 2j])
def test_a_claim_checks_one_real_number(value):
    with pytest.raises(ValueError, match="one real number"):
        claim("1", value)
