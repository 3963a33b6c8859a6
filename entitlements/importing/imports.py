"""What every import is: columns, lines that are staged, and batches that are previewed and then written as one.

A dry run looks at every line and writes nothing. An import then runs the same code again in one transaction, and
writes nothing at all unless it finds no error and does exactly what the dry run showed, by its fingerprint. So the
transaction is begun for a file that is known to be good, it is as short as the writing itself, and it locks nothing but
the rows that the file changes. Writing batch by batch in transactions of their own would wait for nobody either, but a
file could stop half way.
"""

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import BinaryIO, ClassVar
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.translation import ngettext

from config.actors import System
from config.clock import site_today
from config.name_fields import hidden_problem
from entitlements.importing.cells import DayOrder
from entitlements.importing.encodings import PIECE, UnreadableFile
from entitlements.importing.sheets import OVERRIDE, Row, Sheet
from entitlements.importing.staging import Message, StagedLine, Staging
from entitlements.models import Act, new_id

BATCH_SIZE = 1000
LOCK = 0x75707368696674  # one import at a time: two of the same file would create everything twice
Progress = Callable[["Report"], None]


class Outcome(StrEnum):
    """What a line does."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "the same"


@dataclass(frozen=True, slots=True)
class Source:
    """The file: its name, its digest, and the way its days are read."""

    name: str
    digest: str
    days: DayOrder = DayOrder.UNKNOWN


@dataclass(frozen=True, slots=True)
class By:
    """Who imports, why, and on which day. The keys of new rows follow from ``key``, which is that of the act."""

    made_by: User | System
    reason: str = ""
    reference: str = ""
    as_of: date = field(default_factory=site_today)
    key: UUID = field(default_factory=new_id)


@dataclass
class Report:
    """What an import does, or did, in numbers: lines by outcome, rows made on the way by noun, errors, warnings."""

    lines: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    warnings: int = 0
    fingerprint: str = ""
    act: Act | None = None

    @property
    def looked_at(self) -> int:
        """Return the number of lines that were looked at so far."""
        return self.outcomes.total()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing would be written."""
        return not (self.outcomes[Outcome.NEW] or self.outcomes[Outcome.CHANGED])


