"""A file of customers beside other people, on PostgreSQL, with real threads and real commits."""

from threading import Event

import pytest
from django.db import transaction

from entitlements.directory.merging import merge, preview_merge
from entitlements.models import Customer
from tests.cast import Cast
from tests.entitlements.engine.test_races import at_once, racing_cast, wait_until_somebody_waits
from tests.entitlements.importing.files import bring_in

__all__ = ["racing_cast"]  # a fixture
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_a_customer_merged_meanwhile_is_not_written(racing_cast: Cast) -> None:
    source = Customer.objects.create(name="Halden Robotics", account_reference="C-1")
    target = Customer.objects.create(name="Borg", account_reference="C-2")
    seen = preview_merge(source, target).fingerprint
    is_merged = Event()

    def job(number: int) -> int:
        if not number:
            with transaction.atomic():
                assert merge(source, target, taken=[], reason="x", made_by=racing_cast.operations, seen=seen)
                is_merged.set()
                wait_until_somebody_waits()
            return 0
        assert is_merged.wait(timeout=30)
        return len(bring_in(racing_cast, "customers", "account_reference,name\nC-1,Halden\n").errors)

    at_once(2, job)
    source.refresh_from_db()
    assert (source.merged_into, source.name) == (target, "Halden Robotics")
