"""Say how orders are billed, and keep what changes made due."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models

from config.triggers import without_triggers


class Migration(migrations.Migration):
    """Add how an order is billed, and the money of changes."""

    dependencies = [("entitlements", "0062_remove_product")]

    operations = without_triggers(
        migrations.AddField(model_name="change", name="money", field=models.JSONField(null=True)),
        migrations.AddField(
            model_name="order", name="billing_day", field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[MinValueValidator(1), MaxValueValidator(31)])
        ),
        migrations.AddField(
            model_name="order", name="invoiced_through", field=models.DateField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="order",
            name="proration",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "as the site does"),
                    ("actual", "actual days"),
                    ("actual_30", "actual days of 30"),
                    ("strict_30_360", "30/360"),
                    ("off", "no proration"),
                ],
                db_default="",
                max_length=15,
            ),
        ),
    )
