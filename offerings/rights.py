"""What a right is: its kinds, and how a value is parsed, validated, shown and compared.

Every form, table, diff, schema and import goes through this module. Pure: no query, no clock, no settings.
A value is what JSON holds: ``True``/``False``, a whole number of 64 bits, a decimal number, or text (dates and
periods in ISO 8601, the word ``"unlimited"``). The kind of the right says how to read it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from offerings.kinds import (
    CHOICES,
    EMPTY_IS_ABSENT,
    FEATURE_KINDS,
    LARGEST,
    NUMERIC_KINDS,
    OPPOSITES,
    RULES,
    TEXT_LENGTH,
    UNLIMITED,
    Direction,
    InvalidValue,
    Kind,
    Value,
    has_control_characters,
    show_day,
)

__all__ = [
    "BUILT_IN",
    "CHOICES",
    "EMPTY_IS_ABSENT",
    "FEATURE_KINDS",
    "FEATURE_PREFIX",
    "LARGEST",
    "NUMERIC_KINDS",
    "OPPOSITES",
    "TEXT_LENGTH",
    "UNLIMITED",
    "Direction",
    "InvalidValue",
    "Kind",
    "Right",
    "RightChange",
    "Rights",
    "Sheet",
    "Value",
    "capacity",
    "compare",
    "diff",
    "empty",
    "has_control_characters",
    "higher",
    "is_valid",
    "parse",
    "show",
    "show_day",
    "show_stored",
    "validate",
]

Rights: TypeAlias = Mapping[str, Value]

FEATURE_PREFIX = "feature."
ORDERED_KINDS = NUMERIC_KINDS | {Kind.PERIOD, Kind.LEASE, Kind.DATE}


@dataclass(frozen=True, slots=True)
class Right:
    """One named value a customer can hold: ``seat_limit``, ``feature.sso``. Only its definition, not a value."""

    key: str
    kind: Kind
    label: str
    unit: str = ""
    group: str = "Features"

    @property
    def is_feature(self) -> bool:
        """Tell a feature of the product from a right every offering has."""
        return self.key.startswith(FEATURE_PREFIX)

    @property
    def is_overridable(self) -> bool:
        """Tell whether the right may be set by hand on one entitlement."""
        return self.kind is not Kind.CONCURRENCY

    @property
    def is_ordered(self) -> bool:
        """Tell whether any two values of the right can be compared, so that "at least" means something."""
        return self.kind in ORDERED_KINDS

    def to_json(self) -> dict[str, str]:
        """Return what a revision stores beside the value, so that old revisions stay readable."""
        return {"kind": self.kind.value, "label": self.label, "unit": self.unit, "group": self.group}

    @classmethod
    def from_json(cls, key: str, stored: Mapping[str, str]) -> "Right":
        """Read back what ``to_json`` returned."""
        return cls(key, Kind(stored["kind"]), stored["label"], stored["unit"], stored["group"])


BUILT_IN = {
    right.key: right
    for right in (
        Right("seat_limit", Kind.LIMIT, "Seats", group="Built-in"),
        Right("overdraft", Kind.OVERDRAFT, "Overdraft", group="Built-in"),
        Right("concurrency_mode", Kind.CONCURRENCY, "Concurrency mode", group="Built-in"),
        Right("lease_period", Kind.LEASE, "Lease period", group="Built-in"),
        Right("offline_lease_period", Kind.PERIOD, "Offline lease period", group="Built-in"),
        Right("grace_period", Kind.PERIOD, "Grace period", group="Built-in"),
        Right("usage_reset_schedule", Kind.SCHEDULE, "Usage reset schedule", group="Built-in"),
        Right("maintenance", Kind.FLAG, "Maintenance", group="Built-in"),
    )
}


def parse(right: Right, text: str) -> Value:
    """Read what a person typed for ``right``; raise ``InvalidValue`` saying what to write instead."""
    value = RULES[right.kind].parse(text)
    validate(right, value)
    return value


def validate(right: Right, value: object) -> None:
    """Raise ``InvalidValue`` unless ``value`` is a stored value that ``right`` can hold."""
    complaint = RULES[right.kind].complaint(value)
    if complaint:
        raise InvalidValue(complaint)


def is_valid(right: Right, value: object) -> bool:
    """Tell whether ``right`` can hold ``value``."""
    return RULES[right.kind].complaint(value) is None


def show(right: Right, value: Value | None) -> str:
    """Return ``value`` as people read and type it: ``parse(right, show(right, value)) == value``."""
    return "" if value is None else RULES[right.kind].show(value)


def show_stored(right: Right, value: Value | None) -> str:
    """Return a stored value as people read it; where ``right`` can no longer hold it, the text that is stored."""
    return show(right, value) if value is None or is_valid(right, value) else str(value)


def empty(kind: Kind) -> Value:
    """Return what a customer has of a right that was never granted: off, 0 or nothing."""
    return RULES[kind].empty


def compare(right: Right, before: Value | None, after: Value | None) -> Direction:
    """Say what happened to one right between two values; ``None`` means the right is absent.

    Antisymmetric: swapping the values turns added into removed and raised into lowered.
    """
    nothing = RULES[right.kind].empty
    was, now = nothing if before is None else before, nothing if after is None else after
    if was == now and isinstance(was, bool) == isinstance(now, bool):
        return Direction.SAME
    if right.kind in EMPTY_IS_ABSENT or before is None or after is None:
        if was == nothing:
            return Direction.ADDED
        if now == nothing:
            return Direction.REMOVED
    return RULES[right.kind].order(was, now)


def higher(right: Right, one: Value, other: Value) -> Value:
    """Return the higher of two values of an ordered right; ``one`` where they are equal."""
    return other if compare(right, one, other) in (Direction.ADDED, Direction.RAISED) else one


@dataclass(frozen=True, slots=True)
class RightChange:
    """One right that differs between two sets of rights."""

    right: Right
    before: Value | None
    after: Value | None
    direction: Direction
    right_before: Right | None = None

    @property
    def shown_before(self) -> str:
        """Return the earlier value in words, by the kind it had then."""
        return show(self.right_before or self.right, self.before)

    @property
    def shown_after(self) -> str:
        """Return the later value in words."""
        return show(self.right, self.after)


class Sheet(NamedTuple):
    """A set of rights with the definition of each key."""

    values: Rights
    definitions: Mapping[str, Right]


def diff(before: Sheet, after: Sheet) -> tuple[RightChange, ...]:
    """Return every right that differs, in the order of ``after`` and then of what only ``before`` had."""
    return tuple(_changes(before, after))


def _changes(before: Sheet, after: Sheet) -> Iterator[RightChange]:
    only_before = [key for key in before.values if key not in after.values]
    for key in [*after.values, *only_before]:
        right = after.definitions.get(key) or before.definitions[key]
        was_right = before.definitions.get(key, right)
        was, now = before.values.get(key), after.values.get(key)
        if was_right.kind is not right.kind and was is not None and now is not None:
            yield RightChange(right, was, now, Direction.CHANGED, was_right)
            continue
        direction = compare(right if now is not None else was_right, was, now)
        if direction is not Direction.SAME:
            yield RightChange(right, was, now, direction, was_right)


def capacity(seat_limit: Value, overdraft: Value) -> int | None:
    """Return how many seats can be in use at once: the limit plus the overdraft; ``None`` is unlimited.

    At most ``LARGEST``, which is what a column holds. ``overdraft`` is ``"none"``, a whole number as text, a
    percentage (rounded down) or ``"unlimited"``.
    """
    if UNLIMITED in (seat_limit, overdraft):
        return None
    limit, extra = int(seat_limit), str(overdraft)
    if extra == "none":
        return limit
    if extra.endswith("%"):
        return min(LARGEST, limit + limit * int(extra[:-1]) // 100)
    return min(LARGEST, limit + int(extra))
