"""Every kind of right: parse, validate, show, compare."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerings.amounts import plain_amount
from offerings.periods import parse_period
from offerings.rights import (
    BUILT_IN,
    LARGEST,
    OPPOSITES,
    UNLIMITED,
    Direction,
    InvalidValue,
    Kind,
    Right,
    Sheet,
    Value,
    capacity,
    compare,
    diff,
    empty,
    is_valid,
    meant,
    parse,
    typed,
    validate,
)

whole = st.integers(0, LARGEST) | st.just(UNLIMITED)
decimals = st.decimals(-(10**9), 10**9, places=6).map(float).map(lambda n: int(n) if n.is_integer() else n)
days = st.builds(lambda n: f"P{n}D", st.integers(1, 3650)) | st.builds(lambda n: f"P{n}M", st.integers(1, 11))
letters = st.characters(exclude_categories=["Cc", "Cs"])
VALUES: dict[Kind, st.SearchStrategy[Value]] = {
    Kind.FLAG: st.booleans(),
    Kind.POOL: whole,
    Kind.COUNT: whole,
    Kind.LIMIT: st.integers(1, LARGEST) | st.just(UNLIMITED),
    Kind.NUMBER: st.integers(-LARGEST, LARGEST) | decimals | st.just(UNLIMITED),
    Kind.TEXT: st.text(letters, max_size=500),
    Kind.DATE: st.dates().map(date.isoformat) | st.just(""),
    Kind.OVERDRAFT: st.sampled_from(["none", UNLIMITED])
    | st.integers(1, 10**17).map(str)
    | st.integers(1, 9999).map(lambda n: f"{n}%"),
    Kind.PERIOD: days | st.just("P0D"),
    Kind.LEASE: days | st.just("PT1H"),
    Kind.CONCURRENCY: st.sampled_from(["node_lock", "concurrent"]),
    Kind.SCHEDULE: st.sampled_from(["never", "on_renewal", "monthly"]),
    Kind.PRICE: st.decimals(0, 10**9, places=2).map(lambda amount: plain_amount(amount) or ""),
}
kinds = st.sampled_from(list(Kind))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


def right_of(kind: Kind) -> Right:
    return Right(f"feature.{kind}", kind, str(kind), "EUR" if kind is Kind.PRICE else "")


def kind_with_values(count: int) -> st.SearchStrategy[tuple[Right, list[Value]]]:
    return kinds.flatmap(
        lambda kind: st.tuples(st.just(right_of(kind)), st.lists(VALUES[kind], min_size=count, max_size=count))
    )


@given(kind_with_values(1))
def test_what_is_typed_is_read_as_the_same_value(drawn: tuple[Right, list[Value]]) -> None:
    right, [value] = drawn
    read, expected = parse(right, typed(right, value)), meant(right, value)  # 10^13 stands for no limit
    assert (read, type(read)) == (expected, type(expected))


@given(kind_with_values(1))
def test_every_value_of_a_kind_is_valid(drawn: tuple[Right, list[Value]]) -> None:
    right, [value] = drawn
    validate(right, value)


@given(kinds, st.text(max_size=600))
def test_reading_any_text_gives_a_valid_value_or_a_sentence(kind: Kind, text: str) -> None:
    right = right_of(kind)
    try:
        value = parse(right, text)
    except InvalidValue as refusal:
        assert str(refusal).endswith(".")  # noqa: PT017 (either outcome is right)
    else:
        assert is_valid(right, value)
        assert parse(right, typed(right, value)) == value


@given(kinds, anything)
def test_what_is_called_valid_can_be_shown_and_typed_again(kind: Kind, value: object) -> None:
    right = right_of(kind)
    if is_valid(right, value):
        assert isinstance(value, bool | int | float | str)
        assert parse(right, typed(right, value)) == value


@given(kind_with_values(2), st.booleans(), st.booleans())
def test_comparing_is_antisymmetric(drawn: tuple[Right, list[Value]], no_before: bool, no_after: bool) -> None:
    right, [one, other] = drawn
    before, after = None if no_before else one, None if no_after else other
    there, back = compare(right, before, after), compare(right, after, before)
    assert back is OPPOSITES.get(there, there)


@given(kind_with_values(1))
def test_a_value_is_the_same_as_itself(drawn: tuple[Right, list[Value]]) -> None:
    right, [value] = drawn
    assert compare(right, value, value) is Direction.SAME


@given(kind_with_values(2))
def test_different_values_are_never_called_the_same(drawn: tuple[Right, list[Value]]) -> None:
    right, [one, other] = drawn
    assert (compare(right, one, other) is Direction.SAME) == (one == other)


@given(kind_with_values(1))
def test_a_right_that_comes_is_added_unless_it_brings_nothing(drawn: tuple[Right, list[Value]]) -> None:
    right, [value] = drawn
    expected = Direction.SAME if value == empty(right.kind) else Direction.ADDED
    assert compare(right, None, value) is expected


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.FLAG, " ON ", True),
        (Kind.FLAG, "no", False),
        (Kind.POOL, "1000", 1000),
        (Kind.POOL, "\uff11\uff10", 10),
        (Kind.COUNT, "Unlimited", UNLIMITED),
        (Kind.NUMBER, "-2.50", -2.5),
        (Kind.NUMBER, "3.0", 3),
        (Kind.TEXT, " kept ", " kept "),
        (Kind.DATE, "30 Jun 2027", "2027-06-30"),
        (Kind.DATE, "", ""),
        (Kind.OVERDRAFT, "10 %", "10%"),
        (Kind.OVERDRAFT, "", "none"),
        (Kind.OVERDRAFT, "1000", "1000"),
        (Kind.PERIOD, "14 days", "P14D"),
        (Kind.LEASE, "60 minutes", "PT1H"),
        (Kind.CONCURRENCY, "Node lock", "node_lock"),
        (Kind.SCHEDULE, "on renewal", "on_renewal"),
    ],
)
def test_text_is_read_as_people_type_it(kind: Kind, text: str, value: Value) -> None:
    assert parse(right_of(kind), text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.FLAG, "maybe"),
        (Kind.FLAG, ""),
        (Kind.LIMIT, "0"),
        (Kind.LIMIT, "-5"),
        (Kind.LIMIT, str(10**20)),
        (Kind.LIMIT, "9" * 5000),
        (Kind.LIMIT, "2.5"),
        (Kind.LIMIT, "1,000"),
        (Kind.LIMIT, "1.000"),
        (Kind.POOL, "1 000"),
        (Kind.COUNT, "12.0"),
        (Kind.NUMBER, "1,000"),
        (Kind.NUMBER, "1.000"),
        (Kind.OVERDRAFT, "1,000"),
        (Kind.OVERDRAFT, "1.000 %"),
        (Kind.PERIOD, "1,000 days"),
        (Kind.LEASE, "1.000 days"),
        (Kind.LIMIT, "inf"),
        (Kind.LIMIT, "1e3"),
        (Kind.LIMIT, "1,0"),
        (Kind.POOL, "-1"),
        (Kind.COUNT, "nan"),
        (Kind.NUMBER, "0.12345678"),
        (Kind.NUMBER, ""),
        (Kind.TEXT, "x" * 501),
        (Kind.TEXT, "\x00"),
        (Kind.DATE, "30.02.2027"),
        (Kind.DATE, "2027-02-30"),
        (Kind.DATE, "tomorrow"),
        (Kind.OVERDRAFT, "-1"),
        (Kind.OVERDRAFT, "10.5%"),
        (Kind.LEASE, "P0D"),
        (Kind.LEASE, "30 minutes"),
        (Kind.PERIOD, "200 years"),
        (Kind.CONCURRENCY, "both"),
        (Kind.SCHEDULE, "weekly"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(kind: Kind, text: str) -> None:
    with pytest.raises(InvalidValue, match=r"\.$"):
        parse(right_of(kind), text)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1.0, 10**19, None, [], {}, "5", True])
def test_a_number_is_never_stored_as_something_else(value: object) -> None:
    assert not is_valid(right_of(Kind.POOL), value)
    assert not is_valid(right_of(Kind.NUMBER), value)


@pytest.mark.parametrize(
    ("kind", "before", "after", "direction"),
    [
        (Kind.LIMIT, 5, 25, Direction.RAISED),
        (Kind.LIMIT, UNLIMITED, 25, Direction.LOWERED),
        (Kind.LIMIT, None, 25, Direction.ADDED),
        (Kind.POOL, 0, 5, Direction.RAISED),
        (Kind.POOL, 5, None, Direction.REMOVED),
        (Kind.FLAG, False, True, Direction.ADDED),
        (Kind.FLAG, True, None, Direction.REMOVED),
        (Kind.TEXT, "email", "phone", Direction.CHANGED),
        (Kind.TEXT, "", "phone", Direction.ADDED),
        (Kind.DATE, "2027-01-01", "2028-01-01", Direction.RAISED),
        (Kind.PERIOD, "P30D", "P1M", Direction.RAISED),
        (Kind.OVERDRAFT, "none", "10%", Direction.RAISED),
        (Kind.OVERDRAFT, "10", "10%", Direction.CHANGED),
        (Kind.OVERDRAFT, "10%", "20%", Direction.RAISED),
        (Kind.SCHEDULE, "never", "monthly", Direction.CHANGED),
        (Kind.SCHEDULE, "monthly", "never", Direction.CHANGED),
    ],
)
def test_what_happened_to_a_value(kind: Kind, before: Value | None, after: Value | None, direction: Direction) -> None:
    assert compare(right_of(kind), before, after) is direction


@pytest.mark.parametrize(
    ("limit", "overdraft", "expected"),
    [
        (5, "none", 5),
        (5, "3", 8),
        (5, "50%", 7),
        (UNLIMITED, "none", None),
        (5, UNLIMITED, None),
        (LARGEST, "10%", LARGEST),
    ],
)
def test_capacity_is_the_limit_plus_the_overdraft_rounded_down(
    limit: Value, overdraft: Value, expected: int | None
) -> None:
    assert capacity(limit, overdraft) == expected


def test_a_diff_keeps_the_order_of_the_new_rights_and_ends_with_what_is_gone() -> None:
    one, two, gone = (Right(f"feature.{name}", Kind.POOL, name) for name in ("one", "two", "gone"))
    before = Sheet({"feature.gone": 3, "feature.one": 1}, {right.key: right for right in (one, gone)})
    after = Sheet({"feature.two": 2, "feature.one": 5}, {right.key: right for right in (one, two)})
    found = [(change.right.label, change.direction) for change in diff(before, after)]
    assert found == [("two", Direction.ADDED), ("one", Direction.RAISED), ("gone", Direction.REMOVED)]


def test_a_right_of_another_kind_is_changed_and_shown_by_the_kind_it_had() -> None:
    flag, count = Right("feature.api", Kind.FLAG, "API"), Right("feature.api", Kind.COUNT, "API")
    [change] = diff(Sheet({"feature.api": True}, {flag.key: flag}), Sheet({"feature.api": 100}, {count.key: count}))
    assert (change.shown_before, change.shown_after, change.direction) == ("on", "100", Direction.CHANGED)


def test_a_right_survives_being_stored_in_a_revision() -> None:
    for right in BUILT_IN.values():
        assert Right.from_json(right.key, right.to_json()) == right


def test_the_concurrency_mode_is_the_one_right_that_is_not_overridden() -> None:
    assert [key for key, right in BUILT_IN.items() if not right.is_overridable] == ["concurrency_mode"]


def test_a_period_is_stored_in_one_spelling_only() -> None:
    assert not is_valid(BUILT_IN["grace_period"], "P12M")
    assert is_valid(BUILT_IN["grace_period"], str(parse_period("P12M")))
