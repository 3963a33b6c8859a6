"""The page of one order: its reference, its entitlements, its activation codes."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db import IntegrityError
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from config.clock import site_today
from config.paging import page_of
from config.web import AuthenticatedHttpRequest, redirect_after
from entitlements.dialogs.banners import customer_banner
from entitlements.dialogs.pinned import pinned_on_order
from entitlements.directory.billing_form import BillingForm, proration_words
from entitlements.directory.codes import add_codes, remove_code
from entitlements.directory.edits import EditStatus, edit
from entitlements.directory.order_forms import CodesForm, OrderForm, RenewalForm
from entitlements.directory.renewal import set_renewal
from entitlements.directory.views.entitlement_rows import entitlement_rows, with_columns
from entitlements.history.conditions import conditions_in_force
from entitlements.history.feed import feed_of
from entitlements.models import ActivationCode, Entitlement, Order
from entitlements.models.orders import AutomaticRenewal
from entitlements.schedule import Later, seen_later
from entitlements.schedule.timeline import OrderAmendments
from entitlements.state import WHAT_COUNTS, summed_price

ENTITLEMENTS_SHOWN = 200
CODES_SHOWN = 100
HISTORY_SHOWN = 20
STALE, REFUSED = 409, 422
METHODS = ["GET", "HEAD", "POST"]
BILLING_SAVED = "The billing of the order is changed."


def order_or_404(pk: UUID) -> Order:
    """Return an order with its customer; raise ``Http404`` for an unknown key."""
    return get_object_or_404(Order.objects.select_related("customer"), pk=pk)


def _dialog_context(request: AuthenticatedHttpRequest, row: Order) -> dict[str, Any]:
    return {"order": row, "pinned": pinned_on_order(request.user, row), "back_url": row.get_absolute_url()}


@permission_required("entitlements.view_entitlement", raise_exception=True)
@permission_required("entitlements.view_order", raise_exception=True)
@require_safe
def order(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Show the entitlements, the codes and the latest history. Constant queries."""
    row = order_or_404(pk)
    entitlements = with_columns(Entitlement.objects.filter(order=row)).order_by(
        F("ended_on").asc(nulls_first=True), "-changed_at", "-pk"
    )
    codes = page_of(request, ActivationCode.objects.filter(order=row), field="created_at", size=CODES_SHOWN)
    may_see = request.user.has_perm("entitlements.view_amendment")
    context = {
        "order": row,
        "customer": row.customer,
        "amendments": OrderAmendments.of(row.pk, renewal=row.renewal, today=site_today()) if may_see else None,
        "banners": [customer_banner(row.customer, user=request.user, is_named=True)]
        if row.customer.disabled_at
        else [],
        "pinned": pinned_on_order(request.user, row),
        "rows": entitlement_rows(list(entitlements[:ENTITLEMENTS_SHOWN])),
        "price": summed_price(Entitlement.objects.filter(order=row), site_today()),
        "what_counts": WHAT_COUNTS,
        "proration": proration_words(row.proration),
        "conditions": conditions_in_force(row),
        "codes": codes,
        "code_count": ActivationCode.objects.filter(order=row).count(),
        "feed": feed_of(row, size=HISTORY_SHOWN) if request.user.has_perm("entitlements.view_act") else None,
    }
    return render(request, "entitlements/directory/order.html", context)


