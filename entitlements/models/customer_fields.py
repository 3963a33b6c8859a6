"""The free fields of customers: what an administrator defines, and what each customer has in them."""

from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.dateparse import parse_date

from config.folding import fold
from config.name_fields import hidden_problem, name_field
from config.names import FoldedField, Named, NamedQuerySet
from config.numbers import NotANumber, read_decimal

KEY_LENGTH = 40
LABEL_LENGTH = 50
VALUE_LENGTH = 200
MOST_CHOICES = 100
DIGITS, PLACES = 19, 4
YES = "yes"
FLAG_WORDS = {"yes": YES, "true": YES, "on": YES, "1": YES, "no": "", "false": "", "off": "", "0": "", "": ""}

key_format = RegexValidator(
    r"^[a-z][a-z0-9_]*\Z",
    "Use small letters, digits and underscores, and begin with a letter.",
    code="field_key_format",
)


class FieldKind(models.TextChoices):
    """What the values of a field are."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    FLAG = "flag", "yes or no"


class CustomerFieldQuerySet(NamedQuerySet["CustomerField"]):
    """Queries for the definitions of fields."""

    def shown(self) -> "CustomerFieldQuerySet":
        """Return the fields that pages show and ask for, in their order."""
        return self.filter(is_shown=True)

    def of_words(self) -> "CustomerFieldQuerySet":
        """Return the fields whose values people search for by their start, in no order."""
        return self.filter(kind__in=(FieldKind.TEXT, FieldKind.CHOICE)).order_by()


class CustomerField(Named):
    """A field of customers that an administrator defined. Key and kind stay as they are once it is there."""

    key = models.CharField(
        max_length=KEY_LENGTH,
        unique=True,
        validators=[key_format],
        help_text="Names the field in files and addresses, such as region. It cannot be changed later.",
    )
    label = name_field(max_length=LABEL_LENGTH, help_text="What people read.")
    label_folded = FoldedField("label")
    kind = models.CharField(max_length=10, choices=FieldKind.choices, help_text="It cannot be changed later.")
    choices = models.TextField(blank=True, help_text="One a line, for fields of the kind choice.")
    position = models.PositiveIntegerField(default=0, help_text="Fields are sorted by position, then by label.")
    is_shown = models.BooleanField(
        "shown", default=True, help_text="Off: what customers have in it is kept, and neither shown nor asked for."
    )

    objects = CustomerFieldQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["position", "label", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["label_folded"], name="customer_field_label_once")]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        """Demand choices of a field of choices, and of no other one."""
        super().clean()
        if self.kind != FieldKind.CHOICE and self.choices.strip():
            raise ValidationError({"choices": "Only a field of the kind choice has choices."})
        if self.kind == FieldKind.CHOICE and (problem := self._problem_of_choices()):
            raise ValidationError({"choices": problem})

    def _problem_of_choices(self) -> str:
        found = self.choice_list
        if not found:
            return "Write the choices, one a line."
        if len(found) > MOST_CHOICES:
            return f"Give at most {MOST_CHOICES} choices."
        for place, choice in enumerate(found):
            if any(fold(choice) == fold(other) for other in found[:place]):
                return f"{choice} is there twice."
            if len(choice) > VALUE_LENGTH:
                return f"Use at most {VALUE_LENGTH} characters for a choice."
            if problem := hidden_problem(choice):
                return problem
        return ""

    @property
    def choice_list(self) -> list[str]:
        """Return the choices in their order."""
        return [line.strip() for line in self.choices.splitlines() if line.strip()]

    def read(self, text: str, *, kept: str = "") -> str:
        """Return a value as it is stored; an empty text is no value. ``kept`` is a value that is taken as it is.

        Raise ``ValidationError`` with a sentence that says what to write instead.
        """
        typed = text.strip()
        if not typed or typed == kept:
            return typed
        return READERS[FieldKind(self.kind)](self, typed)


def _read_text(_field: CustomerField, text: str) -> str:
    if problem := hidden_problem(text):
        raise ValidationError(problem, code="hidden_character")
    if len(text) > VALUE_LENGTH:
        raise ValidationError(f"Use at most {VALUE_LENGTH} characters.", code="max_length")
    return text


def _read_number(_field: CustomerField, text: str) -> str:
    try:
        number = read_decimal(text)
    except NotANumber as error:
        raise ValidationError(str(error), code=error.code) from error
    if abs(number) >= Decimal(10) ** (DIGITS - PLACES) or number != round(number, PLACES):
        raise ValidationError(
            f"Write a number with at most {DIGITS - PLACES} digits before the point and {PLACES} after it.",
            code="range",
        )
    return format(number.normalize() + 0, "f")


def _read_day(_field: CustomerField, text: str) -> str:
    try:
        day = parse_date(text) if text.isascii() else None
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValidationError("Write a day as 2027-06-30.", code="invalid")
    return text


def _read_choice(field: CustomerField, text: str) -> str:
    found = next((choice for choice in field.choice_list if fold(choice) == fold(text)), None)
    if found is None:
        known = ", ".join(field.choice_list[:10])
        raise ValidationError(f"{text[:60]} is no choice of {field.label}. Choose one of {known}.", code="invalid")
    return found


def _read_flag(_field: CustomerField, text: str) -> str:
    if text.lower() not in FLAG_WORDS:
        raise ValidationError("Write yes or no.", code="invalid")
    return FLAG_WORDS[text.lower()]


READERS = {
    FieldKind.TEXT: _read_text,
    FieldKind.NUMBER: _read_number,
    FieldKind.DATE: _read_day,
    FieldKind.CHOICE: _read_choice,
    FieldKind.FLAG: _read_flag,
}


class NumberKey(models.DecimalField):  # type: ignore[type-arg]
    """The number that the value of the row is, so that rows can be compared by it; nothing for any other value."""

    is_computed = True  # people edit the value

    def __init__(self, *args: Any, **options: Any) -> None:
        fixed = {"max_digits": DIGITS, "decimal_places": PLACES, "null": True, "editable": False}
        super().__init__(*args, **{**options, **fixed})

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 (Django's signature)
        """Fill the column from the value."""
        row: Any = model_instance
        number = Decimal(row.value) if row.field.kind == FieldKind.NUMBER else None
        setattr(row, self.attname, number)
        return number


class FieldValueQuerySet(NamedQuerySet["FieldValue"]):
    """Queries for values of fields."""


class FieldValue(Named):
    """What one customer has in one field, as ``CustomerField.read`` gives it; a customer without a value has no row.

    Written by ``save`` and ``bulk_create`` alone, which fill ``number``.
    """

    customer = models.ForeignKey(
        "entitlements.Customer", on_delete=models.PROTECT, related_name="field_values", db_index=False
    )
    field = models.ForeignKey(CustomerField, on_delete=models.PROTECT, related_name="values", db_index=False)
    value = name_field(max_length=VALUE_LENGTH)
    value_folded = FoldedField("value")
    number = NumberKey()

    objects = FieldValueQuerySet.as_manager()

    class Meta:
        verbose_name = "field"
        ordering: ClassVar = ["field__position", "field__label", "id"]
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "field"], name="customer_field_value_once")
        ]
        indexes: ClassVar = [
            # The filters of customers, and the search by the start of a value.
            models.Index(fields=["field", "value_folded", "customer"], name="field_value_by_text"),
            models.Index(
                fields=["field", "number", "customer"], condition=Q(number__isnull=False), name="field_value_by_number"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.value}"

    def clean(self) -> None:
        """Read the value by the kind of its field."""
        super().clean()
        if not self.field_id:
            return
        stored = FieldValue.objects.filter(pk=self.pk).values_list("value", flat=True).first() if self.pk else None
        try:
            self.value = self.field.read(self.value, kept=stored or "")
        except ValidationError as error:
            raise ValidationError({"value": error.messages}) from error
        if not self.value:
            raise ValidationError({"value": "Remove the value instead."})
