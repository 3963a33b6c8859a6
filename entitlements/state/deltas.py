"""What a change did that two revisions cannot tell, as JSON; and how to take it back. Pure.

A delta holds only what moved: ``fields`` ``{name: [before, after]}``, ``overrides`` ``{key: [before, after]}``
(each whole, with author and time), ``counters`` ``{key: [before, after]}``, ``released`` and ``restored`` seats,
``handed`` ``{to, seats}`` and ``received`` ``{from}`` for seats that went over, ``path`` for the way of a move.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from entitlements.state.values import NOTHING, OverrideValue, RevisionValue, SeatValue, State, is_same
from offerings.rights import LARGEST

Delta = Mapping[str, Any]

_READERS: dict[str, Callable[[str], object]] = {
    "starts_on": date.fromisoformat,
    "standard_expires_on": date.fromisoformat,
    "standard_maintenance_expires_on": date.fromisoformat,
    "ended_on": date.fromisoformat,
    "activated_at": datetime.fromisoformat,
    "disabled_at": datetime.fromisoformat,
    "quantity": int,
}


def delta_of(
    before: State | None,
    after: State,
    *,
    released: Iterable[SeatValue],
    restored: Iterable[SeatValue],
    beside: Mapping[str, Any] = NOTHING,
) -> dict[str, Any]:
    """Return what moved from ``before`` to ``after``; ``None`` before means the entitlement was created.

    ``beside`` holds what no state tells: the way of a move, seats handed over.
    """
    parts = {
        "fields": _fields(before, after),
        "overrides": _overrides(before.overrides if before else {}, after.overrides),
        "counters": _amounts(before.counters if before else {}, after.counters),
        "released": [_seat_json(seat) for seat in released],
        "restored": [_seat_json(seat) for seat in restored],
        **beside,
    }
    return {name: part for name, part in parts.items() if part}


def taken_back(state: State, delta: Delta, *, revision: RevisionValue) -> State:
    """Return ``state`` with the delta taken back and on ``revision``; seats are not this function's business.

    Overrides come back with their author and time; counters become what they were, plus the use since.
    """
    fields = {
        name: None if before is None else _READERS[name](str(before))
        for name, (before, _after) in delta.get("fields", {}).items()
    }
    overrides = {key: override_from_json(before) for key, (before, _after) in delta.get("overrides", {}).items()}
    counters = dict(state.counters)
    for key, (before, after) in delta.get("counters", {}).items():
        counters[key] = min(LARGEST, max(0, counters.get(key, 0) + before - after))
    values: dict[str, Any] = {**fields, "revision": revision, "counters": counters or NOTHING}
    return replace(state, **values).with_overrides(overrides)


def override_to_json(override: OverrideValue | None) -> dict[str, Any] | None:
    """Return an override as a delta stores it."""
    if override is None:
        return None
    return {
        "value": override.value,
        "set_at": override.set_at.isoformat() if override.set_at else None,
        "set_by_id": override.set_by_id,
        "set_by_name": override.set_by_name,
        "reason": override.reason,
    }


def override_from_json(stored: Mapping[str, Any] | None) -> OverrideValue | None:
    """Read back what ``override_to_json`` returned."""
    if stored is None:
        return None
    moment = datetime.fromisoformat(stored["set_at"]) if stored["set_at"] else None
    return OverrideValue(
        value=stored["value"],
        set_at=moment,
        set_by_id=stored["set_by_id"],
        set_by_name=stored["set_by_name"],
        reason=stored["reason"],
    )


def seat_ids(delta: Delta, part: str) -> list[UUID]:
    """Return the keys of the seats that a delta ``released`` or ``restored``."""
    return [UUID(seat["id"]) for seat in delta.get(part, ())]


def checkouts(delta: Delta, part: str) -> dict[UUID, dict[str, int]]:
    """Return what each seat of a delta had checked out."""
    return {UUID(seat["id"]): seat.get("checked_out", {}) for seat in delta.get(part, ())}


def _fields(before: State | None, after: State) -> dict[str, list[Any]]:
    moved: dict[str, list[Any]] = {}
    for name in _READERS:
        was, now = getattr(before, name, None), getattr(after, name)
        if was != now:
            moved[name] = [_plain(was), _plain(now)]
    return moved


def _plain(value: object) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _overrides(before: Mapping[str, OverrideValue], after: Mapping[str, OverrideValue]) -> dict[str, list[Any]]:
    return {
        key: [override_to_json(before.get(key)), override_to_json(after.get(key))]
        for key in {**before, **after}
        if not is_same(before.get(key), after.get(key))
    }


def _amounts(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, list[int]]:
    return {
        key: [before.get(key, 0), after.get(key, 0)]
        for key in {**before, **after}
        if before.get(key, 0) != after.get(key, 0)
    }


def _seat_json(seat: SeatValue) -> dict[str, Any]:
    stored: dict[str, Any] = {"id": str(seat.id), "seat_id": seat.seat_id, "name": seat.name}
    if seat.checked_out:
        stored["checked_out"] = dict(seat.checked_out)
    return stored
