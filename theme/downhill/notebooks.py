"""Chapters as notebooks that run anywhere: plain Markdown, outputs, and a first cell.

A notebook is written from the resolved document, in which references, numbers and
citations are text already, so its Markdown cells hold no directive, role or label.
Code cells and outputs come from the executed chapter.
"""

import ast
import itertools
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import nbformat
from docutils import nodes
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from downhill.mathml import aligned
from tools import chapters

FOLDER = "notebooks"  # within the built site

_FIRST_CELL = """\
# Gets what this notebook needs and your Python lacks.
import importlib.util
import os
import sys

needed = {needed}
book = "git+{repository}"
commit = "{commit}"  # this notebook was built from it
source = os.environ.get("DOWNHILL_SOURCE", f"{{book}}@{{commit}}")
names = {{"helpers": source, "sklearn": "scikit-learn"}}
missing = [name for name in needed if importlib.util.find_spec(name) is None]
packages = " ".join(names.get(name, name) for name in missing)
if missing and ("google.colab" in sys.modules or "DOWNHILL_SOURCE" in os.environ):
    %pip install --quiet --no-deps {{packages}}
elif missing:
    raise ModuleNotFoundError(
        "Run this in a terminal, then restart the kernel: "
        f"{{sys.executable}} -m pip install {{packages}}"
    )"""


def setup(app: Sphinx) -> None:
    app.connect("doctree-resolved", _write_notebook, priority=900)


def _write_notebook(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    path = Path(app.env.doc2path(docname))
    if app.builder.format != "html" or path.suffix != ".py":
        return
    executed = chapters.read_executed(path.read_text(encoding="utf-8"))
    repository = app.config.html_theme_options["repository_url"]
    notebook = to_notebook(app, doctree, docname, executed)
    notebook.cells.insert(1, _first_cell(executed, repository))
    target = Path(app.outdir, FOLDER, f"{path.stem}.ipynb")
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.validate(notebook)
    nbformat.write(notebook, target)


def to_notebook(
    app: Sphinx, doctree: nodes.document, docname: str, executed: NotebookNode
) -> NotebookNode:
    """The document as Markdown cells, with the executed code cells in their places."""
    url = urljoin(app.config.html_baseurl, app.builder.get_target_uri(docname))
    writer = MarkdownWriter(app.env, docname, url)
    cells: list[NotebookNode] = []
    blocks: list[str] = []

    def end_markdown_cell() -> None:
        if text := "\n\n".join(filter(None, blocks)):
            cells.append(
                nbformat.v4.new_markdown_cell(text, id=f"text-{len(cells):03d}")
            )
        blocks.clear()

    done = 0  # the position in the script up to which cells are written
    for part in writer.walk(doctree):
        if isinstance(part, str):
            if part.startswith("#"):
                end_markdown_cell()
            blocks.append(part)
            continue
        end_markdown_cell()
        position = int(part["cell_index"])
        cells += _hidden_cells(executed, done, position)
        cells.append(_code_cell(executed, position))
        blocks.append(writer.captions(part))
        done = _end_of_code(executed, position)
        if hidden := _hidden_cells(executed, position + 1, done):
            end_markdown_cell()
            cells += hidden
    end_markdown_cell()
    cells += _hidden_cells(executed, done, len(executed.cells))
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = executed.metadata["kernelspec"]
    notebook.metadata["language_info"] = {"name": "python"}
    return notebook


def _hidden_cells(executed: NotebookNode, start: int, end: int) -> list[NotebookNode]:
    """The cells that the page does not show: the checks of the text, folded."""
    return [
        _code_cell(executed, position)
        for position in range(start, end)
        if executed.cells[position].cell_type == "code"
        and "sys.path" not in executed.cells[position].source
    ]


def _end_of_code(executed: NotebookNode, position: int) -> int:
    """The position after a shown cell and the hidden ones that follow it directly."""
    for end in range(position + 1, len(executed.cells)):
        if "remove-cell" not in executed.cells[end].metadata.get("tags", []):
            return end
    return len(executed.cells)


def _code_cell(executed: NotebookNode, position: int) -> NotebookNode:
    cell = executed.cells[position]
    tags = set(cell.metadata.get("tags", []))
    metadata: dict[str, object] = {}
    if kept := sorted(tags & {"nbval-ignore-output", "raises-exception"}):
        metadata["tags"] = kept
    if tags & {"hide-input", "remove-cell"}:
        metadata["cellView"] = "form"  # folds the code in Colab
        metadata["jupyter"] = {"source_hidden": True}  # and in JupyterLab
    heading = "# Checks of the text\n" if "remove-cell" in tags else ""
    return nbformat.v4.new_code_cell(
        heading + cell.source,
        id=f"code-{position:03d}",
        metadata=metadata,
        execution_count=cell.execution_count,
        outputs=cell.outputs,
    )


def _first_cell(executed: NotebookNode, repository: str) -> NotebookNode:
    source = _FIRST_CELL.format(
        commit=chapters.commit(), needed=_needed(executed), repository=repository
    )
    return nbformat.v4.new_code_cell(
        source,
        id="install",
        metadata={"tags": ["nbval-ignore-output"]},
        execution_count=1,
    )


def _needed(executed: NotebookNode) -> list[str]:
    """The third-party packages that the chapter imports, itself or by the helpers."""
    found = {"helpers"}
    for cell in chapters.code_cells(executed):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Name) and node.id == "load_penguins":
                found.add("palmerpenguins")
    return sorted(found - set(sys.stdlib_module_names) - {"IPython"})


