"""The one grammar of numbers that people type: forms, options of commands, values of rights, imported files.

A whole number is digits alone, with a sign in front where one is wanted. Separators of thousands are asked back,
because ``1.000`` is a thousand in one country and one in another. Pure: no settings, no locale.
"""

import re
from argparse import ArgumentTypeError
from collections.abc import Callable
from decimal import Decimal

LARGEST = 2**63 - 1  # what a column of 64 bits holds
LONGEST = 40  # characters; no number with a use is longer

WIDEST = 10**LONGEST  # where the bounds are those of a form or an operation, which says them in its own words

# Full-width digits are what Japanese and Chinese keyboards write; they can mean nothing else.
FULL_WIDTH = str.maketrans("".join(map(chr, range(0xFF10, 0xFF1A))), "0123456789")
WHOLE = re.compile(r"[+-]?[0-9]+")
DECIMAL = re.compile(r"[+-]?[0-9]+\.[0-9]+")
SPACES = " \u00a0\u2009\u202f"
GROUPED = re.compile(
    rf"(?P<sign>[+-]?)(?P<digits>[0-9]{{1,3}}(?:[.,'\u2019{SPACES}][0-9]{{3}})+)(?P<fraction>(?:[.,][0-9]+)?)"
)
COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
# One group of three after a point or a comma: a thousand, or one with three places.
TWO_READINGS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")


class NotANumber(ValueError):
    """A text is no number of the grammar. The message is a sentence that says what to write instead.

    ``code`` is "separators" for a number to be written otherwise, "range" for one too small or too large, or "invalid".
    """

    def __init__(self, sentence: str, *, code: str = "invalid") -> None:
        super().__init__(sentence)
        self.code = code


def read_whole(text: str, *, least: int = -LARGEST, most: int = LARGEST) -> int:
    """Return a whole number as people type it; raise ``NotANumber`` with a sentence for anything else.

    Spaces around the number, a sign and full-width digits are read. ``1,000``, ``1 000`` and ``1.000`` are asked back.
    """
    plain = _plain(text)
    if not WHOLE.fullmatch(plain):
        _ask_back(plain)
        raise NotANumber(f"Write a whole number{_range(least, most)}, in digits alone.")
    number = int(plain) if len(plain) <= LONGEST else most + 1
    if number > most:
        words = f"up to {most}" if least == -LARGEST else f"from {least} to {most}"
        raise NotANumber(f"Write a whole number {words}.", code="range")
    if number < least:
        raise NotANumber(f"Write a whole number{_range(least, most) or f' of {least} or more'}.", code="range")
    return number


def read_decimal(text: str) -> Decimal:
    """Return a number that may have a fraction, after a point; raise ``NotANumber`` with a sentence for anything else.

    ``1.000`` and ``1.234`` are asked back, for they can be thousands; ``0.125``, ``1.5`` and ``1.2340`` are read.
    """
    plain = _plain(text)
    if has_two_readings(plain):
        raise NotANumber(two_readings(plain), code="separators")
    if len(plain) <= LONGEST and (WHOLE.fullmatch(plain) or DECIMAL.fullmatch(plain)):
        return Decimal(plain)
    _ask_back(plain)
    if COMMA.fullmatch(plain):
        raise NotANumber(f"Write {plain.replace(',', '.')} with a point.", code="separators")
    raise NotANumber("Write a number, such as 250 or 0.5.")


def has_two_readings(text: str) -> bool:
    """Tell whether a text can be a number of thousands or one with three places: ``1.000``, ``12,345``."""
    return TWO_READINGS.fullmatch(text) is not None


def two_readings(text: str) -> str:
    """Return a sentence that asks which of its two readings a number has."""
    whole, fraction = re.split("[.,]", text)
    places = fraction.rstrip("0") if fraction.endswith("0") else f"{fraction}0"
    small = f"{whole}.{places}" if places else whole
    return f"{text} can be read in two ways. Write {whole}{fraction} without separators, or {small}."


def show_decimal(number: Decimal | float) -> str:
    """Return a number as the grammar reads it: ``1.5``, and ``1.2340`` where three places could be thousands."""
    text = format(Decimal(repr(number) if isinstance(number, float) else number), "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text}0" if has_two_readings(text) else text


def whole_number(*, least: int = -LARGEST, most: int = LARGEST) -> Callable[[str], int]:
    """Return the ``type`` of a command's option that is a whole number."""

    def read(text: str) -> int:
        try:
            return read_whole(text, least=least, most=most)
        except NotANumber as error:
            raise ArgumentTypeError(str(error)) from error

    return read


def _plain(text: str) -> str:
    return text.strip().translate(FULL_WIDTH)


def _ask_back(plain: str) -> None:
    """Raise ``NotANumber`` for a number with separators of thousands."""
    match = GROUPED.fullmatch(plain[: LONGEST + 1])
    if match is not None:
        digits, fraction = re.sub(r"[^0-9]", "", match["digits"]), match["fraction"].replace(",", ".")
        raise NotANumber(f"Write {match['sign']}{digits}{fraction} without separators.", code="separators")


def _range(least: int, most: int) -> str:
    if most == LARGEST:
        return "" if least == -LARGEST else f" of {least} or more"
    return f" from {least} to {most}"
