"""The rules of a price that is agreed for one entitlement: how it is parsed, refused, shown, typed and ordered.

Other code uses ``offerings.rights``. The value is a plain decimal as text, without trailing zeros; the unit of the
right is the currency. Words hold amounts in the format of the reader (``config.formats``); everything else is pure.
"""

from decimal import Decimal, InvalidOperation
from functools import lru_cache

from config import formats
from config.numbers import has_two_readings
from offerings.amounts import InvalidAmount, in_minor_units, plain_amount, read_money
from offerings.currencies import PLACES, is_currency, places_of
from offerings.kinds import Direction, InvalidValue, Rules, Value

ON_REQUEST = "on request"
"""What a charge without an amount costs by the price list: no amount can be compared with it."""
TOO_MUCH = Decimal(10**12)
NO_AMOUNT = "Write the amount in digits, such as 1200 or 19.90."


@lru_cache(maxsize=256)
def price_rules(currency: str) -> Rules:
    """Return the rules of a price in a currency; without one no amount fits."""

    def parse(text: str) -> Value:
        try:
            money = read_money(text)
        except InvalidAmount as error:
            raise InvalidValue(str(error)) from error
        if money is None:
            raise InvalidValue(NO_AMOUNT)
        if money.currencies and currency not in money.currencies:
            raise InvalidValue(f"This price is in {currency or 'no currency'}. Write the number alone.")
        return plain_amount(money.amount) or "0"

    def problem(value: object) -> str | None:
        return _problem(value, currency)

    def show(value: Value) -> str:
        amount = Decimal(str(value))
        return formats.with_code(currency, amount, places_of(currency, amount))

    def typed(value: Value) -> str:
        text = str(in_minor_units(Decimal(str(value)), currency))
        return f"{text}0" if has_two_readings(text) else text  # three places look like a thousand

    return Rules(parse, problem, show, typed, _order, "")


def _problem(value: object, currency: str) -> str | None:
    """Return why a stored value is no amount of a currency: not in plain text, too large, or of too many places."""
    if not is_currency(currency):
        return "The price list names no currency for this charge, nor one alone beside it. Publish its price first."
    amount = _amount(value)
    if amount is None or plain_amount(amount) != value:
        return f"{NO_AMOUNT[:-1]}, 0 or more." if not isinstance(value, float) else 'Write the amount as text: "19.9".'
    if amount >= TOO_MUCH:
        return "That amount is too large. Write less than 1000000000000."
    places = PLACES.get(currency, 2)
    if places_of(currency, amount) > places:
        how = f"Write at most {places} digits after the point" if places else "Write a whole amount"
        return f"{how}: {currency} has no smaller part."
    return None


def _amount(value: object) -> Decimal | None:
    """Return a text of digits as an amount; ``None`` for anything else, such as a sign or an exponent."""
    if not isinstance(value, str) or not value.isascii() or not value.replace(".", "", 1).isdigit() or len(value) > 40:
        return None
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def _order(before: Value, after: Value) -> Direction:
    was, now = _amount(before), _amount(after)
    if was is None or now is None or was == now:
        return Direction.CHANGED
    return Direction.RAISED if now > was else Direction.LOWERED
