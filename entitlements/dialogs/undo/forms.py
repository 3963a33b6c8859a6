"""Take a whole act back: seats where they no longer fit, and why."""

import hashlib
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django import forms

from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.operations import Preview, SeatChoice, SeatMode, UndoAct

SEATS = {
    SeatMode.REFUSE: "Leave those as they are",
    SeatMode.RELEASE_OLDEST: "Release the oldest, as many as must go",
    SeatMode.KEEP: "Keep them, over the limit",
}


class UndoActForm(forms.Form):
    """What to do about seats, and why; ``seen`` stands for the previews that the person saw."""

    seats = forms.ChoiceField(
        required=False,
        label="Where more seats are in use than fit",
        choices=[(mode.value, words) for mode, words in SEATS.items()],
    )
    reason = forms.CharField(
        required=False,
        max_length=REASON_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
    )
    reference = forms.CharField(
        required=False,
        max_length=REFERENCE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Ticket or order"}),
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def operation(self, act_id: UUID, *, as_of: date) -> UndoAct:
        """Return the operation; seats that no longer fit are left alone where nothing valid was chosen."""
        self.is_valid()
        mode = SeatMode(self.cleaned_data.get("seats") or SeatMode.REFUSE)
        return UndoAct(as_of=as_of, act_id=act_id, seats=SeatChoice(mode))


def digest_of(previews: Iterable[Preview]) -> str:
    """Return a text that stands for all that the previews show."""
    seen = "".join(f"{preview.id.hex}{preview.fingerprint}" for preview in previews)
    return hashlib.sha256(seen.encode()).hexdigest()[:32]
