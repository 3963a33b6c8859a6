"""Remove product: ends an entitlement on a day, releases its seats, keeps the rest as history, and can be undone."""

from dataclasses import replace
from datetime import date, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements import engine
from entitlements.engine.recount import differences
from entitlements.history.timeline import history_page
from entitlements.models import Act, Change, Entitlement, FeatureUse, Seat, Source
from entitlements.operations import OPERATIONS, Preview, RemoveProduct, SeatChoice, SeatMode, Step, Together, UndoAct
from entitlements.operations import read as read_operation
from entitlements.schedule import preview_scheduled, schedule
from entitlements.state import State, load
from offerings.rights import show_day
from tests.add_ons import beside, offer_add_on
from tests.cast import NOW, TODAY, Cast, changes_of
from tests.entitlements.copies import copy_entitlement
from tests.entitlements.values import (
    KEY,
    LONG_AGO,
    ORDER,
    OTHER_KEY,
    codes,
    created,
    described,
    revision,
    seat,
    seats,
    state,
    told,
    world,
)
from tests.entitlements.values import look as look_at

pytestmark = pytest.mark.django_db

REMOVE = RemoveProduct(as_of=TODAY)
WITH_ADD_ONS = RemoveProduct(as_of=TODAY, drops_add_ons=True)
DAY = timedelta(days=1)


def test_how_it_describes_itself() -> None:
    assert described(RemoveProduct) == (
        "remove_product",
        "entitlements.remove_product",
        ("Remove product", "Remove", "Removed product", "removed", "close", "stop", True),
        ("Other", "entitlement", False),
        {"drops_add_ons": {"label": "End the add-ons beside it too", "beside": "add_ons"}},
    )
    assert RemoveProduct.words.intro == (
        "Ends the entitlement and releases all its seats. Clients stop working when their lease ends. "
        "Its rights, overrides and term stay in its history."
    )
    assert RemoveProduct.words.menu == "Remove product…"
    assert (REMOVE.needs_reason, REMOVE.drops_add_ons, REMOVE.permissions) == (
        True,
        False,
        ("entitlements.remove_product",),
    )


@pytest.mark.parametrize("operation", [REMOVE, WITH_ADD_ONS])
def test_it_is_stored_and_read(operation: RemoveProduct) -> None:
    assert read_operation(operation.asked()) == operation
    for wrong in ({"drops_add_ons": 1}, {"drops_add_ons": "yes"}, {"as_of": "soon"}):
        assert read_operation({**operation.asked(), **wrong}) is None


# --- the rule, on values ---------------------------------------------------------------------------------------------


def test_it_ends_on_its_day_and_all_else_stays_as_history() -> None:
    uses = {seat(1).id: {"feature.boards": 2}}
    before = state(
        overrides={"seat_limit": 9, "expires_on": "2027-06-01"},
        counters={"feature.calls": 4},
        seats_used=3,
        seat_uses=uses,
        quantity=7,
    )
    preview = look_at(REMOVE, before, active=seats(3))
    assert preview.lead.after == replace(before, ended_on=TODAY, seats_used=0, seat_uses={})
    assert [each.name for each in preview.released] == ["device-0", "device-1", "device-2"]
    assert (preview.lead.before, preview.problems, preview.permissions) == (before, (), (REMOVE.permission,))


@pytest.mark.parametrize("day", [TODAY - DAY, TODAY, TODAY + DAY, date(2027, 3, 1)])
def test_the_day_is_the_one_it_counts_from(day: date) -> None:
    assert look_at(RemoveProduct(as_of=day), state()).lead.after.ended_on == day


@pytest.mark.parametrize("day", [TODAY - DAY, TODAY, TODAY + DAY])
@pytest.mark.parametrize("before", [state(), state(disabled_at=LONG_AGO), state(seats_used=2)])
@pytest.mark.parametrize("operation", [REMOVE, WITH_ADD_ONS])
def test_what_has_ended_is_refused(operation: RemoveProduct, before: State, day: date) -> None:
    preview = look_at(operation, replace(before, ended_on=day), active=seats(2))
    assert told(preview.problems) == [("ended", "This entitlement has ended. Create a new one instead.", "")]
    assert preview.lead.is_unchanged


