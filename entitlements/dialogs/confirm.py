"""The one flow of every dialog: look at the preview, confirm what was seen, be told what changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.web import redirect_after
from entitlements import engine
from entitlements.dialogs.forms import OperationForm
from entitlements.dialogs.panel import Pane, pane_of, summary
from entitlements.models import Act, Seat, Source
from entitlements.operations import Operation, Preview, UndoAct
from entitlements.state import SeatValue, State, loading

STALE, REFUSED = 409, 422


@dataclass(frozen=True, slots=True)
class Dialog:
    """The words of one dialog. ``done`` begins the message that says what changed, ``way_back`` is its link."""

    title: str
    submit: str
    done: str
    way_back: str = "Undo"
    kind: str = "primary"
    intro: str | SafeString = ""
    template: str = "entitlements/dialogs/operation.html"
    back: str = "entitlements:entitlement"
    extra: Mapping[str, Any] = field(default_factory=dict)
    context: Callable[[Pane], Mapping[str, Any]] = lambda _pane: {}
    extra_seats: Sequence[SeatValue] = ()


def state_or_404(pk: UUID) -> State:
    """Return the state of an entitlement; raise ``Http404`` where there is none. Five queries at most."""
    found = loading.load([pk])
    if not found:
        raise Http404("There is no such entitlement.")
    return found[0]


def typed(request: HttpRequest, pk: UUID, start: QueryDict) -> QueryDict:
    """Return what a form starts from: what was posted, else its start with what the address adds."""
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


def is_confirmed(request: HttpRequest) -> bool:
    """Tell whether the person asked for the change itself, not only for a preview."""
    return request.method == "POST" and not ({"preview", "oldest"} & set(request.POST))


def answer(request: HttpRequest, pk: UUID, form: OperationForm, dialog: Dialog) -> HttpResponse:
    """Answer one request to a dialog: show it with its preview, or carry out what was seen."""
    form.is_asked = request.method == "POST"
    form.is_confirmed = is_confirmed(request)
    operation = form.operation()
    if not form.is_confirmed:
        return _show(request, pk, form, dialog, operation)
    if operation is None or not form.is_valid():
        return _show(request, pk, form, dialog, operation, status=REFUSED)
    return _confirm(request, pk, form, dialog, operation)


def _confirm(request: HttpRequest, pk: UUID, form: OperationForm, dialog: Dialog, operation: Operation) -> HttpResponse:
    user = cast("User", request.user)  # nobody else gets through the login
    result = engine.apply(
        operation,
        [pk],
        made_by=user,
        source=Source.PAGE,
        expected={pk: form.cleaned_data["fingerprint"]},
        reason=form.cleaned_data["reason"],
        reference=form.cleaned_data["reference"],
    )
    if not result.outcomes:
        raise Http404("There is no such entitlement.")
    outcome = next(each for each in result.outcomes if each.preview.id == pk)
    if result.act is not None:
        messages.success(request, _success(user, dialog, outcome.preview, result.act))
        return redirect_after(request, reverse(dialog.back, args=[pk]))
    form.add_problems(outcome.preview.problems)
    status = STALE if outcome.status is engine.Status.STALE else REFUSED
    return _show(request, pk, form, dialog, operation, preview=outcome.preview, status=status)


def _show(
    request: HttpRequest,
    pk: UUID,
    form: OperationForm,
    dialog: Dialog,
    operation: Operation | None,
    *,
    preview: Preview | None = None,
    status: int = 200,
) -> HttpResponse:
    if preview is None and operation is not None:
        preview = next((each for each in engine.preview(operation, [pk]) if each.id == pk), None)
    state = preview.before if preview and preview.before else state_or_404(pk)
    pane = pane_of(form, state, preview, extra_seats=dialog.extra_seats)
    form.forget_premature_errors()
    context = {
        "dialog": dialog,
        "form": form,
        "pane": pane,
        "state": state,
        "is_stale": status == STALE,
        "back_url": reverse(dialog.back, args=[pk]),
        **dialog.extra,
        **dialog.context(pane),
    }
    return render(request, dialog.template, context, status=status)


def _success(user: User, dialog: Dialog, preview: Preview, act: Act) -> str:
    """Return the message that says what changed, with a link that takes it back."""
    counts = " · ".join(f"{chip.sign} {chip.label}" for chip in summary(preview))
    text = format_html("<b>{}.</b> {}", dialog.done, counts)
    return with_way_back(text, user=user, entitlement_id=preview.id, act=act, words=dialog.way_back)


def with_way_back(text: str, *, user: User, entitlement_id: UUID, act: Act, words: str = "Undo") -> str:
    """Return a message with the link that takes ``act`` back, for those who may undo. Unsafe text is escaped."""
    if not user.has_perm(UndoAct.permission):
        return text
    url = reverse("entitlements:undo", args=[entitlement_id, act.pk])
    return format_html('{} <a href="{}" hx-get="{}" hx-target="#dialog">{}</a>', text, url, url, words)
