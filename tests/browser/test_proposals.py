"""Proposals in a real browser: proposed by one person, approved by another; light and dark, every width, no scripts."""

import pytest
from playwright.sync_api import Page, expect

from entitlements.models import Amendment, Entitlement
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import Cast, make_cast
from tests.entitlements.schedule.asking import quantity
from tests.entitlements.schedule.proposing import make_asker, proposed


@pytest.fixture
def cast(roles: None) -> Cast:
    """Return a cast with somebody who may change everything and approve nothing."""
    cast = make_cast()
    cast.people["asker"] = make_asker()
    return cast


@pytest.fixture
def held(cast: Cast) -> Entitlement:
    return cast.entitle("gold_seats", quantity=10)


def test_one_person_proposes_and_another_approves(page: Page, cast: Cast, held: Entitlement, login_as: LogIn) -> None:
    login_as(page, cast.people["asker"])
    page.goto(f"/entitlements/{held.pk}/set-quantity/")
    page.get_by_label("Quantity", exact=True).fill("30")
    page.get_by_label("Reason").fill("as agreed")
    expect(page.get_by_text("10 → 30").first).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Propose instead").click()
    expect(page.get_by_text("It waits for somebody who agrees.")).to_be_visible()
    row = Amendment.objects.get()
    assert row.status == "proposed"
    page.get_by_role("list", name="Scheduled").get_by_role("link", name=row.name).click()
    expect(page.get_by_text("somebody else has to approve it")).to_be_visible()
    expect(page.get_by_role("link", name="Approve…")).to_have_count(0)
    login_as(page, cast.operations)
    page.goto("/")
    navigation = page.get_by_role("navigation", name="Main")
    expect(navigation.get_by_text("1 waiting for approval")).to_be_visible()
    navigation.get_by_role("link", name="Approvals").click()
    page.get_by_role("link", name=row.name).click()
    expect(page.get_by_text("As it was proposed.")).to_be_visible()
    page.get_by_role("link", name="Approve…").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Nothing blocks it.")).to_be_visible()
    assert_accessible(page)
    dialog.get_by_role("button", name="Approve").click()
    expect(page.get_by_text(f"“{row.name}” is approved")).to_be_visible()
    held.refresh_from_db()
    row.refresh_from_db()
    assert (held.quantity, row.status, row.approved_by_name) == (30, "applied", "operations")


def test_one_is_edited_and_declined_in_dialogs(page: Page, cast: Cast, held: Entitlement, login_as: LogIn) -> None:
    row = proposed(quantity(30), held, by=cast.people["asker"], name="Thirty seats")
    login_as(page, cast.operations)
    page.goto(row.get_absolute_url())
    page.get_by_role("link", name="Edit…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("On a day").check()
    dialog.locator("#id_effective_on").fill("2999-01-01")
    expect(dialog.get_by_role("heading", name="What it does on 1 Jan 2999")).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“Thirty seats” is edited")).to_be_visible()
    page.get_by_role("link", name="Decline…").click()
    dialog.get_by_label("Reason").fill("too many")
    assert_accessible(page)
    dialog.get_by_role("button", name="Decline").click()
    expect(page.get_by_text("“Thirty seats” is declined.")).to_be_visible()
    row.refresh_from_db()
    assert (row.status, row.closed_reason) == ("declined", "too many")


def test_the_pages_are_accessible_and_fit_every_screen(
    page: Page, cast: Cast, held: Entitlement, login_as: LogIn
) -> None:
    row = proposed(quantity(30), held, by=cast.people["asker"], name="Thirty seats")
    login_as(page, cast.operations)
    steps = [f"/proposals/{row.pk}/{step}/" for step in ("approve", "decline", "edit")]
    for path in ("/proposals/", row.get_absolute_url(), f"/orders/{row.order_id}/", held.get_absolute_url(), *steps):
        page.goto(path)
        for width in (1280, 768, 360):
            assert_no_sideways_scroll(page, width)
        assert_accessible(page)


def test_without_scripts_one_is_proposed_and_approved_on_plain_pages(
    page_without_scripts: Page, cast: Cast, held: Entitlement, login_as: LogIn
) -> None:
    page = page_without_scripts
    login_as(page, cast.people["asker"])
    page.goto(f"/entitlements/{held.pk}/set-quantity/")
    page.get_by_label("Quantity", exact=True).fill("30")
    page.get_by_role("button", name="Show preview").click()
    page.get_by_label("Reason").fill("as agreed")
    page.get_by_role("button", name="Propose instead").click()
    expect(page.get_by_text("It waits for somebody who agrees.")).to_be_visible()
    row = Amendment.objects.get()
    login_as(page, cast.operations)
    page.goto(row.get_absolute_url())
    page.get_by_role("link", name="Approve…").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text(f"“{row.name}” is approved")).to_be_visible()
    held.refresh_from_db()
    assert held.quantity == 30
