"""The list of entitlements: search, filters, sorting, pages."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.clock import site_today
from config.filter_forms import read_filters
from config.paging import Sorting, by_day, by_moment, by_number, by_text, sorted_page
from config.web import wants_part
from entitlements.desk.filters import EntitlementFilterForm, Filters
from entitlements.desk.views.filter_bar import (
    SORT_WORDS,
    address,
    chips,
    expiry_presets,
    filter_choices,
    headings,
    unknown,
)
from entitlements.dialogs.tones import STATUS_TONES
from entitlements.directory.views.entitlement_rows import (
    COLUMNS,
    EntitlementRow,
    extended_plans,
    newest_numbers,
    totals_of,
)
from entitlements.history.words import shown
from entitlements.models import ActivationCode, Entitlement
from entitlements.models.seats_added import EXPIRY_DAY
from entitlements.state import State, load_alone
from offerings import rights

PAGE_SIZE = 50
NAMED_OVERRIDES = 4
MENU = ("change_offering", "renew_entitlement", "disable_entitlement")

SORTINGS: dict[str, Callable[..., Sorting]] = {
    "changed": lambda **way: by_moment(F("changed_at"), **way),
    "customer": lambda **way: by_text(F("order__customer__name_folded"), **way),
    "expires": lambda **way: by_day(EXPIRY_DAY, **way),
    "seats": lambda **way: by_number(F("seats_used"), **way),
}


@permission_required("entitlements.view_entitlement", raise_exception=True)
@require_safe
def entitlements(request: HttpRequest) -> HttpResponse:
    """List the entitlements that fit the filters in the address, by default last changed first. Constant queries."""
    filters, today, choices = read_filters(request, EntitlementFilterForm).filters, site_today(), filter_choices()
    page = sorted_page(request, entitlements_with_columns(filters, today), sorting=sorting_of(filters), size=PAGE_SIZE)
    context = {
        "rows": _rows(page.rows),
        "page": page,
        "filters": filters,
        "choices": choices,
        "chips": chips(filters, choices),
        "unknown": unknown(filters, choices),
        "headings": headings(filters),
        "sorted": SORT_WORDS[filters.sort],
        "statuses": list(STATUS_TONES.items()),
        "presets": expiry_presets(filters, today),
        "estimated_count": None if filters else Entitlement.objects.estimated_count(),
        "menu": {name: request.user.has_perm(f"entitlements.{name}") for name in MENU},
    }
    htmx = wants_part(request)
    if htmx is None:
        return render(request, "entitlements/desk/entitlements.html", context)
    response = render(request, "entitlements/desk/entitlements.html#changed", context)
    url = address(filters)  # each filter is one step in the history of the browser
    response["HX-Push-Url"] = "false" if htmx.current_url_abs_path == url else url
    return response


def entitlements_with_columns(filters: Filters, today: date) -> Any:
    """Return the entitlements that fit the filters, with only the columns of a row: revisions are large."""
    found = filters.entitlements(today).with_status(today)
    found = found.only(*COLUMNS, "starts_on", "expires_on", "changed_at", "disabled_at")
    return found.annotate(
        customer_name=F("order__customer__name"),
        order_reference=F("order__order_reference"),
        offering_name=F("revision__offering_name"),
        revision_number=F("revision__number"),
    )


def sorting_of(filters: Filters) -> Sorting:
    """Return the sorting of the filters."""
    return SORTINGS[filters.sort.removeprefix("-")](is_descending=filters.sort.startswith("-"))


def _rows(rows: Sequence[Any]) -> list[EntitlementRow]:
    """Return the rows of one page, each with the first activation code of its order.

    Nine queries, seven more where orders hold add-ons.
    """
    newest = newest_numbers({row.offering_id for row in rows})
    ordered = ActivationCode.objects.filter(order__in={row.order_id for row in rows}).order_by("-created_at", "-pk")
    codes = dict(ordered.values_list("order_id", "code"))
    overrides = overrides_in_words([row.pk for row in rows if row.override_count])
    extended, totals = extended_plans([row.pk for row in rows]), totals_of(rows)
    return [
        EntitlementRow(
            row,
            newest[row.offering_id],
            codes.get(row.order_id, ""),
            overrides.get(row.pk, ""),
            extended.get(row.pk),
            totals[row.pk],
        )
        for row in rows
    ]


def overrides_in_words(ids: list[UUID]) -> dict[UUID, str]:
    """Return the overrides of each entitlement in words; five queries, none without keys."""
    return {state.id: _overrides_in_words(state) for state in load_alone(ids)} if ids else {}


def _overrides_in_words(state: State) -> str:
    keys = sorted(state.overrides, key=lambda key: key.startswith(rights.FEATURE_PREFIX))
    texts = []
    for key in keys[:NAMED_OVERRIDES]:
        right = state.right(key)
        in_force, standard = shown(right, state.in_force(key)), shown(right, state.standard(key))
        texts.append(f"{right.label} {in_force} (standard {standard})")
    more = len(keys) - len(texts)
    return "; ".join([*texts, f"and {more} more"] if more else texts) + "."
