"""The confirm flow of every page of an operation: show the preview, compare it with the one seen, carry it out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from config.selection import read_seen
from config.web import AuthenticatedHttpRequest, answering_template, redirect_after
from entitlements import engine, schedule
from entitlements.dialogs.forms import OperationForm
from entitlements.engine.apply import Result
from entitlements.engine.approval import approval_problems, without_approval
from entitlements.models import Act, Source
from entitlements.operations import Operation, Preview, UndoAct
from entitlements.operations.preview import NO_ENTITLEMENT
from entitlements.schedule import Later
from entitlements.schedule.facts import NAME, NO_FACTS
from offerings.rights import show_day

STALE, REFUSED = 409, 422
PROPOSE = "propose"  # the button that proposes, in place of doing it
PREVIEW_BUTTONS = {"preview", "oldest", "find"}  # they renew the page and confirm nothing

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class PreviewedForm:
    """A form, and the previews of its operation: none while the form has errors."""

    form: OperationForm
    previews: Sequence[Preview]
    later: Sequence[Later] = ()  # what becomes of what is scheduled
    seen_beside: str = ""  # the digest of what is seen beside the previews

    @property
    def seen(self) -> list[str]:
        """Return what the page sends back of all that is seen, each beside a key."""
        beside = [f"{NO_ENTITLEMENT}:{self.seen_beside}"] if self.seen_beside else []
        return [*beside, *(f"{preview.id}:{preview.fingerprint}" for preview in self.previews)]


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """The parts of the confirm flow that differ from page to page.

    ``context`` returns the context of the template beside that of the flow. ``report`` adds the messages about a
    result; ``done_url`` returns the next address. ``confirm_button`` is the name of the confirming button; where it is
    empty, every POST without one of ``PREVIEW_BUTTONS`` confirms. ``partials`` holds the templates that answer htmx
    with one part of the page, by the id of the part.
    """

    template: str
    back_url: str
    context: Callable[[PreviewedForm], Mapping[str, Any]]
    report: Callable[[AuthenticatedHttpRequest, Result], None]
    done_url: Callable[[Result], str]
    source: Source = Source.PAGE
    confirm_button: str = ""
    partials: Mapping[str, str] = field(default_factory=dict)


def respond(
    request: AuthenticatedHttpRequest, form: OperationForm, ids: Sequence[UUID], page: ConfirmPage
) -> HttpResponse:
    """Answer one request: show the previews of the form's operation on ``ids``, or carry the operation out.

    The status is 409, with the fresh previews, where the person saw others or none; 422 where the form has errors or
    a problem blocks. Writes only through ``engine.apply``.
    """
    form.is_confirmed = _is_confirmed(request, page)
    form.may_cancel = request.user.has_perm(schedule.PERMISSION)
    form.has_input = form.is_confirmed or bool(set(form.fields) & set(request.POST))
    status = REFUSED if form.is_confirmed else 200
    operation = form.operation()
    if operation is None:
        return _show(request, PreviewedForm(form, ()), page, status=status)
    if not form.is_confirmed or not form.is_valid():
        return _show(request, _previewed(form, operation, ids, request.user), page, status=status)
    if PROPOSE in request.POST:
        return _propose(request, form, operation, ids, page)
    if form.waits_until:
        return _schedule(request, form, operation, ids, page)
    return _carry_out(request, form, operation, ids, page)


def _previewed(form: OperationForm, operation: Operation, ids: Sequence[UUID], user: User) -> PreviewedForm:
    """Return the previews of an operation, now or on its day, with what becomes of what is scheduled."""
    if form.waits_until:
        cancels, keeps = form.settles["cancels"], form.settles["keeps"]
        answer = schedule.preview_scheduled(
            operation, ids, on=form.waits_until, made_by=user, cancels=cancels, keeps=keeps, facts=form.facts
        )
        return _of_answer(form, answer)
    return _beside_schedule(form, engine.preview(operation, ids, made_by=user), user)


def _beside_schedule(form: OperationForm, previews: Sequence[Preview], user: User) -> PreviewedForm:
    """Return previews of a change made now with what it does to what is scheduled; one query where nothing is."""
    later = schedule.later_after(without_approval(previews)[0], **form.settles)
    previews, form.proposal = without_approval(schedule.with_blocking(previews, later, made_by=user))
    return PreviewedForm(form, previews, later, schedule.seen_later(later))


def _of_answer(form: OperationForm, answer: schedule.Answer) -> PreviewedForm:
    """Return what would happen on the day, with every problem in the first preview, or on the form without any."""
    previews, why = without_approval(answer.own.previews if answer.own else ())
    form.proposal = tuple(dict.fromkeys((*why, *(each.message for each in approval_problems(answer.refused)))))
    if not previews:
        form.add_problems(answer.problems)
        return PreviewedForm(form, ())
    known = {*approval_problems(answer.problems), *(problem for preview in previews for problem in preview.problems)}
    previews[0] = previews[0].with_problems(each for each in answer.problems if each not in known)
    return PreviewedForm(form, previews, answer.later, answer.fingerprint)


def _is_confirmed(request: AuthenticatedHttpRequest, page: ConfirmPage) -> bool:
    """Tell whether the person confirmed the change: a POST that is more than a request for a preview."""
    if request.method != "POST":
        return False
    if page.confirm_button:
        return page.confirm_button in request.POST or PROPOSE in request.POST
    return not PREVIEW_BUTTONS & {*request.GET, *request.POST}


def _carry_out(
    request: AuthenticatedHttpRequest, form: OperationForm, operation: Operation, ids: Sequence[UUID], page: ConfirmPage
) -> HttpResponse:
    seen = read_seen(request.POST)
    answer = schedule.carry_out(
        operation,
        ids,
        made_by=request.user,
        source=page.source,
        expected=seen,
        seen=seen.get(NO_ENTITLEMENT, ""),
        **form.settles,
        reason=form.cleaned_data["reason"],
        reference=form.cleaned_data["reference"],
    )
    result = answer.result
    page.report(request, result)
    if result.act is not None:
        return redirect_after(request, page.done_url(result))
    previews = [outcome.preview for outcome in result.outcomes]
    form.add_problems(problem for preview in previews for problem in preview.problems)
    is_refused = all(outcome.status is engine.OutcomeStatus.REFUSED for outcome in result.outcomes) and previews
    previews, form.proposal = without_approval(previews)
    shown = PreviewedForm(form, previews, answer.later, schedule.seen_later(answer.later))
    return _show(request, shown, page, status=REFUSED if is_refused else STALE)


def _schedule(
    request: AuthenticatedHttpRequest, form: OperationForm, operation: Operation, ids: Sequence[UUID], page: ConfirmPage
) -> HttpResponse:
    """Schedule an operation as it was seen; the person comes back to where they were."""
    answer = schedule.schedule(
        operation,
        ids,
        on=form.cleaned_data["effective_on"],
        made_by=request.user,
        seen=read_seen(request.POST).get(NO_ENTITLEMENT, ""),
        name=form.cleaned_data[NAME],
        facts=form.facts,
        reason=form.cleaned_data["reason"],
        reference=form.cleaned_data["reference"],
        **form.settles,
    )
    if row := answer.amendment:
        where = ", in an order that holds nothing until then" if operation.new_order else ""
        text = format_html("<b>Scheduled {} for {}{}.</b>", row.name, show_day(row.effective_on), where)
        messages.success(request, _with_link(text, request.user, row.get_absolute_url(), "Look at it"))
        return redirect_after(request, page.back_url)
    form.add_problems(answer.problems)
    return _show(request, _of_answer(form, answer), page, status=STALE if answer.is_stale else REFUSED)


def _propose(
    request: AuthenticatedHttpRequest, form: OperationForm, operation: Operation, ids: Sequence[UUID], page: ConfirmPage
) -> HttpResponse:
    """Propose an operation as it was seen; the person comes back to where they were."""
    proposed = schedule.propose(
        schedule.Request(
            operation,
            tuple(ids),
            request.user,
            on=form.waits_until,
            seen=read_seen(request.POST),
            name=form.cleaned_data[NAME] if form.waits_until else "",
            facts=form.facts if form.waits_until else NO_FACTS,
            reason=form.cleaned_data["reason"],
            reference=form.cleaned_data["reference"],
            cancels=form.cleaned_data["cancels"],
            keeps=form.cleaned_data["keeps"],
        )
    )
    if proposed.rows:
        messages.success(request, _proposed_in_words(proposed, request.user))
        return redirect_after(request, page.back_url)
    shown = _previewed(form, operation, ids, request.user)
    form.add_problems((*proposed.refused, *(each for preview in proposed.previews for each in preview.problems)))
    return _show(request, shown, page, status=STALE if proposed.is_stale else REFUSED)


def _proposed_in_words(proposed: schedule.Proposed, user: User) -> str:
    first, count = proposed.rows[0], len(proposed.rows)
    if count == 1:
        where = ", in an order that holds nothing until then" if proposed.order else ""
        text = format_html("<b>Proposed {}.</b> It waits for somebody who agrees{}.", first.name, where)
        return _with_link(text, user, first.get_absolute_url(), "Look at it")
    text = format_html("<b>Proposed {} for {} orders.</b> They wait for somebody who agrees.", first.name, count)
    return _with_link(text, user, reverse("entitlements:proposals"), "Look at them")


def _with_link(text: SafeString, user: User, url: str, label: str) -> str:
    """Return a message with a link to a page of amendments, for people who may see it."""
    if not user.has_perms(("entitlements.view_entitlement", "entitlements.view_amendment")):
        return text
    return format_html('{} <a href="{}">{}</a>', text, url, label)


def _show(
    request: AuthenticatedHttpRequest, previewed: PreviewedForm, page: ConfirmPage, *, status: int
) -> HttpResponse:
    partials = {} if previewed.form.is_confirmed else page.partials
    template = answering_template(request, page.template, partials)
    previewed.form.ask_reason(previewed.previews)
    context = {
        "form": previewed.form,
        "is_answer": template != page.template,
        "previews": previewed.previews,
        "seen": previewed.seen,
        "later": previewed.later,
        "is_stale": status == STALE,
        "back_url": page.back_url,
        **page.context(previewed),
    }
    previewed.form.drop_early_errors()
    return render(request, template, context, status=status)


def with_undo_link(text: str, *, user: User, entitlement_id: UUID, act: Act, label: str = "Undo") -> str:
    """Return a message with a link that undoes ``act``, for people who may undo. Escapes unsafe text."""
    if not user.has_perm(UndoAct.permission):
        return text
    url = reverse("entitlements:undo", args=[entitlement_id, act.pk])
    return format_html('{} <a href="{}" hx-get="{}" hx-target="#dialog">{}</a>', text, url, url, label)
