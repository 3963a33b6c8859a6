"""The days of a term, counted from an anchor day and clamped to the length of the month."""

from calendar import monthrange
from datetime import date, timedelta


def add_months(start: date, months: int, *, anchor_day: int) -> date:
    """Return the anchor day of the month that many months later, or the month's last day where it is shorter."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(anchor_day, monthrange(year, month + 1)[1]))


def new_term(today: date, months: int | None) -> date | None:
    """Return the expiry of a term that starts today; a perpetual one has none."""
    return None if months is None else add_months(today, months, anchor_day=today.day)


def next_expiry(expires_on: date, months: int, *, anchor_on: date) -> date:
    """Return the expiry in force plus the duration.

    Open in the design: the anchor of an expiry that does not lie on the anchor's day (after "restart and add what is
    left"). Here such an expiry is its own anchor, so that nobody loses the days that were added.
    """
    is_on_anchor = expires_on == add_months(expires_on, 0, anchor_day=anchor_on.day)
    return add_months(expires_on, months, anchor_day=anchor_on.day if is_on_anchor else expires_on.day)


def days_left(expires_on: date | None, *, today: date) -> timedelta:
    """Return what is left of a term; nothing where it is over, or never ends."""
    return timedelta(0) if expires_on is None else max(expires_on - today, timedelta(0))
