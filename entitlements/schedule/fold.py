"""What is scheduled for an order, simulated: each operation on the states that those before it leave.

The state of an order on a day is the fold of its amendments, by day and number, over what it holds now. The rules are
those of every preview; nothing here writes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from config.digests import digest_of_seen
from entitlements.billing.money import Part
from entitlements.engine.billed import billed_before, wanted_by, with_billed
from entitlements.models import Amendment, Entitlement
from entitlements.models.amendments import PENDING
from entitlements.operations import Operation, Preview, Problem, read
from entitlements.operations.add_ons import jointly_problems
from entitlements.operations.course import CREATED_TWICE, Course
from entitlements.operations.preview import Move
from entitlements.state import State, active_seats, load_with_orders

UNREADABLE = Problem("unreadable", "This version cannot read what was asked. Cancel it and schedule it anew.")
GONE = Problem("gone", "What it is for is not there on that day. Cancel it, or schedule it later.")
ELSEWHERE = Problem("elsewhere", "What it is for has moved to another order. Cancel it, and schedule it anew there.")


@dataclass(frozen=True, slots=True)
class Planned:
    """One operation that waits for its day. ``number`` orders those of one day; ``operation`` counts from the day.

    ``operation`` is ``None`` where this version cannot read it.
    """

    key: UUID
    effective_on: date
    number: int
    operation: Operation | None
    ids: tuple[UUID, ...]
    name: str = ""

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
    return Planned(row.pk, row.effective_on, row.number, read(row.operation), keys, row.name)


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
    simulation = Simulation.of(order, planned, lock=lock)
    for preview in first:
        simulation.take(preview)
    return simulation.run(planned)


@dataclass
class Simulation:
    """The course of one order through its days, the revisions its operations name, and the money of earlier days."""

    order: UUID
    course: Course
    revisions: Mapping[int, Any]
    made_due: list[Part] = field(default_factory=list)

    @classmethod
    def of(cls, order: UUID, planned: Iterable[Planned], *, lock: bool = False) -> "Simulation":
        """Return the simulation before the first day."""
        known = [each for each in planned if each.operation is not None]
        ids = {key for each in known for key in each.entitlements}
        ids |= set(Entitlement.objects.filter(order=order, ended_on=None).order_by().values_list("pk", flat=True))
        orders = {order, *(key for each in known if each.operation for key in each.operation.order_ids(each.ids))}
        first = min((each.effective_on for each in known), default=date.min)
        loaded = load_with_orders(
            ids,
            on=first,
            revision_ids=[key for each in known if each.operation for key in each.operation.revision_ids()],
            order_ids=orders,
            lock=lock,
        )
        seats = active_seats(state for state in loaded.states if state.seats_used)
        return cls(order, Course.starting(loaded.states, seats=seats, today=first, held=loaded.held), loaded.revisions)

    def run(self, planned: Iterable[Planned]) -> list[Folded]:
        """Return what each does, in order of day and number."""
        return [self._follow(each) for each in sorted(planned, key=lambda each: each.place)]

    def _follow(self, planned: Planned) -> Folded:
        if planned.operation is None:
            return Folded(planned, (), (UNREADABLE,))
        self.course.go_to(planned.effective_on)
        found = jointly_problems(list(self._previews(planned.operation, planned)), self.course.all_held())
        previews = self._with_money(planned.operation, found)
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
        if created & set(self.course.states):
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

    def _with_money(self, operation: Operation, previews: Sequence[Preview]) -> tuple[Preview, ...]:
        """Return previews that know what was made due before, also by what is simulated; one query at most."""
        simulated = {key for part in self.made_due for key in (part.gave, part.got) if key}
        wanted = wanted_by(operation, previews) | (simulated & {key for each in previews for key in each.ids})
        if not wanted:
            return tuple(previews)
        known = billed_before(wanted)
        billed = {
            key: [*known.get(key, ()), *(part for part in self.made_due if key in (part.gave, part.got))]
            for key in wanted
        }
        return tuple(with_billed(operation, previews, None, billed))

    def _previews(self, operation: Operation, planned: Planned) -> Iterable[Preview]:
        units = operation.units_among(planned.ids, list(self.course.states.values()))
        units = [unit for unit in units if operation.creates or set(unit) <= set(self.course.states)]
        states = [self.course.states[key] for unit in units for key in unit if key in self.course.states]
        at, held = moment_of(planned.effective_on), self.course.all_held()
        world = operation.world(states, at=at, revisions=self.revisions, held=held)
        world = world.among(list(self.course.states.values()))
        world = replace(world, seats={**world.seats, **self.course.seats}, held=held)
        for unit in units:
            known = [self.course.states[key] for key in unit if key in self.course.states]
            yield operation.preview_unit(unit, known, world)


def _written(state: State) -> State:
    """Return a state as it is read back once it is written: its order is there."""
    order = state.order
    if not (order.is_new or order.is_new_customer):
        return state
    return replace(state, order=replace(order, is_new=False, is_new_customer=False, new_codes=(), needs_code=False))
