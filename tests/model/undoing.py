"""Undo: one inverse for every act, made from its changes alone."""

from collections.abc import Mapping

from tests.model.rules import fit, fit_where_less, refuse_second_plan
from tests.model.steps import Seats, Undo
from tests.model.world import NOT_CREATED, Act, Change, Entitlement, Refused, Seat, World, oldest_first, without


def undo(world: World, step: Undo) -> None:
    """Go back to the versions before an act, where every entitlement has the version the act left.

    Redo is the undo of an undo. A->B->A gives another version, so the way back to the first A is refused.
    """
    if step.act in _undone(world):
        raise Refused("undone already")
    act = world.acts[step.act]
    before = dict(world.entitlements)
    for change in act.changes:
        if world.entitlements[change.entitlement].version != change.to_version:
            raise Refused("changed since")
    for change in act.changes:
        _go_back(world, change)
    _refuse_second_plans(world, act)
    for change in act.changes:
        _release_restored(world, change)
    _send_seats_back(world, act)
    _hand_use_over(world, act, before=before)
    for change in act.changes:
        _bring_back(world, change)
    for change in act.changes:
        _fit(world, change, step.seats, before=before[change.entitlement])


def _undone(world: World) -> set[int]:
    """Return the acts that an undo took back which is not undone itself."""
    undone: set[int] = set()
    for number in reversed(range(len(world.acts))):
        undoes = world.acts[number].undoes
        if number not in undone and undoes is not None:
            undone.add(undoes)
    return undone


def _go_back(world: World, change: Change) -> None:
    """Take the state and version from before, and a usage count of what it was plus the use since.

    An entitlement that was not there is never deleted: it ends. What ends by an undo ends today, on no earlier day.
    """
    entitlement = world.entitlements[change.entitlement]
    if change.from_version != NOT_CREATED:
        world.update(change.entitlement, state=change.before)
    if entitlement.is_open and (
        change.from_version == NOT_CREATED or not world.entitlements[change.entitlement].is_open
    ):
        world.update_state(change.entitlement, ended_on=world.today)
    calls = entitlement.calls - change.calls_after + change.calls_before
    world.update(change.entitlement, version=change.from_version, calls=calls)


def _refuse_second_plans(world: World, act: Act) -> None:
    """Refuse to reopen or return into an order that has got another open plan since."""
    keys = tuple(change.entitlement for change in act.changes)
    for key in keys:
        if world.entitlements[key].is_open:
            refuse_second_plan(world, world.entitlements[key].state.order, keys=keys)


def _send_seats_back(world: World, act: Act) -> None:
    """Send seats that came over back to the other entitlement; one that is ended by the undo sends all it has."""
    for change in act.changes:
        entitlement = world.entitlements[change.entitlement]
        going = _going(entitlement, change)
        world.update(change.entitlement, seats=without(entitlement.seats, going))
        for other in _others(act, change):
            world.update(other, seats=oldest_first(world.entitlements[other].seats + going))


def _hand_use_over(world: World, act: Act, *, before: Mapping[int, Entitlement]) -> None:
    """Give the use since the act from an entitlement that ends with the undo to the one that goes on.

    Open in the design: the use of an entitlement that was created alone; here it keeps it.
    """
    for change in act.changes:
        entitlement = world.entitlements[change.entitlement]
        if entitlement.is_open or not before[change.entitlement].is_open:
            continue
        for other in _others(act, change):
            since = before[change.entitlement].calls - change.calls_after
            world.update(change.entitlement, calls=entitlement.calls - since)
            world.update(other, calls=world.entitlements[other].calls + since)


def _others(act: Act, change: Change) -> list[int]:
    return [each.entitlement for each in act.changes if each is not change]


def _going(entitlement: Entitlement, change: Change) -> tuple[Seat, ...]:
    came = {seat.serial for seat in change.came}
    return tuple(seat for seat in entitlement.seats if not entitlement.is_open or seat.serial in came)


def _release_restored(world: World, change: Change) -> None:
    """Release again what the act brought back, where it is still in use."""
    seats = world.entitlements[change.entitlement].seats
    world.update(change.entitlement, seats=without(seats, change.restored))


def _fit(world: World, change: Change, choice: Seats, *, before: Entitlement) -> None:
    """Ask what becomes of seats that no longer fit, where capacity sinks or a seat came."""
    entitlement = world.entitlements[change.entitlement]
    if entitlement.is_open and without(entitlement.seats, before.seats):
        fit(world, change.entitlement, choice)
    elif entitlement.is_open:
        fit_where_less(world, change.entitlement, choice, before=before)


def _bring_back(world: World, change: Change) -> None:
    """Bring released seats back, unless their id is in use elsewhere.

    Open in the design: "elsewhere" (any entitlement of the same customer here); what they had checked out (comes back
    here).
    """
    entitlement = world.entitlements[change.entitlement]
    if not entitlement.is_open:
        return
    customer = world.orders[entitlement.state.order]
    back = [seat for seat in change.released if not world.has_active(seat.seat_id, customer=customer)]
    world.update(change.entitlement, seats=oldest_first((*entitlement.seats, *back)))
