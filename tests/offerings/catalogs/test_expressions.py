"""Prices that are expressions: arithmetic and nothing else."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerings.catalogs.expressions import InvalidExpression, compute

VARIABLES = {"base": Decimal(10), "factor": Decimal("1.5"), "is_new": True}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("#base", "10"),
        ("# base", "10"),
        ("#base*2", "20"),
        ("#base * #factor + 1", "16"),
        ("1 + #base * 2", "21"),
        ("(1 + #base) * 2", "22"),
        ("#base - 2 - 3", "5"),
        ("#base / 2 / 5", "1"),
        ("-#base + 12", "2"),
        ("+#base", "10"),
        ("--1", "1"),
        ("2*-3 + #base", "4"),
        ("#base / 3", "3.3333333333"),
        ("2 / 3", "0.6666666667"),
        ("0.1 + 0.2", "0.3"),
        ("1000 * #base", "10000"),
        (f"{'(' * 20}1{')' * 20}", "1"),
        ("1" + "+1" * 249, "250"),
    ],
)
def test_an_expression_is_computed_exactly(text: str, value: str) -> None:
    assert str(compute(text, VARIABLES)) == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "A number is missing at its end."),
        ("#base +", "A number is missing at its end."),
        ("* 2", "A number is missing before *."),
        ("(#base", "A parenthesis is not closed."),
        ("#base)", ") is not expected here."),
        ("#base 2", "2 is not expected here."),
        ("#nope", "There is no variable #nope. The catalog defines #base, #factor, #is_new."),
        ("#is_new * 2", "#is_new is true or false, and no number."),
        ("1 / 0", "It divides by 0."),
        ("#base / (1 - 1)", "It divides by 0."),
        ("__import__('os')", "__import__('os') is not read. Write numbers, #variables, + - * / and parentheses."),
        ("#base.real", ".real is not read. Write numbers, #variables, + - * / and parentheses."),
        ("#base ** 9", "A number is missing before *."),
        ("1,5 * 2", ",5 * 2 is not read. Write numbers, #variables, + - * / and parentheses."),
        (f"{'(' * 22}1{')' * 22}", "It is nested more than 20 levels deep."),
        ("-" * 30 + "1", "It is nested more than 20 levels deep."),
        ("9" * 30 + "*" + "9" * 30, "The result is too large."),
        ("1" + "+1" * 250, "An expression has 500 characters at most."),
    ],
)
def test_anything_else_is_refused_with_the_reason(text: str, sentence: str) -> None:
    with pytest.raises(InvalidExpression) as caught:
        compute(text, VARIABLES)
    assert str(caught.value) == sentence


def test_a_catalog_without_variables_says_so() -> None:
    with pytest.raises(InvalidExpression, match="The catalog defines none"):
        compute("#base", {})


@given(st.text(alphabet="0123456789.+-*/()# abase_", max_size=60) | st.text(max_size=60))
def test_any_text_is_computed_or_refused(text: str) -> None:
    try:
        outcome = str(compute(text, VARIABLES).is_finite())
    except InvalidExpression as error:
        outcome = str(error)
    assert outcome == "True" or outcome.endswith(".")
