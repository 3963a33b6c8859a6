"""“Amend…” in a real browser: a downgrade at the end of the term by keyboard; a removal decided about; every width."""

import pytest
from playwright.sync_api import Page, expect

from changegroups.models import ChangeGroup, Membership
from config.clock import site_today
from entitlements.models import Amendment, Entitlement
from entitlements.operations import RemoveProduct
from entitlements.schedule import schedule
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import Cast, make_cast


@pytest.fixture
def cast(roles: None) -> Cast:
    """Return a cast with two offerings ranked."""
    cast = make_cast()
    group = ChangeGroup.objects.create(name="Atlas", change_mode="both", term_changes="allowed")
    for name, priority in (("gold_annual", 20), ("silver_annual", 10)):
        Membership.objects.create(group=group, offering=cast.offerings[name], priority=priority)
    return cast


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    return cast.entitle("gold_annual", seats=2)


def test_a_downgrade_at_the_end_of_the_term_is_scheduled_by_keyboard(
    page: Page, cast: Cast, held: Entitlement, login_as: LogIn
) -> None:
    login_as(page, cast.operations)
    page.goto(f"/entitlements/{held.pk}/")
    page.locator("[popovertarget='menu-entitlement']").press("Enter")
    page.locator("#menu-entitlement").get_by_role("link", name="Amend…").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Amend")).to_be_visible()
    assert_accessible(page)
    dialog.get_by_role("link", name="Downgrade").press("Enter")
    expect(dialog.get_by_role("heading", name="Downgrade").first).to_be_visible()
    expect(dialog.get_by_label("At the end of the term")).to_be_checked()
    dialog.get_by_label("Silver annual").press("Space")
    dialog.get_by_label("Reason").fill("fewer sites")
    expect(dialog.get_by_role("button", name="Schedule")).to_be_enabled()
    dialog.get_by_text("Name, code and description of the amendment").press("Enter")
    dialog.get_by_label("Code").fill("CRM-12")
    assert_accessible(page)
    dialog.get_by_role("button", name="Schedule").press("Enter")
    expect(page.get_by_text("Scheduled Silver annual for")).to_be_visible()
    row = Amendment.objects.get()
    assert (row.kind, row.effective_on, row.code) == ("downgrade", held.expires_on, "CRM-12")
    page.goto(row.get_absolute_url())
    page.get_by_role("link", name="Edit…").press("Enter")
    dialog.get_by_label("Name").fill("Fewer sites")
    dialog.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_text("“Fewer sites” is saved")).to_be_visible()


def test_a_removal_is_decided_about_in_the_same_step(
    page: Page, cast: Cast, held: Entitlement, login_as: LogIn
) -> None:
    answer = schedule(
        RemoveProduct(as_of=site_today()),
        [held.pk],
        on=held.expires_on,
        made_by=cast.operations,
        seen=None,
        name="The end",
        reason="as agreed",
    )
    assert answer.amendment, answer.problems
    login_as(page, cast.operations)
    page.goto(f"/entitlements/{held.pk}/disable/")
    expect(page.get_by_text("removes what this changes").first).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Reason").fill("unpaid")
    page.get_by_label("Keep it").check()
    expect(page.get_by_role("button", name="Disable")).to_be_enabled()
    page.get_by_role("button", name="Disable").click()
    held.refresh_from_db()
    assert held.disabled_at


def test_every_page_fits_every_screen(page: Page, cast: Cast, held: Entitlement, login_as: LogIn) -> None:
    login_as(page, cast.operations)
    order = f"/orders/{held.order_id}"
    paths = (
        f"/entitlements/{held.pk}/amend/",
        f"/entitlements/{held.pk}/update-product/",
        f"/entitlements/{held.pk}/change-offering/?rank=downgrade&when=end_of_term",
        f"{order}/amend/",
        f"{order}/amend/?kind=remove_product",
        f"{order}/conditions/",
    )
    for path in paths:
        page.goto(path)
        for width in (1280, 768, 360):
            assert_no_sideways_scroll(page, width)
        assert_accessible(page)


def test_without_scripts_a_removal_is_scheduled_from_the_order(
    page_without_scripts: Page, cast: Cast, held: Entitlement, login_as: LogIn
) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto(f"/orders/{held.order_id}/amend/")
    page.get_by_role("link", name="Remove product").click()
    page.get_by_role("link", name="Gold annual").click()
    expect(page.get_by_label("At the end of the term")).to_be_checked()
    page.get_by_label("Reason").fill("not needed")
    page.get_by_role("button", name="Show preview").click()
    page.get_by_role("button", name="Schedule").click()
    expect(page.get_by_text("Scheduled Remove Gold annual for")).to_be_visible()
