"""Names that must be one: the same in another spelling, and those that only look the same, are refused."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, models, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from changegroups.forms import GroupForm, NewGroupForm
from changegroups.models import ChangeDefaults, ChangeGroup
from config.name_upkeep import refuse_same_names
from config.names import Named, folded_fields
from entitlements.models import Customer, CustomerField, Tag
from offerings.catalogs.naming import safe_key
from offerings.models import Edition, Feature, Offering, Plan, Product
from tests.factories import PlanFactory, ProductFactory, UserFactory
from tests.named_rows import MAKERS

pytestmark = pytest.mark.django_db

ONE = [(Product, "code"), (Feature, "key"), (Edition, "key"), (Plan, "code"), (Offering, "sku"), (ChangeGroup, "name")]
# Words that people choose from, not codes that they type: one is another one folded, and may look like it.
FOLDED_ALONE = [(Tag, "name"), (CustomerField, "label")]
NAME, SAME, ALIKE, OTHER = "TIER-10", ["Tier-10", "TIER_10", "tier-10"], ["TIER-1O", "TIER-I0", "TlER-lO"], "TIER-100"
every_one = pytest.mark.parametrize(("model", "source"), ONE, ids=lambda value: getattr(value, "__name__", value))


def scope_of(model: type[Named]) -> dict[str, Any]:
    return {"product": ProductFactory.create(code="scope")} if model in (Feature, Edition) else {}


def made(model: type[Named], **values: Any) -> Any:
    row = MAKERS[model](**values)
    row.save()
    return row


def label_of(model: type[Named], source: str) -> str:
    return str(model._meta.get_field(source).verbose_name)


def alike(model: type[Named], source: str) -> str:
    return f"This looks like {NAME}. Choose a {label_of(model, source)} that nobody takes for it."


def refusal(row: models.Model, source: str) -> list[str]:
    try:
        row.full_clean()
    except ValidationError as error:
        return error.message_dict.get(source, [])
    return []


def test_every_unique_folded_name_is_walked_here() -> None:
    found = [
        (model, field.source)
        for model in MAKERS
        for field in folded_fields(model)
        for rule in model._meta.constraints
        if isinstance(rule, models.UniqueConstraint) and field.name in rule.fields
    ]
    assert sorted(found, key=str) == sorted([*ONE, *FOLDED_ALONE], key=str)


@pytest.mark.parametrize("text", SAME)
@every_one
def test_the_same_name_in_another_spelling_is_refused(model: type[Named], source: str, text: str) -> None:
    scope = scope_of(model)
    made(model, **{source: NAME, **scope})
    said = refusal(MAKERS[model](**{source: text, **scope}), source)
    rule = "Case, accents, width and punctuation do not count."
    assert f"{NAME} is there already. Choose another {label_of(model, source)}. {rule}" in said


@pytest.mark.parametrize("text", ALIKE)
@every_one
def test_a_name_that_looks_like_another_is_refused(model: type[Named], source: str, text: str) -> None:
    scope = scope_of(model)
    made(model, **{source: NAME, **scope})
    assert alike(model, source) in refusal(MAKERS[model](**{source: text, **scope}), source)


def test_a_group_named_in_letters_of_another_alphabet_is_refused() -> None:
    ChangeGroup.objects.create(name="Atlas")
    said = {"name": ["This looks like Atlas. Choose a name that nobody takes for it."]}
    assert NewGroupForm({"name": "Аtlаs"}).errors == said
    assert NewGroupForm({"name": "Ａtlas"}).errors["name"][0].startswith("Atlas is there already.")
    assert NewGroupForm({"name": "Атлас"}).errors == {}


@every_one
def test_another_name_is_taken(model: type[Named], source: str) -> None:
    scope = scope_of(model)
    made(model, **{source: NAME, **scope})
    assert refusal(MAKERS[model](**{source: OTHER, **scope}), source) == []


@every_one
def test_a_row_does_not_stand_in_its_own_way(model: type[Named], source: str) -> None:
    row = made(model, **{source: NAME, **scope_of(model)})
    setattr(row, source, SAME[0])
    assert [each for each in refusal(row, source) if "there already" in each] == []


@every_one
def test_a_row_that_looked_like_another_before_can_still_be_saved(model: type[Named], source: str) -> None:
    scope = scope_of(model)
    made(model, **{source: NAME, **scope})
    row = made(model, **{source: ALIKE[0], **scope})
    assert alike(model, source) not in refusal(row, source)


@pytest.mark.parametrize("model", [Feature, Edition])
def test_another_product_may_have_the_same_key(model: type[Named]) -> None:
    made(model, key=NAME, product=ProductFactory.create())
    assert refusal(MAKERS[model](key=NAME, product=ProductFactory.create()), "key") == []


@every_one
def test_the_database_refuses_the_same_name(model: type[Named], source: str) -> None:
    scope = scope_of(model)
    made(model, **{source: NAME, **scope})
    row = MAKERS[model](**{source: SAME[0], **scope})
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


@every_one
def test_the_admin_says_it_on_the_field(model: type[Named], source: str) -> None:
    scope = scope_of(model)
    made(model, **{source: NAME, **scope})
    request = RequestFactory().get("/")
    request.user = UserFactory.create(is_superuser=True)
    typed = {source: ALIKE[0], "kind": "flag" if model is Feature else "plan"}
    form = admin.site._registry[model].get_form(request)({**typed, **{key: row.pk for key, row in scope.items()}})
    assert form.errors[source] == [alike(model, source)]


def test_a_group_may_change_the_case_of_its_name() -> None:
    group = ChangeGroup.objects.create(name="Atlas")
    form = GroupForm({"name": "ATLAS"}, instance=group, defaults=ChangeDefaults.current(), may_edit=True)
    assert form.errors == {}


@pytest.mark.parametrize("model", [Feature, Edition])
def test_a_retired_row_stays_retired_while_another_has_its_key(model: type[Any], client: Client) -> None:
    scope = scope_of(model)
    retired = made(model, key=NAME, retired_at=timezone.now(), **scope)
    made(model, key=SAME[0], name="Other", **scope)
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    address = reverse(f"admin:offerings_{model._meta.model_name}_sell", args=[retired.pk])
    answer = client.post(address, follow=True)
    retired.refresh_from_db()
    assert retired.is_retired
    assert "stays retired, because" in answer.content.decode()


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("sso", "sso_2"),
        ("S-S-O", "S-S-O"),
        ("single sign-on", "single_sign-on_2"),
        ("P1O", "P1O_2"),
        ("other", "other"),
    ],
)
def test_an_import_gives_a_key_that_no_other_is_or_looks_like(name: str, key: str) -> None:
    assert safe_key(name, used=set(), beside={"SSO", "single_sign_on", "PlO"}) == key


CATALOG = """
syntaxVersion: '2.1'
saasName: Acme
version: '1'
createdAt: 2025-01-01
currency: EUR
features:
  SSO:
    valueType: BOOLEAN
    defaultValue: true
    type: DOMAIN
  sso:
    valueType: BOOLEAN
    defaultValue: true
    type: DOMAIN
