"""Add merges of customers, and let operations and administrators merge."""

import django.db.models.deletion
import entitlements.models.ids
from django.conf import settings
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CODENAME = "merge_customers"
NAME = "Can merge customers"
ROLES = ("Administrator", "Operations")


def grant(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the permission and give it to the roles that are there."""
    content_type, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="entitlements", model="customer"
    )
    permission, _made = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=CODENAME, defaults={"name": NAME}
    )
    for role in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        role.permissions.add(permission)


def revoke(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the permission, and with it what roles have of it."""
    apps.get_model("auth", "Permission").objects.filter(codename=CODENAME).delete()


class Migration(migrations.Migration):
    """Add the table, the link of a merged customer, and the permission."""

    dependencies = [
        ("entitlements", "0042_who_defines_fields"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="customer",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged_here",
                to="entitlements.customer",
            ),
        ),
        migrations.CreateModel(
            name="CustomerMerge",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=entitlements.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("moved", models.JSONField()),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merges_away",
                        to="entitlements.customer",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merges_here",
                        to="entitlements.customer",
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at", "-id"],
                "default_permissions": (),
            },
        ),
        migrations.RunPython(grant, revoke),
    ]
