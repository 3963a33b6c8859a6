"""Add a term to entitlements."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar

from entitlements.operations.base import Operation, World, blockers, standing_warnings
from entitlements.operations.preview import Preview, Problem, refused, single
from entitlements.operations.terms import (
    LATEST,
    end_of_term,
    expiry_problems,
)
from entitlements.operations.words import Words, Work
from entitlements.state import EXPIRY, MAINTENANCE_EXPIRY, State
from offerings.models import UsageResetSchedule
from offerings.periods import add_period, parse_period


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew(Operation):
    """Add one term: to the expiry in force before it and in the grace period, to today after that.

    Standard and actual expiry become equal, so an expiry set by hand is no longer flagged. Likewise maintenance that
    is sold for a time of its own, unless it was set by hand to never end.
    """

    name: ClassVar[str] = "renew"
    permission: ClassVar[str] = "entitlements.renew_entitlement"
    words: ClassVar[Words] = Words(
        title="Renew",
        submit="Renew",
        done="Renewed",
        verb="renewed",
        icon="renew",
        tone="ok",
        intro="Adds one term to the expiry in force, or to today where the grace period is over.",
    )
    work: ClassVar[Work] = Work.TERM

    def preview(self, states: Sequence[State], world: World) -> Preview:
        """Return what renewing would do. Pure."""
        [before] = states
        problems = [*blockers(before), *_renew_problems(before)]
        if problems:
            return refused(self, states, problems)
        after = _renewed(before, today=self.as_of)
        return single(
            self,
            before,
            after,
            problems=[*expiry_problems(after.starts_on, after.expires_on), *_maintenance_problems(after)],
            warnings=standing_warnings(before, self.as_of),
        )


def _renew_problems(state: State) -> list[Problem]:
    if not state.is_activated:
        return [Problem("not_activated", "The term has not started yet. Activate the entitlement first.")]
    if state.revision.is_perpetual:
        return [Problem("perpetual", "A perpetual license does not end, so there is nothing to renew.")]
    if state.expires_on is None:
        return [Problem("never_expires", "This entitlement never expires. Change the terms to give it an end first.")]
    if state.expires_on > LATEST:
        return [Problem("expiry_too_late", "This entitlement runs beyond the year 2999 already.")]
    return []


def _renewed(state: State, *, today: date) -> State:
    is_by_hand = EXPIRY.key in state.overrides
    anchor = state.starts_on.day if state.starts_on and not is_by_hand else None
    in_time = state.grace_ends_on is not None and today < max(state.grace_ends_on, state.expires_on or today)
    base = state.expires_on if in_time and state.expires_on else today
    by_renewal = state.in_force("usage_reset_schedule") == UsageResetSchedule.ON_RENEWAL
    after = replace(
        state,
        standard_expires_on=end_of_term(state.revision, base, anchor=anchor if in_time else None),
        standard_maintenance_expires_on=_renewed_maintenance(state, base),
        counters={} if by_renewal else state.counters,
    )
    follows = state.revision.terms.maintenance_duration and state.maintenance_expires_on
    dropped = (EXPIRY.key, MAINTENANCE_EXPIRY.key) if follows else (EXPIRY.key,)
    return after.with_overrides(dict.fromkeys(dropped)).settled()


def _maintenance_problems(after: State) -> list[Problem]:
    if after.maintenance_expires_on is None or after.maintenance_expires_on <= LATEST:
        return []
    message = "Maintenance would end after the year 2999. Change the terms: let it never end, or end earlier."
    return [Problem("maintenance_too_late", message, MAINTENANCE_EXPIRY.key)]


def _renewed_maintenance(state: State, base: date) -> date | None:
    length = state.revision.terms.maintenance_duration
    if not length:
        return None
    return max(state.maintenance_expires_on or base, add_period(base, parse_period(length)))
