"""Take entitlements out of use, and bring them back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from entitlements.operations.base import Operation, World, blockers
from entitlements.operations.preview import Preview, Problem, refused, single
from entitlements.operations.words import Words
from entitlements.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Disable(Operation):
    """Take entitlements out of use until they are enabled."""

    name: ClassVar[str] = "disable"
    permission: ClassVar[str] = "entitlements.disable_entitlement"
    words: ClassVar[Words] = Words(
        title="Disable",
        submit="Disable",
        done="Disabled",
        verb="disabled",
        icon="disable",
        tone="stop",
        intro=(
            "Clients stop working when their lease ends. Rights, seats and term stay as they are until it is enabled."
        ),
        is_dangerous=True,
    )

    @classmethod
    def applies_to(cls, state: State) -> bool:
        """Tell whether the menu of an entitlement offers the operation."""
        return state.ended_on is None and not state.disabled_at

    def preview_moves(self, states: Sequence[State], world: World) -> Preview:
        """Return what disabling would do. Pure."""
        [before] = states
        if before.disabled_at:
            problem = Problem("already_disabled", "This entitlement is disabled already.")
            return refused(self, states, [*blockers(before), problem])
        return single(self, before, replace(before, disabled_at=world.at), problems=blockers(before))


@dataclass(frozen=True, slots=True, kw_only=True)
class Enable(Operation):
    """Bring disabled entitlements back to what the facts say."""

    name: ClassVar[str] = "enable"
    permission: ClassVar[str] = "entitlements.disable_entitlement"
    words: ClassVar[Words] = Words(
        title="Enable",
        submit="Enable",
        done="Enabled",
        verb="enabled",
        icon="enable",
        tone="ok",
        intro="Clients can be activated and refreshed again, as far as the term allows.",
    )

    @classmethod
    def applies_to(cls, state: State) -> bool:
        """Tell whether the menu of an entitlement offers the operation."""
        return state.ended_on is None and bool(state.disabled_at)

    def preview_moves(self, states: Sequence[State], world: World) -> Preview:
        """Return what enabling would do. Pure."""
        [before] = states
        if not before.disabled_at:
            problem = Problem("not_disabled", "This entitlement is not disabled.")
            return refused(self, states, [*blockers(before), problem])
        return single(self, before, replace(before, disabled_at=None), problems=blockers(before))
