"""One ready example of each operation, for rules that hold for all of them."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from entitlements.models import Change, Seat, derived_id
from entitlements.operations import (
    Activate,
    ChangeOffering,
    ChangeTerms,
    CreateEntitlement,
    Disable,
    Enable,
    ImportEntitlements,
    ImportLine,
    ImportOrder,
    Operation,
    ReleaseSeats,
    RemoveProduct,
    Renew,
    RevertOverrides,
    SeatChoice,
    SeatMode,
    SetOverrides,
    SetQuantity,
    Step,
    Together,
    TransferEntitlement,
    UndoAct,
)
from entitlements.state import OrderValue, load
from tests.cast import NOW, OLDEST, TODAY, Cast, day


class Example(NamedTuple):
    """An operation with the entitlements it is for."""

    operation: Operation
    ids: list[UUID]


def held(cast: Cast, count: int, name: str = "silver_annual", *, quantity: int | None = None) -> list[UUID]:
    """Make entitlements with seats, use, and two overrides each."""
    ids = []
    for _ in range(count):
        entitlement = cast.entitle(name, quantity=quantity, seats=4)
        cast.override(entitlement, sso=True, grace_period="P30D")
        cast.use(entitlement, "api_calls", 41)
        oldest = Seat.objects.filter(entitlement=entitlement).earliest("activated_at")
        cast.use(entitlement, "dashboards", 2, seat=oldest)
        ids.append(entitlement.pk)
    return ids


def change_offering(cast: Cast, count: int) -> Example:
    ids = held(cast, count)
    target = cast.revision("bronze_monthly").pk
    return Example(ChangeOffering(as_of=TODAY, revision_id=target, seats=OLDEST, drop_overrides=("grace_period",)), ids)


def set_overrides(cast: Cast, count: int) -> Example:
    return Example(
        SetOverrides(as_of=TODAY, values={"seat_limit": 2, "feature.sso": False}, seats=OLDEST), held(cast, count)
    )


def revert_overrides(cast: Cast, count: int) -> Example:
    return Example(RevertOverrides(as_of=TODAY, keys=("grace_period", "feature.sso")), held(cast, count))


def set_quantity(cast: Cast, count: int) -> Example:
    return Example(SetQuantity(as_of=TODAY, quantity=3, seats=OLDEST), held(cast, count, "gold_seats", quantity=9))


def activate(cast: Cast, count: int) -> Example:
    return Example(Activate(as_of=TODAY), held(cast, count, "silver_trial"))


def renew(cast: Cast, count: int) -> Example:
    return Example(Renew(as_of=TODAY), held(cast, count))


def disable(cast: Cast, count: int) -> Example:
    return Example(Disable(as_of=TODAY), held(cast, count))


def enable(cast: Cast, count: int) -> Example:
    ids = held(cast, count)
    cast.do(Disable(as_of=TODAY), ids)
    return Example(Enable(as_of=TODAY), ids)


def change_terms(cast: Cast, count: int) -> Example:
    return Example(
        ChangeTerms(as_of=TODAY, expires_on=day("2028-01-01"), maintenance_expires_on="never"), held(cast, count)
    )


def release_seats(cast: Cast, count: int) -> Example:
    ids = held(cast, count)
    chosen = tuple(Seat.objects.filter(name__in=("device-0", "device-2")).values_list("pk", flat=True))
    if count > 1:
        return Example(ReleaseSeats(as_of=TODAY), ids)
    return Example(ReleaseSeats(as_of=TODAY, seats=SeatChoice(SeatMode.RELEASE_CHOSEN, chosen)), ids)


def remove_product(cast: Cast, count: int) -> Example:
    return Example(RemoveProduct(as_of=TODAY), held(cast, count))


def undo_act(cast: Cast, count: int) -> Example:
    example = change_offering(cast, count)
    cast.do(example.operation, example.ids)
    act = Change.objects.latest("act__made_at", "sequence").act_id
    return Example(UndoAct(as_of=TODAY, act_id=act), example.ids)


def create_entitlement(cast: Cast, _count: int) -> Example:
    revision = cast.revision("gold_seats").pk
    return Example(
        CreateEntitlement(
            as_of=TODAY,
            revision_id=revision,
            quantity=7,
            customer_name="Osprey Freight",
            order_reference="SO-48140",
            codes=("OSPREY-1",),
        ),
        [],
    )


def transfer_entitlement(cast: Cast, count: int) -> Example:
    """Return add-ons on their way into one order: of plans it would hold one for each product."""
    name = "support_annual" if "support_annual" in cast.offerings else cast.add_on()
    plans = [cast.entitle() for _ in range(count)]
    ids = [cast.entitle(name, overrides={"grace_period": "P30D"}, order=each.order_id).pk for each in plans]
    order = cast.entitle("bronze_annual").order_id
    return Example(TransferEntitlement(as_of=TODAY, order_id=order), ids)


def together(cast: Cast, count: int) -> Example:
    ids = tuple(held(cast, count, "gold_seats", quantity=9))
    steps = (
        Step(operation=SetQuantity(as_of=TODAY, quantity=5), ids=ids),
        Step(operation=Disable(as_of=TODAY), ids=ids),
    )
    return Example(Together(as_of=TODAY, steps=steps), list(ids))


def import_entitlements(cast: Cast, count: int) -> Example:
    """Return an import of an order with a new plan, and of as many orders with an entitlement that changes."""
    held_ids = held(cast, count, "gold_seats", quantity=9)
    made = CreateEntitlement(
        as_of=TODAY, revision_id=cast.revision("silver_annual").pk, customer_name="Kestrel", order_reference="SO-48150"
    )
    new = OrderValue(
        derived_id(made.key, "order"),
        derived_id(made.key, "customer"),
        "Kestrel",
        "SO-48150",
        is_new=True,
        is_new_customer=True,
        needs_code=True,
        account_reference="C-48150",
    )
    orders = [ImportOrder(new, (ImportLine(2, made.key, (made,)),))]
    for number, state in enumerate(load(held_ids), start=3):
        changed = SetQuantity(as_of=TODAY, quantity=11)
        orders.append(ImportOrder(state.order, (ImportLine(number, state.id, (changed,)),)))
    file = {"file": "orders.csv", "digest": "0" * 64, "lines": count + 1}
    return Example(ImportEntitlements(as_of=TODAY, orders=tuple(orders), **file), [])  # type: ignore[arg-type]


EXAMPLES: dict[str, Callable[[Cast, int], Example]] = {
    "activate": activate,
    "change_offering": change_offering,
    "change_terms": change_terms,
    "create_entitlement": create_entitlement,
    "disable": disable,
    "enable": enable,
    "import_entitlements": import_entitlements,
    "release_seats": release_seats,
    "remove_product": remove_product,
    "renew": renew,
    "revert_overrides": revert_overrides,
    "set_overrides": set_overrides,
    "set_quantity": set_quantity,
    "together": together,
    "transfer_entitlement": transfer_entitlement,
    "undo_act": undo_act,
}
__all__ = ["EXAMPLES", "NOW", "Example"]
