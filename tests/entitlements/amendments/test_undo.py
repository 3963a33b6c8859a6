"""Undo of what an amendment did is an amendment of its own, so that the order tells the whole story."""

from datetime import UTC, date, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from entitlements.bulk.batches import Batches, Log
from entitlements.engine.check import check
from entitlements.engine.scopes import ChangedBy
from entitlements.models import Act, Amendment, Entitlement, Source
from entitlements.operations import Disable, SetOverrides, UndoAct
from entitlements.schedule import apply_due, schedule
from entitlements.schedule.upcoming import amendments_of
from tests.add_ons import offer_add_on
from tests.cast import TODAY, Cast
from tests.entitlements.amendments.test_pages import count_queries, page_of
from tests.entitlements.pages import address, client_of, look_and_confirm, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, change_to, quantity, scheduled

pytestmark = pytest.mark.django_db
LATER = date(2027, 3, 10)


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    return cast.entitle("gold_seats", quantity=10)


@pytest.fixture
def row(cast: Cast, held: Entitlement, clock: time_machine.Traveller) -> Amendment:
    """Return an amendment to 30 that was applied on its day, seen some days later."""
    found = scheduled(cast, quantity(30), held, MARCH, reference="T-1", name="Thirty seats")
    clock.move_to(datetime(2027, 3, 1, 9, tzinfo=UTC))
    assert all(each.is_applied for each in apply_due(MARCH))
    clock.move_to(datetime(2027, 3, 10, 9, tzinfo=UTC))
    found.refresh_from_db()
    return found


@pytest.fixture
def staff(cast: Cast, row: Amendment) -> Client:
    """Return the browser of somebody who has logged in since: a session does not last that long."""
    return client_of(cast.operations)


def undo_url(row: Amendment) -> str:
    return reverse("entitlements:undo_act", args=[row.act_id])


def undo(client: Client, row: Amendment, *, reason: str = "too early") -> Amendment:
    """Undo, or redo, what an amendment did, by the button of its page; return the amendment of that."""
    url = undo_url(row)
    assert f'href="{url}"' in page_of(client, row)
    answer = look_and_confirm(client, url, {"reason": reason, "reference": "U-1"})
    assert answer.status_code == 302, shown(answer)
    return Amendment.objects.get(act__undoes=row.act)


def test_undo_is_an_amendment_that_points_at_the_one_it_takes_back(
    cast: Cast, staff: Client, held: Entitlement, row: Amendment
) -> None:
    found = undo(staff, row)
    assert (found.order, found.number, found.name, found.kind) == (row.order, 2, "Undo of “Thirty seats”", row.kind)
    assert (found.status, found.effective_on, found.effects) == (
        "applied",
        LATER,
        ["Quantity: 30 → 10", "Seats: 30 → 10"],
    )
    assert (found.reason, found.reference, found.requested_by, found.closed_by_name) == (
        "too early",
        "U-1",
        cast.operations,
        "operations",
    )
    assert found.entitlements == [str(held.pk)]
    assert found.act is not None
    assert found.act.undoes.amendment == row
    held.refresh_from_db()
    assert held.quantity == 10
    assert list(check()) == []


def test_redo_is_one_too_and_undo_of_that(staff: Client, held: Entitlement, row: Amendment) -> None:
    undone = undo(staff, row)
    redone = undo(staff, undone)
    again = undo(staff, redone)
    assert [each.name for each in (undone, redone, again)] == [
        "Undo of “Thirty seats”",
        "Redo of “Thirty seats”",
        "Undo of “Thirty seats”",
    ]
    assert [each.number for each in (undone, redone, again)] == [2, 3, 4]
    held.refresh_from_db()
    assert held.quantity == 10


def test_the_pages_of_both_lead_to_each_other(staff: Client, row: Amendment) -> None:
    found = undo(staff, row)
    first, second = page_of(staff, row), page_of(staff, found)
    assert f'<a href="/amendments/{found.pk}/">Undo of “Thirty seats”</a>, 10 Mar 2027' in first
    assert '<span class="chip">undone</span>' in first
    assert undo_url(row) not in first
    assert f'<dt>Undoes</dt> <dd><a href="/amendments/{row.pk}/">Thirty seats</a></dd>' in second
    assert "Redo…" in second


def test_the_order_tells_the_whole_story(staff: Client, row: Amendment) -> None:
    found = undo(staff, row)
    assert [(line.amendment, line.status, line.tone) for line in amendments_of(row.order_id)] == [
        (row, "applied, undone", "quiet"),
        (found, "applied", "ok"),
    ]
    page = " ".join(shown(staff.get(f"/orders/{row.order_id}/")).split())
    assert "Applied, undone" in page
    assert "10 Mar 2027: Undo of “Thirty seats”, applied" in page


def test_undo_on_the_page_of_the_entitlement_is_one_too(staff: Client, held: Entitlement, row: Amendment) -> None:
    answer = look_and_confirm(staff, address("undo", held, row.act_id), {"reason": "too early"})
    assert answer.status_code == 302
    assert Amendment.objects.get(act__undoes=row.act).name == "Undo of “Thirty seats”"


def test_undo_by_command_is_one_too(cast: Cast, row: Amendment) -> None:
    call_command("undo_act", str(row.act_id), reason="too early", yes=True, stdout=StringIO())
    found = Amendment.objects.get(act__undoes=row.act)
    assert (found.name, found.requested_by) == ("Undo of “Thirty seats”", None)
    assert found.requested_by_name == found.closed_by_name == found.act.made_by_name


