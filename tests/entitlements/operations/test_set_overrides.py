"""Set rights by hand: which rights can be, exactly or at least, and what is set already."""

from typing import Any

import pytest

from entitlements.operations import SeatMode, SetOverrides
from entitlements.operations.seats import RELEASE_ALL, SeatChoice
from entitlements.state import OverrideValue, State
from offerings.rights import Value
from tests.cast import Cast
from tests.entitlements.values import LONG_AGO, NOW, TODAY, codes, described, look, revision, seats, state, told

FULL = revision(rights={"concurrency_mode": "node_lock", "feature.sso": True, "feature.connectors": 3.5})
MINE = OverrideValue(9, set_at=LONG_AGO, set_by_name="Ada", reason="Agreed")


def ask(*floors: str, **values: Value) -> SetOverrides:
    return SetOverrides(
        as_of=TODAY, values={key.replace("__", "."): value for key, value in values.items()}, floors=floors
    )


def test_how_it_describes_itself() -> None:
    assert described(SetOverrides) == (
        "set_overrides",
        "entitlements.override_rights",
        ("Set override", "Set override", "Set override", "set an override on", "pencil", "kept", False),
        ("Overrides", "entitlement", False),
        {
            "values": {"label": "Values"},
            "floors": {"label": "At least"},
            "until": {"label": "Until"},
            "seats": {"label": "Seats in use"},
        },
    )
    assert SetOverrides(as_of=TODAY).needs_reason
    assert (SetOverrides(as_of=TODAY).values, SetOverrides(as_of=TODAY).floors) == ({}, ())
    assert SetOverrides(as_of=TODAY).seats.mode is SeatMode.REFUSE


# --- what is set -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "operation", "after"),
    [
        ({}, ask(seat_limit=9), {"seat_limit": OverrideValue(9)}),
        ({}, ask("seat_limit", seat_limit=9), {"seat_limit": OverrideValue(9, is_floor=True)}),
        (
            {},
            ask("overdraft", seat_limit=9, feature__sso=False),
            {"seat_limit": OverrideValue(9), "feature.sso": OverrideValue(False)},
        ),
        (
            {"grace_period": "P1D"},
            ask(seat_limit=9),
            {"grace_period": OverrideValue("P1D"), "seat_limit": OverrideValue(9)},
        ),
        ({"seat_limit": MINE}, ask(seat_limit=8), {"seat_limit": OverrideValue(8)}),
        ({"seat_limit": MINE}, ask("seat_limit", seat_limit=9), {"seat_limit": OverrideValue(9, is_floor=True)}),
        (
            {"seat_limit": OverrideValue(9, is_floor=True)},
            ask(seat_limit=9),
            {"seat_limit": OverrideValue(9)},
        ),
        ({}, ask(seat_limit=5), {"seat_limit": OverrideValue(5)}),
    ],
)
def test_the_values_after(before: Any, operation: SetOverrides, after: Any) -> None:
    preview = look(operation, state(FULL, overrides=before))
    assert (preview.lead.after.overrides, preview.problems) == (after, ())
    assert preview.operation == operation


@pytest.mark.parametrize(
    ("before", "operation"),
    [
        (MINE, ask(seat_limit=9)),
        (OverrideValue(9, set_by_name="Ada", is_floor=True), ask("seat_limit", seat_limit=9)),
    ],
)
def test_what_is_set_already_keeps_who_set_it_and_when(before: OverrideValue, operation: SetOverrides) -> None:
    preview = look(operation, state(FULL, overrides={"seat_limit": before}))
    assert preview.lead.after.overrides["seat_limit"] is before
    assert codes(preview) == ["nothing_to_change"]


def test_one_is_not_the_same_as_true() -> None:
    preview = look(ask(feature__connectors=1), state(FULL, overrides={"feature.connectors": OverrideValue(1.0)}))
    assert type(preview.lead.after.overrides["feature.connectors"].value) is int


# --- what cannot be set ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "problem"),
    [
        (ask(expires_on="2027-01-01"), ("use_change_terms", "Expires: change the terms instead.", "expires_on")),
        (
            ask(maintenance_expires_on="2027-01-01"),
            ("use_change_terms", "Maintenance ends: change the terms instead.", "maintenance_expires_on"),
        ),
        (ask(feature__gone=1), ("unknown_right", "Silver has no right feature.gone.", "feature.gone")),
        (
            ask(concurrency_mode="concurrent"),
            (
                "not_overridable",
                "Concurrency mode cannot be set by hand. Change the offering instead.",
                "concurrency_mode",
            ),
        ),
        (
            ask("feature.sso", feature__sso=True),
            (
                "no_floor",
                "Single sign-on has no order, so that “at least” says nothing. Set it exactly.",
                "feature.sso",
            ),
        ),
        (
            ask(seat_limit="many"),
            ("invalid_value", 'Seats: Write a whole number, or the word "unlimited".', "seat_limit"),
        ),
    ],
)
def test_what_cannot_be_set_is_refused_and_leaves_the_right_alone(operation: SetOverrides, problem: Any) -> None:
    preview = look(operation, state(FULL))
    assert told(preview.problems) == [problem]
    assert preview.lead.after == state(FULL)


@pytest.mark.parametrize(
    ("found", "refused"),
    [
        (state(), False),
        (state(revision(rights={"seat_limit": 0})), True),
        (state(revision(rights={"seat_limit": 1})), False),
        (state(revision(rights={"seat_limit": "unlimited"})), False),
    ],
)
def test_seats_are_set_only_where_some_are_sold(found: State, refused: bool) -> None:
    preview = look(ask(seat_limit=9), found)
    assert told(preview.problems) == (
        [("unknown_right", "Silver has no right seat_limit.", "seat_limit")] if refused else []
    )


def test_other_rights_are_set_also_where_no_seats_are_sold() -> None:
    unsold = state(revision(rights={"seat_limit": 0, "usage_reset_schedule": "never"}))
    assert codes(look(ask(grace_period="P1D"), unsold)) == []
    assert codes(look(ask(usage_reset_schedule="monthly"), unsold)) == []


def test_all_problems_are_said_and_the_rest_is_set_still() -> None:
    preview = look(ask("feature.sso", feature__sso=True, seat_limit="many", grace_period="P1D"), state(FULL))
    assert codes(preview) == ["no_floor", "invalid_value"]
    assert list(preview.lead.after.overrides) == ["grace_period"]


# --- seats -----------------------------------------------------------------------------------------------------------


def test_the_seats_in_use_are_settled() -> None:
    preview = look(ask(seat_limit=2), state(FULL, seats_used=3), active=seats(3))
    assert codes(preview) == ["seats_over_limit"]
    operation = SetOverrides(as_of=TODAY, values={"seat_limit": 2}, seats=RELEASE_ALL)
    assert len(look(operation, state(FULL, seats_used=3), active=seats(3)).released) == 3


@pytest.mark.parametrize(("limit", "is_read"), [(1, True), (2, False), (9, False)])
def test_seats_are_read_where_some_must_go(cast: Cast, limit: int, is_read: bool) -> None:
    entitlement = cast.entitle(seats=2)
    operation = SetOverrides(as_of=TODAY, values={"seat_limit": limit}, seats=SeatChoice(SeatMode.RELEASE_OLDEST))
    found = operation.load([state(id=entitlement.pk, seats_used=2)], at=NOW, revisions={})
    assert (found.at, list(found.seats)) == (NOW, [entitlement.pk] if is_read else [])
