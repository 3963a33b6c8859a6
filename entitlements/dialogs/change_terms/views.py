"""The dialog that sets the dates of a term by hand."""

from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, QueryDict

from config.clock import site_today
from config.web import AuthenticatedHttpRequest
from entitlements.dialogs.change_terms.forms import TermsForm
from entitlements.dialogs.confirm import form_methods
from entitlements.dialogs.entitlement import Dialog, form_data, respond_in_dialog, state_or_404
from entitlements.dialogs.forms import initial_data
from entitlements.operations import ChangeTerms
from entitlements.state import State


@permission_required(ChangeTerms.permission, raise_exception=True)
@form_methods
def change_terms(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Set the dates of the term, or the text of the terms and conditions, by hand."""
    initial = initial_data() if request.method == "POST" else _dates(state_or_404(pk))
    form = TermsForm(form_data(request, pk, initial), as_of=site_today())
    dialog = Dialog.of(ChangeTerms, template="entitlements/dialogs/change_terms.html")
    return respond_in_dialog(request, pk, form, dialog)


def _dates(state: State) -> QueryDict:
    """Return the dates and the text in force as data of the form."""
    dates = initial_data(
        starts_on=state.starts_on or "",
        expires_on=state.expires_on or "",
        maintenance_expires_on=state.maintenance_expires_on or "",
        conditions=state.conditions or "",
    )
    if state.is_activated and state.expires_on is None:
        dates["never_expires"] = "on"
    if state.maintenance_expires_on is None:
        dates["maintenance_never_expires"] = "on"
    return dates
