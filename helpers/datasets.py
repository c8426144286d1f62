"""The data sets of the book. Every file comes with an installed package: no network."""

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


def bundled_file(name: str) -> Traversable:
    """A file of ``helpers/data``; raises FileNotFoundError if it is missing."""
    path = resources.files("helpers") / "data" / name
    if not path.is_file():
        raise FileNotFoundError(
            f"{path} is missing: the copy of the helpers package is incomplete. "
            "Restore it with git checkout, or install the package again."
        )
    return path
