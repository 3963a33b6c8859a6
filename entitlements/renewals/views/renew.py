"""Renew one or many of the list, as they are or onto the newest revision."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from config.clock import site_today
from config.selection import LARGEST_SELECTION, read_ids
from config.web import AuthenticatedHttpRequest
from entitlements.dialogs.outcomes import entitlements_in_words
from entitlements.dialogs.renew.forms import AS_IT_IS, RenewForm
from entitlements.dialogs.renew.views import newest_for
from entitlements.dialogs.selection import MOST_CHIPS, PreviewRow, Selection, respond_for_selection
from entitlements.history.chips import SIGNS, Chip
from entitlements.operations import Renew, SeatMode
from entitlements.renewals.filters import RenewalFilterForm, RenewalFilters
from entitlements.renewals.views.list import list_url
from offerings.rights import Direction


class RenewSelectionForm(RenewForm):
    """The form for a selection of entitlements: it offers no choice of single seats."""

    modes = (SeatMode.REFUSE, SeatMode.RELEASE_OLDEST, SeatMode.RELEASE_ALL, SeatMode.KEEP)
    autofocus = ""


@dataclass(frozen=True, slots=True)
class RenewalPreviewRow(PreviewRow):
    """The preview of one renewal: the revision comes first, as it is not the same in every row."""

    @property
    def chips(self) -> list[Chip]:
        """Return the revision where it moves, then the first differences."""
        before, after = self.lead.compared, self.lead.after
        found = self._differences[:MOST_CHIPS]
        if before is None or before.revision.id == after.revision.id:
            return found
        direction, numbers = Direction.CHANGED, (f"{before.revision.number}", f"{after.revision.number}")
        return [Chip(direction, SIGNS[direction], str(direction), "Revision", *numbers), *found]


@permission_required(Renew.permission, raise_exception=True)
@require_POST
def renew_many(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the previews of renewals, and with ``confirm`` in the POST carry them out as one act.

    ``chosen`` are keys of entitlements; ``all`` chooses every entitlement that the filters find. At most
    ``LARGEST_SELECTION`` entitlements; constant queries.
    """
    filters = RenewalFilterForm(request.POST).filters
    ids = chosen(request, filters)
    if refusal := refused_selection(ids):
        messages.warning(request, refusal)
        return HttpResponseRedirect(list_url(filters))
    data = request.POST.copy()
    data.setdefault("onto", AS_IT_IS)
    data.setdefault("seats", SeatMode.REFUSE.value)
    selection = Selection(
        template="entitlements/renewals/renew.html",
        partials=("preview",),
        changed="Renewed",
        back_url=list_url(filters),
        extra={"filters": filters, "chosen": ids},
        row=RenewalPreviewRow,
    )
    form = RenewSelectionForm(data, as_of=site_today(), newest=newest_for(ids))
    return respond_for_selection(request, form, ids, selection)


def chosen(request: AuthenticatedHttpRequest, filters: RenewalFilters) -> list[UUID]:
    """Return the chosen entitlements, at most one more than allowed; two queries for ``all``."""
    if "all" not in request.POST:
        return read_ids(request.POST.getlist("chosen")[: LARGEST_SELECTION + 1])
    found: Any = filters.entitlements(site_today()).order_by("expires_on", "pk")
    return list(found.values_list("pk", flat=True)[: LARGEST_SELECTION + 1])


def refused_selection(ids: list[UUID]) -> str:
    """Return why nothing can be done with a selection; empty where something can."""
    if len(ids) > LARGEST_SELECTION:
        most = entitlements_in_words(LARGEST_SELECTION)
        return f"Choose at most {most} at once: narrow the list by product, owner or who was contacted."
    return "" if ids else "Choose at least one entitlement."
