"""When a change is to happen: now, at the end of the term, with the next invoice period, or on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import TextChoices

from entitlements.billing.periods import NoPeriod, Schedule
from entitlements.models import Entitlement
from offerings.periods import parse_period
from offerings.rights import show_day
from offerings.terms import Terms


class When(TextChoices):
    """The choices for the day of a change."""

    GROUP = "group", "As the change group says"
    NOW = "now", "Now"
    END_OF_TERM = "end_of_term", "At the end of the term"
    NEXT_PERIOD = "next_period", "With the next invoice period"
    DAY = "day", "On a day"


@dataclass(frozen=True, slots=True)
class Days:
    """The days that choices stand for; ``None`` where the entitlement has no such day to come."""

    end_of_term: date | None = None
    next_period: date | None = None

    def day_of(self, when: str) -> date | None:
        """Return the day of a choice."""
        return {When.END_OF_TERM: self.end_of_term, When.NEXT_PERIOD: self.next_period}.get(When(when))

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Return the choices that there are, with their days in words."""
        found = [(When.NOW, "Now"), (When.END_OF_TERM, ""), (When.NEXT_PERIOD, ""), (When.DAY, "On a day…")]
        worded = [(when.value, words or self._words(when)) for when, words in found]
        return [(value, words) for value, words in worded if words]

    def _words(self, when: When) -> str:
        day = self.day_of(when)
        return f"{when.label}: {show_day(day)}" if day else ""


def days_of(pk: UUID, today: date) -> Days:
    """Return the days to come of an entitlement; one query, no days for an unknown key."""
    return days_of_many([pk], today)[pk]


def days_of_many(keys: Iterable[UUID], today: date) -> dict[UUID, Days]:
    """Return the days to come of entitlements; one query, no days for unknown keys."""
    found = dict.fromkeys(keys, Days())
    facts = ("pk", "expires_on", "starts_on", "anchor_on", "revision__terms")
    for pk, expires, starts, anchor, terms in Entitlement.objects.filter(pk__in=list(found)).values_list(*facts):
        next_period = _next_period(anchor or starts, Terms.from_json(terms).billing_period, today)
        found[pk] = Days(expires if expires and expires > today else None, next_period)
    return found


def _next_period(anchor: date | None, every: str, today: date) -> date | None:
    """Return the first day of the next billing period."""
    if anchor is None or not every:
        return None
    try:
        schedule = Schedule(anchor, parse_period(every))
        return schedule.holding(max(today, anchor)).end if anchor <= today else anchor
    except NoPeriod:
        return None
