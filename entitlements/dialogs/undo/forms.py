"""The forms that undo an act: seats to release where not all fit, and the reason."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from entitlements.dialogs.forms import SeatsForm
from entitlements.operations import SeatMode, UndoAct


class UndoForm(SeatsForm):
    """The act to undo, and the seats that stay where not all fit."""

    def __init__(self, data: Mapping[str, Any], *, as_of: date, act_id: UUID) -> None:
        super().__init__(data, as_of=as_of)
        self.act_id = act_id

    def build(self) -> UndoAct:
        """Return the operation."""
        return UndoAct(as_of=self.as_of, act_id=self.act_id, seats=self.seat_choice())


class UndoWholeForm(UndoForm):
    """The form for every entitlement of an act: it offers no choice of single seats."""

    modes = (SeatMode.REFUSE, SeatMode.RELEASE_OLDEST, SeatMode.KEEP)
