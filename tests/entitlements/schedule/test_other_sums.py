"""A change that would make another sum due than was last seen is set aside, unless the sum was shown since."""

from datetime import date
from typing import Any

import pytest
import time_machine

from entitlements import engine
from entitlements.models import Amendment, Entitlement, Order, Source
from entitlements.operations import SetOverrides
from entitlements.schedule import (
    Edited,
    Facts,
    apply_now,
    carry_out,
    edit,
    later_after,
    move,
    preview_now,
    seen_later,
)
from entitlements.schedule.answers import Verdict
from tests.cast import TODAY, Cast
from tests.entitlements.pages import client_of, shown
from tests.entitlements.schedule.asking import override, scheduled
from tests.entitlements.schedule.test_due import run
from tests.entitlements.schedule.test_triggers import ON, held, priced, to_gold, to_silver

pytestmark = pytest.mark.django_db
__all__ = ["held", "priced"]

FEBRUARY = date(2027, 2, 1)
PRICE = {"charge.price.price": "15.5"}


@pytest.fixture
def row(priced: Cast, held: Entitlement) -> Amendment:
    """Return the upgrade of Silver at EUR 31 a month, with 21 of 31 days left."""
    return scheduled(priced, to_gold(priced), held, ON)


def billed(order: Any, **facts: Any) -> None:
    """Change how an order is billed, as an ordinary edit or an integration does."""
    Order.objects.filter(pk=order).update(**facts)


def status_of(row: Amendment) -> str:
    row.refresh_from_db()
    return row.status


# --- set aside -------------------------------------------------------------------------------------------------------


def test_what_is_kept_are_the_sums_that_were_seen(row: Amendment) -> None:
    assert row.money["words"] == "EUR 192.97 on 11 Jan 2027, EUR 183.00 at the next invoice (1 Feb 2027)"
    [seen] = row.money["seen"]
    assert seen[0][0] == ["now", "2027-01-11", "EUR", "192.97"]


def test_as_it_was_seen_it_is_applied(row: Amendment, clock: time_machine.Traveller) -> None:
    run(clock, ON)
    assert status_of(row) == "applied"


@pytest.mark.parametrize(
    ("facts", "sum_now"),
    [
        ({"billing_day": 15}, "EUR 109.61 on 11 Jan 2027"),
        ({"proration": "off"}, "EUR 90.00 on 11 Jan 2027"),
        ({"proration": "strict_30_360"}, "EUR 191.33 on 11 Jan 2027"),
    ],
)
def test_another_billing_of_the_order_sets_it_aside(
    row: Amendment, clock: time_machine.Traveller, facts: dict[str, Any], sum_now: str
) -> None:
    billed(row.order_id, **facts)
    run(clock, ON)
    assert status_of(row) == "set_aside"
    assert row.problems[0].startswith(f"It would make due {sum_now}")
    assert "what was last seen was EUR 192.97 on 11 Jan 2027" in row.problems[0]


def test_an_invoice_that_was_written_for_the_period_sets_it_aside(
    priced: Cast, held: Entitlement, clock: time_machine.Traveller
) -> None:
    row = scheduled(priced, to_gold(priced), held, FEBRUARY)
    billed(row.order_id, invoiced_through=date(2027, 3, 1))
    run(clock, FEBRUARY)
    assert status_of(row) == "set_aside"


def test_an_invoice_up_to_its_day_sets_nothing_aside(
    priced: Cast, held: Entitlement, clock: time_machine.Traveller
) -> None:
    row = scheduled(priced, to_gold(priced), held, FEBRUARY)
    billed(row.order_id, invoiced_through=FEBRUARY)
    run(clock, FEBRUARY)
    assert status_of(row) == "applied"


def test_a_price_that_was_negotiated_behind_its_back_sets_it_aside(
    row: Amendment, held: Entitlement, priced: Cast, clock: time_machine.Traveller
) -> None:
    operation = SetOverrides(as_of=TODAY, values=PRICE)
    result = engine.apply(operation, [held.pk], made_by=priced.operations, source=Source.PAGE, reason="agreed")
    assert result.act
    run(clock, ON)
    assert status_of(row) == "set_aside"


