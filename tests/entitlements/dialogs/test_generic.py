"""The dialogs made from the fields of an operation, their addresses and the menu: one of each for every operation."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from entitlements.dialogs.generic import form_for, shown_fields
from entitlements.dialogs.pages import OWN_DIALOGS, operations_with_dialog
from entitlements.models import Customer, Entitlement, Order
from entitlements.operations import OPERATIONS, Operation, ReleaseSeats, SetQuantity, TransferEntitlement
from tests.cast import TODAY, Cast, make_person
from tests.entitlements.pages import address, client_of, look_and_confirm, seen_in, shown

WITH_DIALOG = operations_with_dialog()
MADE = [operation for operation in WITH_DIALOG if operation not in OWN_DIALOGS]


def person_with(*permissions: str) -> Client:
    person = make_person("somebody", role="Viewer")
    for permission in permissions:
        app, _dot, codename = permission.partition(".")
        person.user_permissions.add(*Permission.objects.filter(content_type__app_label=app, codename=codename))
    return client_of(person)


def test_only_what_needs_more_than_an_entitlement_has_no_dialog_of_its_own() -> None:
    without = {operation.name for operation in OPERATIONS if operation not in WITH_DIALOG}
    assert without == {
        *("set_overrides", "revert_overrides", "create_entitlement", "undo_act", "together", "import_entitlements")
    }
    assert without == {operation.name for operation in OPERATIONS if not operation.has_dialog}


@pytest.mark.parametrize("operation", WITH_DIALOG)
def test_every_operation_has_a_page_for_those_with_its_permission(cast: Cast, operation: type[Operation]) -> None:
    entitlement = cast.entitle()
    url = address(operation.name, entitlement)
    assert url == f"/entitlements/{entitlement.pk}/{operation.name.replace('_', '-')}/"
    page = person_with(operation.permission).get(url)
    assert page.status_code == 200
    assert f'<h1 id="dialog-title">{operation.words.title}' in shown(page)
    assert f">{operation.words.submit}</button>" in shown(page)
    assert operation.words.intro in shown(page)


@pytest.mark.parametrize("operation", WITH_DIALOG)
def test_no_page_opens_without_the_permission_of_its_operation(cast: Cast, operation: type[Operation]) -> None:
    client = person_with(*(each.permission for each in WITH_DIALOG if each.permission != operation.permission))
    url = address(operation.name, cast.entitle())
    assert (client.get(url).status_code, client.post(url).status_code) == (403, 403)


@pytest.mark.parametrize("operation", MADE)
def test_every_form_that_is_made_makes_its_operation(cast: Cast, operation: type[Operation]) -> None:
    typed: dict[str, Any] = {"quantity": "3", "order_id": str(cast.entitle().order_id)}
    form = form_for(operation)(typed, as_of=TODAY)
    found = form.operation()
    assert isinstance(found, operation), form.errors
    assert found.as_of == TODAY
    assert {each.name for each in shown_fields(operation)} <= {*form.fields}


def test_the_form_takes_choices_and_defaults_from_hints() -> None:
    release, quantity = form_for(ReleaseSeats)({}, as_of=TODAY), form_for(SetQuantity)({}, as_of=TODAY)
    transfer = form_for(TransferEntitlement)({}, as_of=TODAY)
    assert [mode for mode, _words in release.seat_modes] == ["release_chosen", "release_all"]
    assert (release.seat_mode, release.always_offers_seats) == ("release_chosen", True)
    assert (quantity.seat_mode, quantity.always_offers_seats) == ("refuse", False)
    assert (transfer.seat_mode, transfer.always_offers_seats, quantity.autofocus) == ("keep", True, "quantity")


def test_seats_are_chosen_only_as_the_operation_allows() -> None:
    form = form_for(ReleaseSeats)({"seats": "keep"}, as_of=TODAY)
    assert form.operation() is None
    assert "seats" in form.errors


# --- the menu --------------------------------------------------------------------------------------------------------


def menu(client: Client, entitlement: Entitlement) -> list[str]:
    return [entry.words for entry in client.get(address("entitlement", entitlement)).context["menu"]]


def test_the_menu_offers_what_applies_to_the_state(cast: Cast) -> None:
    staff = client_of(cast.operations)
    running = ["Change offering…", "Renew…", "Change terms…", "Transfer…", "Disable…", "Remove product…"]
    assert menu(staff, cast.entitle()) == running
    assert {"Activate…", "Disable…"} <= {*menu(staff, cast.entitle("silver_trial"))}
    assert "Set quantity…" in menu(staff, cast.entitle("gold_seats", quantity=2))
    assert "Release seats…" not in menu(staff, cast.entitle(seats=2))


def test_the_menu_offers_enable_instead_of_disable_to_the_disabled(cast: Cast) -> None:
    entitlement, staff = cast.entitle(), client_of(cast.operations)
    look_and_confirm(staff, address("disable", entitlement), {})
    assert {"Enable…", "Disable…"} & {*menu(staff, entitlement)} == {"Enable…"}


def test_the_menu_offers_only_what_the_person_may(cast: Cast) -> None:
    assert menu(client_of(cast.people["viewer"]), cast.entitle()) == []


# --- choosing an order -----------------------------------------------------------------------------------------------


@pytest.fixture
def staff(cast: Cast) -> Client:
    return client_of(cast.operations)


def names(response: Any) -> list[str]:
    """Return the references of the orders to choose from."""
    page = shown(response)
    references = Order.objects.order_by("created_at").values_list("order_reference", flat=True)
    return [reference for reference in references if f"<b>{reference}</b>" in page]


def other_order(cast: Cast, reference: str) -> Order:
    """Make an order without entitlements."""
    customer = Customer.objects.get_or_create(name="Halden Robotics")[0]
    return Order.objects.create(customer=customer, order_reference=reference)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SX-1", ["SX-12"]),
        ("sx-1", ["SX-12"]),
        ("X-12", []),
        ("den ROB", ["SX-12"]),
        ("nobody", []),
        ("", []),
        ("\0", []),
    ],
)
def test_orders_are_found_by_reference_and_customer(staff: Client, cast: Cast, text: str, found: list[str]) -> None:
    entitlement = cast.entitle()
    other_order(cast, "SX-12")
    page = staff.post(address("transfer_entitlement", entitlement), {"order_id_search": text, "preview": "1"})
    assert names(page) == found


def test_at_most_eight_orders_are_listed(staff: Client, cast: Cast) -> None:
    entitlement = cast.entitle()
    for number in range(10):
        other_order(cast, f"SX-{number}")
    page = staff.post(address("transfer_entitlement", entitlement), {"order_id_search": "SX", "preview": "1"})
    assert len(names(page)) == 8


def test_the_order_chosen_stays_listed_when_the_words_change(staff: Client, cast: Cast) -> None:
    entitlement, order = cast.entitle(), other_order(cast, "SX-12")
    data = {"order_id_search": "nobody", "order_id": str(order.pk), "preview": "1"}
    page = shown(staff.post(address("transfer_entitlement", entitlement), data))
    assert f'value="{order.pk}" checked' in page


@pytest.mark.parametrize("chosen", ["", "abc", "9" * 2000, "00000000-0000-0000-0000-000000000000"])
def test_an_order_that_does_not_exist_is_refused_on_its_field(staff: Client, cast: Cast, chosen: str) -> None:
    response = staff.post(address("transfer_entitlement", cast.entitle()), {"order_id": chosen})
    assert response.status_code == 422
    assert "Choose one of the orders found." in shown(response)


def test_an_entitlement_is_transferred_through_the_page(staff: Client, cast: Cast) -> None:
    order, entitlement = other_order(cast, "SX-12"), cast.entitle("gold_annual", seats=2)
    url, data = address("transfer_entitlement", entitlement), {"order_id": str(order.pk)}
    assert seen_in(staff.post(url, {**data, "preview": "1"}))
    assert look_and_confirm(staff, url, data).status_code == 302
    entitlement.refresh_from_db()
    assert (entitlement.order_id, entitlement.seats_used) == (order.pk, 2)


def test_orders_are_shown_as_text(staff: Client, cast: Cast) -> None:
    other_order(cast, "<i>1</i>")
    url = address("transfer_entitlement", cast.entitle())
    page = shown(staff.post(url, {"order_id_search": "<i>", "preview": "1"}))
    assert "<i>1</i>" not in page
    assert "&lt;i&gt;1&lt;/i&gt;" in page
