"""Amounts of money as people write them: read for sure, or asked back."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from offerings.amounts import InvalidAmount, read_amount, read_money
from offerings.currencies import CURRENCIES, SIGNS, WITHDRAWN, currency_problem, is_currency
from offerings.forms import AmountField
from offerings.models import Charge

MORE = "This is more than an amount. Write the number alone, such as 19.90."
IN_DIGITS = "Write the amount in digits, such as 1200 or 19.90."


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("20", "20", ""),
        ("0", "0", ""),
        ("19,90", "19.90", ""),
        ("0,500", "0.5", ""),
        ("0.008", "0.008", ""),
        ("12,3456", "12.3456", ""),
        ("$20", "20", "USD"),
        ("$20", "20", "CAD"),
        ("US$ 20", "20", "USD"),
        ("20 €", "20", "EUR"),
        ("EUR 20", "20", "EUR"),
        ("9,99 EUR", "9.99", "EUR"),
        ("9.99 eur", "9.99", "EUR"),
        ("20 kr", "20", "SEK"),
        ("1,200.50", "1200.50", ""),
        ("1.200,50", "1200.50", ""),
        ("1 200,50", "1200.50", ""),
        ("1 200", "1200", ""),
        ("1'200.-", "1200", ""),
        ("20,-", "20", ""),
        ("1,200,000", "1200000", ""),
        ("\uff11\uff12", "12", ""),
    ],
)
def test_an_amount_is_read_with_its_currency(text: str, amount: str, currency: str) -> None:
    money = read_money(text)
    assert money is not None
    assert money.amount == Decimal(amount)
    assert currency in money.currencies or not (currency or money.currencies)


@pytest.mark.parametrize(
    "text", ["", "Free", "Contact Sales", "From 20 up", "1% up to $99", "2.9% + 30¢", "100+ users"]
)
def test_words_are_no_amount(text: str) -> None:
    assert read_money(text) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1,200", "1,200 can be read in two ways. Write 1200 without separators, or 1.2."),
        ("$1.000", "1.000 can be read in two ways. Write 1000 without separators, or 1."),
        ("1.234 EUR", "1.234 can be read in two ways. Write 1234 without separators, or 1.2340."),
        ("1,200,00", IN_DIGITS),
        ("1.200.00", IN_DIGITS),
        ("-5", "An amount is 0 or more."),
        ("-$5", "An amount is 0 or more."),
        ("$-5", "An amount is 0 or more."),
        ("20 XYZ", "XYZ is no currency of ISO 4217. Write a code such as EUR or USD."),
        ("€ 20 USD", "€ 20 USD names two currencies. Write one of them."),
        ("20/month", MORE),
        ("$20 per user", MORE),
        ("20 USD a month", MORE),
        ("EUR 9 + VAT", MORE),
    ],
)
def test_an_amount_that_cannot_be_read_for_sure_is_asked_back(text: str, sentence: str) -> None:
    with pytest.raises(InvalidAmount) as caught:
        read_money(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("text", ["", "$20", "20 EUR", "Free", "1e3", "1_000", "9" * 41])
def test_an_amount_alone_has_no_sign(text: str) -> None:
    with pytest.raises(InvalidAmount, match="Write the amount in digits"):
        read_amount(text)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("EUR", None),
        ("HRK", None),
        ("XXX", None),
        ("eur", "Write the currency as EUR."),
        ("EUX", "EUX is no currency of ISO 4217. Write a code such as EUR or USD."),
        ("EURO", "This is no currency code. Write three capital letters, such as EUR."),
        ("", "This is no currency code. Write three capital letters, such as EUR."),
        ("ÄÖÜ", "This is no currency code. Write three capital letters, such as EUR."),
    ],
)
def test_a_currency_is_a_code_of_the_list(code: str, problem: str | None) -> None:
    assert currency_problem(code) == problem


def test_the_list_has_codes_of_three_letters_and_every_sign_means_one_of_them() -> None:
    assert {len(code) for code in CURRENCIES | WITHDRAWN} == {3}
    assert not CURRENCIES & WITHDRAWN
    assert all(is_currency(code) for codes in SIGNS.values() for code in codes)


def test_a_charge_in_an_unknown_currency_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        Charge(key="price", currency="EUX").full_clean(exclude=["offering"], validate_constraints=False)
    assert caught.value.message_dict == {
        "currency": ["EUX is no currency of ISO 4217. Write a code such as EUR or USD."]
    }


@pytest.mark.parametrize(("text", "amount"), [("", None), (" ", None), ("19,90", Decimal("19.90")), ("1200", 1200)])
def test_the_field_of_an_amount_reads_what_people_write(text: str, amount: Decimal | None) -> None:
    assert AmountField(required=False, max_digits=18, decimal_places=6).clean(text) == amount


@pytest.mark.parametrize("text", ["1,200", "1.200", "$20", "Free", "1e3", "-1"])
def test_the_field_of_an_amount_asks_back(text: str) -> None:
    with pytest.raises(ValidationError):
        AmountField(required=False, max_digits=18, decimal_places=6).clean(text)


def test_a_stored_amount_is_shown_as_the_field_reads_it() -> None:
    field = AmountField(max_digits=18, decimal_places=6)
    shown = field.prepare_value(Decimal("1.200000"))
    assert field.clean(str(shown)) == Decimal("1.2")
