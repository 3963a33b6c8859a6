"""Take an act back; taking back an undo is a redo."""

from entitlements.operations.undo_act.changes import ChangeValue, undone_by
from entitlements.operations.undo_act.operation import UndoAct, UndoWorld

__all__ = ["ChangeValue", "UndoAct", "UndoWorld", "undone_by"]
