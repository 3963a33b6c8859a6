"""The catalog's staff pages: who sees them, what they show, how many queries they take."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from offerings.models import Offering
from offerings.revisions import publish
from tests.factories import (
    ChargeFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    ProductFactory,
    UserFactory,
    published,
)

pytestmark = pytest.mark.django_db


def client_with(*codenames: str) -> Client:
    user = UserFactory()
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames, content_type__app_label="offerings"))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def viewer() -> Client:
    return client_with("view_offering")


@pytest.fixture
def manager() -> Client:
    return client_with("view_offering", "publish_offering")


def page(client: Client, name: str, *args: object, status: int = 200, **query: str) -> str:
    answer = client.get(reverse(f"offerings:{name}", args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.parametrize(
    ("name", "args"), [("offerings", []), ("offering", ["PRO"]), ("revision", ["PRO", 1]), ("publish", [])]
)
def test_pages_are_refused_without_their_permission(name: str, args: list[object]) -> None:
    published(sku="PRO")
    page(client_with(), name, *args, status=403)


def test_publishing_is_refused_to_people_who_only_look(viewer: Client) -> None:
    page(viewer, "publish", status=403)


def test_pages_send_strangers_to_the_login() -> None:
    answer = Client().get(reverse("offerings:offerings"))
    assert (answer.status_code, answer.url.split("?")[0]) == (302, reverse("login"))


def test_the_list_marks_unpublished_changes_and_counts_revisions(viewer: Client) -> None:
    offering = published(name="Silver").offering
    Offering.objects.filter(pk=offering.pk).update(seat_limit=9)
    OfferingFactory(name="Gold")
    text = page(viewer, "offerings")
    assert "Silver" in text
    assert "unpublished" in text
    assert "not published" in text


def test_the_list_hides_retired_offerings_until_asked(viewer: Client) -> None:
    OfferingFactory(name="Old Silver").retire()
    assert "Old Silver" not in page(viewer, "offerings")
    assert "Old Silver" in page(viewer, "offerings", retired="1")


def test_the_list_is_in_the_order_of_names_whatever_their_case(viewer: Client) -> None:
    for name in ("Zapier", "slack", "Atlas"):
        OfferingFactory(product=ProductFactory(name=name))
    rows = viewer.get(reverse("offerings:offerings")).context["rows"]
    assert [row.offering.product.name for row in rows] == ["Atlas", "slack", "Zapier"]


@pytest.mark.parametrize("query", ["SLV", "silver", "atlas", "atlas silver"])
def test_the_list_finds_by_sku_name_and_product(viewer: Client, query: str) -> None:
    product = ProductFactory(name="Atlas")
    OfferingFactory(product=product, name="Silver", sku="SLV-1")
    OfferingFactory(name="Bronze")
    text = page(viewer, "offerings", q=query)
    assert "SLV-1" in text
    assert "Bronze" not in text


@pytest.mark.parametrize(
    "query",
    [{"page": "x"}, {"page": "99999999999"}, {"q": "\0"}, {"product": "gone"}, {"kind": "?\0", "product": "\0"}],
)
def test_a_list_address_that_makes_no_sense_shows_a_page(viewer: Client, query: dict[str, str]) -> None:
    page(viewer, "offerings", **query)


def test_the_list_goes_on_after_50_rows(viewer: Client) -> None:
    product = ProductFactory()
    for position in range(51):
        OfferingFactory(product=product, position=position, name=f"Offering no {position}.")
    assert "Offering no 50." not in page(viewer, "offerings")
    assert "Offering no 50." in page(viewer, "offerings", page="2")


def test_an_offering_page_shows_rights_prices_and_what_each_revision_changed(viewer: Client) -> None:
    offering = OfferingFactory(sku="PRO", seat_limit=5)
    FeatureFactory(product=offering.product, name="Storage", kind="pool", default=1000, unit="GB", group="Quotas")
    ChargeFactory(offering=offering, amount=1250)
    published(offering)
    Offering.objects.filter(pk=offering.pk).update(seat_limit=25)
    publish([offering], published_by=None, published_by_name="Pia Manager", note="More seats")
    text = page(viewer, "offering", "PRO")
    for words in ("Quotas", "1,000", "EUR 1,250.00", "Revision 2", "Pia Manager", "More seats", "25", "raised"):
        assert words in text


def test_an_add_on_page_shows_what_it_replaces_adds_and_goes_with(viewer: Client) -> None:
    plan = OfferingFactory(sku="PLAN")
    plan.edition.name = "Gold edition"
    plan.edition.save()
    add_on = OfferingFactory(sku="ADD", product=plan.product, kind="add_on", seats_sold="not_sold", extra_seats=10)
    add_on.edition.available_for.add(plan.edition)
    storage = FeatureFactory(product=plan.product, name="Storage", kind="pool")
    EditionValueFactory(edition=add_on.edition, feature=storage, value=77, effect="extends")
    text = page(viewer, "offering", "ADD")
    assert "What it adds to the plan" in text
    assert "77" in text
    assert "Gold edition" in text
    assert add_on.name in page(viewer, "offering", "PLAN")


def test_an_add_on_page_says_what_is_published_of_what_it_goes_with(viewer: Client) -> None:
    plan = OfferingFactory(edition__name="Gold edition")
    add_on = OfferingFactory(sku="ADD", product=plan.product, kind="add_on", seats_sold="not_sold")
    add_on.edition.available_for.add(plan.edition)
    published(add_on)
    add_on.edition.available_for.clear()
    text = page(viewer, "offering", "ADD")
    assert "<dt>Available for</dt>" in text
    assert "Unpublished changes: 1." in text


@pytest.mark.parametrize(("name", "args"), [("offering", ["ADD"]), ("revision", ["ADD", 1])])
def test_an_add_on_keeps_rights_of_its_own_apart_from_what_it_replaces(
    viewer: Client, name: str, args: list[object]
) -> None:
    add_on = OfferingFactory(sku="ADD", kind="add_on", seats_sold="not_sold")
    EditionValueFactory(edition=add_on.edition)
    published(add_on)
    context = viewer.get(reverse(f"offerings:{name}", args=args)).context
    assert [group.name for group in context["groups"]] == ["Built-in"]
    assert [group.name for group in context["replaced"]] == ["Features"]


def test_a_revision_page_shows_its_rights_and_the_differences(viewer: Client) -> None:
    offering = published(sku="PRO").offering
    Offering.objects.filter(pk=offering.pk).update(seat_limit="unlimited")
    published(offering)
    assert "unlimited" not in page(viewer, "revision", "PRO", 1)
    assert "unlimited" in page(viewer, "revision", "PRO", 2)


def test_a_sku_that_no_database_stores_cannot_be_read(viewer: Client) -> None:
    page(viewer, "offering", "\0", status=400)


@pytest.mark.parametrize("sku", ["NOPE", "pro", "<b>"])
def test_an_unknown_sku_is_not_found(viewer: Client, sku: str) -> None:
    page(viewer, "offering", sku, status=404)
    page(viewer, "revision", sku, 1, status=404)


def test_an_unknown_revision_leads_to_the_offering(viewer: Client) -> None:
    published(sku="PRO")
    answer = viewer.get(reverse("offerings:revision", args=["PRO", 9]))
    assert (answer.status_code, answer.url) == (302, reverse("offerings:offering", args=["PRO"]))


def test_html_in_the_catalog_is_shown_as_text(manager: Client) -> None:
    evil = "<script>alert(1)</script>"
    product = ProductFactory(name=evil)
    offering = OfferingFactory(product=product, sku="EVIL", name=evil, description=evil)
    FeatureFactory(product=product, name=evil, kind="text", default=evil, unit=evil, group=evil)
    ChargeFactory(offering=offering, amount=None, text=evil)
    publish([offering], published_by=None, published_by_name=evil, note=evil)
    Offering.objects.filter(pk=offering.pk).update(seat_limit=6)
    for name, args in (("offerings", []), ("offering", ["EVIL"]), ("revision", ["EVIL", 1]), ("publish", [])):
        text = page(manager, name, *args)
        assert evil not in text
        assert "&lt;script&gt;" in text


@pytest.mark.parametrize(("name", "args"), [("offerings", []), ("publish", [])])
def test_lists_take_as_many_queries_for_20_offerings_as_for_10(manager: Client, name: str, args: list[object]) -> None:
    product = ProductFactory()
    FeatureFactory.create_batch(3, product=product)

    def queries() -> int:
        for number in range(10):
            offering = ChargeFactory(offering__product=product).offering
            if number % 2:
                published(offering)
            Offering.objects.filter(pk=offering.pk).update(seat_limit=6)
        with CaptureQueriesContext(connection) as captured:
            page(manager, name, *args)
        return len(captured)

    page(manager, name, *args)
    assert queries() == queries()


def test_an_offering_page_takes_as_many_queries_for_20_revisions_as_for_10(viewer: Client) -> None:
    offering = OfferingFactory(sku="PRO")

    def queries(start: int) -> int:
        for seats in range(start, start + 10):
            Offering.objects.filter(pk=offering.pk).update(seat_limit=seats)
            published(offering)
        with CaptureQueriesContext(connection) as captured:
            page(viewer, "offering", "PRO")
        return len(captured)

    assert queries(1) == queries(100)
