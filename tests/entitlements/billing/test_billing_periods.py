"""``manage.py billing_periods``: the periods of an anchor, or one sentence that says what to write."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

FOURTEEN = """\
2027-01-31 2027-02-28
2027-02-28 2027-03-31
2027-03-31 2027-04-30
2027-04-30 2027-05-31
2027-05-31 2027-06-30
2027-06-30 2027-07-31
2027-07-31 2027-08-31
2027-08-31 2027-09-30
2027-09-30 2027-10-31
2027-10-31 2027-11-30
2027-11-30 2027-12-31
2027-12-31 2028-01-31
2028-01-31 2028-02-29
2028-02-29 2028-03-31
"""


def run(*, anchor: str = "2027-01-31", every: str = "P1M", count: str = "14") -> str:
    output = StringIO()
    call_command("billing_periods", f"--anchor={anchor}", f"--every={every}", f"--count={count}", stdout=output)
    return output.getvalue()


def test_the_last_day_of_a_month_stays_the_last_over_a_leap_year() -> None:
    assert run() == FOURTEEN


@pytest.mark.parametrize(
    ("anchor", "every", "count", "expected"),
    [
        ("2028-02-29", "P1Y", "2", "2028-02-29 2029-02-28\n2029-02-28 2030-02-28\n"),
        ("2027-01-31", "P1W", "2", "2027-01-31 2027-02-07\n2027-02-07 2027-02-14\n"),
        ("2027-01-31", "P10D", "1", "2027-01-31 2027-02-10\n"),
        ("2027-01-31", "3 months", "1", "2027-01-31 2027-04-30\n"),
        ("0001-01-01", "P1M", "1", "0001-01-01 0001-02-01\n"),
        ("9999-11-30", "P1M", "1", "9999-11-30 9999-12-30\n"),
    ],
)
def test_periods_of_any_length_are_listed(anchor: str, every: str, count: str, expected: str) -> None:
    assert run(anchor=anchor, every=every, count=count) == expected


def test_there_are_twelve_where_no_number_is_given() -> None:
    output = StringIO()
    call_command("billing_periods", anchor="2027-01-01", every="P1M", stdout=output)
    assert len(output.getvalue().splitlines()) == 12


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"anchor": "2027-02-30"}, r"--anchor: Write a day of the calendar as YYYY-MM-DD"),
        ({"anchor": "20270131"}, r"--anchor: Write a day"),
        ({"anchor": ""}, r"--anchor: Write a day"),
        ({"anchor": "2027-W01-1"}, r"--anchor: Write a day"),
        ({"anchor": "10000-01-01"}, r"--anchor: Write a day"),
        ({"every": "soon"}, r"--every: Write a period as days, months or years"),
        ({"every": ""}, r"--every: Write a period"),
        ({"every": "-P1M"}, r"--every: Write a period"),
        ({"every": "101 years"}, r"--every: A period can be 100 years at most"),
        ({"every": "P0D"}, r"Write a billing period of one day or more, in whole days: P1M"),
        ({"every": "PT12H"}, r"in whole days: P1M"),
        ({"count": "0"}, r"--count: Write a whole number"),
        ({"count": "-1"}, r"--count: Write a whole number"),
        ({"count": "10001"}, r"--count: Write a whole number from 1 to 10000"),
        ({"count": "1.5"}, r"--count: Write a whole number"),
        ({"anchor": "9999-12-31"}, r"end by the year 9999. Choose an earlier day"),
        ({"every": "P1Y", "count": "8000"}, r"end by the year 9999"),
    ],
)
def test_what_is_wrong_is_said_before_any_period(wrong: dict[str, str], sentence: str) -> None:
    output = StringIO()
    arguments = {"anchor": "2027-01-31", "every": "P1M", "count": "14"} | wrong
    with pytest.raises(CommandError, match=sentence):
        call_command("billing_periods", *(f"--{name}={value}" for name, value in arguments.items()), stdout=output)
    assert output.getvalue() == ""
