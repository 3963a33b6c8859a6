"""The dialogs of a proposal: approve, decline or withdraw, edit. What was seen is what is agreed to."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config.web import AuthenticatedHttpRequest, redirect_after
from entitlements.amendments.proposals.steps import APPROVE, DECLINE, EDIT, WITHDRAW
from entitlements.amendments.views.steps import METHODS, amendment_or_404, respond_to_step
from entitlements.engine.approval import APPROVE as PERMISSION
from entitlements.models import Amendment
from entitlements.schedule import undo_proposed_by
from entitlements.schedule.approving import require_part
from entitlements.schedule.edited_proposals import STEP_STAYS

SEEN_BY = ("entitlements.view_entitlement", "entitlements.view_amendment")


@permission_required((*SEEN_BY, PERMISSION), raise_exception=True)
@require_http_methods(METHODS)
def approve(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Agree to what somebody else proposed; the undo of a whole act on the page that counts it."""
    row = amendment_or_404(pk)
    undo = undo_proposed_by(row) if row.is_proposed else None
    if undo:
        address = reverse("entitlements:undo_many", args=[undo.act_id])
        return redirect_after(request, f"{address}?proposal={row.pk}")
    return respond_to_step(request, row, APPROVE)


@permission_required(SEEN_BY, raise_exception=True)
@require_http_methods(METHODS)
def decline(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Decline a proposal with a reason; who proposed it withdraws it."""
    row = _own_or_approved(request, pk)
    return respond_to_step(request, row, WITHDRAW if row.requested_by_id == request.user.pk else DECLINE)


@permission_required(SEEN_BY, raise_exception=True)
@require_http_methods(METHODS)
def edit(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Edit what a proposal asks for, when, and what is written about it; a step and a whole undo stay."""
    row = _own_or_approved(request, pk)
    if row.is_proposed and (row.is_step or row.is_whole_undo):
        messages.info(request, STEP_STAYS.message)
        return redirect_after(request, row.get_absolute_url())
    return respond_to_step(request, row, EDIT)


def _own_or_approved(request: AuthenticatedHttpRequest, pk: UUID) -> Amendment:
    """Return a proposal of the person, or any for those who approve; others are not told whether it exists."""
    try:
        row = amendment_or_404(pk)
    except Http404:
        if request.user.has_perm(PERMISSION):
            raise
        raise PermissionDenied from None
    require_part(row, request.user)
    return row
