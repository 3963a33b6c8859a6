"""Ordinary edits of customers, orders, codes and notes: written together with their line in Django's log.

Edits are no operations: they move no right and have no undo. A line of the log names the customer, order or
entitlement, the person, and the texts before and after.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from django.contrib.auth.models import User
from django.db import models

from config.edit_log import logged
from entitlements.models import Customer, Order

Row = TypeVar("Row", Customer, Order)


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


def add_customer(*, name: str, account_reference: str, made_by: User) -> Customer:
    """Add a customer and its line in the log."""
    with logged(made_by=made_by) as change:
        customer = Customer.objects.create(name=name, account_reference=account_reference)
        change.add(customer)
    return customer


def digest_of(row: models.Model, fields: Sequence[str]) -> str:
    """Return a digest of the values of ``fields``; a form sends back the digest that its reader saw."""
    values = json.dumps([getattr(row, field) for field in fields])
    return hashlib.sha256(values.encode()).hexdigest()[:32]


def edit(row: Row, values: Mapping[str, str], *, made_by: User, seen: str) -> EditResult[Row]:
    """Write texts into a row, unless it changed since its editor saw it (``seen``, from ``digest_of``).

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
