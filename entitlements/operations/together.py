"""Several operations on one order, previewed one after the other on the evolving states, as one preview."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from entitlements.operations.base import Operation, Unit, World, label
from entitlements.operations.course import Course
from entitlements.operations.one_plan import OpenPlans, plan_problems
from entitlements.operations.preview import Move, Preview, PreviewWarning, Problem
from entitlements.operations.undo_act import UndoAct
from entitlements.operations.words import Words
from entitlements.state import NOTHING_HELD, Held, Revisions, SeatValue, State, active_seats

NO_STEPS = Problem("no_steps", "Nothing is asked for. Name at least one step.")
UNDO_IS_ALONE = Problem("undo_is_alone", "Undo is an act of its own. Undo first, then change the rest together.")
SEATS_TWICE = Problem(
    "seats_twice", "Two steps hand over seats of the same entitlement. Carry them out as two acts, one after the other."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One operation, and the entitlements it is for: such as are there, or that an earlier step creates."""

    operation: Operation
    ids: tuple[UUID, ...] = ()

    def units(self) -> tuple[Unit, ...]:
        """Return which entitlements of the step move together; none for an undo, which is refused."""
        return () if isinstance(self.operation, UndoAct) else tuple(self.operation.units(self.ids))


@dataclass(frozen=True, slots=True)
class TogetherWorld(World):
    """The world of each step, and the units it is previewed in, in their order.

    ``seats`` are all active seats before the first step, ``plans`` those that the worlds of the steps hold.
    """

    worlds: tuple[World, ...] = ()
    units: tuple[tuple[Unit, ...], ...] = ()

    def among(self, states: Sequence[State]) -> "TogetherWorld":
        """Return the world, and that of each step, where entitlements are as ``states`` say."""
        return replace(self, worlds=tuple(each.among(states) for each in self.worlds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Together(Operation):
    """Carry out ``steps`` as one: all or nothing, and undone as one.

    Each step sees the states and active seats that the ones before it leave, and reads what it needs to know beside
    them. Whether an order holds two plans is asked of the end. A step may name what an earlier one creates.
    """

    name: ClassVar[str] = "together"
    permission: ClassVar[str] = "entitlements.view_entitlement"
    creates: ClassVar[bool] = True
    has_dialog: ClassVar[bool] = False
    takes_ids: ClassVar[bool] = False
    words: ClassVar[Words] = Words(
        title="Change together",
        submit="Change",
        done="Changed together",
        verb="changed together",
        icon="swap",
        tone="info",
    )

    steps: tuple[Step, ...] = field(default=(), metadata=label("Steps"))

    @property
    def permissions(self) -> tuple[str, ...]:
        """Return the permissions of all steps."""
        return tuple(dict.fromkeys(each for step in self.steps for each in step.operation.permissions))

    @property
    def needs_reason(self) -> bool:
        """Tell whether any step must say why."""
        return any(step.operation.needs_reason for step in self.steps)

    def units(self, ids: Sequence[UUID]) -> list[Unit]:
        """Return one unit: every entitlement that a step names and that no step creates."""
        named = [key for step in self.steps for unit in step.units() for key in unit]
        created = set(self.created_ids(ids))
        return [tuple(key for key in dict.fromkeys(named) if key not in created)]

    def named(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the entitlements of all steps that no step creates, with those that move along."""
        return tuple(key for unit in self.units(ids) for key in unit)

    def on_day(self, day: date) -> "Together":
        """Return the operation with all its steps as they count from another day."""
        steps = tuple(replace(step, operation=step.operation.on_day(day)) for step in self.steps)
        return replace(self, as_of=day, steps=steps)

    def amendment_name(self, preview: Preview) -> str:
        """Return ``Update Gold annual`` where it is for one product."""
        one = len(preview.moves) == 1 and preview.lead.before is not None
        return f"Update {preview.lead.after.revision.offering_name}" if one else self.words.title

    def created_ids(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the keys of the entitlements that the steps create, or may create."""
        return tuple(key for step in self.steps for key in step.operation.created_ids(step.ids))

    def revision_ids(self) -> tuple[int, ...]:
        """Return the revisions of all steps."""
        return tuple(key for step in self.steps for key in step.operation.revision_ids())

    def order_ids(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the orders that entitlements of any step come into."""
        return tuple(key for step in self.steps for key in step.operation.order_ids(step.ids))

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> TogetherWorld:
        """Read what ``world`` reads, as if the orders held no add-ons."""
        return self.world(states, at=at, revisions=revisions)

    def world(
        self, states: Sequence[State], *, at: datetime, revisions: Revisions, held: Held = NOTHING_HELD
    ) -> TogetherWorld:
        """Read the active seats, and what each step needs for the states before it; one query beside the steps' own."""
        seats = active_seats(state for state in states if state.seats_used)
        [found] = worlds_of([Asked(self, states, at, held, seats)], revisions=revisions)
        return found

    def preview_moves(self, states: Sequence[State], world: TogetherWorld) -> Preview:
        """Return the moves of all steps, those of one entitlement joined; with every problem and warning. Pure."""
        course = Course.starting(states, seats=world.seats, today=self.as_of, held=world.held)
        for step, known, units in zip(self.steps, world.worlds, world.units, strict=True):
            course.follow(step.operation, known, units)
        moves = tuple(course.moves.values())
        problems = [
            *course.problems,
            *plan_problems(moves, _all_plans(world.worlds), field=""),
            *_seat_problems(moves),
            *_code_problems(moves),
        ]
        if any(isinstance(step.operation, UndoAct) for step in self.steps):
            problems.append(UNDO_IS_ALONE)
        if not moves and not problems:
            problems.append(NO_STEPS)
        kept = moves or tuple(Move(state, state) for state in states)
        return Preview(self, kept, _once(problems), _once(course.warnings), tuple(course.permissions))

    def parts(self, preview: Preview, world: TogetherWorld) -> set[str]:
        """Return the permissions that the parts of the steps need. Pure."""
        return set(preview.permissions)


@dataclass(frozen=True, slots=True)
class Asked:
    """Several operations as one, with the states, the moment, what is open in the orders, and the active seats."""

    operation: Together
    states: Sequence[State]
    at: datetime
    held: Held = field(default_factory=dict)
    seats: Mapping[UUID, tuple[SeatValue, ...]] = field(default_factory=dict)


def worlds_of(asked: Sequence[Asked], *, revisions: Revisions) -> list[TogetherWorld]:
    """Return the world of each, read for all of them: the first steps of all, then the second ones, and so on.

    The number of queries is that of different requests among the steps of one place, never that of ``asked``.
    """
    courses = [
        Course.starting(each.states, seats=each.seats, today=each.operation.as_of, held=each.held) for each in asked
    ]
    units = [tuple(step.units() for step in each.operation.steps) for each in asked]
    found: list[list[World]] = [[] for _ in asked]
    for place in range(max((len(each) for each in units), default=0)):
        there = [number for number, each in enumerate(units) if place < len(each)]
        alike: dict[str, list[int]] = {}
        for number in there:
            alike.setdefault(asked[number].operation.steps[place].operation.question, []).append(number)
        for same in alike.values():
            concerned = [state for number in same for state in _named(courses[number], units[number][place])]
            held = {key: members for number in same for key, members in asked[number].held.items()}
            first = asked[same[0]]
            world = first.operation.steps[place].operation.world(concerned, at=first.at, revisions=revisions, held=held)
            for number in same:
                own = replace(world, at=asked[number].at, held=asked[number].held)
                courses[number].follow(asked[number].operation.steps[place].operation, own, units[number][place])
                found[number].append(own)
    return [
        TogetherWorld(
            at=each.at, seats=each.seats, plans=_all_plans(worlds), held=each.held, worlds=tuple(worlds), units=members
        )
        for each, worlds, members in zip(asked, found, units, strict=True)
    ]


def _named(course: Course, units: Sequence[Unit]) -> list[State]:
    """Return the states, as the steps before leave them, that a step is for."""
    named = dict.fromkeys(key for unit in units for key in unit)
    return [course.states[key] for key in named if key in course.states]


def _all_plans(worlds: Iterable[World]) -> OpenPlans:
    return OpenPlans({place: held for world in worlds for place, held in world.plans.held.items()})


def _seat_problems(moves: Sequence[Move]) -> list[Problem]:
    """Return a problem where seats go on twice: the log holds one partner for each change."""
    givers = [move.taken_from for move in moves if move.taken_from is not None]
    receivers = {move.id for move in moves if move.taken_from is not None}
    return [SEATS_TWICE] if len(set(givers)) < len(givers) or receivers & set(givers) else []


def _code_problems(moves: Sequence[Move]) -> list[Problem]:
    """Return a problem for each activation code that two new orders would get."""
    orders = {move.after.order.id: move.after.order for move in moves if move.after.order.is_new}
    given = Counter(code for order in orders.values() for code in set(order.new_codes))
    return [
        Problem("code_twice", f"Two steps give the code {code}. Give each code once.", "codes")
        for code, count in given.items()
        if count > 1
    ]


def _once(found: Sequence[Problem] | Sequence[PreviewWarning]) -> tuple:  # type: ignore[type-arg]
    return tuple(dict.fromkeys(found))
