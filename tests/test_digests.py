"""Digests of rows that are written once: the same on both databases, another one for another value of any column."""

import json
from copy import copy
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from typing import Any, Literal
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader

from config.digests import DigestField, canonical_text, digest_of
from entitlements.models import Act, Source
from offerings.models import AppendOnly, Revision
from tests.cast import Cast
from tests.entitlements.engine.corrupted_cast import past_triggers
from tests.migration_steps import run_step

KEY = UUID(int=7)
AT = datetime(2026, 11, 21, 11, tzinfo=UTC)
VIENNA = timezone(timedelta(hours=1))
MIGRATIONS = [
    ("entitlements", "0021_fill_digests_of_acts", Act),
    ("offerings", "0007_fill_digests_of_revisions", Revision),
]
COLUMNS = [
    (model, field.attname)
    for model in AppendOnly.__subclasses__()
    if any(isinstance(field, DigestField) for field in model._meta.concrete_fields)
    for field in model._meta.concrete_fields
    if not isinstance(field, DigestField | models.AutoField)
]


@pytest.fixture
def cast(cast: Cast) -> Cast:
    cast.entitle()
    return cast


def act(**values: Any) -> Act:
    return Act(**{"pk": KEY, "made_at": AT, "source": Source.PAGE, "asked": {}, **values})


def test_the_text_holds_every_column_that_is_not_empty() -> None:
    row = act(made_by_name="operations", asked={"b": [1, None], "a": {}}, reason="")
    assert json.loads(canonical_text(row)) == {
        "id": "00000000-0000-0000-0000-000000000007",
        "made_at": "2026-11-21T11:00:00.000000+00:00",
        "made_by_name": "operations",
        "source": "page",
        "asked": {"a": {}, "b": [1, None]},
    }


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"made_at": AT}, {"made_at": datetime(2026, 11, 21, 12, tzinfo=VIENNA)}),
        ({"asked": {"a": 1, "b": 2}}, {"asked": {"b": 2, "a": 1}}),
        ({"asked": {"a": 10.0}}, {"asked": {"a": 10}}),
        ({"asked": {"a": (1, 2)}}, {"asked": {"a": [1, 2]}}),
        ({"pk": KEY}, {"pk": str(KEY)}),
        ({"reason": ""}, {"reason": None}),
        ({}, {"digest": "other"}),
    ],
)
def test_what_means_the_same_has_the_same_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert digest_of(act(**one)) == digest_of(act(**other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"made_at": AT}, {"made_at": AT + timedelta(microseconds=1)}),
        ({"asked": {"a": 1}}, {"asked": {"a": True}}),
        ({"asked": {"a": 1}}, {"asked": {"a": "1"}}),
        ({"asked": {"a": [1, 2]}}, {"asked": {"a": [2, 1]}}),
        ({"asked": {"a": None}}, {"asked": {}}),
        ({"asked": {"a": 1.5}}, {"asked": {"a": 1}}),
        ({"reason": "a", "reference": "b"}, {"reason": "b", "reference": "a"}),
        ({"reason": "ä"}, {"reason": "a"}),
    ],
)
def test_what_means_something_else_has_another_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert digest_of(act(**one)) != digest_of(act(**other))


def test_acts_and_revisions_have_a_digest() -> None:
    assert {model for model, _column in COLUMNS} == {Act, Revision}


@pytest.mark.parametrize(("model", "column"), COLUMNS, ids=lambda each: getattr(each, "__name__", each))
def test_another_value_of_any_column_is_another_digest(cast: Cast, model: type[AppendOnly], column: str) -> None:
    row = model.objects.first()
    assert row is not None
    other = copy(row)
    value = getattr(row, column)
    changed = {datetime: AT - timedelta(days=900), UUID: KEY, int: 900, dict: {"x": 1}, list: ["x"]}
    setattr(other, column, changed.get(type(value), str(KEY) if column == "undoes_id" else "900"))
    assert digest_of(other) != digest_of(row)


@pytest.mark.parametrize("model", [Act, Revision])
def test_a_row_fits_its_digest_as_the_database_gives_it_back(cast: Cast, model: type[AppendOnly]) -> None:
    rows: list[Any] = list(model.objects.all())
    assert rows
    assert [row.digest for row in rows] == [digest_of(row) for row in rows]


@pytest.mark.parametrize(("app", "name", "model"), MIGRATIONS)
def test_the_migration_fills_what_is_there_and_lifts_no_trigger_for_good(
    cast: Cast, app: str, name: str, model: type[AppendOnly]
) -> None:
    table = model._meta.db_table
    with past_triggers(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET digest = ''")  # noqa: S608
    operations = import_module(f"{app}.migrations.{name}").Migration.operations
    apps = MigrationLoader(connection).project_state((app, name)).apps
    ways: tuple[tuple[Literal["code", "reverse_code"], list[Any]], ...]
    ways = (("reverse_code", operations[::-1]), ("code", operations))
    for direction, ordered in ways:
        for operation in ordered:
            run_step(operation, direction, apps)
    rows: list[Any] = list(model.objects.all())
    assert [row.digest for row in rows] == [digest_of(row) for row in rows]
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET digest = ''")  # noqa: S608
