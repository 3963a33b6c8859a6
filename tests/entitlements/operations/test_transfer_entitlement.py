"""Move an entitlement to another order, of the same customer or of another one."""

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied

from entitlements import engine
from entitlements.engine.recount import differences
from entitlements.models import Change, Customer, Entitlement, FeatureUse, Order, Seat, Source
from entitlements.operations import Preview, SeatChoice, SeatMode, SetQuantity, TransferEntitlement, UndoAct
from tests.cast import NOW, TODAY, Cast

ALL = SeatChoice(SeatMode.RELEASE_ALL)


@pytest.fixture
def entitlement(cast: Cast) -> Entitlement:
    held = cast.entitle("gold_seats", quantity=9, seats=3, overrides={"sso": False})
    cast.use(held, "api_calls", 41)
    cast.use(held, "dashboards", 2, seat=Seat.objects.filter(entitlement=held).earliest("activated_at"))
    return held


@pytest.fixture
def order(cast: Cast) -> Order:
    """Return an order of another customer, without any entitlement."""
    return Order.objects.create(customer=Customer.objects.create(name="Osprey Freight"), order_reference="SO-77")


def look(entitlement: Entitlement, operation: TransferEntitlement) -> Preview:
    return engine.preview(operation, [entitlement.pk], at=NOW)[0]


def to(order: Order, **choices: SeatChoice) -> TransferEntitlement:
    return TransferEntitlement(as_of=TODAY, order_id=order.pk, **choices)


def codes(preview: Preview) -> list[str]:
    return [problem.code for problem in preview.problems]


def test_everything_but_the_order_stays(cast: Cast, entitlement: Entitlement, order: Order) -> None:
    before = Entitlement.objects.filter(pk=entitlement.pk)
    kept = before.values("revision", "quantity", "starts_on", "expires_on", "seats_used", "override_count").get()
    cast.do(to(order), [entitlement.pk])
    entitlement.refresh_from_db()
    assert entitlement.order == order
    assert before.values(*kept).get() == kept
    assert list(FeatureUse.objects.values_list("amount", flat=True).order_by("amount")) == [2, 41]
    assert list(differences()) == []


def test_seats_are_released_where_that_is_chosen(cast: Cast, entitlement: Entitlement, order: Order) -> None:
    cast.do(to(order, seats=ALL), [entitlement.pk])
    entitlement.refresh_from_db()
    assert (entitlement.seats_used, FeatureUse.objects.filter(seat__isnull=False).count()) == (0, 0)


def test_the_change_says_whose_it_was_and_whose_it_is(cast: Cast, entitlement: Entitlement, order: Order) -> None:
    old = entitlement.order
    cast.do(to(order), [entitlement.pk])
    change = Change.objects.latest("sequence")
    assert (change.order, change.customer) == (order, order.customer)
    assert (change.from_order, change.from_customer) == (old, old.customer)


def test_within_a_customer_only_the_order_is_left(cast: Cast, entitlement: Entitlement) -> None:
    other = Order.objects.create(customer=entitlement.order.customer, order_reference="SO-78")
    cast.do(to(other), [entitlement.pk])
    change = Change.objects.latest("sequence")
    assert (change.from_order, change.from_customer) == (entitlement.order, None)


def test_undo_brings_it_back_with_its_seats(cast: Cast, entitlement: Entitlement, order: Order) -> None:
    act = cast.do(to(order, seats=ALL), [entitlement.pk]).act
    assert act is not None
    cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk])
    version = entitlement.version
    old = entitlement.order_id
    entitlement.refresh_from_db()
    assert (entitlement.order_id, entitlement.seats_used, entitlement.version) == (old, 3, version)
    assert list(differences()) == []


def test_a_seat_active_again_at_the_customer_returned_to_does_not_come_back(
    cast: Cast, entitlement: Entitlement, order: Order
) -> None:
    old = entitlement.order.customer
    act = cast.do(to(order, seats=ALL), [entitlement.pk]).act
    assert act is not None
    other = cast.entitle("silver_annual", order=Order.objects.create(customer=old).pk)
    seat = cast.occupy(other, 1, at=NOW)[0]
    again = Seat.objects.filter(entitlement=entitlement).earliest("activated_at").seat_id
    Seat.objects.filter(pk=seat.pk).update(seat_id=again)
    [preview] = engine.preview(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk], at=NOW)
    assert again not in [seat.seat_id for seat in preview.restored]
    assert (len(preview.restored), [warning.code for warning in preview.warnings]) == (2, ["seat_active_elsewhere"])


