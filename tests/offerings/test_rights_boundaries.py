"""The rules of rights, each at its boundary: equal, one below, one above, empty, and the words."""

import pytest

from offerings.rights import (
    BUILT_IN,
    FEATURE_PREFIX,
    LARGEST,
    UNLIMITED,
    Direction,
    InvalidValue,
    Kind,
    Right,
    RightChange,
    Sheet,
    Value,
    capacity,
    compare,
    diff,
    empty,
    is_valid,
    parse,
    show,
    show_stored,
    validate,
)

SEATS = BUILT_IN["seat_limit"]


def feature(key: str, kind: Kind = Kind.POOL, label: str = "") -> Right:
    return Right(FEATURE_PREFIX + key, kind, label or key.title())


# --- the definition --------------------------------------------------------------------------------------------------


def test_the_built_in_rights() -> None:
    assert [(right.key, str(right.kind), right.label) for right in BUILT_IN.values()] == [
        ("seat_limit", "limit", "Seats"),
        ("overdraft", "overdraft", "Overdraft"),
        ("concurrency_mode", "concurrency", "Concurrency mode"),
        ("lease_period", "lease", "Lease period"),
        ("offline_lease_period", "period", "Offline lease period"),
        ("grace_period", "period", "Grace period"),
        ("usage_reset_schedule", "schedule", "Usage reset schedule"),
        ("maintenance", "flag", "Maintenance"),
    ]
    assert {(key == right.key, right.unit, right.group) for key, right in BUILT_IN.items()} == {(True, "", "Built-in")}


@pytest.mark.parametrize(
    ("key", "is_feature"), [("feature.sso", True), ("features", False), ("seat_limit", False), ("my.feature.x", False)]
)
def test_a_feature_is_named_by_its_prefix(key: str, is_feature: bool) -> None:
    assert Right(key, Kind.FLAG, "X").is_feature is is_feature


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_but_concurrency_can_be_overridden(kind: Kind) -> None:
    assert Right("x", kind, "X").is_overridable is (kind is not Kind.CONCURRENCY)


def test_at_least_means_something_for_numbers_periods_and_dates() -> None:
    ordered = {kind for kind in Kind if Right("x", kind, "X").is_ordered}
    assert ordered == {Kind.POOL, Kind.COUNT, Kind.NUMBER, Kind.LIMIT, Kind.PERIOD, Kind.LEASE, Kind.DATE}


def test_a_definition_is_stored_in_words_and_read_back() -> None:
    right = Right("feature.gb", Kind.POOL, "Storage", "GB", "Space")
    stored = {"kind": "pool", "label": "Storage", "unit": "GB", "group": "Space"}
    assert right.to_json() == stored
    assert Right.from_json("feature.gb", stored) == right
    assert Right("feature.gb", Kind.POOL, "Storage") == Right("feature.gb", Kind.POOL, "Storage", "", "Features")


# --- reading and showing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "value"), [("1", 1), (f"{LARGEST}", LARGEST), ("unlimited", UNLIMITED)])
def test_what_a_right_can_hold_is_read(text: str, value: Value) -> None:
    assert parse(SEATS, text) == value
    validate(SEATS, value)
    assert is_valid(SEATS, value) is True


@pytest.mark.parametrize("value", [0, LARGEST + 1, None, "", True])
def test_what_a_right_cannot_hold_is_refused(value: Value) -> None:
    assert is_valid(SEATS, value) is False
    with pytest.raises(InvalidValue):
        validate(SEATS, value)
    with pytest.raises(InvalidValue):
        parse(SEATS, str(value))


@pytest.mark.parametrize(
    ("right", "value", "shown", "stored"),
    [
        (SEATS, None, "", ""),
        (SEATS, 1000, "1,000", "1,000"),
        (SEATS, UNLIMITED, "unlimited", "unlimited"),
        (feature("sso", Kind.FLAG), False, "off", "off"),
        (feature("until", Kind.DATE), "", "", ""),
    ],
)
def test_a_value_is_shown_in_words(right: Right, value: Value | None, shown: str, stored: str) -> None:
    assert (show(right, value), show_stored(right, value)) == (shown, stored)


