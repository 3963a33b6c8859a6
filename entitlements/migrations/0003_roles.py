"""Make the roles, with the permissions they need: those are made here too, since Django makes them only afterwards."""

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CATALOG = ("product", "feature", "edition", "editionvalue", "plan", "offering", "charge")
HOLDINGS = ("entitlement", "override", "seat", "featureuse", "note", "act", "change")
CUSTOMERS = ("customer", "entitlementgroup", "activationcode")

VIEWER = [
    *(f"offerings.view_{model}" for model in (*CATALOG, "revision")),
    *(f"entitlements.view_{model}" for model in (*HOLDINGS, *CUSTOMERS)),
]
SUPPORT = [*VIEWER, "entitlements.release_seats:entitlement", "entitlements.add_note"]
OPERATIONS = [
    *SUPPORT,
    *(
        f"entitlements.{codename}:entitlement"
        for codename in (
            "create_entitlement",
            "change_offering",
            "override_rights",
            "set_quantity",
            "activate_entitlement",
            "renew_entitlement",
            "disable_entitlement",
            "change_terms",
            "undo_act",
        )
    ),
    "entitlements.add_customer",
    "entitlements.change_customer",
    "entitlements.add_entitlementgroup",
    "entitlements.change_entitlementgroup",
    "entitlements.add_activationcode",
    "entitlements.delete_activationcode",
]
PRODUCT_MANAGER = [
    *VIEWER,
    *(f"offerings.{verb}_{model}" for model in CATALOG for verb in ("add", "change", "delete")),
    "offerings.publish_offering:offering",
]
ADMINISTRATOR = [
    *dict.fromkeys([*OPERATIONS, *PRODUCT_MANAGER]),
    *(f"auth.{verb}_{model}" for model in ("user", "group") for verb in ("add", "change", "delete", "view")),
]
ROLES = {
    "Administrator": ADMINISTRATOR,
    "Product manager": PRODUCT_MANAGER,
    "Operations": OPERATIONS,
    "Support": SUPPORT,
    "Viewer": VIEWER,
}


def make_roles(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make each role with its permissions."""
    group = apps.get_model("auth", "Group")
    for name, labels in ROLES.items():
        role, _made = group.objects.get_or_create(name=name)
        role.permissions.add(*(_permission(apps, label) for label in labels))


def _permission(apps: Apps, label: str) -> Any:
    """Return the permission ``app.codename``; ``:model`` names its model where the codename does not end with it."""
    label, _colon, model = label.partition(":")
    app, codename = label.split(".")
    content_type, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label=app, model=model or codename.partition("_")[2]
    )
    permission, _made = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": f"Can {codename.replace('_', ' ')}"}
    )
    return permission


def remove_roles(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the roles; the permissions stay, as Django would make them anyway."""
    apps.get_model("auth", "Group").objects.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    """Make the roles Administrator, Product manager, Operations, Support and Viewer."""

    dependencies = [
        ("entitlements", "0002_log_is_append_only"),
        ("offerings", "0002_revisions_are_immutable"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, remove_roles)]
