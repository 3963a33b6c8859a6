"""Activate, renew, disable and enable entitlements, and set their dates by hand."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar, Literal

from entitlements.operations.base import Operation, World, blockers, is_unchanged, standing_warnings
from entitlements.operations.overrides import known
from entitlements.operations.previews import Preview, Remark, conclude
from entitlements.operations.terms import (
    LATEST,
    end_of_maintenance,
    end_of_term,
    expiry_problems,
    order_problems,
    started,
)
from entitlements.state import EXPIRY, MAINTENANCE_EXPIRY, NEVER, OverrideValue, State
from offerings.models import UsageResetSchedule
from offerings.periods import add_period, parse_period

Never = Literal["never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Activate(Operation):
    """Start the term today."""

    name: ClassVar[str] = "activate"
    permission: ClassVar[str] = "entitlements.activate_entitlement"

    def preview(self, state: State | None, world: World) -> Preview:
        """Return what activating would do to ``state``. Pure."""
        before = known(state)
        if before.is_activated:
            problem = Remark("already_activated", "This entitlement is activated already. Renew it instead.")
            return conclude(self, before, before, problems=[*blockers(before), problem])
        after = started(before, today=self.as_of, at=world.at).settled()
        return conclude(
            self,
            before,
            after,
            problems=[*blockers(before), *order_problems(after)],
            warnings=standing_warnings(before, self.as_of),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew(Operation):
    """Add one term: to the expiry in force before it and in the grace period, to today after that.

    Standard and actual expiry become equal, so an expiry set by hand is no longer flagged. Likewise maintenance that
    is sold for a time of its own, unless it was set by hand to never end.
    """

    name: ClassVar[str] = "renew"
    permission: ClassVar[str] = "entitlements.renew_entitlement"

    def preview(self, state: State | None, world: World) -> Preview:
        """Return what renewing would do to ``state``. Pure."""
        before = known(state)
        problems = [*blockers(before), *_renew_problems(before)]
        if problems:
            return conclude(self, before, before, problems=problems)
        after = _renewed(before, today=self.as_of)
        return conclude(
            self,
            before,
            after,
            problems=[*expiry_problems(after.starts_on, after.expires_on), *_maintenance_problems(after)],
            warnings=standing_warnings(before, self.as_of),
        )


def _renew_problems(state: State) -> list[Remark]:
    if not state.is_activated:
        return [Remark("not_activated", "The term has not started yet. Activate the entitlement first.")]
    if state.revision.is_perpetual:
        return [Remark("perpetual", "A perpetual license does not end, so there is nothing to renew.")]
    if state.expires_on is None:
        return [Remark("never_expires", "This entitlement never expires. Change the terms to give it an end first.")]
    if state.expires_on > LATEST:
        return [Remark("expiry_too_late", "This entitlement runs beyond the year 2999 already.")]
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
    follows = state.revision.terms["maintenance_duration"] and state.maintenance_expires_on
    dropped = (EXPIRY.key, MAINTENANCE_EXPIRY.key) if follows else (EXPIRY.key,)
    return after.with_overrides(dict.fromkeys(dropped)).settled()


def _maintenance_problems(after: State) -> list[Remark]:
    if after.maintenance_expires_on is None or after.maintenance_expires_on <= LATEST:
        return []
    message = "Maintenance would end after the year 2999. Change the terms: let it never end, or end earlier."
    return [Remark("maintenance_too_late", message, MAINTENANCE_EXPIRY.key)]


def _renewed_maintenance(state: State, base: date) -> date | None:
    length = state.revision.terms["maintenance_duration"]
    if not length:
        return None
    return max(state.maintenance_expires_on or base, add_period(base, parse_period(length)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Disable(Operation):
    """Take entitlements out of use until they are enabled."""

    name: ClassVar[str] = "disable"
    permission: ClassVar[str] = "entitlements.disable_entitlement"

    def preview(self, state: State | None, world: World) -> Preview:
        """Return what disabling would do to ``state``. Pure."""
        before = known(state)
        if before.disabled_at:
            problem = Remark("already_disabled", "This entitlement is disabled already.")
            return conclude(self, before, before, problems=[*blockers(before), problem])
        return conclude(self, before, replace(before, disabled_at=world.at), problems=blockers(before))


@dataclass(frozen=True, slots=True, kw_only=True)
class Enable(Operation):
    """Bring disabled entitlements back to what the facts say."""

    name: ClassVar[str] = "enable"
    permission: ClassVar[str] = "entitlements.disable_entitlement"

    def preview(self, state: State | None, world: World) -> Preview:
        """Return what enabling would do to ``state``. Pure."""
        before = known(state)
        if not before.disabled_at:
            problem = Remark("not_disabled", "This entitlement is not disabled.")
            return conclude(self, before, before, problems=[*blockers(before), problem])
        after = replace(before, disabled_at=None)
        return conclude(
            self,
            before,
            after,
            problems=blockers(before),
            warnings=standing_warnings(after, self.as_of),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTerms(Operation):
    """Set the start, the expiry or the end of maintenance by hand; ``None`` leaves a date as it is.

    ``"never"`` takes the end away. A first term that starts on another day has its standard expiry moved too.
    """

    name: ClassVar[str] = "change_terms"
    permission: ClassVar[str] = "entitlements.change_terms"

    starts_on: date | None = None
    expires_on: date | Never | None = None
    maintenance_expires_on: date | Never | None = None

    def preview(self, state: State | None, world: World) -> Preview:
        """Return what the dates would do to ``state``. Pure."""
        before = known(state)
        after = self._after(before)
        problems = [*blockers(before), *self._problems(before, after)]
        if not problems and is_unchanged(before, after):
            problems = [Remark("nothing_to_change", "Nothing would change. Enter another date.")]
        return conclude(self, before, after, problems=problems, warnings=standing_warnings(before, self.as_of))

    def _after(self, state: State) -> State:
        moved = _start_moved(state, self.starts_on) if self.starts_on and state.is_activated else state
        overrides: dict[str, OverrideValue | None] = {}
        for key, day in ((EXPIRY.key, self.expires_on), (MAINTENANCE_EXPIRY.key, self.maintenance_expires_on)):
            if day is not None and moved.in_force(key) != _stored(day):
                overrides[key] = OverrideValue(_stored(day))
        return moved.with_overrides(overrides).settled()

    def _problems(self, before: State, after: State) -> list[Remark]:
        if not before.is_activated:
            return [Remark("not_activated", "The term has not started yet. Activate the entitlement first.")]
        found: list[Remark] = []
        for field in (EXPIRY.key, MAINTENANCE_EXPIRY.key):
            day = getattr(self, field)
            if isinstance(day, date):
                found += expiry_problems(after.starts_on, day, field=field)
        if self.starts_on and self.starts_on > LATEST:
            found.append(Remark("start_too_late", "Choose a day before the year 3000.", "starts_on"))
        standard = after.standard_expires_on
        if not found and after.starts_on and standard and standard <= after.starts_on:
            message = f"The term's standard end is {standard}. Choose an earlier start."
            found.append(Remark("start_after_end", message, "starts_on"))
        return found or order_problems(after)


def _stored(day: date | Never) -> str:
    return day.isoformat() if isinstance(day, date) else NEVER


def _start_moved(state: State, starts_on: date) -> State:
    after: dict[str, Any] = {"starts_on": starts_on}
    if starts_on <= LATEST and state.starts_on:
        if state.standard_expires_on == end_of_term(state.revision, state.starts_on):
            after["standard_expires_on"] = end_of_term(state.revision, starts_on)
        if state.standard_maintenance_expires_on == end_of_maintenance(state.revision, state.starts_on):
            after["standard_maintenance_expires_on"] = end_of_maintenance(state.revision, starts_on)
    return replace(state, **after)
