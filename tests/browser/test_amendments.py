"""Amendments in a real browser: seen on list, entitlement and order, moved, cancelled; every width, without scripts."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from config.clock import site_today
from entitlements.models import Amendment, AmendmentStatus
from entitlements.operations import SetQuantity
from entitlements.schedule import schedule
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import Cast, make_cast

SOON, LATER = site_today() + timedelta(days=40), site_today() + timedelta(days=80)
MORE_THAN_ANY_DELAY = 700  # milliseconds between a key and the request for a preview


@pytest.fixture
def cast(roles: None) -> Cast:
    """Return a cast with two amendments of one order, the first of which was set aside, and one of another."""
    cast = make_cast()
    first, second = cast.entitle("gold_seats", quantity=10), cast.entitle("gold_seats", quantity=10)
    for held, quantity, name, day in (
        (first, 30, "Thirty seats", SOON),
        (first, 40, "Forty seats", LATER),
        (second, 50, "Fifty seats", SOON),
    ):
        operation = SetQuantity(as_of=site_today(), quantity=quantity)
        answer = schedule(
            operation, [held.pk], on=day, made_by=cast.operations, seen=None, name=name, reason="as agreed"
        )
        assert answer.amendment, answer.problems
    aside = {"status": AmendmentStatus.SET_ASIDE, "problems": ["The offering is retired."]}
    Amendment.objects.filter(name="Fifty seats").update(**aside)
    return cast


def test_the_pages_are_accessible_and_fit_every_screen(page: Page, cast: Cast, login_as: LogIn) -> None:
    login_as(page, cast.operations)
    first, aside = Amendment.objects.get(name="Thirty seats"), Amendment.objects.get(name="Fifty seats")
    paths = ("/amendments/", f"/amendments/{first.pk}/", f"/amendments/{aside.pk}/", f"/orders/{first.order_id}/", "/")
    for path in (*paths, f"/orders/{aside.order_id}/", f"/entitlements/{first.entitlements[0]}/"):
        page.goto(path)
        for width in (1280, 768, 360):
            assert_no_sideways_scroll(page, width)
        assert_accessible(page)


def test_one_is_seen_everywhere_moved_and_cancelled(page: Page, cast: Cast, login_as: LogIn) -> None:
    login_as(page, cast.operations)
    row = Amendment.objects.get(name="Thirty seats")
    page.goto("/amendments/")
    expect(page.get_by_role("navigation", name="Main").get_by_text("1 set aside")).to_be_visible()
    page.goto(f"/orders/{row.order_id}/")
    expect(page.get_by_role("img", name="Amendments")).to_be_visible()
    page.goto(f"/entitlements/{row.entitlements[0]}/")
    page.get_by_role("list", name="Scheduled").get_by_role("link", name="Thirty seats").click()
    page.get_by_role("link", name="Move to another day…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Stays as it is")).to_be_visible()
    day = LATER + timedelta(days=3)
    dialog.get_by_label("Takes effect on").fill(day.isoformat())
    expect(dialog.get_by_role("heading", name=f"What it does on {day:%-d %b %Y}")).to_be_visible()
    expect(dialog.get_by_text("Does something else")).to_be_visible()
    assert_accessible(page)
    dialog.get_by_role("button", name="Move").click()
    expect(page.get_by_text(f"takes effect on {day:%-d %b %Y} now.")).to_be_visible()
    page.get_by_role("link", name="Cancel amendment…").press("Enter")
    expect(dialog.get_by_role("button", name="Cancel amendment")).to_be_disabled()
    dialog.get_by_label("Reason").fill("no budget")
    assert_accessible(page)
    dialog.get_by_role("button", name="Cancel amendment").click()
    expect(page.get_by_text("“Thirty seats” is cancelled.")).to_be_visible()
    row.refresh_from_db()
    assert (row.status, row.closed_reason) == ("cancelled", "no budget")


def test_no_preview_is_asked_for_while_the_change_is_written(page: Page, cast: Cast, login_as: LogIn) -> None:
    login_as(page, cast.operations)
    path = f"/amendments/{Amendment.objects.get(name='Thirty seats').pk}/"
    page.goto(path)
    page.get_by_role("link", name="Cancel amendment…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("no budget")
    page.wait_for_timeout(MORE_THAN_ANY_DELAY)
    on_the_way: list[Route] = []

    def hold(route: Route) -> None:
        on_the_way.append(route)

    page.route("**/cancel/", hold)
    dialog.get_by_role("button", name="Cancel amendment").click()
    page.wait_for_timeout(MORE_THAN_ANY_DELAY)
    assert ["preview=1" in (each.request.post_data or "") for each in on_the_way] == [False]
    on_the_way[0].continue_()
    expect(page.get_by_text("“Thirty seats” is cancelled.")).to_be_visible()


def test_without_scripts_one_is_moved_and_cancelled_on_plain_pages(
    page_without_scripts: Page, cast: Cast, login_as: LogIn
) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto(f"/amendments/{Amendment.objects.get(name='Forty seats').pk}/")
    page.get_by_role("link", name="Move to another day…").click()
    day = LATER + timedelta(days=1)
    page.get_by_label("Takes effect on").fill(day.isoformat())
    page.get_by_role("button", name="Show preview").click()
    expect(page.get_by_role("heading", name=f"What it does on {day:%-d %b %Y}")).to_be_visible()
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_text(f"takes effect on {day:%-d %b %Y} now.")).to_be_visible()
    page.get_by_role("link", name="Cancel amendment…").click()
    page.get_by_label("Reason").fill("no budget")
    page.get_by_role("button", name="Cancel amendment").click()
    expect(page.get_by_text("“Forty seats” is cancelled.")).to_be_visible()
