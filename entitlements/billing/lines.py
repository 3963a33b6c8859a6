"""Lines of money that a change leads to, as values, and their form in JSON to be kept with an act. Pure.

Nothing here is charged: the lines are what a billing system needs to write its invoice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, Self

from entitlements.billing.periods import BillingPeriod
from entitlements.billing.proration import Share, total

StoredLine = Mapping[str, Any]


class Side(StrEnum):
    """Which price a line is of: the old one is given back, the new one charged."""

    OLD = "old"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Line:
    """One charge that is given back or charged: ``price`` * ``quantity`` * ``days`` / ``of``, rounded once.

    The ``amount`` given back is 0 or less. ``period`` is the days that the line is for, ``None`` for what is due once;
    ``days`` and ``of`` are counted by the method of proration, 1 of 1 for what is due once.
    """

    charge: str
    label: str
    side: Side
    period: BillingPeriod | None
    days: int
    of: int
    price: Decimal
    quantity: int
    amount: Decimal
    currency: str
    why: str

    @property
    def fraction(self) -> Fraction:
        """Return the exact part of the whole that the line is for."""
        return Share(self.days, self.of).fraction

    def to_json(self) -> dict[str, Any]:
        """Return the line as an act stores it: amounts and the fraction as text, days in ISO 8601, the end not in."""
        return {
            "charge": self.charge,
            "label": self.label,
            "side": str(self.side),
            "period": [self.period.start.isoformat(), self.period.end.isoformat()] if self.period else None,
            "days": self.days,
            "of": self.of,
            "fraction": show_fraction(self.fraction),
            "price": format(self.price, "f"),
            "quantity": self.quantity,
            "amount": format(self.amount, "f"),
            "currency": self.currency,
            "why": self.why,
        }

    @classmethod
    def from_json(cls, stored: StoredLine) -> Self:
        """Return the line that ``to_json`` stored."""
        period = stored["period"]
        return cls(
            charge=stored["charge"],
            label=stored["label"],
            side=Side(stored["side"]),
            period=BillingPeriod(date.fromisoformat(period[0]), date.fromisoformat(period[1])) if period else None,
            days=stored["days"],
            of=stored["of"],
            price=Decimal(stored["price"]),
            quantity=stored["quantity"],
            amount=Decimal(stored["amount"]),
            currency=stored["currency"],
            why=stored["why"],
        )


@dataclass(frozen=True, slots=True)
class BillingProblem:
    """Why an amount is not known: a stable ``code``, a sentence that says what to do, the key of the charge."""

    code: str
    message: str
    charge: str = ""


@dataclass(frozen=True, slots=True)
class Invoice:
    """What is due on a day. With a problem its lines are not all there are, and it has no total."""

    due_on: date
    currency: str
    lines: tuple[Line, ...] = ()
    problems: tuple[BillingProblem, ...] = ()

    @property
    def total(self) -> Decimal | None:
        """Return the sum of the lines; ``None`` where an amount is not known."""
        return _total(self)

    def to_json(self) -> dict[str, Any]:
        """Return the invoice as an act stores it, with its total for those who read it."""
        return {
            "due_on": self.due_on.isoformat(),
            "currency": self.currency,
            "lines": [line.to_json() for line in self.lines],
            "problems": [[problem.code, problem.message, problem.charge] for problem in self.problems],
            "total": None if self.total is None else format(self.total, "f"),
        }

    @classmethod
    def from_json(cls, stored: StoredLine) -> Self:
        """Return the invoice that ``to_json`` stored."""
        return cls(
            due_on=date.fromisoformat(stored["due_on"]),
            currency=stored["currency"],
            lines=tuple(map(Line.from_json, stored["lines"])),
            problems=tuple(BillingProblem(*problem) for problem in stored["problems"]),
        )


@lru_cache(maxsize=1024)
def _total(invoice: Invoice) -> Decimal | None:
    """Return the sum of an invoice, once for all of a batch that are alike."""
    return None if invoice.problems else total((line.amount for line in invoice.lines), invoice.currency)


def show_fraction(fraction: Fraction) -> str:
    """Return a fraction in lowest terms: ``21/31``, ``1/1``, ``0/1``."""
    return f"{fraction.numerator}/{fraction.denominator}"
