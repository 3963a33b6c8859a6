"""Which moves between offerings are open."""

from django.apps import AppConfig


class ChangeGroupsConfig(AppConfig):
    """Which moves between offerings are open."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "changegroups"
    verbose_name = "change groups"
