"""The second entitlement of a move: what goes over, what stays, and how many may be split off."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from entitlements.models import derived_id
from entitlements.operations import Move, SeatChoice, SeatMode
from entitlements.operations.change_offering.created import (
    CREATES_NEW,
    CREATES_PART,
    Rest,
    choice_of_part,
    moves_to_new,
    part_of,
    part_problems,
    part_warnings,
    rest_of,
    seats_of_part,
    seats_problems,
    with_new_term,
)
from entitlements.operations.seats import KEEP, REFUSE, RELEASE_ALL, Settlement
from entitlements.operations.terms import DEFAULT_TERM, TermChoice, TermMode
from entitlements.state import OverrideValue, RevisionValue, State
from tests.entitlements.values import (
    KEY,
    LONG_AGO,
    NOW,
    ORDER,
    OTHER_KEY,
    TODAY,
    created,
    gold,
    per_seat,
    seat,
    seats,
    state,
    told,
)

OLDEST = SeatChoice(SeatMode.RELEASE_OLDEST)
USES = {seat(0).id: {"feature.boards": 1}}
NINE = state(
    per_seat(),
    quantity=9,
    seats_used=3,
    seat_uses=USES,
    counters={"feature.calls": 4},
    overrides={"seat_limit": 20, "grace_period": "P1D"},
    disabled_at=LONG_AGO,
)


def test_the_words_of_a_second_entitlement() -> None:
    assert told([CREATES_NEW, CREATES_PART]) == [
        (
            "creates_new",
            "This entitlement ends today, and a new one starts in the same order. Seats go over to it.",
            "term",
        ),
        (
            "creates_part",
            "The part becomes an entitlement of its own, in a new order with an activation code.",
            "count",
        ),
    ]


# --- a new one -------------------------------------------------------------------------------------------------------

CREATE_NEW, CREATE_NEW_AND_ADD = TermMode.CREATE_NEW, TermMode.CREATE_NEW_AND_ADD
NEW_TERM = TermChoice(CREATE_NEW)
WAITS = gold(terms={"start_type": "first_activation"})


@pytest.mark.parametrize(
    ("after", "starts"),
    [(state(gold()), True), (state(WAITS), True), (created(gold()), True), (created(WAITS), False)],
)
def test_the_new_term_starts_today_where_the_old_one_ran_or_the_plan_starts_on_creation(
    after: State, starts: bool
) -> None:
    day = date(2026, 1, 1)
    dates = {"starts_on": day, "standard_expires_on": day, "standard_maintenance_expires_on": day}
    full = replace(after, counters={"feature.calls": 4}, **dates)
    found = with_new_term(full, DEFAULT_TERM, today=TODAY, at=NOW)
    term = (TODAY, date(2027, 11, 21), NOW) if starts else (None, None, None)
    assert (found.state.starts_on, found.state.standard_expires_on, found.state.activated_at) == term
    assert (found.state.standard_maintenance_expires_on, found.state.counters) == (None, {})
    assert found.problems == ()


@pytest.mark.parametrize(
    ("expires", "kept", "codes"),
    [
        ("2026-11-21", True, ["expiry_before_start"]),
        ("2026-11-22", True, []),
        ("2027-11-21", False, []),
    ],
)
def test_an_expiry_set_by_hand_goes_over_where_it_differs(expires: str, kept: bool, codes: list[str]) -> None:
    found = with_new_term(state(gold(), overrides={"expires_on": expires}), DEFAULT_TERM, today=TODAY, at=NOW)
    assert [each.code for each in found.problems] == codes
    assert ("expires_on" in found.state.overrides) is kept


@pytest.mark.parametrize(("mode", "ends"), [(CREATE_NEW, date(2027, 11, 21)), (CREATE_NEW_AND_ADD, date(2028, 2, 29))])
def test_what_is_left_of_the_old_term_can_be_added(mode: TermMode, ends: date) -> None:
    found = with_new_term(state(gold()), TermChoice(mode), today=TODAY, at=NOW)
    assert found.state.expires_on == ends


def test_a_new_one_that_is_chosen_drops_an_expiry_set_by_hand() -> None:
    found = with_new_term(state(gold(), overrides={"expires_on": "2026-11-21"}), NEW_TERM, today=TODAY, at=NOW)
    assert (found.state.overrides, found.problems) == ({}, ())


def test_a_start_agreed_for_a_later_day_holds_for_the_new_one() -> None:
    later = state(gold(), starts_on=date(2026, 12, 1), standard_expires_on=date(2027, 12, 1))
    assert with_new_term(later, NEW_TERM, today=TODAY, at=NOW).state.starts_on == date(2026, 12, 1)


def test_the_old_one_ends_and_the_new_one_takes_its_place() -> None:
    after = state(gold(), seats_used=2, overrides={"grace_period": "P1D"})
    move = Move(NINE, after, released=(seat(1),), path={"group": 1})
    old, new = moves_to_new(move, seats=seats(3), key=OTHER_KEY, today=TODAY)
    assert old.after == replace(NINE, ended_on=TODAY, seats_used=0, seat_uses={})
    assert (old.before, old.released, old.taken_over, old.path) == (NINE, (seat(1),), (), {"group": 1})
    assert (old.taken_from, old.continues, old.memo) == (None, None, move.memo)
    assert new.after == replace(after, id=derived_id(OTHER_KEY, KEY), version=0, sequence=0)
    assert (new.before, new.continues, new.taken_from) == (None, NINE, KEY)
    assert (new.taken_over, new.released, new.path) == ((seat(0), seat(2)), (), {"group": 1})
    assert old.memo is new.memo is move.memo


def test_only_what_is_there_can_end() -> None:
    with pytest.raises(LookupError, match=r"^There is no such entitlement\.$"):
        moves_to_new(Move(None, state()), seats=(), key=OTHER_KEY, today=TODAY)


# --- a part ----------------------------------------------------------------------------------------------------------


def test_a_part_has_the_term_and_overrides_but_for_the_seats() -> None:
    part = part_of(NINE, 4, key=OTHER_KEY)
    assert (part.id, part.version, part.sequence) == (derived_id(OTHER_KEY, KEY), 0, 0)
    assert (part.quantity, part.counters, part.seats_used, part.seat_uses) == (4, {}, 0, {})
    assert part.overrides == {"grace_period": OverrideValue("P1D")}
    assert (part.starts_on, part.standard_expires_on) == (NINE.starts_on, NINE.standard_expires_on)
    assert (part.disabled_at, part.revision) == (LONG_AGO, NINE.revision)


@pytest.mark.parametrize("is_disabled", [False, True])
def test_a_part_comes_into_a_new_order_of_the_same_customer(is_disabled: bool) -> None:
    before = replace(NINE, order=replace(ORDER, is_customer_disabled=is_disabled))
    order = part_of(before, 4, key=OTHER_KEY).order
    assert (order.id, order.customer_id) == (derived_id(OTHER_KEY, KEY, "order"), ORDER.customer_id)
    assert (order.customer_name, order.order_reference) == ("Osprey Freight", "")
    assert (order.is_new, order.needs_code, order.is_customer_disabled) == (True, True, is_disabled)
    assert (order.is_new_customer, order.new_codes) == (False, ())


def test_seats_set_by_hand_stay_with_the_rest() -> None:
    stay = "The number of seats that was set by hand stays with the rest. The part has the seats of its quantity."
    assert part_warnings(state(per_seat(), overrides={"grace_period": "P1D"})) == [CREATES_PART]
    assert part_warnings(NINE)[0] == CREATES_PART
    assert told(part_warnings(NINE))[1:] == [("seats_stay_overridden", stay, "seat_limit")]


def not_sold(name: str) -> tuple[str, str, str]:
    return ("part_not_sold", f"{name} is not sold per seat, so it moves as a whole. Leave this empty.", "count")


def out(quantity: str, last: str) -> tuple[str, str, str]:
    message = f"Give a number from 1 to {last}, or leave this empty to move all {quantity}."
    return ("part_out_of_range", message, "count")


ONE = ("part_out_of_range", "There is one seat only: move it as a whole. Leave this empty.", "count")


@pytest.mark.parametrize(
    ("on", "quantity", "count", "problems"),
    [
        (per_seat(), 9, -1, [out("9", "8")]),
        (per_seat(), 9, 0, [out("9", "8")]),
        (per_seat(), 9, 1, []),
        (per_seat(), 9, 8, []),
        (per_seat(), 9, 9, [out("9", "8")]),
        (per_seat(), 9, 10, [out("9", "8")]),
        (per_seat(), 2, 1, []),
        (per_seat(), 2, 2, [out("2", "1")]),
        (per_seat(), 1, 0, [ONE]),
        (per_seat(), 1, 1, [ONE]),
        (per_seat(), 3_001, 3_001, [out("3,001", "3,000")]),
        (per_seat(), None, 1, [not_sold("Gold per seat")]),
        (gold(), None, 1, [not_sold("Gold")]),
        (gold(), 9, 1, [not_sold("Gold")]),
    ],
)
def test_how_many_may_be_split_off(on: RevisionValue, quantity: int | None, count: int, problems: list[Any]) -> None:
    assert told(part_problems(state(on, quantity=quantity), count)) == problems


def choose(*numbers: int) -> SeatChoice:
    return SeatChoice(SeatMode.RELEASE_CHOSEN, tuple(seat(number).id for number in numbers))


@pytest.mark.parametrize(
    ("choice", "count", "going"),
    [
        (REFUSE, 0, []),
        (REFUSE, 1, [0]),
        (REFUSE, 3, [0, 1, 2]),
        (REFUSE, 4, [0, 1, 2]),
        (KEEP, 2, [0, 1]),
        (choose(), 2, []),
        (choose(2), 2, [2]),
        (choose(2, 0, 9), 1, [0, 2]),
    ],
)
def test_the_seats_that_go_with_a_part(choice: SeatChoice, count: int, going: list[int]) -> None:
    assert seats_of_part(choice, seats(3), count) == tuple(seat(number) for number in going)


UNKNOWN = ("seat_unknown", "Some of the seats chosen are not active here. Choose from those listed.", "seats")


@pytest.mark.parametrize(
    ("choice", "going", "count", "problems"),
    [
        (choose(0, 1), 2, 2, []),
        (choose(0, 1), 2, 3, []),
        (choose(0, 0), 1, 1, []),
        (choose(0, 1), 2, 1, [("too_many_seats", "2 seats are chosen, and 1 go. Choose at most 1.", "seats")]),
        (choose(0, 9), 1, 2, [UNKNOWN]),
        (
            choose(0, 1, 9),
            2,
            1,
            [UNKNOWN, ("too_many_seats", "2 seats are chosen, and 1 go. Choose at most 1.", "seats")],
        ),
        (choose(), 0, 0, []),
        (REFUSE, 3, 1, []),
        (
            choose(*range(2_000)),
            2_000,
            1_000,
            [("too_many_seats", "2,000 seats are chosen, and 1,000 go. Choose at most 1,000.", "seats")],
        ),
    ],
)
def test_the_seats_chosen_for_a_part(choice: SeatChoice, going: int, count: int, problems: list[Any]) -> None:
    assert told(seats_problems(choice, seats(going), count)) == problems


# --- what stays ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "part"),
    [(REFUSE, REFUSE), (KEEP, KEEP), (RELEASE_ALL, RELEASE_ALL), (OLDEST, OLDEST), (choose(1), REFUSE)],
)
def test_seats_that_are_chosen_go_along_and_none_is_released(choice: SeatChoice, part: SeatChoice) -> None:
    assert choice_of_part(choice) == part


def stays(in_use: int, count: int, choice: SeatChoice, going: int = 0, **facts: Any) -> Rest:
    held = replace(NINE, seats_used=in_use, seat_uses={}, **{"overrides": {}, **facts})
    return rest_of(held, count, active=seats(in_use), going=seats(going), choice=choice)


@pytest.mark.parametrize(
    ("in_use", "count", "choice", "going", "gone", "problems", "warnings"),
    [
        (7, 2, REFUSE, 0, [], [], []),
        (8, 2, REFUSE, 1, [], [], []),
        (
            8,
            2,
            REFUSE,
            0,
            [],
            [
                (
                    "seats_over_limit",
                    "What stays: 8 seats are in use and 7 allowed after this change. "
                    "Release 1, or keep them over the limit.",
                    "seats",
                )
            ],
            [],
        ),
        (
            8,
            2,
            KEEP,
            0,
            [],
            [],
            [
                (
                    "over_limit",
                    "What stays: 8 seats are in use and 7 allowed: "
                    "no seat can be activated until use is below the limit.",
                    "seats",
                )
            ],
        ),
        (9, 2, OLDEST, 1, [1], [], []),
        (9, 2, OLDEST, 0, [0, 1], [], []),
    ],
)
def test_the_choice_of_seats_holds_for_what_stays_too(
    in_use: int, count: int, choice: SeatChoice, going: int, gone: list[int], problems: Any, warnings: Any
) -> None:
    found = stays(in_use, count, choice, going)
    assert found.settlement.released == tuple(seat(number) for number in gone)
    assert (told(found.settlement.problems), told(found.settlement.warnings)) == (problems, warnings)
    assert (found.state.quantity, found.state.seats_used) == (9 - count, in_use - going - len(gone))


@pytest.mark.parametrize(("choice", "codes"), [(RELEASE_ALL, ["over_limit"]), (choose(0), ["seats_over_limit"])])
def test_all_seats_or_chosen_ones_are_those_that_go_along(choice: SeatChoice, codes: list[str]) -> None:
    found = stays(9, 2, choice, 1).settlement
    assert (found.released, [each.code for each in (*found.problems, *found.warnings)]) == ((), codes)


def test_seats_over_a_limit_that_does_not_sink_ask_nothing() -> None:
    found = stays(9, 2, REFUSE, overrides={"seat_limit": OverrideValue(4)})
    assert found.settlement == Settlement()
