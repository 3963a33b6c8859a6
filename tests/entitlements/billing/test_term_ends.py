"""A term that ends within a billing period is billed up to its end: every line's amount."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from entitlements.billing.periods import BillingPeriod
from entitlements.billing.proration import Method, charge, share_between
from entitlements.state import State
from tests.entitlements.billing.test_due import APRIL, GOLD, MID, amounts, billed_on, changed, ended, held, lines

ENDS = date(2027, 3, 21)  # 10 days after MID, 20 after 1 March


def ending(on: date = ENDS, **facts: Any) -> State:
    return held(standard_expires_on=on, **facts)


def test_a_removal_gives_back_no_days_after_the_end_of_the_term() -> None:
    [part] = changed(ending(), ended(ending(), MID)).parts
    assert lines(part.now) == [("old", "price", "Price", 10, 31, "-32.26")]
    assert part.now.lines[0].why == "Given back for 10 of 31 days, from 11 Mar 2027 until 21 Mar 2027."


def test_an_upgrade_charges_up_to_the_end_of_the_term_and_has_no_next_invoice() -> None:
    [part] = changed(ending(), replace(ending(), revision=GOLD)).parts
    assert lines(part.now) == [("old", "price", "Price", 10, 31, "-32.26"), ("new", "price", "Price", 10, 31, "48.39")]
    assert part.next.lines == ()


def test_the_next_invoice_has_the_days_of_the_term_alone() -> None:
    before = ending(date(2027, 4, 11))
    [part] = changed(before, replace(before, revision=GOLD)).parts
    assert lines(part.next) == [("new", "price", "Price", 10, 30, "50.00")]
    assert part.next.lines[0].why == "Charged for 10 of 30 days, from 1 Apr 2027 until 11 Apr 2027."


def test_a_renewal_charges_what_is_left_of_the_period_after_the_old_end() -> None:
    [part] = changed(ending(), ending(date(2028, 3, 21))).parts
    assert lines(part.now) == [("new", "price", "Price", 11, 31, "35.48")]
    assert lines(part.next) == [("new", "price", "Price", 30, 30, "100.00")]


def test_a_renewal_in_grace_goes_on_where_the_term_ended() -> None:
    [part] = changed(ending(date(2027, 3, 6)), ending(date(2028, 3, 6))).parts
    assert lines(part.now) == [("new", "price", "Price", 26, 31, "83.87")]


def test_an_earlier_end_gives_back_the_days_that_go() -> None:
    [part] = changed(ending(APRIL), ending()).parts
    assert lines(part.now) == [("old", "price", "Price", 11, 31, "-35.48")]
    assert part.next.lines == ()


def test_a_renewal_and_a_removal_give_back_what_was_charged_for_the_new_days() -> None:
    later = ending(date(2028, 3, 21))
    first = changed(ending(), later)
    gone = changed(later, ended(later, ENDS), ENDS, billed={later.id: first.parts})
    assert amounts(first)[0] == ["35.48"]
    assert amounts(gone)[0] == ["-35.48"]


def test_without_proration_a_period_that_a_term_ends_within_is_billed_whole() -> None:
    before = ending(date(2027, 4, 11), order=billed_on(proration="off"))
    assert amounts(changed(before, replace(before, revision=GOLD))) == ([], ["150.00"])


def test_the_first_period_of_a_short_term_is_charged_for_its_days() -> None:
    assert amounts(changed(None, ending(starts_on=MID))) == (["32.26"], [])


@given(
    st.integers(0, 31), st.integers(0, 31), st.sampled_from([Method.ACTUAL, Method.STRICT_30_360]), st.integers(1, 9999)
)
def test_adjacent_shares_sum_to_the_whole(one: int, other: int, method: Method, cents: int) -> None:
    period = BillingPeriod.between(date(2027, 3, 1), APRIL)
    first, second = sorted(min(period.end, period.start + timedelta(days=days)) for days in (one, other))
    cuts = (period.start, first, second, period.end)
    shares = [share_between(period, start, end, method) for start, end in pairwise(cuts)]
    assert sum(each.fraction for each in shares) == 1
    price = Decimal(cents) / 100
    parts = sum(charge(price, 1, each, "EUR") for each in shares)
    assert abs(parts - price) <= Decimal("0.02")
