"""What the log says of the changes to take back: units, versions, orders, seats, and the number of queries."""

from datetime import timedelta
from typing import Any

import pytest

from entitlements.models import Act, Change, Entitlement, Seat
from entitlements.operations import (
    ChangeOffering,
    ReleaseSeats,
    SetOverrides,
    TermChoice,
    TermMode,
    TransferEntitlement,
    UndoAct,
)
from entitlements.operations.undo_act.changes import ChangeValue, changes_of, units_of
from entitlements.state import load
from tests.cast import NOW, OLDEST, TODAY, Cast
from tests.entitlements.values import KEY
from tests.factories import ProductFactory

LATER = NOW + timedelta(hours=1)


def moved(cast: Cast, *held: Entitlement, name: str = "gold_annual", **facts: Any) -> Act:
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision(name).pk, **facts)
    act = cast.do(operation, [each.pk for each in held]).act
    assert act is not None
    return act


def read(act: Act, *held: Entitlement) -> dict[Any, ChangeValue]:
    return changes_of(act.pk, load([each.pk for each in held]))


# --- units -----------------------------------------------------------------------------------------------------------


def test_each_entitlement_is_a_unit_of_its_own(cast: Cast, django_assert_num_queries: Any) -> None:
    one, two, other = cast.entitle(), cast.entitle(), cast.entitle()
    act = moved(cast, one, two)
    with django_assert_num_queries(1):
        found = units_of(act.pk, [two.pk, other.pk, one.pk, KEY])
    assert found == [*sorted([(one.pk,), (two.pk,)]), (other.pk,), (KEY,)]
    assert units_of(act.pk, [one.pk]) == [(one.pk,)]


def test_what_moved_together_is_one_unit_named_by_the_first(cast: Cast) -> None:
    held = cast.entitle()
    act = moved(cast, held, term=TermChoice(TermMode.CREATE_NEW))
    new = Entitlement.objects.get(order=held.order_id, ended_on=None)
    assert units_of(act.pk, [new.pk]) == units_of(act.pk, [held.pk]) == [(held.pk, new.pk)]
    assert units_of(act.pk, [new.pk, held.pk]) == [(held.pk, new.pk)]


# --- changes ---------------------------------------------------------------------------------------------------------


def test_a_change_says_between_which_versions_and_revisions(cast: Cast) -> None:
    held = cast.entitle()
    act = moved(cast, held)
    [change] = read(act, held).values()
    row = Change.objects.get(act=act)
    assert (change.id, change.from_version, change.to_version, change.is_undone) == (row.pk, 1, 2, False)
    assert change.from_revision is not None
    assert change.from_revision.id == cast.revision("silver_annual").pk
    assert (change.returning, change.busy) == ((), ())
    assert change.orders.find(str(held.order_id)).id == held.order_id


def test_a_creation_has_no_revision_before(cast: Cast) -> None:
    held = cast.entitle()
    [change] = read(Change.objects.get(entitlement=held).act, held).values()
    assert (change.from_revision, change.from_version) == (None, 0)


def test_what_the_act_did_not_change_is_left_out(cast: Cast) -> None:
    held, other = cast.entitle(), cast.entitle()
    assert set(read(moved(cast, held), held, other)) == {held.pk}
    assert read(moved(cast, held, name="silver_annual"), other) == {}


def test_an_undo_and_its_redo_are_known(cast: Cast) -> None:
    held, other = cast.entitle(), cast.entitle()
    act = moved(cast, held, other)
    undone = cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [held.pk], at=LATER).act
    assert undone is not None
    assert {key: each.is_undone for key, each in read(act, held, other).items()} == {held.pk: True, other.pk: False}
    cast.do(UndoAct(as_of=TODAY, act_id=undone.pk), [held.pk], at=LATER)
    assert not read(act, held)[held.pk].is_undone
    assert read(undone, held)[held.pk].is_undone


