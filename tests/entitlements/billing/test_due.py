"""What a change of states makes due: the textbook cases of amending, with every line's amount."""

import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from entitlements.billing.due import DueMemo, Sale, concerns_billed, due
from entitlements.billing.lines import Invoice
from entitlements.billing.money import Money, Part
from entitlements.state import OrderValue, RevisionValue, State
from entitlements.state.values import BillingTerms
from tests.entitlements.values import LONG_AGO, ORDER, OTHER_KEY, created, per_seat, revision, state

MARCH, APRIL, MAY = date(2027, 3, 1), date(2027, 4, 1), date(2027, 5, 1)
MID = date(2027, 3, 11)  # 21 of 31 days are left
FEE = {"key": "fee", "kind": "one_time", "per": "flat", "amount": "90", "currency": "EUR", "unit": "", "text": ""}


def price(amount: str | None, **facts: Any) -> dict[str, Any]:
    known = {"key": "price", "kind": "recurring", "per": "flat", "amount": amount, "currency": "EUR"}
    return {**known, "unit": "", "text": "", **facts}


def monthly(name: str, *prices: dict[str, Any], **facts: Any) -> RevisionValue:
    terms = {"duration": "P1Y", "billing_period": "P1M", **facts.pop("terms", {})}
    return revision(name, prices=prices, terms=terms, **facts)


SILVER = monthly("Silver", price("100"))
GOLD = monthly("Gold", price("150"), id=2, offering_id=2)
SUPPORT = monthly("Support", price("62"), FEE, id=4, offering_id=4, kind="add_on")
SEATS = per_seat(prices=(price("10", per="seat"),), terms={"duration": "P1Y", "billing_period": "P1M"})


def billed_on(day: int | None = None, **facts: Any) -> OrderValue:
    return replace(ORDER, billing=BillingTerms(day, **facts))


def held(on: RevisionValue = SILVER, **facts: Any) -> State:
    """Return what is held from 1 January 2027 for two years."""
    known = {"starts_on": date(2027, 1, 1), "standard_expires_on": date(2029, 1, 1)}
    return state(on, **known | facts)


def ended(before: State, on: date) -> State:
    return replace(before, ended_on=on)


def lines(invoice: Invoice) -> list[tuple[str, str, str, int, int, str]]:
    """Return the facts of each line: side, charge, days, of, amount."""
    return [(str(each.side), each.charge, each.label, each.days, each.of, str(each.amount)) for each in invoice.lines]


def amounts(money: Money | None) -> tuple[list[str], list[str]]:
    """Return the amounts of the lines now, and of those at the next invoices."""
    parts = money.parts if money else ()
    now = [str(line.amount) for part in parts for line in part.now.lines]
    return now, [str(line.amount) for part in parts for line in part.next.lines]


def changed(before: State | None, after: State | None, on: date = MID, **facts: Any) -> Money | None:
    return due([Sale(before, after)], on=on, **facts)


# --- textbook cases --------------------------------------------------------------------------------------------------


def test_a_removal_within_a_period_gives_back_the_part_that_is_left() -> None:
    money = changed(held(), ended(held(), MID))
    [part] = money.parts
    assert lines(part.now) == [("old", "price", "Price", 21, 31, "-67.74")]
    assert part.now.lines[0].why == "Given back for 21 of 31 days, from 11 Mar 2027 until 1 Apr 2027."
    assert (part.title, part.gave, part.got, part.next.lines) == ("Silver", held().id, None, ())
    assert [(each.due_on, each.currency, str(each.amount)) for each in money.due_now] == [(MID, "EUR", "-67.74")]


def test_a_removal_on_the_first_day_of_the_next_period_gives_nothing_back() -> None:
    money = changed(held(), ended(held(), APRIL), APRIL)
    assert amounts(money) == ([], [])


def test_a_removal_on_a_first_day_that_is_invoiced_already_gives_the_whole_period_back() -> None:
    order = billed_on(invoiced_through=MAY)
    before = held(order=order)
    assert amounts(changed(before, ended(before, APRIL), APRIL)) == (["-100.00"], [])


def test_an_addition_within_a_period_charges_the_part_and_what_is_due_once() -> None:
    added = held(SUPPORT, order=billed_on(1), starts_on=MID)
    money = changed(None, added)
    [part] = money.parts
    assert lines(part.now) == [("new", "price", "Price", 21, 31, "42.00"), ("new", "fee", "Fee", 1, 1, "90.00")]
    assert lines(part.next) == [("new", "price", "Price", 30, 30, "62.00")]
    assert (part.now.due_on, part.next.due_on, part.gave, part.got) == (MID, APRIL, None, added.id)


