"""Let the texts of closed amendments be replaced while their customer is erased; let administrators see runs of tasks."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from config.triggers import refuse_changes
from entitlements.models.amendments import GUARD

PERMISSION = "view_dbtaskresult"


def grant(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the permission, in words like those of the others, and give it to administrators."""
    content_type, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="django_tasks_database", model="dbtaskresult"
    )
    permission, _made = apps.get_model("auth", "Permission").objects.update_or_create(
        content_type=content_type, codename=PERMISSION, defaults={"name": "Can view runs of tasks"}
    )
    for role in apps.get_model("auth", "Group").objects.filter(name="Administrator"):
        role.permissions.add(permission)


def revoke(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take the permission from roles."""
    for permission in apps.get_model("auth", "Permission").objects.filter(codename=PERMISSION):
        permission.group_set.clear()


class Migration(migrations.Migration):
    """The triggers of amendments with their guard of now, and a permission of the package of tasks."""

    dependencies = [("entitlements", "0060_amendments")]

    operations = [refuse_changes("entitlements_amendment", GUARD), migrations.RunPython(grant, revoke)]
