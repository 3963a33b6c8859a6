"""Offerings side by side, good, better, best: a table whose every column is compared with the one left of it.

Pure: no query, no clock, no settings. A column shows a revision, or a draft where nothing is published.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from offerings import rights
from offerings.drafts import Draft
from offerings.models import Revision, SeatsSold
from offerings.prices import Price, show_due
from offerings.revisions import TERMS, RevisionDiff, diff_of, show_term
from offerings.revisions import compare as compare_snapshots
from offerings.rights import Direction, Right, Sheet
from offerings.tables import SIGNS

Snapshot: TypeAlias = Draft | Revision

SEATS = "seat_limit"
DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Asked:
    """One column as an address names it: ``SKU`` (the newest revision), ``SKU:3`` or ``SKU:draft``."""

    sku: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.sku}:{self.version}" if self.version else self.sku

    @property
    def number(self) -> int | None:
        """Return the number of the revision asked for; ``None`` where none is, or no revision can have it."""
        is_number = self.version.isascii() and self.version.isdigit() and len(self.version) < 10
        return int(self.version) if is_number else None


def number_of(snapshot: Snapshot) -> int:
    """Return the number of a revision; 0 for a draft."""
    return snapshot.number if isinstance(snapshot, Revision) else 0


def read_asked(text: str) -> Asked | None:
    """Read what an address or a person says about one column; ``None`` where it says nothing."""
    sku, _, version = (part.strip() for part in text.replace("\0", "").partition(":"))
    if version.isascii() and version.isdigit():
        version = version.lstrip("0") or "0"
    return Asked(sku, version.lower()) if sku else None


@dataclass(frozen=True, slots=True)
class Cell:
    """One value in words. ``direction`` compares it with the cell on its left and is SAME in the first column."""

    shown: str
    direction: Direction = Direction.SAME
    unit: str = ""
    note: str = ""
    is_listed: bool = True

    @property
    def differs(self) -> bool:
        """Tell whether the cell on the left says something else."""
        return self.direction is not Direction.SAME

    @property
    def sign(self) -> str:
        """Return the sign of the direction."""
        return SIGNS.get(self.direction, "")


@dataclass(frozen=True, slots=True)
class Line:
    """One right, price or term across all columns."""

    label: str
    key: str
    cells: tuple[Cell, ...]

    @property
    def differs(self) -> bool:
        """Tell whether any column differs from the one left of it."""
        return any(cell.differs for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Section:
    """Lines that stand under one heading."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole table."""

    sections: tuple[Section, ...]

    @property
    def lines(self) -> list[Line]:
        """Return every line."""
        return [line for section in self.sections for line in section.lines]

    @property
    def differing(self) -> int:
        """Return how many lines differ."""
        return sum(line.differs for line in self.lines)


def matrix(snapshots: Sequence[Snapshot]) -> Matrix:
    """Return the table of these snapshots, a column each, in their order."""
    diffs = [_diff(left, right) for left, right in pairwise(snapshots)]
    granted = _right_lines([_granted(each) for each in snapshots], [diff.rights for diff in diffs])
    added = _right_lines([_listed(each.extension_sheet) for each in snapshots], [diff.extensions for diff in diffs])
    sections = [
        Section("Prices", tuple(_price_lines(snapshots, diffs))),
        *_by_group(granted),
        Section("Added to the plan", tuple(line for _, line in added)),
        Section("Terms", tuple(_term_lines(snapshots, diffs))),
    ]
    return Matrix(tuple(section for section in sections if section.lines))


def _diff(left: Snapshot, right: Snapshot) -> RevisionDiff:
    if isinstance(left, Revision) and isinstance(right, Revision):
        return diff_of(left, right)
    return compare_snapshots(left, right)


def _merged(orders: Iterable[Iterable[str]]) -> list[str]:
    """Return every key once; what only a later column has stands behind the key it follows there."""
    merged: list[str] = []
    for order in orders:
        place = 0
        for key in order:
            if key in merged:
                place = merged.index(key) + 1
            else:
                merged.insert(place, key)
                place += 1
    return merged


# --- rights ----------------------------------------------------------------------------------------------------------


def _listed(sheet: Sheet) -> Sheet:
    """Return the sheet with the definitions of what it gives a value."""
    return Sheet(sheet.values, {key: right for key, right in sheet.definitions.items() if key in sheet.values})


