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
from config.lists.state import list_state
from config.paging import counted_page, in_order
from entitlements.desk.expiries import MONTHS_AHEAD, MONTHS_BACK, Expiries, first_of_month, recent_expiries
from entitlements.directory.customer_filters import NOBODY, owner_choices
from entitlements.operations import Renew
from entitlements.renewals.columns import RENEWALS
from entitlements.renewals.filters import TRIALS, RenewalFilterForm, RenewalFilters
from entitlements.renewals.price import amount_of
from entitlements.renewals.rows import Renewal, in_batches, renewals_of
from offerings.models import Product

ADD_NOTE = "entitlements.add_note"
HEADER = (
    "Customer",
    "Account reference",
    "Owner",
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
    "Currency in force",
    "Price on the latest revision",
    "Amount on the latest revision",
    "Currency on the latest revision",
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


@permission_required(RENEWALS.permission, raise_exception=True)
@require_safe
def renewals(request: HttpRequest) -> HttpResponse:
    """List what expires in a month, by default next to expire first. Constant queries."""
    form, today = read_filters(request, RenewalFilterForm), site_today()
    shown_list = list_state(request, RENEWALS, form)
    filters = replace(form.filters, view=shown_list.view.pk if shown_list.view else None)
    found = filters.entitlements(today).only("pk")
    page = counted_page(request, found, sorting=shown_list.sorting, size=shown_list.page_size)
    products, owners = dict(Product.objects.order_by("name", "code").values_list("code", "name")), owner_choices()
    expiries, month = recent_expiries(today), filters.month or first_of_month(today)
    context = {
        "list": shown_list,
        "rows": renewals_of([row.pk for row in page.rows], today=today),
        "page": page,
        "filters": filters,
        "month": month,
        "months": list(_months(filters, month, expiries, today)),
        "kinds": list(_kinds(filters, month, expiries)),
        "products": products,
        "owners": {NOBODY: "Nobody", **owners},
        "unknown_owner": filters.owner if filters.owner not in ("", NOBODY, *owners) else "",
        "unknown_product": filters.product if filters.product and filters.product not in products else "",
        "back_query": f"?{filters.address()}" if filters.address() else "",
        "clear_url": list_url(filters.without_narrowing()),
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
        count = _count(filters, month, expiries) if month in counted else None
        url = list_url(replace(filters, month=None if month == first_of_month(today) else month))
        yield Tab(f"{month:%b %Y}", url, count, is_current=month == shown)


def _kinds(filters: RenewalFilters, month: date, expiries: Expiries) -> Iterator[Tab]:
    for kind, label in (("", "Renewals"), (TRIALS, "Trials that end")):
        other = replace(filters, kind=kind)
        yield Tab(label, list_url(other), _count(other, month, expiries), is_current=filters.kind == kind)


def _count(filters: RenewalFilters, month: date, expiries: Expiries) -> int | None:
    """Return the number of a month; ``None`` where it is not kept for filters as these."""
    if not filters.is_counted:
        return None
    return expiries.count(month, is_trial=filters.is_trial, product=filters.product, contacted=filters.contacted)


@permission_required(RENEWALS.permission, raise_exception=True)
@require_safe
def renewals_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the list with the same filters and order as a CSV file, read in batches."""
    filters, today = read_strictly(request, RenewalFilterForm).filters, site_today()
    found: Any = in_order(filters.entitlements(today), RENEWALS.sorting(filters.sort)).values_list("pk", flat=True)
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
            row.owner,
            state.order.order_reference,
            revision.product_name,
            revision.offering_name,
            revision.sku,
            revision.number,
            row.newest.number,
            row.status,
            state.expires_on,
            state.quantity,
            row.price.line if row.price else "",
            *amount_of(row.price),
            row.next_price.line if row.next_price else "",
            *amount_of(row.next_price),
            len(state.overrides),
            row.overrides,
            contact.created_at if contact else None,
            row.contacted_by,
            contact.text if contact else "",
            state.id,
        )
