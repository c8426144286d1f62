"""Buttons on each chapter: run it in Colab or Binder, download it, see its source."""

from typing import Any
from urllib.parse import urlsplit

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from downhill.notebooks import FOLDER


def setup(app: Sphinx) -> None:
    app.add_config_value("downhill_launch", {}, "html")
    # After the theme has made its own buttons, at the default priority of 500.
    app.connect("html-page-context", _add_buttons, priority=900)


def launch_urls(config: Any, document: str) -> dict[str, str]:
    """Where a chapter can be run or seen: addresses for "Colab", "Binder", "Source".

    `document` is the name of the chapter's document, such as ``chapters/01_first``.
    """
    options, launch = config.html_theme_options, config.downhill_launch
    repository, branch = options["repository_url"], options["repository_branch"]
    name = urlsplit(repository).path.strip("/")
    stem = document.rpartition("/")[2]
    notebooks = launch["notebooks_branch"]
    lab = f"?urlpath=lab%2Ftree%2F{stem}.ipynb"
    return {
        "Colab": f"{launch['colab_url']}/github/{name}/blob/{notebooks}/{stem}.ipynb",
        "Binder": f"{launch['binder_url']}/v2/gh/{name}/{notebooks}{lab}",
        "Source": f"{repository}/blob/{branch}/{document}.py",
    }


def _add_buttons(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    if doctree is None or not app.env.doc2path(pagename).endswith(".py"):
        return
    urls = launch_urls(app.config, pagename)
    stem = pagename.rpartition("/")[2]
    page = app.builder.get_target_uri(pagename)
    download = relative_uri(page, f"{FOLDER}/{stem}.ipynb")
    entries = [
        ("Open in Colab", urls["Colab"], "fa-solid fa-play"),
        ("Open in Binder", urls["Binder"], "fa-solid fa-play"),
        ("Download the notebook", download, "fa-solid fa-download"),
        ("View the source", urls["Source"], "fa-solid fa-code"),
    ]
    group = {
        "type": "group",
        "label": "launch-buttons",
        "icon": "fa-solid fa-rocket",
        "tooltip": "Run this chapter",
        "buttons": [
            {"type": "link", "text": text, "url": url, "icon": icon}
            for text, url, icon in entries
        ],
    }
    context["header_buttons"].insert(0, group)
