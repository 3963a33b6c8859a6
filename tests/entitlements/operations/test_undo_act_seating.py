"""Where seats are after an undo: which stay, go, come back, or go over to the entitlement that gave them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from entitlements.operations import SeatChoice, SeatMode
from entitlements.operations.seats import KEEP, REFUSE, RELEASE_ALL, Settlement
from entitlements.operations.undo_act.changes import ChangeValue
from entitlements.operations.undo_act.seating import (
    Seating,
    busy_warnings,
    left_out_warnings,
    must_go_over,
    seat,
)
from entitlements.state import Delta, Orders, SeatRecord, SeatsOver, SeatValue, State
from tests.entitlements.values import KEY, LONG_AGO, OTHER_KEY, TODAY, revision, seats, state, told
from tests.entitlements.values import seat as seat_value

ALL = seats(12)
OLDEST = SeatChoice(SeatMode.RELEASE_OLDEST)


def pick(*numbers: int) -> tuple[SeatValue, ...]:
    return tuple(ALL[number] for number in numbers)


def change(*, restored: tuple[int, ...] = (), took_over: tuple[int, ...] | None = None, **facts: Any) -> ChangeValue:
    over = None if took_over is None else SeatsOver(OTHER_KEY, tuple(ALL[number].id for number in took_over))
    delta = Delta(restored=tuple(SeatRecord.of(ALL[number]) for number in restored), took_over=over)
    known = {"from_version": 1, "to_version": 2, "from_revision": revision(), "orders": Orders({}), "is_undone": False}
    return ChangeValue(**{"id": KEY, "delta": delta, **known, **facts})


# --- which seats must go over ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("took_over", "ends", "going"),
    [
        (None, False, ()),
        (None, True, ()),
        ((), False, ()),
        ((0, 2), False, (0, 2)),
        ((0, 9), False, (0,)),
        ((), True, (0, 1, 2)),
        ((0,), True, (0, 1, 2)),
    ],
)
def test_the_seats_that_were_given_go_back(took_over: Any, ends: bool, going: tuple[int, ...]) -> None:
    after = state(ended_on=TODAY if ends else None)
    assert must_go_over(change(took_over=took_over), after, seats(3)) == pick(*going)


# --- which seats are where -------------------------------------------------------------------------------------------


def settled(
    after: State,
    made: ChangeValue | None = None,
    *,
    active: tuple[int, ...] = (),
    leaving: tuple[int, ...] = (),
    incoming: tuple[int, ...] = (),
    choice: SeatChoice = REFUSE,
    before: State | None = None,
    in_use: int | None = None,
) -> Seating:
    used = len(active) if in_use is None else in_use
    return seat(
        replace(before or after, seats_used=used),
        after,
        made or change(),
        active=pick(*active),
        leaving=pick(*leaving),
        incoming=pick(*incoming),
        choice=choice,
    )


def where(found: Seating) -> dict[str, list[int]]:
    parts = {"released": found.released, "restored": found.restored, "taken_over": found.taken_over, "left": found.left}
    numbers = {each.id: number for number, each in enumerate(ALL)}
    return {name: [numbers[each.id] for each in part] for name, part in parts.items() if part}


def codes(found: Seating) -> list[str]:
    return [each.code for each in found.settlement.problems]


def of(limit: Any, **facts: Any) -> State:
    return state(revision(rights={"seat_limit": limit}), **facts)


ENDED = of(3, ended_on=TODAY)


@pytest.mark.parametrize(
    ("after", "made", "facts", "expected"),
    [
        (of(3), change(), {"active": (0, 1)}, {}),
        # What the act brought back goes again, what it released comes back.
        (of(3), change(restored=(1,)), {"active": (0, 1)}, {"released": [1]}),
        (of(3), change(restored=(9,)), {"active": (0, 1)}, {}),
        (of(3), change(returning=pick(2)), {"active": (0, 1)}, {"restored": [2]}),
        # Those that leave go over, also where the act brought them back.
        (of(3), change(restored=(1,)), {"active": (0, 1), "leaving": (1,)}, {"left": [1]}),
        (of(3), change(), {"active": (0, 1), "leaving": (0, 1)}, {"left": [0, 1]}),
        (of(3), change(), {"active": (0,), "incoming": (4, 5)}, {"taken_over": [4, 5]}),
        # All go where the entitlement ends, or go over where they came from.
        (ENDED, change(), {"active": (0, 1)}, {"released": [0, 1]}),
        (ENDED, change(restored=(1,)), {"active": (0, 1), "leaving": (0,)}, {"released": [1], "left": [0]}),
        (ENDED, change(), {"active": (0, 1), "leaving": (0, 1)}, {"left": [0, 1]}),
    ],
)
def test_where_the_seats_are(after: State, made: ChangeValue, facts: Any, expected: dict[str, list[int]]) -> None:
    found = settled(after, made, **facts)
    assert (where(found), codes(found)) == (expected, [])


@pytest.mark.parametrize(
    ("facts", "restored"),
    [
        ({"active": (0,)}, []),
        ({"incoming": (0,)}, []),
        ({"active": (1,)}, [9]),
        ({"leaving": (0,), "active": (0,)}, [9]),
    ],
)
def test_a_seat_whose_id_is_in_use_here_does_not_come_back(facts: Any, restored: list[int]) -> None:
    again = replace(ALL[9], seat_id=ALL[0].seat_id)
    assert where(settled(of(3), change(returning=(again,)), **facts)).get("restored", []) == restored


# --- whether they fit ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "limit", "made", "facts", "refused"),
    [
        # Nothing comes: being over the limit is nobody's fault, unless the limit sinks.
        (of(2), 2, change(), {"active": (0, 1, 2)}, False),
        (of(3), 2, change(), {"active": (0, 1, 2)}, True),
        (of(3), 2, change(), {"active": (0, 1)}, False),
        (of(3), 2, change(restored=(2,)), {"active": (0, 1, 2)}, False),
        (of(3), 2, change(), {"active": (0, 1, 2), "leaving": (2,)}, False),
        # Seats that come must fit.
        (of(2), 2, change(returning=pick(4)), {"active": (0,)}, False),
        (of(2), 2, change(returning=pick(4)), {"active": (0, 1)}, True),
        (of(2), 2, change(), {"active": (0,), "incoming": (4,)}, False),
        (of(2), 2, change(), {"active": (0,), "incoming": (4, 5)}, True),
        (of(2), 2, change(returning=pick(4)), {"active": (0, 1), "leaving": (0,)}, False),
        # Seats in use that were not read count too.
        (of(2), 2, change(returning=pick(4)), {"in_use": 1}, False),
        (of(2), 2, change(returning=pick(4)), {"in_use": 2}, True),
    ],
)
def test_seats_that_come_back_must_fit(before: State, limit: int, made: ChangeValue, facts: Any, refused: bool) -> None:
    found = settled(of(limit), made, before=before, **facts)
    assert codes(found) == (["seats_over_limit"] if refused else [])


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (6, {"restored": [2, 3], "taken_over": [4, 5]}),
        # The earliest activated go first, whether they stay, come back or come over.
        (5, {"released": [0], "restored": [2, 3], "taken_over": [4, 5]}),
        (3, {"released": [0, 1], "restored": [3], "taken_over": [4, 5]}),
        (1, {"released": [0, 1], "taken_over": [5]}),
        (0, {"released": [0, 1]}),
    ],
)
def test_the_oldest_go_until_the_others_fit(limit: int, expected: dict[str, list[int]]) -> None:
    found = settled(
        of(limit), change(returning=pick(2, 3)), before=of(9), active=(1, 0), incoming=(5, 4)[::-1], choice=OLDEST
    )
    assert where(found) == expected


def test_seats_of_the_same_moment_go_in_the_order_of_their_keys() -> None:
    same = tuple(replace(each, activated_at=LONG_AGO) for each in pick(3, 1, 2))
    found = seat(of(9, seats_used=3), of(2), change(), active=same, leaving=(), incoming=(), choice=OLDEST)
    assert [each.name for each in found.released] == ["device-1"]


def test_all_go_where_that_is_chosen_and_none_come_back() -> None:
    found = settled(of(9), change(returning=pick(2)), active=(0, 1), incoming=(4,), choice=RELEASE_ALL)
    assert where(found) == {"released": [0, 1]}
    kept = settled(of(1), change(returning=pick(2)), active=(0,), choice=KEEP)
    assert where(kept) == {"restored": [2]}
    assert [each.code for each in kept.settlement.warnings] == ["over_limit"]


def test_what_is_left_out_of_a_seating_is_nothing() -> None:
    assert Seating() == Seating((), (), (), None, (), Settlement())


# --- words -----------------------------------------------------------------------------------------------------------


def names(count: int) -> tuple[str, ...]:
    return tuple(f"device-{number}" for number in range(count))


@pytest.mark.parametrize(
    ("busy", "shown"),
    [
        ([], None),
        ([()], None),
        ([("laptop",)], "laptop"),
        ([("laptop",), (), ("desk", "tower")], "laptop, desk, tower"),
        ([names(10)], ", ".join(names(10))),
        ([names(11)], ", ".join(names(10)) + " and 1 more"),
        ([names(2_010)], ", ".join(names(10)) + " and 2,000 more"),
    ],
)
def test_seats_that_are_active_elsewhere_are_named(busy: list[tuple[str, ...]], shown: str | None) -> None:
    found = told(busy_warnings([change(busy=each) for each in busy]))
    message = f"Active elsewhere by now, so not brought back: {shown}."
    assert found == ([("seat_active_elsewhere", message, "seats")] if shown else [])


@pytest.mark.parametrize(
    ("leaving", "taken", "shown"),
    [
        ((), (), None),
        ((0, 1), (0, 1), None),
        ((0, 1), (1,), "device-0"),
        ((0, 1), (), "device-0, device-1"),
        ((), (1,), None),
    ],
)
def test_seats_that_are_not_taken_over_are_named(leaving: Any, taken: Any, shown: str | None) -> None:
    found = told(left_out_warnings({KEY: pick(*leaving), OTHER_KEY: ()}, {OTHER_KEY: pick(*taken), KEY: ()}))
    assert found == ([("partner_releases", f"Released, and not taken over: {shown}.", "seats")] if shown else [])


def test_a_seat_without_a_name_is_named_by_its_id() -> None:
    nameless = seat_value(3, name="", activated_at=LONG_AGO + timedelta(days=1))
    [warning] = left_out_warnings({KEY: (nameless,)}, {})
    assert warning.message == "Released, and not taken over: id-3."
