"""The filters of the log: what an address says, and what it cannot say."""

from datetime import date

import pytest
from django.http import QueryDict

from entitlements.history.log_filters import LogFilterForm, LogFilters
from entitlements.models.customers import LONGEST_SEARCH

EVERY = LogFilters(
    person="Ann",
    kind="renew",
    offering="GOLD-ANNUAL",
    customer="Osprey",
    source="api",
    reference="INC-7",
    first_day=date(2026, 3, 1),
    last_day=date(2026, 11, 21),
)


def read(address: str) -> LogFilters:
    return LogFilterForm(QueryDict(address)).filters


@pytest.mark.parametrize("filters", [LogFilters(), LogFilters(kind="edits"), EVERY])
def test_an_address_that_was_written_reads_the_same(filters: LogFilters) -> None:
    assert read(filters.address()) == filters


def test_only_what_narrows_is_in_an_address() -> None:
    assert LogFilters().address() == ""
    assert LogFilters(first_day=date(2026, 3, 1)).address() == "from=2026-03-01"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("person=+Ann%00+", LogFilters(person="Ann")),
        (f"customer={'x' * (LONGEST_SEARCH + 1)}", LogFilters(customer="x" * LONGEST_SEARCH)),
        ("kind=nonsense&person=Ann", LogFilters(person="Ann")),
        ("source=post&person=Ann", LogFilters(person="Ann")),
        ("from=31-31-31&person=Ann", LogFilters(person="Ann")),
        ("from=2026-02-29&to=2026-03-01", LogFilters(last_day=date(2026, 3, 1))),
        ("from=2026-03-01%00", LogFilters()),
        ("first_day=2026-03-01", LogFilters()),
    ],
)
def test_what_cannot_be_read_narrows_nothing(address: str, expected: LogFilters) -> None:
    assert read(address) == expected


@pytest.mark.parametrize(
    ("filters", "acts", "edits"),
    [
        (LogFilters(), True, True),
        (LogFilters(kind="acts"), True, False),
        (LogFilters(kind="renew"), True, False),
        (LogFilters(kind="edits"), False, True),
        (LogFilters(kind="catalog"), False, True),
        (LogFilters(source="api"), True, False),
        (LogFilters(reference="INC"), True, False),
        (LogFilters(kind="edits", reference="INC"), False, False),
    ],
)
def test_the_filters_say_whether_acts_and_edits_can_fit(filters: LogFilters, acts: bool, edits: bool) -> None:
    assert (filters.wants_acts, filters.wants_edits) == (acts, edits)
