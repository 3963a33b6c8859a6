"""Move entitlements to another offering, or to a newer revision of the same one (design, section 5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from changegroups.paths import Ladder, ladder_of
from entitlements.operations.base import Operation, World, blockers, is_unchanged, standing_warnings
from entitlements.operations.move_rules import (
    override_problems,
    override_warnings,
    quantity_problems,
    target_problems,
)
from entitlements.operations.overrides import known
from entitlements.operations.previews import Preview, Remark, conclude
from entitlements.operations.seats import (
    REFUSE,
    SeatChoice,
    pool_warnings,
    seats_to_choose_from,
    settle,
    without_seats,
)
from entitlements.operations.successors import crowded, crowded_problems, succeeded, successor_of
from entitlements.operations.terms import (
    DEFAULT_TERM,
    TermChoice,
    TermMode,
    TermOutcome,
    resolved_mode,
    with_changed_term,
)
from entitlements.operations.ways import Taken, offering_value, way_of
from entitlements.state import NOTHING, RevisionValue, Shelf, State, active_seats

NO_GROUPS = Ladder({}, ())
NOT_NEW = Remark(
    "same_offering", "A new entitlement takes another offering. Choose to keep or restart the term instead.", "term"
)
UNKNOWN = Remark("unknown_offering", "There is no such offering. Choose one from the list.", "target")


@dataclass(frozen=True, slots=True)
class TargetWorld(World):
    """The world with the target revision (``None`` where it does not exist) and the change groups around it.

    ``crowded`` are the entitlements whose order holds a plan for the target's product, another one, already.
    """

    target: RevisionValue | None = None
    ladder: Ladder = field(default=NO_GROUPS)
    crowded: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOffering(Operation):
    """Move to the revision ``revision_id``, which must be the newest of its offering.

    Overridden rights are never modified: ``drop_overrides`` names the right keys that follow the target instead.
    ``quantity`` of ``None`` keeps the quantity. Usage counters reset unless kept, or within one offering.
    ``group_id`` names the change group, which is needed only where several open the move on different terms;
    ``is_outside_group`` goes past them, with a permission and a reason.
    """

    name: ClassVar[str] = "change_offering"
    permission: ClassVar[str] = "entitlements.change_offering"

    revision_id: int
    quantity: int | None = None
    seats: SeatChoice = REFUSE
    term: TermChoice = DEFAULT_TERM
    drop_overrides: tuple[str, ...] = ()
    keep_counters: bool = False
    group_id: int | None = None
    is_outside_group: bool = False

    @property
    def permissions(self) -> tuple[str, ...]:
        """Return what a person needs: leaving the groups is a permission of its own."""
        outside = ("changegroups.change_outside_group",) if self.is_outside_group else ()
        return (self.permission, *outside)

    @property
    def needs_reason(self) -> bool:
        """Tell whether the act must say why."""
        return self.is_outside_group

    def revision_ids(self) -> tuple[int, ...]:
        """Return the target."""
        return (self.revision_id,)

    def load(self, states: Sequence[State], *, at: datetime, shelf: Shelf) -> TargetWorld:
        """Read the change groups, and the seats of entitlements where some may go; four queries at most."""
        target = shelf.get(self.revision_id)
        if target is None:
            return TargetWorld(at=at)
        ladder = self._ladder(states, target)
        moving = [state for state in states if self._creates_new(state, target, ladder)]
        pairs = ((state, _overflows(self._on_target(state, target), state)) for state in states)
        return TargetWorld(
            at=at,
            seats={**seats_to_choose_from(pairs, self.seats), **active_seats(moving)},
            target=target,
            ladder=ladder,
            crowded=crowded(states, target),
        )

    def _ladder(self, states: Sequence[State], target: RevisionValue) -> Ladder:
        held = {state.revision.offering_id: state.revision for state in states}
        is_grouped = target.has_change_groups or any(each.has_change_groups for each in held.values())
        if not is_grouped or not set(held) - {target.offering_id}:
            return NO_GROUPS
        return ladder_of(offering_value(each) for each in (*held.values(), target))

    def _way(self, state: State, target: RevisionValue, ladder: Ladder) -> Taken:
        return way_of(state.revision, target, ladder, group_id=self.group_id, is_outside_group=self.is_outside_group)

    def _creates_new(self, state: State, target: RevisionValue, ladder: Ladder) -> bool:
        way = self._way(state, target, ladder)
        return resolved_mode(state, target, self.term, way.subscribe_mode) is TermMode.CREATE_NEW

    def preview(self, state: State | None, world: TargetWorld) -> Preview:
        """Return what the move would do to ``state``. Pure."""
        state = known(state)
        if world.target is None:
            return conclude(self, state, state, problems=[*blockers(state), UNKNOWN])
        way = self._way(state, world.target, world.ladder)
        is_new = resolved_mode(state, world.target, self.term, way.subscribe_mode) is TermMode.CREATE_NEW
        term = self._term(state, world, way, is_new=is_new)
        seats = world.seats.get(state.id, ())
        settlement = settle(term.state, seats, self.seats, in_use=state.seats_used)
        after = without_seats(term.state, settlement.released)
        problems = self._problems(state, after, world, way, [*term.problems, *settlement.problems])
        if is_new and world.target.offering_id == state.revision.offering_id:
            problems.append(NOT_NEW)
        if not problems and not is_new and is_unchanged(state, after, settlement.released):
            problems = [Remark("already_there", f"This entitlement is already on {state.revision}.", "target")]
        found = conclude(
            self,
            state,
            after,
            memo=world.memo,
            release=settlement.released,
            problems=problems,
            warnings=self._warnings(state, after, term, settlement.warnings),
        )
        found = replace(found, path=way.path)
        return succeeded(found, seats=seats, today=self.as_of) if is_new else found

    def _term(self, state: State, world: TargetWorld, way: Taken, *, is_new: bool) -> TermOutcome:
        after = self._on_target(state, world.target or state.revision)
        if is_new:
            return successor_of(after, today=self.as_of, at=world.at)
        return with_changed_term(state, after, self.term, today=self.as_of, at=world.at, subscribe=way.subscribe_mode)

    def _problems(
        self, state: State, after: State, world: TargetWorld, way: Taken, others: Sequence[Remark]
    ) -> list[Remark]:
        target = after.revision
        return [
            *blockers(state),
            *way.problems,
            *target_problems(state, target),
            *crowded_problems(state, target, world.crowded),
            *self._quantity_problems(state, target, way),
            *override_problems(after, self.drop_overrides, known=state.overrides),
            *others,
        ]

    def _on_target(self, state: State, target: RevisionValue) -> State:
        stays = target.offering_id == state.revision.offering_id
        after = replace(
            state,
            revision=target,
            quantity=self._quantity_on(state, target),
            counters=state.counters if stays or self.keep_counters else NOTHING,
        )
        return after.with_overrides({key: None for key in self.drop_overrides if key in state.overrides})

    def _quantity_on(self, state: State, target: RevisionValue) -> int | None:
        if not target.is_per_quantity:
            return None
        return self.quantity or state.quantity or _seats_as_quantity(state)

    def _quantity_problems(self, state: State, target: RevisionValue, way: Taken) -> list[Remark]:
        if not target.is_per_quantity:
            if self.quantity is None:
                return []
            message = f"{target.offering_name} is sold with a fixed number of seats. Leave the quantity empty."
            return [Remark("quantity_not_sold", message, "quantity")]
        kept = state.quantity or _seats_as_quantity(state)
        if way.keeps_quantity and self.quantity is not None and kept is not None and self.quantity != kept:
            message = f"The change group keeps the quantity at {kept:,}. Change it in a step of its own."
            return [Remark("quantity_kept", message, "quantity")]
        return quantity_problems(self._quantity_on(state, target) if self.quantity is None else self.quantity)

    def _warnings(
        self, before: State, after: State, term: TermOutcome, seat_warnings: Sequence[Remark]
    ) -> list[Remark]:
        return [
            *standing_warnings(before, self.as_of),
            *override_warnings(before, after),
            *term.warnings,
            *seat_warnings,
            *pool_warnings(after),
        ]


def _overflows(after: State, before: State) -> bool:
    capacity = after.seat_capacity
    return capacity is not None and before.seats_used > capacity


def _seats_as_quantity(state: State) -> int | None:
    limit = state.standard("seat_limit")
    return limit if isinstance(limit, int) and limit else None
