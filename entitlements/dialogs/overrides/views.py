"""The dialogs that set a right by hand, and revert it to its standard."""

from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect

from config.clock import site_today
from config.web import AuthenticatedHttpRequest
from entitlements.dialogs.confirm import form_methods
from entitlements.dialogs.entitlement import Dialog, form_data, respond_in_dialog, state_or_404
from entitlements.dialogs.forms import initial_data
from entitlements.dialogs.overrides.forms import AT_LEAST, OverrideForm, RevertForm, typed_value
from entitlements.history.words import override_value, shown
from entitlements.operations import RevertOverrides, SetOverrides
from entitlements.state import TERM_RIGHTS, State
from offerings.rights import Right


@permission_required(SetOverrides.permission, raise_exception=True)
@form_methods
def override(request: AuthenticatedHttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Set one right by hand; redirect to the dialog of the terms for a date of the term."""
    if key in TERM_RIGHTS:
        return redirect("entitlements:change_terms", pk)
    state = state_or_404(pk)
    right = state.revision.right(key)
    if right is None or not right.is_overridable or state.in_force(key) is None:
        raise Http404("There is no such right to set.")
    form = OverrideForm(
        form_data(request, pk, initial_data(**_initial_values(state, right))), as_of=site_today(), right=right
    )
    dialog = Dialog.of(
        SetOverrides,
        title=f"Set {right.label}",
        done=f"Set {right.label} by hand",
        template="entitlements/dialogs/override.html",
        extra=_override_words(state, right),
    )
    return respond_in_dialog(request, pk, form, dialog)


@permission_required(RevertOverrides.permission, raise_exception=True)
@form_methods
def revert(request: AuthenticatedHttpRequest, pk: UUID, key: str) -> HttpResponse:
    """Remove one override, so that the standard is in force again."""
    state = state_or_404(pk)
    if key not in state.overrides and state.revision.right(key) is None:
        raise Http404("There is no such right.")
    right = state.right(key)
    form = RevertForm(form_data(request, pk, initial_data()), as_of=site_today(), key=key)
    words = _override_words(state, right)
    dialog = Dialog.of(
        RevertOverrides,
        title=f"Revert {right.label} to {words['standard']}?",
        done=f"{right.label} is back to its standard",
        template="entitlements/dialogs/revert.html",
        extra=words,
    )
    return respond_in_dialog(request, pk, form, dialog)


def _initial_values(state: State, right: Right) -> dict[str, str]:
    """Return the value set by hand, else the value in force."""
    override = state.overrides.get(right.key)
    value = override.value if override else state.in_force(right.key)
    values = {"value": typed_value(right, value)}
    if override and override.until:
        values["until"] = override.until.isoformat()
    return {**values, "is_floor": AT_LEAST} if override and override.is_floor else values


def _override_words(state: State, right: Right) -> dict[str, object]:
    """Return the value in force, the standard and the value set by hand, in words."""
    override = state.overrides.get(right.key)
    return {
        "right": right,
        "shown": shown(right, state.in_force(right.key)),
        "standard": shown(right, state.standard(right.key)),
        "override": override,
        "by_hand": override_value(right, override) if override else "",
    }
