"""Renewals and the pictures of an entitlement in a real browser: widths, themes, by keyboard, without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from config.clock import site_today
from entitlements.desk.expiries import first_of_month
from entitlements.models import Entitlement, Note
from entitlements.operations import ChangeTerms
from offerings.models import EditionValue
from offerings.revisions import publish
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import Cast, make_cast


@pytest.fixture
def cast(roles: None) -> Cast:
    """Return a cast of whom two expire this month, on an earlier revision."""
    cast = make_cast()
    found = [cast.entitle("silver_annual", seats=2, overrides={"seat_limit": 250}), cast.entitle("silver_annual")]
    expires = ChangeTerms(as_of=site_today(), expires_on=first_of_month(site_today()).replace(day=28))
    cast.do(expires, [each.pk for each in found], reason="Agreed")
    EditionValue.objects.filter(edition__key="silver", feature__key="connectors").update(value=9)
    publish([cast.offerings["silver_annual"]], published_by=None, published_by_name="tests")
    return cast


def test_both_pages_are_accessible_and_fit_every_screen(page: Page, cast: Cast, login_as: LogIn) -> None:
    login_as(page, cast.operations)
    entitlement = Entitlement.objects.earliest("created_at")
    for path in ("/renewals/", f"/entitlements/{entitlement.pk}/"):
        page.goto(path)
        for width in (1440, 768, 360):
            assert_no_sideways_scroll(page, width)
        assert_accessible(page)
    expect(page.get_by_role("img", name=re.compile("Timeline"))).to_be_visible()
    page.get_by_text("The timeline as a list").press("Enter")
    page.get_by_text("Seats used as a table").press("Enter")
    expect(page.get_by_role("region", name="Seats used as a table")).to_be_visible()
    assert_accessible(page)


def test_one_is_marked_as_contacted_and_both_are_renewed_onto_the_newest_revision(
    page: Page, cast: Cast, login_as: LogIn
) -> None:
    login_as(page, cast.operations)
    page.goto("/renewals/")
    page.get_by_role("link", name="as contacted, with a note…").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Mark as contacted")).to_be_visible()
    assert_accessible(page)
    dialog.get_by_label("Note").fill("Will renew.")
    dialog.get_by_role("button", name="Mark as contacted").click()
    expect(page.get_by_text("1 customer marked as contacted.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Mark Customer")).press("Enter")
    expect(page.get_by_text("1 customer marked as contacted.")).to_be_visible()
    assert Note.objects.count() == 2
    page.get_by_role("button", name="Renew all found…").press("Enter")
    expect(page.get_by_role("heading", name="Renew", exact=True)).to_be_visible()
    page.get_by_label("Revision 2, the newest").check()
    expect(page.get_by_role("region", name="Preview")).to_contain_text("Revision 1 → 2")
    assert_accessible(page)
    page.get_by_role("button", name="Renew 2 of 2").click()
    expect(page.get_by_text("Renewed 2 entitlements.")).to_be_visible()


def test_without_scripts_one_is_renewed_on_plain_pages(page_without_scripts: Page, cast: Cast, login_as: LogIn) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto("/renewals/")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Renew chosen…").click()
    page.get_by_label("Revision 2, the newest").check()
    page.get_by_role("button", name="Show preview").click()
    expect(page.get_by_text("Revision 1 → 2")).to_be_visible()
    page.get_by_role("button", name="Renew 1 of 1").click()
    expect(page.get_by_text("Renewed 1 entitlement.")).to_be_visible()
