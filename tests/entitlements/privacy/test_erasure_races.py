"""An erasure beside other people, on PostgreSQL, with real threads and real commits."""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import transaction

from config.actors import System
from entitlements.directory.merging import merge, preview_merge
from entitlements.directory.switch import effect_of, switch
from entitlements.engine.check import check
from entitlements.models import Act, Change, Customer, Entitlement, Erasure
from entitlements.operations import SetOverrides
from entitlements.privacy.erase import NotErased, erase
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.engine.test_races import at_once, racing_cast, wait_until_somebody_waits

__all__ = ["racing_cast"]  # a fixture
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def held(racing_cast: Cast) -> Entitlement:
    """Return an entitlement of a disabled customer."""
    held = racing_cast.entitle("silver_annual")
    Customer.objects.filter(pk=held.order.customer_id).update(name="Halden Robotics", disabled_at=NOW)
    return Entitlement.objects.select_related("order__customer").get(pk=held.pk)


def erase_during(held: Entitlement, job: Callable[[], Any]) -> str:
    """Run ``job`` in a transaction that ends once the erasure waits for it; return what stopped the erasure."""
    is_done = Event()

    def run(number: int) -> str:
        if not number:
            with transaction.atomic():
                job()
                is_done.set()
                wait_until_somebody_waits()
            return ""
        assert is_done.wait(timeout=30)
        try:
            erase(Customer.objects.get(pk=held.order.customer_id), made_by=System("tests"), today=TODAY)
        except NotErased as refusal:
            return str(refusal)
        return ""

    return str(at_once(2, run)[1])


def test_a_customer_enabled_meanwhile_is_not_erased(racing_cast: Cast, held: Entitlement) -> None:
    customer = held.order.customer
    seen = effect_of(customer, today=TODAY).fingerprint
    by = racing_cast.operations
    refusal = erase_during(held, lambda: switch(customer.pk, today=TODAY, made_by=by, reason="Paid.", seen=seen))
    assert refusal == "1 of its entitlements are in use. Disable the customer first."
    assert (Customer.objects.filter(name="Halden Robotics").count(), Erasure.objects.count()) == (1, 0)


def test_what_an_act_says_meanwhile_is_erased_too(racing_cast: Cast, held: Entitlement) -> None:
    operation = SetOverrides(as_of=TODAY, values={"seat_limit": 40})
    assert erase_during(held, lambda: racing_cast.do(operation, [held.pk], reason="Halden asked.")) == ""
    newest = Change.objects.filter(entitlement=held).latest("sequence")
    assert (newest.act.reason, held.overrides.get().reason) == ("[erased]", "[erased]")
    assert not Act.objects.filter(reason__contains="Halden").exists()
    assert list(check()) == []


def test_a_customer_merged_meanwhile_is_not_erased(racing_cast: Cast, held: Entitlement) -> None:
    customer, target = held.order.customer, Customer.objects.create(name="Borg", disabled_at=NOW)
    seen = preview_merge(customer, target).fingerprint
    by = racing_cast.operations
    refusal = erase_during(held, lambda: merge(customer, target, taken=[], reason="x", made_by=by, seen=seen))
    assert refusal == "It was merged into Borg. Erase that one, or undo the merge first."
    assert Erasure.objects.count() == 0
