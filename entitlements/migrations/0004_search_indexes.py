"""Index what the search of entitlements looks for, on PostgreSQL: parts of names, starts of order references."""

from django.db import DatabaseError, migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from config.migration_operations import RunOnDatabase

# Matches what Django's lookups compare: UPPER(column) LIKE UPPER(text).
TRIGRAMS = (
    "CREATE INDEX IF NOT EXISTS customer_name_trigrams "
    "ON entitlements_customer USING gin (upper(name::text) gin_trgm_ops)"
)
PREFIX = (
    "CREATE INDEX IF NOT EXISTS group_order_reference_prefix "
    "ON entitlements_entitlementgroup (upper(order_reference::text) text_pattern_ops)"
)


def add_indexes(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make both indexes; without the extension ``pg_trgm`` searching by name still works, by reading every customer."""
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(PREFIX)
    if has_trigrams(schema_editor):
        schema_editor.execute(TRIGRAMS)


def has_trigrams(schema_editor: BaseDatabaseSchemaEditor) -> bool:
    """Make the extension ``pg_trgm`` where it may be made, and tell whether it is there.

    PostgreSQL lets the owner of a database make it. Where somebody else owns it, or the extension is not installed on
    the server, ask the administrator for ``CREATE EXTENSION pg_trgm`` and run this migration again.
    """
    try:
        with transaction.atomic(using=schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except DatabaseError:
        return False
    return True


def remove_indexes(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove both indexes; the extension stays, as others may use it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS customer_name_trigrams")
        schema_editor.execute("DROP INDEX IF EXISTS group_order_reference_prefix")


class Migration(migrations.Migration):
    """Index names by their parts and order references by their start."""

    dependencies = [("entitlements", "0003_roles")]

    operations = [RunOnDatabase(add_indexes, remove_indexes)]
