"""What previews make due: which moves are one sale, and what part of it a person confirms."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from entitlements.billing.money import Money
from entitlements.operations import ChangeOffering, RemoveProduct, SetQuantity
from entitlements.operations.money import billed_by, money_of, sales_of
from entitlements.operations.preview import Move
from entitlements.state import RevisionValue, State
from tests.entitlements.values import KEY, OTHER_KEY, TODAY, created, look, per_seat, revision, state

PRICE = {"key": "price", "kind": "recurring", "per": "flat", "amount": "365", "currency": "EUR", "unit": "", "text": ""}
YEARLY = {"billing_period": "P1Y"}


def priced(name: str = "Silver", amount: str = "365", **facts: Any) -> RevisionValue:
    return revision(name, prices=({**PRICE, "amount": amount},), terms=YEARLY, **facts)


SILVER, GOLD = priced(), priced("Gold", "730", id=2, offering_id=2)
SEATS = per_seat(prices=({**PRICE, "per": "seat"},), terms=YEARLY)
SUPPORT = priced("Support", "73", id=4, offering_id=4, kind="add_on")


def ended(before: State) -> State:
    return replace(before, ended_on=TODAY)


def new(on: RevisionValue = GOLD, key: UUID = OTHER_KEY) -> State:
    return state(on, id=key, starts_on=TODAY, standard_expires_on=date(2027, 11, 21))


def pairs(*moves: Move) -> list[tuple[UUID | None, UUID | None]]:
    """Return the keys before and after of each sale."""
    found = sales_of(moves)
    return [(each.before.id if each.before else None, each.after.id if each.after else None) for each in found]


def now(money: Money | None) -> list[str]:
    return [str(line.amount) for part in (money.parts if money else ()) for line in part.now.lines]


# --- which moves are one sale ----------------------------------------------------------------------------------------


def test_what_goes_on_from_another_is_one_sale_with_it() -> None:
    old = state(SILVER)
    gone, comes = Move(old, ended(old)), Move(None, new(), continues=old)
    assert pairs(gone, comes) == pairs(comes, gone) == [(KEY, OTHER_KEY)]
    assert now(money_of([gone, comes], on=TODAY)) == ["-100.00", "730.00"]


def test_a_plan_that_is_removed_and_one_that_is_added_are_one_sale() -> None:
    old = state(SILVER)
    assert pairs(Move(old, ended(old)), Move(None, new())) == [(KEY, OTHER_KEY)]


def test_an_add_on_takes_no_place_of_another() -> None:
    old = state(SUPPORT)
    assert pairs(Move(old, ended(old)), Move(None, new(SUPPORT))) == [(None, OTHER_KEY), (KEY, KEY)]
    plan = state(SILVER)
    assert pairs(Move(plan, ended(plan)), Move(None, new(SUPPORT))) == [(None, OTHER_KEY), (KEY, KEY)]


def test_what_is_in_another_order_takes_no_place() -> None:
    old = state(SILVER)
    elsewhere = replace(new(), order=replace(old.order, id=UUID(int=101)))
    assert pairs(Move(old, ended(old)), Move(None, elsewhere)) == [(None, OTHER_KEY), (KEY, KEY)]


def test_what_opens_again_takes_the_place_of_what_ends_with_it() -> None:
    old, later = state(SILVER), new()
    moves = [Move(later, ended(later)), Move(ended(old), old)]
    assert pairs(*moves) == [(OTHER_KEY, KEY)]
    assert sales_of(moves)[0].paid == (ended(old),)


def test_two_that_come_take_the_place_of_one() -> None:
    old = state(SILVER)
    moves = [Move(old, ended(old)), Move(None, new()), Move(None, new(key=UUID(int=3)))]
    assert pairs(*moves) == [(KEY, OTHER_KEY), (None, UUID(int=3))]


def test_a_part_that_goes_over_leaves_the_rest() -> None:
    ten, nine = state(SEATS, quantity=10), state(SEATS, quantity=9)
    moves = [Move(ten, nine), Move(None, replace(new(SEATS), quantity=1), continues=ten)]
    assert pairs(*moves) == [(KEY, KEY), (None, OTHER_KEY)]


def test_only_what_is_billed_for_what_moves_matters() -> None:
    old = state(SILVER)
    assert [each.id for each in billed_by([Move(old, ended(old))], on=TODAY)] == [KEY]
    assert billed_by([Move(old, old), Move(None, new())], on=TODAY) == []
    assert billed_by([Move(created(SILVER), created(GOLD))], on=TODAY) == []


# --- previews --------------------------------------------------------------------------------------------------------


def test_a_preview_holds_what_it_makes_due() -> None:
    assert now(look(RemoveProduct(as_of=TODAY), state(SILVER)).money) == ["-100.00"]
    assert now(look(SetQuantity(as_of=TODAY, quantity=7), state(SEATS, quantity=5)).money) == ["-500.00", "700.00"]


def test_a_refused_preview_makes_nothing_due() -> None:
    assert look(RemoveProduct(as_of=TODAY), ended(state(SILVER))).money is None


def test_other_sums_are_another_fingerprint() -> None:
    preview = look(RemoveProduct(as_of=TODAY), state(SILVER))
    dearer = replace(preview, money=look(RemoveProduct(as_of=TODAY), state(GOLD)).money)
    assert preview.fingerprint != dearer.fingerprint != replace(preview, money=None).fingerprint
    assert preview.fingerprint == replace(preview, money=Money.from_json(preview.money.to_json())).fingerprint


def test_the_kind_of_the_operation_is_no_matter() -> None:
    assert ChangeOffering.money_of is SetQuantity.money_of
