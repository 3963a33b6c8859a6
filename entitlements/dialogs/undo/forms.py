"""Take an act back: seats where they no longer fit, and why."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from entitlements.dialogs.forms import SeatsForm
from entitlements.operations import SeatMode, UndoAct


class UndoForm(SeatsForm):
    """Which act to take back, and which seats stay where they no longer all fit."""

    def __init__(self, data: Mapping[str, Any], *, as_of: date, act_id: UUID) -> None:
        """Take the key of the act."""
        super().__init__(data, as_of=as_of)
        self.act_id = act_id

    def build(self) -> UndoAct:
        """Return the operation."""
        return UndoAct(as_of=self.as_of, act_id=self.act_id, seats=self.seat_choice())


class UndoWholeForm(UndoForm):
    """The same for every entitlement of an act: nobody chooses seats one by one."""

    modes = (SeatMode.REFUSE, SeatMode.RELEASE_OLDEST, SeatMode.KEEP)
