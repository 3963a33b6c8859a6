"""Amounts of money in the way of one country: digits, separators, and the place of the currency's code.

The reader's way is that of the profile, else that of the browser; the middleware in ``config.profile`` activates it
for one request. Everywhere else (commands, files, the log of edits) it is ``DEFAULT``, so that what is kept never
depends on who wrote it. Codes of ISO 4217 stand for currencies: a sign such as ``$`` has too many meanings.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_decimal
from django.utils.translation.trans_real import parse_accept_lang_header

DEFAULT = "en"
# The ways to choose from: each language, and the countries that write otherwise than most who speak it.
FORMATS = (
    *("en", "en_IN", "en_ZA", "bg", "cs", "da", "de", "de_AT", "de_CH", "el", "es", "es_MX", "et", "fi", "fr", "fr_CA"),
    *("fr_CH", "hr", "hu", "it", "it_CH", "ja", "ko", "lt", "lv", "nb", "nl", "pl", "pt", "pt_PT", "ro", "sk", "sl"),
    *("sv", "tr", "uk", "zh"),
)
ALIKE = {"no": "nb", "nn": "nb"}
SAMPLE = Decimal("1234567.5")

_active: ContextVar[str] = ContextVar("money_format", default=DEFAULT)


def active() -> str:
    """Return the format in force for this request, a member of ``FORMATS``."""
    return _active.get()


def activate(name: str) -> None:
    """Show amounts in a format from now on; an unknown one is ``DEFAULT``."""
    _active.set(name if name in FORMATS else DEFAULT)


@contextmanager
def override(name: str) -> Iterator[None]:
    """Show amounts in another format inside of the block."""
    token = _active.set(name if name in FORMATS else DEFAULT)
    try:
        yield
    finally:
        _active.reset(token)


@lru_cache(maxsize=256)
def format_of_browser(header: str) -> str:
    """Return the format for an ``Accept-Language`` header: of the country, else of the language, else ``DEFAULT``."""
    for language, _quality in parse_accept_lang_header(header[:500].lower()):
        parts = language.split("-")
        first = ALIKE.get(parts[0], parts[0])
        with_country = f"{first}_{parts[-1].upper()}"
        for name in (with_country, first):
            if name in FORMATS:
                return name
    return DEFAULT


@lru_cache(maxsize=1)
def format_choices() -> tuple[tuple[str, str], ...]:
    """Return each format with its name in its own language and a sample, for a select."""
    return tuple((name, f"{_own_name(name)}: {with_code('EUR', SAMPLE, 2, name)}") for name in FORMATS)


def _own_name(name: str) -> str:
    words = Locale.parse(name).get_display_name() or name
    return words[0].upper() + words[1:]


def with_code(code: str, amount: Decimal, places: int, name: str | None = None) -> str:
    """Return an amount with the code of its currency: ``EUR 1,250.00``, ``1.250,00 EUR``."""
    return _with_code(code, amount, places, name or active())


def number(amount: Decimal, places: int, name: str | None = None) -> str:
    """Return an amount with so many places after the point, without a currency."""
    return _number(amount, places, name or active())


@lru_cache(maxsize=4096)
def _with_code(code: str, amount: Decimal, places: int, name: str) -> str:
    digits = _number(amount, places, name)
    return f"{code} {digits}" if _pattern(name).lstrip("\u200e\u200f").startswith("¤") else f"{digits} {code}"


@lru_cache(maxsize=4096)
def _number(amount: Decimal, places: int, name: str) -> str:
    """Return the digits. Babel groups them by the pattern of the country; its symbols come in afterwards.

    Babel reads what stands between two apostrophes, the separators of Switzerland, as quoted text and drops them.
    """
    grouped = _pattern(name).replace("¤", "").replace("\N{NO-BREAK SPACE}", "").partition(".")[0]
    digits = format_decimal(amount, format=f"{grouped}.{'0' * places}" if places else grouped, locale=DEFAULT)
    symbols = Locale.parse(name).number_symbols["latn"]
    return digits.translate({ord(","): symbols["group"], ord("."): symbols["decimal"]})


@lru_cache(maxsize=64)
def _pattern(name: str) -> str:
    """Return the pattern of money of a country, for amounts of 0 and more."""
    pattern: str = Locale.parse(name).currency_formats["standard"].pattern
    return pattern.partition(";")[0]
