"""Read a CSV file row by row, in the dialects of spreadsheets: commas, semicolons, tabs, quotes, encodings."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from config.csv_export import FORMULA_STARTS
from config.folding import fold
from entitlements.importing.encodings import HOW_TO_SAVE, UnreadableFile, find_encoding

DELIMITERS = (",", ";", "\t")
LONGEST_LINE = 1_000_000  # characters
MOST_COLUMNS = 200
OVERRIDE, UNTIL = "override:", "until:"
QUOTED_FORMULA = re.compile(r'="(.*)"', re.DOTALL)
DELIMITER_LINE = re.compile(r"sep=(.)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the number of the line it starts in, its texts by column, and what is wrong with it as a row."""

    line: int
    cells: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The first row of a file: the columns it names, the delimiter, and the number of its line."""

    columns: tuple[str, ...]
    delimiter: str
    line: int


class Sheet:
    """A CSV file with a head. ``known`` are the columns it may have, ``required`` those it must.

    Raises ``UnreadableFile`` for a file that cannot be read, or has another head.
    """

    def __init__(self, file: BinaryIO, *, known: Sequence[str], required: Collection[str], encoding: str = "") -> None:
        self.file = file
        self.encoding = find_encoding(file, encoding)
        self.known = known
        self.head = self._read_head()
        missing = [name for name in known if name in required and name not in self.head.columns]
        if missing:
            raise UnreadableFile(
                f"Line {self.head.line}: the column {missing[0]} is missing. {self._columns_in_words()}"
            )

    def rows(self) -> Iterator[Row]:
        """Yield every row below the head that has a text; a row that cannot be read has a problem instead."""
        lines = self._lines()
        before = 0
        while before < self.head.line:
            next(lines)
            before += 1
        reader = csv.reader(lines, delimiter=self.head.delimiter, strict=True)
        while True:
            line = before + reader.line_num + 1
            try:
                cells = [plain(text) for text in next(reader)]
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(line, {}, f"This line cannot be read as CSV ({error}). Check its quotes.")
                continue
            if any(cells):
                yield self._row(line, cells)

    def _row(self, line: int, cells: list[str]) -> Row:
        columns = self.head.columns
        if any(cells[len(columns) :]):
            problem = f"This line has more cells than the first line has columns ({len(columns)}). Check its quotes."
            return Row(line, {}, problem)
        return Row(line, {name: text for name, text in zip(columns, cells, strict=False) if text})

    def _lines(self) -> Iterator[str]:
        """Yield the lines of the file; raise ``UnreadableFile`` where one is in another encoding, or has no end."""
        self.file.seek(0)
        text = io.TextIOWrapper(self.file, encoding=self.encoding, newline="")
        number = 0
        try:
            while line := text.readline(LONGEST_LINE):
                number += 1
                if len(line) == LONGEST_LINE:
                    raise UnreadableFile(f"Line {number:,} has no end within {LONGEST_LINE:,} characters.")
                yield line
        except UnicodeError as error:
            message = f"Line {number + 1:,} or one soon after it is not in {self.encoding}. {HOW_TO_SAVE}"
            raise UnreadableFile(message) from error
        finally:
            text.detach()

    def _read_head(self) -> Head:
        delimiter = ""
        for number, line in enumerate(self._lines(), start=1):
            if number == 1 and (match := DELIMITER_LINE.fullmatch(line.rstrip("\r\n"))):
                delimiter = match[1]
                continue
            if not line.strip(" ,;\t\r\n"):
                continue
            readings = {each: _names(line, each) for each in ([delimiter] if delimiter else DELIMITERS)}
            found = max(readings, key=lambda each: sum(self._column(name) is not None for name in readings[each]))
            return Head(self._named(readings[found], line=number), found, number)
        raise UnreadableFile("This file has no lines. Choose another one, or start from the template.")

    def _column(self, name: str) -> str | None:
        """Return the column that a head names, in any spelling; ``None`` for an unknown one."""
        start, colon, key = name.partition(":")
        if colon and key.strip():
            prefixes = (each for each in self.known if each.endswith(":") and fold(each) == fold(start))
            return next((prefix + key.strip() for prefix in prefixes), None)
        return next((each for each in self.known if not each.endswith(":") and fold(each) == fold(name)), None)

    def _named(self, names: Sequence[str], *, line: int) -> tuple[str, ...]:
        columns = [self._column(name) for name in names]
        if not any(columns):
            raise UnreadableFile(f"Line {line}: no column of this import is named here. {self._columns_in_words()}")
        if len(names) > MOST_COLUMNS:
            raise UnreadableFile(f"Line {line}: a file may have {MOST_COLUMNS} columns. Remove some.")
        found = []
        for name, column in zip(names, columns, strict=False):
            if column is None:
                shown = f"there is no column “{name[:60]}”" if name else "a column has no name"
                raise UnreadableFile(f"Line {line}: {shown}. Remove or rename it. {self._columns_in_words()}")
            if column in found:
                raise UnreadableFile(f"Line {line}: the column {column} is there twice. Remove one.")
            found.append(column)
        return tuple(found)

    def _columns_in_words(self) -> str:
        names = [f"{each}NAME" if each.endswith(":") else each for each in self.known]
        return f"The columns are: {', '.join(names)}."


def plain(text: str) -> str:
    """Return the text of a cell without what spreadsheets put around it.

    ``="00123"`` keeps zeros, and an apostrophe in front keeps our own files from being run as formulas.
    """
    text = text.strip()
    if match := QUOTED_FORMULA.fullmatch(text):
        return match[1].replace('""', '"').strip()
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text


def _names(line: str, delimiter: str) -> list[str]:
    """Return the names in the first line, without the empty ones at its end; at most one more than may be."""
    try:
        names = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []
    end = len(names)
    while end and not names[end - 1].strip():
        end -= 1
    return [plain(name) for name in names[: min(end, MOST_COLUMNS + 1)]]
