"""Catalog rows that are taken off sale instead of deleted."""

from datetime import datetime
from typing import Self, TypeVar

from django.db import models
from django.utils import timezone

Row = TypeVar("Row", bound=models.Model)


class RetirableQuerySet(models.QuerySet[Row]):
    """Rows that can be taken off sale."""

    def on_sale(self) -> Self:
        """Return what is not retired."""
        return self.filter(retired_at=None)


class RetirableManager(models.Manager[Row]):
    """All rows, also those off sale."""

    def on_sale(self) -> models.QuerySet[Row]:
        """Return what is not retired."""
        return self.filter(retired_at=None)


class Retirable(models.Model):
    """A catalog row that is retired, never deleted, once anything refers to it."""

    retired_at = models.DateTimeField("retired", null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_retired(self) -> bool:
        """Tell whether the row is off sale."""
        return self.retired_at is not None

    def retire(self, *, at: datetime | None = None) -> None:
        """Take the row off sale; writes. Holders keep what they have."""
        self.retired_at = at or timezone.now()
        self.save(update_fields=["retired_at"])

    def reinstate(self) -> None:
        """Put the row back on sale; writes."""
        self.retired_at = None
        self.save(update_fields=["retired_at"])
