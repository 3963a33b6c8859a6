"""The pages about whom to ask at a customer: contacts, free fields and links, and the dialogs of contacts."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from config.web import AuthenticatedHttpRequest, redirect_after
from entitlements.directory.contacts import add_contact, edit_contact, heir_of, remove_contact
from entitlements.directory.customer_forms import ContactForm
from entitlements.directory.edits import EditStatus
from entitlements.directory.free_fields import field_rows
from entitlements.directory.views.customer_header import customer_context
from entitlements.directory.views.merged import current_or_404, refusing_merged
from entitlements.models import Contact, Customer

CHANGE = "entitlements.change_customer"
SHOWN = 200
STALE, REFUSED = 409, 422
METHODS = ["GET", "HEAD", "POST"]


@permission_required("entitlements.view_customer", raise_exception=True)
@require_safe
def details(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the contacts, the free fields and the links of a customer. Constant queries."""
    customer = get_object_or_404(Customer.objects.select_related("owner", "merged_into"), pk=pk)
    contacts = list(Contact.objects.filter(customer=customer)[:SHOWN])
    context = customer_context(request, customer, "details", contacts=contacts, fields=list(field_rows(customer)))
    return render(request, "entitlements/directory/customer_details.html", context)


def _details_url(customer_id: UUID) -> str:
    return reverse("entitlements:customer_details", args=[customer_id])


@permission_required(CHANGE, raise_exception=True)
@require_http_methods(METHODS)
@refusing_merged
def add(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Add a contact to a customer."""
    customer = current_or_404(pk)
    form = ContactForm(request.POST if request.method == "POST" else None, row=Contact(customer=customer))
    if request.method == "POST" and form.is_valid():
        contact = add_contact(customer, form.values(), made_by=request.user)
        messages.success(request, f"Added contact {contact.name}.")
        return redirect_after(request, _details_url(pk))
    context = {"form": form, "customer": customer, "back_url": _details_url(pk)}
    return render(request, "entitlements/directory/contact_edit.html", context, status=REFUSED if form.errors else 200)


@permission_required(CHANGE, raise_exception=True)
@require_http_methods(METHODS)
@refusing_merged
def edit(request: AuthenticatedHttpRequest, pk: UUID, contact_id: UUID) -> HttpResponse:
    """Change a contact, or make it the primary one."""
    contact = get_object_or_404(Contact.objects.select_related("customer"), pk=contact_id, customer=current_or_404(pk))
    form, is_stale = ContactForm(request.POST if request.method == "POST" else None, row=contact), False
    if request.method == "POST" and form.is_valid():
        try:
            result = edit_contact(contact, form.values(), made_by=request.user, seen=form.cleaned_data["seen"])
        except Contact.DoesNotExist:
            messages.warning(request, f"Somebody removed {contact.name} meanwhile, so nothing was saved.")
            return redirect_after(request, _details_url(pk))
        if result.status is not EditStatus.STALE:
            text = f"Saved {result.row.name}." if result.status is EditStatus.CHANGED else "Nothing was changed."
            messages.success(request, text)
            return redirect_after(request, _details_url(pk))
        form, is_stale = form.for_fresh_row(result.row), True
    context = {
        "form": form,
        "customer": contact.customer,
        "contact": contact,
        "is_stale": is_stale,
        "back_url": _details_url(pk),
    }
    status = STALE if is_stale else REFUSED if form.errors else 200
    return render(request, "entitlements/directory/contact_edit.html", context, status=status)


@permission_required(CHANGE, raise_exception=True)
@require_http_methods(METHODS)
@refusing_merged
def remove(request: AuthenticatedHttpRequest, pk: UUID, contact_id: UUID) -> HttpResponse:
    """Show the confirmation to remove a contact, and remove the contact."""
    customer = current_or_404(pk)
    if request.method == "POST":
        removed = remove_contact(customer, contact_id, made_by=request.user)
        messages.success(
            request, f"Removed contact {removed.name}." if removed else "This contact was removed already."
        )
        return redirect_after(request, _details_url(pk))
    contact = get_object_or_404(Contact, pk=contact_id, customer=customer)
    context = {"customer": customer, "contact": contact, "heir": heir_of(contact), "back_url": _details_url(pk)}
    return render(request, "entitlements/directory/contact_remove.html", context)
