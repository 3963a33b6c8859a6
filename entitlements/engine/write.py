"""Write moves: the differences of two states, and the rows of the log, in a constant number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from entitlements.engine import rows
from entitlements.models import (
    Act,
    ActivationCode,
    Change,
    Customer,
    Entitlement,
    FeatureUse,
    Order,
    Override,
    Seat,
    generate_code,
    new_id,
)
from entitlements.operations import Move, Preview
from entitlements.operations.one_plan import place_of
from entitlements.state import (
    Delta,
    OrderMoved,
    OrderValue,
    OverrideValue,
    SeatRecord,
    SeatsOver,
    State,
    columns_of,
    is_same,
)


def write(previews: Sequence[Preview], act: Act) -> list[Preview]:
    """Carry out previews as ``act``; return them with versions, authors and activation codes filled in.

    The row of ``act`` exists; the caller holds the locks and the transaction. The number of statements is the same for
    any number of previews.
    """
    written = [replace(each, moves=tuple(_completed(move, act) for move in each.moves)) for each in previews]
    moves = [move for preview in written for move in preview.moves]
    write_orders((move.after.order for move in moves if move.after.order.is_new), at=act.made_at)
    _write_entitlements(moves, at=act.made_at)
    _write_overrides(moves)
    _write_seats(moves, at=act.made_at)
    _write_counters(moves)
    rows.insert(Change, [row for preview in written for row in _change_rows(preview, act)])
    return written


def _completed(move: Move, act: Act) -> Move:
    """Return the move with version, sequence, the author of new overrides, and a random code where one is needed."""
    after = move.after
    author: dict[str, Any] = {"set_by_id": act.made_by_id, "set_by_name": act.made_by_name, "reason": act.reason}
    new = {
        key: replace(override, set_at=act.made_at, **author)
        for key, override in after.overrides.items()
        if override.set_at is None
    }
    after = after.with_overrides(new) if new else after
    if after.order.needs_code:
        after = replace(after, order=replace(after.order, new_codes=(generate_code(),), needs_code=False))
    sequence = after.sequence + 1
    version = move.takes_back.to_version if move.takes_back else after.version
    if move.takes_back is None and move.changes_version():
        version = sequence
    return replace(move, after=replace(after, sequence=sequence, version=version))


def write_orders(orders: Iterable[OrderValue], *, at: datetime) -> None:
    """Insert new orders with their activation codes, and new customers. Raise ``OrderMoved`` for a merged customer."""
    new = {order.id: order for order in orders}.values()
    _lock_customers({order.customer_id for order in new if not order.is_new_customer})
    created = {"created_at": at}
    owners = {order.customer_id: order for order in new if order.is_new_customer}
    names = [
        {"pk": key, "name": each.customer_name, "account_reference": each.account_reference}
        for key, each in owners.items()
    ]
    rows.insert(Customer, [{**row, **created} for row in names])
    rows.insert(Order, [{**_order_row(order), **created} for order in new])
    codes = [(order.id, code) for order in new for code in dict.fromkeys(order.new_codes)]
    rows.insert(ActivationCode, [{"pk": new_id(), "order": order, "code": code, **created} for order, code in codes])


def _order_row(order: OrderValue) -> dict[str, Any]:
    billing = order.billing
    return {
        "pk": order.id,
        "customer": order.customer_id,
        "order_reference": order.order_reference,
        "billing_day": billing.day,
        "proration": billing.own_proration,
        "invoiced_through": billing.invoiced_through,
    }


def _lock_customers(ids: Iterable[UUID]) -> None:
    """Lock customers that get an order, in order of id, so that none is merged meanwhile; no query without one.

    Raise ``OrderMoved`` for one that has been merged since the preview: its orders are another customer's now.
    """
    wanted = list(ids)
    if not wanted:
        return
    bare = Customer.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    if any(list(bare.values_list("merged_into", flat=True))):
        raise OrderMoved("A customer has been merged into another one.")


def _write_entitlements(moves: Sequence[Move], *, at: datetime) -> None:
    """Write the rows: an order never holds two open plans of one product, not even between two statements.

    A place that one entitlement leaves and another comes into is freed first; then ended entitlements are written.
    """
    rows.update(Entitlement, [{"pk": key, "ended_on": at.date()} for key in _leaving_to_others(moves)])
    changed = [move.after for move in moves if move.before is not None]
    for is_ended in (True, False):
        states = [state for state in changed if (state.ended_on is not None) is is_ended]
        rows.update(Entitlement, [_entitlement_row(state, at) for state in states])
    created = [move.after for move in moves if move.before is None]
    rows.insert(Entitlement, [{**_entitlement_row(state, at), "created_at": at} for state in created])


def _leaving_to_others(moves: Iterable[Move]) -> list[UUID]:
    """Return the entitlements that stay open and leave their place in an order to another one of the moves."""
    moved = [
        (move.id, place_of(move.before), place_of(move.after))
        for move in moves
        if move.before is not None and move.after.ended_on is None
    ]
    wanted = {after for _key, before, after in moved if after != before}
    return [key for key, before, after in moved if after != before and before in wanted]


def _entitlement_row(state: State, at: datetime) -> dict[str, Any]:
    numbers = {"version": state.version, "sequence": state.sequence}
    changed_at = max(at, state.changed_at or at)  # an act of many has one moment, and others came in between
    return {"pk": state.id, **numbers, "changed_at": changed_at, **columns_of(state)}


def _write_overrides(moves: Iterable[Move]) -> None:
    removed: list[dict[str, Any]] = []
    added: list[dict[str, Any]] = []
    for move in moves:
        before: Mapping[str, OverrideValue] = move.before.overrides if move.before else {}
        for key in {**before, **move.after.overrides}:
            earlier, later = before.get(key), move.after.overrides.get(key)
            if is_same(earlier, later):
                continue
            if earlier is not None:
                removed.append({"entitlement": move.id, "key": key})
            if later is not None:
                added.append(_override_row(move.after, key, later))
    rows.delete(Override, removed)
    rows.insert(Override, added)


def _override_row(state: State, key: str, override: OverrideValue) -> dict[str, Any]:
    return {
        "pk": new_id(),
        "entitlement": state.id,
        "key": key,
        "value": override.value,
        "is_floor": override.is_floor,
        "set_by": override.set_by_id,
        "set_by_name": override.set_by_name,
        "set_at": override.set_at,
        "reason": override.reason,
        "until": override.until,
    }


def _write_seats(moves: Sequence[Move], *, at: datetime) -> None:
    transferred = [(seat.id, move.id) for move in moves for seat in move.taken_over]
    rows.update(Seat, [{"pk": seat, "entitlement": to} for seat, to in transferred])
    rows.update(FeatureUse, [{"seat": seat, "entitlement": to} for seat, to in transferred], by="seat")
    released = [seat for move in moves for seat in move.released]
    rows.update(Seat, [{"pk": seat.id, "released_at": at} for seat in released])
    if any(seat.checked_out for seat in released):
        rows.delete(FeatureUse, [{"seat": seat.id} for seat in released])
    restored = [(move.id, seat) for move in moves for seat in move.restored]
    rows.update(Seat, [{"pk": seat.id, "released_at": None} for _entitlement, seat in restored])
    rows.insert(
        FeatureUse,
        [
            {"pk": new_id(), "entitlement": entitlement, "key": key, "seat": seat.id, "amount": amount}
            for entitlement, seat in restored
            for key, amount in seat.checked_out.items()
        ],
    )


def _write_counters(moves: Iterable[Move]) -> None:
    """Write the usage counters that changed; their rows have no seat."""
    changed = [
        {"pk": new_id(), "entitlement": move.id, "key": key, "amount": move.after.counters.get(key, 0)}
        for move in moves
        if move.before is not None
        for key in {**move.before.counters, **move.after.counters}
        if move.before.counters.get(key, 0) != move.after.counters.get(key, 0)
    ]
    rows.upsert(FeatureUse, changed, unique=("entitlement_id", "key"), where="seat_id IS NULL", setting="amount")


def _change_rows(preview: Preview, act: Act) -> list[dict[str, Any]]:
    """Return the rows of the log for one preview: one unit, named by its first move; that has warnings and money."""
    receivers = {move.taken_from: move for move in preview.moves if move.taken_from}
    first, *others = (
        _change_row(move, act, unit=preview.id, receiver=receivers.get(move.id)) for move in preview.moves
    )
    accepted = [{"code": each.code, "message": each.message, "field": each.field} for each in preview.warnings]
    money = preview.money.to_json() if preview.money else None
    return [{**first, "warnings": accepted, "money": money}, *others]


def _change_row(move: Move, act: Act, *, unit: UUID, receiver: Move | None) -> dict[str, Any]:
    before, after = move.before, move.after
    earlier = before.order if before and before.order.id != after.order.id else None
    return {
        "pk": new_id(),
        "act": act.pk,
        "entitlement": after.id,
        "unit": unit,
        "order": after.order.id,
        "customer": after.order.customer_id,
        "from_order": earlier.id if earlier else None,
        "from_customer": earlier.customer_id if earlier and earlier.customer_id != after.order.customer_id else None,
        "sequence": after.sequence,
        "from_version": before.version if before else 0,
        "to_version": after.version,
        "from_revision": before.revision.id if before else None,
        "to_revision": after.revision.id,
        "delta": _delta(move, receiver).to_json(),
        "warnings": [],
        "money": None,
        "undoes": move.takes_back.change if move.takes_back else None,
    }


def _delta(move: Move, receiver: Move | None) -> Delta:
    """Return the delta of a move; ``receiver`` is the move of the entitlement that its seats went to."""
    return Delta.between(
        move.before,
        move.after,
        released=tuple(SeatRecord.of(seat) for seat in move.released),
        restored=tuple(SeatRecord.of(seat) for seat in move.restored),
        handed_over=SeatsOver(receiver.id, tuple(seat.id for seat in receiver.taken_over)) if receiver else None,
        took_over=SeatsOver(move.taken_from, tuple(seat.id for seat in move.taken_over)) if move.taken_from else None,
        path=move.path,
    )
