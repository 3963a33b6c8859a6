"""The dialog of every operation without a page of its own: the fields of the operation make the form."""

import types
from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from datetime import date
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse, QueryDict

from config.clock import site_today
from config.number_fields import WholeNumberField
from config.web import AuthenticatedHttpRequest
from entitlements.dialogs.confirm import form_methods
from entitlements.dialogs.entitlement import Dialog, form_data, respond_in_dialog, state_or_404
from entitlements.dialogs.forms import DayField, OperationForm, SeatsForm, initial_data
from entitlements.dialogs.order_search import OrderSearchField
from entitlements.operations import Operation, SeatChoice, SeatMode
from entitlements.operations.add_ons_beside import add_ons_beside

View = Callable[..., HttpResponse]


class GenericForm(OperationForm):
    """The fields of one operation as text."""

    operation_class: type[Operation]

    def build(self) -> Operation:
        """Return the operation of the cleaned fields."""
        shown = [each.name for each in shown_fields(self.operation_class) if each.name in self.fields]
        cleaned = {name: self.cleaned_data[name] for name in shown}
        if isinstance(self, SeatsForm):
            cleaned["seats"] = self.seat_choice()
        return self.operation_class(as_of=self.as_of, **cleaned)


class GenericSeatsForm(SeatsForm, GenericForm):
    """The fields of one operation that may release seats, as text."""


def shown_fields(operation: type[Operation]) -> list[Field[Any]]:
    """Return the fields that people fill in: those with a label, except ``as_of``."""
    return [each for each in fields(operation) if "label" in each.metadata and each.name != "as_of"]


def form_for(operation: type[Operation]) -> type[OperationForm]:
    """Return a form class made from the fields of an operation."""
    hints = get_type_hints(operation)
    members: dict[str, Any] = {"operation_class": operation, "__module__": __name__, "__doc__": operation.__doc__}
    base: type[GenericForm] = GenericForm
    for each in shown_fields(operation):
        if hints[each.name] is SeatChoice:
            base = GenericSeatsForm
            members |= _seat_settings(each)
        else:
            members[each.name] = _form_field(each, hints[each.name])
    inputs = [name for name, member in members.items() if isinstance(member, forms.Field)]
    members["autofocus"] = inputs[0] if inputs else "reason"
    return type(f"{operation.__name__}Form", (base,), members)


def _seat_settings(each: Field[Any]) -> dict[str, Any]:
    """Return the modes for seats and the default: those in the hints of the field, else all modes."""
    modes = tuple(SeatMode(mode) for mode in each.metadata.get("modes", SeatsForm.modes))
    default = each.default.mode if isinstance(each.default, SeatChoice) else modes[0]
    return {
        "modes": modes,
        "default_mode": modes[0] if "modes" in each.metadata else default,
        "always_offers_seats": "modes" in each.metadata,
    }


def _form_field(each: Field[Any], hint: Any) -> forms.Field:
    """Return the form field for a field of an operation; raise ``TypeError`` for a type without one."""
    kind, may_be_empty = _kind(hint)
    label = each.metadata["label"]
    options: dict[str, Any] = {"label": label, "help_text": each.metadata.get("help", "")}
    options["required"] = not may_be_empty and each.default is MISSING and each.default_factory is MISSING
    if each.metadata.get("choose") == "order":
        return OrderSearchField(**options)
    missing = {"required": f"Give the {label.lower()}."}
    if kind is int:
        errors = {**missing, "invalid": "Write a whole number."}
        return WholeNumberField(error_messages=errors, **options)
    if kind is bool:
        return forms.BooleanField(**{**options, "required": False})
    if kind is date:
        return DayField(**options)
    if kind is str:
        return forms.CharField(error_messages=missing, widget=forms.TextInput(attrs={"autocomplete": "off"}), **options)
    raise TypeError(f"The generic form has no field for {each.name}: {hint}. Give the operation a form of its own.")


def _kind(hint: Any) -> tuple[Any, bool]:
    """Return the type of a field without ``None``, and whether the field may be empty."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint, False
    kinds = [each for each in get_args(hint) if each is not type(None)]
    return kinds[0], type(None) in get_args(hint)


def dialog_for(operation: type[Operation]) -> View:
    """Return the view of an operation on one entitlement."""
    form_class = form_for(operation)
    beside = [each.name for each in shown_fields(operation) if each.metadata.get("beside") == "add_ons"]

    @permission_required(operation.permission, raise_exception=True)
    @form_methods
    def view(request: AuthenticatedHttpRequest, pk: UUID) -> HttpResponse:
        initial = initial_data() if request.method == "POST" else _initial_data(operation, pk)
        form = form_class(form_data(request, pk, initial), as_of=site_today())
        if beside and not add_ons_beside([pk]):
            for name in beside:
                del form.fields[name]
        return respond_in_dialog(request, pk, form, Dialog.of(operation))

    view.__name__ = operation.name
    view.__doc__ = f"{operation.words.title}: show the preview, and carry the operation out."
    return view


def _initial_data(operation: type[Operation], pk: UUID) -> QueryDict:
    """Return the initial data of the form: current values of the entitlement, for fields that name an attribute."""
    names = {
        each.name: each.metadata["starts_with"] for each in shown_fields(operation) if "starts_with" in each.metadata
    }
    if not names:
        return initial_data()
    state = state_or_404(pk)
    values = {name: getattr(state, attribute) for name, attribute in names.items()}
    return initial_data(**{name: "" if value is None else value for name, value in values.items()})
