"""What is due where the states of what is sold change on a day: which swap it is, and in which billed period. Pure.

An entitlement is billed from the start of its term until it ends or expires, the period that its term ends within up
to that day. Charges may start later than the change that brings them, as ``starts`` says. A disabled one is billed
on: access is refused, the contract runs. Periods count from the anchor of the term, or begin on the billing day of the
order where they are of whole months. A change on the first day of a period comes before its invoice is written, unless
the order is invoiced beyond that day: nothing is given back, and the next invoice has the new price. A whole period is
charged and given back in full also where proration is off.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from entitlements.billing.credited import credited
from entitlements.billing.lines import BillingProblem, Invoice, Line
from entitlements.billing.money import Days, Money, Part
from entitlements.billing.periods import BillingPeriod, NoPeriod, Schedule
from entitlements.billing.proration import Method
from entitlements.billing.starts import (
    CONTRACT_EFFECTIVE,
    Starts,
    by_day,
    kept_charges,
    next_without_waiting,
    outstanding,
    taken_out,
    waits_from,
    waits_of,
    with_start,
    without_waiting,
)
from entitlements.billing.swap import MixedCurrencies, Swap, currency_of, swap
from entitlements.billing.terms import LAST_DAY, ONE_DAY, Billing, billing_of, only, sold_by
from entitlements.state import State
from entitlements.state.prices import price_list_of
from offerings.prices import CONTRACT_EFFECTIVE as CONTRACT_EFFECTIVE_DATE
from offerings.prices import Price

Billed = Mapping[UUID, Sequence[Part]]
"""What earlier changes made due, by entitlement, the oldest first."""
NOTHING_BILLED: Billed = MappingProxyType({})
DueMemo = dict[tuple[Any, ...], Part | None]


@dataclass(frozen=True, slots=True)
class Sale:
    """What is sold before and after a change, of one entitlement or of two where one takes the place of another.

    ``paid`` are the states whose charges that are due once were charged before.
    """

    before: State | None
    after: State | None
    paid: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known beside a change: its day, what earlier changes made due, and from when charges start."""

    on: date
    billed: Billed
    starts: Starts

    def parts_of(self, state: State | None) -> Sequence[Part]:
        return self.billed.get(state.id, ()) if state else ()


def due(
    sales: Iterable[Sale],
    *,
    on: date,
    billed: Billed = NOTHING_BILLED,
    memo: DueMemo | None = None,
    starts: Starts = CONTRACT_EFFECTIVE,
) -> Money | None:
    """Return what changes make due on a day; ``None`` where nothing is, then or at a later invoice.

    What cannot be worked out is a problem of its part: a price on request, several currencies, no billing period.
    ``memo`` shares what is the same for many of a batch. ``starts`` says which charges start later than the day.
    """
    shared, known = {} if memo is None else memo, _Known(on, billed, starts)
    parts = [part for sale in sales for each in _by_order(sale) if (part := _part_of_many(each, known, shared))]
    return Money(on, tuple(parts)) if parts else None


def _part_of_many(sale: Sale, known: _Known, memo: DueMemo) -> Part | None:
    """Return what one change makes due, worked out once for all changes that are alike."""
    before, after = sale.before, sale.after
    if known.parts_of(before) or known.parts_of(after):
        return _part(sale, known)
    facts = (known.on, *known.starts.seen_by(after.id if after else None))
    key = (*facts, *map(_priced_by, (before, after)), *map(_priced_by, sale.paid))
    if key not in memo:
        memo[key] = _part(sale, known)
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
    if old is None or _is_same(old, sale.after):
        return False
    return has_triggers(old) or bool(only(sold_by(old), "recurring").prices.charges)


def is_billed(state: State, *, on: date) -> bool:
    """Tell whether something recurs that an entitlement is billed for, on a day or from a later start on."""
    found = _billable(state, on)
    return found is not None and bool(only(sold_by(found), "recurring").prices.charges)


