"""The tables of the catalog: drafts that staff edit, and immutable revisions that customers hold."""

from offerings.models.features import Edition, EditionValue, Feature, OfferingKind, Product
from offerings.models.fields import (
    KEY_LENGTH,
    NAME_LENGTH,
    NOTE_LENGTH,
    SKU_LENGTH,
    ConcurrencyMode,
    UsageResetSchedule,
    feature_key,
    period_field,
    sku_format,
    validate_any_period,
    validate_built_in,
    validate_currency,
    validate_duration,
    validate_lease_period,
    validate_overdraft,
    validate_seat_limit,
)
from offerings.models.offerings import AllowedChanges, Charge, Offering, OfferingQuerySet, SeatsSold
from offerings.models.plans import LicenseType, Plan, PlanType, StartType
from offerings.models.retirable import Retirable, RetirableQuerySet
from offerings.models.revisions import AppendOnly, AppendOnlyQuerySet, Revision, RevisionQuerySet

__all__ = [
    "KEY_LENGTH",
    "NAME_LENGTH",
    "NOTE_LENGTH",
    "SKU_LENGTH",
    "AllowedChanges",
    "AppendOnly",
    "AppendOnlyQuerySet",
    "Charge",
    "ConcurrencyMode",
    "Edition",
    "EditionValue",
    "Feature",
    "LicenseType",
    "Offering",
    "OfferingKind",
    "OfferingQuerySet",
    "Plan",
    "PlanType",
    "Product",
    "Retirable",
    "RetirableQuerySet",
    "Revision",
    "RevisionQuerySet",
    "SeatsSold",
    "StartType",
    "UsageResetSchedule",
    "feature_key",
    "period_field",
    "sku_format",
    "validate_any_period",
    "validate_built_in",
    "validate_currency",
    "validate_duration",
    "validate_lease_period",
    "validate_overdraft",
    "validate_seat_limit",
]
