"""What a change did, as it is stored and taken back: only what moved, each value whole, and use since on top."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from entitlements.state import Delta, Orders, OrderValue, OverrideValue, SeatRecord, SeatsOver, State
from offerings.rights import LARGEST
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
    revision,
    seat,
    state,
)

THERE = OrderValue(OTHER_KEY, OTHER_KEY, "Heron", "SO-2")
ORDERS = Orders({ORDER.id: ORDER, THERE.id: THERE})
MINE = OverrideValue(9, LONG_AGO, 7, "Ada", "Agreed")
FULL = Delta(
    fields={"quantity": (None, 3), "ended_on": (None, "2026-11-21")},
    overrides={
        "seat_limit": (None, MINE),
        "overdraft": (OverrideValue("1", is_floor=True), None),
        "grace_period": (OverrideValue("P1D"), OverrideValue("P2D")),
    },
    counters={"feature.calls": (4, 0)},
    released=(SeatRecord(seat(1).id, "id-1", "device-1", {"feature.boards": 2}),),
    restored=(SeatRecord(seat(2).id, "id-2", ""),),
    handed_over=SeatsOver(OTHER_KEY, (seat(3).id, seat(4).id)),
    took_over=SeatsOver(KEY, ()),
    path={"group": 1},
)
STORED = {
    "fields": {"quantity": [None, 3], "ended_on": [None, "2026-11-21"]},
    "overrides": {
        "seat_limit": [
            None,
            {
                "value": 9,
                "set_at": "2026-03-01T09:00:00+00:00",
                "set_by_id": 7,
                "set_by_name": "Ada",
                "reason": "Agreed",
            },
        ],
        "overdraft": [
            {
                "value": "1",
                "set_at": None,
                "set_by_id": None,
                "set_by_name": "",
                "reason": "",
                "is_floor": True,
            },
            None,
        ],
        "grace_period": [
            {"value": "P1D", "set_at": None, "set_by_id": None, "set_by_name": "", "reason": ""},
            {"value": "P2D", "set_at": None, "set_by_id": None, "set_by_name": "", "reason": ""},
        ],
    },
    "counters": {"feature.calls": [4, 0]},
    "released": [{"id": str(seat(1).id), "seat_id": "id-1", "name": "device-1", "checked_out": {"feature.boards": 2}}],
    "restored": [{"id": str(seat(2).id), "seat_id": "id-2", "name": ""}],
    "handed_over": {"to": str(OTHER_KEY), "seats": [str(seat(3).id), str(seat(4).id)]},
    "took_over": {"from": str(KEY), "seats": []},
    "path": {"group": 1},
}


# --- as it is stored -------------------------------------------------------------------------------------------------


def test_a_delta_is_stored_in_these_words_and_read_back() -> None:
    assert FULL.to_json() == STORED
    assert Delta.from_json(STORED) == FULL


def test_what_is_empty_is_left_out() -> None:
    assert Delta().to_json() == {}
    assert Delta.from_json({}) == Delta()


@pytest.mark.parametrize("part", list(STORED))
def test_each_part_is_stored_alone(part: str) -> None:
    alone = Delta(**{part: getattr(FULL, part)})
    assert alone.to_json() == {part: STORED[part]}
    assert Delta.from_json({part: STORED[part]}) == alone


def test_what_is_left_out_of_a_delta_is_empty() -> None:
    least = Delta()
    assert (least.fields, least.overrides, least.counters, least.path) == ({}, {}, {}, {})
    assert (least.released, least.restored, least.handed_over, least.took_over) == ((), (), None, None)


@pytest.mark.parametrize(("name", "shown"), [("laptop", "laptop"), ("", "id-1")])
def test_a_seat_in_the_log_is_named_by_its_name_or_id(name: str, shown: str) -> None:
    found = SeatRecord.of(seat(1, name=name, checked_out={"feature.boards": 2}))
    assert (str(found), found.id, found.seat_id) == (shown, seat(1).id, "id-1")
    assert (found.name, found.checked_out) == (name, {"feature.boards": 2})
    assert SeatRecord(KEY, "id", "name").checked_out == {}


@pytest.mark.parametrize(
    ("pair", "keys"),
    [(None, set()), ((None, str(OTHER_KEY)), {OTHER_KEY}), ((str(KEY), str(OTHER_KEY)), {KEY, OTHER_KEY})],
)
def test_the_orders_that_a_delta_names(pair: Any, keys: set[Any]) -> None:
    assert Delta(fields={} if pair is None else {"order": pair}).order_ids == keys


# --- what moved ------------------------------------------------------------------------------------------------------


def test_nothing_moved_between_equal_states() -> None:
    assert Delta.between(state(), state()) == Delta()


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        (state(), state(order=THERE), {"order": (str(ORDER.id), str(OTHER_KEY))}),
        (state(), state(quantity=3), {"quantity": (None, 3)}),
        (state(quantity=3), state(quantity=4), {"quantity": (3, 4)}),
        (
            created(),
            state(),
            {
                "starts_on": (None, "2026-03-01"),
                "standard_expires_on": (None, "2027-03-01"),
                "activated_at": (None, "2026-03-01T09:00:00+00:00"),
            },
        ),
        (state(), state(ended_on=TODAY), {"ended_on": (None, "2026-11-21")}),
        (state(), state(disabled_at=NOW), {"disabled_at": (None, "2026-11-21T11:00:00+00:00")}),
        (state(disabled_at=NOW), state(), {"disabled_at": ("2026-11-21T11:00:00+00:00", None)}),
        (
            state(),
            state(standard_maintenance_expires_on=TODAY),
            {"standard_maintenance_expires_on": (None, "2026-11-21")},
        ),
        # What the two revisions tell, what is counted and what follows is not stored.
        (state(), state(gold()), {}),
        (state(), state(seats_used=3), {}),
        (state(version=1), state(version=2, sequence=9), {}),
    ],
)
def test_the_fields_that_moved(before: State, after: State, fields: Any) -> None:
    assert Delta.between(before, after) == Delta(fields=fields)


def test_a_creation_stores_every_field_that_has_a_value() -> None:
    found = Delta.between(
        None, state(per_seat(), quantity=3, counters={"feature.calls": 4}, overrides={"overdraft": MINE})
    )
    assert found.fields == {
        "order": (None, str(ORDER.id)),
        "quantity": (None, 3),
        "starts_on": (None, "2026-03-01"),
        "standard_expires_on": (None, "2027-03-01"),
        "activated_at": (None, "2026-03-01T09:00:00+00:00"),
    }
    assert (found.counters, found.overrides) == ({"feature.calls": (0, 4)}, {"overdraft": (None, MINE)})


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ({}, {"seat_limit": MINE}, (None, MINE)),
        ({"seat_limit": MINE}, {}, (MINE, None)),
        ({"seat_limit": MINE}, {"seat_limit": MINE}, None),
        ({"seat_limit": MINE}, {"seat_limit": OverrideValue(9)}, (MINE, OverrideValue(9))),
        ({"seat_limit": 1}, {"seat_limit": True}, (OverrideValue(1), OverrideValue(True))),
    ],
)
def test_the_overrides_that_moved(before: Any, after: Any, moved: Any) -> None:
    kept = {"grace_period": OverrideValue("P1D")}
    found = Delta.between(state(overrides={**before, **kept}), state(overrides={**after, **kept}))
    assert found == Delta(overrides={} if moved is None else {"seat_limit": moved})


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ({"feature.calls": 4}, {}, (4, 0)),
        ({}, {"feature.calls": 4}, (0, 4)),
        ({"feature.calls": 4}, {"feature.calls": 5}, (4, 5)),
        ({"feature.calls": 4}, {"feature.calls": 4}, None),
        ({"feature.calls": 0}, {}, None),
        ({}, {"feature.calls": 0}, None),
        ({"feature.calls": 1}, {}, (1, 0)),
        ({}, {"feature.calls": 1}, (0, 1)),
    ],
)
def test_the_counters_that_moved(before: Any, after: Any, moved: Any) -> None:
    kept = {"feature.exports": 7}
    found = Delta.between(state(counters={**before, **kept}), state(counters={**after, **kept}))
    assert found == Delta(counters={} if moved is None else {"feature.calls": moved})


def test_what_no_state_tells_is_given() -> None:
    found = Delta.between(state(), state(), released=FULL.released, path={"group": 1})
    assert found == Delta(released=FULL.released, path={"group": 1})


# --- taken back ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (state(), state(order=THERE)),
        (state(quantity=3), state(quantity=4)),
        (created(), state()),
        (state(), state(ended_on=TODAY)),
        (state(disabled_at=NOW), state()),
        (state(), state(overrides={"seat_limit": MINE})),
        (state(overrides={"seat_limit": MINE}), state()),
        (state(overrides={"seat_limit": MINE}), state(overrides={"seat_limit": OverrideValue(8)})),
        (state(), state(gold())),
        (state(counters={"feature.calls": 4}), state()),
        (state(standard_maintenance_expires_on=TODAY), state(standard_expires_on=date(2028, 1, 1))),
    ],
)
def test_what_moved_is_taken_back(before: State, after: State) -> None:
    delta = Delta.from_json(Delta.between(before, after).to_json())
    assert delta.taken_back(after, revision=before.revision, orders=ORDERS) == before


def test_what_did_not_move_stays() -> None:
    now = state(gold(), quantity=3, overrides={"grace_period": "P1D"}, counters={"feature.exports": 2}, seats_used=4)
    found = Delta(fields={"ended_on": (None, "2026-11-21")}).taken_back(now, revision=revision(), orders=ORDERS)
    assert found == replace(now, revision=revision())


@pytest.mark.parametrize(
    ("then", "now", "back"),
    [
        ((4, 0), 0, 4),
        ((4, 0), 3, 7),
        ((4, 6), 9, 7),
        ((0, 4), 4, 0),
        ((0, 4), 3, 0),
        ((0, 4), 5, 1),
        ((LARGEST, 0), 1, LARGEST),
        ((LARGEST - 1, 0), 1, LARGEST),
        ((LARGEST - 2, 0), 1, LARGEST - 1),
        ((1, 0), None, 1),
        ((2, 1), None, 1),
    ],
)
def test_counters_become_what_they_were_and_the_use_since(then: tuple[int, int], now: int | None, back: int) -> None:
    counters = {} if now is None else {"feature.calls": now}
    delta = Delta(counters={"feature.calls": then})
    found = delta.taken_back(state(counters=counters), revision=revision(), orders=ORDERS)
    assert found.counters == {"feature.calls": back}


OPENS = state(counters={"feature.calls": 4, "feature.exports": 0})


def test_all_counters_of_what_opens_again_are_stored() -> None:
    ended = replace(OPENS, ended_on=TODAY)
    found = Delta.between(ended, OPENS)
    assert found.counters == {"feature.calls": (4, 4), "feature.exports": (0, 0)}
    assert found.counters_moved == {}
    assert Delta.between(OPENS, ended).counters == {}
    assert Delta.between(ended, ended).counters == {}
    assert Delta.between(None, OPENS).counters == {"feature.calls": (0, 4)}
    assert Delta.between(ended, replace(OPENS, counters={"feature.calls": 5})).counters_moved == {
        "feature.calls": (4, 5)
    }


@pytest.mark.parametrize(
    ("then", "now", "since"),
    [
        (None, 1, 1),
        (None, 0, None),
        ((0, 4), 5, 1),
        ((0, 4), 4, None),
        ((0, 4), 3, None),
        ((9, 0), 2, 2),
        ((4, 4), 6, 2),
    ],
)
def test_the_use_since_is_what_came_on_top(then: Any, now: int, since: int | None) -> None:
    delta = Delta(counters={} if then is None else {"feature.calls": then})
    found = delta.use_since(state(counters={"feature.calls": now}))
    assert found == ({} if since is None else {"feature.calls": since})


def test_without_counters_there_are_none() -> None:
    assert Delta().taken_back(state(), revision=revision(), orders=ORDERS).counters == {}
