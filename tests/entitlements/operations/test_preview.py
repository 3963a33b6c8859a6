"""What a move and a preview are made of: what counts as a change, how two become one, what people have seen."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from entitlements.operations import Disable, Enable, Move, OverrideOutcome, Preview, PreviewWarning, Problem
from entitlements.operations.preview import TakenBack, refused, single
from entitlements.state import OverrideValue, State
from tests.entitlements.values import (
    KEY,
    LONG_AGO,
    NOW,
    OTHER_KEY,
    TODAY,
    created,
    gold,
    revision,
    seat,
    seats,
    state,
)

ASK = Disable(as_of=TODAY)
MOVED = state(quantity=2)


# --- one move --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("move", "unchanged", "counts_up"),
    [
        (Move(state(), state()), True, False),
        (Move(state(), MOVED), False, True),
        (Move(None, state()), False, True),
        (Move(state(), state(), released=seats(1)), False, False),
        (Move(state(), state(), restored=seats(1)), False, False),
        (Move(state(), state(), taken_over=seats(1)), False, False),
        (Move(state(), state(seats_used=1)), False, False),
        (Move(state(), state(counters={"feature.calls": 1})), False, False),
        (Move(state(), state(overrides={"seat_limit": 5})), False, True),
        (Move(state(overrides={"feature.sso": 1}), state(overrides={"feature.sso": True})), True, True),
    ],
)
def test_what_is_a_change_and_what_is_a_new_version(move: Move, unchanged: bool, counts_up: bool) -> None:
    assert (move.is_unchanged, move.changes_version()) == (unchanged, counts_up)


def test_what_is_left_out_of_a_move_is_nothing() -> None:
    least = Move(state(), state())
    assert (least.released, least.restored, least.taken_over, least.path) == ((), (), (), {})
    assert (least.taken_from, least.continues, least.takes_back, least.memo) == (None, None, None, {})
    assert (Preview(ASK, (least,)).problems, Preview(ASK, (least,)).warnings) == ((), ())


def test_what_a_batch_shares_is_no_part_of_a_move() -> None:
    shared = Move(state(), state(), memo={(1, 2): ()})
    assert shared == Move(state(), state())
    assert "memo" not in repr(shared)


def test_a_move_is_named_by_its_entitlement_and_compared_with_what_it_goes_on_from() -> None:
    old, new = state(), state(gold(), id=OTHER_KEY)
    assert Move(None, new).id == OTHER_KEY
    assert Move(None, new).compared is None
    assert Move(old, new, continues=MOVED).compared is old
    assert Move(None, new, continues=old).compared is old


def test_what_a_move_does_is_told_against_what_it_is_compared_with() -> None:
    old = state(overrides={"seat_limit": 9}, counters={"feature.calls": 4})
    new = state(gold(rights={"feature.calls": 9, "seat_limit": 25}), id=OTHER_KEY)
    continued = Move(None, new, continues=old)
    assert [(each.right.key, each.before, each.after) for each in continued.effects] == [
        ("offering", "Silver, revision 1", "Gold, revision 1"),
        ("seat_limit", 9, 25),
        ("feature.calls", None, 9),
    ]
    assert [(each.right.key, each.outcome) for each in continued.overrides] == [("seat_limit", OverrideOutcome.DROPPED)]
    assert [each.key for each in continued.counters_reset] == ["feature.calls"]


def test_the_differences_of_two_revisions_are_noted_for_the_batch() -> None:
    memo: dict[Any, Any] = {}
    assert Move(state(), state(gold()), memo=memo).effects
    assert list(memo) == [(1, 2)]


# --- two moves of one entitlement ------------------------------------------------------------------------------------


def test_two_moves_become_one() -> None:
    first = Move(
        state(),
        MOVED,
        released=(seat(1),),
        restored=(seat(2), seat(3)),
        taken_over=(seat(4), seat(5)),
        taken_from=OTHER_KEY,
        continues=state(id=OTHER_KEY),
        path={"group": 1},
    )
    later = Move(MOVED, state(quantity=3), released=(seat(3), seat(5), seat(6)), restored=(seat(7),))
    joined = first.then(later)
    assert (joined.before, joined.after, joined.continues) == (state(), state(quantity=3), state(id=OTHER_KEY))
    assert [each.name for each in joined.released] == ["device-1", "device-3", "device-5", "device-6"]
    assert [each.name for each in joined.restored] == ["device-2", "device-7"]
    assert [each.name for each in joined.taken_over] == ["device-4"]
    assert (joined.taken_from, joined.path) == (OTHER_KEY, {"group": 1})


def test_what_only_the_later_move_says_stands() -> None:
    takes_back = TakenBack(UUID(int=9), 2)
    later = Move(
        MOVED,
        state(),
        taken_over=(seat(1),),
        taken_from=OTHER_KEY,
        path={"group": 2},
        continues=MOVED,
        takes_back=takes_back,
    )
    joined = Move(state(), MOVED, taken_over=(seat(0),)).then(later)
    assert [each.name for each in joined.taken_over] == ["device-0", "device-1"]
    assert (joined.taken_from, joined.path, joined.takes_back) == (OTHER_KEY, {"group": 2}, takes_back)
    assert (joined.before, joined.continues) == (state(), None)
    assert Move(None, MOVED, path={"group": 1}).then(later).path == {"group": 2}


# --- a preview -------------------------------------------------------------------------------------------------------


def test_a_preview_is_named_by_its_first_move_and_led_by_the_one_that_goes_on() -> None:
    first, second = Move(state(), MOVED), Move(None, state(id=OTHER_KEY), continues=state())
    both = Preview(ASK, (first, second))
    assert (both.ids, both.id, both.lead) == ((KEY, OTHER_KEY), KEY, second)
    assert Preview(ASK, (first, Move(None, state(id=OTHER_KEY)))).lead is first


def test_the_seats_of_a_preview_are_those_of_all_moves() -> None:
    one, two, three = (seat(1),), (seat(2),), (seat(3),)
    moves = (
        Move(state(), state(), released=one, restored=two, taken_over=three),
        Move(state(), state(), released=two, restored=three, taken_over=one),
    )
    found = Preview(ASK, moves)
    assert (found.released, found.restored, found.taken_over) == (one + two, two + three, three + one)


def test_problems_block_and_warnings_do_not() -> None:
    problem, warning = Problem("a", "A."), PreviewWarning("b", "B.")
    assert (problem.field, warning.field) == ("", "")
    fine = single(ASK, state(), MOVED, warnings=[warning])
    assert (fine.is_blocked, fine.problems, fine.warnings) == (False, (), (warning,))
    assert (fine.operation, fine.moves) == (ASK, (Move(state(), MOVED),))
    closed = single(ASK, state(), MOVED, problems=[problem])
    assert (closed.is_blocked, closed.problems, closed.warnings) == (True, (problem,), ())
    assert fine.with_problems([]) is fine
    assert closed.with_problems([Problem("c", "C.")]).problems == (problem, Problem("c", "C."))


def test_what_is_refused_does_nothing_to_any_entitlement() -> None:
    found = refused(ASK, [state(), MOVED], [Problem("a", "A.")])
    assert (found.operation, found.problems, found.warnings) == (ASK, (Problem("a", "A."),), ())
    assert found.moves == (Move(state(), state()), Move(MOVED, MOVED))


# --- what people have seen -------------------------------------------------------------------------------------------

BASE = Move(state(), MOVED, released=(seat(1),), path={"group": 1, "name": "Atlas"})
BY_HAND = Move(state(), state(overrides={"seat_limit": 9}))


def fingerprint(move: Move, *, ask: Any = ASK, problems: Any = (), warnings: Any = ()) -> str:
    return Preview(ask, (move,), tuple(problems), tuple(warnings)).fingerprint


def with_state(move: Move, **facts: Any) -> Move:
    assert move.before is not None
    return replace(move, before=replace(move.before, **facts), after=replace(move.after, **facts))


@pytest.mark.parametrize(
    "other",
    [
        with_state(BASE, version=4),
        with_state(BASE, id=OTHER_KEY),
        replace(BASE, after=state(quantity=3)),
        replace(BASE, released=()),
        replace(BASE, released=(seat(2),)),
        replace(BASE, restored=(seat(2),)),
        replace(BASE, taken_over=(seat(2),)),
        replace(BASE, takes_back=TakenBack(UUID(int=9), 1)),
        replace(BASE, path={"name": "Atlas"}),
        replace(BASE, path={"group": 2, "name": "Atlas"}),
        replace(BASE, path={"group": 1, "name": "Atlas", "outside": True}),
    ],
)
def test_another_fingerprint_is_another_thing_that_people_saw(other: Move) -> None:
    assert fingerprint(other) != fingerprint(BASE)


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, path={"group": 1, "name": "Renamed"}),
        replace(BASE, released=(seat(1, lease_expires_at=NOW, name="Renamed"),)),
        with_state(BASE, seats_used=3),
        with_state(BASE, counters={"feature.calls": 3}),
        with_state(BASE, sequence=9),
    ],
)
def test_names_leases_and_use_are_nothing_that_people_confirm(other: Move) -> None:
    assert fingerprint(other) == fingerprint(BASE)


def test_the_change_that_is_taken_back_is_seen() -> None:
    one, other = (replace(BASE, takes_back=TakenBack(UUID(int=key), 1)) for key in (8, 9))
    assert fingerprint(one) != fingerprint(other)


def test_the_order_in_which_a_path_is_noted_does_not_matter() -> None:
    one, other = ({"group": 1, "rank": "upgrade"}, {"rank": "upgrade", "group": 1})
    assert fingerprint(replace(BASE, path=one)) == fingerprint(replace(BASE, path=other))


def test_the_order_of_seats_does_not_matter_and_their_side_does() -> None:
    one, two = seats(2)
    assert fingerprint(replace(BASE, released=(one, two))) == fingerprint(replace(BASE, released=(two, one)))
    moved = replace(BASE, released=(), restored=(seat(1),))
    assert fingerprint(moved) != fingerprint(replace(BASE, released=(), taken_over=(seat(1),)))


def test_the_key_and_version_of_what_is_created_is_nothing_that_people_see() -> None:
    one, two = Move(None, created()), Move(None, created(id=OTHER_KEY, version=9))
    assert fingerprint(one) == fingerprint(two)
    assert fingerprint(Move(created(), created())) != fingerprint(one)


@pytest.mark.parametrize(
    "override",
    [OverrideValue(8), OverrideValue(9, is_floor=True)],
)
def test_what_is_set_by_hand_is_seen(override: OverrideValue) -> None:
    assert fingerprint(Move(state(), state(overrides={"seat_limit": override}))) != fingerprint(BY_HAND)


def test_the_standard_beside_what_is_kept_is_seen() -> None:
    def kept(limit: int) -> State:
        return state(revision(rights={"seat_limit": limit}), overrides={"seat_limit": 9})

    assert fingerprint(Move(kept(5), kept(5))) != fingerprint(Move(kept(6), kept(6)))


def test_the_operation_is_seen() -> None:
    assert fingerprint(BASE, ask=Enable(as_of=TODAY)) != fingerprint(BASE)
    assert fingerprint(BASE, ask=Disable(as_of=TODAY + timedelta(days=1))) != fingerprint(BASE)


@pytest.mark.parametrize("kind", [Problem, PreviewWarning])
def test_codes_and_fields_are_seen_and_sentences_are_not(kind: Any) -> None:
    part = "problems" if kind is Problem else "warnings"

    def seen(*found: Any) -> str:
        return fingerprint(BASE, **{part: found})

    assert seen(kind("a", "A.")) == seen(kind("a", "Other words."))
    assert seen(kind("a", "A.")) != seen()
    assert seen(kind("a", "A.")) != seen(kind("b", "A."))
    assert seen(kind("a", "A.")) != seen(kind("a", "A.", "seats"))
    assert seen(kind("a", "A."), kind("b", "B.")) == seen(kind("b", "B."), kind("a", "A."))


@pytest.mark.parametrize("field", ["reason", "reference"])
@pytest.mark.parametrize("kind", [Problem, PreviewWarning])
def test_what_is_wrong_with_the_words_of_an_act_is_no_part_of_it(kind: Any, field: str) -> None:
    part = "problems" if kind is Problem else "warnings"
    assert fingerprint(BASE, **{part: [kind("a", "A.", field)]}) == fingerprint(BASE)


def test_a_problem_is_another_thing_than_a_warning() -> None:
    assert fingerprint(BASE, problems=[Problem("a", "A.")]) != fingerprint(BASE, warnings=[PreviewWarning("a", "A.")])


def test_a_fingerprint_is_short_and_the_same_on_every_machine() -> None:
    found = fingerprint(Move(state(disabled_at=None), state(disabled_at=LONG_AGO)))
    assert found == fingerprint(Move(state(disabled_at=None), state(disabled_at=LONG_AGO)))
    assert len(found) == 32
    assert set(found) <= set("0123456789abcdef")
