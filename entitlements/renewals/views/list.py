"""The list of renewals and its file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.clock import site_today
from config.csv_export import stream_csv
from config.filter_forms import read_filters, read_strictly
from config.paging import by_day, in_order, sorted_page
from entitlements.desk.expiries import MONTHS_AHEAD, MONTHS_BACK, Expiries, first_of_month, recent_expiries
from entitlements.models.seats_added import EXPIRY_DAY
from entitlements.operations import Renew
from entitlements.renewals.filters import TRIALS, RenewalFilterForm, RenewalFilters
from entitlements.renewals.rows import Renewal, in_batches, renewals_of
from offerings.models import Product

VIEW = "entitlements.view_entitlement"
ADD_NOTE = "entitlements.add_note"
PAGE_SIZE = 40  # a page stays under 90 KB
HEADER = (
    "Customer",
    "Account reference",
    "Order reference",
    "Product",
    "Offering",
    "SKU",
    "Revision",
    "Latest revision",
    "Status",
    "Expires",
    "Quantity",
    "Price in force",
    "Amount in force",
    "Price on the latest revision",
    "Amount on the latest revision",
    "Currency",
    "Overrides",
    "Overridden",
    "Contacted at (UTC)",
    "Contacted by",
    "Contact",
    "Entitlement",
)


@dataclass(frozen=True, slots=True)
class Tab:
    """A link to the list with other filters. ``count`` is ``None`` where nobody counted."""

    label: str
    url: str
    count: int | None
    is_current: bool


@permission_required(VIEW, raise_exception=True)
@require_safe
def renewals(request: HttpRequest) -> HttpResponse:
    """List what expires in a month, next to expire first. Constant queries."""
    filters, today = read_filters(request, RenewalFilterForm).filters, site_today()
    page = sorted_page(request, filters.entitlements(today).only("pk"), sorting=by_day(EXPIRY_DAY), size=PAGE_SIZE)
    products = dict(Product.objects.order_by("name", "code").values_list("code", "name"))
    expiries, month = recent_expiries(today), filters.month or first_of_month(today)
    context = {
        "rows": renewals_of([row.pk for row in page.rows], today=today),
        "page": page,
        "filters": filters,
        "month": month,
        "months": list(_months(filters, month, expiries, today)),
        "kinds": list(_kinds(filters, month, expiries)),
        "products": products,
        "unknown_product": filters.product if filters.product and filters.product not in products else "",
        "back_query": f"?{filters.address()}" if filters.address() else "",
        "clear_url": list_url(replace(filters, product="", contacted="")),
        "may_renew": request.user.has_perm(Renew.permission),
        "may_note": request.user.has_perm(ADD_NOTE),
    }
    return render(request, "entitlements/renewals/renewals.html", context)


def list_url(filters: RenewalFilters) -> str:
    """Return the address of the list with these filters."""
    return "?".join(filter(None, (reverse("entitlements:renewals"), filters.address())))


def _months(filters: RenewalFilters, shown: date, expiries: Expiries, today: date) -> Iterator[Tab]:
    """Yield a tab for each month that is counted, and for the month shown where it is another one."""
    counted = [first_of_month(today, number) for number in range(-MONTHS_BACK, MONTHS_AHEAD + 1)]
    for month in sorted({*counted, shown}):
        count = None
        if month in counted:
            count = expiries.count(
                month, is_trial=filters.is_trial, product=filters.product, contacted=filters.contacted
            )
        yield Tab(f"{month:%b %Y}", list_url(replace(filters, month=month)), count, is_current=month == shown)


def _kinds(filters: RenewalFilters, month: date, expiries: Expiries) -> Iterator[Tab]:
    for kind, label in (("", "Renewals"), (TRIALS, "Trials that end")):
        count = expiries.count(month, is_trial=kind == TRIALS, product=filters.product, contacted=filters.contacted)
        yield Tab(label, list_url(replace(filters, kind=kind)), count, is_current=filters.kind == kind)


@permission_required(VIEW, raise_exception=True)
@require_safe
def renewals_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the list with the same filters as a CSV file, read in batches."""
    filters, today = read_strictly(request, RenewalFilterForm).filters, site_today()
    found: Any = in_order(filters.entitlements(today), by_day(EXPIRY_DAY)).values_list("pk", flat=True)
    month = filters.month or first_of_month(today)
    name = "trials" if filters.is_trial else "renewals"
    rows = in_batches(found.iterator(), today=today)
    return stream_csv(f"{name}-{month:%Y-%m}.csv", HEADER, _cells(rows))


def _cells(rows: Iterable[Renewal]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        state, revision, contact = row.state, row.state.revision, row.contact
        yield (
            state.order.customer_name,
            row.account_reference,
            state.order.order_reference,
            revision.product_name,
            revision.offering_name,
            revision.sku,
            revision.number,
            row.newest.number,
            row.status,
            state.expires_on,
            state.quantity,
            row.price.words,
            row.price.amount,
            row.next_price.words,
            row.next_price.amount,
            row.next_price.currency or row.price.currency,
            len(state.overrides),
            row.overrides,
            contact.created_at if contact else None,
            row.contacted_by,
            contact.text if contact else "",
            state.id,
        )
