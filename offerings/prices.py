"""Prices as revisions store them, in words and compared. No query, no clock, no settings.

Words hold amounts in the format of the reader (``config.formats``); everything else is pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from config import formats
from offerings.currencies import places_of
from offerings.periods import parse_period
from offerings.rights import ON_REQUEST, PRICE_PREFIX, PRICES, Direction, Kind, Right, Value, is_valid

CONTRACT_EFFECTIVE = "contract_effective"
TRIGGERS = {
    CONTRACT_EFFECTIVE: "Contract effective",
    "service_activation": "Service activation",
    "customer_acceptance": "Customer acceptance",
}
STARTS = {"service_activation": "from service activation", "customer_acceptance": "from customer acceptance"}
StoredPrice: TypeAlias = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Price:
    """One charge of an offering. ``amount`` is a plain decimal as text; ``None`` is "on request".

    ``trigger`` is the day of an amendment that it starts on; most start on the contract effective date.
    """

    key: str
    kind: str
    per: str
    amount: str | None
    currency: str
    unit: str = ""
    text: str = ""
    trigger: str = CONTRACT_EFFECTIVE

    def to_json(self) -> dict[str, str | None]:
        """Return the price as a revision stores it: without the trigger that most have, as they always did."""
        stored: dict[str, str | None] = asdict(self)
        if self.trigger == CONTRACT_EFFECTIVE:
            del stored["trigger"]
        return stored

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
        return f"{show_money(self.currency, Decimal(self.amount))}{per}{unit}"

    @property
    def kind_words(self) -> str:
        """Return the due time of the charge as a label: ``Each billing period, from service activation``."""
        due = {"recurring": "Each billing period", "one_time": "Once", "usage": "For use"}[self.kind]
        return f"{due}, {STARTS[self.trigger]}" if self.trigger in STARTS else due

    @property
    def measure(self) -> tuple[str, str, str, str]:
        """Return the facts that must be equal for two amounts to have an order."""
        return self.kind, self.per, self.currency, self.unit


def price_line(prices: Sequence[StoredPrice], billing_period: str) -> str:
    """Return the charges in one line, told apart by when they fall due: ``EUR 1,200.00 / year + EUR 90.00 once``.

    Prices for use are only mentioned, ``+ usage``, unless there is nothing else. Empty where there is no charge.
    """
    found = [Price.from_json(stored) for stored in prices]
    paid = [price for kind in ("recurring", "one_time") for price in found if price.kind == kind]
    words = [f"{price.words}{show_due(price, billing_period)}" for price in paid]
    usage = [price for price in found if price.kind == "usage"]
    if usage:
        words.append("usage" if words else f"{usage[0].words}{show_due(usage[0], billing_period)}")
    return " + ".join(words)


def show_due(price: Price, billing_period: str) -> str:
    """Return the due time of a charge, to follow its amount: `` / year``, `` / 3 months``, `` once``, `` for use``.

    A start on another day than the contract effective date follows: `` / year, from service activation``.
    """
    start = f", {STARTS[price.trigger]}" if price.trigger in STARTS else ""
    if price.kind == "recurring":
        return (show_period(billing_period) if price.amount is not None else "") + start
    return {"one_time": " once", "usage": " for use"}[price.kind] + start


def show_period(billing_period: str) -> str:
    """Return the period of an amount, to follow it: `` / year``, `` / 3 months``; empty where none is known."""
    if not billing_period:
        return ""
    words = parse_period(billing_period).words
    return f" / {words[2:]}" if words.startswith("1 ") and " " not in words[2:] else f" / {words}"


def show_money(currency: str, amount: Decimal) -> str:
    """Return an amount with its currency in the reader's format: ``EUR 1,250.00``, ``JPY 1,250``, ``EUR 0.0125``."""
    return formats.with_code(currency, amount, places_of(currency, amount))


# --- the right to a price --------------------------------------------------------------------------------------------

_PRICE_SUFFIX = ".price"


def price_key(charge: str) -> str:
    """Return the key of the right to the price of a charge: ``charge.seat.price``."""
    return f"{PRICE_PREFIX}{charge}{_PRICE_SUFFIX}"


def charge_of(key: str) -> str:
    """Return the key of the charge whose price a right is; empty for another right."""
    is_price = key.isprintable() and key.startswith(PRICE_PREFIX) and key.endswith(_PRICE_SUFFIX)
    return key.removeprefix(PRICE_PREFIX).removesuffix(_PRICE_SUFFIX) if is_price else ""


def price_rights(prices: Iterable[StoredPrice]) -> dict[str, Right]:
    """Return the right to the price of each charge, by key: "Seat price", in its currency.

    A charge on request that names no currency has that of the other charges, where they have one alone.
    """
    charges = [Price.from_json(stored) for stored in prices]
    shared = {price.currency for price in charges if price.currency}
    other = shared.pop() if len(shared) == 1 else ""
    return {price_key(each.key): _price_right(each, each.currency or other) for each in charges}


def _price_right(price: Price, currency: str) -> Right:
    key = price_key(price.key)
    return Right(key, Kind.PRICE, price_label(key), currency, PRICES)


def price_label(key: str) -> str:
    """Return the label of the right to a price by its key: "Seat price"."""
    words = charge_of(key).replace("_", " ").replace("-", " ")
    name = words if words.endswith("price") else f"{words} price"
    return f"{name[:1].upper()}{name[1:]}"


def price_right(prices: Iterable[StoredPrice], key: str) -> Right | None:
    """Return the right to a price by its key; ``None`` where no charge has it."""
    return price_rights(prices).get(key) if key.startswith(PRICE_PREFIX) else None


def charge_words(prices: Iterable[StoredPrice], key: str) -> str:
    """Return what a price is paid for by the key of its right: "per seat, each billing period"; else nothing."""
    charges = map(Price.from_json, prices) if key.startswith(PRICE_PREFIX) else ()
    found = next((price for price in charges if price_key(price.key) == key), None)
    return f"{'per seat, ' if found.per == 'seat' else ''}{found.kind_words.lower()}" if found else ""


def standard_price(prices: Iterable[StoredPrice], key: str) -> Value | None:
    """Return what the price list says for a price by the key of its right: an amount, "on request", or ``None``."""
    if not key.startswith(PRICE_PREFIX):
        return None
    found = next((stored for stored in prices if price_key(str(stored["key"])) == key), None)
    return None if found is None else found["amount"] or ON_REQUEST


def with_agreed(prices: Iterable[StoredPrice], agreed: Mapping[str, Value]) -> list[StoredPrice]:
    """Return charges with the amounts that are agreed by key of the right; what fits no charge is left out."""
    charges, known = list(prices), {}
    if any(key.startswith(PRICE_PREFIX) for key in agreed):
        known = {key: right for key, right in price_rights(charges).items() if is_valid(right, agreed.get(key))}
    if not known:
        return charges
    found = [Price.from_json(stored) for stored in charges]
    return [_agreed(each, known.get(price_key(each.key)), agreed).to_json() for each in found]


def _agreed(price: Price, right: Right | None, agreed: Mapping[str, Value]) -> Price:
    if right is None:
        return price
    return replace(price, amount=str(agreed[right.key]), currency=right.unit, text="")


# --- two price lists -------------------------------------------------------------------------------------------------


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
