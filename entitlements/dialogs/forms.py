"""The base of all forms of operations: text becomes an operation, and problems go to their fields."""

from abc import ABCMeta, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.forms import DeclarativeFieldsMetaclass
from django.http import QueryDict
from django.utils.safestring import SafeString

from config.selection import read_ids
from entitlements import engine
from entitlements.dialogs.order_search import OrderSearch
from entitlements.dialogs.waiting import Days, When
from entitlements.models import new_id
from entitlements.models.amendments import CODE_LENGTH, DESCRIPTION_LENGTH, NAME_LENGTH
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.models.holdings import REASON_LENGTH
from entitlements.operations import Operation, Preview, Problem, SeatChoice, SeatMode
from entitlements.operations.seats import SEAT_MODES
from entitlements.schedule.facts import ACCEPTANCE, ACTIVATION, CODE, DATES, DESCRIPTION, NAME, Facts

WAITING_FIELDS = ("when", "effective_on", "cancels", "keeps")  # when, and what goes from the schedule along, or stays
FACT_FIELDS = (NAME, CODE, *DATES, DESCRIPTION)  # facts of an amendment
REASON_FIELDS = ("reason", "reference", *FACT_FIELDS)  # what is written beside; of it, only dates matter to previews
DAY_FORMATS = ("%Y-%m-%d", "%d %b %Y", "%d %B %Y")


def initial_data(**values: Any) -> QueryDict:
    """Return the data of an unsent form, in the shape of a POST; lists become several values."""
    data = QueryDict(mutable=True)
    for name, value in values.items():
        data.setlist(name, [str(each) for each in value] if isinstance(value, list | tuple) else [str(value)])
    return data


class AbstractFormMeta(DeclarativeFieldsMetaclass, ABCMeta):
    """The metaclass of forms with abstract methods."""


class ReasonField(forms.CharField):
    """The reason of an act or an edit; its label says whether one is needed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=REASON_LENGTH, **options)
        self.template_name = "entitlements/dialogs/reason.html"


class DayField(forms.DateField):
    """A day: an ISO date, or a day in words such as 3 Jun 2027."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        errors = {"invalid": "Write a date as 2027-06-30."}
        usual = {"required": False, "widget": widget, "input_formats": DAY_FORMATS, "error_messages": errors}
        super().__init__(**{**usual, **options})


