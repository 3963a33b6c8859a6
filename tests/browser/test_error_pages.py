"""What people see where something is not there, not allowed or broken."""

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from config.models import Preferences
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.factories import UserFactory

pytestmark = pytest.mark.urls("tests.browser.error_pages")

DARK_TEXT = "rgb(24, 32, 46)"


@pytest.fixture
def person(transactional_db: None) -> User:
    return UserFactory(username="robin")


@pytest.mark.parametrize(
    ("address", "status", "title"),
    [
        ("/offerings/", 403, "Not allowed"),
        ("/no/such/page/", 404, "Not found"),
        ("/broken/", 500, "Something went wrong"),
        ("/away/", 503, "Not available right now"),
        ("/unreadable/", 400, "Bad request"),
    ],
)
def test_an_error_has_the_look_of_the_app_and_a_way_out(
    page: Page, person: User, login_as: LogIn, address: str, status: int, title: str
) -> None:
    login_as(page, person)
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == status
    expect(page).to_have_title(f"{title} · Upshift")
    expect(page.get_by_role("link", name="Go to the start page")).to_be_visible()
    assert_accessible(page)
    assert_no_sideways_scroll(page)


def test_paper_is_white_for_people_who_chose_dark(page: Page, person: User, login_as: LogIn) -> None:
    Preferences.objects.create(user=person, theme="dark")
    login_as(page, person)
    page.goto("/accounts/profile/")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Profile")).to_have_css("color", DARK_TEXT)
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
