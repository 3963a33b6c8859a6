"""Entitlements through what changed and what is scheduled for them, with what those changes make due. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from entitlements.billing.due import anchor_of
from entitlements.billing.lines import Line, Side
from entitlements.billing.money import NO_DAYS, Days, Part
from entitlements.state import State

Step = tuple[date, State]
"""A state, and the day from which it holds."""
Charged = tuple[str, date | Decimal]
"""A charge with the first day that it was charged for; where it is due once, with its price."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days ``since`` to before ``until`` in which a state of an entitlement is billed, ``None`` for no end known.

    Its billing periods count from ``anchor``. It is billed from ``begin`` on, which is before ``since`` where the term
    goes on.
    """

    state: State
    since: date
    until: date | None
    anchor: date

    @property
    def begin(self) -> date:
        """Return the first day that is billed."""
        return max(self.state.starts_on or self.anchor, self.anchor)

    @property
    def ends(self) -> date | None:
        """Return the day on which it is over: the term has ended, or another state holds."""
        days = [day for day in (self.state.expires_on, self.until) if day is not None]
        return min(days) if days else None


@dataclass(frozen=True, slots=True)
class Course:
    """One entitlement in an order: each of its states with the day from which it holds, in order; at least one.

    ``parts`` are what changes of it made due and will, the oldest first.
    """

    order: UUID
    steps: tuple[Step, ...]
    parts: tuple[Part, ...] = ()

    @property
    def last(self) -> State:
        """Return the last state."""
        return self.steps[-1][1]

    @property
    def spans(self) -> Iterator[Span]:
        """Yield the days in which the entitlement is billed to the order, state by state."""
        days: list[date | None] = [since for since, _state in self.steps]
        for (since, state), (_since, until) in zip(self.steps, pairwise([*days, None]), strict=True):
            is_empty = until is not None and until <= since
            if state.order.id != self.order or not state.is_activated or state.starts_on is None or is_empty:
                continue
            if state.ended_on is None:
                known = [part for part in self.parts if part.now.due_on <= since]
                yield Span(state, since, until, anchor_of(state, known))

    @property
    def made_due(self) -> frozenset[Charged]:
        """Return what changes make due, with the day of the change or on days of their own: it is invoiced for them."""
        key = self.last.id
        invoices = [invoice for part in self.parts if part.got == key for invoice in (part.now, *part.later)]
        return frozenset(charged(line) for each in invoices for line in each.lines if line.side is Side.NEW)

    def waits_on(self, day: date) -> Days:
        """Return the charges that start later than their state, as known on a day, each with the day it starts on."""
        known = (each for each in reversed(self.parts) if each.got == self.last.id and each.now.due_on <= day)
        part = next(known, None)
        return part.waits if part else NO_DAYS


def charged(line: Line) -> Charged:
    """Return what a line charges."""
    return line.charge, line.period.start if line.period else line.price
