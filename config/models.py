"""The preferences of each person, saved views of lists, and the keys of requests that made something."""

from datetime import tzinfo
from typing import Any, ClassVar, Self
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import models
from django.db.models import Case, Q, When
from django.utils import timezone

from config.name_fields import name_field

PAGE_SIZES = (25, 50, 100, 200)
PAGE_SIZE = 50
VIEW_NAME_LENGTH = 60


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
    rows_per_page = models.PositiveSmallIntegerField(default=PAGE_SIZE)
    columns = models.JSONField("columns of lists", default=dict, blank=True)  # keys of columns by name of the list

    class Meta:
        verbose_name_plural = "preferences"
        constraints: ClassVar = [
            models.CheckConstraint(name="preferences_theme_known", condition=Q(theme__in=Theme.values)),
            models.CheckConstraint(name="preferences_page_size_known", condition=Q(rows_per_page__in=PAGE_SIZES)),
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

    def columns_of(self, list_name: str) -> list[str] | None:
        """Return the keys of the columns chosen for a list; ``None`` where none were chosen."""
        chosen = self.columns.get(list_name)
        return chosen if isinstance(chosen, list) else None


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


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    """Queries for saved views."""

    def visible_to(self, user: Any) -> Self:
        """Return a person's own saved views and the shared ones, own ones first, by name."""
        found = self.filter(Q(owner=user.pk) | Q(is_shared=True))
        is_others = Case(When(owner=user.pk, then=0), default=1)
        return found.order_by(is_others, "name", "pk")


class SavedView(models.Model):
    """A list as somebody wants it again: filters, order and columns under a name; shared ones are for everybody.

    ``query`` has the filters and the order as they stand in an address; ``columns`` are keys.
    """

    SHARE: ClassVar = "config.share_savedview"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    list_name = models.CharField("list", max_length=40)
    name = name_field(max_length=VIEW_NAME_LENGTH)
    query = models.TextField("filters", blank=True)
    columns = models.JSONField()
    is_shared = models.BooleanField("shared", default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions: ClassVar = [("share_savedview", "Can share saved views")]
        constraints: ClassVar = [
            models.UniqueConstraint(name="saved_view_name_once", fields=["owner", "list_name", "name"]),
        ]

    def __str__(self) -> str:
        return self.name

    def may_be_edited_by(self, user: Any) -> bool:
        """Tell whether a person may edit the view: the owner's own, and shared ones with the permission to share."""
        return self.owner_id == user.pk or (self.is_shared and user.has_perm(self.SHARE))
