"""Take an act back, as values: where it is refused, what comes back, and what becomes of both of a pair."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from entitlements.operations import Move, Preview, SeatChoice, SeatMode, UndoAct
from entitlements.operations.one_plan import OpenPlans
from entitlements.operations.preview import TakenBack
from entitlements.operations.seats import KEEP, REFUSE, RELEASE_ALL
from entitlements.operations.undo_act import ChangeValue, UndoWorld
from entitlements.operations.undo_act.changes import undone_by
from entitlements.state import Delta, Orders, SeatRecord, SeatsOver, State
from offerings.rights import LARGEST
from tests.entitlements.values import (
    KEY,
    NOW,
    ORDER,
    OTHER_KEY,
    TODAY,
    codes,
    described,
    gold,
    revision,
    seat,
    seats,
    state,
    told,
)

OLDEST = SeatChoice(SeatMode.RELEASE_OLDEST)
CHOSEN = SeatChoice(SeatMode.RELEASE_CHOSEN, (seat(0).id,))
ACT = UUID(int=50)
ORDERS = Orders({ORDER.id: ORDER})


def change(delta: Delta | None = None, **facts: Any) -> ChangeValue:
    """Return a change from version 2 to 3, that left an entitlement as it was but for ``delta``."""
    known = {"from_version": 2, "to_version": 3, "from_revision": revision(), "orders": ORDERS, "is_undone": False}
    return ChangeValue(**{"id": UUID(int=60), "delta": delta or Delta(), **known, **facts})


def look(
    *pairs: tuple[State, ChangeValue | None],
    choice: SeatChoice = REFUSE,
    active: dict[UUID, Any] | None = None,
    plans: OpenPlans | None = None,
) -> Preview:
    changes = {found.id: made for found, made in pairs if made}
    world = UndoWorld(at=NOW, seats=active or {}, plans=plans or OpenPlans(), changes=changes)
    return UndoAct(as_of=TODAY, act_id=ACT, seats=choice).preview_moves([found for found, _made in pairs], world)


def records(*numbers: int) -> tuple[SeatRecord, ...]:
    return tuple(SeatRecord.of(seat(number)) for number in numbers)


def test_how_it_describes_itself() -> None:
    assert described(UndoAct) == (
        "undo_act",
        "entitlements.undo_act",
        ("Undo", "Undo", "Undid or redid", "undid a change of", "undo", "quiet", False),
        ("Other", "entitlement", False),
        {"seats": {"label": "Seats in use"}},
    )
    assert UndoAct(as_of=TODAY, act_id=ACT).seats == REFUSE
    assert UndoWorld(at=NOW).changes == {}


# --- where it is refused ---------------------------------------------------------------------------------------------


def test_an_act_that_did_not_change_it_is_refused() -> None:
    message = "That act did not change this entitlement."
    preview = look((state(), None))
    assert told(preview.problems) == [("not_in_act", message, "")]
    assert (preview.moves, preview.operation) == ((Move(state(), state()),), UndoAct(as_of=TODAY, act_id=ACT))
    assert codes(look((state(), change()), (state(id=OTHER_KEY), None))) == ["not_in_act"]


ALONE = "This entitlement has been changed since. Undo the later changes first, newest first."
OF_SEVERAL = "An entitlement of this act has been changed since. Undo its later changes first, newest first."


@pytest.mark.parametrize(
    ("version", "refused"),
    [(2, True), (3, False), (4, True)],
)
def test_only_the_version_that_the_act_left_can_go_back(version: int, refused: bool) -> None:
    made = change(Delta(fields={"quantity": (None, 1)}))
    found = look((state(version=version, quantity=1), made))
    assert told(found.problems) == ([("changed_since", ALONE, "")] if refused else [])
    assert found.operation == UndoAct(as_of=TODAY, act_id=ACT)
    other = (state(id=OTHER_KEY, order=replace(ORDER, id=OTHER_KEY), quantity=1), made)
    pair = look((state(version=version, quantity=1), made), other)
    assert told(pair.problems) == ([("changed_since", OF_SEVERAL, "")] if refused else [])
    swapped = look(other, (state(version=version, quantity=1), made))
    assert codes(swapped) == (["changed_since"] if refused else [])


def test_an_act_is_taken_back_once() -> None:
    message = "This act has been undone already."
    made = change(Delta(fields={"quantity": (None, 1)}), is_undone=True)
    assert told(look((state(quantity=1), made)).problems) == [("already_undone", message, "")]
    # A redo leads to the same version as the act: what says that it is undone is the log alone.
    assert told(look((state(version=9), made)).problems) == [("already_undone", message, "")]


def test_an_order_with_another_plan_by_now_is_refused() -> None:
    ended = state(ended_on=TODAY)
    made = change(Delta(fields={"ended_on": (None, "2026-11-21")}))
    taken = OpenPlans({(ORDER.id, 1): frozenset({OTHER_KEY})})
    assert [(each.code, each.field) for each in look((ended, made), plans=taken).problems] == [("has_plan_already", "")]
    assert codes(look((ended, made))) == []


def test_where_nothing_comes_back_there_is_nothing_to_undo() -> None:
    message = "Nothing is left to bring back: the seats of that act are active elsewhere, or released already."
    assert told(look((state(), change())).problems) == [("nothing_to_undo", message, "seats")]
    both = (state(), change()), (state(id=OTHER_KEY, order=replace(ORDER, id=OTHER_KEY)), change())
    assert codes(look(*both)) == ["nothing_to_undo"]
    moved = (both[1][0], change(Delta(fields={"quantity": (3, None)})))
    assert codes(look(both[0], moved)) == []


# --- what comes back -------------------------------------------------------------------------------------------------


def test_the_values_come_back_and_the_change_is_named() -> None:
    delta = Delta(
        fields={"quantity": (3, 4)}, counters={"feature.calls": (9, 0)}, overrides={"seat_limit": (None, None)}
    )
    now = state(gold(), quantity=4, counters={"feature.calls": 2})
    preview = look((now, change(delta, returning=())))
    [move] = preview.moves
    assert (move.before, move.after) == (
        now,
        replace(now, revision=revision(), quantity=3, counters={"feature.calls": 11}),
    )
    assert (move.takes_back, preview.problems, preview.warnings) == (TakenBack(UUID(int=60), 2), (), ())
    assert (move.released, move.restored, move.taken_over, move.taken_from) == ((), (), (), None)


def test_what_was_created_ends_today() -> None:
    now = state(seats_used=2)
    preview = look((now, change(from_revision=None)), active={KEY: seats(2)})
    assert preview.lead.after == replace(now, ended_on=TODAY, seats_used=0)
    assert (preview.released, preview.problems) == (seats(2), ())


def test_the_differences_of_revisions_are_shared_with_the_batch() -> None:
    world = UndoWorld(at=NOW, changes={KEY: change(Delta(fields={"quantity": (1, None)}))})
    preview = UndoAct(as_of=TODAY, act_id=ACT).preview([state()], world)
    assert preview.lead.memo is world.memo


def test_seats_come_back_with_what_they_had_checked_out() -> None:
    back = seat(4, checked_out={"feature.boards": 3})
    preview = look((state(seats_used=1), change(Delta(released=records(4)), returning=(back,))))
    [move] = preview.moves
    assert (move.restored, move.after.seats_used) == ((back,), 2)
    assert move.after.seat_uses == {back.id: {"feature.boards": 3}}


@pytest.mark.parametrize(
    ("choice", "restored", "problems", "warnings"),
    [
        (REFUSE, 1, ["seats_over_limit"], []),
        (KEEP, 1, [], ["over_limit"]),
        (OLDEST, 1, [], []),
        (RELEASE_ALL, 0, [], []),
    ],
)
def test_seats_without_room_are_asked_about(choice: SeatChoice, restored: int, problems: Any, warnings: Any) -> None:
    now = state(seats_used=5)
    made = change(Delta(released=records(9)), returning=(seat(9),))
    preview = look((now, made), choice=choice, active={KEY: seats(5)})
    assert (len(preview.restored), codes(preview)) == (restored, problems)
    assert [each.code for each in preview.warnings] == warnings


def test_a_redo_gives_back_what_the_undo_brought() -> None:
    brought = Delta(fields={"quantity": (3, None)}, restored=records(1))
    preview = look((state(seats_used=3), change(brought)), active={KEY: seats(3)})
    assert (preview.released, preview.lead.after.seats_used) == ((seat(1),), 2)


def test_seats_that_are_busy_are_warned_of() -> None:
    preview = look((state(), change(Delta(fields={"quantity": (3, None)}), busy=("laptop",))))
    assert [each.code for each in preview.warnings] == ["seat_active_elsewhere"]


# --- both of a pair --------------------------------------------------------------------------------------------------

OLD = state(ended_on=TODAY, counters={"feature.calls": 4})
NEW = state(gold(), id=OTHER_KEY, seats_used=2, counters={"feature.calls": 9, "feature.boards": 1})
HANDED = change(Delta(fields={"ended_on": (None, "2026-11-21")}, handed_over=SeatsOver(OTHER_KEY, (seat(0).id,))))
TOOK = change(
    Delta(took_over=SeatsOver(KEY, (seat(0).id,)), counters={"feature.calls": (0, 2)}),
    id=UUID(int=61),
    from_revision=None,
)
ENDS = ("partner_ends", "The entitlement that was created ends with this. Its seats come over.", "")
ENDS_EMPTY = ("partner_ends", "The entitlement that was created ends with this.", "")
OPENS = ("partner_opens", "An entitlement that had ended opens again with this.", "")


def test_the_new_one_ends_and_the_old_one_opens_with_its_seats_and_use() -> None:
    preview = look((OLD, HANDED), (NEW, TOOK), active={OTHER_KEY: seats(2)})
    old, new = preview.moves
    assert (old.after.ended_on, old.after.seats_used, old.taken_over, old.taken_from) == (None, 2, seats(2), OTHER_KEY)
    # What the new one has counted since it was created: 9 - 2, and 1.
    assert old.after.counters == {"feature.calls": 11, "feature.boards": 1}
    assert (new.after.ended_on, new.after.seats_used, new.released, new.taken_from) == (TODAY, 0, (), None)
    assert (codes(preview), told(preview.warnings)) == ([], [ENDS, OPENS])
    assert [each.takes_back for each in preview.moves] == [TakenBack(UUID(int=60), 2), TakenBack(UUID(int=61), 2)]


@pytest.mark.parametrize(
    ("had", "has"), [(LARGEST - 8, LARGEST - 1), (LARGEST - 7, LARGEST), (LARGEST - 6, LARGEST), (LARGEST, LARGEST)]
)
def test_use_never_counts_over_the_largest_number(had: int, has: int) -> None:
    old = replace(OLD, counters={"feature.calls": had})
    preview = look((old, HANDED), (NEW, TOOK), active={OTHER_KEY: seats(2)})
    assert preview.moves[0].after.counters["feature.calls"] == has


@pytest.mark.parametrize("ended", [False, True])
def test_use_goes_over_only_where_an_entitlement_ends_with_it(ended: bool) -> None:
    part = replace(TOOK, from_revision=gold())
    rest = change(Delta(fields={"quantity": (9, 7)}, handed_over=SeatsOver(OTHER_KEY, (seat(0).id,))))
    now = replace(NEW, ended_on=TODAY if ended else None)
    preview = look((state(quantity=7, counters={"feature.calls": 4}), rest), (now, part), active={OTHER_KEY: seats(2)})
    assert preview.moves[0].after.counters == {"feature.calls": 4}


def test_what_does_not_fit_is_released_and_named() -> None:
    small = replace(OLD, revision=revision(rights={"seat_limit": 1}))
    made = replace(HANDED, from_revision=revision(rights={"seat_limit": 1}))
    preview = look((small, made), (NEW, TOOK), choice=OLDEST, active={OTHER_KEY: seats(2)})
    old, new = preview.moves
    assert (old.taken_over, old.after.seats_used, old.released) == ((seat(1),), 1, ())
    assert (new.released, new.after.seats_used) == ((seat(0),), 0)
    assert told(preview.warnings)[-1] == ("partner_releases", "Released, and not taken over: device-0.", "seats")
    refused = look((small, made), (NEW, TOOK), active={OTHER_KEY: seats(2)})
    assert codes(refused) == ["seats_over_limit"]


def test_seats_that_the_act_brought_back_go_again_and_never_go_over() -> None:
    brought = replace(TOOK, delta=replace(TOOK.delta, restored=records(1)))
    preview = look((OLD, HANDED), (NEW, brought), active={OTHER_KEY: seats(2)})
    old, new = preview.moves
    assert (old.taken_over, new.released) == ((seat(0),), (seat(1),))


def test_both_of_a_pair_that_stay_open_say_nothing_of_each_other() -> None:
    part = replace(TOOK, from_revision=gold())
    rest = change(Delta(fields={"quantity": (9, 7)}, handed_over=SeatsOver(OTHER_KEY, (seat(0).id,))))
    preview = look((state(quantity=7), rest), (NEW, part), active={OTHER_KEY: seats(2)})
    assert preview.warnings == ()
    assert preview.moves[0].taken_over == (seat(0),)


@pytest.mark.parametrize(
    ("found", "made", "warning"),
    [(state(), change(from_revision=None), ENDS_EMPTY), (OLD, HANDED, OPENS)],
)
def test_one_alone_has_no_partner_to_speak_of(found: State, made: ChangeValue, warning: Any) -> None:
    other = replace(ORDER, id=OTHER_KEY)
    assert look((found, made)).warnings == ()
    beside = (state(id=OTHER_KEY, order=other), change(Delta(fields={"quantity": (3, None)})))
    assert told(look((found, made), beside).warnings) == [warning]
    assert told(look(beside, (found, made)).warnings) == [warning]


# --- which changes are undone ----------------------------------------------------------------------------------------

A, B, C, D = (UUID(int=number) for number in (11, 12, 13, 14))


@pytest.mark.parametrize(
    ("undos", "undone"),
    [
        ([], set()),
        ([(B, A)], {A}),
        ([(C, B), (B, A)], {B}),
        ([(D, C), (C, B), (B, A)], {C, A}),
        ([(D, B), (C, A)], {B, A}),
        ([(B, None)], set()),
        # A was undone by C; undoing B beside it changes nothing for A.
        ([(D, B), (C, A), (B, None)], {A, B}),
    ],
)
def test_a_redo_brings_a_change_again(undos: Any, undone: set[UUID]) -> None:
    assert undone_by(undos) == undone


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "made", "choice", "is_read"),
    [
        (state(seats_used=3), change(), REFUSE, False),
        (state(seats_used=3), change(), KEEP, False),
        (state(seats_used=3), change(), CHOSEN, True),
        (state(seats_used=3), change(), RELEASE_ALL, True),
        (state(seats_used=3), change(), OLDEST, False),
        (state(seats_used=3), change(returning=(seat(9),)), OLDEST, True),
        (state(seats_used=3), change(returning=(seat(9),)), REFUSE, False),
        (state(gold(rights={"seat_limit": 9}), seats_used=5), change(), OLDEST, False),
        (state(gold(rights={"seat_limit": 9}), seats_used=6), change(), OLDEST, True),
        (state(gold(rights={"seat_limit": 9}), seats_used=6), change(), REFUSE, False),
        (state(), change(from_revision=None), REFUSE, True),
        (state(), change(Delta(fields={"ended_on": ("2026-11-20", None)})), REFUSE, True),
        (state(), change(Delta(took_over=SeatsOver(OTHER_KEY, ()))), REFUSE, True),
        (state(), change(Delta(handed_over=SeatsOver(OTHER_KEY, ()))), REFUSE, True),
        (state(), change(Delta(restored=records(1))), REFUSE, True),
        (state(), change(Delta(released=records(1))), REFUSE, False),
    ],
)
def test_seats_are_needed_only_where_some_move(
    found: State, made: ChangeValue, choice: SeatChoice, is_read: bool
) -> None:
    assert UndoAct(as_of=TODAY, act_id=ACT, seats=choice)._needs_seats(found, made) is is_read
