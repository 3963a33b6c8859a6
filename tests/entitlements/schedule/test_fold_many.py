"""Many orders are simulated from one reading: as each alone, and with as many queries for 20 as for one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements import engine
from entitlements.models import Entitlement
from entitlements.operations import Disable, Renew, TermChoice, TermMode
from entitlements.schedule import fold_order, later_after
from entitlements.schedule.fold import fold_orders, pending_of
from tests.add_ons import beside, offer_add_on
from tests.cast import TODAY, Cast
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, change_to, override, quantity, scheduled

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def with_schedule(cast: Cast, number: int) -> Entitlement:
    """Return an entitlement with seats for which something else is scheduled than for any other, on other days."""
    held = cast.entitle("gold_seats", quantity=10 + number, seats=3)
    scheduled(cast, quantity(40 + number), held, MARCH + DAY * number)
    scheduled(cast, override(seat_limit=50 + number), held, APRIL + DAY * number)
    scheduled(cast, change_to(cast, "silver_annual"), held, MAY + DAY * number)
    return held


def count_queries(cast: Cast, held: list[Entitlement]) -> int:
    previews = engine.preview(Disable(as_of=TODAY), [each.pk for each in held], made_by=cast.operations)
    with CaptureQueriesContext(connection) as captured:
        later = later_after(previews)
    assert len(later) == 3 * len(held)
    return len(captured)


def test_as_many_queries_for_20_orders_as_for_one(cast: Cast) -> None:
    held = [with_schedule(cast, number) for number in range(20)]
    assert count_queries(cast, held) == count_queries(cast, held[:1])


def test_many_orders_do_what_each_does_alone(cast: Cast) -> None:
    extra = offer_add_on(cast, "extra_seats", extra_seats=10)
    held = [with_schedule(cast, number) for number in range(3)]
    with_add_on = cast.entitle("silver_annual", seats=2)
    beside(cast, with_add_on, extra)
    scheduled(cast, Renew(as_of=TODAY), with_add_on, MARCH)
    anew = replace(change_to(cast, "bronze_annual"), term=TermChoice(TermMode.CREATE_NEW))
    created = cast.entitle("silver_annual", seats=5)
    scheduled(cast, anew, created, MARCH)
    scheduled(cast, change_to(cast, "silver_annual"), cast.entitle("gold_annual", seats=8), MARCH)
    pending = pending_of({each.order_id for each in Entitlement.objects.all()})
    assert len(pending) == len(held) + 3
    together = fold_orders(pending)
    for order, planned in pending.items():
        alone = fold_order(order, planned)
        assert [each.outcome for each in together[order]] == [each.outcome for each in alone]
        assert [each.problems for each in together[order]] == [each.problems for each in alone]
        assert [[p.fingerprint for p in each.previews] for each in together[order]] == [
            [p.fingerprint for p in each.previews] for each in alone
        ]
