"""Read states from the database, in a constant number of queries for 1 or 2,000 entitlements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from changegroups.models import Membership
from entitlements.models import Entitlement, FeatureUse, Order, Override, Seat
from entitlements.state import fields
from entitlements.state.values import NOTHING, OrderValue, OverrideValue, RevisionValue, SeatValue, State
from offerings.models import Revision
from offerings.models.revisions import newest_number
from offerings.terms import Terms

Revisions = Mapping[int, RevisionValue]


def load(ids: Iterable[UUID], *, lock: bool = False) -> list[State]:
    """Return the state of each entitlement, in order of id; ids that do not exist are left out.

    With ``lock`` the bare rows are locked first, in order of id, until the transaction ends; five queries either way.
    """
    return load_with_revisions(ids, (), lock=lock)[0]


def load_with_revisions(
    ids: Iterable[UUID], revision_ids: Iterable[int], *, lock: bool = False
) -> tuple[list[State], Revisions]:
    """Return what ``load`` does, and by key the revisions the states are on and those asked for besides."""
    bare = Entitlement.objects.filter(pk__in=list(ids)).order_by("pk")
    rows = list(bare.select_for_update(no_key=True) if lock else bare)
    revisions = revisions_by_id({*revision_ids, *(row.revision_id for row in rows)})
    related: dict[str, Mapping[Any, Any]] = {
        "order": orders_by_id({row.order_id for row in rows}),
        "revision": revisions,
    }
    overrides = _overrides([row.pk for row in rows if row.override_count])
    counters, seat_uses = _uses([row.pk for row in rows])
    states = [
        State(
            id=row.pk,
            version=row.version,
            sequence=row.sequence,
            changed_at=row.changed_at,
            overrides=overrides.get(row.pk, NOTHING),
            seat_uses=seat_uses.get(row.pk, {}),
            counters=counters.get(row.pk, NOTHING),
            **_columns(row, related),
        )
        for row in rows
    ]
    return states, revisions


def _columns(row: Entitlement, related: Mapping[str, Mapping[Any, Any]]) -> dict[str, Any]:
    """Return the fields of a state that an entitlement's columns hold."""
    values = {field.name: row.serializable_value(field.column) for field in fields.FIELDS if field.is_own}
    return {name: related[name][value] if name in related else value for name, value in values.items()}


def orders_by_id(ids: Iterable[UUID]) -> dict[UUID, OrderValue]:
    """Return the orders with their customers; one query."""
    rows = Order.objects.filter(pk__in=list(ids)).order_by()
    facts = rows.values_list("pk", "customer_id", "customer__name", "order_reference", "customer__disabled_at")
    return {
        key: OrderValue(key, customer_id, name, order_reference, is_customer_disabled=disabled_at is not None)
        for key, customer_id, name, order_reference, disabled_at in facts
    }


def revisions_by_id(ids: Iterable[int]) -> dict[int, RevisionValue]:
    """Return revisions with what their offering says today; one query."""
    grouped = Membership.objects.filter(offering__product=OuterRef("offering__product"))
    rows = (
        Revision.objects.filter(pk__in=list(ids))
        .select_related("offering__product")
        .annotate(newest_number=newest_number(), has_change_groups=Exists(grouped))
    )
    return {
        row.pk: _revision(row, newest_number=row.newest_number, has_change_groups=row.has_change_groups) for row in rows
    }


def _revision(row: Revision, *, newest_number: int, has_change_groups: bool) -> RevisionValue:
    product = row.offering.product
    return RevisionValue(
        id=row.pk,
        number=row.number,
        offering_id=row.offering_id,
        sku=row.offering.sku,
        offering_name=row.offering_name,
        product_id=product.pk,
        product_name=product.name,
        kind=row.offering.kind,
        sheet=row.sheet,
        terms=Terms.from_json(row.terms),
        prices=tuple(row.prices),
        newest_number=newest_number,
        is_retired=row.offering.is_retired,
        allowed_changes=row.offering.allowed_changes,
        has_change_groups=has_change_groups,
    )


def _overrides(ids: Sequence[UUID]) -> dict[UUID, Mapping[str, OverrideValue]]:
    """Return the overrides of each entitlement; no query where none has any."""
    found: defaultdict[UUID, dict[str, OverrideValue]] = defaultdict(dict)
    if not ids:
        return {}
    for row in Override.objects.filter(entitlement__in=ids).order_by("key"):
        found[row.entitlement_id][row.key] = OverrideValue(
            value=row.value,
            set_at=row.set_at,
            set_by_id=row.set_by_id,
            set_by_name=row.set_by_name,
            reason=row.reason,
            is_floor=row.is_floor,
        )
    return dict(found)


def _uses(ids: Sequence[UUID]) -> tuple[dict[UUID, dict[str, int]], dict[UUID, dict[UUID, dict[str, int]]]]:
    """Return what is counted of each entitlement by right key, and what its seats have checked out."""
    counters: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    seat_uses: defaultdict[UUID, dict[UUID, dict[str, int]]] = defaultdict(dict)
    for row in FeatureUse.objects.filter(entitlement__in=ids).order_by("key"):
        if row.seat_id is None:
            counters[row.entitlement_id][row.key] = row.amount
        else:
            seat_uses[row.entitlement_id].setdefault(row.seat_id, {})[row.key] = row.amount
    return dict(counters), dict(seat_uses)


def active_seats(states: Iterable[State]) -> dict[UUID, tuple[SeatValue, ...]]:
    """Return the active seats of each entitlement, earliest activated first; one query, none without states."""
    uses = {state.id: state.seat_uses for state in states}
    found: defaultdict[UUID, list[SeatValue]] = defaultdict(list)
    if uses:
        rows = Seat.objects.filter(entitlement__in=list(uses), released_at=None).order_by("activated_at", "pk")
        # Plain values are cheaper than model instances: a bulk change reads every seat of its entitlements here.
        moments = ("activated_at", "lease_expires_at", "last_refresh_at")
        facts = rows.values_list("entitlement_id", "pk", "seat_id", "name", *moments, "is_offline")
        for key, seat, seat_id, name, activated, lease, refreshed, is_offline in facts:
            checked_out = uses[key].get(seat, NOTHING)
            found[key].append(SeatValue(seat, seat_id, name, activated, lease, refreshed, is_offline, checked_out))
    return {key: tuple(seats) for key, seats in found.items()}


def seat_value(row: Seat, *, checked_out: Mapping[str, int] = NOTHING) -> SeatValue:
    """Return a seat row as a value."""
    return SeatValue(
        id=row.pk,
        seat_id=row.seat_id,
        name=row.name,
        activated_at=row.activated_at,
        lease_expires_at=row.lease_expires_at,
        last_refresh_at=row.last_refresh_at,
        is_offline=row.is_offline,
        checked_out=checked_out,
    )
