"""The header of every tab of a customer: name, menu, facts, tabs."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum
from django.http import HttpRequest

from config.actors import name_of
from config.clock import site_today
from entitlements.dialogs.banners import customer_banner
from entitlements.dialogs.pinned import pinned_on_customer
from entitlements.dialogs.tones import STATUS_TONES
from entitlements.directory.links import CustomerLink, links_of
from entitlements.models import Contact, Customer, Entitlement, Note, Order
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
    owner: str
    tags: tuple[str, ...]
    links: tuple[CustomerLink, ...]
    primary: Contact | None
    contacts: int

    @property
    def entitlements(self) -> int:
        """Return the number of entitlements, ended ones included."""
        return sum(each.count for each in self.statuses)


def customer_context(request: HttpRequest, customer: Customer, tab: str, **context: Any) -> dict[str, Any]:
    """Return the context of one tab.

    Eleven queries beside those of the tab itself, one more for the owner, two more for a disabled customer.
    """
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
        owner=name_of(customer.owner) if customer.owner else "",
        tags=tuple(customer.tags.order_by("name_folded").values_list("name", flat=True)),
        links=tuple(links_of(customer)),
        primary=Contact.objects.filter(customer=customer, is_primary=True).first(),
        contacts=Contact.objects.filter(customer=customer).count(),
    )
    return {
        "customer": customer,
        "header": header,
        "tab": tab,
        "what_counts": WHAT_COUNTS,
        "banners": [customer_banner(customer, user=request.user, is_named=False)] if customer.disabled_at else [],
        "pinned": None if tab == "notes" else pinned_on_customer(request.user, customer),
        **context,
    }
