"""Several operations on one order, previewed one after the other as one."""

from datetime import date
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied

from entitlements import engine
from entitlements.engine.recount import differences
from entitlements.models import Act, Change, Entitlement, Source, new_id
from entitlements.operations import (
    ChangeOffering,
    CreateEntitlement,
    Disable,
    Enable,
    Operation,
    Preview,
    SetOverrides,
    SetQuantity,
    Step,
    Together,
    UndoAct,
    read,
)
from tests.cast import NOW, TODAY, Cast


def together(*steps: tuple[Operation, UUID]) -> Together:
    return Together(as_of=TODAY, steps=tuple(Step(operation=each, ids=(key,)) for each, key in steps))


def look(operation: Together) -> Preview:
    return engine.preview(operation, at=NOW)[0]


def codes(preview: Preview) -> list[str]:
    return [problem.code for problem in preview.problems]


@pytest.fixture
def held(cast: Cast) -> UUID:
    return cast.entitle("gold_seats", quantity=9, seats=2).pk


def test_each_step_sees_what_the_one_before_it_leaves(cast: Cast, held: UUID) -> None:
    operation = together((Disable(as_of=TODAY), held), (Enable(as_of=TODAY), held))
    assert codes(look(operation)) == []
    assert codes(look(together((Enable(as_of=TODAY), held), (Disable(as_of=TODAY), held)))) == ["not_disabled"]


def test_the_moves_of_one_entitlement_are_one(cast: Cast, held: UUID) -> None:
    operation = together((SetQuantity(as_of=TODAY, quantity=5), held), (Disable(as_of=TODAY), held))
    [move] = look(operation).moves
    assert move.before is not None
    assert (move.before.quantity, move.after.quantity, move.after.disabled_at) == (9, 5, NOW)


def test_it_is_one_act_with_one_change_each_and_one_undo(cast: Cast, held: UUID) -> None:
    operation = together((SetQuantity(as_of=TODAY, quantity=5), held), (Disable(as_of=TODAY), held))
    act = cast.do(operation, [held]).act
    assert act is not None
    assert Change.objects.filter(act=act).count() == 1
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [held])
    entitlement = Entitlement.objects.get(pk=held)
    assert (entitlement.quantity, entitlement.disabled_at, list(differences())) == (9, None, [])


def test_a_later_step_names_what_an_earlier_one_creates(cast: Cast) -> None:
    key = new_id()
    create = CreateEntitlement(
        as_of=TODAY, revision_id=cast.revision("gold_seats").pk, quantity=4, customer_name="Osprey", key=key
    )
    steps = (Step(operation=create), Step(operation=SetQuantity(as_of=TODAY, quantity=6), ids=(key,)))
    result = engine.apply(
        Together(as_of=TODAY, steps=steps), made_by=cast.operations, source=Source.PAGE, reason="Both", at=NOW
    )
    assert result.act is not None
    assert (Entitlement.objects.get(pk=key).quantity, list(differences())) == (6, [])


def test_nothing_is_written_where_one_step_is_refused(cast: Cast, held: UUID) -> None:
    operation = together((SetQuantity(as_of=TODAY, quantity=5), held), (SetQuantity(as_of=TODAY, quantity=0), held))
    before = Act.objects.count()
    result = engine.apply(operation, made_by=cast.operations, source=Source.PAGE, at=NOW)
    assert (result.act, Act.objects.count()) == (None, before)


def test_two_orders_swap_their_plans_only_where_the_end_fits(cast: Cast, held: UUID) -> None:
    other = CreateEntitlement(
        as_of=TODAY,
        revision_id=cast.revision("silver_annual").pk,
        order_id=Entitlement.objects.get(pk=held).order_id,
    )
    operation = Together(as_of=TODAY, steps=(Step(operation=other),))
    assert codes(look(operation)) == ["has_plan_already"]


def test_it_needs_the_permissions_of_all_its_steps(cast: Cast, held: UUID) -> None:
    operation = together(
        (SetQuantity(as_of=TODAY, quantity=5), held),
        (ChangeOffering(as_of=TODAY, revision_id=cast.revision("gold_annual").pk), held),
    )
    assert operation.permissions == ("entitlements.set_quantity", "entitlements.change_offering")
    with pytest.raises(PermissionDenied):
        engine.apply(operation, made_by=cast.people["support"], source=Source.PAGE, at=NOW)


def test_a_reason_is_needed_where_a_step_needs_one(cast: Cast, held: UUID) -> None:
    operation = together((SetOverrides(as_of=TODAY, values={"seat_limit": 9}), held))
    result = engine.apply(operation, made_by=cast.operations, source=Source.PAGE, at=NOW)
    assert codes(result.outcomes[0].preview) == ["reason_missing"]


def test_an_unknown_entitlement_is_said(cast: Cast, held: UUID) -> None:
    create = CreateEntitlement(as_of=TODAY, revision_id=cast.revision("gold_annual").pk, customer_name="Osprey")
    steps = (Step(operation=create), Step(operation=Disable(as_of=TODAY), ids=(new_id(),)))
    assert codes(look(Together(as_of=TODAY, steps=steps))) == ["unknown_entitlement"]
    assert codes(look(together((Disable(as_of=TODAY), new_id())))) == ["unknown_entitlement"]
    mixed = together((Disable(as_of=TODAY), held), (Disable(as_of=TODAY), new_id()))
    assert codes(look(mixed)) == ["unknown_entitlement"]
    result = engine.apply(mixed, made_by=cast.operations, source=Source.PAGE, at=NOW)
    assert (result.act, result.missing, [each.status for each in result.outcomes]) == (None, (), ["refused"])


@pytest.mark.parametrize("steps", [(), (Step(operation=Disable(as_of=TODAY)),)])
def test_no_steps_are_refused(steps: tuple[Step, ...]) -> None:
    preview = look(Together(as_of=TODAY, steps=steps))
    assert (codes(preview), preview.ids, preview.id) == (["no_steps"], (), UUID(int=0))
    assert isinstance(preview.fingerprint, str)


def test_undo_is_an_act_of_its_own(cast: Cast, held: UUID) -> None:
    act = cast.do(SetQuantity(as_of=TODAY, quantity=5), [held]).act
    assert act is not None
    undo = UndoAct(as_of=TODAY, act_id=act.pk)
    assert codes(look(together((undo, held)))) == ["undo_is_alone"]
    preview = look(together((undo, held), (Disable(as_of=TODAY), held)))
    assert codes(preview) == ["undo_is_alone"]
    assert [(move.after.quantity, move.takes_back) for move in preview.moves] == [(5, None)]
    inner = Step(operation=together((undo, held)))
    assert codes(look(Together(as_of=TODAY, steps=(inner,)))) == ["undo_is_alone"]


def test_a_together_may_hold_another(cast: Cast, held: UUID) -> None:
    create = CreateEntitlement(
        as_of=TODAY,
        revision_id=cast.revision("silver_annual").pk,
        order_id=Entitlement.objects.get(pk=held).order_id,
    )
    inner = Together(as_of=TODAY, steps=(Step(operation=create), Step(operation=Disable(as_of=TODAY), ids=(held,))))
    preview = look(Together(as_of=TODAY, steps=(Step(operation=inner), Step(operation=Disable(as_of=TODAY)))))
    assert codes(preview) == ["has_plan_already"]
    assert set(preview.ids) == {create.key, held}


def test_it_is_read_back_from_its_json(cast: Cast, held: UUID) -> None:
    operation = together((SetQuantity(as_of=date(2026, 1, 2), quantity=5), held))
    assert read(operation.asked()) == operation
