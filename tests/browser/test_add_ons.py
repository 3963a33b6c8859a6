"""Add-ons in a real browser: dropped with a change of plan, by hand, by keyboard and without scripts."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from entitlements.models import Entitlement
from tests.add_ons import beside, offer_add_on
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.browser.test_entitlement import address, dialog_of
from tests.cast import NOW, TODAY, Cast, make_cast


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def cast(roles: None) -> Cast:
    return make_cast()


@pytest.fixture
def added(cast: Cast) -> Entitlement:
    """Return Extra seats beside a plan of Silver."""
    name = offer_add_on(
        cast, "extra_seats", available_for=["silver", "gold"], extra_seats=10, seats_sold="per_quantity"
    )
    return beside(cast, cast.entitle("silver_annual", seats=3), name, quantity=2)


@pytest.fixture
def plan(added: Entitlement) -> Entitlement:
    return Entitlement.objects.get(order=added.order_id, kind="plan")


def test_an_add_on_that_does_not_fit_is_dropped_and_the_focus_stays(
    page: Page, cast: Cast, plan: Entitlement, added: Entitlement, login_as: LogIn
) -> None:
    login_as(page, cast.operations)
    page.goto(address("entitlement", plan))
    expect(page.get_by_text("5 + 20 from Extra seats annual")).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    page.get_by_role("link", name="Change offering…").first.click()
    dialog_of(page).get_by_label("Gold annual").check()
    expect(dialog_of(page).get_by_text("Goes with Gold annual: carried.")).to_be_visible()
    dialog_of(page).get_by_label("Bronze annual").check()
    expect(dialog_of(page).get_by_text("does not go with Bronze annual").first).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)
    drop = dialog_of(page).get_by_role("checkbox", name="Drop Extra seats annual")
    drop.focus()
    page.keyboard.press("Space")
    expect(dialog_of(page).get_by_text("Ends on 21 Nov 2026, with what it gives").first).to_be_visible()
    expect(drop).to_be_focused()
    dialog_of(page).get_by_role("button", name="Change", exact=True).click()
    expect(page.locator("main h1")).to_contain_text("Bronze annual")
    added.refresh_from_db()
    assert added.ended_on == TODAY


def test_an_add_on_is_dropped_without_scripts(
    page_without_scripts: Page, cast: Cast, plan: Entitlement, added: Entitlement, login_as: LogIn
) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto(address("change_offering", plan))
    page.get_by_label("Bronze annual").check()
    page.get_by_role("button", name="Show preview").click()
    page.get_by_role("checkbox", name="Drop Extra seats annual").check()
    page.get_by_role("button", name="Show preview").click()
    expect(page.get_by_text("Ends on 21 Nov 2026, with what it gives").first).to_be_visible()
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator("main h1")).to_contain_text("Bronze annual")
    added.refresh_from_db()
    assert added.ended_on == TODAY
