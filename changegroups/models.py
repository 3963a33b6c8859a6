"""Change groups: which changes between offerings are open, in which direction, and on which terms."""

from typing import ClassVar

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from config.name_fields import name_field
from config.names import FoldedField, Named, NamedQuerySet
from config.snapshots import EditPart
from offerings.models import Offering

NAME_LENGTH = 100


class ChangeMode(models.TextChoices):
    """Which directions of change are open."""

    BOTH = "both", "both"
    UPGRADE = "upgrade", "upgrade only"
    DOWNGRADE = "downgrade", "downgrade only"


class SubscribeMode(models.TextChoices):
    """What a change does to the entitlement and its term."""

    KEEP_IF_MATCH = "keep_if_match", "keep if terms match, else create new"
    CREATE_NEW = "create_new", "create new"
    KEEP = "keep", "keep"
    NEW_TERM = "new_term", "existing with new term"


class QuantityMode(models.TextChoices):
    """Whether the quantity may be chosen with the change, where seats are sold per quantity."""

    KEEP_SAME = "keep_same", "keep same"
    ALLOW_CHANGE = "allow_change", "allow change"


class TermChanges(models.TextChoices):
    """Whether license type or duration may differ between the two offerings."""

    ALLOWED = "allowed", "allowed"
    REFUSED = "refused", "refused"


class Effective(models.TextChoices):
    """When a change takes effect. Without an end of term to come, the end of the term is at once."""

    IMMEDIATELY = "immediately", "immediately"
    END_OF_TERM = "end_of_term", "at the end of the term"


MODES: dict[str, type[models.TextChoices]] = {
    "change_mode": ChangeMode,
    "subscribe_mode": SubscribeMode,
    "quantity_mode": QuantityMode,
    "term_changes": TermChanges,
    "effective_for_upgrades": Effective,
    "effective_for_downgrades": Effective,
    "effective_at_same_level": Effective,
}


class ChangeDefaults(models.Model):
    """The global default of each mode. One row, which staff edit; every use reads the row, nothing caches it."""

    change_mode = models.CharField(max_length=16, choices=ChangeMode.choices, default=ChangeMode.BOTH)
    subscribe_mode = models.CharField(max_length=16, choices=SubscribeMode.choices, default=SubscribeMode.KEEP_IF_MATCH)
    quantity_mode = models.CharField(max_length=16, choices=QuantityMode.choices, default=QuantityMode.ALLOW_CHANGE)
    term_changes = models.CharField(max_length=16, choices=TermChanges.choices, default=TermChanges.ALLOWED)
    effective_for_upgrades = models.CharField(
        max_length=16, choices=Effective.choices, default=Effective.IMMEDIATELY, db_default=Effective.IMMEDIATELY
    )
    effective_for_downgrades = models.CharField(
        max_length=16, choices=Effective.choices, default=Effective.IMMEDIATELY, db_default=Effective.IMMEDIATELY
    )
    effective_at_same_level = models.CharField(
        max_length=16, choices=Effective.choices, default=Effective.IMMEDIATELY, db_default=Effective.IMMEDIATELY
    )

    class Meta:
        default_permissions = ("change", "view")
        verbose_name = "global defaults"
        verbose_name_plural = "global defaults"
        constraints: ClassVar = [models.CheckConstraint(name="change_defaults_one_row", condition=Q(pk=1))]

    def __str__(self) -> str:
        return "Global defaults"

    @classmethod
    def current(cls) -> "ChangeDefaults":
        """Return the row, or an unsaved row of defaults where nobody has saved one yet; one query."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class ChangeGroup(Named):
    """Offerings that may be swapped for each other, ranked by priority. Name and description are internal.

    A mode of empty text is the global default.
    """

    name = name_field(max_length=NAME_LENGTH)
    name_folded = FoldedField("name")
    description = models.TextField(blank=True, validators=[MaxLengthValidator(2000)])
    change_mode = models.CharField(max_length=16, choices=ChangeMode.choices, blank=True)
    subscribe_mode = models.CharField(max_length=16, choices=SubscribeMode.choices, blank=True)
    quantity_mode = models.CharField(max_length=16, choices=QuantityMode.choices, blank=True)
    term_changes = models.CharField(max_length=16, choices=TermChanges.choices, blank=True)
    effective_for_upgrades = models.CharField(
        max_length=16, choices=Effective.choices, blank=True, default="", db_default=""
    )
    effective_for_downgrades = models.CharField(
        max_length=16, choices=Effective.choices, blank=True, default="", db_default=""
    )
    effective_at_same_level = models.CharField(
        max_length=16, choices=Effective.choices, blank=True, default="", db_default=""
    )
    is_self_service = models.BooleanField(
        "self-service", default=False, help_text="Customers may make these moves themselves."
    )
    offerings = models.ManyToManyField(Offering, through="Membership", related_name="change_groups")

    edit_parts: ClassVar = (EditPart("memberships", named_by=("offering",), noun=""),)

    objects = NamedQuerySet["ChangeGroup"].as_manager()

    class Meta:
        ordering: ClassVar = ["name"]
        permissions: ClassVar = [("change_outside_group", "Can change offerings outside change groups")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name_folded"], name="change_group_folded_name_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the group's page."""
        return reverse("changegroups:group", args=[self.pk])

    def value_in_words(self, name: str) -> str | None:
        """Return a mode in words; ``None`` for any other field, and for a mode of the group's own."""
        return "global default" if name in MODES and not getattr(self, name) else None


class Membership(models.Model):
    """One offering in one group. A higher priority is further up; equal priorities share a level."""

    group = models.ForeignKey(ChangeGroup, on_delete=models.CASCADE, related_name="memberships")
    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="memberships")
    priority = models.IntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["group", "-priority", "offering__name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "group",
                "offering",
                name="membership_once_per_group",
                violation_error_message="This offering is in the group already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offering} in {self.group} at {self.priority}"

    def value_in_words(self, name: str) -> str | None:
        """Return the SKU of the offering, which is unique; ``None`` for any other field."""
        return self.offering.sku if name == "offering" else None
