"""The second entitlement of a move: one that goes on from another, or a part of its quantity. Pure.

*Create new*: the old one ends, and a new one starts in the same order. *A part*: some of the seats bought become an
entitlement of their own, in an order of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from entitlements.models import derived_id
from entitlements.operations.preview import Move, PreviewWarning, Problem
from entitlements.operations.seats import KEEP, REFUSE, SeatChoice, SeatMode, Settlement, settle, without_seats
from entitlements.operations.terms import (
    ADDING,
    TermChoice,
    TermOutcome,
    late_problems,
    order_problems,
    started,
    starts_on_creation,
    with_changed_term,
    without_day_by_hand,
)
from entitlements.state import NOTHING, OrderValue, SeatValue, State

CREATES_NEW = PreviewWarning(
    "creates_new", "This entitlement ends today, and a new one starts in the same order. Seats go over to it.", "term"
)
CREATES_PART = PreviewWarning(
    "creates_part", "The part becomes an entitlement of its own, in a new order with an activation code.", "count"
)


def with_new_term(after: State, choice: TermChoice, *, today: date, at: datetime) -> TermOutcome:
    """Return the new entitlement: kept overrides, quantity and seats go over, counters start at 0.

    Its term starts today, or on a later day agreed for the old one, where that was activated or where the plan of the
    new one starts on creation. Where ``choice`` says so, what was left of the old term is added.
    """
    extra = after.days_left(today) if choice.mode in ADDING else 0
    fresh = replace(
        without_day_by_hand(after, choice),
        counters=NOTHING,
        starts_on=after.starts_on if after.starts_on and after.starts_on > today else None,
        anchor_on=None,
        standard_expires_on=None,
        standard_maintenance_expires_on=None,
        activated_at=None,
    )
    if after.is_activated or starts_on_creation(after.revision):
        fresh = started(fresh, today=today, at=at, extra_days=extra).settled()
    return TermOutcome(fresh, (*order_problems(fresh), *late_problems(fresh)))


def with_chosen_term(
    before: State, after: State, choice: TermChoice, *, is_new: bool, today: date, at: datetime, subscribe: str
) -> TermOutcome:
    """Return ``after`` with the term of a second entitlement where ``is_new``, else with the one it has changed to."""
    if is_new:
        return with_new_term(after, choice, today=today, at=at)
    return with_changed_term(before, after, choice, today=today, at=at, subscribe=subscribe)


def moves_to_new(move: Move, *, seats: Sequence[SeatValue], key: UUID, today: date) -> tuple[Move, Move]:
    """Return a move in place as two: the end of the one entitlement, and the start of the one that takes its place."""
    before = _before(move)
    gone = {seat.id for seat in move.released}
    ended = replace(before, ended_on=today, seats_used=0, seat_uses={})
    created = replace(move.after, id=derived_id(key, before.id), version=0, sequence=0)
    return (
        Move(before, ended, released=move.released, path=move.path, memo=move.memo),
        Move(
            None,
            created,
            taken_over=tuple(seat for seat in seats if seat.id not in gone),
            taken_from=before.id,
            continues=before,
            path=move.path,
            memo=move.memo,
        ),
    )


# --- a part of the quantity ------------------------------------------------------------------------------------------


def part_of(state: State, count: int, *, key: UUID) -> State:
    """Return the part as it is before the move: ``count`` of the quantity, the same term and billing, no seats yet.

    Its order is billed as the one it leaves, and is invoiced through the same day. Overrides go along, but for a number
    of seats set by hand: that was agreed once, and stays with the rest.
    """
    order = OrderValue(
        id=derived_id(key, state.id, "order"),
        customer_id=state.order.customer_id,
        customer_name=state.order.customer_name,
        is_customer_disabled=state.order.is_customer_disabled,
        is_new=True,
        needs_code=True,
        billing=state.order.billing,
    )
    return replace(
        state,
        id=derived_id(key, state.id),
        version=0,
        sequence=0,
        order=order,
        quantity=count,
        counters=NOTHING,
        seats_used=0,
        seat_uses={},
        added=(),
    ).with_overrides({"seat_limit": None})


@dataclass(frozen=True, slots=True)
class Rest:
    """What stays when a part goes, and which of its seats go since they do not fit what is left."""

    state: State
    settlement: Settlement


def choice_of_part(choice: SeatChoice) -> SeatChoice:
    """Return what is done about seats that do not fit: where seats are chosen, those go along, and none is released."""
    return REFUSE if choice.mode is SeatMode.RELEASE_CHOSEN else choice


def rest_of(
    state: State, count: int, *, active: Sequence[SeatValue], going: Sequence[SeatValue], choice: SeatChoice
) -> Rest:
    """Return what stays when ``count`` of the quantity goes with the seats ``going``; the choice of seats holds too.

    To release all seats means those that go along.
    """
    rest = without_seats(replace(state, quantity=(state.quantity or 0) - count), going)
    away = {seat.id for seat in going}
    staying = [seat for seat in active if seat.id not in away]
    sinks = rest.seat_capacity != state.seat_capacity
    own = KEEP if choice.mode is SeatMode.RELEASE_ALL else choice_of_part(choice)
    found = settle(rest, staying, own, in_use=rest.seats_used, must_fit=sinks)
    problems = tuple(replace(each, message=f"What stays: {each.message}") for each in found.problems)
    warnings = tuple(replace(each, message=f"What stays: {each.message}") for each in found.warnings)
    return Rest(without_seats(rest, found.released), Settlement(found.released, problems, warnings))


def part_warnings(state: State) -> list[PreviewWarning]:
    """Return what to know of a part: it is created, and a number of seats set by hand does not go along."""
    if "seat_limit" not in state.overrides:
        return [CREATES_PART]
    message = "The number of seats that was set by hand stays with the rest. The part has the seats of its quantity."
    return [CREATES_PART, PreviewWarning("seats_stay_overridden", message, "seat_limit")]


def part_problems(state: State, count: int) -> list[Problem]:
    """Return why a part cannot be split off: not sold per seat, none, or nothing left."""
    if not state.revision.is_per_quantity or state.quantity is None:
        message = f"{state.revision.offering_name} is not sold per seat, so it moves as a whole. Leave this empty."
        return [Problem("part_not_sold", message, "count")]
    if 1 <= count < state.quantity:
        return []
    if state.quantity == 1:
        return [Problem("part_out_of_range", "There is one seat only: move it as a whole. Leave this empty.", "count")]
    message = f"Give a number from 1 to {state.quantity - 1:,}, or leave this empty to move all {state.quantity:,}."
    return [Problem("part_out_of_range", message, "count")]


def seats_of_part(choice: SeatChoice, active: Sequence[SeatValue], count: int) -> tuple[SeatValue, ...]:
    """Return the seats that go with a part: those chosen, else the earliest activated, ``count`` at most."""
    if choice.mode is SeatMode.RELEASE_CHOSEN:
        wanted = set(choice.chosen)
        return tuple(seat for seat in active if seat.id in wanted)
    return tuple(active[:count])


def seats_problems(choice: SeatChoice, going: Sequence[SeatValue], count: int) -> list[Problem]:
    """Return what is wrong with the seats chosen for a part: not active here, or more than go."""
    if choice.mode is not SeatMode.RELEASE_CHOSEN:
        return []
    found = []
    if len(going) < len(set(choice.chosen)):
        message = "Some of the seats chosen are not active here. Choose from those listed."
        found.append(Problem("seat_unknown", message, "seats"))
    if len(going) > count:
        message = f"{len(going):,} seats are chosen, and {count:,} go. Choose at most {count:,}."
        found.append(Problem("too_many_seats", message, "seats"))
    return found


def _before(move: Move) -> State:
    if move.before is None:
        raise LookupError("There is no such entitlement.")
    return move.before
