"""Lists in a real browser: orders, columns, saved views, tabs, menus of rows, cards on phones, nothing that shifts."""

import pytest
from playwright.sync_api import Page, expect

from config.models import Preferences, SavedView
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import Cast, make_cast

LISTS = ("/entitlements/", "/customers/", "/offerings/", "/renewals/?month=2027-03")  # when the terms of the cast end
SHIFTS = """() => new Promise(done => {
  let sum = 0;
  const add = entry => { sum += entry.hadRecentInput ? 0 : entry.value; };
  new PerformanceObserver(list => list.getEntries().forEach(add)).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""


@pytest.fixture
def cast(roles: None) -> Cast:
    cast = make_cast()
    cast.entitle("silver_annual", overrides={"seat_limit": 250}, seats=2)
    cast.entitle("bronze_annual", seats=4)
    cast.entitle("gold_annual")
    return cast


def test_lists_fit_every_width_in_both_themes_and_nothing_shifts(page: Page, cast: Cast, login_as: LogIn) -> None:
    login_as(page, cast.operations)
    for address in LISTS:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(address)
        assert page.evaluate(SHIFTS) < 0.02
        assert_accessible(page)
        assert_no_sideways_scroll(page, width=768)
        page.set_viewport_size({"width": 360, "height": 800})
        page.goto(address)
        assert page.evaluate(SHIFTS) < 0.02
        assert_no_sideways_scroll(page)
        assert_accessible(page)
        table = page.locator("table[data-cards]")
        assert table.evaluate("table => table.scrollWidth <= table.parentElement.clientWidth")
    page.goto("/")
    assert page.evaluate(SHIFTS) < 0.02


def test_columns_views_and_menus_are_reached_by_keyboard(page: Page, cast: Cast, login_as: LogIn) -> None:
    login_as(page, cast.operations)
    page.goto("/entitlements/")
    page.get_by_role("link", name="Columns…").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Product").uncheck()
    dialog.get_by_label("Account reference").check()
    assert_accessible(page)
    dialog.get_by_role("button", name="Show these columns").press("Enter")
    expect(page.get_by_role("columnheader", name="Product")).to_have_count(0)
    expect(page.get_by_role("columnheader", name="Account reference")).to_be_visible()
    assert "product" not in Preferences.objects.get().columns["entitlements"]

    page.get_by_role("link", name="Overridden").click()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    page.get_by_role("link", name="Expires", exact=True).press("Enter")
    expect(page.get_by_role("columnheader", name="Expires")).to_have_attribute("aria-sort", "ascending")
    page.get_by_role("button", name="Saved view: Views").press("Enter")
    page.get_by_role("link", name="Save this view…").press("Enter")
    dialog.get_by_label("Name").fill("Agreed by hand")
    dialog.get_by_label("Share with everybody").check()
    dialog.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("button", name="Saved view: Agreed by hand")).to_be_visible()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    assert SavedView.objects.get().is_shared

    dots = page.get_by_role("link", name="Actions for Customer 0, SO-0")
    dots.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#row-menu").get_by_role("link", name="Open")).to_be_focused()
    assert_accessible(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dots).to_be_focused()


def test_lists_work_without_scripts(page_without_scripts: Page, cast: Cast, login_as: LogIn) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto("/entitlements/")
    page.get_by_role("link", name="Columns…").click()
    page.get_by_label("Product").uncheck()
    page.get_by_role("button", name="Show these columns").click()
    expect(page.get_by_role("columnheader", name="Product")).to_have_count(0)
    page.get_by_role("link", name="Actions for Customer 0, SO-0").click()
    page.get_by_role("navigation", name="Actions").get_by_role("link", name="Renew…").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Renew")
    page.goto("/customers/")
    page.get_by_role("button", name="Holds", exact=True).click()
    page.get_by_label("What they hold").select_option("over_limit")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("rowheader")).to_have_text(["Customer 1"])
