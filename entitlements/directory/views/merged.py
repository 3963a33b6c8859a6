"""How the pages that edit a customer refuse one that was merged: with a message, and the page of the other customer."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404

from config.web import AuthenticatedHttpRequest, redirect_after
from entitlements.directory.merged import MergedAway
from entitlements.models import Customer

Rest = ParamSpec("Rest")
View = Callable[Concatenate[AuthenticatedHttpRequest, Rest], HttpResponse]


def refusing_merged(view: View[Rest]) -> View[Rest]:
    """Answer ``MergedAway``, raised before or during a write, in place of the view."""

    @wraps(view)
    def answered(request: AuthenticatedHttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except MergedAway as refusal:
            messages.error(request, str(refusal))
            target = refusal.customer.merged_into or refusal.customer
            return redirect_after(request, target.get_absolute_url())

    return answered


def current_or_404(pk: UUID) -> Customer:
    """Return a customer; raise ``Http404`` for an unknown key, ``MergedAway`` for one that was merged."""
    customer = get_object_or_404(Customer.objects.select_related("merged_into"), pk=pk)
    if customer.merged_into_id:
        raise MergedAway(customer)
    return customer
