"""From an empty list of change groups to an entitlement that moved along one, in a real browser."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from changegroups.models import ChangeGroup
from entitlements.models import Entitlement
from tests.browser.checks import assert_accessible
from tests.browser.conftest import LogIn
from tests.cast import NOW, Cast, make_cast

LADDER = {"BRONZE-ANNUAL": 10, "SILVER-ANNUAL": 20, "GOLD-ANNUAL": 30}


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every test run on the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def cast(roles: None) -> Cast:
    return make_cast()


@pytest.fixture
def silver(cast: Cast) -> Entitlement:
    """Return an entitlement to Silver annual; operations may not leave change groups."""
    operations = Group.objects.get(name="Operations")
    operations.permissions.remove(operations.permissions.get(codename="change_outside_group"))
    return cast.entitle("silver_annual")


def make_ladder(page: Page) -> None:
    """Make a group that opens upgrades only, as a product manager does."""
    page.goto(reverse("changegroups:changegroups"))
    page.get_by_label("Name of a new change group").fill("Annual plans")
    page.get_by_role("button", name="Add").click()
    for sku, priority in LADDER.items():
        page.get_by_label("Add an offering: product, name or SKU").fill(sku)
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("#members")).to_contain_text(f"at priority {priority}.")
    page.get_by_label("Change mode", exact=True).select_option("upgrade")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("Saved Annual plans.")
    assert dict(ChangeGroup.objects.get().memberships.values_list("offering__sku", "priority")) == LADDER


def test_a_group_opens_an_upgrade_and_says_why_a_downgrade_is_closed(
    page: Page, cast: Cast, silver: Entitlement, login_as: LogIn
) -> None:
    login_as(page, cast.people["manager"])
    make_ladder(page)
    login_as(page, cast.operations)
    page.goto(reverse("entitlements:entitlement", args=[silver.pk]))
    page.get_by_role("link", name="Change offering…").first.click()
    dialog = page.locator("dialog[open]:has(> .dialog-form:not(.htmx-settling))")
    expect(dialog.get_by_label("Bronze annual")).to_be_disabled()
    expect(dialog).to_contain_text("Annual plans is upgrade only; this is a downgrade.")
    expect(dialog).to_contain_text("No change group holds both Silver annual and Gold monthly.")
    assert_accessible(page)
    dialog.get_by_label("Gold annual").check()
    dialog.get_by_role("button", name="Change", exact=True).click()
    expect(page.get_by_text("Changed offering.")).to_be_visible()
    expect(page.locator("main h1")).to_contain_text("Gold annual")
