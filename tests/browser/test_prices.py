"""The price in force, and what continues an entitlement, in a real browser."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from entitlements.models import Entitlement
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import NOW, Cast, make_cast

WIDTHS = (1440, 768, 360)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def cast(roles: None) -> Cast:
    return make_cast()


def test_a_new_entitlement_is_priced_landed_on_and_linked(page: Page, cast: Cast, login_as: LogIn) -> None:
    old = cast.entitle("silver_annual")
    login_as(page, cast.operations)
    url = reverse("entitlements:change_offering", args=[old.pk])
    page.goto(f"{url}?target={cast.revision('gold_monthly').pk}")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("EUR 100.00 / year")
    expect(preview).to_contain_text("EUR 100.00 / month")
    page.get_by_label("Reason").fill("By the month.")
    with page.expect_response(lambda answer: "term=create_new" in (answer.request.post_data or "")):
        page.locator("[name=term]").select_option("create_new")
    expect(page.locator("[aria-busy]")).to_have_count(0)
    page.get_by_role("button", name="Change", exact=True).click()
    page.wait_for_url("**/entitlements/*/")
    new = Entitlement.objects.exclude(pk=old.pk).get()
    assert page.url.endswith(new.get_absolute_url())
    expect(page.get_by_role("heading", level=1)).to_contain_text("Gold monthly")
    expect(page.locator(".continuations")).to_contain_text("Continues Silver annual")
    expect(page.locator(".facts")).to_contain_text("EUR 100.00 / month")
    page.locator(".continuations a").press("Enter")
    expect(page.locator(".continuations")).to_contain_text("Continued by Gold monthly")
    expect(page.locator(".facts")).not_to_contain_text("days left")
    for width in WIDTHS:
        assert_no_sideways_scroll(page, width)
    assert_accessible(page)


def test_prices_are_read_without_scripts_in_the_format_of_the_browser(
    cast: Cast, login_as: LogIn, page_without_scripts: Page
) -> None:
    entitlement = cast.entitle("silver_annual")
    page = page_without_scripts
    login_as(page, cast.operations)
    page.set_extra_http_headers({"Accept-Language": "de-AT"})
    page.goto(entitlement.get_absolute_url())
    expect(page.locator(".facts")).to_contain_text("100,00")
    page.goto(f"{entitlement.get_absolute_url()}change-offering/?target={cast.revision('gold_annual').pk}")
    expect(page.locator("#preview")).to_contain_text("100,00")
