"""Customers: the list, and the forms that add, edit, disable and enable a customer."""

from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods, require_safe

from config.clock import site_today
from config.filter_forms import read_filters
from config.lists.state import list_state
from config.paging import counted_page
from config.web import AuthenticatedHttpRequest, redirect_after, wants_part
from entitlements.dialogs.pinned import pinned_on_customer
from entitlements.dialogs.tones import STATUS_TONES
from entitlements.directory.customer_filters import (
    CustomerFilterForm,
    customer_chips,
    customer_choices,
    list_address,
)
from entitlements.directory.customer_forms import CustomerForm, NewCustomerForm, SwitchForm
from entitlements.directory.customer_list import CUSTOMERS
from entitlements.directory.edits import EditStatus, add_customer
from entitlements.directory.edits import edit_customer as save_customer
from entitlements.directory.switch import effect_of, switch
from entitlements.directory.views.customer_rows import customer_rows
from entitlements.directory.views.merged import current_or_404, refusing_merged
from entitlements.models import Customer

STALE, REFUSED = 409, 422
METHODS = ["GET", "HEAD", "POST"]


@permission_required("entitlements.view_customer", raise_exception=True)
@require_safe
def customers(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the customers that fit the filters in the address, by default by name. Constant queries."""
    form = read_filters(request, CustomerFilterForm)
    shown_list, choices = list_state(request, CUSTOMERS, form), customer_choices(form)
    filters = replace(form.filters, view=shown_list.view.pk if shown_list.view else None)
    found = filters.customers()
    page = counted_page(
        request,
        found.select_related("owner"),
        sorting=shown_list.sorting,
        size=shown_list.page_size,
        counted=found,
    )
    context = {
        "list": shown_list,
        "rows": customer_rows(page.rows),
        "page": page,
        "filters": filters,
        "choices": choices,
        "chips": list(customer_chips(filters, choices)),
    }
    htmx = wants_part(request)
    if htmx is None:
        return render(request, "entitlements/directory/customers.html", context)
    response = render(request, "entitlements/directory/customers.html#changed", context)
    url = list_address(filters)  # each filter is one step in the history of the browser
    response["HX-Push-Url"] = "false" if htmx.current_url_abs_path == url else url
    return response


@permission_required("entitlements.add_customer", raise_exception=True)
@require_http_methods(METHODS)
def add(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Add a customer."""
    form = NewCustomerForm(request.POST if request.method == "POST" else None, row=Customer())
    if request.method == "POST" and form.is_valid():
        customer = add_customer(**asdict(form.customer_values()), made_by=request.user)
        messages.success(request, f"Added customer {customer.name}.")
        return redirect_after(request, customer.get_absolute_url())
    context = {"form": form, "back_url": reverse("entitlements:customers")}
    return render(request, "entitlements/directory/customer_edit.html", context, status=REFUSED if form.errors else 200)


@permission_required("entitlements.change_customer", raise_exception=True)
@require_http_methods(METHODS)
@refusing_merged
def edit_customer(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Change name, account reference, owner, tags and free fields of a customer."""
    customer = current_or_404(pk)
    form, is_stale = CustomerForm(request.POST if request.method == "POST" else None, row=customer), False
    if request.method == "POST" and form.is_valid():
        seen, person = form.cleaned_data["seen"], request.user
        result = save_customer(customer, form.customer_values(), made_by=person, seen=seen)
        if result.status is not EditStatus.STALE:
            text = f"Saved {result.row.name}." if result.status is EditStatus.CHANGED else "Nothing was changed."
            messages.success(request, text)
            return redirect_after(request, customer.get_absolute_url())
        form, customer, is_stale = form.for_fresh_row(result.row), result.row, True
    context = {
        "form": form,
        "customer": customer,
        "pinned": pinned_on_customer(request.user, customer),
        "is_stale": is_stale,
        "back_url": customer.get_absolute_url(),
    }
    status = STALE if is_stale else REFUSED if form.errors else 200
    return render(request, "entitlements/directory/customer_edit.html", context, status=status)


@permission_required("entitlements.change_customer", raise_exception=True)
@require_http_methods(METHODS)
@refusing_merged
def disable(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Show the effect of disabling a customer on the entitlements, and disable the customer."""
    return _switch(request, pk, disabled=False)


@permission_required("entitlements.change_customer", raise_exception=True)
@require_http_methods(METHODS)
@refusing_merged
def enable(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Show the effect of enabling a customer on the entitlements, and enable the customer."""
    return _switch(request, pk, disabled=True)


def _switch(request: AuthenticatedHttpRequest, pk: UUID, *, disabled: bool) -> HttpResponse:
    """Enable a customer that is ``disabled``, or disable one that is not."""
    customer = current_or_404(pk)
    form, is_stale = SwitchForm(request.POST if request.method == "POST" else None), False
    if request.method == "POST" and form.is_valid():
        result = switch(
            pk,
            today=site_today(),
            made_by=request.user,
            reason=form.cleaned_data["reason"],
            seen=form.cleaned_data["fingerprint"],
        )
        if result.status is EditStatus.CHANGED:
            messages.success(request, _switched_message(result.row))
            return redirect_after(request, customer.get_absolute_url())
        customer, is_stale = result.row, True
    if (customer.disabled_at is not None) is not disabled:
        messages.info(request, f"{customer.name} is {'enabled' if disabled else 'disabled'} already.")
        return redirect_after(request, customer.get_absolute_url())
    return _show_switch(request, customer, form, is_stale=is_stale)


def _show_switch(
    request: AuthenticatedHttpRequest, customer: Customer, form: SwitchForm, *, is_stale: bool
) -> HttpResponse:
    effect = effect_of(customer, today=site_today())
    context: dict[str, Any] = {
        "form": form,
        "customer": customer,
        "effect": effect,
        "changes": [(each, STATUS_TONES[each.before], STATUS_TONES[each.after]) for each in effect.changes],
        "pinned": pinned_on_customer(request.user, customer),
        "is_stale": is_stale,
        "back_url": customer.get_absolute_url(),
    }
    status = STALE if is_stale else REFUSED if form.errors else 200
    return render(request, "entitlements/directory/customer_switch.html", context, status=status)


def _switched_message(customer: Customer) -> str:
    """Return the message after a switch, with a link to the opposite switch."""
    opposite = "enable_customer" if customer.disabled_at else "disable_customer"
    return format_html(
        '<b>{} is {}.</b> <a href="{}" hx-get="{}" hx-target="#dialog">{}</a>',
        customer.name,
        "disabled" if customer.disabled_at else "enabled",
        *[reverse(f"entitlements:{opposite}", args=[customer.pk])] * 2,
        "Enable…" if customer.disabled_at else "Disable…",
    )
