"""Let the roles that look after others' work share saved views of lists."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

ROLES = ("Administrator", "Product manager", "Operations")


def extend_roles(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the permission to each role; Django makes permissions afterwards, so it is made here too."""
    content_type, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="config", model="savedview"
    )
    permission, _made = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename="share_savedview", defaults={"name": "Can share saved views"}
    )
    for role in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        role.permissions.add(permission)


def restrict_roles(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take the permission from the roles again."""
    ours = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="config")
    for role in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        role.permissions.remove(*ours.filter(codename="share_savedview"))


class Migration(migrations.Migration):
    """Extend the roles Administrator, Product manager and Operations."""

    dependencies = [("entitlements", "0034_indexes_of_customers"), ("config", "0005_saved_views")]

    operations = [migrations.RunPython(extend_roles, restrict_roles)]
