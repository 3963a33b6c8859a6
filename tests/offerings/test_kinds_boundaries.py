"""The rules of each kind of right at their boundaries: equal, one below, one above, empty, and the words."""

import pytest

from offerings.kinds import (
    CHOICES,
    EMPTY_IS_ABSENT,
    FEATURE_KINDS,
    LARGEST,
    NUMERIC_KINDS,
    OPPOSITES,
    RULES,
    UNLIMITED,
    Direction,
    InvalidValue,
    Kind,
    Value,
    has_control_characters,
    show_day,
)
from offerings.periods import parse_period

RAISED, LOWERED, CHANGED = Direction.RAISED, Direction.LOWERED, Direction.CHANGED

FLAG = "Write on or off."
NUMBER = 'Write a whole number, such as 250, or the word "unlimited".'
DECIMAL = 'Write a number, such as 250 or 0.5, or the word "unlimited".'
LARGE = 'That number is too large. The largest is 9223372036854775807; for no limit write "unlimited".'
DATE = "Write a date as 2027-06-30 or 30 Jun 2027."
PERIOD = "Write a period as days, months or years: 14 days, 1 month, or P14D, P1M."


def test_the_words_of_kinds_and_directions() -> None:
    assert " ".join(Kind) == (
        "flag pool count text number date limit overdraft period lease concurrency schedule price"
    )
    assert [str(kind) for kind in FEATURE_KINDS] == ["flag", "pool", "count", "text", "number", "date"]
    assert sorted(NUMERIC_KINDS) == ["count", "limit", "number", "pool"]
    assert sorted(EMPTY_IS_ABSENT) == ["date", "flag", "text"]
    assert [str(direction) for direction in Direction] == ["same", "added", "removed", "raised", "lowered", "changed"]
    assert {str(one): str(other) for one, other in OPPOSITES.items()} == {
        "added": "removed",
        "removed": "added",
        "raised": "lowered",
        "lowered": "raised",
    }
    assert (LARGEST, UNLIMITED) == (9_223_372_036_854_775_807, "unlimited")
    assert CHOICES == {
        Kind.CONCURRENCY: {"node_lock": "node lock", "concurrent": "concurrent"},
        Kind.SCHEDULE: {"never": "never", "on_renewal": "on renewal", "monthly": "monthly"},
    }


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Kind.FLAG, "on", True),
        (Kind.FLAG, "Yes", True),
        (Kind.FLAG, "true", True),
        (Kind.FLAG, " 1 ", True),
        (Kind.FLAG, "off", False),
        (Kind.FLAG, "no", False),
        (Kind.FLAG, "FALSE", False),
        (Kind.FLAG, "0", False),
        (Kind.POOL, "0", 0),
        (Kind.POOL, " +7 ", 7),
        (Kind.POOL, "-7", -7),
        (Kind.POOL, "999", 999),
        (Kind.POOL, "1000", 1000),
        (Kind.POOL, "\uff11\uff10", 10),
        (Kind.POOL, " UNLIMITED ", UNLIMITED),
        (Kind.NUMBER, str(LARGEST), LARGEST),
        (Kind.NUMBER, f"-{LARGEST}", -LARGEST),
        (Kind.NUMBER, "1000.50", 1000.5),
        (Kind.NUMBER, "-0.5", -0.5),
        (Kind.NUMBER, "2.0", 2),
        (Kind.TEXT, "", ""),
        (Kind.TEXT, " a ", " a "),
        (Kind.DATE, "  ", ""),
        (Kind.DATE, "2027-06-30", "2027-06-30"),
        (Kind.DATE, " 30 June 2027 ", "2027-06-30"),
        (Kind.DATE, "30 Jun 2027", "2027-06-30"),
        (Kind.PERIOD, "none", "P0D"),
        (Kind.PERIOD, "14 days", "P14D"),
        (Kind.OVERDRAFT, "", "none"),
        (Kind.OVERDRAFT, "0", "none"),
        (Kind.OVERDRAFT, "0 %", "none"),
        (Kind.OVERDRAFT, " None ", "none"),
        (Kind.OVERDRAFT, "1000", "1000"),
        (Kind.OVERDRAFT, "10 %", "10%"),
        (Kind.OVERDRAFT, "Unlimited", UNLIMITED),
        (Kind.CONCURRENCY, " Node lock ", "node_lock"),
        (Kind.CONCURRENCY, "NODE_LOCK", "node_lock"),
        (Kind.SCHEDULE, "on_renewal", "on_renewal"),
    ],
)
def test_text_that_is_read(kind: Kind, text: str, value: Value) -> None:
    read = RULES[kind].parse(text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        (Kind.FLAG, "", FLAG),
        (Kind.FLAG, "2", FLAG),
        (Kind.POOL, "", NUMBER),
        (Kind.POOL, "1,00", NUMBER),
        (Kind.POOL, "1,000", "Write 1000 without separators."),
        (Kind.POOL, "1.000", "Write 1000 without separators."),
        (Kind.POOL, "1 000 000", "Write 1000000 without separators."),
        (Kind.POOL, "12.0", NUMBER),
        (Kind.COUNT, "1e3", NUMBER),
        (Kind.LIMIT, "1_000", NUMBER),
        (Kind.NUMBER, "", DECIMAL),
        (Kind.NUMBER, "1.000", "1.000 can be read in two ways. Write 1000 without separators, or 1."),
        (Kind.NUMBER, "1,5", "Write 1.5 with a point."),
        (Kind.NUMBER, "1,000.50", "Write 1000.50 without separators."),
        (Kind.OVERDRAFT, "1,000", "Write 1000 without separators."),
        (Kind.OVERDRAFT, "1.000 %", "Write 1000 without separators."),
        (Kind.PERIOD, "1,000 days", "Write 1000 without separators."),
        (Kind.PERIOD, f"{LARGEST + 1} days", "A period can be 100 years at most."),
        (Kind.POOL, "1,0000", NUMBER),
        (Kind.POOL, "1.", NUMBER),
        (Kind.POOL, ".5", NUMBER),
        (Kind.POOL, "unlimited!", NUMBER),
        (Kind.POOL, str(LARGEST + 1), LARGE),
        (Kind.POOL, f"-{LARGEST + 1}", LARGE),
        (Kind.POOL, "9" * 5000, LARGE),
        (Kind.DATE, "30.06.2027", DATE),
        (Kind.DATE, "2027-02-29", DATE),
        (Kind.PERIOD, "", PERIOD),
        (Kind.PERIOD, "soon", PERIOD),
        (Kind.CONCURRENCY, "", "Choose node lock or concurrent."),
        (Kind.SCHEDULE, "weekly", "Choose never or on renewal or monthly."),
    ],
)
def test_text_that_is_refused(kind: Kind, text: str, sentence: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        RULES[kind].parse(text)
    assert str(refusal.value) == sentence


WHOLE = 'Write a whole number, or the word "unlimited".'
ORDINARY = 'Write a number of ordinary size, or the word "unlimited".'
PLACES = "Write at most 6 digits after the point."
NUMBERS = sorted(NUMERIC_KINDS)  # a set has another order in each process
OVERDRAFT = 'Write none, a number of seats, a percentage such as 10 %, or "unlimited".'
LEASE = "Write one hour or more, such as 12 hours or 14 days."


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (Kind.FLAG, True, None),
        (Kind.FLAG, False, None),
        (Kind.FLAG, 1, "This right is on or off."),
        (Kind.FLAG, None, "This right is on or off."),
        *((kind, -1, 'Write 0 or more, or the word "unlimited".') for kind in (Kind.POOL, Kind.COUNT)),
        *((kind, 0, None) for kind in (Kind.POOL, Kind.COUNT, Kind.NUMBER)),
        *((kind, 1, None) for kind in NUMBERS),
        *((kind, UNLIMITED, None) for kind in NUMBERS),
        *((kind, LARGEST, None) for kind in NUMBERS),
        *((kind, LARGEST + 1, LARGE) for kind in NUMBERS),
        *((kind, True, WHOLE) for kind in NUMBERS),
        *((kind, "5", WHOLE) for kind in NUMBERS),
        *((kind, None, WHOLE) for kind in NUMBERS),
        (Kind.POOL, 1.5, WHOLE),
        (Kind.LIMIT, 0, 'Write 1 or more, or the word "unlimited".'),
        (Kind.NUMBER, -LARGEST, None),
        (Kind.NUMBER, -LARGEST - 1, 'Write -9223372036854775807 or more, or the word "unlimited".'),
        (Kind.NUMBER, 1.5, None),
        (Kind.NUMBER, -1.5, None),
        (Kind.NUMBER, 2.0, ORDINARY),
        (Kind.NUMBER, float("inf"), ORDINARY),
        (Kind.NUMBER, float("nan"), ORDINARY),
        (Kind.NUMBER, 1e30, ORDINARY),
        (Kind.NUMBER, 0.000001, None),
        (Kind.NUMBER, 0.0000001, PLACES),
        (Kind.NUMBER, 1.1234567, PLACES),
        (Kind.TEXT, "", None),
        (Kind.TEXT, "x" * 500, None),
        (Kind.TEXT, "x" * 501, "Write at most 500 characters; this has 501."),
        (Kind.TEXT, "x" * 1000, "Write at most 500 characters; this has 1,000."),
        (Kind.TEXT, "a\0b", "Leave out control characters."),
        (Kind.TEXT, 5, "Write some text."),
        (Kind.DATE, "", None),
        (Kind.DATE, "2027-06-30", None),
        (Kind.DATE, "20270630", DATE),
        (Kind.DATE, "2027-02-29", DATE),
        (Kind.DATE, 20270630, DATE),
        (Kind.DATE, None, DATE),
        (Kind.PERIOD, "P0D", None),
        (Kind.PERIOD, "P1Y", None),
        (Kind.PERIOD, "P12M", "Write this period as P1Y."),
        (Kind.PERIOD, "14 days", "Write this period as P14D."),
        (Kind.PERIOD, "", PERIOD),
        (Kind.PERIOD, 14, "Write a period, such as 14 days or P14D."),
        (Kind.LEASE, "PT59M", LEASE),
        (Kind.LEASE, "PT1H", None),
        (Kind.LEASE, "PT1H1M", None),
        (Kind.LEASE, "P0D", LEASE),
        (Kind.OVERDRAFT, "none", None),
        (Kind.OVERDRAFT, UNLIMITED, None),
        (Kind.OVERDRAFT, "0", OVERDRAFT),
        (Kind.OVERDRAFT, "1", None),
        (Kind.OVERDRAFT, "9" * 18, None),
        (Kind.OVERDRAFT, "9" * 19, OVERDRAFT),
        (Kind.OVERDRAFT, "1%", None),
        (Kind.OVERDRAFT, "0%", OVERDRAFT),
        (Kind.OVERDRAFT, "9999%", None),
        (Kind.OVERDRAFT, "10000%", OVERDRAFT),
        (Kind.OVERDRAFT, "", OVERDRAFT),
        (Kind.OVERDRAFT, 5, OVERDRAFT),
        (Kind.CONCURRENCY, "node_lock", None),
        (Kind.CONCURRENCY, "node lock", "Choose node lock or concurrent."),
        (Kind.CONCURRENCY, None, "Choose node lock or concurrent."),
        (Kind.CONCURRENCY, [], "Choose node lock or concurrent."),
        (Kind.SCHEDULE, "monthly", None),
    ],
)
def test_what_a_kind_says_against_a_value(kind: Kind, value: object, sentence: str | None) -> None:
    assert RULES[kind].problem(value) == sentence


