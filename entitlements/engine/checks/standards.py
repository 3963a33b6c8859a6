"""Check the standard days of a term against revision, term rules and the operations of the log. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from entitlements.engine.checks.findings import Code, Mismatch
from entitlements.engine.checks.replay import Replay
from entitlements.engine.log_chain import Link
from entitlements.operations.terms import ADDING, LATEST
from entitlements.state import EXPIRY, MAINTENANCE_EXPIRY, State
from offerings.periods import add_period, parse_period

_EXPIRES, _MAINTENANCE = "standard_expires_on", "standard_maintenance_expires_on"
_LENGTHS = {_EXPIRES: "duration", _MAINTENANCE: "maintenance_duration"}
_STARTING = ("create_entitlement", "activate", "change_terms")
_ADDING = {mode.value for mode in ADDING}


def standard_mismatches(state: State, links: Sequence[Link]) -> Iterator[Mismatch]:
    """Yield the standard days that the revision in force cannot have, whatever happened before.

    There are none before the activation. An offering without a term, or without a maintenance of its own, has none;
    one with it has a day, but for a license that was perpetual once and whose term was kept.
    """
    for column, length in _LENGTHS.items():
        day = getattr(state, column)
        if not state.is_activated or not getattr(state.revision.terms, length):
            if day is not None:
                yield Mismatch(Code.STANDARD_WRONG, column, day, None)
        elif day is None and not (column == _EXPIRES and any(link.terms and not link.terms.duration for link in links)):
            yield Mismatch(Code.STANDARD_WRONG, column, None, "a day")


def moved_standards(link: Link, before: Replay) -> Iterator[Mismatch]:
    """Yield the standard days that a change has set to what its operation never gives; ``before`` is not changed.

    Undo is left to the replay: it goes back to earlier values. ``together`` has several operations.
    """
    if link.act is None or link.undone is not None or link.terms is None:
        return
    for column, length in _LENGTHS.items():
        if column not in link.delta.fields or link.delta.fields[column][1] is None:
            continue
        day = date.fromisoformat(link.delta.fields[column][1])
        period = getattr(link.terms, length)
        wanted = _wanted(link, before, column, period) if period else set[date | None]()
        if (
            wanted is None
            or day in wanted
            or (_adds_days(link, column) and any(each and day > each for each in wanted))
        ):
            continue
        days = " or ".join(sorted(str(each) for each in wanted)) or None
        yield Mismatch(Code.STANDARD_WRONG, f"change {link.sequence}, {column}", day, days)


def _adds_days(link: Link, column: str) -> bool:
    """Tell whether what was left of a term is added to the new one."""
    asked: Any = link.act.asked.get("term") if link.act else None
    return column == _EXPIRES and isinstance(asked, Mapping) and asked.get("mode") in _ADDING


def _wanted(link: Link, before: Replay, column: str, period: str) -> set[date | None] | None:
    """Return the days that an operation can give; ``None`` for one without a rule here."""
    starts = _day(link.delta.fields.get("starts_on", (None, before.fields.get("starts_on")))[1])
    operation = link.act.operation if link.act else ""
    if operation in _STARTING:
        return {_after(starts, period)}
    if operation == "change_offering":
        return _moved(link, column, period, starts)
    return _renewed(link, before, column, period) if operation == "renew" else None


def _moved(link: Link, column: str, period: str, starts: date | None) -> set[date | None] | None:
    """Return a term from its start; maintenance of another length may count from the day of the move.

    A part that was split off may keep the term of the whole, which its own log does not hold.
    """
    today, count = (link.act.day, link.act.asked.get("count")) if link.act else (None, None)
    if link.from_revision is None and count is not None:
        return None
    return {_after(starts, period), *({_after(today, period)} if column == _MAINTENANCE else ())}


def _renewed(link: Link, before: Replay, column: str, period: str) -> set[date | None]:
    """Return a term after the day in force, or after the day of the act, by its own or by the anchor's day of month."""
    anchor = _day(before.fields.get("anchor_on") or before.fields.get("starts_on"))
    bases = {_in_force(before, _EXPIRES, EXPIRY.key), _in_force(before, _MAINTENANCE, MAINTENANCE_EXPIRY.key)}
    bases |= {link.act.day} if link.act else set()
    days = {_after(base, period, anchor=number) for base in bases for number in (None, anchor.day if anchor else None)}
    return days | ({_in_force(before, column, MAINTENANCE_EXPIRY.key)} if column == _MAINTENANCE else set())


def _in_force(before: Replay, column: str, key: str) -> date | None:
    override = before.overrides.get(key)
    return _day(before.fields.get(column) if override is None else override.value)


def _after(day: date | None, period: str, *, anchor: int | None = None) -> date | None:
    return min(add_period(day, parse_period(period), anchor=anchor), LATEST) if day else None


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None
