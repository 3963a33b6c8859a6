"""An index on when edits were made, for the history: Django's own table of edits has none."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Not an operation of the state: the model is Django's, and keeps the indexes that it has there.
NEWEST = models.Index(fields=["-action_time", "-id"], name="edit_newest")


def add_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index."""
    schema_editor.add_index(apps.get_model("admin", "LogEntry"), NEWEST)


def remove_index(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the index."""
    schema_editor.remove_index(apps.get_model("admin", "LogEntry"), NEWEST)


class Migration(migrations.Migration):
    """Make the index by which the history reads edits, newest first."""

    dependencies = [("config", "0005_saved_views"), ("admin", "0003_logentry_add_action_flag_choices")]

    operations = [migrations.RunPython(add_index, remove_index)]
