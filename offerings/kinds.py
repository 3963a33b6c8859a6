"""The kinds of rights, and for each kind the rules of its values: parse, validate, show, order.

Other code uses ``offerings.rights``. Pure: no query, no clock, no settings.
"""

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from config.numbers import LARGEST, NotANumber, read_decimal, read_whole, show_decimal
from offerings.periods import parse_period

Value: TypeAlias = bool | int | float | str

UNLIMITED = "unlimited"
TEXT_LENGTH = 500


class Kind(StrEnum):
    """The type of a right's value. The first six are the kinds of features."""

    FLAG = "flag"
    POOL = "pool"
    COUNT = "count"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    LIMIT = "limit"
    OVERDRAFT = "overdraft"
    PERIOD = "period"
    LEASE = "lease"
    CONCURRENCY = "concurrency"
    SCHEDULE = "schedule"
    PRICE = "price"


FEATURE_KINDS = (Kind.FLAG, Kind.POOL, Kind.COUNT, Kind.TEXT, Kind.NUMBER, Kind.DATE)
NUMERIC_KINDS = frozenset({Kind.POOL, Kind.COUNT, Kind.NUMBER, Kind.LIMIT})
EMPTY_IS_ABSENT = frozenset({Kind.FLAG, Kind.TEXT, Kind.DATE})


