"""What stands against a move, and what to know of kept overrides: each rule at its boundary, words included."""

from dataclasses import replace
from typing import Any

import pytest

from entitlements.operations.change_offering.rules import (
    override_problems,
    override_warnings,
    quantity_problems,
    target_problems,
)
from entitlements.state import OverrideValue, RevisionValue, State
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
    assert told(override_problems(state(gold(), overrides=overrides), (), known={})) == problems


def test_an_override_to_drop_must_be_there() -> None:
    after = state(gold())
    found = told(override_problems(after, ("seat_limit", "grace_period", "feature.gone"), known={"seat_limit": 1}))
    assert found == [
        ("override_gone", "Grace period is not overridden any more. Leave it as it is.", "grace_period"),
        ("override_gone", "feature.gone is not overridden any more. Leave it as it is.", "feature.gone"),
    ]


# --- overrides to know of --------------------------------------------------------------------------------------------


def warned(before: State, after: State) -> list[tuple[str, str, str]]:
    return told(override_warnings(before, after))


def of(value: Any, *, key: str = "seat_limit", by_hand: Any = None) -> State:
    """Return an entitlement whose revision says ``value``, set by hand to another."""
    return state(gold(rights={key: value}), overrides={} if by_hand is None else {key: by_hand})


EQUALS = ("override_equals_standard", "Seats is standard in Gold. Drop its override to follow Gold.", "seat_limit")


def outlives(kept: str, low: str) -> tuple[str, str, str]:
    message = f"Seats: {kept} stays although Gold grants {low}: a kept override."
    return ("override_outlives_downgrade", message, "seat_limit")


@pytest.mark.parametrize(
    ("earlier", "standard", "by_hand", "expected"),
    [
        (5, 3, 2, []),
        (5, 3, 3, [EQUALS]),
        (5, 3, 4, [outlives("4", "3")]),
        (5, 3, "unlimited", [outlives("unlimited", "3")]),
        (5, 3, 2_000, [outlives("2,000", "3")]),
        (3, 3, 4, []),
        (2, 3, 4, []),
        (4, 3, 4, [outlives("4", "3")]),
        ("unlimited", 3, 4, [outlives("4", "3")]),
        (5, "unlimited", 4, []),
        (5, 0, 4, [outlives("4", "0")]),
        (5, 3, OverrideValue(2, is_floor=True), []),
        (5, 3, OverrideValue(3, is_floor=True), [EQUALS]),
        (5, 3, OverrideValue(4, is_floor=True), [outlives("4", "3")]),
    ],
)
def test_a_kept_number_against_the_target(earlier: Any, standard: Any, by_hand: Any, expected: list[Any]) -> None:
    assert warned(of(earlier), of(standard, by_hand=by_hand)) == expected


@pytest.mark.parametrize(
    ("earlier", "standard", "by_hand", "code"),
    [
        (False, False, True, "override_outlives_downgrade"),
        (True, False, True, "override_outlives_downgrade"),
        (True, True, True, "override_equals_standard"),
        (False, True, False, None),
        (False, False, False, "override_equals_standard"),
    ],
)
def test_a_kept_flag_against_the_target(earlier: bool, standard: bool, by_hand: bool, code: str | None) -> None:
    key = "feature.sso"
    found = warned(of(earlier, key=key), of(standard, key=key, by_hand=by_hand))
    assert [each[0] for each in found] == ([code] if code else [])


def test_nothing_granted_is_called_nothing() -> None:
    key = "feature.region"
    [(code, message, _field)] = warned(of("eu", key=key), of("", key=key, by_hand="us"))
    assert code == "override_outlives_downgrade"
    assert message == "Data region: us stays although Gold grants nothing: a kept override."


@pytest.mark.parametrize("key", ["expires_on", "maintenance_expires_on"])
def test_dates_of_the_term_are_no_kept_rights(key: str) -> None:
    assert warned(state(), state(gold(), overrides={key: ""})) == []


def test_what_does_not_fit_is_a_problem_and_hides_no_warning() -> None:
    overrides = {"expires_on": "2027-03-01", "feature.gone": 1, "overdraft": "x", "seat_limit": 5}
    assert warned(state(), state(gold(), overrides=overrides)) == [EQUALS]


def test_a_flag_set_to_nonsense_outlives_nothing() -> None:
    assert warned(of(True, key="feature.sso"), of(False, key="feature.sso", by_hand="yes")) == []


def test_a_right_that_was_not_there_was_not_lowered() -> None:
    after = state(gold(rights={"feature.calls": 3}), overrides={"feature.calls": 4})
    assert warned(state(), after) == []


def test_an_earlier_value_that_the_right_cannot_hold_was_not_lowered() -> None:
    base = revision(rights={"feature.calls": 3})
    as_text = {**base.sheet.definitions, "feature.calls": Right("feature.calls", Kind.TEXT, "API calls")}
    sheet = base.sheet._replace(values={**base.sheet.values, "feature.calls": "many"}, definitions=as_text)
    after = state(gold(rights={"feature.calls": 3}), overrides={"feature.calls": 4})
    assert warned(state(replace(base, sheet=sheet)), after) == []
    assert len(warned(state(gold(rights={"feature.calls": 9})), after)) == 1
