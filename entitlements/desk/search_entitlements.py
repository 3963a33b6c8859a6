"""Find entitlements by whatever names them: the ways to find one, the surest first, each by its own index."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Value, When

from config.names import is_long_enough
from entitlements.desk.search_words import read_words
from entitlements.desk.searched import Searched
from entitlements.models import Entitlement
from entitlements.models.queries import EntitlementQuerySet
from offerings.models import OfferingKind

PLANS_FIRST = Case(When(kind=OfferingKind.PLAN, then=Value(0)), default=Value(1))
OPEN_FIRST = F("ended_on").desc(nulls_first=True)
FoundBy = dict[UUID, str]
"""The keys of entitlements, the surest first, each with the seat that it was found by; empty for other ways."""


def find_entitlements(searched: Searched, today: date) -> list[tuple[Any, str]]:
    """Return entitlements with ``status``, customer, order and revision, each with the seat it was found by.

    They are found by a whole key, the start of an order reference or activation code, the customer, the name or id of
    an active seat, and by words: statuses and offerings, beside words that say whose. What the person who searches may
    not see finds nothing. At most 11 queries, whatever is found.
    """
    found: FoundBy = {}
    for way in (_by_key, _by_order, _by_seat_id, _by_customer, _by_seat, _by_words):
        for key, seat in way(searched, today):
            found.setdefault(key, seat)
    keys = list(found)[: searched.limit]
    rows = Entitlement.objects.filter(pk__in=keys).with_status(today).select_related("order__customer", "revision")
    loaded = {row.pk: row for row in rows} if keys else {}
    return [(loaded[key], found[key]) for key in keys if key in loaded]


def _by_key(searched: Searched, _today: date) -> Iterator[tuple[UUID, str]]:
    try:
        yield UUID(searched.text.strip()), ""
    except ValueError:
        return


def _by_order(searched: Searched, _today: date) -> Iterator[tuple[UUID, str]]:
    """Find by the order reference, then by an activation code; a plan before its add-ons, what has ended last."""
    orders = [row.pk for row in searched.orders] + [row.order_id for row in searched.codes]
    rows = Entitlement.objects.filter(order__in=orders)
    rank = _rank("order", orders)
    return _keys(rows.order_by(rank, OPEN_FIRST, PLANS_FIRST, "-id"), searched, is_empty=not orders)


def _by_customer(searched: Searched, _today: date) -> Iterator[tuple[UUID, str]]:
    customers = [row.pk for row in searched.customers]
    rows = Entitlement.objects.filter(order__customer__in=customers)
    rank = _rank("order__customer", customers)
    return _keys(rows.order_by(rank, OPEN_FIRST, PLANS_FIRST, "-changed_at", "-id"), searched, is_empty=not customers)


def _by_seat_id(searched: Searched, _today: date) -> Iterator[tuple[UUID, str]]:
    return ((row.entitlement_id, str(row)) for row in searched.seats_by_id)


def _by_seat(searched: Searched, _today: date) -> Iterator[tuple[UUID, str]]:
    """Find by the start of a seat's name; one or two letters would find any seat."""
    if is_long_enough(searched.folded):
        yield from ((row.entitlement_id, str(row)) for row in searched.seats)


def _by_words(searched: Searched, today: date) -> Iterator[tuple[UUID, str]]:
    """Find by statuses and offerings, newest change first; without a status, only what has not ended."""
    reading = read_words(searched.folded) if is_long_enough(searched.folded) else None
    if not reading:
        return iter(())
    rows: EntitlementQuerySet = Entitlement.objects.matching(reading.whose, searched.named_by)
    rows = rows.in_status(reading.statuses, today) if reading.statuses else rows.filter(ended_on=None)
    if reading.offerings:
        rows = rows.filter(offering__in=reading.offerings)
    return _keys(rows.order_by("-changed_at", "-id"), searched, is_empty=False)


def _keys(rows: EntitlementQuerySet, searched: Searched, *, is_empty: bool) -> Iterator[tuple[UUID, str]]:
    """Return the first keys of ordered rows; no query where nothing led to them."""
    keys: Iterable[UUID] = () if is_empty else rows.values_list("pk", flat=True)[: searched.limit]
    return ((key, "") for key in keys)


def _rank(field: str, keys: Collection[UUID]) -> Case:
    """Return the place of a key among ``keys``, to sort by."""
    cases = [When(**{field: key}, then=Value(place)) for place, key in enumerate(keys)]
    return Case(*cases, default=Value(len(cases)))
