"""The forms that set one right by hand, and revert it to its standard."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError

from entitlements.dialogs.forms import DayField, SeatsForm
from entitlements.operations import Problem, RevertOverrides, SeatMode, SetOverrides
from offerings import rights
from offerings.rights import CHOICES, InvalidValue, Kind, Right, Value

AT_LEAST = "at_least"
HELP = {
    Kind.LIMIT: 'A whole number from 1, or "unlimited".',
    Kind.POOL: 'A whole number, or "unlimited".',
    Kind.COUNT: 'A whole number, or "unlimited".',
    Kind.NUMBER: 'A number, or "unlimited".',
    Kind.PERIOD: "Such as 14 days, 1 month or P14D.",
    Kind.LEASE: "One hour or more, such as 12 hours, 14 days or P14D.",
    Kind.OVERDRAFT: 'none, a number of seats, a percentage such as 10 %, or "unlimited".',
    Kind.DATE: "Empty: no date.",
    Kind.PRICE: "An amount of 0 or more, such as 1200 or 19.90.",
}


class ValueField(forms.CharField):
    """The value of one right as text; the kind of the right decides the widget."""

    def __init__(self, right: Right) -> None:
        self.right = right
        may_be_empty = right.kind in (Kind.TEXT, Kind.DATE)
        super().__init__(
            label=f"{right.label} ({right.unit})" if right.unit else right.label,
            required=not may_be_empty,
            strip=right.kind is not Kind.TEXT,
            widget=_widget_for(right),
            help_text=HELP.get(right.kind, ""),
            error_messages={"required": "Give a value."},
        )

    def clean(self, value: Any) -> Any:
        """Return the typed value in its stored form."""
        text = super().clean(value).replace("\r\n", "\n")
        try:
            return rights.parse(self.right, text)
        except InvalidValue as error:
            raise ValidationError(str(error)) from error


def _widget_for(right: Right) -> forms.Widget:
    match right.kind:
        case Kind.FLAG:
            return forms.RadioSelect(choices=[("on", "on"), ("off", "off")])
        case Kind.DATE:
            return forms.DateInput(attrs={"type": "date"})
        case Kind.TEXT:
            return forms.Textarea(attrs={"rows": 2})
    if right.kind in CHOICES:
        return forms.Select(choices=[(words, words) for words in CHOICES[right.kind].values()])
    return forms.TextInput(attrs={"autocomplete": "off"})


def typed_value(right: Right, value: Value | None) -> str:
    """Return a stored value as the field for ``right`` shows it; empty where the value does not fit."""
    if value is None or not rights.is_valid(right, value):
        return ""
    return str(value) if right.kind is Kind.DATE else rights.typed(right, value)


class OverrideForm(SeatsForm):
    """A value for one right, and the reason."""

    needs_reason = True
    autofocus = ""
    is_floor = forms.ChoiceField(
        required=False,
        label="The value holds",
        choices=[("", "Exactly"), (AT_LEAST, "At least")],
        widget=forms.RadioSelect,
        help_text="At least: a higher standard wins.",
    )
    until = DayField(label="Until", help_text="The first day on which the standard holds again. Empty: no end.")

    def __init__(self, data: Mapping[str, Any], *, as_of: date, right: Right) -> None:
        super().__init__(data, as_of=as_of)
        self.right = right
        self.fields["value"] = ValueField(right)
        self.fields["value"].widget.attrs["autofocus"] = True
        if not right.is_ordered:
            del self.fields["is_floor"]
        self.order_fields(["value", "is_floor", "until"])

    def build(self) -> SetOverrides:
        """Return the operation."""
        key = self.right.key
        return SetOverrides(
            as_of=self.as_of,
            values={key: self.cleaned_data["value"]},
            floors=(key,) if self.cleaned_data.get("is_floor") == AT_LEAST else (),
            until=self.cleaned_data["until"],
            seats=self.seat_choice(),
        )

    def field_of(self, problem: Problem) -> str | None:
        """Return "value" for problems of the right."""
        return "value" if problem.field == self.right.key else super().field_of(problem)


class RevertForm(SeatsForm):
    """The seats to release once the standard of a right, or of the expiry, is in force again."""

    default_mode = SeatMode.RELEASE_OLDEST
    modes: ClassVar[Sequence[SeatMode]] = (
        SeatMode.RELEASE_OLDEST,
        SeatMode.RELEASE_CHOSEN,
        SeatMode.RELEASE_ALL,
        SeatMode.KEEP,
    )

    def __init__(self, data: Mapping[str, Any], *, as_of: date, key: str) -> None:
        super().__init__(data, as_of=as_of)
        self.key = key

    def build(self) -> RevertOverrides:
        """Return the operation."""
        return RevertOverrides(as_of=self.as_of, keys=(self.key,), seats=self.seat_choice())


class RevertSelectionForm(RevertForm):
    """The form for a selection of entitlements: it offers no choice of single seats."""

    modes = (SeatMode.RELEASE_OLDEST, SeatMode.RELEASE_ALL, SeatMode.KEEP, SeatMode.REFUSE)
    autofocus = ""
