"""The dialog of an operation on one entitlement: its words, its preview panel, and the message at the end."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.html import format_html

from config.web import AuthenticatedHttpRequest
from entitlements.dialogs.confirm import Page, Shown, respond, with_way_back
from entitlements.dialogs.forms import OperationForm
from entitlements.dialogs.panel import Panel, panel_of, summary
from entitlements.engine.apply import Result
from entitlements.models import Seat
from entitlements.operations import Operation
from entitlements.state import SeatValue, State, load


def _no_context(_panel: Panel) -> Mapping[str, Any]:
    return {}


def _no_seats() -> Iterable[SeatValue]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """The words of one dialog.

    ``done`` begins the message that says what changed, ``way_back`` is its link. ``tab`` is the tab of the entitlement
    where people come back to. ``context`` is for a template of its own; ``more_seats`` reads the seats to choose from
    beside those in use. ``partial`` answers where a choice renews the preview.
    """

    title: str
    submit: str
    done: str
    intro: str = ""
    is_dangerous: bool = False
    way_back: str = "Undo"
    tab: str = "entitlement"
    template: str = "entitlements/dialogs/operation.html"
    partial: str = "entitlements/dialogs/operation.html#preview"
    extra: Mapping[str, Any] = field(default_factory=dict)
    context: Callable[[Panel], Mapping[str, Any]] = _no_context
    more_seats: Callable[[], Iterable[SeatValue]] = _no_seats

    @classmethod
    def of(cls, operation: type[Operation], **changes: Any) -> Self:
        """Return the dialog in the words of an operation, but for ``changes``."""
        words = operation.words
        said = {
            "title": words.title,
            "submit": words.submit,
            "done": words.done,
            "intro": words.intro,
            "is_dangerous": words.is_dangerous,
            "tab": operation.tab,
        }
        return cls(**{**said, **changes})


def state_or_404(pk: UUID) -> State:
    """Return the state of an entitlement; raise ``Http404`` where there is none. Five queries at most."""
    found = load([pk])
    if not found:
        raise Http404("There is no such entitlement.")
    return found[0]


def typed(request: AuthenticatedHttpRequest, pk: UUID, start: QueryDict) -> QueryDict:
    """Return what a form starts from: what was posted, else ``start`` with what the address adds."""
    if request.method == "POST":
        return _with_oldest(request.POST, pk)
    for name in request.GET:
        start.setlist(name, request.GET.getlist(name))
    return start


def _with_oldest(posted: QueryDict, pk: UUID) -> QueryDict:
    """Tick the oldest seats where the button "Choose oldest" was pressed; one query, none otherwise."""
    count = posted.get("oldest", "")
    if not (count.isascii() and count.isdigit()) or len(count) > 9:
        return posted
    oldest = Seat.objects.filter(entitlement=pk, released_at=None).order_by("activated_at", "pk")
    ticked = posted.copy()
    ticked.setlist("release", [str(key) for key in oldest.values_list("pk", flat=True)[: int(count)]])
    return ticked


def respond_in_dialog(request: AuthenticatedHttpRequest, pk: UUID, form: OperationForm, dialog: Dialog) -> HttpResponse:
    """Answer one request to the dialog of an operation on one entitlement."""
    back_url = reverse(f"entitlements:{dialog.tab}", args=[pk])
    page = Page(
        template=dialog.template,
        back_url=back_url,
        context=lambda shown: _context(pk, dialog, shown),
        report=lambda request, result: _report(request, pk, dialog, result),
        done_url=lambda _result: back_url,
        partials={"preview": dialog.partial},
    )
    return respond(request, form, [pk], page)


def _context(pk: UUID, dialog: Dialog, shown: Shown) -> dict[str, Any]:
    preview = shown.previews[0] if shown.previews else None
    own = next((move for move in preview.moves if move.id == pk), None) if preview else None
    state = own.before if own and own.before else state_or_404(pk)
    panel = panel_of(shown.form, state, preview, more_seats=dialog.more_seats)
    return {"dialog": dialog, "panel": panel, "state": state, **dialog.extra, **dialog.context(panel)}


def _report(request: AuthenticatedHttpRequest, pk: UUID, dialog: Dialog, result: Result) -> None:
    """Leave the message that says what changed, with a link that takes it back."""
    if result.act is None:
        return
    counts = " · ".join(f"{chip.sign} {chip.label}" for chip in summary(result.outcomes[0].preview))
    text = format_html("<b>{}.</b> {}", dialog.done, counts)
    said = with_way_back(text, user=request.user, entitlement_id=pk, act=result.act, words=dialog.way_back)
    messages.success(request, said)
