"""The whole log and the page of one act, in a real browser."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from entitlements.directory.edits import add_customer
from entitlements.models import Act, Entitlement
from entitlements.operations import ChangeOffering
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import OLDEST, TODAY, Cast, make_cast

HISTORY = "/history/"


@pytest.fixture
def cast(roles: None) -> Cast:
    """Return the cast after a change for one customer, another one for two, and an edit."""
    cast = make_cast()
    one, two, three = (cast.entitle("silver_annual", seats=4) for _ in range(3))
    cast.override(one, connectors=20)
    to_gold = ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk)
    cast.do(to_gold, [one.pk], reason="They grew", reference="INC-7")
    to_bronze = ChangeOffering(as_of=TODAY, revision_id=cast.revision("bronze_annual").pk, seats=OLDEST)
    cast.do(to_bronze, [two.pk, three.pk], reason="Smaller teams")
    add_customer(name="Halden Robotics", account_reference="ACC-1", made_by=cast.operations)
    return cast


def address(count: int, name: str = "act") -> str:
    """Return the address of the change that touched so many entitlements."""
    acts = Act.objects.filter(operation="change_offering")
    [act] = [act for act in acts if act.changes.count() == count]
    return reverse(f"entitlements:{name}", args=[act.pk])


@pytest.fixture
def operations(page: Page, cast: Cast, login_as: LogIn) -> Page:
    login_as(page, cast.operations)
    return page


@pytest.mark.parametrize("query", ["", "?kind=edits", "?offering=GONE"])
def test_the_log_is_accessible_and_fits_a_phone(operations: Page, query: str) -> None:
    operations.goto(f"{HISTORY}{query}")
    assert_accessible(operations)
    assert_no_sideways_scroll(operations)


@pytest.mark.parametrize("name", ["act", "undo_act"])
@pytest.mark.parametrize("count", [1, 2])
def test_an_act_and_its_undo_are_accessible_and_fit_a_phone(operations: Page, name: str, count: int) -> None:
    operations.goto(address(count, name))
    assert_accessible(operations)
    assert_no_sideways_scroll(operations)


def test_the_log_narrows_as_a_filter_is_chosen_and_leads_to_the_act(operations: Page) -> None:
    operations.goto(HISTORY)
    operations.get_by_label("What was done").select_option("change_offering")
    expect(operations.get_by_role("heading", level=3)).to_have_text(["Changed offering", "Changed offering"])
    operations.get_by_role("link", name="Changed offering").first.click()
    expect(operations.locator("main").get_by_role("heading", level=1)).to_contain_text("Changed offering")


def test_the_summary_for_the_customer_is_copied(operations: Page) -> None:
    operations.context.grant_permissions(["clipboard-read", "clipboard-write"])
    operations.goto(address(1))
    operations.get_by_role("button", name="Copy summary").click()
    expect(operations.get_by_role("status").filter(has_text="Copied the summary.")).to_be_visible()
    text = operations.evaluate("navigator.clipboard.readText()")
    assert text.startswith("Changes to your license on 21 Nov 2026\n")
    assert "They grew" not in text


def test_a_whole_act_is_undone_and_redone_by_keyboard(operations: Page) -> None:
    operations.goto(address(2))
    operations.get_by_role("link", name="Undo…").press("Enter")
    dialog = operations.get_by_role("dialog")
    expect(dialog).to_contain_text("2 of 2 entitlements go back")
    assert_accessible(operations)
    dialog.get_by_label("Reason").fill("Wrong list")
    operations.keyboard.press("Enter")
    expect(operations.locator("main").get_by_role("heading", level=1)).to_contain_text("Undid: Changed offering")
    expect(operations.get_by_text("Undid “Changed offering” on 2 entitlements.")).to_be_visible()
    operations.get_by_role("link", name="Redo…").press("Enter")
    dialog.get_by_role("button", name="Redo 2").press("Enter")
    expect(operations.locator("main").get_by_role("heading", level=1)).to_contain_text("Redid: Changed offering")
    assert Entitlement.objects.filter(offering__sku="BRONZE-ANNUAL", seats_used=3).count() == 2


def test_log_act_and_undo_work_without_scripts(page_without_scripts: Page, cast: Cast, login_as: LogIn) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto(HISTORY)
    page.get_by_label("Reference").fill("inc-7")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="Changed offering").click()
    expect(page.get_by_text("- Offering: Silver annual → Gold annual")).to_be_visible()
    page.get_by_role("link", name="Undo…").click()
    page.get_by_role("button", name="Undo 1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Undid: Changed offering")
