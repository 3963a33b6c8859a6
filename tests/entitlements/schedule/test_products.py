"""Products that come and go on their day: scheduled removals, additions and add-ons."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import time_machine

from entitlements.models import Amendment, AmendmentKind, Entitlement, new_id
from entitlements.operations import (
    ChangeOffering,
    CreateEntitlement,
    Operation,
    RemoveProduct,
    RevertOverrides,
    Step,
    Together,
)
from entitlements.schedule import Answer, apply_due, fold_order, schedule
from entitlements.schedule.planned import pending_of
from tests.add_ons import beside, offer_add_on
from tests.cast import TODAY, Cast
from tests.entitlements.schedule.asking import APRIL, MARCH, MAY, ask, change_to, codes, override, quantity, scheduled

pytestmark = pytest.mark.django_db

REMOVE = RemoveProduct(as_of=TODAY)
WITH_ADD_ONS = RemoveProduct(as_of=TODAY, drops_add_ons=True)
DAY = timedelta(days=1)


def run(clock: time_machine.Traveller, day: date) -> list[str]:
    """Go to a day, apply what is due, and return the statuses."""
    clock.move_to(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))
    return [each.amendment.status for each in apply_due(day)]


def addition(cast: Cast, name: str, order: UUID, key: UUID | None = None, **fields: int) -> CreateEntitlement:
    """Return the creation of an entitlement in an order, under a key."""
    revision = cast.revision(name).pk
    return CreateEntitlement(as_of=TODAY, revision_id=revision, order_id=order, key=key or new_id(), **fields)


def ask_for(cast: Cast, operation: Operation, on: date, *ids: UUID) -> Answer:
    """Schedule an operation on entitlements that may not be there yet."""
    return schedule(operation, ids, on=on, made_by=cast.operations, seen=None, reason="as agreed")


def planned(cast: Cast, operation: Operation, on: date, *ids: UUID) -> Amendment:
    """Schedule what must be possible, and return the amendment."""
    answer = ask_for(cast, operation, on, *ids)
    assert answer.amendment, answer.problems
    return answer.amendment


def ended_on(entitlement: Entitlement) -> date | None:
    entitlement.refresh_from_db()
    return entitlement.ended_on


# --- kinds and names -------------------------------------------------------------------------------------------------


def test_each_operation_has_its_kind(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10, overrides={"connectors": 9})
    support = offer_add_on(cast, "support")
    rows = [
        scheduled(cast, quantity(20), held, MARCH),
        scheduled(cast, override(grace_period="P30D"), held, MARCH),
        scheduled(cast, RevertOverrides(as_of=TODAY, keys=("feature.connectors",)), held, MARCH),
        planned(cast, addition(cast, support, held.order_id), MARCH),
        scheduled(cast, WITH_ADD_ONS, held, APRIL),
    ]
    assert [row.kind for row in rows] == [
        *[AmendmentKind.UPDATE_PRODUCT] * 3,
        AmendmentKind.ADD_PRODUCT,
        AmendmentKind.REMOVE_PRODUCT,
    ]
    assert [row.name for row in rows[3:]] == ["Add Support annual", "Remove Gold per seat"]


# --- removal ---------------------------------------------------------------------------------------------------------


def test_a_scheduled_removal_ends_on_its_day_and_not_before(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_annual", seats=3)
    row = scheduled(cast, REMOVE, held, date(2027, 2, 1))
    assert "3 seats released" in row.effects
    assert run(clock, date(2027, 1, 31)) == []
    assert ended_on(held) is None
    assert run(clock, date(2027, 2, 1)) == ["applied"]
    assert (ended_on(held), held.seats_used) == (date(2027, 2, 1), 0)
    row.refresh_from_db()
    assert (row.act.operation, row.act.reason) == ("remove_product", "as agreed")


def test_a_removal_that_is_applied_late_ends_on_the_day_agreed(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("gold_annual")
    scheduled(cast, REMOVE, held, MARCH)
    assert run(clock, MARCH + 3 * DAY) == ["applied"]
    assert ended_on(held) == MARCH


def test_a_removal_needs_its_reason_when_it_is_scheduled(cast: Cast) -> None:
    assert codes(ask(cast, REMOVE, cast.entitle(), MARCH, reason="")) == ["reason_missing"]


def test_what_is_scheduled_later_for_what_is_removed_no_longer_fits(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=10)
    later = scheduled(cast, quantity(40), held, APRIL)
    refused = ask(cast, REMOVE, held, MARCH)
    assert codes(refused) == ["later_no_longer_fits"]
    assert "1 Apr 2027, would no longer fit: This entitlement has ended." in refused.problems[0].message
    removal = scheduled(cast, REMOVE, held, MARCH, cancels=[later.pk])
    assert codes(ask(cast, quantity(20), held, MAY)) == ["removed_already"]
    assert codes(ask(cast, REMOVE, held, MAY)) == ["removed_already"]
    assert codes(ask(cast, quantity(20), held, MARCH - DAY)) == ["removal_pending"]
    assert ask(cast, quantity(20), held, MARCH - DAY, keeps=[removal.pk]).amendment


def test_a_plan_with_an_add_on_is_removed_with_it(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, offer_add_on(cast, "support"))
    assert codes(ask(cast, REMOVE, held, MARCH)) == ["add_on_without_plan"]
    scheduled(cast, WITH_ADD_ONS, held, MARCH)
    assert run(clock, MARCH) == ["applied"]
    assert (ended_on(held), ended_on(added)) == (MARCH, MARCH)


def test_a_plan_is_removed_alone_after_its_add_on(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("silver_annual")
    added = beside(cast, held, offer_add_on(cast, "support"))
    scheduled(cast, REMOVE, added, MARCH)
    assert codes(ask(cast, REMOVE, held, MARCH - DAY)) == ["add_on_without_plan"]
    scheduled(cast, REMOVE, held, APRIL)
    assert run(clock, APRIL) == ["applied", "applied"]
    assert (ended_on(added), ended_on(held)) == (MARCH, APRIL)


def test_a_plan_is_removed_with_an_add_on_that_comes_before(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("silver_annual")
    support = addition(cast, offer_add_on(cast, "support"), held.order_id)
    planned(cast, support, MARCH)
    assert codes(ask(cast, REMOVE, held, APRIL)) == ["add_on_without_plan"]
    row = scheduled(cast, WITH_ADD_ONS, held, APRIL)
    assert run(clock, APRIL) == ["applied", "applied"]
    row.refresh_from_db()
    assert set(row.act.changes.values_list("entitlement", flat=True)) == {held.pk, support.key}
    assert ended_on(Entitlement.objects.get(pk=support.key)) == APRIL


# --- addition --------------------------------------------------------------------------------------------------------


def test_a_product_is_added_on_its_day_and_changed_after_it(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("silver_annual")
    pack = addition(cast, offer_add_on(cast, "pack", seats_sold="per_quantity"), held.order_id, quantity=2)
    planned(cast, pack, MARCH)
    later = planned(cast, quantity(5), APRIL, pack.key)
    assert any("2 → 5" in line for line in later.effects)
    assert run(clock, MARCH - DAY) == []
    assert not Entitlement.objects.filter(pk=pack.key).exists()
    assert run(clock, MARCH) == ["applied"]
    assert Entitlement.objects.get(pk=pack.key).quantity == 2
    assert run(clock, APRIL) == ["applied"]
    assert Entitlement.objects.get(pk=pack.key).quantity == 5


def test_what_is_for_an_entitlement_before_it_is_added_is_refused(cast: Cast) -> None:
    held = cast.entitle("silver_annual")
    pack = addition(cast, offer_add_on(cast, "pack", seats_sold="per_quantity"), held.order_id, quantity=2)
    assert codes(ask_for(cast, quantity(5), APRIL, pack.key)) == ["other_orders"]
    planned(cast, pack, APRIL)
    assert codes(ask_for(cast, quantity(5), MARCH, pack.key)) == ["gone"]
    assert ask_for(cast, quantity(5), APRIL, pack.key).amendment


def test_a_plan_takes_the_place_of_one_that_is_removed(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("silver_annual")
    gold = addition(cast, "gold_annual", held.order_id)
    assert codes(ask_for(cast, gold, APRIL)) == ["has_plan_already"]
    scheduled(cast, REMOVE, held, MARCH)
    assert codes(ask_for(cast, gold, MARCH - DAY)) == ["has_plan_already"]
    planned(cast, gold, APRIL)
    assert codes(ask_for(cast, addition(cast, "bronze_annual", held.order_id), MAY)) == ["has_plan_already"]
    assert run(clock, APRIL) == ["applied", "applied"]
    assert Entitlement.objects.get(order=held.order_id, ended_on=None).pk == gold.key


def test_an_add_on_comes_into_an_order_whose_plan_comes_before(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("silver_annual")
    cast.do(REMOVE, [held.pk], reason="Cancelled")
    support = addition(cast, offer_add_on(cast, "support"), held.order_id)
    assert codes(ask_for(cast, support, APRIL)) == ["add_on_without_plan"]
    planned(cast, addition(cast, "gold_annual", held.order_id), MARCH)
    planned(cast, support, APRIL)
    assert run(clock, APRIL) == ["applied", "applied"]


def test_steps_that_go_together_take_the_place_of_what_is_removed(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("silver_annual")
    gold = addition(cast, "gold_annual", held.order_id)
    swap = Together(as_of=TODAY, steps=(Step(operation=REMOVE, ids=(held.pk,)), Step(operation=gold)))
    first = planned(cast, swap, MARCH)
    assert first.kind == AmendmentKind.UPDATE_PRODUCT
    assert codes(ask_for(cast, quantity(5), APRIL, gold.key)) == ["quantity_not_sold"]
    bronze = addition(cast, "bronze_annual", held.order_id)
    back = Together(as_of=TODAY, steps=(Step(operation=REMOVE, ids=(gold.key,)), Step(operation=bronze)))
    assert codes(ask_for(cast, Together(as_of=TODAY, steps=(Step(operation=bronze),)), APRIL)) == ["has_plan_already"]
    planned(cast, back, APRIL)
    assert run(clock, APRIL) == ["applied", "applied"]
    assert Entitlement.objects.get(order=held.order_id, ended_on=None).pk == bronze.key


# --- add-ons ---------------------------------------------------------------------------------------------------------


def test_an_add_on_is_checked_against_the_plan_of_its_day(cast: Cast) -> None:
    held = cast.entitle("silver_annual")
    golden = offer_add_on(cast, "golden", available_for=["gold"])
    scheduled(cast, change_to(cast, "gold_annual"), held, MARCH)
    assert codes(ask_for(cast, addition(cast, golden, held.order_id), MARCH - DAY)) == ["add_on_not_available"]
    planned(cast, addition(cast, golden, held.order_id), APRIL)
    assert codes(ask(cast, change_to(cast, "silver_annual"), held, MAY)) == ["add_on_not_available"]


def test_an_add_on_is_there_only_from_its_day(cast: Cast, clock: time_machine.Traveller) -> None:
    held = cast.entitle("silver_annual")
    planned(cast, addition(cast, offer_add_on(cast, "extra", extra_seats=10), held.order_id), APRIL)
    down = ChangeOffering(as_of=TODAY, revision_id=cast.revision("bronze_annual").pk)
    cast.occupy(held, 5)
    assert codes(ask(cast, down, held, MARCH)) == ["seats_over_limit"]
    scheduled(cast, down, held, MAY)
    folded = fold_order(held.order_id, pending_of([held.order_id])[held.order_id])
    assert [each.fits for each in folded] == [True, True]
    assert run(clock, APRIL - DAY) == []
    assert Entitlement.objects.filter(order=held.order_id).count() == 1
    assert run(clock, MAY) == ["applied", "applied"]


def test_an_add_on_that_comes_before_is_dropped_where_it_does_not_fit(
    cast: Cast, clock: time_machine.Traveller
) -> None:
    held = cast.entitle("gold_annual")
    golden = addition(cast, offer_add_on(cast, "golden", available_for=["gold"]), held.order_id)
    planned(cast, golden, MARCH)
    silver = cast.revision("silver_annual").pk
    scheduled(cast, ChangeOffering(as_of=TODAY, revision_id=silver, drops_unfitting=True), held, APRIL)
    assert run(clock, APRIL) == ["applied", "applied"]
    assert ended_on(Entitlement.objects.get(pk=golden.key)) == APRIL
