"""Rows of customers in the list and its file: counts and tags."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q

from config.actors import name_of
from config.clock import site_today
from entitlements.models import Customer, Entitlement, Order
from entitlements.state import Status


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer of the list, with its tags and the counts of orders and entitlements."""

    customer: Customer
    orders: int
    entitlements: int
    active: int
    overridden: int
    tags: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        """Return the name of the owner; empty without one."""
        return name_of(self.customer.owner) if self.customer.owner else ""


def customer_rows(found: Sequence[Customer]) -> list[CustomerRow]:
    """Return the customers of one page with their tags and counts; three queries. The owners are read already."""
    counted = Order.objects.filter(customer__in=found).order_by().values_list("customer")
    orders: dict[UUID, int] = dict(counted.annotate(Count("pk")))
    entitlements = Entitlement.objects.filter(order__customer__in=found).with_status(site_today())
    counts = (
        entitlements.order_by()
        .values("order__customer")
        .annotate(
            entitlements=Count("pk"),
            active=Count("pk", filter=Q(status=Status.ACTIVE)),
            overridden=Count("pk", filter=Q(override_count__gt=0, ended_on=None)),
        )
    )
    by_customer: dict[UUID, dict[str, int]] = {row.pop("order__customer"): row for row in counts}
    nothing = {"entitlements": 0, "active": 0, "overridden": 0}
    tags = _tags(found)
    return [
        CustomerRow(
            each, orders.get(each.pk, 0), **by_customer.get(each.pk, nothing), tags=tuple(tags.get(each.pk, ()))
        )
        for each in found
    ]


def _tags(found: Sequence[Customer]) -> dict[UUID, list[str]]:
    rows = Customer.tags.through.objects.filter(customer__in=found).order_by("tag__name_folded")
    tags: dict[UUID, list[str]] = {}
    for key, name in rows.values_list("customer", "tag__name"):
        tags.setdefault(key, []).append(name)
    return tags
