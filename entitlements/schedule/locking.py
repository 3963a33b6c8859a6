"""Lock orders before what is scheduled for them is read or written: entitlements in order of id, then orders."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Max, Q

from entitlements.models import Amendment, Entitlement, Order


def lock_order(key: UUID) -> Order:
    """Lock the entitlements of an order in order of id, then the order, until the transaction ends."""
    return lock_orders([key])[0]


def lock_orders(keys: Collection[UUID], *, beside: Collection[UUID] = ()) -> list[Order]:
    """Lock the entitlements of orders, and those ``beside``, in order of id; then the orders. Two statements."""
    concerned = Q(order__in=keys) | Q(pk__in=beside)
    bare = Entitlement.objects.filter(concerned).order_by("pk").select_for_update(no_key=True)
    list(bare.values_list("pk", flat=True))
    return list(Order.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"))


def next_number(order: UUID) -> int:
    """Return the number of the next amendment of an order that is locked; one query."""
    return (Amendment.objects.filter(order=order).aggregate(last=Max("number"))["last"] or 0) + 1


def locked(key: UUID) -> Amendment:
    """Return an amendment as it is now, with its order locked, and itself."""
    order = lock_order(Amendment.objects.values_list("order", flat=True).get(pk=key))
    row = Amendment.objects.select_for_update(no_key=True).get(pk=key)
    row.order = order
    return row
