"""The queue of proposals and its file."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.clock import site_today
from config.csv_export import stream_csv
from config.filter_forms import read_filters, read_strictly
from config.lists.state import list_state
from config.paging import in_order
from config.web import AuthenticatedHttpRequest
from entitlements.amendments.list_frame import Tab, page_of
from entitlements.amendments.proposals.columns import PROPOSALS
from entitlements.amendments.proposals.filters import MINE, OTHERS, ProposalFilterForm, ProposalFilters
from entitlements.amendments.views.list import BATCH, lines_in_batches
from entitlements.models import Amendment
from entitlements.schedule.approving import when_in_words

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
    "Edited by",
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
    context = {
        **page_of(request, shown_list, filters.proposals(request.user), filters),
        "heading": "Waiting for approval",
        "noun": "Proposals",
        "tabs": list(_tabs(filters)),
        "is_narrowed": bool(replace(filters, by="")),
        "clear_url": ProposalFilters(by=filters.by).url,
    }
    return render(request, "entitlements/amendments/proposals.html", context)


def _tabs(filters: ProposalFilters) -> Iterator[Tab]:
    """Yield a link for everybody's, those of others, and one's own."""
    for by, label in TABS:
        yield Tab(label, replace(filters, by=by).url, None, is_current=filters.by == by)


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
            ", ".join(row.edited_by_names),
        )