def test_a_later_change_stands_against_it_and_is_said(
    cast: Cast, staff: Client, held: Entitlement, row: Amendment
) -> None:
    cast.do(quantity(31), [held.pk])
    answer = look_and_confirm(staff, undo_url(row), {"reason": "too early"})
    assert answer.status_code == 422
    assert "This entitlement has been changed since. Undo the later changes first, newest first." in shown(answer)
    assert Amendment.objects.count() == 1


def test_an_earlier_amendment_is_refused_while_a_later_one_stands(
    cast: Cast, staff: Client, held: Entitlement, row: Amendment
) -> None:
    later = scheduled(cast, change_to(cast, "silver_annual"), held, APRIL)
    assert all(each.is_applied for each in apply_due(APRIL))
    later.refresh_from_db()
    assert look_and_confirm(staff, undo_url(row), {"reason": "x"}).status_code == 422
    undo(staff, later)
    undo(staff, row)
    held.refresh_from_db()
    assert (held.quantity, held.offering.sku) == (10, "GOLD-SEATS")


def test_what_is_scheduled_is_shown_with_it(cast: Cast, staff: Client, held: Entitlement, row: Amendment) -> None:
    later = scheduled(cast, quantity(40), held, APRIL)
    undo(staff, row)
    later.refresh_from_db()
    assert later.effects == ["Quantity: 10 → 40", "Seats: 10 → 40"]


def of_three(cast: Cast, clock: time_machine.Traveller) -> Amendment:
    """Return an amendment of three entitlements of one order that was applied."""
    plan = cast.entitle()
    add_ons = [cast.entitle(offer_add_on(cast, name), order=plan.order_id) for name in ("support", "storage")]
    keys = [plan.pk, *(each.pk for each in add_ons)]
    off = Disable(as_of=TODAY)
    found = schedule(off, keys, on=MARCH, made_by=cast.operations, seen=None, reason="as agreed").amendment
    assert found is not None
    clock.move_to(datetime(2027, 3, 1, 9, tzinfo=UTC))
    assert all(each.is_applied for each in apply_due(MARCH))
    found.refresh_from_db()
    return found


def test_undo_in_many_batches_is_one_amendment_that_lists_all(cast: Cast, clock: time_machine.Traveller) -> None:
    row = of_three(cast, clock)
    assert row.act_id is not None
    operation = UndoAct(as_of=MARCH, act_id=row.act_id)
    batches = Batches(operation, ChangedBy(row.act_id), size=1)
    batches.apply(Log(cast.operations, Source.PAGE, "too early"), progress=lambda _tally: None)
    found = Amendment.objects.get(act__undoes=row.act_id)
    assert sorted(found.entitlements) == sorted(row.entitlements)
    assert found.effects[-1] == "3 entitlements in all"
    assert found.number == 2
    assert list(check()) == []
    page = page_of(client_of(cast.operations), found)
    assert all(f"/entitlements/{key}/" in page for key in row.entitlements)
    for fewer in ([], found.entitlements[:2], [*found.entitlements[1:], found.entitlements[0]]):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            Amendment.objects.filter(pk=found.pk).update(entitlements=fewer)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Amendment.objects.filter(pk=found.pk).update(reason="as ever")


def test_undo_past_the_pages_is_found_by_the_check(cast: Cast, row: Amendment, held: Entitlement) -> None:
    assert row.act_id is not None
    undone = cast.do(UndoAct(as_of=LATER, act_id=row.act_id), [held.pk], at=timezone.now(), reason="too early").act
    [found] = check()
    assert undone is not None
    assert (found.subject, found.code, found.recounted) == (
        f"act {undone.pk}",
        "amendment_missing",
        f"undo of {row.pk}",
    )


def test_undo_of_an_act_without_an_amendment_is_none(cast: Cast, staff: Client, held: Entitlement) -> None:
    act = cast.do(SetOverrides(as_of=TODAY, values={"seat_limit": 7}), [held.pk], reason="x").act
    assert act is not None
    assert (
        look_and_confirm(staff, reverse("entitlements:undo_act", args=[act.pk]), {"reason": "too early"}).status_code
        == 302
    )
    assert Act.objects.filter(undoes=act).count() == 1
    assert Amendment.objects.count() == 1


def test_a_name_of_any_length_is_named(
    cast: Cast, staff: Client, row: Amendment, clock: time_machine.Traveller
) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    found = scheduled(cast, quantity(30), held, APRIL, name="n" * 120)
    clock.move_to(datetime(2027, 4, 1, 9, tzinfo=UTC))
    assert all(each.is_applied for each in apply_due(APRIL))
    found.refresh_from_db()
    assert undo(client_of(cast.operations), found).name == f"Undo of “{'n' * 109}…”"


def test_people_who_may_not_undo_are_not_offered_it(cast: Cast, row: Amendment) -> None:
    assert undo_url(row) not in page_of(client_of(cast.people["viewer"]), row)


def test_the_page_asks_as_often_for_a_long_story(staff: Client, row: Amendment) -> None:
    undone = undo(staff, row)
    short = count_queries(staff, f"/orders/{row.order_id}/")
    redone = undo(staff, undone)
    undo(staff, redone)
    assert count_queries(staff, f"/orders/{row.order_id}/") == short
