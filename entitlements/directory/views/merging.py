"""The pages that merge a customer into another one, and take the merge back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from config.web import AuthenticatedHttpRequest
from entitlements.directory.customer_forms import SearchForm
from entitlements.directory.merge_form import MergeForm
from entitlements.directory.merging import PERMISSION, merge, open_merge, preview_merge, undo_merge, undo_problems
from entitlements.models import Customer, CustomerMerge

FOUND = 20
STALE, REFUSED = 409, 422
METHODS = ["GET", "HEAD", "POST"]


@permission_required(PERMISSION, raise_exception=True)
@require_http_methods(METHODS)
def merge_customer(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Choose the customer to merge into (``q`` searches, ``into`` names it), preview the merge, and merge."""
    customer = get_object_or_404(Customer, pk=pk)
    target = _target(request.GET.get("into", ""))
    if target is None:
        if request.method == "POST":
            raise Http404("There is no such customer.")
        return render(request, "entitlements/directory/customer_merge.html", _choice(request, customer))
    preview, is_stale = preview_merge(customer, target), False
    form = MergeForm(request.POST if request.method == "POST" else None, preview=preview)
    if request.method == "POST" and form.is_valid() and not preview.problems:
        values = form.cleaned_data
        seen = values["fingerprint"]
        done = merge(customer, target, taken=form.taken, reason=values["reason"], made_by=request.user, seen=seen)
        if done is not None:
            messages.success(request, _merged_message(done))
            return redirect(target)
        is_stale = True
    context = {"customer": customer, "target": target, "preview": preview, "form": form, "is_stale": is_stale}
    status = STALE if is_stale else REFUSED if form.errors or (request.method == "POST") else 200
    return render(request, "entitlements/directory/customer_merge.html", context, status=status)


def _target(text: str) -> Customer | None:
    try:
        return Customer.objects.filter(pk=UUID(text)).first()
    except ValueError:
        return None


def _choice(request: AuthenticatedHttpRequest, customer: Customer) -> dict[str, Any]:
    """Return the context of the page that searches: customers that fit, without this one and merged ones."""
    text = SearchForm(request.GET).values["q"]
    found = Customer.objects.matching(text).current().exclude(pk=customer.pk) if text else None
    hits = list(found.order_by("name_folded", "pk")[:FOUND]) if found is not None else []
    return {"customer": customer, "q": text, "hits": hits}


def _merged_message(done: CustomerMerge) -> str:
    url = reverse("entitlements:undo_merge", args=[done.source_id])
    return format_html('<b>Merged {}.</b> <a href="{}">Undo…</a>', done.source.name, url)


@permission_required(PERMISSION, raise_exception=True)
@require_http_methods(METHODS)
def undo(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Show what goes back to a merged customer, and take the merge back."""
    customer = get_object_or_404(Customer, pk=pk)
    found = open_merge(customer)
    if found is None:
        messages.info(request, f"{customer.name} is not merged into another customer.")
        return redirect(customer)
    problems = undo_problems(found)
    if request.method == "POST":
        problems = undo_merge(found, made_by=request.user)
        if not problems:
            messages.success(request, f"{customer.name} has everything back.")
            return redirect(customer)
    counts = {name: len(found.moved[name]) for name in ("orders", "contacts", "notes", "tags", "fields")}
    context = {"customer": customer, "merge": found, "counts": counts, "problems": problems}
    status = REFUSED if request.method == "POST" else 200
    return render(request, "entitlements/directory/customer_merge_undo.html", context, status=status)


def redirected(request: AuthenticatedHttpRequest, customer: Customer) -> HttpResponse | None:
    """Return the redirect from a merged customer to the one that has everything; ``None`` for any other customer."""
    if customer.merged_into is None:
        return None
    history = reverse("entitlements:customer_history", args=[customer.pk])
    text = format_html(
        '<b>{} was merged into {}.</b> <a href="{}">Its history</a>', customer.name, customer.merged_into.name, history
    )
    messages.info(request, text)
    return redirect(customer.merged_into)
