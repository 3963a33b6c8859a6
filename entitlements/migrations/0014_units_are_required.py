"""Require the unit, order and customer of each change, and index the histories of orders and customers."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from config.triggers import allow_changes, refuse_changes


def _named(model: str) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="changes",
        to=f"entitlements.{model}",
    )


class Migration(migrations.Migration):
    """Make the columns required. SQLite makes the table anew for that, without its triggers."""

    dependencies = [("entitlements", "0013_fill_units")]

    operations = [
        allow_changes("entitlements_change"),
        migrations.AlterField("change", "unit", models.UUIDField()),
        migrations.AlterField("change", "order", _named("order")),
        migrations.AlterField("change", "customer", _named("customer")),
        migrations.AddIndex("change", models.Index(fields=["customer", "-id"], name="change_of_customer")),
        migrations.AddIndex(
            "change",
            models.Index(
                fields=["from_customer", "-id"],
                condition=models.Q(("from_customer__isnull", False)),
                name="change_from_customer",
            ),
        ),
        migrations.AddIndex("change", models.Index(fields=["order", "-id"], name="change_of_order")),
        migrations.AddIndex(
            "change",
            models.Index(
                fields=["from_order", "-id"],
                condition=models.Q(("from_order__isnull", False)),
                name="change_from_order",
            ),
        ),
        refuse_changes("entitlements_change"),
    ]
