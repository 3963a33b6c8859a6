"""The roles, made again after a flush has removed what migrations put there."""

from importlib import import_module
from pathlib import Path
from typing import Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, transaction

STEPS = ("make_roles", "rename_permissions", "extend_roles", "grant")
"""What migrations call the functions that make roles, or change what they may do."""
TABLES: tuple[Any, ...] = (ContentType, Permission, Group, Group.permissions.through)
"""What the roles are, each table after those that it refers to."""

_made: list[list[dict[str, Any]]] = []


def make_roles() -> None:
    """Make the roles as the migrations do, in their order; the second time from the rows that the first one left."""
    if _made:
        _put_back()
        return
    for config in apps.get_app_configs():
        create_permissions(config, verbosity=0)
    editor = connection.schema_editor()
    for app in ("entitlements", "changegroups"):
        for module in sorted(Path(apps.get_app_config(app).path, "migrations").glob("0*.py")):
            migration = import_module(f"{app}.migrations.{module.stem}")
            for step in STEPS:
                if hasattr(migration, step):
                    getattr(migration, step)(apps, editor)
    ContentType.objects.filter(app_label="entitlements", model="entitlementgroup").delete()
    _made.extend(list(table.objects.order_by("pk").values()) for table in TABLES)


@transaction.atomic
def _put_back() -> None:
    for table in reversed(TABLES):
        table.objects.all().delete()
    for table, rows in zip(TABLES, _made, strict=True):
        table.objects.bulk_create([table(**row) for row in rows])
    with connection.cursor() as cursor:  # the next keys come after these
        for statement in connection.ops.sequence_reset_sql(no_style(), TABLES):
            cursor.execute(statement)
    ContentType.objects.clear_cache()
