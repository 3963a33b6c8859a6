"""Take an act back, or bring it again: for one entitlement with those that moved with it, or for the whole act."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.clock import site_today
from config.selection import LARGEST_SELECTION
from config.web import AuthenticatedHttpRequest, redirect_after
from entitlements.dialogs.confirm import form_methods
from entitlements.dialogs.entitlement import Dialog, respond_in_dialog, typed
from entitlements.dialogs.forms import defaults
from entitlements.dialogs.selection import Selection, respond_for_selection
from entitlements.dialogs.undo.forms import UndoForm, UndoWholeForm
from entitlements.engine.apply import Result
from entitlements.history.undos import title_of_act
from entitlements.models import Act, Change, Seat
from entitlements.operations import UndoAct
from entitlements.state import Delta, SeatValue, seat_value


@permission_required(UndoAct.permission, raise_exception=True)
@form_methods
def undo(request: AuthenticatedHttpRequest, pk: UUID, act_id: UUID) -> HttpResponse:
    """Take an act back for one entitlement, and for those that moved together with it."""
    change = get_object_or_404(Change.objects.select_related("act"), act=act_id, entitlement=pk)
    form = UndoForm(typed(request, pk, defaults()), as_of=site_today(), act_id=act_id)
    title = title_of_act(change.act)
    dialog = Dialog.of(
        UndoAct,
        title=f"{title.way_back}: {title.done}",
        submit=title.way_back,
        done=title.taken_back.text,
        way_back=title.taken_back.way_back,
        template="entitlements/dialogs/undo.html",
        extra={"change": change},
        more_seats=lambda: _seats_beside(change),
    )
    return respond_in_dialog(request, pk, form, dialog)


def _seats_beside(change: Change) -> Iterable[SeatValue]:
    """Return the seats to choose from beside those active here; two queries.

    An undo may bring back what the act released, and moves seats between the entitlements that moved together.
    """
    together = Change.objects.filter(act=change.act_id, unit=change.unit)
    released = [seat.id for row in together for seat in Delta.from_json(row.delta).released]
    in_use = Q(entitlement__in=[row.entitlement_id for row in together], released_at=None)
    return [seat_value(row) for row in Seat.objects.filter(in_use | Q(pk__in=released))]


@permission_required([UndoAct.permission, "entitlements.view_act"], raise_exception=True)
@form_methods
def undo_act(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Take a whole act back where nothing was changed since. Constant queries."""
    act = get_object_or_404(Act, pk=pk)
    title = title_of_act(act)
    back_url = reverse("entitlements:act", args=[pk])
    ids = list(Change.objects.filter(act=act).order_by("entitlement").values_list("entitlement", flat=True))
    if len(ids) > LARGEST_SELECTION:
        most = f"At most {LARGEST_SELECTION} can be {title.undone_word} from a page."
        messages.warning(request, f"This act changed {len(ids):,} entitlements. {most}")
        return redirect_after(request, back_url)
    form = UndoWholeForm(request.POST if request.method == "POST" else defaults(), as_of=site_today(), act_id=pk)
    selection = Selection(
        template="entitlements/dialogs/act_undo.html",
        partials=("preview",),
        changed=f"{title.taken_back.verb_done} “{title.done}” on",
        back_url=back_url,
        done_url=_act_url,
        extra={"act": act, "title": title.done, "verb": title.way_back},
        confirm_button="",
    )
    return respond_for_selection(request, form, ids, selection)


def _act_url(result: Result) -> str:
    return reverse("entitlements:act", args=[result.act.pk]) if result.act else reverse("entitlements:acts")
