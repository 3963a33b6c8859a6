"""The tour of the README in a real browser, step by step, on the demo; and an upgrade with few keys."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Locator, Page, expect

from changegroups.models import ChangeGroup, Membership
from entitlements.demo.people import PASSWORD
from entitlements.demo.seed import seed
from entitlements.models import Customer, Entitlement, Order, Override
from tests.browser.conftest import PATIENCE_MILLISECONDS, LogIn
from tests.cast import make_cast

TOUR = Path(settings.BASE_DIR, "README.md").read_text(encoding="utf-8").partition("## A tour")[2].partition("\n## ")[0]
MOST_ACTIONS = 4
MOST_TABS = 8


class Guide:
    """Walks the tour: whatever the README names is quoted from it, and must stand there."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.words = " ".join(TOUR.split())

    def quote(self, text: str) -> str:
        """Return words that stand in the tour."""
        assert text in self.words, f"the tour does not say: {text}"
        return text

    def name(self, text: str) -> str:
        """Return the name of something to press or read, which the tour sets apart."""
        assert any(f"{mark}{text}{mark}" in self.words for mark in ("*", "**", "`")), f"the tour does not name {text}"
        return text

    @property
    def dialog(self) -> Locator:
        """Return the open dialog, once htmx listens to its fields."""
        return self.page.locator("dialog[open]:has(> .dialog-form:not(.htmx-settling))")

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    def log_in(self, username: str) -> None:
        self.page.goto("/accounts/login/")
        self.page.get_by_label("Username").fill(self.name(username))
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_role("combobox", name="Search")).to_be_visible()

    def go_to(self, name: str) -> None:
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=self.name(name), exact=True).click()
        self.expect_heading(name)

    def expect_heading(self, text: str) -> None:
        """Wait for the page with this title."""
        expect(self.main.get_by_role("heading", level=1)).to_contain_text(text, timeout=PATIENCE_MILLISECONDS)


@pytest.fixture
def guide(page: Page, roles: None) -> Guide:
    """Return the guide on a small demo; what the tour shows is the same in every size."""
    seed(count=12, now=datetime.now(UTC))
    return Guide(page)


def test_the_tour_is_true(guide: Guide) -> None:
    guide.log_in("operations")
    find_halden(guide)
    look_at_the_override(guide)
    change_to_bronze(guide)
    undo(guide)
    read_the_history(guide)
    publish_a_draft(guide)


def find_halden(guide: Guide) -> None:
    page = guide.page
    page.keyboard.press(guide.name("/"))
    page.keyboard.type(guide.name("SO-48213"))
    guide.quote("and press Enter")
    page.keyboard.press("Enter")
    guide.quote("Silver annual, 12 seats in use")
    guide.expect_heading("Silver annual")
    expect(guide.main).to_contain_text(guide.name("Halden Robotics"))
    expect(page.locator(".facts")).to_contain_text(re.compile(r"Seats\s+12 of 250"))
    guide.quote("The alert beside *Seats* says that 250 were set by hand, when, by whom and why")
    alert(guide).hover()
    tip = page.get_by_role("tooltip").filter(has_text="Set to 250 by")
    expect(tip).to_contain_text(re.compile(r"Set to 250 by \w+ \w+ on \d+ \w+ \d{4}: October migration"))
    expect(tip).to_contain_text(guide.quote("standard is 5").capitalize())


def alert(guide: Guide) -> Locator:
    return guide.page.get_by_role("link", name="Seats overridden: remove override…")


def look_at_the_override(guide: Guide) -> None:
    guide.quote("Click the alert. The dialog shows what going back to 5 does")
    alert(guide).click()
    expect(guide.dialog).to_contain_text("Revert Seats to 5?")
    guide.quote("which 7 seats are released, oldest first, and which of them is offline")
    expect(guide.dialog).to_contain_text("7 of 12 seats are released, oldest first")
    expect(guide.dialog).to_contain_text("field-tablet-7 is offline.")
    guide.dialog.get_by_role("button", name=guide.name("Cancel")).click()
    guide.quote("nothing has changed")
    assert Override.objects.filter(key="seat_limit", entitlement=halden()).exists()


def halden() -> Entitlement:
    return Entitlement.objects.get(order__order_reference="SO-48213", ended_on=None, kind="plan")


def change_to_bronze(guide: Guide) -> None:
    page = guide.page
    expect(page.get_by_role("link", name=guide.name("Change offering…"), exact=True)).to_be_visible()
    page.keyboard.press(guide.name("c"))
    guide.dialog.get_by_label(re.compile(f"^{guide.name('Bronze annual')}")).check()
    preview = guide.dialog
    expect(preview).to_contain_text("Bronze annual grants 3")
    guide.quote(
        "what is lowered and removed, that the seats stay 250 (a kept override), and which counters go back to 0"
    )
    for words in ("Lowered", "Removed", "250 stays", "a kept override", "Goes back to 0: API calls a month"):
        expect(preview).to_contain_text(words)
    guide.quote("Write a reason")
    guide.dialog.get_by_label("Reason").fill("The tour")
    guide.dialog.get_by_role("button", name=guide.name("Change"), exact=True).click()
    guide.expect_heading("Bronze annual")
    guide.quote("The page shows what changed.")
    expect(guide.main.get_by_role("region", name="Last change")).to_contain_text("The tour")


