"""Cloning an offering: what is copied, what is asked, and the page."""

from datetime import date

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from config.actors import System
from config.edit_log import edits_of
from offerings.admin.clone_page import COPY, SAME
from offerings.catalogs.exporter import export_catalog
from offerings.catalogs.importer import import_catalog
from offerings.catalogs.reader import read_catalog_bytes
from offerings.drafts import drafts
from offerings.models import Edition, Offering
from offerings.relations import Relations
from tests.factories import (
    ChargeFactory,
    EditionFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    PlanFactory,
    ProductFactory,
    UserFactory,
    published,
)
from tests.offerings.admin_pages import address

pytestmark = pytest.mark.django_db


@pytest.fixture
def silver() -> Offering:
    product = ProductFactory(name="Atlas")
    edition = EditionFactory(product=product, name="Silver", key="silver")
    offering = OfferingFactory(
        product=product,
        edition=edition,
        sku="SILVER",
        name="Silver annual",
        seat_limit="unlimited",
        overdraft="10%",
        lease_period="PT12H",
        is_private=True,
        description="For teams.",
    )
    EditionValueFactory(edition=edition, feature=FeatureFactory(product=product, key="api", kind="pool"), value=10)
    ChargeFactory(offering=offering, amount="829.50")
    ChargeFactory(offering=offering, key="setup", kind="one_time", amount=100)
    published(offering)
    return offering


def typed(offering: Offering, **changes: object) -> dict[str, object]:
    sent = {"sku": "GOLD", "name": "Gold annual", "plan": offering.plan_id, "edition_choice": COPY}
    return sent | changes


def test_a_copy_has_everything_but_sku_and_name(admin: Client, silver: Offering) -> None:
    answer = admin.post(address(silver, "clone"), typed(silver))
    made = Offering.objects.get(sku="GOLD")
    assert answer.url == address(made)
    [was, now] = drafts([silver, made])
    assert (now.offering_name, now.rights, now.prices, now.terms) == ("Gold annual", was.rights, was.prices, was.terms)
    assert now.definitions == was.definitions
    assert (made.is_private, made.description, made.plan) == (True, "For teams.", silver.plan)
    assert (made.revisions.count(), made.edition.name, made.edition.key) == (0, "Gold annual", "Gold_annual")


def test_the_source_stays_as_it_was(admin: Client, silver: Offering) -> None:
    before = drafts([silver])
    admin.post(address(silver, "clone"), typed(silver))
    assert drafts([silver]) == before


def test_relations_are_copied_in_both_directions(admin: Client, silver: Offering) -> None:
    extra = OfferingFactory(product=silver.product, kind="add_on", seats_sold="not_sold", sku="EXTRA")
    other = EditionFactory(product=silver.product, kind="add_on")
    extra.edition.available_for.set([silver.edition])
    extra.edition.excludes.set([other])
    admin.post(address(silver, "clone"), typed(silver))
    gold = Edition.objects.get(name="Gold annual")
    assert set(extra.edition.available_for.all()) == {silver.edition, gold}
    admin.post(address(extra, "clone"), typed(extra, sku="EXTRA-2", name="Extra two"))
    second = Offering.objects.get(sku="EXTRA-2").edition
    assert set(second.available_for.all()) == {silver.edition, gold}
    assert list(second.excludes.all()) == [other]
    assert "Gold annual" in edits_of(extra.edition)[0].get_change_message()


PACK = """
syntaxVersion: "3.0"
saasName: Packs
createdAt: "2026-01-01"
version: "1"
currency: USD
features:
  files: {type: DOMAIN, valueType: BOOLEAN, defaultValue: true}
usageLimits:
  storage: {type: NON_RENEWABLE, valueType: NUMERIC, defaultValue: 5, unit: GB, linkedFeatures: [files]}
plans:
  BASIC: {price: 10, unit: user/month}
addOns:
  More storage:
    price: 5
    unit: /month
    usageLimitsExtensions: {storage: {value: 10}}
    subscriptionConstraints: {minQuantity: 2, maxQuantity: 10, quantityStep: 2}
"""


def import_pack() -> Offering:
    catalog = read_catalog_bytes(PACK.encode(), file="packs.yml")
    import_catalog(catalog, product_code="packs", made_by=System("tests"))
    return Offering.objects.get(kind="add_on", edition__source_name="More storage")


def bought(offering: Offering) -> str:
    [draft] = drafts([offering])
    return str(Relations.from_json(draft.relations).bought)


