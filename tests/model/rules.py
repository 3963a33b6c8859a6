"""What each step does, but for undo. A rule changes the world it is given, a copy, or refuses."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from tests.model.catalog import CALLS, DASHBOARDS, GRACE, OFFERINGS, ORDERED, SEAT_LIMIT, UNLIMITED, Value
from tests.model.steps import (
    ActivateSeats,
    ChangeOffering,
    ChangePart,
    CheckOut,
    CountCalls,
    Create,
    Disable,
    Enable,
    OpenOrder,
    Publish,
    ReleaseSeats,
    Remove,
    Renew,
    RevertOverrides,
    SeatMode,
    Seats,
    SetOverrides,
    SetQuantity,
    TermMode,
    Transfer,
    Wait,
)
from tests.model.terms import days_left, new_term, next_expiry
from tests.model.world import Entitlement, Override, Refused, Seat, State, World, oldest_first, only, without

# --- the surroundings ----------------------------------------------------------------------------


def wait(world: World, step: Wait) -> None:
    """Let days go by."""
    world.today += timedelta(days=step.days)


def open_order(world: World, step: OpenOrder) -> None:
    """Give a customer another order."""
    world.add_order(step.customer)


def publish(world: World, step: Publish) -> None:
    """Publish the next revision; nobody moves to it by that."""
    if world.published[step.offering] == len(OFFERINGS[step.offering].revisions):
        raise Refused("the catalog has no further revision")
    world.published[step.offering] += 1


# --- traffic of clients --------------------------------------------------------------------------


def activate_seats(world: World, step: ActivateSeats) -> None:
    """Activate seats where access is given and use is below capacity."""
    entitlement = _usable(world, step.entitlement)
    if any(entitlement.has(seat_id) for seat_id in step.seat_ids):
        raise Refused("such a seat is in use")
    if entitlement.capacity is not None and entitlement.room() < len(step.seat_ids):
        raise Refused("no room")
    serials = range(world.serial, world.serial + len(step.seat_ids))
    new = tuple(Seat(seat_id, serial) for seat_id, serial in zip(step.seat_ids, serials, strict=True))
    world.serial += len(new)
    world.update(step.entitlement, seats=entitlement.seats + new)


def count_calls(world: World, step: CountCalls) -> None:
    """Count use up to the limit in force."""
    entitlement = _usable(world, step.entitlement)
    _refuse_above(entitlement.calls + step.amount, entitlement.in_force(CALLS))
    world.update(step.entitlement, calls=entitlement.calls + step.amount)


def check_out(world: World, step: CheckOut) -> None:
    """Check elements out for a seat, or return some; over the limit only returns are allowed."""
    entitlement = _usable(world, step.entitlement)
    if not entitlement.has(step.seat_id):
        raise Refused("no such seat")
    if step.amount > 0:
        _refuse_above(entitlement.checked_out + step.amount, entitlement.in_force(DASHBOARDS))
    seats = tuple(
        replace(seat, checked_out=seat.checked_out + step.amount) if seat.seat_id == step.seat_id else seat
        for seat in entitlement.seats
    )
    if any(seat.checked_out < 0 for seat in seats):
        raise Refused("less is checked out")
    world.update(step.entitlement, seats=seats)


def _usable(world: World, key: int) -> Entitlement:
    """Return an entitlement clients may use: not ended, not disabled, within its term or the grace after it."""
    entitlement = _open(world, key)
    state = entitlement.state
    if state.is_disabled or (state.expires_on is not None and world.today >= state.expires_on + GRACE):
        raise Refused("no access")
    return entitlement


def _refuse_above(amount: int, limit: Value) -> None:
    if limit != UNLIMITED and amount > int(limit):
        raise Refused("used up")


# --- overrides and quantity ----------------------------------------------------------------------


def set_overrides(world: World, step: SetOverrides) -> None:
    """Set rights by hand. Setting what is set already changes nothing."""
    entitlement = _open(world, step.entitlement)
    if not set(step.floors) <= set(ORDERED) & dict(step.values).keys():
        raise Refused("a right that cannot be ordered has no floor")
    new = {key: Override(value, is_floor=key in step.floors) for key, value in step.values}
    _with_overrides(world, step.entitlement, {**entitlement.state.overrides, **new})
    fit_where_less(world, step.entitlement, step.seats, before=entitlement)


def revert_overrides(world: World, step: RevertOverrides) -> None:
    """Return rights to their standard. Open in the design: keys without an override; here they are refused."""
    entitlement = _open(world, step.entitlement)
    if not set(step.keys) <= set(entitlement.state.overrides):
        raise Refused("standard already")
    _with_overrides(world, step.entitlement, _dropped(entitlement.state, step.keys))
    fit_where_less(world, step.entitlement, step.seats, before=entitlement)


def set_quantity(world: World, step: SetQuantity) -> None:
    """Set the quantity, at least 1, of an entitlement sold per quantity."""
    entitlement = _open(world, step.entitlement)
    if not entitlement.offering.is_per_quantity or step.quantity < 1:
        raise Refused("no such quantity")
    world.update_state(step.entitlement, quantity=step.quantity)
    fit_where_less(world, step.entitlement, step.seats, before=entitlement)


def _with_overrides(world: World, key: int, overrides: Mapping[str, Override]) -> None:
    world.update_state(key, overrides=overrides)


def _dropped(state: State, keys: tuple[str, ...]) -> dict[str, Override]:
    return {key: override for key, override in state.overrides.items() if key not in keys}


# --- status, term, order -------------------------------------------------------------------------


def disable(world: World, step: Disable) -> None:
    """Suspend access."""
    if _open(world, step.entitlement).state.is_disabled:
        raise Refused("disabled already")
    world.update_state(step.entitlement, is_disabled=True)


def enable(world: World, step: Enable) -> None:
    """Give access back."""
    if not _open(world, step.entitlement).state.is_disabled:
        raise Refused("not disabled")
    world.update_state(step.entitlement, is_disabled=False)


def remove(world: World, step: Remove) -> None:
    """End an entitlement today, with all its seats; everything else stays as history."""
    _open(world, step.entitlement)
    world.update_state(step.entitlement, ended_on=world.today)
    world.update(step.entitlement, seats=())


def renew(world: World, step: Renew) -> None:
    """Add a term: to the expiry in force until the grace is over, to today afterwards.

    Open in the design: a perpetual license without maintenance has nothing to renew; here it is refused. A renewal
    after the grace sets a new anchor; here the day the entitlement started on stays.
    """
    entitlement = _open(world, step.entitlement)
    expires_on, months = entitlement.state.expires_on, entitlement.offering.months
    if expires_on is None or months is None:
        raise Refused("nothing to renew")
    if world.today < expires_on + GRACE:
        expires_on = next_expiry(expires_on, months, anchor_on=entitlement.state.anchor_on)
        world.update_state(step.entitlement, expires_on=expires_on)
    else:
        world.update_state(step.entitlement, expires_on=new_term(world.today, months), anchor_on=world.today)


def transfer(world: World, step: Transfer) -> None:
    """Move an entitlement to another order; overrides, term and counters stay."""
    _open(world, step.entitlement)
    refuse_second_plan(world, step.order, keys=())
    world.update_state(step.entitlement, order=step.order)
    if step.releases_seats:
        world.update(step.entitlement, seats=())


# --- creation, and another offering --------------------------------------------------------------


def create(world: World, step: Create) -> None:
    """Create an entitlement on the newest revision; an order holds one open plan of a product."""
    refuse_second_plan(world, step.order, keys=())
    offering = OFFERINGS[step.offering]
    state = State(
        order=step.order,
        offering=step.offering,
        revision=world.published[step.offering],
        quantity=_quantity_for(step.offering, step.quantity),
        starts_on=world.today,
        anchor_on=world.today,
        expires_on=new_term(world.today, offering.months),
    )
    world.add(Entitlement(state))


def change_offering(world: World, step: ChangeOffering) -> None:
    """Move a whole entitlement: everything takes the target's value, but what was set by hand and not dropped."""
    entitlement = _open(world, step.entitlement)
    _refuse_target(world, step.offering, step.revision)
    if step.term is TermMode.CREATE_NEW:
        if step.keep_counters:
            raise Refused("a new one counts from 0")
        _create_new(world, step, entitlement)
        return
    is_same = step.offering == entitlement.state.offering
    world.update_state(step.entitlement, **_target(step, entitlement.state), **_term(world, step, entitlement))
    # Open in the design: a term restarted on the same offering; here the usage count is kept, as with its revisions.
    calls = entitlement.calls if is_same or step.keep_counters else 0
    world.update(step.entitlement, calls=calls)
    fit(world, step.entitlement, step.seats)


