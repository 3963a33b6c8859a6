"""The right to a price: its label and currency from the price list, and the rules of its amounts."""

from decimal import Decimal

import pytest

from offerings import rights
from offerings.prices import Price, charge_words, price_key, price_right, price_rights, standard_price, with_agreed
from offerings.rights import ON_REQUEST, Direction, InvalidValue, Kind, Right


def seat(amount: str | None = "12", currency: str = "EUR", **facts: str) -> dict[str, str | None]:
    return Price(
        **{"key": "seat", "kind": "recurring", "per": "seat", **facts}, amount=amount, currency=currency
    ).to_json()


def right(currency: str = "EUR") -> Right:
    [found] = price_rights([seat(currency=currency)]).values()
    return found


@pytest.mark.parametrize(
    ("charge", "label"),
    [
        ("seat", "Seat price"),
        ("price", "Price"),
        ("setup-fee", "Setup fee price"),
        ("list_price", "List price"),
        ("SMS", "SMS price"),
    ],
)
def test_the_label_follows_from_the_key_of_the_charge(charge: str, label: str) -> None:
    [found] = price_rights([seat(key=charge)]).values()
    assert (found.key, found.label, found.unit, found.kind) == (f"charge.{charge}.price", label, "EUR", Kind.PRICE)
    assert (found.is_overridable, found.is_ordered) == (True, False)


@pytest.mark.parametrize(
    ("currency", "text", "value", "words"),
    [
        ("EUR", "10", "10", "EUR 10.00"),
        ("EUR", "19.90", "19.9", "EUR 19.90"),
        ("EUR", "EUR 1.200,50", "1200.5", "EUR 1,200.50"),
        ("EUR", "0", "0", "EUR 0.00"),
        ("EUR", "0.01", "0.01", "EUR 0.01"),
        ("EUR", "999999999999.99", "999999999999.99", "EUR 999,999,999,999.99"),
        ("JPY", "1200", "1200", "JPY 1,200"),
        ("BHD", "1.2340", "1.234", "BHD 1.234"),
    ],
)
def test_an_amount_is_kept_as_a_plain_decimal_in_the_minor_unit(
    currency: str, text: str, value: str, words: str
) -> None:
    read = right(currency)
    assert rights.parse(read, text) == value
    assert rights.show(read, value) == words
    assert rights.parse(read, rights.typed(read, value)) == value


@pytest.mark.parametrize(
    ("currency", "text", "sentence"),
    [
        ("EUR", "cheap", "Write the amount in digits, such as 1200 or 19.90."),
        ("EUR", "-1", "An amount is 0 or more."),
        ("EUR", "0.001", "Write at most 2 digits after the point: EUR has no smaller part."),
        ("BHD", "0.0001", "Write at most 3 digits after the point: BHD has no smaller part."),
        ("JPY", "0.5", "Write a whole amount: JPY has no smaller part."),
        ("EUR", "USD 12", "This price is in EUR. Write the number alone."),
        ("EUR", "1000000000000", "That amount is too large. Write less than 1000000000000."),
        (
            "",
            "12",
            "The price list names no currency for this charge, nor one alone beside it. Publish its price first.",
        ),
    ],
)
def test_other_amounts_are_refused_with_a_sentence(currency: str, text: str, sentence: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        rights.parse(right(currency), text)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("value", ["12.50", "1e3", "-1", ".5", "5.", "", "NaN", "١٢", 12, 12.5, None, True, ON_REQUEST])
def test_what_is_no_plain_decimal_is_not_stored(value: object) -> None:
    assert not rights.is_valid(right(), value)


def test_prices_are_compared_by_size_and_not_with_one_on_request() -> None:
    assert rights.compare(right(), "12", "10") is Direction.LOWERED
    assert rights.compare(right(), "9", "10") is Direction.RAISED
    assert rights.compare(right(), "9", "9") is Direction.SAME
    assert rights.compare(right(), "0", "9") is Direction.RAISED
    assert rights.compare(right(), ON_REQUEST, "9") is Direction.CHANGED
    assert rights.show_stored(right(), ON_REQUEST) == "on request"


def test_an_amount_is_a_number_in_a_file() -> None:
    assert rights.cell(right(), "19.9") == Decimal("19.90")
    assert rights.cell(right(), ON_REQUEST) == "on request"


def test_a_charge_on_request_takes_the_one_currency_of_the_others() -> None:
    asked = seat(None, "", key="training")
    assert price_rights([asked, seat(currency="USD")])["charge.training.price"].unit == "USD"
    assert price_rights([asked, seat(currency="USD"), seat(key="setup")])["charge.training.price"].unit == ""
    assert price_rights([asked])["charge.training.price"].unit == ""


def test_the_standard_is_what_the_price_list_says() -> None:
    prices = [seat(), seat(None, key="training")]
    assert standard_price(prices, "charge.seat.price") == "12"
    assert standard_price(prices, "charge.training.price") == ON_REQUEST
    assert standard_price(prices, "charge.other.price") is None
    assert standard_price(prices, "feature.seat") is None
    assert price_right(prices, "charge.other.price") is None
    assert charge_words(prices, price_key("seat")) == "per seat, each billing period"
    assert charge_words(prices, "seat_limit") == ""


def test_what_is_agreed_takes_the_place_of_the_amount_alone() -> None:
    prices = [seat(), seat(None, "", key="training", per="flat", text="Ask us")]
    agreed = {"charge.seat.price": "10", "charge.training.price": "90", "charge.gone.price": "5", "seat_limit": 3}
    found = [Price.from_json(each) for each in with_agreed(prices, agreed)]
    assert [price.words for price in found] == ["EUR 10.00 per seat", "EUR 90.00"]
    assert with_agreed(prices, {"seat_limit": 3}) == prices
    assert with_agreed(prices, {"charge.seat.price": "0.001"}) == prices
