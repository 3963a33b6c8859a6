"""Add a term to entitlements."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import ClassVar

from entitlements.models import AmendmentKind
from entitlements.operations.base import Operation, World, blockers, label
from entitlements.operations.change_offering.operation import ChangeOffering, TargetWorld
from entitlements.operations.parts import CHANGE
from entitlements.operations.preview import NO_ENTITLEMENT, Preview, Problem, refused, single
from entitlements.operations.seats import REFUSE, SeatChoice, seats_to_choose_from
from entitlements.operations.terms import (
    LATEST,
    end_of_term,
    expiry_problems,
)
from entitlements.operations.words import Words, Work
from entitlements.state import EXPIRY, MAINTENANCE_EXPIRY, Delta, Revisions, RevisionValue, State
from offerings.models import UsageResetSchedule
from offerings.periods import add_period, parse_period


@dataclass(frozen=True, slots=True)
class RenewWorld(World):
    """The world with the revisions to renew onto, by offering."""

    targets: Mapping[int, RevisionValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew(Operation):
    """Add one term: to the expiry in force before it and in the grace period, to today after that.

    The day of month of the anchor is kept; a renewal after the grace period sets a new anchor. Standard and actual
    expiry become equal, so an expiry set by hand is no longer flagged. Likewise maintenance that is sold for a time of
    its own, unless it was set by hand to never end. Of a perpetual license, its maintenance is renewed.

    ``onto`` are newest revisions: an entitlement of one of their offerings moves to it in the same step, by the rules
    of ``ChangeOffering``, and the term added is the one of that revision. ``seats`` says what happens to seats that do
    not fit it. Any other entitlement is renewed on the revision it has.
    """

    name: ClassVar[str] = "renew"
    permission: ClassVar[str] = "entitlements.renew_entitlement"
    amends: ClassVar[AmendmentKind] = AmendmentKind.RENEWAL
    words: ClassVar[Words] = Words(
        title="Renew",
        submit="Renew",
        done="Renewed",
        verb="renewed",
        icon="renew",
        tone="ok",
        intro=(
            "Adds one term to the expiry in force, or to today where the grace period is over. "
            "Of a perpetual license, renews the maintenance."
        ),
    )
    work: ClassVar[Work] = Work.TERM

    onto: tuple[int, ...] = field(default=(), metadata=label("Onto the newest revision"))
    seats: SeatChoice = field(default=REFUSE, metadata=label("Seats in use", only_with="onto"))

    def revision_ids(self) -> tuple[int, ...]:
        """Return the revisions to renew onto."""
        return self.onto

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> RenewWorld:
        """Read the active seats of entitlements where some may go; one query at most."""
        targets = {revisions[key].offering_id: revisions[key] for key in self.onto if key in revisions}
        moving = [(state, target) for state in states if (target := targets.get(state.revision.offering_id))]
        pairs = ((state, self._update(target).may_overflow(state, target)) for state, target in moving)
        return RenewWorld(at=at, seats=seats_to_choose_from(pairs, self.seats), targets=targets)

    def parts(self, preview: Preview, world: RenewWorld) -> set[str]:
        """Return the permission for another revision, and those that the move to it needs. Pure."""
        before, after = preview.lead.before, preview.lead.after
        if before is None or before.revision.id == after.revision.id:
            return set()
        update = self._update(after.revision)
        return {CHANGE, *update.parts(preview, _update_world(world, after.revision))}

    def preview_moves(self, states: Sequence[State], world: RenewWorld) -> Preview:
        """Return what renewing would do. Pure."""
        [before] = states
        target = world.targets.get(before.revision.offering_id) if self.onto else None
        if target is not None and target.id != before.revision.id:
            return self._onto(before, target, world)
        problems = [*blockers(before), *term_problems(before)]
        if problems:
            return refused(self, states, problems)
        after = _renewed(before, today=self.as_of)
        return single(
            self,
            before,
            after,
            problems=[*_expiry_problems(after), *_maintenance_problems(after)],
        )

    def _onto(self, before: State, target: RevisionValue, world: RenewWorld) -> Preview:
        """Return the preview of both steps as one: the move to the revision, then the renewal of what it gives."""
        found = self._update(target).preview_moves([before], _update_world(world, target))
        move = found.lead
        if problems := term_problems(move.after):
            return refused(self, [before], dict.fromkeys((*found.problems, *problems)))
        after = _renewed(move.after, today=self.as_of)
        problems = [*found.problems, *_expiry_problems(after), *_maintenance_problems(after)]
        return Preview(self, (replace(move, after=after),), tuple(problems), found.warnings)

    def _update(self, target: RevisionValue) -> ChangeOffering:
        """Return the move to a newer revision of the same offering, which creates nothing."""
        return ChangeOffering(as_of=self.as_of, revision_id=target.id, seats=self.seats, key=NO_ENTITLEMENT)

    @classmethod
    def title_of(cls, before: State | None, after: State, delta: Delta) -> str:
        """Return the title of one change: it names the revision where that moved, too."""
        is_moved = before is not None and before.revision.id != after.revision.id
        return f"Renewed onto revision {after.revision.number}" if is_moved else cls.words.done


def _update_world(world: RenewWorld, target: RevisionValue) -> TargetWorld:
    return TargetWorld(at=world.at, seats=world.seats, held=world.held, memo=world.memo, target=target)


def _expiry_problems(after: State) -> list[Problem]:
    return [] if after.revision.is_perpetual else expiry_problems(after.starts_on, after.expires_on)


def term_problems(state: State) -> list[Problem]:
    """Return what stands against one more term: there is none to add to. Pure."""
    if not state.is_activated:
        return [Problem("not_activated", "The term has not started yet. Activate the entitlement first.")]
    if state.revision.is_perpetual:
        return _perpetual_problems(state)
    if state.expires_on is None:
        return [Problem("never_expires", "This entitlement never expires. Change the terms to give it an end first.")]
    if state.expires_on > LATEST:
        return [Problem("expiry_too_late", "This entitlement runs beyond the year 2999 already.")]
    return []


def _perpetual_problems(state: State) -> list[Problem]:
    """Return why a perpetual license has nothing to renew: no maintenance of a length of its own that ends."""
    if not state.revision.terms.maintenance_duration:
        return [Problem("perpetual", "A perpetual license does not end, so there is nothing to renew.")]
    if state.maintenance_expires_on is None:
        message = "Maintenance never ends here. Change the terms to give it an end first."
        return [Problem("maintenance_never_ends", message)]
    return []


def _renewed(state: State, *, today: date) -> State:
    by_renewal = state.in_force("usage_reset_schedule") == UsageResetSchedule.ON_RENEWAL
    counters = {} if by_renewal else state.counters
    if state.revision.is_perpetual:
        base = max(state.maintenance_expires_on or today, today)
        after = replace(state, standard_maintenance_expires_on=_renewed_maintenance(state, base), counters=counters)
        return after.with_overrides({MAINTENANCE_EXPIRY.key: None})
    in_grace = state.grace_ends_on is not None and today < max(state.grace_ends_on, state.expires_on or today)
    in_time = in_grace or today == state.expires_on
    base = state.expires_on if in_time and state.expires_on else today
    after = replace(
        state,
        standard_expires_on=end_of_term(state.revision, base, anchor=_anchor_of(state, base) if in_time else None),
        standard_maintenance_expires_on=_renewed_maintenance(state, base),
        anchor_on=state.anchor_on if in_time else today,
        counters=counters,
    )
    follows = state.revision.terms.maintenance_duration and state.maintenance_expires_on
    dropped = (EXPIRY.key, MAINTENANCE_EXPIRY.key) if follows else (EXPIRY.key,)
    return after.with_overrides(dict.fromkeys(dropped)).settled()


def _anchor_of(state: State, base: date) -> int | None:
    """Return the day of month that the new end keeps: the anchor's, where ``base`` is the anchor's day in its month.

    An end that was set by hand to another day counts from that day.
    """
    if state.anchor is None:
        return None
    last = monthrange(base.year, base.month)[1]
    return state.anchor.day if base.day == min(state.anchor.day, last) else None


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
