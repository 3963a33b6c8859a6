"""Importing a newer catalog in a real browser: choose, look, correct, confirm, review."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from playwright.sync_api import Page, expect

from config.actors import System
from offerings.catalogs.importer import import_catalog
from offerings.catalogs.reader import read_catalog
from offerings.models import Feature, Offering
from offerings.revisions import publish
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.factories import UserFactory
from tests.offerings.catalogs.real import FILES


@pytest.fixture
def manager(transactional_db: None) -> User:
    """Return a product manager, beside the catalog of 2024."""
    import_catalog(read_catalog(FILES["overleaf-2024"]), product_code="overleaf", made_by=System("tests"))
    publish(Offering.objects.all(), published_by=None, published_by_name="tests")
    return UserFactory(is_staff=True, is_superuser=True, username="pia")


def choose(page: Page, name: str, *, button: str = "Show what it would do") -> None:
    page.locator("#id_file").set_input_files(FILES[name])
    page.get_by_role("button", name=button).click()


def update_and_review(page: Page) -> None:
    """Bring the catalog up to 2025, and follow the link to the review."""
    page.goto(reverse("offerings:offerings"))
    page.get_by_role("link", name="Import…").click()
    choose(page, "overleaf-2025")
    expect(page.get_by_role("table").first).to_contain_text("flag")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("4 features retired")
    page.get_by_role("link", name="Review and publish").last.click()
    expect(page).to_have_title("Review and publish · Upshift")
    expect(page.get_by_role("main")).to_contain_text("becomes revision 2")


def test_a_newer_catalog_is_imported_and_reviewed(page: Page, manager: User, login_as: LogIn) -> None:
    login_as(page, manager)
    update_and_review(page)
    assert Feature.objects.get(key="projects").kind == "number"


def test_a_newer_catalog_is_imported_without_scripts(
    page_without_scripts: Page, manager: User, login_as: LogIn
) -> None:
    login_as(page_without_scripts, manager)
    update_and_review(page_without_scripts)


def test_the_page_is_accessible_and_fits_a_phone_at_each_step(page: Page, manager: User, login_as: LogIn) -> None:
    login_as(page, manager)
    page.goto(reverse("offerings:import"))
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    choose(page, "github-2025")
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_the_wrong_product_asks_for_its_code(page: Page, manager: User, login_as: LogIn) -> None:
    login_as(page, manager)
    page.goto(reverse("offerings:import"))
    choose(page, "slack-2024")
    page.get_by_role("combobox", name="Product").select_option("overleaf")
    page.get_by_role("button", name="Show again").click()
    expect(page.get_by_role("alert")).to_contain_text("All 18 features it has now would be retired.")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("Write overleaf here")
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert not Feature.objects.exclude(retired_at=None).exists()


def test_the_whole_import_is_done_by_keyboard(page: Page, manager: User, login_as: LogIn) -> None:
    login_as(page, manager)
    page.goto(reverse("offerings:import"))
    page.locator("#id_file").set_input_files(FILES["overleaf-2025"])
    page.get_by_role("combobox", name="Dialect").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Show again")).to_be_visible()
    page.get_by_role("button", name="Show again").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Imported overleaf-2025.yml")