def test_the_redo_of_a_change_is_refused_while_an_earlier_one_is_undone(cast: Cast) -> None:
    held = cast.entitle()
    first, second = moved(cast, held), moved(cast, held, name="bronze_annual")
    undo_second = cast.do(UndoAct(as_of=TODAY, act_id=second.pk), [held.pk], at=LATER).act
    cast.do(UndoAct(as_of=TODAY, act_id=first.pk), [held.pk], at=LATER)
    assert undo_second is not None
    redo = UndoAct(as_of=TODAY, act_id=undo_second.pk)
    states = load([held.pk])
    preview = redo.preview(states, redo.load(states, at=LATER, revisions={}))
    assert [each.code for each in preview.problems] == ["changed_since"]


def test_a_transfer_names_both_orders(cast: Cast) -> None:
    held, there = cast.entitle(cast.add_on(), order=cast.entitle().order_id), cast.entitle()
    was = held.order_id
    act = cast.do(TransferEntitlement(as_of=TODAY, order_id=there.order_id), [held.pk]).act
    assert act is not None
    orders = read(act, held)[held.pk].orders
    assert {orders.find(str(key)).id for key in (was, there.order_id)} == {was, there.order_id}


# --- seats -----------------------------------------------------------------------------------------------------------


def again(held: Entitlement, seat_id: str) -> Seat:
    """Activate a seat with an id that was in use before."""
    return Seat.objects.create(
        entitlement=held,
        seat_id=seat_id,
        name="again",
        activated_at=NOW,
        lease_expires_at=LATER,
        last_refresh_at=NOW,
    )


def test_released_seats_return_earliest_first_with_what_they_had(cast: Cast) -> None:
    held = cast.entitle(seats=5)
    first, second = Seat.objects.filter(entitlement=held).order_by("activated_at")[:2]
    cast.use(held, "dashboards", 2, seat=second)
    act = moved(cast, held, name="bronze_annual", seats=OLDEST)
    [change] = read(act, held).values()
    assert [(each.id, each.name, each.checked_out) for each in change.returning] == [
        (first.pk, "device-0", {}),
        (second.pk, "device-1", {"feature.dashboards": 2}),
    ]
    assert change.busy == ()


def test_released_seats_return_in_the_order_of_their_activation_whatever_their_keys(cast: Cast) -> None:
    held = cast.entitle(seats=2)
    first, second = Seat.objects.filter(entitlement=held).order_by("pk")
    Seat.objects.filter(pk=first.pk).update(activated_at=NOW)
    act = cast.do(ReleaseSeats(as_of=TODAY), [held.pk]).act
    assert act is not None
    assert [each.id for each in read(act, held)[held.pk].returning] == [second.pk, first.pk]


def test_a_seat_that_is_active_again_returns_only_once(cast: Cast) -> None:
    held = cast.entitle(seats=4)
    act = cast.do(ReleaseSeats(as_of=TODAY), [held.pk]).act
    assert act is not None
    Seat.objects.filter(name="device-0").update(released_at=None)
    assert [each.name for each in read(act, held)[held.pk].returning] == ["device-1", "device-2", "device-3"]


@pytest.mark.parametrize("where", ["here", "beside", "other product", "other customer", "released"])
def test_a_seat_is_active_elsewhere_at_the_same_customer_for_the_same_product(cast: Cast, where: str) -> None:
    held = cast.entitle(seats=2)
    act = cast.do(ReleaseSeats(as_of=TODAY), [held.pk]).act
    assert act is not None
    gone = Seat.objects.get(name="device-0")
    other = cast.entitle()
    if where in ("beside", "other product"):
        type(other.order).objects.filter(pk=other.order_id).update(customer=held.order.customer_id)
    row = again(held if where == "here" else other, gone.seat_id)
    if where == "released":
        Seat.objects.filter(pk=row.pk).update(released_at=NOW)
    if where == "other product":
        Entitlement.objects.filter(pk=other.pk).update(product=ProductFactory())
    [change] = read(act, held).values()
    is_busy = where in ("here", "beside")
    assert change.busy == (("device-0",) if is_busy else ())
    assert [each.name for each in change.returning] == (["device-1"] if is_busy else ["device-0", "device-1"])


