"""The dialog that renews one entitlement."""

from collections.abc import Iterable
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse

from config.clock import site_today
from config.web import AuthenticatedHttpRequest
from entitlements.dialogs.confirm import form_methods
from entitlements.dialogs.entitlement import Dialog, form_data, respond_in_dialog, state_or_404
from entitlements.dialogs.forms import initial_data
from entitlements.dialogs.renew.forms import AS_IT_IS, RenewForm
from entitlements.models import Entitlement
from entitlements.operations import Renew
from entitlements.state import RevisionValue, revisions_by_id
from offerings.models import Revision


@permission_required(Renew.permission, raise_exception=True)
@form_methods
def renew(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
    """Renew one entitlement, as it is or onto the newest revision."""
    if request.method != "POST":
        state_or_404(pk)
    data = form_data(request, pk, initial_data() if request.method == "POST" else initial_data(onto=AS_IT_IS))
    return respond_in_dialog(
        request, pk, RenewForm(data, as_of=site_today(), newest=newest_for([pk])), Dialog.of(Renew)
    )


def newest_for(ids: Iterable[UUID]) -> dict[int, RevisionValue]:
    """Return the newest revisions of the offerings of entitlements that are on an earlier one; three queries."""
    held = dict(Entitlement.objects.filter(pk__in=list(ids)).order_by().values_list("revision", "offering"))
    newest = dict(Revision.objects.filter(offering__in=set(held.values())).newest().values_list("offering", "pk"))
    outdated = {newest[offering] for revision, offering in held.items() if newest[offering] != revision}
    return revisions_by_id(outdated) if outdated else {}
