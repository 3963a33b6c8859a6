"""Keep what moved together, and whose it was, with each change; let an override be a floor."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from config.triggers import allow_changes, refuse_changes


def _named(model: str, **options: Any) -> "models.ForeignKey[Any, Any]":
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.PROTECT,
        to=f"entitlements.{model}",
        **options,
    )


class Migration(migrations.Migration):
    """Add the columns, empty for now: 0013 fills them, 0014 makes them required."""

    dependencies = [("entitlements", "0011_order_in_permissions_and_log")]

    operations = [
        migrations.AddField("override", "is_floor", models.BooleanField(default=False, help_text="At least this value; else exactly.")),
        allow_changes("entitlements_change"),
        migrations.AddField("change", "unit", models.UUIDField(null=True)),
        migrations.AddField("change", "order", _named("order", related_name="changes")),
        migrations.AddField("change", "customer", _named("customer", related_name="changes")),
        migrations.AddField("change", "from_order", _named("order", related_name="+")),
        migrations.AddField("change", "from_customer", _named("customer", related_name="+")),
        refuse_changes("entitlements_change"),
    ]
