"""Let operations and administrators end what was sold: the permission is made here, with the roles that have it."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CODENAME = "remove_product"
NAME = "Can end entitlements"
ROLES = ("Administrator", "Operations")


def grant(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the permission and give it to the roles that are there."""
    content_type, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="entitlements", model="entitlement"
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
    """Add the permission to end entitlements."""

    dependencies = [("entitlements", "0061_erased_texts_and_runs_of_tasks")]

    operations = [migrations.RunPython(grant, revoke)]