@dataclass
class BatchResult:
    """What one batch does, or did."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    messages: list[Message] = field(default_factory=list)
    fingerprints: list[str] = field(default_factory=list)
    act: Act | None = None


class NotImported(ValueError):
    """Nothing was written: a line has an error, or the import would do something else than was shown."""

    def __init__(self, report: Report) -> None:
        super().__init__("Nothing was imported.")
        self.report = report


@dataclass(frozen=True)
class Import(ABC):
    """One kind of file. Subclasses say which columns it has and what a batch of lines does."""

    name: ClassVar[str]
    noun: ClassVar[tuple[str, str]]
    columns: ClassVar[tuple[str, ...]]
    required: ClassVar[tuple[str, ...]]
    example: ClassVar[dict[str, str]]
    help: ClassVar[dict[str, str]]
    permissions: ClassVar[tuple[str, ...]]
    names_twins: ClassVar[str]
    """What two lines may not share, in words."""

    source: Source
    lines: int = 0

    @abstractmethod
    def staged(self, row: Row) -> StagedLine:
        """Return the line of a row, with the keys it is compared by."""

    @abstractmethod
    def problems_of(self, row: Row) -> Iterator[Message]:
        """Yield what is wrong with a row by itself, without looking at the database."""

    @abstractmethod
    def preview(self, units: list[list[StagedLine]], by: By) -> BatchResult:
        """Return what a batch would do; constant queries. Writes nothing."""

    @abstractmethod
    def apply(self, units: list[list[StagedLine]], by: By, *, part_of: Act | None) -> BatchResult:
        """Write a batch in the transaction of the caller, unless it has errors; constant statements."""

    def problems_of_all(self, report: Report, by: By) -> list[Message]:
        """Return what is wrong with all lines together, once each batch was looked at."""
        return []

    # --- reading ------------------------------------------------------------------------------------------------------

    def stage(self, file: BinaryIO, staging: Staging, *, encoding: str = "", most: int | None = None) -> None:
        """Read a file into ``staging``, with what is wrong in its lines alone and beside each other.

        Raises ``UnreadableFile``, also for a file with more than ``most`` lines.
        """
        sheet = Sheet(file, known=self.columns, required=self.required, encoding=encoding)
        staging.fill(self._lines(sheet, most))
        if not staging.count() and not staging.count_messages(warnings=False):
            raise UnreadableFile("This file has no line below its first one. Fill it in, or choose another file.")
        staging.refuse(
            Message(line, "", f"Line {first:,} has {self.names_twins} already. Keep one of the two.")
            for line, first in staging.twins()
        )
        staging.refuse(
            Message(line, "customer", f"Line {first:,} gives the same account reference another name. Use one name.")
            for line, first in staging.misnamed()
        )
        staging.refuse(
            Message(line, "activation_code", f"Line {first:,} gives this code to another order. Give each its own.")
            for line, first in staging.shared_codes()
        )

    def _lines(self, sheet: Sheet, most: int | None) -> Iterator[StagedLine | Message]:
        for count, row in enumerate(sheet.rows(), start=1):
            if most is not None and count > most:
                raise UnreadableFile(
                    f"This file has more than {most:,} lines. Import it with manage.py {self.name}, or in parts."
                )
            if row.problem:
                yield Message(row.line, "", row.problem)
                continue
            yield from (
                Message(row.line, name, problem)
                for name, text in row.cells.items()
                if not name.startswith(OVERRIDE) and (problem := hidden_problem(text))
            )
            yield from (
                Message(row.line, name, f"Fill in the {name.replace('_', ' ')}.")
                for name in self.required
                if name not in row.cells
            )
            yield from self.problems_of(row)
            yield self.staged(row)

    # --- running ------------------------------------------------------------------------------------------------------

    def dry_run(self, staging: Staging, by: By, *, progress: Progress = lambda _report: None) -> Report:
        """Return what the import would do; what is wrong with lines is in ``staging`` afterwards. Writes nothing."""
        staging.forget_messages()
        return self._run(staging, by, lambda units, _act: self.preview(units, by), progress=progress)

    def carry_out(
        self, staging: Staging, by: By, *, expected: str, progress: Progress = lambda _report: None
    ) -> Report:
        """Import all lines in one transaction, and return what was done.

        Raises ``NotImported``, with nothing written, for any error, and where the fingerprint is not the ``expected``
        one: somebody changed something since the dry run.
        """
        staging.forget_messages()
        with transaction.atomic():
            _wait_for_other_imports()
            report = self._run(staging, by, lambda units, act: self.apply(units, by, part_of=act), progress=progress)
            if report.errors or report.fingerprint != expected:
                raise NotImported(report)
        return report

    def _run(
        self,
        staging: Staging,
        by: By,
        do: Callable[[list[list[StagedLine]], Act | None], BatchResult],
        *,
        progress: Progress,
    ) -> Report:
        report, digest = Report(lines=staging.count()), hashlib.sha256(staging.digest.encode())
        for units in staging.batches(BATCH_SIZE):
            result = do(units, report.act)
            report.outcomes += result.outcomes
            report.made += result.made
            report.act = result.act or report.act
            staging.say(result.messages)
            digest.update("".join(result.fingerprints).encode())
            progress(report)
        staging.say(self.problems_of_all(report, by))
        report.errors = staging.count_messages(warnings=False)
        report.warnings = staging.count_messages(warnings=True)
        report.fingerprint = digest.hexdigest()
        return report


def _wait_for_other_imports() -> None:
    """Hold a lock until the transaction ends. SQLite has one writer at a time anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def digest_of(file: BinaryIO) -> str:
    """Return the SHA-256 of a file, which is at its start afterwards."""
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(PIECE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def counts_in_words(report: Report) -> str:
    """Return the counts in words: "12 new, 3 changed, 5 the same"."""
    return ", ".join(f"{report.outcomes[each]:,} {each}" for each in Outcome)


def lines_in_words(count: int) -> str:
    """Return a number of lines in words."""
    return ngettext("%(count)s line", "%(count)s lines", count) % {"count": f"{count:,}"}


def made_in_words(report: Report) -> str:
    """Return what is made on the way, in words; empty where nothing is."""
    nouns = {"customer": ("new customer", "new customers"), "order": ("new order", "new orders")}
    counts = [(report.made[name], words) for name, words in nouns.items()]
    found = [f"{count:,} {words[count != 1]}" for count, words in counts if count]
    return " and ".join(found)


def errors_of(staging: Staging, most: int) -> list[Message]:
    """Return the first errors in order of lines."""
    return _first(staging.messages(warnings=False), most)


def warnings_of(staging: Staging, most: int) -> list[Message]:
    """Return the first warnings in order of lines."""
    return _first(staging.messages(warnings=True), most)


def _first(messages: Iterable[Message], most: int) -> list[Message]:
    return [each for each, _number in zip(messages, range(most), strict=False)]