plans:
  Pro:
    price: 10
    unit: user/month
"""


@pytest.fixture
def catalog(tmp_path: Path) -> str:
    path = tmp_path / "catalog.yml"
    path.write_text(CATALOG)
    return str(path)


def test_an_import_keeps_two_features_that_differ_in_case_apart(catalog: str) -> None:
    call_command("import_catalog", catalog, "--product", "acme")
    call_command("import_catalog", catalog, "--product", "acme")
    assert list(Feature.objects.order_by("pk").values_list("key", "source_name")) == [("SSO", "SSO"), ("sso_2", "sso")]


@pytest.mark.parametrize(
    ("code", "reason"),
    [("ACME-10", "product ACME-10: acme-10 is there already"), ("acme-l0", "This looks like acme-10")],
)
def test_an_import_into_a_product_that_looks_like_another_is_refused(catalog: str, code: str, reason: str) -> None:
    ProductFactory.create(code="acme-10")
    with pytest.raises(CommandError, match=reason):
        call_command("import_catalog", catalog, "--product", code)


def test_an_import_that_needs_a_plan_of_the_same_code_is_refused(catalog: str) -> None:
    PlanFactory.create(code="Monthly")
    with pytest.raises(CommandError, match="plan monthly: Monthly is there already"):
        call_command("import_catalog", catalog, "--product", "acme")


def test_commands_refuse_a_group_that_looks_like_another(tmp_path: Path) -> None:
    ChangeGroup.objects.create(name="Atlas")
    path = tmp_path / "groups.yml"
    path.write_text("groups:\n  Аtlas: {}\n")
    with pytest.raises(CommandError, match="change group Аtlas: This looks like Atlas"):
        call_command("import_change_groups", str(path))
    offering = made(Offering)
    with pytest.raises(CommandError, match="This looks like Atlas"):
        call_command("rank_plans", "--product", offering.product.code, "--change-group", "Аtlas")
    assert ChangeGroup.objects.count() == 1


def test_commands_take_another_spelling_for_the_same_group(tmp_path: Path) -> None:
    ChangeGroup.objects.create(name="Atlas Größen")
    path = tmp_path / "groups.yml"
    path.write_text("groups:\n  ATLAS–GROSSEN: {}\n")
    call_command("import_change_groups", str(path))
    assert list(ChangeGroup.objects.values_list("name", flat=True)) == ["ATLAS–GROSSEN"]


# --- migrations ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [["Gold", "GOLD"], ["Gold", "Gold!", "gold"]])
def test_a_migration_stops_at_names_that_are_the_same_and_names_them(names: list[str]) -> None:
    """Customers stand for groups here: no constraint refuses two of the same name."""
    for name in [*names, "Silver"]:
        Customer.objects.create(name=name)
    refuse = refuse_same_names("entitlements", "customer", source="name")
    with pytest.raises(CommandError, match=f"The name of several rows of customer is the same: {', '.join(names)}."):
        refuse.code(apps, SimpleNamespace(connection=connection))


def test_a_migration_goes_on_where_no_two_names_are_the_same() -> None:
    Customer.objects.create(name="Gold")
    refuse_same_names("entitlements", "customer", source="name").code(apps, SimpleNamespace(connection=connection))
