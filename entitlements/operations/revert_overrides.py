"""Go back to the standard of rights that were set by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from entitlements.operations.base import Operation, World, label
from entitlements.operations.parts import RELEASE, releases_beyond_need
from entitlements.operations.preview import Preview, Problem
from entitlements.operations.seats import REFUSE, SeatChoice, may_overflow, seats_to_choose_from
from entitlements.operations.settled import settled_preview
from entitlements.operations.words import Words, Work
from entitlements.state import Revisions, State


@dataclass(frozen=True, slots=True, kw_only=True)
class RevertOverrides(Operation):
    """Drop the overrides of ``keys``, so that the standard values are in force again."""

    name: ClassVar[str] = "revert_overrides"
    permission: ClassVar[str] = "entitlements.override_rights"
    has_dialog: ClassVar[bool] = False
    words: ClassVar[Words] = Words(
        title="Remove override",
        submit="Remove override",
        done="Removed override",
        verb="removed an override from",
        icon="pencil",
        tone="kept",
        is_dangerous=True,
    )
    work: ClassVar[Work] = Work.OVERRIDES

    keys: tuple[str, ...] = field(default=(), metadata=label("Overrides removed"))
    seats: SeatChoice = field(default=REFUSE, metadata=label("Seats in use"))

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> World:
        """Read the seats of entitlements where some may go; one query at most."""
        pairs = ((state, may_overflow(state, self._after(state))) for state in states)
        return World(at=at, seats=seats_to_choose_from(pairs, self.seats))

    def parts(self, preview: Preview, world: World) -> set[str]:
        """Return the permission to release seats where some go that may stay. Pure."""
        return {RELEASE} if any(map(releases_beyond_need, preview.moves)) else set()

    def preview_moves(self, states: Sequence[State], world: World) -> Preview:
        """Return what going back to the standard would do. Pure."""
        [before] = states
        problems = [
            Problem("not_overridden", f"{before.right(key).label} is not overridden: it is standard already.", key)
            for key in self.keys
            if key not in before.overrides
        ]
        return settled_preview(self, before, self._after(before), world, seats=self.seats, problems=problems)

    def _after(self, state: State) -> State:
        return state.with_overrides({key: None for key in self.keys if key in state.overrides})
