"""The list of entitlements and the creation of one, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from entitlements.models import Customer, Entitlement
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import Cast, make_cast

LIST = "/entitlements/"
CREATE = "/entitlements/new/"


@pytest.fixture
def cast(transactional_db: None, django_db_serialized_rollback: None) -> Cast:
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


@pytest.mark.parametrize("address", [LIST, f"{LIST}?q=nobody", CREATE, f"{CREATE}?offering=GOLD-SEATS&customer_name=A"])
def test_each_page_is_accessible_and_fits_a_phone(operations: Page, address: str) -> None:
    operations.goto(address)
    assert_accessible(operations)
    assert_no_sideways_scroll(operations)


def test_the_list_narrows_as_people_type_and_the_address_follows(operations: Page) -> None:
    operations.goto(LIST)
    operations.keyboard.press("/")
    operations.keyboard.type("halden")
    expect(operations.get_by_role("rowheader")).to_have_text(["Halden Robotics"])
    expect(operations).to_have_url(f"{operations.url.split('/entitlements')[0]}{LIST}?q=halden")
    operations.get_by_label("Search entitlements").fill("")
    operations.get_by_text("Overridden").click()
    expect(operations.get_by_role("rowheader")).to_have_text(["Halden Robotics"])
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
    operations.get_by_role("button", name="Actions for Halden Robotics, SO-0").click()
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
    assert (made.quantity, made.group.customer.name) == (12, "Halden Robotics")


def test_a_mistake_is_shown_on_its_field_and_what_was_typed_stays(operations: Page) -> None:
    operations.goto(LIST)
    operations.get_by_role("link", name="New entitlement").click()
    operations.get_by_label("Customer", exact=True).fill("Somebody new")
    operations.get_by_role("dialog").get_by_label("Offering").select_option("SILVER-ANNUAL")
    operations.get_by_label("Activation codes").fill("no good!")
    operations.get_by_role("button", name="Create").click()
    codes = operations.get_by_label("Activation codes")
    expect(codes).to_have_attribute("aria-invalid", "true")
    expect(codes).to_be_focused()
    expect(codes).to_have_value("no good!")
    assert_accessible(operations)


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
    assert Entitlement.objects.get(group__order_reference="SO-77").offering.sku == "GOLD-ANNUAL"


def test_the_list_is_filtered_and_left_without_scripts(page_without_scripts: Page, cast: Cast, login_as: LogIn) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto(LIST)
    page.get_by_label("Offering").select_option("BRONZE-ANNUAL")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("rowheader")).to_have_count(1)
    page.get_by_role("rowheader").get_by_role("link").click()
    assert page.url.endswith(f"{Entitlement.objects.get(offering__sku='BRONZE-ANNUAL').pk}/")
