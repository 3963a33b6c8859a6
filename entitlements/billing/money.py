"""What changes make due, as values: one part for each swap, with its form in JSON to be kept with an act. Pure.

Two invoices tell what is due: the one of the day of the change, and the next one. Charges that start later than the
change have invoices of their own. Nothing here is charged.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Self
from uuid import UUID

from entitlements.billing.lines import BillingProblem, Invoice, Line, Side
from entitlements.billing.proration import NOTHING, rounded, total
from offerings.kinds import show_day

VERSION = 1
UNDONE = "Taken back on the day it became due, {day}."
Days = Mapping[str, date]
"""Days by the key of a charge, or by trigger."""
NO_DAYS: Days = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Part:
    """What becomes due where one thing that is sold takes the place of another, or comes, or goes.

    ``gave`` is the entitlement that the old price is of, ``got`` that of the new one; ``None`` where there is none.
    ``counts_from`` is the day from which the billing periods of the new price count, where the term does not say it.

    ``waits`` are all charges of the new price that start after the change, by key, with their days; ``waited`` those of
    the old one. What starts within a period is due by the change on its own day, in ``later``; what starts on the first
    day of a period after the next is ``coming`` with that period's invoice.
    """

    title: str
    now: Invoice
    next: Invoice
    gave: UUID | None = None
    got: UUID | None = None
    counts_from: date | None = None
    later: tuple[Invoice, ...] = ()
    coming: tuple[Invoice, ...] = ()
    waits: Days = field(default_factory=dict)
    waited: Days = field(default_factory=dict)

    @property
    def problems(self) -> tuple[BillingProblem, ...]:
        """Return why amounts are not known, each once."""
        found = (self.now, self.next, *self.later, *self.coming)
        return tuple(dict.fromkeys(problem for each in found for problem in each.problems))

    @property
    def is_nothing(self) -> bool:
        """Tell whether there is no line and no problem, and no charge starts on another day than before."""
        found = (self.now, self.next, *self.later, *self.coming)
        return not (any(each.lines for each in found) or self.problems) and self.waits == self.waited

    def own_lines(self, key: UUID, lines: Iterable[Line]) -> Iterator[Line]:
        """Yield those of some lines that are of one entitlement."""
        return (line for line in lines if key == (self.gave if line.side is Side.OLD else self.got))

    def to_json(self) -> dict[str, Any]:
        """Return the part as an act stores it: what few have, only where there is some."""
        more: dict[str, Any] = {name: [*map(_stored, getattr(self, name))] for name in ("later", "coming")}
        more |= {name: _stored_days(getattr(self, name)) for name in ("waits", "waited")}
        return {
            **{name: value for name, value in more.items() if value},
            "title": self.title,
            "gave": str(self.gave) if self.gave else None,
            "got": str(self.got) if self.got else None,
            "counts_from": self.counts_from.isoformat() if self.counts_from else None,
            "now": _stored(self.now),
            "next": _stored(self.next),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the part that ``to_json`` stored."""
        return cls(
            title=stored["title"],
            now=Invoice.from_json(stored["now"]),
            next=Invoice.from_json(stored["next"]),
            gave=UUID(stored["gave"]) if stored["gave"] else None,
            got=UUID(stored["got"]) if stored["got"] else None,
            counts_from=date.fromisoformat(stored["counts_from"]) if stored["counts_from"] else None,
            later=tuple(map(Invoice.from_json, stored.get("later", ()))),
            coming=tuple(map(Invoice.from_json, stored.get("coming", ()))),
            waits=_read_days(stored.get("waits")),
            waited=_read_days(stored.get("waited")),
        )


