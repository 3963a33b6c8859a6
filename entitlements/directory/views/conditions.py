"""The page of the terms and conditions of an order: every version, and two of them side by side."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.selection import read_ids
from entitlements.directory.views.orders import order_or_404
from entitlements.history.conditions import ConditionsVersion, compared, versions_of


@permission_required("entitlements.view_entitlement", raise_exception=True)
@permission_required(("entitlements.view_order", "entitlements.view_act"), raise_exception=True)
@require_safe
def order_conditions(request: HttpRequest, pk: UUID) -> HttpResponse:
    """List the versions; ``from`` and ``to`` in the address are compared, by default the newest and the one before."""
    row = order_or_404(pk)
    versions = versions_of(row)
    after = _chosen(versions, request.GET.get("to", "")) or (versions[0] if versions else None)
    before = _chosen(versions, request.GET.get("from", ""))
    if before is None and after is not None:
        before = next((each for each in versions if each.key == after.before), None)
    context = {
        "order": row,
        "versions": versions,
        "before": before,
        "after": after,
        "comparison": compared(before.text if before else "", after.text) if after else None,
    }
    return render(request, "entitlements/directory/order_conditions.html", context)


def _chosen(versions: Sequence[ConditionsVersion], text: str) -> ConditionsVersion | None:
    """Return the version of a key; ``None`` for any other text."""
    keys = read_ids([text])
    return next((each for each in versions if each.key in keys), None)
