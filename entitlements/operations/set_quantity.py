"""Change how many seats a customer has bought."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from entitlements.operations.base import Operation, World, label
from entitlements.operations.change_offering.rules import quantity_problems
from entitlements.operations.parts import RELEASE, releases_beyond_need
from entitlements.operations.preview import Preview, Problem
from entitlements.operations.seats import REFUSE, SeatChoice, may_overflow, seats_to_choose_from
from entitlements.operations.settled import settled_preview
from entitlements.operations.words import Words
from entitlements.state import Revisions, State


@dataclass(frozen=True, slots=True, kw_only=True)
class SetQuantity(Operation):
    """Set the quantity of entitlements to offerings that are sold per quantity. Never makes an override."""

    name: ClassVar[str] = "set_quantity"
    permission: ClassVar[str] = "entitlements.set_quantity"
    words: ClassVar[Words] = Words(
        title="Set quantity",
        submit="Set quantity",
        done="Changed quantity",
        verb="changed the quantity of",
        icon="seat",
        tone="info",
    )

    quantity: int = field(metadata=label("Quantity", starts_with="quantity"))
    seats: SeatChoice = field(default=REFUSE, metadata=label("Seats in use"))

    @classmethod
    def applies_to(cls, state: State) -> bool:
        """Tell whether the menu of an entitlement offers the operation."""
        return state.ended_on is None and state.revision.is_per_quantity

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> World:
        """Read the seats of entitlements where some may go; one query at most."""
        pairs = ((state, may_overflow(state, self._after(state))) for state in states)
        return World(at=at, seats=seats_to_choose_from(pairs, self.seats))

    def parts(self, preview: Preview, world: World) -> set[str]:
        """Return the permission to release seats where some go that may stay. Pure."""
        return {RELEASE} if any(map(releases_beyond_need, preview.moves)) else set()

    def preview_moves(self, states: Sequence[State], world: World) -> Preview:
        """Return what the quantity would do. Pure."""
        [before] = states
        problems = self._problems(before)
        if not before.revision.is_per_quantity:
            name = before.revision.offering_name
            message = f"{name} is sold with a fixed number of seats. Override the seats instead."
            problems = [Problem("quantity_not_sold", message, "quantity")]
        return settled_preview(self, before, self._after(before), world, seats=self.seats, problems=problems)

    def _problems(self, state: State) -> list[Problem]:
        return quantity_problems(self.quantity, limits=state.revision.relations.bought)

    def _after(self, state: State) -> State:
        fits = state.revision.is_per_quantity and not self._problems(state)
        return replace(state, quantity=self.quantity) if fits else state
