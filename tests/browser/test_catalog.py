"""The catalog's pages in a real browser: to read, and to review and publish."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect

from offerings.models import Offering
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.factories import (
    ChargeFactory,
    EditionValueFactory,
    FeatureFactory,
    OfferingFactory,
    ProductFactory,
    UserFactory,
    published,
)


@pytest.fixture
def manager(transactional_db: None) -> User:
    """Return a product manager, beside a catalog with unpublished changes."""
    product = ProductFactory(name="Atlas Analytics")
    FeatureFactory(product=product, name="A feature with a long name, as real ones have", group="Quotas")
    FeatureFactory(product=product, name="Motto", kind="text", default="long words " * 30)
    plan = OfferingFactory(product=product, sku="SILVER-ANNUAL-000001", name="Silver annual")
    ChargeFactory(offering=plan, amount=1250)
    add_on = OfferingFactory(product=product, sku="EXTRA", kind="add_on", seats_sold="not_sold", extra_seats=10)
    pool = FeatureFactory(product=product, name="Dashboards", kind="pool")
    EditionValueFactory(edition=add_on.edition, feature=pool, value=5, effect="extends")
    for offering in (plan, add_on):
        published(offering)
    Offering.objects.filter(pk=plan.pk).update(seat_limit=25, overdraft="10%")
    published(plan)
    Offering.objects.filter(pk=plan.pk).update(seat_limit="unlimited", maintenance=False)
    return UserFactory(is_staff=True, is_superuser=True, username="pia")


PAGES = [
    reverse("offerings:offerings"),
    reverse("offerings:offerings") + "?q=nothing+like+it",
    reverse("offerings:offering", args=["SILVER-ANNUAL-000001"]),
    reverse("offerings:offering", args=["EXTRA"]),
    reverse("offerings:revision", args=["SILVER-ANNUAL-000001", 2]),
    reverse("offerings:publish"),
    reverse("offerings:publish") + "?sku=EXTRA",
]


@pytest.mark.parametrize("address", PAGES)
def test_a_catalog_page_is_accessible_and_fits_a_phone(
    page: Page, manager: User, login_as: LogIn, address: str
) -> None:
    login_as(page, manager)
    page.goto(address)
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def review_and_publish(page: Page) -> None:
    page.goto(reverse("offerings:offering", args=["SILVER-ANNUAL-000001"]))
    page.get_by_role("link", name="Review and publish").click()
    expect(page.get_by_role("table")).to_contain_text("unlimited")
    page.get_by_label("Note").fill("No limit for anybody")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("main")).to_contain_text("Published 1 revision.")
    expect(page.get_by_role("link", name="Revision 3")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("No limit for anybody")


def test_a_change_is_reviewed_and_published(page: Page, manager: User, login_as: LogIn) -> None:
    login_as(page, manager)
    review_and_publish(page)


def test_a_change_is_reviewed_and_published_without_scripts(
    page_without_scripts: Page, manager: User, login_as: LogIn
) -> None:
    login_as(page_without_scripts, manager)
    review_and_publish(page_without_scripts)


def test_the_list_filters_itself_as_the_product_changes(page: Page, manager: User, login_as: LogIn) -> None:
    ProductFactory(code="empty", name="Empty")
    login_as(page, manager)
    page.goto(reverse("offerings:offerings"))
    page.get_by_label("Product").select_option("empty")
    expect(page.get_by_role("heading", name="No offering matches")).to_be_visible()


def test_an_editions_values_are_typed_in_the_admin(page: Page, manager: User, login_as: LogIn) -> None:
    edition = Offering.objects.get(sku="SILVER-ANNUAL-000001").edition
    login_as(page, manager)
    page.goto(reverse("admin:offerings_edition_change", args=[edition.pk]))
    page.get_by_label("Dashboards").fill("many")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Write a whole number, such as 250")
    page.get_by_label("Dashboards").fill("1000")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("was changed successfully")
