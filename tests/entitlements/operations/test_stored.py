"""Reading operations back from the log: every type of field, what older versions wrote, and what nobody can read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar, Literal
from uuid import UUID

import pytest

from entitlements.operations import (
    BY_NAME,
    OPERATIONS,
    ChangeTerms,
    Disable,
    ReleaseSeats,
    SeatChoice,
    SeatMode,
    SetOverrides,
    Step,
    Together,
    read,
    words_of,
)
from entitlements.operations.base import Operation
from entitlements.operations.stored import read_operation, unreadable_field
from entitlements.operations.terms import LATEST
from entitlements.operations.words import EARLIER_CHANGE, Words
from offerings.rights import LARGEST, Value
from tests.entitlements.values import KEY, TODAY


class Shade(StrEnum):
    """A shade of a colour."""

    LIGHT = "light"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paint(Operation):
    """An operation with a field of every type."""

    name: ClassVar[str] = "paint"
    permission: ClassVar[str] = "entitlements.paint"
    words: ClassVar[Words] = EARLIER_CHANGE

    count: int = 1
    dry_on: date | Literal["never"] | None = None
    shade: Shade = Shade.LIGHT
    who: UUID | None = None
    days: tuple[date, ...] = ()
    seats: SeatChoice | None = None
    first: Operation | None = None
    facts: dict[str, Any] | None = None
    values: Mapping[str, Value] = field(default_factory=dict)
    is_shiny: bool = False


KNOWN = {"paint": Paint, "disable": Disable}
FULL = Paint(
    as_of=TODAY,
    count=3,
    dry_on=date(2027, 1, 2),
    who=KEY,
    days=(date(2026, 1, 1), date(2026, 1, 2)),
    seats=SeatChoice(SeatMode.RELEASE_CHOSEN, (KEY,)),
    first=Paint(as_of=TODAY, first=Disable(as_of=TODAY)),
    facts={"a": [1]},
    values={"a": 1, "b": True, "c": 1.5, "d": "x"},
    is_shiny=True,
)
LARGEST_NUMBERS = Paint(as_of=LATEST, count=LARGEST, values={"a": -LARGEST})


@pytest.mark.parametrize("operation", [FULL, LARGEST_NUMBERS, Paint(as_of=TODAY), Paint(as_of=TODAY, dry_on="never")])
def test_what_is_stored_is_read_back(operation: Paint) -> None:
    stored = json.loads(json.dumps(operation.asked()))
    found = read_operation(stored, KNOWN)
    assert (found, unreadable_field(stored, KNOWN)) == (operation, "")
    assert repr(found) == repr(operation)  # true is not 1


def test_a_field_that_was_not_stored_has_its_default_and_an_unknown_one_is_left_out() -> None:
    stored = {"operation": "paint", "as_of": "2026-11-21", "version": 0, "gloss": 7}
    assert read_operation(stored, KNOWN) == Paint(as_of=TODAY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": "sing"},
        {"operation": None},
        {"as_of": "yesterday"},
        {"as_of": 7},
        {"as_of": None},
        {"as_of": "3000-01-01"},
        {"count": "abc"},
        {"count": 1.5},
        {"count": 1.0},
        {"count": True},
        {"count": None},
        {"count": {}},
        {"count": LARGEST + 1},
        {"count": -LARGEST - 1},
        {"dry_on": "seldom"},
        {"dry_on": ["never"]},
        {"is_shiny": 1},
        {"is_shiny": "true"},
        {"shade": []},
        {"values": 5},
        {"values": [1]},
        {"values": {"a": [1]}},
        {"values": {"a": LARGEST + 1}},
        {"values": {"a": float("nan")}},
        {"values": {7: 1}},
        {"facts": 5},
        {"shade": "dark"},
        {"days": 7},
        {"first": {"operation": "sing"}},
        {"first": {}},
        {"first": 7},
        {"first": {"operation": "paint", "as_of": "3000-01-01"}},
        {"days": "2026-01-01"},
        {"days": [["2026-01-01"]]},
        {"seats": 7},
        {"seats": {"mode": "keep", "chosen": [[1]]}},
        {"who": 7},
    ],
)
def test_what_cannot_be_read_is_nothing(wrong: dict[str, Any]) -> None:
    stored = {"version": 1, "operation": "paint", "as_of": "2026-11-21", **wrong}
    assert (read_operation(stored, KNOWN), unreadable_field(stored, KNOWN)) == (None, *wrong)


@pytest.mark.parametrize("asked", [[], "x", None, 5, True, {"operation": []}, {"operation": {}, "version": 1}])
def test_what_is_no_operation_is_nothing(asked: Any) -> None:
    assert read_operation(asked, KNOWN) is None


@pytest.mark.parametrize(
    "step",
    [None, [], {}, {"operation": None}, {"operation": {"operation": "disable", "as_of": "2026-11-21"}, "ids": 1}],
)
def test_a_step_that_cannot_be_read_makes_the_whole_unreadable(step: Any) -> None:
    assert read({"operation": "together", "version": 1, "as_of": "2026-11-21", "steps": [step]}) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"operation": "set_quantity", "quantity": 1.5},
        {"operation": "set_quantity", "quantity": True},
        {"operation": "set_quantity", "quantity": "abc"},
        {"operation": "revert_overrides", "keys": [[1]]},
        {"operation": "change_offering", "revision_id": {}},
        {"operation": "change_offering", "revision_id": LARGEST + 1},
        {"operation": "set_overrides", "values": 5},
        {"operation": "disable", "as_of": "9999-12-31"},
    ],
)
def test_a_value_of_another_type_is_nothing(wrong: dict[str, Any]) -> None:
    assert read({"version": 1, "as_of": "2026-11-21", **wrong}) is None


def test_an_operation_without_what_it_needs_is_nothing() -> None:
    assert read_operation({"version": 1, "operation": "paint"}, KNOWN) is None
    assert read_operation({"version": 1, "as_of": "2026-11-21"}, KNOWN) is None
    assert read_operation({"version": 1, "as_of": "2026-11-21"}, {"None": Paint, **KNOWN}) is not None


@pytest.mark.parametrize(
    ("version", "is_read"), [(0, True), (1, True), (2, False), (None, False), ("1", False), (True, False), (1.0, False)]
)
def test_an_operation_of_a_later_version_is_nothing(version: Any, is_read: bool) -> None:
    stored = {"operation": "paint", "as_of": "2026-11-21", "version": version}
    assert (read_operation(stored, KNOWN) is not None) is is_read


@pytest.mark.parametrize(
    "operation",
    [
        ChangeTerms(as_of=TODAY, expires_on="never", starts_on=date(2026, 1, 1)),
        SetOverrides(as_of=TODAY, values={"seat_limit": 9}, floors=("seat_limit",)),
        ReleaseSeats(as_of=TODAY, seats=SeatChoice(SeatMode.RELEASE_CHOSEN, (KEY,))),
        Together(as_of=TODAY, steps=(Step(operation=Disable(as_of=TODAY), ids=(KEY,)),)),
    ],
)
def test_operations_of_the_product_are_read_back(operation: Operation) -> None:
    assert read(operation.asked()) == operation


# --- the list of operations ------------------------------------------------------------------------------------------


def test_the_operations_stand_in_the_order_of_the_menu() -> None:
    assert [operation.words.menu for operation in OPERATIONS] == [
        "Change offering…",
        "Set override…",
        "Remove override…",
        "Activate…",
        "Renew…",
        "Change terms…",
        "Set quantity…",
        "Release seats…",
        "Transfer…",
        "Disable…",
        "Enable…",
        "Remove product…",
        "Create entitlement…",
        "Undo…",
        "Change together…",
        "Import entitlements…",
    ]
    assert list(BY_NAME.values()) == list(OPERATIONS)


def test_the_words_of_a_name() -> None:
    assert words_of("disable") is Disable.words
    assert words_of("sing") is EARLIER_CHANGE
