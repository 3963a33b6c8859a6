"""What a change within a billed period gives back and charges: textbook cases, and what holds for all."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entitlements.billing.periods import BillingPeriod, Schedule
from entitlements.billing.proration import (
    WHOLE,
    Method,
    OutsidePeriod,
    Share,
    charge,
    credit,
    rounded,
    share_from,
    total,
)
from offerings.currencies import places_of
from offerings.periods import parse_period

CURRENCIES = ("EUR", "JPY", "BHD", "CLF")
methods = st.sampled_from(list(Method))
currencies = st.sampled_from(CURRENCIES)
prices = st.decimals(0, 10**12, places=6, allow_nan=False, allow_infinity=False)
quantities = st.integers(0, 10**6)


def day(text: str) -> date:
    return date.fromisoformat(text)


def between(start: str, end: str) -> BillingPeriod:
    return BillingPeriod.between(day(start), day(end))


def smallest(currency: str) -> Decimal:
    return Decimal(1).scaleb(-places_of(currency))


@st.composite
def periods(draw: st.DrawFn) -> BillingPeriod:
    anchor = draw(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
    every = draw(st.sampled_from(["P1M", "P3M", "P6M", "P1Y", "P1W", "P10D", "P1D", "P2D"]))
    return Schedule(anchor, parse_period(every)).period(draw(st.integers(0, 30)))


@st.composite
def periods_and_days(draw: st.DrawFn) -> tuple[BillingPeriod, date]:
    period = draw(periods())
    return period, period.start + timedelta(days=draw(st.integers(0, period.days)))


# --- days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "change_on", "end", "actual", "actual_30", "strict"),
    [
        # The first three are on Zuora's page, there with the last day instead of the end.
        ("2021-01-01", "2021-01-27", "2021-02-01", "5/31", "5/30", "4/30"),
        ("2021-02-01", "2021-02-27", "2021-03-01", "2/28", "2/30", "4/30"),
        ("2020-02-01", "2020-02-01", "2020-03-01", "29/29", "30/30", "30/30"),
        ("2021-04-01", "2021-04-22", "2021-05-01", "9/30", "9/30", "9/30"),
        # The second day of a month of 31 leaves 30 actual days: the whole, and no more for the longer ones.
        ("2027-01-01", "2027-01-02", "2027-02-01", "30/31", "30/30", "29/30"),
        ("2027-01-01", "2027-01-31", "2027-02-01", "1/31", "1/30", "1/30"),
        ("2027-01-01", "2027-02-01", "2027-02-01", "0/31", "0/30", "0/30"),
        # Quarters and years: 30 days to each month.
        ("2027-01-01", "2027-02-15", "2027-04-01", "45/90", "45/90", "46/90"),
        ("2028-01-01", "2028-01-02", "2029-01-01", "365/366", "360/360", "359/360"),
        ("2028-01-01", "2028-07-01", "2029-01-01", "184/366", "184/360", "180/360"),
        # The anchor 31 in short months: each has 30 days.
        ("2027-01-31", "2027-01-31", "2027-02-28", "28/28", "30/30", "30/30"),
        ("2027-01-31", "2027-02-01", "2027-02-28", "27/28", "27/30", "29/30"),
        ("2027-02-28", "2027-03-01", "2027-03-31", "30/31", "30/30", "29/30"),
        ("2027-01-31", "2027-02-28", "2027-04-30", "61/89", "61/90", "60/90"),
        # Not of whole months: actual days, and months of 30 between the days.
        ("2027-01-10", "2027-01-20", "2027-02-01", "12/22", "12/22", "11/21"),
        ("2027-01-28", "2027-01-31", "2027-02-04", "4/7", "4/7", "4/6"),
        ("2027-01-30", "2027-01-30", "2027-01-31", "1/1", "1/1", "1/1"),
    ],
)
def test_the_days_that_are_left_by_each_method(
    start: str, change_on: str, end: str, actual: str, actual_30: str, strict: str
) -> None:
    shares = [share_from(between(start, end), day(change_on), method) for method in Method]
    assert [f"{share.days}/{share.of}" for share in shares] == [actual, actual_30, strict]


@pytest.mark.parametrize("change_on", ["2026-12-31", "2027-02-02"])
def test_a_day_outside_of_the_period_is_refused(change_on: str) -> None:
    with pytest.raises(OutsidePeriod, match=f"from 2027-01-01 to 2027-02-01. .* not {change_on}"):
        share_from(between("2027-01-01", "2027-02-01"), day(change_on))


@given(periods_and_days(), methods)
def test_a_share_is_from_nothing_to_the_whole(pair: tuple[BillingPeriod, date], method: Method) -> None:
    period, change_on = pair
    share = share_from(period, change_on, method)
    assert 0 <= share.days <= share.of
    assert share_from(period, period.start, method).fraction == 1
    assert share_from(period, period.end, method).fraction == 0


@given(periods(), methods)
def test_a_later_day_never_leaves_more(period: BillingPeriod, method: Method) -> None:
    days = [period.start + timedelta(days=each) for each in range(period.days + 1)]
    left = [share_from(period, each, method).fraction for each in days]
    assert left == sorted(left, reverse=True)


@pytest.mark.parametrize("every", ["P1M", "P3M", "P6M", "P1Y"])
@pytest.mark.parametrize("billing_day", range(1, 32))
def test_strict_months_have_30_days_whatever_the_billing_day(billing_day: int, every: str) -> None:
    schedule = Schedule.on_billing_day(billing_day, parse_period(every), since=day("2026-01-31"))
    for period in schedule.periods(48 // parse_period(every).months):
        share = share_from(period, period.start + timedelta(days=1), Method.STRICT_30_360)
        assert share.of == 30 * period.months


# --- money -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("share", "currency", "amount", "credited", "expected"),
    [
        (Share(15, 30), "EUR", "100.00", "0", "-50.00"),
        (Share(21, 31), "EUR", "100.00", "0", "-67.74"),
        (Share(1, 8), "EUR", "1.00", "0", "-0.13"),  # 0.125: half goes up, and the credit is negative
        (Share(1, 3), "JPY", "1000", "0", "-333"),
        (Share(1, 2), "JPY", "1001", "0", "-501"),
        (Share(1, 3), "BHD", "10.000", "0", "-3.333"),
        (Share(1, 16), "BHD", "1.000", "0", "-0.063"),
        (Share(21, 31), "EUR", "100.00", "40.00", "-60.00"),
        (Share(21, 31), "EUR", "100.00", "32.26", "-67.74"),
        (Share(21, 31), "EUR", "100.00", "32.27", "-67.73"),
        (Share(21, 31), "EUR", "100.00", "100.00", "0.00"),
        (Share(21, 31), "EUR", "100.00", "100.01", "0.00"),
        (Share(0, 31), "EUR", "100.00", "0", "0.00"),
        (WHOLE, "EUR", "10.005", "0", "-10.00"),  # no part of a cent is given that was not billed
    ],
)
def test_a_credit_is_rounded_once_and_ends_at_what_is_left(
    share: Share, currency: str, amount: str, credited: str, expected: str
) -> None:
    assert str(credit(Decimal(amount), share, currency, given=Decimal(credited))) == expected


@pytest.mark.parametrize(
    ("share", "currency", "price", "quantity", "expected"),
    [
        (Share(21, 31), "EUR", "10.00", 12, "81.29"),  # 81.2903; rounding one seat first would give 81.24
        (Share(21, 31), "EUR", "150.00", 1, "101.61"),
        (Share(1, 8), "EUR", "1.00", 1, "0.13"),
        (WHOLE, "EUR", "0.0125", 10, "0.13"),
        (WHOLE, "JPY", "0.5", 1, "1"),
        (WHOLE, "JPY", "0.5", 3, "2"),
        (Share(1, 3), "BHD", "0.0100", 100, "0.333"),
        (WHOLE, "CLF", "1.5", 1, "1.5000"),
        (Share(0, 31), "EUR", "10.00", 12, "0.00"),
        (WHOLE, "EUR", "10.00", 0, "0.00"),
    ],
)
def test_a_charge_is_rounded_once(share: Share, currency: str, price: str, quantity: int, expected: str) -> None:
    assert str(charge(Decimal(price), quantity, share, currency)) == expected


@pytest.mark.parametrize(
    ("amount", "expected"), [("0.005", "0.01"), ("0.00499", "0.00"), ("-0.005", "-0.01"), ("-0.00499", "0.00")]
)
def test_half_goes_away_from_zero_and_nothing_has_no_sign(amount: str, expected: str) -> None:
    assert str(rounded(Decimal(amount), "EUR")) == expected


def test_amounts_with_more_digits_than_a_decimal_keeps_are_exact() -> None:
    amount = Decimal(f"{'9' * 40}.99")
    assert str(credit(amount, WHOLE, "EUR")) == f"-{'9' * 40}.99"
    assert str(total([amount, Decimal("-0.98")], "EUR")) == f"{'9' * 40}.01"
    assert str(total([], "JPY")) == "0"


@given(periods_and_days(), methods, currencies, prices, quantities)
def test_the_same_price_on_the_same_day_cancels(
    pair: tuple[BillingPeriod, date], method: Method, currency: str, price: Decimal, quantity: int
) -> None:
    share = share_from(*pair, method)
    billed = rounded(price * quantity, currency)
    assert total([credit(billed, share, currency), charge(billed, 1, share, currency)], currency) == 0


@given(periods(), methods, currencies, prices)
def test_the_first_day_is_the_whole_and_the_end_is_nothing(
    period: BillingPeriod, method: Method, currency: str, price: Decimal
) -> None:
    billed = rounded(price, currency)
    assert credit(billed, share_from(period, period.start, method), currency) == -billed
    assert charge(price, 1, share_from(period, period.start, method), currency) == billed
    assert credit(billed, share_from(period, period.end, method), currency) == 0
    assert charge(price, 1, share_from(period, period.end, method), currency) == 0


@given(periods_and_days(), methods, currencies, prices, quantities)
def test_splitting_on_any_day_moves_at_most_one_smallest_part(
    pair: tuple[BillingPeriod, date], method: Method, currency: str, price: Decimal, quantity: int
) -> None:
    """What stays charged of the old price and the same price charged for the rest are the whole again."""
    share = share_from(*pair, method)
    used = Share(share.of - share.days, share.of)
    parts = [charge(price, quantity, each, currency) for each in (used, share)]
    assert abs(sum(parts) - charge(price, quantity, WHOLE, currency)) <= smallest(currency)


@pytest.mark.parametrize("every", ["P1M", "P3M", "P6M", "P1Y"])
@pytest.mark.parametrize("billing_day", range(1, 32))
def test_adjacent_prorations_of_every_billing_day_sum_to_the_whole(billing_day: int, every: str) -> None:
    price, cent = Decimal("829.57"), Decimal("0.01")
    schedule = Schedule.on_billing_day(billing_day, parse_period(every), since=day("2026-01-31"))
    for period in schedule.periods(48 // parse_period(every).months):
        for days in range(0, period.days + 1, max(1, period.months * 2 - 1)):
            share = share_from(period, period.start + timedelta(days=days))
            assert share == Share(period.days - days, period.days)
            before = charge(price, 1, Share(days, period.days), "EUR")
            assert abs(before + charge(price, 1, share, "EUR") - price) <= cent
            assert abs(price + credit(price, share, "EUR") - before) <= cent


@given(periods_and_days(), methods, currencies, prices, prices)
def test_credits_never_exceed_what_was_charged(
    pair: tuple[BillingPeriod, date], method: Method, currency: str, price: Decimal, earlier: Decimal
) -> None:
    share = share_from(*pair, method)
    billed, given_before = rounded(price, currency), rounded(earlier, currency)
    given_now = -credit(billed, share, currency, given=given_before)
    assert 0 <= given_now <= charge(billed, 1, share, currency)
    assert given_now == 0 or given_now + given_before <= billed


@given(st.data(), periods(), methods, currencies, prices)
def test_change_upon_change_gives_back_no_more_than_was_charged(
    data: st.DataObject, period: BillingPeriod, method: Method, currency: str, price: Decimal
) -> None:
    billed, so_far = rounded(price, currency), Decimal(0)
    for days in data.draw(st.lists(st.integers(0, period.days), max_size=6)):
        share = share_from(period, period.start + timedelta(days=days), method)
        so_far -= credit(billed, share, currency, given=so_far)
    assert 0 <= so_far <= billed


@given(periods_and_days(), currencies, prices, quantities)
def test_another_formula_in_decimals_finds_the_same(
    pair: tuple[BillingPeriod, date], currency: str, price: Decimal, quantity: int
) -> None:
    """Days are counted one by one, and the product is divided last, with 60 digits instead of fractions."""
    period, change_on = pair
    whole = [period.start + timedelta(days=each) for each in range(period.days)]
    left = [each for each in whole if each >= change_on]
    with localcontext(prec=60):
        exact = price * quantity * len(left) / len(whole)
        expected = exact.quantize(smallest(currency), ROUND_HALF_UP)
    share = share_from(period, change_on)
    assert charge(price, quantity, share, currency) == expected
    assert share.fraction == Fraction(len(left), len(whole))
    with localcontext(prec=60):
        billed = (price * quantity).quantize(smallest(currency), ROUND_HALF_UP)
        refund = (billed * len(left) / len(whole)).quantize(smallest(currency), ROUND_HALF_UP)
        assert credit(billed, share, currency) == -refund