def has_triggers(state: State) -> bool:
    """Tell whether a charge in force may start later than the change that brought it."""
    return any(price.trigger != CONTRACT_EFFECTIVE_DATE for price in price_list_of(state).charges)


# --- what is sold ----------------------------------------------------------------------------------------------------


def _billable(state: State | None, on: date) -> State | None:
    """Return a state that is billed on a day, or from a later start on; ``None`` for any other."""
    if state is None or not state.is_activated or state.starts_on is None:
        return None
    is_over = any(day is not None and day <= on for day in (state.ended_on, state.expires_on))
    return None if is_over else state


def _is_same(old: State, new: State | None) -> bool:
    """Tell whether nothing that prices and periods depend on moves."""
    facts = ("revision", "quantity", "overrides", "order", "anchor", "starts_on", "expires_on", "standard_expires_on")
    return new is not None and all(getattr(old, name) == getattr(new, name) for name in (*facts, "ended_on"))


def _by_order(sale: Sale) -> Iterator[Sale]:
    """Yield a change order by order: each is invoiced by itself."""
    before, after = sale.before, sale.after
    if before is None or after is None or before.order.id == after.order.id:
        yield sale
    else:
        yield replace(sale, after=None)
        yield replace(sale, before=None, paid=(*sale.paid, before))


# --- periods ---------------------------------------------------------------------------------------------------------


def anchor_of(state: State, parts: Sequence[Part]) -> date:
    """Return the day from which the billing periods of an entitlement count: that of its term, or of a new length."""
    own = state.anchor or date.min
    last = next((part for part in reversed(parts) if part.got == state.id), None)
    return max(own, last.counts_from) if last and last.counts_from else own


# --- one part --------------------------------------------------------------------------------------------------------


def _part(sale: Sale, known: _Known) -> Part | None:
    """Return what one change makes due; ``None`` where nothing is, or nothing other than before at later invoices."""
    on = known.on
    old, new = _billable(sale.before, on), _billable(sale.after, on)
    if (old is None and new is None) or (old and _is_same(old, new)):
        return None
    held, old = old, old if old and old.starts_on and old.starts_on <= on else None
    key = held.id if held else new.id if new else None
    waited = waits_of(known.parts_of(held or new), key, after=on)
    part = Part(_title(old, new), Invoice(on, ""), Invoice(on, ""), old.id if old else None, new.id if new else None)
    part = replace(part, waited=waited)
    try:
        currency_of(sold_by(old) if old else None, sold_by(new) if new else None)
        part = _worked_out(part, sale, (old, new), known)
    except MixedCurrencies as error:
        problem = BillingProblem("mixed_currencies", str(error))
        return replace(part, now=replace(part.now, problems=(problem,)))
    except NoPeriod as error:
        if old and new and sold_by(old) == sold_by(new):
            return None
        return replace(part, now=replace(part.now, problems=(BillingProblem("no_period", str(error)),)))
    if part.now.lines or part.now.problems or part.later or part.waits != part.waited:
        return part
    before = next_without_waiting(_next_as_it_was(held, known), waited) if held else Invoice(on, "")
    return None if (before.lines, before.problems) == (part.next.lines, part.next.problems) else part


def _next_as_it_was(old: State, known: _Known) -> Invoice:
    """Return the next invoice of a state that nothing changes."""
    on = known.on
    starts = max(on, old.starts_on or on)
    was = billing_of(old, starts, anchor_of(old, known.parts_of(old)))
    if starts > on:
        return _until_end(_come(was, on).next, old)
    found = swap(was.sold, was.sold, on=was.on, period=was.period, method=was.method, ends=(was.ends, was.ends))
    return _until_end(found.next, old)


def _title(old: State | None, new: State | None) -> str:
    names = dict.fromkeys(each.revision.offering_name for each in (old, new) if each)
    return " → ".join(names)


