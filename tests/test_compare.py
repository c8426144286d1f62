"""The comparison of two runs finds every real difference, and only those."""

import base64
import contextlib
import copy
import io
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import imageio_ffmpeg
import matplotlib as mpl
import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure

from helpers import BLUE, ORANGE
from tools import execute, nbval_compare
from tools.chapters import ROOT
from tools.compare import differences

LAST_DIGIT = 1 + 2**-22  # of a number in float32


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def display(**data):
    types = {"svg": "image/svg+xml", "png": "image/png", "html": "text/html"}
    types |= {"plain": "text/plain", "record": "application/vnd.downhill.x+json"}
    data = {types[name]: value for name, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def encoded(data):
    return base64.b64encode(data).decode()


@cache
def figure(
    *,
    scale=1.0,
    curves=2,
    points=20,
    moved=0.0,
    color=BLUE,
    style="-",
    width=1.8,
    alpha=1.0,
    marker="o",
    title="Two curves",
    hatch="/",
    cloud=0.0,
    picture=True,
):
    """A figure as a notebook has it; each argument is one thing that can change."""
    drawn = Figure(figsize=(4, 3))
    ax = drawn.subplots()
    x = np.linspace(0, 1, points) * scale
    for k in range(curves):
        ax.plot(x, (k + 1) * x**2, style, color=color, linewidth=width, alpha=alpha)
    ax.plot([0.2, 0.4 + moved], [0.5 * scale, 1], marker, color=ORANGE)
    ax.fill_between(x, x, hatch=hatch)
    ax.plot([0.1, 0.8 + cloud], [1.5, 1.6], "o", ms=3, color=ORANGE, rasterized=True)
    ax.set(title=title, xlim=(0, 1), ylim=(0, 2))
    saved = {}
    with mpl.rc_context({"svg.hashsalt": "downhill", "svg.fonttype": "path"}):
        for kind in ("svg", "png"):
            buffer = io.BytesIO()
            metadata = {"Date": None} if kind == "svg" else None
            drawn.savefig(buffer, format=kind, metadata=metadata, dpi=72)
            saved[kind] = buffer.getvalue()
    data = {"svg": saved["svg"].decode(), "plain": "<Figure>"}
    return display(**data, **({"png": encoded(saved["png"])} if picture else {}))


def only_picture(**changes):
    return display(png=figure(**changes)["data"]["image/png"])


def video(*, at=10, frames=4, rate=15, quality=8, height=32):
    """The player of a film in which a bright square moves to the right."""
    shots = np.zeros((frames, height, 64, 3), np.uint8)
    for number, shot in enumerate(shots):
        left = number + (at if number == 2 else 10)
        shot[10:20, left : left + 10] = 200
    source = f"data:video/mp4;base64,{encoded(mp4(shots, rate, quality))}"
    return display(html=f'<video controls src="{source}"></video>')


def mp4(shots, rate, quality):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        size = f"{shots.shape[2]}x{shots.shape[1]}"
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "rawvideo"]
        command += ["-pix_fmt", "rgb24", "-s", size, "-r", str(rate), "-i", "-"]
        command += ["-pix_fmt", "yuv420p", "-crf", str(quality), str(path)]
        subprocess.run(command, input=shots.tobytes(), check=True)
        return path.read_bytes()


TABLE = (
    '<table border="1" class="dataframe"><tr><th></th><th>mass (g)</th></tr>'
    "<tr><th>Adelie</th><td>3750.0</td></tr><tr><th>Gentoo</th><td>5076.0</td></tr>"
    "</table>"
)
RECORD = {"id": "slope", "here": [2.54, [1.0, 2.0]], "held": True, "note": None}


def table(old="", new=""):
    return display(html=TABLE.replace(old, new))


def record(**changes):
    return display(record={**RECORD, **changes})


PRINTED = "the slope is 2.541\nthe loss is 12.5\n"

OTHER_TEXTS = {
    "a word": (PRINTED, PRINTED.replace("loss", "error")),
    "a digit": (PRINTED, PRINTED.replace("2.541", "2.542")),
    "a zero at the end": ("0.1", "0.10"),
    "a line": (PRINTED, PRINTED.splitlines()[0]),
    "a count": ("3 steps", "4 steps"),
    "a word beside a time": ("fast: 3 ms", "slow: 3 ms"),
    "the direction of a ratio": ("3 times as fast", "3 times as slow"),
}


