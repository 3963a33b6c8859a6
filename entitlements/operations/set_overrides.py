"""Set rights by hand on an entitlement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar

from entitlements.operations.base import Operation, World, label
from entitlements.operations.parts import RELEASE, releases_beyond_need
from entitlements.operations.preview import Preview, Problem
from entitlements.operations.seats import REFUSE, SeatChoice, may_overflow, seats_to_choose_from
from entitlements.operations.settled import settled_preview
from entitlements.operations.terms import LATEST
from entitlements.operations.words import Words, Work
from entitlements.state import TERM_RIGHTS, OverrideValue, Revisions, State
from offerings import rights
from offerings.rights import Kind, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOverrides(Operation):
    """Set ``values`` by right key: exactly, or at least for the keys of ``floors``.

    ``until`` is the first day on which the standard is in force again; ``None`` for no end. A right set to what it says
    by hand already, until the same day, keeps its author and time.
    """

    name: ClassVar[str] = "set_overrides"
    permission: ClassVar[str] = "entitlements.override_rights"
    has_dialog: ClassVar[bool] = False
    words: ClassVar[Words] = Words(
        title="Set override",
        submit="Set override",
        done="Set override",
        verb="set an override on",
        icon="pencil",
        tone="kept",
    )
    work: ClassVar[Work] = Work.OVERRIDES

    values: Mapping[str, Value] = field(default_factory=dict, metadata=label("Values"))
    floors: tuple[str, ...] = field(default=(), metadata=label("At least"))
    until: date | None = field(default=None, metadata=label("Until"))
    seats: SeatChoice = field(default=REFUSE, metadata=label("Seats in use"))

    @property
    def needs_reason(self) -> bool:
        """Tell whether the act must say why: it is shown beside the value."""
        return True

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> World:
        """Read the seats of entitlements where some may go; one query at most."""
        pairs = ((state, may_overflow(state, self._after(state))) for state in states)
        return World(at=at, seats=seats_to_choose_from(pairs, self.seats))

    def parts(self, preview: Preview, world: World) -> set[str]:
        """Return the permission to release seats where some go that may stay. Pure."""
        return {RELEASE} if any(map(releases_beyond_need, preview.moves)) else set()

    def preview_moves(self, states: Sequence[State], world: World) -> Preview:
        """Return what setting the values would do. Pure."""
        [before] = states
        problems = [problem for key, value in self.values.items() for problem in self._problems(before, key, value)]
        problems += until_problems(self.until, as_of=self.as_of)
        return settled_preview(self, before, self._after(before), world, seats=self.seats, problems=problems)

    def _after(self, state: State) -> State:
        new = {
            key: OverrideValue(value, is_floor=key in self.floors, until=self.until)
            for key, value in self.values.items()
            if not self._problems(state, key, value) and not self._is_set(state, key, value)
        }
        return state.with_overrides(new)

    def _is_set(self, state: State, key: str, value: Value) -> bool:
        override = state.overrides.get(key)
        if override is None or override.is_floor is not (key in self.floors) or override.until != self.until:
            return False
        return override.value == value and type(override.value) is type(value)

    def _problems(self, state: State, key: str, value: Any) -> list[Problem]:
        if key in TERM_RIGHTS:
            return [Problem("use_change_terms", f"{TERM_RIGHTS[key].label}: change the terms instead.", key)]
        right = state.revision.right(key)
        if right is None or (key == "seat_limit" and not state.own_seat_limit):
            return [Problem("unknown_right", f"{state.revision.offering_name} has no right {key}.", key)]
        if not right.is_overridable:
            message = f"{right.label} cannot be set by hand. Change the offering instead."
            return [Problem("not_overridable", message, key)]
        if key in self.floors and not right.is_ordered:
            why = "is agreed exactly" if right.kind is Kind.PRICE else "has no order, so that “at least” says nothing"
            message = f"{right.label} {why}. Set it exactly."
            return [Problem("no_floor", message, key)]
        try:
            rights.validate(right, value)
        except rights.InvalidValue as error:
            return [Problem("invalid_value", f"{right.label}: {error}", key)]
        return []


def until_problems(until: date | None, *, as_of: date) -> list[Problem]:
    """Return what stands against the first day without an override; nothing against ``None``, which is no end."""
    if until is None or as_of < until <= LATEST:
        return []
    if until > LATEST:
        return [Problem("until_too_late", "Choose a day before the year 3000, or none.", "until")]
    message = f"Choose a day after {rights.show_day(as_of)}: the first day without the value."
    return [Problem("until_past", message, "until")]
