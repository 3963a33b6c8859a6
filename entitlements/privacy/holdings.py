"""Everything that is held about one customer: which rows, in which tables."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet

from config.actors import NotStarted
from entitlements.models import (
    Act,
    ActivationCode,
    Amendment,
    Change,
    Contact,
    Customer,
    CustomerMerge,
    Entitlement,
    FeatureUse,
    FieldValue,
    Note,
    Order,
    Override,
    Seat,
)

BATCH = 500
Family = Sequence[Customer]
"""A customer and those merged into it, the customer first."""
Each = TypeVar("Each")


def find_customer(text: str) -> Customer:
    """Return the customer with an account reference, in any spelling, or with a key.

    A reference may look like a key: it comes first. Raise ``NotStarted`` where there is none, or more than one.
    """
    known = text.strip() and text.isprintable()
    found = list(Customer.objects.filter(account_reference_folded=text)[:2]) if known else []
    found = found or _with_key(text)
    if not found:
        raise NotStarted(f"There is no customer with the account reference or key {text[:60]!r}.")
    if len(found) > 1:
        raise NotStarted(f"Several customers have the account reference {text[:60]!r}. Give the key of one.")
    return found[0]


def _with_key(text: str) -> list[Customer]:
    try:
        return list(Customer.objects.filter(pk=UUID(text)))
    except ValueError:
        return []


def family_of(customer: Customer) -> Family:
    """Return a customer and all that were merged into it, or into one of those: they are one customer by now.

    One query for each merge in a row. A merge that was undone does not count.
    """
    family, newest = [customer], [customer]
    while newest:
        newest = list(Customer.objects.filter(merged_into__in=newest).order_by("pk"))
        family += newest
    return tuple(family)


def in_batches(rows: Sequence[Each]) -> Iterator[Sequence[Each]]:
    """Yield rows, ``BATCH`` at a time."""
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def keys(rows: "QuerySet[Any, Any]") -> list[Any]:
    """Return the keys of rows, in order; one query."""
    return list(rows.order_by("pk").values_list("pk", flat=True))


def parts_of(family: Family) -> dict[str, "QuerySet[Any, Any]"]:
    """Return the rows that belong to a customer and those merged into it, by what they are called in its export.

    Entitlements that it has given away are another customer's: the log of what it held is in ``changes_of``.
    """
    held = Entitlement.objects.filter(order__customer__in=family)
    return {
        "contacts": Contact.objects.filter(customer__in=family),
        "fields": FieldValue.objects.filter(customer__in=family).select_related("field"),
        "orders": Order.objects.filter(customer__in=family),
        "activation_codes": ActivationCode.objects.filter(order__customer__in=family),
        "entitlements": held.select_related("offering", "revision"),
        "amendments": Amendment.objects.filter(order__customer__in=family),
        "overrides": Override.objects.filter(entitlement__in=held.order_by()),
        "seats": Seat.objects.filter(entitlement__in=held.order_by()),
        "feature_use": FeatureUse.objects.filter(entitlement__in=held.order_by()),
        "merges": merges_of(family),
        "notes": Note.objects.filter(Q(customer__in=family) | Q(entitlement__in=held.order_by())),
    }


def merges_of(family: Family) -> "QuerySet[CustomerMerge, Any]":
    """Return the merges of the customers, those that were undone too."""
    return CustomerMerge.objects.filter(Q(source__in=family) | Q(target__in=family))


def changes_of(family: Family) -> "QuerySet[Change, Any]":
    """Return the changes of entitlements that the customers held at the time, and of those that left them."""
    return Change.objects.filter(Q(customer__in=family) | Q(from_customer__in=family))


def acts_of(family: Family) -> "QuerySet[Act, Any]":
    """Return the acts of those changes."""
    return Act.objects.filter(pk__in=changes_of(family).order_by().values("act"))


def lines_of(family: Family) -> list[LogEntry]:
    """Return the lines of Django's log about the customers, their orders, codes, entitlements and notes, oldest first.

    Lines about contacts and fields are those of their customer.
    """
    parts = parts_of(family)
    return lines_about(
        {
            Customer: [customer.pk for customer in family],
            Order: keys(parts["orders"]),
            ActivationCode: keys(parts["activation_codes"]),
            Entitlement: keys(parts["entitlements"]),
            Note: keys(parts["notes"]),
            Contact: keys(parts["contacts"]),
        }
    )


def lines_about(rows: Mapping[type[Model], Sequence[Any]]) -> list[LogEntry]:
    """Return the lines about rows, given by model and key, oldest first."""
    found: list[LogEntry] = []
    for model, ids in rows.items():
        content_type = ContentType.objects.get_for_model(model)
        for batch in in_batches([str(key) for key in ids]):
            lines = LogEntry.objects.filter(content_type=content_type, object_id__in=batch)
            found += lines.select_related("user", "content_type")
    return sorted(found, key=lambda line: line.pk)
