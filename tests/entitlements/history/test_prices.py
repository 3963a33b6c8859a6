"""The rows of prices in previews and acts: the total first, then each, and what counts."""

from dataclasses import replace
from datetime import date

from entitlements.history.prices import moved_steps, price_line_of, price_rows
from entitlements.state import State, price_of
from tests.entitlements.values import NOW, OTHER_KEY, gold, per_seat, revision, state

PRICE = {
    "key": "price",
    "kind": "recurring",
    "per": "flat",
    "amount": "829.5",
    "currency": "EUR",
    "unit": "",
    "text": "",
}
YEAR = {"billing_period": "P1Y"}


def silver(**facts: object) -> State:
    return state(revision(prices=(PRICE,), terms=YEAR), **facts)


def dear(**facts: object) -> State:
    return state(gold(prices=({**PRICE, "amount": "1000"},), terms=YEAR), **facts)


def test_the_price_of_a_state_is_per_seat_times_quantity() -> None:
    held = state(per_seat(prices=({**PRICE, "per": "seat"},), terms=YEAR), quantity=3, overrides={"seat_limit": 99})
    assert price_of(held).line == "EUR 2,488.50 / year"
    assert price_of(replace(held, ended_on=date(2026, 11, 21))).line == "no price"


def test_one_move_has_one_row() -> None:
    [row] = price_rows([("", (silver(), dear()))])
    assert (row.title, row.step.text) == ("", "EUR 829.50 / year → 1,000.00 / year (+ 170.50)")


def test_several_moves_have_the_total_first_and_then_each() -> None:
    moves = [
        ("New entitlement", (None, dear(id=OTHER_KEY))),
        ("This entitlement", (silver(), silver(ended_on=NOW.date()))),
    ]
    assert [(row.title, row.step.text, row.is_total) for row in price_rows(moves)] == [
        ("In total", "EUR 829.50 / year → 1,000.00 / year (+ 170.50)", True),
        ("New entitlement", "EUR 1,000.00 / year", False),
        ("This entitlement", "EUR 829.50 / year → nothing (− 829.50)", False),
    ]
    assert price_line_of([pair for _title, pair in moves]) == "EUR 829.50 / year → 1,000.00 / year (+ 170.50)"


def test_a_price_that_stays_is_said() -> None:
    [row] = price_rows([("", (silver(), silver(disabled_at=NOW)))])
    assert (row.step.text, row.note) == ("EUR 829.50 / year, unchanged", "counts in no sum while it is disabled")
    assert moved_steps([(silver(), silver())]) == []


def test_without_a_move_there_is_no_row() -> None:
    assert price_rows([]) == []
