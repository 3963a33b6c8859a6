"""A small chart of bars as SVG attributes: no inline style, no script. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from entitlements.desk.activity import WorkDay
from entitlements.operations import Work

STEP = 10
GAP = 2
HEIGHT = 100
LEAST = 1.5  # of the height: one change beside a thousand is still seen

TONES = {
    Work.UPGRADE: "info",
    Work.DOWNGRADE: "warn",
    Work.OVERRIDES: "kept",
    Work.TERM: "ok",
    Work.OTHER: "quiet",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle; lengths are written as SVG wants them, whatever the language of the page."""

    tone: str
    x: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Column:
    """The bars of one day, from the bottom up, with what they say in words."""

    x: int
    words: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns side by side. ``top`` is the number at the upper edge."""

    columns: tuple[Column, ...]
    days: tuple[WorkDay, ...]
    top: int

    @property
    def width(self) -> int:
        """Return how wide the drawing is."""
        return STEP * len(self.columns)

    @property
    def bar_width(self) -> int:
        """Return how wide one bar is."""
        return STEP - GAP

    @property
    def step(self) -> int:
        """Return how wide one day is."""
        return STEP

    @property
    def total(self) -> int:
        """Return how many changes there were in all."""
        return sum(day.total for day in self.days)

    @property
    def busiest(self) -> WorkDay:
        """Return the day with the most changes; the last of them where several have as many."""
        return max(self.days, key=lambda day: (day.total, day.day))

    @property
    def legend(self) -> list[tuple[str, str, int]]:
        """Return the kinds of work with their tones and how many changes each had."""
        return [(str(work), TONES[work], sum(day.counts[work] for day in self.days)) for work in Work]

    @property
    def rows(self) -> list[tuple[WorkDay, list[int]]]:
        """Return the days on which something happened, latest first, with the count of each kind of work."""
        return [(day, [day.counts[work] for work in Work]) for day in reversed(self.days) if day.total]


def chart_of(days: Sequence[WorkDay]) -> Chart:
    """Return the chart of these days, earliest first; there must be one."""
    top = _round_up(max(day.total for day in days))
    columns = tuple(_column(number, day, top) for number, day in enumerate(days))
    return Chart(columns, tuple(days), top)


def _column(number: int, day: WorkDay, top: int) -> Column:
    bars, floor = [], float(HEIGHT)
    for work in Work:
        if day.counts[work]:
            height = max(LEAST, HEIGHT * day.counts[work] / top)
            floor -= height
            bars.append(Bar(TONES[work], f"{number * STEP + GAP / 2:g}", f"{max(floor, 0):.2f}", f"{height:.2f}"))
    said = [f"{work.lower()} {day.counts[work]:,}" for work in Work if day.counts[work]]
    words = f"{day.day.day} {day.day:%b}: {', '.join(said) or 'nothing'}"
    return Column(number * STEP, words, tuple(bars))


def _round_up(number: int) -> int:
    """Return the next of 5, 10, 20, 50, 100, 200 ...: an edge that is easy to read."""
    step = 1
    while True:
        for edge in (step, 2 * step, 5 * step):
            if number <= edge and edge >= 5:
                return edge
        step *= 10
