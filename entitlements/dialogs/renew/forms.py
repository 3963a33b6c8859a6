"""The form of a renewal, of one entitlement or of many: as it is, or onto the newest revision in the same step."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from entitlements.dialogs.forms import SeatsForm
from entitlements.operations import Renew
from entitlements.state import RevisionValue

AS_IT_IS, NEWEST = "as_it_is", "newest"
REVISIONS = {AS_IT_IS: "Keep the revision it has", NEWEST: "The newest revision"}


class RenewForm(SeatsForm):
    """The revision to renew onto, and what happens to seats that do not fit it.

    ``newest`` holds the newest revisions to choose; where there is none, every entitlement is on it already, and
    nothing is asked.
    """

    onto = forms.ChoiceField(
        required=False, choices=list(REVISIONS.items()), label="Renew onto", widget=forms.RadioSelect
    )

    def __init__(self, data: Mapping[str, Any], *, as_of: date, newest: Mapping[int, RevisionValue]) -> None:
        super().__init__(data, as_of=as_of)
        self.newest = newest
        if not newest:
            self.fields["onto"].widget = forms.HiddenInput()
        elif len(newest) == 1:
            [target] = newest.values()
            choices = [(AS_IT_IS, REVISIONS[AS_IT_IS]), (NEWEST, f"Revision {target.number}, the newest")]
            self.fields["onto"].choices = choices  # type: ignore[attr-defined]

    def clean_onto(self) -> tuple[int, ...]:
        """Return the keys of the revisions to renew onto; none where each keeps its own."""
        return tuple(sorted(self.newest)) if self.cleaned_data["onto"] == NEWEST else ()

    def build(self) -> Renew:
        """Return the operation."""
        return Renew(as_of=self.as_of, onto=self.cleaned_data["onto"], seats=self.seat_choice())