@pytest.mark.parametrize("change", OTHER_TEXTS)
def test_text_differs_by(change):
    before, after = OTHER_TEXTS[change]
    assert differences([stream(before)], [stream(after)])
    assert differences([stream(after)], [stream(before)])


OTHER_DATA = [
    (figure, {"picture": False}),
    (figure, {"curves": 1}),
    (figure, {"curves": 3}),
    (figure, {"points": 19}),
    (figure, {"moved": 0.0005}),
    (figure, {"color": ORANGE}),
    (figure, {"style": "--"}),
    (figure, {"width": 1.9}),
    (figure, {"alpha": 0.99}),
    (figure, {"marker": "s"}),
    (figure, {"hatch": "x"}),
    (figure, {"title": "Two carves"}),
    (figure, {"cloud": 0.02}),
    (only_picture, {"curves": 1}),
    (only_picture, {"cloud": 0.02}),
    (video, {"at": 16}),
    (video, {"frames": 5}),
    (video, {"rate": 30}),
    (video, {"height": 34}),
    (table, {"old": "3750.0", "new": "3750.1"}),
    (table, {"old": "Adelie", "new": "Gentoo"}),
    (table, {"old": "<tr><th>Adelie</th><td>3750.0</td></tr>"}),
    (table, {"old": "dataframe", "new": "frame"}),
    (record, {"here": [2.55, [1.0, 2.0]]}),
    (record, {"here": [2.54, [1.0]]}),
    (record, {"here": [float("nan"), [1.0, 2.0]]}),
    (record, {"id": "multiplier"}),
    (record, {"held": False}),
    (record, {"held": 1}),
    (record, {"note": "none"}),
    (record, {"more": 1}),
]


@pytest.mark.parametrize(
    ("kind", "changes"),
    OTHER_DATA,
    ids=[f"{kind.__name__}-{'-'.join(changes)}" for kind, changes in OTHER_DATA],
)
def test_data_differ_by(kind, changes):
    assert differences([kind()], [kind(**changes)])
    assert differences([kind(**changes)], [kind()])


def test_a_text_on_the_other_stream_differs():
    assert differences([stream("careful")], [stream("careful", name="stderr")])


def test_an_output_that_is_missing_or_too_many_is_found():
    for outputs in ([], [stream(PRINTED), figure(), figure()]):
        (message,) = differences([stream(PRINTED), figure()], outputs)
        assert "instead of stdout and display_data (image/png, image/svg" in message


def test_an_error_is_compared_by_its_name_and_words():
    old = {"output_type": "error", "ename": "ValueError", "evalue": "1 row"}
    old["traceback"] = ["in cell 3"]
    assert not differences([old], [old | {"traceback": ["in cell 4"]}])
    assert differences([old], [old | {"ename": "TypeError"}])
    assert differences([old], [old | {"evalue": "2 rows"}])


SAME_TEXTS = {
    "a time": ("it took 12.5 ms", "it took 9 s"),
    "a padded time": ("fit   9.1 ms|", "fit 110.3 ms|"),
    "a ratio of times": ("   3 times as long", "12.5 times as long"),
}


@pytest.mark.parametrize("change", SAME_TEXTS)
def test_text_stays_the_same_with(change):
    before, after = SAME_TEXTS[change]
    assert differences([stream(before)], [stream(after)]) == []


SAME_DATA = [
    (figure, {"scale": LAST_DIGIT}),
    (only_picture, {"scale": 1.0002}),
    (only_picture, {"cloud": 0.0045}),  # one pixel
    (video, {"quality": 9}),
    (record, {"here": [2.54 * LAST_DIGIT, [LAST_DIGIT, 2.0]]}),
]


@pytest.mark.parametrize(
    ("kind", "changes"),
    SAME_DATA,
    ids=[f"{kind.__name__}-{'-'.join(changes)}" for kind, changes in SAME_DATA],
)
def test_data_stay_the_same_with(kind, changes):
    before, after = kind(), kind(**changes)
    assert before != after
    assert differences([before], [after]) == []


def test_what_is_no_number_twice_is_no_difference():
    nothing = [record(here=float("nan"))]
    assert differences(nothing, copy.deepcopy(nothing)) == []


def edited(output, pattern, replacement):
    """The figure with other text in its SVG."""
    output = copy.deepcopy(output)
    svg = re.sub(pattern, replacement, output["data"]["image/svg+xml"])
    assert svg != output["data"]["image/svg+xml"]
    output["data"]["image/svg+xml"] = svg
    return output


