"""Index what the override report is paged by."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Index overrides by when they were set."""

    dependencies = [("entitlements", "0008_statistics_of_seats")]

    operations = [
        migrations.AddIndex(
            model_name="override", index=models.Index(fields=["-set_at", "-id"], name="override_newest")
        ),
    ]
