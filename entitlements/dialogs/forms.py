"""What every form of an operation shares: text turned into an operation, and problems put on their fields."""

from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.forms.forms import DeclarativeFieldsMetaclass
from django.http import QueryDict
from django.utils.safestring import SafeString

from entitlements.dialogs.order_search import OrderSearch
from entitlements.models import new_id
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.operations import Operation, Problem, SeatChoice, SeatMode
from entitlements.operations.seats import SEAT_MODES

WORDS = ("reason", "reference")  # they go with an act, and no preview depends on them
DAY_FORMATS = ("%Y-%m-%d", "%d %b %Y", "%d %B %Y")


def defaults(**values: Any) -> QueryDict:
    """Return what a form starts from, as if it had been typed; lists become several values."""
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name, [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)])
    return data


class AbstractFormMeta(DeclarativeFieldsMetaclass, ABCMeta):
    """Let a form leave methods to the forms made from it."""


class OperationForm(forms.Form, metaclass=AbstractFormMeta):
    """Text that becomes one operation. Always bound: what a form starts with counts as typed.

    ``is_asked`` says that a person chose something, ``is_confirmed`` that the person asked for the change itself.
    """

    reason = forms.CharField(
        required=False, max_length=REASON_LENGTH, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    reference = forms.CharField(
        required=False,
        max_length=REFERENCE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Ticket or order"}),
    )
    needs_reason = False
    autofocus = "reason"
    is_asked = False
    is_confirmed = False

    def __init__(self, data: Mapping[str, Any], *, as_of: date) -> None:
        """Take what was typed, and the day the operation counts from."""
        super().__init__(data)
        self.as_of = as_of
        if self.needs_reason:
            self.fields["reason"].required = True
            self.fields["reason"].error_messages["required"] = "Give a reason: it is shown beside the value."
        if self.autofocus:
            self.fields[self.autofocus].widget.attrs["autofocus"] = True

    def operation(self) -> Operation | None:
        """Return what is asked for; ``None`` where a field it needs cannot be read."""
        return self.build() if set(self.errors) <= set(WORDS) else None

    @abstractmethod
    def build(self) -> Operation:
        """Return the operation of the cleaned fields."""

    def forget_premature_errors(self) -> None:
        """Drop what nobody wants to read yet: everything before the first answer, the reason before confirming."""
        if not self.is_confirmed:
            for name in list(self.errors) if not self.is_asked else WORDS:
                self.errors.pop(name, None)

    def choice_fields(self) -> list[forms.BoundField]:
        """Return the fields that make the operation what it is, in order."""
        special = {"seats", "release", *WORDS}
        return [field for field in self if field.name not in special and not field.is_hidden]

    def renewed_parts(self) -> list[SafeString]:
        """Return the parts of fields that the answer to a choice renews beside the preview."""
        searches = [field for field in self if isinstance(field.field.widget, OrderSearch)]
        return [field.field.widget.render_found(field) for field in searches]

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Put each problem on the field it belongs to, or on the form as a whole; the same one once."""
        for problem in dict.fromkeys(problems):
            name = self.field_of(problem)
            self.add_error(name if name in self.fields else None, problem.message)

    def field_of(self, problem: Problem) -> str | None:
        """Return the name of the field a problem belongs to."""
        return problem.field or None


class SeatsForm(OperationForm):
    """An operation that may have to release seats: which ones."""

    seats = forms.ChoiceField(
        required=False, choices=[(mode.value, words) for mode, words in SEAT_MODES.items()], label="Seats in use"
    )
    release = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    modes: ClassVar[Sequence[SeatMode]] = tuple(SEAT_MODES)
    default_mode = SeatMode.REFUSE
    always_asks = False

    def __init__(self, data: Mapping[str, Any], *, as_of: date) -> None:
        """Offer the choices of this form."""
        super().__init__(data, as_of=as_of)
        self.fields["seats"].choices = self.seat_modes  # type: ignore[attr-defined]

    def clean_seats(self) -> SeatMode:
        """Return what to do about seats in use; the dialog's default where it did not ask."""
        return SeatMode(self.cleaned_data["seats"] or self.default_mode)

    def clean_release(self) -> tuple[UUID, ...]:
        """Return the seats chosen, each once; order does not matter, so it is always the same."""
        try:
            return tuple(sorted({UUID(text) for text in self.cleaned_data["release"] or ()}))
        except ValueError as error:
            raise ValidationError("Choose from the seats listed.") from error

    def seat_choice(self) -> SeatChoice:
        """Return the choice; seats that were ticked count only while chosen ones are to go."""
        mode = self.cleaned_data["seats"]
        return SeatChoice(mode, self.cleaned_data["release"] if mode is SeatMode.RELEASE_CHOSEN else ())

    @property
    def seat_modes(self) -> list[tuple[str, str]]:
        """Return the choices for seats in use, with their words."""
        return [(mode.value, SEAT_MODES[mode]) for mode in self.modes]

    @property
    def seat_mode(self) -> str:
        """Return the mode chosen, for the page."""
        return str(self.data.get("seats") or self.default_mode)

    @property
    def chosen_seats(self) -> list[str]:
        """Return the keys of the seats that are ticked, for the page."""
        return list(QueryDict.getlist(self.data, "release")) if isinstance(self.data, QueryDict) else []


class KeyField(forms.UUIDField):
    """The key of what will be created: the same one from the first preview to the last answer."""

    def __init__(self) -> None:
        """Hide it, and make a new key where none came."""
        super().__init__(required=False, widget=forms.HiddenInput)

    def clean(self, value: Any) -> UUID:
        """Return the key that came, else a new one: then nothing was seen yet."""
        try:
            return super().clean(value) or new_id()
        except ValidationError:
            return new_id()


class DayField(forms.DateField):
    """A day, typed or picked."""

    def __init__(self, **options: Any) -> None:
        """Read ISO dates and days in words."""
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        errors = {"invalid": "Write a date as 2027-06-30."}
        super().__init__(
            **{
                "required": False,
                "widget": widget,
                "input_formats": DAY_FORMATS,
                "error_messages": errors,
                **options,
            }
        )
