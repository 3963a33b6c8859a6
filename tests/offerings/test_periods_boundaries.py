"""The rules of periods at their boundaries: equal, one below, one above, empty, and the words."""

import re
from datetime import date, timedelta

import pytest

from offerings.periods import LONGEST_MONTHS, Period, add_period, parse_period

EXAMPLES = "Write a period as days, months or years: 14 days, 1 month, or P14D, P1M."
LONGEST = "A period can be 100 years at most."


@pytest.mark.parametrize(
    ("period", "iso", "words"),
    [
        (Period(), "P0D", "none"),
        (Period(months=1), "P1M", "1 month"),
        (Period(months=11), "P11M", "11 months"),
        (Period(months=12), "P1Y", "1 year"),
        (Period(months=13), "P1Y1M", "1 year 1 month"),
        (Period(months=24), "P2Y", "2 years"),
        (Period(days=1), "P1D", "1 day"),
        (Period(days=2), "P2D", "2 days"),
        (Period(minutes=1), "PT1M", "1 minute"),
        (Period(minutes=59), "PT59M", "59 minutes"),
        (Period(minutes=60), "PT1H", "1 hour"),
        (Period(minutes=61), "PT1H1M", "1 hour 1 minute"),
        (Period(14, 3, 125), "P1Y2M3DT2H5M", "1 year 2 months 3 days 2 hours 5 minutes"),
    ],
)
def test_a_period_in_iso_and_in_words(period: Period, iso: str, words: str) -> None:
    assert (str(period), period.words) == (iso, words)
    assert parse_period(iso) == period
    assert parse_period(words) == period


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("none", Period()),
        (" NONE ", Period()),
        ("p1w", Period(days=7)),
        ("P1Y1M1W1DT1H1M", Period(13, 8, 61)),
        ("PT23H59M", Period(minutes=1439)),
        ("PT24H", Period(days=1)),
        ("PT25H", Period(days=1, minutes=60)),
        ("PT1440M", Period(days=1)),
        ("P0Y", Period()),
        ("2 weeks", Period(days=14)),
        ("1 day, 1 day", Period(days=2)),
        ("36 hours", Period(days=1, minutes=720)),
        ("100 years", Period(months=LONGEST_MONTHS)),
        ("1200 months", Period(months=LONGEST_MONTHS)),
    ],
)
def test_what_is_read(text: str, period: Period) -> None:
    assert parse_period(text) == period


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", EXAMPLES),
        ("P", EXAMPLES),
        ("PT", EXAMPLES),
        ("P1DT", EXAMPLES),
        ("P12345Y", EXAMPLES),
        ("1 day and 2 hours", EXAMPLES),
        ("day", EXAMPLES),
        ("1 fortnight", EXAMPLES),
        ("1201 months", LONGEST),
        ("100 years 1 minute", LONGEST),
        ("9999999999 days", LONGEST),
    ],
)
def test_what_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_period(text)


@pytest.mark.parametrize(
    ("period", "days"),
    [
        (Period(), 0),
        (Period(days=1), 1),
        (Period(minutes=1440), 1),
        (Period(minutes=720), 0.5),
        (Period(months=1), 30.436875),
        (Period(months=4800), 146_097),
        (Period(1, 1, 1440), 32.436875),
    ],
)
def test_the_mean_length(period: Period, days: float) -> None:
    assert period.length_in_days == days
    assert period.timedelta == timedelta(days=days)


@pytest.mark.parametrize(
    ("day", "period", "anchor", "expected"),
    [
        ("2027-01-15", Period(), None, "2027-01-15"),
        ("2027-01-15", Period(minutes=1), None, "2027-01-16"),
        ("2027-01-15", Period(days=1, minutes=1), None, "2027-01-17"),
        ("2027-01-15", Period(days=16), None, "2027-01-31"),
        ("2027-01-15", Period(days=17), None, "2027-02-01"),
        ("2027-12-15", Period(months=1), None, "2028-01-15"),
        ("2027-11-30", Period(months=1), None, "2027-12-30"),
        ("2027-01-28", Period(months=1), None, "2027-02-28"),
        ("2027-01-29", Period(months=1), None, "2027-02-28"),
        ("2028-01-29", Period(months=1), None, "2028-02-29"),
        ("2027-01-31", Period(1, 1), None, "2027-03-01"),
        ("2027-02-28", Period(months=1), 27, "2027-03-28"),
        ("2027-02-28", Period(months=1), 28, "2027-03-28"),
        ("2027-02-28", Period(months=1), 29, "2027-03-29"),
        ("2027-02-27", Period(months=1), 31, "2027-03-27"),
        ("2027-04-30", Period(months=1), 31, "2027-05-31"),
        ("2027-02-28", Period(days=1), 31, "2027-03-01"),
        ("9999-11-30", Period(months=1), None, "9999-12-30"),
    ],
)
def test_the_day_a_period_later(day: str, period: Period, anchor: int | None, expected: str) -> None:
    assert add_period(date.fromisoformat(day), period, anchor=anchor) == date.fromisoformat(expected)


@pytest.mark.parametrize("period", [Period(months=1), Period(days=31), Period(months=12)])
def test_no_day_lies_after_the_year_9999(period: Period) -> None:
    with pytest.raises(OverflowError):
        add_period(date(9999, 12, 1), period)
