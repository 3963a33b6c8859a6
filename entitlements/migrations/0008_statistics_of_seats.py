"""Let PostgreSQL know how many entitlements are over their limit: it guesses a third where two columns are compared."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from config.migration_operations import RunOnDatabase

NAME = "entitlement_seats_over"


def add_statistics(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Have the difference counted whenever the table is analyzed; costs nothing when a row is written."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE STATISTICS {NAME} ON (seats_used - seat_capacity) FROM entitlements_entitlement")


def remove_statistics(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Have it counted no more."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP STATISTICS IF EXISTS {NAME}")


class Migration(migrations.Migration):
    """Count by how much seats in use are over the limit."""

    dependencies = [("entitlements", "0007_indexes_of_the_list")]

    operations = [RunOnDatabase(add_statistics, remove_statistics)]