def test_an_addition_with_the_next_period_charges_nothing_now() -> None:
    money = changed(None, held(SUPPORT, order=billed_on(1), starts_on=APRIL), APRIL)
    assert amounts(money) == ([], ["62.00", "90.00"])
    assert money.due_now == []
    assert [(each.due_on, str(each.amount)) for each in money.due_next] == [(APRIL, "152.00")]


def test_an_addition_without_a_billing_day_charges_its_first_period_in_full() -> None:
    assert amounts(changed(None, held(SUPPORT, starts_on=MID))) == (["62.00", "90.00"], ["62.00"])


def test_without_proration_only_what_is_due_once_is_charged_within_a_period() -> None:
    order = billed_on(1, proration="off")
    assert amounts(changed(None, held(SUPPORT, order=order, starts_on=MID))) == (["90.00"], ["62.00"])
    before = held(order=order)
    assert amounts(changed(before, ended(before, MID))) == ([], [])
    assert amounts(changed(before, held(GOLD, order=order))) == ([], ["150.00"])


def test_without_proration_a_whole_period_is_charged_all_the_same() -> None:
    assert amounts(changed(None, held(starts_on=MID, order=billed_on(proration="off")))) == (["100.00"], ["100.00"])


def test_an_upgrade_has_neither_gap_nor_overlap() -> None:
    [part] = changed(held(), held(GOLD)).parts
    assert lines(part.now) == [("old", "price", "Price", 21, 31, "-67.74"), ("new", "price", "Price", 21, 31, "101.61")]
    gone, come = part.now.lines
    assert gone.period == come.period
    assert (come.period.start, come.period.end) == (MID, APRIL)
    assert lines(part.next) == [("new", "price", "Price", 30, 30, "150.00")]
    assert part.title == "Silver → Gold"


def test_what_is_removed_and_what_takes_its_place_are_one_swap() -> None:
    new = held(GOLD, id=OTHER_KEY, starts_on=MID)
    [part] = due([Sale(held(), new)], on=MID).parts
    assert lines(part.now) == [("old", "price", "Price", 21, 31, "-67.74"), ("new", "price", "Price", 31, 31, "150.00")]
    assert (part.gave, part.got, part.next.due_on) == (held().id, OTHER_KEY, date(2027, 4, 11))


def test_a_downgrade_with_the_next_period_gives_no_credit() -> None:
    money = changed(held(GOLD), held(), APRIL)
    assert amounts(money) == ([], ["100.00"])
    assert money.due_next[0].due_on == APRIL


def test_a_fee_of_what_something_becomes_on_the_first_day_of_a_period_is_due_by_the_change() -> None:
    money = changed(held(), held(SUPPORT), APRIL)
    assert [str(each.amount) for each in money.due_now] == ["90.00"]
    assert [(each.due_on, str(each.amount)) for each in money.due_next] == [(APRIL, "62.00")]
    back = money.taken_back(changed(held(SUPPORT), held(), APRIL))
    assert back
    assert [str(each.amount) for each in back.due_now] == ["-90.00"]


def test_a_quantity_is_charged_for_the_seats_that_come() -> None:
    [part] = changed(held(SEATS, quantity=5), held(SEATS, quantity=12)).parts
    assert [(line.quantity, str(line.amount)) for line in part.now.lines] == [(5, "-33.87"), (12, "81.29")]
    assert amounts(changed(held(SEATS, quantity=12), held(SEATS, quantity=5)))[0] == ["-81.29", "33.87"]


# --- what is billed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, created(SILVER)),
        (created(SILVER), created(GOLD)),
        (held(), held()),
        (held(), held(disabled_at=LONG_AGO)),
        (held(), held(seats_used=3)),
        (held(), held(overrides={"seat_limit": 9})),
        (ended(held(), MARCH), ended(held(), MARCH)),
        (held(monthly("Free")), ended(held(monthly("Free")), MID)),
        (held(standard_expires_on=MID), ended(held(standard_expires_on=MID), MID)),
    ],
    ids=["waits", "waits on", "as is", "disabled", "seats", "override", "ended", "free", "expired"],
)
def test_nothing_is_due_where_nothing_that_is_billed_moves(before: State | None, after: State) -> None:
    assert changed(before, after) is None


def test_an_activation_charges_the_first_period_and_what_is_due_once() -> None:
    plan = monthly("Silver", price("100"), FEE)
    assert amounts(changed(created(plan), held(plan, starts_on=MID))) == (["100.00", "90.00"], ["100.00"])


def test_a_later_start_is_due_on_its_day() -> None:
    [part] = changed(None, held(SUPPORT, starts_on=APRIL)).parts
    assert (part.now.lines, part.next.due_on) == ((), APRIL)
    assert [str(line.amount) for line in part.next.lines] == ["62.00", "90.00"]