class Direction(StrEnum):
    """The change of a value between two moments."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    RAISED = "raised"
    LOWERED = "lowered"
    CHANGED = "changed"


OPPOSITES = {
    Direction.ADDED: Direction.REMOVED,
    Direction.REMOVED: Direction.ADDED,
    Direction.RAISED: Direction.LOWERED,
    Direction.LOWERED: Direction.RAISED,
}


class InvalidValue(ValueError):
    """A value does not fit its right. The message is a sentence that says what to write instead."""


CHOICES: dict[Kind, dict[str, str]] = {
    Kind.CONCURRENCY: {"node_lock": "node lock", "concurrent": "concurrent"},
    Kind.SCHEDULE: {"never": "never", "on_renewal": "on renewal", "monthly": "monthly"},
}


class Rules(NamedTuple):
    """How the values of one kind are parsed, refused, shown, typed and ordered.

    ``problem`` returns a sentence or ``None``. ``parse`` reads what ``typed`` writes: numbers without separators.
    """

    parse: Callable[[str], Value]
    problem: Callable[[object], str | None]
    show: Callable[[Value], str]
    typed: Callable[[Value], str]
    order: Callable[[Value, Value], Direction]
    empty: Value


def _by_size(measure: Callable[[Value], float]) -> Callable[[Value, Value], Direction]:
    def order(before: Value, after: Value) -> Direction:
        was, now = measure(before), measure(after)
        if was == now:
            return Direction.CHANGED
        return Direction.RAISED if now > was else Direction.LOWERED

    return order


def _changed(_before: Value, _after: Value) -> Direction:
    return Direction.CHANGED


FLAG_WORDS = {"on": True, "yes": True, "true": True, "1": True, "off": False, "no": False, "false": False, "0": False}
DECIMAL_PLACES = 6
TOO_LARGE = f'That number is too large. The largest is {LARGEST}; for no limit write "unlimited".'


def _parse_flag(text: str) -> Value:
    word = text.strip().lower()
    if word not in FLAG_WORDS:
        raise InvalidValue("Write on or off.")
    return FLAG_WORDS[word]


def _flag_problem(value: object) -> str | None:
    return None if isinstance(value, bool) else "This right is on or off."


NO_WHOLE = 'Write a whole number, such as 250, or the word "unlimited".'
NO_NUMBER = 'Write a number, such as 250 or 0.5, or the word "unlimited".'


def _parse_whole(text: str) -> Value:
    if text.strip().lower() == UNLIMITED:
        return UNLIMITED
    try:
        return read_whole(text)
    except NotANumber as error:
        raise InvalidValue({"range": TOO_LARGE, "invalid": NO_WHOLE}.get(error.code, str(error))) from error


def _parse_number(text: str) -> Value:
    if text.strip().lower() == UNLIMITED:
        return UNLIMITED
    try:
        number = read_decimal(text)
    except NotANumber as error:
        raise InvalidValue(NO_NUMBER if error.code == "invalid" else str(error)) from error
    if abs(number) > LARGEST:
        raise InvalidValue(TOO_LARGE)
    return int(number) if number == number.to_integral_value() else float(number)


def _whole_problem(*, least: int) -> Callable[[object], str | None]:
    def problem(value: object) -> str | None:
        if value == UNLIMITED:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            return 'Write a whole number, or the word "unlimited".'
        if value < least:
            return f'Write {least} or more, or the word "unlimited".'
        if value > LARGEST:
            return TOO_LARGE
        return None

    return problem


def _number_problem(value: object) -> str | None:
    if isinstance(value, float):
        if not math.isfinite(value) or value.is_integer():  # every float of 2**52 or more is an integer too
            return 'Write a number of ordinary size, or the word "unlimited".'
        if round(value, DECIMAL_PLACES) != value:
            return f"Write at most {DECIMAL_PLACES} digits after the point."
        return None
    return _whole_problem(least=-LARGEST)(value)


def _show_number(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:,.{DECIMAL_PLACES}f}".rstrip("0")
    return value if isinstance(value, str) else f"{value:,}"


def _typed_number(value: Value) -> str:
    return show_decimal(value) if isinstance(value, float) else str(value)


def _order_numbers(before: Value, after: Value) -> Direction:
    if UNLIMITED in (before, after):
        return Direction.RAISED if after == UNLIMITED else Direction.LOWERED
    return Direction.RAISED if after > before else Direction.LOWERED  # type: ignore[operator]


def _text_problem(value: object) -> str | None:
    if not isinstance(value, str):
        return "Write some text."
    if len(value) > TEXT_LENGTH:
        return f"Write at most {TEXT_LENGTH} characters; this has {len(value):,}."
    return "Leave out control characters." if has_control_characters(value) else None


def has_control_characters(text: str) -> bool:
    """Tell whether a text has characters that a database refuses: control characters and lone surrogates."""
    return any((ord(letter) < 32 and letter not in "\t\n\r") or 0xD800 <= ord(letter) <= 0xDFFF for letter in text)


def _parse_date(text: str) -> Value:
    text = text.strip()
    if not text:
        return ""
    for style in ("%Y-%m-%d", "%d %b %Y", "%d %B %Y"):
        try:
            return datetime.strptime(text, style).date().isoformat()  # noqa: DTZ007 (a date has no time zone)
        except ValueError:
            continue
    raise InvalidValue("Write a date as 2027-06-30 or 30 Jun 2027.")


def _date_problem(value: object) -> str | None:
    try:
        if value == "" or (isinstance(value, str) and date.fromisoformat(value).isoformat() == value):
            return None
    except ValueError:
        pass
    return "Write a date as 2027-06-30 or 30 Jun 2027."


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def show_day(day: date) -> str:
    """Return a day as people read it in every language setting: ``30 Jun 2027``."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year:04}"


def _show_date(value: Value) -> str:
    return show_day(date.fromisoformat(str(value))) if value else ""


def _size_of_date(value: Value) -> float:
    return date.fromisoformat(str(value)).toordinal()


def _parse_period(text: str) -> Value:
    try:
        return str(parse_period(text))
    except ValueError as error:
        raise InvalidValue(str(error)) from error


def _period_problem(*, least_days: float, message: str) -> Callable[[object], str | None]:
    def problem(value: object) -> str | None:
        if not isinstance(value, str):
            return "Write a period, such as 14 days or P14D."
        try:
            period = parse_period(value)
        except ValueError as error:
            return str(error)
        if str(period) != value:
            return f"Write this period as {period}."
        return message if period.length_in_days < least_days else None

    return problem


def _show_period(value: Value) -> str:
    return parse_period(str(value)).words


def _size_of_period(value: Value) -> float:
    return parse_period(str(value)).length_in_days


OVERDRAFT = re.compile(r"none|unlimited|[1-9]\d{0,17}|[1-9]\d{0,3}%", re.ASCII)


