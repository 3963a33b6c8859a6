"""The life of one entitlement along the days: its term, changes and overrides, and the seats used against the limit.

The newest changes of the log tell it: an entitlement with very many shows as far back as ``MOST_CHANGES`` go.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from config.clock import reader_day
from entitlements.history.replay import Catalog
from entitlements.history.words import shown
from entitlements.models import Change, Entitlement, Seat
from entitlements.operations import words_of
from entitlements.state import Delta, State

MOST_CHANGES = 200
DAYS = 90


@dataclass(frozen=True, slots=True)
class Event:
    """One change: its day, what was done, by whom."""

    day: date
    words: str
    person: str
    tone: str


@dataclass(frozen=True, slots=True)
class Span:
    """A value that was set by hand from a day to the day before ``end``; ``None`` is still so."""

    key: str
    label: str
    value: str
    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """What happened to an entitlement, oldest first. ``is_whole`` tells whether no change is left out.

    ``used`` and ``limits`` have a value for each of the last ``DAYS`` days, the last one today; a limit of ``None`` is
    unlimited. Both are empty where no seats are sold.
    """

    created_on: date
    events: tuple[Event, ...]
    spans: tuple[Span, ...]
    is_whole: bool
    today: date  # as the reader sees it, like the days of events
    used: tuple[int, ...] = ()
    limits: tuple[int | None, ...] = ()


def life_of(state: State) -> Life:
    """Return the life of an entitlement; seven queries at most, four where no seats are sold.

    Seats are counted from their rows: one that was released and came back by an undo counts as in use in between.
    """
    today = reader_day(timezone.now())
    created_at = Entitlement.objects.filter(pk=state.id).values_list("created_at", flat=True).get()
    newest = Change.objects.filter(entitlement=state.id).select_related("act").defer("act__asked", "warnings")
    rows = list(newest.order_by("-sequence")[: MOST_CHANGES + 1])
    is_whole, rows = len(rows) <= MOST_CHANGES, rows[:MOST_CHANGES]
    start = today - timedelta(days=DAYS - 1)
    limits = _limits(state, rows, start=start, today=today)
    has_seats = any(limit != 0 for limit in limits) or state.seats_used > 0
    return Life(
        created_on=reader_day(created_at),
        events=tuple(_event(row) for row in reversed(rows)),
        spans=tuple(_spans(state, rows)),
        is_whole=is_whole,
        today=today,
        used=_used(state, start=start, today=today) if has_seats else (),
        limits=limits if has_seats else (),
    )


def _event(row: Change) -> Event:
    words = words_of(row.act.operation)
    return Event(reader_day(row.act.made_at), words.done, row.act.made_by_name, words.tone)


# --- overrides -------------------------------------------------------------------------------------------------------


def _spans(state: State, rows: Sequence[Change]) -> Iterator[Span]:
    """Yield the spans of overrides, those that have ended first, each in the order of its start.

    ``rows`` are changes, newest first.
    """
    for key, pairs in _override_changes(rows).items():
        right = state.right(key)
        for (since, was), (until, _now) in pairwise(pairs):
            if was is not None:
                start = since or (reader_day(was.set_at) if was.set_at else until)
                yield Span(key, right.label, shown(right, was.value), start, until)
    for key, override in state.overrides.items():
        if override.set_at is not None:
            right = state.right(key)
            yield Span(key, right.label, shown(right, override.value), reader_day(override.set_at))


def _override_changes(rows: Sequence[Change]) -> dict[str, list[tuple[Any, Any]]]:
    """Return for each right the days and values from then on, oldest first; the first day is ``None`` where unknown."""
    found: dict[str, list[tuple[Any, Any]]] = {}
    for row in reversed(rows):
        for key, (before, after) in Delta.from_json(row.delta).overrides.items():
            pairs = found.setdefault(key, [(None, before)])
            pairs.append((reader_day(row.act.made_at), after))
    return found


# --- seats -----------------------------------------------------------------------------------------------------------


def _limits(state: State, rows: Sequence[Change], *, start: date, today: date) -> tuple[int | None, ...]:
    """Return the seat limit at the end of each day, today's add-ons included; two queries, none without a change."""
    recent = [row for row in rows if reader_day(row.act.made_at) >= start]
    catalog = Catalog.of(recent) if recent else None
    limits: dict[date, int | None] = {}
    day, current = today, state
    for row in recent:
        moved = reader_day(row.act.made_at)
        while day >= moved:
            limits[day] = _limit(current)
            day -= timedelta(days=1)
        before = catalog.before(current, row) if catalog else None
        if before is None:
            break
        current = before
    else:
        while day >= start:
            limits[day] = _limit(current)
            day -= timedelta(days=1)
    return tuple(limits.get(start + timedelta(days=number), 0) for number in range(DAYS))


def _limit(state: State) -> int | None:
    limit = state.seat_limit
    return limit if isinstance(limit, int) else None


def _used(state: State, *, start: date, today: date) -> tuple[int, ...]:
    """Return the seats in use at the end of each day: those of today, taken back day by day; three queries.

    Only rows of the days asked for are read, by the indexes of active and of released seats.
    """
    zone = timezone.get_current_timezone()
    since = timezone.make_aware(datetime.combine(start, time.min), zone)
    seats = Seat.objects.filter(entitlement=state.id).order_by()
    active = seats.filter(released_at=None, activated_at__gte=since)
    released = seats.filter(released_at__gte=since)
    came = _by_day(active, "activated_at", zone) + _by_day(
        released.filter(activated_at__gte=since), "activated_at", zone
    )
    went = _by_day(released, "released_at", zone)
    found, used = [], state.seats_used
    for number in range(DAYS):
        day = today - timedelta(days=number)
        found.append(max(0, used))
        used += went[day] - came[day]
    return tuple(reversed(found))


def _by_day(seats: Any, field: str, zone: tzinfo) -> Counter[date]:
    counted: Mapping[date, int] = dict(
        seats.annotate(day=TruncDate(field, tzinfo=zone)).values_list("day").annotate(count=Count("pk"))
    )
    return Counter(counted)
