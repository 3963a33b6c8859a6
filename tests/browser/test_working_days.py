"""Two working days in a real browser, from the first page to the last: one of support, one of operations.

Both are walked by pointer and keyboard, and once more without scripts.
"""

from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from entitlements.models import Act, ActivationCode, Customer, Entitlement, Note, Seat
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import NOW, Cast, make_cast

CODE = "7KQM-2XWA"
WIDTHS = (360, 768, 1280)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let both days be the day the cast lives in."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def cast(roles: None) -> Cast:
    """Return the cast with Halden Robotics, whose seats were set to 250 by hand, and another customer."""
    cast = make_cast()
    halden = cast.entitle("silver_annual", seats=4, overrides={"seat_limit": 250})
    Customer.objects.filter(pk=halden.order.customer_id).update(name="Halden Robotics")
    ActivationCode.objects.create(order_id=halden.order_id, code=CODE)
    cast.entitle("bronze_annual")
    return cast


def dialog_of(page: Page) -> Locator:
    """Return the open dialog, once htmx listens to its fields."""
    return page.locator("dialog[open]:has(> .dialog-form:not(.htmx-settling))")


def tab(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="Entitlement").get_by_role("link", name=name)


def assert_fits(page: Page) -> None:
    """Check the page as it is now: accessible in light and dark, and never wider than a screen."""
    assert_accessible(page)
    for width in WIDTHS:
        assert_no_sideways_scroll(page, width=width)


def find_by_code(page: Page) -> None:
    """Go from the first page to the entitlement of an activation code, by keyboard."""
    page.goto("/")
    page.keyboard.press("/")
    page.keyboard.type(CODE[:6].lower())
    expect(page.get_by_role("option", name=CODE)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_contain_text("Silver annual")


def test_support_finds_a_code_reads_why_there_are_250_seats_releases_two_and_leaves_a_note(
    page: Page, cast: Cast, login_as: LogIn
) -> None:
    login_as(page, cast.people["support"])
    find_by_code(page)
    expect(page.get_by_role("link", name="Change offering…")).to_have_count(0)
    page.get_by_role("button", name="Seats overridden").focus()
    tooltip = page.get_by_role("tooltip")
    expect(tooltip).to_contain_text("Standard is 5 in Silver annual (revision 1).")
    expect(tooltip).to_contain_text("Set to 250 by operations on 1 Mar 2026: October migration")
    tab(page, "Seats").click()
    page.get_by_label("Choose device-1").check()
    page.get_by_label("Choose device-2").check()
    page.get_by_role("button", name="Release chosen…").click()
    expect(dialog_of(page).get_by_text("2 chosen")).to_be_visible()
    assert_accessible(page)
    dialog_of(page).get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_role("heading", name="2 seats in use")).to_be_visible()
    assert_fits(page)
    tab(page, "Notes").click()
    page.get_by_label("New note").fill("Two laptops were **lost**: seats released.")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("listitem").filter(has_text="Two laptops").locator("strong")).to_have_text("lost")
    assert_fits(page)
    left = Seat.objects.filter(released_at=None).values_list("name", flat=True)
    assert (sorted(left), Note.objects.get().author) == (["device-0", "device-3"], cast.people["support"])


def test_operations_upgrades_undoes_upgrades_again_exports_and_copies_the_summary(
    page: Page, cast: Cast, login_as: LogIn
) -> None:
    login_as(page, cast.operations)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    find_by_code(page)
    upgrade(page)
    page.get_by_role("link", name="Undo", exact=True).click()
    dialog_of(page).get_by_role("button", name="Undo").click()
    expect(page.locator("main h1")).to_contain_text("Silver annual")
    expect(page.get_by_role("link", name="Seats overridden: remove override…")).to_be_visible()
    upgrade(page)
    assert_fits(page)
    assert exported(page) == ["Halden Robotics"]
    assert_fits(page)
    page.goto("/history/")
    page.get_by_role("link", name="Changed offering").first.click()
    expect(page.locator("main h1")).to_contain_text("Changed offering")
    page.get_by_role("button", name="Copy summary").click()
    expect(page.get_by_role("status").filter(has_text="Copied the summary.")).to_be_visible()
    summary = page.evaluate("navigator.clipboard.readText()")
    assert "Offering: Silver annual → Gold annual" in summary
    assert "They grow" not in summary
    assert_fits(page)
    assert Entitlement.objects.get(offering__sku="GOLD-ANNUAL").seat_limit == 250
    assert Act.objects.filter(operation__in=["change_offering", "undo_act"]).count() == 3


def test_support_does_the_same_without_scripts(page_without_scripts: Page, cast: Cast, login_as: LogIn) -> None:
    page = page_without_scripts
    login_as(page, cast.people["support"])
    page.goto("/history/")
    page.get_by_role("textbox", name="Search").fill(CODE)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=f"{CODE} Halden Robotics").click()
    expect(page.locator("main h1")).to_contain_text("Silver annual")
    page.get_by_role("button", name="Seats overridden").click()
    expect(page.get_by_role("tooltip")).to_contain_text("October migration")
    page.keyboard.press("Escape")
    tab(page, "Seats").click()
    page.get_by_label("Choose device-1").check()
    page.get_by_label("Choose device-2").check()
    page.get_by_role("button", name="Release chosen…").click()
    page.get_by_role("button", name="Release", exact=True).click()
    expect(page.get_by_role("heading", name="2 seats in use")).to_be_visible()
    tab(page, "Notes").click()
    page.get_by_label("New note").fill("Two laptops were lost.")
    page.get_by_role("button", name="Add note").click()
    expect(page.get_by_role("listitem").filter(has_text="Two laptops")).to_be_visible()


def test_operations_does_the_same_without_scripts(page_without_scripts: Page, cast: Cast, login_as: LogIn) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto(f"/search/?q={CODE}")
    page.get_by_role("link", name=f"{CODE} Halden Robotics").click()
    page.get_by_role("link", name="Change offering…").first.click()
    page.get_by_label("Gold annual").check()
    page.get_by_role("button", name="Show preview").click()
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator("main h1")).to_contain_text("Gold annual")
    page.get_by_role("link", name="Undo", exact=True).click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("main h1")).to_contain_text("Silver annual")
    page.goto("/entitlements/?overridden=on")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    assert "Halden Robotics" in Path(download.value.path()).read_text(encoding="utf-8-sig")
    page.goto("/history/")
    page.get_by_role("link", name="Changed offering", exact=True).last.click()
    expect(page.get_by_text("- Offering: Silver annual → Gold annual")).to_be_visible()


def upgrade(page: Page) -> None:
    """Move the entitlement on screen to Gold, for a reason."""
    page.get_by_role("link", name="Change offering…").first.click()
    dialog = dialog_of(page)
    dialog.get_by_label("Gold annual").check()
    expect(dialog.get_by_text("Nothing blocks this change.")).to_be_visible()
    dialog.get_by_label("Reason").fill("They grow")
    dialog.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator("main h1")).to_contain_text("Gold annual")


def exported(page: Page) -> list[str]:
    """Narrow the list to what is overridden and return the customers in the file that is downloaded."""
    page.get_by_role("link", name="Entitlements", exact=True).first.click()
    page.get_by_role("button", name="Overridden", exact=True).click()
    page.get_by_label("Overridden right").select_option("seat_limit")
    expect(page.get_by_role("rowheader")).to_have_text(["Halden Robotics"])
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    return [line.split(",")[0] for line in lines[1:]]
