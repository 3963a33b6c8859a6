"""The dialogs of an amendment: move, edit, cancel, apply now. What was seen is what is done, else it is shown again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.html import format_html
from django.views.decorators.http import require_http_methods

from config.clock import site_today
from config.web import AuthenticatedHttpRequest, answering_template, redirect_after
from entitlements.amendments.effects import Effects
from entitlements.amendments.forms import StepForm
from entitlements.amendments.steps import APPLY, CANCEL, EDIT, MOVE, Step
from entitlements.dialogs.confirm import PROPOSE
from entitlements.engine.approval import approval_problems
from entitlements.history.money import due_line
from entitlements.models import Amendment
from entitlements.schedule import Answer, amendment_of, propose_step, step_of, words_changed
from entitlements.schedule.editing import digest_of_row
from entitlements.schedule.last_seen import difference
from entitlements.schedule.scheduling import PERMISSION
from entitlements.schedule.upcoming import lines_of
from offerings.rights import show_day

STALE, REFUSED = 409, 422
NEEDED = ("entitlements.view_entitlement", "entitlements.view_amendment", PERMISSION)
METHODS = ["GET", "HEAD", "POST"]
TEMPLATE = "entitlements/amendments/step.html"
PARTIALS = {"preview": f"{TEMPLATE}#changed"}


@permission_required(NEEDED, raise_exception=True)
@require_http_methods(METHODS)
def move(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Move a pending amendment to another day."""
    return respond_to_step(request, amendment_or_404(pk), MOVE)


@permission_required(NEEDED, raise_exception=True)
@require_http_methods(METHODS)
def edit(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Edit a pending amendment: its name, its day, and everything else that is written about it."""
    return respond_to_step(request, amendment_or_404(pk), EDIT)


@permission_required(NEEDED, raise_exception=True)
@require_http_methods(METHODS)
def cancel(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Cancel a pending amendment, with a reason."""
    return respond_to_step(request, amendment_or_404(pk), CANCEL)


@permission_required(NEEDED, raise_exception=True)
@require_http_methods(METHODS)
def apply(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Apply a pending amendment before its day, or one that was set aside."""
    return respond_to_step(request, amendment_or_404(pk), APPLY)


def amendment_or_404(pk: UUID) -> Amendment:
    """Return an amendment with its order and customer; raise ``Http404`` for an unknown key."""
    return get_object_or_404(Amendment.objects.select_related("order__customer"), pk=pk)


def respond_to_step(request: AuthenticatedHttpRequest, row: Amendment, step: Step) -> HttpResponse:
    """Show what a step does, or take it.

    The status is 409, with a fresh preview, where the person saw another one or none; 422 where something is wrong.
    """
    if not step.is_open(row):
        messages.info(request, f"“{row.name}” is {row.get_status_display()} already.")
        return redirect_after(request, row.get_absolute_url())
    form = step.form(request.POST if request.method == "POST" else None, row=row)
    is_confirmed = request.method == "POST" and "preview" not in request.POST
    is_valid = form.is_valid()  # reads the fields, for the preview too
    if not is_confirmed or not is_valid:
        return _show(request, row, step, form, step.preview(row, form, request.user), is_confirmed=is_confirmed)
    if step.proposal and PROPOSE in request.POST:
        return _propose(request, row, step, form)
    answer = step.carry_out(row, form, request.user)
    if answer.amendment is None:
        return _show(request, row, step, form, answer, is_confirmed=True)
    messages.success(request, step.done.format(name=answer.amendment.name, day=show_day(answer.amendment.effective_on)))
    return redirect_after(request, row.get_absolute_url())


def _propose(request: AuthenticatedHttpRequest, row: Amendment, step: Step, form: StepForm) -> HttpResponse:
    """Propose a step as it was seen; the person comes back to the amendment, which stays as it is."""
    if step.proposal is None:
        raise LookupError("This step cannot be proposed.")
    answer = propose_step(step.proposal(row, form), made_by=request.user, seen=form.seen, **form.settles)
    if answer.amendment is None:
        return _show(request, row, step, form, answer, is_confirmed=True)
    text = '<b>Proposed: {}.</b> It waits for somebody who agrees. <a href="{}">Look at it</a>'
    messages.success(request, format_html(text, answer.amendment.name, answer.amendment.get_absolute_url()))
    return redirect_after(request, row.get_absolute_url())


def _show(
    request: AuthenticatedHttpRequest,
    row: Amendment,
    step: Step,
    form: StepForm,
    answer: Answer | None,
    *,
    is_confirmed: bool,
) -> HttpResponse:
    template = TEMPLATE if is_confirmed else answering_template(request, TEMPLATE, PARTIALS)
    if not is_confirmed:
        form.drop_early_errors()
    is_stale = answer is not None and answer.is_stale
    as_it_is = digest_of_row(row)
    opened = request.POST.get("opened") or as_it_is
    context = {
        "row": row,
        "line": lines_of([row])[0],
        "step": step,
        "form": form,
        "is_stale": is_stale,
        "opened": opened,
        "is_outdated": opened != as_it_is,
        "is_answer": template != TEMPLATE,
        "back_url": row.get_absolute_url(),
        "close_label": step.close_label,
        "may_propose": step.proposal is not None,
        "changed_words": _changed_words(row),
        **_previewed(row, step, answer),
    }
    if is_confirmed and answer is not None:
        form.add_problems(answer.problems)
    status = STALE if is_stale else REFUSED if is_confirmed else 200
    return render(request, template, context, status=status)


def _changed_words(row: Amendment) -> str:
    """Return what a proposed edit changes of what is written about its amendment, as that is now; else empty."""
    proposed = step_of(row)
    about = amendment_of(proposed) if proposed and proposed.edited else None
    return words_changed(proposed, about) if proposed and about else ""


def _previewed(row: Amendment, step: Step, answer: Answer | None) -> dict[str, Any]:
    """Return the preview for the template: what is done, what stands against it, what becomes of the others."""
    if answer is None:
        nothing = {"effects": Effects(), "due_line": "", "proposal": []}
        return {"answer": None, "is_blocked": True, "problems": [], "later": (), **nothing}
    to_propose = approval_problems(answer.problems) if step.proposal else []
    problems = [problem.message for problem in answer.problems if problem not in to_propose]
    own = answer.own
    day = own.planned.effective_on if own else None
    is_today = day == site_today()
    return {
        "answer": answer,
        "is_blocked": bool(problems),
        "problems": problems,
        "proposal": [problem.message for problem in to_propose],
        "later": answer.later,
        "effects": Effects(own.previews if own else ()),
        "differs": own is not None and own.fits and difference(row, own) is not None,
        "day": day,
        "is_today": is_today,
        "due_line": due_line((each.money for each in own.previews), on=None if is_today else day) if own else "",
    }
