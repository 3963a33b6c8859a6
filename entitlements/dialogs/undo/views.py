"""Undo or redo an act: for one entitlement and those that changed with it, or for the whole act."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from config.clock import site_today
from config.selection import LARGEST_SELECTION
from config.web import AuthenticatedHttpRequest, redirect_after
from entitlements.dialogs.confirm import form_methods
from entitlements.dialogs.entitlement import Dialog, form_data, respond_in_dialog
from entitlements.dialogs.forms import initial_data
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
    """Undo an act for one entitlement and for those that changed together with it."""
    change = get_object_or_404(Change.objects.select_related("act"), act=act_id, entitlement=pk)
    form = UndoForm(form_data(request, pk, initial_data()), as_of=site_today(), act_id=act_id)
    title = title_of_act(change.act)
    dialog = Dialog.of(
        UndoAct,
        title=f"{title.way_back}: {title.done}",
        submit=title.way_back,
        done=title.taken_back.text,
        undo_label=title.taken_back.way_back,
        template="entitlements/dialogs/undo.html",
        extra={"change": change},
        more_seats=lambda: _more_seats(change),
    )
    return respond_in_dialog(request, pk, form, dialog)


def _more_seats(change: Change) -> Iterable[SeatValue]:
    """Return the seats that the act released and the active seats of all entitlements of the unit; two queries."""
    together = Change.objects.filter(act=change.act_id, unit=change.unit)
    released = [seat.id for row in together for seat in Delta.from_json(row.delta).released]
    in_use = Q(entitlement__in=[row.entitlement_id for row in together], released_at=None)
    return [seat_value(row) for row in Seat.objects.filter(in_use | Q(pk__in=released))]


@permission_required([UndoAct.permission, "entitlements.view_act"], raise_exception=True)
@form_methods
def undo_act(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Undo a whole act for the entitlements without a later change. Constant queries for any number of them."""
    act = get_object_or_404(Act, pk=pk)
    title = title_of_act(act)
    back_url = reverse("entitlements:act", args=[pk])
    changed = Change.objects.filter(act=act)
    ids = list(changed.order_by("entitlement").values_list("entitlement", flat=True)[: LARGEST_SELECTION + 1])
    if len(ids) > LARGEST_SELECTION:
        return redirect_after(request, reverse("entitlements:undo_many", args=[pk]))
    form = UndoWholeForm(request.POST if request.method == "POST" else initial_data(), as_of=site_today(), act_id=pk)
    selection = Selection(
        template="entitlements/dialogs/act_undo.html",
        partials=("preview",),
        changed=f"{title.taken_back.verb_done} “{title.done}” on",
        back_url=back_url,
        done_url=_act_url,
        extra={"act": act, "title": title},
        confirm_button="",
    )
    return respond_for_selection(request, form, ids, selection)


def _act_url(result: Result) -> str:
    return reverse("entitlements:act", args=[result.act.pk]) if result.act else reverse("entitlements:acts")