@pytest.mark.parametrize(
    ("before", "warnings"),
    [
        (state(), ["access_ends", "days_lost"]),
        (state(standard_expires_on=None), ["access_ends"]),
        (state(standard_expires_on=TODAY), ["access_ends"]),
        (state(standard_expires_on=TODAY - 13 * DAY), ["access_ends"]),
        (state(standard_expires_on=TODAY - 14 * DAY), []),
        (state(disabled_at=LONG_AGO), ["days_lost"]),
        (state(order=replace(ORDER, is_customer_disabled=True)), ["days_lost"]),
        (state(revision(terms={"plan_type": "trial"})), ["access_ends"]),
        (created(), []),
    ],
)
def test_every_status_but_ended_may_be_removed(before: State, warnings: list[str]) -> None:
    preview = look_at(REMOVE, before)
    assert (codes(preview), [each.code for each in preview.warnings]) == ([], warnings)


def test_the_warnings_in_words() -> None:
    assert [each.message for each in look_at(REMOVE, state()).warnings] == [
        "Access ends now: after this change it has ended. Clients stop working when their lease ends.",
        "Silver: 100 days of the current term are lost.",
    ]


def add_on(**facts: Any) -> State:
    return state(revision("Support", kind="add_on", id=7, offering_id=7), **{"id": OTHER_KEY, **facts})


def test_add_ons_of_the_unit_end_with_their_plan() -> None:
    preview = look_at(WITH_ADD_ONS, state(), add_on(seats_used=1))
    assert [(move.id, move.after.ended_on) for move in preview.moves] == [(KEY, TODAY), (OTHER_KEY, TODAY)]
    assert ("add_ons_dropped", "Ends on 21 Nov 2026, with what it gives: Support.", "add_ons") in told(preview.warnings)


def test_an_add_on_that_has_ended_or_left_since_stays_as_it_is() -> None:
    gone = [add_on(ended_on=TODAY - DAY), add_on(order=replace(ORDER, id=UUID(int=101)))]
    for each in gone:
        preview = look_at(WITH_ADD_ONS, state(), each)
        assert (preview.ids, preview.problems) == ((KEY,), ())


def test_the_plan_that_ends_has_nothing_of_its_add_ons() -> None:
    assert REMOVE.preview_moves([state(added=())], world()).lead.after.added == ()


@pytest.mark.parametrize(("found", "applies"), [(state(), True), (created(), True), (state(ended_on=TODAY), False)])
def test_the_menu_offers_it_until_the_end(found: State, applies: bool) -> None:
    assert RemoveProduct.applies_to(found) is applies
    assert RemoveProduct in OPERATIONS


# --- carried out -----------------------------------------------------------------------------------------------------


def look(operation: RemoveProduct | UndoAct | Together, *ids: UUID, made_by: User | None = None) -> list[Preview]:
    return engine.preview(operation, ids, at=NOW, made_by=made_by)


def problems(*previews: Preview) -> list[tuple[str, str]]:
    return [(each.code, each.field) for preview in previews for each in preview.problems]


def remove(cast: Cast, *ids: UUID, operation: RemoveProduct = REMOVE) -> Act:
    act = cast.do(operation, ids, reason="Cancelled by the customer").act
    assert act is not None
    return act


def ended_on(entitlement: Entitlement) -> date | None:
    entitlement.refresh_from_db()
    return entitlement.ended_on


def newest_title(entitlement: Entitlement) -> str:
    """Return the title of the newest change in the history of an entitlement."""
    return history_page(load([entitlement.pk])[0]).entries[0].title


def person(*permissions: str) -> User:
    """Return somebody who may do just this."""
    user = User.objects.create_user("-".join(permissions))
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def test_it_is_carried_out_with_its_seats_and_what_they_had_checked_out(cast: Cast) -> None:
    held = cast.entitle("silver_annual", seats=4, overrides={"seat_limit": 9})
    cast.use(held, "api_calls", 41)
    cast.use(held, "dashboards", 2, seat=Seat.objects.earliest("activated_at"))
    remove(cast, held.pk)
    assert (ended_on(held), held.seats_used, held.override_count, held.seat_limit) == (TODAY, 0, 1, 9)
    assert not Seat.objects.filter(entitlement=held, released_at=None).exists()
    assert list(FeatureUse.objects.filter(entitlement=held, amount__gt=0).values_list("amount", flat=True)) == [41]
    assert list(differences()) == []


