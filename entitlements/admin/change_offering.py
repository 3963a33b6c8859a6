"""The admin action that changes the offering of chosen entitlements: choose, see the preview, carry out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from entitlements import changes
from entitlements.forms.change_many import ChangeManyForm
from entitlements.models import Entitlement, Source
from entitlements.operations import Preview, Remark

LARGEST_SELECTION = 200
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
    return changes.preview(form.operation(as_of=timezone.localdate()), [row.pk for row in chosen])


def _carry_out(
    admin: "ModelAdmin[Entitlement]", request: HttpRequest, chosen: Sequence[Entitlement], form: ChangeManyForm
) -> HttpResponse | None:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 (the admin lets nobody else in)
    result = changes.apply(
        form.operation(as_of=timezone.localdate()),
        [row.pk for row in chosen],
        made_by=user,
        source=Source.ADMIN,
        expected=_seen(request),
        reason=form.cleaned_data["reason"],
        reference=form.cleaned_data["reference"],
    )
    _say(request, result)
    if any(outcome.status is changes.Status.STALE for outcome in result.outcomes) and result.act is None:
        return _show(admin, request, chosen, form, previews=_previews(chosen, form))
    return None


def _seen(request: HttpRequest) -> dict[UUID, str]:
    """Return the fingerprint the person saw for each entitlement; what cannot be read was not seen."""
    seen = {}
    for text in request.POST.getlist("seen"):
        key, _colon, fingerprint = text.partition(":")
        try:
            seen[UUID(key)] = fingerprint
        except ValueError:
            continue
    return seen


def _say(request: HttpRequest, result: changes.Result) -> None:
    """Tell how many were changed, refused (with each reason) and left because they had moved."""
    counts = Counter(outcome.status for outcome in result.outcomes)
    if counts[changes.Status.CHANGED]:
        messages.success(request, f"Changed the offering of {_entitlements(counts[changes.Status.CHANGED])}.")
    if counts[changes.Status.REFUSED]:
        refused = (each.preview for each in result.outcomes if each.status is changes.Status.REFUSED)
        why = " ".join(f"{remark.message} ({count:,})" for remark, count in reasons(refused))
        messages.error(request, f"Refused for {_entitlements(counts[changes.Status.REFUSED])}: {why}")
    if counts[changes.Status.STALE]:
        words = "was not changed: what would happen is not what you saw. Look at the preview again."
        messages.warning(request, f"{_entitlements(counts[changes.Status.STALE])} {words}")


def reasons(previews: Iterable[Preview]) -> list[tuple[Remark, int]]:
    """Return each kind of problem, in the words of the first that has it, with how many have it; most first."""
    first: dict[str, Remark] = {}
    counts: Counter[str] = Counter()
    for preview in previews:
        for remark in preview.problems:
            first.setdefault(remark.code, remark)
        counts.update({remark.code for remark in preview.problems})
    return [(first[code], count) for code, count in counts.most_common()]


def _entitlements(count: int) -> str:
    return f"{count:,} {'entitlement' if count == 1 else 'entitlements'}"


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
