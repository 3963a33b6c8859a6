"""Proposals of what comes into another order, or into one of its own: the order is there, and holds nothing yet."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from entitlements.models import Act, ActivationCode, Amendment, Change, Customer, Entitlement, Order
from entitlements.operations import ChangeOffering, CreateEntitlement, RemoveProduct, TransferEntitlement
from entitlements.schedule import approve, cancel, decline, preview_scheduled, schedule
from tests.cast import TODAY, Cast
from tests.entitlements.pages import client_of, seen_in, shown
from tests.entitlements.schedule.asking import APRIL, MARCH, codes
from tests.entitlements.schedule.proposing import ask_for, codes_of, make_asker, proposed
from tests.factories import UserFactory

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
    assert codes_of(ask_for(operation, by=asker)) == ["asked_already"]
    assert Amendment.objects.count() == 1


# --- for a day -------------------------------------------------------------------------------------------------------


def test_an_order_of_its_own_waits_for_a_day(cast: Cast, clock: time_machine.Traveller) -> None:
    operation = creation(cast, customer_name="Nova Labs")
    answer = schedule(operation, (), on=MARCH, made_by=cast.operations, seen=None)
    row = answer.amendment
    assert row is not None, answer.problems
    assert (row.order.customer.name, row.order.order_reference, row.number) == ("Nova Labs", "SO-77", 1)
    assert (row.name, row.kind, row.status, row.effective_on) == (
        "Add Silver annual",
        "add_product",
        "scheduled",
        MARCH,
    )
    assert (row.order.entitlements.count(), row.order.codes.get().code) == (0, CODE)
    call_command("check_entitlements")
    clock.move_to(datetime(2027, 3, 1, 9, tzinfo=UTC))
    call_command("apply_amendments")
    held = Entitlement.objects.get(order__customer__name="Nova Labs")
    row.refresh_from_db()
    assert (held.order, held.starts_on, row.status) == (row.order, MARCH, "applied")
    call_command("check_entitlements")


def test_it_is_scheduled_as_it_was_seen_and_the_same_request_once(cast: Cast) -> None:
    operation = creation(cast, customer_name="Nova Labs", codes=())
    seen = preview_scheduled(operation, (), on=MARCH, made_by=cast.operations).fingerprint
    assert schedule(operation, (), on=APRIL, made_by=cast.operations, seen=seen).is_stale
    assert not Order.objects.filter(pk=operation.new_order).exists()
    assert schedule(operation, (), on=MARCH, made_by=cast.operations, seen=seen).amendment
    assert codes(schedule(operation, (), on=MARCH, made_by=cast.operations, seen=None)) == ["asked_already"]
    assert codes_of(ask_for(operation, by=make_asker(), on=MARCH)) == ["asked_already"]
    assert Amendment.objects.count() == 1


def test_what_stands_against_it_on_its_day_makes_no_order(cast: Cast) -> None:
    taken = cast.entitle("gold_annual")
    ActivationCode.objects.create(order=taken.order, code=CODE)
    orders = Order.objects.count()
    for operation, day, code in (
        (creation(cast, customer_name="Nova Labs"), MARCH, "code_taken"),
        (creation(cast, customer_name="", codes=()), MARCH, "customer_missing"),
        (creation(cast, customer_name="Nova Labs", codes=()), TODAY, "not_later"),
    ):
        assert codes(schedule(operation, (), on=day, made_by=cast.operations, seen=None)) == [code]
    person = UserFactory()
    person.user_permissions.set(Permission.objects.filter(codename="schedule_amendments"))
    answer = schedule(creation(cast, customer_name="Nova"), (), on=MARCH, made_by=person, seen=None)
    assert "not_permitted" in codes(answer)
    assert Order.objects.count() == orders


def test_cancelled_the_order_stays_without_anything_in_it(cast: Cast) -> None:
    row = schedule(
        creation(cast, customer_name="Nova Labs"), (), on=MARCH, made_by=cast.operations, seen=None
    ).amendment
    assert row is not None
    assert cancel(row, made_by=cast.operations, reason="no credit", seen=None).amendment
    assert row.order.entitlements.count() == 0
    call_command("check_entitlements")


def test_it_is_proposed_for_a_day_too_and_is_scheduled_once_somebody_agrees(
    cast: Cast, asker: User, clock: time_machine.Traveller
) -> None:
    row = proposed(creation(cast, customer_name="Nova Labs"), by=asker, on=MARCH, name="Nova comes")
    assert (row.status, row.effective_on, row.is_immediate) == ("proposed", MARCH, False)
    assert (row.order.customer.name, row.order.entitlements.count()) == ("Nova Labs", 0)
    answer = approve(row, made_by=cast.operations, seen=None)
    assert answer.amendment, answer.problems
    clock.move_to(datetime(2027, 3, 1, 9, tzinfo=UTC))
    call_command("apply_amendments")
    assert Entitlement.objects.get(order=row.order).starts_on == MARCH
    call_command("check_entitlements")


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


def test_a_new_entitlement_for_a_day_is_scheduled_or_proposed_in_the_dialog(
    cast: Cast, asker: User, choices: dict[str, str]
) -> None:
    url = reverse("entitlements:create")
    data = {**choices, "customer_name": "Nova Labs", "customer": "new", "when": "day", "effective_on": "2027-03-01"}
    staff = client_of(cast.operations)
    page = staff.post(url, {**data, "preview": "1"})
    assert ">Schedule</button>" in shown(page)
    assert Order.objects.count() == 0
    assert staff.post(url, {**data, "seen": seen_in(page)}).status_code == 302
    row = Amendment.objects.get()
    assert (row.status, row.effective_on, row.order.customer.name) == ("scheduled", MARCH, "Nova Labs")
    assert "in an order that holds nothing until then" in shown(staff.get(row.order.get_absolute_url()))
    other = {**data, "key": "0190a3f4-0000-7000-8000-000000000002", "codes": "NEW-ORDER-2", "customer_name": "Vela"}
    assert post(client_of(asker), other).status_code == 302
    assert Amendment.objects.get(status="proposed").effective_on == MARCH


def test_who_may_not_schedule_is_not_asked_when(cast: Cast, choices: dict[str, str]) -> None:
    person = UserFactory()
    allowed = ("create_entitlement", "view_entitlement", "view_customer")
    person.user_permissions.set(Permission.objects.filter(codename__in=allowed))
    data = {**choices, "customer_name": "Nova Labs", "customer": "new", "when": "day", "effective_on": "2027-03-01"}
    answer = client_of(person).post(reverse("entitlements:create"), data)
    assert answer.status_code == 422
    assert answer.context["form"].errors["effective_on"]
    assert 'name="when"' not in shown(client_of(person).get(reverse("entitlements:create")))
