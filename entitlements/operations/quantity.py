"""Change how many seats a customer has bought."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from entitlements.operations.base import Operation, World
from entitlements.operations.move_rules import quantity_problems
from entitlements.operations.overrides import concluded, known
from entitlements.operations.previews import Preview, Remark
from entitlements.operations.seats import REFUSE, SeatChoice, may_overflow, seats_to_choose_from
from entitlements.state import Shelf, State


@dataclass(frozen=True, slots=True, kw_only=True)
class SetQuantity(Operation):
    """Set the quantity of entitlements to offerings that are sold per quantity. Never makes an override."""

    name: ClassVar[str] = "set_quantity"
    permission: ClassVar[str] = "entitlements.set_quantity"

    quantity: int
    seats: SeatChoice = REFUSE

    def load(self, states: Sequence[State], *, at: datetime, shelf: Shelf) -> World:
        """Read the seats of entitlements where some may go; one query at most."""
        pairs = ((state, may_overflow(state, self._after(state))) for state in states)
        return World(at=at, seats=seats_to_choose_from(pairs, self.seats))

    def preview(self, state: State | None, world: World) -> Preview:
        """Return what the quantity would do to ``state``. Pure."""
        before = known(state)
        problems = quantity_problems(self.quantity)
        if not before.revision.is_per_quantity:
            message = (
                f"{before.revision.offering_name} is sold with a fixed number of seats. Override the seats instead."
            )
            problems = [Remark("quantity_not_sold", message, "quantity")]
        return concluded(self, before, self._after(before), world, seats=self.seats, problems=problems)

    def _after(self, state: State) -> State:
        fits = state.revision.is_per_quantity and not quantity_problems(self.quantity)
        return replace(state, quantity=self.quantity) if fits else state
