"""Values of rights in words, and overrides with author, day and reason."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils.translation import ngettext

from config.clock import reader_day
from entitlements.operations import OverrideEffect, OverrideOutcome
from entitlements.operations.effect_words import EMPTY
from entitlements.state import OverrideValue, State
from offerings import rights
from offerings.rights import Right, Value


def shown(right: Right, value: Value | None) -> str:
    """Return a value in words, "none" included; a value that does not fit its right is shown as it is stored."""
    return rights.show_stored(right, value) or EMPTY.get(right.key, "none")


def value_cell(right: Right, value: Value | None) -> int | Decimal | str:
    """Return a value for a cell of a file: a number as a number, else as ``shown``, without separators."""
    cell = rights.cell(right, value)
    return shown(right, value) if cell == "" else cell


def override_value(right: Right, override: OverrideValue) -> str:
    """Return an override in words: its value, or "at least" its value, and until when."""
    return _floor_words(right, override.value, is_floor=override.is_floor) + until_in_words(override.until)


def until_in_words(until: date | None) -> str:
    """Return the end of an override, to stand behind its value; empty without an end."""
    return f" until {rights.show_day(until)}" if until else ""


def _floor_words(right: Right, value: Value, *, is_floor: bool) -> str:
    return f"at least {shown(right, value)}" if is_floor else shown(right, value)


def floor_in_words(state: State, key: str) -> str:
    """Return a floor and the standard, the higher of which holds: "at least 200; Gold annual grants 500"."""
    right = state.right(key)
    floor = _floor_words(right, state.overrides[key].value, is_floor=True)
    return f"{floor}; {state.revision.offering_name} grants {shown(right, state.standard(key))}"


def overridden_by(state: State, key: str) -> str:
    """Return the tooltip of an overridden right: standard, value set by hand, who, when, why."""
    right, override = state.right(key), state.overrides[key]
    where = f"in {state.revision.offering_name} (revision {state.revision.number})"
    standard = f"Standard is {shown(right, state.standard(key))} {where}."
    when = f" on {rights.show_day(reader_day(override.set_at))}" if override.set_at else ""
    why = f": {override.reason}" if override.reason else "."
    if override.until:
        why = f"{why if why.endswith('.') else why + '.'} It ends on {rights.show_day(override.until)}."
    if override.is_floor:
        floor = f"{floor_in_words(state, key)} (revision {state.revision.number})."
        return f"{floor[0].upper()}{floor[1:]} Set by {override.set_by_name}{when}{why}"
    return f"{standard} Set to {shown(right, override.value)} by {override.set_by_name}{when}{why}"


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """One override and its outcome, in words. ``after`` is the value in force after the change."""

    right: Right
    outcome: OverrideOutcome
    value: str
    standard_before: str
    standard_after: str
    after: str


def override_row(effect: OverrideEffect, before: State | None, after: State) -> OverrideRow:
    """Return one override and its outcome between two states, in words; a floor beside what the offering grants."""
    right, key = effect.right, effect.right.key
    row = OverrideRow(
        right=right,
        outcome=effect.outcome,
        value=_floor_words(right, effect.value, is_floor=effect.is_floor) + until_in_words(effect.until),
        standard_before=shown(effect.right_before or right, effect.standard_before),
        standard_after=shown(right, effect.standard_after),
        after=shown(right, effect.in_force_after),
    )
    if not effect.is_floor:
        return row
    if key in after.overrides:
        return replace(row, after=floor_in_words(after, key) + until_in_words(effect.until))
    return replace(row, value=floor_in_words(before or after, key))


def headings(before: State | None, after: State, *, same: str) -> tuple[str, str]:
    """Return the headings of values before and after; ``same`` heads the first where the revision stays."""
    earlier, later = before.revision if before else None, after.revision
    if earlier is None or earlier.id == later.id:
        return same, "After"
    if earlier.offering_id == later.offering_id:
        return f"Revision {earlier.number}", f"Revision {later.number}"
    return earlier.offering_name, later.offering_name


def days_in_words(day: date, today: date) -> str:
    """Return the distance to a day in words: ``in 95 days``, ``today``, ``3 days ago``."""
    days = (day - today).days
    if not days:
        return "today"
    distance = ngettext("%(count)s day", "%(count)s days", abs(days)) % {"count": f"{abs(days):,}"}
    return f"in {distance}" if days > 0 else f"{distance} ago"
