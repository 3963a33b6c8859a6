"""The page of one order: its reference, its entitlements, its activation codes."""

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
from entitlements.directory.codes import add_codes, remove_code
from entitlements.directory.edits import EditStatus, edit
from entitlements.directory.order_forms import CodesForm, OrderForm
from entitlements.directory.views.entitlement_rows import entitlement_rows, with_columns
from entitlements.history.conditions import conditions_in_force
from entitlements.history.feed import feed_of
from entitlements.models import ActivationCode, Entitlement, Order
from entitlements.schedule.timeline import timeline_of
from entitlements.schedule.upcoming import MOST_LINES, amendments_of
from entitlements.state import WHAT_COUNTS, summed_price

ENTITLEMENTS_SHOWN = 200
CODES_SHOWN = 100
HISTORY_SHOWN = 20
STALE, REFUSED = 409, 422
METHODS = ["GET", "HEAD", "POST"]


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
    amendments = amendments_of(row.pk) if may_see else []
    pending = [line for line in amendments if line.amendment.is_pending]
    context = {
        "order": row,
        "customer": row.customer,
        "amendments": amendments,
        "amendments_left_out": amendments[0].amendment.number - 1 if len(amendments) == MOST_LINES else 0,
        "upcoming": sorted(pending, key=lambda line: (line.amendment.effective_on, line.amendment.number)),
        "timeline": timeline_of(amendments, today=site_today()),
        "banners": [customer_banner(row.customer, user=request.user, is_named=True)]
        if row.customer.disabled_at
        else [],
        "pinned": pinned_on_order(request.user, row),
        "rows": entitlement_rows(list(entitlements[:ENTITLEMENTS_SHOWN])),
        "price": summed_price(Entitlement.objects.filter(order=row), site_today()),
        "what_counts": WHAT_COUNTS,
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
    row = order_or_404(pk)
    form, is_stale = OrderForm(request.POST if request.method == "POST" else None, row=row), False
    if request.method == "POST" and form.is_valid():
        seen, person = form.cleaned_data["seen"], request.user
        result = edit(row, form.values(), made_by=person, seen=seen)
        if result.status is not EditStatus.STALE:
            messages.success(request, _saved_in_words(result.row, is_changed=result.status is EditStatus.CHANGED))
            return redirect_after(request, row.get_absolute_url())
        form, row, is_stale = form.for_fresh_row(result.row), result.row, True
    context = {**_dialog_context(request, row), "form": form, "is_stale": is_stale}
    status = STALE if is_stale else REFUSED if form.errors else 200
    return render(request, "entitlements/directory/order_edit.html", context, status=status)


def _saved_in_words(row: Order, *, is_changed: bool) -> str:
    if not is_changed:
        return "Nothing was changed."
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
