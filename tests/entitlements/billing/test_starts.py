"""Charges that start with service activation or customer acceptance: every line, its day and its amount."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from entitlements.billing.due import Sale, due
from entitlements.billing.lines import Invoice
from entitlements.billing.money import Money, Part
from entitlements.billing.starts import Starts
from entitlements.history.money import due_line
from entitlements.state import State
from tests.entitlements.billing.test_due import APRIL, MARCH, MAY, MID, billed_on, ended, held, monthly, price
from tests.entitlements.values import OTHER_KEY, per_seat

ACTIVATION, ACCEPTANCE = "service_activation", "customer_acceptance"
ACTIVATED, ACCEPTED = date(2027, 3, 21), date(2027, 4, 11)  # 11 of 31 days are left, and 20 of 30
JUNE = date(2027, 6, 1)
BOTH: Mapping[str, date] = {ACTIVATION: ACTIVATED, ACCEPTANCE: ACCEPTED}
SERVICE = price("62", key="service", trigger=ACTIVATION)
FEE = price("90", key="fee", kind="one_time", trigger=ACCEPTANCE)
HOSTING = price("30", key="hosting", trigger=ACCEPTANCE)
PLAIN = monthly("Silver", price("100"))
WITH_SERVICE = monthly("Gold", price("100"), SERVICE, id=2, offering_id=2)
WITH_HOSTING = monthly("Gold", price("100"), HOSTING, id=3, offering_id=3)
WITH_BOTH = monthly("Gold", price("150"), SERVICE, HOSTING, FEE, id=4, offering_id=4)


def changed(
    before: State | None,
    after: State | None,
    on: date = MID,
    *,
    triggers: Mapping[str, date] = BOTH,
    back: Mapping[UUID, Mapping[str, date]] | None = None,
    earlier: tuple[Part, ...] = (),
) -> Money | None:
    """Return what a change makes due; ``earlier`` is what changes before made due."""
    billed = {key: earlier for part in earlier for key in (part.gave, part.got) if key}
    return due([Sale(before, after)], on=on, billed=billed, starts=Starts(triggers, back or {}))


def lines(invoice: Invoice) -> list[tuple[str, str, int, int, str]]:
    return [(str(each.side), each.charge, each.days, each.of, str(each.amount)) for each in invoice.lines]


def days_of(invoices: tuple[Invoice, ...]) -> list[tuple[date, list[tuple[str, str, int, int, str]]]]:
    return [(each.due_on, lines(each)) for each in invoices]


def only(money: Money | None) -> Part:
    assert money is not None
    [part] = money.parts
    return part


# --- textbook cases --------------------------------------------------------------------------------------------------


def test_a_charge_with_activation_within_the_period_is_due_then_for_the_days_that_are_left() -> None:
    part = only(changed(held(PLAIN), held(WITH_SERVICE)))
    assert lines(part.now) == []
    assert days_of(part.later) == [(ACTIVATED, [("new", "service", 11, 31, "22.00")])]
    assert lines(part.next) == [("new", "price", 30, 30, "100.00"), ("new", "service", 30, 30, "62.00")]
    assert part.later[0].lines[0].why == (
        "Charged for 11 of 31 days, from 21 Mar 2027 until 1 Apr 2027. It is charged from service activation."
    )
    assert (part.waits, part.coming) == ({"service": ACTIVATED}, ())


def test_a_charge_with_acceptance_in_the_next_period_is_due_then_and_no_part_of_the_next_invoice() -> None:
    part = only(changed(held(PLAIN), held(WITH_HOSTING)))
    assert lines(part.now) == []
    assert (part.next.due_on, lines(part.next)) == (APRIL, [("new", "price", 30, 30, "100.00")])
    assert days_of(part.later) == [(ACCEPTED, [("new", "hosting", 20, 30, "20.00")])]


def test_both_triggers_in_one_product_start_each_on_its_day_with_what_is_due_once() -> None:
    part = only(changed(held(PLAIN), held(WITH_BOTH)))
    assert lines(part.now) == [("old", "price", 21, 31, "-67.74"), ("new", "price", 21, 31, "101.61")]
    assert days_of(part.later) == [
        (ACTIVATED, [("new", "service", 11, 31, "22.00")]),
        (ACCEPTED, [("new", "hosting", 20, 30, "20.00"), ("new", "fee", 1, 1, "90.00")]),
    ]
    assert lines(part.next) == [("new", "price", 30, 30, "150.00"), ("new", "service", 30, 30, "62.00")]
    assert part.waits == {"service": ACTIVATED, "hosting": ACCEPTED, "fee": ACCEPTED}


def test_a_product_that_is_added_charges_at_once_only_what_starts_at_once() -> None:
    added = held(WITH_BOTH, order=billed_on(1), starts_on=MID)
    part = only(changed(None, added))
    assert lines(part.now) == [("new", "price", 21, 31, "101.61")]
    assert days_of(part.later) == [
        (ACTIVATED, [("new", "service", 11, 31, "22.00")]),
        (ACCEPTED, [("new", "hosting", 20, 30, "20.00"), ("new", "fee", 1, 1, "90.00")]),
    ]
    assert lines(part.next) == [("new", "price", 30, 30, "150.00"), ("new", "service", 30, 30, "62.00")]


def test_acceptance_on_the_first_day_of_the_next_period_is_part_of_its_invoice() -> None:
    part = only(changed(held(PLAIN), held(WITH_HOSTING), triggers={ACCEPTANCE: APRIL}))
    assert (lines(part.now), part.later, part.coming) == ([], (), ())
    assert lines(part.next) == [("new", "price", 30, 30, "100.00"), ("new", "hosting", 30, 30, "30.00")]


def test_acceptance_on_the_first_day_of_a_later_period_comes_with_the_invoice_of_that_period() -> None:
    part = only(changed(held(PLAIN), held(WITH_HOSTING), triggers={ACCEPTANCE: MAY}))
    assert lines(part.next) == [("new", "price", 30, 30, "100.00")]
    assert (part.later, days_of(part.coming)) == ((), [(MAY, [("new", "hosting", 31, 31, "30.00")])])


def test_the_old_price_ends_on_the_contract_day_and_the_new_one_starts_with_its_trigger() -> None:
    dearer = monthly("Gold", price("100"), price("93", key="service", trigger=ACTIVATION), id=5, offering_id=5)
    part = only(changed(held(WITH_SERVICE), held(dearer)))
    assert lines(part.now) == [("old", "service", 21, 31, "-42.00")]
    assert days_of(part.later) == [(ACTIVATED, [("new", "service", 11, 31, "33.00")])]


def test_seats_more_of_a_charge_with_a_trigger_are_a_new_charge() -> None:
    seats = per_seat(
        prices=(price("31", per="seat", trigger=ACTIVATION),), terms={"duration": "P1Y", "billing_period": "P1M"}
    )
    part = only(changed(held(seats, quantity=2), held(seats, quantity=3)))
    assert lines(part.now) == [("old", "price", 21, 31, "-42.00")]
    assert days_of(part.later) == [(ACTIVATED, [("new", "price", 11, 31, "33.00")])]


def test_without_proration_a_charge_starts_with_the_period_after_its_trigger() -> None:
    order = billed_on(proration="off")
    part = only(changed(held(PLAIN, order=order), held(WITH_BOTH, order=order)))
    assert lines(part.now) == []
    assert days_of(part.later) == [(ACCEPTED, [("new", "fee", 1, 1, "90.00")])]
    assert lines(part.next) == [("new", "price", 30, 30, "150.00"), ("new", "service", 30, 30, "62.00")]


def test_another_length_of_periods_counts_from_the_contract_day_for_what_starts_later_too() -> None:
    yearly = monthly(
        "Yearly", price("1000"), price("365", key="service", trigger=ACTIVATION), id=6, terms={"billing_period": "P1Y"}
    )
    part = only(changed(held(PLAIN), held(yearly)))
    assert lines(part.now) == [("old", "price", 21, 31, "-67.74"), ("new", "price", 366, 366, "1000.00")]
    assert days_of(part.later) == [(ACTIVATED, [("new", "service", 356, 366, "355.03")])]
    assert part.counts_from == MID


def test_a_trigger_whose_day_is_not_known_starts_its_charge_on_the_contract_day() -> None:
    part = only(changed(held(PLAIN), held(WITH_BOTH), triggers={ACTIVATION: ACTIVATED}))
    assert lines(part.now) == [
        ("old", "price", 21, 31, "-67.74"),
        ("new", "price", 21, 31, "101.61"),
        ("new", "hosting", 21, 31, "20.32"),
        ("new", "fee", 1, 1, "90.00"),
    ]
    assert part.waits == {"service": ACTIVATED}


def test_a_trigger_on_the_contract_day_changes_nothing() -> None:
    same = changed(held(PLAIN), held(WITH_BOTH), triggers={ACTIVATION: MID, ACCEPTANCE: MID})
    assert same == changed(held(PLAIN), held(WITH_BOTH), triggers={})


def test_what_never_starts_within_the_term_is_not_charged() -> None:
    part = only(changed(held(PLAIN, standard_expires_on=APRIL), held(WITH_BOTH, standard_expires_on=APRIL)))
    assert days_of(part.later) == [(ACTIVATED, [("new", "service", 11, 31, "22.00")])]
    assert lines(part.next) == []


def test_a_price_on_request_that_starts_later_is_a_problem_of_its_day() -> None:
    quoted = monthly("Gold", price("100"), price(None, key="service", trigger=ACTIVATION), id=7)
    part = only(changed(held(PLAIN), held(quoted)))
    assert part.now.problems == ()
    assert [(each.due_on, each.total, [p.code for p in each.problems]) for each in part.later] == [
        (ACTIVATED, None, ["new_on_request"])
    ]


def test_the_short_line_has_the_days_on_which_charges_start() -> None:
    assert due_line([changed(held(PLAIN), held(WITH_SERVICE))], on=MID) == (
        "Due on 11 Mar 2027 nothing, EUR 22.00 on 21 Mar 2027, next invoice EUR 162.00"
    )


# --- changes while a charge waits ------------------------------------------------------------------------------------


def test_a_removal_before_the_start_takes_the_line_back_on_the_same_day() -> None:
    first = only(changed(held(PLAIN), held(WITH_BOTH)))
    day = date(2027, 3, 16)
    gone = only(changed(held(WITH_BOTH), ended(held(WITH_BOTH), day), day, earlier=(first,)))
    assert lines(gone.now) == [("old", "price", 16, 31, "-77.42")]
    assert days_of(gone.later) == [
        (ACTIVATED, [("old", "service", 11, 31, "-22.00")]),
        (ACCEPTED, [("old", "hosting", 20, 30, "-20.00"), ("old", "fee", 1, 1, "-90.00")]),
    ]
    assert gone.later[0].lines[0].why == (
        "Not charged after all: it would have started on 21 Mar 2027, and ends before."
    )
    assert sum(line.amount for part in (first, gone) for each in part.later for line in each.lines) == 0


def test_a_charge_that_waits_keeps_its_day_through_a_later_change_of_something_else() -> None:
    first = only(changed(held(PLAIN), held(WITH_SERVICE)))
    dearer = monthly("Gold", price("131"), SERVICE, id=8, offering_id=8)
    then = only(changed(held(WITH_SERVICE), held(dearer), date(2027, 3, 16), triggers={}, earlier=(first,)))
    assert lines(then.now) == [("old", "price", 16, 31, "-51.61"), ("new", "price", 16, 31, "67.61")]
    assert (then.later, then.waits) == ((), {"service": ACTIVATED})


def test_a_charge_that_waits_keeps_its_day_at_another_price() -> None:
    first = only(changed(held(PLAIN), held(WITH_SERVICE)))
    before, after = held(WITH_SERVICE), held(WITH_SERVICE, overrides={"charge.service.price": "31"})
    then = only(changed(before, after, date(2027, 3, 16), triggers={}, earlier=(first,)))
    assert lines(then.now) == []
    assert days_of(then.later) == [
        (ACTIVATED, [("old", "service", 11, 31, "-22.00"), ("new", "service", 11, 31, "11.00")])
    ]


def test_another_amendment_says_another_day() -> None:
    first = only(changed(held(PLAIN), held(WITH_SERVICE)))
    before, after = held(WITH_SERVICE), held(WITH_SERVICE, overrides={"charge.service.price": "31"})
    then = only(changed(before, after, date(2027, 3, 16), triggers={ACTIVATION: date(2027, 3, 31)}, earlier=(first,)))
    assert days_of(then.later) == [
        (ACTIVATED, [("old", "service", 11, 31, "-22.00")]),
        (date(2027, 3, 31), [("new", "service", 1, 31, "1.00")]),
    ]


def test_after_its_start_no_more_is_given_back_than_was_charged_from_that_day() -> None:
    first = only(changed(held(PLAIN), held(WITH_SERVICE)))
    gone = only(changed(held(WITH_SERVICE), held(PLAIN), ACTIVATED, triggers={}, earlier=(first,)))
    assert lines(gone.now) == [("old", "service", 11, 31, "-22.00")]
    later = only(changed(held(WITH_SERVICE), held(PLAIN), date(2027, 3, 31), triggers={}, earlier=(first,)))
    assert lines(later.now) == [("old", "service", 1, 31, "-2.00")]
    whole = only(changed(held(WITH_SERVICE), held(PLAIN), date(2027, 4, 16), triggers={}, earlier=(first,)))
    assert lines(whole.now) == [("old", "service", 15, 30, "-31.00")]


def test_what_moves_to_another_order_waits_there_and_is_taken_back_here() -> None:
    first = only(changed(held(PLAIN), held(WITH_SERVICE)))
    other = replace(billed_on(1), id=UUID(int=101))
    money = changed(
        held(WITH_SERVICE), held(WITH_SERVICE, order=other), date(2027, 3, 16), triggers={}, earlier=(first,)
    )
    assert money is not None
    here, there = money.parts
    assert days_of(here.later) == [(ACTIVATED, [("old", "service", 11, 31, "-22.00")])]
    assert days_of(there.later) == [(ACTIVATED, [("new", "service", 11, 31, "22.00")])]
    assert lines(there.now) == [("new", "price", 16, 31, "51.61")]


def test_what_takes_the_place_of_another_takes_over_what_waits() -> None:
    first = only(changed(held(PLAIN), held(WITH_SERVICE)))
    new = held(monthly("Gold", price("100"), SERVICE, id=9, offering_id=9), id=OTHER_KEY)
    then = changed(held(WITH_SERVICE), new, date(2027, 3, 16), triggers={}, earlier=(first,))
    part = only(then)
    assert (part.waits, lines(part.now)) == ({"service": ACTIVATED}, [])
    assert days_of(part.later) == [
        (ACTIVATED, [("old", "service", 11, 31, "-22.00"), ("new", "service", 11, 31, "22.00")])
    ]


def test_a_term_that_is_renewed_before_its_end_brings_what_would_not_have_started() -> None:
    """The charge starts after the term ended, so that nothing was due for it before the renewal."""
    ends, longer = {"standard_expires_on": date(2027, 4, 5)}, {"standard_expires_on": date(2028, 4, 5)}
    first = only(changed(held(PLAIN, **ends), held(WITH_HOSTING, **ends)))
    assert (first.later, first.waits) == ((), {"hosting": ACCEPTED})
    then = only(changed(held(WITH_HOSTING, **ends), held(WITH_HOSTING, **longer), APRIL, triggers={}, earlier=(first,)))
    assert days_of(then.later) == [(ACCEPTED, [("new", "hosting", 20, 30, "20.00")])]


def test_a_term_that_ends_earlier_takes_back_what_would_have_started() -> None:
    first = only(changed(held(PLAIN), held(WITH_BOTH)))
    sooner = held(WITH_BOTH, standard_expires_on=date(2027, 4, 2))
    then = only(changed(held(WITH_BOTH), sooner, date(2027, 3, 16), triggers={}, earlier=(first,)))
    assert days_of(then.later) == [
        (ACCEPTED, [("old", "hosting", 20, 30, "-20.00"), ("old", "fee", 1, 1, "-90.00")]),
    ]


def test_a_term_that_ends_within_the_period_of_the_start_cuts_what_starts() -> None:
    first = only(changed(held(PLAIN), held(WITH_HOSTING)))
    sooner = held(WITH_HOSTING, standard_expires_on=date(2027, 4, 14))
    then = only(changed(held(WITH_HOSTING), sooner, date(2027, 3, 16), triggers={}, earlier=(first,)))
    assert days_of(then.later) == [
        (ACCEPTED, [("old", "hosting", 20, 30, "-20.00"), ("new", "hosting", 3, 30, "3.00")])
    ]


# --- undo ------------------------------------------------------------------------------------------------------------


def test_undo_on_the_day_cancels_exactly() -> None:
    first = changed(held(PLAIN), held(WITH_BOTH))
    assert first is not None
    back = changed(held(WITH_BOTH), held(PLAIN), triggers={}, back={held().id: {}}, earlier=first.parts)
    undone = first.taken_back(back)
    assert undone is not None
    totals = [sum(line.amount for each in (part.now, *part.later) for line in each.lines) for part in first.parts]
    assert [str(each) for each in totals] == ["165.87"]
    assert [sum(line.amount for each in (p.now, *p.later) for line in each.lines) for p in undone.parts] == [-totals[0]]
    assert [each.due_on for each in undone.parts[0].later] == [ACTIVATED, ACCEPTED]
    assert undone.parts[0].waits == {}


def test_undo_on_a_later_day_takes_back_what_has_not_started() -> None:
    first = changed(held(PLAIN), held(WITH_BOTH))
    assert first is not None
    undone = only(changed(held(WITH_BOTH), held(PLAIN), date(2027, 4, 6), triggers={}, earlier=first.parts))
    assert lines(undone.now) == [
        ("old", "price", 25, 30, "-125.00"),
        ("old", "service", 25, 30, "-51.67"),
        ("new", "price", 25, 30, "83.33"),
    ]
    assert days_of(undone.later) == [(ACCEPTED, [("old", "hosting", 20, 30, "-20.00"), ("old", "fee", 1, 1, "-90.00")])]


def test_undo_of_a_change_lets_what_it_ended_wait_again() -> None:
    first = only(changed(held(PLAIN), held(WITH_SERVICE)))
    second = only(changed(held(WITH_SERVICE), held(PLAIN), date(2027, 3, 14), triggers={}, earlier=(first,)))
    assert second.waited == {"service": ACTIVATED}
    third = only(
        changed(
            held(PLAIN),
            held(WITH_SERVICE),
            date(2027, 3, 16),
            triggers={},
            back={held().id: second.waited},
            earlier=(first, second),
        )
    )
    assert days_of(third.later) == [(ACTIVATED, [("new", "service", 11, 31, "22.00")])]
    assert third.waits == {"service": ACTIVATED}
    gone = only(
        changed(held(WITH_SERVICE), held(PLAIN), date(2027, 3, 17), triggers={}, earlier=(first, second, third))
    )
    assert days_of(gone.later) == [(ACTIVATED, [("old", "service", 11, 31, "-22.00")])]


# --- kept and seen ---------------------------------------------------------------------------------------------------


def test_what_starts_later_reads_back_from_what_is_kept() -> None:
    money = changed(held(PLAIN), held(WITH_BOTH), triggers={ACTIVATION: ACTIVATED, ACCEPTANCE: JUNE})
    assert money is not None
    kept: dict[str, Any] = json.loads(json.dumps(money.to_json()))
    read = Money.read(kept)
    assert read is not None
    assert read.to_json() == money.to_json()
    assert read.parts[0].waits == money.parts[0].waits
    assert set(kept["parts"][0]) >= {"later", "coming", "waits"}
    plain = changed(held(PLAIN), held(WITH_BOTH), triggers={})
    assert plain is not None
    assert not {"later", "coming", "waits", "waited"} & set(plain.to_json()["parts"][0])


def test_another_day_of_a_trigger_is_seen() -> None:
    money = changed(held(PLAIN), held(WITH_SERVICE))
    later = changed(held(PLAIN), held(WITH_SERVICE), triggers={ACTIVATION: date(2027, 3, 22)})
    assert money is not None
    assert later is not None
    assert money.seen == [
        [["later", "2027-03-21", "EUR", "22.00"], ["next", "2027-04-01", "EUR", "162.00"]],
        [],
    ]
    assert later.seen != money.seen


def test_a_batch_shares_nothing_between_days_or_triggers() -> None:
    memo: dict[tuple[Any, ...], Part | None] = {}
    sale = [Sale(held(PLAIN), held(WITH_SERVICE))]
    found = [
        due(sale, on=day, memo=memo, starts=Starts({ACTIVATION: activated}))
        for day, activated in ((MID, ACTIVATED), (MID, MID), (MARCH, ACTIVATED), (APRIL, ACTIVATED))
    ]
    assert len(memo) == 4
    assert [str(each.parts[0].later[0].total) if each and each.parts[0].later else "" for each in found] == [
        "22.00",
        "",
        "22.00",
        "",
    ]
