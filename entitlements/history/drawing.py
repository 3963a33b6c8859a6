"""Numbers and days as values of SVG attributes. Pure.

Lengths are texts in the format of SVG, the same in every language of the page. A picture of days has no width of its
own: places are percentages, so that it fits a phone and texts in it keep their size.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import NamedTuple, TypeVar

Value = TypeVar("Value")
LEAST_HEIGHT = 1.5  # one beside a thousand stays visible


class Run(NamedTuple):
    """Equal values side by side: the places of the first and of the last."""

    first: int
    last: int
    value: int | None


@dataclass(frozen=True, slots=True)
class Days:
    """A stretch of days along the width of a picture, from ``start`` to the day before ``end``."""

    start: date
    end: date

    def share(self, day: date) -> float:
        """Return the place of a day from 0 to 1; days beyond an end are at the end."""
        length = max(1, (self.end - self.start).days)
        return min(1.0, max(0.0, (day - self.start).days / length))

    def place(self, day: date) -> str:
        """Return the place of a day as a percentage of the width."""
        return percent(self.share(day))

    def width(self, start: date, end: date) -> str:
        """Return the distance between two days as a percentage of the width; a single day stays visible."""
        return percent(max(0.004, self.share(end) - self.share(start)))

    def percent_at(self, day: date) -> int:
        """Return the place of a day in whole percents, to gather marks that would lie upon each other."""
        return round(100 * self.share(day))


def percent(share: float) -> str:
    """Return a share as a percentage: ``37.25%``."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def height_of(amount: int, *, top: int, height: int) -> float:
    """Return the height of a bar; nothing has none, and anything can be seen."""
    return max(LEAST_HEIGHT, height * amount / top) if amount else 0.0


def upper_edge(number: int) -> int:
    """Return the first of 5, 10, 20, 50, 100, 200 ... that is at least ``number``."""
    step = 1
    while True:
        for edge in (step, 2 * step, 5 * step):
            if number <= edge and edge >= 5:
                return edge
        step *= 10


def runs_of(values: Sequence[int | None]) -> list[Run]:
    """Return equal values that follow each other as one run."""
    found, place = [], 0
    for value, group in groupby(values):
        count = len(list(group))
        found.append(Run(place, place + count - 1, value))
        place += count
    return found


def gathered(values: Iterable[tuple[int, Value]]) -> list[tuple[int, list[Value]]]:
    """Return values by their place, in order of the places."""
    found: dict[int, list[Value]] = {}
    for place, value in values:
        found.setdefault(place, []).append(value)
    return sorted(found.items())
