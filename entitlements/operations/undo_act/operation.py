"""Take an act back: one generic inverse of whatever it did, unit by unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from entitlements.billing.due import Billed
from entitlements.billing.money import Money
from entitlements.billing.starts import Starts
from entitlements.operations.add_ons import with_added
from entitlements.operations.base import Operation, Unit, World, label
from entitlements.operations.one_plan import open_plans, place_of, plan_problems
from entitlements.operations.parts import RELEASE, REMOVE, permissions_to_take_back, releases_beyond_need
from entitlements.operations.preview import Move, Preview, PreviewWarning, Problem, TakenBack, refused
from entitlements.operations.seats import (
    REFUSE,
    SeatChoice,
    SeatMode,
    unknown_seats,
    with_seats,
    without_seats,
)
from entitlements.operations.undo_act.changes import ChangeValue, changes_of, orders_left, units_of
from entitlements.operations.undo_act.seating import (
    Seating,
    Seats,
    busy_warnings,
    left_out_warnings,
    must_go_over,
    seat,
)
from entitlements.operations.words import Words
from entitlements.state import Revisions, State, active_seats
from offerings.rights import LARGEST

REMOVED = "remove_product"
PARTNER_ENDS = PreviewWarning("partner_ends", "The entitlement that was created ends with this.")
PARTNER_ENDS_WITH_SEATS = replace(PARTNER_ENDS, message=f"{PARTNER_ENDS.message} Its seats come over.")
PARTNER_OPENS = PreviewWarning("partner_opens", "An entitlement that had ended opens again with this.")


@dataclass(frozen=True, slots=True)
class UndoWorld(World):
    """The world with the change of each entitlement."""

    changes: Mapping[UUID, ChangeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoAct(Operation):
    """Go back to the versions before the act ``act_id``, where nothing has changed since.

    Released seats come back unless their id is active elsewhere; where they do not fit, ``seats`` says which stay.

    On the day of the act the money is that of the act the other way round, line by line: both come to nothing. On a
    later day it is the swap back on that day: the days until then stay charged as they were, and what is due once is
    neither given back nor charged again. Charges that waited for their day wait for it again.
    """

    name: ClassVar[str] = "undo_act"
    permission: ClassVar[str] = "entitlements.undo_act"
    may_wait: ClassVar[bool] = False
    has_dialog: ClassVar[bool] = False
    words: ClassVar[Words] = Words(
        title="Undo",
        submit="Undo",
        done="Undid or redid",
        verb="undid a change of",
        icon="undo",
        tone="quiet",
    )

    act_id: UUID
    seats: SeatChoice = field(default=REFUSE, metadata=label("Seats in use"))

    def units(self, ids: Sequence[UUID]) -> list[Unit]:
        """Return the entitlements with those that moved together with them in the act; one query."""
        return units_of(self.act_id, ids)

    def order_ids(self, ids: Sequence[UUID]) -> tuple[UUID, ...]:
        """Return the orders that the act moved the entitlements out of; one query."""
        return orders_left(self.act_id, ids)

    def load(self, states: Sequence[State], *, at: datetime, revisions: Revisions) -> UndoWorld:
        """Read the act's changes, what undid them, their revisions, orders and seats; nine queries at most."""
        changes = changes_of(self.act_id, states)
        known = [(state, changes[state.id]) for state in states if state.id in changes]
        moved = ((place_of(state), place_of(self._before(state, change))) for state, change in known)
        return UndoWorld(
            at=at,
            seats=active_seats(state for state, change in known if self._needs_seats(state, change)),
            plans=open_plans(place for was, place in moved if place != was),
            changes=changes,
        )

    def _needs_seats(self, state: State, change: ChangeValue) -> bool:
        delta, before = change.delta, self._before(state, change)
        if before.ended_on is not None or delta.took_over or delta.handed_over or delta.restored:
            return True
        if self.seats.mode in (SeatMode.RELEASE_CHOSEN, SeatMode.RELEASE_ALL):
            return True
        capacity = before.own_seat_capacity  # add-ons only add to it, and which are there after the undo shows later
        fits = (capacity is None or state.seats_used <= capacity) and not change.returning
        return self.seats.mode is SeatMode.RELEASE_OLDEST and not fits

    def _before(self, state: State, change: ChangeValue) -> State:
        """Return the state with the change taken back, seats apart. What was created, or opened again, ends today."""
        if change.from_revision is None:
            return replace(state, ended_on=self.as_of)
        before = change.delta.taken_back(state, revision=change.from_revision, orders=change.orders)
        ends = state.ended_on is None and before.ended_on is not None
        return replace(before, ended_on=self.as_of) if ends else before

    def parts(self, preview: Preview, world: UndoWorld) -> set[str]:
        """Return the permissions for what is taken back, and for seats that go by choice. Pure."""
        by = {world.changes[move.id].operation for move in preview.moves if move.id in world.changes}
        found = {REMOVE} if by == {REMOVED} else permissions_to_take_back(preview.moves)
        chooses = self.seats.mode in (SeatMode.RELEASE_CHOSEN, SeatMode.RELEASE_ALL)
        return found | ({RELEASE} if chooses and any(map(releases_beyond_need, preview.moves)) else set())

    def money_of(self, preview: Preview, world: UndoWorld, billed: Billed) -> Money | None:
        """Return what the way back makes due: on the day of the act its lines the other way round. Pure."""
        found = Operation.money_of(self, preview, world, billed)
        made = [world.changes[move.id].money for move in preview.moves if move.id in world.changes]
        on_the_day = next((each for each in made if each is not None and each.on == self.as_of), None)
        if on_the_day is None or all(move.is_unchanged for move in preview.moves):
            return found
        return on_the_day.taken_back(found)

    def starts_of(self, preview: Preview, world: UndoWorld) -> Starts:
        """Return the days on which charges started that the act gave up. Pure."""
        made = [world.changes[move.id].money for move in preview.moves if move.id in world.changes]
        parts = [part for money in made if money is not None for part in money.parts]
        return Starts(back={part.gave: part.waited for part in parts if part.gave is not None})

    def preview_moves(self, states: Sequence[State], world: UndoWorld) -> Preview:
        """Return what taking the act back would do. Pure."""
        changes = [world.changes[state.id] for state in states if state.id in world.changes]
        if len(changes) < len(states):
            return refused(self, states, [Problem("not_in_act", "That act did not change this entitlement.")])
        if problems := _changed_since(states, changes):
            return refused(self, states, problems)
        pairs = list(zip(states, changes, strict=True))
        afters = _with_use_since(pairs, {state.id: self._before(state, change) for state, change in pairs})
        afters = with_added(afters, world.held, today=self.as_of)
        leaving = {
            state.id: must_go_over(change, afters[state.id], _free_seats(state, change, world))
            for state, change in pairs
        }
        seatings = {state.id: self._seating(state, pairs, afters[state.id], leaving, world) for state in states}
        moves = tuple(self._move(state, change, afters[state.id], seatings, world) for state, change in pairs)
        return self._concluded(moves, changes, seatings, leaving, world)

    def _seating(
        self,
        state: State,
        pairs: Sequence[tuple[State, ChangeValue]],
        after: State,
        leaving: Mapping[UUID, Seats],
        world: UndoWorld,
    ) -> Seating:
        givers = [other.id for other, change in pairs if _source_of(change) == state.id]
        incoming = tuple(each for giver in givers for each in leaving[giver])
        found = seat(
            state,
            after,
            world.changes[state.id],
            active=world.seats.get(state.id, ()),
            leaving=leaving[state.id],
            incoming=incoming,
            choice=self.seats,
        )
        return replace(found, taken_from=givers[0] if givers else None)

    def _move(
        self, state: State, change: ChangeValue, after: State, seatings: Mapping[UUID, Seating], world: UndoWorld
    ) -> Move:
        seating = seatings[state.id]
        taken = {each.id for other in seatings.values() for each in other.taken_over}
        unwanted = tuple(each for each in seating.left if each.id not in taken)
        released = (*seating.released, *unwanted)
        after = without_seats(after, [*seating.released, *seating.left])
        after = with_seats(after, [*seating.restored, *seating.taken_over])
        return Move(
            state,
            after,
            released=released,
            restored=seating.restored,
            taken_over=seating.taken_over,
            taken_from=seating.taken_from,
            takes_back=TakenBack(change.id, change.from_version),
            memo=world.memo,
        )

    def _concluded(
        self,
        moves: tuple[Move, ...],
        changes: Sequence[ChangeValue],
        seatings: Mapping[UUID, Seating],
        leaving: Mapping[UUID, Seats],
        world: UndoWorld,
    ) -> Preview:
        settlements = [seating.settlement for seating in seatings.values()]
        problems = [*plan_problems(moves, world.plans, field=""), *(p for each in settlements for p in each.problems)]
        unknown = set(self.seats.chosen) - {key for each in seatings.values() for key in each.chosen}
        if self.seats.mode is SeatMode.RELEASE_CHOSEN and unknown:
            problems.append(unknown_seats(len(unknown)))
        if not problems and all(move.is_unchanged for move in moves):
            message = "Nothing is left to bring back: the seats of that act are active elsewhere, or released already."
            problems.append(Problem("nothing_to_undo", message, "seats"))
        taken = {key: seating.taken_over for key, seating in seatings.items()}
        warnings = [
            *_partner_warnings(moves),
            *busy_warnings(changes),
            *left_out_warnings(leaving, taken),
            *(warning for each in settlements for warning in each.warnings),
        ]
        return Preview(self, moves, tuple(problems), tuple(warnings))


