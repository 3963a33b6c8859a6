"""The search in the header, in a real browser: as people type, by keyboard, and without scripts."""

import re

import pytest
from playwright.sync_api import Page, expect

from entitlements.models import Customer
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import Cast, make_cast

HISTORY = "/history/"


@pytest.fixture
def cast(roles: None) -> Cast:
    """Return the cast with two customers called after gold, like two offerings."""
    cast = make_cast()
    for number, name in enumerate(("Golden Gate Labs", "Marigold Works")):
        cast.entitle("silver_annual")
        Customer.objects.filter(name=f"Customer {number}").update(name=name, account_reference=f"ACC-{number}")
    return cast


@pytest.fixture
def viewer(page: Page, cast: Cast, login_as: LogIn) -> Page:
    login_as(page, cast.people["viewer"])
    return page


def test_hits_and_what_can_be_done_with_them_are_chosen_by_keyboard(page: Page, cast: Cast, login_as: LogIn) -> None:
    login_as(page, cast.operations)
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type("gold")
    field, chosen = page.get_by_role("combobox", name="Search"), page.get_by_role("option", selected=True)
    expect(chosen).to_contain_text("Golden Gate Labs Silver annual · SO-0 Active")
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(field).to_have_attribute("aria-activedescendant", "found-entitlements-1")
    page.keyboard.press("ArrowDown")
    expect(chosen).to_contain_text("Marigold Works Silver annual")
    page.keyboard.press("ArrowRight")
    expect(chosen).to_have_accessible_name("Change offering… : Marigold Works, Silver annual · SO-1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(chosen).to_have_accessible_name("Open customer : Marigold Works, Silver annual · SO-1")
    assert_accessible(page)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading", level=1)).to_contain_text("Change offering")
    page.keyboard.press("Escape")
    expect(field).to_be_focused()
    expect(chosen).to_contain_text("Golden Gate Labs")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Breadcrumb")).to_contain_text("Golden Gate Labs")


def test_enter_opens_the_first_hit_however_fast_it_comes(viewer: Page) -> None:
    viewer.goto("/")
    viewer.keyboard.press("/")
    viewer.keyboard.type("so-1\n")
    expect(viewer.get_by_role("heading", level=1)).to_contain_text("Silver annual")
    expect(viewer.get_by_label("Breadcrumb")).to_contain_text("SO-1")
    viewer.keyboard.press("/")
    viewer.keyboard.type("nothing-is-called-so\n")
    expect(viewer.get_by_role("heading", name="Nothing found")).to_be_visible()


def test_ctrl_k_works_in_fields_and_dialogs_and_slash_is_the_same_on_every_page(viewer: Page) -> None:
    field = viewer.get_by_role("combobox", name="Search")
    for address in ("/entitlements/", "/customers/", "/offerings/", "/history/"):
        viewer.goto(address)
        viewer.keyboard.press("/")
        expect(field).to_be_focused()
    viewer.goto("/entitlements/")
    viewer.keyboard.press("f")
    expect(viewer.get_by_label("Search entitlements")).to_be_focused()
    viewer.keyboard.press("Control+k")
    expect(field).to_be_focused()
    viewer.keyboard.press("Tab")
    viewer.locator("body").press("?")
    expect(viewer.get_by_role("dialog")).to_be_visible()
    viewer.keyboard.press("Meta+k")
    expect(viewer.get_by_role("dialog")).to_be_hidden()
    expect(field).to_be_focused()
    viewer.set_viewport_size({"width": 360, "height": 700})
    viewer.keyboard.press("Control+k")
    expect(viewer.get_by_label("Search everything")).to_be_focused()


def test_escape_closes_the_list_and_enter_opens_the_page_of_results(viewer: Page) -> None:
    viewer.goto("/")
    viewer.keyboard.press("/")
    viewer.keyboard.type("gold")
    found = viewer.get_by_role("listbox", name="Found")
    expect(found).to_be_visible()
    viewer.keyboard.press("Escape")
    expect(found).to_be_hidden()
    expect(viewer.get_by_role("combobox", name="Search")).to_be_focused()
    viewer.keyboard.press("Enter")
    expect(viewer.get_by_role("heading", name="Customers")).to_be_visible()
    expect(viewer.get_by_label("Search everything")).to_have_value("gold")


def test_the_list_closes_when_the_focus_leaves_and_opens_where_a_hit_is_clicked(viewer: Page) -> None:
    viewer.goto("/")
    field = viewer.get_by_role("combobox", name="Search")
    field.press_sequentially("gold-seats")
    option = viewer.get_by_role("option", name="GOLD-SEATS Atlas")
    expect(option).to_be_visible()
    viewer.keyboard.press("Tab")
    expect(option).to_be_hidden()
    field.focus()
    option.click()
    expect(viewer).to_have_url(re.compile("/offerings/GOLD-SEATS/$"))


def test_the_open_list_is_accessible(viewer: Page) -> None:
    viewer.goto(HISTORY)
    viewer.keyboard.press("/")
    viewer.keyboard.type("gold")
    expect(viewer.get_by_role("option", name="Marigold Works").first).to_be_visible()
    viewer.keyboard.press("ArrowDown")
    assert_accessible(viewer)


@pytest.mark.parametrize("query", ["", "?q=gold", "?q=nothing-is-called-so"])
def test_the_page_of_results_is_accessible_and_fits_a_phone(viewer: Page, query: str) -> None:
    viewer.goto(f"/search/{query}")
    assert_accessible(viewer)
    assert_no_sideways_scroll(viewer)


def test_the_search_works_without_scripts(page_without_scripts: Page, cast: Cast, login_as: LogIn) -> None:
    page = page_without_scripts
    login_as(page, cast.people["viewer"])
    page.goto(HISTORY)
    page.get_by_role("textbox", name="Search").fill("marigold")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Marigold Works ACC-1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Marigold Works")


def test_a_phone_has_the_search_one_tap_away(viewer: Page) -> None:
    viewer.set_viewport_size({"width": 360, "height": 700})
    viewer.goto(HISTORY)
    viewer.get_by_role("link", name="Search").click()
    expect(viewer.get_by_label("Search everything")).to_be_focused()
