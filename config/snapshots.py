"""Rows as people read them, read from the database before and after an edit.

A model may say more about its rows: ``edit_parts`` are the rows that are edited with it, and ``value_in_words(name)``
returns a value as people read it, or ``None`` for the usual words.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Protocol, runtime_checkable

from django.contrib.auth.hashers import is_password_usable
from django.db.models import Field, ForeignKey, JSONField, ManyToManyField, Model, Prefetch, QuerySet

from config.differences import Names, Part, Snapshot, Value
from config.names import FoldedField

SECRETS = ("password", "token", "secret", "post_data", "get_data")


@dataclass(frozen=True, slots=True)
class EditPart:
    """A relation to rows that are edited with another row; the fields in ``named_by`` name such a row."""

    relation: str
    named_by: tuple[str, ...]
    noun: str | None = None


class HasParts(Protocol):
    """A model whose rows have parts."""

    edit_parts: ClassVar[tuple[EditPart, ...]]


@runtime_checkable
class InWords(Protocol):
    """A model that says its values itself."""

    def value_in_words(self, name: str) -> str | None:
        """Return the value of a field in words; ``None`` for the usual words."""


def snapshots(rows: "QuerySet[Any]") -> dict[Any, Snapshot]:
    """Return the rows by key as they are now. A constant number of queries for any number of rows."""
    model = rows.model
    lists = [each for each in model._meta.many_to_many if _is_listed(each)]
    parts: tuple[EditPart, ...] = getattr(model, "edit_parts", ())
    prefetched = [
        *(Prefetch(each.name, _plain_rows(each.remote_field.model)) for each in lists),
        *(Prefetch(each.relation, _plain_rows(_part_model(model, each))) for each in parts),
    ]
    found = rows.order_by("pk").select_related(*_relations(model)).prefetch_related(*prefetched)
    return {row.pk: _snapshot(row, lists, parts) for row in found}


def snapshot_of(row: Model) -> Snapshot:
    """Return one row as it is now in the database."""
    return snapshots(rows_of(type(row)).filter(pk=row.pk))[row.pk]


def rows_of(model: type[Model]) -> "QuerySet[Any]":
    """Return all rows of a model, whatever its managers leave out."""
    return QuerySet(model)


def _plain_rows(model: type[Model]) -> "QuerySet[Any]":
    return rows_of(model).select_related(*_relations(model)).order_by("pk")


def _relations(model: type[Model]) -> list[str]:
    """Return the foreign keys of a model, and theirs: the names of rows are often made of both."""
    first = [each for each in model._meta.concrete_fields if isinstance(each, ForeignKey)]
    second = [(one, each) for one in first for each in one.related_model._meta.concrete_fields]
    deeper = [f"{one.name}__{each.name}" for one, each in second if isinstance(each, ForeignKey) and not each.null]
    return [*(each.name for each in first), *deeper]


def _is_listed(relation: "ManyToManyField[Any, Any]") -> bool:
    """Tell whether a relation is edited as a list of names; a table of its own is edited as parts."""
    through: Any = relation.remote_field.through
    return bool(through._meta.auto_created)


def _part_model(model: type[Model], part: EditPart) -> type[Model]:
    found: Any = model._meta.get_field(part.relation)
    related: type[Model] = found.related_model
    return related


def _snapshot(row: Model, lists: list[Any], parts: tuple[EditPart, ...]) -> Snapshot:
    names = {
        each.name: Names(str(each.verbose_name), {other.pk: str(other) for other in getattr(row, each.name).all()})
        for each in lists
    }
    return Snapshot(str(row), _values(row), names, dict(_parts(row, parts)))


def _parts(row: Model, parts: tuple[EditPart, ...]) -> Iterator[tuple[tuple[str, Any], Part]]:
    for each in parts:
        relation: Any = row._meta.get_field(each.relation)
        for part in getattr(row, each.relation).all():
            options = part._meta
            values = _values(part)
            words = [values.pop(name).words for name in each.named_by]
            values.pop(relation.field.name, None)
            noun = str(options.verbose_name) if each.noun is None else each.noun
            yield (
                (each.relation, part.pk),
                Part(noun, str(options.verbose_name_plural), " ".join(filter(None, words)), values),
            )


def _values(row: Model) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for field in row._meta.concrete_fields:
        if not _is_edited(field):
            continue
        stored = getattr(row, field.attname)
        label = str(field.verbose_name)
        if any(word in field.name for word in SECRETS):
            found[field.name] = Value(label, stored, "set" if stored and is_password_usable(stored) else "", True)  # noqa: FBT003
        elif isinstance(field, JSONField) and isinstance(stored, dict):
            found |= {f"{field.name}.{path}": value for path, value in _leaves(label, stored)}
        else:
            found[field.name] = Value(label, _comparable(field, stored), _words(row, field, stored))
    return found


def _is_edited(field: "Field[Any, Any]") -> bool:
    """Tell whether people may edit a field: not a key, nor a moment or text that the database or Django fills in."""
    is_computed = field.generated or isinstance(field, FoldedField) or getattr(field, "is_computed", False)
    is_filled_in = is_computed or getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    is_key = field.primary_key and not isinstance(field, ForeignKey)
    return not (is_key or is_filled_in)


def _comparable(field: "Field[Any, Any]", stored: Any) -> Any:
    """Return a value that is equal only to the same value: in JSON, 1 is not true. Moments are compared by second."""
    if isinstance(stored, datetime):
        return stored.replace(microsecond=0)  # as forms send them
    return json.dumps(stored, sort_keys=True) if isinstance(field, JSONField) and stored is not None else stored


def _leaves(label: str, stored: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    """Yield the values inside a JSON object, each labelled with its path."""
    for key, value in stored.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{path}", leaf) for path, leaf in _leaves(f"{label}, {key}", value))
        else:
            yield key, Value(f"{label}, {key}", json.dumps(value, sort_keys=True), in_words(value))


def _words(row: Model, field: "Field[Any, Any]", stored: Any) -> str:
    said = row.value_in_words(field.name) if isinstance(row, InWords) else None
    if said is not None:
        return said
    if isinstance(field, ForeignKey):
        return "" if stored is None else str(getattr(row, field.name))
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")() or "")
    return in_words(stored)


def in_words(value: Any) -> str:
    """Return a value as people read it, moments in UTC; empty for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