def _worked_out(part: Part, sale: Sale, states: tuple[State | None, State | None], known: _Known) -> Part:
    """Return a part with its invoices: those of the day and the next one, and those of charges that start later."""
    (old, new), on = states, known.on
    was = billing_of(old, on, anchor_of(old, known.parts_of(old))) if old else None
    back = credited(known.parts_of(old), old.id, was.sold, was.period) if old and was else {}
    if new is None:
        found = without_waiting(_end(was, back), waits={}, waited=part.waited) if was else Swap(part.now, part.next)
        return _starting(replace(part, now=found.now, next=found.next), sale, (), known, set())
    begin = _start(sale, new, on) if old is None else max(on, new.starts_on or on)
    anchor = anchor_of(new, known.parts_of(new))
    comes = billing_of(new, begin, anchor)
    kept = kept_charges(sold_by(old) if old else None, sold_by(new))
    waits = waits_from(sold_by(new), begin, key=new.id, kept=kept, waited=part.waited, starts=known.starts)
    part = replace(part, waits=waits)
    once = _once(sale, new, begin, part.waited)
    if was is None or comes.on != was.on or _is_restarted(was, comes):
        found, kept = _halves(was, comes, on=on, credited=back), set()
        is_next = comes.is_next or begin > on
    else:
        ends = was.ends, comes.ends
        found = swap(was.sold, comes.sold, on=was.on, period=was.period, method=was.method, credited=back, ends=ends)
        is_next = was.is_next
        if was.every and comes.every and was.every != comes.every:
            anchor = was.period.end if was.method is None or is_next else on
    found = without_waiting(found, waits=waits, waited=part.waited)
    at_once = tuple(each for each in once if each.charge not in waits)
    # What goes on is invoiced for its next period whatever changes; what is due once is due by the change alone.
    is_by_period = is_next and not (old and begin == on)
    now, later = (found.now, _with(found.next, at_once)) if is_by_period else (_with(found.now, at_once), found.next)
    counts_from = anchor if anchor != new.anchor else None
    part = replace(part, now=now, next=_until_end(later, new), counts_from=counts_from)
    return _starting(part, sale, [each for each in once if each.charge in waits], known, kept)


def _starting(part: Part, sale: Sale, once: Sequence[Line | BillingProblem], known: _Known, kept: set[str]) -> Part:
    """Return a part with the invoices of charges that start later, and without those that will not start any more."""
    before, new = sale.before, sale.after
    due = outstanding(known.parts_of(before), before.id, after=known.on) if before else []
    stays = _staying(part, sale, kept)
    lines = taken_out(each for each in due if each[1].charge not in stays)
    problems: list[tuple[date, BillingProblem]] = []
    coming: list[tuple[date, Line]] = []
    for price in sold_by(new).prices.charges if new else ():
        day = part.waits.get(price.key)
        if new is None or day is None or price.key in stays or (new.expires_on and new.expires_on <= day):
            continue
        own = [each for each in once if each.charge == price.key]
        invoice, is_coming = _first_invoice(new, price, day, part) if price.kind == "recurring" else (own, False)
        for each in invoice:
            if isinstance(each, BillingProblem):
                problems.append((day, each))
            else:
                (coming if is_coming else lines).append((day, with_start(each, price)))
    return replace(part, later=by_day(lines, problems), coming=by_day(coming))


def _staying(part: Part, sale: Sale, kept: set[str]) -> set[str]:
    """Return the charges that start as they did: on the same day, and for the same days."""
    before, new = sale.before, sale.after
    if before is None or new is None or part.gave != part.got:
        return set()
    found = set()
    for price in sold_by(new).prices.charges:
        day = part.waits.get(price.key)
        is_same = price.key in kept and day == part.waited.get(price.key)
        ends = {_billed_until(state, price, day, part) for state in (before, new)} if is_same and day else set()
        if is_same and len(ends) < 2:
            found.add(price.key)
    return found


def _billed_until(state: State, price: Price, day: date, part: Part) -> date | None:
    """Return until when a charge that starts on a day is due then; ``None`` where the term ends before it starts."""
    if state.expires_on and state.expires_on <= day:
        return None
    if price.kind != "recurring":
        return day
    starts = billing_of(state, day, part.counts_from or state.anchor or day)
    return min(starts.period.end, starts.ends)


