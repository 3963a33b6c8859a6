"""What can be done with a proposal: approve it as it was seen, decline or withdraw it with a reason, edit its day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from entitlements.amendments.forms import CancelForm, StepForm
from entitlements.amendments.steps import Step
from entitlements.dialogs.forms import DayField
from entitlements.models import Amendment
from entitlements.schedule import Answer, approve, decline, edit_proposal, preview_approval, preview_proposal

AT_ONCE, ON_A_DAY = "now", "day"


class ApproveForm(StepForm):
    """Nothing but the confirmation."""


class EditForm(StepForm):
    """When the proposal is to take effect: once somebody agrees, or on a day."""

    when = forms.ChoiceField(
        label="Takes effect",
        choices=[(AT_ONCE, "At once, when somebody agrees"), (ON_A_DAY, "On a day")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose when it takes effect.", "invalid_choice": "Choose when it takes effect."},
    )
    effective_on = DayField(
        label="Day", error_messages={"invalid": "Write the day as 2027-06-30."}, help_text="The contract date."
    )

    def initial_of(self, row: Amendment) -> Mapping[str, Any]:
        """Return when the proposal takes effect."""
        if row.is_immediate:
            return {"when": AT_ONCE}
        return {"when": ON_A_DAY, "effective_on": row.effective_on}

    def clean(self) -> dict[str, Any]:
        """Ask for a day where it is to take effect on one."""
        if self.cleaned_data.get("when") == ON_A_DAY and not self.cleaned_data.get("effective_on"):
            self.add_error("effective_on", ValidationError("Choose a day.", code="required"))
        return self.cleaned_data

    @property
    def can_be_read(self) -> bool:
        """Tell whether the choices name a day, or none."""
        return not self.is_bound or not {"when", "effective_on"} & set(self.errors)

    @property
    def day(self) -> date | None:
        """Return the day that was chosen; ``None`` for at once."""
        chosen = self.cleaned_data if self.is_bound else self.initial
        return chosen.get("effective_on") if chosen.get("when") == ON_A_DAY else None


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


def _preview_edit(row: Amendment, form: EditForm, _person: User) -> Answer | None:
    return preview_proposal(row, on=form.day) if form.can_be_read else None


def _edit(row: Amendment, form: EditForm, person: User) -> Answer:
    return edit_proposal(row, on=form.day, made_by=person, seen=form.seen)


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
