"""Offerings and their prices."""

from typing import ClassVar, Self

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse

from config.name_fields import name_field
from config.names import FoldedField
from config.snapshots import EditPart
from offerings.amounts import plain_amount
from offerings.models.features import Edition, OfferingKind, Product
from offerings.models.fields import (
    NAME_LENGTH,
    SKU_LENGTH,
    ConcurrencyMode,
    UsageResetSchedule,
    built_in_in_words,
    known_choices,
    period_field,
    sku_format,
    validate_currency,
    validate_lease_period,
    validate_overdraft,
    validate_seat_limit,
)
from offerings.models.plans import Plan
from offerings.models.retirable import Retirable, RetirableQuerySet
from offerings.prices import CONTRACT_EFFECTIVE, Price


class AllowedChanges(models.TextChoices):
    """The changes that an offering allows its holders, besides the rules of change groups."""

    BOTH = "both", "upgrades and downgrades"
    UPGRADE = "upgrade", "upgrades only"
    DOWNGRADE = "downgrade", "downgrades only"
    NONE = "none", "none"


FROM_PRODUCT = ("lease_period", "offline_lease_period", "grace_period", "usage_reset_schedule")


class SeatsSold(models.TextChoices):
    """The way of agreeing on a number of seats."""

    FIXED = "fixed", "fixed: the offering says how many"
    PER_QUANTITY = "per_quantity", "per quantity: the customer says how many"
    NOT_SOLD = "not_sold", "not sold with this offering"


class OfferingQuerySet(RetirableQuerySet["Offering"]):
    """Offerings as staff edit them."""

    def with_newest_number(self) -> Self:
        """Annotate ``newest_number``, the number of the newest revision; ``None`` where no revision is published."""
        return self.annotate(newest_number=_of_newest_revision("number"))

    def with_sold_name(self) -> Self:
        """Annotate ``sold_name``: the name in the newest revision; the draft's where no revision is published."""
        return self.annotate(sold_name=Coalesce(_of_newest_revision("offering_name"), F("name")))

    def by_sold_name(self) -> Self:
        """Return the offerings by product, then by the name they are sold under; annotates ``sold_name``."""
        return self.with_sold_name().order_by("product__name", "product", "sold_name", "sku")


def mentions(word: str) -> Q:
    """Return the condition for offerings with a word in their SKU, their name or the name of their product."""
    return Q(sku_folded__mentions=word) | Q(name_folded__mentions=word) | Q(product__name_folded__mentions=word)


def _of_newest_revision(column: str) -> Subquery:
    """Return a column of the newest revision of an offering, for a query of offerings."""
    revisions = apps.get_model("offerings", "Revision").objects
    newest = revisions.filter(offering=OuterRef("pk")).order_by("-number")
    return Subquery(newest.values(column)[:1])


