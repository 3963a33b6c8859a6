"""Take a whole act back, or bring it again: look at what would happen to each entitlement, then confirm."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config.clock import site_today
from config.selection import LARGEST_SELECTION
from config.web import redirect_after, require
from entitlements import engine
from entitlements.dialogs.outcomes import reasons, told
from entitlements.dialogs.panel import summary
from entitlements.dialogs.undo.forms import UndoActForm, digest_of
from entitlements.history.act_page import verb_of
from entitlements.history.feed import title_of
from entitlements.history.timeline import Chip
from entitlements.models import Act, Change, Source
from entitlements.operations import Preview, UndoAct

STALE, REFUSED = 409, 422


@dataclass(frozen=True, slots=True)
class UndoRow:
    """What would happen to one entitlement of the act."""

    preview: Preview

    @property
    def chips(self) -> list[Chip]:
        """Return how many values go which way."""
        return list(summary(self.preview))


@require(UndoAct.permission)
@require("entitlements.view_act")
@require_http_methods(["GET", "HEAD", "POST"])
def undo_act(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what taking an act back would do, and do it where nothing was changed since. Constant queries."""
    act = get_object_or_404(Act.objects.select_related("undoes__undoes__undoes"), pk=pk)
    ids = list(Change.objects.filter(act=act).order_by("entitlement").values_list("entitlement", flat=True))
    if len(ids) > LARGEST_SELECTION:
        said = (
            f"This act changed {len(ids):,} entitlements. At most {LARGEST_SELECTION} can be taken back from its page."
        )
        messages.warning(request, said)
        return redirect_after(request, reverse("entitlements:act", args=[pk]))
    form = UndoActForm(request.POST if request.method == "POST" else {})
    operation = form.operation(pk, as_of=site_today())
    previews = engine.preview(operation, ids)
    is_asked = request.method == "POST" and "preview" not in request.POST
    if not is_asked:
        form.errors.clear()
        return _show(request, act, form, previews)
    if not form.is_valid():
        return _show(request, act, form, previews, status=REFUSED)
    if form.cleaned_data["seen"] != digest_of(previews):
        return _show(request, act, form, previews, status=STALE)
    return _confirm(request, act, form, operation, previews)


def _confirm(
    request: HttpRequest, act: Act, form: UndoActForm, operation: UndoAct, previews: Sequence[Preview]
) -> HttpResponse:
    """Carry out what was seen, and lead to the act that did it."""
    result = engine.apply(
        operation,
        [preview.id for preview in previews],
        made_by=cast("User", request.user),  # nobody else gets through the login
        source=Source.PAGE,
        expected={preview.id: preview.fingerprint for preview in previews},
        reason=form.cleaned_data["reason"],
        reference=form.cleaned_data["reference"],
    )
    if result.act is None:
        is_stale = any(outcome.status is engine.Status.STALE for outcome in result.outcomes)
        fresh = [outcome.preview for outcome in result.outcomes]
        for problem in {remark.message: remark for each in fresh for remark in each.problems}.values():
            form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        return _show(request, act, form, fresh, status=STALE if is_stale else REFUSED)
    for level, sentence in told(result, done=f"{_done(act)} on"):
        messages.add_message(request, level, sentence)
    return redirect_after(request, reverse("entitlements:act", args=[result.act.pk]))


def _done(act: Act) -> str:
    """Return the beginning of the message: what was taken back, or brought again."""
    name = title_of(act)[0].partition(": ")[2] or title_of(act)[0]
    return f"{'Redid' if verb_of(act) == 'Redo' else 'Undid'} “{name}”"


def _show(
    request: HttpRequest, act: Act, form: UndoActForm, previews: Sequence[Preview], *, status: int = 200
) -> HttpResponse:
    going = [preview for preview in previews if not preview.is_blocked]
    context = {
        "act": act,
        "title": title_of(act)[0],
        "verb": verb_of(act),
        "form": form,
        "rows": [UndoRow(preview) for preview in previews],
        "going": len(going),
        "staying": reasons(previews),
        "releases": sum(len(preview.release) for preview in going),
        "restores": sum(len(preview.restore) for preview in going),
        "seen": digest_of(previews),
        "is_stale": status == STALE,
        "asks_for_seats": "seats" in form.data
        or any(remark.field == "seats" for preview in previews for remark in preview.problems),
        "back_url": reverse("entitlements:act", args=[act.pk]),
    }
    return render(request, "entitlements/dialogs/act_undo.html", context, status=status)
