"""The price in force: what the charges of a revision come to, per period and currency, once, and for use.

Words hold amounts in the format of the reader (``config.formats``); everything else is pure. Amounts are exact
decimals: an amount per seat times a whole number of seats, and sums of those, are never rounded.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from typing import Any, Self

from config import formats
from offerings.currencies import places_of
from offerings.periods import parse_period
from offerings.prices import Price, StoredPrice, show_due, show_money, show_period
from offerings.rights import Direction

NOTHING = "nothing"
NO_PRICE = "no price"
TIMES = "\N{MULTIPLICATION SIGN}"
CELLS = ("Recurring price", "Currency", "Per", "One-time price")  # the header of ``Total.cells``
KINDS = {"recurring": "Price", "one_time": "Once", "usage": "For use"}


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """What amounts can be added: those of one currency that fall due each ``period`` (ISO 8601), or once."""

    is_once: bool
    currency: str
    period: str = ""

    @property
    def suffix(self) -> str:
        """Return the words that follow an amount: `` / year``, `` once``."""
        return " once" if self.is_once else show_period(self.period)

    def show(self, amount: Decimal) -> str:
        """Return an amount in words: ``EUR 829.50 / year``, ``EUR 90.00 once``."""
        return f"{show_money(self.currency, amount)}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Total:
    """The price of one entitlement, or of many. ``others`` are the prices that no sum can hold, in words.

    Those are prices for use, prices on request, and prices per seat where the number of seats has no limit.
    """

    sums: Mapping[Due, Decimal] = field(default_factory=dict)
    others: tuple[tuple[str, str], ...] = ()  # pairs of kind and words

    def __bool__(self) -> bool:
        return bool(self.sums or self.others)

    def __add__(self, other: "Total") -> "Total":
        """Return both together, each price that no sum can hold once."""
        sums = dict(self.sums)
        for due, amount in other.sums.items():
            sums[due] = sums.get(due, Decimal(0)) + amount
        return Total(sums, tuple(dict.fromkeys((*self.others, *other.others))))

    def times(self, count: int) -> "Total":
        """Return the price of so many of the same."""
        return Total({due: amount * count for due, amount in self.sums.items()}, self.others) if count else Total()

    @classmethod
    def of(cls, totals: Iterable["Total"]) -> "Total":
        """Return the sum of prices."""
        return reduce(Total.__add__, totals, Total())

    # --- words -------------------------------------------------------------------------------------------------------

    @property
    def recurring(self) -> list[str]:
        """Return what falls due each period: ``EUR 829.50 / year``, and what recurs without a sum."""
        return [*self._sums(is_once=False), *self._others("recurring")]

    @property
    def once(self) -> list[str]:
        """Return what falls due once: ``EUR 90.00 once``."""
        return [*self._sums(is_once=True), *self._others("one_time")]

    @property
    def usage(self) -> list[str]:
        """Return the prices for use: ``EUR 0.0125 per call for use``."""
        return self._others("usage")

    @property
    def line(self) -> str:
        """Return the whole price in one line: ``EUR 829.50 / year + EUR 90.00 once + usage``."""
        words = [*self.recurring, *self.once]
        usage = self.usage
        if usage:
            words.append("usage" if words else usage[0])
        return " + ".join(words) or NO_PRICE

    # --- cells of a file ---------------------------------------------------------------------------------------------

    @property
    def cells(self) -> tuple[Decimal | None, str | None, str | None, Decimal | None]:
        """Return the cells below ``CELLS``: what recurs, the currency, the period, and what is due once.

        Numbers are empty where there is none, or more than one that cannot be added.
        """
        recurring = [due for due in self.sums if not due.is_once]
        once = [due for due in self.sums if due.is_once]
        currencies = {due.currency for due in self.sums}
        period = recurring[0].period if len(recurring) == 1 else ""
        return (
            self._amount(recurring[0]) if len(recurring) == 1 else None,
            currencies.pop() if len(currencies) == 1 else None,
            parse_period(period).words if period else None,
            self._amount(once[0]) if len(once) == 1 else None,
        )

    def _amount(self, due: Due) -> Decimal:
        """Return an amount with the places of its currency, and more where it has them."""
        amount = self.sums[due]
        return amount.quantize(Decimal(1).scaleb(-places_of(due.currency, amount)))

    def _sums(self, *, is_once: bool) -> Iterator[str]:
        for due in sorted(self.sums, key=_order):
            if due.is_once is is_once:
                yield due.show(self.sums[due])

    def _others(self, kind: str) -> list[str]:
        return [words for each, words in self.others if each == kind]


def _order(due: Due) -> tuple[bool, str, float]:
    return due.is_once, due.currency, -parse_period(due.period).length_in_days if due.period else 0


@dataclass(frozen=True, slots=True)
class PriceList:
    """The charges of a revision. ``seats`` is the number sold where no quantity says it; ``None``: not known."""

    charges: tuple[Price, ...]
    billing_period: str = ""
    seats: int | None = None

    @classmethod
    def read(cls, prices: Iterable[StoredPrice], terms: Mapping[str, Any], seat_limit: object) -> Self:
        """Return the price list of what a revision stores: its charges, its terms and its seat limit."""
        seats = seat_limit if isinstance(seat_limit, int) and not isinstance(seat_limit, bool) else None
        return cls(tuple(map(Price.from_json, prices)), terms.get("billing_period", ""), seats)

    def total(self, quantity: int | None) -> Total:
        """Return the price of an entitlement with a quantity, ``None`` where seats are not sold by quantity.

        A price per seat counts the seats that are sold: the quantity, else the offering's own number. Seats given by
        hand cost nothing.
        """
        seats = self.seats if quantity is None else quantity
        sums: dict[Due, Decimal] = {}
        others = []
        for price in self.charges:
            is_countable = price.kind != "usage" and (price.per == "flat" or seats is not None)
            if price.amount is None or not is_countable:
                others.append((price.kind, f"{price.words}{show_due(price, self.billing_period)}"))
                continue
            is_once = price.kind == "one_time"
            due_by = Due(is_once, price.currency, "" if is_once else self.billing_period)
            times = seats if price.per == "seat" and seats is not None else 1
            sums[due_by] = sums.get(due_by, Decimal(0)) + Decimal(price.amount) * times
        return Total(sums, tuple(dict.fromkeys(others)))

    def workings(self, quantity: int | None) -> list[str]:
        """Return how each sum of a price per seat comes about: ``25 * EUR 33.18``, with the sign of multiplication."""
        seats = self.seats if quantity is None else quantity
        paid = [price for price in self.charges if price.per == "seat" and price.amount and price.kind != "usage"]
        return (
            [f"{seats:,} {TIMES} {show_money(price.currency, Decimal(price.amount or 0))}" for price in paid]
            if seats
            else []
        )


# --- two prices ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PriceStep:
    """One part of a price before and after a change, in words. ``difference`` is empty where there is none to tell."""

    label: str
    before: str
    after: str
    difference: str
    direction: Direction
    short_after: str = ""

    @property
    def is_unchanged(self) -> bool:
        """Tell whether the change leaves this part as it is."""
        return self.direction is Direction.SAME

    @property
    def text(self) -> str:
        """Return the step in one line: ``EUR 829.50 / year → 304.50 / year (+ 12.50)``."""
        if self.is_unchanged:
            return f"{self.after}, unchanged"
        difference = f" ({self.difference})" if self.difference else ""
        return f"{self.before} → {self.short_after or self.after}{difference}" if self.before else self.after


def price_steps(before: Total | None, after: Total) -> list[PriceStep]:
    """Return the steps from one price to another: what recurs first, then what is due once, then prices for use.

    ``before`` is ``None`` for what is new. There is always at least one step, ``no price`` where there is none.
    """
    was = before or Total()
    steps = [
        *_steps_of_sums(was, after, is_once=False, is_new=before is None),
        *_steps_of_words("recurring", was, after),
        *_steps_of_sums(was, after, is_once=True, is_new=before is None),
        *_steps_of_words("one_time", was, after),
        *_steps_of_words("usage", was, after),
    ]
    return steps or [PriceStep(KINDS["recurring"], "", NO_PRICE, "", Direction.SAME)]


def _steps_of_sums(was: Total, now: Total, *, is_once: bool, is_new: bool) -> Iterator[PriceStep]:
    label = KINDS["one_time" if is_once else "recurring"]
    early, late = (sorted((d for d in total.sums if d.is_once is is_once), key=_order) for total in (was, now))
    if len(early) == len(late) == 1 and early != late:  # another period or currency: no difference to tell
        [one], [other] = early, late
        yield PriceStep(label, one.show(was.sums[one]), other.show(now.sums[other]), "", Direction.CHANGED)
        return
    for due in dict.fromkeys((*early, *late)):
        yield _step_of_sum(label, due, was.sums.get(due), now.sums.get(due), is_new=is_new)


def _step_of_sum(label: str, due: Due, before: Decimal | None, after: Decimal | None, *, is_new: bool) -> PriceStep:
    difference = (after or Decimal(0)) - (before or Decimal(0))
    places = places_of(due.currency, difference)
    sign = "\N{MINUS SIGN}" if difference < 0 else "+"
    # What was due once is paid: the difference to what another offering would cost once is nobody's.
    is_told = difference and not is_new and not due.is_once
    return PriceStep(
        label=label,
        before=("" if is_new else NOTHING) if before is None else due.show(before),
        after=NOTHING if after is None else due.show(after),
        difference=f"{sign} {formats.number(abs(difference), places)}" if is_told else "",
        direction=_direction(difference) if before is not None or after is not None else Direction.SAME,
        short_after="" if after is None or before is None else _without_code(due, after),
    )


def _without_code(due: Due, amount: Decimal) -> str:
    return f"{formats.number(amount, places_of(due.currency, amount))}{due.suffix}"


def _direction(difference: Decimal) -> Direction:
    if not difference:
        return Direction.SAME
    return Direction.RAISED if difference > 0 else Direction.LOWERED


def _steps_of_words(kind: str, was: Total, now: Total) -> Iterator[PriceStep]:
    early, late = (" + ".join(total._others(kind)) for total in (was, now))  # noqa: SLF001 (one value)
    if early or late:
        direction = Direction.SAME if early == late else Direction.CHANGED
        yield PriceStep(KINDS[kind], early or ("" if not was else NOTHING), late or NOTHING, "", direction)


def price_text(steps: Sequence[PriceStep]) -> str:
    """Return what a change makes of a price in one line: the steps that change something, else that none does."""
    moved = [step.text for step in steps if not step.is_unchanged]
    return "; ".join(moved or [step.text for step in steps[:1]])
