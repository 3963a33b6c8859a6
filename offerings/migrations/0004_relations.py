"""Store in each revision its edition, and the editions that an add-on goes with."""

from django.db import migrations, models

from config.triggers import allow_changes, refuse_changes


class Migration(migrations.Migration):
    """Add the column. SQLite makes the table anew for that, without its triggers."""

    dependencies = [("offerings", "0003_known_choices")]

    operations = [
        allow_changes("offerings_revision"),
        migrations.AddField(
            "revision",
            "relations",
            models.JSONField(default=dict, help_text="The edition; of an add-on also those it goes with."),
        ),
        refuse_changes("offerings_revision"),
    ]
