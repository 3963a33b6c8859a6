"""Replay the deltas of one entitlement, and compare where they lead with what is there. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from entitlements.engine.checks.findings import Code, Mismatch
from entitlements.engine.log_chain import Link
from entitlements.state import Delta, SeatRecord, State

_MOMENTS = ("activated_at", "disabled_at")
_ENDS_ANEW = "ended_on"  # what an undo ends, ends on the day of the undo


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A seat that the log names, as it is now."""

    entitlement_id: UUID
    seat_id: str
    released_at: datetime | None


@dataclass(slots=True)
class Replay:
    """The values that the changes so far leave: fields, overrides, counters, what became of seats, and by version."""

    fields: dict[str, Any] = field(default_factory=dict)
    overrides: dict[str, Any] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    seats: dict[UUID, tuple[str, Link]] = field(default_factory=dict)
    records: dict[UUID, SeatRecord] = field(default_factory=dict)
    versions: dict[int, tuple[Any, ...]] = field(default_factory=dict)

    def follow(self, link: Link) -> Iterator[Mismatch]:
        """Take one change; yield what in it does not start from the values before, or does not go back to them."""
        for name, stored, expected in [*self._take_values(link), *self._take_counters(link), *self._take_seats(link)]:
            yield Mismatch(Code.LOG_BROKEN, f"change {link.sequence}, {name}", stored, expected)
        reached = self._reached(link)
        back = self.versions.get(link.to_version) if link.undone else None
        if back is not None and back != reached:
            yield Mismatch(Code.LOG_BROKEN, f"change {link.sequence}, what it goes back to", *_unlike(reached, back))
        self.versions[link.to_version] = reached

    def _take_values(self, link: Link) -> Iterator[tuple[str, object, object]]:
        for values, moved in ((self.fields, link.delta.fields), (self.overrides, link.delta.overrides)):
            for key, (before, after) in moved.items():
                if _comparable(key, before) != values.get(key):
                    yield f"{key} before", before, values.get(key)
                values[key] = _comparable(key, after)

    def _take_counters(self, link: Link) -> Iterator[tuple[str, object, object]]:
        for key, (before, after) in link.delta.counters.items():
            if before < self.counters.get(key, 0):
                yield f"{key} before", before, f"at least {self.counters[key]}"
            self.counters[key] = after

    def _take_seats(self, link: Link) -> Iterator[tuple[str, object, object]]:
        delta = link.delta
        for event, over in (("handed_over", delta.handed_over), ("took_over", delta.took_over)):
            self.seats |= dict.fromkeys(over.seats if over else (), (event, link))
        for seat in delta.restored:
            earlier = self.seats.get(seat.id, ("never released", link))[0]
            if earlier != "released" and _unit(link) == {link.entitlement_id}:
                yield f"restored seat {seat}", earlier, "released before"
        for event, records in (("restored", delta.restored), ("released", delta.released)):
            self.seats |= {seat.id: (event, link) for seat in records}
            self.records |= {seat.id: seat for seat in records}

    def _reached(self, link: Link) -> tuple[Any, ...]:
        fields = {key: value for key, value in self.fields.items() if value is not None and key != _ENDS_ANEW}
        overrides = {key: value for key, value in self.overrides.items() if value is not None}
        return ({"revision": link.to_revision, **fields}, overrides)


def _unlike(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[object, object]:
    """Return only those values of two tuples of mappings that differ."""
    names = {key for left, right in zip(one, other, strict=True) for key in {**left, **right}}
    sides = [{key: value for part in side for key, value in part.items()} for side in (one, other)]
    differing = sorted(key for key in names if sides[0].get(key) != sides[1].get(key))
    return tuple({key: side.get(key) for key in differing} for side in sides)  # type: ignore[return-value]


def end_mismatches(replay: Replay, state: State) -> Iterator[Mismatch]:
    """Yield where fields, overrides and counters are not as the log leaves them."""
    current = Delta.between(None, state)
    for part in ("fields", "overrides"):
        values = getattr(replay, part)
        held = {key: _comparable(key, after) for key, (_before, after) in getattr(current, part).items()}
        for key in sorted({*values, *held}):
            if values.get(key) != held.get(key):
                code = Code.MOVED_PAST_LOG if key == "order" else Code.STATE_UNLIKE_LOG
                yield Mismatch(code, f"{key} against the log", held.get(key), values.get(key))
    for key, left in replay.counters.items():
        if state.counters.get(key, 0) < left:
            yield Mismatch(Code.COUNTER_BELOW_LOG, f"counter of {key}", state.counters.get(key, 0), f"at least {left}")


def seat_mismatches(replay: Replay, state: State, rows: Mapping[UUID, SeatRow]) -> Iterator[Mismatch]:
    """Yield where a seat that the log names is gone, elsewhere, or not released as the log says."""
    for key, (event, link) in replay.seats.items():
        row = rows.get(key)
        if row is None:
            yield Mismatch(Code.SEAT_UNLIKE_LOG, f"seat {key}", "no row", f"{event} in change {link.sequence}")
            continue
        if event == "released" and row.entitlement_id != state.id and row.entitlement_id in _unit(link):
            continue
        pairs: list[tuple[str, object, object]] = [("is here", row.entitlement_id == state.id, event != "handed_over")]
        if event == "released" and link.act is not None:
            pairs.append(("released_at", row.released_at, link.act.made_at))
        if key in replay.records:
            pairs.append(("seat_id", row.seat_id, replay.records[key].seat_id))
        for name, stored, expected in pairs:
            if stored != expected:
                yield Mismatch(Code.SEAT_UNLIKE_LOG, f"seat {key}, {name}", stored, expected)


def _unit(link: Link) -> set[UUID]:
    """Return the entitlements of the unit.

    A seat on its way from one to the other, released before it arrives, is a row of the first, and the log of the
    second names it.
    """
    overs = (link.delta.handed_over, link.delta.took_over)
    return {link.unit, *(over.other for over in overs if over)}


def moment_mismatches(links: Sequence[Link], *, created_at: datetime, changed_at: datetime) -> Iterator[Mismatch]:
    """Yield where the entitlement was not created with its first act, or not changed last with one of its newest.

    After a step back of the clock the newest act need not be the latest one, so that either will do.
    """
    moments = [link.act.made_at for link in links if link.act]
    if not moments:
        return
    if created_at != moments[0]:
        yield Mismatch(Code.MOMENT_UNLIKE_LOG, "created_at", created_at, moments[0])
    if changed_at not in (moments[-1], max(moments)):
        yield Mismatch(Code.MOMENT_UNLIKE_LOG, "changed_at", changed_at, moments[-1])


def _comparable(name: str, value: Any) -> Any:
    """Return a stored value, moments as ``datetime``: texts of one moment differ by time zone."""
    return datetime.fromisoformat(value) if value and name in _MOMENTS else value
