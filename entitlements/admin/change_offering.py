"""The admin action that changes the offering of a selection."""

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
    """Show the choices and their previews, and with ``confirm`` in the POST change the offering.

    Returns ``None`` for more than ``LARGEST_SELECTION`` entitlements. Constant queries for any number of them.
    """
    chosen = list(queryset.order_by("pk")[: LARGEST_SELECTION + 1])
    if len(chosen) > LARGEST_SELECTION:
        text = f"Choose at most {LARGEST_SELECTION} entitlements at once. For more there is manage.py change_offering."
        messages.warning(request, text)
        return None
    initial = initial_data(seats=SeatMode.REFUSE, term=TermMode.DEFAULT, key=new_id())
    data = request.POST if "target" in request.POST else initial
    form = ChangeSelectionForm(data, as_of=site_today(), entitlements=chosen)
    page = {"title": CHANGE.words.title, "opts": admin.opts, "chosen": chosen}
    selection = Selection(
        template="admin/entitlements/change_offering.html",
        changed=CHANGE.words.changed,
        back_url=request.get_full_path(),
        extra={**admin.admin_site.each_context(request), **page},
        source=Source.ADMIN,
    )
    return respond_for_selection(request, form, [row.pk for row in chosen], selection)