def undo(guide: Guide) -> None:
    before = Override.objects.filter(entitlement=halden()).order_by("key").values_list("key", "set_by_name", "set_at")
    known = list(before)
    last = guide.main.get_by_role("region", name="Last change")
    last.get_by_role("link", name=guide.name("Undo…")).click()
    guide.dialog.get_by_role("button", name="Undo", exact=True).click()
    guide.expect_heading("Silver annual")
    guide.quote("brings everything back, overrides with their author and day too")
    assert list(before.all()) == known
    tabs = guide.page.get_by_role("navigation", name="Entitlement", exact=True)
    tabs.get_by_role("link", name=guide.name("History")).click()
    guide.quote("what was undone struck through")
    undone = guide.main.locator("[data-undone]").filter(has_text="The tour")
    expect(undone.get_by_role("heading")).to_have_css("text-decoration-line", "line-through")


def read_the_history(guide: Guide) -> None:
    page = guide.page
    guide.quote(
        "The title of what was done leads to its page: what was asked, what it did, and a summary for the customer"
    )
    guide.main.locator("[data-undone]").filter(has_text="The tour").get_by_role("heading").get_by_role("link").click()
    expect(guide.main.get_by_role("heading", name="Request")).to_be_visible()
    expect(guide.main.get_by_role("heading", name="Summary for the customer")).to_be_visible()
    expect(page.get_by_role("button", name="Copy summary")).to_be_visible()
    for name in ("History", "Dashboard", "Overrides", "Drift"):
        guide.go_to(name)
    guide.go_to("History")
    expect(guide.main).to_contain_text("The tour")


def publish_a_draft(guide: Guide) -> None:
    page = guide.page
    guide.quote("Log out, and in as")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    guide.log_in("manager")
    guide.go_to("Offerings")
    guide.main.get_by_role("link", name=guide.name("Silver annual"), exact=True).click()
    page.get_by_role("link", name=guide.name("Edit the draft")).click()
    page.locator("[name=grace_period]").fill("P21D")
    page.locator("[name=_save]").click()
    guide.quote("change its grace period and save")
    page.goto("/offerings/")
    guide.main.get_by_role("link", name=guide.name("Review and publish…")).click()
    expect(guide.main).to_contain_text("21 days")
    guide.quote("the differences, and how many entitlements hold earlier revisions")
    expect(guide.main).to_contain_text(re.compile(r"\d+ on revision \d"))
    guide.go_to("Change groups")
    guide.main.get_by_role("link").filter(has_text="Atlas").first.click()
    guide.quote("which moves are open, and draws them as a ladder")
    expect(guide.main.get_by_role("heading", name="Open moves")).to_be_visible()
    expect(page.locator("svg.ladder")).to_be_visible()


# --- find and upgrade ------------------------------------------------------------------------------------------------


class Fingers:
    """Presses keys and clicks, and counts both, the Tab key apart."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = self.tabs = 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.actions += 1
        self.tabs += key == "Tab"

    def click(self, target: Locator) -> None:
        target.click()
        self.actions += 1


@pytest.fixture
def operations(roles: None) -> User:
    """Return somebody who may change offerings inside a change group; the order to find is one of three."""
    cast = make_cast()
    group = ChangeGroup.objects.create(name="Atlas")
    for priority, name in enumerate(("bronze_annual", "silver_annual", "gold_annual")):
        Membership.objects.create(group=group, offering=cast.offerings[name], priority=priority)
    for reference in ("SO-48213", "SO-48214", "SO-5"):
        held = cast.entitle("silver_annual")
        Order.objects.filter(pk=held.order_id).update(order_reference=reference)
        Customer.objects.filter(pk=held.order.customer_id).update(name=f"Customer of {reference}")
    return cast.operations


def find(page: Page, reference: str) -> None:
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type(reference)


def dialog_of(page: Page) -> Locator:
    return page.locator("dialog[open]:has(> .dialog-form:not(.htmx-settling))")


def expect_upgraded(page: Page) -> None:
    heading = page.get_by_role("main").get_by_role("heading", level=1)
    expect(heading).to_contain_text("Gold annual", timeout=PATIENCE_MILLISECONDS)
    upgraded = Entitlement.objects.filter(offering__sku="GOLD-ANNUAL").values_list("order__order_reference", flat=True)
    assert list(upgraded) == ["SO-48213"]


def test_find_by_order_reference_and_upgrade_takes_four_keys_and_clicks(
    page: Page, operations: User, login_as: LogIn
) -> None:
    login_as(page, operations)
    find(page, "SO-48213")
    fingers = Fingers(page)
    fingers.press("Enter")
    expect(page.get_by_role("link", name="Change offering…", exact=True)).to_be_visible()
    fingers.press("c")
    fingers.click(dialog_of(page).get_by_label(re.compile("^Gold annual")))
    button = dialog_of(page).get_by_role("button", name="Change", exact=True)
    expect(dialog_of(page)).to_contain_text("Nothing blocks this change.")
    expect(button).to_be_enabled()
    fingers.click(button)
    expect_upgraded(page)
    assert fingers.actions <= MOST_ACTIONS


def test_find_by_order_reference_and_upgrade_by_keyboard_alone(page: Page, operations: User, login_as: LogIn) -> None:
    login_as(page, operations)
    find(page, "SO-48213")
    fingers = Fingers(page)
    expect(page.get_by_role("option", selected=True)).to_contain_text("SO-48213")
    fingers.press("ArrowRight")
    fingers.press("Enter")
    expect(dialog_of(page)).to_be_visible()
    target = dialog_of(page).get_by_label(re.compile("^Gold annual"))
    while not target.is_checked():
        fingers.press("ArrowDown")
    expect(dialog_of(page)).to_contain_text("Nothing blocks this change.")
    expect(dialog_of(page).get_by_role("button", name="Change", exact=True)).to_be_enabled()
    fingers.press("Control+Enter")
    expect_upgraded(page)
    assert fingers.tabs <= MOST_TABS
