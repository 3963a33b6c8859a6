"""What a change did that two revisions cannot tell, as a value; how it is stored as JSON, and how it is taken back.

Stored is only what moved: ``fields`` ``{name: [before, after]}``, ``overrides`` ``{key: [before, after]}`` (each
whole, with author and time), ``counters`` ``{key: [before, after]}`` (of an entitlement that opens again all of them,
so that an undo knows the use since), ``released`` and ``restored`` seats,
``handed_over`` ``{to, seats}`` and ``took_over`` ``{from, seats}`` for seats that went to another entitlement of the
same unit, ``path`` for the change group of a move. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from entitlements.state import fields
from entitlements.state.fields import Orders
from entitlements.state.values import NOTHING, OverrideValue, RevisionValue, SeatValue, State, is_same
from offerings.rights import LARGEST

Pair = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class SeatRecord:
    """A seat as the log names it, with what it had checked out by right key."""

    id: UUID
    seat_id: str
    name: str
    checked_out: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name or self.seat_id

    @classmethod
    def of(cls, seat: SeatValue) -> Self:
        """Return the record of a seat."""
        return cls(seat.id, seat.seat_id, seat.name, seat.checked_out)

    def to_json(self) -> dict[str, Any]:
        """Return the record as a delta stores it."""
        stored: dict[str, Any] = {"id": str(self.id), "seat_id": self.seat_id, "name": self.name}
        return {**stored, "checked_out": dict(self.checked_out)} if self.checked_out else stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read back what ``to_json`` returned."""
        return cls(UUID(stored["id"]), stored["seat_id"], stored["name"], stored.get("checked_out", NOTHING))


