"""What would be invoiced on a day: the charges of every billing period that begins up to then. Pure.

A period that begins within the span that is not invoiced yet is charged at the prices in force on the day it begins,
as the term is known on that day: whole, or where the term starts or ends within it, for the days of the term, by the
method of the order. A disabled entitlement is billed on: access is refused, the contract runs. What is due once is due
when the term starts. What changes make due on their day, and where charges start on days of their own, is kept with
their acts and is in the file of lines; it is no part of this, so that nothing is in both.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice

from entitlements.billing.lines import BillingProblem, Line, Side
from entitlements.billing.periods import BillingPeriod, NoPeriod, Schedule
from entitlements.billing.proration import WHOLE, Method, Share, charge, share_between, total
from entitlements.billing.terms import OFF, ONE_DAY, schedule_of
from entitlements.invoicing.courses import Course, Span, charged
from entitlements.state import BillingTerms, State, price_list_of
from offerings.periods import parse_period
from offerings.prices import TRIGGERS, Price
from offerings.rights import show_day
from offerings.totals import PriceList

MOST_PERIODS = 1_000
MOST_LINES = 2_000
NO_PERIOD = "{name}: its plan has no billing period, so that nobody knows when it recurs. Bill it by hand."
ON_REQUEST = "{name}, {charge}: the price is on request. Agree on an amount, or bill it by hand."
NO_SEATS = "{name}, {charge}: the price is per seat and the seats have no limit. Bill it by hand."
TOO_MANY = "{name}: too many billing periods are not invoiced by that day. Choose an earlier day."


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line with the entitlement that it is for. ``trigger`` is what lets the charge start."""

    state: State
    line: Line
    due_on: date
    trigger: str


