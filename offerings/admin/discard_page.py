"""The page that asks before a draft is put back to the newest revision."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from offerings.discarding import Discard, NotDiscarded, discard, plan_discard
from offerings.models import Offering
from offerings.revisions import StaleReview


def discard_page(request: HttpRequest, offering: Offering, context: dict[str, Any]) -> HttpResponse:
    """Show what would be lost; POST puts the draft back. The caller checks that the person may change offerings."""
    back = reverse("admin:offerings_offering_change", args=[offering.pk])
    found = plan_discard(offering.pk)
    if found is None or not (found.own or found.shared or found.staying):
        messages.info(request, "The draft has nothing to discard: it equals its newest revision, or has none yet.")
        return redirect(back)
    if request.method != "POST":
        return _show(request, offering, found, context)
    user, with_edition = request.user, "with_edition" in request.POST
    assert isinstance(user, User)  # noqa: S101 (the gate lets nobody else in)
    if with_edition and not user.has_perm("offerings.change_edition"):
        raise PermissionDenied("offerings.change_edition")
    try:
        discard(offering, with_edition=with_edition, expected=request.POST.get("expected", ""), made_by=user)
    except StaleReview as refusal:
        messages.warning(request, str(refusal))
        return _show(request, offering, found, context, status=409)
    except NotDiscarded as refusal:
        messages.error(request, str(refusal))
        return _show(request, offering, plan_discard(offering.pk) or found, context, status=409)
    messages.success(request, f"The draft is back to revision {found.revision.number}.")
    return redirect(back)


def _show(
    request: HttpRequest, offering: Offering, found: Discard, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    others = list(Offering.objects.filter(edition=found.edition).exclude(pk=offering.pk).order_by("name", "sku"))
    context |= {
        "title": f"Discard the draft of {offering.name}?",
        "discard": found,
        "others": others,
        "may_put_edition_back": request.user.has_perm("offerings.change_edition"),
    }
    return TemplateResponse(request, "admin/offerings/discard.html", context, status=status)
