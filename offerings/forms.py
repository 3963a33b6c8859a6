"""Form fields that read rights as people type them, and the catalog forms with such fields."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import conditional_escape

from offerings import rights
from offerings.amounts import InvalidAmount, read_amount
from offerings.models import (
    NOTE_LENGTH,
    Edition,
    EditionValue,
    Feature,
    OfferingKind,
    SeatsSold,
)
from offerings.rights import BUILT_IN, CHOICES, EMPTY_IS_ABSENT, NUMERIC_KINDS, InvalidValue, Kind, Right, Value

EMPTY_TEXT = '""'  # people type this for an empty text, because an empty field means the default
EMPTY_IS_PRODUCT = "Empty: the product's."
PERIODS = ("lease_period", "offline_lease_period", "grace_period")


class TypedText(str):
    """Text that a person typed, as opposed to a stored value; the field shows it unchanged."""

    __slots__ = ()


class RightField(forms.CharField):
    """The value of a right, typed as text. An empty field gives ``empty``, which stands for the default."""

    def __init__(self, right: Right, *, placeholder: str = "", empty: Value | None = None, **options: Any) -> None:
        self.right, self.empty = right, empty
        strip = right.kind is not Kind.TEXT
        options["help_text"] = conditional_escape(options.get("help_text", ""))  # the Django admin shows it as HTML
        super().__init__(**{"required": False, "strip": strip, "empty_value": "", "label": right.label, **options})
        self.widget.attrs.setdefault("autocomplete", "off")
        if placeholder:
            self.widget.attrs["placeholder"] = placeholder

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Mark typed text, so that an empty field is shown empty again."""
        shown = super().bound_data(data, initial)
        return TypedText(shown) if isinstance(shown, str) and not self.disabled else shown

    def prepare_value(self, value: Any) -> Any:
        """Return a stored value as people type it, and typed text unchanged."""
        if isinstance(value, TypedText):
            return str(value)
        if value is None or (value == "" and self.empty == ""):
            return ""
        if value == "":
            return EMPTY_TEXT
        return rights.typed_stored(self.right, value)

    def clean(self, value: Any) -> Any:
        """Return the stored form of the typed text; raise ``ValidationError`` with a sentence for the field."""
        text = _plain_lines(super().clean(value))
        if text == "":
            return self.empty
        if text == EMPTY_TEXT and self.right.kind in (Kind.TEXT, Kind.DATE):
            return ""
        try:
            return rights.parse(self.right, text)
        except InvalidValue as error:
            raise ValidationError(str(error)) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether the typed text differs from the shown one."""
        return bool(super().has_changed(self.prepare_value(initial), _plain_lines(data)))


def _plain_lines(text: Any) -> Any:
    """Return text with line feeds alone: browsers send two characters for each line end."""
    return text.replace("\r\n", "\n") if isinstance(text, str) else text


class ChoiceRightField(RightField):
    """The value of a right with a few choices: on or off, a mode, a schedule."""

    widget = forms.Select

    def __init__(self, right: Right, *, placeholder: str = "", **options: Any) -> None:
        super().__init__(right, **options)
        words = ["on", "off"] if right.kind is Kind.FLAG else list(CHOICES[right.kind].values())
        first = [] if self.required else [("", f"default ({placeholder})" if placeholder else "default")]
        self.widget.choices = [*first, *((word, word) for word in words)]


def field_for(right: Right, **options: Any) -> RightField:
    """Return the form field of one right: a select for a few choices, else a text field."""
    options.setdefault("help_text", right.unit)
    if right.kind is Kind.FLAG or right.kind in CHOICES:
        return ChoiceRightField(right, **options)
    if right.kind is Kind.TEXT:
        options.setdefault("widget", forms.Textarea(attrs={"rows": 1, "cols": 60}))
    return RightField(right, **options)


class AmountField(forms.DecimalField):
    """An amount of money without its currency, as people write it; empty gives ``None``."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # stubs say a whole number
        """Return the typed amount; raise ``ValidationError`` with a sentence where it cannot be read for sure."""
        if value in self.empty_values or not str(value).strip():
            return None
        try:
            return read_amount(format(value, "f") if isinstance(value, Decimal) else str(value))
        except InvalidAmount as error:
            raise ValidationError(str(error), code="invalid") from error


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    """A product, with its periods in words."""

    lease_period = RightField(BUILT_IN["lease_period"], required=True)
    offline_lease_period = RightField(BUILT_IN["offline_lease_period"], required=True)
    grace_period = RightField(BUILT_IN["grace_period"], required=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in PERIODS:
            if name in self.fields:
                self.fields[name].initial = getattr(self.instance, name)


DURATIONS = {
    "duration": Right("duration", Kind.PERIOD, "Duration"),
    "billing_period": Right("billing_period", Kind.PERIOD, "Billing period"),
    "maintenance_duration": Right("maintenance_duration", Kind.PERIOD, "Maintenance runs"),
}


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]
    """A plan, with its periods in words."""

    duration = RightField(DURATIONS["duration"], empty="", help_text="1 year, 1 month; perpetual: empty.")
    billing_period = RightField(DURATIONS["billing_period"], empty="", help_text="Empty: the duration.")
    maintenance_duration = RightField(
        DURATIONS["maintenance_duration"], empty="", help_text="Empty: as long as the license."
    )


