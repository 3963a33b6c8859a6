"""The dialog of an operation on one entitlement: its words, its preview panel, and the message at the end."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html

from config.web import AuthenticatedHttpRequest
from entitlements import schedule
from entitlements.dialogs.confirm import ConfirmPage, PreviewedForm, respond, with_undo_link
from entitlements.dialogs.forms import OperationForm
from entitlements.dialogs.panel import SEATS_TO_CHOOSE_FROM, Panel, panel_of, summary
from entitlements.dialogs.pinned import pinned_on
from entitlements.dialogs.waiting import days_of
from entitlements.engine.apply import Result
from entitlements.models import Seat
from entitlements.operations import Operation, Preview
from entitlements.state import SeatValue, State, load


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """The words and templates of one dialog.

    ``done`` begins the message after a change, ``undo_label`` is the text of its link. ``tab`` is the tab of the
    entitlement to return to. ``context`` returns more context for a template of its own; ``more_seats`` reads seats to
    choose from beside those in use. ``partial`` is the template that answers htmx with a fresh preview. ``may_wait``
    says that people may choose a later day.
    """

    title: str
    submit: str
    done: str
    intro: str = ""
    is_dangerous: bool = False
    undo_label: str = "Undo"
    tab: str = "entitlement"
    template: str = "entitlements/dialogs/operation.html"
    partial: str = "entitlements/dialogs/operation.html#preview"
    extra: Mapping[str, Any] = field(default_factory=dict)
    context: Callable[[Panel], Mapping[str, Any]] = lambda _panel: {}
    more_seats: Callable[[], Iterable[SeatValue]] = tuple
    may_wait: bool = False

    @classmethod
    def of(cls, operation: type[Operation], **changes: Any) -> Self:
        """Return the dialog of an operation, in the words of the operation except for ``changes``."""
        names = ("title", "submit", "done", "intro", "is_dangerous")
        words = {name: getattr(operation.words, name) for name in names}
        return cls(**{**words, "tab": operation.tab, "may_wait": operation.may_wait, **changes})


def state_or_404(pk: UUID) -> State:
    """Return the state of an entitlement; raise ``Http404`` for an unknown key. Five queries at most."""
    found = load([pk])
    if not found:
        raise Http404("There is no such entitlement.")
    return found[0]


def form_data(request: AuthenticatedHttpRequest, pk: UUID, initial: QueryDict) -> QueryDict:
    """Return the data of a form: the posted data, or ``initial`` with the parameters of the address."""
    if request.method == "POST":
        return _with_oldest(request.POST, pk)
    for name in request.GET:
        initial.setlist(name, request.GET.getlist(name))
    return initial


def _with_oldest(posted: QueryDict, pk: UUID) -> QueryDict:
    """Return the posted data with the oldest seats ticked after a press of "Choose oldest": one query, else none."""
    count = posted.get("oldest", "")
    if not (count.isascii() and count.isdigit()) or len(count) > 9:
        return posted
    oldest = Seat.objects.filter(entitlement=pk, released_at=None).order_by("activated_at", "pk")
    most = min(int(count), SEATS_TO_CHOOSE_FROM)
    ticked = posted.copy()
    ticked.setlist("release", [str(key) for key in oldest.values_list("pk", flat=True)[:most]])
    return ticked


def respond_in_dialog(request: AuthenticatedHttpRequest, pk: UUID, form: OperationForm, dialog: Dialog) -> HttpResponse:
    """Answer one request to the dialog of an operation on one entitlement."""
    back_url = reverse(f"entitlements:{dialog.tab}", args=[pk])
    if dialog.may_wait and request.user.has_perm(schedule.PERMISSION):
        form.find_days = lambda: days_of(pk, form.as_of)
    page = ConfirmPage(
        template=dialog.template,
        back_url=back_url,
        context=lambda previewed: _context(request.user, pk, dialog, previewed),
        report=lambda request, result: _report(request, pk, dialog, result),
        done_url=lambda result: _done_url(pk, result, back_url),
        partials={"preview": dialog.partial},
    )
    return respond(request, form, [pk], page)


def _context(user: User, pk: UUID, dialog: Dialog, previewed: PreviewedForm) -> dict[str, Any]:
    preview = previewed.previews[0] if previewed.previews else None
    own = next((move for move in preview.moves if move.id == pk), None) if preview else None
    state = own.before if own and own.before else state_or_404(pk)
    panel = panel_of(previewed.form, state, preview, more_seats=dialog.more_seats)
    panel = replace(panel, later=tuple(previewed.later))
    return {
        "dialog": dialog,
        "panel": panel,
        "state": state,
        "pinned": SimpleLazyObject(lambda: pinned_on(user, state)),
        **dialog.extra,
        **dialog.context(panel),
    }


def _done_url(pk: UUID, result: Result, back_url: str) -> str:
    """Return the page to go on with: that of the entitlement which continues this one, else the tab of the dialog."""
    goes_on = goes_on_as(pk, result.outcomes[0].preview)
    return back_url if goes_on == pk else reverse("entitlements:entitlement", args=[goes_on])


def goes_on_as(pk: UUID, preview: Preview) -> UUID:
    """Return the entitlement that people go on with after a change of one: what continues it, else itself.

    Where an undo ends it, that is the one that is open again.
    """
    lead = preview.lead
    if lead.continues is not None:
        return lead.id
    own = next((move for move in preview.moves if move.id == pk), lead)
    opened = [move.id for move in preview.moves if move.before and move.before.ended_on and not move.after.ended_on]
    return opened[0] if own.after.ended_on and opened else pk


def _report(request: AuthenticatedHttpRequest, pk: UUID, dialog: Dialog, result: Result) -> None:
    """Add the message about the change, with a link that undoes it."""
    if result.act is None:
        return
    counts = " · ".join(f"{chip.sign} {chip.label}" for chip in summary(result.outcomes[0].preview))
    text = format_html("<b>{}.</b> {}", dialog.done, counts)
    message = with_undo_link(text, user=request.user, entitlement_id=pk, act=result.act, label=dialog.undo_label)
    messages.success(request, message)
