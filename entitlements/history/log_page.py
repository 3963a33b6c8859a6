"""The whole log: every act and every edit, with filters, and as a file."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.clock import site_today
from config.csv_export import stream_csv
from config.filter_forms import read_filters, read_strictly
from config.paging import older_page
from entitlements.history.dues import CELLS
from entitlements.history.feed import Place
from entitlements.history.log import edit_line, log_lines, log_page
from entitlements.history.log_filters import EDIT_KINDS, KINDS_OF_ACTS, LogFilterForm, LogFilters
from entitlements.history.log_lines import LogLine
from entitlements.models import Source
from offerings.models import Offering

SUGGESTED = 200
HEADER = (
    *("time", "what", "customer", "order reference", "offering", "sku", "entitlement", "entitlements", "edited"),
    *("details", "person", "source", "reason", "reference", "undone", "act"),
    *CELLS,
)
SEEN_WITH = {
    "customers": "entitlements.view_customer",
    "orders": "entitlements.view_order",
    "notes": "entitlements.view_note",
    "catalog": "offerings.view_offering",
    "groups": "changegroups.view_changegroup",
    "people": "auth.view_user",
    "roles": "auth.view_group",
}


@permission_required("entitlements.view_act", raise_exception=True)
@require_safe
def acts(request: HttpRequest) -> HttpResponse:
    """List acts and edits, newest first; ``older`` is the place to go on from. Constant queries."""
    filters = read_filters(request, LogFilterForm).filters

    def lines_below(place: Place | None) -> tuple[Sequence[LogLine], Place | None]:
        found = log_page(filters, editable=_editable(request), below=place)
        return found.lines, found.older

    page = older_page(request, read=Place.read, rows_below=lines_below)
    context = {
        "page": page,
        "filters": filters,
        "csv_url": "?".join(filter(None, (reverse("entitlements:acts_csv"), filters.address()))),
        "operations": KINDS_OF_ACTS.items(),
        "edit_kinds": [(kind, name) for kind, name in EDIT_KINDS.items() if kind in _editable(request)],
        "sources": Source.choices,
        **_choices(request, filters),
    }
    return render(request, "entitlements/history/acts.html", context)


@permission_required("entitlements.view_act", raise_exception=True)
@require_safe
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one edit with all that it changed; not found where the reader may not see what was edited."""
    line = edit_line(pk, editable=_editable(request))
    if line is None:
        raise Http404("There is no such edit.")
    return render(request, "entitlements/history/edit.html", {"line": line})


def _choices(request: HttpRequest, filters: LogFilters) -> dict[str, Any]:
    """Return the people to suggest and the offerings to choose from; two queries."""
    people = User.objects.order_by("username").values_list("username", flat=True)
    offerings: list[Offering] = []
    if request.user.has_perm("offerings.view_offering"):
        offerings = list(Offering.objects.by_sold_name().select_related("product"))
    is_known = filters.offering in {offering.sku for offering in offerings}
    return {
        "people": list(people[:SUGGESTED]),
        "offerings": offerings,
        "is_unknown_offering": bool(filters.offering) and not is_known,
    }


def _editable(request: HttpRequest) -> list[str]:
    """Return the kinds of edits that the reader may see."""
    return [kind for kind, permission in SEEN_WITH.items() if request.user.has_perm(permission)]


@permission_required("entitlements.view_act", raise_exception=True)
@require_safe
def acts_csv(request: HttpRequest) -> HttpResponseBase:
    """Send the filtered log as a file, a row for each act or edit; read batch by batch."""
    lines = log_lines(read_strictly(request, LogFilterForm).filters, editable=_editable(request))
    return stream_csv(f"upshift-history-{site_today().isoformat()}.csv", HEADER, _cells(lines))


def _cells(lines: Iterator[LogLine]) -> Iterator[tuple[Any, ...]]:
    for line in lines:
        about = line.subject
        yield (
            line.moment,
            line.title,
            *(
                (about.customer, about.order_reference, about.offering, about.sku, about.entitlement_id)
                if about
                else [""] * 5
            ),
            line.count if line.act_id else "",
            "" if line.act_id else line.thing,
            about.came_from if about else line.text,
            line.by,
            line.source,
            line.reason,
            line.reference,
            line.is_undone if line.act_id else "",
            line.act_id,
            *line.due.cells,
        )