def _target(step: ChangeOffering, state: State) -> dict[str, object]:
    return {
        "offering": step.offering,
        "revision": step.revision,
        "quantity": _quantity_for(step.offering, step.quantity or state.quantity),
        "overrides": _dropped(state, step.dropped),
    }


def _term(world: World, step: ChangeOffering, entitlement: Entitlement) -> dict[str, object]:
    """Return the fields of the term.

    Open in the design, and each its plainest reading here: a term kept on purpose keeps its days, whatever the target's
    duration, and is not one set by hand afterwards; a restart starts the entitlement today; what is left is counted in
    days, and is nothing where the term is over or never ended; a term kept on a perpetual target has no expiry.
    """
    months = OFFERINGS[step.offering].months
    mode = step.term
    if mode is TermMode.DEFAULT:
        mode = TermMode.KEEP if months == entitlement.offering.months else TermMode.RESTART
    if mode is TermMode.KEEP:
        return {} if months else {"expires_on": None}
    expires_on = new_term(world.today, months)
    if mode is TermMode.RESTART_AND_ADD and expires_on is not None:
        expires_on += days_left(entitlement.state.expires_on, today=world.today)
    return {"starts_on": world.today, "anchor_on": world.today, "expires_on": expires_on}


def _create_new(world: World, step: ChangeOffering, old: Entitlement) -> None:
    """End the entitlement and start another in its order, with its seats, and a usage count of 0.

    Open in the design: whether the new one of a disabled entitlement is disabled; here it is, as nobody enabled it.
    """
    months = OFFERINGS[step.offering].months
    state = replace(
        old.state,
        **_target(step, old.state),  # type: ignore[arg-type]
        starts_on=world.today,
        anchor_on=world.today,
        expires_on=new_term(world.today, months),
    )
    new = world.add(Entitlement(state, seats=old.seats))
    world.update_state(step.entitlement, ended_on=world.today)
    world.update(step.entitlement, seats=())
    fit(world, new, step.seats)


