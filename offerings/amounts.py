"""Reading amounts of money as people write them: ``$20``, ``19,90``, ``9,99 EUR``, ``1.200,50``. Pure.

A number that can be read in two ways is asked back, never guessed.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from config.numbers import FULL_WIDTH, has_two_readings, two_readings
from offerings.currencies import SIGNS, currency_problem, is_currency, places_of

LONGEST = 40
SPACES = "\u00a0\u2009\u202f "
_SIGN = "|".join(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True))
_MARK = rf"{_SIGN}|[A-Za-z]{{3}}"
_NUMBER = rf"[0-9](?:[0-9.,'\u2019{SPACES}]*[0-9])?"
MONEY = re.compile(
    rf"(?P<before>{_MARK})?[{SPACES}]*(?P<number>{_NUMBER})(?:[.,][-\u2013\u2014])?[{SPACES}]*(?P<after>{_MARK})?"
)
# A price with more than an amount: "$20 per user", "20/month", "EUR 9 + VAT".
MORE_THAN_MONEY = re.compile(
    rf"(?:(?:{_SIGN})[{SPACES}]*{_NUMBER}|(?P<code>[A-Z]{{3}})[{SPACES}]+{_NUMBER}"
    rf"|{_NUMBER}[{SPACES}]*(?:{_SIGN}|/|(?:per|a|each|monthly|yearly|annually)\b|(?P<code_after>[A-Z]{{3}})\b)).*",
    re.DOTALL,
)
NEGATIVE = re.compile(rf"(?:{_SIGN})?[-\u2212](?:{_SIGN})?[0-9]")
PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")
COMMA = re.compile(r"[0-9]+,[0-9]+")
GROUPED = re.compile(
    rf"[0-9]{{1,3}}(?P<mark>[.,'\u2019{SPACES}])[0-9]{{3}}(?:(?P=mark)[0-9]{{3}})*(?P<rest>[.,][0-9]+)?"
)


class InvalidAmount(ValueError):
    """A text is meant as an amount and cannot be read as one. The message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount, and the currencies that the sign or code beside it can mean; none where there is neither."""

    amount: Decimal
    currencies: frozenset[str] = frozenset()


def read_money(text: str) -> Money | None:
    """Return the money that a text says; ``None`` for words that are no amount.

    Raises ``InvalidAmount`` for an amount that can be read in two ways, for one in an unknown currency, and for more
    than an amount: ``$20 per user``.
    """
    text = text.strip().translate(FULL_WIDTH)
    if NEGATIVE.match(text):
        raise InvalidAmount("An amount is 0 or more.")
    match = MONEY.fullmatch(text[: LONGEST + 1])
    if match is None:
        _refuse_more(text)
        return None
    marks = [_currencies(mark) for mark in (match["before"], match["after"]) if mark]
    amount = read_amount(match["number"])
    if not marks:
        return Money(amount)
    shared = frozenset.intersection(*marks)
    if not shared:
        raise InvalidAmount(f"{text} names two currencies. Write one of them.")
    return Money(amount, shared)


def read_amount(text: str) -> Decimal:
    """Return an amount without a sign of a currency; raise ``InvalidAmount`` for anything else."""
    plain = text.strip().translate(FULL_WIDTH).removeprefix("+")
    if has_two_readings(plain):
        raise InvalidAmount(two_readings(plain))
    if len(plain) <= LONGEST:
        if PLAIN.fullmatch(plain):
            return Decimal(plain)
        if COMMA.fullmatch(plain):
            return Decimal(plain.replace(",", "."))
        match = GROUPED.fullmatch(plain)
        if match is not None and (match["rest"] or "")[:1] != match["mark"]:
            rest = match["rest"] or ""
            return Decimal(re.sub(r"[^0-9]", "", plain.removesuffix(rest)) + rest.replace(",", "."))
    raise InvalidAmount("Write the amount in digits, such as 1200 or 19.90.")


def in_minor_units(amount: Decimal, currency: str) -> Decimal:
    """Return an amount with the places of its currency, for a field that people type into: ``829.50``, ``800``.

    Smaller parts than the currency has are kept: ``0.0125``.
    """
    return amount.quantize(Decimal(1).scaleb(-places_of(currency, amount)))


def plain_amount(amount: Decimal | None) -> str | None:
    """Return an amount as text without trailing zeros, so that equal amounts are equal text."""
    return None if amount is None else format(amount.normalize(), "f")


def _currencies(mark: str) -> frozenset[str]:
    if mark in SIGNS:
        return SIGNS[mark]
    if problem := None if is_currency(mark.upper()) else currency_problem(mark.upper()):
        raise InvalidAmount(problem)
    return frozenset({mark.upper()})


def _refuse_more(text: str) -> None:
    match = MORE_THAN_MONEY.fullmatch(text)
    codes = [code for code in (match["code"], match["code_after"]) if code] if match else []
    if match and all(map(is_currency, codes)):
        raise InvalidAmount("This is more than an amount. Write the number alone, such as 19.90.")
