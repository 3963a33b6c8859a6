"""The search for orders and customers in dialogs: what is found, in which order, and with how much work."""

from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from entitlements.dialogs.create.forms import CreateForm
from entitlements.dialogs.order_search import customers_named, orders_to_choose_from
from entitlements.models import Customer, Order
from tests.cast import NOW, TODAY

pytestmark = pytest.mark.django_db


def order_of(name: str, reference: str = "", *, age: int = 0) -> Order:
    """Make an order of a customer, so many days old."""
    customer = Customer.objects.get_or_create(name=name)[0]
    order = Order.objects.create(customer=customer, order_reference=reference)
    Order.objects.filter(pk=order.pk).update(created_at=NOW - timedelta(days=age))
    return order


def references(text: str, chosen: str = "") -> list[str]:
    return [order.order_reference for order in orders_to_choose_from(text, chosen)]


def names(text: str) -> list[str]:
    return [customer.name for customer in customers_named(text)]


# --- orders ----------------------------------------------------------------------------------------------------------


def test_orders_are_found_by_reference_and_by_customer_newest_first() -> None:
    order_of("Osprey Freight", "HA-1", age=3)
    order_of("Halden Robotics", "SX-1", age=2)
    order_of("New Halden", "SX-2", age=1)
    assert references("ha") == ["SX-1", "HA-1"]
    assert references("hal") == ["SX-2", "SX-1"]


def test_one_letter_starts_a_reference_and_names_no_customer() -> None:
    order_of("Halden Robotics", "SX-1")
    order_of("Osprey Freight", "H-1")
    assert references("h") == ["H-1"]


def test_an_order_that_fits_by_both_is_listed_once() -> None:
    order_of("Halden Robotics", "HAL-1")
    assert references("hal") == ["HAL-1"]


def test_a_whole_reference_is_found_among_many_longer_ones() -> None:
    order_of("Halden Robotics", "SO-4", age=99)
    for number in range(10):
        order_of("Halden Robotics", f"SO-4{number}")
    assert "SO-4" in references("so-4")


def test_the_chosen_order_comes_first() -> None:
    chosen = order_of("Osprey Freight", "OX-1")
    order_of("Halden Robotics", "SX-1")
    assert references("sx", str(chosen.pk)) == ["OX-1", "SX-1"]


def test_nothing_is_found_for_no_text() -> None:
    order_of("Halden Robotics", "SX-1")
    assert references("") == []


def test_the_search_of_orders_is_a_union_and_never_one_or_over_a_join() -> None:
    order_of("Halden Robotics", "SX-1")
    with CaptureQueriesContext(connection) as seen:
        orders_to_choose_from("ha", "00000000-0000-0000-0000-000000000000")
    assert len(seen) <= 4
    sql = " ".join(query["sql"] for query in seen)
    assert " UNION " in sql
    assert " OR " not in sql


@pytest.mark.parametrize("text", ["s", "sx"])
def test_one_or_two_letters_look_into_no_name(text: str) -> None:
    with CaptureQueriesContext(connection) as seen:
        orders_to_choose_from(text, "")
    assert " LIKE " not in " ".join(query["sql"] for query in seen)


# --- customers -------------------------------------------------------------------------------------------------------


def test_customers_whose_name_starts_with_the_text_come_first() -> None:
    for name in ("New Halden", "halden", "Halden Robotics", "Osprey"):
        Customer.objects.create(name=name)
    assert names("hal") == ["halden", "Halden Robotics", "New Halden"]


@pytest.mark.parametrize(("text", "found"), [("h", 1), ("ha", 1), ("hal", 2)])
def test_one_or_two_letters_only_start_a_name(text: str, found: int) -> None:
    for name in ("New Halden", "Halden"):
        Customer.objects.create(name=name)
    assert len(names(text)) == found
    assert names(text)[0] == "Halden"
    assert names("") == []


def test_at_most_eight_customers_are_found() -> None:
    for number in range(6):
        Customer.objects.create(name=f"Halden {number}")
        Customer.objects.create(name=f"New Halden {number}")
    assert names("hal") == [f"Halden {number}" for number in range(6)] + ["New Halden 0", "New Halden 1"]


def test_a_long_text_is_cut() -> None:
    Customer.objects.create(name="x" * 100)
    assert names("x" * 1_000) == ["x" * 100]


@pytest.mark.parametrize(("text", "found"), [("ha", ["Halden"]), ("hal", ["Halden", "A Halden"]), ("", [])])
def test_the_form_that_creates_lists_the_same(text: str, found: list[str]) -> None:
    for name in ("A Halden", "Halden"):
        Customer.objects.create(name=name)
    data = QueryDict(mutable=True)
    data["customer_name"] = text
    assert [each.name for each in CreateForm(data, as_of=TODAY).customers] == found
