"""Call the order an order in the database too, as pages and billing systems do."""

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def rename_prefix(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Rename the index on the start of order references, which PostgreSQL alone has."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER INDEX IF EXISTS group_order_reference_prefix RENAME TO order_reference_prefix")


def restore_prefix(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the index its old name."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER INDEX IF EXISTS order_reference_prefix RENAME TO group_order_reference_prefix")


class Migration(migrations.Migration):
    """Rename the model, the columns that point to it, its indexes and its constraint."""

    dependencies = [("entitlements", "0009_index_of_overrides")]

    operations = [
        migrations.RemoveConstraint(model_name="entitlement", name="entitlement_one_plan_per_group_and_product"),
        migrations.RenameIndex(
            model_name="entitlementgroup", old_name="group_order_reference", new_name="order_reference_upper"
        ),
        migrations.RenameModel(old_name="EntitlementGroup", new_name="Order"),
        migrations.RenameField(model_name="entitlement", old_name="group", new_name="order"),
        migrations.RenameField(model_name="activationcode", old_name="group", new_name="order"),
        migrations.AlterField(
            model_name="order",
            name="customer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="orders", to="entitlements.customer"
            ),
        ),
        migrations.AddConstraint(
            model_name="entitlement",
            constraint=models.UniqueConstraint(
                condition=models.Q(kind="plan", ended_on=None),
                fields=("order", "product"),
                name="entitlement_one_plan_per_order_and_product",
            ),
        ),
        migrations.RunPython(rename_prefix, restore_prefix),
    ]
