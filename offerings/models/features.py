"""Products, their features, and editions, which give the features values."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from config.name_fields import name_field
from config.names import FoldedField
from config.snapshots import EditPart
from offerings import rights
from offerings.models.fields import (
    KEY_LENGTH,
    NAME_LENGTH,
    UsageResetSchedule,
    built_in_in_words,
    feature_key,
    known_choices,
    period_field,
    validate_lease_period,
)
from offerings.models.retirable import Retirable, RetirableManager
from offerings.rights import FEATURE_KINDS, FEATURE_PREFIX, NUMERIC_KINDS, InvalidValue, Kind, Right, Value

# Another import may bring a retired key back in another case, so only those on sale are one.
ON_SALE = Q(retired_at=None)


class Product(Retirable):
    """One application that the vendor sells, with the features and timing defaults of its offerings."""

    code = models.SlugField(max_length=NAME_LENGTH, unique=True, help_text="Short name used in commands and addresses.")
    name = name_field(max_length=NAME_LENGTH)
    code_folded, name_folded = FoldedField("code"), FoldedField("name")
    description = models.TextField(blank=True)
    lease_period = period_field(default="P14D", validators=[validate_lease_period])
    offline_lease_period = period_field(default="P30D")
    grace_period = period_field(default="P7D")
    usage_reset_schedule = models.CharField(
        max_length=10, choices=UsageResetSchedule.choices, default=UsageResetSchedule.MONTHLY
    )
    catalog = models.JSONField(
        default=dict, blank=True, editable=False, help_text="Head of the imported price catalog."
    )

    objects = RetirableManager["Product"]()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            known_choices("product_schedule_known", usage_reset_schedule=UsageResetSchedule),
            models.UniqueConstraint(fields=["code_folded"], name="product_folded_code_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def value_in_words(self, name: str) -> str | None:
        """Return a built-in right as people read it; ``None`` for other fields."""
        return built_in_in_words(name, getattr(self, name))


class Feature(Retirable):
    """One thing that a product can grant. The key never changes; a feature is retired, never deleted."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="features")
    key = models.CharField(max_length=KEY_LENGTH, validators=[feature_key])
    name = name_field(max_length=NAME_LENGTH)
    key_folded, name_folded = FoldedField("key"), FoldedField("name")
    source_name = models.TextField(blank=True, editable=False, help_text="Name in the imported price catalog.")
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in FEATURE_KINDS])
    default = models.JSONField(null=True, blank=True, help_text="Value where an edition says nothing; empty: off, 0.")
    unit = name_field(max_length=NAME_LENGTH, blank=True)
    group = name_field(max_length=NAME_LENGTH, blank=True, help_text="Heading it stands under on pages.")
    description = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)
    source = models.JSONField(default=dict, blank=True, editable=False, help_text="What else the price catalog says.")

    objects = RetirableManager["Feature"]()

    class Meta:
        ordering: ClassVar = ["product", "position", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "product", "key", name="feature_key_once", violation_error_message="This product has this key already."
            ),
            models.UniqueConstraint(
                fields=["product", "key_folded"], condition=ON_SALE, name="feature_folded_key_once"
            ),
            models.CheckConstraint(
                name="feature_kind_known", condition=Q(kind__in=[kind.value for kind in FEATURE_KINDS])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.key})"

    def clean(self) -> None:
        """Refuse a default of another kind than the feature's."""
        super().clean()
        if self.default is not None and self.kind:
            try:
                rights.validate(self.right, self.default)
            except InvalidValue as error:
                raise ValidationError({"default": str(error)}) from error

    @property
    def right(self) -> Right:
        """Return the right that the feature grants."""
        group = self.group or ("Attributes" if self.kind in (Kind.TEXT, Kind.NUMBER, Kind.DATE) else "Features")
        return Right(FEATURE_PREFIX + self.key, Kind(self.kind), self.name, self.unit, group)

    @property
    def default_value(self) -> Value:
        """Return the value of an edition without a value of its own for the feature."""
        return rights.empty(Kind(self.kind)) if self.default is None else self.default

    def value_in_words(self, name: str) -> str | None:
        """Return the default as people read it; ``None`` for other fields."""
        return rights.show_stored(self.right, self.default_value) if name == "default" else None


