"""The page that undoes an act too large for one preview: counted first, then carried out, in steps."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.html import format_html

from config.clock import site_today
from config.selection import read_ids
from config.web import AuthenticatedHttpRequest, answering_template, redirect_after
from entitlements.bulk.steps import Phase, Run, read_signed, signed, start, step
from entitlements.dialogs.confirm import PROPOSE, REFUSED, form_methods
from entitlements.dialogs.forms import initial_data
from entitlements.dialogs.outcomes import entitlements_in_words
from entitlements.dialogs.undo.forms import UndoWholeForm
from entitlements.engine.approval import APPROVE
from entitlements.engine.scopes import ChangedBy
from entitlements.history.titles import Title
from entitlements.history.undos import title_of_act
from entitlements.models import Act, Amendment, Change
from entitlements.operations import UndoAct
from entitlements.schedule import agree_to_whole_undo, propose_whole_undo, undo_proposed_by

TEMPLATE = "entitlements/bulk/undo.html"


@permission_required([UndoAct.permission, "entitlements.view_act"], raise_exception=True)
@form_methods
def undo_many(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Undo a whole act of any size: ask, count what would happen, and carry it out in steps of a few seconds.

    ``proposal`` in the address is one that asks for it: whoever may approve it counts it here, and agrees.
    """
    act = get_object_or_404(Act, pk=pk)
    title = title_of_act(act)
    run = read_signed(request.POST["run"], user=request.user) if request.POST.get("run") else None
    run = run if run and run.scope == ChangedBy(pk) else None
    proposal = _proposal(request, act)
    is_running = run is not None and run.phase is Phase.RUNNING
    if proposal and not proposal.is_proposed and not is_running:
        messages.info(request, f"“{proposal.name}” is {proposal.get_status_display()} already.")
        return redirect_after(request, proposal.get_absolute_url())
    if run is None or (proposal and not is_running and not _is_asked_by(run, proposal)):
        return _ask(request, act, title, proposal)
    if run.operation.as_of != site_today() and not is_running:
        messages.warning(request, "A new day has begun since the preview. Look at it again.")
        return _ask(request, act, title, proposal)
    return _go_on(request, act, title, run, proposal)


def _go_on(
    request: AuthenticatedHttpRequest, act: Act, title: Title, run: Run, proposal: Amendment | None
) -> HttpResponse:
    """Take the next step, or propose in place of the first one that writes."""
    if run.phase is Phase.READY and PROPOSE in request.POST and proposal is None:
        return _propose(request, act, title, run)
    if run.phase is Phase.READY and proposal:
        answer = agree_to_whole_undo(proposal, made_by=request.user, effects=_counted(title, run))
        if answer.amendment is None:
            for problem in answer.problems:
                messages.error(request, problem.message)
            return redirect_after(request, proposal.get_absolute_url())
    run = step(run.confirmed() if run.phase is Phase.READY else run, made_by=request.user)
    if run.phase is Phase.DONE:
        return _done(request, act, title, run)
    return _show(request, act, title, run=run, proposal=proposal)


def _proposal(request: AuthenticatedHttpRequest, act: Act) -> Amendment | None:
    """Return the proposal in the address, for those who may approve; raise ``Http404`` for one of another act."""
    if "proposal" not in request.GET:
        return None
    if not request.user.has_perm(APPROVE):
        raise PermissionDenied
    found = read_ids([request.GET["proposal"]])
    row = Amendment.objects.filter(pk__in=found).first()
    undo = undo_proposed_by(row) if row else None
    if undo is None or undo.act_id != act.pk:
        raise Http404
    return row


def _is_asked_by(run: Run, proposal: Amendment) -> bool:
    """Tell whether a run is what a proposal asks for: nobody agrees to one and carries out another."""
    asked = (undo_proposed_by(proposal), proposal.reason, proposal.reference)
    return (run.operation, run.reason, run.reference) == asked


def _propose(request: AuthenticatedHttpRequest, act: Act, title: Title, run: Run) -> HttpResponse:
    """Propose what was counted; nothing where nothing would be changed."""
    if not isinstance(run.operation, UndoAct) or not run.tally.changed + run.tally.to_propose:
        return _show(request, act, title, run=run, status=REFUSED)
    row = propose_whole_undo(
        run.operation,
        made_by=request.user,
        key=run.act_id,
        name=f"{title.way_back}: {title.done}",
        effects=_counted(title, run),
        reason=run.reason,
        reference=run.reference,
    )
    text = "<b>Proposed {}.</b> It waits for somebody who agrees. "
    link = '<a href="{}">Look at it</a>' if request.user.has_perm("entitlements.view_amendment") else ""
    messages.success(request, format_html(text + link, row.name, row.get_absolute_url()))
    return redirect_after(request, reverse("entitlements:act", args=[act.pk]))


def _counted(title: Title, run: Run) -> list[str]:
    """Return what was counted in words."""
    tally = run.tally
    changed = tally.changed + tally.to_propose
    left = tally.total - changed
    ways = f"{entitlements_in_words(changed)} {'forward again' if title.is_undo else 'back'}"
    return [ways, *([f"{entitlements_in_words(left)} as now"] if left else [])]


def _ask(request: AuthenticatedHttpRequest, act: Act, title: Title, proposal: Amendment | None) -> HttpResponse:
    """Ask for the choices, or begin to preview them; those of a proposal are made."""
    is_sent = request.method == "POST"
    undo = undo_proposed_by(proposal) if proposal else None
    if is_sent and proposal and undo:
        why = {"reason": proposal.reason, "reference": proposal.reference}
        run = start(undo, ChangedBy(act.pk), made_by=request.user, **why)
        return _show(request, act, title, run=step(run, made_by=request.user), proposal=proposal)
    form = UndoWholeForm(request.POST if is_sent else initial_data(), as_of=site_today(), act_id=act.pk)
    form.has_input = form.is_confirmed = is_sent
    if not is_sent or not form.is_valid():
        form.drop_early_errors()
        return _show(request, act, title, form=form, proposal=proposal, status=REFUSED if is_sent else 200)
    why = {name: form.cleaned_data[name] for name in ("reason", "reference")}
    run = start(form.build(), ChangedBy(act.pk), made_by=request.user, **why)
    return _show(request, act, title, run=step(run, made_by=request.user))


def _show(
    request: AuthenticatedHttpRequest,
    act: Act,
    title: Title,
    *,
    run: Run | None = None,
    form: UndoWholeForm | None = None,
    proposal: Amendment | None = None,
    status: int = 200,
) -> HttpResponse:
    template = answering_template(request, TEMPLATE, {"run": f"{TEMPLATE}#run"})
    context = {
        "act": act,
        "title": title,
        "form": form,
        "run": run,
        "proposal": proposal,
        "signed": signed(run, user=request.user) if run else "",
        "back_url": reverse("entitlements:act", args=[act.pk]),
    }
    return render(request, template, context, status=status)


def _done(request: AuthenticatedHttpRequest, act: Act, title: Title, run: Run) -> HttpResponse:
    tally = run.tally
    written = tally.act or Act.objects.filter(pk=run.act_id).first()  # by the other one of two equal forms
    done = Change.objects.filter(act=written).values("unit").distinct().count() if written else 0
    if done:
        changed = entitlements_in_words(done)
        messages.success(request, f"{title.taken_back.verb_done} “{title.done}” on {changed}.")
    left = tally.refused + tally.outside
    if left:
        messages.warning(request, f"{entitlements_in_words(left)} stayed as they are.")
    return redirect_after(request, reverse("entitlements:act", args=[(written or act).pk]))
