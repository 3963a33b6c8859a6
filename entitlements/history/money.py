"""What changes make due, in words: tables of lines with their sums, and one short line. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from entitlements.billing.lines import BillingProblem, Invoice, Line, Side
from entitlements.billing.money import Money, Part, Sum
from offerings.change_words import MINUS
from offerings.prices import show_money
from offerings.rights import show_day
from offerings.totals import TIMES

SIDES = {Side.OLD: ("removed", MINUS, "old price"), Side.NEW: ("added", "+", "new price")}
NEXT_INVOICE = "At the next invoice ({})"
NOTHING_NOW = "nothing"
NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """One line in words. ``tone``, ``sign`` and ``side`` say whether it is of the old price or the new one."""

    label: str
    tone: str
    sign: str
    side: str
    period: str
    days: str
    quantity: str
    amount: str
    why: str


@dataclass(frozen=True, slots=True)
class MoneyGroup:
    """What is due on one occasion: lines, what is not known, and the sums."""

    heading: str
    rows: tuple[MoneyRow, ...]
    problems: tuple[str, ...]
    totals: tuple[str, ...]


def money_groups(moneys: Iterable[Money | None], *, today: date | None = None) -> list[MoneyGroup]:
    """Return what is due on the day of the change, where charges start on their own days, and at each next invoice.

    Nothing where no money is concerned. With ``today``, the day of the change is called "now" where it is that day.
    """
    found = [money for money in moneys if money is not None]
    if not found:
        return []
    parts = [part for money in found for part in money.parts]
    now = [(part, part.now.lines, part.now.problems) for part in parts]
    day = max(money.on for money in found)
    heading = "Now" if day == today else f"On {show_day(day)}"
    groups = [_group(heading, now, [each for money in found for each in money.due_now])]
    later = [(part, invoice) for part in parts for invoice in part.later]
    groups += _by_day("When charges start ({})", later, [each for money in found for each in money.due_later])
    nexts = [(part, part.next) for part in parts]
    groups += _by_day(NEXT_INVOICE, nexts, [each for money in found for each in money.due_next])
    coming = [(part, invoice) for part in parts for invoice in part.coming]
    groups += _by_day("At the invoice of {}", coming, [each for money in found for each in money.due_coming])
    return groups


def _by_day(heading: str, invoices: Sequence[tuple[Part, Invoice]], sums: Sequence[Sum]) -> Iterator[MoneyGroup]:
    """Yield what is due on each day; a problem of the day of the change too is told there alone."""
    for day in sorted({each.due_on for each in sums}):
        due = [
            (part, each.lines, tuple(problem for problem in each.problems if problem not in part.now.problems))
            for part, each in invoices
            if each.due_on == day
        ]
        yield _group(heading.format(show_day(day)), due, [each for each in sums if each.due_on == day])


def next_invoice(day: date) -> str:
    """Return the words for an invoice that is to come."""
    return NEXT_INVOICE.format(show_day(day))


def _group(
    heading: str,
    due: Sequence[tuple[Part, Sequence[Line], Sequence[BillingProblem]]],
    sums: Sequence[Sum],
) -> MoneyGroup:
    is_one = len({part.title for part, _lines, _problems in due}) < 2
    rows = tuple(_row(line, "" if is_one else f"{part.title}: ") for part, lines, _problems in due for line in lines)
    problems = tuple(dict.fromkeys(each.message for _part, _lines, problems in due for each in problems))
    return MoneyGroup(heading, rows, problems, tuple(_totals(sums)) or (NOTHING_NOW,))


def _row(line: Line, prefix: str) -> MoneyRow:
    tone, sign, side = SIDES[line.side]
    period = f"{show_day(line.period.start)} until {show_day(line.period.end)}" if line.period else "once"
    price = show_money(line.currency, line.price)
    return MoneyRow(
        label=f"{prefix}{line.label}",
        tone=tone,
        sign=sign,
        side=side,
        period=period,
        days=f"{line.days:,} of {line.of:,}" if line.period else "",
        quantity=price if line.quantity == 1 else f"{line.quantity:,} {TIMES} {price}",
        amount=amount_in_words(line.currency, line.amount),
        why=line.why,
    )


def _totals(sums: Sequence[Sum]) -> Iterator[str]:
    """Yield the sum of each currency; where an amount is not known, only that."""
    for currency in dict.fromkeys(each.currency for each in sums):
        amounts = [each.amount for each in sums if each.currency == currency]
        known = [amount for amount in amounts if amount is not None]
        yield amount_in_words(currency, sum(known, Decimal(0))) if len(known) == len(amounts) else NOT_KNOWN


def amount_in_words(currency: str, amount: Decimal) -> str:
    """Return an amount with its currency; one that is given back has a minus before it."""
    return f"{MINUS}{show_money(currency, -amount)}" if amount < 0 else show_money(currency, amount)


def money_line(moneys: Iterable[Money | None], *, today: date | None = None) -> str:
    """Return what is due in one line: ``EUR 33.87 now, EUR 150.00 at the next invoice (1 Apr 2027)``; empty for none.

    What is not known is said, and nothing is due now only where something is later.
    """
    groups = money_groups(moneys, today=today)
    words = [f"{' + '.join(group.totals)} {_lower(group.heading)}" for group in groups]
    return ", ".join(words)


def due_line(moneys: Iterable[Money | None], *, on: date | None = None) -> str:
    """Return what is due in one short line: ``Due now EUR 33.87, next invoice EUR 152.00``; empty for none.

    ``on`` is the day on which it is due, ``None`` for now. What is due on the days on which charges start follows with
    each day. Next invoices of several days have theirs.
    """
    found = [money for money in moneys if money is not None]
    if not found:
        return ""
    now = " + ".join(_totals([each for money in found for each in money.due_now])) or NOTHING_NOW
    starts = _by_days([each for money in found for each in money.due_later])
    nexts = _by_days([each for money in found for each in money.due_next])
    due = [f"Due {f'on {show_day(on)}' if on else 'now'} {now}", *_with_days(starts)]
    words = _with_days(nexts) if len(nexts) > 1 else nexts.values()
    return ", next invoice ".join([", ".join(due), *words])


def _by_days(sums: Sequence[Sum]) -> dict[date, str]:
    """Return the sums of each day in words."""
    days = sorted({each.due_on for each in sums})
    return {day: " + ".join(_totals([each for each in sums if each.due_on == day])) for day in days}


def _with_days(totals: Mapping[date, str]) -> list[str]:
    return [f"{total} on {show_day(day)}" for day, total in totals.items()]


def _lower(heading: str) -> str:
    return heading[0].lower() + heading[1:]
