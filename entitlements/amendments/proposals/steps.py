"""What can be done with a proposal: approve it as it was seen, decline or withdraw it with a reason, edit it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import QueryDict

from config.clock import site_today
from entitlements.amendments.forms import CancelForm, StepForm, WordsForm
from entitlements.amendments.proposals.values import asked_by, with_values
from entitlements.amendments.steps import Step
from entitlements.dialogs.forms import DayField
from entitlements.models import Amendment
from entitlements.operations import Problem
from entitlements.schedule import (
    Answer,
    EditedProposal,
    approve,
    decline,
    edit_proposal,
    preview_approval,
    preview_proposal,
)
from entitlements.schedule.facts import CODE, DATES, DESCRIPTION, NAME
from entitlements.schedule.planned import planned_of

AT_ONCE, ON_A_DAY = "now", "day"


class ApproveForm(StepForm):
    """Nothing but the confirmation."""


class EditForm(WordsForm):
    """When the proposal is to take effect, the values that it asks for, and everything that is written about it."""

    when = forms.ChoiceField(
        label="Takes effect",
        choices=[(AT_ONCE, "At once, when somebody agrees"), (ON_A_DAY, "On a day")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose when it takes effect.", "invalid_choice": "Choose when it takes effect."},
    )
    effective_on = DayField(
        label="Day", error_messages={"invalid": "Write the day as 2027-06-30."}, help_text="The contract date."
    )

    def __init__(self, data: QueryDict | None, *, row: Amendment) -> None:
        self.planned = planned_of(row)
        self.asked = asked_by(self.planned)
        super().__init__(data, row=row)
        for each in self.asked:
            self.fields[each.name] = each.field
        names = [each.name for each in self.asked]
        self.order_fields((*names, "when", "effective_on", NAME, *DATES, CODE, DESCRIPTION, "reason", "reference"))

    def initial_of(self, row: Amendment) -> Mapping[str, Any]:
        """Return everything as it is."""
        day = {"when": AT_ONCE} if row.is_immediate else {"when": ON_A_DAY, "effective_on": row.effective_on}
        return {**super().initial_of(row), **day, **{each.name: each.initial for each in self.asked}}

    def clean(self) -> dict[str, Any]:
        """Ask for a day, and for the dates beside it, where it is to take effect on one."""
        if self.cleaned_data.get("when") == ON_A_DAY:
            self.require_dates()
            if not self.cleaned_data.get("effective_on"):
                self.add_error("effective_on", ValidationError("Choose a day.", code="required"))
        return self.cleaned_data

    def drop_early_errors(self) -> None:
        """Drop the errors of words, before the confirmation."""
        super().drop_early_errors()
        self.errors.pop(NAME, None)

    @property
    def edited(self) -> EditedProposal | None:
        """Return what was edited; ``None`` where a value or the day cannot be read."""
        read_first = {"when", "effective_on", *(each.name for each in self.asked)}
        if self.is_bound and read_first & set(self.errors):
            return None
        known = self.cleaned_data if self.is_bound else self.initial
        day = known.get("effective_on") if known.get("when") == ON_A_DAY else None
        values = {each.name: self.cleaned_data[each.name] if self.is_bound else each.value for each in self.asked}
        operation = with_values(self.planned, self.asked, values)
        return EditedProposal(self.edited_on(day or site_today()), is_immediate=day is None, operation=operation)

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Add each problem of a field to the field; one of a right belongs to its value."""
        found = list(problems)
        super().add_problems((*found, *(replace(each, field=f"right-{each.field}") for each in found)))


def _is_proposed(row: Amendment) -> bool:
    return row.is_proposed


def _preview_approve(row: Amendment, form: ApproveForm, person: User) -> Answer:
    return preview_approval(row, made_by=person, **form.settles)


def _approve(row: Amendment, form: ApproveForm, person: User) -> Answer:
    return approve(row, made_by=person, seen=form.seen, **form.settles)


def _preview_decline(_row: Amendment, _form: CancelForm, _person: User) -> Answer:
    return Answer()


def _decline(row: Amendment, form: CancelForm, person: User) -> Answer:
    return decline(row, made_by=person, reason=form.cleaned_data["reason"])


def _preview_edit(row: Amendment, form: EditForm, person: User) -> Answer | None:
    return preview_proposal(row, form.edited, made_by=person) if form.edited else None


def _edit(row: Amendment, form: EditForm, person: User) -> Answer:
    if form.edited is None:
        raise LookupError("The form is not valid: it does not say what was edited.")
    return edit_proposal(row, form.edited, made_by=person, seen=form.seen)


APPROVE = Step(
    name="approve_proposal",
    title="Approve",
    submit="Approve",
    done="“{name}” is approved, and takes effect on {day}.",
    form=ApproveForm,
    preview=_preview_approve,
    carry_out=_approve,
    is_open=_is_proposed,
)
DECLINE = Step(
    name="decline_proposal",
    title="Decline",
    submit="Decline",
    done="“{name}” is declined.",
    form=CancelForm,
    preview=_preview_decline,
    carry_out=_decline,
    is_dangerous=True,
    close_label="Keep it",
    is_open=_is_proposed,
    has_preview=False,
)
WITHDRAW = replace(DECLINE, title="Withdraw", submit="Withdraw", done="“{name}” is withdrawn.")
EDIT = Step(
    name="edit_proposal",
    title="Edit the proposal",
    submit="Save",
    done="“{name}” is edited, and still waits for somebody who agrees.",
    form=EditForm,
    preview=_preview_edit,
    carry_out=_edit,
    is_open=_is_proposed,
)