@dataclass(frozen=True, slots=True)
class Sum:
    """What invoices of one day come to, in one currency; ``amount`` is ``None`` where a part of it is not known."""

    due_on: date
    currency: str
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Money:
    """What a change makes due, on the day ``on`` and later. There is at least one part."""

    on: date
    parts: tuple[Part, ...]

    @property
    def due_now(self) -> list[Sum]:
        """Return what is due on the day of the change, by currency."""
        return _sums(part.now for part in self.parts)

    @property
    def due_next(self) -> list[Sum]:
        """Return what is due at the next invoices, by day and currency."""
        return _sums(part.next for part in self.parts)

    @property
    def due_coming(self) -> list[Sum]:
        """Return what is due with the invoices of later periods, on whose first days charges start."""
        return _sums(each for part in self.parts for each in part.coming)

    @property
    def due_later(self) -> list[Sum]:
        """Return what is due on the days on which charges start within a period, by day and currency."""
        return _sums(each for part in self.parts for each in part.later)

    @property
    def seen(self) -> list[Any]:
        """Return what a person sees of it in short, as JSON: the sums, and what is not known."""
        occasions = {"now": self.due_now, "later": self.due_later, "next": self.due_next, "coming": self.due_coming}
        sums = [
            [name, str(each.due_on), each.currency, None if each.amount is None else format(each.amount, "f")]
            for name, found in occasions.items()
            for each in found
        ]
        return [sums, sorted([each.code, each.charge] for part in self.parts for each in part.problems)]

    def taken_back(self, after: "Money | None") -> "Money | None":
        """Return what taking all of it back on the same day makes due: each line of the day the other way round.

        Both come to nothing together. The next invoices are those ``after`` it, the swap back on the day.
        """
        left = list(after.parts) if after else []
        found = []
        for part in self.parts:
            turned = _taken_back(part, self.on)
            same = next((each for each in left if (each.gave, each.got) == (turned.gave, turned.got)), None)
            if same is not None:
                left.remove(same)
                names = ("title", "next", "counts_from", "coming", "waits", "waited")
                turned = replace(turned, **{name: getattr(same, name) for name in names})
            found.append(turned)
        found += [replace(part, now=Invoice(self.on, ""), later=()) for part in left]
        found = [part for part in found if not part.is_nothing]
        return Money(self.on, tuple(found)) if found else None

    def to_json(self) -> dict[str, Any]:
        """Return all of it as an act stores it."""
        return {"version": VERSION, "on": self.on.isoformat(), "parts": [part.to_json() for part in self.parts]}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return what ``to_json`` stored."""
        return cls(date.fromisoformat(stored["on"]), tuple(map(Part.from_json, stored["parts"])))

    @classmethod
    def read(cls, stored: Mapping[str, Any] | None) -> Self | None:
        """Return what was stored with a change; ``None`` where nothing was due, or this version cannot read it."""
        return cls.from_json(stored) if stored and stored.get("version") == VERSION else None


def sums_now(stored: Mapping[str, Any] | None) -> list[tuple[str, Decimal | None]]:
    """Return what ``to_json`` stored as due on the day, by part: currency and amount, as lists of many add them up.

    Nothing for ``None``, and for what this version cannot read.
    """
    if not stored or stored.get("version") != VERSION:
        return []
    invoices = [part["now"] for part in stored["parts"] if part["now"]["lines"] or part["now"]["problems"]]
    totals = [(invoice["currency"], invoice["total"]) for invoice in invoices]
    return [(currency, None if text is None else Decimal(text)) for currency, text in totals]


@lru_cache(maxsize=1024)
def _stored(invoice: Invoice) -> dict[str, Any]:
    """Return an invoice as it is stored, once for all of a batch that are alike: nobody changes it."""
    return invoice.to_json()


def _stored_days(days: Days) -> dict[str, str]:
    return {name: day.isoformat() for name, day in days.items()}


def _read_days(stored: Mapping[str, str] | None) -> Days:
    return {name: date.fromisoformat(day) for name, day in stored.items()} if stored else NO_DAYS


def _sums(invoices: Iterable[Invoice]) -> list[Sum]:
    found: dict[tuple[date, str], list[Invoice]] = {}
    for each in invoices:
        if each.lines or each.problems:
            found.setdefault((each.due_on, each.currency), []).append(each)
    return [Sum(due_on, currency, _total(found[due_on, currency])) for due_on, currency in sorted(found)]


def _total(invoices: Sequence[Invoice]) -> Decimal | None:
    if len(invoices) == 1:
        return invoices[0].total
    amounts = [(each.total, each.currency) for each in invoices]
    known = [amount for amount, _currency in amounts if amount is not None]
    if len(known) < len(amounts):
        return None
    return total(known, amounts[0][1]) if amounts[0][1] else NOTHING


def _taken_back(part: Part, day: date) -> Part:
    return replace(
        part,
        now=replace(part.now, lines=tuple(_turned(line, day) for line in part.now.lines)),
        next=Invoice(part.next.due_on, part.next.currency),
        gave=part.got,
        got=part.gave,
        counts_from=None,
        later=tuple(
            replace(each, lines=tuple(_turned(line, each.due_on) for line in each.lines)) for each in part.later
        ),
        coming=(),
        waits=part.waited,
        waited=part.waits,
    )


def _turned(line: Line, day: date) -> Line:
    side = Side.NEW if line.side is Side.OLD else Side.OLD
    amount = rounded(-Fraction(line.amount), line.currency)
    return replace(line, side=side, amount=amount, why=UNDONE.format(day=show_day(day)))
