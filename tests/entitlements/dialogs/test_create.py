"""The page that gives a customer an entitlement: what it shows, what it makes, what it refuses and why."""

import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from entitlements.models import Act, ActivationCode, Customer, Entitlement, Order, Source
from offerings.models import Offering
from tests.cast import Cast

pytestmark = pytest.mark.django_db

CREATE = "/entitlements/new/"
TWO_PLANS = (
    "This order would hold two plans for Atlas Analytics. Change the offering of the other one, or end it first."
)
FIXED = "Silver annual is sold with a fixed number of seats. Leave the quantity empty."


@pytest.fixture
def operations(cast: Cast, client: Client) -> Client:
    client.force_login(cast.operations)
    return client


def typed(**words: str) -> dict[str, str]:
    """Return what a person types for a new customer, with ``words`` instead."""
    return {
        "customer_name": "Halden Robotics",
        "order_reference": "SO-1",
        "codes": "HALDEN-1",
        "offering": "SILVER-ANNUAL",
        "quantity": "",
    } | words


def see(client: Client, words: dict[str, str]) -> dict[str, Any]:
    """Return what was typed with what its preview showed, and with the key of what would be made."""
    answer = client.post(f"{CREATE}?preview=1", words)
    assert answer.status_code == 200
    key = re.findall(r'name="key" value="([^"]+)"', answer.content.decode())
    return words | {"seen": answer.context["seen"], "key": key}


def create(client: Client, **words: str) -> HttpResponse:
    return client.post(CREATE, see(client, typed(**words)))


def errors(answer: HttpResponse) -> dict[str, list[str]]:
    assert answer.status_code == 422
    return {name: list(found) for name, found in answer.context["form"].errors.items()}


def nothing_was_made() -> bool:
    return not (Entitlement.objects.exists() or Customer.objects.exists() or Act.objects.exists())


# --- who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["viewer", "support", "manager"])
def test_creating_is_refused_without_permission(cast: Cast, client: Client, name: str) -> None:
    client.force_login(cast.people[name])
    assert client.get(CREATE).status_code == 403
    assert client.post(CREATE, typed()).status_code == 403


# --- what it makes ---------------------------------------------------------------------------------------------------


def test_a_new_customer_gets_an_entitlement_with_order_and_codes(operations: Client) -> None:
    answer = create(operations, codes="halden-1\nHALDEN-2\n")
    made = Entitlement.objects.get()
    assert answer.url == f"/entitlements/{made.pk}/"
    assert (made.order.customer.name, made.order.order_reference) == ("Halden Robotics", "SO-1")
    assert sorted(made.order.codes.values_list("code", flat=True)) == ["HALDEN-1", "HALDEN-2"]
    assert Act.objects.get().source == Source.PAGE


def test_the_form_starts_with_a_generated_code(operations: Client) -> None:
    code = operations.get(CREATE).context["form"].data["codes"]
    create(operations, codes=code)
    assert ActivationCode.objects.get().code == code


def test_a_customer_found_gets_a_new_order(operations: Client) -> None:
    customer = Customer.objects.create(name="Halden Robotics")
    create(operations, customer_name="halden", customer=str(customer.pk))
    assert Entitlement.objects.get().order.customer == customer


def test_an_entitlement_can_join_an_order_there_is(operations: Client) -> None:
    customer = Customer.objects.create(name="Halden Robotics")
    order = Order.objects.create(customer=customer, order_reference="SO-9")
    create(operations, customer=str(customer.pk), order=str(order.pk), codes="", order_reference="")
    assert Entitlement.objects.get().order == order


def test_an_offering_sold_per_seat_takes_the_quantity(operations: Client) -> None:
    create(operations, offering="GOLD-SEATS", quantity="40")
    assert (Entitlement.objects.get().quantity, Entitlement.objects.get().seat_limit) == (40, 40)


def test_the_address_can_choose_the_customer_first(operations: Client) -> None:
    customer = Customer.objects.create(name="Halden Robotics")
    form = operations.get(CREATE, {"customer": str(customer.pk)}).context["form"]
    assert form.chosen_customer == customer


def test_the_message_of_a_creation_links_to_undo(operations: Client) -> None:
    response = create(operations, customer_name="<b>Halden</b>")
    [message] = get_messages(response.wsgi_request)  # type: ignore[attr-defined]
    assert "&lt;b&gt;Halden&lt;/b&gt;" in str(message)
    assert reverse("entitlements:undo", args=[Entitlement.objects.get().pk, Act.objects.get().pk]) in str(message)


