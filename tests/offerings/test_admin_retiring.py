"""Retiring and deleting catalog rows in the Django admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from offerings.models import Edition, Feature, Offering, Plan, Product
from tests.factories import (
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


@pytest.mark.parametrize("factory", [ProductFactory, FeatureFactory, EditionFactory, PlanFactory, OfferingFactory])
def test_a_row_nothing_refers_to_can_be_deleted(admin: Client, factory: type) -> None:
    row = factory()
    answer = admin.post(address(row, "delete"), {"post": "yes"})
    assert answer.status_code == 302
    assert not type(row).objects.filter(pk=row.pk).exists()


def test_a_row_something_refers_to_cannot_be_deleted(admin: Client) -> None:
    offering = published().offering
    feature = EditionValueFactory(edition=offering.edition).feature
    for row in (offering, offering.edition, offering.plan, offering.product, feature):
        assert admin.post(address(row, "delete"), {"post": "yes"}).status_code == 403
        assert type(row).objects.filter(pk=row.pk).exists()


def test_a_feature_that_a_revision_names_cannot_be_deleted(admin: Client) -> None:
    feature = FeatureFactory(key="a.b/c+d")
    published(product=feature.product)
    assert admin.post(address(feature, "delete"), {"post": "yes"}).status_code == 403
    assert Feature.objects.filter(pk=feature.pk).exists()


@pytest.mark.parametrize("model", ["product", "feature", "edition", "plan", "offering", "revision"])
def test_nothing_can_delete_many_rows_at_once(admin: Client, model: str) -> None:
    offering = published().offering
    FeatureFactory(product=offering.product)
    rows = {"product": Product, "feature": Feature, "edition": Edition, "plan": Plan}.get(model, Offering)
    before = rows.objects.count()
    ids = list(rows.objects.values_list("pk", flat=True))
    url = reverse(f"admin:offerings_{model}_changelist")
    admin.post(url, {"action": "delete_selected", "_selected_action": ids, "post": "yes"})
    assert rows.objects.count() == before


def test_retiring_asks_first_and_is_logged(admin: Client) -> None:
    offering = published().offering
    url = address(offering, "retire")
    assert "Whoever holds it keeps everything" in admin.get(url).content.decode()
    assert not Offering.objects.get(pk=offering.pk).is_retired
    admin.post(url, {"confirm": "yes"})
    assert Offering.objects.get(pk=offering.pk).is_retired
    retired_at = Offering.objects.values_list("retired_at", flat=True).get(pk=offering.pk)
    assert LogEntry.objects.latest("pk").change_message == f"Retired: none → {retired_at:%Y-%m-%d %H:%M:%S} UTC."


def test_retiring_many_asks_first(admin: Client) -> None:
    rows = [FeatureFactory(), FeatureFactory()]
    url = reverse("admin:offerings_feature_changelist")
    data = {"action": "retire_selected", "_selected_action": [row.pk for row in rows]}
    assert "Retire" in admin.post(url, data).content.decode()
    assert Feature.objects.on_sale().count() == 2
    admin.post(url, data | {"confirm": "yes"})
    assert Feature.objects.on_sale().count() == 0


@pytest.mark.parametrize("part", ["product", "edition", "plan"])
def test_offerings_go_off_sale_with_what_they_are_made_of(admin: Client, part: str) -> None:
    offering, other = OfferingFactory(), OfferingFactory()
    url = address(getattr(offering, part), "retire")
    assert offering.sku in admin.get(url).content.decode()
    admin.post(url, {"confirm": "yes"})
    assert list(Offering.objects.on_sale()) == [other]


@pytest.mark.parametrize("part", ["product", "edition", "plan"])
def test_an_offering_stays_retired_while_what_it_is_made_of_is(admin: Client, part: str) -> None:
    offering = OfferingFactory()
    offering.retire()
    getattr(offering, part).retire()
    answer = admin.post(address(offering, "sell"), follow=True)
    assert f"because its {part}" in answer.content.decode()
    assert Offering.objects.get(pk=offering.pk).is_retired


def test_a_retired_row_is_put_back_on_sale_from_its_page(admin: Client) -> None:
    offering = OfferingFactory()
    offering.retire()
    url = address(offering, "sell")
    assert f'action="{url}"' in admin.get(address(offering)).content.decode()
    admin.post(url)
    assert not Offering.objects.get(pk=offering.pk).is_retired


@pytest.mark.parametrize("model", ["product", "edition", "plan"])
def test_what_is_retired_is_not_suggested(admin: Client, model: str) -> None:
    getattr(OfferingFactory(), model).retire()
    query = {"term": "", "app_label": "offerings", "model_name": "offering", "field_name": model}
    assert admin.get(reverse("admin:autocomplete"), query).json()["results"] == []


def test_what_is_retired_can_be_put_back_on_sale(admin: Client) -> None:
    offering = OfferingFactory()
    offering.retire()
    url = reverse("admin:offerings_offering_changelist") + "?sale=retired"
    admin.post(url, {"action": "reinstate_selected", "_selected_action": [offering.pk]})
    assert not Offering.objects.get(pk=offering.pk).is_retired


def test_retiring_is_refused_without_permission() -> None:
    offering = OfferingFactory()
    client = Client()
    client.force_login(UserFactory(is_staff=True))
    assert client.post(address(offering, "retire"), {"confirm": "yes"}).status_code == 403
    assert not Offering.objects.get(pk=offering.pk).is_retired
