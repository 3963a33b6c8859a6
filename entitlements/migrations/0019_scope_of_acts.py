"""Keep with an act of many whom it is for."""

from django.db import migrations, models

from config.triggers import allow_changes, refuse_changes


class Migration(migrations.Migration):
    """Add the column: acts written before were not made to be resumed, so theirs is empty."""

    dependencies = [("entitlements", "0018_seats_of_add_ons")]

    operations = [
        allow_changes("entitlements_act"),
        migrations.AddField("act", "scope", models.JSONField(null=True)),
        refuse_changes("entitlements_act"),
    ]
