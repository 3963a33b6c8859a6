"""What is scheduled for an order, simulated: each operation on the states that those before it leave.

The state of an order on a day is the fold of its amendments, by day and number, over what it holds now. The rules are
those of every preview; nothing here writes.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from itertools import zip_longest
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from config.digests import digest_of_seen
from entitlements.billing.due import Billed
from entitlements.billing.money import Days, Part
from entitlements.engine.billed import billed_before, wanted_by, with_billed
from entitlements.models import Amendment, Entitlement
from entitlements.models.amendments import PENDING
from entitlements.operations import Operation, Preview, Problem, read
from entitlements.operations.add_ons import jointly_problems
from entitlements.operations.base import Unit, World
from entitlements.operations.course import CREATED_TWICE, Course
from entitlements.operations.create_entitlement import existing
from entitlements.operations.preview import Move
from entitlements.schedule.facts import facts_of
from entitlements.state import SeatValue, State, active_seats, load_with_orders
from entitlements.state.loading import Loaded

NOTHING: Mapping[UUID, Sequence[Preview]] = MappingProxyType({})
UNREADABLE = Problem("unreadable", "This version cannot read what was asked. Cancel it and schedule it anew.")
GONE = Problem("gone", "What it is for is not there on that day. Cancel it, or schedule it later.")
ELSEWHERE = Problem("elsewhere", "What it is for has moved to another order. Cancel it, and schedule it anew there.")


@dataclass(frozen=True, slots=True)
class Planned:
    """One operation that waits for its day. ``number`` orders those of one day; ``operation`` counts from the day.

    ``operation`` is ``None`` where this version cannot read it. ``triggers`` are the days on which charges start.
    """

    key: UUID
    effective_on: date
    number: int
    operation: Operation | None
    ids: tuple[UUID, ...]
    name: str = ""
    triggers: Days = field(default_factory=dict, compare=False)

    @property
    def place(self) -> tuple[date, int]:
        """Return what planned operations are sorted by."""
        return self.effective_on, self.number

    @property
    def entitlements(self) -> tuple[UUID, ...]:
        """Return the entitlements that the operation is for, wherever it names them."""
        return self.operation.named(self.ids) if self.operation else self.ids


@dataclass(frozen=True, slots=True)
class Folded:
    """One planned operation with the previews it has on its day; without any, ``problems`` say why."""

    planned: Planned
    previews: tuple[Preview, ...]
    unmet: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return everything that stands against it on its day."""
        found = (*self.unmet, *(problem for preview in self.previews for problem in preview.problems))
        return tuple(dict.fromkeys(found))

    @property
    def fits(self) -> bool:
        """Tell whether it could be carried out on its day."""
        return not self.problems

    @property
    def removes(self) -> frozenset[UUID]:
        """Return the entitlements that it ends, and that no other goes on from."""
        moves = [move for preview in self.previews for move in preview.moves]
        going_on = {move.continues.id for move in moves if move.continues}
        ended = {move.id for move in moves if move.before and not move.before.ended_on and move.after.ended_on}
        return frozenset(ended - going_on)

    @property
    def outcome(self) -> str:
        """Return a digest of what it does: values that move, overrides, what is created or ends, and problems.

        Never versions, moments, seats or the use of the day: those move on until then, and change nothing agreed.
        """
        seen = [
            [_seen(move) for preview in self.previews for move in preview.moves],
            sorted(p.code for p in self.problems),
        ]
        return digest_of_seen(seen)


def _seen(move: Move) -> list[Any]:
    return [
        str(move.id) if move.before else "",
        [[each.right.key, each.before, each.after] for each in move.effects],
        [each.seen for each in move.overrides],
    ]


def planned_of(row: Amendment) -> Planned:
    """Return an amendment as a value."""
    keys = tuple(UUID(key) for key in row.entitlements)
    triggers = facts_of(row).triggers
    return Planned(row.pk, row.effective_on, row.number, read(row.operation), keys, row.name, triggers)


def pending_of(orders: Iterable[UUID]) -> dict[UUID, list[Planned]]:
    """Return what is scheduled for orders, in its order; one query."""
    found: dict[UUID, list[Planned]] = {}
    rows = Amendment.objects.filter(order__in=list(orders), status__in=PENDING).order_by("effective_on", "number")
    for row in rows:
        found.setdefault(row.order_id, []).append(planned_of(row))
    return found


def moment_of(day: date) -> datetime:
    """Return the first moment of a day of the site."""
    return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE))


