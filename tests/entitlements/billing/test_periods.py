"""Billing periods: from one anchor, clamped in short months, each starting where the one before ends."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlements.billing.periods import BillingPeriod, NoPeriod, Schedule
from offerings.periods import Period, add_period, parse_period

MONTHS = {"P1M": 1, "P3M": 3, "P6M": 6, "P1Y": 12}
lengths = st.one_of(
    st.builds(Period, months=st.integers(1, 36)),
    st.builds(Period, days=st.integers(1, 800)),
    st.builds(Period, months=st.integers(1, 14), days=st.integers(1, 40)),
)


def day(text: str) -> date:
    return date.fromisoformat(text)


def starts(schedule: Schedule, count: int) -> list[str]:
    return [period.start.isoformat() for period in schedule.periods(count)]


@pytest.mark.parametrize(
    ("anchor", "every", "expected"),
    [
        ("2027-01-31", "P1M", ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        ("2028-01-30", "P1M", ["2028-01-30", "2028-02-29", "2028-03-30", "2028-04-30"]),
        ("2027-11-30", "P3M", ["2027-11-30", "2028-02-29", "2028-05-30", "2028-08-30"]),
        ("2027-08-31", "P6M", ["2027-08-31", "2028-02-29", "2028-08-31", "2029-02-28"]),
        ("2028-02-29", "P1Y", ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ("2027-01-31", "P1W", ["2027-01-31", "2027-02-07", "2027-02-14"]),
        ("2027-01-31", "P10D", ["2027-01-31", "2027-02-10", "2027-02-20", "2027-03-02"]),
        ("2027-01-31", "P1M1D", ["2027-01-31", "2027-03-01", "2027-04-02"]),
        ("0001-01-31", "P1M", ["0001-01-31", "0001-02-28"]),
    ],
)
def test_periods_count_from_the_anchor_and_are_clamped_after_adding(
    anchor: str, every: str, expected: list[str]
) -> None:
    assert starts(Schedule(day(anchor), parse_period(every)), len(expected)) == expected


@pytest.mark.parametrize("every", MONTHS)
@pytest.mark.parametrize("billing_day", range(1, 32))
def test_every_billing_day_over_four_years_leaves_no_gap(billing_day: int, every: str) -> None:
    schedule = Schedule.on_billing_day(billing_day, parse_period(every), since=day("2026-01-31"))
    periods = list(schedule.periods(48 // MONTHS[every]))
    assert [one.end for one in periods[:-1]] == [other.start for other in periods[1:]]
    for period in periods:
        next_month = (period.start.replace(day=1) + timedelta(days=31)).replace(day=1)
        last = (next_month - timedelta(days=1)).day
        assert period.start.day == min(billing_day, last)
        assert (period.months, period.anchor_day) == (MONTHS[every], billing_day)
        assert {schedule.holding(period.start), schedule.holding(period.end - timedelta(days=1))} == {period}
        assert schedule.following(period).start == period.end


@pytest.mark.parametrize(
    ("billing_day", "every", "since", "start", "end"),
    [
        (15, "P1M", "2027-01-20", "2027-01-15", "2027-02-15"),
        (15, "P1M", "2027-01-15", "2027-01-15", "2027-02-15"),
        (15, "P1M", "2027-01-14", "2026-12-15", "2027-01-15"),
        (31, "P1M", "2027-02-28", "2027-02-28", "2027-03-31"),
        (31, "P1M", "2027-02-27", "2027-01-31", "2027-02-28"),
        (30, "P1M", "2028-02-29", "2028-02-29", "2028-03-30"),
        (31, "P3M", "2027-05-01", "2027-04-30", "2027-07-31"),
        (29, "P1Y", "2028-03-01", "2028-02-29", "2029-02-28"),
        (2, "P1M", "0001-01-02", "0001-01-02", "0001-02-02"),
    ],
)
def test_the_period_of_a_billing_day_holds_the_day(
    billing_day: int, every: str, since: str, start: str, end: str
) -> None:
    schedule = Schedule.on_billing_day(billing_day, parse_period(every), since=day(since))
    period = schedule.holding(day(since))
    assert (period.start, period.end) == (day(start), day(end))
    assert schedule.period(0) == period


@given(st.dates(date(1, 1, 1), date(9000, 1, 1)), lengths, st.integers(0, 300_000))
def test_the_period_that_holds_a_day_is_one_of_the_sequence(anchor: date, every: Period, later: int) -> None:
    wanted = anchor + timedelta(days=later)
    schedule = Schedule(anchor, every)
    period = schedule.holding(wanted)
    assert period.start <= wanted < period.end
    assert wanted in period
    assert period.end not in period
    following = schedule.following(period)
    assert following.start == period.end
    assert wanted not in following


@given(st.dates(date(1, 1, 1), date(9000, 1, 1)), st.integers(1, 24), st.integers(0, 500))
def test_the_start_of_a_period_is_months_after_the_anchor(anchor: date, months: int, index: int) -> None:
    period = Schedule(anchor, Period(months=months)).period(index)
    assert period.start == add_period(anchor, Period(months=months * index))
    assert period.days >= 28 * months


def test_periods_that_would_end_after_the_year_9999_are_refused_before_any_is_given() -> None:
    schedule = Schedule(day("9999-10-31"), Period(months=1))
    assert starts(schedule, 2) == ["9999-10-31", "9999-11-30"]
    with pytest.raises(NoPeriod, match="end by the year 9999"):
        schedule.periods(3)
    with pytest.raises(NoPeriod, match="Choose an earlier day"):
        schedule.holding(date.max)
    with pytest.raises(NoPeriod, match="end by the year 9999"):
        Schedule(date.min, Period(days=36_000)).period(10**9)


def test_no_period_is_asked_for_and_none_is_given() -> None:
    assert list(Schedule(date.max, Period(months=1)).periods(0)) == []


def test_a_day_before_the_anchor_is_in_no_period() -> None:
    with pytest.raises(NoPeriod, match="first billing period starts on 2027-01-31"):
        Schedule(day("2027-01-31"), Period(months=1)).holding(day("2027-01-30"))


@pytest.mark.parametrize("every", ["P0D", "PT12H", "P1DT1H", "P1MT5M"])
def test_a_length_that_is_not_of_whole_days_is_refused_with_examples(every: str) -> None:
    with pytest.raises(NoPeriod, match="P1M, P3M, P1Y, P1W, P10D"):
        Schedule(day("2027-01-31"), parse_period(every))


@pytest.mark.parametrize("billing_day", [-1, 0, 32])
def test_a_billing_day_is_from_1_to_31(billing_day: int) -> None:
    with pytest.raises(NoPeriod, match="from 1 to 31"):
        Schedule.on_billing_day(billing_day, Period(months=1), since=day("2027-01-31"))


@pytest.mark.parametrize("every", ["P1W", "P1M1D", "P0D", "P1MT1H"])
def test_a_billing_day_goes_with_months_alone(every: str) -> None:
    with pytest.raises(NoPeriod, match="Leave it out for weeks and days"):
        Schedule.on_billing_day(1, parse_period(every), since=day("2027-01-31"))


def test_no_period_starts_before_the_year_1() -> None:
    with pytest.raises(NoPeriod, match="Choose a later day"):
        Schedule.on_billing_day(3, Period(months=1), since=day("0001-01-02"))


@pytest.mark.parametrize(
    ("start", "end", "months", "anchor_day"),
    [
        ("2027-01-31", "2027-02-28", 1, 31),
        ("2027-02-28", "2027-03-31", 1, 31),
        ("2027-02-28", "2027-03-30", 1, 30),
        ("2027-02-28", "2027-03-28", 1, 28),
        ("2028-02-29", "2029-02-28", 12, 29),
        ("2027-04-30", "2027-07-31", 3, 31),
        ("2027-04-30", "2027-07-30", 3, 30),
        ("2027-02-27", "2027-03-31", 0, 0),
        ("2027-01-10", "2027-02-09", 0, 0),
        ("2027-01-10", "2027-01-20", 0, 0),
        ("9999-11-30", "9999-12-31", 1, 31),
    ],
)
def test_a_period_between_two_days_is_of_whole_months_where_they_fit_one_anchor(
    start: str, end: str, months: int, anchor_day: int
) -> None:
    period = BillingPeriod.between(day(start), day(end))
    assert (period.months, period.anchor_day) == (months, anchor_day)


@pytest.mark.parametrize("end", ["2027-01-31", "2027-01-30"])
def test_a_period_ends_after_its_start(end: str) -> None:
    with pytest.raises(NoPeriod, match=f"{end} is no end of it"):
        BillingPeriod.between(day("2027-01-31"), day(end))
