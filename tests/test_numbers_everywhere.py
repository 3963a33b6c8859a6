"""Every door that takes a number reads it by the one grammar: fields of forms, options of commands, rights, files.

Doors are found, not listed: a field or an option that makes a number of "7" is one.
"""

import pkgutil
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import get_commands, load_command_class
from django.test import RequestFactory

import changegroups
import config
import entitlements
import offerings
from config.numbers import NotANumber
from entitlements.bulk.command import NotStarted
from entitlements.dialogs.generic import form_for
from entitlements.dialogs.overrides.forms import ValueField
from entitlements.management.commands.operate import read_value
from entitlements.operations import OPERATIONS
from offerings import rights
from offerings.catalogs.errors import CatalogError
from offerings.catalogs.fields import as_decimal, as_whole
from offerings.catalogs.yaml_source import load
from offerings.forms import RightField
from offerings.rights import NUMERIC_KINDS, InvalidValue, Kind, Right

APPS = (changegroups, config, entitlements, offerings)
REFUSED = "refused"
WHOLE = (
    ("1.000", {REFUSED}),
    ("1,000", {REFUSED}),
    (" 12 ", {12}),
    ("+5", {5}),
    ("\uff11\uff12", {12}),
    ("1e3", {REFUSED}),
    ("0x10", {REFUSED}),
    ("1_000", {REFUSED}),
    ("-1", {-1, REFUSED}),
    ("9223372036854775808", {9223372036854775808, REFUSED}),  # where the field has no bound, the operation has one
    ("", {None, REFUSED}),
    ("12.0", {REFUSED}),
)
DECIMAL = (*WHOLE[:-1], ("12.0", {12}))
NO_NUMBERS = (ValidationError, ArgumentTypeError, NotStarted, InvalidValue, NotANumber, CatalogError, ValueError)

Read = Callable[[str], Any]


def classes_of(base: type) -> Iterator[type]:
    for cls in base.__subclasses__():
        yield cls
        yield from classes_of(cls)


def form_classes() -> dict[str, Any]:
    """Return every form class of ours, those made for operations, and those of admin pages and their inlines."""
    for app in APPS:
        for module in pkgutil.walk_packages(app.__path__, f"{app.__name__}."):
            if ".migrations" not in module.name and module.name != "config.wsgi":
                import_module(module.name)
    ours = tuple(f"{app.__name__}." for app in APPS)
    found = {
        f"{cls.__module__}.{cls.__name__}": cls for cls in classes_of(forms.BaseForm) if cls.__module__.startswith(ours)
    }
    found |= {
        f"operation {operation.name}": form_for(operation) for operation in OPERATIONS if can_be_generic(operation)
    }
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    for model, page in admin.site._registry.items():
        if not page.has_change_permission(request):
            continue
        found[f"admin {model.__name__}"] = page.get_form(request, change=True)
        for inline in page.inlines:
            formset = inline(model, admin.site).get_formset(request)
            found[f"admin {model.__name__}, {inline.__name__}"] = formset.form
    return found


def can_be_generic(operation: Any) -> bool:
    try:
        form_for(operation)
    except TypeError:
        return False
    return True


def makes_a_number(read: Read) -> bool:
    try:
        number = read("7")
    except Exception:  # noqa: BLE001 (whatever it wants, it is no number)
        return False
    return not isinstance(number, bool) and isinstance(number, int | float | Decimal) and number == 7


def fields() -> dict[str, Read]:
    found = {}
    for name, cls in form_classes().items():
        for field_name, field in cls.base_fields.items():
            if not isinstance(field, forms.ModelChoiceField) and makes_a_number(field.clean):
                found[f"{name}.{field_name}"] = field.clean
    return found


def options() -> dict[str, Read]:
    found = {}
    for name, app in get_commands().items():
        if app in {each.__name__ for each in APPS}:
            parser = load_command_class(app, name).create_parser("manage.py", name)
            numbers = [action for action in parser._actions if action.type and makes_a_number(action.type)]
            ours = [action for action in numbers if action.dest != "verbosity"]  # Django's own
            found |= {f"{name} {action.dest}": action.type for action in ours}
    return found


