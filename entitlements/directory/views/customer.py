"""The tabs of one customer: entitlements, orders, history. The tab of notes is in ``notes``."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from config.paging import older_page, page_of
from config.web import AuthenticatedHttpRequest
from entitlements.directory.views.customer_header import customer_context
from entitlements.directory.views.entitlement_rows import entitlement_rows, with_columns
from entitlements.directory.views.merging import redirected
from entitlements.history.feed import FeedEntry, Place, feed_of
from entitlements.models import ActivationCode, Customer, Entitlement, Order

PAGE_SIZE = 50


@permission_required("entitlements.view_entitlement", raise_exception=True)
@permission_required("entitlements.view_customer", raise_exception=True)
@require_safe
def customer(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Show the customer's entitlements, last changed first, below the pinned notes. Constant queries.

    A merged customer leads to the one that has them now.
    """
    row = get_object_or_404(Customer.objects.select_related("owner", "merged_into"), pk=pk)
    if (elsewhere := redirected(request, row)) is not None:
        return elsewhere
    page = page_of(
        request, with_columns(Entitlement.objects.filter(order__customer=row)), field="changed_at", size=PAGE_SIZE
    )
    context = customer_context(
        request,
        row,
        "entitlements",
        rows=entitlement_rows(page.rows),
        page=page,
    )
    return render(request, "entitlements/directory/customer.html", context)


@permission_required("entitlements.view_order", raise_exception=True)
@permission_required("entitlements.view_customer", raise_exception=True)
@require_safe
def orders(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the customer's orders, newest first. Constant queries."""
    row = get_object_or_404(Customer, pk=pk)
    page = page_of(request, Order.objects.filter(customer=row), field="created_at", size=PAGE_SIZE)
    entitlements, codes = (_count_by_order(model, page.rows) for model in (Entitlement, ActivationCode))
    rows = [(order, entitlements.get(order.pk, 0), codes.get(order.pk, 0)) for order in page.rows]
    return render(
        request,
        "entitlements/directory/customer_orders.html",
        customer_context(request, row, "orders", orders=rows, page=page),
    )


def _count_by_order(model: Any, orders: Sequence[Order]) -> dict[UUID, int]:
    return dict(model.objects.filter(order__in=orders).order_by().values_list("order").annotate(Count("pk")))


@permission_required("entitlements.view_act", raise_exception=True)
@permission_required("entitlements.view_customer", raise_exception=True)
@require_safe
def history(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the acts on the customer's entitlements, and every edit; ``older`` in the address is a ``Place``."""
    row = get_object_or_404(Customer, pk=pk)

    def rows_below(place: Place | None) -> tuple[Sequence[FeedEntry], Place | None]:
        found = feed_of(row, below=place)
        return found.entries, found.older

    page = older_page(request, read=Place.read, rows_below=rows_below)
    return render(
        request, "entitlements/directory/customer_history.html", customer_context(request, row, "history", page=page)
    )
