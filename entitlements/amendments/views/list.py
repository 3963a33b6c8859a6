"""The list of amendments and its file."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.clock import site_today
from config.csv_export import stream_csv
from config.filter_forms import read_filters, read_strictly
from config.lists.state import list_state
from config.paging import in_order
from config.web import AuthenticatedHttpRequest
from entitlements.amendments.columns import AMENDMENTS
from entitlements.amendments.filters import EVERY, AmendmentFilterForm, AmendmentFilters
from entitlements.amendments.list_frame import Tab, page_of
from entitlements.models import Amendment, AmendmentStatus
from entitlements.schedule.upcoming import AmendmentLine, lines_of, set_aside_count, with_dues

BATCH = 1_000
HEADER = (
    "Amendment",
    "Number",
    "Takes effect",
    "Kind",
    "Status",
    "Problems",
    "What it does",
    "Customer",
    "Account reference",
    "Order reference",
    "Asked by",
    "Asked at (UTC)",
    "Reason",
    "Reference",
    "Approved by",
    "Approved at (UTC)",
    "Closed by",
    "Closed at (UTC)",
    "Why closed",
    "Act",
    "Amendment id",
    "Code",
    "Description",
    "Service activation",
    "Customer acceptance",
    "Due",
    "Due currency",
    "Due in words",
    "Edited by",
)
TABS = (
    ("", "Pending"),
    (AmendmentStatus.SET_ASIDE.value, "Set aside"),
    (AmendmentStatus.APPLIED.value, "Applied"),
    (AmendmentStatus.CANCELLED.value, "Cancelled"),
    (AmendmentStatus.DECLINED.value, "Declined"),
    (AmendmentStatus.AGREED.value, "Agreed"),
    (EVERY, "All"),
)


@permission_required("entitlements.view_entitlement", raise_exception=True)
@permission_required(AMENDMENTS.permission, raise_exception=True)
@require_safe
def amendments(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the amendments that fit the filters in the address, next to take effect first. Constant queries."""
    form = read_filters(request, AmendmentFilterForm)
    shown_list = list_state(request, AMENDMENTS, form)
    filters = replace(form.filters, view=shown_list.view.pk if shown_list.view else None)
    context = {
        **page_of(request, shown_list, filters.amendments(), filters),
        "heading": "Scheduled",
        "noun": "Amendments",
        "tabs": list(_tabs(filters)),
        "is_narrowed": bool(replace(filters, status="")),
        "clear_url": AmendmentFilters(status=filters.status).url,
    }
    return render(request, "entitlements/amendments/amendments.html", context)


def _tabs(filters: AmendmentFilters) -> Iterator[Tab]:
    """Yield a link for each status; what waits for a person is counted. One query."""
    for status, label in TABS:
        count = set_aside_count() if status == AmendmentStatus.SET_ASIDE else None
        yield Tab(label, replace(filters, status=status).url, count, is_current=filters.status == status)


@permission_required("entitlements.view_entitlement", raise_exception=True)
@permission_required(AMENDMENTS.permission, raise_exception=True)
@require_safe
def amendments_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send all amendments of the list with the same address as a CSV file, read in batches."""
    filters = read_strictly(request, AmendmentFilterForm).filters
    found = in_order(filters.amendments().select_related("order__customer"), AMENDMENTS.sorting(filters.sort))
    rows = found.iterator(chunk_size=BATCH)
    return stream_csv(f"amendments-{site_today().isoformat()}.csv", HEADER, _cells(rows))


def lines_in_batches(rows: Iterable[Amendment]) -> Iterator[AmendmentLine]:
    """Yield amendments as lines with what they make due, for files; one query for each ``BATCH``."""
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        yield from with_dues(lines_of(batch))


def _cells(rows: Iterable[Amendment]) -> Iterator[tuple[Any, ...]]:
    for line in lines_in_batches(rows):
        row = line.amendment
        yield (
            row.name,
            row.number,
            row.effective_on,
            row.get_kind_display(),
            row.get_status_display(),
            " ".join(row.problems),
            "; ".join(row.effects),
            row.order.customer.name,
            row.order.customer.account_reference,
            row.order.order_reference,
            row.requested_by_name,
            row.requested_at,
            row.reason,
            row.reference,
            row.approved_by_name,
            row.approved_at,
            row.closed_by_name,
            row.closed_at,
            row.closed_reason,
            row.act_id,
            row.pk,
            row.code,
            row.description,
            row.service_activation_on,
            row.customer_acceptance_on,
            *line.due.cells,
            ", ".join(row.edited_by_names),
        )
