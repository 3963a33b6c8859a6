"""Who holds what, and every change to it."""

from django.apps import AppConfig


class EntitlementsConfig(AppConfig):
    """Who holds what, and every change to it."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "entitlements"
    verbose_name = "Entitlements"
