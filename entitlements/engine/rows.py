"""Write many rows in one statement, on PostgreSQL and SQLite alike.

Django's own bulk methods split batches on SQLite and build a parameter for each cell, so their number of statements
grows with the batch. The statements of this module take all rows as one JSON parameter, which the database unpacks.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import connection, connections, models
from django.db.models import CharField, JSONField, TextField

from config.names import folded_values

Row = Mapping[str, Any]


def insert(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Insert rows given by field name, all with the same fields; one statement, none without rows."""
    if rows:
        rows = [{**row, **folded_values(model, row)} for row in rows]
        fields = _fields(model, rows[0])
        _execute(f"INSERT INTO {_table(model, fields)} {_select(fields)}", fields, rows)


def upsert(model: type[models.Model], rows: Sequence[Row], *, unique: Sequence[str], where: str, setting: str) -> None:
    """Insert rows, or set the column ``setting`` of rows that collide on a partial unique index; one statement.

    ``unique`` (its columns), ``where`` (its condition) and ``setting`` are SQL written by the caller, never data.
    """
    if not rows:
        return
    fields = _fields(model, rows[0])
    sql = (
        f"INSERT INTO {_table(model, fields)} {_select(fields)} "
        f"WHERE true ON CONFLICT ({', '.join(unique)}) WHERE {where} DO UPDATE SET {setting} = excluded.{setting}"
    )
    _execute(sql, fields, rows)


def delete(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Delete the rows that have the given values in the given fields; one statement, none without rows."""
    if rows:
        fields = _fields(model, rows[0])
        columns = ", ".join(_quote(field.column) for field in fields)
        table = _quote(model._meta.db_table)
        _execute(f"DELETE FROM {table} WHERE ({columns}) IN ({_select(fields)})", fields, rows)  # noqa: S608


def update(model: type[models.Model], rows: Sequence[Row], *, by: str = "pk") -> None:
    """Update rows given by field name; the field ``by`` finds each row. One statement, none without rows."""
    if not rows:
        return
    rows = [{**row, **folded_values(model, row)} for row in rows]
    fields = _fields(model, rows[0])
    [key] = _fields(model, {by: None})
    sources = [f"{_value(field, position)} AS {_quote(field.column)}" for position, field in enumerate(fields)]
    settings = [f"{_quote(field.column)} = given.{_quote(field.column)}" for field in fields if field is not key]
    table, key_column = _quote(model._meta.db_table), _quote(key.column)
    sql = (
        f"UPDATE {table} SET {', '.join(settings)} "  # noqa: S608
        f"FROM (SELECT {', '.join(sources)} {_from_json()}) AS given WHERE {table}.{key_column} = given.{key_column}"
    )
    _execute(sql, fields, rows)


def _fields(model: type[models.Model], row: Row) -> list[Any]:
    """Return the fields of the model that a row names, in the order of the row."""
    return [model._meta.pk if name == "pk" else model._meta.get_field(name) for name in row]


def _execute(sql: str, fields: Sequence[Any], rows: Sequence[Row]) -> None:
    writers = [_writer(field) for field in fields]
    cells = [[write(value) for write, value in zip(writers, row.values(), strict=True)] for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps(cells)])


def _writer(field: Any) -> Callable[[Any], Any]:
    """Return what writes the cells of a field as JSON: numbers and booleans as they are, every other value as text.

    The field and the database are looked at once for all rows: a batch has a million cells.
    """
    if isinstance(field, JSONField):
        return lambda value: None if value is None else json.dumps(value)
    is_plain = connection.vendor == "postgresql" or isinstance(field, CharField | TextField)
    database = connections[connection.alias]

    def write(value: Any) -> Any:
        if value is None or isinstance(value, bool | int):
            return value
        return str(value if is_plain else field.get_db_prep_save(value, database))

    return write


def _table(model: type[models.Model], fields: Sequence[Any]) -> str:
    return f"{_quote(model._meta.db_table)} ({', '.join(_quote(field.column) for field in fields)})"


def _select(fields: Sequence[Any]) -> str:
    """Return the query that unpacks the JSON parameter into rows."""
    return f"SELECT {', '.join(_value(field, position) for position, field in enumerate(fields))} {_from_json()}"


def _value(field: Any, position: int) -> str:
    if connection.vendor == "sqlite":
        return f"json_extract(value, '$[{position}]')"
    return f"(value ->> {position})::{field.rel_db_type(connection)}"


def _from_json() -> str:
    return "FROM json_each(%s)" if connection.vendor == "sqlite" else "FROM jsonb_array_elements(%s::jsonb)"


def _quote(name: str) -> str:
    return connection.ops.quote_name(name)