def test_what_comes_before_it_as_it_was_seen_sets_nothing_aside(
    row: Amendment, held: Entitlement, priced: Cast, clock: time_machine.Traveller
) -> None:
    back = scheduled(priced, to_silver(priced), held, date(2027, 1, 21))
    run(clock, ON)
    run(clock, date(2027, 1, 21))
    assert (status_of(row), status_of(back)) == ("applied", "applied")


def test_what_was_scheduled_by_an_earlier_version_is_compared_without_money(
    row: Amendment, clock: time_machine.Traveller
) -> None:
    Amendment.objects.filter(pk=row.pk).update(money=None)
    billed(row.order_id, billing_day=15)
    run(clock, ON)
    assert status_of(row) == "applied"


# --- shown in between ------------------------------------------------------------------------------------------------


def test_a_change_made_now_shows_the_other_sum_and_is_agreed_to(
    row: Amendment, held: Entitlement, priced: Cast, clock: time_machine.Traveller
) -> None:
    operation = override(**PRICE)
    previews = engine.preview(operation, [held.pk])
    later = later_after(previews)
    assert [each.verdict for each in later] == [Verdict.CHANGES]
    assert "Due: EUR 171.97 on 11 Jan 2027" in " ".join(later[0].lines)
    answer = carry_out(
        operation,
        [held.pk],
        made_by=priced.operations,
        source=Source.PAGE,
        expected={each.id: each.fingerprint for each in previews},
        seen=seen_later(later),
        reason="agreed",
    )
    assert answer.result.act
    row.refresh_from_db()
    assert row.money["words"].startswith("EUR 171.97 on 11 Jan 2027")
    run(clock, ON)
    assert status_of(row) == "applied"


def test_another_sum_of_what_waits_is_another_answer(row: Amendment, held: Entitlement) -> None:
    operation = override(lease_period="P2D")
    before = seen_later(later_after(engine.preview(operation, [held.pk])))
    billed(row.order_id, billing_day=15)
    assert seen_later(later_after(engine.preview(operation, [held.pk]))) != before


@pytest.mark.parametrize("step", ["edited", "simulated again"])
def test_who_edits_it_or_simulates_it_again_has_seen_the_sum(
    row: Amendment, priced: Cast, clock: time_machine.Traveller, step: str
) -> None:
    billed(row.order_id, billing_day=15)
    if step == "edited":
        edited = Edited(ON, row.name, Facts(), reason="as agreed")
        assert edit(row, edited, made_by=priced.operations, seen=None).amendment
    else:
        assert move(row, on=ON, made_by=priced.operations, seen=None).amendment
    run(clock, ON)
    assert status_of(row) == "applied"


def test_what_was_set_aside_is_applied_by_whoever_looks_again(
    row: Amendment, priced: Cast, clock: time_machine.Traveller
) -> None:
    billed(row.order_id, billing_day=15)
    run(clock, ON)
    page = shown(client_of(priced.operations).get(row.get_absolute_url()))
    assert "It would make due EUR 109.61 on 11 Jan 2027" in page
    seen = preview_now(row, made_by=priced.operations).fingerprint
    assert apply_now(row, made_by=priced.operations, seen=seen).amendment
    assert status_of(row) == "applied"


def test_an_earlier_amendment_that_is_cancelled_shows_the_sums_of_later_ones(
    row: Amendment, held: Entitlement, priced: Cast, clock: time_machine.Traveller
) -> None:
    cheaper = scheduled(priced, override(**PRICE), held, date(2027, 1, 6))
    row.refresh_from_db()
    assert row.money["words"].startswith("EUR 171.97 on 11 Jan 2027")
    billed(row.order_id, billing_day=None)
    run(clock, date(2027, 1, 6))
    run(clock, ON)
    assert (status_of(cheaper), status_of(row)) == ("applied", "applied")
