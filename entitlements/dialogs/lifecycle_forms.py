"""Activate, renew, disable, enable, change the terms."""

from datetime import date
from typing import Any, Literal

from django import forms

from entitlements.dialogs.forms import DayField, OperationForm
from entitlements.operations import Activate, ChangeTerms, Disable, Enable, Renew


class ActivateForm(OperationForm):
    """Start the term today."""

    def build(self) -> Activate:
        """Return the operation."""
        return Activate(as_of=self.as_of)


class RenewForm(OperationForm):
    """Add one term."""

    def build(self) -> Renew:
        """Return the operation."""
        return Renew(as_of=self.as_of)


class DisableForm(OperationForm):
    """Take out of use."""

    def build(self) -> Disable:
        """Return the operation."""
        return Disable(as_of=self.as_of)


class EnableForm(OperationForm):
    """Bring back into use."""

    def build(self) -> Enable:
        """Return the operation."""
        return Enable(as_of=self.as_of)


class TermsForm(OperationForm):
    """The dates of the term. An empty field leaves its date as it is."""

    starts_on = DayField(label="Starts")
    expires_on = DayField(label="Expires", help_text="The first day without the license.")
    never_expires = forms.BooleanField(required=False, label="Never expires")
    maintenance_expires_on = DayField(label="Maintenance ends", help_text="The first day without maintenance.")
    maintenance_never_expires = forms.BooleanField(required=False, label="Maintenance runs as long as the license")
    autofocus = "starts_on"

    def build(self) -> ChangeTerms:
        """Return the operation."""
        cleaned = self.cleaned_data
        return ChangeTerms(
            as_of=self.as_of,
            starts_on=cleaned["starts_on"],
            expires_on=_end(cleaned, "expires_on", "never_expires"),
            maintenance_expires_on=_end(cleaned, "maintenance_expires_on", "maintenance_never_expires"),
        )


def _end(cleaned: dict[str, Any], day: str, never: str) -> date | Literal["never"] | None:
    return "never" if cleaned[never] else cleaned[day]
