"""The addresses of the operations on one entitlement, made from ``OPERATIONS``."""

from collections.abc import Callable, Mapping

from django.http import HttpResponse
from django.urls import URLPattern, path

from entitlements.dialogs.change_offering.views import change_offering
from entitlements.dialogs.change_terms.views import change_terms
from entitlements.dialogs.generic import dialog_for
from entitlements.dialogs.renew.views import renew
from entitlements.operations import OPERATIONS, ChangeOffering, ChangeTerms, Operation, Renew

OWN_DIALOGS: Mapping[type[Operation], Callable[..., HttpResponse]] = {
    ChangeOffering: change_offering,
    ChangeTerms: change_terms,
    Renew: renew,
}


def operations_with_dialog() -> list[type[Operation]]:
    """Return the operations with an address below that of an entitlement."""
    return [operation for operation in OPERATIONS if operation.has_dialog]


def dialog_urls() -> list[URLPattern]:
    """Return the address of each operation, such as ``<uuid:pk>/set-quantity/``, with the name of the operation."""
    return [
        path(
            f"<uuid:pk>/{operation.name.replace('_', '-')}/",
            OWN_DIALOGS.get(operation) or dialog_for(operation),
            name=operation.name,
        )
        for operation in operations_with_dialog()
    ]