def test_a_renewal_before_the_end_is_due_at_the_next_invoice_alone() -> None:
    before = held(standard_expires_on=APRIL)
    assert amounts(changed(before, replace(before, standard_expires_on=date(2028, 4, 1)))) == ([], ["100.00"])


def test_an_upgrade_in_the_last_period_has_no_next_invoice() -> None:
    before = held(standard_expires_on=APRIL)
    assert amounts(changed(before, replace(before, revision=GOLD))) == (["-67.74", "101.61"], [])


def test_a_renewal_in_grace_charges_from_the_end_of_the_term() -> None:
    before = held(standard_expires_on=MARCH)
    money = changed(before, replace(before, standard_expires_on=date(2028, 3, 1)))
    assert amounts(money) == (["100.00"], ["100.00"])
    assert money.parts[0].now.lines[0].period.start == MARCH
    assert money.due_now[0].due_on == MID


def test_a_renewal_charges_no_second_time_what_is_due_once() -> None:
    plan = monthly("Silver", price("100"), FEE)
    before = held(plan, standard_expires_on=MARCH)
    after = replace(before, anchor_on=MID, standard_expires_on=date(2028, 3, 11))
    assert amounts(changed(before, after)) == (["100.00"], ["100.00"])


def test_a_term_that_restarts_is_charged_from_its_first_day() -> None:
    [part] = changed(held(), held(GOLD, starts_on=MID)).parts
    assert [str(line.amount) for line in part.now.lines] == ["-67.74", "150.00"]
    assert part.now.lines[1].period.end == part.next.due_on == date(2027, 4, 11)


def test_another_length_starts_one_full_period_from_which_later_ones_count() -> None:
    yearly = monthly("Yearly", price("1000"), id=5, terms={"billing_period": "P1Y"})
    first = changed(held(), held(yearly))
    assert amounts(first) == (
        ["-67.74", "1000.00"],
        ["810.96"],
    )  # until 1 January 2029: 296 of 365 days
    assert first.parts[0].counts_from == MID
    later = changed(
        held(yearly), ended(held(yearly), date(2027, 6, 1)), date(2027, 6, 1), billed={held().id: first.parts}
    )
    [line] = later.parts[0].now.lines
    assert (line.period.end, line.days, line.of) == (date(2028, 3, 11), 284, 366)


def test_another_order_is_credited_and_charged_by_itself() -> None:
    other = replace(billed_on(1), id=UUID(int=101))
    money = changed(held(), held(order=other))
    assert [(part.gave is None, str(part.now.total)) for part in money.parts] == [(False, "-67.74"), (True, "67.74")]


@pytest.mark.parametrize(
    ("method", "amount"), [("actual", "-67.74"), ("actual_30", "-70.00"), ("strict_30_360", "-66.67")]
)
def test_the_order_says_by_which_method_days_are_counted(method: str, amount: str) -> None:
    before = held(order=billed_on(proration=method))
    assert amounts(changed(before, ended(before, MID)))[0] == [amount]


# --- credits ---------------------------------------------------------------------------------------------------------


def test_a_credit_is_never_more_than_was_charged() -> None:
    late, order = date(2027, 3, 21), billed_on(1)
    added = held(order=order, starts_on=late)
    first = changed(None, added, late)
    assert amounts(first)[0] == ["35.48"]
    back = changed(replace(added, starts_on=MARCH), ended(added, MID), MID, billed={added.id: first.parts})
    assert amounts(back)[0] == ["-35.48"]
    assert "less what was given back before" in back.parts[0].now.lines[0].why


def test_fewer_seats_twice_give_back_what_was_paid_for_them() -> None:
    ten, five = held(SEATS, quantity=10), held(SEATS, quantity=5)
    first = changed(ten, five, date(2027, 3, 2))
    then = changed(five, ended(five, date(2027, 3, 3)), date(2027, 3, 3), billed={ten.id: first.parts})
    assert amounts(first)[0] == ["-96.77", "48.39"]
    assert amounts(then)[0] == ["-46.77"]


def test_what_is_taken_back_and_done_again_is_credited_again() -> None:
    first = changed(held(), ended(held(), MID))
    again = changed(ended(held(), MID), held())
    assert amounts(again)[0] == ["67.74"]
    then = changed(held(), ended(held(), MID), billed={held().id: (*first.parts, *again.parts)})
    assert amounts(then)[0] == ["-67.74"]


def test_what_was_billed_counts_only_where_something_billed_moves() -> None:
    assert concerns_billed(Sale(held(), held(GOLD)), on=MID)
    assert not concerns_billed(Sale(held(), held()), on=MID)
    assert not concerns_billed(Sale(None, held()), on=MID)
    assert not concerns_billed(Sale(created(SILVER), held()), on=MID)