def _granted(snapshot: Snapshot) -> Sheet:
    """Return the rights of a snapshot, with seats that are sold per quantity: they have no value of their own."""
    sheet = snapshot.sheet
    seats = sheet.definitions.get(SEATS)
    listed = _listed(sheet)
    if seats and snapshot.terms.get("seats_sold") == SeatsSold.PER_QUANTITY:
        return Sheet(listed.values, {SEATS: seats, **listed.definitions})
    return listed


def _by_group(lines: Iterable[tuple[str, Line]]) -> list[Section]:
    groups: dict[str, list[Line]] = {}
    for group, line in lines:
        groups.setdefault(group, []).append(line)
    return [Section(name, tuple(found)) for name, found in groups.items()]


def _right_lines(sheets: Sequence[Sheet], diffs: Sequence[Iterable[rights.RightChange]]) -> Iterator[tuple[str, Line]]:
    """Yield a line for each right, with the group it belongs to; the last column that has a right names it."""
    directions = [{change.right.key: change.direction for change in changes} for changes in diffs]
    for key in _merged(sheet.definitions for sheet in sheets):
        named = next(sheet.definitions[key] for sheet in reversed(sheets) if key in sheet.definitions)
        steps = [
            Direction.SAME,
            *(_step(key, *pair, found) for pair, found in zip(pairwise(sheets), directions, strict=True)),
        ]
        cells = (_right_cell(named, sheet, step) for sheet, step in zip(sheets, steps, strict=True))
        yield named.group, Line(named.label, key, tuple(cells))


def _step(key: str, left: Sheet, right: Sheet, directions: Mapping[str, Direction]) -> Direction:
    """Say what happened to one right from one column to the next, its name and unit included."""
    was, now = left.definitions.get(key), right.definitions.get(key)
    if was and now and (key in left.values) != (key in right.values):
        return Direction.CHANGED
    renamed = was and now and (was.label, was.unit) != (now.label, now.unit)
    return directions.get(key, Direction.CHANGED if renamed else Direction.SAME)


def _right_cell(named: Right, sheet: Sheet, direction: Direction) -> Cell:
    right = sheet.definitions.get(named.key)
    if right is None:
        return Cell("", direction, is_listed=False)
    is_sold_per_quantity = named.key not in sheet.values
    shown = "per quantity" if is_sold_per_quantity else rights.show(right, sheet.values[named.key])
    called = "" if right.label == named.label else f"called {right.label}"
    return Cell(shown, direction, unit=right.unit if shown else "", note=called)


# --- prices and terms ------------------------------------------------------------------------------------------------


def _price_lines(snapshots: Sequence[Snapshot], diffs: Sequence[RevisionDiff]) -> Iterator[Line]:
    prices = [{str(stored["key"]): Price.from_json(stored) for stored in each.prices} for each in snapshots]
    periods = [each.terms.get("billing_period", "") for each in snapshots]
    directions = [{change.key: change.direction for change in diff.prices} for diff in diffs]
    for key in _merged(prices):
        found = [by_key.get(key) for by_key in prices]
        columns = pairwise(zip(found, periods, strict=True))
        steps = [_price_step(key, *pair, by_key) for pair, by_key in zip(columns, directions, strict=True)]
        cells = map(_price_cell, found, periods, [Direction.SAME, *steps])
        yield Line("Price" if key == "price" else key.replace("-", " ").capitalize(), "", tuple(cells))


def _price_step(
    key: str, left: tuple[Price | None, str], right: tuple[Price | None, str], directions: Mapping[str, Direction]
) -> Direction:
    """Say what happened to one price; amounts for periods of different length are in no order."""
    (was, period_before), (now, period_after) = left, right
    if was and now and "recurring" in (was.kind, now.kind) and period_before != period_after:
        return Direction.CHANGED
    return directions.get(key, Direction.SAME)


def _price_cell(price: Price | None, billing_period: str, direction: Direction) -> Cell:
    if price is None:
        return Cell("", direction, is_listed=False)
    return Cell(price.words, direction, note=show_due(price, billing_period))


def _term_lines(snapshots: Sequence[Snapshot], diffs: Sequence[RevisionDiff]) -> Iterator[Line]:
    changed = [set[str](), *({change.label for change in diff.terms} for diff in diffs)]
    for key, label in TERMS.items():
        shown = [show_term(key, each.terms.get(key, "")) for each in snapshots]
        if any(shown):
            steps = [Direction.CHANGED if label in labels else Direction.SAME for labels in changed]
            cells = (Cell(words, step, is_listed=bool(words)) for words, step in zip(shown, steps, strict=True))
            yield Line(label, "", tuple(cells))
