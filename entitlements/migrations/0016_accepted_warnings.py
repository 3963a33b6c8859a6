"""Keep the warnings that were accepted with an act."""

from django.db import migrations, models

from config.triggers import allow_changes, refuse_changes


class Migration(migrations.Migration):
    """Add the column: nobody knows what earlier acts warned of, so theirs is empty."""

    dependencies = [("entitlements", "0015_transfer")]

    operations = [
        allow_changes("entitlements_change"),
        migrations.AddField("change", "warnings", models.JSONField(default=list)),
        refuse_changes("entitlements_change"),
    ]
