"""Overrides that should have ended: late, or refused, as the dashboard shows them."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from entitlements.desk.overrides import reported
from entitlements.schedule.endings import due_overrides, late_count

LISTED = 5


@dataclass(frozen=True, slots=True)
class LateEnding:
    """One override whose end has come."""

    entitlement: UUID
    offering: str
    customer: str
    right: str
    value: str
    until: date


@dataclass(frozen=True, slots=True)
class LateEndings:
    """How many overrides should have ended, and those that are the longest over, at most ``LISTED``."""

    count: int
    rows: tuple[LateEnding, ...] = ()

    @classmethod
    def of(cls, today: date) -> "LateEndings":
        """Return them as they are on a day; one query where there is none, else a constant number."""
        count = late_count(today)
        return cls(count, _rows(today) if count else ())


def _rows(today: date) -> tuple[LateEnding, ...]:
    found = list(due_overrides(today).order_by("until", "entitlement", "key")[:LISTED])
    return tuple(
        LateEnding(
            row.state.id,
            row.state.revision.offering_name,
            row.state.order.customer_name,
            row.right.label,
            row.shown_value,
            row.override.until or today,
        )
        for row in reported(found)
    )
