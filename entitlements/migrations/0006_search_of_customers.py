"""Index account references by their start on PostgreSQL, and the log of edits by what was edited."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from config.migration_operations import RunOnDatabase

# Matches what Django's lookup compares: UPPER(column) LIKE UPPER(text).
PREFIX = (
    "CREATE INDEX IF NOT EXISTS customer_account_prefix "
    "ON entitlements_customer (upper(account_reference::text) text_pattern_ops)"
)
# Django's own table has no index for "every edit of this row", which the pages of customers and orders ask for.
EDITS = "CREATE INDEX IF NOT EXISTS entitlements_edits ON django_admin_log (content_type_id, object_id)"


def add_indexes(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make both indexes."""
    schema_editor.execute(EDITS)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(PREFIX)


def remove_indexes(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove both indexes."""
    schema_editor.execute("DROP INDEX IF EXISTS entitlements_edits")
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS customer_account_prefix")


class Migration(migrations.Migration):
    """Index account references and the log of edits."""

    dependencies = [
        ("entitlements", "0005_notes_on_customers"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [RunOnDatabase(add_indexes, remove_indexes)]
