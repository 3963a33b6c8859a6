"""Let administrators define the fields of customers, and those who edit customers keep the list of tags."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

VERBS = ("add", "change", "delete", "view")
ROLES = {"customerfield": ("Administrator",), "tag": ("Administrator", "Operations")}
NOUNS = {"customerfield": "customer field", "tag": "tag"}


def grant(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the permissions and give them to the roles that are there."""
    types, permissions = apps.get_model("contenttypes", "ContentType"), apps.get_model("auth", "Permission")
    for model, roles in ROLES.items():
        content_type, _made = types.objects.get_or_create(app_label="entitlements", model=model)
        made = [
            permissions.objects.get_or_create(
                content_type=content_type,
                codename=f"{verb}_{model}",
                defaults={"name": f"Can {verb} {NOUNS[model]}"},
            )[0]
            for verb in VERBS
        ]
        for role in apps.get_model("auth", "Group").objects.filter(name__in=roles):
            role.permissions.add(*made)


def revoke(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the permissions, and with them what roles have of them."""
    names = [f"{verb}_{model}" for model in ROLES for verb in VERBS]
    apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="entitlements", codename__in=names
    ).delete()


class Migration(migrations.Migration):
    """Add the permissions of fields and tags."""

    dependencies = [("entitlements", "0041_search_of_contacts")]

    operations = [migrations.RunPython(grant, revoke)]
