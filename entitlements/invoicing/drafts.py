"""What would be invoiced on a day: the charges of every billing period that begins up to then. Pure.

A period that begins within the span that is not invoiced yet is charged whole at the prices in force on the day it
begins; where the term starts or ends within it, for the days of the term, by the method of the order. A disabled
entitlement is billed on: access is refused, the contract runs. What is due once is due when the term starts. A charge
that starts later, with service activation or customer acceptance, is due on its own day, for the days of the period
that are left; no period before is charged. What changes within periods made due is kept with their acts, and is no
part of this.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice

from entitlements.billing.lines import BillingProblem, Line, Side
from entitlements.billing.periods import BillingPeriod, NoPeriod, Schedule
from entitlements.billing.proration import WHOLE, Method, Share, charge, share_between, total
from entitlements.invoicing.courses import Course, Run, runs_of
from entitlements.state import BillingTerms, State, price_list_of
from offerings.periods import parse_period
from offerings.prices import TRIGGERS, Price
from offerings.rights import show_day
from offerings.totals import PriceList

MOST_PERIODS = 1_000
MOST_LINES = 2_000
OFF = "off"
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
        self.terms = course.last.order.billing
        self.runs = [run for run in runs_of(course) if run.starts <= on]
        self.problems: list[BillingProblem] = []
        self.prices: dict[int, PriceList] = {}

    def lines(self) -> Iterator[DraftLine]:
        """Yield the lines of what recurs, and of what is due once."""
        schedules = [self._schedule(run) for run in self.runs]
        since = self._since(self.runs[-1], schedules[-1]) if self.runs else self.day
        paid: set[Price] = set()
        for run, schedule in zip(self.runs, schedules, strict=True):
            if schedule:
                yield from self._recurring(run, schedule, since)
            yield from self._starting(run, schedule, since)
            starts = run.starts if run.is_new_count else run.first.starts_on or run.starts
            once = [price for price in self._prices(run.first).charges if price.kind == "one_time"]
            due = [price for price in self._started(once, starts) if price not in paid]
            paid |= set(once)
            if since <= starts:
                why = f"Charged once, as it starts on {show_day(starts)}."
                yield from self._charged(run.first, due, due_on=starts, share=WHOLE, why=why)

    def uses(self) -> Iterator[Use]:
        """Yield what is billed by use on the day."""
        run = self.runs[-1] if self.runs else None
        if run and (run.ends is None or run.ends > self.day):
            state = run.on(self.day)
            for price in self._started(self._prices(state).charges, self.day):
                if price.kind == "usage":
                    yield Use(state, _label(price), price.words)

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

    def _schedule(self, run: Run) -> Schedule | None:
        """Return the billing periods of a run; ``None`` where nothing recurs, or after saying that it has none."""
        prices = self._prices(run.first)
        if not any(price.kind == "recurring" for price in prices.charges):
            return None
        if not prices.billing_period:
            self._say("no_period", NO_PERIOD)
            return None
        every, day = parse_period(prices.billing_period), self.terms.day
        has_day = day is not None and every.months and not every.days and not run.is_new_count
        try:
            return (
                Schedule.on_billing_day(day or 1, every, since=run.anchor) if has_day else Schedule(run.anchor, every)
            )
        except NoPeriod as error:
            self._say("no_period", "{name}: " + str(error))
            return None

    def _since(self, run: Run, schedule: Schedule | None) -> date:
        """Return the first day that is not invoiced: of the order, else of the period that holds the day."""
        if self.terms.invoiced_through is not None:
            return self.terms.invoiced_through
        if schedule is None:
            return run.first.starts_on or run.starts
        try:
            return max(run.starts, schedule.holding(self._last_day(run)).start)
        except NoPeriod:
            return run.starts

    def _last_day(self, run: Run) -> date:
        """Return the day, or the last one of a run that is over by then."""
        return self.day if run.ends is None or run.ends > self.day else run.ends - timedelta(days=1)

    def _periods(self, run: Run, schedule: Schedule, since: date) -> Iterator[BillingPeriod]:
        """Yield the periods whose first billed day is not invoiced, and comes up to the day."""
        last_day = self._last_day(run)
        if since > last_day:
            return
        try:
            period = schedule.holding(max(since, run.starts))
            while max(period.start, run.starts) <= last_day:
                if max(period.start, run.starts) >= since:
                    yield period
                period = schedule.following(period)
        except NoPeriod as error:
            self._say("no_period", "{name}: " + str(error))

    def _recurring(self, run: Run, schedule: Schedule, since: date) -> Iterator[DraftLine]:
        periods = list(islice(self._periods(run, schedule, since), MOST_PERIODS + 1))
        if len(periods) > MOST_PERIODS:
            self._say("too_many", TOO_MANY)
            periods = []
        for period in periods:
            first = max(period.start, run.starts)
            last = min(period.end, run.ends) if run.ends else period.end
            share = billed_share(period, first, last, self.terms)
            state = run.on(first)
            charges = self._started(self._prices(state).charges, first) if share.days else []
            due = [price for price in charges if price.kind == "recurring"]
            why = f"{_share_words(share)}, from {show_day(first)} until {show_day(last)}."
            yield from self._charged(state, due, due_on=first, share=share, why=why, period=BillingPeriod(first, last))

    def _starting(self, run: Run, schedule: Schedule | None, since: date) -> Iterator[DraftLine]:
        """Yield the lines of charges that start by themselves within a run, each on its day."""
        for day, charge_key in self.course.starts:
            if not since <= day <= self.day or day < run.starts or (run.ends is not None and day >= run.ends):
                continue
            state = run.on(day)
            found = [price for price in self._prices(state).charges if price.key == charge_key]
            once = [price for price in found if price.kind == "one_time"]
            yield from self._charged(
                state, once, due_on=day, share=WHOLE, why=f"Charged once, as it starts on {show_day(day)}."
            )
            recurring = [price for price in found if price.kind == "recurring"]
            if schedule and recurring:
                yield from self._part_from(run, schedule.holding(day), day, recurring)

    def _part_from(self, run: Run, period: BillingPeriod, day: date, due: list[Price]) -> Iterator[DraftLine]:
        """Yield the lines of charges that start within a period; on its first day they are charged with it."""
        last = min(period.end, run.ends) if run.ends else period.end
        share = billed_share(period, day, last, self.terms)
        if share.days and day > max(period.start, run.starts):
            why = f"{_share_words(share)}, from {show_day(day)} until {show_day(last)}."
            lasts = BillingPeriod(day, last)
            yield from self._charged(run.on(day), due, due_on=day, share=share, why=why, period=lasts)

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