def _parse_overdraft(text: str) -> Value:
    text = text.strip().lower()
    if text in ("", "none"):
        return "none"
    number, percent = (text[:-1].strip(), "%") if text.endswith("%") else (text, "")
    try:
        count = read_whole(number)
    except NotANumber as error:
        if error.code == "separators":
            raise InvalidValue(str(error)) from error
        return text
    return f"{count}{percent}" if count else "none"


def _overdraft_problem(value: object) -> str | None:
    if isinstance(value, str) and OVERDRAFT.fullmatch(value):
        return None
    return 'Write none, a number of seats, a percentage such as 10 %, or "unlimited".'


def _show_overdraft(value: Value) -> str:
    text = str(value)
    if text.endswith("%"):
        return f"{text[:-1]} %"
    return f"{int(text):,}" if text.isdigit() else text


def _typed_overdraft(value: Value) -> str:
    text = str(value)
    return f"{text[:-1]} %" if text.endswith("%") else text


def _order_overdrafts(before: Value, after: Value) -> Direction:
    was, now = str(before), str(after)
    if UNLIMITED in (was, now):
        return Direction.RAISED if now == UNLIMITED else Direction.LOWERED
    if "none" in (was, now):
        return Direction.RAISED if was == "none" else Direction.LOWERED
    if was.endswith("%") != now.endswith("%"):
        return Direction.CHANGED
    return Direction.RAISED if int(now.rstrip("%")) > int(was.rstrip("%")) else Direction.LOWERED


def _choice(kind: Kind, *, nothing: str) -> Rules:
    words = CHOICES[kind]
    meaning = {shown: value for value, shown in words.items()} | {value: value for value in words}
    options = " or ".join(words.values())

    def parse_choice(text: str) -> Value:
        if text.strip().lower() not in meaning:
            raise InvalidValue(f"Choose {options}.")
        return meaning[text.strip().lower()]

    def problem(value: object) -> str | None:
        return None if isinstance(value, str) and value in words else f"Choose {options}."

    def show(value: Value) -> str:
        return words[str(value)]

    return Rules(parse_choice, problem, show, show, _changed, nothing)


def _show_flag(value: Value) -> str:
    return "on" if value else "off"


def _number_rules(parse: Callable[[str], Value], problem: Callable[[object], str | None]) -> Rules:
    return Rules(parse, problem, _show_number, _typed_number, _order_numbers, 0)


def _period_rules(*, least_days: float, message: str) -> Rules:
    problem = _period_problem(least_days=least_days, message=message)
    return Rules(_parse_period, problem, _show_period, _show_period, _by_size(_size_of_period), "P0D")


# Every kind but the price, whose rules depend on its currency (``offerings.agreed_prices``).
RULES: dict[Kind, Rules] = {
    Kind.FLAG: Rules(_parse_flag, _flag_problem, _show_flag, _show_flag, _changed, empty=False),
    Kind.POOL: _number_rules(_parse_whole, _whole_problem(least=0)),
    Kind.COUNT: _number_rules(_parse_whole, _whole_problem(least=0)),
    Kind.NUMBER: _number_rules(_parse_number, _number_problem),
    Kind.LIMIT: _number_rules(_parse_whole, _whole_problem(least=1)),
    Kind.TEXT: Rules(lambda text: text, _text_problem, str, str, _changed, ""),
    Kind.DATE: Rules(_parse_date, _date_problem, _show_date, _show_date, _by_size(_size_of_date), ""),
    Kind.OVERDRAFT: Rules(
        _parse_overdraft, _overdraft_problem, _show_overdraft, _typed_overdraft, _order_overdrafts, "none"
    ),
    Kind.PERIOD: _period_rules(least_days=0, message=""),
    Kind.LEASE: _period_rules(least_days=1 / 24, message="Write one hour or more, such as 12 hours or 14 days."),
    Kind.CONCURRENCY: _choice(Kind.CONCURRENCY, nothing="node_lock"),
    Kind.SCHEDULE: _choice(Kind.SCHEDULE, nothing="never"),
}
