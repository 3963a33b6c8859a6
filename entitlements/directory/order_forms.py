"""The forms of an order: its reference and its activation codes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html, format_html_join

from config.folding import fold
from config.name_fields import TypedNameField
from config.number_fields import WholeNumberField
from entitlements.directory.codes import AT_ONCE, problems_of, used_codes
from entitlements.directory.edit_form import EditForm
from entitlements.models import Order
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.orders import AutomaticRenewal

LONGEST_CODES = 6_000
PROBLEMS_SHOWN = 20
OTHERS_NAMED = 3
TRY_AGAIN = "Somebody added codes at the same moment. Nothing was written; try again."


class OrderForm(EditForm):
    """The order reference."""

    names = ("order_reference",)
    order_reference = TypedNameField(
        required=False,
        max_length=REFERENCE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "placeholder": "SO-48213"}),
        help_text="The key of the order in your billing system.",
    )
    is_shared = forms.BooleanField(required=False, label="Both orders have this reference")

    def __init__(self, data: Mapping[str, Any] | None = None, *, row: Order) -> None:
        super().__init__(data, row=row)
        self.others = self._others(row)
        if not self.others:
            del self.fields["is_shared"]

    def _others(self, row: Order) -> list[Order]:
        """Return the first other orders with the typed reference; one query, none for the reference there is."""
        typed = str(self.data.get("order_reference") or "")[:REFERENCE_LENGTH]
        if fold(typed) == fold(row.order_reference):
            return []
        others = Order.objects.of_reference(typed).exclude(pk=row.pk).select_related("customer")
        return list(others[:OTHERS_NAMED])

    def clean(self) -> dict[str, Any]:
        """Refuse a reference that another order has, unless the person confirms it."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("order_reference") and self.others and not cleaned.get("is_shared"):
            links = format_html_join(
                ", ", '<a href="{}">{}</a>', ((each.get_absolute_url(), str(each)) for each in self.others)
            )
            text = format_html("There is {} with this reference. Tick the box below if both have it.", links)
            self.add_error("order_reference", text)
        return cleaned


class RenewalForm(EditForm):
    """Whether the terms of an order renew by themselves."""

    names = ("renewal",)
    renewal = forms.ChoiceField(
        required=False,
        label="The terms of this order renew",
        choices=[(value, label[:1].upper() + label[1:]) for value, label in AutomaticRenewal.choices],
        widget=forms.RadioSelect,
        help_text="On the day a term ends. Perpetual licenses, trials and what never ends have no term that renews; "
        "what is disabled does not renew, nor does what has ended before today. "
        "What cannot be renewed is set aside, and shown on the dashboard.",
    )

    def refuse_newest(self) -> None:
        """Add the error of somebody who may not move entitlements to another revision."""
        self.add_error("renewal", "You may not move to a newer revision. Choose another way, or ask somebody who may.")

    def refuse(self, sentences: Sequence[str]) -> None:
        """Add an error for each sentence that says what the choice would make of what is scheduled."""
        for sentence in sentences:
            self.add_error("renewal", sentence)


class CodesForm(forms.Form):
    """Activation codes to add to an order: typed codes, and a number of codes to generate."""

    generate = WholeNumberField(
        required=False,
        min_value=0,
        max_value=AT_ONCE,
        label="Generate",
        widget=forms.TextInput(attrs={"autofocus": True}),
        error_messages={
            "invalid": f"Write a whole number from 0 to {AT_ONCE}.",
            "min_value": f"Write a whole number from 0 to {AT_ONCE}.",
            "max_value": f"Generate at most {AT_ONCE} codes at once; come back for more.",
        },
        help_text=f"So many new codes, {AT_ONCE} at most.",
    )
    codes = forms.CharField(
        required=False,
        max_length=LONGEST_CODES,
        label="Your own codes",
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "characters"}),
        error_messages={
            "max_length": f"Use at most {LONGEST_CODES:,} characters: that is room for more than {AT_ONCE} codes."
        },
        help_text="One a line: 2 to 50 capital letters, digits and dashes.",
    )

    def clean_codes(self) -> list[str]:
        """Return the typed codes in capitals; the error names every code that cannot be added. One query."""
        codes = [line.strip().upper() for line in self.cleaned_data["codes"].splitlines() if line.strip()]
        if len(codes) > AT_ONCE:
            raise ValidationError(f"These are {len(codes)} codes. Add at most {AT_ONCE} at once.")
        problems = problems_of(codes) if codes else []
        more = len(problems) - PROBLEMS_SHOWN
        if problems:
            raise ValidationError([*problems[:PROBLEMS_SHOWN], *([f"And {more} more."] if more > 0 else [])])
        return codes

    def clean(self) -> dict[str, Any]:
        """Require at least one code, and at most ``AT_ONCE``."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        count = (cleaned["generate"] or 0) + len(cleaned["codes"])
        if not count:
            raise ValidationError("Say how many codes to generate, or type your own.")
        if count > AT_ONCE:
            raise ValidationError(f"These are {count} codes together. Add at most {AT_ONCE} at once.")
        return cleaned

    def refuse_used_codes(self) -> None:
        """Add an error for codes that another person added after the check. One query."""
        used = sorted(used_codes(self.cleaned_data.get("codes") or []))
        self.add_error("codes", [f"{code} is in use already. Choose another code." for code in used] or TRY_AGAIN)
