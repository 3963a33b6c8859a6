"""Days in a file: read where they can mean one day alone."""

from datetime import date

import pytest

from entitlements.importing.cells import DayOrder, InvalidCell, name_problem, read_day

DAY_FIRST, MONTH_FIRST = DayOrder.DAY_FIRST, DayOrder.MONTH_FIRST


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2027-06-30", "", date(2027, 6, 30)),
        ("2027-06-30 00:00:00", "", date(2027, 6, 30)),
        ("30 Jun 2027", "", date(2027, 6, 30)),
        ("30-June-2027", "", date(2027, 6, 30)),
        ("30.6.2027", "", date(2027, 6, 30)),
        ("03.04.2027", "", date(2027, 4, 3)),
        ("03.04.2027", MONTH_FIRST, date(2027, 4, 3)),
        ("30/06/2027", "", date(2027, 6, 30)),
        ("06/30/2027", "", date(2027, 6, 30)),
        ("4/4/2027", "", date(2027, 4, 4)),
        ("3/4/2027", DAY_FIRST, date(2027, 4, 3)),
        ("3/4/2027", MONTH_FIRST, date(2027, 3, 4)),
        ("3-4-2027", DAY_FIRST, date(2027, 4, 3)),
    ],
)
def test_a_day_is_read(text: str, order: str, day: date) -> None:
    assert read_day(text, DayOrder(order)) == day


@pytest.mark.parametrize(
    ("text", "order", "sentence"),
    [
        ("3/4/2027", "", "3/4/2027 can be 2027-04-03 or 2027-03-04"),
        ("12/12/27", "", "The year of 12/12/27 has 2 digits"),
        ("30/06/2027", MONTH_FIRST, "There is no day"),
        ("31.02.2027", "", "There is no day"),
        ("2027-02-30", "", "There is no day"),
        ("30 Foo 2027", "", "There is no day"),
        ("13/13/2027", "", "There is no day"),
        ("soon", "", "is no date"),
        ("46203", "", "is no date"),
        ("3/4.2027", DAY_FIRST, "is no date"),
    ],
)
def test_what_is_no_day_or_two_says_what_to_write(text: str, order: str, sentence: str) -> None:
    with pytest.raises(InvalidCell, match=sentence):
        read_day(text, DayOrder(order))


@pytest.mark.parametrize(
    ("text", "is_wrong"), [("", False), ("Halden", False), ("x" * 10, False), ("x" * 11, True), ("a\u200bb", True)]
)
def test_a_name_is_short_and_visible(text: str, is_wrong: bool) -> None:
    assert bool(name_problem(text, longest=10)) is is_wrong
