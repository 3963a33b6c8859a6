"""The site itself: the preferences of its people."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The site itself."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "config"
    verbose_name = "site"
