"""A merged customer gets nothing more: no edit, contact or note; all it had is another customer's."""

from uuid import UUID

from entitlements.models import Customer


class MergedAway(Exception):
    """The customer was merged into another one; nothing was written. The message says which one to take instead."""

    def __init__(self, customer: Customer) -> None:
        super().__init__(merged_in_words(customer))
        self.customer = customer


def merged_in_words(customer: Customer) -> str:
    """Return the sentence about a merged customer."""
    return f"{customer.name} was merged into {customer.merged_into}. Edit that customer instead."


def require_current(key: UUID) -> None:
    """Raise ``MergedAway`` for a customer that was merged; one query. Where its row is locked, the answer stays so."""
    merged = Customer.objects.select_related("merged_into").filter(pk=key, merged_into__isnull=False).first()
    if merged is not None:
        raise MergedAway(merged)
