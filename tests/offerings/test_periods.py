"""Reading, writing and adding spans of calendar time."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offerings.periods import LONGEST_MONTHS, Period, add_period, parse_period

periods = st.builds(
    Period,
    months=st.integers(0, LONGEST_MONTHS // 2),
    days=st.integers(0, 9_999),
    minutes=st.integers(0, 1439),
)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("P1D", "P1D"),
        ("p1d", "P1D"),
        ("P1W", "P7D"),
        ("P12M", "P1Y"),
        ("P1Y2M", "P1Y2M"),
        ("PT24H", "P1D"),
        ("PT90M", "PT1H30M"),
        ("P0D", "P0D"),
        ("14 days", "P14D"),
        ("1 year 2 months", "P1Y2M"),
        ("1 Year, 2 months", "P1Y2M"),
        ("12 hours", "PT12H"),
        ("none", "P0D"),
        (" none ", "P0D"),
    ],
)
def test_a_period_is_read_from_iso_and_from_words(text: str, canonical: str) -> None:
    assert str(parse_period(text)) == canonical


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "14", "days", "-P1D", "P1.5D", "P1H", "soon", "1 fortnight", "101 years", "P9999Y", "P1DT"]
)
def test_what_is_no_period_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=r"such as|14 days|100 years"):
        parse_period(text)


@given(periods)
def test_a_period_survives_its_iso_text(period: Period) -> None:
    assert parse_period(str(period)) == period


@given(periods)
def test_a_period_survives_its_words(period: Period) -> None:
    assert parse_period(period.words) == period


@given(st.text(max_size=40))
def test_reading_any_text_gives_a_period_or_a_value_error(text: str) -> None:
    try:
        period = parse_period(text)
    except ValueError:
        return
    assert parse_period(str(period)) == period


@pytest.mark.parametrize(
    ("day", "text", "anchor", "expected"),
    [
        (date(2027, 1, 31), "P1M", None, date(2027, 2, 28)),
        (date(2027, 2, 28), "P1M", 31, date(2027, 3, 31)),
        (date(2027, 2, 28), "P1M", None, date(2027, 3, 28)),
        (date(2028, 2, 29), "P1Y", None, date(2029, 2, 28)),
        (date(2029, 2, 28), "P3Y", 29, date(2032, 2, 29)),
        (date(2027, 12, 31), "P1D", None, date(2028, 1, 1)),
        (date(2027, 1, 1), "PT1H", None, date(2027, 1, 2)),
    ],
)
def test_adding_months_keeps_the_day_and_clamps_it(day: date, text: str, anchor: int | None, expected: date) -> None:
    assert add_period(day, parse_period(text), anchor=anchor) == expected


@given(st.dates(date(2000, 1, 31), date(2100, 1, 1)), st.integers(1, 60))
def test_month_after_month_lands_where_all_at_once_does(start: date, months: int) -> None:
    day = start
    for _ in range(months):
        day = add_period(day, Period(months=1), anchor=start.day)
    assert day == add_period(start, Period(months=months))


@given(st.dates(), periods)
def test_adding_never_goes_back(day: date, period: Period) -> None:
    try:
        assert add_period(day, period) >= day
    except OverflowError:
        assert day.year + 60 > date.max.year
