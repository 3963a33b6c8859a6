"""Upkeep of folded columns: listing stale ones, and what migrations need to fill them and to make them unique."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.apps import apps as registry
from django.apps.registry import Apps
from django.core.management import CommandError
from django.db import connections, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.models import Count, Q

from config.names import FoldedField, folded_fields, folded_text

FILL_SIZE = 2000


@dataclass(frozen=True, slots=True)
class StaleName:
    """A stored folded text that differs from the folded text of its source."""

    key: Any
    field: FoldedField
    stored: str
    folded: str

    def __str__(self) -> str:
        noun = self.field.model._meta.verbose_name
        return f"{noun} {self.key}  {self.field.name}: stored {self.stored!r}, recounted {self.folded!r}"


def stale_names() -> Iterator[StaleName]:
    """Yield every stale folded column of every model. Writes nothing."""
    for model in registry.get_models():
        if folded_fields(model):
            yield from stale_rows(model)


def stale_rows(model: type[models.Model]) -> Iterator[StaleName]:
    """Yield the folded columns of a model that do not fit their sources.

    Reads the table in batches, in order of key.
    """
    fields = folded_fields(model)
    names = [name for field in fields for name in (field.source, field.name)]
    rows: Any = models.QuerySet(model).order_by("pk").values_list("pk", *names)
    batch = list(rows[:FILL_SIZE])
    while batch:
        for key, *texts in batch:
            for field, source, stored in zip(fields, texts[::2], texts[1::2], strict=True):
                if stored != folded_text(source):
                    yield StaleName(key, field, stored, folded_text(source))
        batch = list(rows.filter(pk__gt=batch[-1][0])[:FILL_SIZE])


def fill_folded(app: str, *names: str) -> RunPython:
    """Return a migration's operation that fills the folded columns of models; backwards nothing is to be done."""

    def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
        for name in names:
            _fill(apps.get_model(app, name), alias=schema_editor.connection.alias)

    return RunPython(fill, RunPython.noop)


def _fill(model: type[models.Model], *, alias: str) -> None:
    connection, key = connections[alias], model._meta.pk
    assert key is not None  # noqa: S101 (every model has one)
    stale = stale_rows(model)
    with connection.cursor() as cursor:
        while batch := list(islice(stale, FILL_SIZE)):
            for field in folded_fields(model):
                found = [each for each in batch if each.field is field]
                rows = [(each.folded, key.get_db_prep_value(each.key, connection)) for each in found]
                columns = [connection.ops.quote_name(name) for name in (model._meta.db_table, field.name, key.name)]
                cursor.executemany("UPDATE {} SET {} = %s WHERE {} = %s".format(*columns), rows)  # noqa: S608 (our own)


def refuse_same_names(
    app: str, model: str, *, source: str, scope: tuple[str, ...] = (), condition: Q | None = None
) -> RunPython:
    """Return a migration's operation that stops, naming them, at names that a unique constraint would refuse."""

    def refuse(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
        rows = apps.get_model(app, model).objects.filter(condition or Q())
        columns = (*scope, f"{source}_folded")
        repeated = rows.order_by().values(*columns).annotate(rows=Count("pk")).filter(rows__gt=1)
        for each in repeated.values(*columns):
            names = ", ".join(rows.filter(**each).order_by("pk").values_list(source, flat=True))
            advice = "Case, accents, width and punctuation do not count now. Rename or remove one and migrate again."
            raise CommandError(f"The {source} of several rows of {model} is the same: {names}. {advice}")

    return RunPython(refuse, RunPython.noop)
