"""Several people at one order with add-ons at once, on PostgreSQL: it holds together whoever comes first."""

from collections.abc import Callable
from uuid import UUID

import pytest

from entitlements import engine
from entitlements.models import Change, Entitlement, Source
from entitlements.operations import (
    ChangeOffering,
    CreateEntitlement,
    Disable,
    Enable,
    Operation,
    Renew,
    TermChoice,
    TermMode,
    TransferEntitlement,
    UndoAct,
)
from entitlements.operations.add_ons import conflicts
from entitlements.state import load_with_orders
from tests.add_ons import beside, offer_add_on
from tests.cast import NOW, TODAY, Cast
from tests.entitlements.engine.test_races import at_once, racing_cast  # noqa: F401 (a fixture)

ROUNDS = 6

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

Ends = Callable[[Cast, Entitlement], Operation]


def carry_out(operation: Operation, ids: list[UUID]) -> engine.Result:
    return engine.apply(operation, ids, made_by=engine.System("tests"), source=Source.TASK, reason="Agreed", at=NOW)


def broken(order: UUID) -> list[str]:
    """Return the relations that an order does not keep."""
    found = load_with_orders(Entitlement.objects.filter(order=order).values_list("pk", flat=True), on=TODAY)
    return [str(each.relation) for members in found.held.values() for each in conflicts(members)]


ENDS: dict[str, Ends] = {
    "undo": lambda _cast, plan: UndoAct(
        as_of=TODAY, act_id=Change.objects.filter(entitlement=plan).latest("sequence").act_id
    ),
    "downgrade": lambda cast, _plan: ChangeOffering(as_of=TODAY, revision_id=cast.revision("bronze_annual").pk),
    "create new": lambda cast, _plan: ChangeOffering(
        as_of=TODAY, revision_id=cast.revision("bronze_annual").pk, term=TermChoice(TermMode.CREATE_NEW)
    ),
    "transfer": lambda cast, _plan: TransferEntitlement(as_of=TODAY, order_id=emptied(cast)),
}


def emptied(cast: Cast) -> UUID:
    held = cast.entitle("gold_annual")
    Entitlement.objects.filter(pk=held.pk).update(ended_on=TODAY)
    return held.order_id


@pytest.mark.parametrize("name", sorted(ENDS))
def test_an_add_on_is_never_sold_to_a_plan_that_goes_at_the_same_moment(
    racing_cast: Cast,  # noqa: F811
    name: str,
) -> None:
    extra = offer_add_on(racing_cast, "extra", available_for=["silver"], extra_seats=10)
    revision = racing_cast.revision(extra).pk
    for _ in range(ROUNDS):
        plan = racing_cast.entitle("silver_annual")
        sale = CreateEntitlement(as_of=TODAY, revision_id=revision, order_id=plan.order_id)
        end = ENDS[name](racing_cast, plan)
        jobs = [(sale, []), (end, [plan.pk])]
        results = at_once(2, lambda number, jobs=jobs: carry_out(*jobs[number]))
        assert any(result.act for result in results)
        assert broken(plan.order_id) == []
        assert Entitlement.objects.filter(kind="add_on", ended_on=None, order=plan.order_id).count() <= 1


def test_two_add_ons_that_exclude_each_other_are_never_both_sold(racing_cast: Cast) -> None:  # noqa: F811
    names = [offer_add_on(racing_cast, "lite"), offer_add_on(racing_cast, "full", excludes=["lite"])]
    for _ in range(ROUNDS):
        order = racing_cast.entitle("silver_annual").order_id
        sales = [CreateEntitlement(as_of=TODAY, revision_id=racing_cast.revision(n).pk, order_id=order) for n in names]
        results = at_once(2, lambda number, sales=sales: carry_out(sales[number], []))
        assert sum(result.act is not None for result in results) == 1
        assert broken(order) == []


def test_plans_and_their_add_ons_changed_at_once_never_wait_for_each_other_for_ever(
    racing_cast: Cast,  # noqa: F811
) -> None:
    extra = offer_add_on(racing_cast, "extra", extra_seats=10)
    plans = [racing_cast.entitle("silver_annual") for _ in range(4)]
    add_ons = [beside(racing_cast, plan, extra) for plan in plans]
    targets = [racing_cast.revision(name).pk for name in ("gold_annual", "silver_annual")]
    for number in range(ROUNDS):
        jobs: list[tuple[Operation, list[UUID]]] = [
            (ChangeOffering(as_of=TODAY, revision_id=targets[number % 2]), [each.pk for each in plans]),
            (Renew(as_of=TODAY), [each.pk for each in add_ons]),
            ((Enable if number % 2 else Disable)(as_of=TODAY), [each.pk for each in (*plans, *add_ons)]),
        ]
        results = at_once(3, lambda n, jobs=jobs: carry_out(*jobs[n]))
        assert all(result.act is not None for result in results)