def test_several_seats_may_be_busy(cast: Cast) -> None:
    held = cast.entitle(seats=2)
    act = cast.do(ReleaseSeats(as_of=TODAY), [held.pk]).act
    assert act is not None
    other = cast.entitle("gold_annual")
    type(other.order).objects.filter(pk=other.order_id).update(customer=held.order.customer_id)
    for gone in Seat.objects.filter(entitlement=held):
        again(other, gone.seat_id)
    [change] = read(act, held).values()
    assert (change.busy, change.returning) == (("device-0", "device-1"), ())


def test_whose_the_seats_are_is_asked_of_the_order_it_goes_back_to(cast: Cast) -> None:
    beside, there = cast.entitle(), cast.entitle()
    held = cast.entitle(cast.add_on(), order=beside.order_id)
    cast.occupy(held, 1)
    operation = TransferEntitlement(
        as_of=TODAY,
        order_id=there.order_id,
        seats=ReleaseSeats(as_of=TODAY).seats,
    )
    act = cast.do(operation, [held.pk]).act
    assert act is not None
    gone = Seat.objects.get(name="device-0")
    again(there, gone.seat_id)
    assert read(act, held)[held.pk].busy == ()
    again(beside, gone.seat_id)
    assert read(act, held)[held.pk].busy == ("device-0",)


def test_reading_takes_as_many_queries_for_many_as_for_one(cast: Cast, django_assert_num_queries: Any) -> None:
    held = [cast.entitle(seats=4) for _ in range(3)]
    act = moved(cast, *held, name="bronze_annual", seats=OLDEST)
    for count in (1, 3):
        states = load([each.pk for each in held[:count]])
        with django_assert_num_queries(5):
            changes_of(act.pk, states)
    plain = cast.do(SetOverrides(as_of=TODAY, values={"grace_period": "P1D"}), [held[0].pk], reason="r").act
    assert plain is not None
    states = load([held[0].pk])
    with django_assert_num_queries(3):
        changes_of(plain.pk, states)


def test_an_undo_reads_the_plans_of_the_place_it_goes_back_to(cast: Cast) -> None:
    held = cast.entitle()
    made = Change.objects.get(entitlement=held).act
    stays = UndoAct(as_of=TODAY, act_id=moved(cast, held).pk)
    assert stays.load(load([held.pk]), at=NOW, revisions={}).plans.held == {}
    cast.do(stays, [held.pk], at=LATER)
    ended = cast.do(UndoAct(as_of=TODAY, act_id=made.pk), [held.pk], at=LATER).act
    assert ended is not None
    beside = cast.entitle(order=held.order_id)
    operation = UndoAct(as_of=TODAY, act_id=ended.pk)
    world = operation.load(load([held.pk]), at=LATER, revisions={})
    assert (world.at, world.plans.held) == (LATER, {(held.order_id, cast.atlas.pk): {beside.pk}})
    assert (list(world.changes), operation.units([held.pk])) == ([held.pk], [(held.pk,)])
    assert operation.load(load([beside.pk]), at=LATER, revisions={}).changes == {}


def test_an_undo_reads_the_seats_it_needs(cast: Cast) -> None:
    held = cast.entitle(seats=2)
    made = Change.objects.get(entitlement=held).act
    found = UndoAct(as_of=TODAY, act_id=made.pk).load(load([held.pk]), at=NOW, revisions={})
    assert [each.name for each in found.seats[held.pk]] == ["device-0", "device-1"]
    plain = UndoAct(as_of=TODAY, act_id=moved(cast, held).pk)
    assert plain.load(load([held.pk]), at=NOW, revisions={}).seats == {}
