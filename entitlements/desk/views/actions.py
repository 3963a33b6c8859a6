"""The actions of one entitlement: the menu of its row in a list, loaded when it opens, and a page without scripts."""

from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.web import wants_part
from entitlements.desk.views.entitlement_header import entitlement_context
from entitlements.dialogs.entitlement import state_or_404


@permission_required("entitlements.view_entitlement", raise_exception=True)
@require_safe
def actions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """List the operations that apply to an entitlement and that the person may carry out. Constant queries."""
    context = entitlement_context(request, state_or_404(pk), "actions", is_menu=wants_part(request) is not None)
    return render(request, "entitlements/desk/actions.html", context)
