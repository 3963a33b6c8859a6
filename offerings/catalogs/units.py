"""Units of prices and limits, free text in catalogs: ``user/month``, ``GB``, ``USD/execution``. Pure."""

from dataclasses import dataclass

from offerings.catalogs.naming import words
from offerings.currencies import is_currency

# People who sign in and whom the vendor counts one by one. Not in the list: collaborators (of one project), guests,
# attendees, people (in one call), employees (the subjects of the software).
SEAT_NOUNS = frozenset({"user", "seat", "member", "editor", "agent", "creator", "license", "licence", "teammate"})
NO_SEATS = frozenset({"virtual", "guest", "external", "end", "active", "tracked", "minimum", "min"})
TIMES = frozenset({"second", "sec", "minute", "min", "hour", "day", "week", "month", "quarter", "year", "forever"})


@dataclass(frozen=True, slots=True)
class Unit:
    """The parts of a unit: the counted noun (empty: a flat price) and the time (empty: none)."""

    noun: str
    time: str

    @property
    def is_seats(self) -> bool:
        """Tell whether the noun counts seats by the list: ``user``, ``host seats``, not ``guest user``."""
        found = [_singular(word.lower()) for word in words(self.noun.split("/")[0])]
        return bool(found) and found[-1] in SEAT_NOUNS and found[0].isalpha() and not NO_SEATS.intersection(found)


def parse_unit(text: str) -> Unit:
    """Return the parts of a unit, without a leading currency and the word "per"."""
    parts = [part.strip() for part in text.split("/")]
    if len(parts) > 1 and is_currency(parts[0]):
        parts = parts[1:]
    time = parts.pop() if _singular(parts[-1].lower()) in TIMES else ""
    noun = "/".join(parts)
    return Unit(noun.removeprefix("per ").strip(), time)


def currency_of(text: str) -> str:
    """Return the currency at the start of a unit, which ``parse_unit`` leaves out; empty where there is none."""
    first, slash, _rest = text.partition("/")
    return first.strip() if slash and is_currency(first.strip()) else ""


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") else word
