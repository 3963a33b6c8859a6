"""The profile, the sidebar and the keyboard shortcuts in a real browser."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from config.models import Preferences
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.factories import UserFactory

DARK, LIGHT = "rgb(13, 16, 21)", "rgb(246, 247, 249)"


@pytest.fixture
def person(transactional_db: None) -> User:
    return UserFactory(username="robin", is_superuser=True, is_staff=True)


@pytest.mark.parametrize("address", ["/accounts/profile/", "/shortcuts/"])
def test_the_pages_are_accessible_and_fit_a_phone(page: Page, person: User, login_as: LogIn, address: str) -> None:
    login_as(page, person)
    page.goto(address)
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def choose_dark_and_tokyo(page: Page) -> None:
    page.goto("/accounts/profile/")
    page.get_by_label("Time zone").select_option("Asia/Tokyo")
    page.get_by_label("dark").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("Your profile is saved.")
    expect(page.locator("body")).to_have_css("background-color", DARK)
    expect(page.get_by_role("navigation", name="Main")).to_contain_text("Asia/Tokyo")


def test_a_theme_and_a_zone_are_chosen(page: Page, person: User, login_as: LogIn) -> None:
    login_as(page, person)
    choose_dark_and_tokyo(page)
    assert_accessible(page)


def test_a_theme_and_a_zone_are_chosen_without_scripts(
    page_without_scripts: Page, person: User, login_as: LogIn
) -> None:
    login_as(page_without_scripts, person)
    choose_dark_and_tokyo(page_without_scripts)


def test_a_chosen_theme_wins_over_the_system(page: Page, person: User, login_as: LogIn) -> None:
    Preferences.objects.create(user=person, theme="light")
    login_as(page, person)
    page.emulate_media(color_scheme="dark")
    page.goto("/accounts/profile/")
    expect(page.locator("body")).to_have_css("background-color", LIGHT)


def test_visitors_see_the_theme_of_their_system(page: Page, person: User) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/accounts/login/")
    expect(page.locator("body")).to_have_css("background-color", DARK)


def test_the_question_mark_shows_the_list_and_the_focus_comes_back(page: Page, person: User, login_as: LogIn) -> None:
    login_as(page, person)
    page.goto("/accounts/profile/")
    button = page.get_by_role("button", name="Save")
    button.focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert_accessible(page)
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_the_list_opens_from_the_page_itself(page: Page, person: User, login_as: LogIn) -> None:
    login_as(page, person)
    page.goto("/accounts/profile/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_the_list_is_a_page_without_scripts(page_without_scripts: Page, person: User, login_as: LogIn) -> None:
    page = page_without_scripts
    login_as(page, person)
    page.goto("/accounts/profile/")
    page.get_by_role("link", name="Shortcuts").click()
    expect(page).to_have_title("Keyboard shortcuts · Upshift")
    page.get_by_role("main").get_by_role("link", name="Offerings").click()
    expect(page).to_have_title("Offerings · Upshift")


def test_g_and_a_letter_go_to_a_page(page: Page, person: User, login_as: LogIn) -> None:
    login_as(page, person)
    page.goto("/accounts/profile/")
    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page).to_have_title("Offerings · Upshift")


def test_keys_typed_into_a_field_go_nowhere(page: Page, person: User, login_as: LogIn) -> None:
    login_as(page, person)
    page.goto("/offerings/")
    search = page.get_by_label("Search offerings")
    search.focus()
    page.keyboard.type("g?o")
    expect(search).to_have_value("g?o")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_single_keys_that_are_switched_off_do_nothing(page: Page, person: User, login_as: LogIn) -> None:
    Preferences.objects.create(user=person, uses_shortcuts=False)
    login_as(page, person)
    page.goto("/accounts/profile/")
    for key in ("/", "?", "g", "o"):
        page.keyboard.press(key)
    expect(page.get_by_label("Search", exact=False).first).not_to_be_focused()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page).to_have_title("Profile · Upshift")


def test_the_drawer_of_a_phone_is_accessible_with_every_entry(page: Page, person: User, login_as: LogIn) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    login_as(page, person)
    page.goto("/accounts/profile/")
    page.get_by_role("button", name="Navigation").click()
    page.get_by_role("button", name="Log out").scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="Log out")).to_be_in_viewport()
    assert_accessible(page)
