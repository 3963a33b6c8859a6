"""The lines of a change from one price list to another: the textbook cases, with every amount."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlements.billing.lines import Invoice, Line, Side
from entitlements.billing.periods import BillingPeriod, Schedule
from entitlements.billing.proration import Method, OutsidePeriod
from entitlements.billing.swap import MixedCurrencies, Sold, Swap, swap
from offerings.periods import Period
from offerings.prices import Price
from offerings.totals import PriceList

START, END = date(2027, 1, 1), date(2027, 2, 1)
JANUARY = BillingPeriod.between(START, END)
MID = date(2027, 1, 11)  # 21 of 31 days are left


def price(amount: str | None, key: str = "price", *, kind: str = "recurring", per: str = "flat", currency: str = "EUR"):
    return Price(key, kind, per, amount, currency)


def sold(*charges: Price, quantity: int | None = None, every: str = "P1M", seats: int | None = None) -> Sold:
    return Sold(PriceList(charges, every, seats), quantity)


def amounts(invoice: Invoice) -> list[tuple[str, str, str]]:
    """Return side, charge and amount of each line."""
    return [(str(line.side), line.charge, str(line.amount)) for line in invoice.lines]


def totals(found: Swap) -> tuple[str, str]:
    return str(found.now.total), str(found.next.total)


SILVER = sold(price("100"))
GOLD = sold(price("150"))
SEATS_5 = sold(price("10", per="seat"), quantity=5)
SEATS_12 = sold(price("10", per="seat"), quantity=12)
YEARLY = sold(price("1000"), every="P1Y")
WITH_SETUP = sold(price("100"), price("90", "set-up_fee", kind="one_time"), price("0.0125", "calls", kind="usage"))


# --- textbook cases --------------------------------------------------------------------------------------------------


def test_an_upgrade_gives_back_the_old_and_charges_the_new_in_one_list() -> None:
    found = swap(SILVER, GOLD, on=MID, period=JANUARY)
    assert amounts(found.now) == [("old", "price", "-67.74"), ("new", "price", "101.61")]
    assert amounts(found.next) == [("new", "price", "150.00")]
    assert totals(found) == ("33.87", "150.00")
    assert (found.now.due_on, found.next.due_on) == (MID, END)


def test_a_downgrade_leaves_a_credit() -> None:
    found = swap(GOLD, SILVER, on=MID, period=JANUARY)
    assert amounts(found.now) == [("old", "price", "-101.61"), ("new", "price", "67.74")]
    assert totals(found) == ("-33.87", "100.00")


def test_a_line_holds_everything_that_its_amount_follows_from() -> None:
    back, charged = swap(SEATS_5, SEATS_12, on=MID, period=JANUARY).now.lines
    assert back == Line(
        charge="price",
        label="Price",
        side=Side.OLD,
        period=BillingPeriod(MID, END),
        days=21,
        of=31,
        price=Decimal(10),
        quantity=5,
        amount=Decimal("-33.87"),
        currency="EUR",
        why="Given back for 21 of 31 days, from 11 Jan 2027 until 1 Feb 2027.",
    )
    assert (charged.quantity, charged.amount) == (12, Decimal("81.29"))
    assert charged.why == "Charged for 21 of 31 days, from 11 Jan 2027 until 1 Feb 2027."


def test_more_seats_pay_the_difference_for_the_days_left() -> None:
    found = swap(SEATS_5, SEATS_12, on=MID, period=JANUARY)
    assert amounts(found.now) == [("old", "price", "-33.87"), ("new", "price", "81.29")]
    assert totals(found) == ("47.42", "120.00")


def test_adding_within_a_period_charges_the_part() -> None:
    found = swap(None, WITH_SETUP, on=MID, period=JANUARY)
    assert amounts(found.now) == [("new", "price", "67.74"), ("new", "set-up_fee", "90.00")]
    assert amounts(found.next) == [("new", "price", "100.00")]
    assert [line.label for line in found.now.lines] == ["Price", "Set up fee"]
    [once] = [line for line in found.now.lines if line.period is None]
    assert (once.days, once.of, once.why) == (1, 1, "Charged once, as it is new on 11 Jan 2027.")


def test_removing_within_a_period_gives_back_the_part_of_what_recurs() -> None:
    found = swap(WITH_SETUP, None, on=MID, period=JANUARY)
    assert amounts(found.now) == [("old", "price", "-67.74")]
    assert amounts(found.next) == []
    assert totals(found) == ("-67.74", "0.00")


def test_removing_on_the_first_day_of_the_next_period_gives_nothing_back() -> None:
    found = swap(SILVER, None, on=END, period=JANUARY)
    assert (found.now.lines, found.next.lines) == ((), ())
    assert totals(found) == ("0.00", "0.00")


def test_on_the_first_day_of_the_next_period_the_next_invoice_has_all_of_it() -> None:
    found = swap(SILVER, sold(*GOLD.prices.charges, price("90", "setup", kind="one_time")), on=END, period=JANUARY)
    assert found.now.lines == ()
    assert amounts(found.next) == [("new", "price", "150.00"), ("new", "setup", "90.00")]
    assert found.next.due_on == END


def test_the_first_day_of_the_billed_period_swaps_all_of_it() -> None:
    found = swap(SILVER, GOLD, on=START, period=JANUARY)
    assert amounts(found.now) == [("old", "price", "-100.00"), ("new", "price", "150.00")]
    assert found.now.lines[0].why == "Given back for the whole period, from 1 Jan 2027 until 1 Feb 2027."


def test_without_proration_only_what_is_due_once_is_charged_before_the_next_invoice() -> None:
    found = swap(None, WITH_SETUP, on=MID, period=JANUARY, method=None)
    assert amounts(found.now) == [("new", "set-up_fee", "90.00")]
    assert amounts(found.next) == [("new", "price", "100.00")]
    assert totals(swap(SILVER, GOLD, on=MID, period=JANUARY, method=None)) == ("0.00", "150.00")
    assert totals(swap(SILVER, None, on=MID, period=JANUARY, method=None)) == ("0.00", "0.00")


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (Method.ACTUAL, ["-67.74", "101.61"]),  # 21 of 31
        (Method.ACTUAL_30, ["-70.00", "105.00"]),  # 21 of 30
        (Method.STRICT_30_360, ["-66.67", "100.00"]),  # 20 of 30
    ],
)
def test_each_method_counts_in_its_way(method: Method, expected: list[str]) -> None:
    found = swap(SILVER, GOLD, on=MID, period=JANUARY, method=method)
    assert [str(line.amount) for line in found.now.lines] == expected


# --- another billing period ------------------------------------------------------------------------------------------


def test_a_new_billing_period_starts_in_full_on_the_day() -> None:
    found = swap(SILVER, YEARLY, on=MID, period=JANUARY)
    assert amounts(found.now) == [("old", "price", "-67.74"), ("new", "price", "1000.00")]
    year = BillingPeriod(MID, date(2028, 1, 11))
    assert (found.now.lines[1].period, found.now.lines[1].days, found.now.lines[1].of) == (year, 365, 365)
    assert found.now.lines[1].why == "Charged for one full new period, from 11 Jan 2027 until 11 Jan 2028."
    assert (found.next.due_on, amounts(found.next)) == (date(2028, 1, 11), [("new", "price", "1000.00")])
    assert found.next.lines[0].period == BillingPeriod(date(2028, 1, 11), date(2029, 1, 11))


def test_a_new_billing_period_bills_every_charge_anew_also_one_that_is_the_same() -> None:
    support = price("20", "support")
    found = swap(sold(price("100"), support), sold(price("1000"), support, every="P1Y"), on=MID, period=JANUARY)
    assert [str(line.amount) for line in found.now.lines] == ["-67.74", "-13.55", "1000.00", "20.00"]


def test_the_end_of_a_new_period_is_clamped_from_the_day_of_the_change() -> None:
    found = swap(SILVER, sold(price("280"), every="P3M"), on=date(2027, 8, 31), period=_month(date(2027, 8, 15)))
    assert found.next.due_on == date(2027, 11, 30)
    assert found.next.lines[0].period == BillingPeriod(date(2027, 11, 30), date(2028, 2, 29))


@pytest.mark.parametrize(("before", "after"), [("P12M", "P1Y"), ("P7D", "P1W"), ("P1M", ""), ("", "")])
def test_the_same_length_in_other_words_is_no_new_billing_period(before: str, after: str) -> None:
    found = swap(sold(price("100"), every=before), sold(price("150"), every=after), on=MID, period=JANUARY)
    assert amounts(found.now) == [("old", "price", "-67.74"), ("new", "price", "101.61")]


def test_what_recurs_for_the_first_time_starts_its_own_period() -> None:
    found = swap(sold(price("900", kind="one_time"), every=""), SILVER, on=MID, period=JANUARY)
    assert amounts(found.now) == [("new", "price", "100.00")]
    assert found.next.due_on == date(2027, 2, 11)


@pytest.mark.parametrize("every", ["P1Y", "PT36H", ""])
def test_a_new_price_that_does_not_recur_starts_no_period(every: str) -> None:
    found = swap(SILVER, sold(price("900", kind="one_time"), every=every), on=MID, period=JANUARY)
    assert amounts(found.now) == [("old", "price", "-67.74"), ("new", "price", "900.00")]
    assert (found.next.due_on, totals(found)) == (END, ("832.26", "0.00"))


def test_without_proration_a_new_billing_period_waits_for_the_next_invoice() -> None:
    found = swap(SILVER, YEARLY, on=MID, period=JANUARY, method=None)
    assert totals(found) == ("0.00", "1000.00")
    assert found.next.lines[0].period == BillingPeriod(END, date(2028, 2, 1))


def test_the_next_period_counts_from_the_original_anchor() -> None:
    february = BillingPeriod.between(date(2027, 1, 31), date(2027, 2, 28))
    found = swap(SILVER, GOLD, on=date(2027, 2, 10), period=february)
    assert found.next.lines[0].period == BillingPeriod(date(2027, 2, 28), date(2027, 3, 31))
    assert found.next.lines[0].why == "Charged for the next period, from 28 Feb 2027 until 31 Mar 2027."


def test_the_period_after_a_first_shorter_one_counts_from_its_anchor_day() -> None:
    found = swap(None, SILVER, on=date(2027, 2, 10), period=BillingPeriod(date(2027, 2, 10), date(2027, 2, 28), 0, 31))
    assert found.next.lines[0].period == BillingPeriod(date(2027, 2, 28), date(2027, 3, 31))


@pytest.mark.parametrize("days", [10, 31])
def test_where_no_billing_period_is_said_the_next_one_is_as_long(days: int) -> None:
    period = BillingPeriod(START, date.fromordinal(START.toordinal() + days))
    [line] = swap(None, sold(price("9"), every=""), on=START, period=period).next.lines
    assert line.period == BillingPeriod(period.end, date.fromordinal(period.end.toordinal() + days))


# --- what stays, and what was paid -----------------------------------------------------------------------------------


def test_a_charge_that_stays_as_it_is_has_no_line() -> None:
    support = price("20", "support")
    found = swap(sold(price("100"), support), sold(price("150"), support), on=MID, period=JANUARY)
    assert amounts(found.now) == [("old", "price", "-67.74"), ("new", "price", "101.61")]
    assert amounts(found.next) == [("new", "price", "150.00"), ("new", "support", "20.00")]


def test_the_same_charge_for_another_number_of_seats_is_given_back_and_charged() -> None:
    assert totals(swap(SEATS_12, SEATS_12, on=MID, period=JANUARY)) == ("0.00", "120.00")
    assert totals(swap(SEATS_12, SEATS_5, on=MID, period=JANUARY)) == ("-47.42", "50.00")


def test_credits_given_before_are_not_given_again() -> None:
    found = swap(SILVER, GOLD, on=MID, period=JANUARY, credited={"price": Decimal("40.00")})
    assert amounts(found.now) == [("old", "price", "-60.00"), ("new", "price", "101.61")]
    assert "until 1 Feb 2027, less what was given back before." in found.now.lines[0].why
    others = swap(SILVER, GOLD, on=MID, period=JANUARY, credited={"support": Decimal("40.00")})
    assert amounts(others.now)[0] == ("old", "price", "-67.74")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([price("90", "setup", kind="one_time")], [price("90", "setup", kind="one_time")], []),
        ([], [price("90", "setup", kind="one_time")], ["90.00"]),
        ([price("90", "setup", kind="one_time")], [price("120", "setup", kind="one_time")], ["120.00"]),
        ([price("90", "setup", kind="one_time")], [], []),
    ],
)
def test_what_is_due_once_is_charged_where_it_is_new(
    before: list[Price], after: list[Price], expected: list[str]
) -> None:
    found = swap(sold(*before), sold(*after), on=MID, period=JANUARY)
    assert [str(line.amount) for line in found.now.lines] == expected


@pytest.mark.parametrize(("before", "after", "expected"), [(5, 12, [7]), (12, 12, []), (12, 5, []), (5, 6, [1])])
def test_what_is_due_once_per_seat_is_charged_for_the_seats_added(before: int, after: int, expected: list[int]) -> None:
    fee = price("3", "fee", kind="one_time", per="seat")
    found = swap(sold(fee, quantity=before), sold(fee, quantity=after), on=MID, period=JANUARY)
    assert [line.quantity for line in found.now.lines] == expected
    assert [line.amount for line in found.now.lines] == [Decimal(3) * each for each in expected]


def test_use_is_never_in_a_line() -> None:
    calls = sold(price("0.0125", "calls", kind="usage", currency="USD"))
    found = swap(SILVER, sold(*SILVER.prices.charges, *calls.prices.charges), on=MID, period=JANUARY)
    assert (found.now.lines, totals(found)) == ((), ("0.00", "100.00"))


def test_a_price_per_seat_counts_the_seats_of_the_offering_where_there_is_no_quantity() -> None:
    found = swap(None, sold(price("10", per="seat"), seats=25), on=START, period=JANUARY)
    assert (found.now.lines[0].quantity, totals(found)) == (25, ("250.00", "250.00"))


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("JPY", ["-677", "1016"]), ("BHD", ["-677.419", "1016.129"]), ("EUR", ["-677.42", "1016.13"])],
)
def test_amounts_are_in_the_smallest_part_of_the_currency(currency: str, expected: list[str]) -> None:
    found = swap(sold(price("1000", currency=currency)), sold(price("1500", currency=currency)), on=MID, period=JANUARY)
    assert [str(line.amount) for line in found.now.lines] == expected
    assert found.now.currency == currency


# --- what is not known -----------------------------------------------------------------------------------------------


def test_a_new_price_on_request_is_a_problem_and_no_total_is_guessed() -> None:
    found = swap(SILVER, sold(price(None), price("20", "support")), on=MID, period=JANUARY)
    for invoice in (found.now, found.next):
        [problem] = invoice.problems
        assert (problem.code, problem.charge) == ("new_on_request", "price")
        assert problem.message == "The new price of Price is on request. Agree on the amount and bill it by hand."
        assert invoice.total is None
    assert amounts(found.now) == [("old", "price", "-67.74"), ("new", "support", "13.55")]


def test_an_old_price_on_request_is_a_problem_of_the_credit_alone() -> None:
    found = swap(sold(price(None, currency="")), GOLD, on=MID, period=JANUARY)
    [problem] = found.now.problems
    assert (problem.code, problem.message) == (
        "old_on_request",
        "The old price of Price is on request. Agree on the credit and give it by hand.",
    )
    assert totals(found) == ("None", "150.00")
    assert totals(swap(sold(price(None)), GOLD, on=END, period=JANUARY)) == ("0.00", "150.00")
    assert totals(swap(sold(price(None)), GOLD, on=MID, period=JANUARY, method=None)) == ("0.00", "150.00")


def test_a_fee_on_request_is_a_problem_of_the_invoice_that_it_is_due_with() -> None:
    fee = sold(price(None, "setup", kind="one_time"))
    now, later = swap(None, fee, on=MID, period=JANUARY), swap(None, fee, on=END, period=JANUARY)
    assert [len(each.problems) for each in (now.now, now.next, later.now, later.next)] == [1, 0, 0, 1]


def test_seats_without_a_limit_have_no_price_per_seat() -> None:
    found = swap(
        None, sold(price("10", per="seat"), price("2", "fee", kind="one_time", per="seat")), on=MID, period=JANUARY
    )
    assert [(problem.code, problem.charge) for problem in found.now.problems] == [
        ("no_seats", "price"),
        ("no_seats", "fee"),
    ]
    assert "Agree on the amount by hand" in found.now.problems[0].message
    assert totals(found) == ("None", "None")


@pytest.mark.parametrize(
    ("on", "has_problem"), [(MID, [True, True]), (END, [False, True])], ids=["within", "first day of the next"]
)
def test_a_billing_period_that_is_not_of_whole_days_is_a_problem(on: date, has_problem: list[bool]) -> None:
    found = swap(SILVER, sold(price("1"), every="PT36H"), on=on, period=JANUARY)
    assert [bool(invoice.problems) for invoice in (found.now, found.next)] == has_problem
    [problem] = found.next.problems
    assert (problem.code, found.next.total) == ("no_period", None)
    assert "whole days" in problem.message


def test_a_next_period_past_the_calendar_is_a_problem() -> None:
    last = BillingPeriod.between(date(9999, 11, 30), date(9999, 12, 30))
    found = swap(SILVER, GOLD, on=date(9999, 12, 15), period=last)
    assert (str(found.now.total), found.next.problems[0].code) == ("25.00", "no_period")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SILVER, sold(price("150", currency="USD"))),
        (None, sold(price("150", currency="USD"), price("9", "fee", kind="one_time"))),
        (sold(price("150", currency="USD"), price("9", "fee")), None),
    ],
)
def test_charges_in_several_currencies_are_refused_with_what_to_do(old: Sold | None, new: Sold | None) -> None:
    with pytest.raises(
        MixedCurrencies, match=r"in EUR and USD\. Choose an offering with prices in one of them"
    ) as found:
        swap(old, new, on=MID, period=JANUARY)
    assert found.value.currencies == ("EUR", "USD")


@pytest.mark.parametrize("method", [None, *Method])
@pytest.mark.parametrize("on", [date(2026, 12, 31), date(2027, 2, 2)])
def test_a_change_outside_of_the_billed_period_is_refused(on: date, method: Method | None) -> None:
    with pytest.raises(OutsidePeriod, match="Choose a day within it"):
        swap(SILVER, GOLD, on=on, period=JANUARY, method=method)


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_a_line_is_stored_in_plain_texts() -> None:
    [line, _other] = swap(SILVER, GOLD, on=MID, period=JANUARY).now.lines
    assert line.to_json() == {
        "charge": "price",
        "label": "Price",
        "side": "old",
        "period": ["2027-01-11", "2027-02-01"],
        "days": 21,
        "of": 31,
        "fraction": "21/31",
        "price": "100",
        "quantity": 1,
        "amount": "-67.74",
        "currency": "EUR",
        "why": "Given back for 21 of 31 days, from 11 Jan 2027 until 1 Feb 2027.",
    }


@pytest.mark.parametrize(
    "found",
    [
        swap(SEATS_5, YEARLY, on=MID, period=JANUARY),
        swap(None, WITH_SETUP, on=MID, period=JANUARY),
        swap(SILVER, sold(price(None)), on=MID, period=JANUARY),
        swap(SILVER, None, on=END, period=JANUARY),
    ],
)
def test_an_invoice_comes_back_from_json_as_it_was(found: Swap) -> None:
    for invoice in (found.now, found.next):
        stored = json.loads(json.dumps(invoice.to_json()))
        assert Invoice.from_json(stored) == invoice
        assert stored["total"] == (None if invoice.total is None else str(invoice.total))


# --- properties ------------------------------------------------------------------------------------------------------

price_lists = st.builds(
    lambda charges, quantity: Sold(PriceList(tuple(charges), "P1M"), quantity),
    st.lists(
        st.builds(
            Price,
            key=st.sampled_from(["price", "support", "fee"]),
            kind=st.sampled_from(["recurring", "one_time", "usage"]),
            per=st.sampled_from(["flat", "seat"]),
            amount=st.decimals(0, 10**6, places=4).map(lambda amount: format(amount, "f")),
            currency=st.just("EUR"),
        ),
        max_size=3,
        unique_by=lambda each: each.key,
    ),
    st.integers(1, 500),
)


def _month(anchor: date) -> BillingPeriod:
    return Schedule(anchor, Period(months=1)).period(0)


@given(price_lists, price_lists, st.integers(0, 28), st.sampled_from(list(Method)))
def test_a_change_and_its_way_back_on_one_day_leave_what_recurs_at_nothing(
    one: Sold, other: Sold, days: int, method: Method
) -> None:
    on = date(2027, 2, 1 + days) if days < 28 else date(2027, 3, 1)
    there, back = (
        swap(*pair, on=on, period=_month(date(2027, 2, 1)), method=method) for pair in ((one, other), (other, one))
    )
    recurring = [line.amount for found in (there, back) for line in found.now.lines if line.period is not None]
    # Old amounts are rounded for the whole period before they are prorated: half a cent a line, at most a cent.
    assert abs(sum(recurring)) <= Decimal("0.01") * len(recurring)


@given(price_lists, st.integers(1, 28))
def test_a_change_to_the_same_has_no_line(same: Sold, day: int) -> None:
    assert swap(same, same, on=date(2027, 2, day), period=_month(date(2027, 2, 1))).now.lines == ()


@given(price_lists, price_lists, st.integers(1, 28), st.sampled_from(list(Method)))
def test_no_line_gives_back_more_than_the_whole_or_has_the_wrong_sign(
    old: Sold, new: Sold, day: int, method: Method
) -> None:
    for line in swap(old, new, on=date(2027, 2, day), period=_month(date(2027, 2, 1)), method=method).now.lines:
        whole = (line.price * line.quantity).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        assert 0 <= (-line.amount if line.side is Side.OLD else line.amount) <= whole
