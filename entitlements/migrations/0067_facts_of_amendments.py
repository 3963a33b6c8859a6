"""Let amendments have a description, a code and dates, and entitlements the text of their terms and conditions."""

from django.db import migrations, models
from django.db.models import F, Q

from config.triggers import without_triggers


class Migration(migrations.Migration):
    """Add what is written about amendments, and terms and conditions."""

    dependencies = [("entitlements", "0066_proposals")]

    operations = without_triggers(
        migrations.AddField(
            model_name="entitlement", name="conditions", field=models.TextField(max_length=20000, null=True)
        ),
        migrations.AddField(
            model_name="amendment", name="code", field=models.CharField(blank=True, db_default="", default="", max_length=30)
        ),
        migrations.AddField(
            model_name="amendment",
            name="description",
            field=models.TextField(blank=True, db_default="", default="", max_length=2000),
        ),
        migrations.AddField(
            model_name="amendment", name="customer_acceptance_on", field=models.DateField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="amendment", name="service_activation_on", field=models.DateField(blank=True, null=True)
        ),
        migrations.AddConstraint(
            model_name="amendment",
            constraint=models.UniqueConstraint(
                condition=Q(Q(("code", ""), _negated=True), Q(("status", "cancelled"), _negated=True)),
                fields=("order", "code"),
                name="amendment_code_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="amendment",
            constraint=models.CheckConstraint(
                condition=Q(
                    Q(("service_activation_on__lt", F("effective_on")), _negated=True),
                    Q(("customer_acceptance_on__lt", F("effective_on")), _negated=True),
                    Q(("customer_acceptance_on__lt", F("service_activation_on")), _negated=True),
                ),
                name="amendment_dates_in_order",
            ),
        ),
    )
