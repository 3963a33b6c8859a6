"""Let the proposal of a step with what is scheduled be closed as agreed. Nothing changes in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One status more."""

    dependencies = [("entitlements", "0072_amendments_of_undos_grow")]

    operations = [
        migrations.AlterField(
            model_name="amendment",
            name="status",
            field=models.CharField(
                choices=[
                    ("proposed", "proposed"),
                    ("scheduled", "scheduled"),
                    ("set_aside", "set aside"),
                    ("applied", "applied"),
                    ("cancelled", "cancelled"),
                    ("declined", "declined"),
                    ("agreed", "agreed"),
                ],
                default="scheduled",
                max_length=10,
            ),
        )
    ]
