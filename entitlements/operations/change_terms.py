"""Set the dates of a term by hand, and the text of terms and conditions."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar, Literal

from entitlements.models import AmendmentKind
from entitlements.models.holdings import CONDITIONS_LENGTH
from entitlements.operations.base import Operation, World, blockers, label, text_problems
from entitlements.operations.preview import Preview, Problem, single
from entitlements.operations.terms import (
    LATEST,
    end_of_maintenance,
    end_of_term,
    expiry_problems,
    order_problems,
)
from entitlements.operations.words import Words, Work
from entitlements.state import EXPIRY, MAINTENANCE_EXPIRY, NEVER, OverrideValue, State

Never = Literal["never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTerms(Operation):
    """Set the start, the expiry or the end of maintenance by hand, or the text of the terms and conditions.

    ``None`` leaves a date or the text as it is; ``"never"`` takes an end away, and an empty text takes the text away.
    A first term that starts on another day has its standard expiry moved too.
    """

    name: ClassVar[str] = "change_terms"
    permission: ClassVar[str] = "entitlements.change_terms"
    amends: ClassVar[AmendmentKind] = AmendmentKind.TERMS
    words: ClassVar[Words] = Words(
        title="Change terms",
        submit="Change terms",
        done="Changed terms",
        verb="changed the terms of",
        icon="calendar",
        tone="info",
        intro="A date unlike the standard counts as set by hand: it is marked, and kept when the offering changes.",
    )
    work: ClassVar[Work] = Work.TERM

    starts_on: date | None = field(default=None, metadata=label("Starts"))
    expires_on: date | Never | None = field(default=None, metadata=label("Expires"))
    maintenance_expires_on: date | Never | None = field(default=None, metadata=label("Maintenance ends"))
    conditions: str | None = None  # no part of what is listed as asked: the text is shown by versions

    def preview_moves(self, states: Sequence[State], world: World) -> Preview:
        """Return what the dates would do. Pure."""
        [before] = states
        after = self._after(before)
        problems = [*blockers(before), *self._problems(before, after)]
        if not problems and before == after:
            problems = [Problem("nothing_to_change", "Nothing would change. Enter another date or text.")]
        return single(self, before, after, problems=problems)

    def _after(self, state: State) -> State:
        moved = _start_moved(state, self.starts_on) if self.starts_on and state.is_activated else state
        overrides: dict[str, OverrideValue | None] = {}
        for key, day in ((EXPIRY.key, self.expires_on), (MAINTENANCE_EXPIRY.key, self.maintenance_expires_on)):
            if day is not None and moved.in_force(key) != _stored(day):
                overrides[key] = OverrideValue(_stored(day))
        if self.conditions is not None:
            moved = replace(moved, conditions=self.conditions.strip() or None)
        return moved.with_overrides(overrides).settled()

    def _problems(self, before: State, after: State) -> list[Problem]:
        found = text_problems(self.conditions or "", field="conditions", longest=CONDITIONS_LENGTH)
        if replace(after, conditions=before.conditions) == before and self.conditions is not None:
            return found
        if not before.is_activated:
            return [Problem("not_activated", "The term has not started yet. Activate the entitlement first.")]
        for key in (EXPIRY.key, MAINTENANCE_EXPIRY.key):
            day = getattr(self, key)
            if isinstance(day, date):
                found += expiry_problems(after.starts_on, day, field=key)
        if self.starts_on and self.starts_on > LATEST:
            found.append(Problem("start_too_late", "Choose a day before the year 3000.", "starts_on"))
        standard = after.standard_expires_on
        if not found and after.starts_on and standard and standard <= after.starts_on:
            message = f"The term's standard end is {standard}. Choose an earlier start."
            found.append(Problem("start_after_end", message, "starts_on"))
        return found or order_problems(after)


def _stored(day: date | Never) -> str:
    return day.isoformat() if isinstance(day, date) else NEVER


def _start_moved(state: State, starts_on: date) -> State:
    after: dict[str, Any] = {"starts_on": starts_on}
    if starts_on <= LATEST and state.starts_on:
        if state.standard_expires_on == end_of_term(state.revision, state.starts_on):
            after["standard_expires_on"] = end_of_term(state.revision, starts_on)
        else:
            after["anchor_on"] = state.anchor
        if state.standard_maintenance_expires_on == end_of_maintenance(state.revision, state.starts_on):
            after["standard_maintenance_expires_on"] = end_of_maintenance(state.revision, starts_on)
    return replace(state, **after)