def _free_seats(state: State, change: ChangeValue, world: UndoWorld) -> Seats:
    """Return the active seats that the act itself did not bring back: those go again and never go over."""
    brought = {each.id for each in change.delta.restored}
    return tuple(each for each in world.seats.get(state.id, ()) if each.id not in brought)


def _source_of(change: ChangeValue) -> UUID | None:
    """Return the entitlement that the seats of a change came from, and to which they go back."""
    return change.delta.took_over.other if change.delta.took_over else None


def _changed_since(states: Sequence[State], changes: Sequence[ChangeValue]) -> list[Problem]:
    if any(change.is_undone for change in changes):
        return [Problem("already_undone", "This act has been undone already.")]
    if all(state.version == change.to_version for state, change in zip(states, changes, strict=True)):
        return []
    if len(states) == 1:
        message = "This entitlement has been changed since. Undo the later changes first, newest first."
    else:
        message = "An entitlement of this act has been changed since. Undo its later changes first, newest first."
    return [Problem("changed_since", message)]


def _with_use_since(pairs: Sequence[tuple[State, ChangeValue]], afters: dict[UUID, State]) -> dict[UUID, State]:
    """Return the states with the use since the act moved from an entitlement that ends to the one that goes on."""
    for state, change in pairs:
        source = _source_of(change)
        if source not in afters or afters[state.id].ended_on is None or state.ended_on is not None:
            continue
        left, counters = dict(afters[state.id].counters), dict(afters[source].counters)
        for key, since in change.delta.use_since(state).items():
            counters[key] = min(LARGEST, counters.get(key, 0) + since)
            left[key] -= since
        afters[state.id] = replace(afters[state.id], counters={key: used for key, used in left.items() if used})
        afters[source] = replace(afters[source], counters=counters)
    return afters


def _partner_warnings(moves: Sequence[Move]) -> list[PreviewWarning]:
    """Return what becomes of the other entitlement of a pair."""
    if len(moves) == 1:
        return []
    found = []
    if any(move.before and move.before.ended_on is None and move.after.ended_on for move in moves):
        found.append(PARTNER_ENDS_WITH_SEATS if any(move.taken_over for move in moves) else PARTNER_ENDS)
    if any(move.before and move.before.ended_on and move.after.ended_on is None for move in moves):
        found.append(PARTNER_OPENS)
    return found