def test_a_figure_stays_the_same_when_what_it_repeats_has_another_name():
    # Matplotlib makes these names from coordinates.
    renamed = edited(
        figure(), r"\b([a-z]+)([0-9a-f]{10})\b", lambda name: name[1] + name[2][::-1]
    )
    assert differences([figure()], [renamed]) == []


@pytest.mark.parametrize(("now", "same"), [("191.294135", True), ("191.31", False)])
def test_the_ninth_digit_of_a_coordinate_is_no_difference_and_the_fourth_is(now, same):
    line = '<path d="M 93.902847 {} \nL 294.956143 64.536636"/></svg>'
    before = edited(figure(), "</svg>", line.format("191.294152"))
    after = edited(figure(), "</svg>", line.format(now))
    assert (differences([before], [after]) == []) == same


def test_the_pixels_of_a_figure_that_is_there_as_svg_are_not_compared():
    other = figure(curves=1)["data"]["image/png"]
    after = copy.deepcopy(figure())
    after["data"]["image/png"] = other
    assert differences([figure()], [after]) == []


def test_the_picture_of_a_figure_must_have_its_size():
    after = copy.deepcopy(figure())
    buffer = io.BytesIO()
    mpl.image.imsave(buffer, np.zeros((5, 7, 3), np.uint8))
    after["data"]["image/png"] = encoded(buffer.getvalue())
    (message,) = differences([figure()], [after])
    assert message == "output 1, image/png: 7 × 5 pixels instead of 288 × 216"


def test_a_text_is_the_same_in_whatever_pieces_it_arrives():
    whole = [stream("one\ntwo\n"), figure()]
    pieces = [stream("one\n"), figure(), stream("two\n")]
    assert differences(whole, pieces) == []
    assert pieces[0]["text"] == "one\n"  # what is compared stays as it is


def test_the_message_names_the_output_the_place_and_both_values():
    (message,) = differences([stream("a\nb 1\n")], [stream("a\nb 2\n")])
    assert message == "output 1, stdout: line 2 is 'b 2' instead of 'b 1'"
    message = differences([figure()], [figure(title="Two carves")])[0]
    assert "/axes_1/text_" in message
    assert "says 'Two carves' instead of 'Two curves'" in message
    message = differences([figure()], [figure(color=ORANGE)])[0]
    assert f"stroke: {ORANGE}" in message
    message = differences([figure()], [figure(moved=0.01)])[0]
    assert re.search(r"/axes_1/line2d_\d+.*, x: 1[\d.]+ instead of 1[\d.]+$", message)
    message = differences([figure()], [figure(curves=1)])[0]
    assert "/axes_1" in message
    (message,) = differences([record()], [record(here=[2.54, [1.0, 3.0]])])
    assert message.endswith(": .here[1][1] is 3.0 instead of 2.0")


def test_nbval_executes_the_cells_and_reports_this_comparison(tmp_path):
    cells = [
        nbformat.v4.new_code_cell(source, execution_count=1, outputs=[output])
        for source, output in [
            ("print('it took 5 s')", nbformat.from_dict(stream("it took 71 s\n"))),
            ("print('equal')", nbformat.from_dict(stream("equal\n"))),
            ("print('a slope')", nbformat.from_dict(stream("a loss\n"))),
        ]
    ]
    cells.append(copy.deepcopy(cells[2]))
    cells[3].metadata["tags"] = ["nbval-ignore-output"]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "run.ipynb")
    command = [sys.executable, "-m", "pytest", "-p", "tools.nbval_compare", "--nbval"]
    command += ["-p", "no:cacheprovider", "--nbval-current-env", "run.ipynb"]
    run = subprocess.run(
        command,
        cwd=tmp_path,
        env={**execute.kernel_environment(), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert "1 failed, 3 passed" in run.stdout, run.stdout
    assert "stdout: line 1 is 'a slope' instead of 'a loss'" in run.stdout


@pytest.mark.parametrize(("failures", "starts"), [(0, 1), (2, 3), (3, 3)])
def test_a_kernel_that_nbval_cannot_start_is_tried_again(monkeypatch, failures, starts):
    started = []

    def setup(notebook):
        started.append(notebook)
        if len(started) <= failures:
            raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(nbval_compare.IPyNbFile, "setup", setup)
    dies = failures == execute.KERNEL_STARTS
    with pytest.raises(RuntimeError) if dies else contextlib.nullcontext():
        nbval_compare.start_kernel(None)
    assert len(started) == starts
