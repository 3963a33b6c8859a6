"""Make a permission in a migration, and give it to roles: a role gets it with the table it is about, not later."""

from collections.abc import Callable

from django.apps.registry import Apps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

Step = Callable[[Apps, BaseDatabaseSchemaEditor], None]


def permission_for(
    roles: tuple[str, ...], *, app: str = "entitlements", model: str, codename: str, name: str
) -> tuple[Step, Step]:
    """Return the step of a migration that makes a permission and gives it to the roles there are, and the way back.

    The module of the migration calls them ``grant`` and ``revoke``.
    """

    def grant(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
        content_type, _made = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
            app_label=app, model=model
        )
        permission, _made = apps.get_model("auth", "Permission").objects.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )
        for role in apps.get_model("auth", "Group").objects.filter(name__in=roles):
            role.permissions.add(permission)

    def revoke(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
        apps.get_model("auth", "Permission").objects.filter(content_type__app_label=app, codename=codename).delete()

    return grant, revoke
