"""Let change groups say when a change takes effect."""

from django.db import migrations, models

CHOICES = [("immediately", "immediately"), ("end_of_term", "at the end of the term")]
NAMES = ("effective_for_upgrades", "effective_for_downgrades", "effective_at_same_level")


class Migration(migrations.Migration):
    """Add the three modes; what stands is immediately, as before."""

    dependencies = [("changegroups", "0006_same_names_once")]

    operations = [
        *(
            migrations.AddField(
                model_name="changedefaults",
                name=name,
                field=models.CharField(
                    choices=CHOICES, db_default="immediately", default="immediately", max_length=16
                ),
            )
            for name in NAMES
        ),
        *(
            migrations.AddField(
                model_name="changegroup",
                name=name,
                field=models.CharField(blank=True, choices=CHOICES, db_default="", default="", max_length=16),
            )
            for name in NAMES
        ),
    ]
