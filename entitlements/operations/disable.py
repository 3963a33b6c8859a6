"""Take entitlements out of use, and bring them back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from entitlements.billing.due import is_billed
from entitlements.operations.base import Operation, World, blockers
from entitlements.operations.preview import Preview, PreviewWarning, Problem, refused, single
from entitlements.operations.words import Words
from entitlements.state import State

BILLED_ON = PreviewWarning(
    "invoicing_goes_on", "Invoicing goes on: what is disabled is billed as before. Remove the product to end that."
)
WAS_BILLED = PreviewWarning(
    "invoicing_goes_on", "Invoicing went on while it was disabled, and goes on: nothing is charged or given back now."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disable(Operation):
    """Take entitlements out of use until they are enabled. Access is refused, the contract runs: it is billed on."""

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
        warnings = [BILLED_ON] if is_billed(before, on=self.as_of) else []
        after = replace(before, disabled_at=world.at)
        return single(self, before, after, problems=blockers(before), warnings=warnings)


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
        warnings = [WAS_BILLED] if is_billed(before, on=self.as_of) else []
        return single(self, before, replace(before, disabled_at=None), problems=blockers(before), warnings=warnings)