def fold_order(
    order: UUID, planned: Sequence[Planned], *, first: Sequence[Preview] = (), lock: bool = False
) -> list[Folded]:
    """Return what each planned operation does on its day, after all those before it.

    One that has problems changes nothing for those after it. ``first`` are previews of what is done now, before all
    of them. With ``lock`` all entitlements of the order are locked first, in order of id. The number of queries is
    constant for each operation, for any number of entitlements.
    """
    return fold_orders({order: planned}, first={order: first}, lock=lock)[order]


def fold_orders(
    planned: Mapping[UUID, Sequence[Planned]], *, first: Mapping[UUID, Sequence[Preview]] = NOTHING, lock: bool = False
) -> dict[UUID, list[Folded]]:
    """Return what ``fold_order`` does of each order, from one reading of all of them.

    The first operations of all orders are simulated together, then the second ones, and so on. What they need to know
    is read once for those that ask for the same, whatever the day: the number of queries is that of different requests
    which read more than seats, such as of targets; never that of orders.
    """
    simulations = _simulations(planned, lock=lock)
    for order, previews in first.items():
        for preview in previews:
            simulations[order].take(preview)
    queues = [sorted(each, key=lambda one: one.place) for each in planned.values()]
    found: dict[UUID, list[Folded]] = {order: [] for order in planned}
    for at_once in zip_longest(*queues):
        steps = [
            simulations[order].step(each) for order, each in zip(planned, at_once, strict=True) if each is not None
        ]
        worlds = _worlds(steps)
        seen = [step.simulation.preview(step, worlds.get(_question(step))) for step in steps]
        billed = billed_before(_wanted(steps, seen))
        for step, each in zip(steps, seen, strict=True):
            found[step.simulation.order].append(step.simulation.follow(step, each, billed))
    return found


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
    return {
        order: Simulation.of(
            order,
            [state for state in loaded.states if state.order.id == order or state.id in named[order]],
            loaded,
            seats=seats,
            beside=beside[order],
            created=created,
        )
        for order in planned
    }


@dataclass(frozen=True, slots=True)
class Step:
    """One planned operation on its day: the units that it is for, and their states as those before it leave them."""

    simulation: "Simulation"
    planned: Planned
    units: tuple[Unit, ...] = ()
    states: tuple[State, ...] = ()


def _question(step: Step) -> str:
    """Return what is asked for, without the day and the key of what it creates: who asks the same reads the same."""
    operation = step.planned.operation
    asked = operation.seen() if operation else {}
    return json.dumps({name: value for name, value in asked.items() if name != "as_of"}, sort_keys=True)


def _worlds(steps: Sequence[Step]) -> dict[str, World]:
    """Return what operations need to know beside the states, by what they ask for.

    The active seats are known, so that the states given to what reads have none.
    """
    asking: dict[str, list[Step]] = {}
    for step in steps:
        if step.planned.operation is not None:
            asking.setdefault(_question(step), []).append(step)
    found = {}
    for question, same in asking.items():
        simulation, planned = same[0].simulation, same[0].planned
        states = [replace(state, seats_used=0, seat_uses={}) for step in same for state in step.states]
        held = {place: members for step in same for place, members in step.simulation.course.all_held().items()}
        if planned.operation is not None:
            at, revisions = moment_of(planned.effective_on), simulation.revisions
            found[question] = planned.operation.world(states, at=at, revisions=revisions, held=held)
    return found


def _wanted(steps: Iterable[Step], previews: Iterable[Sequence[Preview]]) -> set[UUID]:
    """Return the entitlements of which it matters what was made due before, also by what is simulated."""
    pairs = zip(steps, previews, strict=True)
    return {key for step, each in pairs for key in step.simulation.billed_in(step, each)}


@dataclass
class Simulation:
    """The course of one order through its days, the revisions its operations name, and the money of earlier days.

    ``created`` are keys that operations would give to what they create, and that something has already.
    """

    order: UUID
    course: Course
    revisions: Mapping[int, Any]
    created: frozenset[UUID]
    made_due: list[Part] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        order: UUID,
        states: Sequence[State],
        loaded: Loaded,
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
        return cls(order, course, loaded.revisions, created)

    def step(self, planned: Planned) -> Step:
        """Go on to the day of an operation."""
        operation = planned.operation
        if operation is None:
            return Step(self, planned)
        self.course.go_to(planned.effective_on)
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
