"""Customers, orders and notes in a real browser."""

import pytest
from playwright.sync_api import Locator, Page, expect

from entitlements.directory.notes import add_note, pin_note
from entitlements.models import ActivationCode, Customer, Note, Order
from tests.browser.checks import assert_accessible, assert_no_sideways_scroll
from tests.browser.conftest import LogIn
from tests.cast import Cast, make_cast

LIST = "/customers/"
MARKDOWN = """**Pays late.** See [contract](https://a.example/x):

- ask *Ida*
- `SO-1`

> quoted

1. one

```
code
```
"""
PAGES = [
    LIST,
    f"{LIST}?q=nobody",
    f"{LIST}new/",
    "{customer}",
    "{customer}orders/",
    "{customer}notes/",
    "{customer}history/",
    "{customer}edit/",
    "{customer}details/",
    "{customer}contacts/new/",
    "{customer}merge/",
    "{customer}disable/",
    "{order}",
    "{order}edit/",
    "{order}codes/",
    "{order}codes/{code}/remove/",
]


@pytest.fixture
def cast(roles: None) -> Cast:
    """Return the cast with one customer that has a bit of everything."""
    cast = make_cast()
    entitlement = cast.entitle("silver_annual", overrides={"seat_limit": 250}, seats=2)
    cast.entitle(cast.add_on(), order=entitlement.order_id)
    Customer.objects.update(name="Halden Robotics", account_reference="C-10288")
    ActivationCode.objects.create(order_id=entitlement.order_id, code="7KQM-2XWA")
    note = add_note(entitlement.order.customer, MARKDOWN, made_by=cast.operations)
    pin_note(note.pk, made_by=cast.operations)
    add_note(entitlement, "Call first.", made_by=cast.operations)
    return cast


@pytest.fixture
def operations(page: Page, cast: Cast, login_as: LogIn) -> Page:
    login_as(page, cast.operations)
    return page


def dialog_of(page: Page) -> Locator:
    """Return the open dialog, once htmx listens to its fields."""
    return page.locator("dialog[open]:has(> .dialog-form:not(.htmx-settling))")


def addressed(address: str) -> str:
    """Return an address with the keys of the customer, order and code there are."""
    order = Order.objects.select_related("customer").get()
    return address.format(
        customer=order.customer.get_absolute_url(), order=order.get_absolute_url(), code=ActivationCode.objects.get().pk
    )


@pytest.mark.parametrize("address", PAGES)
def test_each_page_is_accessible_and_fits_a_phone(operations: Page, address: str) -> None:
    operations.goto(addressed(address))
    assert_accessible(operations)
    assert_no_sideways_scroll(operations)


def test_the_list_narrows_as_people_type_and_the_address_follows(operations: Page) -> None:
    Customer.objects.create(name="Arden & Sons")
    operations.goto(LIST)
    operations.get_by_role("searchbox", name="Search customers").fill("c-10")
    expect(operations.get_by_role("rowheader")).to_have_text(["Halden Robotics"])
    assert operations.url.endswith(f"{LIST}?q=c-10")


def test_a_customer_is_disabled_and_enabled_by_keyboard(operations: Page) -> None:
    operations.goto(addressed("{customer}"))
    actions = operations.get_by_role("button", name="Actions for this customer")
    actions.press("Enter")
    operations.get_by_role("link", name="Disable…").press("Enter")
    dialog = dialog_of(operations)
    expect(dialog).to_contain_text("2 entitlements that can be used now stop working")
    reason = dialog.get_by_role("textbox", name="Reason")
    expect(reason).to_be_focused()
    assert_accessible(operations)
    operations.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(actions).to_be_focused()
    actions.press("Enter")
    operations.get_by_role("link", name="Disable…").press("Enter")
    expect(reason).to_be_focused()
    reason.press("Enter")
    expect(dialog.locator("[data-submit]")).to_be_disabled()
    expect(dialog).to_be_visible()
    reason.fill("No invoice was paid since May.")
    reason.press("Enter")
    expect(operations.get_by_role("main")).to_contain_text("Halden Robotics is disabled.")
    expect(operations.get_by_role("table")).to_contain_text("Customer disabled")
    assert_accessible(operations)
    operations.get_by_role("link", name="Enable…").first.click()
    expect(dialog).to_contain_text("2 entitlements can be used again.")
    dialog.get_by_role("textbox", name="Reason").fill("Paid.")
    dialog.get_by_role("button", name="Enable").click()
    expect(operations.get_by_role("main")).to_contain_text("Halden Robotics is enabled.")


