"""A small book that tests may build and break, and the built book itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.chapters import ROOT

HERE = Path(__file__).parent


class MiniBook:
    """A complete two-chapter book in a folder of its own, with this book's tools."""

    def __init__(self, root: Path) -> None:
        self.root = root
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
        output, _ = process.communicate(timeout=120)
        return process.returncode, output


@pytest.fixture
def mini_book(tmp_path: Path) -> MiniBook:
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
    folder = tmp_path_factory.mktemp("wheel")
    for name in ("helpers", "pyproject.toml", "README.md"):
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet"]
    build += ["--no-build-isolation", "--wheel-dir", str(folder), str(folder)]
    subprocess.run(build, check=True, capture_output=True)
    return next(folder.glob("*.whl"))
