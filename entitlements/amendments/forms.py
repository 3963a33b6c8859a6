"""The forms of what can be done with a pending amendment: move it, edit it, cancel it, apply it now."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from config.clock import site_today
from config.selection import read_ids
from entitlements.dialogs.forms import REASON_FIELDS, DayField, FactsForm, ReasonField
from entitlements.models import Amendment
from entitlements.models.customers import REFERENCE_LENGTH
from entitlements.operations import Problem
from entitlements.schedule import Edited
from entitlements.schedule.facts import CODE, DATES, DESCRIPTION, NAME, facts_of


class StepForm(forms.Form):
    """A step with an amendment. ``seen`` stands for what the person saw, ``cancels`` are others to cancel along.

    ``keeps`` are removals of what it changes that stay.
    """

    def __init__(self, data: QueryDict | None, *, row: Amendment) -> None:
        super().__init__(data, initial=dict(self.initial_of(row)))
        self.seen: str = data.get("seen", "") if data is not None else ""
        self.cancels: list[UUID] = read_ids(data.getlist("cancels")) if data is not None else []
        self.keeps: list[UUID] = read_ids(data.getlist("keeps")) if data is not None else []

    @property
    def settles(self) -> dict[str, Any]:
        """Return what becomes of the others of the order, as the person ticked it."""
        return {"cancels": self.cancels, "keeps": self.keeps}

    def initial_of(self, _row: Amendment) -> Mapping[str, Any]:
        """Return what the form shows first."""
        return {}

    def drop_early_errors(self) -> None:
        """Drop the errors of fields that no preview depends on, before the confirmation."""
        for name in REASON_FIELDS:
            self.errors.pop(name, None)

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Add each problem of a field of the form to the field."""
        for problem in problems:
            if problem.field in self.fields and problem.message not in self.errors.get(problem.field, ()):
                self.add_error(problem.field, problem.message)


class MoveForm(StepForm):
    """The day on which the amendment takes effect."""

    effective_on = DayField(
        label="Takes effect on",
        required=True,
        widget=forms.DateInput(attrs={"type": "date", "autofocus": True}, format="%Y-%m-%d"),
        error_messages={"required": "Choose a day.", "invalid": "Write the day as 2027-06-30."},
        help_text="The contract date: the new values hold from the start of this day.",
    )

    def initial_of(self, row: Amendment) -> Mapping[str, Any]:
        """Return the day of the amendment, or tomorrow where that is over."""
        return {"effective_on": max(row.effective_on, site_today() + timedelta(days=1))}

    @property
    def day(self) -> date | None:
        """Return the day that was chosen; ``None`` where it cannot be read."""
        chosen = self.cleaned_data.get("effective_on") if self.is_bound else self.initial["effective_on"]
        return chosen if isinstance(chosen, date) else None


class WordsForm(FactsForm, StepForm):
    """Everything that is written about the amendment."""

    reason = ReasonField(required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    reference = forms.CharField(
        required=False, max_length=REFERENCE_LENGTH, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    why_reason = ""

    def __init__(self, data: QueryDict | None, *, row: Amendment) -> None:
        super().__init__(data, row=row)
        self.row = row
        self.leave_out_dates()
        self.fields[NAME].widget.attrs["autofocus"] = True
        self.fields[NAME].required = True
        self.fields[NAME].error_messages["required"] = "Give it a name."

    def initial_of(self, row: Amendment) -> Mapping[str, Any]:
        """Return everything as it is."""
        same = {name: getattr(row, name) for name in (*DATES, "reason", "reference")}
        return {**super().initial_of(row), **same, NAME: row.name, CODE: row.code, DESCRIPTION: row.description}

    def edited_on(self, day: date) -> Edited:
        """Return what was edited, for a day. Dates that the site does not ask for stay."""
        known = {**self.initial, **(self.cleaned_data if self.is_bound else {})}
        facts = self.facts_beside(self.initial) if self.is_bound else facts_of(self.row)
        return Edited(day, known[NAME], facts, reason=known["reason"], reference=known["reference"])


class EditForm(WordsForm, MoveForm):
    """Everything that is written about the amendment, and its day."""

    field_order = (NAME, "effective_on", *DATES, CODE, DESCRIPTION, "reason", "reference")

    def __init__(self, data: QueryDict | None, *, row: Amendment) -> None:
        super().__init__(data, row=row)
        self.fields["effective_on"].widget.attrs.pop("autofocus")

    def clean(self) -> dict[str, Any] | None:
        """Require the dates that the site asks for."""
        self.require_dates()
        return super().clean()

    @property
    def edited(self) -> Edited | None:
        """Return what was edited; ``None`` where the day cannot be read."""
        return self.edited_on(self.day) if self.day else None


class CancelForm(StepForm):
    """The reason to cancel the amendment."""

    reason = ReasonField(
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Give a reason: it is kept with the amendment."},
    )
    why_reason = ""


class ApplyForm(StepForm):
    """Nothing but the confirmation."""
