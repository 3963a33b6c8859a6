"""Questions of proration as JSON, one a line, and their answers. Pure.

A question is ``{"period_start", "period_end", "change_on", "amount", "price", "quantity", "currency", "method",
"already_credited"}``: days in ISO 8601 with the end not in, ``amount`` what was billed for the old line or null,
``price`` of one of the new for the whole period or null. ``quantity`` (1), ``method`` (actual) and ``already_credited``
(0) may be left out or null. An answer is ``{"days", "of", "fraction", "credit", "charge", "net"}``, or ``{"error"}``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, BinaryIO, NoReturn

from entitlements.billing.lines import show_fraction
from entitlements.billing.periods import BillingPeriod, NoPeriod
from entitlements.billing.proration import NOTHING, Method, OutsidePeriod, charge, credit, share_from, total
from offerings.currencies import currency_problem, places_of

LONGEST_LINE = 10_000  # bytes
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
AMOUNT = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,12})?")
QUANTITY = re.compile(r"[0-9]{1,15}")
TOO_LONG = f"The line is longer than {LONGEST_LINE:,} bytes. Write one question a line."
REQUIRED = ("period_start", "period_end", "change_on", "amount", "price", "currency")
OPTIONAL = ("quantity", "method", "already_credited")

Answer = dict[str, Any]


class _Unreadable(ValueError):
    """A question that has no answer. The message says what to write."""


class _Digits(str):
    """A number of JSON as it is written: no digit is lost, and none is computed before its size is known."""

    __slots__ = ()


def read_lines(file: BinaryIO) -> Iterator[bytes | None]:
    """Return each line of a file, ``None`` for one that is too long. Never holds more than such a length."""
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) <= LONGEST_LINE or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(LONGEST_LINE + 1)
        yield None


def answer(line: bytes | None) -> Answer:
    """Return the answer to a line, ``{"error": sentence}`` where it cannot be read; never raise for what it says."""
    try:
        return _prorated(_question(line))
    except (_Unreadable, NoPeriod, OutsidePeriod) as error:
        return {"error": str(error)}


def _prorated(asked: Mapping[str, Any]) -> Answer:
    currency, method = _currency(asked["currency"]), _method(asked.get("method"))
    period = BillingPeriod.between(_day(asked, "period_start"), _day(asked, "period_end"))
    share = share_from(period, _day(asked, "change_on"), method)
    billed, price, quantity = _coins(asked, "amount", currency), _amount(asked, "price"), _quantity(asked)
    given = _coins(asked, "already_credited", currency)
    if given > billed:
        raise _Unreadable("already_credited: Write no more than the amount that was billed.")
    back, charged = credit(billed, share, currency, given=given), charge(price, quantity, share, currency)
    return {
        "days": share.days,
        "of": share.of,
        "fraction": show_fraction(share.fraction),
        "credit": format(back, "f"),
        "charge": format(charged, "f"),
        "net": format(total([back, charged], currency), "f"),
    }


# --- reading ---------------------------------------------------------------------------------------------------------


def _question(line: bytes | None) -> Mapping[str, Any]:
    if line is None:
        raise _Unreadable(TOO_LONG)
    try:
        asked = json.loads(
            line.decode("utf-8-sig"),
            parse_float=_Digits,
            parse_int=_Digits,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _Unreadable("This is no JSON. Write one object a line, in UTF-8.") from error
    if not isinstance(asked, dict):
        raise _Unreadable("Write an object: {...}.")
    for name in REQUIRED:
        if name not in asked:
            raise _Unreadable(f"{name}: Write this field.")
    for name in asked:
        if name not in (*REQUIRED, *OPTIONAL):
            raise _Unreadable(f"{name[:40]}: There is no such field. Leave it out.")
    return asked


def _refuse_constant(_text: str) -> NoReturn:
    raise _Unreadable("NaN and Infinity are no JSON. Write a number.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Unreadable("A field is there twice. Write each field once.")
    return found


def _day(asked: Mapping[str, Any], name: str) -> date:
    text = asked[name]
    try:
        if isinstance(text, str) and DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _Unreadable(f"{name}: Write a day of the calendar as YYYY-MM-DD, such as 2027-01-31.")


def _amount(asked: Mapping[str, Any], name: str) -> Decimal:
    text = asked.get(name)
    if text is None:
        return NOTHING
    if isinstance(text, str) and AMOUNT.fullmatch(text):
        return Decimal(text)
    raise _Unreadable(f"{name}: Write an amount of 0 or more with up to 15 digits before the point, such as 19.90.")


def _coins(asked: Mapping[str, Any], name: str, currency: str) -> Decimal:
    """Return an amount that was billed or given back, so that it is in the smallest part of its currency."""
    amount, places = _amount(asked, name), places_of(currency)
    if (Fraction(amount) * 10**places).denominator != 1:
        raise _Unreadable(f"{name}: {currency} has {places} places. Write the amount as it was billed.")
    return amount


def _quantity(asked: Mapping[str, Any]) -> int:
    number = asked.get("quantity")
    if number is None:
        return 1
    if isinstance(number, _Digits) and QUANTITY.fullmatch(number):
        return int(number)
    raise _Unreadable("quantity: Write a whole number of 0 or more, with up to 15 digits.")


def _currency(code: object) -> str:
    if not isinstance(code, str) or isinstance(code, _Digits):
        raise _Unreadable("currency: Write three capital letters, such as EUR.")
    if problem := currency_problem(code):
        raise _Unreadable(f"currency: {problem}")
    return code


def _method(name: object) -> Method:
    if name is None:
        return Method.ACTUAL
    if isinstance(name, str) and name in {*Method}:
        return Method(name)
    raise _Unreadable(f"method: Write one of {', '.join(Method)}.")