@permission_required("entitlements.change_order", raise_exception=True)
@require_http_methods(METHODS)
def edit_order(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Change the order reference."""
    return _edit(request, pk, OrderForm, "entitlements/directory/order_edit.html", _reference_in_words)


@permission_required("entitlements.change_order", raise_exception=True)
@require_http_methods(METHODS)
def edit_billing(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Change how the order is billed."""
    return _edit(request, pk, BillingForm, "entitlements/directory/order_billing_edit.html", lambda _row: BILLING_SAVED)


def _edit(
    request: AuthenticatedHttpRequest,
    pk: UUID,
    form_class: type[OrderForm | BillingForm],
    template: str,
    saved: Callable[[Order], str],
) -> HttpResponse:
    """Show the form of an order, or write what was sent; a form that another person was faster than is shown again."""
    row = order_or_404(pk)
    form, is_stale = form_class(request.POST if request.method == "POST" else None, row=row), False
    if request.method == "POST" and form.is_valid():
        result = edit(row, form.values(), made_by=request.user, seen=form.cleaned_data["seen"])
        if result.status is not EditStatus.STALE:
            is_changed = result.status is EditStatus.CHANGED
            messages.success(request, saved(result.row) if is_changed else "Nothing was changed.")
            return redirect_after(request, row.get_absolute_url())
        form, row, is_stale = form.for_fresh_row(result.row), result.row, True
    context = {**_dialog_context(request, row), "form": form, "is_stale": is_stale}
    status = STALE if is_stale else REFUSED if form.errors else 200
    return render(request, template, context, status=status)


@permission_required("entitlements.renew_entitlement", raise_exception=True)
@permission_required("entitlements.change_order", raise_exception=True)
@require_http_methods(METHODS)
def edit_renewal(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Choose whether the terms of an order renew by themselves, with what that makes of what is scheduled."""
    row = order_or_404(pk)
    form, is_stale = RenewalForm(request.POST if request.method == "POST" else None, row=row), False
    later: tuple[Later, ...] = ()
    if request.method == "POST" and form.is_valid():
        wanted, may_move = form.cleaned_data["renewal"], request.user.has_perm("entitlements.change_offering")
        if wanted == AutomaticRenewal.NEWEST and not may_move:
            form.refuse_newest()
        else:
            known = {"seen": form.cleaned_data["seen"], "seen_of_later": request.POST.get("later", "")}
            result = set_renewal(row, wanted, today=site_today(), made_by=request.user, **known)
            if result.status is not EditStatus.STALE:
                is_changed, words = result.status is EditStatus.CHANGED, result.row.get_renewal_display()
                messages.success(request, f"This order renews {words}." if is_changed else "Nothing was changed.")
                return redirect_after(request, row.get_absolute_url())
            later, is_stale = result.later, not result.later
            form.refuse(result.refusals)
            form, row = (form if later else form.for_fresh_row(result.row)), result.row
    context = {**_dialog_context(request, row), "form": form, "is_stale": is_stale}
    context |= {"later": later, "later_seen": seen_later(later)}
    status = REFUSED if form.errors else STALE if is_stale or later else 200
    return render(request, "entitlements/directory/order_renewal.html", context, status=status)


def _reference_in_words(row: Order) -> str:
    return f"The order reference is {row.order_reference} now." if row.order_reference else "Order reference removed."


@permission_required("entitlements.add_activationcode", raise_exception=True)
@require_http_methods(METHODS)
def codes(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Add typed and generated activation codes to an order."""
    row = order_or_404(pk)
    form = CodesForm(request.POST if request.method == "POST" else None, initial={"generate": 1})
    if request.method == "POST" and form.is_valid():
        typed, count = form.cleaned_data["codes"], form.cleaned_data["generate"] or 0
        try:
            added = add_codes(row, typed, generate=count, made_by=request.user)
        except IntegrityError:
            form.refuse_used_codes()
        else:
            text = ngettext("Added activation code {code}.", "Added {count} activation codes.", len(added))
            messages.success(request, text.format(code=added[0], count=len(added)))
            return redirect_after(request, row.get_absolute_url())
    context = {**_dialog_context(request, row), "form": form}
    return render(request, "entitlements/directory/order_codes.html", context, status=REFUSED if form.errors else 200)


@permission_required("entitlements.delete_activationcode", raise_exception=True)
@require_http_methods(METHODS)
def remove(request: AuthenticatedHttpRequest, pk: UUID, code_id: UUID) -> HttpResponse:
    """Show the confirmation to remove a code from its order, and remove the code."""
    row = order_or_404(pk)
    if request.method == "POST":
        removed = remove_code(row, code_id, made_by=request.user)
        text = f"Removed activation code {removed}." if removed else "This activation code was removed already."
        messages.success(request, text)
        return redirect_after(request, row.get_absolute_url())
    code = get_object_or_404(ActivationCode, pk=code_id, order=row)
    context = {
        **_dialog_context(request, row),
        "code": code,
        "is_last": not ActivationCode.objects.filter(order=row).exclude(pk=code.pk).exists(),
    }
    return render(request, "entitlements/directory/order_remove_code.html", context)
