"""The page of one amendment: its facts, what it will do as simulated now, and the others of its order."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.web import AuthenticatedHttpRequest
from entitlements.amendments.effects import Effects
from entitlements.billing.money import Money
from entitlements.engine.approval import APPROVE
from entitlements.history.act_page import UNDOS_SHOWN, way_back
from entitlements.history.money import MoneyGroup, money_groups
from entitlements.history.undos import title_of_act
from entitlements.models import Amendment, Change, Entitlement
from entitlements.models.amendments import PENDING
from entitlements.schedule import preview_approval, preview_move, step_of, steps_proposed, undo_proposed_by
from entitlements.schedule.last_seen import difference
from entitlements.schedule.planned import planned_of
from entitlements.schedule.scheduling import PERMISSION
from entitlements.schedule.upcoming import lines_of

ENTITLEMENTS_SHOWN = 50


@permission_required("entitlements.view_entitlement", raise_exception=True)
@permission_required("entitlements.view_amendment", raise_exception=True)
@require_safe
def amendment(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Show one amendment. Constant queries for any number of entitlements."""
    found = Amendment.objects.select_related("order__customer", "act", "requested_by")
    row = get_object_or_404(found, pk=pk)
    if row.is_proposed:
        request.sidebar_path = reverse("entitlements:proposals")  # type: ignore[attr-defined]  # config.navigation
    keys = planned_of(row).entitlements
    held = Entitlement.objects.filter(pk__in=keys).select_related("revision").order_by("pk")
    others = Amendment.objects.filter(order=row.order_id, status__in=PENDING).exclude(pk=row.pk)
    context = {
        "row": row,
        "line": lines_of([row])[0],
        "entitlements": list(held[:ENTITLEMENTS_SHOWN]),
        "entitlements_left_out": max(0, len(keys) - ENTITLEMENTS_SHOWN),
        "cost": _cost(row),
        "about": _about(row),
        "undo": undo_proposed_by(row) if row.act is None else None,
        "proposed_steps": steps_proposed(row) if row.is_pending else [],
        "others": lines_of(others.order_by("effective_on", "number")),
        **_taken_back(request, row),
        "may_schedule": row.is_pending and request.user.has_perm(PERMISSION),
        **_approval(row, request.user),
        **(_simulated(row) if row.is_open else {"effects": Effects(), "problems": [], "differs": False}),
    }
    return render(request, "entitlements/amendments/amendment.html", context)


def _about(row: Amendment) -> Amendment | None:
    """Return the amendment that a proposed step is about; one query, none for any other."""
    step = step_of(row)
    return Amendment.objects.filter(pk=step.about).first() if step else None


def _taken_back(request: AuthenticatedHttpRequest, row: Amendment) -> dict[str, Any]:
    """Return the way back from an applied amendment, and the amendments that took it back, or that it took back."""
    if row.act is None:
        return {"title": None, "count": 0, "undone": 0, "undone_by": [], "undoes": None}
    count = Change.objects.filter(act=row.act).count()
    undone_by = Amendment.objects.filter(act__undoes=row.act).order_by("-number")
    return {
        "title": title_of_act(row.act),
        "count": count,
        "undone_by": list(undone_by[:UNDOS_SHOWN]),
        "undoes": Amendment.objects.filter(act=row.act.undoes_id).first() if row.act.undoes_id else None,
        **way_back(request, row.act, count),
    }


def _approval(row: Amendment, user: User) -> dict[str, bool]:
    """Return what the person may do with a proposal: nobody approves what they proposed or edited themselves."""
    is_own = row.requested_by_id == user.pk
    may_approve = row.is_proposed and user.has_perm(APPROVE)
    return {
        "is_own": is_own,
        "is_edited": not is_own and user.pk in row.authors,
        "may_approve": may_approve and user.pk not in row.authors,
        "may_decline": row.is_proposed and (may_approve or is_own),
        "may_edit": row.is_proposed and not (row.is_step or row.is_whole_undo) and (may_approve or is_own),
    }


def _cost(row: Amendment) -> list[MoneyGroup]:
    """Return what the act of an applied amendment made due; one query, none for any other."""
    if row.act_id is None:
        return []
    changes = Change.objects.filter(act=row.act_id, money__isnull=False).order_by("unit")
    return money_groups(map(Money.read, changes.values_list("money", flat=True)[:ENTITLEMENTS_SHOWN]))


def _simulated(row: Amendment) -> dict[str, Any]:
    """Return what the amendment would do on its day as things are now, and whether that is what was last seen."""
    answer = preview_approval(row) if row.is_proposed else preview_move(row, on=row.effective_on)
    own = answer.own
    if own is None:
        return {"effects": Effects(), "problems": [each.message for each in answer.refused], "differs": False}
    return {
        "effects": Effects(own.previews),
        "problems": [each.message for each in (*(answer.refused if row.is_proposed else ()), *own.problems)],
        "differs": own.fits and difference(row, own) is not None,
    }
