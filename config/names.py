"""Columns with the folded text of names: filled on every way into the database, and searched the same way everywhere.

A model with a ``FoldedField`` inherits ``Named``, and its managers use ``NamedQuerySet``; Django's checks demand both.
SQL written by hand fills the columns itself, with ``folded_values``.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from django.core import checks
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Lookup

from config.folding import fold, skeleton

Row = TypeVar("Row", bound=models.Model)

FOLDED_LENGTH = 255  # folding may lengthen a text; an index holds so much
SHORTEST_PART = 3  # an index on parts of names (trigrams) finds no shorter ones
PART = re.compile(r"[^\W_]{3}")
LAST_CHARACTER = "\U0010ffff"
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
        return folded_text(value) if isinstance(value, str) else super().get_prep_value(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: FBT001
        """Fill the column from its source."""
        text = folded_text(getattr(model_instance, self.source))
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
        return folded_text(str(self.rhs))

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the condition."""
        column, params = self.process_lhs(compiler, connection)
        return f"({column} >= %s AND {column} < %s)", [*params, self.rhs, *params, self.rhs + LAST_CHARACTER]


def has_part(folded: str) -> bool:
    """Tell whether a folded text has three letters or digits in a row, so that an index on parts of names finds it."""
    return PART.search(folded) is not None


def is_long_enough(folded: str) -> bool:
    """Tell whether a folded text is more than the letters that most references start with."""
    return len(folded) >= SHORTEST_PART


@FoldedField.register_lookup
class Finds(StartsWith):
    """Rows with a text in their folded text; at its start, where the text has no three letters in a row to look for."""

    lookup_name = "finds"

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the condition."""
        if not has_part(self.rhs):
            return super().as_sql(compiler, connection)
        column, params = self.process_lhs(compiler, connection)
        return f"{column} {LIKE}", [*params, f"%{connection.ops.prep_for_like_query(self.rhs)}%"]


@FoldedField.register_lookup
class Mentions(Finds):
    """As ``Finds``, but such a text may start any word: for small tables, which are read whole."""

    lookup_name = "mentions"

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> Any:
        """Return the condition."""
        if has_part(self.rhs):
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
    """A row with folded names. A name that must be one has a unique constraint on its folded column."""

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

    def clean(self) -> None:
        """Refuse a name that another row has in any spelling, and one that looks like another row's."""
        super().clean()
        for field in folded_fields(type(self)):
            field.pre_save(self, add=self._state.adding)
        if problems := self.same_names():
            raise ValidationError({name: [sentence] for name, sentence in problems.items()})

    def same_names(self) -> dict[str, str]:
        """Return a sentence for each name that must be one and is another row's, by field; one query for each."""
        unique = [rule for rule in self._meta.constraints if isinstance(rule, models.UniqueConstraint)]
        found = {}
        for field in folded_fields(type(self)):
            for rule in unique:
                if field.name in rule.fields:
                    scope = {name: getattr(self, name, None) for name in rule.fields if name != field.name}
                    found[field.source] = _taken(self, field, scope)
        return {name: sentence for name, sentence in found.items() if sentence}


def _taken(row: Named, field: FoldedField, scope: Mapping[str, Any]) -> str:
    """Return why ``row`` cannot have its name beside the others of the scope; empty for an unchanged name."""
    text = getattr(row, field.source)
    if not text or None in scope.values():
        return ""
    others: dict[Any, str] = dict(models.QuerySet(type(row)).filter(**scope).values_list("pk", field.source))
    label = str(row._meta.get_field(field.source).verbose_name)  # type: ignore[union-attr]  # a column
    return "" if others.pop(row.pk, None) == text else name_taken(text, others.values(), label=label)


def name_taken(text: str, others: Collection[str], *, label: str) -> str:
    """Return a sentence where one of ``others`` is the same name, or looks the same; else an empty text. Pure."""
    same = next((other for other in others if fold(other) == fold(text)), None)
    if same is not None:
        rule = "Case, accents, width and punctuation do not count."
        return f"{same} is there already. Choose another {label}. {rule}"
    alike = next((other for other in others if skeleton(other) == skeleton(text)), None)
    return "" if alike is None else f"This looks like {alike}. Choose a {label} that nobody takes for it."


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
        found[field.name] = folded_text(text)
    return found


def folded_text(text: str) -> str:
    """Return the folded text of a name as it is stored."""
    return fold(text)[:FOLDED_LENGTH].rstrip()
