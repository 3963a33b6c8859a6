"""The form that updates a product: its quantity and rights set by hand, together."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from config.number_fields import WholeNumberField
from entitlements.dialogs.forms import REASON_FIELDS, SeatsForm
from entitlements.dialogs.overrides.forms import ValueField
from entitlements.history.words import shown
from entitlements.operations import Operation, Problem, SetOverrides, SetQuantity, Step, Together
from entitlements.operations.seats import REFUSE
from entitlements.state import State
from offerings.rights import Kind, Right

SETS_SEATS = {"seat_limit", "overdraft"}
NOTHING_ASKED = "Change the quantity, or set a right by hand."


class ChangedValueField(ValueField):
    """The new value of a right; empty where it stays."""

    def __init__(self, right: Right, *, now: str) -> None:
        super().__init__(right)
        self.required = False
        if isinstance(self.widget, forms.RadioSelect | forms.Select):
            same = ("", f"as it is: {now}")
            self.widget = forms.Select(choices=[same, *self.widget.choices])
        elif right.kind is not Kind.DATE:
            self.widget.attrs["placeholder"] = now
        self.help_text = f"Now: {now}. {self.help_text}".strip()

    def clean(self, value: Any) -> Any:
        """Return the typed value in its stored form; ``None`` for none."""
        return super().clean(value) if str(value or "").strip() else None


class UpdateForm(SeatsForm):
    """The quantity of a product and the rights of it that may be set by hand; what is left empty stays."""

    autofocus = ""

    quantity = WholeNumberField(
        required=False, label="Quantity", error_messages={"invalid": "Write a whole number, or leave this empty."}
    )

    def __init__(self, data: Mapping[str, Any], *, as_of: date, state: State, may_override: bool) -> None:
        super().__init__(data, as_of=as_of)
        self.state = state
        if state.revision.is_per_quantity:
            self.fields["quantity"].help_text = f"Now: {state.quantity:,}." if state.quantity else ""
        else:
            del self.fields["quantity"]
        for right in _overridable(state) if may_override else ():
            now = shown(right, state.in_force(right.key))
            self.fields[_name_of(right.key)] = ChangedValueField(right, now=now)

    def clean(self) -> dict[str, Any]:
        """Require that something is asked for."""
        cleaned: dict[str, Any] = super().clean() or {}
        if set(self.errors) <= set(REASON_FIELDS) and not self._steps():
            self.add_error(None, ValidationError(NOTHING_ASKED, code="required"))
        return cleaned

    def build(self) -> Operation:
        """Return the one operation that is asked for, or several together."""
        steps = self._steps()
        if len(steps) == 1:
            return steps[0]
        return Together(as_of=self.as_of, steps=tuple(Step(operation=each, ids=(self.state.id,)) for each in steps))

    def _steps(self) -> list[Operation]:
        """Return what is asked for: overrides come first, since a quantity may only fit with them."""
        found: list[Operation] = []
        values, quantity = self._values(), self.cleaned_data.get("quantity")
        is_other = quantity is not None and quantity != self.state.quantity
        of_overrides = bool(SETS_SEATS & set(values)) or not is_other
        if values:
            seats = self.seat_choice() if of_overrides else REFUSE
            found.append(SetOverrides(as_of=self.as_of, values=values, seats=seats))
        if is_other and quantity is not None:
            seats = REFUSE if values and of_overrides else self.seat_choice()
            found.append(SetQuantity(as_of=self.as_of, quantity=quantity, seats=seats))
        return found

    def _values(self) -> dict[str, Any]:
        named = ((right.key, self.cleaned_data.get(_name_of(right.key))) for right in _overridable(self.state))
        return {key: value for key, value in named if value is not None}

    @property
    def asks_quantity(self) -> bool:
        """Tell whether the product is sold per quantity."""
        return "quantity" in self.fields

    def right_fields(self) -> list[forms.BoundField]:
        """Return the fields of rights."""
        return [field for field in self if isinstance(field.field, ChangedValueField)]

    @property
    def has_rights(self) -> bool:
        """Tell whether a right is set, or wrong."""
        return any(field.errors or self.data.get(field.name) for field in self.right_fields())

    def field_of(self, problem: Problem) -> str | None:
        """Return the name of the field of a problem; one of a right belongs to its field."""
        name = _name_of(problem.field)
        return name if name in self.fields else super().field_of(problem)


def _name_of(key: str) -> str:
    return f"right-{key}"


def _overridable(state: State) -> Iterator[Right]:
    """Yield the rights that may be set by hand."""
    for key in state.right_keys:
        right = state.revision.right(key)
        if right is None or not right.is_overridable or state.in_force(key) is None:
            continue
        if key != "seat_limit" or state.own_seat_limit:
            yield right
