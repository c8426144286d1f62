"""Build the book: execute what changed, run Sphinx strictly, check the pages, publish.

Run as ``python -m tools.build``. ``_build/html`` is only ever a complete book: pages
are built beside it and exchanged at the end, so a failed or interrupted build leaves
the last good one. Exits with 1 on any warning, cell error, missing page or broken
link, every time.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import chapters, execute, site_check
from tools.chapters import ROOT

BUILD = ROOT / "_build"
HTML = BUILD / "html"
STAGE = BUILD / "stage"
STAMP = BUILD / "html-inputs"
SOURCES = ["_config.yml", "_toc.yml", "references.bib", "index.md"]
SOURCE_FOLDERS = ["appendix", "chapters", "deeper", "helpers", "theme", "tools"]


def build() -> bool:
    """Bring ``_build/html`` up to date; return whether that succeeded."""
    paths = chapters.chapter_paths()
    if not execute.execute_all(paths):
        return _fail("a chapter failed, so the book was not built")
    execute.remove_stale(paths)
    inputs = _fingerprint(paths)
    if STAMP.is_file() and STAMP.read_text() == inputs and _is_complete(HTML):
        print("The book is up to date.")
    else:
        print("Building the pages", flush=True)
        staged = _run_jupyter_book()
        if staged is None:
            return _fail("Jupyter Book reported the problems above")
        if problems := site_check.check(staged, chapters.toc_entries()):
            print(*problems, sep="\n", file=sys.stderr)
            return _fail("the built pages have the problems above")
        _publish(staged, inputs)
    print(f"Open {(HTML / 'index.html').as_uri()}")
    return True


def _run_jupyter_book() -> Path | None:
    """Build every page strictly in a folder of its own; None if anything was wrong."""
    shutil.rmtree(STAGE, ignore_errors=True)
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    command += ["build", str(ROOT), "--path-output", str(STAGE)]
    command += ["--all", "--warningiserror", "--nitpick", "--keep-going", "--quiet"]
    python_path = os.pathsep.join([str(ROOT), str(ROOT / "theme")])
    run = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": python_path, "PYTHONUTF8": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    if run.returncode != 0:
        print(run.stdout, file=sys.stderr)
        return None
    return STAGE / "_build" / "html"


def _publish(staged: Path, inputs: str) -> None:
    """Put the new pages in the place of the old ones."""
    STAMP.unlink(missing_ok=True)
    old = BUILD / "html-old"
    shutil.rmtree(old, ignore_errors=True)
    if HTML.exists():
        HTML.rename(old)
    staged.rename(HTML)
    STAMP.write_text(inputs)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(STAGE, ignore_errors=True)


def _is_complete(html: Path) -> bool:
    return all((html / f"{entry}.html").is_file() for entry in chapters.toc_entries())


def _fingerprint(paths: list[Path]) -> str:
    """A hash of everything that the pages are made from."""
    digest = hashlib.sha256(chapters.commit().encode())  # the notebooks name it
    files = [ROOT / name for name in SOURCES]
    for folder in SOURCE_FOLDERS:
        files += sorted(path for path in (ROOT / folder).rglob("*") if path.is_file())
    files += sorted(chapters.STORE.rglob("*.ipynb"))
    files.append(ROOT / "constraints.txt")
    for path in files:
        if "__pycache__" not in path.parts:
            digest.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _fail(reason: str) -> bool:
    print(f"FAILED: {reason}.", file=sys.stderr)
    if HTML.exists():
        print("The last complete book is still in _build/html.", file=sys.stderr)
    return False


def main() -> int:
    try:
        return 0 if build() else 1
    except OSError as error:
        print(
            f"The build stopped: {error}. If the disk is full, free some space; "
            "then run the command again.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print(
            "\nInterrupted. Run the command again: finished chapters are kept.",
            file=sys.stderr,
            flush=True,
        )
        # Leave at once: chapters under way run in threads that cannot be stopped, and
        # their kernels end when they see that this process is gone.
        os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
