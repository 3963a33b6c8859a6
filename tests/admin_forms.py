"""Forms of the Django admin, filled in as a browser would send them, and other values for their fields."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.contrib.auth.forms import ReadOnlyPasswordHashField
from django.test import Client

from offerings.forms import RightField
from offerings.kinds import Kind

Data = dict[str, Any]
OTHER_RIGHTS = {
    Kind.LIMIT: "77",
    Kind.OVERDRAFT: "3",
    Kind.LEASE: "45 days",
    Kind.PERIOD: "45 days",
    Kind.FLAG: "on",
    Kind.NUMBER: "77",
    Kind.TEXT: "other",
}


def forms_of(client: Client, url: str) -> list[Any]:
    """Return the form of a page and those of its parts, an empty extra one left out."""
    context = client.get(url).context
    formsets = [each.formset for each in context["inline_admin_formsets"] if each.has_change_permission]
    return [context["adminform"].form, *(form for formset in formsets for form in formset.initial_forms)]


def fields_of(form: Any) -> Iterator[forms.BoundField]:
    """Yield the fields of a form that a person may edit."""
    for bound in form:
        is_key = isinstance(bound.field, forms.ModelChoiceField) and bound.field.widget.is_hidden
        is_shown_only = bound.field.disabled or isinstance(bound.field, ReadOnlyPasswordHashField)
        if not (is_key or is_shown_only or bound.is_hidden or bound.name == "DELETE"):
            yield bound


def sent(client: Client, url: str) -> Data:
    """Return what a browser sends from a page where nobody has changed anything."""
    context = client.get(url).context
    data: Data = {}
    for formset in (each.formset for each in context["inline_admin_formsets"]):
        for form in [formset.management_form, *formset.initial_forms]:
            for bound in form:
                data |= sent_by(bound, bound.value())
    for bound in context["adminform"].form:
        data |= sent_by(bound, bound.value())
    return data


def sent_by(bound: forms.BoundField, value: Any) -> Data:
    """Return what a field sends for a value."""
    if isinstance(bound.field, ReadOnlyPasswordHashField) or bound.name == "DELETE":
        return {}
    if isinstance(bound.field, forms.SplitDateTimeField):
        moment = bound.field.widget.decompress(value)
        return {f"{bound.html_name}_{n}": "" if part is None else str(part) for n, part in enumerate(moment)}
    if isinstance(bound.field, forms.BooleanField):
        return {bound.html_name: "on"} if value else {}
    if isinstance(bound.field, forms.ModelMultipleChoiceField):
        return {bound.html_name: [str(getattr(each, "pk", each)) for each in value or ()]}
    return {bound.html_name: "" if value is None else str(getattr(value, "pk", value))}


def other_value(bound: forms.BoundField) -> Any:
    """Return a value that the field takes and does not have, by the type of the field."""
    field, value = bound.field, bound.value()
    for kind, other in OTHER_VALUES.items():
        if isinstance(field, kind):
            return other(field, value)
    return f"{str(value or '').upper()}X"


def _keys(rows: Any) -> list[Any]:
    return [getattr(each, "pk", each) for each in rows or ()]


# The first type that fits counts: special ones stand before those that they are made of.
OTHER_VALUES: dict[type[forms.Field], Any] = {
    RightField: lambda field, _value: OTHER_RIGHTS[field.right.kind],
    forms.BooleanField: lambda _field, value: not value,
    forms.ModelMultipleChoiceField: lambda field, value: [field.queryset.exclude(pk__in=_keys(value))[0]],
    forms.ModelChoiceField: lambda field, value: field.queryset.exclude(pk=value)[0].pk,
    forms.ChoiceField: lambda field, value: next(key for key, _label in field.choices if key not in ("", value)),
    forms.SplitDateTimeField: lambda _field, _value: forms.DateTimeField().clean("2020-02-29 10:00:00"),
    forms.IntegerField: lambda _field, value: int(value or 0) + 5,
    forms.DecimalField: lambda _field, value: int(value or 0) + 5,
    forms.EmailField: lambda _field, _value: "other@upshift.example",
}


def words(bound: forms.BoundField, value: Any, *, empty: Mapping[str, str]) -> list[str]:
    """Return the words for a value that a line of the log must have, by what the form itself calls the value."""
    field = bound.field
    if isinstance(field, forms.SplitDateTimeField):
        return [f"{value:%Y-%m-%d}" if value else "none"]
    if isinstance(field, forms.BooleanField):
        return [{"maintenance": ("off", "on")}.get(bound.name, ("no", "yes"))[bool(value)]]
    if isinstance(field, forms.ModelMultipleChoiceField):
        return [field.label_from_instance(each) for each in value]
    if value in (None, ""):
        return [empty.get(bound.name, "none")]
    if isinstance(field, forms.ModelChoiceField):
        row = field.queryset.get(pk=value)
        return [row.sku if bound.html_name.startswith("memberships") else field.label_from_instance(row)]
    if isinstance(field, forms.ChoiceField):
        return [str(dict(field.choices)[value])]
    if isinstance(field, RightField):
        return [str(field.prepare_value(value))]
    return [f"{int(value):,}" if isinstance(field, forms.IntegerField | forms.DecimalField) else str(value)]