class MarkdownWriter:
    """Writes resolved document nodes as the Markdown that every notebook reader knows.

    Links lead to the published page at `url`. A node without a rule raises
    NotImplementedError, so that nothing is lost in silence.
    """

    def __init__(self, env: BuildEnvironment, docname: str, url: str) -> None:
        self.env = env
        self.docname = docname
        self.url = url

    def walk(
        self, node: nodes.Element, level: int = 0
    ) -> Iterator[str | nodes.Element]:
        """Blocks of Markdown and containers of code cells, in reading order."""
        for child in node.children:
            if isinstance(child, nodes.section):
                yield from self.walk(child, level + 1)
            elif isinstance(child, nodes.title):
                number = self._section_number(node)
                yield f"{'#' * level} {number}{self.inline(child)}"
            elif _is(child, "cell_code"):
                yield child
            else:
                yield self.block(child)

    def captions(self, cell: nodes.Element) -> str:
        """The numbered captions of the figures that a cell shows."""
        return "\n\n".join(
            f"*Fig. {self._number('figure', figure)}: {self.inline(caption)}*"
            for figure in cell.findall(nodes.figure)
            for caption in figure.findall(nodes.caption)
        )

    def block(self, node: nodes.Node) -> str:
        """One block of Markdown, without blank lines around it; may be empty."""
        match node:
            case nodes.paragraph():
                return self.inline(node)
            case nodes.bullet_list():
                return self._list(node, itertools.repeat("- "))
            case nodes.enumerated_list():
                start = node.get("start", 1)
                return self._list(node, (f"{n}. " for n in itertools.count(start)))
            case nodes.definition_list():
                return self.blocks(node)
            case nodes.definition_list_item():
                term, definition = node.children[0], node.children[-1]
                return f"**{self.inline(term)}**: {self.blocks(definition)}"
            case nodes.math_block():
                return self._equation(node)
            case nodes.literal_block():
                language = node.get("language", "")
                known = language if language in ("python", "sh", "text") else ""
                return f"```{known}\n{node.astext().strip()}\n```"
            case nodes.block_quote():
                return _quoted(self.blocks(node))
            case nodes.rubric():
                return f"**{self.inline(node)}**"
            case nodes.table():
                return self._table(node)
            case nodes.transition():
                return "---"
            case nodes.Element() if node.get("type") in ("exercise", "solution"):
                return self._exercise(node)
            case nodes.Admonition():
                return self._admonition(node)
            case nodes.target() | nodes.comment() | nodes.system_message():
                return ""
            case nodes.section() | nodes.container() | nodes.compound():
                return self.blocks(node)
        raise NotImplementedError(f"no Markdown for {node!r:.200}")

    def blocks(self, node: nodes.Element) -> str:
        return "\n\n".join(filter(None, map(self.block, node.children)))

    def inline(self, node: nodes.Element) -> str:
        """The text of a node with its markup, on one line."""
        text = "".join(map(self._inline, node.children))
        return re.sub(r"\s+", " ", text).strip()

    def _inline(self, node: nodes.Node) -> str:
        inner = "".join(map(self._inline, node.children))
        match node:
            case nodes.Text():
                return re.sub(r"([\\`*_$<\[\]])", r"\\\1", node.astext())
            case nodes.emphasis() | nodes.title_reference():
                return f"*{inner}*"
            case nodes.strong():
                return f"**{inner}**"
            case nodes.literal():
                return f"`{node.astext()}`"
            case nodes.math():
                return f"${node.astext()}$"
            case nodes.reference():
                address = node.get("refuri") or f"#{node['refid']}"
                return f"[{inner}]({urljoin(self.url, address)})"
            case nodes.inline():
                return inner
            case nodes.target():
                return ""
        raise NotImplementedError(f"no Markdown for {node!r:.200}")

    def _list(self, node: nodes.Element, markers: Iterator[str]) -> str:
        items = []
        for marker, item in zip(markers, node.children, strict=False):
            text = textwrap.indent(self.blocks(item), " " * len(marker))
            items.append(marker + text[len(marker) :])
        return "\n".join(items)

    def _equation(self, node: nodes.math_block) -> str:
        latex = aligned(node.astext().strip())
        if node.get("number"):
            latex += rf" \tag{{{self._number('displaymath', node)}}}"
        return f"$$\n{latex}\n$$"

    def _table(self, node: nodes.table) -> str:
        rows = [
            [self._cell(entry) for entry in row.children]
            for row in node.findall(nodes.row)
        ]
        rows.insert(1, ["---"] * len(rows[0]))
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def _cell(self, entry: nodes.Element) -> str:
        return " ".join(map(self.inline, entry.children)).replace("|", r"\|")

    def _admonition(self, node: nodes.Element) -> str:
        title, body = type(node).__name__.capitalize(), list(node.children)
        if body and isinstance(body[0], nodes.title):
            title = self.inline(body.pop(0))
        text = "\n\n".join(filter(None, map(self.block, body)))
        if "dropdown" in node.get("classes", []):
            return _folded(title, text)
        return _quoted(f"**{title}**\n\n{text}")

    def _exercise(self, node: nodes.Element) -> str:
        """An exercise quoted or its solution folded: the nodes of sphinx-exercise."""
        text = "\n\n".join(
            self.block(child)
            for child in node.children
            if not isinstance(child, nodes.title)
        )
        if node["type"] == "solution":
            return _folded("Solution", text)
        return _quoted(f"**Exercise {self._number('exercise', node)}**\n\n{text}")

    def _number(self, kind: str, node: nodes.Element) -> str:
        numbers = self.env.toc_fignumbers.get(self.docname, {}).get(kind, {})
        for identifier in node["ids"]:
            if identifier in numbers:
                return ".".join(map(str, numbers[identifier]))
        raise KeyError(f"{kind} {node['ids']} has no number")

    def _section_number(self, section: nodes.Element) -> str:
        numbers = self.env.toc_secnumbers.get(self.docname, {})
        anchors = [f"#{identifier}" for identifier in section["ids"]]
        # The first heading of a page is numbered under the page itself.
        for anchor in [*anchors, *([""] if section.parent.parent is None else [])]:
            if anchor in numbers:
                return ".".join(map(str, numbers[anchor])) + ". "
        return ""


def _is(node: nodes.Node, element: str) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == element


def _quoted(text: str) -> str:
    return textwrap.indent(text, "> ", lambda line: True).replace("> \n", ">\n")


def _folded(title: str, text: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"