def test_redo_transfers_again(cast: Cast, entitlement: Entitlement, order: Order) -> None:
    act = cast.do(to(order), [entitlement.pk]).act
    assert act is not None
    undone = cast.do(UndoAct(as_of=TODAY, act_id=act.pk), [entitlement.pk]).act
    assert undone is not None
    cast.do(UndoAct(as_of=TODAY, act_id=undone.pk), [entitlement.pk])
    entitlement.refresh_from_db()
    assert entitlement.order == order


def test_an_order_with_a_plan_for_the_product_is_refused(cast: Cast, entitlement: Entitlement) -> None:
    other = cast.entitle("bronze_annual")
    assert codes(look(entitlement, to(other.order))) == ["has_plan_already"]


def test_two_plans_of_one_batch_do_not_come_into_one_order(cast: Cast, entitlement: Entitlement, order: Order) -> None:
    ids = [entitlement.pk, cast.entitle("bronze_annual").pk]
    assert [codes(each) for each in engine.preview(to(order), ids, at=NOW)] == [["has_plan_already"]] * 2


def test_undo_is_refused_where_another_plan_took_the_place(cast: Cast, entitlement: Entitlement, order: Order) -> None:
    old = entitlement.order_id
    act = cast.do(to(order), [entitlement.pk]).act
    assert act is not None
    cast.entitle("bronze_annual", order=old)
    undo = UndoAct(as_of=TODAY, act_id=act.pk)
    assert codes(engine.preview(undo, [entitlement.pk], at=NOW)[0]) == ["has_plan_already"]


def test_its_own_order_is_refused(entitlement: Entitlement) -> None:
    assert codes(look(entitlement, to(entitlement.order))) == ["same_order"]


def test_an_unknown_order_is_refused(entitlement: Entitlement) -> None:
    assert codes(look(entitlement, TransferEntitlement(as_of=TODAY, order_id=uuid4()))) == ["unknown_order"]


def test_an_ended_one_is_refused(cast: Cast, entitlement: Entitlement, order: Order) -> None:
    Entitlement.objects.filter(pk=entitlement.pk).update(ended_on=TODAY)
    assert "ended" in codes(look(entitlement, to(order)))


@pytest.mark.parametrize(("is_disabled", "found"), [(False, []), (True, ["access_ends"])])
def test_another_customer_is_warned_about(
    entitlement: Entitlement, order: Order, is_disabled: bool, found: list[str]
) -> None:
    Customer.objects.filter(pk=order.customer_id).update(disabled_at=NOW if is_disabled else None)
    warnings = look(entitlement, to(order)).warnings
    assert [warning.code for warning in warnings] == ["other_customer", *found]
    assert "Osprey Freight holds this entitlement" in warnings[0].message


def test_the_effects_name_customer_and_order(entitlement: Entitlement, order: Order) -> None:
    effects = {effect.right.key: effect for effect in look(entitlement, to(order)).lead.effects}
    assert (effects["customer"].shown_before, effects["customer"].shown_after) == ("Customer 0", "Osprey Freight")
    assert (effects["order"].shown_before, effects["order"].shown_after) == ("SO-0", "SO-77")


def test_without_permission_nothing_is_written(cast: Cast, entitlement: Entitlement, order: Order) -> None:
    with pytest.raises(PermissionDenied):
        engine.apply(to(order), [entitlement.pk], made_by=cast.people["support"], source=Source.PAGE, at=NOW)
    entitlement.refresh_from_db()
    assert entitlement.order != order


def test_a_change_meanwhile_makes_the_preview_stale(cast: Cast, entitlement: Entitlement, order: Order) -> None:
    seen = {entitlement.pk: look(entitlement, to(order)).fingerprint}
    cast.do(SetQuantity(as_of=TODAY, quantity=8), [entitlement.pk])
    result = engine.apply(
        to(order), [entitlement.pk], made_by=cast.operations, source=Source.PAGE, expected=seen, at=NOW
    )
    assert (result.act, result.outcomes[0].status) == (None, engine.OutcomeStatus.STALE)


def test_orders_that_read_alike_are_still_told_apart(cast: Cast, entitlement: Entitlement) -> None:
    Order.objects.filter(pk=entitlement.order_id).update(order_reference="")
    other = Order.objects.create(customer=entitlement.order.customer)
    preview = look(entitlement, to(other))
    assert [effect.right.key for effect in preview.lead.effects] == ["order"]


def test_a_new_name_does_not_make_a_preview_stale_and_another_order_does(
    cast: Cast, entitlement: Entitlement, order: Order
) -> None:
    seen = look(entitlement, to(order)).fingerprint
    Order.objects.filter(pk=order.pk).update(order_reference="SO-78")
    Customer.objects.filter(pk=order.customer_id).update(name="Osprey Cargo")
    assert look(entitlement, to(order)).fingerprint == seen
    assert look(entitlement, to(Order.objects.create(customer=order.customer))).fingerprint != seen
