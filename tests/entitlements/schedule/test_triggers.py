"""Charges start by their triggers: in what is scheduled, as it is applied, in what is kept, and in what is invoiced."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from entitlements import engine
from entitlements.billing.money import Money
from entitlements.invoicing.drafts import draft_of
from entitlements.invoicing.loading import courses_on
from entitlements.invoicing.stored_lines import rows_due
from entitlements.models import Amendment, Change, Entitlement, Order, Source
from entitlements.operations import ChangeOffering, Preview, RemoveProduct, SetQuantity, UndoAct
from entitlements.operations.preview import NO_ENTITLEMENT
from entitlements.schedule import (
    Answer,
    Edited,
    EditedProposal,
    Facts,
    apply_due,
    approve,
    edit,
    edit_proposal,
    fold_order,
    preview_approval,
    preview_edit,
    preview_scheduled,
)
from entitlements.schedule.planned import pending_of
from offerings.models import Charge
from offerings.revisions import publish
from tests.cast import KEEP, TODAY, Cast
from tests.entitlements.pages import client_of, seen_in, shown
from tests.entitlements.schedule.asking import ask, codes, scheduled
from tests.entitlements.schedule.proposing import make_asker, proposed
from tests.entitlements.schedule.test_due import run

pytestmark = pytest.mark.django_db

ON = date(2027, 1, 11)  # 21 of 31 days are left
ACTIVATED, ACCEPTED = date(2027, 1, 21), date(2027, 2, 15)  # 11 of 31 days are left, and 14 of 28
MINUS = "\N{MINUS SIGN}"
FEBRUARY, MARCH = date(2027, 2, 1), date(2027, 3, 1)
DAYS = Facts(service_activation_on=ACTIVATED, customer_acceptance_on=ACCEPTED)


@pytest.fixture
def priced(cast: Cast) -> Cast:
    """Sell Silver at EUR 31 a month; Gold at 62, with a service, hosting that is accepted, and a fee for it."""
    for name, amount in (("silver_annual", "31"), ("gold_annual", "62")):
        offering = cast.offerings[name]
        offering.plan.billing_period = "P1M"
        offering.plan.save()
        Charge.objects.filter(offering=offering).update(key="price", amount=amount)
    gold = cast.offerings["gold_annual"]
    for key, kind, amount, trigger in (
        ("service", "recurring", "93", "service_activation"),
        ("hosting", "recurring", "28", "customer_acceptance"),
        ("fee", "one_time", "90", "customer_acceptance"),
    ):
        Charge.objects.create(offering=gold, key=key, kind=kind, amount=amount, currency="EUR", trigger=trigger)
    publish([cast.offerings["silver_annual"], gold], published_by=None, published_by_name="tests")
    return cast


@pytest.fixture
def held(priced: Cast) -> Entitlement:
    return priced.entitle()


def to_gold(cast: Cast) -> ChangeOffering:
    return ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk, seats=KEEP)


def to_silver(cast: Cast) -> ChangeOffering:
    return ChangeOffering(as_of=TODAY, revision_id=cast.revision("silver_annual").pk, seats=KEEP)


def money_of(answer: Answer) -> Money:
    assert answer.own
    return kept_in(answer.own.previews[0])


def kept_in(preview: Preview) -> Money:
    assert preview.money
    return preview.money


def facts_of(money: Money | None) -> dict[str, list[tuple[str, str, str, str]]]:
    """Return the lines of each occasion: day, side, charge, amount."""
    assert money
    [part] = money.parts
    occasions = {"now": (part.now,), "later": part.later, "next": (part.next,), "coming": part.coming}
    return {
        name: [
            (each.due_on.isoformat(), str(line.side), line.charge, str(line.amount))
            for each in invoices
            for line in each.lines
        ]
        for name, invoices in occasions.items()
    }


EXPECTED = {
    "now": [("2027-01-11", "old", "price", "-21.00"), ("2027-01-11", "new", "price", "42.00")],
    "later": [
        ("2027-01-21", "new", "service", "33.00"),
        ("2027-02-15", "new", "fee", "90.00"),
        ("2027-02-15", "new", "hosting", "14.00"),
    ],
    "next": [("2027-02-01", "new", "price", "62.00"), ("2027-02-01", "new", "service", "93.00")],
    "coming": [],
}


def invoiced(order: Any, on: date, *, since: date | None = None) -> list[tuple[str, str, str]]:
    """Return what would be invoiced on a day: day, charge, amount."""
    Order.objects.filter(pk=order).update(invoiced_through=since)
    courses, unfit = courses_on(order, on)
    assert not unfit
    draft = draft_of(courses, on=on)
    assert not draft.problems
    return [(each.due_on.isoformat(), each.line.charge, str(each.line.amount)) for each in draft.lines]


def applied(cast: Cast, held: Entitlement, clock: time_machine.Traveller, facts: Facts = DAYS) -> Change:
    """Schedule Gold, apply it on its day, and return the change."""
    scheduled(cast, to_gold(cast), held, ON, facts=facts)
    [done] = run(clock, ON)
    return Change.objects.get(act=done.amendment.act)


# --- the preview -----------------------------------------------------------------------------------------------------


def test_what_is_scheduled_says_when_each_charge_starts(priced: Cast, held: Entitlement) -> None:
    assert facts_of(money_of(ask(priced, to_gold(priced), held, ON, facts=DAYS))) == EXPECTED


def test_without_the_days_everything_starts_on_the_contract_day(priced: Cast, held: Entitlement) -> None:
    found = facts_of(money_of(ask(priced, to_gold(priced), held, ON)))
    assert found["now"] == [
        ("2027-01-11", "old", "price", "-21.00"),
        ("2027-01-11", "new", "hosting", "18.97"),
        ("2027-01-11", "new", "price", "42.00"),
        ("2027-01-11", "new", "service", "63.00"),
        ("2027-01-11", "new", "fee", "90.00"),
    ]
    assert (found["later"], found["coming"]) == ([], [])


def test_a_day_before_the_contract_day_is_refused(priced: Cast, held: Entitlement) -> None:
    answer = ask(priced, to_gold(priced), held, ON, facts=Facts(service_activation_on=date(2027, 1, 10)))
    assert codes(answer) == ["before_effective"]
    assert not Amendment.objects.exists()


def test_the_fold_knows_what_waits_for_its_day(priced: Cast, held: Entitlement) -> None:
    scheduled(priced, to_gold(priced), held, ON, facts=DAYS)
    back = ask(priced, to_silver(priced), held, date(2027, 2, 8))
    found = facts_of(money_of(back))
    assert found["now"] == [
        ("2027-02-08", "old", "price", "-46.50"),
        ("2027-02-08", "old", "service", "-69.75"),
        ("2027-02-08", "new", "price", "23.25"),
    ]
    assert found["later"] == [("2027-02-15", "old", "fee", "-90.00"), ("2027-02-15", "old", "hosting", "-14.00")]


def test_orders_with_the_same_change_on_other_days_share_no_money(priced: Cast, held: Entitlement) -> None:
    other = priced.entitle()
    scheduled(priced, to_gold(priced), held, ON, facts=DAYS)
    scheduled(priced, to_gold(priced), other, FEBRUARY)
    order_of = {each.pk: each.order_id for each in (held, other)}
    pending = pending_of(order_of.values())
    folded = fold_order(held.order_id, pending[held.order_id])
    assert facts_of(kept_in(folded[0].previews[0])) == EXPECTED
    [alone] = fold_order(other.order_id, pending[other.order_id])
    assert facts_of(kept_in(alone.previews[0]))["next"][0] == ("2027-02-01", "new", "hosting", "28.00")


def test_an_edit_of_a_day_shows_and_keeps_another_start(priced: Cast, held: Entitlement) -> None:
    row = scheduled(priced, to_gold(priced), held, ON, facts=DAYS)
    later = Facts(service_activation_on=FEBRUARY, customer_acceptance_on=ACCEPTED)
    edited = Edited(ON, row.name, later, reason=row.reason)
    seen = preview_edit(row, edited, made_by=priced.operations)
    assert facts_of(money_of(seen))["later"] == EXPECTED["later"][1:]
    assert seen.fingerprint != preview_edit(row, Edited(ON, row.name, DAYS, reason=row.reason)).fingerprint
    assert edit(row, edited, made_by=priced.operations, seen=seen.fingerprint).amendment
    assert edit(row, edited, made_by=priced.operations, seen="another").is_stale


# --- applied ---------------------------------------------------------------------------------------------------------


def test_it_is_applied_and_kept_as_it_was_seen(priced: Cast, held: Entitlement, clock: time_machine.Traveller) -> None:
    change = applied(priced, held, clock)
    assert facts_of(Money.read(change.money)) == EXPECTED
    page = shown(client_of(priced.operations).get(Amendment.objects.get().get_absolute_url()))
    assert "When charges start (21 Jan 2027)" in page
    assert "It is charged from customer acceptance." in page


def test_a_late_run_starts_charges_on_the_same_days(
    priced: Cast, held: Entitlement, clock: time_machine.Traveller
) -> None:
    scheduled(priced, to_gold(priced), held, ON, facts=DAYS)
    [done] = run(clock, date(2027, 2, 20))
    assert facts_of(Money.read(Change.objects.get(act=done.amendment.act).money)) == EXPECTED


def test_an_undo_on_the_day_cancels_exactly(priced: Cast, held: Entitlement, clock: time_machine.Traveller) -> None:
    change = applied(priced, held, clock)
    undo = UndoAct(as_of=ON, act_id=change.act_id)
    result = engine.apply(undo, [held.pk], made_by=priced.operations, source=Source.PAGE)
    assert result.act
    amounts: dict[tuple[date, str], Any] = {}
    for row in rows_due(ON, date(2027, 12, 31), order=held.order_id):
        amounts[row[0], row[5]] = amounts.get((row[0], row[5]), 0) + row[13]
    assert set(amounts) == {(ON, "Price"), (ACTIVATED, "Service"), (ACCEPTED, "Hosting"), (ACCEPTED, "Fee")}
    assert set(map(float, amounts.values())) == {0.0}


def test_an_undo_on_a_later_day_takes_back_what_has_not_started_and_a_redo_brings_it(
    priced: Cast, held: Entitlement, clock: time_machine.Traveller
) -> None:
    change = applied(priced, held, clock)
    clock.move_to(date(2027, 2, 8))
    undone = engine.apply(
        UndoAct(as_of=date(2027, 2, 8), act_id=change.act_id), [held.pk], made_by=priced.operations, source=Source.PAGE
    )
    assert undone.act
    taken_back = [("2027-02-15", "old", "fee", "-90.00"), ("2027-02-15", "old", "hosting", "-14.00")]
    assert facts_of(kept_in(undone.outcomes[0].preview))["later"] == taken_back
    clock.move_to(date(2027, 2, 9))
    redone = engine.apply(
        UndoAct(as_of=date(2027, 2, 9), act_id=undone.act.pk), [held.pk], made_by=priced.operations, source=Source.PAGE
    )
    again = [("2027-02-15", "new", "fee", "90.00"), ("2027-02-15", "new", "hosting", "14.00")]
    assert facts_of(kept_in(redone.outcomes[0].preview))["later"] == again


def test_a_change_made_now_lets_what_waits_wait(priced: Cast, held: Entitlement, clock: time_machine.Traveller) -> None:
    applied(priced, held, clock)
    clock.move_to(date(2027, 1, 16))
    [removal] = engine.preview(RemoveProduct(as_of=date(2027, 1, 16)), [held.pk])
    found = facts_of(removal.money)
    assert found["now"] == [("2027-01-16", "old", "price", "-32.00")]
    assert [(day, charge, amount) for day, _side, charge, amount in found["later"]] == [
        ("2027-01-21", "service", "-33.00"),
        ("2027-02-15", "fee", "-90.00"),
        ("2027-02-15", "hosting", "-14.00"),
    ]


def test_a_removal_of_what_is_due_once_takes_it_back_before_it_starts(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    """Nothing recurs, so that the removal makes nothing else due: not now, and not at the next invoice."""
    gold = cast.offerings["gold_annual"]
    Charge.objects.filter(offering=gold).delete()
    fee = {"key": "fee", "kind": "one_time", "amount": "90", "currency": "EUR", "trigger": "customer_acceptance"}
    Charge.objects.create(offering=gold, **fee)
    publish([gold], published_by=None, published_by_name="tests")
    held = cast.entitle()
    applied(cast, held, clock)
    removal = RemoveProduct(as_of=FEBRUARY)
    planned = scheduled(cast, removal, held, FEBRUARY)
    assert planned.money
    assert planned.money["words"] == f"nothing on 1 Feb 2027, {MINUS}EUR 90.00 when charges start (15 Feb 2027)"
    clock.move_to(FEBRUARY)
    [preview] = engine.preview(removal, [held.pk])
    assert facts_of(preview.money)["later"] == [("2027-02-15", "old", "fee", "-90.00")]


# --- what is invoiced ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_applied", [False, True], ids=["scheduled", "applied"])
def test_what_would_be_invoiced_has_each_charge_from_its_day(
    priced: Cast, held: Entitlement, clock: time_machine.Traveller, is_applied: bool
) -> None:
    scheduled(priced, to_gold(priced), held, ON, facts=DAYS)
    if is_applied:
        run(clock, ON)
    since = date(2027, 1, 15)
    assert invoiced(held.order_id, date(2027, 1, 20), since=since) == []
    assert invoiced(held.order_id, ACTIVATED, since=since) == []  # that is a line of the change
    assert invoiced(held.order_id, FEBRUARY, since=date(2027, 1, 22)) == [
        ("2027-02-01", "price", "62.00"),
        ("2027-02-01", "service", "93.00"),
    ]
    assert invoiced(held.order_id, date(2027, 2, 28), since=date(2027, 2, 2)) == []  # the term ends with February


def test_the_file_has_the_lines_on_the_days_on_which_charges_start(
    priced: Cast, held: Entitlement, clock: time_machine.Traveller
) -> None:
    applied(priced, held, clock)
    rows = [(row[0], row[5], str(row[13])) for row in rows_due(date(2027, 2, 10), MARCH, order=held.order_id)]
    assert rows == [(ACCEPTED, "Fee", "90.00"), (ACCEPTED, "Hosting", "14.00")]


# --- the dialog ------------------------------------------------------------------------------------------------------


def test_the_dialog_asks_for_the_days_and_shows_when_charges_start(
    priced: Cast, held: Entitlement, settings: Any
) -> None:
    settings.AMENDMENT_DATES = frozenset({"service_activation", "customer_acceptance"})
    staff: Client = client_of(priced.operations)
    url = reverse("entitlements:change_offering", args=[held.pk])
    data = {
        "target": priced.revision("gold_annual").pk,
        "when": "day",
        "effective_on": "2027-01-11",
        "service_activation_on": "2027-01-21",
        "customer_acceptance_on": "2027-02-15",
        "reason": "agreed",
    }
    page = staff.post(url, {**data, "preview": "1"})
    assert "When charges start (15 Feb 2027)" in shown(page)
    assert "EUR 104.00" in shown(page)
    other = {**data, "customer_acceptance_on": "2027-02-22"}
    assert staff.post(url, {**other, "seen": seen_in(page)}).status_code == 409
    assert staff.post(url, {**data, "seen": seen_in(page)}).status_code == 302
    assert Amendment.objects.get().customer_acceptance_on == ACCEPTED


def test_a_quantity_is_charged_anew_from_its_trigger(priced: Cast, clock: time_machine.Traveller) -> None:
    seats = priced.offerings["gold_seats"]
    seats.plan.billing_period = "P1M"
    seats.plan.save()
    Charge.objects.filter(offering=seats).update(amount="31", per="seat", trigger="service_activation")
    publish([seats], published_by=None, published_by_name="tests")
    sold = priced.entitle("gold_seats", quantity=2)
    asked = SetQuantity(as_of=TODAY, quantity=3)
    scheduled(priced, asked, sold, ON, facts=Facts(service_activation_on=ACTIVATED))
    [done] = apply_due(ON)
    found = facts_of(Money.read(Change.objects.get(act=done.amendment.act).money))
    assert [each[-1] for each in found["now"]] == ["-42.00"]
    assert [each[-1] for each in found["later"]] == ["33.00"]


# --- proposals -------------------------------------------------------------------------------------------------------


def test_a_proposal_is_seen_and_kept_with_the_days_on_which_charges_start(priced: Cast, held: Entitlement) -> None:
    asker = make_asker()
    answer = preview_scheduled(to_gold(priced), [held.pk], on=ON, made_by=asker, facts=DAYS)
    seen = {NO_ENTITLEMENT: answer.fingerprint}
    row = proposed(to_gold(priced), held, by=asker, on=ON, facts=DAYS, seen=seen)
    assert row.money
    assert row.money["seen"] == [money_of(answer).seen]
    agreed = approve(row, made_by=priced.operations, seen=None)
    assert facts_of(money_of(agreed)) == EXPECTED


def test_what_is_agreed_to_at_once_starts_its_charges_on_their_days(
    priced: Cast, held: Entitlement, clock: time_machine.Traveller
) -> None:
    asker = make_asker()
    row = proposed(to_gold(priced), held, by=asker)
    clock.move_to(f"{ON}T12:00:00Z")
    now = EditedProposal.of(row).on(None)
    changed = replace(now, words=replace(now.words, facts=DAYS))
    assert edit_proposal(row, changed, made_by=asker, seen=None).amendment
    row.refresh_from_db()
    answer = approve(row, made_by=priced.operations, seen=preview_approval(row).fingerprint)
    assert answer.amendment, answer.problems
    assert facts_of(Money.read(Change.objects.get(act=answer.amendment.act).money)) == EXPECTED
