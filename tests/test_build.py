"""The build fails on every fault, every time, and loses nothing when it does."""

import os
import signal
import time

import pytest
from nbclient import NotebookClient

from tools import chapters, execute

FAULTS = {
    "a cell raises": (
        "chapters/02_second.py",
        "total = 1.25 + 1.25",
        "total = 1.25 + 1.25\nraise RuntimeError('broken cell')",
        "RuntimeError: broken cell",
    ),
    "a claim fails": (
        "chapters/02_second.py",
        '"prints 2.5"',
        '"prints 2.6"',
        "the page says “prints 2.6”",
    ),
    "a cell writes to stderr": (
        "chapters/02_second.py",
        "total = 1.25 + 1.25",
        "import warnings\ntotal = 1.25 + 1.25\nwarnings.warn('careful')",
        "careful",
    ),
    "Sphinx warns": (
        "index.md",
        "Two chapters",
        "{nosuchrole}`x` Two chapters",
        "nosuch",
    ),
    "a cross-reference is broken": (
        "chapters/02_second.py",
        "{ref}`first`",
        "{ref}`nowhere`",
        "nowhere",
    ),
    "an equation number is broken": (
        "chapters/02_second.py",
        "{eq}`loss`",
        "{eq}`gain`",
        "gain",
    ),
    "a link is broken": (
        "index.md",
        "Two chapters",
        '<a href="chapters/09_none.html">Two chapters</a>',
        "09_none.html",
    ),
    "a page is missing": (
        "_toc.yml",
        "      - file: chapters/02_second",
        "      - file: chapters/02_second\n      - file: chapters/03_none",
        "03_none",
    ),
    "a figure has no alternative text": (
        "chapters/01_first.py",
        "#| alt: Ten points on a rising straight line,\n"
        "#|   from short belts to long ones.\n",
        "",
        "no alternative text",
    ),
    "a formula cannot be converted": (
        "chapters/01_first.py",
        "$x^2$",
        r"$\nosuchcommand$",
        "nosuchcommand",
    ),
    "something comes from another host": (
        "index.md",
        "Two chapters",
        '<img src="https://example.org/x.png" alt="x"> Two chapters',
        "another host",
    ),
}


# A failed build leaves other things behind after each step that can fail: a chapter's
# execution, its end, Sphinx, the page checks. So one fault of each is tried again.
AGAIN = ("a cell raises", "a cell writes to stderr", "Sphinx warns", "a link is broken")


@pytest.mark.parametrize("fault", FAULTS)
def test_the_build_fails_when(executed_book, fault):
    file, old, new, message = FAULTS[fault]
    executed_book.edit(file, old, new)
    for _ in range(2 if fault in AGAIN else 1):
        status, output = executed_book.build()
        assert status == 1, output
        assert message in output
        assert not executed_book.html.exists()


def test_only_what_changed_is_executed_again(first_build, built_book):
    _, output = first_build
    assert "01_first: " in output
    assert "02_second: " in output
    assert built_book.html.joinpath("chapters/02_second.html").is_file()

    status, output = built_book.build()
    assert status == 0, output
    assert "2 of 2 chapters are up to date" in output
    assert "The book is up to date" in output

    built_book.edit("chapters/02_second.py", "Two numbers", "A sum")
    status, output = built_book.build()
    assert status == 0, output
    assert "2 of 2 chapters are up to date" in output
    assert "A sum" in built_book.html.joinpath("chapters/02_second.html").read_text()

    built_book.edit("chapters/02_second.py", "1.25 + 1.25", "1 + 1.5")
    status, output = built_book.build()
    assert status == 0, output
    assert "01_first: " not in output
    assert "02_second: " in output

    built_book.edit("helpers/linear.py", "Linear regression", "Regression")
    status, output = built_book.build()
    assert status == 0, output
    assert "01_first: " in output
    assert "02_second: " in output


def test_a_failed_build_keeps_the_last_good_book(built_book):
    before = built_book.html.joinpath("index.html").read_text()
    built_book.edit("index.md", "Two chapters", "{nosuchrole}`x`")
    status, output = built_book.build()
    assert status == 1
    assert "last complete book is still in" in output
    assert built_book.html.joinpath("index.html").read_text() == before


def test_a_deleted_page_is_built_again(built_book):
    built_book.html.joinpath("chapters/01_first.html").unlink()
    status, _ = built_book.build()
    assert status == 0
    assert built_book.html.joinpath("chapters/01_first.html").is_file()


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
@pytest.mark.parametrize("marker", ["01_first: ", "Building the pages"])
def test_an_interrupted_build_goes_on_where_it_stopped(mini_book, marker):
    mini_book.edit(
        "chapters/02_second.py", "total =", "import time\ntime.sleep(3)\ntotal ="
    )
    process = mini_book.start()
    for line in process.stdout:
        if marker in line:
            break
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=mini_book.timeout_s)
    assert process.returncode == 130, output
    assert "Run the command again" in output
    assert not list(mini_book.root.rglob("*.partial"))
    assert not mini_book.html.exists()

    status, output = mini_book.build()
    assert status == 0, output
    assert "01_first: " not in output


def test_a_kernel_that_does_not_start_is_tried_again(mini_book, monkeypatch):
    starts = []
    original = NotebookClient.async_start_new_kernel_client

    async def start(client):
        starts.append(client)
        if len(starts) == 1:
            await client._async_cleanup_kernel()
            raise RuntimeError("Kernel died before replying to kernel_info")
        return await original(client)

    monkeypatch.setattr(NotebookClient, "async_start_new_kernel_client", start)
    chapter = mini_book.root / "chapters" / "02_second.py"
    notebook = chapters.parse(chapter.read_text(encoding="utf-8"))
    execute.run(notebook, chapter.parent)
    assert len(starts) == 2
    assert any(cell.get("outputs") for cell in notebook.cells)


def test_a_kernel_that_never_starts_fails_the_chapter(mini_book, monkeypatch):
    async def start(client):
        await client._async_cleanup_kernel()
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(NotebookClient, "async_start_new_kernel_client", start)
    with pytest.raises(execute.ChapterError, match=r"02_second\.py: Kernel died"):
        execute.execute(mini_book.root / "chapters" / "02_second.py")
