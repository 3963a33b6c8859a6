"""A bar chart in values of SVG attributes. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from entitlements.desk.activity import WorkDay
from entitlements.history.drawing import height_of, upper_edge
from entitlements.operations import Work

STEP = 10
GAP = 2
HEIGHT = 100

WORK_TONES = {
    Work.UPGRADE: "info",
    Work.DOWNGRADE: "warn",
    Work.OVERRIDES: "kept",
    Work.TERM: "ok",
    Work.OTHER: "quiet",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One rectangle. Lengths are texts in the format of SVG, independent of the language of the page."""

    tone: str
    x: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Column:
    """The bars of one day, from the bottom up, and the same in words."""

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
        """Return the width of the chart."""
        return STEP * len(self.columns)

    @property
    def bar_width(self) -> int:
        """Return the width of one bar."""
        return STEP - GAP

    @property
    def step(self) -> int:
        """Return the width of one day."""
        return STEP

    @property
    def total(self) -> int:
        """Return the number of all changes."""
        return sum(day.total for day in self.days)

    @property
    def busiest(self) -> WorkDay:
        """Return the day with the most changes, the last of several."""
        return max(self.days, key=lambda day: (day.total, day.day))

    @property
    def legend(self) -> list[tuple[str, str, int]]:
        """Return the kinds of work with their tones and numbers of changes."""
        return [(str(work), WORK_TONES[work], sum(day.counts[work] for day in self.days)) for work in Work]

    @property
    def rows(self) -> list[tuple[WorkDay, list[int]]]:
        """Return the days with changes, latest first, with the number of changes of each kind of work."""
        return [(day, [day.counts[work] for work in Work]) for day in reversed(self.days) if day.total]


def chart_of(days: Sequence[WorkDay]) -> Chart:
    """Return the chart of one day or more, earliest first."""
    top = upper_edge(max(day.total for day in days))
    columns = tuple(_column(number, day, top) for number, day in enumerate(days))
    return Chart(columns, tuple(days), top)


def _column(number: int, day: WorkDay, top: int) -> Column:
    bars, floor = [], float(HEIGHT)
    for work in Work:
        if day.counts[work]:
            height = height_of(day.counts[work], top=top, height=HEIGHT)
            floor -= height
            bars.append(Bar(WORK_TONES[work], f"{number * STEP + GAP / 2:g}", f"{max(floor, 0):.2f}", f"{height:.2f}"))
    counts = [f"{work.lower()} {day.counts[work]:,}" for work in Work if day.counts[work]]
    words = f"{day.day.day} {day.day:%b}: {', '.join(counts) or 'nothing'}"
    return Column(number * STEP, words, tuple(bars))