def test_in_a_dialog_success_leaves_for_the_new_entitlement(operations: Client) -> None:
    answer = operations.post(CREATE, see(operations, typed()), headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == f"/entitlements/{Entitlement.objects.get().pk}/"


# --- nothing unseen --------------------------------------------------------------------------------------------------


def test_nothing_is_made_before_the_preview_was_seen(operations: Client) -> None:
    answer = operations.post(CREATE, typed())
    assert "Nothing is created yet." in answer.content.decode()
    assert nothing_was_made()


def test_nothing_is_made_when_the_choices_moved_since_the_preview(operations: Client) -> None:
    seen = see(operations, typed())
    answer = operations.post(CREATE, seen | {"offering": "GOLD-ANNUAL"})
    assert answer.status_code == 409
    assert nothing_was_made()


def test_the_preview_says_what_would_be_made(operations: Client) -> None:
    shown = operations.post(f"{CREATE}?preview=1", typed()).content.decode()
    for words in ("Halden Robotics", "Silver annual", "HALDEN-1", "Nothing stands against it."):
        assert words in shown
    assert nothing_was_made()


def test_a_new_customer_with_a_known_name_is_warned_of(operations: Client) -> None:
    Customer.objects.create(name="Halden Robotics")
    shown = operations.post(f"{CREATE}?preview=1", typed(customer="new")).content.decode()
    assert "There is a customer of this name already." in shown


# --- what it refuses -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "field", "message"),
    [
        ({"customer_name": ""}, "customer_name", "Type the name of a customer, or of a new one."),
        ({"customer_name": "x" * 1000}, "customer_name", "Use at most 100 characters; this has 1,000."),
        ({"customer_name": "a\0b"}, "customer_name", "Null characters are not allowed."),
        ({"order_reference": "x" * 1000}, "order_reference", "Use at most 100 characters; this has 1,000."),
        ({"codes": ""}, "codes", "Give at least one code: 2 to 50 capital letters, digits and dashes."),
        ({"codes": "A B"}, "codes", "A B: Use 2 to 50 capital letters, digits and dashes."),
        ({"codes": "AB\nAB"}, "codes", "AB is there twice. Give each code once."),
        ({"codes": "X" * 1_000_000}, "codes", "Use at most 6,000 characters: that is room for more than 100 codes."),
        ({"offering": ""}, "offering", "Choose what to give the customer."),
        ({"offering": "GONE"}, "offering", "No published offering has the SKU GONE. Choose one from the list."),
        (
            {"quantity": "5"},
            "quantity",
            FIXED,
        ),
    ],
)
def test_bad_input_is_refused_on_its_field(operations: Client, words: dict[str, str], field: str, message: str) -> None:
    assert message in errors(create(operations, **words))[field]
    assert nothing_was_made()


@pytest.mark.parametrize("quantity", ["0", "-1", str(10**20)])
def test_a_quantity_out_of_range_is_refused(operations: Client, quantity: str) -> None:
    found = errors(create(operations, offering="GOLD-SEATS", quantity=quantity))
    assert found["quantity"] == ["Give a quantity from 1 to 9,223,372,036,854,775,807."]
    assert nothing_was_made()


@pytest.mark.parametrize("quantity", ["", "many", "1.5", "9" * 5000])
def test_a_quantity_that_is_no_number_is_refused(operations: Client, quantity: str) -> None:
    assert "quantity" in errors(create(operations, offering="GOLD-SEATS", quantity=quantity))
    assert nothing_was_made()


def test_a_code_in_use_is_refused(operations: Client) -> None:
    create(operations)
    found = errors(create(operations, customer_name="Somebody else"))
    assert found["codes"] == ["HALDEN-1 is in use already. Choose another code."]
    assert Entitlement.objects.count() == 1


def test_a_retired_offering_is_refused(operations: Client) -> None:
    Offering.objects.get(sku="SILVER-ANNUAL").retire()
    found = errors(create(operations))
    assert found["offering"] == ["Silver annual is retired. Choose an offering on sale."]
    assert nothing_was_made()


def test_a_second_plan_of_one_product_in_an_order_is_refused(operations: Client) -> None:
    create(operations)
    made = Entitlement.objects.get()
    found = errors(create(operations, customer=str(made.order.customer_id), order=str(made.order_id)))
    assert found["offering"] == [TWO_PLANS]


def test_an_order_of_somebody_else_is_refused(operations: Client) -> None:
    customer = Customer.objects.create(name="Halden Robotics")
    other = Order.objects.create(customer=Customer.objects.create(name="Other"))
    found = errors(create(operations, customer=str(customer.pk), order=str(other.pk)))
    assert found["order"] == ["Choose an order of Halden Robotics, or a new one."]


def test_a_name_that_customers_have_needs_a_choice(operations: Client) -> None:
    Customer.objects.create(name="Halden Robotics")
    found = errors(create(operations))
    assert found["customer_name"] == ["Choose one of the customers found, or the new one."]


def test_html_is_shown_as_text(operations: Client) -> None:
    shown = operations.post(f"{CREATE}?preview=1", typed(customer_name="<b>x</b>", order_reference="<i>")).content
    assert b"<b>x</b>" not in shown
    assert b"<i>" not in shown


def test_two_people_with_the_same_code_do_not_both_get_it(operations: Client) -> None:
    seen = see(operations, typed())
    create(operations, customer_name="Quick")
    answer = operations.post(CREATE, seen)
    assert answer.status_code == 409
    assert answer.context["form"].errors["codes"] == ["HALDEN-1 is in use already. Choose another code."]
    assert Entitlement.objects.count() == 1
