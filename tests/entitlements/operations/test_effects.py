"""The effects of a move: which values are shown as moved, in which order, in which direction, and why."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from entitlements.operations import Cause, Effect, OverrideEffect, OverrideOutcome
from entitlements.operations.effects import counters_reset, effects_of, override_effects, revision_changes
from entitlements.state import OrderValue, OverrideValue, State
from offerings.rights import Direction, Kind, Right
from tests.entitlements.values import LONG_AGO, ORDER, OTHER_KEY, TODAY, created, gold, per_seat, revision, state


def effects(before: State | None, after: State) -> list[tuple[str, Any, Any, str, str]]:
    found = effects_of(before, after, memo={})
    return [(each.right.key, each.before, each.after, str(each.direction), str(each.cause)) for each in found]


def test_causes_and_outcomes_are_words() -> None:
    assert list(Cause) == ["offering", "override set", "override dropped", "asked for", "recalculated"]
    assert list(OverrideOutcome) == ["kept", "set", "dropped"]


def test_nothing_moves_between_equal_states() -> None:
    assert effects(state(), state()) == []
    assert effects(state(), state(seats_used=3, counters={"feature.calls": 1}, version=9)) == []


# --- creation --------------------------------------------------------------------------------------------------------


def test_a_creation_shows_what_it_was_asked_and_what_follows() -> None:
    order = OrderValue(ORDER.id, ORDER.customer_id, "Osprey Freight", is_new=True)
    after = state(per_seat(), order=order, quantity=7)
    assert effects(None, after) == [
        ("customer", None, "Osprey Freight", "added", "asked for"),
        ("order", None, "a new order", "added", "asked for"),
        ("offering", None, "Gold per seat, revision 1", "added", "asked for"),
        ("quantity", None, 7, "added", "asked for"),
        ("starts_on", None, "2026-03-01", "added", "recalculated"),
        ("expires_on", None, "2027-03-01", "added", "recalculated"),
        ("grace_ends_on", None, "2027-03-15", "added", "recalculated"),
        ("is_activated", None, True, "added", "recalculated"),
    ]


def test_a_creation_leaves_out_what_is_empty() -> None:
    found = effects(None, created(order=replace(ORDER, customer_name="", order_reference="")))
    assert [key for key, *_ in found] == ["order", "offering"]
    assert found[0][2] == "an order without reference"


# --- fields ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            state(),
            state(order=replace(ORDER, customer_name="Heron", order_reference="SO-2")),
            [
                ("customer", "Osprey Freight", "Heron", "changed", "asked for"),
                ("order", "SO-1", "SO-2", "changed", "asked for"),
            ],
        ),
        (state(), state(quantity=2), [("quantity", None, 2, "added", "asked for")]),
        (state(quantity=2), state(), [("quantity", 2, None, "removed", "asked for")]),
        (state(quantity=2), state(quantity=3), [("quantity", 2, 3, "raised", "asked for")]),
        (state(quantity=3), state(quantity=2), [("quantity", 3, 2, "lowered", "asked for")]),
        (
            state(),
            state(disabled_at=LONG_AGO),
            [("is_disabled", False, True, "added", "recalculated")],
        ),
        (
            state(ended_on=None),
            state(ended_on=TODAY),
            [("ended_on", "", "2026-11-21", "added", "recalculated")],
        ),
        (
            state(),
            state(standard_expires_on=date(2027, 3, 2)),
            [
                ("expires_on", "2027-03-01", "2027-03-02", "raised", "recalculated"),
                ("grace_ends_on", "2027-03-15", "2027-03-16", "raised", "recalculated"),
            ],
        ),
        (
            state(),
            state(overrides={"expires_on": "2027-02-28"}),
            [
                ("expires_on", "2027-03-01", "2027-02-28", "lowered", "override set"),
                ("grace_ends_on", "2027-03-15", "2027-03-14", "lowered", "recalculated"),
            ],
        ),
        (
            state(overrides={"maintenance_expires_on": "2027-02-28"}),
            state(),
            [("maintenance_expires_on", "2027-02-28", "", "removed", "override dropped")],
        ),
    ],
)
def test_a_field_that_moves_says_why(before: State, after: State, expected: list[Any]) -> None:
    assert effects(before, after) == expected


def test_a_term_that_moves_with_the_offering_is_recalculated() -> None:
    after = state(gold(terms={"duration": "P1M"}), standard_expires_on=date(2026, 12, 21))
    assert effects(state(), after)[1:] == [
        ("expires_on", "2027-03-01", "2026-12-21", "lowered", "recalculated"),
        ("grace_ends_on", "2027-03-15", "2027-01-04", "lowered", "recalculated"),
    ]


# --- rights ----------------------------------------------------------------------------------------------------------


def test_the_offering_comes_first_then_seats_and_rights_then_the_term() -> None:
    target = gold(rights={"feature.sso": True, "seat_limit": 25, "feature.calls": 9})
    found = effects(state(overrides={"feature.calls": 3}), state(target, standard_expires_on=date(2028, 1, 1)))
    assert found == [
        ("offering", "Silver, revision 1", "Gold, revision 1", "changed", "offering"),
        ("seat_limit", 5, 25, "raised", "offering"),
        ("feature.sso", None, True, "added", "offering"),
        ("feature.calls", 3, 9, "raised", "override dropped"),
        ("expires_on", "2027-03-01", "2028-01-01", "raised", "recalculated"),
        ("grace_ends_on", "2027-03-15", "2028-01-15", "raised", "recalculated"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (state(), state(overrides={"seat_limit": 5}), []),
        (state(), state(overrides={"seat_limit": 4}), [("seat_limit", 5, 4, "lowered", "override set")]),
        (state(overrides={"seat_limit": 4}), state(), [("seat_limit", 4, 5, "raised", "override dropped")]),
        (
            state(overrides={"seat_limit": 4}),
            state(overrides={"seat_limit": 6}),
            [("seat_limit", 4, 6, "raised", "override set")],
        ),
        (
            state(per_seat(), quantity=4),
            state(per_seat(), quantity=6),
            [("quantity", 4, 6, "raised", "asked for"), ("seat_limit", 4, 6, "raised", "recalculated")],
        ),
        (
            state(revision(rights={"feature.sso": True})),
            state(revision(rights={"feature.sso": True}), overrides={"feature.sso": False}),
            [("feature.sso", True, False, "removed", "override set")],
        ),
        (
            state(),
            state(overrides={"seat_limit": OverrideValue(9, is_floor=True)}),
            [("seat_limit", 5, 9, "raised", "override set")],
        ),
        (state(), state(overrides={"seat_limit": OverrideValue(4, is_floor=True)}), []),
        # A right the revision does not have is shown only where it is known.
        (state(), state(overrides={"feature.unknown": 1}), []),
    ],
)
def test_a_right_that_moves_says_why(before: State, after: State, expected: list[Any]) -> None:
    assert effects(before, after) == expected


def test_a_right_that_is_kept_by_hand_does_not_move() -> None:
    before, after = (
        state(overrides={"seat_limit": 9}),
        state(gold(rights={"seat_limit": 25}), overrides={"seat_limit": 9}),
    )
    assert [key for key, *_ in effects(before, after)] == ["offering"]


def test_a_right_of_one_side_only_is_added_or_removed() -> None:
    with_sso = gold(rights={"feature.sso": True})
    assert ("feature.sso", None, True, "added", "offering") in effects(state(), state(with_sso))
    assert ("feature.sso", True, None, "removed", "offering") in effects(state(with_sso), state())


def of_kind(kind: Kind, value: Any, key: int) -> State:
    """Return an entitlement whose data region is of a kind."""
    base = revision(rights={"feature.region": value}, id=key, number=key)
    right = Right("feature.region", kind, "Data region")
    sheet = base.sheet._replace(definitions={**base.sheet.definitions, "feature.region": right})
    return state(replace(base, sheet=sheet))


def test_a_right_that_changes_its_kind_is_changed_and_shows_each_side_in_its_own_words() -> None:
    [_offering, effect] = effects_of(of_kind(Kind.TEXT, "eu", 1), of_kind(Kind.COUNT, 1_000, 2), memo={})
    assert (effect.direction, effect.cause) == (Direction.CHANGED, Cause.OFFERING)
    assert (effect.right.kind, effect.right_before and effect.right_before.kind) == (Kind.COUNT, Kind.TEXT)
    assert (effect.shown_before, effect.shown_after) == ("eu", "1,000")


def test_a_value_of_another_type_moves_although_it_is_equal() -> None:
    before, after = of_kind(Kind.COUNT, 1, 1), of_kind(Kind.FLAG, True, 2)
    assert [each.direction for each in effects_of(before, after, memo={})][1:] == [Direction.CHANGED]


def test_a_right_that_is_renamed_alone_does_not_move() -> None:
    before = of_kind(Kind.TEXT, "eu", 1)
    sheet = before.revision.sheet
    renamed = Right("feature.region", Kind.TEXT, "Region")
    after = of_kind(Kind.TEXT, "eu", 1)
    named = replace(after.revision, sheet=sheet._replace(definitions={**sheet.definitions, "feature.region": renamed}))
    assert effects(before, replace(after, revision=named, overrides={"feature.region": OverrideValue("eu")})) == []


def test_values_are_shown_in_words() -> None:
    seats = Right("seat_limit", Kind.LIMIT, "Seats")
    effect = Effect(seats, 1_000, "unlimited", Direction.RAISED, Cause.OFFERING)
    assert (effect.shown_before, effect.shown_after) == ("1,000", "unlimited")
    odd = Effect(seats, "many", "few", Direction.CHANGED, Cause.OFFERING)
    assert (odd.shown_before, odd.shown_after) == ("many", "few")


def test_the_difference_of_two_revisions_is_computed_once() -> None:
    memo: dict[Any, Any] = {}
    first = revision_changes(revision(), gold(rights={"seat_limit": 25}), memo=memo)
    assert [each.right.key for each in first] == ["seat_limit"]
    assert memo == {(1, 2): first}
    assert revision_changes(revision(), gold(), memo=memo) is first
    assert revision_changes(gold(), revision(rights={"seat_limit": 9}), memo=memo) != ()
    assert list(memo) == [(1, 2), (2, 1)]


def test_a_revision_does_not_differ_from_itself() -> None:
    memo: dict[Any, Any] = {}
    assert (revision_changes(revision(), revision(rights={"seat_limit": 9}), memo=memo), memo) == ((), {})


# --- values set by hand ----------------------------------------------------------------------------------------------


def test_what_happens_to_values_set_by_hand() -> None:
    before = state(overrides={"seat_limit": 9, "grace_period": "P1D", "overdraft": "1"})
    after = state(
        gold(rights={"seat_limit": 25}),
        overrides={
            "seat_limit": 9,
            "overdraft": "2",
            "feature.connectors": OverrideValue(4, is_floor=True),
        },
    )
    found = [
        (
            each.right.label,
            each.value,
            each.standard_before,
            each.standard_after,
            each.in_force_after,
            str(each.outcome),
            each.is_floor,
        )
        for each in override_effects(before, after)
    ]
    assert found == [
        ("Seats", 9, 5, 25, 9, "kept", False),
        ("Grace period", "P1D", "P14D", "P14D", "P14D", "dropped", False),
        ("Overdraft", "2", "none", "none", "2", "set", False),
        ("feature.connectors", 4, None, None, 4, "set", True),
    ]


def test_values_set_by_hand_of_a_creation_are_kept() -> None:
    [effect] = override_effects(None, state(overrides={"seat_limit": 9}))
    assert (effect.outcome, effect.standard_before, effect.standard_after) == (OverrideOutcome.KEPT, 5, 5)


def test_the_standard_before_is_shown_as_the_earlier_revision_says() -> None:
    before = of_kind(Kind.TEXT, "eu", 1)
    after = replace(of_kind(Kind.COUNT, 1_000, 2), overrides={"feature.region": OverrideValue(7)})
    [effect] = override_effects(before, after)
    assert (effect.shown_standard_before, effect.right.kind) == ("eu", Kind.COUNT)
    assert effect.right_before == before.revision.right("feature.region")


def test_the_standard_before_of_a_right_that_was_not_there_is_shown_by_the_new_one() -> None:
    after = state(gold(rights={"feature.calls": 9}), overrides={"feature.calls": 7})
    [effect] = override_effects(state(), after)
    assert (effect.right_before, effect.shown_standard_before) == (None, "")


def test_each_side_of_a_value_is_shown_by_its_own_right() -> None:
    number, period = Right("x", Kind.COUNT, "X"), Right("x", Kind.PERIOD, "X")
    effect = Effect(period, 1_000, "P14D", Direction.CHANGED, Cause.OFFERING, number)
    assert (effect.shown_before, effect.shown_after) == ("1,000", "14 days")
    kept = OverrideEffect(period, "P1D", 1_000, "P14D", "P1D", OverrideOutcome.KEPT, right_before=number)
    assert kept.shown_standard_before == "1,000"
    least = OverrideEffect(number, 1, 2_000, 3, 1, OverrideOutcome.KEPT)
    assert (least.is_floor, least.right_before, least.shown_standard_before) == (False, None, "2,000")
    assert Effect(number, 1, 2, Direction.RAISED, Cause.ASKED).right_before is None


def test_dates_of_the_term_set_by_hand_hide_no_other_right() -> None:
    before, after = state(), state(overrides={"expires_on": "2027-06-01", "seat_limit": 9})
    assert [key for key, *_ in effects(before, after)] == ["seat_limit", "expires_on", "grace_ends_on"]


def test_a_right_that_is_gone_is_named_as_it_was() -> None:
    before = state(gold(rights={"feature.calls": 9}), overrides={"feature.calls": 7})
    [effect] = override_effects(before, state(overrides={"feature.calls": 7}))
    assert (effect.right.label, effect.standard_after) == ("API calls", None)


# --- counters --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "reset"),
    [
        ({"feature.calls": 4}, {}, ["feature.calls"]),
        ({"feature.calls": 4}, {"feature.calls": 0}, ["feature.calls"]),
        ({"feature.calls": 4}, {"feature.calls": 1}, []),
        ({"feature.calls": 1}, {}, ["feature.calls"]),
        ({"feature.calls": 0}, {}, []),
        ({}, {"feature.calls": 4}, []),
    ],
)
def test_a_counter_is_reset_where_use_goes_to_nothing(before: Any, after: Any, reset: list[str]) -> None:
    found = counters_reset(state(counters=before), state(gold(rights={"feature.calls": 9}), counters=after))
    assert [(each.key, each.label) for each in found] == [(key, "API calls") for key in reset]


def test_a_creation_resets_no_counter() -> None:
    assert counters_reset(None, state(id=OTHER_KEY)) == ()
