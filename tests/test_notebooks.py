"""The published notebooks read well everywhere and run from their first cell, alone."""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
import yaml
from markdown_it import MarkdownIt

from tools import chapters, execute, site_check

PATHS = {path.stem: path for path in chapters.chapter_paths()}
NAMES = list(PATHS)
CONFIG = yaml.safe_load((chapters.ROOT / "_config.yml").read_text(encoding="utf-8"))
SITE_URL = CONFIG["html"]["baseurl"]
MYST = re.compile(
    r"\{[a-zA-Z:_-]+\}`"  # a role
    r"|^\s*(?::{3,}|`{3,}\{)"  # a directive
    r"|^\s*\([\w-]+\)=\s*$"  # a label
    r"|^\s*:\w+:"  # an option
    r"|\{\{|%%",
    re.MULTILINE,
)


def read(site: Path, name: str) -> nbformat.NotebookNode:
    return nbformat.read(site / "notebooks" / f"{name}.ipynb", as_version=4)


def prose(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_is_valid_and_small(site, name):
    notebook = read(site, name)
    nbformat.validate(notebook)
    identifiers = [cell.id for cell in notebook.cells]
    assert len(set(identifiers)) == len(identifiers)
    assert (site / "notebooks" / f"{name}.ipynb").stat().st_size < 1_500_000


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_a_picture_that_an_untrusted_notebook_shows(site, name):
    pictures = [
        output.data
        for cell in read(site, name).cells
        for output in cell.get("outputs", [])
        if "image/svg+xml" in output.get("data", {})
    ]
    assert pictures
    assert all("image/png" in data for data in pictures)


@pytest.mark.parametrize("name", NAMES)
def test_no_syntax_of_the_book_is_left_in_the_text(site, name):
    for text in prose(read(site, name)):
        without_code = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
        assert not MYST.search(re.sub(r"`[^`]*`", "", without_code)), text
        tokens = MarkdownIt("commonmark").enable("table").parse(text)
        assert all(token.type != "html_block" or _folds(token) for token in tokens)


def _folds(token) -> bool:
    return "details>" in token.content or "summary>" in token.content


@pytest.mark.parametrize(
    "leftover",
    [
        "see {numref}`fig-x`",
        ":::{admonition} Note",
        "```{math}",
        "(label)=",
        ":label: x",
        "{{ issues }}",
    ],
)
def test_the_search_for_leftover_syntax_finds(leftover):
    assert MYST.search(f"Text\n{leftover}\nText")


@pytest.mark.parametrize("name", NAMES)
def test_every_link_leads_to_a_place_in_the_published_book(site, name):
    pages: dict[Path, set[str]] = {}
    for text in prose(read(site, name)):
        for address in re.findall(r"\]\((\S+?)\)", text):
            parts = urlsplit(address)
            assert parts.scheme == "https", address
            if not address.startswith(SITE_URL):
                continue
            page = site / address.removeprefix(SITE_URL).partition("#")[0]
            if page not in pages:
                pages[page] = site_check.anchors(page)
            assert not parts.fragment or parts.fragment in pages[page], address


@pytest.mark.parametrize("name", NAMES)
def test_the_outputs_are_those_of_the_book(site, name):
    book = chapters.read_executed(PATHS[name].read_text(encoding="utf-8"))
    shown = {cell.id: cell for cell in read(site, name).cells}
    for position, cell in enumerate(book.cells):
        if cell.cell_type == "code" and "sys.path" not in cell.source:
            notebook_cell = shown[f"code-{position:03d}"]
            assert notebook_cell.outputs == cell.outputs
            assert notebook_cell.source.endswith(cell.source)


def test_a_chapter_becomes_plain_markdown(built_book):
    written = built_book.html / "notebooks" / "02_second.ipynb"
    before = written.read_bytes()
    texts = prose(nbformat.read(written, as_version=4))
    page = f"{SITE_URL}chapters/01_first.html"
    assert texts[0].startswith(
        f"# 2. Second\n\nTwo numbers, after [First]({page}#first) and "
        f"[(1.1)]({page}#equation-loss), as in [Fig. 1.1]({page}#fig-line); see "
    )
    assert "[Polyak, 1964]" in texts[0]
    assert r"a \* star on " in texts[0]
    assert f"[two belts]({SITE_URL}index.html#term-belt)." in texts[0]
    assert "> **Before you start**\n>\n> - **You will** add `1.25` twice." in texts[0]
    assert r"\end{aligned} \tag{2.1}" in texts[0]
    assert "| name | value |\n| --- | --- |\n| $a_1$ | 1.25 |" in texts[0]
    assert texts[1].startswith("## 2.1. Exercises\n\n> **Exercise 2.1**\n>\n> What is")
    assert texts[1].endswith(
        "<details>\n<summary>Solution</summary>\n\nRun this:\n\n</details>"
    )
    assert texts[2].startswith(
        "<details>\n<summary>Solution, continued</summary>\n\nIt prints 2.5.\n\n"
        "</details>\n\n> **Exercise 2.2**"
    )
    cells = nbformat.read(written, as_version=4).cells
    kinds = "".join(cell.cell_type[0] for cell in cells)
    assert kinds == "mcccmcmc"  # the checks follow at once
    assert cells[5].source == "# Solution\nprint(1.25 + 1.25)"
    assert cells[5].metadata["jupyter"] == {
        "source_hidden": True,
        "outputs_hidden": True,
    }
    first = nbformat.read(written.with_name("01_first.ipynb"), as_version=4)
    assert "*Fig. 1.1: Ten belts lie on a line.*" in prose(first)

    built_book.edit("index.md", "Two chapters", "Only two chapters")
    assert built_book.build()[0] == 0
    assert written.read_bytes() == before


@pytest.fixture
def elsewhere(tmp_path) -> Path:
    """The Python of an environment with all libraries but without this repository."""
    venv = tmp_path / "venv"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True
    )
    scheme = {"base": str(venv), "platbase": str(venv)}
    libraries = sysconfig.get_paths()["purelib"]
    packages = Path(sysconfig.get_path("purelib", "venv", vars=scheme))
    (packages / "libraries.pth").write_text(libraries)
    return Path(sysconfig.get_path("scripts", "venv", vars=scheme), "python")


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in execute.kernel_environment().items() if k != "PYTHONPATH"}
    return {**kept, **more}


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_alone_runs_and_repeats_its_outputs(
    site, tmp_path, elsewhere, wheel, name
):
    folder = tmp_path / "alone"
    folder.mkdir()
    shutil.copy(site / "notebooks" / f"{name}.ipynb", folder)
    # pytest finds the comparison in this repository; the kernel finds nothing there.
    pytest_here = "import sys, pytest; sys.path.append(sys.argv.pop(1)); "
    pytest_here += "sys.exit(pytest.main())"
    command = [str(elsewhere), "-c", pytest_here, str(chapters.ROOT), "-q"]
    command += ["-p", "no:cacheprovider", "-p", "tools.nbval_compare", "--nbval"]
    command += ["--nbval-current-env", f"--nbval-cell-timeout={execute.CELL_TIMEOUT_S}"]
    command += ["--nbval-kernel-startup-timeout=180", f"{name}.ipynb"]
    run = subprocess.run(
        command,
        cwd=folder,
        env=environment(DOWNHILL_SOURCE=str(wheel)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-6000:]
