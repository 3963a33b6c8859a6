"""Everything that can be asked of entitlements: immutable values that load their world and preview themselves."""

from entitlements.operations.base import Operation, World
from entitlements.operations.change_offering import ChangeOffering
from entitlements.operations.create_entitlement import CreateEntitlement
from entitlements.operations.lifecycle import Activate, ChangeTerms, Disable, Enable, Renew
from entitlements.operations.overrides import RevertOverrides, SetOverrides
from entitlements.operations.previews import (
    Cause,
    Effect,
    OverrideEffect,
    OverrideOutcome,
    Preview,
    Remark,
)
from entitlements.operations.quantity import SetQuantity
from entitlements.operations.release_seats import ReleaseSeats
from entitlements.operations.seats import SeatChoice, SeatMode
from entitlements.operations.terms import TermChoice, TermMode
from entitlements.operations.undo_act import UndoAct, undone_by

__all__ = [
    "Activate",
    "Cause",
    "ChangeOffering",
    "ChangeTerms",
    "CreateEntitlement",
    "Disable",
    "Effect",
    "Enable",
    "Operation",
    "OverrideEffect",
    "OverrideOutcome",
    "Preview",
    "ReleaseSeats",
    "Remark",
    "Renew",
    "RevertOverrides",
    "SeatChoice",
    "SeatMode",
    "SetOverrides",
    "SetQuantity",
    "TermChoice",
    "TermMode",
    "UndoAct",
    "World",
    "undone_by",
]
