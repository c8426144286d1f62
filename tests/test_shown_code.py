"""A reader who types in what a page shows gets no NameError."""

import subprocess
import sys

import pytest

from tools import chapters

PATHS = chapters.chapter_paths()


def shown_code(text: str) -> str:
    """The code cells of a percent script that its page shows, one after another."""
    cells = chapters.shown_code_cells(chapters.parse(text))
    return "\n\n".join(cell.source for cell in cells)


def undefined_names(code: str) -> str:
    """What ruff says of names that `code` uses and never defines; empty if none."""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--quiet"]
    command += ["--select", "F821", "--output-format", "concise", "-"]
    run = subprocess.run(command, input=code, capture_output=True, text=True)
    assert run.returncode in (0, 1), run.stderr
    return run.stdout


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_shown_code_uses_only_names_that_shown_code_defines(path):
    assert undefined_names(shown_code(path.read_text(encoding="utf-8"))) == ""


def test_a_name_from_a_hidden_cell_is_found():
    text = '# %% tags=["remove-cell"]\nx = 1\n\n# %%\nprint(x)\n'
    assert "`x`" in undefined_names(shown_code(text))
    assert undefined_names(shown_code(text.replace("remove-cell", "hide-input"))) == ""
