"""What belongs to the site itself: the people's own preferences."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """What belongs to the site itself."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "config"
    verbose_name = "site"
