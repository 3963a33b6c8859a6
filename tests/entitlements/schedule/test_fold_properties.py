"""The fold of what is scheduled: the order of scheduling is nothing to it, and a model of plain days agrees with it.

The model draws new schedules each time, and a failure names the seed of its own. The deep run:
``UPSHIFT_SCHEDULES=2000 pytest tests/entitlements/schedule/test_fold_properties.py``.
"""

import os
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random, SystemRandom
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from entitlements.models import Amendment, Entitlement, Order, new_id
from entitlements.operations import ChangeOffering, Operation, RemoveProduct, SetOverrides, SetQuantity
from entitlements.schedule import Folded, Planned, cancel, fold_order, schedule
from entitlements.state import State
from tests.cast import TODAY, Cast
from tests.entitlements.schedule.day_by_day import (
    FIRST_DAY,
    OFFERINGS,
    Plan,
    Step,
    play,
    seats_of,
    starting_plan,
    write_schedule,
)

pytestmark = pytest.mark.django_db

SCHEDULES = int(os.environ.get("UPSHIFT_SCHEDULES", "60"))
SEED = int(os.environ.get("UPSHIFT_SCHEDULES_SEED") or SystemRandom().randrange(1_000_000_000))
SEEDS = st.integers(min_value=0, max_value=10**9)


def operation_of(step: Step, revisions: dict[str, int]) -> Operation:
    """Return the operation of a step of the model."""
    match step["kind"]:
        case "quantity":
            return SetQuantity(as_of=TODAY, quantity=step["what"])
        case "override":
            return SetOverrides(as_of=TODAY, values={"seat_limit": step["what"]})
        case "change":
            return ChangeOffering(as_of=TODAY, revision_id=revisions[step["what"]])
    return RemoveProduct(as_of=TODAY)


def planned_of(steps: Sequence[Step], key: UUID, revisions: dict[str, int]) -> list[Planned]:
    """Return steps as they are scheduled one after the other, for one entitlement."""
    asked = [(step["day"], operation_of(step, revisions).on_day(step["day"])) for step in steps]
    return [Planned(new_id(), day, number, operation, (key,)) for number, (day, operation) in enumerate(asked, start=1)]


def revisions_of(cast: Cast) -> dict[str, int]:
    return {name: cast.revision(name).pk for name in OFFERINGS}


def seen(folded: Sequence[Folded]) -> list[tuple[object, ...]]:
    return [(each.planned.effective_on, each.fits, each.outcome, each.problems) for each in folded]


def test_the_order_of_scheduling_is_nothing_to_the_fold(cast: Cast) -> None:
    held, revisions = cast.entitle("gold_seats", quantity=9), revisions_of(cast)

    @settings(max_examples=15)
    @given(seed=SEEDS)
    def check(seed: int) -> None:
        random = Random(seed)
        steps = [{**step, "day": FIRST_DAY + timedelta(days=20 * n)} for n, step in enumerate(write_schedule(random))]
        other = random.sample(steps, len(steps))
        first, second = (fold_order(held.order_id, planned_of(each, held.pk, revisions)) for each in (steps, other))
        assert seen(first) == seen(second)
        assert [each.planned.effective_on for each in second] == [step["day"] for step in steps]

    check()


def test_to_cancel_restores_the_earlier_fold(cast: Cast) -> None:
    held, revisions = cast.entitle("gold_seats", quantity=9), revisions_of(cast)

    def ask(step: Step) -> Amendment | None:
        operation = operation_of(step, revisions)
        return schedule(
            operation, [held.pk], on=step["day"], made_by=cast.operations, seen=None, reason="as agreed"
        ).amendment

    def rows() -> list[tuple[object, ...]]:
        pending = Amendment.objects.filter(status="scheduled").order_by("number")
        return list(pending.values_list("number", "effective_on", "outcome", "effects"))

    @settings(max_examples=5)
    @given(seed=SEEDS)
    def check(seed: int) -> None:
        *steps, last = write_schedule(Random(seed))
        with transaction.atomic():
            for step in steps:
                ask(step)
            before, added = rows(), ask(last)
            if added is not None:
                assert len(rows()) == len(before) + 1
                assert cancel(added, made_by=cast.operations, reason="Not wanted", seen=None).amendment
                assert rows() == before
            transaction.set_rollback(True)
        assume(added is not None)

    check()


# --- against a model of plain days -----------------------------------------------------------------------------------


def snapshot(state: State) -> dict[str, object]:
    """Return what the model says of a plan, of a state of the product."""
    override = state.overrides.get("seat_limit")
    return {
        "sku": state.revision.sku,
        "quantity": state.quantity,
        "override": override.value if override else None,
        "expires": state.expires_on,
        "ended": state.ended_on,
        "seats": state.seat_capacity,
    }


def expected(plan: Plan, skus: dict[str, str]) -> dict[str, object]:
    known = {name: value for name, value in plan.items() if name not in ("offering", "anchor")}
    return {**known, "sku": skus[plan["offering"]], "seats": seats_of(plan)}


@pytest.mark.parametrize("renewal", ["", "same", "newest"])
def test_the_fold_does_what_a_model_of_plain_days_does(cast: Cast, renewal: str) -> None:
    revisions = revisions_of(cast)
    skus = {name: cast.offerings[name].sku for name in OFFERINGS}
    held: dict[str, Entitlement] = {
        name: cast.entitle(name, quantity=9 if name == "gold_seats" else None) for name in OFFERINGS
    }
    Order.objects.update(renewal=renewal, renews_from=FIRST_DAY)
    failures = []
    for seed in range(SEED, SEED + SCHEDULES):
        random = Random(seed)
        start, steps = random.choice(OFFERINGS), write_schedule(random)
        folded = fold_order(held[start].order_id, planned_of(steps, held[start].pk, revisions))
        found = [snapshot(each.previews[0].lead.after) if each.fits else None for each in folded]
        renews_from = FIRST_DAY if renewal else date.max
        plans = play(starting_plan(start, quantity=held[start].quantity), steps, renews_from=renews_from)
        wanted = [expected(plan, skus) if plan else None for plan in plans]
        if found != wanted:
            failures.append((seed, start, steps, found, wanted))
    assert not failures, (
        f"{len(failures)} of {SCHEDULES} differ; UPSHIFT_SCHEDULES_SEED={failures[0][0]}: {failures[0]}"
    )
