"""Chapters as notebooks that run anywhere: plain Markdown, outputs, and a first cell.

A notebook is written from the resolved document, in which references, numbers and
citations are text already, so its Markdown cells hold no directive, role or label.
Code cells and outputs come from the executed chapter.
"""

import ast
import importlib.metadata
import inspect
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
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from downhill import first_cell
from downhill.figures import ThemedImage
from downhill.mathml import aligned
from tools import chapters
from tools.versions import lower_bounds

FOLDER = "notebooks"  # within the built site

# Folds the code in Colab, in JupyterLab, and in the classic notebook's extension.
_FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}, "hide_input": True}
_FOLDED_TAG = "hide_input"  # for what nbconvert is told to leave out


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
        cell = _code_cell(executed, position, folded=_in_solution(part))
        if "hide-input" in executed.cells[position].metadata.get("tags", []):
            cell.source = writer.drawing(part) + cell.source
        cells.append(cell)
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
        if chapters.is_shown(executed.cells[end]):
            return end
    return len(executed.cells)


def _code_cell(
    executed: NotebookNode, position: int, *, folded: bool = False
) -> NotebookNode:
    """One code cell; `folded` also folds what it prints."""
    cell = executed.cells[position]
    tags = set(cell.metadata.get("tags", []))
    kept = tags & {"nbval-ignore-output", "raises-exception"}
    metadata: dict[str, object] = {}
    if tags & {"hide-input", "remove-cell"} or folded:
        metadata |= _FOLDED
        kept.add(_FOLDED_TAG)
    if kept:
        metadata["tags"] = sorted(kept)
    if alt := cell.metadata.get("mystnb", {}).get("image", {}).get("alt"):
        metadata["alt"] = alt  # nbconvert gives it to a picture
    if folded:
        metadata["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
    heading = "# Checks of the text\n" if "remove-cell" in tags else ""
    heading = "# Solution\n" if folded else heading
    return nbformat.v4.new_code_cell(
        heading + cell.source,
        id=f"code-{position:03d}",
        metadata=metadata,
        execution_count=cell.execution_count,
        outputs=cell.outputs,
    )


def _first_cell(executed: NotebookNode, repository: str) -> NotebookNode:
    """The cell that checks what is installed: ``first_cell.py``, and a call."""
    code = inspect.getsource(first_cell)
    packages = "".join(
        f'        "{name}": "{oldest}",\n' for name, oldest in needed(executed).items()
    )
    call = (
        f"prepare(\n    needed={{\n{packages}    }},\n"
        f'    edition="{first_cell.edition_of(chapters.ROOT / "helpers")}",\n'
        f'    source="{repository}/archive/{chapters.commit()}.zip",\n)'
    )
    return nbformat.v4.new_code_cell(
        f"{code[code.index('# Checks') :].rstrip()}\n\n\n{call}",
        id="install",
        metadata={"tags": [_FOLDED_TAG, "nbval-ignore-output"], **_FOLDED},
        execution_count=1,
    )


def needed(executed: NotebookNode) -> dict[str, str]:
    """The packages that a chapter imports, with the oldest version that will do.

    A package without a lower bound of its own, which another one brings, has ``"0"``.
    """
    modules = {"matplotlib", "numpy", "pandas"}  # what the helpers import
    for cell in chapters.code_cells(executed):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Name) and node.id == "load_penguins":
                modules.add("palmerpenguins")
    modules -= {*sys.stdlib_module_names, "IPython", "helpers"}
    distributions, bounds = importlib.metadata.packages_distributions(), lower_bounds()
    names = sorted(distributions[module][0] for module in modules)
    return {name: bounds.get(name, "0") for name in names}


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
            elif _is_code(child):
                yield child
            elif _in_solution(child) and any(child.findall(_is_code)):
                yield from self._solution(child)
            else:
                yield self.block(child)

    def _solution(self, node: nodes.Element) -> Iterator[str | nodes.Element]:
        """The text of a solution folded, and its code cells, which cannot be inside."""
        title, *content = node.children
        summary, blocks = self.inline(title), []
        for child in itertools.chain.from_iterable(c.children for c in content):
            if not _is_code(child):
                blocks.append(self.block(child))
                continue
            if blocks:
                yield _folded(summary, "\n\n".join(blocks))
                summary, blocks = "Solution, continued", []
            yield child
        if blocks:
            yield _folded(summary, "\n\n".join(blocks))

    def captions(self, cell: nodes.Element) -> str:
        """The numbered captions of the figures that a cell shows."""
        return "\n\n".join(
            f"*Fig. {self._number('figure', figure)}: {self.inline(caption)}*"
            for figure in cell.findall(nodes.figure)
            for caption in figure.findall(nodes.caption)
        )

    def drawing(self, cell: nodes.Element) -> str:
        """A first line for folded code, which says what it draws, if it does."""
        numbers = [
            f"Fig. {self._number('figure', figure)}"
            for figure in cell.findall(nodes.figure)
            if any(figure.findall(nodes.caption))
        ]
        if numbers:
            return f"# Draws {' and '.join(numbers)}\n"
        pictures = itertools.chain(cell.findall(ThemedImage), cell.findall(nodes.image))
        return "# Draws the figure below\n" if any(pictures) else ""

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
            case addnodes.toctree():  # the deeper pages, for the sidebar
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


def _is_code(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _in_solution(node: nodes.Node | None) -> bool:
    """Whether `node` is a solution or stands in one."""
    while node is not None:
        if isinstance(node, nodes.Element) and node.get("type") == "solution":
            return True
        node = node.parent
    return False


def _quoted(text: str) -> str:
    return textwrap.indent(text, "> ", lambda line: True).replace("> \n", ">\n")


def _folded(title: str, text: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"
