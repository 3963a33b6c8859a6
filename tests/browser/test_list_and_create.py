"""The list of entitlements and the creation of one, in a real browser."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from entitlements.models import Customer, Entitlement
from offerings.models import Offering
from offerings.revisions import publish
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import NOW, Cast, make_cast

LIST = "/entitlements/"
CREATE = "/entitlements/new/"
WIDTHS = (360, 768, 1280)


@pytest.fixture
def cast(roles: None) -> Cast:
    """Return the cast with what three customers hold, one of them over the limit and overridden."""
    cast = make_cast()
    cast.entitle("silver_annual", overrides={"seat_limit": 250}, seats=2)
    cast.entitle("bronze_annual", seats=4)
    cast.entitle("silver_trial")
    Customer.objects.filter(name="Customer 0").update(name="Halden Robotics")
    return cast


@pytest.fixture
def operations(page: Page, cast: Cast, login_as: LogIn) -> Page:
    login_as(page, cast.operations)
    return page


FILTERED = f"{LIST}?status=active&overridden=on&right=seat_limit&sort=-seats"


@pytest.mark.parametrize(
    "address",
    [
        LIST,
        f"{LIST}?q=nobody",
        FILTERED,
        f"{LIST}?offering=GONE",
        CREATE,
        f"{CREATE}?offering=GOLD-SEATS&customer_name=A",
    ],
)
def test_each_page_is_accessible_and_fits_a_phone(operations: Page, address: str) -> None:
    operations.goto(address)
    assert_accessible(operations)
    for width in WIDTHS:
        assert_no_sideways_scroll(operations, width=width)


def test_the_whole_table_is_on_screen_at_1280_pixels(operations: Page) -> None:
    Customer.objects.update(name="A company whose name is far too long for one line of any table")
    Offering.objects.update(name="An offering whose name is too long for one line")
    publish(Offering.objects.all(), published_by=None, published_by_name="tests")
    Entitlement.objects.update(seats_used=123_456, seat_limit=1_234_567, seat_capacity=1_234_567, disabled_at=NOW)
    operations.goto(LIST)
    table = operations.get_by_role("region", name="Entitlements table")
    assert table.evaluate("table => table.scrollWidth <= table.clientWidth")


@pytest.mark.parametrize("menu", ["Offering", "Status", "Overridden", "Expires"])
def test_each_menu_of_filters_is_accessible_and_fits_a_phone(operations: Page, menu: str) -> None:
    operations.set_viewport_size({"width": 360, "height": 800})
    operations.goto(LIST)
    operations.get_by_role("button", name=menu, exact=True).click()
    opened = operations.locator(".filters .menu:popover-open").bounding_box()
    assert opened
    assert (opened["x"] >= 0, opened["x"] + opened["width"] <= 360) == (True, True)
    assert_accessible(operations)


def test_menus_narrow_the_list_and_chips_widen_it_again(operations: Page) -> None:
    operations.goto(LIST)
    operations.get_by_role("button", name="Status", exact=True).click()
    operations.get_by_role("checkbox", name="Active").check()
    operations.get_by_role("checkbox", name="Created").check()
    expect(operations).to_have_url(re.compile(r"\?status=created&status=active$"))
    operations.keyboard.press("Escape")
    operations.get_by_text("Over limit").click()
    expect(operations.get_by_role("rowheader")).to_have_text(["Customer 1"])
    expect(operations.get_by_text("1 found")).to_be_visible()
    expect(operations.get_by_role("link", name="Export")).to_have_attribute(
        "href", f"{LIST}export.csv?status=created&status=active&over_limit=on"
    )
    operations.get_by_role("link", name="Remove Over the limit").click()
    expect(operations.get_by_role("rowheader")).to_have_count(3)
    operations.get_by_role("link", name="Clear filters").click()
    expect(operations.get_by_role("list", name="Filters in force")).to_have_count(0)


def test_a_right_and_a_day_narrow_the_list_by_keyboard(operations: Page) -> None:
    operations.goto(LIST)
    operations.get_by_role("button", name="Overridden", exact=True).press("Enter")
    operations.get_by_label("Overridden right").select_option("seat_limit")
    expect(operations.get_by_role("rowheader")).to_have_text(["Halden Robotics"])
    operations.keyboard.press("Escape")
    operations.get_by_role("button", name="Expires", exact=True).press("Enter")
    operations.get_by_label("Expires before").fill("2026-03-02")
    expect(operations.get_by_text("Nothing found")).to_be_visible()
    expect(operations.get_by_role("button", name="Expires", exact=True)).to_have_attribute("data-active", "")


def test_headings_sort_and_the_search_keeps_the_sort(operations: Page) -> None:
    operations.goto(LIST)
    operations.get_by_role("link", name="Customer", exact=True).click()
    expect(operations.get_by_role("rowheader")).to_have_text(["Customer 1", "Customer 2", "Halden Robotics"])
    operations.get_by_role("link", name="Customer", exact=True).click()
    expect(operations.get_by_role("rowheader")).to_have_text(["Halden Robotics", "Customer 2", "Customer 1"])
    operations.get_by_label("Search entitlements").fill("customer")
    expect(operations.get_by_role("rowheader")).to_have_text(["Customer 2", "Customer 1"])


def test_the_list_is_downloaded(operations: Page) -> None:
    operations.goto(FILTERED)
    with operations.expect_download() as download:
        operations.get_by_role("link", name="Export").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert [line.split(",")[0] for line in text.splitlines()] == ["Customer", "Halden Robotics"]


def test_the_list_narrows_as_people_type_and_the_address_follows(operations: Page) -> None:
    operations.goto(LIST)
    operations.keyboard.press("f")
    operations.keyboard.type("halden")
    expect(operations.get_by_role("rowheader")).to_have_text(["Halden Robotics"])
    expect(operations).to_have_url(f"{operations.url.split('/entitlements')[0]}{LIST}?q=halden")
    operations.get_by_label("Search entitlements").fill("")
    expect(operations.get_by_role("rowheader")).to_have_count(3)
    operations.get_by_text("Over limit").click()
    expect(operations.get_by_role("rowheader")).to_have_text(["Customer 1"])
    operations.go_back()
    expect(operations.get_by_role("rowheader")).to_have_count(3)


def test_the_alert_of_a_row_says_what_is_overridden(operations: Page) -> None:
    operations.goto(LIST)
    operations.get_by_role("button", name="1 overridden").hover()
    expect(operations.get_by_role("tooltip")).to_have_text("Seats 250 (standard 5).")


def test_the_menu_of_a_row_opens_the_change_dialog_after_a_search(operations: Page) -> None:
    operations.goto(LIST)
    operations.get_by_label("Search entitlements").fill("halden")
    expect(operations.get_by_role("rowheader")).to_have_count(1)
    operations.get_by_role("link", name="Actions for Halden Robotics, SO-0").click()
    operations.get_by_role("link", name="Change offering…").click()
    expect(operations.get_by_role("dialog")).to_be_visible()


def test_an_entitlement_is_created_by_keyboard_in_the_dialog(operations: Page) -> None:
    operations.goto(LIST)
    operations.get_by_role("link", name="New entitlement").press("Enter")
    expect(operations.get_by_label("Customer", exact=True)).to_be_focused()
    operations.keyboard.type("Halden")
    found = operations.get_by_role("radio", name="Halden Robotics")
    found.focus()
    operations.keyboard.press("Space")
    expect(found).to_be_checked()
    offering = operations.get_by_role("dialog").get_by_label("Offering")
    offering.focus()
    offering.select_option("GOLD-SEATS")
    operations.get_by_label("Quantity").focus()
    operations.keyboard.type("12")
    expect(operations.get_by_role("region", name="What would be made")).to_contain_text("12")
    expect(operations.get_by_text("Nothing stands against it.")).to_be_visible()
    assert_accessible(operations)
    operations.get_by_role("button", name="Create").press("Enter")
    expect(operations.get_by_role("main")).to_contain_text("Created Gold per seat for Halden Robotics.")
    made = Entitlement.objects.get(offering__sku="GOLD-SEATS")
    assert (made.quantity, made.order.customer.name) == (12, "Halden Robotics")


def test_on_a_slow_line_nothing_typed_is_lost_and_the_preview_follows(operations: Page) -> None:
    operations.goto(LIST)
    operations.get_by_role("link", name="New entitlement").click()
    operations.get_by_label("Customer", exact=True).fill("Halden")
    operations.get_by_role("radio", name="Halden Robotics").check()
    line = operations.context.new_cdp_session(operations)
    line.send("Network.enable")
    slow = {"offline": False, "latency": 600, "downloadThroughput": -1, "uploadThroughput": -1}
    line.send("Network.emulateNetworkConditions", slow)
    operations.get_by_role("dialog").get_by_label("Offering").select_option("GOLD-SEATS")
    operations.get_by_label("Quantity").press_sequentially("12")
    expect(operations.get_by_role("region", name="What would be made")).to_contain_text("12")
    expect(operations.get_by_label("Quantity")).to_have_value("12")
    expect(operations.get_by_label("Quantity")).to_be_focused()


def test_a_mistake_is_shown_on_its_field_and_what_was_typed_stays(operations: Page) -> None:
    operations.goto(LIST)
    operations.get_by_role("link", name="New entitlement").click()
    operations.get_by_label("Customer", exact=True).fill("Somebody new")
    operations.get_by_role("dialog").get_by_label("Offering").select_option("SILVER-ANNUAL")
    operations.get_by_label("Activation codes").fill("no good!")
    operations.locator("dialog > form").evaluate("form => form.requestSubmit()")  # ahead of the preview, which says it
    codes = operations.get_by_label("Activation codes")
    expect(codes).to_have_attribute("aria-invalid", "true")
    expect(codes).to_be_focused()
    expect(codes).to_have_value("no good!")
    assert_accessible(operations)


def test_a_slow_press_counts_although_the_preview_updates_meanwhile(operations: Page) -> None:
    operations.goto(LIST)
    operations.get_by_role("link", name="New entitlement").click()
    operations.get_by_label("Customer", exact=True).fill("Halden")
    operations.get_by_role("radio", name="Halden Robotics").check()
    operations.get_by_role("dialog").get_by_label("Offering").select_option("SILVER-ANNUAL")
    expect(operations.get_by_text("Nothing stands against it.")).to_be_visible()
    button = operations.get_by_role("button", name="Create")
    expect(button).to_be_enabled()
    operations.get_by_label("Activation codes").fill("no good!")
    button.hover()
    operations.mouse.down()
    operations.wait_for_timeout(700)
    operations.mouse.up()
    expect(operations.get_by_label("Activation codes")).to_have_attribute("aria-invalid", "true")


def test_an_entitlement_is_created_without_scripts(page_without_scripts: Page, cast: Cast, login_as: LogIn) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto(LIST)
    page.get_by_role("link", name="New entitlement").click()
    page.get_by_label("Customer", exact=True).fill("Halden")
    page.get_by_role("button", name="Find customers").click()
    page.get_by_role("radio", name="Halden Robotics").check()
    page.get_by_label("Offering").select_option("GOLD-ANNUAL")
    page.get_by_label("Order reference").fill("SO-77")
    page.get_by_role("button", name="Show preview").click()
    expect(page.get_by_text("Nothing stands against it.")).to_be_visible()
    page.get_by_role("button", name="Create").click()
    expect(page).to_have_url(f"{page.url.split('/entitlements')[0]}{LIST}{Entitlement.objects.order_by('-pk')[0].pk}/")
    assert Entitlement.objects.get(order__order_reference="SO-77").offering.sku == "GOLD-ANNUAL"


def test_the_list_is_filtered_and_left_without_scripts(page_without_scripts: Page, cast: Cast, login_as: LogIn) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto(LIST)
    page.get_by_role("button", name="Offering", exact=True).click()
    page.get_by_label("Offering").select_option("BRONZE-ANNUAL")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Status", exact=True).click()
    page.get_by_role("checkbox", name="Active").check()
    page.keyboard.press("Escape")
    page.get_by_text("Over limit").click()
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("list", name="Filters in force").get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_role("rowheader")).to_have_count(1)
    page.get_by_role("link", name="Seats", exact=True).click()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    page.get_by_role("rowheader").get_by_role("link").click()
    assert page.url.endswith(f"{Entitlement.objects.get(offering__sku='BRONZE-ANNUAL').pk}/")
