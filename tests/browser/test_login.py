"""Logging in and out and changing the password, in a real browser."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn

PASSWORD = "correct horse battery"
NEW_PASSWORD = "staple battery horse"
ACCOUNT_PAGE = "/accounts/password/"


@pytest.fixture
def person(transactional_db: None) -> User:
    return User.objects.create_user("operations", password=PASSWORD)


def fill_in(page: Page, password: str) -> None:
    page.get_by_label("Username").fill("operations")
    page.get_by_label("Password").fill(password)


def test_logging_in_leads_to_the_page_that_was_asked_for(page: Page, person: User) -> None:
    page.goto(ACCOUNT_PAGE)
    fill_in(page, PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_title("Change password · Upshift")


def test_a_wrong_password_is_refused_with_a_message(page: Page, person: User) -> None:
    page.goto("/accounts/login/")
    fill_in(page, "wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("Please enter a correct username and password")


def test_the_sixth_guess_is_told_to_wait(page: Page, person: User) -> None:
    page.goto("/accounts/login/")
    for _ in range(5):
        fill_in(page, "wrong")
        page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Too many wrong passwords")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("locked here for 15 minutes")


def test_logging_in_works_by_keyboard_alone(page: Page, person: User) -> None:
    page.goto(f"/accounts/login/?next={ACCOUNT_PAGE}")
    page.keyboard.type("operations")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Change password")).to_be_visible()


def test_logging_in_works_without_scripts(page_without_scripts: Page, person: User) -> None:
    page = page_without_scripts
    page.goto(ACCOUNT_PAGE)
    fill_in(page, PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Change password")).to_be_visible()


def test_logging_out_closes_the_door(page: Page, person: User, login_as: LogIn) -> None:
    login_as(page, person)
    page.goto(ACCOUNT_PAGE)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_changed_password_is_the_one_that_counts(page: Page, person: User, login_as: LogIn) -> None:
    login_as(page, person)
    page.goto(ACCOUNT_PAGE)
    page.get_by_label("Old password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_label("New password confirmation").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("heading", name="Password changed")).to_be_visible()
    person.refresh_from_db()
    assert person.check_password(NEW_PASSWORD)


def test_a_refused_password_says_why_on_its_field(page: Page, person: User, login_as: LogIn) -> None:
    login_as(page, person)
    page.goto(ACCOUNT_PAGE)
    page.get_by_label("Old password").fill("wrong")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_label("Old password")).to_have_accessible_description(
        "Your old password was entered incorrectly. Please enter it again."
    )
    assert_accessible(page)


@pytest.mark.parametrize("address", ["/accounts/login/", "/no/such/page/"])
def test_pages_before_the_login_are_accessible_and_fit_a_phone(page: Page, person: User, address: str) -> None:
    page.goto(address)
    assert_accessible(page)
    assert_no_sideways_scroll(page)


@pytest.mark.parametrize("address", [ACCOUNT_PAGE, "/accounts/password/done/", "/no/such/page/"])
def test_account_pages_are_accessible_and_fit_a_phone(page: Page, person: User, login_as: LogIn, address: str) -> None:
    login_as(page, person)
    page.goto(address)
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_the_sidebar_opens_as_a_drawer_on_a_phone(page: Page, person: User, login_as: LogIn) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    login_as(page, person)
    page.goto(ACCOUNT_PAGE)
    page.get_by_role("button", name="Navigation").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    assert_accessible(page)


def test_the_admin_uses_the_same_door(page: Page, person: User) -> None:
    page.goto("/admin/login/?next=/admin/")
    expect(page).to_have_title("Log in · Upshift")


def test_the_admin_opens_under_the_strict_policy(page: Page, person: User, login_as: LogIn) -> None:
    User.objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
    login_as(page, person)
    page.goto("/admin/auth/user/add/")
    expect(page.get_by_role("link", name="Upshift administration")).to_be_visible()
