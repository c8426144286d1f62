"""Check built pages: they exist, their links resolve, their figures have words.

``check(html, pages)`` returns one line for each problem; ``tools.build`` fails on any.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Elements that a browser fetches without being asked, and the attribute that says what.
_FETCHED = {
    "audio": ("src",),
    "embed": ("src",),
    "iframe": ("src",),
    "img": ("src", "srcset"),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "video": ("src", "poster"),
}
_NOT_FETCHED_LINKS = {"canonical", "index", "next", "prev", "search"}
# What stands in these is code, or typeset.
_NOT_PROSE = {"code", "math", "pre", "script", "style", "title"}
_PATH_ENDINGS = (".svg", ".png", ".jpg", ".jpeg", ".gif", ".webp")


@dataclass
class _Page(HTMLParser):
    """What one page defines, links to, loads and shows."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    images: list[tuple[str, str | None]] = field(default_factory=list)
    videos_without_label: int = 0
    raw_formulas: list[str] = field(default_factory=list)
    _inside: int = 0  # how many elements of `_NOT_PROSE` are open

    def __post_init__(self) -> None:
        super().__init__()

    def handle_data(self, data: str) -> None:
        if not self._inside and "$" in data:
            self.raw_formulas.append(data.strip()[:60])

    def handle_endtag(self, tag: str) -> None:
        self._inside -= tag in _NOT_PROSE

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self._inside += tag in _NOT_PROSE
        for name in ("id", "name"):
            if value := attributes.get(name):
                self.ids.add(value)
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        if tag == "link" and _NOT_FETCHED_LINKS & set(
            (attributes.get("rel") or "").split()
        ):
            return
        self.loads += [
            attributes[name] for name in _FETCHED.get(tag, ()) if attributes.get(name)
        ]
        if tag == "img":
            self.images.append((attributes.get("src") or "", attributes.get("alt")))
        if tag == "video" and not attributes.get("aria-label"):
            self.videos_without_label += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)


def check(html: Path, pages: list[str]) -> list[str]:
    """All problems of the site in the folder `html`, as lines of text.

    `pages` are the entries of the table of contents, without suffix; each must have
    become a page.
    """
    parsed = {path: _parse(path) for path in sorted(html.rglob("*.html"))}
    problems = [
        f"{page}.html: the page is missing"
        for page in pages
        if html / f"{page}.html" not in parsed
    ]
    for path, page in parsed.items():
        name = path.relative_to(html).as_posix()
        if name.startswith("_static/"):
            continue
        problems += [f"{name}: {problem}" for problem in _problems(path, page, parsed)]
    return problems


def anchors(path: Path) -> set[str]:
    """The places on the page at `path` that a link can lead to."""
    return _parse(path).ids


def _parse(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _problems(path: Path, page: _Page, parsed: dict[Path, _Page]) -> Iterator[str]:
    for address in page.loads:
        parts = urlsplit(address)
        if parts.scheme == "data":
            continue
        if parts.netloc:
            yield f"loads {address} from another host"
        elif not _target(path, parts.path).is_file():
            yield f"loads {address}, which does not exist"
    for address in page.links:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = _target(path, parts.path) if parts.path else path
        if target.is_dir():
            target /= "index.html"
        if not target.is_file():
            yield f"links to {address}, which does not exist"
        elif parts.fragment and target in parsed:
            fragment = unquote(parts.fragment)
            if fragment not in parsed[target].ids:
                yield f"links to {address}, but there is no such place on that page"
    for source, alt in page.images:
        words = (alt or "").strip()
        if alt is None or words.lower().endswith(_PATH_ENDINGS):
            yield f"the image {source} has no alternative text"
        elif "_images/" in source and not words:
            yield f"the figure {source} has no alternative text"
    for text in page.raw_formulas:
        yield f"shows a formula as text: {text}"
    if page.videos_without_label:
        yield "a video has no aria-label"


def _target(path: Path, address: str) -> Path:
    return (path.parent / unquote(address)).resolve()
