"""The preview of an operation that may lower the capacity: seats, problems and warnings that all of them have."""

from typing import Any

import pytest

from entitlements.operations import Preview, Problem, SetOverrides
from entitlements.operations.seats import KEEP, REFUSE, RELEASE_ALL, SeatChoice, SeatMode
from entitlements.operations.settled import settled_preview
from entitlements.state import State
from tests.entitlements.values import KEY, TODAY, revision, seat, seats, state, told, world

OLDEST = SeatChoice(SeatMode.RELEASE_OLDEST)
MINE = Problem("mine", "A problem of the operation.", "values")


def look(before: State, after: State, choice: SeatChoice = REFUSE, *problems: Problem, active: int = 4) -> Preview:
    operation = SetOverrides(as_of=TODAY)
    return settled_preview(operation, before, after, world(seats(active)), seats=choice, problems=problems)


def of(limit: Any, **facts: Any) -> State:
    return state(overrides={"seat_limit": limit}, **facts)


@pytest.mark.parametrize(
    ("choice", "gone", "used", "problems", "warnings"),
    [
        (REFUSE, 0, 4, ["seats_over_limit"], []),
        (KEEP, 0, 4, [], ["over_limit"]),
        (OLDEST, 1, 3, [], []),
        (RELEASE_ALL, 4, 0, [], []),
    ],
)
def test_the_choice_settles_what_does_not_fit(
    choice: SeatChoice, gone: int, used: int, problems: list[str], warnings: list[str]
) -> None:
    preview = look(of(5, seats_used=4), of(3, seats_used=4), choice)
    assert (preview.released, preview.lead.after.seats_used) == (seats(4)[:gone], used)
    assert [each.code for each in preview.problems] == problems
    assert [each.code for each in preview.warnings] == warnings


@pytest.mark.parametrize(("limit", "refused"), [(2, False), (3, False), (1, True)])
def test_seats_over_the_limit_before_ask_nothing_unless_the_limit_sinks(limit: int, refused: bool) -> None:
    after = of(limit, seats_used=4, quantity=1)
    assert bool(look(of(2, seats_used=4), after).problems) is refused


def test_the_seats_are_those_of_the_entitlement() -> None:
    other = state(overrides={"seat_limit": 5}, id=seat(1).id, seats_used=4)
    assert look(other, state(id=seat(1).id, seats_used=4), RELEASE_ALL).released == ()


def test_what_seats_had_checked_out_goes_with_them() -> None:
    uses = {seat(0).id: {"feature.boards": 2}, seat(1).id: {"feature.boards": 1}}
    silver = revision(rights={"feature.boards": 2})
    before = state(silver, seats_used=2, seat_uses=uses)
    after = state(silver, overrides={"seat_limit": 1}, seats_used=2, seat_uses=uses)
    assert look(before, after, OLDEST, active=2).lead.after.checked_out == {"feature.boards": 1}
    assert [each.code for each in look(before, after, KEEP).warnings] == ["over_limit"]


def test_nothing_to_change_is_said_where_nothing_else_is() -> None:
    nothing = ("nothing_to_change", "Nothing would change. Enter another value.", "")
    assert told(look(state(), state()).problems) == [nothing]
    assert look(state(), state(), REFUSE, MINE).problems == (MINE,)
    assert look(state(), of(9)).problems == ()
    assert look(state(seats_used=4), state(seats_used=4), RELEASE_ALL).problems == ()


def test_every_problem_is_said_at_once_in_this_order() -> None:
    before = of(5, seats_used=4, ended_on=TODAY)
    after = state(overrides={"seat_limit": 3, "expires_on": "2026-03-01"}, seats_used=4, ended_on=TODAY)
    assert [each.code for each in look(before, after, REFUSE, MINE).problems] == [
        "ended",
        "mine",
        "expiry_before_start",
        "seats_over_limit",
    ]


def test_the_move_goes_from_the_state_before_to_the_one_after() -> None:
    preview = look(state(), of(9))
    assert (preview.ids, preview.lead.before, preview.lead.after) == ((KEY,), state(), of(9))
    assert preview.operation == SetOverrides(as_of=TODAY)


def test_the_differences_of_revisions_are_shared_with_the_batch() -> None:
    known = world()
    preview = settled_preview(SetOverrides(as_of=TODAY), state(), of(9), known, seats=REFUSE, problems=())
    assert preview.lead.memo is known.memo
