"""The base of every admin page: each edit leaves a line in the log that says what was and what is."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import NestedObjects, unquote
from django.db import router, transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import capfirst

from config.edit_log import Edit, EditLine, line_of, write_lines


class TitledAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Name each page by its row, so that tabs can be told apart, and link it to the page of that very row.

    ``list_address`` is the URL name of the site's own list of such rows, where there is one.
    """

    list_address = ""
    view_on_site = False  # "View site" and the link above the form lead to the row already

    def title_of(self, row: Any) -> str:
        """Return the title of the page that changes a row."""
        return f"{capfirst(self.opts.verbose_name)} {row}"

    def subtitle_of(self, row: Any) -> str:
        """Return what tells rows of the same title apart."""
        return ""

    def page_of(self, row: Any) -> str:
        """Return the address of the site's own page about a row; empty where there is none."""
        return row.get_absolute_url() if hasattr(row, "get_absolute_url") else ""

    def page_words(self, row: Any) -> str:
        """Return the words of the link to the page of a row."""
        return f"Back to the {self.opts.verbose_name}\N{RIGHT SINGLE QUOTATION MARK}s page"

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002
        change: bool = False,  # noqa: FBT001, FBT002
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """Add the title and the way back to the context of a form."""
        context |= self._way_back()
        if obj is not None:
            context |= {"title": self.title_of(obj), "subtitle": self.subtitle_of(obj)} | self._way_back(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        """Name the row in the question whether to delete it."""
        row = context["object"]
        is_refused = context["protected"] or context["perms_lacking"]
        context |= {"title": f"{row} cannot be deleted" if is_refused else f"Delete {row}?", **self._way_back(row)}
        return super().render_delete_form(request, context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Name the list by its rows."""
        context = {"title": capfirst(self.opts.verbose_name_plural), **self._way_back(), **(extra_context or {})}
        return super().changelist_view(request, context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Name the history by its row."""
        row = self.get_object(request, unquote(object_id))
        context = {"title": f"History of {row}", **self._way_back(row)} if row else {}
        return super().history_view(request, object_id, {**context, **(extra_context or {})})

    def _way_back(self, row: Any = None) -> dict[str, str]:
        """Return the address of "View site": the page of the row, else the list; the front page where there is none."""
        if row is not None and (page := self.page_of(row)):
            return {"site_url": page, "page_words": self.page_words(row)}
        return {"site_url": reverse(self.list_address)} if self.list_address else {}


class LoggedAdmin(TitledAdmin):
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
