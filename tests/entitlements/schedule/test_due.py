"""What is due is applied once, in order, as it was seen, and what differs is set aside."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction

from entitlements import engine
from entitlements.models import Act, Amendment, AmendmentStatus, Entitlement
from entitlements.operations import ChangeOffering, Renew, SetOverrides
from entitlements.schedule import apply_due, apply_now
from entitlements.schedule.due import DIFFERS, Applied, apply_one
from tests.cast import TODAY, Cast
from tests.entitlements.schedule.asking import APRIL, MARCH, change_to, quantity, scheduled

pytestmark = pytest.mark.django_db


def run(clock: time_machine.Traveller, day: date) -> list[Applied]:
    """Go to a day and apply what is due."""
    clock.move_to(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
    return list(apply_due(day))


def statuses(rows: Sequence[Applied]) -> list[str]:
    """Return the statuses of what was due."""
    return [each.amendment.status for each in rows]


def test_nothing_is_applied_before_its_day(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_annual")
    scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    assert run(clock, date(2027, 2, 28)) == []


def test_on_its_day_it_is_an_act_that_points_back_once(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_annual", seats=8)
    row = scheduled(cast, change_to(cast, "silver_annual"), held, MARCH, reference="T-1")
    assert statuses(run(clock, MARCH)) == ["applied"]
    row.refresh_from_db()
    held.refresh_from_db()
    assert (held.offering.sku, held.seats_used) == ("SILVER-ANNUAL", 5)
    act = Act.objects.get(operation="change_offering")
    assert (row.act, act.amendment) == (act, row)
    assert (act.source, act.made_by_name, act.reason, act.reference) == (
        "task",
        "system (scheduler)",
        "as agreed",
        "T-1",
    )
    assert act.asked["as_of"] == "2027-03-01"
    assert row.closed_at is not None
    assert run(clock, MARCH) == []


def test_a_late_run_applies_in_order_of_day_with_the_contract_dates(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    scheduled(cast, quantity(40), held, APRIL)
    scheduled(cast, quantity(30), held, MARCH)
    found = run(clock, date(2027, 5, 20))
    assert [(each.amendment.effective_on, each.amendment.status) for each in found] == [
        (MARCH, "applied"),
        (APRIL, "applied"),
    ]
    held.refresh_from_db()
    assert held.quantity == 40
    assert [act.asked["as_of"] for act in Act.objects.filter(operation="set_quantity").order_by("id")] == [
        "2027-03-01",
        "2027-04-01",
    ]


def test_a_renewal_applied_late_counts_from_its_day(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_annual")
    scheduled(cast, Renew(as_of=TODAY), held, date(2027, 2, 15))
    run(clock, date(2027, 6, 1))
    held.refresh_from_db()
    assert held.expires_on == date(2028, 3, 1)


def test_what_would_do_something_else_is_set_aside_and_blocks_its_order_alone(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    held, other = cast.entitle("gold_seats", quantity=10), cast.entitle("gold_seats", quantity=10)
    first = scheduled(cast, quantity(30), held, MARCH)
    second = scheduled(cast, quantity(40), held, APRIL)
    scheduled(cast, quantity(20), other, APRIL)
    cast.do(quantity(12), [held.pk])
    found = run(clock, APRIL)
    assert sorted(statuses(found)) == ["applied", "set_aside"]
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.problems) == ("set_aside", [DIFFERS.message])
    assert second.status == "scheduled"
    assert Entitlement.objects.get(pk=other.pk).quantity == 20
    assert Entitlement.objects.get(pk=held.pk).quantity == 12
    assert run(clock, APRIL) == []


def test_what_no_longer_fits_is_set_aside_with_its_problems(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_annual")
    row = scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    cast.offerings["silver_annual"].retire()
    run(clock, MARCH)
    row.refresh_from_db()
    assert row.status == AmendmentStatus.SET_ASIDE
    assert "retired" in row.problems[0]


def test_seats_that_came_and_went_set_nothing_aside(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_annual", seats=6)
    scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    cast.occupy(held, 3)
    assert statuses(run(clock, MARCH)) == ["applied"]
    held.refresh_from_db()
    assert held.seats_used == 5


def test_a_person_applies_what_was_set_aside_after_looking_again(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    row = scheduled(cast, quantity(30), held, MARCH)
    cast.do(quantity(12), [held.pk])
    run(clock, MARCH)
    answer = apply_now(row, made_by=cast.operations, seen=None)
    assert answer.amendment
    assert not answer.problems
    row.refresh_from_db()
    assert (row.status, row.closed_by_name, row.act.made_by) == ("applied", "operations", cast.operations)


def test_two_workers_apply_it_once(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_annual")
    row = scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    run(clock, MARCH)
    assert apply_one(row.pk, MARCH, made_by=engine.System("another")) is None
    assert Act.objects.filter(operation="change_offering").count() == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE entitlements_amendment SET name = 'x'", "DELETE FROM entitlements_amendment"]
)
def test_the_database_keeps_closed_amendments(cast: Cast, clock: time_machine.Traveller, statement: str) -> None:
    held = cast.entitle("gold_annual")
    scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    run(clock, MARCH)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_an_operation_that_this_version_cannot_read_is_set_aside(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_annual")
    row = scheduled(cast, change_to(cast, "silver_annual"), held, MARCH)
    Amendment.objects.filter(pk=row.pk).update(operation={"operation": "later", "version": 99})
    run(clock, MARCH)
    row.refresh_from_db()
    assert (row.status, len(row.problems)) == ("set_aside", 1)
    assert "cannot read" in row.problems[0]


def test_the_kinds_of_operations_are_applied_as_they_were_previewed(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_annual", seats=2)
    for number, operation in enumerate(
        (
            SetOverrides(as_of=TODAY, values={"seat_limit": 30}),
            ChangeOffering(as_of=TODAY, revision_id=cast.revision("silver_annual").pk),
            Renew(as_of=TODAY),
        )
    ):
        scheduled(cast, operation, held, date(2027, 1, 1 + number))
    assert statuses(run(clock, date(2027, 1, 5))) == ["applied"] * 3
    held.refresh_from_db()
    assert (held.offering.sku, held.seat_limit, held.override_count) == ("SILVER-ANNUAL", 30, 1)
