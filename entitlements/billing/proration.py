"""The part of a billed period that a change leaves, and what it comes to in money. Pure and exact.

A period [S, E) is billed in advance, and a change takes effect on the day X. With N days in the period and R days from
X to its end, ``credit = -min(round(A * R / N), A - credits already given)`` of the amount A that was billed, and
``charge = round(P * q * R / N)`` of the new price P for the quantity q. All is computed in fractions and rounded once a
line, half up, to the smallest part of the currency. X = S swaps the whole period, X = E leaves nothing.

The methods are those that billing systems offer, as Zuora defines them ("Prorating: 30 days or actual days",
https://docs.zuora.com/en/zuora-billing/manage-accounts-subscriptions-and-non-subscriptions/manage-subscription-transactions/common-subscription-information/proration/prorating---30-days-or-actual-days):

* ``actual``: the actual days of both.
* ``actual_30``: R in actual days, N of 30 days to the month ("Actual / 360"). R is capped at N, because a credit never
  exceeds what was billed: 30 days of a month of 31 are the whole. A whole period is the whole also where February has
  28 days. A period that is not of whole months has nothing to take for 30 days, and is counted by actual days.
* ``strict_30_360``: both counted with months of 30 days, as in the day count 30E/360 (2006 ISDA Definitions, 4.16(g)):
  ``360 * years + 30 * months + days`` between two days, the 31st taken for the 30th. Days of a period of months keep
  its anchor day, so that N is 30 to the month: with the anchor 31 the last of February counts as the 30th. Where no
  day is left to count (from the 30th to the 31st), actual days are.
"""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor

from entitlements.billing.periods import BillingPeriod
from offerings.currencies import places_of

HALF = Fraction(1, 2)
NOTHING = Decimal(0)


class Method(StrEnum):
    """How days are counted."""

    ACTUAL = "actual"
    ACTUAL_30 = "actual_30"
    STRICT_30_360 = "strict_30_360"


class OutsidePeriod(ValueError):
    """A change is not within the billed period. The message says which days are."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many ``days`` of a period of ``of`` days, as a method counts them."""

    days: int
    of: int

    @property
    def fraction(self) -> Fraction:
        """Return the exact part of the whole, from 0 to 1."""
        return Fraction(self.days, self.of)

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing of the period is used."""
        return self.days == self.of


WHOLE = Share(1, 1)
"""The share of what is never prorated."""


def refuse_outside(period: BillingPeriod, day: date) -> None:
    """Raise ``OutsidePeriod`` for a day before the start of a period, or after its end."""
    if not period.start <= day <= period.end:
        raise OutsidePeriod(f"The period runs from {period.start} to {period.end}. Choose a day within it, not {day}.")


def share_from(period: BillingPeriod, day: date, method: Method = Method.ACTUAL) -> Share:
    """Return the share of a period that is left from a day on; raise ``OutsidePeriod`` for a day outside.

    The end of the period is within: nothing is left then.
    """
    refuse_outside(period, day)
    share = _COUNTS[method](period, day)
    return Share(share.of, share.of) if day == period.start else share


def share_between(period: BillingPeriod, first: date, last: date, method: Method = Method.ACTUAL) -> Share:
    """Return the share of a period from a day to before another, so that adjacent shares sum to the whole.

    Raises ``OutsidePeriod`` for days outside, of which the end of the period is none.
    """
    start, rest = share_from(period, first, method), share_from(period, last, method)
    return Share(max(0, start.days - rest.days), start.of)


def _actual(period: BillingPeriod, day: date) -> Share:
    return Share((period.end - day).days, period.days)


def _actual_30(period: BillingPeriod, day: date) -> Share:
    days, of = (period.end - day).days, 30 * period.months or period.days
    return Share(min(days, of), of)


def _strict_30_360(period: BillingPeriod, day: date) -> Share:
    start, change, end = (_day_of_360(each, period.anchor_day) for each in (period.start, day, period.end))
    return Share(end - change, end - start) if end > start else _actual(period, day)


def _day_of_360(day: date, anchor_day: int) -> int:
    """Return the number of a day where every month has 30; the last of a short month counts as the anchor day."""
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    day_of_month = max(day.day, anchor_day) if is_last else day.day
    return 360 * day.year + 30 * day.month + min(day_of_month, 30)


_COUNTS = {Method.ACTUAL: _actual, Method.ACTUAL_30: _actual_30, Method.STRICT_30_360: _strict_30_360}


# --- money -----------------------------------------------------------------------------------------------------------


def rounded(amount: Fraction | Decimal, currency: str) -> Decimal:
    """Return an amount in the smallest part of its currency, half of it away from zero. Exact for any size."""
    exact, places = Fraction(amount), places_of(currency)
    units = floor(abs(exact) * 10**places + HALF)
    return _in_units(units if exact >= 0 else -units, places)


def credit(billed: Decimal, share: Share, currency: str, *, given: Decimal = NOTHING) -> Decimal:
    """Return what is given back of an amount billed for the whole period: 0 or less.

    Never more than what is left after the credits already ``given``, which are 0 or more.
    """
    places = places_of(currency)
    part = Fraction(rounded(Fraction(billed) * share.fraction, currency))
    left = max(0, floor((Fraction(billed) - Fraction(given)) * 10**places))
    return _in_units(-min(int(part * 10**places), left), places)


def charge(price: Decimal, quantity: int, share: Share, currency: str) -> Decimal:
    """Return what is charged for a share of the period: the price of one for the whole period, times the quantity."""
    return rounded(Fraction(price) * quantity * share.fraction, currency)


def total(amounts: Iterable[Decimal], currency: str) -> Decimal:
    """Return the exact sum of amounts that are in the smallest part of the currency already."""
    return rounded(sum(map(Fraction, amounts), Fraction()), currency)


def _in_units(units: int, places: int) -> Decimal:
    """Return a number of the smallest parts as an amount. Other ways round to 28 digits, or write -0."""
    return Decimal((int(units < 0), tuple(map(int, str(abs(units)))), -places))
