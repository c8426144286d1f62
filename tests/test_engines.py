"""The four engines of a deeper page take the same steps, on the penguins and elsewhere.

The functions are taken from the page itself: its cells tagged `engine` run alone, in
an empty namespace.
"""

import numpy as np
import pytest

import helpers
from tools import chapters

PAGE = chapters.ROOT / "deeper" / "engines.py"
ENGINES = ["descend_python", "descend_numpy", "descend_jax", "descend_torch"]
WITH_FLOAT32 = ENGINES[1:]


@pytest.fixture(scope="module")
def engines():
    notebook = chapters.parse(PAGE.read_text(encoding="utf-8"))
    namespace = {}
    for source in chapters.tagged_code(notebook, "engine"):
        exec(compile(source, PAGE.name, "exec"), namespace)
    return namespace


def penguin_problem():
    """Chapter 4's: standardized bill length and body mass of 333 penguins."""
    penguins = helpers.load_penguins().dropna()
    X = helpers.design_matrix(helpers.standardize(penguins["bill_length_mm"]))
    y = helpers.standardize(penguins["body_mass_g"])
    return X, y, np.array([-2.0, 0.0]), 0.01, 1000


def random_problem(seed):
    rng = np.random.default_rng(seed)
    n, p = rng.integers(5, 40), rng.integers(1, 6)
    X, y = rng.normal(size=(n, p)), rng.normal(size=n)
    largest = np.linalg.eigvalsh(2 / n * X.T @ X)[-1]
    return X, y, rng.normal(size=p), 1 / largest, 50


PROBLEMS = [penguin_problem(), *(random_problem(seed) for seed in range(5))]
NAMES = ["penguins", *(f"random {seed}" for seed in range(5))]


def reference(X, y, start, learning_rate, steps):
    """The path in closed form: w_k = w* + (I - ηH)^k (w_0 - w*)."""
    best = np.linalg.lstsq(X, y, rcond=None)[0]
    values, vectors = np.linalg.eigh(2 / len(y) * X.T @ X)
    factors = (1 - learning_rate * values) ** np.arange(steps + 1)[:, None]
    return best + (factors * (vectors.T @ (start - best))) @ vectors.T


@pytest.mark.parametrize("problem", PROBLEMS, ids=NAMES)
@pytest.mark.parametrize("engine", ENGINES)
def test_every_step_in_float64_is_that_of_the_closed_form(engines, engine, problem):
    path = np.asarray(engines[engine](*problem))
    assert path.shape == (problem[-1] + 1, len(problem[2]))
    assert path.dtype == np.float64
    np.testing.assert_allclose(path, reference(*problem), rtol=0, atol=1e-12)


@pytest.mark.parametrize("problem", PROBLEMS, ids=NAMES)
@pytest.mark.parametrize("engine", WITH_FLOAT32)
def test_every_step_in_float32_stays_within_rounding(engines, engine, problem):
    path = np.asarray(engines[engine](*problem, dtype="float32"))
    assert path.dtype == np.float32
    # Each step rounds by about eps |w|, and the slowest direction forgets a rounding
    # after 1 / (ηλ_min) steps; a factor of 4 for the rounding of the gradient.
    X, y, _, learning_rate, steps = problem
    smallest = np.linalg.eigvalsh(2 / len(y) * X.T @ X)[0]
    remembered = min(steps, 1 / (learning_rate * smallest))
    size = max(1, np.abs(reference(*problem)).max())
    bound = 4 * np.finfo(np.float32).eps * size * remembered
    difference = np.abs(path - reference(*problem)).max()
    assert difference <= bound
    assert difference > 0
