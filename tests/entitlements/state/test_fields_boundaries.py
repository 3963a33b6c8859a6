"""The table of fields, row by row: column, who logs it, what counts the version up, and what people are shown."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from entitlements.state import FIELDS, Field, Orders, OverrideValue, columns_of, version_key
from tests.entitlements.values import (
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

TABLE = """
                                 own  logged  versioned  shown
customer                         -    -       -          Customer
order                            yes  yes     yes        Order
revision                         yes  -       yes        Offering
offering                         -    -       -          -
product                          -    -       -          -
kind                             -    -       -          -
quantity                         yes  yes     yes        Quantity
starts_on                        yes  yes     yes        Starts
anchor_on                        yes  yes     yes        -
standard_expires_on              yes  yes     yes        -
expires_on                       -    -       -          Expires
standard_maintenance_expires_on  yes  yes     yes        -
maintenance_expires_on           -    -       -          Maintenance ends
grace_ends_on                    -    -       -          Grace period ends
conditions                       yes  yes     yes        Terms and conditions
ended_on                         yes  yes     yes        Ended
activated_at                     yes  yes     yes        Activated
disabled_at                      yes  yes     yes        Disabled
seat_limit                       -    -       -          -
seat_capacity                    -    -       -          -
seats_used                       yes  -       -          -
override_count                   -    -       -          -
"""


def named(name: str) -> Field:
    return next(field for field in FIELDS if field.name == name)


def test_the_table_of_fields() -> None:
    lines = TABLE.strip("\n").splitlines()[1:]
    rows = [
        (line[:33].strip(), *(part.strip() for part in (line[33:38], line[38:46], line[46:57], line[57:])))
        for line in lines
    ]

    def said(is_so: bool) -> str:
        return "yes" if is_so else "-"

    assert rows == [
        (
            each.name,
            said(each.is_own),
            said(each.is_logged),
            said(each.is_versioned),
            each.right.label if each.right else "-",
        )
        for each in FIELDS
    ]
    assert {each.name for each in FIELDS if each.column != each.name} == {"customer"}


def test_what_is_shown_stands_in_groups() -> None:
    shown = {each.right.key: (str(each.right.kind), each.right.group) for each in FIELDS if each.right}
    assert shown == {
        "customer": ("text", "Order"),
        "order": ("text", "Order"),
        "offering": ("text", "Offering"),
        "quantity": ("limit", "Offering"),
        "starts_on": ("date", "Term"),
        "expires_on": ("date", "Term"),
        "maintenance_expires_on": ("date", "Term"),
        "grace_ends_on": ("date", "Term"),
        "conditions": ("text", "Term"),
        "ended_on": ("date", "Term"),
        "is_activated": ("flag", "Term"),
        "is_disabled": ("flag", "Term"),
    }


def test_what_is_left_out_of_a_field_is_plain() -> None:
    plain = Field("color", "color", lambda found: found)
    assert (plain.is_own, plain.is_logged, plain.is_versioned, plain.right) == (True, True, True, None)
    assert plain.to_column("x") == plain.to_json("x") == plain.show("x") == "x"
    assert plain.from_json("x", Orders({})) == "x"


# --- columns ---------------------------------------------------------------------------------------------------------


def test_the_columns_of_a_state() -> None:
    found = state(
        per_seat(kind="add_on", product_id=8),
        quantity=9,
        overrides={"overdraft": "2", "expires_on": "2027-06-01"},
        standard_maintenance_expires_on=date(2028, 3, 1),
        conditions="As agreed.",
        ended_on=TODAY,
        disabled_at=NOW,
        seats_used=3,
    )
    assert columns_of(found) == {
        "order": ORDER.id,
        "revision": 3,
        "offering": 3,
        "product": 8,
        "kind": "add_on",
        "quantity": 9,
        "starts_on": date(2026, 3, 1),
        "anchor_on": None,
        "standard_expires_on": date(2027, 3, 1),
        "expires_on": date(2027, 6, 1),
        "standard_maintenance_expires_on": date(2028, 3, 1),
        "maintenance_expires_on": date(2028, 3, 1),
        "grace_ends_on": date(2027, 6, 15),
        "conditions": "As agreed.",
        "ended_on": TODAY,
        "activated_at": LONG_AGO,
        "disabled_at": NOW,
        "seat_limit": 9,
        "seat_capacity": 11,
        "seats_used": 3,
        "override_count": 2,
    }


@pytest.mark.parametrize(("limit", "column"), [(5, 5), (0, 0), ("unlimited", None)])
def test_unlimited_seats_are_an_empty_column(limit: Any, column: int | None) -> None:
    found = columns_of(state(revision(rights={"seat_limit": limit})))
    assert (found["seat_limit"], found["seat_capacity"]) == (column, column)


# --- version ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        state(gold()),
        state(order=replace(ORDER, id=OTHER_KEY)),
        state(quantity=1),
        state(starts_on=TODAY),
        state(standard_expires_on=TODAY),
        state(standard_maintenance_expires_on=TODAY),
        state(conditions="As agreed."),
        state(ended_on=TODAY),
        state(activated_at=NOW),
        state(disabled_at=NOW),
        state(overrides={"seat_limit": 5}),
    ],
)
def test_what_counts_the_version_up(other: Any) -> None:
    assert version_key(other) != version_key(state())


@pytest.mark.parametrize(
    "other",
    [
        state(seats_used=3),
        state(seat_uses={seat(0).id: {"feature.boards": 1}}),
        state(counters={"feature.calls": 1}),
        state(version=9, sequence=9),
        state(order=replace(ORDER, order_reference="Renamed", customer_name="Renamed")),
    ],
)
def test_seats_use_and_names_are_no_part_of_the_version(other: Any) -> None:
    assert version_key(other) == version_key(state())


@pytest.mark.parametrize(
    "override",
    [OverrideValue(True), OverrideValue(1.0), OverrideValue(1, is_floor=True), OverrideValue(1, set_by_name="Ada")],
)
def test_an_override_counts_in_all_it_says(override: OverrideValue) -> None:
    assert version_key(state(overrides={"seat_limit": override})) != version_key(state(overrides={"seat_limit": 1}))


# --- the log ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("order", ORDER, str(ORDER.id)),
        ("quantity", 9, 9),
        ("starts_on", TODAY, "2026-11-21"),
        ("standard_expires_on", TODAY, "2026-11-21"),
        ("standard_maintenance_expires_on", TODAY, "2026-11-21"),
        ("conditions", "As agreed.", "As agreed."),
        ("ended_on", TODAY, "2026-11-21"),
        ("activated_at", NOW, "2026-11-21T11:00:00+00:00"),
        ("disabled_at", NOW, "2026-11-21T11:00:00+00:00"),
    ],
)
def test_a_field_is_stored_and_read_back(name: str, value: Any, stored: Any) -> None:
    field = named(name)
    assert field.to_json(value) == stored
    assert field.from_json(stored, Orders({ORDER.id: ORDER})) == value


@pytest.mark.parametrize("name", ["starts_on", "disabled_at"])
def test_a_day_or_moment_that_is_none_is_stored_as_none(name: str) -> None:
    assert named(name).to_json(None) is None


# --- what people are shown -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "found", "shown"),
    [
        ("customer", state(), "Osprey Freight"),
        ("order", state(), "SO-1"),
        ("order", state(order=replace(ORDER, order_reference="")), "an order without reference"),
        ("order", state(order=replace(ORDER, order_reference="", is_new=True)), "a new order"),
        ("order", state(order=replace(ORDER, is_new=True)), "SO-1"),
        ("revision", state(), "Silver, revision 1"),
        ("quantity", state(quantity=9), 9),
        ("quantity", state(), None),
        ("starts_on", state(), "2026-03-01"),
        ("starts_on", created(), ""),
        ("expires_on", state(), "2027-03-01"),
        ("expires_on", created(), ""),
        ("maintenance_expires_on", state(), ""),
        ("grace_ends_on", state(), "2027-03-15"),
        ("conditions", state(), ""),
        ("conditions", state(conditions="As agreed."), "text 2d71b90d (10 characters)"),
        ("ended_on", state(ended_on=TODAY), "2026-11-21"),
        ("activated_at", state(), True),
        ("activated_at", created(), False),
        ("disabled_at", state(disabled_at=NOW), True),
        ("disabled_at", state(), False),
    ],
)
def test_a_field_is_shown(name: str, found: Any, shown: Any) -> None:
    field = named(name)
    assert field.show(field.get(found)) == shown
