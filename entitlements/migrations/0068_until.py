"""Let overrides end on a day."""

from django.db import migrations, models
from django.db.models import Q

from config.triggers import without_triggers


class Migration(migrations.Migration):
    """Add the first day without an override."""

    dependencies = [("entitlements", "0067_facts_of_amendments")]

    operations = without_triggers(
        migrations.AddField(
            model_name="override",
            name="until",
            field=models.DateField(help_text="The first day without it; empty: no end.", null=True),
        ),
        migrations.AddIndex(
            model_name="override",
            index=models.Index(
                condition=Q(until__isnull=False), fields=["until", "entitlement"], name="override_until"
            ),
        ),
    )
