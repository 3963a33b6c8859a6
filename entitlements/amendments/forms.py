"""The forms of what can be done with a pending amendment: move it, cancel it, apply it now."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from config.clock import site_today
from config.selection import read_ids
from entitlements.dialogs.forms import DayField, ReasonField
from entitlements.models import Amendment
from entitlements.operations import Problem


class StepForm(forms.Form):
    """A step with an amendment. ``seen`` stands for what the person saw, ``cancels`` are others to cancel along."""

    def __init__(self, data: QueryDict | None, *, row: Amendment) -> None:
        super().__init__(data, initial=dict(self.initial_of(row)))
        self.seen: str = data.get("seen", "") if data is not None else ""
        self.cancels: list[UUID] = read_ids(data.getlist("cancels")) if data is not None else []

    def initial_of(self, _row: Amendment) -> Mapping[str, Any]:
        """Return what the form shows first."""
        return {}

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


class CancelForm(StepForm):
    """The reason to cancel the amendment."""

    reason = ReasonField(
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        error_messages={"required": "Give a reason: it is kept with the amendment."},
    )
    why_reason = ""


class ApplyForm(StepForm):
    """Nothing but the confirmation."""