class OfferingKind(models.TextChoices):
    """Whether an offering is sold alone or beside a plan."""

    PLAN = "plan", "plan"
    ADD_ON = "add_on", "add-on"


class Edition(Retirable):
    """A product's named set of feature values. The edition of an add-on has only the values that the add-on changes."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="editions")
    key = name_field(max_length=KEY_LENGTH)
    name = name_field(max_length=NAME_LENGTH)
    key_folded, name_folded = FoldedField("key"), FoldedField("name")
    kind = models.CharField(max_length=10, choices=OfferingKind.choices, default=OfferingKind.PLAN)
    description = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)
    source_name = models.TextField(blank=True, editable=False, help_text="Name in the imported price catalog.")
    available_for = models.ManyToManyField(
        "self",
        symmetrical=False,
        blank=True,
        related_name="add_ons",
        help_text="Editions this add-on goes with; none: all.",
    )
    depends_on = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="needed_by")
    excludes = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="excluded_by")

    objects = RetirableManager["Edition"]()
    edit_parts: ClassVar = (EditPart("values", named_by=("effect", "feature"), noun=""),)

    class Meta:
        ordering: ClassVar = ["product", "kind", "position", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "product",
                "kind",
                "key",
                name="edition_key_once",
                violation_error_message="This product has an edition with this key already.",
            ),
            models.UniqueConstraint(
                fields=["product", "kind", "key_folded"], condition=ON_SALE, name="edition_folded_key_once"
            ),
            known_choices("edition_kind_known", kind=OfferingKind),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.name}"


class EditionValue(models.Model):
    """The value of one feature in an edition; for add-ons also an amount to add to the plan's value."""

    class Effect(models.TextChoices):
        """Whether the value replaces the value of the customer's plan or adds to it."""

        REPLACES = "replaces", "replaces"
        EXTENDS = "extends", "adds to"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="values")
    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="values")
    value = models.JSONField()
    effect = models.CharField(max_length=10, choices=Effect.choices, default=Effect.REPLACES)

    class Meta:
        ordering: ClassVar = ["feature__position"]
        constraints: ClassVar = [
            models.UniqueConstraint("edition", "feature", "effect", name="edition_value_once"),
            models.CheckConstraint(name="edition_value_effect_known", condition=Q(effect__in=["replaces", "extends"])),
        ]

    def __str__(self) -> str:
        return f"{self.feature}: {rights.show_stored(self.feature.right, self.value)}"

    def value_in_words(self, name: str) -> str | None:
        """Return the value as people read it, and the effect where the value adds; ``None`` for other fields."""
        if name == "effect":
            return "addition to" if self.effect == self.Effect.EXTENDS else ""
        return rights.show_stored(self.feature.right, self.value) if name == "value" else None

    def clean(self) -> None:
        """Refuse a value of another kind than the feature's, and another product's feature."""
        if self.feature.product_id != self.edition.product_id:
            raise ValidationError({"feature": "Choose a feature of the edition's product."})
        if self.effect == self.Effect.EXTENDS and self.edition.kind != OfferingKind.ADD_ON:
            raise ValidationError({"effect": "Only an add-on adds to a value; let this one replace the default."})
        if self.effect == self.Effect.EXTENDS and self.feature.right.kind not in NUMERIC_KINDS:
            raise ValidationError({"effect": "Only numbers can be added to; let this value replace the plan's."})
        try:
            rights.validate(self.feature.right, self.value)
        except InvalidValue as error:
            raise ValidationError({"value": str(error)}) from error
