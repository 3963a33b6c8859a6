"""The pages behind "Amend…": the kinds of amendments, and for an order the product that one is for."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.clock import site_today
from config.web import AuthenticatedHttpRequest
from entitlements.amendments.kinds import BY_VALUE, Choice, Kind, address_of, kinds_of, kinds_of_order, why_closed
from entitlements.dialogs.entitlement import state_or_404
from entitlements.dialogs.waiting import days_of_many
from entitlements.models import Entitlement, Order
from entitlements.schedule import PERMISSION
from entitlements.state import load_alone

NEEDED = ("entitlements.view_entitlement", PERMISSION)
TEMPLATE = "entitlements/amendments/amend.html"
MOST_PRODUCTS = 200


@permission_required(NEEDED, raise_exception=True)
@require_safe
def amend(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """List the kinds of amendments of an entitlement. Constant queries."""
    state = state_or_404(pk)
    context: dict[str, Any] = {
        "subject": str(state.revision),
        "order": state.order,
        "choices": list(kinds_of(state, user=request.user, today=site_today())),
        "back_url": reverse("entitlements:entitlement", args=[pk]),
    }
    return render(request, TEMPLATE, context)


@permission_required((*NEEDED, "entitlements.view_order"), raise_exception=True)
@require_safe
def amend_order(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """List the kinds of amendments of an order, or the products of one that ``kind`` in the address names."""
    order = get_object_or_404(Order.objects.select_related("customer"), pk=pk)
    kind, today = BY_VALUE.get(request.GET.get("kind", "")), site_today()
    kinds = () if kind else kinds_of_order(order, user=request.user, today=today)
    context: dict[str, Any] = {
        "kind": kind,
        "subject": "",
        "order": {"customer_name": order.customer.name, "order_reference": order.order_reference},
        "choices": _products(order, kind, today=today) if kind else list(kinds),
        "back_url": order.get_absolute_url(),
        "kinds_url": reverse("entitlements:amend_order", args=[pk]),
    }
    return render(request, TEMPLATE, context)


def _products(order: Order, kind: Kind, *, today: date) -> list[Choice]:
    """Return the open products of an order as choices for one kind; constant queries."""
    rows = Entitlement.objects.filter(order=order, ended_on=None).order_by("-kind", "pk")
    keys = list(rows.values_list("pk", flat=True)[:MOST_PRODUCTS])
    states = {state.id: state for state in load_alone(keys)}
    days = days_of_many(keys, today)
    return [
        Choice(
            state.revision.offering_name,
            f"{state.quantity:,} bought" if state.quantity else "",
            "box",
            address_of(kind, key, days=days[key], today=today),
            why_closed(kind, state),
        )
        for key in keys
        if (state := states.get(key))
    ]
