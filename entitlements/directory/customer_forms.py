"""The forms that add, edit, disable and enable customers."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from config.filter_forms import FilterForm, SearchField
from config.folding import fold
from config.name_fields import TypedNameField
from entitlements.directory.edit_form import EditForm
from entitlements.models import Customer
from entitlements.models.customers import LONGEST_SEARCH, NAME_LENGTH, REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH


class SearchForm(FilterForm):
    """The search text of a page."""

    q = SearchField(longest=LONGEST_SEARCH)


class CustomerForm(EditForm):
    """Name and account reference."""

    names = ("name", "account_reference")
    name = TypedNameField(
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Give the customer a name."},
    )
    account_reference = TypedNameField(
        required=False,
        max_length=REFERENCE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "C-10288"}),
        help_text="The customer's key in your billing system.",
    )


class NewCustomerForm(CustomerForm):
    """A new customer. A name that another customer has needs a confirmation."""

    is_another = forms.BooleanField(required=False, label="This is another customer of the same name")

    def clean(self) -> dict[str, Any]:
        """Refuse the name of another customer, unless the person confirms it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("name") and not cleaned.get("is_another") and self.namesakes:
            references = ", ".join(each.account_reference or "without account reference" for each in self.namesakes)
            raise ValidationError(
                {"name": f"There is a customer of this name already ({references}). Tick the box below to add another."}
            )
        return cleaned

    @property
    def namesakes(self) -> list[Customer]:
        """Return the first customers with the typed name, in any spelling. One query."""
        name = str(self.data.get("name") or "").strip()
        return list(Customer.objects.filter(name_folded=name)[:3]) if fold(name) else []


class SwitchForm(forms.Form):
    """The reason to disable or enable a customer. ``fingerprint`` stands for the effect that the person saw."""

    fingerprint = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    reason = forms.CharField(
        max_length=REASON_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Give a reason: it is kept in the customer's history."},
    )
