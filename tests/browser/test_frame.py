"""The shell's scripts in a real browser: the dialog, menus, tooltips and short messages."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn

pytestmark = pytest.mark.urls("tests.browser.frame_pages")


@pytest.fixture
def person(transactional_db: None) -> User:
    return User.objects.create_user("operations")


@pytest.fixture
def components(page: Page, person: User, login_as: LogIn) -> Page:
    """Open the page with every component."""
    login_as(page, person)
    page.goto("/components/")
    return page


def test_every_component_is_accessible_and_fits_a_phone(components: Page) -> None:
    assert_accessible(components)
    assert_no_sideways_scroll(components)


def test_a_link_opens_its_form_as_a_dialog_with_the_first_field_focused(components: Page) -> None:
    components.get_by_role("link", name="Rename…").click()
    expect(components.get_by_role("dialog", name="Rename")).to_be_visible()
    expect(components.get_by_role("textbox", name="Name")).to_be_focused()
    assert_accessible(components)
    assert_no_sideways_scroll(components)


@pytest.mark.parametrize("way", ["Escape", "Cancel", "Close"])
def test_closing_gives_the_focus_back_to_the_opener(components: Page, way: str) -> None:
    components.get_by_role("link", name="Rename…").click()
    expect(components.get_by_role("dialog")).to_be_visible()
    if way == "Escape":
        components.keyboard.press("Escape")
    else:
        components.get_by_role("button", name=way).click()
    expect(components.get_by_role("dialog")).to_be_hidden()
    expect(components.get_by_role("link", name="Rename…")).to_be_focused()


def test_after_a_dialog_from_the_menu_the_focus_is_on_the_three_dots(components: Page) -> None:
    components.get_by_role("button", name="Actions").click()
    components.get_by_role("link", name="Change name…").click()
    expect(components.get_by_role("textbox", name="Name")).to_be_focused()
    components.keyboard.press("Escape")
    expect(components.get_by_role("button", name="Actions")).to_be_focused()


def test_a_refused_form_stays_open_with_its_message_and_the_focus_on_the_mistake(components: Page) -> None:
    components.get_by_role("link", name="Rename…").click()
    components.get_by_role("button", name="Save").click()
    expect(components.get_by_role("dialog")).to_contain_text("This field is required.")
    expect(components.get_by_role("textbox", name="Name")).to_be_focused()


def test_a_form_that_is_done_leads_to_the_page_with_its_message(components: Page) -> None:
    components.get_by_role("link", name="Rename…").click()
    components.get_by_role("textbox", name="Name").fill("<b>Gold</b>")
    components.keyboard.press("Enter")
    expect(components.get_by_role("status").first).to_contain_text("Renamed to <b>Gold</b>.")


def test_the_same_form_is_a_plain_page_without_scripts(
    page_without_scripts: Page, person: User, login_as: LogIn
) -> None:
    page = page_without_scripts
    login_as(page, person)
    page.goto("/components/")
    page.get_by_role("link", name="Rename…").click()
    page.get_by_role("textbox", name="Name").fill("Gold")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Renamed to Gold.")


def test_a_menu_works_by_arrow_keys(components: Page) -> None:
    components.get_by_role("button", name="Actions").focus()
    components.keyboard.press("ArrowDown")
    expect(components.get_by_role("link", name="Change name…")).to_be_focused()
    components.keyboard.press("ArrowUp")
    expect(components.get_by_role("button", name="Copy code")).to_be_focused()
    components.keyboard.press("ArrowDown")
    expect(components.get_by_role("link", name="Change name…")).to_be_focused()
    components.keyboard.press("Escape")
    expect(components.get_by_role("button", name="Actions")).to_be_focused()


@pytest.mark.parametrize("browser_shows_tooltips", [True, False])
def test_a_tooltip_shows_on_hover_and_focus(
    page: Page, person: User, login_as: LogIn, browser_shows_tooltips: bool
) -> None:
    if not browser_shows_tooltips:
        page.add_init_script("delete HTMLButtonElement.prototype.interestForElement")
        page.add_init_script(
            "addEventListener('DOMContentLoaded', () => document.querySelectorAll('[interestfor]').forEach((link) =>"
            " link.addEventListener('interest', (event) => event.preventDefault())))"
        )
    login_as(page, person)
    page.goto("/components/")
    tip = page.get_by_text("Standard is 5.")
    mark = page.get_by_role("link", name="Seats are overridden")
    mark.hover()
    expect(tip).to_be_visible()
    page.mouse.move(2, 2)
    expect(tip).to_be_hidden()
    page.get_by_role("region", name="Rights, table").focus()
    page.keyboard.press("Tab")
    expect(mark).to_be_focused()
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_the_first_tap_shows_the_tooltip_and_the_second_opens_the_dialog(
    open_context: Callable[..., BrowserContext], person: User, login_as: LogIn
) -> None:
    page = open_context(has_touch=True, viewport={"width": 390, "height": 844}).new_page()
    login_as(page, person)
    page.goto("/components/")
    mark = page.get_by_role("link", name="Seats are overridden")
    mark.tap()
    expect(page.get_by_text("Standard is 5.")).to_be_visible()
    expect(page.get_by_role("dialog")).to_be_hidden()
    mark.tap()
    expect(page.get_by_role("dialog", name="Rename")).to_be_visible()


def test_slash_goes_to_the_search_field_but_not_while_typing(components: Page) -> None:
    components.keyboard.press("/")
    components.keyboard.type("a/b")
    expect(components.get_by_label("Search")).to_have_value("a/b")


def test_a_refusal_is_told_in_a_short_message(components: Page) -> None:
    components.get_by_role("button", name="Actions").click()
    components.get_by_role("link", name="Forbidden…").click()
    expect(components.get_by_text("You may not do this.")).to_be_visible()
    expect(components.get_by_role("dialog")).to_be_hidden()


def test_copying_says_what_was_copied(components: Page) -> None:
    components.context.grant_permissions(["clipboard-read", "clipboard-write"])
    components.get_by_role("button", name="Actions").click()
    components.get_by_role("button", name="Copy code").click()
    expect(components.get_by_text("Copied ABC-123")).to_be_visible()
    assert components.evaluate("navigator.clipboard.readText()") == "ABC-123"
