"""Call the order an order in permissions and in the log: Django renames neither with the model."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from config.triggers import allow_changes, refuse_changes

VERBS = ("add", "change", "delete", "view")
BATCH = 1000


def rename_permissions(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let who could edit groups edit orders."""
    _rename_permissions(apps, "entitlementgroup", "order", noun="order")


def restore_permissions(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give the permissions their old names."""
    _rename_permissions(apps, "order", "entitlementgroup", noun="entitlement group")


def _rename_permissions(apps: Apps, old: str, new: str, *, noun: str) -> None:
    """Rename, or merge into what Django made meanwhile: it makes missing permissions after each run of ``migrate``."""
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label="entitlements")
    for verb in VERBS:
        held = permissions.filter(codename=f"{verb}_{old}").first()
        made = permissions.filter(codename=f"{verb}_{new}").first()
        if held and made:
            made.group_set.add(*held.group_set.all())
            made.user_set.add(*held.user_set.all())
            held.delete()
        elif held:
            held.codename, held.name = f"{verb}_{new}", f"Can {verb} {noun}"
            held.save()


def rename_key(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Name the order by ``order_id`` in what was asked when an entitlement was created."""
    _rename_key(apps, "group_id", "order_id")


def restore_key(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Name the order by ``group_id`` again."""
    _rename_key(apps, "order_id", "group_id")


def _rename_key(apps: Apps, old: str, new: str) -> None:
    act = apps.get_model("entitlements", "Act")
    found = act.objects.filter(operation="create_entitlement", asked__has_key=old).order_by("pk")
    keys = list(found.values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        batch = list(act.objects.filter(pk__in=keys[start : start + BATCH]).only("asked"))
        for each in batch:
            each.asked = {new if key == old else key: value for key, value in each.asked.items()}
        act.objects.bulk_update(batch, ["asked"])


class Migration(migrations.Migration):
    """Rename the permissions on orders, and the key of the order in acts, which are not changed otherwise."""

    dependencies = [
        ("entitlements", "0010_order"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.RunPython(rename_permissions, restore_permissions),
        allow_changes("entitlements_act"),
        migrations.RunPython(rename_key, restore_key),
        refuse_changes("entitlements_act"),
    ]
