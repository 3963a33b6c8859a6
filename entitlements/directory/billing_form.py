"""The form that says how an order is billed."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings

from config.number_fields import WholeNumberField
from entitlements.dialogs.forms import DayField
from entitlements.directory.edit_form import EditForm
from entitlements.models import Order
from entitlements.models.orders import Proration

NO_DAY = "Write a day of the month from 1 to 31, or leave this empty."


def proration_words(proration: str) -> str:
    """Return a way to prorate in words: what the site does is said too."""
    words = str(Proration(proration).label)
    return words if proration else f"{words}: {Proration(settings.BILLING_PRORATION).label}"


class BillingForm(EditForm):
    """Billing day, proration, and the day through which an order is invoiced."""

    names = ("billing_day", "proration", "invoiced_through")
    billing_day = WholeNumberField(
        required=False,
        min_value=1,
        max_value=31,
        widget=forms.TextInput(attrs={"autofocus": True, "inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": NO_DAY, "min_value": NO_DAY, "max_value": NO_DAY},
        help_text="The day of month that billing periods begin on, clamped to shorter months. Empty: with each term.",
    )
    proration = forms.ChoiceField(required=False)
    invoiced_through = DayField(
        label="Invoiced through", help_text="The first day that is not invoiced yet. A billing system may set it."
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, row: Order) -> None:
        super().__init__(data, row=row)
        self.fields["proration"].choices = [(value, proration_words(value)) for value in Proration.values]  # type: ignore[attr-defined]