@pytest.mark.parametrize(
    ("character", "is_refused"),
    [
        ("\x00", True),
        ("\x08", True),
        ("\t", False),
        ("\n", False),
        ("\x0b", True),
        ("\r", False),
        ("\x1f", True),
        (" ", False),
        ("\x7f", False),
        ("\ud7ff", False),
        ("\ud800", True),
        (chr(0xDFFF), True),
        ("\ue000", False),
        ("", False),
    ],
)
def test_control_characters_and_halves_of_pairs(character: str, is_refused: bool) -> None:
    assert has_control_characters(f"a{character}b") is is_refused


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (Kind.FLAG, True, "on"),
        (Kind.FLAG, False, "off"),
        (Kind.POOL, 0, "0"),
        (Kind.POOL, 999, "999"),
        (Kind.POOL, 1000, "1,000"),
        (Kind.POOL, UNLIMITED, "unlimited"),
        (Kind.NUMBER, -1234.5, "-1,234.5"),
        (Kind.NUMBER, 0.000001, "0.000001"),
        (Kind.TEXT, "a", "a"),
        (Kind.DATE, "", ""),
        (Kind.DATE, "2027-01-05", "5 Jan 2027"),
        (Kind.DATE, "0999-12-31", "31 Dec 0999"),
        (Kind.PERIOD, "P14D", "14 days"),
        (Kind.LEASE, "PT1H", "1 hour"),
        (Kind.OVERDRAFT, "none", "none"),
        (Kind.OVERDRAFT, "1000", "1,000"),
        (Kind.OVERDRAFT, "10%", "10 %"),
        (Kind.OVERDRAFT, UNLIMITED, "unlimited"),
        (Kind.CONCURRENCY, "node_lock", "node lock"),
        (Kind.SCHEDULE, "on_renewal", "on renewal"),
    ],
)
def test_a_value_in_words(kind: Kind, value: Value, words: str) -> None:
    assert RULES[kind].show(value) == words


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.FLAG, True, "on"),
        (Kind.POOL, 1000, "1000"),
        (Kind.COUNT, UNLIMITED, "unlimited"),
        (Kind.NUMBER, -1234.5, "-1234.5"),
        (Kind.NUMBER, 1.234, "1.2340"),
        (Kind.NUMBER, 0.125, "0.125"),
        (Kind.DATE, "2027-01-05", "5 Jan 2027"),
        (Kind.LEASE, "PT1H", "1 hour"),
        (Kind.OVERDRAFT, "1000", "1000"),
        (Kind.OVERDRAFT, "1000%", "1000 %"),
        (Kind.CONCURRENCY, "node_lock", "node lock"),
    ],
)
def test_a_value_as_people_type_it(kind: Kind, value: Value, text: str) -> None:
    assert RULES[kind].typed(value) == text
    assert RULES[kind].parse(text) == value


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.FLAG, False),
        *((kind, 0) for kind in (Kind.POOL, Kind.COUNT, Kind.NUMBER, Kind.LIMIT)),
        *((kind, "") for kind in (Kind.TEXT, Kind.DATE)),
        *((kind, "P0D") for kind in (Kind.PERIOD, Kind.LEASE)),
        (Kind.OVERDRAFT, "none"),
        (Kind.CONCURRENCY, "node_lock"),
        (Kind.SCHEDULE, "never"),
    ],
)
def test_what_nothing_is(kind: Kind, value: Value) -> None:
    assert (RULES[kind].empty, type(RULES[kind].empty)) == (value, type(value))


