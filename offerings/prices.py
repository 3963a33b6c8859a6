"""Prices as revisions store them, in words and compared. Pure: no query, no clock, no settings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TypeAlias

from offerings.periods import parse_period
from offerings.rights import Direction

StoredPrice: TypeAlias = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Price:
    """One charge of an offering. ``amount`` is a plain decimal as text; ``None`` is "on request"."""

    key: str
    kind: str
    per: str
    amount: str | None
    currency: str
    unit: str = ""
    text: str = ""

    def to_json(self) -> dict[str, str | None]:
        """Return the price as a revision stores it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: StoredPrice) -> "Price":
        """Return the price that ``to_json`` stored."""
        return cls(**stored)  # type: ignore[arg-type]

    @property
    def words(self) -> str:
        """Return the price as people read it: ``EUR 10.00 per seat``, ``on request (Contact us)``."""
        if self.amount is None:
            return f"on request ({self.text})" if self.text else "on request"
        per = {"seat": " per seat", "flat": ""}[self.per]
        unit = f" per {self.unit}" if self.unit else ""
        return f"{self.currency} {show_amount(self.amount)}{per}{unit}"

    @property
    def kind_words(self) -> str:
        """Return the due time of the charge as a label."""
        return {"recurring": "Each billing period", "one_time": "Once", "usage": "For use"}[self.kind]

    @property
    def measure(self) -> tuple[str, str, str, str]:
        """Return the facts that must be equal for two amounts to have an order."""
        return self.kind, self.per, self.currency, self.unit


def price_line(prices: Sequence[StoredPrice], billing_period: str) -> str:
    """Return the first charge with its due time and the number of others: ``EUR 1,200.00 a year + 1 more``.

    Empty where there is no charge.
    """
    if not prices:
        return ""
    first, more = Price.from_json(prices[0]), len(prices) - 1
    words = (first.words, show_due(first, billing_period), f"+ {more} more" if more else "")
    return " ".join(filter(None, words))


def show_due(price: Price, billing_period: str) -> str:
    """Return the due time of a charge, to follow its amount: ``a year``, ``every 3 months``, ``once``."""
    if price.kind != "recurring":
        return {"one_time": "once", "usage": "for use"}[price.kind]
    if price.amount is None or not billing_period:
        return ""
    words = parse_period(billing_period).words
    return f"a {words[2:]}" if words.startswith("1 ") and " " not in words[2:] else f"every {words}"


def show_amount(amount: str) -> str:
    """Return a decimal with thousands separators and at least two places: ``1,250.00``, ``0.0125``."""
    number = Decimal(amount)
    places = max(2, -int(number.normalize().as_tuple().exponent))
    return f"{number:,.{places}f}"


def plain_amount(amount: Decimal | None) -> str | None:
    """Return an amount as text without trailing zeros, so that equal amounts are equal text."""
    return None if amount is None else format(amount.normalize(), "f")


@dataclass(frozen=True, slots=True)
class PriceChange:
    """One charge that differs between two sets of prices."""

    key: str
    before: Price | None
    after: Price | None
    direction: Direction


def diff_prices(before: Iterable[StoredPrice], after: Iterable[StoredPrice]) -> tuple[PriceChange, ...]:
    """Return every charge that differs, in the order of ``after``, then those that only ``before`` has."""
    were = {str(stored["key"]): Price.from_json(stored) for stored in before}
    are = {str(stored["key"]): Price.from_json(stored) for stored in after}
    keys = [*are, *(key for key in were if key not in are)]
    return tuple(
        PriceChange(key, were.get(key), are.get(key), _direction(were.get(key), are.get(key)))
        for key in keys
        if were.get(key) != are.get(key)
    )


def _direction(before: Price | None, after: Price | None) -> Direction:
    if before is None:
        return Direction.ADDED
    if after is None:
        return Direction.REMOVED
    if before.amount is None or after.amount is None or before.measure != after.measure:
        return Direction.CHANGED
    was, now = Decimal(before.amount), Decimal(after.amount)
    if was == now:
        return Direction.CHANGED
    return Direction.RAISED if now > was else Direction.LOWERED
