"""The list of entitlements: search, filters, sorting, pages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import PermissionsMixin
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.clock import site_today
from config.filter_forms import read_filters
from config.lists.state import list_state
from config.paging import counted_page
from config.web import AuthenticatedHttpRequest, answering_template, wants_part
from entitlements.desk.columns import ENTITLEMENTS
from entitlements.desk.counts import counts_at_hand
from entitlements.desk.filters import EntitlementFilterForm, Filters
from entitlements.desk.views.filter_bar import address, chips, expiry_presets, filter_choices, tabs, unknown
from entitlements.dialogs.tones import STATUS_TONES
from entitlements.directory.views.entitlement_rows import (
    COLUMNS,
    EntitlementRow,
    extended_plans,
    newest_numbers,
    totals_of,
)
from entitlements.history.words import shown
from entitlements.models import Entitlement
from entitlements.state import State, load_alone
from offerings import rights

NAMED_OVERRIDES = 4


@permission_required("entitlements.view_entitlement", raise_exception=True)
@require_safe
def entitlements(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the entitlements that fit the filters in the address, by default last changed first. Constant queries."""
    form, today, choices = read_filters(request, EntitlementFilterForm), site_today(), filter_choices()
    shown_list = list_state(request, ENTITLEMENTS, form)
    filters = replace(form.filters, view=shown_list.view.pk if shown_list.view else None)
    page = counted_page(
        request,
        entitlements_with_columns(filters, today, reader=request.user),
        sorting=shown_list.sorting,
        size=shown_list.page_size,
        counted=filters.entitlements(today, reader=request.user),
    )
    context = {
        "list": shown_list,
        "rows": _rows(page.rows),
        "page": page,
        "filters": filters,
        "choices": choices,
        "tabs": tabs(filters, today, counts_at_hand(today)),
        "chips": chips(filters, choices),
        "unknown": unknown(filters, choices),
        "statuses": list(STATUS_TONES.items()),
        "presets": expiry_presets(filters, today),
        "estimated_count": None if filters else Entitlement.objects.estimated_count(),
    }
    htmx = wants_part(request)
    if htmx is None:
        return render(request, "entitlements/desk/entitlements.html", context)
    response = render(request, "entitlements/desk/entitlements.html#changed", context)
    url = address(filters)  # each filter is one step in the history of the browser
    response["HX-Push-Url"] = "false" if htmx.current_url_abs_path == url else url
    return response


@permission_required("entitlements.view_entitlement", raise_exception=True)
@require_safe
def filter_menus(request: HttpRequest) -> HttpResponse:
    """Answer a menu of filters that opens with its choices; as a page, all filters in one form. Three queries."""
    filters, choices = read_filters(request, EntitlementFilterForm).filters, filter_choices()
    context = {
        "filters": filters,
        "choices": choices,
        "unknown": unknown(filters, choices),
        "statuses": list(STATUS_TONES.items()),
    }
    partials = {f"filter-{name}": f"entitlements/desk/filter_menus.html#{name}-menu" for name in ("offering", "right")}
    return render(request, answering_template(request, "entitlements/desk/filter_menus.html", partials), context)


def entitlements_with_columns(filters: Filters, today: date, *, reader: PermissionsMixin) -> Any:
    """Return the entitlements that fit the filters, with only the columns of a row: revisions are large."""
    found = filters.entitlements(today, reader=reader).with_status(today)
    found = found.only(*COLUMNS, "starts_on", "expires_on", "changed_at", "created_at")
    return found.annotate(
        customer_name=F("order__customer__name"),
        order_reference=F("order__order_reference"),
        offering_name=F("revision__offering_name"),
        revision_number=F("revision__number"),
        product_name=F("product__name"),
        account_reference=F("order__customer__account_reference"),
    )


def _rows(rows: Sequence[Any]) -> list[EntitlementRow]:
    """Return the rows of one page; nine queries, seven more where orders hold add-ons."""
    newest = newest_numbers({row.offering_id for row in rows})
    overrides = overrides_in_words([row.pk for row in rows if row.override_count])
    extended, totals = extended_plans([row.pk for row in rows]), totals_of(rows)
    return [
        EntitlementRow(
            row,
            newest[row.offering_id],
            overrides=overrides.get(row.pk, ""),
            extended=extended.get(row.pk),
            total=totals[row.pk],
        )
        for row in rows
    ]


def overrides_in_words(ids: list[UUID]) -> dict[UUID, str]:
    """Return the overrides of each entitlement in words; four queries, none without keys."""
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
