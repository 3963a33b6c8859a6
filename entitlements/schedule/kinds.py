"""The kind and the name of an amendment, by what it does. Pure."""

from entitlements.models import AmendmentKind
from entitlements.operations import ChangeOffering, ChangeTerms, CreateEntitlement, Operation, RemoveProduct, Renew
from entitlements.schedule.fold import Folded

KINDS: dict[type[Operation], AmendmentKind] = {
    Renew: AmendmentKind.RENEWAL,
    ChangeTerms: AmendmentKind.TERMS,
    CreateEntitlement: AmendmentKind.ADD_PRODUCT,
    RemoveProduct: AmendmentKind.REMOVE_PRODUCT,
}


def kind_of(operation: Operation, own: Folded) -> AmendmentKind:
    """Return the kind of an amendment, by its operation and the direction of its move."""
    if isinstance(operation, ChangeOffering) and own.previews:
        direction = own.previews[0].lead.path.get("rank")
        if direction in (AmendmentKind.UPGRADE, AmendmentKind.DOWNGRADE):
            return AmendmentKind(direction)
    return KINDS.get(type(operation), AmendmentKind.UPDATE_PRODUCT)


def name_in_words(operation: Operation, own: Folded) -> str:
    """Return the name of an amendment that nobody named: what it makes of the entitlement, else its operation."""
    if isinstance(operation, ChangeOffering) and own.previews:
        return f"{own.previews[0].lead.after.revision.offering_name}"
    if isinstance(operation, CreateEntitlement | RemoveProduct) and own.previews:
        verb = "Add" if isinstance(operation, CreateEntitlement) else "Remove"
        return f"{verb} {own.previews[0].lead.after.revision.offering_name}"
    return operation.words.title
