"""What is due where the states of what is sold change on a day: which swap it is, and in which billed period. Pure.

An entitlement is billed in whole periods from the start of its term until it ends or expires. A disabled one is billed
on: access is refused, the contract runs. Periods count from the anchor of the term, or begin on the billing day of the
order where they are of whole months. A change on the first day of a period comes before its invoice is written, unless
the order is invoiced beyond that day: nothing is given back, and the next invoice has the new price. A whole period is
charged and given back in full also where proration is off.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from entitlements.billing.lines import BillingProblem, Invoice, Line, Side
from entitlements.billing.money import Money, Part
from entitlements.billing.periods import BillingPeriod, NoPeriod, Schedule
from entitlements.billing.proration import NOTHING, WHOLE, Method, charge, total
from entitlements.billing.swap import MixedCurrencies, Sold, Swap, currency_of, swap
from entitlements.state import State
from entitlements.state.prices import price_list_of
from offerings.periods import Period, parse_period

Billed = Mapping[UUID, Sequence[Part]]
"""What earlier changes made due, by entitlement, the oldest first."""
NOTHING_BILLED: Billed = MappingProxyType({})
DueMemo = dict[tuple[Any, ...], Part | None]
OFF = "off"
LAST_DAY = date.max - timedelta(days=1)  # a day more is no day of the calendar
ONE_DAY = timedelta(days=1)
NO_BILLING_PERIOD = "The plan has no billing period, so that no part of one can be worked out. Bill it by hand."


@dataclass(frozen=True, slots=True)
class Sale:
    """What is sold before and after a change, of one entitlement or of two where one takes the place of another.

    ``paid`` are the states whose charges that are due once were charged before.
    """

    before: State | None
    after: State | None
    paid: tuple[State, ...] = ()


def due(
    sales: Iterable[Sale], *, on: date, billed: Billed = NOTHING_BILLED, memo: DueMemo | None = None
) -> Money | None:
    """Return what changes make due on a day; ``None`` where nothing is, now or at the next invoice.

    What cannot be worked out is a problem of its part: a price on request, several currencies, no billing period.
    ``memo`` shares what is the same for many of a batch on one day.
    """
    known = {} if memo is None else memo
    parts = [part for sale in sales for each in _by_order(sale) if (part := _part_of_many(each, on, billed, known))]
    return Money(on, tuple(parts)) if parts else None


def _part_of_many(sale: Sale, on: date, billed: Billed, memo: DueMemo) -> Part | None:
    """Return what one change makes due, worked out once for all changes that are alike."""
    before, after = sale.before, sale.after
    if (before and before.id in billed) or (after and after.id in billed):
        return _part(sale, on, billed)
    key = (*map(_priced_by, (before, after)), *map(_priced_by, sale.paid))
    if key not in memo:
        memo[key] = _part(sale, on, billed)
    part = memo[key]
    if part is None:
        return None
    gave = before.id if before and part.gave else None
    got = after.id if after and part.got else None
    return part if (gave, got) == (part.gave, part.got) else replace(part, gave=gave, got=got)


def _priced_by(state: State | None) -> tuple[Any, ...]:
    """Return everything that the price and the periods of a state follow from."""
    if state is None:
        return ()
    by_hand = tuple((key, each.value) for key, each in state.overrides.items())
    days = (state.starts_on, state.anchor_on, state.expires_on, state.standard_expires_on, state.ended_on)
    return (state.revision.id, state.quantity, by_hand, state.is_activated, state.order.billing, *days)


def concerns_billed(sale: Sale, *, on: date) -> bool:
    """Tell whether a change is of something that is billed already, so that what was due before counts."""
    old = _billable(sale.before, on)
    is_same = old is not None and _is_same(old, sale.after)
    return old is not None and not is_same and bool(_only(_sold(old), "recurring").prices.charges)


# --- what is sold ----------------------------------------------------------------------------------------------------


def _sold(state: State) -> Sold:
    """Return the price list and the quantity at which an entitlement is sold: all prices come from here."""
    return Sold(price_list_of(state), state.quantity)


def _only(sold: Sold, kind: str) -> Sold:
    charges = tuple(each for each in sold.prices.charges if each.kind == kind)
    return replace(sold, prices=replace(sold.prices, charges=charges))


def _billable(state: State | None, on: date) -> State | None:
    """Return a state that is billed on a day, or from a later start on; ``None`` for any other."""
    if state is None or not state.is_activated or state.starts_on is None:
        return None
    is_over = any(day is not None and day <= on for day in (state.ended_on, state.expires_on))
    return None if is_over else state


def _is_same(old: State, new: State | None) -> bool:
    """Tell whether nothing that prices and periods depend on moves."""
    facts = ("revision", "quantity", "overrides", "order", "anchor", "starts_on", "standard_expires_on", "ended_on")
    return new is not None and all(getattr(old, name) == getattr(new, name) for name in facts)


def _by_order(sale: Sale) -> Iterator[Sale]:
    """Yield a change order by order: each is invoiced by itself."""
    before, after = sale.before, sale.after
    if before is None or after is None or before.order.id == after.order.id:
        yield sale
    else:
        yield replace(sale, after=None)
        yield replace(sale, before=None, paid=(*sale.paid, before))


# --- periods ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Billing:
    """What is billed from a day on: a price, in a period, by a method. ``is_next`` puts the day in the next invoice."""

    sold: Sold
    on: date
    period: BillingPeriod
    method: Method | None
    every: Period | None

    @property
    def is_next(self) -> bool:
        return self.on == self.period.end


def _billing(state: State, on: date, anchor: date) -> _Billing:
    """Return how a state is billed on a day, from its anchor on; raise ``NoPeriod`` where what recurs has no period."""
    on = min(max(on, anchor), LAST_DAY)
    recurring, terms = _only(_sold(state), "recurring"), state.order.billing
    if not recurring.prices.charges:
        return _Billing(recurring, on, BillingPeriod(on, on + ONE_DAY), Method.ACTUAL, None)
    if not recurring.prices.billing_period:
        raise NoPeriod(NO_BILLING_PERIOD)
    every = parse_period(recurring.prices.billing_period)
    has_day = terms.day is not None and every.months and not every.days and anchor == state.anchor
    schedule = Schedule.on_billing_day(terms.day or 1, every, since=anchor) if has_day else Schedule(anchor, every)
    period = schedule.holding(on)
    is_invoiced = terms.invoiced_through is not None and terms.invoiced_through > on
    if on == period.start and not is_invoiced:
        if on > schedule.anchor:
            period = schedule.holding(on - ONE_DAY)
        elif has_day:
            period = BillingPeriod(on - ONE_DAY, on, every.months, terms.day or 0)
    is_whole = on == period.start
    method = None if terms.proration == OFF and not is_whole else Method.ACTUAL
    if method and terms.proration != OFF:
        method = Method(terms.proration)
    return _Billing(recurring, on, period, method, every)


def _anchor(state: State, parts: Sequence[Part]) -> date:
    """Return the day from which the billing periods of an entitlement count: that of its term, or of a new length."""
    own = state.anchor or date.min
    last = next((part for part in reversed(parts) if part.got == state.id), None)
    return max(own, last.counts_from) if last and last.counts_from else own


# --- one part --------------------------------------------------------------------------------------------------------


def _part(sale: Sale, on: date, billed: Billed) -> Part | None:
    """Return what one change makes due; ``None`` where nothing is, now or other than before at the next invoice."""
    old, new = _billable(sale.before, on), _billable(sale.after, on)
    if (old is None and new is None) or (old and _is_same(old, new)):
        return None
    known, old = old, old if old and old.starts_on and old.starts_on <= on else None
    part = Part(_title(old, new), Invoice(on, ""), Invoice(on, ""), old.id if old else None, new.id if new else None)
    try:
        currency_of(_sold(old) if old else None, _sold(new) if new else None)
        part = _worked_out(part, sale, (old, new), on=on, billed=billed)
    except MixedCurrencies as error:
        problem = BillingProblem("mixed_currencies", str(error))
        return replace(part, now=replace(part.now, problems=(problem,)))
    except NoPeriod as error:
        if old and new and _sold(old) == _sold(new):
            return None
        return replace(part, now=replace(part.now, problems=(BillingProblem("no_period", str(error)),)))
    if part.now.lines or part.now.problems:
        return part
    before = _next_as_it_was(known, on, billed) if known else Invoice(on, "")
    return None if (before.lines, before.problems) == (part.next.lines, part.next.problems) else part


def _next_as_it_was(old: State, on: date, billed: Billed) -> Invoice:
    """Return the next invoice of a state that nothing changes."""
    starts = max(on, old.starts_on or on)
    was = _billing(old, starts, _anchor(old, billed.get(old.id, ())))
    if starts > on:
        return _until_end(_come(was, on).next, old)
    return _until_end(swap(was.sold, was.sold, on=was.on, period=was.period, method=was.method).next, old)


def _title(old: State | None, new: State | None) -> str:
    names = dict.fromkeys(each.revision.offering_name for each in (old, new) if each)
    return " → ".join(names)


def _worked_out(part: Part, sale: Sale, states: tuple[State | None, State | None], *, on: date, billed: Billed) -> Part:
    old, new = states
    parts = billed.get(old.id, ()) if old else ()
    was = _billing(old, on, _anchor(old, parts)) if old else None
    back = _credited(parts, old.id, was) if old and was else {}
    if new is None:
        found = swap(was.sold, None, on=was.on, period=was.period, method=was.method, credited=back) if was else None
        return _filled(part, found, (), None)
    starts = _start(sale, new, on) if old is None else max(on, new.starts_on or on)
    anchor = _anchor(new, billed.get(new.id, ()))
    comes = _billing(new, starts, anchor)
    once = _once(sale, new, starts)
    if was is None or comes.on != was.on or _is_restarted(was, comes):
        halves = _halves(was, comes, on=on, credited=back)
        return _filled(part, halves, once, new, is_next=comes.is_next or starts > on, anchor=anchor)
    joint = swap(was.sold, comes.sold, on=was.on, period=was.period, method=was.method, credited=back)
    if was.every and comes.every and was.every != comes.every:
        anchor = was.period.end if was.method is None or was.is_next else on
    return _filled(part, joint, once, new, is_next=was.is_next, anchor=anchor)


def _is_restarted(was: _Billing, comes: _Billing) -> bool:
    """Tell whether periods of the same length count from another day now, or only one of both has periods."""
    return (was.every == comes.every and was.period != comes.period) or was.every is None or comes.every is None


def _start(sale: Sale, new: State, on: date) -> date:
    """Return the day from which something is billed that is not billed yet: where a term goes on, its end."""
    before = sale.before
    goes_on = before is not None and before.ended_on is None and before.is_activated and before.anchor == new.anchor
    if before is not None and goes_on and before.expires_on is not None and before.expires_on <= on:
        return before.expires_on
    return max(on, new.starts_on or on)


def _halves(was: _Billing | None, comes: _Billing, *, on: date, credited: Mapping[str, Decimal]) -> Swap:
    """Return what the end of the one and the start of the other make due, each in its own period."""
    come = _come(comes, on)
    if was is None:
        return come
    back = swap(was.sold, None, on=was.on, period=was.period, method=was.method, credited=credited).now
    lines, problems = (*back.lines, *come.now.lines), (*back.problems, *come.now.problems)
    return Swap(Invoice(on, back.currency or come.now.currency, lines, problems), come.next)


def _come(comes: _Billing, on: date) -> Swap:
    """Return what is due for something that was not billed before, with all periods that have passed since."""
    found = swap(None, comes.sold, on=comes.on, period=comes.period, method=comes.method)
    if comes.on > on:
        first = found.now if found.now.lines or found.now.problems else found.next
        return Swap(Invoice(on, first.currency), first)
    now = replace(found.now, due_on=on)
    while comes.every and comes.period.end <= on and comes.on < on and found.next.lines:
        now = replace(now, lines=(*now.lines, *found.next.lines))
        period = Schedule(found.next.due_on, comes.every, comes.period.anchor_day).period(0)
        comes = replace(comes, on=period.start, period=period, method=comes.method or Method.ACTUAL)
        found = swap(comes.sold, comes.sold, on=comes.on, period=period, method=comes.method)
    return Swap(now, found.next)


def _once(sale: Sale, new: State, on: date) -> tuple[Line | BillingProblem, ...]:
    """Return the lines of what is due once and was not charged before."""
    after = _only(_sold(new), "one_time")
    paid = [_sold(each) for each in (*sale.paid, *([sale.before] if sale.before else [])) if each.is_activated]
    known = [each for each in paid if set(each.prices.charges) & set(after.prices.charges)]
    before = known[-1] if known else None
    if before is not None:
        same = tuple(each for each in before.prices.charges if each in after.prices.charges)
        before = replace(before, prices=replace(before.prices, charges=same))
    on = min(on, LAST_DAY)
    found = swap(before, after, on=on, period=BillingPeriod(on, on + ONE_DAY)).now
    return (*found.lines, *found.problems)


def _filled(
    part: Part,
    found: Swap | None,
    once: tuple[Line | BillingProblem, ...],
    new: State | None,
    *,
    is_next: bool = False,
    anchor: date | None = None,
) -> Part:
    """Return a part with its invoices, and what is due once in the one that it belongs to."""
    if found is None:
        return part
    now, later = (found.now, _with(found.next, once)) if is_next else (_with(found.now, once), found.next)
    later = _until_end(later, new) if new else later
    counts_from = anchor if new and anchor != new.anchor else None
    return replace(part, now=now, next=later, counts_from=counts_from)


def _with(invoice: Invoice, once: tuple[Line | BillingProblem, ...]) -> Invoice:
    lines = tuple(each for each in once if isinstance(each, Line))
    problems = tuple(each for each in once if isinstance(each, BillingProblem))
    currency = invoice.currency or next((line.currency for line in lines), "")
    lines, problems = (*invoice.lines, *lines), (*invoice.problems, *problems)
    return replace(invoice, currency=currency, lines=lines, problems=problems)


def _until_end(invoice: Invoice, state: State) -> Invoice:
    """Return the next invoice of a state: nothing where its term is over by then, and was not renewed."""
    ends = state.expires_on
    return invoice if ends is None or ends > invoice.due_on else Invoice(invoice.due_on, invoice.currency)


# --- what was billed before ------------------------------------------------------------------------------------------


def _credited(parts: Sequence[Part], key: UUID, was: _Billing) -> dict[str, Decimal]:
    """Return what is not to be given back of the price of a whole period, by charge: it was given back, or not charged.

    What was charged for the period is the price at its start, with all lines since.
    """
    period = was.period
    since = [part for part in parts if period.start <= part.now.due_on < period.end]
    found = {}
    for price in was.sold.prices.charges if since else ():
        count = (was.sold.quantity or was.sold.prices.seats) if price.per == "seat" else 1
        if price.amount is None or count is None:
            continue
        whole = charge(Decimal(price.amount), count, WHOLE, price.currency)
        lines = [line for part in since for line in part.lines_of(key) if _is_of(line, price.key, period)]
        paid = total([_at_start(lines, since[0], key, whole), *(line.amount for line in lines)], price.currency)
        found[price.key] = max(NOTHING, whole - paid)
    return found


def _is_of(line: Line, charge_key: str, period: BillingPeriod) -> bool:
    return line.charge == charge_key and line.period is not None and line.period.end == period.end


def _at_start(lines: Sequence[Line], first: Part, key: UUID, whole: Decimal) -> Decimal:
    """Return what was charged at the start of the period: nothing where the charge came later."""
    if not lines:
        return whole if first.gave == key else NOTHING
    if lines[0].side is Side.NEW:
        return NOTHING
    return charge(lines[0].price, lines[0].quantity, WHOLE, lines[0].currency)
