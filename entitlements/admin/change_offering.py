"""The admin action that changes the offering of a selection: choose, see the preview, carry out."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpResponse

from config.clock import site_today
from config.selection import LARGEST_SELECTION
from config.web import AuthenticatedHttpRequest
from entitlements.dialogs.change_offering.forms import ChangeSelectionForm
from entitlements.dialogs.forms import initial_data
from entitlements.dialogs.selection import Selection, respond_for_selection
from entitlements.models import Entitlement, Source, new_id
from entitlements.operations import BY_NAME, SeatMode, TermMode

CHANGE = BY_NAME["change_offering"]


def change_offering(
    admin: "ModelAdmin[Entitlement]", request: AuthenticatedHttpRequest, queryset: QuerySet[Entitlement]
) -> HttpResponse | None:
    """Show the choices with what they would do, and with ``confirm`` carry them out.

    Returns ``None`` where too many are chosen. Constant queries for any number of entitlements.
    """
    chosen = list(queryset.order_by("pk")[: LARGEST_SELECTION + 1])
    if len(chosen) > LARGEST_SELECTION:
        words = f"Choose at most {LARGEST_SELECTION} entitlements at once. For more there is manage.py change_offering."
        messages.warning(request, words)
        return None
    start = initial_data(seats=SeatMode.REFUSE, term=TermMode.DEFAULT, key=new_id())
    data = request.POST if "target" in request.POST else start
    form = ChangeSelectionForm(data, as_of=site_today(), entitlements=chosen)
    selection = Selection(
        template="admin/entitlements/change_offering.html",
        changed=CHANGE.words.changed,
        back_url=request.get_full_path(),
        extra=_context(admin, request, chosen),
        source=Source.ADMIN,
    )
    return respond_for_selection(request, form, [row.pk for row in chosen], selection)


def _context(
    admin: "ModelAdmin[Entitlement]", request: AuthenticatedHttpRequest, chosen: Sequence[Entitlement]
) -> dict[str, Any]:
    return {
        **admin.admin_site.each_context(request),
        "title": CHANGE.words.title,
        "opts": admin.opts,
        "chosen": chosen,
    }
