"""The override report, and the page that reverts one right on several entitlements."""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from config.clock import site_today
from config.csv_export import stream_csv
from config.filter_forms import read_filters, read_strictly
from config.lists.state import preferences_of
from config.paging import by_moment, counted_page
from config.selection import LARGEST_SELECTION, read_ids
from config.web import AuthenticatedHttpRequest
from entitlements.desk.override_filters import ENDS, OverrideFilterForm, OverrideFilters
from entitlements.desk.overrides import (
    ReportedOverride,
    overridden_rights,
    people_who_overrode,
    reported,
    reported_in_batches,
)
from entitlements.dialogs.outcomes import entitlements_in_words
from entitlements.dialogs.overrides.forms import RevertSelectionForm
from entitlements.dialogs.selection import Selection, respond_for_selection
from entitlements.operations import RevertOverrides, SeatMode
from offerings.models import Offering

HEADER = (
    "Customer",
    "Order reference",
    "Offering",
    "SKU",
    "Revision",
    "Right",
    "Key",
    "In force",
    "Standard",
    "Difference",
    "Set by",
    "Set at (UTC)",
    "Until",
    "Reason",
    "Entitlement",
)


@permission_required("entitlements.view_entitlement", raise_exception=True)
@require_safe
def override_report(request: HttpRequest) -> HttpResponse:
    """List the overrides that fit the filters in the address, newest first. Constant queries."""
    filters = read_filters(request, OverrideFilterForm).filters
    found, size = filters.overrides(), preferences_of(request).rows_per_page
    page = counted_page(request, found, sorting=by_moment(F("set_at"), is_descending=True), size=size)
    offerings = list(Offering.objects.by_sold_name().select_related("product"))
    rights, people = overridden_rights(), people_who_overrode()
    context = {
        "rows": reported(page.rows),
        "page": page,
        "filters": filters,
        "rights": rights,
        "right_label": dict(rights).get(filters.right, filters.right),
        "people": people,
        "ends": ENDS.items(),
        "offerings": offerings,
        "unknown": _unknown(filters, right=dict(rights), person=people, offering={each.sku for each in offerings}),
        "may_revert": request.user.has_perm(RevertOverrides.permission),
    }
    return render(request, "entitlements/desk/override_report.html", context)


def _unknown(filters: OverrideFilters, **known: Iterable[str]) -> dict[str, str]:
    """Return the filters whose right, person or offering is not among the choices; the menus show them, too."""
    chosen = {name: getattr(filters, name) for name in known}
    return {name: text if text and text not in known[name] else "" for name, text in chosen.items()}


@permission_required("entitlements.view_entitlement", raise_exception=True)
@require_safe
def override_report_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the overrides that fit the filters as a CSV file, read in batches."""
    found = read_strictly(request, OverrideFilterForm).filters.overrides().order_by("-set_at", "-pk")
    rows = reported_in_batches(found.iterator())
    return stream_csv(f"overrides-{site_today().isoformat()}.csv", HEADER, _cells(rows))


def _cells(rows: Iterable[ReportedOverride]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        revision, order = row.state.revision, row.state.order
        yield (
            order.customer_name,
            order.order_reference,
            revision.offering_name,
            revision.sku,
            revision.number,
            row.right.label,
            row.override.key,
            row.value_cell,
            row.standard_cell,
            row.word,
            row.override.set_by_name,
            row.override.set_at,
            row.override.until,
            row.override.reason,
            row.override.entitlement_id,
        )


@permission_required(RevertOverrides.permission, raise_exception=True)
@require_POST
def revert_many(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the previews of a revert of one right, and with ``confirm`` in the POST carry the revert out.

    ``chosen`` are keys of entitlements; ``all`` chooses every entitlement that the filters find. At most
    ``LARGEST_SELECTION`` entitlements; constant queries.
    """
    filters = OverrideFilterForm(request.POST).filters
    back_url = "?".join(filter(None, (reverse("entitlements:override_report"), filters.address())))
    ids = _chosen(request, filters)
    if refusal := _refusal(filters, ids):
        messages.warning(request, refusal)
        return HttpResponseRedirect(back_url)
    data = request.POST.copy()
    data.setdefault("seats", SeatMode.RELEASE_OLDEST.value)
    right_label = dict(overridden_rights()).get(filters.right, filters.right)
    selection = Selection(
        template="entitlements/dialogs/revert_selection.html",
        partials=("preview",),
        changed=f"Removed the override of {right_label} from",
        back_url=back_url,
        extra={"filters": filters, "chosen": ids, "right_label": right_label},
    )
    form = RevertSelectionForm(data, as_of=site_today(), key=filters.right)
    return respond_for_selection(request, form, ids, selection)


def _chosen(request: HttpRequest, filters: OverrideFilters) -> list[UUID]:
    """Return the chosen entitlements, at most one more than allowed; one query for ``all``."""
    if "all" not in request.POST:
        return read_ids(request.POST.getlist("chosen")[: LARGEST_SELECTION + 1])
    found: Any = filters.overrides().order_by("-set_at", "-pk")
    return list(found.values_list("entitlement", flat=True)[: LARGEST_SELECTION + 1])


def _refusal(filters: OverrideFilters, ids: list[UUID]) -> str:
    if not filters.right:
        return "Choose one right in the filter first: one act goes back to the standard of one right."
    if len(ids) > LARGEST_SELECTION:
        command = f"manage.py revert_overrides --right {filters.right}"
        offering = f" --offering {filters.offering}" if filters.offering else ""
        most = entitlements_in_words(LARGEST_SELECTION)
        return f"Choose at most {most} at once. For more there is {command}{offering} --reason TEXT."
    return "" if ids else "Choose at least one entitlement."
