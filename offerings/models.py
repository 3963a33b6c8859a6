"""The catalog: drafts that staff edit, and the immutable revisions that customers hold."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from offerings import rights
from offerings.periods import Period, parse_period
from offerings.rights import BUILT_IN, FEATURE_KINDS, FEATURE_PREFIX, InvalidValue, Kind, Right, Sheet, Value

if TYPE_CHECKING:
    from datetime import datetime

KEY_LENGTH = 64
NAME_LENGTH = 50
SKU_LENGTH = 20

feature_key = RegexValidator(
    r"^[A-Za-z0-9_][A-Za-z0-9_.+&@/-]*\Z", "Use letters, digits and _ . + & @ / - only, starting with a letter or digit."
)
sku_format = RegexValidator(r"^[A-Z0-9][A-Z0-9._-]*\Z", "Use capital letters, digits, dot, dash and underscore only.")
currency_code = RegexValidator(r"^[A-Z]{3}\Z", "Use a currency code of three capital letters, such as EUR.")


def validate_built_in(key: str, value: object) -> None:
    """Raise ``ValidationError`` unless the built-in right ``key`` can hold ``value``."""
    try:
        rights.validate(BUILT_IN[key], value)
    except InvalidValue as error:
        raise ValidationError(str(error)) from error


def validate_lease_period(value: str) -> None:
    """Refuse a lease period under one hour, and what is no period."""
    validate_built_in("lease_period", value)


def validate_any_period(value: str) -> None:
    """Refuse what is no period in canonical ISO 8601."""
    validate_built_in("grace_period", value)


def validate_duration(value: str) -> None:
    """Refuse what is no period, and a period of less than one day."""
    validate_any_period(value)
    if parse_period(value).length_in_days < 1:
        raise ValidationError("Write one day or more, such as 30 days or 1 year.")


def validate_overdraft(value: str) -> None:
    """Refuse an overdraft that is not none, a number, a percentage or unlimited."""
    validate_built_in("overdraft", value)


def validate_seat_limit(value: object) -> None:
    """Refuse a seat limit that is neither 1 or more nor unlimited."""
    validate_built_in("seat_limit", value)


def period_field(**options: Any) -> "models.CharField[str, str]":
    """Return a column for a canonical ISO 8601 period; empty text means "not set"."""
    return models.CharField(max_length=20, **{"validators": [validate_any_period], **options})


class ConcurrencyMode(models.TextChoices):
    """Whether a seat belongs to one device or may be taken over when its lease has ended."""

    NODE_LOCK = "node_lock", "node lock"
    CONCURRENT = "concurrent", "concurrent"


class UsageResetSchedule(models.TextChoices):
    """When usage counters go back to 0."""

    NEVER = "never", "never"
    ON_RENEWAL = "on_renewal", "on renewal"
    MONTHLY = "monthly", "monthly"


class RetirableQuerySet(models.QuerySet[Any]):
    """Rows that can be taken off sale."""

    def on_sale(self) -> "RetirableQuerySet":
        """Return what is not retired."""
        return self.filter(retired_at=None)


class Retirable(models.Model):
    """A catalog row that is retired, never deleted, once anything refers to it."""

    retired_at = models.DateTimeField("retired", null=True, blank=True, editable=False)

    objects = RetirableQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def is_retired(self) -> bool:
        """Tell whether the row is off sale."""
        return self.retired_at is not None

    def retire(self, *, at: "datetime | None" = None) -> None:
        """Take the row off sale; writes. Holders keep what they have."""
        self.retired_at = at or timezone.now()
        self.save(update_fields=["retired_at"])


class Product(Retirable):
    """One application the vendor sells; defines the features and the timing defaults of its offerings."""

    code = models.SlugField(max_length=NAME_LENGTH, unique=True, help_text="Short name used in commands and addresses.")
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.TextField(blank=True)
    lease_period = period_field(default="P14D", validators=[validate_lease_period])
    offline_lease_period = period_field(default="P30D")
    grace_period = period_field(default="P7D")
    usage_reset_schedule = models.CharField(
        max_length=10, choices=UsageResetSchedule.choices, default=UsageResetSchedule.MONTHLY
    )
    catalog = models.JSONField(default=dict, blank=True, editable=False, help_text="Head of the imported price catalog.")

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Feature(Retirable):
    """One thing a product can grant. Its key never changes; it is retired, never deleted."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="features")
    key = models.CharField(max_length=KEY_LENGTH, validators=[feature_key])
    name = models.CharField(max_length=NAME_LENGTH)
    source_name = models.TextField(blank=True, editable=False, help_text="Name in the imported price catalog.")
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in FEATURE_KINDS])
    default = models.JSONField(null=True, blank=True, help_text="Value where an edition says nothing; empty: off, 0.")
    unit = models.CharField(max_length=NAME_LENGTH, blank=True)
    group = models.CharField(max_length=NAME_LENGTH, blank=True, help_text="Heading it stands under on pages.")
    description = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)
    source = models.JSONField(default=dict, blank=True, editable=False, help_text="What else the price catalog says.")

    class Meta:
        ordering: ClassVar = ["product", "position", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "product", "key", name="feature_key_once", violation_error_message="This product has this key already."
            ),
            models.CheckConstraint(
                name="feature_kind_known", condition=Q(kind__in=[kind.value for kind in FEATURE_KINDS])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.key})"

    def clean(self) -> None:
        """Refuse a default of another kind than the feature's."""
        if self.default is not None and self.kind:
            try:
                rights.validate(self.right, self.default)
            except InvalidValue as error:
                raise ValidationError({"default": str(error)}) from error

    @property
    def right(self) -> Right:
        """Return the right this feature grants."""
        group = self.group or ("Attributes" if self.kind in (Kind.TEXT, Kind.NUMBER, Kind.DATE) else "Features")
        return Right(FEATURE_PREFIX + self.key, Kind(self.kind), self.name, self.unit, group)

    @property
    def default_value(self) -> Value:
        """Return the value of an edition that says nothing about this feature."""
        return rights.empty(Kind(self.kind)) if self.default is None else self.default


