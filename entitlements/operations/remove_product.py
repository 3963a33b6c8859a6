"""End entitlements: what was sold is taken out of its order, for good unless the act is undone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from entitlements.models import AmendmentKind
from entitlements.operations.add_ons import is_add_on, joined_by_dependence, place_in, still_beside, units_among
from entitlements.operations.add_ons_beside import units_with_add_ons, with_dependents
from entitlements.operations.base import Operation, Unit, World, blockers, label
from entitlements.operations.ends import drop_warnings, ends_of
from entitlements.operations.parts import REMOVE
from entitlements.operations.preview import Preview, refused
from entitlements.operations.words import Words
from entitlements.state import Revisions, State, active_seats


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveProduct(Operation):
    """End entitlements on the day ``as_of``. All seats are released; rights, counters and term stay as history.

    The open add-ons of a plan are a problem until ``drops_add_ons`` ends them with it, or they are named too.
    """

    name: ClassVar[str] = "remove_product"
    permission: ClassVar[str] = REMOVE
    amends: ClassVar[AmendmentKind] = AmendmentKind.REMOVE_PRODUCT
    words: ClassVar[Words] = Words(
        title="Remove product",
        submit="Remove",
        done="Removed product",
        verb="removed",
        icon="close",
        tone="stop",
        intro=(
            "Ends the entitlement and releases all its seats. Clients stop working when their lease ends. "
            "Its rights, overrides and term stay in its history."
        ),
        is_dangerous=True,
    )

    order_field: ClassVar[str] = "drops_add_ons"

    drops_add_ons: bool = field(default=False, metadata=label("End the add-ons beside it too", beside="add_ons"))

    @property
    def needs_reason(self) -> bool:
        """Tell whether the act must say why: always."""
        return True

    def units(self, ids: Sequence[UUID]) -> list[Unit]:
        """Return each plan with the add-ons that end with it, add-ons that need each other, all else alone.

        Two queries at most.
        """
        return with_dependents(units_with_add_ons(ids, wanted=None if self.drops_add_ons else set(ids)))

    def units_among(self, ids: Sequence[UUID], states: Sequence[State]) -> list[Unit]:
        """Return what ``units`` does, of states that are not written yet. Pure."""
        units = units_among(ids, states, wanted=None if self.drops_add_ons else set(ids))
        alone = {unit[0] for unit in units if len(unit) == 1}
        open_ones = ((each, place_in(each)) for each in states if each.id in alone and is_add_on(each))
        return joined_by_dependence(
            units, ((each.id, place, each.revision.relations) for each, place in open_ones if place is not None)
        )

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> World:
        """Read the active seats; one query, none without seats in use."""
        return World(at=at, seats=active_seats(state for state in states if state.seats_used))

    def amendment_name(self, preview: Preview) -> str:
        """Return ``Remove Gold annual``."""
        return f"Remove {preview.lead.after.revision.offering_name}"

    def preview_moves(self, states: Sequence[State], world: World) -> Preview:
        """Return what would end. Pure."""
        before, *others = states
        if found := blockers(before):
            return refused(self, states, found)
        beside = still_beside(before, others)
        dropped = [] if is_add_on(before) else beside  # beside an add-on they are named themselves
        moves = ends_of([before, *beside], seats=world.seats, today=self.as_of, memo=world.memo)
        return Preview(self, moves, warnings=tuple(drop_warnings(dropped, on=self.as_of)))
