"""Let overrides end on a day, and orders renew by themselves."""

from django.db import migrations, models
from django.db.models import Q

from config.triggers import without_triggers


class Migration(migrations.Migration):
    """Add the first day without an override, and the setting of orders."""

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
        migrations.AddField(
            model_name="order",
            name="renewal",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "not by itself"),
                    ("same", "automatically, as it is"),
                    ("newest", "automatically, onto the newest revision"),
                ],
                db_default="",
                max_length=10,
            ),
        ),
        migrations.AddField(model_name="order", name="renews_from", field=models.DateField(blank=True, null=True)),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(condition=~Q(renewal=""), fields=["id"], name="order_renews"),
        ),
    )