class OfferingKind(models.TextChoices):
    """Whether an offering stands alone or adds to another."""

    PLAN = "plan", "plan"
    ADD_ON = "add_on", "add-on"


class Edition(Retirable):
    """A product's named set of feature values. An add-on's edition holds only what the add-on changes."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="editions")
    key = models.CharField(max_length=KEY_LENGTH)
    name = models.CharField(max_length=NAME_LENGTH)
    kind = models.CharField(max_length=10, choices=OfferingKind.choices, default=OfferingKind.PLAN)
    description = models.TextField(blank=True)
    position = models.PositiveIntegerField(default=0)
    source_name = models.TextField(blank=True, editable=False, help_text="Name in the imported price catalog.")
    available_for = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="add_ons", help_text="Editions this add-on goes with; none: all."
    )
    depends_on = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="needed_by")
    excludes = models.ManyToManyField("self", symmetrical=False, blank=True, related_name="excluded_by")

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
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.name}"


class EditionValue(models.Model):
    """What an edition says about one feature: the value in force, or for add-ons an amount that is added to it."""

    class Effect(models.TextChoices):
        """How the value meets the one the customer's plan grants."""

        REPLACES = "replaces", "replaces"
        EXTENDS = "extends", "adds to"

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="values")
    feature = models.ForeignKey(Feature, on_delete=models.PROTECT, related_name="values")
    value = models.JSONField()
    effect = models.CharField(max_length=10, choices=Effect.choices, default=Effect.REPLACES)

    class Meta:
        ordering: ClassVar = ["feature__position"]
        constraints: ClassVar = [models.UniqueConstraint("edition", "feature", "effect", name="edition_value_once")]

    def __str__(self) -> str:
        return f"{self.feature}: {rights.show(self.feature.right, self.value)}"

    def clean(self) -> None:
        """Refuse a value of another kind than the feature's, and another product's feature."""
        if self.feature.product_id != self.edition.product_id:
            raise ValidationError({"feature": "Choose a feature of the edition's product."})
        try:
            rights.validate(self.feature.right, self.value)
        except InvalidValue as error:
            raise ValidationError({"value": str(error)}) from error


class LicenseType(models.TextChoices):
    """Whether the license ends."""

    SUBSCRIPTION = "subscription", "subscription"
    PERPETUAL = "perpetual", "perpetual"


class StartType(models.TextChoices):
    """What starts the term."""

    ON_CREATION = "on_creation", "on creation"
    FIRST_ACTIVATION = "first_activation", "first activation"
    MANUAL = "manual", "manual"


class PlanType(models.TextChoices):
    """What the license is for."""

    PAID = "paid", "paid"
    TRIAL = "trial", "trial"
    FREE = "free", "free"
    INTERNAL = "internal", "internal"
    BETA = "beta", "beta"
    NOT_FOR_RESALE = "not_for_resale", "not for resale"


class Plan(Retirable):
    """A business model, shared by products. Perpetual plans have no duration."""

    code = models.SlugField(max_length=NAME_LENGTH, unique=True)
    name = models.CharField(max_length=NAME_LENGTH)
    license_type = models.CharField(max_length=12, choices=LicenseType.choices, default=LicenseType.SUBSCRIPTION)
    start_type = models.CharField(max_length=16, choices=StartType.choices, default=StartType.ON_CREATION)
    plan_type = models.CharField(max_length=14, choices=PlanType.choices, default=PlanType.PAID)
    duration = period_field(blank=True, validators=[validate_duration], help_text="Length of one term; perpetual: empty.")
    billing_period = period_field(blank=True, validators=[validate_duration], help_text="Empty: the duration.")
    maintenance_duration = period_field(
        blank=True, validators=[validate_duration], help_text="How long maintenance runs; empty: as long as the license."
    )

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="plan_duration_fits_license",
                condition=Q(license_type=LicenseType.SUBSCRIPTION) & ~Q(duration="")
                | Q(license_type=LicenseType.PERPETUAL, duration=""),
                violation_error_message="A subscription needs a duration; a perpetual license has none.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def terms(self) -> dict[str, str]:
        """Return what a revision stores of the plan."""
        return {
            "license_type": self.license_type,
            "start_type": self.start_type,
            "plan_type": self.plan_type,
            "duration": self.duration,
            "billing_period": self.billing_period or self.duration,
            "maintenance_duration": self.maintenance_duration,
        }


