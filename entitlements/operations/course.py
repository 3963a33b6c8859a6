"""Where several operations lead, one after the other: the states and seats that each leaves to the next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from entitlements.operations.add_ons import is_add_on, with_added
from entitlements.operations.base import Operation, Unit, World
from entitlements.operations.one_plan import TWO_PLANS
from entitlements.operations.preview import Move, Preview, PreviewWarning, Problem
from entitlements.state import Held, SeatValue, State, held_in

CREATED_TWICE = Problem("created_twice", "Two steps create the same entitlement. Give each a key of its own.")


@dataclass(slots=True)
class Course:
    """Where the steps so far lead: the states and active seats that they leave, their moves, and what is said of them.

    The moves of one entitlement are joined.
    """

    today: date
    held: Held
    states: dict[UUID, State]
    seats: dict[UUID, tuple[SeatValue, ...]]
    moves: dict[UUID, Move] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[PreviewWarning] = field(default_factory=list)
    permissions: set[str] = field(default_factory=set)

    @classmethod
    def starting(
        cls, states: Sequence[State], *, seats: Mapping[UUID, tuple[SeatValue, ...]], today: date, held: Held
    ) -> "Course":
        """Return the course before the first step, on a day, with what is open in the orders."""
        return cls(today, held, {state.id: state for state in states}, dict(seats))

    def follow(self, operation: Operation, world: World, units: Sequence[Unit]) -> None:
        """Take one step: preview the operation on the states and seats as they are now. Pure but for the course."""
        missing = {key for unit in units for key in unit} - set(self.states)
        if missing:
            self.problems.append(_missing(len(missing)))
            return
        for unit in units:
            seated = replace(world, seats=self.seats, held=self.held_now())
            preview = operation.preview_moves([self.states[key] for key in unit], seated)
            self.problems += (each for each in preview.problems if each.code != TWO_PLANS)
            self.warnings += preview.warnings
            self.permissions |= operation.parts(preview, seated)
            self.take(preview)

    def held_now(self) -> Held:
        """Return what is open in the orders as the steps so far leave it; nothing where none holds an add-on."""
        return self.all_held() if self.held else self.held

    def all_held(self) -> Held:
        """Return what is open as the steps so far leave it, also in an order that held nothing at first."""
        others = [state for members in self.held.values() for state in members if state.id not in self.states]
        return held_in([*others, *self.states.values()])

    def take(self, preview: Preview) -> None:
        """Go on from what a preview leaves."""
        for move in preview.moves:
            self._add(move)
        if any(is_add_on(move.after) for move in preview.moves):
            self.states = with_added(self.states, self.held, today=self.today)

    def go_to(self, day: date) -> None:
        """Go on on a later day: overrides that end by then are gone, and what add-ons add depends on it."""
        self.today = day
        self.states = {key: _without_ended(state, day) for key, state in self.states.items()}
        self.states = with_added(self.states, self.held, today=day)

    def _add(self, move: Move) -> None:
        if move.before is None and move.id in self.states:
            self.problems.append(CREATED_TWICE)
            return
        earlier = self.moves.get(move.id)
        self.moves[move.id] = earlier.then(move) if earlier else move
        self.states[move.id] = move.after
        if move.taken_from is not None:
            self.seats[move.taken_from] = _without(self.seats.get(move.taken_from, ()), move.taken_over)
        stay = _without(self.seats.get(move.id, ()), move.released)
        active = (*stay, *move.restored, *move.taken_over)
        self.seats[move.id] = tuple(sorted(active, key=lambda seat: (seat.activated_at, seat.id)))


def _without(seats: Iterable[SeatValue], gone: Iterable[SeatValue]) -> tuple[SeatValue, ...]:
    ids = {seat.id for seat in gone}
    return tuple(seat for seat in seats if seat.id not in ids)


def _missing(count: int) -> Problem:
    noun = "entitlement is" if count == 1 else "entitlements are"
    return Problem("unknown_entitlement", f"{count:,} {noun} not there. Name those that are, or that a step creates.")


def _without_ended(state: State, day: date) -> State:
    """Return a state without the overrides whose end has come; what has ended itself stays as it is."""
    ended = [key for key, each in state.overrides.items() if each.until and each.until <= day]
    return state.with_overrides(dict.fromkeys(ended)) if ended and state.ended_on is None else state