def test_a_copy_of_an_imported_add_on_keeps_how_many_can_be_bought(admin: Client) -> None:
    pack = import_pack()
    for source_sku, sku in ((pack.sku, "PACK-2"), ("PACK-2", "PACK-3")):
        source = Offering.objects.get(sku=source_sku)
        admin.post(address(source, "clone"), typed(source, sku=sku, name=f"Pack {sku}"))
        made = Offering.objects.get(sku=sku)
        assert (made.edition.source_name, bought(made)) == ("", "2 to 10, in steps of 2")
    assert bought(import_pack()) == "2 to 10, in steps of 2"
    assert bought(Offering.objects.get(sku="PACK-3")) == "2 to 10, in steps of 2"
    assert Offering.objects.get(sku="PACK-3").product.catalog["constraints"].keys() == {"More storage"}


def test_the_file_of_a_product_has_the_limits_of_copies(admin: Client) -> None:
    pack = import_pack()
    admin.post(address(pack, "clone"), typed(pack, sku="PACK-2", name="Larger pack"))
    text = export_catalog(pack.product, day=date(2026, 1, 1)).text
    assert text.count("maxQuantity: 10") == 2


def test_the_same_edition_needs_another_plan(admin: Client, silver: Offering) -> None:
    answer = admin.post(address(silver, "clone"), typed(silver, edition_choice=SAME))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"plan"}
    monthly = PlanFactory(duration="P1M")
    admin.post(address(silver, "clone"), typed(silver, edition_choice=SAME, plan=monthly.pk))
    made = Offering.objects.get(sku="GOLD")
    assert (made.edition, made.plan, made.charges.count()) == (silver.edition, monthly, 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sku", "SILVER"),
        ("sku", "small"),
        ("sku", ""),
        ("sku", "X" * 21),
        ("name", ""),
        ("name", "x" * 51),
        ("name", "\u200b"),
        ("plan", "999"),
        ("edition_choice", "other"),
    ],
)
def test_what_does_not_fit_is_refused_on_its_field(admin: Client, silver: Offering, field: str, value: str) -> None:
    answer = admin.post(address(silver, "clone"), typed(silver, **{field: value}))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert (Offering.objects.count(), Edition.objects.count()) == (1, 1)


def test_the_log_says_where_the_copy_comes_from_and_what_it_has(admin: Client, silver: Offering) -> None:
    admin.post(address(silver, "clone"), typed(silver))
    made = Offering.objects.get(sku="GOLD")
    [line] = [entry.get_change_message() for entry in edits_of(made)]
    assert line.splitlines()[0] == "Copied from SILVER."
    assert "SKU: GOLD." in line
    assert "Charge setup" in line
    [edition] = [entry.get_change_message() for entry in edits_of(made.edition)]
    assert "api" in edition


def test_the_form_of_an_offering_leads_to_its_clone(admin: Client, silver: Offering) -> None:
    url = address(silver, "clone")
    assert f'href="{url}"' in admin.get(address(silver)).content.decode()
    text = admin.get(url).content.decode()
    assert "Clone Silver annual" in text
    assert "2 prices" in text


def test_a_form_sent_twice_makes_one_copy(admin: Client, silver: Offering) -> None:
    data = typed(silver, request_key="a" * 32)
    first, second = (admin.post(address(silver, "clone"), data) for _ in range(2))
    assert first.url == second.url
    assert Offering.objects.count() == 2


def test_a_retired_product_is_put_back_on_sale_first(admin: Client, silver: Offering) -> None:
    silver.product.retire()
    answer = admin.post(address(silver, "clone"), typed(silver))
    assert answer.url == address(silver)
    assert Offering.objects.count() == 1


@pytest.mark.parametrize(
    "codenames", [["view_offering", "change_offering"], ["add_edition", "view_offering"], ["add_offering"]]
)
def test_cloning_needs_the_permissions_to_look_and_to_add(silver: Offering, codenames: list[str]) -> None:
    client = colleague(codenames)
    assert client.get(address(silver, "clone")).status_code == 403
    assert client.post(address(silver, "clone"), typed(silver)).status_code == 403
    assert Offering.objects.count() == 1


@pytest.mark.parametrize("codename", ["add_edition", "change_edition"])
def test_copying_the_edition_needs_the_permissions_to_add_and_to_change_editions(
    silver: Offering, codename: str
) -> None:
    client = colleague(["view_offering", "add_offering", codename])
    answer = client.post(address(silver, "clone"), typed(silver))
    assert set(answer.context["form"].errors) == {"edition_choice"}
    assert client.post(address(silver, "clone"), typed(silver, edition_choice=SAME, plan=PlanFactory().pk)).url
    assert Offering.objects.count() == 2


def test_both_permissions_of_editions_allow_a_copy(silver: Offering) -> None:
    client = colleague(["view_offering", "add_offering", "add_edition", "change_edition"])
    client.post(address(silver, "clone"), typed(silver))
    assert Offering.objects.get(sku="GOLD").edition != silver.edition


def colleague(codenames: list[str]) -> Client:
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client
