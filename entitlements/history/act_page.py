"""The page of one act: its request, its changes, and the way back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from config.clock import site_day
from config.paging import Page, Sorting, sorted_page
from config.selection import LARGEST_SELECTION
from entitlements.history.change_cards import cards_of
from entitlements.history.prices import moved_steps
from entitlements.history.replay import ReplayedChange, replay
from entitlements.history.request_words import Names, choices_of
from entitlements.history.summary import summary_for_customer
from entitlements.history.undos import title_of_act, undone_counts
from entitlements.models import Act, Amendment, Change
from entitlements.operations import UndoAct, read
from entitlements.state import orders_by_id, revisions_by_id

PAGE = 50
UNDOS_SHOWN = 20
BY_UNIT = Sorting(F("unit"), read=lambda text: UUID(hex=text), write=lambda unit: str(unit.hex))


@permission_required("entitlements.view_entitlement", raise_exception=True)
@permission_required("entitlements.view_act", raise_exception=True)
@require_safe
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one act with up to 50 of its changes, and those that moved together with them. Constant queries."""
    row = get_object_or_404(Act.objects.select_related("undoes", "made_by"), pk=pk)
    page = sorted_page(request, Change.objects.filter(act=row), sorting=BY_UNIT, size=PAGE)
    replayed = replay(_whole_units(page))
    count = Change.objects.filter(act=row).count()
    context = {
        "act": row,
        "title": title_of_act(row),
        "request_rows": _request_rows(row, replayed),
        "page": page,
        "cards": cards_of(replayed, site_day(row.made_at)),
        "count": count,
        "undone_by": list(Act.objects.filter(undoes=row).order_by("-made_at", "-pk")[:UNDOS_SHOWN]),
        "price": moved_steps((each.before, each.after) for each in replayed) if 1 < count <= len(replayed) else [],
        "summary": _summary(row, replayed, count),
        "amendment": _amendment(request, row),
        **way_back(request, row, count),
    }
    return render(request, "entitlements/history/act.html", context)


def _amendment(request: HttpRequest, row: Act) -> Amendment | None:
    """Return the amendment that the act carried out, for people who may see it; one query."""
    may_see = request.user.has_perm("entitlements.view_amendment")
    return Amendment.objects.filter(act=row).first() if may_see else None


def _whole_units(page: Page[Change]) -> Sequence[Change]:
    """Return the changes of a page with the rest of the units at its ends; one query, none for a single page."""
    if page.is_whole or not page.rows:
        return page.rows
    first, last = page.rows[0], page.rows[-1]
    ends = list(Change.objects.filter(act=first.act_id, unit__in=[first.unit, last.unit]).order_by("unit", "pk"))
    return [
        *(row for row in ends if row.unit == first.unit),
        *(row for row in page.rows if row.unit not in (first.unit, last.unit)),
        *(row for row in ends if row.unit == last.unit != first.unit),
    ]


def _request_rows(row: Act, replayed: Sequence[ReplayedChange]) -> list[tuple[str, str]]:
    """Return the request in words; nothing where this version cannot read it. Two queries at most.

    The target and the order are read where no entitlement of the page holds them.
    """
    operation = read(row.asked)
    if operation is None:
        return []
    states = [state for each in replayed for state in (each.before, each.after) if state]
    revisions = {state.revision.id: state.revision for state in states}
    orders = {state.order.id: state.order for state in states}
    missing = [key for key in operation.revision_ids() if key not in revisions]
    unknown = [key for key in [getattr(operation, "order_id", None)] if key and key not in orders]
    revisions |= revisions_by_id(missing) if missing else {}
    orders |= orders_by_id(unknown) if unknown else {}
    return choices_of(operation, Names(revisions, orders))


def _summary(row: Act, replayed: Sequence[ReplayedChange], count: int) -> str:
    """Return the text for the customer; empty where the act is not of one customer alone, or longer than a page."""
    customers = {each.after.order.customer_id for each in replayed}
    if len(customers) != 1 or len(replayed) < count:
        return ""
    return summary_for_customer(replayed, site_day(row.made_at))


def way_back(request: HttpRequest, row: Act, count: int) -> dict[str, Any]:
    """Return on how many entitlements the act is undone, and whether it can be undone as a whole; one query."""
    undone = undone_counts([row.pk]).get(row.pk, 0)
    may_undo = request.user.has_perm(UndoAct.permission) and undone < count
    return {
        "undone": undone,
        "may_undo": may_undo and count <= LARGEST_SELECTION,
        "is_too_large": may_undo and count > LARGEST_SELECTION,
    }