def test_two_people_edit_a_customer_and_the_second_looks_again(operations: Page) -> None:
    operations.goto(addressed("{customer}"))
    operations.get_by_role("button", name="Actions for this customer").click()
    operations.get_by_role("link", name="Edit…").click()
    dialog = dialog_of(operations)
    name = dialog.get_by_role("textbox", name="Name")
    expect(name).to_have_value("Halden Robotics")
    Customer.objects.update(account_reference="C-1")
    name.fill("Halden AG")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_contain_text("Somebody else edited this customer.")
    expect(name).to_have_value("Halden AG")
    assert_accessible(operations)
    dialog.get_by_role("textbox", name="Account reference").fill("C-1")
    dialog.get_by_role("button", name="Save").click()
    expect(operations.locator("main h1")).to_contain_text("Halden AG")


def test_codes_are_typed_generated_and_removed(operations: Page) -> None:
    operations.goto(addressed("{order}"))
    operations.get_by_role("link", name="Add codes…").click()
    dialog = dialog_of(operations)
    dialog.get_by_label("Your own codes").fill("7kqm-2xwa\nok-1")
    dialog.get_by_role("button", name="Add codes").click()
    expect(dialog).to_contain_text("7KQM-2XWA is in use already.")
    assert_accessible(operations)
    dialog.get_by_label("Your own codes").fill("ok-1")
    dialog.get_by_role("button", name="Add codes").click()
    expect(operations.get_by_role("main")).to_contain_text("Added 2 activation codes.")
    operations.get_by_role("link", name="Remove OK-1…").click()
    expect(dialog).to_contain_text("can no longer be used")
    expect(dialog.get_by_role("button", name="Remove code")).to_be_focused()
    operations.keyboard.press("Enter")
    expect(operations.get_by_role("main")).to_contain_text("Removed activation code OK-1.")
    assert ActivationCode.objects.filter(code="OK-1").count() == 0


def test_an_offering_is_added_to_the_order(operations: Page) -> None:
    operations.goto(addressed("{order}"))
    operations.get_by_role("link", name="Add offering…").click()
    order = operations.get_by_role("dialog").get_by_label("Order")
    expect(order).to_have_value(str(Order.objects.get().pk))


def test_notes_are_written_and_pinned_without_scripts(page_without_scripts: Page, cast: Cast, login_as: LogIn) -> None:
    page = page_without_scripts
    login_as(page, cast.people["support"])
    page.goto(LIST)
    page.get_by_role("searchbox").fill("halden")
    page.get_by_role("button", name="Apply").click()
    page.get_by_role("link", name="Halden Robotics").click()
    expect(page.get_by_role("complementary", name="Pinned notes")).to_contain_text("Pays late.")
    page.get_by_role("link", name="Notes").first.click()
    page.get_by_label("New note").fill("Their **new** address: <b>somewhere</b>")
    page.get_by_role("button", name="Add note").click()
    written = page.get_by_role("listitem").filter(has_text="<b>somewhere</b>")
    expect(written.locator("strong")).to_have_text("new")
    written.get_by_role("button", name="Pin").click()
    expect(page.get_by_role("main")).to_contain_text("Note pinned")
    assert Note.objects.get(text__startswith="Their").pinned_at is not None


def test_an_order_is_edited_without_scripts(page_without_scripts: Page, cast: Cast, login_as: LogIn) -> None:
    page = page_without_scripts
    login_as(page, cast.operations)
    page.goto(addressed("{order}edit/"))
    page.get_by_role("textbox", name="Order reference").fill("SO-77")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Order SO-77")
    expect(page.get_by_role("main")).to_contain_text("Order reference: SO-0 → SO-77.")


def test_a_contact_is_added_by_keyboard(operations: Page) -> None:
    operations.goto(addressed("{customer}details/"))
    operations.get_by_role("link", name="Add contact…").press("Enter")
    dialog = dialog_of(operations)
    expect(dialog.get_by_label("Name")).to_be_focused()
    operations.keyboard.type("Mira Holm")
    operations.keyboard.press("Tab")
    operations.keyboard.type("mira.holm@halden.example")
    operations.keyboard.press("Enter")
    expect(operations.get_by_role("main")).to_contain_text("mira.holm@halden.example")
    for width in (768, 1440):
        assert_no_sideways_scroll(operations, width)


def test_two_customers_are_merged_and_unmerged_without_scripts(
    page_without_scripts: Page, cast: Cast, login_as: LogIn
) -> None:
    page = page_without_scripts
    other = Customer.objects.create(name="Halden Labs")
    login_as(page, cast.people["administrator"])
    page.goto(f"{other.get_absolute_url()}merge/")
    page.get_by_role("searchbox", name="Customer to merge into").fill("Halden Robotics")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Halden Robotics").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Merge Halden Labs into Halden Robotics")
    page.get_by_label("Reason").fill("The same company.")
    page.get_by_role("button", name="Merge").click()
    expect(page.get_by_role("main")).to_contain_text("Halden Labs")
    other.refresh_from_db()
    assert other.merged_into is not None
    page.goto(f"{other.get_absolute_url()}merge/undo/")
    page.get_by_role("button", name="Undo merge").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Halden Labs")
