"""What is scheduled for an entitlement or an order, as its page shows it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from config.clock import site_today
from config.paging import MOST_COUNTED
from entitlements.history.dues import NOTHING_DUE, Dues, dues_of_acts
from entitlements.history.undos import undone_wholly
from entitlements.history.words import days_in_words
from entitlements.models import Amendment, AmendmentStatus
from entitlements.models.amendments import OPEN
from entitlements.schedule.last_seen import dues_last_seen
from entitlements.schedule.planned import planned_of

MOST_LINES = 200
STATUS_TONES = {
    AmendmentStatus.PROPOSED: "warn",
    AmendmentStatus.SCHEDULED: "info",
    AmendmentStatus.SET_ASIDE: "stop",
    AmendmentStatus.APPLIED: "ok",
    AmendmentStatus.CANCELLED: "quiet",
    AmendmentStatus.DECLINED: "quiet",
    AmendmentStatus.AGREED: "ok",
}


@dataclass(frozen=True, slots=True)
class AmendmentLine:
    """One amendment in a line: its name, its day, where it stands."""

    amendment: Amendment
    today: date
    is_undone: bool = False  # told only where all of an order are listed
    due: Dues = NOTHING_DUE  # told only in lists with the column

    @property
    def tone(self) -> str:
        """Return the tone of the status."""
        return "quiet" if self.is_undone else STATUS_TONES[AmendmentStatus(self.amendment.status)]

    @property
    def status(self) -> str:
        """Return the status in words: of one that was taken back as a whole, that too."""
        return f"{self.amendment.get_status_display()}{', undone' if self.is_undone else ''}"

    @property
    def when(self) -> str:
        """Return the distance to the day in words; of a proposal without a day, that it waits."""
        if self.is_proposed and self.amendment.is_immediate:
            return "at once, when somebody agrees"
        return days_in_words(self.amendment.effective_on, self.today)

    @property
    def is_proposed(self) -> bool:
        """Tell whether the amendment waits for somebody who agrees."""
        return self.amendment.is_proposed

    @property
    def is_set_aside(self) -> bool:
        """Tell whether the amendment waits for a person."""
        return self.amendment.status == AmendmentStatus.SET_ASIDE


def upcoming_of(order: UUID, *, entitlement: UUID | None = None) -> list[AmendmentLine]:
    """Return what is pending or proposed for an order, or for one of its entitlements, next one first; one query."""
    rows = Amendment.objects.filter(order=order, status__in=OPEN).order_by("effective_on", "number")
    return lines_of(row for row in rows if entitlement is None or entitlement in planned_of(row).entitlements)


def amendments_of(order: UUID) -> list[AmendmentLine]:
    """Return the latest amendments of an order by their number, whatever became of them; three queries at most."""
    rows = list(reversed(Amendment.objects.filter(order=order).order_by("-number")[:MOST_LINES]))
    undone = undone_wholly(row.act_id for row in rows if row.act_id)
    return [replace(line, is_undone=line.amendment.act_id in undone) for line in lines_of(rows)]


def lines_of(rows: Iterable[Amendment]) -> list[AmendmentLine]:
    """Return amendments as lines of today."""
    today = site_today()
    return [AmendmentLine(row, today) for row in rows]


def with_dues(lines: Iterable[AmendmentLine]) -> list[AmendmentLine]:
    """Return lines with what is due on their day; one query.

    By the act of an applied one, else as it was last seen; nothing of one that was cancelled or declined.
    """
    found = list(lines)
    made = dues_of_acts([line.amendment.act_id for line in found if line.amendment.act_id])
    return [replace(line, due=_due_of(line.amendment, made)) for line in found]


def _due_of(row: Amendment, made: Mapping[UUID, Dues]) -> Dues:
    if row.act_id:
        return made.get(row.act_id, NOTHING_DUE)
    return dues_last_seen(row) if row.status in OPEN else NOTHING_DUE


def set_aside_count() -> int:
    """Return how many amendments wait for a person, as far as lists count; one query by an index."""
    return Amendment.objects.filter(status=AmendmentStatus.SET_ASIDE).order_by()[: MOST_COUNTED + 1].count()


def proposed_count() -> int:
    """Return how many amendments wait for somebody who agrees, as far as lists count; one query by an index."""
    return Amendment.objects.filter(status=AmendmentStatus.PROPOSED).order_by()[: MOST_COUNTED + 1].count()
