"""Dashboard and reports in a real browser: accessible, no wider than a phone, by keyboard, and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from entitlements.models import Act, Entitlement, Override
from offerings.models import EditionValue
from offerings.revisions import publish
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import NOW, Cast, make_cast


@pytest.fixture
def cast(roles: None) -> Cast:
    """Return a cast with overrides, seats over the limit, and a catalog that has moved on."""
    cast = make_cast()
    cast.entitle("silver_annual", seats=2, overrides={"seat_limit": 250})
    cast.entitle("silver_annual", overrides={"seat_limit": 9, "sso": True}, at=NOW)
    cast.entitle("bronze_annual", seats=4)
    EditionValue.objects.filter(edition__key="silver", feature__key="connectors").update(value=9)
    publish([cast.offerings["silver_annual"]], published_by=None, published_by_name="tests")
    return cast


@pytest.mark.parametrize(
    "path", ["/", "/reports/drift/", "/reports/overrides/", "/reports/overrides/?right=seat_limit"]
)
def test_a_page_is_accessible_and_fits_a_phone(page: Page, cast: Cast, login_as: LogIn, path: str) -> None:
    login_as(page, cast.operations)
    page.goto(path)
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_a_number_of_the_dashboard_leads_to_its_list(page: Page, cast: Cast, login_as: LogIn) -> None:
    login_as(page, cast.operations)
    page.goto("/")
    page.get_by_role("link", name="Overridden").click()
    expect(page.get_by_role("rowheader")).to_have_count(2)


def test_the_chart_has_a_table_that_says_the_same(page: Page, cast: Cast, login_as: LogIn) -> None:
    login_as(page, cast.operations)
    page.goto("/")
    expect(page.get_by_role("img", name=re.compile("Changes per day"))).to_be_visible()
    page.get_by_text("The same as a table").press("Enter")
    expect(page.get_by_role("region", name="Changes per day as a table")).to_be_visible()
    assert_accessible(page)


def test_those_behind_are_moved_after_a_preview_that_follows_the_choices(
    page: Page, cast: Cast, login_as: LogIn
) -> None:
    login_as(page, cast.operations)
    page.goto("/reports/drift/")
    page.get_by_role("link", name="Move…").click()
    preview = page.get_by_role("region", name="Preview")
    expect(preview.get_by_text("2 of 2 would change")).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    page.get_by_label("Change to").select_option(label="Gold annual, revision 1 (GOLD-ANNUAL)")
    expect(preview.get_by_text("Single sign-on").first).to_be_visible()
    expect(page.get_by_role("code")).to_contain_text("--to GOLD-ANNUAL")
    page.get_by_role("textbox", name="Reason").fill("Agreed")
    page.get_by_role("textbox", name="Reference").focus()
    expect(page.get_by_role("code")).to_contain_text("--reason Agreed")
    page.get_by_role("button", name="Change 2 of 2").click()
    expect(page.get_by_text("Changed the offering of 2 entitlements.")).to_be_visible()
    assert Act.objects.get(operation="change_offering").reason == "Agreed"


def test_chosen_overrides_are_reverted_after_a_preview(page: Page, cast: Cast, login_as: LogIn) -> None:
    login_as(page, cast.operations)
    page.goto("/reports/overrides/")
    page.get_by_label("Right", exact=True).select_option(label="Seats")
    page.get_by_label("Choose Customer 0, SO-0").check()
    page.get_by_role("button", name="Revert chosen…").click()
    expect(page.get_by_text("1 of 1 would change")).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    page.get_by_label("Seats").select_option(label="Release all")
    expect(page.get_by_text("2 seats released")).to_be_visible()
    page.get_by_role("button", name="Revert 1 of 1").click()
    expect(page.get_by_text("Removed the override of Seats from 1 entitlement.")).to_be_visible()
    assert Entitlement.objects.get(order__order_reference="SO-0").seats_used == 0
    assert Override.objects.filter(key="seat_limit").count() == 1


def test_one_override_is_reverted_in_its_dialog(page: Page, cast: Cast, login_as: LogIn) -> None:
    login_as(page, cast.operations)
    page.goto("/reports/overrides/")
    page.get_by_role("link", name="Revert… Single sign-on of Customer 1").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Revert Single sign-on to off?")).to_be_visible()
    assert_accessible(page)


def test_the_way_to_the_newest_revision_works_without_scripts(
    page_without_scripts: Page, cast: Cast, login_as: LogIn
) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto("/reports/drift/")
    page.get_by_role("link", name="Move…").click()
    page.get_by_label("Seats").select_option(label="Release all")
    page.get_by_role("button", name="Show preview").click()
    expect(page.get_by_text("2 seats released")).to_be_visible()
    page.get_by_role("button", name="Change 2 of 2").click()
    expect(page.get_by_text("Changed the offering of 2 entitlements.")).to_be_visible()