def change_part(world: World, step: ChangePart) -> None:
    """Move n of N into an entitlement of its own, in a new order of the same customer, with the same term.

    Open in the design, and here: n = N (refused: that is the whole); the overrides (copied, but for those dropped,
    which the rest keeps, and for a number of seats, which was agreed once and stays with the rest); the usage count
    (stays with the rest, and the new one begins at 0); a disabled entitlement (both are disabled); the target's term
    (only targets of the same duration are drawn); more than n seats chosen (refused); what no longer fits on either
    side (the choice of seats holds for both sides; refused where seats are chosen).
    """
    entitlement = _open(world, step.entitlement)
    state = entitlement.state
    _refuse_target(world, step.offering, step.revision)
    if not entitlement.offering.is_per_quantity or not 0 < step.count < (state.quantity or 0):
        raise Refused("no such part")
    going = _going(entitlement, step)
    order = world.add_order(world.orders[state.order])
    part = replace(
        state,
        order=order,
        offering=step.offering,
        revision=step.revision,
        quantity=_quantity_for(step.offering, step.count),
        overrides=_dropped(state, (*step.dropped, SEAT_LIMIT)),
    )
    new = world.add(Entitlement(part, seats=going))
    world.update_state(step.entitlement, quantity=(state.quantity or 0) - step.count)
    world.update(step.entitlement, seats=without(entitlement.seats, going))
    leftover = replace(step.seats, mode=SeatMode.REFUSE, chosen=()) if step.seats.chosen else step.seats
    fit_where_less(world, step.entitlement, leftover, before=entitlement)
    fit(world, new, leftover)


