"""The preferences of each person, and the keys of requests that made something."""

from datetime import tzinfo
from typing import ClassVar
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Theme(models.TextChoices):
    """The colours of the pages."""

    SYSTEM = "system", "as the system"
    LIGHT = "light", "light"
    DARK = "dark", "dark"


class Preferences(models.Model):
    """The preferences of one person; a person without a row has the defaults."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="preferences"
    )
    time_zone = models.CharField(
        max_length=64, blank=True, help_text="Times are shown in it; empty is the site's. Terms count in the site's."
    )
    money_format = models.CharField(
        max_length=16, blank=True, help_text="How amounts of money are written; empty is as the browser's language."
    )
    theme = models.CharField(max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    uses_shortcuts = models.BooleanField("shortcuts of a single key", default=True)

    class Meta:
        verbose_name_plural = "preferences"
        constraints: ClassVar = [
            models.CheckConstraint(name="preferences_theme_known", condition=Q(theme__in=Theme.values)),
        ]

    def __str__(self) -> str:
        return f"Preferences of {self.user}"

    @property
    def zone(self) -> tzinfo:
        """Return the zone of displayed times: the person's, else (none chosen, or unknown) the site's."""
        try:
            return ZoneInfo(self.time_zone) if self.time_zone else timezone.get_default_timezone()
        except (ZoneInfoNotFoundError, ValueError):
            return timezone.get_default_timezone()


class RequestKey(models.Model):
    """The key of a request that made something, with its answer: the same request again gets it, and makes nothing.

    Written in the transaction of what was made. ``person`` is the key of the person, without a constraint: rows live
    for a day, and must not be listed where somebody is deleted. ``digest`` stands for what was sent; ``location`` is
    the address that the answer led to, ``body`` the text of an answer that led nowhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.BigIntegerField()
    address = models.CharField(max_length=300)
    key = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    location = models.TextField(blank=True)
    body = models.TextField(blank=True)
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(name="request_key_once", fields=["person", "address", "key"]),
        ]
        indexes: ClassVar = [models.Index(name="request_key_by_age", fields=["used_at"])]

    def __str__(self) -> str:
        return f"{self.key} at {self.address}"
