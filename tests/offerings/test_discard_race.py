"""Several people put the same draft back at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection

from offerings.discarding import discard, plan_discard
from offerings.models import Offering
from offerings.revisions import StaleReview
from tests.factories import ChargeFactory, UserFactory, published

THREADS = 6


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_draft_is_put_back_once_however_many_do_so_at_once() -> None:
    offering = published().offering
    Offering.objects.filter(pk=offering.pk).update(seat_limit=25)
    ChargeFactory(offering=offering, key="later")
    found, people = plan_discard(offering.pk), [UserFactory() for _ in range(THREADS)]
    assert found is not None
    start = Barrier(THREADS)

    def put_back(number: int) -> bool:
        try:
            start.wait()
            discard(offering, with_edition=True, expected=found.seen, made_by=people[number])
        except StaleReview:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        assert sorted(pool.map(put_back, range(THREADS))) == [False] * (THREADS - 1) + [True]
    assert LogEntry.objects.filter(change_message__startswith="Draft discarded").count() == 1
