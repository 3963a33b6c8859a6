"""Billing periods: half-open spans of whole days that count from one anchor. Pure.

The k-th period starts at anchor + k * length. Months are always added to the anchor and then clamped, so that a short
month never moves the day: 31 Jan, 28 Feb, 31 Mar.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from offerings.periods import Period, add_period

TOO_LATE = "Billing periods end by the year 9999. Choose an earlier day, or fewer periods."
NO_LENGTH = "Write a billing period of one day or more, in whole days: P1M, P3M, P1Y, P1W, P10D."


class NoPeriod(ValueError):
    """There is no such billing period. The message says what to choose instead."""


@dataclass(frozen=True, slots=True)
class BillingPeriod:
    """The days from ``start`` to before ``end``.

    ``months`` is the length of a period of whole months, 0 for any other, and ``anchor_day`` the day of the month that
    such a period counts from: 31 for 28 Feb to 31 Mar. The methods that give a month 30 days need both. A first,
    shorter period has an anchor day where the periods after it count from another day than its end: 31, for 10 to 28
    Feb.
    """

    start: date
    end: date
    months: int = 0
    anchor_day: int = 0

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise NoPeriod(f"A billing period ends after its start, {self.start}. {self.end} is no end of it.")

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    @property
    def days(self) -> int:
        """Return the actual number of days."""
        return (self.end - self.start).days

    @classmethod
    def between(cls, start: date, end: date) -> Self:
        """Return the period between two days, of whole months where its ends fit one anchor day.

        From 31 Jan to 28 Feb is one month of anchor 31. Where both ends are clamped alike (28 Feb of two years) the
        anchor cannot be seen, and is taken to be the day written. Raises ``NoPeriod`` where the end is not later.
        """
        months = (end.year - start.year) * 12 + end.month - start.month
        anchor_day = max(start.day, end.day)
        if months > 0 and add_period(start, Period(months=months), anchor=anchor_day) == end:
            return cls(start, end, months, anchor_day)
        return cls(start, end)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The billing periods of length ``every`` from ``anchor`` on.

    ``billing_day`` is the day of the month where the anchor itself is clamped: 31 with the anchor 28 Feb. 0 is the
    anchor's own day.
    """

    anchor: date
    every: Period
    billing_day: int = 0

    def __post_init__(self) -> None:
        if self.every.minutes or not (self.every.months or self.every.days):
            raise NoPeriod(NO_LENGTH)

    @classmethod
    def on_billing_day(cls, billing_day: int, every: Period, *, since: date) -> Self:
        """Return the schedule whose first period holds ``since`` and starts on the billing day, 1 to 31.

        The day is clamped in shorter months. Raises ``NoPeriod`` for another day, for a length that is not of whole
        months, and where that first period would start before the year 1.
        """
        if not 1 <= billing_day <= 31:
            raise NoPeriod("Write a billing day from 1 to 31.")
        if every.days or every.minutes or not every.months:
            raise NoPeriod("A billing day goes with periods of months or years. Leave it out for weeks and days.")
        anchor = _clamped(since, billing_day)
        if anchor > since:
            if (since.year, since.month) == (1, 1):
                raise NoPeriod("Billing periods start in the year 1 or later. Choose a later day.")
            anchor = _clamped(since.replace(day=1) - timedelta(days=1), billing_day)
        return cls(anchor, every, billing_day)

    def period(self, index: int) -> BillingPeriod:
        """Return the period with a number, from 0; raise ``NoPeriod`` past the year 9999."""
        start, end = self._start(index), self._start(index + 1)
        if self.every.days:
            return BillingPeriod(start, end)
        return BillingPeriod(start, end, self.every.months, self.billing_day or self.anchor.day)

    def holding(self, day: date) -> BillingPeriod:
        """Return the period that holds a day; raise ``NoPeriod`` before the anchor and past the year 9999."""
        if day < self.anchor:
            raise NoPeriod(f"The first billing period starts on {self.anchor}. Choose that day or a later one.")
        # The mean length is at most a few days off for any number of periods: two periods back is never too late.
        index = max(0, int((day - self.anchor).days / self.every.length_in_days) - 2)
        while self._start(index + 1) <= day:
            index += 1
        return self.period(index)

    def following(self, period: BillingPeriod) -> BillingPeriod:
        """Return the period after one of this schedule."""
        return self.holding(period.end)

    def periods(self, count: int) -> Iterator[BillingPeriod]:
        """Return the first periods, each starting where the one before ends.

        Raises ``NoPeriod`` at once, before any is given, where the last one ends past the year 9999.
        """
        if count > 0:
            self.period(count - 1)
        return map(self.period, range(count))

    def _start(self, index: int) -> date:
        steps = Period(months=self.every.months * index, days=self.every.days * index)
        try:
            return add_period(self.anchor, steps, anchor=self.billing_day or None)
        except OverflowError as error:
            raise NoPeriod(TOO_LATE) from error


def _clamped(day: date, billing_day: int) -> date:
    """Return the billing day in the month of a day."""
    return day.replace(day=min(billing_day, calendar.monthrange(day.year, day.month)[1]))
