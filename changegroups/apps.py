"""The app of change groups."""

from django.apps import AppConfig


class ChangeGroupsConfig(AppConfig):
    """Change groups: which offerings may be swapped for each other."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "changegroups"
    verbose_name = "change groups"
