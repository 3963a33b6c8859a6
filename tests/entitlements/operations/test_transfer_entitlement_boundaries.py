"""Transfer: whose the order is, which plans it holds, and which seats go along, each rule at its boundary."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from entitlements.models import Customer
from entitlements.operations import Preview, SeatChoice, SeatMode, TransferEntitlement
from entitlements.operations.one_plan import OpenPlans
from entitlements.operations.seats import KEEP, RELEASE_ALL
from entitlements.operations.transfer_entitlement import TransferWorld
from entitlements.state import OrderValue, State, load
from tests.cast import Cast
from tests.entitlements.values import (
    KEY,
    NOW,
    ORDER,
    OTHER_KEY,
    TODAY,
    codes,
    described,
    revision,
    seat,
    seats,
    state,
    told,
)

THERE = OrderValue(UUID(int=101), ORDER.customer_id, "Osprey Freight", "SO-2")
OF_ANOTHER = replace(THERE, customer_id=UUID(int=201), customer_name="Heron")
DISABLED = replace(OF_ANOTHER, is_customer_disabled=True)


def look(before: State, order: OrderValue | None, choice: SeatChoice = KEEP, **facts: Any) -> Preview:
    operation = TransferEntitlement(as_of=TODAY, order_id=UUID(int=101), seats=choice)
    active = {KEY: seats(before.seats_used)}
    return operation.preview_moves([before], TransferWorld(at=NOW, seats=active, order=order, **facts))


def test_how_it_describes_itself() -> None:
    assert described(TransferEntitlement) == (
        "transfer_entitlement",
        "entitlements.transfer_entitlement",
        ("Transfer", "Transfer", "Transferred", "transferred", "arrow-right", "info", False),
        ("Other", "entitlement", False),
        {
            "order_id": {"label": "Order", "choose": "order"},
            "seats": {"label": "Seats in use", "modes": ("keep", "release_chosen", "release_all")},
        },
    )
    assert TransferEntitlement.words.intro == (
        "Moves the entitlement to another order. Its activation codes become those of that order."
    )
    assert TransferEntitlement(as_of=TODAY, order_id=KEY).seats == KEEP


def test_only_the_order_moves() -> None:
    before = state(overrides={"seat_limit": 9}, counters={"feature.calls": 4}, seats_used=2)
    preview = look(before, THERE)
    assert preview.lead.after == replace(before, order=THERE)
    assert (preview.lead.before, preview.problems, preview.warnings) == (before, (), ())
    assert preview.operation.seen()["order_id"] == str(THERE.id)


@pytest.mark.parametrize(
    ("order", "problems"),
    [
        (None, [("unknown_order", "There is no such order. Choose one from the list.", "order_id")]),
        (ORDER, [("same_order", "This entitlement is in this order already. Choose another one.", "order_id")]),
        (THERE, []),
        (replace(THERE, id=UUID(int=99)), []),
    ],
)
def test_the_order(order: OrderValue | None, problems: list[Any]) -> None:
    assert look(state(), order).operation == TransferEntitlement(as_of=TODAY, order_id=UUID(int=101))
    assert told(look(state(), order).problems) == problems
    assert codes(look(state(ended_on=TODAY), order)) == ["ended", *(code for code, *_ in problems)]


@pytest.mark.parametrize(
    ("order", "warnings"),
    [
        (THERE, []),
        (replace(THERE, is_customer_disabled=True), []),
        (
            replace(OF_ANOTHER, customer_id=UUID(int=199)),
            [
                (
                    "other_customer",
                    "From now on Heron holds this entitlement, and Osprey Freight does not.",
                    "order_id",
                )
            ],
        ),
        (
            OF_ANOTHER,
            [
                (
                    "other_customer",
                    "From now on Heron holds this entitlement, and Osprey Freight does not.",
                    "order_id",
                )
            ],
        ),
        (
            DISABLED,
            [
                (
                    "other_customer",
                    "From now on Heron holds this entitlement, and Osprey Freight does not.",
                    "order_id",
                ),
            ],
        ),
    ],
)
def test_the_customer(order: OrderValue, warnings: list[Any]) -> None:
    assert told(look(state(), order).warnings) == warnings


def test_a_second_plan_in_the_order_is_refused() -> None:
    plans = OpenPlans({(THERE.id, 1): frozenset({OTHER_KEY})})
    found = look(state(), THERE, plans=plans)
    assert [(each.code, each.field) for each in found.problems] == [("has_plan_already", "order_id")]
    assert codes(look(state(revision(kind="add_on")), THERE, plans=plans)) == []


@pytest.mark.parametrize(
    ("choice", "gone", "problems"),
    [
        (KEEP, [], []),
        (RELEASE_ALL, [0, 1, 2], []),
        (SeatChoice(SeatMode.RELEASE_CHOSEN, (seat(1).id,)), [1], []),
        (SeatChoice(SeatMode.RELEASE_CHOSEN, (seat(9).id,)), [], ["seat_unknown"]),
    ],
)
def test_the_seats_that_go_along(choice: SeatChoice, gone: list[int], problems: list[str]) -> None:
    uses = {seat(1).id: {"feature.boards": 2}}
    before = state(revision(rights={"seat_limit": 1}), seats_used=3, seat_uses=uses)
    preview = look(before, THERE, choice)
    assert ([each.name for each in preview.released], codes(preview)) == ([f"device-{n}" for n in gone], problems)
    assert preview.lead.after.seats_used == 3 - len(gone)
    assert preview.lead.after.seat_uses == ({} if 1 in gone else uses)
    assert preview.warnings == ()


def test_the_seats_of_another_entitlement_stay() -> None:
    assert look(state(id=OTHER_KEY, seats_used=2), THERE, RELEASE_ALL).released == ()


# --- reading ---------------------------------------------------------------------------------------------------------


def test_the_order_its_plans_and_its_seats_are_read(cast: Cast, django_assert_num_queries: Any) -> None:
    later, coming, there = cast.entitle(), cast.entitle(seats=2), cast.entitle()
    Customer.objects.filter(pk=there.order.customer_id).update(disabled_at=NOW)
    states = load([coming.pk, there.pk, later.pk])
    operation = TransferEntitlement(as_of=TODAY, order_id=there.order_id, seats=RELEASE_ALL)
    with django_assert_num_queries(3):
        found = operation.load(states, at=NOW, revisions={})
    assert found.order is not None
    assert (found.at, found.order.id, found.order.is_customer_disabled) == (NOW, there.order_id, True)
    place = there.order_id, cast.atlas.pk
    # Who is in the order already does not come into it.
    assert (found.plans.held, found.plans.coming) == ({place: {there.pk}}, {place: 2})
    assert [len(found.seats[coming.pk]), there.pk in found.seats] == [2, False]


def test_no_seats_are_read_where_all_go_along(cast: Cast) -> None:
    coming, there = cast.entitle(seats=2), cast.entitle()
    operation = TransferEntitlement(as_of=TODAY, order_id=there.order_id)
    assert operation.load(load([coming.pk]), at=NOW, revisions={}).seats == {}


def test_the_order_to_come_into_may_be_the_older_one(cast: Cast) -> None:
    there, coming = cast.entitle(), cast.entitle()
    found = TransferEntitlement(as_of=TODAY, order_id=there.order_id).load(load([coming.pk]), at=NOW, revisions={})
    assert found.plans.coming == {(there.order_id, cast.atlas.pk): 1}


def test_what_a_batch_shares_is_in_the_move() -> None:
    world = TransferWorld(at=NOW, order=THERE)
    assert TransferEntitlement(as_of=TODAY, order_id=THERE.id).preview([state()], world).lead.memo is world.memo
    assert TransferWorld(at=NOW).order is None


def test_an_order_that_is_not_there_is_nothing(cast: Cast) -> None:
    coming = cast.entitle()
    found = TransferEntitlement(as_of=TODAY, order_id=UUID(int=9)).load(load([coming.pk]), at=NOW, revisions={})
    assert (found.order, found.plans.held, found.plans.coming) == (None, {}, {})
