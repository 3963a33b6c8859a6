"""Taking acts back, and taking that back again."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from entitlements import engine
from entitlements.models import Act, Change, Entitlement, FeatureUse, Override, Seat, Source
from entitlements.operations import (
    ChangeOffering,
    Preview,
    ReleaseSeats,
    SeatChoice,
    SeatMode,
    SetOverrides,
    UndoAct,
)
from tests.cast import KEEP, NOW, OLDEST, TODAY, Cast, changes_of

LATER = NOW + timedelta(hours=1)


def newest_act() -> Act:
    return Change.objects.select_related("act").order_by("-pk")[0].act


def look(act: Act, entitlement: Entitlement, **choices: object) -> Preview:
    return engine.preview(UndoAct(as_of=TODAY, act_id=act.pk, **choices), [entitlement.pk], at=LATER)[0]


def undo(cast: Cast, act: Act | None, entitlement: Entitlement, **choices: object) -> Act:
    assert act is not None
    result = cast.do(UndoAct(as_of=TODAY, act_id=act.pk, **choices), [entitlement.pk], at=LATER)
    entitlement.refresh_from_db()
    assert result.act is not None
    return result.act


def move(cast: Cast, entitlement: Entitlement, name: str, **choices: object) -> Act:
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision(name).pk, **choices)
    act = cast.do(operation, [entitlement.pk]).act
    entitlement.refresh_from_db()
    assert act is not None
    return act


def codes(preview: Preview) -> list[str]:
    return [problem.code for problem in preview.problems]


def columns(entitlement: Entitlement) -> dict[str, object]:
    row = Entitlement.objects.filter(pk=entitlement.pk).values().get()
    return {name: value for name, value in row.items() if name not in ("sequence", "changed_at")}


def test_undoing_a_change_of_offering_restores_the_state(cast: Cast) -> None:
    entitlement = cast.entitle(seats=4, overrides={"seat_limit": 250, "sso": True})
    before = columns(entitlement)
    act = move(cast, entitlement, "gold_monthly", drop_overrides=("seat_limit",))
    undo(cast, act, entitlement)
    assert columns(entitlement) == before


def test_undo_restores_overrides_with_their_author_and_time(cast: Cast) -> None:
    entitlement = cast.entitle(overrides={"seat_limit": 250})
    before = Override.objects.values("key", "value", "set_by", "set_by_name", "set_at", "reason").get()
    act = move(cast, entitlement, "gold_annual", drop_overrides=("seat_limit",))
    undo(cast, act, entitlement)
    assert Override.objects.values("key", "value", "set_by", "set_by_name", "set_at", "reason").get() == before


def test_counters_become_what_they_were_plus_the_use_since(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.use(entitlement, "api_calls", 100)
    act = move(cast, entitlement, "gold_annual")
    cast.use(entitlement, "api_calls", 7)
    undo(cast, act, entitlement)
    assert FeatureUse.objects.get().amount == 107


def test_counters_that_were_reset_meanwhile_never_fall_below_zero(cast: Cast) -> None:
    entitlement = cast.entitle()
    cast.use(entitlement, "api_calls", 100)
    undone = undo(cast, move(cast, entitlement, "gold_annual"), entitlement)
    cast.use(entitlement, "api_calls", 7)
    undo(cast, undone, entitlement)
    assert FeatureUse.objects.get().amount == 0


def test_released_seats_come_back_with_what_they_had_checked_out(cast: Cast) -> None:
    entitlement = cast.entitle(seats=4)
    cast.use(entitlement, "dashboards", 2, seat=Seat.objects.get(name="device-0"))
    act = move(cast, entitlement, "bronze_annual", seats=OLDEST)
    assert not FeatureUse.objects.exists()
    undo(cast, act, entitlement)
    assert Seat.objects.filter(released_at=None).count() == entitlement.seats_used == 4
    assert FeatureUse.objects.get().seat == Seat.objects.get(name="device-0")


def test_a_seat_that_is_active_elsewhere_does_not_come_back(cast: Cast) -> None:
    entitlement = cast.entitle(seats=4)
    act = move(cast, entitlement, "bronze_annual", seats=OLDEST)
    gone = Seat.objects.get(name="device-0")
    Seat.objects.filter(name="device-3").update(released_at=NOW)
    Seat.objects.create(
        entitlement=entitlement,
        seat_id=gone.seat_id,
        name="again",
        activated_at=NOW,
        lease_expires_at=LATER,
        last_refresh_at=NOW,
    )
    assert [warning.code for warning in look(act, entitlement).warnings] == ["seat_active_elsewhere"]
    undo(cast, act, entitlement)
    assert Seat.objects.filter(seat_id=gone.seat_id, released_at=None).get().name == "again"


def test_seats_without_room_are_asked_about_again(cast: Cast) -> None:
    entitlement = cast.entitle(seats=5)
    act = cast.do(ReleaseSeats(as_of=TODAY), [entitlement.pk]).act
    assert act is not None
    cast.occupy(entitlement, 2, at=NOW)
    assert codes(look(act, entitlement)) == ["seats_over_limit"]
    assert len(look(act, entitlement, seats=OLDEST).restored) == 3
    undo(cast, act, entitlement, seats=KEEP)
    assert entitlement.seats_used == 7


def test_redo_is_the_undo_of_the_undo(cast: Cast) -> None:
    entitlement = cast.entitle(seats=4, overrides={"seat_limit": 250})
    cast.use(entitlement, "api_calls", 100)
    act = move(cast, entitlement, "bronze_annual", drop_overrides=("seat_limit",), seats=OLDEST)
    after = columns(entitlement)
    undone = undo(cast, act, entitlement)
    undo(cast, undone, entitlement)
    assert columns(entitlement) == after
    assert FeatureUse.objects.get().amount == 0


def test_undo_goes_back_to_the_version_before(cast: Cast) -> None:
    entitlement = cast.entitle()
    act = move(cast, entitlement, "gold_annual")
    undo(cast, act, entitlement)
    assert [(change.from_version, change.to_version) for change in changes_of(entitlement)] == [(0, 1), (1, 2), (2, 1)]


def test_a_later_change_refuses_the_undo(cast: Cast) -> None:
    entitlement = cast.entitle()
    act = move(cast, entitlement, "gold_annual")
    cast.override(entitlement, seat_limit=250)
    assert codes(look(act, entitlement)) == ["changed_since"]


def test_the_same_value_twice_does_not_let_an_older_act_be_undone(cast: Cast) -> None:
    entitlement = cast.entitle()
    first = move(cast, entitlement, "gold_annual")
    move(cast, entitlement, "silver_annual")
    move(cast, entitlement, "gold_annual")
    assert codes(look(first, entitlement)) == ["changed_since"]


def test_releasing_seats_leaves_the_version_and_earlier_acts_to_undo(cast: Cast) -> None:
    entitlement = cast.entitle(seats=2)
    act = move(cast, entitlement, "gold_annual")
    cast.do(ReleaseSeats(as_of=TODAY), [entitlement.pk])
    assert [(change.from_version, change.to_version) for change in changes_of(entitlement)] == [(0, 1), (1, 2), (2, 2)]
    assert codes(look(act, entitlement)) == []


def test_an_undone_version_is_never_given_again(cast: Cast) -> None:
    entitlement = cast.entitle()
    first = move(cast, entitlement, "gold_annual")
    undo(cast, first, entitlement)
    move(cast, entitlement, "bronze_annual")
    assert codes(look(first, entitlement)) == ["already_undone"]


def test_an_act_is_undone_once(cast: Cast) -> None:
    entitlement = cast.entitle(seats=2)
    act = cast.do(ReleaseSeats(as_of=TODAY), [entitlement.pk]).act
    undo(cast, act, entitlement)
    assert act is not None
    assert codes(look(act, entitlement)) == ["already_undone"]


def test_after_an_undo_the_act_before_can_be_undone(cast: Cast) -> None:
    entitlement = cast.entitle()
    first = cast.override(entitlement, seat_limit=250)
    second = move(cast, entitlement, "gold_annual")
    undo(cast, second, entitlement)
    undo(cast, first, entitlement)
    assert (entitlement.version, entitlement.override_count) == (1, 0)


def test_undoing_the_creation_ends_the_entitlement_and_redo_reopens_it(cast: Cast) -> None:
    entitlement = cast.entitle()
    undone = undo(cast, newest_act(), entitlement)
    assert (entitlement.ended_on, entitlement.version) == (TODAY, 0)
    undo(cast, undone, entitlement)
    assert (entitlement.ended_on, entitlement.version) == (None, 1)


def test_an_ended_plan_is_not_reopened_beside_another(cast: Cast) -> None:
    entitlement = cast.entitle()
    undone = undo(cast, newest_act(), entitlement)
    cast.entitle("gold_annual", order=entitlement.order_id)
    assert codes(look(undone, entitlement)) == ["has_plan_already"]


def test_an_ended_add_on_is_reopened_beside_the_plan_it_belongs_to(cast: Cast) -> None:
    plan = cast.entitle()
    add_on = cast.entitle(cast.add_on(), order=plan.order_id)
    undone = undo(cast, newest_act(), add_on)
    assert codes(look(undone, add_on)) == []
    undo(cast, undone, add_on)
    assert add_on.ended_on is None


def test_undoing_for_many_is_one_act_and_partial(cast: Cast) -> None:
    held = [cast.entitle() for _ in range(3)]
    ids = [entitlement.pk for entitlement in held]
    operation = SetOverrides(as_of=TODAY, values={"seat_limit": 9})
    act = cast.do(operation, ids, reason="r").act
    assert act is not None
    cast.override(held[0], seat_limit=10)
    result = engine.apply(
        UndoAct(as_of=TODAY, act_id=act.pk), ids, made_by=cast.operations, source=Source.PAGE, at=LATER
    )
    assert sorted(outcome.status for outcome in result.outcomes) == ["changed", "changed", "refused"]
    assert result.act is not None
    assert result.act.undoes == act


def test_an_act_of_others_cannot_be_undone_here(cast: Cast) -> None:
    mine, other = cast.entitle(), cast.entitle()
    act = move(cast, other, "gold_annual")
    assert codes(look(act, mine)) == ["not_in_act"]


def test_undo_asks_for_a_seat_choice_where_the_old_capacity_is_too_small(cast: Cast) -> None:
    entitlement = cast.entitle(seats=5)
    act = move(cast, entitlement, "gold_annual")
    cast.occupy(entitlement, 3, at=NOW)
    assert codes(look(act, entitlement)) == ["seats_over_limit"]
    assert len(look(act, entitlement, seats=OLDEST).released) == 3
    chosen = tuple(Seat.objects.values_list("pk", flat=True)[:3])
    assert not look(act, entitlement, seats=SeatChoice(SeatMode.RELEASE_CHOSEN, chosen)).is_blocked


def test_support_may_not_undo(cast: Cast) -> None:
    entitlement = cast.entitle()
    with pytest.raises(PermissionDenied):
        engine.apply(
            UndoAct(as_of=TODAY, act_id=newest_act().pk),
            [entitlement.pk],
            made_by=cast.people["support"],
            source=Source.PAGE,
        )


def test_undoing_the_creation_releases_the_seats_and_redo_brings_them_back(cast: Cast) -> None:
    entitlement = cast.entitle(seats=3)
    undone = undo(cast, newest_act(), entitlement)
    assert entitlement.seats_used == Seat.objects.filter(released_at=None).count() == 0
    undo(cast, undone, entitlement)
    assert entitlement.seats_used == Seat.objects.filter(released_at=None).count() == 3


def test_undoing_the_redo_of_a_creation_releases_the_seats_again(cast: Cast) -> None:
    entitlement = cast.entitle(seats=3)
    undone = undo(cast, newest_act(), entitlement)
    redone = undo(cast, undone, entitlement)
    undo(cast, redone, entitlement)
    assert entitlement.ended_on == TODAY
    assert entitlement.seats_used == Seat.objects.filter(released_at=None).count() == 0


def test_an_undo_with_nothing_to_bring_back_is_refused(cast: Cast) -> None:
    entitlement = cast.entitle(seats=1)
    act = cast.do(ReleaseSeats(as_of=TODAY), [entitlement.pk]).act
    assert act is not None
    gone = Seat.objects.get()
    other = cast.occupy(entitlement, 1, at=NOW)[0]
    Seat.objects.filter(pk=other.pk).update(seat_id=gone.seat_id)
    assert codes(look(act, entitlement)) == ["nothing_to_undo"]
