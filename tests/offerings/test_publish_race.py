"""Several people publish the same draft at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from offerings.models import Offering, Revision
from offerings.revisions import publish
from tests.factories import published

THREADS = 8


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_draft_is_published_once_however_many_publish_it_at_once() -> None:
    offering = published().offering
    Offering.objects.filter(pk=offering.pk).update(seat_limit=25)
    start = Barrier(THREADS)

    def publish_it(number: int) -> int:
        try:
            start.wait()
            return len(publish([offering], published_by=None, published_by_name=f"Person {number}"))
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        assert sorted(pool.map(publish_it, range(THREADS))) == [0] * (THREADS - 1) + [1]
    assert list(Revision.objects.values_list("number", flat=True).order_by("number")) == [1, 2]
