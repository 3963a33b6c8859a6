"""Amendments are scheduled, moved and cancelled with what that does to the others of their order."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements.models import Act, Amendment, AmendmentKind, AmendmentStatus, Entitlement, new_id
from entitlements.models.amendments import PENDING
from entitlements.operations import ChangeOffering, Renew, TermChoice, TermMode
from entitlements.schedule import apply_due, cancel, move, preview_scheduled, schedule
from entitlements.schedule.answers import Verdict
from entitlements.schedule.planned import planned_of
from entitlements.schedule.scheduling import preview_cancel, preview_move
from tests.cast import TODAY, Cast
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, ask, change_to, codes, override, quantity, scheduled

pytestmark = pytest.mark.django_db


def test_what_is_scheduled_changes_nothing_before_its_day(cast: Cast) -> None:
    held = cast.entitle("gold_annual", seats=8)
    row = scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    held.refresh_from_db()
    assert (held.offering.sku, held.seats_used, held.version) == ("GOLD-ANNUAL", 8, 1)
    assert not Act.objects.exclude(operation="create_entitlement").exists()
    assert (row.order, row.number, row.status, row.effective_on) == (held.order, 1, "scheduled", MARCH)
    assert (row.name, row.kind) == ("Silver annual", AmendmentKind.UPDATE_PRODUCT)
    assert row.effects[0] == "Gold annual, revision 1 → Silver annual, revision 1"
    assert "3 seats released" in row.effects
    assert row.operation["as_of"] == "2027-03-01"
    assert (row.requested_by, row.requested_by_name) == (cast.operations, "operations")
    [line] = LogEntry.objects.all()
    assert line.change_message == "Scheduled “Silver annual” for 1 Mar 2027."


def test_the_preview_is_that_of_the_day_after_all_before_it(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    scheduled(cast, quantity(30), held, MARCH)
    later = scheduled(cast, quantity(40), held, APRIL)
    assert any("30 → 40" in line for line in later.effects)
    between = preview_scheduled(quantity(35), [held.pk], on=MARCH + timedelta(days=9), made_by=cast.operations)
    assert [effect.before for effect in between.own.previews[0].lead.effects if effect.right.key == "quantity"] == [30]
    assert [each.verdict for each in between.later] == [Verdict.FITS, Verdict.CHANGES]
    assert Amendment.objects.count() == 2


def test_what_changes_along_is_kept_as_the_person_saw_it(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    later = scheduled(cast, quantity(40), held, APRIL)
    scheduled(cast, quantity(30), held, MARCH)
    later.refresh_from_db()
    assert any("30 → 40" in line for line in later.effects)
    [alone] = list(preview_cancel(Amendment.objects.get(number=2)).later)
    assert alone.verdict is Verdict.CHANGES


def test_what_would_no_longer_fit_must_be_cancelled_in_the_same_step(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    later = scheduled(cast, quantity(40), held, APRIL)
    refused = ask(cast, change_to(cast, "silver_annual"), held, MARCH)
    assert codes(refused) == ["later_no_longer_fits"]
    assert "1 Apr 2027, would no longer fit" in refused.problems[0].message
    assert Amendment.objects.count() == 1
    scheduled(cast, change_to(cast, "silver_annual"), held, MARCH, cancels=[later.pk])
    later.refresh_from_db()
    assert (later.status, later.closed_by_name) == ("cancelled", "operations")
    assert "“Silver annual” was scheduled for 1 Mar 2027." in later.closed_reason


def test_a_removed_entitlement_is_gone_for_what_comes_later(cast: Cast) -> None:
    held = cast.entitle("gold_annual")
    new = replace(change_to(cast, "silver_annual"), term=TermChoice(TermMode.CREATE_NEW))
    scheduled(cast, new, held, MARCH)
    assert codes(ask(cast, override(seat_limit=9), held, APRIL)) == ["ended"]


@pytest.mark.parametrize(
    ("on", "code"), [(TODAY, "not_later"), (TODAY - timedelta(days=1), "not_later"), (date(3001, 1, 1), "too_late")]
)
def test_a_day_that_cannot_be_scheduled_is_refused(cast: Cast, on: date, code: str) -> None:
    held = cast.entitle("gold_annual")
    answer = ask(cast, change_to(cast, "silver_annual"), held, on)
    assert code in codes(answer)
    assert not Amendment.objects.exists()


def test_entitlements_of_two_orders_are_refused(cast: Cast) -> None:
    first, second = cast.entitle("gold_annual"), cast.entitle("gold_annual")
    operation = change_to(cast, "silver_annual")
    answer = schedule(operation, [first.pk, second.pk], on=MARCH, made_by=cast.operations, seen=None)
    assert codes(answer) == ["other_orders"]


def test_what_the_rules_refuse_on_the_day_is_refused_now(cast: Cast) -> None:
    held = cast.entitle("gold_annual")
    assert codes(ask(cast, ChangeOffering(as_of=TODAY, revision_id=held.revision_id), held, MARCH)) == ["already_there"]
    assert codes(ask(cast, ChangeOffering(as_of=TODAY, revision_id=10**6), held, MARCH)) == ["unknown_offering"]


def test_an_override_needs_its_reason_when_it_is_scheduled(cast: Cast) -> None:
    held = cast.entitle("gold_annual")
    assert codes(ask(cast, override(seat_limit=9), held, MARCH, reason=" ")) == ["reason_missing"]
    assert scheduled(cast, override(seat_limit=9), held, MARCH).reason == "as agreed"


def test_the_permission_to_schedule_and_those_of_the_operation_are_needed(cast: Cast) -> None:
    held = cast.entitle("gold_annual")
    with pytest.raises(PermissionDenied):
        schedule(change_to(cast, "silver_annual"), [held.pk], on=MARCH, made_by=cast.people["support"], seen=None)
    operation = change_to(cast, "silver_annual")
    seen = preview_scheduled(operation, [held.pk], on=MARCH, made_by=cast.people["support"])
    assert set(codes(seen)) == {"not_permitted"}


def test_another_world_than_the_one_seen_is_stale_and_writes_nothing(cast: Cast) -> None:
    held = cast.entitle("gold_annual")
    operation = change_to(cast, "silver_annual")
    seen = preview_scheduled(operation, [held.pk], on=MARCH, made_by=cast.operations).fingerprint
    cast.override(held, connectors=77)
    stale = schedule(operation, [held.pk], on=MARCH, made_by=cast.operations, seen=seen)
    assert stale.is_stale
    assert not Amendment.objects.exists()
    fresh = schedule(operation, [held.pk], on=MARCH, made_by=cast.operations, seen=stale.fingerprint)
    assert fresh.amendment


def test_another_amendment_meanwhile_makes_a_preview_stale(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    seen = preview_scheduled(quantity(20), [held.pk], on=MARCH, made_by=cast.operations).fingerprint
    scheduled(cast, quantity(40), held, APRIL)
    assert schedule(quantity(20), [held.pk], on=MARCH, made_by=cast.operations, seen=seen).is_stale


# --- move ------------------------------------------------------------------------------------------------------------


def test_a_move_past_another_changes_both(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    first = scheduled(cast, quantity(30), held, MARCH)
    second = scheduled(cast, quantity(40), held, APRIL)
    answer = move(
        first, on=MAY, made_by=cast.operations, seen=preview_move(first, on=MAY, made_by=cast.operations).fingerprint
    )
    assert answer.amendment
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.effective_on, first.number) == (MAY, 1)
    assert any("40 → 30" in line for line in first.effects)
    assert any("10 → 40" in line for line in second.effects)
    assert LogEntry.objects.latest("pk").change_message == "Moved “Set quantity” from 1 Mar 2027 to 1 May 2027."


def test_a_renewal_moved_behind_the_expiry_counts_from_its_day(cast: Cast) -> None:
    held = cast.entitle("gold_annual")
    row = scheduled(cast, Renew(as_of=TODAY), held, date(2027, 2, 15))
    assert row.kind == AmendmentKind.RENEWAL
    assert any("1 Mar 2028" in line for line in row.effects)
    answer = preview_move(row, on=MAY, made_by=cast.operations)
    assert answer.own.previews[0].lead.after.expires_on == date(2028, 5, 1)


# --- cancel ----------------------------------------------------------------------------------------------------------


def test_cancelling_needs_a_reason_and_restores_the_earlier_fold(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    later = scheduled(cast, quantity(40), held, APRIL)
    before = Amendment.objects.get(pk=later.pk)
    first = scheduled(cast, quantity(30), held, MARCH)
    assert codes(cancel(first, made_by=cast.operations, reason="", seen=None)) == ["reason_missing"]
    assert cancel(first, made_by=cast.operations, reason="Not wanted", seen=None).amendment
    later.refresh_from_db()
    assert (later.outcome, later.effects) == (before.outcome, before.effects)
    assert (
        LogEntry.objects.latest("pk").change_message == "Cancelled “Set quantity”, scheduled for 1 Mar 2027: Not wanted"
    )


def test_what_rests_on_a_cancelled_one_must_go_along(cast: Cast) -> None:
    held = cast.entitle("silver_annual")
    first = scheduled(cast, replace(change_to(cast, "gold_seats"), quantity=10), held, MARCH)
    second = scheduled(cast, quantity(40), held, APRIL)
    assert codes(cancel(first, made_by=cast.operations, reason="No", seen=None)) == ["later_no_longer_fits"]
    assert cancel(first, made_by=cast.operations, reason="No", seen=None, cancels=[second.pk]).amendment
    assert not Amendment.objects.filter(status__in=PENDING).exists()


def test_a_closed_amendment_stays_as_it_is(cast: Cast) -> None:
    held = cast.entitle("gold_annual")
    row = scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    cancel(row, made_by=cast.operations, reason="No", seen=None)
    assert codes(cancel(row, made_by=cast.operations, reason="No", seen=None)) == ["closed"]
    assert codes(move(row, on=MAY, made_by=cast.operations, seen=None)) == ["closed"]
    row.refresh_from_db()
    assert (row.status, row.effective_on) == (AmendmentStatus.CANCELLED, MARCH)


def test_scheduling_takes_as_many_queries_however_many_are_scheduled_for_other_orders(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            preview_scheduled(quantity(20), [held.pk], on=MARCH, made_by=cast.operations)
        return len(captured)

    few = count()
    for _each in range(5):
        scheduled(cast, quantity(30), cast.entitle("gold_seats", quantity=3), MARCH)
    assert count() == few


def test_what_a_scheduled_change_will_create_can_be_named_by_a_later_one(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    held, other = cast.entitle("gold_seats", quantity=10), cast.entitle("gold_seats", quantity=10)
    anew = replace(change_to(cast, "silver_annual"), term=TermChoice(TermMode.CREATE_NEW))
    first = scheduled(cast, anew, held, MARCH)
    scheduled(cast, replace(anew, key=new_id()), other, MARCH)
    [created] = planned_of(first).operation.created_ids([held.pk])  # type: ignore[union-attr]
    answer = schedule(
        override(seat_limit=40), [created], on=APRIL, made_by=cast.operations, seen=None, reason="as agreed"
    )
    assert answer.problems == ()
    assert answer.amendment is not None
    assert answer.amendment.order == held.order
    assert codes(schedule(quantity(9), [new_id()], on=APRIL, made_by=cast.operations, seen=None)) == ["other_orders"]
    clock.move_to(datetime(2027, 4, 1, 9, tzinfo=UTC))
    assert [each.is_applied for each in apply_due(APRIL)] == [True] * 3
    assert Entitlement.objects.get(pk=created).seat_limit == 40
