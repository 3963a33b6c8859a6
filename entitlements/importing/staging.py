"""The lines of a file between reading and importing: sorted, grouped and compared without holding them in memory.

A private SQLite database in a temporary file of the system does so, whatever database Upshift itself runs on. It is
gone with its connection.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from types import TracebackType
from typing import Self

SCHEMA = """
CREATE TABLE line (number INTEGER PRIMARY KEY, unit TEXT, twin TEXT, owner TEXT, named TEXT, label TEXT,
  code TEXT, cells TEXT, is_bad INTEGER);
CREATE TABLE message (line INTEGER, name TEXT, text TEXT, is_warning INTEGER, UNIQUE (line, name, text));
"""
INDEXES = """
CREATE INDEX line_by_unit ON line (unit, number) WHERE NOT is_bad;
CREATE INDEX line_by_twin ON line (twin, number) WHERE twin != '';
CREATE INDEX line_by_code ON line (code, number, unit) WHERE code != '';
CREATE INDEX line_by_owner ON line (owner, number, named) WHERE owner != '' AND named != '';
"""
CACHE_KIB = 4096


@dataclass(frozen=True, slots=True)
class StagedLine:
    """One line: its number, its texts by column, and the keys it is compared by.

    Lines of one ``unit`` are imported together. No two lines may have the same ``twin``. Lines of one ``owner`` must
    have the same ``named``. Empty keys are not compared. ``label`` is the text of ``named``; ``owner_label`` is that of
    the first line of the owner that has one. No lines of two units may have the same ``code``.
    """

    number: int
    cells: Mapping[str, str]
    unit: str
    twin: str = ""
    owner: str = ""
    named: str = ""
    label: str = ""
    code: str = ""
    owner_label: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What is wrong with a line of the file, or odd: the line, the column or none, a sentence that says what to do."""

    line: int
    column: str
    text: str
    is_warning: bool = False


class Staging:
    """The staged lines and messages of one file. Use it with ``with``."""

    def __init__(self) -> None:
        self.database = sqlite3.connect("", isolation_level=None)
        self.database.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self.database.execute("PRAGMA journal_mode = OFF")
        self.database.executescript(SCHEMA)
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        """Return the staging itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove everything."""
        self.database.close()

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the texts of all lines."""
        return self._digest.hexdigest()

    def fill(self, lines: Iterable[StagedLine | Message]) -> None:
        """Stage the lines of a file with the messages about them: a line with an error is not imported."""
        self.database.execute("BEGIN")
        for each in lines:
            if isinstance(each, Message):
                self.say([each])
                continue
            row = (each.number, each.unit, each.twin, each.owner, each.named, each.label, each.code)
            cells = json.dumps(each.cells)
            self._digest.update(f"{each.number} {cells}\n".encode())
            self.database.execute("INSERT INTO line VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)", (*row, cells))
        self._exclude_bad()
        self.database.execute("COMMIT")
        self.database.executescript(INDEXES)

    def say(self, messages: Iterable[Message]) -> None:
        """Keep messages; the same one twice is one."""
        rows = ((each.line, each.column, each.text, each.is_warning) for each in messages)
        self.database.executemany("INSERT OR IGNORE INTO message VALUES (?, ?, ?, ?)", rows)

    def forget_messages(self) -> None:
        """Remove all messages but those of reading: a second look says its own."""
        self.database.execute(
            "DELETE FROM message WHERE line = 0 OR line IN (SELECT number FROM line WHERE NOT is_bad)"
        )

    def twins(self) -> Iterator[tuple[int, int]]:
        """Yield each line with the keys of an earlier line, and that one's number."""
        yield from self.database.execute(
            "SELECT line.number, first.number FROM line JOIN "
            "(SELECT twin, min(number) AS number FROM line WHERE twin != '' GROUP BY twin HAVING count(*) > 1) "
            "AS first "
            "ON first.twin = line.twin AND line.twin != '' AND line.number > first.number ORDER BY line.number"
        )

    def misnamed(self) -> Iterator[tuple[int, int]]:
        """Yield each line that names its owner otherwise than an earlier line, and that one's number."""
        yield from self.database.execute(
            "SELECT line.number, first.number FROM line JOIN "
            "(SELECT owner, named, min(number) AS number FROM line WHERE owner != '' AND named != '' GROUP BY owner) "
            "AS first ON first.owner = line.owner AND line.named != '' AND line.named != first.named "
            "ORDER BY line.number"
        )

    def shared_codes(self) -> Iterator[tuple[int, int]]:
        """Yield each line with a code that an earlier line of another unit has, and that one's number."""
        yield from self.database.execute(
            "SELECT line.number, first.number FROM line JOIN "
            "(SELECT code, unit, min(number) AS number FROM line WHERE code != '' GROUP BY code) "
            "AS first ON first.code = line.code AND line.code != '' AND line.unit != first.unit ORDER BY line.number"
        )

    def refuse(self, messages: Iterable[Message]) -> None:
        """Keep messages about lines that are compared with each other, and leave these lines out."""
        self.database.execute("BEGIN")
        self.say(messages)
        self._exclude_bad()
        self.database.execute("COMMIT")

    def _exclude_bad(self) -> None:
        self.database.execute(
            "UPDATE line SET is_bad = 1 WHERE number IN (SELECT line FROM message WHERE NOT is_warning)"
        )

    def batches(self, size: int) -> Iterator[list[list[StagedLine]]]:
        """Yield the lines without errors, the units as a whole, in lists of units with about ``size`` lines."""
        rows = self.database.execute(
            "SELECT number, unit, owner, named, cells, (SELECT other.label FROM line AS other WHERE other.owner != '' "
            "AND other.named != '' AND other.owner = line.owner ORDER BY other.number LIMIT 1) "
            "FROM line WHERE NOT is_bad ORDER BY unit, number"
        )
        batch: list[list[StagedLine]] = []
        count = 0
        for unit, members in groupby(rows, key=lambda row: row[1]):
            lines = [
                StagedLine(number, json.loads(cells), unit, owner=owner, named=named, owner_label=label or "")
                for number, _unit, owner, named, cells, label in members
            ]
            batch.append(lines)
            count += len(lines)
            if count >= size:
                yield batch
                batch, count = [], 0
        if batch:
            yield batch

    def messages(self, *, warnings: bool) -> Iterator[Message]:
        """Yield the errors, or the warnings, in order of lines."""
        rows = self.database.execute(
            "SELECT line, name, text, is_warning FROM message WHERE is_warning = ? ORDER BY line, rowid", [warnings]
        )
        return (Message(line, name, text, bool(is_warning)) for line, name, text, is_warning in rows)

    def count(self) -> int:
        """Return the number of lines, without those that could not be read as rows."""
        return int(self.database.execute("SELECT count(*) FROM line").fetchone()[0])

    def count_messages(self, *, warnings: bool) -> int:
        """Return the number of errors, or of warnings."""
        row = self.database.execute("SELECT count(*) FROM message WHERE is_warning = ?", [warnings]).fetchone()
        return int(row[0])