class Offering(Retirable):
    """An edition under a plan, with its commercial numbers. An edit changes only the draft, never a revision."""

    sku = models.CharField("SKU", max_length=SKU_LENGTH, unique=True, validators=[sku_format])
    name = name_field(max_length=NAME_LENGTH)
    sku_folded, name_folded = FoldedField("sku"), FoldedField("name")
    kind = models.CharField(max_length=10, choices=OfferingKind.choices, default=OfferingKind.PLAN)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="offerings")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="offerings")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="offerings")
    seats_sold = models.CharField(max_length=12, choices=SeatsSold.choices, default=SeatsSold.FIXED)
    seat_limit = models.JSONField(
        null=True, blank=True, validators=[validate_seat_limit], help_text='Where fixed: 1 or more, or "unlimited".'
    )
    extra_seats = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Add-ons: seats added for each one bought."
    )
    overdraft = models.CharField(max_length=20, default="none", validators=[validate_overdraft])
    concurrency_mode = models.CharField(
        max_length=10, choices=ConcurrencyMode.choices, default=ConcurrencyMode.NODE_LOCK
    )
    lease_period = period_field(blank=True, validators=[validate_lease_period], help_text="Empty: the product's.")
    offline_lease_period = period_field(blank=True, help_text="Empty: the product's.")
    grace_period = period_field(blank=True, help_text="Empty: the product's.")
    usage_reset_schedule = models.CharField(
        max_length=10, choices=UsageResetSchedule.choices, blank=True, help_text="Empty: the product's."
    )
    maintenance = models.BooleanField(default=True)
    allowed_changes = models.CharField(max_length=10, choices=AllowedChanges.choices, default=AllowedChanges.BOTH)
    description = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)
    is_private = models.BooleanField("private", default=False, help_text="Not shown on public price lists.")

    objects = OfferingQuerySet.as_manager()
    edit_parts: ClassVar = (EditPart("charges", named_by=("key",)),)

    class Meta:
        ordering: ClassVar = ["product", "kind", "position", "name", "sku"]
        permissions: ClassVar = [("publish_offering", "Can publish offerings")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="offering_seat_limit_where_fixed",
                condition=Q(seats_sold=SeatsSold.FIXED, seat_limit__isnull=False)
                | Q(seat_limit__isnull=True) & ~Q(seats_sold=SeatsSold.FIXED),
                violation_error_message="Give a seat limit where seats are fixed, and only there.",
            ),
            models.CheckConstraint(
                name="offering_extra_seats_on_add_ons",
                condition=Q(extra_seats=None) | Q(kind=OfferingKind.ADD_ON, extra_seats__gte=1),
                violation_error_message="Only an add-on adds seats, 1 or more; leave extra seats empty on a plan.",
            ),
            known_choices(
                "offering_choices_known",
                kind=OfferingKind,
                seats_sold=SeatsSold,
                concurrency_mode=ConcurrencyMode,
                allowed_changes=AllowedChanges,
            ),
            models.UniqueConstraint(fields=["sku_folded"], name="offering_folded_sku_once"),
            models.UniqueConstraint(
                "edition",
                "plan",
                name="offering_edition_and_plan_once",
                violation_error_message="This edition is sold under this plan already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.name}"

    def get_absolute_url(self) -> str:
        """Return the address of the offering's page."""
        return reverse("offerings:offering", args=[self.sku])

    def value_in_words(self, name: str) -> str | None:
        """Return a built-in right as people read it; ``None`` for other fields."""
        if name in FROM_PRODUCT and not getattr(self, name):
            return "the product's"
        return built_in_in_words(name, getattr(self, name))

    def clean(self) -> None:
        """Refuse another product's edition, an edition of the other kind, and a plan that adds seats."""
        super().clean()
        if self.edition_id and self.product_id and self.edition.product_id != self.product_id:
            raise ValidationError({"edition": "Choose an edition of the same product."})
        if self.edition_id and self.edition.kind != self.kind:
            message = f"This edition is for offerings of kind {self.edition.get_kind_display()}. Choose another."
            raise ValidationError({"edition": message})
        if self.extra_seats is not None and self.kind != OfferingKind.ADD_ON:
            raise ValidationError({"extra_seats": "Only an add-on adds seats; leave this empty on a plan."})


class Charge(models.Model):
    """One price of an offering. An amount of ``None`` is "on request", with the catalog's words in ``text``."""

    class Kind(models.TextChoices):
        """The due time of a charge."""

        RECURRING = "recurring", "recurring"
        ONE_TIME = "one_time", "one-time"
        USAGE = "usage", "usage"

    class Per(models.TextChoices):
        """The factor of the amount."""

        FLAT = "flat", "flat"
        SEAT = "seat", "per seat"

    class Trigger(models.TextChoices):
        """The day of an amendment that a charge starts on."""

        CONTRACT = CONTRACT_EFFECTIVE, "contract effective"
        ACTIVATION = "service_activation", "service activation"
        ACCEPTANCE = "customer_acceptance", "customer acceptance"

    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="charges")
    key = models.SlugField(max_length=NAME_LENGTH, default="price")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.RECURRING)
    per = models.CharField(max_length=4, choices=Per.choices, default=Per.FLAT)
    trigger = models.CharField(
        "starts on", max_length=20, choices=Trigger.choices, default=Trigger.CONTRACT, help_text="The day it starts on."
    )
    amount = models.DecimalField(
        max_digits=18,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="Empty: on request.",
    )
    currency = models.CharField(max_length=3, validators=[validate_currency])
    unit = name_field(max_length=NAME_LENGTH, blank=True, help_text="What one is, such as GB; for usage charges.")
    text = name_field(max_length=100, blank=True, help_text="Words shown where the price is on request.")

    class Meta:
        ordering: ClassVar = ["offering", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "offering",
                "key",
                name="charge_key_once",
                violation_error_message="This offering has this charge already.",
            ),
            models.CheckConstraint(
                name="charge_amount_not_negative", condition=Q(amount__isnull=True) | Q(amount__gte=0)
            ),
            models.CheckConstraint(
                name="charge_kind_and_per_known",
                condition=Q(kind__in=["recurring", "one_time", "usage"], per__in=["flat", "seat"]),
            ),
            models.CheckConstraint(
                name="charge_trigger_known",
                condition=Q(trigger__in=["contract_effective", "service_activation", "customer_acceptance"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offering}: {self.key}"

    @property
    def price(self) -> Price:
        """Return the charge as a revision stores it."""
        return Price(
            key=self.key,
            kind=self.kind,
            per=self.per,
            amount=plain_amount(self.amount),
            currency=self.currency,
            unit=self.unit,
            text=self.text,
            trigger=self.trigger,
        )
