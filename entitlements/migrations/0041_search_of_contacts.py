"""Index the names of contacts by their parts, on PostgreSQL."""

from importlib import import_module

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from config.migration_operations import RunOnDatabase

has_trigrams = import_module("entitlements.migrations.0004_search_indexes").has_trigrams

# PostgreSQL alone has this; without pg_trgm a search by a part of a name reads every contact.
TRIGRAMS = (
    "CREATE INDEX IF NOT EXISTS contact_folded_trigrams ON entitlements_contact USING gin (name_folded gin_trgm_ops)"
)
REMOVE = "DROP INDEX IF EXISTS contact_folded_trigrams"


def add_index(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index."""
    if schema_editor.connection.vendor == "postgresql" and has_trigrams(schema_editor):
        schema_editor.execute(TRIGRAMS)


def remove_index(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the index."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(REMOVE)


class Migration(migrations.Migration):
    """Index contacts."""

    dependencies = [("entitlements", "0040_details_of_customers")]

    operations = [RunOnDatabase(add_index, remove_index)]
