"""Chapters as notebooks: percent scripts read, and joined with their stored outputs.

A chapter's outputs are stored under a key made of everything they depend on: its code,
the helpers, the library versions, and the version of Python. The Sphinx build never
executes anything; it reads the outputs under the key that belongs to the text it has.
"""

import hashlib
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import yaml
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
STORE = ROOT / "_build" / "executed"

_OPTION = re.compile(r"#\| (?P<key>[a-z]+):(?P<text>.*)")
_CONTINUATION = re.compile(r"#\|  +(?P<text>\S.*)")
_FIGURE_OPTIONS = {"alt": "image", "caption": "figure", "name": "figure"}


class NotExecutedError(FileNotFoundError):
    """A chapter has no stored outputs for its present code."""


def read_toc(root: Path = ROOT) -> dict[str, Any]:
    """The table of contents, as ``_toc.yml`` has it."""
    return yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))


def toc_entries(root: Path = ROOT) -> list[str]:
    """The files that ``_toc.yml`` names, as POSIX paths without suffix, in order."""
    toc = read_toc(root)
    entries = [toc["root"]]
    for part in toc.get("parts", []):
        for chapter in part["chapters"]:
            entries.append(chapter["file"])
            entries += [page["file"] for page in chapter.get("sections", [])]
    return [entry.removesuffix(".py").removesuffix(".md") for entry in entries]


def chapter_paths(root: Path = ROOT) -> list[Path]:
    """The percent scripts that ``_toc.yml`` names, in the order of the book.

    A chapter of the path is followed by the deeper pages under it.
    """
    paths = [root / f"{entry}.py" for entry in toc_entries(root)]
    return [path for path in paths if path.is_file()]


def parse(text: str) -> NotebookNode:
    """Read a percent script, lift its ``#|`` lines into cell metadata.

    A code cell may begin with lines ``#| alt: …``, ``#| caption: …`` and
    ``#| name: …``; a line ``#|   …`` continues the one before. They become the cell's
    ``mystnb`` metadata and leave its source. Cell ids are the cells' positions, so
    that the same script gives the same notebook.

    Raises ValueError for an unknown ``#|`` line.
    """
    notebook = jupytext.reads(text, fmt="py:percent")
    starts = _cell_lines(text)
    for index, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{index:03d}"
        if cell.cell_type == "code":
            source, options = _split_options(cell.source)
            cell.source = source
            for key, value in options.items():
                section = _FIGURE_OPTIONS[key]
                mystnb = cell.metadata.setdefault("mystnb", {})
                mystnb.setdefault(section, {})[key] = value
    if len(starts) == len(notebook.cells):
        notebook.metadata["source_map"] = starts
    return notebook


def parse_file(path: Path) -> NotebookNode:
    """:func:`parse` the percent script at `path`."""
    return parse(path.read_text(encoding="utf-8"))


def read_executed(text: str) -> NotebookNode:
    """Read a percent script together with its stored outputs.

    Raises NotExecutedError if this code has not been executed.
    """
    notebook = parse(text)
    outputs = load_outputs(notebook)
    for cell, done in zip(code_cells(notebook), code_cells(outputs), strict=True):
        cell.outputs = done.outputs
        cell.execution_count = done.execution_count
    notebook.metadata["kernelspec"] = outputs.metadata["kernelspec"]
    return notebook


def read_for_page(text: str) -> NotebookNode:
    """:func:`read_executed` for myst-nb, without the outputs that no page shows."""
    notebook = read_executed(text)
    for cell in code_cells(notebook):
        for output in cell.outputs:
            for mime_type in list(output.get("data", {})):
                if mime_type.startswith("application/vnd.downhill."):
                    del output["data"][mime_type]
    return notebook


def load_outputs(notebook: NotebookNode) -> NotebookNode:
    """The executed notebook stored for the code of `notebook`."""
    folder = STORE / execution_key(notebook)
    found = sorted(folder.glob("*.ipynb"))
    if not found:
        raise NotExecutedError(
            "this chapter's code has no stored outputs; run: make book"
        )
    return nbformat.read(found[0], as_version=4)


def stored_path(path: Path, notebook: NotebookNode) -> Path:
    """Where the executed notebook of the chapter at `path` is stored."""
    return STORE / execution_key(notebook) / f"{path.stem}.ipynb"


def commit() -> str:
    """The commit that is checked out; the name of the main branch without git."""
    if shutil.which("git") is None:
        return "main"
    run = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True
    )
    return run.stdout.strip() if run.returncode == 0 else "main"


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells of `notebook`, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown_code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells that the page shows, folded ones among them, in order."""
    return [cell for cell in code_cells(notebook) if is_shown(cell)]


def is_shown(cell: NotebookNode) -> bool:
    """Whether the page shows a cell, folded or not."""
    return "remove-cell" not in cell.metadata.get("tags", [])


def tagged_code(notebook: NotebookNode, tag: str) -> list[str]:
    """The code of the cells that have `tag`, in order."""
    return [
        cell.source
        for cell in code_cells(notebook)
        if tag in cell.metadata.get("tags", [])
    ]


def execution_key(notebook: NotebookNode) -> str:
    """A hash of all that the outputs of `notebook` depend on."""
    digest = hashlib.sha256(_environment_fingerprint().encode())
    for cell in code_cells(notebook):
        digest.update(b"\0cell\0" + cell.source.encode())
    return digest.hexdigest()[:20]


@cache
def _environment_fingerprint() -> str:
    digest = hashlib.sha256(f"{sys.version}\0".encode())
    inputs = [ROOT / "requirements.txt", ROOT / "constraints.txt"]
    inputs += [ROOT / "tools" / "execute.py"]
    inputs += [
        path
        for path in sorted((ROOT / "helpers").rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    for path in inputs:
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _cell_lines(text: str) -> list[int]:
    """The line (counted from 0) on which each cell's text begins."""
    lines = text.splitlines()
    starts = [n + 1 for n, line in enumerate(lines) if re.match(r"# %%( |$)", line)]
    return starts


def _split_options(source: str) -> tuple[str, dict[str, str]]:
    options: dict[str, str] = {}
    lines = source.splitlines()
    key = None
    while lines and lines[0].startswith("#|"):
        line = lines.pop(0)
        if match := _OPTION.fullmatch(line):
            key = match["key"]
            if key not in _FIGURE_OPTIONS:
                raise ValueError(
                    f"unknown option {key!r} in {line!r}: "
                    f"expected one of {', '.join(_FIGURE_OPTIONS)}"
                )
            options[key] = match["text"].strip()
        elif key and (match := _CONTINUATION.fullmatch(line)):
            options[key] = f"{options[key]} {match['text'].strip()}".strip()
        else:
            raise ValueError(f"cannot read {line!r}: expected '#| key: text'")
    return "\n".join(lines), options
