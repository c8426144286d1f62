"""The built book, as a browser and a link checker see it."""

import http.server
import os
import shutil
import threading
from functools import partial
from pathlib import Path

import pytest

from tools import chapters, site_check

PAGES = chapters.toc_entries()
WIDTHS = (390, 1280)
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)


def test_every_page_exists_and_every_link_and_figure_is_sound(site):
    assert site_check.check(site, PAGES) == []


def test_the_table_of_contents_names_every_page():
    written = {
        path.relative_to(chapters.ROOT).with_suffix("").as_posix()
        for folder in ("appendix", "chapters", "deeper")
        for path in (chapters.ROOT / folder).iterdir()
        if path.suffix in (".md", ".py")
    }
    assert set(PAGES) - {"index"} == written


def test_each_chapter_shows_figures_and_no_raw_latex(site):
    for path in chapters.chapter_paths():
        if path.parent.name != "chapters":
            continue
        page = (site / "chapters" / f"{path.stem}.html").read_text(encoding="utf-8")
        assert page.count('class="figure on-light"') >= 3, path.stem
        assert "<math" in page, path.stem
        assert r"\(" not in page, path.stem


def write(folder: Path, name: str, body: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"<!doctype html><html><body>{body}</body></html>")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('<a href="b.html">x</a>', "links to b.html, which does not exist"),
        ('<a href="#here">x</a>', "no such place"),
        ('<a href="a.html#here">x</a>', "no such place"),
        ('<img src="a.svg" alt="">', "which does not exist"),
        ('<img src="_images/a.svg" alt="">', "no alternative text"),
        ('<img src="a.svg">', "no alternative text"),
        ('<img src="a.svg" alt="../_images/a.svg">', "no alternative text"),
        ('<img src="https://x.org/a.svg" alt="A line">', "another host"),
        ('<script src="//x.org/a.js"></script>', "another host"),
        ('<link rel="stylesheet" href="https://x.org/a.css">', "another host"),
        ('<video src="a.mp4"></video>', "aria-label"),
        ("<p>the rate $\\eta</p><code>$x</code>", "formula as text: the rate $"),
    ],
)
def test_the_site_check_reports(tmp_path, body, problem):
    write(tmp_path, "a.html", body)
    assert any(problem in line for line in site_check.check(tmp_path, ["a"]))


def test_the_site_check_reports_a_page_that_was_not_built(tmp_path):
    write(tmp_path, "a.html", "")
    (line,) = site_check.check(tmp_path, ["a", "chapters/b"])
    assert line == "chapters/b.html: the page is missing"


def test_the_site_check_accepts_a_sound_page(tmp_path):
    write(tmp_path / "sub", "b.html", '<h1 id="top">B</h1>')
    write(
        tmp_path,
        "a.html",
        '<p id="here"></p><a href="#here">1</a><a href="sub/b.html#top">2</a>'
        '<a href="https://x.org">3</a><link rel="canonical" href="https://x.org/a">',
    )
    assert site_check.check(tmp_path, ["a", "sub/b"]) == []


@pytest.fixture(scope="module")
def address(site):
    """The built book, served on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = partial(Quiet, directory=str(site))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        if os.environ.get("DOWNHILL_REQUIRE_CHROMIUM") == "1":
            pytest.fail("Chromium is required here but not installed")
        pytest.skip("no Chromium on this machine; install it to run the page checks")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def windows(browser):
    """Narrow and wide windows in the light and the dark theme, by width and theme."""
    contexts = {
        (width, theme): browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme
        )
        for width in WIDTHS
        for theme in ("light", "dark")
    }
    for context in contexts.values():
        context.set_default_timeout(120_000)  # ms; a busy machine is no fault of a page
    yield contexts
    for context in contexts.values():
        context.close()


def opened(window, url):
    """A page that begins to load, and a list that collects what goes wrong on it."""
    page = window.new_page()
    wrong = []
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on(
        "console",
        lambda message: wrong.append(message.text) if message.type == "error" else None,
    )
    page.on("requestfailed", lambda request: wrong.append(f"failed: {request.url}"))
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((url.rsplit(":", 1)[0], "data:", "blob:"))
            else wrong.append(f"asked another host: {request.url}")
        ),
    )
    page.goto(url, wait_until="commit")
    return page, wrong


@pytest.mark.parametrize("entry", PAGES)
def test_a_browser_shows_the_page_without_errors(windows, address, entry, subtests):
    # All windows load at once, since a page is loaded when its network has been idle
    # for half a second.
    pages = {
        key: opened(window, f"{address}/{entry}.html")
        for key, window in windows.items()
    }
    for (width, theme), (page, wrong) in pages.items():
        with subtests.test(width=width, theme=theme):
            page.wait_for_load_state("networkidle")
            assert_sound(page, wrong, theme)
        page.close()


def assert_sound(page, wrong, theme):
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    page.wait_for_function(
        "[...document.querySelectorAll('article img')]"
        ".every(i => !i.offsetParent || i.complete)"
    )
    broken = page.evaluate(
        "[...document.querySelectorAll('article img')]"
        ".filter(i => i.offsetParent && !i.naturalWidth).map(i => i.src)"
    )
    hidden_captions = page.evaluate(
        "[...document.querySelectorAll('figcaption')]"
        ".filter(c => !c.offsetParent).map(c => c.innerText)"
    )
    cut_equations = page.evaluate(
        "[...document.querySelectorAll('.equation-scroll')].filter(e => "
        "e.firstElementChild.getBoundingClientRect().left "
        "< e.getBoundingClientRect().left - 1).map(e => e.innerText)"
    )
    shown = page.evaluate(
        "[...document.querySelectorAll('article img.figure')]"
        ".filter(i => i.offsetParent).map(i => i.className)"
    )
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wrong == []
    assert broken == []
    assert all(f"on-{theme}" in name for name in shown)
    assert hidden_captions == []
    assert cut_equations == []
    assert overflow <= 0
