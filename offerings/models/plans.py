"""Plans: the duration of a license, and the event that starts the term."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from config.name_fields import name_field
from config.names import FoldedField
from offerings.models.fields import NAME_LENGTH, known_choices, period_field, validate_duration
from offerings.models.retirable import Retirable, RetirableManager
from offerings.periods import parse_period

PERIODS = ("duration", "billing_period", "maintenance_duration")


class LicenseType(models.TextChoices):
    """Whether the license ends after a term."""

    SUBSCRIPTION = "subscription", "subscription"
    PERPETUAL = "perpetual", "perpetual"


class StartType(models.TextChoices):
    """The event that starts the term."""

    ON_CREATION = "on_creation", "on creation"
    FIRST_ACTIVATION = "first_activation", "first activation"
    MANUAL = "manual", "manual"


class PlanType(models.TextChoices):
    """The purpose of the license."""

    PAID = "paid", "paid"
    TRIAL = "trial", "trial"
    FREE = "free", "free"
    INTERNAL = "internal", "internal"
    BETA = "beta", "beta"
    NOT_FOR_RESALE = "not_for_resale", "not for resale"


class Plan(Retirable):
    """A business model, shared by products. Perpetual plans have no duration."""

    code = models.SlugField(max_length=NAME_LENGTH, unique=True)
    name = name_field(max_length=NAME_LENGTH)
    code_folded, name_folded = FoldedField("code"), FoldedField("name")
    license_type = models.CharField(max_length=12, choices=LicenseType.choices, default=LicenseType.SUBSCRIPTION)
    start_type = models.CharField(max_length=16, choices=StartType.choices, default=StartType.ON_CREATION)
    plan_type = models.CharField(max_length=14, choices=PlanType.choices, default=PlanType.PAID)
    duration = period_field(
        blank=True, validators=[validate_duration], help_text="Length of one term; perpetual: empty."
    )
    billing_period = period_field(blank=True, validators=[validate_duration], help_text="Empty: the duration.")
    maintenance_duration = period_field(
        blank=True,
        validators=[validate_duration],
        help_text="How long maintenance runs; empty: as long as the license.",
    )

    objects = RetirableManager["Plan"]()

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="plan_duration_fits_license",
                condition=Q(license_type=LicenseType.SUBSCRIPTION) & ~Q(duration="")
                | Q(license_type=LicenseType.PERPETUAL, duration=""),
                violation_error_message="A subscription needs a duration; a perpetual license has none.",
            ),
            models.UniqueConstraint(fields=["code_folded"], name="plan_folded_code_once"),
            known_choices("plan_start_and_type_known", start_type=StartType, plan_type=PlanType),
        ]

    def __str__(self) -> str:
        return self.name

    def value_in_words(self, name: str) -> str | None:
        """Return a period as people read it; ``None`` for other fields, and for a text that is no period."""
        try:
            return parse_period(getattr(self, name)).words if name in PERIODS and getattr(self, name) else None
        except ValueError:
            return None

    @property
    def terms(self) -> dict[str, str]:
        """Return the terms of the plan as a revision stores them."""
        return {
            "license_type": self.license_type,
            "start_type": self.start_type,
            "plan_type": self.plan_type,
            "duration": self.duration,
            "billing_period": self.billing_period or self.duration,
            "maintenance_duration": self.maintenance_duration,
        }