def _going(entitlement: Entitlement, step: ChangePart) -> tuple[Seat, ...]:
    """Return the seats that go along: those chosen, else the n oldest."""
    if step.seats.mode is not SeatMode.CHOSEN:
        return oldest_first(entitlement.seats)[: step.count]
    if len(step.seats.chosen) > step.count:
        raise Refused("more seats chosen than go")
    return only(entitlement.seats, step.seats.chosen)


# --- seats ---------------------------------------------------------------------------------------


def release_seats(world: World, step: ReleaseSeats) -> None:
    """Release seats; what they had checked out is returned."""
    entitlement = _open(world, step.entitlement)
    world.update(step.entitlement, seats=without(entitlement.seats, only(entitlement.seats, step.seat_ids)))


def fit(world: World, key: int, choice: Seats) -> None:
    """Release what was chosen, and ask what becomes of seats that do not fit."""
    entitlement = _release_chosen(world, key, choice)
    excess = 0 if entitlement.capacity is None else -entitlement.room()
    if excess <= 0 or choice.mode is SeatMode.KEEP:
        return
    if choice.mode is not SeatMode.OLDEST:
        raise Refused(f"{excess} seats no longer fit")
    world.update(key, seats=oldest_first(entitlement.seats)[excess:])


def fit_where_less(world: World, key: int, choice: Seats, *, before: Entitlement) -> None:
    """Release what was chosen, and ask what becomes of seats that do not fit, where capacity sinks.

    Open in the design: an entitlement over its limit already, whose capacity stays or rises; here nothing is asked.
    """
    capacity = world.entitlements[key].capacity
    if capacity is not None and (before.capacity is None or capacity < before.capacity):
        fit(world, key, choice)
    else:
        _release_chosen(world, key, choice)


def _release_chosen(world: World, key: int, choice: Seats) -> Entitlement:
    entitlement = world.entitlements[key]
    chosen = only(entitlement.seats, choice.chosen) if choice.mode is SeatMode.CHOSEN else ()
    return world.update(key, seats=without(entitlement.seats, chosen))


# --- what several rules ask ----------------------------------------------------------------------


def refuse_second_plan(world: World, order: int, *, keys: tuple[int, ...]) -> None:
    """Refuse an order that has an open plan of the product, but for the entitlements named."""
    if set(world.open_in(order)) - set(keys):
        raise Refused("the order has an open plan of the product")


def _open(world: World, key: int) -> Entitlement:
    entitlement = world.entitlements[key]
    if not entitlement.is_open:
        raise Refused("the entitlement has ended")
    return entitlement


def _refuse_target(world: World, offering: str, revision: int) -> None:
    """Refuse all but the newest revision. Open in the design, which says it of new entitlements alone."""
    if revision != world.published[offering]:
        raise Refused("not the newest revision")


def _quantity_for(offering: str, quantity: int | None) -> int | None:
    """Return the quantity of an offering sold per quantity, None of one that takes its own number of seats.

    Open in the design: the quantity where nobody named one and the offering before had none; here it is refused.
    """
    if not OFFERINGS[offering].is_per_quantity:
        return None
    if quantity is None or quantity < 1:
        raise Refused("no quantity")
    return quantity
