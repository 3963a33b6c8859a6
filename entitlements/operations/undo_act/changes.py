"""What the log says of the changes that are to be taken back; a constant number of queries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F

from entitlements.billing.money import Money
from entitlements.models import Change, Seat
from entitlements.state import (
    Delta,
    Orders,
    OrderValue,
    RevisionValue,
    SeatRecord,
    SeatValue,
    State,
    orders_by_id,
    revisions_by_id,
    seat_value,
)


@dataclass(frozen=True, slots=True)
class ChangeValue:
    """One change that is to be taken back. ``from_revision`` is ``None`` where it created the entitlement.

    ``returning`` are the released seats that can come back, ``busy`` the names of those active elsewhere by now.
    ``operation`` is the name of the one that made the change; of an undo, of the one at its root. ``money`` is what the
    change made due, with those that it moved together with; in the first of them.
    """

    id: UUID
    from_version: int
    to_version: int
    from_revision: RevisionValue | None
    delta: Delta
    orders: Orders
    is_undone: bool
    returning: tuple[SeatValue, ...] = ()
    busy: tuple[str, ...] = ()
    operation: str = ""
    money: Money | None = None


def units_of(act_id: UUID, ids: Sequence[UUID]) -> list[tuple[UUID, ...]]:
    """Return the entitlements that moved together in an act, in units; one query.

    The one that names the unit comes first. An entitlement that the act did not change is a unit of its own.
    """
    wanted = Change.objects.filter(act=act_id, entitlement__in=ids).values("unit")
    rows = Change.objects.filter(act=act_id, unit__in=wanted).order_by()
    found: dict[UUID, list[UUID]] = {}
    for unit, key in sorted(
        rows.values_list("unit", "entitlement_id"), key=lambda row: (row[0], row[0] != row[1], row)
    ):
        found.setdefault(unit, []).append(key)
    known = {key for members in found.values() for key in members}
    return [*(tuple(members) for members in found.values()), *((key,) for key in ids if key not in known)]


def orders_left(act_id: UUID, ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """Return the orders that the act moved entitlements out of; one query."""
    rows = Change.objects.filter(act=act_id, entitlement__in=ids, from_order__isnull=False).order_by()
    return tuple(rows.values_list("from_order", flat=True).distinct())


def changes_of(act_id: UUID, states: Sequence[State]) -> dict[UUID, ChangeValue]:
    """Return the change of each entitlement in an act; six queries at most."""
    ids = [state.id for state in states]
    rows = list(Change.objects.filter(act=act_id, entitlement__in=ids).annotate(operation=F("act__operation")))
    deltas = {row.pk: Delta.from_json(row.delta) for row in rows}
    undos = _undos_of(ids)
    undone = undone_by((undo, undoes) for undo, undoes, _operation in undos)
    made_by = {undo: (undoes, operation) for undo, undoes, operation in undos}
    revisions = revisions_by_id({row.from_revision_id for row in rows if row.from_revision_id})
    named = set().union(*(delta.order_ids for delta in deltas.values())) if deltas else set()
    orders = Orders(_orders(states, named))
    released = {seat.id: seat for delta in deltas.values() for seat in delta.released}
    known = {state.id: state for state in states}
    customers = {
        row.entitlement_id: _customer_before(known[row.entitlement_id], deltas[row.pk], orders) for row in rows
    }
    returning, busy = _returning_seats(released, customers=customers)
    return {
        row.entitlement_id: ChangeValue(
            id=row.pk,
            from_version=row.from_version,
            to_version=row.to_version,
            from_revision=revisions[row.from_revision_id] if row.from_revision_id else None,
            delta=deltas[row.pk],
            orders=orders,
            is_undone=row.pk in undone,
            returning=returning.get(row.entitlement_id, ()),
            busy=busy.get(row.entitlement_id, ()),
            operation=_at_root(row.pk, row.operation, made_by),
            money=Money.read(row.money),
        )
        for row in rows
    }


def _orders(states: Sequence[State], named: set[UUID]) -> Mapping[UUID, OrderValue]:
    """Return the orders that deltas name; no query where the entitlements are still in them."""
    known = {state.order.id: state.order for state in states}
    missing = named - set(known)
    return {**known, **orders_by_id(missing)} if missing else known


def _customer_before(state: State, delta: Delta, orders: Orders) -> UUID:
    """Return whose the entitlement is once the delta is taken back."""
    was, _now = delta.fields.get("order", (None, None))
    return (orders.find(was) if was else state.order).customer_id


def undone_changes(entitlement_ids: Sequence[UUID]) -> set[UUID]:
    """Return the changes that an undo took back and no redo brought again; one query."""
    return undone_by((undo, undoes) for undo, undoes, _operation in _undos_of(entitlement_ids))


def _undos_of(entitlement_ids: Sequence[UUID]) -> list[tuple[UUID, UUID, str]]:
    """Return each undo of a change, newest first, with what it undoes and the operation of that; one query."""
    undos = Change.objects.filter(entitlement__in=entitlement_ids, undoes__isnull=False).order_by("-sequence")
    return list(undos.values_list("pk", "undoes_id", "undoes__act__operation"))


def _at_root(change: UUID, operation: str, undos: Mapping[UUID, tuple[UUID, str]]) -> str:
    """Return the operation at the root of a change: of an undo, that of what was done first."""
    while change in undos:
        change, operation = undos[change]
    return operation


def undone_by(undos: Iterable[tuple[UUID, UUID | None]]) -> set[UUID]:
    """Return which changes are undone, from pairs (undo, what it undoes), newest first. Pure."""
    undone: set[UUID] = set()
    for undo, undoes in undos:
        if undo not in undone and undoes is not None:
            undone.add(undoes)
    return undone


def _returning_seats(
    released: Mapping[UUID, SeatRecord], *, customers: Mapping[UUID, UUID]
) -> tuple[dict[UUID, tuple[SeatValue, ...]], dict[UUID, tuple[str, ...]]]:
    """Return the released seats that can come back, and the names of those active elsewhere; two queries.

    ``customers`` are those to whom the entitlements go back: elsewhere is at the same customer, for the same product.
    A seat that has gone to another entitlement since stays there.
    """
    if not released:
        return {}, {}
    seats = list(
        Seat.objects.filter(pk__in=list(released), entitlement__in=list(customers), released_at__isnull=False)
        .order_by("activated_at", "pk")
        .select_related("entitlement")
    )
    active = _active_elsewhere(seats)
    returning: dict[UUID, tuple[SeatValue, ...]] = {}
    busy: dict[UUID, tuple[str, ...]] = {}
    for seat in seats:
        key = seat.entitlement_id
        if (seat.seat_id, seat.entitlement.product_id, customers[key]) in active:
            busy[key] = (*busy.get(key, ()), str(seat))
        else:
            value = seat_value(seat, checked_out=released[seat.pk].checked_out)
            returning[key] = (*returning.get(key, ()), value)
    return returning, busy


def _active_elsewhere(seats: Sequence[Seat]) -> set[tuple[str, int, UUID]]:
    rows = Seat.objects.filter(seat_id__in={seat.seat_id for seat in seats}, released_at=None)
    return set(rows.values_list("seat_id", "entitlement__product", "entitlement__order__customer"))
