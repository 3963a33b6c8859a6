"""Columns with the folded text of names: filled on every way into the database, and searched the same way everywhere.

A model with a ``FoldedField`` inherits ``Named``, and its managers use ``NamedQuerySet``; Django's checks demand both.
SQL written by hand fills the columns itself, with ``folded_values``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from django.apps import apps as registry
from django.apps.registry import Apps
from django.core import checks
from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import RunPython
from django.db.models import Lookup

from config.folding import fold

Row = TypeVar("Row", bound=models.Model)

FOLDED_LENGTH = 255  # folding may lengthen a text; an index holds so much
SHORTEST_PART = 3  # an index on parts of names (trigrams) finds no shorter ones
LAST_CHARACTER = "\U0010ffff"
FILL_SIZE = 2000
LIKE = r"LIKE %s ESCAPE '\'"


class FoldedField(models.CharField):  # type: ignore[type-arg]
    """The folded text of the column ``source`` of the same row.

    Values to compare with are folded too. Sorted by code points on both databases, whatever the collation of the
    database is; so one plain index serves sorting, equality and the start of a text.
    """

    def __init__(self, source: str, **options: Any) -> None:
        self.source = source
        super().__init__(**{"max_length": FOLDED_LENGTH, "default": "", "blank": True, "editable": False, **options})

    def deconstruct(self) -> Any:
        """Return the field for migrations: its source alone."""
        name, path, _args, _options = super().deconstruct()
        return name, path, [self.source], {}

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """Return the type, with the collation of code points."""
        collation = "C" if connection.vendor == "postgresql" else None
        return {**super().db_parameters(connection), "collation": collation}

    def get_prep_value(self, value: Any) -> Any:
        """Return the folded text of a value."""
        return _folded(value) if isinstance(value, str) else super().get_prep_value(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: FBT001
        """Fill the column from its source."""
        text = _folded(getattr(model_instance, self.source))
        setattr(model_instance, self.attname, text)
        return text

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Demand a model and managers that keep the column up to date."""
        model = self.model
        is_kept = issubclass(model, Named) and all(
            isinstance(manager.get_queryset(), NamedQuerySet) for manager in model._meta.managers
        )
        hint = "Inherit config.names.Named; make managers from config.names.NamedQuerySet."
        problem = checks.Error("Nothing keeps this column up to date.", hint=hint, obj=self, id="config.E001")
        return [*super().check(**kwargs), *([] if is_kept else [problem])]


@FoldedField.register_lookup
class StartsWith(Lookup[Any]):
    """Rows whose folded text starts with a text: a range of the index, on both databases."""

    lookup_name = "startswith"

    def get_prep_lookup(self) -> str:
        """Return the folded text to look for."""
        return _folded(str(self.rhs))

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the condition."""
        column, params = self.process_lhs(compiler, connection)
        return f"({column} >= %s AND {column} < %s)", [*params, self.rhs, *params, self.rhs + LAST_CHARACTER]


@FoldedField.register_lookup
class Finds(StartsWith):
    """Rows with a text in their folded text. One or two letters, which are in most names, must be at the start."""

    lookup_name = "finds"

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the condition."""
        if len(self.rhs) < SHORTEST_PART:
            return super().as_sql(compiler, connection)
        column, params = self.process_lhs(compiler, connection)
        return f"{column} {LIKE}", [*params, f"%{connection.ops.prep_for_like_query(self.rhs)}%"]


@FoldedField.register_lookup
class Mentions(Finds):
    """As ``Finds``, but one or two letters may start any word: for small tables, which are read whole."""

    lookup_name = "mentions"

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the condition."""
        if len(self.rhs) >= SHORTEST_PART:
            return super().as_sql(compiler, connection)
        column, params = self.process_lhs(compiler, connection)
        text = connection.ops.prep_for_like_query(self.rhs)
        return f"({column} {LIKE} OR {column} {LIKE})", [*params, f"{text}%", *params, f"% {text}%"]


class NamedQuerySet(models.QuerySet[Row]):
    """Rows whose folded columns follow their sources."""

    def update(self, **values: Any) -> int:
        """Write the folded columns too. Raise ``TypeError`` for a name that the database would compute."""
        return super().update(**values, **folded_values(self.model, values))

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(self, objs: Iterable[Row], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Write the folded columns too."""
        rows, names = list(objs), list(fields)
        follow = following(self.model, names)
        for row in rows:
            for field in follow:
                field.pre_save(row, add=False)
        return super().bulk_update(rows, [*names, *(field.name for field in follow)], batch_size=batch_size)

    bulk_update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Row], *args: Any, **options: Any) -> list[Row]:
        """Write the folded columns too, also of rows that exist already."""
        if names := options.get("update_fields"):
            options["update_fields"] = [*names, *(field.name for field in following(self.model, names))]
        return super().bulk_create(objs, *args, **options)

    bulk_create.alters_data = True  # type: ignore[attr-defined]


class Named(models.Model):
    """A row with folded names."""

    class Meta:
        abstract = True

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Write the folded columns along with their sources."""
        update_fields = None if update_fields is None else list(update_fields)
        follow = following(type(self), update_fields)
        loaded = [field for field in follow if field.source not in self.get_deferred_fields()]
        for field in loaded:
            field.pre_save(self, add=self._state.adding)
        if update_fields is not None:
            update_fields += [field.name for field in follow]
        super().save(update_fields=update_fields, **options)


def folded_fields(model: type[models.Model]) -> list[FoldedField]:
    """Return the folded columns of a model."""
    return [field for field in model._meta.concrete_fields if isinstance(field, FoldedField)]


def following(model: type[models.Model], names: Collection[str] | None) -> list[FoldedField]:
    """Return the folded columns that follow the named fields, without those that are named; ``None`` is all fields."""
    fields = folded_fields(model)
    return fields if names is None else [each for each in fields if each.source in names and each.name not in names]


def folded_values(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of the folded columns that follow the named values, by name of the field."""
    found = {}
    for field in following(model, values):
        text = values[field.source]
        if not isinstance(text, str):
            raise TypeError(f"Give {field.source} as text: {field.name} is made of it in Python.")
        found[field.name] = _folded(text)
    return found


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
                if stored != _folded(source):
                    yield StaleName(key, field, stored, _folded(source))
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


def _folded(text: str) -> str:
    return fold(text)[:FOLDED_LENGTH].rstrip()
