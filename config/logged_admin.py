"""The base of every admin page: each edit leaves a line in the log that says what was and what is."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import NestedObjects
from django.db import router, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from config.edit_log import Edit, EditLine, line_of, write_lines


class LoggedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Write the lines of the log from the rows before and after, in place of Django's "Changed Amount".

    An edit that changes nothing leaves no line.
    """

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        """Read the row before it is saved."""
        self.begin_edit(request, *([obj] if change else []))
        super().save_model(request, obj, form, change)

    def begin_edit(self, request: HttpRequest, *rows: Model) -> None:
        """Read and lock rows that this request is about to change, in its transaction."""
        request.edit = Edit()  # type: ignore[attr-defined]
        request.edit.watch(*rows)  # type: ignore[attr-defined]

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> str:  # type: ignore[override]  # noqa: FBT001, FBT002
        """Return nothing: the differences are found when the line is written."""
        return ""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry | None:  # type: ignore[override]
        """Write the line of a new row, with all its values."""
        request.edit.add(obj)  # type: ignore[attr-defined]
        return self.log_change(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry | None:  # type: ignore[override]
        """Write the lines of what the edit changed."""
        edit: Edit = request.edit  # type: ignore[attr-defined]
        write_lines(edit.lines(), made_by=request.user)  # type: ignore[arg-type]
        return None

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> list[LogEntry]:
        """Write a line for each row that is about to be deleted, with its last values and what goes with it."""
        write_lines(self._deletions(list(queryset)), made_by=request.user)  # type: ignore[arg-type]
        return []

    def _deletions(self, rows: list[Any]) -> Iterator[EditLine]:
        edit, nested = Edit(), NestedObjects(using=router.db_for_write(self.model))
        edit.watch(*rows)
        nested.collect(rows)
        for row in rows:
            line = line_of(type(row), row.pk, edit.before.get(type(row), {}).get(row.pk), None)
            if line:
                message = "\n".join([line.message, *_gone_with(nested, row)])
                yield EditLine(line.model, line.key, line.title, line.action_flag, message)

    def response_action(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:  # type: ignore[override]  # the stubs know a later Django
        """Run an action in one transaction with its lines."""
        with transaction.atomic(using=router.db_for_write(self.model)):
            return super().response_action(request, queryset)


def _gone_with(nested: NestedObjects, row: Model) -> Iterator[str]:
    """Yield a sentence for each row that goes along with a deleted row, without its own parts, which its line names."""
    parts = {row._meta.get_field(part.relation).related_model for part in getattr(row, "edit_parts", ())}
    for child in nested.edges.get(row, ()):
        if child._meta.auto_created:
            owner: Any = child._meta.concrete_fields[1]  # after the key: the row that lists the deleted one
            if (owner.related_model, getattr(child, owner.attname)) != (type(row), row.pk):
                yield f"Taken from {owner.related_model._meta.verbose_name} {getattr(child, owner.name)}."
        elif type(child) not in parts:
            yield f"Deleted with it: {child._meta.verbose_name} {child}."
        yield from _gone_with(nested, child)
