"""Equations as MathML Core, converted at build time: no script, no other host."""

import re
from html import escape

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
_converter = LatexToMathML()

# No line begins with the punctuation after a formula.
_WORD_JOINER = "\u2060"

# The font's primes are raised already; as superscripts they would fly off.
_PRIME = re.compile("<msup>(<mi>[^<]*</mi>)<mo>([′″‴])</mo></msup>")


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer(
        "mathml", inline_renderers=(_inline, None), block_renderers=(_block, None)
    )


def to_mathml(latex: str, *, display: bool) -> str:
    """Convert LaTeX to one ``<math>`` element; raises math_core.LatexError."""
    converted = _converter.convert_with_local_state(latex, displaystyle=display)
    return _PRIME.sub(r'<mrow>\1<mo lspace="0" rspace="0">\2</mo></mrow>', converted)


def aligned(latex: str) -> str:
    """Several lines of a formula, wrapped in the environment that they need."""
    if r"\\" in latex and r"\begin" not in latex:
        return rf"\begin{{aligned}}{latex}\end{{aligned}}"
    return latex


def _convert(latex: str, node: nodes.Node, *, display: bool) -> str:
    try:
        return to_mathml(latex, display=display)
    except LatexError as error:
        logger.warning("cannot convert the formula %r: %s", latex, error, location=node)
        return f"<code>{escape(latex)}</code>"


def _inline(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(_convert(node.astext(), node, display=False))
    following = node.next_node(descend=False, siblings=True)
    if isinstance(following, nodes.Text) and following.astext()[0] in ".,;:?!)’-–":
        translator.body.append(_WORD_JOINER)
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.math_block) -> None:
    number = ""
    if node["number"]:
        number = (
            f'<span class="eqno">({get_node_equation_number(translator, node)})</span>'
        )
    latex = aligned(node.astext().strip())
    identifier = f' id="{node["ids"][0]}"' if node.get("ids") else ""
    # A wide equation scrolls, so it has to be reachable by keyboard.
    translator.body.append(
        f'<div class="equation"{identifier}>'
        f'<div class="equation-scroll" tabindex="0" role="group" '
        f'aria-label="{_("Equation")}">'
        f"{_convert(latex, node, display=True)}</div>{number}</div>"
    )
    raise nodes.SkipNode
