"""What stands against a move, and what to know of kept overrides: each rule at its boundary, words included."""

from dataclasses import replace
from typing import Any

import pytest

from entitlements.operations.change_offering.rules import (
    missing_overrides,
    override_problems,
    quantity_problems,
    target_problems,
)
from entitlements.state import RevisionValue
from offerings.rights import LARGEST, Kind, Right
from tests.entitlements.values import gold, revision, state, told

MISSING = ("quantity_missing", "Give the quantity: this offering is sold per seat.", "quantity")
OUT = ("quantity_out_of_range", "Give a quantity from 1 to 9,223,372,036,854,775,807.", "quantity")


@pytest.mark.parametrize(
    ("quantity", "problems"),
    [(None, [MISSING]), (-1, [OUT]), (0, [OUT]), (1, []), (2, []), (LARGEST, []), (LARGEST + 1, [OUT])],
)
def test_a_quantity(quantity: int | None, problems: list[Any]) -> None:
    assert told(quantity_problems(quantity)) == problems


# --- the target ------------------------------------------------------------------------------------------------------

OTHER_KIND = (
    "other_kind",
    "Gold is of another kind. A plan can only become a plan, an add-on an add-on.",
    "target",
)
RETIRED = ("retired", "Gold is retired. Choose an offering on sale.", "target")
OLD = ("not_newest_revision", "Gold, revision 1 is no longer the newest. Choose revision 2.", "target")


@pytest.mark.parametrize(
    ("target", "problems"),
    [
        (gold(), []),
        (gold(kind="add_on"), [OTHER_KIND]),
        (gold(is_retired=True), [RETIRED]),
        (gold(is_retired=True, offering_id=1), []),
        (gold(is_retired=True, offering_id=0), [RETIRED]),
        (gold(newest_number=2), [OLD]),
        (gold(number=2, newest_number=2), []),
        (gold(kind="add_on", is_retired=True, newest_number=2), [OTHER_KIND, RETIRED, OLD]),
    ],
)
def test_a_target(target: RevisionValue, problems: list[Any]) -> None:
    assert told(target_problems(state(), target)) == problems


def test_a_target_before_the_newest_is_old_whichever_way_the_numbers_go() -> None:
    found = told(target_problems(state(), gold(number=3, newest_number=2)))
    assert [code for code, *_ in found] == ["not_newest_revision"]


def test_an_add_on_becomes_an_add_on_and_no_plan() -> None:
    assert told(target_problems(state(revision(kind="add_on")), gold())) == [OTHER_KIND]
    assert target_problems(state(revision(kind="add_on")), gold(kind="add_on")) == []


# --- overrides that cannot be kept -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("overrides", "problems"),
    [
        ({}, []),
        ({"seat_limit": 9}, []),
        ({"expires_on": "nonsense", "maintenance_expires_on": ""}, []),
        (
            {"feature.gone": 1},
            [("override_without_right", "Gold has no right feature.gone. Drop this override.", "feature.gone")],
        ),
        (
            {"seat_limit": "many"},
            [("override_invalid", "Seats: many does not fit Gold. Drop this override.", "seat_limit")],
        ),
        (
            {"expires_on": "2027-01-01", "feature.gone": 1, "seat_limit": "many"},
            [
                ("override_without_right", "Gold has no right feature.gone. Drop this override.", "feature.gone"),
                ("override_invalid", "Seats: many does not fit Gold. Drop this override.", "seat_limit"),
            ],
        ),
    ],
)
def test_overrides_that_do_not_fit_the_target(overrides: Any, problems: list[Any]) -> None:
    assert told(override_problems(state(), state(gold(), overrides=overrides))) == problems


def test_an_override_to_drop_that_is_not_there_is_said() -> None:
    before = state(overrides={"seat_limit": 1})
    found = told(missing_overrides(before, ("seat_limit", "grace_period", "feature.gone")))
    assert found == [
        ("override_gone", "Grace period is not overridden, so nothing is dropped.", "grace_period"),
        ("override_gone", "feature.gone is not overridden, so nothing is dropped.", "feature.gone"),
    ]


@pytest.mark.parametrize(("kind", "refused"), [(Kind.COUNT, False), (Kind.POOL, True), (Kind.NUMBER, True)])
def test_an_override_that_was_made_for_another_kind_must_be_dropped(kind: Kind, refused: bool) -> None:
    key = "feature.calls"
    target = gold(rights={key: 9})
    definitions = {**target.sheet.definitions, key: Right(key, kind, "API calls")}
    after = state(replace(target, sheet=target.sheet._replace(definitions=definitions)), overrides={key: 5})
    message = f"API calls was a count when it was set by hand, and is a {kind} in Gold. Drop this override."
    found = told(override_problems(state(revision(rights={key: 3})), after))
    assert found == ([("override_other_kind", message, key)] if refused else [])
