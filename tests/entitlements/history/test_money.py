"""What changes make due in words: tables with their sums, and one line."""

from config import formats
from entitlements.billing.due import Sale, due
from entitlements.history.money import due_line, money_groups, money_line
from tests.entitlements.billing.test_due import (
    APRIL,
    GOLD,
    MID,
    SEATS,
    SUPPORT,
    billed_on,
    ended,
    held,
    monthly,
    price,
)

MINUS = "\N{MINUS SIGN}"
UPGRADE = due([Sale(held(), held(GOLD))], on=MID)


def test_a_table_has_a_row_for_each_line_and_the_sums() -> None:
    now, later = money_groups([UPGRADE], today=MID)
    assert (now.heading, now.totals, later.heading, later.totals) == (
        "Now",
        ("EUR 33.87",),
        "At the next invoice (1 Apr 2027)",
        ("EUR 150.00",),
    )
    old, new = now.rows
    assert (old.label, old.side, old.sign, old.tone) == ("Price", "old price", MINUS, "removed")
    assert (old.period, old.days, old.quantity) == ("11 Mar 2027 until 1 Apr 2027", "21 of 31", "EUR 100.00")
    assert (old.amount, new.amount) == (f"{MINUS}EUR 67.74", "EUR 101.61")
    assert new.why == "Charged for 21 of 31 days, from 11 Mar 2027 until 1 Apr 2027."


def test_the_day_of_a_change_is_now_on_that_day_alone() -> None:
    for today in (None, APRIL):
        assert money_groups([UPGRADE], today=today)[0].heading == "On 11 Mar 2027"
    assert money_line([UPGRADE]).startswith("EUR 33.87 on 11 Mar 2027, ")


def test_a_quantity_is_told_with_the_price_of_one() -> None:
    [now, _later] = money_groups([due([Sale(held(SEATS, quantity=5), held(SEATS, quantity=1200))], on=MID)])
    assert [row.quantity for row in now.rows] == [
        "5 \N{MULTIPLICATION SIGN} EUR 10.00",
        "1,200 \N{MULTIPLICATION SIGN} EUR 10.00",
    ]


def test_what_is_due_once_has_no_days() -> None:
    [now, _later] = money_groups([due([Sale(None, held(SUPPORT, order=billed_on(1), starts_on=MID))], on=MID)])
    assert [(row.period, row.days) for row in now.rows] == [
        ("11 Mar 2027 until 1 Apr 2027", "21 of 31"),
        ("once", ""),
    ]


def test_nothing_now_is_said_where_something_is_due_later() -> None:
    assert money_line([due([Sale(held(GOLD), held())], on=APRIL)], today=APRIL) == (
        "nothing now, EUR 100.00 at the next invoice (1 Apr 2027)"
    )


def test_several_are_one_table_that_names_what_each_line_is_of() -> None:
    moneys = [UPGRADE, None, due([Sale(held(), ended(held(), MID))], on=MID)]
    now, later = money_groups(moneys)
    assert [row.label for row in now.rows] == ["Silver → Gold: Price", "Silver → Gold: Price", "Silver: Price"]
    assert (now.totals, later.totals) == ((f"{MINUS}EUR 33.87",), ("EUR 150.00",))


def test_each_currency_has_a_sum_of_its_own() -> None:
    yen = due([Sale(None, held(monthly("Yen", price("1200", currency="JPY")), starts_on=MID))], on=MID)
    [now, *later] = money_groups([UPGRADE, yen])
    assert now.totals == ("EUR 33.87", "JPY 1,200")
    assert [group.heading for group in later] == [
        "At the next invoice (1 Apr 2027)",
        "At the next invoice (11 Apr 2027)",
    ]


def test_what_is_not_known_is_told_once() -> None:
    now, later = money_groups([due([Sale(held(), held(monthly("Quoted", price(None))))], on=MID)])
    assert now.problems == ("The new price of Price is on request. Agree on the amount and bill it by hand.",)
    assert (now.totals, later.problems, later.totals) == (("not known",), (), ("not known",))


def test_without_money_there_is_no_table_and_no_line() -> None:
    assert money_groups([None]) == []
    assert money_line([None]) == ""


def test_a_short_line_says_what_is_due_now_and_at_the_next_invoice() -> None:
    assert due_line([UPGRADE]) == "Due now EUR 33.87, next invoice EUR 150.00"
    assert due_line([UPGRADE], on=MID) == "Due on 11 Mar 2027 EUR 33.87, next invoice EUR 150.00"
    assert due_line([due([Sale(held(GOLD), held())], on=APRIL)]) == "Due now nothing, next invoice EUR 100.00"
    assert due_line([None]) == ""


def test_a_short_line_has_the_days_of_several_next_invoices() -> None:
    yen = due([Sale(None, held(monthly("Yen", price("1200", currency="JPY")), starts_on=MID))], on=MID)
    assert due_line([UPGRADE, yen]) == (
        "Due now EUR 33.87 + JPY 1,200, next invoice EUR 150.00 on 1 Apr 2027, next invoice JPY 1,200 on 11 Apr 2027"
    )


def test_amounts_are_written_in_the_format_of_the_reader() -> None:
    with formats.override("de"):
        assert money_line([UPGRADE], today=MID).startswith("33,87 EUR now")


def test_days_are_written_out() -> None:
    assert money_groups([UPGRADE])[1].rows[0].period == "1 Apr 2027 until 1 May 2027"
