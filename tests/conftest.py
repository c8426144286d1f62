"""A small book that tests may build and break, and the built book itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import environments
from tools.chapters import ROOT

HERE = Path(__file__).parent


class MiniBook:
    """A complete two-chapter book in a folder of its own, with this book's tools."""

    timeout_s = 600  # some seconds will do, but not on a busy machine

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def write(cls, root: Path) -> "MiniBook":
        """Write the book's sources into `root`."""
        for folder in ("helpers", "theme", "tools"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / folder, root / folder, ignore=ignored)
        for name in (
            "_config.yml",
            "constraints.txt",
            "references.bib",
            "requirements.txt",
        ):
            shutil.copy(ROOT / name, root / name)
        shutil.copytree(HERE / "mini_book", root, dirs_exist_ok=True)
        return cls(root)

    @property
    def html(self) -> Path:
        return self.root / "_build" / "html"

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def start(self) -> subprocess.Popen[str]:
        """Begin a build, in a process group of its own."""
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        return subprocess.Popen(
            [sys.executable, "-m", "tools.build"],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        )

    def build(self) -> tuple[int, str]:
        """Build; return the exit status and all that was printed."""
        process = self.start()
        output, _ = process.communicate(timeout=self.timeout_s)
        return process.returncode, output


@pytest.fixture
def mini_book(tmp_path: Path) -> MiniBook:
    """The small book, of which nothing has been executed or built."""
    return MiniBook.write(tmp_path)


@pytest.fixture(scope="session")
def first_build(tmp_path_factory) -> tuple[MiniBook, str]:
    """The small book, built once from nothing, and what the build printed."""
    book = MiniBook.write(tmp_path_factory.mktemp("first_build"))
    status, output = book.build()
    assert status == 0, output
    return book, output


@pytest.fixture
def executed_book(mini_book, first_build) -> MiniBook:
    """The small book, its chapters executed, without pages."""
    executed = Path("_build", "executed")
    shutil.copytree(first_build[0].root / executed, mini_book.root / executed)
    return mini_book


@pytest.fixture
def built_book(tmp_path, first_build) -> MiniBook:
    """The small book, built."""
    shutil.copytree(first_build[0].root, tmp_path, dirs_exist_ok=True)
    return MiniBook(tmp_path)


@pytest.fixture(scope="session")
def site() -> Path:
    """The built book."""
    html = ROOT / "_build" / "html"
    if not (html / "index.html").is_file():
        pytest.fail("the book is not built; run: make book")
    return html


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    """The helpers as a wheel, built from a copy of the repository."""
    return environments.build_wheel(tmp_path_factory.mktemp("wheel"))