@dataclass(frozen=True, slots=True)
class SeatsOver:
    """Seats that went from one entitlement of a unit to another: the other one, and the keys of the seats."""

    other: UUID
    seats: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """What moved. ``fields`` holds stored values: ``from_json`` of their field reads them."""

    fields: Mapping[str, Pair] = field(default_factory=dict)
    overrides: Mapping[str, tuple[OverrideValue | None, OverrideValue | None]] = field(default_factory=dict)
    counters: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    released: tuple[SeatRecord, ...] = ()
    restored: tuple[SeatRecord, ...] = ()
    handed_over: SeatsOver | None = None
    took_over: SeatsOver | None = None
    path: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def between(cls, before: State | None, after: State, **seats: Any) -> Self:
        """Return what moved from ``before`` to ``after``; ``None`` before means that the entitlement was created.

        ``seats`` holds what no state tells: the seats that went or came, and the path of the move.
        """
        return cls(
            fields=_fields(before, after),
            overrides=_moved(before.overrides if before else NOTHING, after.overrides),
            counters=_counters(before, after),
            **seats,
        )

    @property
    def order_ids(self) -> set[UUID]:
        """Return the keys of the orders the delta names."""
        return {UUID(key) for key in self.fields.get("order", ()) if key}

    @property
    def counters_moved(self) -> dict[str, tuple[int, int]]:
        """Return the counters whose amount the change moved."""
        return {key: pair for key, pair in self.counters.items() if pair[0] != pair[1]}

    def use_since(self, state: State) -> dict[str, int]:
        """Return what the entitlement has counted since the change that created it or opened it again."""
        found = {key: used - self.counters.get(key, (0, 0))[1] for key, used in state.counters.items()}
        return {key: since for key, since in found.items() if since > 0}

    def taken_back(self, state: State, *, revision: RevisionValue, orders: Orders) -> State:
        """Return ``state`` with the delta taken back and on ``revision``, seats apart.

        Overrides come back with their author and time; counters become what they were, plus the use since.
        """
        values: dict[str, Any] = {"revision": revision}
        for each in fields.FIELDS:
            if each.name in self.fields:
                stored = self.fields[each.name][0]
                values[each.name] = None if stored is None else each.from_json(stored, orders)
        counters = dict(state.counters)
        for key, (before, after) in self.counters.items():
            counters[key] = min(LARGEST, max(0, counters.get(key, 0) + before - after))
        earlier = {key: before for key, (before, _after) in self.overrides.items()}
        return replace(state, **values, counters=counters or NOTHING).with_overrides(earlier)

    def to_json(self) -> dict[str, Any]:
        """Return the delta as a change stores it: what is empty is left out."""
        stored = {
            "fields": {name: list(pair) for name, pair in self.fields.items()},
            "overrides": {key: [_override_json(each) for each in pair] for key, pair in self.overrides.items()},
            "counters": {key: list(pair) for key, pair in self.counters.items()},
            "released": [seat.to_json() for seat in self.released],
            "restored": [seat.to_json() for seat in self.restored],
            "handed_over": _over_json(self.handed_over, "to"),
            "took_over": _over_json(self.took_over, "from"),
            "path": dict(self.path),
        }
        return {name: part for name, part in stored.items() if part}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read back what ``to_json`` returned."""
        return cls(
            fields={name: tuple(pair) for name, pair in stored.get("fields", {}).items()},
            overrides={
                key: (_read_override(before), _read_override(after))
                for key, (before, after) in stored.get("overrides", {}).items()
            },
            counters={key: (before, after) for key, (before, after) in stored.get("counters", {}).items()},
            released=tuple(SeatRecord.from_json(seat) for seat in stored.get("released", ())),
            restored=tuple(SeatRecord.from_json(seat) for seat in stored.get("restored", ())),
            handed_over=_read_over(stored.get("handed_over"), "to"),
            took_over=_read_over(stored.get("took_over"), "from"),
            path=stored.get("path", NOTHING),
        )


def _fields(before: State | None, after: State) -> dict[str, Pair]:
    moved: dict[str, Pair] = {}
    for each in fields.FIELDS:
        if not each.is_logged:
            continue
        was = None if before is None else _stored(each, before)
        now = _stored(each, after)
        if was != now:
            moved[each.name] = (was, now)
    return moved


def _stored(field: fields.Field, state: State) -> Any:
    value = field.get(state)
    return None if value is None else field.to_json(value)


def _moved(
    before: Mapping[str, OverrideValue], after: Mapping[str, OverrideValue]
) -> dict[str, tuple[OverrideValue | None, OverrideValue | None]]:
    return {
        key: (before.get(key), after.get(key))
        for key in {**before, **after}
        if not is_same(before.get(key), after.get(key))
    }


def _counters(before: State | None, after: State) -> dict[str, tuple[int, int]]:
    was: Mapping[str, int] = before.counters if before else NOTHING
    opens = before is not None and before.ended_on is not None and after.ended_on is None
    pairs = {key: (was.get(key, 0), after.counters.get(key, 0)) for key in {**was, **after.counters}}
    return {key: pair for key, pair in pairs.items() if opens or pair[0] != pair[1]}


def _override_json(override: OverrideValue | None) -> dict[str, Any] | None:
    if override is None:
        return None
    stored: dict[str, Any] = {
        "value": override.value,
        "set_at": override.set_at.isoformat() if override.set_at else None,
        "set_by_id": override.set_by_id,
        "set_by_name": override.set_by_name,
        "reason": override.reason,
    }
    if override.is_floor:
        stored["is_floor"] = True
    return {**stored, "until": override.until.isoformat()} if override.until else stored


def _read_override(stored: Mapping[str, Any] | None) -> OverrideValue | None:
    if stored is None:
        return None
    return OverrideValue(
        value=stored["value"],
        set_at=datetime.fromisoformat(stored["set_at"]) if stored["set_at"] else None,
        set_by_id=stored["set_by_id"],
        set_by_name=stored["set_by_name"],
        reason=stored["reason"],
        is_floor=stored.get("is_floor", False),
        until=date.fromisoformat(stored["until"]) if stored.get("until") else None,
    )


def _over_json(over: SeatsOver | None, side: str) -> dict[str, Any] | None:
    return {side: str(over.other), "seats": [str(key) for key in over.seats]} if over else None


def _read_over(stored: Mapping[str, Any] | None, side: str) -> SeatsOver | None:
    return SeatsOver(UUID(stored[side]), _ids(stored["seats"])) if stored else None


def _ids(texts: Iterable[str]) -> tuple[UUID, ...]:
    return tuple(UUID(text) for text in texts)
