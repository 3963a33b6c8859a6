"""Set rights by hand on an entitlement, and go back to the standard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from entitlements.operations.base import Operation, World, blockers, is_unchanged, standing_warnings
from entitlements.operations.previews import Preview, Remark, conclude
from entitlements.operations.seats import (
    REFUSE,
    SeatChoice,
    may_overflow,
    pool_warnings,
    seats_to_choose_from,
    settle,
    without_seats,
)
from entitlements.operations.terms import order_problems
from entitlements.state import TERM_RIGHTS, OverrideValue, Shelf, State
from offerings import rights
from offerings.rights import Value


def concluded(
    operation: Operation, before: State, after: State, world: World, *, seats: SeatChoice, problems: Sequence[Remark]
) -> Preview:
    """Return the preview of a change that may lower the capacity: seats settled, warnings and blockers added."""
    active = world.seats.get(before.id, ())
    settlement = settle(after, active, seats, in_use=before.seats_used, must_fit=may_overflow(before, after))
    after = without_seats(after, settlement.released)
    found = [*blockers(before), *problems, *order_problems(after), *settlement.problems]
    if not found and is_unchanged(before, after, settlement.released):
        found = [Remark("nothing_to_change", "Nothing would change. Enter another value.")]
    return conclude(
        operation,
        before,
        after,
        memo=world.memo,
        release=settlement.released,
        problems=found,
        warnings=[*standing_warnings(before, operation.as_of), *settlement.warnings, *pool_warnings(after)],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOverrides(Operation):
    """Set ``values`` by right key. A right set to what it says by hand already keeps its author and time."""

    name: ClassVar[str] = "set_overrides"
    permission: ClassVar[str] = "entitlements.override_rights"

    values: Mapping[str, Value] = field(default_factory=dict)
    seats: SeatChoice = REFUSE

    @property
    def needs_reason(self) -> bool:
        """Tell whether the act must say why: it is shown beside the value."""
        return True

    def load(self, states: Sequence[State], *, at: datetime, shelf: Shelf) -> World:
        """Read the seats of entitlements where some may go; one query at most."""
        pairs = ((state, may_overflow(state, self._after(state))) for state in states)
        return World(at=at, seats=seats_to_choose_from(pairs, self.seats))

    def preview(self, state: State | None, world: World) -> Preview:
        """Return what setting the values would do to ``state``. Pure."""
        before = known(state)
        problems = [remark for key, value in self.values.items() for remark in _value_problems(before, key, value)]
        return concluded(self, before, self._after(before), world, seats=self.seats, problems=problems)

    def _after(self, state: State) -> State:
        new = {
            key: OverrideValue(value)
            for key, value in self.values.items()
            if not _value_problems(state, key, value) and not _is_set_to(state, key, value)
        }
        return state.with_overrides(new)


def _is_set_to(state: State, key: str, value: Value) -> bool:
    override = state.overrides.get(key)
    return override is not None and override.value == value and type(override.value) is type(value)


def _value_problems(state: State, key: str, value: Any) -> list[Remark]:
    if key in TERM_RIGHTS:
        return [Remark("use_change_terms", f"{TERM_RIGHTS[key].label}: change the terms instead.", key)]
    right = state.revision.right(key)
    if right is None or (key == "seat_limit" and not state.seat_limit):
        return [Remark("unknown_right", f"{state.revision.offering_name} has no right {key}.", key)]
    if not right.is_overridable:
        return [Remark("not_overridable", f"{right.label} cannot be set by hand. Change the offering instead.", key)]
    try:
        rights.validate(right, value)
    except rights.InvalidValue as error:
        return [Remark("invalid_value", f"{right.label}: {error}", key)]
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertOverrides(Operation):
    """Drop the overrides of ``keys``, so that the standard values are in force again."""

    name: ClassVar[str] = "revert_overrides"
    permission: ClassVar[str] = "entitlements.override_rights"

    keys: tuple[str, ...] = ()
    seats: SeatChoice = REFUSE

    def load(self, states: Sequence[State], *, at: datetime, shelf: Shelf) -> World:
        """Read the seats of entitlements where some may go; one query at most."""
        pairs = ((state, may_overflow(state, self._after(state))) for state in states)
        return World(at=at, seats=seats_to_choose_from(pairs, self.seats))

    def preview(self, state: State | None, world: World) -> Preview:
        """Return what going back to the standard would do to ``state``. Pure."""
        before = known(state)
        problems = [
            Remark("not_overridden", f"{before.right(key).label} is not overridden: it is standard already.", key)
            for key in self.keys
            if key not in before.overrides
        ]
        return concluded(self, before, self._after(before), world, seats=self.seats, problems=problems)

    def _after(self, state: State) -> State:
        return state.with_overrides({key: None for key in self.keys if key in state.overrides})


def known(state: State | None) -> State:
    """Return the state; raise ``LookupError`` for ``None``, which only creation can start from."""
    if state is None:
        raise LookupError("There is no such entitlement.")
    return state
