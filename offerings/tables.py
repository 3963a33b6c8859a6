"""Rows for tables of catalog pages: rights in groups, and differences in words. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from offerings import rights
from offerings.change_words import DIRECTIONS, OF_PRICE, ChangeWords, change_words
from offerings.prices import PriceChange, show_due
from offerings.rights import Direction, Right, RightChange, Sheet

if TYPE_CHECKING:
    from offerings.revisions import RevisionDiff, TermChange

PRICES = "Prices"
SIGNS: dict[Direction, str] = {each: words.sign for each, words in DIRECTIONS.items() if each is not Direction.SAME}


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
    """One difference in words. ``tone`` colours it; ``sign`` and ``word`` say the same without colour."""

    section: str
    label: str
    key: str
    before: str
    after: str
    direction: Direction
    words: ChangeWords

    @property
    def tone(self) -> str:
        """Return the tone."""
        return self.words.tone

    @property
    def sign(self) -> str:
        """Return the sign."""
        return self.words.sign

    @property
    def word(self) -> str:
        """Return the change in a word: added, lowered, earlier."""
        return self.words.word


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
        words = change_words(right.kind, change.direction)
        sides = change.shown_before, change.shown_after
        yield DiffRow(section, right.label + unit, right.key, *sides, change.direction, words)


def _price_rows(changes: Iterable[PriceChange]) -> Iterator[DiffRow]:
    for change in changes:
        before, after = (
            f"{price.words}{show_due(price, '')}" if price else "" for price in (change.before, change.after)
        )
        kind, words = (change.after or change.before or change).key, OF_PRICE[change.direction]
        yield DiffRow(
            PRICES, f"Price {kind}" if kind != "price" else "Price", "", before, after, change.direction, words
        )


def _term_rows(section: str, changes: Iterable["TermChange"]) -> Iterator[DiffRow]:
    for change in changes:
        direction = Direction.CHANGED
        if not (change.before and change.after):
            direction = Direction.ADDED if change.after else Direction.REMOVED
        yield DiffRow(section, change.label, "", change.before, change.after, direction, DIRECTIONS[direction])
