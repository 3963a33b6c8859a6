"""Move entitlements to another offering, or to a newer revision of the same one (design, section 5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from entitlements.operations.base import Operation, World, blockers, is_unchanged, standing_warnings
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
from entitlements.operations.terms import DEFAULT_TERM, TermChoice, TermOutcome, with_changed_term
from entitlements.states import NOTHING, TERM_RIGHTS, RevisionValue, Shelf, State
from offerings import rights
from offerings.rights import LARGEST, Direction, Kind

UNKNOWN = Remark("unknown_offering", "There is no such offering. Choose one from the list.", "target")


@dataclass(frozen=True, slots=True)
class TargetWorld(World):
    """The world with the target revision; ``None`` where it does not exist."""

    target: RevisionValue | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOffering(Operation):
    """Move to the revision ``revision_id``, which must be the newest of its offering.

    Overridden rights are never modified: ``drop_overrides`` names the right keys that follow the target instead.
    ``quantity`` of ``None`` keeps the quantity. Usage counters reset unless kept, or within one offering.
    """

    name: ClassVar[str] = "change_offering"
    permission: ClassVar[str] = "entitlements.change_offering"

    revision_id: int
    quantity: int | None = None
    seats: SeatChoice = REFUSE
    term: TermChoice = DEFAULT_TERM
    drop_overrides: tuple[str, ...] = ()
    keep_counters: bool = False

    def revision_ids(self) -> tuple[int, ...]:
        """Return the target."""
        return (self.revision_id,)

    def load(self, states: Sequence[State], *, at: datetime, shelf: Shelf) -> TargetWorld:
        """Read the seats of entitlements where some may go; one query at most."""
        target = shelf.get(self.revision_id)
        pairs = ((state, _overflows(self._on_target(state, target), state)) for state in states if target)
        return TargetWorld(at=at, seats=seats_to_choose_from(pairs, self.seats), target=target)

    def preview(self, state: State | None, world: TargetWorld) -> Preview:
        """Return what the move would do to ``state``. Pure."""
        state = known(state)
        if world.target is None:
            return conclude(self, state, state, problems=[*blockers(state), UNKNOWN])
        term = with_changed_term(state, self._on_target(state, world.target), self.term, today=self.as_of, at=world.at)
        seats = world.seats.get(state.id, ())
        settlement = settle(term.state, seats, self.seats, in_use=state.seats_used)
        after = without_seats(term.state, settlement.released)
        problems = [
            *blockers(state),
            *target_problems(state, world.target),
            *self._quantity_problems(state, world.target),
            *override_problems(after, self.drop_overrides, known=state.overrides),
            *term.problems,
            *settlement.problems,
        ]
        if not problems and is_unchanged(state, after, settlement.released):
            problems = [Remark("already_there", f"This entitlement is already on {state.revision}.", "target")]
        return conclude(
            self,
            state,
            after,
            memo=world.memo,
            release=settlement.released,
            problems=problems,
            warnings=self._warnings(state, after, term, settlement.warnings),
        )

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

    def _quantity_problems(self, state: State, target: RevisionValue) -> list[Remark]:
        if not target.is_per_quantity:
            if self.quantity is None:
                return []
            message = f"{target.offering_name} is sold with a fixed number of seats. Leave the quantity empty."
            return [Remark("quantity_not_sold", message, "quantity")]
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


def quantity_problems(quantity: int | None) -> list[Remark]:
    """Return what is wrong with a quantity: missing, under 1, over 64 bits."""
    if quantity is None:
        return [Remark("quantity_missing", "Give the quantity: this offering is sold per seat.", "quantity")]
    if not 1 <= quantity <= LARGEST:
        return [Remark("quantity_out_of_range", f"Give a quantity from 1 to {LARGEST:,}.", "quantity")]
    return []


def target_problems(state: State, target: RevisionValue) -> list[Remark]:
    """Return why an entitlement may not move to ``target``: all reasons, empty where it may."""
    found = []
    stays = target.offering_id == state.revision.offering_id
    if target.product_id != state.revision.product_id:
        message = (
            f"{target.offering_name} is for {target.product_name}. Choose an offering of {state.revision.product_name}."
        )
        found.append(Remark("other_product", message, "target"))
    if target.kind != state.revision.kind:
        message = f"{target.offering_name} is of another kind. A plan can only become a plan, an add-on an add-on."
        found.append(Remark("other_kind", message, "target"))
    if target.is_retired and not stays:
        found.append(Remark("retired", f"{target.offering_name} is retired. Choose an offering on sale.", "target"))
    if target.number != target.newest_number:
        message = f"{target} is no longer the newest. Choose revision {target.newest_number}."
        found.append(Remark("not_newest_revision", message, "target"))
    return found


def override_problems(after: State, dropped: Sequence[str], *, known: Mapping[str, object]) -> list[Remark]:
    """Return why overrides cannot be kept under the target, and which of those to drop are not there."""
    found = []
    for key, override in after.overrides.items():
        right = after.revision.right(key)
        if key in TERM_RIGHTS:
            continue
        if right is None:
            message = f"{after.revision.offering_name} has no right {key}. Drop this override."
            found.append(Remark("override_without_right", message, key))
        elif not rights.is_valid(right, override.value):
            message = (
                f"{right.label}: {override.value} does not fit {after.revision.offering_name}. Drop this override."
            )
            found.append(Remark("override_invalid", message, key))
    for key in dropped:
        if key not in known:
            message = f"{after.right(key).label} is not overridden any more. Leave it as it is."
            found.append(Remark("override_gone", message, key))
    return found


def override_warnings(before: State, after: State) -> list[Remark]:
    """Return what to know of kept overrides: they outlive a downgrade, or say what the target says anyway."""
    found = []
    for key, override in after.overrides.items():
        right, standard = after.revision.right(key), after.standard(key)
        if right is None or key in TERM_RIGHTS or not rights.is_valid(right, override.value):
            continue
        name = after.revision.offering_name
        if rights.compare(right, standard, override.value) is Direction.SAME:
            message = f"{right.label} is standard in {name}. Drop its override to follow {name}."
            found.append(Remark("override_equals_standard", message, key))
        elif _outlives_downgrade(key, before, after):
            kept, low = rights.show(right, override.value), rights.show(right, standard) or "nothing"
            message = f"{right.label}: {kept} stays although {name} grants {low}: a kept override."
            found.append(Remark("override_outlives_downgrade", message, key))
    return found


def _outlives_downgrade(key: str, before: State, after: State) -> bool:
    right = after.right(key)
    if rights.compare(right, after.standard(key), after.in_force(key)) not in (Direction.RAISED, Direction.ADDED):
        return False
    if right.kind is Kind.FLAG:
        return True
    earlier = before.standard(key)
    if earlier is not None and not rights.is_valid(right, earlier):
        return False
    return rights.compare(right, earlier, after.standard(key)) in (Direction.LOWERED, Direction.REMOVED)