FIELDS, OPTIONS = fields(), options()


def right_of(kind: Kind) -> Right:
    return Right("feature.x", kind, "X")


def days(text: str) -> int:
    return int(rights.parse(right_of(Kind.PERIOD), f"{text} days").removeprefix("P").removesuffix("D"))


def overdraft(suffix: str) -> Read:
    return lambda text: int(rights.parse(right_of(Kind.OVERDRAFT), f"{text}{suffix}" if text else "?").rstrip("%"))


RIGHTS: dict[str, Read] = {
    "periods": days,
    "overdraft": overdraft(""),
    "overdraft in percent": overdraft(" %"),
    **{f"parse {kind}": (lambda text, kind=kind: rights.parse(right_of(kind), text)) for kind in sorted(NUMERIC_KINDS)},
    **{f"form {kind}": RightField(right_of(kind)).clean for kind in sorted(NUMERIC_KINDS)},
    **{f"override {kind}": ValueField(right_of(kind)).clean for kind in sorted(NUMERIC_KINDS)},
}
FILES: dict[str, Read] = {
    "whole number in a file": lambda text: as_whole(load(f"a: {text}".encode(), file="x.yml").value["a"]),
}
OPERATE: dict[str, Read] = {
    "operate, a number": lambda text: read_value(["quantity"], text, int),
    "operate, a number or nothing": lambda text: read_value(["quantity"], text, int | None),
}
WHOLE_DOORS = {
    name: read
    for name, read in {**FIELDS, **OPTIONS, **RIGHTS, **FILES, **OPERATE}.items()
    if not name.endswith((Kind.NUMBER, ".amount"))
}
DECIMAL_DOORS = {name: read for name, read in {**FIELDS, **RIGHTS}.items() if name not in WHOLE_DOORS}


def outcome(read: Read, text: str) -> Any:
    try:
        return read(text)
    except NO_NUMBERS:
        return REFUSED


def test_the_doors_that_are_known_are_found() -> None:
    known = {"quantity", "count", "priority", "generate", "extra_seats", "position", "amount"}
    assert known <= {name.rpartition(".")[2] for name in FIELDS}
    assert {"change_offering count", "change_offering revision", "seed_demo entitlements"} <= set(OPTIONS)


@pytest.mark.parametrize(("text", "outcomes"), WHOLE)
@pytest.mark.parametrize("door", WHOLE_DOORS)
def test_a_whole_number_is_read_alike_at_every_door(door: str, text: str, outcomes: set[Any]) -> None:
    assert outcome(WHOLE_DOORS[door], text) in outcomes


@pytest.mark.parametrize(("text", "outcomes"), DECIMAL)
@pytest.mark.parametrize("door", DECIMAL_DOORS)
def test_a_number_with_a_fraction_is_read_alike_at_every_door(door: str, text: str, outcomes: set[Any]) -> None:
    assert outcome(DECIMAL_DOORS[door], text) in outcomes


@pytest.mark.parametrize("text", ["1.000", "1,000"])
@pytest.mark.parametrize("door", [*WHOLE_DOORS, *DECIMAL_DOORS])
def test_what_has_separators_is_asked_back_in_the_same_words(door: str, text: str) -> None:
    with pytest.raises(NO_NUMBERS) as caught:
        {**WHOLE_DOORS, **DECIMAL_DOORS}[door](text)
    assert "Write 1000 without separators" in str(caught.value)


@pytest.mark.parametrize("text", ["1.000", "1,000"])
def test_a_number_of_a_catalog_is_asked_back_too(text: str) -> None:
    node = load(f"a: {text}".encode(), file="x.yml").value["a"]
    with pytest.raises(CatalogError, match=r"Write a number\.|Write 1000 without separators"):
        as_decimal(node)


@pytest.mark.parametrize("text", ["1_000", "1e3", "1000", "1000.0"])
def test_a_number_of_a_catalog_may_be_written_as_yaml_writes_it(text: str) -> None:
    assert as_decimal(load(f"a: {text}".encode(), file="x.yml").value["a"]) == 1000
