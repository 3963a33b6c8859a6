"""Ordinary edits of customers, orders, codes and notes: written together with their line in Django's log.

They are no operations: they move no right and have no undo. The log names the thing edited (a customer, an order, an
entitlement), who did it, and what it said before and after.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from django.contrib.admin.models import ADDITION
from django.contrib.auth.models import User
from django.db import models, transaction

from config.edit_log import log_edit
from entitlements.models import Customer, Order

Row = TypeVar("Row", Customer, Order)

WORDS = {"name": "Name", "account_reference": "Account reference", "order_reference": "Order reference"}


class Edited(StrEnum):
    """What became of an edit."""

    CHANGED = "changed"
    SAME = "same"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class EditResult(Generic[Row]):
    """What became of an edit, and the row as it is now."""

    status: Edited
    row: Row


def add_customer(*, name: str, account_reference: str, made_by: User) -> Customer:
    """Make a customer, with its line in the log."""
    with transaction.atomic():
        customer = Customer.objects.create(name=name, account_reference=account_reference)
        said = f", account reference {account_reference}" if account_reference else ""
        log_edit(customer, f"Added customer {name}{said}.", made_by=made_by, action_flag=ADDITION)
    return customer


def mark_of(row: models.Model, fields: Sequence[str]) -> str:
    """Return a short text that stands for what ``fields`` say; a form sends it back to show what its reader saw."""
    said = json.dumps([getattr(row, field) for field in fields])
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def edit(row: Row, values: Mapping[str, str], *, made_by: User, seen: str) -> EditResult[Row]:
    """Write texts into a row, unless it says something else than its editor saw (``seen``, from ``mark_of``).

    Locks the row, compares, writes and logs in one transaction.
    """
    with transaction.atomic():
        locked = type(row).objects.select_for_update().get(pk=row.pk)
        if mark_of(locked, list(values)) != seen:
            return EditResult(Edited.STALE, locked)
        moved = {field: (getattr(locked, field), value) for field, value in values.items()}
        moved = {field: pair for field, pair in moved.items() if pair[0] != pair[1]}
        if not moved:
            return EditResult(Edited.SAME, locked)
        for field, (_before, after) in moved.items():
            setattr(locked, field, after)
        locked.save(update_fields=list(moved))
        log_edit(locked, " ".join(_said(field, *pair) for field, pair in moved.items()), made_by=made_by)
    return EditResult(Edited.CHANGED, locked)


def _said(field: str, before: str, after: str) -> str:
    return f"{WORDS[field]}: {before or 'none'} → {after or 'none'}."
