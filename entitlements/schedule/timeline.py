"""The picture of an order along the days: amendments applied and scheduled, today, renewals and ends of overrides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self
from uuid import UUID

from django.utils.translation import ngettext

from entitlements.history.drawing import Days, gathered
from entitlements.models import AmendmentStatus
from entitlements.schedule.ahead import Ahead, Kind, endings_ahead, next_renewals, renewals_ahead
from entitlements.schedule.upcoming import MOST_LINES, STATUS_TONES, AmendmentLine, amendments_of
from offerings.rights import show_day

LEAST_MARGIN = timedelta(days=7)
MOST_SENTENCES = 12
WORST_FIRST = (
    AmendmentStatus.SET_ASIDE,
    AmendmentStatus.PROPOSED,
    AmendmentStatus.SCHEDULED,
    AmendmentStatus.APPLIED,
    AmendmentStatus.CANCELLED,
    AmendmentStatus.DECLINED,
    AmendmentStatus.AGREED,
)
IN_SUMMARY = (
    AmendmentStatus.APPLIED,
    AmendmentStatus.SCHEDULED,
    AmendmentStatus.PROPOSED,
    AmendmentStatus.SET_ASIDE,
    AmendmentStatus.CANCELLED,
    AmendmentStatus.DECLINED,
    AmendmentStatus.AGREED,
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
    """The latest amendments of an order by number; ``left_out`` counts the earlier ones, which are not among them.

    ``ahead`` is what happens by itself, earliest first.
    """

    lines: tuple[AmendmentLine, ...]
    left_out: int
    timeline: OrderTimeline | None
    ahead: tuple[Ahead, ...] = ()

    @classmethod
    def of(cls, order: UUID, *, renewal: str, today: date) -> Self:
        """Return them as they are today; ``renewal`` is how the terms of the order renew by themselves.

        A constant number of queries for each amendment that is pending where it does, else at all.
        """
        lines = tuple(amendments_of(order))
        left_out = lines[0].amendment.number - 1 if len(lines) == MOST_LINES else 0
        found = [*endings_ahead(order, today=today), *(renewals_ahead(order, today=today) if renewal else ())]
        ahead = tuple(sorted(found, key=lambda each: each.day))
        return cls(lines, left_out, timeline_of(lines, ahead, today=today), ahead)

    @property
    def renewals(self) -> list[Ahead]:
        """Return the next automatic renewal of each entitlement."""
        return list(next_renewals(each for each in self.ahead if each.kind is Kind.RENEWAL))

    @property
    def ahead_in_words(self) -> list[str]:
        """Return what happens by itself in sentences, the first ``MOST_SENTENCES`` and how many more."""
        found = [each.sentence for each in self.ahead]
        more = len(found) - MOST_SENTENCES
        return found if more <= 0 else [*found[:MOST_SENTENCES], f"and {more:,} more"]

    @property
    def upcoming(self) -> list[AmendmentLine]:
        """Return those that wait for their day or for approval, next one first."""
        pending = (line for line in self.lines if line.amendment.is_open)
        return sorted(pending, key=lambda line: (line.amendment.effective_on, line.amendment.number))


def timeline_of(lines: Sequence[AmendmentLine], ahead: Sequence[Ahead] = (), *, today: date) -> OrderTimeline | None:
    """Return the picture of an order's amendments on one day, with what happens by itself; ``None`` without any."""
    if not lines and not ahead:
        return None
    days = sorted([*(each.amendment.effective_on for each in lines), *(each.day for each in ahead)])
    span = _stretch(days, today)
    ends = dict.fromkeys((days[0], days[-1]))
    return OrderTimeline(
        marks=tuple(_marks(lines, ahead, span)),
        today=span.place(today),
        now=Caption(span.place(today), "today", _anchor(span.share(today))),
        captions=tuple(Caption(span.place(day), show_day(day), _anchor(span.share(day))) for day in ends),
        summary=_summary(lines, ahead),
    )


def _stretch(days: Sequence[date], today: date) -> Days:
    """Return the days shown, with a margin on both sides."""
    first, last = min(days[0], today), max(days[-1], today)
    margin = max(LEAST_MARGIN, (last - first) // 12)
    return Days(first - margin, last + margin)


def _marks(lines: Sequence[AmendmentLine], ahead: Sequence[Ahead], span: Days) -> Iterator[Mark]:
    """Yield one mark for what is on a place, in the tone of what needs a look first."""
    found = [
        *((each.amendment.effective_on, _urgency(each), STATUS_TONES[_status(each)], _words(each)) for each in lines),
        *((each.day, _urgency_of_tone(each), each.tone, each.sentence) for each in ahead),
    ]
    for _place, there in gathered((span.percent_at(day), (day, rank, tone, words)) for day, rank, tone, words in found):
        _rank, worst = min((rank, tone) for _day, rank, tone, _words_of in there)
        yield Mark(span.place(there[0][0]), worst, "; ".join(words for _day, _rank_of, _tone, words in there))


def _status(line: AmendmentLine) -> AmendmentStatus:
    return AmendmentStatus(line.amendment.status)


def _urgency(line: AmendmentLine) -> int:
    return WORST_FIRST.index(_status(line))


def _urgency_of_tone(each: Ahead) -> int:
    """Return where something ahead stands among statuses: as set aside where it does not happen, else as scheduled."""
    return WORST_FIRST.index(AmendmentStatus.SET_ASIDE if each.tone == "stop" else AmendmentStatus.SCHEDULED)


def _words(line: AmendmentLine) -> str:
    row = line.amendment
    return f"{show_day(row.effective_on)}: {row.name}, {line.status}"


def _anchor(share: float) -> str:
    return "start" if share < 0.12 else "end" if share > 0.88 else "middle"


def _summary(lines: Sequence[AmendmentLine], ahead: Sequence[Ahead]) -> str:
    parts = []
    for status in IN_SUMMARY:
        count = sum(each.amendment.status == status for each in lines)
        if count:
            parts.append(f"{count:,} {status.label}")
    total = ngettext("%(n)s amendment", "%(n)s amendments", len(lines)) % {"n": f"{len(lines):,}"}
    sentences = [f"{total}: {', '.join(parts)}."] if lines else []
    renewals = sum(each.kind is Kind.RENEWAL for each in ahead)
    endings = len(ahead) - renewals
    by_itself = [
        *([ngettext("%(n)s renewal", "%(n)s renewals", renewals) % {"n": f"{renewals:,}"}] if renewals else []),
        *([ngettext("%(n)s override ends", "%(n)s overrides end", endings) % {"n": f"{endings:,}"}] if endings else []),
    ]
    return " ".join([*sentences, *([f"By itself: {', '.join(by_itself)}."] if by_itself else [])])
