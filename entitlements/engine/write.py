"""Write moves: the difference of two states, and the log rows that say so; in a constant number of statements."""

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
from entitlements.state import (
    Delta,
    OrderValue,
    OverrideValue,
    SeatRecord,
    SeatsOver,
    State,
    columns_of,
    is_same,
)


def write(previews: Sequence[Preview], act: Act) -> list[Preview]:
    """Carry out previews as ``act``, whose row is there already; return them with versions and authors filled in.

    The caller holds the locks and the transaction. The number of statements does not depend on that of previews.
    """
    final = [replace(each, moves=tuple(_stamped(move, act) for move in each.moves)) for each in previews]
    moves = [move for preview in final for move in preview.moves]
    _write_orders((move.after.order for move in moves if move.after.order.is_new), at=act.made_at)
    _write_entitlements(moves, at=act.made_at)
    _write_overrides(moves)
    _write_seats(moves, at=act.made_at)
    _write_counters(moves)
    rows.insert(Change, [row for preview in final for row in _changes(preview, act)])
    return final


def _stamped(move: Move, act: Act) -> Move:
    """Return the move with what only writing can know: the version, the author of new overrides, a random code."""
    after = move.after
    new = {key: _authored(value, act) for key, value in after.overrides.items() if value.set_at is None}
    after = after.with_overrides(new) if new else after
    if after.order.needs_code:
        after = replace(after, order=replace(after.order, new_codes=(generate_code(),), needs_code=False))
    sequence = after.sequence + 1
    version = move.takes_back.to_version if move.takes_back else after.version
    if move.takes_back is None and move.changes_version():
        version = sequence
    return replace(move, after=replace(after, sequence=sequence, version=version))


def _authored(override: OverrideValue, act: Act) -> OverrideValue:
    return replace(
        override, set_at=act.made_at, set_by_id=act.made_by_id, set_by_name=act.made_by_name, reason=act.reason
    )


def _write_orders(orders: Iterable[OrderValue], *, at: datetime) -> None:
    """Make orders, their customers and their activation codes, where they are new."""
    new = {order.id: order for order in orders}.values()
    customers = {order.customer_id: order for order in new if order.is_new_customer}
    rows.insert(
        Customer,
        [
            {"pk": key, "name": order.customer_name, "account_reference": "", "created_at": at}
            for key, order in customers.items()
        ],
    )
    rows.insert(
        Order,
        [
            {
                "pk": order.id,
                "customer": order.customer_id,
                "order_reference": order.order_reference,
                "created_at": at,
            }
            for order in new
        ],
    )
    rows.insert(
        ActivationCode,
        [
            {"pk": new_id(), "order": order.id, "code": code, "created_at": at}
            for order in new
            for code in dict.fromkeys(order.new_codes)
        ],
    )


def _write_entitlements(moves: Sequence[Move], *, at: datetime) -> None:
    """Write the rows: those that end first, since an order holds one open plan for a product at any moment."""
    changed = [move.after for move in moves if move.before is not None]
    for is_ended in (True, False):
        states = [state for state in changed if (state.ended_on is not None) is is_ended]
        rows.update(Entitlement, [_entitlement(state, at) for state in states])
    created = [move.after for move in moves if move.before is None]
    rows.insert(Entitlement, [{**_entitlement(state, at), "created_at": at} for state in created])


def _entitlement(state: State, at: datetime) -> dict[str, Any]:
    return {
        "pk": state.id,
        "version": state.version,
        "sequence": state.sequence,
        "changed_at": at,
        **columns_of(state),
    }


def _write_overrides(moves: Iterable[Move]) -> None:
    gone: list[dict[str, Any]] = []
    fresh: list[dict[str, Any]] = []
    for move in moves:
        before: Mapping[str, OverrideValue] = move.before.overrides if move.before else {}
        for key in {**before, **move.after.overrides}:
            was, now = before.get(key), move.after.overrides.get(key)
            if is_same(was, now):
                continue
            if was is not None:
                gone.append({"entitlement": move.id, "key": key})
            if now is not None:
                fresh.append(_override(move.after, key, now))
    rows.delete(Override, gone)
    rows.insert(Override, fresh)


def _override(state: State, key: str, override: OverrideValue) -> dict[str, Any]:
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
    }


def _write_seats(moves: Sequence[Move], *, at: datetime) -> None:
    over = [(seat.id, move.id) for move in moves for seat in move.taken_over]
    rows.update(Seat, [{"pk": seat, "entitlement": to} for seat, to in over])
    rows.update(FeatureUse, [{"seat": seat, "entitlement": to} for seat, to in over], by="seat")
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
    """Set the usage counters that moved: counters have no seat."""
    moved = [
        {"pk": new_id(), "entitlement": move.id, "key": key, "amount": move.after.counters.get(key, 0)}
        for move in moves
        if move.before is not None
        for key in {**move.before.counters, **move.after.counters}
        if move.before.counters.get(key, 0) != move.after.counters.get(key, 0)
    ]
    rows.upsert(FeatureUse, moved, unique=("entitlement_id", "key"), where="seat_id IS NULL", setting="amount")


def _changes(preview: Preview, act: Act) -> list[dict[str, Any]]:
    """Return the log rows of one preview: its moves are one unit, named by the first."""
    takers = {move.taken_from: move for move in preview.moves if move.taken_from}
    return [_change(move, act, unit=preview.id, taker=takers.get(move.id)) for move in preview.moves]


def _change(move: Move, act: Act, *, unit: UUID, taker: Move | None) -> dict[str, Any]:
    before, after = move.before, move.after
    left = before.order if before and before.order.id != after.order.id else None
    return {
        "pk": new_id(),
        "act": act.pk,
        "entitlement": after.id,
        "unit": unit,
        "order": after.order.id,
        "customer": after.order.customer_id,
        "from_order": left.id if left else None,
        "from_customer": left.customer_id if left and left.customer_id != after.order.customer_id else None,
        "sequence": after.sequence,
        "from_version": before.version if before else 0,
        "to_version": after.version,
        "from_revision": before.revision.id if before else None,
        "to_revision": after.revision.id,
        "delta": _delta(move, taker).to_json(),
        "undoes": move.takes_back.change if move.takes_back else None,
    }


def _delta(move: Move, taker: Move | None) -> Delta:
    return Delta.between(
        move.before,
        move.after,
        released=tuple(SeatRecord.of(seat) for seat in move.released),
        restored=tuple(SeatRecord.of(seat) for seat in move.restored),
        handed_over=SeatsOver(taker.id, tuple(seat.id for seat in taker.taken_over)) if taker else None,
        took_over=SeatsOver(move.taken_from, tuple(seat.id for seat in move.taken_over)) if move.taken_from else None,
        path=move.path,
    )
