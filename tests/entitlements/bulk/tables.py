"""The content of every table, for tests that say what was written, or that nothing was."""

from typing import Any

from django.apps import apps

APPS = ("admin", "auth", "entitlements", "offerings")


def dump() -> dict[str, list[dict[str, Any]]]:
    """Return every row of every table of the apps, by table, in order of key."""
    models = [model for label in APPS for model in apps.get_app_config(label).get_models(include_auto_created=True)]
    return {model._meta.db_table: list(model._base_manager.order_by("pk").values()) for model in models}
