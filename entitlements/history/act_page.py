"""The page of one act: what was asked, what it did to each entitlement, and the way back."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from config.clock import site_day
from config.paging import by_number, sorted_page
from config.selection import LARGEST_SELECTION
from entitlements.history.asked import Names, choices_of
from entitlements.history.chips import Chip, chip_of
from entitlements.history.replay import ReplayedChange, replay
from entitlements.history.summary import summary_for_customer
from entitlements.history.undos import title_of_act, undone_counts
from entitlements.history.words import OverrideRow, override_row
from entitlements.models import Act, Change
from entitlements.operations import Effect, UndoAct, read
from entitlements.state import orders_by_id, revisions_by_id
from entitlements.state.fields import OFFERING

PAGE = 50
UNDOS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ChangeCard:
    """One change of an act, as its preview showed it, and in words for the customer."""

    replayed: ReplayedChange
    summary: str

    @property
    def effects(self) -> list[tuple[Effect, Chip]]:
        """Return every value that moved but the offering itself, which the headings name."""
        return [(effect, chip_of(effect)) for effect in self.replayed.effects if effect.right.key != OFFERING.key]

    @property
    def overrides(self) -> list[OverrideRow]:
        """Return what became of each value set by hand, in words."""
        return [override_row(effect) for effect in self.replayed.overrides]

    @property
    def headings(self) -> tuple[str, str]:
        """Return what stands above the values before and after."""
        if self.replayed.before is None:
            return "Before", "After"
        before, after = self.replayed.before.revision, self.replayed.after.revision
        if before.id == after.id:
            return "Before", "After"
        if before.offering_id == after.offering_id:
            return f"Revision {before.number}", f"Revision {after.number}"
        return before.offering_name, after.offering_name


@permission_required("entitlements.view_entitlement", raise_exception=True)
@permission_required("entitlements.view_act", raise_exception=True)
@require_safe
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one act with up to 50 of its changes. Constant queries."""
    row = get_object_or_404(Act.objects.select_related("undoes"), pk=pk)
    found = Change.objects.filter(act=row)
    page = sorted_page(request, found, sorting=by_number(F("sequence")), size=PAGE)
    replayed = replay(page.rows)
    count = found.count()
    context = {
        "act": row,
        "title": title_of_act(row),
        "asked": _asked(row, replayed),
        "page": page,
        "cards": [ChangeCard(each, summary_for_customer([each], site_day(row.made_at))) for each in replayed],
        "count": count,
        "undone_by": list(Act.objects.filter(undoes=row).order_by("-made_at", "-pk")[:UNDOS_SHOWN]),
        "summary": _summary(row, replayed, count),
        **_way_back(request, row, count),
    }
    return render(request, "entitlements/history/act.html", context)


def _asked(row: Act, replayed: list[ReplayedChange]) -> list[tuple[str, str]]:
    """Return what was asked, in words; nothing where this version cannot read it. Two queries at most.

    The target, or the order, is read where no entitlement of the page got it.
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


def _summary(row: Act, replayed: list[ReplayedChange], count: int) -> str:
    """Return the text for the customer; empty where the act is not of one customer alone, or longer than a page."""
    customers = {each.after.order.customer_id for each in replayed}
    if len(customers) != 1 or len(replayed) < count:
        return ""
    return summary_for_customer(replayed, site_day(row.made_at))


def _way_back(request: HttpRequest, row: Act, count: int) -> dict[str, Any]:
    """Return on how many entitlements the act is undone, and whether it can be undone as a whole; one query."""
    undone = undone_counts([row.pk]).get(row.pk, 0)
    may_undo = request.user.has_perm(UndoAct.permission) and undone < count
    return {
        "undone": undone,
        "may_undo": may_undo and count <= LARGEST_SELECTION,
        "is_too_large": may_undo and count > LARGEST_SELECTION,
        "largest": LARGEST_SELECTION,
    }
