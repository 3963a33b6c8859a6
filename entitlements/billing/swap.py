"""What is due where one price list takes the place of another on a day within a billed period. Pure.

What recurs is given back and charged for the days that are left, what is due once is charged where it is new, and use
is billed as it is used. A charge that stays as it is has no line.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from types import MappingProxyType

from entitlements.billing.lines import BillingProblem, Invoice, Line, Side
from entitlements.billing.periods import BillingPeriod, NoPeriod, Schedule
from entitlements.billing.proration import NOTHING, WHOLE, Method, Share, charge, credit, refuse_outside, share_between
from offerings.kinds import show_day
from offerings.periods import Period, parse_period
from offerings.prices import Price
from offerings.totals import PriceList

NO_CREDITS: Mapping[str, Decimal] = MappingProxyType({})
HOLDS_ON = (date.max, date.max)


class MixedCurrencies(ValueError):
    """The old and the new charges are in several currencies, so that no sum can hold them."""

    def __init__(self, currencies: Iterable[str]) -> None:
        self.currencies = tuple(sorted(currencies))
        super().__init__(
            f"The charges before and after the change are in {' and '.join(self.currencies)}. Choose an offering with "
            "prices in one of them, or remove the old one and add the new one as separate products."
        )


@dataclass(frozen=True, slots=True)
class Sold:
    """A price list at which something is sold, and its quantity: ``None`` where it is not sold by quantity."""

    prices: PriceList
    quantity: int | None = None


@dataclass(frozen=True, slots=True)
class Swap:
    """What a change makes due: ``now``, and at the ``next`` invoice, which has the new price in full."""

    now: Invoice
    next: Invoice


@dataclass(frozen=True, slots=True)
class _Due:
    """One charge with the number it is charged for: ``None`` where seats have no limit."""

    price: Price
    count: int | None


def swap(
    old: Sold | None,
    new: Sold | None,
    *,
    on: date,
    period: BillingPeriod,
    method: Method | None = Method.ACTUAL,
    credited: Mapping[str, Decimal] = NO_CREDITS,
    ends: tuple[date, date] = HOLDS_ON,
) -> Swap:
    """Return what is due where ``new`` takes the place of ``old`` on a day of a period that is billed for ``old``.

    ``old`` is ``None`` where something is added, ``new`` where it is removed. The end of the period is the first day of
    the next one: nothing is due now, and the next invoice has the new price. Where the new price has another billing
    period, one full period of it starts on the day. Without a ``method`` proration is off: what is due once is charged,
    nothing else before the next invoice. ``credited`` is what was given back of the billed period before, by the key
    of the old charge: 0 or more. ``ends`` are the days on which the terms of both end: a period that a term ends within
    is billed up to that day.

    A price on request, or per seat without a number of seats, is a problem of the invoice that needs it. Raises
    ``MixedCurrencies``, and ``OutsidePeriod`` for a day outside of the period.
    """
    refuse_outside(period, on)
    now, later = Invoice(on, currency_of(old, new)), Invoice(period.end, currency_of(old, new))
    once = _once(old, new, on)
    if on == period.end:
        return Swap(now, _filled(later, [*_next_period(new, period, method, ends[1]), *once]))
    if method is None:
        return Swap(_filled(now, once), _filled(later, _next_period(new, period)))
    was_until, until = (max(on, min(period.end, end)) for end in ends)
    credited_back = partial(_credits, on=on, method=method, credited=credited)
    cut = partial(_Cut, period)
    if not _has_new_length(old, new):
        gone, come = _moved(_recurring(old), _recurring(new))
        stays = [each for each in _recurring(new) if each not in come]
        longer = _charges(stays, cut(until), was_until, method) if until > was_until else []
        shorter = _credits(stays, cut(was_until), until, method, credited) if until < was_until else []
        found = [*credited_back(gone, cut(was_until)), *shorter, *_charges(come, cut(until), on, method), *longer]
        return Swap(_filled(now, [*found, *once]), _filled(later, _next_period(new, period, method, ends[1])))
    full = _period_from(new, on)
    given_back = credited_back(_recurring(old), cut(was_until))
    if isinstance(full, BillingProblem):
        return Swap(_filled(now, [*given_back, full, *once]), _filled(later, [full]))
    charged = _charges(_recurring(new), _Cut(full, min(full.end, ends[1])), on, method, "one full new period")
    found = [*given_back, *charged, *once]
    following = _next_period(new, full, method, ends[1])
    return Swap(_filled(now, found), _filled(replace(later, due_on=full.end), following))


def _filled(invoice: Invoice, found: Sequence[Line | BillingProblem]) -> Invoice:
    return replace(
        invoice,
        lines=tuple(each for each in found if isinstance(each, Line)),
        problems=tuple(each for each in found if isinstance(each, BillingProblem)),
    )


# --- what is charged -------------------------------------------------------------------------------------------------


def currency_of(old: Sold | None, new: Sold | None) -> str:
    """Return the currency of the charges before and after, empty without any; raise ``MixedCurrencies`` for several."""
    prices = [price for sold in (old, new) if sold for price in sold.prices.charges if price.kind != "usage"]
    found = {price.currency for price in prices if price.amount is not None}
    if len(found) > 1:
        raise MixedCurrencies(found)
    return next(iter(found), "")


def _due(sold: Sold | None, kind: str) -> list[_Due]:
    if sold is None:
        return []
    seats = sold.prices.seats if sold.quantity is None else sold.quantity
    return [_Due(each, seats if each.per == "seat" else 1) for each in sold.prices.charges if each.kind == kind]


def _recurring(sold: Sold | None) -> list[_Due]:
    return _due(sold, "recurring")


def _moved(old: list[_Due], new: list[_Due]) -> tuple[list[_Due], list[_Due]]:
    """Return what only the old and what only the new price has: the same charge for the same number stays."""
    return [each for each in old if each not in new], [each for each in new if each not in old]


# --- periods ---------------------------------------------------------------------------------------------------------


def _has_new_length(old: Sold | None, new: Sold | None) -> bool:
    """Tell whether what recurs at the new price does so in another billing period than the old one."""
    if old is None or new is None or not new.prices.billing_period or not _recurring(new):
        return False
    before, after = old.prices.billing_period, new.prices.billing_period
    return not before or parse_period(before) != parse_period(after)


def _period_from(sold: Sold | None, day: date, *, like: BillingPeriod | None = None) -> BillingPeriod | BillingProblem:
    """Return the period of a price list from a day on; of the length and anchor of another where it says none."""
    try:
        if sold and sold.prices.billing_period:
            every = parse_period(sold.prices.billing_period)
        else:
            every = Period(months=like.months, days=0 if like.months else like.days) if like else Period()
        return Schedule(day, every, like.anchor_day if like else 0).period(0)
    except NoPeriod as error:
        return BillingProblem("no_period", str(error))


@dataclass(frozen=True, slots=True)
class _Cut:
    """A period that is billed up to a day within it, or to its end."""

    period: BillingPeriod
    until: date

    @property
    def is_whole(self) -> bool:
        return self.until == self.period.end


def _next_period(
    new: Sold | None, period: BillingPeriod, method: Method | None = Method.ACTUAL, ends: date = date.max
) -> list[Line | BillingProblem]:
    """Return the lines of the invoice for the period that follows, at the new price, in full or up to the end."""
    due = _recurring(new)
    if not due:
        return []
    following = _period_from(new, period.end, like=period)
    if isinstance(following, BillingProblem):
        return [following]
    if ends <= following.start:
        return []
    until = min(following.end, ends) if method else following.end
    return _charges(due, _Cut(following, until), following.start, method or Method.ACTUAL, "the next period")


# --- lines -----------------------------------------------------------------------------------------------------------


def _credits(
    due: list[_Due], cut: _Cut, on: date, method: Method, credited: Mapping[str, Decimal]
) -> list[Line | BillingProblem]:
    if on >= cut.until:
        return []
    return [_credit(each, cut, on, method, credited.get(each.price.key, NOTHING)) for each in due]


def _credit(due: _Due, cut: _Cut, on: date, method: Method, given: Decimal) -> Line | BillingProblem:
    if due.count is None or due.price.amount is None:
        return _problem(due, Side.OLD)
    share, currency = share_between(cut.period, on, cut.until, method), due.price.currency
    billed = charge(Decimal(due.price.amount), due.count, WHOLE, currency)
    if not cut.is_whole:  # what comes after the end of the term was not billed
        part = share_between(cut.period, cut.period.start, cut.until, method)
        given += billed - charge(Decimal(due.price.amount), due.count, part, currency)
    amount = credit(billed, share, currency, given=given)
    capped = "" if amount == credit(billed, share, currency) else ", less what was given back before"
    why = f"Given back for {_share_words(share)}, from {show_day(on)} until {show_day(cut.until)}{capped}."
    return _line(due, Side.OLD, BillingPeriod(on, cut.until), share, amount, why)


def _charges(due: list[_Due], cut: _Cut, on: date, method: Method, words: str = "") -> list[Line | BillingProblem]:
    """Return the lines of charges from a day on; ``words`` name a period that is charged as a whole."""
    if on >= cut.until:
        return []
    share = share_between(cut.period, on, cut.until, method)
    named = words if cut.is_whole and words else _share_words(share)
    why = f"Charged for {named}, from {show_day(on)} until {show_day(cut.until)}."
    return [_charge(each, BillingPeriod(on, cut.until), share, why) for each in due]


def _charge(due: _Due, days: BillingPeriod | None, share: Share, why: str) -> Line | BillingProblem:
    if due.count is None or due.price.amount is None:
        return _problem(due, Side.NEW)
    amount = charge(Decimal(due.price.amount), due.count, share, due.price.currency)
    return _line(due, Side.NEW, days, share, amount, why)


def _once(old: Sold | None, new: Sold | None, on: date) -> list[Line | BillingProblem]:
    """Return the lines of what is due once and was not paid before: new charges, and seats more of the same charge."""
    paid = {each.price: each.count for each in _due(old, "one_time")}
    found: list[Line | BillingProblem] = []
    for due in _due(new, "one_time"):
        before = paid.get(due.price, 0)
        if due.price in paid and (before is None or due.count is None or due.count <= before):
            continue
        added = due if due.count is None or before is None else replace(due, count=due.count - before)
        found.append(_charge(added, None, WHOLE, f"Charged once, as it is new on {show_day(on)}."))
    return found


def _line(due: _Due, side: Side, days: BillingPeriod | None, share: Share, amount: Decimal, why: str) -> Line:
    price = due.price
    return Line(
        charge=price.key,
        label=_label(price),
        side=side,
        period=days,
        days=share.days,
        of=share.of,
        price=Decimal(price.amount or 0),
        quantity=due.count or 0,
        amount=amount,
        currency=price.currency,
        why=why,
    )


def _problem(due: _Due, side: Side) -> BillingProblem:
    label, key = _label(due.price), due.price.key
    if due.price.amount is None and side is Side.OLD:
        return BillingProblem(
            "old_on_request", f"The old price of {label} is on request. Agree on the credit and give it by hand.", key
        )
    if due.price.amount is None:
        return BillingProblem(
            "new_on_request", f"The new price of {label} is on request. Agree on the amount and bill it by hand.", key
        )
    return BillingProblem(
        "no_seats", f"{label} is priced per seat and the seats have no limit. Agree on the amount by hand.", key
    )


def _label(price: Price) -> str:
    return price.key.replace("-", " ").replace("_", " ").capitalize()


def _share_words(share: Share) -> str:
    return "the whole period" if share.is_whole else f"{share.days:,} of {share.of:,} days"
