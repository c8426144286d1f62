"""What the chapters of Downhill share: data, figures, checks and the plain loop.

A chapter writes out the idea it teaches; this package holds only what an earlier
chapter has taught, or what teaches nothing (figure style, data sets, animation).
"""

from helpers.animation import animate
from helpers.batches import in_batches, shuffled_orders
from helpers.claims import ClaimError, checks, claim, given
from helpers.datasets import (
    RandomRows,
    SlowRows,
    load_belts,
    load_penguins,
    noisy_line,
    noisy_parabola,
    sinc_surface,
)
from helpers.descent import Trace, descend, steps_to_reach
from helpers.diagnosis import diagnose
from helpers.exercises import check_answer
from helpers.figures import BLACK, BLUE, GRAY, GREEN, ORANGE, PINK, use_book_style
from helpers.linear import (
    design_matrix,
    mean_squared_error,
    mse_value_and_grad,
    standardize,
)
from helpers.precision import enable_x64
from helpers.published import published_value, reproduce

__all__ = [
    "BLACK",
    "BLUE",
    "GRAY",
    "GREEN",
    "ORANGE",
    "PINK",
    "ClaimError",
    "RandomRows",
    "SlowRows",
    "Trace",
    "animate",
    "check_answer",
    "checks",
    "claim",
    "descend",
    "design_matrix",
    "diagnose",
    "enable_x64",
    "given",
    "in_batches",
    "load_belts",
    "load_penguins",
    "mean_squared_error",
    "mse_value_and_grad",
    "noisy_line",
    "noisy_parabola",
    "published_value",
    "reproduce",
    "shuffled_orders",
    "sinc_surface",
    "standardize",
    "steps_to_reach",
    "use_book_style",
]
