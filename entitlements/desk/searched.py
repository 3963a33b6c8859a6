"""One text that is searched for, with the rows of each kind that it finds: each kind is read once, by an index."""

from functools import cached_property
from typing import Any

from django.contrib.auth.models import PermissionsMixin
from django.db.models import Case, Count, OuterRef, Q, Subquery, UUIDField, Value, When

from config.folding import capitals, fold
from config.names import has_part
from entitlements.models import ActivationCode, Customer, Entitlement, Order, Seat
from entitlements.models.customers import LONGEST_SEARCH
from entitlements.models.orders import NamedBy
from offerings.models import Offering

PERMISSIONS = {
    NamedBy.CUSTOMER: "entitlements.view_customer",
    NamedBy.REFERENCE: "entitlements.view_order",
    NamedBy.CODE: "entitlements.view_activationcode",
}


class Searched:
    """A text and the rows that it finds, up to ``limit`` of each kind; every property is one query, made once.

    Customers and orders lead to their entitlements too: what is read for the one kind of hit serves the other. What
    ``person`` may not see finds nothing, neither itself nor an entitlement; ``named_by`` has the rest.
    """

    def __init__(self, text: str, *, limit: int, person: PermissionsMixin) -> None:
        self.text = text
        self.folded = fold(text)[:LONGEST_SEARCH]
        self.limit = limit
        self.named_by = frozenset(way for way, permission in PERMISSIONS.items() if person.has_perm(permission))

    @cached_property
    def customers(self) -> list[Customer]:
        """Return customers by a part of the name or the start of the account reference, those that start so first."""
        if NamedBy.CUSTOMER not in self.named_by:
            return []
        starts = Case(When(name_folded__startswith=self.text, then=Value(0)), default=Value(1))
        order = [starts, "name_folded", "pk"] if has_part(self.folded) else ["name_folded", "pk"]
        return list(Customer.objects.matching(self.text).order_by(*order)[: self.limit])

    @cached_property
    def orders(self) -> list[Order]:
        """Return orders by the start of the order reference, with their customers."""
        if NamedBy.REFERENCE not in self.named_by:
            return []
        found = Order.objects.filter(order_reference_folded__startswith=self.text).select_related("customer")
        return list(found.order_by("order_reference_folded", "pk")[: self.limit])

    @cached_property
    def codes(self) -> list[Any]:
        """Return activation codes by their start, with order, customer, ``entitlement_count`` and ``entitlement_id``.

        The count is that of the entitlements of the order that have not ended; the id is that of one of them.
        """
        if NamedBy.CODE not in self.named_by:
            return []
        held = Entitlement.objects.filter(order=OuterRef("order"), ended_on=None).order_by()
        found = ActivationCode.objects.filter(code__startswith=capitals(self.text)).annotate(
            entitlement_count=Subquery(held.values("order").annotate(count=Count("pk")).values("count")),
            entitlement_id=Subquery(held.values("pk")[:1], output_field=UUIDField()),
        )
        return list(found.select_related("order__customer").order_by("code")[: self.limit])

    @cached_property
    def seats(self) -> list[Seat]:
        """Return active seats by the start of the name."""
        found = Seat.objects.filter(name_folded__startswith=self.text, released_at=None)
        return list(found.order_by("name_folded")[: self.limit])

    @cached_property
    def seats_by_id(self) -> list[Seat]:
        """Return active seats by the whole id that the client gave, as it is typed."""
        found = Seat.objects.filter(seat_id=self.text.strip(), released_at=None).order_by("activated_at")
        return list(found[: self.limit])

    @cached_property
    def offerings(self) -> list[Offering]:
        """Return offerings by the start of the SKU or a part of the name; the catalog is small and read whole."""
        by_sku = Q(sku_folded__startswith=self.text)
        found = Offering.objects.filter(by_sku | Q(name_folded__mentions=self.text)).select_related("product")
        starts = Case(When(by_sku, then=Value(0)), default=Value(1))
        return list(found.order_by(starts, "sku")[: self.limit])
