"""What is scheduled for an order, simulated: each operation on the states that those before it leave.

The state of an order on a day is the fold of its amendments, by day and number, over what it holds now. The rules are
those of every preview; nothing here writes.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import zip_longest
from types import MappingProxyType
from typing import Any
from uuid import UUID

from entitlements.billing.due import Billed
from entitlements.billing.money import Part
from entitlements.engine.billed import billed_before, wanted_by, with_billed
from entitlements.models import Entitlement, new_id
from entitlements.operations import Preview, Problem
from entitlements.operations.add_ons import jointly_problems
from entitlements.operations.base import Unit, World
from entitlements.operations.course import CREATED_TWICE, Course
from entitlements.operations.create_entitlement import existing
from entitlements.schedule.foreseen import MOST_FORESEEN, Renewals, read_renewals
from entitlements.schedule.planned import Folded, Planned
from entitlements.schedule.worlds import moment_of, worlds_by_step
from entitlements.state import SeatValue, State, active_seats, load_with_orders
from entitlements.state.loading import Loaded

NOTHING: Mapping[UUID, Sequence[Preview]] = MappingProxyType({})
AUTOMATIC = "Automatic renewal"
UNREADABLE = Problem("unreadable", "This version cannot read what was asked. Cancel it and schedule it anew.")
GONE = Problem("gone", "What it is for is not there on that day. Cancel it, or schedule it later.")
ELSEWHERE = Problem("elsewhere", "What it is for has moved to another order. Cancel it, and schedule it anew there.")


def fold_order(
    order: UUID,
    planned: Sequence[Planned],
    *,
    first: Sequence[Preview] = (),
    lock: bool = False,
    foresees: bool = True,
) -> list[Folded]:
    """Return what each planned operation does on its day, after all those before it.

    One that has problems changes nothing for those after it. ``first`` are previews of what is done now, before all
    of them. What renews by itself before a day does so between; without ``foresees`` nothing does, as where all of it
    is written. With ``lock`` all entitlements of the order are locked first, in order of id. The number of queries is
    constant for each operation, for any number of entitlements.
    """
    return fold_orders({order: planned}, first={order: first}, lock=lock, foresees=foresees)[order]


def fold_orders(
    planned: Mapping[UUID, Sequence[Planned]],
    *,
    first: Mapping[UUID, Sequence[Preview]] = NOTHING,
    lock: bool = False,
    foresees: bool = True,
) -> dict[UUID, list[Folded]]:
    """Return what ``fold_order`` does of each order, from one reading of all of them.

    The first operations of all orders are simulated together, then the second ones, and so on. What they need to know
    is read once for those that ask for the same, whatever the day: the number of queries is that of different requests
    which read more than seats, such as of targets; never that of orders.
    """
    fold = Fold(_simulations(planned, lock=lock))
    for order, previews in first.items():
        for preview in previews:
            fold.simulations[order].take(preview)
    queues = [sorted(each, key=lambda one: one.place) for each in planned.values()]
    found: dict[UUID, list[Folded]] = {order: [] for order in planned}
    for at_once in zip_longest(*queues):
        coming = {order: each for order, each in zip(planned, at_once, strict=True) if each is not None}
        if foresees:
            fold.renew({order: each.effective_on for order, each in coming.items()})
        for order, folded in fold.take(coming).items():
            found[order].append(folded)
    return found


def foreseen_renewals(order: UUID, planned: Sequence[Planned]) -> list[Folded]:
    """Return what renews by itself between what is planned for an order, and the next renewals after all of it."""
    fold = Fold(_simulations({order: planned}, lock=False))
    for each in sorted(planned, key=lambda one: one.place):
        fold.renew({order: each.effective_on})
        fold.take({order: each})
    simulation = fold.simulations[order]
    after = simulation.renewal_before(date.max)
    return [*simulation.foreseen, *(fold.take({order: after}).values() if after else ())]


def fold_until(order: UUID, planned: Sequence[Planned], *, before: date) -> list[Folded]:
    """Return what ``fold_order`` does of what is planned before a day, with what renews by itself in its place."""
    fold = Fold(_simulations({order: planned}, lock=False))
    foreseen, found = fold.simulations[order].foreseen, list[Folded]()
    due = sorted((each for each in planned if each.effective_on < before), key=lambda one: one.place)
    for each in [*due, None]:
        known = len(foreseen)
        fold.renew({order: each.effective_on if each else before})
        found += foreseen[known:]
        found += fold.take({order: each}).values() if each else ()
    return found


@dataclass
class Fold:
    """The simulations of several orders, and what was made due before by what is written, read where it is needed."""

    simulations: Mapping[UUID, "Simulation"]
    billed: dict[UUID, Sequence[Part]] = field(default_factory=dict)

    def renew(self, days: Mapping[UUID, date]) -> None:
        """Go on to a day of each order: what renews by itself before it does so, one term after the other."""
        while coming := {
            order: renewal for order, day in days.items() if (renewal := self.simulations[order].renewal_before(day))
        }:
            for order, folded in self.take(coming).items():
                self.simulations[order].foreseen.append(folded)

    def take(self, coming: Mapping[UUID, Planned]) -> dict[UUID, Folded]:
        """Return what one operation of each order does on its day, and go on from there."""
        steps = [self.simulations[order].step(each) for order, each in coming.items()]
        worlds = worlds_by_step(steps)
        seen = [step.simulation.preview(step, world) for step, world in zip(steps, worlds, strict=True)]
        missing = _wanted(steps, seen) - set(self.billed)
        self.billed |= {**dict.fromkeys(missing, ()), **billed_before(missing)}
        return {
            order: step.simulation.follow(step, each, self.billed)
            for order, step, each in zip(coming, steps, seen, strict=True)
        }


def _simulations(planned: Mapping[UUID, Sequence[Planned]], *, lock: bool) -> dict[UUID, "Simulation"]:
    """Return the simulation of each order before its first day; a constant number of queries."""
    known = {order: [each for each in rows if each.operation is not None] for order, rows in planned.items()}
    named = {order: {key for each in rows for key in each.entitlements} for order, rows in known.items()}
    every = [each for rows in known.values() for each in rows]
    operations = [(each.operation, each.ids) for each in every if each.operation is not None]
    beside = {order: {order} for order in planned}
    for order, rows in known.items():
        beside[order] |= {key for each in rows if each.operation for key in each.operation.order_ids(each.ids)}
    open_ones = Entitlement.objects.filter(order__in=list(planned), ended_on=None).order_by()
    loaded = load_with_orders(
        {*open_ones.values_list("pk", flat=True), *(key for keys in named.values() for key in keys)},
        on=min((each.effective_on for each in every), default=date.min),
        revision_ids=[key for operation, _ids in operations for key in operation.revision_ids()],
        order_ids={key for orders in beside.values() for key in orders},
        lock=lock,
    )
    seats = active_seats(state for state in loaded.states if state.seats_used)
    created = existing(key for operation, ids in operations for key in operation.created_ids(ids))
    own = {
        order: [state for state in loaded.states if state.order.id == order or state.id in named[order]]
        for order in planned
    }
    renewals, revisions = read_renewals(own, planned, loaded.revisions)
    loaded = replace(loaded, revisions=revisions)
    return {
        order: Simulation.of(order, states, loaded, renewals[order], seats=seats, beside=beside[order], created=created)
        for order, states in own.items()
    }


@dataclass(frozen=True, slots=True)
class Step:
    """One planned operation on its day: the units that it is for, and their states as those before it leave them."""

    simulation: "Simulation"
    planned: Planned
    units: tuple[Unit, ...] = ()
    states: tuple[State, ...] = ()


def _wanted(steps: Iterable[Step], previews: Iterable[Sequence[Preview]]) -> set[UUID]:
    """Return the entitlements of which it matters what was made due before, also by what is simulated."""
    pairs = zip(steps, previews, strict=True)
    return {key for step, each in pairs for key in step.simulation.billed_in(step, each)}


@dataclass
class Simulation:
    """The course of one order through its days, the revisions its operations name, and the money of earlier days.

    ``created`` are keys that operations would give to what they create, and that something has already. ``foreseen`` is
    what renewed by itself so far.
    """

    order: UUID
    course: Course
    revisions: Mapping[int, Any]
    renewals: Renewals
    created: frozenset[UUID]
    made_due: list[Part] = field(default_factory=list)
    foreseen: list[Folded] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        order: UUID,
        states: Sequence[State],
        loaded: Loaded,
        renewals: Renewals,
        *,
        seats: Mapping[UUID, tuple[SeatValue, ...]],
        beside: Collection[UUID],
        created: frozenset[UUID],
    ) -> "Simulation":
        """Return the simulation of an order from what was read for several. Pure."""
        orders = {*beside, *(state.order.id for state in states)}
        held = {place: members for place, members in loaded.held.items() if place[0] in orders}
        own = {state.id: seats[state.id] for state in states if state.id in seats}
        course = Course.starting(states, seats=own, today=date.min, held=held)
        return cls(order, course, loaded.revisions, renewals, created)

    def renewal_before(self, day: date) -> Planned | None:
        """Return the first renewal before a day that is yet to come, as an operation of its own day. Pure."""
        found = self.renewals.next(self.course.states.values(), before=day)
        if found is None or len(self.foreseen) >= MOST_FORESEEN:
            return None
        operation, ids = found
        return Planned(new_id(), operation.as_of, 0, operation, ids, AUTOMATIC)

    def step(self, planned: Planned) -> Step:
        """Go on to the day of an operation."""
        operation = planned.operation
        if operation is None:
            return Step(self, planned)
        self.course.go_to(max(planned.effective_on, self.course.today))
        units = operation.units_among(planned.ids, list(self.course.states.values()))
        there = [unit for unit in units if operation.creates or set(unit) <= set(self.course.states)]
        states = (self.course.states[key] for unit in there for key in unit if key in self.course.states)
        return Step(self, planned, tuple(there), tuple(states))

    def billed_in(self, step: Step, previews: Sequence[Preview]) -> set[UUID]:
        """Return the entitlements of which it matters for previews what was made due before. Pure."""
        if step.planned.operation is None:
            return set()
        simulated = {key for part in self.made_due for key in (part.gave, part.got) if key}
        return wanted_by(step.planned.operation, previews) | (simulated & {key for one in previews for key in one.ids})

    def follow(self, step: Step, previews: Sequence[Preview], billed: Billed) -> Folded:
        """Return what an operation does, and go on from there where it can be carried out. Pure but for the course.

        ``billed`` is what was made due before, by what is written.
        """
        planned = step.planned
        if planned.operation is None:
            return Folded(planned, (), (UNREADABLE,))
        previews = self._with_money(planned, previews, self.billed_in(step, previews), billed)
        folded = Folded(planned, previews, tuple(self._unmet(planned, previews)))
        self.renewals.close(planned, fits=folded.fits)
        if folded.fits:
            for preview in previews:
                self.take(preview)
        return folded

    def _unmet(self, planned: Planned, previews: Sequence[Preview]) -> Iterable[Problem]:
        """Yield what the order itself has against an operation: what it is for is gone, or is in another order."""
        if not previews:
            yield GONE
        created = {move.id for preview in previews for move in preview.moves if move.before is None}
        if created & (set(self.course.states) | self.created):
            yield CREATED_TWICE
        known = [self.course.states[key] for key in planned.entitlements if key in self.course.states]
        if any(state.order.id != self.order for state in known):
            yield ELSEWHERE

    def take(self, preview: Preview) -> None:
        """Go on from what a preview leaves once it is written."""
        self.made_due += preview.money.parts if preview.money else ()
        self.course.take(
            replace(preview, moves=tuple(replace(move, after=_written(move.after)) for move in preview.moves))
        )

    def _with_money(
        self, planned: Planned, previews: Sequence[Preview], wanted: Collection[UUID], billed: Billed
    ) -> tuple[Preview, ...]:
        """Return previews that know what was made due before, also by what is simulated. Pure."""
        if not wanted or planned.operation is None:
            return tuple(previews)
        known = {
            key: [*billed.get(key, ()), *(part for part in self.made_due if key in (part.gave, part.got))]
            for key in wanted
        }
        world = World(moment_of(planned.effective_on), triggers=planned.triggers)
        return tuple(with_billed(planned.operation, previews, world, known))

    def preview(self, step: Step, world: World | None) -> list[Preview]:
        """Return the previews of an operation on its day; none of one that this version cannot read. Pure."""
        operation = step.planned.operation
        if operation is None or world is None:
            return []
        held = self.course.all_held()
        world = world.among(list(self.course.states.values()))
        seats = {**world.seats, **self.course.seats}
        at, triggers = moment_of(step.planned.effective_on), step.planned.triggers
        world = replace(world, at=at, seats=seats, held=held, triggers=triggers)
        previews = []
        for unit in step.units:
            known = [self.course.states[key] for key in unit if key in self.course.states]
            previews.append(operation.preview_unit(unit, known, world))
        return jointly_problems(previews, held)


def _written(state: State) -> State:
    """Return a state as it is read back once it is written: its order is there."""
    order = state.order
    if not (order.is_new or order.is_new_customer):
        return state
    return replace(state, order=replace(order, is_new=False, is_new_customer=False, new_codes=(), needs_code=False))
