"""Release seats, change how many are bought, take an act back."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django import forms

from entitlements.dialogs.forms import SeatsForm
from entitlements.operations import ReleaseSeats, SeatMode, SetQuantity, UndoAct


class ReleaseForm(SeatsForm):
    """Chosen seats, or all of them."""

    default_mode = SeatMode.RELEASE_CHOSEN
    modes = (SeatMode.RELEASE_CHOSEN, SeatMode.RELEASE_ALL)
    always_asks = True

    def build(self) -> ReleaseSeats:
        """Return the operation."""
        return ReleaseSeats(as_of=self.as_of, seats=self.seat_choice())


class QuantityForm(SeatsForm):
    """How many seats are bought."""

    quantity = forms.IntegerField(
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "Give the quantity.", "invalid": "Write a whole number."},
    )
    autofocus = "quantity"

    def build(self) -> SetQuantity:
        """Return the operation."""
        return SetQuantity(as_of=self.as_of, quantity=self.cleaned_data["quantity"], seats=self.seat_choice())


class UndoForm(SeatsForm):
    """Which act to take back, and which seats stay where they no longer all fit."""

    def __init__(self, data: Mapping[str, Any], *, as_of: date, act_id: UUID) -> None:
        """Take the key of the act."""
        super().__init__(data, as_of=as_of)
        self.act_id = act_id

    def build(self) -> UndoAct:
        """Return the operation."""
        return UndoAct(as_of=self.as_of, act_id=self.act_id, seats=self.seat_choice())
