"""Folded columns follow the names they are made of, on every way into the database."""

from importlib import import_module
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.models import F
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from changegroups.models import ChangeGroup
from config import name_upkeep
from config.folding import fold
from config.name_upkeep import StaleName, stale_rows
from config.names import (
    FOLDED_LENGTH,
    SHORTEST_PART,
    FoldedField,
    Named,
    NamedQuerySet,
    folded_fields,
)
from entitlements.engine import rows
from entitlements.models import Customer, Order
from offerings.models import Edition, Feature, Offering, Plan, Product
from tests.named_rows import MAKERS

pytestmark = pytest.mark.django_db

NAMED = [model for model in apps.get_models() if folded_fields(model)]
COLUMNS = [(model, field) for model in NAMED for field in folded_fields(model)]
FIRST, SECOND, THIRD = "Ångström’s", "O’Brien-Łódź", "Ромашка"


def shown(value: Any) -> str:
    return value.name if isinstance(value, models.Field) else getattr(value, "__name__", str(value))


every_column = pytest.mark.parametrize(("model", "field"), COLUMNS, ids=shown)


def stored(row: models.Model, field: FoldedField) -> tuple[str, str]:
    [pair] = type(row)._base_manager.filter(pk=row.pk).values_list(field.source, field.name)
    return pair


def made(model: type[models.Model], field: FoldedField, text: str = FIRST) -> Any:
    row = MAKERS[model](**{field.source: text})
    row.save()
    return row


def test_every_model_with_a_folded_column_has_a_maker_here() -> None:
    assert set(NAMED) == set(MAKERS)


@every_column
def test_a_new_row_is_folded(model: type[models.Model], field: FoldedField) -> None:
    assert stored(made(model, field), field) == (FIRST, fold(FIRST))


@every_column
def test_a_saved_row_is_folded(model: type[models.Model], field: FoldedField) -> None:
    row = made(model, field)
    setattr(row, field.source, SECOND)
    row.save()
    assert stored(row, field) == (SECOND, fold(SECOND))


@every_column
def test_a_row_of_which_the_name_alone_is_saved_is_folded(model: type[models.Model], field: FoldedField) -> None:
    row = made(model, field)
    setattr(row, field.source, SECOND)
    row.save(update_fields=[field.source])
    assert stored(row, field) == (SECOND, fold(SECOND))


@every_column
def test_a_save_of_other_fields_leaves_the_column(model: type[models.Model], field: FoldedField) -> None:
    row = made(model, field)
    setattr(row, field.source, SECOND)
    others = [each.name for each in model._meta.concrete_fields if not each.primary_key and each.editable]
    row.save(update_fields=[name for name in others if name != field.source])
    assert stored(row, field) == (FIRST, fold(FIRST))


@every_column
def test_a_row_loaded_without_the_column_is_folded(model: type[models.Model], field: FoldedField) -> None:
    row = model._default_manager.only(field.source).get(pk=made(model, field).pk)
    setattr(row, field.source, SECOND)
    row.save()
    assert stored(row, field) == (SECOND, fold(SECOND))


@every_column
def test_a_row_loaded_without_the_name_stays_folded(model: type[models.Model], field: FoldedField) -> None:
    row = model._default_manager.defer(field.source).get(pk=made(model, field).pk)
    row.save()
    assert stored(row, field) == (FIRST, fold(FIRST))


@every_column
def test_rows_created_at_once_are_folded(model: type[models.Model], field: FoldedField) -> None:
    [row] = model._default_manager.bulk_create([MAKERS[model](**{field.source: FIRST})])
    assert stored(row, field) == (FIRST, fold(FIRST))


@every_column
def test_rows_written_over_at_once_are_folded(model: type[models.Model], field: FoldedField) -> None:
    row = made(model, field)
    setattr(row, field.source, SECOND)
    model._default_manager.bulk_create([row], update_conflicts=True, update_fields=[field.source], unique_fields=["pk"])
    assert stored(row, field) == (SECOND, fold(SECOND))


@every_column
def test_rows_updated_at_once_are_folded(model: type[models.Model], field: FoldedField) -> None:
    row = made(model, field)
    setattr(row, field.source, SECOND)
    model._default_manager.bulk_update([row], [field.source])
    assert stored(row, field) == (SECOND, fold(SECOND))


