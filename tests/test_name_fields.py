"""Names have nothing that nobody sees: every field for a name, by every way in, names the character."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import models
from django.test import Client, RequestFactory
from django.urls import reverse

from changegroups.forms import NewGroupForm
from changegroups.models import ChangeGroup
from config.lists.views import SavedViewForm
from config.models import SavedView
from config.name_fields import hidden_problem, is_name
from config.names import FoldedField
from entitlements.models import Contact, Customer, FieldValue, Order
from entitlements.operations.base import name_problems
from offerings.models import Charge, Offering, Product
from tests.factories import OfferingFactory, UserFactory

Field = models.CharField  # type: ignore[type-arg]
APPS = ("config", "offerings", "changegroups", "entitlements")
LINES = [
    (model, field)
    for app in APPS
    for model in apps.get_app_config(app).get_models()
    for field in model._meta.concrete_fields
    if isinstance(field, models.CharField) and not isinstance(field, FoldedField) and not field.choices
]
NAMES = [(model, field) for model, field in LINES if is_name(field)]
OTHERS = {
    # one format of visible characters
    "product.code",
    "plan.code",
    "charge.key",
    "charge.currency",
    "feature.key",
    "offering.sku",
    "activationcode.code",
    "customerfield.key",
    # periods and numbers, read by rules of their own
    "product.lease_period",
    "product.offline_lease_period",
    "product.grace_period",
    "offering.lease_period",
    "offering.offline_lease_period",
    "offering.grace_period",
    "offering.overdraft",
    "plan.duration",
    "plan.billing_period",
    "plan.maintenance_duration",
    "preferences.money_format",
    "preferences.time_zone",
    # copied by programs from names, keys and people; clients name their seats
    "revision.offering_name",
    "revision.published_by_name",
    "act.made_by_name",
    "erasure.made_by_name",
    "amendment.name",
    "amendment.code",
    "amendment.requested_by_name",
    "amendment.approved_by_name",
    "amendment.closed_by_name",
    "act.operation",
    "override.key",
    "override.set_by_name",
    "featureuse.key",
    "seat.seat_id",
    "seat.name",
    # the name of a list in the code
    "savedview.list_name",
    # computed, and keys of forms
    "act.digest",
    "revision.digest",
    "amendment.outcome",
    "requestkey.address",
    "requestkey.key",
    "requestkey.digest",
    # words about an act
    "act.reason",
    "act.reference",
    "override.reason",
    "customermerge.reason",
    "amendment.reason",
    "amendment.reference",
    "amendment.closed_reason",
}
SENTENCES = [
    ("Acme\u202eInc", "Leave out the invisible character U+202E, right-to-left override, after “Acme”."),
    ("Acme\u200b", "Leave out the invisible character U+200B, zero width space, after “Acme”."),
    ("\ufeffAcme", "Leave out the invisible character U+FEFF, zero width no-break space, at the start."),
    ("A\nB", "Leave out the invisible character U+000A, line break, after “A”."),
    ("A\x07B", "Leave out the invisible character U+0007, control character, after “A”."),
    ("A\ud800", "Leave out the invisible character U+D800, half a character, after “A”."),
    ("A\ue000B", "Leave out the invisible character U+E000, private character, after “A”."),
    ("x" * 30 + "\u200b", f"Leave out the invisible character U+200B, zero width space, after “{'x' * 20}”."),
    ("Acme Inc", ""),
    ("", ""),
]
INLINES: dict[type[models.Model], type[models.Model]] = {Charge: Offering, Contact: Customer, FieldValue: Customer}
HIDDEN = [text for text, sentence in SENTENCES if sentence]


def shown(value: Any) -> str:
    return value.name if isinstance(value, models.Field) else getattr(value, "__name__", ascii(value))


every_name = pytest.mark.parametrize(("model", "field"), NAMES, ids=shown)


@pytest.mark.parametrize(("text", "sentence"), SENTENCES, ids=ascii)
def test_a_hidden_character_is_named_with_its_place(text: str, sentence: str) -> None:
    assert hidden_problem(text) == sentence


def test_every_line_of_text_is_a_name_or_listed_here() -> None:
    others = {f"{model._meta.model_name}.{field.name}" for model, field in LINES if (model, field) not in NAMES}
    assert others == OTHERS


@pytest.mark.parametrize("text", HIDDEN, ids=ascii)
@every_name
def test_a_row_refuses_it(model: type[models.Model], field: Field, text: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        model(**{field.name: text}).clean_fields()
    assert hidden_problem(text) in refusal.value.message_dict[field.name]


@pytest.mark.django_db
@pytest.mark.parametrize("text", HIDDEN[:3], ids=ascii)
@every_name
def test_the_form_of_a_row_refuses_it(model: type[models.Model], field: Field, text: str) -> None:
    request = RequestFactory().get("/")
    request.user = UserFactory.create(is_superuser=True)
    if model is SavedView:  # its own pages alone edit it
        form_class = partial(SavedViewForm, view=SavedView(owner=request.user), may_share=False)
    elif owner := INLINES.get(model):
        inlines = admin.site._registry[owner].get_inline_instances(request)
        form_class = next(each for each in inlines if each.model is model).get_formset(request).form
    else:
        form_class = admin.site._registry[model].get_form(request)
    assert hidden_problem(text) in form_class({field.name: text}).errors[field.name]


@pytest.mark.django_db
@pytest.mark.parametrize("text", HIDDEN[:3], ids=ascii)
def test_the_pages_of_staff_refuse_it(client: Client, text: str) -> None:
    client.force_login(UserFactory.create(is_superuser=True))
    customer = Customer.objects.create(name="Acme")
    order = Order.objects.create(customer=customer)
    pages = {
        reverse("entitlements:add_customer"): "name",
        reverse("entitlements:edit_customer", args=[customer.pk]): "account_reference",
        reverse("entitlements:edit_order", args=[order.pk]): "order_reference",
    }
    for address, name in pages.items():
        answer = client.post(address, {"name": "Acme", name: text})
        assert (answer.status_code, answer.context["form"].errors[name]) == (422, [hidden_problem(text)])
    assert NewGroupForm({"name": text}).errors["name"] == [hidden_problem(text)]


@pytest.mark.parametrize("text", HIDDEN, ids=ascii)
def test_an_operation_that_makes_names_refuses_it(text: str) -> None:
    [problem] = name_problems(text, field="customer_name", longest=100)
    assert (problem.code, problem.message) == ("customer_name_invalid", hidden_problem(text))


CATALOG = """
syntaxVersion: '2.1'
saasName: {product}
version: '1'
createdAt: 2025-01-01
currency: EUR
features:
  {feature}:
    valueType: BOOLEAN
    defaultValue: true
    type: DOMAIN
plans:
  {plan}:
    price: 10
    unit: {unit}
"""


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["product", "feature", "plan", "unit"])
def test_an_import_refuses_it(tmp_path: Path, place: str) -> None:
    names = {name: name for name in ("product", "feature", "plan", "unit")} | {place: "Ac\u202eme"}
    path = tmp_path / "catalog.yml"
    path.write_text(CATALOG.format(**names))
    with pytest.raises(CommandError, match=r"Leave out the invisible character U\+202E, right-to-left override"):
        call_command("import_catalog", str(path), "--product", "acme")
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_commands_that_name_groups_refuse_it(tmp_path: Path) -> None:
    path = tmp_path / "groups.yml"
    path.write_text("groups:\n  Ac\u202eme: {}\n")
    offering = OfferingFactory.create()
    with pytest.raises(CommandError, match=r"U\+202E"):
        call_command("import_change_groups", str(path))
    with pytest.raises(CommandError, match=r"U\+202E"):
        call_command("rank_plans", "--product", offering.product.code, "--change-group", "Ac\u202eme")
    assert not ChangeGroup.objects.exists()
