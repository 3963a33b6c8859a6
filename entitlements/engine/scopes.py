"""Whom an act of many is for, as values: stored with the act, so that an interrupted run can go on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet

from entitlements.models import Change, Entitlement, Override
from entitlements.operations.base import plain_fields
from entitlements.operations.stored import read_fields


@dataclass(frozen=True, slots=True)
class Scope:
    """A rule that says which entitlements an act is for. Subclasses add what it depends on, and ``rows``."""

    name: ClassVar[str]

    def rows(self) -> "QuerySet[Entitlement]":
        """Return the entitlements that belong to the scope now; no query yet."""
        raise TypeError(f"{type(self).__name__} does not say whom it is for.")

    def to_json(self) -> dict[str, Any]:
        """Return the scope as JSON; ``read_scope`` reads it back."""
        return {"scope": self.name, **plain_fields(self)}


@dataclass(frozen=True, slots=True)
class Named(Scope):
    """The entitlements with the keys ``ids``."""

    name: ClassVar[str] = "named"

    ids: tuple[UUID, ...]

    def rows(self) -> "QuerySet[Entitlement]":
        """Return those of them that exist."""
        return Entitlement.objects.filter(pk__in=self.ids)


@dataclass(frozen=True, slots=True)
class HoldersOf(Scope):
    """Entitlements of an offering that have not ended, on one revision only, or on any but ``besides``."""

    name: ClassVar[str] = "holders_of"

    offering_id: int
    revision_id: int | None = None
    besides: int | None = None

    def rows(self) -> "QuerySet[Entitlement]":
        """Return the holders."""
        rows = Entitlement.objects.filter(offering=self.offering_id, ended_on=None)
        rows = rows if self.revision_id is None else rows.filter(revision=self.revision_id)
        return rows if self.besides is None else rows.exclude(revision=self.besides)


@dataclass(frozen=True, slots=True)
class OverriddenIn(Scope):
    """Entitlements with an override of the right ``key`` that have not ended, of one offering or of any."""

    name: ClassVar[str] = "overridden_in"

    key: str
    offering_id: int | None = None

    def rows(self) -> "QuerySet[Entitlement]":
        """Return the entitlements with the override."""
        overridden = Override.objects.filter(key=self.key).values("entitlement")
        rows = Entitlement.objects.filter(pk__in=overridden, override_count__gt=0, ended_on=None)
        return rows if self.offering_id is None else rows.filter(offering=self.offering_id)


@dataclass(frozen=True, slots=True)
class ChangedBy(Scope):
    """Entitlements that the act ``act_id`` changed: of those that changed together, the one that names the unit."""

    name: ClassVar[str] = "changed_by"

    act_id: UUID

    def rows(self) -> "QuerySet[Entitlement]":
        """Return one entitlement of each unit."""
        return Entitlement.objects.filter(pk__in=Change.objects.filter(act=self.act_id).values("unit"))


SCOPES: tuple[type[Scope], ...] = (Named, HoldersOf, OverriddenIn, ChangedBy)


def read_scope(stored: Any) -> Scope | None:
    """Return the scope that ``to_json`` wrote; ``None`` where there is none, or one that cannot be read."""
    if not isinstance(stored, Mapping):
        return None
    found = [cls for cls in SCOPES if cls.name == stored.get("scope")]
    return read_fields(found[0], stored) if found else None
