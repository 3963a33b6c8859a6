"""A customer is not erased while something is scheduled; closed amendments lose their texts, and nothing else."""

import json
from collections.abc import Iterator
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from config.names import FoldedField
from entitlements.engine.check import check
from entitlements.models import Amendment, Change, Customer, Entitlement, Order, Override
from entitlements.models.privacy import ERASED, Erasure
from entitlements.operations import ChangeOffering, ChangeTerms, SetOverrides, Step, Together, TransferEntitlement
from entitlements.privacy.export import customer_data
from entitlements.schedule import Facts, apply_due, cancel
from tests.cast import NOW, Cast
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, quantity, scheduled

pytestmark = pytest.mark.django_db
PERSON = "Ingrid Solberg"
FACTS = (
    *("number", "kind", "status", "effective_on", "entitlements", "outcome", "act_id", "closed_at", "closed_by_name"),
    *("requested_by_id", "requested_by_name", "requested_at"),
)


@pytest.fixture
def rows(cast: Cast) -> Iterator[list[Amendment]]:
    """Return an amendment that was applied and one that waits, of a customer that can be erased but for that."""
    with time_machine.travel(NOW, tick=False):
        held = cast.entitle("gold_seats", quantity=10)
        texts = {"name": f"For {PERSON}", "reason": f"{PERSON} called", "reference": "Customer 0, T-1"}
        found = [scheduled(cast, quantity(20 + n), held, (MARCH, APRIL)[n], **texts) for n in range(2)]
        assert all(each.is_applied for each in apply_due(MARCH))
        Customer.objects.update(account_reference="C-1", disabled_at=NOW)
        yield found


def erase() -> str:
    output = StringIO()
    call_command("erase_customer", "C-1", "--yes", stdout=output)
    return output.getvalue()


def close(cast: Cast, rows: list[Amendment]) -> None:
    assert cancel(rows[1], made_by=cast.operations, reason=f"{PERSON} left", seen=None).amendment


def test_nothing_is_erased_while_something_is_scheduled(rows: list[Amendment]) -> None:
    with pytest.raises(CommandError, match=r"Something is scheduled for its orders \(1\)\.") as refused:
        erase()
    assert refused.value.returncode == 1
    assert Customer.objects.get().name != ERASED
    assert not Erasure.objects.exists()


def test_texts_go_and_facts_stay(cast: Cast, rows: list[Amendment]) -> None:
    close(cast, rows)
    before = list(Amendment.objects.order_by("number").values(*FACTS))
    assert "amendments 2" in erase()
    assert list(Amendment.objects.order_by("number").values(*FACTS)) == before
    applied, cancelled = Amendment.objects.order_by("number")
    assert (applied.name, applied.reason, applied.reference) == (ERASED, ERASED, f"{ERASED}, T-1")
    assert (applied.closed_reason, cancelled.closed_reason) == ("", ERASED)
    assert PERSON not in repr(list(Amendment.objects.values_list()))
    assert list(check()) == []


def test_the_export_has_them(cast: Cast, rows: list[Amendment]) -> None:
    found = json.loads(json.dumps(customer_data(Customer.objects.get())))["amendments"]
    assert [(each["reason"], each["status"]) for each in found] == [
        (f"{PERSON} called", "applied"),
        (f"{PERSON} called", "scheduled"),
    ]
    assert found[0]["requested_by"] == "operations"


def test_the_export_has_what_was_agreed_and_what_it_cost(cast: Cast, rows: list[Amendment]) -> None:
    """Terms and conditions with their versions, ends of overrides, how the order is billed, what changes made due."""
    held, today = Entitlement.objects.get(), NOW.date()
    Order.objects.update(billing_day=15, proration="actual_30", renewal="same")
    cast.do(SetOverrides(as_of=today, values={"overdraft": "2"}, until=APRIL), [held.pk], reason="a test")
    for text in ("Net 30.", "Net 60."):
        cast.do(ChangeTerms(as_of=today, conditions=text), [held.pk], reason="agreed")
    move = ChangeOffering(as_of=today, revision_id=cast.revision("gold_monthly").pk, quantity=None)
    gone = scheduled(cast, move, held, MAY, facts=Facts(description="A month at a time", code="X-1"))
    found = json.loads(json.dumps(customer_data(Customer.objects.get())))
    [kept] = found["overrides"]
    assert kept["until"] == "2027-04-01"
    assert found["entitlements"][0]["conditions"] == "Net 60."
    assert [each["delta"]["fields"]["conditions"] for each in found["changes"][-2:]] == [
        [None, "Net 30."],
        ["Net 30.", "Net 60."],
    ]
    [order] = found["orders"]
    assert (order["billing_day"], order["proration"], order["renewal"]) == (15, "actual_30", "same")
    assert found["changes"][0]["money"]["parts"][0]["now"]["total"] == "100.00"
    last = found["amendments"][-1]
    assert (last["id"], last["code"], last["description"]) == (str(gone.pk), "X-1", "A month at a time")
    assert last["money"] == gone.money


