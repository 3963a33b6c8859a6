"""Set a right by hand, and go back to the standard."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from config.clock import site_today
from config.web import require
from entitlements.dialogs.confirm import Dialog, answer, state_or_404, typed
from entitlements.dialogs.forms import defaults
from entitlements.dialogs.operations import form_methods
from entitlements.dialogs.overrides.forms import OverrideForm, RevertForm, typed_value
from entitlements.history.words import shown
from entitlements.operations import RevertOverrides, SetOverrides
from entitlements.state import TERM_RIGHTS


@require(SetOverrides.permission)
@form_methods
def override(request: HttpRequest, pk: UUID, key: str) -> HttpResponseBase:
    """Set one right by hand; a date of the term is set with the terms."""
    if key in TERM_RIGHTS:
        return redirect("entitlements:terms", pk)
    state = state_or_404(pk)
    right = state.revision.right(key)
    if right is None or not right.is_overridable or state.in_force(key) is None:
        raise Http404("There is no such right to set.")
    start = defaults(value=typed_value(right, state.in_force(key)))
    form = OverrideForm(typed(request, pk, start), as_of=site_today(), right=right)
    dialog = Dialog(
        f"Set {right.label}",
        "Set override",
        f"Set {right.label} by hand",
        template="entitlements/dialogs/override.html",
        extra={
            "right": right,
            "shown": shown(right, state.in_force(key)),
            "standard": shown(right, state.standard(key)),
            "override": state.overrides.get(key),
        },
    )
    return answer(request, pk, form, dialog)


@require(RevertOverrides.permission)
@form_methods
def revert(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Remove one override, so that the standard is in force again."""
    state = state_or_404(pk)
    if key not in state.overrides and state.revision.right(key) is None:
        raise Http404("There is no such right.")
    right = state.right(key)
    form = RevertForm(typed(request, pk, defaults()), as_of=site_today(), key=key)
    standard = shown(right, state.standard(key))
    dialog = Dialog(
        f"Revert {right.label} to {standard}?",
        "Remove override",
        f"{right.label} is back to its standard",
        kind="danger",
        template="entitlements/dialogs/revert.html",
        extra={
            "right": right,
            "shown": shown(right, state.in_force(key)),
            "standard": standard,
            "override": state.overrides.get(key),
        },
    )
    return answer(request, pk, form, dialog)
