"""Everything that is held about one customer: which rows, in which tables."""

from collections.abc import Iterator, Sequence
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
Each = TypeVar("Each")


def find_customer(text: str) -> Customer:
    """Return the customer with an account reference, in any spelling, or with a key.

    Raise ``NotStarted`` where there is none, or more than one.
    """
    try:
        found = list(Customer.objects.filter(pk=UUID(text)))
    except ValueError:
        known = text.strip() and text.isprintable()
        found = list(Customer.objects.filter(account_reference_folded=text)[:2]) if known else []
    if not found:
        raise NotStarted(f"There is no customer with the account reference or key {text[:60]!r}.")
    if len(found) > 1:
        raise NotStarted(f"Several customers have the account reference {text[:60]!r}. Give the key of one.")
    return found[0]


def in_batches(rows: Sequence[Each]) -> Iterator[Sequence[Each]]:
    """Yield rows, ``BATCH`` at a time."""
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def keys(rows: "QuerySet[Any, Any]") -> list[Any]:
    """Return the keys of rows, in order; one query."""
    return list(rows.order_by("pk").values_list("pk", flat=True))


def parts_of(customer: Customer) -> dict[str, "QuerySet[Any, Any]"]:
    """Return the rows that belong to a customer, by what they are called in its export.

    Entitlements that it has given away are another customer's: the log of what it held is in ``changes_of``.
    """
    held = Entitlement.objects.filter(order__customer=customer)
    return {
        "contacts": Contact.objects.filter(customer=customer),
        "fields": FieldValue.objects.filter(customer=customer).select_related("field"),
        "orders": Order.objects.filter(customer=customer),
        "activation_codes": ActivationCode.objects.filter(order__customer=customer),
        "entitlements": held,
        "amendments": Amendment.objects.filter(order__customer=customer),
        "overrides": Override.objects.filter(entitlement__in=held.order_by()),
        "seats": Seat.objects.filter(entitlement__in=held.order_by()),
        "feature_use": FeatureUse.objects.filter(entitlement__in=held.order_by()),
        "merges": CustomerMerge.objects.filter(Q(source=customer) | Q(target=customer)),
        "notes": Note.objects.filter(Q(customer=customer) | Q(entitlement__in=held.order_by())),
    }


def changes_of(customer: Customer) -> "QuerySet[Change, Any]":
    """Return the changes of entitlements that the customer held at the time, and of those that left it."""
    return Change.objects.filter(Q(customer=customer) | Q(from_customer=customer))


def acts_of(customer: Customer) -> "QuerySet[Act, Any]":
    """Return the acts of those changes."""
    return Act.objects.filter(pk__in=changes_of(customer).order_by().values("act"))


def lines_of(customer: Customer) -> Iterator[LogEntry]:
    """Yield the lines of Django's log about a customer, its orders, codes, entitlements and notes, oldest first."""
    parts = parts_of(customer)
    about: dict[type[Model], list[Any]] = {
        Customer: [customer.pk],
        Order: keys(parts["orders"]),
        ActivationCode: keys(parts["activation_codes"]),
        Entitlement: keys(parts["entitlements"]),
        Note: keys(parts["notes"]),
        Contact: keys(parts["contacts"]),
    }
    found: list[LogEntry] = []
    for model, rows in about.items():
        content_type = ContentType.objects.get_for_model(model)
        for batch in in_batches([str(key) for key in rows]):
            found += LogEntry.objects.filter(content_type=content_type, object_id__in=batch).select_related(
                "user", "content_type"
            )
    yield from sorted(found, key=lambda line: line.pk)
