"""The log is written once: neither code nor raw SQL changes it."""

import pytest
from django.db import DatabaseError, connection, transaction

from entitlements.models import Act, Change
from entitlements.operations import ChangeOffering, Disable
from tests.cast import TODAY, Cast


@pytest.mark.parametrize(
    ("table", "column"),
    [("entitlements_act", "reason"), ("entitlements_change", "sequence"), ("offerings_revision", "note")],
)
def test_a_raw_update_is_refused_by_the_database(cast: Cast, table: str, column: str) -> None:
    cast.entitle()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = {column}")  # noqa: S608


@pytest.mark.parametrize("table", ["entitlements_act", "entitlements_change", "offerings_revision"])
def test_a_raw_delete_is_refused_by_the_database(cast: Cast, table: str) -> None:
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


def test_what_was_warned_of_is_kept_with_the_act(cast: Cast) -> None:
    entitlement = cast.entitle("silver_annual")
    act = cast.do(Disable(as_of=TODAY), [entitlement.pk]).act
    [change] = Change.objects.filter(act=act)
    assert [(each["code"], each["field"]) for each in change.warnings] == [
        ("invoicing_goes_on", ""),
        ("access_ends", ""),
    ]
    assert "it is disabled" in change.warnings[1]["message"]


def test_the_warnings_of_a_unit_are_kept_once(cast: Cast) -> None:
    entitlement = cast.entitle("gold_seats", quantity=5)
    operation = ChangeOffering(as_of=TODAY, revision_id=entitlement.revision_id, count=2)
    act = cast.do(operation, [entitlement.pk]).act
    changes = Change.objects.filter(act=act)
    assert sorted(len(change.warnings) for change in changes) == [0, 1]
    assert [change.entitlement_id for change in changes if change.warnings] == [entitlement.pk]
