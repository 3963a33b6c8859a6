"""The roles, made again after a flush has removed what migrations put there."""

from importlib import import_module
from pathlib import Path

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.models import ContentType
from django.db import connection

STEPS = ("make_roles", "rename_permissions", "extend_roles", "grant")
"""What migrations call the functions that make roles, or change what they may do."""


def make_roles() -> None:
    """Make the roles as the migrations do, in their order."""
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
