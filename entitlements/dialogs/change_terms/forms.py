"""The form for the dates of a term, and for terms and conditions."""

from datetime import date
from typing import Any, Literal

from django import forms

from entitlements.dialogs.forms import DayField, OperationForm
from entitlements.models.holdings import CONDITIONS_LENGTH
from entitlements.operations import ChangeTerms


class TermsForm(OperationForm):
    """The dates of the term, and the text beside them; an empty field leaves its date unchanged."""

    starts_on = DayField(label="Starts")
    expires_on = DayField(label="Expires", help_text="The first day without the license.")
    never_expires = forms.BooleanField(required=False, label="Never expires")
    maintenance_expires_on = DayField(label="Maintenance ends", help_text="The first day without maintenance.")
    maintenance_never_expires = forms.BooleanField(required=False, label="Maintenance runs as long as the license")
    conditions = forms.CharField(
        required=False,
        label="Terms and conditions",
        max_length=CONDITIONS_LENGTH,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="What was agreed in words. Every version is kept, and shown with the order.",
    )
    autofocus = "starts_on"

    def build(self) -> ChangeTerms:
        """Return the operation."""
        cleaned = self.cleaned_data
        return ChangeTerms(
            as_of=self.as_of,
            starts_on=cleaned["starts_on"],
            expires_on=_end(cleaned, "expires_on", "never_expires"),
            maintenance_expires_on=_end(cleaned, "maintenance_expires_on", "maintenance_never_expires"),
            conditions=cleaned["conditions"].replace("\r\n", "\n") if "conditions" in self.data else None,
        )


def _end(cleaned: dict[str, Any], day: str, never: str) -> date | Literal["never"] | None:
    return "never" if cleaned[never] else cleaned[day]
