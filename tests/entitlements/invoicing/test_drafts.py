"""What would be invoiced on a day: whole periods, parts of periods, what is due once, use, and what is not known."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlements.billing.due import Sale, due
from entitlements.billing.lines import Invoice
from entitlements.billing.money import Part
from entitlements.billing.periods import BillingPeriod
from entitlements.billing.proration import rounded
from entitlements.invoicing.courses import Course
from entitlements.invoicing.drafts import (
    MOST_LINES,
    Draft,
    billed_share,
    draft_of,
)
from entitlements.state import BillingTerms, State
from tests.entitlements.values import LONG_AGO, ORDER, created, gold, per_seat, revision, state

START = date(2026, 3, 1)


def price(amount: str | None = "10", **facts: str) -> dict[str, str | None]:
    known = {"key": "price", "kind": "recurring", "per": "flat", "currency": "EUR", "unit": "", "text": ""}
    return {**known, "amount": amount, **facts}


def monthly(*prices: dict[str, str | None], **facts: Any) -> State:
    """Return an entitlement of a year from 1 March 2026 that is billed by the month."""
    terms = {"billing_period": "P1M", **facts.pop("terms", {})}
    billing = BillingTerms(**facts.pop("billing", {}))
    known = {"order": replace(ORDER, billing=billing), **facts}
    return state(revision(prices=prices or (price(),), terms=terms), **known)


def draft(*states: State, on: str) -> Draft:
    return draft_of([course((date.min, each)) for each in states], on=date.fromisoformat(on))


def course(*steps: tuple[date, State], parts: tuple[Part, ...] = ()) -> Course:
    """Return an entitlement in the order of the tests, from each day in a state."""
    return Course(ORDER.id, steps, parts)


def made_due(before: State | None, after: State, on: date) -> tuple[Part, ...]:
    """Return what a change makes due."""
    money = due([Sale(before, after)], on=on)
    return money.parts if money else ()


def amounts(found: Draft) -> list[tuple[str, str]]:
    return [(each.due_on.isoformat(), str(each.line.amount)) for each in found.lines]


def codes(found: Draft) -> list[str]:
    return [each.code for each in found.problems]


# --- periods ---------------------------------------------------------------------------------------------------------


def test_what_is_not_invoiced_is_charged_for_each_period_that_begins_up_to_the_day() -> None:
    found = draft(monthly(billing={"invoiced_through": date(2026, 5, 1)}), on="2026-07-01")
    assert amounts(found) == [("2026-05-01", "10.00"), ("2026-06-01", "10.00"), ("2026-07-01", "10.00")]
    assert found.totals == [("EUR", Decimal("30.00"))]
    [first, *_others] = found.lines
    assert first.line.period == BillingPeriod(date(2026, 5, 1), date(2026, 6, 1))
    assert first.line.why == "The whole period, from 1 May 2026 until 1 Jun 2026."


def test_the_day_before_the_next_period_it_is_not_charged_yet() -> None:
    found = draft(monthly(billing={"invoiced_through": date(2026, 5, 1)}), on="2026-06-30")
    assert [day for day, _amount in amounts(found)] == ["2026-05-01", "2026-06-01"]


def test_where_nobody_said_what_is_invoiced_it_is_the_period_of_the_day() -> None:
    assert amounts(draft(monthly(), on="2026-06-20")) == [("2026-06-01", "10.00")]


def test_invoiced_beyond_the_day_leaves_nothing() -> None:
    assert draft(monthly(billing={"invoiced_through": date(2026, 8, 1)}), on="2026-07-31").lines == ()


@pytest.mark.parametrize(
    ("currency", "amount", "quantity", "total"),
    [("EUR", "33.18", 25, "829.50"), ("JPY", "1250", 3, "3750"), ("BHD", "1.234", 7, "8.638"), ("EUR", "0", 9, "0.00")],
)
def test_a_price_per_seat_is_taken_as_often_as_seats_are_sold(
    currency: str, amount: str, quantity: int, total: str
) -> None:
    sold = per_seat(prices=(price(amount, per="seat", currency=currency),), terms={"billing_period": "P1M"})
    found = draft(state(sold, quantity=quantity), on="2026-03-01")
    assert found.totals == [(currency, Decimal(total))]
    assert str(found.lines[0].line.amount) == total
    assert found.lines[0].line.quantity == quantity


def test_an_agreed_price_is_invoiced() -> None:
    found = draft(monthly(overrides={"charge.price.price": "8.5"}), on="2026-03-31")
    assert amounts(found) == [("2026-03-01", "8.50")]


# --- parts of periods ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "day", "share", "amount"),
    [
        ("actual", 15, "14/28", "15.50"),
        ("actual_30", 15, "14/30", "14.47"),
        ("strict_30_360", 15, "16/30", "16.53"),
        ("off", 15, "", ""),
    ],
)
def test_a_term_that_starts_within_a_period_is_charged_for_its_days(
    method: str, day: int, share: str, amount: str
) -> None:
    starts = date(2026, 2, day)
    sold = monthly(price("31"), billing={"day": 1, "proration": method}, starts_on=starts)
    found = draft(sold, on="2026-02-28")
    assert [f"{each.line.days}/{each.line.of}" for each in found.lines] == ([share] if share else [])
    assert [str(each.line.amount) for each in found.lines] == ([amount] if amount else [])
    assert [each.due_on for each in found.lines] == ([starts] if share else [])


def test_a_term_that_ends_within_a_period_is_charged_until_its_end() -> None:
    sold = monthly(price("31"), billing={"day": 1}, standard_expires_on=date(2026, 3, 11), starts_on=date(2026, 3, 1))
    found = draft(sold, on="2026-03-20")
    assert amounts(found) == [("2026-03-01", "10.00")]
    assert found.lines[0].line.why == "10 of 31 days, from 1 Mar 2026 until 11 Mar 2026."


def test_without_proration_a_period_that_begins_is_whole() -> None:
    sold = monthly(price("31"), billing={"day": 1, "proration": "off"}, standard_expires_on=date(2026, 3, 11))
    assert amounts(draft(sold, on="2026-03-20")) == [("2026-03-01", "31.00")]


def test_a_billing_day_of_31_is_clamped_over_february() -> None:
    sold = monthly(
        billing={"day": 31, "invoiced_through": date(2027, 1, 31)},
        starts_on=date(2026, 12, 31),
        standard_expires_on=None,
    )
    found = draft(sold, on="2027-04-30")
    assert [each.line.period for each in found.lines] == [
        BillingPeriod(date(2027, 1, 31), date(2027, 2, 28)),
        BillingPeriod(date(2027, 2, 28), date(2027, 3, 31)),
        BillingPeriod(date(2027, 3, 31), date(2027, 4, 30)),
        BillingPeriod(date(2027, 4, 30), date(2027, 5, 31)),
    ]
    assert {str(each.line.amount) for each in found.lines} == {"10.00"}


@given(
    st.integers(1, 31),
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.sampled_from(["actual", "actual_30", "strict_30_360"]),
    st.integers(0, 40),
)
def test_two_parts_of_a_period_are_the_whole_but_for_one_smallest_part(
    day: int, starts: date, method: str, split: int
) -> None:
    terms = BillingTerms(day=day, proration=method)
    found = draft(monthly(billing={"day": day}, starts_on=starts, standard_expires_on=None), on=starts.isoformat())
    period = found.lines[0].line.period
    assert period is not None
    whole = BillingPeriod.between(period.start, period.end)
    cut = min(whole.end, whole.start + timedelta(days=split))
    early, late = (billed_share(whole, *span, terms).fraction for span in ((whole.start, cut), (cut, whole.end)))
    assert abs(rounded(early * 1000, "EUR") + rounded(late * 1000, "EUR") - 1000) <= Decimal("0.01")


# --- what is due once, and by use ------------------------------------------------------------------------------------


def test_what_is_due_once_is_charged_when_the_term_starts() -> None:
    sold = monthly(price(), price("90", key="setup-fee", kind="one_time"))
    assert amounts(draft(sold, on="2026-03-05")) == [("2026-03-01", "10.00"), ("2026-03-01", "90.00")]
    assert amounts(draft(sold, on="2026-04-05")) == [("2026-04-01", "10.00")]
    late = replace(sold, order=replace(sold.order, billing=BillingTerms(invoiced_through=START)))
    assert [amount for _day, amount in amounts(draft(late, on="2026-04-05"))] == ["10.00", "90.00", "10.00"]


def test_a_perpetual_license_is_charged_once() -> None:
    sold = state(revision(prices=(price("900", kind="one_time"),), terms={"duration": ""}), standard_expires_on=None)
    assert amounts(draft(sold, on="2026-11-21")) == [("2026-03-01", "900.00")]
    invoiced = replace(sold, order=replace(ORDER, billing=BillingTerms(invoiced_through=date(2026, 4, 1))))
    assert draft(invoiced, on="2026-11-21").lines == ()


def test_use_is_listed_and_counts_in_no_sum() -> None:
    found = draft(monthly(price(), price("0.0125", key="api-calls", kind="usage", unit="call")), on="2026-03-05")
    assert [(each.label, each.words) for each in found.uses] == [("Api calls", "EUR 0.0125 per call")]
    assert found.totals == [("EUR", Decimal("10.00"))]


# --- what is not invoiced --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sold",
    [
        created(revision(prices=(price(),), terms={"billing_period": "P1M"})),
        monthly(starts_on=date(2026, 7, 2)),
        monthly(standard_expires_on=date(2026, 3, 1)),
    ],
    ids=["not activated", "starts later", "no day"],
)
def test_what_is_not_in_its_term_is_not_invoiced(sold: State) -> None:
    assert draft(sold, on="2026-07-01") == Draft((), (), ())


def test_a_period_is_charged_as_it_was_known_when_it_began_and_none_after_the_end() -> None:
    sold = monthly(billing={"invoiced_through": date(2026, 5, 1)})
    ended = course((date.min, sold), (date(2026, 6, 16), replace(sold, ended_on=date(2026, 6, 16))))
    found = draft_of([ended], on=date(2026, 9, 9))
    assert amounts(found) == [("2026-05-01", "10.00"), ("2026-06-01", "10.00")]  # its credit is a line of the removal


def test_what_left_the_order_is_charged_for_the_periods_that_began_before() -> None:
    sold = monthly(billing={"invoiced_through": START})
    other = replace(sold, order=replace(sold.order, id=UUID(int=77)))
    found = draft_of([course((date.min, sold), (date(2026, 4, 10), other))], on=date(2026, 6, 1))
    assert amounts(found) == [("2026-03-01", "10.00"), ("2026-04-01", "10.00")]


def test_a_disabled_one_is_invoiced_on() -> None:
    assert amounts(draft(monthly(disabled_at=LONG_AGO), on="2026-03-01")) == [("2026-03-01", "10.00")]


# --- what is not known -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sold", "code", "sentence"),
    [
        (
            monthly(price(None, key="support")),
            "on_request",
            "Silver, support: the price is on request. Agree on an amount, or bill it by hand.",
        ),
        (
            state(
                revision(
                    prices=(price(per="seat"),), rights={"seat_limit": "unlimited"}, terms={"billing_period": "P1M"}
                )
            ),
            "no_seats",
            "Silver, price: the price is per seat and the seats have no limit. Bill it by hand.",
        ),
        (
            state(revision(prices=(price(),))),
            "no_period",
            "Silver: its plan has no billing period, so that nobody knows when it recurs. Bill it by hand.",
        ),
        (
            monthly(terms={"billing_period": "PT12H"}),
            "no_period",
            "Silver: Write a billing period of one day or more, in whole days: P1M, P3M, P1Y, P1W, P10D.",
        ),
    ],
)
def test_what_is_not_known_is_said_once(sold: State, code: str, sentence: str) -> None:
    found = draft(sold, on="2026-03-31")
    assert [(each.code, each.message) for each in found.problems] == [(code, sentence)]
    assert found.lines == ()


def test_days_far_away_are_refused_in_words_and_end() -> None:
    daily = monthly(terms={"billing_period": "P1D"}, billing={"invoiced_through": START}, standard_expires_on=None)
    found = draft(daily, on="9999-12-31")
    assert codes(found) == ["too_many"]
    yearly = monthly(
        terms={"billing_period": "P1Y"}, billing={"invoiced_through": date(9998, 3, 1)}, standard_expires_on=None
    )
    assert codes(draft(yearly, on="9999-12-31")) == ["no_period"]


def test_an_order_of_very_many_lines_ends_with_a_problem() -> None:
    weekly = monthly(terms={"billing_period": "P1W"}, billing={"invoiced_through": START}, standard_expires_on=None)
    found = draft(*(replace(weekly, id=UUID(int=number)) for number in range(4)), on="2044-12-31")
    assert len(found.lines) == MOST_LINES
    assert codes(found) == ["too_many"]


# --- what is scheduled -----------------------------------------------------------------------------------------------


def test_a_change_counts_from_the_first_period_after_its_day() -> None:
    before = monthly(billing={"invoiced_through": date(2026, 5, 1)})
    after = replace(before, revision=gold(prices=(price("20"),), terms={"billing_period": "P1M"}))
    for day in (date(2026, 6, 1), date(2026, 5, 2)):
        found = draft_of([course((date.min, before), (day, after))], on=date(2026, 7, 1))
        assert amounts(found) == [("2026-05-01", "10.00"), ("2026-06-01", "20.00"), ("2026-07-01", "20.00")]


def test_another_length_of_periods_counts_from_the_day_of_the_change_whose_lines_charge_the_first() -> None:
    before = monthly(price("31"), billing={"invoiced_through": START})
    after = replace(before, revision=gold(prices=(price("310"),), terms={"billing_period": "P3M"}))
    day = date(2026, 3, 16)
    parts = made_due(before, after, day)
    assert [str(line.amount) for line in parts[0].now.lines] == ["-16.00", "310.00"]
    found = draft_of([course((date.min, before), (day, after), parts=parts)], on=date(2026, 6, 16))
    assert amounts(found) == [("2026-03-01", "31.00"), ("2026-06-16", "310.00")]


def test_without_proration_another_length_of_periods_counts_from_the_end_of_the_one_that_runs() -> None:
    before = monthly(price("31"), billing={"invoiced_through": START, "proration": "off"})
    after = replace(before, revision=gold(prices=(price("310"),), terms={"billing_period": "P3M"}))
    day = date(2026, 3, 16)
    found = draft_of(
        [course((date.min, before), (day, after), parts=made_due(before, after, day))], on=date(2026, 7, 1)
    )
    assert amounts(found) == [("2026-03-01", "31.00"), ("2026-04-01", "310.00"), ("2026-07-01", "310.00")]


def test_what_the_lines_of_a_sale_charge_is_in_no_draft() -> None:
    setup = price("90", key="setup", kind="one_time")
    for day, expected in ((1, ["10.00", "90.00", "10.00"]), (15, ["10.00"])):
        sold = monthly(price(), setup, billing={"day": 1, "invoiced_through": START}, starts_on=date(2026, 3, day))
        parts = made_due(None, sold, date(2026, 3, day))
        found = draft_of([course((date(2026, 3, day), sold), parts=parts)], on=date(2026, 4, 1))
        lines = [str(line.amount) for part in parts for line in part.now.lines]
        assert lines == ([] if day == 1 else ["5.48", "90.00"])
        assert [amount for _day, amount in amounts(found)] == expected


def test_what_is_due_once_again_is_charged_only_where_it_is_new() -> None:
    setup = price("90", key="setup", kind="one_time")
    before = monthly(price(), setup, billing={"invoiced_through": START})
    again = replace(before, starts_on=date(2026, 6, 1), standard_expires_on=date(2027, 6, 1))
    found = draft_of([course((date.min, before), (date(2026, 6, 1), again))], on=date(2026, 6, 1))
    assert [each.line.charge for each in found.lines].count("setup") == 1


def test_a_line_says_what_its_charge_starts_with() -> None:
    found = draft(monthly(price(), {**price(), "key": "setup", "trigger": "customer_acceptance"}), on="2026-03-01")
    assert [each.trigger for each in found.lines] == ["Contract effective", "Customer acceptance"]


# --- charges that start later ----------------------------------------------------------------------------------------


def waiting(*prices: dict[str, str | None], on: str, **days: str) -> Draft:
    """Return what would be invoiced where charges start on days of their own."""
    starts = {charge: date.fromisoformat(day) for charge, day in days.items()}
    sold = monthly(*prices, billing={"invoiced_through": START})
    part = Part("Silver", Invoice(date.min, "EUR"), Invoice(START, "EUR"), got=sold.id, waits=starts)
    return draft_of([course((date.min, sold), parts=(part,))], on=date.fromisoformat(on))


def test_a_charge_that_starts_later_is_due_with_the_first_period_after_its_day() -> None:
    found = waiting(price("100"), price("31", key="service"), on="2026-05-01", service="2026-03-11")
    assert [(each.due_on.isoformat(), each.line.charge, str(each.line.amount)) for each in found.lines] == [
        ("2026-03-01", "price", "100.00"),
        ("2026-04-01", "price", "100.00"),
        ("2026-04-01", "service", "31.00"),
        ("2026-05-01", "price", "100.00"),
        ("2026-05-01", "service", "31.00"),
    ]


def test_what_starts_on_the_first_day_of_a_period_is_part_of_it() -> None:
    assert waiting(price("31"), on="2026-05-31", price="2026-05-10").lines == ()
    assert amounts(waiting(price("31"), on="2026-05-10", price="2026-05-01")) == [("2026-05-01", "31.00")]


def test_what_is_due_once_and_starts_later_is_a_line_of_the_change() -> None:
    fee = price("90", key="fee", kind="one_time")
    assert waiting(fee, on="2026-06-10", fee="2026-05-10").lines == ()


def test_use_is_listed_from_its_start() -> None:
    calls = price("0.01", key="calls", kind="usage")
    assert [len(waiting(calls, on=day, calls="2026-05-10").uses) for day in ("2026-05-09", "2026-05-10")] == [0, 1]


def test_a_start_after_the_end_is_never_invoiced() -> None:
    assert waiting(price("31"), on="2027-04-10", price="2027-03-01").lines == ()
