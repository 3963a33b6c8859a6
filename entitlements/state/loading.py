"""Read states from the database, in a constant number of queries for 1 or 2,000 entitlements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, models
from django.db.models import Exists, OuterRef, Value

from changegroups.models import Membership
from config.clock import site_today
from entitlements.models import Entitlement, FeatureUse, Order, Override, Seat
from entitlements.state import fields
from entitlements.state.added import added_by
from entitlements.state.values import (
    NOTHING,
    BillingTerms,
    OrderValue,
    OverrideValue,
    RevisionValue,
    SeatValue,
    State,
)
from offerings.models import OfferingKind, Revision
from offerings.models.revisions import newest_number
from offerings.relations import Relations
from offerings.terms import Terms

if TYPE_CHECKING:
    from django.db.models import QuerySet

Revisions = Mapping[int, RevisionValue]
ORDER_FACTS = (
    "customer_id",
    "customer__name",
    "order_reference",
    "customer__disabled_at",
    "renewal",
    "renews_from",
    "billing_day",
    "proration",
    "invoiced_through",
)


KEYS, USED = ("entitlement_id", "key"), ("seat_id", "amount")
BY_HAND = ("value", "set_at", "set_by_id", "set_by_name", "reason", "is_floor", "until")  # as OverrideValue has them
NOT_USED = tuple(Value(None, output_field=each) for each in (models.UUIDField(), models.BigIntegerField()))
NOT_BY_HAND = tuple(
    Value(None, output_field=each)
    for each in (
        models.JSONField(),
        models.DateTimeField(),
        models.IntegerField(),
        models.CharField(),
        models.CharField(),
        models.BooleanField(),
        models.DateField(),
    )
)
_ByHand = Mapping[UUID, Mapping[str, OverrideValue]]
_Counters = Mapping[UUID, Mapping[str, int]]
_SeatUses = Mapping[UUID, Mapping[UUID, dict[str, int]]]

Place = tuple[UUID, int]
"""An order and a product, by key: what a plan and its add-ons share."""
Held = Mapping[Place, tuple[State, ...]]
"""The open entitlements in each place that a change concerns. A place without add-ons may be left out."""
NOTHING_HELD: Held = MappingProxyType({})


class OrderMoved(IntegrityError):
    """What an order holds, or whose it is, changed while this transaction waited: the preview must be made again."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """States in order of id, revisions by key, and what is open in the orders that hold add-ons."""

    states: list[State]
    revisions: Revisions
    held: Held


def load(ids: Iterable[UUID], *, on: date | None = None) -> list[State]:
    """Return the state of each entitlement, in order of id, a plan with what its add-ons add on a day (default today).

    Ids that do not exist are left out. Four queries, two more where an order holds add-ons.
    """
    return load_with_orders(ids, on=on or site_today()).states


def load_alone(ids: Iterable[UUID], *, lock: bool = False) -> list[State]:
    """Return what ``load`` does without what add-ons add; four queries.

    With ``lock`` the bare rows are locked first, in order of id, until the transaction ends.
    """
    rows = _rows(Entitlement.objects.filter(pk__in=list(ids)), lock=lock)
    orders = orders_by_id({row.order_id for row in rows})
    return _states(rows, orders=orders, revisions=revisions_by_id({row.revision_id for row in rows}))


def load_with_orders(
    ids: Iterable[UUID],
    *,
    on: date,
    revision_ids: Iterable[int] = (),
    order_ids: Iterable[UUID] = (),
    lock: bool = False,
) -> Loaded:
    """Return the states, their revisions and those asked for besides, and what is open in the orders concerned.

    Concerned are the orders that hold add-ons, and ``order_ids``, into which something may come. With ``lock`` the
    bare rows are locked, then the plans beside add-ons: every change of what an order holds waits for its plan. Raises
    ``OrderMoved`` where another plan has taken the place of one that was locked.
    """
    asked = _rows(Entitlement.objects.filter(pk__in=list(ids)), lock=lock)
    orders, concerned = _orders_with_add_ons({row.order_id for row in asked})
    concerned |= {row.order_id for row in asked if row.kind == OfferingKind.ADD_ON} | set(order_ids)
    beside = _rows_beside(asked, concerned, lock=lock) if concerned else []
    orders |= orders_by_id(missing) if (missing := {row.order_id for row in beside} - set(orders)) else {}
    rows = sorted([*asked, *beside], key=lambda row: row.pk)
    revisions = revisions_by_id({*revision_ids, *(row.revision_id for row in rows)})
    states = _states(rows, orders=orders, revisions=revisions)
    held = held_in(state for state in states if state.order.id in concerned)
    keys = {row.pk for row in asked}
    return Loaded([with_add_ons(each, held, on) for each in states if each.id in keys], revisions, held)


def held_in(states: Iterable[State]) -> Held:
    """Return open entitlements by the place that they are in. Pure."""
    found: defaultdict[Place, list[State]] = defaultdict(list)
    for state in states:
        if state.ended_on is None:
            found[state.order.id, state.revision.product_id].append(state)
    return {place: tuple(members) for place, members in found.items()}


def with_add_ons(state: State, held: Held, today: date) -> State:
    """Return a plan with what the add-ons in its place add; another entitlement as it is. Pure."""
    if state.revision.kind != OfferingKind.PLAN or state.ended_on is not None:
        return state
    added = added_by(held.get((state.order.id, state.revision.product_id), ()), today)
    return replace(state, added=added) if added or state.added else state


def _rows(found: "QuerySet[Entitlement]", *, lock: bool) -> list[Entitlement]:
    ordered = found.order_by("pk")
    return list(ordered.select_for_update(no_key=True) if lock else ordered)


def _rows_beside(asked: Sequence[Entitlement], orders: set[UUID], *, lock: bool) -> list[Entitlement]:
    """Return the other open entitlements in the orders; one query, and one that locks their plans."""
    known = {row.pk for row in asked}
    others = Entitlement.objects.filter(order__in=orders, ended_on=None)
    if not lock:
        return [row for row in _rows(others, lock=False) if row.pk not in known]
    locked = {row.pk for row in _rows(others.filter(kind=OfferingKind.PLAN).exclude(pk__in=known), lock=True)}
    found = [row for row in _rows(others, lock=False) if row.pk not in known]
    if any(row.kind == OfferingKind.PLAN and row.pk not in locked for row in found):
        raise OrderMoved("Another plan has taken the place of one in an order.")
    return found


def _states(rows: Sequence[Entitlement], *, orders: Mapping[UUID, OrderValue], revisions: Revisions) -> list[State]:
    related: dict[str, Mapping[Any, Any]] = {"order": orders, "revision": revisions}
    overridden = [row.pk for row in rows if row.override_count]
    overrides, counters, seat_uses = _by_hand_and_used([row.pk for row in rows], overridden)
    return [
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


def _columns(row: Entitlement, related: Mapping[str, Mapping[Any, Any]]) -> dict[str, Any]:
    """Return the fields of a state that an entitlement's columns hold."""
    values = {field.name: row.serializable_value(field.column) for field in fields.FIELDS if field.is_own}
    return {name: related[name][value] if name in related else value for name, value in values.items()}


