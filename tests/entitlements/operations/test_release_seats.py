"""Release seats: all or chosen ones, at least one, and how many the log says."""

from typing import Any
from uuid import UUID

import pytest

from entitlements.operations import ReleaseSeats, SeatChoice, SeatMode
from entitlements.operations.seats import RELEASE_ALL
from entitlements.state import Delta
from entitlements.state.delta import SeatRecord
from tests.cast import Cast
from tests.entitlements.values import NOW, TODAY, codes, described, look, seat, seats, state, told

THREE = state(seats_used=3)


def choose(*numbers: int) -> SeatChoice:
    return SeatChoice(SeatMode.RELEASE_CHOSEN, tuple(seat(number).id for number in numbers))


def test_how_it_describes_itself() -> None:
    assert described(ReleaseSeats) == (
        "release_seats",
        "entitlements.release_seats",
        ("Release seats", "Release", "Released seats", "released seats of", "seat", "warn", True),
        ("Other", "seats", False),
        {"seats": {"label": "Seats in use", "modes": ("release_chosen", "release_all")}},
    )
    assert ReleaseSeats.words.intro == (
        "A released seat can be activated again while there is room. What it had checked out is returned."
    )
    assert ReleaseSeats(as_of=TODAY).seats == RELEASE_ALL


NOBODY = ("no_seat_chosen", "No seat would be released. Choose at least one seat in use.", "seats")


@pytest.mark.parametrize(
    ("choice", "active", "gone", "problems"),
    [
        (RELEASE_ALL, 3, [0, 1, 2], []),
        (RELEASE_ALL, 1, [0], []),
        (RELEASE_ALL, 0, [], [NOBODY]),
        (choose(1), 3, [1], []),
        (choose(0, 2), 3, [0, 2], []),
        (choose(), 3, [], [NOBODY]),
        (
            choose(9),
            3,
            [],
            [("seat_unknown", "1 of the seats chosen is not active here. Choose from those listed.", "seats")],
        ),
    ],
)
def test_the_seats_that_go(choice: SeatChoice, active: int, gone: list[int], problems: list[Any]) -> None:
    operation = ReleaseSeats(as_of=TODAY, seats=choice)
    preview = look(operation, state(seats_used=active), active=seats(active))
    assert preview.released == tuple(seat(number) for number in gone)
    assert (preview.lead.after.seats_used, told(preview.problems)) == (active - len(gone), problems)
    assert (preview.operation, preview.lead.before, preview.warnings) == (operation, state(seats_used=active), ())
    assert not preview.lead.changes_version()


def test_what_they_had_checked_out_is_returned() -> None:
    uses = {seat(0).id: {"feature.boards": 2}, seat(1).id: {"feature.boards": 1}}
    preview = look(ReleaseSeats(as_of=TODAY, seats=choose(0)), state(seats_used=3, seat_uses=uses), active=seats(3))
    assert preview.lead.after.seat_uses == {seat(1).id: {"feature.boards": 1}}


def test_being_over_the_limit_asks_for_no_more() -> None:
    over = state(seats_used=9)
    assert codes(look(ReleaseSeats(as_of=TODAY, seats=choose(0)), over, active=seats(9))) == []


def test_what_has_ended_is_refused() -> None:
    assert codes(look(ReleaseSeats(as_of=TODAY), state(seats_used=1, ended_on=TODAY), active=seats(1))) == ["ended"]


def test_the_seats_of_another_entitlement_stay() -> None:
    other = state(id=UUID(int=77), seats_used=3)
    assert codes(look(ReleaseSeats(as_of=TODAY), other, active=seats(3))) == ["no_seat_chosen"]


def test_all_active_seats_are_read(cast: Cast) -> None:
    entitlement = cast.entitle(seats=2)
    for choice in (RELEASE_ALL, choose(9)):
        before = state(id=entitlement.pk, seats_used=2)
        found = ReleaseSeats(as_of=TODAY, seats=choice).load([before], at=NOW, revisions={})
        assert (found.at, len(found.seats[entitlement.pk])) == (NOW, 2)


@pytest.mark.parametrize(("count", "title"), [(0, "Released 0 seats"), (1, "Released 1 seat"), (2, "Released 2 seats")])
def test_the_log_says_how_many(count: int, title: str) -> None:
    delta = Delta(released=tuple(SeatRecord.of(each) for each in seats(count)))
    assert ReleaseSeats.title_of(THREE, THREE, delta) == title