class FeatureForm(forms.ModelForm):  # type: ignore[type-arg]
    """A feature, with a default of its kind."""

    default = forms.CharField(required=False, help_text="Value where an edition says nothing; empty: off, 0.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        feature = self.instance
        if "default" not in self.fields or not feature.kind:
            return
        self.fields["default"] = field_for(
            feature.right,
            label="Default",
            help_text=self.fields["default"].help_text,
            placeholder=rights.typed(feature.right, rights.empty(Kind(feature.kind))),
        )

    def clean(self) -> dict[str, Any] | None:
        """Read the default by the kind that the same form chooses."""
        cleaned = super().clean() or self.cleaned_data
        kind, typed = cleaned.get("kind"), self.data.get(self.add_prefix("default"), "")
        if not kind or "default" not in self.fields:
            return cleaned
        self.errors.pop("default", None)
        try:
            cleaned["default"] = field_for(Right("default", Kind(kind), "Default")).clean(typed)
        except ValidationError as error:
            self.add_error("default", error)
        return cleaned


class OfferingForm(forms.ModelForm):  # type: ignore[type-arg]
    """An offering, with its rights as people type them."""

    seat_limit = RightField(BUILT_IN["seat_limit"], help_text='Where seats are fixed: 1 or more, or "unlimited".')
    overdraft = RightField(BUILT_IN["overdraft"], empty="none", help_text="none, 3, 10 % or unlimited.")
    lease_period = RightField(BUILT_IN["lease_period"], empty="", help_text=EMPTY_IS_PRODUCT)
    offline_lease_period = RightField(BUILT_IN["offline_lease_period"], empty="", help_text=EMPTY_IS_PRODUCT)
    grace_period = RightField(BUILT_IN["grace_period"], empty="", help_text=EMPTY_IS_PRODUCT)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in PERIODS:
            if name in self.fields and self.instance.product_id:
                shown = rights.show(BUILT_IN[name], getattr(self.instance.product, name))
                self.fields[name].widget.attrs["placeholder"] = f"{shown} (the product's)"

    def clean(self) -> dict[str, Any] | None:
        """Require a seat limit where seats are fixed, and refuse one elsewhere."""
        cleaned = super().clean() or self.cleaned_data
        if "seat_limit" in self.errors or "seats_sold" not in cleaned:
            return cleaned
        if cleaned["seats_sold"] == SeatsSold.FIXED and cleaned.get("seat_limit") is None:
            self.add_error("seat_limit", 'Seats are fixed: write 1 or more, or the word "unlimited".')
        if cleaned["seats_sold"] != SeatsSold.FIXED and cleaned.get("seat_limit") is not None:
            self.add_error("seat_limit", "Leave this empty, or choose fixed seats.")
        return cleaned


class EditionForm(forms.ModelForm):  # type: ignore[type-arg]
    """An edition and its value of each feature of the product."""

    def clean(self) -> dict[str, Any] | None:
        """Refuse relations with another product's editions, and with editions of the wrong kind."""
        cleaned = super().clean() or self.cleaned_data
        kinds = {"available_for": OfferingKind.PLAN, "depends_on": OfferingKind.ADD_ON, "excludes": OfferingKind.ADD_ON}
        for name, kind in kinds.items():
            for other in cleaned.get(name) or ():
                if other == self.instance:
                    self.add_error(name, "An add-on has no relation with itself. Take it out.")
                elif other.product_id != self.instance.product_id or other.kind != kind:
                    self.add_error(name, f"{other} is no {kind.label} of this product. Take it out.")
        return cleaned

    def changed_values(self) -> dict[tuple[int, str], Value | None]:
        """Return the changed values by feature id and effect; ``None`` is the default, which is not stored."""
        typed = [(name, *name.split("_", 2)[:2]) for name in self.changed_data if name.startswith(("value_", "adds_"))]
        effects = {"value": EditionValue.Effect.REPLACES, "adds": EditionValue.Effect.EXTENDS}
        return {(int(pk), effects[prefix].value): self.cleaned_data[name] for name, prefix, pk in typed}


def edition_form_for(edition: Edition | None) -> type[EditionForm]:
    """Return the form of one edition, with a typed field per feature of its product; queries twice."""
    fields: dict[str, Any] = {}
    if edition is not None:
        stored = {(value.feature_id, value.effect): value.value for value in edition.values.all()}
        for feature in edition.product.features.on_sale():
            fields |= _edition_fields(edition, feature, stored)
    return type("EditionForm", (EditionForm,), fields)


def _edition_fields(edition: Edition, feature: Feature, stored: dict[tuple[int, str], Value]) -> dict[str, Any]:
    right, is_add_on = feature.right, edition.kind == OfferingKind.ADD_ON
    placeholder = "unchanged" if is_add_on else rights.typed(right, feature.default_value)
    field = field_for(
        right,
        placeholder=placeholder,
        initial=stored.get((feature.pk, EditionValue.Effect.REPLACES)),
        help_text=_edition_help(right),
    )
    fields: dict[str, Any] = {f"value_{feature.pk}": field}
    if is_add_on and right.kind in NUMERIC_KINDS:
        fields[f"adds_{feature.pk}"] = field_for(
            right,
            label=f"{right.label}: adds",
            placeholder="nothing",
            initial=stored.get((feature.pk, EditionValue.Effect.EXTENDS)),
            help_text="Added to what the plan grants.",
        )
    return fields


def _edition_help(right: Right) -> str:
    empty = 'Write "" for none at all.' if right.kind in EMPTY_IS_ABSENT - {Kind.FLAG} else ""
    return " ".join(filter(None, (right.unit and f"In {right.unit}.", empty)))


class PublishForm(forms.Form):
    """The note of the published revisions, the chosen offerings, and the fingerprint of the review.

    ``publishable`` are the ids that can be chosen. A review of a single offering is no choice and has no tick box.
    """

    note = forms.CharField(
        required=False,
        max_length=NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept with each revision: what changed and why.",
    )
    expected = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, publishable: Collection[int], is_choice: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.publishable, self.is_choice = publishable, is_choice

    @property
    def ticked(self) -> set[int]:
        """Return the ids of the chosen offerings: all of them until a person has chosen."""
        if self.is_choice and self.is_bound:
            sent = set(self.data.getlist("chosen"))  # type: ignore[attr-defined]  # the data of a request
            return {pk for pk in self.publishable if str(pk) in sent}
        return set(self.initial.get("chosen", self.publishable)) & set(self.publishable)

    def clean(self) -> dict[str, Any]:
        """Require at least one chosen offering."""
        cleaned = super().clean() or self.cleaned_data
        if self.is_choice and not self.ticked:
            raise ValidationError("Choose at least one offering to publish.", code="required")
        return cleaned
