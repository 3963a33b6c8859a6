"""Revisions: published snapshots of offerings, written once."""

from typing import Any, ClassVar, Never, Self

from django.conf import settings
from django.core.validators import MaxLengthValidator, MinValueValidator
from django.db import models
from django.db.models import Max, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.functional import cached_property

from config.digests import DigestField
from offerings.models.fields import NAME_LENGTH, NOTE_LENGTH
from offerings.models.offerings import Offering
from offerings.models.retirable import Row
from offerings.periods import Period, parse_period
from offerings.rights import Right, Sheet


class AppendOnlyQuerySet(models.QuerySet[Row]):
    """Rows for reading and inserting only."""

    def update(self, **_values: Any) -> Never:
        """Raise ``TypeError``: the rows never change."""
        raise TypeError(f"A {self.model._meta.verbose_name} is never changed once written.")

    def delete(self) -> Never:
        """Raise ``TypeError``: the rows stay."""
        raise TypeError(f"A {self.model._meta.verbose_name} is never deleted.")


class AppendOnly(models.Model):
    """A row that is written once. A trigger of the database refuses changes too."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; raise ``TypeError`` for a row that exists already."""
        if not self._state.adding:
            raise TypeError(f"A {self._meta.verbose_name} is never changed once written.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raise ``TypeError``: the row stays."""
        raise TypeError(f"A {self._meta.verbose_name} is never deleted.")


class RevisionQuerySet(AppendOnlyQuerySet[Row]):
    """Revisions, of one offering or many."""

    def newest(self) -> Self:
        """Return the newest revision of each offering."""
        return self.filter(number=newest_number())

    def outdated(self) -> Self:
        """Return the revisions older than the newest of their offering."""
        return self.filter(number__lt=newest_number())

    def newest_numbers(self) -> dict[int, int]:
        """Return the highest number among these revisions by offering id; one query."""
        return dict(self.order_by().values_list("offering").annotate(Max("number")))


def newest_number() -> Subquery:
    """Return a subquery of revisions for the highest number of the same offering."""
    siblings = Revision.objects.filter(offering=OuterRef("offering")).order_by("-number")
    return Subquery(siblings.values("number")[:1])


class Revision(AppendOnly):
    """An immutable, numbered, published snapshot of all rights and prices of an offering."""

    offering = models.ForeignKey(Offering, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    offering_name = models.CharField(max_length=NAME_LENGTH)
    rights = models.JSONField(help_text="Value of each right by key, without a seat limit where sold per quantity.")
    definitions = models.JSONField(help_text="Kind, label, unit and group of each right by key.")
    extensions = models.JSONField(default=dict, help_text="Add-ons: amount added to a right, by key.")
    prices = models.JSONField(help_text="The charges, in order of key.")
    terms = models.JSONField(help_text="The plan's license type, start type, periods; how seats are sold.")
    relations = models.JSONField(default=dict, help_text="The edition; of an add-on also those it goes with.")
    note = models.TextField(blank=True, validators=[MaxLengthValidator(NOTE_LENGTH)])
    published_at = models.DateTimeField(default=timezone.now, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    published_by_name = models.CharField(max_length=150, editable=False)
    digest = DigestField()

    objects = RevisionQuerySet.as_manager()  # type: ignore[misc]  # in the stubs, the manager of AppendOnly is a class variable

    class Meta:
        ordering: ClassVar = ["offering", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint("offering", "number", name="revision_number_once"),
            models.CheckConstraint(name="revision_number_from_1", condition=Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.offering_name}, revision {self.number}"

    @cached_property
    def sheet(self) -> Sheet:
        """Return the rights with their definitions, in the order pages show them."""
        return Sheet(_in_order(self.rights, self.definitions), self._definitions)

    @cached_property
    def extension_sheet(self) -> Sheet:
        """Return the amounts that an add-on adds to rights, with their definitions."""
        return Sheet(_in_order(self.extensions, self.definitions), self._definitions)

    @cached_property
    def _definitions(self) -> dict[str, Right]:
        stored = _in_order(self.definitions, self.definitions)
        return {key: Right.from_json(key, definition) for key, definition in stored.items()}

    @property
    def duration(self) -> Period | None:
        """Return the length of one term; ``None`` where the license is perpetual."""
        return parse_period(self.terms["duration"]) if self.terms["duration"] else None


def _in_order(values: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return ``values`` by the position in their definition: PostgreSQL does not keep the order of keys."""
    return dict(sorted(values.items(), key=lambda item: (definitions[item[0]].get("position", 0), item[0])))
