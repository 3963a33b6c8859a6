"""Index names and references by their folded text, in place of their capitals."""

from importlib import import_module

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from config.migration_operations import RunOnDatabase

has_trigrams = import_module("entitlements.migrations.0004_search_indexes").has_trigrams

# PostgreSQL alone has these; without pg_trgm a search by a part of a name reads every customer.
TRIGRAMS = (
    "CREATE INDEX IF NOT EXISTS customer_folded_trigrams "
    "ON entitlements_customer USING gin (name_folded gin_trgm_ops)"
)
OF_CAPITALS = {
    "customer_name_trigrams": "entitlements_customer USING gin (upper(name::text) gin_trgm_ops)",
    "customer_account_prefix": "entitlements_customer (upper(account_reference::text) text_pattern_ops)",
    "order_reference_prefix": "entitlements_order (upper(order_reference::text) text_pattern_ops)",
}


def index_folded(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index on parts of folded names, and drop the indexes on capitals."""
    if schema_editor.connection.vendor != "postgresql":
        return
    if has_trigrams(schema_editor):
        schema_editor.execute(TRIGRAMS)
    for name in OF_CAPITALS:
        schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


def index_capitals(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the indexes on capitals again, and drop the one on folded names."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("DROP INDEX IF EXISTS customer_folded_trigrams")
    can_find_parts = has_trigrams(schema_editor)
    for name, expression in OF_CAPITALS.items():
        if can_find_parts or "gin" not in expression:
            schema_editor.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {expression}")


class Migration(migrations.Migration):
    """Replace indexes on capitals by indexes on folded text."""

    dependencies = [("entitlements", "0031_fill_folded_names")]

    operations = [
        migrations.AddIndex(
            model_name="customer", index=models.Index(fields=["name_folded", "id"], name="customer_by_folded_name")
        ),
        migrations.AddIndex(
            model_name="customer", index=models.Index(fields=["account_reference_folded"], name="customer_by_account")
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["order_reference_folded", "id"], name="order_by_folded_reference"),
        ),
        RunOnDatabase(index_folded, index_capitals),
        migrations.RemoveIndex(model_name="customer", name="customer_by_name"),
        migrations.RemoveIndex(model_name="customer", name="customer_account_reference"),
        migrations.RemoveIndex(model_name="order", name="order_reference_upper"),
    ]