def test_months_are_named_in_english() -> None:
    shown = [RULES[Kind.DATE].show(f"2027-{month:02}-01") for month in range(1, 13)]
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    assert shown == [f"1 {name} 2027" for name in names]
    assert show_day.__module__ == "offerings.kinds"


@pytest.mark.parametrize(
    ("kind", "before", "after", "direction"),
    [
        (Kind.FLAG, False, True, CHANGED),
        (Kind.TEXT, "a", "b", CHANGED),
        (Kind.POOL, 4, 5, RAISED),
        (Kind.POOL, 5, 4, LOWERED),
        (Kind.POOL, LARGEST, UNLIMITED, RAISED),
        (Kind.POOL, UNLIMITED, LARGEST, LOWERED),
        (Kind.NUMBER, -2, -1.5, RAISED),
        (Kind.DATE, "2027-01-31", "2027-02-01", RAISED),
        (Kind.DATE, "2027-02-01", "2027-01-31", LOWERED),
        (Kind.PERIOD, "P30D", "P1M", RAISED),
        (Kind.PERIOD, "P31D", "P1M", LOWERED),
        (Kind.LEASE, "PT1H", "PT2H", RAISED),
        (Kind.OVERDRAFT, "none", "1", RAISED),
        (Kind.OVERDRAFT, "1", "none", LOWERED),
        (Kind.OVERDRAFT, "none", UNLIMITED, RAISED),
        (Kind.OVERDRAFT, UNLIMITED, "none", LOWERED),
        (Kind.OVERDRAFT, UNLIMITED, "5%", LOWERED),
        (Kind.OVERDRAFT, "9", "10", RAISED),
        (Kind.OVERDRAFT, "10", "9", LOWERED),
        (Kind.OVERDRAFT, "9%", "10%", RAISED),
        (Kind.OVERDRAFT, "10%", "9%", LOWERED),
        (Kind.OVERDRAFT, "10%", "10", CHANGED),
        (Kind.OVERDRAFT, "10", "10%", CHANGED),
        (Kind.CONCURRENCY, "node_lock", "concurrent", CHANGED),
        (Kind.SCHEDULE, "monthly", "never", CHANGED),
    ],
)
def test_the_order_of_two_values(kind: Kind, before: Value, after: Value, direction: Direction) -> None:
    assert RULES[kind].order(before, after) is direction


def test_periods_of_the_same_length_are_in_no_order() -> None:
    assert parse_period("P1D").length_in_days == parse_period("PT24H").length_in_days
    assert RULES[Kind.PERIOD].order("P1D", "PT24H") is CHANGED
