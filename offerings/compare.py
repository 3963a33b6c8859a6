"""The comparison of offerings: a table whose columns are each compared with the column on the left.

Pure: no query, no clock, no settings. A column shows a revision, or a draft where nothing is published.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from offerings import rights
from offerings.change_words import DIRECTIONS, OF_PRICE, ChangeWords, change_words
from offerings.drafts import Draft
from offerings.models import Revision, SeatsSold
from offerings.prices import Price, show_due
from offerings.revisions import TERMS, RevisionDiff, diff_of, show_term
from offerings.revisions import compare as compare_snapshots
from offerings.rights import Direction, Right, Sheet

Snapshot: TypeAlias = Draft | Revision

SEATS = "seat_limit"
DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class ColumnQuery:
    """One column as an address names it: ``SKU`` (the newest revision), ``SKU:3`` or ``SKU:draft``."""

    sku: str
    version: str = ""

    def __str__(self) -> str:
        return f"{self.sku}:{self.version}" if self.version else self.sku

    @property
    def number(self) -> int | None:
        """Return the requested revision number; ``None`` for the newest, the draft and impossible numbers."""
        is_number = self.version.isascii() and self.version.isdigit() and len(self.version) < 10
        return int(self.version) if is_number else None


def number_of(snapshot: Snapshot) -> int:
    """Return the number of a revision; 0 for a draft."""
    return snapshot.number if isinstance(snapshot, Revision) else 0


def read_column_query(text: str) -> ColumnQuery | None:
    """Return the column that a text names, from an address or a search field; ``None`` for an empty text."""
    sku, _, version = (part.strip() for part in text.replace("\0", "").partition(":"))
    if version.isascii() and version.isdigit():
        version = version.lstrip("0") or "0"
    return ColumnQuery(sku, version.lower()) if sku else None


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One value in words. ``direction`` is against the cell on the left, and SAME in the first column."""

    shown: str
    direction: Direction = Direction.SAME
    unit: str = ""
    note: str = ""
    is_listed: bool = True
    said: ChangeWords | None = None

    @property
    def words(self) -> ChangeWords:
        """Return the word, sign and tone of the difference."""
        return self.said or DIRECTIONS[self.direction]

    @property
    def differs(self) -> bool:
        """Tell whether the cell on the left differs."""
        return self.direction is not Direction.SAME

    @property
    def sign(self) -> str:
        """Return the sign of the direction."""
        return self.words.sign if self.differs else ""


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """One right, price or term across all columns."""

    label: str
    key: str
    cells: tuple[MatrixCell, ...]

    @property
    def differs(self) -> bool:
        """Tell whether any column differs from the one left of it."""
        return any(cell.differs for cell in self.cells)


