"""Read the cells of a file that mean a day, or a name. Numbers and rights have their rules elsewhere. Pure."""

import re
from datetime import date
from enum import StrEnum

from config.name_fields import hidden_problem
from offerings.kinds import MONTHS

NAMED = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})\.?[ -](\d{4})")
NUMBERED = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{2,4})")
ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00)?)?")
HOW_TO_WRITE = "Write it as 2027-06-30."


class DayOrder(StrEnum):
    """Which number of a date like 3/4/2027 is the day, as the country of the file has it."""

    UNKNOWN = ""
    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


DAY_ORDERS = {
    DayOrder.UNKNOWN: "Only dates that can be read in one way",
    DayOrder.DAY_FIRST: "The day comes first: 31/12/2027",
    DayOrder.MONTH_FIRST: "The month comes first: 12/31/2027",
}


class InvalidCell(ValueError):
    """A cell cannot be read. The message is a sentence that says what to write instead."""


def read_day(text: str, order: DayOrder = DayOrder.UNKNOWN) -> date:
    """Return a day; raise ``InvalidCell`` for a text that is none, or can mean two days.

    ISO 8601 and months in words are read always. Points mean day, month, year everywhere. Of other numbers ``order``
    says which is the day; without it, one above 12 does.
    """
    if match := ISO.fullmatch(text):
        return _day(text, *map(int, match.groups()))
    if match := NAMED.fullmatch(text):
        short = [name.lower() for name in MONTHS]
        month = match[2].lower()[:3]
        return _day(text, int(match[3]), short.index(month) + 1 if month in short else 0, int(match[1]))
    match = NUMBERED.fullmatch(text)
    if match is None:
        raise InvalidCell(f"“{text[:40]}” is no date. {HOW_TO_WRITE}")
    first, sign, second, year = match.groups()
    if len(year) < 4:
        raise InvalidCell(f"The year of {text} has {len(year)} digits. {HOW_TO_WRITE}")
    return _of_two(text, int(first), int(second), int(year), DayOrder.DAY_FIRST if sign == "." else order)


def _of_two(text: str, first: int, second: int, year: int, order: DayOrder) -> date:
    """Return the day of two numbers and a year: day and month in an order that is known, or that only one way fits."""
    if order is DayOrder.UNKNOWN and first <= 12 and second <= 12 and first != second:
        one, other = _day(text, year, second, first), _day(text, year, first, second)
        raise InvalidCell(
            f"{text} can be {one.isoformat()} or {other.isoformat()}. {HOW_TO_WRITE} Or say which comes first."
        )
    is_day_first = order is DayOrder.DAY_FIRST or (order is DayOrder.UNKNOWN and first > 12)
    return _day(text, year, second, first) if is_day_first else _day(text, year, first, second)


def _day(text: str, year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise InvalidCell(f"There is no day {text[:40]}. {HOW_TO_WRITE}") from error


def name_problem(text: str, *, longest: int) -> str:
    """Return what is wrong with a name: too long, or with a character that nobody sees; empty where nothing is."""
    if len(text) > longest:
        return f"Use at most {longest} characters; this has {len(text):,}."
    return hidden_problem(text)