def test_the_log_says_what_was_done_and_why(cast: Cast) -> None:
    held = cast.entitle("silver_annual", seats=2)
    act = remove(cast, held.pk)
    assert (act.operation, act.reason) == ("remove_product", "Cancelled by the customer")
    newest = changes_of(held)[-1]
    assert newest.delta["fields"]["ended_on"] == [None, TODAY.isoformat()]
    assert newest_title(held) == "Removed product"


def test_removal_twice_is_refused(cast: Cast) -> None:
    held = cast.entitle()
    remove(cast, held.pk)
    assert problems(*look(REMOVE, held.pk)) == [("ended", "")]


def test_it_needs_a_reason(cast: Cast) -> None:
    held = cast.entitle()
    result = engine.apply(REMOVE, [held.pk], made_by=cast.operations, source=Source.PAGE, at=NOW)
    assert (result.act, ended_on(held)) == (None, None)
    assert [problem.field for problem in result.outcomes[0].preview.problems] == ["reason"]


def test_a_changed_world_is_stale(cast: Cast) -> None:
    held = cast.entitle(seats=1)
    seen = {each.id: each.fingerprint for each in look(REMOVE, held.pk)}
    cast.occupy(held, 1)
    result = engine.apply(
        REMOVE, [held.pk], made_by=cast.operations, source=Source.PAGE, expected=seen, reason="No", at=NOW
    )
    assert (result.act, result.outcomes[0].status) == (None, engine.OutcomeStatus.STALE)


def test_its_permission_is_all_it_needs(cast: Cast) -> None:
    held = cast.entitle(seats=2)
    beside(cast, held, cast.add_on())
    [allowed] = look(WITH_ADD_ONS, held.pk, made_by=person("remove_product"))
    assert (problems(allowed), allowed.permissions) == ([], ("entitlements.remove_product",))


def test_without_its_permission_it_is_refused(cast: Cast) -> None:
    held = cast.entitle()
    other = person("create_entitlement", "release_seats", "change_offering", "disable_entitlement")
    [refused] = look(REMOVE, held.pk, made_by=other)
    assert problems(refused) == [("not_permitted", "")]
    assert refused.problems[0].message == (
        "You may not end what was sold, or bring it back. Leave that out, or ask somebody who may."
    )


@pytest.mark.parametrize(
    ("role", "may"),
    [("administrator", True), ("operations", True), ("manager", False), ("support", False), ("viewer", False)],
)
def test_who_may_remove(cast: Cast, role: str, may: bool) -> None:
    assert cast.people[role].has_perm("entitlements.remove_product") is may


# --- add-ons ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def extra(cast: Cast) -> str:
    """Return an add-on that adds 10 seats."""
    return offer_add_on(cast, "extra_seats", extra_seats=10)


