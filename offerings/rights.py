"""Rights: their definitions, and the parsing, validation, display and comparison of their values.

Every form, table, diff, schema and import uses this module. Pure: no query, no clock, no settings.
A value is a JSON value: ``True``/``False``, a whole number of 64 bits, a decimal number, or text (dates and
periods in ISO 8601, the word ``"unlimited"``). The kind of the right gives the value its meaning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from config.numbers import LARGEST
from offerings.agreed_prices import ON_REQUEST, price_rules
from offerings.kinds import (
    CHOICES,
    EMPTY_IS_ABSENT,
    FEATURE_KINDS,
    NUMERIC_KINDS,
    OPPOSITES,
    RULES,
    TEXT_LENGTH,
    UNLIMITED,
    Direction,
    InvalidValue,
    Kind,
    Rules,
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
    "ON_REQUEST",
    "OPPOSITES",
    "PRICES",
    "PRICE_PREFIX",
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
    "cell",
    "compare",
    "diff",
    "empty",
    "extended",
    "has_control_characters",
    "higher",
    "is_valid",
    "meant",
    "parse",
    "show",
    "show_day",
    "show_stored",
    "times",
    "typed",
    "typed_stored",
    "validate",
]

Rights: TypeAlias = Mapping[str, Value]

FEATURE_PREFIX = "feature."
PRICE_PREFIX = "charge."
PRICES = "Prices"
# Price lists write a 1 with twelve zeros or more where there is no limit; so many bytes are a disk, and no such sign.
NO_LIMIT_FROM = 10**12
SMALL_UNITS = frozenset(["b", "bit", "bits", "byte", "bytes"])
ORDERED_KINDS = NUMERIC_KINDS | {Kind.PERIOD, Kind.LEASE, Kind.DATE}


@dataclass(frozen=True, slots=True)
class Right:
    """One named value a customer can hold: ``seat_limit``, ``feature.sso``. The definition alone, without a value."""

    key: str
    kind: Kind
    label: str
    unit: str = ""
    group: str = "Features"

    @property
    def is_feature(self) -> bool:
        """Tell whether the right is a feature of a product, not a built-in right."""
        return self.key.startswith(FEATURE_PREFIX)

    @property
    def is_overridable(self) -> bool:
        """Tell whether the right may be set by hand on one entitlement."""
        return self.kind is not Kind.CONCURRENCY

    @property
    def is_ordered(self) -> bool:
        """Tell whether any two values of the right have an order, which overrides of "at least" need.

        A price is agreed exactly: who agrees on one is not served by the higher of two.
        """
        return self.kind in ORDERED_KINDS

    def to_json(self) -> dict[str, str]:
        """Return the definition as a revision stores it, so that old revisions stay readable."""
        return {"kind": self.kind.value, "label": self.label, "unit": self.unit, "group": self.group}

    @classmethod
    def from_json(cls, key: str, stored: Mapping[str, str]) -> "Right":
        """Return the right that ``to_json`` stored."""
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


def _rules(right: Right) -> Rules:
    """Return the rules of the values of a right; those of a price depend on its currency, which is its unit."""
    return price_rules(right.unit) if right.kind is Kind.PRICE else RULES[right.kind]


def meant(right: Right, value: Value) -> Value:
    """Return "unlimited" for a number that stands for it, a power of ten from ``NO_LIMIT_FROM``; else the value."""
    is_number = right.kind in NUMERIC_KINDS and isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or value < NO_LIMIT_FROM or value != 10 ** (len(str(int(value))) - 1):  # type: ignore[operator]
        return value
    return value if right.unit.partition("/")[0].strip().lower() in SMALL_UNITS else UNLIMITED


def parse(right: Right, text: str) -> Value:
    """Return the value that a person typed; raise ``InvalidValue`` with a sentence that says what to write instead."""
    value = _rules(right).parse(text)
    validate(right, value)
    return meant(right, value)


def validate(right: Right, value: object) -> None:
    """Raise ``InvalidValue`` unless ``value`` is a stored value that ``right`` can hold."""
    problem = _rules(right).problem(value)
    if problem:
        raise InvalidValue(problem)


def is_valid(right: Right, value: object) -> bool:
    """Tell whether ``right`` can hold ``value``."""
    return _rules(right).problem(value) is None


def show(right: Right, value: Value | None) -> str:
    """Return a value as people read it; ``typed`` is what they type."""
    return "" if value is None else _rules(right).show(meant(right, value))


def typed(right: Right, value: Value | None) -> str:
    """Return a value as people type it, numbers without separators; ``parse`` reverses this."""
    return "" if value is None else _rules(right).typed(meant(right, value))


def typed_stored(right: Right, value: Value | None) -> str:
    """Return a stored value as people type it; a value that the right can no longer hold is returned as stored."""
    return typed(right, value) if value is None or is_valid(right, value) else str(value)


def cell(right: Right, value: Value | None) -> int | Decimal | str:
    """Return a stored value for the cell of a table that machines read: a number or an amount stays a number."""
    if right.kind is Kind.PRICE and is_valid(right, value):
        return Decimal(typed(right, value))
    if right.kind in NUMERIC_KINDS and is_valid(right, value) and isinstance(value, int | float):
        number = meant(right, value)
        return Decimal(repr(number)) if isinstance(number, float) else number
    return typed_stored(right, value)


def show_stored(right: Right, value: Value | None) -> str:
    """Return a stored value as people read it; a value that the right can no longer hold is shown as stored."""
    return show(right, value) if value is None or is_valid(right, value) else str(value)


def empty(kind: Kind) -> Value:
    """Return the value of a right that was never granted: off, 0 or nothing."""
    return _rules(Right("", kind, "")).empty


def compare(right: Right, before: Value | None, after: Value | None) -> Direction:
    """Return the direction of one right from one value to another; ``None`` means the right is absent.

    Antisymmetric: swapping the values turns added into removed and raised into lowered.
    """
    nothing = _rules(right).empty
    was = nothing if before is None else meant(right, before)
    now = nothing if after is None else meant(right, after)
    if was == now and isinstance(was, bool) == isinstance(now, bool):
        return Direction.SAME
    if right.kind in EMPTY_IS_ABSENT or before is None or after is None:
        if was == nothing:
            return Direction.ADDED
        if now == nothing:
            return Direction.REMOVED
    return _rules(right).order(was, now)


def higher(right: Right, one: Value, other: Value) -> Value:
    """Return the higher of two values of an ordered right; ``one`` where they are equal."""
    return other if compare(right, one, other) in (Direction.ADDED, Direction.RAISED) else one


def times(amount: Value, count: int) -> Value:
    """Return an amount taken so many times; unlimited stays unlimited, and nothing grows beyond ``LARGEST``."""
    if isinstance(amount, str | bool):
        return amount
    return min(LARGEST, amount * count)


def extended(value: Value | None, amount: Value) -> Value:
    """Return a number with an amount added to it; unlimited and any amount is unlimited."""
    if value is None or isinstance(value, bool):
        return amount
    if UNLIMITED in (value, amount):
        return UNLIMITED
    if isinstance(value, str) or isinstance(amount, str):
        return value
    return min(LARGEST, value + amount)


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
    """Return every right that differs, in the order of ``after``, then those that only ``before`` has."""
    return tuple(_changes(before, after))


def _changes(before: Sheet, after: Sheet) -> Iterator[RightChange]:
    only_before = [key for key in before.values if key not in after.values]
    for key in [*after.values, *only_before]:
        right = after.definitions.get(key) or before.definitions[key]
        right_before = before.definitions.get(key, right)
        was, now = before.values.get(key), after.values.get(key)
        if right_before.kind is not right.kind and was is not None and now is not None:
            yield RightChange(right, was, now, Direction.CHANGED, right_before)
            continue
        direction = compare(right if now is not None else right_before, was, now)
        if direction is not Direction.SAME:
            yield RightChange(right, was, now, direction, right_before)


def capacity(seat_limit: Value, overdraft: Value) -> int | None:
    """Return the number of seats that can be in use at once: limit plus overdraft; ``None`` is unlimited.

    At most ``LARGEST``, the largest value of a column. ``overdraft`` is ``"none"``, a whole number as text, a
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