@dataclass(frozen=True, slots=True)
class MatrixSection:
    """The lines under one heading."""

    name: str
    lines: tuple[MatrixLine, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The whole table."""

    sections: tuple[MatrixSection, ...]

    @property
    def lines(self) -> list[MatrixLine]:
        """Return every line."""
        return [line for section in self.sections for line in section.lines]

    @property
    def differing(self) -> int:
        """Return the number of lines that differ."""
        return sum(line.differs for line in self.lines)


def matrix(snapshots: Sequence[Snapshot]) -> Matrix:
    """Return the table of the snapshots, one column each, in the same order."""
    diffs = [_diff_snapshots(left, right) for left, right in pairwise(snapshots)]
    granted = _right_lines([_granted(each) for each in snapshots], [diff.rights for diff in diffs])
    added = _right_lines([_listed(each.extension_sheet) for each in snapshots], [diff.extensions for diff in diffs])
    sections = [
        MatrixSection("Prices", tuple(_price_lines(snapshots, diffs))),
        *_by_group(granted),
        MatrixSection("Added to the plan", tuple(line for _, line in added)),
        MatrixSection("Terms", tuple(_term_lines(snapshots, diffs))),
    ]
    return Matrix(tuple(section for section in sections if section.lines))


def _diff_snapshots(left: Snapshot, right: Snapshot) -> RevisionDiff:
    if isinstance(left, Revision) and isinstance(right, Revision):
        return diff_of(left, right)
    return compare_snapshots(left, right)


def _merged(orders: Iterable[Iterable[str]]) -> list[str]:
    """Return every key once; a key of a later column alone comes after the key before it there."""
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
    """Return the sheet without the definitions of rights that have no value."""
    return Sheet(sheet.values, {key: right for key, right in sheet.definitions.items() if key in sheet.values})


def _granted(snapshot: Snapshot) -> Sheet:
    """Return the rights of a snapshot; seats sold per quantity are listed too, without a value."""
    sheet = snapshot.sheet
    seats = sheet.definitions.get(SEATS)
    listed = _listed(sheet)
    if seats and snapshot.terms.get("seats_sold") == SeatsSold.PER_QUANTITY:
        return Sheet(listed.values, {SEATS: seats, **listed.definitions})
    return listed


def _by_group(lines: Iterable[tuple[str, MatrixLine]]) -> list[MatrixSection]:
    groups: dict[str, list[MatrixLine]] = {}
    for group, line in lines:
        groups.setdefault(group, []).append(line)
    return [MatrixSection(name, tuple(found)) for name, found in groups.items()]


def _right_lines(
    sheets: Sequence[Sheet], diffs: Sequence[Iterable[rights.RightChange]]
) -> Iterator[tuple[str, MatrixLine]]:
    """Yield the group and the line of each right; the last column with the right names it."""
    directions = [{change.right.key: change.direction for change in changes} for changes in diffs]
    for key in _merged(sheet.definitions for sheet in sheets):
        named = next(sheet.definitions[key] for sheet in reversed(sheets) if key in sheet.definitions)
        steps = [
            Direction.SAME,
            *(_right_step(key, *pair, found) for pair, found in zip(pairwise(sheets), directions, strict=True)),
        ]
        cells = (_right_cell(named, sheet, step) for sheet, step in zip(sheets, steps, strict=True))
        yield named.group, MatrixLine(named.label, key, tuple(cells))


def _right_step(key: str, left: Sheet, right: Sheet, directions: Mapping[str, Direction]) -> Direction:
    """Return the direction of one right from one column to the next; another name or unit is a change too."""
    was, now = left.definitions.get(key), right.definitions.get(key)
    if was and now and (key in left.values) != (key in right.values):
        return Direction.CHANGED
    renamed = was and now and (was.label, was.unit) != (now.label, now.unit)
    return directions.get(key, Direction.CHANGED if renamed else Direction.SAME)


def _right_cell(named: Right, sheet: Sheet, direction: Direction) -> MatrixCell:
    right = sheet.definitions.get(named.key)
    if right is None:
        return MatrixCell("", direction, is_listed=False, said=change_words(named.kind, direction))
    is_sold_per_quantity = named.key not in sheet.values
    shown = "per quantity" if is_sold_per_quantity else rights.show(right, sheet.values[named.key])
    note = "" if right.label == named.label else f"called {right.label}"
    said = change_words(right.kind, direction)
    return MatrixCell(shown, direction, unit=right.unit if shown else "", note=note, said=said)


# --- prices and terms ------------------------------------------------------------------------------------------------


def _price_lines(snapshots: Sequence[Snapshot], diffs: Sequence[RevisionDiff]) -> Iterator[MatrixLine]:
    prices = [{str(stored["key"]): Price.from_json(stored) for stored in each.prices} for each in snapshots]
    periods = [each.terms.get("billing_period", "") for each in snapshots]
    directions = [{change.key: change.direction for change in diff.prices} for diff in diffs]
    for key in _merged(prices):
        found = [by_key.get(key) for by_key in prices]
        columns = pairwise(zip(found, periods, strict=True))
        steps = [_price_step(key, *pair, by_key) for pair, by_key in zip(columns, directions, strict=True)]
        cells = map(_price_cell, found, periods, [Direction.SAME, *steps])
        yield MatrixLine("Price" if key == "price" else key.replace("-", " ").capitalize(), "", tuple(cells))


def _price_step(
    key: str, left: tuple[Price | None, str], right: tuple[Price | None, str], directions: Mapping[str, Direction]
) -> Direction:
    """Return the direction of one price; amounts for periods of different length have no order."""
    (was, period_before), (now, period_after) = left, right
    if was and now and "recurring" in (was.kind, now.kind) and period_before != period_after:
        return Direction.CHANGED
    return directions.get(key, Direction.SAME)


def _price_cell(price: Price | None, billing_period: str, direction: Direction) -> MatrixCell:
    if price is None:
        return MatrixCell("", direction, is_listed=False, said=OF_PRICE[direction])
    return MatrixCell(price.words, direction, note=show_due(price, billing_period).strip(), said=OF_PRICE[direction])


def _term_lines(snapshots: Sequence[Snapshot], diffs: Sequence[RevisionDiff]) -> Iterator[MatrixLine]:
    changed = [set[str](), *({change.label for change in diff.terms} for diff in diffs)]
    for key, label in TERMS.items():
        shown = [show_term(key, each.terms.get(key, "")) for each in snapshots]
        if any(shown):
            steps = [Direction.CHANGED if label in labels else Direction.SAME for labels in changed]
            cells = (MatrixCell(words, step, is_listed=bool(words)) for words, step in zip(shown, steps, strict=True))
            yield MatrixLine(label, "", tuple(cells))
