"""Proposals: written in place of a change, seen afresh, approved by somebody else or declined; never half done."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from entitlements import engine
from entitlements.models import Act, Amendment, Entitlement
from entitlements.operations import ReleaseSeats, RemoveProduct, TransferEntitlement, UndoAct
from entitlements.schedule import (
    Answer,
    apply_due,
    apply_now,
    approve,
    cancel,
    decline,
    move,
    preview_approval,
    preview_scheduled,
)
from tests.cast import TODAY, Cast
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, change_to, codes, override, quantity, scheduled
from tests.entitlements.schedule.proposing import ask_for, codes_of, given_day, make_asker, proposed, seen_on
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def asker(cast: Cast) -> User:
    return make_asker()


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    return cast.entitle("gold_seats", quantity=10)


def everything() -> tuple[list[object], ...]:
    """Return all that a refusal must leave as it is."""
    return (
        list(Amendment.objects.order_by("pk").values()),
        list(Entitlement.objects.order_by("pk").values()),
        list(Act.objects.order_by("pk").values_list("pk")),
        list(LogEntry.objects.order_by("pk").values_list("pk")),
    )


def seen_of(row: Amendment, person: User) -> str:
    return preview_approval(row, made_by=person).fingerprint


# --- propose ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [None, MARCH])
def test_a_proposal_changes_nothing_and_is_no_part_of_what_is_scheduled(
    cast: Cast, held: Entitlement, asker: User, day: date | None
) -> None:
    row = proposed(quantity(30), held, by=asker, on=day)
    assert (row.status, row.is_immediate, row.effective_on) == ("proposed", day is None, day or TODAY)
    assert (row.requested_by, row.requested_by_name, row.order) == (asker, "asker", held.order)
    assert any("10 → 30" in line for line in row.effects)
    held.refresh_from_db()
    assert held.quantity == 10
    later = preview_scheduled(quantity(40), [held.pk], on=MAY).own
    assert later is not None
    assert [effect.before for effect in later.previews[0].lead.effects if effect.right.key == "quantity"] == [10]
    call_command("check_entitlements")


@pytest.mark.parametrize(("day", "words"), [(None, "at once, when somebody agrees"), (MARCH, "on 1 Mar 2027")])
def test_the_log_says_who_proposed_what(held: Entitlement, asker: User, day: date | None, words: str) -> None:
    proposed(quantity(30), held, by=asker, on=day, name="Thirty")
    line = LogEntry.objects.latest("pk")
    assert (line.change_message, line.user) == (f"Proposed “Thirty”, {words}.", asker)


def test_the_worker_applies_no_proposal(held: Entitlement, asker: User) -> None:
    proposed(quantity(30), held, by=asker, on=MARCH)
    assert list(apply_due(MAY)) == []


def test_what_cannot_wait_is_proposed_for_when_somebody_agrees(cast: Cast, asker: User) -> None:
    held = cast.entitle("gold_annual", seats=4)
    row = proposed(ReleaseSeats(as_of=TODAY), held, by=asker)
    assert row.status == "proposed"
    assert "may_not_wait" in codes_of(ask_for(ReleaseSeats(as_of=TODAY), held, by=asker, on=MARCH))


def test_one_for_several_orders_becomes_one_for_each(cast: Cast, asker: User) -> None:
    held = [cast.entitle("gold_seats", quantity=10) for _ in range(3)]
    answer = ask_for(quantity(30), *held, by=asker)
    assert {row.order_id for row in answer.rows} == {each.order_id for each in held}
    assert sorted(row.entitlements for row in answer.rows) == sorted([str(each.pk)] for each in held)


def test_what_is_refused_of_many_is_left_out(cast: Cast, asker: User) -> None:
    fine, ended = (cast.entitle("gold_seats", quantity=10) for _ in range(2))
    Entitlement.objects.filter(pk=ended.pk).update(ended_on=TODAY)
    [row] = ask_for(quantity(30), fine, ended, by=asker).rows
    assert row.entitlements == [str(fine.pk)]


def test_what_was_not_seen_is_not_proposed(cast: Cast, held: Entitlement, asker: User) -> None:
    [seen] = engine.preview(quantity(30), [held.pk])
    cast.do(quantity(12), [held.pk])
    before = everything()
    answer = ask_for(quantity(30), held, by=asker, seen={held.pk: seen.fingerprint})
    assert answer.is_stale
    assert ask_for(quantity(30), held, by=asker, on=MARCH, seen={}).is_stale
    assert everything() == before


def test_a_proposal_needs_the_permission_of_the_operation_and_of_its_parts(cast: Cast, held: Entitlement) -> None:
    before = everything()
    with pytest.raises(PermissionDenied):
        ask_for(quantity(30), held, by=cast.people["viewer"])
    person = UserFactory()
    person.user_permissions.set(Permission.objects.filter(codename="change_offering"))
    busy = cast.entitle("gold_annual", seats=4)
    before = everything()
    trimmed = ask_for(change_to(cast, "bronze_annual"), busy, by=person, on=MARCH)
    assert codes_of(trimmed) == ["not_permitted"]
    assert everything() == before


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"reason": ""}, "reason_missing"),
        ({"reason": "x" * 501}, "reason_too_long"),
        ({"reference": "x" * 101}, "reference_too_long"),
    ],
)
@pytest.mark.parametrize("day", [None, MARCH])
def test_words_are_asked_for_as_by_the_change_itself(
    cast: Cast, asker: User, options: dict[str, str], code: str, day: date | None
) -> None:
    held = cast.entitle("silver_annual")
    before = everything()
    assert code in codes_of(ask_for(override(seat_limit=9), held, by=asker, on=day, **options))
    assert everything() == before


# --- approve ---------------------------------------------------------------------------------------------------------


def test_an_immediate_one_is_applied_by_an_act_of_the_approver(
    cast: Cast, held: Entitlement, asker: User, clock: time_machine.Traveller
) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty", reference="T-1")
    clock.move_to(datetime(2026, 11, 25, 9, tzinfo=UTC))
    answer = approve(row, made_by=cast.operations, seen=seen_of(row, cast.operations))
    assert answer.amendment
    row.refresh_from_db()
    held.refresh_from_db()
    act = Act.objects.get(operation="set_quantity")
    assert (held.quantity, row.status, row.act) == (30, "applied", act)
    assert (act.made_by, act.source, act.reason, act.reference) == (cast.operations, "page", "as agreed", "T-1")
    assert act.asked["as_of"] == "2026-11-25"
    assert (row.effective_on, row.approved_by_name, row.closed_by_name) == (
        date(2026, 11, 25),
        "operations",
        "operations",
    )
    assert row.requested_by_name == "asker"
    line = LogEntry.objects.latest("pk")
    assert line.change_message == "Approved “Thirty”, proposed by asker: it took effect at once."
    call_command("check_entitlements")


def test_a_dated_one_is_scheduled_and_applied_on_its_day(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker, on=MARCH, name="Thirty")
    assert approve(row, made_by=cast.operations, seen=seen_of(row, cast.operations)).amendment
    row.refresh_from_db()
    assert (row.status, row.act, row.closed_at, row.approved_by_name) == ("scheduled", None, None, "operations")
    line = LogEntry.objects.latest("pk")
    assert line.change_message == "Approved “Thirty”, proposed by asker: it is scheduled for 1 Mar 2027."
    assert [each.is_applied for each in apply_due(MARCH)] == [True]
    row.refresh_from_db()
    assert (row.status, row.requested_by_name, row.approved_by_name) == ("applied", "asker", "operations")
    call_command("check_entitlements")


@pytest.mark.parametrize("day", [None, MARCH])
def test_nobody_approves_their_own(cast: Cast, held: Entitlement, day: date | None) -> None:
    row = proposed(quantity(30), held, by=cast.operations, on=day)
    before = everything()
    answer = approve(row, made_by=cast.operations, seen=None)
    assert codes(answer) == ["own_proposal"]
    assert everything() == before
    assert approve(row, made_by=cast.people["administrator"], seen=None).amendment


def test_approving_needs_its_permission_and_those_of_the_operation(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker)
    person = UserFactory()
    person.user_permissions.set(Permission.objects.filter(codename="approve_amendments"))
    before = everything()
    with pytest.raises(PermissionDenied):
        approve(row, made_by=make_asker("another"), seen=None)
    assert codes(approve(row, made_by=person, seen=None)) == ["not_permitted"]
    assert everything() == before


@pytest.mark.parametrize("day", [None, MARCH])
def test_where_the_world_moved_the_fresh_preview_is_shown_and_nothing_written(
    cast: Cast, held: Entitlement, asker: User, day: date | None
) -> None:
    row = proposed(quantity(30), held, by=asker, on=day)
    seen = seen_of(row, cast.operations)
    cast.do(quantity(12), [held.pk])
    before = everything()
    answer = approve(row, made_by=cast.operations, seen=seen)
    assert answer.is_stale
    assert answer.own is not None
    assert answer.own.outcome != row.outcome
    assert everything() == before
    assert approve(row, made_by=cast.operations, seen=answer.fingerprint).amendment


def test_the_world_that_stays_as_it_was_shows_what_was_proposed(cast: Cast, held: Entitlement, asker: User) -> None:
    for day in (None, MARCH):
        row = proposed(quantity(30), held, by=asker, on=day)
        own = preview_approval(row, made_by=cast.operations).own
        assert own is not None
        assert own.outcome == row.outcome


def test_what_no_longer_fits_is_not_approved(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(change_to(cast, "silver_annual"), held, by=asker)
    cast.offerings["silver_annual"].retire()
    before = everything()
    assert codes(approve(row, made_by=cast.operations, seen=None))
    assert everything() == before


def test_a_day_that_came_before_anybody_agreed_is_edited_first(
    cast: Cast, held: Entitlement, asker: User, clock: time_machine.Traveller
) -> None:
    row = proposed(quantity(30), held, by=asker, on=MARCH)
    clock.move_to(datetime(2027, 3, 1, 9, tzinfo=UTC))
    before = everything()
    assert codes(approve(row, made_by=cast.operations, seen=None)) == ["day_passed"]
    assert everything() == before
    assert given_day(row, None, by=cast.operations).amendment
    assert approve(row, made_by=cast.people["administrator"], seen=None).amendment


def test_what_has_moved_to_another_order_is_declined(cast: Cast, held: Entitlement, asker: User) -> None:
    rows = [proposed(quantity(30), held, by=asker, on=day) for day in (None, MARCH)]
    target = cast.entitle("silver_annual")
    cast.do(RemoveProduct(as_of=TODAY), [target.pk], reason="makes room")
    cast.do(TransferEntitlement(as_of=TODAY, order_id=target.order_id), [held.pk], reason="sold")
    before = everything()
    for row in rows:
        assert codes(approve(row, made_by=cast.operations, seen=None)) == ["elsewhere"]
    assert everything() == before
    call_command("check_entitlements")


@pytest.mark.parametrize("day", [None, MARCH])
def test_what_is_scheduled_and_no_longer_fits_is_cancelled_along_or_holds_it_back(
    cast: Cast, held: Entitlement, asker: User, day: date | None
) -> None:
    later = scheduled(cast, quantity(40), held, APRIL, name="Forty")
    row = proposed(change_to(cast, "silver_annual"), held, by=asker, on=day)
    before = everything()
    assert codes(approve(row, made_by=cast.operations, seen=None)) == ["later_no_longer_fits"]
    assert everything() == before
    assert approve(row, made_by=cast.operations, seen=None, cancels=[later.pk]).amendment
    later.refresh_from_db()
    assert later.status == "cancelled"


def test_what_was_undone_meanwhile_by_proposal_is_undone_by_the_approver(cast: Cast, asker: User) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    act = cast.do(quantity(30), [held.pk]).act
    assert act is not None
    row = proposed(UndoAct(as_of=TODAY, act_id=act.pk), held, by=asker)
    assert approve(row, made_by=cast.operations, seen=None).amendment
    held.refresh_from_db()
    assert held.quantity == 10
    call_command("check_entitlements")


Door = Callable[[Amendment, User], Answer]
CLOSED_DOORS: tuple[Door, ...] = (
    lambda row, who: approve(row, made_by=who, seen=None),
    lambda row, who: decline(row, made_by=who, reason="no"),
    lambda row, who: given_day(row, None, by=who),
)


@pytest.mark.parametrize("door", CLOSED_DOORS)
def test_what_is_no_proposal_is_neither_approved_nor_declined_nor_edited(
    cast: Cast, held: Entitlement, asker: User, door: Door
) -> None:
    declined = proposed(quantity(30), held, by=asker)
    decline(declined, made_by=cast.operations, reason="no")
    for row in (declined, scheduled(cast, quantity(30), held, MARCH)):
        before = everything()
        assert codes(door(row, cast.operations)) == ["closed"]
        assert everything() == before


OTHER_DOORS: tuple[Door, ...] = (
    lambda row, who: apply_now(row, made_by=who, seen=None),
    lambda row, who: move(row, on=APRIL, made_by=who, seen=None),
    lambda row, who: cancel(row, made_by=who, seen=None, reason="no"),
)


@pytest.mark.parametrize("door", OTHER_DOORS)
def test_the_doors_of_what_is_scheduled_are_closed_to_a_proposal(
    cast: Cast, held: Entitlement, asker: User, door: Door
) -> None:
    row = proposed(quantity(30), held, by=asker, on=MARCH)
    before = everything()
    assert codes(door(row, cast.operations)) == ["closed"]
    assert everything() == before


# --- decline, withdraw, edit -----------------------------------------------------------------------------------------


def test_declining_needs_a_reason_and_closes_it(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    before = everything()
    assert codes(decline(row, made_by=cast.operations, reason="  ")) == ["reason_missing"]
    assert everything() == before
    assert decline(row, made_by=cast.operations, reason="too many").amendment
    row.refresh_from_db()
    assert (row.status, row.closed_by_name, row.closed_reason) == ("declined", "operations", "too many")
    assert row.approved_at is None
    assert LogEntry.objects.latest("pk").change_message == "Declined the proposal “Thirty” of asker: too many"
    call_command("check_entitlements")


def test_who_proposed_it_withdraws_it_and_others_need_the_permission(
    cast: Cast, held: Entitlement, asker: User
) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    with pytest.raises(PermissionDenied):
        decline(row, made_by=make_asker("another"), reason="no")
    assert decline(row, made_by=asker, reason="a mistake").amendment
    row.refresh_from_db()
    assert (row.status, row.closed_by_name) == ("cancelled", "asker")
    assert LogEntry.objects.latest("pk").change_message == "Withdrew the proposal “Thirty” of asker: a mistake"


def test_a_declined_one_is_never_changed_again(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker)
    decline(row, made_by=cast.operations, reason="no")
    for fields in ({"status": "proposed", "closed_at": None}, {"name": "Other"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Amendment.objects.filter(pk=row.pk).update(**fields)


def test_the_database_knows_no_proposal_that_is_approved_or_closed(held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker)
    now = datetime(2026, 11, 21, tzinfo=UTC)
    for fields in (
        {"closed_at": now},
        {"approved_at": now},
        {"approved_by_name": "x", "approved_at": now},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Amendment.objects.filter(pk=row.pk).update(**fields)


def test_a_proposal_gets_another_day_or_none(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker, name="Thirty")
    seen = seen_on(row, APRIL)
    assert given_day(row, APRIL, by=cast.operations, seen=seen).amendment
    row.refresh_from_db()
    assert (row.status, row.is_immediate, row.effective_on) == ("proposed", False, APRIL)
    assert row.operation["as_of"] == "2027-04-01"
    assert LogEntry.objects.latest("pk").change_message == (
        "Edited the proposal “Thirty”. Takes effect: at once, when somebody agrees → on 1 Apr 2027."
    )
    assert given_day(row, None, by=asker).amendment
    row.refresh_from_db()
    assert (row.is_immediate, row.effective_on) == (True, TODAY)


def test_an_edit_is_refused_for_a_day_that_is_over_for_strangers_and_where_the_world_moved(
    cast: Cast, held: Entitlement, asker: User
) -> None:
    row = proposed(quantity(30), held, by=asker)
    seen = seen_on(row, APRIL)
    before = everything()
    assert codes(given_day(row, TODAY, by=asker)) == ["not_later"]
    with pytest.raises(PermissionDenied):
        given_day(row, APRIL, by=make_asker("another"))
    assert everything() == before
    cast.do(quantity(12), [held.pk])
    before = everything()
    assert given_day(row, APRIL, by=asker, seen=seen).is_stale
    assert everything() == before


def test_an_approver_who_saw_another_day_sees_it_afresh(cast: Cast, held: Entitlement, asker: User) -> None:
    row = proposed(quantity(30), held, by=asker, on=MARCH)
    seen = seen_of(row, cast.operations)
    given_day(row, MARCH + timedelta(days=3), by=asker)
    assert approve(row, made_by=cast.operations, seen=seen).is_stale


def test_approval_asks_as_much_for_one_as_for_ten(cast: Cast, asker: User) -> None:
    counts = []
    for number in (1, 10):
        held = [cast.entitle("gold_seats", quantity=10)]
        row = proposed(quantity(30), *held, by=asker)
        for _ in range(number):
            proposed(quantity(40), *held, by=asker)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert approve(row, made_by=cast.operations, seen=None).amendment
        counts.append(len(queries))
    assert counts[0] == counts[1]
