"""Set quantity: from 1 to the largest number, only where seats are sold so, and never without room for the seats."""

from dataclasses import replace
from typing import Any

import pytest

from entitlements.operations import SeatMode, SetQuantity
from entitlements.operations.seats import KEEP, RELEASE_ALL, SeatChoice
from entitlements.state import State
from offerings.rights import LARGEST
from tests.cast import Cast
from tests.entitlements.values import NOW, TODAY, codes, described, look, per_seat, seats, state, told

NINE = state(per_seat(), quantity=9)
OLDEST = SeatChoice(SeatMode.RELEASE_OLDEST)


def ask(quantity: int, seats_: SeatChoice = SeatChoice()) -> SetQuantity:  # noqa: B008 (immutable)
    return SetQuantity(as_of=TODAY, quantity=quantity, seats=seats_)


def test_how_it_describes_itself() -> None:
    assert described(SetQuantity) == (
        "set_quantity",
        "entitlements.set_quantity",
        ("Set quantity", "Set quantity", "Changed quantity", "changed the quantity of", "seat", "info", False),
        ("Other", "entitlement", False),
        {"quantity": {"label": "Quantity", "starts_with": "quantity"}, "seats": {"label": "Seats in use"}},
    )
    assert SetQuantity(as_of=TODAY, quantity=1).seats.mode is SeatMode.REFUSE


@pytest.mark.parametrize(
    ("found", "offered"),
    [(NINE, True), (replace(NINE, ended_on=TODAY), False), (state(), False), (state(ended_on=TODAY), False)],
)
def test_the_menu_offers_it_where_seats_are_sold_per_quantity(found: State, offered: bool) -> None:
    assert SetQuantity.applies_to(found) is offered


OUT_OF_RANGE = ("quantity_out_of_range", "Give a quantity from 1 to 9,223,372,036,854,775,807.", "quantity")


@pytest.mark.parametrize(
    ("quantity", "after", "problems"),
    [
        (-1, 9, [OUT_OF_RANGE]),
        (0, 9, [OUT_OF_RANGE]),
        (1, 1, []),
        (8, 8, []),
        (9, 9, [("nothing_to_change", "Nothing would change. Enter another value.", "")]),
        (10, 10, []),
        (LARGEST, LARGEST, []),
        (LARGEST + 1, 9, [OUT_OF_RANGE]),
    ],
)
def test_the_quantity_at_its_boundaries(quantity: int, after: int, problems: list[Any]) -> None:
    preview = look(ask(quantity), NINE)
    assert (preview.lead.after.quantity, told(preview.problems)) == (after, problems)
    assert preview.lead.after.overrides == {}
    assert preview.operation == ask(quantity)


@pytest.mark.parametrize("quantity", [0, 5])
def test_a_fixed_number_of_seats_has_no_quantity(quantity: int) -> None:
    preview = look(ask(quantity), state())
    message = "Silver is sold with a fixed number of seats. Override the seats instead."
    assert told(preview.problems) == [("quantity_not_sold", message, "quantity")]
    assert preview.lead.after == state()


@pytest.mark.parametrize(
    ("choice", "left", "problems"),
    [(SeatChoice(), 4, ["seats_over_limit"]), (OLDEST, 3, []), (RELEASE_ALL, 0, []), (KEEP, 4, [])],
)
def test_the_seats_in_use_are_settled(choice: SeatChoice, left: int, problems: list[str]) -> None:
    preview = look(ask(3, choice), replace(NINE, seats_used=4), active=seats(4))
    assert (preview.lead.after.seats_used, codes(preview)) == (left, problems)


@pytest.mark.parametrize(("quantity", "is_read"), [(3, True), (4, False)])
def test_seats_are_read_where_some_must_go(cast: Cast, quantity: int, is_read: bool) -> None:
    entitlement = cast.entitle("gold_seats", quantity=9, seats=4)
    before = replace(NINE, id=entitlement.pk, seats_used=4)
    found = ask(quantity, OLDEST).load([before], at=NOW, revisions={})
    assert (found.at, list(found.seats)) == (NOW, [entitlement.pk] if is_read else [])
