"""The log is written once: neither code nor raw SQL changes it."""

import pytest
from django.db import DatabaseError, connection, transaction

from entitlements.models import Act, Change
from tests.cast import Cast


@pytest.mark.parametrize(
    ("table", "column"),
    [("entitlements_act", "reason"), ("entitlements_change", "sequence"), ("offerings_revision", "note")],
)
def test_a_raw_update_is_refused_by_the_database(cast: Cast, table: str, column: str) -> None:
    cast.entitle()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {column}")  # noqa: S608


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["entitlements_act", "entitlements_change", "offerings_revision"])
def test_a_raw_delete_is_refused_by_postgresql(cast: Cast, table: str) -> None:
    cast.entitle()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608


@pytest.mark.parametrize("model", [Act, Change])
def test_a_row_of_the_log_is_neither_saved_again_nor_deleted(cast: Cast, model: type[Act] | type[Change]) -> None:
    cast.entitle()
    row = model.objects.get()
    with pytest.raises(TypeError):
        row.save()
    with pytest.raises(TypeError):
        row.delete()


@pytest.mark.parametrize("model", [Act, Change])
def test_rows_of_the_log_are_neither_updated_nor_deleted_in_bulk(cast: Cast, model: type[Act] | type[Change]) -> None:
    cast.entitle()
    with pytest.raises(TypeError):
        model.objects.all().update(pk=None)
    with pytest.raises(TypeError):
        model.objects.all().delete()
