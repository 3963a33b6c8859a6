"""Keep the day whose day of month the terms of an entitlement count from."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the column, empty: the terms of what is there count from its start."""

    dependencies = [("entitlements", "0016_accepted_warnings")]

    operations = [
        migrations.AddField("entitlement", "anchor_on", models.DateField(null=True)),
    ]
