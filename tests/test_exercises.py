"""A reader's answer gets a verdict that helps, and never an exception."""

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from helpers import check_answer


@pytest.mark.parametrize(
    ("answer", "expected", "verdict"),
    [
        (2.54149, 2.5415, "right"),
        (2.5, 2.5415, "not yet; got 2.5, expected 2.5415 within 0.001"),
        ([1, 2], [1, 2], "right"),
        (torch.ones(2, requires_grad=True), [1, 1], "right"),
        (jnp.ones((2, 2)), np.ones((2, 2)), "right"),
        ([1, 2, 3], [1, 2, 4], "not yet; 1 of 3 numbers are off, first at [2]: got 3,"),
        ([[1, 0]], [[1, 1]], "not yet; 1 of 2 numbers are off, first at [0, 1]"),
        ([1, 2], [1, 2, 3], "not yet; its shape is (2,), expected (3,)"),
        (np.nan, 1, "not yet; it is not a number (NaN)"),
        (np.inf, 1, "not yet; got inf, expected 1"),
        ("2.5 cm", 2.5, "not yet; this is not a number or an array of numbers"),
        (None, 2.5, "not yet; this is not a number or an array of numbers"),
        (print, 2.5, "not yet; this is not a number or an array of numbers"),
    ],
)
def test_the_verdict_says_what_is_wrong(answer, expected, verdict, capsys):
    check_answer("m", answer, expected, within=0.001)
    assert capsys.readouterr().out.startswith(f"m: {verdict}")
