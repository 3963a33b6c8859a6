"""The page that undoes an act too large for one preview: counted first, then carried out, in steps."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from config.clock import site_today
from config.web import AuthenticatedHttpRequest, answering_template, redirect_after
from entitlements.bulk.steps import Phase, Run, read_signed, signed, start, step
from entitlements.dialogs.confirm import REFUSED, form_methods
from entitlements.dialogs.forms import initial_data
from entitlements.dialogs.outcomes import entitlements_in_words
from entitlements.dialogs.undo.forms import UndoWholeForm
from entitlements.engine.scopes import ChangedBy
from entitlements.history.titles import Title
from entitlements.history.undos import title_of_act
from entitlements.models import Act, Change
from entitlements.operations import UndoAct

TEMPLATE = "entitlements/bulk/undo.html"


@permission_required([UndoAct.permission, "entitlements.view_act"], raise_exception=True)
@form_methods
def undo_many(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Undo a whole act of any size: ask, count what would happen, and carry it out in steps of a few seconds."""
    act = get_object_or_404(Act, pk=pk)
    title = title_of_act(act)
    run = read_signed(request.POST["run"], user=request.user) if request.POST.get("run") else None
    if run is None or run.scope != ChangedBy(pk):
        return _ask(request, act, title)
    if run.operation.as_of != site_today() and run.phase is not Phase.RUNNING:
        messages.warning(request, "A new day has begun since the preview. Look at it again.")
        return _ask(request, act, title)
    run = step(run.confirmed() if run.phase is Phase.READY else run, made_by=request.user)
    if run.phase is Phase.DONE:
        return _done(request, act, title, run)
    return _show(request, act, title, run=run)


def _ask(request: AuthenticatedHttpRequest, act: Act, title: Title) -> HttpResponse:
    """Ask for the choices, or begin to preview them."""
    is_sent = request.method == "POST"
    form = UndoWholeForm(request.POST if is_sent else initial_data(), as_of=site_today(), act_id=act.pk)
    form.has_input = form.is_confirmed = is_sent
    if not is_sent or not form.is_valid():
        form.drop_early_errors()
        return _show(request, act, title, form=form, status=REFUSED if is_sent else 200)
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
    status: int = 200,
) -> HttpResponse:
    template = answering_template(request, TEMPLATE, {"run": f"{TEMPLATE}#run"})
    context = {
        "act": act,
        "title": title,
        "form": form,
        "run": run,
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
