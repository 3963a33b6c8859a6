"""Seats against the capacity, at each boundary: what goes, what is refused, and the words."""

from typing import Any
from uuid import UUID

import pytest

from entitlements.operations.seats import (
    KEEP,
    REFUSE,
    RELEASE_ALL,
    SEAT_MODES,
    SeatChoice,
    SeatMode,
    Settlement,
    may_overflow,
    seats_to_choose_from,
    settle,
    with_seats,
    without_seats,
)
from entitlements.state import State
from tests.cast import Cast
from tests.entitlements.values import revision, seat, seats, state, told

OLDEST = SeatChoice(SeatMode.RELEASE_OLDEST)
FOUR = seats(4)


def of(limit: Any, **facts: Any) -> State:
    """Return an entitlement with so many seats."""
    return state(revision(rights={"seat_limit": limit}), **facts)


def choose(*numbers: int) -> SeatChoice:
    return SeatChoice(SeatMode.RELEASE_CHOSEN, tuple(UUID(int=1000 + number) for number in numbers))


def names(settlement: Settlement) -> list[str]:
    return [each.name for each in settlement.released]


def test_the_modes_have_words_in_the_order_of_the_choices() -> None:
    assert list(SEAT_MODES.items()) == [
        ("refuse", "Refuse if over the limit"),
        ("release_oldest", "Release oldest"),
        ("release_chosen", "Release chosen"),
        ("release_all", "Release all"),
        ("keep", "Keep over the limit"),
    ]


def test_nothing_is_released_unless_it_is_asked_for() -> None:
    assert (SeatChoice().mode, SeatChoice().chosen) == (SeatMode.REFUSE, ())
    assert (REFUSE.mode, KEEP.mode, RELEASE_ALL.mode) == (SeatMode.REFUSE, SeatMode.KEEP, SeatMode.RELEASE_ALL)


# --- refuse and keep -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "in_use", "refusal", "warning"),
    [
        (5, 4, "", ""),
        (5, 5, "", ""),
        (
            5,
            6,
            "6 seats are in use and 5 allowed after this change. Release 1, or keep them over the limit.",
            "6 seats are in use and 5 allowed: no seat can be activated until use is below the limit.",
        ),
        (
            0,
            1,
            "1 seat is in use and 0 allowed after this change. Release 1, or keep them over the limit.",
            "1 seat is in use and 0 allowed: no seat can be activated until use is below the limit.",
        ),
        (
            1_000,
            3_000,
            "3,000 seats are in use and 1,000 allowed after this change. Release 2,000, or keep them over the limit.",
            "3,000 seats are in use and 1,000 allowed: no seat can be activated until use is below the limit.",
        ),
        (0, 0, "", ""),
        ("unlimited", 3_000, "", ""),
    ],
)
def test_seats_in_use_against_the_limit(limit: Any, in_use: int, refusal: str, warning: str) -> None:
    refused = settle(of(limit), (), REFUSE, in_use=in_use)
    kept = settle(of(limit), (), KEEP, in_use=in_use)
    assert told(refused.problems) == ([("seats_over_limit", refusal, "seats")] if refusal else [])
    assert told(kept.warnings) == ([("over_limit", warning, "seats")] if warning else [])
    assert (refused.warnings, kept.problems, refused.released, kept.released) == ((), (), (), ())


@pytest.mark.parametrize("choice", [REFUSE, KEEP, OLDEST])
def test_being_over_the_limit_asks_nothing_where_nothing_must_fit(choice: SeatChoice) -> None:
    assert settle(of(2), FOUR, choice, in_use=4, must_fit=False) == Settlement()
    assert settle(of(2), FOUR, choice, in_use=4) != Settlement()


# --- release ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "gone"),
    [
        (5, []),
        (4, []),
        (3, ["device-0"]),
        (1, ["device-0", "device-1", "device-2"]),
        (0, ["device-0", "device-1", "device-2", "device-3"]),
        ("unlimited", []),
    ],
)
def test_the_oldest_go_as_far_as_the_limit_asks(limit: Any, gone: list[str]) -> None:
    assert names(settle(of(limit), FOUR, OLDEST, in_use=4)) == gone


@pytest.mark.parametrize("limit", [0, 9, "unlimited"])
def test_all_go_whatever_the_limit(limit: Any) -> None:
    assert settle(of(limit), FOUR, RELEASE_ALL, in_use=4) == Settlement(FOUR)


