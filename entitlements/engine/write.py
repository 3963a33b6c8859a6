"""Write the difference of two states, and the log rows that say so. Always in a constant number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

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
    new_id,
)
from entitlements.operations import Preview
from entitlements.state import OrderValue, OverrideValue, State, delta_of, is_same
from offerings.rights import UNLIMITED


def write(previews: Sequence[Preview], act: Act) -> list[Preview]:
    """Carry out previews as ``act``, whose row is there already; return them with keys and authors filled in.

    The caller holds the locks and the transaction. The number of statements does not depend on that of previews.
    """
    final = [_stamped_whole(preview, act) for preview in previews]
    every = [each for preview in final for each in (preview, preview.successor) if each is not None]
    _write_entitlements(every, act)
    _write_overrides(every)
    _write_seats(every, at=act.made_at)
    _write_counters(every)
    rows.insert(Change, [_change(preview, act) for preview in every])
    return final


def _stamped_whole(preview: Preview, act: Act) -> Preview:
    """Return the preview stamped, its successor too: seats go over to a key that is known only now."""
    if preview.successor is None:
        return _stamped(preview, act)
    successor = replace(_stamped(preview.successor, act), received_from=preview.id)
    return replace(_stamped(preview, act), successor=successor, handed_to=successor.id)


def _write_entitlements(previews: Sequence[Preview], act: Act) -> None:
    """Write the rows: those that end first, since an order holds one open plan for a product at any moment."""
    changed = [preview.after for preview in previews if preview.before is not None]
    for is_ended in (True, False):
        states = [state for state in changed if (state.ended_on is not None) is is_ended]
        rows.update(Entitlement, [_entitlement(state, act.made_at) for state in states])
    rows.insert(Entitlement, [_new_entitlement(preview, act) for preview in previews if preview.before is None])


def _stamped(preview: Preview, act: Act) -> Preview:
    """Return the preview with what only writing can know: keys, version, the author of new overrides."""
    after = preview.after
    new = {key: _authored(value, act) for key, value in after.overrides.items() if value.set_at is None}
    after = after.with_overrides(new) if new else after
    if preview.before is None:
        after = replace(after, id=new_id(), order=_written_order(after.order))
    sequence = after.sequence + 1
    version = preview.to_version
    if version is None:
        version = sequence if preview.changes_version() else after.version
    return replace(preview, after=replace(after, sequence=sequence, version=version))


def _authored(override: OverrideValue, act: Act) -> OverrideValue:
    return replace(
        override, set_at=act.made_at, set_by_id=act.made_by_id, set_by_name=act.made_by_name, reason=act.reason
    )


def _written_order(order: OrderValue) -> OrderValue:
    """Return the order with keys, after making it, its customer and its codes where they are new."""
    if order.id is not None:
        return order
    customer_id = order.customer_id or Customer.objects.create(name=order.customer_name.strip()).pk
    made = Order.objects.create(customer_id=customer_id, order_reference=order.order_reference)
    rows.insert(
        ActivationCode,
        [
            {"pk": new_id(), "order": made.pk, "code": code, "created_at": made.created_at}
            for code in dict.fromkeys(order.new_codes)
        ],
    )
    return replace(order, id=made.pk, customer_id=customer_id)


def _new_entitlement(preview: Preview, act: Act) -> dict[str, Any]:
    state = preview.after
    return {
        **_entitlement(state, act.made_at),
        "order": state.order.id,
        "kind": state.revision.kind,
        "created_at": act.made_at,
    }


def _entitlement(state: State, at: datetime) -> dict[str, Any]:
    return {"pk": state.id, "version": state.version, "sequence": state.sequence, "changed_at": at, **stored(state)}


def stored(state: State) -> dict[str, Any]:
    """Return every other column of an entitlement that follows from its state; ``check_entitlements`` recounts them."""
    limit = state.seat_limit
    return {
        "revision": state.revision.id,
        "offering": state.revision.offering_id,
        "product": state.revision.product_id,
        "quantity": state.quantity,
        "starts_on": state.starts_on,
        "standard_expires_on": state.standard_expires_on,
        "expires_on": state.expires_on,
        "standard_maintenance_expires_on": state.standard_maintenance_expires_on,
        "maintenance_expires_on": state.maintenance_expires_on,
        "grace_ends_on": state.grace_ends_on,
        "ended_on": state.ended_on,
        "activated_at": state.activated_at,
        "disabled_at": state.disabled_at,
        "seat_limit": None if limit == UNLIMITED else limit,
        "seat_capacity": state.seat_capacity,
        "seats_used": state.seats_used,
        "override_count": state.override_count,
    }


def _write_overrides(previews: Iterable[Preview]) -> None:
    gone: list[dict[str, Any]] = []
    fresh: list[dict[str, Any]] = []
    for preview in previews:
        before: Mapping[str, OverrideValue] = preview.before.overrides if preview.before else {}
        for key in {**before, **preview.after.overrides}:
            was, now = before.get(key), preview.after.overrides.get(key)
            if is_same(was, now):
                continue
            if was is not None:
                gone.append({"entitlement": preview.id, "key": key})
            if now is not None:
                fresh.append(_override(preview.after, key, now))
    rows.delete(Override, gone)
    rows.insert(Override, fresh)


def _override(state: State, key: str, override: OverrideValue) -> dict[str, Any]:
    return {
        "pk": new_id(),
        "entitlement": state.id,
        "key": key,
        "value": override.value,
        "set_by": override.set_by_id,
        "set_by_name": override.set_by_name,
        "set_at": override.set_at,
        "reason": override.reason,
    }


def _write_seats(previews: Sequence[Preview], *, at: datetime) -> None:
    handed = [(seat.id, preview.handed_to) for preview in previews for seat in preview.handed]
    rows.update(Seat, [{"pk": seat, "entitlement": to} for seat, to in handed])
    rows.update(FeatureUse, [{"seat": seat, "entitlement": to} for seat, to in handed], by="seat")
    released = [seat.id for preview in previews for seat in preview.release]
    restored = [(preview.id, seat) for preview in previews for seat in preview.restore]
    if released:
        rows.update(Seat, [{"pk": seat, "released_at": at} for seat in released])
        if any(seat.checked_out for preview in previews for seat in preview.release):
            rows.delete(FeatureUse, [{"seat": seat} for seat in released])
    if restored:
        rows.update(Seat, [{"pk": seat.id, "released_at": None} for _entitlement, seat in restored])
        rows.insert(
            FeatureUse,
            [
                {"pk": new_id(), "entitlement": entitlement, "key": key, "seat": seat.id, "amount": amount}
                for entitlement, seat in restored
                for key, amount in seat.checked_out.items()
            ],
        )


def _write_counters(previews: Iterable[Preview]) -> None:
    """Set the usage counters that moved: counters have no seat."""
    moved = [
        {"pk": new_id(), "entitlement": preview.id, "key": key, "amount": preview.after.counters.get(key, 0)}
        for preview in previews
        if preview.before is not None
        for key in {**preview.before.counters, **preview.after.counters}
        if preview.before.counters.get(key, 0) != preview.after.counters.get(key, 0)
    ]
    rows.upsert(FeatureUse, moved, unique=("entitlement_id", "key"), where="seat_id IS NULL", setting="amount")


def _change(preview: Preview, act: Act) -> dict[str, Any]:
    before, after = preview.before, preview.after
    return {
        "pk": new_id(),
        "act": act.pk,
        "entitlement": after.id,
        "sequence": after.sequence,
        "from_version": before.version if before else 0,
        "to_version": after.version,
        "from_revision": before.revision.id if before else None,
        "to_revision": after.revision.id,
        "delta": delta_of(before, after, released=preview.release, restored=preview.restore, beside=_beside(preview)),
        "undoes": preview.undoes,
    }


def _beside(preview: Preview) -> dict[str, Any]:
    """Return what a change says beside its states: the way of the move, and seats that went over."""
    found: dict[str, Any] = {"path": dict(preview.path or {})}
    if preview.handed_to:
        found["handed"] = {"to": str(preview.handed_to), "seats": [str(seat.id) for seat in preview.handed]}
    if preview.received_from:
        found["received"] = {"from": str(preview.received_from)}
    return found
