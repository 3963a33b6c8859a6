"""The catalog's pages in a real browser: to read, and to review and publish."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect

from config.models import Preferences
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


def edit_and_review(page: Page) -> None:
    """Edit the draft in the admin, review it, and put it back from there."""
    page.goto(reverse("offerings:offering", args=["SILVER-ANNUAL-000001"]))
    page.get_by_role("link", name="Edit the draft").click()
    expect(page).to_have_title("Draft of Silver annual · Atlas Analytics · SILVER-ANNUAL-000001 · Upshift")
    expect(page.locator("#id_charges-0-amount")).to_have_value("1250.00")
    page.get_by_label("Name").fill("Sterling annual")
    page.get_by_role("button", name="Save and review").click()
    expect(page.get_by_role("heading", name="Review and publish")).to_be_visible()
    expect(page.get_by_role("table")).to_contain_text("Sterling annual")
    page.go_back()
    page.goto(page.url)
    page.get_by_role("link", name="Discard draft…").click()
    expect(page.get_by_role("main")).to_contain_text("Sterling annual")
    page.get_by_role("button", name="Discard draft").click()
    expect(page.get_by_role("main")).to_contain_text("The draft is back to revision 2.")
    page.get_by_role("link", name="Back to the offering").click()
    expect(page.get_by_role("heading", name="Silver annual", exact=False)).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("Unpublished changes")


def test_a_draft_is_edited_reviewed_and_discarded(page: Page, manager: User, login_as: LogIn) -> None:
    login_as(page, manager)
    edit_and_review(page)


def test_a_draft_is_edited_reviewed_and_discarded_without_scripts(
    page_without_scripts: Page, manager: User, login_as: LogIn
) -> None:
    login_as(page_without_scripts, manager)
    edit_and_review(page_without_scripts)


def test_ticked_offerings_alone_are_published(page: Page, manager: User, login_as: LogIn) -> None:
    Offering.objects.filter(sku="EXTRA").update(extra_seats=20)
    login_as(page, manager)
    page.goto(reverse("offerings:publish"))
    assert_accessible(page)
    page.get_by_role("checkbox", name="Publish Silver annual").uncheck()
    page.get_by_role("button", name="Publish chosen").click()
    expect(page.get_by_role("main")).to_contain_text("Published 1 revision.")
    assert [Offering.objects.get(sku=sku).revisions.count() for sku in ("SILVER-ANNUAL-000001", "EXTRA")] == [2, 2]


def test_every_admin_page_of_the_catalog_is_accessible_and_fits_a_phone(
    open_context: Callable[..., BrowserContext], manager: User, login_as: LogIn
) -> None:
    page = open_context().new_page()  # not the one that reports the policy: axe tries out styles on the admin's forms
    Preferences.objects.create(user=manager, theme="system")
    offering = Offering.objects.get(sku="SILVER-ANNUAL-000001")
    change = ("offering", "edition", "plan", "product")
    rows = {"offering": offering, "edition": offering.edition, "plan": offering.plan, "product": offering.product}
    addresses = [reverse(f"admin:offerings_{model}_change", args=[rows[model].pk]) for model in change]
    addresses += [reverse(f"admin:offerings_offering_{name}", args=[offering.pk]) for name in ("discard", "clone")]
    addresses += [reverse(f"admin:offerings_{model}_changelist") for model in ("offering", "feature", "revision")]
    addresses.append(reverse("admin:offerings_offering_add"))
    addresses.append(reverse("admin:offerings_revision_change", args=[offering.revisions.first().pk]))
    login_as(page, manager)
    for address in addresses:
        page.goto(address)
        assert_accessible(page)
        assert_no_sideways_scroll(page)


def test_the_theme_of_the_profile_rules_the_admin(page: Page, manager: User, login_as: LogIn) -> None:
    Preferences.objects.create(user=manager, theme="dark")
    login_as(page, manager)
    for address in (reverse("offerings:offerings"), reverse("admin:offerings_offering_changelist")):
        page.goto(address)
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(13, 16, 21)"
