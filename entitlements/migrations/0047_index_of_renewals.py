"""Index entitlements by revision and expiry in place of the revision alone: renewals of one product are a list of it."""

from datetime import date

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Coalesce

EXPIRY_DAY = Coalesce("expires_on", models.Value(date.max, output_field=models.DateField()))


class Migration(migrations.Migration):
    """The new index begins with the revision, so the foreign key needs none of its own."""

    dependencies = [("entitlements", "0046_kind_of_notes")]

    operations = [
        migrations.AddIndex(
            model_name="entitlement",
            index=models.Index(models.F("revision"), EXPIRY_DAY, models.F("id"), name="entitlement_by_revision"),
        ),
        migrations.AlterField(
            model_name="entitlement",
            name="revision",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entitlements",
                to="offerings.revision",
            ),
        ),
    ]
