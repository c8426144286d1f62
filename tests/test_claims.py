"""A claim that holds is silent; one that does not raises, or tells a reader."""

import numpy as np
import pytest

from helpers import ClaimError, checks, claim, given

TRUE_CLAIMS = [
    ("the answer is 2.541", [2.5414681]),
    ("2.50", [2.4987]),
    ("a slope of -2681.35", [-2681.3499]),
    ("a slope of −2681.35", [-2681.3499]),
    ("1,728.2125 cm²", [1728.2125]),
    ("1e-05", [9.6e-6]),
    ("4.5e-8", [4.457e-8]),
    ("14% of it", [0.1389]),
    ("14 %", [0.1389]),
    ("0.0", [-0.01]),
    ("a rate of 1/100,000", [1e-5]),
    ("1/333", [1 / 333.4]),
    ("0.270, 0.347 and 0.352", [0.27, 0.347, 0.352]),
    ("3 to 30 times", [3]),
    ("3 to 30 times", [30]),
    ("from 3 to 30", [3, 30]),
    ("between 9 and 12", [10]),
    ("-2 to -1", [-1.5]),
    ("5% to 10%", [0.07]),
    ("5 to 10%", [0.07]),
    ("less than 1e-6", [9e-7]),
    ("at most 3", [3]),
    ("more than 100", [101]),
    ("at least 3 of 5", [4, 5]),
    ("nothing moves", [True]),
    ("twice as long", [np.float64(2.0) > 1.9]),
]
FALSE_CLAIMS = [
    ("the answer is 2.541", [2.5416]),
    ("2.50", [2.51]),
    ("2681.35", [-2681.35]),
    ("1e-05", [1.6e-5]),
    ("14%", [14]),
    ("1/333", [1 / 334]),
    ("1/333", [0.0]),
    ("0.270, 0.347 and 0.352", [0.27, 0.352, 0.347]),
    ("3 to 30", [30.1]),
    ("from 3 to 30", [3, 31]),
    ("5% to 10%", [7]),
    ("less than 1e-6", [1e-6]),
    ("at most 3", [3.01]),
    ("more than 100", [100]),
    ("at least 3 of 5", [2, 5]),
    ("2.541", [float("nan")]),
    ("3 to 30", [float("nan")]),
    ("1000", [float("inf")]),
    ("nothing moves", [False]),
]


@pytest.mark.parametrize(("quote", "values"), TRUE_CLAIMS)
def test_a_claim_that_holds_says_nothing(monkeypatch, capsys, quote, values):
    monkeypatch.setenv("DOWNHILL_STRICT", "1")
    claim(quote, *values)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("quote", "values"), FALSE_CLAIMS)
def test_a_false_claim_raises_where_checks_are_strict(monkeypatch, quote, values):
    monkeypatch.setenv("DOWNHILL_STRICT", "1")
    with pytest.raises(ClaimError, match=f"the page says “{quote}”"):
        claim(quote, *values)


@pytest.mark.parametrize(("quote", "values"), FALSE_CLAIMS)
def test_a_false_claim_tells_a_reader_the_sentence(monkeypatch, capsys, quote, values):
    monkeypatch.delenv("DOWNHILL_STRICT", raising=False)
    with checks("The limit"):
        claim(quote, *values)
    printed = capsys.readouterr().out
    assert printed.startswith(f"Note on “The limit”: the page says “{quote}”, but ")


def two_false_claims() -> None:
    with checks("The limit"):
        claim("1", 1.6)
        claim("2", 2.6)
        claim("3", 3)


def test_strict_checks_report_every_false_claim_of_a_section(monkeypatch):
    monkeypatch.setenv("DOWNHILL_STRICT", "1")
    with pytest.raises(ClaimError, match=r"(?s)“1”.*“2”.*The limit"):
        two_false_claims()


def broken_checks() -> None:
    with checks("The limit"):
        claim("2", {}["steps"])


def test_checks_whose_code_fails_do_not_stop_a_reader(monkeypatch, capsys):
    monkeypatch.delenv("DOWNHILL_STRICT", raising=False)
    broken_checks()
    assert "“The limit”: its text could not be checked" in capsys.readouterr().out


def test_checks_whose_code_fails_stop_the_build(monkeypatch):
    monkeypatch.setenv("DOWNHILL_STRICT", "1")
    with pytest.raises(KeyError):
        broken_checks()


def test_checks_do_not_swallow_an_interrupt(monkeypatch):
    monkeypatch.delenv("DOWNHILL_STRICT", raising=False)
    with pytest.raises(KeyboardInterrupt), checks("The limit"):
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("quote", "values"),
    [
        ("no number", [2.0]),
        ("2 and 3", [2.0]),
        ("2", [2.0, 3.0]),
        ("2", [[1.0, 2.0]]),
        ("1", [1 + 2j]),
        ("2", ["2"]),
    ],
)
def test_values_that_do_not_fit_the_quote_are_an_error(quote, values):
    with pytest.raises(ValueError, match=r"the quote|claim\(\) checks"):
        claim(quote, *values)


def test_inputs_are_named_without_a_word(capsys):
    given("50 values")
    assert capsys.readouterr().out == ""