class AllowedChanges(models.TextChoices):
    """Which changes away from an offering are open, beside change groups."""

    BOTH = "both", "upgrades and downgrades"
    UPGRADE = "upgrade", "upgrades only"
    DOWNGRADE = "downgrade", "downgrades only"
    NONE = "none", "none"


class SeatsSold(models.TextChoices):
    """How the number of seats is agreed."""

    FIXED = "fixed", "fixed: the offering says how many"
    PER_QUANTITY = "per_quantity", "per quantity: the customer says how many"
    NOT_SOLD = "not_sold", "not sold with this offering"


class Offering(Retirable):
    """What is sold: an edition under a plan, with its commercial numbers. Editing it changes the draft only."""

    sku = models.CharField("SKU", max_length=SKU_LENGTH, unique=True, validators=[sku_format])
    name = models.CharField(max_length=NAME_LENGTH)
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

    class Meta:
        ordering: ClassVar = ["product", "kind", "position", "name", "sku"]
        permissions: ClassVar = [("publish_offering", "Can publish offerings")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="offering_seat_limit_where_fixed",
                condition=Q(seats_sold=SeatsSold.FIXED, seat_limit__isnull=False)
                | Q(seat_limit=None) & ~Q(seats_sold=SeatsSold.FIXED),
                violation_error_message="Give a seat limit where seats are fixed, and only there.",
            ),
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

    def clean(self) -> None:
        """Refuse another product's edition, and an edition of the other kind."""
        if self.edition_id and self.product_id and self.edition.product_id != self.product_id:
            raise ValidationError({"edition": "Choose an edition of the same product."})
        if self.edition_id and self.edition.kind != self.kind:
            raise ValidationError({"kind": f"This edition is for offerings of kind {self.edition.get_kind_display()}."})


class Charge(models.Model):
    """One price of an offering. An amount of ``None`` is "on request", with the catalog's words in ``text``."""

    class Kind(models.TextChoices):
        """When the charge falls due."""

        RECURRING = "recurring", "recurring"
        ONE_TIME = "one_time", "one-time"
        USAGE = "usage", "usage"

    class Per(models.TextChoices):
        """What the amount is multiplied by."""

        FLAT = "flat", "flat"
        SEAT = "seat", "per seat"

    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="charges")
    key = models.SlugField(max_length=NAME_LENGTH, default="price")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.RECURRING)
    per = models.CharField(max_length=4, choices=Per.choices, default=Per.FLAT)
    amount = models.DecimalField(
        max_digits=18, decimal_places=6, null=True, blank=True, validators=[MinValueValidator(0)], help_text="Empty: on request."
    )
    currency = models.CharField(max_length=3, validators=[currency_code])
    unit = models.CharField(max_length=NAME_LENGTH, blank=True, help_text="What one is, such as GB; for usage charges.")
    text = models.CharField(max_length=100, blank=True, help_text="Words shown where the price is on request.")

    class Meta:
        ordering: ClassVar = ["offering", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "offering", "key", name="charge_key_once", violation_error_message="This offering has this charge already."
            ),
            models.CheckConstraint(
                name="charge_amount_not_negative", condition=Q(amount__isnull=True) | Q(amount__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.offering}: {self.key}"


class AppendOnly(models.Model):
    """A row that is written once. The database refuses changes too, with a trigger."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert the row; raise ``TypeError`` where it exists already."""
        if not self._state.adding:
            raise TypeError(f"A {self._meta.verbose_name} is never changed once written.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raise ``TypeError``: the row stays."""
        raise TypeError(f"A {self._meta.verbose_name} is never deleted.")


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
    note = models.TextField(blank=True, validators=[MaxLengthValidator(2000)])
    published_at = models.DateTimeField(default=timezone.now, editable=False)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    published_by_name = models.CharField(max_length=150, editable=False)

    class Meta:
        ordering: ClassVar = ["offering", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint("offering", "number", name="revision_number_once"),
            models.CheckConstraint(name="revision_number_from_1", condition=Q(number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.offering_name}, revision {self.number}"

    @property
    def sheet(self) -> Sheet:
        """Return the rights with their definitions, ready for ``rights.diff``."""
        return Sheet(self.rights, {key: Right.from_json(key, stored) for key, stored in self.definitions.items()})

    @property
    def duration(self) -> Period | None:
        """Return the length of one term; ``None`` where the license is perpetual."""
        return parse_period(self.terms["duration"]) if self.terms["duration"] else None
