"""Give the roles what they may do with change groups; permissions are made here too, Django makes them afterwards.

The roles themselves are made by name where they are missing, so that this app waits for no other to make them.
"""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

LOOK = ["view_changegroup", "view_membership", "view_changedefaults"]
OUTSIDE = "change_outside_group:changegroup"
EDIT = [
    *(f"{verb}_{model}" for model in ("changegroup", "membership") for verb in ("add", "change", "delete")),
    "change_changedefaults",
]
ROLES = {
    "Administrator": [*LOOK, *EDIT, OUTSIDE],
    "Product manager": [*LOOK, *EDIT],
    "Operations": [*LOOK, OUTSIDE],
    "Support": LOOK,
    "Viewer": LOOK,
}


def extend_roles(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the permissions of this app to each role."""
    for name, labels in ROLES.items():
        role, _made = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        role.permissions.add(*(_permission(apps, label) for label in labels))


def _permission(apps: Apps, label: str) -> Any:
    """Return a permission; ``:model`` names its model where the codename does not end with it."""
    codename, _colon, model = label.partition(":")
    content_type, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="changegroups", model=model or codename.partition("_")[2]
    )
    permission, _made = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": f"Can {codename.replace('_', ' ')}"}
    )
    return permission


def restrict_roles(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take the permissions of this app from the roles again."""
    ours = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="changegroups")
    for role in apps.get_model("auth", "Group").objects.filter(name__in=ROLES):
        role.permissions.remove(*ours)


class Migration(migrations.Migration):
    """Extend the roles Administrator, Product manager, Operations, Support and Viewer."""

    dependencies = [
        ("changegroups", "0001_change_groups"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(extend_roles, restrict_roles)]
