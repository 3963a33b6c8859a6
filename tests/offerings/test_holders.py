"""How many entitlements hold each revision, as the catalog's pages count them."""

import pytest
from django.test import Client
from django.urls import reverse

from offerings.holders import holders_by_offering, holders_by_revision
from offerings.models import Offering
from tests.cast import Cast
from tests.factories import UserFactory, published


@pytest.fixture
def silver(cast: Cast) -> Offering:
    """Return an offering with two holders of its first revision and one of its second."""
    silver = cast.offerings["silver_annual"]
    cast.entitle("silver_annual")
    cast.entitle("silver_annual")
    Offering.objects.filter(pk=silver.pk).update(seat_limit=77)
    published(silver)
    cast.entitle("silver_annual")
    return silver


def test_holders_are_counted_per_revision_newest_first(silver: Offering) -> None:
    held = holders_by_revision([silver.pk])[silver.pk]
    assert [(revision.number, count) for revision, count in held] == [(2, 1), (1, 2)]


def test_holders_are_counted_per_offering(silver: Offering) -> None:
    assert holders_by_offering([silver.pk]) == {silver.pk: 3}


def test_what_ended_is_not_counted(silver: Offering, cast: Cast) -> None:
    ended = silver.entitlements.first()
    type(ended).objects.filter(pk=ended.pk).update(ended_on="2026-11-01")
    assert holders_by_offering([silver.pk]) == {silver.pk: 2}


def test_the_offering_page_and_the_review_show_who_stays_where(silver: Offering) -> None:
    Offering.objects.filter(pk=silver.pk).update(seat_limit=78)
    client = Client()
    client.force_login(UserFactory(is_superuser=True))
    page = client.get(silver.get_absolute_url()).content.decode()
    review = client.get(reverse("offerings:publish"), {"sku": silver.sku}).content.decode()
    assert "held by 3 entitlements" in page
    assert f"{reverse('entitlements:entitlements')}?offering={silver.sku}" in page
    assert "1 on revision 2, 2 on revision 1" in " ".join(review.split())


def test_a_held_offering_is_not_deleted_in_the_admin(silver: Offering) -> None:
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    url = reverse("admin:offerings_offering_delete", args=[silver.pk])
    assert client.post(url, {"post": "yes"}).status_code == 403
    assert Offering.objects.filter(pk=silver.pk).exists()
