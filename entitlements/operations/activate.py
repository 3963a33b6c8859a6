"""Start the term of entitlements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from entitlements.operations.base import Operation, World, blockers
from entitlements.operations.preview import Preview, Problem, refused, single
from entitlements.operations.terms import (
    order_problems,
    started,
)
from entitlements.operations.words import Words, Work
from entitlements.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Activate(Operation):
    """Start the term today."""

    name: ClassVar[str] = "activate"
    permission: ClassVar[str] = "entitlements.activate_entitlement"
    words: ClassVar[Words] = Words(
        title="Activate",
        submit="Activate",
        done="Activated",
        verb="activated",
        icon="play",
        tone="ok",
        intro="The term starts today.",
    )
    work: ClassVar[Work] = Work.TERM

    @classmethod
    def applies_to(cls, state: State) -> bool:
        """Tell whether the menu of an entitlement offers the operation."""
        return state.ended_on is None and not state.is_activated

    def preview_moves(self, states: Sequence[State], world: World) -> Preview:
        """Return what activating would do. Pure."""
        [before] = states
        if before.is_activated:
            problem = Problem("already_activated", "This entitlement is activated already. Renew it instead.")
            return refused(self, states, [*blockers(before), problem])
        after = started(before, today=self.as_of, at=world.at).settled()
        return single(
            self,
            before,
            after,
            problems=[*blockers(before), *order_problems(after)],
        )