def test_a_plan_does_not_end_while_add_ons_are_open_until_they_are_dropped(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    [refused] = look(REMOVE, held.pk)
    assert told(refused.problems) == [
        (
            "add_on_without_plan",
            "Extra seats annual is open beside this plan and would stay without one. Drop or end it first.",
            "drops_add_ons",
        )
    ]
    [dropping] = look(WITH_ADD_ONS, held.pk)
    assert (dropping.ids, dropping.problems) == ((held.pk, added.pk), ())
    remove(cast, held.pk, operation=WITH_ADD_ONS)
    assert (ended_on(held), ended_on(added)) == (TODAY, TODAY)
    act = Act.objects.latest("made_at", "pk")
    assert set(act.changes.values_list("entitlement", "unit")) == {(held.pk, held.pk), (added.pk, held.pk)}
    assert list(differences()) == []


def test_a_plan_and_its_add_ons_that_are_named_end_together(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    first, second = beside(cast, held, extra), beside(cast, held, extra)
    [preview] = look(REMOVE, second.pk, held.pk, first.pk)
    assert (preview.ids, preview.problems) == ((held.pk, first.pk, second.pk), ())
    [partly] = look(REMOVE, held.pk, first.pk)
    assert [code for code, _field in problems(partly)] == ["add_on_without_plan"]


def test_an_add_on_that_another_depends_on_stays(cast: Cast) -> None:
    support, more = offer_add_on(cast, "support"), offer_add_on(cast, "more", depends_on=["support"])
    held = cast.entitle("silver_annual")
    first, second = beside(cast, held, support), beside(cast, held, more)
    [refused] = look(REMOVE, first.pk)
    sentence = "More annual depends on Support, which would go. End More annual first, or both together."
    assert told(refused.problems) == [("add_on_missing", sentence, "drops_add_ons")]
    steps = tuple(Step(operation=REMOVE, ids=(each.pk,)) for each in (first, second))
    [both] = look(Together(as_of=TODAY, steps=steps))
    assert both.problems == ()
    remove(cast, second.pk)
    remove(cast, first.pk)
    assert (ended_on(first), ended_on(held)) == (TODAY, None)


def test_add_ons_that_need_each_other_end_together_where_both_are_named(cast: Cast) -> None:
    support, more = offer_add_on(cast, "support"), offer_add_on(cast, "more", depends_on=["support"])
    held, other = cast.entitle("silver_annual"), cast.entitle("silver_annual")
    first, second, alone = (beside(cast, *pair) for pair in ((held, support), (held, more), (other, support)))
    seen = look(REMOVE, alone.pk, second.pk, first.pk)
    assert [(set(each.ids), each.problems) for each in seen] == [({first.pk, second.pk}, ()), ({alone.pk}, ())]
    assert "add_ons_dropped" not in {each.code for preview in seen for each in preview.warnings}
    remove(cast, first.pk, second.pk)
    assert (ended_on(first), ended_on(second), ended_on(held), ended_on(alone)) == (TODAY, TODAY, None, None)
    assert list(differences()) == []


def test_add_ons_that_need_each_other_may_end_on_a_day_together(cast: Cast) -> None:
    support, more = offer_add_on(cast, "support"), offer_add_on(cast, "more", depends_on=["support"])
    held = cast.entitle("silver_annual")
    ids = [beside(cast, held, name).pk for name in (support, more)]
    by = cast.operations
    with time_machine.travel(NOW, tick=False):
        answer = schedule(REMOVE, ids, on=TODAY + DAY, made_by=by, seen=None, reason="Agreed")
    assert answer.problems == ()


def test_the_warning_of_dropped_add_ons_names_the_day(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    beside(cast, held, extra)
    day = TODAY + timedelta(days=40)
    answer = preview_scheduled(WITH_ADD_ONS, [held.pk], on=day)
    assert answer.own is not None
    [preview] = answer.own.previews
    assert f"Ends on {show_day(day)}, with what it gives: Extra seats annual." in [
        each.message for each in preview.warnings
    ]


def test_a_plan_whose_seats_an_add_on_held_is_over_its_limit_after(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    cast.occupy(held, 6)
    [preview] = look(REMOVE, added.pk)
    assert ("over_limit", "seats") in [(each.code, each.field) for each in preview.warnings]
    remove(cast, added.pk)
    held.refresh_from_db()
    assert (held.seat_capacity, held.seats_used) == (5, 6)
    assert list(differences()) == []


@pytest.mark.parametrize("used", [4, 5])
def test_a_plan_within_its_own_limit_is_not_warned_about(cast: Cast, extra: str, used: int) -> None:
    held = cast.entitle("silver_annual", seats=used)
    added = beside(cast, held, extra)
    assert "over_limit" not in [each.code for each in look(REMOVE, added.pk)[0].warnings]


# --- undo ------------------------------------------------------------------------------------------------------------


def test_undo_brings_it_back_with_its_seats(cast: Cast) -> None:
    held = cast.entitle("silver_annual", seats=3, overrides={"seat_limit": 9})
    cast.use(held, "dashboards", 2, seat=Seat.objects.earliest("activated_at"))
    version = held.version
    act = remove(cast, held.pk)
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [held.pk])
    assert (ended_on(held), held.seats_used, held.version) == (None, 3, version)
    assert FeatureUse.objects.get(entitlement=held, seat__isnull=False).amount == 2
    assert list(differences()) == []
    assert newest_title(held) == "Undid: Removed product"


def test_undo_is_refused_where_another_plan_has_taken_the_place(cast: Cast) -> None:
    held = cast.entitle("silver_annual", seats=3)
    act = remove(cast, held.pk)
    other = cast.entitle("gold_annual", order=held.order_id)
    undo = UndoAct(as_of=TODAY, act_id=act.pk)
    assert [code for code, _field in problems(*look(undo, held.pk))] == ["has_plan_already"]
    remove(cast, other.pk)
    cast.do(undo, [held.pk])
    assert (ended_on(held), held.seats_used) == (None, 3)


def test_undo_brings_a_plan_back_with_its_add_ons(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    cast.occupy(held, 8)
    act = remove(cast, held.pk, operation=WITH_ADD_ONS)
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [held.pk])
    assert (ended_on(held), ended_on(added), held.seats_used) == (None, None, 8)
    assert load([held.pk], on=TODAY)[0].seat_capacity == 15
    assert list(differences()) == []


def test_undo_and_redo_need_the_permission_to_remove(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    beside(cast, held, extra)
    needed = ("entitlements.remove_product", "entitlements.undo_act")
    act = remove(cast, held.pk, operation=WITH_ADD_ONS)
    undo = UndoAct(as_of=TODAY, act_id=act.pk)
    assert look(undo, held.pk)[0].permissions == needed
    undone = cast.do(undo, [held.pk]).act
    assert undone is not None
    redo = UndoAct(as_of=TODAY, act_id=undone.pk)
    assert look(redo, held.pk)[0].permissions == needed
    creation = UndoAct(as_of=TODAY, act_id=Change.objects.filter(entitlement=held).earliest("sequence").act_id)
    assert "entitlements.remove_product" not in look(creation, held.pk)[0].permissions


def test_undo_is_refused_after_a_later_change(cast: Cast) -> None:
    held = cast.entitle("silver_annual", seats=1)
    act = remove(cast, held.pk)
    undo = UndoAct(as_of=TODAY, act_id=act.pk, seats=SeatChoice(SeatMode.KEEP))
    cast.do(undo, [held.pk])
    assert [code for code, _field in problems(*look(undo, held.pk))] == ["already_undone"]


# --- doors and queries -----------------------------------------------------------------------------------------------


def test_the_command_removes(cast: Cast) -> None:
    held, out = cast.entitle(seats=1), StringIO()
    words = ("operate", "remove_product", "--entitlement", str(held.pk), "--reason", "Cancelled")
    call_command(*words, preview=True, stdout=out)
    assert ended_on(held) is None
    call_command(*words, yes=True, stdout=out)
    assert (ended_on(held), Act.objects.latest("made_at").source) == (engine_day(), "command")
    assert "1 entitlement changed" in out.getvalue()


def engine_day() -> date:
    """Return the day of an act that was made just now."""
    return Act.objects.latest("made_at").made_at.date()


def test_the_command_drops_add_ons_where_told(cast: Cast, extra: str) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, extra)
    words = ("operate", "remove_product", "drops_add_ons=true", "--entitlement", str(held.pk), "--reason", "Cancelled")
    call_command(*words, yes=True, stdout=StringIO())
    assert ended_on(held) == ended_on(added) == engine_day()


def test_one_and_many_plans_with_add_ons_need_as_many_queries(cast: Cast, extra: str) -> None:
    counts = []
    for count in (1, 40):
        held = cast.entitle("silver_annual", seats=2)
        added = beside(cast, held, extra)
        plans = [held.pk, *copy_entitlement(held.pk, count - 1)]
        for plan, copy in zip(plans[1:], copy_entitlement(added.pk, count - 1), strict=True):
            Entitlement.objects.filter(pk=copy).update(order=Entitlement.objects.get(pk=plan).order_id)
        with CaptureQueriesContext(connection) as looked:
            look(WITH_ADD_ONS, *plans)
        with CaptureQueriesContext(connection) as applied:
            remove(cast, *plans, operation=WITH_ADD_ONS)
        assert Entitlement.objects.filter(ended_on=TODAY).count() >= 2 * count
        counts.append((len(looked), len(applied)))
    assert counts[0] == counts[1]
