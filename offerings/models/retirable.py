"""Catalog rows that staff retire instead of delete."""

from datetime import datetime
from typing import Self, TypeVar

from django.db import models
from django.utils import timezone

from config.names import Named, NamedQuerySet

Row = TypeVar("Row", bound=models.Model)


class RetirableQuerySet(NamedQuerySet[Row]):
    """Rows that can be retired."""

    def on_sale(self) -> Self:
        """Return the rows that are not retired."""
        return self.filter(retired_at=None)


class RetirableManager(models.Manager[Row]):
    """All rows, retired ones too."""

    def get_queryset(self) -> RetirableQuerySet[Row]:
        """Return all rows."""
        return RetirableQuerySet(self.model, using=self._db)

    def on_sale(self) -> models.QuerySet[Row]:
        """Return the rows that are not retired."""
        return self.filter(retired_at=None)


class Retirable(Named):
    """A catalog row that staff retire, and delete only while nothing refers to the row."""

    retired_at = models.DateTimeField("retired", null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_retired(self) -> bool:
        """Tell whether the row is retired."""
        return self.retired_at is not None

    def retire(self, *, at: datetime | None = None) -> None:
        """Retire the row; writes. Entitlements are unchanged."""
        self.retired_at = at or timezone.now()
        self.save(update_fields=["retired_at"])

    def same_on_sale(self) -> Self | None:
        """Return the row on sale whose key is the same in another spelling, so that only one can be on sale."""
        for rule in self._meta.constraints:
            if isinstance(rule, models.UniqueConstraint) and rule.condition:
                same = {name: getattr(self, name) for name in rule.fields}
                others: models.QuerySet[Self] = models.QuerySet(type(self)).filter(rule.condition, **same)
                return others.exclude(pk=self.pk).first()
        return None

    def reinstate(self) -> None:
        """Put the row back on sale; writes."""
        self.retired_at = None
        self.save(update_fields=["retired_at"])
