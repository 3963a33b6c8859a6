"""Undo: one inverse for every act, made from its changes alone."""

from tests.model.rules import fit, refuse_second_plan
from tests.model.steps import Seats, Undo
from tests.model.world import NOT_CREATED, Act, Change, Entitlement, Refused, Seat, World, oldest_first, without


def undo(world: World, step: Undo) -> None:
    """Go back to the versions before an act, where every entitlement has the version the act left.

    Redo is the undo of an undo. A->B->A gives another version, so the way back to the first A is refused.
    """
    act = world.acts[step.act]
    before = dict(world.entitlements)
    for change in act.changes:
        if world.entitlements[change.entitlement].version != change.to_version:
            raise Refused("changed since")
    for change in act.changes:
        _go_back(world, change)
    _refuse_second_plans(world, act)
    _send_seats_back(world, act)
    for change in act.changes:
        _release_restored(world, change)
        _fit(world, change, step.seats, before=before[change.entitlement])
    for change in act.changes:
        _bring_back(world, change)


def _go_back(world: World, change: Change) -> None:
    """Take the state and version from before, and a usage count of what it was plus the use since.

    An entitlement that was not there is never deleted: it ends today.
    """
    entitlement = world.entitlements[change.entitlement]
    if change.from_version == NOT_CREATED:
        world.update_state(change.entitlement, ended_on=world.today)
    else:
        world.update(change.entitlement, state=change.before)
    calls = entitlement.calls - change.calls
    world.update(change.entitlement, version=change.from_version, calls=calls)


def _refuse_second_plans(world: World, act: Act) -> None:
    """Refuse to reopen or return into an order that has got another open plan since."""
    keys = tuple(change.entitlement for change in act.changes)
    for key in keys:
        if world.entitlements[key].is_open:
            refuse_second_plan(world, world.entitlements[key].state.order, keys=keys)


def _send_seats_back(world: World, act: Act) -> None:
    """Send seats that came over back to the other entitlement; one that is ended by the undo sends all it has.

    Open in the design: the use of an entitlement whose creation is undone; here it goes to the one it came from. An
    entitlement created alone releases its seats, and keeps the use.
    """
    for change in act.changes:
        entitlement = world.entitlements[change.entitlement]
        others = [each.entitlement for each in act.changes if each is not change]
        going = _going(entitlement, change)
        world.update(change.entitlement, seats=without(entitlement.seats, going))
        if not others:
            continue
        other = world.entitlements[others[0]]
        world.update(others[0], seats=oldest_first(other.seats + going))
        if change.from_version == NOT_CREATED:
            world.update(change.entitlement, calls=0)
            world.update(others[0], calls=other.calls + entitlement.calls)


def _going(entitlement: Entitlement, change: Change) -> tuple[Seat, ...]:
    came = {seat.serial for seat in change.came}
    return tuple(seat for seat in entitlement.seats if not entitlement.is_open or seat.serial in came)


def _release_restored(world: World, change: Change) -> None:
    """Release again what the act brought back, where it is still in use."""
    seats = world.entitlements[change.entitlement].seats
    world.update(change.entitlement, seats=without(seats, change.restored))


def _fit(world: World, change: Change, choice: Seats, *, before: Entitlement) -> None:
    if world.entitlements[change.entitlement].is_open:
        fit(world, change.entitlement, choice, before=before)


def _bring_back(world: World, change: Change) -> None:
    """Bring released seats back, unless their id is in use elsewhere or no room is left.

    Open in the design: which come back where there is room for some (the earliest activated here); "elsewhere" (any
    entitlement here); whether the choice of seats is asked for those that find no room (not here: they stay released,
    and the choice is asked where the seats in use alone are too many); what they had checked out (comes back here).
    """
    entitlement = world.entitlements[change.entitlement]
    if not entitlement.is_open:
        return
    back = [seat for seat in oldest_first(change.released) if not world.has_active(seat.seat_id)]
    if entitlement.capacity is not None:
        back = back[: max(0, entitlement.room())]
    world.update(change.entitlement, seats=oldest_first((*entitlement.seats, *back)))