@every_column
def test_an_update_of_a_query_is_folded(model: type[models.Model], field: FoldedField) -> None:
    row = made(model, field)
    model._default_manager.filter(pk=row.pk).update(**{field.source: SECOND})
    assert stored(row, field) == (SECOND, fold(SECOND))


@every_column
def test_an_update_in_the_database_is_refused(model: type[models.Model], field: FoldedField) -> None:
    with pytest.raises(TypeError, match=f"Give {field.source} as text"):
        model._default_manager.update(**{field.source: F("pk")})


@every_column
def test_update_or_create_is_folded(model: type[models.Model], field: FoldedField) -> None:
    row = made(model, field)
    model._default_manager.update_or_create(pk=row.pk, defaults={field.source: SECOND})
    assert stored(row, field) == (SECOND, fold(SECOND))


@every_column
def test_rows_written_by_the_engine_are_folded(model: type[models.Model], field: FoldedField) -> None:
    row = made(model, field)
    rows.update(model, [{"pk": row.pk, field.source: THIRD}])
    assert stored(row, field) == (THIRD, fold(THIRD))


def test_rows_inserted_by_the_engine_are_folded() -> None:
    key = uuid4()
    created = {"created_at": Customer.objects.create(name="Other").created_at}
    rows.insert(Customer, [{"pk": key, "name": SECOND, "account_reference": "", **created}])
    assert Customer.objects.values_list("name_folded", flat=True).get(pk=key) == fold(SECOND)


@every_column
def test_a_stale_column_is_found(model: type[models.Model], field: FoldedField) -> None:
    row = made(model, field)
    models.QuerySet(model).filter(pk=row.pk).update(**{field.source: SECOND})
    assert list(stale_rows(model)) == [StaleName(row.pk, field, fold(FIRST), fold(SECOND))]


def test_the_nightly_check_lists_stale_names(capsys: pytest.CaptureFixture[str]) -> None:
    row = Customer.objects.create(name=FIRST)
    models.QuerySet(Customer).update(name=THIRD)
    with pytest.raises(CommandError, match="1 difference"):
        call_command("check_entitlements")
    assert f"customer {row.pk}  name_folded: stored angstroms, expected ромашка" in capsys.readouterr().out


def test_no_column_is_stale_after_the_demo(tmp_path: Any) -> None:
    call_command("seed_demo", entitlements=20, force=True, stdout=(tmp_path / "out").open("w"))
    assert [list(stale_rows(model)) for model in NAMED] == [[] for _ in NAMED]


def test_a_folded_text_is_cut_to_what_an_index_holds() -> None:
    row = Customer.objects.create(name="ﷺ" * 100)
    row.refresh_from_db()
    assert len(row.name_folded) <= FOLDED_LENGTH


# --- look-ups -------------------------------------------------------------------------------------------------------

NAMES = ["Ångström AB", "Ромашка", "O’Brien & Sons", "Halden 100%", "under_score", "Back\\slash", "Ｗｉｄｅ Ltd"]


@pytest.fixture
def customers() -> None:
    Customer.objects.bulk_create([Customer(name=name) for name in NAMES])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("angstrom", ["Ångström AB"]),
        ("ÅNGSTRÖM", ["Ångström AB"]),
        ("РОМАШКА", ["Ромашка"]),
        ("машк", ["Ромашка"]),
        ("o'brien", ["O’Brien & Sons"]),
        ("OBRIEN", ["O’Brien & Sons"]),
        ("brien&", ["O’Brien & Sons"]),
        ("100%", ["Halden 100%"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("under-score", ["under_score"]),
        ("wide ltd", ["Ｗｉｄｅ Ltd"]),
        ("an", ["Ångström AB"]),
        ("ab", []),
        ("ld", []),
        ("lde", ["Halden 100%"]),
        ("р", ["Ромашка"]),
        ("O’B", ["O’Brien & Sons"]),
        ("nobody", []),
    ],
)
@pytest.mark.usefixtures("customers")
def test_names_are_found_alike_on_both_databases(text: str, found: list[str]) -> None:
    assert list(Customer.objects.filter(name_folded__finds=text).values_list("name", flat=True)) == found


