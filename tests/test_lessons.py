"""Each page of the course keeps to the measure of a lesson."""

import pytest

from tools import chapters, lessons

PAGES = [
    path for path in chapters.chapter_paths() if path.parent.name in lessons.BOUNDS
]


def script(*cells: str) -> lessons.Lesson:
    return lessons.measure(chapters.parse("\n\n".join(cells)))


def text(*lines: str) -> str:
    return "\n".join(["# %% [markdown]", *(f"# {line}" for line in lines)])


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_page_has_the_measure_of_a_lesson(path):
    lesson = lessons.measure(chapters.parse_file(path))
    problems = lessons.problems(lesson, path.parent.name)
    assert not problems, "\n" + "\n".join(problems)


def test_no_two_pages_become_notebooks_of_one_name():
    stems = [path.stem for path in chapters.chapter_paths()]
    assert len(stems) == len(set(stems))


def test_the_words_of_the_text_are_counted_and_nothing_else():
    lesson = script(
        text(
            "(label)=", "# A title", "", "Three *plain* words: $x$ {ref}`there <to>`."
        ),
        text(":::{admonition} What do you expect?", ":class: dropdown", "Two words."),
        text(":::", "One.", "```{note}", "Two.", "```", "Three."),
        text("```{math}", "x^2 + y^2", "```", "$$", "a b c", "$$"),
        text("```python", "not_read = 1", "```", "last word"),
        text("## Exercises", "Not counted."),
        text("Nor this."),
        text("Nor this.", "## Sources and further reading", "Nor that."),
    )
    # A title. Three plain words: x there. Two words. One. Two. Three. Last word.
    assert lesson.words == 2 + 5 + 2 + 3 + 2
    assert lesson.predictions == 1


def test_cells_are_measured_by_their_lines_of_code():
    lesson = script(
        text("# Title"),
        "# %%\n#| alt: a line\n#| caption: another\nx = 1\n\ny = 2",
        text("A sentence."),
        "# %%\nprint(x)",
        '# %% tags=["remove-cell"]\nhidden = 1',
        "# %%\nprint(y)  # longer",
        text("## Exercises"),
        "# %%\na = 1\nb = 2\nc = 3  # longer than all the rest",
    )
    assert lesson.lines == (2, 1, 1)
    assert (lesson.median_lines, lesson.figures) == (1, 1)
    assert lesson.neighbors == (3,)
    assert (lesson.columns, lesson.longest_solution) == (33, 3)


def test_names_that_only_a_folded_cell_defines_are_found():
    folded = '# %% tags=["hide-input"]\ndef f(a):\n    b = a\n    return b\nc = 1'
    local = "# %%\ndef g(c):\n    b = c\n    return b"
    assert script(text("T"), folded, text("T"), local).folded_names == frozenset()
    needed = script(text("T"), folded, text("T"), "# %%\nprint(f(c))")
    assert needed.folded_names == {"f", "c"}
    renewed = script(text("T"), folded, text("T"), "# %%\nc = 2\nprint(c)")
    assert renewed.folded_names == frozenset()


def test_each_bound_is_kept_watch_on():
    long = "# %%\n" + "\n".join(f"name_{n} = {n}" for n in range(21)) + " " + "#" * 80
    lesson = script(text("word " * 1801), *[long] * 21)
    said = "\n".join(lessons.problems(lesson, "chapters"))
    for name in (
        "words: 1801, expected 900 to 1800",
        "cells of code: 21, expected 0 to 20",
        "median of their lines: 21",
        "lines in one of them: 21",
        "characters in a line of code",
        "figures: 0, expected 3 to 6",
        "predictions by the reader: 0",
        "exercises: 0, expected 4 to 6",
        "answers checked: 0",
        "cell of code 2: no sentence before it",
    ):
        assert name in said


def test_the_command_names_what_is_out_of_bounds(tmp_path, capsys):
    page = tmp_path / "deeper" / "page.py"
    page.parent.mkdir()
    page.write_text(text("Too short.") + "\n\n# %%\nx = 1\n")
    assert lessons.main([str(page)]) == 1
    assert "words: 2, expected 600 to 1200" in capsys.readouterr().out
