"""Index what the list of entitlements is sorted and narrowed by; two foreign keys lose indexes that others begin with."""

from datetime import date

import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Coalesce

EXPIRY_DAY = Coalesce("expires_on", models.Value(date.max, output_field=models.DateField()))
NEWEST = ("-changed_at", "-id")


class Migration(migrations.Migration):
    """Index the sorts and the filters."""

    dependencies = [("entitlements", "0006_search_of_customers"), ("offerings", "0003_known_choices")]

    operations = [
        migrations.AddIndex(
            model_name="entitlement", index=models.Index(EXPIRY_DAY, models.F("id"), name="entitlement_by_expiry")
        ),
        migrations.AddIndex(
            model_name="entitlement", index=models.Index(fields=["seats_used", "id"], name="entitlement_by_seats_used")
        ),
        migrations.AddIndex(
            model_name="entitlement", index=models.Index(fields=["product", *NEWEST], name="entitlement_by_product")
        ),
        migrations.AddIndex(
            model_name="entitlement",
            index=models.Index(
                fields=NEWEST,
                condition=models.Q(seats_used__gt=models.F("seat_capacity")),
                name="entitlement_over_limit",
            ),
        ),
        migrations.AddIndex(
            model_name="entitlement",
            index=models.Index(
                fields=NEWEST, condition=models.Q(disabled_at__isnull=False), name="entitlement_disabled"
            ),
        ),
        migrations.AddIndex(
            model_name="entitlement",
            index=models.Index(fields=NEWEST, condition=models.Q(ended_on__isnull=False), name="entitlement_ended"),
        ),
        migrations.AddIndex(
            model_name="override", index=models.Index(fields=["key", "entitlement"], name="override_by_right")
        ),
        migrations.AlterField(
            model_name="entitlement",
            name="offering",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entitlements",
                to="offerings.offering",
            ),
        ),
        migrations.AlterField(
            model_name="entitlement",
            name="product",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entitlements",
                to="offerings.product",
            ),
        ),
    ]
