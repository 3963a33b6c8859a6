"""Only names that are published are used for selling."""

import pytest
from django.urls import reverse

from changegroups import paths
from offerings.models import Offering
from tests.cast import Cast
from tests.entitlements.pages import client_of, shown


@pytest.fixture
def renamed(cast: Cast) -> Cast:
    cast.entitle("silver_annual")
    Offering.objects.filter(sku="SILVER-ANNUAL").update(name="Not yet sold")
    return cast


@pytest.mark.parametrize("address", ["create", "entitlements", "dashboard", "acts", "override_report"])
def test_a_name_that_is_not_published_is_not_used_for_selling(renamed: Cast, address: str) -> None:
    client = client_of(renamed.operations)
    assert "Not yet sold" not in shown(client.get(reverse(f"entitlements:{address}")))


def test_change_paths_name_what_is_published(renamed: Cast) -> None:
    silver, gold = renamed.offerings["silver_annual"], renamed.offerings["gold_annual"]
    path = paths.load([gold.pk]).path(gold.pk, silver.pk)
    assert path is not None
    assert path.target.name == renamed.revision("silver_annual").offering_name
