"""Executed figures and videos: light and dark, sized, lazy, and never without words."""

import base64
import hashlib
import html
import re
from pathlib import Path

from docutils import nodes
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri
from sphinx.writers.html5 import HTML5Translator

from helpers.figures import DARK_PARTNERS
from tools import chapters

logger = logging.getLogger(__name__)

_SVG_WIDTH = re.compile(r'<svg[^>]*?\swidth="([\d.]+)pt"')
_SVG_HEIGHT = re.compile(r'<svg[^>]*?\sheight="([\d.]+)pt"')
_COLOR = re.compile("|".join(DARK_PARTNERS), re.IGNORECASE)
_EMBEDDED = re.compile(r'(src|poster)="data:(video/mp4|image/png);base64,([^"]+)"')
_SUFFIX = {"video/mp4": "mp4", "image/png": "png"}


class ThemedImage(nodes.General, nodes.Inline, nodes.Element):
    """An SVG figure with attributes `light`, `dark`, `alt`, `width` and `height`."""


class ThemeFigures(SphinxPostTransform):
    """Replace each figure that a cell drew by its light and dark versions."""

    default_priority = 5  # before Sphinx collects the remaining images
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for output in list(self.document.findall(_is_cell_output)):
            for image in list(output.findall(nodes.image)):
                self._replace(image)
            for raw in output.findall(nodes.raw):
                raw[:] = [nodes.Text(self._extract_media(raw.astext()))]

    def _replace(self, image: nodes.image) -> None:
        if not image.get("alt", "").strip():
            logger.warning(
                "this figure has no alternative text: begin its cell with '#| alt:'",
                location=image,
            )
        source = Path(self.app.srcdir, image["uri"])
        if source.suffix != ".svg":
            return
        svg = source.read_text(encoding="utf-8")
        alt = image.get("alt", "")
        image.replace_self(themed_image(self.env, svg, alt, self.env.docname))

    def _extract_media(self, markup: str) -> str:
        """Move embedded videos and posters into files, so that they load lazily."""

        def publish(match: re.Match[str]) -> str:
            data = base64.b64decode(match[3])
            address = _publish(self.env, self.env.docname, data, _SUFFIX[match[2]])
            return f'{match[1]}="{address}"'

        return _EMBEDDED.sub(publish, markup)


class ChapterFigure(SphinxDirective):
    """Show the figure of a chapter on another page: its document, then its name."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        document, name = self.arguments
        path = Path(self.env.doc2path(document))
        self.env.note_dependency(str(path))
        notebook = chapters.read_executed(path.read_text(encoding="utf-8"))
        for cell in chapters.code_cells(notebook):
            options = cell.metadata.get("mystnb", {})
            if options.get("figure", {}).get("name") == name:
                svg = _first_svg(cell)
                alt = options.get("image", {}).get("alt", "")
                return [themed_image(self.env, svg, alt, self.env.docname)]
        raise self.error(f"{document} has no figure named {name}")


def setup(app: Sphinx) -> None:
    app.add_node(ThemedImage, html=(_visit_themed_image, None))
    app.add_directive("chapter-figure", ChapterFigure)
    app.add_post_transform(ThemeFigures)


def themed_image(
    env: BuildEnvironment, svg: str, alt: str, document: str
) -> ThemedImage:
    """Write the light and the dark version of `svg`; return their node."""
    width, height = svg_size(svg)
    return ThemedImage(
        light=_publish(env, document, svg.encode(), "svg"),
        dark=_publish(env, document, dark_version(svg).encode(), "svg"),
        alt=alt,
        width=width,
        height=height,
    )


def _publish(env: BuildEnvironment, document: str, data: bytes, suffix: str) -> str:
    """Write a file beside the other images; return its address for `document`."""
    name = f"{hashlib.sha256(data).hexdigest()[:16]}.{suffix}"
    folder = Path(env.app.outdir, "_images")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return relative_uri(env.app.builder.get_target_uri(document), f"_images/{name}")


def _first_svg(cell: NotebookNode) -> str:
    for output in cell.outputs:
        if svg := output.get("data", {}).get("image/svg+xml"):
            return svg
    raise ValueError("this cell shows no SVG figure")


def dark_version(svg: str) -> str:
    """The same figure for a dark ground: the book's colors exchanged for partners."""
    return _COLOR.sub(lambda match: DARK_PARTNERS[match[0].lower()], svg)


def svg_size(svg: str) -> tuple[int, int]:
    """Width and height in CSS pixels of an SVG that Matplotlib wrote in points.

    Raises ValueError if the SVG does not state its size in points.
    """
    width, height = _SVG_WIDTH.search(svg), _SVG_HEIGHT.search(svg)
    if width is None or height is None:
        raise ValueError("this SVG does not state its width and height in points")
    return round(float(width[1]) * 4 / 3), round(float(height[1]) * 4 / 3)


def _is_cell_output(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and (
        node.get("nb_element") == "cell_code_output"
    )


def _visit_themed_image(translator: HTML5Translator, node: ThemedImage) -> None:
    shared = (
        f'alt="{html.escape(node["alt"])}" width="{node["width"]}" '
        f'height="{node["height"]}" loading="lazy" decoding="async"'
    )
    # The theme hides one of the two, and a browser does not fetch a hidden lazy image.
    translator.body.append(
        f'<img class="figure on-light" src="{node["light"]}" {shared}>'
        f'<img class="figure on-dark dark-light" src="{node["dark"]}" {shared}>'
    )
    raise nodes.SkipNode
