"""Amendments that concern a customer: for its export, and for its erasure, which none may wait for.

The texts of closed ones are made unreadable.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast

from entitlements.models import Amendment, Customer, Order
from entitlements.models.amendments import NAME_LENGTH, OPEN
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.privacy.holdings import acts_of, in_batches, keys
from entitlements.privacy.redaction import Redaction

if TYPE_CHECKING:
    from django.db.models import QuerySet

KEY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
WORDS_OF_STEP = ("name", "description", "code", "reason", "reference")
TEXTS = ("name", "description", "code", "operation", "effects", "problems", "reason", "reference", "closed_reason")


def scheduled_for(customers: Sequence[Customer]) -> int:
    """Return how many amendments wait, for their day or for approval; constant queries.

    They are those for orders of customers, and those that would bring something into them.
    """
    own = Amendment.objects.filter(order__customer__in=customers, status__in=OPEN)
    return own.count() + len(_naming_orders(customers, Amendment.objects.filter(status__in=OPEN)))


def amendments_of_others(customers: Sequence[Customer]) -> list[UUID]:
    """Return the amendments of orders of others that concern customers, open ones too, in order of keys.

    Their act changed an entitlement that the customers held, or they name an order of them.
    """
    others = Amendment.objects.exclude(order__customer__in=customers)
    return sorted(_by_acts(customers, others) | _naming_orders(customers, others))


def erase_amendments(customers: Sequence[Customer], names: Sequence[str]) -> None:
    """Redact the texts of closed amendments, while an erasure of their customers is open. Days and acts stay.

    Those of orders of others lose the names alone: such as brought an entitlement to the customers or took one from
    them, or were to do so.
    """
    whole, part = (Redaction.of(names, is_whole=is_whole) for is_whole in (True, False))
    own = keys(Amendment.objects.filter(order__customer__in=customers))
    for found, redaction in ((own, whole), (_of_others(customers), part)):
        for batch in in_batches(found):
            rows = list(Amendment.objects.filter(pk__in=batch))
            for row in rows:
                _redact(row, redaction, part)
            Amendment.objects.bulk_update(rows, list(TEXTS), batch_size=100)


def _redact(row: Amendment, redaction: Redaction, part: Redaction) -> None:
    row.name = redaction.text(row.name)[:NAME_LENGTH]
    row.reason, row.closed_reason = (redaction.text(each)[:REASON_LENGTH] for each in (row.reason, row.closed_reason))
    row.reference = part.text(row.reference)[:REFERENCE_LENGTH]
    row.description, row.code = redaction.text(row.description), "" if redaction is not part else part.text(row.code)
    row.operation = _without_words(row.operation, redaction) if row.is_step else redaction.asked(row.operation)
    row.effects = [part.text(line) for line in row.effects]
    row.problems = [part.text(line) for line in row.problems]


def _without_words(step: dict[str, Any], redaction: Redaction) -> dict[str, Any]:
    """Return the step of a proposal without the texts that somebody wrote."""
    return {
        key: _without_words(each, redaction)
        if isinstance(each, dict)
        else redaction.text(each)
        if key in WORDS_OF_STEP and isinstance(each, str)
        else each
        for key, each in step.items()
    }


def _of_others(customers: Sequence[Customer]) -> list[UUID]:
    """Return the closed amendments of orders of others that concern the customers, in order of keys."""
    others = Amendment.objects.exclude(order__customer__in=customers)
    return sorted(_by_acts(customers, others) | _naming_orders(customers, others.exclude(status__in=OPEN)))


def _by_acts(customers: Sequence[Customer], among: "QuerySet[Amendment, Any]") -> set[UUID]:
    """Return the amendments whose act changed what customers held."""
    found: set[UUID] = set()
    for batch in in_batches(keys(acts_of(customers))):
        found |= set(among.filter(act__in=batch).order_by().values_list("pk", flat=True))
    return found


def _naming_orders(customers: Sequence[Customer], among: "QuerySet[Amendment, Any]") -> set[UUID]:
    """Return the amendments of orders of others whose operation names an order of the customers; two queries."""
    orders = {str(key) for key in keys(Order.objects.filter(customer__in=customers))}
    others = among.exclude(order__customer__in=customers).annotate(text=Cast("operation", TextField()))
    naming = others.filter(text__contains='"order_id"').order_by().values_list("pk", "text").iterator()
    return {key for key, text in naming if orders.intersection(KEY.findall(text))}
