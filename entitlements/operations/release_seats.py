"""Release chosen seats, or all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from django.utils.translation import ngettext

from entitlements.operations.base import Operation, World, blockers, label
from entitlements.operations.preview import Move, Preview, Problem
from entitlements.operations.seats import RELEASE_ALL, SeatChoice, SeatMode, seats_to_choose_from, settle, without_seats
from entitlements.operations.words import Words
from entitlements.state import Delta, Revisions, State


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSeats(Operation):
    """Release the seats of ``seats``: chosen ones, or all. Does not count the version up."""

    name: ClassVar[str] = "release_seats"
    permission: ClassVar[str] = "entitlements.release_seats"
    may_wait: ClassVar[bool] = False
    words: ClassVar[Words] = Words(
        title="Release seats",
        submit="Release",
        done="Released seats",
        verb="released seats of",
        icon="seat",
        tone="warn",
        intro="A released seat can be activated again while there is room. What it had checked out is returned.",
        is_dangerous=True,
    )

    tab: ClassVar[str] = "seats"

    seats: SeatChoice = field(
        default=RELEASE_ALL,
        metadata=label("Seats in use", modes=(SeatMode.RELEASE_CHOSEN, SeatMode.RELEASE_ALL)),
    )

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> World:
        """Read the active seats; one query."""
        return World(at=at, seats=seats_to_choose_from([(state, True) for state in states], self.seats))

    def preview_moves(self, states: Sequence[State], world: World) -> Preview:
        """Return which seats would go. Pure."""
        [before] = states
        active = world.seats.get(before.id, ())
        settlement = settle(before, active, self.seats, in_use=before.seats_used, must_fit=False)
        problems = [*blockers(before), *settlement.problems]
        if not settlement.released and not settlement.problems:
            message = "No seat would be released. Choose at least one seat in use."
            problems.append(Problem("no_seat_chosen", message, "seats"))
        after = without_seats(before, settlement.released)
        return Preview(self, (Move(before, after, released=settlement.released),), tuple(problems))

    @classmethod
    def title_of(cls, before: State | None, after: State, delta: Delta) -> str:
        """Return how many seats were released."""
        count = len(delta.released)
        return ngettext("Released %d seat", "Released %d seats", count) % count