@pytest.mark.parametrize(
    ("limit", "chosen", "gone", "problems"),
    [
        (4, (), [], []),
        (4, (2,), ["device-2"], []),
        (3, (2,), ["device-2"], []),
        (3, (3, 1), ["device-1", "device-3"], []),
        (3, (1, 1), ["device-1"], []),
        (
            3,
            (),
            [],
            [
                "Choose 1 more seat. 4 are in use and 3 allowed after this change: 1 must go, 0 are chosen.",
            ],
        ),
        (
            1,
            (0,),
            ["device-0"],
            [
                "Choose 2 more seats. 4 are in use and 1 allowed after this change: 3 must go, 1 is chosen.",
            ],
        ),
        (4, (0, 9), ["device-0"], ["1 of the seats chosen is not active here. Choose from those listed."]),
        (4, (8, 9), [], ["2 of the seats chosen are not active here. Choose from those listed."]),
        (
            3,
            (9,),
            [],
            [
                "1 of the seats chosen is not active here. Choose from those listed.",
                "Choose 1 more seat. 4 are in use and 3 allowed after this change: 1 must go, 0 are chosen.",
            ],
        ),
        ("unlimited", (3,), ["device-3"], []),
    ],
)
def test_chosen_seats_go_and_must_be_enough(
    limit: Any, chosen: tuple[int, ...], gone: list[str], problems: list[str]
) -> None:
    found = settle(of(limit), FOUR, choose(*chosen), in_use=4)
    assert (names(found), found.warnings) == (gone, ())
    assert [each.message for each in found.problems] == problems
    codes = {"Choose": "choose_more_seats"}
    assert [(each.code, each.field) for each in found.problems] == [
        (codes.get(sentence.split()[0], "seat_unknown"), "seats") for sentence in problems
    ]


def test_large_numbers_of_chosen_seats_are_read_in_groups_of_three() -> None:
    many = SeatChoice(SeatMode.RELEASE_CHOSEN, tuple(UUID(int=number) for number in range(1_000, 2_004)))
    found = settle(of(1_000), FOUR, many, in_use=4_000)
    assert [each.message for each in found.problems] == [
        "1,000 of the seats chosen are not active here. Choose from those listed.",
        "Choose 2,996 more seats. 4,000 are in use and 1,000 allowed after this change: 3,000 must go, 4 are chosen.",
    ]


# --- whether seats must fit ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("earlier", "limit", "used", "overflows"),
    [
        (5, 3, 4, True),
        (9, 5, 4, False),
        (5, 4, 4, False),
        (5, 4, 5, True),
        (4, 4, 5, False),
        (4, 5, 6, False),
        (5, 4, 6, True),
        ("unlimited", 4, 5, True),
        ("unlimited", 5, 5, False),
        (5, "unlimited", 9, False),
        ("unlimited", "unlimited", 9, False),
        (1, 0, 1, True),
        (1, 0, 0, False),
    ],
)
def test_a_change_overflows_where_it_lowers_the_capacity_below_the_use(
    earlier: Any, limit: Any, used: int, overflows: bool
) -> None:
    assert may_overflow(of(earlier, seats_used=used), of(limit, seats_used=0)) is overflows


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mode", "overflows", "is_read"),
    [
        (SeatMode.REFUSE, True, False),
        (SeatMode.KEEP, True, False),
        (SeatMode.RELEASE_OLDEST, True, True),
        (SeatMode.RELEASE_OLDEST, False, False),
        (SeatMode.RELEASE_CHOSEN, True, True),
        (SeatMode.RELEASE_CHOSEN, False, True),
        (SeatMode.RELEASE_ALL, True, True),
        (SeatMode.RELEASE_ALL, False, True),
    ],
)
def test_seats_are_read_only_where_some_may_go(cast: Cast, mode: SeatMode, overflows: bool, is_read: bool) -> None:
    entitlement = cast.entitle("silver_annual", seats=2)
    used = state(id=entitlement.pk, seats_used=2)
    found = seats_to_choose_from([(used, overflows)], SeatChoice(mode))
    assert {key: [each.name for each in active] for key, active in found.items()} == (
        {entitlement.pk: ["device-0", "device-1"]} if is_read else {}
    )
    unused = state(id=entitlement.pk, seats_used=0)
    assert seats_to_choose_from([(unused, overflows)], SeatChoice(mode)) == {}


# --- states without and with seats -----------------------------------------------------------------------------------


def test_what_released_seats_had_checked_out_goes_with_them() -> None:
    one, two, three = (each.id for each in seats(3))
    uses = {one: {"feature.boards": 1}, two: {"feature.boards": 2}}
    after = without_seats(state(seats_used=3, seat_uses=uses), (seat(0), seat(2)))
    assert (after.seats_used, after.seat_uses) == (1, {two: {"feature.boards": 2}})
    assert three not in after.seat_uses


def test_restored_seats_bring_back_what_they_had_checked_out() -> None:
    uses = {seat(0).id: {"feature.boards": 1}}
    after = with_seats(state(seats_used=1, seat_uses=uses), (seat(1, checked_out={"feature.boards": 2}), seat(2)))
    assert (after.seats_used, after.seat_uses) == (3, {**uses, seat(1).id: {"feature.boards": 2}})


@pytest.mark.parametrize(("change", "used"), [(without_seats, 4), (with_seats, 4)])
def test_no_seats_change_nothing(change: Any, used: int) -> None:
    before = state(seats_used=used, seat_uses={seat(0).id: {"feature.boards": 1}})
    assert change(before, ()) == before
