"""The data sets of the book. Every file comes with an installed package: no network."""

import time
from importlib import resources
from importlib.resources.abc import Traversable

import numpy as np
import pandas as pd

PENGUIN_COLUMNS = [
    "species",
    "island",
    "bill_length_mm",
    "bill_depth_mm",
    "flipper_length_mm",
    "body_mass_g",
    "sex",
    "year",
]


def load_belts() -> tuple[np.ndarray, np.ndarray]:
    """Lengths of ten belts from a shop's size table, in inches and in centimeters.

    Returns
    -------
    belt_in, belt_cm
        Two float64 arrays of shape (10,).

    Raises
    ------
    FileNotFoundError
        If ``helpers/data/belts.csv`` is missing.

    Notes
    -----
    The table is printed in Josef Fruehwald, "Gradient Descent" (2022).
    """
    belts = pd.read_csv(bundled_file("belts.csv"))
    return (
        belts["belt_in"].to_numpy(dtype=np.float64),
        belts["belt_cm"].to_numpy(dtype=np.float64),
    )


def load_penguins() -> pd.DataFrame:
    """The Palmer penguins: 344 birds, one row each, missing values kept.

    Returns
    -------
    pandas.DataFrame
        Columns `species`, `island`, `bill_length_mm`, `bill_depth_mm`,
        `flipper_length_mm`, `body_mass_g`, `sex`, `year`.

    Raises
    ------
    ModuleNotFoundError
        If the package `palmerpenguins`, which holds the data, is not installed.
    ValueError
        If that package returns other columns than the book expects.

    Notes
    -----
    Source: Horst, Hill and Gorman, palmerpenguins (2020), from data collected by
    Kristen Gorman and the Palmer Station LTER.
    """
    try:
        import palmerpenguins
    except ModuleNotFoundError as error:
        if error.name != "palmerpenguins":
            raise  # it is there, and what it needs is missing
        raise ModuleNotFoundError(
            "The penguin data come with the package palmerpenguins, which is not "
            "installed. Run: pip install palmerpenguins",
            name="palmerpenguins",
        ) from error
    penguins = palmerpenguins.load_penguins()
    if list(penguins.columns) != PENGUIN_COLUMNS:
        raise ValueError(
            f"palmerpenguins returned the columns {list(penguins.columns)}, "
            f"expected {PENGUIN_COLUMNS}"
        )
    return penguins


def noisy_line() -> tuple[np.ndarray, np.ndarray]:
    """A thousand noisy points on the line 5 + 2x, as chapter 8 draws them.

    Returns
    -------
    X, y
        Float32 arrays: the design matrix of shape (1000, 2), whose first column is
        ones, and the targets of shape (1000, 1).

    Notes
    -----
    x is normal with mean 2 and standard deviation 1; y has two independent noises of
    variance 1. The numbers are those of the notebook "5. Neural Networks, Gradient
    Descent": NumPy's legacy generator with seed 37, in that order. The global
    generator is left alone.
    """
    legacy = np.random.RandomState(37)
    x = legacy.normal(2, 1, 1000)
    y = legacy.normal(5 + 2 * x, 1) + legacy.normal(0, 1, 1000)
    X = np.column_stack([np.ones(1000), x])
    return X.astype(np.float32), y.astype(np.float32)[:, None]


def noisy_parabola(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A hundred points over a parabola, with noise that is never negative.

    Parameters
    ----------
    rng
        Draws the noise.

    Returns
    -------
    x, y
        Float32 arrays of shape (100, 1): evenly spaced from -1 to 1, and
        x² + 0.2 u with u uniform on [0, 1).

    Notes
    -----
    The problem is that of Ibrahim Sobh, "PyTorch: Gradient Descent, Stochastic
    Gradient Descent and Mini Batch Gradient Descent". It sets no seed.
    """
    x = np.linspace(-1, 1, 100)[:, None]
    y = x**2 + 0.2 * rng.random(x.shape)
    return x.astype(np.float32), y.astype(np.float32)


def sinc_surface(points: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """The surface sin(r)/r, r the distance from the origin, on a square grid.

    Parameters
    ----------
    points
        Grid points per side, evenly spaced from -10 to 10, at least 2.

    Returns
    -------
    inputs, heights
        Float64 arrays of shape (points², 2) and (points², 1). The second coordinate
        varies fastest. At the origin, where the formula is 0/0, the height is its
        limit 1.

    Raises
    ------
    ValueError
        If `points` is less than 2.

    Notes
    -----
    The problem is that of "Training Neural Networks", a page of the workshop
    "Materials + Machine Learning" by Colin Burdine, E. P. Blair and Nishat-Tasnim Liza.
    """
    if points < 2:
        raise ValueError(f"a grid needs at least 2 points per side, got {points}")
    side = np.linspace(-10, 10, points)
    inputs = np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2)
    r = np.hypot(inputs[:, :1], inputs[:, 1:])
    return inputs, np.sinc(r / np.pi)  # NumPy's sinc(z) is sin(πz)/(πz)


class SlowRows:
    """A data set for a `DataLoader`, the numbers 0 to n - 1, that is slow to read.

    Parameters
    ----------
    n
        How many rows there are.
    seconds
        How long the reading of one row takes. It sleeps for so long, as a program
        does that waits for a disk.
    """

    def __init__(self, n: int, seconds: float) -> None:
        self.n, self.seconds = n, seconds

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, row: int) -> int:
        time.sleep(self.seconds)
        return row


class RandomRows:
    """A data set for a `DataLoader` whose rows are random numbers between 0 and 1.

    Parameters
    ----------
    n
        How many rows there are.
    seed
        Of the NumPy generator that the data set holds, and draws each row from.
    """

    def __init__(self, n: int, seed: int) -> None:
        self.n, self.rng = n, np.random.default_rng(seed)

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, row: int) -> float:
        return self.rng.random()


def bundled_file(name: str) -> Traversable:
    """A file of ``helpers/data``; raises FileNotFoundError if it is missing."""
    path = resources.files("helpers") / "data" / name
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: the copy of the helpers package is incomplete. "
            "Restore it with git checkout, or install the package again."
        )
    return path
