"""The free fields of customers in forms and on pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.dateparse import parse_date
from django.utils.formats import date_format, number_format

from entitlements.models import Customer, CustomerField, FieldKind, FieldValue
from entitlements.models.customer_fields import VALUE_LENGTH, YES

PREFIX = "field_"  # of the names in forms and addresses


class FreeField(forms.CharField):
    """One free field in the form of a customer. ``kept`` is what the customer has in it."""

    def __init__(self, definition: CustomerField, *, kept: str) -> None:
        self.definition, self.kept = definition, kept
        initial: Any = kept == YES if definition.kind == FieldKind.FLAG else kept
        super().__init__(label=definition.label, required=False, initial=initial, widget=_widget(definition, kept))

    def clean(self, value: Any) -> str:
        """Return the value as it is stored."""
        return self.definition.read(super().clean(value), kept=self.kept)


def _widget(definition: CustomerField, kept: str) -> forms.Widget:
    if definition.kind == FieldKind.CHOICE:
        known = definition.choice_list
        choices = known if kept in ("", *known) else [*known, kept]
        return forms.Select(choices=[("", "—"), *((each, each) for each in choices)])
    if definition.kind == FieldKind.FLAG:
        return forms.CheckboxInput()
    if definition.kind == FieldKind.DATE:
        return forms.DateInput(attrs={"type": "date"})
    attrs = {"autocomplete": "off", "maxlength": str(VALUE_LENGTH)}
    if definition.kind == FieldKind.NUMBER:
        attrs |= {"inputmode": "decimal"}
    return forms.TextInput(attrs=attrs)


@dataclass(frozen=True, slots=True)
class FieldRow:
    """A free field of a customer as a page shows it; ``text`` is empty where the customer has nothing in it."""

    label: str
    text: str


def field_rows(customer: Customer) -> Iterator[FieldRow]:
    """Yield the shown fields in their order; two queries."""
    values = dict(FieldValue.objects.filter(customer=customer).order_by().values_list("field", "value"))
    for definition in CustomerField.objects.shown():
        yield FieldRow(definition.label, shown(definition, values.get(definition.pk, "")))


def shown(definition: CustomerField, value: str) -> str:
    """Return a stored value as people read it."""
    if definition.kind == FieldKind.FLAG:
        return "yes" if value else "no"
    if definition.kind == FieldKind.NUMBER and value:
        number = Decimal(value)
        return number_format(number, decimal_pos=max(0, -int(number.as_tuple().exponent)), force_grouping=True)
    day = parse_date(value) if definition.kind == FieldKind.DATE and value else None
    return date_format(day, "j M Y") if day else value