@pytest.mark.parametrize(
    ("right", "value", "stored"),
    [
        (SEATS, 0, "0"),
        (SEATS, "1000", "1000"),
        (feature("sso", Kind.FLAG), 12, "12"),
        (feature("until", Kind.DATE), "soon", "soon"),
        (feature("storage"), True, "True"),
        (BUILT_IN["grace_period"], "P12M", "P12M"),
    ],
)
def test_what_a_right_can_no_longer_hold_is_shown_as_it_is_stored(right: Right, value: Value, stored: str) -> None:
    assert show_stored(right, value) == stored


def test_what_was_never_granted_is_empty_by_kind() -> None:
    assert {str(kind): empty(kind) for kind in Kind} == {
        "flag": False,
        "pool": 0,
        "count": 0,
        "text": "",
        "number": 0,
        "date": "",
        "limit": 0,
        "overdraft": "none",
        "period": "P0D",
        "lease": "P0D",
        "concurrency": "node_lock",
        "schedule": "never",
        "price": "",
    }
    assert empty(Kind.FLAG) is False


# --- comparing -------------------------------------------------------------------------------------------------------

SAME, ADDED, REMOVED = Direction.SAME, Direction.ADDED, Direction.REMOVED
RAISED, LOWERED, CHANGED = Direction.RAISED, Direction.LOWERED, Direction.CHANGED


@pytest.mark.parametrize(
    ("kind", "before", "after", "direction"),
    [
        (Kind.POOL, None, None, SAME),
        (Kind.POOL, None, 0, SAME),
        (Kind.POOL, 0, None, SAME),
        (Kind.POOL, None, 1, ADDED),
        (Kind.POOL, 1, None, REMOVED),
        (Kind.POOL, 0, 1, RAISED),
        (Kind.POOL, 1, 0, LOWERED),
        (Kind.POOL, 5, 4, LOWERED),
        (Kind.POOL, 5, 5, SAME),
        (Kind.POOL, 5, 6, RAISED),
        (Kind.POOL, 5, UNLIMITED, RAISED),
        (Kind.POOL, UNLIMITED, 5, LOWERED),
        (Kind.POOL, UNLIMITED, UNLIMITED, SAME),
        (Kind.POOL, None, UNLIMITED, ADDED),
        (Kind.NUMBER, None, -1, ADDED),
        (Kind.NUMBER, -1, None, REMOVED),
        (Kind.NUMBER, -1, -0.5, RAISED),
        (Kind.FLAG, None, False, SAME),
        (Kind.FLAG, False, None, SAME),
        (Kind.FLAG, None, True, ADDED),
        (Kind.FLAG, False, True, ADDED),
        (Kind.FLAG, True, False, REMOVED),
        (Kind.FLAG, True, True, SAME),
        (Kind.FLAG, 1, True, CHANGED),
        (Kind.TEXT, "", "a", ADDED),
        (Kind.TEXT, "a", "", REMOVED),
        (Kind.TEXT, "a", "b", CHANGED),
        (Kind.TEXT, None, "", SAME),
        (Kind.DATE, "2027-06-30", "2027-06-29", LOWERED),
        (Kind.DATE, "2027-06-30", "2027-07-01", RAISED),
        (Kind.DATE, "", "2027-07-01", ADDED),
        (Kind.DATE, "2027-07-01", "", REMOVED),
        (Kind.PERIOD, "P0D", "P1D", RAISED),
        (Kind.PERIOD, None, "P1D", ADDED),
        (Kind.PERIOD, "P1D", "PT1H", LOWERED),
        (Kind.CONCURRENCY, "node_lock", "concurrent", CHANGED),
        (Kind.CONCURRENCY, None, "concurrent", ADDED),
    ],
)
def test_what_happened_to_a_value(kind: Kind, before: Value | None, after: Value | None, direction: Direction) -> None:
    assert compare(Right("x", kind, "X"), before, after) is direction


