"""The helpers do what they say, and say what is wrong with bad input."""

import copy
import json
import os
import subprocess
import sys
import time
import zipfile

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import palmerpenguins
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import StandardScaler

import helpers
from helpers import animation, datasets, published
from tools.chapters import ROOT


@pytest.fixture
def problem():
    """A regression with 40 examples and 3 features."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 3))
    X = helpers.design_matrix(features)
    return X, X @ [1.0, -2.0, 0.5, 3.0] + rng.normal(size=40)


def test_the_belts_are_those_of_the_published_table():
    belt_in, belt_cm = helpers.load_belts()
    assert belt_in.tolist() == [30.5 + 2 * k for k in range(10)]
    assert belt_cm.tolist() == [77, 83, 88, 93, 98, 103, 108, 113, 118, 123]
    assert belt_in.dtype == belt_cm.dtype == np.float64


def test_a_missing_data_file_is_named():
    with pytest.raises(FileNotFoundError, match=r"none\.csv is missing.*git checkout"):
        datasets.bundled_file("none.csv")


def test_the_penguins_keep_their_missing_values():
    penguins = helpers.load_penguins()
    assert penguins.shape == (344, 8)
    assert len(penguins.dropna()) == 333


def test_a_missing_penguin_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "palmerpenguins", None)
    with pytest.raises(ModuleNotFoundError, match="pip install palmerpenguins"):
        helpers.load_penguins()


def test_penguins_with_other_columns_are_refused(monkeypatch):
    frame = pd.DataFrame({"bird": [1]})
    monkeypatch.setattr(palmerpenguins, "load_penguins", lambda: frame)
    with pytest.raises(ValueError, match="bird"):
        helpers.load_penguins()


def test_the_noisy_line_is_that_of_the_published_fit():
    X, y = helpers.noisy_line()
    assert [list(X.shape), list(y.shape)] == [
        helpers.published_value("X.shape"),
        helpers.published_value("y.shape"),
    ]
    assert X.dtype == y.dtype == np.float32
    assert (X[:, 0] == 1).all()
    fit = np.linalg.lstsq(X.astype(float), y[:, 0].astype(float), rcond=None)[0]
    published_fit = [
        helpers.published_value("scikit-learn coef_b0"),
        helpers.published_value("scikit-learn coef_w1"),
    ]
    np.testing.assert_allclose(fit, published_fit, rtol=0, atol=5e-6)


def test_the_noisy_line_leaves_the_global_generator_alone():
    before = np.random.get_state()[1].copy()
    first, second = helpers.noisy_line(), helpers.noisy_line()
    np.testing.assert_array_equal(before, np.random.get_state()[1])
    np.testing.assert_array_equal(first[1], second[1])


def test_the_noise_of_the_parabola_lies_between_0_and_one_fifth():
    x, y = helpers.noisy_parabola(np.random.default_rng(0))
    assert x.shape == y.shape == (100, 1)
    assert x.dtype == y.dtype == np.float32
    np.testing.assert_allclose(np.diff(x[:, 0]), 2 / 99, rtol=1e-5)
    noise = y - x**2
    assert -1e-6 < noise.min() < 0.02
    assert 0.18 < noise.max() < 0.2 + 1e-6


@pytest.mark.parametrize("points", [50, 51])
def test_the_surface_is_sin_r_over_r_with_its_limit_at_the_origin(points):
    inputs, heights = helpers.sinc_surface(points)
    assert inputs.shape == (points**2, 2)
    assert heights.shape == (points**2, 1)
    assert inputs[1].tolist() == [-10, -10 + 20 / (points - 1)]
    r = np.sqrt((inputs**2).sum(axis=1))
    away = r > 0
    assert (~away).sum() == points % 2
    np.testing.assert_allclose(
        heights[away, 0], np.sin(r[away]) / r[away], rtol=0, atol=1e-15
    )
    assert (heights[~away] == 1).all()


def test_a_surface_needs_two_points_a_side():
    with pytest.raises(ValueError, match="at least 2 points"):
        helpers.sinc_surface(1)


def test_slow_rows_are_their_numbers_and_take_their_time():
    rows = helpers.SlowRows(5, seconds=0.01)
    begin = time.perf_counter()
    assert [rows[i] for i in range(len(rows))] == [0, 1, 2, 3, 4]
    assert time.perf_counter() - begin >= 0.05


def test_random_rows_come_from_a_generator_that_is_copied_with_them():
    rows = helpers.RandomRows(3, seed=1)
    twin = copy.deepcopy(rows)
    drawn = [rows[i] for i in range(len(rows))]
    assert drawn == list(np.random.default_rng(1).random(3))
    assert drawn == [twin[i] for i in range(3)]


@pytest.mark.parametrize("batch_size", [1, 3, 4, 10, 12])
def test_batches_hold_every_row_once_an_epoch_and_in_order(batch_size):
    orders = helpers.shuffled_orders(np.random.default_rng(0), runs=2, epochs=3, n=10)
    assert orders.shape == (2, 3, 10)
    assert (np.sort(orders) == np.arange(10)).all()
    assert len(np.unique(orders.reshape(6, 10), axis=0)) == 6
    batches = helpers.in_batches(orders, batch_size)
    assert batches.shape == (2, 3, -(-10 // batch_size), batch_size)
    assert batches[batches >= 0].tolist() == orders.ravel().tolist()


def test_a_batch_needs_a_row():
    with pytest.raises(ValueError, match="at least 1"):
        helpers.in_batches(np.zeros((1, 4), int), 0)


def test_standardize_agrees_with_scikit_learn(problem):
    X, _ = problem
    expected = StandardScaler().fit_transform(X[:, 1:])
    np.testing.assert_allclose(helpers.standardize(X[:, 1:]), expected, atol=1e-14)


@pytest.mark.parametrize(
    ("values", "message"),
    [([1.0, np.nan], "missing"), ([2.0, 2.0], "same value"), ([1, np.inf], "infinite")],
)
def test_standardize_refuses_what_has_no_scale(values, message):
    with pytest.raises(ValueError, match=message):
        helpers.standardize(np.array(values))


def test_standardize_can_be_fitted_on_other_rows(problem):
    X, _ = problem
    training, validation = X[:30, 1:], X[30:, 1:]
    expected = StandardScaler().fit(training).transform(validation)
    found = helpers.standardize(validation, like=training)
    np.testing.assert_allclose(found, expected, atol=1e-13)


def test_standardize_refuses_rows_with_other_columns():
    with pytest.raises(
        ValueError, match=r"\(4, 2\) cannot be standardized like \(4, 3\)"
    ):
        helpers.standardize(np.ones((4, 2)), like=np.ones((4, 3)))


def test_a_design_matrix_begins_with_ones():
    X = helpers.design_matrix(np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    assert X.tolist() == [[1, 1, 3], [1, 2, 4]]


@pytest.mark.parametrize("features", [[], [np.ones(2), np.ones(3)]])
def test_a_design_matrix_needs_features_of_one_length(features):
    with pytest.raises(ValueError, match="same length"):
        helpers.design_matrix(*features)


def test_the_gradient_is_the_slope_of_the_loss(problem):
    X, y = problem
    w = np.array([0.3, -0.2, 0.1, 1.0])
    loss, gradient = helpers.mse_value_and_grad(w, X, y)
    assert loss == helpers.mean_squared_error(w, X, y)
    h = 1e-5  # the loss is quadratic: only rounding is left, about 1e-16 / h
    slopes = [
        (
            helpers.mean_squared_error(w + h * e, X, y)
            - helpers.mean_squared_error(w - h * e, X, y)
        )
        / (2 * h)
        for e in np.eye(4)
    ]
    np.testing.assert_allclose(gradient, slopes, rtol=1e-8)


@pytest.mark.parametrize("bad", ["w", "y"])
def test_the_loss_refuses_shapes_that_would_broadcast(problem, bad):
    X, y = problem
    w = np.zeros(4)
    arguments = {"w": w, "y": y, bad: {"w": w, "y": y}[bad][:, None]}
    with pytest.raises(ValueError, match="expected X of shape"):
        helpers.mean_squared_error(arguments["w"], X, arguments["y"])


def test_descent_reaches_the_least_squares_answer_of_scikit_learn(problem):
    X, y = problem
    trace = helpers.descend(
        lambda w: helpers.mse_value_and_grad(w, X, y), np.zeros(4), 0.2, 500
    )
    reference = LinearRegression().fit(X[:, 1:], y)
    np.testing.assert_allclose(trace.parameters[-1, 1:], reference.coef_, atol=1e-10)
    assert trace.parameters.shape == trace.gradients.shape == (501, 4)
    assert trace.losses.shape == (501,)


def test_descent_on_one_number_follows_the_closed_form():
    # L = w²: w_k = (1 - 2η)^k w_0
    trace = helpers.descend(lambda w: (w**2, 2 * w), 3.0, 0.1, 20)
    np.testing.assert_allclose(trace.parameters, 3 * 0.8 ** np.arange(21), rtol=1e-13)


def test_a_diverging_descent_is_recorded_to_its_end():
    trace = helpers.descend(lambda w: (w**2, 2 * w), 1.0, 1e200, 5)
    assert len(trace.losses) == 6
    assert not np.isfinite(trace.losses[-1])


def test_descent_refuses_bad_input():
    with pytest.raises(ValueError, match="at least 0"):
        helpers.descend(lambda w: (w**2, 2 * w), 1.0, 0.1, -1)
    with pytest.raises(ValueError, match="gradient has shape"):
        helpers.descend(lambda w: (0.0, np.zeros(3)), np.zeros(2), 0.1, 1)


def test_steps_to_reach_counts_from_the_start():
    losses = np.array([8.0, 4.0, 2.0, 1.0])
    assert helpers.steps_to_reach(losses, 8.0) == 0
    assert helpers.steps_to_reach(losses, 2.5) == 2
    assert helpers.steps_to_reach(losses, 0.5) is None


def test_the_published_values_are_the_tutorials():
    values = published.published_values()
    assert values["final guess"].value == 2.541
    assert values["final guess"].source in published.CITATIONS
    assert len(values["body_mass_est"].value) == 333
    bibliography = (ROOT / "references.bib").read_text(encoding="utf-8")
    assert all(f"{{{key}," in bibliography for key in published.CITATIONS.values())


def test_a_reproduced_value_shows_both_and_the_difference(monkeypatch):
    monkeypatch.setenv("DOWNHILL_STRICT", "1")
    result = helpers.reproduce("final guess", 2.5414681)
    bundle = result._repr_mimebundle_()
    assert "published 2.541, here 2.5414681" in bundle["text/plain"]
    record = {"id": "final guess", "here": 2.5414681}
    assert json.loads(json.dumps(bundle[published.MIME_TYPE])) == record


@pytest.mark.parametrize(
    ("id", "here"),
    [
        ("final guess", 2.5416),
        ("X[1]*fake_param", [2.0, -3.2]),
        ("X[1]*fake_param", [2.0]),
        ("final guess", float("nan")),
    ],
)
def test_a_value_that_is_not_reproduced_raises_where_checks_are_strict(
    monkeypatch, capsys, id, here
):
    monkeypatch.setenv("DOWNHILL_STRICT", "1")
    with pytest.raises(helpers.ClaimError, match="not reproduced"):
        helpers.reproduce(id, here)
    monkeypatch.delenv("DOWNHILL_STRICT")
    assert not helpers.reproduce(id, here).holds
    assert capsys.readouterr().out.startswith(f"Note: not reproduced: {id}: published")


def test_an_unknown_published_value_is_an_error():
    with pytest.raises(KeyError, match="no published value"):
        helpers.reproduce("none", 1.0)


def test_a_value_published_in_words_has_a_bound(monkeypatch):
    monkeypatch.setenv("DOWNHILL_STRICT", "1")
    words = '"converged to a value close to 0"'
    assert "published a value close to 0, here 0.003, bound 0.004" in repr(
        helpers.reproduce(words, 0.003)
    )
    for too_much in (0.004, float("nan")):
        with pytest.raises(helpers.ClaimError, match="not reproduced"):
            helpers.reproduce(words, too_much)


def test_every_published_value_has_either_a_tolerance_or_a_bound():
    for value in published.published_values().values():
        assert (value.tolerance is None) != (value.below is None), value.id


def contrast(color: str, ground: str) -> float:
    """Contrast ratio by WCAG 2.1, of two colors such as '#0072b2'."""

    def luminance(hexadecimal: str) -> float:
        channels = np.array(mpl.colors.to_rgb(hexadecimal))
        low = channels / 12.92
        high = ((channels + 0.055) / 1.055) ** 2.4
        linear = np.where(channels <= 0.03928, low, high)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    brighter, darker = sorted([luminance(color), luminance(ground)], reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", ["BLACK", "BLUE", "GRAY", "GREEN", "ORANGE", "PINK"])
def test_the_colors_stand_out_from_both_grounds(name):
    color = getattr(helpers, name)
    partners = helpers.figures.DARK_PARTNERS
    ground = helpers.figures.WHITE
    assert contrast(color, ground) >= 3
    assert contrast(partners[color], partners[ground]) >= 3


def film(label="A line grows to the right."):
    figure, ax = plt.subplots(figsize=(2, 1.51))
    (line,) = ax.plot([], [])
    ax.set(xlim=(0, 6), ylim=(-1, 1))

    def draw(end):
        x = np.linspace(0, end, 30)
        line.set_data(x, np.sin(x))

    return helpers.animate(figure, draw, np.linspace(0, 6, 8), label=label)


def test_an_animation_is_a_small_labeled_video_and_the_same_each_time():
    video = film()
    assert video == film()
    assert video.mp4[4:8] == b"ftyp"
    assert video.poster[:4] == b"\x89PNG"
    assert len(video.mp4) < 65_000
    markup = video._repr_html_()
    assert 'aria-label="A line grows to the right."' in markup
    assert "controls" in markup
    assert "autoplay" not in markup
    assert plt.get_fignums() == []


def test_without_ffmpeg_the_last_frame_is_shown_with_advice(monkeypatch, capsys):
    monkeypatch.setattr(animation, "_find_ffmpeg", lambda: None)
    figure = film()
    assert figure.axes[0].lines[0].get_xdata()[-1] == 6
    assert "pip install imageio-ffmpeg" in capsys.readouterr().out


def test_an_animation_needs_frames_and_a_label():
    figure = plt.figure()
    with pytest.raises(ValueError, match="at least one frame"):
        helpers.animate(figure, print, [], label="x")
    with pytest.raises(ValueError, match="label"):
        helpers.animate(figure, print, [1], label=" ")
    plt.close(figure)


def test_the_same_figure_is_the_same_svg(tmp_path):
    with mpl.rc_context():
        helpers.use_book_style()
        files = []
        for name in ("a.svg", "b.svg"):
            figure, ax = plt.subplots()
            ax.scatter([1, 2], [3, 4], clip_on=True)
            figure.savefig(tmp_path / name, metadata={"Date": None})
            plt.close(figure)
            files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]


SETUP_CELL = 'import sys\n\nsys.path.append("..")\nimport helpers\nhelpers.load_belts()'


@pytest.mark.parametrize("folder", [".", "chapters"])
def test_helpers_are_found_without_installing_them(folder):
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    subprocess.run(
        [sys.executable, "-c", SETUP_CELL],
        cwd=ROOT / folder,
        env=environment,
        check=True,
    )


def test_an_installed_copy_of_the_helpers_works_from_anywhere(tmp_path, wheel):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "import helpers; helpers.load_belts(); helpers.published_value('final guess')"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        check=True,
    )
