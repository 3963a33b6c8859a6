"""Everything that can be asked of entitlements: immutable values that load their world and preview themselves.

``OPERATIONS`` is the only list of them: menus, addresses, titles, verbs and the tests' examples are made from it.
"""

from collections.abc import Mapping
from typing import Any

from entitlements.operations.activate import Activate
from entitlements.operations.base import Operation, Unit, World
from entitlements.operations.change_offering import ChangeOffering
from entitlements.operations.change_terms import ChangeTerms
from entitlements.operations.create_entitlement import CreateEntitlement
from entitlements.operations.disable import Disable, Enable
from entitlements.operations.effects import Cause, Effect, OverrideEffect, OverrideOutcome
from entitlements.operations.import_entitlements import ImportEntitlements, ImportLine, ImportOrder
from entitlements.operations.preview import Move, Preview, PreviewWarning, Problem
from entitlements.operations.release_seats import ReleaseSeats
from entitlements.operations.remove_product import RemoveProduct
from entitlements.operations.renew import Renew
from entitlements.operations.revert_overrides import RevertOverrides
from entitlements.operations.seats import SeatChoice, SeatMode
from entitlements.operations.set_overrides import SetOverrides
from entitlements.operations.set_quantity import SetQuantity
from entitlements.operations.stored import read_operation
from entitlements.operations.terms import TermChoice, TermMode
from entitlements.operations.together import Step, Together
from entitlements.operations.transfer_entitlement import TransferEntitlement
from entitlements.operations.undo_act import UndoAct, undone_by
from entitlements.operations.words import EARLIER_CHANGE, Words, Work

OPERATIONS: tuple[type[Operation], ...] = (
    ChangeOffering,
    SetOverrides,
    RevertOverrides,
    Activate,
    Renew,
    ChangeTerms,
    SetQuantity,
    ReleaseSeats,
    TransferEntitlement,
    Disable,
    Enable,
    RemoveProduct,
    CreateEntitlement,
    UndoAct,
    Together,
    ImportEntitlements,
)
BY_NAME: Mapping[str, type[Operation]] = {operation.name: operation for operation in OPERATIONS}


def words_of(name: str) -> Words:
    """Return the words of an operation by its name; general ones where this version does not know it."""
    return BY_NAME[name].words if name in BY_NAME else EARLIER_CHANGE


def read(asked: Mapping[str, Any]) -> Operation | None:
    """Return the operation an act stores; ``None`` where this version cannot read it."""
    return read_operation(asked, BY_NAME)


__all__ = [
    "BY_NAME",
    "EARLIER_CHANGE",
    "OPERATIONS",
    "Activate",
    "Cause",
    "ChangeOffering",
    "ChangeTerms",
    "CreateEntitlement",
    "Disable",
    "Effect",
    "Enable",
    "ImportEntitlements",
    "ImportLine",
    "ImportOrder",
    "Move",
    "Operation",
    "OverrideEffect",
    "OverrideOutcome",
    "Preview",
    "PreviewWarning",
    "Problem",
    "ReleaseSeats",
    "RemoveProduct",
    "Renew",
    "RevertOverrides",
    "SeatChoice",
    "SeatMode",
    "SetOverrides",
    "SetQuantity",
    "Step",
    "TermChoice",
    "TermMode",
    "Together",
    "TransferEntitlement",
    "UndoAct",
    "Unit",
    "Words",
    "Work",
    "World",
    "read",
    "undone_by",
    "words_of",
]