def _first_invoice(new: State, price: Price, day: date, part: Part) -> tuple[list[Line | BillingProblem], bool]:
    """Return the first lines of a charge that starts on a day, and whether they belong to the invoice of a period."""
    sold = sold_by(new)
    alone = replace(sold, prices=replace(sold.prices, charges=(price,)))
    starts = billing_of(new, day, part.counts_from or new.anchor or day)
    found = swap(None, alone, on=starts.on, period=starts.period, method=starts.method, ends=(starts.ends, starts.ends))
    if not starts.is_next:
        return [*found.now.lines, *found.now.problems], False
    is_known = day == part.next.due_on  # the next invoice has it
    return [] if is_known else [*found.next.lines, *found.next.problems], True


def _is_restarted(was: Billing, comes: Billing) -> bool:
    """Tell whether periods of the same length count from another day now, or only one of both has periods."""
    return (was.every == comes.every and was.period != comes.period) or was.every is None or comes.every is None


def _start(sale: Sale, new: State, on: date) -> date:
    """Return the day from which something is billed that is not billed yet: where a term goes on, its end."""
    before = sale.before
    goes_on = before is not None and before.ended_on is None and before.is_activated and before.anchor == new.anchor
    if before is not None and goes_on and before.expires_on is not None and before.expires_on <= on:
        return before.expires_on
    return max(on, new.starts_on or on)


def _halves(was: Billing | None, comes: Billing, *, on: date, credited: Mapping[str, Decimal]) -> Swap:
    """Return what the end of the one and the start of the other make due, each in its own period."""
    come = _come(comes, on)
    if was is None:
        return come
    back = _end(was, credited).now
    lines, problems = (*back.lines, *come.now.lines), (*back.problems, *come.now.problems)
    return Swap(Invoice(on, back.currency or come.now.currency, lines, problems), come.next)


def _end(was: Billing, credited: Mapping[str, Decimal]) -> Swap:
    """Return what the end of what was billed makes due."""
    ends = was.ends, was.ends
    return swap(was.sold, None, on=was.on, period=was.period, method=was.method, credited=credited, ends=ends)


def _come(comes: Billing, on: date) -> Swap:
    """Return what is due for something that was not billed before, with all periods that have passed since."""
    ends = comes.ends, comes.ends
    found = swap(None, comes.sold, on=comes.on, period=comes.period, method=comes.method, ends=ends)
    if comes.on > on:
        first = found.now if found.now.lines or found.now.problems else found.next
        return Swap(Invoice(on, first.currency), first)
    now = replace(found.now, due_on=on)
    while comes.every and comes.period.end <= on and comes.on < on and found.next.lines:
        now = replace(now, lines=(*now.lines, *found.next.lines))
        period = Schedule(found.next.due_on, comes.every, comes.period.anchor_day).period(0)
        comes = replace(comes, on=period.start, period=period, method=comes.method or Method.ACTUAL)
        found = swap(comes.sold, comes.sold, on=comes.on, period=period, method=comes.method, ends=ends)
    return Swap(now, found.next)


def _once(sale: Sale, new: State, on: date, waited: Days) -> tuple[Line | BillingProblem, ...]:
    """Return the lines of what is due once and was not charged before, as what ``waited`` for its day was not."""
    after = only(sold_by(new), "one_time")
    paid = [sold_by(each) for each in (*sale.paid, *([sale.before] if sale.before else [])) if each.is_activated]
    known = [each for each in paid if set(each.prices.charges) & set(after.prices.charges)]
    before = known[-1] if known else None
    if before is not None:
        charges = (each for each in before.prices.charges if each.key not in waited)
        same = tuple(each for each in charges if each in after.prices.charges)
        before = replace(before, prices=replace(before.prices, charges=same))
    on = min(on, LAST_DAY)
    found = swap(before, after, on=on, period=BillingPeriod(on, on + ONE_DAY)).now
    return (*found.lines, *found.problems)


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
