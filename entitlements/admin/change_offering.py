"""The admin action that changes the offering of chosen entitlements: choose, see the preview, carry out."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from config.clock import site_today
from config.selection import LARGEST_SELECTION, read_seen
from entitlements import engine
from entitlements.dialogs.change_offering.many import ChangeManyForm
from entitlements.dialogs.outcomes import reasons, told
from entitlements.models import Entitlement, Source
from entitlements.operations import Preview

TEMPLATE = "admin/entitlements/change_offering.html"


def change_offering(
    admin: "ModelAdmin[Entitlement]", request: HttpRequest, queryset: QuerySet[Entitlement]
) -> HttpResponse | None:
    """Show the choices, with ``preview`` what they would do, and with ``confirm`` carry them out.

    Returns ``None`` once it is done. Constant queries for any number of entitlements.
    """
    chosen = list(queryset.order_by("pk")[: LARGEST_SELECTION + 1])
    if len(chosen) > LARGEST_SELECTION:
        words = f"Choose at most {LARGEST_SELECTION} entitlements at once. For more there is manage.py change_offering."
        messages.warning(request, words)
        return None
    is_typed = "target" in request.POST
    form = ChangeManyForm(request.POST if is_typed else None, entitlements=chosen)
    if not form.is_valid():
        return _show(admin, request, chosen, form, previews=[])
    if "confirm" in request.POST:
        return _carry_out(admin, request, chosen, form)
    return _show(admin, request, chosen, form, previews=_previews(chosen, form))


def _previews(chosen: Sequence[Entitlement], form: ChangeManyForm) -> list[Preview]:
    return engine.preview(form.operation(as_of=site_today()), [row.pk for row in chosen])


def _carry_out(
    admin: "ModelAdmin[Entitlement]", request: HttpRequest, chosen: Sequence[Entitlement], form: ChangeManyForm
) -> HttpResponse | None:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 (the admin lets nobody else in)
    result = engine.apply(
        form.operation(as_of=site_today()),
        [row.pk for row in chosen],
        made_by=user,
        source=Source.ADMIN,
        expected=read_seen(request.POST),
        reason=form.cleaned_data["reason"],
        reference=form.cleaned_data["reference"],
    )
    for level, sentence in told(result, done="Changed the offering of"):
        messages.add_message(request, level, sentence)
    if any(outcome.status is engine.Status.STALE for outcome in result.outcomes) and result.act is None:
        return _show(admin, request, chosen, form, previews=_previews(chosen, form))
    return None


def _show(
    admin: "ModelAdmin[Entitlement]",
    request: HttpRequest,
    chosen: Sequence[Entitlement],
    form: ChangeManyForm,
    *,
    previews: Sequence[Preview],
) -> HttpResponse:
    going = [preview for preview in previews if not preview.is_blocked]
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "title": "Change offering",
        "opts": admin.opts,
        "chosen": chosen,
        "form": form,
        "previews": previews,
        "going": len(going),
        "releases": sum(len(preview.release) for preview in going),
        "reasons": reasons(previews),
    }
    return TemplateResponse(request, TEMPLATE, context)
