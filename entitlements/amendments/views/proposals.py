"""The queue of proposals and its file."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.clock import site_today
from config.csv_export import stream_csv
from config.filter_forms import read_filters, read_strictly
from config.lists.state import list_state
from config.paging import counted_page, in_order
from config.web import AuthenticatedHttpRequest
from entitlements.amendments.proposals.columns import PROPOSALS
from entitlements.amendments.proposals.filters import MINE, OTHERS, ProposalFilterForm, ProposalFilters
from entitlements.amendments.views.list import BATCH, Tab, lines_in_batches
from entitlements.models import Amendment, AmendmentKind
from entitlements.schedule.approving import when_in_words
from entitlements.schedule.upcoming import lines_of, with_dues

HEADER = (
    "Proposal",
    "Number",
    "Proposed by",
    "Proposed at (UTC)",
    "Takes effect",
    "Kind",
    "What it would do",
    "Customer",
    "Account reference",
    "Order reference",
    "Reason",
    "Reference",
    "Amendment id",
    "Due",
    "Due currency",
    "Due in words",
)
TABS = (("", "All"), (OTHERS, "Of others"), (MINE, "My own"))


@permission_required("entitlements.view_entitlement", raise_exception=True)
@permission_required(PROPOSALS.permission, raise_exception=True)
@require_safe
def proposals(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the proposals that fit the filters in the address, the one that waits longest first. Constant queries."""
    form = read_filters(request, ProposalFilterForm)
    shown_list = list_state(request, PROPOSALS, form)
    filters = replace(form.filters, view=shown_list.view.pk if shown_list.view else None)
    found = filters.proposals(request.user)
    page = counted_page(
        request,
        found.select_related("order__customer"),
        sorting=shown_list.sorting,
        size=shown_list.page_size,
        counted=found,
    )
    context = {
        "list": shown_list,
        "rows": with_dues(lines_of(page.rows)) if "due" in shown_list.shown else lines_of(page.rows),
        "page": page,
        "filters": filters,
        "tabs": list(_tabs(filters)),
        "kinds": AmendmentKind.choices,
        "is_narrowed": bool(replace(filters, by="")),
        "clear_url": list_url(ProposalFilters(by=filters.by)),
    }
    return render(request, "entitlements/amendments/proposals.html", context)


def list_url(filters: ProposalFilters) -> str:
    """Return the address of the queue with these filters."""
    return "?".join(filter(None, (reverse("entitlements:proposals"), filters.address())))


def _tabs(filters: ProposalFilters) -> Iterator[Tab]:
    """Yield a link for everybody's, those of others, and one's own."""
    for by, label in TABS:
        yield Tab(label, list_url(replace(filters, by=by)), None, is_current=filters.by == by)


@permission_required("entitlements.view_entitlement", raise_exception=True)
@permission_required(PROPOSALS.permission, raise_exception=True)
@require_safe
def proposals_csv(request: AuthenticatedHttpRequest) -> StreamingHttpResponse:
    """Send all proposals of the queue with the same address as a CSV file, read in batches."""
    filters = read_strictly(request, ProposalFilterForm).filters
    found = in_order(filters.proposals(request.user).select_related("order__customer"), PROPOSALS.sorting(filters.sort))
    rows = found.iterator(chunk_size=BATCH)
    return stream_csv(f"proposals-{site_today().isoformat()}.csv", HEADER, _cells(rows))


def _cells(rows: Iterable[Amendment]) -> Iterator[tuple[Any, ...]]:
    for line in lines_in_batches(rows):
        row = line.amendment
        yield (
            row.name,
            row.number,
            row.requested_by_name,
            row.requested_at,
            when_in_words(row),
            row.get_kind_display(),
            "; ".join(row.effects),
            row.order.customer.name,
            row.order.customer.account_reference,
            row.order.order_reference,
            row.reason,
            row.reference,
            row.pk,
            *line.due.cells,
        )
