"""The picture of the amendments of an order along the days: applied ones, today, scheduled ones. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self
from uuid import UUID

from django.utils.translation import ngettext

from entitlements.history.drawing import Days, gathered
from entitlements.models import AmendmentStatus
from entitlements.schedule.upcoming import MOST_LINES, STATUS_TONES, AmendmentLine, amendments_of
from offerings.rights import show_day

LEAST_MARGIN = timedelta(days=7)
WORST_FIRST = (
    AmendmentStatus.SET_ASIDE,
    AmendmentStatus.PROPOSED,
    AmendmentStatus.SCHEDULED,
    AmendmentStatus.APPLIED,
    AmendmentStatus.CANCELLED,
    AmendmentStatus.DECLINED,
)
IN_SUMMARY = (
    AmendmentStatus.APPLIED,
    AmendmentStatus.SCHEDULED,
    AmendmentStatus.PROPOSED,
    AmendmentStatus.SET_ASIDE,
    AmendmentStatus.CANCELLED,
    AmendmentStatus.DECLINED,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """The amendments on one place of the picture."""

    x: str
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Caption:
    """A text at a place. ``anchor`` is the side of the text that is there: ``start``, ``middle`` or ``end``."""

    x: str
    words: str
    anchor: str


@dataclass(frozen=True, slots=True)
class OrderTimeline:
    """The picture: ``now`` is the caption of today, ``captions`` are those of the first and of the last day."""

    marks: tuple[Mark, ...]
    today: str
    now: Caption
    captions: tuple[Caption, ...]
    summary: str


@dataclass(frozen=True, slots=True)
class OrderAmendments:
    """The latest amendments of an order by number; ``left_out`` counts the earlier ones, which are not among them."""

    lines: tuple[AmendmentLine, ...]
    left_out: int
    timeline: OrderTimeline | None

    @classmethod
    def of(cls, order: UUID, *, today: date) -> Self:
        """Return them as they are today; one query."""
        lines = tuple(amendments_of(order))
        left_out = lines[0].amendment.number - 1 if len(lines) == MOST_LINES else 0
        return cls(lines, left_out, timeline_of(lines, today=today))

    @property
    def upcoming(self) -> list[AmendmentLine]:
        """Return those that wait for their day or for approval, next one first."""
        pending = (line for line in self.lines if line.amendment.is_open)
        return sorted(pending, key=lambda line: (line.amendment.effective_on, line.amendment.number))


def timeline_of(lines: Sequence[AmendmentLine], *, today: date) -> OrderTimeline | None:
    """Return the picture of an order's amendments on one day; ``None`` without any."""
    if not lines:
        return None
    days = sorted(each.amendment.effective_on for each in lines)
    span = _stretch(days, today)
    ends = dict.fromkeys((days[0], days[-1]))
    return OrderTimeline(
        marks=tuple(_marks(lines, span)),
        today=span.place(today),
        now=Caption(span.place(today), "today", _anchor(span.share(today))),
        captions=tuple(Caption(span.place(day), show_day(day), _anchor(span.share(day))) for day in ends),
        summary=_summary(lines),
    )


def _stretch(days: Sequence[date], today: date) -> Days:
    """Return the days shown, with a margin on both sides."""
    first, last = min(days[0], today), max(days[-1], today)
    margin = max(LEAST_MARGIN, (last - first) // 12)
    return Days(first - margin, last + margin)


def _marks(lines: Sequence[AmendmentLine], span: Days) -> Iterator[Mark]:
    """Yield one mark for the amendments of a place, in the tone of the one that needs a look first."""
    for _place, found in gathered((span.percent_at(each.amendment.effective_on), each) for each in lines):
        statuses = {AmendmentStatus(each.amendment.status) for each in found}
        worst = next(status for status in WORST_FIRST if status in statuses)
        x = span.place(found[0].amendment.effective_on)
        yield Mark(x, STATUS_TONES[worst], "; ".join(map(_words, found)))


def _words(line: AmendmentLine) -> str:
    row = line.amendment
    return f"{show_day(row.effective_on)}: {row.name}, {line.status}"


def _anchor(share: float) -> str:
    return "start" if share < 0.12 else "end" if share > 0.88 else "middle"


def _summary(lines: Sequence[AmendmentLine]) -> str:
    parts = []
    for status in IN_SUMMARY:
        count = sum(each.amendment.status == status for each in lines)
        if count:
            parts.append(f"{count:,} {status.label}")
    total = ngettext("%(n)s amendment", "%(n)s amendments", len(lines)) % {"n": f"{len(lines):,}"}
    return f"{total}: {', '.join(parts)}."
