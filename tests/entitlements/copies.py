"""Many entitlements quickly: copies of one, with everything that belongs to it."""

from typing import Any
from uuid import UUID

from entitlements.models import Change, Entitlement, FeatureUse, Order, Override, Seat, new_id


def copy_entitlement(pk: UUID, count: int) -> list[UUID]:
    """Copy an entitlement ``count`` times, each in an order of its own, and return the keys."""
    source = Entitlement.objects.get(pk=pk)
    customer = Order.objects.get(pk=source.order_id).customer
    orders = Order.objects.bulk_create([Order(customer=customer) for _ in range(count)])
    made = [_copied(source, order=order) for order in orders]
    Entitlement.objects.bulk_create(made)
    ids = [row.pk for row in made]
    seats: dict[tuple[UUID, UUID], UUID] = {}
    for each in Seat.objects.filter(entitlement=source):
        rows = [_copied(each, entitlement_id=key) for key in ids]
        Seat.objects.bulk_create(rows)
        seats |= {(row.entitlement_id, each.pk): row.pk for row in rows}
    for model in (Override, Change):
        for each in model.objects.filter(entitlement=source):
            model.objects.bulk_create([_copied(each, entitlement_id=key) for key in ids])
    for use in FeatureUse.objects.filter(entitlement=source):
        FeatureUse.objects.bulk_create(
            [_copied(use, entitlement_id=key, seat_id=seats[key, use.seat_id] if use.seat_id else None) for key in ids]
        )
    return ids


def _copied(row: Any, **changed: Any) -> Any:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    values |= {"id": new_id()}
    values |= {
        f"{name}_id" if name == "order" else name: getattr(value, "pk", value) for name, value in changed.items()
    }
    return type(row)(**values)
