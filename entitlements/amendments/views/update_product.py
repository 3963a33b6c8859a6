"""The dialog that updates a product: quantity and rights set by hand, now or on a day, as one act."""

from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse

from config.clock import site_today
from config.web import AuthenticatedHttpRequest
from entitlements.amendments.update_form import UpdateForm
from entitlements.dialogs.confirm import form_methods
from entitlements.dialogs.entitlement import Dialog, form_data, respond_in_dialog, state_or_404
from entitlements.dialogs.forms import initial_data
from entitlements.operations import SetOverrides, SetQuantity, Together


@permission_required("entitlements.view_entitlement", raise_exception=True)
@form_methods
def update_product(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Set the quantity and rights of an entitlement together; for people who may do either."""
    if not any(request.user.has_perm(each.permission) for each in (SetQuantity, SetOverrides)):
        raise PermissionDenied(f"This needs the permission {SetQuantity.permission} or {SetOverrides.permission}.")
    form = UpdateForm(
        form_data(request, pk, initial_data()),
        as_of=site_today(),
        state=state_or_404(pk),
        may_override=request.user.has_perm(SetOverrides.permission),
    )
    dialog = Dialog.of(
        Together,
        title="Update product",
        submit="Update",
        done="Updated product",
        intro="Sets what changes; what is left empty stays as it is.",
        template="entitlements/amendments/update_product.html",
    )
    return respond_in_dialog(request, pk, form, dialog)
