"""Let amendments keep what they were last seen to make due."""

from django.db import migrations, models

from config.triggers import without_triggers


class Migration(migrations.Migration):
    """Add the money; what was scheduled before has none, and is compared without it."""

    dependencies = [("entitlements", "0069_erased_names_in_amendments")]

    operations = without_triggers(
        migrations.AddField(model_name="amendment", name="money", field=models.JSONField(null=True)),
    )