def orders_by_id(ids: Iterable[UUID]) -> dict[UUID, OrderValue]:
    """Return the orders with their customers; one query."""
    rows = Order.objects.filter(pk__in=list(ids)).order_by()
    return {key: _order(key, *facts) for key, *facts in rows.values_list("pk", *ORDER_FACTS)}


def _order(
    key: UUID, customer_id: UUID, name: str, reference: str, disabled_at: datetime | None, *terms: Any
) -> OrderValue:
    renewal, renews_from, *billing = terms
    return OrderValue(
        key,
        customer_id,
        name,
        reference,
        is_customer_disabled=disabled_at is not None,
        billing=_billing_terms(*billing),
        renewal=renewal,
        renews_from=renews_from,
    )


def billing_of_new_order() -> BillingTerms:
    """Return how an order is billed of which nobody has said it yet: as the site does."""
    return _billing_terms(None, "", None)


def _billing_terms(day: int | None, proration: str, invoiced_through: date | None) -> BillingTerms:
    return BillingTerms(day, proration or settings.BILLING_PRORATION, invoiced_through, proration)


def _orders_with_add_ons(ids: Iterable[UUID]) -> tuple[dict[UUID, OrderValue], set[UUID]]:
    """Return the orders, and the keys of those that hold an open add-on; one query."""
    add_ons = Entitlement.objects.filter(order=OuterRef("pk"), kind=OfferingKind.ADD_ON, ended_on=None)
    rows = Order.objects.filter(pk__in=list(ids)).order_by().annotate(has_add_ons=Exists(add_ons))
    orders, concerned = {}, set()
    for has_add_ons, key, *facts in rows.values_list("has_add_ons", "pk", *ORDER_FACTS):
        orders[key] = _order(key, *facts)
        if has_add_ons:
            concerned.add(key)
    return orders, concerned


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
        extensions=row.extension_sheet.values,
        relations=Relations.from_json(row.relations),
        newest_number=newest_number,
        is_retired=row.offering.is_retired,
        allowed_changes=row.offering.allowed_changes,
        has_change_groups=has_change_groups,
    )


def _by_hand_and_used(ids: Sequence[UUID], overridden: Sequence[UUID]) -> "tuple[_ByHand, _Counters, _SeatUses]":
    """Return the overrides of entitlements, what is counted of each by right key, and what seats have checked out.

    One query: the overrides, of those that have any, come with the uses.
    """
    by_hand: defaultdict[UUID, dict[str, OverrideValue]] = defaultdict(dict)
    counters: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    seat_uses: defaultdict[UUID, dict[UUID, dict[str, int]]] = defaultdict(dict)
    uses = FeatureUse.objects.filter(entitlement__in=ids).order_by().values_list(*KEYS, *USED, *NOT_BY_HAND)
    rows = Override.objects.filter(entitlement__in=overridden).order_by().values_list(*KEYS, *NOT_USED, *BY_HAND)
    for entitlement, key, seat, amount, *facts in (rows.union(uses, all=True) if overridden else uses).order_by("key"):
        if amount is None:
            by_hand[entitlement][key] = OverrideValue(*facts)
        elif seat is None:
            counters[entitlement][key] = amount
        else:
            seat_uses[entitlement].setdefault(seat, {})[key] = amount
    return dict(by_hand), dict(counters), dict(seat_uses)


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
