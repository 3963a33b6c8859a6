"""Several operations as one: what steps are named for, what each sees, and what is said once, of the end."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from entitlements.operations import (
    ChangeOffering,
    CreateEntitlement,
    Disable,
    Enable,
    Move,
    Operation,
    SetOverrides,
    SetQuantity,
    Step,
    Together,
    TransferEntitlement,
)
from entitlements.operations.base import World
from entitlements.operations.create_entitlement import CreationWorld
from entitlements.operations.one_plan import OpenPlans
from entitlements.operations.preview import Preview
from entitlements.operations.together import TogetherWorld
from entitlements.operations.transfer_entitlement import TransferWorld
from entitlements.state import OrderValue, State
from tests.entitlements.values import (
    KEY,
    LONG_AGO,
    NOW,
    ORDER,
    OTHER_KEY,
    TODAY,
    codes,
    described,
    per_seat,
    revision,
    state,
    told,
)

NINE = state(per_seat(), quantity=9)
DISABLE, ENABLE = Disable(as_of=TODAY), Enable(as_of=TODAY)
CREATE = CreateEntitlement(as_of=TODAY, revision_id=1, key=OTHER_KEY)
NEW = CreationWorld(at=NOW, target=revision(), order=OrderValue(KEY, KEY, "Osprey", is_new=True))


def quantity(number: int) -> SetQuantity:
    return SetQuantity(as_of=TODAY, quantity=number)


def of(*operations: Operation, ids: Any = (KEY,)) -> Together:
    return Together(as_of=TODAY, steps=tuple(Step(operation=each, ids=ids) for each in operations))


def look(together: Together, *states: State, worlds: tuple[World, ...] = ()) -> Preview:
    known = worlds or tuple(World(at=NOW) for _ in together.steps)
    units = tuple(tuple((key,) for key in step.ids) or tuple(step.operation.units(())) for step in together.steps)
    return together.preview(states, TogetherWorld(at=NOW, worlds=known, units=units))


def test_how_it_describes_itself() -> None:
    assert described(Together) == (
        "together",
        "entitlements.view_entitlement",
        ("Change together", "Change", "Changed together", "changed together", "swap", "info", False),
        ("Other", "entitlement", True),
        {"steps": {"label": "Steps"}},
    )
    assert (Together(as_of=TODAY).steps, Step(operation=DISABLE).ids) == ((), ())


# --- the union of the parts ------------------------------------------------------------------------------------------


def test_permissions_and_reason_are_those_of_the_parts() -> None:
    outside = ChangeOffering(as_of=TODAY, revision_id=7, is_outside_group=True)
    together = of(DISABLE, ENABLE, outside)
    assert together.permissions == (
        "entitlements.disable_entitlement",
        "entitlements.change_offering",
        "changegroups.change_outside_group",
    )
    assert (together.needs_reason, together.revision_ids()) == (True, (7,))
    assert (of(DISABLE).needs_reason, of(DISABLE).revision_ids()) == (False, ())
    assert of(DISABLE, SetOverrides(as_of=TODAY)).needs_reason
    assert Together(as_of=TODAY).permissions == ()


@pytest.mark.parametrize(
    ("steps", "unit"),
    [
        ((), ()),
        ((Step(operation=DISABLE, ids=(KEY,)), Step(operation=ENABLE, ids=(KEY,))), (KEY,)),
        ((Step(operation=DISABLE, ids=(OTHER_KEY, KEY)), Step(operation=ENABLE, ids=(KEY,))), (OTHER_KEY, KEY)),
        ((Step(operation=CREATE), Step(operation=DISABLE, ids=(OTHER_KEY, KEY))), (KEY,)),
        ((Step(operation=DISABLE, ids=(OTHER_KEY,)), Step(operation=CREATE)), ()),
    ],
)
def test_the_unit_is_every_entitlement_that_is_there(steps: tuple[Step, ...], unit: Any) -> None:
    assert Together(as_of=TODAY, steps=steps).units([KEY]) == [unit]


# --- step after step -------------------------------------------------------------------------------------------------


def test_each_step_sees_what_the_ones_before_it_leave() -> None:
    together = of(quantity(5), DISABLE, quantity(7))
    preview = look(together, NINE)
    [move] = preview.moves
    assert (move.before, move.after) == (NINE, replace(NINE, quantity=7, disabled_at=NOW))
    assert (preview.problems, preview.operation) == ((), together)


def test_what_a_step_refuses_after_another_is_refused() -> None:
    preview = look(of(DISABLE, DISABLE, DISABLE), state())
    assert told(preview.problems) == [("already_disabled", "This entitlement is disabled already.", "")]
    assert look(of(DISABLE, ENABLE), state()).problems == ()
    assert codes(look(of(ENABLE, ENABLE), state())) == ["not_disabled"]


def test_a_warning_of_several_steps_is_said_once() -> None:
    preview = look(of(quantity(5), quantity(6)), replace(NINE, disabled_at=LONG_AGO))
    assert [each.code for each in preview.warnings] == ["disabled"]
    quiet = look(of(quantity(5), DISABLE), replace(NINE, standard_expires_on=TODAY))
    assert [each.code for each in quiet.warnings] == ["access_ends"]


def test_a_step_for_several_moves_each() -> None:
    other = replace(NINE, id=OTHER_KEY)
    preview = look(of(quantity(5), ids=(KEY, OTHER_KEY)), NINE, other)
    assert [(move.id, move.after.quantity) for move in preview.moves] == [(KEY, 5), (OTHER_KEY, 5)]
    assert preview.moves[1].before == other


def test_what_a_step_creates_a_later_one_changes() -> None:
    steps = (Step(operation=CREATE), Step(operation=DISABLE, ids=(OTHER_KEY,)))
    preview = look(Together(as_of=TODAY, steps=steps), worlds=(NEW, World(at=NOW)))
    [move] = preview.moves
    assert (move.before, move.id, move.after.disabled_at, preview.problems) == (None, OTHER_KEY, NOW, ())


MISSING_ONE = "1 entitlement is not there. Name those that are, or that a step creates."


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ((OTHER_KEY,), MISSING_ONE),
        ((KEY, OTHER_KEY), MISSING_ONE),
        ((OTHER_KEY, OTHER_KEY), MISSING_ONE),
        ((OTHER_KEY, ORDER.id), "2 entitlements are not there. Name those that are, or that a step creates."),
    ],
)
def test_a_step_for_what_is_not_there_is_refused_and_the_others_are_previewed(ids: Any, message: str) -> None:
    steps = (Step(operation=ENABLE, ids=ids), Step(operation=DISABLE, ids=(KEY,)))
    preview = look(Together(as_of=TODAY, steps=steps), state())
    assert told(preview.problems) == [("unknown_entitlement", message, "")]
    assert [move.after.disabled_at for move in preview.moves] == [NOW]


def test_what_is_created_later_is_not_there_yet() -> None:
    steps = (Step(operation=DISABLE, ids=(OTHER_KEY,)), Step(operation=CREATE))
    assert codes(look(Together(as_of=TODAY, steps=steps), worlds=(World(at=NOW), NEW))) == ["unknown_entitlement"]


def test_no_steps_are_refused() -> None:
    preview = look(Together(as_of=TODAY), state())
    assert told(preview.problems) == [("no_steps", "Nothing is asked for. Name at least one step.", "")]
    assert preview.moves == (Move(state(), state()),)


# --- two plans in an order -------------------------------------------------------------------------------------------


PLACE = ORDER.id, 1
THERE = OrderValue(UUID(int=101), ORDER.customer_id, "Osprey Freight")
LEAVE = Step(operation=TransferEntitlement(as_of=TODAY, order_id=THERE.id), ids=(KEY,))


def into(*holders: UUID) -> CreationWorld:
    """Return the world of a creation in an order that others hold a plan of."""
    return replace(NEW, order=ORDER, plans=OpenPlans({PLACE: frozenset(holders)}, {PLACE: 1}))


@pytest.mark.parametrize(
    ("first", "holders", "problems"),
    [
        (LEAVE, (KEY,), []),
        (LEAVE, (KEY, UUID(int=9)), ["has_plan_already"]),
        (LEAVE, (UUID(int=9),), ["has_plan_already"]),
        (LEAVE, (), []),
        (Step(operation=DISABLE, ids=(KEY,)), (KEY,), ["has_plan_already"]),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_two_plans_are_asked_of_the_end(first: Step, holders: Any, problems: list[str], order: int) -> None:
    steps = (first, Step(operation=CREATE))[::order]
    worlds = (TransferWorld(at=NOW, order=THERE), into(*holders))[::order]
    found = look(Together(as_of=TODAY, steps=steps), state(), worlds=worlds)
    assert [(each.code, each.field) for each in found.problems] == [(code, "") for code in problems]


# --- reading ---------------------------------------------------------------------------------------------------------


class Reader(Disable):
    """Notes what it is given to read."""

    def load(self, states: Any, *, at: datetime, revisions: Any) -> World:
        return World(at=at, memo={"states": tuple(states), "revisions": revisions})  # type: ignore[dict-item]


def test_each_step_reads_for_those_that_are_there() -> None:
    reader = Reader(as_of=TODAY)
    steps = (Step(operation=reader, ids=(OTHER_KEY, KEY)), Step(operation=reader))
    revisions = {1: revision()}
    found = Together(as_of=TODAY, steps=steps).load([state()], at=NOW, revisions=revisions)
    assert [each.memo for each in found.worlds] == [
        {"states": (state(),), "revisions": revisions},
        {"states": (), "revisions": revisions},
    ]
    assert (found.at, found.worlds[0].at) == (NOW, NOW)
    assert found.units == (((OTHER_KEY,), (KEY,)), ())
    assert (TogetherWorld(at=NOW).worlds, TogetherWorld(at=NOW).units) == ((), ())
