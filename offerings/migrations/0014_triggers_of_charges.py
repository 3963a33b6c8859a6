"""Say which day of an amendment a charge starts on."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Add the trigger of charges: the contract effective date, as for all until now."""

    dependencies = [("offerings", "0013_same_codes_once")]

    operations = [
        migrations.AddField(
            model_name="charge",
            name="trigger",
            field=models.CharField(
                "starts on",
                choices=[
                    ("contract_effective", "contract effective"),
                    ("service_activation", "service activation"),
                    ("customer_acceptance", "customer acceptance"),
                ],
                default="contract_effective",
                help_text="The day it starts on.",
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=Q(trigger__in=["contract_effective", "service_activation", "customer_acceptance"]),
                name="charge_trigger_known",
            ),
        ),
    ]
