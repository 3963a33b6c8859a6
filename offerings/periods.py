"""Spans of calendar time, written as ISO 8601 durations (``P1Y``, ``P14D``, ``PT12H``).

Pure: no clock, no settings. A period counts months and days apart, because a month has no fixed length.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from config.numbers import NotANumber, read_whole

ISO_DURATION = re.compile(
    r"P(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,5})M)?)?"
)
# A number as the grammar of numbers reads it or asks it back, and a unit.
WORDS = re.compile(r"([+-]?\d[\d.,'\s]*)(year|month|week|day|hour|minute)s?")
UNITS = ("year", "month", "day", "hour", "minute")
DAYS_PER_MONTH = 30.436875  # Gregorian mean: 146,097 days in 4,800 months
LONGEST_MONTHS = 1200
LONGEST_TEXT = 100
TOO_LONG = "A period can be 100 years at most."
NO_PERIOD = "Write a period as days, months or years: 14 days, 1 month, or P14D, P1M."


@dataclass(frozen=True, slots=True)
class Period:
    """A span of ``months`` (12 to the year), then ``days``, then ``minutes``. Never negative."""

    months: int = 0
    days: int = 0
    minutes: int = 0

    @property
    def length_in_days(self) -> float:
        """Return the mean length in days, for comparing periods."""
        return self.months * DAYS_PER_MONTH + self.days + self.minutes / 1440

    @property
    def timedelta(self) -> timedelta:
        """Return the span as elapsed time; months count with their mean length."""
        return timedelta(days=self.length_in_days)

    def __str__(self) -> str:
        """Return the canonical ISO 8601 text; ``P0D`` for no time."""
        years, months = divmod(self.months, 12)
        hours, minutes = divmod(self.minutes, 60)
        day_part = "".join(f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (self.days, "D")) if n)
        time_part = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
        return f"P{day_part}{'T' + time_part if time_part else ''}" if day_part or time_part else "P0D"

    @property
    def words(self) -> str:
        """Return plain English, ``1 year 2 months``; ``none`` for no time."""
        years, months = divmod(self.months, 12)
        hours, minutes = divmod(self.minutes, 60)
        counts = zip((years, months, self.days, hours, minutes), UNITS, strict=True)
        return " ".join(f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in counts if n) or "none"


@lru_cache(maxsize=1024)
def parse_period(text: str) -> Period:
    """Return the period of an ISO 8601 duration or of plain words (``14 days``, ``1 year 2 months``, ``none``).

    Raises ``ValueError`` for anything else, and for spans over 100 years.
    """
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        raise ValueError(NO_PERIOD)
    if text.lower() == "none":
        return Period()
    period = _from_iso(text.upper()) or _from_words(text.lower())
    if period is None:
        raise ValueError(NO_PERIOD)
    if period.length_in_days > LONGEST_MONTHS * DAYS_PER_MONTH:
        raise ValueError(TOO_LONG)
    return period


def _from_iso(text: str) -> Period | None:
    match = ISO_DURATION.fullmatch(text)
    if match is None or not any(match.groupdict().values()):
        return None
    return _period({unit: int(number or 0) for unit, number in match.groupdict().items()})


def _from_words(text: str) -> Period | None:
    """Return the period in words; ``None`` for other text. Raises ``NotANumber`` for a number with separators."""
    if not WORDS.search(text) or WORDS.sub("", text).strip(" ,"):
        return None
    counts: dict[str, int] = {}
    for number, unit in WORDS.findall(text):
        try:
            count = read_whole(number, least=0)
        except NotANumber as error:
            if error.code == "separators":
                raise
            if error.code == "range" and not number.startswith("-"):
                raise ValueError(TOO_LONG) from error
            return None
        counts[f"{unit}s"] = counts.get(f"{unit}s", 0) + count
    return _period(counts)


def _period(counts: dict[str, int]) -> Period:
    minutes = counts.get("hours", 0) * 60 + counts.get("minutes", 0)
    days, minutes = divmod(minutes, 1440)
    return Period(
        months=counts.get("years", 0) * 12 + counts.get("months", 0),
        days=counts.get("weeks", 0) * 7 + counts.get("days", 0) + days,
        minutes=minutes,
    )


def add_period(day: date, period: Period, *, anchor: int | None = None) -> date:
    """Return the day ``period`` after ``day``; parts of a day round up to a whole one.

    The day of the month stays, clamped to the length of the month. Where ``day`` itself is clamped, ``anchor`` is the
    day of the month: one month after 28 Feb with anchor 31 is 31 Mar. Raises ``OverflowError`` past the year 9999.
    """
    clamped = day.day == calendar.monthrange(day.year, day.month)[1] and anchor is not None and anchor > day.day
    day_of_month = anchor if clamped and anchor is not None else day.day
    if period.months:
        years, month = divmod(day.month - 1 + period.months, 12)
        if day.year + years > date.max.year:
            raise OverflowError("That day lies after the year 9999.")
        last = calendar.monthrange(day.year + years, month + 1)[1]
        day = date(day.year + years, month + 1, min(day_of_month, last))
    return day + timedelta(days=period.days + (1 if period.minutes else 0))
