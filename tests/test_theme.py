"""The parts of the Sphinx extension that can be tried without a build."""

import base64
import re
from types import SimpleNamespace

import pytest
from docutils import nodes
from downhill import figures, launch, mathml

import helpers


@pytest.mark.parametrize(
    ("latex", "parts"),
    [
        ("x^2", ["<msup>", "<mi>x</mi>", "<mn>2</mn>"]),
        (r"\mathbf{w}", ["𝐰"]),
        ("L'(m)", ['<mrow><mi>L</mi><mo lspace="0" rspace="0">′</mo></mrow>']),
        ("L''", ["″</mo></mrow>"]),
    ],
)
def test_latex_becomes_mathml(latex, parts):
    converted = mathml.to_mathml(latex, display=False)
    assert converted.startswith("<math>")
    assert all(part in converted for part in parts)


def test_a_formula_of_several_lines_is_aligned_once():
    assert mathml.aligned(r"a \\ b") == r"\begin{aligned}a \\ b\end{aligned}"
    environment = r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}"
    assert mathml.aligned(environment) == environment
    assert mathml.aligned("a = b") == "a = b"


def test_the_dark_figure_has_the_same_shapes_in_partner_colors():
    svg = '<path style="stroke: #0072B2; fill: #ffffff"/><g style="fill: #123456"/>'
    dark = figures.dark_version(svg)
    partners = helpers.figures.DARK_PARTNERS
    assert partners["#0072b2"] in dark
    assert partners["#ffffff"] in dark
    assert "#123456" in dark
    shapes = re.compile(r"#[0-9a-fA-F]{6}")
    assert shapes.sub("", dark) == shapes.sub("", svg)


def test_the_size_of_a_figure_is_read_in_css_pixels():
    svg = '<svg xmlns:xlink="x" width="388.8pt" height="244.8pt" viewBox="0 0 1 1">'
    assert figures.svg_size(svg) == (518, 326)
    with pytest.raises(ValueError, match="does not state"):
        figures.svg_size('<svg viewBox="0 0 1 1">')


def test_embedded_media_are_found_in_the_markup_of_a_video():
    video = helpers.animation.Video(b"film", b"picture", 'A "line" <moves>', 4, 2)
    found = {
        (attribute, kind): base64.b64decode(data)
        for attribute, kind, data in figures._EMBEDDED.findall(video._repr_html_())
    }
    assert found == {("src", "video/mp4"): b"film", ("poster", "image/png"): b"picture"}
    assert "A &quot;line&quot; &lt;moves&gt;" in video._repr_html_()


def test_the_buttons_lead_to_what_the_workflow_publishes():
    config = SimpleNamespace(
        html_theme_options={
            "repository_url": "https://github.com/some/book",
            "repository_branch": "main",
        },
        downhill_launch={
            "notebooks_branch": "notebooks",
            "colab_url": "https://colab.research.google.com",
            "binder_url": "https://mybinder.org",
        },
    )
    assert launch.launch_urls(config, "chapters/01_first") == {
        "Colab": "https://colab.research.google.com/github/some/book/blob/notebooks/"
        "01_first.ipynb",
        "Binder": "https://mybinder.org/v2/gh/some/book/notebooks"
        "?urlpath=lab%2Ftree%2F01_first.ipynb",
        "Source": "https://github.com/some/book/blob/main/chapters/01_first.py",
    }


def test_folded_code_says_in_its_first_line_what_it_draws():
    from downhill.figures import ThemedImage
    from downhill.notebooks import MarkdownWriter

    numbers = {"chapters/01_first": {"figure": {"fig-line": (1, 2)}}}
    env = SimpleNamespace(toc_fignumbers=numbers)
    writer = MarkdownWriter(env, "chapters/01_first", "https://x.org/")
    caption = nodes.caption("", "A line.")
    numbered = nodes.figure("", ThemedImage(), caption, ids=["fig-line"])
    draw = writer.drawing
    assert draw(nodes.container("", numbered)) == "# Draws Fig. 1.2\n"
    assert draw(nodes.container("", ThemedImage())) == "# Draws the figure below\n"
    assert draw(nodes.container("", nodes.literal_block())) == ""


def test_a_node_without_a_rule_is_not_dropped_in_silence():
    from downhill.notebooks import MarkdownWriter

    writer = MarkdownWriter(None, "chapters/01_first", "https://x.org/")
    with pytest.raises(NotImplementedError):
        writer.block(nodes.field_list())
    with pytest.raises(NotImplementedError):
        writer.inline(nodes.paragraph("", "", nodes.footnote_reference()))