# --- what cannot be worked out ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        (held(), held(monthly("Quoted", price(None))), ["new_on_request"]),
        (held(monthly("Quoted", price(None))), held(), ["old_on_request"]),
        (held(), held(monthly("Dollars", price("100", currency="USD"))), ["mixed_currencies"]),
        (held(), held(monthly("For ever", price("5"), terms={"billing_period": "", "duration": ""})), ["no_period"]),
        (None, held(monthly("Hourly", price("5"), terms={"billing_period": "PT1H"})), ["no_period"]),
        (None, held(monthly("All", price("10", per="seat"), rights={"seat_limit": "unlimited"})), ["no_seats"]),
    ],
)
def test_what_is_not_known_is_said(before: State | None, after: State, codes: list[str]) -> None:
    [part] = changed(before, after).parts
    assert [each.code for each in part.problems] == codes
    assert all(each.message.endswith(".") for each in part.problems)


def test_a_price_on_request_that_stays_is_no_matter_of_the_change() -> None:
    quoted = monthly("Quoted", price(None))
    assert changed(held(quoted), held(quoted, overrides={"seat_limit": 9})) is None


def test_a_sum_with_an_unknown_amount_is_not_known() -> None:
    money = changed(held(), held(monthly("Quoted", price(None))))
    assert [each.amount for each in money.due_now] == [None]


# --- taken back, and kept --------------------------------------------------------------------------------------------


def test_taking_back_on_the_day_cancels_exactly_with_what_is_due_once() -> None:
    gold = monthly("Gold", price("150"), FEE, id=2, offering_id=2)
    first = changed(held(), held(gold))
    back = first.taken_back(changed(held(gold), held()))
    assert amounts(first)[0] == ["-67.74", "101.61", "90.00"]
    assert amounts(back) == (["67.74", "-101.61", "-90.00"], ["100.00"])
    assert back.parts[0].title == "Gold → Silver"
    assert back.taken_back(changed(held(), held(gold))).due_now == first.due_now


def test_money_reads_back_from_what_is_kept() -> None:
    money = changed(held(), held(GOLD))
    kept = json.loads(json.dumps(money.to_json()))
    assert Money.read(kept) == replace(money, parts=tuple(map(_without_anchors, money.parts)))
    assert Money.read({**kept, "version": 99}) is None
    assert Money.read(None) is None


def _without_anchors(part: Part) -> Part:
    """Return a part whose periods are as JSON keeps them: two days each."""
    return Part.from_json(part.to_json())


def test_what_a_person_sees_in_short_are_the_sums() -> None:
    assert changed(held(), held(GOLD)).seen == [
        [["now", "2027-03-11", "EUR", "33.87"], ["next", "2027-04-01", "EUR", "150.00"]],
        [],
    ]


def test_yen_have_no_places_and_dinars_three() -> None:
    yen, dinar = (monthly("Silver", price("1000", currency=code)) for code in ("JPY", "BHD"))
    assert amounts(changed(held(yen), ended(held(yen), MID)))[0] == ["-677"]
    assert amounts(changed(held(dinar), ended(held(dinar), MID)))[0] == ["-677.419"]


def test_the_moment_of_activation_is_no_matter() -> None:
    assert changed(held(), held(activated_at=datetime.now(tz=LONG_AGO.tzinfo))) is None


def test_what_is_alike_in_a_batch_is_worked_out_once() -> None:
    memo: DueMemo = {}
    others = [held(id=UUID(int=number)) for number in range(2, 5)]
    found = [due([Sale(each, replace(each, revision=GOLD))], on=MID, memo=memo) for each in (held(), *others)]
    assert len(memo) == 1
    assert [part.gave for money in found for part in money.parts] == [held().id, *(each.id for each in others)]
    assert [amounts(money) for money in found] == [(["-67.74", "101.61"], ["150.00"])] * 4
    late, odd = held(starts_on=date(2027, 1, 5)), held(order=billed_on(5))
    assert amounts(due([Sale(late, replace(late, revision=GOLD))], on=MID, memo=memo))[0] == ["-80.65", "120.97"]
    assert amounts(due([Sale(odd, replace(odd, revision=GOLD))], on=MID, memo=memo))[0] == ["-80.65", "120.97"]


def test_what_was_billed_before_is_not_shared() -> None:
    memo: DueMemo = {}
    gone = changed(held(), ended(held(), MID))
    assert amounts(changed(held(), ended(held(), MID), memo=memo))[0] == ["-67.74"]
    again = changed(held(), ended(held(), MID), memo=memo, billed={held().id: gone.parts})
    assert amounts(again)[0] == ["-32.26"]
