"""The state of one entitlement: which value is in force, how many seats, which day, and where it stands."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from entitlements.state import (
    EXPIRY,
    MAINTENANCE_EXPIRY,
    NEVER,
    NOTHING,
    TERM_RIGHTS,
    OrderValue,
    OverrideValue,
    RevisionValue,
    SeatValue,
    State,
    Status,
    is_same,
    status_of,
)
from offerings.periods import Period
from offerings.rights import BUILT_IN, LARGEST, Kind, Right
from tests.entitlements.values import KEY, LONG_AGO, ORDER, created, per_seat, revision, seat, state

DAY = timedelta(days=1)
START, END = date(2026, 3, 1), date(2027, 3, 1)


def test_the_rights_of_the_term() -> None:
    assert Right("expires_on", Kind.DATE, "Expires", "", "Term") == EXPIRY
    assert Right("maintenance_expires_on", Kind.DATE, "Maintenance ends", "", "Term") == MAINTENANCE_EXPIRY
    assert {"expires_on": EXPIRY, "maintenance_expires_on": MAINTENANCE_EXPIRY} == TERM_RIGHTS
    assert (NEVER, dict(NOTHING)) == ("", {})


# --- revisions, orders, seats, overrides -----------------------------------------------------------------------------


@pytest.mark.parametrize(("sold", "is_per_quantity"), [("per_quantity", True), ("fixed", False), ("not_sold", False)])
def test_seats_are_sold_per_quantity(sold: str, is_per_quantity: bool) -> None:
    assert revision(terms={"seats_sold": sold}).is_per_quantity is is_per_quantity


@pytest.mark.parametrize(
    ("duration", "is_perpetual", "period"),
    [("", True, None), ("P1Y", False, Period(months=12)), ("P14D", False, Period(days=14))],
)
def test_a_license_without_duration_never_ends(duration: str, is_perpetual: bool, period: Period | None) -> None:
    found = revision(terms={"duration": duration})
    assert (found.is_perpetual, found.duration) == (is_perpetual, period)


def test_a_revision_knows_its_rights_and_those_of_the_term() -> None:
    silver = revision()
    assert silver.right("seat_limit") == BUILT_IN["seat_limit"]
    assert silver.right("expires_on") is EXPIRY
    assert silver.right("feature.sso") is None
    assert str(revision(number=4)) == "Silver, revision 4"


def test_what_is_left_out_of_a_revision_is_the_least() -> None:
    silver = revision()
    least = RevisionValue(1, 1, 1, "S", "Silver", 1, "Atlas", "plan", silver.sheet, silver.terms)
    assert (least.prices, least.newest_number, least.is_retired) == ((), 1, False)
    assert (least.allowed_changes, least.has_change_groups) == ("both", False)


@pytest.mark.parametrize(("reference", "shown"), [("SO-1", "Osprey Freight, order SO-1"), ("", "Osprey Freight")])
def test_an_order_is_named_by_customer_and_reference(reference: str, shown: str) -> None:
    assert str(replace(ORDER, order_reference=reference)) == shown


def test_what_is_left_out_of_an_order_is_the_least() -> None:
    least = OrderValue(KEY, KEY, "Osprey")
    assert (least.order_reference, least.is_customer_disabled, least.new_codes) == ("", False, ())
    assert (least.is_new, least.is_new_customer, least.needs_code) == (False, False, False)


@pytest.mark.parametrize(("name", "shown"), [("laptop", "laptop"), ("", "id-1")])
def test_a_seat_is_named_by_its_name_or_id(name: str, shown: str) -> None:
    assert str(seat(1, name=name)) == shown


def test_what_is_left_out_of_a_seat_and_an_override_is_the_least() -> None:
    least = SeatValue(KEY, "id", "name", LONG_AGO, LONG_AGO, LONG_AGO)
    assert (least.is_offline, least.checked_out) == (False, {})
    assert OverrideValue(1) == OverrideValue(1, None, None, "", "", False)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (None, None, True),
        (OverrideValue(1), None, False),
        (None, OverrideValue(1), False),
        (OverrideValue(1), OverrideValue(1), True),
        (OverrideValue(1), OverrideValue(2), False),
        (OverrideValue(1), OverrideValue(True), False),
        (OverrideValue(1), OverrideValue(1.0), False),
        (OverrideValue(1), OverrideValue(1, is_floor=True), False),
        (OverrideValue(1), OverrideValue(1, set_at=LONG_AGO), False),
        (OverrideValue(1), OverrideValue(1, set_by_name="Ada"), False),
        (OverrideValue(1), OverrideValue(1, reason="Agreed"), False),
    ],
)
def test_overrides_are_the_same_in_all_or_not_at_all(one: Any, other: Any, same: bool) -> None:
    assert is_same(one, other) is same


# --- rights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "key", "standard"),
    [
        (state(), "seat_limit", 5),
        (state(quantity=9), "seat_limit", 5),
        (state(per_seat(), quantity=9), "seat_limit", 9),
        (state(per_seat()), "seat_limit", None),
        (state(per_seat(), quantity=9), "overdraft", "none"),
        (state(), "feature.sso", None),
        (state(), "expires_on", "2027-03-01"),
        (state(standard_expires_on=None), "expires_on", ""),
        (state(), "maintenance_expires_on", ""),
        (state(standard_maintenance_expires_on=END + DAY), "maintenance_expires_on", "2027-03-02"),
        (state(standard_maintenance_expires_on=END + DAY), "expires_on", "2027-03-01"),
        (state(overrides={"seat_limit": 9}), "seat_limit", 5),
    ],
)
def test_the_standard_of_a_right(found: State, key: str, standard: Any) -> None:
    assert found.standard(key) == standard


@pytest.mark.parametrize(
    ("override", "in_force"),
    [
        (None, 5),
        (OverrideValue(4), 4),
        (OverrideValue(0), 0),
        (OverrideValue(4, is_floor=True), 5),
        (OverrideValue(5, is_floor=True), 5),
        (OverrideValue(6, is_floor=True), 6),
        (OverrideValue("unlimited", is_floor=True), "unlimited"),
        (OverrideValue("many", is_floor=True), "many"),
    ],
)
def test_the_value_in_force(override: OverrideValue | None, in_force: Any) -> None:
    overrides = {} if override is None else {"seat_limit": override}
    assert state(overrides=overrides).in_force("seat_limit") == in_force


@pytest.mark.parametrize(
    ("on", "key"), [(revision(), "feature.calls"), (per_seat(), "seat_limit"), (revision(), "feature.unknown")]
)
def test_a_floor_without_a_standard_is_in_force(on: RevisionValue, key: str) -> None:
    assert state(on, overrides={key: OverrideValue(3, is_floor=True)}).in_force(key) == 3


def test_a_floor_against_a_standard_the_right_cannot_hold_is_in_force() -> None:
    odd = state(revision(rights={"seat_limit": "many"}), overrides={"seat_limit": OverrideValue(3, is_floor=True)})
    assert odd.in_force("seat_limit") == 3


def test_a_right_that_is_not_there_is_read_as_text() -> None:
    assert state().right("feature.gone") == Right("feature.gone", Kind.TEXT, "feature.gone")
    assert state().right("seat_limit") == BUILT_IN["seat_limit"]


def test_the_rights_with_a_value_stand_in_the_order_of_the_revision() -> None:
    silver = revision(rights={"feature.sso": True, "feature.calls": 0})
    overrides = {"feature.gone": "x", "expires_on": "2027-01-01", "feature.calls": 4}
    assert state(silver, overrides=overrides).right_keys == (
        "seat_limit",
        "overdraft",
        "grace_period",
        "feature.sso",
        "feature.calls",
        "feature.gone",
    )
    assert "seat_limit" not in state(per_seat()).right_keys


# --- seats -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "overdraft", "capacity"),
    [
        (5, "none", 5),
        (5, "2", 7),
        (5, "50%", 7),
        (1, "none", 1),
        (0, "none", 0),
        (0, "2", 0),
        (0, "unlimited", 0),
        (5, "unlimited", None),
        ("unlimited", "none", None),
        ("unlimited", "2", None),
        (LARGEST, "2", LARGEST),
    ],
)
def test_the_capacity_is_the_limit_and_the_overdraft(limit: Any, overdraft: str, capacity: int | None) -> None:
    found = state(revision(rights={"seat_limit": limit, "overdraft": overdraft}))
    assert (found.seat_limit, found.seat_capacity) == (limit, capacity)


def test_seats_that_are_not_sold_are_none() -> None:
    assert (state(per_seat()).seat_limit, state(per_seat()).seat_capacity) == (0, 0)
    base = revision()
    values = {key: value for key, value in base.sheet.values.items() if key != "overdraft"}
    without = replace(base, sheet=base.sheet._replace(values=values))
    assert state(without).seat_capacity == 5


def test_the_seats_and_the_overdraft_set_by_hand_count() -> None:
    assert state(overrides={"seat_limit": 9, "overdraft": "1"}).seat_capacity == 10


def test_what_is_checked_out_is_counted_over_all_seats() -> None:
    uses = {seat(0).id: {"feature.boards": 2, "feature.calls": 1}, seat(1).id: {"feature.boards": 3}, seat(2).id: {}}
    assert state(seat_uses=uses).checked_out == {"feature.boards": 5, "feature.calls": 1}
    assert state().checked_out == {}


@pytest.mark.parametrize(("overrides", "count"), [({}, 0), ({"seat_limit": 9, "expires_on": ""}, 2)])
def test_what_is_set_by_hand_is_counted(overrides: Any, count: int) -> None:
    assert state(overrides=overrides).override_count == count


# --- term ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("standard", "by_hand", "in_force"),
    [
        (END, None, END),
        (None, None, None),
        (END, "2027-06-01", date(2027, 6, 1)),
        (None, "2027-06-01", date(2027, 6, 1)),
        (END, "", None),
    ],
)
def test_the_days_in_force(standard: date | None, by_hand: str | None, in_force: date | None) -> None:
    for key in TERM_RIGHTS:
        overrides = {} if by_hand is None else {key: by_hand}
        found = state(overrides=overrides, **{"standard_expires_on": None, f"standard_{key}": standard})
        assert getattr(found, key) == in_force
        [other] = set(TERM_RIGHTS) - {key}
        assert getattr(found, other) is None


@pytest.mark.parametrize(
    ("expires", "grace", "ends"),
    [
        (END, "P14D", date(2027, 3, 15)),
        (END, "P0D", END),
        (END, "P1M", date(2027, 4, 1)),
        (None, "P14D", None),
        (date(9999, 12, 30), "P1D", date.max),
        (date(9999, 12, 31), "P1D", date.max),
    ],
)
def test_the_end_of_the_grace_period(expires: date | None, grace: str, ends: date | None) -> None:
    assert state(revision(rights={"grace_period": grace}), standard_expires_on=expires).grace_ends_on == ends


def test_the_grace_period_set_by_hand_counts_and_without_one_there_is_none() -> None:
    assert state(overrides={"grace_period": "P1D"}).grace_ends_on == END + DAY
    base = revision()
    values = {key: value for key, value in base.sheet.values.items() if key != "grace_period"}
    assert state(replace(base, sheet=base.sheet._replace(values=values))).grace_ends_on == END


@pytest.mark.parametrize(("found", "is_activated"), [(state(), True), (created(), False)])
def test_a_term_has_been_started(found: State, is_activated: bool) -> None:
    assert found.is_activated is is_activated


@pytest.mark.parametrize(
    ("today", "starts", "expires", "left"),
    [
        (END - 2 * DAY, START, END, 2),
        (END - DAY, START, END, 1),
        (END, START, END, 0),
        (END + DAY, START, END, 0),
        (START, START, END, 365),
        (START - DAY, START, END, 365),
        (START, None, END, 365),
        (START, START, None, 0),
    ],
)
def test_the_days_that_are_left(today: date, starts: date | None, expires: date | None, left: int) -> None:
    assert state(starts_on=starts, standard_expires_on=expires).days_left(today) == left


# --- status ----------------------------------------------------------------------------------------------------------

GRACE_ENDS = date(2027, 3, 15)
NOBODY_DISABLED: dict[str, Any] = {
    "ended_on": None,
    "is_disabled": False,
    "is_customer_disabled": False,
    "is_activated": True,
    "starts_on": START,
    "expires_on": END,
    "grace_ends_on": GRACE_ENDS,
}


@pytest.mark.parametrize(
    ("facts", "today", "status"),
    [
        ({}, START - DAY, Status.CREATED),
        ({}, START, Status.ACTIVE),
        ({}, END - DAY, Status.ACTIVE),
        ({}, END, Status.GRACE_PERIOD),
        ({}, GRACE_ENDS - DAY, Status.GRACE_PERIOD),
        ({}, GRACE_ENDS, Status.EXPIRED),
        ({"grace_ends_on": None}, END, Status.EXPIRED),
        ({"expires_on": None}, date.max, Status.ACTIVE),
        ({"expires_on": None, "grace_ends_on": None}, START, Status.ACTIVE),
        ({"is_activated": False}, END, Status.CREATED),
        ({"starts_on": None}, END, Status.CREATED),
        ({"is_customer_disabled": True}, GRACE_ENDS, Status.CUSTOMER_DISABLED),
        ({"is_customer_disabled": True, "is_activated": False}, END, Status.CUSTOMER_DISABLED),
        ({"is_disabled": True, "is_customer_disabled": True}, START, Status.DISABLED),
        ({"ended_on": START, "is_disabled": True}, START - DAY, Status.DISABLED),
        ({"ended_on": START, "is_disabled": True}, START, Status.ENDED),
        ({"ended_on": START}, START + DAY, Status.ENDED),
    ],
)
def test_the_status_is_the_first_that_fits(facts: dict[str, Any], today: date, status: Status) -> None:
    assert status_of(today=today, **{**NOBODY_DISABLED, **facts}) is status


def test_the_statuses_are_words() -> None:
    assert list(Status) == ["ended", "disabled", "customer disabled", "created", "active", "grace period", "expired"]


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (state(), Status.ACTIVE),
        (state(ended_on=START), Status.ENDED),
        (state(disabled_at=LONG_AGO), Status.DISABLED),
        (state(order=replace(ORDER, is_customer_disabled=True)), Status.CUSTOMER_DISABLED),
        (created(), Status.CREATED),
        (state(activated_at=None), Status.CREATED),
        (state(starts_on=END - DAY), Status.ACTIVE),
        (state(starts_on=END), Status.CREATED),
        (state(standard_expires_on=END - DAY), Status.GRACE_PERIOD),
        (state(revision(rights={"grace_period": "P0D"}), standard_expires_on=END - DAY), Status.EXPIRED),
    ],
)
def test_the_status_of_a_state_follows_from_its_facts(found: State, status: Status) -> None:
    assert found.status(END - DAY) is status


# --- changes ---------------------------------------------------------------------------------------------------------


def test_overrides_are_set_and_dropped_and_the_others_stay() -> None:
    before = state(overrides={"seat_limit": 9, "grace_period": "P1D"})
    after = before.with_overrides({"seat_limit": None, "overdraft": OverrideValue("1"), "feature.gone": None})
    assert after.overrides == {"grace_period": OverrideValue("P1D"), "overdraft": OverrideValue("1")}
    assert before.override_count == 2


@pytest.mark.parametrize(
    ("overrides", "left"),
    [
        ({"expires_on": "2027-03-01"}, set()),
        ({"expires_on": "2027-03-02"}, {"expires_on"}),
        ({"expires_on": ""}, {"expires_on"}),
        ({"maintenance_expires_on": ""}, set()),
        ({"maintenance_expires_on": "2027-03-01"}, {"maintenance_expires_on"}),
        ({"expires_on": "2027-03-01", "maintenance_expires_on": "", "seat_limit": 5}, {"seat_limit"}),
    ],
)
def test_a_day_that_equals_the_standard_is_not_set_by_hand(overrides: Any, left: set[str]) -> None:
    assert set(state(overrides=overrides).settled().overrides) == left


def test_what_is_settled_already_is_left_as_it_is() -> None:
    found = state(overrides={"seat_limit": 5})
    assert found.settled() is found
