"""Facts about the course that only a build knows: times, the map, published numbers."""

import math
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from helpers.published import (
    CITATIONS,
    MIME_TYPE,
    Published,
    Reproduced,
    published_values,
)
from tools import chapters, lessons

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> None:
    app.add_role("chapter-time", ChapterTimeRole())
    app.add_directive("course-map", CourseMap)
    app.add_directive("published-table", PublishedTable)


def times(notebook: NotebookNode) -> str:
    """How long a chapter takes to read (estimated) and to run (as last measured)."""
    minutes = math.ceil(lessons.measure(notebook).minutes)
    seconds = chapters.load_outputs(notebook).metadata["downhill"]["seconds"]
    return f"{minutes} min to read, {math.ceil(seconds)} s to run"


class ChapterTimeRole(SphinxRole):
    """The role ``chapter-time``: the times of the chapter that the role stands in."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        text = times(chapters.parse_file(Path(self.env.doc2path(self.env.docname))))
        return [nodes.inline("", text, classes=["chapter-time"])], []


class CourseMap(SphinxDirective):
    """The parts and chapters of ``_toc.yml``, one line of description for each.

    The content has a line ``chapters/NN_name: What the reader does.`` for each chapter.
    The deeper pages under a chapter follow it by their titles.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        descriptions = dict(line.split(": ", 1) for line in self.content if line)
        source = []
        for part in chapters.read_toc(Path(self.env.srcdir))["parts"]:
            listed = {
                chapter["file"]: [page["file"] for page in chapter.get("sections", [])]
                for chapter in part["chapters"]
                if chapter["file"].startswith("chapters/")
            }
            if not listed:
                continue
            source += [f":::{{rubric}} {part['caption']}", ":::", ""]
            for name, deeper in listed.items():
                if name not in descriptions:
                    raise self.error(f"the course map has no line for {name}")
                path = Path(self.env.doc2path(name))
                self.env.note_dependency(str(path))
                source.append(
                    f"- {{doc}}`/{name}`: {descriptions.pop(name)} "
                    f"*{times(chapters.parse_file(path))}*"
                )
                if deeper:
                    links = " · ".join(f"{{doc}}`/{page}`" for page in deeper)
                    source += ["", f"  Deeper: {links}", ""]
            source.append("")
        if descriptions:
            raise self.error(f"_toc.yml does not name {', '.join(descriptions)}")
        return _nested(self, source, "course-map")


class PublishedTable(SphinxDirective):
    """Every value that the tutorials printed and a chapter reproduces, per source."""

    def run(self) -> list[nodes.Node]:
        reproduced = self._collect()
        source: list[str] = []
        for name, key in CITATIONS.items():
            entries = [p for p in published_values().values() if p.source == name]
            if not any(entry.id in reproduced for entry in entries):
                continue
            source += [f":::{{rubric}} {{cite:t}}`{key}`", ":::", ""]
            tables: dict[str, list[str]] = {}
            for entry in entries:
                if entry.id not in reproduced:
                    logger.warning(
                        "no chapter reproduces the published value %r", entry.id
                    )
                    continue
                here, document = reproduced[entry.id]
                tables.setdefault(document, []).append(_table_row(entry, here))
            for document, rows in tables.items():
                source += [f"{{doc}}`/{document}`", ""]
                source += ["| value | printed | here | difference | tolerance |"]
                source += ["|---|---|---|---|---|", *rows, ""]
        return _nested(self, source, "published-numbers")

    def _collect(self) -> dict[str, tuple[Any, str]]:
        """From the chapters' outputs: id -> (value obtained, document name)."""
        found = {}
        for path in chapters.chapter_paths(Path(self.env.srcdir)):
            self.env.note_dependency(str(path))
            outputs = chapters.load_outputs(chapters.parse_file(path))
            for cell in chapters.code_cells(outputs):
                for output in cell.outputs:
                    record = output.get("data", {}).get(MIME_TYPE)
                    if record:
                        document = f"{path.parent.name}/{path.stem}"
                        found[record["id"]] = (record["here"], document)
        return found


def _table_row(published: Published, here: Any) -> str:
    _, difference, allowed = Reproduced(published, here).verdict
    tolerance = allowed.removeprefix("tolerance ")
    cells = [f"`{published.id}`", _shown(published.value), _shown(here)]
    cells += [difference or "–", "exact" if tolerance == "0" else tolerance]
    return f"| {' | '.join(cells)} |"


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} values, {value[0]:.4g} to {value[-1]:.4g}"
    return value if isinstance(value, str) else f"{value:.10g}"


def _nested(
    directive: SphinxDirective, source: list[str], name: str
) -> list[nodes.Node]:
    container = nodes.container(classes=[name])
    lines = StringList(source, directive.get_source_info()[0])
    directive.state.nested_parse(lines, directive.content_offset, container)
    return [container]
