"""The comparison in a real browser: only differences, columns added, moved and removed, with and without scripts."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.factories import ChargeFactory, FeatureFactory, OfferingFactory, ProductFactory, UserFactory, published

ADDRESS = "/offerings/compare/?with=BRONZE&with=SILVER&with=NOPE"


@pytest.fixture
def reader(transactional_db: None) -> User:
    """Return a person who may read, beside three plans of one product."""
    product = ProductFactory(name="Atlas Analytics")
    FeatureFactory(product=product, name="A feature with a long name, as real ones have", group="Quotas")
    FeatureFactory(product=product, name="Motto", kind="text", default="long words " * 30, group="Quotas")
    for position, (sku, seats) in enumerate({"BRONZE": 3, "SILVER": 5, "GOLD": 25}.items()):
        offering = OfferingFactory(product=product, sku=sku, name=sku.title(), seat_limit=seats, position=position)
        ChargeFactory(offering=offering, amount=100)
        published(offering)
    return UserFactory(is_superuser=True)


@pytest.mark.parametrize("address", ["/offerings/compare/", "/offerings/compare/?with=GOLD", ADDRESS])
def test_the_comparison_is_accessible_and_fits_a_phone(page: Page, reader: User, login_as: LogIn, address: str) -> None:
    login_as(page, reader)
    page.goto(address)
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    assert_no_sideways_scroll(page, width=768)


def hide_what_is_equal(page: Page) -> None:
    page.goto(ADDRESS)
    expect(page.get_by_role("row", name="Grace period")).to_be_visible()
    page.get_by_role("switch", name="Only differences").check()
    expect(page.get_by_role("row", name="Grace period")).to_be_hidden()
    expect(page.get_by_role("rowheader", name="Quotas")).to_be_hidden()
    expect(page.get_by_role("row", name="Seats 3 5 (raised)")).to_be_visible()


def test_only_differences_are_shown_when_asked(page: Page, reader: User, login_as: LogIn) -> None:
    login_as(page, reader)
    hide_what_is_equal(page)


def test_only_differences_are_shown_without_scripts(page_without_scripts: Page, reader: User, login_as: LogIn) -> None:
    login_as(page_without_scripts, reader)
    hide_what_is_equal(page_without_scripts)


def columns(page: Page) -> list[str]:
    return page.locator(".matrix thead b").all_inner_texts()


def add_and_move_a_column(page: Page) -> None:
    page.goto("/offerings/SILVER/")
    page.get_by_role("link", name="Compare…").click()
    page.get_by_role("combobox", name="Add an offering").fill("gold")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("row", name="Seats 5 25 (raised)")).to_be_visible()
    page.get_by_role("button", name="Column Gold").click()
    page.get_by_role("link", name="Move to the left").click()
    expect(page.get_by_role("row", name="Seats 25 5 (lowered)")).to_be_visible()
    page.get_by_role("link", name="Bronze", exact=True).click()
    expect(page.get_by_role("link", name="Bronze", exact=True)).to_have_attribute(
        "href", "/offerings/BRONZE/revisions/1/"
    )
    assert columns(page) == ["Gold", "Silver", "Bronze"]


def test_columns_are_added_and_moved(page: Page, reader: User, login_as: LogIn) -> None:
    login_as(page, reader)
    add_and_move_a_column(page)


def test_columns_are_added_and_moved_without_scripts(page_without_scripts: Page, reader: User, login_as: LogIn) -> None:
    login_as(page_without_scripts, reader)
    add_and_move_a_column(page_without_scripts)


def test_a_column_is_removed_by_keyboard_alone(page: Page, reader: User, login_as: LogIn) -> None:
    login_as(page, reader)
    page.goto(ADDRESS)
    page.get_by_role("button", name="Column Bronze").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.wait_for_url("**/compare/?with=SILVER")
    assert columns(page) == ["Silver"]


def test_paper_shows_the_table_without_what_only_a_screen_needs(page: Page, reader: User, login_as: LogIn) -> None:
    login_as(page, reader)
    page.goto(ADDRESS)
    page.emulate_media(media="print")
    expect(page.get_by_role("row", name="Seats 3 5 (raised)")).to_be_visible()
    for name in ("Add", "Print", "Column Bronze"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_hidden()
