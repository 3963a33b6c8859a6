"""Keep who edited a proposal: they do not approve what they made of it."""

from django.db import migrations, models

from config.triggers import without_triggers


class Migration(migrations.Migration):
    """The people who edited an amendment while it was a proposal."""

    dependencies = [("entitlements", "0070_amendment_money")]

    operations = without_triggers(
        migrations.AddField(model_name="amendment", name="editors", field=models.JSONField(blank=True, null=True)),
    )
