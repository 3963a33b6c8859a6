"""Many orders are simulated from one reading: as each alone, and with as many queries for 20 as for one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from entitlements import engine
from entitlements.models import Entitlement
from entitlements.operations import Disable, Renew, Step, TermChoice, TermMode, Together
from entitlements.schedule import fold_order, later_after, schedule
from entitlements.schedule.fold import fold_orders
from entitlements.schedule.planned import pending_of
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


def with_together(cast: Cast, number: int) -> Entitlement:
    """Return an entitlement for which two steps are scheduled as one, of which each reads targets."""
    held = cast.entitle("gold_seats", quantity=10 + number)
    steps = (
        Step(operation=quantity(40 + number), ids=(held.pk,)),
        Step(operation=change_to(cast, "silver_annual"), ids=(held.pk,)),
    )
    answer = schedule(
        Together(as_of=TODAY, steps=steps).on_day(MARCH + DAY * number),
        [held.pk],
        on=MARCH + DAY * number,
        made_by=cast.operations,
        seen=None,
        reason="as agreed",
    )
    assert answer.amendment, answer.problems
    return held


def test_steps_carried_out_as_one_read_what_they_need_once_for_all_orders(cast: Cast) -> None:
    held = [with_together(cast, number) for number in range(6)]

    def count(some: list[Entitlement]) -> int:
        pending = pending_of([each.order_id for each in some])
        with CaptureQueriesContext(connection) as captured:
            folded = fold_orders(pending)
        assert all(each.fits for found in folded.values() for each in found)
        return len(captured)

    assert count(held) == count(held[:1])
    together = fold_orders(pending_of([each.order_id for each in held]))
    for order, planned in pending_of([each.order_id for each in held]).items():
        [alone], [found] = fold_order(order, planned), together[order]
        assert [p.fingerprint for p in alone.previews] == [p.fingerprint for p in found.previews]
        assert found.previews[0].lead.after.revision.sku == "SILVER-ANNUAL"