def test_the_export_has_no_column_left_out(rows: list[Amendment]) -> None:
    found = customer_data(Customer.objects.get())
    for name, model in (("changes", Change), ("overrides", Override), ("orders", Order), ("amendments", Amendment)):
        columns = {each.name for each in model._meta.concrete_fields if not isinstance(each, FoldedField)}
        assert all(set(row) >= columns for row in found[name])


@pytest.mark.parametrize("is_own", [True, False])
@pytest.mark.parametrize(
    ("values", "is_text"),
    [
        ("reason = 'x', reference = 'x', closed_reason = 'x', name = 'x'", True),
        ("effective_on = '2020-01-01'", False),
        ("status = 'scheduled', act_id = NULL, closed_at = NULL", False),
        ("closed_by_name = 'x'", False),
        ("outcome = 'x'", False),
        ("kind = 'terms'", False),
        ("requested_by_name = 'x'", False),
        ("number = 9", False),
    ],
)
def test_an_open_erasure_lets_the_texts_of_its_customer_be_replaced_alone(
    cast: Cast, rows: list[Amendment], values: str, is_text: bool, is_own: bool
) -> None:
    customer = Customer.objects.get() if is_own else cast.entitle().order.customer
    Erasure.objects.create(customer=customer, made_by_name="x", begun_at=timezone.now())

    def write() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE entitlements_amendment SET {values} WHERE status = 'applied'")  # noqa: S608

    if is_text and is_own:
        write()
        assert Amendment.objects.get(status="applied").reason == "x"
        return
    with pytest.raises(DatabaseError, match="never changed"):
        write()


# --- amendments of orders of others ----------------------------------------------------------------------------------


@pytest.fixture
def given(cast: Cast) -> Iterator[list[Amendment]]:
    """Return two amendments of the order of another customer, which move something to one that can be erased."""
    with time_machine.travel(NOW, tick=False):
        target = cast.entitle("gold_seats", quantity=10).order
        Customer.objects.filter(pk=target.customer_id).update(name=PERSON, account_reference="C-1", disabled_at=NOW)
        found = []
        for day in (MARCH, APRIL):
            held = cast.entitle("silver_annual")
            target = Order.objects.create(customer=target.customer)
            step = Step(operation=TransferEntitlement(as_of=NOW.date(), order_id=target.pk), ids=(held.pk,))
            found.append(
                scheduled(
                    cast,
                    Together(as_of=NOW.date(), steps=(step,)),
                    held,
                    day,
                    name=f"To {PERSON}",
                    reason=f"{PERSON} bought it",
                )
            )
        assert all(each.is_applied for each in apply_due(MARCH))
        yield found


def test_nothing_is_erased_while_something_is_to_come_to_it(given: list[Amendment]) -> None:
    with pytest.raises(CommandError, match=r"Something is scheduled for its orders \(1\)\."):
        erase()


def test_the_export_has_the_amendments_of_others_that_concern_it(cast: Cast, given: list[Amendment]) -> None:
    scheduled(cast, quantity(20), cast.entitle("gold_seats", quantity=10), APRIL)  # nothing of the customer's
    found = json.loads(json.dumps(customer_data(Customer.objects.get(account_reference="C-1"))))
    concerning = found["amendments_of_others"]
    assert {each["id"]: each["status"] for each in concerning} == {
        str(given[0].pk): "applied",
        str(given[1].pk): "scheduled",
    }
    assert found["amendments"] == []


def test_its_name_goes_from_the_amendments_of_others(cast: Cast, given: list[Amendment]) -> None:
    assert cancel(given[1], made_by=cast.operations, reason=f"{PERSON} left", seen=None).amendment
    assert PERSON in repr(list(Amendment.objects.values_list()))
    before = list(Amendment.objects.order_by("pk").values(*FACTS))
    erase()
    assert list(Amendment.objects.order_by("pk").values(*FACTS)) == before
    assert PERSON not in repr(list(Amendment.objects.values_list()))
    applied, cancelled = Amendment.objects.order_by("pk")
    assert (applied.name, applied.reason) == (f"To {ERASED}", f"{ERASED} bought it")
    assert cancelled.closed_reason == f"{ERASED} left"
    assert list(check()) == []
