"""Several operations as one: places in orders that are swapped, and what steps create and name."""

from uuid import UUID

import pytest

from changegroups.models import ChangeGroup, Membership
from entitlements import engine
from entitlements.engine.recount import differences
from entitlements.models import ActivationCode, Entitlement
from entitlements.models.ids import derived_id
from entitlements.operations import (
    ChangeOffering,
    CreateEntitlement,
    Disable,
    Operation,
    Preview,
    SetQuantity,
    Step,
    TermChoice,
    TermMode,
    Together,
    TransferEntitlement,
    UndoAct,
)
from tests.cast import NOW, TODAY, Cast


def together(*steps: tuple[Operation, UUID]) -> Together:
    return Together(as_of=TODAY, steps=tuple(Step(operation=each, ids=(key,)) for each, key in steps))


def look(operation: Operation) -> Preview:
    return engine.preview(operation, at=NOW)[0]


def codes(preview: Preview) -> list[str]:
    return [problem.code for problem in preview.problems]


def create(cast: Cast, **fields: object) -> CreateEntitlement:
    known = {"revision_id": cast.revision("silver_annual").pk, "customer_name": "Osprey"} | fields
    return CreateEntitlement(as_of=TODAY, **known)  # type: ignore[arg-type]


def creations(*operations: CreateEntitlement) -> Together:
    return Together(as_of=TODAY, steps=tuple(Step(operation=each) for each in operations))


# --- places ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3])
def test_entitlements_swap_their_orders(cast: Cast, count: int) -> None:
    held = [cast.entitle() for _ in range(count)]
    orders = [each.order_id for each in held]
    turned = [*orders[1:], orders[0]]
    moves = [TransferEntitlement(as_of=TODAY, order_id=order) for order in turned]
    act = cast.do(together(*((move, each.pk) for move, each in zip(moves, held, strict=True)))).act
    assert act is not None
    now = Entitlement.objects.in_bulk()
    assert [(now[each.pk].order_id, now[each.pk].ended_on) for each in held] == [(order, None) for order in turned]
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [held[0].pk])
    now = Entitlement.objects.in_bulk()
    assert ([now[each.pk].order_id for each in held], list(differences())) == (orders, [])


def test_one_comes_into_the_place_that_another_leaves(cast: Cast) -> None:
    held = [cast.entitle() for _ in range(3)]
    first, second = (TransferEntitlement(as_of=TODAY, order_id=held[number].order_id) for number in (1, 2))
    Entitlement.objects.filter(pk=held[2].pk).update(ended_on=TODAY)
    cast.do(together((first, held[0].pk), (second, held[1].pk)))
    now = Entitlement.objects.in_bulk()
    assert [now[each.pk].order_id for each in held[:2]] == [held[1].order_id, held[2].order_id]


def test_what_a_step_creates_cannot_be_transferred_to_an_order_with_a_plan(cast: Cast) -> None:
    new, order = create(cast), cast.entitle().order_id
    steps = (
        Step(operation=new),
        Step(operation=TransferEntitlement(as_of=TODAY, order_id=order), ids=(new.key,)),
    )
    assert codes(look(Together(as_of=TODAY, steps=steps))) == ["has_plan_already"]


def test_change_groups_hold_for_what_a_step_creates(cast: Cast) -> None:
    group = ChangeGroup.objects.create(name="Plans")
    for priority, name in enumerate(("silver_annual", "gold_annual")):
        Membership.objects.create(group=group, offering=cast.offerings[name], priority=priority)
    new = create(cast)
    closed = ChangeOffering(as_of=TODAY, revision_id=cast.revision("bronze_annual").pk)
    steps = (Step(operation=new), Step(operation=closed, ids=(new.key,)))
    alone = engine.preview(closed, [cast.entitle().pk], at=NOW)[0]
    assert codes(alone) != []
    assert codes(look(Together(as_of=TODAY, steps=steps))) == codes(alone)


# --- what is created -------------------------------------------------------------------------------------------------


def test_two_steps_cannot_create_the_same_entitlement(cast: Cast) -> None:
    new = create(cast)
    assert codes(look(creations(new, new))) == ["created_twice"]


def test_two_steps_cannot_give_the_same_code(cast: Cast) -> None:
    preview = look(creations(*(create(cast, codes=(*own, "HALDEN-1")) for own in (("HALDEN-2",), ("HALDEN-3",)))))
    assert [(each.code, each.message) for each in preview.problems] == [
        ("code_twice", "Two steps give the code HALDEN-1. Give each code once.")
    ]
    cast.do(creations(create(cast, codes=("HALDEN-1",)), create(cast, codes=("HALDEN-2",))))
    assert ActivationCode.objects.count() == 2


def test_what_was_created_before_is_not_created_again(cast: Cast) -> None:
    new = create(cast)
    cast.do(new)
    assert codes(look(creations(new))) == ["already_created"]


def test_a_later_step_names_a_part(cast: Cast) -> None:
    held = cast.entitle("gold_seats", quantity=9, seats=2).pk
    part = ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_seats").pk, count=4)
    new = derived_id(part.key, held)
    act = cast.do(together((part, held), (SetQuantity(as_of=TODAY, quantity=6), new))).act
    assert act is not None
    quantities = dict(Entitlement.objects.values_list("pk", "quantity"))
    assert (quantities, list(differences())) == ({held: 5, new: 6}, [])
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [held])
    assert (Entitlement.objects.get(pk=held).quantity, list(differences())) == (9, [])


def test_a_later_step_names_what_takes_the_place_of_another(cast: Cast) -> None:
    held = cast.entitle(seats=2).pk
    move = ChangeOffering(
        as_of=TODAY, revision_id=cast.revision("gold_annual").pk, term=TermChoice(TermMode.CREATE_NEW)
    )
    new = derived_id(move.key, held)
    cast.do(together((move, held), (Disable(as_of=TODAY), new)))
    stored = Entitlement.objects.get(pk=new)
    assert (stored.disabled_at, stored.seats_used, list(differences())) == (NOW, 2, [])


def test_what_a_step_might_have_created_is_unknown(cast: Cast) -> None:
    held = cast.entitle().pk
    move = ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk)
    assert codes(look(together((move, held), (Disable(as_of=TODAY), derived_id(move.key, held))))) == [
        "unknown_entitlement"
    ]
