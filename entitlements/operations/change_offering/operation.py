"""Move entitlements to another offering, or to a newer revision of the same one (design, section 5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from changegroups.paths import Ladder, ladder_of
from entitlements.models import derived_id, new_id
from entitlements.operations.add_ons import is_add_on, still_beside, units_among
from entitlements.operations.add_ons_beside import units_with_add_ons
from entitlements.operations.base import Operation, Unit, World, blockers, label
from entitlements.operations.change_offering.created import (
    CREATES_NEW,
    choice_of_part,
    moves_to_new,
    part_of,
    part_problems,
    part_warnings,
    rest_of,
    seats_of_part,
    seats_problems,
    with_chosen_term,
)
from entitlements.operations.change_offering.days import day_of_group, day_warnings
from entitlements.operations.change_offering.dropped import (
    ADD_ON_GONE,
    ENDS,
    PART_KEEPS_ADD_ONS,
    reasons_against,
    without_dropped,
)
from entitlements.operations.change_offering.routes import ChosenRoute, choose_route, offering_value
from entitlements.operations.change_offering.rules import (
    COUNTERS_START_AT_0,
    NOT_NEW,
    PART_HAS_COUNT,
    PART_IS_NEW,
    UNKNOWN,
    kept_quantity,
    missing_overrides,
    override_problems,
    quantity_problems,
    target_problems,
)
from entitlements.operations.create_entitlement import ALREADY_CREATED, existing
from entitlements.operations.ends import drop_warnings, ends_of
from entitlements.operations.one_plan import open_plans, place_of, plan_problems
from entitlements.operations.parts import OUTSIDE, OVERRIDES, QUANTITY, RELEASE, RENEW, TERMS, releases_beyond_need
from entitlements.operations.preview import Move, Preview, Problem, refused
from entitlements.operations.seats import (
    REFUSE,
    SeatChoice,
    seats_to_choose_from,
    settle,
    with_seats,
    without_seats,
)
from entitlements.operations.terms import DEFAULT_TERM, NEW, TermChoice, TermMode, TermOutcome, resolved_mode
from entitlements.operations.words import Words
from entitlements.state import NOTHING, Delta, Revisions, RevisionValue, State, active_seats

NO_GROUPS = Ladder({}, ())


@dataclass(frozen=True, slots=True)
class TargetWorld(World):
    """The world with the target revision (``None`` where it does not exist) and the change groups around it.

    ``routes`` remembers the route from each revision. ``created`` are the keys of second entitlements that are there
    already: the same request came twice. ``unknown_add_ons`` are those to drop that are not open beside any plan.
    """

    target: RevisionValue | None = None
    ladder: Ladder = field(default=NO_GROUPS)
    routes: dict[int, ChosenRoute] = field(default_factory=dict, compare=False)
    created: frozenset[UUID] = frozenset()
    unknown_add_ons: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOffering(Operation):
    """Move to the revision ``revision_id``, which must be the newest of its offering.

    Overridden rights are never modified: ``drop_overrides`` names the right keys that follow the target instead.
    ``quantity`` of ``None`` keeps the quantity; ``count`` moves only so many of it, into an entitlement and an order
    of their own. Usage counters reset unless kept, or within one offering. ``group_id`` names the change group, which
    is needed only where several open the move on different terms; ``is_outside_group`` goes past them, with a
    permission and a reason. What is created has a key that follows from ``key``.

    The open add-ons of a plan are carried where they fit the target, else a problem until they are dropped:
    ``drop_add_ons`` names entitlements that end with the change, ``drops_unfitting`` ends all that do not fit.
    """

    name: ClassVar[str] = "change_offering"
    permission: ClassVar[str] = "entitlements.change_offering"
    order_field: ClassVar[str] = "target"
    words: ClassVar[Words] = Words(
        title="Change offering",
        submit="Change",
        done="Changed offering",
        verb="changed the offering of",
        icon="swap",
        tone="info",
    )

    revision_id: int = field(metadata=label("Offering"))
    quantity: int | None = field(default=None, metadata=label("Quantity"))
    count: int | None = field(default=None, metadata=label("Only a part"))
    seats: SeatChoice = field(default=REFUSE, metadata=label("Seats in use"))
    term: TermChoice = field(default=DEFAULT_TERM, metadata=label("Term"))
    drop_overrides: tuple[str, ...] = field(default=(), metadata=label("Overrides dropped"))
    drop_add_ons: tuple[UUID, ...] = field(default=(), metadata=label("Add-ons dropped"))
    drops_unfitting: bool = field(default=False, metadata=label("Add-ons that do not fit are dropped"))
    keep_counters: bool = field(default=False, metadata=label("Usage counts kept"))
    group_id: int | None = None
    is_outside_group: bool = field(default=False, metadata=label("Outside change groups"))
    key: UUID = field(default_factory=new_id)

    @property
    def permissions(self) -> tuple[str, ...]:
        """Return what a person needs: leaving the groups is a permission of its own."""
        return (self.permission, *((OUTSIDE,) if self.is_outside_group else ()))

    @property
    def needs_reason(self) -> bool:
        """Tell whether the act must say why."""
        return self.is_outside_group

    def units(self, ids: Sequence[UUID]) -> list[Unit]:
        """Return each entitlement with the add-ons that may be dropped with it; one query, none without any."""
        return units_with_add_ons(ids, wanted=self._wanted) if self._drops else [(key,) for key in ids]

    def units_among(self, ids: Sequence[UUID], states: Sequence[State]) -> list[Unit]:
        """Return what ``units`` does, of states that are not written yet. Pure."""
        return units_among(ids, states, wanted=self._wanted) if self._drops else [(key,) for key in ids]

    @property
    def _wanted(self) -> set[UUID] | None:
        """Return the add-ons that may be dropped; ``None`` for all."""
        return None if self.drops_unfitting else set(self.drop_add_ons)

    @property
    def _drops(self) -> bool:
        return self.drops_unfitting or bool(self.drop_add_ons)

    def amendment_name(self, preview: Preview) -> str:
        """Return the offering that it leads to."""
        return preview.lead.after.revision.offering_name

    def created_ids(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the keys of second entitlements; a part, the term or a change group decides whether there are any."""
        return tuple(derived_id(self.key, key) for key in ids)

    def revision_ids(self) -> tuple[int, ...]:
        """Return the target."""
        return (self.revision_id,)

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> TargetWorld:
        """Read the change groups, and the seats of entitlements where some may go; four queries at most."""
        target = revisions.get(self.revision_id)
        if target is None:
            return TargetWorld(at=at)
        along = [each for each in states if self._drops and is_add_on(each) and target.kind != each.revision.kind]
        known = {state.id for state in states}
        states = [state for state in states if state not in along]
        ladder = self._ladder(states, target)
        routes: dict[int, ChosenRoute] = {}
        moving = [state for state in states if self.count or self._creates_new(state, target, ladder, routes)]
        pairs = ((state, self.may_overflow(state, target)) for state in states)
        leaving = [state for state in states if state.revision.product_id != target.product_id]
        return TargetWorld(
            at=at,
            seats={
                **seats_to_choose_from(pairs, self.seats),
                **active_seats(each for each in (*moving, *along) if each.seats_used),
            },
            plans=open_plans(place_of(replace(state, revision=target)) for state in leaving if not self.count),
            target=target,
            ladder=ladder,
            routes=routes,
            created=existing(derived_id(self.key, state.id) for state in moving),
            unknown_add_ons=frozenset(set(self.drop_add_ons) - known),
        )

    def may_overflow(self, state: State, target: RevisionValue) -> bool:
        """Tell whether seats may not fit the target, also without what dropped add-ons add."""
        after = self._on_target(state, target)
        capacity = (replace(after, added=()) if self._drops else after).seat_capacity
        return capacity is not None and state.seats_used > capacity

    def _ladder(self, states: Sequence[State], target: RevisionValue) -> Ladder:
        held = {state.revision.offering_id: state.revision for state in states}
        is_grouped = any(each.has_change_groups for each in (target, *held.values()))
        if not is_grouped or not set(held) - {target.offering_id}:
            return NO_GROUPS
        return ladder_of(offering_value(each) for each in (*held.values(), target))

    def _route(self, state: State, target: RevisionValue, ladder: Ladder, memo: dict[int, ChosenRoute]) -> ChosenRoute:
        """Return the route from the state's revision; found once for all entitlements on it."""
        current = state.revision
        if current.id not in memo:
            group, outside = self.group_id, self.is_outside_group
            memo[current.id] = choose_route(current, target, ladder, group_id=group, is_outside_group=outside)
        return memo[current.id]

    def _creates_new(self, state: State, target: RevisionValue, ladder: Ladder, memo: dict[int, ChosenRoute]) -> bool:
        route = self._route(state, target, ladder, memo)
        return self._mode(state, target, route) in NEW

    def _mode(self, state: State, target: RevisionValue, route: ChosenRoute) -> TermMode:
        """Return what happens to the term; a part is a new entitlement anyway, so its term restarts at most."""
        mode = resolved_mode(state, target, self.term, route.subscribe_mode)
        return TermMode.RESTART if self.count and self.term.mode not in NEW and mode in NEW else mode

    def parts(self, preview: Preview, world: TargetWorld) -> set[str]:
        """Return the permissions for what happens beside the move: overrides, seats, quantity and term. Pure."""
        after, before = preview.lead.after, preview.lead.compared
        if before is None or world.target is None:
            return set()
        stays = before.revision.offering_id == after.revision.offering_id
        restarts = after.starts_on != before.starts_on or after.standard_expires_on != before.standard_expires_on
        found = {
            OVERRIDES: any(key in before.overrides for key in self.drop_overrides),
            RELEASE: any(map(releases_beyond_need, preview.moves)),
            ENDS: any(is_add_on(move.after) and move.after.ended_on for move in preview.moves) and not is_add_on(after),
            TERMS: self.term.mode is TermMode.DATE,
            OUTSIDE: day_of_group(preview, as_of=self.as_of) is not None,
            RENEW: stays and restarts and self.term.mode is not TermMode.DATE,
            QUANTITY: self.quantity is not None and before.quantity is not None and self.quantity != before.quantity,
        }
        return {permission for permission, is_needed in found.items() if is_needed}

    def preview_moves(self, states: Sequence[State], world: TargetWorld) -> Preview:
        """Return what the move would do. Pure."""
        state, *others = states
        add_ons = still_beside(state, others)
        if world.target is None:
            return refused(self, states, [*blockers(state), UNKNOWN])
        if self.count is None:
            found = self._whole(state, add_ons, world, world.target)
        elif problems := part_problems(state, self.count):
            return refused(self, states, [*blockers(state), *problems])
        else:
            found = self._part(state, world, world.target, count=self.count)
        left = {each.id for each in others} - {each.id for each in add_ons}
        if left & set(self.drop_add_ons):
            found = found.with_problems([ADD_ON_GONE])
        more = (*missing_overrides(state, self.drop_overrides), *day_warnings(found, as_of=self.as_of))
        return replace(found, warnings=(*found.warnings, *more))

    def _whole(self, state: State, add_ons: Sequence[State], world: TargetWorld, target: RevisionValue) -> Preview:
        route = self._route(state, target, world.ladder, world.routes)
        is_new = self._mode(state, target, route) in NEW
        dropped = self._dropped(state, add_ons, target)
        term = self._term(without_dropped(state, dropped), world, route, is_new=is_new)
        active = world.seats.get(state.id, ())
        settlement = settle(term.state, active, self.seats, in_use=state.seats_used)
        after = without_seats(term.state, settlement.released)
        move = Move(state, after, released=settlement.released, path=route.path or {}, memo=world.memo)
        new = moves_to_new(move, seats=active, key=self.key, today=self.as_of) if is_new else (move,)
        moves = (*new, *ends_of(dropped, seats=world.seats, today=self.as_of, memo=world.memo))
        others = [*term.problems, *settlement.problems]
        problems = self._problems(state, after, target, route, others)
        problems += [*_twice(moves, world), *plan_problems(moves, world.plans, field="target")]
        if is_new and target.offering_id == state.revision.offering_id:
            problems.append(NOT_NEW)
        if is_new and self.keep_counters:
            problems.append(COUNTERS_START_AT_0)
        problems += [ADD_ON_GONE] if world.unknown_add_ons else []
        if not problems and not is_new and move.is_unchanged and not dropped:
            problems = [Problem("already_there", f"This entitlement is already on {state.revision}.", "target")]
        warnings = (*((CREATES_NEW,) if is_new else ()), *settlement.warnings, *drop_warnings(dropped, on=self.as_of))
        return Preview(self, moves, tuple(problems), warnings)

    def _dropped(self, state: State, add_ons: Sequence[State], target: RevisionValue) -> list[State]:
        """Return the add-ons of the unit that end: those chosen, and those that do not fit where asked for."""
        chosen = set(self.drop_add_ons)
        staying = [each for each in add_ons if each.id not in chosen]
        gone = reasons_against(state, staying, target) if self.drops_unfitting else {}
        return [each for each in add_ons if each.id in chosen or each.id in gone]

    def _part(self, state: State, world: TargetWorld, target: RevisionValue, *, count: int) -> Preview:
        route = self._route(state, target, world.ladder, world.routes)
        active = world.seats.get(state.id, ())
        going = seats_of_part(self.seats, active, count)
        rest = rest_of(state, count, active=active, going=going, choice=self.seats)
        before = part_of(state, count, key=self.key)
        term = self._term(before, world, route, is_new=self._mode(before, target, route) in NEW)
        seated = with_seats(term.state, going)
        settlement = settle(seated, going, choice_of_part(self.seats), in_use=len(going))
        after = without_seats(seated, settlement.released)
        kept = {seat.id for seat in settlement.released}
        moves = (
            Move(state, rest.state, released=(*rest.settlement.released, *settlement.released), memo=world.memo),
            Move(
                None,
                after,
                taken_over=tuple(seat for seat in going if seat.id not in kept),
                taken_from=state.id,
                continues=state,
                path=route.path or {},
                memo=world.memo,
            ),
        )
        others = [*term.problems, *rest.settlement.problems, *settlement.problems]
        others += seats_problems(self.seats, going, count)
        problems = self._problems(before, after, target, route, others)
        problems += _twice(moves, world)
        if self._drops:
            problems.append(PART_KEEPS_ADD_ONS)
        if self.term.mode in NEW:
            problems.append(PART_IS_NEW)
        if self.quantity is not None:
            problems.append(PART_HAS_COUNT)
        if self.keep_counters:
            problems.append(COUNTERS_START_AT_0)
        warnings = (*part_warnings(state), *rest.settlement.warnings, *settlement.warnings)
        return Preview(self, moves, tuple(problems), warnings)

    def _term(self, state: State, world: TargetWorld, route: ChosenRoute, *, is_new: bool) -> TermOutcome:
        after, choice = self._on_target(state, world.target or state.revision), self.term
        if self.count and choice.mode is TermMode.DEFAULT:
            choice = TermChoice(self._mode(state, after.revision, route))
        return with_chosen_term(
            state, after, choice, is_new=is_new, today=self.as_of, at=world.at, subscribe=route.subscribe_mode
        )

    def _problems(
        self,
        state: State,
        after: State,
        target: RevisionValue,
        route: ChosenRoute,
        others: Sequence[Problem],
    ) -> list[Problem]:
        return [
            *blockers(state),
            *route.problems,
            *target_problems(state, target),
            *self._quantity_problems(state, target, route),
            *override_problems(state, after),
            *others,
        ]

    def _on_target(self, state: State, target: RevisionValue) -> State:
        stays = target.offering_id == state.revision.offering_id
        after = replace(
            state,
            revision=target,
            quantity=self._quantity_on(state, target),
            added=state.added if target.product_id == state.revision.product_id else (),
            counters=state.counters if stays or self.keep_counters else NOTHING,
        )
        return after.with_overrides({key: None for key in self.drop_overrides if key in state.overrides})

    def _quantity_on(self, state: State, target: RevisionValue) -> int | None:
        if not target.is_per_quantity:
            return None
        return self.quantity or kept_quantity(state, target)

    def _quantity_problems(self, state: State, target: RevisionValue, route: ChosenRoute) -> list[Problem]:
        if not target.is_per_quantity:
            if self.quantity is None:
                return []
            message = f"{target.offering_name} is sold with a fixed number of seats. Leave the quantity empty."
            return [Problem("quantity_not_sold", message, "quantity")]
        kept = kept_quantity(state, target)
        if route.keeps_quantity and self.quantity is not None and kept is not None and self.quantity != kept:
            message = f"The change group keeps the quantity at {kept:,}. Change it in a step of its own."
            return [Problem("quantity_kept", message, "quantity")]
        quantity = self._quantity_on(state, target) if self.quantity is None else self.quantity
        return quantity_problems(quantity, limits=target.relations.bought)

    @classmethod
    def title_of(cls, before: State | None, after: State, delta: Delta) -> str:
        """Return the title of one change: an update within an offering, and each side of a second entitlement.

        The delta of a created one may name the order of the one it came from: a part has an order of its own.
        """
        if before is None:
            came_from, own = delta.fields.get("order", (None, None))
            if came_from not in (None, own):
                return "Split off from another"
            return "Created in place of another" if delta.path or delta.took_over else cls.words.done
        if before.ended_on is None and after.ended_on is not None and delta.handed_over is None:
            return "Dropped with a change of its plan"
        if delta.handed_over is not None:
            return "Ended for a new entitlement" if after.ended_on else "Moved a part into a new entitlement"
        is_update = (
            before.revision.offering_id == after.revision.offering_id and before.revision.id != after.revision.id
        )
        return f"Updated to revision {after.revision.number}" if is_update else cls.words.done


def _twice(moves: Sequence[Move], world: TargetWorld) -> list[Problem]:
    """Return a problem where the same request has created the second entitlement before."""
    return [ALREADY_CREATED] if any(move.before is None and move.id in world.created for move in moves) else []
