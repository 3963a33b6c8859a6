"""Release chosen seats, or all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from entitlements.operations.base import Operation, World, blockers
from entitlements.operations.overrides import known
from entitlements.operations.previews import Preview, Remark, conclude
from entitlements.operations.seats import RELEASE_ALL, SeatChoice, seats_to_choose_from, settle, without_seats
from entitlements.state import Shelf, State


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSeats(Operation):
    """Release the seats of ``seats``: chosen ones, or all. Does not count the version up."""

    name: ClassVar[str] = "release_seats"
    permission: ClassVar[str] = "entitlements.release_seats"

    seats: SeatChoice = RELEASE_ALL

    def load(self, states: Sequence[State], *, at: datetime, shelf: Shelf) -> World:
        """Read the active seats; one query."""
        return World(at=at, seats=seats_to_choose_from([(state, True) for state in states], self.seats))

    def preview(self, state: State | None, world: World) -> Preview:
        """Return which seats of ``state`` would go. Pure."""
        before = known(state)
        active = world.seats.get(before.id, ())
        settlement = settle(before, active, self.seats, in_use=before.seats_used, must_fit=False)
        problems = [*blockers(before), *settlement.problems]
        if not settlement.released and not settlement.problems:
            message = "No seat would be released. Choose at least one seat in use."
            problems.append(Remark("no_seat_chosen", message, "seats"))
        return conclude(
            self,
            before,
            without_seats(before, settlement.released),
            release=settlement.released,
            problems=problems,
        )
