"""The header of every tab of a customer: name, menu, facts, tabs."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from config.clock import site_today
from entitlements.dialogs.tones import STATUS_TONES
from entitlements.models import Customer, Entitlement, Note, Order
from entitlements.state import WHAT_COUNTS, Status, summed_price
from offerings.totals import Total


@dataclass(frozen=True, slots=True)
class StatusCount:
    """The number of entitlements of a customer with one status."""

    status: Status
    count: int

    @property
    def tone(self) -> str:
        """Return the tone of the status."""
        return STATUS_TONES[self.status]


@dataclass(frozen=True, slots=True)
class CustomerHeader:
    """The facts of one customer on one day."""

    statuses: tuple[StatusCount, ...]
    orders: int
    notes: int
    seats_used: int
    overridden: int
    price: Total

    @property
    def entitlements(self) -> int:
        """Return the number of entitlements, ended ones included."""
        return sum(each.count for each in self.statuses)


def customer_context(customer: Customer, tab: str, **context: Any) -> dict[str, Any]:
    """Return the context of one tab; six queries beside those of the tab itself."""
    entitlements, today = Entitlement.objects.filter(order__customer=customer), site_today()
    counts = dict(entitlements.with_status(today).order_by().values_list("status").annotate(Count("pk")))
    sums = entitlements.filter(ended_on=None).aggregate(
        seats=Sum("seats_used", default=0), overridden=Count("pk", filter=Q(override_count__gt=0))
    )
    header = CustomerHeader(
        statuses=tuple(StatusCount(status, counts[status]) for status in Status if status in counts),
        orders=Order.objects.filter(customer=customer).count(),
        notes=Note.objects.filter(customer=customer).count(),
        seats_used=sums["seats"],
        overridden=sums["overridden"],
        price=summed_price(entitlements, today),
    )
    return {"customer": customer, "header": header, "tab": tab, "what_counts": WHAT_COUNTS, **context}
