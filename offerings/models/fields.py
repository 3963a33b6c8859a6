"""Columns, choices and checks that several models of the catalog share."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from offerings import rights
from offerings.currencies import currency_problem
from offerings.periods import parse_period
from offerings.rights import BUILT_IN, InvalidValue

KEY_LENGTH = 64
NAME_LENGTH = 50
SKU_LENGTH = 20
NOTE_LENGTH = 2000

feature_key = RegexValidator(
    r"^[A-Za-z0-9_][A-Za-z0-9_.+&@/-]*\Z",
    "Use letters, digits and _ . + & @ / - only, starting with a letter or digit.",
)
sku_format = RegexValidator(r"^[A-Z0-9][A-Z0-9._-]*\Z", "Use capital letters, digits, dot, dash and underscore only.")


def validate_currency(value: str) -> None:
    """Raise ``ValidationError`` for a text that is no currency of ISO 4217."""
    if problem := currency_problem(value):
        raise ValidationError(problem)


def validate_built_in(key: str, value: object) -> None:
    """Raise ``ValidationError`` unless the built-in right ``key`` can hold ``value``."""
    try:
        rights.validate(BUILT_IN[key], value)
    except InvalidValue as error:
        raise ValidationError(str(error)) from error


def validate_lease_period(value: str) -> None:
    """Raise ``ValidationError`` for a lease period under one hour, and for anything else than a period."""
    validate_built_in("lease_period", value)


def validate_any_period(value: str) -> None:
    """Raise ``ValidationError`` for anything else than a period in canonical ISO 8601."""
    validate_built_in("grace_period", value)


def validate_duration(value: str) -> None:
    """Raise ``ValidationError`` for a period of less than one day, and for anything else than a period."""
    validate_any_period(value)
    if parse_period(value).length_in_days < 1:
        raise ValidationError("Write one day or more, such as 30 days or 1 year.")


def validate_overdraft(value: str) -> None:
    """Raise ``ValidationError`` for an overdraft that is not none, a number, a percentage or unlimited."""
    validate_built_in("overdraft", value)


def validate_seat_limit(value: object) -> None:
    """Raise ``ValidationError`` for a seat limit that is neither 1 or more nor unlimited."""
    validate_built_in("seat_limit", value)


def built_in_in_words(name: str, value: Any) -> str | None:
    """Return the value of a built-in right as people read it; ``None`` for other fields and for nothing."""
    right = BUILT_IN.get(name)
    return rights.show_stored(right, value) if right and value not in (None, "") else None


def period_field(**options: Any) -> "models.CharField[str, str]":
    """Return a column for a canonical ISO 8601 period; empty text means "not set"."""
    return models.CharField(max_length=20, **{"validators": [validate_any_period], **options})


class ConcurrencyMode(models.TextChoices):
    """Whether a seat belongs to one device, or another device may use it once its lease has ended."""

    NODE_LOCK = "node_lock", "node lock"
    CONCURRENT = "concurrent", "concurrent"


class UsageResetSchedule(models.TextChoices):
    """The times at which usage counters are reset to 0."""

    NEVER = "never", "never"
    ON_RENEWAL = "on_renewal", "on renewal"
    MONTHLY = "monthly", "monthly"


def known_choices(name: str, **choices: type[models.TextChoices]) -> models.CheckConstraint:
    """Return a constraint that restricts columns to the values of their choices."""
    return models.CheckConstraint(
        name=name, condition=models.Q(**{f"{column}__in": allowed.values for column, allowed in choices.items()})
    )