def sheet(*rights: tuple[Right, Value | None]) -> Sheet:
    values = {right.key: value for right, value in rights if value is not None}
    return Sheet(values, {right.key: right for right, _value in rights})


A, B, C = feature("a"), feature("b"), feature("c")


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        (sheet(), sheet(), []),
        (sheet((A, 1)), sheet((A, 1)), []),
        (sheet((A, 1)), sheet((A, 2)), [(A, 1, 2, RAISED)]),
        (sheet(), sheet((A, 2)), [(A, None, 2, ADDED)]),
        (sheet((A, 1)), sheet(), [(A, 1, None, REMOVED)]),
        (sheet((A, 0)), sheet(), []),
        (sheet(), sheet((A, 0)), []),
        (sheet((A, 1)), sheet((A, None)), [(A, 1, None, REMOVED)]),
        (
            sheet((C, 1), (A, 1)),
            sheet((B, 1), (A, 2)),
            [(B, None, 1, ADDED), (A, 1, 2, RAISED), (C, 1, None, REMOVED)],
        ),
    ],
)
def test_the_difference_of_two_sheets(
    before: Sheet, after: Sheet, changes: list[tuple[Right, Value | None, Value | None, Direction]]
) -> None:
    found = diff(before, after)
    assert [(change.right, change.before, change.after, change.direction) for change in found] == changes


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((Kind.FLAG, True), (Kind.COUNT, 1), ("on", "1", CHANGED)),
        ((Kind.FLAG, True), (Kind.COUNT, None), ("on", "", REMOVED)),
        ((Kind.FLAG, None), (Kind.COUNT, 5), ("", "5", ADDED)),
        ((Kind.FLAG, False), (Kind.COUNT, None), None),
        ((Kind.FLAG, None), (Kind.COUNT, 0), None),
        ((Kind.FLAG, False), (Kind.COUNT, 0), ("off", "0", CHANGED)),
    ],
)
def test_a_right_whose_kind_is_another_one_now(
    before: tuple[Kind, Value | None], after: tuple[Kind, Value | None], expected: tuple[str, str, Direction] | None
) -> None:
    was, now = feature("api", before[0], "Old API"), feature("api", after[0], "API")
    found = diff(sheet((was, before[1])), sheet((now, after[1])))
    assert [(change.shown_before, change.shown_after, change.direction) for change in found] == (
        [expected] if expected else []
    )
    assert all((change.right, change.right_before) == (now, was) for change in found)


def test_a_change_shows_the_earlier_value_by_the_right_of_today_where_no_other_is_known() -> None:
    change = RightChange(feature("sso", Kind.FLAG), before=False, after=True, direction=ADDED)
    assert (change.shown_before, change.shown_after) == ("off", "on")


# --- capacity --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "overdraft", "expected"),
    [
        (5, "none", 5),
        (0, "none", 0),
        (5, "1", 6),
        (0, "1", 1),
        (10, "10%", 11),
        (9, "10%", 9),
        (19, "10%", 20),
        (20, "10%", 22),
        (0, "100%", 0),
        (7, "100%", 14),
        (UNLIMITED, "none", None),
        (UNLIMITED, "10%", None),
        (5, UNLIMITED, None),
        (UNLIMITED, UNLIMITED, None),
        (LARGEST - 1, "1", LARGEST),
        (LARGEST, "1", LARGEST),
        (LARGEST, "none", LARGEST),
        (LARGEST, "1%", LARGEST),
        (LARGEST // 2, "100%", LARGEST - 1),
    ],
)
def test_capacity(limit: Value, overdraft: str, expected: int | None) -> None:
    assert capacity(limit, overdraft) == expected
