"""What every page gets: a description, and addresses from one place."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

DESCRIPTION_LENGTH = 160


def setup(app: Sphinx) -> None:
    app.connect("config-inited", _define_links)
    app.connect("html-page-context", _describe)


def _define_links(app: Sphinx, config: Config) -> None:
    """Let pages write ``{{ repository }}`` and ``{{ issues }}`` for links there."""
    url = config.html_theme_options["repository_url"]
    config.myst_substitutions = {
        "repository": f"[the repository]({url})",
        "issues": f"[open an issue]({url}/issues)",
    }


def _describe(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add ``<meta name="description">`` from the page's first paragraph."""
    if doctree is None:
        return
    paragraph = next(iter(doctree.findall(nodes.paragraph)), None)
    if paragraph is None:
        return
    text = " ".join(paragraph.astext().split())
    if len(text) > DESCRIPTION_LENGTH:
        text = text[:DESCRIPTION_LENGTH].rsplit(" ", 1)[0] + " …"
    escaped = text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    context["metatags"] += f'\n<meta name="description" content="{escaped}">'
