"""The page of one act: what was asked, what it did to each entitlement, and the way back."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from config.clock import site_day
from config.paging import by_number, sorted_page
from config.selection import LARGEST_SELECTION
from config.web import require
from entitlements.history.asked import asked_in_words
from entitlements.history.feed import title_of
from entitlements.history.log import undone_counts
from entitlements.history.replay import Retold, retell
from entitlements.history.summary import summary_for_customer
from entitlements.history.timeline import Chip, chip_of
from entitlements.history.words import OverrideRow, override_row
from entitlements.models import Act, Change
from entitlements.operations import Effect, UndoAct
from entitlements.operations.previews import OFFERING
from entitlements.state import RevisionValue, revisions_by_id

PAGE = 50
UNDOS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class ChangeCard:
    """One change of an act, as its preview showed it, and in words for the customer."""

    told: Retold
    summary: str

    @property
    def effects(self) -> list[tuple[Effect, Chip]]:
        """Return every value that moved but the offering itself, which the headings name."""
        return [(effect, chip_of(effect)) for effect in self.told.effects if effect.right.key != OFFERING.key]

    @property
    def overrides(self) -> list[OverrideRow]:
        """Return what became of each value set by hand, in words."""
        return [override_row(effect) for effect in self.told.overrides]

    @property
    def headings(self) -> tuple[str, str]:
        """Return what stands above the values before and after."""
        if self.told.before is None:
            return "Before", "After"
        before, after = self.told.before.revision, self.told.after.revision
        if before.id == after.id:
            return "Before", "After"
        if before.offering_id == after.offering_id:
            return f"Revision {before.number}", f"Revision {after.number}"
        return before.offering_name, after.offering_name


@require("entitlements.view_entitlement")
@require("entitlements.view_act")
@require_safe
def act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one act with up to 50 of its changes. Constant queries."""
    row = get_object_or_404(Act.objects.select_related("undoes__undoes__undoes"), pk=pk)
    found = Change.objects.filter(act=row)
    page = sorted_page(request, found, sorting=by_number(F("sequence")), size=PAGE)
    told = retell(page.rows)
    count = found.count()
    title, (icon, tone) = title_of(row)
    context = {
        "act": row,
        "title": title,
        "icon": icon,
        "tone": tone,
        "asked": asked_in_words(row.asked, _revisions(row, told)),
        "page": page,
        "cards": [ChangeCard(each, summary_for_customer([each], site_day(row.made_at))) for each in told],
        "count": count,
        "undone_by": list(Act.objects.filter(undoes=row).order_by("-made_at", "-pk")[:UNDOS_SHOWN]),
        "summary": _summary(row, told, count),
        **_way_back(request, row, count),
    }
    return render(request, "entitlements/history/act.html", context)


def _revisions(row: Act, told: list[Retold]) -> dict[int, RevisionValue]:
    """Return the revisions that name what was asked; one query where the target is none that an entitlement got."""
    known = [state.revision for each in told for state in (each.before, each.after) if state]
    found = {revision.id: revision for revision in known}
    target = row.asked.get("revision_id")
    return found if target in (None, *found) else {**found, **revisions_by_id([target])}


def _summary(row: Act, told: list[Retold], count: int) -> str:
    """Return the text for the customer; empty where the act is not of one customer alone, or longer than a page."""
    customers = {each.after.order.customer_id for each in told}
    if len(customers) != 1 or len(told) < count:
        return ""
    return summary_for_customer(told, site_day(row.made_at))


def _way_back(request: HttpRequest, row: Act, count: int) -> dict[str, Any]:
    """Return whether the act can be undone as a whole, and what the button says."""
    undone = undone_counts([row.pk]).get(row.pk, 0)
    may_undo = request.user.has_perm(UndoAct.permission) and undone < count
    return {
        "undone": undone,
        "verb": verb_of(row),
        "may_undo": may_undo and count <= LARGEST_SELECTION,
        "is_too_large": may_undo and count > LARGEST_SELECTION,
        "largest": LARGEST_SELECTION,
    }


def verb_of(row: Act) -> str:
    """Return what taking an act back is called: taking back an undo is a redo."""
    return "Redo" if title_of(row)[0].startswith("Undid") else "Undo"
