"""The two pictures of an entitlement: its life along the days, and the seats used against the limit. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import ngettext

from entitlements.desk.life import DAYS, Life, Span
from entitlements.history.drawing import Days, gathered, height_of, runs_of
from entitlements.state import State
from offerings.rights import show_day

LANE_TOP, LANE_STEP = 74, 24
MOST_LANES, MOST_SPANS, MOST_ROWS = 4, 12, 30
FAR = timedelta(days=365 * 3)
HEIGHT, STEP, LEAST_TOP = 100, 10, 5


@dataclass(frozen=True, slots=True)
class Mark:
    """Changes on one place of the timeline."""

    x: str
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the timeline with the same in words."""

    x: str
    width: str
    tone: str
    words: str
    y: int = 0


@dataclass(frozen=True, slots=True)
class Caption:
    """A text at a place. ``anchor`` is the side of the text that is there: ``start``, ``middle`` or ``end``."""

    x: str
    words: str
    anchor: str
    y: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture of a life. ``rows`` are what it shows as days with sentences, oldest first."""

    bands: tuple[Band, ...]
    marks: tuple[Mark, ...]
    today: str
    captions: tuple[Caption, ...]
    lanes: tuple[Band, ...]
    lane_captions: tuple[Caption, ...]
    height: int
    summary: str
    rows: tuple[tuple[date, str], ...]
    rows_left_out: int


@dataclass(frozen=True, slots=True)
class SeatBar:
    """Days with the same number of seats in use."""

    x: int
    width: int
    y: str
    height: str
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class LimitLine:
    """Days with the same limit."""

    x1: int
    x2: int
    y: str


@dataclass(frozen=True, slots=True)
class SeatsPicture:
    """The seats used over the last days. ``rows`` has first day, last day, seats in use, and the limit in words."""

    bars: tuple[SeatBar, ...]
    lines: tuple[LimitLine, ...]
    top: int
    width: int
    start: date
    summary: str
    rows: tuple[tuple[date, date, int, str], ...]


# --- the timeline ----------------------------------------------------------------------------------------------------


def timeline_of(state: State, life: Life, *, today: date) -> Timeline:
    """Return the timeline of an entitlement on one day; drawn in bounded work, whatever has happened to it."""
    days = _stretch(state, life, today)
    spans = sorted(life.spans, key=lambda span: (span.end or date.max, span.start))[-MOST_SPANS:]
    lanes = list(dict.fromkeys(span.key for span in reversed(spans)))[:MOST_LANES]
    drawn = [span for span in spans if span.key in lanes]
    rows = sorted(_rows(state, life, today), key=lambda row: row[0])
    return Timeline(
        bands=tuple(_bands(state, days, today)),
        marks=tuple(_marks(life, days)),
        today=days.place(today),
        captions=tuple(_captions(state, life, days, today)),
        lanes=tuple(_lane(span, days, lanes.index(span.key), today) for span in drawn),
        lane_captions=tuple(_lane_captions(drawn, lanes, days, today)),
        height=LANE_TOP + LANE_STEP * len(lanes),
        summary=_summary(state, life, today),
        rows=tuple(rows[-MOST_ROWS:]),
        rows_left_out=max(0, len(rows) - MOST_ROWS),
    )


def _stretch(state: State, life: Life, today: date) -> Days:
    """Return the days shown: from the creation to the expiry and its grace period, or to today; never far beyond."""
    start = min(filter(None, (life.created_on, state.starts_on, today)))
    far = today + max(FAR, today - start)
    end = min(far, max(filter(None, (today, state.expires_on, state.grace_ends_on, state.ended_on))))
    margin = max(2, (end - start).days // 40)
    return Days(start, end + timedelta(days=margin))


def _bands(state: State, days: Days, today: date) -> Iterator[Band]:
    if state.starts_on is None:
        return
    ended, end = state.ended_on or date.max, state.expires_on or days.end
    stop = min(end, ended)
    if stop > state.starts_on:
        words = (
            f"Term: {show_day(state.starts_on)} to {show_day(stop) if state.expires_on or state.ended_on else 'never'}"
        )
        tone = "quiet" if stop <= today else "ok"
        yield Band(days.place(state.starts_on), days.width(state.starts_on, stop), tone, words)
    grace = state.grace_ends_on
    if grace and state.expires_on and min(grace, ended) > end:
        words = f"Grace period: {show_day(end)} to {show_day(grace)}"
        yield Band(days.place(end), days.width(end, min(grace, ended)), "warn", words)


def _marks(life: Life, days: Days) -> Iterator[Mark]:
    """Yield one mark for all changes on the same hundredth of the width."""
    for _place, events in gathered((days.percent_at(event.day), event) for event in life.events):
        first, last = events[0], events[-1]
        if len(events) == 1:
            yield Mark(days.place(last.day), last.tone, f"{show_day(last.day)}: {last.words} by {last.person}")
            continue
        stretch = show_day(first.day) if first.day == last.day else f"{show_day(first.day)} to {show_day(last.day)}"
        words = ", ".join(dict.fromkeys(event.words for event in events[-3:]))
        yield Mark(days.place(last.day), last.tone, f"{stretch}: {len(events):,} changes, last {words}")


def _captions(state: State, life: Life, days: Days, today: date) -> Iterator[Caption]:
    """Yield today above the term, creation and end below it; the end goes above where it is near the creation."""
    share = days.share(today)
    yield Caption(days.place(today), "today", _anchor(share), 12)
    yield Caption("0%", f"created {show_day(life.created_on)}", "start", 56)
    end = state.ended_on or state.expires_on
    if end is None:
        return
    verb = "ended" if state.ended_on else "expires" if end > today else "expired"
    place = days.share(end)
    is_near = place < 0.5
    anchor = "start" if is_near and place < 0.2 else "end" if place > 0.7 else "middle"
    yield Caption(days.place(end), f"{verb} {show_day(end)}", anchor, 12 if is_near and share - place > 0.2 else 56)


def _anchor(share: float) -> str:
    return "start" if share < 0.08 else "end" if share > 0.92 else "middle"


def _lane(span: Span, days: Days, number: int, today: date) -> Band:
    end = span.end or today
    until = f"to {show_day(span.end)}" if span.end else "until today"
    words = f"{span.label} {span.value} by hand: {show_day(span.start)} {until}"
    tone = "quiet" if span.end else "kept"
    return Band(days.place(span.start), days.width(span.start, end), tone, words, LANE_TOP + LANE_STEP * number + 8)


def _lane_captions(spans: Sequence[Span], lanes: Sequence[str], days: Days, today: date) -> Iterator[Caption]:
    """Yield the name of each lane with its newest value, above its newest span."""
    for number, key in enumerate(lanes):
        newest = [span for span in spans if span.key == key][-1]
        place = days.share(newest.start)
        words = f"{newest.label} {newest.value}"
        words = words if len(words) <= 36 else f"{words[:35]}…"
        x, anchor = (days.place(newest.start), "start") if place < 0.5 else (days.place(newest.end or today), "end")
        yield Caption(x, words, anchor, LANE_TOP + LANE_STEP * number + 4)


def _rows(state: State, life: Life, today: date) -> Iterator[tuple[date, str]]:
    yield life.created_on, "Created"
    if state.starts_on:
        yield state.starts_on, "The term starts" if state.starts_on > today else "The term started"
    for event in life.events[0 if not life.is_whole else 1 :]:
        yield event.day, f"{event.words} by {event.person}"
    for span in life.spans:
        if span.end is None:
            yield span.start, f"{span.label} {span.value} by hand, still so"
    yield life.today, "Today"
    if state.expires_on:
        yield state.expires_on, "Expires" if state.expires_on > today else "Expired"
    if state.expires_on and state.grace_ends_on and state.grace_ends_on > state.expires_on:
        yield state.grace_ends_on, "End of the grace period"


def _summary(state: State, life: Life, today: date) -> str:
    count = len(life.events)
    number = f"{count:,} or more" if not life.is_whole else f"{count:,}"
    changes = ngettext("%(n)s change", "%(n)s changes", count) % {"n": number}
    found = [f"Created on {show_day(life.created_on)}", f"{changes} so far"]
    if state.ended_on:
        found.append(f"ended on {show_day(state.ended_on)}")
    elif state.expires_on:
        found.append(f"{'expires' if state.expires_on > today else 'expired'} on {show_day(state.expires_on)}")
    elif state.starts_on:
        found.append("never expires")
    return ", ".join(found) + "."


# --- seats -----------------------------------------------------------------------------------------------------------


def seats_picture_of(life: Life, *, today: date) -> SeatsPicture | None:
    """Return the seats used over the last ``DAYS`` days against the limit; ``None`` where no seats are sold."""
    if not life.used:
        return None
    start = today - timedelta(days=DAYS - 1)
    top = max(LEAST_TOP, *life.used, *(limit or 0 for limit in life.limits))
    return SeatsPicture(
        bars=tuple(_seat_bars(life, start, top)),
        lines=tuple(
            LimitLine(run.first * STEP, (run.last + 1) * STEP, f"{max(1, HEIGHT - HEIGHT * run.value / top):.2f}")
            for run in runs_of(life.limits)
            if run.value
        ),
        top=top,
        width=DAYS * STEP,
        start=start,
        summary=_seats_summary(life, start),
        rows=tuple(reversed(list(_seat_rows(life, start)))),
    )


def _stretches(life: Life) -> Iterator[tuple[int, int, int, int | None]]:
    """Yield first place, last place, seats in use and limit of days on which both are the same."""
    start = 0
    for place in range(1, DAYS + 1):
        if place == DAYS or (life.used[place], life.limits[place]) != (life.used[start], life.limits[start]):
            yield start, place - 1, life.used[start], life.limits[start]
            start = place


def _seat_bars(life: Life, start: date, top: int) -> Iterator[SeatBar]:
    for first, last, used, limit in _stretches(life):
        height = height_of(used, top=top, height=HEIGHT)
        begin, end = start + timedelta(days=first), start + timedelta(days=last)
        stretch = show_day(begin) if first == last else f"{show_day(begin)} to {show_day(end)}"
        tone = "stop" if limit is not None and used > limit else "info"
        words = f"{stretch}: {used:,} of {_limit_words(limit)} in use"
        width = (last - first + 1) * STEP
        yield SeatBar(first * STEP, width, f"{HEIGHT - height:.2f}", f"{height:.2f}", tone, words)


def _seat_rows(life: Life, start: date) -> Iterator[tuple[date, date, int, str]]:
    for first, last, used, limit in _stretches(life):
        yield start + timedelta(days=first), start + timedelta(days=last), used, _limit_words(limit)


def _seats_summary(life: Life, start: date) -> str:
    most = max(life.used)
    day = start + timedelta(days=DAYS - 1 - life.used[::-1].index(most))
    words = f"{life.used[-1]:,} of {_limit_words(life.limits[-1])} in use"
    return f"{words}; most in use: {most:,} on {show_day(day)}."


def _limit_words(limit: int | None) -> str:
    return "unlimited" if limit is None else f"{limit:,}"
