"""Ordinary edits of customers, orders, codes and notes: written together with their line in Django's log.

Edits are no operations: they move no right and have no undo. A line of the log names the customer, order or
entitlement, the person, and the texts before and after.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Generic, TypeVar

from django.contrib.auth.models import User
from django.db import models

from config.digests import digest_of_seen
from config.edit_log import logged
from entitlements.directory.customer_values import CustomerValues, values_of, write_values
from entitlements.directory.merged import require_current
from entitlements.models import Contact, Customer, Order

Row = TypeVar("Row", Customer, Order, Contact)


class EditStatus(StrEnum):
    """The outcome of an edit."""

    CHANGED = "changed"
    SAME = "same"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class EditResult(Generic[Row]):
    """The outcome of an edit, and the row after it."""

    status: EditStatus
    row: Row


def add_customer(
    *,
    name: str,
    account_reference: str = "",
    owner_id: int | None = None,
    tags: Sequence[str] = (),
    fields: Mapping[str, str] | None = None,
    made_by: User,
) -> Customer:
    """Add a customer and its line in the log; tags that are new are made."""
    values = CustomerValues(name, account_reference, owner_id, tuple(tags), fields or {})
    with logged(made_by=made_by) as change:
        customer = Customer.objects.create(name=name)
        change.add(customer)
        write_values(customer, values, edit=change)
    return customer


def edit_customer(customer: Customer, values: CustomerValues, *, made_by: User, seen: str) -> EditResult[Customer]:
    """Write the values of a customer, unless they changed since the editor saw them (``seen``, their digest).

    Locks the customer, compares, writes and logs in one transaction. Raise ``MergedAway`` for a merged customer.
    """
    with logged(customer, made_by=made_by) as change:
        require_current(customer.pk)
        locked = Customer.objects.get(pk=customer.pk)
        if values_of(locked).digest != seen:
            return EditResult(EditStatus.STALE, locked)
        write_values(locked, values, edit=change)
    return EditResult(EditStatus.CHANGED if change.is_change else EditStatus.SAME, locked)


def digest_of(row: models.Model, fields: Sequence[str]) -> str:
    """Return a digest of the values of ``fields``; a form sends back the digest that its reader saw."""
    values = [getattr(row, field) for field in fields]
    return digest_of_seen([str(value) if isinstance(value, date) else value for value in values])


def edit(row: Row, values: Mapping[str, Any], *, made_by: User, seen: str) -> EditResult[Row]:
    """Write values into a row, unless it changed since its editor saw it (``seen``, from ``digest_of``).

    Locks the row, compares, writes and logs in one transaction.
    """
    with logged(row, made_by=made_by) as change:
        locked = type(row).objects.get(pk=row.pk)
        if digest_of(locked, list(values)) != seen:
            return EditResult(EditStatus.STALE, locked)
        for field, value in values.items():
            setattr(locked, field, value)
        locked.save(update_fields=list(values))
    return EditResult(EditStatus.CHANGED if change.is_change else EditStatus.SAME, locked)
