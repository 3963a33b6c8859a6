"""Add amendments, let people schedule them, and let the database refuse changes of those that are closed."""

import django.db.models.deletion
import entitlements.models.ids
from django.conf import settings
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from config.triggers import refuse_changes
from entitlements.models.amendments import GUARD

PERMISSIONS = {
    "view_amendment": ("Can view amendment", ("Administrator", "Product manager", "Operations", "Support", "Viewer")),
    "schedule_amendments": ("Can schedule, edit and cancel amendments", ("Administrator", "Operations")),
}


def grant(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the permissions and give them to the roles that are there."""
    content_type, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="entitlements", model="amendment"
    )
    for codename, (name, roles) in PERMISSIONS.items():
        permission, _made = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )
        for role in apps.get_model("auth", "Group").objects.filter(name__in=roles):
            role.permissions.add(permission)


def revoke(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the permissions, and with them what roles have of them."""
    apps.get_model("auth", "Permission").objects.filter(codename__in=list(PERMISSIONS)).delete()


class Migration(migrations.Migration):
    """Closed amendments are as the log is: never changed, never deleted."""

    dependencies = [
        ("entitlements", "0052_export_customers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Amendment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=entitlements.models.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("add_product", "add product"),
                            ("update_product", "update product"),
                            ("remove_product", "remove product"),
                            ("upgrade", "upgrade"),
                            ("downgrade", "downgrade"),
                            ("renewal", "renewal"),
                            ("terms", "terms and conditions"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("scheduled", "scheduled"),
                            ("set_aside", "set aside"),
                            ("applied", "applied"),
                            ("cancelled", "cancelled"),
                        ],
                        default="scheduled",
                        max_length=10,
                    ),
                ),
                ("effective_on", models.DateField()),
                ("operation", models.JSONField()),
                ("entitlements", models.JSONField()),
                ("outcome", models.CharField(max_length=32)),
                ("effects", models.JSONField(default=list)),
                ("problems", models.JSONField(default=list)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("reference", models.CharField(blank=True, max_length=100)),
                ("requested_by_name", models.CharField(max_length=150)),
                ("requested_at", models.DateTimeField()),
                (
                    "closed_by_name",
                    models.CharField(blank=True, help_text="Who cancelled or applied it.", max_length=150),
                ),
                ("closed_at", models.DateTimeField(null=True)),
                ("closed_reason", models.CharField(blank=True, max_length=500)),
                (
                    "act",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="amendment",
                        to="entitlements.act",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="amendments", to="entitlements.order"
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["effective_on", "number"],
                "permissions": [("schedule_amendments", "Can schedule, edit and cancel amendments")],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ("scheduled", "set_aside"))),
                        fields=["effective_on", "id"],
                        name="amendment_pending",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "number"), name="amendment_number_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("act__isnull", False), ("status", "applied")),
                            models.Q(models.Q(("status", "applied"), _negated=True), ("act", None)),
                            _connector="OR",
                        ),
                        name="amendment_applied_by_an_act",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at", None), ("status__in", ("scheduled", "set_aside"))),
                            models.Q(
                                models.Q(("status__in", ("scheduled", "set_aside")), _negated=True),
                                ("closed_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="amendment_closed_at_a_moment",
                    ),
                ],
            },
        ),
        migrations.RunPython(grant, revoke),
        refuse_changes("entitlements_amendment", GUARD),
    ]
