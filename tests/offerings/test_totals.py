"""The price in force: charges times seats, sums per period and currency, and the steps from one price to another."""

from decimal import Decimal
from typing import Any

import pytest

from config import formats
from offerings.totals import Due, PriceList, Total, price_steps, price_text

YEAR = Due(is_once=False, currency="EUR", period="P1Y")
ONCE = Due(is_once=True, currency="EUR")
RECURRING = {
    "key": "price",
    "kind": "recurring",
    "per": "flat",
    "amount": "829.5",
    "currency": "EUR",
    "unit": "",
    "text": "",
}
SETUP = {**RECURRING, "key": "setup", "kind": "one_time", "amount": "90"}
USAGE = {**RECURRING, "key": "calls", "kind": "usage", "amount": "0.0125", "unit": "call"}


def total(*prices: dict[str, Any], quantity: int | None = None, limit: object = None, period: str = "P1Y") -> Total:
    return PriceList.read(prices, {"billing_period": period}, limit).total(quantity)


def seat(amount: str | None = "33.18", **facts: Any) -> dict[str, Any]:
    return {**RECURRING, "per": "seat", "amount": amount, **facts}


@pytest.mark.parametrize(
    ("quantity", "limit", "amount"),
    [(25, None, "829.50"), (1, None, "33.18"), (None, 5, "165.90"), (3, 5, "99.54"), (None, 0, "0")],
)
def test_a_price_per_seat_counts_the_seats_that_are_sold(quantity: int | None, limit: object, amount: str) -> None:
    assert total(seat(), quantity=quantity, limit=limit).sums == {YEAR: Decimal(amount)}


@pytest.mark.parametrize("limit", [None, "unlimited", True])
def test_a_price_per_seat_without_a_number_of_seats_is_said_and_not_guessed(limit: object) -> None:
    found = total(seat(), limit=limit)
    assert (found.sums, found.line) == ({}, "EUR 33.18 per seat / year")


def test_amounts_are_exact() -> None:
    assert total(seat("0.1"), quantity=3).sums == {YEAR: Decimal("0.3")}
    assert Total.of([total({**RECURRING, "amount": "0.1"})] * 3).line == "EUR 0.30 / year"


def test_kinds_are_told_apart() -> None:
    found = total(RECURRING, SETUP, USAGE)
    assert (found.recurring, found.once) == (["EUR 829.50 / year"], ["EUR 90.00 once"])
    assert found.usage == ["EUR 0.0125 per call for use"]
    assert found.line == "EUR 829.50 / year + EUR 90.00 once + usage"


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (Total(), "no price"),
        (total(USAGE), "EUR 0.0125 per call for use"),
        (total({**RECURRING, "amount": None, "text": "Contact us"}), "on request (Contact us)"),
        (total({**RECURRING, "currency": "JPY"}, period="P1M"), "JPY 829.5 / month"),
        (total({**RECURRING, "amount": "1200", "currency": "JPY"}, period="P3M"), "JPY 1,200 / 3 months"),
        (total({**RECURRING, "currency": "BHD"}, period=""), "BHD 829.500"),
        (total(RECURRING) + total(RECURRING, period="P1M"), "EUR 829.50 / year + EUR 829.50 / month"),
        (total(RECURRING) + total({**RECURRING, "currency": "USD"}), "EUR 829.50 / year + USD 829.50 / year"),
        (total(RECURRING).times(3), "EUR 2,488.50 / year"),
        (total(RECURRING).times(0), "no price"),
    ],
)
def test_a_total_in_one_line(found: Total, line: str) -> None:
    assert found.line == line


def test_how_a_sum_comes_about() -> None:
    held = PriceList.read([seat(), SETUP], {"billing_period": "P1Y"}, None)
    assert (held.workings(25), held.workings(None)) == (["25 × EUR 33.18"], [])


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (total(RECURRING), total({**RECURRING, "amount": "304.5"}), "EUR 829.50 / year → 304.50 / year (− 525.00)"),
        (total({**RECURRING, "amount": "304.5"}), total(RECURRING), "EUR 304.50 / year → 829.50 / year (+ 525.00)"),
        (total(RECURRING), total(RECURRING), "EUR 829.50 / year, unchanged"),
        (total(RECURRING), Total(), "EUR 829.50 / year → nothing (− 829.50)"),
        (None, total(RECURRING), "EUR 829.50 / year"),
        (Total(), total(RECURRING), "nothing → EUR 829.50 / year (+ 829.50)"),
        (None, Total(), "no price, unchanged"),
        (total(RECURRING), total(RECURRING, period="P1M"), "EUR 829.50 / year → EUR 829.50 / month"),
        (total(RECURRING), total({**RECURRING, "currency": "USD"}), "EUR 829.50 / year → USD 829.50 / year"),
        (total(RECURRING, SETUP), total(RECURRING), "EUR 90.00 once → nothing"),
        (total(RECURRING, USAGE), total(RECURRING), "EUR 0.0125 per call for use → nothing"),
        (
            total(RECURRING),
            total({**RECURRING, "amount": None}),
            "EUR 829.50 / year → nothing (− 829.50); nothing → on request",
        ),
    ],
)
def test_the_step_from_one_price_to_another(before: Total | None, after: Total, text: str) -> None:
    assert price_text(price_steps(before, after)) == text


def test_a_step_in_the_format_of_the_reader() -> None:
    with formats.override("de"):
        steps = price_steps(total(RECURRING), total({**RECURRING, "amount": "304.5"}))
        assert price_text(steps) == "829,50 EUR / year → 304,50 / year (− 525,00)"