@dataclass(frozen=True, slots=True)
class Use:
    """A charge that is billed by use, in words."""

    state: State
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What would be invoiced on a day. With problems its lines are not all there are."""

    lines: tuple[DraftLine, ...]
    uses: tuple[Use, ...]
    problems: tuple[BillingProblem, ...]

    @property
    def totals(self) -> list[tuple[str, Decimal]]:
        """Return the sum of the lines by currency."""
        return totals_of(self.lines)


def totals_of(lines: Iterable[DraftLine]) -> list[tuple[str, Decimal]]:
    """Return the sum of lines by currency."""
    found: dict[str, list[Decimal]] = {}
    for each in lines:
        found.setdefault(each.line.currency, []).append(each.line.amount)
    return [(currency, total(amounts, currency)) for currency, amounts in sorted(found.items())]


def draft_of(courses: Iterable[Course], *, on: date) -> Draft:
    """Return what would be invoiced for the entitlements of an order on a day."""
    lines: list[DraftLine] = []
    uses: list[Use] = []
    problems: list[BillingProblem] = []
    for course in courses:
        biller = _Biller(course, on)
        lines += biller.lines()
        uses += biller.uses()
        problems += biller.problems
        if len(lines) > MOST_LINES:
            problems.append(BillingProblem("too_many", TOO_MANY.format(name=course.last.revision.offering_name)))
            break
    lines.sort(key=lambda each: (each.due_on, each.state.revision.product_name, each.state.revision.offering_name))
    return Draft(tuple(lines[:MOST_LINES]), tuple(uses), tuple(dict.fromkeys(problems)))


class _Biller:
    """Finds the lines of one entitlement, and keeps what is not known."""

    def __init__(self, course: Course, on: date) -> None:
        self.day, self.name, self.course = on, course.last.revision.offering_name, course
        self.spans = [span for span in course.spans if span.begin <= on and span.since <= on]
        self.made_due = course.made_due
        self.problems: list[BillingProblem] = []
        self.prices: dict[int, PriceList] = {}

    def lines(self) -> Iterator[DraftLine]:
        """Yield the lines of what recurs, and of what is due once."""
        if not self.spans:
            return
        schedules = [self._schedule(span) for span in self.spans]
        since = self._since(self.spans[-1], schedules[-1])
        paid: set[Price] = set()
        for span, schedule in zip(self.spans, schedules, strict=True):
            if schedule:
                yield from self._recurring(span, schedule, since)
            once = [price for price in self._prices(span.state).charges if price.kind == "one_time"]
            starts = span.state.starts_on
            if starts and max(since, span.since) <= starts:
                due = [price for price in self._started(once, starts) if price not in paid]
                why = f"Charged once, as it starts on {show_day(starts)}."
                yield from self._charged(span.state, due, due_on=starts, share=WHOLE, why=why)
            paid |= set(once)

    def uses(self) -> Iterator[Use]:
        """Yield what is billed by use on the day."""
        span = self.spans[-1] if self.spans else None
        if span and (span.ends is None or span.ends > self.day):
            for price in self._started(self._prices(span.state).charges, self.day):
                if price.kind == "usage":
                    yield Use(span.state, _label(price), price.words)

    def _prices(self, state: State) -> PriceList:
        """Return the price list in force; read once for each state."""
        if id(state) not in self.prices:
            self.prices[id(state)] = price_list_of(state)
        return self.prices[id(state)]

    def _started(self, prices: Iterable[Price], day: date) -> list[Price]:
        """Return the charges that have started by a day."""
        waits = self.course.waits_on(day)
        return [price for price in prices if waits.get(price.key, day) <= day]

    # --- periods -----------------------------------------------------------------------------------------------------

    def _schedule(self, span: Span) -> Schedule | None:
        """Return the billing periods of a span; ``None`` where nothing recurs, or after saying that it has none."""
        prices = self._prices(span.state)
        if not any(price.kind == "recurring" for price in prices.charges):
            return None
        if not prices.billing_period:
            self._say("no_period", NO_PERIOD)
            return None
        try:
            return schedule_of(span.state, parse_period(prices.billing_period), span.anchor)
        except NoPeriod as error:
            self._say("no_period", "{name}: " + str(error))
            return None

    def _since(self, span: Span, schedule: Schedule | None) -> date:
        """Return the first day that is not invoiced: of the order, else of the period that holds the day."""
        invoiced_through = span.state.order.billing.invoiced_through
        if invoiced_through is not None:
            return invoiced_through
        if schedule is None:
            return span.begin
        try:
            return max(span.begin, schedule.holding(self._last_day(span)).start)
        except NoPeriod:
            return span.begin

    def _last_day(self, span: Span) -> date:
        """Return the day, or the last one of a span that is over by then."""
        return self.day if span.ends is None or span.ends > self.day else span.ends - ONE_DAY

    def _periods(self, span: Span, schedule: Schedule, since: date) -> Iterator[BillingPeriod]:
        """Yield the periods whose first billed day is not invoiced, is within the span, and comes up to the day."""
        first, last = max(since, span.begin, span.since), self._last_day(span)
        if first > last:
            return
        try:
            period = schedule.holding(first)
            while max(period.start, span.begin) <= last:
                if max(period.start, span.begin) >= first:
                    yield period
                period = schedule.following(period)
        except NoPeriod as error:
            self._say("no_period", "{name}: " + str(error))

    def _recurring(self, span: Span, schedule: Schedule, since: date) -> Iterator[DraftLine]:
        periods = list(islice(self._periods(span, schedule, since), MOST_PERIODS + 1))
        if len(periods) > MOST_PERIODS:
            self._say("too_many", TOO_MANY)
            periods = []
        state = span.state
        for period in periods:
            first = max(period.start, span.begin)
            last = min(period.end, state.expires_on) if state.expires_on else period.end
            share = billed_share(period, first, last, state.order.billing)
            charges = self._started(self._prices(state).charges, first) if share.days else []
            due = [price for price in charges if price.kind == "recurring"]
            why = f"{_share_words(share)}, from {show_day(first)} until {show_day(last)}."
            yield from self._charged(state, due, due_on=first, share=share, why=why, period=BillingPeriod(first, last))

    # --- lines -------------------------------------------------------------------------------------------------------

    def _charged(
        self,
        state: State,
        due: Iterable[Price],
        *,
        due_on: date,
        share: Share,
        why: str,
        period: BillingPeriod | None = None,
    ) -> Iterator[DraftLine]:
        prices = self._prices(state)
        seats = prices.seats if state.quantity is None else state.quantity
        for price in due:
            count = seats if price.per == "seat" else 1
            if price.amount is None:
                self._say("on_request", ON_REQUEST, price)
            elif count is None:
                self._say("no_seats", NO_SEATS, price)
            else:
                line = Line(
                    charge=price.key,
                    label=_label(price),
                    side=Side.NEW,
                    period=period,
                    days=share.days,
                    of=share.of,
                    price=Decimal(price.amount),
                    quantity=count,
                    amount=charge(Decimal(price.amount), count, share, price.currency),
                    currency=price.currency,
                    why=why,
                )
                if charged(line) not in self.made_due:
                    yield DraftLine(state, line, due_on, TRIGGERS[price.trigger])

    def _say(self, code: str, sentence: str, price: Price | None = None) -> None:
        words = _label(price).lower() if price else ""
        message = sentence.format(name=self.name, charge=words)
        self.problems.append(BillingProblem(code, message, price.key if price else ""))


def billed_share(period: BillingPeriod, first: date, last: date, terms: BillingTerms) -> Share:
    """Return the share of a period from its first billed day to before the last.

    Without proration a period that the term starts within is not billed, and one that it ends within is billed whole.
    """
    if terms.proration == OFF:
        return WHOLE if first == period.start else Share(0, 1)
    return share_between(period, first, last, Method(terms.proration))


def _label(price: Price) -> str:
    return price.key.replace("-", " ").replace("_", " ").capitalize()


def _share_words(share: Share) -> str:
    return "The whole period" if share.is_whole else f"{share.days} of {share.of} days"
