"""What is not to be given back of a billed period: it was given back already, or never charged. Pure."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from entitlements.billing.lines import Line, Side
from entitlements.billing.money import Part
from entitlements.billing.periods import BillingPeriod
from entitlements.billing.proration import NOTHING, WHOLE, charge, total
from entitlements.billing.swap import Sold


def credited(parts: Sequence[Part], key: UUID, sold: Sold, period: BillingPeriod) -> dict[str, Decimal]:
    """Return what is not to be given back of the price of a whole period, by charge.

    What was charged for the period is the price at its start, with all lines since; a charge that started within the
    period was charged from that day. ``parts`` are what changes of the entitlement made due, the oldest first.
    """
    since = [part for part in parts if period.start <= part.now.due_on < period.end]
    due = _due_within(parts, key, period)
    found = {}
    for price in sold.prices.charges if since or due else ():
        count = (sold.quantity or sold.prices.seats) if price.per == "seat" else 1
        if price.amount is None or count is None:
            continue
        whole = charge(Decimal(price.amount), count, WHOLE, price.currency)
        lines = [line for line in due if _is_of(line, price.key, period)]
        start = NOTHING if since and since[0].gave != key else whole  # nothing where the charge came later
        paid = total([_at_start(lines, start), *(line.amount for line in lines)], price.currency)
        found[price.key] = max(NOTHING, whole - paid)
    return found


def _due_within(parts: Sequence[Part], key: UUID, period: BillingPeriod) -> list[Line]:
    """Return the lines of an entitlement that changes made due on days of a period, in the order of those days.

    The invoice of a period that begins with the day of several changes is that of the last of them.
    """
    found: list[tuple[date, Line]] = []
    own = [(number, part) for number, part in enumerate(parts) if key in (part.gave, part.got)]
    last = {part.now.due_on: number for number, part in own if part.next.due_on == part.now.due_on}
    for number, part in enumerate(parts):
        day = part.now.due_on
        if period.start <= day < period.end:
            found += ((day, line) for line in part.own_lines(key, part.now.lines))
            if last.get(day) == number:
                found += ((day, line) for line in part.own_lines(key, part.next.lines))
        for invoice in part.later:
            if period.start <= invoice.due_on < period.end:
                found += ((invoice.due_on, line) for line in part.own_lines(key, invoice.lines))
    return [line for _day, line in sorted(found, key=lambda each: each[0])]


def _is_of(line: Line, charge_key: str, period: BillingPeriod) -> bool:
    return line.charge == charge_key and line.period is not None and line.period.end == period.end


def _at_start(lines: Sequence[Line], usual: Decimal) -> Decimal:
    """Return what was charged at the start of the period, ``usual`` where no line says it."""
    if not lines:
        return usual
    if lines[0].side is Side.NEW:
        return NOTHING
    return charge(lines[0].price, lines[0].quantity, WHOLE, lines[0].currency)
