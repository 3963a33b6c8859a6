"""The small dialogs: one operation each, all answered by the same flow."""

from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from config.clock import site_today
from config.web import require
from entitlements.dialogs.confirm import Dialog, answer, state_or_404, typed
from entitlements.dialogs.forms import defaults
from entitlements.dialogs.lifecycle_forms import ActivateForm, DisableForm, EnableForm, RenewForm, TermsForm
from entitlements.dialogs.seat_forms import QuantityForm, ReleaseForm, UndoForm
from entitlements.history.timeline import TITLES, undos_of
from entitlements.models import Change, Seat
from entitlements.operations import Activate, ChangeTerms, Disable, Enable, ReleaseSeats, Renew, SetQuantity, UndoAct
from entitlements.state import SeatValue, State, seat_ids, seat_value

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@require(Activate.permission)
@form_methods
def activate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Start the term today."""
    form = ActivateForm(typed(request, pk, defaults()), as_of=site_today())
    return answer(request, pk, form, Dialog("Activate", "Activate", "Activated", intro="The term starts today."))


@require(Renew.permission)
@form_methods
def renew(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Add one term."""
    form = RenewForm(typed(request, pk, defaults()), as_of=site_today())
    intro = "Adds one term to the expiry in force, or to today where the grace period is over."
    return answer(request, pk, form, Dialog("Renew", "Renew", "Renewed", intro=intro))


@require(Disable.permission)
@form_methods
def disable(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an entitlement out of use."""
    form = DisableForm(typed(request, pk, defaults()), as_of=site_today())
    intro = "Clients stop working when their lease ends. Rights, seats and term stay as they are until it is enabled."
    return answer(request, pk, form, Dialog("Disable", "Disable", "Disabled", kind="danger", intro=intro))


@require(Enable.permission)
@form_methods
def enable(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Bring a disabled entitlement back."""
    form = EnableForm(typed(request, pk, defaults()), as_of=site_today())
    intro = "Clients can be activated and refreshed again, as far as the term allows."
    return answer(request, pk, form, Dialog("Enable", "Enable", "Enabled", intro=intro))


@require(ChangeTerms.permission)
@form_methods
def terms(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Set the dates of the term by hand."""
    start = defaults() if request.method == "POST" else _dates(state_or_404(pk))
    form = TermsForm(typed(request, pk, start), as_of=site_today())
    intro = "A date unlike the standard counts as set by hand: it is marked, and kept when the offering changes."
    dialog = Dialog(
        "Change terms", "Change terms", "Changed the terms", intro=intro, template="entitlements/dialogs/terms.html"
    )
    return answer(request, pk, form, dialog)


def _dates(state: State) -> QueryDict:
    start = defaults(
        starts_on=state.starts_on or "",
        expires_on=state.expires_on or "",
        maintenance_expires_on=state.maintenance_expires_on or "",
    )
    if state.is_activated and state.expires_on is None:
        start["never_expires"] = "on"
    if state.maintenance_expires_on is None:
        start["maintenance_never_expires"] = "on"
    return start


@require(SetQuantity.permission)
@form_methods
def quantity(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Set how many seats are bought."""
    start = defaults() if request.method == "POST" else defaults(quantity=state_or_404(pk).quantity or "")
    form = QuantityForm(typed(request, pk, start), as_of=site_today())
    return answer(request, pk, form, Dialog("Set quantity", "Set quantity", "Changed the quantity"))


@require(ReleaseSeats.permission)
@form_methods
def release_seats(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Release chosen seats, or all of them."""
    form = ReleaseForm(typed(request, pk, defaults()), as_of=site_today())
    intro = "A released seat can be activated again while there is room. What it had checked out is returned."
    words = Dialog("Release seats", "Release", "Released seats", kind="danger", intro=intro, back="entitlements:seats")
    return answer(request, pk, form, words)


@require(UndoAct.permission)
@form_methods
def undo(request: HttpRequest, pk: UUID, act_id: UUID) -> HttpResponse:
    """Take an act back; taking back an undo is a redo."""
    change = get_object_or_404(Change.objects.select_related("act"), act=act_id, entitlement=pk)
    form = UndoForm(typed(request, pk, defaults()), as_of=site_today(), act_id=act_id)
    undos = undos_of(pk)
    depth = undos.depth(change.pk)
    operation = undos.root_operation(change.pk) if depth else change.act.operation
    verb, done = ("Redo", "Redid") if depth % 2 else ("Undo", "Undid")
    title = TITLES.get(operation, operation)
    dialog = Dialog(
        f"{verb}: {title}",
        verb,
        f"{done}: {title}",
        way_back="Redo" if verb == "Undo" else "Undo",
        template="entitlements/dialogs/undo.html",
        extra={"change": change},
        extra_seats=_seats_beside(change),
    )
    return answer(request, pk, form, dialog)


def _seats_beside(change: Change) -> list[SeatValue]:
    """Return the seats to choose from beside those active here; one query, none without any.

    An undo may bring back what the act released, and take over what its partner holds.
    """
    keys = seat_ids(change.delta, "released")
    handed = change.delta.get("handed")
    if not (keys or handed):
        return []
    wanted = Q(pk__in=keys, entitlement=change.entitlement_id)
    if handed:
        wanted |= Q(entitlement=handed["to"], released_at=None)
    return [seat_value(row) for row in Seat.objects.filter(wanted)]
