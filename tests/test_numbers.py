"""The one grammar of numbers: read, asked back, refused."""

from argparse import ArgumentTypeError
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from config.number_fields import WholeNumberField
from config.numbers import LARGEST, NotANumber, read_decimal, read_whole, show_decimal, whole_number

ASKED_BACK = "Write 1000 without separators."
DIGITS = "Write a whole number, in digits alone."


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("12", 12),
        (" 12 ", 12),
        ("\t12\n", 12),
        ("+5", 5),
        ("-1", -1),
        ("007", 7),
        ("\uff11\uff12", 12),
        (str(LARGEST), LARGEST),
        (str(-LARGEST), -LARGEST),
    ],
)
def test_a_whole_number_is_digits_with_a_sign(text: str, number: int) -> None:
    assert read_whole(text) == number


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1.000", ASKED_BACK),
        ("1,000", ASKED_BACK),
        ("1 000", ASKED_BACK),
        ("1\u00a0000", ASKED_BACK),
        ("1'000", ASKED_BACK),
        ("\uff11.\uff10\uff10\uff10", ASKED_BACK),
        ("-1.000", "Write -1000 without separators."),
        ("1,000,000", "Write 1000000 without separators."),
        ("1.000.000,50", "Write 1000000.50 without separators."),
        ("", DIGITS),
        (" ", DIGITS),
        ("12.0", DIGITS),
        ("12.", DIGITS),
        ("1e3", DIGITS),
        ("0x10", DIGITS),
        ("1_000", DIGITS),
        ("1²", DIGITS),
        ("٣", DIGITS),
        ("--1", DIGITS),
        ("five", DIGITS),
        ("9223372036854775808", "Write a whole number up to 9223372036854775807."),
        ("-9223372036854775808", "Write a whole number of -9223372036854775807 or more."),
        ("9" * 5000, "Write a whole number up to 9223372036854775807."),
    ],
)
def test_anything_else_is_asked_back(text: str, sentence: str) -> None:
    with pytest.raises(NotANumber) as caught:
        read_whole(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("text", "least", "most", "sentence"),
    [
        ("0", 1, LARGEST, "Write a whole number of 1 or more."),
        ("0", 1, 100, "Write a whole number from 1 to 100."),
        ("101", 1, 100, "Write a whole number from 1 to 100."),
        ("x", 1, 100, "Write a whole number from 1 to 100, in digits alone."),
        ("9223372036854775808", 1, LARGEST, "Write a whole number from 1 to 9223372036854775807."),
    ],
)
def test_a_number_outside_its_bounds_is_refused(text: str, least: int, most: int, sentence: str) -> None:
    with pytest.raises(NotANumber) as caught:
        read_whole(text, least=least, most=most)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(("text", "least", "most"), [("1", 1, 100), ("100", 1, 100), ("1", 1, LARGEST)])
def test_the_bounds_belong_to_the_numbers(text: str, least: int, most: int) -> None:
    assert read_whole(text, least=least, most=most) == int(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("0.125", "0.125"), ("1.5", "1.5"), ("1.2340", "1.234"), ("1000.250", "1000.25"), ("-2.5", "-2.5"), ("12", "12")],
)
def test_a_decimal_has_a_point(text: str, number: str) -> None:
    assert read_decimal(text) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1.000", "1.000 can be read in two ways. Write 1000 without separators, or 1."),
        ("1,200", "1,200 can be read in two ways. Write 1200 without separators, or 1.2."),
        ("1.234", "1.234 can be read in two ways. Write 1234 without separators, or 1.2340."),
        ("-1.234", "-1.234 can be read in two ways. Write -1234 without separators, or -1.2340."),
        ("1,234.5", "Write 1234.5 without separators."),
        ("1,5", "Write 1.5 with a point."),
        ("1e3", "Write a number, such as 250 or 0.5."),
        ("", "Write a number, such as 250 or 0.5."),
        ("9" * 41, "Write a number, such as 250 or 0.5."),
        ("9" * 39 + ".1", "Write a number, such as 250 or 0.5."),
    ],
)
def test_a_decimal_of_two_readings_is_asked_back(text: str, sentence: str) -> None:
    with pytest.raises(NotANumber) as caught:
        read_decimal(text)
    assert str(caught.value) == sentence


@given(st.decimals(-(10**12), 10**12, places=6))
def test_what_is_shown_is_read_as_the_same_number(number: Decimal) -> None:
    assert read_decimal(show_decimal(number)) == number


def test_an_option_of_a_command_says_what_to_write() -> None:
    with pytest.raises(ArgumentTypeError, match=r"Write 1000 without separators\."):
        whole_number(least=1)("1.000")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1.000", ASKED_BACK),
        ("x", "Say how many."),
        ("0", "Ensure this value is greater than or equal to 1."),
        ("", "This field is required."),
        (" ", "This field is required."),
    ],
)
def test_a_field_has_its_own_words_but_for_separators(text: str, sentence: str) -> None:
    field = WholeNumberField(min_value=1, error_messages={"invalid": "Say how many."})
    with pytest.raises(ValidationError) as caught:
        field.clean(text)
    assert caught.value.messages == [sentence]


def test_an_empty_field_that_may_be_empty_gives_nothing() -> None:
    assert WholeNumberField(required=False).clean(" ") is None
