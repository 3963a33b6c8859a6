"""Rows for tables of catalog pages: rights in groups, and differences in words. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offerings import rights
from offerings.prices import PriceChange
from offerings.rights import Direction, Right, RightChange, Sheet

if TYPE_CHECKING:
    from offerings.revisions import RevisionDiff, TermChange

SIGNS = {
    Direction.ADDED: "+",
    Direction.REMOVED: "\N{MINUS SIGN}",
    Direction.RAISED: "↑",
    Direction.LOWERED: "↓",
    Direction.CHANGED: "→",
}


@dataclass(frozen=True, slots=True)
class RightRow:
    """One right and its value in words."""

    right: Right
    shown: str


@dataclass(frozen=True, slots=True)
class RightGroup:
    """The rights under one heading."""

    name: str
    rows: tuple[RightRow, ...]


def right_groups(sheet: Sheet) -> list[RightGroup]:
    """Return the rights of a revision or draft under their headings, with values in words."""
    groups: dict[str, list[RightRow]] = {}
    for key, right in sheet.definitions.items():
        if key in sheet.values:
            groups.setdefault(right.group, []).append(RightRow(right, rights.show(right, sheet.values[key])))
    return [RightGroup(name, tuple(rows)) for name, rows in groups.items()]


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One difference in words. ``direction`` gives its colour; ``sign`` shows the direction without colour."""

    section: str
    label: str
    key: str
    before: str
    after: str
    direction: Direction

    @property
    def sign(self) -> str:
        """Return the sign of the direction."""
        return SIGNS[self.direction]


def diff_rows(diff: "RevisionDiff") -> list[DiffRow]:
    """Return every difference as a row: rights, what an add-on adds, prices, terms, editions, names."""
    return [
        *_right_rows("Rights", diff.rights),
        *_right_rows("Added to the plan", diff.extensions),
        *_price_rows(diff.prices),
        *_term_rows("Terms", diff.terms),
        *_term_rows("Editions", diff.relations),
        *_term_rows("Names and units", diff.names),
    ]


def _right_rows(section: str, changes: Iterable[RightChange]) -> Iterator[DiffRow]:
    for change in changes:
        right = change.right
        unit = f" ({right.unit})" if right.unit else ""
        yield DiffRow(section, right.label + unit, right.key, change.shown_before, change.shown_after, change.direction)


def _price_rows(changes: Iterable[PriceChange]) -> Iterator[DiffRow]:
    for change in changes:
        before, after = (price.words if price else "" for price in (change.before, change.after))
        kind = (change.after or change.before or change).key
        yield DiffRow("Prices", f"Price {kind}" if kind != "price" else "Price", "", before, after, change.direction)


def _term_rows(section: str, changes: Iterable["TermChange"]) -> Iterator[DiffRow]:
    for change in changes:
        direction = Direction.CHANGED
        if not (change.before and change.after):
            direction = Direction.ADDED if change.after else Direction.REMOVED
        yield DiffRow(section, change.label, "", change.before, change.after, direction)
