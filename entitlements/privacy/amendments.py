"""Amendments of a customer that is erased: none may wait, and the texts of the others are made unreadable."""

from collections.abc import Iterable, Sequence

from entitlements.models import Amendment, Customer
from entitlements.models.amendments import OPEN
from entitlements.privacy.holdings import in_batches, keys
from entitlements.privacy.redaction import Redaction

TEXTS = ("name", "operation", "effects", "problems", "reason", "reference", "closed_reason")


def scheduled_for(customers: Iterable[Customer]) -> int:
    """Return how many amendments wait for orders of customers, for their day or for approval; one query."""
    return Amendment.objects.filter(order__customer__in=list(customers), status__in=OPEN).count()


def erase_amendments(customers: Sequence[Customer], names: Sequence[str]) -> None:
    """Redact the texts of closed amendments, while an erasure of their customers is open. Days and acts stay."""
    whole, part = (Redaction.of(names, is_whole=is_whole) for is_whole in (True, False))
    for batch in in_batches(keys(Amendment.objects.filter(order__customer__in=list(customers)))):
        rows = list(Amendment.objects.filter(pk__in=batch))
        for row in rows:
            row.name, row.reason = whole.text(row.name), whole.text(row.reason)
            row.closed_reason, row.reference = whole.text(row.closed_reason), part.text(row.reference)
            row.operation = whole.asked(row.operation)
            row.effects = [part.text(line) for line in row.effects]
            row.problems = [part.text(line) for line in row.problems]
        Amendment.objects.bulk_update(rows, list(TEXTS), batch_size=100)
