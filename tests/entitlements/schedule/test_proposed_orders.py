"""Proposals of what comes into another order, or into one of its own: the order is there, and holds nothing yet."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from entitlements.models import Act, ActivationCode, Amendment, Change, Customer, Entitlement, Order
from entitlements.operations import ChangeOffering, CreateEntitlement, RemoveProduct, TransferEntitlement
from entitlements.schedule import approve, decline
from tests.cast import TODAY, Cast
from tests.entitlements.pages import client_of, seen_in, shown
from tests.entitlements.schedule.asking import MARCH
from tests.entitlements.schedule.proposing import ask_for, codes_of, make_asker, proposed

pytestmark = pytest.mark.django_db

CODE = "NEW-ORDER-1"


@pytest.fixture
def asker(cast: Cast) -> User:
    return make_asker()


def creation(cast: Cast, **options: Any) -> CreateEntitlement:
    options = {"codes": (CODE,), "order_reference": "SO-77", **options}
    return CreateEntitlement(as_of=TODAY, revision_id=cast.revision("silver_annual").pk, **options)


def approved(row: Amendment, cast: Cast) -> Act:
    """Approve a proposal, and return the act that carried it out; all that is stored must fit."""
    answer = approve(row, made_by=cast.operations, seen=None)
    assert answer.amendment, answer.problems
    row.refresh_from_db()
    assert row.act is not None
    call_command("check_entitlements")
    return row.act


# --- an order of its own ---------------------------------------------------------------------------------------------


def test_an_order_is_made_with_the_proposal_and_holds_nothing_before_somebody_agrees(cast: Cast, asker: User) -> None:
    customer = cast.entitle("gold_annual").order.customer
    acts = Act.objects.count()
    row = proposed(creation(cast, customer_id=customer.pk), by=asker)
    assert (row.order.customer, row.order.order_reference, row.number) == (customer, "SO-77", 1)
    assert list(row.order.codes.values_list("code", flat=True)) == [CODE]
    assert (row.name, row.kind, row.status) == ("Add Silver annual", "add_product", "proposed")
    assert (row.order.entitlements.count(), Act.objects.count()) == (0, acts)
    lines = LogEntry.objects.filter(object_id=str(row.order_id), user=asker).order_by("pk")
    assert [line.is_addition() for line in lines] == [True, False]
    assert lines[1].change_message == "Proposed “Add Silver annual”, at once, when somebody agrees."
    call_command("check_entitlements")


def test_the_entitlement_comes_into_that_order_once_somebody_agrees(cast: Cast, asker: User) -> None:
    customer = cast.entitle("gold_annual").order.customer
    row = proposed(creation(cast, customer_id=customer.pk), by=asker)
    act = approved(row, cast)
    [change] = Change.objects.filter(act=act)
    held = Entitlement.objects.get(pk=change.entitlement_id)
    assert (held.order, held.order.customer, row.order) == (row.order, customer, held.order)
    assert (act.amendment, act.made_by, row.requested_by, row.status) == (row, cast.operations, asker, "applied")


def test_a_new_customer_is_made_with_it_and_logged(cast: Cast, asker: User) -> None:
    row = proposed(creation(cast, customer_name="Nova Labs"), by=asker)
    customer = Customer.objects.get(name="Nova Labs")
    assert row.order.customer == customer
    assert LogEntry.objects.filter(object_id=str(customer.pk), user=asker).get().is_addition()
    approved(row, cast)
    assert Entitlement.objects.get(order__customer=customer).order == row.order


def test_declined_the_order_stays_without_anything_in_it(cast: Cast, asker: User) -> None:
    row = proposed(creation(cast, customer_name="Nova Labs"), by=asker)
    assert decline(row, made_by=cast.operations, reason="no credit").amendment
    assert (row.order.entitlements.count(), Order.objects.filter(pk=row.order_id).count()) == (0, 1)
    client = client_of(cast.operations)
    for page in (row.get_absolute_url(), row.order.get_absolute_url(), row.order.customer.get_absolute_url()):
        assert client.get(page).status_code == 200
    call_command("check_entitlements")


def test_what_stands_against_the_creation_stands_against_the_proposal(cast: Cast, asker: User) -> None:
    taken = cast.entitle("gold_annual")
    ActivationCode.objects.create(order=taken.order, code=CODE)
    orders = Order.objects.count()
    assert codes_of(ask_for(creation(cast, customer_name="Nova Labs"), by=asker)) == ["code_taken"]
    assert codes_of(ask_for(creation(cast, customer_name="", codes=()), by=asker)) == ["customer_missing"]
    assert (Order.objects.count(), Amendment.objects.count()) == (orders, 0)


def test_the_same_request_twice_is_one_proposal(cast: Cast, asker: User) -> None:
    operation = creation(cast, customer_name="Nova Labs", codes=())
    proposed(operation, by=asker)
    assert codes_of(ask_for(operation, by=asker)) == ["proposed_already"]
    assert Amendment.objects.count() == 1


def test_an_order_of_its_own_does_not_wait_for_a_day(cast: Cast, asker: User) -> None:
    assert codes_of(ask_for(creation(cast, customer_name="Nova Labs"), by=asker, on=MARCH)) == ["no_order"]
    assert not Customer.objects.filter(name="Nova Labs").exists()


# --- another order, or one that the change makes ---------------------------------------------------------------------


def test_a_transfer_waits_with_the_order_that_it_leaves(cast: Cast, asker: User) -> None:
    held, other = cast.entitle("gold_seats", quantity=10), cast.entitle("silver_annual")
    cast.do(RemoveProduct(as_of=TODAY), [other.pk], reason="makes room")
    row = proposed(TransferEntitlement(as_of=TODAY, order_id=other.order_id), held, by=asker)
    assert row.order == held.order
    act = approved(row, cast)
    held.refresh_from_db()
    assert (held.order, act.amendment) == (other.order, row)


def test_a_part_that_becomes_an_order_waits_with_the_order_that_it_leaves(cast: Cast, asker: User) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    operation = ChangeOffering(as_of=TODAY, revision_id=cast.revision("silver_annual").pk, count=4)
    orders = Order.objects.count()
    row = proposed(operation, held, by=asker)
    assert (row.order, Order.objects.count()) == (held.order, orders)
    act = approved(row, cast)
    made = Entitlement.objects.exclude(pk=held.pk).get(order__customer=held.order.customer)
    held.refresh_from_db()
    assert (held.quantity, made.seat_limit, made.order == held.order) == (6, 5, False)
    assert {change.entitlement_id for change in Change.objects.filter(act=act)} == {held.pk, made.pk}


# --- in the dialog ---------------------------------------------------------------------------------------------------


def post(client: Client, data: dict[str, str]) -> Any:
    """Look at the preview of a creation, then propose what it showed."""
    url = reverse("entitlements:create")
    page = client.post(url, {**data, "preview": "1"})
    assert 'name="propose" value="1">Propose instead</button>' in shown(page)
    return client.post(url, {**data, "seen": seen_in(page), "propose": "1"})


@pytest.fixture
def choices(cast: Cast) -> dict[str, str]:
    offering = cast.revision("silver_annual").offering
    return {"offering": offering.sku, "codes": CODE, "key": "0190a3f4-0000-7000-8000-000000000001"}


def test_a_new_entitlement_in_a_new_order_is_proposed_in_its_dialog(
    cast: Cast, asker: User, choices: dict[str, str]
) -> None:
    client = client_of(asker)
    data = {**choices, "customer_name": "Nova Labs", "customer": "new"}
    answer = post(client, data)
    assert answer.status_code == 302
    row = Amendment.objects.get()
    assert (row.status, row.order.customer.name) == ("proposed", "Nova Labs")
    message = shown(client.get(row.get_absolute_url()))
    assert "It waits for somebody who agrees, in an order that holds nothing until then." in message
    assert "something new in this order" in message
    assert shown(client.get(reverse("entitlements:proposals"))).count("Nova Labs") == 1


def test_a_product_for_an_order_is_proposed_in_the_same_dialog(
    cast: Cast, asker: User, choices: dict[str, str]
) -> None:
    held = cast.entitle("silver_annual")
    cast.do(RemoveProduct(as_of=TODAY), [held.pk], reason="makes room")
    order = held.order
    data = {**choices, "codes": "", "customer": str(order.customer_id), "customer_name": order.customer.name}
    assert post(client_of(asker), {**data, "order": str(order.pk)}).status_code == 302
    assert Amendment.objects.get().order == order
