"""Django's log of edits: every edit leaves a line that says what was and what is."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from config import formats
from config.actors import System, user_of
from config.differences import Snapshot, differences
from config.snapshots import rows_of, snapshots

LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class EditLine:
    """One line to write: the row by model, key and title, what was done, and the differences."""

    model: type[Model]
    key: Any
    title: str
    action_flag: int
    message: str


def log_edit(row: Model, message: str, *, made_by: User | System, action_flag: int = CHANGE) -> None:
    """Write one line about ``row`` into Django's log. Call this function in the transaction of the edit."""
    write_lines([EditLine(row._meta.model, row.pk, str(row), action_flag, message)], made_by=made_by)


def write_lines(lines: Iterable[EditLine], *, made_by: User | System, at: datetime | None = None) -> None:
    """Write lines into Django's log, of the moment ``at`` or now; constant statements.

    Amounts of money are written the same way whoever wrote them.
    """
    with formats.override(formats.DEFAULT):
        found = list(lines)
    if not found:
        return
    types = ContentType.objects.get_for_models(*{line.model for line in found}, for_concrete_models=False)
    user = user_of(made_by)
    LogEntry.objects.bulk_create(
        LogEntry(
            action_time=at or timezone.now(),
            user_id=user.pk,
            content_type=types[line.model],
            object_id=str(line.key),
            object_repr=line.title[:LONGEST_TITLE],
            action_flag=line.action_flag,
            change_message=line.message,
        )
        for line in found
    )


def edits_of(row: Model) -> "QuerySet[LogEntry]":
    """Return the lines about a row, newest first, with the people."""
    lines = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk))
    return lines.select_related("user").order_by("-action_time", "-pk")


@dataclass
class Edit:
    """One edit of some rows: ``watch`` them before the first write, ``add`` new ones, then ``lines`` has the lines.

    ``is_change`` tells afterwards whether there were any.
    """

    before: dict[type[Model], dict[Any, Snapshot]] = field(default_factory=dict)
    added: dict[type[Model], set[Any]] = field(default_factory=dict)
    is_change: bool = False

    def watch(self, *rows: Model) -> None:
        """Lock rows and read them as they are now; two queries or more for each model, whatever the number of rows."""
        keys: dict[type[Model], set[Any]] = {}
        for row in rows:
            keys.setdefault(row._meta.model, set()).add(row.pk)
        for model, found in keys.items():
            chosen = rows_of(model).filter(pk__in=found)
            list(chosen.select_for_update().order_by("pk").values_list("pk"))  # the bare rows, without their relations
            self.before.setdefault(model, {}).update(snapshots(chosen))

    def add(self, *rows: Model) -> None:
        """Add rows that the edit made."""
        for row in rows:
            self.added.setdefault(row._meta.model, set()).add(row.pk)

    def lines(self) -> list[EditLine]:
        """Return a line for each row that was added, changed or deleted; none for a row that is as it was."""
        found: list[EditLine | None] = []
        for model in {**self.before, **self.added}:
            before = self.before.get(model, {})
            keys = [*before, *sorted(self.added.get(model, ()))]
            after = snapshots(rows_of(model).filter(pk__in=keys))
            found += [line_of(model, key, before.get(key), after.get(key)) for key in keys]
        lines = [line for line in found if line]
        self.is_change = bool(lines)
        return lines


def line_of(model: type[Model], key: Any, before: Snapshot | None, after: Snapshot | None) -> EditLine | None:
    """Return the line of one row; ``None`` where nothing differs."""
    row = after or before
    if row is None or before == after:
        return None
    sentences = differences(before, after)
    if before and after and not sentences:
        return None
    flag = CHANGE if before and after else ADDITION if after else DELETION
    return EditLine(model, key, row.title, flag, "\n".join(sentences))


@contextmanager
def logged(*rows: Model, made_by: User | System, at: datetime | None = None) -> Iterator[Edit]:
    """Run an edit of rows in one transaction with its lines in the log.

    Rows that the edit adds are named by ``add``; those it finds later, by ``watch`` before they are written.
    """
    with transaction.atomic():
        edit = Edit()
        edit.watch(*rows)
        yield edit
        write_lines(edit.lines(), made_by=made_by, at=at)
