"""The rules of prices at their boundaries: equal, one below, one above, empty, and the words."""

from decimal import Decimal
from typing import Any

import pytest

from config import formats
from offerings.amounts import plain_amount
from offerings.prices import (
    Price,
    diff_prices,
    price_line,
    show_due,
    show_money,
)


def stored(key: str = "price", **facts: Any) -> dict[str, Any]:
    known = {"kind": "recurring", "per": "flat", "amount": "10", "currency": "EUR", "unit": "", "text": ""}
    return {"key": key, **known, **facts}


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [
        ("EUR", "0", "EUR 0.00"),
        ("EUR", "1.5", "EUR 1.50"),
        ("EUR", "829.500000", "EUR 829.50"),
        ("EUR", "1.05", "EUR 1.05"),
        ("EUR", "0.0125", "EUR 0.0125"),
        ("EUR", "999.99", "EUR 999.99"),
        ("EUR", "1250000", "EUR 1,250,000.00"),
        ("JPY", "1250.000000", "JPY 1,250"),
        ("JPY", "0.5", "JPY 0.5"),
        ("BHD", "1.5", "BHD 1.500"),
        ("CLF", "1", "CLF 1.0000"),
        ("EUR", "12345678901234567890.01", "EUR 12,345,678,901,234,567,890.01"),
    ],
)
def test_an_amount_has_the_places_of_its_currency_or_more(currency: str, amount: str, shown: str) -> None:
    assert show_money(currency, Decimal(amount)) == shown


@pytest.mark.parametrize(
    ("reader", "shown"),
    [
        ("en", "EUR 1,234,567.50"),
        ("de", "1.234.567,50 EUR"),
        ("de_CH", "EUR 1'234'567.50"),
        ("fr", "1\u202f234\u202f567,50 EUR"),
        ("en_IN", "EUR 12,34,567.50"),
        ("nowhere", "EUR 1,234,567.50"),
    ],
)
def test_an_amount_is_written_as_its_reader_does(reader: str, shown: str) -> None:
    with formats.override(reader):
        assert show_money("EUR", Decimal("1234567.5")) == shown
    assert show_money("EUR", Decimal("1234567.5")) == "EUR 1,234,567.50"


@pytest.mark.parametrize(
    ("amount", "plain"), [(None, None), ("0", "0"), ("0.00", "0"), ("10.50", "10.5"), ("100", "100"), ("1E+3", "1000")]
)
def test_equal_amounts_are_equal_text(amount: str | None, plain: str | None) -> None:
    assert plain_amount(None if amount is None else Decimal(amount)) == plain


@pytest.mark.parametrize(
    ("facts", "words", "kind"),
    [
        ({}, "EUR 10.00", "Each billing period"),
        ({"per": "seat"}, "EUR 10.00 per seat", "Each billing period"),
        ({"kind": "one_time"}, "EUR 10.00", "Once"),
        ({"kind": "usage", "unit": "GB"}, "EUR 10.00 per GB", "For use"),
        ({"per": "seat", "unit": "GB"}, "EUR 10.00 per seat per GB", "Each billing period"),
        ({"amount": None}, "on request", "Each billing period"),
        ({"amount": None, "text": "Contact us"}, "on request (Contact us)", "Each billing period"),
        ({"amount": "0"}, "EUR 0.00", "Each billing period"),
        ({"text": "From"}, "EUR 10.00", "Each billing period"),
        (
            {"trigger": "service_activation"},
            "EUR 10.00",
            "Each billing period, from service activation",
        ),
        ({"kind": "one_time", "trigger": "customer_acceptance"}, "EUR 10.00", "Once, from customer acceptance"),
    ],
)
def test_a_price_in_words(facts: dict[str, Any], words: str, kind: str) -> None:
    price = Price.from_json(stored(**facts))
    assert (price.words, price.kind_words) == (words, kind)
    assert price.to_json() == stored(**facts)
    assert Price("price", "recurring", "flat", "10", "EUR") == Price.from_json(stored())


@pytest.mark.parametrize(
    ("facts", "period", "due"),
    [
        ({}, "P1Y", " / year"),
        ({}, "P1M", " / month"),
        ({}, "P1D", " / day"),
        ({}, "P7D", " / 7 days"),
        ({}, "P3M", " / 3 months"),
        ({}, "P11M", " / 11 months"),
        ({}, "P1Y1M", " / 1 year 1 month"),
        ({}, "", ""),
        ({"amount": None}, "P1Y", ""),
        ({"kind": "one_time"}, "P1Y", " once"),
        ({"kind": "usage"}, "P1Y", " for use"),
        ({"trigger": "service_activation"}, "P1Y", " / year, from service activation"),
        ({"kind": "one_time", "trigger": "customer_acceptance"}, "P1Y", " once, from customer acceptance"),
        ({"kind": "usage", "amount": None}, "", " for use"),
    ],
)
def test_when_a_price_falls_due(facts: dict[str, Any], period: str, due: str) -> None:
    assert show_due(Price.from_json(stored(**facts)), period) == due


@pytest.mark.parametrize(
    ("prices", "period", "line"),
    [
        ([], "P1Y", ""),
        ([stored()], "P1Y", "EUR 10.00 / year"),
        ([stored()], "", "EUR 10.00"),
        ([stored(), stored("setup")], "P1M", "EUR 10.00 / month + EUR 10.00 / month"),
        ([stored("setup", kind="one_time"), stored()], "P1M", "EUR 10.00 / month + EUR 10.00 once"),
        ([stored(kind="usage", unit="GB"), stored("a")], "P1M", "EUR 10.00 / month + usage"),
        ([stored(kind="usage", unit="GB")], "P1M", "EUR 10.00 per GB for use"),
        ([stored(amount=None)], "P1Y", "on request"),
        ([stored(amount=None), stored("a")], "P1Y", "on request + EUR 10.00 / year"),
    ],
)
def test_the_line_of_a_price(prices: list[dict[str, Any]], period: str, line: str) -> None:
    assert price_line(prices, period) == line


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ([], [], []),
        ([stored()], [stored()], []),
        ([], [stored()], [("price", "added")]),
        ([stored()], [], [("price", "removed")]),
        ([stored()], [stored(amount="9")], [("price", "lowered")]),
        ([stored()], [stored(amount="10.01")], [("price", "raised")]),
        ([stored()], [stored(amount="10", text="New")], [("price", "changed")]),
        ([stored()], [stored(amount=None)], [("price", "changed")]),
        ([stored(amount=None)], [stored()], [("price", "changed")]),
        ([stored()], [stored(amount="11", currency="USD")], [("price", "changed")]),
        ([stored()], [stored(amount="11", per="seat")], [("price", "changed")]),
        ([stored()], [stored(amount="11", kind="usage")], [("price", "changed")]),
        ([stored()], [stored(amount="11", unit="GB")], [("price", "changed")]),
        (
            [stored("b"), stored("a")],
            [stored("c"), stored("a", amount="9")],
            [("c", "added"), ("a", "lowered"), ("b", "removed")],
        ),
    ],
)
def test_the_difference_of_prices(
    before: list[dict[str, Any]], after: list[dict[str, Any]], changes: list[tuple[str, str]]
) -> None:
    found = diff_prices(before, after)
    assert [(change.key, str(change.direction)) for change in found] == changes
    were, are = ({each["key"]: Price.from_json(each) for each in side} for side in (before, after))
    assert all((change.before, change.after) == (were.get(change.key), are.get(change.key)) for change in found)