@pytest.mark.parametrize(("text", "found"), [("ANG", 1), ("ång", 1), ("gst", 0), ("O'", 1), ("halden 1", 1), ("", 7)])
@pytest.mark.usefixtures("customers")
def test_the_start_of_a_name_is_found_alike_on_both_databases(text: str, found: int) -> None:
    assert Customer.objects.filter(name_folded__startswith=text).count() == found


@pytest.mark.usefixtures("customers")
def test_an_equal_name_is_found_in_any_spelling() -> None:
    assert Customer.objects.get(name_folded="ANGSTROM ab").name == "Ångström AB"
    assert Customer.objects.get(name_folded__in=["РОМАШКА", "?"]).name == "Ромашка"


@pytest.mark.usefixtures("customers")
def test_names_are_sorted_alike_on_both_databases() -> None:
    folded = list(Customer.objects.order_by("name_folded").values_list("name_folded", flat=True))
    assert folded == sorted(folded)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_a_name_is_found_by_its_own_text(text: str) -> None:
    text = text.replace("\0", "")
    row = Customer.objects.create(name=text)
    try:
        assert Customer.objects.filter(pk=row.pk, name_folded__finds=text).exists()
    finally:
        Customer.objects.filter(pk=row.pk).delete()


@pytest.mark.parametrize(("length", "is_found"), [(SHORTEST_PART - 1, False), (SHORTEST_PART, True)])
def test_a_part_of_a_name_has_three_letters_or_more(length: int, is_found: bool) -> None:
    Customer.objects.create(name="xabcdef")
    assert Customer.objects.filter(name_folded__finds="abcdef"[:length]).exists() is is_found


# --- checks ---------------------------------------------------------------------------------------------------------


@isolate_apps("config")
def test_a_model_that_would_forget_the_column_fails_the_checks() -> None:
    class Forgetful(models.Model):
        name = models.CharField(max_length=10)
        name_folded = FoldedField("name")

        class Meta:
            app_label = "config"

        def __str__(self) -> str:
            return self.name

    assert [problem.id for problem in Forgetful.check()] == ["config.E001"]


@isolate_apps("config")
def test_a_manager_that_would_forget_the_column_fails_the_checks() -> None:
    class HalfForgetful(Named):
        name = models.CharField(max_length=10)
        name_folded = FoldedField("name")

        objects = models.Manager()

        class Meta:
            app_label = "config"

        def __str__(self) -> str:
            return self.name

    assert [problem.id for problem in HalfForgetful.check()] == ["config.E001"]


def test_every_model_with_a_folded_column_passes_the_checks() -> None:
    assert [problem for model in NAMED for problem in model.check()] == []
    assert all(isinstance(model._default_manager.all(), NamedQuerySet) for model in NAMED)


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("text", "index"), [("angstrom", "customer_folded_trigrams"), ("an", "customer_by_folded_name")]
)
def test_postgresql_searches_names_by_an_index(text: str, index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert index in Customer.objects.filter(name_folded__finds=text).order_by().explain()


@pytest.mark.parametrize(
    ("migration", "filled"),
    [
        ("offerings.migrations.0011_fill_folded_names", [Product, Feature, Edition, Plan, Offering]),
        ("changegroups.migrations.0004_fill_folded_names", [ChangeGroup]),
        ("entitlements.migrations.0031_fill_folded_names", [Customer, Order]),
    ],
)
def test_migrations_fill_the_columns_of_rows_that_were_there(
    migration: str, filled: list[type[models.Model]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(name_upkeep, "FILL_SIZE", 2)
    for model, field in COLUMNS:
        for number in range(3 if model in filled else 0):
            row = made(model, field, f"{FIRST} {number}") if model is not Offering else made(model, field)
            models.QuerySet(model).filter(pk=row.pk).update(**{field.name: f"stale {number}"})
            if model is Offering:
                break
    [fill] = import_module(migration).Migration.operations
    fill.code(apps, SimpleNamespace(connection=connection))
    assert [list(stale_rows(model)) for model in filled] == [[] for _ in filled]
