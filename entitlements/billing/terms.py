"""How what is held is billed on a day: at which price, in which period, by which method. Pure."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from entitlements.billing.periods import BillingPeriod, NoPeriod, Schedule
from entitlements.billing.proration import Method
from entitlements.billing.swap import Sold
from entitlements.state import State
from entitlements.state.prices import price_list_of
from offerings.periods import Period, parse_period

OFF = "off"
LAST_DAY = date.max - timedelta(days=1)  # a day more is no day of the calendar
ONE_DAY = timedelta(days=1)
NO_BILLING_PERIOD = "The plan has no billing period, so that no part of one can be worked out. Bill it by hand."


def sold_by(state: State) -> Sold:
    """Return the price list and the quantity at which an entitlement is sold: all prices come from here."""
    return Sold(price_list_of(state), state.quantity)


def only(sold: Sold, kind: str) -> Sold:
    """Return the charges of one kind."""
    charges = tuple(each for each in sold.prices.charges if each.kind == kind)
    return replace(sold, prices=replace(sold.prices, charges=charges))


@dataclass(frozen=True, slots=True)
class Billing:
    """What is billed from a day on: a price, in a period, by a method, until the term ends.

    ``is_next`` puts the day in the next invoice. Without proration a period that a term ends within is billed whole.
    """

    sold: Sold
    on: date
    period: BillingPeriod
    method: Method | None
    every: Period | None
    ends: date = date.max

    @property
    def is_next(self) -> bool:
        """Tell whether the day is the first one of a period whose invoice is not written yet."""
        return self.on == self.period.end


def schedule_of(state: State, every: Period, anchor: date) -> Schedule:
    """Return the billing periods of a state that count from an anchor.

    They begin on the billing day of the order where they are of whole months and count from the term itself.
    """
    day = state.order.billing.day
    has_day = day is not None and every.months and not every.days and anchor == state.anchor
    return Schedule.on_billing_day(day or 1, every, since=anchor) if has_day else Schedule(anchor, every)


def billing_of(state: State, on: date, anchor: date) -> Billing:
    """Return how a state is billed on a day, from its anchor on; raise ``NoPeriod`` where what recurs has no period."""
    on = min(max(on, anchor), LAST_DAY)
    recurring, terms = only(sold_by(state), "recurring"), state.order.billing
    if not recurring.prices.charges:
        return Billing(recurring, on, BillingPeriod(on, on + ONE_DAY), Method.ACTUAL, None)
    if not recurring.prices.billing_period:
        raise NoPeriod(NO_BILLING_PERIOD)
    every = parse_period(recurring.prices.billing_period)
    schedule = schedule_of(state, every, anchor)
    period = schedule.holding(on)
    is_invoiced = terms.invoiced_through is not None and terms.invoiced_through > on
    if on == period.start and not is_invoiced:
        if on > schedule.anchor:
            period = schedule.holding(on - ONE_DAY)
        elif schedule.billing_day:
            period = BillingPeriod(on - ONE_DAY, on, every.months, schedule.billing_day)
    is_whole = on == period.start
    method = None if terms.proration == OFF and not is_whole else Method.ACTUAL
    if method and terms.proration != OFF:
        method = Method(terms.proration)
    ends = state.expires_on if state.expires_on and terms.proration != OFF else date.max
    return Billing(recurring, on, period, method, every, ends)
