"""Where the seats of a unit are after an undo: which stay, go, come back, or go over. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from entitlements.operations.preview import PreviewWarning
from entitlements.operations.seats import SeatChoice, Settlement, may_overflow, settle
from entitlements.operations.undo_act.changes import ChangeValue
from entitlements.state import SeatValue, State

SEATS_NAMED = 10
Seats = tuple[SeatValue, ...]
NOTHING_SETTLED = Settlement()


@dataclass(frozen=True, slots=True)
class Seating:
    """What happens to the seats of one entitlement. ``left`` go over to the entitlement that gave them once.

    ``chosen`` are the seats that a person chose here.
    """

    released: Seats = ()
    restored: Seats = ()
    taken_over: Seats = ()
    taken_from: UUID | None = None
    left: Seats = ()
    settlement: Settlement = NOTHING_SETTLED
    chosen: frozenset[UUID] = frozenset()


def must_go_over(change: ChangeValue, after: State, active: Sequence[SeatValue]) -> Seats:
    """Return the seats that go back to the entitlement that gave them: all where this one ends, else those given."""
    if change.delta.took_over is None:
        return ()
    if after.ended_on is not None:
        return tuple(active)
    given = set(change.delta.took_over.seats)
    return tuple(seat for seat in active if seat.id in given)


def seat(
    state: State,
    after: State,
    change: ChangeValue,
    *,
    active: Sequence[SeatValue],
    leaving: Seats,
    incoming: Seats,
    choice: SeatChoice,
) -> Seating:
    """Return where the seats of one entitlement are after the undo.

    ``leaving`` go over to another entitlement, ``incoming`` come from one, but for those whose id is in use here by
    now. Seats that the act brought back go again; those it released come back where their id is not in use here.
    """
    gone = {each.id for each in leaving}
    brought = {each.id for each in change.delta.restored}
    forced = tuple(each for each in active if each.id in brought and each.id not in gone)
    if after.ended_on is not None and not leaving:
        forced = tuple(active)
    off = gone | {each.id for each in forced}
    stay = [each for each in active if each.id not in off]
    names = {each.seat_id for each in stay}
    incoming = tuple(each for each in incoming if each.seat_id not in names)
    names |= {each.seat_id for each in incoming}
    returning = tuple(each for each in change.returning if each.seat_id not in names)
    in_use = state.seats_used - len(off) + len(returning) + len(incoming)
    candidates = sorted([*stay, *returning, *incoming], key=lambda each: (each.activated_at, each.id))
    must_fit = may_overflow(state, after) or bool(returning or incoming)
    known = {each.id for each in candidates}
    own = replace(choice, chosen=tuple(key for key in choice.chosen if key in known))
    settlement = settle(after, candidates, own, in_use=in_use, must_fit=must_fit)
    found = _settled(settlement, forced=forced, returning=returning, incoming=incoming, leaving=leaving)
    return replace(found, chosen=frozenset(own.chosen))


def _settled(settlement: Settlement, *, forced: Seats, returning: Seats, incoming: Seats, leaving: Seats) -> Seating:
    away = {each.id for each in settlement.released}
    own = away - {each.id for each in (*returning, *incoming)}
    return Seating(
        released=(*forced, *(each for each in settlement.released if each.id in own)),
        restored=tuple(each for each in returning if each.id not in away),
        taken_over=tuple(each for each in incoming if each.id not in away),
        left=leaving,
        settlement=settlement,
    )


def busy_warnings(changes: Sequence[ChangeValue]) -> list[PreviewWarning]:
    """Return a warning that names the seats which do not come back since they are active elsewhere."""
    busy = [name for change in changes for name in change.busy]
    if not busy:
        return []
    message = f"Active elsewhere by now, so not brought back: {_named(busy)}."
    return [PreviewWarning("seat_active_elsewhere", message, "seats")]


def left_out_warnings(leaving: Mapping[UUID, Seats], taken: Mapping[UUID, Seats]) -> list[PreviewWarning]:
    """Return a warning that names the seats which are released because they do not fit where they go over to."""
    kept = {each.id for seats in taken.values() for each in seats}
    out = [str(each) for seats in leaving.values() for each in seats if each.id not in kept]
    if not out:
        return []
    return [PreviewWarning("partner_releases", f"Released, and not taken over: {_named(out)}.", "seats")]


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - SEATS_NAMED:,} more" if len(names) > SEATS_NAMED else ""
    return ", ".join(names[:SEATS_NAMED]) + more
