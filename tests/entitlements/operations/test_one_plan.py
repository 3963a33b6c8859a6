"""One open plan for a product in an order: which places are taken, by whom, and by what comes along."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from entitlements.operations import ChangeOffering, TermChoice, TermMode
from entitlements.operations.one_plan import NO_PLANS, TWO_PLANS, OpenPlans, open_plans, place_of, plan_problems
from entitlements.operations.preview import Move
from entitlements.state import State
from tests.cast import Cast
from tests.entitlements.values import KEY, ORDER, OTHER_KEY, TODAY, gold, revision, state, told

PLACE = (ORDER.id, 1)
ELSEWHERE = replace(ORDER, id=UUID(int=101))
STRANGER = UUID(int=9)


@pytest.mark.parametrize(
    ("kind", "ended_on", "takes_up"),
    [("plan", None, True), ("plan", TODAY, False), ("add_on", None, False), ("add_on", TODAY, False)],
)
def test_only_an_open_plan_takes_up_a_place(kind: str, ended_on: date | None, takes_up: bool) -> None:
    found = place_of(state(revision(kind=kind, product_id=7), ended_on=ended_on))
    assert found == ((ORDER.id, 7) if takes_up else None)


def coming(after: State | None = None, *, before: State | None = None) -> Move:
    return Move(before, after or state())


TAKEN = OpenPlans({PLACE: frozenset({STRANGER})}, {PLACE: 1})


@pytest.mark.parametrize(
    ("moves", "plans", "count"),
    [
        ((coming(),), NO_PLANS, 0),
        ((coming(),), TAKEN, 1),
        ((coming(state(revision(product_id=2))),), TAKEN, 0),
        ((coming(state(order=ELSEWHERE)),), TAKEN, 0),
        ((coming(state(revision(kind="add_on"))),), TAKEN, 0),
        ((coming(state(ended_on=TODAY)),), TAKEN, 0),
        ((coming(before=state()),), TAKEN, 0),
        ((coming(state(gold()), before=state()),), TAKEN, 0),
        ((coming(before=state(order=ELSEWHERE)),), TAKEN, 1),
        ((coming(before=state(revision(product_id=2))),), TAKEN, 1),
        ((coming(before=state(ended_on=TODAY)),), TAKEN, 1),
        # One of the same preview that leaves the place makes room; one that comes along does not.
        ((coming(),), OpenPlans({PLACE: frozenset({KEY})}), 0),
        ((coming(),), OpenPlans({PLACE: frozenset({KEY, STRANGER})}), 1),
        ((coming(state(id=OTHER_KEY)), coming(state(ended_on=TODAY), before=state())), TAKEN, 1),
        ((coming(state(id=OTHER_KEY)), coming(state(ended_on=TODAY), before=state())), NO_PLANS, 0),
        ((coming(), coming(state(id=OTHER_KEY))), NO_PLANS, 2),
        ((coming(), coming(state(id=OTHER_KEY)), coming(state(id=STRANGER))), NO_PLANS, 3),
        ((coming(), coming(state(order=ELSEWHERE, id=OTHER_KEY))), NO_PLANS, 0),
        ((coming(state(revision(kind="add_on"))), coming(state(revision(kind="add_on"), id=OTHER_KEY))), NO_PLANS, 0),
        # Others of the batch, in previews of their own.
        ((coming(),), OpenPlans({}, {PLACE: 0}), 0),
        ((coming(),), OpenPlans({}, {PLACE: 1}), 0),
        ((coming(),), OpenPlans({}, {PLACE: 2}), 1),
        ((coming(),), OpenPlans({}, {(ELSEWHERE.id, 1): 2}), 0),
    ],
)
def test_a_move_into_a_place_that_is_taken_is_refused(moves: tuple[Move, ...], plans: OpenPlans, count: int) -> None:
    message = "This order would hold two plans for Atlas. Change the offering of the other one, or end it first."
    assert told(plan_problems(moves, plans, field="order_id")) == [(TWO_PLANS, message, "order_id")] * count
    assert TWO_PLANS == "has_plan_already"


def test_a_move_that_stays_hides_no_later_one() -> None:
    stays = coming(state(revision(kind="add_on")), before=state(revision(kind="add_on")))
    found = plan_problems((stays, coming(state(id=OTHER_KEY))), TAKEN, field="")
    assert [each.code for each in found] == [TWO_PLANS]


# --- who holds a place -----------------------------------------------------------------------------------------------


def test_without_places_nothing_is_read(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        assert open_plans([]) is open_plans([None, None]) is NO_PLANS


def test_the_holders_of_the_places_are_read_at_once(cast: Cast, django_assert_num_queries: Any) -> None:
    one, two = cast.entitle(), cast.entitle("gold_annual")
    cast.entitle()
    cast.entitle(cast.add_on(), order=one.order_id)
    product = cast.atlas.pk
    with django_assert_num_queries(1):
        found = open_plans([(one.order_id, product), (two.order_id, product), (one.order_id, product), None])
    assert found.held == {(one.order_id, product): {one.pk}, (two.order_id, product): {two.pk}}
    assert found.coming == {(one.order_id, product): 2, (two.order_id, product): 1}


def test_what_has_ended_and_what_is_of_another_product_holds_no_place(cast: Cast) -> None:
    ended, other = cast.entitle(), cast.entitle()
    target = cast.revision("gold_annual").pk
    again = TermChoice(TermMode.CREATE_NEW)
    cast.do(ChangeOffering(as_of=TODAY, revision_id=target, term=again), [ended.pk])
    place = ended.order_id, cast.atlas.pk
    assert ended.pk not in open_plans([place]).held[place]
    assert open_plans([(other.order_id, cast.atlas.pk + 1)]).held == {}
