"""The one flow of every page that asks for an operation: show the preview, compare with what was seen, carry out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from config.selection import read_seen
from config.web import AuthenticatedHttpRequest, answering_template, redirect_after
from entitlements import engine
from entitlements.dialogs.forms import OperationForm
from entitlements.engine.apply import Result
from entitlements.models import Act, Source
from entitlements.operations import Operation, Preview, UndoAct

STALE, REFUSED = 409, 422
NOT_YET = {"preview", "oldest", "find"}  # buttons that change what is shown, and confirm nothing

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: the form, and the previews of what it asks for; none while the form cannot be read."""

    form: OperationForm
    previews: Sequence[Preview]


@dataclass(frozen=True, slots=True)
class Page:
    """How one page differs from the others that ask for an operation.

    ``context`` returns what its template shows beside the flow's own; ``report`` leaves the messages about a result,
    ``done_url`` says where people go after it. ``confirm_button`` names the button that confirms; where it is empty,
    every POST confirms that asks for nothing else. ``partials`` holds the template that answers htmx where a choice
    renews only a part of the page, by the id of that part.
    """

    template: str
    back_url: str
    context: Callable[[Shown], Mapping[str, Any]]
    report: Callable[[AuthenticatedHttpRequest, Result], None]
    done_url: Callable[[Result], str]
    source: Source = Source.PAGE
    confirm_button: str = ""
    partials: Mapping[str, str] = field(default_factory=dict)


def respond(request: AuthenticatedHttpRequest, form: OperationForm, ids: Sequence[UUID], page: Page) -> HttpResponse:
    """Answer one request: show what the form asks for would do to ``ids``, or carry out what was seen.

    Answers 409 with the fresh preview where something else was seen, or nothing; 422 where the form cannot be read or
    a problem blocks. Writes only through ``engine.apply``.
    """
    form.is_confirmed = _is_confirmed(request, page)
    form.is_asked = form.is_confirmed or bool(set(form.fields) & set(request.POST))
    status = REFUSED if form.is_confirmed else 200
    operation = form.operation()
    if operation is None:
        return _show(request, Shown(form, ()), page, status=status)
    if not form.is_confirmed or not form.is_valid():
        return _show(request, Shown(form, engine.preview(operation, ids)), page, status=status)
    return _carry_out(request, form, operation, ids, page)


def _is_confirmed(request: AuthenticatedHttpRequest, page: Page) -> bool:
    """Tell whether the person asked for the change itself, not only for a preview."""
    if request.method != "POST":
        return False
    if page.confirm_button:
        return page.confirm_button in request.POST
    return not NOT_YET & {*request.GET, *request.POST}


def _carry_out(
    request: AuthenticatedHttpRequest, form: OperationForm, operation: Operation, ids: Sequence[UUID], page: Page
) -> HttpResponse:
    result = engine.apply(
        operation,
        ids,
        made_by=request.user,
        source=page.source,
        expected=read_seen(request.POST),
        reason=form.cleaned_data["reason"],
        reference=form.cleaned_data["reference"],
    )
    page.report(request, result)
    if result.act is not None:
        return redirect_after(request, page.done_url(result))
    previews = [outcome.preview for outcome in result.outcomes]
    form.add_problems(problem for preview in previews for problem in preview.problems)
    is_refused = all(outcome.status is engine.OutcomeStatus.REFUSED for outcome in result.outcomes) and previews
    return _show(request, Shown(form, previews), page, status=REFUSED if is_refused else STALE)


def _show(request: AuthenticatedHttpRequest, shown: Shown, page: Page, *, status: int) -> HttpResponse:
    partials = {} if shown.form.is_confirmed else page.partials
    template = answering_template(request, page.template, partials)
    context = {
        "form": shown.form,
        "is_answer": template != page.template,
        "previews": shown.previews,
        "seen": [f"{preview.id}:{preview.fingerprint}" for preview in shown.previews],
        "is_stale": status == STALE,
        "back_url": page.back_url,
        **page.context(shown),
    }
    shown.form.forget_premature_errors()
    return render(request, template, context, status=status)


def with_way_back(text: str, *, user: User, entitlement_id: UUID, act: Act, words: str = "Undo") -> str:
    """Return a message with the link that takes ``act`` back, for those who may undo. Unsafe text is escaped."""
    if not user.has_perm(UndoAct.permission):
        return text
    url = reverse("entitlements:undo", args=[entitlement_id, act.pk])
    return format_html('{} <a href="{}" hx-get="{}" hx-target="#dialog">{}</a>', text, url, url, words)