class FactsForm(forms.Form):
    """What people write about an amendment; of the dates beside its day, those that the site asks for."""

    amendment_name = forms.CharField(
        label="Name", required=False, max_length=NAME_LENGTH, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    amendment_code = forms.CharField(
        label="Code",
        required=False,
        max_length=CODE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="What another system calls it, such as a CRM.",
    )
    service_activation_on = DayField(label=DATES[ACTIVATION])
    customer_acceptance_on = DayField(label=DATES[ACCEPTANCE])
    amendment_description = forms.CharField(
        label="Description", required=False, max_length=DESCRIPTION_LENGTH, widget=forms.Textarea(attrs={"rows": 2})
    )

    def leave_out_dates(self) -> None:
        """Leave out the dates that the site does not ask for."""
        for name in DATES:
            if name.removesuffix("_on") not in settings.AMENDMENT_DATES:
                del self.fields[name]

    def require_dates(self) -> None:
        """Add an error to each date that is missing."""
        for name, label in DATES.items():
            if name in self.fields and name not in self.errors and not self.cleaned_data.get(name):
                self.add_error(name, f"Give the day of the {label.lower()}.")

    def facts_beside(self, known: Mapping[str, Any]) -> Facts:
        """Return what was written; a date that is not asked for is the one ``known``."""
        written = {**known, **self.cleaned_data}
        dates = {name: written.get(name) for name in DATES}
        return Facts(written.get(DESCRIPTION, "").replace("\r\n", "\n"), written.get(CODE, ""), **dates)


class OperationForm(FactsForm, metaclass=AbstractFormMeta):
    """Text that becomes one operation. The form is always bound: initial values count as typed.

    ``has_input`` says that the person chose or typed something, ``is_confirmed`` that the person confirmed the change.
    ``why_reason`` is the sentence that asks for the reason; empty where the change needs none.
    """

    reason = ReasonField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    reference = forms.CharField(
        required=False,
        max_length=REFERENCE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Ticket or order"}),
    )
    when = forms.ChoiceField(required=False, choices=When.choices)
    effective_on = DayField(label="Day")
    cancels = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    keeps = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    find_days: Callable[[], Days] | None = None  # finds those to choose from, where the change may wait
    may_cancel = False  # what is scheduled, in the same step
    proposal: tuple[str, ...] = ()  # why it must be proposed, in sentences
    needs_reason = False
    autofocus = "reason"
    has_input = False
    is_confirmed = False
    why_reason = ""

    def __init__(self, data: Mapping[str, Any], *, as_of: date) -> None:
        super().__init__(data)
        self.leave_out_dates()
        self.as_of = as_of
        if self.needs_reason:
            self.fields["reason"].required = True
            self.fields["reason"].error_messages["required"] = "Give a reason: it is shown beside the value."
        if self.autofocus:
            self.fields[self.autofocus].widget.attrs["autofocus"] = True

    def operation(self) -> Operation | None:
        """Return the operation; ``None`` where one of its fields has an error."""
        if not set(self.errors) <= set(REASON_FIELDS):
            return None
        if self.waits_until:
            self.require_dates()
        return self.build()

    @cached_property
    def days(self) -> Days | None:
        """Return the days to choose from; ``None`` where the change cannot wait."""
        return self.find_days() if self.find_days else None

    def clean_effective_on(self) -> date | None:
        """Return the day on which the change is to happen; ``None`` for now."""
        when, day = self.when_in_force, self.cleaned_data["effective_on"]
        if when == When.NOW:
            return None
        if self.days is None:
            raise ValidationError("This cannot wait, or you may not schedule it. Make it now, or ask somebody who may.")
        if when == When.DAY and day is None:
            raise ValidationError("Choose the day on which it is to happen.", code="required")
        found: date | None = day if when == When.DAY else self.days.day_of(when)
        if found is None:
            raise ValidationError("It has no such day to come. Choose another, or a day.")
        return found

    def clean_cancels(self) -> tuple[UUID, ...]:
        """Return the keys of the amendments to cancel in the same step; other texts are left out."""
        return tuple(read_ids(map(str, self.cleaned_data["cancels"] or ())))

    def clean_keeps(self) -> tuple[UUID, ...]:
        """Return the keys of the removals that stay; other texts are left out."""
        return tuple(read_ids(map(str, self.cleaned_data["keeps"] or ())))

    @property
    def settles(self) -> dict[str, tuple[UUID, ...]]:
        """Return what the person decided about what is scheduled: what is cancelled along, and what stays."""
        return {name: self.cleaned_data.get(name, ()) for name in ("cancels", "keeps")}

    @property
    def waits_until(self) -> date | None:
        """Return the day on which the change is to happen, once the form is valid; ``None`` for now."""
        return self.cleaned_data.get("effective_on") if hasattr(self, "cleaned_data") else None

    @property
    def facts(self) -> Facts:
        """Return what was written about the amendment that the change becomes, where it waits."""
        return self.facts_beside({})

    @property
    def fact_fields(self) -> list[forms.BoundField]:
        """Return the fields for what is written about an amendment."""
        return [self[name] for name in FACT_FIELDS if name in self.fields]

    @property
    def has_facts(self) -> bool:
        """Tell whether something is written about the amendment, is asked for, or is wrong."""
        named = any(self.data.get(name) or name in self.errors for name in FACT_FIELDS)
        return named or any(name in self.fields for name in DATES)

    @property
    def chosen_when(self) -> str:
        """Return the choice of the day, as the page shows it."""
        return str(self.data.get("when") or When.NOW)

    @property
    def when_in_force(self) -> str:
        """Return the valid choice of the day; a change that no change group is about is made now without a choice."""
        when = str(self.cleaned_data.get("when") or When.NOW)
        return When.NOW if when == When.GROUP else when

    @property
    def when_choices(self) -> list[tuple[str, str]]:
        """Return the choices of the day with their words; none where the change cannot wait."""
        return self.days.choices if self.days else []

    @property
    def is_reason_missing(self) -> bool:
        """Tell whether the change needs a reason and none is typed."""
        return bool(self.why_reason) and not str(self.data.get("reason") or "").strip()

    @abstractmethod
    def build(self) -> Operation:
        """Return the operation of the cleaned fields."""

    def drop_early_errors(self) -> None:
        """Drop errors that are too early: all of them before any input, those of the reason before the confirmation."""
        if not self.is_confirmed:
            for name in REASON_FIELDS if self.has_input else list(self.errors):
                self.errors.pop(name, None)

    def ask_reason(self, previews: Sequence[Preview]) -> None:
        """Ask for a reason where the previewed change needs one."""
        problem = engine.reason_problem(previews)
        self.why_reason = problem.message if problem else ""

    def choice_fields(self) -> list[forms.BoundField]:
        """Return the visible fields of the operation, without those for seats and the reason."""
        special = {"seats", "release", *WAITING_FIELDS, *REASON_FIELDS}
        return [field for field in self if field.name not in special and not field.is_hidden]

    def renewed_parts(self) -> list[SafeString]:
        """Return the HTML of the fields that htmx renews together with the preview."""
        searches = [field for field in self if isinstance(field.field.widget, OrderSearch)]
        return [field.field.widget.render_found(field) for field in searches]

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Add each problem once, to its field or to the form as a whole."""
        for problem in dict.fromkeys(problems):
            name = self.field_of(problem)
            self.add_error(name if name in self.fields else None, problem.message)

    def field_of(self, problem: Problem) -> str | None:
        """Return the name of the field of a problem."""
        return problem.field or None


class SeatsForm(OperationForm):
    """The form of an operation that may release seats.

    ``modes`` are the offered choices; ``always_offers_seats`` shows them where all seats fit, too.
    """

    seats = forms.ChoiceField(
        required=False, choices=[(mode.value, words) for mode, words in SEAT_MODES.items()], label="Seats in use"
    )
    release = forms.Field(required=False, widget=forms.MultipleHiddenInput)
    modes: ClassVar[Sequence[SeatMode]] = tuple(SEAT_MODES)
    default_mode = SeatMode.REFUSE
    always_offers_seats = False

    def __init__(self, data: Mapping[str, Any], *, as_of: date) -> None:
        super().__init__(data, as_of=as_of)
        self.fields["seats"].choices = self.seat_modes  # type: ignore[attr-defined]

    def clean_seats(self) -> SeatMode:
        """Return the mode for seats in use; the default of the form where it offered no choice."""
        return SeatMode(self.cleaned_data["seats"] or self.default_mode)

    def clean_release(self) -> tuple[UUID, ...]:
        """Return the keys of the chosen seats, each once and sorted, so that equal choices are equal values."""
        try:
            return tuple(sorted({UUID(text) for text in self.cleaned_data["release"] or ()}))
        except ValueError as error:
            raise ValidationError("Choose from the seats listed.") from error

    def seat_choice(self) -> SeatChoice:
        """Return the choice for seats. Ticked seats count only in the mode that releases chosen seats."""
        mode = self.cleaned_data["seats"]
        return SeatChoice(mode, self.cleaned_data["release"] if mode is SeatMode.RELEASE_CHOSEN else ())

    @property
    def seat_modes(self) -> list[tuple[str, str]]:
        """Return the offered modes with their words."""
        return [(mode.value, SEAT_MODES[mode]) for mode in self.modes]

    @property
    def seat_mode(self) -> str:
        """Return the chosen mode, as the page shows it."""
        return str(self.data.get("seats") or self.default_mode)

    @property
    def chosen_seats(self) -> list[str]:
        """Return the keys of the ticked seats, as the page shows them."""
        return list(QueryDict.getlist(self.data, "release")) if isinstance(self.data, QueryDict) else []


class KeyField(forms.UUIDField):
    """The key of the new row: the same from the first preview to the last answer."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def clean(self, value: Any) -> UUID:
        """Return the posted key, or a new key where there is none."""
        try:
            return super().clean(value) or new_id()
        except ValidationError:
            return new_id()
