"""Add the table of erasures, and let administrators erase customers."""

import django.db.models.deletion
import entitlements.models.ids
from django.conf import settings
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CODENAME = "erase_customer"
NAME = "Can erase what is held about a customer"
ROLES = ("Administrator",)


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
    """Add erasures; 0045 lets them through the triggers of the log."""

    dependencies = [
        ("entitlements", "0043_merged_customers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=entitlements.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("made_by_name", models.CharField(max_length=150)),
                ("begun_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="erasures", to="entitlements.customer"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-begun_at", "-id"],
                "default_permissions": (),
            },
        ),
        migrations.RunPython(grant, revoke),
    ]
