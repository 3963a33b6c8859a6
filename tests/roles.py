"""The roles, made again after a flush has removed what migrations put there."""

from importlib import import_module

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.models import ContentType
from django.db import connection


def make_roles() -> None:
    """Make the roles as the migrations do."""
    for config in apps.get_app_configs():
        create_permissions(config, verbosity=0)
    editor = connection.schema_editor()
    import_module("entitlements.migrations.0003_roles").make_roles(apps, editor)
    import_module("entitlements.migrations.0011_order_in_permissions_and_log").rename_permissions(apps, editor)
    ContentType.objects.filter(app_label="entitlements", model="entitlementgroup").delete()
    import_module("changegroups.migrations.0002_roles").extend_roles(apps, editor)
