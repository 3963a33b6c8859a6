"""Charges that start later than the change that brings them: with service activation, or customer acceptance. Pure.

A charge that a change brings starts on the contract effective date, or on the day of its trigger where the amendment
says that day. A price or a number of seats that is new is a new charge: the old one ends on the contract effective
date, the new one starts with its trigger, and neither is charged in between. What starts within a billing period is
due on its own day, for the days that are left; what starts on the first day of one is part of that period's invoice.
Periods before are not charged.

A charge that waits keeps its day through later changes, at whatever price, until another amendment says another day.
Where it ends before it starts, the line of its day is taken back, due on that same day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from uuid import UUID

from entitlements.billing.lines import BillingProblem, Invoice, Line, Side
from entitlements.billing.money import NO_DAYS, Days, Part
from entitlements.billing.proration import rounded
from entitlements.billing.swap import Sold, Swap
from offerings.kinds import show_day
from offerings.prices import STARTS, Price

Outstanding = tuple[date, Line]
"""A line that is due on a day to come, with that day."""
NOT_STARTED = "Not charged after all: it would have started on {day}, and ends before."


@dataclass(frozen=True, slots=True)
class Starts:
    """What is known of the days on which charges start.

    ``triggers`` are the days that an amendment says, by trigger; ``back`` those that an undo goes back to, by
    entitlement and charge.
    """

    triggers: Days = field(default_factory=dict)
    back: Mapping[UUID, Days] = field(default_factory=dict)

    def seen_by(self, key: UUID | None) -> tuple[object, ...]:
        """Return everything that the starts of an entitlement follow from."""
        back = None if key is None else self.back.get(key)
        return (*sorted(self.triggers.items()), None if back is None else tuple(sorted(back.items())))


CONTRACT_EFFECTIVE = Starts()


def waits_of(parts: Sequence[Part], key: UUID | None, *, after: date) -> Days:
    """Return the charges of an entitlement that start after a day, by what changes made due, the oldest first."""
    last = next((part for part in reversed(parts) if part.got == key), None)
    return {charge: day for charge, day in last.waits.items() if day > after} if last else NO_DAYS


def kept_charges(old: Sold | None, new: Sold | None) -> set[str]:
    """Return the keys of the charges that stay as they are: same price, same number, same length of periods."""
    return {each.key for each, *_facts in _counted(old) & _counted(new)}


def _counted(sold: Sold | None) -> set[tuple[Price, int | None, str]]:
    if sold is None:
        return set()
    seats = sold.prices.seats if sold.quantity is None else sold.quantity
    every = sold.prices.billing_period
    return {
        (each, seats if each.per == "seat" else 1, every if each.kind == "recurring" else "")
        for each in sold.prices.charges
    }


def waits_from(sold: Sold, begin: date, *, key: UUID, kept: set[str], waited: Days, starts: Starts) -> Days:
    """Return the charges of what is sold from the day ``begin`` on that start later, each with its day.

    ``kept`` are those that stay as they are, ``waited`` those that waited before, with their days.
    """
    found: dict[str, date | None] = {}
    for price in sold.prices.charges:
        if key in starts.back:
            found[price.key] = starts.back[key].get(price.key)
        else:
            known = waited.get(price.key)
            found[price.key] = known if price.key in kept else starts.triggers.get(price.trigger, known)
    return {charge: day for charge, day in found.items() if day is not None and day > begin}


def without_waiting(found: Swap, *, waits: Days, waited: Days) -> Swap:
    """Return what is due without what has not started: nothing is charged for it yet, nor given back."""
    lines = [each for each in found.now.lines if each.charge not in (waited if each.side is Side.OLD else waits)]
    problems = [each for each in found.now.problems if not each.charge or each.charge not in {**waits, **waited}]
    now = replace(found.now, lines=tuple(lines), problems=tuple(problems))
    return Swap(now, next_without_waiting(found.next, waits))


def next_without_waiting(invoice: Invoice, waits: Days) -> Invoice:
    """Return the next invoice without the charges that start after its day."""
    late = {charge for charge, day in waits.items() if day > invoice.due_on}
    lines = tuple(each for each in invoice.lines if each.charge not in late)
    problems = tuple(each for each in invoice.problems if each.charge not in late)
    return replace(invoice, lines=lines, problems=problems)


def outstanding(parts: Sequence[Part], key: UUID, *, after: date) -> list[Outstanding]:
    """Return the lines of an entitlement that are due after a day, and that nothing has taken back."""
    found: list[Outstanding] = []
    for part in parts:
        for invoice in part.later:
            for line in invoice.lines if invoice.due_on > after else ():
                if line.side is Side.NEW and part.got == key:
                    found.append((invoice.due_on, line))
                elif line.side is Side.OLD and part.gave == key:
                    _take_out(found, invoice.due_on, line)
    return found


def _take_out(found: list[Outstanding], day: date, back: Line) -> None:
    """Take out the line that another one takes back."""
    for each in found:
        if (each[0], each[1].charge, each[1].amount) == (
            day,
            back.charge,
            rounded(-Fraction(back.amount), back.currency),
        ):
            found.remove(each)
            return


def taken_out(found: Iterable[Outstanding]) -> list[Outstanding]:
    """Return lines that take back what is due on days to come, each on its day."""
    return [
        (
            day,
            replace(
                line,
                side=Side.OLD,
                amount=rounded(-Fraction(line.amount), line.currency),
                why=NOT_STARTED.format(day=show_day(day)),
            ),
        )
        for day, line in found
    ]


def with_start(line: Line, price: Price) -> Line:
    """Return the line of a charge that starts with its trigger, which says so."""
    start = STARTS.get(price.trigger)
    return replace(line, why=f"{line.why} It is charged {start}.") if start else line


def by_day(lines: Iterable[Outstanding], problems: Iterable[tuple[date, BillingProblem]] = ()) -> tuple[Invoice, ...]:
    """Return lines and problems of days as the invoice of each day."""
    days: dict[date, tuple[list[Line], list[BillingProblem]]] = {}
    for day, line in lines:
        days.setdefault(day, ([], []))[0].append(line)
    for day, problem in problems:
        days.setdefault(day, ([], []))[1].append(problem)
    return tuple(
        Invoice(day, found[0].currency if found else "", tuple(found), tuple(unknown))
        for day, (found, unknown) in sorted(days.items())
    )
