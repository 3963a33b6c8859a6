"""What is not to be given back of a period: every invoice of its first day counts once."""

from datetime import date
from decimal import Decimal

from entitlements.billing.credited import credited
from entitlements.billing.due import Sale, due
from entitlements.billing.money import Part
from entitlements.billing.periods import BillingPeriod
from entitlements.billing.terms import sold_by
from entitlements.state import State
from tests.entitlements.billing.test_due import APRIL, MAY, held, monthly, price
from tests.entitlements.values import KEY

WEEK = date(2027, 4, 16)  # half of April
GOLD, SILVER, BRONZE = (
    held(monthly(name, price(amount), id=number, offering_id=number))
    for number, (name, amount) in enumerate((("Gold", "400"), ("Silver", "100"), ("Bronze", "20")), start=11)
)


def parts_of(before: State, after: State, on: date, earlier: tuple[Part, ...] = ()) -> tuple[Part, ...]:
    """Return what was made due, with what a change adds to it."""
    money = due([Sale(before, after)], on=on, billed={KEY: earlier})
    return (*earlier, *(money.parts if money else ()))


def test_of_two_changes_on_the_first_day_only_what_the_last_one_is_invoiced_at_was_charged() -> None:
    once = parts_of(SILVER, BRONZE, APRIL)
    twice = parts_of(GOLD, BRONZE, APRIL, parts_of(SILVER, GOLD, APRIL))
    april = BillingPeriod(APRIL, MAY, 1, 1)
    for parts in (once, twice):  # 20 for April, 10 of it given back, and 200 of 400 charged
        later = parts_of(BRONZE, GOLD, WEEK, parts)
        assert credited(later, KEY, sold_by(GOLD), april) == {"price": Decimal("190.00")}
